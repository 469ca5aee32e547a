package api_test

import (
	"fmt"
	"testing"

	"o2r/domain"
)

// Of a person with two files whose paths are one, everything after her exit is on the path that stands, and is owed once.
// Where both had an extension, one stands there, and the other is read where it was. Undone, all is as it was.
func TestWhatFollowsAnExitGoesWithHerPath(t *testing.T) {
	for _, row := range []struct {
		name              string
		ours, theirs      string // until when each path is extended
		ends, stays, kept string // of the path that stands; extensions there, and on the folded one
	}{
		{"the folded one alone is extended", "", "2025-12-31", "2025-12-31", "1", "0"},
		{"the one that stands alone is", "2025-12-15", "", "2025-12-15", "1", "0"},
		{"both are", "2025-12-15", "2025-12-31", "2025-12-15", "1", "1"},
		{"neither is", "", "", "2025-11-03", "0", "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFixture(t)
			staff, coordinator := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
			w := f.twins("2025-02-03", "2025-02-03")
			for path, until := range map[string]string{w.firstPath: row.ours, w.secondPath: row.theirs} {
				at := "/v1/enrolments/" + path
				if until != "" {
					f.send(staff, "POST", at+"/extensions", map[string]any{"reason": "Formation.", "decided_on": "2025-10-07", "until_on": until}).is(201)
				}
				f.send(staff, "POST", at+"/exit", map[string]any{"exited_on": "2025-10-15", "kind": "cdi", "follow_up_agreed": true}).is(200)
				f.send(staff, "POST", at+"/follow-ups", map[string]any{"contacted_on": "2025-11-04", "channel": "phone", "counterpart": "personne", "situation": "in_employment"}).is(201)
			}
			f.send(staff, "POST", "/v1/enrolments/"+w.secondPath+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-04-20", "result": "in_employment", "evidence": "contrat"}).is(201)
			reads := func() string {
				t.Helper()
				said := ""
				for _, path := range []string{w.firstPath, w.secondPath} {
					said += fmt.Sprint(f.send(coordinator, "GET", "/v1/enrolments/"+path, nil).is(200).text("support_ends_on"), " ", len(f.of(path, "/extensions")), " ", len(f.of(path, "/follow-ups")), ", ")
				}
				for _, c := range f.send(coordinator, "GET", "/v1/checkpoints", nil).is(200).items() {
					said += fmt.Sprint(c["state"], " ", c["contacts"], ", ")
				}
				return said
			}
			before, held := reads(), f.supported()
			f.merge(w.first, w.second).is(200)
			folded := row.kept
			want := fmt.Sprintf("%s %s 2, ", row.ends, row.stays)
			got := reads()
			if len(got) < len(want) || got[:len(want)] != want {
				t.Errorf("the path that stands reads %s, not %s", got, want)
			}
			if n := len(f.of(w.secondPath, "/extensions")); fmt.Sprint(n) != folded {
				t.Errorf("the folded path keeps %d extensions", n)
			}
			if n := len(f.of(w.secondPath, "/follow-ups")); n != 0 {
				t.Errorf("the folded path keeps %d contacts", n)
			}
			items := f.send(coordinator, "GET", "/v1/checkpoints", nil).is(200).items()
			if len(items) != 1 || items[0]["enrolment_id"] != w.firstPath || items[0]["state"] != "done" || items[0]["contacts"] != 2.0 {
				t.Errorf("owed are %v", items)
			}
			f.unmerge(w.first, w.second).is(200)
			if after := reads(); after != before {
				t.Errorf("undone, %s, and not %s", after, before)
			}
			for table, rows := range f.supported() {
				if held[table] != rows {
					t.Errorf("%s was\n%s\nand is\n%s", table, held[table], rows)
				}
			}
		})
	}
}
