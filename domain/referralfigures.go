package domain

import (
	"maps"
	"slices"
	"strconv"
)

// What became of an organisation's referrals, and how long it took. A referral belongs to the period in which
// it was received, a day in Europe/Paris, and is described as it stands now. One that was erased stays counted.

// FigureStep is how long each period of a series is.
type FigureStep string

const (
	StepMonth   FigureStep = "month"
	StepQuarter FigureStep = "quarter"
	StepYear    FigureStep = "year"
)

// Codes are the values.
func (FigureStep) Codes() []string {
	return []string{string(StepMonth), string(StepQuarter), string(StepYear)}
}

// end is the last day of the calendar period that the day is in.
func (s FigureStep) end(day Date) Date {
	switch s {
	case StepMonth:
		return NewDate(day.Year(), day.Month()+1, 0)
	case StepQuarter:
		return NewDate(day.Year(), day.Month()+3-(day.Month()-1)%3, 0)
	}
	return NewDate(day.Year(), 12, 31)
}

// MaxPeriods is how many periods a series has at most: ten years of months.
const MaxPeriods = 120

// ReferralFiguresQuery is which referrals are counted, and by which periods.
type ReferralFiguresQuery struct {
	From           Date       `query:"from" doc:"First day on which they were received; by default the first day of the programme, or of the earliest of the caller's." format:"date" example:"2025-01-01" maxLength:"10"`
	To             Date       `query:"to" doc:"Last day on which they were received; by default today in Europe/Paris." format:"date" example:"2025-12-31" maxLength:"10"`
	Step           FigureStep `query:"step" doc:"Into which calendar periods that is cut, at most 120; the first and the last may be parts of one. Not at all when left out." example:"month"`
	Programme      string     `query:"programme" doc:"Only those to this programme." minLength:"2" maxLength:"60" example:"o2r-somme"`
	OrganisationID string     `query:"organisation_id" doc:"Only those of this organisation. A partner reads of its own, whatever it sends." format:"uuid" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000005"`
}

// Span is some days, both ends included.
type Span struct {
	From Date `json:"from" doc:"First day." format:"date" example:"2025-01-01" maxLength:"10"`
	To   Date `json:"to" doc:"Last day." format:"date" example:"2025-01-31" maxLength:"10"`
}

// Whole applies the defaults.
func (q ReferralFiguresQuery) Whole(earliest, today Date) (Span, error) {
	whole := Span{q.From, q.To}
	if whole.To.IsZero() {
		whole.To = today
	}
	if whole.From.IsZero() {
		whole.From = EarlierOf(earliest, whole.To)
	}
	var faults Faults
	if whole.From.After(whole.To) {
		faults.AddAt("query.from", "after_end", "The period begins on or before the day it ends (to, or today where to is left out).")
	} else if len(whole.cut(q.Step)) > MaxPeriods {
		faults.AddAt("query.step", "too_many_periods", "That makes more than %d periods: ask for fewer days, or for longer periods.", MaxPeriods)
	}
	return whole, faults.Err()
}

// cut gives the calendar periods of the span.
func (s Span) cut(step FigureStep) []Span {
	if step == "" {
		return []Span{s}
	}
	var cut []Span
	for from := s.From; !from.After(s.To); from = step.end(from).AddDays(1) {
		cut = append(cut, Span{from, EarlierOf(step.end(from), s.To)})
	}
	return cut
}

// ReferralFact is what figures know of a referral.
type ReferralFact struct {
	OrganisationID string
	Received       Date
	Status         ReferralStatus
	Decided        *Date
	DeclineReason  *DeclineReason
	ReasonWithheld bool // it was declined for a reason that is not the reader's to know
}

// ReferralFigures are the referrals of each organisation, period by period.
type ReferralFigures struct {
	Span
	Step      *FigureStep      `json:"step" doc:"How long each period is; null where the days are not cut."`
	Programme *string          `json:"programme" doc:"To which programme; null where none was asked for; also where it is not one that the caller's token opens, of which nothing is counted." maxLength:"60" example:"o2r-somme"`
	Items     []ReferralFigure `json:"items" doc:"By organisation, then by period; of an organisation that referred somebody in those days every period, also one without any. A partner always reads of its own." maxItems:"60000" nullable:"false"`
}

// ReferralFigure is what became of the referrals that an organisation sent in a period.
type ReferralFigure struct {
	OrganisationID string `json:"organisation_id" doc:"Who referred them." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	Span
	Received       int             `json:"received" doc:"How many were received; each is one of accepted, declined, withdrawn, expired and open." minimum:"0" maximum:"1000000000" example:"12"`
	Accepted       int             `json:"accepted" doc:"How many were accepted." minimum:"0" maximum:"1000000000" example:"6"`
	Declined       int             `json:"declined" doc:"How many were declined." minimum:"0" maximum:"1000000000" example:"2"`
	Withdrawn      int             `json:"withdrawn" doc:"How many were taken back." minimum:"0" maximum:"1000000000" example:"1"`
	Expired        int             `json:"expired" doc:"How many got no decision in time." minimum:"0" maximum:"1000000000" example:"1"`
	Open           int             `json:"open" doc:"How many are still to be decided." minimum:"0" maximum:"1000000000" example:"2"`
	Answered       int             `json:"answered" doc:"How many the team decided: accepted and declined. The rate and the days are of these." minimum:"0" maximum:"1000000000" example:"8"`
	AcceptanceRate *float64        `json:"acceptance_rate" doc:"Accepted of those answered, in percent, not rounded; null over nothing." minimum:"0" maximum:"100" example:"75"`
	MedianDays     *float64        `json:"median_days_to_answer" doc:"Days from the day received to the day answered: half of those answered took no longer. Null over nothing." minimum:"0" maximum:"100000" example:"6.5"`
	P90Days        *float64        `json:"p90_days_to_answer" doc:"Days within which nine in ten of those answered were answered (nearest rank); null over nothing." minimum:"0" maximum:"100000" example:"15"`
	DeclineReasons *[]DeclineCount `json:"decline_reasons" doc:"Why they were declined, in the order of the nomenclature; null for a partner where its disclosure profile does not hold decline_reason for all of them." maxItems:"50" nullable:"true"`
}

// DeclineCount is how often a reason was given.
type DeclineCount struct {
	DeclineReason DeclineReason `json:"decline_reason" doc:"Why."`
	Count         int           `json:"count" doc:"How many were declined for that." minimum:"1" maximum:"1000000000" example:"2"`
}

// CountReferrals counts the facts of those days. The organisations of always stand in the answer, also
// without a referral.
func CountReferrals(facts []ReferralFact, whole Span, step FigureStep, always ...string) []ReferralFigure {
	by := map[string][]ReferralFact{}
	for _, organisation := range always {
		by[organisation] = nil
	}
	for _, fact := range facts {
		if !fact.Received.Before(whole.From) && !fact.Received.After(whole.To) {
			by[fact.OrganisationID] = append(by[fact.OrganisationID], fact)
		}
	}
	periods := whole.cut(step)
	figures := []ReferralFigure{}
	for _, organisation := range slices.Sorted(maps.Keys(by)) {
		of := make([][]ReferralFact, len(periods))
		for _, fact := range by[organisation] {
			at, _ := slices.BinarySearchFunc(periods, fact.Received, func(p Span, day Date) int { return p.To.Compare(day) })
			of[at] = append(of[at], fact)
		}
		for i, period := range periods {
			figures = append(figures, countReferrals(organisation, period, of[i]))
		}
	}
	return figures
}

func countReferrals(organisation string, period Span, facts []ReferralFact) ReferralFigure {
	f := ReferralFigure{OrganisationID: organisation, Span: period, Received: len(facts), DeclineReasons: &[]DeclineCount{}}
	reasons, days, withheld := map[DeclineReason]int{}, []int{}, false
	for _, fact := range facts {
		switch fact.Status {
		case ReferralAccepted:
			f.Accepted++
		case ReferralDeclined:
			f.Declined++
			if fact.DeclineReason != nil {
				reasons[*fact.DeclineReason]++
			}
			withheld = withheld || fact.ReasonWithheld
		case ReferralWithdrawn:
			f.Withdrawn++
		case ReferralExpired:
			f.Expired++
		default:
			f.Open++
		}
		if (fact.Status == ReferralAccepted || fact.Status == ReferralDeclined) && fact.Decided != nil {
			days = append(days, max(0, fact.Decided.DaysSince(fact.Received)))
		}
	}
	f.Answered = f.Accepted + f.Declined
	if f.Answered > 0 {
		f.AcceptanceRate = new(100 * float64(f.Accepted) / float64(f.Answered))
	}
	if n := len(days); n > 0 {
		slices.Sort(days)
		f.MedianDays = new(float64(days[(n-1)/2]+days[n/2]) / 2)
		f.P90Days = new(float64(days[(9*n+9)/10-1]))
	}
	for _, code := range DeclineReason("").Codes() {
		if count := reasons[DeclineReason(code)]; count > 0 {
			*f.DeclineReasons = append(*f.DeclineReasons, DeclineCount{DeclineReason(code), count})
		}
	}
	if withheld { // some of them would look like none
		f.DeclineReasons = nil
	}
	return f
}

// Table is the answer as a header and rows of text: a column for each reason, and nothing where JSON says null.
func (f ReferralFigures) Table() (header []string, rows [][]string) {
	header = []string{"programme", "organisation_id", "from", "to", "received", "accepted", "declined", "withdrawn", "expired", "open", "answered", "acceptance_rate", "median_days_to_answer", "p90_days_to_answer"}
	codes := DeclineReason("").Codes()
	for _, code := range codes {
		header = append(header, "declined_"+code)
	}
	for _, item := range f.Items {
		row := []string{""}
		if f.Programme != nil {
			row[0] = *f.Programme
		}
		row = append(row, item.OrganisationID, item.From.String(), item.To.String())
		for _, count := range []int{item.Received, item.Accepted, item.Declined, item.Withdrawn, item.Expired, item.Open, item.Answered} {
			row = append(row, strconv.Itoa(count))
		}
		for _, value := range []*float64{item.AcceptanceRate, item.MedianDays, item.P90Days} {
			row = append(row, measured(value))
		}
		for _, code := range codes {
			count := 0
			if item.DeclineReasons == nil {
				row = append(row, "")
				continue
			}
			for _, reason := range *item.DeclineReasons {
				if string(reason.DeclineReason) == code {
					count = reason.Count
				}
			}
			row = append(row, strconv.Itoa(count))
		}
		rows = append(rows, row)
	}
	return header, rows
}

func measured(value *float64) string {
	if value == nil {
		return ""
	}
	return strconv.FormatFloat(*value, 'g', -1, 64)
}
