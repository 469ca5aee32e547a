-- The team is reminded of a referral that is about to expire: once, so many days before.

-- +goose Up
ALTER TABLE programmes
  ADD COLUMN referral_reminder_days integer,
  ADD CONSTRAINT programmes_referral_reminder_days_check
    CHECK (referral_reminder_days IS NULL OR coalesce(referral_reminder_days >= 1 AND referral_reminder_days < referral_expiry_days, false));

-- Moves neither version nor updated_at: to whoever follows the referral, nothing happened.
ALTER TABLE referrals ADD COLUMN reminded_at timestamptz;

-- +goose Down
ALTER TABLE referrals DROP COLUMN reminded_at;
ALTER TABLE programmes DROP CONSTRAINT programmes_referral_reminder_days_check, DROP COLUMN referral_reminder_days;
