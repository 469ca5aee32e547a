package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// atelier is a workshop to come, and those who are enrolled for it.
type atelier struct {
	*fixture
	path   string
	body   map[string]any
	people []domain.EnrolmentView
}

func (f *fixture) atelier(capacity, people int) *atelier {
	f.Helper()
	w := &atelier{fixture: f, body: map[string]any{"programme": somme, "kind": "remobilisation", "title": "Préparer un entretien", "starts_at": inAMonth(), "duration_minutes": 90, "capacity": capacity}}
	w.path = "/v1/workshops/" + f.send(f.actor(domain.Caseworker), "POST", "/v1/workshops", w.body).is(201).text("id")
	for n := range people {
		w.people = append(w.people, f.enrolled("Camille", fmt.Sprintf("Exemple%c%c", 'a'+n/26, 'a'+n%26), "2025-02-03"))
	}
	return w
}

// takes asks for a place for one of the people, and would wait; gives gives it back.
func (w *atelier) takes(n int) reply {
	w.Helper()
	return w.send(w.actor(domain.Caseworker), "POST", w.path+"/registrations", map[string]any{"enrolment_id": w.people[n].ID, "waiting_list": true})
}

func (w *atelier) gives(n int) reply {
	w.Helper()
	return w.send(w.actor(domain.Caseworker), "POST", w.path+"/unregister", map[string]any{"enrolment_id": w.people[n].ID})
}

// who tells, as numbers, who is registered and who waits, each in order.
func (w *atelier) who(r reply) string {
	w.Helper()
	numbers := map[string]string{}
	for i, one := range w.people {
		numbers[one.ID] = fmt.Sprint(i)
	}
	list := func(field string) string {
		var found []string
		for _, item := range r.is(200).Fields[field].([]any) {
			found = append(found, numbers[item.(map[string]any)["enrolment_id"].(string)])
		}
		return strings.Join(found, " ")
	}
	return list("registrations") + " / " + list("waiting")
}

func (w *atelier) reads() string {
	w.Helper()
	return w.who(w.send(w.actor(domain.Coordinator), "GET", w.path, nil))
}

func (w *atelier) holds(when, want string, got string) {
	w.Helper()
	if got != want || w.reads() != want {
		w.Errorf("%s the workshop holds %q, read %q, not %q", when, got, w.reads(), want)
	}
}

func TestWhoWaitsForAWorkshopGetsThePlaceThatBecomesFree(t *testing.T) {
	f := newFixture(t)
	w, caseworker := f.atelier(2, 6), f.actor(domain.Caseworker)
	id := strings.TrimPrefix(w.path, "/v1/workshops/")
	w.takes(0).is(200)
	w.holds("asked with a place left,", "0 1 / ", w.who(w.takes(1)))
	// Full: refused, unless she would wait.
	for _, body := range []map[string]any{{"enrolment_id": w.people[2].ID}, {"enrolment_id": w.people[2].ID, "waiting_list": false}} {
		f.send(caseworker, "POST", w.path+"/registrations", body).problem(409, "workshop_full")
	}
	listed := w.takes(2)
	f.trail(caseworker, "listed", "workshop", id, "waiting")
	w.holds("asked while full,", "0 1 / 2", w.who(listed))
	w.takes(3).is(200)
	w.holds("asked once more,", "0 1 / 2 3 4", w.who(w.takes(4)))
	w.takes(3).problem(409, "already_waiting")
	w.takes(1).problem(409, "already_registered")

	// What is freed goes to who waits first, at once; and whoever gives up her turn loses it.
	given := w.gives(0)
	f.trail(caseworker, "unregistered", "workshop", id, "registrations")
	w.holds("given back,", "1 2 / 3 4", w.who(given))
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'place_given' AND subject = 'o2r' AND role = 'system' AND $1 = ANY (record_ids) AND $2 = ANY (record_ids)`, id, w.people[2].ID); n != 1 {
		t.Errorf("%d rows of the trail tell of the place that was given", n)
	}
	w.gives(0).problem(409, "not_registered")
	w.holds("a turn given up,", "1 2 / 4", w.who(w.gives(3)))
	w.holds("asked again,", "1 2 / 4 3", w.who(w.takes(3)))

	// Nothing of it without reach; and a colleague's person asks for a reason.
	for name, r := range map[string]struct {
		actor  domain.Actor
		method string
		path   string
		body   any
		status int
		code   string
	}{
		"another programme gives back":   {f.stranger(domain.Coordinator), "POST", w.path + "/unregister", map[string]any{"enrolment_id": w.people[1].ID}, 404, "not_found"},
		"another programme rewrites":     {f.stranger(domain.Coordinator), "PUT", w.path, w.body, 404, "not_found"},
		"a partner gives back":           {f.actor(domain.Partner), "POST", w.path + "/unregister", map[string]any{"enrolment_id": w.people[1].ID}, 403, "forbidden"},
		"an analyst rewrites":            {f.actor(domain.Analyst), "PUT", w.path, w.body, 403, "forbidden"},
		"nobody's place":                 {caseworker, "POST", w.path + "/unregister", map[string]any{"enrolment_id": randomID()}, 422, "invalid"},
		"nobody waits":                   {caseworker, "POST", w.path + "/registrations", map[string]any{"enrolment_id": randomID(), "waiting_list": true}, 422, "invalid"},
		"no enrolment":                   {caseworker, "POST", w.path + "/unregister", map[string]any{}, 422, "invalid"},
		"waiting said otherwise":         {caseworker, "POST", w.path + "/registrations", map[string]any{"enrolment_id": w.people[5].ID, "waiting_list": "yes"}, 422, "invalid"},
		"below those registered":         {caseworker, "PUT", w.path, object(w.body, "capacity", 1), 422, "invalid"},
		"another programme's":            {caseworker, "PUT", w.path, object(w.body, "programme", elsewhere), 422, "invalid"},
		"after the programme":            {caseworker, "PUT", w.path, object(w.body, "starts_at", "2028-01-02T09:00:00Z"), 422, "invalid"},
		"before an entry":                {caseworker, "PUT", w.path, object(w.body, "starts_at", "2025-01-02T09:00:00Z"), 422, "invalid"},
		"moved to nowhere":               {caseworker, "PUT", w.path, object(w.body, "site_id", randomID()), 422, "invalid"},
		"a reason for no move":           {caseworker, "PUT", w.path, object(w.body, "move_reason", "La salle est prise."), 422, "invalid"},
		"a blank reason":                 {caseworker, "PUT", w.path, object(w.body, "duration_minutes", 60, "move_reason", "  "), 422, "invalid"},
		"registrations written by force": {caseworker, "PUT", w.path, object(w.body, "registrations", []any{}), 422, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(r.actor, r.method, r.path, r.body, "If-Match", "*").problem(r.status, r.code)
		})
	}
	f.send(caseworker, "PUT", w.path, w.body).problem(428, "precondition_required")
	f.send(caseworker, "PUT", w.path, w.body, "If-Match", `"1"`).problem(412, "stale")
	f.send(caseworker, "POST", w.path+"/unregister", map[string]any{"enrolment_id": w.people[1].ID}, "If-Match", `"1"`).problem(412, "stale")
	w.holds("after what was refused,", "1 2 / 4 3", w.reads())
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague' WHERE id = $1`, w.people[1].ID)
	w.gives(1).problem(403, "access_reason_required")
	f.exec(`UPDATE enrolments SET caseworker_id = NULL`)

	// A raised capacity goes to those who wait. Moved, it says so; a new title alone is no move.
	f.send(caseworker, "PUT", w.path, object(w.body, "title", "Préparer son entretien"), "If-Match", "*").is(200)
	wider := f.send(caseworker, "PUT", w.path, object(w.body, "capacity", 3, "duration_minutes", 120, "site_id", f.site.ID, "move_reason", "La salle est prise."), "If-Match", "*")
	f.trail(caseworker, "updated", "workshop", id, "capacity duration_minutes site_id title")
	w.holds("with another place,", "1 2 4 / 3", w.who(wider))
	if moves := wider.Fields["moves"].([]any); len(moves) != 1 || fmt.Sprintf("%v %v %v %v", moves[0].(map[string]any)["reason"], moves[0].(map[string]any)["from_duration_minutes"], moves[0].(map[string]any)["to_duration_minutes"], moves[0].(map[string]any)["moved_by"]) != "La salle est prise. 90 120 test-caseworker" {
		t.Errorf("the moves are %v", moves)
	}
	w.holds("without a limit,", "1 2 4 3 / ", w.who(f.send(caseworker, "PUT", w.path, object(w.body, "capacity", nil), "If-Match", "*")))
}

func TestTheRollIsNotCalledForWhoWaited(t *testing.T) {
	f := newFixture(t)
	w, lead := f.atelier(1, 4), f.actor(domain.Coordinator)
	w.takes(0).is(200)
	w.takes(1).is(200)
	w.takes(2).is(200)
	f.exec(`UPDATE workshops SET starts_at = '2026-03-05T13:00:00Z'`)
	rate := func() string {
		t.Helper()
		got := f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators/workshop_attendance_rate?as_of="+domain.DayOf(time.Now()).String(), nil).is(200)
		return fmt.Sprint(got.Fields["numerator"], "/", got.Fields["denominator"], " ", got.Fields["unknown"])
	}
	if got := rate(); got != "0/0 1" {
		t.Errorf("before the roll the rate is %s, not 0/0 1: who waits counts nowhere", got)
	}
	entry := func(n int, status string) map[string]any {
		return map[string]any{"enrolment_id": w.people[n].ID, "status": status}
	}
	roll := func(entries ...any) reply {
		t.Helper()
		return f.send(lead, "PUT", w.path+"/roll-call", map[string]any{"items": entries}, "If-Match", "*")
	}
	roll().problemAt(422, "invalid", "body.items")
	roll(entry(0, "attended"), entry(1, "attended")).problemAt(422, "invalid", "body.items[1].enrolment_id")
	roll(entry(0, "scheduled")).problemAt(422, "invalid", "body.items[0].status")
	if got := w.reads(); got != "0 / 1 2" {
		t.Errorf("a roll that was refused left %s", got)
	}
	w.holds("closed,", "0 / ", w.who(roll(entry(0, "attended"))))
	if got := rate(); got != "1/1 0" {
		t.Errorf("closed, the rate is %s", got)
	}
	for code, r := range map[string]reply{"take": w.takes(3), "give": w.gives(0), "write": f.send(lead, "PUT", w.path, w.body, "If-Match", "*")} {
		if r.Status != 409 || !strings.Contains(r.Text, "workshop_closed") {
			t.Errorf("%s in a closed workshop: %s", code, r.Text)
		}
	}
	// What became of those who waited stays with them; a workshop that is called off lapses too.
	other := f.atelier(1, 0)
	other.people = w.people
	other.takes(0).is(200)
	other.takes(1).is(200)
	f.send(lead, "POST", other.path+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	if got := other.reads(); got != "0 / " {
		t.Errorf("called off, it holds %s", got)
	}
	if got := fmt.Sprint(f.rows(`SELECT state, count(*), count(settled_at) FROM workshop_requests GROUP BY 1`)); got != "[[lapsed 3 3]]" {
		t.Errorf("of those who waited, %s", got)
	}
	copied := f.send(f.actor(domain.DPO), "GET", "/v1/participants/"+w.people[1].ParticipantID+"/export", nil).is(200)
	if strings.Count(copied.Text, `"state":"lapsed"`) != 2 {
		t.Errorf("her copy leaves out that she waited: %s", copied.Text)
	}
	if page := f.send(f.actor(domain.DPO), "GET", "/v1/participants/"+w.people[1].ParticipantID+"/export", nil, "Accept", "text/html").is(200); !strings.Contains(page.Text, "Sans suite : atelier clos ou annulé") {
		t.Error("her printed copy leaves out that she waited")
	}
}

// Somebody whose file is frozen keeps her turn unseen, and gets no place meanwhile; who was enrolled by mistake or erased gets none.
func TestWhoMayNotBeSeenIsPassedOver(t *testing.T) {
	f := newFixture(t)
	w, dpo := f.atelier(1, 5), f.actor(domain.DPO)
	for n := range 5 {
		w.takes(n).is(200)
	}
	restrict := func(restricted bool) {
		f.send(dpo, "POST", "/v1/participants/"+w.people[1].ParticipantID+"/restriction", map[string]any{"restricted": restricted, "reason": "Exactitude contestée."}).is(200)
	}
	restrict(true)
	f.send(f.actor(domain.Coordinator), "POST", "/v1/enrolments/"+w.people[2].ID+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	f.send(dpo, "POST", "/v1/participants/"+w.people[3].ParticipantID+"/erasure", map[string]any{"reason": "Demande du 2 juin 2026."}).is(200)
	w.holds("with three who may not be seen,", "0 / 4", w.reads())
	w.gives(1).problem(422, "invalid")
	w.holds("given back,", "4 / ", w.who(w.gives(0)))
	restrict(false)
	w.holds("after the restriction,", "4 / 1", w.reads())
	w.holds("given back again,", "1 / ", w.who(w.gives(4)))
}

// However many take and give back at once: never more than there are places, none left while somebody waits, and those
// who wait get theirs in the order in which they came.
func TestPlacesAndTurnsHoldUnderManyAtOnce(t *testing.T) {
	f := newFixture(t)
	const places, crowd = 5, 50
	w := f.atelier(places, crowd)
	caseworker := f.actor(domain.Caseworker)
	ask := func(n int, what string) request {
		body := map[string]any{"enrolment_id": w.people[n].ID}
		if what == "/registrations" {
			body["waiting_list"] = true
		}
		return request{caseworker, "POST", w.path + what, body, ""}
	}
	var all []request
	for n := range crowd {
		all = append(all, ask(n, "/registrations"))
	}
	f.tallied(f.atOnce(all), map[string]int{"200": crowd})
	consistent := func(when string, holders int) {
		t.Helper()
		got := f.rows(`SELECT (SELECT count(*) FROM workshop_registrations), (SELECT count(*) FROM workshop_requests WHERE state = 'waiting'),
			(SELECT count(*) FROM workshop_registrations r JOIN workshop_requests q USING (workshop_id, enrolment_id) WHERE q.state = 'waiting'),
			-- who waits came after everybody who was given a place from the list
			(SELECT count(*) FROM workshop_requests waiting, workshop_requests given WHERE waiting.state = 'waiting' AND given.state = 'registered' AND given.place > waiting.place)`)[0]
		if fmt.Sprint(got) != fmt.Sprint([]any{min(places, holders), max(0, holders-places), 0, 0}) {
			t.Errorf("%s: registered, waiting, both, out of turn: %v of %d who asked", when, got, holders)
		}
	}
	consistent("fifty at once", crowd)
	// Twenty give back, and ten of those ask again, all at once: whoever it is, registered or waiting.
	all = nil
	for n := range 20 {
		all = append(all, ask(n, "/unregister"))
	}
	f.tallied(f.atOnce(all), map[string]int{"200": 20})
	consistent("twenty gave back", crowd-20)
	all = nil
	for n := range 10 {
		all = append(all, ask(n, "/registrations"), ask(20+n, "/unregister"))
	}
	for _, got := range f.atOnce(all) {
		got.is(http.StatusOK)
	}
	consistent("ten asked again while ten gave back", crowd-20)
	if n := f.count(`SELECT count(*) FROM workshop_requests WHERE state = 'withdrawn'`); n != 30 {
		t.Errorf("%d gave back, not 30", n)
	}
}

// Two files of one person: merged, she holds one place or one turn, the earlier; what that frees goes to who waits; and
// unmerging puts every turn back.
func TestAMergedPersonWaitsOnce(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	one := domain.EnrolmentView{}
	twin := f.twins("2025-02-03", "2025-02-10")
	one.ID = twin.firstPath
	two := one
	two.ID = twin.secondPath
	// 0 and 1 are one person; 0's path, entered first, stands.
	held, waits, mixed := f.atelier(2, 0), f.atelier(1, 0), f.atelier(1, 0)
	others := f.atelier(1, 3).people
	for _, w := range []*atelier{held, waits, mixed} {
		w.people = append([]domain.EnrolmentView{one, two}, others...)
	}
	for _, n := range []int{0, 1, 2} { // both have a place, another waits
		held.takes(n).is(200)
	}
	for _, n := range []int{2, 1, 3, 0, 4} { // both wait, the folded path before the other
		waits.takes(n).is(200)
	}
	for _, n := range []int{1, 0, 2} { // the folded path has a place, and the other waits
		mixed.takes(n).is(200)
	}
	turns := func() string {
		return fmt.Sprint(f.rows(`SELECT workshop_id::text, enrolment_id::text, state, place FROM workshop_requests ORDER BY place`))
	}
	before := turns()
	f.merge(twin.first, twin.second).is(200)
	held.holds("merged,", "0 2 / ", held.reads())
	waits.holds("merged,", "2 / 0 3 4", waits.reads())
	mixed.holds("merged,", "0 / 2", mixed.reads())
	f.unmerge(twin.first, twin.second).is(200)
	waits.holds("unmerged,", "2 / 1 3 0 4", waits.reads())
	mixed.holds("unmerged,", "1 / 0 2", mixed.reads())
	// Whoever got the place meanwhile keeps it.
	if got := held.reads(); got != "0 1 2 / " {
		t.Errorf("unmerged, the workshop in which both had a place holds %s", got)
	}
	if got := strings.ReplaceAll(turns(), "registered", "waiting"); got != before {
		t.Errorf("unmerged, the turns are\n%s\nnot\n%s", got, before)
	}
	// Merged again, she gives back the one that she has, and with it the turn of her other file.
	f.merge(twin.first, twin.second).is(200)
	mixed.holds("given back,", "2 / ", mixed.who(mixed.gives(0)))
	f.send(lead, "GET", mixed.path, nil).is(200)
}
