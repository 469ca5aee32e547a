package persistence_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"o2r/domain"
)

// trial is what a partner's program sends in the sandbox: whatever a person could be called.
func (a *aged) trial(name, day string) string {
	a.Helper()
	actor := a.partner
	actor.Sandbox = true
	sent, created, err := a.on(day).As(actor).Refer(a.Context(), domain.ReferralInput{Programme: programme, ExternalReference: new("R-" + name + day),
		Identity: domain.Identity{FirstName: "Prénom", LastName: name, BirthDate: new(domain.MustDate("1990-02-03"))}, Contact: domain.Contact{Phone: new("06 39 98 00 00")}, ConsentedOn: domain.MustDate(day)})
	a.must(err)
	if !created || !sent.Sandbox || sent.Status != domain.ReferralReceived {
		a.Errorf("it is %+v", sent)
	}
	return sent.ID
}

// What was sent in the sandbox goes a month later, whatever was decided, and keeps nobody's file.
func TestTheSandboxIsEmptiedAMonthLater(t *testing.T) {
	a := newAged(t)
	a.enter("Oublié", "2024-03-04", domain.JusticeAucune)
	a.people["Essai"], a.people["Essai d'hier"] = a.trial("Oublié", "2027-05-01"), a.trial("Oublié", "2027-05-02")
	a.people["Essai accepté"] = a.trial("Accepté", "2027-04-01")
	tester := a.partner
	tester.Sandbox = true
	_, err := a.on("2027-04-02").As(tester).Accept(t.Context(), a.people["Essai accepté"], domain.Match{}, domain.Acceptance{})
	a.must(err)
	if got, want := a.due(), "participant Oublié 2026-03-04\nsandbox_referral Essai 2027-06-01\nsandbox_referral Essai accepté 2027-05-01"; got != want {
		t.Errorf("due are\n%s\nnot\n%s", got, want)
	}
	for _, name := range []string{"Essai", "Essai accepté", "Essai d'hier"} {
		done, err := a.officer.Retain(t.Context(), domain.RetentionDue{Rule: "sandbox_referral", RecordID: a.people[name]})
		if err != nil || done != (name != "Essai d'hier") {
			t.Errorf("%s: %t, %v", name, done, err)
		}
		if done, err := a.officer.Retain(t.Context(), domain.RetentionDue{Rule: "referral", RecordID: a.people[name]}); err != nil || done {
			t.Errorf("%s went under the rule of others: %v", name, err)
		}
	}
	if got := strings.Join(column(t, a.conn, `SELECT coalesce(last_name, 'erased') || ' ' || status FROM referrals ORDER BY received_at`), ", "); got != "erased accepted, erased withdrawn, Oublié received" {
		t.Error("left are", got)
	}
	if got := strings.Join(column(t, a.conn, `SELECT DISTINCT sandbox || coalesce(programme, '') FROM events WHERE kind = 'referral'`), ", "); got != "true"+programme {
		t.Error("events are", got)
	}
	if n := column(t, a.conn, `SELECT count(*)::text FROM audit_events WHERE kind = 'referral' AND programme IS NOT NULL`)[0]; n != "0" {
		t.Errorf("%s rows of the trail are the programme's", n)
	}
}

// A trial in somebody's name is not taken away with her file: seen to go, it would tell whoever made it up that she was on
// file. It goes by its own rule, a month after it was sent.
func TestAnErasureLeavesTrialsToTheirOwnRule(t *testing.T) {
	a := newAged(t)
	a.enter("Oublié", "2024-03-04", domain.JusticeAucune)
	id, other := a.trial("Oublié", "2027-05-01"), a.trial("Autre", "2027-05-01")
	done, err := a.officer.Erase(t.Context(), a.people["Oublié"], domain.ErasureInput{Reason: "Demande écrite."})
	a.must(err)
	if got := strings.Join(column(t, a.conn, `SELECT coalesce(last_name, 'erased') FROM referrals WHERE id IN ($1, $2) ORDER BY last_name NULLS FIRST`, id, other), ", "); got != "Autre, Oublié" || done.Referrals != 0 {
		t.Errorf("left are %s, after %+v", got, done)
	}
}

// The database itself holds the sandbox apart from files, whoever asks it.
func TestTheDatabaseLetsNothingOutOfTheSandbox(t *testing.T) {
	a := newAged(t)
	a.enter("Oublié", "2024-03-04", domain.JusticeAucune)
	id := a.trial("Oublié", "2027-05-01")
	a.refer("Vrai", "2027-05-01", false)
	for what, row := range map[string]struct{ statement, constraint string }{
		"a trial that led to somebody":     {`UPDATE referrals SET status = 'accepted', decided_at = now(), participant_id = '` + a.people["Oublié"] + `', enrolment_id = '` + a.paths["Oublié"] + `' WHERE id = '` + id + `'`, "referrals_accept_check"},
		"a trial that names a person":      {`UPDATE referrals SET participant_id = '` + a.people["Oublié"] + `' WHERE id = '` + id + `'`, "referrals_accept_check"},
		"a live one that led to nobody":    {`UPDATE referrals SET status = 'accepted', decided_at = now() WHERE id = '` + a.people["Vrai"] + `'`, "referrals_accept_check"},
		"an enrolment from a trial":        {`UPDATE enrolments SET referral_id = '` + id + `' WHERE id = '` + a.paths["Oublié"] + `'`, "enrolments_referral_id_fkey"},
		"an enrolment that says it does":   {`UPDATE enrolments SET referral_sandbox = true WHERE id = '` + a.paths["Oublié"] + `'`, "enrolments_referral_sandbox_check"},
		"a coordinator's client of trials": {`INSERT INTO clients (id, version, created_at, updated_at, name, organisation_id, role, programmes, grants, sandbox) VALUES (gen_random_uuid(), 1, now(), now(), 'x', '` + a.staff.OrganisationID + `', 'coordinator', '{}', 1, true)`, "clients_sandbox_check"},
	} {
		_, err := a.conn.Exec(t.Context(), `SET o2r.role = 'system'`)
		a.must(err)
		_, err = a.conn.Exec(t.Context(), row.statement)
		var refusal *pgconn.PgError
		if !errors.As(err, &refusal) || refusal.ConstraintName != row.constraint {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A live referral that an enrolment follows from does not become one of the sandbox either.
	_, err := a.conn.Exec(t.Context(), `UPDATE enrolments SET referral_id = $1 WHERE id = $2`, a.people["Vrai"], a.paths["Oublié"])
	a.must(err)
	var refusal *pgconn.PgError
	if _, err = a.conn.Exec(t.Context(), `UPDATE referrals SET sandbox = true WHERE id = $1`, a.people["Vrai"]); !errors.As(err, &refusal) || refusal.ConstraintName != "enrolments_referral_sandbox_check" {
		t.Errorf("a live referral became a trial: %v", err)
	}
	_, _, err = a.on("2027-05-03").As(a.staff).Refer(t.Context(), domain.ReferralInput{})
	if err == nil {
		t.Error("nothing was referred")
	}
	_, err = a.on("2027-05-03").As(a.staff).Enrol(t.Context(), domain.EnrolmentInput{ParticipantID: a.people["Oublié"], Programme: programme, EnteredOn: domain.MustDate("2024-03-04"), ReferralID: &id})
	if !errors.Is(err, &domain.Error{Kind: domain.Invalid}) {
		t.Errorf("staff cite a trial: %v", err)
	}
}
