-- What partners are told, and how: the order in which events are read, the webhooks that they are posted to, and what
-- came of posting each.

-- +goose Up

-- An event's id is given out before its transaction commits, so that who reads by it would step over one that commits
-- late. Its position is given afterwards, by one sequencer at a time (Store.PlaceEvents), to what happens to referrals:
-- whoever sees a position sees every lower one. Events of one referral keep their order, since they take their ids while they hold its row.
ALTER TABLE events
  ADD COLUMN public_id   uuid   NOT NULL DEFAULT gen_random_uuid() CONSTRAINT events_public_id_key UNIQUE,
  ADD COLUMN position    bigint CONSTRAINT events_position_key UNIQUE,
  ADD COLUMN referral_id uuid   GENERATED ALWAYS AS (CASE WHEN kind = 'referral' THEN record_id::uuid END) STORED;
DROP INDEX events_organisation_id_idx;
CREATE INDEX events_organisation_id_idx ON events (organisation_id, position) WHERE referral_id IS NOT NULL;
CREATE INDEX events_programme_idx ON events (programme, position) WHERE referral_id IS NOT NULL;
CREATE INDEX events_referral_id_idx ON events (referral_id) WHERE referral_id IS NOT NULL;
CREATE INDEX events_unplaced_idx ON events (id) WHERE position IS NULL AND referral_id IS NOT NULL;
-- What happened before facts were kept says at least what its type says.
UPDATE events SET facts = jsonb_build_object('status', told.status)
  FROM (VALUES ('referral.received', 'received'), ('referral.reviewed', 'under_review'), ('referral.accepted', 'accepted'), ('referral.declined', 'declined'),
    ('referral.withdrawn', 'withdrawn'), ('referral.expired', 'expired')) AS told (type, status)
  WHERE told.type = events.type AND facts = '{}' AND EXISTS (SELECT FROM referrals WHERE referrals.id = events.referral_id AND referrals.erased_at IS NULL);

-- An organisation's own, for programmes of the token that wrote it.
CREATE TABLE webhooks (
  id              uuid        NOT NULL CONSTRAINT webhooks_pkey PRIMARY KEY,
  version         integer     NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  organisation_id uuid        NOT NULL CONSTRAINT webhooks_organisation_id_fkey REFERENCES organisations (id),
  programmes      text[]      NOT NULL CONSTRAINT webhooks_programmes_check CHECK (programmes <> '{}'),
  url             text        NOT NULL CONSTRAINT webhooks_url_check CHECK (length(url) BETWEEN 8 AND 2000),
  types           text[]      NOT NULL,
  description     text        CONSTRAINT webhooks_description_check CHECK (length(description) BETWEEN 1 AND 200),
  enabled         boolean     NOT NULL,
  disabled_at     timestamptz,
  disabled_by     text        CONSTRAINT webhooks_disabled_by_check CHECK (disabled_by IN ('partner', 'admin', 'endpoint')),
  -- Its circuit, moved by whoever delivers and not part of its version: how many attempts failed in a row, and until when
  -- it is left alone.
  failures        integer     NOT NULL DEFAULT 0,
  resting_until   timestamptz,
  CONSTRAINT webhooks_disabled_check CHECK (enabled = (disabled_at IS NULL) AND enabled = (disabled_by IS NULL))
);
CREATE INDEX webhooks_organisation_id_idx ON webhooks (organisation_id);

-- Two at most, one in each slot: whoever is told a new one still verifies by the former for a while. Sealed (AES-256-GCM)
-- with a key that is not in the database.
CREATE TABLE webhook_secrets (
  webhook_id uuid        NOT NULL CONSTRAINT webhook_secrets_webhook_id_fkey REFERENCES webhooks (id),
  slot       integer     NOT NULL CONSTRAINT webhook_secrets_slot_check CHECK (slot IN (1, 2)),
  id         uuid        NOT NULL CONSTRAINT webhook_secrets_id_key UNIQUE,
  sealed     bytea       NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  CONSTRAINT webhook_secrets_pkey PRIMARY KEY (webhook_id, slot)
);

-- One event to one webhook, or a test. What is sent is made when it is sent; nothing of it is kept, nor of the answer but
-- its status.
CREATE TABLE webhook_deliveries (
  id              uuid        NOT NULL CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
  serial          bigint      GENERATED ALWAYS AS IDENTITY,
  webhook_id      uuid        NOT NULL CONSTRAINT webhook_deliveries_webhook_id_fkey REFERENCES webhooks (id),
  event_id        bigint      CONSTRAINT webhook_deliveries_event_id_fkey REFERENCES events (id),
  message_id      uuid        NOT NULL,
  type            text        NOT NULL,
  organisation_id uuid        NOT NULL,
  programme       text,
  referral_id     uuid,
  -- The event's: deliveries of one referral to one webhook go in this order. A test has none, and waits for nobody.
  position        bigint,
  status          text        NOT NULL CONSTRAINT webhook_deliveries_status_check CHECK (status IN ('pending', 'delivered', 'parked', 'cancelled')),
  attempts        integer     NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  -- Whoever took it up has until then; afterwards anybody may.
  claim           uuid,
  claimed_until   timestamptz,
  last_attempt_at timestamptz,
  last_status     integer,
  last_error      text,
  last_duration   integer,
  created_at      timestamptz NOT NULL,
  settled_at      timestamptz,
  CONSTRAINT webhook_deliveries_once UNIQUE (event_id, webhook_id),
  CONSTRAINT webhook_deliveries_of_check CHECK (CASE WHEN event_id IS NULL THEN type = 'webhook.test' AND num_nonnulls(programme, referral_id, position) = 0
    ELSE num_nulls(programme, referral_id, position) = 0 END),
  CONSTRAINT webhook_deliveries_settled_check CHECK ((status = 'pending') = (settled_at IS NULL) AND (status = 'pending') = (next_attempt_at IS NOT NULL) AND (status = 'pending' OR claim IS NULL))
);
CREATE INDEX webhook_deliveries_pending_idx ON webhook_deliveries (webhook_id, position) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_order_idx ON webhook_deliveries (webhook_id, referral_id, position) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_referral_id_idx ON webhook_deliveries (referral_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_log_idx ON webhook_deliveries (webhook_id, serial);
CREATE INDEX webhook_deliveries_parked_idx ON webhook_deliveries (webhook_id) WHERE status = 'parked';
CREATE INDEX webhook_deliveries_settled_at_idx ON webhook_deliveries (settled_at);

-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
    programmes CONSTANT text := $$string_to_array(current_setting('o2r.programmes', true), ',')$$;
    organisation CONSTANT text := $$nullif(current_setting('o2r.organisation_id', true), '')::uuid$$;
    webhook CONSTANT text := format($$CASE %1$s WHEN 'system' THEN true WHEN 'partner' THEN organisation_id = %2$s AND programmes <@ %3$s ELSE false END$$, role, organisation, programmes);
    delivery CONSTANT text := format($$CASE %1$s WHEN 'system' THEN true WHEN 'partner' THEN organisation_id = %2$s AND (programme IS NULL OR programme = ANY (%3$s)) ELSE false END$$, role, organisation, programmes);
    held text;
    rows text;
BEGIN
    FOR held, rows IN VALUES
        ('webhooks', webhook),
        ('webhook_secrets', format($$%s IN ('partner', 'system') AND EXISTS (SELECT FROM webhooks w WHERE w.id = webhook_id)$$, role)), -- by its own policies
        ('webhook_deliveries', delivery)
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY reader ON %I FOR SELECT USING (%s)', held, rows);
        EXECUTE format('CREATE POLICY writer ON %I FOR INSERT WITH CHECK (%s)', held, rows);
        EXECUTE format('CREATE POLICY changer ON %I FOR UPDATE USING (%s)', held, rows);
    END LOOP;
    CREATE POLICY eraser ON webhooks FOR DELETE USING (nullif(current_setting('o2r.role', true), '') = 'system');
    CREATE POLICY eraser ON webhook_deliveries FOR DELETE USING (nullif(current_setting('o2r.role', true), '') = 'system');
    -- A secret whose time is over goes when another takes its place.
    EXECUTE format($$CREATE POLICY eraser ON webhook_secrets FOR DELETE USING (%s IN ('partner', 'system') AND EXISTS (SELECT FROM webhooks w WHERE w.id = webhook_id))$$, role);
    -- An administrator shuts off what nobody may be told any more.
    EXECUTE format($$CREATE POLICY admin_reads ON webhooks FOR SELECT USING (%s = 'admin')$$, role);
    EXECUTE format($$CREATE POLICY admin_changes ON webhooks FOR UPDATE USING (%s = 'admin')$$, role);
    EXECUTE format($$CREATE POLICY admin_reads ON webhook_secrets FOR SELECT USING (%s = 'admin')$$, role);
    -- The data protection officer calls off what is about to be told of somebody who is erased.
    EXECUTE format($$CREATE POLICY rights_reads ON webhook_deliveries FOR SELECT USING (%s = 'dpo')$$, role);
    EXECUTE format($$CREATE POLICY rights_changes ON webhook_deliveries FOR UPDATE USING (%s = 'dpo')$$, role);
    -- The feed: what has its position, about referrals, for those who are told of them.
    EXECUTE format($$CREATE POLICY feed ON events FOR SELECT USING (position IS NOT NULL AND referral_id IS NOT NULL AND programme = ANY (%3$s)
        AND CASE %1$s WHEN 'coordinator' THEN true WHEN 'caseworker' THEN true WHEN 'partner' THEN organisation_id = %2$s ELSE false END)$$, role, organisation, programmes);
END $policies$;
-- +goose StatementEnd

-- +goose Down
DROP POLICY feed ON events;
DROP TABLE webhook_deliveries, webhook_secrets, webhooks;
DROP INDEX events_unplaced_idx, events_referral_id_idx, events_programme_idx, events_organisation_id_idx;
ALTER TABLE events DROP COLUMN referral_id, DROP COLUMN position, DROP COLUMN public_id;
CREATE INDEX events_organisation_id_idx ON events (organisation_id, id);
