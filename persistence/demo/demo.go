// Package demo is the synthetic programme: invented people whose records give, to the unit, the
// figures that L'Îlot published of O2R Somme at 31 December 2025, and who go on a little in 2026.
//
// It is loaded as the programme would have recorded it: partners refer, the project lead decides,
// the caseworker meets, each through the sessions that the API uses, on the day it happened. So
// rules, audit trail and events hold for it as for anybody.
//
// What belongs here: the content, which is in people.go (a row a person), exits.go and inbox.go,
// and how it is played (story.go). What does not: any figure. They are computed, and the tests
// compare them with the report.
package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// The two programmes. The second belongs to another operator, and shows that neither sees the
// other's people.
const (
	Somme       = "o2r-somme"
	IleDeFrance = "o2r-ile-de-france"
)

// Result says what is there after a load.
type Result struct {
	AlreadyLoaded bool              // nothing was written: an earlier load had done it
	LoadedAt      time.Time         // when that was
	Organisations map[string]string // identifiers by slug

	// What the database holds: what was loaded and, after an earlier load, what came since.
	Participants, Enrolments, Referrals, Appointments int
}

// String says it in a line or two, for whoever ran the command.
func (r Result) String() string {
	said := "The synthetic programme is loaded"
	if r.AlreadyLoaded {
		said = "The synthetic programme was already loaded; nothing changed"
	}
	return fmt.Sprintf("%s: %d participants, %d enrolments, %d referrals, %d appointments. Its published figures are those of %s.",
		said, r.Participants, r.Enrolments, r.Referrals, r.Appointments, published)
}

// Actor is somebody of that role in the programme of the Somme, as the story knows them: the
// caseworker is the one who follows its participants, the partner is the SPIP, the analyst is
// the State's, and the administrator belongs to nobody.
func (r Result) Actor(role domain.Role) domain.Actor {
	return actor(r.Organisations, role, Somme)
}

func actor(organisations map[string]string, role domain.Role, programme string) domain.Actor {
	slug, subject := operators[programme], "demo-"+string(role)
	switch role {
	case domain.Admin:
		return domain.Actor{Subject: subject, Role: role}
	case domain.Partner:
		return partner(organisations, spip, programme)
	case domain.Analyst:
		slug = dreets
	}
	if programme != Somme {
		subject += "-idf"
	}
	return domain.Actor{Subject: subject, Role: role, OrganisationID: organisations[slug], Programmes: []string{programme}}
}

// partner is the system of a partner organisation.
func partner(organisations map[string]string, slug, programme string) domain.Actor {
	return domain.Actor{Subject: "demo-" + slug, Role: domain.Partner, OrganisationID: organisations[slug], Programmes: []string{programme}}
}

// Load brings the synthetic programme into a migrated database that holds nobody. Called again
// it changes nothing and says so; of several at once, one loads. It refuses, with a Conflict, a
// database with people of its own or with other organisations or programmes of the same slugs.
// All of it is one transaction: a load that fails or is interrupted leaves nothing.
//
// The story is played up to the store's clock, and always to the end of 2025.
func Load(ctx context.Context, store *persistence.Store) (Result, error) {
	var result Result
	err := store.Together(ctx, func(store *persistence.Store) error {
		state, err := store.DemoState(ctx)
		if err != nil {
			return err
		}
		if state.LoadedAt == nil {
			if err := vacant(ctx, store, state); err != nil {
				return err
			}
			if err := load(ctx, store); err != nil {
				return err
			}
		}
		result.AlreadyLoaded = state.LoadedAt != nil
		if state, err = store.DemoState(ctx); err != nil {
			return err
		}
		result.LoadedAt = *state.LoadedAt
		result.Participants, result.Enrolments, result.Referrals, result.Appointments = state.Participants, state.Enrolments, state.Referrals, state.Appointments
		result.Organisations, err = known(ctx, store)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("load the synthetic programme: %w", err)
	}
	return result, nil
}

func load(ctx context.Context, store *persistence.Store) error {
	s, err := setUp(ctx, store)
	if err != nil {
		return err
	}
	if err := s.tell(); err != nil {
		return err
	}
	until := store.Now()
	if published.End().After(until) {
		until = published.End()
	}
	if err := s.play(ctx, store, until); err != nil {
		return err
	}
	return store.MarkDemoLoaded(ctx)
}

// vacant refuses a database where the synthetic programme would stand among real people, or in
// the place of a real programme.
func vacant(ctx context.Context, store *persistence.Store, state persistence.DemoState) error {
	if state.Participants > 0 || state.Referrals > 0 {
		return domain.Refused("demo_among_people", "This database holds people of its own (participants: %d, referrals: %d), and the demonstration would stand among them: load it into an empty database.", state.Participants, state.Referrals)
	}
	taken, err := known(ctx, store)
	if err != nil {
		return err
	}
	var slugs []string
	for _, organisation := range organisations {
		if taken[organisation.Slug] != "" {
			slugs = append(slugs, "organisation "+organisation.Slug)
		}
	}
	for _, programme := range []string{Somme, IleDeFrance} {
		_, err := store.As(admin).Programme(ctx, programme)
		switch {
		case err == nil:
			slugs = append(slugs, "programme "+programme)
		case !errors.Is(err, &domain.Error{Kind: domain.NotFound}):
			return err
		}
	}
	if len(slugs) > 0 {
		return domain.Refused("demo_slug_taken", "This database already has what the demonstration would create (%s): load it into an empty database.", strings.Join(slugs, ", "))
	}
	return nil
}

// known finds the demonstration's organisations, by slug.
func known(ctx context.Context, store *persistence.Store) (map[string]string, error) {
	ids := map[string]string{}
	for _, organisation := range organisations {
		found, err := store.As(admin).Organisations(ctx, persistence.OrganisationQuery{Slug: organisation.Slug})
		if err != nil {
			return nil, err
		}
		for _, one := range found.Items {
			ids[one.Slug] = one.ID
		}
	}
	return ids, nil
}
