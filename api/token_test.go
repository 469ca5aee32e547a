package api_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
)

// claimsOf are the claims of a good token with some changed; nil takes one out.
func claimsOf(f *fixture, changes ...any) string {
	now := time.Now().Unix()
	claims := object(map[string]any{
		"iss": "https://o2r.test", "aud": "o2r", "sub": "test-caseworker", "jti": randomID(), "iat": now, "nbf": now, "exp": now + 600,
		"role": "caseworker", "org": f.operator.ID, "programmes": []string{somme},
	}, changes...)
	encoded, err := json.Marshal(claims)
	f.must(err)
	return string(encoded)
}

func encoded(raw string) string { return base64.RawURLEncoding.EncodeToString([]byte(raw)) }

func headerOf(f *fixture, extra string) string {
	return fmt.Sprintf(`{"alg":"EdDSA","typ":"at+jwt","kid":%q%s}`, f.tokens.KeyID(), extra)
}

func TestTokensThatAreRefused(t *testing.T) {
	f := newFixture(t)
	now := time.Now().Unix()
	good := f.tokens.Sign(headerOf(f, ""), claimsOf(f))
	f.send(nobody, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer "+good).is(200) // or the table shows nothing
	parts := strings.Split(good, ".")

	elsewhere, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(t.TempDir(), "key.pem"))
	f.must(err)
	der, err := x509.MarshalPKIXPublicKey(f.tokens.PublicKey())
	f.must(err)
	hmacWith := func(key []byte) string {
		signed := encoded(fmt.Sprintf(`{"alg":"HS256","typ":"at+jwt","kid":%q}`, f.tokens.KeyID())) + "." + encoded(claimsOf(f, "role", "admin"))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(signed))
		return signed + "." + encoded(string(mac.Sum(nil)))
	}
	header := func(raw string) string { return f.tokens.Sign(raw, claimsOf(f)) }
	extra := func(raw string) string { return header(headerOf(f, ","+raw)) }
	claims := func(changes ...any) string { return f.tokens.Sign(headerOf(f, ""), claimsOf(f, changes...)) }
	// twice says something twice, in claims that are otherwise good.
	twice := func(raw string) string {
		return f.tokens.Sign(headerOf(f, ""), strings.TrimSuffix(claimsOf(f), "}")+","+raw+"}")
	}

	for name, token := range map[string]string{
		"algorithm none":                       encoded(`{"alg":"none","typ":"at+jwt"}`) + "." + encoded(claimsOf(f)) + ".",
		"algorithm NONE with our key's name":   encoded(fmt.Sprintf(`{"alg":"NONE","typ":"at+jwt","kid":%q}`, f.tokens.KeyID())) + "." + encoded(claimsOf(f)) + ".",
		"algorithm none, our signature":        header(fmt.Sprintf(`{"alg":"none","typ":"at+jwt","kid":%q}`, f.tokens.KeyID())),
		"HS256 with the public key":            hmacWith(f.tokens.PublicKey()),
		"HS256 with the public key's DER":      hmacWith(der),
		"HS256 with the public key as in JWKS": hmacWith([]byte(encoded(string(f.tokens.PublicKey())))),
		"HS256 with an empty key":              hmacWith(nil),
		"algorithm of another family":          header(fmt.Sprintf(`{"alg":"ES256","typ":"at+jwt","kid":%q}`, f.tokens.KeyID())),
		"algorithm in lower case":              header(fmt.Sprintf(`{"alg":"eddsa","typ":"at+jwt","kid":%q}`, f.tokens.KeyID())),
		"no algorithm":                         header(fmt.Sprintf(`{"typ":"at+jwt","kid":%q}`, f.tokens.KeyID())),
		"unknown key":                          header(`{"alg":"EdDSA","typ":"at+jwt","kid":"other"}`),
		"no key named":                         header(`{"alg":"EdDSA","typ":"at+jwt"}`),
		"key that is a path":                   header(`{"alg":"EdDSA","typ":"at+jwt","kid":"../../../../dev/null"}`),
		"key that is SQL":                      header(`{"alg":"EdDSA","typ":"at+jwt","kid":"x' UNION SELECT 'secret'--"}`),
		"key that is a number":                 header(`{"alg":"EdDSA","typ":"at+jwt","kid":1}`),
		"key of its own":                       extra(`"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + encoded(string(elsewhere.PublicKey())) + `"}`),
		"URL of keys":                          extra(`"jku":"https://attacker.example/keys"`),
		"URL of a certificate":                 extra(`"x5u":"https://attacker.example/cert"`),
		"certificate":                          extra(`"x5c":["AAAA"]`),
		"critical extension":                   extra(`"crit":["exp"]`),
		"unencoded payload":                    extra(`"b64":false`),
		"compressed":                           extra(`"zip":"DEF"`),
		"header with two keys":                 extra(`"kid":"other"`),
		"type JWT":                             header(fmt.Sprintf(`{"alg":"EdDSA","typ":"JWT","kid":%q}`, f.tokens.KeyID())),
		"no type":                              header(fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, f.tokens.KeyID())),
		"identity token's type":                header(fmt.Sprintf(`{"alg":"EdDSA","typ":"id+jwt","kid":%q}`, f.tokens.KeyID())),
		"header that is a list":                header(`[]`),
		"header that is null":                  header(`null`),
		"header that is no JSON":               header(`{"alg":`),
		"for another audience":                 claims("aud", "someone-else"),
		"for no audience":                      claims("aud", nil),
		"for an empty audience":                claims("aud", []string{}),
		"by another issuer":                    claims("iss", "https://attacker.example"),
		"by our issuer and a slash":            claims("iss", "https://o2r.test/"),
		"by no issuer":                         claims("iss", nil),
		"expired":                              claims("iat", now-7200, "nbf", now-7200, "exp", now-3600),
		"expired just beyond the leeway":       claims("iat", now-600, "nbf", now-600, "exp", now-40),
		"without end":                          claims("exp", nil),
		"end that is text":                     claims("exp", "2099-01-01"),
		"end beyond all years":                 claims("exp", 1e18),
		"not yet valid":                        claims("nbf", now+300),
		"without a beginning":                  claims("nbf", nil),
		"issued in the future":                 claims("iat", now+300),
		"never issued":                         claims("iat", nil),
		"longer life than allowed":             claims("exp", now+int64(api.LongestLife/time.Second)+1),
		"long life begun long ago":             claims("iat", now-30*86400, "nbf", now-30*86400, "exp", now+600),
		"nobody's":                             claims("sub", nil),
		"without identifier":                   claims("jti", nil),
		"organisation that is no identifier":   claims("org", "' OR true--"),
		"organisation in braces":               claims("org", "{"+f.operator.ID+"}"),
		"role that is a list":                  claims("role", []string{"admin"}),
		"programmes that are text":             claims("programmes", somme),
		"hundreds of programmes":               claims("programmes", make([]string, 101)),
		"20 kB":                                claims("extra", strings.Repeat("a", 15_000)),
		"20 kB of dots":                        strings.Repeat(".", 20_000),
		"role twice":                           twice(`"role":"admin"`),
		"role and Role":                        twice(`"Role":"admin"`),
		"role and ROLE":                        twice(`"ROLE":"admin"`),
		"programmes and a look-alike":          twice(`"programme\u017f":["o2r-ailleurs"]`),
		"expiry twice":                         twice(`"exp":4102444800`),
		"claims that are a list":               f.tokens.Sign(headerOf(f, ""), `[]`),
		"claims that are null":                 f.tokens.Sign(headerOf(f, ""), `null`),
		"claims and something more":            f.tokens.Sign(headerOf(f, ""), claimsOf(f)+`{}`),
		"claims of nothing":                    f.tokens.Sign(headerOf(f, ""), ``),
		"of another deployment":                elsewhere.Sign(fmt.Sprintf(`{"alg":"EdDSA","typ":"at+jwt","kid":%q}`, elsewhere.KeyID()), claimsOf(f)),
		"another deployment's under our name":  elsewhere.Sign(headerOf(f, ""), claimsOf(f)),
		"another payload under our signature":  parts[0] + "." + encoded(claimsOf(f, "role", "admin")) + "." + parts[2],
		"unsigned":                             parts[0] + "." + parts[1] + ".",
		"signature cut short":                  good[:len(good)-4],
		"signature of nothing but zeros":       parts[0] + "." + parts[1] + "." + encoded(strings.Repeat("\x00", ed25519.SignatureSize)),
		"no dots":                              strings.Join(parts, ""),
		"one dot":                              parts[0] + "." + parts[1],
		"three dots":                           good + ".",
		"padded":                               good + "=",
		"padded twice":                         good + "==",
		"blank before it":                      " " + good,
		"blank after it":                       good + " ",
		"blank within":                         parts[0] + ". " + parts[1] + "." + parts[2],
		"tab after it":                         good + "\t",
		"standard instead of URL alphabet":     parts[0] + "." + parts[1] + "." + base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\xff", 64))),
		"two tokens":                           good + "," + good,
		"nothing":                              "",
		"a quote":                              `"` + good + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			got := f.send(nobody, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer "+token)
			got.problem(401, "unauthenticated")
			if challenge := got.Header.Get("WWW-Authenticate"); challenge != `Bearer error="invalid_token"` {
				t.Errorf("WWW-Authenticate %q", challenge)
			}
			want := f.send(nobody, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer rubbish")
			if got.anonymous() != want.anonymous() {
				t.Errorf("the answer tells which check failed:\n%s\n%s", got.anonymous(), want.anonymous())
			}
		})
	}
}

func TestHowATokenIsSent(t *testing.T) {
	f := newFixture(t)
	good := f.token(f.actor(domain.Caseworker))
	basic := base64.StdEncoding.EncodeToString([]byte("admin:admin"))
	want := f.send(nobody, http.MethodGet, "/v1/me", nil).Text
	for name, row := range map[string]struct {
		headers []string
		status  int
	}{
		"as it should be":          {[]string{"Bearer " + good}, 200},
		"scheme in lower case":     {[]string{"bearer " + good}, 200},
		"scheme in upper case":     {[]string{"BEARER " + good}, 200},
		"no header":                {nil, 401},
		"empty header":             {[]string{""}, 401},
		"scheme alone":             {[]string{"Bearer"}, 401},
		"token alone":              {[]string{good}, 401},
		"Basic":                    {[]string{"Basic " + basic}, 401},
		"Basic with a good token":  {[]string{"Basic " + good}, 401},
		"tab instead of a blank":   {[]string{"Bearer\t" + good}, 401},
		"two headers, both good":   {[]string{"Bearer " + good, "Bearer " + good}, 401},
		"a good header, a bad one": {[]string{"Bearer " + good, "Bearer rubbish"}, 401},
		"a bad header, a good one": {[]string{"Basic " + basic, "Bearer " + good}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/me", nil)
			r.RemoteAddr = f.from
			for _, header := range row.headers {
				r.Header.Add("Authorization", header)
			}
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r)
			got := reply{T: t, Status: w.Code, Header: w.Header(), Text: w.Body.String()}
			if got.is(row.status); row.status == 200 {
				return
			}
			got.problem(401, "unauthenticated")
			if challenge := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer") {
				t.Errorf("WWW-Authenticate %q", challenge)
			}
			if len(want) != len(got.Text) {
				t.Errorf("another answer than without a token: %s", got.Text)
			}
		})
	}
	for _, target := range []string{"/v1/me?access_token=" + good, "/v1/me?token=" + good} { // a URL is logged
		f.send(nobody, http.MethodGet, target, nil).problem(401, "unauthenticated")
	}
}

// A token that no header has room for is not even looked at.
func TestAHugeTokenIsRefused(t *testing.T) {
	f := newFixture(t)
	huge := f.tokens.Sign(headerOf(f, ""), claimsOf(f, "extra", strings.Repeat("a", 75_000)))
	f.send(nobody, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer "+huge).problem(431, "headers_too_large")
}

// A token may say no organisation, or one that is not recorded here: whoever holds it is told, and
// nothing breaks.
func TestATokenWithoutAnOrganisation(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	for name, org := range map[string]string{"none": "", "one not known here": randomID()} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			caseworker := domain.Actor{Subject: "w", Role: domain.Caseworker, OrganisationID: org, Programmes: []string{somme}}
			partner, analyst := caseworker, caseworker
			partner.Role, analyst.Role = domain.Partner, domain.Analyst
			f.send(caseworker, http.MethodGet, "/v1/me", nil).is(200)
			if got := f.send(caseworker, http.MethodGet, "/v1/participants", nil).is(200).items(); len(got) != 1 {
				t.Errorf("a caseworker of the programme sees %d participants", len(got))
			}
			f.send(caseworker, http.MethodGet, "/v1/referrals/"+c.referral, nil).is(200)
			if got := f.send(partner, http.MethodGet, "/v1/referrals", nil).is(200).items(); len(got) != 0 {
				t.Errorf("a partner of no organisation sees %d referrals", len(got))
			}
			f.send(analyst, http.MethodGet, "/v1/organisations", nil).is(200)
			before := f.contents()
			f.send(caseworker, http.MethodPost, "/v1/participants", c.identity).problem(403, "no_organisation")
			f.send(caseworker, http.MethodPost, "/v1/referrals/"+c.referral+"/accept", map[string]any{}).problem(403, "no_organisation")
			f.send(partner, http.MethodPost, "/v1/referrals", object(c.request, "external_reference", "X")).problem(403, "no_organisation")
			f.unchanged(before)
		})
	}
}
