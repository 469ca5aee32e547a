-- Meetings: individual appointments, and workshops with their roll calls.

-- +goose Up
CREATE TABLE appointments (
  id               uuid        NOT NULL CONSTRAINT appointments_pkey PRIMARY KEY,
  version          integer     NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  programme        text        NOT NULL,
  enrolment_id     uuid        NOT NULL,
  starts_at        timestamptz NOT NULL,
  duration_minutes integer     NOT NULL CONSTRAINT appointments_duration_minutes_check CHECK (duration_minutes BETWEEN 5 AND 600),
  mode             text        NOT NULL,
  site_id          uuid,
  purpose          text,
  status           text        NOT NULL CONSTRAINT appointments_status_check CHECK (status IN ('scheduled', 'attended', 'no_show', 'excused', 'cancelled')),
  justified        boolean,
  note             text,
  CONSTRAINT appointments_enrolment_id_fkey FOREIGN KEY (programme, enrolment_id) REFERENCES enrolments (programme, id) ON UPDATE CASCADE,
  CONSTRAINT appointments_site_id_fkey FOREIGN KEY (programme, site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE,
  CONSTRAINT appointments_justified_check CHECK (justified IS NULL OR status IN ('no_show', 'excused'))
);
CREATE INDEX appointments_enrolment_id_idx ON appointments (enrolment_id, starts_at);
CREATE INDEX appointments_starts_at_idx ON appointments (programme, starts_at);

CREATE TABLE workshops (
  id               uuid        NOT NULL CONSTRAINT workshops_pkey PRIMARY KEY,
  version          integer     NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  programme        text        NOT NULL CONSTRAINT workshops_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  kind             text        NOT NULL,
  title            text        NOT NULL,
  starts_at        timestamptz NOT NULL,
  duration_minutes integer     NOT NULL CONSTRAINT workshops_duration_minutes_check CHECK (duration_minutes BETWEEN 5 AND 1440),
  capacity         integer              CONSTRAINT workshops_capacity_check CHECK (capacity BETWEEN 1 AND 500),
  site_id          uuid,
  status           text        NOT NULL CONSTRAINT workshops_status_check CHECK (status IN ('planned', 'closed', 'cancelled')),
  CONSTRAINT workshops_programme_id_key UNIQUE (programme, id),
  CONSTRAINT workshops_site_id_fkey FOREIGN KEY (programme, site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE
);
CREATE INDEX workshops_starts_at_idx ON workshops (programme, starts_at);

CREATE TABLE workshop_registrations (
  programme    text        NOT NULL,
  workshop_id  uuid        NOT NULL,
  enrolment_id uuid        NOT NULL,
  status       text        NOT NULL CONSTRAINT workshop_registrations_status_check CHECK (status IN ('scheduled', 'attended', 'no_show', 'excused')),
  created_at   timestamptz NOT NULL,
  CONSTRAINT workshop_registrations_pkey PRIMARY KEY (workshop_id, enrolment_id),
  CONSTRAINT workshop_registrations_workshop_id_fkey FOREIGN KEY (programme, workshop_id) REFERENCES workshops (programme, id) ON UPDATE CASCADE,
  CONSTRAINT workshop_registrations_enrolment_id_fkey FOREIGN KEY (programme, enrolment_id) REFERENCES enrolments (programme, id) ON UPDATE CASCADE
);
CREATE INDEX workshop_registrations_enrolment_id_idx ON workshop_registrations (enrolment_id);

-- +goose Down
DROP TABLE workshop_registrations, workshops, appointments;
