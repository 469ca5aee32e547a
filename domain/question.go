package domain

import "slices"

// Question is what somebody asks of a programme's figures, with all that answers it.
type Question struct {
	Programme  Programme
	Period     Period
	Filter     Filter
	Records    []Record // of the whole programme: targets look beyond the period
	Targets    []Target
	Restricted bool // the asker may not learn of a few people: small cells are suppressed

	withoutJustice bool // the justice module is off; see WithoutJustice
}

// About is what an answer is about.
type About struct {
	Programme string `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	Period
}

// Figures is a programme's table of indicators.
type Figures struct {
	About
	Items []Figure `json:"items" doc:"Each indicator, in the order of the published table." maxItems:"100" nullable:"false"`
}

// FigureAnswer is one indicator's answer.
type FigureAnswer struct {
	About
	Figure
}

// ProfileAnswer says who was supported.
type ProfileAnswer struct {
	About
	Profile
}

// EvidenceAnswer lists what an indicator counted.
type EvidenceAnswer struct {
	About
	Key   string         `json:"key" doc:"The indicator." maxLength:"60" example:"long_term_unemployed_share"`
	Items []EvidenceItem `json:"items" doc:"Each enrolment or meeting, with its bucket: the buckets' sizes are the figure's." maxItems:"100000" nullable:"false"`
}

func (q Question) about() About { return About{Programme: q.Programme.Slug, Period: q.Period} }

// Figures answers every indicator.
func (q Question) Figures() Figures {
	figures := q.shown(Compute(q.Records, q.Period, q.Filter, q.Targets))
	return Figures{About: q.about(), Items: slices.DeleteFunc(figures, func(f Figure) bool { return !q.knows(f.Key) })}
}

// Figure answers one indicator.
func (q Question) Figure(key string) (FigureAnswer, error) {
	if !q.knows(key) {
		return FigureAnswer{}, Missing("indicator")
	}
	figure, err := ComputeOne(key, q.Records, q.Period, q.Filter, q.Targets)
	if err != nil {
		return FigureAnswer{}, err
	}
	return FigureAnswer{About: q.about(), Figure: q.shown([]Figure{figure})[0]}, nil
}

func (q Question) shown(figures []Figure) []Figure {
	if !q.Restricted {
		return figures
	}
	return ForAnalyst(figures, q.people(), q.Filter, q.Programme.Threshold())
}

// knows tells whether the deployment has the indicator.
func (q Question) knows(key string) bool {
	return !q.withoutJustice || key != IndicatorJusticeSupervised
}

func (q Question) people() int { return Population(q.Records, q.Period, q.Filter) }

// Profile says who was supported.
func (q Question) Profile() ProfileAnswer {
	profile := ProfileOf(q.Records, q.Period, q.Filter)
	if q.Restricted {
		profile = profile.ForAnalyst(q.Filter, q.Programme.Threshold())
	}
	if q.withoutJustice {
		profile.JusticeStatus = nil
		profile.ReferrerKind = slices.DeleteFunc(profile.ReferrerKind, func(s Share) bool { return slices.Contains(JusticeCodes[organisationKinds.Name], s.Code) })
	}
	return ProfileAnswer{About: q.about(), Profile: profile}
}

// Evidence lists what an indicator counted, and why.
func (q Question) Evidence(key string) (EvidenceAnswer, error) {
	if !q.knows(key) {
		return EvidenceAnswer{}, Missing("indicator")
	}
	items, err := EvidenceOf(key, q.Records, q.Period, q.Filter)
	return EvidenceAnswer{About: q.about(), Key: key, Items: items}, err
}
