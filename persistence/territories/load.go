package territories

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A Conn is what Load needs of a *pgx.Conn, a *pgxpool.Pool or a pgx.Tx.
type Conn interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Load brings the table territories to this package's revision, in one transaction (a savepoint when conn is a
// transaction, which must be READ COMMITTED). When the revision, or a later one, is already there it costs one read of
// one row. Starts that run at once queue on an advisory lock, and the later ones find the work done.
//
// Only rows that differ are written. A territory that is in the table and not in this revision keeps its row and gets
// valid_until, the day before the vintage; one that comes back loses it again; one that a later vintage brings in gets
// valid_from. Rows that no data set owns (dataset is null) are left alone unless a territory of this revision has their
// code.
func Load(ctx context.Context, conn Conn) error {
	return edition{Revision, Version, Vintage, SHA256(), All}.load(ctx, conn)
}

// An edition is one revision of the data set.
type edition struct {
	revision int
	version  string
	vintage  string
	sha256   string
	rows     func() ([]Row, error)
}

func (e edition) load(ctx context.Context, conn Conn) error {
	done, err := e.loaded(ctx, conn)
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	if done {
		return nil
	}
	rows, err := e.rows()
	if err != nil {
		return err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("load territories: begin: %w", err)
	}
	if err := e.replace(ctx, tx, rows); err != nil {
		// The connection may be what failed, or ctx what ended: say both.
		if undo := tx.Rollback(context.WithoutCancel(ctx)); undo != nil && !errors.Is(undo, pgx.ErrTxClosed) {
			err = errors.Join(err, undo)
		}
		return fmt.Errorf("load territories: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("load territories: commit: %w", err)
	}
	return nil
}

// loaded tells whether the database has this revision with these bytes, or a later one.
func (e edition) loaded(ctx context.Context, conn Conn) (bool, error) {
	var done bool
	err := conn.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM territory_editions
			WHERE dataset = $1 AND (revision > $2 OR revision = $2 AND sha256 = $3))`,
		Dataset, e.revision, e.sha256).Scan(&done)
	if err != nil {
		return false, fmt.Errorf("read the editions: %w", err)
	}
	return done, nil
}

// columns are those of the table that the data set fills, in the order of values.
var columns = []string{
	"code", "kind", "name", "department_code", "department_name", "region_code", "region_name",
	"epci_code", "epci_name", "canton_code", "canton_name", "parent_code", "postal_codes", "population", "note",
}

func (r Row) values() []any {
	return []any{
		r.Code, r.Kind, r.Name, r.DepartmentCode, r.DepartmentName, r.RegionCode, r.RegionName,
		orNull(r.EPCICode), orNull(r.EPCIName), orNull(r.CantonCode), orNull(r.CantonName), orNull(r.ParentCode),
		r.PostalCodes, r.Population, orNull(r.Note),
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (e edition) replace(ctx context.Context, tx pgx.Tx, rows []Row) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('territories ' || $1, 0))`, Dataset); err != nil {
		return fmt.Errorf("wait for another start: %w", err)
	}
	if done, err := e.loaded(ctx, tx); err != nil || done {
		return err
	}
	if _, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE territories_incoming ON COMMIT DROP AS
		SELECT code, kind, name, department_code, department_name, region_code, region_name,
			epci_code, epci_name, canton_code, canton_name, parent_code, postal_codes, population, note
		FROM territories WITH NO DATA`); err != nil {
		return fmt.Errorf("make room: %w", err)
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"territories_incoming"}, columns,
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return rows[i].values(), nil })); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	for _, step := range []struct {
		what, sql string
		args      []any
	}{
		// Without it, and before statistics exist, ending what is gone compares every row with every row.
		{"index", `ALTER TABLE territories_incoming ADD PRIMARY KEY (code)`, nil},
		{"upsert", upsertSQL, []any{Dataset, e.vintage}},
		{"end what is gone", endSQL, []any{Dataset, e.vintage}},
		{"record the edition", editionSQL, []any{Dataset, e.revision, e.version, e.vintage, e.sha256, len(rows)}},
		// The transaction may be part of a longer one, in which Load is called again.
		{"clear away", `DROP TABLE territories_incoming`, nil},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// A territory is new, with a valid_from, only when an earlier vintage was loaded and did not have it.
const upsertSQL = `
	INSERT INTO territories AS t (
		code, kind, name, department_code, department_name, region_code, region_name,
		epci_code, epci_name, canton_code, canton_name, parent_code, postal_codes, population, note,
		valid_from, dataset)
	SELECT
		code, kind, name, department_code, department_name, region_code, region_name,
		epci_code, epci_name, canton_code, canton_name, parent_code, postal_codes, population, note,
		CASE WHEN EXISTS (SELECT FROM territory_editions WHERE dataset = $1 AND vintage_on < $2::date) THEN $2::date END, $1
	FROM territories_incoming
	ON CONFLICT (code) DO UPDATE SET
		kind = excluded.kind, name = excluded.name,
		department_code = excluded.department_code, department_name = excluded.department_name,
		region_code = excluded.region_code, region_name = excluded.region_name,
		epci_code = excluded.epci_code, epci_name = excluded.epci_name,
		canton_code = excluded.canton_code, canton_name = excluded.canton_name,
		parent_code = excluded.parent_code, postal_codes = excluded.postal_codes,
		population = excluded.population, note = excluded.note,
		valid_until = NULL, dataset = excluded.dataset
	WHERE (t.kind, t.name, t.department_code, t.department_name, t.region_code, t.region_name,
			t.epci_code, t.epci_name, t.canton_code, t.canton_name, t.parent_code, t.postal_codes,
			t.population, t.note, t.valid_until, t.dataset)
		IS DISTINCT FROM
		(excluded.kind, excluded.name, excluded.department_code, excluded.department_name, excluded.region_code,
			excluded.region_name, excluded.epci_code, excluded.epci_name, excluded.canton_code, excluded.canton_name,
			excluded.parent_code, excluded.postal_codes, excluded.population, excluded.note, NULL::date,
			excluded.dataset)`

const endSQL = `
	UPDATE territories AS t
	SET valid_until = greatest($2::date - 1, t.valid_from)
	WHERE t.dataset = $1 AND t.valid_until IS NULL
		AND NOT EXISTS (SELECT FROM territories_incoming AS i WHERE i.code = t.code)`

const editionSQL = `
	INSERT INTO territory_editions (dataset, revision, version, vintage_on, sha256, row_count)
	VALUES ($1, $2, $3, $4::date, $5, $6)
	ON CONFLICT (dataset, revision) DO UPDATE SET
		version = excluded.version, vintage_on = excluded.vintage_on, sha256 = excluded.sha256,
		row_count = excluded.row_count, loaded_at = now()`
