package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

// moves are the traces of a meeting's moves: from when and where, to when and where, by whom and why.
func (r reply) moves() string {
	r.Helper()
	list, ok := r.Fields["moves"].([]any)
	if !ok {
		r.Fatalf("no moves: %s", r.Text)
	}
	lines := []string{}
	for _, item := range list {
		m := item.(map[string]any)
		reason, _ := json.Marshal(m["reason"])
		line := fmt.Sprintf("%v %v %v %v > %v %v %v %v by %v: %s", m["from_starts_at"], m["from_duration_minutes"], m["from_mode"], m["from_site_id"],
			m["to_starts_at"], m["to_duration_minutes"], m["to_mode"], m["to_site_id"], m["moved_by"], reason)
		lines = append(lines, strings.ReplaceAll(line, "<nil>", "-"))
	}
	return strings.Join(lines, "\n")
}

func TestAMovedMeetingKeepsItsTrace(t *testing.T) {
	f := newFixture(t)
	caseworker, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	entry := f.enrolled("Camille", "Exemple", "2025-02-03")
	meeting := map[string]any{"enrolment_id": entry.ID, "starts_at": "2026-03-03T09:00:00Z", "duration_minutes": 60, "mode": "in_person", "site_id": f.site.ID, "purpose": "Premier point."}
	made := f.send(caseworker, "POST", "/v1/appointments", meeting).is(201)
	if made.moves() != "" {
		t.Errorf("a new meeting was moved: %s", made.Text)
	}
	path := "/v1/appointments/" + made.text("id")
	put := func(actor domain.Actor, version int, changes ...any) reply {
		t.Helper()
		return f.send(actor, "PUT", path, object(meeting, changes...), "If-Match", fmt.Sprintf(`"%d"`, version))
	}

	// What is refused leaves no trace.
	f.send(caseworker, "PUT", path, object(meeting, "starts_at", "2026-03-04T09:00:00Z")).problem(428, "precondition_required")
	put(caseworker, 7, "starts_at", "2026-03-04T09:00:00Z").problem(412, "stale")
	put(f.actor(domain.Partner), 1, "starts_at", "2026-03-04T09:00:00Z").problem(403, "forbidden")
	put(f.actor(domain.Analyst), 1, "starts_at", "2026-03-04T09:00:00Z").problem(403, "forbidden")
	put(f.stranger(domain.Coordinator), 1, "starts_at", "2026-03-04T09:00:00Z").problem(404, "not_found")
	put(caseworker, 1, "starts_at", "2025-02-02T09:00:00Z").problemAt(422, "invalid", "body.starts_at")
	put(caseworker, 1, "starts_at", "2026-03-04T09:00:00Z", "site_id", randomID()).problemAt(422, "invalid", "body.site_id")
	put(caseworker, 1, "starts_at", "2026-03-04T09:00:00Z", "move_reason", " \t ").problemAt(422, "invalid", "body.move_reason")
	put(caseworker, 1, "starts_at", "2026-03-04T09:00:00Z", "move_reason", strings.Repeat("a", 501)).problemAt(422, "invalid", "body.move_reason")
	put(caseworker, 1, "starts_at", "2026-03-04T09:00:00Z", "move_reason", "185057800608436").problemAt(422, "invalid", "body.move_reason")
	put(caseworker, 1, "move_reason", "Sans raison.").problemAt(422, "invalid", "body.move_reason") // it is not moved
	put(caseworker, 1, "starts_at", "2026-03-04T09:00:00Z", "moves", []any{}).problem(422, "invalid")
	f.send(caseworker, "POST", "/v1/appointments", object(meeting, "move_reason", "Sans raison.")).problem(422, "invalid")
	if n := f.count(`SELECT count(*) FROM appointment_moves`); n != 0 {
		t.Errorf("%d traces of moves that were refused", n)
	}

	// Another purpose is no move; the same instant written otherwise is none either.
	put(caseworker, 1, "purpose", "Point sur le CV.", "starts_at", "2026-03-03T10:00:00+01:00").is(200)
	meeting["purpose"] = "Point sur le CV."
	put(caseworker, 2, "starts_at", "2026-03-04T13:30:00Z", "move_reason", "Le bus du matin est supprimé.").is(200)
	f.trail(caseworker, "updated", "appointment", made.text("id"), "move_reason starts_at")
	meeting["starts_at"] = "2026-03-04T13:30:00Z"
	moved := put(lead, 3, "mode", "phone", "site_id", nil, "duration_minutes", 30).is(200)
	want := fmt.Sprintf("2026-03-03T09:00:00Z 60 in_person %[1]s > 2026-03-04T13:30:00Z 60 in_person %[1]s by test-caseworker: \"Le bus du matin est supprimé.\"\n"+
		"2026-03-04T13:30:00Z 60 in_person %[1]s > 2026-03-04T13:30:00Z 30 phone - by test-coordinator: null", f.site.ID)
	if moved.moves() != want {
		t.Errorf("the moves are\n%s\nnot\n%s", moved.moves(), want)
	}
	if got := f.send(lead, "GET", path, nil).is(200); got.moves() != want {
		t.Errorf("read later, the moves are\n%s", got.moves())
	}
	f.trail(lead, "read", "appointment", made.text("id"), "duration_minutes enrolment_id justified mode moves note permanence_id purpose site_id starts_at status")

	// Attendance moves nothing, and what was held is not moved; the trace stays.
	f.send(caseworker, "POST", path+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	put(caseworker, 5, "starts_at", "2026-03-05T09:00:00Z").problem(409, "appointment_cancelled")
	if got := f.send(caseworker, "GET", path, nil).is(200); got.moves() != want {
		t.Errorf("after a refused move the moves are\n%s", got.moves())
	}

	// A colleague's meeting asks for a reason, and its moves are as hidden as it is.
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague'`)
	f.send(caseworker, "GET", path, nil).problem(403, "access_reason_required")
	if got := f.send(caseworker, "GET", path, nil, "Access-Reason", "Remplacement.").is(200); got.moves() != want {
		t.Errorf("with a reason: %s", got.Text)
	}

	// Her copy holds them, a restricted file hides them, and erasure takes the reasons away and leaves when and where.
	dpo := f.actor(domain.DPO)
	copied := f.send(dpo, "GET", "/v1/participants/"+entry.ParticipantID+"/export", nil).is(200)
	if !strings.Contains(copied.Text, "Le bus du matin est supprimé.") || !strings.Contains(copied.Text, `"from_starts_at":"2026-03-03T09:00:00Z"`) {
		t.Errorf("her copy leaves the moves out: %s", copied.Text)
	}
	page := f.send(dpo, "GET", "/v1/participants/"+entry.ParticipantID+"/export", nil, "Accept", "text/html").is(200)
	if !strings.Contains(page.Text, "Le bus du matin est supprimé.") || !strings.Contains(page.Text, "déplacé par test-coordinator") {
		t.Error("her printed copy leaves the moves out")
	}
	restriction := "/v1/participants/" + entry.ParticipantID + "/restriction"
	f.send(dpo, "POST", restriction, map[string]any{"restricted": true, "reason": "Exactitude contestée."}).is(200)
	f.send(lead, "GET", path, nil).problem(404, "not_found")
	f.send(dpo, "POST", restriction, map[string]any{"restricted": false, "reason": "Vérifié."}).is(200)
	f.send(dpo, "POST", "/v1/participants/"+entry.ParticipantID+"/erasure", map[string]any{"reason": "Demande du 2 juin 2026."}).is(200)
	if got := fmt.Sprint(f.rows(`SELECT count(*), count(reason) FROM appointment_moves`)); got != "[[2 0]]" {
		t.Errorf("after the erasure, moves and their reasons: %s", got)
	}
}
