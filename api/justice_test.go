package api_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence"
)

// justiceWords are what a deployment without the module neither takes nor shows.
var justiceWords = []string{"justice_status", "milieu_ouvert", "sortant_de_detention", "justice_supervised_share", "problematique_judiciaire", "experience_detention", "incarceration", `"spip"`, `"pjj"`}

// withoutJustice is the fixture's data as a deployment serves it whose module is off.
func (f *fixture) withoutJustice() {
	f.handler = api.Deployment{WithoutJustice: true}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
}

func TestTheDocumentWithoutTheJusticeModule(t *testing.T) {
	for _, version := range []string{"3.1", "3.0"} {
		with, err := api.Deployment{}.Document(version, "json")
		if err != nil {
			t.Fatal(err)
		}
		without, err := api.Deployment{WithoutJustice: true}.Document(version, "json")
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range justiceWords {
			switch word {
			case "milieu_ouvert", "sortant_de_detention", `"spip"`, `"pjj"`, "justice_status", "problematique_judiciaire", "incarceration":
				if !strings.Contains(string(with), word) {
					t.Errorf("%s: the module's own document lacks %s: the test proves nothing", version, word)
				}
			}
			if at := strings.Index(string(without), word); at >= 0 {
				t.Errorf("%s offers %s: …%s…", version, word, without[max(0, at-200):at+50])
			}
		}
	}
}

func TestNothingAboutJusticeIsTakenWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	request := object(c.request, "justice_status", nil)
	received := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", object(c.request, "external_reference", "TO-ACCEPT")).is(201).text("id")
	f.withoutJustice()
	before := f.contents()
	staff, admin := f.actor(domain.Caseworker), f.actor(domain.Admin)
	for name, row := range map[string]struct {
		actor          domain.Actor
		method, target string
		body           any
		location, code string
	}{
		"a referral's status":       {f.actor(domain.Partner), "POST", "/v1/referrals", object(c.request, "external_reference", "X", "justice_status", "milieu_ouvert"), "body.justice_status", "unknown_field"},
		"a referral's null":         {f.actor(domain.Partner), "POST", "/v1/referrals", object(c.request, "external_reference", "X", "justice_status", raw("null")), "body.justice_status", "unknown_field"},
		"a referral's barrier":      {f.actor(domain.Partner), "POST", "/v1/referrals", object(request, "external_reference", "X", "barriers", []any{"mobilite", "problematique_judiciaire"}), "body.barriers[1]", "enum"},
		"an entry's status":         {staff, "POST", "/v1/enrolments", object(c.entry, "entered_on", "2026-01-05", "justice_status", "aucune"), "body.justice_status", "unknown_field"},
		"a rewritten entry's":       {staff, "PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "justice_status", "aucune"), "body.justice_status", "unknown_field"},
		"an acceptance's":           {staff, "POST", "/v1/referrals/" + received + "/accept", map[string]any{"justice_status": "aucune"}, "body.justice_status", "unknown_field"},
		"an exit to prison":         {staff, "POST", "/v1/enrolments/" + c.enrolment + "/exit", map[string]any{"exited_on": "2025-08-01", "kind": "incarceration"}, "body.kind", "enum"},
		"a SPIP":                    {admin, "POST", "/v1/organisations", map[string]any{"slug": "autre-spip", "name": "SPIP", "kind": "spip"}, "body.kind", "enum"},
		"the PJJ, by rewriting":     {admin, "PUT", "/v1/organisations/" + f.mdsi.ID, map[string]any{"slug": "mdsi", "name": "PJJ", "kind": "pjj"}, "body.kind", "enum"},
		"a filter of the figures":   {staff, "GET", "/v1/programmes/" + somme + "/indicators?justice_status=milieu_ouvert", nil, "query.justice_status", "unknown_field"},
		"a filter of the profile":   {staff, "GET", "/v1/programmes/" + somme + "/profile?justice_status=aucune", nil, "query.justice_status", "unknown_field"},
		"a filter of the evidence":  {f.actor(domain.Coordinator), "GET", "/v1/programmes/" + somme + "/indicators/beneficiaries/evidence?justice_status=aucune", nil, "query.justice_status", "unknown_field"},
		"a status in the wrong way": {f.actor(domain.Partner), "POST", "/v1/referrals", object(request, "external_reference", "X", "Justice_Status", "aucune"), "body.Justice_Status", "unknown_field"},
	} {
		faults := f.send(row.actor, row.method, row.target, row.body, "If-Match", "*").problem(422, "invalid")
		if len(faults) != 1 || faults[0].Location != row.location || faults[0].Code != row.code {
			t.Errorf("%s: %+v", name, faults)
		}
		for _, fault := range faults {
			if strings.Contains(fault.Message, "incarceration") || strings.Contains(fault.Message, "spip") {
				t.Errorf("%s: the refusal lists what is withheld: %s", name, fault.Message)
			}
		}
	}
	f.unchanged(before)
	f.send(staff, "GET", "/v1/nomenclatures/justice_status", nil).problem(404, "not_found")
	for _, path := range []string{"", "/evidence"} {
		f.send(f.actor(domain.Coordinator), "GET", "/v1/programmes/"+somme+"/indicators/justice_supervised_share"+path, nil).problem(404, "not_found")
	}
}

// What was recorded while the module was on is not shown once it is off.
func TestNothingAboutJusticeIsShownWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	partner, staff, coordinator := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	referred := f.send(partner, "POST", "/v1/referrals", object(c.request, "external_reference", "TOLD", "justice_status", "sortant_de_detention", "barriers", []any{"problematique_judiciaire", "mobilite"})).is(201).text("id")
	enrolment := f.send(staff, "POST", "/v1/referrals/"+referred+"/accept", map[string]any{"entered_on": "2025-03-03", "justice_status": "milieu_ouvert"}).is(200).text("enrolment_id")
	f.send(staff, "POST", "/v1/enrolments/"+enrolment+"/exit", map[string]any{"exited_on": "2025-08-01", "kind": "incarceration"}).is(200)
	waiting := f.send(partner, "POST", "/v1/referrals", object(c.request, "external_reference", "WAITS", "first_name", "Dominique", "justice_status", "milieu_ouvert")).is(201).text("id")
	whole := f.send(coordinator, "GET", "/v1/programmes/"+somme+"/indicators", nil).is(200)
	if items := whole.Fields["items"].([]any); len(items) != 10 {
		t.Fatal(len(items))
	}
	for _, word := range []string{"sortant_de_detention", "problematique_judiciaire"} {
		if text := f.send(staff, "GET", "/v1/referrals/"+referred, nil).is(200).Text; !strings.Contains(text, word) {
			t.Fatalf("with the module on, %s is not shown either: %s", word, text)
		}
	}

	f.withoutJustice()
	shown := ""
	for _, path := range []string{
		"/v1/referrals", "/v1/referrals/" + referred, "/v1/enrolments", "/v1/enrolments/" + enrolment, "/v1/organisations", "/v1/organisations/" + f.spip.ID,
		"/v1/nomenclatures", "/v1/nomenclatures/barrier", "/v1/nomenclatures/exit_kind", "/v1/indicators",
		"/v1/programmes/" + somme + "/indicators", "/v1/programmes/" + somme + "/profile",
		"/v1/programmes/" + somme + "/indicators/beneficiaries/evidence", "/v1/programmes/" + somme + "/indicators/positive_exit_rate/evidence",
		"/v1/programmes/" + somme + "/indicators/employment_at_6_months_rate/evidence", "/openapi.json",
	} {
		got := f.send(coordinator, "GET", path, nil)
		if got.Status == 404 && strings.HasSuffix(path, "/evidence") {
			continue
		}
		text := strings.ReplaceAll(got.is(200).Text, `"slug":"spip"`, "")
		text = strings.ReplaceAll(text, `"name":"spip"`, "")
		shown += text
		for _, word := range justiceWords {
			if at := strings.Index(text, word); at >= 0 {
				t.Errorf("%s shows %s: …%s…", path, word, text[max(0, at-150):min(len(text), at+60)])
			}
		}
	}
	if !strings.Contains(shown, `"barriers":["mobilite"]`) || !strings.Contains(shown, `"exit_kind":"autre"`) || !strings.Contains(shown, `"kind":"autre"`) {
		t.Error("what is not about justice is gone too")
	}
	csv := f.send(coordinator, "GET", "/v1/programmes/"+somme+"/indicators", nil, "Accept", "text/csv").is(200).Text
	if strings.Contains(csv, "justice") || strings.Contains(csv, "justice_supervised_share") {
		t.Error("the table as CSV: " + csv)
	}

	// The other figures are what they were.
	var with, without []string
	for _, item := range whole.Fields["items"].([]any) {
		if figure := item.(map[string]any); figure["key"] != "justice_supervised_share" {
			with = append(with, fmt.Sprint(figure))
		}
	}
	for _, item := range f.send(coordinator, "GET", "/v1/programmes/"+somme+"/indicators", nil).is(200).Fields["items"].([]any) {
		without = append(without, fmt.Sprint(item))
	}
	if fmt.Sprint(with) != fmt.Sprint(without) || len(without) != 9 {
		t.Errorf("%d figures are not the 9 of before:\n%v\n%v", len(without), with, without)
	}

	// And nothing is carried over from an earlier referral into a new file.
	opened := f.send(staff, "POST", "/v1/referrals/"+waiting+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
	if told := f.count(`SELECT count(*) FROM enrolments WHERE id = $1 AND justice_status IS NOT NULL`, opened); told != 0 {
		t.Error("accepting an earlier referral recorded its justice status")
	}
}

// The store holds the rule by itself, for what does not come by HTTP.
func TestTheStoreKeepsNothingAboutJusticeWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	f.cast()
	off, ctx := f.store.WithoutJustice(), t.Context()
	status := domain.JusticeMilieuOuvert
	before := f.contents()
	for name, attempt := range map[string]func() error{
		"a SPIP": func() error {
			_, err := off.As(f.actor(domain.Admin)).NewOrganisation(ctx, domain.OrganisationInput{Slug: "s", OrganisationNaming: domain.OrganisationNaming{Name: "S", Kind: domain.OrganisationSPIP}})
			return err
		},
		"a referral": func() error {
			_, _, err := off.As(f.actor(domain.Partner)).Refer(ctx, domain.ReferralInput{Programme: somme, JusticeStatus: &status})
			return err
		},
		"a barrier": func() error {
			_, _, err := off.As(f.actor(domain.Partner)).Refer(ctx, domain.ReferralInput{Programme: somme, Barriers: domain.Barriers{domain.BarrierProblematiqueJudiciaire}})
			return err
		},
		"an entry": func() error {
			_, err := off.As(f.actor(domain.Caseworker)).Enrol(ctx, domain.EnrolmentInput{Situation: domain.Situation{JusticeStatus: &status}})
			return err
		},
	} {
		refusal, ok := attempt().(*domain.Error)
		if !ok || len(refusal.Fields) != 1 || refusal.Fields[0].Code != "justice_module_off" {
			t.Errorf("%s: %+v", name, refusal)
		}
	}
	f.unchanged(before)
}

// A history, a copy in any format and the trail write names and codes where others write values.
func TestNoHistoryCopyOrTrailTellsOfJusticeWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	lead, officer := f.actor(domain.Coordinator), f.actor(domain.DPO)
	f.send(lead, "PUT", "/v1/enrolments/"+c.enrolment, object(c.entry, "justice_status", "milieu_ferme", "education_level", "cap_bep"), "If-Match", "*").is(200)
	f.send(lead, "POST", "/v1/enrolments/"+c.enrolment+"/exit", map[string]any{"exited_on": "2025-08-01", "kind": "incarceration"}).is(200)
	f.send(lead, "POST", "/v1/enrolments/"+c.enrolment+"/reopen", map[string]any{"reason": "Par erreur."}).is(200)
	f.send(lead, "POST", "/v1/enrolments/"+c.enrolment+"/exit", map[string]any{"exited_on": "2025-08-02", "kind": "incarceration"}).is(200)
	came := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", object(c.request, "external_reference", "CAME", "barriers", []any{"problematique_judiciaire", "mobilite"})).is(201).text("id")
	f.send(lead, "POST", "/v1/referrals/"+came+"/accept", map[string]any{"entered_on": "2025-09-01", "participant_id": c.participant}).is(200)
	words := append([]string{"Situation au regard de la justice", "milieu fermé", "milieu ouvert", "Incarcération", "milieu_ferme"}, justiceWords...)
	person := "/v1/participants/" + c.participant
	answers := func() (texts map[string]string) {
		texts = map[string]string{
			"history": f.send(lead, "GET", person+"/history", nil).is(200).Text,
			"trail":   f.send(officer, "GET", "/v1/audit-events?limit=200", nil).is(200).Text,
		}
		for _, who := range []domain.Actor{lead, officer} {
			texts["copy for the "+string(who.Role)] = f.send(who, "GET", person+"/export", nil).is(200).Text
			texts["page for the "+string(who.Role)] = f.send(who, "GET", person+"/export", nil, "Accept", "text/html").is(200).Text
		}
		return texts
	}
	for where, text := range answers() {
		if !strings.Contains(text, "milieu") && !strings.Contains(text, "justice_status") {
			t.Errorf("with the module on, the %s tells nothing either: %s", where, text)
		}
	}
	f.handler = api.Deployment{WithoutJustice: true}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	for where, text := range answers() {
		for _, word := range words {
			if at := strings.Index(text, word); at >= 0 {
				t.Errorf("the %s tells %s: …%s…", where, word, text[max(0, at-150):min(len(text), at+60)])
			}
		}
		if !strings.Contains(text, "education_level") && !strings.HasPrefix(where, "page") {
			t.Errorf("what is not about justice is gone from the %s too: %s", where, text)
		}
	}
}

// The support of a person tells of justice in lists, in objects of lists, in records of their own and in what leads to
// these: without the module, none of it is taken, shown or lost.
func TestNothingInTheSupportTellsOfJusticeWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	staff, lead, officer := f.actor(domain.Caseworker), f.actor(domain.Coordinator), f.actor(domain.DPO)
	enrolment := f.enrolled("Camille", "Exemple", "2025-02-03")
	path, person := "/v1/enrolments/"+enrolment.ID, "/v1/participants/"+enrolment.ParticipantID
	whole := map[string]any{"assessed_on": "2025-02-03", "barriers": found("problematique_judiciaire fort", "mobilite"), "strengths": []any{"experience_detention", "langues"}}
	first := f.send(staff, "POST", path+"/diagnostics", object(whole, "note", "Bilan.")).is(201).text("id")
	second := f.send(staff, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-03-03", "barriers": found("problematique_judiciaire faible", "mobilite fort")}).is(201).text("id")
	f.send(staff, "PUT", path+"/diagnostics/"+first, object(whole, "barriers", found("mobilite", "problematique_judiciaire")), "If-Match", "*").is(200)
	judicial := f.rows(`SELECT id::text FROM enrolment_barriers WHERE barrier = 'problematique_judiciaire'`)[0][0].(string)
	detention := f.rows(`SELECT id::text FROM enrolment_strengths WHERE strength = 'experience_detention'`)[0][0].(string)
	f.send(staff, "POST", path+"/barriers/"+judicial+"/start", map[string]any{"started_on": "2025-02-10"}).is(200)
	goal := map[string]any{"label": "Rendez-vous", "agreed_on": "2025-02-10", "due_on": "2025-03-10", "in_charter": true, "barrier_id": judicial}
	objective := f.send(staff, "POST", path+"/objectives", goal).is(201).text("id")
	help := map[string]any{"kind": "aide_administrative", "done_on": "2025-02-17", "barrier_id": judicial}
	action := f.send(staff, "POST", path+"/actions", help).is(201).text("id")
	moved := f.send(staff, "POST", path+"/actions", help).is(201).text("id")
	f.send(staff, "PUT", path+"/actions/"+moved, object(help, "barrier_id", nil), "If-Match", "*").is(200)
	places := []string{path + "/diagnostics", path + "/diagnostics/" + first, path + "/diagnostics/" + second, path + "/barriers", path + "/strengths", path + "/objectives", path + "/objectives/" + objective,
		"/v1/objectives", path + "/actions", path + "/actions/" + action, person + "/history", person + "/export"}
	words := append([]string{judicial, detention, "Problématique judiciaire", "en détention"}, justiceWords...)
	told := map[string]bool{}
	answers := func() map[string]string {
		texts := map[string]string{}
		for _, place := range places {
			texts[place] = f.send(lead, "GET", place, nil).is(200).Text
		}
		texts["page"] = f.send(officer, "GET", person+"/export", nil, "Accept", "text/html").is(200).Text
		texts["copy"] = f.send(officer, "GET", person+"/export", nil).is(200).Text
		return texts
	}
	for place, text := range answers() {
		for _, word := range words {
			told[place] = told[place] || strings.Contains(text, word)
		}
		if !told[place] {
			t.Errorf("with the module on, %s tells nothing either: %s", place, text)
		}
	}

	f.withoutJustice()
	for place, text := range answers() {
		for _, word := range words {
			if at := strings.Index(text, word); at >= 0 && word != "justice_status" {
				t.Errorf("%s tells %s: …%s…", place, word, text[max(0, at-150):min(len(text), at+60)])
			}
		}
	}
	got := f.send(staff, "GET", path+"/diagnostics/"+second, nil).is(200)
	if got.said("barriers", "barriers_added", "barriers_changed", "strengths_gone") != `[{"barrier":"mobilite","impact":"fort","priority":null}] [] [{"barrier":"mobilite","impact":"fort","impact_before":null,"priority":null,"priority_before":null}] ["langues"]` {
		t.Error(got.Text)
	}
	before := f.contents()
	for name, row := range map[string]struct {
		path     string
		body     map[string]any
		location string
	}{
		"a finding":                 {"/diagnostics", map[string]any{"assessed_on": "2025-04-01", "barriers": found("mobilite", "problematique_judiciaire")}, "body.barriers[1].barrier"},
		"a strength of a list":      {"/diagnostics", map[string]any{"assessed_on": "2025-04-01", "strengths": []any{"langues", "experience_detention"}}, "body.strengths[1]"},
		"a barrier":                 {"/barriers", map[string]any{"barrier": "problematique_judiciaire", "assessed_on": "2025-04-01"}, "body.barrier"},
		"a strength":                {"/strengths", map[string]any{"strength": "experience_detention", "noted_on": "2025-04-01"}, "body.strength"},
		"an action on what is not":  {"/actions", help, "body.barrier_id"},
		"an objective of it":        {"/objectives", goal, "body.barrier_id"},
		"a host that is the SPIP":   {"/immersions", map[string]any{"purpose": "confirmer_un_projet", "host_id": f.spip.ID, "prescriber_id": f.party("cap_emploi"), "starts_on": "2025-04-01", "ends_on": "2025-04-02"}, "body.host_id"},
		"a prescriber that is none": {"/immersions", map[string]any{"purpose": "confirmer_un_projet", "host_id": f.party("employeur"), "prescriber_id": f.spip.ID, "starts_on": "2025-04-01", "ends_on": "2025-04-02"}, "body.agreement_with_id"},
	} {
		delete(before, "organisations")
		for _, fault := range f.send(staff, "POST", path+row.path, row.body).problemAt(422, "invalid", row.location) {
			if strings.Contains(fault.Message, "judiciaire") || strings.Contains(fault.Message, "spip") || strings.Contains(fault.Message, "justice") {
				t.Errorf("%s: the refusal tells: %s", name, fault.Message)
			}
		}
	}
	for _, hidden := range []string{"/barriers/" + judicial, "/strengths/" + detention} {
		f.send(staff, "GET", path+hidden, nil).problem(404, "not_found")
	}
	f.send(staff, "POST", path+"/barriers/"+judicial+"/lift", map[string]any{}).problem(404, "not_found")
	for _, kept := range []struct {
		store string
		try   func(*persistence.Session) error
	}{
		{"a finding", func(s *persistence.Session) error {
			_, err := s.NewDiagnostic(t.Context(), enrolment.ID, domain.DiagnosticInput{AssessedOn: domain.MustDate("2025-04-01"), Barriers: domain.Findings{{Barrier: domain.BarrierProblematiqueJudiciaire}}})
			return err
		}},
		{"a strength", func(s *persistence.Session) error {
			_, err := s.NewStrength(t.Context(), enrolment.ID, domain.StrengthInput{Strength: domain.StrengthExperienceDetention, NotedOn: domain.MustDate("2025-04-01")})
			return err
		}},
		{"a barrier", func(s *persistence.Session) error {
			_, err := s.NewBarrier(t.Context(), enrolment.ID, domain.BarrierInput{Barrier: domain.BarrierProblematiqueJudiciaire, AssessedOn: domain.MustDate("2025-04-01")})
			return err
		}},
	} {
		if refusal, ok := kept.try(f.store.WithoutJustice().As(staff)).(*domain.Error); !ok || len(refusal.Fields) != 1 || refusal.Fields[0].Code != "justice_module_off" {
			t.Errorf("the store keeps %s: %+v", kept.store, refusal)
		}
	}
	after := f.contents()
	for table := range before {
		if before[table] != after[table] && !strings.HasPrefix(table, "audit") && table != "events" {
			t.Errorf("%s was written", table)
		}
	}

	// What is corrected meanwhile loses nothing that its writer was not shown.
	f.send(staff, "PUT", path+"/diagnostics/"+first, map[string]any{"assessed_on": "2025-02-03", "barriers": found("mobilite faible")}, "If-Match", "*").is(200)
	f.send(staff, "PUT", path+"/objectives/"+objective, object(goal, "label", "Autre", "barrier_id", nil), "If-Match", "*").is(200)
	f.send(staff, "PUT", path+"/actions/"+action, object(help, "duration_minutes", 20, "barrier_id", nil), "If-Match", "*").is(200)
	if n := f.count(`SELECT (SELECT count(*) FROM diagnostics WHERE id = $1 AND barriers::text LIKE '%judiciaire%' AND strengths::text LIKE '%detention%')
		+ (SELECT count(*) FROM objectives WHERE barrier_id = $2) + (SELECT count(*) FROM actions WHERE barrier_id = $2)`, first, judicial); n != 3 {
		t.Errorf("%d of the 3 are still on file", n)
	}
}
