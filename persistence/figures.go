package persistence

import (
	"context"
	"slices"

	"o2r/domain"
)

// FiguresQuery is which day, which period and which people figures are asked for.
type FiguresQuery struct {
	domain.PeriodInput
	domain.Filter
}

// Figures answers the indicators of a set of a programme. An analyst gets the small cells suppressed, and so
// does a caseworker whose filter or days are about colleagues' people, unless she says why she asks.
func (s *Session) Figures(ctx context.Context, programme string, set domain.FigureSet, q FiguresQuery) (Shown[domain.Figures], error) {
	return answered(ctx, s, inquiry{programmes: []string{programme}, what: "figures", how: set, FiguresQuery: q}, func(q []domain.Question) (domain.Figures, error) {
		return q[0].FiguresOf(set.Set()), nil
	})
}

// FiguresOfEach answers the indicators of a set of several programmes, in the order in which they are named.
func (s *Session) FiguresOfEach(ctx context.Context, programmes []string, set domain.FigureSet, q FiguresQuery) (Shown[domain.FiguresOfEach], error) {
	if err := domain.EachOnce("programme", programmes); err != nil {
		return Shown[domain.FiguresOfEach]{}, err
	}
	return answered(ctx, s, inquiry{programmes: programmes, what: "figures of each", how: set, FiguresQuery: q}, func(questions []domain.Question) (domain.FiguresOfEach, error) {
		answer := domain.FiguresOfEach{Items: []domain.Figures{}}
		for _, question := range questions {
			answer.Items = append(answer.Items, question.FiguresOf(set.Set()))
		}
		return answer, nil
	})
}

// Figure answers one indicator of a programme.
func (s *Session) Figure(ctx context.Context, programme, key string, q FiguresQuery) (Shown[domain.FigureAnswer], error) {
	return answered(ctx, s, inquiry{programmes: []string{programme}, key: key, what: "figure", FiguresQuery: q}, func(q []domain.Question) (domain.FigureAnswer, error) {
		return q[0].Figure(key)
	})
}

// Breakdown answers one indicator of a programme, told apart by one or two dimensions.
func (s *Session) Breakdown(ctx context.Context, programme, key string, by []domain.Dimension, q FiguresQuery) (Shown[domain.Breakdown], error) {
	return answered(ctx, s, inquiry{programmes: []string{programme}, key: key, what: "breakdown", how: by, FiguresQuery: q, picks: domain.Names(by)}, func(q []domain.Question) (domain.Breakdown, error) {
		return q[0].Breakdown(key, by)
	})
}

// Series answers one indicator of a programme over time.
func (s *Session) Series(ctx context.Context, programme, key string, series domain.SeriesQuery, q FiguresQuery) (Shown[domain.Series], error) {
	return answered(ctx, s, inquiry{programmes: []string{programme}, key: key, what: "series", how: series, FiguresQuery: q, picks: []string{"step"}}, func(q []domain.Question) (domain.Series, error) {
		return q[0].Series(key, series)
	})
}

// Profile says who was supported.
func (s *Session) Profile(ctx context.Context, programme string, q FiguresQuery) (Shown[domain.ProfileAnswer], error) {
	return answered(ctx, s, inquiry{programmes: []string{programme}, what: "profile", FiguresQuery: q}, func(q []domain.Question) (domain.ProfileAnswer, error) {
		return q[0].Profile(), nil
	})
}

// Evidence lists who is inside a figure, and why. The look is audited.
func (s *Session) Evidence(ctx context.Context, programme, key string, q FiguresQuery) (domain.EvidenceAnswer, error) {
	return snapshot(ctx, s, func(t *tx) (domain.EvidenceAnswer, error) {
		if !t.actor.Is(domain.Coordinator) {
			return domain.EvidenceAnswer{}, domain.Denied("Only a coordinator reads the evidence behind a figure.")
		}
		if !domain.Definitions.Has(key) {
			return domain.EvidenceAnswer{}, domain.Missing("indicator")
		}
		question, err := t.mayAsk(programme, inquiry{FiguresQuery: q})
		if err == nil {
			err = t.gatherFor(&question)
		}
		if err != nil {
			return domain.EvidenceAnswer{}, err
		}
		evidence, err := question.Evidence(key)
		if err != nil {
			return evidence, err
		}
		if evidence.Items, err = t.withhold(programme, evidence.Items); err != nil {
			return domain.EvidenceAnswer{}, err
		}
		seen := []string{}
		for _, item := range evidence.Items { // who was not shown is not among those seen, where her coordinator reads
			switch {
			case item.EnrolmentID != nil:
				seen = append(seen, *item.EnrolmentID)
			case item.ReferralID != nil:
				seen = append(seen, *item.ReferralID)
			}
		}
		slices.Sort(seen)
		return evidence, t.audit(trace{action: "read", kind: "evidence", programme: programme, ids: slices.Compact(seen), fields: []string{key}})
	})
}

// inquiry is what somebody asks of figures.
type inquiry struct {
	programmes []string
	key        string   // of the indicator, where it is one
	what       string   // kind of answer
	how        any      // what else tells one answer of that kind from another
	picks      []string // by what else than filter and days it picks people out
	FiguresQuery

	days func(*tx, domain.Programme) (domain.PeriodInput, error) // which days are asked about, where the programme decides
}

// mayAsk is the question about one programme, without what answers it, of an actor who may ask it.
func (t *tx) mayAsk(slug string, q inquiry) (domain.Question, error) {
	programme, err := t.programme(slug)
	if err != nil {
		return domain.Question{}, err
	}
	if !t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Analyst) {
		return domain.Question{}, domain.Missing("programme")
	}
	if q.days != nil {
		if q.PeriodInput, err = q.days(t, programme); err != nil {
			return domain.Question{}, err
		}
	}
	analyst := t.actor.Is(domain.Analyst)
	probes := t.actor.Probes(q.Filter, q.PeriodInput, q.picks...)
	question := domain.Question{Programme: programme, Filter: q.Filter, Restricted: analyst || probes, Latest: domain.LastFullMonth(t.today)}
	if analyst {
		question.Period, err = q.AnalystPeriod(programme.StartsOn, t.today)
	} else {
		question.Period, err = q.Period(programme.StartsOn, t.today)
	}
	if err != nil {
		return question, err
	}
	if analyst {
		// The only door through which an analyst reaches what figures are made of.
		if err := t.Exec(`SELECT set_config('o2r.purpose', ?, true)`, forFigures).Error; err != nil {
			return question, err
		}
	}
	if !q.IsEmpty() || len(q.picks) > 0 || probes { // a filter may single a person out: which were set is kept, not to what
		err = t.audit(trace{action: "read", kind: "figures", programme: slug, ids: []string{programme.ID}, fields: append(filledFields(q.Filter), q.picks...)})
	}
	return question, err
}

// gatherFor gathers what answers the question.
func (t *tx) gatherFor(question *domain.Question) error {
	targets, err := t.targets(question.Programme.Slug)
	if err != nil {
		return err
	}
	question.Targets = targets.Items
	if t.toldOfClosings(*question) {
		return t.gatherTold(question)
	}
	if question.Basis, err = t.basis(question.Programme.Slug); err != nil {
		return err
	}
	if t.withoutJustice {
		*question = question.WithoutJustice()
	}
	return nil
}

// toldOfClosings tells whether the question is answered of what was kept: an analyst's, where small cells are suppressed.
func (t *tx) toldOfClosings(question domain.Question) bool {
	return t.actor.Is(domain.Analyst) && question.Silent()
}

// gatherTold gathers what an analyst is told of.
func (t *tx) gatherTold(question *domain.Question) error {
	told, err := t.told(question.Programme)
	if err != nil {
		return err
	}
	if question.Basis.Places, err = t.targetedPlaces(question.Programme.Slug); err != nil { // before the first closing
		return err
	}
	if t.withoutJustice {
		*question = question.WithoutJustice()
	}
	*question = question.At(told)
	return nil
}

// markOfFigures moves when something moves that answers the question.
func (t *tx) markOfFigures(question domain.Question) (mark string, err error) {
	if !t.toldOfClosings(question) {
		return mark, t.Raw(`SELECT fingerprint_of_figures(?)`, question.Programme.Slug).Scan(&mark).Error
	}
	kept, err := t.closings(question.Programme)
	if err != nil {
		return "", err
	}
	err = t.Raw(`SELECT concat(
		(SELECT string_agg(concat(t.indicator, ' ', t.period, ' ', t.value), ', ' ORDER BY t.position, t.indicator, t.period) FROM targets t WHERE t.programme = @programme), '; ',
		(SELECT string_agg(concat(p.territory_code, ' ', p.sector), ', ' ORDER BY p.territory_code) FROM (`+placesInForce+`) p))`,
		map[string]any{"programme": question.Programme.Slug}).Scan(&mark).Error
	return mark + "; " + markOf(kept), err
}
