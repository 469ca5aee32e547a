package domain

import (
	"fmt"
	"testing"
)

// All but three have a barrier: that so many have it says how many have not.
func TestABarrierThatNearlyAllHaveIsNotTold(t *testing.T) {
	var records []Record
	for i := range 60 {
		r := path(fmt.Sprint("p", i), "2025-02-03", JusticeAucune)
		for n, barrier := range []Barrier{"mobilite", "logement", "sante", "langue"} {
			if i < []int{57, 30, 25, 20}[n] {
				r.Barriers = append(r.Barriers, BarrierFact{ID: fmt.Sprint(i, barrier), Barrier: barrier, AssessedOn: r.EnteredOn})
			}
		}
		records = append(records, r)
	}
	told := map[string]int{}
	for _, row := range askedBy(records).Profile().Barriers {
		if row.Count != nil && *row.Count > 0 {
			told[row.Code] = *row.Count
		}
	}
	if _, found := told["mobilite"]; found || told["logement"] != 30 {
		t.Errorf("are told %v", told)
	}
}

// Of how many of a year's people a fact is not known is told however few they are: the closing of that year said it too.
func TestOfHowManyOfAYearItIsNotKnownIsTold(t *testing.T) {
	var records []Record
	for i := range 60 {
		r := path(fmt.Sprint("p", i), []string{"2025-02-03", "2026-02-03"}[i%2], JusticeAucune)
		if i > 20 || i > 0 && i%2 == 0 {
			r.FranceTravail = []FranceTravailObservation{{r.EnteredOn.AddDays(5), i%3 == 0}}
		}
		records = append(records, r)
	}
	q := atClosing(records, "2026-06-30")
	q.Period.To = MustDate("2025-12-31")
	of2025, err := q.Figure(IndicatorFranceTravailRegistration)
	if err != nil || of2025.Unknown == nil || *of2025.Unknown != 1 || of2025.Numerator == nil {
		t.Errorf("%v %+v", err, of2025.Figure)
	}
}
