package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// What the JWT library leaves to its callers (RFC 8725, section 3), said once for every issuer.

// claimedIssuer reads who a token says it is from. It refuses a token whose header or claims name
// one thing twice: readers differ in which of the two they believe.
func claimedIssuer(text string) (string, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return "", errors.New("this is no signed token")
	}
	var claims struct {
		Issuer any `json:"iss"`
	}
	for _, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return "", errors.New("this is no signed token")
		}
		if err := uniqueNames(json.NewDecoder(strings.NewReader(string(raw))), 0); err != nil {
			return "", err
		}
		claims.Issuer = nil
		_ = json.Unmarshal(raw, &claims) // what is no object claims nothing
	}
	issuer, _ := claims.Issuer.(string)
	return issuer, nil
}

// checkHeader refuses headers that bring their own key, ask for extensions, or are of another
// kind of token. Which key it names is the issuer's to find.
func checkHeader(token *jwt.Token, types []string, harmless ...string) error {
	for name := range token.Header {
		if !slices.Contains([]string{"alg", "typ", "kid"}, name) && !slices.Contains(harmless, name) {
			return errors.New("the token's header says more than alg, typ and kid")
		}
	}
	kind, _ := token.Header["typ"].(string)
	if !slices.Contains(types, strings.TrimPrefix(strings.ToLower(kind), "application/")) {
		return errors.New("the token is of another type")
	}
	return nil
}

// checkRegistered refuses claims that the library lets pass.
func checkRegistered(c jwt.RegisteredClaims) error {
	switch {
	case c.Subject == "" || len(c.Subject) > longestSubject:
		return errors.New("the token has no subject")
	case c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > LongestLife:
		return fmt.Errorf("the token lives longer than %s", LongestLife)
	}
	return nil
}

// maxClaimDepth is how deep claims may be nested.
const maxClaimDepth = 16

func uniqueNames(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil || depth > maxClaimDepth {
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
		if err := uniqueNames(decoder, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
