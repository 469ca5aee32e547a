package persistence_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/persistence/storetest"
)

// writers is how many write at once.
const writers = 32

// BenchmarkAuditWriters compares, with 32 writers on as many connections, the chained insert with
// the same insert unchained, and with one chain that all of them would queue for. Rounds of the
// three take turns, and the ratios of their times are what to read: 1 is as fast as unchained. The
// held ones keep each row's transaction open for 2 ms, as a request does.
//
//	go test ./persistence -run '^$' -bench AuditWriters -benchtime 5x
func BenchmarkAuditWriters(b *testing.B) {
	for _, held := range []string{"", "SELECT pg_sleep(0.002)"} {
		b.Run(map[bool]string{true: "alone", false: "held"}[held == ""], func(b *testing.B) {
			_, superURL := storetest.WithSuper(b)
			super := connect(b, superURL)
			for _, statement := range []string{
				`CREATE TABLE plain (LIKE audit_events INCLUDING ALL)`,
				`ALTER TABLE plain ALTER chain DROP NOT NULL, ALTER seq DROP NOT NULL, ALTER prev_hash DROP NOT NULL, ALTER hash DROP NOT NULL`,
			} {
				if _, err := super.Exec(b.Context(), statement); err != nil {
					b.Fatal(err)
				}
			}
			conns := make([]*pgx.Conn, writers)
			for i := range conns {
				conns[i] = connect(b, superURL)
			}
			spent := map[string]time.Duration{}
			b.ResetTimer()
			for b.Loop() {
				for _, table := range []string{"plain", "audit_events", "one lock"} {
					spent[table] += round(b, conns, table, held)
				}
			}
			b.ReportMetric(float64(spent["audit_events"])/float64(spent["plain"]), "chained/plain")
			b.ReportMetric(float64(spent["one lock"])/float64(spent["plain"]), "one-lock/plain")
		})
	}
}

// round has every writer insert 20 rows, a transaction each.
func round(b *testing.B, conns []*pgx.Conn, table, held string) time.Duration {
	first := `SELECT 1`
	if table == "one lock" { // all on chain 1, whose head each waits for
		table, first = "audit_events", `SELECT set_config('o2r.audit_tip', '1:0', true) FROM (SELECT FROM audit_chains WHERE chain = 1 FOR UPDATE) head`
	}
	var wait sync.WaitGroup
	began := time.Now()
	for i, conn := range conns {
		wait.Go(func() {
			for n := range 20 {
				err := pgx.BeginFunc(context.Background(), conn, func(tx pgx.Tx) error {
					if _, err := tx.Exec(context.Background(), first); err != nil {
						return err
					}
					_, err := tx.Exec(context.Background(), `INSERT INTO `+table+` (at, subject, role, token_id, request_id, action, kind, record_ids, programme, fields)
						VALUES (now(), 'caseworker', 'caseworker', 'jeton', $1, 'read', 'participant', ARRAY[$1], 'o2r-somme', '{first_name,last_name,birth_date}')`, fmt.Sprint(i, "-", n))
					if err == nil && held != "" {
						_, err = tx.Exec(context.Background(), held)
					}
					return err
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return time.Since(began)
}
