package api_test

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"o2r/api"
	"o2r/domain"
)

// A field that is added later, and lets a social security number pass, fails here: the requests
// come from the document.
func TestNoTextOfAnyInputTakesASocialSecurityNumber(t *testing.T) {
	f := newFixture(t)
	document := api.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Document()
	before, tried := f.contents(), 0
	names := map[string]bool{}
	for _, in := range f.inputs(document) {
		if in.id == "importRecords" {
			continue // a file, not JSON: see import_test.go
		}
		for _, place := range in.texts {
			nir := place.writable("1 85 05 78 006 084 91", "185057800608491@example.org")
			if pattern := place.schema.Pattern; pattern != "" && !regexp.MustCompile(pattern).MatchString(nir) {
				if nir = "185057800608491"; !regexp.MustCompile(pattern).MatchString(nir) {
					continue // such as a postal code, or a closed list
				}
			}
			place.put(nir)
			actor := nobody
			if len(in.declared) > 0 {
				actor = f.actor(domain.Role(in.declared[0]))
			}
			got := f.send(actor, in.method, in.target(), in.body, "If-Match", "*")
			if in.id == "createReferralBatch" {
				got = got.row(0)
			}
			faults := got.problem(422, "invalid")
			place.reset()
			found := false
			for _, fault := range faults {
				found = found || fault.Location == place.location && fault.Code == "nir"
			}
			if !found {
				t.Errorf("%s took a social security number in %s: %v", in.id, place.location, faults)
			}
			tried++
			names[place.location] = true
		}
	}
	f.unchanged(before)
	for _, name := range strings.Fields("body.first_name body.last_name body.address body.phone body.email body.reason body.note body.decline_note body.external_reference " +
		"body.referrer_name body.referrer_phone body.title body.purpose body.employer body.name body.method body.items[0].sector body.query body.caseworker_id query.q query.caseworker query.external_reference") {
		if !names[name] {
			t.Errorf("%s was not tried", name)
		}
	}
	t.Logf("%d texts tried", tried)
}

// What staff do write passes.
func TestNumbersThatAreNoneArePassed(t *testing.T) {
	f := newFixture(t)
	for _, phone := range []string{"06 39 98 12 34", "+33639981234", "+4915123456789", "0033 6 39 98 12 34", "+262 692 12 34 56"} {
		f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", map[string]any{"first_name": "Camille", "last_name": "Exemple", "phone": phone}).is(201)
	}
}
