-- A sandbox: a partner's program tries the whole loop on referrals that count nowhere, that nobody but it sees, and that
-- lead to nobody.

-- +goose Up

ALTER TABLE clients
  ADD COLUMN sandbox boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT clients_sandbox_check CHECK (NOT sandbox OR role = 'partner');

-- A decision in the sandbox is simulated: it leads to nobody, whatever it was.
ALTER TABLE referrals
  ADD COLUMN sandbox boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT referrals_external_reference_key,
  ADD CONSTRAINT referrals_external_reference_key UNIQUE (organisation_id, sandbox, external_reference),
  DROP CONSTRAINT referrals_accept_check,
  ADD CONSTRAINT referrals_accept_check CHECK (CASE WHEN sandbox THEN num_nonnulls(participant_id, enrolment_id) = 0
    ELSE (status = 'accepted') = (participant_id IS NOT NULL) AND (participant_id IS NULL) = (enrolment_id IS NULL) END),
  ADD CONSTRAINT referrals_programme_id_sandbox_key UNIQUE (programme, id, sandbox);

-- No enrolment follows from a referral of the sandbox, and none becomes one afterwards: the key says so.
ALTER TABLE enrolments
  ADD COLUMN referral_sandbox boolean NOT NULL DEFAULT false CONSTRAINT enrolments_referral_sandbox_check CHECK (NOT referral_sandbox),
  DROP CONSTRAINT enrolments_referral_id_fkey,
  ADD CONSTRAINT enrolments_referral_id_fkey FOREIGN KEY (programme, referral_id, referral_sandbox) REFERENCES referrals (programme, id, sandbox) ON UPDATE CASCADE;

-- A trial is nobody to be found; see 0019.
CREATE OR REPLACE FUNCTION found_in(r referrals) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN r.erased_at IS NULL AND NOT r.frozen AND NOT r.sandbox AND r.status <> 'accepted' THEN ARRAY[r.programme] ELSE '{}' END
$$;

ALTER TABLE events ADD COLUMN sandbox boolean NOT NULL DEFAULT false;

-- The setting o2r.sandbox stands beside those of 0008. Whatever else lets an actor at a row: one of the sandbox is there
-- for who asks from within, every other for all the others; those who keep people's rights and the program itself reach both.
-- +goose StatementBegin
DO $policies$
DECLARE
    held text;
    apart CONSTANT text := $$sandbox = (current_setting('o2r.role', true) = 'partner' AND current_setting('o2r.sandbox', true) IS NOT DISTINCT FROM 'on')
        OR current_setting('o2r.role', true) IN ('dpo', 'system')$$;
BEGIN
    FOREACH held IN ARRAY ARRAY['referrals', 'events'] LOOP
        EXECUTE format('CREATE POLICY sandbox ON %I AS RESTRICTIVE USING (%s)', held, apart);
    END LOOP;
END $policies$;
-- +goose StatementEnd

-- What a partner sent there is as personal as anything it sends, and is of no use for long.
ALTER TABLE retention_rules
  DROP CONSTRAINT retention_rules_action_check,
  ADD CONSTRAINT retention_rules_action_check CHECK (action IN ('erase_participant', 'drop_justice_detail', 'erase_referral', 'erase_sandbox_referral')),
  DROP CONSTRAINT retention_rules_counts_from_check,
  ADD CONSTRAINT retention_rules_counts_from_check CHECK (counts_from = CASE action
    WHEN 'erase_participant' THEN 'last_contact' WHEN 'drop_justice_detail' THEN 'exit' WHEN 'erase_sandbox_referral' THEN 'reception' ELSE 'decision' END);
INSERT INTO retention_rules (code, position, what, months, counts_from, action, source) VALUES
  ('sandbox_referral', 4, 'Orientation d''essai d''un partenaire (bac à sable) ; il n''en reste rien que sa date.', 1, 'reception', 'erase_sandbox_referral',
   'RGPD, art. 5, 1, e) : pas plus longtemps que l''essai ne le demande.');

-- +goose Down
DELETE FROM retention_rules WHERE code = 'sandbox_referral';
ALTER TABLE retention_rules
  DROP CONSTRAINT retention_rules_action_check,
  ADD CONSTRAINT retention_rules_action_check CHECK (action IN ('erase_participant', 'drop_justice_detail', 'erase_referral')),
  DROP CONSTRAINT retention_rules_counts_from_check,
  ADD CONSTRAINT retention_rules_counts_from_check CHECK (counts_from = CASE action
    WHEN 'erase_participant' THEN 'last_contact' WHEN 'drop_justice_detail' THEN 'exit' ELSE 'decision' END);
-- Without the column what is of the sandbox would be live.
DELETE FROM events WHERE sandbox;
DELETE FROM referrals WHERE sandbox;
CREATE OR REPLACE FUNCTION found_in(r referrals) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN r.erased_at IS NULL AND NOT r.frozen AND r.status <> 'accepted' THEN ARRAY[r.programme] ELSE '{}' END
$$;
DROP POLICY sandbox ON events;
DROP POLICY sandbox ON referrals;
ALTER TABLE events DROP COLUMN sandbox;
ALTER TABLE enrolments
  DROP CONSTRAINT enrolments_referral_id_fkey,
  DROP COLUMN referral_sandbox,
  ADD CONSTRAINT enrolments_referral_id_fkey FOREIGN KEY (programme, referral_id) REFERENCES referrals (programme, id) ON UPDATE CASCADE;
ALTER TABLE referrals
  DROP CONSTRAINT referrals_programme_id_sandbox_key,
  DROP CONSTRAINT referrals_accept_check,
  DROP CONSTRAINT referrals_external_reference_key,
  DROP COLUMN sandbox,
  ADD CONSTRAINT referrals_external_reference_key UNIQUE (organisation_id, external_reference),
  ADD CONSTRAINT referrals_accept_check CHECK ((status = 'accepted') = (participant_id IS NOT NULL) AND (participant_id IS NULL) = (enrolment_id IS NULL));
ALTER TABLE clients DROP CONSTRAINT clients_sandbox_check, DROP COLUMN sandbox;
