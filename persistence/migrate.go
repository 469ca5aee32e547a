package persistence

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"o2r/persistence/migrations"
	"o2r/persistence/territories"
)

// Migrate brings the schema and the reference data to what this program knows, and names the
// migrations it applied. Any number of replicas may call it at once: each migration is
// applied once.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	applied := make([]string, len(results))
	for i, result := range results {
		applied[i] = result.Source.Path
	}
	return applied, s.loadTerritories(ctx)
}

// Pending names the migrations that Migrate would apply.
func (s *Store) Pending(ctx context.Context) ([]string, error) { return s.pending(ctx) }

func (s *Store) pending(ctx context.Context) ([]string, error) {
	provider, err := s.provider()
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

func (s *Store) provider() (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.pool, migrations.Files, goose.WithSessionLocker(locker))
}

func (s *Store) loadTerritories(ctx context.Context) (err error) {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		var direct *pgx.Conn = driver.(*stdlib.Conn).Conn()
		return territories.Load(ctx, direct)
	})
}
