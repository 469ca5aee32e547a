package domain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Records move: somebody is recorded late, a path is voided, what somebody was at entry is corrected. An analyst who keeps
// what she was told at each closing learns of none of these from the difference to the next. Seeds are programmes.
func FuzzAttackerWhoWaits(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { attackMoving(t, seed) })
}

func attackMoving(t *testing.T, seed uint64) (compared int) {
	dice := rand.New(rand.NewPCG(seed, 9))
	const sectors = 2
	k, about := 3+dice.IntN(3), []string{aboutJustice, aboutAge, aboutMeeting, aboutBarrier}[seed%4]
	w := worldOf(sectors, about)
	programme := Programme{ProgrammeInput: ProgrammeInput{Slug: "p", SmallCellThreshold: new(k), StartsOn: MustDate("2025-01-01")}}
	someone := func(i int) Record {
		r := w.kinds[dice.IntN(len(w.kinds))]
		r.EnrolmentID, r.ParticipantID = fmt.Sprint("enrolment ", i), fmt.Sprint("participant ", i)
		return r
	}
	var records []Record
	for i := range 20 + dice.IntN(120) {
		records = append(records, someone(i))
	}
	days := []Date{MustDate("2025-12-31"), MustDate("2026-06-30")}
	closings := []Closing{Basis{Records: records}.Keep(programme, days[0])}
	records = slices.Clone(records)
	for range dice.IntN(4) {
		at := dice.IntN(len(records))
		records[at] = someone(1000 + at)
		records[at].EnrolmentID = fmt.Sprint("enrolment ", at)
	}
	for range dice.IntN(3) {
		at := dice.IntN(len(records))
		records = slices.Delete(records, at, at+1)
	}
	for i := range dice.IntN(6) {
		records = append(records, someone(2000+i))
	}
	closings = append(closings, Basis{Records: records}.Keep(programme, days[1]))

	told := ToldOf(closings, false)
	half := map[Date]int{days[0]: 0, days[1]: len(w.kinds)}
	shown, between, terms := map[string]float64{}, map[string][2]float64{}, map[string][]float64{}
	truth, hidden := map[string]map[Date]float64{}, map[string]float64{}
	for _, q := range asked(sectors, about) {
		q.Programme, q.Restricted = programme, true
		q = q.At(told)
		if half, ok := half[q.Period.AsOf]; !ok || half == 0 && q.Period.To.After(days[0]) {
			continue // before the first closing
		}
		seen, period := answers(q)
		q.Restricted = false
		is, _ := answers(q)
		name := askedAs(period, q.Filter)
		w.learn(name, q)
		for what, n := range is {
			row := make([]float64, 2*len(w.kinds))
			copy(row[half[period.AsOf]:], w.terms[name+" "+what])
			terms[name+" "+what] = row
			if v, is := seen[what]; is {
				if v != n {
					t.Fatalf("seed %d: %s %s is told as %v and is %v", seed, name, what, v, n)
				}
				shown[name+" "+what] = n
			} else if from, is := seen[what+" from"]; is {
				between[name+" "+what] = [2]float64{from, seen[what+" to"]}
			}
			// Whatever as_of it is told at, it is the same question; of 2026 there was nothing to tell at the first.
			to := EarlierOf(period.To, days[0])
			for _, same := range []string{fmt.Sprint(period.From, period.To), map[bool]string{true: "all"}[period.To == period.AsOf], map[bool]string{true: fmt.Sprint(period.From, to)}[to == period.To]} {
				if same == "" || noSecret(what, Filter{}) || strings.Contains(what, "target") || strings.HasSuffix(what, " days") {
					continue
				}
				same = fmt.Sprint(same, " from ", period.From, q.Filter.Gender, q.Filter.AgeBand, " ", q.Filter.Sector, " ", what)
				if truth[same] == nil {
					truth[same] = map[Date]float64{}
				}
				truth[same][period.AsOf] = n
				terms[same+" at "+period.AsOf.String()] = row
			}
		}
	}
	for same, at := range truth {
		if len(at) < 2 {
			continue
		}
		compared++
		if by := at[days[1]] - at[days[0]]; by != 0 && math.Abs(by) < float64(k) {
			row := slices.Clone(terms[same+" at "+days[1].String()])
			for i, n := range terms[same+" at "+days[0].String()] {
				row[i] -= n
			}
			terms[same], hidden[same] = row, by
		}
	}
	found := worksOut(shown, between, hidden, terms, 2*len(w.kinds))
	for _, what := range found {
		t.Errorf("seed %d, about %s, k %d, %d people: %s moved by %v", seed, about, k, len(records), what, hidden[what])
	}
	t.Logf("seed %d, about %s, k %d, %d people: %d shown, %d of %d moved by few, %d found", seed, about, k, len(records), len(shown), len(hidden), compared, len(found))
	return len(hidden)
}
