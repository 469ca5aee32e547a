-- Moving in: which row of which file made a record, so that a file can be sent twice and files lead to each other.

-- +goose Up
CREATE TABLE import_records (
  programme          text        NOT NULL CONSTRAINT import_records_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  kind               text        NOT NULL CONSTRAINT import_records_kind_check
                                 CHECK (kind IN ('participants', 'enrolments', 'appointments', 'exits', 'workshops', 'registrations')),
  -- The source's own key of the row; of an exit or a registration, the keys of what it names.
  external_reference text        NOT NULL CONSTRAINT import_records_external_reference_check CHECK (length(external_reference) BETWEEN 1 AND 300),
  -- What it made or, of an exit or a registration, the enrolment that it is about.
  record_id          uuid        NOT NULL,
  -- SHA-256 of what the row said, however it was spelt.
  content            bytea       NOT NULL CONSTRAINT import_records_content_check CHECK (length(content) = 32),
  -- The run that wrote it: a reference that comes twice in one is a fault of the file.
  import_id          uuid        NOT NULL,
  imported_at        timestamptz NOT NULL,
  CONSTRAINT import_records_pkey PRIMARY KEY (programme, kind, external_reference)
);
CREATE INDEX import_records_record_id_idx ON import_records (record_id);

-- A coordinator imports, into her programmes; whoever keeps people's rights copies what is there, and takes it away
-- when the person is erased. Nobody changes it.
-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$nullif(current_setting('o2r.role', true), '')$$;
    hers CONSTANT text := $$nullif(current_setting('o2r.role', true), '') = 'coordinator' AND programme = ANY (string_to_array(nullif(current_setting('o2r.programmes', true), ''), ','))$$;
BEGIN
    ALTER TABLE import_records ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format($$CREATE POLICY reader ON import_records FOR SELECT USING (%s IN ('dpo', 'system') OR %s)$$, role, hers);
    EXECUTE format($$CREATE POLICY writer ON import_records FOR INSERT WITH CHECK (%s = 'system' OR %s)$$, role, hers);
    EXECUTE format($$CREATE POLICY eraser ON import_records FOR DELETE USING (%s IN ('dpo', 'system'))$$, role);
END $policies$;
-- +goose StatementEnd

-- The row of somebody who was erased is recognised when her file is sent again.
ALTER TABLE tombstones
  DROP CONSTRAINT tombstones_kind_check,
  ADD CONSTRAINT tombstones_kind_check CHECK (kind IN ('birth', 'names', 'names_alone', 'phone', 'email', 'row'));

-- +goose Down
-- Tombstones of rows are forgotten: nothing before this migration asks for them.
SELECT set_config('o2r.role', 'system', true);
DELETE FROM tombstones WHERE kind = 'row';
ALTER TABLE tombstones
  DROP CONSTRAINT tombstones_kind_check,
  ADD CONSTRAINT tombstones_kind_check CHECK (kind IN ('birth', 'names', 'names_alone', 'phone', 'email'));
DROP TABLE import_records;
