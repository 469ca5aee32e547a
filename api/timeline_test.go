package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// happened is what a timeline tells, in its order: each entry in words.
func happened(items []map[string]any) []string {
	told := []string{}
	for _, item := range items {
		told = append(told, fmt.Sprint(item["on"], " ", item["kind"], " ", item["event"]))
	}
	return told
}

// storied is a person to whom one of each kind of thing happened, and where she is.
func (f *fixture) storied() (person, path string) {
	f.Helper()
	staff, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	f.on("2025-01-20")
	referral := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "phone": "06 39 98 12 34",
		"consented_on": "2025-01-15", "reason": "Souhaite travailler."}).is(201).text("id")
	f.on("2025-02-03")
	accepted := f.send(staff, "POST", "/v1/referrals/"+referral+"/accept", map[string]any{"entered_on": "2025-02-03", "justice_status": "milieu_ouvert"}).is(200)
	person, path = "/v1/participants/"+accepted.text("participant_id"), "/v1/enrolments/"+accepted.text("enrolment_id")
	made := func(on, where string, body map[string]any) string {
		f.on(on)
		return f.send(staff, "POST", where, body).is(201).text("id")
	}
	made("2025-02-03", path+"/diagnostics", map[string]any{"assessed_on": "2025-02-03", "barriers": found("mobilite fort"), "strengths": []any{"langues"}, "note": "Premier bilan."})
	barrier := f.rows(`SELECT id::text FROM enrolment_barriers`)[0][0].(string)
	made("2025-02-10", path+"/charter", map[string]any{"signed_on": "2025-02-10"})
	objective := made("2025-02-10", path+"/objectives", map[string]any{"label": "Passer le code", "agreed_on": "2025-02-10", "due_on": "2025-05-12", "in_charter": true, "barrier_id": barrier})
	gone := made("2025-02-11", path+"/objectives", map[string]any{"label": "Acheter un vélo", "agreed_on": "2025-02-11", "in_charter": false})
	action := made("2025-02-17", path+"/actions", map[string]any{"kind": "mobilite", "done_on": "2025-02-17", "barrier_id": barrier})
	made("2025-02-24", path+"/proposals", map[string]any{"kind": "emploi", "proposed_on": "2025-02-18", "followed_by": "refused", "followed_on": "2025-02-24"})
	meeting := made("2025-02-24", "/v1/appointments", map[string]any{"enrolment_id": strings.TrimPrefix(path, "/v1/enrolments/"), "starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "phone"})
	workshop := made("2025-02-24", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90})
	f.send(staff, "POST", "/v1/workshops/"+workshop+"/registrations", map[string]any{"enrolment_id": strings.TrimPrefix(path, "/v1/enrolments/")}).is(200)
	f.on("2025-02-25")
	f.send(staff, "PUT", "/v1/appointments/"+meeting, map[string]any{"enrolment_id": strings.TrimPrefix(path, "/v1/enrolments/"), "starts_at": "2025-03-05T09:00:00Z", "duration_minutes": 60, "mode": "phone", "move_reason": "Grève."}, "If-Match", "*").is(200)
	full := made("2025-02-26", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Complet", "starts_at": "2025-03-16T13:00:00Z", "duration_minutes": 90, "capacity": 1})
	other := f.enrolled("Alix", "Autre", "2025-02-03").ID
	f.send(staff, "POST", "/v1/workshops/"+full+"/registrations", map[string]any{"enrolment_id": other}).is(200)
	f.send(staff, "POST", "/v1/workshops/"+full+"/registrations", map[string]any{"enrolment_id": strings.TrimPrefix(path, "/v1/enrolments/"), "waiting_list": true}).is(200)
	f.on("2025-02-27")
	f.send(staff, "POST", "/v1/workshops/"+full+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	f.on("2025-03-25")
	f.send(staff, "POST", "/v1/appointments/"+meeting+"/attendance", map[string]any{"status": "attended", "note": "A apporté son CV."}).is(200)
	f.send(staff, "PUT", "/v1/workshops/"+workshop+"/roll-call", map[string]any{"items": []any{map[string]any{"enrolment_id": strings.TrimPrefix(path, "/v1/enrolments/"), "status": "no_show"}}}, "If-Match", "*").is(200)
	made("2025-03-25", path+"/immersions", map[string]any{"purpose": "decouvrir_un_metier", "host_id": f.party("employeur"), "prescriber_id": f.party("cap_emploi"), "starts_on": "2025-03-10", "ends_on": "2025-03-14"})
	for _, step := range []struct {
		where string
		body  map[string]any
	}{
		{"barriers/" + barrier + "/start", map[string]any{"started_on": "2025-02-12"}},
		{"objectives/" + objective + "/reach", map[string]any{"reached_on": "2025-03-20"}},
		{"objectives/" + gone + "/abandon", map[string]any{"abandoned_on": "2025-03-21", "reason": "Le projet a changé."}},
		{"barriers/" + barrier + "/lift", map[string]any{"lifted_on": "2025-03-22", "action_id": action}},
		{"france-travail-status", map[string]any{"observed_on": "2025-03-23", "registered": true}},
		{"extensions", map[string]any{"reason": "Formation en vue.", "decided_on": "2025-03-24"}},
		{"jobs", map[string]any{"starts_on": "2025-03-25", "ends_on": "2025-09-24", "contract": "cdd_6_mois_ou_plus"}},
	} {
		if got := f.send(staff, "POST", path+"/"+step.where, step.body); got.Status > 201 {
			f.Fatal(step.where, got.Text)
		}
	}
	f.on("2025-03-26")
	f.send(lead, "POST", path+"/exit", map[string]any{"exited_on": "2025-03-25", "kind": "cdi"}).is(200)
	f.on("2025-03-27")
	f.send(lead, "POST", path+"/reopen", map[string]any{"reason": "Par erreur."}).is(200)
	f.send(lead, "POST", path+"/exit", map[string]any{"exited_on": "2025-03-27", "kind": "cdd_6_mois_ou_plus", "follow_up_agreed": true}).is(200)
	f.on("2025-10-01")
	f.send(staff, "POST", path+"/follow-ups", map[string]any{"contacted_on": "2025-05-05", "channel": "phone", "counterpart": "personne", "situation": "in_employment"}).is(201)
	f.send(staff, "POST", path+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2025-09-30", "result": "in_employment", "evidence": "contrat"}).is(201)
	return person, path
}

// The whole of a path, in the order in which it happened, each thing with its record.
func TestATimelineTellsWhatHappened(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	person, path := f.storied()
	got := f.send(staff, "GET", person+"/timeline", nil).is(200)
	want := []string{
		"2025-09-30 outcome observed", "2025-09-24 job ended", "2025-05-05 follow_up contacted", "2025-03-27 enrolment reopened",
		"2025-03-27 enrolment follow_up_agreed", "2025-03-27 enrolment exited", "2025-03-25 job started", "2025-03-24 extension decided", "2025-03-23 france_travail_status observed",
		"2025-03-22 barrier lifted", "2025-03-21 objective abandoned", "2025-03-20 objective reached", "2025-03-10 immersion started", "2025-03-06 workshop no_show",
		"2025-03-05 appointment attended", "2025-02-27 workshop_request lapsed", "2025-02-26 workshop_request requested", "2025-02-25 appointment_move moved", "2025-02-24 proposal followed", "2025-02-18 proposal proposed", "2025-02-17 action done", "2025-02-12 barrier started",
		"2025-02-11 objective agreed", "2025-02-10 objective agreed", "2025-02-10 charter signed", "2025-02-03 referral accepted", "2025-02-03 strength noted",
		"2025-02-03 barrier assessed", "2025-02-03 diagnostic assessed", "2025-02-03 enrolment entered", "2025-01-20 referral received",
	}
	if told := happened(got.items()); !slices.Equal(told, want) {
		t.Errorf("told\n%s\nnot\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	seen := map[string]bool{}
	for _, item := range got.items() {
		kind := item["kind"].(string)
		record, there := item[kind].(map[string]any)
		if !there {
			t.Errorf("an entry of kind %s holds no %[1]s: %v", kind, item)
		}
		for other := range item {
			if slices.Contains(domain.TimelineKind("").Codes(), other) && other != kind {
				t.Errorf("an entry of kind %s holds a %s", kind, other)
			}
		}
		if id, has := record["id"]; has && id != item["record_id"] || item["programme"] != somme || seen[item["id"].(string)] {
			t.Errorf("the entry %v", item)
		}
		if timed := strings.HasPrefix(kind, "appointment") || strings.HasPrefix(kind, "workshop") || kind == "referral" || item["event"] == "reopened"; timed != (item["at"] != nil) {
			t.Errorf("at %v of %v", item["at"], item)
		}
		if (item["enrolment_id"] == nil) != (kind == "referral") {
			t.Errorf("enrolment_id %v of %v", item["enrolment_id"], item)
		}
		seen[item["id"].(string)] = true
	}
	// The record is what reading it gives.
	for _, item := range got.items() {
		if item["kind"] != "appointment" && item["kind"] != "objective" {
			continue
		}
		where := "/v1/appointments/" + item["record_id"].(string)
		if item["kind"] == "objective" {
			where = path + "/objectives/" + item["record_id"].(string)
		}
		record := f.send(staff, "GET", where, nil).is(200).Fields
		for name, value := range item[item["kind"].(string)].(map[string]any) {
			if fmt.Sprint(record[name]) != fmt.Sprint(value) {
				t.Errorf("%s %v in the timeline, %v in %s", name, value, record[name], where)
			}
		}
	}
	if row := f.rows(`SELECT array_to_string(record_ids, ' '), array_to_string(fields, ' '), programme FROM audit_events WHERE kind = 'timeline' AND action = 'read'`); len(row) != 1 ||
		row[0][0] != strings.TrimPrefix(person, "/v1/participants/")+" "+strings.TrimPrefix(path, "/v1/enrolments/") || row[0][2] != somme || !strings.Contains(row[0][1].(string), "appointment appointment_move barrier") {
		t.Errorf("the trail of one look: %v", row)
	}
}

func TestATimelineIsNarrowed(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	person, _ := f.storied()
	for query, want := range map[string]string{
		"?kind=appointment":                           "2025-03-05 appointment attended",
		"?kind=charter&kind=workshop":                 "2025-03-06 workshop no_show, 2025-02-10 charter signed",
		"?kind=objective&from=2025-03-20":             "2025-03-21 objective abandoned, 2025-03-20 objective reached",
		"?from=2025-03-05&to=2025-03-05":              "2025-03-05 appointment attended",
		"?to=2025-01-31":                              "2025-01-20 referral received",
		"?kind=barrier&to=2025-02-12&from=2025-02-04": "2025-02-12 barrier started",
		"?from=2026-01-01":                            "",
	} {
		if told := strings.Join(happened(f.send(staff, "GET", person+"/timeline"+query, nil).is(200).items()), ", "); told != want {
			t.Errorf("%s tells %s, not %s", query, told, want)
		}
	}
	for query, location := range map[string]string{
		"?kind=rencontre": "query.kind[0]", "?kind=": "query.kind", "?from=2025-03-05&to=2025-03-04": "query.from", "?cursor=x": "query.cursor", "?limit=201": "query.limit",
		"?cursor=" + url.QueryEscape(f.send(staff, "GET", "/v1/participants?limit=1", nil).is(200).anonymous()[:10]): "query.cursor", "?who=me": "query.who",
	} {
		f.send(staff, "GET", person+"/timeline"+query, nil).problemAt(422, "invalid", location)
	}
}

// Whoever follows the cursor meets each entry once, whatever is recorded meanwhile.
func TestATimelineIsReadInPages(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	person, path := f.storied()
	whole := happened(f.send(staff, "GET", person+"/timeline", nil).is(200).items())
	for _, size := range []int{1, 3, 7} {
		var told []string
		next := fmt.Sprintf("%s/timeline?limit=%d", person, size)
		for pages := 0; next != "" && pages < 50; pages++ {
			got := f.send(staff, "GET", next, nil).is(200)
			told = append(told, happened(got.items())...)
			next = ""
			if cursor, more := got.Fields["next_cursor"].(string); more {
				next = fmt.Sprintf("%s/timeline?limit=%d&cursor=%s", person, size, cursor)
				if got.Header.Get("Link") == "" {
					t.Error("no Link to the next page")
				}
			}
			if pages == 2 && size == 3 { // before and behind the place
				for _, on := range []string{"2025-02-03", "2025-09-29"} {
					f.send(staff, "POST", path+"/actions", map[string]any{"kind": "forum", "done_on": on}).is(201)
				}
			}
		}
		if size == 3 {
			told = slices.DeleteFunc(told, func(entry string) bool { return entry == "2025-02-03 action done" })
			if !slices.Equal(told, whole) {
				t.Errorf("of three by three was told\n%s", strings.Join(told, "\n"))
			}
			whole = happened(f.send(staff, "GET", person+"/timeline", nil).is(200).items())
			continue
		}
		if !slices.Equal(told, whole) {
			t.Errorf("by %d was told\n%s", size, strings.Join(told, "\n"))
		}
	}
}

// Who may not read the file reads no timeline of it either, and is not told that there is one.
func TestWhoseTimelineIsRead(t *testing.T) {
	f := newFixture(t)
	staff, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	person, _ := f.storied()
	id := strings.TrimPrefix(person, "/v1/participants/")
	for _, view := range []string{"/timeline", "/file"} {
		for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.Admin, domain.DPO} {
			f.send(f.actor(role), "GET", person+view, nil).problem(403, "forbidden")
		}
		f.send(nobody, "GET", person+view, nil).problem(401, "unauthenticated")
		f.send(f.stranger(domain.Coordinator), "GET", person+view, nil).problem(404, "not_found")
		f.send(f.stranger(domain.Caseworker), "GET", person+view, nil).problem(404, "not_found")
		f.send(staff, "GET", "/v1/participants/"+randomID()+view, nil).problem(404, "not_found")
	}
	// A colleague's file asks for a reason, and the refusal and the look are in the trail.
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague'`)
	for _, view := range []string{"/timeline", "/file"} {
		f.send(staff, "GET", person+view, nil).problem(403, "access_reason_required")
		f.send(staff, "GET", person+view, nil, "Access-Reason", "Pour Camille").problemAt(422, "invalid", "header.Access-Reason")
		f.send(staff, "GET", person+view, nil, "Access-Reason", because).is(200)
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'refused' AND $1 = ANY (record_ids)`, id); n != 2 {
		t.Errorf("%d refusals in the trail", n)
	}
	// A person of one's own with a colleague's path is shown with one's own.
	f.on("2025-10-02")
	own := f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": id, "programme": somme, "entered_on": "2025-10-01", "caseworker_id": staff.Subject}).is(201).text("id")
	if told := strings.Join(happened(f.send(staff, "GET", person+"/timeline", nil).is(200).items()), ", "); told != "2025-10-01 enrolment entered" {
		t.Errorf("beside a colleague's path is told %s", told)
	}
	if paths := f.send(staff, "GET", person+"/file", nil).is(200).Fields["paths"].([]any); len(paths) != 1 || paths[0].(map[string]any)["id"] != own {
		t.Errorf("the file shows %v", paths)
	}
	if told := happened(f.send(staff, "GET", person+"/timeline", nil, "Access-Reason", because).is(200).items()); len(told) != 32 {
		t.Errorf("with a reason is told %s", strings.Join(told, ", "))
	}
	// Voided, a path is told of as that.
	f.send(lead, "POST", "/v1/enrolments/"+own+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	if told := happened(f.send(lead, "GET", person+"/timeline?from=2025-10-01", nil).is(200).items()); strings.Join(told, ", ") != "2025-10-02 enrolment voided, 2025-10-01 enrolment entered" {
		t.Errorf("voided, it tells %s", told)
	}
	// Restricted, and erased, there is nothing for anybody.
	dpo := f.actor(domain.DPO)
	f.send(dpo, "POST", person+"/restriction", map[string]any{"restricted": true, "reason": "Contestation."}).is(200)
	f.send(lead, "GET", person+"/timeline", nil).problem(404, "not_found")
	f.send(lead, "GET", person+"/file", nil).problem(404, "not_found")
	f.send(dpo, "POST", person+"/restriction", map[string]any{"restricted": false, "reason": "Vérifié."}).is(200)
	f.send(lead, "GET", person+"/timeline", nil).is(200)
	f.send(dpo, "POST", person+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	f.send(lead, "GET", person+"/timeline", nil).problem(404, "not_found")
	f.send(lead, "GET", person+"/file", nil).problem(404, "not_found")
}

// Merged, either identifier leads to the one timeline, with what happened on both paths.
func TestTheTimelineOfSomebodyWithTwoFiles(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	w := f.twins("2025-02-03", "2025-02-10")
	count := func(id, of string) (n int) {
		for _, entry := range happened(f.send(lead, "GET", "/v1/participants/"+id+"/timeline", nil).is(200).items()) {
			if strings.Contains(entry, of) {
				n++
			}
		}
		return n
	}
	first, second := count(w.first, "france_travail_status"), count(w.second, "france_travail_status")
	f.merge(w.first, w.second).is(200)
	if got := count(w.second, "france_travail_status"); got != first+second || got != count(w.first, "france_travail_status") {
		t.Errorf("%d observations, not %d and %d", got, first, second)
	}
	for entry, n := range map[string]int{"referral accepted": 1, "enrolment entered": 2, "enrolment folded": 1, "enrolment voided": 0, "workshop": 2, "2025-03-18 appointment": 2} {
		if got := count(w.second, entry); got != n {
			t.Errorf("%d of %s, not %d: %s", got, entry, n, strings.Join(happened(f.send(lead, "GET", "/v1/participants/"+w.first+"/timeline", nil).items()), ", "))
		}
	}
	if file := f.send(lead, "GET", "/v1/participants/"+w.second+"/file", nil).is(200); file.Fields["participant"].(map[string]any)["id"] != w.first {
		t.Errorf("the file is %v's", file.Fields["participant"])
	}
}

// Without the justice module, neither what is about it alone is told, nor that anything else is about that.
func TestATimelineTellsNothingOfJusticeWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	enrolment := f.enrolled("Camille", "Exemple", "2025-02-03")
	path, person := "/v1/enrolments/"+enrolment.ID, "/v1/participants/"+enrolment.ParticipantID
	f.send(staff, "PUT", path, map[string]any{"participant_id": enrolment.ParticipantID, "programme": somme, "entered_on": "2025-02-03", "justice_status": "milieu_ouvert"}, "If-Match", "*").is(200)
	f.send(staff, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-02-03", "barriers": found("problematique_judiciaire fort", "mobilite"), "strengths": []any{"experience_detention", "langues"}}).is(201)
	judicial := f.rows(`SELECT id::text FROM enrolment_barriers WHERE barrier = 'problematique_judiciaire'`)[0][0].(string)
	f.send(staff, "POST", path+"/objectives", map[string]any{"label": "Rendez-vous", "agreed_on": "2025-02-10", "in_charter": true, "barrier_id": judicial}).is(201)
	f.send(staff, "POST", path+"/actions", map[string]any{"kind": "aide_administrative", "done_on": "2025-02-17", "barrier_id": judicial}).is(201)
	f.send(staff, "POST", path+"/exit", map[string]any{"exited_on": "2025-03-01", "kind": "incarceration"}).is(200)
	for _, view := range []string{"/timeline", "/file"} {
		if text := f.send(staff, "GET", person+view, nil).is(200).Text; !strings.Contains(text, judicial) || !strings.Contains(text, "incarceration") || !strings.Contains(text, "experience_detention") {
			t.Fatalf("with the module on, %s tells nothing either: %s", view, text)
		}
	}
	f.withoutJustice()
	for _, view := range []string{"/timeline", "/file"} {
		text := f.send(staff, "GET", person+view, nil).is(200).Text
		for _, word := range append([]string{judicial}, justiceWords...) {
			if at := strings.Index(text, word); at >= 0 {
				t.Errorf("%s tells %s: …%s…", view, word, text[max(0, at-150):min(len(text), at+60)])
			}
		}
		if !strings.Contains(text, `"barrier":"mobilite"`) || !strings.Contains(text, `"label":"Rendez-vous"`) || !strings.Contains(text, `"langues"`) || !strings.Contains(text, `"exit_kind":"autre"`) {
			t.Errorf("what is not about justice is gone from %s too: %s", view, text)
		}
	}
}
