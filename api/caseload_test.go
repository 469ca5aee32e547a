package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// handedOver are the paths of a team on 1 October 2025: what martin follows, and what others do.
func (f *fixture) handedOver() map[string]domain.EnrolmentView {
	f.Helper()
	lead := f.actor(domain.Coordinator)
	paths := map[string]domain.EnrolmentView{}
	for _, row := range []struct{ name, caseworker, exitedOn, kind, agreed string }{
		{"Active", "martin", "", "", ""}, {"Suivie", "martin", "2025-06-02", "cdi", "true"}, {"Due", "martin", "2025-04-15", "cdi", ""},
		{"Finie", "martin", "2025-05-02", "abandon", ""}, {"Annulée", "martin", "", "", ""}, {"Gelée", "martin", "", "", ""},
		{"Voisine", "durand", "", "", ""}, {"Libre", "", "", "", ""},
	} {
		made := f.enrolled("Camille", row.name, "2025-02-03")
		paths[row.name] = made
		path := "/v1/enrolments/" + made.ID
		if row.caseworker != "" {
			f.exec(`UPDATE enrolments SET caseworker_id = $2 WHERE id = $1`, made.ID, row.caseworker)
		}
		if row.exitedOn != "" {
			exit := map[string]any{"exited_on": row.exitedOn, "kind": row.kind}
			if row.agreed != "" {
				exit["follow_up_agreed"] = true
			}
			f.send(lead, "POST", path+"/exit", exit).is(200)
		}
	}
	f.on("2025-09-15")
	for _, at := range []string{"2025-09-10T09:00:00Z", "2025-09-11T09:00:00Z", "2025-10-08T09:00:00Z", "2025-12-01T09:00:00Z"} {
		id := f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": paths["Active"].ID, "starts_at": at, "duration_minutes": 60, "mode": "phone"}).is(201).text("id")
		if at == "2025-09-10T09:00:00Z" {
			f.send(lead, "POST", "/v1/appointments/"+id+"/attendance", map[string]any{"status": "attended"}).is(200)
		}
	}
	f.send(lead, "POST", "/v1/enrolments/"+paths["Active"].ID+"/objectives", map[string]any{"label": "Passer le code", "agreed_on": "2025-09-01", "due_on": "2025-09-15", "in_charter": false}).is(201)
	f.send(lead, "POST", "/v1/enrolments/"+paths["Annulée"].ID+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+paths["Gelée"].ParticipantID+"/restriction", map[string]any{"restricted": true, "reason": "Contestation."}).is(200)
	f.on("2025-10-01")
	return paths
}

func (r reply) loads() []string {
	r.Helper()
	told := []string{}
	for _, item := range r.items() {
		told = append(told, fmt.Sprint(item["caseworker_id"], ": ", item["active"], " ", item["follow_up"], " ", item["checkpoints_due"], " ", item["objectives_overdue"], " ", item["attendance_missing"], " ",
			item["meetings_last_30_days"], " ", item["meetings_next_30_days"], " ", item["appointment_missing"], " ", item["last_meeting_at"]))
	}
	return told
}

const caseloads = "/v1/programmes/" + somme + "/caseloads"

func TestTheCaseloadOfEach(t *testing.T) {
	f := newFixture(t)
	f.handedOver()
	lead, me := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	all := []string{"durand: 1 0 0 0 0 0 0 1 <nil>", "martin: 1 1 1 1 1 1 1 0 2025-09-10T09:00:00Z", "<nil>: 1 0 0 0 0 0 0 1 <nil>"}
	if told := f.send(lead, "GET", caseloads, nil).is(200).loads(); !slices.Equal(told, all) {
		t.Errorf("the coordinator is told %q", told)
	}
	if told := f.send(me, "GET", caseloads, nil).is(200).loads(); !slices.Equal(told, all[2:]) {
		t.Errorf("a caseworker without any is told %q", told)
	}
	martin := me
	martin.Subject = "martin"
	if told := f.send(martin, "GET", caseloads, nil).is(200).loads(); !slices.Equal(told, all[1:]) {
		t.Errorf("martin is told %q", told)
	}
	if told := f.send(me, "GET", caseloads, nil, "Access-Reason", because).is(200).loads(); !slices.Equal(told, all) {
		t.Errorf("with a reason she is told %q", told)
	}
	for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.Admin, domain.DPO} {
		f.send(f.actor(role), "GET", caseloads, nil).problem(403, "forbidden")
	}
	f.send(nobody, "GET", caseloads, nil).problem(401, "unauthenticated")
	f.send(f.stranger(domain.Coordinator), "GET", caseloads, nil).problem(404, "not_found")
	f.send(lead, "GET", "/v1/programmes/"+elsewhere+"/caseloads", nil).problem(404, "not_found")
	f.send(lead, "GET", "/v1/programmes/o2r-nulle-part/caseloads", nil).problem(404, "not_found")
}

func TestACaseloadIsHandedOver(t *testing.T) {
	f := newFixture(t)
	paths := f.handedOver()
	lead, staff := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	hand := map[string]any{"from": "martin", "to": "durand", "reason": "Départ de la conseillère."}
	reassign := caseloads + "/reassign"
	for _, role := range []domain.Role{domain.Caseworker, domain.Partner, domain.Analyst, domain.Admin, domain.DPO} {
		f.send(f.actor(role), "POST", reassign, hand).problem(403, "forbidden")
	}
	if got := f.send(staff, "POST", reassign, hand, "Access-Reason", because); got.Status != 403 {
		t.Errorf("with a reason a caseworker hands over: %s", got.Text)
	}
	f.send(nobody, "POST", reassign, hand).problem(401, "unauthenticated")
	f.send(f.stranger(domain.Coordinator), "POST", reassign, hand).problem(404, "not_found")
	f.send(lead, "POST", "/v1/programmes/"+elsewhere+"/caseloads/reassign", hand).problem(404, "not_found")
	foreign := f.stranger(domain.Coordinator)
	stranger := f.send(foreign, "POST", "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Ailleurs"}).is(201).text("id")
	theirs := f.send(foreign, "POST", "/v1/enrolments", map[string]any{"participant_id": stranger, "programme": elsewhere, "entered_on": "2025-02-03", "caseworker_id": "martin"}).is(201).text("id")
	before := f.contents()
	ids := func(names ...string) []any {
		var list []any
		for _, name := range names {
			list = append(list, paths[name].ID)
		}
		return list
	}
	for name, row := range map[string]struct {
		body map[string]any
		at   []string
	}{
		"to nobody":              {object(hand, "to", ""), []string{"body.to"}},
		"to a blank":             {object(hand, "to", "   "), []string{"body.to"}},
		"to null":                {object(hand, "to", json.RawMessage("null")), []string{"body.to"}},
		"to herself":             {object(hand, "to", "martin"), []string{"body.to"}},
		"to a slip":              {object(hand, "to", "durant"), []string{"body.to"}},
		"to a slip, not new":     {object(hand, "to", "durant", "new_caseworker", false), []string{"body.to"}},
		"to who is known away":   {object(hand, "to", foreign.Subject), []string{"body.to"}},
		"new, perhaps":           {object(hand, "to", "durant", "new_caseworker", "oui"), []string{"body.new_caseworker"}},
		"from nothing said":      {object(hand, "from", nil), []string{"body.from"}},
		"from a blank":           {object(hand, "from", "  "), []string{"body.from"}},
		"none of them":           {object(hand, "enrolment_ids", []any{}), []string{"body.enrolment_ids"}},
		"one twice":              {object(hand, "enrolment_ids", ids("Active", "Active")), []string{"body.enrolment_ids[1]"}},
		"a colleague's":          {object(hand, "enrolment_ids", ids("Active", "Voisine")), []string{"body.enrolment_ids[1]"}},
		"nobody's":               {object(hand, "enrolment_ids", ids("Libre")), []string{"body.enrolment_ids[0]"}},
		"voided":                 {object(hand, "enrolment_ids", ids("Annulée", "Active")), []string{"body.enrolment_ids[0]"}},
		"frozen":                 {object(hand, "enrolment_ids", ids("Gelée")), []string{"body.enrolment_ids[0]"}},
		"another programme's":    {object(hand, "enrolment_ids", []any{theirs}), []string{"body.enrolment_ids[0]"}},
		"none there":             {object(hand, "enrolment_ids", []any{randomID()}), []string{"body.enrolment_ids[0]"}},
		"no identifier":          {object(hand, "enrolment_ids", []any{"x"}), []string{"body.enrolment_ids[0]"}},
		"a reason of two":        {object(hand, "reason", "ok"), []string{"body.reason"}},
		"a reason with a number": {object(hand, "reason", "1 85 05 78 006 084 36"), []string{"body.reason"}},
		"a word unknown":         {object(hand, "until", "2026-01-01"), []string{"body.until"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(lead, "POST", reassign, row.body).problemAt(422, "invalid", row.at...)
		})
	}
	f.unchanged(before)

	// What is hidden is refused as what is not there.
	hidden := f.send(lead, "POST", reassign, object(hand, "enrolment_ids", []any{theirs})).anonymous()
	frozen := f.send(lead, "POST", reassign, object(hand, "enrolment_ids", ids("Gelée"))).anonymous()
	if none := f.send(lead, "POST", reassign, object(hand, "enrolment_ids", []any{randomID()})).anonymous(); none != hidden || none != frozen {
		t.Errorf("told apart: %s %s %s", none, hidden, frozen)
	}

	versions := func() string {
		return fmt.Sprint(f.rows(`SELECT p.last_name, e.version, e.caseworker_id FROM enrolments e JOIN participants p ON p.id = e.participant_id WHERE p.last_name IN ('Active', 'Suivie', 'Due', 'Finie', 'Gelée', 'Voisine') ORDER BY 1`))
	}
	held := versions()
	done := f.send(lead, "POST", reassign, hand, "Idempotency-Key", `"passation"`).is(200)
	if done.said("from", "to", "to_is_known", "moved", "appointments", "programme") != `"martin" "durand" true 3 2 "`+somme+`"` {
		t.Error(done.Text)
	}
	want := []string{paths["Active"].ID, paths["Suivie"].ID, paths["Due"].ID}
	slices.Sort(want)
	if moved := strings.Fields(done.texts("enrolment_ids")); !slices.Equal(moved, want) {
		t.Errorf("moved %q, not %q", moved, want)
	}
	if now := versions(); now != "[[Active 2 durand] [Due 3 durand] [Finie 2 martin] [Gelée 1 martin] [Suivie 3 durand] [Voisine 1 durand]]" {
		t.Errorf("%s became %s", held, now)
	}
	if n := f.count(`SELECT count(*) FROM field_changes WHERE field = 'caseworker_id' AND old_value = 'martin' AND reason = 'Départ de la conseillère.' AND changed_by = $1`, lead.Subject); n != 3 {
		t.Errorf("%d histories say so", n)
	}
	if row := f.rows(`SELECT subject, programme, array_to_string(fields, ' '), reason, cardinality(record_ids) FROM audit_events WHERE action = 'reassigned'`); fmt.Sprint(row) != fmt.Sprintf("[[%s %s caseworker_id <nil> 6]]", lead.Subject, somme) {
		t.Errorf("the trail says %v", row)
	}
	if n := f.count(`SELECT count(*) FROM events WHERE type = 'enrolment.reassigned'`); n != 3 {
		t.Errorf("%d events", n)
	}
	// The same again is the same answer, and the colleague has it in hand from now on.
	again := f.send(lead, "POST", reassign, hand, "Idempotency-Key", `"passation"`).is(200)
	if again.Text != done.Text || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("answered again %s", again.Text)
	}
	f.send(lead, "POST", reassign, object(hand, "to", "autre"), "Idempotency-Key", `"passation"`).problem(422, "idempotency_key_reused")
	if rest := f.send(lead, "POST", reassign, hand).is(200); rest.said("moved", "enrolment_ids", "appointments") != "0 [] 0" {
		t.Error("once more: " + rest.Text)
	}
	durand, martin := staff, staff
	durand.Subject, martin.Subject = "durand", "martin"
	f.send(durand, "GET", "/v1/participants/"+paths["Active"].ParticipantID+"/file", nil).is(200)
	f.send(martin, "GET", "/v1/participants/"+paths["Active"].ParticipantID+"/file", nil).problem(403, "access_reason_required")
	told := happened(f.send(durand, "GET", "/v1/participants/"+paths["Active"].ParticipantID+"/timeline?kind=enrolment", nil).is(200).items())
	if !slices.Equal(told, []string{"2025-10-01 enrolment handed_over", "2025-02-03 enrolment entered"}) {
		t.Errorf("the timeline tells %q", told)
	}

	// Named, what has ended is handed over too; from nobody; to somebody whom nobody knows.
	named := f.send(lead, "POST", reassign, map[string]any{"from": "martin", "to": "nouvelle", "new_caseworker": true, "enrolment_ids": []any{strings.ToUpper(paths["Finie"].ID)}}).is(200)
	if named.said("moved", "to_is_known") != "1 false" {
		t.Error(named.Text)
	}
	free := f.send(lead, "POST", reassign, map[string]any{"from": json.RawMessage("null"), "to": "nouvelle"}).is(200)
	if free.said("from", "moved", "to_is_known") != "null 1 true" {
		t.Error(free.Text)
	}
	called := staff
	called.Subject = "recrue"
	f.send(called, "GET", "/v1/enrolments?programme="+somme, nil).is(200)
	if known := f.send(lead, "POST", reassign, map[string]any{"from": "nouvelle", "to": "recrue"}).is(200); known.said("moved", "to_is_known") != "1 true" {
		t.Error(known.Text)
	}
}

// Nothing of hers is left behind without a word: with everything go her permanences and what a closed path still has to come; where
// single paths are named, the answer counts what stays.
func TestWhatGoesWithACaseloadAndWhatStays(t *testing.T) {
	f := newFixture(t)
	paths := f.handedOver()
	lead, reassign := f.actor(domain.Coordinator), caseloads+"/reassign"
	f.exec(`UPDATE enrolments SET exited_on = NULL, exit_kind = NULL WHERE id = $1`, paths["Finie"].ID)
	f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": paths["Finie"].ID, "starts_at": "2025-12-02T09:00:00Z", "duration_minutes": 60, "mode": "phone"}).is(201)
	f.exec(`UPDATE enrolments SET exited_on = '2025-05-02', exit_kind = 'abandon' WHERE id = $1`, paths["Finie"].ID)
	permanence := func(label, caseworker, endsOn string) string {
		body := map[string]any{"programme": somme, "label": label, "site_id": f.site.ID, "weekday": "mardi", "starts_on": "2025-03-11", "start_time": "09:00", "end_time": "12:00", "slot_minutes": 60, "slot_capacity": 1}
		if caseworker != "" {
			body["caseworker_id"] = caseworker
		}
		if endsOn != "" {
			body["ends_on"] = endsOn
		}
		return f.send(lead, "POST", "/v1/permanences", body).is(201).text("id")
	}
	hers, over, neighbour, nobodys := permanence("Mardi", "martin", ""), permanence("Passée", "martin", "2025-09-30"), permanence("Voisine", "durand", ""), permanence("Libre", "", "")
	receives := func() string {
		return fmt.Sprint(f.rows(`SELECT label, caseworker_id, version FROM permanences ORDER BY label`))
	}

	some := f.send(lead, "POST", reassign, map[string]any{"from": "martin", "to": "durand", "enrolment_ids": []any{paths["Suivie"].ID}}).is(200)
	if some.said("moved", "appointments", "permanence_ids", "permanences_left", "appointments_left") != "1 0 [] 1 3" {
		t.Error(some.Text)
	}
	f.send(lead, "POST", reassign, map[string]any{"from": json.RawMessage("null"), "to": "durand"}).is(200)
	if now := receives(); now != "[[Libre <nil> 1] [Mardi martin 1] [Passée martin 1] [Voisine durand 1]]" {
		t.Errorf("a part takes permanences along: %s", now)
	}
	all := f.send(lead, "POST", reassign, map[string]any{"from": "martin", "to": "durand"}).is(200)
	if all.said("moved", "appointments", "permanence_ids", "permanences_left", "appointments_left") != `3 3 ["`+hers+`"] 0 0` || !strings.Contains(all.texts("enrolment_ids"), paths["Finie"].ID) {
		t.Error(all.Text)
	}
	if now := receives(); now != "[[Libre <nil> 1] [Mardi durand 2] [Passée martin 1] [Voisine durand 1]]" {
		t.Errorf("%s, %s, %s and %s: %s", hers, over, neighbour, nobodys, now)
	}
	if row := f.rows(`SELECT programme, array_to_string(fields, ' '), array_to_string(record_ids, ' ') FROM audit_events WHERE action = 'reassigned' AND kind = 'permanence'`); fmt.Sprint(row) != fmt.Sprintf("[[%s caseworker_id %s]]", somme, hers) {
		t.Errorf("the trail says %v", row)
	}
	// Whoever receives at a permanence is known, though she follows nobody yet.
	f.send(lead, "POST", reassign, map[string]any{"from": "durand", "to": "martin"}).is(200)
	permanence("Jeudi", "renfort", "")
	f.send(lead, "POST", reassign, map[string]any{"from": "martin", "to": "renfort"}).is(200)
}

// Erased meanwhile, whoever was handed over is in no kept answer.
func TestAnErasedPersonIsInNoKeptHandingOver(t *testing.T) {
	f := newFixture(t)
	paths := f.handedOver()
	lead, hand := f.actor(domain.Coordinator), map[string]any{"from": "martin", "to": "durand"}
	f.send(lead, "POST", caseloads+"/reassign", hand, "Idempotency-Key", `"k"`).is(200)
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+paths["Active"].ParticipantID+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	f.send(lead, "POST", caseloads+"/reassign", hand, "Idempotency-Key", `"k"`).problem(409, "answer_gone")
}

// A handing over amid exits, acceptances and merges: each is done whole, nobody is lost or handed over twice, and no two wait for each other for ever.
func TestAHandingOverAmidOtherWrites(t *testing.T) {
	f := newFixture(t)
	lead, partner := f.actor(domain.Coordinator), f.actor(domain.Partner)
	var requests []request
	var exits []string
	for round := range 4 {
		for i := range 6 {
			made := f.enrolled("Camille", fmt.Sprint("Passée", round, "x", i), "2025-02-03")
			f.exec(`UPDATE enrolments SET caseworker_id = 'martin' WHERE id = $1`, made.ID)
			switch i % 3 {
			case 0:
				exits = append(exits, made.ID)
				requests = append(requests, request{lead, "POST", "/v1/enrolments/" + made.ID + "/exit", map[string]any{"exited_on": "2025-08-01", "kind": "abandon"}, ""})
			case 1:
				twin := f.enrolled("Camille", fmt.Sprint("Passée", round, "x", i), "2025-03-03")
				f.exec(`UPDATE enrolments SET caseworker_id = 'martin' WHERE id = $1`, twin.ID)
				requests = append(requests, request{lead, "POST", "/v1/participants/" + made.ParticipantID + "/merge", map[string]any{"duplicate_id": twin.ParticipantID, "reason": "Saisie en double."}, ""})
			case 2:
				id := f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Alix", "last_name": fmt.Sprint("Nouvelle", round, i), "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}).is(201).text("id")
				requests = append(requests, request{lead, "POST", "/v1/referrals/" + id + "/accept", map[string]any{"entered_on": "2025-04-01", "caseworker_id": "martin"}, ""})
			}
		}
		requests = append(requests, request{lead, "POST", caseloads + "/reassign", map[string]any{"from": "martin", "to": "durand", "new_caseworker": true}, ""},
			request{lead, "POST", caseloads + "/reassign", map[string]any{"from": "martin", "to": "leroy", "new_caseworker": true}, ""},
			request{lead, "POST", caseloads + "/reassign", map[string]any{"from": "durand", "to": "leroy", "new_caseworker": true}, ""})
	}
	moves := 0
	for i, got := range f.atOnce(requests) {
		if got.Status != 200 {
			t.Errorf("%s %s answered %d %s", requests[i].method, requests[i].path, got.Status, got.Text)
		}
		if list, ok := got.Fields["enrolment_ids"].([]any); ok {
			moves += len(list)
		}
	}
	// Once all is quiet, what is left is handed over, and nothing but what had ended stays.
	for _, hand := range [][2]string{{"martin", "durand"}, {"durand", "leroy"}} {
		rest := f.send(lead, "POST", caseloads+"/reassign", map[string]any{"from": hand[0], "to": hand[1], "new_caseworker": true}).is(200)
		moves += int(rest.Fields["moved"].(float64))
	}
	standing := f.count(`SELECT count(*) FROM enrolments WHERE voided_at IS NULL AND exited_on IS NULL`)
	if n := f.count(`SELECT count(*) FROM enrolments WHERE voided_at IS NULL AND exited_on IS NULL AND caseworker_id = 'leroy'`); n != standing {
		t.Errorf("%d of %d are hers", n, standing)
	}
	if n := f.count(`SELECT count(*) FROM field_changes WHERE field = 'caseworker_id'`); n != int64(moves) {
		t.Errorf("%d histories of %d handings over", n, moves)
	}
	if n := f.count(`SELECT count(*) FROM events WHERE type = 'enrolment.reassigned'`); n != int64(moves) {
		t.Errorf("%d events of %d handings over", n, moves)
	}
	// Of two who hand the same path over, one does.
	for _, row := range f.rows(`SELECT record_id::text, count(*) FROM field_changes WHERE field = 'caseworker_id' AND old_value IN ('martin', 'durand') GROUP BY record_id, old_value HAVING count(*) > 1
		UNION ALL SELECT record_id::text, count(*) FROM field_changes WHERE kind = 'enrolment' GROUP BY record_id, version, field HAVING count(*) > 1`) {
		t.Errorf("%v was handed over %v times at once", row[0], row[1])
	}
	// Each path's versions are without a gap: one for each thing that was done to it.
	for _, row := range f.rows(`SELECT e.id::text, e.version, (SELECT count(*) FROM events WHERE record_id = e.id::text AND kind = 'enrolment') FROM enrolments e`) {
		if fmt.Sprint(row[1]) != fmt.Sprint(row[2]) {
			t.Errorf("path %v has version %v after %v events", row[0], row[1], row[2])
		}
	}
	for _, id := range exits {
		if n := f.count(`SELECT count(*) FROM enrolments WHERE id = $1 AND exited_on IS NOT NULL`, id); n != 1 {
			t.Errorf("the exit of %s is lost", id)
		}
	}
}
