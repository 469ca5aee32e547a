package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// trail insists that the audit trail's last row says this, and nothing of what was written.
func (f *fixture) trail(actor domain.Actor, action, kind, id, fields string) {
	f.Helper()
	row := f.rows(`SELECT subject, role, action, kind, array_to_string(record_ids, ' '), array_to_string(fields, ' '),
		coalesce(organisation_id::text, ''), token_id IS NOT NULL, request_id IS NOT NULL,
		concat_ws(' ', subject, role, action, kind, programme, fields::text, reason) FROM audit_events WHERE role <> 'system' ORDER BY id DESC LIMIT 1`)[0]
	got := fmt.Sprint(row[0], " ", row[1], " ", row[2], " ", row[3])
	if want := fmt.Sprint(actor.Subject, " ", actor.Role, " ", action, " ", kind); got != want {
		f.Errorf("the trail says %q, not %q", got, want)
	}
	if !strings.Contains(" "+row[4].(string)+" ", " "+id+" ") || row[5] != fields || row[6] != actor.OrganisationID || row[7] != true || row[8] != true {
		f.Errorf("the trail of %s %s: %v", action, kind, row)
	}
	for _, value := range []string{"Camille", "Exemple", "1990", "06 39", "milieu", "mobilite", "cdi", "Conserverie", "CV"} {
		if strings.Contains(row[9].(string), value) {
			f.Errorf("the trail holds the value %q: %v", value, row[9])
		}
	}
}

func TestAPathFromReferralToOutcome(t *testing.T) {
	f := newFixture(t)
	partner, caseworker, coordinator := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	posted := f.send(partner, "POST", "/v1/referrals", map[string]any{
		"programme": somme, "external_reference": "A-1", "first_name": "Camille", "last_name": "Exemple", "birth_date": "1990-05-17",
		"phone": "06 39 98 12 34", "territory_code": "80253", "justice_status": "milieu_ouvert", "barriers": []string{"mobilite"}, "consented_on": "2025-03-20",
	}).is(201)
	referral := "/v1/referrals/" + posted.text("id")
	f.trail(partner, "received", "referral", posted.text("id"), "barriers birth_date consented_on external_reference first_name justice_status last_name phone programme territory_code")
	may := func(path string, want map[*domain.Actor]string) {
		t.Helper()
		for actor, actions := range want {
			if got := f.send(*actor, "GET", path, nil).is(200).texts("available_actions"); got != actions {
				t.Errorf("%s may %q with %s, not %q", actor.Role, got, path, actions)
			}
		}
	}
	may(referral, map[*domain.Actor]string{&partner: "withdraw", &caseworker: "review accept decline", &coordinator: "review accept decline"})
	f.send(caseworker, "GET", referral, nil).is(200)
	f.trail(caseworker, "read", "referral", posted.text("id"), "available_actions barriers birth_date consented_on decided_at decline_note decline_reason email enrolment_id exit_class expires_on external_reference first_appointment_at first_name gender in_targeted_territory justice_status last_name meetings_attended meetings_missed organisation_id participant_id phone postal_code preferred_site_id probable_matches programme reason received_at referrer_email referrer_name referrer_phone reminded_at resembles_erased reviewed_at sandbox status territory_code")
	f.send(caseworker, "POST", referral+"/review", nil, "If-Match", posted.Header.Get("ETag")).is(200)
	f.trail(caseworker, "reviewed", "referral", posted.text("id"), "reviewed_at status")
	may(referral, map[*domain.Actor]string{&partner: "withdraw", &caseworker: "accept decline"})
	accepted := f.send(caseworker, "POST", referral+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200)
	f.trail(caseworker, "accepted", "referral", posted.text("id"), "decided_at enrolment_id meetings_attended meetings_missed participant_id status")
	may(referral, map[*domain.Actor]string{&partner: "", &caseworker: ""})
	if seen := f.send(partner, "GET", referral, nil).is(200); seen.Fields["participant_id"] != nil || seen.Fields["enrolment_id"] != nil {
		t.Errorf("the partner reads which file it led to: %s", seen.Text)
	}

	participant, id := accepted.text("participant_id"), accepted.text("enrolment_id")
	path := "/v1/enrolments/" + id
	entry := map[string]any{"participant_id": participant, "programme": somme, "entered_on": "2025-04-01", "territory_code": "80253", "referral_id": posted.text("id"),
		"justice_status": "milieu_ouvert", "education_level": "cap_bep", "job_seeker": true, "job_seeker_since": "2024-02-01"}
	read := f.send(caseworker, "GET", path, nil).is(200)
	f.trail(caseworker, "read", "enrolment", id, "alerts available_actions caseworker_id disengaged education_level eligibility_ground entered_on exit_group exit_kind exited_on folded_into follow_up_agreed follow_up_agreed_on follow_up_refused_on follow_up_said_by follow_up_third_parties in_targeted_territory job_seeker job_seeker_since justice_status last_network_contact_on participant_id programme referral_id referral_origin site_id status support_ends_on territory_code void_reason voided_at without_resources")
	put := f.send(caseworker, "PUT", path, entry, "If-Match", read.Header.Get("ETag")).is(200)
	f.trail(caseworker, "updated", "enrolment", id, "education_level job_seeker job_seeker_since")
	if put.Header.Get("ETag") != `"2"` || put.text("created_at") != read.text("created_at") || put.text("updated_at") <= read.text("updated_at") {
		t.Errorf("ETag %q of %s", put.Header.Get("ETag"), put.Text)
	}
	may(path, map[*domain.Actor]string{&caseworker: "exit extend", &coordinator: "exit extend void"})
	f.send(caseworker, "GET", "/v1/participants/"+participant, nil).is(200)
	f.trail(caseworker, "read", "participant", participant, "address birth_date email first_name gender last_name phone postal_code territory_code")

	made := f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": id, "starts_at": "2025-04-08T12:00:00+02:00", "duration_minutes": 60, "mode": "in_person", "site_id": f.site.ID}).is(201)
	f.trail(caseworker, "created", "appointment", made.text("id"), "duration_minutes enrolment_id mode site_id starts_at")
	meeting := "/v1/appointments/" + made.text("id")
	if made.text("starts_at") != "2025-04-08T10:00:00Z" || made.Header.Get("Location") != meeting {
		t.Errorf("Location %q of %s", made.Header.Get("Location"), made.Text)
	}
	attendance := func(body map[string]any, fields string) {
		t.Helper()
		f.send(caseworker, "POST", meeting+"/attendance", body).is(200)
		f.trail(caseworker, "attendance_recorded", "appointment", made.text("id"), fields)
	}
	attendance(map[string]any{"status": "no_show", "justified": true}, "justified status")
	attendance(map[string]any{"status": "attended", "note": "A apporté son CV."}, "justified note status") // it was a mistake
	if corrected := f.send(caseworker, "GET", meeting, nil).is(200); corrected.text("status") != "attended" || corrected.Fields["justified"] != nil {
		t.Error(corrected.Text)
	}
	f.trail(caseworker, "read", "appointment", made.text("id"), "duration_minutes enrolment_id justified mode moves note permanence_id purpose site_id starts_at status")

	status := f.send(caseworker, "POST", path+"/france-travail-status", map[string]any{"observed_on": "2025-05-06", "registered": false}).is(201)
	f.trail(caseworker, "created", "france_travail_status", status.text("id"), "observed_on registered")
	exit := f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "cdi", "follow_up_agreed": true}).is(200)
	f.trail(caseworker, "exited", "enrolment", id, "exit_kind exited_on follow_up_agreed follow_up_agreed_on follow_up_said_by")
	if exit.text("exit_kind") != "cdi" || exit.text("status") != "closed" { // its six months are over
		t.Error(exit.Text)
	}
	may(path, map[*domain.Actor]string{&caseworker: "reopen", &coordinator: "reopen void"})
	job := f.send(caseworker, "POST", path+"/jobs", map[string]any{"starts_on": "2025-10-15", "contract": "cdi", "employer": "Conserverie"}).is(201)
	f.trail(caseworker, "created", "job", job.text("id"), "contract employer starts_on")
	f.send(caseworker, "PUT", path+"/jobs/"+job.text("id"), map[string]any{"starts_on": "2025-10-15", "contract": "cdi", "ends_on": "2026-01-14"}, "If-Match", `"1"`).is(200)
	f.trail(caseworker, "updated", "job", job.text("id"), "employer ends_on")
	f.send(caseworker, "GET", path+"/jobs", nil).is(200)
	f.trail(caseworker, "read", "job", job.text("id"), "contract employer ends_on starts_on")
	outcome := f.send(caseworker, "POST", path+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-04-20", "result": "in_employment", "evidence": "bulletin_de_salaire"}).is(201)
	f.trail(caseworker, "created", "outcome", outcome.text("id"), "checkpoint evidence observed_on result")

	f.send(caseworker, "POST", path+"/reopen", map[string]any{"reason": "Sortie saisie par erreur."}).is(200)
	f.trail(caseworker, "reopened", "enrolment", id, "exit_kind exited_on follow_up_agreed follow_up_agreed_on follow_up_said_by")
	f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": "2025-10-16", "kind": "interim"}).is(200)
	f.send(caseworker, "POST", "/v1/enrolments", object(entry, "entered_on", "2026-01-05", "referral_id", nil)).is(201)
	f.send(caseworker, "POST", path+"/reopen", map[string]any{"reason": "Sortie saisie par erreur."}).problem(409, "already_enrolled")
	f.send(coordinator, "POST", path+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	f.trail(coordinator, "voided", "enrolment", id, "void_reason voided_at")
	if reason := f.rows(`SELECT reason FROM audit_events WHERE role <> 'system' ORDER BY id DESC LIMIT 1`)[0][0]; reason != nil {
		t.Errorf("the trail, which nobody can erase from, holds the text %v", reason)
	}
	for _, kept := range f.rows(`SELECT reason FROM field_changes WHERE record_id = $1 ORDER BY id DESC LIMIT 2`, id) {
		if kept[0] != "Saisie en double." {
			t.Errorf("the history's reason is %v", kept[0])
		}
	}
	may(path, map[*domain.Actor]string{&caseworker: "", &coordinator: ""})
	f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": id, "starts_at": "2025-04-09T12:00:00Z", "duration_minutes": 60, "mode": "phone"}).problem(409, "voided")
	f.send(caseworker, "GET", "/v1/participants/"+participant, nil).is(200) // her file is still there
	if n := f.count(`SELECT count(*) FROM events WHERE organisation_id = $1 AND type IN ('referral.received', 'referral.reviewed', 'referral.accepted')`, f.spip.ID); n != 3 {
		t.Errorf("the partner is told of %d events, not of receipt, review and decision", n)
	}
}

func TestAReferralIsDeclinedOrWithdrawn(t *testing.T) {
	f := newFixture(t)
	partner, caseworker := f.actor(domain.Partner), f.actor(domain.Caseworker)
	refer := func() string {
		return "/v1/referrals/" + f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "email": "c@example.org", "consented_on": "2025-03-20"}).is(201).text("id")
	}
	declined := refer()
	f.send(caseworker, "POST", declined+"/decline", map[string]any{"decline_reason": "injoignable", "decline_note": "Trois appels."}).is(200)
	if seen := f.send(partner, "GET", declined, nil).is(200); seen.text("status") != "declined" || seen.text("decline_reason") != "injoignable" || seen.text("decline_note") != "Trois appels." || seen.texts("available_actions") != "" {
		t.Error(seen.Text)
	}
	withdrawn := refer()
	f.send(partner, "POST", withdrawn+"/withdraw", nil).is(200)
	for _, path := range []string{declined, withdrawn} {
		code := map[string]string{declined: "referral_declined", withdrawn: "referral_withdrawn"}[path]
		f.send(caseworker, "POST", path+"/review", nil).problem(409, code)
		f.send(caseworker, "POST", path+"/accept", map[string]any{}).problem(409, code)
		f.send(caseworker, "POST", path+"/decline", map[string]any{"decline_reason": "autre"}).problem(409, code)
		f.send(partner, "POST", path+"/withdraw", nil).problem(409, code)
	}
	if n := f.count(`SELECT count(*) FROM participants`); n != 0 {
		t.Errorf("%d participants came of it", n)
	}
}

func TestAReferralExpiresWithoutADecision(t *testing.T) {
	f := newFixture(t)
	partner, caseworker, days := f.actor(domain.Partner), f.actor(domain.Caseworker), 60
	f.send(domain.Actor{Subject: "admin", Role: domain.Admin}, "PUT", "/v1/programmes/"+somme, map[string]any{
		"slug": somme, "name": somme, "operator_id": f.operator.ID, "starts_on": "2024-11-01", "ends_on": "2027-12-31", "referral_expiry_days": days}, "If-Match", "*").is(200)
	body := map[string]any{"programme": somme, "external_reference": "old", "first_name": "Camille", "last_name": "Exemple", "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}
	phone, reference := "06 39 98 12 34", "old"
	old := domain.ReferralInput{Programme: somme, ExternalReference: &reference, Identity: domain.Identity{FirstName: "Camille", LastName: "Exemple"},
		Contact: domain.Contact{Phone: &phone}, ConsentedOn: domain.MustDate("2025-03-20")}
	received := func(age int, reference string) string {
		old.ExternalReference = &reference
		view, _, err := f.store.At(time.Now().In(domain.Paris).AddDate(0, 0, -age)).As(partner).Refer(t.Context(), old)
		f.must(err)
		return view.ID
	}
	expired, lastDay := received(days, "old"), received(days-1, "young")

	again := f.send(partner, "POST", "/v1/referrals", body).is(200) // the first to look may be who sends it again
	if again.text("status") != "expired" || again.texts("available_actions") != "" {
		t.Errorf("sent again: %s", again.Text)
	}
	for _, actor := range []domain.Actor{partner, caseworker} {
		seen := f.send(actor, "GET", "/v1/referrals/"+expired, nil).is(200)
		if seen.text("status") != "expired" || seen.Fields["decided_at"] == nil || seen.texts("available_actions") != "" {
			t.Errorf("%s reads %s", actor.Role, seen.Text)
		}
		if seen := f.send(actor, "GET", "/v1/referrals/"+lastDay, nil).is(200); seen.text("status") != "received" || seen.texts("available_actions") == "" {
			t.Errorf("on its last day %s reads %s", actor.Role, seen.Text)
		}
		if items := f.send(actor, "GET", "/v1/referrals?status=expired", nil).is(200).items(); len(items) != 1 || items[0]["id"] != expired {
			t.Errorf("%s lists %v", actor.Role, items)
		}
	}
	f.send(caseworker, "POST", "/v1/referrals/"+expired+"/accept", map[string]any{}).problem(409, "referral_expired")
	f.send(partner, "POST", "/v1/referrals/"+expired+"/withdraw", nil).problem(409, "referral_expired")
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'expired' AND role = 'system'`); n != 1 {
		t.Errorf("%d audit rows of the expiry", n)
	}
	if n := f.count(`SELECT count(*) FROM events WHERE type = 'referral.expired' AND organisation_id = $1`, f.spip.ID); n != 1 {
		t.Errorf("%d events of the expiry for the partner", n)
	}
}
