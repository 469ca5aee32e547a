-- The communes and priority quarters, and the versioned lists of those a programme targets.

-- +goose Up

-- One row a commune (INSEE code), municipal arrondissement of Paris, Lyon or Marseille (a commune with a parent_code),
-- or priority quarter (QPV code, with the parent_code of its commune). Rows are never deleted: a participant's
-- commune must stay readable after it has merged into another. valid_from and valid_until are civil dates, both
-- included; null means that the data set gives none.
CREATE TABLE territories (
    code            text    NOT NULL,
    kind            text    NOT NULL,
    name            text    NOT NULL,
    search_name     text    NOT NULL GENERATED ALWAYS AS (fold(name)) STORED,
    department_code text    NOT NULL,
    department_name text    NOT NULL,
    region_code     text    NOT NULL,
    region_name     text    NOT NULL,
    epci_code       text,
    epci_name       text,
    canton_code     text,
    canton_name     text,
    parent_code     text,
    postal_codes    text[]  NOT NULL DEFAULT '{}',
    population      integer,
    note            text,
    valid_from      date,
    valid_until     date,
    -- The data set that keeps the row up to date and ends it when it is gone; null for a row entered otherwise.
    dataset         text,
    CONSTRAINT territories_pkey PRIMARY KEY (code),
    CONSTRAINT territories_kind_check CHECK (kind IN ('commune', 'quartier')),
    CONSTRAINT territories_code_check CHECK (
        CASE kind WHEN 'commune' THEN code ~ '^(2[AB]|[0-9]{2})[0-9]{3}$' ELSE code ~ '^Q[NP][0-9A-Z]{6}$' END),
    CONSTRAINT territories_name_check CHECK (name <> '' AND name = btrim(name)),
    CONSTRAINT territories_epci_check CHECK ((epci_code IS NULL) = (epci_name IS NULL) AND epci_code ~ '^[0-9]{9}$'),
    CONSTRAINT territories_canton_check CHECK ((canton_code IS NULL) = (canton_name IS NULL)),
    CONSTRAINT territories_parent_code_check CHECK (parent_code <> code AND (kind = 'commune' OR parent_code IS NOT NULL)),
    CONSTRAINT territories_parent_code_fkey FOREIGN KEY (parent_code) REFERENCES territories (code),
    CONSTRAINT territories_postal_codes_check CHECK (array_position(postal_codes, NULL) IS NULL),
    CONSTRAINT territories_population_check CHECK (population >= 0),
    CONSTRAINT territories_validity_check CHECK (valid_from <= valid_until)
);

-- "dou…" is a range of this index; a name in the middle ("…sur somme") reads 35,000 short rows, some milliseconds.
CREATE INDEX territories_search_name_idx ON territories (search_name text_pattern_ops);
CREATE INDEX territories_postal_codes_idx ON territories USING gin (postal_codes) WITH (fastupdate = off);

-- Which editions of a data set were loaded, and when. A second start reads one row here and does nothing.
CREATE TABLE territory_editions (
    dataset      text        NOT NULL,
    revision     integer     NOT NULL,
    version      text        NOT NULL,
    vintage_on   date        NOT NULL,
    sha256       text        NOT NULL,
    row_count    integer     NOT NULL,
    loaded_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT territory_editions_pkey PRIMARY KEY (dataset, revision),
    CONSTRAINT territory_editions_revision_check CHECK (revision >= 1),
    CONSTRAINT territory_editions_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT territory_editions_row_count_check CHECK (row_count >= 0)
);

-- A programme's targeted territories, one list a version: replacing the list adds a version and leaves the old ones, so
-- that a figure of last year can still be read with last year's list.
CREATE TABLE territory_lists (
    id          uuid        NOT NULL,
    programme   text        NOT NULL,
    version     integer     NOT NULL,
    provisional boolean     NOT NULL,
    method      text,
    source      text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text,
    CONSTRAINT territory_lists_pkey PRIMARY KEY (id),
    CONSTRAINT territory_lists_programme_version_key UNIQUE (programme, version),
    CONSTRAINT territory_lists_version_check CHECK (version >= 1)
);

CREATE TABLE territory_list_items (
    list_id        uuid NOT NULL,
    territory_code text NOT NULL,
    sector         text,
    CONSTRAINT territory_list_items_pkey PRIMARY KEY (list_id, territory_code),
    CONSTRAINT territory_list_items_list_id_fkey FOREIGN KEY (list_id) REFERENCES territory_lists (id),
    CONSTRAINT territory_list_items_territory_code_fkey FOREIGN KEY (territory_code) REFERENCES territories (code),
    CONSTRAINT territory_list_items_sector_check CHECK (sector <> '')
);

CREATE INDEX territory_list_items_territory_code_idx ON territory_list_items (territory_code);

-- +goose Down
DROP TABLE territory_list_items;
DROP TABLE territory_lists;
DROP TABLE territory_editions;
DROP TABLE territories;
