-- Whether somebody has called before is asked when a caseload is handed over to her, and by whoever reads the trail of one subject.

-- +goose Up
CREATE INDEX audit_events_subject_idx ON audit_events (subject);

-- +goose Down
DROP INDEX audit_events_subject_idx;
