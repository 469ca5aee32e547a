package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// files are one caseworker's, her colleague's and nobody's, in one programme.
type files struct {
	*fixture
	her, colleague, lead domain.Actor

	own, theirs, free             file
	workshop                      string
	identity, entry, meeting, job map[string]any
}

// file is a person with an enrolment and what hangs on it.
type file struct{ participant, enrolment, appointment, job string }

func newFiles(t *testing.T) *files {
	f := &files{fixture: newFixture(t)}
	f.her, f.colleague, f.lead = f.actor(domain.Caseworker), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	f.colleague.Subject = "colleague"
	f.identity = map[string]any{"first_name": "Dominique", "last_name": "Fictif"}
	f.entry = map[string]any{"programme": somme, "entered_on": "2025-02-03"}
	f.meeting = map[string]any{"starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "in_person"}
	f.job = map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}
	f.own, f.theirs, f.free = f.open(f.her.Subject), f.open(f.colleague.Subject), f.open("")
	f.workshop = f.send(f.lead, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90}).is(201).text("id")
	return f
}

func (f *files) open(caseworker string) (opened file) {
	f.Helper()
	made := func(path string, body map[string]any) string {
		return f.send(f.lead, "POST", path, body).is(201).text("id")
	}
	opened.participant = made("/v1/participants", f.identity)
	entry := object(f.entry, "participant_id", opened.participant)
	if caseworker != "" {
		entry["caseworker_id"] = caseworker
	}
	opened.enrolment = made("/v1/enrolments", entry)
	opened.appointment = made("/v1/appointments", object(f.meeting, "enrolment_id", opened.enrolment))
	opened.job = made("/v1/enrolments/"+opened.enrolment+"/jobs", f.job)
	return opened
}

// doing is every operation on one person's file.
func (f *files) doing(on file) map[string]operation {
	enrolment, appointment := "/v1/enrolments/"+on.enrolment, "/v1/appointments/"+on.appointment
	return map[string]operation{
		"read the person":         {method: "GET", path: "/v1/participants/" + on.participant},
		"read the path":           {method: "GET", path: enrolment},
		"read the jobs":           {method: "GET", path: enrolment + "/jobs"},
		"read France Travail":     {method: "GET", path: enrolment + "/france-travail-status"},
		"read the outcomes":       {method: "GET", path: enrolment + "/outcomes"},
		"read the meeting":        {method: "GET", path: appointment},
		"rewrite the person":      {method: "PUT", path: "/v1/participants/" + on.participant, body: f.identity},
		"rewrite the entry":       {method: "PUT", path: enrolment, body: object(f.entry, "participant_id", on.participant)},
		"take the path over":      {method: "PUT", path: enrolment, body: object(f.entry, "participant_id", on.participant, "caseworker_id", f.her.Subject)},
		"record a job":            {method: "POST", path: enrolment + "/jobs", body: f.job},
		"rewrite a job":           {method: "PUT", path: enrolment + "/jobs/" + on.job, body: f.job},
		"record France Travail":   {method: "POST", path: enrolment + "/france-travail-status", body: map[string]any{"observed_on": "2025-05-06", "registered": true}},
		"record an outcome":       {method: "POST", path: enrolment + "/outcomes", body: map[string]any{"checkpoint": "6_months", "observed_on": "2026-03-02", "result": "neither"}},
		"make a meeting":          {method: "POST", path: "/v1/appointments", body: object(f.meeting, "enrolment_id", on.enrolment)},
		"move the meeting":        {method: "PUT", path: appointment, body: object(f.meeting, "enrolment_id", on.enrolment)},
		"record attendance":       {method: "POST", path: appointment + "/attendance", body: map[string]any{"status": "attended"}},
		"register for a workshop": {method: "POST", path: "/v1/workshops/" + f.workshop + "/registrations", body: map[string]any{"enrolment_id": on.enrolment}},
		"enrol the person again":  {method: "POST", path: "/v1/enrolments", body: object(f.entry, "participant_id", on.participant, "entered_on", "2026-01-05")},
		"end the path":            {method: "POST", path: enrolment + "/exit", body: map[string]any{"exited_on": "2025-08-01", "kind": "cdi"}},
		"take the exit back":      {method: "POST", path: enrolment + "/reopen", body: map[string]any{"reason": "Par erreur."}},
	}
}

const because = "Remplacement%20de%20la%20coll%C3%A8gue"

func TestAColleaguesFileAsksForAReason(t *testing.T) {
	f := newFiles(t)
	before := f.contents()
	for name, op := range f.doing(f.theirs) {
		last := f.count(`SELECT max(id) FROM audit_events`)
		got := f.send(f.her, op.method, op.path, op.body, "If-Match", "*")
		got.problem(403, "access_reason_required")
		left := f.rows(`SELECT action, kind = ANY ('{participant,enrolment,appointment}'), record_ids && $3, programme, subject = $2 FROM audit_events WHERE id > $1`,
			last, f.her.Subject, []string{f.theirs.participant, f.theirs.enrolment, f.theirs.appointment})
		if fmt.Sprint(left) != fmt.Sprint([][]any{{"refused", true, true, somme, true}}) {
			t.Errorf("%s: the refusal left %v in the trail", name, left)
		}
		if !strings.Contains(got.Text, "Access-Reason") {
			t.Errorf("%s: it is not said what to do: %s", name, got.Text)
		}
		stranger := f.stranger(domain.Caseworker) // for her there is no such file at all
		if elsewhere := f.send(stranger, op.method, op.path, op.body, "If-Match", "*"); elsewhere.Status != 404 && elsewhere.Status != 422 {
			t.Errorf("%s, elsewhere: %s", name, elsewhere.Text)
		}
		if elsewhere := f.send(stranger, op.method, op.path, op.body, "If-Match", "*", "Access-Reason", because); elsewhere.Status != 404 && elsewhere.Status != 422 {
			t.Errorf("%s, elsewhere with a reason: %s", name, elsewhere.Text)
		}
	}
	for table, rows := range f.contents() { // but for the trail of the refusals
		if !strings.HasPrefix(table, "audit_") && rows != before[table] {
			t.Errorf("%s was written", table)
		}
	}
	for _, id := range []string{randomID(), f.workshop} {
		f.send(f.her, "GET", "/v1/enrolments/"+id, nil).problem(404, "not_found")
	}
	for _, mine := range []file{f.own, f.free} {
		for name, op := range f.doing(mine) {
			if got := f.send(f.her, op.method, op.path, op.body, "If-Match", "*"); got.Status == 403 || got.Status == 404 {
				t.Errorf("%s of her own: %s", name, got.Text)
			}
		}
	}
	for name, op := range f.doing(f.theirs) {
		last := f.count(`SELECT coalesce(max(id), 0) FROM audit_events`)
		got := f.send(f.her, op.method, op.path, op.body, "If-Match", "*", "Access-Reason", because)
		if got.Status == 403 || got.Status == 404 {
			t.Errorf("%s with a reason: %s", name, got.Text)
		}
		if got.Status >= 300 {
			continue // another rule
		}
		if n := f.count(`SELECT count(*) FROM audit_events WHERE id > $1 AND subject = $2 AND reason LIKE 'Remplacement de la collègue%'`, last, f.her.Subject); n == 0 {
			t.Errorf("%s: the trail does not say why", name)
		}
	}
	if reasons := f.count(`SELECT count(*) FROM audit_events WHERE reason LIKE 'Remplacement%' AND (subject <> $1 OR role <> 'caseworker')`, f.her.Subject); reasons > 0 {
		t.Errorf("%d rows of others bear her reason", reasons)
	}
}

func TestListsLeaveColleaguesFilesOut(t *testing.T) {
	f := newFiles(t)
	ids := func(actor domain.Actor, method, path string, body any, headers ...string) string {
		var found []string
		for _, item := range f.send(actor, method, path, body, headers...).is(200).items() {
			found = append(found, item["id"].(string))
		}
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	sorted := func(all ...string) string {
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for _, row := range []struct {
		method, path string
		body         any
		of           func(file) string
	}{
		{"GET", "/v1/participants", nil, func(o file) string { return o.participant }},
		{"POST", "/v1/participants/search", map[string]any{"query": "fictif"}, func(o file) string { return o.participant }},
		{"GET", "/v1/enrolments", nil, func(o file) string { return o.enrolment }},
		{"GET", "/v1/enrolments?programme=" + somme, nil, func(o file) string { return o.enrolment }},
		{"GET", "/v1/appointments", nil, func(o file) string { return o.appointment }},
	} {
		all := sorted(row.of(f.own), row.of(f.theirs), row.of(f.free))
		for _, c := range []struct {
			who     domain.Actor
			headers []string
			want    string
		}{
			{f.her, nil, sorted(row.of(f.own), row.of(f.free))},
			{f.colleague, nil, sorted(row.of(f.theirs), row.of(f.free))},
			{f.her, []string{"Access-Reason", because}, all},
			{f.lead, nil, all},
		} {
			if got := ids(c.who, row.method, row.path, row.body, c.headers...); got != c.want {
				t.Errorf("%s %s with %v: %s sees %q, not %q", row.method, row.path, c.headers, c.who.Subject, got, c.want)
			}
		}
	}
	// Asked about by name, a colleague's is no more there than nobody's.
	for _, path := range []string{"/v1/enrolments?caseworker=colleague", "/v1/enrolments?participant_id=" + f.theirs.participant, "/v1/appointments?enrolment_id=" + f.theirs.enrolment} {
		if got := ids(f.her, "GET", path, nil); got != "" {
			t.Errorf("%s: %q", path, got)
		}
	}
	// A workshop is the team's: whoever is registered.
	f.send(f.colleague, "POST", "/v1/workshops/"+f.workshop+"/registrations", map[string]any{"enrolment_id": f.theirs.enrolment}).is(200)
	f.send(f.her, "GET", "/v1/workshops/"+f.workshop, nil).is(200)
	f.send(f.her, "PUT", "/v1/workshops/"+f.workshop+"/roll-call", map[string]any{"items": []any{map[string]any{"enrolment_id": f.theirs.enrolment, "status": "attended"}}}, "If-Match", "*").is(200)
	// Somebody known to a colleague is named, so that no second file is begun unknowingly.
	if got := f.send(f.her, "POST", "/v1/participants", f.identity).is(201).texts("possible_duplicates"); !strings.Contains(got, f.theirs.participant) {
		t.Errorf("possible duplicates are %q", got)
	}
	// A person of hers whose earlier path a colleague followed: the person opens, that path does not.
	person := f.send(f.lead, "POST", "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Revenue"}).is(201).text("id")
	enter := func(day, caseworker string) string {
		return f.send(f.lead, "POST", "/v1/enrolments", object(f.entry, "participant_id", person, "entered_on", day, "caseworker_id", caseworker)).is(201).text("id")
	}
	earlier := enter("2024-12-02", "colleague")
	f.send(f.lead, "POST", "/v1/enrolments/"+earlier+"/exit", map[string]any{"exited_on": "2025-01-15", "kind": "cdi"}).is(200)
	f.send(f.her, "GET", "/v1/participants/"+person, nil).problem(403, "access_reason_required")
	enter("2025-02-03", f.her.Subject)
	f.send(f.her, "GET", "/v1/participants/"+person, nil).is(200)
	f.send(f.her, "GET", "/v1/enrolments/"+earlier, nil).problem(403, "access_reason_required")
}

func TestReasonsThatAreNone(t *testing.T) {
	f := newFiles(t)
	before := f.contents()
	path := "/v1/participants/" + f.theirs.participant
	for name, reason := range map[string]string{
		"empty":               "",
		"blank":               "   ",
		"two letters":         "ab",
		"two, encoded":        "%C3%A9%C3%A8",
		"dots":                "....",
		"301 characters":      strings.Repeat("%C3%A9", 301),
		"not encoded":         "congé de la collègue",
		"half encoded":        "cong%C3",
		"no hexadecimal":      "cong%ZZ",
		"latin-1":             "cong%E9 annuel",
		"a line break":        "deux%0Alignes",
		"a null":              "un%00z%C3%A9ro",
		"text from the right": "abc%E2%80%AEdef",
		"NIR":                 "pour%201%2085%2005%2078%20006%20084%2036",
	} {
		got := f.send(f.her, "GET", path, nil, "Access-Reason", reason)
		if got.Status != 422 {
			t.Errorf("%s: %d %s", name, got.Status, got.Text)
			continue
		}
		got.problemAt(422, "invalid", "header.Access-Reason")
	}
	for _, role := range domain.Roles { // who needs none may give none
		if role != domain.Caseworker && strings.Contains(roles["listReferrals"], string(role)) {
			f.send(f.actor(role), "GET", "/v1/referrals", nil, "Access-Reason", because).problemAt(422, "invalid", "header.Access-Reason")
		}
	}
	f.send(f.her, "GET", "/v1/me", nil, "Access-Reason", because).problemAt(422, "invalid", "header.Access-Reason")
	f.send(nobody, "GET", path, nil, "Access-Reason", because).is(401)
	f.send(f.actor(domain.Analyst), "GET", path, nil, "Access-Reason", because).problem(403, "forbidden")
	// The trail outlives the file: what names the person is refused before anything is shown.
	f.send(f.her, "GET", path, nil, "Access-Reason", "Rappel de Dominique FICTIF").problemAt(422, "invalid", "header.Access-Reason")
	f.send(f.her, "GET", "/v1/enrolments/"+f.theirs.enrolment, nil, "Access-Reason", "Rappel de monsieur Fictif").problemAt(422, "invalid", "header.Access-Reason")
	f.unchanged(before)
	f.send(f.her, "GET", path, nil, "Access-Reason", url.PathEscape(strings.Repeat("é", 300))).is(200)
	f.send(f.her, "GET", path, nil, "Access-Reason", "plain ASCII, not encoded at all").is(200)
}

func TestTheHeaderIsDeclaredWhereFilesAre(t *testing.T) {
	f := newFixture(t)
	for _, op := range f.operations() {
		declared := strings.Fields(roles[op.id])
		want := slices.Contains(declared, "caseworker") && len(declared) < len(domain.Roles)
		if got := slices.Contains(op.headers, "Access-Reason"); got != want {
			t.Errorf("%s declares Access-Reason: %t, not %t", op.id, got, want)
		}
	}
}

func TestWhoReadsTheTrail(t *testing.T) {
	f := newFiles(t)
	dpo := f.actor(domain.DPO)
	f.send(f.her, "GET", "/v1/enrolments/"+f.own.enrolment, nil).is(200)
	f.send(f.her, "GET", "/v1/participants/"+f.theirs.participant, nil, "Access-Reason", because).is(200)
	f.send(f.stranger(domain.Coordinator), "POST", "/v1/sites", map[string]any{"programme": elsewhere, "name": "Ailleurs"}).is(201)
	list := func(actor domain.Actor, query string) []map[string]any {
		f.Helper()
		return f.send(actor, "GET", "/v1/audit-events?limit=200"+query, nil).is(200).items()
	}
	for _, row := range []struct {
		query string
		want  func(map[string]any) bool
	}{
		{"&record_id=" + f.theirs.participant, func(e map[string]any) bool {
			return strings.Contains(fmt.Sprint(e["record_ids"]), f.theirs.participant)
		}},
		{"&subject=" + f.her.Subject, func(e map[string]any) bool { return e["subject"] == f.her.Subject }},
		{"&kind=enrolment", func(e map[string]any) bool { return e["kind"] == "enrolment" }},
		{"&action=read&kind=participant", func(e map[string]any) bool { return e["kind"] == "participant" && e["action"] == "read" }},
	} {
		all, found := list(dpo, ""), list(dpo, row.query)
		want := 0
		for _, event := range all {
			if row.want(event) && event["kind"] != "audit" {
				want++
			}
		}
		got := 0
		for _, event := range found {
			if !row.want(event) {
				t.Errorf("%s gives %v", row.query, event)
			}
			if event["kind"] != "audit" {
				got++
			}
		}
		if got != want || want == 0 {
			t.Errorf("%s gives %d rows, not %d", row.query, got, want)
		}
	}
	if got := list(dpo, "&to=2025-01-01"); len(got) != 0 {
		t.Errorf("before the beginning: %v", got)
	}
	if got := list(dpo, "&from=2025-01-01"); len(got) == 0 {
		t.Error("since the beginning: nothing")
	}
	last := list(dpo, "")[0]
	if last["kind"] != "audit" || last["subject"] != dpo.Subject || !strings.Contains(fmt.Sprint(last["fields"]), "from") {
		t.Errorf("reading the trail left %v", last)
	}
	ours, theirs := list(f.lead, ""), list(f.stranger(domain.Coordinator), "")
	for _, event := range ours {
		if event["programme"] != somme {
			t.Errorf("the coordinator of %s reads %v", somme, event)
		}
	}
	if len(theirs) == 0 || len(ours) == 0 {
		t.Errorf("the coordinators read %d and %d rows", len(ours), len(theirs))
	}
	for _, event := range theirs {
		if event["programme"] != elsewhere {
			t.Errorf("the coordinator of %s reads %v", elsewhere, event)
		}
	}
	if got := list(f.stranger(domain.Coordinator), "&record_id="+f.own.participant); len(got) > 1 { // her own question
		t.Errorf("what was done to somebody else's participant: %v", got)
	}
	seen := list(f.lead, "&record_id="+f.theirs.participant+"&subject="+f.her.Subject)
	if len(seen) != 1 || seen[0]["reason"] != "Remplacement de la collègue" {
		t.Errorf("who opened the colleague's file: %v", seen)
	}
	// Page by page, the same rows, though every page adds one.
	var paged []string
	for path := "/v1/audit-events?limit=7"; path != ""; {
		got := f.send(dpo, "GET", path, nil).is(200)
		for _, event := range got.items() {
			paged = append(paged, fmt.Sprint(event["id"]))
		}
		next, more := got.Fields["next_cursor"].(string)
		if path = ""; more {
			path = "/v1/audit-events?limit=7&cursor=" + next
		}
	}
	if !slices.IsSortedFunc(paged, func(a, b string) int { return len(b) - len(a) }) || len(slices.Compact(slices.Clone(paged))) != len(paged) || paged[len(paged)-1] != "1" {
		t.Errorf("the pages hold %v", paged)
	}
	for _, query := range []string{"?cursor=eyJsaXN0IjoiYXVkaXRfZXZlbnRzIiwiaWQiOiJ4In0", "?from=2025-02-01&to=2025-01-01", "?action=", "?who=me", "?from=hier"} {
		f.send(dpo, "GET", "/v1/audit-events"+query, nil).problem(422, "invalid")
	}
}

// A look is filed where the person is, not where the token of whoever looked happens to point.
func TestALookIsFiledUnderTheProgrammesOfThePerson(t *testing.T) {
	f := newFixture(t)
	officer, lead, stranger := f.actor(domain.DPO), f.actor(domain.Coordinator), f.stranger(domain.Coordinator)
	across, both := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	across.Subject, both.Subject = "across", "both"
	across.Programmes = []string{somme, elsewhere}
	both.Programmes = across.Programmes
	// Whoever records a person records her for all of her own programmes.
	person := func(lead domain.Actor, programmes ...string) string {
		id := f.send(lead, "POST", "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Fictif"}).is(201).text("id")
		for _, programme := range programmes {
			f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": id, "programme": programme, "entered_on": "2025-02-03"}).is(201)
		}
		return id
	}
	ours, theirs, shared := person(lead, somme), person(stranger, elsewhere), person(across, somme, elsewhere)
	seen := func(actor domain.Actor, by, record string) int {
		f.Helper()
		return len(f.send(actor, "GET", "/v1/audit-events?action=read&kind=participant&subject="+by+"&record_id="+record, nil).is(200).items())
	}
	f.send(officer, "GET", "/v1/participants/"+theirs, nil).is(200) // her token names our programme
	if n := seen(lead, officer.Subject, theirs); n != 0 {
		t.Errorf("the coordinator of another programme reads %d looks of the officer's", n)
	}
	for n, paths := range [][]string{
		{"/v1/participants/" + ours, "/v1/participants/" + theirs, "/v1/participants/" + shared},
		{"/v1/participants"}, // one look at all three: each coordinator reads of her own
	} {
		for _, path := range paths {
			f.send(both, "GET", path, nil).is(200)
		}
		for record, want := range map[string][2]int{ours: {n + 1, 0}, theirs: {0, n + 1}, shared: {n + 1, n + 1}} {
			if got := [2]int{seen(lead, both.Subject, record), seen(stranger, both.Subject, record)}; got != want {
				t.Errorf("after %v the coordinators read %v looks of a caseworker of both programmes, not %v", paths, got, want)
			}
		}
	}
}

// That nobody is there is an answer, and who asked for it is kept.
func TestALookThatFindsNobodyIsInTheTrail(t *testing.T) {
	f := newFiles(t)
	for _, row := range []struct {
		actor         domain.Actor
		path, kind    string
		headers       []string
		reason, shown string
	}{
		{f.her, "/v1/enrolments?participant_id=" + f.theirs.participant, "enrolment", nil, "", ""},
		{f.her, "/v1/enrolments?caseworker=nobody", "enrolment", []string{"Access-Reason", because}, "Remplacement de la collègue", ""},
		{f.her, "/v1/appointments?status=no_show", "appointment", nil, "", ""},
		{f.her, "/v1/workshops?status=closed", "workshop", nil, "", ""},
		{f.actor(domain.Partner), "/v1/referrals?external_reference=DOSSIER-1", "referral", nil, "", ""},
		{f.actor(domain.DPO), "/v1/rights-requests?overdue=true", "rights_request", nil, "", ""},
	} {
		last := f.count(`SELECT max(id) FROM audit_events`)
		if items := f.send(row.actor, "GET", row.path, nil, row.headers...).is(200).items(); len(items) != 0 {
			t.Errorf("%s finds %v: the test proves nothing", row.path, items)
		}
		left := f.rows(`SELECT action, kind, subject, coalesce(reason, ''), cardinality(record_ids), cardinality(fields) FROM audit_events WHERE id > $1`, last)
		if want := fmt.Sprint([][]any{{"read", row.kind, row.actor.Subject, row.reason, 0, 0}}); fmt.Sprint(left) != want {
			t.Errorf("%s left %v, not %v", row.path, left, want)
		}
	}
}

// A refusal that cannot be written down is not given either.
func TestARefusalThatCannotBeWrittenDownIsNotGiven(t *testing.T) {
	f := newFiles(t)
	f.exec(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trail is full'; END $$;
		CREATE TRIGGER zz_broken BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION broken()`)
	f.send(f.her, "GET", "/v1/participants/"+f.theirs.participant, nil).problem(500, "internal")
}
