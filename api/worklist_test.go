package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// waiting is what a worklist holds, section by section: of each item the family name or, of a workshop, its title, and the days.
func (r reply) waiting() map[string]string {
	r.Helper()
	held := map[string]string{}
	for _, section := range r.Fields["sections"].([]any) {
		section := section.(map[string]any)
		items := section["items"].([]any)
		said := []string{}
		for _, item := range items {
			item := item.(map[string]any)
			name := item["last_name"]
			if name == nil {
				name = item["label"]
			}
			said = append(said, fmt.Sprint(name, " ", item["days"]))
			if item["reason"] != section["reason"] {
				r.Errorf("an item of %v in %v", item["reason"], section["reason"])
			}
		}
		if len(said) > 0 {
			held[section["reason"].(string)] = strings.Join(said, ", ")
		}
		if total := int(section["total"].(float64)); total < len(items) {
			r.Errorf("%v: %d of %d", section["reason"], len(items), total)
		}
	}
	return held
}

// awaiting is a team on 12 November 2025, for each of whose members something waits.
func (f *fixture) awaiting() map[string]domain.EnrolmentView {
	f.Helper()
	lead, me := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	paths := map[string]domain.EnrolmentView{}
	enrol := func(name, enteredOn, caseworker string) string {
		made := f.enrolled("Camille", name, enteredOn)
		if caseworker != "" {
			f.exec(`UPDATE enrolments SET caseworker_id = $2 WHERE id = $1`, made.ID, caseworker)
		}
		paths[name] = made
		return "/v1/enrolments/" + made.ID
	}
	meet := func(name, at string) {
		f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": paths[name].ID, "starts_at": at, "duration_minutes": 60, "mode": "phone", "purpose": "Point."}).is(201)
	}
	agree := func(path, due string) {
		f.send(lead, "POST", path+"/objectives", map[string]any{"label": "Passer le code", "agreed_on": "2025-10-01", "due_on": due, "in_charter": false}).is(201)
	}
	f.on("2025-11-01")
	mine := enrol("Suivie", "2025-09-01", me.Subject)
	agree(mine, "2025-11-03")
	agree(mine, "2025-11-12")
	for _, at := range []string{"2025-11-05T09:00:00Z", "2025-11-12T08:00:00Z", "2025-11-12T14:00:00Z"} {
		meet("Suivie", at)
	}
	enrol("Libre", "2025-02-20", "")
	for name, exitedOn := range map[string]string{"Partie": "2025-05-15", "Perdue": "2025-03-20"} {
		path := enrol(name, "2024-11-10", me.Subject)
		agree(path, "2025-11-03") // who has left has nothing more to reach
		f.send(lead, "POST", path+"/exit", map[string]any{"exited_on": exitedOn, "kind": "cdi"}).is(200)
	}
	enrol("Ancienne", "2024-11-05", me.Subject)
	enrol("Longue", "2025-01-15", me.Subject)
	meet("Longue", "2025-11-20T09:00:00Z")
	theirs := enrol("Voisine", "2025-09-01", "colleague")
	agree(theirs, "2025-11-03")
	meet("Voisine", "2025-11-12T15:00:00Z")
	for _, name := range []string{"Annulée", "Gelée", "Effacée"} { // whose file is closed for one reason or another
		agree(enrol(name, "2025-09-01", me.Subject), "2025-11-03")
		meet(name, "2025-11-05T09:00:00Z")
	}
	f.send(lead, "POST", "/v1/enrolments/"+paths["Annulée"].ID+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	dpo := f.actor(domain.DPO)
	f.send(dpo, "POST", "/v1/participants/"+paths["Gelée"].ParticipantID+"/restriction", map[string]any{"restricted": true, "reason": "Contestation."}).is(200)
	f.send(dpo, "POST", "/v1/participants/"+paths["Effacée"].ParticipantID+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	for reference, name := range map[string]string{"R1": "Pressée", "R2": "Patiente", "R3": "Refusée", "R4": "Expirée"} {
		id := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", map[string]any{"programme": somme, "external_reference": reference, "first_name": "Camille", "last_name": name, "phone": "06 39 98 12 34", "consented_on": "2025-10-15"}).is(201).text("id")
		switch reference {
		case "R1":
			f.exec(`UPDATE referrals SET expires_on = '2025-11-20' WHERE id = $1`, id)
		case "R3":
			f.send(lead, "POST", "/v1/referrals/"+id+"/decline", map[string]any{"decline_reason": "complet"}).is(200)
		case "R4":
			f.exec(`UPDATE referrals SET expires_on = '2025-11-12' WHERE id = $1`, id)
		}
	}
	for title, at := range map[string]string{"Sans appel": "2025-11-10T13:00:00Z", "Du jour": "2025-11-12T15:00:00Z", "De demain": "2025-11-13T13:00:00Z", "Annulé": "2025-11-10T14:00:00Z"} {
		id := f.send(lead, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": title, "starts_at": at, "duration_minutes": 90}).is(201).text("id")
		if title == "Annulé" {
			f.send(lead, "POST", "/v1/workshops/"+id+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
		}
	}
	f.on("2025-11-12")
	return paths
}

func (f *fixture) waits(actor domain.Actor, query string, want map[string]string, headers ...string) {
	f.Helper()
	held := f.send(actor, "GET", "/v1/me/worklist"+query, nil, headers...).is(200).waiting()
	for reason := range want {
		if held[reason] == "" {
			held[reason] = ""
		}
	}
	for reason, said := range held {
		if said != want[reason] {
			f.Errorf("%s %s: %s holds %q, not %q", actor.Role, query, reason, said, want[reason])
		}
	}
}

func TestAWorklistHoldsWhatWaits(t *testing.T) {
	f := newFixture(t)
	lead, me := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	paths := f.awaiting()
	mine := map[string]string{
		"attendance_missing":   "Suivie 7, Suivie 0",
		"roll_call_missing":    "Sans appel 2",
		"referral_waiting":     "Pressée -8, Patiente <nil>",
		"checkpoint_overdue":   "Perdue 53",
		"over_12_months":       "Ancienne 99",
		"over_9_months":        "Longue 28",
		"objective_overdue":    "Suivie 9",
		"meeting_today":        "Suivie 0",
		"workshop_today":       "Du jour 0",
		"checkpoint_due":       "Partie -3",
		"approaching_9_months": "Libre -8",
		"caseworker_missing":   "Libre 265",
		"appointment_missing":  "Ancienne 372, Libre 265",
	}
	f.waits(me, "", mine)
	all := maps.Clone(mine)
	all["objective_overdue"], all["meeting_today"] = "Suivie 9, Voisine 9", "Suivie 0, Voisine 0"
	f.waits(lead, "", all)
	f.waits(me, "", all, "Access-Reason", because)
	team := map[string]string{"roll_call_missing": mine["roll_call_missing"], "referral_waiting": mine["referral_waiting"], "workshop_today": mine["workshop_today"]}
	f.waits(lead, "?caseworker=colleague", map[string]string{"objective_overdue": "Voisine 9", "meeting_today": "Voisine 0",
		"roll_call_missing": team["roll_call_missing"], "referral_waiting": team["referral_waiting"], "workshop_today": team["workshop_today"]})
	f.waits(me, "?caseworker=colleague", team) // hers stay hers
	f.waits(lead, "?caseworker=personne", team)
	f.waits(lead, "?programme="+elsewhere, map[string]string{})
	f.waits(f.stranger(domain.Coordinator), "", map[string]string{})
	f.waits(me, "?reason=workshop_today&reason=checkpoint_due", map[string]string{"workshop_today": mine["workshop_today"], "checkpoint_due": mine["checkpoint_due"]})
	// The day after: its meetings, and what is due by then.
	f.waits(me, "?on=2025-11-13&reason=workshop_today&reason=meeting_today&reason=objective_overdue&reason=attendance_missing", map[string]string{"workshop_today": "De demain 0", "objective_overdue": "Suivie 10, Suivie 1", "attendance_missing": "Suivie 8, Suivie 1"})
	f.waits(me, "?on=2025-11-21&reason=appointment_missing&reason=over_9_months", map[string]string{"appointment_missing": "Ancienne 381, Longue 310, Libre 274, Suivie 81", "over_9_months": "Longue 37, Libre 1"})
	f.send(me, "GET", "/v1/me/worklist?on=2025-11-11", nil).problemAt(422, "invalid", "query.on")

	got := f.send(me, "GET", "/v1/me/worklist?limit=1", nil).is(200)
	var order []string
	for _, section := range got.Fields["sections"].([]any) {
		order = append(order, section.(map[string]any)["reason"].(string))
	}
	if !slices.Equal(order, domain.WorklistReason("").Codes()) {
		t.Errorf("in the order %q", order)
	}
	if first := got.Fields["sections"].([]any)[0].(map[string]any); first["total"] != 2.0 || len(first["items"].([]any)) != 1 || got.Fields["total"] != 16.0 {
		t.Errorf("one of each: %v, %v in all", first, got.Fields["total"])
	}
	item := got.Fields["sections"].([]any)[0].(map[string]any)["items"].([]any)[0].(map[string]any)
	if item["enrolment_id"] != paths["Suivie"].ID || item["participant_id"] != paths["Suivie"].ParticipantID || item["first_name"] != "Camille" || item["label"] != "Point." || item["at"] != "2025-11-05T09:00:00Z" ||
		item["on"] != "2025-11-05" || item["caseworker_id"] != me.Subject || item["programme"] != somme {
		t.Errorf("the item %v", item)
	}
	// Who was named stands in the trail, by identifier.
	row := f.rows(`SELECT record_ids::text, array_to_string(fields, ' ') FROM audit_events WHERE kind = 'worklist' ORDER BY id DESC LIMIT 1`)[0]
	if ids := row[0].(string); !strings.Contains(ids, paths["Suivie"].ID) || !strings.Contains(ids, paths["Libre"].ParticipantID) || strings.Contains(ids, paths["Voisine"].ID) || !strings.HasPrefix(row[1].(string), "attendance_missing") {
		t.Errorf("the trail says %v", row)
	}
	for _, name := range []string{"Annulée", "Gelée", "Effacée", "Refusée", "Expirée"} {
		if text := f.send(lead, "GET", "/v1/me/worklist?limit=200", nil).is(200).Text; strings.Contains(text, name) {
			t.Errorf("%s is on a worklist: %s", name, text)
		}
	}
}

func TestWhoHasAWorklist(t *testing.T) {
	f := newFixture(t)
	me := f.actor(domain.Caseworker)
	for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.Admin, domain.DPO} {
		f.send(f.actor(role), "GET", "/v1/me/worklist", nil).problem(403, "forbidden")
	}
	f.send(nobody, "GET", "/v1/me/worklist", nil).problem(401, "unauthenticated")
	for query, location := range map[string]string{"?on=demain": "query.on", "?reason=ennui": "query.reason[0]", "?limit=0": "query.limit", "?limit=201": "query.limit", "?caseworker=": "query.caseworker", "?cursor=x": "query.cursor"} {
		f.send(me, "GET", "/v1/me/worklist"+query, nil).problemAt(422, "invalid", location)
	}
}

// However much waits, it takes as many statements.
func TestAWorklistTakesAsManyStatementsHoweverMuchWaits(t *testing.T) {
	f := newFixture(t)
	f.awaiting()
	lead := f.actor(domain.Coordinator)
	w := f.overWire()
	f.send(lead, "GET", "/v1/me/worklist", nil).is(200) // which expires what is to be
	count := func(path string) int64 {
		return w.during(func() { f.send(lead, "GET", path, nil).is(200) })
	}
	before, caseloads := count("/v1/me/worklist?limit=200"), count("/v1/programmes/"+somme+"/caseloads")
	for i := range 40 {
		path := f.enrolled("Camille", fmt.Sprint("Nombreuse", i), "2025-01-06")
		f.exec(`INSERT INTO appointments (id, version, created_at, updated_at, programme, enrolment_id, starts_at, duration_minutes, mode, status)
			SELECT gen_random_uuid(), 1, now(), now(), 'o2r-somme', $1::uuid, timestamptz '2025-02-03 13:00Z' + week * interval '1 week', 60, 'phone', 'scheduled' FROM generate_series(1, 5) week`, path.ID)
	}
	got := f.send(lead, "GET", "/v1/me/worklist?limit=200", nil).is(200)
	if total := got.Fields["total"].(float64); total < 240 {
		t.Errorf("%v things wait", total)
	}
	after := count("/v1/me/worklist?limit=200")
	t.Logf("%d statements for a worklist, %d for caseloads", after, caseloads)
	if after != before || after > 12 || count("/v1/programmes/"+somme+"/caseloads") != caseloads {
		t.Errorf("%d statements, then %d", before, after)
	}
}
