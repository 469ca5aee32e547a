package persistence_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// BenchmarkIntake measures what it takes that somebody is referred to a programme of 100,000 people:
// of a partner's post, with its keys written and, in the same run, without; of a post about somebody
// who is on file and about somebody who is not, which a partner should not tell apart; of a post by
// staff, whose answer says whether the person is known; and of asking who it may be. Percentiles are
// of the whole call, in milliseconds of the clock; compare them within a run.
//
//	go test ./persistence -run '^$' -bench Intake -benchtime 1x -timeout 15m
func BenchmarkIntake(b *testing.B) {
	const size, rounds, each = 100000, 40, 10
	c := &crowdOf{Rand: rand.New(rand.NewPCG(7, 1))}
	people := c.people(size)
	store, super := populated(b, people, nil)
	for range b.N {
		intake(b, c, people, store, func(statement string) {
			if _, err := super.Exec(context.Background(), statement); err != nil {
				b.Fatal(err)
			}
		}, rounds, each)
	}
}

func intake(b *testing.B, c *crowdOf, people []somebody, store *persistence.Store, exec func(string), rounds, each int) {
	ctx := context.Background()
	partner := store.As(domain.Actor{Subject: "p", Role: domain.Partner, OrganisationID: spip, Programmes: []string{north}})
	staff := store.As(northLead)
	taken := map[string][]time.Duration{}
	refer := func(what string, session *persistence.Session, p somebody) string {
		in := domain.ReferralInput{Programme: north, ConsentedOn: domain.MustDate("2025-03-01"), Identity: domain.Identity{FirstName: p.first, LastName: p.last, BirthDate: p.birth, Gender: p.gender}, Contact: domain.Contact{Phone: p.phone, Email: p.email}}
		in.ReferrerPhone = new("03 22 00 00 00")
		started := time.Now()
		view, _, err := session.Refer(ctx, in)
		taken[what] = append(taken[what], time.Since(started))
		if err != nil {
			b.Fatal(err)
		}
		return view.ID
	}
	for round := range rounds + 1 {
		if round == 1 {
			taken = map[string][]time.Duration{} // the first is for the caches
		}
		for range each {
			known := func() somebody { return c.rewritten(pick(c, people)) }
			refer("partner-unknown", partner, c.anybody())
			refer("partner-known", partner, known())
			id := refer("staff", staff, known())
			started := time.Now()
			_, err := staff.Matches(ctx, id)
			taken["matches"] = append(taken["matches"], time.Since(started))
			if err != nil {
				b.Fatal(err)
			}
		}
		exec(`ALTER TABLE referrals DISABLE TRIGGER referrals_indexed`)
		for range each {
			refer("partner-no-keys", partner, c.rewritten(pick(c, people)))
		}
		exec(`ALTER TABLE referrals ENABLE TRIGGER referrals_indexed`)
	}
	b.ReportMetric(0, "ns/op")
	for what, times := range taken {
		slices.Sort(times)
		for name, part := range map[string]float64{"p50": 0.50, "p95": 0.95, "p99": 0.99} {
			b.ReportMetric(float64(times[int(part*float64(len(times)-1))].Microseconds())/1000, what+"-"+name+"-ms")
		}
	}
}
