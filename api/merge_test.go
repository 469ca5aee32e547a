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
	made := func(path string, body map[string]any) string {
		return f.send(staff, "POST", path, body).is(201).text("id")
	}
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

// remains is what the tables hold of people and their paths, without versions: who wrote is not what was written.
func (f *fixture) remains() map[string]string {
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
				before, figures := f.remains(), f.answers()
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
				if got := f.rows(`SELECT meetings_attended, meetings_missed FROM referrals WHERE id = $1::uuid`, w.referral)[0]; fmt.Sprint(got) != "[1 1]" { // of its own: what the other path had is not told
					t.Errorf("who referred her is told of %v meetings", got)
				}

				// Merged again, nothing more is done.
				held := f.remains()
				if again := f.merge(survivor, duplicate).is(200); again.Text != merged.Text {
					t.Errorf("merged again:\n%s\nand first\n%s", again.Text, merged.Text)
				}
				if !maps.Equal(held, f.remains()) {
					t.Error("merging again wrote something")
				}

				undone := f.unmerge(survivor, duplicate).is(200)
				if undone.text("unmerged_by") != "test-coordinator" || undone.text("id") != merged.text("id") {
					t.Errorf("the merge, undone: %s", undone.Text)
				}
				after := f.remains()
				for table := range before {
					if before[table] != after[table] {
						t.Errorf("%s held\n%s\nand holds\n%s", table, before[table], after[table])
					}
				}
				if !maps.Equal(figures, f.answers()) {
					t.Error("the figures are not what they were")
				}
				f.unmerge(survivor, duplicate).is(200)
				if !maps.Equal(after, f.remains()) {
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
