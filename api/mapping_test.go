package api_test

import (
	"testing"

	"o2r/api"
)

func TestWhatAProvidersClaimsMean(t *testing.T) {
	p := newIdentity(t)
	roles := func(names ...string) map[string]any { return map[string]any{"roles": names} }
	for name, row := range map[string]struct {
		changes    []any
		status     int // of a list of participants
		programmes string
	}{
		"as mapped":                   {nil, 200, somme},
		"two programmes":              {[]any{"groups", []string{"somme", "idf"}}, 200, elsewhere + " " + somme},
		"no programme":                {[]any{"groups", nil}, 200, ""},
		"unknown programmes":          {[]any{"groups", []string{"o2r-somme", "SOMME"}}, 200, ""},
		"unknown organisation":        {[]any{"siret", "00000000000000"}, 200, somme},
		"no role":                     {[]any{"realm_access", nil}, 403, ""},
		"unknown role":                {[]any{"realm_access", roles("o2r-chef")}, 403, ""},
		"our own role's name":         {[]any{"realm_access", roles("admin", "coordinator")}, 403, ""},
		"our own claim":               {[]any{"realm_access", nil, "role", "admin"}, 403, ""},
		"two roles":                   {[]any{"realm_access", roles("o2r-cip", "o2r-cheffe")}, 403, ""},
		"role in another case":        {[]any{"realm_access", roles("O2R-CIP")}, 403, ""},
		"roles that are a text":       {[]any{"realm_access", "o2r-cip"}, 403, ""},
		"roles within a list":         {[]any{"realm_access", map[string]any{"roles": []any{[]string{"o2r-cip"}}}}, 403, ""},
		"roles that are numbers":      {[]any{"realm_access", map[string]any{"roles": []int{1}}}, 403, ""},
		"our own organisation claims": {[]any{"siret", nil, "org", "x", "programmes", []string{"o2r-ailleurs"}}, 200, somme},
		"a client of ours":            {[]any{"sub", "client:" + randomID()}, 200, somme},
		"somebody at the terminal":    {[]any{"sub", "cli:root"}, 200, somme},
	} {
		t.Run(name, func(t *testing.T) {
			f := *p.fixture
			f.T = t
			token := p.good(row.changes...)
			f.send(nobody, "GET", "/v1/participants", nil, "Authorization", "Bearer "+token).is(row.status)
			if row.status == 200 {
				if got := f.me(token).is(200).texts("programmes"); got != row.programmes {
					t.Errorf("programmes %q", got)
				}
			}
		})
	}
}

func TestMappingsThatAreNoGood(t *testing.T) {
	role := `"role":{"claim":"r","values":{"a":"caseworker"}}`
	if _, err := api.ReadMapping([]byte("{" + role + `,"programmes":{"always":["o2r-somme"]}}`)); err != nil {
		t.Fatal(err) // or the table shows nothing
	}
	for name, text := range map[string]string{
		"nothing":                "",
		"empty":                  "{}",
		"null":                   "null",
		"a list":                 "[]",
		"a role for everybody":   `{"role":{"always":"caseworker"}}`,
		"role without values":    `{"role":{"claim":"r"}}`,
		"role without a claim":   `{"role":{"values":{"a":"caseworker"}}}`,
		"unknown role":           `{"role":{"claim":"r","values":{"a":"superviseur"}}}`,
		"misspelt":               `{` + role + `,"organization":{"claim":"o","values":{"a":"x"}}}`,
		"role twice":             `{` + role + `,` + role + `}`,
		"organisation's slug":    `{` + role + `,"organisation":{"claim":"o","values":{"a":"spip"}}}`,
		"half an organisation":   `{` + role + `,"organisation":{"claim":"o"}}`,
		"always and sometimes":   `{` + role + `,"programmes":{"claim":"p","values":{"a":["o2r-somme"]},"always":["o2r-somme"]}}`,
		"programme with a comma": `{` + role + `,"programmes":{"always":["a,b"]}}`,
		"something after it":     `{` + role + `}{}`,
	} {
		if _, err := api.ReadMapping([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
