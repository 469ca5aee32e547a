-- Referrals that led to nobody yet are looked for by the day of birth of whoever they may speak of.

-- +goose Up
CREATE INDEX referrals_unlinked_birth_date_idx ON referrals (birth_date) WHERE participant_id IS NULL;

-- A request that nobody decides is kept no longer than one that was decided.
UPDATE retention_rules SET what = 'Orientation refusée, retirée ou expirée, ou laissée sans décision ; reste son décompte sans identité.' WHERE code = 'referral';

-- +goose Down
UPDATE retention_rules SET what = 'Orientation refusée, retirée ou expirée ; reste son décompte sans identité.' WHERE code = 'referral';
DROP INDEX referrals_unlinked_birth_date_idx;
