package domain

import (
	"fmt"
	"math/rand/v2"
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

// Whoever is told of a cell's rate knows how many are in the cell: it is told where that is, and nowhere else.
func TestARateIsToldWherePeopleAre(t *testing.T) {
	told := 0
	for seed := range uint64(60) {
		dice := rand.New(rand.NewPCG(seed, 11))
		statuses := []JusticeStatus{JusticeMilieuOuvert, JusticeMilieuFerme, JusticeAmenagementDePeine, JusticeAucune}
		var records []Record
		for i := range 40 + dice.IntN(120) {
			r := path(fmt.Sprint("p", i), "2025-02-03", statuses[min(dice.IntN(4), dice.IntN(4))])
			r.Gender = new([]Gender{GenderMale, GenderFemale, GenderOther}[min(dice.IntN(3), dice.IntN(3))])
			if dice.IntN(4) > 0 {
				r.FranceTravail = []FranceTravailObservation{{r.EnteredOn.AddDays(5), seed%2 == 0 || dice.IntN(2) == 0}}
			}
			records = append(records, r)
		}
		by := []Dimension{ByGender, ByJusticeStatus}
		people := toldBy(t, askedBy(records), IndicatorBeneficiaries, by...)
		for at, n := range toldBy(t, askedBy(records), IndicatorFranceTravailRegistration, by...) {
			if _, found := people[at]; found {
				told++
			} else {
				t.Errorf("seed %d: of %q %d are told, and not how many are there", seed, at, n)
			}
		}
	}
	if told < 100 {
		t.Errorf("%d cells are told: little was tried", told)
	}
}

// A territory is told alone: by nothing else beside it, though enough people were there.
func TestATerritoryIsToldAlone(t *testing.T) {
	var records []Record
	for i := range 80 {
		r := path(fmt.Sprint("p", i), "2025-02-03", JusticeAucune)
		r.Gender = new([]Gender{GenderMale, GenderFemale}[i%2])
		r.TerritoryCode, r.Sector = new([]string{"80001", "80002"}[i/2%2]), new("A")
		records = append(records, r)
	}
	told := toldBy(t, askedBy(records), IndicatorBeneficiaries, ByGender, ByTerritory)
	if told["80001 "] != 40 || told["female "] != 40 {
		t.Errorf("are told %v", told)
	}
	for at, n := range told {
		if n > 0 && n < 40 {
			t.Errorf("of %q are told %d", at, n)
		}
	}
}
