package api_test

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
)

// TestAnOpenReferralIsAcceptedNotPassedBy: enrolling by hand from a referral that nobody has decided
// would leave it open for ever.
func TestAnOpenReferralIsAcceptedNotPassedBy(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	refer := func(reference string) string {
		return f.send(f.actor(domain.Partner), http.MethodPost, "/v1/referrals", map[string]any{
			"programme": somme, "external_reference": reference, "first_name": "Camille", "last_name": "Exemple",
			"phone": "06 39 98 12 34", "consented_on": "2025-03-20",
		}).is(201).text("id")
	}
	person := f.send(staff, http.MethodPost, "/v1/participants", map[string]any{"first_name": "Camille", "last_name": "Exemple"}).is(201).text("id")
	entry := map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-04-01", "referral_id": refer("A")}
	if got := f.send(staff, http.MethodPost, "/v1/enrolments", entry).is(409); got.text("code") != "referral_open" {
		t.Error(got.Text)
	}
	f.send(staff, http.MethodPost, "/v1/referrals/"+entry["referral_id"].(string)+"/decline", map[string]any{"decline_reason": "injoignable"}).is(200)
	enrolment := f.send(staff, http.MethodPost, "/v1/enrolments", entry).is(201)

	// What is left out of a PUT becomes unknown, but not how she came.
	path, declined := "/v1/enrolments/"+enrolment.text("id"), entry["referral_id"]
	delete(entry, "referral_id")
	if kept := f.send(staff, http.MethodPut, path, entry, "If-Match", `"1"`).is(200); kept.Fields["referral_id"] != declined {
		t.Error(kept.Text)
	}
	entry["referral_id"] = refer("B")
	if got := f.send(staff, http.MethodPut, path, entry, "If-Match", `"2"`).is(422); got.Fields["errors"].([]any)[0].(map[string]any)["code"] != "fixed" {
		t.Error(got.Text)
	}
}

// TestFactsAreReadAndCorrected: each dated fact has a place of its own, where it was made known, and
// a slip in it is not for ever.
func TestFactsAreReadAndCorrected(t *testing.T) {
	f := newFixture(t)
	staff, colleague := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	person := f.send(staff, http.MethodPost, "/v1/participants", map[string]any{"first_name": "Camille", "last_name": "Exemple"}).is(201).text("id")
	enrolment := f.send(staff, http.MethodPost, "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-04-01"}).is(201).text("id")
	path := "/v1/enrolments/" + enrolment
	f.send(staff, http.MethodPost, path+"/exit", map[string]any{"exited_on": "2025-06-01", "kind": "interim"}).is(200)
	for _, c := range []struct {
		path         string
		made, mended map[string]any
		field        string
	}{
		{"jobs", map[string]any{"starts_on": "2025-06-02", "contract": "interim"}, map[string]any{"starts_on": "2025-06-02", "contract": "interim", "ends_on": "2025-07-01"}, "ends_on"},
		{"france-travail-status", map[string]any{"observed_on": "2025-05-02", "registered": true}, map[string]any{"observed_on": "2025-05-02", "registered": false}, "registered"},
		{"outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2025-12-02", "result": "in_employment"}, map[string]any{"checkpoint": "6_months", "observed_on": "2025-12-02", "result": "neither"}, "result"},
	} {
		t.Run(c.path, func(t *testing.T) {
			made := f.send(staff, http.MethodPost, path+"/"+c.path, c.made).is(201)
			place := made.Header.Get("Location")
			if read := f.send(colleague, http.MethodGet, place, nil).is(200); read.Text != made.Text || read.Header.Get("ETag") != `"1"` {
				t.Errorf("at its Location stands %s, not %s", read.Text, made.Text)
			}
			f.send(staff, http.MethodPut, place, c.mended).is(428)
			if mended := f.send(staff, http.MethodPut, place, c.mended, "If-Match", `"1"`).is(200); mended.Fields[c.field] != c.mended[c.field] {
				t.Error(mended.Text)
			}
			f.send(staff, http.MethodPut, place, c.made, "If-Match", `"1"`).is(412)
			f.send(f.stranger(domain.Coordinator), http.MethodGet, place, nil).is(404)
			f.send(f.stranger(domain.Coordinator), http.MethodPut, place, c.made, "If-Match", "*").is(404)
		})
	}
	f.send(staff, http.MethodPost, path+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2025-06-20", "result": "in_employment"}).is(422)
}

// TestAnIdentifierHasOneName: whoever types it in capitals is found under the same name in the trail.
func TestAnIdentifierHasOneName(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	person := f.send(staff, http.MethodPost, "/v1/participants", map[string]any{"first_name": " Camille ", "last_name": "Exemple"}).is(201)
	if person.text("first_name") != "Camille" {
		t.Error("white space around a name is kept:", person.Text)
	}
	f.send(staff, http.MethodGet, "/v1/participants/"+strings.ToUpper(person.text("id")), nil).is(200)
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'read' AND record_ids @> ARRAY[$1]`, person.text("id")); n != 1 {
		t.Errorf("%d looks are found, not 1", n)
	}
	entry := f.send(staff, http.MethodPost, "/v1/enrolments", map[string]any{"participant_id": strings.ToUpper(person.text("id")), "programme": somme, "entered_on": "2025-04-01"}).is(201)
	if entry.text("participant_id") != person.text("id") {
		t.Error(entry.Text)
	}
	f.send(staff, http.MethodPut, "/v1/participants/"+person.text("id"), map[string]any{"first_name": "Camille", "last_name": "Exemple", "birth_date": "2010-06-01"}, "If-Match", "*").is(422)
}

// TestMadeUpTokensUseUpNobodysQuota floods the API from one address.
func TestMadeUpTokensUseUpNobodysQuota(t *testing.T) {
	f := newFixture(t)
	const allowed = 50
	f.handler = api.Deployment{RequestsPerMinute: allowed}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	staff := f.actor(domain.Caseworker)
	f.send(staff, http.MethodGet, "/v1/me", nil).is(200) // known from now on
	refused := 0
	for i := range allowed + 10 {
		if f.send(domain.Actor{}, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer made-up-"+strconv.Itoa(i)).Status == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("an address may try as many tokens as it likes")
	}
	f.send(staff, http.MethodGet, "/v1/me", nil).is(200)
	elsewhere := *f
	elsewhere.from = address()
	elsewhere.send(f.actor(domain.Analyst), http.MethodGet, "/v1/me", nil).is(200)
}

// Each standing is a filter of the list, and finds what the record itself says.
func TestEnrolmentsAreFoundByWhereTheyStand(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Coordinator)
	exit := func(agreed bool, on string) func(string) {
		return func(id string) {
			f.send(staff, "POST", "/v1/enrolments/"+id+"/exit", map[string]any{"exited_on": on, "kind": "cdi", "follow_up_agreed": agreed}).is(200)
		}
	}
	lately := domain.DayOf(time.Now()).AddDays(-1).String()
	for status, bring := range map[domain.EnrolmentStatus]func(id string){
		domain.EnrolmentActive:   func(string) {},
		domain.EnrolmentFollowUp: exit(true, lately),
		domain.EnrolmentClosed:   exit(true, "2025-03-03"),
		domain.EnrolmentExited:   exit(false, "2025-03-03"),
		domain.EnrolmentVoided: func(id string) {
			f.send(staff, "POST", "/v1/enrolments/"+id+"/void", map[string]any{"reason": "Par erreur."}).is(200)
		},
	} {
		id := f.enrolled("Dominique", string(status), "2025-02-03").ID
		bring(id)
		for _, path := range []string{"/v1/enrolments?status=" + string(status), "/v1/enrolments?programme=" + somme + "&status=" + string(status)} {
			if items := f.send(staff, "GET", path, nil).is(200).items(); len(items) != 1 || items[0]["id"] != id || items[0]["status"] != string(status) {
				t.Errorf("%s finds %v", path, items)
			}
		}
	}
}
