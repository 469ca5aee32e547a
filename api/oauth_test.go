package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"o2r/domain"
)

const formType = "application/x-www-form-urlencoded"

// program is an API client with its secret, as the administrator was shown it.
type program struct{ id, secret, secretID string }

func (f *fixture) program(changes ...any) program {
	f.Helper()
	body := object(map[string]any{"name": "Logiciel", "organisation_id": f.spip.ID, "role": "partner", "programmes": []string{somme}}, changes...)
	made := f.send(f.actor(domain.Admin), "POST", "/v1/clients", body).is(201)
	return program{made.text("id"), made.text("client_secret"), made.Fields["secrets"].([]any)[0].(map[string]any)["id"].(string)}
}

// post sends a form from an address.
func (f *fixture) post(path, address string, form url.Values, headers ...string) reply {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), "POST", path, strings.NewReader(form.Encode()))
	r.RemoteAddr = address + ":40000"
	r.Header.Set("Content-Type", formType)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return f.serve(r)
}

func (f *fixture) serve(r *http.Request) reply {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return newReply(f.T, w)
}

// digest is what is kept of a program's secret.
func (f *fixture) digest(p program) string {
	f.Helper()
	return f.rows(`SELECT encode(digest, 'hex') FROM client_secrets WHERE client_id = $1`, p.id)[0][0].(string)
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

var grant = url.Values{"grant_type": {"client_credentials"}}

func (f *fixture) granted(p program) string {
	f.Helper()
	return f.post("/oauth/token", "192.0.2.1", grant, "Authorization", basic(p.id, p.secret)).is(200).text("access_token")
}

func (f *fixture) me(token string) reply {
	f.Helper()
	return f.send(nobody, "GET", "/v1/me", nil, "Authorization", "Bearer "+token)
}

// rejected insists that the token is refused as any bad one is.
func (f *fixture) rejected(token string) {
	f.Helper()
	got := f.me(token)
	got.problem(401, "unauthenticated")
	if want := f.me("rubbish"); got.anonymous() != want.anonymous() {
		f.Errorf("the answer tells that the token was good once:\n%s\n%s", got.anonymous(), want.anonymous())
	}
}

func TestAClientAsksForItsToken(t *testing.T) {
	f := newFixture(t)
	p := f.program()
	for name, got := range map[string]reply{
		"client_secret_basic": f.post("/oauth/token", "192.0.2.1", grant, "Authorization", basic(p.id, p.secret)),
		"client_secret_post":  f.post("/oauth/token", "192.0.2.1", url.Values{"grant_type": {"client_credentials"}, "client_id": {p.id}, "client_secret": {p.secret}}),
		"an unknown field":    f.post("/oauth/token", "192.0.2.1", url.Values{"grant_type": {"client_credentials"}, "resource": {"x"}}, "Authorization", basic(p.id, p.secret)),
		"empty scope":         f.post("/oauth/token", "192.0.2.1", url.Values{"grant_type": {"client_credentials"}, "scope": {""}}, "Authorization", basic(p.id, p.secret)),
	} {
		got.is(200)
		if len(got.Fields) != 3 || got.text("token_type") != "Bearer" || got.Fields["expires_in"] != 900.0 {
			t.Errorf("%s: %s", name, got.Text)
		}
		if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Pragma") != "no-cache" || got.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", name, got.Header)
		}
		me := f.me(got.text("access_token")).is(200)
		if me.text("subject") != "client:"+p.id || me.text("role") != "partner" || me.text("organisation_id") != f.spip.ID || me.texts("programmes") != somme {
			t.Errorf("%s: it is %s", name, me.Text)
		}
	}
	var said jwt.MapClaims
	if _, _, err := jwt.NewParser().ParseUnverified(f.granted(p), &said); err != nil {
		t.Fatal(err)
	}
	if life := said["exp"].(float64) - said["iat"].(float64); said["client_id"] != p.id || said["jti"] == "" || life != 900 {
		t.Errorf("claims %v", said)
	}
	if got := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'token' AND action = 'issued' AND subject = 'client:' || $1 AND token_id = $2`, p.id, said["jti"]); got != 1 {
		t.Errorf("%d rows of the audit trail tell of that token", got)
	}
}

func TestTheAuthorizationServerSaysWhatItDoes(t *testing.T) {
	f := newFixture(t)
	got := f.send(nobody, "GET", "/.well-known/oauth-authorization-server", nil).is(200)
	if got.text("issuer") != "https://o2r.test" || got.text("token_endpoint") != "https://o2r.test/oauth/token" || got.texts("grant_types_supported") != "client_credentials" ||
		got.texts("token_endpoint_auth_methods_supported") != "client_secret_basic client_secret_post" || got.text("jwks_uri") != "https://o2r.test/.well-known/jwks.json" {
		t.Error(got.Text)
	}
}

// oauthRefused insists on an error exactly as RFC 6749, 5.2 writes it.
func (r reply) oauthRefused(status int, code string) {
	r.Helper()
	r.is(status)
	if r.Fields["error"] != code || len(r.Fields) != 2 || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Content-Type") != "application/json" {
		r.Errorf("%v %s", r.Header, r.Text)
	}
	if challenge := r.Header.Get("WWW-Authenticate"); strings.HasPrefix(challenge, "Basic ") != (status == 401) {
		r.Errorf("WWW-Authenticate %q", challenge)
	}
}

func TestTokenRequestsThatAreRefused(t *testing.T) {
	f := newFixture(t)
	p, other, shut := f.program(), f.program(), f.program()
	f.send(f.actor(domain.Admin), "POST", "/v1/clients/"+shut.id+"/revoke", nil).is(200)
	expired := f.program("expires_on", "2099-01-01")
	f.exec(`UPDATE clients SET expires_on = '2020-01-01' WHERE id = $1`, expired.id)
	old := f.program()
	f.exec(`UPDATE client_secrets SET expires_at = now() - interval '1 second' WHERE client_id = $1`, old.id)

	form := func(pairs ...string) url.Values {
		values := url.Values{"grant_type": {"client_credentials"}}
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Add(pairs[i], pairs[i+1])
		}
		return values
	}
	good := basic(p.id, p.secret)
	before := f.count(`SELECT count(*) FROM audit_events WHERE action = 'issued'`)
	unknown := f.post("/oauth/token", "198.51.100.250", grant, "Authorization", basic(randomID(), p.secret))
	unknown.oauthRefused(401, "invalid_client")
	for name, row := range map[string]struct {
		form    url.Values
		headers []string
		status  int
		code    string
	}{
		"wrong secret":                   {grant, []string{"Authorization", basic(p.id, "o2r_"+strings.Repeat("A", 43))}, 401, "invalid_client"},
		"another client's secret":        {grant, []string{"Authorization", basic(p.id, other.secret)}, 401, "invalid_client"},
		"the secret cut short":           {grant, []string{"Authorization", basic(p.id, p.secret[:len(p.secret)-1])}, 401, "invalid_client"},
		"the secret and more":            {grant, []string{"Authorization", basic(p.id, p.secret+"A")}, 401, "invalid_client"},
		"no secret":                      {grant, []string{"Authorization", basic(p.id, "")}, 401, "invalid_client"},
		"a client that was shut out":     {grant, []string{"Authorization", basic(shut.id, shut.secret)}, 401, "invalid_client"},
		"a client that has expired":      {grant, []string{"Authorization", basic(expired.id, expired.secret)}, 401, "invalid_client"},
		"a secret that has expired":      {grant, []string{"Authorization", basic(old.id, old.secret)}, 401, "invalid_client"},
		"an id that is no UUID":          {grant, []string{"Authorization", basic("' OR true --", p.secret)}, 401, "invalid_client"},
		"the nil UUID":                   {grant, []string{"Authorization", basic("00000000-0000-0000-0000-000000000000", "x")}, 401, "invalid_client"},
		"the id with NUL":                {grant, []string{"Authorization", basic(p.id[:35]+"\x00", p.secret)}, 401, "invalid_client"},
		"the digest for the secret":      {grant, []string{"Authorization", basic(p.id, f.digest(p))}, 401, "invalid_client"},
		"the secret's own id":            {grant, []string{"Authorization", basic(p.secretID, p.secret)}, 401, "invalid_client"},
		"a huge secret":                  {grant, []string{"Authorization", basic(p.id, strings.Repeat("a", 5000))}, 401, "invalid_client"},
		"no credentials":                 {grant, nil, 401, "invalid_client"},
		"a bearer token":                 {grant, []string{"Authorization", "Bearer " + f.granted(other)}, 401, "invalid_client"},
		"Basic that is no base64":        {grant, []string{"Authorization", "Basic %%%"}, 401, "invalid_client"},
		"Basic without a colon":          {grant, []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(p.id))}, 401, "invalid_client"},
		"header and form":                {form("client_id", p.id, "client_secret", p.secret), []string{"Authorization", good}, 400, "invalid_request"},
		"header, another id in the form": {form("client_id", other.id), []string{"Authorization", good}, 401, "invalid_client"},
		"id twice":                       {form("client_id", p.id, "client_id", p.id, "client_secret", p.secret), nil, 400, "invalid_request"},
		"grant type twice":               {form("grant_type", "client_credentials"), []string{"Authorization", good}, 400, "invalid_request"},
		"no grant type":                  {url.Values{}, []string{"Authorization", good}, 400, "invalid_request"},
		"password grant":                 {url.Values{"grant_type": {"password"}, "username": {"a"}, "password": {"b"}}, []string{"Authorization", good}, 400, "unsupported_grant_type"},
		"refresh":                        {url.Values{"grant_type": {"refresh_token"}}, []string{"Authorization", good}, 400, "unsupported_grant_type"},
		"a scope":                        {form("scope", "admin"), []string{"Authorization", good}, 400, "invalid_scope"},
		"JSON":                           {grant, []string{"Authorization", good, "Content-Type", "application/json"}, 400, "invalid_request"},
		"no media type":                  {grant, []string{"Authorization", good, "Content-Type", ""}, 400, "invalid_request"},
		"a form of another charset":      {grant, []string{"Authorization", good, "Content-Type", formType + "; charset=utf-16"}, 400, "invalid_request"},
		"20 kB":                          {form("x", strings.Repeat("a", 20_000)), []string{"Authorization", good}, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			got := f.post("/oauth/token", "198.51.100."+name[:1], row.form, row.headers...) // an address that is none, so that none waits
			got.oauthRefused(row.status, row.code)
			if row.code == "invalid_client" && got.anonymous() != unknown.anonymous() {
				t.Errorf("told from a client that is not there:\n%s\n%s", got.anonymous(), unknown.anonymous())
			}
			for _, secret := range []string{p.secret, other.secret} {
				if strings.Contains(got.Text, secret) {
					t.Error("the answer repeats the secret")
				}
			}
		})
	}
	in := f.post("/oauth/token?client_id="+p.id+"&client_secret="+url.QueryEscape(p.secret), "192.0.2.9", grant)
	in.oauthRefused(400, "invalid_request")
	f.send(nobody, "GET", "/oauth/token", nil).problem(405, "method_not_allowed")
	if after := f.count(`SELECT count(*) FROM audit_events WHERE action = 'issued'`); after != before+1 { // other's own, above
		t.Errorf("%d tokens were issued", after-before)
	}
	if got := f.count(`SELECT count(*) FROM audit_events WHERE action = 'refused' AND record_ids = ARRAY[$1] AND token_id IS NULL`, p.id); got < 4 {
		t.Errorf("%d failures for the client are in the audit trail", got)
	}
	if got := f.count(`SELECT count(*) FROM audit_events t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%o2r\_%'`, p.secret); got != 0 {
		t.Errorf("%d rows of the audit trail hold a secret", got)
	}
}

// A secret is shown once, and what is kept is not the secret.
func TestASecretIsShownOnce(t *testing.T) {
	f := newFixture(t)
	p, admin := f.program(), f.actor(domain.Admin)
	if len(p.secret) != 47 || !strings.HasPrefix(p.secret, "o2r_") {
		t.Errorf("a secret of %d characters", len(p.secret))
	}
	for _, path := range []string{"/v1/clients", "/v1/clients/" + p.id} {
		if got := f.send(admin, "GET", path, nil).is(200); strings.Contains(got.Text, p.secret) || strings.Contains(got.Text, "client_secret") || strings.Contains(got.Text, "digest") {
			t.Error(got.Text)
		}
	}
	for _, table := range f.rows(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`) {
		if got := f.count(`SELECT count(*) FROM `+table[0].(string)+` t WHERE t::text LIKE '%' || $1 || '%'`, p.secret[4:]); got != 0 {
			t.Errorf("%s holds the secret", table[0])
		}
	}
}

func TestRotatingAClientsSecret(t *testing.T) {
	f := newFixture(t)
	p, admin := f.program(), f.actor(domain.Admin)
	path := "/v1/clients/" + p.id
	ask := func(secret string) int {
		return f.post("/oauth/token", "192.0.2."+secret[10:12], grant, "Authorization", basic(p.id, secret)).Status
	}
	second := f.send(admin, "POST", path+"/secrets", map[string]any{}).is(200)
	newer := second.text("client_secret")
	if ask(p.secret) != 200 || ask(newer) != 200 {
		t.Error("during a rotation both secrets are good")
	}
	if expiry, null := second.Fields["secrets"].([]any)[0].(map[string]any)["expires_at"].(string); !null || expiry == "" {
		t.Errorf("the older secret does not expire: %s", second.Text)
	}
	f.send(admin, "POST", path+"/secrets", map[string]any{}).problem(409, "two_secrets")
	f.send(admin, "POST", path+"/secrets/"+randomID()+"/revoke", nil).problem(404, "not_found")
	other := f.program()
	f.send(admin, "POST", path+"/secrets/"+other.secretID+"/revoke", nil).problem(404, "not_found")
	f.send(admin, "POST", path+"/secrets/"+p.secretID+"/revoke", nil, "If-Match", `"1"`).problem(412, "stale")
	f.send(admin, "POST", path+"/secrets/"+p.secretID+"/revoke", nil).is(200)
	if ask(p.secret) != 401 || ask(newer) != 200 {
		t.Error("the older secret is revoked, the newer is good")
	}
	third := f.send(admin, "POST", path+"/secrets", map[string]any{"older_valid_hours": 0}).is(200).text("client_secret")
	if ask(newer) != 401 || ask(third) != 200 {
		t.Error("with no grace the older secret ends at once")
	}
	later := f.store.At(time.Now().Add(8 * 24 * time.Hour))
	fourth := f.send(admin, "POST", path+"/secrets", map[string]any{}).is(200).text("client_secret")
	for secret, want := range map[string]bool{third: false, fourth: true} {
		if _, known, err := later.As(domain.Actor{Role: domain.Anonymous}).AuthenticateClient(t.Context(), p.id, secret, "issued", ""); err != nil || known != want {
			t.Errorf("after the grace: %v, %v", known, err)
		}
	}
	f.send(admin, "POST", path+"/secrets", map[string]any{"older_valid_hours": 721}).problemAt(422, "invalid", "body.older_valid_hours")
}

func TestClientsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	p := f.program()
	good := map[string]any{"name": marker, "organisation_id": f.spip.ID, "role": "partner", "programmes": []string{somme}}
	rows := map[string]refusal{}
	for _, target := range []string{"POST /v1/clients", "PUT /v1/clients/" + p.id} {
		method, path, _ := strings.Cut(target, " ")
		row := func(location, code string, changes ...any) refusal {
			return refusal{method, path, object(good, changes...), 422, "invalid", location, code}
		}
		rows[method+" no name"] = row("body.name", "required", "name", nil)
		rows[method+" blank name"] = row("body.name", "blank", "name", "  ")
		rows[method+" no organisation"] = row("body.organisation_id", "required", "organisation_id", nil)
		rows[method+" unknown organisation"] = row("body.organisation_id", "unknown", "organisation_id", randomID())
		rows[method+" unknown role"] = row("body.role", "enum", "role", "superviseur")
		rows[method+" unknown programme"] = row("body.programmes[1]", "unknown", "programmes", []string{somme, "o2r-nulle-part"})
		rows[method+" programme twice"] = row("body.programmes[1]", "repeated", "programmes", []string{somme, somme})
		rows[method+" no slug"] = row("body.programmes[0]", "pattern", "programmes", []string{"{a,b}"})
		rows[method+" expired"] = row("body.expires_on", "past", "expires_on", "2020-01-01")
		rows[method+" own secret"] = row("body.client_secret", "unknown_field", "client_secret", marker)
		rows[method+" own revocation"] = row("body.revoked_at", "unknown_field", "revoked_at", nil, "revoked_at", "2025-01-01T00:00:00Z")
	}
	rows["revoke nothing"] = refusal{"POST", "/v1/tokens/revoke", map[string]any{}, 422, "invalid", "body.jti", "one_of"}
	rows["revoke two things"] = refusal{"POST", "/v1/tokens/revoke", map[string]any{"jti": "a", "subject": "b"}, 422, "invalid", "body.jti", "one_of"}
	rows["revoke a blank subject"] = refusal{"POST", "/v1/tokens/revoke", map[string]any{"subject": " "}, 422, "invalid", "body.subject", "blank"}
	rows["revoke a blank jti"] = refusal{"POST", "/v1/tokens/revoke", map[string]any{"jti": " "}, 422, "invalid", "body.jti", "blank"}
	rows["revoke an unknown client's"] = refusal{"POST", "/v1/tokens/revoke", map[string]any{"client_id": randomID()}, 422, "invalid", "body.client_id", "unknown"}
	rows["unknown client"] = refusal{"PUT", "/v1/clients/" + randomID(), good, 404, "not_found", "", ""}
	f.refuse(f.actor(domain.Admin), rows, "If-Match", "*")
	f.send(f.actor(domain.Admin), "PUT", "/v1/clients/"+p.id, good).problem(428, "precondition_required")
}

// What cannot be asked about is not let in.
func TestWithoutTheDatabaseNoTokenIsAccepted(t *testing.T) {
	f := newFixture(t)
	p := f.program()
	token := f.granted(p)
	f.must(f.store.Close())
	if got := f.me(token); got.Status < 500 {
		t.Errorf("answered %d: %s", got.Status, got.Text)
	}
	if got := f.post("/oauth/token", "192.0.2.1", grant, "Authorization", basic(p.id, p.secret)); got.Status < 500 {
		t.Errorf("answered %d: %s", got.Status, got.Text)
	}
}

// A client's id is no secret: whoever knows it can fail in its name, and only waits herself.
func TestNobodyLocksAClientOutByFailingInItsName(t *testing.T) {
	f := newFixture(t)
	p := f.program()
	ask := func(address, id, secret string) reply {
		return f.post("/oauth/token", address, grant, "Authorization", basic(id, secret))
	}
	wrong := "o2r_" + strings.Repeat("A", 43)
	for i := range 60 {
		ask(fmt.Sprintf("198.51.100.%d", i+1), p.id, wrong).oauthRefused(401, "invalid_client")
		ask(fmt.Sprintf("[2001:db8:0:%x::1]", i+1), p.id, wrong).oauthRefused(401, "invalid_client")
	}
	for range 50 {
		ask("203.0.113.9", randomID(), wrong).oauthRefused(401, "invalid_client")
	}
	ask("192.0.2.77", p.id, p.secret).is(200) // where it never was before
	ask("[2001:db8:1::1]", p.id, p.secret).is(200)
	slow := ask("203.0.113.9", randomID(), wrong) // fails at many clients
	slow.oauthRefused(429, "slow_down")
	if slow.Header.Get("Retry-After") == "" {
		t.Error("it is not told how long to wait")
	}
	for i := range 5 { // one network, whatever address of it
		ask(fmt.Sprintf("[2001:db8:2::%x]", i+1), p.id, wrong).oauthRefused(401, "invalid_client")
	}
	ask("[2001:db8:2::ffff]", p.id, wrong).oauthRefused(429, "slow_down")
}

// One client's failures are counted together, however its identifier is spelt.
func TestAClientsFailuresAreCountedUnderOneSpelling(t *testing.T) {
	f := newFixture(t)
	client := f.program()
	tries := func(id, address string) int {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {"o2r_wrong"}}
		return f.post("/oauth/token", address, form).Status
	}
	same, spelt := 0, 0
	for range 40 {
		if tries(client.id, "203.0.113.77") == 401 {
			same++
		}
	}
	for n := range 40 {
		id := []byte(client.id)
		bit := 0
		for i := range id {
			if id[i] >= 'a' && id[i] <= 'f' {
				if (n+1)>>bit&1 == 1 {
					id[i] -= 32
				}
				bit++
			}
		}
		if tries(string(id), "203.0.113.78") == 401 {
			spelt++
		}
	}
	if spelt != same || same == 40 {
		t.Errorf("%d guesses at one client under one spelling, %d under many", same, spelt)
	}
}
