package api_test

import (
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

// Who was enrolled by mistake, or erased, keeps no place in a workshop to come: it goes at once to who waits first. What was
// held stays, for the figures.
func TestAPlaceOfWhoWillNotComeGoesToWhoWaits(t *testing.T) {
	f := newFixture(t)
	w, lead, dpo := f.atelier(2, 5), f.actor(domain.Coordinator), f.actor(domain.DPO)
	for n := range 5 {
		w.takes(n).is(200)
	}
	id := strings.TrimPrefix(w.path, "/v1/workshops/")
	held := f.atelier(5, 0)
	for n := range 2 {
		f.send(lead, "POST", held.path+"/registrations", map[string]any{"enrolment_id": w.people[n].ID}).is(200)
	}
	f.exec(`UPDATE workshops SET starts_at = '2026-03-05T13:00:00Z' WHERE id = $1`, strings.TrimPrefix(held.path, "/v1/workshops/"))

	f.send(lead, "POST", "/v1/enrolments/"+w.people[0].ID+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	w.holds("with one enrolled by mistake,", "1 2 / 3 4", w.reads())
	// She is not called in a roll either.
	if got := f.rows(`SELECT enrolment_id::text FROM workshop_registrations WHERE workshop_id = $1`, strings.TrimPrefix(held.path, "/v1/workshops/")); len(got) != 1 || got[0][0] != w.people[1].ID {
		t.Errorf("the roll to be called is of %v", got)
	}
	version := f.send(lead, "GET", w.path, nil).is(200).Header.Get("ETag")
	f.send(dpo, "POST", "/v1/participants/"+w.people[1].ParticipantID+"/erasure", map[string]any{"reason": "Demande du 2 juin 2026."}).is(200)
	w.holds("with one erased,", "2 3 / 4", w.reads())
	f.send(lead, "POST", w.path+"/cancel", map[string]any{"reason": "Salle fermée."}, "If-Match", version).problem(412, "stale") // it is another version
	if got := fmt.Sprint(f.rows(`SELECT r.enrolment_id = $2, r.status FROM workshop_registrations r WHERE workshop_id = $1`, strings.TrimPrefix(held.path, "/v1/workshops/"), w.people[1].ID)); got != "[[true scheduled]]" {
		t.Errorf("of the erased one, a workshop that was held keeps %s", got)
	}
	for action, n := range map[string]int{"place_left": 2, "place_given": 2} {
		if got := f.count(`SELECT count(*) FROM audit_events WHERE action = $1 AND role = 'system' AND $2 = ANY (record_ids)`, action, id); int(got) != n {
			t.Errorf("%d rows of the trail say %s", got, action)
		}
	}
	if got := fmt.Sprint(f.rows(`SELECT state, count(*) FROM workshop_requests WHERE workshop_id = $1 GROUP BY 1 ORDER BY 1`, id)); got != "[[lapsed 2] [registered 2] [waiting 1]]" {
		t.Errorf("the requests are %s", got)
	}
	// Nor does she wait: a file may be imported where nobody else does.
	f.send(lead, "POST", "/v1/enrolments/"+w.people[4].ID+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	if n := f.count(`SELECT count(*) FROM workshop_requests WHERE state = 'waiting'`); n != 0 {
		t.Errorf("%d wait on a path that was voided", n)
	}
}

// Erased, voided, given back and taken all at once: never more than there are places, nobody holds one who will not come, and
// none is left while somebody waits.
func TestPlacesOfWhoWillNotComeUnderManyAtOnce(t *testing.T) {
	f := newFixture(t)
	const places, crowd = 4, 24
	w, lead, dpo := f.atelier(places, crowd), f.actor(domain.Coordinator), f.actor(domain.DPO)
	for n := range 12 {
		w.takes(n).is(200)
	}
	var all []request
	for n := range crowd {
		body := map[string]any{"enrolment_id": w.people[n].ID}
		switch {
		case n >= 12:
			all = append(all, request{lead, "POST", w.path + "/registrations", object(body, "waiting_list", true), ""})
		case n%3 == 0:
			all = append(all, request{lead, "POST", "/v1/enrolments/" + w.people[n].ID + "/void", map[string]any{"reason": "Par erreur."}, ""})
		case n%3 == 1:
			all = append(all, request{dpo, "POST", "/v1/participants/" + w.people[n].ParticipantID + "/erasure", map[string]any{"reason": "Demande du 2 juin."}, ""})
		default:
			all = append(all, request{lead, "POST", w.path + "/unregister", body, ""})
		}
	}
	f.tallied(f.atOnce(all), map[string]int{"200": crowd})
	got := f.rows(`SELECT (SELECT count(*) FROM workshop_registrations), (SELECT count(*) FROM workshop_requests WHERE state = 'waiting'),
		(SELECT count(*) FROM workshop_registrations r JOIN enrolments e ON e.id = r.enrolment_id WHERE e.frozen OR e.voided_at IS NOT NULL),
		(SELECT count(*) FROM workshop_requests q JOIN enrolments e ON e.id = q.enrolment_id WHERE q.state = 'waiting' AND (e.frozen OR e.voided_at IS NOT NULL))`)[0]
	if fmt.Sprint(got) != fmt.Sprint([]any{places, 12 - places, 0, 0}) {
		t.Errorf("places, waiting, and of who will not come: %v", got)
	}
}

// Once a workshop has begun, a place that is given back goes to nobody: she would be missed at one to which nobody called
// her. Who is there all the same is registered by hand.
func TestAWorkshopThatHasBegunGivesNoPlaceByItself(t *testing.T) {
	f := newFixture(t)
	w := f.atelier(1, 3)
	for n := range 3 {
		w.takes(n).is(200)
	}
	f.exec(`UPDATE workshops SET starts_at = '2026-03-05T13:00:00Z'`)
	w.takes(2).problem(409, "already_waiting")
	w.holds("given back after it began,", " / 1 2", w.who(w.gives(0)))
	w.holds("for who is there,", "2 / 1", w.who(w.takes(2)))
	w.takes(1).problem(409, "already_waiting")
}

// What a merge and its undoing left over capacity is written anew all the same; only a lower capacity is refused.
func TestAWorkshopOverItsCapacityIsRewritten(t *testing.T) {
	f := newFixture(t)
	w, lead := f.atelier(3, 3), f.actor(domain.Coordinator)
	for n := range 3 {
		w.takes(n).is(200)
	}
	f.exec(`UPDATE workshops SET capacity = 2`)
	put := func(changes ...any) reply {
		t.Helper()
		return f.send(lead, "PUT", w.path, object(w.body, changes...), "If-Match", "*")
	}
	put("capacity", 2, "title", "Autre titre").is(200)
	put("capacity", 1).problemAt(422, "invalid", "body.capacity")
	put("capacity", 3).is(200)
	put("capacity", 2).problemAt(422, "invalid", "body.capacity")
	put("capacity", nil).is(200)
	put("capacity", 2).problemAt(422, "invalid", "body.capacity")
}

// A reason for a move is of the session, and others read it: where it names somebody, it goes with her file, wherever it was
// written down. Another's reason stays.
func TestAReasonThatNamesSomebodyGoesWithHer(t *testing.T) {
	f := newFixture(t)
	w, lead, dpo := f.atelier(5, 1), f.actor(domain.Coordinator), f.actor(domain.DPO)
	her, other := f.enrolled("Solène", "Inventée", "2025-02-03"), w.people[0]
	for _, one := range []domain.EnrolmentView{her, other} {
		f.send(lead, "POST", w.path+"/registrations", map[string]any{"enrolment_id": one.ID}).is(200)
	}
	for i, why := range []string{"Mme INVENTEE ne peut venir le matin.", "La salle est prise."} {
		f.send(lead, "PUT", w.path, object(w.body, "duration_minutes", 60+i, "move_reason", why), "If-Match", "*").is(200)
	}
	id := f.permanence()
	for _, one := range []domain.EnrolmentView{her, other} {
		f.send(lead, "POST", "/v1/appointments", booking(one.ID, id, "2027-01-12T09:00:00Z")).is(201)
	}
	for day, why := range map[string]string{"2027-01-12": "Solène arrive plus tard.", "2027-01-19": "Le car arrive plus tard."} {
		f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/"+day+"/move", map[string]any{"start_time": "10:45", "reason": why}).is(200)
	}
	reasons := func() string {
		return fmt.Sprint(f.rows(`SELECT (SELECT string_agg(coalesce(reason, '-'), ' ' ORDER BY id) FROM workshop_moves), (SELECT string_agg(reason, ' ' ORDER BY planned_on) FROM occurrence_changes),
			(SELECT string_agg(coalesce(reason, '-'), ' ' ORDER BY id) FROM appointment_moves)`)[0])
	}
	f.send(dpo, "POST", "/v1/participants/"+other.ParticipantID+"/erasure", map[string]any{"reason": "Demande du 2 juin 2026."}).is(200)
	if got := reasons(); strings.Count(got, "Solène") != 2 || !strings.Contains(got, "INVENTEE") {
		t.Errorf("another's erasure took her reasons: %s", got)
	}
	f.send(dpo, "POST", "/v1/participants/"+her.ParticipantID+"/erasure", map[string]any{"reason": "Demande du 2 juin 2026."}).is(200)
	if got := reasons(); got != "[- La salle est prise. Motif effacé. Le car arrive plus tard. - -]" {
		t.Errorf("the reasons are %s", got)
	}
}
