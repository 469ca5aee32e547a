-- The trail: who did what, and what others have to learn of it. Both are written in the
-- transaction of the change itself, and are never updated.

-- +goose Up
CREATE TABLE audit_events (
  id              bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_events_pkey PRIMARY KEY,
  at              timestamptz NOT NULL,
  subject         text        NOT NULL,
  role            text        NOT NULL,
  organisation_id uuid,
  token_id        text,
  request_id      text,
  action          text        NOT NULL,
  kind            text        NOT NULL,
  record_ids      text[]      NOT NULL,
  programme       text,
  -- Names of the fields that changed, never their values.
  fields          text[]      NOT NULL DEFAULT '{}',
  reason          text
);
CREATE INDEX audit_events_record_ids_idx ON audit_events USING gin (record_ids);
CREATE INDEX audit_events_at_idx ON audit_events (at);

CREATE TABLE events (
  id              bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT events_pkey PRIMARY KEY,
  occurred_at     timestamptz NOT NULL,
  type            text        NOT NULL,
  kind            text        NOT NULL,
  record_id       text        NOT NULL,
  programme       text,
  -- The partner concerned, where there is one.
  organisation_id uuid
);
CREATE INDEX events_organisation_id_idx ON events (organisation_id, id);

-- Says whether this database holds the synthetic programme and nothing else may be assumed real.
CREATE TABLE demo_loads (
  loaded_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE demo_loads, events, audit_events;
