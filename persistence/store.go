package persistence

import (
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"o2r/domain"
)

// Store is the database, before anybody has asked for anything. It is safe for concurrent use.
type Store struct {
	db       *gorm.DB
	pool     *sql.DB
	config   *pgx.ConnConfig
	clock    func() time.Time
	together bool // inside Together's transaction

	withoutJustice bool // see WithoutJustice

	// unscoped leaves the limits of scope.go away. Only a test sets it, to show that the database
	// holds by itself.
	unscoped bool

	graves tombstoneKey // see UseTombstoneKey

	answers    *answers // made of figures; see answered
	toldBefore *toldBefore

	seal     cipher.AEAD // of webhooks' secrets; see UseWebhooks
	networks domain.Networks
}

// Connections are bounded: on a small machine a pool larger than a few per core only makes
// requests wait in the database instead of here.
const maxConnections = 16

// Open connects to the database at that URL and refuses a role that row-level security could
// not hold: a superuser, or one that bypasses it. It does not migrate.
func Open(ctx context.Context, url string) (*Store, error) {
	config, err := configure(url)
	if err != nil {
		return nil, err
	}
	pool := openPool(config)
	db, err := openGORM(pool)
	if err == nil {
		err = refuseBypass(ctx, pool)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &Store{db: db, pool: pool, config: config, clock: time.Now, answers: newAnswers(), toldBefore: newToldBefore()}, nil
}

func openGORM(pool *sql.DB) (*gorm.DB, error) {
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{
		// Statements are logged by nobody here: their values are people's.
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
	})
	if err == nil {
		db.ClauseBuilders["LIMIT"] = literalLimit
	}
	return db, err
}

// literalLimit writes the number itself. PostgreSQL plans a page whose size is a parameter anew
// each time, and planning costs as much as reading it.
func literalLimit(c clause.Clause, builder clause.Builder) {
	limit, ok := c.Expression.(clause.Limit)
	if !ok || limit.Limit == nil || limit.Offset > 0 {
		c.Build(builder)
		return
	}
	_, _ = builder.WriteString("LIMIT " + strconv.Itoa(*limit.Limit))
}

func configure(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL cannot be read: it looks like postgres://user@host/database, with %20 for a space") // pgx's own text would repeat the password
	}
	for name, value := range map[string]string{
		"application_name":                    "o2r",
		"timezone":                            "UTC",
		"statement_timeout":                   "30s",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "60s",
	} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	return config, nil
}

func openPool(config *pgx.ConnConfig) *sql.DB {
	pool := sql.OpenDB(connector{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}, // instants are UTC on the wire
		})
		return nil
	}))})
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

func refuseBypass(ctx context.Context, pool *sql.DB) error {
	var role string
	var bypasses bool
	err := pool.QueryRowContext(ctx, `SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&role, &bypasses)
	switch {
	case err != nil:
		return fmt.Errorf("reach the database: %w", err)
	case bypasses:
		return fmt.Errorf("the database role %q is a superuser or bypasses row-level security: connect as an ordinary role that owns the database", role)
	}
	return nil
}

// Close ends every connection.
func (s *Store) Close() error { return s.pool.Close() }

// At gives the same store with its clock stopped at that instant: what is recorded through it
// is recorded then. It is how the demonstration plays a programme's history.
func (s *Store) At(instant time.Time) *Store {
	stopped := *s
	stopped.clock = func() time.Time { return instant }
	return &stopped
}

// WithoutJustice gives the same store for a deployment whose justice module is off: it refuses to
// record how anybody stands with justice, and no figure tells of it.
func (s *Store) WithoutJustice() *Store {
	other := *s
	other.withoutJustice = true
	return &other
}

// As gives the session of one actor: the only way to data.
func (s *Store) As(actor domain.Actor) *Session { return &Session{store: s, actor: actor} }

// Together runs several sessions' work in one transaction: all of it is kept, or nothing.
func (s *Store) Together(ctx context.Context, work func(*Store) error) error {
	return translate(s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		inside := *s
		inside.db, inside.together = db, true
		return work(&inside)
	}))
}

// Ready is nil when the database is reachable and migrated to the schema this program knows.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.pool.PingContext(ctx); err != nil {
		return fmt.Errorf("the database cannot be reached: %w", err)
	}
	pending, err := s.pending(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema's version: %w", err)
	case len(pending) > 0:
		slog.DebugContext(ctx, "migrations are pending", "first", pending[0])
		return fmt.Errorf("%d migrations are pending: run o2r migrate", len(pending))
	}
	return nil
}
