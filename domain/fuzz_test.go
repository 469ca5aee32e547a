package domain_test

import (
	"testing"
	"time"
	"unicode"

	"o2r/domain"
)

// A date that is read is written the same, lies within its bounds, and moves there and back.
func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"2025-04-01", "2024-02-29", "2025-02-29", "2025-02-30", "0000-00-00", "10000-01-01", "1899-12-31", "1900-01-01", "2100-12-31", "2101-01-01", "2025-4-1", " 2025-04-01", "2025-04-01T00:00:00Z", "２０２５-04-01", "-2025-04-01", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		date, err := domain.ParseDate(text)
		if err != nil {
			if !date.IsZero() {
				t.Errorf("%q is refused, and %v", text, date)
			}
			return
		}
		if date.String() != text {
			t.Errorf("%q is written %s", text, date)
		}
		if date.Before(domain.OldestDate) || date.After(domain.LatestDate) {
			t.Errorf("%q is out of bounds", text)
		}
		if domain.DayOf(date.Start()) != date || domain.DayOf(date.End().Add(-time.Nanosecond)) != date {
			t.Errorf("%q does not begin or end in itself", text)
		}
		if back := date.AddMonths(6).AddMonths(-6); back.After(date) || date.DaysSince(back) > 3 {
			t.Errorf("%q is %s after six months and back", text, back)
		}
	})
}

// A filter lets pass who has, in every dimension it names, the very value it names, and nobody else.
func FuzzFilter(f *testing.F) {
	f.Add("80253", "Doullens", "c.martin", "80253", "Doullens", "c.martin")
	f.Add("", "", "", "", "", "")
	f.Add("%", "_", "' OR 1=1 --", "80001", "", "c.martin")
	f.Fuzz(func(t *testing.T, territory, sector, caseworker, ownTerritory, ownSector, ownCaseworker string) {
		filter := domain.Filter{Territory: territory, Sector: sector, Caseworker: caseworker}
		record := &domain.Record{TerritoryCode: &ownTerritory, Sector: &ownSector, CaseworkerID: &ownCaseworker}
		passes := func(wanted, own string) bool { return wanted == "" || wanted == own }
		want := passes(territory, ownTerritory) && passes(sector, ownSector) && passes(caseworker, ownCaseworker)
		if filter.Match(record) != want {
			t.Errorf("%+v lets pass %q, %q, %q: %t", filter, ownTerritory, ownSector, ownCaseworker, !want)
		}
		if filter.Match(&domain.Record{}) != filter.IsEmpty() {
			t.Errorf("%+v and somebody of whom nothing is known", filter)
		}
		for _, d := range domain.Dimensions {
			if narrowed := (domain.Filter{}).With(d, ownTerritory); narrowed.IsEmpty() != (ownTerritory == "") || narrowed.Match(&domain.Record{}) != narrowed.IsEmpty() {
				t.Errorf("by %s: %+v", d, narrowed)
			}
		}
	})
}

// A number that is none is never found where there are too few digits, and one that is stays found
// whatever stands around it.
func FuzzHoldsNIR(f *testing.F) {
	for _, text := range []string{"", "1 85 02 78 006 084 91", "185027800608491", "06 39 98 00 01", "+33 6 39 98 00 01", "١٨٥٠٢٧٨٠٠٦٠٨٤٩١", "2A", "\xff\xfe"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		digits := 0
		for _, r := range text {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if domain.HoldsNIR(text) && digits < 12 {
			t.Errorf("%q has %d digits", text, digits)
		}
		if !domain.HoldsNIR(text + " | 1 85 02 78 006 084 91 | " + text) {
			t.Errorf("the number is not found between %q", text)
		}
	})
}
