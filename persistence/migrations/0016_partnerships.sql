-- What a partner may know: an agreement for each organisation that refers to a programme, and what became of the person
-- beside the referral that it reads, so that a partner needs no row of an enrolment to learn it.

-- +goose Up
ALTER TABLE programmes ADD COLUMN partnerships_version integer NOT NULL DEFAULT 0;

CREATE TABLE partnerships (
  programme       text    NOT NULL CONSTRAINT partnerships_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  organisation_id uuid    NOT NULL CONSTRAINT partnerships_organisation_id_fkey REFERENCES organisations (id),
  disclosure      text    NOT NULL CONSTRAINT partnerships_disclosure_check CHECK (disclosure IN ('status', 'decline_reason', 'first_appointment', 'attendance', 'exit_class')),
  position        integer NOT NULL,
  CONSTRAINT partnerships_pkey PRIMARY KEY (programme, organisation_id)
);

-- Kept in step with the enrolment by whoever changes it. It moves neither version nor updated_at: a partner that may not
-- know of a meeting would see that there was one.
ALTER TABLE referrals
  ADD COLUMN first_appointment_at timestamptz,
  ADD COLUMN meetings_attended integer CONSTRAINT referrals_meetings_attended_check CHECK (meetings_attended >= 0),
  ADD COLUMN meetings_missed integer CONSTRAINT referrals_meetings_missed_check CHECK (meetings_missed >= 0),
  ADD COLUMN exit_class text CONSTRAINT referrals_exit_class_check
    CHECK (exit_class IN ('emploi', 'formation_certifiante_ou_qualifiante', 'formation_autre', 'siae', 'droit_commun', 'autre')),
  ADD CONSTRAINT referrals_progress_check CHECK (status = 'accepted' OR num_nonnulls(first_appointment_at, meetings_attended, meetings_missed, exit_class) = 0),
  DROP CONSTRAINT referrals_erased_check,
  ADD CONSTRAINT referrals_erased_check CHECK (CASE WHEN erased_at IS NULL
    THEN first_name IS NOT NULL AND last_name IS NOT NULL
    ELSE frozen AND num_nonnulls(external_reference, first_name, last_name, birth_date, gender, phone, email, postal_code, territory_code,
      justice_status, reason, referrer_name, referrer_email, referrer_phone, decline_note, first_appointment_at, meetings_attended, meetings_missed, exit_class) = 0
      AND barriers = '{}' END);

UPDATE referrals SET
    first_appointment_at = (SELECT min(a.starts_at) FROM appointments a WHERE a.enrolment_id = e.id AND a.status <> 'cancelled'),
    meetings_attended = (SELECT count(*) FROM appointments a WHERE a.enrolment_id = e.id AND a.status = 'attended'),
    meetings_missed = (SELECT count(*) FROM appointments a WHERE a.enrolment_id = e.id AND a.status = 'no_show'),
    exit_class = CASE
      WHEN e.exit_kind IN ('cdi', 'cdd_6_mois_ou_plus', 'cdd_moins_6_mois', 'interim', 'alternance', 'contrat_aide', 'fonction_publique', 'creation_activite') THEN 'emploi'
      WHEN e.exit_kind IN ('formation_certifiante', 'formation_qualifiante') THEN 'formation_certifiante_ou_qualifiante'
      WHEN e.exit_kind = 'formation_prequalifiante' THEN 'formation_autre'
      WHEN e.exit_kind = 'siae' THEN 'siae'
      WHEN e.exit_kind = 'relais_reseau_emploi' THEN 'droit_commun'
      WHEN e.exit_kind IS NOT NULL THEN 'autre' END
  FROM enrolments e WHERE e.id = referrals.enrolment_id AND e.voided_at IS NULL AND referrals.erased_at IS NULL;

UPDATE referrals SET meetings_attended = 0, meetings_missed = 0 WHERE status = 'accepted' AND meetings_attended IS NULL AND erased_at IS NULL; -- of voided paths

-- What an event tells of its referral, as it stood then: domain.Facts. Codes, counts and an instant; it goes with the person.
ALTER TABLE events ADD COLUMN facts jsonb NOT NULL DEFAULT '{}';
CREATE INDEX events_record_id_idx ON events (record_id);
CREATE POLICY rights_reads ON events FOR SELECT USING (nullif(current_setting('o2r.role', true), '') = 'dpo');
CREATE POLICY rights_changes ON events FOR UPDATE USING (nullif(current_setting('o2r.role', true), '') = 'dpo');

-- +goose Down
DROP POLICY rights_reads ON events;
DROP POLICY rights_changes ON events;
DROP INDEX events_record_id_idx;
ALTER TABLE events DROP COLUMN facts;
ALTER TABLE referrals
  DROP CONSTRAINT referrals_erased_check,
  DROP CONSTRAINT referrals_progress_check,
  DROP COLUMN first_appointment_at, DROP COLUMN meetings_attended, DROP COLUMN meetings_missed, DROP COLUMN exit_class,
  ADD CONSTRAINT referrals_erased_check CHECK (CASE WHEN erased_at IS NULL
    THEN first_name IS NOT NULL AND last_name IS NOT NULL
    ELSE frozen AND num_nonnulls(external_reference, first_name, last_name, birth_date, gender, phone, email, postal_code, territory_code,
      justice_status, reason, referrer_name, referrer_email, referrer_phone, decline_note) = 0 AND barriers = '{}' END);
DROP TABLE partnerships;
ALTER TABLE programmes DROP COLUMN partnerships_version;
