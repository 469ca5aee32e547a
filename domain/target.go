package domain

import "strconv"

// TargetPeriod is what a target is promised for: the whole programme, or a year written 2025.
type TargetPeriod string

// WholeProgramme is the period of a target for all the years of the convention.
const WholeProgramme TargetPeriod = "programme"

// Year is the civil year of a yearly target.
func (p TargetPeriod) Year() (year int, ok bool) {
	year, err := strconv.Atoi(string(p))
	return year, err == nil && len(p) == 4 && year >= OldestDate.Year() && year <= LatestDate.Year()
}

// Target is what the convention promises for one indicator, in the indicator's unit.
type Target struct {
	Indicator string       `json:"indicator" doc:"Key of the indicator." example:"beneficiaries" maxLength:"60" required:"true"`
	Period    TargetPeriod `json:"period" doc:"programme, or a year." pattern:"^(programme|[0-9]{4})$" patternDescription:"a year such as 2025, or the word programme" example:"2025" maxLength:"9" required:"true"`
	Value     float64      `json:"value" doc:"What is promised, in the indicator's unit." example:"58" minimum:"0" maximum:"1000000000" required:"true"`
}

// TargetAnswer is one target beside what was measured.
type TargetAnswer struct {
	Period    TargetPeriod `json:"period" doc:"What the target is promised for: programme, or a year. A year is measured over those who entered in that year (for attendance, over its meetings), up to as_of. The programme is measured, for a head-count, over the whole programme up to as_of; for any other unit by the figure's own value." example:"2025" maxLength:"9"`
	Value     float64      `json:"value" doc:"What is promised, in the indicator's unit." example:"58" minimum:"0" maximum:"1000000000"`
	Direction Direction    `json:"direction" doc:"at_least: met from the target upwards. informative: neither met nor missed." enum:"at_least,informative" example:"at_least" maxLength:"20"`

	MeasuredValue *float64 `json:"measured_value" doc:"What the target is compared with, not rounded: of measured_from to measured_to as they stood on as_of, which is not always the figure's own period. Null where nothing was measured: no denominator, a year not begun, a head-count under a filter (the promise is for everybody), a suppressed figure." example:"26" minimum:"0" maximum:"1000000000"`
	MeasuredFrom  *Date    `json:"measured_from" doc:"First day of what was measured. Null with measured_value." format:"date" maxLength:"10" example:"2025-01-01"`
	MeasuredTo    *Date    `json:"measured_to" doc:"Last day of what was measured, as_of at the latest. Null with measured_value." format:"date" maxLength:"10" example:"2025-12-31"`

	Met *bool    `json:"met" doc:"Whether measured_value meets the target so far. Null where it is informative, and where nothing was measured." example:"false"`
	Gap *float64 `json:"gap" doc:"measured_value minus target, not rounded. Null with measured_value." example:"-32" minimum:"-1000000000" maximum:"1000000000"`

	measured *tally // what gap gives away, so that small cells can be withheld
}

// answer compares a target with what was promised for its period.
//
// A year's target is about those who entered in that year, up to as_of, whatever period was asked
// for; before the year begins nothing is measured. A programme's head-count accumulates, so its
// target is compared with everybody since the programme's first day; a programme's rate or
// duration is a standard that any period may be held to, so its target is compared with the
// answer itself. At the end of 2025, 26 people are thus 26 of 58 for 2025 and 26 of 179 in all.
func (d Definition) answer(target Target, whole tally, known Basis, period Period, filter Filter) TargetAnswer {
	answer := TargetAnswer{Period: target.Period, Value: target.Value, Direction: d.Direction}
	year, yearly := target.Period.Year()
	measured, over := whole, period
	switch {
	case d.Unit == UnitCount && !filter.IsEmpty():
		return answer
	case yearly && period.AsOf.Before(NewDate(year, 1, 1)):
		return answer
	case yearly:
		over = period.year(year)
		measured = d.tally(known, over)
	case target.Period != WholeProgramme:
		return answer
	case d.Unit == UnitCount:
		over = period.wholeProgramme()
		measured = d.tally(known, over)
	}
	value := measured.value()
	if value == nil {
		return answer
	}
	answer.measured = &measured
	answer.MeasuredValue, answer.MeasuredFrom, answer.MeasuredTo = value, &over.From, new(EarlierOf(over.To, over.AsOf))
	answer.Gap = new(*value - target.Value)
	if d.Direction == AtLeast {
		answer.Met = new(*value >= target.Value)
	}
	return answer
}
