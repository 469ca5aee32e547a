package persistence

import (
	"context"

	"gorm.io/gorm"

	"o2r/domain"
)

// What becomes of a referral because a day has come. Whoever asks finds what is expired expired; what
// nobody asks about the server settles by itself.

// settledAtOnce bounds one transaction of the clockwork.
const settledAtOnce = 200

// SettleReferrals expires the referrals whose delay has passed without a decision, and leaves word, once
// each, of those that are about to. Any number of replicas may do it at once: each referral is one's.
func (s *Store) SettleReferrals(ctx context.Context) error {
	system := s.As(domain.Actor{Subject: programSubject, Role: roleSystem})
	for _, settle := range []func(*tx, int) (int, error){(*tx).expireSome, (*tx).remindSome} {
		for done := settledAtOnce; done == settledAtOnce; {
			err := s.maintain(ctx, func(db *gorm.DB) (err error) {
				done, err = settle(system.begin(db), settledAtOnce)
				return err
			})
			if err != nil {
				return translate(err)
			}
		}
	}
	return nil
}

// expireReferrals settles those that the actor may see, which is where it shows.
func (t *tx) expireReferrals() error {
	_, err := t.expireSome(0)
	return err
}

// expireSome expires at most so many, or all for 0, and says how many it found. One that somebody else holds is
// hers to settle.
func (t *tx) expireSome(limit int) (int, error) {
	var due []string // most often none: then the read is all it costs
	err := t.Raw(`SELECT id FROM referrals WHERE status IN ('received', 'under_review') AND expires_on <= ? ORDER BY id LIMIT nullif(?, 0) FOR UPDATE SKIP LOCKED`, t.today, limit).Scan(&due).Error
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var expired []domain.Referral
	err = t.Raw(`UPDATE referrals SET status = ?, decided_at = ?, updated_at = ?, version = version + 1 WHERE id IN ?
		RETURNING id, programme, organisation_id, sandbox, status`, domain.ReferralExpired, t.now, t.now, due).Scan(&expired).Error
	if err != nil {
		return 0, err
	}
	system := t.bySystem()
	for _, referral := range expired {
		err := system.wrote(trace{action: "expired", kind: "referral", ids: []string{referral.ID}, programme: referral.Programme, fields: []string{"decided_at", "status"}, partner: referral.OrganisationID, sandbox: referral.Sandbox, facts: new(referral.Facts())})
		if err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// remindSome leaves word of at most so many that their team may still decide about. The sandbox has no team,
// and a frozen file nobody who may look into it. Its event is the programme's: no partner is told.
func (t *tx) remindSome(limit int) (int, error) {
	var expiring []domain.Referral
	err := t.Raw(`WITH due AS MATERIALIZED (
			SELECT r.id FROM referrals r JOIN programmes p ON p.slug = r.programme
			WHERE r.status IN ('received', 'under_review') AND r.reminded_at IS NULL AND NOT r.sandbox AND NOT r.frozen
				AND r.expires_on > ? AND r.expires_on - p.referral_reminder_days <= ?
			ORDER BY r.id LIMIT ? FOR UPDATE OF r SKIP LOCKED)
		UPDATE referrals SET reminded_at = ? FROM due WHERE referrals.id = due.id
		RETURNING referrals.id, referrals.programme, referrals.status`, t.today, t.today, limit, t.now).Scan(&expiring).Error
	if err != nil {
		return 0, err
	}
	for _, referral := range expiring {
		err := t.wrote(trace{action: "expiring", kind: "referral", ids: []string{referral.ID}, programme: referral.Programme, fields: []string{"reminded_at"}, facts: new(referral.Facts())})
		if err != nil {
			return 0, err
		}
	}
	return len(expiring), nil
}
