-- +goose Up

-- A reason to go on beyond nine months may be given when the twelve are over, by whoever finds that nobody gave one in time:
-- it bears the day on which it was given. Package domain says which days go together.
ALTER TABLE extensions DROP CONSTRAINT extensions_days_check;
ALTER TABLE extensions ADD CONSTRAINT extensions_days_check CHECK (decided_on <= revoked_on);
