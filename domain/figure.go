package domain

import (
	"slices"
	"strconv"
)

// Figure is one indicator's answer: a value, and the counts that it comes from.
type Figure struct {
	Key         string   `json:"key" doc:"The indicator." example:"long_term_unemployed_share" maxLength:"60"`
	Label       string   `json:"label" doc:"What the indicator is called, in French." example:"Demandeurs d'emploi de longue durée (DELD)" maxLength:"200"`
	Unit        Unit     `json:"unit" doc:"What value is measured in: a count, percent from 0 to 100, months of 30.4375 days, or days." enum:"count,percent,months,days" example:"percent" maxLength:"10"`
	Value       *float64 `json:"value" doc:"The figure, not rounded. Null when the denominator is 0 or the figure is suppressed." example:"24" minimum:"0" maximum:"1000000000"`
	Numerator   *int     `json:"numerator" doc:"How many are counted; for the average duration, the total of days. Of a median (unit days), how many are known. Null when suppressed, and where small cells are suppressed for a duration, which is rounded to a month." example:"6" minimum:"0" maximum:"1000000000"`
	Denominator *int     `json:"denominator" doc:"Over how many the figure is taken. Null for a count, which has none, and when suppressed." example:"25" minimum:"0" maximum:"1000000000"`
	Unknown     *int     `json:"unknown" doc:"How many are in neither, because the fact that decides is not known; 0 where the definition leaves nobody out. Null for a head-count, and when suppressed." example:"1" minimum:"0" maximum:"1000000000"`
	Display     string   `json:"display" doc:"The figure as printed in French: rounded half up, a no-break space before the unit, / for null, s when suppressed." example:"24 %" maxLength:"40"`
	Suppressed  bool     `json:"suppressed" doc:"Whether the figure is withheld because it would be about too few people." example:"false"`

	EmploymentCounts

	Targets           []TargetAnswer `json:"targets" doc:"What the convention promises, and how far the figure is from it." maxItems:"20" nullable:"false"`
	DefinitionVersion int            `json:"definition_version" doc:"Version of the definition used." example:"1" minimum:"1" maximum:"1000"`
}

// EmploymentCounts tell the exits to work apart in the employment indicator; null in every other.
type EmploymentCounts struct {
	Confirmed   *int `json:"confirmed" doc:"Exits to work that a six-month result confirmed. Null for other indicators and when suppressed." example:"1" minimum:"0" maximum:"1000000000"`
	Provisional *int `json:"provisional" doc:"Exits to work of less than six months ago, with no result yet, whose job goes on as far as is recorded. With confirmed, the numerator." example:"4" minimum:"0" maximum:"1000000000"`
	Unconfirmed *int `json:"unconfirmed" doc:"Exits to work of six months ago or more without a result; in the denominator only." example:"0" minimum:"0" maximum:"1000000000"`
}

// Compute answers every indicator of the convention, in the order of the published table. It takes the basis of
// the whole programme, whatever the period: targets look beyond it.
func Compute(basis Basis, period Period, filter Filter, targets []Target) []Figure {
	return ComputeEach(Definitions.Of(SetConvention, period.AsOf), basis, period, filter, targets)
}

// ComputeEach answers each of the definitions, in their order.
func ComputeEach(definitions []Definition, basis Basis, period Period, filter Filter, targets []Target) []Figure {
	known := basis.known(period.AsOf, filter)
	figures := make([]Figure, len(definitions))
	for i, d := range definitions {
		figures[i] = d.figure(known, period, filter, targets)
	}
	return figures
}

// ComputeOne answers one indicator as Compute does.
func ComputeOne(key string, basis Basis, period Period, filter Filter, targets []Target) (Figure, error) {
	d, err := Definitions.Named(key, period.AsOf)
	if err != nil {
		return Figure{}, err
	}
	return d.figure(basis.known(period.AsOf, filter), period, filter, targets), nil
}

func (d Definition) figure(known Basis, period Period, filter Filter, targets []Target) Figure {
	t := d.tally(known, period)
	f := Figure{
		Key: d.Key, Label: d.LabelFR, Unit: d.Unit, DefinitionVersion: d.Version,
		Value: t.value(), Numerator: &t.numerator, Display: t.display(), Targets: []TargetAnswer{},
	}
	if d.Unit != UnitCount {
		f.Denominator = &t.denominator
	}
	if d.Unit != UnitCount || d.unknowns {
		f.Unknown = &t.unknown
	}
	if d.states != nil {
		f.EmploymentCounts = d.employmentCounts(known, period)
	}
	for _, target := range targets {
		if target.Indicator == d.Key {
			f.Targets = append(f.Targets, d.answer(target, t, known, period, filter))
		}
	}
	return f
}

func (d Definition) employmentCounts(known Basis, period Period) EmploymentCounts {
	counts := map[EmploymentAtCheckpoint]int{}
	for r := range population(known.Records, period) {
		counts[d.states(r, period.AsOf)]++
	}
	return EmploymentCounts{
		Confirmed:   new(counts[EmploymentConfirmed]),
		Provisional: new(counts[EmploymentProvisional]),
		Unconfirmed: new(counts[EmploymentUnconfirmed]),
	}
}

// tally is how many items fell in each bucket: all that a figure consists of.
type tally struct {
	unit                            Unit
	numerator, denominator, unknown int
	twiceMedian                     int // of the items' days, where that is the unit
}

func (d Definition) tally(known Basis, period Period) tally {
	t := tally{unit: d.Unit}
	var amounts []int
	for item := range d.items(known, period) {
		switch item.bucket {
		case BucketNumerator:
			t.denominator++
			if d.Unit == UnitDays {
				t.numerator++
				amounts = append(amounts, item.amount)
			} else {
				t.numerator += item.amount
			}
		case BucketDenominatorOnly:
			t.denominator++
		case BucketUnknown:
			t.unknown++
		}
	}
	if n := len(amounts); n > 0 {
		slices.Sort(amounts)
		t.twiceMedian = amounts[(n-1)/2] + amounts[n/2]
	}
	return t
}

// fraction is the exact value as a fraction of whole numbers. A month is 30.4375 days, 487/16.
func (t tally) fraction() (over, under int) {
	switch t.unit {
	case UnitPercent:
		return 100 * t.numerator, t.denominator
	case UnitMonths:
		return 16 * t.numerator, 487 * t.denominator
	case UnitDays:
		return t.twiceMedian, 2 * min(t.denominator, 1)
	}
	return t.numerator, 1
}

func (t tally) value() *float64 {
	over, under := t.fraction()
	if under == 0 {
		return nil
	}
	return new(float64(over) / float64(under))
}

// display rounds the fraction itself, half up, so that 2.5 prints as 3 whatever its float.
func (t tally) display() string {
	over, under := t.fraction()
	if under == 0 {
		return "/"
	}
	number := roundHalfUp(over, under)
	rounded := strconv.Itoa(number)
	switch t.unit {
	case UnitPercent:
		return rounded + "\u00a0%"
	case UnitMonths:
		return rounded + "\u00a0mois"
	case UnitDays:
		if number < 2 {
			return rounded + "\u00a0jour"
		}
		return rounded + "\u00a0jours"
	}
	return rounded
}

// roundHalfUp rounds a fraction of whole numbers, neither negative.
func roundHalfUp(over, under int) int { return (2*over + under) / (2 * under) }
