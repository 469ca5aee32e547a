package persistence_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/migrations"
	"o2r/persistence/postgres/pgtest"
	"o2r/persistence/storetest"
)

func open(t *testing.T, url string) *persistence.Store {
	t.Helper()
	store, err := persistence.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func TestReplicasThatStartAtOnceMigrateOnce(t *testing.T) {
	url := pgtest.New(t, pgtest.Template{})
	files, err := migrations.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	stores := make([]*persistence.Store, 8)
	for i := range stores {
		stores[i] = open(t, url)
	}
	if err := stores[0].Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "o2r migrate") {
		t.Errorf("an empty database is ready: %v", err)
	}
	applied := make([]int, len(stores))
	var all sync.WaitGroup
	for i, store := range stores {
		all.Go(func() {
			names, err := store.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			applied[i] = len(names)
		})
	}
	all.Wait()
	total := 0
	for _, count := range applied {
		total += count
	}
	if total != len(files) {
		t.Errorf("%d migrations were applied, by %v; there are %d", total, applied, len(files))
	}
	if err := stores[0].Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if pending, err := stores[0].Pending(t.Context()); err != nil || len(pending) != 0 {
		t.Error(pending, err)
	}
}

func TestASuperuserIsRefused(t *testing.T) {
	_, super := pgtest.NewWithSuper(t, pgtest.Template{})
	if store, err := persistence.Open(t.Context(), super); err == nil || !strings.Contains(err.Error(), "superuser") {
		store.Close()
		t.Errorf("a superuser was let in: %v", err)
	}
}

func TestAURLThatCannotBeReadIsNotRepeated(t *testing.T) {
	for _, url := range []string{"postgres://o2r:hunter2@[::1/o2r", "postgres://o2r:hunter2@127.0.0.1:1/o2r"} {
		store, err := persistence.Open(t.Context(), url)
		if err == nil {
			store.Close()
			t.Fatal("opened", url)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

func TestALostConnectionIsUnavailable(t *testing.T) {
	store, url := storetest.WithURL(t)
	admin := store.As(domain.Actor{Subject: "admin", Role: domain.Admin})
	list := func() error {
		_, err := admin.Programmes(t.Context(), domain.Paging{})
		return err
	}
	if err := list(); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	// The connections of the pool are cut, as a database that restarts does.
	if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := list()
		if err == nil {
			break // a new connection was made
		}
		if !errors.Is(err, persistence.ErrUnavailable) {
			t.Fatalf("a lost connection reads %v", err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the pool does not recover")
		}
	}
}

func TestTogetherKeepsAllOrNothing(t *testing.T) {
	store := storetest.New(t)
	actor := domain.Actor{Subject: "admin", Role: domain.Admin}
	input := domain.OrganisationInput{Slug: "une", OrganisationNaming: domain.OrganisationNaming{Name: "Une", Kind: domain.OrganisationAutre}}
	refused := errors.New("refused")
	err := store.Together(t.Context(), func(inside *persistence.Store) error {
		if _, err := inside.As(actor).NewOrganisation(t.Context(), input); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	found, err := store.As(actor).Organisations(t.Context(), persistence.OrganisationQuery{})
	if err != nil || len(found.Items) != 0 {
		t.Error("half of it was kept:", found.Items, err)
	}
}

func TestAStoppedClockStampsRecords(t *testing.T) {
	store := storetest.New(t)
	then := time.Date(2025, 4, 1, 9, 30, 0, 123456789, time.FixedZone("", 7200))
	made, err := store.At(then).As(domain.Actor{Subject: "admin", Role: domain.Admin}).
		NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "une", OrganisationNaming: domain.OrganisationNaming{Name: "Une", Kind: domain.OrganisationAutre}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := store.As(domain.Actor{Subject: "admin", Role: domain.Admin}).Organisation(t.Context(), made.ID)
	if err != nil || read != made {
		t.Errorf("what was made and what is read differ: %v\n%+v\n%+v", err, made, read)
	}
	if want := then.UTC().Truncate(time.Microsecond); !read.CreatedAt.Equal(want) || read.CreatedAt.Location() != time.UTC {
		t.Errorf("recorded at %v, not %v", read.CreatedAt, want)
	}
}

// TestUnknownRolesSeeNothing asks for everything as somebody whose role no one knows.
func TestUnknownRolesSeeNothing(t *testing.T) {
	store := storetest.New(t)
	admin := store.As(domain.Actor{Subject: "admin", Role: domain.Admin})
	operator, err := admin.NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "une", OrganisationNaming: domain.OrganisationNaming{Name: "Une", Kind: domain.OrganisationOperateur}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = admin.NewProgramme(t.Context(), domain.ProgrammeInput{Slug: "p1", Name: "P", OperatorID: operator.ID, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []domain.Role{"", "king", "COORDINATOR", "system"} {
		s := store.As(domain.Actor{Subject: "x", Role: role, OrganisationID: operator.ID, Programmes: []string{"p1"}})
		organisations, err := s.Organisations(t.Context(), persistence.OrganisationQuery{})
		if err != nil || len(organisations.Items) != 0 {
			t.Errorf("%q sees %d organisations, %v", role, len(organisations.Items), err)
		}
		programmes, err := s.Programmes(t.Context(), domain.Paging{})
		if err != nil || len(programmes.Items) != 0 {
			t.Errorf("%q sees %d programmes, %v", role, len(programmes.Items), err)
		}
		if _, err := s.Figures(t.Context(), "p1", "", persistence.FiguresQuery{}); !errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			t.Errorf("%q reads figures: %v", role, err)
		}
	}
}

// TestFiguresAreOfOneInstant records a meeting of a new enrolment while figures are being gathered:
// they show both or neither.
func TestFiguresAreOfOneInstant(t *testing.T) {
	store, url := storetest.WithURL(t)
	admin := store.As(domain.Actor{Subject: "admin", Role: domain.Admin})
	operator, err := admin.NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "une", OrganisationNaming: domain.OrganisationNaming{Name: "Une", Kind: domain.OrganisationOperateur}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = admin.NewProgramme(t.Context(), domain.ProgrammeInput{Slug: "p1", Name: "P", OperatorID: operator.ID, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	staff := store.As(domain.Actor{Subject: "s", Role: domain.Coordinator, OrganisationID: operator.ID, Programmes: []string{"p1"}})

	// Whoever gathers facts waits for the jobs, with the enrolments read already.
	blocker, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer blocker.Close(context.Background())
	if _, err := blocker.Exec(t.Context(), `BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	var figures persistence.Shown[domain.Figures]
	go func() {
		var err error
		figures, err = staff.Figures(context.Background(), "p1", "", persistence.FiguresQuery{})
		answered <- err
	}()
	for waiting := 0; waiting == 0; {
		if err := blocker.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE relation = 'jobs'::regclass AND NOT granted`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	person, err := staff.NewParticipant(t.Context(), domain.ParticipantInput{Identity: domain.Identity{FirstName: "A", LastName: "B"}})
	if err != nil {
		t.Fatal(err)
	}
	entry, err := staff.Enrol(t.Context(), domain.EnrolmentInput{ParticipantID: person.ID, Programme: "p1", EnteredOn: domain.MustDate("2025-04-01")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = staff.Schedule(t.Context(), domain.AppointmentInput{EnrolmentID: entry.ID, StartsAt: time.Date(2025, 4, 8, 12, 0, 0, 0, time.UTC), DurationMinutes: 60, Mode: domain.MeetingPhone})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if n := *figures.Answer.Items[0].Numerator; n != 0 {
		t.Errorf("%d people, recorded after the figures were asked for", n)
	}
}
