package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// supportedPath is an enrolment of 3 February 2025, and where its parts are.
func (f *fixture) supportedPath() string {
	f.Helper()
	return "/v1/enrolments/" + f.enrolled("Camille", "Exemple", "2025-02-03").ID
}

func found(barriers ...string) []any {
	list := []any{}
	for _, text := range barriers {
		barrier, impact, weighed := strings.Cut(text, " ")
		one := map[string]any{"barrier": barrier}
		if weighed {
			one["impact"] = impact
		}
		list = append(list, one)
	}
	return list
}

// said is what stands in some fields, as JSON.
func (r reply) said(fields ...string) string {
	r.Helper()
	parts := []string{}
	for _, field := range fields {
		value, there := r.Fields[field]
		if !there {
			r.Fatalf("no %s: %s", field, r.Text)
		}
		text, _ := json.Marshal(value)
		parts = append(parts, string(text))
	}
	return strings.Join(parts, " ")
}

func (f *fixture) standing(path string) string {
	f.Helper()
	var all []string
	for _, barrier := range f.send(f.actor(domain.Caseworker), "GET", path+"/barriers", nil).is(200).items() {
		all = append(all, fmt.Sprint(barrier["barrier"], " ", barrier["state"], " ", barrier["assessed_on"]))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestADiagnosticShowsWhatChanged(t *testing.T) {
	f := newFixture(t)
	caseworker, path := f.actor(domain.Caseworker), f.supportedPath()
	difference := []string{"barriers_added", "barriers_gone", "barriers_changed", "strengths_added", "strengths_gone"}
	first := f.send(caseworker, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-02-03", "site_id": f.site.ID,
		"barriers": found("mobilite fort", "logement"), "strengths": []any{"langues"}, "note": "Vit chez un ami."}).is(201)
	if got := first.said(append(difference, "previous_id", "author")...); got != `["mobilite","logement"] [] [] ["langues"] [] null "test-caseworker"` {
		t.Errorf("the first says %s", got)
	}
	f.trail(caseworker, "created", "strength", f.rows(`SELECT id::text FROM enrolment_strengths`)[0][0].(string), "detail noted_on strength")
	if got := f.standing(path); got != "logement open 2025-02-03, mobilite open 2025-02-03" {
		t.Errorf("it opened %s", got)
	}
	third := f.send(caseworker, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-06-10", "barriers": found("mobilite faible", "sante moyen"), "strengths": []any{"entourage"}}).is(201)
	if got := third.said(append(difference, "previous_id")...); got != `["sante"] ["logement"] [{"barrier":"mobilite","impact":"faible","impact_before":"fort","priority":null,"priority_before":null}] ["entourage"] ["langues"] "`+first.text("id")+`"` {
		t.Errorf("the later says %s", got)
	}
	// What it finds no more is not lifted, what is open is not opened twice, and keeps its impact.
	if got := f.standing(path); got != "logement open 2025-02-03, mobilite open 2025-02-03, sante open 2025-06-10" {
		t.Errorf("then there are %s", got)
	}
	if n := f.count(`SELECT count(*) FROM enrolment_barriers WHERE barrier = 'mobilite' AND impact = 'fort'`); n != 1 {
		t.Error("an open barrier was reweighed silently")
	}
	// One recorded late comes between the two: the third's difference is to it.
	second := f.send(caseworker, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-04-01", "barriers": found("mobilite fort")}).is(201)
	if got := f.send(caseworker, "GET", path+"/diagnostics/"+third.text("id"), nil).is(200); got.said("previous_id", "barriers_gone") != `"`+second.text("id")+`" []` {
		t.Error(got.Text)
	}
	f.trail(caseworker, "read", "diagnostic", third.text("id"), "assessed_on author barriers barriers_added barriers_changed barriers_gone enrolment_id note previous_id site_id strengths strengths_added strengths_gone")
	list := f.send(caseworker, "GET", path+"/diagnostics", nil).is(200)
	if len(list.items()) != 3 || list.items()[0]["previous_id"] != first.text("id") || list.items()[2]["previous_id"] != nil {
		t.Error(list.Text)
	}

	// A correction keeps what stood there, opens what it adds, and not what was lifted since.
	lifted := f.rows(`SELECT id::text FROM enrolment_barriers WHERE barrier = 'logement'`)[0][0].(string)
	f.send(caseworker, "POST", path+"/barriers/"+lifted+"/lift", map[string]any{"lifted_on": "2025-05-01"}).is(200)
	put := map[string]any{"assessed_on": "2025-02-03", "barriers": found("mobilite fort", "logement", "numerique"), "note": "Logé par un ami."}
	corrected := f.send(caseworker, "PUT", path+"/diagnostics/"+first.text("id"), put, "If-Match", `"1"`).is(200)
	if corrected.said("version", "strengths_added", "site_id") != `2 [] null` {
		t.Error(corrected.Text)
	}
	if got := f.standing(path); got != "logement lifted 2025-02-03, mobilite open 2025-02-03, numerique open 2025-02-03, sante open 2025-06-10" {
		t.Errorf("after the correction there are %s", got)
	}
	history := f.rows(`SELECT field, old_value, kind FROM field_changes WHERE record_id = $1 ORDER BY field`, first.text("id"))
	if len(history) != 4 || history[1][1] != "Vit chez un ami." || history[3][1] != `["langues"]` || history[0][2] != "diagnostic" {
		t.Errorf("the history holds %v", history)
	}
	if got := f.send(caseworker, "GET", "/v1/participants/"+f.rows(`SELECT id::text FROM participants`)[0][0].(string)+"/history", nil).is(200); !strings.Contains(got.Text, "Vit chez un ami.") {
		t.Error(got.Text)
	}
	// Found again after it was lifted, it is opened again; found on a day before that, it is not.
	f.send(caseworker, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-05-01", "barriers": found("logement")}).is(201)
	if got := f.standing(path); strings.Contains(got, "logement open") {
		t.Errorf("a diagnostic of the day it was lifted opened it: %s", got)
	}
	f.send(caseworker, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-07-01", "barriers": found("logement")}).is(201)
	if got := f.standing(path); !strings.Contains(got, "logement lifted 2025-02-03, logement open 2025-07-01") {
		t.Errorf("found again: %s", got)
	}

	before := f.contents()
	for name, row := range map[string]struct {
		body     any
		location string
	}{
		"before the entry":           {map[string]any{"assessed_on": "2025-02-02"}, "body.assessed_on"},
		"tomorrow":                   {map[string]any{"assessed_on": domain.DayOf(time.Now()).AddDays(1)}, "body.assessed_on"},
		"a barrier twice":            {map[string]any{"assessed_on": "2025-08-01", "barriers": found("sante", "sante fort")}, "body.barriers[1].barrier"},
		"a barrier of no list":       {map[string]any{"assessed_on": "2025-08-01", "barriers": found("paresse")}, "body.barriers[0].barrier"},
		"an impact of no list":       {map[string]any{"assessed_on": "2025-08-01", "barriers": found("sante FORT")}, "body.barriers[0].impact"},
		"a field of no finding":      {map[string]any{"assessed_on": "2025-08-01", "barriers": []any{map[string]any{"barrier": "sante", "diagnosis": "x"}}}, "body.barriers[0].diagnosis"},
		"a strength twice":           {map[string]any{"assessed_on": "2025-08-01", "strengths": []any{"langues", "langues"}}, "body.strengths[1]"},
		"a site that is not there":   {map[string]any{"assessed_on": "2025-08-01", "site_id": randomID()}, "body.site_id"},
		"a NIR in the note":          {map[string]any{"assessed_on": "2025-08-01", "note": "n° 185057800608436"}, "body.note"},
		"a blank note":               {map[string]any{"assessed_on": "2025-08-01", "note": " \u200b "}, "body.note"},
		"an author of one's own":     {map[string]any{"assessed_on": "2025-08-01", "author": "someone"}, "body.author"},
		"a note of too many letters": {map[string]any{"assessed_on": "2025-08-01", "note": strings.Repeat("é", 2001)}, "body.note"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(caseworker, "POST", path+"/diagnostics", row.body).problemAt(422, "invalid", row.location)
			f.send(caseworker, "PUT", path+"/diagnostics/"+first.text("id"), row.body, "If-Match", "*").problemAt(422, "invalid", row.location)
		})
	}
	f.send(caseworker, "PUT", path+"/diagnostics/"+first.text("id"), put).problem(428, "precondition_required")
	f.send(caseworker, "PUT", path+"/diagnostics/"+first.text("id"), put, "If-Match", `"1"`).problem(412, "stale")
	f.send(caseworker, "GET", f.supportedPathOf("Autre")+"/diagnostics/"+first.text("id"), nil).problem(404, "not_found")
	delete(before, "participants")
	after := f.contents()
	for _, table := range []string{"diagnostics", "enrolment_barriers", "enrolment_strengths", "field_changes"} {
		if before[table] != after[table] {
			t.Errorf("%s was written", table)
		}
	}
}

func (f *fixture) supportedPathOf(name string) string {
	f.Helper()
	return "/v1/enrolments/" + f.enrolled("Claude", name, "2025-02-03").ID
}

func TestABarrierFromFoundToLifted(t *testing.T) {
	f := newFixture(t)
	caseworker, path, other := f.actor(domain.Caseworker), f.supportedPath(), f.supportedPathOf("Autre")
	body := map[string]any{"barrier": "mobilite", "assessed_on": "2025-02-10", "impact": "fort", "priority": true}
	made := f.send(caseworker, "POST", path+"/barriers", body).is(201)
	one := path + "/barriers/" + made.text("id")
	action := f.send(caseworker, "POST", path+"/actions", map[string]any{"kind": "mobilite", "done_on": "2025-03-04", "duration_minutes": 90, "organisation_id": f.mdsi.ID, "barrier_id": made.text("id")}).is(201).text("id")
	elsewhere := f.send(caseworker, "POST", other+"/actions", map[string]any{"kind": "mobilite", "done_on": "2025-03-04"}).is(201).text("id")
	theirs := f.send(caseworker, "POST", other+"/barriers", body).is(201).text("id") // the same, of somebody else
	if made.texts("available_actions") != "start lift set-aside" || made.text("state") != "open" || made.text("author") != caseworker.Subject {
		t.Error(made.Text)
	}
	tomorrow := domain.DayOf(time.Now()).AddDays(1)
	before := f.contents()
	refuse := func(action string, body any, status int, code string, location ...string) {
		t.Helper()
		f.send(caseworker, "POST", one+"/"+action, body).problemAt(status, code, location...)
	}
	f.send(caseworker, "POST", path+"/barriers", body).problem(409, "barrier_unsettled")
	f.send(caseworker, "POST", path+"/barriers", object(body, "barrier", "logement", "assessed_on", "2025-02-02")).problemAt(422, "invalid", "body.assessed_on")
	f.send(caseworker, "POST", path+"/barriers", object(body, "barrier", "logement", "state", "lifted")).problemAt(422, "invalid", "body.state")
	f.send(caseworker, "POST", path+"/actions", map[string]any{"kind": "mobilite", "done_on": "2025-03-04", "barrier_id": theirs}).problemAt(422, "invalid", "body.barrier_id")
	refuse("reopen", map[string]any{"reason": "Par erreur."}, 409, "barrier_open")
	refuse("start", map[string]any{"started_on": "2025-02-09"}, 422, "invalid", "body.started_on")
	refuse("start", map[string]any{"started_on": tomorrow}, 422, "invalid", "body.started_on")
	refuse("lift", map[string]any{"lifted_on": "2025-02-09"}, 422, "invalid", "body.lifted_on")
	refuse("lift", map[string]any{"action_id": elsewhere}, 422, "invalid", "body.action_id")
	refuse("lift", map[string]any{"lifted_on": "2025-03-03", "action_id": action}, 422, "invalid", "body.action_id") // done the day after
	refuse("lift", map[string]any{"action_id": randomID()}, 422, "invalid", "body.action_id")
	refuse("lift", map[string]any{"organisation_id": randomID()}, 422, "invalid", "body.organisation_id")
	refuse("set-aside", map[string]any{"reason": "1 85 05 78 006 084 36"}, 422, "invalid", "body.reason")
	refuse("set-aside", map[string]any{"reason": "   "}, 422, "invalid", "body.reason")
	f.send(caseworker, "POST", one+"/start", map[string]any{}, "If-Match", `"7"`).problem(412, "stale")
	f.send(caseworker, "POST", other+"/barriers/"+made.text("id")+"/start", map[string]any{}).problem(404, "not_found")
	f.unchanged(before)

	started := f.send(caseworker, "POST", one+"/start", map[string]any{"started_on": "2025-02-17"}, "If-Match", `"1"`).is(200)
	f.trail(caseworker, "started", "barrier", made.text("id"), "started_on state")
	if started.said("state", "started_on", "available_actions") != `"in_progress" "2025-02-17" ["lift","set-aside"]` {
		t.Error(started.Text)
	}
	refuse("start", map[string]any{}, 409, "barrier_in_progress")
	refuse("lift", map[string]any{"lifted_on": "2025-02-16"}, 422, "invalid", "body.lifted_on")
	f.send(caseworker, "PUT", one, object(body, "assessed_on", "2025-02-18"), "If-Match", "*").problemAt(422, "invalid", "body.assessed_on")
	lifted := f.send(caseworker, "POST", one+"/lift", map[string]any{"lifted_on": "2025-03-04", "action_id": action, "organisation_id": f.mdsi.ID}).is(200)
	f.trail(caseworker, "lifted", "barrier", made.text("id"), "action_id lifted_on organisation_id state")
	if lifted.said("state", "lifted_on", "action_id", "available_actions") != `"lifted" "2025-03-04" "`+action+`" ["reopen"]` {
		t.Error(lifted.Text)
	}
	for _, transition := range []string{"start", "lift", "set-aside"} {
		refuse(transition, map[string]any{}, 409, "barrier_lifted")
	}
	refuse("reopen", map[string]any{}, 422, "invalid", "body.reason")

	// Lifted, it may be found again; and then the lifting cannot be taken back.
	again := f.send(caseworker, "POST", path+"/barriers", object(body, "assessed_on", "2025-05-05")).is(201).text("id")
	refuse("reopen", map[string]any{"reason": "Par erreur."}, 409, "barrier_unsettled")
	f.send(caseworker, "POST", path+"/barriers/"+again+"/set-aside", map[string]any{"set_aside_on": "2025-05-06", "reason": "Attend le printemps."}).is(200)
	opened := f.send(caseworker, "POST", one+"/reopen", map[string]any{"reason": "Levé par erreur."}).is(200)
	f.trail(caseworker, "reopened", "barrier", made.text("id"), "action_id lifted_on organisation_id started_on state")
	if opened.said("state", "lifted_on", "action_id", "started_on") != `"open" null null null` {
		t.Error(opened.Text)
	}
	for _, row := range f.rows(`SELECT field, old_value, reason FROM field_changes WHERE record_id = $1 AND version = 4 ORDER BY field`, made.text("id")) {
		if row[2] != "Levé par erreur." || row[0] == "lifted_on" && row[1] != "2025-03-04" {
			t.Errorf("the history holds %v", row)
		}
	}
	f.send(caseworker, "PUT", one, object(body, "impact", "faible"), "If-Match", opened.Header.Get("ETag")).is(200)
	f.trail(caseworker, "updated", "barrier", made.text("id"), "impact")

	// The database holds by itself that one of a code is unsettled.
	if err := f.refused(`UPDATE enrolment_barriers SET state = 'open', set_aside_on = NULL, set_aside_reason = NULL WHERE id = '` + again + `'`); err == nil || !strings.Contains(err.Error(), "enrolment_barriers_unsettled_key") {
		t.Errorf("two are open: %v", err)
	}
	// Nothing more is recorded on a path that was voided.
	f.send(f.actor(domain.Coordinator), "POST", path+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	refuse("lift", map[string]any{}, 409, "voided")
	f.send(caseworker, "POST", path+"/barriers", object(body, "barrier", "logement")).problem(409, "voided")
}

// Many who open the same barrier at once open one.
func TestABarrierIsOpenedOnce(t *testing.T) {
	f := newFixture(t)
	path := f.supportedPath()
	answers := f.atOnce(times(10, request{f.actor(domain.Caseworker), "POST", path + "/barriers", map[string]any{"barrier": "mobilite", "assessed_on": "2025-02-10"}, ""}))
	if counts := tally(answers); counts["201"] != 1 || counts["409 barrier_unsettled"] != 9 {
		t.Errorf("answered %v", counts)
	}
}

func TestActionsAndProposals(t *testing.T) {
	f := newFixture(t)
	caseworker, path := f.actor(domain.Caseworker), f.supportedPath()
	action := map[string]any{"kind": "ouverture_de_droits", "done_on": "2025-03-04", "duration_minutes": 45, "organisation_id": f.mdsi.ID, "note": "Dossier déposé."}
	proposal := map[string]any{"kind": "formation_qualifiante", "proposed_on": "2025-03-04", "organisation_id": f.mdsi.ID}
	done := f.send(caseworker, "POST", path+"/actions", action).is(201)
	f.trail(caseworker, "created", "action", done.text("id"), "done_on duration_minutes kind note organisation_id")
	offered := f.send(caseworker, "POST", path+"/proposals", proposal).is(201)
	if offered.said("followed_by", "followed_on") != "null null" {
		t.Error(offered.Text)
	}
	tomorrow := domain.DayOf(time.Now()).AddDays(1)
	before := f.contents()
	for name, row := range map[string]struct {
		where string
		body  map[string]any
		at    string
	}{
		"before the entry":      {"actions", object(action, "done_on", "2025-02-02"), "body.done_on"},
		"tomorrow":              {"actions", object(action, "done_on", tomorrow), "body.done_on"},
		"no minute":             {"actions", object(action, "duration_minutes", 0), "body.duration_minutes"},
		"more than a day":       {"actions", object(action, "duration_minutes", 1441), "body.duration_minutes"},
		"a kind of no list":     {"actions", object(action, "kind", "coup_de_main"), "body.kind"},
		"nobody's organisation": {"actions", object(action, "organisation_id", randomID()), "body.organisation_id"},
		"nobody's barrier":      {"actions", object(action, "barrier_id", randomID()), "body.barrier_id"},
		"a NIR":                 {"actions", object(action, "note", "1 85 05 78 006 084 36"), "body.note"},
		"no day":                {"actions", object(action, "done_on", nil), "body.done_on"},

		"proposed before the entry":   {"proposals", object(proposal, "proposed_on", "2025-02-02"), "body.proposed_on"},
		"proposed tomorrow":           {"proposals", object(proposal, "proposed_on", tomorrow), "body.proposed_on"},
		"followed on, by nothing":     {"proposals", object(proposal, "followed_on", "2025-03-11"), "body.followed_on"},
		"followed before":             {"proposals", object(proposal, "followed_by", "accepted", "followed_on", "2025-03-03"), "body.followed_on"},
		"followed tomorrow":           {"proposals", object(proposal, "followed_by", "accepted", "followed_on", tomorrow), "body.followed_on"},
		"followed by a word":          {"proposals", object(proposal, "followed_by", "oui"), "body.followed_by"},
		"proposed by nobody":          {"proposals", object(proposal, "organisation_id", randomID()), "body.organisation_id"},
		"what was proposed not known": {"proposals", object(proposal, "kind", "stage"), "body.kind"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(caseworker, "POST", path+"/"+row.where, row.body).problemAt(422, "invalid", row.at)
			f.send(caseworker, "PUT", path+"/"+row.where+"/"+map[string]string{"actions": done.text("id"), "proposals": offered.text("id")}[row.where], row.body, "If-Match", "*").problemAt(422, "invalid", row.at)
		})
	}
	f.unchanged(before)
	for _, body := range []map[string]any{object(proposal, "followed_by", "no_answer"), object(proposal, "followed_by", "accepted", "followed_on", "2025-03-11"), proposal} {
		f.send(caseworker, "PUT", path+"/proposals/"+offered.text("id"), body, "If-Match", "*").is(200)
	}
	if n := f.count(`SELECT count(*) FROM field_changes WHERE kind = 'proposal' AND old_value IN ('no_answer', 'accepted', '2025-03-11')`); n != 3 {
		t.Errorf("the history holds %d of the three that were taken back", n)
	}
	f.send(caseworker, "PUT", path+"/actions/"+done.text("id"), object(action, "duration_minutes", nil, "note", nil), "If-Match", `"1"`).is(200)
	f.trail(caseworker, "updated", "action", done.text("id"), "duration_minutes note")
	strength := map[string]any{"strength": "experience_non_declaree", "noted_on": "2025-02-03", "detail": "Maraîchage"}
	noted := f.send(caseworker, "POST", path+"/strengths", strength).is(201)
	f.send(caseworker, "POST", path+"/strengths", object(strength, "detail", nil)).problem(409, "strength_noted")
	f.send(caseworker, "POST", path+"/strengths", object(strength, "strength", "langues", "noted_on", "2025-02-02")).problemAt(422, "invalid", "body.noted_on")
	f.send(caseworker, "PUT", path+"/strengths/"+noted.text("id"), object(strength, "detail", " "), "If-Match", "*").problemAt(422, "invalid", "body.detail")
	// The entry is not moved behind any of it.
	entry := f.rows(`SELECT id::text, participant_id::text FROM enrolments`)[0]
	moved := map[string]any{"participant_id": entry[1], "programme": somme, "entered_on": "2025-03-05"}
	f.send(caseworker, "PUT", "/v1/enrolments/"+entry[0].(string), moved, "If-Match", "*").problemAt(422, "invalid", "body.entered_on")
	f.send(caseworker, "PUT", "/v1/enrolments/"+entry[0].(string), object(moved, "entered_on", "2025-02-03"), "If-Match", "*").is(200)
}

// What a colleague's path held before it was corrected is behind its glass, also where the person has a path of one's own;
// and what the path holds asks for a reason.
func TestAColleaguesSupportAsksForAReason(t *testing.T) {
	f := newFixture(t)
	me, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	hers := f.enrolled("Camille", "Exemple", "2025-02-03")
	path, person := "/v1/enrolments/"+hers.ID, "/v1/participants/"+hers.ParticipantID
	diagnostic := map[string]any{"assessed_on": "2025-02-03", "note": "Ancienne prunelle"}
	id := f.send(lead, "POST", path+"/diagnostics", diagnostic).is(201).text("id")
	f.send(lead, "PUT", path+"/diagnostics/"+id, object(diagnostic, "note", "Autre"), "If-Match", "*").is(200)
	f.send(lead, "POST", path+"/charter", map[string]any{"signed_on": "2025-02-10"}).is(201)
	f.send(lead, "POST", path+"/objectives", map[string]any{"label": "Permis", "agreed_on": "2025-02-10", "due_on": "2025-03-10", "in_charter": true}).is(201)
	f.send(lead, "POST", path+"/exit", map[string]any{"exited_on": "2025-05-01", "kind": "sans_nouvelles"}).is(200)
	own := f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": hers.ParticipantID, "programme": somme, "entered_on": "2025-09-01", "caseworker_id": me.Subject}).is(201).text("id")
	mine := f.send(me, "POST", "/v1/enrolments/"+own+"/strengths", map[string]any{"strength": "langues", "noted_on": "2025-09-01", "detail": "Ancienne griotte"}).is(201).text("id")
	f.send(me, "PUT", "/v1/enrolments/"+own+"/strengths/"+mine, map[string]any{"strength": "langues", "noted_on": "2025-09-01"}, "If-Match", "*").is(200)
	history := func(by domain.Actor, headers ...string) string {
		return f.send(by, "GET", person+"/history", nil, headers...).is(200).Text
	}
	if got := history(me); !strings.Contains(got, "prunelle") || !strings.Contains(got, "griotte") {
		t.Error("while nobody follows that path:", got)
	}
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague' WHERE id = $1`, hers.ID)
	if got := history(me); strings.Contains(got, "prunelle") || !strings.Contains(got, "griotte") {
		t.Error("without a reason:", got)
	}
	if got := history(me, "Access-Reason", because); !strings.Contains(got, "prunelle") || !strings.Contains(history(lead), "prunelle") {
		t.Error("with a reason:", got)
	}
	refused := f.count(`SELECT count(*) FROM audit_events WHERE action = 'refused'`)
	for _, place := range []string{"/diagnostics", "/diagnostics/" + id, "/barriers", "/charter", "/objectives", "/actions", "/proposals", "/immersions", "/strengths", "/follow-ups", "/extensions"} {
		f.send(me, "GET", path+place, nil).problem(403, "access_reason_required")
		f.send(me, "GET", path+place, nil, "Access-Reason", because).is(200)
		f.send(me, "GET", path+place, nil, "Access-Reason", "Pour Exemple").problemAt(422, "invalid", "header.Access-Reason")
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'refused'`) - refused; n != 11 {
		t.Errorf("%d refusals are in the trail", n)
	}
	if items := f.send(me, "GET", "/v1/objectives", nil).is(200).items(); len(items) != 0 {
		t.Error("a colleague's objective is in the list:", items)
	}
	if items := f.send(me, "GET", "/v1/objectives", nil, "Access-Reason", because).is(200).items(); len(items) != 1 {
		t.Error("with a reason it is not:", items)
	}
}

// Somebody who works in two programmes leaves a row in each of what she saw there.
func TestALookAtTwoProgrammesObjectivesIsFiledInBoth(t *testing.T) {
	f := newFixture(t)
	both := f.actor(domain.Coordinator)
	both.Programmes = []string{somme, elsewhere}
	for _, programme := range both.Programmes {
		person := f.send(both, "POST", "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Essai"}).is(201).text("id")
		path := f.send(both, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": programme, "entered_on": "2025-02-03"}).is(201).text("id")
		f.send(both, "POST", "/v1/enrolments/"+path+"/objectives", map[string]any{"label": "Permis", "agreed_on": "2025-02-10", "in_charter": false}).is(201)
	}
	before := f.count(`SELECT count(*) FROM audit_events`)
	f.send(both, "GET", "/v1/objectives", nil).is(200)
	filed := f.rows(`SELECT a.programme, (SELECT count(*) FROM objectives o WHERE o.id::text = ANY (a.record_ids)) FROM audit_events a ORDER BY a.id OFFSET $1`, before)
	if fmt.Sprint(filed) != "[["+elsewhere+" 1] ["+somme+" 1]]" {
		t.Errorf("filed as %v", filed)
	}
}
