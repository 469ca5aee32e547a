package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"o2r/api"
	"o2r/domain"
)

func fromEnv(variable string, otherwise uint64) uint64 {
	if value, err := strconv.ParseUint(os.Getenv(variable), 10, 64); err == nil {
		return value
	}
	return otherwise
}

// Words on file that some may never read, whatever they send. No request says them.
const (
	fileOnly  = "Dossierseul7Q"  // in people's files of o2r-somme: its staff and the dpo
	otherOnly = "Ailleursseul7Q" // in another programme: the dpo
	mdsiOnly  = "Mdsiseul7Q"     // in another partner's referral: not the SPIP
)

// shootingRange is the place that the attack is made on: the server itself, and what is on file there.
func (f *fixture) shootingRange(seed uint64) (*attacker, *httptest.Server) {
	f.Helper()
	c := f.cast()
	document, err := published()
	f.must(err)
	a := &attacker{Rand: rand.New(rand.NewPCG(seed, 7)), publication: document, known: map[string][]string{}}
	made := func(actor domain.Actor, path string, body map[string]any) string {
		id := f.send(actor, http.MethodPost, path, body).is(201).text("id")
		a.known[path] = append(a.known[path], id)
		return id
	}
	for _, place := range []struct {
		staff, partner    domain.Actor
		programme, marker string
	}{
		{f.actor(domain.Caseworker), domain.Actor{Subject: "mdsi", Role: domain.Partner, OrganisationID: f.mdsi.ID, Programmes: []string{somme}}, somme, fileOnly},
		{f.stranger(domain.Caseworker), f.stranger(domain.Partner), elsewhere, otherOnly},
	} {
		named := object(c.identity, "last_name", place.marker, "first_name", place.marker, "email", place.marker+"@example.org", "address", place.marker)
		person := made(place.staff, "/v1/participants", named)
		entry := made(place.staff, "/v1/enrolments", object(c.entry, "participant_id", person, "programme", place.programme))
		meeting := made(place.staff, "/v1/appointments", object(c.meeting, "enrolment_id", entry, "purpose", place.marker))
		made(place.staff, "/v1/workshops", object(c.session, "programme", place.programme, "title", place.marker))
		marker := strings.Replace(place.marker, fileOnly, mdsiOnly, 1)
		referral := made(place.partner, "/v1/referrals", object(c.request, "programme", place.programme, "external_reference", marker, "last_name", marker, "reason", marker))
		for name, id := range map[string]string{"participant_id": person, "enrolment_id": entry, "appointment_id": meeting, "referral_id": referral} {
			a.known[name] = append(a.known[name], id)
		}
	}
	_, err = f.store.As(domain.Actor{Subject: "admin", Role: domain.Admin}).NewProgramme(f.Context(), domain.ProgrammeInput{
		Slug: "o2r-tir", Name: "Tir", OperatorID: f.operator.ID, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31"),
	})
	f.must(err)
	for path, ids := range map[string][]string{
		"/v1/participants": {c.participant}, "/v1/enrolments": {c.enrolment}, "/v1/appointments": {c.appointment}, "/v1/workshops": {c.workshop}, "/v1/referrals": {c.referral},
		"/v1/sites": {f.site.ID}, "/v1/organisations": {f.mdsi.ID}, // the one that is put may change its kind
		"programme": {somme, somme, somme, elsewhere, "o2r-tir", "nulle-part"}, "participant_id": {c.participant, c.participant}, "enrolment_id": {c.enrolment, c.enrolment}, "fact_id": {c.job},
		"site_id": {f.site.ID}, "/v1/permanences": {c.permanence}, "permanence_id": {c.permanence}, "planned_on": {aTuesday, "2026-07-14", "2027-01-12"}, "preferred_site_id": {f.site.ID}, "operator_id": {f.operator.ID, f.other.ID, f.spip.ID}, "organisation_id": {f.spip.ID}, "workshop_id": {c.workshop},
		"territory_code": {"80253", "80001", "80021", "99999"}, "code": {"80253", "80021"}, "territory": {"80253"}, "key": {"beneficiaries", "long_term_unemployed_share", "none"}, "name": {"barrier", "gender"},
	} {
		a.known[path] = append(a.known[path], ids...)
	}
	a.known["enrolment of facts"] = []string{c.enrolment}
	for kind, path := range supportPaths {
		at := "/v1/enrolments/{id}/" + path
		a.known[at] = append(a.known[at], c.support[kind])
		a.known[kind+"_id"] = append(a.known[kind+"_id"], c.support[kind])
	}
	a.known["host_id"], a.known["prescriber_id"] = []string{c.host}, []string{c.prescriber}
	for _, op := range f.operations() {
		described := document.document["paths"].(map[string]any)[op.path].(map[string]any)[strings.ToLower(op.method)].(map[string]any)
		a.targets = append(a.targets, target{id: op.id, method: op.method, path: op.path, operation: described, sample: op.aimed(c, f).body})
	}
	server := api.Deployment{RequestsPerMinute: 1 << 40}.New(f.store, f.tokens, slog.New(slog.DiscardHandler))
	listening := httptest.NewServer(server.Handler())
	f.Cleanup(listening.Close)
	return a, listening
}

// fire sends the request as it stands.
func (f *fixture) fire(server *httptest.Server, s shot) (reply, error) {
	host := strings.TrimPrefix(server.URL, "http://")
	request := &http.Request{Method: s.target.method, URL: &url.URL{Scheme: "http", Host: host, Opaque: s.path}, Host: host, Header: http.Header{}}
	if s.role != "" {
		request.Header.Set("Authorization", "Bearer "+f.token(f.actor(s.role)))
	}
	for i := 0; i+1 < len(s.header); i += 2 {
		request.Header.Add(s.header[i], s.header[i+1])
	}
	if s.body != nil {
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(*s.body)), int64(len(*s.body))
	}
	response, err := server.Client().Do(request.WithContext(f.Context()))
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	got := reply{T: f.T, Status: response.StatusCode, Header: response.Header, Text: string(text)}
	_ = json.Unmarshal(text, &got.Fields)
	return got, err
}

// internals are what an answer never says: of Go, of SQL, of the machine.
var internals = regexp.MustCompile(`SQLSTATE|\bpgx\b|\bgorm\b|goroutine|\.go:|\bpq:|\bhuma\b|nil pointer|runtime error|violates|_check\b|_fkey\b|_pkey\b|json: |jsontext|strconv|reflect|0xc0|SELECT |INSERT |/tmp/`)

// faults are what is wrong with the answer to a request.
func (a *attacker) faults(s shot, got reply) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if got.Status >= 500 {
		say("a fault of the server")
	}
	if got.Header.Get("X-Request-Id") == "" {
		say("no X-Request-Id")
	}
	if hit := internals.FindString(got.Text); hit != "" && !strings.Contains(strings.Join(oddTexts, " "), strings.TrimSpace(hit)) {
		say("says %q", hit)
	}
	hidden := []string{otherOnly, fileOnly, mdsiOnly}
	switch s.role {
	case domain.DPO: // who answers for everybody's rights
		hidden = nil
	case domain.Coordinator, domain.Caseworker:
		hidden = hidden[:1]
	}
	for _, marker := range hidden {
		if strings.Contains(strings.ToLower(got.Text+fmt.Sprint(got.Header)), strings.ToLower(marker)) {
			say("tells %q what %s has on file", s.role, marker)
		}
	}
	return append(found, a.undeclared(s, got)...)
}

// undeclared is where the answer is not one that the document promises.
func (a *attacker) undeclared(s shot, got reply) []string {
	responses := s.target.operation["responses"].(map[string]any)
	declared, ok := responses[strconv.Itoa(got.Status)].(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%d is no status that the document declares", got.Status)}
	}
	content, _ := a.deref(declared)["content"].(map[string]any)
	media, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	described, ok := content[media].(map[string]any)
	if err != nil || !ok {
		return []string{fmt.Sprintf("%q is no type that the document declares for %d", got.Header.Get("Content-Type"), got.Status)}
	}
	if !strings.HasSuffix(media, "json") {
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(got.Text), &value); err != nil {
		return []string{"no JSON: " + err.Error()}
	}
	return a.breaches(described["schema"].(map[string]any), value, "body")
}

// learn remembers what an answer names, to use it in later requests.
func (a *attacker) learn(s shot, got reply) {
	if id, ok := got.Fields["id"].(string); ok && got.Status == http.StatusCreated && !strings.Contains(s.target.path, "{") {
		a.known[s.target.path] = append(a.known[s.target.path], id)
		name := strings.TrimSuffix(strings.TrimPrefix(s.target.path, "/v1/"), "s") + "_id"
		a.known[name] = append(a.known[name], id)
	} else if ok && got.Status == http.StatusCreated {
		a.known["fact_id"] = append(a.known["fact_id"], id)
	}
	if next, ok := got.Fields["next_cursor"].(string); ok && len(a.cursors) < 100 {
		a.cursors = append(a.cursors, next)
		a.known["cursor"] = a.cursors
	}
}

// The running server is attacked out of its own document, as each role: whatever is sent, it answers
// what the document declares, and tells nobody what is not theirs. With another seed and a number of
// requests in the environment a slice becomes an hour, and a finding comes back.
func TestWhateverIsSentTheAnswerIsAsTheDocumentSays(t *testing.T) {
	f := newFixture(t)
	seed, requests := fromEnv("O2R_FUZZ_SEED", 1), fromEnv("O2R_FUZZ_REQUESTS", 3000)
	a, server := f.shootingRange(seed)
	statuses, unsent, failures := map[int]int{}, 0, 0
	accepted := map[string]bool{}
	for n := range requests {
		s := a.shot()
		got, err := f.fire(server, s)
		if err != nil { // the client refuses to send some, and the server hangs up on a body it does not want
			unsent++
			continue
		}
		statuses[got.Status]++
		if got.Status < 300 {
			accepted[s.target.id] = true
		}
		if faults := a.faults(s, got); len(faults) > 0 {
			t.Errorf("request %d of seed %d: %s\n%s\nanswered %d: %.1500s", n, seed, s, strings.Join(faults, "\n"), got.Status, got.Text)
			if failures++; failures == 10 {
				t.Fatal("and so on")
			}
		}
		a.learn(s, got)
	}
	t.Logf("seed %d: %d requests, statuses %v, %d not sent, %d of %d operations accepted one", seed, requests, statuses, unsent, len(accepted), len(a.targets))
	if requests >= 1000 && (unsent > int(requests)/10 || len(accepted) < len(a.targets)/2 || statuses[401] == 0 || statuses[403] == 0 || statuses[422] == 0) {
		t.Error("the attack is a weak one")
	}
}
