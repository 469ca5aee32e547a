package domain

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fewKinds is a caseload whose values fall into few kinds, so that some levels are told and some are not.
func fewKinds(r *rand.Rand, seed, size int) []Record {
	records := make([]Record, size)
	for i := range records {
		records[i] = anyRecord.Example(seed*1000 + i)
		records[i].ParticipantID, records[i].EnteredOn = fmt.Sprint("p", i), NewDate(2025, 1, 1).AddDays(r.IntN(300))
		records[i].ExitedOn, records[i].ExitKind = nil, nil
		records[i].Gender = new([]Gender{GenderMale, GenderFemale}[min(1, r.IntN(4))])
		records[i].JusticeStatus = new([]JusticeStatus{JusticeMilieuOuvert, "aucune"}[r.IntN(2)])
		records[i].BirthDate = new(NewDate(1975+20*r.IntN(2)+r.IntN(3), 5, 17))
		if seed%2 == 0 {
			records[i].EducationLevel = new([]EducationLevel{EducationCAPBEP, EducationBrevet}[r.IntN(2)])
		}
	}
	return records
}

// Whoever subtracts what a restricted asker is shown of one breakdown learns of no row that is withheld: of a level all
// rows that hold somebody are shown, or none, and no level is shown whose sums a coarser one withholds. What a filter
// shows is what the breakdown shows.
func TestNothingIsWorkedOutBySubtracting(t *testing.T) {
	shownRows, hiddenRows := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 8))
		records := fewKinds(r, int(seed), 20+r.IntN(120))
		staff := Question{Period: endOf2025, Basis: Basis{Records: records}}
		analyst := staff
		analyst.Restricted = true
		k := analyst.Programme.Threshold()
		for _, d := range Indicators {
			for _, by := range [][]Dimension{{ByGender}, {ByAgeBand}, {ByEducationLevel}, {ByGender, ByAgeBand}, {ByJusticeStatus, ByGender}} {
				whole, err := staff.Breakdown(d.Key, by)
				if err != nil {
					t.Fatal(err)
				}
				seen, err := analyst.Breakdown(d.Key, by)
				if err != nil {
					t.Fatal(err)
				}
				shown, hidden := map[int]int{}, map[int]int{}
				for i, row := range seen.Items {
					level := row.cell.level()
					switch {
					case whole.Items[i].empty():
					case row.Suppressed:
						hidden[level]++
						hiddenRows++
					default:
						shown[level]++
						shownRows++
						if whole.Items[i].cells().small(k) {
							t.Fatalf("seed %d: %s by %v shows %s: %+v", seed, d.Key, by, asJSONText(row.Values), row.Figure)
						}
					}
					if level == 0 || seed > 4 {
						continue
					}
					filtered := analyst
					for _, dimension := range by {
						if code := row.Values.Of(dimension); code != nil {
							filtered.Filter = filtered.Filter.With(dimension, *code)
						}
					}
					if at := fmt.Sprint(asJSONText(row.Values)); level == len(by) && !strings.Contains(at, UnknownCode) {
						answer, err := filtered.Figure(d.Key)
						if err != nil || answer.Suppressed != row.Suppressed || answer.Display != row.Display {
							t.Fatalf("seed %d: %s under %s answers %q, and its row %q (%v)", seed, d.Key, at, answer.Display, row.Display, err)
						}
					}
				}
				for level := 1; level <= len(by); level++ {
					if shown[level] > 0 && (hidden[level] > 0 || hidden[level-1] > 0) {
						t.Fatalf("seed %d: %s by %v: of level %d %d rows are shown and %d withheld", seed, d.Key, by, level, shown[level], hidden[level])
					}
				}
			}
		}
	}
	if shownRows < 1000 || hiddenRows < 1000 {
		t.Errorf("%d rows shown, %d withheld: little was tried", shownRows, hiddenRows)
	}
}

// Three filters at once, or a breakdown under two, are told of nobody.
func TestThreeDimensionsAreToldOfNobody(t *testing.T) {
	q := Question{Period: endOf2025, Basis: Basis{Records: publishedCase()}, Restricted: true, Filter: Filter{Gender: "male", JusticeStatus: "milieu_ouvert"}}
	if breakdown, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByAgeBand}); err != nil || !breakdown.Items[len(breakdown.Items)-1].Suppressed {
		t.Errorf("%v %+v", err, breakdown.Items)
	}
	q.Filter.AgeBand = "26_35"
	if figure, err := q.Figure(IndicatorBeneficiaries); err != nil || !figure.Suppressed {
		t.Errorf("%v %+v", err, figure)
	}
}

// Two months that differ by one person are told neither; where all came on one day, all are told.
func TestCumulatedPointsDoNotTellOfOne(t *testing.T) {
	for name, hidden := range map[string]bool{"all at once": false, "one later": true} {
		records := publishedCase()
		if hidden {
			records[7].EnteredOn = MustDate("2025-10-02")
		}
		q := Question{Period: endOf2025, Basis: Basis{Records: records}, Restricted: true}
		series, err := q.Series(IndicatorBeneficiaries, SeriesQuery{Step: StepMonth, Cumulative: true})
		if err != nil || len(series.Items) < 12 {
			t.Fatal(err, len(series.Items))
		}
		for _, point := range series.Items {
			if point.Suppressed != hidden {
				t.Errorf("%s, %s: %s", name, point.To, point.Display)
			}
		}
	}
}
