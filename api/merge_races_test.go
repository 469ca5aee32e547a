package api_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
)

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

// A roll that is being called while two of its people are merged is called of the one path that stands.
func TestAMergeWaitsForARollThatIsBeingCalled(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-10")
	conn, err := pgx.Connect(t.Context(), f.url)
	f.must(err)
	defer conn.Close(t.Context())
	calling, err := conn.Begin(t.Context()) // as CallRoll does: first the workshop, then each place
	f.must(err)
	_, err = calling.Exec(t.Context(), `SELECT FROM workshops WHERE id = $1 FOR UPDATE`, w.secondOnly)
	f.must(err)
	merged := make(chan reply)
	go func() {
		merged <- f.send(f.actor(domain.Coordinator), "POST", "/v1/participants/"+w.first+"/merge", map[string]any{"duplicate_id": w.second, "reason": "Double."})
	}()
	for deadline := time.Now().Add(10 * time.Second); f.count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND (database IS NULL OR database = (SELECT oid FROM pg_database WHERE datname = current_database()))`) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the merge does not wait")
		}
	}
	_, err = calling.Exec(t.Context(), `SET LOCAL lock_timeout = '200ms'`) // the merge waits for the roll, and never the roll for it
	f.must(err)
	called, err := calling.Exec(t.Context(), `UPDATE workshop_registrations SET status = 'attended' WHERE workshop_id = $1 AND enrolment_id = $2`, w.secondOnly, w.secondPath)
	f.must(err)
	f.must(calling.Commit(t.Context()))
	(<-merged).is(200)
	status := f.rows(`SELECT status FROM workshop_registrations WHERE workshop_id = $1::uuid AND enrolment_id = $2::uuid`, w.secondOnly, w.firstPath)[0][0]
	if called.RowsAffected() != 1 || status != "attended" {
		t.Errorf("%d places were called, and the one that was moved says %s", called.RowsAffected(), status)
	}
}

// Whoever reads a path while it is folded into another reads what is there in the end; and nothing is shown that is hidden.
func TestAPathThatIsReadWhileItIsFolded(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-03")
	staff, path := f.actor(domain.Caseworker), "/v1/enrolments/"+w.secondPath
	diagnostic := f.send(staff, "POST", path+"/diagnostics", map[string]any{"assessed_on": "2025-02-20", "barriers": found("mobilite", "problematique_judiciaire")}).is(201).text("id")
	judicial := f.rows(`SELECT id::text FROM enrolment_barriers WHERE barrier = 'problematique_judiciaire'`)[0][0].(string)
	objective := f.send(staff, "POST", path+"/objectives", map[string]any{"label": "Rendez-vous", "agreed_on": "2025-02-24", "in_charter": true, "barrier_id": judicial}).is(201).text("id")
	action := f.send(staff, "POST", path+"/actions", map[string]any{"kind": "mobilite", "done_on": "2025-02-24", "barrier_id": judicial}).is(201).text("id")
	f.withoutJustice()
	hold, release := f.pausing("read") // once it has read
	for part, then := range map[string]int{"/diagnostics": 200, "/diagnostics/" + diagnostic: 404, "/objectives": 200, "/objectives/" + objective: 200, "/actions": 200, "/actions/" + action: 200} {
		hold()
		answer := f.later(f.actor(domain.Coordinator), "GET", path+part, nil)
		f.waiting(1)
		f.merge(w.first, w.second).is(200)
		release()
		if got := <-answer; got.Status != then || strings.Contains(got.Text, judicial) {
			t.Errorf("%s, folded meanwhile: %d, not %d: %s", part, got.Status, then, got.Text)
		}
		f.unmerge(w.first, w.second).is(200)
	}
}

// pausing makes whoever writes such a row of the trail wait there, between hold and release.
func (f *fixture) pausing(action string) (hold, release func()) {
	f.Helper()
	f.exec(`CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.action = '` + action + `' THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF; RETURN NEW; END $$`)
	f.exec(`CREATE TRIGGER aaa_hold BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION hold()`)
	conn, err := pgx.Connect(f.Context(), f.url)
	f.must(err)
	f.Cleanup(func() { conn.Close(context.Background()) })
	do := func(statement string) func() {
		return func() {
			f.Helper()
			_, err := conn.Exec(f.Context(), statement)
			f.must(err)
		}
	}
	return do(`SELECT pg_advisory_lock(4711)`), do(`SELECT pg_advisory_unlock(4711)`)
}

// later sends a request of which nobody awaits the answer yet.
func (f *fixture) later(actor domain.Actor, method, target string, body any, headers ...string) chan reply {
	answer := make(chan reply, 1)
	go func() { answer <- f.send(actor, method, target, body, headers...) }()
	return answer
}

// waiting waits until that many wait for a lock.
func (f *fixture) waiting(many int64) {
	f.Helper()
	for deadline := time.Now().Add(8 * time.Second); f.count(`SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()`) < many; {
		if time.Now().After(deadline) {
			f.Fatal("nobody waits: the test proves nothing")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Somebody merges again while somebody else undoes it: it is merged again.
func TestAMergeThatIsUndoneMeanwhile(t *testing.T) {
	f := newFixture(t)
	w := f.twins("2025-02-03", "2025-02-03")
	first := f.merge(w.first, w.second).is(200).text("id")
	hold, release := f.pausing("unmerged")
	hold()
	lead, at := f.actor(domain.Coordinator), "/v1/participants/"+w.first
	undone := f.later(lead, "POST", at+"/unmerge", map[string]any{"duplicate_id": w.second})
	f.waiting(1)
	merged := f.later(lead, "POST", at+"/merge", map[string]any{"duplicate_id": w.second, "reason": "Saisie en double."})
	f.waiting(2)
	release()
	(<-undone).is(200)
	if got := (<-merged).is(200); got.text("id") == first || got.Fields["unmerged_at"] != nil {
		t.Error(got.Text)
	}
	if n := f.count(`SELECT count(*) FROM participants WHERE merged_into IS NOT NULL`); n != 1 {
		t.Errorf("%d are merged", n)
	}
}
