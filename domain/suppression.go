package domain

import "slices"

// Population is how many people the period and the filter let through.
func Population(basis Basis, period Period, filter Filter) int {
	return len(firstEnrolments(basis.known(period.AsOf, filter).Records, period))
}

// SuppressBelow is the figure as it may be shown where no cell may hold 1 to k−1: neither the
// numerator, nor the rest of the denominator, nor the denominator. Days are no cell, so of an
// average duration only the denominator is one.
func (f Figure) SuppressBelow(k int) Figure {
	if f.Suppressed || f.cells().small(k) {
		return f.Suppress()
	}
	if smallCount(f.Confirmed, k) || smallCount(f.Provisional, k) || smallCount(f.Unconfirmed, k) {
		f.EmploymentCounts = EmploymentCounts{} // any two of them and the numerator give the third
	}
	f.Targets = slices.Clone(f.Targets)
	for i, target := range f.Targets {
		if target.measured != nil && target.measured.small(k) {
			f.Targets[i] = target.withheld()
		}
	}
	return f
}

// Suppress withholds the figure and all that gives it away.
func (f Figure) Suppress() Figure {
	f.Value, f.Numerator, f.Denominator, f.Unknown = nil, nil, nil, nil
	f.EmploymentCounts = EmploymentCounts{}
	f.Display, f.Suppressed = "s", true
	f.Targets = slices.Clone(f.Targets)
	for i, target := range f.Targets {
		f.Targets[i] = target.withheld()
	}
	return f
}

// rounded is an average duration without its days: the value, what a target is compared with and its gap in whole months, as printed. Whoever had
// the days of several days and groups would know how many paths ended between.
func (f Figure) rounded() Figure {
	if f.Unit != UnitMonths || f.Value == nil {
		return f
	}
	over, under := f.cells().fraction()
	months := float64(roundHalfUp(over, under))
	f.Value, f.Numerator = &months, nil
	f.Targets = slices.Clone(f.Targets)
	for i, target := range f.Targets {
		if target.measured == nil {
			continue
		}
		over, under := target.measured.fraction()
		months := float64(roundHalfUp(over, under))
		f.Targets[i].MeasuredValue, f.Targets[i].Gap = &months, new(months-target.Value)
		if target.Met != nil {
			f.Targets[i].Met = new(months >= target.Value)
		}
	}
	return f
}

func (t TargetAnswer) withheld() TargetAnswer {
	t.Met, t.Gap, t.measured = nil, nil, nil
	t.MeasuredValue, t.MeasuredFrom, t.MeasuredTo = nil, nil, nil
	return t
}

func (f Figure) cells() tally {
	t := tally{unit: f.Unit}
	if f.Numerator != nil {
		t.numerator = *f.Numerator
	}
	if f.Denominator != nil {
		t.denominator = *f.Denominator
	}
	return t
}

func (t tally) small(k int) bool {
	switch t.unit {
	case UnitCount:
		return smallCell(t.numerator, k)
	case UnitMonths, UnitDays:
		return smallCell(t.denominator, k)
	}
	return smallCell(t.numerator, k) || smallCell(t.denominator-t.numerator, k) || smallCell(t.denominator, k)
}

func smallCell(count, k int) bool { return 0 < count && count < k }

func smallCount(count *int, k int) bool { return count != nil && smallCell(*count, k) }
