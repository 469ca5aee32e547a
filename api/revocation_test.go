package api_test

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence"
)

// Whatever is revoked on one replica is refused on every other with the next request.
func TestRevokedTokensAreRefusedOnEveryReplica(t *testing.T) {
	f := newFixture(t)
	second, err := persistence.Open(t.Context(), f.url)
	f.must(err)
	defer second.Close()
	replica := *f
	replica.handler = api.New(second, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	admin := f.actor(domain.Admin)
	jti := func(token string) string {
		said := jwt.MapClaims{}
		_, _, err := jwt.NewParser().ParseUnverified(token, said)
		f.must(err)
		return said["jti"].(string)
	}
	revoke := func(field, value string) {
		f.send(admin, "POST", "/v1/tokens/revoke", map[string]any{field: value}).is(200)
	}

	for name, row := range map[string]struct {
		token  func(program) string
		revoke func(program, string)
		again  int // what a token asked for afterwards is answered with
	}{
		"by jti":     {f.granted, func(_ program, token string) { revoke("jti", jti(token)) }, 200},
		"by subject": {f.granted, func(p program, _ string) { revoke("subject", "client:"+p.id) }, 401}, // for half a minute
		"by client":  {f.granted, func(p program, _ string) { revoke("client_id", p.id) }, 200},
		"by itself": {f.granted, func(p program, token string) {
			f.post("/oauth/revoke", "192.0.2.1", url.Values{"token": {token}}, "Authorization", basic(p.id, p.secret)).is(200)
		}, 200},
		"client shut out": {f.granted, func(p program, _ string) { f.send(admin, "POST", "/v1/clients/"+p.id+"/revoke", nil).is(200) }, 0},
		"client expired":  {f.granted, func(p program, _ string) { f.exec(`UPDATE clients SET expires_on = '2020-01-01' WHERE id = $1`, p.id) }, 0},
		"client narrowed": {f.granted, func(p program, _ string) {
			f.send(admin, "PUT", "/v1/clients/"+p.id, map[string]any{"name": "x", "organisation_id": f.spip.ID, "role": "analyst", "programmes": []string{somme}}, "If-Match", "*").is(200)
		}, 200},
		"client gone": {f.granted, func(p program, _ string) {
			f.exec(`DELETE FROM client_secrets WHERE client_id = $1`, p.id)
			f.exec(`DELETE FROM clients WHERE id = $1`, p.id)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, replica := *f, replica
			f.T, replica.T = t, t
			p := f.program()
			neighbour := f.granted(f.program())
			token := row.token(p)
			f.me(token).is(200)
			replica.me(token).is(200)
			row.revoke(p, token)
			f.rejected(token)
			replica.rejected(token)
			replica.me(neighbour).is(200)
			if row.again != 0 {
				if got := replica.me(replica.granted(p)); got.Status != row.again {
					t.Errorf("a token asked for afterwards: %d", got.Status)
				}
			}
		})
	}

	person := f.token(f.actor(domain.Caseworker))
	f.me(person).is(200)
	for _, role := range domain.Roles { // the store itself refuses, whatever the API lets through
		_, err := f.as(role).RevokeTokens(t.Context(), domain.RevocationInput{Subject: new("test-caseworker")})
		if role != domain.Admin && err == nil {
			t.Errorf("a %s revoked tokens", role)
		}
		if role == domain.Admin {
			f.exec(`DELETE FROM revoked_subjects WHERE subject = 'test-caseworker'`)
		}
	}
	f.me(person).is(200)
	revoke("subject", "test-caseworker")
	f.rejected(person)
	later := f.store.At(time.Now().Add(domain.LongestTokenLife + 2*time.Hour)).As(admin)
	_, err = later.RevokeTokens(t.Context(), domain.RevocationInput{TokenID: new("another")})
	f.must(err)
	if got := f.count(`SELECT (SELECT count(*) FROM revoked_tokens) + (SELECT count(*) FROM revoked_subjects)`); got != 1 {
		t.Errorf("%d revocations are remembered after everything but one expired", got)
	}
}

func TestAClientRevokesItsOwnTokensOnly(t *testing.T) {
	f := newFixture(t)
	p, other := f.program(), f.program()
	token, person := f.granted(other), f.token(f.actor(domain.Caseworker))
	revoke := func(token string, headers ...string) reply {
		return f.post("/oauth/revoke", "192.0.2.1", url.Values{"token": {token}}, headers...)
	}
	mine := basic(p.id, p.secret)
	revoke(token, "Authorization", mine).oauthRefused(400, "unauthorized_client")
	revoke(person, "Authorization", mine).oauthRefused(400, "unauthorized_client")
	revoke(token).oauthRefused(401, "invalid_client")
	revoke(token, "Authorization", basic(other.id, p.secret)).oauthRefused(401, "invalid_client")
	revoke("", "Authorization", mine).oauthRefused(400, "invalid_request")
	f.me(token).is(200)
	f.me(person).is(200)
	for _, rubbish := range []string{"rubbish", "a.b.c", token[:len(token)-4]} {
		if got := revoke(rubbish, "Authorization", mine).is(200); got.Text != "" {
			t.Errorf("answered %q", got.Text)
		}
	}
	if got := f.count(`SELECT count(*) FROM revoked_tokens`); got != 0 {
		t.Errorf("%d tokens were revoked", got)
	}
}

// Tokens that say to be a client's, and are not what the client was given.
func TestTokensThatAreNoClients(t *testing.T) {
	f := newFixture(t)
	p, unknown := f.program(), randomID()
	for name, changes := range map[string][]any{
		"of an unknown client":        {"sub", "client:" + unknown, "client_id", unknown, "grants", 1},
		"of earlier grants":           {"sub", "client:" + p.id, "client_id", p.id, "grants", 0},
		"of later grants":             {"sub", "client:" + p.id, "client_id", p.id, "grants", 2},
		"of nobody's subject":         {"sub", "c.martin", "client_id", p.id, "grants", 1},
		"of a client without its id":  {"sub", "client:" + p.id, "grants", 1},
		"of a client's bare id":       {"sub", "client:", "grants", 1},
		"of a client that is no UUID": {"sub", "client:x", "client_id", "x", "grants", 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.rejected(f.tokens.Sign(headerOf(&f, ""), claimsOf(&f, changes...)))
		})
	}
	f.me(f.tokens.Sign(headerOf(f, ""), claimsOf(f, "sub", "client:"+p.id, "client_id", p.id, "grants", 1))).is(200)
	if _, err := f.tokens.Issue(domain.Actor{Subject: "client:" + p.id, Role: domain.Admin}, time.Hour); err == nil {
		t.Error("a client's token was issued without the client")
	}
}
