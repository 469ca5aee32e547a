package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// supportTables are what a person is supported with, and what is remembered of it.
var supportTables = []string{"diagnostics", "enrolment_barriers", "enrolment_strengths", "charters", "objectives", "actions", "enrolment_proposals", "immersions", "follow_ups", "extensions"}

// supported is what the tables hold of support: which path, and what, without versions.
func (f *fixture) supported() map[string]string {
	f.Helper()
	held := map[string]string{}
	for _, table := range append(supportTables, "field_changes") {
		held[table] = f.rows(fmt.Sprintf(`SELECT coalesce(string_agg(row::text, E'\n' ORDER BY row::text), '') FROM (SELECT to_jsonb(t) - 'version' - 'updated_at' AS row FROM %s t) rows`, table))[0][0].(string)
	}
	// The history also tells of the merge itself.
	held["field_changes"] = f.rows(`SELECT coalesce(string_agg(concat_ws(' ', kind, record_id, enrolment_id, field, old_value), E'\n' ORDER BY record_id, field, version), '') FROM field_changes WHERE kind NOT IN ('participant', 'enrolment')`)[0][0].(string)
	return held
}

// both are two paths of one person, each worked on: what they share is the barriers mobilite, to be dealt with on both, the
// strength langues, and a charter.
type both struct {
	twins
	ours, theirs map[string]string // the records of the first path, and of the second, by kind
}

func (f *fixture) bothSupported(t twins) both {
	f.Helper()
	staff := f.actor(domain.Caseworker)
	work := func(path string) map[string]string {
		made := map[string]string{}
		add := func(name, part string, body map[string]any) {
			f.Helper()
			made[name] = f.send(staff, "POST", "/v1/enrolments/"+path+part, body).is(201).text("id")
		}
		own, kept := "logement", "entourage"
		if path == t.secondPath {
			own, kept = "sante", "autonomie"
		}
		add("diagnostic", "/diagnostics", map[string]any{"assessed_on": "2025-02-20", "barriers": found("mobilite fort", own), "strengths": []any{"langues", kept}})
		for _, row := range f.rows(`SELECT id::text, barrier FROM enrolment_barriers WHERE enrolment_id = $1`, path) {
			made[map[bool]string{true: "mobilite", false: "own"}[row[1] == "mobilite"]] = row[0].(string)
		}
		f.send(staff, "POST", "/v1/enrolments/"+path+"/charter", map[string]any{"signed_on": "2025-02-24"}).is(201)
		add("objective", "/objectives", map[string]any{"label": "S'inscrire au code", "agreed_on": "2025-02-24", "in_charter": true, "barrier_id": made["mobilite"]})
		add("action", "/actions", map[string]any{"kind": "mobilite", "done_on": "2025-03-05", "barrier_id": made["mobilite"]})
		add("lifting", "/actions", map[string]any{"kind": "aide_administrative", "done_on": "2025-03-06", "barrier_id": made["own"]})
		f.send(staff, "POST", "/v1/enrolments/"+path+"/barriers/"+made["own"]+"/lift", map[string]any{"lifted_on": "2025-03-06", "action_id": made["lifting"]}).is(200)
		add("proposal", "/proposals", map[string]any{"kind": "formation_qualifiante", "proposed_on": "2025-04-01"})
		f.send(staff, "PUT", "/v1/enrolments/"+path+"/objectives/"+made["objective"], map[string]any{"label": "S'inscrire au code de la route", "agreed_on": "2025-02-24", "in_charter": true, "barrier_id": made["mobilite"]}, "If-Match", "*").is(200)
		return made
	}
	return both{t, work(t.firstPath), work(t.secondPath)}
}

func (f *fixture) of(path, part string) []string {
	f.Helper()
	var ids []string
	for _, item := range f.send(f.actor(domain.Coordinator), "GET", "/v1/enrolments/"+path+part, nil).is(200).items() {
		ids = append(ids, item["id"].(string))
	}
	slices.Sort(ids)
	return ids
}

func sorted(ids ...string) []string { slices.Sort(ids); return ids }

// Whichever path stands, the caseworker finds there what was done on both; what she may have once only she has once, and
// what is about it stays about it. Undone, everything is as it was.
func TestWhatAPersonIsSupportedWithGoesWithHerPath(t *testing.T) {
	for _, survives := range []string{"first", "second"} {
		t.Run("the "+survives+" survives", func(t *testing.T) {
			f := newFixture(t)
			b := f.bothSupported(f.twins("2025-02-03", "2025-02-03"))
			survivor, duplicate, stands, folded, ours, theirs := b.first, b.second, b.firstPath, b.secondPath, b.ours, b.theirs
			if survives == "second" {
				survivor, duplicate, stands, folded, ours, theirs = duplicate, survivor, folded, stands, theirs, ours
			}
			before, coordinator := f.supported(), f.actor(domain.Coordinator)
			f.merge(survivor, duplicate).is(200)
			for part, want := range map[string][]string{
				"/diagnostics": sorted(ours["diagnostic"], theirs["diagnostic"]),
				"/barriers":    sorted(ours["mobilite"], ours["own"], theirs["own"]),
				"/objectives":  sorted(ours["objective"], theirs["objective"]),
				"/actions":     sorted(ours["action"], ours["lifting"], theirs["action"], theirs["lifting"]),
				"/proposals":   sorted(ours["proposal"], theirs["proposal"]),
			} {
				if got := f.of(stands, part); !slices.Equal(got, want) {
					t.Errorf("%s of the path that stands: %v, not %v", part, got, want)
				}
			}
			if got := f.of(folded, "/barriers"); !slices.Equal(got, []string{theirs["mobilite"]}) {
				t.Errorf("the folded path keeps %v", got)
			}
			if got := len(f.of(stands, "/strengths")); got != 3 {
				t.Errorf("%d strengths", got)
			}
			for record, part := range map[string]string{"objective": "objectives", "action": "actions"} {
				if got := f.send(coordinator, "GET", "/v1/enrolments/"+stands+"/"+part+"/"+theirs[record], nil).is(200); got.text("barrier_id") != ours["mobilite"] {
					t.Errorf("the %s is about %s", record, got.text("barrier_id"))
				}
			}
			if got := f.send(coordinator, "GET", "/v1/enrolments/"+stands+"/barriers/"+theirs["own"], nil).is(200); got.text("action_id") != theirs["lifting"] {
				t.Errorf("lifted by %s", got.Text)
			}
			if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'moved' AND kind = 'objective' AND $1 = ANY (record_ids)`, theirs["objective"]); n != 1 {
				t.Errorf("%d rows of the trail say that the objective was moved", n)
			}
			// Read under its new path, an objective is reached there, and its history is there.
			if n := f.count(`SELECT count(*) FROM field_changes WHERE record_id = $1 AND enrolment_id = $2`, theirs["objective"], stands); n == 0 {
				t.Error("its history stayed behind")
			}
			f.unmerge(survivor, duplicate).is(200)
			after := f.supported()
			for table := range before {
				if before[table] != after[table] {
					t.Errorf("%s, before:\n%s\nafter:\n%s", table, before[table], after[table])
				}
			}
			// Merged again after that, as the first time.
			f.merge(survivor, duplicate).is(200)
			f.unmerge(survivor, duplicate).is(200)
			if again := f.supported(); again["actions"] != before["actions"] || again["enrolment_barriers"] != before["enrolment_barriers"] {
				t.Error("the second time leaves something else")
			}
		})
	}
}

// What is recorded while the two are one stays where it was recorded, and nothing there leads to what went; nor does the
// history of one tell of the other.
func TestUnmergedFilesDoNotLeadToEachOther(t *testing.T) {
	f := newFixture(t)
	b := f.bothSupported(f.twins("2025-02-03", "2025-02-03"))
	staff, stands, folded := f.actor(domain.Caseworker), b.firstPath, b.secondPath
	f.merge(b.first, b.second).is(200)
	at := "/v1/enrolments/" + stands
	// An objective of the duplicate's becomes one about what only the survivor has; an action of today is about what only the duplicate had;
	// what only the survivor had is lifted by what the duplicate's caseworker did; what had been lifted is found again.
	f.send(staff, "PUT", at+"/objectives/"+b.theirs["objective"], map[string]any{"label": "Trouver un logement", "agreed_on": "2025-02-24", "in_charter": true, "barrier_id": b.ours["own"]}, "If-Match", "*").is(200)
	since := f.send(staff, "POST", at+"/actions", map[string]any{"kind": "mobilite", "done_on": "2025-06-05", "barrier_id": b.theirs["own"]}).is(201).text("id")
	f.send(staff, "POST", at+"/barriers/"+b.ours["mobilite"]+"/lift", map[string]any{"lifted_on": "2025-06-05", "action_id": b.theirs["action"]}).is(200)
	f.unmerge(b.first, b.second).is(200)
	for _, row := range []struct{ path, part, id, field string }{
		{folded, "objectives", b.theirs["objective"], "barrier_id"},
		{stands, "actions", since, "barrier_id"},
		{stands, "barriers", b.ours["mobilite"], "action_id"},
	} {
		got := f.send(staff, "GET", "/v1/enrolments/"+row.path+"/"+row.part+"/"+row.id, nil).is(200)
		if got.Fields[row.field] != nil {
			t.Errorf("%s %s still leads to %v", row.part, row.field, got.Fields[row.field])
		}
		if n := f.count(`SELECT count(*) FROM field_changes WHERE record_id = $1 AND field = $2 AND enrolment_id = $3`, row.id, row.field, row.path); n == 0 {
			t.Errorf("the history of %s does not say where its %s led", row.part, row.field)
		}
	}
	if got := f.send(staff, "GET", "/v1/participants/"+b.first+"/history", nil).is(200); strings.Contains(got.Text, b.theirs["objective"]) {
		t.Error("the survivor's history tells of the other's objective")
	}
	if got := f.send(staff, "GET", "/v1/participants/"+b.second+"/history", nil).is(200); !strings.Contains(got.Text, "S'inscrire au code de la route") {
		t.Errorf("the other's history lost what her objective was: %s", got.Text)
	}
}

// A barrier that the folded path had twice, lifted and found again, cannot come back open beside the one that stayed there.
func TestABarrierThatCannotComeBackStays(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-03")
	staff := f.actor(domain.Caseworker)
	barrier := func(path, on string) string {
		return f.send(staff, "POST", "/v1/enrolments/"+path+"/barriers", map[string]any{"barrier": "mobilite", "assessed_on": on}).is(201).text("id")
	}
	lifted := barrier(w.secondPath, "2025-02-10")
	f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/barriers/"+lifted+"/lift", map[string]any{"lifted_on": "2025-02-12"}).is(200)
	again, ours := barrier(w.secondPath, "2025-03-10"), barrier(w.firstPath, "2025-02-10")
	f.merge(w.first, w.second).is(200)
	at := "/v1/enrolments/" + w.firstPath + "/barriers/"
	f.send(staff, "POST", at+ours+"/lift", map[string]any{"lifted_on": "2025-04-01"}).is(200)
	f.send(staff, "POST", at+lifted+"/reopen", map[string]any{"reason": "Levé par erreur."}).is(200)
	f.unmerge(w.first, w.second).is(200)
	if got := f.of(w.secondPath, "/barriers"); !slices.Equal(got, []string{again}) {
		t.Errorf("the duplicate has %v", got)
	}
	if got := f.of(w.firstPath, "/barriers"); !slices.Equal(got, sorted(ours, lifted)) {
		t.Errorf("the survivor has %v", got)
	}
}

// Without the justice module, a merge does not name what nothing else shows: neither a barrier or strength that went along, nor
// the barrier that an objective is about.
func TestAMergeDoesNotTellOfJusticeWithoutTheModule(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-03")
	staff := f.actor(domain.Caseworker)
	var hidden, shown []string
	for _, path := range []string{w.firstPath, w.secondPath} {
		made := func(part string, body map[string]any) string {
			return f.send(staff, "POST", "/v1/enrolments/"+path+part, body).is(201).text("id")
		}
		barrier := made("/barriers", map[string]any{"barrier": "problematique_judiciaire", "assessed_on": "2025-02-10"})
		hidden = append(hidden, barrier)
		shown = append(shown, made("/objectives", map[string]any{"label": "Rendez-vous", "agreed_on": "2025-02-24", "in_charter": true, "barrier_id": barrier}))
	}
	barrier := f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/barriers", map[string]any{"barrier": "mobilite", "assessed_on": "2025-02-10"}).is(201).text("id")
	strength := f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/strengths", map[string]any{"strength": "experience_detention", "noted_on": "2025-02-10"}).is(201).text("id")
	settled := f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/barriers/"+hidden[1]+"/lift", map[string]any{"lifted_on": "2025-03-01"}).is(200).text("id")
	again := f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/barriers", map[string]any{"barrier": "problematique_judiciaire", "assessed_on": "2025-04-01"}).is(201).text("id")
	shown = append(shown, f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/actions", map[string]any{"kind": "aide_administrative", "done_on": "2025-04-02", "barrier_id": again}).is(201).text("id"))
	if whole := f.merge(w.first, w.second).is(200).Text; !strings.Contains(whole, settled) || !strings.Contains(whole, strength) || !strings.Contains(whole, again) || !strings.Contains(whole, barrier) {
		t.Fatalf("with the module on, it does not tell either: %s", whole)
	}
	f.withoutJustice()
	repeated := f.merge(w.first, w.second).is(200)
	for name, answer := range map[string]reply{"the merge, asked again": repeated, "the undoing": f.unmerge(w.first, w.second).is(200), "another merge": f.merge(w.first, w.second).is(200)} {
		for _, id := range append(hidden, strength, again) {
			if strings.Contains(answer.Text, id) {
				t.Errorf("%s names %s: %s", name, id, answer.Text)
			}
		}
		for _, id := range []string{shown[1], shown[2], barrier} {
			if !strings.Contains(answer.Text, id) {
				t.Errorf("%s does not name %s, which is no matter of justice", name, id)
			}
		}
	}
	// All of it went, and comes back.
	f.unmerge(w.first, w.second).is(200)
	if n := f.count(`SELECT count(*) FROM (SELECT id FROM enrolment_barriers WHERE enrolment_id = $1 UNION ALL SELECT id FROM enrolment_strengths WHERE enrolment_id = $1) held WHERE id::text = ANY ($2)`,
		w.secondPath, []string{settled, again, strength}); n != 3 {
		t.Errorf("%d of 3 came back", n)
	}
}
