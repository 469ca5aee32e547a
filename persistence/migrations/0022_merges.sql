-- Two files of one person become one: what hangs on the duplicate moves to the survivor, and moves back when the merge is
-- undone. The duplicate's own row stays, with what it held, and says into which file it was merged, so that its identifier
-- goes on leading somewhere.

-- +goose Up

ALTER TABLE participants
  ADD COLUMN merged_into uuid
    CONSTRAINT participants_merged_into_fkey REFERENCES participants (id)
    CONSTRAINT participants_merged_into_check CHECK (merged_into <> id);
CREATE INDEX participants_merged_into_idx ON participants (merged_into) WHERE merged_into IS NOT NULL;

-- The enrolment of the same programme and time into which this one was folded: two cannot stand at once.
ALTER TABLE enrolments
  ADD COLUMN folded_into uuid CONSTRAINT enrolments_folded_into_check CHECK (folded_into <> id),
  ADD CONSTRAINT enrolments_folded_into_fkey FOREIGN KEY (programme, folded_into) REFERENCES enrolments (programme, id) ON UPDATE CASCADE,
  ADD CONSTRAINT enrolments_folded_check CHECK (folded_into IS NULL OR voided_at IS NOT NULL);
CREATE INDEX enrolments_folded_into_idx ON enrolments (folded_into) WHERE folded_into IS NOT NULL;

-- The history of a path is found under its path, whoever's file that was when it was corrected.
CREATE INDEX field_changes_record_id_idx ON field_changes (record_id) WHERE kind = 'enrolment';

-- Who merged what, when and why. The row stays when the merge is undone, and when it no longer can be.
CREATE TABLE merges (
  id               uuid        NOT NULL CONSTRAINT merges_pkey PRIMARY KEY,
  participant_id   uuid        NOT NULL CONSTRAINT merges_participant_id_fkey REFERENCES participants (id), -- the survivor
  duplicate_id     uuid        NOT NULL CONSTRAINT merges_duplicate_id_fkey REFERENCES participants (id),
  merged_at        timestamptz NOT NULL,
  merged_by        text        NOT NULL,
  reason           text                 CONSTRAINT merges_reason_check CHECK (length(reason) BETWEEN 3 AND 500), -- goes when the person is erased
  reversible_until timestamptz NOT NULL,
  unmerged_at      timestamptz,
  unmerged_by      text,
  -- The programmes for which the survivor was recorded before the duplicate's were added.
  recorded_for     text[]      NOT NULL,
  CONSTRAINT merges_two_check CHECK (participant_id <> duplicate_id),
  CONSTRAINT merges_reversible_check CHECK (reversible_until >= merged_at),
  CONSTRAINT merges_unmerged_check CHECK ((unmerged_at IS NULL) = (unmerged_by IS NULL))
);
CREATE UNIQUE INDEX merges_standing_key ON merges (duplicate_id) WHERE unmerged_at IS NULL; -- merged once at a time
CREATE INDEX merges_participant_id_idx ON merges (participant_id);

-- Which record a merge moved, from where and to where. A place in a workshop goes by the workshop's identifier, since it
-- has none; of swapped attendances, each of the two paths got what the other had.
CREATE TABLE merge_moves (
  merge_id  uuid NOT NULL CONSTRAINT merge_moves_merge_id_fkey REFERENCES merges (id),
  kind      text NOT NULL CONSTRAINT merge_moves_kind_check CHECK (kind IN ('enrolment', 'fold', 'referral', 'job', 'france_travail_status', 'outcome',
    'appointment', 'workshop_place', 'workshop_attendance')),
  record_id uuid NOT NULL,
  from_id   uuid NOT NULL,
  to_id     uuid NOT NULL,
  CONSTRAINT merge_moves_pkey PRIMARY KEY (merge_id, kind, record_id, from_id)
);

-- To whom an identifier leads: the file into which it was merged, whatever that was merged into itself, or itself. As far
-- as the actor sees.
CREATE FUNCTION survivor_of(participant uuid) RETURNS uuid LANGUAGE sql STABLE SET search_path TO pg_catalog, pg_temp AS $$
  WITH RECURSIVE chain AS (
    SELECT 0 AS step, participant AS id
    UNION ALL SELECT chain.step + 1, p.merged_into FROM chain JOIN public.participants p ON p.id = chain.id WHERE p.merged_into IS NOT NULL)
  SELECT id FROM chain ORDER BY step DESC LIMIT 1
$$;

-- Everybody whom a file holds: itself, and whoever was merged into it.
CREATE FUNCTION merged_with(participant uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path TO pg_catalog, pg_temp AS $$
  WITH RECURSIVE family AS (
    SELECT participant AS id
    UNION ALL SELECT p.id FROM family JOIN public.participants p ON p.merged_into = family.id)
  SELECT id FROM family
$$;
COMMENT ON FUNCTION survivor_of(uuid) IS 'The file to which a participant''s identifier leads, through every merge.';
COMMENT ON FUNCTION merged_with(uuid) IS 'A participant and everybody merged into her, at any depth.';

-- Whose file a merged row is follows from what it was: its enrolled_in stays as it stood, so that whoever reached it is
-- led on. Nobody is enrolled under it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        UPDATE public.participants
            SET enrolled_in = CASE WHEN NEW.programme = ANY (enrolled_in) THEN enrolled_in ELSE enrolled_in || NEW.programme END
            WHERE id = NEW.participant_id AND (TG_OP <> 'INSERT' OR merged_into IS NULL);
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'the participant of an enrolment is out of the actor''s reach';
        END IF;
    END IF;
    -- Whoever reaches the enrolment reaches all of its programme, so what is left of it there is seen whole.
    IF TG_OP <> 'INSERT' AND NOT EXISTS (
        SELECT FROM public.enrolments WHERE participant_id = OLD.participant_id AND programme = OLD.programme
    ) THEN
        UPDATE public.participants SET enrolled_in = CASE WHEN merged_into IS NULL THEN array_remove(enrolled_in, OLD.programme) ELSE enrolled_in END
            WHERE id = OLD.participant_id;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'the participant of an enrolment is out of the actor''s reach';
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Who was waiting for the duplicate waits for the survivor, while they are one.
CREATE FUNCTION note_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('o2r.role', true), '') NOT IN ('coordinator', 'system') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only a coordinator merges files';
    END IF;
    IF NEW.merged_into IS NOT NULL THEN
        UPDATE public.participants
            SET recorded_for = recorded_for || ARRAY(SELECT slug FROM unnest(NEW.recorded_for) slug WHERE slug <> ALL (recorded_for))
            WHERE id = NEW.merged_into AND organisation_id = NEW.organisation_id AND NOT recorded_for @> NEW.recorded_for;
    ELSE
        UPDATE public.participants survivor SET recorded_for = m.recorded_for
            FROM public.merges m
            WHERE m.duplicate_id = NEW.id AND m.unmerged_at IS NULL AND survivor.id = m.participant_id AND survivor.recorded_for <> m.recorded_for;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER participants_merged AFTER UPDATE OF merged_into ON participants
    FOR EACH ROW WHEN (NEW.merged_into IS DISTINCT FROM OLD.merged_into) EXECUTE FUNCTION note_merge();
DROP TRIGGER participants_recorded_for_kept ON participants;
CREATE TRIGGER participants_recorded_for_kept BEFORE UPDATE ON participants
    FOR EACH ROW WHEN ((NEW.recorded_for, NEW.organisation_id) IS DISTINCT FROM (OLD.recorded_for, OLD.organisation_id)
        AND actor_role() IS DISTINCT FROM 'system' AND (pg_trigger_depth() = 0 OR NEW.organisation_id <> OLD.organisation_id))
    EXECUTE FUNCTION refuse_reach();

-- A merge is there for the coordinator who reaches both files, and for whoever keeps people's rights: she takes the reason
-- and the moves away when the person is erased.
ALTER TABLE merges ENABLE ROW LEVEL SECURITY;
ALTER TABLE merges FORCE ROW LEVEL SECURITY;
CREATE POLICY merges_rights ON merges
  USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));
CREATE POLICY merges_reads ON merges FOR SELECT
  USING (nullif(current_setting('o2r.role', true), '') = 'coordinator'
    AND EXISTS (SELECT FROM participants p WHERE p.id = merges.participant_id) AND EXISTS (SELECT FROM participants p WHERE p.id = duplicate_id));
CREATE POLICY merges_adds ON merges FOR INSERT
  WITH CHECK (nullif(current_setting('o2r.role', true), '') = 'coordinator'
    AND EXISTS (SELECT FROM participants p WHERE p.id = merges.participant_id) AND EXISTS (SELECT FROM participants p WHERE p.id = duplicate_id));
CREATE POLICY merges_undoes ON merges FOR UPDATE
  USING (nullif(current_setting('o2r.role', true), '') = 'coordinator'
    AND EXISTS (SELECT FROM participants p WHERE p.id = merges.participant_id) AND EXISTS (SELECT FROM participants p WHERE p.id = duplicate_id));

ALTER TABLE merge_moves ENABLE ROW LEVEL SECURITY;
ALTER TABLE merge_moves FORCE ROW LEVEL SECURITY;
CREATE POLICY merge_moves_rights ON merge_moves
  USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));
CREATE POLICY merge_moves_reads ON merge_moves FOR SELECT
  USING (nullif(current_setting('o2r.role', true), '') = 'coordinator' AND EXISTS (SELECT FROM merges m WHERE m.id = merge_id));
CREATE POLICY merge_moves_adds ON merge_moves FOR INSERT
  WITH CHECK (nullif(current_setting('o2r.role', true), '') = 'coordinator' AND EXISTS (SELECT FROM merges m WHERE m.id = merge_id AND m.unmerged_at IS NULL));

-- +goose Down
-- Refused while a file is merged: what was moved has to go back first.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM participants WHERE merged_into IS NOT NULL) THEN
        RAISE EXCEPTION 'files are merged: the schema before this one cannot hold them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE merge_moves, merges;
DROP TRIGGER participants_recorded_for_kept ON participants;
CREATE TRIGGER participants_recorded_for_kept BEFORE UPDATE ON participants
    FOR EACH ROW WHEN ((NEW.recorded_for, NEW.organisation_id) IS DISTINCT FROM (OLD.recorded_for, OLD.organisation_id) AND actor_role() IS DISTINCT FROM 'system')
    EXECUTE FUNCTION refuse_reach();
DROP TRIGGER participants_merged ON participants;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        UPDATE public.participants
            SET enrolled_in = CASE WHEN NEW.programme = ANY (enrolled_in) THEN enrolled_in ELSE enrolled_in || NEW.programme END
            WHERE id = NEW.participant_id;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'the participant of an enrolment is out of the actor''s reach';
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' AND NOT EXISTS (
        SELECT FROM public.enrolments WHERE participant_id = OLD.participant_id AND programme = OLD.programme
    ) THEN
        UPDATE public.participants SET enrolled_in = array_remove(enrolled_in, OLD.programme) WHERE id = OLD.participant_id;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'the participant of an enrolment is out of the actor''s reach';
        END IF;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP FUNCTION note_merge(), merged_with(uuid), survivor_of(uuid);
DROP INDEX field_changes_record_id_idx, enrolments_folded_into_idx, participants_merged_into_idx;
ALTER TABLE enrolments DROP CONSTRAINT enrolments_folded_check, DROP CONSTRAINT enrolments_folded_into_fkey, DROP COLUMN folded_into;
ALTER TABLE participants DROP COLUMN merged_into;
