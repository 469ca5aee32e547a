package api_test

import (
	"fmt"
	"testing"

	"o2r/domain"
)

// An exit calls nothing off; its answer says what is left to call off.
func TestAnExitSaysWhatIsStillToCome(t *testing.T) {
	f := newFixture(t)
	w, lead := f.atelier(3, 2), f.actor(domain.Coordinator)
	meet := func(enrolment, at string) string {
		return f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": at, "duration_minutes": 30, "mode": "phone"}).is(201).text("id")
	}
	one, other := w.people[0].ID, w.people[1].ID
	meet(one, "2026-02-03T09:00:00Z") // still without attendance, and over
	meet(one, inAMonth())
	meet(other, inAMonth())
	off := meet(one, inAMonth())
	f.send(lead, "POST", "/v1/appointments/"+off+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	w.takes(0).is(200)
	exit := map[string]any{"exited_on": "2026-02-10", "kind": "abandon"}
	f.send(f.stranger(domain.Coordinator), "POST", "/v1/enrolments/"+one+"/exit", exit).problem(404, "not_found")
	f.send(lead, "POST", "/v1/enrolments/"+one+"/exit", object(exit, "exited_on", "2020-01-01")).problem(422, "invalid")
	for path, want := range map[string]string{one: "1 1", other: "1 0"} {
		got := f.send(lead, "POST", "/v1/enrolments/"+path+"/exit", exit).is(200)
		if said := fmt.Sprint(got.Fields["meetings_to_come"], " ", got.Fields["workshops_to_come"]); said != want || got.text("status") == "active" {
			t.Errorf("the exit says %s, not %s: %s", said, want, got.Text)
		}
	}
	f.send(lead, "POST", "/v1/enrolments/"+one+"/exit", exit).problem(409, "already_exited")
}

// Links that are handed out lead where the deployment is reached, also where that is not who issues its tokens.
func TestACalendarLinkLeadsWhereItIsSaid(t *testing.T) {
	f := newFixture(t)
	f.tokens.LinkTo("http://127.0.0.1:8391/")
	made := f.send(f.actor(domain.Caseworker), "POST", "/v1/calendars", map[string]any{"programme": somme, "kind": "caseworker"}).is(201)
	if got := made.text("url"); len(got) < 40 || got[:32] != "http://127.0.0.1:8391/calendars/" {
		t.Errorf("the link leads to %.33s", got)
	}
}
