package main

import (
	"context"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence/storetest"
)

// The server settles by itself what a day has come for, as soon as it runs.
func TestTheServerExpiresReferralsThatNobodyAsksFor(t *testing.T) {
	store := storetest.New(t)
	admin := store.As(domain.Actor{Subject: "a", Role: domain.Admin})
	operator, err := admin.NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "operateur", OrganisationNaming: domain.OrganisationNaming{Name: "Opérateur", Kind: domain.OrganisationOperateur}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = admin.NewProgramme(t.Context(), domain.ProgrammeInput{Slug: "o2r-somme", Name: "Somme", OperatorID: operator.ID, ReferralExpiryDays: new(30),
		StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	partner := domain.Actor{Subject: "p", Role: domain.Partner, OrganisationID: operator.ID, Programmes: []string{"o2r-somme"}}
	sent, _, err := store.As(partner).Refer(t.Context(), domain.ReferralInput{Programme: "o2r-somme", Identity: domain.Identity{FirstName: "Sacha", LastName: "Inventé"},
		Contact: domain.Contact{Phone: new("06 39 98 00 01")}, ConsentedOn: domain.MustDate("2026-01-05")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		keepHouse(ctx, store.At(time.Now().AddDate(0, 2, 0)), time.Hour)
		close(ended)
	}()
	today := store.As(partner) // its clock still says today: asking settles nothing
	for wait := time.Now().Add(20 * time.Second); sent.Status != domain.ReferralExpired; time.Sleep(20 * time.Millisecond) {
		if sent, err = today.Referral(t.Context(), sent.ID); err != nil || time.Now().After(wait) {
			t.Fatalf("it is still %s: %v", sent.Status, err)
		}
	}
	stop()
	<-ended
}
