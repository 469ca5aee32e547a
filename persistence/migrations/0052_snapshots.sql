-- Tables of a programme as they were published, and where everybody stood in them.

-- +goose Up
-- What was published: the very bytes that the hash is of, so that anybody can work it out again. The database checks it too.
CREATE TABLE snapshots (
  id                   uuid        NOT NULL CONSTRAINT snapshots_pkey PRIMARY KEY,
  programme            text        NOT NULL CONSTRAINT snapshots_programme_fkey REFERENCES programmes (slug),
  as_of                date        NOT NULL,
  "from"               date        NOT NULL,
  "to"                 date        NOT NULL,
  note                 text,
  supersedes           uuid,
  small_cells_accepted boolean,
  published_at         timestamptz NOT NULL,
  published_by         text        NOT NULL,
  sha256               text        NOT NULL,
  data_fingerprint     text        NOT NULL CONSTRAINT snapshots_data_fingerprint_check CHECK (data_fingerprint ~ '^[0-9a-f]{64}$'),
  small_cells          integer     NOT NULL CONSTRAINT snapshots_small_cells_check CHECK (small_cells = 0 OR small_cells > 0 AND small_cells_accepted),
  document             text        NOT NULL,
  justice              boolean     NOT NULL, -- whether it was published with the justice module on, and holds what that tells
  items                integer     NOT NULL CONSTRAINT snapshots_items_check CHECK (items >= 0),
  CONSTRAINT snapshots_supersedes_key UNIQUE (supersedes),
  CONSTRAINT snapshots_period_check CHECK ("from" <= "to"),
  CONSTRAINT snapshots_note_check CHECK (supersedes IS NULL OR note IS NOT NULL AND supersedes <> id),
  CONSTRAINT snapshots_sha256_check CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex')),
  CONSTRAINT snapshots_document_check CHECK ((document::json ->> 'id', document::json ->> 'programme', document::json ->> 'as_of') = (id::text, programme, to_char(as_of, 'YYYY-MM-DD')))
);
CREATE INDEX snapshots_programme_idx ON snapshots (programme, id);

-- Where each enrolment, meeting, barrier, referral and territory stood in its figures, and why. A place in a figure is for
-- ever; whose it was, and the facts, go when the person is erased. There is no foreign key: it would hold the rows of
-- everybody while a table is published, and no path or referral is ever deleted.
CREATE TABLE snapshot_items (
  snapshot_id    uuid    NOT NULL,
  position       integer NOT NULL,
  programme      text    NOT NULL,
  key            text    NOT NULL,
  enrolment_id   uuid,
  meeting_id     uuid,
  barrier_id     uuid,
  referral_id    uuid,
  territory_code text,
  bucket         text    NOT NULL CONSTRAINT snapshot_items_bucket_check CHECK (bucket IN ('numerator', 'denominator_only', 'unknown', 'excluded')),
  amount         integer NOT NULL CONSTRAINT snapshot_items_amount_check CHECK (amount >= 0),
  facts          jsonb,
  CONSTRAINT snapshot_items_pkey PRIMARY KEY (snapshot_id, position)
);
CREATE INDEX snapshot_items_enrolment_id_idx ON snapshot_items (enrolment_id) WHERE enrolment_id IS NOT NULL;
CREATE INDEX snapshot_items_referral_id_idx ON snapshot_items (referral_id) WHERE referral_id IS NOT NULL;

-- Staff and analysts of the programme read what was published; its coordinators publish, and read who stood where. Who keeps
-- people's rights copies and erases. See 0008.
-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
    here CONSTANT text := $$programme = ANY (string_to_array(current_setting('o2r.programmes', true), ','))$$;
BEGIN
    ALTER TABLE snapshots ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format($$CREATE POLICY reader ON snapshots FOR SELECT USING (%1$s IN ('coordinator', 'caseworker', 'analyst') AND %2$s OR %1$s IN ('dpo', 'system'))$$, role, here);
    EXECUTE format($$CREATE POLICY writer ON snapshots FOR INSERT WITH CHECK (%1$s = 'coordinator' AND %2$s)$$, role, here);
    ALTER TABLE snapshot_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format($$CREATE POLICY reader ON snapshot_items FOR SELECT USING (%1$s = 'coordinator' AND %2$s OR %1$s IN ('dpo', 'system'))$$, role, here);
    EXECUTE format($$CREATE POLICY writer ON snapshot_items FOR INSERT WITH CHECK (%1$s = 'coordinator' AND %2$s
        AND EXISTS (SELECT FROM snapshots s WHERE s.id = snapshot_id AND s.programme = snapshot_items.programme AND position BETWEEN 1 AND s.items))$$, role, here);
    EXECUTE format($$CREATE POLICY rights_erases ON snapshot_items FOR UPDATE USING (%1$s = 'dpo')$$, role);
END $policies$;

-- What was published is not unpublished: there is no right to it, and a trigger refuses should somebody grant one.
CREATE FUNCTION snapshots_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% holds what was published: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

-- A snapshot takes the place of one of its own programme that was there before it. A foreign key would ask for the right
-- to change the table, to hold the row.
CREATE FUNCTION snapshots_supersede() RETURNS trigger LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.snapshots s WHERE s.id = NEW.supersedes AND s.programme = NEW.programme) THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'snapshots_supersedes_fkey', MESSAGE = 'the programme has no such snapshot';
    END IF;
    RETURN NEW;
END $$;

-- It is published with every item, and none is added later: their number stands in it.
CREATE FUNCTION snapshots_whole() RETURNS trigger LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    kept CONSTANT bigint := (SELECT count(*) FROM public.snapshot_items i WHERE i.snapshot_id = NEW.id);
BEGIN
    IF kept <> NEW.items THEN
        RAISE check_violation USING CONSTRAINT = 'snapshots_whole', MESSAGE = format('a snapshot of %s items has %s', NEW.items, kept);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER snapshots_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshots FOR EACH STATEMENT EXECUTE FUNCTION snapshots_refuse();
CREATE TRIGGER snapshots_supersede BEFORE INSERT ON snapshots FOR EACH ROW WHEN (NEW.supersedes IS NOT NULL) EXECUTE FUNCTION snapshots_supersede();
CREATE CONSTRAINT TRIGGER snapshots_whole AFTER INSERT ON snapshots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION snapshots_whole();
CREATE TRIGGER snapshot_items_kept BEFORE DELETE OR TRUNCATE ON snapshot_items FOR EACH STATEMENT EXECUTE FUNCTION snapshots_refuse();
-- Whose an item was, and the facts, may go; nothing takes their place.
CREATE TRIGGER snapshot_items_unchanged BEFORE UPDATE ON snapshot_items FOR EACH ROW WHEN (
    (NEW.snapshot_id, NEW.position, NEW.programme, NEW.key, NEW.bucket, NEW.amount) IS DISTINCT FROM (OLD.snapshot_id, OLD.position, OLD.programme, OLD.key, OLD.bucket, OLD.amount)
    OR NEW.territory_code IS DISTINCT FROM OLD.territory_code
    OR NEW.enrolment_id IS DISTINCT FROM OLD.enrolment_id AND NEW.enrolment_id IS NOT NULL
    OR NEW.meeting_id IS DISTINCT FROM OLD.meeting_id AND NEW.meeting_id IS NOT NULL
    OR NEW.barrier_id IS DISTINCT FROM OLD.barrier_id AND NEW.barrier_id IS NOT NULL
    OR NEW.referral_id IS DISTINCT FROM OLD.referral_id AND NEW.referral_id IS NOT NULL
    OR NEW.facts IS DISTINCT FROM OLD.facts AND NEW.facts IS NOT NULL)
    EXECUTE FUNCTION snapshots_refuse();

REVOKE UPDATE, DELETE, TRUNCATE ON snapshots FROM CURRENT_USER;
REVOKE UPDATE, DELETE, TRUNCATE ON snapshot_items FROM CURRENT_USER;
GRANT UPDATE (enrolment_id, meeting_id, barrier_id, referral_id, facts) ON snapshot_items TO CURRENT_USER;

-- +goose Down
DROP TABLE snapshot_items;
DROP TABLE snapshots;
DROP FUNCTION snapshots_refuse, snapshots_supersede, snapshots_whole;
