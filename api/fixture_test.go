package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

const somme = "o2r-somme"

// fixture is a whole API on a database of its own: two programmes of two operators, and two
// partners of the first.
type fixture struct {
	*testing.T
	store   *persistence.Store
	url     string
	from    string // the address it calls from
	tokens  *api.Tokens
	handler http.Handler

	operator, other domain.Organisation // run o2r-somme, and another programme
	spip, mdsi      domain.Organisation // refer people to o2r-somme
	site            domain.Site         // of o2r-somme
}

const elsewhere = "o2r-ailleurs"

// composed is the one API of all tests; see On. They may not run in parallel.
var composed = sync.OnceValues(func() (*api.API, http.Handler) {
	a := api.Deployment{RequestsPerMinute: 1 << 40}.New(nil, nil, slog.New(slog.DiscardHandler)) // the tests of quotas have a smaller one
	return a, a.Handler()
})

// newFixture sets everything up as an administrator would.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	store, url := storetest.WithURL(t)
	tokens, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, store: store, url: url, tokens: tokens, from: address()}
	a, handler := composed()
	a.On(store, tokens)
	f.handler = handler

	ctx, admin := t.Context(), store.As(domain.Actor{Subject: "admin", Role: domain.Admin})
	organisation := func(slug string, kind domain.OrganisationKind) domain.Organisation {
		made, err := admin.NewOrganisation(ctx, domain.OrganisationInput{Slug: slug, OrganisationNaming: domain.OrganisationNaming{Name: slug, Kind: kind}})
		f.must(err)
		return made
	}
	f.operator = organisation("operateur", domain.OrganisationOperateur)
	f.other = organisation("autre-operateur", domain.OrganisationOperateur)
	f.spip = organisation("spip", domain.OrganisationSPIP)
	f.mdsi = organisation("mdsi", domain.OrganisationMDSI)
	for slug, operator := range map[string]domain.Organisation{somme: f.operator, elsewhere: f.other} {
		_, err := admin.NewProgramme(ctx, domain.ProgrammeInput{
			Slug: slug, Name: slug, OperatorID: operator.ID,
			StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31"),
		})
		f.must(err)
	}
	f.site, err = f.as(domain.Coordinator).NewSite(ctx, domain.SiteInput{Programme: somme, Name: "Doullens"})
	f.must(err)
	return f
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// actor is somebody of that role in o2r-somme: staff of its operator, or the SPIP.
func (f *fixture) actor(role domain.Role) domain.Actor {
	actor := domain.Actor{Subject: "test-" + string(role), Role: role, OrganisationID: f.operator.ID, Programmes: []string{somme}}
	if role == domain.Partner {
		actor.OrganisationID = f.spip.ID
	}
	return actor
}

func (f *fixture) as(role domain.Role) *persistence.Session { return f.store.As(f.actor(role)) }

// token is the actor's, the same each time: a caller has one and goes on with it.
func (f *fixture) token(actor domain.Actor) string {
	f.Helper()
	key := fmt.Sprintf("%p %+v", f.tokens, actor)
	if token, issued := issued.Load(key); issued {
		return token.(string)
	}
	token, err := f.tokens.Issue(actor, time.Hour)
	f.must(err)
	issued.Store(key, token)
	return token
}

var issued sync.Map

// addresses gives each fixture one of its own, so that tests do not use up each other's quota.
var addresses atomic.Int64

func address() string {
	n := addresses.Add(1)
	return fmt.Sprintf("192.0.%d.%d:1234", n/256%256, n%256)
}

// reply is an answer, read whole.
type reply struct {
	*testing.T
	Status int
	Header http.Header
	Text   string
	Fields map[string]any // of a JSON object
}

// send calls the API as that actor. A body that is a string is sent as it stands, any other as JSON.
func (f *fixture) send(actor domain.Actor, method, target string, body any, headers ...string) reply {
	f.Helper()
	var reader io.Reader
	switch content := body.(type) {
	case nil:
	case string:
		reader = bytes.NewBufferString(content)
	default:
		encoded, err := json.Marshal(content)
		f.must(err)
		reader = bytes.NewReader(encoded)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, target, reader)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if actor.Role != "" {
		r.Header.Set("Authorization", "Bearer "+f.token(actor))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.RemoteAddr = f.from
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return newReply(f.T, w)
}

func newReply(t *testing.T, w *httptest.ResponseRecorder) reply {
	got := reply{T: t, Status: w.Code, Header: w.Header(), Text: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &got.Fields)
	return got
}

// is insists on the status.
func (r reply) is(status int) reply {
	r.Helper()
	if r.Status != status {
		r.Fatalf("answered %d, not %d: %s", r.Status, status, r.Text)
	}
	return r
}

// text is a string field of the answer.
func (r reply) text(field string) string {
	r.Helper()
	value, ok := r.Fields[field].(string)
	if !ok {
		r.Fatalf("no text in %s: %s", field, r.Text)
	}
	return value
}
