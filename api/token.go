package api

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"o2r/domain"
)

// Tokens issues and verifies this deployment's access tokens: JSON Web Tokens in the form of
// RFC 9068, checked as RFC 8725 asks. It is safe for concurrent use.
type Tokens struct {
	issuer, audience string
	private          ed25519.PrivateKey
	keyID            string
	now              func() time.Time
}

// The one algorithm and the one type of token that are accepted. What a token says of itself
// decides neither.
const (
	algorithm = "EdDSA"
	tokenType = "at+jwt"
)

// Tokens are short-lived and small; clocks may differ a little.
const (
	LongestLife  = 24 * time.Hour
	maxTokenSize = 8 << 10
	clockSkew    = 30 * time.Second
)

// NewTokens reads the signing key in that file; where there is none, it makes one that only
// the owner can read. Replicas of one deployment share the file.
func NewTokens(issuer, audience, keyFile string) (*Tokens, error) {
	private, err := readKey(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		private, err = makeKey(keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	thumbprint := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(private.Public().(ed25519.PublicKey)) + `"}`)) // RFC 7638
	return &Tokens{issuer: issuer, audience: audience, private: private, keyID: encode(thumbprint[:]), now: time.Now}, nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func readKey(file string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s holds no PKCS #8 key", file)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key that is not Ed25519", file)
	}
	return private, nil
}

// makeKey writes a new key under another name and links it into place, so that of two that
// start at once one key wins, whole.
func makeKey(file string) (ed25519.PrivateKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".signing-key-*") // 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(file)
}

// claims are what a token says, beside the registered claims.
type claims struct {
	jwt.RegisteredClaims
	Role       domain.Role `json:"role"`
	Org        string      `json:"org"`
	Programmes []string    `json:"programmes"`
}

// Issue signs a token for that actor. Its life is at most LongestLife.
func (k *Tokens) Issue(actor domain.Actor, life time.Duration) (string, error) {
	switch {
	case !slices.Contains(domain.Roles, actor.Role):
		return "", fmt.Errorf("there is no role %q: use one of %s", actor.Role, strings.Join(domain.Role("").Codes(), ", "))
	case life <= 0 || life > LongestLife:
		return "", fmt.Errorf("a token lives for more than nothing and at most %s", LongestLife)
	case actor.Subject == "":
		return "", errors.New("a token has a subject")
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
			ID:        uuid.NewString(),
		},
		Role: actor.Role, Org: actor.OrganisationID, Programmes: actor.Programmes,
	})
	token.Header["typ"], token.Header["kid"] = tokenType, k.keyID
	return token.SignedString(k.private)
}

// Verify tells who holds the token. Every error reads the same to the caller.
func (k *Tokens) Verify(text string) (domain.Actor, error) {
	if len(text) > maxTokenSize {
		return domain.Actor{}, errors.New("the token is too large")
	}
	if err := refuseRepeatedNames(text); err != nil {
		return domain.Actor{}, err
	}
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
	for name := range token.Header {
		switch name {
		case "alg", "typ", "kid":
		default:
			return nil, fmt.Errorf("the token's header says more than alg, typ and kid")
		}
	}
	kind, _ := token.Header["typ"].(string)
	if kind = strings.ToLower(kind); kind != tokenType && kind != "application/"+tokenType {
		return nil, errors.New("the token is of another type")
	}
	if id, _ := token.Header["kid"].(string); id != k.keyID {
		return nil, errors.New("the token names no key of ours")
	}
	return k.private.Public(), nil
}

func (c claims) actor() (domain.Actor, error) {
	switch {
	case c.Subject == "" || len(c.Subject) > 255:
		return domain.Actor{}, errors.New("the token has no subject")
	case c.ID == "" || len(c.ID) > 255:
		return domain.Actor{}, errors.New("the token has no identifier")
	case c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > LongestLife:
		return domain.Actor{}, errors.New("the token lives too long")
	case c.Org != "" && (len(c.Org) != 36 || uuid.Validate(c.Org) != nil):
		return domain.Actor{}, errors.New("the token's organisation is no identifier")
	case len(c.Programmes) > 100:
		return domain.Actor{}, errors.New("the token opens too many programmes")
	}
	programmes := c.Programmes
	if programmes == nil {
		programmes = []string{}
	}
	return domain.Actor{Subject: c.Subject, Role: c.Role, OrganisationID: c.Org, Programmes: programmes, TokenID: c.ID}, nil
}

// jsonWebKeySet is the public keys, as RFC 7517 writes them.
type jsonWebKeySet struct {
	Keys []jsonWebKey `json:"keys" doc:"The keys that tokens are signed with." maxItems:"20" nullable:"false"`
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
	return jsonWebKeySet{Keys: []jsonWebKey{{
		KeyType: "OKP", Curve: "Ed25519", X: encode(k.private.Public().(ed25519.PublicKey)),
		KeyID: k.keyID, Use: "sig", Algorithm: algorithm,
	}}}
}

// refuseRepeatedNames refuses a token whose header or claims name one thing twice: readers
// differ in which of the two they believe.
func refuseRepeatedNames(text string) error {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return errors.New("this is no signed token")
	}
	for _, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return errors.New("this is no signed token")
		}
		if err := uniqueNames(json.NewDecoder(strings.NewReader(string(raw)))); err != nil {
			return err
		}
	}
	return nil
}

func uniqueNames(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return errors.New("this is no JSON")
	}
	open, isDelim := token.(json.Delim)
	if !isDelim {
		return nil
	}
	seen := map[string]bool{}
	for decoder.More() {
		if open == '{' {
			name, err := decoder.Token()
			if err != nil {
				return errors.New("this is no JSON")
			}
			key := strings.ToLower(strings.ToUpper(name.(string))) // encoding/json would let ROLE, and even roleſ, write role
			if seen[key] {
				return errors.New("the token says one thing twice")
			}
			seen[key] = true
		}
		if err := uniqueNames(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
