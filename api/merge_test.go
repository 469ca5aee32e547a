package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// twins is one person with two files: she was recorded by the team, then referred by the SPIP under
// another spelling, and both paths through o2r-somme are under way.
type twins struct {
	first, second           string // participants
	firstPath, secondPath   string // enrolments; the second was entered earlier than it was recorded
	referral                string // that led to the second
	both, secondOnly        string // workshops
	early, late, met, again string // appointments: of each alone, and one meeting recorded on both
	job                     string
}

func (f *fixture) twins(firstEntered, secondEntered string) twins {
	f.Helper()
	staff, spip := f.actor(domain.Caseworker), f.actor(domain.Partner)
	made := func(path string, body map[string]any) string { return f.send(staff, "POST", path, body).is(201).text("id") }
	var w twins
	w.first = made("/v1/participants", map[string]any{"first_name": "Maëlle", "last_name": "Fictive", "birth_date": "1990-05-17", "gender": "female", "phone": "06 39 98 41 01"})
	w.firstPath = made("/v1/enrolments", map[string]any{"participant_id": w.first, "programme": somme, "entered_on": firstEntered, "territory_code": "80253", "justice_status": "milieu_ouvert", "job_seeker": true, "job_seeker_since": "2023-01-02"})
	w.referral = f.send(spip, "POST", "/v1/referrals", map[string]any{"programme": somme, "external_reference": "JUMELLE", "first_name": "Maelle", "last_name": "Jumelle", "birth_date": "1990-05-17", "gender": "female",
		"email": "maelle.jumelle@example.org", "consented_on": "2025-01-10", "barriers": []string{"sante"}}).is(201).text("id")
	accepted := f.send(staff, "POST", "/v1/referrals/"+w.referral+"/accept", map[string]any{"entered_on": secondEntered, "justice_status": "milieu_ferme", "without_resources": true}).is(200)
	w.second, w.secondPath = accepted.text("participant_id"), accepted.text("enrolment_id")
	meeting := func(path, at, status string) string {
		id := made("/v1/appointments", map[string]any{"enrolment_id": path, "starts_at": at, "duration_minutes": 60, "mode": "in_person"})
		f.send(staff, "POST", "/v1/appointments/"+id+"/attendance", map[string]any{"status": status}).is(200)
		return id
	}
	w.early, w.late = meeting(w.firstPath, "2025-03-04T09:00:00Z", "attended"), meeting(w.secondPath, "2025-03-11T09:00:00Z", "no_show")
	w.met, w.again = meeting(w.firstPath, "2025-03-18T09:00:00Z", "no_show"), meeting(w.secondPath, "2025-03-18T09:00:00Z", "attended")
	workshop := func(paths map[string]string) string {
		id := made("/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90, "capacity": len(paths)})
		var roll []any
		for path, status := range paths {
			f.send(staff, "POST", "/v1/workshops/"+id+"/registrations", map[string]any{"enrolment_id": path}).is(200)
			roll = append(roll, map[string]any{"enrolment_id": path, "status": status})
		}
		f.send(staff, "PUT", "/v1/workshops/"+id+"/roll-call", map[string]any{"items": roll}, "If-Match", "*").is(200)
		return id
	}
	w.both = workshop(map[string]string{w.firstPath: "no_show", w.secondPath: "attended"})
	w.secondOnly = workshop(map[string]string{w.secondPath: "excused"})
	for _, path := range []string{w.firstPath, w.secondPath} {
		f.send(staff, "POST", "/v1/enrolments/"+path+"/france-travail-status", map[string]any{"observed_on": "2025-04-01", "registered": path == w.secondPath}).is(201)
	}
	w.job = f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/jobs", map[string]any{"starts_on": "2025-06-02", "contract": "cdi", "employer": "Conserverie de l'Exemple"}).is(201).text("id")
	f.send(staff, "PUT", "/v1/participants/"+w.second, map[string]any{"first_name": "Maelle", "last_name": "Jumelle", "birth_date": "1990-05-17", "gender": "female", "email": "maelle.jumelle@example.org", "phone": "06 39 98 41 02"}, "If-Match", "*").is(200)
	f.send(f.actor(domain.DPO), "POST", "/v1/rights-requests", map[string]any{"kind": "access", "received_on": "2026-01-31", "status": "open", "participant_id": w.second}).is(201)
	return w
}

func (f *fixture) merge(survivor, duplicate string) reply {
	f.Helper()
	return f.send(f.actor(domain.Coordinator), "POST", "/v1/participants/"+survivor+"/merge", map[string]any{"duplicate_id": duplicate, "reason": "Saisie en double."})
}

func (f *fixture) unmerge(survivor, duplicate string) reply {
	f.Helper()
	return f.send(f.actor(domain.Coordinator), "POST", "/v1/participants/"+survivor+"/unmerge", map[string]any{"duplicate_id": duplicate})
}

// held is what the tables hold of people and their paths, without versions: who wrote is not what was written.
func (f *fixture) held() map[string]string {
	f.Helper()
	held := map[string]string{}
	for _, table := range []string{"participants", "enrolments", "jobs", "france_travail_statuses", "outcomes", "appointments", "referrals", "workshops", "workshop_registrations", "rights_requests", "tombstones", "erasures"} {
		held[table] = f.rows(fmt.Sprintf(`SELECT coalesce(string_agg(row::text, E'\n' ORDER BY row::text), '') FROM (SELECT to_jsonb(t) - 'version' - 'updated_at' AS row FROM %s t) rows`, table))[0][0].(string)
	}
	return held
}

// indicator is a figure's numerator and denominator.
func (f *fixture) indicator(key string) string {
	f.Helper()
	got := f.send(f.actor(domain.Coordinator), "GET", "/v1/programmes/"+somme+"/indicators/"+key+"?as_of=2025-12-31", nil).is(200)
	return fmt.Sprint(got.Fields["numerator"], "/", got.Fields["denominator"])
}

// Whichever file survives, and whichever path was entered first: merged, she counts once and has
// everything once; unmerged, all of it is as it was, to the letter.
func TestAMergedPersonCountsOnceAndUnmergingPutsEverythingBack(t *testing.T) {
	for name, entered := range map[string][2]string{"the first entered first": {"2025-02-03", "2025-02-10"}, "the second entered first": {"2025-02-10", "2025-02-03"}, "both on one day": {"2025-02-03", "2025-02-03"}} {
		for _, survives := range []string{"first", "second"} {
			t.Run(name+", the "+survives+" survives", func(t *testing.T) {
				f := newFixture(t)
				f.enrolled("Camille", "Exemple", "2025-02-03")
				w := f.twins(entered[0], entered[1])
				survivor, duplicate := w.first, w.second
				if survives == "second" {
					survivor, duplicate = w.second, w.first
				}
				stands, folded := w.firstPath, w.secondPath
				if entered[1] < entered[0] || entered[1] == entered[0] && survives == "second" {
					stands, folded = folded, stands
				}
				before, figures := f.held(), f.answers()
				for key, want := range map[string]string{"beneficiaries": "3/<nil>", "individual_attendance_rate": "2/4", "workshop_attendance_rate": "1/3"} {
					if got := f.indicator(key); got != want {
						t.Errorf("before, %s is %s, not %s", key, got, want)
					}
				}
				merged := f.merge(survivor, duplicate).is(200)
				if merged.text("participant_id") != survivor || merged.text("duplicate_id") != duplicate || merged.text("merged_by") != "test-coordinator" || merged.text("reason") != "Saisie en double." || merged.Fields["unmerged_at"] != nil {
					t.Errorf("the merge: %s", merged.Text)
				}
				at, err := time.Parse(time.RFC3339, merged.text("merged_at"))
				f.must(err)
				until, err := time.Parse(time.RFC3339, merged.text("reversible_until"))
				f.must(err)
				if until.Sub(at) != 30*24*time.Hour {
					t.Errorf("reversible until %s, merged at %s", until, at)
				}
				for key, want := range map[string]string{"beneficiaries": "2/<nil>", "individual_attendance_rate": "2/3", "workshop_attendance_rate": "1/2", "france_travail_registration_rate": "1/1"} {
					if got := f.indicator(key); got != want {
						t.Errorf("merged, %s is %s, not %s", key, got, want)
					}
				}
				coordinator := f.actor(domain.Coordinator)
				gone := f.send(coordinator, "GET", "/v1/enrolments/"+folded, nil).is(200)
				if gone.text("status") != "voided" || gone.text("folded_into") != stands || gone.text("participant_id") != survivor || !strings.Contains(gone.text("void_reason"), "Fusion") {
					t.Errorf("the folded path: %s", gone.Text)
				}
				path := f.send(coordinator, "GET", "/v1/enrolments/"+stands, nil).is(200)
				if path.text("status") != "active" || path.text("participant_id") != survivor || path.Fields["folded_into"] != nil {
					t.Errorf("the path that stands: %s", path.Text)
				}
				has := func(what, query string, want ...string) {
					t.Helper()
					var got []string
					for _, row := range f.rows(query, stands) {
						got = append(got, row[0].(string))
					}
					slices.Sort(want)
					if !slices.Equal(got, want) {
						t.Errorf("%s of the path that stands: %q, not %q", what, got, want)
					}
				}
				has("meetings", `SELECT id::text FROM appointments WHERE enrolment_id = $1::uuid ORDER BY 1`, w.early, w.late, w.again)
				has("jobs", `SELECT id::text FROM jobs WHERE enrolment_id = $1::uuid`, w.job)
				has("places", `SELECT status FROM workshop_registrations WHERE enrolment_id = $1::uuid ORDER BY 1`, "attended", "excused")
				if places := f.send(coordinator, "GET", "/v1/workshops/"+w.both, nil).is(200).Fields["registrations"].([]any); len(places) != 1 || places[0].(map[string]any)["enrolment_id"] != stands {
					t.Errorf("the workshop that both were registered for holds %v", places)
				}
				if got := f.rows(`SELECT participant_id::text FROM referrals WHERE id = $1::uuid`, w.referral); got[0][0] != survivor {
					t.Errorf("the referral leads to %v", got)
				}

				// Merged again, nothing more is done.
				held := f.held()
				if again := f.merge(survivor, duplicate).is(200); again.Text != merged.Text {
					t.Errorf("merged again:\n%s\nand first\n%s", again.Text, merged.Text)
				}
				if !maps.Equal(held, f.held()) {
					t.Error("merging again wrote something")
				}

				undone := f.unmerge(survivor, duplicate).is(200)
				if undone.text("unmerged_by") != "test-coordinator" || undone.text("id") != merged.text("id") {
					t.Errorf("the merge, undone: %s", undone.Text)
				}
				after := f.held()
				for table := range before {
					if before[table] != after[table] {
						t.Errorf("%s held\n%s\nand holds\n%s", table, before[table], after[table])
					}
				}
				if !maps.Equal(figures, f.answers()) {
					t.Error("the figures are not what they were")
				}
				f.unmerge(survivor, duplicate).is(200)
				if !maps.Equal(after, f.held()) {
					t.Error("unmerging again wrote something")
				}
				f.merge(survivor, duplicate).is(200) // and it can be merged anew
				if got := f.indicator("beneficiaries"); got != "2/<nil>" {
					t.Errorf("merged anew, %s", got)
				}
			})
		}
	}
}

func TestEveryIdentifierOfAMergedPersonLeadsToHer(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	coordinator, officer := f.actor(domain.Coordinator), f.actor(domain.DPO)
	third := f.send(coordinator, "POST", "/v1/participants", map[string]any{"first_name": "Maëlle", "last_name": "Tierce"}).is(201).text("id")
	f.merge(w.first, w.second).is(200)
	f.merge(third, w.second).problem(409, "merged_elsewhere")
	f.merge(third, w.first).is(200) // a chain: whoever was merged into the first is in the third now
	for _, id := range []string{third, w.first, w.second} {
		got := f.send(coordinator, "GET", "/v1/participants/"+id, nil).is(200)
		want := map[bool]string{true: "/v1/participants/" + third}[id != third]
		if got.text("id") != third || got.text("last_name") != "Tierce" || got.Header.Get("Content-Location") != want {
			t.Errorf("%s is %s at %q", id, got.Text, got.Header.Get("Content-Location"))
		}
		if items := f.send(coordinator, "GET", "/v1/enrolments?participant_id="+id, nil).is(200).items(); len(items) != 2 {
			t.Errorf("%s has %d enrolments", id, len(items))
		}
		history := f.send(coordinator, "GET", "/v1/participants/"+id+"/history", nil).is(200).Text
		for _, field := range []string{`"phone"`, `"voided_at"`, `"participant_id"`} { // of the second's identity, and of both paths
			if !strings.Contains(history, `"field":`+field) {
				t.Errorf("the history of %s says nothing of %s: %s", id, field, history)
			}
		}
		file := f.send(officer, "GET", "/v1/participants/"+id+"/export", nil).is(200)
		if len(file.Fields["merged_identities"].([]any)) != 2 || len(file.Fields["merges"].([]any)) != 2 || len(file.Fields["requests"].([]any)) != 1 || len(file.Fields["enrolments"].([]any)) != 2 || len(file.Fields["referrals"].([]any)) != 1 || !strings.Contains(file.Text, "Jumelle") {
			t.Errorf("the copy of %s: %s", id, file.Text)
		}
		if items := f.send(officer, "GET", "/v1/rights-requests?participant_id="+id, nil).is(200).items(); len(items) != 1 {
			t.Errorf("%s made %d requests", id, len(items))
		}
		if again := f.merge(id, w.second).is(200); again.text("participant_id") != w.first {
			t.Errorf("the merge of the second, asked of %s: %s", id, again.Text)
		}
	}
	page := f.send(officer, "GET", "/v1/participants/"+w.second+"/export", nil, "Accept", "text/html").is(200).Text
	if !strings.Contains(page, "Jumelle") || !strings.Contains(page, "Saisie en double.") {
		t.Error("the page says nothing of the merged identity")
	}
	for _, list := range []reply{f.send(coordinator, "GET", "/v1/participants", nil), f.send(coordinator, "POST", "/v1/participants/search", map[string]any{"birth_date": "1990-05-17"}), f.send(coordinator, "POST", "/v1/participants/search", map[string]any{"query": "ma"})} {
		for _, item := range list.is(200).items() {
			if item["id"] != third {
				t.Errorf("a list shows %v", item["id"])
			}
		}
	}
	f.send(coordinator, "PUT", "/v1/participants/"+w.second, map[string]any{"first_name": "Maëlle", "last_name": "Fictive"}, "If-Match", "*").problem(409, "merged")
	f.send(coordinator, "POST", "/v1/enrolments/"+w.firstPath+"/exit", map[string]any{"exited_on": "2025-09-01", "kind": "abandon"}).is(200)
	entry := map[string]any{"participant_id": w.second, "programme": somme, "entered_on": "2025-10-01"}
	enrolled := f.send(coordinator, "POST", "/v1/enrolments", entry).is(201)
	if enrolled.text("participant_id") != third {
		t.Errorf("enrolled by an old identifier: %s", enrolled.Text)
	}
	f.send(coordinator, "PUT", "/v1/enrolments/"+enrolled.text("id"), object(entry, "entered_on", "2025-10-02"), "If-Match", "*").is(200)
	if got := f.send(officer, "POST", "/v1/rights-requests", map[string]any{"kind": "access", "received_on": "2026-01-31", "status": "open", "participant_id": w.second}).is(201); got.text("participant_id") != third {
		t.Errorf("a request under an old identifier: %s", got.Text)
	}
	// Both identifiers stand in the trail and in the events.
	for _, id := range []string{third, w.first} {
		if f.count(`SELECT count(*) FROM audit_events WHERE action = 'merged' AND kind = 'participant' AND $1 = ANY (record_ids)`, id) == 0 || f.count(`SELECT count(*) FROM events WHERE type = 'participant.merged' AND record_id = $1`, id) == 0 {
			t.Errorf("that %s was merged left no row", id)
		}
	}
	if n := f.count(`SELECT count(*) FROM events WHERE organisation_id IS NOT NULL AND type LIKE '%moved'`); n != 0 {
		t.Errorf("a partner is told of %d moves", n)
	}

	// In the reverse of their order.
	f.unmerge(third, w.second).problem(409, "merged_since")
	f.unmerge(w.second, w.first).is(200)
	if got := f.send(coordinator, "GET", "/v1/participants/"+w.second, nil).is(200).text("id"); got != w.first {
		t.Errorf("the second leads to %s", got)
	}
	f.unmerge(third, w.second).problem(409, "not_merged")
	f.unmerge(w.first, w.second).is(200)
	if got := f.send(coordinator, "GET", "/v1/enrolments/"+enrolled.text("id"), nil).is(200).text("participant_id"); got != third {
		t.Errorf("what was recorded since is of %s", got) // it stays where it was recorded
	}
}

// What was recorded meanwhile may leave no room for what would stand again: then people decide.
func TestAMergeIsNotUndoneOverWhatCameSince(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-10", "2025-02-03") // the duplicate's path stands for the survivor's own
	coordinator := f.actor(domain.Coordinator)
	f.merge(w.first, w.second).is(200)
	f.send(coordinator, "POST", "/v1/enrolments/"+w.secondPath+"/exit", map[string]any{"exited_on": "2025-09-01", "kind": "abandon"}).is(200)
	again := f.send(coordinator, "POST", "/v1/enrolments", map[string]any{"participant_id": w.second, "programme": somme, "entered_on": "2025-10-01"}).is(201).text("id")
	before := f.held()
	f.unmerge(w.first, w.second).problem(409, "already_enrolled")
	if !maps.Equal(before, f.held()) {
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

	before := f.held()
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
	if after := f.held(); !maps.Equal(before, after) {
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
	before := f.held()
	f.unmerge(w.first, w.second).problem(409, "too_late")
	if !maps.Equal(before, f.held()) {
		t.Error("too late, and something was written")
	}
	if got := f.send(f.actor(domain.Coordinator), "GET", "/v1/participants/"+w.second, nil).is(200).text("id"); got != w.first {
		t.Errorf("the duplicate leads to %s", got)
	}
	f.exec(`UPDATE merges SET merged_at = merged_at + interval '2 minutes', reversible_until = reversible_until + interval '2 minutes'`)
	f.unmerge(w.first, w.second).is(200)
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
	before := f.held()
	f.merge(survivor, duplicate).is(200) // her token opens one programme, in which both may be seen
	for _, id := range []string{survivor, duplicate} {
		if got := f.send(there, "GET", "/v1/participants/"+id, nil).is(200).text("id"); got != survivor {
			t.Errorf("%s leads to %s", id, got)
		}
	}
	f.unmerge(survivor, duplicate).is(200)
	f.send(there, "GET", "/v1/participants/"+survivor, nil).is(404)
	if !maps.Equal(before, f.held()) {
		t.Error("something is not as it was")
	}
}

func TestAMergedPersonIsFrozenAndErasedWhole(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	coordinator, officer, staff := f.actor(domain.Coordinator), f.actor(domain.DPO), f.actor(domain.Caseworker)
	f.merge(w.first, w.second).is(200)
	restrict := func(restricted bool) {
		f.send(officer, "POST", "/v1/participants/"+w.second+"/restriction", map[string]any{"restricted": restricted, "reason": "Exactitude contestée."}).is(200)
	}
	restrict(true)
	for _, path := range []string{"/v1/participants/" + w.first, "/v1/participants/" + w.second, "/v1/participants/" + w.second + "/history", "/v1/enrolments/" + w.firstPath, "/v1/enrolments/" + w.secondPath, "/v1/referrals/" + w.referral} {
		f.send(coordinator, "GET", path, nil).is(404)
		f.send(staff, "GET", path, nil).is(404)
	}
	f.unmerge(w.first, w.second).is(404)
	if got := f.send(officer, "GET", "/v1/participants/"+w.second, nil).is(200).text("id"); got != w.first {
		t.Errorf("the officer finds %s", got)
	}
	restrict(false)
	f.send(staff, "GET", "/v1/enrolments/"+w.secondPath, nil).is(200)

	for _, name := range []string{"jumelle", "FICTIVE", "maelle.jumelle@example.org"} { // of either file
		f.send(officer, "POST", "/v1/participants/"+w.second+"/erasure", map[string]any{"reason": "Demande de " + name + "."}).problemAt(422, "invalid", "body.reason")
	}
	f.send(staff, "POST", "/v1/participants/search", map[string]any{"query": "fictive"}).is(200)
	figures := f.answers()
	done := f.send(officer, "POST", "/v1/participants/"+w.second+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	if done.text("participant_id") != w.first || fmt.Sprint(done.Fields["enrolments"], done.Fields["referrals"]) != "2 1" {
		t.Errorf("erased: %s", done.Text)
	}
	if again := f.send(officer, "POST", "/v1/participants/"+w.first+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200); again.Text != done.Text {
		t.Errorf("erased again: %s", again.Text)
	}
	for _, id := range []string{w.first, w.second} {
		if got := f.send(officer, "GET", "/v1/participants/"+id+"/erasure", nil).is(200); got.Text != done.Text {
			t.Errorf("the erasure of %s: %s", id, got.Text)
		}
		f.send(officer, "GET", "/v1/participants/"+id, nil).is(404)
		f.send(coordinator, "GET", "/v1/participants/"+id, nil).is(404)
	}
	if held := f.holding(map[string]string{"name": "Fictive", "other name": "Jumelle", "phone": "06 39 98 41 01", "other phone": "06 39 98 41 02", "email": "maelle.jumelle@example.org", "birth": "1990-05-17", "reference": "JUMELLE", "employer": "Conserverie de l'Exemple", "reason": "Saisie en double"}); len(held) != 0 {
		t.Errorf("still held: %v", held)
	}
	if !maps.Equal(figures, f.answers()) {
		t.Error("the figures are not what they were")
	}
	f.unmerge(w.first, w.second).is(404)
	// Both identities are remembered by their tombstones.
	for _, body := range []map[string]any{
		{"first_name": "Maëlle", "last_name": "Fictive", "birth_date": "1990-05-17"}, {"first_name": "Maelle", "last_name": "Jumelle", "birth_date": "1990-05-17"},
		{"first_name": "X", "last_name": "Y", "phone": "06 39 98 41 01"}, {"first_name": "X", "last_name": "Y", "phone": "+33 6 39 98 41 02"},
	} {
		if got := f.send(staff, "POST", "/v1/participants", body).is(201); got.Fields["resembles_erased"] != true {
			t.Errorf("nobody recognises %v", body)
		}
	}
	if n := f.count(`SELECT count(*) FROM merge_moves`); n != 0 {
		t.Errorf("%d moves are kept", n)
	}
}

func TestMergesAtOnce(t *testing.T) {
	f := newFixture(t)
	coordinator, officer := f.actor(domain.Coordinator), f.actor(domain.DPO)
	into := func(survivor, duplicate string) request {
		return request{coordinator, "POST", "/v1/participants/" + survivor + "/merge", map[string]any{"duplicate_id": duplicate, "reason": "Double."}, ""}
	}
	standing := func(ids ...string) int64 {
		return f.count(`SELECT count(*) FROM merges WHERE unmerged_at IS NULL AND duplicate_id = ANY ($1::uuid[])`, ids)
	}
	allowed := func(answers []reply, outcomes ...string) {
		t.Helper()
		for outcome := range tally(answers) {
			if !slices.Contains(outcomes, outcome) {
				t.Errorf("answered %v", tally(answers))
			}
		}
	}
	fresh := func() twins {
		t.Helper()
		w := f.twins("2025-02-03", "2025-02-10")
		f.exec(`UPDATE referrals SET external_reference = NULL`)
		return w
	}
	// The same merge many times over is one.
	w := fresh()
	f.tallied(f.atOnce(times(12, into(w.first, w.second))), map[string]int{"200": 12})
	if n := f.count(`SELECT count(*) FROM merges`); n != 1 {
		t.Errorf("%d merges", n)
	}
	f.tallied(f.atOnce(times(12, request{coordinator, "POST", "/v1/participants/" + w.first + "/unmerge", map[string]any{"duplicate_id": w.second}, ""})), map[string]int{"200": 12})
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'unmerged'`); n != 1 {
		t.Errorf("undone %d times", n)
	}
	for range 4 {
		// Each into the other: one is merged, and the other is she already.
		w := fresh()
		f.tallied(f.atOnce([]request{into(w.first, w.second), into(w.second, w.first)}), map[string]int{"200": 1, "422 invalid": 1})
		if standing(w.first, w.second) != 1 {
			t.Error("merged into each other")
		}
		// In a ring of three, nobody runs in a circle.
		w, third := fresh(), f.person("Troisième", "Exemple").ID
		allowed(f.atOnce([]request{into(w.first, w.second), into(w.second, third), into(third, w.first)}), "200", "422 invalid", "409 merged_elsewhere")
		if n := f.count(`SELECT count(DISTINCT survivor_of(id)) FROM participants WHERE id = ANY ($1::uuid[])`, []string{w.first, w.second, third}); n < 1 || standing(w.first, w.second, third) > 2 {
			t.Errorf("%d people", n)
		}
		for _, id := range []string{w.first, w.second, third} {
			f.send(coordinator, "GET", "/v1/participants/"+id, nil).is(200)
		}
		// Merged while she is enrolled by the identifier of the duplicate: the path is the survivor's.
		survivor, duplicate := f.person("Première", "Exemple").ID, f.person("Seconde", "Exemple").ID
		answers := f.atOnce([]request{into(survivor, duplicate), {coordinator, "POST", "/v1/enrolments", map[string]any{"participant_id": duplicate, "programme": somme, "entered_on": "2025-02-03"}, ""}})
		allowed(answers, "200", "201")
		if n := f.count(`SELECT count(*) FROM enrolments WHERE participant_id = $1::uuid`, survivor); n != 1 {
			t.Errorf("the survivor has %d enrolments: %v", n, tally(answers))
		}
		// Merged while facts are recorded on both paths: none is lost, and none stands on a folded path.
		w = fresh()
		job := map[string]any{"starts_on": "2025-07-01", "contract": "cdi"}
		answers = f.atOnce([]request{into(w.first, w.second), {coordinator, "POST", "/v1/enrolments/" + w.secondPath + "/jobs", job, ""}, {coordinator, "POST", "/v1/enrolments/" + w.firstPath + "/jobs", job, ""},
			{coordinator, "PUT", "/v1/workshops/" + w.secondOnly + "/roll-call", map[string]any{"items": []any{map[string]any{"enrolment_id": w.secondPath, "status": "attended"}}}, "*"}})
		allowed(answers, "200", "201", "409 voided", "422 invalid")
		if n := f.count(`SELECT count(*) FROM jobs WHERE enrolment_id = $1::uuid`, w.secondPath); n != 0 {
			t.Errorf("%d jobs on the folded path", n)
		}
		if status := f.rows(`SELECT status FROM workshop_registrations WHERE workshop_id = $1::uuid AND enrolment_id = $2::uuid`, w.secondOnly, w.firstPath)[0][0]; (answers[3].Status == 200) != (status == "attended") {
			t.Errorf("the roll was answered %d, and says %s", answers[3].Status, status)
		}
		// Merged while either is erased: whoever is left of the two is one, or nobody.
		for _, erased := range []func(twins) string{func(w twins) string { return w.first }, func(w twins) string { return w.second }} {
			w = fresh()
			answers = f.atOnce([]request{into(w.first, w.second), {officer, "POST", "/v1/participants/" + erased(w) + "/erasure", map[string]any{"reason": "Demande écrite."}, ""}})
			allowed(answers, "200", "404 not_found", "422 invalid")
			answers[1].is(200)
			left := f.count(`SELECT count(*) FROM participants WHERE id = ANY ($1::uuid[]) AND erased_at IS NULL`, []string{w.first, w.second})
			if merged := standing(w.second); merged == 1 && left != 0 || merged == 0 && left != 1 {
				t.Errorf("%d merged, and %d left", merged, left)
			}
		}
	}
}

// The last contact of either file is hers: what is kept of her is kept as long as the later asks.
func TestRetentionCountsFromTheLaterOfBothFiles(t *testing.T) {
	f := newFixture(t)
	coordinator, officer := f.actor(domain.Coordinator), f.actor(domain.DPO)
	survivor, duplicate := f.person("Ancienne", "Exemple").ID, f.person("Récente", "Exemple").ID
	f.exec(`UPDATE participants SET created_at = now() - interval '30 months' WHERE id = $1`, survivor)
	due := func() string {
		var ids []string
		for _, item := range f.send(officer, "GET", "/v1/retention/due", nil).is(200).items() {
			ids = append(ids, item["record_id"].(string))
		}
		return strings.Join(ids, " ")
	}
	if got := due(); got != survivor {
		t.Errorf("due before: %q", got)
	}
	f.send(coordinator, "POST", "/v1/participants/"+survivor+"/merge", map[string]any{"duplicate_id": duplicate, "reason": "Double."}).is(200)
	if got := due(); got != "" {
		t.Errorf("due though she was met under her other name: %q", got)
	}
	f.exec(`UPDATE participants SET created_at = now() - interval '30 months'`)
	if got := due(); got != survivor {
		t.Errorf("due: %q", got)
	}
	f.send(officer, "POST", "/v1/rights-requests", map[string]any{"kind": "access", "received_on": domain.DayOf(f.store.Now()).String(), "status": "open", "participant_id": duplicate}).is(201)
	f.exec(`UPDATE rights_requests SET participant_id = $1`, duplicate) // as it stood before she was merged
	if got := due(); got != "" {
		t.Errorf("due though she asked for something: %q", got)
	}
}
