package persistence

import (
	"cmp"
	"context"
	"slices"

	"o2r/domain"
)

// Restrict freezes a person's file, or lifts that. A frozen file is out of everybody's reach but
// the data protection officer's; the figures go on counting it.
func (s *Session) Restrict(ctx context.Context, id string, match domain.Match, in domain.RestrictionInput) (domain.Participant, error) {
	return fetch(ctx, s, func(t *tx) (domain.Participant, error) {
		id, err := t.survivorOf(id)
		if err != nil {
			return domain.Participant{}, err
		}
		if in.Restricted != nil && !*in.Restricted {
			if err := t.holdHerPermanences(id); err != nil { // before the participant; see holding
				return domain.Participant{}, err
			}
		}
		var before domain.Participant
		after, err := change(t, t.participants(), "participant", id, match, participantStamp, func(p *domain.Participant) error {
			before = *p
			return p.Restrict(in, t.now)
		})
		if err != nil {
			return after, err
		}
		for _, statement := range []string{
			`UPDATE enrolments SET frozen = @frozen WHERE participant_id = @id`,
			`UPDATE referrals SET frozen = @frozen WHERE ` + ofPerson + ` AND erased_at IS NULL`,
		} {
			if err := t.Exec(statement, map[string]any{"frozen": *in.Restricted, "id": id}).Error; err != nil {
				return after, err
			}
		}
		if *in.Restricted { // whoever repeats a request would read the file all the same
			var hers []string
			err := t.Raw(`SELECT id FROM enrolments WHERE participant_id = @id UNION SELECT id FROM referrals WHERE `+ofPerson+` UNION SELECT merged_with(@id)`, map[string]any{"id": id}).Scan(&hers).Error
			if err == nil {
				err = t.forgetAnswers(append(hers, id)...)
			}
			if err != nil {
				return after, err
			}
		}
		err = t.remember(correction{kind: "participant", participantID: id, recordID: id, version: after.Version, reason: in.Reason}, before, after)
		if err != nil {
			return after, err
		}
		if !*in.Restricted {
			if err := t.callOffWithoutSlot(id); err != nil {
				return after, err
			}
			if err := t.resume(id); err != nil {
				return after, err
			}
		}
		action := "restriction_lifted"
		if *in.Restricted {
			action = "restricted"
		}
		return after, t.wrote(trace{action: action, kind: "participant", ids: []string{id}, fields: changedFields(before, after)})
	})
}

// resume tells the partners of a person whose restriction was lifted where their referrals stand: what
// happened meanwhile they stepped over in the feed.
func (t *tx) resume(participantID string) error {
	var referrals []domain.Referral
	err := t.Table("referrals").Where(ofPerson+" AND referrals.erased_at IS NULL", map[string]any{"id": participantID}).Order("referrals.id").Find(&referrals).Error
	if err != nil {
		return err
	}
	system := t.bySystem()
	for _, referral := range referrals {
		facts := referral.Facts()
		err := system.wrote(trace{action: "resumed", kind: "referral", ids: []string{referral.ID}, whose: ledTo(referral), programme: referral.Programme, partner: referral.OrganisationID, facts: &facts, sandbox: referral.Sandbox})
		if err != nil {
			return err
		}
	}
	return nil
}

// withhold takes out of evidence whose it is where that is a person whose file is restricted: she
// counts, and nobody reads who she is or why. Such items come last, since their place among the
// others, which a filter or a bucket picked out, would say it too.
func (t *tx) withhold(programme string, items []domain.EvidenceItem) ([]domain.EvidenceItem, error) {
	var frozen []string
	err := t.Raw(`SELECT e.id FROM enrolments e JOIN participants p ON p.id = e.participant_id WHERE e.programme = ? AND p.restricted_at IS NOT NULL
		UNION ALL SELECT r.id FROM referrals r WHERE r.programme = ? AND r.frozen`, programme, programme).Scan(&frozen).Error
	if err != nil || len(frozen) == 0 {
		return items, err
	}
	hidden := map[string]bool{}
	for _, id := range frozen {
		hidden[id] = true
	}
	named, anonymous := []domain.EvidenceItem{}, []domain.EvidenceItem{}
	for _, item := range items {
		if item.EnrolmentID != nil && hidden[*item.EnrolmentID] || item.ReferralID != nil && hidden[*item.ReferralID] {
			anonymous = append(anonymous, item.Withheld())
		} else {
			named = append(named, item)
		}
	}
	slices.SortFunc(anonymous, func(a, b domain.EvidenceItem) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Amount, b.Amount))
	})
	return append(named, anonymous...), nil
}
