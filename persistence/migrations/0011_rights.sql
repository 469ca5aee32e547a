-- What a person may ask of those who keep her file: a copy, the history of corrections, restriction, erasure. And what
-- the law asks without her asking: a register of requests, and how long what is kept.

-- +goose Up

-- An erased person is a row without an identity: her enrolments keep their figures, and point here so that she still
-- counts once. The gender stays, because figures are broken down by it.
ALTER TABLE participants
  ALTER COLUMN first_name DROP NOT NULL,
  ALTER COLUMN last_name DROP NOT NULL,
  ALTER COLUMN search_name DROP NOT NULL,
  ADD COLUMN restricted_at timestamptz,
  ADD COLUMN restriction_reason text CONSTRAINT participants_restriction_reason_length_check CHECK (length(restriction_reason) BETWEEN 3 AND 500),
  ADD COLUMN erased_at timestamptz,
  ADD CONSTRAINT participants_restriction_check CHECK ((restricted_at IS NULL) = (restriction_reason IS NULL)),
  ADD CONSTRAINT participants_erased_check CHECK (CASE WHEN erased_at IS NULL
    THEN first_name IS NOT NULL AND last_name IS NOT NULL
    ELSE num_nonnulls(first_name, last_name, birth_date, phone, email, address, postal_code, territory_code, restricted_at) = 0 END);

-- frozen: the person's file is restricted, or she was erased. It stands on the row itself because who asks may not be
-- allowed to read the participant: a partner reads its referrals and nothing else.
ALTER TABLE enrolments
  ADD COLUMN frozen boolean NOT NULL DEFAULT false,
  -- Completed years on the day of entry, kept when the day of birth was erased.
  ADD COLUMN age_kept integer CONSTRAINT enrolments_age_kept_check CHECK (age_kept BETWEEN 0 AND 150),
  DROP CONSTRAINT enrolments_void_check,
  ADD CONSTRAINT enrolments_void_check CHECK (voided_at IS NOT NULL OR void_reason IS NULL);
CREATE INDEX enrolments_participant_id_idx ON enrolments (participant_id);

ALTER TABLE referrals
  ALTER COLUMN first_name DROP NOT NULL,
  ALTER COLUMN last_name DROP NOT NULL,
  -- Whether somebody of the same names and day of birth, number or address was erased before. For staff only.
  ADD COLUMN resembles_erased boolean NOT NULL DEFAULT false,
  ADD COLUMN frozen boolean NOT NULL DEFAULT false,
  ADD COLUMN erased_at timestamptz,
  DROP CONSTRAINT referrals_reachable_check,
  ADD CONSTRAINT referrals_reachable_check CHECK (erased_at IS NOT NULL OR num_nonnulls(phone, email, referrer_phone, referrer_email) > 0),
  ADD CONSTRAINT referrals_erased_check CHECK (CASE WHEN erased_at IS NULL
    THEN first_name IS NOT NULL AND last_name IS NOT NULL
    ELSE frozen AND num_nonnulls(external_reference, first_name, last_name, birth_date, gender, phone, email, postal_code, territory_code,
      justice_status, reason, referrer_name, referrer_email, referrer_phone, decline_note) = 0 AND barriers = '{}' END);
CREATE INDEX referrals_participant_id_idx ON referrals (participant_id);

-- The values that a participant's and her enrolments' fields had before they were corrected. They go with the person.
CREATE TABLE field_changes (
  id             uuid        NOT NULL CONSTRAINT field_changes_pkey PRIMARY KEY,
  participant_id uuid        NOT NULL CONSTRAINT field_changes_participant_id_fkey REFERENCES participants (id),
  kind           text        NOT NULL CONSTRAINT field_changes_kind_check CHECK (kind IN ('participant', 'enrolment')),
  record_id      uuid        NOT NULL,
  programme      text,       -- of an enrolment: who works in another programme does not read it
  version        integer     NOT NULL,
  field          text        NOT NULL,
  old_value      text,
  reason         text,
  changed_at     timestamptz NOT NULL,
  changed_by     text        NOT NULL
);
CREATE INDEX field_changes_participant_id_idx ON field_changes (participant_id, id);

-- That an erasure took place, for the register. Nothing here says of whom.
CREATE TABLE erasures (
  participant_id uuid        NOT NULL CONSTRAINT erasures_pkey PRIMARY KEY CONSTRAINT erasures_participant_id_fkey REFERENCES participants (id),
  erased_at      timestamptz NOT NULL,
  erased_by      text        NOT NULL,
  origin         text        NOT NULL CONSTRAINT erasures_origin_check CHECK (origin IN ('request', 'retention')),
  reason         text        NOT NULL,
  enrolments     integer     NOT NULL,
  referrals      integer     NOT NULL,
  appointments   integer     NOT NULL
);

-- Keyed hashes (HMAC-SHA-256) of what an erased person would be recognised by. They are tied to nobody: a match says
-- that somebody like this was erased once, not which row is hers.
CREATE TABLE tombstones (
  kind    text  NOT NULL CONSTRAINT tombstones_kind_check CHECK (kind IN ('birth', 'names', 'names_alone', 'phone', 'email')),
  digest  bytea NOT NULL CONSTRAINT tombstones_digest_check CHECK (length(digest) = 32),
  made_on date  NOT NULL,
  CONSTRAINT tombstones_pkey PRIMARY KEY (kind, digest)
);

-- Which key the tombstones were made with: a replica with another key would overlook every one of them.
CREATE TABLE tombstone_keys (
  single boolean NOT NULL DEFAULT true CONSTRAINT tombstone_keys_pkey PRIMARY KEY CONSTRAINT tombstone_keys_single_check CHECK (single),
  digest bytea   NOT NULL CONSTRAINT tombstone_keys_digest_check CHECK (length(digest) = 32)
);

-- The register of what people asked for under the general data protection regulation, articles 15 to 21.
CREATE TABLE rights_requests (
  id               uuid        NOT NULL CONSTRAINT rights_requests_pkey PRIMARY KEY,
  version          integer     NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  kind             text        NOT NULL CONSTRAINT rights_requests_kind_check CHECK (kind IN ('access', 'rectification', 'erasure', 'restriction', 'objection', 'portability')),
  received_on      date        NOT NULL,
  participant_id   uuid                 CONSTRAINT rights_requests_participant_id_fkey REFERENCES participants (id),
  extension_reason text,
  status           text        NOT NULL CONSTRAINT rights_requests_status_check CHECK (status IN ('open', 'answered', 'refused')),
  answered_on      date,
  note             text,
  due_on           date        NOT NULL,
  CONSTRAINT rights_requests_due_check CHECK (due_on > received_on),
  CONSTRAINT rights_requests_answer_check CHECK ((status = 'open') = (answered_on IS NULL) AND answered_on >= received_on)
);
CREATE INDEX rights_requests_open_due_on_idx ON rights_requests (due_on) WHERE status = 'open';
CREATE INDEX rights_requests_participant_id_idx ON rights_requests (participant_id);

-- How long what is kept. A rule is data: its months may be changed, a rule may be switched off.
CREATE TABLE retention_rules (
  code        text    NOT NULL CONSTRAINT retention_rules_pkey PRIMARY KEY,
  position    integer NOT NULL CONSTRAINT retention_rules_position_key UNIQUE,
  what        text    NOT NULL,
  months      integer NOT NULL CONSTRAINT retention_rules_months_check CHECK (months BETWEEN 1 AND 600),
  counts_from text    NOT NULL,
  action      text    NOT NULL CONSTRAINT retention_rules_action_check CHECK (action IN ('erase_participant', 'drop_justice_detail', 'erase_referral')),
  source      text    NOT NULL,
  active      boolean NOT NULL DEFAULT true,
  -- From which day on each action counts is a rule of the program's, so that the two cannot disagree.
  CONSTRAINT retention_rules_counts_from_check CHECK (counts_from = CASE action
    WHEN 'erase_participant' THEN 'last_contact' WHEN 'drop_justice_detail' THEN 'exit' ELSE 'decision' END)
);
INSERT INTO retention_rules (code, position, what, months, counts_from, action, source) VALUES
  ('justice_detail', 1, 'Nature de la mesure de justice d''un parcours terminé ; reste l''appartenance au public.', 3, 'exit', 'drop_justice_detail',
   'Par analogie : code du travail, art. R. 5312-44 (données pénitentiaires, 3 mois). La fin de la mesure n''est pas connue : le délai court de la sortie.'),
  ('participant', 2, 'Dossier d''une personne ; restent les statistiques sans identité.', 24, 'last_contact', 'erase_participant',
   'CNIL, délibérations 2021-028 et 2023-095 : base active, deux ans après le dernier contact.'),
  ('referral', 3, 'Orientation refusée, retirée ou expirée ; reste son décompte sans identité.', 24, 'decision', 'erase_referral',
   'CNIL, délibérations 2021-028 et 2023-095 : base active, deux ans après le dernier contact.');

-- Row-level security of what holds, or is about, people. Unset settings see no row. Who corrects a file adds to its
-- history; who records a person asks whether she was erased; the rest is the data protection officer's and the system's.
ALTER TABLE field_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE field_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY field_changes_rights ON field_changes
  USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));
CREATE POLICY field_changes_staff_reads ON field_changes FOR SELECT
  USING (nullif(current_setting('o2r.role', true), '') IN ('coordinator', 'caseworker')
    AND (programme IS NULL OR programme = ANY (string_to_array(nullif(current_setting('o2r.programmes', true), ''), ','))));
CREATE POLICY field_changes_staff_adds ON field_changes FOR INSERT
  WITH CHECK (nullif(current_setting('o2r.role', true), '') IN ('coordinator', 'caseworker')
    AND (programme IS NULL OR programme = ANY (string_to_array(nullif(current_setting('o2r.programmes', true), ''), ','))));

ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY erasures_rights ON erasures
  USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));

ALTER TABLE tombstones ENABLE ROW LEVEL SECURITY;
ALTER TABLE tombstones FORCE ROW LEVEL SECURITY;
CREATE POLICY tombstones_rights ON tombstones
  USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));
CREATE POLICY tombstones_recording_reads ON tombstones FOR SELECT
  USING (nullif(current_setting('o2r.role', true), '') IN ('coordinator', 'caseworker', 'partner'));

ALTER TABLE rights_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY rights_requests_rights ON rights_requests
  USING (nullif(current_setting('o2r.role', true), '') IN ('dpo', 'system'));

-- The data protection officer's own reach: every file, to copy, freeze and erase it; and the trail, to say who read it.
CREATE POLICY rights_reads   ON participants            FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON enrolments              FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON referrals               FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON jobs                    FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON appointments            FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON france_travail_statuses FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON outcomes                FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON workshops               FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON workshop_registrations  FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_reads   ON audit_events            FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_changes ON participants            FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_changes ON enrolments              FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_changes ON referrals               FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_changes ON jobs                    FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_changes ON appointments            FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') = 'dpo');

-- +goose Down
DROP POLICY rights_reads ON participants;
DROP POLICY rights_reads ON enrolments;
DROP POLICY rights_reads ON referrals;
DROP POLICY rights_reads ON jobs;
DROP POLICY rights_reads ON appointments;
DROP POLICY rights_reads ON france_travail_statuses;
DROP POLICY rights_reads ON outcomes;
DROP POLICY rights_reads ON workshops;
DROP POLICY rights_reads ON workshop_registrations;
DROP POLICY rights_reads ON audit_events;
DROP POLICY rights_changes ON participants;
DROP POLICY rights_changes ON enrolments;
DROP POLICY rights_changes ON referrals;
DROP POLICY rights_changes ON jobs;
DROP POLICY rights_changes ON appointments;
-- What was erased has no names to put back: going down is refused by NOT NULL while there is somebody erased.
DROP TABLE retention_rules, rights_requests, tombstone_keys, tombstones, erasures, field_changes;
DROP INDEX referrals_participant_id_idx, enrolments_participant_id_idx;
ALTER TABLE referrals
  DROP CONSTRAINT referrals_erased_check, DROP CONSTRAINT referrals_reachable_check,
  DROP COLUMN erased_at, DROP COLUMN frozen, DROP COLUMN resembles_erased,
  ADD CONSTRAINT referrals_reachable_check CHECK (num_nonnulls(phone, email, referrer_phone, referrer_email) > 0),
  ALTER COLUMN first_name SET NOT NULL, ALTER COLUMN last_name SET NOT NULL;
ALTER TABLE enrolments
  DROP CONSTRAINT enrolments_void_check, DROP COLUMN age_kept, DROP COLUMN frozen,
  ADD CONSTRAINT enrolments_void_check CHECK ((voided_at IS NULL) = (void_reason IS NULL));
ALTER TABLE participants
  DROP CONSTRAINT participants_erased_check, DROP CONSTRAINT participants_restriction_check,
  DROP COLUMN erased_at, DROP COLUMN restriction_reason, DROP COLUMN restricted_at,
  ALTER COLUMN search_name SET NOT NULL, ALTER COLUMN first_name SET NOT NULL, ALTER COLUMN last_name SET NOT NULL;
