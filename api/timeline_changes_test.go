package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"o2r/api"
	"o2r/domain"
)

// What only the history of a path remembers is told with what it was: from whom to whom it was handed over, and which
// exit was taken back.
func TestATimelineTellsWhatAPathWas(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	f.on("2025-06-02")
	path := f.enrolled("Camille", "Confiée", "2025-02-03")
	person, one := "/v1/participants/"+path.ParticipantID, "/v1/enrolments/"+path.ID
	steps := []struct {
		day, where string
		body       map[string]any
	}{
		{"2025-06-03", "/v1/programmes/" + somme + "/caseloads/reassign", map[string]any{"from": json.RawMessage("null"), "to": "martin", "new_caseworker": true, "enrolment_ids": []any{path.ID}}},
		{"2025-06-04", "/v1/programmes/" + somme + "/caseloads/reassign", map[string]any{"from": "martin", "to": "durand", "new_caseworker": true}},
		{"2025-06-05", one + "/exit", map[string]any{"exited_on": "2025-06-05", "kind": "incarceration"}},
		{"2025-06-06", one + "/reopen", map[string]any{"reason": "Par erreur."}},
		{"2025-06-07", "/v1/programmes/" + somme + "/caseloads/reassign", map[string]any{"from": "durand", "to": "martin", "new_caseworker": true}},
		{"2025-06-08", one + "/exit", map[string]any{"exited_on": "2025-06-08", "kind": "cdi"}},
		{"2025-06-09", one + "/reopen", map[string]any{"reason": "Mission annulée."}},
	}
	for _, step := range steps {
		f.on(step.day)
		f.send(lead, "POST", step.where, step.body).is(200)
	}
	told := func() string {
		t.Helper()
		var said []string
		for _, item := range f.send(lead, "GET", person+"/timeline?kind=enrolment", nil).is(200).items() {
			text := fmt.Sprint(item["on"], " ", item["event"])
			if handed, was := item["handover"].(map[string]any); was {
				text += fmt.Sprint(" ", handed["from"], " ", handed["to"])
			}
			if exit, was := item["withdrawn_exit"].(map[string]any); was {
				text += fmt.Sprint(" ", exit["exited_on"], " ", exit["exit_kind"])
			}
			if item["enrolment"].(map[string]any)["id"] != path.ID {
				t.Errorf("the path of %v", item)
			}
			said = append(said, text)
		}
		return strings.Join(said, "; ")
	}
	const want = "2025-06-09 reopened 2025-06-08 cdi; 2025-06-07 handed_over durand martin; 2025-06-06 reopened 2025-06-05 incarceration; 2025-06-04 handed_over martin durand; 2025-06-03 handed_over <nil> martin; 2025-02-03 entered"
	if got := told(); got != want {
		t.Errorf("told\n%s\nnot\n%s", got, want)
	}
	// Where the justice module is off, an exit to prison that was taken back is an exit.
	f.handler = api.Deployment{WithoutJustice: true, RequestsPerMinute: 1 << 40}.New(f.store, f.tokens, nil).Handler()
	if got := told(); strings.Contains(got, "incarceration") || !strings.Contains(got, "reopened 2025-06-05 ") || !strings.Contains(got, "2025-06-08 cdi") {
		t.Errorf("without justice is told %s", got)
	}
}
