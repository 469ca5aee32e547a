package persistence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"o2r/persistence/migrations"
	"o2r/persistence/territories"
)

// Migrate brings the schema and the reference data to what this program knows, and names the
// migrations it applied. Any number of replicas may call it at once: each migration is
// applied once.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	results, err := s.migrate(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	applied := make([]string, len(results))
	for i, result := range results {
		applied[i] = result.Source.Path
	}
	if err := s.openFigures(ctx); err != nil {
		return applied, err
	}
	if err := s.keyMatches(ctx); err != nil {
		return applied, err
	}
	return applied, s.loadTerritories(ctx)
}

// migrate applies what is pending on connections of its own, on which the program is itself: a
// migration that moves data has to reach the rows of everybody.
func (s *Store) migrate(ctx context.Context) (results []*goose.MigrationResult, err error) {
	config := s.config.Copy()
	config.RuntimeParams["o2r.role"] = asSystem.role
	pool := openPool(config)
	defer func() { err = errors.Join(err, pool.Close()) }()
	provider, err := provider(pool)
	if err != nil {
		return nil, err
	}
	return provider.Up(ctx)
}

// openFigures lets the database role for analysts' own queries, where an administrator has made
// one, read the schema figures: nothing there is about a person.
func (s *Store) openFigures(ctx context.Context) error {
	_, err := s.pool.ExecContext(ctx, `DO $$ BEGIN
		IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2r_analyst') THEN
			PERFORM pg_advisory_xact_lock(hashtextextended('open figures', 0)); -- two grants at once collide
			GRANT USAGE ON SCHEMA figures TO o2r_analyst;
			GRANT SELECT ON ALL TABLES IN SCHEMA figures TO o2r_analyst;
		END IF;
	END $$`)
	if err != nil {
		return fmt.Errorf("open the figures to analysts: %w", err)
	}
	return nil
}

// Pending names the migrations that Migrate would apply.
func (s *Store) Pending(ctx context.Context) ([]string, error) { return s.pending(ctx) }

func (s *Store) pending(ctx context.Context) ([]string, error) {
	provider, err := provider(s.pool)
	if err != nil {
		return nil, err
	}
	status, err := provider.Status(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, migration := range status {
		if migration.State == goose.StatePending {
			names = append(names, migration.Source.Path)
		}
	}
	return names, nil
}

func provider(pool *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, migrations.Files, goose.WithSessionLocker(locker))
}

func (s *Store) loadTerritories(ctx context.Context) (err error) {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		return territories.Load(ctx, driver.(*connection).Conn())
	})
}
