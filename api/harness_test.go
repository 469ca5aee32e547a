package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"o2r/domain"
)

// nobody is a caller without a token.
var nobody domain.Actor

// stranger is somebody of that role in the other programme, of its operator.
func (f *fixture) stranger(role domain.Role) domain.Actor {
	return domain.Actor{Subject: "stranger-" + string(role), Role: role, OrganisationID: f.other.ID, Programmes: []string{elsewhere}}
}

// rows asks the database itself, past the store.
func (f *fixture) rows(query string, args ...any) [][]any {
	f.Helper()
	conn, err := pgx.Connect(f.Context(), f.url)
	f.must(err)
	defer conn.Close(f.Context())
	found, err := conn.Query(f.Context(), query, args...)
	f.must(err)
	all, err := pgx.CollectRows(found, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	f.must(err)
	return all
}

// exec writes past the store.
func (f *fixture) exec(statement string, args ...any) {
	f.Helper()
	conn, err := pgx.Connect(f.Context(), f.url)
	f.must(err)
	defer conn.Close(f.Context())
	_, err = conn.Exec(f.Context(), statement, args...)
	f.must(err)
}

func (f *fixture) count(query string, args ...any) int64 {
	f.Helper()
	return f.rows(query, args...)[0][0].(int64)
}

// refused is the error with which the database itself refuses a statement.
func (f *fixture) refused(statement string) error {
	f.Helper()
	conn, err := pgx.Connect(f.Context(), f.url)
	f.must(err)
	defer conn.Close(f.Context())
	_, err = conn.Exec(f.Context(), statement)
	return err
}

// contents is a fingerprint of each table, so that a test sees a row added, changed or taken away.
// The territories are reference data, and large.
func (f *fixture) contents() map[string]string {
	f.Helper()
	var parts []string
	for _, table := range f.rows(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('territories', 'territory_editions')`) {
		name := table[0].(string)
		parts = append(parts, fmt.Sprintf(`SELECT '%s' AS name, count(*)::text || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM %s t`, name, name))
	}
	fingerprints := map[string]string{}
	for _, row := range f.rows(strings.Join(parts, " UNION ALL ")) {
		fingerprints[row[0].(string)] = row[1].(string)
	}
	return fingerprints
}

// unchanged insists that the tables hold what they held.
func (f *fixture) unchanged(before map[string]string) {
	f.Helper()
	if after := f.contents(); !maps.Equal(before, after) {
		for table := range after {
			if before[table] != after[table] {
				f.Errorf("%s was written: %q became %q", table, before[table], after[table])
			}
		}
	}
}

// fault is one entry of a problem's errors.
type fault struct{ Location, Code, Message string }

// problem insists on an RFC 9457 problem with that status and code.
func (r reply) problem(status int, code string) []fault {
	r.Helper()
	if r.Status != status {
		r.Errorf("answered %d, not %d: %s", r.Status, status, r.Text)
		return nil
	}
	var body struct {
		Type, Title, Code, Detail string
		Status                    int
		Errors                    []fault
		RequestID                 string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(r.Text), &body); err != nil {
		r.Errorf("no problem: %v: %s", err, r.Text)
		return nil
	}
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		r.Errorf("Content-Type %q", got)
	}
	if body.Status != status || body.Code != code {
		r.Errorf("status %d and code %q in the body, not %d and %q: %s", body.Status, body.Code, status, code, r.Text)
	}
	if body.Type == "" || body.Title == "" || !strings.Contains(body.Detail, " ") || body.Errors == nil {
		r.Errorf("an incomplete problem: %s", r.Text)
	}
	if body.RequestID == "" || body.RequestID != r.Header.Get("X-Request-Id") {
		r.Errorf("request_id %q, X-Request-Id %q", body.RequestID, r.Header.Get("X-Request-Id"))
	}
	for _, fault := range body.Errors {
		if fault.Code == "" || len(fault.Message) < 5 {
			r.Errorf("a fault says nothing: %+v", fault)
		}
	}
	return body.Errors
}

// problemAt insists on a problem whose errors are at exactly those locations.
func (r reply) problemAt(status int, code string, locations ...string) []fault {
	r.Helper()
	faults := r.problem(status, code)
	var found []string
	for _, fault := range faults {
		found = append(found, fault.Location)
	}
	found = slices.Compact(found) // one field may break two rules
	if strings.Join(found, " ") != strings.Join(locations, " ") {
		r.Errorf("faults at %q, not at %q: %s", found, locations, r.Text)
	}
	return faults
}

// anonymous is the answer without what tells two requests apart.
func (r reply) anonymous() string {
	id := r.Header.Get("X-Request-Id")
	header := r.Header.Clone()
	header.Del("X-Request-Id")
	for name := range header {
		if strings.HasPrefix(name, "Ratelimit-") {
			header.Del(name)
		}
	}
	return fmt.Sprint(r.Status, header, strings.ReplaceAll(r.Text, id, ""))
}

// items are a list's records.
func (r reply) items() []map[string]any {
	r.Helper()
	list, ok := r.Fields["items"].([]any)
	if !ok {
		r.Fatalf("no items: %s", r.Text)
	}
	var items []map[string]any
	for _, item := range list {
		items = append(items, item.(map[string]any))
	}
	return items
}

// texts is a list field of strings, joined by spaces.
func (r reply) texts(field string) string {
	r.Helper()
	list, ok := r.Fields[field].([]any)
	if !ok {
		r.Fatalf("no list in %s: %s", field, r.Text)
	}
	return strings.Trim(fmt.Sprint(list), "[]")
}

func randomID() string { return uuid.NewString() }

// object makes a body out of another with some fields changed; nil takes one out.
func object(base map[string]any, changes ...any) map[string]any {
	made := map[string]any{}
	maps.Copy(made, base)
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == nil {
			delete(made, changes[i].(string))
		} else {
			made[changes[i].(string)] = changes[i+1]
		}
	}
	return made
}

// cast is a small programme's worth of records, made over HTTP by a caseworker of o2r-somme.
type cast struct {
	participant, enrolment, job, appointment, workshop, referral string
	permanence                                                   string
	client, secret                                               string // an API client, and its secret's identifier
	webhook                                                      string
	calendar, link                                               string // a feed, and the last part of its link
	snapshot                                                     string
	host, prescriber                                             string            // organisations of an immersion
	support                                                      map[string]string // what she was supported with, by kind

	identity, entry, meeting, session, request, program, hook, presence map[string]any // the bodies they were made with
}

// cast has everybody on stage.
func (f *fixture) cast() cast {
	f.Helper()
	staff, c := f.actor(domain.Caseworker), cast{}
	made := func(at string, body map[string]any) string {
		return f.send(staff, http.MethodPost, at, body).is(201).text("id")
	}
	c.identity = map[string]any{"first_name": "Dominique", "last_name": "Fictif", "birth_date": "1985-02-03", "gender": "female", "phone": "06 39 98 00 01"}
	c.participant = made("/v1/participants", c.identity)
	c.entry = map[string]any{"participant_id": c.participant, "programme": somme, "entered_on": "2025-02-03", "territory_code": "80253", "justice_status": "milieu_ouvert"}
	c.enrolment = made("/v1/enrolments", c.entry)
	c.job = made("/v1/enrolments/"+c.enrolment+"/jobs", map[string]any{"starts_on": "2025-06-02", "contract": "cdi"})
	c.host, c.prescriber, c.support = f.party("employeur"), f.party("cap_emploi"), map[string]string{}
	for _, kind := range supportKinds {
		c.support[kind] = made("/v1/enrolments/"+c.enrolment+"/"+supportPaths[kind], c.supporting(kind))
	}
	c.meeting = map[string]any{"enrolment_id": c.enrolment, "starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "in_person"}
	c.appointment = made("/v1/appointments", c.meeting)
	c.presence = tuesdays(f, "starts_on", "2025-03-04")
	c.permanence = f.send(f.actor(domain.Coordinator), http.MethodPost, "/v1/permanences", c.presence).is(201).text("id")
	c.session = map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90}
	c.workshop = made("/v1/workshops", c.session)
	c.program = map[string]any{"name": "Logiciel du SPIP", "organisation_id": f.spip.ID, "role": "partner", "programmes": []string{somme}}
	program := f.send(f.actor(domain.Admin), http.MethodPost, "/v1/clients", c.program).is(201)
	c.client = program.text("id")
	c.secret = program.Fields["secrets"].([]any)[0].(map[string]any)["id"].(string)
	c.request = map[string]any{
		"programme": somme, "external_reference": "CAST-1", "first_name": "Sacha", "last_name": "Inventé", "phone": "06 39 98 00 02",
		"consented_on": "2025-03-01", "territory_code": "80253", "justice_status": "milieu_ferme",
	}
	c.referral = f.send(f.actor(domain.Partner), http.MethodPost, "/v1/referrals", c.request).is(201).text("id")
	c.hook = map[string]any{"url": "https://hooks.example.org/o2r"}
	c.webhook = f.send(f.actor(domain.Partner), http.MethodPost, "/v1/webhooks", c.hook).is(201).text("id")
	feed := f.send(staff, http.MethodPost, "/v1/calendars", map[string]any{"programme": somme, "kind": "caseworker"}).is(201)
	c.snapshot = f.publish(nil).is(201).text("id")
	c.calendar, c.link = feed.text("id"), path.Base(feed.text("url"))
	return c
}

// supportKinds are what is recorded while a person is supported, and supportPaths where, under an enrolment.
var (
	supportKinds = []string{"diagnostic", "barrier", "strength", "charter", "objective", "action", "proposal", "immersion", "extension"}
	supportPaths = map[string]string{"diagnostic": "diagnostics", "barrier": "barriers", "strength": "strengths", "charter": "charter", "objective": "objectives", "action": "actions",
		"proposal": "proposals", "immersion": "immersions", "extension": "extensions"}
)

// supporting is a body of that kind.
func (c cast) supporting(kind string) map[string]any {
	return map[string]map[string]any{
		"diagnostic": {"assessed_on": "2025-02-03", "barriers": []any{map[string]any{"barrier": "mobilite", "impact": "fort", "priority": true}}, "strengths": []any{"langues"}},
		"barrier":    {"barrier": "logement", "assessed_on": "2025-02-03"},
		"strength":   {"strength": "entourage", "noted_on": "2025-02-03"},
		"charter":    {"signed_on": "2025-02-10"},
		"objective":  {"label": "Passer le permis", "agreed_on": "2025-02-10", "due_on": "2025-05-12", "in_charter": true},
		"action":     {"kind": "aide_administrative", "done_on": "2025-02-17", "duration_minutes": 45},
		"proposal":   {"kind": "emploi", "proposed_on": "2025-02-17"},
		"immersion":  {"purpose": "decouvrir_un_metier", "host_id": c.host, "prescriber_id": c.prescriber, "starts_on": "2025-03-10", "ends_on": "2025-03-14"},
		"extension":  {"reason": "Formation en novembre.", "decided_on": "2025-10-07"},
	}[kind]
}

// party is an organisation of that kind.
func (f *fixture) party(kind string) string {
	f.Helper()
	slug := "partie-" + strings.ReplaceAll(kind, "_", "-")
	if found := f.rows(`SELECT id::text FROM organisations WHERE slug = $1`, slug); len(found) > 0 {
		return found[0][0].(string)
	}
	return f.send(f.actor(domain.Admin), http.MethodPost, "/v1/organisations", map[string]any{"slug": slug, "name": slug, "kind": kind}).is(201).text("id")
}

// person records a participant of o2r-somme's operator.
func (f *fixture) person(first, last string) domain.NewParticipant {
	f.Helper()
	made, err := f.as(domain.Caseworker).NewParticipant(f.Context(), domain.ParticipantInput{Identity: domain.Identity{FirstName: first, LastName: last}})
	f.must(err)
	return made
}

// enrolled records a participant and her entry.
func (f *fixture) enrolled(first, last, enteredOn string) domain.EnrolmentView {
	f.Helper()
	made, err := f.as(domain.Caseworker).Enrol(f.Context(), domain.EnrolmentInput{
		ParticipantID: f.person(first, last).ID, Programme: somme, EnteredOn: domain.MustDate(enteredOn),
	})
	f.must(err)
	return made
}

// inAMonth is an instant that lies ahead whenever the test runs.
func inAMonth() string { return time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339) }

// paged are the items of a list, read to its end as many at a time as the target says.
func (f *fixture) paged(actor domain.Actor, target string) (items []map[string]any) {
	f.Helper()
	for cursor := ""; ; {
		got := f.send(actor, "GET", target+cursor, nil).is(200)
		items = append(items, got.items()...)
		next, more := got.Fields["next_cursor"].(string)
		if !more {
			return items
		}
		cursor = "&cursor=" + next
	}
}
