package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

const oneKey = `"8e03978e-40d5-43e8-bc93-6894a57f9324"`

// again is the answer without what a repetition may change.
func (r reply) again() string {
	r.Header = r.Header.Clone()
	r.Header.Del("Idempotency-Replayed")
	return r.anonymous()
}

// Every operation that makes something takes the header, but for those whose answer shows a secret.
func TestARepeatedRequestIsAnsweredAgain(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	tried := 0
	for _, op := range f.operations() {
		if !slices.Contains(op.headers, "Idempotency-Key") {
			if op.method == "POST" && strings.HasPrefix(op.id, "create") && !slices.Contains([]string{"createClient", "createClientSecret", "createWebhook", "createWebhookSecret", "createCalendar"}, op.id) {
				t.Errorf("%s cannot be repeated", op.id)
			}
			continue
		}
		tried++
		t.Run(op.id, func(t *testing.T) {
			f := *f
			f.T = t
			aimed, by := op.aimed(c, &f), f.actor(domain.Role(op.declared[0]))
			if slices.Contains([]string{"createEnrolment", "createOutcome", "signCharter", "createFollowUp", "createExtension"}, op.id) { // of somebody who is free for it
				aimed.body = f.free(op.id, &aimed)
			}
			if op.id == "createSnapshot" { // of days of which none stands
				aimed.body = map[string]any{"as_of": "2025-06-30", "note": "Intrus", "small_cells_accepted": true}
			}
			post := func(key string, body any) reply {
				return f.send(by, "POST", aimed.path, body, "Idempotency-Key", key)
			}
			made := 201
			if op.id == "createReferralBatch" || op.id == "reassignCaseload" {
				made = 200
			}
			first := post(oneKey, aimed.body).is(made)
			before := f.contents()
			for range 2 {
				again := post(oneKey, aimed.body).is(made)
				if again.again() != first.again() || again.Header.Get("Idempotency-Replayed") != "true" || first.Header.Get("Idempotency-Replayed") != "" {
					t.Errorf("first\n%s\nand again\n%s", first.again(), again.again())
				}
			}
			after := f.contents()
			for table := range after {
				if table != "audit_events" && table != "audit_chains" && after[table] != before[table] {
					t.Errorf("again, %s was written", table)
				}
			}
			f.exec(`DELETE FROM idempotency_keys`)
		})
	}
	if tried < 8 {
		t.Errorf("only %d operations can be repeated", tried)
	}
}

// free is the body for an operation that the cast has no room for.
func (f *fixture) free(operation string, aimed *operation) map[string]any {
	f.Helper()
	lead := f.actor(domain.Coordinator)
	person := f.send(lead, "POST", "/v1/participants", map[string]any{"first_name": "Libre", "last_name": "Inventée"}).is(201).text("id")
	entry := map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-02-03"}
	if operation == "createEnrolment" {
		return entry
	}
	path := f.send(lead, "POST", "/v1/enrolments", entry).is(201).text("id")
	if operation == "signCharter" {
		aimed.path = "/v1/enrolments/" + path + "/charter"
		return map[string]any{"signed_on": "2025-02-10"}
	}
	if operation == "createExtension" {
		aimed.path = "/v1/enrolments/" + path + "/extensions"
		return map[string]any{"reason": "Formation en novembre.", "decided_on": "2025-10-07"}
	}
	f.send(lead, "POST", "/v1/enrolments/"+path+"/exit", map[string]any{"exited_on": "2025-03-01", "kind": "cdi", "follow_up_agreed": true}).is(200)
	if operation == "createFollowUp" {
		aimed.path = "/v1/enrolments/" + path + "/follow-ups"
		return map[string]any{"contacted_on": "2025-06-02", "channel": "phone", "counterpart": "personne", "situation": "neither"}
	}
	aimed.path = "/v1/enrolments/" + path + "/outcomes"
	return map[string]any{"checkpoint": "6_months", "observed_on": "2025-09-02", "result": "neither"}
}

func (f *fixture) site2(name string) map[string]any {
	return map[string]any{"programme": somme, "name": name}
}

func TestAKeyIsOfOneRequestAndOneCaller(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	post := func(by domain.Actor, path string, body any, headers ...string) reply {
		return f.send(by, "POST", path, body, headers...)
	}
	first := post(lead, "/v1/sites", f.site2("Un"), "Idempotency-Key", oneKey).is(201)
	before := f.contents()
	post(lead, "/v1/sites", f.site2("Deux"), "Idempotency-Key", oneKey).problem(422, "idempotency_key_reused")
	post(lead, "/v1/participants", map[string]any{"first_name": "A", "last_name": "B"}, "Idempotency-Key", oneKey).problem(422, "idempotency_key_reused")
	for _, key := range []string{"", `""`, `"`, `"a`, "a b", strings.Repeat("x", 256), `"é"`} {
		post(lead, "/v1/sites", f.site2("Trois"), "Idempotency-Key", key).problemAt(422, "invalid", "header.Idempotency-Key")
	}
	f.unchanged(before)
	// The same request however it is written, and the key with quotes or without.
	f.send(lead, "POST", "/v1/sites", map[string]any{"name": "  Un ", "programme": somme}, "Idempotency-Key", strings.Trim(oneKey, `"`)).is(201)
	// Another caller's key is another key: another subject, and the same with less to reach.
	other := lead
	other.Subject = "somebody-else"
	if second := post(other, "/v1/sites", f.site2("Quatre"), "Idempotency-Key", oneKey).is(201); second.text("id") == first.text("id") {
		t.Error("answered with another's")
	}
	narrowed := lead
	narrowed.Programmes = []string{elsewhere}
	post(narrowed, "/v1/sites", f.site2("Un"), "Idempotency-Key", oneKey).problemAt(422, "invalid", "body.programme")
	// What was refused may be sent again, mended.
	post(lead, "/v1/sites", f.site2("Un"), "Idempotency-Key", "autre").problem(409, "name_taken")
	post(lead, "/v1/sites", f.site2("Cinq"), "Idempotency-Key", "autre").is(201)
	// Two days later it is a new request.
	f.must(f.store.At(time.Now().Add(47 * time.Hour)).Forget(t.Context()))
	post(lead, "/v1/sites", f.site2("Un"), "Idempotency-Key", oneKey).is(201)
	f.must(f.store.At(time.Now().Add(49 * time.Hour)).Forget(t.Context()))
	if n := f.count(`SELECT count(*) FROM idempotency_keys`); n != 0 {
		t.Errorf("%d are kept for ever", n)
	}
	post(lead, "/v1/sites", f.site2("Un"), "Idempotency-Key", oneKey).problem(409, "name_taken")
}

// Fifty at once make one; the others are answered with it, or told to wait.
func TestFiftyKeyedReferralsAtOnceAreOne(t *testing.T) {
	f := newFixture(t)
	body := map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}
	answers := f.atOnce(times(50, request{f.actor(domain.Partner), "POST", "/v1/referrals", body, ""}), "Idempotency-Key", oneKey)
	counts := tally(answers)
	if counts["201"] < 1 || counts["201"]+counts["409 idempotency_key_in_use"] != 50 {
		t.Errorf("answered %v", counts)
	}
	ids := map[string]bool{}
	for _, got := range answers {
		if got.Status == http.StatusCreated {
			ids[got.text("id")] = true
		}
	}
	if n := f.count(`SELECT count(*) FROM referrals`); n != 1 || len(ids) != 1 {
		t.Errorf("%d referrals, answered as %v", n, ids)
	}
	f.send(f.actor(domain.Partner), "POST", "/v1/referrals", body, "Idempotency-Key", oneKey).is(201)
}

// What was kept of an answer goes with the person's file, and is frozen with it.
func TestAKeptAnswerGoesWithTheFile(t *testing.T) {
	for name, end := range map[string]func(f *fixture, person string){
		"erased": func(f *fixture, person string) {
			f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "À sa demande."}).is(200)
		},
		"restricted": func(f *fixture, person string) { f.restrict(person) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			lead := f.actor(domain.Coordinator)
			body := map[string]any{"programme": somme, "first_name": "Quetsche", "last_name": "Myrtille", "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}
			referral := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", body, "Idempotency-Key", oneKey).is(201).text("id")
			person := f.send(lead, "POST", "/v1/referrals/"+referral+"/accept", map[string]any{"entered_on": "2025-03-24"}).is(200)
			f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": person.text("enrolment_id"), "starts_at": "2025-04-01T09:00:00Z", "duration_minutes": 60, "mode": "phone", "purpose": "Rappel"}, "Idempotency-Key", oneKey).is(201)
			f.send(lead, "POST", "/v1/sites", f.site2("Reste"), "Idempotency-Key", "reste").is(201)
			end(f, person.text("participant_id"))
			if kept := f.rows(`SELECT operation FROM idempotency_keys WHERE answer <> ''`); len(kept) != 1 || kept[0][0] != "createSite" {
				t.Errorf("kept: %v", kept)
			}
			f.send(f.actor(domain.Partner), "POST", "/v1/referrals", body, "Idempotency-Key", oneKey).problem(409, "answer_gone")
		})
	}
}

// What was kept is given to nobody who could not read the record by now.
func TestAKeptAnswerIsGivenToWhoStillReachesIt(t *testing.T) {
	f := newFixture(t)
	lead, me := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	person := f.send(lead, "POST", "/v1/participants", map[string]any{"first_name": "Quetsche", "last_name": "Myrtille"}).is(201).text("id")
	entry := map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-02-03", "caseworker_id": me.Subject, "justice_status": "milieu_ouvert"}
	path := f.send(me, "POST", "/v1/enrolments", entry, "Idempotency-Key", oneKey).is(201).text("id")
	job := map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}
	f.send(me, "POST", "/v1/enrolments/"+path+"/jobs", job, "Idempotency-Key", "job").is(201)
	f.send(me, "POST", "/v1/enrolments", entry, "Idempotency-Key", oneKey).is(201)
	f.send(lead, "PUT", "/v1/enrolments/"+path, object(entry, "caseworker_id", "colleague"), "If-Match", "*").is(200)
	refused := func() int64 { return f.count(`SELECT count(*) FROM audit_events WHERE action = 'refused'`) }
	before := refused()
	f.send(me, "POST", "/v1/enrolments", entry, "Idempotency-Key", oneKey).problem(403, "access_reason_required")
	f.send(me, "POST", "/v1/enrolments/"+path+"/jobs", job, "Idempotency-Key", "job").problem(403, "access_reason_required")
	f.send(me, "POST", "/v1/enrolments/"+path+"/jobs", job, "Idempotency-Key", "another").problem(403, "access_reason_required")
	if n := refused() - before; n != 3 {
		t.Errorf("%d refusals are in the trail", n)
	}
	f.send(me, "POST", "/v1/enrolments/"+path+"/jobs", job, "Idempotency-Key", "named", "Access-Reason", "Rappel de Quetsche").problemAt(422, "invalid", "header.Access-Reason")
	f.send(me, "POST", "/v1/enrolments/"+path+"/jobs", job, "Idempotency-Key", `"with a reason"`, "Access-Reason", "Remplacement").is(201)
	f.send(me, "POST", "/v1/enrolments/"+path+"/jobs", job, "Idempotency-Key", `"with a reason"`, "Access-Reason", "Rappel de Quetsche").problemAt(422, "invalid", "header.Access-Reason")
}

// A referral that retention erased is not read by repeating the request that told of it.
func TestRetentionTakesKeptAnswersAlong(t *testing.T) {
	f := newFixture(t)
	id, body := f.referred("R-1")
	f.send(f.actor(domain.Coordinator), "POST", "/v1/referrals/"+id+"/decline", map[string]any{"decline_reason": "autre"}).is(200)
	partner := f.actor(domain.Partner)
	f.send(partner, "POST", "/v1/referrals", body, "Idempotency-Key", oneKey).is(200)
	f.exec(`UPDATE referrals SET decided_at = '2022-01-01', received_at = '2022-01-01'`)
	if _, err := persistence.Retention(t.Context(), f.store.As(f.actor(domain.DPO)), false, func(domain.RetentionDue) error { return nil }); err != nil {
		t.Fatal(err)
	}
	f.send(partner, "GET", "/v1/referrals/"+id, nil).problem(404, "not_found")
	if again := f.send(partner, "POST", "/v1/referrals", body, "Idempotency-Key", oneKey); strings.Contains(again.Text, id) {
		t.Errorf("answered %d %s", again.Status, again.Text)
	} else {
		again.problem(409, "answer_gone")
	}
}

// A reason names nobody either where it opens a referral.
func TestAReasonNamesNobodyOfAReferral(t *testing.T) {
	f := newFixture(t)
	id, _ := f.referred("R-1")
	f.send(f.actor(domain.Coordinator), "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-01-15", "caseworker_id": "colleague"}).is(200)
	me := f.actor(domain.Caseworker)
	f.send(me, "GET", "/v1/referrals/"+id, nil, "Access-Reason", "Madame Myrtille appelle").problemAt(422, "invalid", "header.Access-Reason")
	waiting, _ := f.referred("R-2", "last_name", "Mirabelle")
	f.send(me, "GET", "/v1/referrals/"+waiting, nil, "Access-Reason", "Madame Mirabelle appelle").problemAt(422, "invalid", "header.Access-Reason")
	f.send(me, "GET", "/v1/referrals/"+id, nil, "Access-Reason", "Remplacement").is(200)
}
