package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
)

// request is one to be sent beside others.
type request struct {
	actor        domain.Actor
	method, path string
	body         any
	match        string
}

// atOnce sends the requests together, all held back until the last is ready.
func (f *fixture) atOnce(requests []request, headers ...string) []reply {
	f.Helper()
	answers := make([]reply, len(requests))
	start := make(chan struct{})
	var done sync.WaitGroup
	for i, one := range requests {
		text, err := json.Marshal(one.body)
		f.must(err)
		r := httptest.NewRequestWithContext(f.Context(), one.method, one.path, strings.NewReader(string(text)))
		r.RemoteAddr = f.from
		if one.body == nil {
			r.Body, r.ContentLength = http.NoBody, 0
		} else {
			r.Header.Set("Content-Type", "application/json")
		}
		r.Header.Set("Authorization", "Bearer "+f.token(one.actor))
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		if one.match != "" {
			r.Header.Set("If-Match", one.match)
		}
		done.Go(func() {
			w := httptest.NewRecorder()
			<-start
			f.handler.ServeHTTP(w, r)
			answers[i] = reply{T: f.T, Status: w.Code, Header: w.Header(), Text: w.Body.String()}
			_ = json.Unmarshal(w.Body.Bytes(), &answers[i].Fields)
		})
	}
	close(start)
	done.Wait()
	return answers
}

// times is the same request so many times.
func times(n int, one request) []request { return slices.Repeat([]request{one}, n) }

// tally counts answers by status and, for a problem, its code.
func tally(answers []reply) map[string]int {
	counts := map[string]int{}
	for _, got := range answers {
		outcome := fmt.Sprint(got.Status)
		if got.Status >= 400 {
			outcome = fmt.Sprint(got.Status, " ", got.Fields["code"])
		}
		counts[outcome]++
	}
	return counts
}

func (f *fixture) tallied(answers []reply, want map[string]int) {
	f.Helper()
	if got := tally(answers); !maps.Equal(got, want) {
		f.Errorf("answered %v, not %v", got, want)
	}
}

func TestIdenticalReferralsAtOnceAreOne(t *testing.T) {
	f := newFixture(t)
	body := map[string]any{"programme": somme, "external_reference": "A-1", "first_name": "Camille", "last_name": "Exemple", "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}
	answers := f.atOnce(times(50, request{f.actor(domain.Partner), "POST", "/v1/referrals", body, ""}))
	f.tallied(answers, map[string]int{"201": 1, "200": 49})
	for _, got := range answers {
		if got.text("id") != answers[0].text("id") || got.Header.Get("Location") != "/v1/referrals/"+got.text("id") {
			t.Errorf("another referral: %s", got.Text)
		}
	}
	for table, query := range map[string]string{
		"referrals":    `SELECT count(*) FROM referrals`,
		"audit_events": `SELECT count(*) FROM audit_events WHERE kind = 'referral' AND action = 'received'`,
		"events":       `SELECT count(*) FROM events WHERE kind = 'referral'`,
	} {
		if n := f.count(query); n != 1 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

func TestDifferentReferralsUnderOneReferenceAtOnce(t *testing.T) {
	f := newFixture(t)
	var requests []request
	for i := range 20 {
		requests = append(requests, request{f.actor(domain.Partner), "POST", "/v1/referrals", map[string]any{
			"programme": somme, "external_reference": "A-1", "first_name": "Camille", "last_name": fmt.Sprint("Exemple ", i), "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}, ""})
	}
	f.tallied(f.atOnce(requests), map[string]int{"201": 1, "409 external_reference_used": 19})
}

func TestOfTwoWhoDecideAtOnceOneWins(t *testing.T) {
	f := newFixture(t)
	coordinator, caseworker, partner := f.actor(domain.Coordinator), f.actor(domain.Caseworker), f.actor(domain.Partner)
	body := map[string]any{"programme": somme, "first_name": "Camille", "last_name": "Exemple", "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}
	for i := range 20 {
		posted := f.send(partner, "POST", "/v1/referrals", body).is(201)
		path, match := "/v1/referrals/"+posted.text("id"), ""
		if i%2 == 1 {
			match = posted.Header.Get("ETag")
		}
		answers := f.atOnce([]request{
			{caseworker, "POST", path + "/accept", map[string]any{"entered_on": "2025-04-01"}, match},
			{coordinator, "POST", path + "/decline", map[string]any{"decline_reason": "complet"}, match},
			{partner, "POST", path + "/withdraw", nil, match},
		})
		won := 0
		for _, got := range answers {
			switch got.Status {
			case 200:
				won++
			case 409:
				if match != "" || !strings.HasPrefix(got.text("code"), "referral_") {
					t.Errorf("with If-Match %q: %s", match, got.Text)
				}
			case 412:
				if match == "" {
					t.Error(got.Text)
				}
			default:
				t.Error(got.Text)
			}
		}
		if won != 1 {
			t.Fatalf("%d decided: %v", won, tally(answers))
		}
	}
	for what, query := range map[string]string{
		"accepted referrals and enrolments":   `SELECT (SELECT count(*) FROM referrals WHERE status = 'accepted') - (SELECT count(*) FROM enrolments)`,
		"accepted referrals and participants": `SELECT (SELECT count(*) FROM referrals WHERE status = 'accepted') - (SELECT count(*) FROM participants)`,
		"decisions and their audit rows":      `SELECT 20 - count(*) FROM audit_events WHERE action IN ('accepted', 'declined', 'withdrawn')`,
		"decisions and their events":          `SELECT 20 - count(*) FROM events WHERE type IN ('referral.accepted', 'referral.declined', 'referral.withdrawn')`,
	} {
		if n := f.count(query); n != 0 {
			t.Errorf("%s differ by %d", what, n)
		}
	}
}

func TestOneParticipantIsEnrolledOnceHoweverManyEnrolHer(t *testing.T) {
	f := newFixture(t)
	body := map[string]any{"participant_id": f.person("Camille", "Exemple").ID, "programme": somme, "entered_on": "2025-04-01"}
	f.tallied(f.atOnce(times(20, request{f.actor(domain.Caseworker), "POST", "/v1/enrolments", body, ""})), map[string]int{"201": 1, "409 already_enrolled": 19})
	if n := f.count(`SELECT count(*) FROM enrolments`); n != 1 {
		t.Errorf("%d enrolments", n)
	}
}

func TestAWorkshopIsNeverFullerThanItsCapacity(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	session := map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": inAMonth(), "duration_minutes": 90, "capacity": 5}
	path := "/v1/workshops/" + f.send(staff, "POST", "/v1/workshops", session).is(201).text("id")
	var requests []request
	for i := range 20 {
		requests = append(requests, request{staff, "POST", path + "/registrations", map[string]any{"enrolment_id": f.enrolled("Camille", fmt.Sprint("Exemple ", i), "2025-04-01").ID}, ""})
	}
	f.tallied(f.atOnce(requests), map[string]int{"200": 5, "409 workshop_full": 15})
	got := f.send(staff, "GET", path, nil).is(200)
	if n := len(got.Fields["registrations"].([]any)); n != 5 || fmt.Sprint(got.Fields["version"]) != "6" {
		t.Errorf("%d registered: %s", n, got.Text)
	}
}

func TestOfTwoWhoRewriteOneVersionOneWins(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	for path, body := range map[string]any{
		"/v1/participants/" + c.participant:                c.identity,
		"/v1/enrolments/" + c.enrolment:                    c.entry,
		"/v1/appointments/" + c.appointment:                c.meeting,
		"/v1/enrolments/" + c.enrolment + "/jobs/" + c.job: map[string]any{"starts_on": "2025-06-02", "contract": "interim"},
		"/v1/sites/" + f.site.ID:                           map[string]any{"programme": somme, "name": "Doullens"},
		"/v1/workshops/" + c.workshop + "/roll-call":       map[string]any{"items": []any{}},
		"/v1/workshops/" + f.send(f.actor(domain.Coordinator), "POST", "/v1/workshops", c.session).is(201).text("id"): c.session,
	} {
		f.tallied(f.atOnce(times(8, request{f.actor(domain.Coordinator), "PUT", path, body, `"1"`})), map[string]int{"200": 1, "412 stale": 7})
	}
	for path, body := range map[string]any{
		"/v1/programmes/" + somme + "/targets":     map[string]any{"items": []any{map[string]any{"indicator": "beneficiaries", "period": "2025", "value": 58}}},
		"/v1/programmes/" + somme + "/territories": map[string]any{"items": []any{map[string]any{"territory_code": "80253"}}},
	} {
		f.tallied(f.atOnce(times(8, request{f.actor(domain.Coordinator), "PUT", path, body, `"0"`})), map[string]int{"200": 1, "412 stale": 7})
	}
}

// Two exits, a recorded job and a void at once: each answer is one that some order would give.
func TestWhatHappensToOnePathAtOnceHappensInSomeOrder(t *testing.T) {
	f := newFixture(t)
	coordinator := f.actor(domain.Coordinator)
	for range 5 {
		path := "/v1/enrolments/" + f.enrolled("Camille", "Exemple", "2025-04-01").ID
		answers := f.atOnce([]request{
			{coordinator, "POST", path + "/exit", map[string]any{"exited_on": "2025-06-01", "kind": "cdi"}, ""},
			{coordinator, "POST", path + "/exit", map[string]any{"exited_on": "2025-07-01", "kind": "abandon"}, ""},
			{coordinator, "POST", path + "/jobs", map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}, ""},
			{coordinator, "POST", path + "/void", map[string]any{"reason": "Par erreur."}, ""},
		})
		if answers[0].Status == 200 && answers[1].Status == 200 {
			t.Error("one path ended twice")
		}
		answers[3].is(200)
		for _, got := range answers {
			if got.Status >= 500 || got.Status == 422 {
				t.Error(got.Text)
			}
		}
	}
}

// Who corrects the support of a person waits for her file before she holds the path, as whoever merges, restricts or erases does:
// otherwise each would wait for what the other holds.
func TestACorrectionWaitsForTheFileFirst(t *testing.T) {
	f := newFixture(t)
	staff, c := f.actor(domain.Caseworker), f.cast()
	at := "/v1/enrolments/" + c.enrolment
	conn, err := pgx.Connect(t.Context(), f.url)
	f.must(err)
	defer conn.Close(t.Context())
	do := func(statement string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, row := range []struct {
		method, path string
		body         any
	}{
		{"PUT", at + "/diagnostics/" + c.support["diagnostic"], object(c.supporting("diagnostic"), "note", "Bilan.")},
		{"PUT", at + "/charter", object(c.supporting("charter"), "note", "Relue.")},
		{"PUT", at + "/strengths/" + c.support["strength"], object(c.supporting("strength"), "detail", "Sa sœur.")},
		{"PUT", at + "/immersions/" + c.support["immersion"], object(c.supporting("immersion"), "note", "Bien passé.")},
		{"POST", at + "/barriers/" + c.support["barrier"] + "/lift", map[string]any{}},
		{"POST", at + "/objectives/" + c.support["objective"] + "/reach", map[string]any{}},
	} {
		do(`BEGIN`)
		do(`SELECT FROM participants WHERE id = $1 FOR UPDATE`, c.participant)
		answer := f.later(staff, row.method, row.path, row.body, "If-Match", "*")
		f.waiting(1)
		do(`SELECT FROM enrolments WHERE id = $1 FOR UPDATE NOWAIT`, c.enrolment)
		do(`COMMIT`)
		(<-answer).is(200)
	}
}
