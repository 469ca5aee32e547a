package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func on(day string) Date { return MustDate(day) }

func TestWhatBecameOfReferrals(t *testing.T) {
	fact := func(organisation, received string, status ReferralStatus, decided string, reason DeclineReason) ReferralFact {
		f := ReferralFact{OrganisationID: organisation, Received: on(received), Status: status}
		if decided != "" {
			f.Decided = new(on(decided))
		}
		if reason != "" {
			f.DeclineReason = &reason
		}
		return f
	}
	facts := []ReferralFact{
		fact("spip", "2024-12-31", ReferralAccepted, "2025-01-02", ""), // the day before
		fact("spip", "2025-01-01", ReferralAccepted, "2025-01-01", ""), // answered the same day
		fact("spip", "2025-01-31", ReferralAccepted, "2025-02-10", ""),
		fact("spip", "2025-01-15", ReferralDeclined, "2025-01-18", DeclineComplet),
		fact("spip", "2025-01-15", ReferralDeclined, "2025-02-14", DeclineInjoignable),
		fact("spip", "2025-01-16", ReferralDeclined, "2025-01-20", DeclineComplet),
		fact("spip", "2025-01-16", ReferralWithdrawn, "2025-01-17", ""), // no answer of the team's
		fact("spip", "2025-01-17", ReferralExpired, "2025-03-17", ""),
		fact("spip", "2025-01-18", ReferralReceived, "", ""),
		fact("spip", "2025-01-19", ReferralUnderReview, "", ""),
		fact("mdsi", "2025-02-01", ReferralExpired, "2025-04-01", ""),
		fact("spip", "2025-03-01", ReferralAccepted, "2025-03-02", ""), // the day after
	}
	got := ""
	for _, f := range CountReferrals(facts, Span{on("2025-01-01"), on("2025-02-28")}, StepMonth, "mairie") {
		show := func(value *float64) string {
			if value == nil {
				return "/"
			}
			return fmt.Sprintf("%.4g", *value)
		}
		got += fmt.Sprintln(f.OrganisationID, f.From, f.To, f.Received, "=", f.Accepted, f.Declined, f.Withdrawn, f.Expired, f.Open, "answered", f.Answered, show(f.AcceptanceRate), show(f.MedianDays), show(f.P90Days), *f.DeclineReasons)
	}
	want := `mairie 2025-01-01 2025-01-31 0 = 0 0 0 0 0 answered 0 / / / []
mairie 2025-02-01 2025-02-28 0 = 0 0 0 0 0 answered 0 / / / []
mdsi 2025-01-01 2025-01-31 0 = 0 0 0 0 0 answered 0 / / / []
mdsi 2025-02-01 2025-02-28 1 = 0 0 0 1 0 answered 0 / / / []
spip 2025-01-01 2025-01-31 9 = 2 3 1 1 2 answered 5 40 4 30 [{injoignable 1} {complet 2}]
spip 2025-02-01 2025-02-28 0 = 0 0 0 0 0 answered 0 / / / []
`
	if got != want {
		t.Errorf("counted\n%s\nnot\n%s", got, want)
	}
}

func TestThePeriodsOfReferralFigures(t *testing.T) {
	for _, row := range []struct {
		from, to string
		step     FigureStep
		want     string
	}{
		{"2025-01-15", "2025-03-02", StepMonth, "2025-01-15/2025-01-31 2025-02-01/2025-02-28 2025-03-01/2025-03-02"},
		{"2024-02-29", "2024-02-29", StepMonth, "2024-02-29/2024-02-29"},
		{"2025-03-31", "2025-10-01", StepQuarter, "2025-03-31/2025-03-31 2025-04-01/2025-06-30 2025-07-01/2025-09-30 2025-10-01/2025-10-01"},
		{"2024-12-31", "2026-01-01", StepYear, "2024-12-31/2024-12-31 2025-01-01/2025-12-31 2026-01-01/2026-01-01"},
		{"2024-12-31", "2026-01-01", "", "2024-12-31/2026-01-01"},
	} {
		var cut []string
		for _, period := range (Span{on(row.from), on(row.to)}).cut(row.step) {
			cut = append(cut, period.From.String()+"/"+period.To.String())
		}
		if got := strings.Join(cut, " "); got != row.want {
			t.Errorf("%s to %s by %q is %s", row.from, row.to, row.step, got)
		}
	}
	today, start := on("2026-02-03"), on("2024-11-01")
	for _, row := range []struct {
		query ReferralFiguresQuery
		want  string
	}{
		{ReferralFiguresQuery{}, "2024-11-01/2026-02-03"},
		{ReferralFiguresQuery{To: on("2024-01-01")}, "2024-01-01/2024-01-01"}, // before it began
		{ReferralFiguresQuery{From: on("2016-03-01"), Step: StepMonth}, "2016-03-01/2026-02-03"},
		{ReferralFiguresQuery{From: on("2016-02-29"), Step: StepMonth}, "query.step too_many_periods"},
		{ReferralFiguresQuery{From: on("1900-01-01"), To: on("2100-12-31")}, "1900-01-01/2100-12-31"},
		{ReferralFiguresQuery{From: on("1900-01-01"), To: on("2100-12-31"), Step: StepYear}, "query.step too_many_periods"},
		{ReferralFiguresQuery{From: on("2026-02-04")}, "query.from after_end"},
		{ReferralFiguresQuery{From: on("2025-02-04"), To: on("2025-02-03"), Step: StepMonth}, "query.from after_end"},
	} {
		whole, err := row.query.Whole(start, today)
		got := whole.From.String() + "/" + whole.To.String()
		if refusal, refused := err.(*Error); refused {
			got = refusal.Fields[0].Location + " " + refusal.Fields[0].Code
		}
		if got != row.want {
			t.Errorf("%+v is %s, not %s", row.query, got, row.want)
		}
	}
}

// However the days are cut, each referral is counted once and stands in one column; and half of the answers, and
// nine in ten, took no longer than is said.
func TestReferralsAreCountedOnce(t *testing.T) {
	statuses := []ReferralStatus{ReferralReceived, ReferralUnderReview, ReferralAccepted, ReferralDeclined, ReferralWithdrawn, ReferralExpired}
	rapid.Check(t, func(t *rapid.T) {
		var facts []ReferralFact
		for range rapid.IntRange(0, 40).Draw(t, "facts") {
			f := ReferralFact{OrganisationID: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "organisation"), Received: on("2025-01-01").AddDays(rapid.IntRange(0, 500).Draw(t, "received")), Status: rapid.SampledFrom(statuses).Draw(t, "status")}
			if f.Status != ReferralReceived && f.Status != ReferralUnderReview {
				f.Decided = new(f.Received.AddDays(rapid.IntRange(0, 60).Draw(t, "days")))
			}
			facts = append(facts, f)
		}
		whole := Span{on("2025-01-01").AddDays(rapid.IntRange(0, 200).Draw(t, "from")), on("2025-08-01").AddDays(rapid.IntRange(0, 200).Draw(t, "to"))}
		for _, step := range []FigureStep{"", StepMonth, StepQuarter, StepYear} {
			counted := 0
			for _, f := range CountReferrals(facts, whole, step) {
				counted += f.Received
				if f.Accepted+f.Declined+f.Withdrawn+f.Expired+f.Open != f.Received || f.Answered != f.Accepted+f.Declined || (f.Answered == 0) != (f.AcceptanceRate == nil && f.MedianDays == nil && f.P90Days == nil) {
					t.Fatalf("%+v does not add up", f)
				}
				within := func(days float64) (n int) {
					for _, fact := range facts {
						if fact.OrganisationID == f.OrganisationID && !fact.Received.Before(f.From) && !fact.Received.After(f.To) && slices.Contains(statuses[2:4], fact.Status) && float64(fact.Decided.DaysSince(fact.Received)) <= days {
							n++
						}
					}
					return n
				}
				if f.Answered > 0 && (2*within(*f.MedianDays) < f.Answered || 10*within(*f.P90Days) < 9*f.Answered || 10*within(*f.P90Days-1) >= 9*f.Answered) {
					t.Fatalf("%+v: %d in the median, %d in p90", f, within(*f.MedianDays), within(*f.P90Days))
				}
			}
			there := 0
			for _, fact := range facts {
				if !fact.Received.Before(whole.From) && !fact.Received.After(whole.To) {
					there++
				}
			}
			if counted != there {
				t.Fatalf("by %q %d are counted, and %d are there", step, counted, there)
			}
		}
	})
}
