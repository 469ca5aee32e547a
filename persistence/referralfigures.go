package persistence

import (
	"context"
	"time"

	"o2r/domain"
)

// ReferralFigures counts what became of referrals: for a partner those of its own organisation, for a
// coordinator those of every organisation to her programmes. Whoever is frozen or was erased is counted, and
// nobody is named. Which figures were asked for is audited.
func (s *Session) ReferralFigures(ctx context.Context, q domain.ReferralFiguresQuery) (domain.ReferralFigures, error) {
	return fetch(ctx, s, func(t *tx) (domain.ReferralFigures, error) {
		if !t.actor.Is(domain.Partner, domain.Coordinator) {
			return domain.ReferralFigures{}, domain.Denied("Your role may not do this.")
		}
		if err := t.expireReferrals(); err != nil {
			return domain.ReferralFigures{}, err
		}
		earliest, known, err := t.countedFrom(q.Programme)
		if err != nil {
			return domain.ReferralFigures{}, err
		}
		whole, err := q.Whole(earliest, t.today)
		if err != nil {
			return domain.ReferralFigures{}, err
		}
		answer := domain.ReferralFigures{Span: whole}
		if q.Step != "" {
			answer.Step = &q.Step
		}
		about := "" // a programme that is not hers is not repeated: it reads as one that is not there
		if q.Programme != "" && known {
			about, answer.Programme = q.Programme, &q.Programme
		}
		var always []string
		if t.actor.Is(domain.Partner) {
			if q.OrganisationID = t.actor.OrganisationID; q.OrganisationID != "" {
				always = []string{q.OrganisationID}
			}
		}
		facts, err := t.referralFacts(q, whole)
		if err != nil {
			return domain.ReferralFigures{}, err
		}
		answer.Items = domain.CountReferrals(facts, whole, q.Step, always...)
		return answer, t.audit(trace{action: "read", kind: "referral_figures", programme: about, fields: []string{"received_at", "status", "decided_at", "decline_reason"}})
	})
}

// countedFrom is the first day of the programme, or of the earliest of the actor's; today where she has none, and
// whether there is one.
func (t *tx) countedFrom(slug string) (day domain.Date, known bool, err error) {
	var first []domain.Date
	err = where(t.programmes(), "programmes.slug", slug).Order("programmes.starts_on").Limit(1).Pluck("starts_on", &first).Error
	if err != nil || len(first) == 0 {
		return t.today, false, err
	}
	return first[0], true, nil
}

// referralFacts reads those that were received in those days. It is no list of referrals: of frozen and erased
// ones it takes what figures are made of.
func (t *tx) referralFacts(q domain.ReferralFiguresQuery, whole domain.Span) ([]domain.ReferralFact, error) {
	query := t.ofProgrammes("referrals", t.actor.Is(domain.Partner, domain.Coordinator))
	if t.actor.Is(domain.Partner) {
		query = t.only(query, "referrals.organisation_id = ?", t.organisation())
	}
	query = where(query, "referrals.programme", q.Programme)
	query = where(query, "referrals.organisation_id", q.OrganisationID)
	var rows []struct {
		OrganisationID string
		Programme      string
		ReceivedAt     time.Time
		Status         domain.ReferralStatus
		DecidedAt      *time.Time
		DeclineReason  *domain.DeclineReason
	}
	profile, err := t.profiles()
	if err != nil {
		return nil, err
	}
	err = query.Where("NOT referrals.sandbox AND referrals.received_at >= ? AND referrals.received_at < ?", whole.From.Start(), whole.To.End()).
		Select("organisation_id", "programme", "received_at", "status", "decided_at", "decline_reason").Find(&rows).Error
	facts := make([]domain.ReferralFact, len(rows))
	for i, row := range rows {
		facts[i] = domain.ReferralFact{OrganisationID: row.OrganisationID, Received: domain.DayOf(row.ReceivedAt), Status: row.Status, DeclineReason: domain.Decision{DeclineReason: row.DeclineReason}.Under(profile(row.Programme)).DeclineReason}
		facts[i].ReasonWithheld = row.DeclineReason != nil && facts[i].DeclineReason == nil
		if row.DecidedAt != nil {
			facts[i].Decided = new(domain.DayOf(*row.DecidedAt))
		}
	}
	return facts, err
}
