package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

func TestImmersionsWithinTheLaw(t *testing.T) {
	f := newFixture(t)
	caseworker, lead, path := f.actor(domain.Caseworker), f.actor(domain.Coordinator), f.supportedPath()
	farm, mill, prescriber := f.party("employeur"), f.party("siae"), f.party("france_travail")
	body := map[string]any{"purpose": "decouvrir_un_metier", "host_id": farm, "prescriber_id": prescriber, "starts_on": "2025-03-03", "ends_on": "2025-03-21"}
	refused := func(body map[string]any, location, code, article string) {
		t.Helper()
		faults := f.send(caseworker, "POST", path+"/immersions", body).problem(422, "invalid")
		if !slices.ContainsFunc(faults, func(fault fault) bool {
			return fault.Location == "body."+location && fault.Code == code && strings.Contains(fault.Message, article)
		}) {
			t.Errorf("not %s at %s with %s: %+v", code, location, article, faults)
		}
	}
	before := f.contents()
	refused(object(body, "ends_on", "2025-04-03"), "ends_on", "longer_than_a_month", "D. 5135-3")
	refused(object(body, "ends_on", "2025-03-02"), "ends_on", "before_start", "start")
	refused(object(body, "starts_on", "2025-02-02"), "starts_on", "before_entry", "entry")
	refused(object(body, "prescriber_id", f.operator.ID), "agreement_with_id", "agreement_required", "L. 5135-2, 5°")
	refused(object(body, "prescriber_id", f.operator.ID, "agreement_with_id", f.spip.ID), "agreement_with_id", "lets_nobody_prescribe", "D. 5135-7")
	refused(object(body, "host_id", f.spip.ID), "host_id", "no_host", "L. 5135-1")
	refused(object(body, "host_id", randomID()), "host_id", "unknown", "organisation")
	refused(object(body, "prescriber_id", randomID()), "prescriber_id", "unknown", "organisation")
	refused(object(body, "host_id", nil), "host_id", "required", "")
	refused(object(body, "host_id", json.RawMessage("null")), "host_id", "type", "")
	refused(object(body, "renewal_of", randomID()), "renewal_of", "unknown", "immersion")
	refused(object(body, "purpose", "travailler"), "purpose", "enum", "")
	f.unchanged(before)

	made := f.send(caseworker, "POST", path+"/immersions", object(body, "prescriber_id", f.operator.ID, "agreement_with_id", prescriber)).is(201)
	f.trail(caseworker, "created", "immersion", made.text("id"), "agreement_with_id ends_on host_id prescriber_id purpose starts_on")
	refused(object(body, "starts_on", "2025-05-05", "ends_on", "2025-05-16"), "objectives", "same_object", "D. 5135-3")
	refused(object(body, "starts_on", "2025-05-05", "ends_on", "2025-05-16", "renewal_of", made.text("id"), "purpose", "confirmer_un_projet"), "purpose", "other_purpose", "D. 5135-3")
	refused(object(body, "starts_on", "2025-03-21", "ends_on", "2025-03-28", "renewal_of", made.text("id")), "starts_on", "before_end", "renews")
	renewal := f.send(caseworker, "POST", path+"/immersions", object(body, "starts_on", "2025-03-24", "ends_on", "2025-04-11", "renewal_of", made.text("id"))).is(201)
	refused(object(body, "starts_on", "2025-05-05", "ends_on", "2025-05-16", "renewal_of", made.text("id")), "renewal_of", "renewed_already", "D. 5135-3")
	refused(object(body, "starts_on", "2025-05-05", "ends_on", "2025-05-16", "renewal_of", renewal.text("id")), "renewal_of", "renewed_once", "D. 5135-3")
	refused(object(body, "purpose", "confirmer_un_projet", "starts_on", "2025-05-05", "ends_on", "2025-05-27"), "ends_on", "too_many_days", "60 days")
	second := object(body, "purpose", "confirmer_un_projet", "starts_on", "2025-05-05", "ends_on", "2025-05-16")
	planned := f.send(caseworker, "POST", path+"/immersions", second).is(201)
	refused(object(body, "purpose", "initier_un_recrutement", "starts_on", "2025-07-07", "ends_on", "2025-07-08"), "host_id", "too_many_conventions", "D. 5135-3")
	f.send(caseworker, "POST", path+"/immersions", object(body, "host_id", mill, "purpose", "initier_un_recrutement", "starts_on", "2025-07-07", "ends_on", "2025-07-18")).is(201)

	// The limits are the person's: on another path of hers, a colleague's too, they hold.
	person := f.rows(`SELECT participant_id::text FROM enrolments`)[0][0].(string)
	f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": "2025-08-01", "kind": "sans_nouvelles"}).is(200)
	later := "/v1/enrolments/" + f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-09-01"}).is(201).text("id")
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague' WHERE entered_on = '2025-02-03'`)
	third := object(body, "purpose", "initier_un_recrutement", "starts_on", "2025-09-08", "ends_on", "2025-09-12")
	f.send(caseworker, "POST", later+"/immersions", third).problemAt(422, "invalid", "body.host_id")
	f.send(caseworker, "POST", later+"/immersions", object(third, "renewal_of", planned.text("id"), "purpose", "confirmer_un_projet")).problemAt(422, "invalid", "body.renewal_of")

	// Called off, it counts no more; and what was renewed is not called off before its renewal.
	f.send(lead, "POST", path+"/immersions/"+made.text("id")+"/cancel", map[string]any{"reason": "Fermé."}).problem(409, "immersion_renewed")
	f.send(lead, "POST", path+"/immersions/"+planned.text("id")+"/cancel", map[string]any{"reason": " "}).problemAt(422, "invalid", "body.reason")
	cancelled := f.send(lead, "POST", path+"/immersions/"+planned.text("id")+"/cancel", map[string]any{"reason": "Fermé."}, "If-Match", `"1"`).is(200)
	if cancelled.texts("available_actions") != "" || cancelled.text("cancel_reason") != "Fermé." {
		t.Error(cancelled.Text)
	}
	f.send(lead, "POST", path+"/immersions/"+planned.text("id")+"/cancel", map[string]any{"reason": "Fermé."}).problem(409, "immersion_cancelled")
	f.send(lead, "PUT", path+"/immersions/"+planned.text("id"), second, "If-Match", "*").problem(409, "immersion_cancelled")
	f.send(caseworker, "POST", later+"/immersions", third).is(201)
	f.send(lead, "PUT", path+"/immersions/"+made.text("id"), object(body, "host_id", mill), "If-Match", "*").problemAt(422, "invalid", "body.ends_on") // it was renewed
	f.send(lead, "PUT", path+"/immersions/"+made.text("id"), object(body, "ends_on", "2025-03-20", "note", "Bien passé."), "If-Match", `"1"`).is(200)
}

// Many conventions with one host at once do not pass the limit, on whichever path of the person.
func TestImmersionsAtOnceKeepTheLimit(t *testing.T) {
	f := newFixture(t)
	path := f.supportedPath()
	person := f.rows(`SELECT participant_id::text FROM enrolments`)[0][0].(string)
	f.send(f.actor(domain.Coordinator), "POST", path+"/exit", map[string]any{"exited_on": "2025-03-01", "kind": "sans_nouvelles"}).is(200)
	later := "/v1/enrolments/" + f.send(f.actor(domain.Coordinator), "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-03-03"}).is(201).text("id")
	var requests []request
	for i := range 12 {
		requests = append(requests, request{f.actor(domain.Coordinator), "POST", []string{path, later}[i%2] + "/immersions", map[string]any{"purpose": "decouvrir_un_metier", "objectives": fmt.Sprint("Objectif ", i),
			"host_id": f.party("employeur"), "prescriber_id": f.party("cap_emploi"), "starts_on": "2025-04-07", "ends_on": "2025-04-08"}, ""})
	}
	if counts := tally(f.atOnce(requests)); counts["201"] != 2 || counts["422 invalid"] != 10 {
		t.Errorf("answered %v", counts)
	}
}

// Two files may together hold more than the law allows. How each stay went is noted all the same; what would go on breaking the
// law is not written.
func TestAStayBeyondTheLimitsIsStillNoted(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-03")
	lead := f.actor(domain.Coordinator)
	body := map[string]any{"purpose": "decouvrir_un_metier", "host_id": f.party("employeur"), "prescriber_id": f.party("france_travail"), "starts_on": "2025-03-03", "ends_on": "2025-03-21"}
	one := f.send(lead, "POST", "/v1/enrolments/"+w.firstPath+"/immersions", body).is(201).text("id")
	f.send(lead, "POST", "/v1/enrolments/"+w.secondPath+"/immersions", object(body, "starts_on", "2025-04-03", "ends_on", "2025-04-21")).is(201)
	f.merge(w.first, w.second).is(200)
	at := "/v1/enrolments/" + w.firstPath + "/immersions/" + one
	for _, row := range []struct {
		body     map[string]any
		location string
	}{
		{object(body, "ends_on", "2025-03-20", "note", "Bien passé."), "body.objectives"},
		{object(body, "prescriber_id", f.party("cap_emploi"), "note", "Bien passé."), "body.objectives"},
		{object(body, "note", " \u200b "), "body.note"},
		{object(body, "note", "n° 185057800608436"), "body.note"},
	} {
		f.send(lead, "PUT", at, row.body, "If-Match", "*").problemAt(422, "invalid", row.location)
	}
	noted := f.send(lead, "PUT", at, object(body, "note", "Bien passé."), "If-Match", `"1"`).is(200)
	f.trail(lead, "updated", "immersion", one, "note")
	if noted.said("note", "version") != `"Bien passé." 2` {
		t.Error(noted.Text)
	}
	f.send(lead, "PUT", at, object(body, "objectives", "Le soin des bêtes."), "If-Match", "*").problemAt(422, "invalid", "body.objectives") // the other says nothing of its own yet
	f.exec(`UPDATE organisations SET kind = 'financeur' WHERE id = $1`, body["host_id"])
	f.send(lead, "PUT", at, body, "If-Match", "*").is(200)
	f.send(lead, "PUT", at, object(body, "objectives", "Le soin des bêtes."), "If-Match", "*").problemAt(422, "invalid", "body.host_id")
}

// Whoever looks for an immersion records the employer that she found, and nobody else but an administrator records any other
// organisation; a slug is made of the name.
func TestACaseworkerRecordsAnEmployer(t *testing.T) {
	f := newFixture(t)
	caseworker, lead, admin := f.actor(domain.Caseworker), f.actor(domain.Coordinator), f.actor(domain.Admin)
	farm := map[string]any{"name": "Ferme de l'Été – Œuvrerie & Cie", "kind": "employeur"}
	before := f.contents()
	for _, kind := range domain.OrganisationKind("").Codes() {
		if kind != "employeur" {
			f.send(caseworker, "POST", "/v1/organisations", object(farm, "kind", kind)).problem(403, "forbidden")
			f.send(lead, "POST", "/v1/organisations", object(farm, "kind", kind)).problem(403, "forbidden")
		}
	}
	for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.DPO} {
		f.send(f.actor(role), "POST", "/v1/organisations", farm).problem(403, "forbidden")
	}
	f.send(nobody, "POST", "/v1/organisations", farm).problem(401, "unauthenticated")
	f.send(caseworker, "PUT", "/v1/organisations/"+f.spip.ID, object(farm, "slug", "spip"), "If-Match", "*").problem(403, "forbidden")
	f.send(caseworker, "POST", "/v1/organisations", object(farm, "slug", "")).problemAt(422, "invalid", "body.slug")
	f.send(caseworker, "POST", "/v1/organisations", object(farm, "slug", "spip")).problem(409, "slug_taken")
	f.send(caseworker, "POST", "/v1/organisations", object(farm, "name", " ")).problemAt(422, "invalid", "body.name")
	f.unchanged(before)

	for _, row := range []struct {
		by   domain.Actor
		body map[string]any
		slug string
	}{
		{caseworker, farm, "ferme-de-l-ete-oeuvrerie-cie"}, {lead, farm, "ferme-de-l-ete-oeuvrerie-cie-2"}, {caseworker, object(farm, "name", "!"), "organisation"},
		{caseworker, object(farm, "name", "«"), "organisation-2"}, {caseworker, object(farm, "name", "É"), "e-1"}, {admin, object(farm, "kind", "commune", "name", strings.Repeat("Ville ", 30)), strings.Repeat("ville-", 8) + "vi"},
		{lead, object(farm, "slug", "ferme"), "ferme"},
	} {
		made := f.send(row.by, "POST", "/v1/organisations", row.body).is(201)
		if made.text("slug") != row.slug {
			t.Errorf("%v is called %q, not %q", row.body["name"], made.text("slug"), row.slug)
		}
		f.trail(row.by, "created", "organisation", made.text("id"), "kind name slug")
	}
	host := f.rows(`SELECT id::text FROM organisations WHERE slug = 'ferme'`)[0][0].(string)
	path := f.supportedPath()
	stay := map[string]any{"purpose": "decouvrir_un_metier", "host_id": host, "prescriber_id": f.party("france_travail"), "starts_on": "2025-03-03", "ends_on": "2025-03-21"}
	first := f.send(caseworker, "POST", path+"/immersions", stay).is(201)

	// The second of the same object names the first, which is to be mended; told so, she does, and both stand.
	second := object(stay, "starts_on", "2025-05-05", "ends_on", "2025-05-16", "objectives", "Conduire un tracteur.")
	faults := f.send(caseworker, "POST", path+"/immersions", second).problemAt(422, "invalid", "body.objectives")
	if !strings.Contains(faults[0].Message, first.text("id")) || !strings.Contains(faults[0].Message, "PUT") {
		t.Errorf("the fault says %q", faults[0].Message)
	}
	f.send(caseworker, "PUT", path+"/immersions/"+first.text("id"), object(stay, "objectives", "Soigner des bêtes."), "If-Match", `"1"`).is(200)
	f.send(caseworker, "POST", path+"/immersions", second).is(201)
}
