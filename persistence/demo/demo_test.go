package demo_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/demo"
	"o2r/persistence/storetest"
)

// now is when the tests load: the story's end, as the caller's clock sees it.
var now = time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)

// loaded is a database with the synthetic programme in it, and a connection that looks past the store.
func loaded(t *testing.T) (*persistence.Store, demo.Result, *pgx.Conn) {
	t.Helper()
	store, conn := empty(t)
	started := time.Now()
	result, err := demo.Load(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %s", time.Since(started).Round(time.Millisecond))
	return store, result, conn
}

func empty(t *testing.T) (*persistence.Store, *pgx.Conn) {
	t.Helper()
	store, url := storetest.WithURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return store.At(now), conn
}

func count(t *testing.T, conn *pgx.Conn, query string, args ...any) int {
	t.Helper()
	var n int
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// tables are those that a load writes.
var tables = []string{
	"organisations", "programmes", "targets", "territory_lists", "territory_list_items", "sites", "permanences", "occurrence_changes", "closures", "appointment_moves", "workshops", "workshop_registrations", "workshop_requests", "workshop_moves", "participants", "referrals", "enrolments",
	"diagnostics", "enrolment_barriers", "enrolment_strengths", "charters", "objectives", "actions", "enrolment_proposals",
	"follow_ups", "extensions",
	"appointments", "france_travail_statuses", "jobs", "outcomes", "snapshots", "snapshot_items", "audit_events", "events", "demo_loads",
}

func rows(t *testing.T, conn *pgx.Conn) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range tables {
		counts[table] = count(t, conn, "SELECT count(*) FROM "+table)
	}
	return counts
}

// synthetic is a loaded database, with the eyes to look into it.
type synthetic struct {
	store  *persistence.Store
	result demo.Result
	conn   *pgx.Conn
}

// One load serves all tests that only look.
func TestLoaded(t *testing.T) {
	t.Parallel()
	var s synthetic
	s.store, s.result, s.conn = loaded(t)
	t.Run("what is there", s.testWhatIsThere)
	t.Run("meetings keep the hours of Paris", s.testHours)
	t.Run("permanences", s.testPermanences)
	t.Run("meetings that were moved, and workshops", s.testMeetings)
	t.Run("published figures", s.testPublishedFigures)
	t.Run("published snapshot", s.testPublishedSnapshot)
	t.Run("published profile", s.testPublishedProfile)
	t.Run("exits to work are intérim or CDD", s.testExitsToWork)
	t.Run("targeted territories", s.testTargetedTerritories)
	t.Run("operators are apart", s.testOperatorsAreApart)
	t.Run("each role finds what is hers", s.testActors)
	t.Run("every write is in the trail", s.testTrail)
	t.Run("what is owed after exits, and how long paths last", s.testAfterExits)
}

// Some meetings were moved and say why; of three workshops two are closed, and for the third somebody waits.
func (s synthetic) testMeetings(t *testing.T) {
	if n := count(t, s.conn, `SELECT count(*) FROM appointment_moves WHERE reason = 'Préfère venir sur place.' AND from_mode = 'phone' AND to_mode = 'in_person'`); n < 4 || n > 20 {
		t.Errorf("%d meetings were moved", n)
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM workshops WHERE status = 'closed'`: 2,
		`SELECT count(*) FROM workshop_moves`:                    1,
		`SELECT count(*) FROM workshop_registrations JOIN workshops w ON w.id = workshop_id WHERE w.status = 'closed' AND workshop_registrations.status = 'attended'`: 4,
		`SELECT count(*) FROM workshop_registrations JOIN workshops w ON w.id = workshop_id WHERE w.status = 'planned'`:                                               3,
		`SELECT count(*) FROM workshop_requests WHERE state = 'waiting'`:                                                                                              2,
		`SELECT count(*) FROM workshop_requests WHERE state = 'registered'`:                                                                                           2, // each got the place that was given back
		`SELECT count(*) FROM workshop_requests WHERE state = 'lapsed'`:                                                                                               1,
	} {
		if n := count(t, s.conn, query); n != want {
			t.Errorf("%s: %d, not %d", query, n, want)
		}
	}
}

func (s synthetic) testWhatIsThere(t *testing.T) {
	result, conn := s.result, s.conn
	if result.AlreadyLoaded || !result.LoadedAt.Equal(now) {
		t.Errorf("a first load says %+v", result)
	}
	if result.Participants != 31 || result.Enrolments != 34 || result.Referrals != 42 || result.Appointments != count(t, conn, "SELECT count(*) FROM appointments") {
		t.Errorf("counts are %+v", result)
	}
	want := []string{
		"association-exemple", "dreets-hauts-de-france", "france-services-flixecourt", "france-travail-doullens", "lilot", "mdsi-doullens",
		"mission-locale-exemple", "operateur-idf", "pepiniere-exemple", "spip-ile-de-france", "spip-somme", "ville-flixecourt",
	}
	if got := slices.Sorted(maps.Keys(result.Organisations)); !slices.Equal(got, want) {
		t.Errorf("organisations are %q", got)
	}
	for what, query := range map[string]string{
		"people of the Somme":                 `SELECT count(DISTINCT participant_id) - 26 FROM enrolments WHERE programme = 'o2r-somme'`,
		"telephone numbers not of fiction":    `SELECT count(*) FROM participants WHERE phone NOT LIKE '06 39 98 %'`,
		"addresses not at example.org":        `SELECT count(*) FROM participants WHERE email NOT LIKE 'demo-%@example.org'`,
		"repeated telephone numbers":          `SELECT count(*) - count(DISTINCT phone) FROM participants`,
		"people without an address":           `SELECT count(*) FROM participants WHERE address IS NULL`,
		"people who came by no referral":      `SELECT count(*) FROM enrolments WHERE referral_id IS NULL`,
		"people from outside the list":        `SELECT count(*) - 1 FROM enrolments e WHERE programme = 'o2r-somme' AND NOT EXISTS (SELECT FROM territory_list_items i WHERE i.territory_code = e.territory_code)`,
		"people of Amiens Nord":               `SELECT count(*) - 1 FROM enrolments WHERE territory_code = 'QP080003'`,
		"past meetings nobody spoke of":       `SELECT count(*) FROM appointments WHERE status = 'scheduled' AND starts_at < '2026-11-23T08:00:00Z'`,
		"support beyond twelve months":        `SELECT count(*) FROM enrolments WHERE coalesce(exited_on, '2026-11-23') > entered_on + interval '12 months'`,
		"records from the future":             `SELECT count(*) FROM audit_events WHERE at > '2026-11-23T08:00:00Z'`,
		"referrals under another name":        `SELECT count(*) FROM referrals r JOIN participants p ON p.id = r.participant_id WHERE (r.last_name, r.first_name, r.birth_date, r.phone) <> (p.last_name, p.first_name, p.birth_date, p.phone)`,
		"paths without a diagnostic":          `SELECT count(*) FROM enrolments e WHERE NOT EXISTS (SELECT FROM diagnostics d WHERE d.enrolment_id = e.id AND d.assessed_on = e.entered_on)`,
		"charters signed on the day of entry": `SELECT count(*) FROM charters c JOIN enrolments e ON e.id = c.enrolment_id WHERE c.signed_on <= e.entered_on`,
		"barriers that no diagnostic opened":  `SELECT count(*) FROM enrolment_barriers WHERE diagnostic_id IS NULL`,
		"barriers lifted by nothing":          `SELECT count(*) FROM enrolment_barriers WHERE state = 'lifted' AND action_id IS NULL`,
		"support recorded by somebody else":   `SELECT count(*) FROM actions a JOIN enrolments e ON e.id = a.enrolment_id WHERE a.author <> e.caseworker_id`,
		"support after an exit":               `SELECT count(*) FROM actions a JOIN enrolments e ON e.id = a.enrolment_id WHERE a.done_on > e.exited_on`,
		"three meetings at one hour":          `SELECT count(*) FROM (SELECT FROM appointments GROUP BY programme, starts_at HAVING count(*) > 2) crowded`,
		"two meetings of one person at once":  `SELECT count(*) - count(DISTINCT (enrolment_id, starts_at)) FROM appointments`,
	} {
		if n := count(t, conn, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	for what, query := range map[string]string{ // there is something of each to look at
		"second diagnostics":   `SELECT count(*) - count(DISTINCT enrolment_id) FROM diagnostics`,
		"lifted barriers":      `SELECT count(*) FROM enrolment_barriers WHERE state = 'lifted'`,
		"barriers in progress": `SELECT count(*) FROM enrolment_barriers WHERE state = 'in_progress'`,
		"strengths":            `SELECT count(*) FROM enrolment_strengths WHERE strength = 'experience_detention'`,
		"reached objectives":   `SELECT count(*) FROM objectives WHERE state = 'reached'`,
		"overdue objectives":   `SELECT count(*) FROM objectives o JOIN enrolments e ON e.id = o.enrolment_id WHERE o.state = 'open' AND o.due_on < '2026-11-23' AND e.exited_on IS NULL`,
		"minutes of help":      `SELECT coalesce(sum(duration_minutes), 0) FROM actions`,
		"accepted proposals":   `SELECT count(*) FROM enrolment_proposals WHERE followed_by = 'accepted' AND kind = 'emploi'`,
		"proposals not known":  `SELECT count(*) FROM enrolment_proposals WHERE followed_by IS NULL`,
	} {
		if n := count(t, conn, query); n == 0 {
			t.Errorf("no %s", what)
		}
	}
	for status, want := range map[string]int{"received": 3, "under_review": 1, "declined": 3, "withdrawn": 1, "accepted": 34} {
		if n := count(t, conn, `SELECT count(*) FROM referrals WHERE status = $1`, status); n != want {
			t.Errorf("%d referrals are %s, not %d", n, status, want)
		}
	}
}

// The team receives on Tuesdays at Doullens, on Thursday afternoons at Flixecourt, and at the SPIP
// from 2026, at the same hours of the clock in summer and winter.
func (s synthetic) testHours(t *testing.T) {
	found, err := s.conn.Query(t.Context(), `SELECT DISTINCT s.name, to_char(local, 'FMDay'), to_char(local, 'HH24:MI'), extract(month FROM local) BETWEEN 4 AND 9
		FROM appointments a JOIN sites s ON s.id = a.site_id, LATERAL (SELECT a.starts_at AT TIME ZONE 'Europe/Paris' AS local) l`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	weekdays := map[string]string{"France Travail Doullens": "Tuesday", "France Services Flixecourt": "Thursday", "SPIP Amiens": "Monday", "Permanence d'exemple à Bobigny": "Wednesday"}
	type season struct {
		site   string
		summer bool
	}
	hours := map[season][]string{}
	for found.Next() {
		var site, weekday, hour string
		var summer bool
		if err := found.Scan(&site, &weekday, &hour, &summer); err != nil {
			t.Fatal(err)
		}
		if weekdays[site] != weekday {
			t.Errorf("%s receives on a %s", site, weekday)
		}
		if site == "France Services Flixecourt" && hour < "14:00" {
			t.Errorf("%s receives at %s", site, hour)
		}
		hours[season{site, summer}] = append(hours[season{site, summer}], hour)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{"France Travail Doullens", "France Services Flixecourt"} {
		for _, summer := range []bool{true, false} {
			if !slices.Contains(hours[season{site, summer}], "14:00") {
				t.Errorf("%s, summer %t: nobody at 14:00, but %q", site, summer, hours[season{site, summer}])
			}
		}
	}
}

func TestSecondLoadChangesNothing(t *testing.T) {
	t.Parallel()
	store, first, conn := loaded(t)
	before := rows(t, conn)
	second, err := demo.Load(t.Context(), store.At(now.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	if after := rows(t, conn); !maps.Equal(before, after) {
		t.Errorf("a second load left %v, not %v", after, before)
	}
	first.AlreadyLoaded = true
	if !second.AlreadyLoaded || !second.LoadedAt.Equal(first.LoadedAt) || !maps.Equal(first.Organisations, second.Organisations) || second.Participants != first.Participants {
		t.Errorf("a second load says %+v, not %+v", second, first)
	}
}

func TestTwoLoadsAtOnce(t *testing.T) {
	t.Parallel()
	store, conn := empty(t)
	var wait sync.WaitGroup
	results, errs := make([]demo.Result, 2), make([]error, 2)
	for i := range results {
		wait.Go(func() { results[i], errs[i] = demo.Load(t.Context(), store) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if results[0].AlreadyLoaded == results[1].AlreadyLoaded {
		t.Errorf("both say already loaded: %t", results[0].AlreadyLoaded)
	}
	if n := count(t, conn, `SELECT count(*) FROM participants`); n != 31 {
		t.Errorf("%d participants", n)
	}
}

func TestRefusesToStandAmongOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		there   func(context.Context, *persistence.Store) error
		code    string
		mention string
	}{
		"a participant": {person, "demo_among_people", "participants: 1,"},
		"a referral":    {referral, "demo_among_people", "referrals: 1)"},
		"an organisation of the same slug": {func(ctx context.Context, store *persistence.Store) error {
			_, err := organisation(ctx, store, "spip-somme")
			return err
		}, "demo_slug_taken", "organisation spip-somme"},
		"a programme of the same slug": {func(ctx context.Context, store *persistence.Store) error {
			_, err := programme(ctx, store, "o2r-somme")
			return err
		}, "demo_slug_taken", "programme o2r-somme"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, conn := empty(t)
			if err := c.there(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			before := rows(t, conn)
			_, err := demo.Load(t.Context(), store)
			var refusal *domain.Error
			if !errors.As(err, &refusal) || refusal.Kind != domain.Conflict || refusal.Code != c.code || !strings.Contains(refusal.Message, c.mention) {
				t.Errorf("the load says %v", err)
			}
			if after := rows(t, conn); !maps.Equal(before, after) {
				t.Errorf("a refused load left %v, not %v", after, before)
			}
		})
	}
}

var administrator = domain.Actor{Subject: "admin", Role: domain.Admin}

func organisation(ctx context.Context, store *persistence.Store, slug string) (domain.Organisation, error) {
	return store.As(administrator).NewOrganisation(ctx, domain.OrganisationInput{Slug: slug, OrganisationNaming: domain.OrganisationNaming{Name: slug, Kind: domain.OrganisationOperateur}})
}

func programme(ctx context.Context, store *persistence.Store, slug string) (domain.Programme, error) {
	operator, err := organisation(ctx, store, "somebody-else")
	if err != nil {
		return domain.Programme{}, err
	}
	return store.As(administrator).NewProgramme(ctx, domain.ProgrammeInput{
		Slug: slug, Name: slug, OperatorID: operator.ID, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31"),
	})
}

var identity = domain.Identity{FirstName: "Une", LastName: "Autre"}

func person(ctx context.Context, store *persistence.Store) error {
	p, err := programme(ctx, store, "o2r-ailleurs")
	if err == nil {
		lead := domain.Actor{Subject: "lead", Role: domain.Coordinator, OrganisationID: p.OperatorID, Programmes: []string{p.Slug}}
		_, err = store.As(lead).NewParticipant(ctx, domain.ParticipantInput{Identity: identity})
	}
	return err
}

func referral(ctx context.Context, store *persistence.Store) error {
	p, err := programme(ctx, store, "o2r-ailleurs")
	if err == nil {
		partner := domain.Actor{Subject: "partner", Role: domain.Partner, OrganisationID: p.OperatorID, Programmes: []string{p.Slug}}
		_, _, err = store.As(partner).Refer(ctx, domain.ReferralInput{
			Programme: p.Slug, Identity: identity, ConsentedOn: domain.MustDate("2026-11-01"), ReferrerEmail: new("r@example.org"),
		})
	}
	return err
}

// The identity sequence of the trail moves outside transactions: it tells when a load is midway.
func TestInterruptedLoadLeavesNothing(t *testing.T) {
	t.Parallel()
	store, conn := empty(t)
	before := rows(t, conn)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := demo.Load(ctx, store)
		failed <- err
	}()
	for count(t, conn, `SELECT last_value FROM audit_events_id_seq`) < 500 {
		if len(failed) > 0 {
			break
		}
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatalf("the load says %v", err)
	}
	if after := rows(t, conn); !maps.Equal(before, after) {
		t.Errorf("an interrupted load left %v, not %v", after, before)
	}
	if result, err := demo.Load(t.Context(), store); err != nil || result.AlreadyLoaded {
		t.Errorf("the load that follows says %+v, %v", result, err)
	}
}

// A clock that stands before the story's end hears no more of it than has happened, but always
// the whole of 2025.
func TestTheStoryStopsAtTheClock(t *testing.T) {
	t.Parallel()
	for clock, want := range map[string]string{"2026-03-15T12:00:00Z": "2026-03-11", "2025-06-01T12:00:00Z": "2025-12-30"} {
		t.Run(clock, func(t *testing.T) {
			t.Parallel()
			store, conn := empty(t)
			instant, err := time.Parse(time.RFC3339, clock)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := demo.Load(t.Context(), store.At(instant)); err != nil {
				t.Fatal(err)
			}
			var last string
			err = conn.QueryRow(t.Context(), `SELECT to_char(max(at), 'YYYY-MM-DD') FROM audit_events`).Scan(&last)
			if err != nil || last != want {
				t.Errorf("the last thing recorded is of %s, not %s: %v", last, want, err)
			}
		})
	}
}
