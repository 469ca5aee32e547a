package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence/storetest"
)

// BenchmarkRevocation measures what asking about revocation costs a read of one participant's
// file, as a share of the whole request: medians of interleaved rounds, for machines are noisy.
func BenchmarkRevocation(b *testing.B) {
	store := storetest.New(b)
	tokens, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(b.TempDir(), "key.pem"))
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(err)
	organisation, err := store.As(domain.Actor{Subject: "admin", Role: domain.Admin}).NewOrganisation(b.Context(), domain.OrganisationInput{Slug: "op", OrganisationNaming: domain.OrganisationNaming{Name: "op", Kind: domain.OrganisationOperateur}})
	must(err)
	_, err = store.As(domain.Actor{Subject: "admin", Role: domain.Admin}).NewProgramme(b.Context(), domain.ProgrammeInput{
		Slug: somme, Name: somme, OperatorID: organisation.ID, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31"),
	})
	must(err)
	actor := domain.Actor{Subject: "c", Role: domain.Caseworker, OrganisationID: organisation.ID, Programmes: []string{somme}}
	person, err := store.As(actor).NewParticipant(b.Context(), domain.ParticipantInput{Identity: domain.Identity{FirstName: "Sacha", LastName: "Fictif"}})
	must(err)
	token, err := tokens.Issue(actor, time.Hour)
	must(err)
	asked, err := tokens.Verify(b.Context(), token)
	must(err)
	handler := api.New(store, tokens, slog.New(slog.DiscardHandler)).Handler()
	var reads, checks []time.Duration
	for i := 0; b.Loop(); i++ {
		if i%1000 == 999 { // another token has a quota of its own
			token, err = tokens.Issue(actor, time.Hour)
			must(err)
		}
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/v1/participants/"+person.ID, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w, start := httptest.NewRecorder(), time.Now()
		handler.ServeHTTP(w, r)
		reads = append(reads, time.Since(start))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
		start = time.Now()
		accepted, err := store.As(asked).Accepted(b.Context())
		checks = append(checks, time.Since(start))
		if err != nil || !accepted {
			b.Fatal(accepted, err)
		}
	}
	slices.Sort(reads)
	slices.Sort(checks)
	read, check := reads[len(reads)/2], checks[len(checks)/2]
	b.ReportMetric(float64(read.Microseconds()), "read-µs")
	b.ReportMetric(float64(check.Microseconds()), "check-µs")
	b.ReportMetric(float64(check)/float64(read), "share-of-read")
}
