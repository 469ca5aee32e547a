package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"o2r/domain"
)

// Each whole body that the document shows is sent as it stands there, but for the identifiers of records: what a newcomer copies works.
func TestTheExamplesOfRequestsAreTaken(t *testing.T) {
	text, err := os.ReadFile("../openapi/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			RequestBody struct {
				Content map[string]struct {
					Example json.RawMessage `json:"example"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	type shown struct{ path, body string }
	examples := map[string]shown{}
	for path, item := range document.Paths {
		for _, op := range item {
			if body := string(op.RequestBody.Content["application/json"].Example); body != "" && body != "null" {
				examples[op.OperationID] = shown{path, body}
			}
		}
	}

	f := newFixture(t)
	f.on("2026-09-15")
	ids := map[string]string{ // by those that examples show
		"0197f0a0-0000-7000-8000-000000000002": f.site.ID, "0197f0a0-0000-7000-8000-00000000000e": f.party("employeur"), "0197f0a0-0000-7000-8000-000000000005": f.party("france_travail"),
	}
	const participant, permanence, enrolment = "0197f0a0-0000-7000-8000-000000000001", "0197f0a0-0000-7000-8000-000000000003", "0197f0a0-0000-7000-8000-000000000004"
	at := map[string]string{"{programme}": somme}
	for _, step := range []struct {
		op   string
		role domain.Role
		made string // the example's identifier of what it makes
	}{
		{"createReferral", domain.Partner, ""}, {"createParticipant", domain.Coordinator, participant}, {"createEnrolment", domain.Coordinator, enrolment},
		{"createDiagnostic", domain.Coordinator, ""}, {"signCharter", domain.Coordinator, ""}, {"createObjective", domain.Coordinator, ""}, {"createAction", domain.Coordinator, ""},
		{"createProposal", domain.Coordinator, ""}, {"createOrganisation", domain.Caseworker, ""}, {"createImmersion", domain.Coordinator, ""},
		{"createPermanence", domain.Coordinator, permanence}, {"createAppointment", domain.Coordinator, ""}, {"createWorkshop", domain.Coordinator, "workshop"},
		{"registerForWorkshop", domain.Coordinator, ""}, {"moveOccurrence", domain.Coordinator, ""}, {"cancelOccurrence", domain.Coordinator, ""},
		{"createExtension", domain.Coordinator, ""}, {"exitEnrolment", domain.Coordinator, ""}, {"createFollowUp", domain.Coordinator, ""}, {"createOutcome", domain.Coordinator, ""},
		{"reassignCaseload", domain.Coordinator, ""},
	} {
		example, there := examples[step.op]
		if !there {
			t.Errorf("the document shows no body of %s", step.op)
			continue
		}
		delete(examples, step.op)
		at["{planned_on}"] = map[string]string{"moveOccurrence": "2026-12-08", "cancelOccurrence": "2026-12-15"}[step.op]
		path, body := example.path, example.body
		at["{id}"] = ids[enrolment]
		if strings.Contains(path, "/permanences/") {
			at["{id}"] = ids[permanence]
		} else if strings.Contains(path, "/workshops/") {
			at["{id}"] = ids["workshop"]
		}
		for name, value := range at {
			path = strings.ReplaceAll(path, name, value)
		}
		for id, own := range ids {
			body = strings.ReplaceAll(body, id, own)
		}
		got := f.send(f.actor(step.role), "POST", path, json.RawMessage(body))
		if got.Status/100 != 2 {
			t.Errorf("%s: what the document shows is answered %d: %s", step.op, got.Status, got.Text)
		}
		if step.made != "" {
			ids[step.made] = got.text("id")
		}
	}
	for op := range examples {
		t.Errorf("no step here sends the example of %s", op)
	}
}
