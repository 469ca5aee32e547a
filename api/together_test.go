package api_test

import (
	"strings"
	"testing"

	"o2r/domain"
)

// What the parts of the loop do to each other: erasing, restricting and merging beside keyed requests, trials and the feed.

// Whoever repeats a request after somebody that it spoke of was erased or restricted is told so, and nothing is
// done a second time.
func TestAKeyOutlivesWhomItsAnswerSpokeOf(t *testing.T) {
	for _, act := range []string{"erasure", "restriction"} {
		t.Run(act, func(t *testing.T) {
			f := newFixture(t)
			partner, caseworker, officer := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.DPO)
			row := func(name string) map[string]any {
				return map[string]any{"programme": somme, "first_name": "Camille", "last_name": name, "birth_date": "1990-05-17", "email": "c@example.org", "consented_on": "2025-03-20"}
			}
			batch := map[string]any{"items": []any{row("Autre"), row("Visee"), row("Tiers")}}
			single := row("Visee")
			sent := f.send(partner, "POST", "/v1/referrals/batch", batch, "Idempotency-Key", "batch").is(200)
			id := sent.items()[1]["referral"].(map[string]any)["id"].(string)
			f.send(partner, "POST", "/v1/referrals", object(single, "external_reference", "S-1"), "Idempotency-Key", "single").is(201)
			person := f.send(caseworker, "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("participant_id")
			other := f.send(caseworker, "POST", "/v1/referrals/"+f.rows(`SELECT id::text FROM referrals WHERE external_reference = 'S-1'`)[0][0].(string)+"/accept", map[string]any{"participant_id": f.person("Visee", "Autre").ID, "entered_on": "2025-04-01"}).is(200).text("participant_id")
			body := map[string]any{"reason": "Demande."}
			if act == "restriction" {
				body["restricted"] = true
			}
			for _, who := range []string{person, other} {
				f.send(officer, "POST", "/v1/participants/"+who+"/"+act, body, "If-Match", "*").is(200)
			}
			before := f.count(`SELECT count(*) FROM referrals`)
			f.send(partner, "POST", "/v1/referrals/batch", batch, "Idempotency-Key", "batch").problem(409, "answer_gone")
			f.send(partner, "POST", "/v1/referrals", object(single, "external_reference", "S-1"), "Idempotency-Key", "single").problem(409, "answer_gone")
			f.send(partner, "POST", "/v1/referrals", row("Quatrieme"), "Idempotency-Key", "single").problem(409, "answer_gone") // what was asked is forgotten too
			if after := f.count(`SELECT count(*) FROM referrals`); after != before {
				t.Errorf("%d referrals became %d", before, after)
			}
			if n := f.count(`SELECT count(*) FROM idempotency_keys WHERE answer <> '' OR record_id <> '' OR digest <> decode(repeat('00', 32), 'hex')`); n != 0 {
				t.Errorf("%d keys still say what was asked or answered", n)
			}
			f.send(partner, "POST", "/v1/referrals", row("Quatrieme"), "Idempotency-Key", "another").is(201)
		})
	}
}

// Once a merge is undone, erasing one takes nothing of the other's history, and leaves nothing of hers in it.
func TestErasingAfterAnUndoneMergeIsOfOneAlone(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-10", "2025-02-03") // the path of the one who stays is folded into the other, and back
	f.send(f.actor(domain.Coordinator), "POST", "/v1/participants/"+w.first+"/merge", map[string]any{"duplicate_id": w.second, "reason": "Doublon de Mme Jumelle."}).is(200)
	f.unmerge(w.first, w.second).is(200)
	history := func(of string) int {
		return len(f.send(f.actor(domain.DPO), "GET", "/v1/participants/"+of+"/history?limit=200", nil).is(200).items())
	}
	before := history(w.first)
	if before == 0 || history(w.second) == 0 {
		t.Fatal("there is no history: the test proves nothing")
	}
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+w.second+"/erasure", map[string]any{"reason": "Demande."}).is(200)
	if after := history(w.first); after != before {
		t.Errorf("the other's history went from %d rows to %d", before, after)
	}
	for _, row := range f.rows(`SELECT coalesce(reason, '') || coalesce(old_value, '') FROM field_changes`) {
		if strings.Contains(row[0].(string), "Jumelle") {
			t.Errorf("the other's history speaks of her: %s", row[0])
		}
	}
}

// A partner whose path was joined to another's learns of its own meetings and of what came since; of
// what the other path had before, nothing, and of a third merge neither less nor more.
func TestAMergeTellsAPartnerNothingOfTheOtherPath(t *testing.T) {
	f := newFixture(t)
	spip, mdsi, caseworker, lead := f.actor(domain.Partner), f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	mdsi.OrganisationID = f.mdsi.ID
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/partnerships", map[string]any{"items": []any{
		map[string]any{"organisation_id": f.spip.ID, "disclosure": "exit_class"}, map[string]any{"organisation_id": f.mdsi.ID, "disclosure": "exit_class"}}}, "If-Match", "*").is(200)
	type one struct{ referral, enrolment, person string }
	enter := func(by domain.Actor, name, on string) one {
		t.Helper()
		id := f.send(by, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": name, "email": "c@example.org", "consented_on": "2025-01-20"}).is(201).text("id")
		accepted := f.send(caseworker, "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": on}).is(200)
		return one{"/v1/referrals/" + id, accepted.text("enrolment_id"), accepted.text("participant_id")}
	}
	meet := func(enrolment, at, status string) {
		t.Helper()
		made := f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": at, "duration_minutes": 60, "mode": "in_person"}).is(201)
		f.send(caseworker, "POST", "/v1/appointments/"+made.text("id")+"/attendance", map[string]any{"status": status}).is(200)
	}
	first, second, third := enter(spip, "Premier", "2025-02-03"), enter(mdsi, "Second", "2025-04-01"), enter(spip, "Troisieme", "2025-01-27")
	meet(first.enrolment, "2025-02-04T09:00:00Z", "attended")
	meet(first.enrolment, "2025-04-15T09:00:00Z", "no_show")
	meet(second.enrolment, "2025-04-22T09:00:00Z", "attended")
	meet(third.enrolment, "2025-01-28T09:00:00Z", "attended")
	reads := func(when string, want ...string) {
		t.Helper()
		for i, of := range []one{first, second, third} {
			by := []domain.Actor{spip, mdsi, spip}[i]
			if got := told(f.send(by, "GET", of.referral, nil).is(200).Fields); got != "status=accepted "+want[i] {
				t.Errorf("%s, the partner of path %d reads %q, not %q", when, i+1, got, want[i])
			}
		}
	}
	own := []string{"first_appointment_at=2025-02-04T09:00:00Z meetings_attended=1 meetings_missed=1", "first_appointment_at=2025-04-22T09:00:00Z meetings_attended=1 meetings_missed=0", "first_appointment_at=2025-01-28T09:00:00Z meetings_attended=1 meetings_missed=0"}
	reads("apart", own...)
	events := f.count(`SELECT count(*) FROM events WHERE kind = 'referral' AND type <> 'referral.moved'`)
	f.merge(first.person, second.person).is(200)
	reads("joined", own...)
	f.merge(first.person, third.person).is(200) // whose path was entered first, and stands
	reads("all joined", own...)
	if n := f.count(`SELECT count(*) FROM events WHERE kind = 'referral' AND type <> 'referral.moved'`); n != events {
		t.Errorf("merging told partners %d things", n-events)
	}
	meet(third.enrolment, "2025-05-06T09:00:00Z", "attended")
	f.send(caseworker, "POST", "/v1/enrolments/"+third.enrolment+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "cdi"}).is(200)
	reads("met since, and gone",
		"first_appointment_at=2025-02-04T09:00:00Z meetings_attended=2 meetings_missed=1 exit_class=emploi",
		"first_appointment_at=2025-04-22T09:00:00Z meetings_attended=2 meetings_missed=0 exit_class=emploi",
		"first_appointment_at=2025-01-28T09:00:00Z meetings_attended=2 meetings_missed=0 exit_class=emploi")
}

// What a partner tries out under somebody's name tells it nothing when that person is erased.
func TestATrialDoesNotTellThatSomebodyWasErased(t *testing.T) {
	f := newFixture(t)
	trying := f.trying()
	body := map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "birth_date": "1990-05-17", "email": "c@example.org", "consented_on": "2025-03-20"}
	trial := f.send(trying, "POST", "/v1/referrals", body).is(201).text("id")
	person := f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", map[string]any{"first_name": "Camille", "last_name": "Exemple", "birth_date": "1990-05-17", "email": "c@example.org"}).is(201).text("id")
	before := f.send(trying, "GET", "/v1/referrals/"+trial, nil).is(200).Text
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "Demande."}).is(200)
	if after := f.send(trying, "GET", "/v1/referrals/"+trial, nil).is(200).Text; after != before {
		t.Errorf("%s became %s", before, after)
	}
	if got := f.send(trying, "GET", "/v1/events", nil).is(200).items(); len(got) != 1 {
		t.Errorf("its feed tells %v", got)
	}
}

// A reader who stepped over what happened while a file was restricted is told where the referral stands once it no
// longer is; and staff read of a reminder in the feed, by a type that the document has.
func TestTheFeedGoesOnAfterARestriction(t *testing.T) {
	f := newFixture(t)
	partner, caseworker, officer := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.DPO)
	f.agree(domain.DiscloseAttendance)
	enrolment, person := f.path("Exemple")
	meeting := f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": "2025-04-08T12:00:00Z", "duration_minutes": 60, "mode": "in_person"}).is(201).text("id")
	f.send(caseworker, "POST", "/v1/appointments/"+meeting+"/attendance", map[string]any{"status": "attended"}).is(200)
	restrict := func(restricted bool) {
		f.send(officer, "POST", "/v1/participants/"+person+"/restriction", map[string]any{"restricted": restricted, "reason": "Demande."}, "If-Match", "*").is(200)
	}
	restrict(true)
	cursor := f.send(partner, "GET", "/v1/events", nil).is(200)
	if len(cursor.items()) != 0 {
		t.Errorf("of a restricted file is told %s", cursor.Text)
	}
	f.path("Autre") // the reader goes on meanwhile
	cursor = f.send(partner, "GET", "/v1/events", nil).is(200)
	restrict(false)
	after := f.send(partner, "GET", "/v1/events?cursor="+cursor.text("next_cursor"), nil).is(200).items()
	if len(after) != 1 || after[0]["type"] != "referral.resumed" || after[0]["meetings_attended"] != 1.0 || after[0]["status"] != "accepted" {
		t.Errorf("after the restriction is told %v", after)
	}
	f.send(caseworker, "GET", "/v1/events?type=referral.expiring", nil).is(200)
}

// A referral whose path was joined to a colleague's asks for a reason, as the path itself does.
func TestAReferralOfAPathJoinedToAColleaguesAsksForAReason(t *testing.T) {
	f := newFixture(t)
	caseworker, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	w := f.twins("2025-02-03", "2025-02-10")
	f.send(caseworker, "GET", "/v1/referrals/"+w.referral, nil).is(200)
	entry := f.send(lead, "GET", "/v1/enrolments/"+w.firstPath, nil).is(200)
	f.send(lead, "PUT", "/v1/enrolments/"+w.firstPath, map[string]any{"participant_id": w.first, "programme": somme, "entered_on": entry.text("entered_on"), "caseworker_id": "colleague"}, "If-Match", "*").is(200)
	f.merge(w.first, w.second).is(200)
	f.send(caseworker, "GET", "/v1/referrals/"+w.referral, nil).problem(403, "access_reason_required")
	f.send(caseworker, "GET", "/v1/referrals/"+w.referral, nil, "Access-Reason", "Remplacement.").is(200)
}
