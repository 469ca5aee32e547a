package api_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"o2r/domain"
)

func TestMeSaysWhatTheTokenSays(t *testing.T) {
	f := newFixture(t)
	got := f.send(f.actor(domain.Partner), "GET", "/v1/me", nil).is(200)
	if got.text("subject") != "test-partner" || got.text("role") != "partner" || got.text("organisation_id") != f.spip.ID || got.texts("programmes") != somme || len(got.Fields) != 5 || got.Fields["sandbox"] != false {
		t.Error(got.Text)
	}
}

// A stranger to our code verifies a token with nothing but the published keys and RFC 8037.
func TestThePublishedKeyVerifiesATokenByHand(t *testing.T) {
	f := newFixture(t)
	var set struct {
		Keys []struct{ Kty, Crv, X, Kid, Use, Alg, D string }
	}
	published := f.send(nobody, "GET", "/.well-known/jwks.json", nil).is(200)
	f.must(json.Unmarshal([]byte(published.Text), &set))
	if len(set.Keys) != 1 || set.Keys[0].Kty != "OKP" || set.Keys[0].Crv != "Ed25519" || set.Keys[0].Use != "sig" || set.Keys[0].Alg != "EdDSA" || set.Keys[0].D != "" {
		t.Fatalf("published are %s", published.Text)
	}
	key, err := base64.RawURLEncoding.DecodeString(set.Keys[0].X)
	f.must(err)
	parts := strings.Split(f.token(f.actor(domain.Caseworker)), ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	f.must(err)
	if !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature) {
		t.Error("the published key does not verify the token")
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	f.must(err)
	if !strings.Contains(string(header), `"kid":"`+set.Keys[0].Kid+`"`) || !strings.Contains(string(header), `"typ":"at+jwt"`) {
		t.Errorf("the header is %s", header)
	}
}

func TestTheServerSaysHowItIs(t *testing.T) {
	f := newFixture(t)
	for path, want := range map[string]string{"/livez": "alive\n", "/readyz": "ready\n"} {
		if got := f.send(nobody, "GET", path, nil).is(200); got.Text != want || got.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s answers %q", path, got.Text)
		}
	}
	f.rows(`SELECT 1 FROM goose_db_version LIMIT 1`)
	f.must(f.store.Close())
	f.send(nobody, "GET", "/livez", nil).is(200)
	if got := f.send(nobody, "GET", "/readyz", nil); len(got.problem(503, "unavailable")) > 0 || got.Header.Get("Retry-After") == "" {
		t.Errorf("Retry-After %q: %s", got.Header.Get("Retry-After"), got.Text)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	staff := f.actor(domain.Caseworker)
	for _, path := range []string{"/v1/me", "/v1/participants/" + c.participant, "/v1/referrals", "/v1/territories/80253"} {
		get, head := f.send(staff, "GET", path, nil).is(200), f.send(staff, "HEAD", path, nil).is(200)
		if head.Text != "" || head.Header.Get("ETag") != get.Header.Get("ETag") || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: %v %q", path, head.Header, head.Text)
		}
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'read' AND kind = 'participant'`); n != 2 {
		t.Errorf("%d looks at the participant, not GET and HEAD", n)
	}
}

func TestWhatIsNotServedIsAProblem(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	for _, path := range []string{"/", "/v1", "/v1/", "/v1/nothing", "/v1/me/", "/.env", "/v1/participants/" + randomID() + "/nothing"} {
		f.send(staff, "GET", path, nil).problem(404, "not_found")
	}
	for path, allow := range map[string]string{"/v1/me": "GET, HEAD, OPTIONS", "/v1/referrals": "GET, HEAD, POST, OPTIONS", "/v1/participants/" + randomID(): "GET, HEAD, PUT, OPTIONS"} {
		got := f.send(staff, "DELETE", path, nil)
		got.problem(405, "method_not_allowed")
		if got.Header.Get("Allow") != allow {
			t.Errorf("%s allows %q", path, got.Header.Get("Allow"))
		}
	}
	for _, accept := range []string{"text/html", "application/xml", "application/json;q=0", "image/*"} {
		f.send(staff, "GET", "/v1/me", nil, "Accept", accept).problem(406, "not_acceptable")
	}
	for _, accept := range []string{"*/*", "application/*", "application/json", "text/html, */*;q=0.1", "application/problem+json"} {
		f.send(staff, "GET", "/v1/me", nil, "Accept", accept).is(200)
	}
}
