package recount

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The second count knows nobody: what it shared with the first could be wrong in both.
func TestTheSecondCountSharesNothing(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, imported := range strings.Fields(string(output)) {
		seen = seen || imported == "o2r/domain/recount"
		if strings.HasPrefix(imported, "o2r/") && imported != "o2r/domain/recount" || strings.HasPrefix(imported, "time/tzdata") {
			t.Errorf("it imports %s", imported)
		}
	}
	if !seen {
		t.Errorf("that is no list of imports: %s", output)
	}
}

func TestTheSecondCalendar(t *testing.T) {
	for _, row := range []struct{ what, got, want string }{
		{"31 August and 6 months", monthsLater("2025-08-31", 6), "2026-02-28"},
		{"31 August and 6 months, to a leap year", monthsLater("2023-08-31", 6), "2024-02-29"},
		{"29 February and a year", monthsLater("2024-02-29", 12), "2025-02-28"},
		{"30 June and 6 months", monthsLater("2025-06-30", 6), "2025-12-30"},
		{"born on 29 February, on the 28th", fmt.Sprint(yearsOn("2000-02-29", "2026-02-28")), "25"},
		{"born on 29 February, on 1 March", fmt.Sprint(yearsOn("2000-02-29", "2026-03-01")), "26"},
		{"born on 29 February, in a leap year", fmt.Sprint(yearsOn("2000-02-29", "2024-02-29")), "24"},
		{"the day before a birthday", fmt.Sprint(yearsOn("1999-11-02", "2025-11-01")), "25"},
		{"over a leap February", fmt.Sprint(daysBetween("2024-02-28", "2024-03-01")), "2"},
		{"backwards", fmt.Sprint(daysBetween("2026-01-01", "2025-12-31")), "-1"},
		{"after 28 February", nextDay("2025-02-28"), "2025-03-01"},
		{"after the year", nextDay("2025-12-31"), "2026-01-01"},
		{"1900 was no leap year", nextDay("1900-02-28"), "1900-03-01"},
		{"the quarter's end", stepEnd("quarter", "2024-02-10"), "2024-03-31"},
		{"the month's end", stepEnd("month", "2024-02-10"), "2024-02-29"},
	} {
		if row.got != row.want {
			t.Errorf("%s: %s, not %s", row.what, row.got, row.want)
		}
	}
}

// TestTheHoursOfParis compares the rule of the summer hour with the zone that Go knows, around every change of 40 years.
func TestTheHoursOfParis(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for instant := time.Date(1996, 1, 1, 0, 15, 0, 0, time.UTC); instant.Year() < 2037; instant = instant.Add(97 * time.Minute) {
		if got, want := inParis(instant), instant.In(paris).Format("2006-01-02"); got != want {
			t.Fatalf("%s is %s in Paris, not %s", instant, want, got)
		}
	}
	if got := inParis(time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC)); got != "2026-01-01" {
		t.Error(got)
	}
}

func TestWhatDiffersIsSaid(t *testing.T) {
	type answer struct {
		Label string  `json:"label"`
		Key   string  `json:"key"`
		Count *int    `json:"count"`
		Rows  []Share `json:"rows"`
	}
	type mine struct {
		Key   string  `json:"key"`
		Count *int    `json:"count"`
		Rows  []Share `json:"rows"`
	}
	one, two := 1, 2
	same := answer{"a label", "k", &one, []Share{{Code: "a"}}}
	if n, differences := Compare(mine{"k", &one, []Share{{Code: "a"}}}, same); n != 7 || len(differences) > 0 {
		t.Error(n, differences)
	}
	for want, recounted := range map[string]any{
		"key: recounted other, answered k":        mine{"other", &one, same.Rows},
		"count: recounted 2, answered 1":          mine{"k", &two, same.Rows},
		"count: recounted null, answered 1":       mine{"k", nil, same.Rows},
		"rows: recounted 0 rows, answered 1 rows": mine{"k", &one, []Share{}},
		"rows[a].count: recounted 3, answered 0":  mine{"k", &one, []Share{{Code: "a", Count: 3}}},
		"unheard: recounted a field, answered none": struct {
			Unheard int `json:"unheard"`
		}{},
	} {
		if _, differences := Compare(recounted, same); len(differences) != 1 || differences[0].String() != want {
			t.Errorf("%v, not %s", differences, want)
		}
	}
}

func TestARowSaysWhichItIs(t *testing.T) {
	female, unknown := "female", "unknown"
	for want, row := range map[string]Row{
		"total": {}, "female": {Values: Values{Gender: &female}}, "female of unknown": {Values: Values{Gender: &female, Caseworker: &unknown}},
	} {
		if got := row.title(); got != want {
			t.Errorf("%s is called %s", want, got)
		}
	}
}
