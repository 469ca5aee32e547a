-- What putting together the parts of the loop showed.

-- +goose Up

-- A kept answer that spoke of somebody who was erased or frozen goes, and its key stays for as long as it would have: without
-- it, whoever repeats the request would have it done a second time.
CREATE POLICY forgetter ON idempotency_keys FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));

-- On which of a merged person's paths a meeting was recorded, where that is not the one it stands on now. A partner whose
-- path was joined to another's is told of its own meetings, and of what is recorded once the two are one.
ALTER TABLE appointments ADD COLUMN recorded_under uuid CONSTRAINT appointments_recorded_under_fkey REFERENCES enrolments (id);
CREATE INDEX appointments_recorded_under_idx ON appointments (recorded_under) WHERE recorded_under IS NOT NULL;

-- +goose Down
ALTER TABLE appointments DROP COLUMN recorded_under;
DROP POLICY forgetter ON idempotency_keys;
