package persistence

import (
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// Session is the data as one actor may reach it. One exported method is one transaction.
type Session struct {
	store *Store
	actor domain.Actor
}

// tx is one transaction of one actor at one instant.
type tx struct {
	*gorm.DB
	actor domain.Actor
	now   time.Time
	today domain.Date

	agreed map[string]domain.Disclosure // see profiles

	withoutJustice bool
	unscoped       bool // see Store
	graves         tombstoneKey
	seal           cipher.AEAD
	networks       domain.Networks
	toldBefore     *toldBefore
}

// mayBeKept refuses what tells how a person stands with justice, where that module is off.
func (t *tx) mayBeKept(in any) error {
	if !t.withoutJustice {
		return nil
	}
	return domain.WithoutJustice(in)
}

// within runs one transaction, of whose actor the database knows too. A deadlock or a
// serialisation failure is the database's affair, not the caller's: it is tried again.
func (s *Session) within(ctx context.Context, work func(*tx) error) error {
	return s.transaction(ctx, &sql.TxOptions{}, work)
}

// snapshot is within for an answer that takes several statements: all of them see the records of
// one instant, whatever is written meanwhile.
func snapshot[T any](ctx context.Context, s *Session, work func(*tx) (T, error)) (T, error) {
	return fetchFrom(ctx, s, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, work)
}

func (s *Session) transaction(ctx context.Context, options *sql.TxOptions, work func(*tx) error) error {
	const tries = 3
	for try := 1; ; try++ {
		err := s.store.transaction(ctx, settingsOf(s.actor), func(db *gorm.DB) error {
			return work(s.begin(db))
		}, options)
		var refused *unexplained
		switch {
		case err == nil:
			return nil
		case s.store.together && (errors.As(err, &refused) || retriable(err)):
			return err // the whole ends with it: see Once
		case errors.As(err, &refused):
			return s.refuse(ctx, refused)
		case !retriable(err) || try == tries:
			return translate(err)
		}
		select { // two that met in each other's way would meet again
		case <-ctx.Done():
			return translate(err)
		case <-time.After(rand.N(time.Duration(try) * 50 * time.Millisecond)):
		}
	}
}

func (s *Session) begin(db *gorm.DB) *tx {
	now := s.store.clock().UTC().Truncate(time.Microsecond) // as precise as PostgreSQL keeps it
	return &tx{
		DB:    db.Session(&gorm.Session{NewDB: true, NowFunc: func() time.Time { return now }}),
		actor: s.actor, now: now, today: domain.DayOf(now),
		withoutJustice: s.store.withoutJustice, unscoped: s.store.unscoped, graves: s.store.graves,
		seal: s.store.seal, networks: s.store.networks, toldBefore: s.store.toldBefore,
	}
}

// refuse leaves in the trail, in a transaction of its own since the other is undone, that somebody
// asked for a colleague's file without a reason. She gets no answer that cannot be written down.
func (s *Session) refuse(ctx context.Context, file *unexplained) error {
	err := s.store.transaction(ctx, settingsOf(s.actor), func(db *gorm.DB) error {
		return s.begin(db).audit(trace{action: "refused", kind: file.kind, ids: []string{file.id}})
	}, &sql.TxOptions{})
	if err != nil {
		return translate(err)
	}
	return domain.ErrAccessReason
}

// fetch runs a transaction that gives something back.
func fetch[T any](ctx context.Context, s *Session, work func(*tx) (T, error)) (T, error) {
	return fetchFrom(ctx, s, &sql.TxOptions{}, work)
}

func fetchFrom[T any](ctx context.Context, s *Session, options *sql.TxOptions, work func(*tx) (T, error)) (T, error) {
	var found T
	err := s.transaction(ctx, options, func(t *tx) error {
		var err error
		found, err = work(t)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, err
	}
	return found, nil
}

// stamp is what a new record carries.
func (t *tx) stamp() domain.Stamp {
	return domain.Stamp{ID: newID(), Version: 1, CreatedAt: t.now, UpdatedAt: t.now}
}

// newID is a UUID version 7: unguessable, and later ones sort after earlier ones.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// one reads a single record out of a scoped query. What is not there, and what the actor may
// not see, read the same; a colleague's file asks a caseworker for a reason.
func one[T any](query *gorm.DB, what, id string) (T, error) {
	var record T
	table := query.Statement.Table
	query = query.Where(clause.Eq{Column: clause.Column{Table: table, Name: "id"}, Value: id}).Session(&gorm.Session{})
	err := query.Take(&record).Error
	if _, waited := query.Statement.Clauses["FOR"]; waited && errors.Is(err, gorm.ErrRecordNotFound) {
		// Once another has let go of a row, PostgreSQL asks of what became of it, but of every other table as it was
		// before: whoever was enrolled meanwhile would seem to be a colleague's. Asked again, it sees both.
		err = query.Take(&record).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return record, closed(query, table, what, id)
	}
	return record, err
}

// locked makes a query hold the rows it reads until the transaction ends. Whoever holds several takes
// them in one order, so that two never wait for each other: the participant, her enrolments, their
// facts and meetings, the referrals that led there; and the graveyard's lock when the enrolments are held.
func locked(query *gorm.DB) *gorm.DB {
	return query.Clauses(clause.Locking{Strength: "UPDATE", Table: clause.Table{Name: query.Statement.Table}})
}

// change locks a record the actor may reach, checks the version she read, lets the rule work
// on it, and writes it back under the next version.
func change[T any](t *tx, query *gorm.DB, what, id string, match domain.Match, stamp func(*T) *domain.Stamp, rule func(*T) error) (T, error) {
	record, err := one[T](locked(query), what, id)
	if err != nil {
		return record, err
	}
	held := stamp(&record)
	if !match.Allows(held.Version) {
		return record, domain.Outdated(what)
	}
	if err := rule(&record); err != nil {
		return record, err
	}
	return record, t.save(&record, held)
}

// save writes every column of a record that the transaction holds locked.
func (t *tx) save(record any, stamp *domain.Stamp) error {
	before := stamp.Version
	stamp.Version, stamp.UpdatedAt = before+1, t.now
	result := t.Model(record).Where("version = ?", before).Select("*").Omit("id", "created_at").UpdateColumns(record)
	if result.Error == nil && result.RowsAffected != 1 {
		return fmt.Errorf("a locked record was not written: %d rows", result.RowsAffected)
	}
	return result.Error
}
