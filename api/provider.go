package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"o2r/domain"
)

// ProviderSettings name an OpenID Connect provider whose access tokens are accepted. What its
// tokens may do here is for Mapping to say; without an entry there, nothing.
type ProviderSettings struct {
	Issuer     string   // exactly as its tokens say it
	Name       string   // what its people's subjects begin with here (domain.OfProvider); left out, its issuer's host
	Audience   string   // whom its tokens must be for
	JWKSURL    string   // where its keys are; left out, its discovery document says
	Algorithms []string // those accepted; all asymmetric
	Types      []string // the typ headers accepted
	Mapping    Mapping
}

// Provider verifies the tokens of one trusted provider, with its keys, its algorithms and
// nobody else's. It is safe for concurrent use.
type Provider struct {
	issuer, audience  string
	name              string
	algorithms, types []string
	mapping           Mapping
	keys              keyfunc.Keyfunc
}

// Bounds on what a provider, or whoever makes up tokens in its name, can cost.
const (
	keysTimeout    = 5 * time.Second  // for its answer
	keysRefresh    = 15 * time.Minute // a key taken away there is refused here by then
	unknownKeyWait = 30 * time.Second // between two looks for a key not seen before
	maxKeySet      = 1 << 20
	minRSABits     = 2048
)

// Asymmetric are the algorithms that a provider's tokens may be signed with. The symmetric ones
// are never among them: a public key must not pass for a secret.
var Asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// NewProvider reads the provider's keys, and reads them again until ctx ends: every quarter of an
// hour, and when a token names a key not seen before. Keys already read go on while the provider
// cannot be reached.
func NewProvider(ctx context.Context, settings ProviderSettings) (*Provider, error) {
	fail := func(err error) (*Provider, error) { return nil, fmt.Errorf("the OpenID Connect provider: %w", err) }
	settings.Name = settings.name()
	if err := settings.check(); err != nil {
		return fail(err)
	}
	client := &http.Client{
		Timeout:   keysTimeout,
		Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it answers with a redirection, which is not followed")
		},
	}
	if settings.JWKSURL == "" {
		found, err := discover(ctx, client, settings.Issuer)
		if err != nil {
			return fail(fmt.Errorf("%w (name its keys' URL, to start without asking it)", err))
		}
		settings.JWKSURL = found
	}
	if err := secureURL(settings.JWKSURL); err != nil {
		return fail(err)
	}
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{settings.JWKSURL}, keyfunc.Override{
		Client:            client,
		HTTPTimeout:       keysTimeout,
		RefreshInterval:   keysRefresh,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(unknownKeyWait), 1),
		RateLimitWaitMax:  keysTimeout, // of one look; who would wait longer is refused at once
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(ctx context.Context, err error) {
				slog.WarnContext(ctx, "the provider's keys cannot be read: those already read go on", "error", err)
			}
		},
	})
	if err != nil {
		return fail(err)
	}
	return &Provider{
		issuer: settings.Issuer, name: settings.Name, audience: settings.Audience, algorithms: settings.Algorithms,
		types: settings.Types, mapping: settings.Mapping, keys: keys,
	}, nil
}

// providerName has no colon; see domain.OfProvider.
var providerName = regexp.MustCompile(`^[a-z0-9]+([.-]+[a-z0-9]+)*$`)

// longestProviderName leaves room for the provider's own subject.
const longestProviderName = 63

func (s ProviderSettings) name() string {
	if issuer, err := url.Parse(s.Issuer); s.Name == "" && err == nil {
		return strings.ToLower(issuer.Hostname())
	}
	return s.Name
}

func (s ProviderSettings) check() error {
	if err := secureURL(s.Issuer); err != nil {
		return err
	}
	if !providerName.MatchString(s.Name) || len(s.Name) > longestProviderName {
		return fmt.Errorf("name it in at most %d small letters, digits, points and hyphens: %q is none", longestProviderName, s.Name)
	}
	if s.Audience == "" {
		return errors.New("name the audience that its tokens are for")
	}
	if len(s.Algorithms) == 0 || len(s.Types) == 0 {
		return errors.New("name the algorithms and the types of token that are accepted")
	}
	for _, name := range s.Algorithms {
		if !slices.Contains(Asymmetric, name) {
			return fmt.Errorf("%q is no algorithm to accept: those are %s", name, strings.Join(Asymmetric, ", "))
		}
	}
	return s.Mapping.check()
}

// secureURL wants https, but on this machine itself.
func secureURL(text string) error {
	target, err := url.Parse(text)
	if err != nil || target.Host == "" || target.User != nil || target.Fragment != "" {
		return errors.New("its addresses are URLs like https://login.example/realm")
	}
	loopback := target.Hostname() == "localhost" || net.ParseIP(target.Hostname()).IsLoopback()
	if target.Scheme != "https" && (target.Scheme != "http" || !loopback) {
		return errors.New("it is reached over https: whoever changes its keys on the way signs its tokens")
	}
	return nil
}

// discover asks the provider where its keys are (OpenID Connect Discovery 1.0).
func discover(ctx context.Context, client *http.Client, issuer string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var said struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("its discovery document answers %s", response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		return "", fmt.Errorf("its discovery document is no JSON: %w", err)
	}
	if said.Issuer != issuer {
		return "", fmt.Errorf("its discovery document is of another issuer, %q", said.Issuer)
	}
	return said.JWKSURI, nil
}

// bounded cuts answers that are longer than any set of keys.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxKeySet), response.Body}
	}
	return response, err
}

// verify tells who holds a token of the provider's. Many providers leave nbf and jti out: a token
// without a jti is known by its digest, and can be revoked by that.
func (p *Provider) verify(ctx context.Context, text string, now func() time.Time) (domain.Actor, error) {
	var said externalClaims
	_, err := jwt.NewParser(
		jwt.WithValidMethods(p.algorithms),
		jwt.WithIssuer(p.issuer),
		jwt.WithAudience(p.audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(clockSkew),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	).ParseWithClaims(text, &said, func(token *jwt.Token) (any, error) { return p.keyFor(ctx, token) })
	if err != nil {
		return domain.Actor{}, err
	}
	if err := checkRegistered(said.RegisteredClaims); err != nil {
		return domain.Actor{}, err
	}
	actor, err := p.mapping.actor(p.name, said.all)
	if err != nil {
		return domain.Actor{}, err
	}
	actor.TokenID, actor.IssuedAt, actor.ExpiresAt = said.ID, said.IssuedAt.Time, said.ExpiresAt.Time
	if len(said.ID) > 255 || said.ID != strings.TrimSpace(said.ID) {
		return domain.Actor{}, errors.New("the token's identifier is too long, or has white space around it")
	}
	if said.ID == "" {
		// What is signed, without the signature: of an ECDSA one, anybody can make a second that is as good.
		digest := sha256.Sum256([]byte(text[:strings.LastIndexByte(text, '.')]))
		actor.TokenID = "sha256:" + encode(digest[:])
	}
	return actor, nil
}

func (p *Provider) keyFor(ctx context.Context, token *jwt.Token) (any, error) {
	if err := checkHeader(token, p.types, "x5t", "x5t#S256"); err != nil { // thumbprints, which nobody reads here
		return nil, err
	}
	if id, _ := token.Header["kid"].(string); id == "" || len(id) > 255 {
		return nil, errors.New("the token names no key")
	}
	key, err := p.keys.KeyfuncCtx(ctx)(token)
	if err != nil {
		return nil, err
	}
	return key, checkKey(key, token)
}

// checkKey refuses what is no public key, whatever the provider publishes, and one too weak.
func checkKey(key any, token *jwt.Token) error {
	switch public := key.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < minRSABits {
			return fmt.Errorf("the provider's RSA key is shorter than %d bits", minRSABits)
		}
		return nil
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return nil
	}
	return fmt.Errorf("the provider publishes no public key for %v", token.Method.Alg())
}

// externalClaims are everything a provider's token says.
type externalClaims struct {
	jwt.RegisteredClaims
	all map[string]any
}

func (c *externalClaims) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &c.RegisteredClaims); err != nil {
		return err
	}
	return json.Unmarshal(text, &c.all)
}
