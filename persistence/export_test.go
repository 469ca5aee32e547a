package persistence

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"o2r/domain"
)

// Unscoped is the same store without the limits that scope.go lays on queries: what still holds,
// the database holds.
func (s *Store) Unscoped() *Store {
	open := *s
	open.unscoped = true
	return &open
}

// PoolOf makes the store share that many connections.
func (s *Store) PoolOf(n int) { s.pool.SetMaxOpenConns(n) }

// Direct is the store's own, for a query outside any session.
func (s *Store) Direct() *sql.DB { return s.pool }

// Outside asks as Store-level code does inside Together, between sessions.
func (s *Store) Outside(ctx context.Context, query string) (n int, err error) {
	return n, s.db.WithContext(ctx).Raw(query).Scan(&n).Error
}

// Texts runs a query of its own in a session's transaction, for that purpose if any.
func (s *Session) Texts(ctx context.Context, purpose, query string) ([]string, error) {
	return fetch(ctx, s, func(t *tx) (found []string, err error) {
		if purpose != "" {
			if err := t.Exec(`SELECT set_config('o2r.purpose', ?, true)`, purpose).Error; err != nil {
				return nil, err
			}
		}
		return found, t.Raw(query).Scan(&found).Error
	})
}

var errUndone = errors.New("undone")

// Try runs a statement of its own in a session's transaction and takes it back: how many rows it
// wrote, or how the database refused it.
func (s *Session) Try(ctx context.Context, purpose, statement string) (rows int64, err error) {
	err = s.store.transaction(ctx, settingsOf(s.actor), func(db *gorm.DB) error {
		if purpose != "" {
			if err := db.Exec(`SELECT set_config('o2r.purpose', ?, true)`, purpose).Error; err != nil {
				return err
			}
		}
		result := db.Exec(statement)
		if rows = result.RowsAffected; result.Error != nil {
			return result.Error
		}
		return errUndone
	}, &sql.TxOptions{})
	if err == errUndone {
		err = nil
	}
	return rows, err
}

// Panic breaks off in the middle of a session's transaction.
func (s *Session) Panic(ctx context.Context) {
	_ = s.within(ctx, func(*tx) error { panic("in the middle") })
}

// Plain is a store on the same database that begins transactions without saying who asks: what
// row-level security is measured against.
func (s *Store) Plain(atEnd func(func())) *Store {
	pool := stdlib.OpenDB(*s.config)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	atEnd(func() { _ = pool.Close() })
	plain := *s
	plain.pool = pool
	db, err := openGORM(pool)
	if err != nil {
		panic(err)
	}
	plain.db = db
	return &plain
}

// Again takes the migrations after that one back and applies them anew, as Migrate does.
func (s *Store) Again(ctx context.Context, after int64) error {
	config := s.config.Copy()
	config.RuntimeParams["o2r.role"] = asSystem.role
	pool := openPool(config)
	defer pool.Close()
	provider, err := provider(pool)
	if err != nil {
		return err
	}
	if _, err := provider.DownTo(ctx, after); err != nil {
		return err
	}
	_, err = s.Migrate(ctx)
	return err
}

// Alike asks for many records at once who may be the same, as a list of referrals does.
func Alike(ctx context.Context, s *Session, kind string, ids ...string) (map[string][]domain.PossibleMatch, error) {
	return fetch(ctx, s, func(t *tx) (map[string][]domain.PossibleMatch, error) { return t.alike(kind, ids...) })
}

// Dialled is how telephone numbers are compared.
func Dialled(written string) string { return dialled(&written) }

// Clocked is the store by another clock.
func (s *Store) Clocked(clock func() time.Time) *Store {
	other := *s
	other.clock = clock
	return &other
}

// Computed is how many answers were computed, and not found kept.
func (s *Store) Computed() int64 { return s.answers.computed.Load() }

// TimelinePlan is how PostgreSQL would find a page of a person's timeline.
func TimelinePlan(ctx context.Context, s *Session, participantID string) (plan []string, err error) {
	return fetch(ctx, s, func(t *tx) (plan []string, err error) {
		whose, err := t.personNamed(participantID)
		if err != nil {
			return nil, err
		}
		return plan, t.Raw("EXPLAIN ?", t.chronicled(whose, domain.TimelineFilter{}, nil, 50).Limit(51)).Scan(&plan).Error
	})
}

// counting counts the statements that a session runs.
type counting struct {
	logger.Interface
	statements *int
}

func (c counting) Trace(context.Context, time.Time, func() (string, int64), error) { *c.statements++ }

// ToDo are the checkpoints to see to and the alerts of the enrolments that the actor reaches, and how many statements each took.
func (s *Session) ToDo(ctx context.Context) (checkpoints []domain.ExitCheckpointView, alerts []domain.AlertView, statements [2]int, err error) {
	err = s.within(ctx, func(t *tx) error {
		of := func(i int) *tx {
			counted := *t
			counted.DB = t.DB.Session(&gorm.Session{NewDB: true, Logger: counting{logger.Discard, &statements[i]}})
			return &counted
		}
		one, other := of(0), of(1)
		var owed []domain.ExitCheckpoint
		if err := one.checkpoints(one.enrolments(), domain.CheckpointDue, domain.CheckpointOverdue).Order(checkpointDue + ", enrolments.id").Find(&owed).Error; err != nil {
			return err
		}
		for _, c := range owed {
			checkpoints = append(checkpoints, c.View(t.today))
		}
		var lasting []duration
		err := other.durations(other.enrolments()).Order(supportEnds + ", enrolments.id").Find(&lasting).Error
		alerts = t.viewAlerts(lasting)
		return err
	})
	return checkpoints, alerts, statements, err
}

// Packed compresses a text as a closing's basis is; Unpacked reads one.
func Packed(text string) ([]byte, error) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write([]byte(text))
	err = errors.Join(err, zip.Close())
	return packed.Bytes(), err
}

func Unpacked(text []byte) (domain.Basis, error) { return unpacked(text) }
