package api_test

import (
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

func TestARestrictedFileIsTheOfficersAlone(t *testing.T) {
	f := newFixture(t)
	m := f.marked() // which ends restricted
	officer, staff := f.actor(domain.DPO), f.actor(domain.Coordinator)
	path := "/v1/participants/" + m.participant
	frozen := f.answers()
	f.hidden(m)
	if got := f.send(officer, "GET", path, nil).is(200); got.text("restriction_reason") != m.values["restriction reason"] || got.text("last_name") != m.values["last name"] {
		t.Error(got.Text)
	}
	if got := f.send(officer, "POST", "/v1/participants/search", map[string]any{"query": "zephyrine"}).is(200); len(got.items()) != 1 {
		t.Error("the officer finds", got.Text)
	}
	f.trail(officer, "searched", "participant", m.participant, "query")
	// She counts, whatever is asked, and nothing says that it is she: not her place, nor the trail of the look.
	older := f.enrolled("Alix", "Ouvert", "2024-12-02")
	later := f.enrolled("Sacha", "Ouvert", "2026-03-02")
	for query, want := range map[string]string{
		"justice_supervised_share/evidence?as_of=2026-06-30":                                "unknown unknown numerator",
		"beneficiaries/evidence?as_of=2026-06-30":                                           "numerator numerator numerator",
		"beneficiaries/evidence?as_of=2026-06-30&justice_status=milieu_ouvert":              "numerator",
		"individual_attendance_rate/evidence?as_of=2026-06-30&justice_status=milieu_ouvert": "numerator",
	} {
		evidence := f.send(staff, "GET", "/v1/programmes/"+somme+"/indicators/"+query, nil).is(200)
		buckets := []string{}
		for i, item := range evidence.items() {
			buckets = append(buckets, item["bucket"].(string))
			last := i == len(evidence.items())-1
			if last && (item["enrolment_id"] != nil || item["meeting_id"] != nil || len(item["facts"].([]any)) != 0) {
				t.Errorf("%s names somebody whose file is restricted: %v", query, item)
			}
			if !last && item["enrolment_id"] != older.ID && item["enrolment_id"] != later.ID {
				t.Errorf("%s: %v", query, item)
			}
		}
		if got := strings.Join(buckets, " "); got != want || strings.Contains(evidence.Text, m.enrolment) || strings.Contains(evidence.Text, m.participant) {
			t.Errorf("%s gives %q, not %q: %s", query, got, want, evidence.Text)
		}
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'evidence' AND record_ids @> ARRAY[$1]::text[]`, m.enrolment); n > 0 {
		t.Errorf("%d looks say in the trail whose it was", n)
	}
	f.exec(`UPDATE enrolments SET voided_at = now() WHERE id = ANY ($1)`, []string{older.ID, later.ID}) // the figures below are hers alone

	// A workshop goes on around her place.
	workshop := f.send(staff, "GET", "/v1/workshops", nil).is(200).items()[0]["id"].(string)
	if got := f.send(staff, "GET", "/v1/workshops/"+workshop, nil).is(200); strings.Contains(got.Text, m.enrolment) {
		t.Error("seen in the workshop:", got.Text)
	}
	f.send(staff, "PUT", "/v1/workshops/"+workshop+"/roll-call", map[string]any{"items": []any{map[string]any{"enrolment_id": m.enrolment, "status": "no_show"}}}, "If-Match", "*").problemAt(422, "invalid", "body.items[0].enrolment_id")
	f.send(staff, "PUT", "/v1/workshops/"+workshop+"/roll-call", map[string]any{"items": []any{}}, "If-Match", "*").is(200)

	for name, row := range map[string]struct {
		body     any
		location string
	}{
		"no reason":       {map[string]any{"restricted": false}, "body.reason"},
		"a blank reason":  {map[string]any{"restricted": false, "reason": "   "}, "body.reason"},
		"not what":        {map[string]any{"reason": "Vérifiée."}, "body.restricted"},
		"null for what":   {map[string]any{"restricted": nil, "reason": "Vérifiée."}, "body.restricted"},
		"a word for what": {map[string]any{"restricted": "false", "reason": "Vérifiée."}, "body.restricted"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(officer, "POST", path+"/restriction", row.body).problemAt(422, "invalid", row.location)
		})
	}
	f.send(officer, "POST", path+"/restriction", map[string]any{"restricted": false, "reason": "Vérifiée."}, "If-Match", `"1"`).problem(412, "stale")
	f.send(staff, "POST", path+"/restriction", map[string]any{"restricted": false, "reason": "Vérifiée."}).problem(403, "forbidden")

	f.send(officer, "POST", path+"/restriction", map[string]any{"restricted": false, "reason": "Exactitude vérifiée."}).is(200)
	f.trail(officer, "restriction_lifted", "participant", m.participant, "restricted_at restriction_reason")
	f.send(staff, "GET", path, nil).is(200)
	f.send(staff, "GET", "/v1/enrolments/"+m.enrolment, nil).is(200)
	f.send(f.actor(domain.Partner), "GET", "/v1/referrals/"+m.referral, nil).is(200)
	for query, text := range f.answers() {
		if frozen[query] != text {
			t.Errorf("%s was\n%s\nand is\n%s once the file is open again", query, frozen[query], text)
		}
	}
}

func TestTheHistoryKeepsWhatStoodThere(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	staff, path := f.actor(domain.Caseworker), "/v1/participants/"+c.participant
	f.send(staff, "PUT", path, object(c.identity, "phone", "06 39 98 00 09", "email", "d@example.org"), "If-Match", "*").is(200)
	f.send(staff, "PUT", path, object(c.identity, "phone", nil), "If-Match", "*").is(200)
	f.send(staff, "PUT", path, object(c.identity, "phone", nil), "If-Match", "*").is(200) // nothing changes
	f.send(staff, "PUT", "/v1/enrolments/"+c.enrolment, object(c.entry, "without_resources", true), "If-Match", "*").is(200)
	f.send(staff, "PUT", "/v1/enrolments/"+c.enrolment, object(c.entry, "without_resources", false), "If-Match", "*").is(200)
	f.send(staff, "PUT", path, object(c.identity, "birth_date", "2020-01-01"), "If-Match", "*").is(422)
	for _, role := range []domain.Role{domain.Caseworker, domain.DPO} {
		var got []string
		for _, item := range f.send(f.actor(role), "GET", path+"/history", nil).is(200).items() {
			old, _ := item["old_value"].(string)
			got = append(got, item["field"].(string)+"="+old)
			if item["changed_by"] != staff.Subject {
				t.Error("changed by", item["changed_by"])
			}
		}
		latest := got[0]
		slices.Sort(got)
		if got := strings.Join(got, " | "); got != "email= | email=d@example.org | phone=06 39 98 00 01 | phone=06 39 98 00 09 | without_resources= | without_resources=true" {
			t.Errorf("%s reads %q", role, got)
		}
		if latest != "without_resources=true" {
			t.Errorf("the latest is %q", latest)
		}
	}
	f.trail(f.actor(domain.DPO), "read", "history", c.participant, "")
	first := f.send(staff, "GET", path+"/history?limit=4", nil).is(200)
	rest := f.send(staff, "GET", path+"/history?limit=4&cursor="+first.text("next_cursor"), nil).is(200)
	if len(first.items()) != 4 || len(rest.items()) != 2 || rest.Fields["next_cursor"] != nil {
		t.Error(first.Text, rest.Text)
	}
	f.send(f.stranger(domain.Coordinator), "GET", path+"/history", nil).problem(404, "not_found")

	// Who works in another programme of hers reads the corrections of her identity, not of the other path.
	f.send(f.shared(c), "GET", path, nil).is(200)
	for _, item := range f.send(f.shared(c), "GET", path+"/history", nil).is(200).items() {
		if item["kind"] != "participant" {
			t.Error("reads a correction of another programme:", item)
		}
	}
}

// shared is staff of the other programme, which the person of the cast has entered too.
func (f *fixture) shared(c cast) domain.Actor {
	f.Helper()
	if f.count(`SELECT count(*) FROM enrolments WHERE participant_id = $1 AND programme = $2`, c.participant, elsewhere) == 0 {
		both := f.actor(domain.Coordinator)
		both.Programmes = []string{somme, elsewhere}
		f.send(both, "POST", "/v1/enrolments", object(c.entry, "programme", elsewhere)).is(201)
	}
	return f.stranger(domain.Coordinator)
}

func TestACopyHoldsWhatItsReaderMayKnow(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	other := f.shared(c)
	path := "/v1/participants/" + c.participant + "/export"
	whole := f.send(f.actor(domain.DPO), "GET", path, nil).is(200)
	f.trail(f.actor(domain.DPO), "exported", "participant", c.participant, "")
	part := f.send(other, "GET", path, nil).is(200)
	if n := len(whole.Fields["enrolments"].([]any)); n != 2 || whole.text("covers") != "everything" || len(whole.Fields["accesses"].([]any)) < 3 {
		t.Error(n, "paths:", whole.Text)
	}
	if n := len(part.Fields["enrolments"].([]any)); n != 1 || part.text("covers") != "own_programmes" || len(part.Fields["accesses"].([]any)) != 0 {
		t.Error(n, "paths:", part.Text)
	}
	for _, hidden := range []string{c.enrolment, c.job, c.appointment, somme} {
		if strings.Contains(part.Text, hidden) {
			t.Errorf("another programme's copy holds %s", hidden)
		}
	}
	f.send(f.stranger(domain.Coordinator), "GET", "/v1/participants/"+randomID()+"/export", nil).problem(404, "not_found")
	for _, role := range []domain.Role{domain.Caseworker, domain.Partner, domain.Analyst, domain.Admin} {
		f.send(f.actor(role), "GET", path, nil, "Accept", "text/html").problem(403, "forbidden")
	}
}

func TestACopyToReadAndPrint(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	staff := f.actor(domain.Caseworker)
	f.send(staff, "PUT", "/v1/participants/"+c.participant, object(c.identity, "last_name", "<script>alert(1)</script>", "address", `"><img src=x onerror=alert(1)>`), "If-Match", "*").is(200)
	f.send(staff, "GET", "/v1/participants/"+c.participant, nil).is(200)
	page := f.send(f.actor(domain.DPO), "GET", "/v1/participants/"+c.participant+"/export", nil, "Accept", "text/html").is(200)
	if got := page.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		t.Error("Content-Type", got)
	}
	if got := page.Header.Get("Content-Security-Policy"); !strings.Contains(got, "style-src 'sha256-") || strings.Contains(got, "unsafe") {
		t.Error("Content-Security-Policy", got)
	}
	for _, wanted := range []string{"Copie de vos données", "Sous main de justice, milieu ouvert", "3 février 1985", "&lt;script&gt;", "lecture", "4 mars 2025 à 10 h 00", `lang="fr"`} {
		if !strings.Contains(page.Text, wanted) {
			t.Errorf("the page has no %q", wanted)
		}
	}
	for _, unwanted := range []string{"<script", "<img", "http://", "https://", "milieu_ouvert", "ZgotmplZ", "<nil>", "0x"} {
		if strings.Contains(page.Text, unwanted) {
			t.Errorf("the page holds %q", unwanted)
		}
	}
}

func TestTheRegisterOfRequests(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	officer := f.actor(domain.DPO)
	request := map[string]any{"kind": "access", "received_on": "2026-01-31", "participant_id": c.participant, "status": "open", "note": "Identité vérifiée."}
	made := f.send(officer, "POST", "/v1/rights-requests", request).is(201)
	path := "/v1/rights-requests/" + made.text("id")
	if made.text("due_on") != "2026-02-28" || made.Header.Get("Location") != path || made.Header.Get("ETag") != `"1"` {
		t.Error(made.Text, made.Header)
	}
	ours := f.send(officer, "POST", "/v1/rights-requests", object(request, "participant_id", nil, "received_on", domain.DayOf(f.store.Now()).String())).is(201)
	ids := func(query string) string {
		var found []string
		for _, item := range f.send(officer, "GET", "/v1/rights-requests"+query, nil).is(200).items() {
			found = append(found, item["id"].(string))
		}
		return strings.Join(found, " ")
	}
	both := ours.text("id") + " " + made.text("id")
	for query, want := range map[string]string{
		"": both, "?overdue=true": made.text("id"), "?overdue=false": both, "?status=open": both, "?status=refused": "", "?kind=erasure": "",
		"?participant_id=" + c.participant: made.text("id"), "?participant_id=" + randomID(): "",
	} {
		if got := ids(query); got != want {
			t.Errorf("%s lists %q, not %q", query, got, want)
		}
	}
	for name, row := range map[string]struct {
		body     any
		location string
	}{
		"extended too late":        {object(request, "extension_reason", "Dossier partagé."), "body.extension_reason"},
		"answered before":          {object(request, "status", "answered", "answered_on", "2026-01-30"), "body.answered_on"},
		"answered, not when":       {object(request, "status", "answered"), "body.answered_on"},
		"received tomorrow":        {object(request, "received_on", "2099-01-01"), "body.received_on"},
		"a right there is not":     {object(request, "kind", "oubli"), "body.kind"},
		"a state there is not":     {object(request, "status", "closed"), "body.status"},
		"about nobody":             {object(request, "participant_id", randomID()), "body.participant_id"},
		"the due day is not taken": {object(request, "due_on", "2027-01-01"), "body.due_on"},
		"a NIR in the note":        {object(request, "note", "185057800608436"), "body.note"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			before := f.contents()
			f.send(officer, "PUT", path, row.body, "If-Match", `"1"`).problemAt(422, "invalid", row.location)
			f.send(officer, "POST", "/v1/rights-requests", row.body).problemAt(422, "invalid", row.location)
			f.unchanged(before)
		})
	}
	answered := object(request, "status", "answered", "answered_on", "2026-02-20")
	f.send(officer, "PUT", path, answered).problem(428, "precondition_required")
	f.send(officer, "PUT", path, answered, "If-Match", `"7"`).problem(412, "stale")
	f.send(officer, "PUT", path, answered, "If-Match", `"1"`).is(200)
	f.trail(officer, "updated", "rights_request", made.text("id")+" "+c.participant, "answered_on status")
	if got := ids("?overdue=true"); got != "" {
		t.Error("answered, and still overdue:", got)
	}
	f.send(officer, "GET", "/v1/rights-requests/"+randomID(), nil).problem(404, "not_found")
}
