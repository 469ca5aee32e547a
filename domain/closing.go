package domain

import (
	"slices"
	"time"
)

// Closing is the state of a programme's records that analysts are told of, of one day, as the records lay when it was kept.
// It is kept once and then stands: what is recorded later of days before counts from the next closing on. Otherwise
// whoever asked the same every day would see each late entry as the difference of two answers.
type Closing struct {
	Day       Date
	Start     Date // the programme's first day, then
	Threshold int  // its small-cell threshold, then
	Basis          // what was known when the day ended, of nobody that could be looked up: see Keep
}

// settling is how long after its day a closing is kept, in months: most of what is recorded late is in it then.
const settling = 1

// LatestClosing is the last day, on that date, of which a closing may be kept.
func LatestClosing(today Date) Date { return LastFullMonth(today.AddMonths(-settling)) }

// ClosingDays are the days that a programme's closings can be of, up to the latest: ends of half-years.
func ClosingDays(start, latest Date) (days []Date) {
	for end := NewDate(start.Year(), time.July, 0); !end.After(latest); end = monthEnd(end.AddDays(1).AddMonths(5)) {
		if !end.Before(start) {
			days = append(days, end)
		}
	}
	return days
}

// Keep is what is kept of the records as a programme's closing of a day: facts, of nobody that could be looked up. Each
// person, path and thing has a number that it has nowhere else, nor at another closing; there is no birth date.
func (b Basis) Keep(p Programme, day Date) Closing {
	kept := b.known(day, Filter{})
	people := map[string]string{}
	for i := range kept.Records {
		r := &kept.Records[i]
		if people[r.ParticipantID] == "" {
			people[r.ParticipantID] = itoa(len(people) + 1)
		}
		r.EnrolmentID, r.ParticipantID = itoa(i+1), people[r.ParticipantID]
		if age, known := r.AgeAtEntry(); known {
			r.BirthDate, r.AgeKept = nil, &age
		}
		r.Meetings, r.Workshops, r.Barriers = slices.Clone(r.Meetings), slices.Clone(r.Workshops), slices.Clone(r.Barriers)
		for i := range r.Meetings {
			r.Meetings[i].ID = itoa(i + 1)
		}
		for i := range r.Workshops {
			r.Workshops[i].ID = itoa(i + 1)
		}
		for i := range r.Barriers {
			r.Barriers[i].ID = itoa(i + 1)
		}
	}
	for i := range kept.Referrals {
		r := &kept.Referrals[i]
		r.ReferralID = itoa(i + 1)
		if r.BirthDate != nil {
			r.BirthDate, r.AgeKept = nil, new(r.BirthDate.AgeOn(r.ReceivedOn))
		}
	}
	return Closing{Day: day, Start: p.StartsOn, Threshold: p.Threshold(), Basis: kept}
}

// Told is what the analysts of a programme are told: its closings, and what may be shown of each. It may be asked by many
// at once, and what it has worked out it does not work out again.
type Told struct{ *discretion }

// ToldOf is what is told of closings, in the order in which they were kept: none takes back what one before it told.
func ToldOf(closings []Closing, withoutJustice bool) *Told {
	x := newDiscretion()
	x.kept = map[Date]*Closing{}
	for _, one := range closings {
		if withoutJustice {
			one.Basis = one.Basis.withoutJustice()
		}
		x.kept[one.Day] = &one
		x.judged = append(x.judged, one.Day)
	}
	x.settle()
	return &Told{x}
}

// At is the question as it is put to what is told, and not to the records: of the last closing up to its day. Before
// the first, nothing is known of anybody.
func (q Question) At(told *Told) Question {
	q.told, q.discreet = told, told.discretion
	return q.ofClosing(q.Period.AsOf)
}

// ofClosing is the question put to the closing that is told of the day.
func (q Question) ofClosing(day Date) Question {
	closing, found := q.discreet.closing(day)
	if q.told != nil {
		q.Basis = Basis{Places: q.Basis.Places}
	}
	if !found {
		return q
	}
	if q.told != nil {
		kept := q.discreet.kept[closing]
		q.Basis, q.Programme.SmallCellThreshold, q.Period.ProgrammeStart = kept.Basis, new(kept.Threshold), kept.Start
	}
	if q.Period.AsOf != closing {
		if q.asked == nil {
			q.asked = new(q.Period.AsOf)
		}
		q.Period.AsOf = closing
	}
	if q.Period.From = laterOf(q.Period.From, q.Period.ProgrammeStart); !q.Period.From.After(closing) { // else it has no closing yet
		q.Period.To = EarlierOf(q.Period.To, closing)
	}
	return q
}

// basisOf is what the state of a day is told of: of a closing, what was kept of it.
func (q Question) basisOf(day Date) Basis {
	if q.told != nil && q.discreet.kept[day] != nil {
		return q.discreet.kept[day].Basis
	}
	return q.Basis
}

// YearEntries is how many people entered a programme in a year.
type YearEntries struct {
	Year   int `json:"year"`
	People int `json:"people"`
}

// Entries are what is told at a closing of who entered, by year: nothing of a year that is not told.
func (t *Told) Entries(p Programme, day Date) []YearEntries {
	entries := []YearEntries{}
	question := Question{Programme: p, Restricted: true, Period: Period{From: p.StartsOn, To: day, AsOf: day, ProgrammeStart: p.StartsOn}}.At(t)
	if question.Period.AsOf != day {
		return entries
	}
	for year := question.Period.From.Year(); year <= day.Year(); year++ {
		asked := question
		asked.Period = question.Period.year(year)
		if figure, err := asked.Figure(IndicatorBeneficiaries); err == nil && figure.Numerator != nil && *figure.Numerator > 0 {
			entries = append(entries, YearEntries{year, *figure.Numerator})
		}
	}
	return entries
}
