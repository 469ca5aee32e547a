-- Participants and what they live through: enrolments and their dated facts.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE participants (
  id              uuid        NOT NULL CONSTRAINT participants_pkey PRIMARY KEY,
  version         integer     NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  organisation_id uuid        NOT NULL CONSTRAINT participants_organisation_id_fkey REFERENCES organisations (id),
  -- The programmes of whoever recorded the person: until she is enrolled, her file is theirs.
  recorded_for    text[]      NOT NULL CONSTRAINT participants_recorded_for_check CHECK (cardinality(recorded_for) > 0),
  first_name      text        NOT NULL,
  last_name       text        NOT NULL,
  birth_date      date                 CONSTRAINT participants_birth_date_check CHECK (birth_date BETWEEN '1900-01-01' AND '2100-12-31'),
  gender          text,
  phone           text,
  email           text,
  address         text,
  postal_code     text                 CONSTRAINT participants_postal_code_check CHECK (postal_code ~ '^[0-9]{5}$'),
  territory_code  text                 CONSTRAINT participants_territory_code_fkey REFERENCES territories (code),
  -- What names are compared by: accents, case and hyphens away.
  search_name     text        NOT NULL GENERATED ALWAYS AS (fold(last_name || ' ' || first_name)) STORED,
  search_phone    text                 GENERATED ALWAYS AS (right(regexp_replace(phone, '[^0-9]', '', 'g'), 9)) STORED
);
CREATE INDEX participants_search_name_idx ON participants (search_name text_pattern_ops);
CREATE INDEX participants_birth_date_idx ON participants (birth_date);
CREATE INDEX participants_email_idx ON participants (lower(email));
CREATE INDEX participants_search_phone_idx ON participants (search_phone);
CREATE INDEX participants_organisation_id_idx ON participants (organisation_id);

CREATE TABLE enrolments (
  id                      uuid        NOT NULL CONSTRAINT enrolments_pkey PRIMARY KEY,
  version                 integer     NOT NULL,
  created_at              timestamptz NOT NULL,
  updated_at              timestamptz NOT NULL,
  participant_id          uuid        NOT NULL CONSTRAINT enrolments_participant_id_fkey REFERENCES participants (id),
  programme               text        NOT NULL CONSTRAINT enrolments_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  entered_on              date        NOT NULL CONSTRAINT enrolments_entered_on_check CHECK (entered_on BETWEEN '1900-01-01' AND '2100-12-31'),
  territory_code          text                 CONSTRAINT enrolments_territory_code_fkey REFERENCES territories (code),
  caseworker_id           text                 CONSTRAINT enrolments_caseworker_id_check CHECK (length(caseworker_id) BETWEEN 1 AND 255),
  site_id                 uuid,
  referral_id             uuid                 CONSTRAINT enrolments_referral_id_key UNIQUE,
  justice_status          text,
  education_level         text,
  job_seeker              boolean,
  job_seeker_since        date,
  without_resources       boolean,
  disengaged              boolean,
  eligibility_ground      text,
  last_network_contact_on date,
  referral_origin         text,
  exited_on               date,
  exit_kind               text,
  follow_up_agreed        boolean,
  voided_at               timestamptz,
  void_reason             text,
  CONSTRAINT enrolments_site_id_fkey FOREIGN KEY (programme, site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE,
  CONSTRAINT enrolments_programme_id_key UNIQUE (programme, id),
  CONSTRAINT enrolments_exit_check CHECK ((exited_on IS NULL) = (exit_kind IS NULL) AND exited_on >= entered_on),
  CONSTRAINT enrolments_follow_up_check CHECK (follow_up_agreed IS NULL OR exited_on IS NOT NULL),
  CONSTRAINT enrolments_job_seeker_since_check CHECK (job_seeker_since IS NULL OR (job_seeker AND job_seeker_since <= entered_on)),
  CONSTRAINT enrolments_void_check CHECK ((voided_at IS NULL) = (void_reason IS NULL)),
  -- Enrolled again later, yes; twice at once in one programme, never.
  CONSTRAINT enrolments_once_at_a_time EXCLUDE USING gist (
    participant_id WITH =, programme WITH =, daterange(entered_on, exited_on, '[)') WITH &&
  ) WHERE (voided_at IS NULL)
);
CREATE INDEX enrolments_programme_entered_on_idx ON enrolments (programme, entered_on);
CREATE INDEX enrolments_caseworker_id_idx ON enrolments (caseworker_id);

CREATE TABLE jobs (
  id           uuid        NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT jobs_enrolment_id_fkey REFERENCES enrolments (id),
  starts_on    date        NOT NULL,
  ends_on      date,
  contract     text        NOT NULL,
  employer     text,
  CONSTRAINT jobs_dates_check CHECK (ends_on >= starts_on)
);
CREATE INDEX jobs_enrolment_id_idx ON jobs (enrolment_id);

CREATE TABLE france_travail_statuses (
  id           uuid        NOT NULL CONSTRAINT france_travail_statuses_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT france_travail_statuses_enrolment_id_fkey REFERENCES enrolments (id),
  observed_on  date        NOT NULL,
  registered   boolean     NOT NULL
);
CREATE INDEX france_travail_statuses_enrolment_id_idx ON france_travail_statuses (enrolment_id, observed_on);

CREATE TABLE outcomes (
  id           uuid        NOT NULL CONSTRAINT outcomes_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT outcomes_enrolment_id_fkey REFERENCES enrolments (id),
  checkpoint   text        NOT NULL CONSTRAINT outcomes_checkpoint_check CHECK (checkpoint IN ('6_months')),
  observed_on  date        NOT NULL,
  result       text        NOT NULL,
  evidence     text
);
CREATE INDEX outcomes_enrolment_id_idx ON outcomes (enrolment_id, observed_on);

-- +goose Down
DROP TABLE outcomes, france_travail_statuses, jobs, enrolments, participants;
DROP EXTENSION btree_gist;
