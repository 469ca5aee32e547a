package api_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"o2r/api"
	"o2r/domain"
)

// Whoever is called at the provider as a caseworker is called here is somebody else: she reaches
// nothing of that caseload, and what is done to one is not done to the other.
func TestASubjectAtTheProviderIsNotOurs(t *testing.T) {
	p := newIdentity(t)
	camille := p.actor(domain.Caseworker)
	camille.Subject = "camille"
	theirs := p.good("sub", "camille")
	as := func(token, method, path string, body any, headers ...string) reply {
		p.Helper()
		return p.send(nobody, method, path, body, append(headers, "Authorization", "Bearer "+token)...)
	}
	ours := p.token(camille)
	me := p.me(theirs).is(200)
	if me.text("subject") != "oidc:login:camille" || p.me(ours).is(200).text("subject") != "camille" {
		t.Errorf("she is told %s", me.Text)
	}

	enrol := func(caseworker string) (person, enrolment string) {
		person = p.person("Dominique", "Fictif").ID
		return person, p.send(p.actor(domain.Coordinator), "POST", "/v1/enrolments", map[string]any{
			"participant_id": person, "programme": somme, "entered_on": "2025-02-03", "caseworker_id": caseworker,
		}).is(201).text("id")
	}
	person, enrolment := enrol("camille")
	appointment := as(ours, "POST", "/v1/appointments", map[string]any{"enrolment_id": enrolment, "starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "phone"}).is(201).text("id")
	followed, entered := enrol("oidc:login:camille")
	for _, row := range []struct {
		path        string
		ours, yours int
	}{
		{"/v1/participants/" + person, 200, 403},
		{"/v1/enrolments/" + enrolment, 200, 403},
		{"/v1/appointments/" + appointment, 200, 403},
		{"/v1/participants/" + followed, 403, 200},
		{"/v1/enrolments/" + entered, 403, 200},
	} {
		for token, want := range map[string]int{ours: row.ours, theirs: row.yours} {
			got := as(token, "GET", row.path, nil)
			if want == 403 {
				got.problem(403, "access_reason_required")
			}
			got.is(want)
		}
	}
	for _, path := range []string{"/v1/participants", "/v1/enrolments", "/v1/appointments"} {
		if got := as(theirs, "GET", path, nil).is(200); strings.Contains(got.Text, person) || strings.Contains(got.Text, enrolment) || strings.Contains(got.Text, appointment) {
			t.Errorf("%s lists what is another's: %s", path, got.Text)
		}
	}
	as(theirs, "GET", "/v1/participants/"+person, nil, "Access-Reason", "Remplacement").is(200)

	body := map[string]any{"first_name": "Sacha", "last_name": "Inventé"}
	key := []string{"Idempotency-Key", "the-same-key"}
	one, other := as(ours, "POST", "/v1/participants", body, key...).is(201), as(theirs, "POST", "/v1/participants", body, key...).is(201)
	if one.text("id") == other.text("id") {
		t.Error("one was answered what the other was")
	}
	for subject, reads := range map[string]int64{"camille": 1, "oidc:login:camille": 1} {
		if got := p.count(`SELECT count(*) FROM audit_events WHERE subject = $1 AND action = 'created' AND kind = 'participant'`, subject); got != reads {
			t.Errorf("the trail has %d of %s", got, subject)
		}
	}

	revoke := func(subject string) {
		p.send(p.actor(domain.Admin), "POST", "/v1/tokens/revoke", map[string]any{"subject": subject}).is(200)
	}
	revoke("camille")
	p.rejected(ours)
	p.me(theirs).is(200)
	again := camille
	again.Subject = "camille2"
	ours = p.token(again)
	second := p.good("sub", "camille2")
	revoke("oidc:login:camille2")
	p.rejected(second)
	p.me(ours).is(200)
}

// Also who is called as a client of ours, or as somebody at the terminal, is only called so there.
func TestASubjectOfAProvidersIsQualifiedWhateverItIs(t *testing.T) {
	p := newIdentity(t)
	client := p.program()
	longest := strings.Repeat("a", 255-len("oidc:login:"))
	for _, subject := range []string{"client:" + client.id, "cli:root", "o2r", "oidc:login:camille", "admin", longest} {
		if got := p.me(p.good("sub", subject)).is(200).text("subject"); got != "oidc:login:"+subject {
			t.Errorf("%s is %s", subject, got)
		}
	}
	p.send(p.actor(domain.Admin), "POST", "/v1/clients/"+client.id+"/revoke", nil).is(200)
	p.me(p.good("sub", "client:"+client.id)).is(200) // it was not that client
}

func TestASubjectOfAProvidersIsNeverIssued(t *testing.T) {
	f := newFixture(t)
	actor := f.actor(domain.Caseworker)
	for _, subject := range []string{"oidc:login:camille", "oidc:", "oidc:x", strings.Repeat("a", 256), ""} {
		actor.Subject = subject
		if _, err := f.tokens.Issue(actor, time.Minute); err == nil {
			t.Errorf("a token for %q is issued", subject)
		}
		f.rejected(f.tokens.Sign(headerOf(f, ""), claimsOf(f, "sub", subject)))
	}
	for _, subject := range []string{"camille@login", "login:camille", "OIDC:login:camille", strings.Repeat("a", 255)} { // none of them a provider's
		f.me(f.tokens.Sign(headerOf(f, ""), claimsOf(f, "sub", subject))).is(200)
	}
}

// Without a name of its own a provider is called by its host.
func TestAProviderIsCalledByItsHost(t *testing.T) {
	p := newIdentity(t)
	settings := p.settings()
	settings.Name = ""
	provider, err := api.NewProvider(t.Context(), settings)
	p.must(err)
	p.must(p.tokens.Trust(provider))
	if got := p.me(p.good()).is(200).text("subject"); got != "oidc:127.0.0.1:f:1:camille" {
		t.Errorf("she is %s", got)
	}
}

// Whoever holds a revoked token without a jti makes no good one of it by writing its signature the other way.
func TestARevokedTokensOtherSignature(t *testing.T) {
	p := newIdentity(t)
	token := p.sign(jwt.SigningMethodES256, p.ec, map[string]any{"kid": "ec", "typ": "at+jwt"}, p.claims("jti", nil))
	parts := strings.Split(token, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(parts[2])
	s := new(big.Int).SetBytes(raw[32:])
	s.Sub(elliptic.P256().Params().N, s)
	s.FillBytes(raw[32:])
	other := parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(raw)
	p.me(token).is(200)
	p.me(other).is(200) // it is as good: the test proves something
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	id := "sha256:" + base64.RawURLEncoding.EncodeToString(digest[:])
	p.send(p.actor(domain.Admin), "POST", "/v1/tokens/revoke", map[string]any{"jti": id}).is(200)
	p.rejected(token)
	p.rejected(other)
}

// With white space around it, a subject or a jti would be another's wherever it is trimmed.
func TestWhiteSpaceAroundASubject(t *testing.T) {
	p := newIdentity(t)
	for _, around := range []string{" %s", "%s ", "%s\u00a0", "%s\u2003", "\t%s"} {
		p.rejected(p.good("sub", fmt.Sprintf(around, "camille")))
		p.rejected(p.good("jti", fmt.Sprintf(around, "one")))
		p.rejected(p.tokens.Sign(headerOf(p.fixture, ""), claimsOf(p.fixture, "sub", fmt.Sprintf(around, "camille"))))
		p.rejected(p.tokens.Sign(headerOf(p.fixture, ""), claimsOf(p.fixture, "jti", fmt.Sprintf(around, "one"))))
		if _, err := p.tokens.Issue(domain.Actor{Subject: fmt.Sprintf(around, "camille"), Role: domain.Admin}, time.Hour); err == nil {
			t.Errorf("a token was issued to %q", fmt.Sprintf(around, "camille"))
		}
	}
	p.me(p.good("sub", "camille")).is(200)
}
