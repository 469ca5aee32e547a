-- Organisations, programmes, their targets and sites: what an administrator sets up.

-- +goose Up
CREATE TABLE organisations (
  id         uuid        NOT NULL CONSTRAINT organisations_pkey PRIMARY KEY,
  version    integer     NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  slug       text        NOT NULL CONSTRAINT organisations_slug_key UNIQUE
                                  CONSTRAINT organisations_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) BETWEEN 2 AND 60),
  name       text        NOT NULL CONSTRAINT organisations_name_check CHECK (length(name) BETWEEN 1 AND 200),
  kind       text        NOT NULL
);

CREATE TABLE programmes (
  id                   uuid        NOT NULL CONSTRAINT programmes_pkey PRIMARY KEY,
  version              integer     NOT NULL,
  created_at           timestamptz NOT NULL,
  updated_at           timestamptz NOT NULL,
  slug                 text        NOT NULL CONSTRAINT programmes_slug_key UNIQUE
                                            CONSTRAINT programmes_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) BETWEEN 2 AND 60),
  name                 text        NOT NULL CONSTRAINT programmes_name_check CHECK (length(name) BETWEEN 1 AND 200),
  operator_id          uuid        NOT NULL CONSTRAINT programmes_operator_id_fkey REFERENCES organisations (id),
  starts_on            date        NOT NULL,
  ends_on              date        NOT NULL,
  small_cell_threshold integer              CONSTRAINT programmes_small_cell_threshold_check CHECK (small_cell_threshold BETWEEN 1 AND 100),
  referral_expiry_days integer              CONSTRAINT programmes_referral_expiry_days_check CHECK (referral_expiry_days BETWEEN 1 AND 730),
  targets_version      integer     NOT NULL DEFAULT 0,
  CONSTRAINT programmes_dates_check CHECK (starts_on <= ends_on)
);

CREATE TABLE targets (
  programme text    NOT NULL CONSTRAINT targets_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  indicator text    NOT NULL,
  period    text    NOT NULL CONSTRAINT targets_period_check CHECK (period ~ '^(20[0-9]{2}|programme)$'),
  value     double precision NOT NULL,
  position  integer NOT NULL,
  CONSTRAINT targets_pkey PRIMARY KEY (programme, indicator, period)
);

CREATE TABLE sites (
  id             uuid        NOT NULL CONSTRAINT sites_pkey PRIMARY KEY,
  version        integer     NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  programme      text        NOT NULL CONSTRAINT sites_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  name           text        NOT NULL,
  host_id        uuid                 CONSTRAINT sites_host_id_fkey REFERENCES organisations (id),
  address        text,
  postal_code    text                 CONSTRAINT sites_postal_code_check CHECK (postal_code ~ '^[0-9]{5}$'),
  territory_code text                 CONSTRAINT sites_territory_code_fkey REFERENCES territories (code),
  CONSTRAINT sites_name_key UNIQUE (programme, name),
  -- Lets another table insist that a site belongs to its programme.
  CONSTRAINT sites_programme_id_key UNIQUE (programme, id)
);

ALTER TABLE territory_lists
  ADD CONSTRAINT territory_lists_programme_fkey FOREIGN KEY (programme) REFERENCES programmes (slug) ON UPDATE CASCADE;

-- +goose Down
ALTER TABLE territory_lists DROP CONSTRAINT territory_lists_programme_fkey;
DROP TABLE sites, targets, programmes, organisations;
