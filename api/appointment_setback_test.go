package api_test

import (
	"fmt"
	"testing"

	"o2r/domain"
)

// An occurrence is moved, cancelled, and held again after all, where it was planned: whoever was booked is set back, and moved,
// in one step.
func TestAMeetingThatWasCalledOffIsSetBackAndMovedInOne(t *testing.T) {
	f := newFixture(t)
	lead, caseworker := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	id := f.permanence("slot_capacity", 1)
	hers, his := f.enrolled("Camille", "Exemple", "2026-01-05").ID, f.enrolled("Sacha", "Exemple", "2026-01-05").ID
	meeting := "/v1/appointments/" + f.send(caseworker, "POST", "/v1/appointments", booking(hers, id, "2027-01-12T09:00:00Z", "purpose", "Point.")).is(201).text("id")
	day := "/v1/permanences/" + id + "/occurrences/2027-01-12"
	f.send(lead, "POST", day+"/move", map[string]any{"moved_on": "2027-01-13", "reason": "Salle occupée."}).is(200)
	f.send(lead, "POST", day+"/cancel", map[string]any{"reason": "Route coupée par la neige."}).is(200)
	f.send(lead, "POST", day+"/restore", map[string]any{"reason": "La route est dégagée."}).is(200)
	read := f.send(caseworker, "GET", meeting, nil).is(200)
	if read.text("status") != "cancelled" || read.text("starts_at") != "2027-01-13T09:00:00Z" {
		t.Fatalf("restored, the meeting reads %s", read.Text)
	}
	free, taken := booking(hers, id, "2027-01-12T09:00:00Z"), booking(hers, id, "2027-01-12T09:45:00Z")
	f.send(caseworker, "POST", "/v1/appointments", booking(his, id, "2027-01-12T09:45:00Z")).is(201)
	scheduled := "/v1/appointments/" + f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": his, "starts_at": "2027-02-02T09:00:00Z", "duration_minutes": 30, "mode": "phone"}).is(201).text("id")
	held := "/v1/appointments/" + f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": his, "starts_at": "2026-02-03T09:00:00Z", "duration_minutes": 30, "mode": "phone"}).is(201).text("id")
	f.send(caseworker, "POST", held+"/attendance", map[string]any{"status": "no_show", "justified": true}).is(200)
	f.refuse(caseworker, map[string]refusal{
		"set back to where nobody is received": {"POST", meeting + "/attendance", map[string]any{"status": "scheduled"}, 409, "slot_gone", "", ""},
		"moved and not set back":               {"PUT", meeting, free, 409, "appointment_cancelled", "", ""},
		"moved and said not to be":             {"PUT", meeting, object(free, "set_back", false), 409, "appointment_cancelled", "", ""},
		"set back where the place is taken":    {"PUT", meeting, object(taken, "set_back", true), 409, "slot_taken", "", ""},
		"set back where there is no slot":      {"PUT", meeting, object(free, "set_back", true, "starts_at", "2027-01-12T09:10:00Z"), 422, "invalid", "body.starts_at", "no_slot"},
		"set back before the entry":            {"PUT", meeting, object(free, "set_back", true, "permanence_id", nil, "starts_at", "2026-01-04T09:00:00Z"), 422, "invalid", "body.starts_at", "before_entry"},
		"set back what is scheduled":           {"PUT", scheduled, map[string]any{"enrolment_id": his, "starts_at": "2027-02-02T09:00:00Z", "duration_minutes": 30, "mode": "phone", "set_back": true}, 422, "invalid", "body.set_back", "not_called_off"},
		"set back what was missed":             {"PUT", held, map[string]any{"enrolment_id": his, "starts_at": "2027-02-03T09:00:00Z", "duration_minutes": 30, "mode": "phone", "set_back": true}, 409, "appointment_no_show", "", ""},
		"set back for somebody else":           {"PUT", meeting, object(free, "set_back", true, "enrolment_id", his), 422, "invalid", "body.enrolment_id", "fixed"},
		"set back in words":                    {"PUT", meeting, object(free, "set_back", "oui"), 422, "invalid", "body.set_back", "type"},
	}, "If-Match", "*")
	f.send(f.stranger(domain.Caseworker), "PUT", meeting, object(free, "set_back", true), "If-Match", "*").problem(404, "not_found")
	f.send(caseworker, "PUT", meeting, object(free, "set_back", true), "If-Match", `"1"`).problem(412, "stale")

	back := f.send(caseworker, "PUT", meeting, object(free, "set_back", true, "move_reason", "La route est dégagée."), "If-Match", read.Header.Get("ETag")).is(200)
	moves := back.Fields["moves"].([]any)
	if back.text("status") != "scheduled" || back.text("starts_at") != "2027-01-12T09:00:00Z" || len(moves) != 2 || moves[1].(map[string]any)["reason"] != "La route est dégagée." {
		t.Errorf("set back, it reads %s", back.Text)
	}
	if got := freeIn(f.occurrence(id, "2027-01-12")); got != "0 0 1 1" {
		t.Errorf("free in the occurrence: %s", got)
	}
	f.trail(caseworker, "updated", "appointment", read.text("id"), "move_reason purpose starts_at status")
	// Of one that she called off herself, whether that was justified goes; and where nothing else changes, nothing is moved.
	f.send(caseworker, "POST", meeting+"/attendance", map[string]any{"status": "excused", "justified": true, "note": "A appelé."}).is(200)
	again := f.send(caseworker, "PUT", meeting, object(free, "set_back", true), "If-Match", "*").is(200)
	if got := fmt.Sprint(again.text("status"), again.Fields["justified"], again.Fields["note"], len(again.Fields["moves"].([]any))); got != "scheduled<nil>A appelé.2" {
		t.Errorf("set back once more, it reads %s", got)
	}
}
