package domain

import (
	"fmt"
	"testing"
)

// cohorts came on these days, so many each, and stay; of the first, so many left on a day, and of them so many to work.
type cohorts struct {
	came         []string
	many         []int
	left, toWork int
	leave        string
}

func (c cohorts) records() []Record {
	var records []Record
	for i, day := range c.came {
		for n := range c.many[i] {
			r := path(fmt.Sprint("p", i, " ", n), day, JusticeAucune)
			if i == 0 && n < c.left {
				r.ExitedOn, r.ExitKind = new(MustDate(c.leave)), new(ExitAbandon)
				if n < c.toWork {
					r.ExitKind = new(ExitCDI)
				}
			}
			records = append(records, r)
		}
	}
	return records
}

// durationsTold are the closings at which an analyst is told the average duration.
func durationsTold(t *testing.T, records []Record) (told string) {
	t.Helper()
	for _, end := range []string{"2025-06-30", "2025-12-31", "2026-06-30", "2026-12-31", "2027-06-30", "2027-12-31"} {
		day := MustDate(end)
		q := askedBy(records)
		q.Period = Period{From: MustDate("2025-01-01"), To: day, AsOf: day, ProgrammeStart: MustDate("2025-01-01")}
		q.Latest = MustDate("2027-12-31")
		f, err := q.Figure(IndicatorAverageSupportDuration)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Suppressed && f.AsOf == day {
			told += end[:4] + " "
			if f.Numerator != nil || f.Value == nil || *f.Value != float64(int(*f.Value)) {
				t.Errorf("on %s an analyst is told %v days, %v months", end, f.Numerator, f.Value)
			}
		}
	}
	return told
}

// Each path that goes on adds all the days between two closings, and one that has ended none: days of several closings tell
// how many have ended, and so do months where the truth lies near the edge of one. They are told of ends of years, and of a
// second only where neither few have ended nor few go on, few to work or otherwise, nor few more than before.
func TestDurationsOfClosingsDoNotTellHowManyLeft(t *testing.T) {
	came := []string{"2025-05-30", "2026-05-30", "2027-05-30"}
	for name, test := range map[string]struct {
		cohorts
		told string
	}{
		"one left before":              {cohorts{came, []int{30, 10, 10}, 1, 0, "2025-07-03"}, "2025 "},
		"one left between":             {cohorts{came, []int{30, 10, 10}, 1, 0, "2026-07-03"}, "2025 "},
		"four left later":              {cohorts{came, []int{30, 10, 10}, 4, 0, "2027-07-03"}, "2025 2026 "},
		"nobody came and one left":     {cohorts{came[:1], []int{30}, 1, 0, "2026-07-03"}, "2025 "},
		"nobody came and nobody left":  {cohorts{came[:1], []int{30}, 0, 0, ""}, "2025 "},
		"many left, two more go on":    {cohorts{came, []int{30, 10, 10}, 8, 0, "2026-07-03"}, "2025 2027 "},
		"many left":                    {cohorts{came, []int{30, 10, 10}, 10, 0, "2026-07-03"}, "2025 2026 2027 "},
		"many left, all to work":       {cohorts{came, []int{30, 10, 10}, 8, 8, "2025-07-03"}, "2025 2026 2027 "},
		"many left, all but one there": {cohorts{came, []int{30, 10, 10}, 8, 7, "2025-07-03"}, "2025 "},
		"two fewer go on":              {cohorts{came[:2], []int{10, 8}, 10, 0, "2026-07-03"}, "2025 "},
		"few go on":                    {cohorts{came[:2], []int{12, 5}, 12, 0, "2025-07-03"}, "2025 2026 "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := durationsTold(t, test.records()); got != test.told {
				t.Errorf("told of %q, not %q", got, test.told)
			}
		})
	}
}
