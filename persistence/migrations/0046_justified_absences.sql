-- Whether an absence from a workshop was justified, as of a meeting: pay is reduced for those that were not (D. 5316-15).

-- +goose Up
ALTER TABLE workshop_registrations
  ADD COLUMN justified boolean,
  ADD CONSTRAINT workshop_registrations_justified_check CHECK (justified IS NULL OR status IN ('no_show', 'excused'));

-- +goose Down
ALTER TABLE workshop_registrations DROP COLUMN justified;
