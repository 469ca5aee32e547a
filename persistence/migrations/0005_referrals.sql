-- Referrals: a partner's request that a person be taken on.

-- +goose Up
CREATE TABLE referrals (
  id                 uuid        NOT NULL CONSTRAINT referrals_pkey PRIMARY KEY,
  version            integer     NOT NULL,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  organisation_id    uuid        NOT NULL CONSTRAINT referrals_organisation_id_fkey REFERENCES organisations (id),
  programme          text        NOT NULL CONSTRAINT referrals_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  external_reference text                 CONSTRAINT referrals_external_reference_check CHECK (length(external_reference) BETWEEN 1 AND 100),
  first_name         text        NOT NULL,
  last_name          text        NOT NULL,
  birth_date         date                 CONSTRAINT referrals_birth_date_check CHECK (birth_date BETWEEN '1900-01-01' AND '2100-12-31'),
  gender             text,
  phone              text,
  email              text,
  postal_code        text                 CONSTRAINT referrals_postal_code_check CHECK (postal_code ~ '^[0-9]{5}$'),
  territory_code     text                 CONSTRAINT referrals_territory_code_fkey REFERENCES territories (code),
  justice_status     text,
  barriers           text[]      NOT NULL DEFAULT '{}',
  reason             text,
  consented_on       date        NOT NULL,
  referrer_name      text,
  referrer_email     text,
  referrer_phone     text,
  preferred_site_id  uuid,
  status             text        NOT NULL CONSTRAINT referrals_status_check CHECK (status IN ('received', 'under_review', 'accepted', 'declined', 'withdrawn', 'expired')),
  received_at        timestamptz NOT NULL,
  reviewed_at        timestamptz,
  decided_at         timestamptz,
  expires_on         date,
  decline_reason     text,
  decline_note       text,
  participant_id     uuid                 CONSTRAINT referrals_participant_id_fkey REFERENCES participants (id),
  enrolment_id       uuid                 CONSTRAINT referrals_enrolment_id_key UNIQUE,
  CONSTRAINT referrals_external_reference_key UNIQUE (organisation_id, external_reference),
  CONSTRAINT referrals_programme_id_key UNIQUE (programme, id),
  CONSTRAINT referrals_preferred_site_id_fkey FOREIGN KEY (programme, preferred_site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE,
  CONSTRAINT referrals_enrolment_id_fkey FOREIGN KEY (programme, enrolment_id) REFERENCES enrolments (programme, id) ON UPDATE CASCADE DEFERRABLE,
  CONSTRAINT referrals_reachable_check CHECK (num_nonnulls(phone, email, referrer_phone, referrer_email) > 0),
  CONSTRAINT referrals_decided_check CHECK ((status IN ('received', 'under_review')) = (decided_at IS NULL)),
  CONSTRAINT referrals_decline_check CHECK ((status = 'declined') = (decline_reason IS NOT NULL) AND (decline_note IS NULL OR status = 'declined')),
  CONSTRAINT referrals_accept_check CHECK ((status = 'accepted') = (participant_id IS NOT NULL) AND (participant_id IS NULL) = (enrolment_id IS NULL))
);
CREATE INDEX referrals_programme_status_idx ON referrals (programme, status);
CREATE INDEX referrals_open_expires_on_idx ON referrals (expires_on) WHERE status IN ('received', 'under_review');
CREATE INDEX referrals_updated_at_idx ON referrals (updated_at);

ALTER TABLE enrolments
  ADD CONSTRAINT enrolments_referral_id_fkey FOREIGN KEY (programme, referral_id) REFERENCES referrals (programme, id) ON UPDATE CASCADE;

-- +goose Down
ALTER TABLE enrolments DROP CONSTRAINT enrolments_referral_id_fkey;
DROP TABLE referrals;
