-- API clients, their secrets, and the tokens that are refused before they expire. Nothing here is about
-- a participant.

-- +goose Up
CREATE TABLE clients (
  id              uuid        NOT NULL CONSTRAINT clients_pkey PRIMARY KEY,
  version         integer     NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  name            text        NOT NULL CONSTRAINT clients_name_check CHECK (length(name) BETWEEN 1 AND 200),
  organisation_id uuid        NOT NULL CONSTRAINT clients_organisation_id_fkey REFERENCES organisations (id),
  role            text        NOT NULL CONSTRAINT clients_role_check CHECK (role IN ('coordinator', 'caseworker', 'partner', 'analyst', 'dpo', 'admin')),
  programmes      text[]      NOT NULL,
  expires_on      date,
  revoked_at      timestamptz,
  -- Moves on when tokens issued so far must no longer be accepted; tokens repeat it.
  grants          integer     NOT NULL
);

-- Two at most, whoever writes them: one in each slot. A secret that is revoked is deleted.
CREATE TABLE client_secrets (
  client_id  uuid        NOT NULL CONSTRAINT client_secrets_client_id_fkey REFERENCES clients (id),
  slot       integer     NOT NULL CONSTRAINT client_secrets_slot_check CHECK (slot IN (1, 2)),
  id         uuid        NOT NULL CONSTRAINT client_secrets_id_key UNIQUE,
  -- SHA-256 of the secret.
  digest     bytea       NOT NULL CONSTRAINT client_secrets_digest_check CHECK (length(digest) = 32),
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  CONSTRAINT client_secrets_pkey PRIMARY KEY (client_id, slot)
);

-- One token, by its jti. A row is of use until the token would have expired.
CREATE TABLE revoked_tokens (
  token_id   text        NOT NULL CONSTRAINT revoked_tokens_pkey PRIMARY KEY,
  revoked_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_tokens_expires_at_idx ON revoked_tokens (expires_at);

-- Every token of a subject that was issued until then.
CREATE TABLE revoked_subjects (
  subject       text        NOT NULL CONSTRAINT revoked_subjects_pkey PRIMARY KEY,
  issued_before timestamptz NOT NULL,
  revoked_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL
);
CREATE INDEX revoked_subjects_expires_at_idx ON revoked_subjects (expires_at);

-- +goose Down
DROP TABLE revoked_subjects, revoked_tokens, client_secrets, clients;
