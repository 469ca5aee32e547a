package api

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// requestExamples are whole bodies of the operations that a front end begins with, by operation: one made-up person from the day she
// is referred to the day she is found at work. A test sends each, with the identifiers of its own records in the place of these.
var requestExamples = map[string]string{
	"createReferral": `{"programme":"o2r-somme","external_reference":"SPIP-2025-0042","first_name":"Camille","last_name":"Exemple","birth_date":"1990-05-17",
		"phone":"06 39 98 12 34","territory_code":"80253","justice_status":"milieu_ouvert","barriers":["mobilite"],"consented_on":"2025-03-20"}`,
	"createParticipant": `{"first_name":"Camille","last_name":"Exemple","birth_date":"1990-05-17","gender":"female","phone":"06 39 98 12 34",
		"email":"camille.exemple@example.org","postal_code":"80600","territory_code":"80253","address":"3 rue des Tilleuls"}`,
	"createEnrolment": `{"participant_id":"0197f0a0-0000-7000-8000-000000000001","programme":"o2r-somme","entered_on":"2025-04-01","caseworker_id":"c.martin",
		"site_id":"0197f0a0-0000-7000-8000-000000000002","justice_status":"milieu_ouvert","education_level":"cap_bep","job_seeker":true,"job_seeker_since":"2023-09-01"}`,
	"createDiagnostic": `{"assessed_on":"2025-04-01","site_id":"0197f0a0-0000-7000-8000-000000000002","barriers":[{"barrier":"mobilite","impact":"fort"},{"barrier":"numerique"}],
		"strengths":["langues"],"note":"Souhaite d'abord régler ses papiers."}`,
	"signCharter":     `{"signed_on":"2025-04-08","note":"Rythme convenu : un rendez-vous par semaine."}`,
	"createObjective": `{"label":"Passer le code","agreed_on":"2025-04-08","due_on":"2025-06-10","in_charter":true}`,
	"createAction":    `{"kind":"aide_administrative","done_on":"2025-05-13","duration_minutes":45,"note":"Dossier déposé en mairie."}`,
	"createProposal": `{"kind":"formation_qualifiante","proposed_on":"2025-06-03","followed_by":"accepted","followed_on":"2025-06-17",
		"note":"Réunion d'information le 17 juin."}`,
	"createPermanence": `{"programme":"o2r-somme","label":"Mardi à Doullens","site_id":"0197f0a0-0000-7000-8000-000000000002","caseworker_id":"c.martin","weekday":"mardi",
		"starts_on":"2025-03-11","start_time":"09:00","end_time":"17:00","break_start_time":"12:00","break_end_time":"14:00","slot_minutes":45,"slot_capacity":2}`,
	"moveOccurrence":   `{"moved_on":"2026-12-09","start_time":"10:00","reason":"Salle occupée par le conseil municipal."}`,
	"cancelOccurrence": `{"reason":"Salle occupée par le conseil municipal."}`,
	"createAppointment": `{"enrolment_id":"0197f0a0-0000-7000-8000-000000000004","starts_at":"2025-04-08T12:00:00Z","duration_minutes":45,"mode":"in_person",
		"permanence_id":"0197f0a0-0000-7000-8000-000000000003","purpose":"Point sur les candidatures."}`,
	"createWorkshop": `{"programme":"o2r-somme","kind":"remobilisation","title":"Préparer un entretien","starts_at":"2026-02-05T13:00:00Z","duration_minutes":120,
		"capacity":8,"site_id":"0197f0a0-0000-7000-8000-000000000002"}`,
	"registerForWorkshop": `{"enrolment_id":"0197f0a0-0000-7000-8000-000000000004","waiting_list":true}`,
	"createImmersion": `{"purpose":"decouvrir_un_metier","objectives":"Vérifier le goût du travail en extérieur.","host_id":"0197f0a0-0000-7000-8000-00000000000e",
		"starts_on":"2025-06-10","ends_on":"2025-06-20","prescriber_id":"0197f0a0-0000-7000-8000-000000000005"}`,
	"createExtension":    `{"reason":"Entrée en formation prévue en février, logement à stabiliser avant.","decided_on":"2025-12-16","until_on":"2026-03-01"}`,
	"exitEnrolment":      `{"exited_on":"2026-02-10","kind":"cdd_6_mois_ou_plus","follow_up_agreed":true}`,
	"createFollowUp":     `{"contacted_on":"2026-06-02","channel":"phone","counterpart":"personne","situation":"in_employment","note":"Mission prolongée."}`,
	"createOutcome":      `{"checkpoint":"6_months","observed_on":"2026-08-11","result":"in_employment","evidence":"contrat"}`,
	"reassignCaseload":   `{"from":"c.martin","to":"a.durand","new_caseworker":true,"reason":"Départ de la conseillère."}`,
	"createOrganisation": `{"name":"Pépinière de l'Exemple","kind":"employeur"}`,
}

// showExample puts the example of an operation that has one beside the schema of its body, without the fields that the
// deployment does not take.
func showExample(op *huma.Operation, withheld []string) {
	text, has := requestExamples[op.OperationID]
	if !has || op.RequestBody == nil {
		return
	}
	var example map[string]any
	if err := json.Unmarshal([]byte(text), &example); err != nil {
		panic("the example of " + op.OperationID + ": " + err.Error())
	}
	maps.DeleteFunc(example, func(field string, _ any) bool { return slices.Contains(withheld, field) })
	op.RequestBody.Content["application/json"].Example = example
}
