package persistence

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"o2r/domain"
)

// settings are what the policies of the database (migration 0008) know of who asks. They are
// made when the transaction begins and end with it, so that a pooled connection never keeps
// them. Made from the zero value, no row of anybody is there.
type settings struct{ role, organisation, programmes, purpose string }

// settingsOf is how the policies see that actor. What is no role, organisation or slug of ours
// is left out rather than passed on: it opens nothing, and `system` is no actor's role.
func settingsOf(actor domain.Actor) settings {
	var s settings
	if actor.Is(domain.Roles...) {
		s.role = string(actor.Role)
	}
	if id, err := uuid.Parse(actor.OrganisationID); err == nil {
		s.organisation = id.String()
	}
	s.programmes = strings.Join(slices.DeleteFunc(slices.Clone(actor.Programmes), notSlug), ",")
	return s
}

// asSystem is the program itself, which reaches everybody: for the store's own maintenance.
var asSystem = settings{role: "system"}

// forFigures is the purpose for which an analyst may read dated facts.
const forFigures = "figures"

func notSlug(text string) bool {
	return text == "" || strings.ContainsFunc(text, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') })
}

// statement sets them for the transaction. It holds only words of ours, digits, hyphens and
// commas (see settingsOf), so that it may travel as text in the round trip that begins the
// transaction, where PostgreSQL takes no parameters.
func (s settings) statement() string {
	return "SELECT set_config('o2r.role','" + s.role + "',true),set_config('o2r.organisation_id','" + s.organisation +
		"',true),set_config('o2r.programmes','" + s.programmes + "',true),set_config('o2r.purpose','" + s.purpose + "',true)"
}

type settingsKey struct{}

// transaction runs the work in one transaction that the policies know the actor of. Inside
// Together it is a savepoint, and the settings are made anew: each actor's own.
func (s *Store) transaction(ctx context.Context, as settings, work func(*gorm.DB) error) error {
	if s.together {
		return s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
			if err := db.Exec(as.statement()).Error; err != nil {
				return err
			}
			return work(db)
		})
	}
	return s.db.WithContext(context.WithValue(ctx, settingsKey{}, as)).Transaction(work)
}

// maintain runs what the program does for itself, across actors. A session never does.
func (s *Store) maintain(ctx context.Context, work func(*gorm.DB) error) error {
	err := s.transaction(ctx, asSystem, work)
	if err == nil && s.together {
		err = s.db.WithContext(ctx).Exec(settings{}.statement()).Error // what follows is not ours
	}
	return err
}

// connector opens connections that begin a transaction and make its settings in one round trip.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{opened.(*stdlibConn)}, nil
}

type stdlibConn = stdlib.Conn // embedded under a name that leaves its method Conn in reach

type connection struct{ *stdlibConn }

// BeginTx begins a transaction with the settings that the context carries, or with none.
func (c *connection) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	as, asked := ctx.Value(settingsKey{}).(settings)
	if !asked || options != (driver.TxOptions{}) || c.Conn().IsClosed() {
		return c.stdlibConn.BeginTx(ctx, options) // without settings no row is there
	}
	begun, err := c.Conn().BeginTx(ctx, pgx.TxOptions{BeginQuery: "BEGIN;" + as.statement()})
	if err != nil {
		if status := c.Conn().PgConn().TxStatus(); status != 'I' {
			_ = c.Conn().Close(ctx) // begun and not set up: nobody may get it
		}
		return nil, err
	}
	return transaction{ctx, begun}, nil
}

type transaction struct {
	ctx context.Context
	pgx.Tx
}

func (t transaction) Commit() error   { return t.Tx.Commit(t.ctx) }
func (t transaction) Rollback() error { return t.Tx.Rollback(t.ctx) }
