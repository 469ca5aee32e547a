package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// on is the same API on a day, at noon.
func (f *fixture) on(day string) {
	a, _ := composed()
	a.On(f.store.At(domain.MustDate(day).Start().Add(12*time.Hour)), f.tokens)
}

// left is a path that ended, and where its parts are.
func (f *fixture) left(last, exitedOn, kind string, agreed any) string {
	f.Helper()
	path := "/v1/enrolments/" + f.enrolled("Camille", last, "2025-02-03").ID
	f.send(f.actor(domain.Caseworker), "POST", path+"/exit", object(map[string]any{"exited_on": exitedOn, "kind": kind}, "follow_up_agreed", agreed)).is(200)
	return path
}

// refusedPost is one request that is refused.
type refusedPost struct {
	path     string
	body     any
	status   int
	code, at string
}

func (f *fixture) refuses(by domain.Actor, method string, rows map[string]refusedPost, headers ...string) {
	f.Helper()
	before := f.contents()
	for name, row := range rows {
		f.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(by, method, row.path, row.body, headers...).problemAt(row.status, row.code, strings.Fields(row.at)...)
		})
	}
	f.unchanged(before)
}

func TestAPersonIsFollowedAsFarAsSheAgrees(t *testing.T) {
	f := newFixture(t)
	caseworker, coordinator := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	f.on("2025-10-01")
	path := f.left("Exemple", "2025-04-30", "interim", true)
	unasked, refused := f.left("Sans-Réponse", "2025-04-30", "cdi", nil), f.left("Refus", "2025-04-30", "formation_qualifiante", false)
	gone, active := f.left("Partie", "2025-04-30", "abandon", nil), "/v1/enrolments/"+f.enrolled("Camille", "En-Cours", "2025-02-03").ID
	void := f.left("Double", "2025-04-30", "cdi", true)
	f.send(coordinator, "POST", void+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	call := map[string]any{"contacted_on": "2025-06-10", "channel": "phone", "counterpart": "personne", "situation": "in_employment"}
	by := func(change ...any) map[string]any { return object(call, change...) }

	f.refuses(caseworker, "POST", map[string]refusedPost{
		"nobody asked her":               {unasked + "/follow-ups", call, 409, "no_agreement", ""},
		"she refused":                    {refused + "/follow-ups", call, 409, "no_agreement", ""},
		"an exit that is not followed":   {gone + "/follow-ups", call, 409, "no_follow_up", ""},
		"a path that goes on":            {active + "/follow-ups", call, 409, "not_exited", ""},
		"a voided path":                  {void + "/follow-ups", call, 409, "voided", ""},
		"before the exit":                {path + "/follow-ups", by("contacted_on", "2025-04-29"), 422, "invalid", "body.contacted_on"},
		"tomorrow":                       {path + "/follow-ups", by("contacted_on", "2025-10-02"), 422, "invalid", "body.contacted_on"},
		"with an employer unasked":       {path + "/follow-ups", by("counterpart", "employeur"), 422, "invalid", "body.counterpart"},
		"with a relative, in the future": {path + "/follow-ups", by("counterpart", "proche", "contacted_on", "2025-10-02"), 422, "invalid", "body.contacted_on body.counterpart"},
		"by an unknown channel":          {path + "/follow-ups", by("channel", "pigeon"), 422, "invalid", "body.channel"},
		"with nobody":                    {path + "/follow-ups", by("counterpart", nil), 422, "invalid", "body.counterpart"},
		"without a finding":              {path + "/follow-ups", by("situation", nil), 422, "invalid", "body.situation"},
		"an unknown finding":             {path + "/follow-ups", by("situation", "happy"), 422, "invalid", "body.situation"},
		"a blank note":                   {path + "/follow-ups", by("note", "  "), 422, "invalid", "body.note"},
		"a NIR":                          {path + "/follow-ups", by("note", "185057800608436"), 422, "invalid", "body.note"},
		"whose exit it is of, said":      {path + "/follow-ups", by("of_this_exit", true), 422, "invalid", "body.of_this_exit"},
		"of nobody":                      {"/v1/enrolments/" + randomID() + "/follow-ups", call, 404, "not_found", ""},

		"agreed before the exit":             {unasked + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne", "said_on": "2025-04-29"}, 422, "invalid", "body.said_on"},
		"agreed tomorrow":                    {unasked + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne", "said_on": "2025-10-02"}, 422, "invalid", "body.said_on"},
		"agreed by an employer":              {unasked + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "employeur"}, 422, "invalid", "body.said_by"},
		"agreed by a relative":               {unasked + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "proche"}, 422, "invalid", "body.said_by"},
		"refused, but others may be asked":   {path + "/follow-up-agreement", map[string]any{"agreed": false, "said_by": "personne", "third_parties": true}, 422, "invalid", "body.third_parties"},
		"not said what":                      {path + "/follow-up-agreement", map[string]any{"said_by": "personne"}, 422, "invalid", "body.agreed"},
		"not said by whom":                   {path + "/follow-up-agreement", map[string]any{"agreed": true}, 422, "invalid", "body.said_by"},
		"what stands already":                {path + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne"}, 409, "said_already", ""},
		"refused again":                      {refused + "/follow-up-agreement", map[string]any{"agreed": false, "said_by": "personne"}, 409, "said_already", ""},
		"agreed, of an exit that is nothing": {gone + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne"}, 409, "no_follow_up", ""},
		"agreed, of a path that goes on":     {active + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne"}, 409, "not_exited", ""},
		"agreed, of a voided path":           {void + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne"}, 409, "voided", ""},
	})
	f.refuses(f.stranger(domain.Coordinator), "POST", map[string]refusedPost{
		"of another programme, a contact":    {path + "/follow-ups", call, 404, "not_found", ""},
		"of another programme, what is said": {path + "/follow-up-agreement", map[string]any{"agreed": false, "said_by": "personne"}, 404, "not_found", ""},
	})
	f.refuses(f.actor(domain.Partner), "POST", map[string]refusedPost{"a partner's": {path + "/follow-ups", call, 403, "forbidden", ""}})

	first := f.send(caseworker, "POST", path+"/follow-ups", by("note", "Mission prolongée.")).is(201)
	f.trail(caseworker, "created", "follow_up", first.text("id"), "channel contacted_on counterpart note situation")
	place := path + "/follow-ups/" + first.text("id")
	if first.Header.Get("Location") != place || first.said("of_this_exit", "author") != `true "test-caseworker"` {
		t.Errorf("at %q: %s", first.Header.Get("Location"), first.Text)
	}
	f.send(caseworker, "PUT", place, by("situation", "in_training")).problem(428, "precondition_required")
	f.send(caseworker, "PUT", place, by("situation", "in_training"), "If-Match", `"2"`).problem(412, "stale")
	f.send(f.stranger(domain.Coordinator), "GET", place, nil).problem(404, "not_found")
	f.send(caseworker, "PUT", place, by("situation", "in_training"), "If-Match", `"1"`).is(200)
	f.send(caseworker, "GET", place, nil).is(200)
	f.trail(caseworker, "read", "follow_up", first.text("id"), "author channel contacted_on counterpart enrolment_id note of_this_exit situation")

	// She lets them ask her employer.
	said := f.send(caseworker, "POST", path+"/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne", "said_on": "2025-06-10", "third_parties": true}).is(200)
	f.trail(caseworker, "follow_up_agreed", "enrolment", strings.TrimPrefix(path, "/v1/enrolments/"), "follow_up_third_parties")
	if said.said("follow_up_agreed_on", "follow_up_third_parties", "status") != `"2025-04-30" true "follow_up"` {
		t.Error(said.Text)
	}
	f.send(caseworker, "POST", path+"/follow-ups", by("counterpart", "employeur", "contacted_on", "2025-06-12")).is(201)
	// She takes it back in July. What was noted until then stays, and can be noted late; nobody calls her any more.
	withdrawn := f.send(caseworker, "POST", path+"/follow-up-agreement", map[string]any{"agreed": false, "said_by": "proche", "said_on": "2025-07-15"}, "If-Match", said.Header.Get("ETag")).is(200)
	f.trail(caseworker, "follow_up_refused", "enrolment", strings.TrimPrefix(path, "/v1/enrolments/"), "follow_up_agreed follow_up_refused_on follow_up_said_by follow_up_third_parties")
	if withdrawn.said("follow_up_agreed", "follow_up_agreed_on", "follow_up_refused_on", "follow_up_said_by", "follow_up_third_parties", "status") != `false "2025-04-30" "2025-07-15" "proche" null "exited"` || withdrawn.texts("available_actions") != "reopen follow-up-agreement" {
		t.Error(withdrawn.Text)
	}
	f.refuses(caseworker, "POST", map[string]refusedPost{
		"after she took it back":    {path + "/follow-ups", by("contacted_on", "2025-07-16"), 422, "invalid", "body.contacted_on"},
		"her employer, as before":   {path + "/follow-ups", by("counterpart", "employeur"), 422, "invalid", "body.counterpart"},
		"agreed again, before that": {path + "/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne", "said_on": "2025-07-14"}, 422, "invalid", "body.said_on"},
		"and of a stale version":    {path + "/follow-up-agreement", map[string]any{"agreed": false, "said_by": "personne", "said_on": "2025-07-01"}, 422, "invalid", "body.said_on"},
	})
	f.send(caseworker, "POST", path+"/follow-ups", by("contacted_on", "2025-07-15", "situation", "refused")).is(201) // what she said
	f.send(caseworker, "PUT", place, by("note", "Corrigé après coup."), "If-Match", "*").is(200)
	f.send(caseworker, "PUT", place, by("contacted_on", "2025-07-20"), "If-Match", "*").problemAt(422, "invalid", "body.contacted_on")
	history := f.send(coordinator, "GET", "/v1/participants/"+withdrawn.text("participant_id")+"/history", nil).is(200).Text
	for _, field := range []string{"follow_up_third_parties", "follow_up_agreed", "situation", "note"} {
		if !strings.Contains(history, `"field":"`+field+`"`) {
			t.Errorf("the history says nothing of %s: %s", field, history)
		}
	}
	// And gives it anew in September; the six months are those of the exit.
	f.send(caseworker, "POST", path+"/follow-up-agreement", map[string]any{"agreed": true, "said_by": "representant_legal", "said_on": "2025-09-01"}).is(200)
	f.send(caseworker, "POST", path+"/follow-ups", by("contacted_on", "2025-08-20")).problemAt(422, "invalid", "body.contacted_on")
	f.send(caseworker, "POST", path+"/follow-ups", by("contacted_on", "2025-09-01")).is(201)
	f.on("2025-12-02")
	for _, day := range []string{"2025-10-30", "2025-10-31", "2025-11-30", "2025-12-01"} { // the mark, the day after it, the day its checkpoint closes, the day after that
		got := f.send(caseworker, "POST", path+"/follow-ups", by("contacted_on", day, "situation", "unreachable"))
		if (day != "2025-12-01") != (got.Status == 201) {
			t.Errorf("on %s: %s", day, got.Text)
		}
	}
	f.send(caseworker, "POST", unasked+"/follow-up-agreement", map[string]any{"agreed": true, "said_by": "personne"}).problemAt(422, "invalid", "body.said_on")
	f.send(caseworker, "POST", unasked+"/follow-up-agreement", map[string]any{"agreed": false, "said_by": "personne"}).is(200) // to refuse is never too late

	// The exit is taken back, and recorded anew in June: what was noted is kept, and what was before it is of no exit.
	f.send(caseworker, "POST", path+"/reopen", map[string]any{"reason": "Mission annulée."}).is(200)
	of := func() (of string) {
		for _, item := range f.send(caseworker, "GET", path+"/follow-ups", nil).is(200).items() {
			of += fmt.Sprint(item["contacted_on"], " ", item["of_this_exit"], ", ")
		}
		return of
	}
	if got := of(); got != "2025-11-30 false, 2025-10-31 false, 2025-10-30 false, 2025-09-01 false, 2025-07-15 false, 2025-06-12 false, 2025-06-10 false, " {
		t.Errorf("once it is taken back: %s", got)
	}
	f.send(caseworker, "PUT", place, by("note", "Encore."), "If-Match", "*").is(200)
	again := f.send(caseworker, "POST", path+"/exit", map[string]any{"exited_on": "2025-06-11", "kind": "cdi"}).is(200)
	if got := of(); got != "2025-11-30 true, 2025-10-31 true, 2025-10-30 true, 2025-09-01 true, 2025-07-15 true, 2025-06-12 true, 2025-06-10 false, " {
		t.Errorf("once it is recorded anew: %s", got)
	}
	if again.said("follow_up_agreed", "follow_up_agreed_on", "follow_up_said_by", "exit_group") != `null null null "emploi"` {
		t.Errorf("what she said of another exit: %s", again.Text)
	}
	f.send(caseworker, "POST", path+"/follow-ups", by("contacted_on", "2025-09-02")).problem(409, "no_agreement")
	f.send(coordinator, "POST", path+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	f.send(caseworker, "PUT", place, call, "If-Match", "*").problem(409, "voided")
}

func TestTheSixMonthCheckpoints(t *testing.T) {
	f := newFixture(t)
	caseworker, coordinator := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	f.on("2025-12-01")
	work := f.left("Travail", "2025-08-31", "cdi", true)
	training := f.left("Formation", "2025-09-15", "formation_prequalifiante", nil)
	silent := f.left("Refus", "2025-10-10", "interim", false)
	for last, kind := range map[string]string{"Siae": "siae", "Relais": "relais_reseau_emploi", "Parti": "abandon"} {
		f.left(last, "2025-09-01", kind, nil)
	}
	void := f.left("Double", "2025-09-01", "cdi", true)
	f.send(coordinator, "POST", void+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	f.enrolled("Camille", "En-Cours", "2025-02-03")
	names := map[string]string{work[15:]: "work", training[15:]: "training", silent[15:]: "silent"}
	states := func(query string) string {
		t.Helper()
		var said []string
		for _, item := range f.send(caseworker, "GET", "/v1/checkpoints"+query, nil).is(200).items() {
			said = append(said, fmt.Sprint(names[item["enrolment_id"].(string)], " ", item["state"], " ", item["due_on"], " ", item["available_actions"]))
		}
		return strings.Join(said, ", ")
	}
	for _, row := range []struct{ day, query, want string }{
		{"2025-12-01", "", "work upcoming 2026-02-28 [record-follow-up], training upcoming 2026-03-15 [follow-up-agreement], silent waived 2026-04-10 []"},
		{"2026-01-30", "?state=upcoming", "work upcoming 2026-02-28 [record-follow-up], training upcoming 2026-03-15 [follow-up-agreement]"},
		{"2026-01-31", "?state=due", "work due 2026-02-28 [record-outcome record-follow-up]"}, // 31 August and five months
		{"2026-03-31", "?state=due", "work due 2026-02-28 [record-outcome record-follow-up], training due 2026-03-15 [record-outcome]"},
		{"2026-04-01", "?state=overdue", "work overdue 2026-02-28 [record-outcome]"},
		{"2026-04-01", "?state=waived", "silent waived 2026-04-10 [record-outcome]"},
		{"2026-04-01", "?state=done", ""},
		{"2026-04-01", "?from=2026-03-15&to=2026-04-09", "training due 2026-03-15 [record-outcome]"},
		{"2026-04-01", "?from=2026-04-10", "silent waived 2026-04-10 [record-outcome]"},
		{"2026-04-01", "?to=2026-02-28&programme=" + somme, "work overdue 2026-02-28 [record-outcome]"},
		{"2026-04-01", "?programme=" + elsewhere, ""},
		{"2026-04-01", "?caseworker=test-caseworker", ""}, // nobody follows them
	} {
		f.on(row.day)
		if got := states(row.query); got != row.want {
			t.Errorf("on %s, %q lists\n%s, not\n%s", row.day, row.query, got, row.want)
		}
	}
	for _, query := range []string{"?state=late", "?from=demain", "?from=2026-05-01&to=2026-04-30", "?cursor=nonsense", "?unknown=1", "?limit=0"} {
		f.send(caseworker, "GET", "/v1/checkpoints"+query, nil).problem(422, "invalid")
	}
	for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", "/v1/checkpoints", nil).problem(403, "forbidden")
	}
	if items := f.send(f.stranger(domain.Coordinator), "GET", "/v1/checkpoints", nil).is(200).items(); len(items) != 0 {
		t.Errorf("another programme's coordinator lists %v", items)
	}
	f.send(caseworker, "GET", "/v1/checkpoints?state=overdue", nil).is(200)
	f.trail(caseworker, "read", "checkpoint", work[15:], "available_actions caseworker_id checkpoint closes_on contacts due_on enrolment_id evidence evidence_missing exit_group exit_kind exited_on follow_up_agreed last_contact_on observed_on opens_on outcome_id participant_id programme result state")

	// A result ends it; at work without evidence, that is asked for.
	f.refuses(caseworker, "POST", map[string]refusedPost{
		"a result before it opens": {work + "/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-01-30", "result": "in_employment"}, 422, "invalid", "body.observed_on"},
		"a result of tomorrow":     {work + "/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-04-02", "result": "in_employment"}, 422, "invalid", "body.observed_on"},
	})
	f.send(caseworker, "POST", silent+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-04-01", "result": "in_employment", "evidence": "france_travail"}).is(201) // learnt otherwise
	f.send(caseworker, "POST", work+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-02-10", "result": "unreachable"}).is(201)
	one := func(want string) {
		t.Helper()
		for _, item := range f.send(caseworker, "GET", "/v1/checkpoints", nil).is(200).items() {
			if item["enrolment_id"] == work[15:] {
				if got := fmt.Sprint(item["state"], " ", item["result"], " ", item["evidence"], " ", item["evidence_missing"], " ", item["available_actions"]); got != want {
					t.Errorf("reads %s, not %s", got, want)
				}
			}
		}
	}
	one("done unreachable <nil> false []")
	found := f.send(caseworker, "POST", work+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-02-20", "result": "in_employment"}).is(201).text("id")
	f.send(caseworker, "POST", work+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-03-20", "result": "neither", "evidence": "declaration"}).is(201) // found at work first: that counts
	one("done in_employment <nil> true [add-evidence]")
	f.send(caseworker, "PUT", work+"/outcomes/"+found, map[string]any{"checkpoint": "6_months", "observed_on": "2026-02-20", "result": "in_employment", "evidence": "bulletin_de_salaire"}, "If-Match", "*").is(200)
	one("done in_employment bulletin_de_salaire false []")
	if got := states("?state=done"); got != "work done 2026-02-28 [], silent done 2026-04-10 []" {
		t.Errorf("done are %s", got)
	}

	// A page at a time, each once, in order; none of a colleague's, and all of them for their coordinator.
	pages := func(by domain.Actor) (read []string) {
		for next := "/v1/checkpoints?limit=1"; next != ""; {
			got := f.send(by, "GET", next, nil).is(200)
			for _, item := range got.items() {
				read = append(read, names[item["enrolment_id"].(string)])
			}
			next = ""
			if link := got.Header.Get("Link"); link != "" {
				next = strings.TrimPrefix(strings.Split(link, ">")[0], "<")
			}
		}
		return read
	}
	if got := pages(caseworker); !slices.Equal(got, []string{"work", "training", "silent"}) {
		t.Errorf("page by page: %q", got)
	}
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague' WHERE id = $1`, work[15:])
	if got := pages(caseworker); !slices.Equal(got, []string{"training", "silent"}) {
		t.Errorf("beside a colleague's: %q", got)
	}
	if got := pages(coordinator); len(got) != 3 {
		t.Errorf("the coordinator: %q", got)
	}
	// The exit taken back: nothing is owed. Recorded anew later: the results before its own window are none of it.
	f.send(coordinator, "POST", work+"/reopen", map[string]any{"reason": "Contrat rompu."}).is(200)
	if got := pages(coordinator); !slices.Equal(got, []string{"training", "silent"}) {
		t.Errorf("after an exit was taken back: %q", got)
	}
	f.send(coordinator, "POST", work+"/exit", map[string]any{"exited_on": "2025-11-15", "kind": "cdi", "follow_up_agreed": true}).is(200)
	f.on("2026-04-14")
	if got := states("?state=upcoming"); got != "" { // a colleague's
		t.Errorf("without a reason: %s", got)
	}
	if items := f.send(caseworker, "GET", "/v1/checkpoints?state=upcoming", nil, "Access-Reason", because).is(200).items(); len(items) != 1 {
		t.Errorf("with a reason: %v", items)
	}
	caseworker.Subject = "colleague"
	if got := states("?state=upcoming&caseworker=colleague"); got != "work upcoming 2026-05-15 [record-follow-up]" {
		t.Errorf("recorded anew: %s", got)
	}
	// A restricted file is nobody's task.
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+f.rows(`SELECT participant_id::text FROM enrolments WHERE id = $1`, work[15:])[0][0].(string)+"/restriction", map[string]any{"restricted": true, "reason": "Demande écrite."}).is(200)
	if got := pages(coordinator); !slices.Equal(got, []string{"training", "silent"}) {
		t.Errorf("after a restriction: %q", got)
	}
}
