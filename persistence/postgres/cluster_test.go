//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestCluster lives through a cluster's first and second start in a folder whose name has everything
// that a command line, a URL and a list of folders could trip over.
func TestCluster(t *testing.T) {
	t.Setenv("O2R_CANARY", "secret-of-the-environment")
	t.Setenv("PGDATA", "/nowhere")
	t.Setenv("PGOPTIONS", "-c nonsense=1")
	dir := filepath.Join(folder(t), `L'Îlot "O2R" 50% a+b`)
	config := quiet(dir)
	config.Throwaway = false
	t.Setenv("PGOPTIONS", "")
	c := start(t, config)
	conn := connect(t, c.URL())

	t.Run("what the application's role is", func(t *testing.T) {
		for sql, want := range map[string]string{
			`SELECT current_user || ' ' || current_database()`: "o2r o2r",
			`SELECT concat(rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication) FROM pg_roles WHERE rolname = current_user`: "fffff",
			`SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()`:                                           "o2r",
		} {
			if got := one(t, conn, sql); got != want {
				t.Errorf("%s: %s, want %s", sql, got, want)
			}
		}
	})
	t.Run("what the application's role may", func(t *testing.T) {
		for _, sql := range []string{
			`CREATE EXTENSION pg_trgm`, `CREATE EXTENSION unaccent`, `CREATE EXTENSION btree_gist`,
			`CREATE SCHEMA s`, `CREATE TABLE kept (note text PRIMARY KEY)`, `INSERT INTO kept VALUES ('first')`,
		} {
			exec1(t, conn, sql)
		}
	})
	t.Run("what the application's role may not", func(t *testing.T) {
		for _, sql := range []string{
			`CREATE ROLE x`, `CREATE DATABASE x`, `ALTER ROLE o2r SUPERUSER`, `ALTER ROLE o2r BYPASSRLS`, `SET ROLE postgres`,
			`ALTER SYSTEM SET log_statement = 'all'`, `SET log_min_messages = debug1`, `COPY kept TO PROGRAM 'cat'`,
			`SELECT pg_read_file('PG_VERSION')`, `CREATE EXTENSION file_fdw`,
		} {
			if _, err := conn.Exec(t.Context(), sql); err == nil {
				t.Errorf("%s was allowed", sql)
			}
		}
		exec1(t, conn, `CREATE TABLE guarded (x int)`)
		exec1(t, conn, `INSERT INTO guarded VALUES (1)`)
		exec1(t, conn, `ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`)
		if n := one(t, conn, `SELECT count(*)::text FROM guarded`); n != "0" {
			t.Errorf("it sees %s rows that no policy shows", n)
		}
	})
	t.Run("settings", func(t *testing.T) {
		for name, want := range map[string]string{
			"listen_addresses": "", "TimeZone": "UTC", "server_encoding": "UTF8", "data_checksums": "on", "fsync": "on",
			"unix_socket_permissions": "0700", "log_parameter_max_length": "0", "synchronous_commit": "on", "shared_buffers": "64MB",
		} {
			if got := one(t, connect(t, c.SuperURL("postgres")), `SHOW `+name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if got := one(t, conn, `SELECT lower('ÎLOT') || upper('é')`); got != "îlotÉ" {
			t.Errorf("letters with accents: %s", got)
		}
	})
	t.Run("nobody's data in the log", func(t *testing.T) {
		for _, sql := range []string{
			`INSERT INTO kept VALUES ('first') -- CANARY`, // a constraint, whose DETAIL has the value
			`SELECT 'CANARY'::int`,
			`SELECT * FROM kept WHERE CANARY`,
			`DO $$ BEGIN RAISE WARNING 'CANARY'; RAISE EXCEPTION 'CANARY'; END $$`,
		} {
			_, _ = conn.Exec(t.Context(), sql)
		}
		_, _ = conn.Exec(t.Context(), `SELECT $1::text::int`, "CANARY")
		text, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
		if err != nil || !strings.Contains(string(text), "ready to accept connections") {
			t.Fatalf("no log: %v", err)
		}
		for _, word := range []string{"CANARY", "first"} {
			if strings.Contains(string(text), word) {
				t.Errorf("the log says %q", word)
			}
		}
	})
	t.Run("closed to others", func(t *testing.T) {
		for _, name := range []string{"socket", "cluster"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s: %v %v", name, info.Mode(), err)
			}
			if uid := info.Sys().(*syscall.Stat_t).Uid; os.Geteuid() == 0 && uid == 0 {
				t.Errorf("%s belongs to root", name)
			}
		}
		if group, err := syscall.Getpgid(c.PID()); err != nil || group != c.PID() {
			t.Errorf("it is in group %d of the process %d: a Ctrl-C would stop it", group, c.PID())
		}
		text, _ := os.ReadFile("/proc/" + itoa(c.PID()) + "/environ")
		if strings.Contains(string(text), "secret-of") {
			t.Error("our environment was passed on")
		}
	})
	t.Run("a second process is told who holds the folder", func(t *testing.T) {
		_, err := Start(t.Context(), config)
		held, ok := errors.AsType[*HeldError](err)
		if !ok || held.PID != os.Getpid() || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), itoa(os.Getpid())) {
			t.Errorf("got %v", err)
		}
		if err := EndLeftovers(t.Context(), config); err == nil {
			t.Error("a live server was to be ended as left over")
		}
	})
	t.Run("a second process may attach", func(t *testing.T) {
		attached, err := Attach(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if got := one(t, connect(t, attached.URL()), `SELECT note FROM kept`); got != "first" || attached.BinDir() != c.BinDir() || attached.PID() != 0 {
			t.Errorf("got %q, programs in %q", got, attached.BinDir())
		}
		_ = attached.Stop(t.Context())
		if attached.Done() != nil || c.PID() == 0 {
			t.Error("stopping what was attached stopped the server")
		}
	})

	// Drift and a first start cut short: the next start mends both, and touches nothing else.
	super := connect(t, c.SuperURL("postgres"))
	exec1(t, super, `ALTER ROLE o2r SUPERUSER BYPASSRLS CREATEDB`)
	if err := appendFile(filepath.Join(dir, "cluster", "postgresql.conf"), "shared_buffers = 48MB\nlisten_addresses = '*'\n"); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup // stopping twice at once is stopping
	both.Go(func() { _ = c.Stop(context.Background()) })
	stop(t, c)
	both.Wait()
	select {
	case <-c.Done():
	default:
		t.Error("stopped, but not done")
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "postgres.log")); !strings.Contains(string(text), "database system is shut down") {
		t.Error("it was not stopped gracefully")
	}
	if _, err := Attach(t.Context(), config); !errors.Is(err, ErrNotRunning) {
		t.Errorf("attach to nothing: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, newPrefix+"unfinished"), 0o700); err != nil {
		t.Fatal(err)
	}
	conn = connect(t, start(t, config).URL())
	for sql, want := range map[string]string{
		`SELECT note FROM kept`: "first",
		`SELECT concat(rolsuper, rolbypassrls, rolcreatedb) FROM pg_roles WHERE rolname = current_user`: "fff",
		`SHOW shared_buffers`: "48MB", `SHOW listen_addresses`: "",
	} {
		if got := one(t, conn, sql); got != want {
			t.Errorf("after a restart %s: %q, want %q", sql, got, want)
		}
	}
}

func TestTwoStartsAtOnce(t *testing.T) {
	dir := folder(t)
	var winners, held int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			c, err := Start(t.Context(), quiet(dir))
			mu.Lock()
			defer mu.Unlock()
			if _, ok := errors.AsType[*HeldError](err); ok {
				held++
			} else if err == nil {
				winners++
				t.Cleanup(func() { _ = c.Stop(context.Background()) })
			} else {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if winners != 1 || held != 2 {
		t.Errorf("%d started and %d were told who did", winners, held)
	}
}

// A path too long for a Unix socket, and one with a comma, which clients read as two hosts.
func TestSocketElsewhere(t *testing.T) {
	for name, part := range map[string]string{"long": strings.Repeat("d", 120), "comma": "a,b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(folder(t), part)
			c := start(t, quiet(dir))
			attached, err := Attach(t.Context(), quiet(dir))
			if err != nil {
				t.Fatal(err)
			}
			if got := one(t, connect(t, attached.URL()), `SELECT current_user`); got != AppRole {
				t.Errorf("connected as %s", got)
			}
			info, err := os.Stat(c.folder)
			if err != nil || info.Mode().Perm() != 0o700 || strings.HasPrefix(c.folder, dir) {
				t.Errorf("the socket is in %s, %v", c.folder, info.Mode())
			}
			stop(t, c)
			if _, err := os.Stat(c.folder); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there", c.folder)
			}
		})
	}
}

func TestServerEndsByItself(t *testing.T) {
	dir := folder(t)
	c := start(t, quiet(dir))
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "by itself") {
		t.Errorf("its error is %v", err)
	}
	_ = c.Stop(t.Context())
	if c.Err() == nil {
		t.Error("stopping what had ended hides why")
	}
	one(t, connect(t, start(t, quiet(dir)).URL()), `SELECT 'up'`)
}

// Stop returns although a client holds a transaction open, and with a context that is over.
func TestStopEscalates(t *testing.T) {
	c := start(t, quiet(folder(t)))
	conn := connect(t, c.URL())
	exec1(t, conn, `BEGIN`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Stop(ctx); err != nil {
		t.Error(err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the client is still connected")
	} else if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		t.Logf("the client was told: %v", err)
	}
}
