package persistence

import (
	"testing"

	"o2r/domain"
)

// easter is the Sunday of Easter by the algorithm of Meeus, Jones and Butcher.
func easter(year int) domain.Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	return domain.NewDate(year, 1, 1).AddMonths(month - 1).AddDays((h+l-7*m+33*month+19)%32 - 1)
}

// Of every day of eighty years, the holidays are those of the Code du travail, art. L. 3133-1, and no other.
func TestHolidaysAreThoseOfTheLaw(t *testing.T) {
	for year := 2020; year <= 2099; year++ {
		sunday := easter(year)
		law := map[domain.Date]bool{sunday.AddDays(1): true, sunday.AddDays(39): true, sunday.AddDays(50): true}
		for _, fixed := range [][2]int{{1, 1}, {5, 1}, {5, 8}, {7, 14}, {8, 15}, {11, 1}, {11, 11}, {12, 25}} {
			law[domain.NewDate(year, 1, 1).AddMonths(fixed[0]-1).AddDays(fixed[1]-1)] = true
		}
		for day := domain.NewDate(year, 1, 1); day.Year() == year; day = day.AddDays(1) {
			if name := holiday(day); (name != "") != law[day] {
				t.Errorf("%s is %q, and by law a holiday: %v", day, name, law[day])
			}
		}
	}
	// As the government publishes them.
	for day, name := range map[string]string{
		"2025-04-21": "Lundi de Pâques", "2025-05-29": "Ascension", "2025-06-09": "Lundi de Pentecôte", "2026-04-06": "Lundi de Pâques", "2026-05-14": "Ascension",
		"2026-05-25": "Lundi de Pentecôte", "2027-03-29": "Lundi de Pâques", "2026-11-11": "Armistice de 1918", "2026-05-08": "Fête de la Victoire", "2026-12-24": "", "2026-04-03": "",
	} {
		if got := holiday(domain.MustDate(day)); got != name {
			t.Errorf("%s is %q, not %q", day, got, name)
		}
	}
}
