package api_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
)

// Nobody but the key's holder makes a token: of what is fuzzed out of a good one, only the good one is
// taken. And of what the holder signs, only what says exactly who, where and for how long.
func FuzzToken(f *testing.F) {
	tokens, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(f.TempDir(), "key.pem"))
	if err != nil {
		f.Fatal(err)
	}
	known := domain.Actor{Subject: "c.martin", Role: domain.Caseworker, OrganisationID: "0197f0a0-0000-7000-8000-000000000002", Programmes: []string{somme}}
	good, err := tokens.Issue(known, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for _, text := range []string{good, "", ".", "..", parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2], good + "=", good + ".", "eyJhbGciOiJub25lIn0." + parts[1] + "."} {
		f.Add(text, `{"sub":"x"}`)
	}
	for _, claims := range []string{
		`{"iss":"https://o2r.test","aud":"o2r","sub":"x","jti":"y","iat":1,"nbf":1,"exp":99999999999,"role":"admin"}`, `{"aud":["o2r","x"]}`, `{"exp":1e400}`, `{"exp":"1"}`, `{"role":"admin","ROLE":"partner"}`, `null`, `[]`, `{"programmes":"x"}`, `{"programmes":[null]}`,
	} {
		f.Add(good, claims)
	}
	header := `{"alg":"EdDSA","typ":"at+jwt","kid":"` + tokens.KeyID() + `"}`
	f.Fuzz(func(t *testing.T, text, claims string) {
		if actor, err := tokens.Verify(text); (err == nil) != (text == good) {
			t.Errorf("%q is taken for %+v, %v", text, actor, err)
		}
		actor, err := tokens.Verify(tokens.Sign(header, claims))
		if err != nil {
			return
		}
		var said struct {
			Iss, Sub, Jti, Role string
			Exp, Iat            float64
			Programmes          []string
		}
		if err := json.Unmarshal([]byte(claims), &said); err != nil {
			t.Fatalf("%q is taken, and is no JSON: %v", claims, err)
		}
		if said.Iss != "https://o2r.test" || actor.Subject == "" || actor.Subject != said.Sub || actor.TokenID != said.Jti || string(actor.Role) != said.Role || !slices.Equal(actor.Programmes, said.Programmes) {
			t.Errorf("%q is taken for %+v", claims, actor)
		}
		if said.Exp < float64(time.Now().Add(-time.Minute).Unix()) || said.Exp-said.Iat > api.LongestLife.Seconds()+1 {
			t.Errorf("%q is taken, from %v to %v", claims, said.Iat, said.Exp)
		}
	})
}
