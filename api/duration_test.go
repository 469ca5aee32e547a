package api_test

import (
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

func TestHowLongAPathLasts(t *testing.T) {
	f := newFixture(t)
	caseworker, coordinator := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	f.on("2025-06-02")
	path, other := "/v1/enrolments/"+f.enrolled("Camille", "Exemple", "2025-05-31").ID, "/v1/enrolments/"+f.enrolled("Camille", "Autre", "2025-04-01").ID
	gone := f.left("Partie", "2025-06-01", "cdi", nil)
	void := "/v1/enrolments/" + f.enrolled("Camille", "Double", "2025-04-01").ID
	f.send(coordinator, "POST", void+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	names := map[string]string{path[15:]: "path", other[15:]: "other"}
	alerts := func(query string) string {
		t.Helper()
		var said []string
		for _, item := range f.send(caseworker, "GET", "/v1/alerts"+query, nil).is(200).items() {
			said = append(said, fmt.Sprint(names[item["enrolment_id"].(string)], " ", item["kind"], " since ", item["since_on"], " ends ", item["support_ends_on"], " ", item["available_actions"]))
		}
		return strings.Join(said, ", ")
	}
	for _, row := range []struct{ day, query, want string }{
		{"2025-06-02", "", ""},
		{"2025-12-01", "", ""},
		{"2025-12-02", "", "other approaching_9_months since 2025-12-02 ends 2026-01-01 [extend exit]"},
		{"2025-12-31", "", "other approaching_9_months since 2025-12-02 ends 2026-01-01 [extend exit]"},
		{"2026-01-01", "", "other over_9_months since 2026-01-01 ends 2026-01-01 [extend exit]"},
		{"2026-01-29", "?kind=over_9_months", "other over_9_months since 2026-01-01 ends 2026-01-01 [extend exit]"},
		{"2026-01-29", "?kind=approaching_9_months", "path approaching_9_months since 2026-01-29 ends 2026-02-28 [extend exit]"}, // 31 May and nine months
		{"2026-01-29", "", "other over_9_months since 2026-01-01 ends 2026-01-01 [extend exit], path approaching_9_months since 2026-01-29 ends 2026-02-28 [extend exit]"},
		{"2026-01-29", "?kind=extended", ""},
		{"2026-01-29", "?programme=" + elsewhere, ""},
		{"2026-01-29", "?caseworker=test-caseworker", ""},
	} {
		f.on(row.day)
		if got := alerts(row.query); got != row.want {
			t.Errorf("on %s, %q lists\n%s, not\n%s", row.day, row.query, got, row.want)
		}
	}
	why := map[string]any{"reason": "Entrée en formation prévue en mars.", "decided_on": "2025-12-16"}
	by := func(change ...any) map[string]any { return object(why, change...) }
	f.refuses(caseworker, "POST", map[string]refusedPost{
		"without a reason":             {other + "/extensions", by("reason", nil), 422, "invalid", "body.reason"},
		"a blank reason":               {other + "/extensions", by("reason", "    "), 422, "invalid", "body.reason"},
		"a reason with a NIR":          {other + "/extensions", by("reason", "185057800608436"), 422, "invalid", "body.reason"},
		"not said when it was decided": {other + "/extensions", by("decided_on", nil), 422, "invalid", "body.decided_on"},
		"decided tomorrow":             {other + "/extensions", by("decided_on", "2026-01-30"), 422, "invalid", "body.decided_on"},
		"decided before the entry":     {other + "/extensions", by("decided_on", "2025-03-31"), 422, "invalid", "body.decided_on"},
		"until nine months":            {other + "/extensions", by("until_on", "2026-01-01"), 422, "invalid", "body.until_on"},
		"beyond twelve months":         {other + "/extensions", by("until_on", "2026-04-02"), 422, "invalid", "body.until_on"},
		"ended before it was decided":  {other + "/extensions", by("until_on", "2026-01-10", "decided_on", "2026-01-11"), 422, "invalid", "body.decided_on"},
		"decided after the exit":       {gone + "/extensions", why, 422, "invalid", "body.decided_on"},
		"of a voided path":             {void + "/extensions", why, 409, "voided", ""},
		"of nobody":                    {"/v1/enrolments/" + randomID() + "/extensions", why, 404, "not_found", ""},
		"revoked, said by the caller":  {other + "/extensions", by("revoked_on", "2026-01-10"), 422, "invalid", "body.revoked_on"},
	})
	f.refuses(f.stranger(domain.Coordinator), "POST", map[string]refusedPost{"of another programme": {other + "/extensions", why, 404, "not_found", ""}})
	f.refuses(f.actor(domain.Partner), "POST", map[string]refusedPost{"a partner's": {other + "/extensions", why, 403, "forbidden", ""}})
	for _, query := range []string{"?kind=too_long", "?cursor=nonsense", "?unknown=1"} {
		f.send(caseworker, "GET", "/v1/alerts"+query, nil).problem(422, "invalid")
	}
	for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", "/v1/alerts", nil).problem(403, "forbidden")
	}
	if items := f.send(f.stranger(domain.Caseworker), "GET", "/v1/alerts", nil).is(200).items(); len(items) != 0 {
		t.Errorf("another programme's caseworker lists %v", items)
	}
	f.send(caseworker, "GET", "/v1/alerts", nil).is(200)
	f.trail(caseworker, "read", "alert", other[15:], "available_actions caseworker_id enrolment_id entered_on extension_id kind participant_id programme reason_asked since_on support_ends_on")

	extended := f.send(caseworker, "POST", other+"/extensions", by("until_on", "2026-02-15")).is(201)
	f.trail(caseworker, "created", "extension", extended.text("id"), "decided_on reason until_on")
	place := other + "/extensions/" + extended.text("id")
	if extended.Header.Get("Location") != place || extended.said("decided_by", "until_on", "revoked_on") != `"test-caseworker" "2026-02-15" null` || extended.texts("available_actions") != "revoke" {
		t.Errorf("at %q: %s", extended.Header.Get("Location"), extended.Text)
	}
	f.send(caseworker, "POST", other+"/extensions", why).problem(409, "extended_already")
	read := f.send(caseworker, "GET", other, nil).is(200)
	if got := fmt.Sprint(read.Fields["support_ends_on"], read.Fields["alerts"], read.texts("available_actions")); got != "2026-02-15[map[kind:extended since_on:2025-12-16]]exit" {
		t.Errorf("the path reads %s", got)
	}
	if got := alerts("?kind=extended"); got != "other extended since 2025-12-16 ends 2026-02-15 [exit]" {
		t.Errorf("extended are %s", got)
	}
	f.on("2026-02-15") // it has run out: the reason is asked for anew
	if got := alerts("?kind=over_9_months"); got != "other over_9_months since 2026-02-15 ends 2026-02-15 [correct-extension exit]" {
		t.Errorf("over nine months are %s", got)
	}
	f.send(caseworker, "PUT", place, why).problem(428, "precondition_required")
	f.send(caseworker, "PUT", place, why, "If-Match", `"2"`).problem(412, "stale")
	f.send(caseworker, "PUT", place, by("until_on", "2026-05-01"), "If-Match", "*").problemAt(422, "invalid", "body.until_on")
	corrected := f.send(caseworker, "PUT", place, by("decided_by", "a.leroy"), "If-Match", `"1"`).is(200)
	if corrected.said("until_on", "decided_by") != `"2026-04-01" "a.leroy"` { // until twelve months, when left out
		t.Error(corrected.Text)
	}
	// An entry is not moved behind what was decided; moved otherwise, twelve months are counted from it.
	entry := map[string]any{"participant_id": read.text("participant_id"), "programme": somme}
	f.send(caseworker, "PUT", other, object(entry, "entered_on", "2025-12-17"), "If-Match", "*").problemAt(422, "invalid", "body.entered_on")
	if moved := f.send(caseworker, "PUT", other, object(entry, "entered_on", "2025-03-20"), "If-Match", "*").is(200); moved.text("support_ends_on") != "2026-03-20" {
		t.Error(moved.Text)
	}
	f.send(caseworker, "PUT", other, object(entry, "entered_on", "2025-04-01"), "If-Match", "*").is(200)

	f.on("2026-04-01") // over twelve months: flagged, and an exit is recorded whenever it was
	if got := alerts("?kind=over_12_months"); got != "other over_12_months since 2026-04-01 ends 2026-04-01 [exit]" {
		t.Errorf("over twelve months are %s", got)
	}
	f.send(caseworker, "POST", place+"/revoke", map[string]any{"reason": "Erreur.", "revoked_on": "2026-04-02"}).problemAt(422, "invalid", "body.revoked_on")
	f.send(caseworker, "POST", place+"/revoke", map[string]any{"reason": "Erreur.", "revoked_on": "2025-12-15"}).problemAt(422, "invalid", "body.revoked_on")
	f.send(caseworker, "POST", place+"/revoke", map[string]any{}).problemAt(422, "invalid", "body.reason")
	revoked := f.send(caseworker, "POST", place+"/revoke", map[string]any{"reason": "Décision reprise."}, "If-Match", `"2"`).is(200)
	f.trail(caseworker, "revoked", "extension", extended.text("id"), "revoke_reason revoked_on")
	if revoked.said("revoked_on") != `"2026-04-01"` || revoked.texts("available_actions") != "" {
		t.Error(revoked.Text)
	}
	f.send(caseworker, "POST", place+"/revoke", map[string]any{"reason": "Décision reprise."}).problem(409, "extension_revoked")
	f.send(caseworker, "PUT", place, why, "If-Match", "*").problem(409, "extension_revoked")
	f.send(caseworker, "POST", other+"/extensions", by("decided_on", "2025-12-20")).is(201)
	if items := f.send(caseworker, "GET", other+"/extensions", nil).is(200).items(); len(items) != 2 {
		t.Errorf("%d extensions are kept", len(items))
	}
	if exited := f.send(caseworker, "POST", other+"/exit", map[string]any{"exited_on": "2026-04-01", "kind": "cdi"}).is(200); fmt.Sprint(exited.Fields["alerts"]) != "[]" || exited.text("support_ends_on") != "2026-04-01" {
		t.Error(exited.Text)
	}
	if got := alerts(""); got != "path over_9_months since 2026-02-28 ends 2026-02-28 [extend exit]" {
		t.Errorf("after the exit: %s", got)
	}
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague'`)
	if got := alerts(""); got != "" {
		t.Errorf("a colleague's: %s", got)
	}
}

// Twelve who extend one path at once: one extension stands.
func TestOneExtensionStands(t *testing.T) {
	f := newFixture(t)
	path := f.supportedPath()
	f.on("2025-10-01")
	var requests []request
	for i := range 12 {
		requests = append(requests, request{f.actor(domain.Coordinator), "POST", path + "/extensions", map[string]any{"reason": fmt.Sprint("Motif ", i), "decided_on": "2025-09-30"}, ""})
	}
	if counts := tally(f.atOnce(requests)); counts["201"] != 1 || counts["409 extended_already"] != 11 {
		t.Errorf("answered %v", counts)
	}
}

// Nobody gave a reason in time: whoever finds that gives it with the day of today, and is no longer asked. What was decided for some
// weeks is not decided once these are over.
func TestAReasonThatIsGivenLateBearsItsDay(t *testing.T) {
	f := newFixture(t)
	caseworker := f.actor(domain.Caseworker)
	path := "/v1/enrolments/" + f.enrolled("Camille", "Longue", "2025-04-01").ID
	f.on("2026-11-25")
	asked := func() string {
		var told []string
		for _, item := range f.send(caseworker, "GET", "/v1/alerts", nil).is(200).items() {
			told = append(told, fmt.Sprint(item["kind"], " ", item["reason_asked"], " ", item["support_ends_on"], " ", item["available_actions"]))
		}
		return strings.Join(told, ", ")
	}
	if got := asked(); got != "over_12_months true 2026-01-01 [extend exit]" {
		t.Fatal(got)
	}
	why := map[string]any{"reason": "Logement à stabiliser, décision prise oralement.", "decided_on": "2026-11-25"}
	f.refuses(caseworker, "POST", map[string]refusedPost{
		"for weeks that are over":  {path + "/extensions", object(why, "until_on", "2026-03-01"), 422, "invalid", "body.decided_on"},
		"until today":              {path + "/extensions", object(why, "until_on", "2026-11-25"), 422, "invalid", "body.until_on"},
		"decided tomorrow":         {path + "/extensions", object(why, "decided_on", "2026-11-26"), 422, "invalid", "body.decided_on"},
		"decided before the entry": {path + "/extensions", object(why, "decided_on", "2025-03-31"), 422, "invalid", "body.decided_on"},
	})
	given := f.send(caseworker, "POST", path+"/extensions", why).is(201)
	if given.said("decided_on", "until_on") != `"2026-11-25" "2026-04-01"` {
		t.Error(given.Text)
	}
	if got := asked(); got != "over_12_months false 2026-04-01 [exit]" {
		t.Error(got)
	}
	place := path + "/extensions/" + given.text("id")
	f.send(caseworker, "POST", place+"/revoke", map[string]any{"reason": "Erreur.", "revoked_on": "2026-04-01"}).problemAt(422, "invalid", "body.revoked_on")
	f.send(caseworker, "POST", place+"/revoke", map[string]any{"reason": "Erreur."}).is(200)
	if got := asked(); got != "over_12_months true 2026-01-01 [extend exit]" {
		t.Error(got)
	}
}
