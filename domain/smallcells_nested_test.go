package domain

import (
	"fmt"
	"testing"
)

// Territories add up to their sector: what is told of them at one closing is set against the sector's at another.
func TestTerritoriesAndTheirSectorsAreToldOfTheSameClosings(t *testing.T) {
	var records []Record
	came := func(day string, of map[string]int) {
		for code, n := range of {
			for range n {
				person := fmt.Sprint("p", len(records))
				r := Record{EnrolmentID: person, ParticipantID: person, EnteredOn: MustDate(day)}
				if code != "" {
					r.TerritoryCode, r.Sector = new(code), new(code[:1])
				}
				records = append(records, r)
			}
		}
	}
	came("2025-02-03", map[string]int{"A1": 8, "B1": 8, "C1": 4, "": 1})
	came("2025-09-15", map[string]int{"A1": 5, "A2": 5, "B1": 5, "C1": 2, "": 2})
	came("2026-02-02", map[string]int{"A1": 5, "B1": 5, "C1": 3, "": 5})
	told := map[string][]int{}
	for _, day := range []string{"2025-06-30", "2025-12-31", "2026-06-30"} {
		q := askedBy(records)
		q.Period = Period{From: MustDate("2025-01-01"), To: MustDate(day), AsOf: MustDate(day), ProgrammeStart: MustDate("2025-01-01")}
		q.Latest = MustDate("2026-06-30")
		for _, by := range []Dimension{ByTerritory, BySector} {
			answer, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{by})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range answer.Items {
				if code := row.Values.Of(by); code != nil && *code != UnknownCode && !row.Suppressed {
					name := *code // of C there is one territory
					if name == "C" {
						name = "C1"
					}
					told[name] = append(told[name], *row.Numerator)
				}
			}
		}
	}
	for place, numbers := range told {
		for _, one := range numbers {
			for _, other := range numbers {
				if smallCell(one-other, 5) {
					t.Errorf("of %s is told %d and %d", place, other, one)
				}
			}
		}
	}
	if len(told) == 0 {
		t.Error("nothing is told")
	}
}

// Where nothing is known of anybody, a cell without anybody is withheld like the others: nobody was there before, either.
func TestACellOfNobodyIsNotToldByAFigureOverNothing(t *testing.T) {
	var records []Record
	for i := range 60 {
		records = append(records, path(fmt.Sprint("p", i), "2025-02-03", JusticeAucune))
		switch i % 3 {
		case 0:
			records[i].Gender = new(GenderFemale)
		case 1:
			records[i].JusticeStatus = new(JusticeMilieuOuvert)
		}
	}
	answer, err := askedBy(records).Breakdown(IndicatorFranceTravailRegistration, []Dimension{ByGender, ByJusticeStatus})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, row := range answer.Items {
		if asJSONText(row.Values) == `{"gender":"female","justice_status":"milieu_ouvert"}` {
			if found++; !row.Suppressed {
				t.Errorf("no woman is under justice supervision: %+v", row.Figure)
			}
		}
	}
	if total := answer.Items[len(answer.Items)-1]; found != 1 || total.Display != "/" || *total.Unknown != 60 {
		t.Errorf("%d rows, %+v", found, total.Figure)
	}
}

// Before there is a closing nothing is told, and that a row is there would tell who came.
func TestBeforeAClosingNoRowTellsWhoCame(t *testing.T) {
	r := path("p", "2025-02-03", JusticeAucune)
	r.TerritoryCode, r.Sector, r.CaseworkerID = new("99999"), new("Ailleurs"), new("c.martin")
	q := askedBy([]Record{r})
	q.Basis.Places = []TargetedPlace{{TerritoryCode: "80253", Sector: new("Doullens")}}
	q.Period.To, q.Period.AsOf, q.Latest = MustDate("2025-02-28"), MustDate("2025-02-28"), MustDate("2025-02-28")
	for by, want := range map[Dimension]int{ByTerritory: 3, BySector: 3, ByCaseworker: 2} {
		for _, restricted := range []bool{true, false} {
			q.Restricted = restricted
			rows := want
			if !restricted {
				rows++
			}
			if answer, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{by}); err != nil || len(answer.Items) != rows {
				t.Errorf("by %s, restricted %v: %v, %d rows", by, restricted, err, len(answer.Items))
			}
		}
	}
}
