package domain

import (
	"encoding/json"
	"strings"
	"testing"
)

// figureOf is a figure of that unit with these counts, unknown 1 and a target met.
func figureOf(unit Unit, numerator, denominator int) Figure {
	f := Figure{Key: "k", Unit: unit, Value: new(50.0), Numerator: &numerator, Display: "50", DefinitionVersion: 1}
	if unit != UnitCount {
		f.Denominator, f.Unknown = &denominator, new(1)
	}
	f.Targets = []TargetAnswer{{Period: WholeProgramme, Value: 20, Direction: AtLeast, MeasuredValue: new(50.0), MeasuredFrom: new(MustDate("2025-01-01")), MeasuredTo: new(MustDate("2025-12-31")), Met: new(true), Gap: new(30.0)}}
	return f
}

func TestSmallCells(t *testing.T) {
	for _, c := range []struct {
		name                   string
		unit                   Unit
		numerator, denominator int
		k                      int
		want                   bool
	}{
		{"numerator k−1", UnitPercent, 4, 20, 5, true},
		{"numerator 1", UnitPercent, 1, 20, 5, true},
		{"numerator 0", UnitPercent, 0, 20, 5, false},
		{"numerator k", UnitPercent, 5, 20, 5, false},
		{"the others k−1", UnitPercent, 16, 20, 5, true},
		{"the others k", UnitPercent, 15, 20, 5, false},
		{"the others 0", UnitPercent, 20, 20, 5, false},
		{"denominator k−1", UnitPercent, 0, 4, 5, true},
		{"denominator 0", UnitPercent, 0, 0, 5, false},
		{"a larger k", UnitPercent, 10, 40, 11, true},
		{"k of 1 hides nothing", UnitPercent, 1, 2, 1, false},
		{"few days over enough people", UnitMonths, 3, 20, 5, false},
		{"many days over few people", UnitMonths, 900, 4, 5, true},
		{"few people", UnitCount, 4, 0, 5, true},
		{"nobody", UnitCount, 0, 0, 5, false},
		{"enough people", UnitCount, 5, 0, 5, false},
	} {
		f := figureOf(c.unit, c.numerator, c.denominator)
		got := f.SuppressBelow(c.k)
		if got.Suppressed != c.want {
			t.Errorf("%s: suppressed %v, not %v", c.name, got.Suppressed, c.want)
		}
		if *f.Numerator != c.numerator || f.Suppressed || f.Targets[0].Gap == nil {
			t.Errorf("%s: the figure itself was changed", c.name)
		}
		if !c.want {
			continue
		}
		shown, _ := json.Marshal(got)
		want := `{"key":"k","label":"","unit":"` + string(c.unit) + `","value":null,"numerator":null,"denominator":null,"unknown":null,"display":"s","suppressed":true,` +
			`"confirmed":null,"provisional":null,"unconfirmed":null,` +
			`"targets":[{"period":"programme","value":20,"direction":"at_least","measured_value":null,"measured_from":null,"measured_to":null,"met":null,"gap":null}],"definition_version":1}`
		if string(shown) != want {
			t.Errorf("%s: shows %s", c.name, shown)
		}
	}
}

func TestSmallCellsBesideTheFigure(t *testing.T) {
	f := figureOf(UnitPercent, 10, 40)
	f.Confirmed, f.Provisional, f.Unconfirmed = new(8), new(2), new(6)
	got := f.SuppressBelow(5)
	if got.Suppressed || got.EmploymentCounts != (EmploymentCounts{}) {
		t.Error("a small part of the numerator hides the parts and not the figure")
	}
	f.Confirmed, f.Provisional = new(10), new(0)
	if got = f.SuppressBelow(5); got.Confirmed == nil || *got.Confirmed != 10 {
		t.Error("parts of none or enough are shown")
	}

	records := publishedCase()
	for i := range 23 {
		records[i].EnteredOn = MustDate("2024-12-01")
	}
	whole, _ := ComputeOne(IndicatorBeneficiaries, Basis{Records: records}, endOf2025, Filter{}, conventionTargets)
	whole = whole.SuppressBelow(5)
	if whole.Suppressed || whole.Targets[0].Gap == nil || whole.Targets[1].Gap != nil || whole.Targets[1].Met != nil || whole.Targets[0].MeasuredValue == nil || whole.Targets[1].MeasuredValue != nil || whole.Targets[1].MeasuredTo != nil {
		t.Errorf("the gap to a year's target gives away the three who entered that year: %+v", whole.Targets)
	}
}

// What a duration is compared with is told as the duration: in whole months.
func TestAMeasuredDurationIsRoundedToo(t *testing.T) {
	f, _ := ComputeOne(IndicatorAverageSupportDuration, Basis{Records: publishedCase()}, endOf2025, Filter{}, conventionTargets)
	if before := *f.Targets[0].MeasuredValue; before == 6 {
		t.Fatal("it has no days to round")
	}
	if got := f.rounded().Targets[0]; *got.MeasuredValue != 6 || *got.Gap != -3 {
		t.Errorf("measured %v, gap %v", *got.MeasuredValue, *got.Gap)
	}
}

func TestAFilterThatFewPassShowsNothing(t *testing.T) {
	records, filter := publishedCase(), Filter{Gender: GenderFemale}
	nobody := Filter{Gender: GenderOther}
	question := func(f Filter) Question {
		return Question{Period: endOf2025, Filter: f, Basis: Basis{Records: records}, Restricted: true}
	}
	for _, f := range []Filter{filter, nobody} {
		for _, figure := range question(f).Figures().Items {
			if !figure.Suppressed {
				t.Errorf("%s shows under %+v", figure.Key, f)
			}
		}
	}
	if n := Population(Basis{Records: records}, endOf2025, filter); n != 1 {
		t.Errorf("%d women, not one", n)
	}
	shown := ""
	for _, figure := range question(Filter{}).Figures().Items {
		shown += figure.Display + " "
	}
	if want := strings.ReplaceAll("26 100~% s 24~% 19~% s 80~% 6~mois 68~% / ", "~", "\u00a0"); shown != want {
		t.Errorf("an analyst reads %q, not %q", shown, want)
	}
}
