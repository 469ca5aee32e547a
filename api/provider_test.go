package api_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"o2r/api"
	"o2r/domain"
)

// identity is an OpenID Connect provider: its keys, and the endpoint that publishes them.
type identity struct {
	*fixture
	server *httptest.Server
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey

	mu    sync.Mutex
	keys  []map[string]any
	down  bool
	asked atomic.Int32
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func b64(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }

func rsaJWK(id string, key *rsa.PublicKey) map[string]any {
	return map[string]any{"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": b64(key.N), "e": b64(big.NewInt(int64(key.E)))}
}

const mapping = `{
	"role": {"claim": "/realm_access/roles", "values": {"o2r-cip": "caseworker", "o2r-cheffe": "coordinator", "spip": "partner"}},
	"organisation": {"claim": "siret", "values": {"77567227238182": "%s"}},
	"programmes": {"claim": "groups", "values": {"somme": ["o2r-somme"], "idf": ["o2r-ailleurs"]}}
}`

func newIdentity(t *testing.T) *identity {
	f := newFixture(t)
	p := &identity{fixture: f, rsa: rsaKey()}
	var err error
	p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	f.must(err)
	x, y := make([]byte, 32), make([]byte, 32)
	p.keys = []map[string]any{
		rsaJWK("rsa", &p.rsa.PublicKey),
		{"kty": "EC", "kid": "ec", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(p.ec.X.FillBytes(x)), "y": base64.RawURLEncoding.EncodeToString(p.ec.Y.FillBytes(y))},
		{"kty": "oct", "kid": "oct", "k": base64.RawURLEncoding.EncodeToString([]byte("a secret that was published"))},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": p.keys})
	})
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": p.server.URL, "jwks_uri": p.server.URL + "/keys"})
	})
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	provider, err := api.NewProvider(t.Context(), p.settings())
	f.must(err)
	f.must(f.tokens.Trust(provider))
	return p
}

func (p *identity) settings() api.ProviderSettings {
	mapped, err := api.ReadMapping(fmt.Appendf(nil, mapping, p.operator.ID))
	p.must(err)
	return api.ProviderSettings{Issuer: p.server.URL, Name: "login", Audience: "o2r", Algorithms: []string{"RS256", "ES256"}, Types: []string{"at+jwt", "jwt"}, Mapping: mapped}
}

func (p *identity) claims(changes ...any) map[string]any {
	now := time.Now().Unix()
	return object(map[string]any{
		"iss": p.server.URL, "aud": []string{"o2r", "account"}, "sub": "f:1:camille", "iat": now, "exp": now + 300, "jti": randomID(),
		"realm_access": map[string]any{"roles": []string{"offline_access", "o2r-cip"}}, "siret": "77567227238182", "groups": []string{"somme", "autre"},
	}, changes...)
}

// sign signs a token with one of the provider's keys, under that header.
func (p *identity) sign(method jwt.SigningMethod, key any, header, claims map[string]any) string {
	p.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	for name, value := range header {
		token.Header[name] = value
	}
	text, err := token.SignedString(key)
	p.must(err)
	return text
}

func (p *identity) good(changes ...any) string {
	return p.sign(jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "rsa", "typ": "JWT"}, p.claims(changes...))
}

func TestAProvidersTokensAreAccepted(t *testing.T) {
	p := newIdentity(t)
	for name, token := range map[string]string{
		"RS256":         p.good(),
		"ES256":         p.sign(jwt.SigningMethodES256, p.ec, map[string]any{"kid": "ec", "typ": "at+jwt"}, p.claims()),
		"without jti":   p.good("jti", nil),
		"with x5t":      p.sign(jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "rsa", "typ": "JWT", "x5t": "abc"}, p.claims()),
		"one audience":  p.good("aud", "o2r"),
		"another claim": p.good("Nonce", "x"),
	} {
		me := p.me(token)
		if me.Status != 200 || me.text("subject") != "oidc:login:f:1:camille" || me.text("role") != "caseworker" || me.text("organisation_id") != p.operator.ID || me.texts("programmes") != somme {
			t.Errorf("%s: %d %s", name, me.Status, me.Text)
		}
	}
	p.me(p.token(p.actor(domain.Caseworker))).is(200) // our own go on
	if asked := p.asked.Load(); asked != 1 {
		t.Errorf("the keys were read %d times", asked)
	}
	for name, revoke := range map[string]map[string]any{"jti": {"jti": "its-own"}, "subject": {"subject": "oidc:login:f:1:dominique"}} {
		token := p.good("jti", "its-own", "sub", "f:1:claude")
		if name == "subject" {
			token = p.good("sub", "f:1:dominique")
		}
		p.me(token).is(200)
		p.send(p.actor(domain.Admin), "POST", "/v1/tokens/revoke", revoke).is(200)
		p.rejected(token)
	}
}

func TestAProvidersTokensThatAreRefused(t *testing.T) {
	p := newIdentity(t)
	p.me(p.good()).is(200) // or the table shows nothing
	now := time.Now().Unix()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	p.must(err)
	_, ours, err := ed25519.GenerateKey(rand.Reader)
	p.must(err)
	der, err := x509.MarshalPKIXPublicKey(&p.rsa.PublicKey)
	p.must(err)
	header := func(changes ...any) map[string]any {
		return object(map[string]any{"kid": "rsa", "typ": "JWT"}, changes...)
	}
	rs := func(header map[string]any) string {
		return p.sign(jwt.SigningMethodRS256, p.rsa, header, p.claims())
	}
	hs := func(kid string, key []byte) string {
		signed := encoded(fmt.Sprintf(`{"alg":"HS256","typ":"JWT","kid":%q}`, kid)) + "." + encoded(p.json(p.claims()))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(signed))
		return signed + "." + encoded(string(mac.Sum(nil)))
	}
	raw := func(claims string) string {
		signed := encoded(`{"alg":"RS256","typ":"JWT","kid":"rsa"}`) + "." + encoded(claims)
		signature, err := jwt.SigningMethodRS256.Sign(signed, p.rsa)
		p.must(err)
		return signed + "." + encoded(string(signature))
	}
	twice := func(more string) string { return raw(strings.TrimSuffix(p.json(p.claims()), "}") + "," + more + "}") }
	parts := strings.Split(p.good(), ".")

	for name, token := range map[string]string{
		"algorithm none":                      encoded(`{"alg":"none","typ":"JWT","kid":"rsa"}`) + "." + parts[1] + ".",
		"unsigned":                            parts[0] + "." + parts[1] + ".",
		"HS256 with the public key":           hs("rsa", der),
		"HS256 with the modulus":              hs("rsa", p.rsa.N.Bytes()),
		"HS256 with the published secret":     hs("oct", []byte("a secret that was published")),
		"RS256 with the published secret":     rs(header("kid", "oct")),
		"RS256 named as the EC key":           rs(header("kid", "ec")),
		"RS512, which is not allowed":         p.sign(jwt.SigningMethodRS512, p.rsa, header(), p.claims()),
		"PS256 with an RS256 key":             p.sign(jwt.SigningMethodPS256, p.rsa, header(), p.claims()),
		"a stranger's key":                    p.sign(jwt.SigningMethodRS256, stranger, header(), p.claims()),
		"a stranger's key by its own name":    p.sign(jwt.SigningMethodRS256, stranger, header("kid", "stranger"), p.claims()),
		"a stranger's key that it brings":     p.sign(jwt.SigningMethodRS256, stranger, header("jwk", rsaJWK("rsa", &stranger.PublicKey)), p.claims()),
		"a stranger's key at a URL":           p.sign(jwt.SigningMethodRS256, stranger, header("jku", "https://attacker.example/keys"), p.claims()),
		"a certificate":                       rs(header("x5c", []string{"AAAA"})),
		"a critical extension":                rs(header("crit", []string{"exp"})),
		"no key named":                        rs(header("kid", nil)),
		"an empty key name":                   rs(header("kid", "")),
		"a number for a key":                  rs(header("kid", 1)),
		"a path for a key":                    rs(header("kid", "../../dev/null")),
		"type id+jwt":                         rs(header("typ", "id+jwt")),
		"type logout+jwt":                     rs(header("typ", "logout+jwt")),
		"no type":                             raw2(p, `{"alg":"RS256","kid":"rsa"}`),
		"the provider's name, our key":        p.tokens.Sign(headerOf(p.fixture, ""), p.json(p.claims())),
		"our name, the provider's key":        p.good("iss", "https://o2r.test", "nbf", now, "role", "admin"),
		"our name and header, provider's key": p.sign(jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": p.tokens.KeyID(), "typ": "at+jwt"}, p.claims("iss", "https://o2r.test", "nbf", now)),
		"EdDSA of a stranger":                 p.sign(jwt.SigningMethodEdDSA, ours, header(), p.claims()),
		"for another audience":                p.good("aud", "account"),
		"for no audience":                     p.good("aud", nil),
		"by another issuer":                   p.good("iss", "https://attacker.example"),
		"by the issuer and a slash":           p.good("iss", p.server.URL+"/"),
		"by nobody":                           p.good("iss", nil),
		"by two issuers":                      p.good("iss", []string{p.server.URL}),
		"expired":                             p.good("iat", now-900, "exp", now-60),
		"without end":                         p.good("exp", nil),
		"issued in the future":                p.good("iat", now+120),
		"not yet valid":                       p.good("nbf", now+120),
		"never issued":                        p.good("iat", nil),
		"good for a month":                    p.good("exp", now+30*86400),
		"nobody's":                            p.good("sub", nil),
		"a blank subject":                     p.good("sub", " "),
		"a subject with NUL":                  p.good("sub", "a\x00"),
		"a long subject":                      p.good("sub", strings.Repeat("a", 255-len("oidc:login:")+1)),
		"the subject a number":                raw(strings.Replace(p.json(p.claims()), `"f:1:camille"`, `1`, 1)),
		"a long jti":                          p.good("jti", strings.Repeat("a", 300)),
		"huge":                                p.good("extra", strings.Repeat("a", 10_000)),
		"siret twice":                         twice(`"siret":"1"`),
		"Siret too":                           twice(`"Siret":"1"`),
		"roles twice, within":                 twice(`"more":{"roles":1,"roles":2}`),
		"nested deeply":                       twice(`"more":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)),
		"issuer twice":                        twice(`"iss":"https://o2r.test"`),
	} {
		t.Run(name, func(t *testing.T) {
			f := *p.fixture
			f.T = t
			f.rejected(token)
		})
	}
	if asked := p.asked.Load(); asked > 2 {
		t.Errorf("made-up keys made us ask the provider %d times", asked)
	}
}

// raw2 signs good claims under whatever header.
func raw2(p *identity, header string) string {
	signed := encoded(header) + "." + encoded(p.json(p.claims()))
	signature, err := jwt.SigningMethodRS256.Sign(signed, p.rsa)
	p.must(err)
	return signed + "." + encoded(string(signature))
}

func (p *identity) json(value any) string {
	text, err := json.Marshal(value)
	p.must(err)
	return string(text)
}

func TestAProviderThatIsDown(t *testing.T) {
	p := newIdentity(t)
	set := func(down bool, keys ...map[string]any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.down, p.keys = down, append(p.keys, keys...)
	}
	fresh, err := rsa.GenerateKey(rand.Reader, 2048)
	p.must(err)
	set(true)
	p.me(p.good()).is(200)
	renewed := p.sign(jwt.SigningMethodRS256, fresh, map[string]any{"kid": "fresh", "typ": "JWT"}, p.claims())
	start := time.Now()
	for range 5 {
		p.rejected(renewed)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("tokens of unknown keys held us up for %s", took)
	}
	p.me(p.good()).is(200)
	if asked := p.asked.Load(); asked > 2 {
		t.Errorf("the provider was asked %d times", asked)
	}
}

func TestAProviderThatRotates(t *testing.T) {
	p := newIdentity(t)
	fresh, err := rsa.GenerateKey(rand.Reader, 2048)
	p.must(err)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		weak = nil // this Go makes none so weak
	}
	p.mu.Lock()
	p.keys = append(p.keys[1:], rsaJWK("fresh", &fresh.PublicKey))
	if weak != nil {
		p.keys = append(p.keys, rsaJWK("weak", &weak.PublicKey))
	}
	p.mu.Unlock()
	p.me(p.sign(jwt.SigningMethodRS256, fresh, map[string]any{"kid": "fresh", "typ": "JWT"}, p.claims())).is(200)
	p.rejected(p.good()) // its key was taken away there
	if weak != nil {
		p.rejected(p.sign(jwt.SigningMethodRS256, weak, map[string]any{"kid": "weak", "typ": "JWT"}, p.claims()))
	}
}

func TestProvidersThatAreNoGood(t *testing.T) {
	p := newIdentity(t)
	moved := httptest.NewServer(http.RedirectHandler(p.server.URL+"/keys", http.StatusFound))
	defer moved.Close()
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":"https://other.example","jwks_uri":%q}`, p.server.URL+"/keys")
	}))
	defer liar.Close()
	for name, change := range map[string]func(*api.ProviderSettings){
		"http":                  func(s *api.ProviderSettings) { s.Issuer = "http://login.example" },
		"keys over http":        func(s *api.ProviderSettings) { s.JWKSURL = "http://login.example/keys" },
		"no URL":                func(s *api.ProviderSettings) { s.Issuer = "login" },
		"a name with a colon":   func(s *api.ProviderSettings) { s.Name = "a:b" },
		"a name in capitals":    func(s *api.ProviderSettings) { s.Name = "Login" },
		"a name of a line":      func(s *api.ProviderSettings) { s.Name = "login\n" },
		"a long name":           func(s *api.ProviderSettings) { s.Name = strings.Repeat("a", 64) },
		"no audience":           func(s *api.ProviderSettings) { s.Audience = "" },
		"no algorithm":          func(s *api.ProviderSettings) { s.Algorithms = nil },
		"none":                  func(s *api.ProviderSettings) { s.Algorithms = []string{"RS256", "none"} },
		"HS256":                 func(s *api.ProviderSettings) { s.Algorithms = []string{"HS256"} },
		"no type":               func(s *api.ProviderSettings) { s.Types = nil },
		"no mapping":            func(s *api.ProviderSettings) { s.Mapping = api.Mapping{} },
		"discovery redirected":  func(s *api.ProviderSettings) { s.Issuer = moved.URL },
		"discovery of another":  func(s *api.ProviderSettings) { s.Issuer = liar.URL },
		"discovery that is 404": func(s *api.ProviderSettings) { s.Issuer = p.server.URL + "/realm" },
	} {
		settings := p.settings()
		change(&settings)
		if _, err := api.NewProvider(t.Context(), settings); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	tokens, err := api.NewTokens(p.server.URL, "o2r", filepath.Join(t.TempDir(), "key.pem"))
	p.must(err)
	provider, err := api.NewProvider(t.Context(), p.settings())
	p.must(err)
	if tokens.Trust(provider) == nil {
		t.Error("a provider with our own issuer is trusted")
	}
}
