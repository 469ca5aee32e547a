-- Permanences: recurring presence at a site, what was decided about single occurrences, the closed days of a programme, and
-- the places that meetings take in their slots. Occurrences are computed (see domain/occurrence.go), and kept nowhere.

-- +goose Up
CREATE TABLE permanences (
  id               uuid        NOT NULL CONSTRAINT permanences_pkey PRIMARY KEY,
  version          integer     NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  programme        text        NOT NULL CONSTRAINT permanences_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  label            text        NOT NULL CONSTRAINT permanences_label_check CHECK (length(label) BETWEEN 1 AND 200),
  site_id          uuid        NOT NULL,
  caseworker_id    text                 CONSTRAINT permanences_caseworker_id_check CHECK (length(caseworker_id) BETWEEN 1 AND 255),
  weekday          text        NOT NULL CONSTRAINT permanences_weekday_check CHECK (weekday IN ('lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche')),
  every_weeks      integer              CONSTRAINT permanences_every_weeks_check CHECK (every_weeks BETWEEN 1 AND 4),
  starts_on        date        NOT NULL,
  ends_on          date                 CONSTRAINT permanences_ends_on_check CHECK (ends_on >= starts_on),
  -- Hours as clocks in Paris show them: a time of day, and no instant.
  start_time       text        NOT NULL CONSTRAINT permanences_start_time_check CHECK (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' AND start_time >= '04:00'),
  end_time         text        NOT NULL CONSTRAINT permanences_end_time_check CHECK (end_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' AND end_time > start_time),
  break_start_time text                 CONSTRAINT permanences_break_start_time_check CHECK (break_start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' AND break_start_time > start_time),
  break_end_time   text                 CONSTRAINT permanences_break_end_time_check CHECK (break_end_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' AND break_end_time > break_start_time AND break_end_time < end_time),
  slot_minutes     integer     NOT NULL CONSTRAINT permanences_slot_minutes_check CHECK (slot_minutes BETWEEN 5 AND 600),
  slot_capacity    integer     NOT NULL CONSTRAINT permanences_slot_capacity_check CHECK (slot_capacity BETWEEN 1 AND 50),
  CONSTRAINT permanences_break_check CHECK ((break_start_time IS NULL) = (break_end_time IS NULL)),
  CONSTRAINT permanences_site_id_fkey FOREIGN KEY (programme, site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE,
  -- Lets another table insist that a permanence belongs to its programme.
  CONSTRAINT permanences_programme_id_key UNIQUE (programme, id)
);

CREATE TABLE occurrence_changes (
  permanence_id uuid        NOT NULL,
  programme     text        NOT NULL,
  planned_on    date        NOT NULL,
  version       integer     NOT NULL,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  -- Null once it was restored: the row stays, so that its version goes on.
  status        text                 CONSTRAINT occurrence_changes_status_check CHECK (status IN ('held', 'moved', 'cancelled')),
  reason        text                 CONSTRAINT occurrence_changes_reason_check CHECK (length(reason) BETWEEN 3 AND 500),
  moved_on      date,
  start_time    text                 CONSTRAINT occurrence_changes_start_time_check CHECK (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' AND start_time >= '04:00'),
  site_id       uuid,
  CONSTRAINT occurrence_changes_pkey PRIMARY KEY (permanence_id, planned_on),
  CONSTRAINT occurrence_changes_permanence_id_fkey FOREIGN KEY (programme, permanence_id) REFERENCES permanences (programme, id) ON UPDATE CASCADE,
  CONSTRAINT occurrence_changes_site_id_fkey FOREIGN KEY (programme, site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE,
  CONSTRAINT occurrence_changes_why_check CHECK ((status IS NULL) = (reason IS NULL)),
  CONSTRAINT occurrence_changes_moved_check CHECK (num_nonnulls(moved_on, start_time, site_id) = CASE status WHEN 'moved' THEN 3 ELSE 0 END)
);

ALTER TABLE programmes ADD COLUMN closures_version integer NOT NULL DEFAULT 0;

CREATE TABLE closures (
  programme text    NOT NULL CONSTRAINT closures_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  position  integer NOT NULL,
  starts_on date    NOT NULL,
  ends_on   date    NOT NULL CONSTRAINT closures_ends_on_check CHECK (ends_on >= starts_on),
  label     text    NOT NULL CONSTRAINT closures_label_check CHECK (length(label) BETWEEN 1 AND 200),
  CONSTRAINT closures_pkey PRIMARY KEY (programme, position)
);

-- A meeting that has a slot takes one of its places, which are numbered from 1: two meetings never have the same one, however
-- many are booked at once. A meeting that is called off has none, nor has one to which nobody will come.
ALTER TABLE appointments
  ADD COLUMN permanence_id uuid,
  ADD COLUMN slot_place integer CONSTRAINT appointments_slot_place_check
    CHECK (slot_place >= 1 AND (slot_place IS NULL OR (permanence_id IS NOT NULL AND status NOT IN ('excused', 'cancelled')))),
  ADD CONSTRAINT appointments_permanence_id_fkey FOREIGN KEY (programme, permanence_id) REFERENCES permanences (programme, id) ON UPDATE CASCADE;
CREATE UNIQUE INDEX appointments_slot_place_key ON appointments (permanence_id, starts_at, slot_place) WHERE slot_place IS NOT NULL;

-- +goose Down
DROP INDEX appointments_slot_place_key;
ALTER TABLE appointments DROP COLUMN slot_place, DROP COLUMN permanence_id;
ALTER TABLE programmes DROP COLUMN closures_version;
DROP TABLE closures, occurrence_changes, permanences;
