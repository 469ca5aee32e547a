//go:build linux

package persistence_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

// What row-level security costs, against none at all: two databases of the same content, one
// without policies whose transactions do not even say who asks, read in turn so that both meet
// the same weather. It reports, for each kind of read, what one costs either way, in processor
// time of this process and of PostgreSQL together, which other work on the machine blurs less
// than it does the clock; and how much more the one with policies takes, in per cent.
//
//	go test ./persistence -run '^$' -bench RowSecurity -benchtime 1x
func BenchmarkRowSecurity(b *testing.B) {
	with, without := crowded(b, true), crowded(b, false)
	withBackend, withoutBackend := alone(b, with), alone(b, without)
	actor := domain.Actor{Subject: "b", Role: domain.Caseworker, OrganisationID: northOrg, Programmes: []string{north}}
	for _, read := range []struct {
		what string
		ask  func(context.Context, *persistence.Session, int) error
	}{
		{"one participant", func(ctx context.Context, s *persistence.Session, n int) error {
			_, err := s.Participant(ctx, crowdID("c", n))
			return err
		}},
		{"one enrolment", func(ctx context.Context, s *persistence.Session, n int) error {
			_, err := s.Enrolment(ctx, crowdID("d", n))
			return err
		}},
		{"50 participants", func(ctx context.Context, s *persistence.Session, _ int) error {
			found, err := s.Participants(ctx, domain.Paging{Limit: 50})
			return whole(len(found.Items), err)
		}},
		{"50 enrolments", func(ctx context.Context, s *persistence.Session, _ int) error {
			found, err := s.Enrolments(ctx, persistence.EnrolmentQuery{Paging: domain.Paging{Limit: 50}})
			return whole(len(found.Items), err)
		}},
		{"50 referrals", func(ctx context.Context, s *persistence.Session, _ int) error {
			found, err := s.Referrals(ctx, domain.ReferralQuery{Paging: domain.Paging{Limit: 50}})
			return whole(len(found.Items), err)
		}},
	} {
		b.Run(read.what, func(b *testing.B) {
			const rounds, reads = 60, 50
			var held, free cost
			for range b.N {
				for round := range rounds {
					spend := func(on *cost, store *persistence.Store, backend string) {
						session, before, started := store.As(actor), processor(b, backend), time.Now()
						for n := range reads {
							if err := read.ask(b.Context(), session, (round*reads+n)%crowd*2); err != nil {
								b.Fatal(err)
							}
						}
						on.clock = append(on.clock, time.Since(started)/reads)
						on.processor = append(on.processor, (processor(b, backend)-before)/reads)
					}
					if round%2 == 0 {
						spend(&held, with, withBackend)
						spend(&free, without, withoutBackend)
					} else {
						spend(&free, without, withoutBackend)
						spend(&held, with, withBackend)
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(middle(held.processor).Microseconds()), "cpu-µs-with")
			b.ReportMetric(float64(middle(free.processor).Microseconds()), "cpu-µs-without")
			b.ReportMetric(100*(float64(middle(held.processor))/float64(middle(free.processor))-1), "%-more-cpu")
			b.ReportMetric(100*(float64(middle(held.clock))/float64(middle(free.clock))-1), "%-more-time")
		})
	}
}

type cost struct{ clock, processor []time.Duration }

func middle(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// alone leaves the store one connection, and names the file that says what its server process
// has spent. Other systems than Linux have no such file.
func alone(b *testing.B, store *persistence.Store) string {
	b.Helper()
	store.PoolOf(1)
	var pid int
	if err := store.Direct().QueryRowContext(b.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		b.Fatal(err)
	}
	file := fmt.Sprintf("/proc/%d/schedstat", pid)
	if _, err := os.Stat(file); err != nil {
		b.Skip("processor time of PostgreSQL is not known here: ", err)
	}
	return file
}

// processor is what this process and that server process have spent so far.
func processor(b *testing.B, backend string) time.Duration {
	b.Helper()
	var ours syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ours); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(backend)
	if err != nil {
		b.Fatal(err)
	}
	theirs, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(ours.Utime.Nano() + ours.Stime.Nano() + theirs)
}

func whole(n int, err error) error {
	if err == nil && n != 50 {
		err = fmt.Errorf("a page of %d", n)
	}
	return err
}

const crowd = 2000

func crowdID(kind string, n int) string {
	return fmt.Sprintf("00000000-0000-7000-8%s0-%012d", kind+kind, n)
}

// crowded is a database with a crowd in two programmes, with its policies or without any.
func crowded(b *testing.B, held bool) *persistence.Store {
	b.Helper()
	store, superURL := storetest.WithSuper(b)
	conn, err := pgx.Connect(b.Context(), superURL)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	fill(b, conn)
	if held {
		return store
	}
	for _, p := range personal {
		if _, err := conn.Exec(b.Context(), `ALTER TABLE `+p.table+` DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY`); err != nil {
			b.Fatal(err)
		}
	}
	return store.Plain(b.Cleanup)
}

func fill(b testing.TB, conn *pgx.Conn) {
	b.Helper()
	exec := func(sql string) {
		b.Helper()
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	exec(fmt.Sprintf(`
		INSERT INTO organisations VALUES ('%[1]s', 1, now(), now(), 'nord', 'n', 'operateur'), ('%[2]s', 1, now(), now(), 'sud', 's', 'operateur'), ('%[3]s', 1, now(), now(), 'spip', 's', 'spip');
		INSERT INTO programmes (id, version, created_at, updated_at, slug, name, operator_id, starts_on, ends_on)
			VALUES (gen_random_uuid(), 1, now(), now(), 'o2r-nord', 'n', '%[1]s', '2024-11-01', '2027-12-31'), (gen_random_uuid(), 1, now(), now(), 'o2r-sud', 's', '%[2]s', '2024-11-01', '2027-12-31');
		CREATE TEMPORARY TABLE crowd AS
			SELECT n, format('00000000-0000-7000-8cc0-%%s', lpad(n::text, 12, '0')) AS p, format('00000000-0000-7000-8dd0-%%s', lpad(n::text, 12, '0')) AS e, n %% 2 = 0 AS north FROM generate_series(0, %[4]d * 2 - 1) n`, northOrg, southOrg, spip, crowd))
	exec(fmt.Sprintf(`
		INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name, birth_date, gender, phone)
			SELECT p::uuid, 1, now(), now(), CASE WHEN north THEN '%s'::uuid ELSE '%s'::uuid END, CASE WHEN north THEN '{o2r-nord}'::text[] ELSE '{o2r-sud}' END, 'Camille' || n, 'Exemple' || n, '1990-05-17', 'female', '06 39 98 12 34' FROM crowd;
		INSERT INTO referrals (id, version, created_at, updated_at, organisation_id, programme, external_reference, first_name, last_name, email, consented_on, status, received_at)
			SELECT gen_random_uuid(), 1, now(), now(), '%s', CASE WHEN north THEN 'o2r-nord' ELSE 'o2r-sud' END, 'R' || n, 'Camille' || n, 'Exemple' || n, 'p@example.org', '2025-01-01', 'received', now() FROM crowd;
		INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, territory_code)
			SELECT e::uuid, 1, now(), now(), p::uuid, CASE WHEN north THEN 'o2r-nord' ELSE 'o2r-sud' END, '2025-02-03', '80253' FROM crowd;
		ANALYZE`, northOrg, southOrg, spip))
}
