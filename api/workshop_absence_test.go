package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
)

// Pay is reduced for absences that were not justified (D. 5316-15): of a workshop, it is said in the roll call, as of a
// meeting in its attendance.
func TestAnAbsenceFromAWorkshopIsJustifiedOrNot(t *testing.T) {
	f := newFixture(t)
	w, caseworker, lead, dpo := f.atelier(4, 4), f.actor(domain.Caseworker), f.actor(domain.Coordinator), f.actor(domain.DPO)
	for n := range w.people {
		w.takes(n).is(200)
	}
	f.exec(`UPDATE workshops SET starts_at = '2026-03-05T13:00:00Z'`)
	roll := func(says ...any) map[string]any {
		items := []any{}
		for n, one := range w.people {
			items = append(items, object(map[string]any{"enrolment_id": one.ID, "status": says[2*n]}, "justified", says[2*n+1]))
		}
		return map[string]any{"items": items}
	}
	call := func(says ...any) reply {
		t.Helper()
		return f.send(caseworker, "PUT", w.path+"/roll-call", roll(says...), "If-Match", "*")
	}
	if got := fmt.Sprint(f.send(caseworker, "GET", w.path, nil).is(200).Fields["registrations"].([]any)[0].(map[string]any)["justified"]); got != "<nil>" {
		t.Errorf("before the roll an absence is %s", got)
	}
	refused := func(status int, code, location, fault string, says ...any) refusal {
		return refusal{"PUT", w.path + "/roll-call", roll(says...), status, code, location, fault}
	}
	f.refuse(caseworker, map[string]refusal{
		"who came is justified":            refused(422, "invalid", "body.items[0].justified", "no_absence", "attended", true, "no_show", nil, "excused", nil, "attended", nil),
		"who came is not":                  refused(422, "invalid", "body.items[3].justified", "no_absence", "attended", nil, "no_show", nil, "excused", nil, "attended", false),
		"two at once":                      refused(422, "invalid", "body.items[0].justified body.items[3].justified", "no_absence", "attended", false, "no_show", nil, "excused", nil, "attended", false),
		"justified in words":               refused(422, "invalid", "body.items[1].justified", "type", "attended", nil, "no_show", "oui", "excused", nil, "attended", nil),
		"justified while still to come":    refused(422, "invalid", "body.items[1].status", "enum", "attended", nil, "scheduled", true, "excused", nil, "attended", nil),
		"justified what the service ended": refused(422, "invalid", "body.items[1].status", "enum", "attended", nil, "cancelled", true, "excused", nil, "attended", nil),
	}, "If-Match", "*")
	f.send(f.stranger(domain.Caseworker), "PUT", w.path+"/roll-call", roll("no_show", true, "no_show", true, "no_show", true, "no_show", true), "If-Match", "*").problem(404, "not_found")
	f.send(f.actor(domain.Partner), "PUT", w.path+"/roll-call", roll("no_show", true, "no_show", true, "no_show", true, "no_show", true), "If-Match", "*").problem(403, "forbidden")

	reads := func(r reply) string {
		t.Helper()
		said := map[string]string{}
		for _, one := range r.is(200).Fields["registrations"].([]any) {
			place := one.(map[string]any)
			said[place["enrolment_id"].(string)] = fmt.Sprint(place["status"], " ", place["justified"])
		}
		var all []string
		for _, one := range w.people {
			all = append(all, said[one.ID])
		}
		return strings.Join(all, ", ")
	}
	if got, want := reads(call("no_show", false, "no_show", true, "excused", true, "no_show", nil)), "no_show false, no_show true, excused true, no_show <nil>"; got != want {
		t.Errorf("the roll reads %s, not %s", got, want)
	}
	// Called again, it is what was said last: nothing of the former stays.
	want := "attended <nil>, no_show true, excused <nil>, no_show false"
	if got := reads(call("attended", nil, "no_show", true, "excused", nil, "no_show", false)); got != want || reads(f.send(lead, "GET", w.path, nil)) != want {
		t.Errorf("called again, the roll reads %s, not %s", got, want)
	}
	// Her timeline and her copy say it, on paper too.
	person := "/v1/participants/" + w.people[3].ParticipantID
	told := f.send(lead, "GET", person+"/timeline?kind=workshop", nil).is(200).items()
	if len(told) != 1 || told[0]["workshop"].(map[string]any)["justified"] != false {
		t.Errorf("the timeline tells %v", told)
	}
	copied := f.send(dpo, "GET", person+"/export", nil).is(200)
	if !strings.Contains(copied.Text, `"status":"no_show","justified":false,`) {
		t.Errorf("the copy does not say it: %s", copied.Text)
	}
	if page := f.send(dpo, "GET", person+"/export", nil, "Accept", "text/html").is(200).Text; !strings.Contains(page, "<td>Absent</td><td>non</td>") {
		t.Error("the printed copy does not say it")
	}
	conn, err := pgx.Connect(t.Context(), f.url)
	f.must(err)
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `UPDATE workshop_registrations SET justified = true WHERE status = 'attended'`); err == nil || !strings.Contains(err.Error(), "workshop_registrations_justified_check") {
		t.Errorf("the database justifies that she came: %v", err)
	}
}

// Of two places in one workshop that a merge makes one, the one that says more of an absence is hers, and each is again as
// it was once the files are two again.
func TestMergingKeepsThatAnAbsenceWasJustified(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	lead := f.actor(domain.Coordinator)
	roll := []any{map[string]any{"enrolment_id": w.firstPath, "status": "no_show"}, map[string]any{"enrolment_id": w.secondPath, "status": "no_show", "justified": true}}
	f.send(lead, "PUT", "/v1/workshops/"+w.both+"/roll-call", map[string]any{"items": roll}, "If-Match", "*").is(200)
	before := f.remains()
	says := func() string {
		t.Helper()
		return fmt.Sprint(f.rows(`SELECT enrolment_id = $2, status, coalesce(justified::text, 'unknown') FROM workshop_registrations WHERE workshop_id = $1::uuid ORDER BY 1 DESC`, w.both, w.firstPath))
	}
	if got := says(); got != "[[true no_show unknown] [false no_show true]]" {
		t.Fatalf("before, the roll holds %s", got)
	}
	f.merge(w.first, w.second).is(200)
	if got := says(); got != "[[true no_show true] [false no_show unknown]]" {
		t.Errorf("merged, the roll holds %s", got)
	}
	f.unmerge(w.first, w.second).is(200)
	for table, held := range f.remains() {
		if before[table] != held {
			t.Errorf("unmerged, %s holds\n%s\nnot\n%s", table, held, before[table])
		}
	}
}
