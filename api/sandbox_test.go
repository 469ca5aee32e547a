package api_test

import (
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// trying is the SPIP's program in the sandbox.
func (f *fixture) trying() domain.Actor {
	actor := f.actor(domain.Partner)
	actor.Subject, actor.Sandbox = "essai", true
	return actor
}

// A partner alone tries the whole loop: what it refers, it reviews, declines, accepts and withdraws.
func TestAPartnerTriesTheWholeLoopAlone(t *testing.T) {
	f := newFixture(t)
	p := f.program("sandbox", true)
	token := f.granted(p)
	if me := f.me(token).is(200); me.Fields["sandbox"] != true {
		t.Error(me.Text)
	}
	as := func(method, path string, body any) reply {
		f.Helper()
		return f.send(nobody, method, path, body, "Authorization", "Bearer "+token)
	}
	refer := func(reference string) reply {
		f.Helper()
		return as("POST", "/v1/referrals", map[string]any{"programme": somme, "external_reference": reference, "first_name": "Essai", "last_name": "Essai",
			"birth_date": "1990-01-02", "phone": "06 39 98 00 01", "consented_on": "2026-01-05", "territory_code": "80253"})
	}
	steps := func(got reply, status, actions string) string {
		f.Helper()
		if got.text("status") != status || got.texts("available_actions") != actions || got.Fields["sandbox"] != true || got.Fields["participant_id"] != nil || got.Fields["enrolment_id"] != nil {
			t.Errorf("not %s with %q: %s", status, actions, got.Text)
		}
		return "/v1/referrals/" + got.text("id")
	}
	f.send(f.actor(domain.Coordinator), "PUT", "/v1/programmes/"+somme+"/partnerships", map[string]any{"items": []any{map[string]any{"organisation_id": f.spip.ID, "disclosure": "attendance"}}}, "If-Match", "*").is(200)
	before := f.rows(`SELECT (SELECT count(*) FROM participants), (SELECT count(*) FROM enrolments)`)[0]

	accepted := steps(refer("T-1").is(201), "received", "review accept decline withdraw")
	steps(refer("T-1").is(200), "received", "review accept decline withdraw")
	steps(as("POST", accepted+"/review", nil).is(200), "under_review", "accept decline withdraw")
	as("POST", accepted+"/accept", map[string]any{"entered_on": "2020-01-01"}).problemAt(422, "invalid", "body.entered_on")
	as("POST", accepted+"/accept", map[string]any{"participant_id": randomID()}).problemAt(422, "invalid", "body.participant_id")
	taken := as("POST", accepted+"/accept", map[string]any{"entered_on": "2026-01-13", "education_level": "cap_bep"}).is(200)
	if steps(taken, "accepted", ""); taken.Fields["meetings_attended"] != 0.0 { // as of a live one, under the same agreement
		t.Error(taken.Text)
	}
	as("POST", accepted+"/accept", map[string]any{}).problem(409, "referral_accepted")
	declined := steps(refer("T-2").is(201), "received", "review accept decline withdraw")
	if got := as("POST", declined+"/decline", map[string]any{"decline_reason": "autre", "decline_note": "Essai."}).is(200); got.text("decline_reason") != "autre" {
		t.Error(got.Text)
	}
	withdrawn := steps(refer("T-3").is(201), "received", "review accept decline withdraw")
	steps(as("POST", withdrawn+"/withdraw", nil).is(200), "withdrawn", "")
	steps(as("GET", declined, nil).is(200), "declined", "")
	if got := as("GET", "/v1/referrals", nil).is(200); len(got.items()) != 3 {
		t.Error(got.Text)
	}
	after := f.rows(`SELECT (SELECT count(*) FROM participants), (SELECT count(*) FROM enrolments)`)[0]
	if before[0] != after[0] || before[1] != after[1] {
		t.Errorf("%v became %v", before, after)
	}
}

// What is of the sandbox is there for nobody else, and nothing else is there for who tries.
func TestTheSandboxIsApart(t *testing.T) {
	f := newFixture(t)
	live, trying := f.actor(domain.Partner), f.trying()
	body := map[string]any{"programme": somme, "external_reference": "R-1", "first_name": "Essai", "last_name": "Marqué", "phone": "06 39 98 00 01", "consented_on": "2026-01-05"}
	trial := f.send(trying, "POST", "/v1/referrals", body).is(201).text("id")
	other := object(body, "last_name", "Vraie")
	real := f.send(live, "POST", "/v1/referrals", other).is(201).text("id") // the same reference, and other content
	f.send(live, "POST", "/v1/referrals", other).is(200)
	f.send(trying, "POST", "/v1/referrals", body).is(200)
	f.send(trying, "POST", "/v1/referrals", other).problem(409, "external_reference_used")

	mdsi, foreign := f.trying(), f.trying()
	mdsi.OrganisationID = f.mdsi.ID
	foreign.Programmes = []string{elsewhere}
	figures := func() string {
		return f.send(f.actor(domain.Coordinator), "GET", "/v1/programmes/"+somme+"/indicators", nil).is(200).Text
	}
	before := figures()
	for name, row := range map[string]struct {
		actor domain.Actor
		sees  string
	}{
		"its program in the sandbox":   {trying, trial},
		"its live program":             {live, real},
		"a coordinator":                {f.actor(domain.Coordinator), real},
		"a caseworker":                 {f.actor(domain.Caseworker), real},
		"another partner's trial":      {mdsi, ""},
		"a trial in another programme": {foreign, ""},
		"a coordinator elsewhere":      {f.stranger(domain.Coordinator), ""},
	} {
		for _, id := range []string{trial, real} {
			want := 404
			if id == row.sees {
				want = 200
			}
			if got := f.send(row.actor, "GET", "/v1/referrals/"+id, nil); got.Status != want {
				t.Errorf("%s is answered %d, not %d: %s", name, got.Status, want, got.Text)
			}
			if want == 200 {
				continue
			}
			for action, sent := range map[string]any{"review": nil, "accept": map[string]any{}, "decline": map[string]any{"decline_reason": "autre"}, "withdraw": nil} {
				got := f.send(row.actor, "POST", "/v1/referrals/"+id+"/"+action, sent)
				if row.actor.Is(domain.Partner) && !row.actor.Sandbox && action != "withdraw" {
					got.problem(403, "forbidden")
					continue
				}
				got.problem(404, "not_found")
			}
		}
		listed := ""
		for _, item := range f.send(row.actor, "GET", "/v1/referrals?external_reference=R-1", nil).is(200).items() {
			listed += item["id"].(string)
		}
		if listed != row.sees {
			t.Errorf("%s is listed %q", name, listed)
		}
	}
	for _, action := range []string{"review", "accept", "decline"} { // its own live one is decided by staff, all the same
		f.send(live, "POST", "/v1/referrals/"+real+"/"+action, map[string]any{}).problem(403, "forbidden")
	}
	f.send(trying, "POST", "/v1/referrals/"+trial+"/accept", map[string]any{}).is(200)
	if after := figures(); strings.ReplaceAll(after, "\n", "") != strings.ReplaceAll(before, "\n", "") {
		t.Errorf("figures were\n%s\nand are\n%s", before, after)
	}
	person := f.person("Essai", "Marqué").ID
	f.send(f.actor(domain.Coordinator), "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2026-02-03", "referral_id": trial}).problemAt(422, "invalid", "body.referral_id")

	if got := f.send(f.actor(domain.Coordinator), "GET", "/v1/audit-events?record_id="+trial, nil).is(200); len(got.items()) != 0 {
		t.Errorf("a coordinator reads of it: %s", got.Text)
	}
	if got := f.send(f.actor(domain.DPO), "GET", "/v1/audit-events?record_id="+trial, nil).is(200); len(got.items()) < 4 {
		t.Errorf("the officer reads %s", got.Text)
	}
	if got := f.count(`SELECT count(*) FROM events WHERE record_id = $1 AND NOT sandbox OR record_id = $2 AND sandbox`, trial, real); got != 0 {
		t.Errorf("%d events are on the wrong side", got)
	}
	// It is among nobody whom anybody is looked for.
	twin := f.send(live, "POST", "/v1/referrals", object(body, "external_reference", "R-3")).is(201)
	if got := f.send(f.actor(domain.Coordinator), "GET", "/v1/referrals/"+twin.text("id")+"/matches", nil).is(200); strings.Contains(got.Text, trial) {
		t.Errorf("it is matched: %s", got.Text)
	}
	f.exec(`UPDATE referrals SET match_keys = '{1,2,3}' WHERE id = $1`, trial)
	if got := f.count(`SELECT count(*) FROM match_index WHERE record_id = $1`, trial); got != 0 || f.count(`SELECT count(*) FROM match_index WHERE record_id = $1`, twin.text("id")) == 0 {
		t.Errorf("it stands in the index %d times", got)
	}
	// Under one key, one program's answer is never the other's.
	key := []string{"Idempotency-Key", "one-key"}
	one := f.send(trying, "POST", "/v1/referrals", object(body, "external_reference", "R-2"), key...).is(201).text("id")
	same := trying
	same.Sandbox = false
	if f.send(same, "POST", "/v1/referrals", object(body, "external_reference", "R-2"), key...).is(201).text("id") == one {
		t.Error("the answer of the sandbox was given outside")
	}
}

// Nothing but its own trials is open to who tries: every other operation is refused as to any partner.
func TestTheSandboxOpensNothingElse(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	trying := f.trying()
	for _, op := range f.operations() {
		declared := strings.Fields(roles[op.id])
		if len(declared) == 0 || strings.Contains(roles[op.id], "partner") || op.id == "reviewReferral" || op.id == "acceptReferral" || op.id == "declineReferral" {
			continue
		}
		aimed := op.aimed(c, f)
		f.send(trying, aimed.method, aimed.path, aimed.body, "If-Match", "*").problem(403, "forbidden")
	}
	for action, body := range map[string]any{"review": nil, "accept": map[string]any{}, "decline": map[string]any{"decline_reason": "autre"}, "withdraw": nil} {
		f.send(trying, "POST", "/v1/referrals/"+c.referral+"/"+action, body).problem(404, "not_found") // a live one of its own organisation
	}
}

func TestClientsOfTheSandboxThatCannotBe(t *testing.T) {
	f := newFixture(t)
	admin := f.actor(domain.Admin)
	good := map[string]any{"name": "Essai", "organisation_id": f.spip.ID, "role": "partner", "programmes": []string{somme}, "sandbox": true}
	for _, role := range []string{"coordinator", "caseworker", "analyst", "dpo", "admin"} {
		f.send(admin, "POST", "/v1/clients", object(good, "role", role)).problemAt(422, "invalid", "body.sandbox")
		claims := claimsOf(f, "role", role, "sandbox", true)
		f.rejected(f.tokens.Sign(headerOf(f, ""), claims))
		if _, err := f.tokens.Issue(domain.Actor{Subject: "x", Role: domain.Role(role), Sandbox: true}, time.Minute); err == nil {
			t.Errorf("a token for a %s in the sandbox is issued", role)
		}
	}
	f.send(admin, "POST", "/v1/clients", object(good, "sandbox", "yes")).problemAt(422, "invalid", "body.sandbox")
	tries, works := f.program("sandbox", true), f.program()
	for _, row := range []struct {
		id      string
		sandbox any
	}{{tries.id, false}, {tries.id, nil}, {works.id, true}} {
		f.send(admin, "PUT", "/v1/clients/"+row.id, object(good, "sandbox", row.sandbox), "If-Match", "*").problemAt(422, "invalid", "body.sandbox")
	}
	f.send(admin, "PUT", "/v1/clients/"+tries.id, object(good, "name", "Autre"), "If-Match", "*").is(200)
	if got := f.send(admin, "GET", "/v1/clients/"+tries.id, nil).is(200); got.Fields["sandbox"] != true || got.text("name") != "Autre" {
		t.Error(got.Text)
	}
	if got := f.me(f.granted(works)).is(200); got.Fields["sandbox"] != false {
		t.Error(got.Text)
	}
}

// What happens in the sandbox is told to the webhooks and the feed in it, and to no other; nor the other way.
func TestEventsOfTheSandboxStayInIt(t *testing.T) {
	f := newFixture(t)
	live, trying := f.actor(domain.Partner), f.trying()
	hook := map[string]any{"url": "https://hooks.example.org/o2r"}
	ids := map[string]string{}
	for name, by := range map[string]domain.Actor{"live": live, "sandbox": trying} {
		made := f.send(by, "POST", "/v1/webhooks", hook).is(201)
		if made.Fields["sandbox"] != by.Sandbox {
			t.Errorf("made by %s: %s", name, made.Text)
		}
		ids[name] = made.text("id")
		body := map[string]any{"programme": somme, "external_reference": "R-1", "first_name": "Essai", "last_name": "Essai", "email": "e@example.org", "consented_on": "2025-03-20"}
		ids[name+" referral"] = f.send(by, "POST", "/v1/referrals", body).is(201).text("id")
		f.send(by, "POST", "/v1/webhooks/"+ids[name]+"/test", nil).is(200)
	}
	_, err := f.store.PlaceEvents(t.Context())
	f.must(err)
	for name, by := range map[string]domain.Actor{"live": live, "sandbox": trying} {
		other := map[string]string{"live": "sandbox", "sandbox": "live"}[name]
		for what, got := range map[string]reply{
			"feed":       f.send(by, "GET", "/v1/events", nil).is(200),
			"deliveries": f.send(by, "GET", "/v1/webhooks/"+ids[name]+"/deliveries", nil).is(200),
		} {
			if !strings.Contains(got.Text, ids[name+" referral"]) || strings.Contains(got.Text, ids[other+" referral"]) {
				t.Errorf("%s, %s: %s", name, what, got.Text)
			}
		}
		if got := f.send(by, "GET", "/v1/webhooks", nil).is(200).items(); len(got) != 1 || got[0]["id"] != ids[name] {
			t.Errorf("%s lists %v", name, got)
		}
		f.send(by, "GET", "/v1/webhooks/"+ids[other], nil).problem(404, "not_found")
		f.send(by, "POST", "/v1/webhooks/"+ids[other]+"/test", nil).problem(404, "not_found")
	}
	if n := f.count(`SELECT count(*) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id LEFT JOIN events e ON e.id = d.event_id WHERE d.sandbox <> w.sandbox OR d.sandbox <> coalesce(e.sandbox, d.sandbox)`); n != 0 {
		t.Errorf("%d deliveries cross over", n)
	}
	if got := f.send(f.actor(domain.Coordinator), "GET", "/v1/events", nil).is(200); strings.Contains(got.Text, ids["sandbox referral"]) {
		t.Errorf("staff read of a trial: %s", got.Text)
	}
	if got := f.send(f.actor(domain.Admin), "GET", "/v1/webhooks", nil).is(200).items(); len(got) != 2 {
		t.Errorf("an administrator lists %d", len(got))
	}
}
