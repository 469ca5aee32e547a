package domain

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestARequestIsDueOneMonthAfterItWasReceived(t *testing.T) {
	for _, row := range []struct {
		received  string
		extended  bool
		dueOn     string
		extension string // the last day on which it may be extended
	}{
		{"2026-01-15", false, "2026-02-15", ""},
		{"2026-01-31", false, "2026-02-28", ""},
		{"2024-01-31", false, "2024-02-29", ""},
		{"2026-01-31", true, "2026-04-30", "2026-02-28"},
		{"2026-11-30", true, "2027-02-28", "2026-12-30"},
		{"2026-12-31", false, "2027-01-31", ""},
	} {
		in := RightsRequestInput{Kind: RightAccess, ReceivedOn: MustDate(row.received), Status: RightsOpen}
		if row.extended {
			in.ExtensionReason = new("Dossier partagé.")
		}
		if got := in.DueOn().String(); got != row.dueOn {
			t.Errorf("%s, extended %v: due on %s, not %s", row.received, row.extended, got, row.dueOn)
		}
		if !row.extended {
			continue
		}
		last := MustDate(row.extension)
		if err := in.Check(last, false); err != nil {
			t.Errorf("%s: extended on the last day: %v", row.received, err)
		}
		if err := in.Check(last.AddDays(1), false); !faulty(err, "body.extension_reason") {
			t.Errorf("%s: extended a day too late: %v", row.received, err)
		}
		if err := in.Check(last.AddDays(1), true); err != nil {
			t.Errorf("%s: extended before, rewritten later: %v", row.received, err)
		}
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	today := MustDate("2026-03-10")
	day := func(text string) *Date { return new(MustDate(text)) }
	for name, row := range map[string]struct {
		in    RightsRequestInput
		field string // at fault; none where it is accepted
	}{
		"open":                   {RightsRequestInput{Status: RightsOpen}, ""},
		"answered":               {RightsRequestInput{Status: RightsAnswered, AnsweredOn: day("2026-03-10")}, ""},
		"refused with a reason":  {RightsRequestInput{Status: RightsRefused, AnsweredOn: day("2026-03-01"), Note: new("Identité non établie.")}, ""},
		"received tomorrow":      {RightsRequestInput{Status: RightsOpen, ReceivedOn: MustDate("2026-03-11")}, "body.received_on"},
		"open and answered":      {RightsRequestInput{Status: RightsOpen, AnsweredOn: day("2026-03-05")}, "body.answered_on"},
		"answered, not when":     {RightsRequestInput{Status: RightsAnswered}, "body.answered_on"},
		"answered before":        {RightsRequestInput{Status: RightsAnswered, AnsweredOn: day("2026-02-28")}, "body.answered_on"},
		"answered tomorrow":      {RightsRequestInput{Status: RightsAnswered, AnsweredOn: day("2026-03-11")}, "body.answered_on"},
		"refused without reason": {RightsRequestInput{Status: RightsRefused, AnsweredOn: day("2026-03-05")}, "body.note"},
		"a blank note":           {RightsRequestInput{Status: RightsOpen, Note: new("  ")}, "body.note"},
	} {
		if row.in.ReceivedOn.IsZero() {
			row.in.ReceivedOn = MustDate("2026-03-01")
		}
		err := row.in.Check(today, false)
		if row.field == "" && err != nil || row.field != "" && !faulty(err, row.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func faulty(err error, location string) bool {
	var refusal *Error
	return errors.As(err, &refusal) && len(refusal.Fields) == 1 && refusal.Fields[0].Location == location
}

func TestTheLastContact(t *testing.T) {
	today := MustDate("2026-06-01")
	at := func(text string) *time.Time { return new(MustDate(text).Start().Add(9 * time.Hour)) }
	day := func(text string) *Date { return new(MustDate(text)) }
	entered := MustDate("2024-02-01")
	for name, row := range map[string]struct {
		paths []ContactPath
		want  string
	}{
		"never enrolled: the day the file was made": {nil, "2024-01-10"},
		"entered":           {[]ContactPath{{EnteredOn: entered}}, "2024-02-01"},
		"came to a meeting": {[]ContactPath{{EnteredOn: entered, Attended: at("2024-05-07")}}, "2024-05-07"},
		"late on the last evening, a day in Paris": {[]ContactPath{{EnteredOn: entered, Attended: new(time.Date(2024, 5, 7, 22, 30, 0, 0, time.UTC))}}, "2024-05-08"},
		"left":                                        {[]ContactPath{{EnteredOn: entered, ExitedOn: day("2024-08-31"), Attended: at("2024-05-07")}}, "2024-08-31"},
		"left, followed up, to the month's end":       {[]ContactPath{{EnteredOn: entered, ExitedOn: day("2024-08-31"), FollowUpAgreed: new(true)}}, "2025-02-28"},
		"left, did not agree":                         {[]ContactPath{{EnteredOn: entered, ExitedOn: day("2024-08-31"), FollowUpAgreed: new(false)}}, "2024-08-31"},
		"found in work later":                         {[]ContactPath{{EnteredOn: entered, ExitedOn: day("2024-08-31"), Fact: day("2025-03-04")}}, "2025-03-04"},
		"a fact to come is no contact yet":            {[]ContactPath{{EnteredOn: entered, Fact: day("2027-01-01")}}, "2026-06-01"},
		"expected at a meeting":                       {[]ContactPath{{EnteredOn: entered, Planned: at("2026-06-09")}}, "2026-06-09"},
		"the latest of two paths, whichever is first": {[]ContactPath{{EnteredOn: entered, Attended: at("2025-01-07")}, {EnteredOn: MustDate("2024-09-01")}}, "2025-01-07"},
	} {
		contacts := Contacts{RecordedAt: *at("2024-01-10"), Paths: row.paths}
		if got := contacts.Last(today).String(); got != row.want {
			t.Errorf("%s: %s, not %s", name, got, row.want)
		}
	}
	if got := (RetentionRule{Months: 24}).DueOn(MustDate("2024-02-29")).String(); got != "2026-02-28" {
		t.Errorf("two years from a leap day end on %s", got)
	}
}

// What is kept of a measure of justice says the same to the figure it is counted in.
func TestTheJusticeDetailGoesAndTheGroupStays(t *testing.T) {
	if _, goes := DropJusticeDetail(nil); goes {
		t.Error("what nobody knows went")
	}
	for _, code := range JusticeStatus("").Codes() {
		before := JusticeStatus(code)
		after, goes := DropJusticeDetail(&before)
		if GroupOf(*after) != GroupOf(before) {
			t.Errorf("%s became %s, of another group", before, *after)
		}
		if want := GroupOf(before) == GroupJustice && before != JusticeSansPrecision; goes != want {
			t.Errorf("%s went: %v", before, goes)
		}
		if _, again := DropJusticeDetail(after); again {
			t.Errorf("%s goes twice", before)
		}
	}
}

func TestRestrictionSaysWhy(t *testing.T) {
	now := MustDate("2026-06-01").Start()
	var p Participant
	if err := p.Restrict(RestrictionInput{new(true), "  "}, now); err == nil || p.RestrictedAt != nil {
		t.Error("restricted for a blank reason")
	}
	if err := p.Restrict(RestrictionInput{new(true), "Contestée."}, now); err != nil || p.RestrictedAt == nil || *p.RestrictionReason != "Contestée." {
		t.Error(err, p)
	}
	if err := p.Restrict(RestrictionInput{new(true), "Autre raison."}, now.Add(time.Hour)); err != nil || !p.RestrictedAt.Equal(now) || !strings.Contains(*p.RestrictionReason, "Autre") {
		t.Error("restricted again, it counts from then:", err)
	}
	if err := p.Restrict(RestrictionInput{new(false), "Vérifiée."}, now); err != nil || p.RestrictedAt != nil || p.RestrictionReason != nil {
		t.Error(err, p)
	}
}
