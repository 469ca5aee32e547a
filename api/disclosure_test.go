package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// agree says what the SPIP may know of its referrals to o2r-somme.
func (f *fixture) agree(profile domain.Disclosure) {
	f.Helper()
	f.send(f.actor(domain.Coordinator), "PUT", "/v1/programmes/"+somme+"/partnerships", map[string]any{
		"items": []any{map[string]any{"organisation_id": f.spip.ID, "disclosure": profile}}}, "If-Match", "*").is(200)
}

// told is what an answer tells of the outcome of a referral.
func told(fields map[string]any) string {
	var parts []string
	for _, name := range []string{"status", "decline_reason", "decline_note", "first_appointment_at", "meetings_attended", "meetings_missed", "exit_class"} {
		if value := fields[name]; value != nil {
			parts = append(parts, fmt.Sprintf("%s=%v", name, value))
		}
	}
	return strings.Join(parts, " ")
}

// A path with a meeting attended, one missed, one called off and one cancelled, and its end: each
// profile tells a little more of it, and nobody is told anything else.
func TestAPartnerKnowsWhatItsProfileHolds(t *testing.T) {
	f := newFixture(t)
	partner, caseworker := f.actor(domain.Partner), f.actor(domain.Caseworker)
	refer := func() string {
		return "/v1/referrals/" + f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "email": "c@example.org", "consented_on": "2025-03-20"}).is(201).text("id")
	}
	declined, accepted := refer(), refer()
	f.send(caseworker, "POST", declined+"/decline", map[string]any{"decline_reason": "injoignable", "decline_note": "Trois appels."}).is(200)
	enrolment := f.send(caseworker, "POST", accepted+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
	before := f.send(partner, "GET", accepted, nil).is(200)
	meeting := func(at, status string) string {
		path := "/v1/appointments/" + f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": at, "duration_minutes": 60, "mode": "in_person"}).is(201).text("id")
		f.send(caseworker, "POST", path+"/attendance", map[string]any{"status": status}).is(200)
		return path
	}
	meeting("2025-04-07T12:00:00Z", "cancelled")
	meeting("2025-04-08T12:00:00Z", "excused")
	meeting("2025-04-15T12:00:00Z", "attended")
	meeting("2025-04-22T12:00:00Z", "no_show")
	f.send(caseworker, "POST", "/v1/enrolments/"+enrolment+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "incarceration"}).is(200)

	const first, attendance, exit = " first_appointment_at=2025-04-08T12:00:00Z", " meetings_attended=1 meetings_missed=1", " exit_class=autre"
	reason := " decline_reason=injoignable decline_note=Trois appels."
	for _, row := range []struct {
		profile            domain.Disclosure
		declined, accepted string
	}{
		{"", "status=declined" + reason, "status=accepted"}, // where nothing was agreed
		{domain.DiscloseStatus, "status=declined", "status=accepted"},
		{domain.DiscloseDeclineReason, "status=declined" + reason, "status=accepted"},
		{domain.DiscloseFirstAppointment, "status=declined" + reason, "status=accepted" + first},
		{domain.DiscloseAttendance, "status=declined" + reason, "status=accepted" + first + attendance},
		{domain.DiscloseExitClass, "status=declined" + reason, "status=accepted" + first + attendance + exit},
		{domain.DiscloseStatus, "status=declined", "status=accepted"}, // taken back
	} {
		if row.profile != "" {
			f.agree(row.profile)
		}
		for path, want := range map[string]string{declined: row.declined, accepted: row.accepted} {
			got := f.send(partner, "GET", path, nil).is(200)
			if told(got.Fields) != want {
				t.Errorf("under %q the partner reads %q, not %q", row.profile, told(got.Fields), want)
			}
			if strings.Contains(got.Text, "incarceration") {
				t.Errorf("under %q the partner reads the kind of exit: %s", row.profile, got.Text)
			}
			for _, item := range f.send(partner, "GET", "/v1/referrals", nil).is(200).items() {
				if "/v1/referrals/"+item["id"].(string) == path && told(item) != want {
					t.Errorf("under %q the partner lists %q, not %q", row.profile, told(item), want)
				}
			}
		}
	}
	// Nothing that it may not know of shows in the version or the instant of the last change either.
	if after := f.send(partner, "GET", accepted, nil).is(200); after.Text != before.Text || after.Header.Get("ETag") != before.Header.Get("ETag") {
		t.Errorf("the partner sees that something happened: %s became %s", before.Text, after.Text)
	}
	if got := told(f.send(caseworker, "GET", accepted, nil).is(200).Fields); got != "status=accepted"+first+attendance+exit {
		t.Errorf("the caseworker reads %q", got)
	}
	if got := told(f.send(caseworker, "GET", declined, nil).is(200).Fields); got != "status=declined"+reason {
		t.Errorf("the caseworker reads %q", got)
	}
}

// Each thing that happens on a path leaves one event, with the facts as they were then; a change
// that tells a partner nothing leaves none.
func TestWhatHappensOnAPathIsToldOnce(t *testing.T) {
	f := newFixture(t)
	partner, caseworker, coordinator := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	id := f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "email": "c@example.org", "consented_on": "2025-03-20"}).is(201).text("id")
	enrolment := f.send(caseworker, "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
	seen := f.count(`SELECT count(*) FROM events`)
	news := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, row := range f.rows(`SELECT type, facts->>'status', facts->>'first_appointment_at', (facts->>'meetings_attended') || '/' || (facts->>'meetings_missed'), facts->>'exit_class', organisation_id::text
			FROM events WHERE record_id = $1 AND id > (SELECT coalesce(max(id), 0) FROM (SELECT id FROM events ORDER BY id LIMIT $2) former) ORDER BY id`, id, seen) {
			if row[5] != f.spip.ID {
				t.Errorf("%s: told to %v", what, row[5])
			}
			got = append(got, strings.TrimPrefix(fmt.Sprint(row[0], " ", row[1], " ", row[2], " ", row[3], " ", row[4]), "referral."))
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%s: told %q, not %q", what, got, want)
		}
		seen = f.count(`SELECT count(*) FROM events`)
	}
	send := func(method, path string, body map[string]any, headers ...string) reply {
		t.Helper()
		return f.send(caseworker, method, path, body, headers...)
	}
	at := map[string]any{"enrolment_id": enrolment, "starts_at": "2025-04-15T12:00:00Z", "duration_minutes": 60, "mode": "in_person"}
	first := "/v1/appointments/" + send("POST", "/v1/appointments", at).is(201).text("id")
	news("a first appointment", "appointment_scheduled accepted 2025-04-15T12:00:00Z 0/0 <nil>")
	second := "/v1/appointments/" + send("POST", "/v1/appointments", object(at, "starts_at", "2025-04-22T12:00:00Z")).is(201).text("id")
	news("a later one")
	send("PUT", second, object(at, "starts_at", "2025-04-23T12:00:00Z", "mode", "phone"), "If-Match", "*").is(200)
	news("a later one moved")
	send("PUT", first, object(at, "starts_at", "2025-04-16T12:00:00Z"), "If-Match", "*").is(200)
	news("the first one moved", "appointment_scheduled accepted 2025-04-16T12:00:00Z 0/0 <nil>")
	send("POST", first+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	news("the first one cancelled", "appointment_scheduled accepted 2025-04-23T12:00:00Z 0/0 <nil>")
	send("POST", second+"/attendance", map[string]any{"status": "no_show"}).is(200)
	news("missed", "attendance_recorded accepted 2025-04-23T12:00:00Z 0/1 <nil>")
	send("POST", second+"/attendance", map[string]any{"status": "no_show", "note": "A appelé après."}).is(200)
	news("a note on it")
	send("POST", second+"/attendance", map[string]any{"status": "attended"}).is(200)
	news("corrected", "attendance_recorded accepted 2025-04-23T12:00:00Z 1/0 <nil>")
	send("POST", "/v1/enrolments/"+enrolment+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "interim"}).is(200)
	news("an exit", "exited accepted 2025-04-23T12:00:00Z 1/0 emploi")
	send("POST", "/v1/enrolments/"+enrolment+"/reopen", map[string]any{"reason": "Par erreur."}).is(200)
	news("taken back", "exited accepted 2025-04-23T12:00:00Z 1/0 <nil>")
	f.send(coordinator, "POST", "/v1/enrolments/"+enrolment+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	news("voided", "appointment_scheduled accepted <nil> 0/0 <nil>", "attendance_recorded accepted <nil> 0/0 <nil>")

	// Nobody is told of an enrolment that cites a referral which did not open it.
	declined := f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Dominique", "last_name": "Fictif", "email": "d@example.org", "consented_on": "2025-03-20"}).is(201).text("id")
	send("POST", "/v1/referrals/"+declined+"/decline", map[string]any{"decline_reason": "injoignable"}).is(200)
	id = declined
	seen = f.count(`SELECT count(*) FROM events`)
	later := send("POST", "/v1/enrolments", map[string]any{"participant_id": f.person("Dominique", "Fictif").ID, "programme": somme, "entered_on": "2025-06-01", "referral_id": declined}).is(201).text("id")
	send("POST", "/v1/appointments", object(at, "enrolment_id", later, "starts_at", "2025-06-15T12:00:00Z")).is(201)
	news("another path that cites it")

	for _, entry := range []string{"events", "referrals", "audit_events"} {
		if f.count(`SELECT count(*) FROM `+entry) == 0 {
			t.Errorf("no %s: the test proves nothing", entry)
		}
	}
}

func TestPartnershipsAreWrittenWholeOrRefused(t *testing.T) {
	f := newFixture(t)
	path := "/v1/programmes/" + somme + "/partnerships"
	coordinator, partner := f.actor(domain.Coordinator), f.actor(domain.Partner)
	item := func(organisation, profile string) map[string]any {
		return map[string]any{"organisation_id": organisation, "disclosure": profile}
	}
	items := func(all ...any) map[string]any { return map[string]any{"items": append([]any{}, all...)} }
	if first := f.send(coordinator, "GET", path, nil).is(200); len(first.items()) != 0 || first.Header.Get("ETag") != `"0"` {
		t.Error(first.Text)
	}
	f.send(coordinator, "PUT", path, items()).problem(428, "precondition_required")
	f.send(coordinator, "PUT", path, items(item(f.spip.ID, "attendance"), item(f.mdsi.ID, "status")), "If-Match", `"0"`).is(200)
	f.send(coordinator, "PUT", path, items(), "If-Match", `"0"`).problem(412, "stale")
	f.send(coordinator, "PUT", path, items(item(f.spip.ID, "status"), item(strings.ToUpper(f.spip.ID), "status")), "If-Match", "*").problemAt(422, "invalid", "body.items[1].organisation_id")
	f.send(coordinator, "PUT", path, items(item(f.spip.ID, "status"), item(randomID(), "status")), "If-Match", "*").problemAt(422, "invalid", "body.items[1].organisation_id")
	f.send(coordinator, "PUT", path, items(item(f.spip.ID, "everything")), "If-Match", "*").problemAt(422, "invalid", "body.items[0].disclosure")
	f.send(partner, "PUT", path, items(item(f.spip.ID, "exit_class")), "If-Match", "*").problem(403, "forbidden")
	f.send(f.stranger(domain.Coordinator), "PUT", path, items(), "If-Match", "*").problem(404, "not_found")
	f.send(f.stranger(domain.Partner), "GET", path, nil).problem(404, "not_found")

	if all := f.send(f.actor(domain.Caseworker), "GET", path, nil).is(200).items(); len(all) != 2 || all[0]["organisation_id"] != f.spip.ID {
		t.Error(all)
	}
	own := f.send(partner, "GET", path, nil).is(200).items() // and not what was agreed with others
	if len(own) != 1 || own[0]["organisation_id"] != f.spip.ID || own[0]["disclosure"] != "attendance" {
		t.Error(own)
	}
}

// What was answered before is answered again under today's profile, and the trail names what was shown.
func TestAKeptAnswerTellsNoMoreThanToday(t *testing.T) {
	f := newFixture(t)
	partner, caseworker := f.actor(domain.Partner), f.actor(domain.Caseworker)
	f.agree(domain.DiscloseExitClass)
	body := map[string]any{"programme": somme, "external_reference": "R-1", "first_name": "Camille", "last_name": "Exemple", "email": "c@example.org", "consented_on": "2025-03-20"}
	id := f.send(partner, "POST", "/v1/referrals", body).is(201).text("id")
	enrolment := f.send(caseworker, "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
	meeting := f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": "2025-04-08T12:00:00Z", "duration_minutes": 60, "mode": "in_person"}).is(201).text("id")
	f.send(caseworker, "POST", "/v1/appointments/"+meeting+"/attendance", map[string]any{"status": "no_show"}).is(200)
	f.send(caseworker, "POST", "/v1/enrolments/"+enrolment+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "cdi"}).is(200)
	f.send(partner, "POST", "/v1/referrals", body, "Idempotency-Key", "k").is(200)
	f.agree(domain.DiscloseStatus)
	if got := told(f.send(partner, "GET", "/v1/referrals/"+id, nil).is(200).Fields); got != "status=accepted" {
		t.Fatal(got)
	}
	again := f.send(partner, "POST", "/v1/referrals", body, "Idempotency-Key", "k")
	if got := told(again.is(200).Fields); got != "status=accepted" || again.Header.Get("Idempotency-Replayed") != "true" || again.text("id") != id {
		t.Errorf("replayed %q after the profile was lowered: %d %s", again.Header.Get("Idempotency-Replayed"), again.Status, got)
	}
	for _, row := range f.rows(`SELECT fields FROM audit_events WHERE action = 'read' AND kind = 'referral' AND role = 'partner' ORDER BY id DESC LIMIT 1`) {
		text := fmt.Sprint(row[0])
		for _, field := range []string{"exit_class", "decline_reason", "participant_id", "resembles_erased"} {
			if strings.Contains(text, field) {
				t.Errorf("the trail says that under the profile status the partner was shown %s", field)
			}
		}
		if !strings.Contains(text, "last_name") {
			t.Errorf("the trail does not say what it was shown: %s", text)
		}
	}
}

// By whichever filter a partner reads: what it may not know of changes no byte of what it sees.
func TestWhatAPartnerMayNotKnowMovesNothing(t *testing.T) {
	f := newFixture(t)
	partner, caseworker, coordinator := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	f.agree(domain.DiscloseStatus)
	body := map[string]any{"programme": somme, "external_reference": "R-1", "first_name": "Camille", "last_name": "Exemple", "email": "c@example.org", "justice_status": "milieu_ouvert", "consented_on": "2025-03-20"}
	id := f.send(partner, "POST", "/v1/referrals", body).is(201).text("id")
	enrolment := f.send(caseworker, "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
	since := time.Now().UTC().Add(time.Millisecond).Format(time.RFC3339Nano)
	read := func() string {
		var all []string
		for _, path := range []string{"/v1/referrals", "/v1/referrals?status=accepted", "/v1/referrals?updated_since=" + since, "/v1/referrals?external_reference=R-1", "/v1/referrals/" + id, "/v1/programmes/" + somme + "/partnerships"} {
			got := f.send(partner, "GET", path, nil)
			all = append(all, fmt.Sprint(path, got.Status, got.Text, got.Header.Get("ETag"), got.Header.Get("Link")))
		}
		again := f.send(partner, "POST", "/v1/referrals", body)
		withdrawn := f.send(partner, "POST", "/v1/referrals/"+id+"/withdraw", nil)
		return strings.Join(append(all, fmt.Sprint(again.Status, again.Text, withdrawn.Status, withdrawn.Fields["detail"])), "\n")
	}
	before := read()
	step := func(what string) {
		t.Helper()
		if after := read(); after != before {
			t.Errorf("%s shows:\n%s\nnot\n%s", what, after, before)
		}
	}
	at := map[string]any{"enrolment_id": enrolment, "starts_at": "2025-04-15T12:00:00Z", "duration_minutes": 60, "mode": "in_person"}
	meeting := "/v1/appointments/" + f.send(caseworker, "POST", "/v1/appointments", at).is(201).text("id")
	step("an appointment")
	f.send(caseworker, "POST", meeting+"/attendance", map[string]any{"status": "no_show"}).is(200)
	step("an absence")
	f.send(caseworker, "PUT", "/v1/enrolments/"+enrolment, map[string]any{"participant_id": f.rows(`SELECT participant_id::text FROM enrolments`)[0][0], "programme": somme, "entered_on": "2025-04-02", "justice_status": "milieu_ferme"}, "If-Match", "*").is(200)
	step("a correction")
	f.send(caseworker, "POST", "/v1/enrolments/"+enrolment+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "incarceration"}).is(200)
	step("an exit")
	f.send(caseworker, "POST", "/v1/enrolments/"+enrolment+"/reopen", map[string]any{"reason": "Par erreur."}).is(200)
	step("a reopening")
	f.send(coordinator, "POST", "/v1/enrolments/"+enrolment+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	step("a voiding")
	f.send(coordinator, "PUT", "/v1/programmes/"+somme+"/partnerships", map[string]any{"items": []any{map[string]any{"organisation_id": f.spip.ID, "disclosure": "status"}, map[string]any{"organisation_id": f.mdsi.ID, "disclosure": "exit_class"}}}, "If-Match", "*").is(200)
	step("an agreement with another partner")
}
