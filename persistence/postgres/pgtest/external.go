package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"o2r/persistence/postgres"
)

// externalRole owns the databases when the given role is a superuser and so cannot.
const externalRole = "o2r_test"

// openExternal uses the server of TEST_DATABASE_URL. Its role must be able to create databases; when it
// is a superuser, the tests use a modest role with the same password instead.
func openExternal(ctx context.Context, text string) (*server, error) {
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "postgres" && base.Scheme != "postgresql" {
		return nil, errors.New("TEST_DATABASE_URL is not of the form postgres://role:password@host/database")
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, errors.New("TEST_DATABASE_URL cannot be read as a PostgreSQL URL") // pgx's error shows the URL
	}
	s := &server{url: func(role, database string) string {
		target := *base
		if role != "" && role != config.User {
			target.User = url.UserPassword(role, config.Password)
		}
		return postgres.WithDatabase(target.String(), database)
	}}
	if err := s.open(ctx, text); err != nil {
		return nil, fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	var version int
	var above, create bool
	err = s.conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, rolsuper, rolbypassrls, rolcreatedb
		FROM pg_roles WHERE rolname = current_user`).Scan(&version, &s.super, &above, &create)
	switch {
	case err != nil:
		return nil, fmt.Errorf("TEST_DATABASE_URL: %w", err)
	case version/10000 < postgres.MinMajor:
		return nil, fmt.Errorf("TEST_DATABASE_URL names a PostgreSQL %d: version %d or newer is needed", version/10000, postgres.MinMajor)
	case s.super:
		s.role = externalRole
		err = s.makeRole(ctx, config.Password)
	case above || !create:
		err = errors.New("the role of TEST_DATABASE_URL must have CREATEDB and must not have BYPASSRLS")
	default:
		s.role = pgx.Identifier{config.User}.Sanitize()
		inner := s.url
		s.url = func(_, database string) string { return inner("", database) }
	}
	if err != nil {
		return nil, err
	}
	return s, s.dropOrphans(ctx)
}

func (s *server) makeRole(ctx context.Context, password string) error {
	const lock, unlock = `SELECT pg_advisory_lock(hashtextextended($1, 0))`, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`
	if _, err := s.conn.Exec(ctx, lock, externalRole); err != nil {
		return err
	}
	defer s.conn.Exec(context.WithoutCancel(ctx), unlock, externalRole)
	var exists bool
	if err := s.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, externalRole).Scan(&exists); err != nil {
		return err
	}
	verb := "CREATE"
	if exists {
		verb = "ALTER"
	}
	sql := verb + ` ROLE ` + externalRole + ` LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE`
	if password != "" {
		sql += ` PASSWORD '` + strings.ReplaceAll(password, `'`, `''`) + `'`
	}
	_, err := s.conn.Exec(ctx, sql)
	return err
}

// dropOrphans drops the databases of test binaries that were killed: a run whose lock can be had is
// dead. Templates stay, to be used again.
func (s *server) dropOrphans(ctx context.Context) error {
	rows, err := s.conn.Query(ctx, `SELECT datname FROM pg_database WHERE datname ~ '^o2r_test_[0-9a-f]{12}_[0-9]+$' AND split_part(datname, '_', 3) <> $1`, s.run)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		run := strings.Split(name, "_")[2]
		var dead bool
		if err := s.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, run).Scan(&dead); err != nil {
			return err
		}
		if !dead {
			continue
		}
		_, err := s.conn.Exec(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
		if _, unlockErr := s.conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, run); unlockErr != nil {
			return unlockErr
		}
		if err != nil {
			return fmt.Errorf("drop the database of a killed test: %w", err)
		}
	}
	return nil
}
