package domain

import (
	"fmt"
	"math"
	"testing"
)

// cohorts came on these days, so many each, and stay; of the first, so many left on a day.
type cohorts struct {
	came  []string
	many  []int
	left  int
	leave string
}

func (c cohorts) records() []Record {
	var records []Record
	for i, day := range c.came {
		for n := range c.many[i] {
			r := path(fmt.Sprint("p", i, " ", n), day, JusticeAucune)
			if i == 0 && n < c.left {
				r.ExitedOn, r.ExitKind = new(MustDate(c.leave)), new(ExitAbandon)
			}
			records = append(records, r)
		}
	}
	return records
}

// toldDays is how many paths an analyst is told of, and between what their days in all then lie; no paths where she is
// told nothing.
func toldDays(t *testing.T, records []Record, day string) (paths int, least, most float64) {
	t.Helper()
	q := askedBy(records)
	q.Period = Period{From: MustDate("2025-01-01"), To: MustDate(day), AsOf: MustDate(day), ProgrammeStart: MustDate("2025-01-01")}
	q.Latest = MustDate("2026-06-30")
	f, err := q.Figure(IndicatorAverageSupportDuration)
	switch {
	case err != nil:
		t.Fatal(err)
	case f.Suppressed || f.AsOf != MustDate(day):
		return 0, 0, 0
	case f.Numerator != nil:
		return *f.Denominator, float64(*f.Numerator), float64(*f.Numerator)
	}
	days := float64(*f.Denominator) * 487 / 16
	return *f.Denominator, math.Ceil((*f.Value - 0.5) * days), math.Ceil((*f.Value+0.5)*days) - 1
}

// endedBetween is what an analyst knows of how many paths had ended at the second of three closings: each that went on
// to the next closing adds all the days between, whoever came since adds a day less at most, and nobody fewer than none.
func endedBetween(t *testing.T, records []Record) (least, most int, told bool) {
	t.Helper()
	closings := []string{"2025-06-30", "2025-12-31", "2026-06-30"}
	var paths [3]int
	var low, high [3]float64
	for i, day := range closings {
		paths[i], low[i], high[i] = toldDays(t, records, day)
		if paths[i] == 0 {
			return 0, 0, false
		}
	}
	first := float64(MustDate(closings[1]).DaysSince(MustDate(closings[0])))
	second := float64(MustDate(closings[2]).DaysSince(MustDate(closings[1])))
	least = max(0, int(math.Ceil((float64(paths[0])*first-(high[1]-low[0]))/first)))
	wentOn := math.Ceil((low[2] - high[1] - float64(paths[2]-paths[1])*(second-1)) / second)
	return least, min(paths[1], paths[1]-int(wentOn)), true
}

// People come in cohorts, some at the end of a half-year and some on the day after. By the days of three closings one
// would know how many of the first cohort have left; in whole months, one does not.
func TestDaysOfClosingsDoNotTellHowManyLeft(t *testing.T) {
	c := cohorts{[]string{"2025-05-30", "2025-12-31", "2026-01-01"}, []int{30, 5, 5}, 1, "2025-07-03"}
	least, most, told := endedBetween(t, c.records())
	if !told {
		t.Fatal("nothing is told")
	}
	if least > 1 || most < 1 {
		t.Fatalf("one left, and not %d to %d", least, most)
	}
	if least == most {
		t.Errorf("%d of the first cohort have left", least)
	}
}
