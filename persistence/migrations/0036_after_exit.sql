-- What comes after an exit, and how long a path may last: the agreement to be followed, contacts after the exit, and the
-- reason for which support goes on beyond nine months.

-- +goose Up
ALTER TABLE enrolments
  ADD COLUMN follow_up_agreed_on     date,
  ADD COLUMN follow_up_refused_on    date,
  ADD COLUMN follow_up_said_by       text,
  ADD COLUMN follow_up_third_parties boolean;

-- What was said before was said on the exit, by the person. The owner's own change, past the policies.
ALTER TABLE enrolments NO FORCE ROW LEVEL SECURITY;
UPDATE enrolments SET follow_up_said_by = 'personne',
    follow_up_agreed_on = CASE WHEN follow_up_agreed THEN exited_on END, follow_up_refused_on = CASE WHEN NOT follow_up_agreed THEN exited_on END
  WHERE follow_up_agreed IS NOT NULL;
ALTER TABLE enrolments FORCE ROW LEVEL SECURITY;

ALTER TABLE enrolments
  ADD CONSTRAINT enrolments_follow_up_said_check CHECK (CASE
    WHEN follow_up_agreed IS NULL THEN num_nonnulls(follow_up_agreed_on, follow_up_refused_on, follow_up_said_by, follow_up_third_parties) = 0
    WHEN follow_up_agreed THEN follow_up_agreed_on IS NOT NULL AND follow_up_refused_on IS NULL
    ELSE follow_up_refused_on IS NOT NULL AND follow_up_third_parties IS NULL END),
  ADD CONSTRAINT enrolments_follow_up_days_check CHECK (exited_on <= LEAST(follow_up_agreed_on, follow_up_refused_on) AND follow_up_agreed_on <= follow_up_refused_on);

CREATE TABLE follow_ups (
  id           uuid        NOT NULL CONSTRAINT follow_ups_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT follow_ups_enrolment_id_fkey REFERENCES enrolments (id),
  author       text        NOT NULL,
  contacted_on date        NOT NULL,
  channel      text        NOT NULL,
  counterpart  text        NOT NULL,
  situation    text        NOT NULL CONSTRAINT follow_ups_situation_check CHECK (situation IN ('in_employment', 'in_training', 'neither', 'unreachable', 'refused')),
  note         text                 CONSTRAINT follow_ups_note_check CHECK (length(note) <= 2000)
);
CREATE INDEX follow_ups_contacted_on_idx ON follow_ups (enrolment_id, contacted_on);

CREATE TABLE extensions (
  id            uuid        NOT NULL CONSTRAINT extensions_pkey PRIMARY KEY,
  version       integer     NOT NULL,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  enrolment_id  uuid        NOT NULL CONSTRAINT extensions_enrolment_id_fkey REFERENCES enrolments (id),
  author        text        NOT NULL,
  reason        text                 CONSTRAINT extensions_reason_check CHECK (length(reason) BETWEEN 3 AND 500), -- null once the person was erased
  decided_on    date        NOT NULL,
  decided_by    text        NOT NULL CONSTRAINT extensions_decided_by_check CHECK (length(decided_by) <= 255),
  until_on      date        NOT NULL,
  revoked_on    date,
  revoke_reason text                 CONSTRAINT extensions_revoke_reason_check CHECK (length(revoke_reason) BETWEEN 3 AND 500),
  CONSTRAINT extensions_days_check CHECK (decided_on <= LEAST(until_on, revoked_on)),
  CONSTRAINT extensions_revoked_check CHECK (revoked_on IS NOT NULL OR revoke_reason IS NULL)
);
CREATE UNIQUE INDEX extensions_standing_key ON extensions (enrolment_id) WHERE revoked_on IS NULL; -- one at a time
CREATE INDEX extensions_enrolment_id_idx ON extensions (enrolment_id);

-- As in 0030.
-- +goose StatementBegin
DO $policies$
DECLARE
    of_enrolment CONSTANT text := $$EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id)$$;
    by_staff CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system')$$;
    by_staff_or_dpo CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system', 'dpo')$$;
    held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['follow_ups', 'extensions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY reader ON %I FOR SELECT USING (%s AND %s)', held, by_staff_or_dpo, of_enrolment);
        EXECUTE format('CREATE POLICY writer ON %I FOR INSERT WITH CHECK (%s AND %s)', held, by_staff, of_enrolment);
        EXECUTE format('CREATE POLICY changer ON %I FOR UPDATE USING (%s AND %s) WITH CHECK (%2$s AND %3$s)', held, by_staff_or_dpo, of_enrolment);
        EXECUTE format($$CREATE POLICY eraser ON %I FOR DELETE USING (current_setting('o2r.role', true) = 'system')$$, held);
    END LOOP;
END $policies$;

-- Kinds that a list of kinds gets beside those that it has by now, whichever migrations came before.
CREATE FUNCTION pg_temp.also(held text, listing text, VARIADIC kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known text[] := ARRAY(SELECT (regexp_matches(pg_get_constraintdef(oid), '''([a-z_0-9]+)''', 'g'))[1] FROM pg_constraint WHERE conrelid = held::regclass AND conname = listing);
BEGIN
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I, ADD CONSTRAINT %2$I CHECK (kind IN (%3$s))', held, listing,
        (SELECT string_agg(quote_literal(kind), ', ') FROM unnest(known || kinds) kind));
END $$;
-- +goose StatementEnd
SELECT pg_temp.also('field_changes', 'field_changes_kind_check', 'follow_up', 'extension');
SELECT pg_temp.also('merge_moves', 'merge_moves_kind_check', 'follow_up', 'extension');

-- +goose Down
ALTER TABLE field_changes NO FORCE ROW LEVEL SECURITY;
DELETE FROM field_changes WHERE kind IN ('follow_up', 'extension');
ALTER TABLE field_changes FORCE ROW LEVEL SECURITY;
ALTER TABLE merge_moves NO FORCE ROW LEVEL SECURITY;
DELETE FROM merge_moves WHERE kind IN ('follow_up', 'extension');
ALTER TABLE merge_moves FORCE ROW LEVEL SECURITY;
DROP TABLE extensions, follow_ups;
ALTER TABLE enrolments
  DROP CONSTRAINT enrolments_follow_up_days_check,
  DROP CONSTRAINT enrolments_follow_up_said_check,
  DROP COLUMN follow_up_third_parties, DROP COLUMN follow_up_said_by, DROP COLUMN follow_up_refused_on, DROP COLUMN follow_up_agreed_on;
