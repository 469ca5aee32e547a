package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"o2r/api"
	"o2r/domain"
)

// feed reads the whole feed, a few events at a time.
func (f *fixture) feed(actor domain.Actor, query string, headers ...string) (types []string, text string) {
	f.Helper()
	cursor := ""
	for {
		got := f.send(actor, "GET", "/v1/events?limit=2"+query+cursor, nil, headers...).is(200)
		for _, item := range got.items() {
			types = append(types, item["type"].(string)+" "+item["referral_id"].(string))
		}
		text += got.Text
		if got.Fields["has_more"] != true {
			return types, text
		}
		cursor = "&cursor=" + got.text("next_cursor")
	}
}

// The document says what is posted to webhooks, and 3.0, which has no place for it, says nothing.
func TestTheDocumentShowsWhatIsPosted(t *testing.T) {
	for version, want := range map[string]bool{"3.1": true, "3.0": false} {
		text, err := api.Document(version, "json")
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Webhooks map[string]struct {
				Post struct{ Parameters []struct{ Name string } }
			}
			Components struct {
				Schemas map[string]struct{ Required []string }
			}
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		if got := len(document.Webhooks) == 2; got != want {
			t.Errorf("%s has %d webhooks", version, len(document.Webhooks))
		}
		if want && (len(document.Webhooks["event"].Post.Parameters) != 3 || !slices.Equal(document.Components.Schemas["EventMessage"].Required, []string{"data", "timestamp", "type"})) {
			t.Errorf("an event is posted as %+v", document.Webhooks["event"])
		}
	}
}

func TestWhoReadsWhichEvents(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	spip, mdsi, lead := f.actor(domain.Partner), f.actor(domain.Partner), f.actor(domain.Coordinator)
	mdsi.OrganisationID = f.mdsi.ID
	theirs := f.send(mdsi, "POST", "/v1/referrals", object(c.request, "external_reference", "MDSI-1")).is(201).text("id")
	f.send(lead, "POST", "/v1/referrals/"+c.referral+"/accept", map[string]any{"caseworker_id": "colleague", "entered_on": "2025-04-01"}).is(200)
	own := []string{"referral.received " + c.referral, "referral.accepted " + c.referral}
	all := []string{own[0], "referral.received " + theirs, own[1]}
	caseworker := f.actor(domain.Caseworker)
	elsewhere := f.stranger(domain.Coordinator)
	foreign := spip
	foreign.Programmes = []string{"o2r-ailleurs"}
	for _, row := range []struct {
		name    string
		actor   domain.Actor
		query   string
		headers []string
		want    []string
	}{
		{"the partner its own", spip, "", nil, own},
		{"another its own", mdsi, "", nil, all[1:2]},
		{"one with a token for another programme", foreign, "", nil, nil},
		{"the programme's coordinator", lead, "", nil, all},
		{"a coordinator elsewhere", elsewhere, "", nil, nil},
		{"a caseworker, without colleagues' files", caseworker, "", nil, all[1:2]},
		{"and with a reason", caseworker, "", []string{"Access-Reason", "Remplacement."}, all},
		{"of one type", spip, "&type=referral.accepted", nil, own[1:]},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := *f
			f.T = t
			types, text := f.feed(row.actor, row.query, row.headers...)
			if !slices.Equal(types, row.want) {
				t.Errorf("%q, not %q", types, row.want)
			}
			for _, forbidden := range []string{"Sacha", "Inventé", "06 39 98", "milieu", "barriers", "justice", "participant_id", "enrolment_id", "caseworker"} {
				if strings.Contains(text, forbidden) {
					t.Errorf("it says %s: %s", forbidden, text)
				}
			}
		})
	}
	// Of one referral, the same events, for whoever reaches it.
	for _, row := range []struct {
		name  string
		actor domain.Actor
		id    string
		want  string
	}{
		{"the partner its own", spip, c.referral, "referral.received referral.accepted"},
		{"the coordinator", lead, c.referral, "referral.received referral.accepted"},
		{"another partner's", mdsi, theirs, "referral.received"},
		{"not its own", mdsi, c.referral, ""},
		{"elsewhere", elsewhere, c.referral, ""},
	} {
		got := f.send(row.actor, "GET", "/v1/referrals/"+row.id+"/events", nil)
		if row.want == "" {
			got.problem(404, "not_found")
			continue
		}
		var types []string
		for _, item := range got.is(200).items() {
			types = append(types, item["type"].(string))
		}
		if strings.Join(types, " ") != row.want || got.Fields["has_more"] != false {
			t.Errorf("%s: %s", row.name, got.Text)
		}
	}
	f.send(caseworker, "GET", "/v1/referrals/"+c.referral+"/events", nil).problem(403, "access_reason_required")
	f.send(spip, "GET", "/v1/referrals/"+c.referral+"/events?type=referral.accepted&limit=1", nil).is(200)
	f.trail(spip, "read", "event", c.referral, "decline_note decline_reason exit_class external_reference first_appointment_at meetings_attended meetings_missed occurred_at programme referral_id status type")
	for _, row := range []struct{ query, location string }{
		{"?cursor=x", "query.cursor"}, {"?type=referral.unknown", "query.type"}, {"?type=webhook.test", "query.type"}, {"?limit=0", "query.limit"}, {"?limit=201", "query.limit"}, {"?after=1", "query.after"}, {"?cursor=", "query.cursor"},
	} {
		f.send(spip, "GET", "/v1/events"+row.query, nil).problemAt(422, "invalid", row.location)
	}
	for _, role := range []domain.Role{domain.Analyst, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", "/v1/events", nil).problem(403, "forbidden")
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	f := newFixture(t)
	partner := f.actor(domain.Partner)
	good := map[string]any{"url": "https://hooks.example.org/o2r"}
	before := f.contents()
	for name, row := range map[string]struct {
		body     any
		location string
	}{
		"no URL":                   {map[string]any{}, "body.url"},
		"plain HTTP":               {object(good, "url", "http://hooks.example.org/o2r"), "body.url"},
		"a file":                   {object(good, "url", "file:///etc/passwd"), "body.url"},
		"a password in the URL":    {object(good, "url", "https://o2r:secret@hooks.example.org/"), "body.url"},
		"this machine":             {object(good, "url", "https://127.0.0.1/"), "body.url"},
		"this machine, in decimal": {object(good, "url", "https://2130706433/"), "body.url"},
		"this machine, mapped":     {object(good, "url", "https://[::ffff:127.0.0.1]/"), "body.url"},
		"this machine, by name":    {object(good, "url", "https://localhost/"), "body.url"},
		"the cloud's metadata":     {object(good, "url", "https://169.254.169.254/latest"), "body.url"},
		"a private network":        {object(good, "url", "https://10.1.2.3/"), "body.url"},
		"another port":             {object(good, "url", "https://hooks.example.org:6379/"), "body.url"},
		"a URL that is too long":   {object(good, "url", "https://hooks.example.org/"+strings.Repeat("a", 2000)), "body.url"},
		"a type there is not":      {object(good, "types", []string{"participant.created"}), "body.types[0]"},
		"a type twice":             {object(good, "types", []string{"referral.accepted", "referral.accepted"}), "body.types[1]"},
		"another's programme":      {object(good, "programmes", []string{"o2r-ailleurs"}), "body.programmes[0]"},
		"a programme twice":        {object(good, "programmes", []string{somme, somme}), "body.programmes[1]"},
		"a secret of its own":      {object(good, "secret", "whsec_AAAA"), "body.secret"},
		"another's organisation":   {object(good, "organisation_id", f.mdsi.ID), "body.organisation_id"},
		"a blank description":      {object(good, "description", "  "), "body.description"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(partner, "POST", "/v1/webhooks", row.body).problemAt(422, "invalid", row.location)
		})
	}
	nowhere := partner
	nowhere.Programmes = []string{}
	f.send(nowhere, "POST", "/v1/webhooks", good).problemAt(422, "invalid", "body.programmes")
	alone := partner
	alone.OrganisationID = ""
	f.send(alone, "POST", "/v1/webhooks", good).problem(403, "no_organisation")
	f.unchanged(before)
	for range 20 {
		f.send(partner, "POST", "/v1/webhooks", good).is(201)
	}
	f.send(partner, "POST", "/v1/webhooks", good).problem(409, "too_many_webhooks")
}

// A webhook from its making to its end, and its secret, which nothing but one answer shows.
func TestAWebhooksLife(t *testing.T) {
	f := newFixture(t)
	var log bytes.Buffer
	reached := api.New(f.store, f.tokens, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	f.handler = reached.Handler()
	partner, admin := f.actor(domain.Partner), f.actor(domain.Admin)
	made := f.send(partner, "POST", "/v1/webhooks", map[string]any{"url": "https://hooks.example.org/o2r?jeton=ZZTOP", "types": []string{"referral.received"}}).is(201)
	path, secret := "/v1/webhooks/"+made.text("id"), made.text("secret")
	if made.Header.Get("Location") != path || made.Header.Get("ETag") != `"1"` || made.Fields["enabled"] != true || made.texts("programmes") != somme || made.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("made: %v %s", made.Header, made.Text)
	}
	rotated := f.send(partner, "POST", path+"/secrets", map[string]any{"older_valid_hours": 2}).is(200)
	if rotated.text("secret") == secret || len(rotated.Fields["secrets"].([]any)) != 2 {
		t.Errorf("rotated: %s", rotated.Text)
	}
	f.send(partner, "POST", path+"/secrets", map[string]any{}).problem(409, "two_secrets")
	f.send(partner, "PUT", path, map[string]any{"url": "https://hooks.example.org/neuf"}).problem(428, "precondition_required")
	f.send(partner, "PUT", path, map[string]any{"url": "https://hooks.example.org/neuf"}, "If-Match", `"1"`).problem(412, "stale")
	f.send(partner, "PUT", path, map[string]any{"url": "https://127.0.0.1/"}, "If-Match", `"1"`).problem(412, "stale")
	f.send(partner, "PUT", path, map[string]any{"url": "https://127.0.0.1/"}, "If-Match", `"2"`).problemAt(422, "invalid", "body.url")
	f.send(partner, "PUT", path, map[string]any{"url": "https://hooks.example.org/neuf"}, "If-Match", `"2"`).is(200)

	f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "external_reference": "W-1", "first_name": "Sacha", "last_name": "Inventé", "phone": "06 39 98 00 02", "consented_on": "2025-03-01"}).is(201)
	f.send(partner, "GET", "/v1/events", nil).is(200)
	deliveries := f.send(partner, "GET", path+"/deliveries?status=pending", nil).is(200)
	if items := deliveries.items(); len(items) != 1 || items[0]["type"] != "referral.received" || items[0]["attempts"] != 0.0 || items[0]["event_id"] == items[0]["id"] {
		t.Errorf("deliveries: %s", deliveries.Text)
	}
	test := f.send(partner, "POST", path+"/test", nil).is(200)
	f.send(partner, "POST", path+"/test", nil).problem(409, "test_pending")
	for body, status := range map[string]int{`{}`: 422, `{"cursor":"x"}`: 422, `{"since":"2025-01-01T00:00:00Z","cursor":"x"}`: 422, `{"delivery_ids":["` + test.text("id") + `"]}`: 200, `{"since":"2025-01-01T00:00:00Z"}`: 200} {
		f.send(partner, "POST", path+"/replay", body).is(status)
	}
	page := f.send(partner, "GET", path+"/deliveries?limit=1", nil).is(200)
	next := f.send(partner, "GET", path+"/deliveries?limit=1&cursor="+page.text("next_cursor"), nil).is(200)
	if page.items()[0]["id"] != test.text("id") || next.items()[0]["type"] != "referral.received" || next.Fields["next_cursor"] != nil {
		t.Errorf("paged: %s then %s", page.Text, next.Text)
	}

	stopped := f.send(admin, "POST", path+"/disable", nil).is(200)
	if stopped.text("disabled_by") != "admin" || stopped.Fields["enabled"] != false {
		t.Errorf("stopped: %s", stopped.Text)
	}
	f.send(partner, "POST", path+"/test", nil).problem(409, "disabled")
	f.send(partner, "POST", path+"/replay", map[string]any{"since": "2025-01-01T00:00:00Z"}).problem(409, "disabled")
	f.send(admin, "GET", path+"/deliveries", nil).problem(403, "forbidden")
	other := partner
	other.OrganisationID = f.mdsi.ID
	f.send(other, "GET", path, nil).problem(404, "not_found")

	w := httptest.NewRecorder()
	reached.Operations("").ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{`o2r_webhook_deliveries{status="pending"} 2`, `o2r_webhook_deliveries{status="parked"} 0`, "o2r_webhook_oldest_pending_seconds "} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("/metrics does not say %s", line)
		}
	}
	// Corrected without a word of sending, it stays stopped; said, it starts.
	again := map[string]any{"url": "https://hooks.example.org/corrected"}
	if got := f.send(partner, "PUT", path, again, "If-Match", "*").is(200); got.Fields["enabled"] != false || got.text("disabled_by") != "admin" {
		t.Errorf("a correction started it: %s", got.Text)
	}
	if got := f.send(partner, "PUT", path, object(again, "enabled", true), "If-Match", "*").is(200); got.Fields["enabled"] != true || got.Fields["disabled_at"] != nil {
		t.Errorf("not started: %s", got.Text)
	}
	stopped = f.send(admin, "POST", path+"/disable", nil).is(200)
	everywhere := log.String() + w.Body.String() + stopped.Text + f.send(partner, "GET", path, nil).is(200).Text + f.send(partner, "GET", "/v1/webhooks", nil).is(200).Text + f.send(admin, "GET", "/v1/webhooks?organisation_id="+f.spip.ID, nil).is(200).Text
	for _, known := range []string{secret, rotated.text("secret"), "whsec_"} {
		if strings.Contains(everywhere, known) {
			t.Errorf("a secret is shown again: %s", known)
		}
	}
	if strings.Contains(log.String()+w.Body.String(), "ZZTOP") || strings.Contains(log.String()+w.Body.String(), "hooks.example") {
		t.Error("the log or the metrics hold the URL")
	}
	if log.Len() == 0 {
		t.Error("nothing was logged: nothing was looked through")
	}
}
