package domain

import "testing"

// Days of support are those of the average duration: of years after each other they add up to it, and a path that went on
// on one day only went on.
func TestYearsOfSupportAddUp(t *testing.T) {
	year := func(y int, asOf string) Period {
		p := Period{From: NewDate(y, 1, 1), To: NewDate(y, 12, 31)}
		p.AsOf = EarlierOf(p.To, MustDate(asOf))
		return p
	}
	for name, r := range map[string]Record{
		"three years":          {EnteredOn: MustDate("2024-11-05")},
		"entered on the eve":   {EnteredOn: MustDate("2024-12-31")},
		"entered on the first": {EnteredOn: MustDate("2025-01-01")},
		"left on the first":    {EnteredOn: MustDate("2024-03-01"), ExitedOn: new(MustDate("2025-01-01"))},
		"left on the eve":      {EnteredOn: MustDate("2024-03-01"), ExitedOn: new(MustDate("2024-12-31"))},
		"one day":              {EnteredOn: MustDate("2025-05-05"), ExitedOn: new(MustDate("2025-05-05"))},
	} {
		for _, asOf := range []string{"2026-06-30", "2026-01-01", "2026-12-31"} {
			sum := 0
			for y := 2024; y <= 2026; y++ {
				days, went := r.daysWithin(year(y, asOf)), r.wentOn(year(y, asOf))
				sum += days
				if days > 0 && !went || went != (r.EnteredOn.Year() <= y && (r.ExitedOn == nil || r.ExitedOn.Year() >= y)) {
					t.Errorf("%s: %d days in %d, and went on: %v", name, days, y, went)
				}
			}
			if want := r.supportDays(MustDate(asOf)); sum != want {
				t.Errorf("%s, up to %s: %d days in all, and %d by years", name, asOf, want, sum)
			}
		}
	}
}
