package api_test

import (
	"maps"
	"strings"
	"testing"

	"o2r/domain"
)

func TestWhatIsNotMerged(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	coordinator, officer, far := f.actor(domain.Coordinator), f.actor(domain.DPO), f.stranger(domain.Coordinator)
	person := func(by domain.Actor, fields ...any) string {
		return f.send(by, "POST", "/v1/participants", object(map[string]any{"first_name": "Fictif", "last_name": "Exemple"}, fields...)).is(201).text("id")
	}
	enrol := func(by domain.Actor, id string, fields ...any) string {
		return f.send(by, "POST", "/v1/enrolments", object(map[string]any{"participant_id": id, "programme": by.Programmes[0], "entered_on": "2025-02-03"}, fields...)).is(201).text("id")
	}
	wide := coordinator
	wide.Programmes = []string{somme, elsewhere}
	hidden, everywhere, restricted, erased, young, ended := person(far), person(wide), person(coordinator), person(coordinator), person(coordinator, "birth_date", "2009-06-01"), person(coordinator)
	enrol(wide, everywhere)
	f.send(wide, "POST", "/v1/enrolments", map[string]any{"participant_id": everywhere, "programme": elsewhere, "entered_on": "2025-02-03"}).is(201)
	f.send(coordinator, "POST", "/v1/enrolments/"+enrol(coordinator, ended)+"/exit", map[string]any{"exited_on": "2025-09-01", "kind": "abandon"}).is(200)
	foreign := f.actor(domain.Coordinator)
	foreign.OrganisationID, foreign.Programmes = f.other.ID, []string{somme, elsewhere}
	awaited := person(foreign)
	enrol(foreign, awaited)
	f.send(officer, "POST", "/v1/participants/"+restricted+"/restriction", map[string]any{"restricted": true, "reason": "Contestée."}).is(200)
	f.send(officer, "POST", "/v1/participants/"+erased+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)

	before := f.remains()
	for name, row := range map[string]struct {
		survivor, duplicate string
		status              int
		code, at            string
	}{
		"nobody":                         {randomID(), w.second, 404, "not_found", ""},
		"into somebody out of reach":     {hidden, w.second, 404, "not_found", ""},
		"into a restricted file":         {restricted, w.second, 404, "not_found", ""},
		"into somebody erased":           {erased, w.second, 404, "not_found", ""},
		"with nobody":                    {w.first, randomID(), 422, "invalid", "body.duplicate_id unknown"},
		"with somebody out of reach":     {w.first, hidden, 422, "invalid", "body.duplicate_id unknown"},
		"with a restricted file":         {w.first, restricted, 422, "invalid", "body.duplicate_id unknown"},
		"with somebody erased":           {w.first, erased, 422, "invalid", "body.duplicate_id unknown"},
		"with herself":                   {w.first, w.first, 422, "invalid", "body.duplicate_id same"},
		"with somebody followed afar":    {w.first, everywhere, 409, "other_programme", ""},
		"into somebody followed afar":    {everywhere, w.first, 409, "other_programme", ""},
		"whom another awaits":            {w.first, awaited, 409, "awaited_elsewhere", ""},
		"too young by the survivor":      {young, w.second, 409, "too_young", ""},
		"paths that do not end alike":    {w.first, ended, 409, "exits_differ", ""},
		"paths that do not end, swapped": {ended, w.first, 409, "exits_differ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			got := f.merge(row.survivor, row.duplicate)
			faults := got.problem(row.status, row.code)
			if row.at != "" && (len(faults) != 1 || faults[0].Location+" "+faults[0].Code != row.at) {
				t.Errorf("faults %v", faults)
			}
			if strings.Contains(got.Text, elsewhere) {
				t.Errorf("names the other programme: %s", got.Text)
			}
			if row.status != 409 {
				undone := f.unmerge(row.survivor, row.duplicate)
				if undone.Status != row.status && undone.Status != 409 {
					t.Errorf("unmerged: %s", undone.Text)
				}
			}
		})
	}
	f.send(coordinator, "POST", "/v1/participants/"+w.first+"/merge", map[string]any{"duplicate_id": w.second, "reason": "   \t "}).problemAt(422, "invalid", "body.reason")
	f.send(coordinator, "POST", "/v1/participants/"+w.first+"/merge", map[string]any{"duplicate_id": w.second, "reason": "NIR 1 90 05 80 253 001 02"}).problem(422, "invalid")
	f.unmerge(w.first, w.second).problem(409, "not_merged")
	if after := f.remains(); !maps.Equal(before, after) {
		t.Error("a refused merge wrote something")
	}
	for _, action := range []string{"merged", "folded", "moved"} {
		if n := f.count(`SELECT count(*) FROM audit_events WHERE action = $1`, action); n != 0 {
			t.Errorf("a refused merge left %d rows that it was %s", n, action)
		}
	}
	// Corrected as it says, it goes.
	path := f.send(coordinator, "GET", "/v1/enrolments?participant_id="+ended, nil).items()[0]["id"].(string)
	f.send(coordinator, "POST", "/v1/enrolments/"+path+"/reopen", map[string]any{"reason": "Double."}).is(200)
	f.merge(w.first, ended).is(200)
	// And with a token for both programmes.
	f.send(wide, "POST", "/v1/participants/"+everywhere+"/merge", map[string]any{"duplicate_id": w.first, "reason": "Double."}).is(200)
	f.unmerge(everywhere, w.first).is(200) // what she was in is all within this token
	for _, id := range []string{w.first, ended} {
		if got := f.send(coordinator, "GET", "/v1/participants/"+id, nil).is(200).text("id"); got != w.first {
			t.Errorf("%s leads to %s", id, got)
		}
	}
}

func TestAMergeIsUndoneForThirtyDays(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	f.merge(w.first, w.second).is(200)
	f.exec(`UPDATE merges SET merged_at = merged_at - interval '30 days 1 minute', reversible_until = reversible_until - interval '30 days 1 minute'`)
	before := f.remains()
	f.unmerge(w.first, w.second).problem(409, "too_late")
	if !maps.Equal(before, f.remains()) {
		t.Error("too late, and something was written")
	}
	if got := f.send(f.actor(domain.Coordinator), "GET", "/v1/participants/"+w.second, nil).is(200).text("id"); got != w.first {
		t.Errorf("the duplicate leads to %s", got)
	}
	f.exec(`UPDATE merges SET merged_at = merged_at + interval '2 minutes', reversible_until = reversible_until + interval '2 minutes'`)
	f.unmerge(w.first, w.second).is(200)
}

// What was recorded meanwhile may leave no room for what would stand again: then people decide.
func TestAMergeIsNotUndoneOverWhatCameSince(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-10", "2025-02-03") // the duplicate's path stands for the survivor's own
	coordinator := f.actor(domain.Coordinator)
	f.merge(w.first, w.second).is(200)
	f.send(coordinator, "POST", "/v1/enrolments/"+w.secondPath+"/exit", map[string]any{"exited_on": "2025-09-01", "kind": "abandon"}).is(200)
	again := f.send(coordinator, "POST", "/v1/enrolments", map[string]any{"participant_id": w.second, "programme": somme, "entered_on": "2025-10-01"}).is(201).text("id")
	before := f.remains()
	f.unmerge(w.first, w.second).problem(409, "already_enrolled")
	if !maps.Equal(before, f.remains()) {
		t.Error("refused, and something was written")
	}
	f.send(coordinator, "POST", "/v1/enrolments/"+again+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	f.unmerge(w.first, w.second).is(200)
	for path, whose := range map[string]string{w.firstPath: w.first, w.secondPath: w.second, again: w.first} {
		if got := f.send(coordinator, "GET", "/v1/enrolments/"+path, nil).is(200).text("participant_id"); got != whose {
			t.Errorf("%s is of %s, not %s", path, got, whose)
		}
	}
}

// Who waits for the duplicate in a programme for which the survivor was not recorded finds the survivor.
func TestNobodyLosesSightOfWhoIsMerged(t *testing.T) {
	f := newFixture(t)
	wide, here, there := f.actor(domain.Coordinator), f.actor(domain.Caseworker), f.actor(domain.Caseworker)
	wide.Programmes, there.Programmes = []string{somme, elsewhere}, []string{elsewhere}
	body := map[string]any{"first_name": "Maëlle", "last_name": "Fictive"}
	survivor := f.send(here, "POST", "/v1/participants", body).is(201).text("id")
	duplicate := f.send(wide, "POST", "/v1/participants", body).is(201).text("id")
	f.send(there, "GET", "/v1/participants/"+survivor, nil).is(404)
	before := f.remains()
	f.merge(survivor, duplicate).is(200) // her token opens one programme, in which both may be seen
	for _, id := range []string{survivor, duplicate} {
		if got := f.send(there, "GET", "/v1/participants/"+id, nil).is(200).text("id"); got != survivor {
			t.Errorf("%s leads to %s", id, got)
		}
	}
	f.unmerge(survivor, duplicate).is(200)
	f.send(there, "GET", "/v1/participants/"+survivor, nil).is(404)
	if !maps.Equal(before, f.remains()) {
		t.Error("something is not as it was")
	}
}
