package domain

import (
	"errors"
	"slices"
	"testing"
)

func TestTheVersionInForceOnADay(t *testing.T) {
	version := func(key string, number int, from string) Definition {
		return Definition{Key: key, Version: number, ValidFrom: MustDate(from)}
	}
	catalogue := Catalogue{
		version("a", 1, "2024-11-01"), version("a", 2, "2026-01-01"), version("a", 3, "2026-07-01"), version("b", 1, "2025-06-01"),
	}
	for _, c := range []struct {
		day  string
		a, b int
	}{
		{"2020-01-01", 1, 1}, // before there was any, the first
		{"2024-11-01", 1, 1},
		{"2025-12-31", 1, 1},
		{"2026-01-01", 2, 1},
		{"2026-06-30", 2, 1},
		{"2026-07-01", 3, 1},
		{"2099-01-01", 3, 1},
	} {
		inForce := catalogue.On(MustDate(c.day))
		if len(inForce) != 2 || inForce[0].Key != "a" || inForce[0].Version != c.a || inForce[1].Version != c.b {
			t.Errorf("on %s: %+v", c.day, inForce)
		}
		one, err := catalogue.Named("a", MustDate(c.day))
		if err != nil || one.Version != c.a {
			t.Errorf("on %s, a is version %d, %v", c.day, one.Version, err)
		}
	}
	history, err := catalogue.History("a", MustDate("2026-03-01"))
	if err != nil || history.Version != 2 || len(history.Versions) != 3 || history.Versions[0].Version != 1 || history.Versions[2].Version != 3 {
		t.Errorf("history %+v, %v", history, err)
	}
	if _, err := catalogue.History("c", MustDate("2026-03-01")); !errors.Is(err, &Error{Kind: NotFound}) {
		t.Errorf("the history of what there is not: %v", err)
	}
	if _, err := catalogue.Named("", MustDate("2026-03-01")); !errors.Is(err, &Error{Kind: NotFound}) {
		t.Errorf("an indicator without a name: %v", err)
	}
}

// What was used to compute a figure must be said well enough to compute it again.
func TestEveryDefinitionIsWhole(t *testing.T) {
	if len(Indicators) != 10 || len(Definitions.Of(SetConvention, LatestDate)) != 10 || len(Definitions.Of(SetBeyond, LatestDate)) != 8 || len(Definitions.Of("", LatestDate)) != 18 {
		t.Fatal("ten of the convention and eight beyond it")
	}
	for _, d := range Definitions {
		if d.Key == "" || d.LabelFR == "" || d.LabelEN == "" || d.PublishedLabel == "" || d.FormulaFR == "" || d.FormulaEN == "" || d.Source == "" || d.Groups == nil || d.items == nil || d.facts == nil || d.Version < 1 || d.ValidFrom.IsZero() {
			t.Errorf("%s: %+v", d.Key, d)
		}
		if !slices.Contains(SetConvention.Codes(), string(d.Set)) || d.Counts == "" || len([]rune(d.FormulaFR)) > 1000 || len([]rune(d.FormulaEN)) > 1000 {
			t.Errorf("%s is of set %q, counts %q", d.Key, d.Set, d.Counts)
		}
		for i, version := range Definitions.Versions(d.Key) {
			if version.Version != i+1 || i > 0 && !version.ValidFrom.After(Definitions.Versions(d.Key)[i-1].ValidFrom) || version.Set != d.Set {
				t.Errorf("the versions of %s are out of order", d.Key)
			}
		}
	}
	for _, d := range Definitions.WithoutJustice() {
		if d.Key == IndicatorJusticeSupervised {
			t.Error("the justice module is off, and its indicator is there")
		}
	}
}
