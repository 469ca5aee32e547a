package persistence_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence"
)

// Every table, asked for all it holds by a query without any scope, gives each actor exactly the
// rows that the rules allow; and a statement that would write them all writes no other.
func TestTheDatabaseAloneKeepsRowsApart(t *testing.T) {
	store, conn := peopled(t)
	seen := map[string]int{}
	for _, actor := range actors() {
		session := store.As(actor)
		for _, p := range personal {
			want := readable(t, conn, p.table, p.key, p.readable, actor)
			got, err := session.Texts(t.Context(), "", `SELECT `+p.key+`::text FROM `+p.table+` ORDER BY 1`)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s reads of %s\n%q, not\n%q: %v", name(actor), p.table, got, want, err)
			}
			seen[p.table+string(actor.Role)] += len(got)
			n, err := session.Try(t.Context(), "", rewriting(p.table))
			switch {
			case p.table == "audit_events":
				if !kept(p.table, n, err) {
					t.Errorf("%s rewrites %d rows of the trail: %v", name(actor), n, err)
				}
			case p.table == "events" && !actor.Is(domain.DPO):
				if n != 0 || err != nil {
					t.Errorf("%s, who only reads the feed, writes %d of its rows: %v", name(actor), n, err)
				}
			case slices.Contains(unwritten, p.table) && !actor.Is(domain.DPO):
				if n != 0 || err != nil {
					t.Errorf("%s rewrites %d rows of %s: %v", name(actor), n, p.table, err)
				}
			case actor.Is(domain.DPO) && !slices.Contains(erasable, p.table):
				if n != 0 || err != nil && !refused(err) {
					t.Errorf("%s, who only reads %s, writes %d rows: %v", name(actor), p.table, n, err)
				}
			case int(n) != len(want) || err != nil:
				t.Errorf("%s writes %d rows of %s, not %d: %v", name(actor), n, p.table, len(want), err)
			}
			if p.table == "workshop_registrations" && actor.Staff() { // a place in a workshop to come may be given back
				if n, err := session.Try(t.Context(), "", `DELETE FROM workshop_registrations`); int(n) != len(want) || err != nil {
					t.Errorf("%s gives %d places back, not %d: %v", name(actor), n, len(want), err)
				}
				continue
			}
			if n, err := session.Try(t.Context(), "", `DELETE FROM `+p.table); !kept(p.table, n, err) {
				t.Errorf("%s deletes %d rows of %s: %v", name(actor), n, p.table, err)
			}
		}
	}
	// The rules are not trivially kept: those who may see something do.
	for _, who := range []string{"participantscoordinator", "participantscaseworker", "jobscaseworker", "referralspartner", "workshop_registrationscoordinator", "participantsdpo", "audit_eventscoordinator", "audit_eventsdpo", "eventscaseworker", "eventspartner", "webhook_deliveriespartner"} {
		if seen[who] == 0 {
			t.Errorf("%s: nobody saw anything", who)
		}
	}
}

// A webhook and its secrets are reached by its organisation, with a token for all of its programmes;
// an administrator reads and changes the one, and only reads the other.
func TestTheDatabaseKeepsWebhooksApart(t *testing.T) {
	store, _ := peopled(t)
	for _, actor := range actors() {
		want := 0
		if actor.Is(domain.Partner) && slices.Contains([]string{spip, mdsi}, actor.OrganisationID) && len(actor.Programmes) == 2 && !actor.Sandbox {
			want = 1
		}
		if actor.Is(domain.Admin) {
			want = 2
		}
		session := store.As(actor)
		for _, table := range []string{"webhooks", "webhook_secrets"} {
			if got, err := session.Texts(t.Context(), "", `SELECT created_at::text FROM `+table); err != nil || len(got) != want {
				t.Errorf("%s reads %d rows of %s, not %d: %v", name(actor), len(got), table, want, err)
			}
			writes := want
			if table == "webhook_secrets" && actor.Is(domain.Admin) {
				writes = 0
			}
			if n, err := session.Try(t.Context(), "", `UPDATE `+table+` SET created_at = created_at`); err != nil || int(n) != writes {
				t.Errorf("%s writes %d rows of %s, not %d: %v", name(actor), n, table, writes, err)
			}
		}
		if n, err := session.Try(t.Context(), "", `DELETE FROM webhooks`); n != 0 || err != nil {
			t.Errorf("%s deletes %d webhooks: %v", name(actor), n, err)
		}
		if actor.Is(domain.Partner) {
			continue
		}
		if n, err := session.Try(t.Context(), "", `INSERT INTO webhooks (id, version, created_at, updated_at, organisation_id, programmes, url, types, enabled) VALUES (gen_random_uuid(), 1, now(), now(), '`+spip+`', '{`+north+`}', 'https://hooks.example.org', '{}', true)`); n != 0 || !refused(err) {
			t.Errorf("%s makes %d webhooks: %v", name(actor), n, err)
		}
	}
}

// A calendar is reached by staff of its programme, by an administrator who shuts it off, and by who keeps people's rights;
// whoever has the link finds the one that its hash names, and can write nothing.
func TestTheDatabaseKeepsCalendarsApart(t *testing.T) {
	store, conn := peopled(t)
	insert := func(programme, digest string) string {
		return `INSERT INTO calendars (id, version, created_at, updated_at, programme, kind, caseworker_id, names, made_by, made_as, seen_on, expires_at, digest)
			VALUES (gen_random_uuid(), 1, now(), now(), '` + programme + `', 'caseworker', 'c', false, 'c', 'caseworker', current_date, now(), sha256('` + digest + `'))`
	}
	for _, programme := range []string{north, south} {
		if _, err := conn.Exec(t.Context(), insert(programme, programme)); err != nil {
			t.Fatal(err)
		}
	}
	read := `SELECT programme FROM calendars ORDER BY 1`
	for _, actor := range actors() {
		var want []string
		for _, programme := range []string{north, south} {
			if actor.Is(domain.Admin, domain.DPO) || actor.Staff() && slices.Contains(actor.Programmes, programme) {
				want = append(want, programme)
			}
		}
		session := store.As(actor)
		if got, err := session.Texts(t.Context(), "", read); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s reads the calendars of %q, not %q: %v", name(actor), got, want, err)
		}
		writes, erases := len(want), 0
		if actor.Is(domain.DPO) {
			writes, erases = 0, 2
		}
		if n, err := session.Try(t.Context(), "", `UPDATE calendars SET version = version`); err != nil || int(n) != writes {
			t.Errorf("%s writes %d calendars, not %d: %v", name(actor), n, writes, err)
		}
		if n, err := session.Try(t.Context(), "", `DELETE FROM calendars`); err != nil || int(n) != erases {
			t.Errorf("%s deletes %d calendars, not %d: %v", name(actor), n, erases, err)
		}
		for _, programme := range []string{north, south} {
			may := actor.Staff() && slices.Contains(actor.Programmes, programme)
			if _, err := session.Try(t.Context(), "", insert(programme, "x")); may != (err == nil) || !may && !refused(err) {
				t.Errorf("%s makes a calendar of %s: %v", name(actor), programme, err)
			}
		}
	}
	holder := store.As(domain.Actor{Subject: "x", Role: domain.Anonymous})
	for link, want := range map[string][]string{north: {north}, "": nil, "nobody's": nil} {
		setting := `SELECT set_config('o2r.calendar', CASE '` + strings.ReplaceAll(link, "'", "''") + `' WHEN '' THEN '' ELSE encode(sha256('` + strings.ReplaceAll(link, "'", "''") + `'), 'hex') END, true) AS set`
		got, err := holder.Texts(t.Context(), "", `WITH link AS MATERIALIZED (`+setting+`) SELECT programme FROM link, LATERAL (SELECT programme FROM calendars WHERE link.set IS NOT NULL) found`)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("with the link %q one finds %q, not %q: %v", link, got, want, err)
		}
	}
	if n, err := holder.Try(t.Context(), "", `UPDATE calendars SET version = version`); err != nil || n != 0 {
		t.Errorf("whoever has a link writes %d calendars: %v", n, err)
	}
}

// Nothing can be put among another's rows, nor moved there.
func TestNobodyWritesAmongAnothersRows(t *testing.T) {
	store, conn := peopled(t)
	coordinator := domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	caseworker, partner, analyst, admin := coordinator, coordinator, coordinator, coordinator
	caseworker.Role, partner.Role, partner.OrganisationID, analyst.Role, admin.Role = domain.Caseworker, domain.Partner, spip, domain.Analyst, domain.Admin
	nobody := domain.Actor{}
	stamp := "gen_random_uuid(), 1, now(), now()"
	participant := func(org, programmes string) string {
		return `INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name) VALUES (` + stamp + `, '` + org + `', '{` + programmes + `}', 'a', 'b')`
	}
	enrolment := func(person int, programme string) string {
		return `INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on) VALUES (` + stamp + `, '` + id("c0", person) + `', '` + programme + `', '2026-02-03')`
	}
	referral := func(org, programme string) string {
		return `INSERT INTO referrals (id, version, created_at, updated_at, organisation_id, programme, first_name, last_name, email, consented_on, status, received_at) VALUES (` + stamp + `, '` + org + `', '` + programme + `', 'a', 'b', 'c', '2025-01-01', 'received', now())`
	}
	trying := partner
	trying.Sandbox = true
	trial := func(org, programme string) string {
		return strings.Replace(strings.Replace(referral(org, programme), "received_at)", "received_at, sandbox)", 1), "now())", "now(), true)", 1)
	}
	job := func(n int) string {
		return `INSERT INTO jobs VALUES (` + stamp + `, '` + id("d0", n) + `', '2025-06-02', NULL, 'cdi', NULL)`
	}
	status := func(n int) string {
		return `INSERT INTO france_travail_statuses VALUES (` + stamp + `, '` + id("d0", n) + `', '2025-06-02', true)`
	}
	outcome := func(n int) string {
		return `INSERT INTO outcomes VALUES (` + stamp + `, '` + id("d0", n) + `', '6_months', '2025-12-02', 'neither', NULL)`
	}
	supported := func(table, columns, values string) func(int) string {
		return func(n int) string {
			return `INSERT INTO ` + table + ` (id, version, created_at, updated_at, enrolment_id, author, ` + columns + `) VALUES (` + stamp + `, '` + id("d0", n) + `', 'c', ` + values + `)`
		}
	}
	diagnostic, barrier := supported("diagnostics", "assessed_on, barriers, strengths", "'2025-06-02', '[]', '{}'"), supported("enrolment_barriers", "barrier, assessed_on, state", "'logement', '2025-06-02', 'open'")
	strength, charter := supported("enrolment_strengths", "strength, noted_on", "'entourage', '2025-06-02'"), supported("charters", "signed_on", "'2025-06-02'")
	objective, action := supported("objectives", "label, agreed_on, in_charter, state", "'a', '2025-06-02', true, 'open'"), supported("actions", "kind, done_on", "'forum', '2025-06-02'")
	proposal, immersion := supported("enrolment_proposals", "kind, proposed_on", "'emploi', '2025-06-02'"), supported("immersions", "purpose, starts_on, ends_on, prescriber_id", "'confirmer_un_projet', '2025-06-02', '2025-06-03', '"+mdsi+"'")
	followUp, extension := supported("follow_ups", "contacted_on, channel, counterpart, situation", "'2025-08-04', 'phone', 'personne', 'neither'"), supported("extensions", "reason, decided_on, decided_by, until_on, revoked_on", "'Motif', '2025-10-01', 'c', '2026-01-05', '2025-10-02'")
	appointment := func(n int, programme string) string {
		return `INSERT INTO appointments VALUES (` + stamp + `, '` + programme + `', '` + id("d0", n) + `', now(), 60, 'in_person', NULL, NULL, 'scheduled', NULL, NULL)`
	}
	move := func(n int) string {
		return `INSERT INTO appointment_moves VALUES (gen_random_uuid(), '` + id("40", n) + `', now(), 's', NULL, now(), 60, 'phone', NULL, now(), 60, 'in_person', NULL)`
	}
	workshop := func(programme string) string {
		return `INSERT INTO workshops VALUES (` + stamp + `, '` + programme + `', 'remobilisation', 'A', now(), 90, NULL, NULL, 'planned')`
	}
	registration := func(programme string, w, n int) string {
		return `INSERT INTO workshop_registrations VALUES ('` + programme + `', '` + id("f0", w) + `', '` + id("d0", n) + `', 'scheduled', now())`
	}
	request := func(programme string, w, n int) string {
		return `INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state, settled_at) VALUES (gen_random_uuid(), '` + programme + `', '` + id("f0", w) + `', '` + id("d0", n) + `', now(), 'lapsed', now())`
	}
	moveWorkshop := func(w int) string {
		return `INSERT INTO workshop_moves VALUES (gen_random_uuid(), '` + id("f0", w) + `', now(), 's', NULL, now(), 60, NULL, now(), 90, NULL)`
	}
	audit := func(role string) string {
		return `INSERT INTO audit_events (at, subject, role, action, kind, record_ids) VALUES (now(), 's', '` + role + `', 'a', 'k', '{}')`
	}
	event := func(programme, org string) string {
		return `INSERT INTO events (occurred_at, type, kind, record_id, programme, organisation_id) VALUES (now(), 't', 'k', 'r', nullif('` + programme + `', ''), nullif('` + org + `', '')::uuid)`
	}
	webhook := func(org, programmes string) string {
		return `INSERT INTO webhooks (id, version, created_at, updated_at, organisation_id, programmes, url, types, enabled) VALUES (` + stamp + `, '` + org + `', '{` + programmes + `}', 'https://hooks.example.org', '{}', true)`
	}
	const allowed, refusal = true, false
	for i, row := range []struct {
		actor     domain.Actor
		purpose   string
		statement string
		may       bool
	}{
		{coordinator, "", participant(northOrg, north), allowed},
		{coordinator, "", participant(northOrg, south), refusal},
		{coordinator, "", participant(northOrg, north+","+south), refusal},
		{coordinator, "", participant(southOrg, north), refusal},
		{coordinator, "", strings.Replace(strings.Replace(participant(southOrg, north), "last_name)", "last_name, enrolled_in)", 1), "'b')", "'b', '{"+north+"}')", 1), refusal},
		{partner, "", participant(spip, north), refusal},
		{analyst, "figures", participant(northOrg, north), refusal},
		{admin, "", participant(northOrg, north), refusal},
		{nobody, "", participant(northOrg, north), refusal},
		{coordinator, "", `UPDATE participants SET organisation_id = '` + southOrg + `' WHERE id = '` + id("c0", 4) + `'`, refusal},
		{coordinator, "", `UPDATE participants SET enrolled_in = '{` + north + `,` + south + `}' WHERE id = '` + id("c0", 1) + `'`, refusal},

		{coordinator, "", `UPDATE participants SET recorded_for = '{` + south + `}' WHERE id = '` + id("c0", 1) + `'`, refusal},

		{coordinator, "", enrolment(4, north), allowed},
		{coordinator, "", enrolment(4, south), refusal},
		{coordinator, "", enrolment(2, north), refusal}, // somebody of the south, into the north
		{coordinator, "", enrolment(5, north), refusal}, // somebody who waits there
		{coordinator, "", enrolment(6, north), refusal}, // recorded for here by another, enrolled there only
		{coordinator, "", enrolment(9, north), refusal}, // recorded here for elsewhere
		{partner, "", enrolment(1, north), refusal},
		{analyst, "figures", enrolment(1, north), refusal},
		{coordinator, "", `UPDATE enrolments SET programme = '` + south + `' WHERE id = '` + id("d0", 70) + `'`, refusal},
		{coordinator, "", `UPDATE enrolments SET participant_id = '` + id("c0", 2) + `' WHERE id = '` + id("d0", 10) + `'`, refusal},
		{coordinator, "", `UPDATE enrolments SET participant_id = '` + id("c0", 4) + `' WHERE id = '` + id("d0", 10) + `'`, allowed},
		{analyst, "figures", `UPDATE enrolments SET version = 9`, refusal},

		{caseworker, "", job(10), allowed}, {caseworker, "", job(20), refusal}, {analyst, "figures", job(10), refusal}, {partner, "", job(10), refusal},
		{caseworker, "", status(10), allowed}, {caseworker, "", status(20), refusal}, {analyst, "figures", status(10), refusal}, {admin, "", status(10), refusal},
		{caseworker, "", outcome(10), allowed}, {caseworker, "", outcome(20), refusal}, {analyst, "figures", outcome(10), refusal}, {nobody, "", outcome(10), refusal},
		{caseworker, "", `UPDATE jobs SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("10", 10) + `'`, refusal},
		{caseworker, "", `UPDATE outcomes SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("30", 10) + `'`, refusal},
		{caseworker, "", `UPDATE france_travail_statuses SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("20", 10) + `'`, refusal},

		{caseworker, "", diagnostic(10), allowed}, {caseworker, "", diagnostic(20), refusal}, {analyst, "figures", diagnostic(10), refusal}, {partner, "", diagnostic(10), refusal},
		{caseworker, "", barrier(10), allowed}, {caseworker, "", barrier(20), refusal}, {analyst, "figures", barrier(10), refusal}, {admin, "", barrier(10), refusal},
		{caseworker, "", strength(10), allowed}, {caseworker, "", strength(20), refusal}, {analyst, "figures", strength(10), refusal}, {nobody, "", strength(10), refusal},
		{caseworker, "", charter(10) + ` ON CONFLICT DO NOTHING`, allowed}, {caseworker, "", charter(20), refusal}, {analyst, "figures", charter(10), refusal}, {partner, "", charter(10), refusal},
		{caseworker, "", objective(10), allowed}, {caseworker, "", objective(20), refusal}, {analyst, "figures", objective(10), refusal}, {admin, "", objective(10), refusal},
		{caseworker, "", action(10), allowed}, {caseworker, "", action(20), refusal}, {analyst, "figures", action(10), refusal}, {nobody, "", action(10), refusal},
		{caseworker, "", proposal(10), allowed}, {caseworker, "", proposal(20), refusal}, {analyst, "figures", proposal(10), refusal}, {partner, "", proposal(10), refusal},
		{caseworker, "", immersion(10), allowed}, {caseworker, "", immersion(20), refusal}, {analyst, "figures", immersion(10), refusal}, {admin, "", immersion(10), refusal},
		{caseworker, "", followUp(10), allowed}, {caseworker, "", followUp(20), refusal}, {analyst, "figures", followUp(10), refusal}, {partner, "", followUp(10), refusal},
		{caseworker, "", extension(10), allowed}, {caseworker, "", extension(20), refusal}, {analyst, "figures", extension(10), refusal}, {nobody, "", extension(10), refusal},
		{caseworker, "", `UPDATE follow_ups SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("41", 10) + `'`, refusal},
		{caseworker, "", `UPDATE extensions SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("51", 10) + `'`, refusal},
		{caseworker, "", `UPDATE diagnostics SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("50", 10) + `'`, refusal},
		{caseworker, "", `UPDATE enrolment_strengths SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("70", 10) + `'`, refusal},
		{caseworker, "", `UPDATE enrolment_proposals SET enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("21", 10) + `'`, refusal},
		{partner, "", webhook(spip, north), allowed},
		{partner, "", webhook(spip, south), refusal}, {partner, "", webhook(spip, north+","+south), refusal}, {partner, "", webhook(mdsi, north), refusal},
		{trying, "", webhook(spip, north), refusal}, {trying, "", strings.Replace(strings.Replace(webhook(spip, north), "enabled)", "enabled, sandbox)", 1), "true)", "true, true)", 1), allowed},
		{partner, "", strings.Replace(strings.Replace(webhook(spip, north), "enabled)", "enabled, sandbox)", 1), "true)", "true, true)", 1), refusal},
		{admin, "", webhook(spip, north), refusal}, {coordinator, "", webhook(northOrg, north), refusal}, {nobody, "", webhook(spip, north), refusal},

		{partner, "", referral(spip, north), allowed},
		{partner, "", referral(spip, south), refusal}, // a programme its token does not open
		{partner, "", referral(mdsi, north), refusal},
		{partner, "", `UPDATE referrals SET organisation_id = '` + mdsi + `' WHERE id = '` + id("e0", 10) + `'`, refusal},
		{coordinator, "", `UPDATE referrals SET programme = '` + south + `' WHERE id = '` + id("e0", 30) + `'`, refusal},
		{coordinator, "", referral(northOrg, south), refusal},
		{analyst, "figures", referral(spip, north), refusal},

		{trying, "", trial(spip, north), allowed},
		{trying, "", referral(spip, north), refusal}, // what is of the sandbox stays there, and nothing else comes in
		{trying, "", trial(mdsi, north), refusal}, {trying, "", trial(spip, south), refusal},
		{partner, "", trial(spip, north), refusal}, {coordinator, "", trial(northOrg, north), refusal}, {analyst, "figures", trial(spip, north), refusal},
		{trying, "", `UPDATE referrals SET sandbox = false WHERE id = '` + id("e9", 0) + `'`, refusal},
		{partner, "", `UPDATE referrals SET sandbox = true WHERE id = '` + id("e0", 10) + `'`, refusal},
		{coordinator, "", `UPDATE referrals SET sandbox = true WHERE id = '` + id("e0", 10) + `'`, refusal},
		{trying, "", participant(spip, north), refusal}, {trying, "", enrolment(1, north), refusal},
		{trying, "", strings.Replace(strings.Replace(event(north, spip), "organisation_id)", "organisation_id, sandbox)", 1), "::uuid)", "::uuid, true)", 1), allowed},
		{trying, "", event(north, spip), refusal},

		{coordinator, "", appointment(10, north), allowed}, {coordinator, "", appointment(20, south), refusal}, {analyst, "figures", appointment(10, north), refusal},
		{caseworker, "", move(10), allowed}, {caseworker, "", move(20), refusal}, {analyst, "figures", move(10), refusal}, {partner, "", move(10), refusal}, {nobody, "", move(10), refusal},
		{coordinator, "", workshop(north), allowed}, {coordinator, "", workshop(south), refusal}, {partner, "", workshop(north), refusal},
		{coordinator, "", registration(north, 0, 10) + ` ON CONFLICT DO NOTHING`, allowed}, {coordinator, "", registration(south, 1, 31), refusal}, {analyst, "figures", registration(north, 0, 10), refusal},
		{coordinator, "", request(north, 0, 10), allowed}, {coordinator, "", request(south, 1, 31), refusal}, {analyst, "figures", request(north, 0, 10), refusal}, {partner, "", request(north, 0, 10), refusal},
		{caseworker, "", `UPDATE workshop_requests SET programme = '` + south + `', workshop_id = '` + id("f0", 1) + `', enrolment_id = '` + id("d0", 20) + `' WHERE id = '` + id("51", 10) + `'`, refusal},
		{caseworker, "", moveWorkshop(0), allowed}, {caseworker, "", moveWorkshop(1), refusal}, {analyst, "figures", moveWorkshop(0), refusal}, {partner, "", moveWorkshop(0), refusal},

		{coordinator, "", audit("coordinator"), allowed}, {coordinator, "", audit("system"), allowed},
		{coordinator, "", audit("dpo"), refusal}, {partner, "", audit("coordinator"), refusal}, {nobody, "", audit(""), refusal}, {nobody, "", audit("system"), refusal},
		{coordinator, "", event(north, ""), allowed}, {coordinator, "", event("", ""), allowed}, {coordinator, "", event(south, ""), refusal},
		{partner, "", event(north, spip), allowed}, {partner, "", event(north, mdsi), refusal}, {partner, "", event(south, spip), refusal}, {nobody, "", event("", ""), refusal},
	} {
		t.Run(fmt.Sprintf("%d %s %.60s", i, row.actor.Role, row.statement), func(t *testing.T) {
			_, err := store.As(row.actor).Try(t.Context(), row.purpose, row.statement)
			if row.may && err != nil || !row.may && !refused(err) {
				t.Errorf("may: %t, but: %v", row.may, err)
			}
		})
	}
	for _, p := range personal {
		if n, err := store.As(analyst).Try(t.Context(), "figures", rewriting(p.table)); n != 0 || err != nil && !refused(err) {
			t.Errorf("an analyst writes %d rows of %s for figures: %v", n, p.table, err)
		}
		if n, err := store.As(analyst).Try(t.Context(), "figures", `DELETE FROM `+p.table); !kept(p.table, n, err) {
			t.Errorf("an analyst deletes %d rows of %s for figures: %v", n, p.table, err)
		}
	}
	// Once the roll was called, a place is not given back.
	if _, err := conn.Exec(t.Context(), `UPDATE workshops SET status = 'closed' WHERE id = $1`, id("f0", 0)); err != nil {
		t.Fatal(err)
	}
	if n, err := store.As(coordinator).Try(t.Context(), "", `DELETE FROM workshop_registrations`); n != 0 || err != nil {
		t.Errorf("%d places in a closed workshop were given back: %v", n, err)
	}
	if n := column(t, conn, `SELECT count(*)::text FROM participants`); n[0] != fmt.Sprint(len(people)) {
		t.Errorf("%s participants", n[0])
	}
}

// Who keeps people's rights takes the places of frozen files in workshops to come, and gives them to who waited: no others.
func TestTheOfficerTakesAndGivesNoOtherPlaces(t *testing.T) {
	store, conn := peopled(t)
	exec := func(statement string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	officer := store.As(domain.Actor{Role: domain.DPO, OrganisationID: northOrg})
	place := id("f0", 0)
	frozen := column(t, conn, `SELECT enrolment_id::text FROM workshop_registrations WHERE workshop_id = '`+place+`' ORDER BY 1`)
	if len(frozen) < 2 {
		t.Fatal("too few places: the test proves nothing")
	}
	deletes := func(when string, want int64) {
		t.Helper()
		if n, err := officer.Try(t.Context(), "", `DELETE FROM workshop_registrations`); n != want || err != nil {
			t.Errorf("%s the officer takes %d places, not %d: %v", when, n, want, err)
		}
	}
	exec(`UPDATE enrolments SET frozen = true WHERE id = '` + frozen[0] + `'`)
	deletes("of a workshop that is over", 0)
	exec(`UPDATE workshops SET starts_at = now() + interval '1 day' WHERE id = '` + place + `'`)
	deletes("of one to come", 1)
	exec(`DELETE FROM workshop_registrations WHERE enrolment_id = '` + frozen[1] + `'`)
	gives := `INSERT INTO workshop_registrations VALUES ('` + north + `', '` + place + `', '` + frozen[1] + `', 'scheduled', now())`
	lapses := func(n string) string {
		return `INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state, settled_at) VALUES (gen_random_uuid(), '` + north + `', '` + place + `', '` + n + `', now(), 'lapsed', now())`
	}
	for what, statement := range map[string]string{"a place to who waits still": gives, "that another lapsed": lapses(frozen[1]), "that she withdrew": strings.Replace(lapses(frozen[0]), "'lapsed'", "'withdrawn'", 1)} {
		if _, err := officer.Try(t.Context(), "", statement); !refused(err) {
			t.Errorf("the officer writes %s: %v", what, err)
		}
	}
	if _, err := officer.Try(t.Context(), "", lapses(frozen[0])); err != nil {
		t.Errorf("the officer cannot write that a place lapsed: %v", err)
	}
	exec(`UPDATE workshop_requests SET state = 'registered', settled_at = now() WHERE enrolment_id = '` + frozen[1] + `'`)
	if _, err := officer.Try(t.Context(), "", gives); err != nil {
		t.Errorf("the officer cannot give the place to who waited: %v", err)
	}
	exec(`UPDATE workshops SET status = 'cancelled' WHERE id = '` + place + `'`)
	deletes("of one that was called off", 0)
}

// The sessions themselves, with scope.go's limits taken away, show each actor what they show with
// them: lists, single records, and the refusal of what she may not see.
func TestWithoutScopeTheSessionsShowTheSame(t *testing.T) {
	store, _ := peopled(t)
	open := store.Unscoped()
	ctx := t.Context()
	shown := func(store *persistence.Store, actor domain.Actor) map[string]string {
		session, all := store.As(actor), map[string]string{}
		note := func(what string, found any, err error) {
			text, _ := json.Marshal(found)
			if err != nil {
				text = []byte(err.Error())
			}
			all[what] = string(text)
		}
		participants, err := session.Participants(ctx, domain.Paging{})
		note("participants", participants, err)
		search := "secret"
		participants, err = session.SearchParticipants(ctx, domain.ParticipantSearch{Query: &search})
		note("search", participants, err)
		enrolments, err := session.Enrolments(ctx, persistence.EnrolmentQuery{})
		note("enrolments", enrolments, err)
		referrals, err := session.Referrals(ctx, domain.ReferralQuery{})
		note("referrals", referrals, err)
		objectives, err := session.CaseloadObjectives(ctx, domain.ObjectiveQuery{})
		note("objectives", objectives, err)
		appointments, err := session.Appointments(ctx, domain.AppointmentQuery{})
		note("appointments", appointments, err)
		workshops, err := session.Workshops(ctx, persistence.WorkshopQuery{})
		note("workshops", workshops, err)
		for number := range 2 {
			found, err := session.Workshop(ctx, id("f0", number))
			note(fmt.Sprint("workshop ", number), found, err)
		}
		for number := range 3 {
			found, err := session.Referral(ctx, id("e9", number))
			note(fmt.Sprint("referral of the sandbox ", number), found, err)
		}
		for _, p := range people {
			found, err := session.Participant(ctx, id("c0", p.number))
			note(fmt.Sprint("participant ", p.number), found, err)
			for i := range p.enrolledIn {
				n := p.number*10 + i
				enrolment, err := session.Enrolment(ctx, id("d0", n))
				note(fmt.Sprint("enrolment ", n), enrolment, err)
				referral, err := session.Referral(ctx, id("e0", n))
				note(fmt.Sprint("referral ", n), referral, err)
				appointment, err := session.Appointment(ctx, id("40", n))
				note(fmt.Sprint("appointment ", n), appointment, err)
				jobs, err := session.Jobs(ctx, id("d0", n), domain.Paging{})
				note(fmt.Sprint("jobs ", n), jobs, err)
				statuses, err := session.FranceTravailStatuses(ctx, id("d0", n), domain.Paging{})
				note(fmt.Sprint("statuses ", n), statuses, err)
				outcomes, err := session.Outcomes(ctx, id("d0", n), domain.Paging{})
				note(fmt.Sprint("outcomes ", n), outcomes, err)
				diagnostics, err := session.Diagnostics(ctx, id("d0", n), domain.Paging{})
				note(fmt.Sprint("diagnostics ", n), diagnostics, err)
				charter, err := session.Charter(ctx, id("d0", n))
				note(fmt.Sprint("charter ", n), charter, err)
				immersion, err := session.Immersion(ctx, id("d0", n), id("31", n))
				note(fmt.Sprint("immersion ", n), immersion, err)
			}
		}
		return all
	}
	compared := 0
	for _, role := range append([]domain.Role{"", "system"}, domain.Roles...) {
		for _, organisation := range []string{northOrg, southOrg, spip, ""} {
			for _, programmes := range [][]string{{}, {north}, {north, south}} {
				for _, sandbox := range []bool{false, role == domain.Partner} {
					actor := domain.Actor{Subject: "s", Role: role, OrganisationID: organisation, Programmes: programmes, Sandbox: sandbox}
					with, without := shown(store, actor), shown(open, actor)
					for what := range with {
						compared++
						if with[what] != without[what] {
							t.Errorf("%s: %s shows without scope\n%s\nnot\n%s", name(actor), what, without[what], with[what])
						}
					}
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d answers were compared", compared)
	}
}
