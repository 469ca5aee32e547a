package persistence

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"o2r/domain"
)

// settings are what the policies of the database (migrations 0008 and 0021) know of who asks. They are
// made when the transaction begins and end with it, so that a pooled connection never keeps
// them. Made from the zero value, no row of anybody is there.
type settings struct {
	role, organisation, programmes, purpose string
	sandbox                                 bool
}

// settingsOf is how the policies see that actor. What is no role, organisation or slug of ours
// is left out rather than passed on: it opens nothing, and `system` is no actor's role.
func settingsOf(actor domain.Actor) settings {
	var s settings
	if actor.Is(domain.Roles...) || actor.Is(domain.Anonymous) { // the latter opens nothing, and leaves its rows in the trail
		s.role = string(actor.Role)
	}
	if id, err := uuid.Parse(actor.OrganisationID); err == nil {
		s.organisation = id.String()
	}
	s.sandbox = actor.Sandbox && actor.Is(domain.Partner)
	s.programmes = strings.Join(slices.DeleteFunc(slices.Clone(actor.Programmes), notSlug), ",")
	return s
}

// asSystem is the program itself, which reaches everybody: for the store's own maintenance.
var asSystem = settings{role: string(roleSystem)}

// forFigures is the purpose for which an analyst may read dated facts.
const forFigures = "figures"

func notSlug(text string) bool {
	return text == "" || strings.ContainsFunc(text, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') })
}

// statement sets them for the transaction: SET, since a SELECT of set_config would be planned
// each time. It holds only words of ours, digits, hyphens and commas (see settingsOf), so that it
// may travel as text in the round trip that begins the transaction, where PostgreSQL takes no
// parameters.
func (s settings) statement() string {
	sandbox := ""
	if s.sandbox {
		sandbox = "on"
	}
	return "SET LOCAL o2r.role='" + s.role + "';SET LOCAL o2r.organisation_id='" + s.organisation +
		"';SET LOCAL o2r.programmes='" + s.programmes + "';SET LOCAL o2r.purpose='" + s.purpose + "';SET LOCAL o2r.sandbox='" + sandbox + "'"
}

// opening is statement for a transaction that begins, in which nothing is set yet: what is empty
// is left out, except the role, on which everything hangs.
func (s settings) opening() string {
	text := "SET LOCAL o2r.role='" + s.role + "'"
	if s.organisation != "" {
		text += ";SET LOCAL o2r.organisation_id='" + s.organisation + "'"
	}
	if s.programmes != "" {
		text += ";SET LOCAL o2r.programmes='" + s.programmes + "'"
	}
	if s.purpose != "" {
		text += ";SET LOCAL o2r.purpose='" + s.purpose + "'"
	}
	if s.sandbox {
		text += ";SET LOCAL o2r.sandbox='on'"
	}
	return text
}

// become goes on as an actor who has shown meanwhile who she is.
func (t *tx) become(actor domain.Actor) error {
	actor.RequestID = t.actor.RequestID
	t.actor, t.agreed = actor, nil
	return t.Exec(settingsOf(actor).statement()).Error
}

type settingsKey struct{}

// transaction runs the work in one transaction that the policies know the actor of. Inside
// Together it is a savepoint, and the settings are made anew: each actor's own.
func (s *Store) transaction(ctx context.Context, as settings, work func(*gorm.DB) error, options *sql.TxOptions) error {
	if s.together {
		return s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
			if err := db.Exec(as.statement()).Error; err != nil {
				return err
			}
			return work(db)
		})
	}
	return s.db.WithContext(context.WithValue(ctx, settingsKey{}, as)).Transaction(work, options)
}

// maintain runs what the program does for itself, across actors. A session never does.
func (s *Store) maintain(ctx context.Context, work func(*gorm.DB) error) error {
	err := s.transaction(ctx, asSystem, work, &sql.TxOptions{})
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

// BeginTx begins a transaction with the settings that the context carries, or with none: then no
// row is there.
func (c *connection) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	as, asked := ctx.Value(settingsKey{}).(settings)
	if !asked || c.Conn().IsClosed() {
		return c.stdlibConn.BeginTx(ctx, options)
	}
	begin, known := map[driver.TxOptions]string{
		{}: "BEGIN;",
		{Isolation: driver.IsolationLevel(sql.LevelRepeatableRead)}: "BEGIN ISOLATION LEVEL REPEATABLE READ;",
	}[options]
	if !known {
		return nil, fmt.Errorf("no session begins transactions like this: %+v", options)
	}
	tx, err := c.Conn().BeginTx(ctx, pgx.TxOptions{BeginQuery: begin + as.opening()})
	if err != nil {
		if c.Conn().PgConn().TxStatus() != 'I' {
			_ = c.Conn().Close(ctx) // begun and not set up: nobody may get it
		}
		return nil, err
	}
	return begun{ctx, tx}, nil
}

type begun struct {
	ctx context.Context
	pgx.Tx
}

func (b begun) Commit() error   { return b.Tx.Commit(b.ctx) }
func (b begun) Rollback() error { return b.Tx.Rollback(b.ctx) }
