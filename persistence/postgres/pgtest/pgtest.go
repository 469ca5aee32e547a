// Package pgtest gives each test a PostgreSQL database of its own, made in some 20 ms by copying a
// template.
//
// The server is the one TEST_DATABASE_URL names (its role must be allowed to create databases, and be a
// superuser for [NewWithSuper]); without it, one private server for each test binary, found or fetched
// as package postgres does, without fsync, in memory where there is room. Nothing is left when the
// binary ends, however it ends. A machine without PostgreSQL fails the test, saying what to install: a
// skipped test is a green lie.
//
// Nothing of the schema belongs here: that comes in through Template.Prepare.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/persistence/postgres"
)

// Template is what every database starts as. The zero Template is an empty database.
type Template struct {
	// Hash identifies the content: two templates of one hash are the same. For a schema, the hash of its
	// migrations.
	Hash string
	// Prepare fills an empty database, connected as the role that owns it and that the tests use. It is
	// called once for each server and hash, and must close its connections.
	Prepare func(ctx context.Context, url string) error
}

// New gives a fresh copy of the template and the URL of the role that owns it, which is neither
// superuser nor above row-level security. The database is dropped, connections and all, when the test
// ends. It may be called from parallel tests.
func New(t testing.TB, template Template) (url string) {
	t.Helper()
	s, database := fresh(t, template)
	return s.url(s.role, database)
}

// NewWithSuper is New with the URL of a superuser to the same database besides, for a test of what the
// application's role may not do.
func NewWithSuper(t testing.TB, template Template) (url, superURL string) {
	t.Helper()
	s, database := fresh(t, template)
	if !s.super {
		t.Fatalf("this test needs a superuser, which the role of TEST_DATABASE_URL is not: name another, or unset it to use a private server")
	}
	return s.url(s.role, database), s.url("", database)
}

// patience bounds each step on the server, so that a test never hangs here.
const patience = time.Minute

func fresh(t testing.TB, template Template) (*server, string) {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	database, err := s.copyOf(ctx, template)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.exec(ctx, `DROP DATABASE IF EXISTS `+database+` WITH (FORCE)`); err != nil {
			t.Errorf("pgtest: drop the test's database: %v", err)
		}
	})
	return s, database
}

// server is where the databases are made.
type server struct {
	// url connects as a role, "" being the administrator, to a database.
	url   func(role, database string) string
	role  string // the tests'
	super bool   // the administrator is a superuser

	run string // unique to this process
	// One connection for all of administration: it holds the lock that says this process lives.
	mu        sync.Mutex
	conn      *pgx.Conn
	count     int
	templates map[string]error // by name: made, or why not
}

// shared is the server of this test binary, started by the first test that needs it.
var shared = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if external := os.Getenv("TEST_DATABASE_URL"); external != "" {
		return openExternal(ctx, external)
	}
	cluster, err := startPrivate(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{role: postgres.AppRole, super: true, url: func(role, database string) string {
		if role == "" {
			return cluster.SuperURL(database)
		}
		return postgres.WithDatabase(cluster.URL(), database)
	}}
	return s, s.open(ctx, s.url("", "postgres"))
})

func (s *server) open(ctx context.Context, url string) error {
	var err error
	if s.conn, err = pgx.Connect(ctx, url); err != nil {
		return err
	}
	s.templates = map[string]error{}
	id := make([]byte, 6)
	_, _ = rand.Read(id)
	s.run = hex.EncodeToString(id)
	_, err = s.conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, s.run)
	return err
}

func (s *server) exec(ctx context.Context, sql string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.conn.Exec(ctx, sql)
	return err
}

// copyOf makes a database from the template, and first the template if nobody has.
func (s *server) copyOf(ctx context.Context, template Template) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Another role could not copy this one's template.
	sum := sha256.Sum256([]byte(s.role + "\x00" + template.Hash))
	name := "o2r_template_" + hex.EncodeToString(sum[:8])
	err, known := s.templates[name]
	if !known {
		err = s.makeTemplate(ctx, name, template)
		s.templates[name] = err
	}
	if err != nil {
		return "", fmt.Errorf("make the template: %w", err)
	}
	s.count++
	database := fmt.Sprintf("o2r_test_%s_%d", s.run, s.count)
	// FILE_COPY beats the default, which writes every page to the log, by a factor of four.
	_, err = s.conn.Exec(ctx, `CREATE DATABASE `+database+` OWNER `+s.role+` TEMPLATE `+name+` STRATEGY FILE_COPY`)
	if err != nil {
		return "", fmt.Errorf("make the test's database: %w", err)
	}
	return database, nil
}

// makeTemplate fills a database under another name and renames it when done, so that a template is
// whole or not there; the lock keeps other test binaries on the same server from doing it too.
func (s *server) makeTemplate(ctx context.Context, name string, template Template) (err error) {
	const lock, unlock = `SELECT pg_advisory_lock(hashtextextended($1, 0))`, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`
	if _, err := s.conn.Exec(ctx, lock, name); err != nil {
		return err
	}
	defer s.conn.Exec(context.WithoutCancel(ctx), unlock, name)
	var exists bool
	if err := s.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil || exists {
		return err
	}
	building := name + "_building"
	if _, err := s.conn.Exec(ctx, `DROP DATABASE IF EXISTS `+building+` WITH (FORCE)`); err != nil {
		return err
	}
	if _, err := s.conn.Exec(ctx, `CREATE DATABASE `+building+` OWNER `+s.role+` STRATEGY FILE_COPY`); err != nil {
		return err
	}
	if template.Prepare != nil {
		if err := template.Prepare(ctx, s.url(s.role, building)); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		// A pool that was closed may have its last server process still on the way out.
		`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '` + building + `'`,
		`ALTER DATABASE ` + building + ` RENAME TO ` + name,
		`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS false`,
	} {
		if _, err := s.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
