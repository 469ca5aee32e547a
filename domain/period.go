package domain

// Period is the days that figures are about. AsOf is the day whose state is described, as it
// stood when the day ended; facts dated later do not exist. An enrolment belongs to the
// population when From ≤ entered_on ≤ the earlier of To and AsOf. A period that begins after AsOf
// holds nobody yet.
type Period struct {
	From Date `json:"from" doc:"First day of the period." format:"date" example:"2024-11-01" maxLength:"10"`
	To   Date `json:"to" doc:"Last day of the period; days after as_of hold nothing." format:"date" example:"2025-12-31" maxLength:"10"`
	AsOf Date `json:"as_of" doc:"The day whose state is described. Facts dated later do not exist." format:"date" example:"2025-12-31" maxLength:"10"`

	ProgrammeStart Date `json:"-"` // where the target of the whole programme counts from
}

// PeriodInput is what a caller asks for; a date left out (zero) takes its default.
type PeriodInput struct {
	From Date `query:"from" doc:"First day of the period; by default the programme's first day." format:"date" example:"2025-01-01" maxLength:"10"`
	To   Date `query:"to" doc:"Last day of the period; by default as_of." format:"date" example:"2025-12-31" maxLength:"10"`
	AsOf Date `query:"as_of" doc:"The day whose state is described: facts dated later do not exist. Today or earlier: the state of a day to come is not known, and answers 422 (in_future). By default today in Europe/Paris; for an analyst the last day of the last full month." format:"date" example:"2025-12-31" maxLength:"10"`
}

// Period applies the defaults: as_of is today, to is as_of, from is the programme's first day
// (or the period's end, where that is earlier still: the programme had not begun). The state of a day to come is
// refused: facts of that day are not known, and durations and checkpoints would run on as if nothing happened until then.
func (in PeriodInput) Period(programmeStart, today Date) (Period, error) {
	p := in.withDefaults(programmeStart, today)
	var faults Faults
	if p.AsOf.After(today) {
		faults.AddAt("query.as_of", "in_future", "The state of a day to come is not known: as_of is today (%s) or earlier.", today)
	}
	p.check(&faults)
	return p, faults.Err()
}

// AnalystPeriod is Period for an analyst, who could subtract two days from each other to see one
// person: every date given falls on a month's boundary, and as_of, by default the last day of
// the last full month, is a month that is over.
func (in PeriodInput) AnalystPeriod(programmeStart, today Date) (Period, error) {
	lastFullMonth := LastFullMonth(today)
	p := in.withDefaults(programmeStart, lastFullMonth)
	var faults Faults
	if !in.From.IsZero() && in.From.Day() != 1 {
		faults.AddAt("query.from", "not_a_month_boundary", "An analyst's period begins on the first day of a month.")
	}
	if !in.To.IsZero() && !in.To.endsMonth() {
		faults.AddAt("query.to", "not_a_month_boundary", "An analyst's period ends on the last day of a month.")
	}
	switch {
	case !p.AsOf.endsMonth():
		faults.AddAt("query.as_of", "not_a_month_boundary", "An analyst reads the state on the last day of a month.")
	case p.AsOf.After(lastFullMonth):
		faults.AddAt("query.as_of", "month_not_over", "An analyst reads the state of a month that is over.")
	}
	p.check(&faults)
	return p, faults.Err()
}

// LastFullMonth is the last day of the last month that is over on that day.
func LastFullMonth(today Date) Date { return NewDate(today.Year(), today.Month(), 0) }

func (in PeriodInput) withDefaults(programmeStart, asOf Date) Period {
	p := Period{From: in.From, To: in.To, AsOf: in.AsOf, ProgrammeStart: programmeStart}
	if p.AsOf.IsZero() {
		p.AsOf = asOf
	}
	if p.To.IsZero() {
		p.To = p.AsOf
	}
	if p.From.IsZero() {
		p.From = EarlierOf(programmeStart, EarlierOf(p.To, p.AsOf))
	}
	return p
}

func (p Period) check(faults *Faults) {
	if p.From.After(p.To) {
		faults.AddAt("query.from", "after_end", "The period begins on or before the day it ends (to, or as_of where to is left out).")
	}
}

// endsAfterItBegins refuses to list what lies between two days, of which either may be left out, that stand the wrong way round.
func endsAfterItBegins(from, to Date) error {
	if from.IsZero() || to.IsZero() || !from.After(to) {
		return nil
	}
	return queryFault("from", "after_end", "The period begins on or before the day it ends.")
}

// holds tells whether something dated that day falls in the period.
func (p Period) holds(day Date) bool {
	return !day.Before(p.From) && !day.After(EarlierOf(p.To, p.AsOf))
}

// wholeProgramme and year are the periods that targets speak of, seen from the same as_of.
func (p Period) wholeProgramme() Period {
	return Period{From: p.ProgrammeStart, To: p.AsOf, AsOf: p.AsOf, ProgrammeStart: p.ProgrammeStart}
}

func (p Period) year(year int) Period {
	return Period{From: NewDate(year, 1, 1), To: NewDate(year, 12, 31), AsOf: p.AsOf, ProgrammeStart: p.ProgrammeStart}
}

// endsMonth tells whether the day is the last of its month.
func (d Date) endsMonth() bool { return d.AddDays(1).Day() == 1 }
