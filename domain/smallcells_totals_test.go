package domain

import (
	"fmt"
	"testing"
)

// each are people who came on one day, so many of each kind.
func each(kinds ...func(*Record) int) []Record {
	var records []Record
	for _, kind := range kinds {
		for range kind(new(Record)) {
			r := path(fmt.Sprint("p", len(records)), "2025-02-03", JusticeAucune)
			kind(&r)
			records = append(records, r)
		}
	}
	return records
}

func of(n int, as func(*Record)) func(*Record) int {
	return func(r *Record) int { as(r); return n }
}

// Two paths did not end in work or in training: both rates, told together, say so.
func TestBothRatesOfTheEndsAreNotToldWhereTheyLeaveFew(t *testing.T) {
	ends := func(kind ExitKind) func(*Record) {
		return func(r *Record) { r.ExitKind, r.ExitedOn = &kind, new(MustDate("2025-11-03")) }
	}
	for left, want := range map[int]string{2: "45\u00a0% s", 12: "30\u00a0% 30\u00a0%"} {
		q := askedBy(each(of(9, ends(ExitInterim)), of(9, ends(ExitFormationCertifiante)), of(left, func(*Record) {})))
		work, err := q.Figure(IndicatorEmploymentAt6Months)
		training, other := q.Figure(IndicatorCertifyingTrainingExit)
		if got := work.Display + " " + training.Display; err != nil || other != nil || got != want {
			t.Errorf("with %d others are told %s", left, got)
		}
	}
}

// All ten women are registered: the rate of women would tell it of each.
func TestARateOfEverybodyInARowIsNotTold(t *testing.T) {
	seen := func(gender Gender, registered bool) func(*Record) {
		return func(r *Record) {
			r.Gender, r.FranceTravail = &gender, []FranceTravailObservation{{MustDate("2025-03-03"), registered}}
		}
	}
	q := askedBy(each(of(10, seen(GenderFemale, true)), of(12, seen(GenderMale, true)), of(9, seen(GenderMale, false)), of(8, seen(GenderOther, true)), of(8, seen(GenderOther, false))))
	rows := toldBy(t, q, IndicatorFranceTravailRegistration, ByGender)
	if _, told := rows["female "]; told || rows[""] != 30 {
		t.Errorf("are told %v", rows)
	}
}
