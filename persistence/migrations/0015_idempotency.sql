-- What a request with an Idempotency-Key was answered, for whoever repeats it. An answer may be about a person: it is
-- kept for two days, goes with her file, and is read by its own caller alone.

-- +goose Up
CREATE TABLE idempotency_keys (
  -- SHA-256 of who asked: subject, role, organisation and programmes. Whoever may less than before starts afresh.
  caller     bytea       NOT NULL CONSTRAINT idempotency_keys_caller_check CHECK (length(caller) = 32),
  key        text        NOT NULL CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
  operation  text        NOT NULL,
  digest     bytea       NOT NULL CONSTRAINT idempotency_keys_digest_check CHECK (length(digest) = 32),
  record_id  text        NOT NULL,
  answer     text        NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY caller ON idempotency_keys
  USING (nullif(current_setting('o2r.role', true), '') IS NOT NULL AND caller = decode(nullif(current_setting('o2r.caller', true), ''), 'hex'));
CREATE POLICY keeper ON idempotency_keys FOR SELECT USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));
CREATE POLICY eraser ON idempotency_keys FOR DELETE USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));

-- +goose Down
DROP TABLE idempotency_keys;
