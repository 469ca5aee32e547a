-- The audit trail, chained: each row carries the hash of the row before it, so that an edit, a deletion, a swap or a
-- row slipped in breaks a chain that `o2r audit verify` recomputes outside the database. There are 64 chains, so that
-- writers never queue behind one head; nothing is said about the order of rows of different chains.

-- +goose Up

-- One row a chain: its last row, and the last row that pruning took away. Few rows a page, so that advancing a head
-- rewrites it where it is.
CREATE TABLE audit_chains (
  chain       integer NOT NULL CONSTRAINT audit_chains_pkey PRIMARY KEY CONSTRAINT audit_chains_chain_check CHECK (chain BETWEEN 1 AND 64),
  seq         bigint  NOT NULL DEFAULT 0,
  hash        bytea   NOT NULL,
  pruned_seq  bigint  NOT NULL DEFAULT 0,
  pruned_hash bytea   NOT NULL,
  CONSTRAINT audit_chains_pruned_check CHECK (pruned_seq BETWEEN 0 AND seq)
) WITH (fillfactor = 10);

-- What each chain begins with, in place of a row before the first.
INSERT INTO audit_chains (chain, hash, pruned_hash)
  SELECT chain, genesis, genesis FROM generate_series(1, 64) AS chain, LATERAL (SELECT sha256(convert_to('o2r audit chain ' || chain, 'UTF8')) AS genesis) g;

ALTER TABLE audit_events
  ADD COLUMN chain     integer,
  ADD COLUMN seq       bigint,
  ADD COLUMN prev_hash bytea,
  ADD COLUMN hash      bytea;

-- A value as the hash reads it: its length in four bytes, then its bytes; null is a length of -1. No two rows read alike.
CREATE FUNCTION audit_field(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN value IS NULL THEN int4send(-1) ELSE int4send(octet_length(value)) || value END;

-- The hash of a row that has its place and the hash before it. domain.AuditEvent.Digest says the same in Go. A list is
-- what array_send makes of it: its dimensions, then each element with its length. (One expression without a subquery:
-- it is planned once a connection, and takes microseconds.)
-- +goose StatementBegin
CREATE FUNCTION audit_digest(e audit_events) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN sha256(
    audit_field(convert_to('o2r audit 1', 'UTF8'))
    || int4send(e.chain) || int8send(e.seq) || audit_field(e.prev_hash)
    || int8send(e.id) || int8send((extract(epoch FROM e.at) * 1000000)::bigint)
    || audit_field(convert_to(e.subject, 'UTF8')) || audit_field(convert_to(e.role, 'UTF8'))
    || audit_field(convert_to(e.organisation_id::text, 'UTF8'))
    || audit_field(convert_to(e.token_id, 'UTF8')) || audit_field(convert_to(e.request_id, 'UTF8'))
    || audit_field(convert_to(e.action, 'UTF8')) || audit_field(convert_to(e.kind, 'UTF8'))
    || audit_field(array_send(e.record_ids))
    || audit_field(convert_to(e.programme, 'UTF8'))
    || audit_field(array_send(e.fields))
    || audit_field(convert_to(e.reason, 'UTF8')));
END
$$;
-- +goose StatementEnd

-- The rows from before are dealt to the chains in the order in which they were written. Meanwhile the policies do not
-- hold the owner: nobody, not even the program itself, may rewrite a row that somebody else left.
ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
-- +goose StatementBegin
DO $$
DECLARE
  row   audit_events;
  heads bytea[] := ARRAY(SELECT hash FROM audit_chains ORDER BY chain);
  dealt bigint  := 0;
BEGIN
  FOR row IN SELECT * FROM audit_events ORDER BY id LOOP
    row.chain := dealt % 64 + 1;
    row.seq := dealt / 64 + 1;
    row.prev_hash := heads[row.chain];
    row.hash := audit_digest(row);
    heads[row.chain] := row.hash;
    UPDATE audit_events SET chain = row.chain, seq = row.seq, prev_hash = row.prev_hash, hash = row.hash WHERE id = row.id;
    UPDATE audit_chains SET seq = row.seq, hash = row.hash WHERE chain = row.chain;
    dealt := dealt + 1;
  END LOOP;
END
$$;
-- +goose StatementEnd

ALTER TABLE audit_events
  FORCE ROW LEVEL SECURITY,
  ALTER COLUMN chain SET NOT NULL,
  ALTER COLUMN seq SET NOT NULL,
  ALTER COLUMN prev_hash SET NOT NULL,
  ALTER COLUMN hash SET NOT NULL,
  ADD CONSTRAINT audit_events_chain_seq_key UNIQUE (chain, seq),
  ADD CONSTRAINT audit_events_lists_check CHECK (array_position(record_ids, NULL) IS NULL AND array_position(fields, NULL) IS NULL);

-- Every insert, whoever writes it, takes a free head in its own transaction and holds it to the end: rows of one chain
-- commit in their order. A connection keeps to a chain of its own, so that two rarely want the same; when that one is
-- held it takes any other, and waits only when all 64 are held. A transaction stays on the chain that it holds, which
-- o2r.audit_tip names with the place and the hash of its last row there. (Whoever can set that can break a chain, and
-- is found; she can forge no row that a chain takes for its own.)
--
-- The head itself moves once, when the transaction commits: moved with every row, it would leave a dead version of
-- itself for each, and a transaction of thousands of rows would read all of them for every one it adds.
-- +goose StatementBegin
CREATE FUNCTION audit_chain_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  head audit_chains;
  tip  text[]  := string_to_array(nullif(current_setting('o2r.audit_tip', true), ''), ':');
  mine integer := coalesce(tip[1]::integer, pg_backend_pid() % 64 + 1);
BEGIN
  IF current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'the audit trail is written in UTF8'; -- array_send speaks the client's encoding
  END IF;
  SELECT * INTO head FROM audit_chains WHERE chain = mine FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    SELECT * INTO head FROM audit_chains LIMIT 1 FOR UPDATE SKIP LOCKED;
  END IF;
  IF NOT FOUND THEN
    SELECT * INTO head FROM audit_chains WHERE chain = mine FOR UPDATE;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the audit trail has no chain %', mine;
  END IF;
  IF head.chain = tip[1]::integer AND head.seq < tip[2]::bigint THEN
    head.seq := tip[2];
    head.hash := decode(tip[3], 'hex');
  END IF;
  NEW.chain := head.chain;
  NEW.seq := head.seq + 1;
  NEW.prev_hash := head.hash;
  NEW.hash := audit_digest(NEW);
  PERFORM set_config('o2r.audit_tip', NEW.chain || ':' || NEW.seq || ':' || encode(NEW.hash, 'hex'), true);
  RETURN NEW;
END
$$;

CREATE FUNCTION audit_move_head() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  tip text[] := string_to_array(nullif(current_setting('o2r.audit_tip', true), ''), ':');
BEGIN
  IF (NEW.chain = tip[1]::integer AND NEW.seq < tip[2]::bigint) IS NOT TRUE THEN -- a later row will move it
    UPDATE audit_chains SET seq = NEW.seq, hash = NEW.hash WHERE chain = NEW.chain AND seq < NEW.seq;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the head of chain % did not move', NEW.chain;
    END IF;
  END IF;
  RETURN NULL;
END
$$;

-- The trail is append-only for the application's role: it has not the right, and a trigger refuses should somebody
-- grant it. Pruning sets o2r.audit_prune, and even then nothing younger than six months goes. A superuser passes all of
-- this; what she does is found by the chains and the checkpoints.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_events_chain BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_chain_row();
CREATE CONSTRAINT TRIGGER audit_events_head AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION audit_move_head();
CREATE TRIGGER audit_events_unchanged BEFORE UPDATE OR TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_events_kept BEFORE DELETE ON audit_events FOR EACH STATEMENT
  WHEN (current_setting('o2r.audit_prune', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_events_young BEFORE DELETE ON audit_events FOR EACH ROW
  WHEN (OLD.at >= now() - interval '6 months') EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_chains_kept BEFORE INSERT OR DELETE OR TRUNCATE ON audit_chains FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
-- A head moves with its rows (depth 1: from the trigger above), and its base with pruning, forward.
CREATE TRIGGER audit_chains_unchanged BEFORE UPDATE ON audit_chains FOR EACH ROW
  WHEN (pg_trigger_depth() = 0 AND (current_setting('o2r.audit_prune', true) IS DISTINCT FROM 'on'
    OR (NEW.chain, NEW.seq, NEW.hash) IS DISTINCT FROM (OLD.chain, OLD.seq, OLD.hash) OR NEW.pruned_seq <= OLD.pruned_seq))
  EXECUTE FUNCTION audit_refuse();

-- Who reads the trail: the data protection officer all of it, a coordinator what was done in her programmes, and whoever
-- verifies, anchors or prunes it, for that purpose.
CREATE POLICY trail_reader ON audit_events FOR SELECT USING (
  CASE nullif(current_setting('o2r.role', true), '')
    WHEN 'dpo'         THEN true
    WHEN 'admin'       THEN current_setting('o2r.purpose', true) = 'audit'
    WHEN 'coordinator' THEN programme = ANY (string_to_array(nullif(current_setting('o2r.programmes', true), ''), ','))
    ELSE false
  END);
CREATE POLICY pruner ON audit_events FOR DELETE USING (
  nullif(current_setting('o2r.role', true), '') IN ('admin', 'dpo') AND current_setting('o2r.purpose', true) = 'audit');

REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM CURRENT_USER;
REVOKE INSERT, DELETE, TRUNCATE ON audit_chains FROM CURRENT_USER;

-- +goose Down
DROP POLICY pruner ON audit_events;
DROP POLICY trail_reader ON audit_events;
DROP TABLE audit_chains CASCADE;
DROP TRIGGER audit_events_chain ON audit_events;
DROP TRIGGER audit_events_head ON audit_events;
DROP TRIGGER audit_events_unchanged ON audit_events;
DROP TRIGGER audit_events_kept ON audit_events;
DROP TRIGGER audit_events_young ON audit_events;
DROP FUNCTION audit_chain_row, audit_move_head, audit_refuse, audit_digest, audit_field;
ALTER TABLE audit_events DROP CONSTRAINT audit_events_lists_check, DROP COLUMN chain, DROP COLUMN seq, DROP COLUMN prev_hash, DROP COLUMN hash;
GRANT UPDATE, DELETE, TRUNCATE ON audit_events TO CURRENT_USER;
