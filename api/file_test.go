package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// years gives a path so many weeks of history: a meeting a week, and every other week something else of each kind.
func (f *fixture) years(enrolment string, weeks int) {
	f.Helper()
	const stamp = "gen_random_uuid(), 1, now(), now(), $1::uuid"
	series := func(every int) string { return fmt.Sprintf("generate_series(0, %d, %d) week", weeks-1, every) }
	const day = "date '2024-11-04' + week * 7"
	for _, row := range []string{
		`INSERT INTO appointments (id, version, created_at, updated_at, programme, enrolment_id, starts_at, duration_minutes, mode, status)
			SELECT gen_random_uuid(), 1, now(), now(), 'o2r-somme', $1::uuid, timestamptz '2024-11-04 13:00Z' + week * interval '1 week', 60, 'phone', 'attended' FROM ` + series(1),
		`INSERT INTO actions (id, version, created_at, updated_at, enrolment_id, author, kind, done_on) SELECT ` + stamp + `, 'c', 'mobilite', ` + day + ` FROM ` + series(2),
		`INSERT INTO objectives (id, version, created_at, updated_at, enrolment_id, author, label, agreed_on, due_on, in_charter, state, reached_on) SELECT ` + stamp + `, 'c', 'o', ` + day + `, ` + day + ` + 7, false, 'reached', ` + day + ` + 7 FROM ` + series(4),
		`INSERT INTO france_travail_statuses (id, version, created_at, updated_at, enrolment_id, observed_on, registered) SELECT ` + stamp + `, ` + day + `, true FROM ` + series(4),
		`INSERT INTO diagnostics (id, version, created_at, updated_at, enrolment_id, author, assessed_on, barriers, strengths) SELECT ` + stamp + `, 'c', ` + day + `, '[]', '{}' FROM ` + series(26),
		`INSERT INTO enrolment_proposals (id, version, created_at, updated_at, enrolment_id, author, kind, proposed_on) SELECT ` + stamp + `, 'c', 'emploi', ` + day + ` FROM ` + series(8),
	} {
		f.exec(row, enrolment)
	}
}

// The file of one person with two years of history answers in one request, and in as many statements as that of somebody
// who came last week.
func TestAFileTakesAsManyStatementsHoweverLongItIs(t *testing.T) {
	f := newFixture(t)
	long, short, none := f.enrolled("Camille", "Longue", "2024-11-04"), f.enrolled("Dominique", "Courte", "2024-11-04"), f.person("Alix", "Nouvelle")
	f.years(long.ID, 104)
	f.years(short.ID, 4)
	lead := f.actor(domain.Coordinator)
	w := f.overWire()
	f.send(lead, "GET", "/v1/me", nil).is(200)
	count := func(path string) (got reply, statements int64) {
		t.Helper()
		took := time.Duration(0)
		statements = w.during(func() {
			started := time.Now()
			got = f.send(lead, "GET", path, nil).is(200)
			took = time.Since(started)
		})
		t.Logf("%s: %d statements, %d kB, %s", path[len("/v1/participants/")+36:], statements, len(got.Text)/1024, took.Round(100*time.Microsecond))
		return got, statements
	}
	person := func(id string) string { return "/v1/participants/" + id }
	for view, most := range map[string]int64{"/file": 20, "/timeline?limit=200": 12} {
		whole, many := count(person(long.ParticipantID) + view)
		few, some := count(person(short.ParticipantID) + view)
		_, fewest := count(person(none.ID) + view)
		if many != some || many > most || fewest > many {
			t.Errorf("%s takes %d statements for two years, %d for four weeks and %d for nobody's path", view, many, some, fewest)
		}
		entries := func(r reply) int {
			if list, ok := r.Fields["timeline"].([]any); ok {
				return len(list)
			}
			return len(r.items())
		}
		if n := entries(whole); n < 200 || n <= 10*entries(few)/2 {
			t.Errorf("%s tells %d things of two years, %d of four weeks", view, n, entries(few))
		}
		if view == "/file" && whole.Fields["next_cursor"] != nil {
			t.Error("two years are not one file")
		}
	}
}

// What whoever opens a file finds on top of it.
func TestAFileShowsWhatIsOpen(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	f.on("2025-02-03")
	enrolment := f.enrolled("Camille", "Exemple", "2025-02-03")
	path, person := "/v1/enrolments/"+enrolment.ID, "/v1/participants/"+enrolment.ParticipantID
	for _, made := range []struct {
		where string
		body  map[string]any
	}{
		{path + "/diagnostics", map[string]any{"assessed_on": "2025-02-03", "barriers": found("mobilite fort", "logement"), "strengths": []any{"langues"}}},
		{path + "/charter", map[string]any{"signed_on": "2025-02-03"}},
		{path + "/objectives", map[string]any{"label": "Sans terme", "agreed_on": "2025-02-03", "in_charter": true}},
		{path + "/objectives", map[string]any{"label": "Passer le code", "agreed_on": "2025-02-03", "due_on": "2025-02-10", "in_charter": true}},
		{"/v1/appointments", map[string]any{"enrolment_id": enrolment.ID, "starts_at": "2025-03-11T09:00:00Z", "duration_minutes": 60, "mode": "phone"}},
		{"/v1/appointments", map[string]any{"enrolment_id": enrolment.ID, "starts_at": "2025-02-04T09:00:00Z", "duration_minutes": 60, "mode": "phone"}},
		{"/v1/appointments", map[string]any{"enrolment_id": enrolment.ID, "starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "phone"}},
	} {
		f.send(staff, "POST", made.where, made.body).is(201)
	}
	housing := f.rows(`SELECT id::text FROM enrolment_barriers WHERE barrier = 'logement'`)[0][0].(string)
	f.send(staff, "POST", path+"/barriers/"+housing+"/lift", map[string]any{}).is(200)
	f.on("2025-02-24")
	got := f.send(staff, "GET", person+"/file?limit=3", nil).is(200)
	shown := got.Fields["paths"].([]any)[0].(map[string]any)
	said := func(list any, field string) string {
		var values []string
		for _, item := range list.([]any) {
			values = append(values, fmt.Sprint(item.(map[string]any)[field]))
		}
		return strings.Join(values, " ")
	}
	for what, row := range map[string][2]string{
		"barriers":     {said(shown["barriers"], "barrier"), "mobilite"},
		"strengths":    {said(shown["strengths"], "strength"), "langues"},
		"objectives":   {said(shown["objectives"], "label"), "Passer le code Sans terme"},
		"overdue":      {said(shown["objectives"], "overdue"), "true false"},
		"appointments": {said(shown["appointments"], "starts_at"), "2025-03-04T09:00:00Z 2025-03-11T09:00:00Z"},
		"charter":      {fmt.Sprint(shown["charter"].(map[string]any)["signed_on"]), "2025-02-03"},
		"status":       {fmt.Sprint(shown["status"]), "active"},
		"due":          {said(got.Fields["due"], "reason"), "attendance_missing objective_overdue caseworker_missing"},
		"timeline":     {said(got.Fields["timeline"], "event"), "scheduled scheduled scheduled"},
	} {
		if row[0] != row[1] {
			t.Errorf("%s: %q, not %q", what, row[0], row[1])
		}
	}
	rest := f.send(staff, "GET", person+"/timeline?cursor="+got.text("next_cursor"), nil).is(200).items()
	if told := happened(rest); len(told) != 9 || told[0] != "2025-02-03 objective agreed" {
		t.Errorf("the rest of it is %q", told)
	}
	f.trail(staff, "read", "timeline", enrolment.ParticipantID, "barrier charter diagnostic enrolment objective strength")
	f.send(staff, "GET", person+"/file?limit=0", nil).problemAt(422, "invalid", "query.limit")
	f.send(staff, "GET", person+"/file?cursor=x", nil).problemAt(422, "invalid", "query.cursor")
}
