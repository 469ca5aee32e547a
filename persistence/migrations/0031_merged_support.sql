-- What a person is supported with goes with her path when two files are merged, and comes back when that is undone.

-- +goose Up

-- A link that was moved from a barrier to the one of the same code on the path that stands goes by the record that holds it.
ALTER TABLE merge_moves
  DROP CONSTRAINT merge_moves_kind_check,
  ADD CONSTRAINT merge_moves_kind_check CHECK (kind IN ('enrolment', 'fold', 'referral', 'job', 'france_travail_status', 'outcome',
    'appointment', 'workshop_place', 'workshop_attendance',
    'diagnostic', 'barrier', 'strength', 'charter', 'objective', 'action', 'proposal', 'immersion', 'objective_barrier', 'action_barrier'));

-- The history of a record goes where the record goes: undone, the file of one must not tell of the other. Of what was
-- remembered nothing else is ever rewritten.
CREATE POLICY field_changes_moves ON field_changes FOR UPDATE
  USING (nullif(current_setting('o2r.role', true), '') = 'coordinator' AND enrolment_id IS NOT NULL
    AND programme = ANY (string_to_array(nullif(current_setting('o2r.programmes', true), ''), ',')))
  WITH CHECK (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id AND e.programme = field_changes.programme));
-- +goose StatementBegin
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - 'enrolment_id' IS DISTINCT FROM to_jsonb(OLD) - 'enrolment_id' THEN
        RAISE insufficient_privilege USING MESSAGE = 'what a file held before it was corrected is not rewritten';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER field_changes_kept BEFORE UPDATE ON field_changes
    FOR EACH ROW WHEN (actor_role() IS DISTINCT FROM 'system') EXECUTE FUNCTION refuse_rewriting();

-- +goose Down
-- Refused while such a merge is on record: what was moved could not go back.
DROP TRIGGER field_changes_kept ON field_changes;
DROP FUNCTION refuse_rewriting();
DROP POLICY field_changes_moves ON field_changes;
ALTER TABLE merge_moves
  DROP CONSTRAINT merge_moves_kind_check,
  ADD CONSTRAINT merge_moves_kind_check CHECK (kind IN ('enrolment', 'fold', 'referral', 'job', 'france_travail_status', 'outcome',
    'appointment', 'workshop_place', 'workshop_attendance'));
