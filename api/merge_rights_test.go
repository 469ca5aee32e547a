package api_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"o2r/domain"
)

func TestAMergedPersonIsFrozenAndErasedWhole(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	coordinator, officer, staff := f.actor(domain.Coordinator), f.actor(domain.DPO), f.actor(domain.Caseworker)
	f.merge(w.first, w.second).is(200)
	restrict := func(restricted bool) {
		f.send(officer, "POST", "/v1/participants/"+w.second+"/restriction", map[string]any{"restricted": restricted, "reason": "Exactitude contestée."}).is(200)
	}
	restrict(true)
	for _, path := range []string{"/v1/participants/" + w.first, "/v1/participants/" + w.second, "/v1/participants/" + w.second + "/history", "/v1/enrolments/" + w.firstPath, "/v1/enrolments/" + w.secondPath, "/v1/referrals/" + w.referral} {
		f.send(coordinator, "GET", path, nil).is(404)
		f.send(staff, "GET", path, nil).is(404)
	}
	f.unmerge(w.first, w.second).is(404)
	if got := f.send(officer, "GET", "/v1/participants/"+w.second, nil).is(200).text("id"); got != w.first {
		t.Errorf("the officer finds %s", got)
	}
	restrict(false)
	f.send(staff, "GET", "/v1/enrolments/"+w.secondPath, nil).is(200)

	for _, name := range []string{"jumelle", "FICTIVE", "maelle.jumelle@example.org"} { // of either file
		f.send(officer, "POST", "/v1/participants/"+w.second+"/erasure", map[string]any{"reason": "Demande de " + name + "."}).problemAt(422, "invalid", "body.reason")
	}
	f.send(staff, "POST", "/v1/participants/search", map[string]any{"query": "fictive"}).is(200)
	figures := f.answers()
	done := f.send(officer, "POST", "/v1/participants/"+w.second+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	if done.text("participant_id") != w.first || fmt.Sprint(done.Fields["enrolments"], done.Fields["referrals"]) != "2 1" {
		t.Errorf("erased: %s", done.Text)
	}
	if again := f.send(officer, "POST", "/v1/participants/"+w.first+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200); again.Text != done.Text {
		t.Errorf("erased again: %s", again.Text)
	}
	for _, id := range []string{w.first, w.second} {
		if got := f.send(officer, "GET", "/v1/participants/"+id+"/erasure", nil).is(200); got.Text != done.Text {
			t.Errorf("the erasure of %s: %s", id, got.Text)
		}
		f.send(officer, "GET", "/v1/participants/"+id, nil).is(404)
		f.send(coordinator, "GET", "/v1/participants/"+id, nil).is(404)
	}
	if held := f.holding(map[string]string{"name": "Fictive", "other name": "Jumelle", "phone": "06 39 98 41 01", "other phone": "06 39 98 41 02", "email": "maelle.jumelle@example.org", "birth": "1990-05-17", "reference": "JUMELLE", "employer": "Conserverie de l'Exemple", "reason": "Saisie en double"}); len(held) != 0 {
		t.Errorf("still held: %v", held)
	}
	if !maps.Equal(figures, f.answers()) {
		t.Error("the figures are not what they were")
	}
	f.unmerge(w.first, w.second).is(404)
	// Both identities are remembered by their tombstones.
	for _, body := range []map[string]any{
		{"first_name": "Maëlle", "last_name": "Fictive", "birth_date": "1990-05-17"}, {"first_name": "Maelle", "last_name": "Jumelle", "birth_date": "1990-05-17"},
		{"first_name": "X", "last_name": "Y", "phone": "06 39 98 41 01"}, {"first_name": "X", "last_name": "Y", "phone": "+33 6 39 98 41 02"},
	} {
		if got := f.send(staff, "POST", "/v1/participants", body).is(201); got.Fields["resembles_erased"] != true {
			t.Errorf("nobody recognises %v", body)
		}
	}
	if n := f.count(`SELECT count(*) FROM merge_moves`); n != 0 {
		t.Errorf("%d moves are kept", n)
	}
}

// The last contact of either file is hers: what is kept of her is kept as long as the later asks.
func TestRetentionCountsFromTheLaterOfBothFiles(t *testing.T) {
	f := newFixture(t)
	coordinator, officer := f.actor(domain.Coordinator), f.actor(domain.DPO)
	survivor, duplicate := f.person("Ancienne", "Exemple").ID, f.person("Récente", "Exemple").ID
	f.exec(`UPDATE participants SET created_at = now() - interval '30 months' WHERE id = $1`, survivor)
	due := func() string {
		var ids []string
		for _, item := range f.send(officer, "GET", "/v1/retention/due", nil).is(200).items() {
			ids = append(ids, item["record_id"].(string))
		}
		return strings.Join(ids, " ")
	}
	if got := due(); got != survivor {
		t.Errorf("due before: %q", got)
	}
	f.send(coordinator, "POST", "/v1/participants/"+survivor+"/merge", map[string]any{"duplicate_id": duplicate, "reason": "Double."}).is(200)
	if got := due(); got != "" {
		t.Errorf("due though she was met under her other name: %q", got)
	}
	f.exec(`UPDATE participants SET created_at = now() - interval '30 months'`)
	if got := due(); got != survivor {
		t.Errorf("due: %q", got)
	}
	f.send(officer, "POST", "/v1/rights-requests", map[string]any{"kind": "access", "received_on": domain.DayOf(f.store.Now()).String(), "status": "open", "participant_id": duplicate}).is(201)
	f.exec(`UPDATE rights_requests SET participant_id = $1`, duplicate) // as it stood before she was merged
	if got := due(); got != "" {
		t.Errorf("due though she asked for something: %q", got)
	}
}
