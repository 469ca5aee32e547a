package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

func TestACharterAndItsObjectives(t *testing.T) {
	f := newFixture(t)
	caseworker, path := f.actor(domain.Caseworker), f.supportedPath()
	f.send(caseworker, "GET", path+"/charter", nil).problem(404, "not_found")
	f.send(caseworker, "PUT", path+"/charter", map[string]any{"signed_on": "2025-02-10"}, "If-Match", "*").problem(404, "not_found")
	f.send(caseworker, "POST", path+"/charter", map[string]any{"signed_on": "2025-02-02"}).problemAt(422, "invalid", "body.signed_on")
	signed := f.send(caseworker, "POST", path+"/charter", map[string]any{"signed_on": "2025-02-10", "note": "Un rendez-vous par semaine."}).is(201)
	f.trail(caseworker, "created", "charter", signed.text("id"), "note signed_on")
	if signed.Header.Get("Location") != path+"/charter" || signed.Header.Get("ETag") != `"1"` {
		t.Errorf("Location %q", signed.Header.Get("Location"))
	}
	f.send(caseworker, "POST", path+"/charter", map[string]any{"signed_on": "2025-02-11"}).problem(409, "charter_signed")
	f.send(caseworker, "PUT", path+"/charter", map[string]any{"signed_on": "2025-02-11"}).problem(428, "precondition_required")
	f.send(caseworker, "PUT", path+"/charter", map[string]any{"signed_on": "2025-02-11"}, "If-Match", `"2"`).problem(412, "stale")
	f.send(caseworker, "PUT", path+"/charter", map[string]any{"signed_on": "2025-02-11"}, "If-Match", `"1"`).is(200)
	if got := f.send(caseworker, "GET", path+"/charter", nil).is(200); got.said("signed_on", "note", "version") != `"2025-02-11" null 2` {
		t.Error(got.Text)
	}

	today := domain.DayOf(time.Now())
	barrier := f.send(caseworker, "POST", path+"/barriers", map[string]any{"barrier": "papiers_identite", "assessed_on": "2025-02-10"}).is(201).text("id")
	agree := func(label string, due any, more ...any) reply {
		t.Helper()
		return f.send(caseworker, "POST", path+"/objectives", object(map[string]any{"label": label, "agreed_on": "2025-02-10", "due_on": due, "in_charter": true}, more...)).is(201)
	}
	late, current, next := agree("Refaire sa carte", "2025-03-10", "barrier_id", barrier), agree("Écrire un CV", today), agree("Passer le permis", today.AddDays(30))
	free := agree("Reprendre le sport", nil, "in_charter", false)
	overdue := func(query string) string {
		t.Helper()
		var labels []string
		for _, item := range f.send(caseworker, "GET", query, nil).is(200).items() {
			labels = append(labels, item["label"].(string))
		}
		return strings.Join(labels, ", ")
	}
	for one, want := range map[string]string{late.Text: "true", current.Text: "false", next.Text: "false", free.Text: "false"} {
		if !strings.Contains(one, `"overdue":`+want) {
			t.Errorf("not overdue=%s: %s", want, one)
		}
	}
	for query, want := range map[string]string{
		path + "/objectives":                              "Reprendre le sport, Passer le permis, Écrire un CV, Refaire sa carte",
		path + "/objectives?overdue=true":                 "Refaire sa carte",
		path + "/objectives?state=reached":                "",
		path + "/objectives?state=reached&overdue=true":   "",
		"/v1/objectives":                                  "Refaire sa carte, Écrire un CV, Passer le permis, Reprendre le sport",
		"/v1/objectives?overdue=true":                     "Refaire sa carte",
		"/v1/objectives?overdue=true&programme=" + somme:  "Refaire sa carte",
		"/v1/objectives?programme=o2r-nulle-part":         "",
		"/v1/objectives?caseworker=" + caseworker.Subject: "", // nobody follows her yet
	} {
		if got := overdue(query); got != want {
			t.Errorf("%s lists %q, not %q", query, got, want)
		}
	}
	f.send(caseworker, "GET", "/v1/objectives?overdue=true", nil).is(200)
	f.trail(caseworker, "read", "objective", late.text("id"), "abandon_reason abandoned_on agreed_on author available_actions barrier_id due_on enrolment_id in_charter label overdue reached_on state")
	// A page at a time, each once, in order.
	var paged []string
	for next := "/v1/objectives?limit=1"; next != ""; {
		got := f.send(caseworker, "GET", next, nil).is(200)
		paged = append(paged, got.items()[0]["label"].(string))
		next = ""
		if link := got.Header.Get("Link"); link != "" {
			next = strings.TrimPrefix(strings.Split(link, ">")[0], "<")
		}
	}
	if got := strings.Join(paged, ", "); got != "Refaire sa carte, Écrire un CV, Passer le permis, Reprendre le sport" {
		t.Errorf("page by page: %s", got)
	}
	// The day an objective is due is a day in Paris: an hour before midnight there it is not overdue yet.
	midnight := today.Start()
	for instant, want := range map[time.Time]bool{midnight.Add(-time.Hour): false, midnight.Add(time.Hour): false, midnight.Add(23 * time.Hour): false, today.End(): true} {
		view, err := f.store.At(instant).As(caseworker).Objective(t.Context(), strings.TrimPrefix(path, "/v1/enrolments/"), current.text("id"))
		f.must(err)
		if view.Overdue != want {
			t.Errorf("due on %s, at %s it is overdue: %t", today, instant, view.Overdue)
		}
	}

	one := func(r reply) string { return path + "/objectives/" + r.text("id") }
	before := f.contents()
	for name, row := range map[string]struct {
		path     string
		body     any
		status   int
		code, at string
	}{
		"reached before it was agreed": {one(late) + "/reach", map[string]any{"reached_on": "2025-02-09"}, 422, "invalid", "body.reached_on"},
		"reached tomorrow":             {one(late) + "/reach", map[string]any{"reached_on": today.AddDays(1)}, 422, "invalid", "body.reached_on"},
		"abandoned without a reason":   {one(late) + "/abandon", map[string]any{}, 422, "invalid", "body.reason"},
		"abandoned before":             {one(late) + "/abandon", map[string]any{"reason": "Par choix.", "abandoned_on": "2025-02-09"}, 422, "invalid", "body.abandoned_on"},
		"reopened while open":          {one(late) + "/reopen", map[string]any{"reason": "Par erreur."}, 409, "objective_open", ""},
		"due before it was agreed":     {path + "/objectives", map[string]any{"label": "X", "agreed_on": "2025-02-10", "due_on": "2025-02-09", "in_charter": true}, 422, "invalid", "body.due_on"},
		"agreed before the entry":      {path + "/objectives", map[string]any{"label": "X", "agreed_on": "2025-02-02", "in_charter": true}, 422, "invalid", "body.agreed_on"},
		"agreed tomorrow":              {path + "/objectives", map[string]any{"label": "X", "agreed_on": today.AddDays(1), "in_charter": true}, 422, "invalid", "body.agreed_on"},
		"not said whether in charter":  {path + "/objectives", map[string]any{"label": "X", "agreed_on": "2025-02-10"}, 422, "invalid", "body.in_charter"},
		"a blank label":                {path + "/objectives", map[string]any{"label": "  ", "agreed_on": "2025-02-10", "in_charter": true}, 422, "invalid", "body.label"},
		"a NIR":                        {path + "/objectives", map[string]any{"label": "185057800608436", "agreed_on": "2025-02-10", "in_charter": true}, 422, "invalid", "body.label"},
		"overdue, said by the caller":  {path + "/objectives", map[string]any{"label": "X", "agreed_on": "2025-02-10", "in_charter": true, "overdue": false}, 422, "invalid", "body.overdue"},
		"about nobody's barrier":       {path + "/objectives", map[string]any{"label": "X", "agreed_on": "2025-02-10", "in_charter": true, "barrier_id": randomID()}, 422, "invalid", "body.barrier_id"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			at := strings.Fields(row.at)
			f.send(caseworker, "POST", row.path, row.body).problemAt(row.status, row.code, at...)
		})
	}
	for _, query := range []string{"?state=done", "?overdue=maybe", "?enrolment_status=gone", "?cursor=nonsense", "?unknown=1"} {
		f.send(caseworker, "GET", "/v1/objectives"+query, nil).problem(422, "invalid")
	}
	f.unchanged(before)

	f.send(caseworker, "POST", one(late)+"/reach", map[string]any{"reached_on": "2025-03-04"}, "If-Match", `"1"`).is(200)
	f.trail(caseworker, "reached", "objective", late.text("id"), "reached_on state")
	f.send(caseworker, "POST", one(late)+"/abandon", map[string]any{"reason": "Par choix."}).problem(409, "objective_reached")
	f.send(caseworker, "PUT", one(late), map[string]any{"label": "X", "agreed_on": "2025-03-05", "in_charter": true}, "If-Match", "*").problemAt(422, "invalid", "body.agreed_on")
	f.send(caseworker, "POST", one(free)+"/abandon", map[string]any{"reason": "Le projet a changé.", "abandoned_on": "2025-03-04"}).is(200)
	if got := overdue("/v1/objectives?overdue=true"); got != "" {
		t.Errorf("what was reached is overdue: %s", got)
	}
	if again := f.send(caseworker, "POST", one(late)+"/reach", map[string]any{}); !strings.Contains(again.Text, "This objective is reached already.") {
		t.Errorf("reached twice: %s", again.Text)
	}
	if reopened := f.send(caseworker, "POST", one(late)+"/reopen", map[string]any{"reason": "Refusée en mairie."}).is(200); reopened.said("state", "reached_on", "overdue") != `"open" null true` {
		t.Error(reopened.Text)
	}
	// What was agreed on a path that has ended is nobody's to come back to, unless she is followed up.
	f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": "2025-06-10", "kind": "abandon"}).is(200)
	if got := overdue("/v1/objectives?overdue=true"); got != "" {
		t.Errorf("of a path that has ended are overdue: %s", got)
	}
	if got := overdue("/v1/objectives"); !strings.Contains(got, "Refaire sa carte") {
		t.Errorf("what was agreed on a path that has ended is gone: %s", got)
	}
	f.send(caseworker, "POST", path+"/reopen", map[string]any{"reason": "Par erreur."}).is(200)
	f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": domain.DayOf(time.Now()).AddDays(-9), "kind": "cdi", "follow_up_agreed": true}).is(200)
	if got := overdue("/v1/objectives?overdue=true"); got != "Refaire sa carte" {
		t.Errorf("of a path that is followed up are overdue: %q", got)
	}
	f.send(caseworker, "POST", path+"/reopen", map[string]any{"reason": "Par erreur."}).is(200)
	// A colleague's are not in her list, and neither are those of a voided path.
	colleague := caseworker
	colleague.Subject = "colleague"
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague'`)
	if got := overdue("/v1/objectives"); got != "" {
		t.Errorf("a colleague's are listed: %s", got)
	}
	if n := len(f.send(colleague, "GET", "/v1/objectives?caseworker=colleague", nil).is(200).items()); n != 4 {
		t.Errorf("the colleague lists %d", n)
	}
	f.send(f.actor(domain.Coordinator), "POST", path+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	if n := len(f.send(colleague, "GET", "/v1/objectives", nil).is(200).items()); n != 0 {
		t.Errorf("of a voided path, %d", n)
	}
}

// What is overdue is what the worklist has: of paths that go on. Those of a path that has ended are asked for by name.
func TestWhatIsOverdueOfAPathThatHasEndedIsNotInTheWay(t *testing.T) {
	f := newFixture(t)
	caseworker := f.actor(domain.Caseworker)
	for _, name := range []string{"Reste", "Partie"} {
		path := "/v1/enrolments/" + f.enrolled("Camille", name, "2025-02-03").ID
		f.send(caseworker, "POST", path+"/objectives", map[string]any{"label": name, "agreed_on": "2025-02-10", "due_on": "2025-03-03", "in_charter": false}).is(201)
		if name == "Partie" {
			f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": "2025-04-01", "kind": "abandon"}).is(200)
		}
	}
	for query, want := range map[string]string{
		"?overdue=true": "Reste", "?overdue=true&enrolment_status=exited": "Partie", "?overdue=true&enrolment_status=active": "Reste", "?enrolment_status=exited": "Partie",
		"": "Partie Reste", "?state=open": "Partie Reste", "?enrolment_status=follow_up": "", "?overdue=true&enrolment_status=voided": "",
	} {
		var labels []string
		for _, item := range f.send(caseworker, "GET", "/v1/objectives"+query, nil).is(200).items() {
			labels = append(labels, item["label"].(string))
		}
		slices.Sort(labels)
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%q lists %q, not %q", query, got, want)
		}
	}
}
