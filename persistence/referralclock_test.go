package persistence_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"o2r/domain"
)

// delays gives the programme a delay and a day on which its team is reminded.
func (a *aged) delays(expiry, reminder *int) {
	a.Helper()
	admin := a.store.As(domain.Actor{Subject: "a", Role: domain.Admin})
	known, err := admin.Programme(a.Context(), programme)
	a.must(err)
	in := known.ProgrammeInput
	in.ReferralExpiryDays, in.ReferralReminderDays = expiry, reminder
	_, err = admin.ReplaceProgramme(a.Context(), programme, domain.Match{}, in)
	a.must(err)
}

// told are the events about referrals so far, in the order of the people.
func (a *aged) told() string {
	a.Helper()
	names := map[string]string{}
	for name, id := range a.people {
		names[id] = name
	}
	var told []string
	for _, line := range column(a, a.conn, `SELECT record_id || ' ' || type || coalesce(' to a partner ' || nullif(organisation_id::text, $1), '') FROM events WHERE type IN ('referral.expired', 'referral.expiring')
		ORDER BY (SELECT last_name FROM referrals WHERE id::text = record_id), id`, a.partner.OrganisationID) {
		told = append(told, names[line[:36]]+line[36:])
	}
	return strings.Join(told, ", ")
}

// Nobody has to ask: what has no decision expires, and its team is reminded once before that.
func TestTheServerRemindsAndExpiresByItself(t *testing.T) {
	a := newAged(t)
	a.delays(new(30), new(7))
	a.refer("Décidée", "2027-03-01", true)
	a.refer("Limite", "2027-03-01", false) // expires on 31 March, and is called to mind from the 24th on
	a.refer("Suivante", "2027-03-02", false)
	a.refer("Vue", "2027-03-01", false)
	_, err := a.on("2027-03-02").As(a.staff).Review(t.Context(), a.people["Vue"], domain.Match{})
	a.must(err)
	a.people["Essai"] = a.trial("Essai", "2027-03-01")
	before, err := a.on("2027-03-02").As(a.staff).Referral(t.Context(), a.people["Limite"])
	a.must(err)
	settle := func(day, want string) {
		t.Helper()
		for range 2 { // a second time there is nothing left to do
			a.must(a.on(day).SettleReferrals(t.Context()))
		}
		if got := a.told(); got != want {
			t.Errorf("on %s the events are\n%s\nnot\n%s", day, got, want)
		}
	}
	settle("2027-03-23", "")
	settle("2027-03-24", "Limite referral.expiring, Vue referral.expiring")
	after, err := a.on("2027-03-24").As(a.staff).Referral(t.Context(), a.people["Limite"])
	a.must(err)
	if after.RemindedAt == nil || after.Version != before.Version || !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("it is %+v, and was %+v", after, before)
	}
	if seen, err := a.on("2027-03-24").As(a.partner).Referral(t.Context(), a.people["Limite"]); err != nil || seen.RemindedAt != nil {
		t.Errorf("the partner is told that its team was reminded: %+v, %v", seen, err)
	}
	settle("2027-03-30", "Limite referral.expiring, Suivante referral.expiring, Vue referral.expiring")
	settle("2027-03-31", "Essai referral.expired, Limite referral.expiring, Limite referral.expired, Suivante referral.expiring, Vue referral.expiring, Vue referral.expired")
	if got := strings.Join(column(t, a.conn, `SELECT subject || ' ' || role || ' ' || action || ' ' || array_to_string(fields, ' ') || coalesce(' in ' || programme, '') || ' ' || count(*)
		FROM audit_events WHERE kind = 'referral' AND role = 'system' GROUP BY subject, role, action, fields, programme ORDER BY 1`), ", "); got !=
		"o2r system expired decided_at status 1, o2r system expired decided_at status in o2r-somme 2, o2r system expiring reminded_at in o2r-somme 3" {
		t.Error("the trail says", got)
	}
	if got := strings.Join(column(t, a.conn, `SELECT last_name || ' ' || status FROM referrals ORDER BY last_name`), ", "); got != "Décidée declined, Essai expired, Limite expired, Suivante received, Vue expired" {
		t.Error("they are", got)
	}
	if n := column(t, a.conn, `SELECT count(*)::text FROM events WHERE type = 'referral.expiring' AND (organisation_id IS NOT NULL OR programme IS NULL)`)[0]; n != "0" {
		t.Errorf("%s reminders are not the programme's alone", n)
	}
}

// Without a reminder nobody is reminded, without a delay nothing expires, and what cannot be decided is left alone.
func TestNobodyIsRemindedForNothing(t *testing.T) {
	a := newAged(t)
	a.refer("Sans délai", "2027-03-01", false)
	a.delays(new(30), nil)
	a.refer("Sans rappel", "2027-03-01", false)
	a.must(a.on("2027-03-30").SettleReferrals(t.Context()))
	if got := a.told(); got != "" {
		t.Error(got)
	}
	a.delays(new(30), new(7)) // those who wait already are reminded too
	a.refer("Gelée", "2027-03-05", false)
	_, err := a.conn.Exec(t.Context(), `SELECT set_config('o2r.role', 'system', false)`)
	a.must(err)
	_, err = a.conn.Exec(t.Context(), `UPDATE referrals SET frozen = true WHERE last_name = 'Gelée'`)
	a.must(err)
	a.must(a.on("2027-03-30").SettleReferrals(t.Context()))
	if got := a.told(); got != "Sans rappel referral.expiring" {
		t.Error(got)
	}
	for _, row := range []struct{ expiry, reminder *int }{{nil, new(7)}, {new(30), new(30)}, {new(30), new(31)}} {
		in := domain.ProgrammeInput{Slug: "x", Name: "x", StartsOn: domain.MustDate("2025-01-01"), EndsOn: domain.MustDate("2026-01-01"), ReferralExpiryDays: row.expiry, ReferralReminderDays: row.reminder}
		if in.Check() == nil {
			t.Errorf("%v days before the end of %v is accepted", row.reminder, row.expiry)
		}
		if _, err := a.conn.Exec(t.Context(), `UPDATE programmes SET referral_expiry_days = $1, referral_reminder_days = $2`, row.expiry, row.reminder); err == nil || !strings.Contains(err.Error(), "programmes_referral_reminder_days_check") {
			t.Errorf("the database takes it: %v", err)
		}
	}
}

// Several replicas at once, while people ask too: each referral is settled once.
func TestReplicasSettleEachReferralOnce(t *testing.T) {
	a := newAged(t)
	a.delays(new(30), new(7))
	const many = 450 // more than two transactions' worth
	var rows []domain.ReferralInput
	for i := range many {
		rows = append(rows, domain.ReferralInput{Programme: programme, Identity: domain.Identity{FirstName: "Prénom", LastName: fmt.Sprint("Nom", i)}, Contact: domain.Contact{Phone: new("06 39 98 00 00")}, ConsentedOn: domain.MustDate("2027-03-01")})
	}
	_, err := a.on("2027-03-01").As(a.partner).ReferAll(t.Context(), rows)
	a.must(err)
	for _, day := range []string{"2027-03-25", "2027-04-10"} {
		var replicas sync.WaitGroup
		for range 6 {
			replicas.Go(func() {
				if err := a.on(day).SettleReferrals(context.Background()); err != nil {
					t.Error(err)
				}
			})
			replicas.Go(func() {
				if _, err := a.on(day).As(a.staff).Referrals(context.Background(), domain.ReferralQuery{}); err != nil {
					t.Error(err)
				}
			})
		}
		replicas.Wait()
	}
	for kind, want := range map[string]int{"expiring": many, "expired": many} {
		for _, query := range []string{`SELECT count(*) || ' ' || count(DISTINCT record_id) FROM events WHERE type = 'referral.' || $1::text`, `SELECT count(*) || ' ' || count(DISTINCT record_ids) FROM audit_events WHERE kind = 'referral' AND action = $1::text`} {
			if got := column(t, a.conn, query, kind)[0]; got != fmt.Sprint(want, " ", want) {
				t.Errorf("%s: %s, not %d of each", kind, got, want)
			}
		}
	}
	if err := a.store.SettleReferrals(cancelled()); err == nil {
		t.Error("it goes on when it is to stop")
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now())
	cancel()
	return ctx
}

// What expires by a day is listed for who asks, of what is still to be decided and hers to see.
func TestReferralsThatExpireByADay(t *testing.T) {
	a := newAged(t)
	a.refer("Sans délai", "2027-03-01", false)
	a.delays(new(30), nil)
	a.refer("Décidée", "2027-03-01", true)
	a.refer("Limite", "2027-03-01", false)
	a.refer("Suivante", "2027-03-02", false)
	a.trial("Essai", "2027-03-01")
	other := a.partner
	other.OrganisationID = stranger
	for _, row := range []struct {
		actor domain.Actor
		by    string
		want  string
	}{
		{a.staff, "2027-03-30", ""},
		{a.staff, "2027-03-31", "Limite"},
		{a.staff, "2027-04-01", "Suivante Limite"},
		{a.partner, "2027-03-31", "Limite"},
		{other, "2027-04-01", ""},
	} {
		page, err := a.on("2027-03-15").As(row.actor).Referrals(t.Context(), domain.ReferralQuery{ExpiringBy: domain.MustDate(row.by)})
		a.must(err)
		var names []string
		for _, item := range page.Items {
			names = append(names, item.LastName)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("by %s %s is listed %q, not %q", row.by, row.actor.Role, got, row.want)
		}
	}
}
