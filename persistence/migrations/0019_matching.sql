-- Who may be the same person is asked by keys that two records of one person share: her number, her day of birth, her
-- names by their sound. Domain says what they are; here they are numbers, the first eight bytes of a hash, so that
-- nobody's name is spelt in one more table. Equality of numbers and texts is all that is asked, because it is what an
-- index answers also under row-level security.

-- +goose Up

-- What is compared, folded once. NULL keys are keys that nobody has computed yet: Migrate does, for rows from before and
-- whenever a migration sets them NULL because the rule changed.
ALTER TABLE participants
  ADD COLUMN fold_first text GENERATED ALWAYS AS (fold(first_name)) STORED,
  ADD COLUMN fold_last  text GENERATED ALWAYS AS (fold(last_name)) STORED,
  ADD COLUMN match_keys bigint[],
  ADD CONSTRAINT participants_erased_keys_check CHECK (erased_at IS NULL OR num_nonnulls(match_keys) = 0);
ALTER TABLE referrals
  ADD COLUMN fold_first text GENERATED ALWAYS AS (fold(first_name)) STORED,
  ADD COLUMN fold_last  text GENERATED ALWAYS AS (fold(last_name)) STORED,
  ADD COLUMN match_keys bigint[],
  ADD CONSTRAINT referrals_erased_keys_check CHECK (erased_at IS NULL OR num_nonnulls(match_keys) = 0);
CREATE INDEX participants_keyless_idx ON participants (id) WHERE match_keys IS NULL AND erased_at IS NULL;
CREATE INDEX referrals_keyless_idx ON referrals (id) WHERE match_keys IS NULL AND erased_at IS NULL;

-- One row for each programme that reaches the record and each key: a programme's people are looked for among its own, so
-- that none learns of another's, nor waits for it.
CREATE TABLE match_index (
  programme text   NOT NULL,
  kind      text   NOT NULL CONSTRAINT match_index_kind_check CHECK (kind IN ('participant', 'referral')),
  key       bigint NOT NULL,
  record_id uuid   NOT NULL,
  CONSTRAINT match_index_pkey PRIMARY KEY (programme, kind, key, record_id)
);

-- Among whom a newcomer is looked for. Who is not to be found is left out HERE and nowhere else: a file that was erased or
-- is restricted (one that was merged into another is found, and answered as that other); a referral that is a trial, or that led to a file, which is found instead.
CREATE FUNCTION found_in(p participants) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p.erased_at IS NULL AND p.restricted_at IS NULL
    THEN ARRAY(SELECT DISTINCT unnest(p.enrolled_in || p.recorded_for) ORDER BY 1) ELSE '{}' END
$$;
CREATE FUNCTION found_in(r referrals) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN r.erased_at IS NULL AND NOT r.frozen AND r.status <> 'accepted' THEN ARRAY[r.programme] ELSE '{}' END
$$;

-- The index follows the records, whoever writes them: a caseworker corrects somebody who is also in a programme that she
-- does not reach, and a partner reads no row of it. So it is written as the program itself; the role is the caller's
-- again when it is done, and an error in between ends the transaction or its savepoint, and the setting with it.
-- +goose StatementBegin
CREATE FUNCTION move_in_index(of_kind text, id uuid, old_programmes text[], old_keys bigint[], new_programmes text[], new_keys bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
    caller CONSTANT text := coalesce(current_setting('o2r.role', true), '');
BEGIN
    PERFORM set_config('o2r.role', 'system', true);
    IF old_keys <> '{}' THEN
        DELETE FROM match_index m WHERE m.programme = ANY (old_programmes) AND m.kind = of_kind AND m.key = ANY (old_keys) AND m.record_id = id;
    END IF;
    INSERT INTO match_index SELECT programme, of_kind, key, id FROM unnest(new_programmes) programme, unnest(new_keys) key;
    PERFORM set_config('o2r.role', caller, true);
END $$;

CREATE FUNCTION index_record() RETURNS trigger LANGUAGE plpgsql SET search_path TO pg_catalog, public, pg_temp AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN PERFORM move_in_index(TG_ARGV[0], NEW.id, '{}', '{}', found_in(NEW), NEW.match_keys);
        WHEN 'UPDATE' THEN PERFORM move_in_index(TG_ARGV[0], NEW.id, found_in(OLD), OLD.match_keys, found_in(NEW), NEW.match_keys);
        ELSE PERFORM move_in_index(TG_ARGV[0], OLD.id, found_in(OLD), OLD.match_keys, '{}', '{}');
    END CASE;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER participants_indexed AFTER INSERT OR DELETE ON participants FOR EACH ROW EXECUTE FUNCTION index_record('participant');
CREATE TRIGGER participants_reindexed AFTER UPDATE ON participants FOR EACH ROW
    WHEN ((found_in(OLD), OLD.match_keys) IS DISTINCT FROM (found_in(NEW), NEW.match_keys)) EXECUTE FUNCTION index_record('participant');
CREATE TRIGGER referrals_indexed AFTER INSERT OR DELETE ON referrals FOR EACH ROW EXECUTE FUNCTION index_record('referral');
CREATE TRIGGER referrals_reindexed AFTER UPDATE ON referrals FOR EACH ROW
    WHEN ((found_in(OLD), OLD.match_keys) IS DISTINCT FROM (found_in(NEW), NEW.match_keys)) EXECUTE FUNCTION index_record('referral');

ALTER TABLE match_index ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reader ON match_index FOR SELECT
  USING (programme = ANY ((SELECT CASE current_setting('o2r.role', true)
    WHEN 'coordinator' THEN string_to_array(current_setting('o2r.programmes', true), ',')
    WHEN 'caseworker' THEN string_to_array(current_setting('o2r.programmes', true), ',') END)::text[])
    OR current_setting('o2r.role', true) = 'system');
CREATE POLICY writer ON match_index FOR INSERT WITH CHECK (current_setting('o2r.role', true) = 'system');
CREATE POLICY eraser ON match_index FOR DELETE USING (current_setting('o2r.role', true) = 'system');

-- Those among whom one record may find itself, nearest first. It is bounded whatever is in the index: of each key the
-- oldest 200 records, so that a flood of requests in one name hides no file that was there before it; and of all those
-- the 100 whose keys fewest others have.
CREATE FUNCTION match_candidates(in_programmes text[], keys bigint[]) RETURNS TABLE (kind text, record_id uuid)
    LANGUAGE sql STABLE ROWS 20 AS $$
  SELECT kinds.kind, found.record_id
  FROM unnest(in_programmes) slugs (slug), (VALUES ('participant'), ('referral')) kinds (kind), unnest(keys) wanted (key),
    LATERAL (SELECT few.record_id, count(*) OVER () AS crowd FROM (
      SELECT m.record_id FROM match_index m WHERE m.programme = slugs.slug AND m.kind = kinds.kind AND m.key = wanted.key ORDER BY m.record_id LIMIT 200) few) found
  GROUP BY kinds.kind, found.record_id
  ORDER BY sum(1.0 / found.crowd) DESC, found.record_id
  LIMIT 100
$$;

-- +goose Down
DROP TRIGGER participants_indexed ON participants;
DROP TRIGGER participants_reindexed ON participants;
DROP TRIGGER referrals_indexed ON referrals;
DROP TRIGGER referrals_reindexed ON referrals;
DROP FUNCTION match_candidates(text[], bigint[]), index_record(), move_in_index(text, uuid, text[], bigint[], text[], bigint[]), found_in(participants), found_in(referrals);
DROP TABLE match_index;
ALTER TABLE referrals DROP CONSTRAINT referrals_erased_keys_check, DROP COLUMN match_keys, DROP COLUMN fold_first, DROP COLUMN fold_last;
ALTER TABLE participants DROP CONSTRAINT participants_erased_keys_check, DROP COLUMN match_keys, DROP COLUMN fold_first, DROP COLUMN fold_last;
