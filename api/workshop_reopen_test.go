package api_test

import (
	"fmt"
	"testing"
	"time"

	"o2r/domain"
)

// Somebody came without a place, and the roll was called: a coordinator opens it again, and nothing that it said is lost.
func TestARollIsReopenedForWhoCameWithoutAPlace(t *testing.T) {
	f := newFixture(t)
	w, lead, caseworker := f.atelier(1, 2), f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	w.takes(0).is(200)
	why := map[string]any{"reason": "Une personne est venue sans être inscrite."}
	reopen := func(actor domain.Actor, body any) reply { return f.send(actor, "POST", w.path+"/reopen", body) }
	reopen(lead, why).problem(409, "workshop_planned")
	f.exec(`UPDATE workshops SET starts_at = '2026-03-05T13:00:00Z'`)
	entry := func(n int, status string) map[string]any {
		return map[string]any{"enrolment_id": w.people[n].ID, "status": status}
	}
	roll := func(entries ...any) reply {
		return f.send(caseworker, "PUT", w.path+"/roll-call", map[string]any{"items": entries}, "If-Match", "*")
	}
	rate := func() string {
		t.Helper()
		got := f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators/workshop_attendance_rate?as_of="+domain.DayOf(time.Now()).String(), nil).is(200)
		return fmt.Sprint(got.Fields["numerator"], "/", got.Fields["denominator"], " ", got.Fields["unknown"])
	}
	closed := roll(object(entry(0, "no_show"), "justified", true)).is(200)
	w.takes(1).problem(409, "workshop_closed")
	reopen(caseworker, why).problem(403, "forbidden")
	reopen(f.actor(domain.Partner), why).problem(403, "forbidden")
	reopen(f.stranger(domain.Coordinator), why).problem(404, "not_found")
	reopen(lead, map[string]any{}).problemAt(422, "invalid", "body.reason")
	reopen(lead, map[string]any{"reason": "   "}).problemAt(422, "invalid", "body.reason")
	f.send(lead, "POST", w.path+"/reopen", why, "If-Match", `"1"`).problem(412, "stale")
	if got := rate(); got != "0/1 0" {
		t.Errorf("closed, the rate is %s", got)
	}

	open := f.send(lead, "POST", w.path+"/reopen", why, "If-Match", closed.Header.Get("ETag")).is(200)
	place := open.Fields["registrations"].([]any)[0].(map[string]any)
	if open.text("status") != "planned" || fmt.Sprint(place["status"], place["justified"]) != "no_showtrue" {
		t.Errorf("reopened it reads %s", open.Text)
	}
	f.trail(lead, "reopened", "workshop", open.text("id"), "registrations")
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'reopened' AND kind = 'workshop' AND reason = $1`, why["reason"]); n != 1 {
		t.Errorf("%d rows of the trail say why", n)
	}
	if got := rate(); got != "0/0 1" {
		t.Errorf("reopened, the rate is %s: its roll is still to be called", got)
	}
	f.send(caseworker, "POST", w.path+"/registrations", map[string]any{"enrolment_id": w.people[1].ID}).problem(409, "workshop_full")
	f.send(caseworker, "PUT", w.path, object(w.body, "capacity", 2, "starts_at", "2026-03-05T13:00:00Z"), "If-Match", "*").is(200)
	w.takes(1).is(200)
	roll(entry(1, "attended")).problemAt(422, "invalid", "body.items")
	roll(object(entry(0, "no_show"), "justified", true), entry(1, "attended")).is(200)
	if got := rate(); got != "1/2 0" {
		t.Errorf("closed again, the rate is %s", got)
	}
	f.send(lead, "POST", w.path+"/reopen", why).is(200)
	f.send(lead, "POST", w.path+"/cancel", why).is(200)
	reopen(lead, why).problem(409, "workshop_cancelled")
}
