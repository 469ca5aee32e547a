package domain

import (
	"testing"
	"time"
)

func TestMonthsClampToTheMonthsEnd(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2025-08-31", 6, "2026-02-28"},
		{"2023-08-31", 6, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2025-12-31", 2, "2026-02-28"},
		{"2025-01-31", 1, "2025-02-28"},
		{"2025-11-30", 3, "2026-02-28"},
		{"2025-05-15", 6, "2025-11-15"},
		{"2025-03-31", -1, "2025-02-28"},
		{"2025-06-30", 6, "2025-12-30"},
	} {
		if got := MustDate(c.from).AddMonths(c.months).String(); got != c.want {
			t.Errorf("%s plus %d months is %s, not %s", c.from, c.months, c.want, got)
		}
	}
}

func TestAgeIsCompletedYears(t *testing.T) {
	for _, c := range []struct {
		born, on string
		want     int
	}{
		{"2000-04-02", "2025-04-01", 24},
		{"2000-04-01", "2025-04-01", 25},
		{"2000-02-29", "2025-02-28", 24},
		{"2000-02-29", "2025-03-01", 25},
		{"2000-02-29", "2024-02-29", 24},
		{"2025-04-01", "2025-04-01", 0},
	} {
		if got := MustDate(c.born).AgeOn(MustDate(c.on)); got != c.want {
			t.Errorf("born on %s, on %s: age %d, not %d", c.born, c.on, c.want, got)
		}
	}
}

func TestADayIsADayInParis(t *testing.T) {
	for instant, want := range map[string]string{
		"2025-12-31T23:30:00Z":      "2026-01-01",
		"2025-12-31T22:59:59Z":      "2025-12-31",
		"2025-06-30T22:00:00Z":      "2025-07-01", // summer time is two hours ahead
		"2025-06-30T21:59:59Z":      "2025-06-30",
		"2025-06-30T23:59:00-05:00": "2025-07-01",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at).String(); got != want {
			t.Errorf("%s is on %s, not %s", instant, want, got)
		}
	}
	if day := MustDate("2025-03-30"); day.End().Sub(day.Start()) != 23*time.Hour {
		t.Error("the day summer time begins has 23 hours")
	}
}

func TestDatesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "01/04/2025", "2025-4-1", "2025-02-29", "2025-13-01", "1899-12-31", "2101-01-01", "2025-04-01T00:00:00Z", " 2025-04-01"} {
		if date, err := ParseDate(text); err == nil {
			t.Errorf("%q was read as %s", text, date)
		}
	}
}
