package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// A permanence of a programme, as a coordinator would record it: Tuesdays with a break at noon, two slots before, two after.
func tuesdays(f *fixture, changes ...any) map[string]any {
	return object(map[string]any{"programme": somme, "label": "Mardi à Doullens", "site_id": f.site.ID, "weekday": "mardi", "starts_on": "2026-01-06",
		"start_time": "10:00", "end_time": "15:30", "break_start_time": "11:30", "break_end_time": "14:00", "slot_minutes": 45, "slot_capacity": 2}, changes...)
}

func (f *fixture) permanence(changes ...any) string {
	f.Helper()
	return f.send(f.actor(domain.Coordinator), "POST", "/v1/permanences", tuesdays(f, changes...)).is(201).text("id")
}

// occurrences lists those of o2r-somme as that actor reads them.
func (f *fixture) occurrences(actor domain.Actor, from, to string) []map[string]any {
	f.Helper()
	return f.send(actor, "GET", "/v1/permanences/occurrences?from="+from+"&to="+to, nil).is(200).items()
}

func (f *fixture) occurrence(id, day string) map[string]any {
	f.Helper()
	return f.send(f.actor(domain.Coordinator), "GET", "/v1/permanences/"+id+"/occurrences/"+day, nil).is(200).Fields
}

func freeIn(occurrence map[string]any) string {
	var free []any
	for _, slot := range occurrence["slots"].([]any) {
		free = append(free, slot.(map[string]any)["free"])
	}
	return fmt.Sprint(free...)
}

// booking is the body of a meeting in a slot.
func booking(enrolment, permanence, startsAt string, changes ...any) map[string]any {
	return object(map[string]any{"enrolment_id": enrolment, "permanence_id": permanence, "starts_at": startsAt, "duration_minutes": 45, "mode": "in_person"}, changes...)
}

// The week of the team: a coordinator says when people are received, a caseworker books, a partner reads when to send
// somebody, and single days are moved or cancelled, and say so.
func TestPermanencesFromWeekToWeek(t *testing.T) {
	f := newFixture(t)
	lead, caseworker, partner, admin := f.actor(domain.Coordinator), f.actor(domain.Caseworker), f.actor(domain.Partner), f.actor(domain.Admin)
	id := f.permanence("caseworker_id", "test-caseworker")

	// 14:00 is 14:00, before and after the clocks are changed on 29 March and 25 October 2026.
	for _, c := range []struct{ day, opens, afternoon string }{
		{"2026-03-24", "2026-03-24T09:00:00Z", "2026-03-24T13:00:00Z"}, {"2026-03-31", "2026-03-31T08:00:00Z", "2026-03-31T12:00:00Z"},
		{"2026-10-20", "2026-10-20T08:00:00Z", "2026-10-20T12:00:00Z"}, {"2026-10-27", "2026-10-27T09:00:00Z", "2026-10-27T13:00:00Z"},
	} {
		got := f.occurrence(id, c.day)
		slots := got["slots"].([]any)
		if got["starts_at"] != c.opens || len(slots) != 4 || slots[2].(map[string]any)["starts_at"] != c.afternoon {
			t.Errorf("on %s: %v", c.day, got)
		}
	}

	// A holiday and a closed day are there, and say what they are; nobody is received.
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": []any{map[string]any{"starts_on": "2026-07-20", "ends_on": "2026-07-24", "label": "Fermeture d'été"}}}, "If-Match", `"0"`).is(200)
	var said []string
	for _, o := range f.occurrences(caseworker, "2026-07-01", "2026-07-31") {
		said = append(said, fmt.Sprint(o["planned_on"], " ", o["status"], " ", o["closed_for"], " ", len(o["slots"].([]any))))
	}
	if got := strings.Join(said, "; "); got != "2026-07-07 held <nil> 4; 2026-07-14 holiday Fête Nationale 0; 2026-07-21 closed Fermeture d'été 0; 2026-07-28 held <nil> 4" {
		t.Error(got)
	}

	// A meeting takes a place; the site is the permanence's. Excused, it leaves the place; scheduled again, it needs one.
	hers, his, theirs := f.enrolled("Camille", "Exemple", "2026-01-05").ID, f.enrolled("Sacha", "Exemple", "2026-01-05").ID, f.enrolled("Lou", "Exemple", "2026-01-05").ID
	const at = "2026-07-07T08:00:00Z"
	first := f.send(caseworker, "POST", "/v1/appointments", booking(hers, id, at)).is(201)
	if first.text("site_id") != f.site.ID || first.text("permanence_id") != id {
		t.Error(first.Text)
	}
	second := f.send(caseworker, "POST", "/v1/appointments", booking(his, id, at, "duration_minutes", 30)).is(201)
	f.send(caseworker, "POST", "/v1/appointments", booking(theirs, id, at)).problem(409, "slot_taken")
	if got := freeIn(f.occurrence(id, "2026-07-07")); got != "0 2 2 2" {
		t.Error(got)
	}
	path := "/v1/appointments/" + first.text("id")
	f.send(caseworker, "POST", path+"/attendance", map[string]any{"status": "excused"}).is(200)
	third := f.send(caseworker, "POST", "/v1/appointments", booking(theirs, id, at)).is(201)
	f.send(caseworker, "POST", path+"/attendance", map[string]any{"status": "scheduled"}).problem(409, "slot_taken")
	// Moved to another slot, that one leaves a place, and she has it.
	f.send(caseworker, "PUT", "/v1/appointments/"+third.text("id"), booking(theirs, id, "2026-07-07T12:00:00Z"), "If-Match", "*").is(200)
	f.send(caseworker, "POST", path+"/attendance", map[string]any{"status": "scheduled"}).is(200)
	if got := freeIn(f.occurrence(id, "2026-07-07")); got != "0 2 1 2" {
		t.Error(got)
	}
	if listed := f.send(caseworker, "GET", "/v1/appointments?permanence_id="+id, nil).is(200).items(); len(listed) != 3 {
		t.Errorf("%d meetings in slots", len(listed))
	}
	// Written whole without the permanence, it leaves the slot too.
	f.send(caseworker, "PUT", "/v1/appointments/"+second.text("id"), booking(his, id, at, "permanence_id", nil), "If-Match", "*").is(200)
	if got := freeIn(f.occurrence(id, "2026-07-07")); got != "1 2 1 2" {
		t.Error(got)
	}

	// A partner learns when and where, and neither places, nor who receives, nor why not.
	for _, other := range []domain.Actor{partner, admin} {
		for _, o := range f.occurrences(other, "2026-07-01", "2026-07-31") {
			if o["slots"] != nil || o["caseworker_id"] != nil || o["starts_at"] == nil || o["site_id"] != f.site.ID {
				t.Errorf("%s reads %v", other.Role, o)
			}
		}
		if got := f.send(other, "GET", "/v1/permanences/"+id, nil).is(200); got.Fields["caseworker_id"] != nil {
			t.Error(got.Text)
		}
		if got := f.send(other, "GET", "/v1/permanences?caseworker=test-caseworker", nil).is(200).items(); len(got) != 0 {
			t.Errorf("%s finds who receives where", other.Role)
		}
	}
	if got := f.send(caseworker, "GET", "/v1/permanences?caseworker=test-caseworker&site_id="+f.site.ID, nil).is(200).items(); len(got) != 1 {
		t.Error("she does not find her own")
	}
	// Elsewhere there is none of it, nor in the sandbox, where nobody is met.
	sandbox := partner
	sandbox.Sandbox = true
	for name, other := range map[string]domain.Actor{"elsewhere": f.stranger(domain.Coordinator), "the sandbox": sandbox} {
		if found := f.occurrences(other, "2026-07-01", "2026-07-31"); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
		f.send(other, "GET", "/v1/permanences/"+id, nil).problem(404, "not_found")
		f.send(other, "GET", "/v1/permanences/"+id+"/occurrences/2026-07-07", nil).problem(404, "not_found")
	}
}

func TestAnOccurrenceTakesItsMeetingsAlong(t *testing.T) {
	f := newFixture(t)
	lead, caseworker := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	id := f.permanence()
	there := f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Salle des fêtes"}).is(201).text("id")
	hers, his := f.enrolled("Camille", "Exemple", "2026-01-05").ID, f.enrolled("Sacha", "Exemple", "2026-01-05").ID
	// At 10:00 and 10:45 in winter; the occurrence moves by a slot, so that one takes the place that the other leaves.
	first := f.send(caseworker, "POST", "/v1/appointments", booking(hers, id, "2027-01-12T09:00:00Z")).is(201).text("id")
	second := f.send(caseworker, "POST", "/v1/appointments", booking(his, id, "2027-01-12T09:45:00Z")).is(201).text("id")
	path := "/v1/permanences/" + id + "/occurrences/2027-01-12"
	read := f.send(lead, "GET", path, nil).is(200)

	f.send(lead, "POST", path+"/move", map[string]any{"start_time": "10:45", "reason": "Le car arrive plus tard."}, "If-Match", `"7"`).problem(412, "stale")
	moved := f.send(lead, "POST", path+"/move", map[string]any{"start_time": "10:45", "reason": "Le car arrive plus tard."}, "If-Match", read.Header.Get("ETag")).is(200)
	if moved.text("status") != "moved" || moved.text("starts_at") != "2027-01-12T09:45:00Z" || len(moved.Fields["appointments"].([]any)) != 2 || freeIn(moved.Fields) != "1 1 2 2" {
		t.Error(moved.Text)
	}
	f.send(lead, "POST", path+"/move", map[string]any{"moved_on": "2027-01-13", "site_id": there, "reason": "Salle occupée."}).is(200)
	for meeting, at := range map[string]string{first: "2027-01-13T09:00:00Z", second: "2027-01-13T09:45:00Z"} {
		got := f.send(caseworker, "GET", "/v1/appointments/"+meeting, nil).is(200)
		moves := got.Fields["moves"].([]any)
		if got.text("starts_at") != at || got.text("site_id") != there || len(moves) != 2 || moves[1].(map[string]any)["reason"] != "Salle occupée." || moves[1].(map[string]any)["moved_by"] != "test-coordinator" {
			t.Errorf("not moved with its trace: %s", got.Text)
		}
	}
	// It stands where it is held and where it was to be, once in each list.
	for _, day := range []string{"2027-01-12", "2027-01-13"} {
		found := f.occurrences(caseworker, day, day)
		if len(found) != 1 || found[0]["planned_on"] != "2027-01-12" || found[0]["starts_at"] != "2027-01-13T09:00:00Z" || freeIn(found[0]) != "1 1 2 2" {
			t.Errorf("on %s: %v", day, found)
		}
	}
	if found := f.send(caseworker, "GET", "/v1/permanences/occurrences?from=2027-01-01&to=2027-01-31&site_id="+there, nil).is(200).items(); len(found) != 1 {
		t.Errorf("at the other site: %v", found)
	}
	// The old slot is gone; the new one is booked with its own site.
	f.send(caseworker, "POST", "/v1/appointments", booking(f.enrolled("Lou", "Exemple", "2026-01-05").ID, id, "2027-01-12T09:00:00Z")).problem(409, "slot_gone")
	f.send(caseworker, "POST", "/v1/appointments", booking(f.enrolled("Noa", "Exemple", "2026-01-05").ID, id, "2027-01-13T13:00:00Z", "site_id", f.site.ID)).problemAt(422, "invalid", "body.site_id")

	// Restored, they come back.
	restored := f.send(lead, "POST", path+"/restore", map[string]any{"reason": "Salle rendue."}).is(200)
	if restored.text("status") != "held" || fmt.Sprint(restored.Fields["version"]) != "4" || freeIn(restored.Fields) != "1 1 2 2" || len(restored.Fields["appointments"].([]any)) != 2 {
		t.Error(restored.Text)
	}
	// Cancelled, so are they, by the service; and the answer says which.
	before := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'appointment' AND action = 'cancelled'`)
	cancelled := f.send(lead, "POST", path+"/cancel", map[string]any{"reason": "Route coupée par la neige."}).is(200)
	var named []string
	for _, meeting := range cancelled.Fields["appointments"].([]any) {
		named = append(named, fmt.Sprint(meeting.(map[string]any)["id"], " ", meeting.(map[string]any)["status"]))
	}
	if got := strings.Join(named, ", "); got != first+" cancelled, "+second+" cancelled" {
		t.Error(got)
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'appointment' AND action = 'cancelled'`) - before; n != 2 {
		t.Errorf("%d rows in the trail", n)
	}
	f.send(caseworker, "POST", "/v1/appointments/"+first+"/attendance", map[string]any{"status": "scheduled"}).problem(409, "slot_gone")
	f.send(lead, "POST", path+"/restore", map[string]any{"reason": "La route est dégagée."}).is(200)
	if got := f.send(caseworker, "GET", "/v1/appointments/"+first, nil).is(200); got.text("status") != "cancelled" {
		t.Errorf("set back by itself: %s", got.Text)
	}
	f.send(caseworker, "POST", "/v1/appointments/"+first+"/attendance", map[string]any{"status": "scheduled"}).is(200)

	// A holiday is moved to the day after, or held all the same.
	holiday := "/v1/permanences/" + id + "/occurrences/2026-07-14"
	f.send(lead, "POST", holiday+"/move", map[string]any{"moved_on": "2026-07-15", "reason": "Lendemain du 14 juillet."}).is(200)
	f.send(lead, "POST", holiday+"/restore", map[string]any{"reason": "Finalement non."}).is(200)
	if held := f.send(lead, "POST", holiday+"/hold", map[string]any{"reason": "Bal des pompiers."}).is(200); held.text("status") != "held" || len(held.Fields["slots"].([]any)) != 4 {
		t.Error(held.Text)
	}
}

func TestWhatNoPermanenceCanBe(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	theirSite := f.send(f.stranger(domain.Coordinator), "POST", "/v1/sites", map[string]any{"programme": elsewhere, "name": "Ailleurs"}).is(201).text("id")
	id := f.permanence()
	before := f.contents()
	for name, c := range map[string]struct {
		changes  []any
		location string
	}{
		"a blank name":                         {[]any{"label", "   "}, "label"},
		"no day of the week":                   {[]any{"weekday", "tuesday"}, "weekday"},
		"a number for a day of the week":       {[]any{"weekday", 2}, "weekday"},
		"an hour without its zero":             {[]any{"start_time", "9:00"}, "start_time"},
		"an instant for an hour":               {[]any{"start_time", "2026-01-06T09:00:00Z"}, "start_time"},
		"24:00":                                {[]any{"end_time", "24:00"}, "end_time"},
		"hours at which clocks are changed":    {[]any{"start_time", "02:00"}, "start_time"},
		"closing before it opens":              {[]any{"end_time", "09:00", "break_start_time", nil, "break_end_time", nil}, "end_time"},
		"half a break":                         {[]any{"break_end_time", nil}, "break_end_time"},
		"a break outside the hours":            {[]any{"break_start_time", "08:00"}, "break_start_time"},
		"slots that do not fit":                {[]any{"slot_minutes", 200}, "slot_minutes"},
		"slots of no length":                   {[]any{"slot_minutes", 0}, "slot_minutes"},
		"slots for nobody":                     {[]any{"slot_capacity", 0}, "slot_capacity"},
		"slots for a crowd":                    {[]any{"slot_capacity", 51}, "slot_capacity"},
		"every five weeks":                     {[]any{"every_weeks", 5}, "every_weeks"},
		"ending before it begins":              {[]any{"ends_on", "2026-01-05"}, "ends_on"},
		"beginning before the programme":       {[]any{"starts_on", "2024-10-29"}, "starts_on"},
		"ending after the programme":           {[]any{"ends_on", "2028-01-04"}, "ends_on"},
		"a site of another programme":          {[]any{"site_id", theirSite}, "site_id"},
		"a site that is none":                  {[]any{"site_id", randomID()}, "site_id"},
		"another programme":                    {[]any{"programme", elsewhere}, "programme"},
		"a social security number in its name": {[]any{"label", "1 85 05 78 006 084 91"}, "label"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(lead, "POST", "/v1/permanences", tuesdays(&f, c.changes...)).problemAt(422, "invalid", "body."+c.location)
			f.send(lead, "PUT", "/v1/permanences/"+id, tuesdays(&f, c.changes...), "If-Match", "*").problemAt(422, "invalid", "body."+c.location)
		})
	}
	occurrences := "/v1/permanences/occurrences"
	for target, location := range map[string]string{
		occurrences + "?from=2026-02-01&to=2026-01-01": "query.from", occurrences + "?from=2026-01-01&to=2027-01-02": "query.to",
		occurrences + "?from=2026-01-01&to=2026-02-30":           "query.to",
		occurrences + "?from=2026-01-01&to=2026-02-01&cursor=xx": "query.cursor",
		occurrences + "?from=2026-01-01&to=2026-02-01&site_id=x": "query.site_id",
	} {
		f.send(lead, "GET", target, nil).problemAt(422, "invalid", strings.Fields(location)...)
	}
	f.send(lead, "GET", occurrences+"?from=2026-01-01&to=2027-01-01", nil).is(200)
	for _, body := range []map[string]any{
		{"starts_on": "2026-08-10", "ends_on": "2026-08-09", "label": "Congés"}, {"starts_on": "2026-08-10", "ends_on": "2026-08-14", "label": "  "}, {"starts_on": "2026-08-10", "label": "Congés"},
	} {
		f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": []any{body}}, "If-Match", "*").problem(422, "invalid")
	}
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": []any{}}).problem(428, "precondition_required")
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": []any{}}, "If-Match", `"3"`).problem(412, "stale")
	f.send(lead, "PUT", "/v1/permanences/"+id, tuesdays(f)).problem(428, "precondition_required")
	f.send(lead, "PUT", "/v1/permanences/"+id, tuesdays(f), "If-Match", `"2"`).problem(412, "stale")
	f.send(f.stranger(domain.Coordinator), "PUT", "/v1/permanences/"+id, tuesdays(f), "If-Match", "*").problem(404, "not_found")
	f.send(f.actor(domain.Admin), "PUT", "/v1/permanences/"+id, tuesdays(f), "If-Match", "*").problem(403, "forbidden")
	f.unchanged(before)
}

func TestWhatCannotBeDecidedAboutAnOccurrence(t *testing.T) {
	f := newFixture(t)
	lead, caseworker := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	id := f.permanence()
	at := func(day, action string) string {
		return "/v1/permanences/" + id + "/occurrences/" + day + "/" + action
	}
	because := map[string]any{"reason": "Par décision de l'équipe."}
	moving := func(changes ...any) map[string]any { return object(because, changes...) }
	f.send(lead, "POST", at("2026-02-03", "cancel"), because).is(200)
	f.send(lead, "POST", at("2026-02-10", "move"), moving("moved_on", "2026-02-18")).is(200)
	past := f.send(caseworker, "POST", "/v1/appointments", booking(f.enrolled("Camille", "Exemple", "2026-01-05").ID, id, "2026-01-13T09:00:00Z")).is(201).text("id")
	f.send(caseworker, "POST", "/v1/appointments/"+past+"/attendance", map[string]any{"status": "attended"}).is(200)
	// Somebody who enters on the very day of her meeting.
	f.send(caseworker, "POST", "/v1/appointments", booking(f.enrolled("Sacha", "Exemple", "2026-03-03").ID, id, "2026-03-03T09:00:00Z")).is(201)
	before := f.contents()
	for name, c := range map[string]struct {
		path   string
		body   any
		status int
		code   string
		at     string
	}{
		"a Wednesday":                       {at("2026-02-04", "cancel"), because, 404, "not_found", ""},
		"a day before the first":            {at("2025-12-30", "cancel"), because, 404, "not_found", ""},
		"a day after the programme":         {at("2028-01-04", "cancel"), because, 404, "not_found", ""},
		"a day that is none":                {at("2026-02-30", "cancel"), because, 422, "invalid", "path.planned_on"},
		"without a reason":                  {at("2026-02-17", "cancel"), map[string]any{}, 422, "invalid", "body.reason"},
		"with a blank reason":               {at("2026-02-17", "cancel"), map[string]any{"reason": "    "}, 422, "invalid", "body.reason"},
		"cancelled twice":                   {at("2026-02-03", "cancel"), because, 409, "occurrence_cancelled", ""},
		"moved once it is cancelled":        {at("2026-02-03", "move"), moving("moved_on", "2026-02-04"), 409, "occurrence_cancelled", ""},
		"a holiday, cancelled":              {at("2026-07-14", "cancel"), because, 409, "occurrence_holiday", ""},
		"held as it is anyway":              {at("2026-02-17", "hold"), because, 409, "occurrence_held", ""},
		"restored, with nothing to restore": {at("2026-02-17", "restore"), because, 409, "occurrence_held", ""},
		"moved nowhere":                     {at("2026-02-17", "move"), because, 422, "invalid", "body.moved_on"},
		"moved to where it is":              {at("2026-02-17", "move"), moving("moved_on", "2026-02-17", "start_time", "10:00", "site_id", f.site.ID), 422, "invalid", "body.moved_on"},
		"moved onto a holiday":              {at("2026-04-28", "move"), moving("moved_on", "2026-05-01"), 422, "invalid", "body.moved_on"},
		"moved out of the programme":        {at("2026-02-17", "move"), moving("moved_on", "2028-02-17"), 422, "invalid", "body.moved_on"},
		"moved to no site":                  {at("2026-02-17", "move"), moving("site_id", randomID()), 422, "invalid", "body.site_id"},
		"moved into the night":              {at("2026-02-17", "move"), moving("start_time", "03:30"), 422, "invalid", "body.start_time"},
		"moved past midnight":               {at("2026-02-17", "move"), moving("start_time", "19:00"), 422, "invalid", "body.start_time"},
		"moved onto the next one":           {at("2026-02-17", "move"), moving("moved_on", "2026-02-24"), 409, "occurrence_overlaps", ""},
		"moved onto one that was moved":     {at("2026-02-17", "move"), moving("moved_on", "2026-02-18", "start_time", "15:00"), 409, "occurrence_overlaps", ""},
		"cancelled after people came":       {at("2026-01-13", "cancel"), because, 409, "occurrence_attended", ""},
		"moved after people came":           {at("2026-01-13", "move"), moving("moved_on", "2026-01-14"), 409, "occurrence_attended", ""},
		"moved before somebody entered":     {at("2026-03-03", "move"), moving("moved_on", "2026-03-02"), 409, "meeting_before_entry", ""},
		"of a permanence that is none":      {strings.Replace(at("2026-02-17", "cancel"), id, randomID(), 1), because, 404, "not_found", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			got := f.send(lead, "POST", c.path, c.body)
			if c.at != "" {
				got.problemAt(c.status, c.code, c.at)
				return
			}
			got.problem(c.status, c.code)
		})
	}
	for _, other := range []domain.Actor{caseworker, f.actor(domain.Partner), f.actor(domain.Admin), f.actor(domain.Analyst), f.actor(domain.DPO)} {
		f.send(other, "POST", at("2026-02-17", "cancel"), because).problem(403, "forbidden")
	}
	f.send(f.stranger(domain.Coordinator), "POST", at("2026-02-17", "cancel"), because).problem(404, "not_found")
	f.unchanged(before)
	// The one to come may not be moved into the past; what has been, may have been on another day.
	soon := domain.DayOf(time.Now()).AddDays(14)
	for soon.Weekday() != time.Tuesday {
		soon = soon.AddDays(1)
	}
	f.send(lead, "POST", at(soon.String(), "move"), moving("moved_on", domain.DayOf(time.Now()).AddDays(-1).String())).problemAt(422, "invalid", "body.moved_on")
	f.send(lead, "POST", at("2026-02-17", "move"), moving("moved_on", "2026-02-19")).is(200)
}

func TestWhatNoSlotTakes(t *testing.T) {
	f := newFixture(t)
	lead, caseworker := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	id := f.permanence()
	elsewheres := f.send(f.stranger(domain.Coordinator), "POST", "/v1/sites", map[string]any{"programme": elsewhere, "name": "Ailleurs"}).is(201).text("id")
	theirs := f.send(f.stranger(domain.Coordinator), "POST", "/v1/permanences", tuesdays(f, "programme", elsewhere, "site_id", elsewheres)).is(201).text("id")
	there := f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Ailleurs"}).is(201).text("id")
	hers := f.enrolled("Camille", "Exemple", "2026-01-05").ID
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/2026-02-03/cancel", map[string]any{"reason": "Neige."}).is(200)
	f.send(caseworker, "POST", "/v1/appointments", booking(hers, id, "2026-02-10T09:00:00Z")).is(201)
	free := f.send(caseworker, "POST", "/v1/appointments", booking(hers, id, "2026-02-10T13:00:00Z", "permanence_id", nil)).is(201)
	for name, c := range map[string]struct {
		body   map[string]any
		status int
		code   string
		at     string
	}{
		"between two slots":                {booking(hers, id, "2026-02-17T09:10:00Z"), 422, "invalid", "body.starts_at"},
		"in the break":                     {booking(hers, id, "2026-02-17T11:00:00Z"), 422, "invalid", "body.starts_at"},
		"what is left before the break":    {booking(hers, id, "2026-02-17T10:30:00Z"), 422, "invalid", "body.starts_at"},
		"after it closes":                  {booking(hers, id, "2026-02-17T14:30:00Z"), 422, "invalid", "body.starts_at"},
		"on another day":                   {booking(hers, id, "2026-02-18T09:00:00Z"), 422, "invalid", "body.starts_at"},
		"at the hour of summer, in winter": {booking(hers, id, "2026-02-17T08:00:00Z"), 422, "invalid", "body.starts_at"},
		"before the permanence begins":     {booking(f.enrolled("Lou", "Exemple", "2025-01-06").ID, id, "2025-12-30T09:00:00Z"), 422, "invalid", "body.starts_at"},
		"longer than a slot":               {booking(hers, id, "2026-02-17T09:00:00Z", "duration_minutes", 46), 422, "invalid", "body.duration_minutes"},
		"at another site":                  {booking(hers, id, "2026-02-17T09:00:00Z", "site_id", there), 422, "invalid", "body.site_id"},
		"of a permanence that is none":     {booking(hers, randomID(), "2026-02-17T09:00:00Z"), 422, "invalid", "body.permanence_id"},
		"of another programme's":           {booking(hers, theirs, "2026-02-17T09:00:00Z"), 422, "invalid", "body.permanence_id"},
		"before she entered":               {booking(f.enrolled("Noa", "Exemple", "2026-03-02").ID, id, "2026-02-17T09:00:00Z"), 422, "invalid", "body.starts_at"},
		"with nobody":                      {booking(randomID(), id, "2026-02-17T09:00:00Z"), 422, "invalid", "body.enrolment_id"},
		"on a holiday":                     {booking(hers, id, "2026-07-14T08:00:00Z"), 409, "slot_gone", ""},
		"on a cancelled day":               {booking(hers, id, "2026-02-03T09:00:00Z"), 409, "slot_gone", ""},
		"twice for one person":             {booking(hers, id, "2026-02-10T09:00:00Z"), 409, "already_booked", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			before := f.contents() // with those who were enrolled for the cases
			got := f.send(caseworker, "POST", "/v1/appointments", c.body)
			if c.at != "" {
				got.problemAt(c.status, c.code, c.at)
			} else {
				got.problem(c.status, c.code)
			}
			if c.body["enrolment_id"] == hers { // so would moving a meeting there be
				got := f.send(caseworker, "PUT", "/v1/appointments/"+free.text("id"), c.body, "If-Match", "*")
				if c.at != "" {
					got.problemAt(c.status, c.code, c.at)
				} else {
					got.problem(c.status, c.code)
				}
			}
			f.unchanged(before)
		})
	}
	// Whoever reaches both programmes does not mix them either.
	both := lead
	both.Programmes = []string{somme, elsewhere}
	f.send(both, "POST", "/v1/appointments", booking(hers, theirs, "2026-02-17T09:00:00Z")).problemAt(422, "invalid", "body.permanence_id")
	// What has happened is written down, also where her place had been given away.
	full := f.permanence("slot_capacity", 1, "weekday", "jeudi", "label", "Jeudi")
	first := f.send(caseworker, "POST", "/v1/appointments", booking(hers, full, "2026-02-12T09:00:00Z")).is(201).text("id")
	f.send(caseworker, "POST", "/v1/appointments/"+first+"/attendance", map[string]any{"status": "excused"}).is(200)
	f.send(caseworker, "POST", "/v1/appointments", booking(f.enrolled("Ali", "Exemple", "2026-01-05").ID, full, "2026-02-12T09:00:00Z")).is(201)
	f.send(caseworker, "POST", "/v1/appointments/"+first+"/attendance", map[string]any{"status": "attended"}).is(200)
	if got := f.occurrence(full, "2026-02-12")["slots"].([]any)[0].(map[string]any); fmt.Sprint(got["booked"], got["free"]) != "2 0" {
		t.Error(got)
	}
}

// What is changed beneath meetings that have a place is refused, and says how many there are.
func TestNoMeetingLosesItsSlotSilently(t *testing.T) {
	f := newFixture(t)
	lead, caseworker, officer := f.actor(domain.Coordinator), f.actor(domain.Caseworker), f.actor(domain.DPO)
	id := f.permanence("slot_capacity", 3)
	path := "/v1/permanences/" + id
	there := f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Ailleurs"}).is(201).text("id")
	var met []string
	var people []string
	for _, name := range []string{"Camille", "Sacha", "Lou"} {
		enrolment := f.enrolled(name, "Exemple", "2026-01-05")
		people = append(people, enrolment.ParticipantID)
		met = append(met, f.send(caseworker, "POST", "/v1/appointments", booking(enrolment.ID, id, "2027-01-12T09:00:00Z")).is(201).text("id"))
	}
	held := f.send(caseworker, "POST", "/v1/appointments", booking(f.enrolled("Noa", "Exemple", "2026-01-05").ID, id, "2026-02-03T13:00:00Z")).is(201).text("id")
	f.send(caseworker, "POST", "/v1/appointments/"+held+"/attendance", map[string]any{"status": "attended"}).is(200)
	put := func(changes ...any) reply {
		f.Helper()
		return f.send(lead, "PUT", path, tuesdays(f, append([]any{"slot_capacity", 3}, changes...)...), "If-Match", "*")
	}
	before := f.contents()
	for _, changes := range [][]any{
		{"weekday", "mercredi"}, {"start_time", "10:15"}, {"every_weeks", 2, "starts_on", "2026-01-13"}, {"ends_on", "2026-12-31"}, {"starts_on", "2027-02-01"},
		{"slot_capacity", 2}, {"slot_minutes", 30}, {"site_id", there}, {"break_start_time", nil, "break_end_time", nil},
	} {
		if faults := put(changes...).problem(409, "bookings_in_the_way"); len(faults) > 0 {
			t.Error(faults)
		}
	}
	closing := func(from, to string) reply {
		f.Helper()
		return f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": []any{map[string]any{"starts_on": from, "ends_on": to, "label": "Fermeture"}}}, "If-Match", "*")
	}
	if got := put("ends_on", "2026-12-31"); !strings.Contains(got.text("detail"), "3 meetings") || !strings.Contains(got.text("detail"), "to come: 3") {
		t.Error(got.Text)
	}
	closing("2027-01-11", "2027-01-15").problem(409, "bookings_in_the_way")
	closing("2026-02-03", "2026-02-03").problem(409, "bookings_in_the_way")
	f.unchanged(before)

	// What takes nobody's place goes through: its name, who receives, more room, an end after the last of them.
	put("label", "Mardi", "caseworker_id", "c.martin", "slot_capacity", 4, "ends_on", "2027-01-12", "end_time", "16:15").is(200)
	closing("2027-01-13", "2027-01-15").is(200)
	// An occurrence was moved to a Wednesday: then the permanence cannot become Wednesday's, were nobody booked.
	empty := f.permanence("label", "Vide", "weekday", "vendredi")
	f.send(lead, "POST", "/v1/permanences/"+empty+"/occurrences/2026-02-06/move", map[string]any{"moved_on": "2026-02-11", "reason": "Salle occupée."}).is(200)
	f.send(lead, "PUT", "/v1/permanences/"+empty, tuesdays(f, "weekday", "mercredi"), "If-Match", "*").is(200) // 6 February is no day of it any more, and the move says nothing
	f.send(lead, "PUT", "/v1/permanences/"+empty, tuesdays(f, "weekday", "vendredi", "start_time", "08:00", "break_start_time", "12:00"), "If-Match", "*").is(200)

	// Who is called off, erased or was enrolled by mistake leaves the place; who is restricted keeps it, unseen.
	f.send(caseworker, "POST", "/v1/appointments/"+met[0]+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	f.send(officer, "POST", "/v1/participants/"+people[1]+"/erasure", map[string]any{"reason": "À sa demande."}).is(200)
	f.send(officer, "POST", "/v1/participants/"+people[2]+"/restriction", map[string]any{"restricted": true, "reason": "Contestée."}).is(200)
	slot := f.occurrence(id, "2027-01-12")["slots"].([]any)[0].(map[string]any)
	if fmt.Sprint(slot["booked"], slot["free"]) != "1 3" {
		t.Errorf("one of three keeps her place: %v", slot)
	}
	mistaken := f.enrolled("Ali", "Exemple", "2026-01-05").ID
	f.send(caseworker, "POST", "/v1/appointments", booking(mistaken, id, "2027-01-12T09:45:00Z")).is(201)
	f.send(lead, "POST", "/v1/enrolments/"+mistaken+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	if got := freeIn(f.occurrence(id, "2027-01-12")); got != "3 4 4 4 4" {
		t.Error(got)
	}
	// Cancelled, the occurrence leaves the frozen file as it is, and says nothing of it.
	cancelled := f.send(lead, "POST", path+"/occurrences/2027-01-12/cancel", map[string]any{"reason": "Neige."}).is(200)
	if n := len(cancelled.Fields["appointments"].([]any)); n != 0 {
		t.Errorf("%d meetings of nobody: %s", n, cancelled.Text)
	}
	if got := f.rows(`SELECT status FROM appointments WHERE id = $1`, met[2])[0][0]; got != "scheduled" {
		t.Errorf("a frozen file was written: %v", got)
	}
}

// Three places, fifty callers at once: three meetings, whoever they are and however they come.
func TestASlotIsNeverFullerThanItsCapacity(t *testing.T) {
	f := newFixture(t)
	id := f.permanence("slot_capacity", 3)
	var requests, moves []request
	for i := range 50 {
		staff := f.actor(domain.Caseworker)
		staff.TokenID = fmt.Sprint("poste-", i) // fifty people, not one
		enrolment := f.enrolled("Camille", fmt.Sprint("Exemple ", i), "2026-01-05").ID
		requests = append(requests, request{staff, "POST", "/v1/appointments", booking(enrolment, id, "2027-01-12T09:00:00Z"), ""})
		free := f.send(staff, "POST", "/v1/appointments", booking(enrolment, id, "2027-01-12T10:00:00Z", "permanence_id", nil)).is(201).text("id")
		moves = append(moves, request{staff, "PUT", "/v1/appointments/" + free, booking(enrolment, id, "2027-01-12T09:45:00Z"), "*"})
	}
	f.tallied(f.atOnce(requests), map[string]int{"201": 3, "409 slot_taken": 47})
	f.tallied(f.atOnce(moves), map[string]int{"200": 3, "409 slot_taken": 47})
	if n := f.count(`SELECT count(*) FROM appointments WHERE slot_place IS NOT NULL`); n != 6 {
		t.Errorf("%d places are taken", n)
	}
	if got := freeIn(f.occurrence(id, "2027-01-12")); got != "0 0 3 3" {
		t.Error(got)
	}
	// And none is refused a place that is free.
	wide := f.permanence("slot_capacity", 50)
	for i := range requests {
		requests[i].body = object(requests[i].body.(map[string]any), "permanence_id", wide)
	}
	f.tallied(f.atOnce(requests), map[string]int{"201": 50})
}

// Whoever books while the day is called off, or closed, is refused or called off with it: nobody is left with a place where
// nobody is received.
func TestNobodyIsLeftInAnOccurrenceThatIsCalledOff(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	id := f.permanence("slot_capacity", 50)
	var people []string
	for i := range 8 {
		people = append(people, f.enrolled("Camille", fmt.Sprint("Exemple ", i), "2026-01-05").ID)
	}
	for round := range 10 {
		day := domain.MustDate("2026-12-01").AddDays(7 * round)
		var requests []request
		for i, enrolment := range people {
			staff := lead
			staff.TokenID = fmt.Sprint("poste-", i)
			requests = append(requests, request{staff, "POST", "/v1/appointments", booking(enrolment, id, day.String()+"T09:00:00Z"), ""})
		}
		off := request{lead, "POST", "/v1/permanences/" + id + "/occurrences/" + day.String() + "/cancel", map[string]any{"reason": "Neige."}, ""}
		if round%2 == 1 {
			off = request{lead, "PUT", "/v1/programmes/" + somme + "/closures", map[string]any{"items": []any{map[string]any{"starts_on": day.String(), "ends_on": day.String(), "label": "Fermeture"}}}, "*"}
		}
		requests = slices.Insert(requests, round%len(requests), off)
		for _, got := range f.atOnce(requests) {
			if got.Status >= 500 || got.Status == 429 {
				t.Error(got.Text)
			}
		}
		status := f.occurrence(id, day.String())["status"]
		left := f.count(`SELECT count(*) FROM appointments WHERE slot_place IS NOT NULL AND starts_at = $1`, day.String()+"T09:00:00Z")
		if status != "held" && left != 0 {
			t.Errorf("on %s it is %v, and %d meetings have a place there", day, status, left)
		}
	}
}

// Meetings change slots and permanences, occurrences are moved and cancelled, attendance is recorded, all at once: nobody waits
// for ever, nothing fails but what the rules refuse, and no slot is ever too full.
func TestSlotsAreSwappedWhileOccurrencesMove(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	one, other := f.permanence("slot_capacity", 2), f.permanence("slot_capacity", 2, "label", "Jeudi", "weekday", "jeudi")
	slots := map[string]string{one: "2027-01-12T09:00:00Z", other: "2027-01-14T09:00:00Z"}
	var paths, enrolments []string
	for i, permanence := range []string{one, one, other, other} {
		enrolments = append(enrolments, f.enrolled("Camille", fmt.Sprint("Exemple ", i), "2026-01-05").ID)
		paths = append(paths, "/v1/appointments/"+f.send(lead, "POST", "/v1/appointments", booking(enrolments[i], permanence, slots[permanence])).is(201).text("id"))
	}
	for round := range 6 {
		var requests []request
		for i, path := range paths {
			for _, to := range []string{one, other} {
				staff := lead
				staff.TokenID = fmt.Sprint("poste-", i, to)
				requests = append(requests, request{staff, "PUT", path, booking(enrolments[i], to, slots[to]), "*"},
					request{staff, "POST", path + "/attendance", map[string]any{"status": []string{"excused", "scheduled"}[round%2]}, ""})
			}
		}
		move := fmt.Sprintf("/v1/permanences/%s/occurrences/2027-01-12/", one)
		requests = append(requests, request{lead, "POST", move + []string{"move", "restore"}[round%2], map[string]any{"start_time": "10:45", "reason": "Pour essayer."}, ""})
		if round%2 == 1 {
			requests[len(requests)-1].body = map[string]any{"reason": "Pour essayer."}
		}
		for _, got := range f.atOnce(requests) {
			if got.Status >= 500 || got.Status == 429 || got.Status == 404 {
				t.Errorf("round %d: %s", round, got.Text)
			}
		}
		if n := f.count(`SELECT count(*) FROM (SELECT FROM appointments WHERE slot_place IS NOT NULL GROUP BY permanence_id, starts_at HAVING count(*) > 2) AS crowded`); n != 0 {
			t.Fatalf("%d slots are too full", n)
		}
		if n := f.count(`SELECT count(*) FROM appointments WHERE (slot_place IS NOT NULL) <> (permanence_id IS NOT NULL AND status NOT IN ('excused', 'cancelled'))`); n != 0 {
			t.Fatalf("%d meetings without their place, or with one too many", n)
		}
	}
}
