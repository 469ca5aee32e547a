package api_test

import (
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

// A front end lists what is to come with what is left, and what was last held; its pages keep their order.
func TestWorkshopsAreListedByDayWithThePlacesLeft(t *testing.T) {
	f := newFixture(t)
	lead, caseworker := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	w := f.atelier(3, 3)
	plan := func(title, at string) {
		f.send(lead, "POST", "/v1/workshops", object(w.body, "title", title, "starts_at", at)).is(201)
	}
	plan("mars", "2026-03-05T13:00:00Z")
	plan("mars aussi", "2026-03-05T13:00:00Z")
	plan("minuit", "2026-03-31T22:30:00Z") // 1 April in Paris
	w.takes(0).is(200)
	w.takes(1).is(200)
	titles := func(actor domain.Actor, query string) string {
		t.Helper()
		var found []string
		for _, item := range f.paged(actor, "/v1/workshops?limit=1&"+query) {
			found = append(found, fmt.Sprint(item["title"], " ", item["places_taken"], "/", item["places_free"]))
		}
		return strings.Join(found, ", ")
	}
	all := "mars 0/3, mars aussi 0/3, minuit 0/3, Préparer un entretien 2/1"
	for _, c := range []struct {
		actor       domain.Actor
		query, want string
	}{
		{lead, "", all}, {caseworker, "order=earliest", all},
		{lead, "order=latest", "Préparer un entretien 2/1, minuit 0/3, mars aussi 0/3, mars 0/3"},
		{lead, "from=2026-03-01&to=2026-03-31", "mars 0/3, mars aussi 0/3"},
		{lead, "from=2026-04-01", "minuit 0/3, Préparer un entretien 2/1"},
		{lead, "from=2026-04-01&to=2026-04-01&order=latest", "minuit 0/3"},
		{f.stranger(domain.Coordinator), "order=latest", ""},
	} {
		if got := titles(c.actor, c.query); got != c.want {
			t.Errorf("%q lists %s, not %s", c.query, got, c.want)
		}
	}
	next := f.send(lead, "GET", "/v1/workshops?limit=1&order=latest", nil).is(200).text("next_cursor")
	f.send(lead, "GET", "/v1/workshops?limit=1&cursor="+next, nil).problemAt(422, "invalid", "query.cursor")
	f.send(lead, "GET", "/v1/workshops?from=2026-04-02&to=2026-04-01", nil).problemAt(422, "invalid", "query.from")
	f.send(lead, "GET", "/v1/workshops?order=random", nil).problemAt(422, "invalid", "query.order")
	f.send(f.actor(domain.Partner), "GET", "/v1/workshops?order=latest", nil).problem(403, "forbidden")

	// Who is not shown takes room all the same, and nobody registers for what was called off.
	read := func() string {
		t.Helper()
		got := f.send(lead, "GET", w.path, nil).is(200)
		return fmt.Sprint(len(got.Fields["registrations"].([]any)), " ", got.Fields["places_taken"], "/", got.Fields["places_free"])
	}
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+w.people[1].ParticipantID+"/restriction", map[string]any{"restricted": true, "reason": "Contestée."}).is(200)
	if got := read(); got != "1 2/1" {
		t.Errorf("with one who is not shown it reads %s", got)
	}
	for name, body := range map[string]any{"no body": nil, "no reason": map[string]any{}, "a blank one": map[string]any{"reason": "   "}} {
		if got := f.send(lead, "POST", w.path+"/cancel", body); got.Status != 422 && got.Status != 400 {
			t.Errorf("called off with %s: %s", name, got.Text)
		}
	}
	cancelled := f.send(lead, "POST", w.path+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	if place := cancelled.Fields["registrations"].([]any)[0].(map[string]any); place["status"] != "cancelled" {
		t.Errorf("called off, somebody is still expected: %v", place)
	}
	if got := read(); got != "1 2/0" {
		t.Errorf("called off it reads %s", got)
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'workshop' AND action = 'cancelled' AND reason = 'Salle fermée.'`); n != 1 {
		t.Errorf("%d rows of the trail say why", n)
	}
	if told := f.send(lead, "GET", "/v1/participants/"+w.people[0].ParticipantID+"/timeline?kind=workshop", nil).is(200).items(); len(told) != 1 || told[0]["workshop"].(map[string]any)["status"] != "cancelled" {
		t.Errorf("the timeline tells %v", told)
	}
}

// Where a place is left is one request, for staff; a partner, to whom places are not shown, reads no empty list of them.
func TestOccurrencesAreFoundByPermanenceAndByPlacesLeft(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	id, other := f.permanence("slot_capacity", 1), f.permanence("weekday", "jeudi")
	days := func(actor domain.Actor, query string) string {
		t.Helper()
		var found []string
		for _, item := range f.paged(actor, "/v1/permanences/occurrences?from=2027-01-04&to=2027-01-15&limit=1&"+query) {
			slots := "null"
			if item["slots"] != nil {
				slots = freeIn(item)
			}
			found = append(found, item["planned_on"].(string)[8:]+": "+slots)
		}
		return strings.Join(found, ", ")
	}
	for n, at := range []string{"2027-01-05T09:00:00Z", "2027-01-05T09:45:00Z", "2027-01-05T13:00:00Z", "2027-01-05T13:45:00Z", "2027-01-12T09:00:00Z"} {
		f.send(lead, "POST", "/v1/appointments", booking(f.enrolled("Camille", fmt.Sprintf("Exemple%c", 'a'+n), "2026-01-05").ID, id, at)).is(201)
	}
	for _, c := range []struct {
		actor       domain.Actor
		query, want string
	}{
		{lead, "", "05: 0 0 0 0, 07: 2 2 2 2, 12: 0 1 1 1, 14: 2 2 2 2"},
		{lead, "permanence_id=" + id, "05: 0 0 0 0, 12: 0 1 1 1"},
		{lead, "permanence_id=" + id + "&free=true", "12: 1 1 1"},
		{lead, "free=true", "07: 2 2 2 2, 12: 1 1 1, 14: 2 2 2 2"},
		{lead, "free=false&permanence_id=" + other, "07: 2 2 2 2, 14: 2 2 2 2"},
		{lead, "permanence_id=" + randomID(), ""},
		{f.actor(domain.Partner), "free=true&permanence_id=" + id, "05: null, 12: null"},
		{f.stranger(domain.Coordinator), "permanence_id=" + id, ""},
	} {
		if got := days(c.actor, c.query); got != c.want {
			t.Errorf("%s, %q: %s, not %s", c.actor.Role, c.query, got, c.want)
		}
	}
	f.send(lead, "GET", "/v1/permanences/occurrences?permanence_id=mardi", nil).problemAt(422, "invalid", "query.permanence_id")
	// What has begun is not bookable any more, though nobody came.
	if got := f.send(lead, "GET", "/v1/permanences/occurrences?from=2026-02-01&to=2026-02-28&free=true", nil).is(200).items(); len(got) != 0 {
		t.Errorf("%d of what is over", len(got))
	}
}
