//go:build linux || darwin || freebsd

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var prepared atomic.Int32

// sample is a template with a table, a row and an extension.
var sample = Template{Hash: "sample 1", Prepare: func(ctx context.Context, url string) error {
	prepared.Add(1)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE EXTENSION pg_trgm; CREATE TABLE person (name text); INSERT INTO person VALUES ('Ada')`)
	return errors.Join(err, conn.Close(ctx))
}}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func one(t *testing.T, url, sql string) string {
	t.Helper()
	var text string
	if err := connect(t, url).QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func TestEachTestHasItsOwn(t *testing.T) {
	var name string
	t.Run("side by side", func(t *testing.T) {
		for range 6 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				url := New(t, sample)
				if _, err := connect(t, url).Exec(t.Context(), `INSERT INTO person VALUES ('Blaise')`); err != nil {
					t.Fatal(err)
				}
				if got := one(t, url, `SELECT string_agg(name, ' ' ORDER BY name) FROM person`); got != "Ada Blaise" {
					t.Errorf("somebody else's rows: %s", got)
				}
			})
		}
	})
	t.Run("who connects", func(t *testing.T) {
		url, super := NewWithSuper(t, sample)
		name = one(t, url, `SELECT current_database()`)
		for sql, want := range map[string]string{
			`SELECT concat(rolsuper, rolbypassrls, rolcreaterole) FROM pg_roles WHERE rolname = current_user`:           "fff",
			`SELECT (pg_get_userbyid(datdba) = current_user)::text FROM pg_database WHERE datname = current_database()`: "true",
			`SELECT (tableowner = current_user)::text FROM pg_tables WHERE tablename = 'person'`:                        "true",
			`SELECT count(*)::text FROM person`: "1",
		} {
			if got := one(t, url, sql); got != want {
				t.Errorf("%s: %s, want %s", sql, got, want)
			}
		}
		if got := one(t, super, `SELECT current_database() || rolsuper FROM pg_roles WHERE rolname = current_user`); got != name+"true" {
			t.Errorf("the superuser is %s, not in %s", got, name)
		}
		// Connections left open must not keep the database: connect's cleanup runs first, this one's never.
		if _, err := pgx.Connect(context.Background(), url); err != nil {
			t.Fatal(err)
		}
	})
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	var left int
	if err := s.conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname = $1 OR datname LIKE 'o2r\_test\_' || $2 || '%'`, name, s.run).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d databases are left, %v", left, err)
	}
	if n := prepared.Load(); n > 1 {
		t.Errorf("the template was made %d times", n)
	}
}

func TestTemplateThatFails(t *testing.T) {
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	broken := Template{Hash: "broken", Prepare: func(context.Context, string) error { return errors.New("no such migration") }}
	for range 2 {
		if _, err := s.copyOf(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "no such migration") {
			t.Errorf("got %v", err)
		}
	}
	one(t, New(t, Template{}), `SELECT 'the empty template works'`)
}

// TestChild is what the tests below run in a process of its own; it does nothing otherwise.
func TestChild(t *testing.T) {
	mode := os.Getenv("O2R_PGTEST_CHILD")
	if mode == "" {
		return
	}
	url := New(t, sample)
	fmt.Println("url", url)
	fmt.Println("super", one(t, url, `SELECT count(*)::text FROM person`))
	if mode == "wait" {
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

func child(env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// folders lists the folders of a process's private server.
func folders(pid int) (list []string) {
	for _, base := range []string{"/dev/shm", os.TempDir()} {
		found, _ := filepath.Glob(filepath.Join(base, fmt.Sprintf("%s%d-*", prefix(), pid)))
		list = append(list, found...)
	}
	return list
}

// TestNothingIsLeft ends test binaries in every way and looks for their folders and servers.
func TestNothingIsLeft(t *testing.T) {
	for _, row := range []string{"ends", "is killed", "is killed with its cleaner and server"} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			cmd := child("O2R_PGTEST_CHILD=wait", "TEST_DATABASE_URL=")
			input, _ := cmd.StdinPipe()
			output, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			lines := bufio.NewScanner(output)
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "super") {
			}
			left := folders(cmd.Process.Pid)
			if len(left) != 1 {
				t.Fatalf("folders: %v", left)
			}
			server := 0
			text, _ := os.ReadFile(filepath.Join(left[0], "cluster", "postmaster.pid"))
			_, _ = fmt.Sscan(string(text), &server)
			switch row {
			case "ends":
				_ = input.Close()
				_, _ = io.Copy(io.Discard, output)
				if err := cmd.Wait(); err != nil {
					t.Error(err)
				}
			case "is killed":
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			default:
				list, _ := exec.Command("pgrep", "-f", "o2r-pgtest "+left[0]).Output()
				cleaner := 0
				_, _ = fmt.Sscan(string(list), &cleaner)
				if cleaner == 0 {
					t.Skip("no pgrep")
				}
				for _, pid := range []int{cleaner, server} {
					_ = syscall.Kill(pid, syscall.SIGSTOP)
				}
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				for _, pid := range []int{cleaner, server} {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
				if len(folders(cmd.Process.Pid)) != 1 {
					t.Fatal("the folder should still be there")
				}
				sweep(t.Context(), filepath.Dir(left[0])) // as the next run does
				if list := folders(cmd.Process.Pid); len(list) != 0 {
					t.Fatalf("the next run leaves %v", list)
				}
			}
			for deadline := time.Now().Add(15 * time.Second); len(folders(cmd.Process.Pid)) > 0; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%v is left", left)
				}
			}
			if line, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(server)).Output(); err == nil && !strings.HasPrefix(strings.TrimSpace(string(line)), "Z") {
				t.Errorf("the server %d lives", server)
			}
		})
	}
}

// A machine without PostgreSQL is a failure with a sentence, never a skip.
func TestMissingPostgreSQLFails(t *testing.T) {
	output, err := child("O2R_PGTEST_CHILD=once", "TEST_DATABASE_URL=", "O2R_PG_BIN=/nowhere").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "--- FAIL: TestChild") || !strings.Contains(string(output), "O2R_PG_BIN is /nowhere") {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestExternal uses a private server as if it were somebody's.
func TestExternal(t *testing.T) {
	cluster, err := startPrivate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Stop(context.Background()) })
	super := cluster.SuperURL("postgres")
	conn := connect(t, super)
	if _, err := conn.Exec(t.Context(), `CREATE ROLE maker LOGIN CREATEDB; CREATE ROLE above LOGIN CREATEDB BYPASSRLS;
		CREATE ROLE "plain one" LOGIN`); err != nil {
		t.Fatal(err)
	}
	// What a killed run would have left; a live one holds its lock.
	for _, run := range []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"} {
		if _, err := conn.Exec(t.Context(), `CREATE DATABASE o2r_test_`+run+`_1 STRATEGY FILE_COPY`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock(hashtextextended('bbbbbbbbbbbb', 0))`); err != nil {
		t.Fatal(err)
	}
	as := func(role string) string {
		return strings.Replace(super, "postgres@", strings.ReplaceAll(role, " ", "%20")+"@", 1)
	}
	for _, row := range []struct{ name, url, says string }{
		{"a superuser", super, ""},
		{"a role that may create databases", as("maker"), ""},
		{"a role that bypasses row-level security", as("above"), "BYPASSRLS"},
		{"a role that may not", as("plain one"), "CREATEDB"},
		{"a role that is not there", as("absent"), "TEST_DATABASE_URL"},
		{"no URL", "host=localhost password=hunter2", "postgres://"},
	} {
		output, err := child("O2R_PGTEST_CHILD=once", "TEST_DATABASE_URL="+row.url).CombinedOutput()
		if ok := err == nil; ok != (row.says == "") || !strings.Contains(string(output), row.says) || strings.Contains(string(output), "SKIP") || strings.Contains(string(output), "hunter2") {
			t.Errorf("%s: %v\n%s", row.name, err, output)
		}
	}
	var left string
	if err := conn.QueryRow(t.Context(), `SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'o2r\_test\_%'`).Scan(&left); err != nil || left != "o2r_test_bbbbbbbbbbbb_1" {
		t.Errorf("left: %s, %v", left, err)
	}
}
