package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"o2r/domain"
)

// yearOf is what the report's tests are about: some people's paths with all that a report tells.
func (f *fixture) yearOf() {
	f.Helper()
	f.caseload()
	lead := f.actor(domain.Coordinator)
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/targets", map[string]any{"items": []any{
		map[string]any{"indicator": "beneficiaries", "period": "2025", "value": 58}, map[string]any{"indicator": "justice_supervised_share", "period": "programme", "value": 60},
		map[string]any{"indicator": "long_term_unemployed_share", "period": "programme", "value": 20},
	}}, "If-Match", `"0"`).is(200)
	site := f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Maison de l'Exemple", "host_id": f.mdsi.ID}).is(201).text("id")
	permanence := f.send(lead, "POST", "/v1/permanences", map[string]any{"programme": somme, "label": "Mardi", "site_id": site, "weekday": "mardi", "starts_on": "2025-03-04", "start_time": "09:00", "end_time": "12:30", "slot_minutes": 30, "slot_capacity": 1}).is(201).text("id")
	f.send(lead, "POST", "/v1/permanences/"+permanence+"/occurrences/2025-04-08/cancel", map[string]any{"reason": "Rendez-vous de Camille Exemple."}).is(200)
	f.in2025()
	path := f.rows(`SELECT id::text FROM enrolments ORDER BY entered_on, id LIMIT 1`)[0][0].(string)
	f.send(lead, "POST", "/v1/enrolments/"+path+"/actions", map[string]any{"kind": "aide_administrative", "done_on": "2025-06-10", "duration_minutes": 45, "organisation_id": f.mdsi.ID}).is(201)
	f.send(lead, "POST", "/v1/enrolments/"+path+"/actions", map[string]any{"kind": "aide_administrative", "done_on": "2025-06-11"}).is(201)
	f.send(lead, "POST", "/v1/enrolments/"+path+"/proposals", map[string]any{"kind": "emploi", "proposed_on": "2025-06-12", "followed_by": "accepted", "followed_on": "2026-01-05"}).is(201)
	missed := f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": path, "starts_at": "2025-05-21T09:00:00Z", "duration_minutes": 30, "mode": "phone"}).is(201).text("id")
	f.send(lead, "POST", "/v1/appointments/"+missed+"/attendance", map[string]any{"status": "no_show"}).is(200) // came and counted are two numbers
	f.send(lead, "POST", "/v1/enrolments/"+path+"/exit", map[string]any{"exited_on": "2025-09-30", "kind": "interim", "follow_up_agreed": false}).is(200)
}

// in2025 says that what partners sent came in 2025, and was decided then.
func (f *fixture) in2025() {
	f.exec(`UPDATE referrals SET received_at = '2025-05-02T08:00:00Z', decided_at = '2025-05-12T08:00:00Z'`)
}

const report = "/v1/programmes/" + somme + "/report"

// TestTheReportOfAYear follows a coordinator who reports 2025, and those who may not read it or read less.
func TestTheReportOfAYear(t *testing.T) {
	f := newFixture(t)
	f.yearOf()
	lead, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	first := f.send(lead, "GET", report+"?year=2025", nil).is(200)
	told := func(path string) any { return at(t, first.Fields, path) }
	for path, want := range map[string]any{
		"as_of": "2025-12-31", "year_over": true, "operator_name": "operateur", "withheld": false,
		"profile.people": 14.0, "means.sites": 1.0, "means.permanences": 1.0, "means.days_held": told("presence.0.held"), "presence.0.cancelled": 1.0, "presence.0.closed_days": 1.0, // Armistice
		"presence.0.minutes_held": 210 * told("presence.0.held").(float64),
		"exits.exits":             1.0, "exits.positive": 1.0, "exits.unobserved": 1.0, "exits.kinds.0.kind": "interim",
		"support.people": 3.0, "support.minutes": 165.0, "support.minutes_unknown": 1.0,
	} {
		if got := told(path); got != want {
			t.Errorf("%s is %v, not %v", path, got, want)
		}
	}
	if held := told("presence.0.held").(float64); held != 42 { // 44 Tuesdays from 4 March on, one called off, one the Armistice
		t.Errorf("%v were held", held)
	}
	byName := map[string]map[string]any{}
	for _, partner := range told("partners").([]any) {
		byName[partner.(map[string]any)["name"].(string)] = partner.(map[string]any)
	}
	if p := byName["spip"]; p["received"] != 2.0 || p["accepted"] != 2.0 || p["declined"] != 0.0 || p["hosts"] != false {
		t.Errorf("the SPIP is %v", p)
	}
	if p := byName["mdsi"]; p["hosts"] != true || p["actions"] != 1.0 || p["received"] != 0.0 {
		t.Errorf("the MDSI is %v", p)
	}
	for i, proposal := range told("support.proposals").([]any) {
		p := proposal.(map[string]any)
		if (p["kind"] == "emploi") != (p["proposed"] == 1.0) || p["accepted"] != 0.0 || p["open"] != p["proposed"] { // it followed in 2026
			t.Errorf("proposal %d is %v", i, p)
		}
	}
	// The figures are those that are answered elsewhere.
	table := f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators?set=all&as_of=2025-12-31", nil).is(200)
	year := f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators?set=all&from=2025-01-01&to=2025-12-31&as_of=2025-12-31", nil).is(200)
	if !same(told("table.items"), table.Fields["items"]) || !same(told("table_of_year.items"), year.Fields["items"]) {
		t.Error("the report's tables are others than those asked for")
	}
	f.trail(lead, "read", "report", f.rows(`SELECT id::text FROM programmes WHERE slug = $1`, somme)[0][0].(string), "2025")

	// Who has it need not be sent it again, and a page is another thing to hold than the JSON.
	tag := first.Header.Get("ETag")
	page := f.send(lead, "GET", report+"?year=2025", nil, "Accept", "text/html").is(200)
	for accept, tag := range map[string]string{"application/json": tag, "text/html": page.Header.Get("ETag")} {
		if again := f.send(lead, "GET", report+"?year=2025", nil, "Accept", accept, "If-None-Match", tag).is(304); again.Text != "" {
			t.Errorf("%s is sent again", accept)
		}
	}
	if page.Header.Get("ETag") == tag {
		t.Error("the page has the tag of the JSON")
	}
	f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Ailleurs"}).is(201)
	f.send(lead, "GET", report+"?year=2025", nil, "If-None-Match", tag).is(304)

	// Refused.
	for query, code := range map[string]string{"": "invalid", "?year=2023": "invalid", "?year=2028": "invalid", "?year=1": "invalid", "?year=deux": "invalid", "?year=2025&as_of=2025-06-30": "invalid", "?year=2025&gender=male": "invalid"} {
		f.send(lead, "GET", report+query, nil).problem(422, code)
	}
	f.send(lead, "GET", "/v1/programmes/"+elsewhere+"/report?year=2025", nil).problem(404, "not_found")
	f.send(lead, "GET", report+"?year=2025", nil, "Accept", "text/csv").is(406)
	for _, role := range []domain.Role{domain.Partner, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", report+"?year=2025", nil).problem(403, "forbidden")
	}

	// An analyst, and a caseworker without a reason, read of nobody's few.
	for _, actor := range []domain.Actor{analyst, f.actor(domain.Caseworker)} {
		read := f.send(actor, "GET", report+"?year=2025", nil).is(200)
		if read.Fields["withheld"] != true || read.Fields["support"] != nil || read.Fields["exits"] != nil || at(t, read.Fields, "means.caseworkers") != nil {
			t.Errorf("%s reads %s", actor.Role, read.Text)
		}
		for _, partner := range read.Fields["partners"].([]any) {
			if p := partner.(map[string]any); p["received"] != nil || p["actions"] != nil || p["accepted"] != nil || p["hosts"] != true && p["agreement"] != true {
				t.Errorf("%s reads of a partner %v", actor.Role, p)
			}
		}
		elsewhere := f.send(actor, "GET", "/v1/programmes/"+somme+"/indicators?set=all&from=2025-01-01&to=2025-12-31&as_of=2025-12-31", nil).is(200)
		if !same(at(t, read.Fields, "table_of_year.items"), elsewhere.Fields["items"]) {
			t.Errorf("%s reads other figures in the report", actor.Role)
		}
		profile := f.send(actor, "GET", "/v1/programmes/"+somme+"/profile?from=2025-01-01&to=2025-12-31&as_of=2025-12-31", nil).is(200)
		if !same(at(t, read.Fields, "profile_of_year"), any(profile.Fields)) {
			t.Errorf("%s reads another profile in the report", actor.Role)
		}
	}
	if whole := f.send(f.actor(domain.Caseworker), "GET", report+"?year=2025", nil, "Access-Reason", because).is(200); whole.Fields["support"] == nil {
		t.Error("with a reason a caseworker reads no more")
	}
	// No name of a participant, and no reason that somebody wrote, in any form, for anybody.
	for _, accept := range []string{"application/json", "text/html", xlsx} {
		text := f.send(lead, "GET", report+"?year=2025", nil, "Accept", accept).is(200).Text
		if accept == xlsx {
			text = fmt.Sprint(sheetsOf(t, text))
		}
		for _, never := range []string{"Camille", "Dominique", "Modèle", "Rendez-vous de"} {
			if strings.Contains(text, never) {
				t.Errorf("as %s it holds %q", accept, never)
			}
		}
	}
}

func same(a, b any) bool {
	left, err := json.Marshal(a)
	right, other := json.Marshal(b)
	return err == nil && other == nil && bytes.Equal(left, right)
}

// at finds what stands at a place of a decoded JSON text.
func at(t *testing.T, value any, path string) any {
	t.Helper()
	for part := range strings.SplitSeq(path, ".") {
		switch held := value.(type) {
		case map[string]any:
			found, there := held[part]
			if !there {
				t.Fatalf("there is no %s in %s", part, path)
			}
			value = found
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(held) {
				t.Fatalf("there is no %s in %s", part, path)
			}
			value = held[i]
		default:
			t.Fatalf("%s leads nowhere at %s", path, part)
		}
	}
	return value
}

func sheetsOf(t *testing.T, text string) map[string][][]string {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	sheets := map[string][][]string{}
	for _, name := range book.GetSheetList() {
		if sheets[name], err = book.GetRows(name, excelize.Options{RawCellValue: true}); err != nil {
			t.Fatal(err)
		}
	}
	return sheets
}

var (
	numbered = regexp.MustCompile(`data-of="([^"]+)"(?: data-as="([a-z]+)")?>([^<]*)<`)
	outside  = regexp.MustCompile(`>([^<]*[0-9][^<]*)<`)
)

// TestThePageAndTheWorkbookHoldTheNumbersOfTheJSON compares each number that is printed with the one in the JSON, and each cell
// of the workbook; for those who read everything and for those who read less.
func TestThePageAndTheWorkbookHoldTheNumbersOfTheJSON(t *testing.T) {
	f := newFixture(t)
	f.yearOf()
	for _, actor := range []domain.Actor{f.actor(domain.Coordinator), f.actor(domain.Analyst)} {
		answer := f.send(actor, "GET", report+"?year=2025", nil).is(200)
		page := f.send(actor, "GET", report+"?year=2025", nil, "Accept", "text/html").is(200)
		compared := 0
		for _, found := range numbered.FindAllStringSubmatch(page.Text, -1) {
			value, text := at(t, answer.Fields, found[1]), html.UnescapeString(found[3])
			if want := french(value, found[2]); text != want {
				t.Errorf("%s: %s is printed %q, and is %v, %q", actor.Role, found[1], text, value, want)
			}
			compared++
		}
		if compared < 150 {
			t.Errorf("%s: the page has only %d numbers", actor.Role, compared)
		}
		// What is not numbered is no number of the report: names of places, hours, articles of law, days in words.
		rest := numbered.ReplaceAllString(page.Text, "><")
		body := rest[strings.Index(rest, "<main"):strings.Index(rest, `id="methode"`)]
		for _, found := range outside.FindAllStringSubmatch(body, -1) {
			if text := html.UnescapeString(found[1]); strings.ContainsAny(text, "0123456789") && !noNumber.MatchString(text) {
				t.Errorf("%s: a number that is none of the JSON's: %q", actor.Role, found[1])
			}
		}
		f.conforms(page)

		compareWorkbook(t, actor.Role, sheetsOf(t, f.send(actor, "GET", report+"?year=2025", nil, "Accept", xlsx).is(200).Text), answer.Fields)
	}
}

// workbookColumns are the fields of the JSON that stand in each sheet of the workbook, under which heading.
var workbookColumns = map[string]map[string]string{
	"Permanences":      {"Permanence": "label", "Lieu": "site", "Ouverture": "start_time", "Tenues": "held", "dont déplacées": "moved", "Annulées": "cancelled", "Fermées (jours fériés, fermetures)": "closed_days", "Accueil (minutes)": "minutes_held"},
	"Partenaires":      {"Organisme": "name", "Accueille une permanence": "hosts", "Accord avec le programme": "agreement", "Orientations reçues": "received", "acceptées": "accepted", "refusées": "declined", "Actions menées avec lui": "actions", "Propositions": "proposals", "Immersions": "immersions"},
	"Actions":          {"Nombre": "count", "Personnes": "people", "Durée (minutes)": "minutes", "Sans durée saisie": "minutes_unknown", "Jours": "days"},
	"Propositions":     {"Faites": "proposed", "acceptées": "accepted", "refusées": "refused", "sans réponse": "no_answer", "non disponibles": "not_available", "sans suite connue": "open"},
	"Motifs d'entrée":  {"Entrées": "count"},
	"Motifs de sortie": {"Parcours": "count"},
	"Définitions":      {"Indicateur": "label", "Version": "version", "En vigueur depuis": "valid_from", "Formule": "formula_fr", "Source": "source"},
	"Indicateurs": {"Indicateur": "label", "Situation au": "as_of", "Du": "from", "Au": "to", "Valeur exacte": "value", "Compte": "numerator", "Sur": "denominator", "Inconnus": "unknown", "Résultat": "display", "Secret statistique": "suppressed",
		"Version de la définition": "definition_version", "Emploi confirmé à 6 mois": "confirmed", "Emploi de moins de 6 mois": "provisional", "Emploi sans constat": "unconfirmed"},
}

// compareWorkbook holds the workbook, which is in French, to the JSON.
func compareWorkbook(t *testing.T, role domain.Role, sheets map[string][][]string, fields map[string]any) {
	t.Helper()
	for name, place := range map[string]string{"Permanences": "presence", "Partenaires": "partners", "Actions": "support.activities", "Propositions": "support.proposals", "Motifs d'entrée": "support.eligibility", "Motifs de sortie": "exits.kinds", "Définitions": "definitions"} {
		rows, there := sheets[name]
		if !there {
			if role == domain.Coordinator || !strings.Contains("Actions Propositions Motifs d'entrée Motifs de sortie", name) {
				t.Errorf("%s: there is no sheet %s", role, name)
			}
			continue
		}
		items := at(t, fields, place).([]any)
		if name == "Partenaires" && role == domain.Coordinator {
			total := map[string]any{"name": "Ensemble", "hosts": nil, "agreement": nil}
			for key, value := range fields["partners_total"].(map[string]any) {
				total[key] = value
			}
			items = append(items, total)
		}
		compareSheet(t, string(role)+" "+name, rows, items, workbookColumns[name])
	}
	for name, parts := range map[string]map[string]string{"Indicateurs": {"table": "Depuis le début", "table_of_year": "Dans l'année"}, "Mois": {"entries": "Personnes entrées", "entries_to_date": "Personnes entrées depuis le début", "meetings": "Présence aux rendez-vous individuels"}, "Secteurs": {"sectors": "Personnes", "coverage": "Territoires atteints"}} {
		for part, words := range parts {
			rows := [][]string{sheets[name][0][1:]}
			for _, row := range sheets[name][1:] {
				if row[0] == words {
					rows = append(rows, row[1:])
				}
			}
			about := at(t, fields, part).(map[string]any)
			var items []any
			for _, item := range list(about["items"]) {
				one := map[string]any{}
				for _, from := range []map[string]any{about, item} {
					for key, value := range from {
						one[key] = value
					}
				}
				items = append(items, one)
			}
			compareSheet(t, string(role)+" "+part, rows, items, workbookColumns["Indicateurs"])
		}
	}
	if len(sheets["Jours"])-1 != len(at(t, fields, "presence.0.days").([]any)) || len(sheets["Objectifs"]) != 7 {
		t.Errorf("%s: %d days and %d lines of targets", role, len(sheets["Jours"])-1, len(sheets["Objectifs"]))
	}
	for name, wanted := range map[string]map[string]string{
		"Rapport": {"Rapport d'activité": "year", "Programme": "programme_name", "Opérateur": "operator_name", "Convention du": "starts_on", "Situation au": "as_of", "Document établi le": "drawn_up_on", "Secret statistique appliqué": "withheld", "Permanences jusqu'au": "presence_until"},
		"Moyens":  {"Lieux de permanence": "means.sites", "Permanences tenues (jours)": "means.days_held", "Accueil (minutes)": "means.minutes_held", "Annulées": "means.cancelled", "Chargés de mission": "means.caseworkers"},
		"Sorties": {"Parcours terminés": "exits.exits", "dont sorties positives": "exits.positive"}, "Accompagnement": {"Personnes": "support.people", "Durée (minutes)": "support.minutes"},
	} {
		if role == domain.Analyst && (name == "Sorties" || name == "Accompagnement") {
			continue
		}
		for title, place := range wanted {
			i := slices.IndexFunc(sheets[name], func(row []string) bool { return row[0] == title })
			if i < 0 {
				t.Errorf("%s: %s does not say %s", role, name, title)
				continue
			}
			cell := ""
			if len(sheets[name][i]) > 1 {
				cell = sheets[name][i][1]
			}
			sameCell(t, string(role)+" "+name+" "+title, cell, at(t, fields, place))
		}
	}
	// People read it: no field's name and no code.
	for name, rows := range sheets {
		for _, row := range rows {
			for _, cell := range row {
				if regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)+$|^(true|false|unknown|count|percent|male|female|held|at_least)$`).MatchString(cell) {
					t.Errorf("%s: the sheet %s shows the code %q", role, name, cell)
				}
			}
		}
	}
}

// noNumber are the digits that a page holds without their being numbers of the report.
var noNumber = regexp.MustCompile(`^(?:[^0-9]*(?:D\. 5316-10|[1-6]°|[0-9]{2}:[0-9]{2}|1er|[0-9]{1,2} (?:janvier|décembre|novembre)|20[0-9]{2}|Armistice de 1918|à 6 mois|de 6 mois|de (?:moins de )?26 ans|5 mois|Bac \+[2-5]|0 à 100))+[^0-9]*$`)

// french is a value of the JSON as the page has to print it.
func french(value any, as string) string {
	grouped := func(n int) string {
		text := strconv.Itoa(n)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "\u202f" + text[i:]
		}
		return text
	}
	switch value := value.(type) {
	case nil:
		return "–"
	case string:
		if as == "day" {
			return strconv.Itoa(domain.MustDate(value).Day())
		}
		return value
	case float64:
		switch {
		case as == "hours":
			return fmt.Sprintf("%s h %02d", grouped(int(value)/60), int(value)%60)
		case as == "text":
			return fmt.Sprint(value)
		}
		tenths := int(math.Round(math.Abs(value) * 10))
		text := grouped(tenths / 10)
		if tenths%10 != 0 {
			text += "," + strconv.Itoa(tenths%10)
		}
		if value < 0 && tenths > 0 {
			text = "−" + text
		}
		return text
	}
	return fmt.Sprint(value)
}

// compareSheet holds a table of a workbook to a list of the JSON, column by column.
func compareSheet(t *testing.T, what string, rows [][]string, items []any, columns map[string]string) {
	t.Helper()
	if len(rows)-1 != len(items) {
		t.Errorf("%s has %d rows, and %d items", what, len(rows)-1, len(items))
		return
	}
	for title, field := range columns {
		j := slices.Index(rows[0], title)
		if j < 0 {
			t.Errorf("%s has no column %s, but %q", what, title, rows[0])
			continue
		}
		for i, item := range items {
			cell := ""
			if j < len(rows[i+1]) {
				cell = rows[i+1][j]
			}
			value, there := item.(map[string]any)[field]
			if !there {
				t.Errorf("%s: there is no %s in the JSON", what, field)
			}
			sameCell(t, fmt.Sprintf("%s: %s of row %d", what, title, i), cell, value)
		}
	}
}

var isoDay = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)

// sameCell holds a cell in French to a value of the JSON.
func sameCell(t *testing.T, what, cell string, value any) {
	t.Helper()
	want := ""
	switch value := value.(type) {
	case float64:
		got, err := strconv.ParseFloat(cell, 64)
		if err != nil || math.Abs(got-value) > 1e-9*math.Max(1, math.Abs(value)) {
			t.Errorf("%s is %q, not %v", what, cell, value)
		}
		return
	case bool:
		want = map[bool]string{true: "oui", false: "non"}[value]
	case string:
		want = isoDay.ReplaceAllString(value, "$3/$2/$1")
	}
	if cell != want {
		t.Errorf("%s is %q, not %v", what, cell, value)
	}
}

// conforms holds a page to what may be sent and read by anybody: nothing from outside, no script, headings in order, tables
// with a caption and scopes, charts with a text alternative.
func (f *fixture) conforms(page reply) {
	f.Helper()
	policy := page.Header.Get("Content-Security-Policy")
	if page.Header.Get("Content-Type") != "text/html" && !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html;") || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		f.Errorf("it is sent as %s under %q", page.Header.Get("Content-Type"), policy)
	}
	for _, never := range []string{"<script", "http://", "https://", "javascript:", " style=", "<img", "<link", "<iframe", "@import", " on"} {
		text := strings.ReplaceAll(page.Text, `xmlns="http://www.w3.org/2000/svg"`, "")
		if never == " on" {
			if found := regexp.MustCompile(`<[^>]* on[a-z]+=`).FindString(text); found != "" {
				f.Errorf("the page has a handler: %s", found)
			}
			continue
		}
		if strings.Contains(text, never) {
			f.Errorf("the page has %q", never)
		}
	}
	level := 0
	for _, found := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page.Text, -1) {
		if next := int(found[1][0] - '0'); next > level+1 {
			f.Errorf("a heading of level %d follows one of level %d", next, level)
		} else {
			level = next
		}
	}
	count := func(pattern string) int { return len(regexp.MustCompile(pattern).FindAllString(page.Text, -1)) }
	if count(`<h1`) != 1 || count(`<html lang="fr">`) != 1 || count(`<main id="contenu"`) != 1 || count(`href="#contenu"`) != 1 || count(`<table`) != count(`<caption>`) || count(`<table`) == 0 {
		f.Errorf("%d first headings, %d tables with %d captions", count(`<h1`), count(`<table`), count(`<caption>`))
	}
	if unscoped := regexp.MustCompile(`<th(?:>| (?:[^>]*)>)`).FindAllString(page.Text, -1); slices.ContainsFunc(unscoped, func(tag string) bool { return !strings.Contains(tag, "scope=") }) {
		f.Error("a heading of a table has no scope")
	}
	for _, chart := range regexp.MustCompile(`<svg[^>]*>`).FindAllString(page.Text, -1) {
		if !strings.Contains(chart, `role="img" aria-labelledby="`) && !strings.Contains(chart, `focusable="false"`) {
			f.Errorf("a chart without words: %s", chart)
		}
	}
	for _, found := range regexp.MustCompile(`(?:href="#|aria-labelledby="|url\(#)([a-z-]+)`).FindAllStringSubmatch(page.Text, -1) {
		if !strings.Contains(page.Text, `id="`+found[1]+`"`) {
			f.Errorf("there is no %s on the page", found[1])
		}
	}
}

// A target that is met says so, and one that is missed too.
func TestThePageSaysWhichTargetsAreMet(t *testing.T) {
	f := newFixture(t)
	f.yearOf()
	page := f.send(f.actor(domain.Coordinator), http.MethodGet, report+"?year=2025", nil, "Accept", "text/html").is(200).Text
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(strings.ReplaceAll(page, "&nbsp;", " "), "")
	for _, want := range []string{"58 en 2025 : non atteint (mesuré : 14), écart −44", "60 % : atteint, écart 40 points"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// The report says when it was drawn up, of which day it is, and against what it can be checked; and two totals of days are one.
func TestTheReportSaysOfWhichDayItIs(t *testing.T) {
	f := newFixture(t)
	f.yearOf()
	lead, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	words := func(actor domain.Actor) string {
		page := f.send(actor, "GET", report+"?year=2025", nil, "Accept", "text/html").is(200)
		if got := page.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `inline; filename="`+somme+`-rapport-2025-au-`) {
			t.Errorf("it is shown as %s", got)
		}
		return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(strings.ReplaceAll(page.Text, "&nbsp;", " "), "")
	}
	first := f.send(lead, "GET", report+"?year=2025", nil).is(200)
	if first.Fields["drawn_up_on"] != domain.DayOf(time.Now()).String() || len(list(first.Fields["published"])) != 0 || first.Fields["asked_as_of"] != nil {
		t.Errorf("it was drawn up on %v, and published as %v", first.Fields["drawn_up_on"], first.Fields["published"])
	}
	if text := words(lead); !strings.Contains(text, "Aucun instantané n’est publié pour ces jours") || !strings.Contains(text, "Situation arrêtée au 31 décembre 2025. Document établi le ") || strings.Contains(text, "« s » : secret statistique. Le nombre") {
		t.Errorf("the page begins %s", text[:2000])
	}
	if used := list(first.Fields["definitions"]); len(used) != len(list(at(t, first.Fields, "table.items"))) || used[0]["version"] != 1.0 {
		t.Errorf("the definitions are %v", used)
	}
	for _, figure := range list(at(t, first.Fields, "table_of_year.items")) { // all entered in 2025
		if figure["key"] == "average_support_duration" && figure["numerator"] != at(t, first.Fields, "support.support_days") {
			t.Errorf("%v days of support, and %v in the average", at(t, first.Fields, "support.support_days"), figure["numerator"])
		}
	}
	for _, column := range []string{"received", "accepted", "declined", "actions", "proposals", "immersions"} {
		sum := 0.0
		for _, partner := range list(first.Fields["partners"]) {
			sum += partner[column].(float64)
		}
		if total := at(t, first.Fields, "partners_total."+column); total != sum {
			t.Errorf("%s: %v in all, and %v in the rows", column, total, sum)
		}
	}

	// Published of other days it is not named; of these days it is, until another takes its place.
	publish := func(body map[string]any) map[string]any {
		body["small_cells_accepted"] = true
		return f.send(lead, "POST", "/v1/programmes/"+somme+"/snapshots", body).is(201).Fields
	}
	publish(map[string]any{"as_of": "2025-11-30"})
	publish(map[string]any{"as_of": "2025-12-31", "from": "2025-02-01"})
	if got := f.send(lead, "GET", report+"?year=2025", nil).is(200); len(list(got.Fields["published"])) != 0 {
		t.Errorf("snapshots of other days are named: %v", got.Fields["published"])
	}
	former := publish(map[string]any{"as_of": "2025-12-31"})
	kept := publish(map[string]any{"as_of": "2025-12-31", "supersedes": former["id"], "note": "Corrigé."})
	year := publish(map[string]any{"as_of": "2025-12-31", "from": "2025-01-01"})
	got := list(f.send(lead, "GET", report+"?year=2025", nil).is(200).Fields["published"])
	if len(got) != 2 || got[0]["table"] != "table" || got[0]["id"] != kept["id"] || got[0]["sha256"] != kept["sha256"] || got[0]["published_at"] != kept["published_at"] || got[1]["table"] != "table_of_year" || got[1]["id"] != year["id"] {
		t.Errorf("published as %v", got)
	}
	sheets := sheetsOf(t, f.send(lead, "GET", report+"?year=2025", nil, "Accept", xlsx).is(200).Text)
	for what, text := range map[string]string{"the page": words(lead), "the workbook": fmt.Sprint(sheets["Rapport"])} {
		if !strings.Contains(text, kept["sha256"].(string)) || !strings.Contains(text, kept["id"].(string)) || strings.Contains(text, former["id"].(string)) {
			t.Errorf("%s does not say what was published", what)
		}
	}

	// An analyst's numbers are of a closing: the header names it, and not the year's end.
	f.exec(`UPDATE enrolments SET entered_on = '2025-12-15' WHERE id = (SELECT id FROM enrolments ORDER BY entered_on DESC, id LIMIT 1)`)
	read := f.send(analyst, "GET", report+"?year=2025", nil).is(200)
	closing, _ := read.Fields["as_of"].(string)
	if closing == "2025-12-31" || read.Fields["year_over"] != true || closing != at(t, read.Fields, "table.as_of") || read.Fields["asked_as_of"] != "2025-12-31" || read.Fields["presence_until"] != "2025-12-31" || at(t, read.Fields, "partners_total.received") != nil {
		t.Errorf("an analyst's report is of %v, its table of %v, asked for %v, present until %v", closing, at(t, read.Fields, "table.as_of"), read.Fields["asked_as_of"], read.Fields["presence_until"])
	}
	text := words(analyst)
	if !strings.Contains(text, "Situation arrêtée au 30 juin 2025, dernier arrêté jusqu’au 31 décembre 2025.") || !strings.Contains(text, "jusqu’au 31 décembre 2025") || !strings.Contains(text, "« s » : secret statistique. Le nombre") {
		t.Errorf("an analyst's page begins %s", text[:2000])
	}
}

// A report is sent again when anything moves that it tells, by whatever row: it is kept between two questions.
func TestAReportIsSentAgainWhenWhatItTellsMoves(t *testing.T) {
	f := newFixture(t)
	f.yearOf()
	lead := f.actor(domain.Coordinator)
	last := f.send(lead, "GET", report+"?year=2025", nil).is(200)
	for _, change := range []string{
		`UPDATE organisations SET name = 'Un autre nom' WHERE id = (SELECT operator_id FROM programmes WHERE slug = '` + somme + `')`,
		`UPDATE organisations SET name = 'Encore un autre' WHERE slug = 'mdsi'`, `UPDATE sites SET name = 'Ailleurs' WHERE name LIKE 'Maison%'`, `UPDATE permanences SET label = 'Le mardi'`,
		`DELETE FROM occurrence_changes`, `INSERT INTO closures (programme, position, label, starts_on, ends_on) VALUES ('` + somme + `', 1, 'Fermeture', '2025-06-01', '2025-06-30')`,
		`UPDATE programmes SET name = 'Un autre programme' WHERE slug = '` + somme + `'`, `UPDATE targets SET value = 59 WHERE period = '2025'`,
		`INSERT INTO partnerships (programme, organisation_id, disclosure, position) SELECT '` + somme + `', id, 'status', 1 FROM organisations WHERE slug = 'mdsi'`, `UPDATE territory_list_items SET sector = 'Autre' WHERE territory_code = '80253'`,
		`UPDATE actions SET duration_minutes = 50 WHERE duration_minutes = 45`, `UPDATE enrolment_proposals SET kind = 'orientation'`,
		`UPDATE appointments SET duration_minutes = 55 WHERE status = 'attended'`, `UPDATE appointments SET mode = 'video' WHERE status = 'attended'`,
		`UPDATE enrolments SET eligibility_ground = 'autre' WHERE territory_code = '80253'`, `UPDATE enrolments SET caseworker_id = 'une-autre' WHERE territory_code = '80021'`,
		`UPDATE referrals SET decided_at = '2026-02-01T08:00:00Z' WHERE external_reference = 'F-0'`,
	} {
		f.exec(change)
		now := f.send(lead, "GET", report+"?year=2025", nil, "If-None-Match", last.Header.Get("ETag"))
		if now.Status != 200 || now.Text == last.Text {
			t.Errorf("after %s it answers %d", change, now.Status)
			continue
		}
		f.send(lead, "GET", report+"?year=2025", nil, "If-None-Match", now.Header.Get("ETag")).is(304)
		last = now
	}
}
