package domain

import "slices"

// Question is what somebody asks of a programme's figures, with all that answers it.
type Question struct {
	Programme  Programme
	Period     Period
	Filter     Filter
	Basis      // of the whole programme: targets look beyond the period
	Targets    []Target
	Restricted bool // the asker may not learn of a few people: small cells are suppressed
	SinceStart bool // no first day was asked for: the period begins with the programme
	Latest     Date // where Restricted, the end of the last month that is over; by default of that before as_of

	withoutJustice bool        // the justice module is off; see WithoutJustice
	asked          *Date       // as_of, where another day is answered; see asShown
	told           *Told       // what is told instead of the records; see At
	discreet       *discretion // what may be shown, where that is not everything; see asShown
}

// About is what an answer is about.
type About struct {
	Programme string `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	Period
	AskedAsOf *Date `json:"asked_as_of,omitempty" doc:"The day that was asked for, where it is not as_of: whoever may not learn of a few people is told of the programme's last closing up to that day." format:"date" maxLength:"10" example:"2025-11-30"`
}

// Figures is a programme's table of indicators.
type Figures struct {
	About
	Items []Figure `json:"items" doc:"Each indicator, in the order of the published table." maxItems:"100" nullable:"false"`
}

// FiguresOfEach are the tables of several programmes, side by side.
type FiguresOfEach struct {
	Items []Figures `json:"items" doc:"The table of each programme, in the order asked for." maxItems:"20" nullable:"false"`
}

// EachOnce refuses a list in the query that names something twice.
func EachOnce(parameter string, names []string) error {
	var faults Faults
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			faults.AddAt("query."+parameter+"["+itoa(i)+"]", "repeated", "This is already named.")
		}
	}
	return faults.Err()
}

// FigureSet is which indicators a table holds.
type FigureSet string

// AllFigures are both sets, the convention's first.
const AllFigures FigureSet = "all"

// Codes are the values.
func (FigureSet) Codes() []string { return append(SetConvention.Codes(), string(AllFigures)) }

// Set is the set that is meant, none for both: the convention's where nothing was said.
func (s FigureSet) Set() IndicatorSet {
	if s == "" {
		return SetConvention
	}
	return s.Wanted()
}

// Wanted is the set that was asked for, none for both and where nothing was said.
func (s FigureSet) Wanted() IndicatorSet {
	if s == AllFigures {
		return ""
	}
	return IndicatorSet(s)
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
	Key               string         `json:"key" doc:"The indicator." maxLength:"60" example:"long_term_unemployed_share"`
	DefinitionVersion int            `json:"definition_version" doc:"Version of the definition used." example:"1" minimum:"1" maximum:"1000"`
	Items             []EvidenceItem `json:"items" doc:"Each enrolment, meeting, barrier, referral or territory, with its bucket: the buckets' sizes are the figure's." maxItems:"100000" nullable:"false"`
}

func (q Question) about() About { return About{q.Programme.Slug, q.Period, q.asked} }

// Figures answers every indicator of the convention.
func (q Question) Figures() Figures { return q.FiguresOf(SetConvention) }

// FiguresOf answers every indicator of a set, or of both where none is named.
func (q Question) FiguresOf(set IndicatorSet) Figures {
	q = q.asShown()
	figures := ComputeEach(q.definitions(set), q.Basis, q.Period, q.Filter, q.Targets)
	return Figures{About: q.about(), Items: q.shown(figures)}
}

// Figure answers one indicator.
func (q Question) Figure(key string) (FigureAnswer, error) {
	q = q.asShown()
	d, err := q.definition(key)
	if err != nil {
		return FigureAnswer{}, err
	}
	figures := ComputeEach([]Definition{d}, q.Basis, q.Period, q.Filter, q.Targets)
	return FigureAnswer{About: q.about(), Figure: q.shown(figures)[0]}, nil
}

// definitions are those in force on as_of that the deployment has.
func (q Question) definitions(set IndicatorSet) []Definition {
	return slices.DeleteFunc(Definitions.Of(set, q.Period.AsOf), func(d Definition) bool { return !q.knows(d.Key) })
}

// definition is the one in force on as_of.
func (q Question) definition(key string) (Definition, error) {
	if !q.knows(key) {
		return Definition{}, Missing("indicator")
	}
	return Definitions.Named(key, q.Period.AsOf)
}

// knows tells whether the deployment has the indicator.
func (q Question) knows(key string) bool {
	return !q.withoutJustice || key != IndicatorJusticeSupervised
}

func (q Question) people() int { return Population(q.Basis, q.Period, q.Filter) }

// Profile says who was supported.
func (q Question) Profile() ProfileAnswer {
	q = q.asShown()
	profile := q.shownProfile(ProfileOf(q.Basis, q.Period, q.Filter))
	if q.withoutJustice {
		profile.JusticeStatus = nil
		profile.Barriers = slices.DeleteFunc(profile.Barriers, func(s Share) bool { return TellsOfJustice(Barrier(s.Code)) })
		profile.ReferrerKind = slices.DeleteFunc(profile.ReferrerKind, func(s Share) bool { return tellsByReferrer(s.Code) })
	}
	return ProfileAnswer{About: q.about(), Profile: profile}
}

// Evidence lists what an indicator counted, and why.
func (q Question) Evidence(key string) (EvidenceAnswer, error) {
	d, err := q.definition(key)
	if err != nil {
		return EvidenceAnswer{}, err
	}
	return EvidenceAnswer{About: q.about(), Key: key, DefinitionVersion: d.Version, Items: d.evidence(q.known(q.Period.AsOf, q.Filter), q.Period)}, nil
}
