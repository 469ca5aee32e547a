package domain

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestEachPointIsTheTableOfItsDays asks each point again, and holds that the points are the whole period, each day once.
func TestEachPointIsTheTableOfItsDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuestion(t)
		if rapid.Bool().Draw(t, "filtered") {
			q.Filter.Gender = GenderFemale
		}
		for i, r := range q.Records { // nobody is met before she enters, or a point would not hold her yet
			q.Records[i].Meetings = slices.DeleteFunc(r.Meetings, func(m MeetingFact) bool { return m.Day.Before(r.EnteredOn) })
		}
		asked := SeriesQuery{FigureStep(rapid.SampledFrom(FigureStep("").Codes()).Draw(t, "step")), rapid.Bool().Draw(t, "cumulative")}
		for _, d := range Definitions {
			series, err := q.Series(d.Key, asked)
			if err != nil {
				t.Fatal(err)
			}
			next, held := q.Period.From, 0
			for _, point := range series.Items {
				period := Period{From: point.From, To: point.To, AsOf: point.To, ProgrammeStart: q.Period.ProgrammeStart}
				want, _ := ComputeOne(d.Key, q.Basis, period, q.Filter, nil)
				if asJSON(t, point.Figure) != asJSON(t, want) {
					t.Fatalf("%s from %s to %s: %s, and the table %s", d.Key, point.From, point.To, asJSON(t, point.Figure), asJSON(t, want))
				}
				if point.people != Population(q.Basis, period, q.Filter) {
					t.Fatalf("%s from %s to %s: %d people", d.Key, point.From, point.To, point.people)
				}
				if !asked.Cumulative && point.From != next || asked.Cumulative && point.From.After(q.Period.ProgrammeStart) {
					t.Fatalf("%s: a point from %s, not %s", d.Key, point.From, next)
				}
				next = point.To.AddDays(1)
				held += *point.Numerator
			}
			end := EarlierOf(q.Period.To, q.Period.AsOf)
			if q.Period.From.After(end) != (len(series.Items) == 0) || len(series.Items) > 0 && next != end.AddDays(1) {
				t.Fatalf("%s: %d points, until before %s, of %+v", d.Key, len(series.Items), next, q.Period)
			}
			if !asked.Cumulative && d.Key == IndicatorMeetingsHeld {
				seen := q.Period
				seen.AsOf = end
				if whole, _ := ComputeOne(d.Key, q.Basis, seen, q.Filter, nil); *whole.Numerator != held {
					t.Fatalf("%d meetings in the points, %d in all", held, *whole.Numerator)
				}
			}
			if last := len(series.Items) - 1; asked.Cumulative && last >= 0 && end == q.Period.AsOf && !q.Period.From.Before(q.Period.ProgrammeStart) {
				whole, _ := ComputeOne(d.Key, q.Basis, q.Period.wholeProgramme(), q.Filter, nil)
				if asJSON(t, series.Items[last].Figure) != asJSON(t, whole) {
					t.Fatalf("%s: the last cumulative point is %s, and the programme %s", d.Key, asJSON(t, series.Items[last].Figure), asJSON(t, whole))
				}
			}
		}
	})
}

func TestTheStepsOfASeries(t *testing.T) {
	period := func(from, to, asOf string) Period {
		return Period{From: MustDate(from), To: MustDate(to), AsOf: MustDate(asOf), ProgrammeStart: MustDate("2024-11-01")}
	}
	for _, c := range []struct {
		name        string
		period      Period
		step        FigureStep
		first, last string
		points      int
	}{
		{"months, cut at both ends", period("2024-01-31", "2024-03-15", "2024-12-31"), StepMonth, "2024-01-31", "2024-03-15", 3},
		{"the day after February ends", period("2024-02-29", "2024-03-01", "2024-12-31"), StepMonth, "2024-02-29", "2024-03-01", 2},
		{"quarters", period("2024-11-01", "2025-12-31", "2025-12-31"), StepQuarter, "2024-12-31", "2025-12-31", 5},
		{"years up to as_of", period("2024-11-01", "2027-12-31", "2025-06-30"), StepYear, "2024-12-31", "2025-06-30", 2},
		{"no step is a month", period("2025-01-01", "2025-12-31", "2025-12-31"), "", "2025-01-31", "2025-12-31", 12},
		{"not begun by as_of", period("2026-01-01", "2026-12-31", "2025-12-31"), StepMonth, "", "", 0},
		{"one day", period("2025-12-31", "2025-12-31", "2025-12-31"), StepYear, "2025-12-31", "2025-12-31", 1},
		{"ten years of months", period("2016-01-01", "2025-12-31", "2025-12-31"), StepMonth, "2016-01-31", "2025-12-31", 120},
	} {
		series, err := Question{Period: c.period}.Series(IndicatorMeetingsHeld, SeriesQuery{Step: c.step})
		if err != nil || len(series.Items) != c.points {
			t.Errorf("%s: %d points, %v", c.name, len(series.Items), err)
			continue
		}
		if c.points > 0 && (series.Items[0].To.String() != c.first || series.Items[c.points-1].To.String() != c.last) {
			t.Errorf("%s: from %+v to %+v", c.name, series.Items[0].Period, series.Items[c.points-1].Period)
		}
	}
	var refusal *Error
	_, err := Question{Period: period("2015-12-31", "2025-12-31", "2025-12-31")}.Series(IndicatorMeetingsHeld, SeriesQuery{Step: StepMonth})
	if !errors.As(err, &refusal) || refusal.Fields[0].Location != "query.step" || refusal.Fields[0].Code != "too_many_periods" {
		t.Errorf("121 points: %v", err)
	}
	if _, err := (Question{Period: endOf2025}).Series("no_such", SeriesQuery{}); !errors.Is(err, &Error{Kind: NotFound}) {
		t.Errorf("an indicator that there is not: %v", err)
	}
	if _, err := (Question{Period: endOf2025}).WithoutJustice().Series(IndicatorJusticeSupervised, SeriesQuery{}); !errors.Is(err, &Error{Kind: NotFound}) {
		t.Errorf("where the justice module is off: %v", err)
	}
}

// Nobody who may not learn of a few people gets an answer that was not asked what it shows.
func TestARestrictedAskerIsShownNoFew(t *testing.T) {
	q := Question{Period: endOf2025, Basis: Basis{Records: publishedCase()}, Restricted: true}
	breakdown, _ := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByGender})
	for _, row := range breakdown.Items {
		if row.Suppressed != (!row.whole() && row.people > 0) { // one woman, so that the number of men tells of her
			t.Errorf("%s: %+v", asJSONText(row.Values), row.Figure)
		}
	}
	series, _ := q.Series(IndicatorBeneficiaries, SeriesQuery{Step: StepYear})
	if series.Items[0].Suppressed || series.Items[1].Suppressed {
		t.Errorf("nobody, then 26: %+v", series.Items)
	}
	q.Filter.Gender = GenderFemale
	if series, _ = q.Series(IndicatorBeneficiaries, SeriesQuery{Step: StepYear}); !series.Items[0].Suppressed || !series.Items[1].Suppressed {
		t.Errorf("under a filter that one passes: %+v", series.Items)
	}
	if breakdown, _ = q.Breakdown(IndicatorJusticeSupervised, []Dimension{BySector}); !breakdown.Items[0].Suppressed || !breakdown.Items[2].Suppressed {
		t.Errorf("broken down under a filter that one passes: %+v", breakdown.Items)
	}
}

func asJSONText(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}
