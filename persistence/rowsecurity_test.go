package persistence_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"o2r/domain"
	"o2r/persistence"
)

var errMidway = errors.New("midway")

// Without a setting there is nobody: for the owner of the tables too.
func TestWithoutASettingThereIsNoRow(t *testing.T) {
	store, conn := peopled(t)
	for _, p := range personal {
		var owner string
		var n int
		err := store.Direct().QueryRowContext(t.Context(), `SELECT current_user, (SELECT count(*) FROM `+p.table+`)`).Scan(&owner, &n)
		if err != nil || n != 0 {
			t.Errorf("%s: %d rows: %v", p.table, n, err)
		}
		if got := column(t, conn, `SELECT tableowner::text FROM pg_tables WHERE tablename = $1`, p.table); got[0] != owner {
			t.Errorf("%s is %s's, and the test looked as %s", p.table, got[0], owner)
		}
		if got := column(t, conn, `SELECT count(*)::text FROM `+p.table); got[0] == "0" {
			t.Errorf("%s: there is nothing to see", p.table)
		}
		var gone int64
		result, err := store.Direct().ExecContext(t.Context(), `DELETE FROM `+p.table)
		if err == nil {
			gone, err = result.RowsAffected()
		}
		if !kept(p.table, gone, err) {
			t.Errorf("%s: %d rows deleted: %v", p.table, gone, err)
		}
	}
}

// The one connection of the pool goes from hand to hand, and nobody finds the actor before her.
func TestAConnectionKeepsNoActor(t *testing.T) {
	store, _ := peopled(t)
	store.PoolOf(1)
	north := domain.Actor{Subject: "n", Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	analyst := domain.Actor{Subject: "a", Role: domain.Analyst, OrganisationID: northOrg, Programmes: []string{"o2r-nord"}}
	ctx := t.Context()
	cut, cancel := context.WithCancel(ctx)
	for _, row := range []struct {
		after string
		work  func() error
	}{
		{"a read", func() error { _, err := store.As(north).Participants(ctx, domain.Paging{}); return err }},
		{"a write", func() error {
			_, err := store.As(north).NewParticipant(ctx, domain.ParticipantInput{Identity: domain.Identity{FirstName: "a", LastName: "b"}})
			return err
		}},
		{"figures", func() error {
			_, err := store.As(analyst).Figures(ctx, "o2r-nord", "", persistence.FiguresQuery{})
			return err
		}},
		{"a refusal", func() error { _, err := store.As(north).Participant(ctx, stranger); return not(err) }},
		{"an error of the database", func() error { _, err := store.As(north).Try(ctx, "", `SELECT 1/0`); return not(err) }},
		{"a broken transaction", func() error { _, err := store.As(north).Try(ctx, "", `COMMIT`); return err }},
		{"a panic", func() error {
			defer func() { _ = recover() }()
			store.As(north).Panic(ctx)
			return errors.New("it did not panic")
		}},
		{"the end of a request", func() error {
			cancel()
			_, err := store.As(north).Participants(cut, domain.Paging{})
			return not(err)
		}},
		{"a load", func() error { _, err := store.DemoState(ctx); return err }},
		{"several sessions in one", func() error {
			return store.Together(ctx, func(s *persistence.Store) error {
				_, err := s.As(north).Participants(ctx, domain.Paging{})
				return err
			})
		}},
		{"several sessions undone", func() error {
			return not(store.Together(ctx, func(s *persistence.Store) error {
				_, err := s.As(north).Participants(ctx, domain.Paging{})
				return errors.Join(err, errMidway)
			}))
		}},
	} {
		if err := row.work(); err != nil {
			t.Errorf("%s: %v", row.after, err)
		}
		var settings string
		var seen int
		err := store.Direct().QueryRowContext(ctx, `SELECT concat(current_setting('o2r.role', true), current_setting('o2r.organisation_id', true), current_setting('o2r.programmes', true), current_setting('o2r.purpose', true), current_setting('o2r.inside', true), current_setting('o2r.sandbox', true)),
			(SELECT count(*) FROM participants) + (SELECT count(*) FROM enrolments)`).Scan(&settings, &seen)
		if err != nil || settings != "" || seen != 0 {
			t.Errorf("after %s the connection keeps %q and sees %d rows: %v", row.after, settings, seen, err)
		}
		if got, err := store.As(domain.Actor{}).Texts(ctx, "", `SELECT id::text FROM participants`); err != nil || len(got) > 0 {
			t.Errorf("after %s, nobody reads %q: %v", row.after, got, err)
		}
	}
}

func not(err error) error {
	if err == nil {
		return errors.New("it went well")
	}
	return nil
}

// Many at once over few connections, each sees her own.
func TestManyActorsOverTwoConnections(t *testing.T) {
	store, conn := peopled(t)
	store.PoolOf(2)
	var all []domain.Actor
	for _, actor := range actors() {
		if actor.Staff() {
			all = append(all, actor)
		}
	}
	want := make([][]string, len(all))
	for i, actor := range all {
		want[i] = readable(t, conn, personal[0].table, personal[0].key, personal[0].readable, actor)
	}
	var wait sync.WaitGroup
	for i, actor := range all {
		wait.Go(func() {
			for range 5 {
				got, err := store.As(actor).Texts(t.Context(), "", `SELECT id::text FROM participants ORDER BY 1`)
				if err != nil || !slices.Equal(got, want[i]) {
					t.Errorf("%s reads %q, not %q: %v", name(actor), got, want[i], err)
				}
			}
		})
	}
	wait.Wait()
}

// Inside Together each session has its own actor, and what stands between them none.
func TestTogetherEachSessionIsItsOwnActor(t *testing.T) {
	store, _ := peopled(t)
	ctx := t.Context()
	leads := []domain.Actor{
		{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}},
		{Role: domain.Coordinator, OrganisationID: southOrg, Programmes: []string{south}},
		{Role: domain.Admin},
	}
	err := store.Together(ctx, func(s *persistence.Store) error {
		state, err := s.DemoState(ctx)
		if err != nil || state.Participants != len(people) {
			t.Errorf("the program itself counts %+v: %v", state, err)
		}
		if n, err := s.Outside(ctx, `SELECT count(*) FROM participants`); err != nil || n != 0 {
			t.Errorf("after the program's own work %d participants are there: %v", n, err)
		}
		var seen []string
		for _, lead := range leads {
			got, err := s.As(lead).Texts(ctx, "", `SELECT right(id::text, 1) FROM participants ORDER BY 1`)
			if err != nil {
				return err
			}
			seen = append(seen, fmt.Sprint(got))
		}
		if want := []string{"[1 3 4 7]", "[2 3 5 6 8]", "[]"}; !slices.Equal(seen, want) {
			t.Errorf("seen in turn: %q, not %q", seen, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// enrolled_in says what the enrolments say, whatever is done to them.
func TestEnrolledInFollowsTheEnrolments(t *testing.T) {
	store, conn := peopled(t)
	agree := func(after string) {
		t.Helper()
		if got := column(t, conn, `SELECT p.last_name FROM participants p WHERE (SELECT coalesce(array_agg(e.programme ORDER BY e.programme), '{}')
			FROM (SELECT DISTINCT programme FROM enrolments WHERE participant_id = p.id) e) <> ARRAY(SELECT unnest(p.enrolled_in) ORDER BY 1)`); len(got) > 0 {
			t.Errorf("after %s, of %q something else is said", after, got)
		}
	}
	agree("they were recorded")
	if err := store.Again(t.Context(), 7); err != nil { // as a database that held people before there were policies
		t.Fatal(err)
	}
	agree("a migration")
	if got := column(t, conn, `SELECT count(*)::text FROM participants WHERE enrolled_in <> '{}'`); got[0] != "6" {
		t.Errorf("of %s people it is said where they are enrolled", got[0])
	}
	for _, statement := range []string{
		`DELETE FROM follow_ups`, `DELETE FROM extensions`, `DELETE FROM immersions`, `DELETE FROM enrolment_proposals`, `DELETE FROM objectives`, `DELETE FROM actions`, `DELETE FROM charters`,
		`DELETE FROM enrolment_strengths`, `DELETE FROM enrolment_barriers`, `DELETE FROM diagnostics`,
		`DELETE FROM workshop_registrations`, `DELETE FROM workshop_requests`, `DELETE FROM appointment_moves`, `DELETE FROM appointments`, `DELETE FROM jobs`, `DELETE FROM outcomes`, `DELETE FROM france_travail_statuses`,
		`INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, voided_at, void_reason) SELECT gen_random_uuid(), 1, now(), now(), participant_id, programme, '2026-01-05', now(), 'x' FROM enrolments`,
		`UPDATE enrolments SET participant_id = '` + id("c0", 5) + `' WHERE id = '` + id("d0", 10) + `'`,
		`UPDATE enrolments SET participant_id = '` + id("c0", 5) + `' WHERE participant_id = '` + id("c0", 1) + `'`,
		`UPDATE enrolments SET programme = 'o2r-nord', referral_id = NULL WHERE id = '` + id("d0", 60) + `'`,
		`DELETE FROM enrolments WHERE id = '` + id("d0", 30) + `'`,
		`DELETE FROM enrolments WHERE participant_id = '` + id("c0", 3) + `'`,
		`DELETE FROM enrolments`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		agree(statement)
	}
	lead := domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	for _, statement := range []string{`UPDATE participants SET enrolled_in = '{o2r-nord,o2r-sud}'`, `UPDATE participants SET enrolled_in = '{o2r-sud}', version = 2`} {
		if _, err := store.As(lead).Try(t.Context(), "", statement); !refused(err) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// A reference that a partner used in a programme which this token does not open is used all the
// same, and says no more.
func TestAReferenceUsedElsewhereIsAConflict(t *testing.T) {
	store, _ := peopled(t)
	reference, email := "R20", "p@example.org" // the SPIP's, in the south
	partner := domain.Actor{Subject: "spip", Role: domain.Partner, OrganisationID: spip, Programmes: []string{north}}
	_, _, err := store.As(partner).Refer(t.Context(), domain.ReferralInput{
		Programme: north, ExternalReference: &reference, Identity: domain.Identity{FirstName: "a", LastName: "b"},
		Contact: domain.Contact{Email: &email}, ConsentedOn: domain.MustDate("2025-01-01"),
	})
	if !errors.Is(err, &domain.Error{Kind: domain.Conflict}) {
		t.Errorf("it says %v", err)
	}
}
