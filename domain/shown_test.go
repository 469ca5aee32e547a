package domain

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
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

// It matters to nobody how a number is asked for: under a filter a figure is what its row of the breakdown is.
func TestAFilterAndItsRowAreOneAnswer(t *testing.T) {
	shown, hidden := 0, 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 8))
		q := Question{Period: endOf2025, Basis: Basis{Records: fewKinds(r, int(seed), 60+r.IntN(120))}, Restricted: true}
		for _, d := range Indicators {
			for _, by := range [][]Dimension{{ByGender}, {ByAgeBand}, {ByGender, ByAgeBand}, {ByJusticeStatus, ByGender}} {
				seen, err := q.Breakdown(d.Key, by)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range seen.Items {
					filtered := q
					for _, dimension := range by {
						if code := row.Values.Of(dimension); code != nil {
							filtered.Filter = filtered.Filter.With(dimension, *code)
						}
					}
					at := fmt.Sprint(asJSONText(row.Values))
					if strings.Contains(at, UnknownCode) {
						continue
					}
					answer, err := filtered.Figure(d.Key)
					if fewer := !filtered.Filter.IsEmpty() && row.people < q.Programme.Threshold(); err != nil || !fewer && (answer.Suppressed != row.Suppressed || answer.Display != row.Display) || fewer && !answer.Suppressed {
						t.Fatalf("seed %d: %s under %s answers %q, and its row %q (%v)", seed, d.Key, at, answer.Display, row.Display, err)
					}
					if row.Suppressed {
						hidden++
					} else {
						shown++
					}
				}
			}
		}
	}
	if shown < 200 || hidden < 200 {
		t.Errorf("%d rows shown, %d withheld: little was tried", shown, hidden)
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

// The state is told of the ends of half-years, and of none that differs from one told before by few people.
func TestClosingsThatDifferByFewAreOneClosing(t *testing.T) {
	for later, want := range map[int]string{0: "s s s s s 26 s s s s s 26", 1: "s s s s s 25 s s s s s s", 4: "s s s s s 22 s s s s s s", 5: "s s s s s 21 s s s s s 26"} {
		records := publishedCase()
		for i := range records {
			if records[i].EnteredOn = MustDate("2025-02-03"); i < later {
				records[i].EnteredOn = MustDate("2025-10-02")
			}
		}
		q := Question{Period: endOf2025, Basis: Basis{Records: records}, Restricted: true}
		q.Period.From, q.Period.ProgrammeStart = MustDate("2025-01-01"), MustDate("2025-01-01")
		var shown []string
		for month := 1; month <= 12; month++ {
			at := q
			at.Period.AsOf = NewDate(2025, time.Month(month)+1, 0)
			at.Period.To, at.Latest = at.Period.AsOf, MustDate("2025-12-31")
			answer, err := at.Figure(IndicatorBeneficiaries)
			if err != nil {
				t.Fatal(err)
			}
			if moved := answer.AsOf != at.Period.AsOf; moved != (answer.AskedAsOf != nil) || moved && *answer.AskedAsOf != at.Period.AsOf || answer.From.After(answer.To) {
				t.Errorf("asked of %s, the answer is of %+v", at.Period.AsOf, answer.About)
			}
			if answer.AsOf == at.Period.AsOf {
				shown = append(shown, answer.Display)
			} else {
				shown = append(shown, "s") // it is told as of a closing before
			}
		}
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%d came in October: %s", later, got)
		}
	}
}

// On tables small enough to try all, what is hidden of a table of one dimension gives nothing away, and fewer rows would.
func TestNoMoreRowsAreHiddenThanNeeded(t *testing.T) {
	const k = 3
	tables := 0
	for n := range 6 * 6 * 6 * 6 {
		values := []int{n % 6, n / 6 % 6, n / 36 % 6, n / 216}
		rows, total := []counts{}, 0
		for _, v := range values {
			rows, total = append(rows, counts{labelIn: v}), total+v
		}
		if smallCell(total, k) { // the total itself is not told
			continue
		}
		tables++
		rule := cellRule{k: k, whole: counts{labelIn: total}}
		hidden := rule.hide(rows, nil)
		if givesRowsAway(values, hidden, k) {
			t.Fatalf("%v: hiding %v gives away", values, hidden)
		}
		for set := range 16 {
			fewer, size := make([]bool, 4), 0
			for i := range fewer {
				if fewer[i] = set>>i&1 == 1; fewer[i] {
					size++
				}
			}
			if size < len(slices.DeleteFunc(slices.Clone(hidden), func(h bool) bool { return !h })) && !givesRowsAway(values, fewer, k) {
				t.Fatalf("%v: %v are hidden, and %v is enough", values, hidden, fewer)
			}
		}
	}
	if tables < 1000 {
		t.Error("little was tried:", tables)
	}
}

// givesRowsAway tries every table that an attacker may take for the true one: the shown rows and the total are as they
// are, and the others are anything, but not of nobody while a row of nobody is shown.
func givesRowsAway(values []int, hidden []bool, k int) bool {
	sum, least, all := 0, 0, true
	var at []int
	for i, v := range values {
		switch {
		case hidden[i]:
			sum, at = sum+v, append(at, i)
		case smallCell(v, k):
			return true
		default:
			all = false
		}
		if v == 0 && !hidden[i] {
			least = 1
		}
	}
	if !slices.ContainsFunc(at, func(i int) bool { return values[i] == 0 }) {
		least = 1 // rows of nobody are hidden with all others only
	}
	if len(at) == 0 || all {
		return false
	}
	if smallCell(sum, k) {
		return true
	}
	can := make([]map[int]bool, len(at))
	var try func(i, left int, so []int)
	try = func(i, left int, so []int) {
		if i == len(at) {
			if left == 0 {
				for j, v := range so {
					if can[j] == nil {
						can[j] = map[int]bool{}
					}
					can[j][v] = true
				}
			}
			return
		}
		for v := least; v <= left; v++ {
			try(i+1, left-v, append(so, v))
		}
	}
	try(0, sum, nil)
	for j, i := range at {
		if smallCell(values[i], k) && len(can[j]) == 1 {
			return true
		}
	}
	return false
}
