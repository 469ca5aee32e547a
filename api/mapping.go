package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"o2r/domain"
)

// Mapping says what a provider's claims mean here. Only what its tables name means anything: a
// value that is in none gives no role, no organisation, no programme.
type Mapping struct {
	// Subject is the claim that names the person; sub when left out. Choose one that the provider
	// never gives to somebody else.
	Subject      string            `json:"subject"`
	Role         rule[domain.Role] `json:"role"`
	Organisation rule[string]      `json:"organisation"` // to the organisation's identifier
	Programmes   rule[[]string]    `json:"programmes"`   // to their slugs; of several values, all
}

// rule gives the meaning of one claim's values; or, with Always, of every token.
type rule[V any] struct {
	// Claim is the claim's name, or a JSON pointer to one within others (/realm_access/roles).
	Claim  string       `json:"claim"`
	Values map[string]V `json:"values"`
	Always *V           `json:"always"`
}

// ReadMapping reads a mapping written in JSON. Names it does not know are refused: a misspelt
// rule would otherwise be no rule.
func ReadMapping(text []byte) (Mapping, error) {
	var mapping Mapping
	if err := uniqueNames(json.NewDecoder(bytes.NewReader(text)), 0); err != nil {
		return mapping, errors.New("the mapping of claims is no JSON object, or says one thing twice")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&mapping); err != nil {
		return mapping, fmt.Errorf("the mapping of claims: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return mapping, errors.New("the mapping of claims: there is something after its end")
	}
	return mapping, mapping.check()
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (m Mapping) check() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("the mapping of claims: "+format, args...))
	}
	if m.Role.Always != nil || m.Role.Claim == "" || len(m.Role.Values) == 0 {
		fault("role names a claim and what its values mean, so that nobody has a role by default")
	}
	for _, role := range m.Role.meanings() {
		if !slices.Contains(domain.Roles, role) {
			fault("%q is not a role", role)
		}
	}
	if m.Organisation.halfSaid() || m.Programmes.halfSaid() {
		fault("a rule has either claim and values, or always")
	}
	for _, id := range m.Organisation.meanings() {
		if !isUUID(id) {
			fault("%q is not an organisation's identifier", id)
		}
	}
	for _, slugs := range m.Programmes.meanings() {
		for _, name := range slugs {
			if !slug.MatchString(name) || len(name) > 60 {
				fault("%q is not a programme's slug", name)
			}
		}
	}
	return errors.Join(faults...)
}

func (r rule[V]) halfSaid() bool {
	byValue := r.Claim != "" && len(r.Values) > 0
	return (r.Claim != "" || len(r.Values) > 0) && (!byValue || r.Always != nil)
}

func (r rule[V]) meanings() (meanings []V) {
	for _, meaning := range r.Values {
		meanings = append(meanings, meaning)
	}
	if r.Always != nil {
		meanings = append(meanings, *r.Always)
	}
	return meanings
}

// of gives what the claims mean under the rule.
func (r rule[V]) of(claims map[string]any) (meanings []V) {
	if r.Always != nil {
		return []V{*r.Always}
	}
	for _, value := range texts(claimAt(claims, r.Claim)) {
		if meaning, known := r.Values[value]; known {
			meanings = append(meanings, meaning)
		}
	}
	return meanings
}

// actor is who the claims of that provider say: under a subject that is the provider's, whatever it
// calls itself, so that nobody there is anybody of ours. Two roles at once, or two organisations, are none: which was meant
// is not for us to guess.
func (m Mapping) actor(provider string, claims map[string]any) (domain.Actor, error) {
	name := m.Subject
	if name == "" {
		name = "sub"
	}
	subject, _ := claimAt(claims, name).(string)
	// With white space around it, it would look like another's wherever it is shown, and be taken for another's where inputs are trimmed.
	if subject == "" || subject != strings.TrimSpace(subject) || strings.ContainsFunc(subject, unicode.IsControl) {
		return domain.Actor{}, errors.New("the token names nobody")
	}
	if subject = domain.OfProvider(provider, subject); len(subject) > longestSubject {
		return domain.Actor{}, errors.New("the token's subject is too long")
	}
	actor := domain.Actor{
		Subject: subject, Role: single(m.Role.of(claims)), OrganisationID: single(m.Organisation.of(claims)),
		Programmes: []string{},
	}
	for _, slugs := range m.Programmes.of(claims) {
		actor.Programmes = append(actor.Programmes, slugs...)
	}
	slices.Sort(actor.Programmes)
	if actor.Programmes = slices.Compact(actor.Programmes); len(actor.Programmes) > 100 {
		return domain.Actor{}, errors.New("the token opens too many programmes")
	}
	return actor, nil
}

func single[V comparable](meanings []V) (meaning V) {
	for i, one := range meanings {
		if i > 0 && one != meaning {
			var none V
			return none
		}
		meaning = one
	}
	return meaning
}

// claimAt finds a claim by its name, or by a JSON pointer (RFC 6901).
func claimAt(claims map[string]any, name string) any {
	if !strings.HasPrefix(name, "/") {
		return claims[name]
	}
	var at any = claims
	for step := range strings.SplitSeq(name[1:], "/") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	return at
}

// texts are the values of a claim that may have one or several. Only texts and yes or no mean anything.
func texts(claim any) (values []string) {
	switch value := claim.(type) {
	case string:
		return []string{value}
	case bool:
		return []string{fmt.Sprint(value)}
	case []any:
		for _, one := range value {
			if text, ok := one.(string); ok {
				values = append(values, text)
			}
		}
	}
	return values
}
