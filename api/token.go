package api

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"o2r/domain"
)

// Tokens issues and verifies this deployment's access tokens: JSON Web Tokens in the form of
// RFC 9068, checked as RFC 8725 asks. It also verifies those of a provider it was told to trust.
// It is safe for concurrent use.
type Tokens struct {
	issuer, audience string
	links            string // where handed out links lead, where that is not the issuer
	keys             *keyFolder
	provider         *Provider // nil where none is trusted
	now              func() time.Time
}

// The one algorithm and the one type of token that are accepted of ourselves. What a token says of
// itself decides neither.
const (
	algorithm = "EdDSA"
	tokenType = "at+jwt"
)

// Tokens are short-lived and small; clocks may differ a little.
const (
	LongestLife    = domain.LongestTokenLife
	maxTokenSize   = 8 << 10
	longestSubject = 255
	clockSkew      = 30 * time.Second
)

// NewTokens reads the signing key in that file; where there is none, it makes one that only
// the owner can read. Replicas of one deployment share the file and its folder.
func NewTokens(issuer, audience, keyFile string) (*Tokens, error) {
	keys, err := openKeys(keyFile)
	if err != nil {
		return nil, err
	}
	return &Tokens{issuer: issuer, audience: audience, keys: keys, now: time.Now}, nil
}

// Trust accepts that provider's tokens too. It is called before the first token is verified.
func (k *Tokens) Trust(provider *Provider) error {
	if provider.issuer == k.issuer {
		return errors.New("the trusted provider has the same issuer as this deployment: whose keys its tokens need would be unclear")
	}
	k.provider = provider
	return nil
}

// claims are what a token of ours says, beside the registered claims.
type claims struct {
	jwt.RegisteredClaims
	Role       domain.Role `json:"role"`
	Org        string      `json:"org"`
	Programmes []string    `json:"programmes"`
	ClientID   string      `json:"client_id,omitempty"`
	Grants     int         `json:"grants,omitempty"`
	Sandbox    bool        `json:"sandbox,omitempty"`
}

// Issue signs a token for that actor, under its TokenID or else one of its own. Its life is at
// most LongestLife.
func (k *Tokens) Issue(actor domain.Actor, life time.Duration) (string, error) {
	switch {
	case !slices.Contains(domain.Roles, actor.Role):
		return "", fmt.Errorf("%q is not a role", actor.Role)
	case actor.Sandbox && actor.Role != domain.Partner:
		return "", errors.New("only a partner works in the sandbox")
	case life <= 0 || life > LongestLife:
		return "", fmt.Errorf("a token lives longer than nothing and at most %s", LongestLife)
	case actor.Subject == "" || actor.Subject != strings.TrimSpace(actor.Subject):
		return "", errors.New("a token has a subject, without white space around it")
	case len(actor.Subject) > longestSubject:
		return "", fmt.Errorf("a subject has at most %d bytes", longestSubject)
	case strings.HasPrefix(actor.Subject, domain.ProviderSubject):
		return "", fmt.Errorf("a subject that begins with %s is a provider's: let it issue the token", domain.ProviderSubject)
	case strings.HasPrefix(actor.Subject, domain.ClientSubject) && actor.ClientID == "":
		return "", fmt.Errorf("a subject that begins with %s is a client's: let it ask for its own tokens", domain.ClientSubject)
	}
	id := actor.TokenID
	if id == "" {
		id = uuid.NewString()
	}
	now := k.now().Truncate(time.Second)
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    k.issuer,
			Audience:  jwt.ClaimStrings{k.audience},
			Subject:   actor.Subject,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(life)),
			ID:        id,
		},
		Role: actor.Role, Org: actor.OrganisationID, Programmes: actor.Programmes,
		ClientID: actor.ClientID, Grants: actor.Grants, Sandbox: actor.Sandbox,
	})
	ring := k.keys.now()
	token.Header["typ"], token.Header["kid"] = tokenType, ring.id
	return token.SignedString(ring.private)
}

// Verify tells who holds the token. Which issuer's keys and rules it is held against is all that
// its iss claim decides, before anything of it is believed; keys and algorithms of one issuer
// are never tried on another's tokens. Every error reads the same to the caller.
func (k *Tokens) Verify(ctx context.Context, text string) (domain.Actor, error) {
	if len(text) > maxTokenSize {
		return domain.Actor{}, errors.New("the token is too large")
	}
	issuer, err := claimedIssuer(text)
	switch {
	case err != nil:
		return domain.Actor{}, err
	case k.provider != nil && issuer == k.provider.issuer:
		return k.provider.verify(ctx, text, k.now)
	}
	return k.verifyOwn(text)
}

func (k *Tokens) verifyOwn(text string) (domain.Actor, error) {
	var said claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{algorithm}),
		jwt.WithIssuer(k.issuer),
		jwt.WithAudience(k.audience),
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(clockSkew),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(k.now),
	).ParseWithClaims(text, &said, k.keyFor)
	if err != nil {
		return domain.Actor{}, err
	}
	return said.actor()
}

// keyFor gives the key for a token whose header is as ours are. The library leaves typ, kid,
// crit and the headers that bring their own key to us (RFC 8725, 3.8 to 3.12).
func (k *Tokens) keyFor(token *jwt.Token) (any, error) {
	if err := checkHeader(token, []string{tokenType}); err != nil {
		return nil, err
	}
	id, _ := token.Header["kid"].(string)
	public, known := k.keys.find(id, k.now())
	if !known {
		return nil, errors.New("the token names no key of ours")
	}
	return public, nil
}

func (c claims) actor() (domain.Actor, error) {
	if err := checkRegistered(c.RegisteredClaims); err != nil {
		return domain.Actor{}, err
	}
	switch {
	case c.ID == "" || len(c.ID) > 255 || c.ID != strings.TrimSpace(c.ID):
		return domain.Actor{}, errors.New("the token has no identifier")
	case c.Subject != strings.TrimSpace(c.Subject):
		return domain.Actor{}, errors.New("the token's subject has white space around it")
	case c.Org != "" && !isUUID(c.Org):
		return domain.Actor{}, errors.New("the token's organisation is no identifier")
	case c.ClientID != "" && !isUUID(c.ClientID):
		return domain.Actor{}, errors.New("the token's client is no identifier")
	case strings.HasPrefix(c.Subject, domain.ProviderSubject):
		return domain.Actor{}, errors.New("the token's subject is a provider's")
	case c.ClientID != "" && c.Subject != domain.ClientSubject+c.ClientID, c.ClientID == "" && strings.HasPrefix(c.Subject, domain.ClientSubject):
		return domain.Actor{}, errors.New("the token's client is not its subject")
	case c.Sandbox && c.Role != domain.Partner:
		return domain.Actor{}, errors.New("only a partner works in the sandbox")
	case len(c.Programmes) > 100:
		return domain.Actor{}, errors.New("the token opens too many programmes")
	}
	programmes := c.Programmes
	if programmes == nil {
		programmes = []string{}
	}
	return domain.Actor{
		Subject: c.Subject, Role: c.Role, OrganisationID: c.Org, Programmes: programmes,
		TokenID: c.ID, ClientID: c.ClientID, Grants: c.Grants, Sandbox: c.Sandbox,
		IssuedAt: c.IssuedAt.Time, ExpiresAt: c.ExpiresAt.Time,
	}, nil
}

func isUUID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }

// jsonWebKeySet is the public keys, as RFC 7517 writes them.
type jsonWebKeySet struct {
	Keys []jsonWebKey `json:"keys" doc:"The keys that tokens are signed with; the one in use first, then those of tokens that have not expired." maxItems:"20" nullable:"false"`
}

type jsonWebKey struct {
	KeyType   string `json:"kty" doc:"Family of the key." example:"OKP" maxLength:"10"`
	Curve     string `json:"crv" doc:"Curve of the key." example:"Ed25519" maxLength:"10"`
	X         string `json:"x" doc:"The public key." example:"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" maxLength:"100"`
	KeyID     string `json:"kid" doc:"Which key it is: its RFC 7638 thumbprint." example:"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" maxLength:"100"`
	Use       string `json:"use" doc:"What it is for: signatures." example:"sig" maxLength:"10"`
	Algorithm string `json:"alg" doc:"The algorithm it is used with." example:"EdDSA" maxLength:"10"`
}

func (k *Tokens) keySet() jsonWebKeySet {
	ring, now := k.keys.now(), k.now()
	set := jsonWebKeySet{}
	for _, id := range append([]string{ring.id}, slices.Sorted(maps.Keys(ring.retired))...) {
		public, accepted := ring.public(id, now)
		if accepted && !slices.ContainsFunc(set.Keys, func(known jsonWebKey) bool { return known.KeyID == id }) {
			set.Keys = append(set.Keys, publicKey(id, public))
		}
	}
	return set
}

func publicKey(id string, public ed25519.PublicKey) jsonWebKey {
	return jsonWebKey{KeyType: "OKP", Curve: "Ed25519", X: encode(public), KeyID: id, Use: "sig", Algorithm: algorithm}
}
