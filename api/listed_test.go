package api_test

import (
	"fmt"
	"testing"
	"time"

	"o2r/domain"
)

// A list says of whom each row is, so that nobody asks once more for each; a caseworker's week is one request.
func TestListsOfACaseloadSayOfWhomEachRowIs(t *testing.T) {
	f := newFixture(t)
	caseworker, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	colleague := caseworker
	colleague.Subject = "test-colleague"
	hers, theirs := f.enrolled("Camille", "Exemple", "2025-02-03"), f.enrolled("Sacha", "Fictif", "2025-02-03")
	f.exec(`UPDATE enrolments SET caseworker_id = CASE WHEN id = $1 THEN 'test-caseworker' ELSE 'test-colleague' END`, hers.ID)
	meet := func(enrolment, at string) string {
		return f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": at, "duration_minutes": 30, "mode": "phone"}).is(201).text("id")
	}
	held, toCome, off, other := meet(hers.ID, "2026-02-03T09:00:00Z"), meet(hers.ID, inAMonth()), meet(hers.ID, "2026-02-05T09:00:00Z"), meet(theirs.ID, "2026-02-04T09:00:00Z")
	f.send(lead, "POST", "/v1/appointments/"+held+"/attendance", map[string]any{"status": "attended"}).is(200)
	f.send(lead, "POST", "/v1/appointments/"+off+"/attendance", map[string]any{"status": "excused"}).is(200)

	ids := func(actor domain.Actor, query string) string {
		t.Helper()
		names := map[string]string{held: "held", toCome: "toCome", off: "off", other: "other"}
		found := ""
		for _, item := range f.send(actor, "GET", "/v1/appointments?"+query, nil).is(200).items() {
			found += names[item["id"].(string)] + " "
		}
		return found
	}
	for _, c := range []struct {
		actor       domain.Actor
		query, want string
	}{
		{lead, "", "held other off toCome "},
		{lead, "caseworker=test-caseworker", "held off toCome "},
		{lead, "caseworker=test-caseworker&from=2026-02-02&to=2026-02-08", "held off "},
		{lead, "caseworker=test-colleague", "other "},
		{lead, "caseworker=nobody", ""},
		{lead, "participant_id=" + theirs.ParticipantID, "other "},
		{lead, "participant_id=" + randomID(), ""},
		{lead, "participant_id=" + theirs.ParticipantID + "&caseworker=test-caseworker", ""},
		{caseworker, "caseworker=test-colleague", ""}, // a colleague's are no row of a list
		{caseworker, "participant_id=" + theirs.ParticipantID, ""},
		{colleague, "", "other "},
		{f.stranger(domain.Coordinator), "participant_id=" + hers.ParticipantID, ""},
		{f.stranger(domain.Coordinator), "caseworker=test-caseworker", ""},
	} {
		if got := ids(c.actor, c.query); got != c.want {
			t.Errorf("%s asks for %q and reads %q, not %q", c.actor.Subject, c.query, got, c.want)
		}
	}
	f.send(lead, "GET", "/v1/appointments?participant_id=camille", nil).problemAt(422, "invalid", "query.participant_id")
	actions := map[string]string{}
	for _, item := range f.send(lead, "GET", "/v1/appointments?caseworker=test-caseworker", nil).is(200).items() {
		actions[item["id"].(string)] = fmt.Sprint(item["available_actions"], item["programme"], item["participant_id"], item["caseworker_id"], item["first_name"], item["last_name"])
	}
	of := somme + hers.ParticipantID + "test-caseworkerCamilleExemple"
	for id, want := range map[string]string{held: "[attendance]", toCome: "[attendance move]", off: "[attendance move]"} {
		if actions[id] != want+of {
			t.Errorf("a meeting is listed with %s, not %s", actions[id], want+of)
		}
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'appointment' AND action = 'read' AND subject = 'test-coordinator' AND record_ids @> ARRAY[$1::text, $2::text]`, hers.ID, hers.ParticipantID); n == 0 {
		t.Error("the trail does not say of whom the list was")
	}

	// So do objectives, alerts and checkpoints.
	f.send(lead, "POST", "/v1/enrolments/"+hers.ID+"/objectives", map[string]any{"label": "Passer le code", "agreed_on": "2025-02-10", "due_on": "2025-03-10", "in_charter": false}).is(201)
	alerts := f.send(lead, "GET", "/v1/alerts?caseworker=test-caseworker", nil).is(200).items()
	objectives := f.send(lead, "GET", "/v1/objectives?caseworker=test-caseworker", nil).is(200).items()
	f.send(lead, "POST", "/v1/enrolments/"+hers.ID+"/exit", map[string]any{"exited_on": domain.DayOf(time.Now()).AddMonths(-1).String(), "kind": "cdi"}).is(200)
	checkpoints := f.send(lead, "GET", "/v1/checkpoints?caseworker=test-caseworker", nil).is(200).items()
	for name, items := range map[string][]map[string]any{"alerts": alerts, "objectives": objectives, "checkpoints": checkpoints} {
		if len(items) != 1 || fmt.Sprint(items[0]["programme"], items[0]["participant_id"], items[0]["caseworker_id"], items[0]["first_name"], items[0]["last_name"]) != of {
			t.Errorf("%s say %v", name, items)
		}
	}
	for _, list := range []string{"alerts", "objectives", "checkpoints"} {
		if found := f.send(f.stranger(domain.Coordinator), "GET", "/v1/"+list, nil).is(200).items(); len(found) != 0 {
			t.Errorf("another programme reads %v of %s", found, list)
		}
	}
	// Nothing is done any more with a meeting of a path that was voided.
	f.send(lead, "POST", "/v1/enrolments/"+theirs.ID+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	if got := f.send(lead, "GET", "/v1/appointments?caseworker=test-colleague", nil).is(200).items()[0]["available_actions"]; fmt.Sprint(got) != "[]" {
		t.Errorf("of a voided path: %v", got)
	}
}
