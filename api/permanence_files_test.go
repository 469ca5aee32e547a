package api_test

import (
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

// Merged, two files keep their slots; undone, each has its own again. The partner learns what an occurrence did to her meeting.
func TestSlotsOfMergedFilesAndWhatThePartnerLearns(t *testing.T) {
	f := newFixture(t)
	lead, caseworker, partner := f.actor(domain.Coordinator), f.actor(domain.Caseworker), f.actor(domain.Partner)
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/partnerships", map[string]any{"items": []any{map[string]any{"organisation_id": f.spip.ID, "disclosure": "first_appointment"}}}, "If-Match", "*").is(200)
	id := f.permanence()
	posted := f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "phone": "06 39 98 12 34", "consented_on": "2025-12-20"}).is(201).text("id")
	accepted := f.send(lead, "POST", "/v1/referrals/"+posted+"/accept", map[string]any{"entered_on": "2026-01-05"}).is(200)
	met := f.send(caseworker, "POST", "/v1/appointments", booking(accepted.text("enrolment_id"), id, "2027-01-12T09:00:00Z")).is(201).text("id")
	path := "/v1/permanences/" + id + "/occurrences/2027-01-12"
	told := func(want any) {
		f.Helper()
		if got := f.send(partner, "GET", "/v1/referrals/"+posted, nil).is(200).Fields["first_appointment_at"]; got != want {
			f.Errorf("the partner reads %v, not %v", got, want)
		}
	}
	told("2027-01-12T09:00:00Z")
	f.send(lead, "POST", path+"/move", map[string]any{"moved_on": "2027-01-13", "reason": "Salle occupée."}).is(200)
	told("2027-01-13T09:00:00Z")

	again := f.enrolled("Camile", "Exemple", "2026-02-02")
	second := f.send(caseworker, "POST", "/v1/appointments", booking(again.ID, id, "2027-01-19T09:00:00Z")).is(201).text("id")
	merge := "/v1/participants/" + accepted.text("participant_id")
	f.send(lead, "POST", merge+"/merge", map[string]any{"duplicate_id": again.ParticipantID, "reason": "Saisie en double."}).is(200)
	for _, meeting := range []string{met, second} {
		got := f.send(caseworker, "GET", "/v1/appointments/"+meeting, nil).is(200)
		if got.text("permanence_id") != id || got.text("enrolment_id") != accepted.text("enrolment_id") {
			t.Errorf("merged, it is %s", got.Text)
		}
	}
	if got := freeIn(f.occurrence(id, "2027-01-19")); got != "1 2 2 2" {
		t.Errorf("merged: %s", got)
	}
	// What is decided about an occurrence now is decided for the joined path; then the files part again.
	cancelled := f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/2027-01-19/cancel", map[string]any{"reason": "Neige."}).is(200)
	if got := fmt.Sprint(cancelled.Fields["appointments"].([]any)[0].(map[string]any)["id"]); got != second {
		t.Error(cancelled.Text)
	}
	f.send(lead, "POST", merge+"/unmerge", map[string]any{"duplicate_id": again.ParticipantID}).is(200)
	got := f.send(caseworker, "GET", "/v1/appointments/"+second, nil).is(200)
	if got.text("permanence_id") != id || got.text("enrolment_id") != again.ID || got.text("status") != "cancelled" {
		t.Errorf("unmerged, it is %s", got.Text)
	}
	f.send(lead, "POST", path+"/cancel", map[string]any{"reason": "Neige."}).is(200)
	told(nil)

	// The officer's copy says where and when; an erased person keeps no place and no text.
	f.send(caseworker, "PUT", "/v1/appointments/"+f.send(caseworker, "POST", "/v1/appointments", booking(accepted.text("enrolment_id"), id, "2027-01-26T09:00:00Z")).is(201).text("id"),
		booking(accepted.text("enrolment_id"), id, "2027-01-26T09:00:00Z", "purpose", "Point"), "If-Match", "*").is(200)
	file := f.send(f.actor(domain.DPO), "GET", merge+"/export", nil).is(200)
	if !strings.Contains(file.Text, `"permanence_id":"`+id+`"`) {
		t.Error("her copy does not say in which permanence she is met")
	}
	f.send(f.actor(domain.DPO), "POST", merge+"/erasure", map[string]any{"reason": "À sa demande."}).is(200)
	if got := freeIn(f.occurrence(id, "2027-01-26")); got != "2 2 2 2" {
		t.Errorf("of somebody erased: %s", got)
	}
	// A key keeps what it answered, also of a permanence.
	const key = "une-permanence"
	made := f.send(lead, "POST", "/v1/permanences", tuesdays(f, "label", "Clé"), "Idempotency-Key", key).is(201)
	if again := f.send(lead, "POST", "/v1/permanences", tuesdays(f, "label", "Clé"), "Idempotency-Key", key); again.text("id") != made.text("id") || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Error(again.Text)
	}
	taken := booking(f.enrolled("Lou", "Exemple", "2026-01-05").ID, id, "2027-02-02T09:00:00Z")
	first := f.send(caseworker, "POST", "/v1/appointments", taken, "Idempotency-Key", "une-place").is(201)
	if again := f.send(caseworker, "POST", "/v1/appointments", taken, "Idempotency-Key", "une-place").is(201); again.text("id") != first.text("id") {
		t.Error("a booking that was sent twice was made twice")
	}
	f.send(caseworker, "POST", "/v1/appointments", taken, "Idempotency-Key", "une-autre").problem(409, "already_booked")
}

// Lists of occurrences are read page by page, each once, whatever is moved where.
func TestOccurrencesPageByPage(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	var ids []string
	for _, weekday := range []string{"mardi", "mardi", "jeudi", "vendredi"} {
		ids = append(ids, f.permanence("weekday", weekday))
	}
	f.send(lead, "POST", "/v1/permanences/"+ids[2]+"/occurrences/2026-03-05/move", map[string]any{"moved_on": "2026-03-03", "reason": "Salle occupée."}).is(200)
	const period = "/v1/permanences/occurrences?from=2026-02-01&to=2026-04-30"
	whole := f.send(lead, "GET", period+"&limit=200", nil).is(200).items()
	paged := f.paged(lead, period+"&limit=7")
	if len(whole) != 4*13-1 || fmt.Sprint(paged) != fmt.Sprint(whole) { // of thirteen weeks one Thursday lies outside
		t.Errorf("%d in all, %d page by page", len(whole), len(paged))
	}
	other := f.send(lead, "GET", "/v1/appointments?limit=1", nil).is(200)
	if next, more := other.Fields["next_cursor"].(string); more {
		f.send(lead, "GET", period+"&cursor="+next, nil).problemAt(422, "invalid", "query.cursor")
	}
}
