package territories

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func scan[T any](t *testing.T, conn Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func TestLoad(t *testing.T) {
	conn := connect(t, database(t))
	start := time.Now()
	if err := Load(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	t.Logf("first load: %s", time.Since(start))
	if got := scan[int](t, conn, `SELECT count(*) FROM territories`); got != 35009 {
		t.Errorf("%d territories, want 35,009", got)
	}
	if got := scan[int](t, conn, `SELECT row_count FROM territory_editions WHERE dataset = $1 AND revision = $2 AND sha256 = $3`,
		Dataset, Revision, SHA256()); got != 35009 {
		t.Errorf("the edition counts %d rows", got)
	}
	for _, row := range []struct{ sql, want string }{
		{`SELECT string_agg(code, ' ' ORDER BY code) FROM territories WHERE postal_codes @> '{80080}'`, "80021"},
		{`SELECT string_agg(code, ' ' ORDER BY code) FROM territories WHERE postal_codes @> '{75116}'`, "75056 75116"},
		{`SELECT string_agg(code, ' ' ORDER BY code) FROM territories WHERE search_name LIKE fold('St-Ouen') || '%' AND department_code = '80'`, "80711"},
		{`SELECT concat_ws('|', kind, parent_code, epci_name, canton_code, postal_codes, population, valid_from, valid_until)
			FROM territories WHERE code = 'QP080003'`, "quartier|80021|CA Amiens Métropole|{}"},
		{`SELECT concat_ws('|', search_name, epci_code, canton_name, postal_codes, population, valid_from, valid_until)
			FROM territories WHERE code = '80318'`, "flixecourt|200071223|Flixecourt|{80420}|3221"},
	} {
		if got := scan[string](t, conn, row.sql); got != row.want {
			t.Errorf("%s: %s, want %s", row.sql, got, row.want)
		}
	}

	written := `SELECT (SELECT max(xmin::text::bigint) FROM territories) + (SELECT max(xmin::text::bigint) FROM territory_editions)`
	before := scan[int64](t, conn, written)
	start = time.Now()
	if err := Load(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	t.Logf("second load: %s", time.Since(start))
	if scan[int64](t, conn, written) != before {
		t.Error("the second load wrote")
	}
}

// Inside the caller's transaction Load is undone with it, and may be called again in it.
func TestLoadInATransaction(t *testing.T) {
	conn := connect(t, database(t))
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Load(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := scan[int](t, conn, `SELECT count(*) FROM territories`); got != 0 {
		t.Errorf("%d territories outlived the rollback", got)
	}
}

func TestLoadAtOnce(t *testing.T) {
	url := database(t)
	var starts sync.WaitGroup
	for range 6 {
		conn := connect(t, url)
		starts.Go(func() {
			if err := Load(t.Context(), conn); err != nil {
				t.Error(err)
			}
		})
	}
	starts.Wait()
	conn := connect(t, url)
	if got := scan[int](t, conn, `SELECT count(DISTINCT xmin::text) FROM territories`); got != 1 {
		t.Errorf("%d transactions wrote, want 1", got)
	}
}

func TestLoadRefusedLeavesNothing(t *testing.T) {
	conn := connect(t, database(t))
	broken := edition{1, "broken", "2026-01-01", strings.Repeat("0", 64), func() ([]Row, error) {
		return []Row{commune("80001", "Abbeville"), commune("8000", "four digits")}, nil
	}}
	var refused *pgconn.PgError
	if err := broken.load(t.Context(), conn); !errors.As(err, &refused) || refused.ConstraintName != "territories_code_check" {
		t.Errorf("a code of four digits: %v", err)
	}
	if got := scan[int](t, conn, `SELECT (SELECT count(*) FROM territories) + (SELECT count(*) FROM territory_editions)`); got != 0 {
		t.Errorf("%d rows of a refused load", got)
	}
	if err := Load(t.Context(), conn); err != nil {
		t.Errorf("the next load on the same connection: %v", err)
	}
}

// What becomes of a territory from one edition to the next.
func TestEditions(t *testing.T) {
	conn := connect(t, database(t))
	renamed := commune("80002", "New name")
	steps := []struct {
		what     string
		revision int
		vintage  string
		rows     []Row
		want     string // code name valid_from valid_until, and * where the row was written
	}{
		{"the first edition has no dates", 1, "2026-01-01", []Row{commune("80001", "A"), commune("80002", "B"), commune("80003", "C")},
			"80001 A - -*, 80002 B - -*, 80003 C - -*, 99999 other - -"},
		{"only what differs is written", 2, "2026-01-01", []Row{commune("80001", "A"), renamed, commune("80003", "C")},
			"80001 A - -, 80002 New name - -*, 80003 C - -, 99999 other - -"},
		{"within a vintage, what was forgotten is not new", 3, "2026-01-01", []Row{commune("80001", "A"), renamed, commune("80003", "C"), commune("80004", "D")},
			"80001 A - -, 80002 New name - -, 80003 C - -, 80004 D - -*, 99999 other - -"},
		{"gone at the next vintage, and new in it", 4, "2027-01-01", []Row{commune("80001", "A"), renamed, commune("80005", "E")},
			"80001 A - -, 80002 New name - -, 80003 C - 2026-12-31*, 80004 D - 2026-12-31*, 80005 E 2027-01-01 -*, 99999 other - -"},
		{"an end is kept, a return undoes it", 5, "2028-01-01", []Row{commune("80001", "A"), renamed, commune("80004", "D"), commune("80005", "E")},
			"80001 A - -, 80002 New name - -, 80003 C - 2026-12-31, 80004 D - -*, 80005 E 2027-01-01 -, 99999 other - -"},
		{"an older binary changes nothing", 1, "2026-01-01", []Row{commune("80001", "old")},
			"80001 A - -, 80002 New name - -, 80003 C - 2026-12-31, 80004 D - -, 80005 E 2027-01-01 -, 99999 other - -"},
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO territories (code, kind, name, department_code, department_name, region_code, region_name)
		VALUES ('99999', 'commune', 'other', '80', 'Somme', '32', 'Hauts-de-France')`); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		last := scan[string](t, conn, `SELECT pg_current_xact_id()::text`)
		next := edition{step.revision, step.what, step.vintage, fmt.Sprintf("%064d", step.revision), func() ([]Row, error) { return step.rows, nil }}
		if err := next.load(t.Context(), conn); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		got := scan[string](t, conn, `
			SELECT string_agg(concat_ws(' ', code, name, coalesce(valid_from::text, '-'), coalesce(valid_until::text, '-'))
				|| CASE WHEN xmin::text::bigint > $1::text::bigint THEN '*' ELSE '' END, ', ' ORDER BY code)
			FROM territories`, last)
		if got != step.want {
			t.Errorf("%s:\n got %s\nwant %s", step.what, got, step.want)
		}
	}
}

func commune(code, name string) Row {
	return Row{
		Code: code, Kind: Commune, Name: name, DepartmentCode: "80", DepartmentName: "Somme",
		RegionCode: "32", RegionName: "Hauts-de-France", PostalCodes: []string{"80000"},
	}
}

func TestFold(t *testing.T) {
	conn := connect(t, database(t))
	for _, row := range []struct{ text, want string }{
		{"Flixecourt", "flixecourt"},
		{"SAINT-OUEN", "saint ouen"},
		{"St Ouen", "saint ouen"},
		{"St. Ouen", "saint ouen"},
		{"Ste-Marie", "sainte marie"},
		{"STES MARIES", "saintes maries"},
		{"Stains", "stains"},
		{"Est", "est"},
		{"Brest St", "brest saint"},
		{"L'Île-d'Yeu", "l ile d yeu"},
		{"L’Haÿ-les-Roses", "l hay les roses"},
		{"L\u2010A\u2011B\u2013C\u2014D", "l a b c d"},
		{"Argœuves", "argoeuves"},
		{"ARGŒUVES", "argoeuves"},
		{"Ærøskøbing", "aeroskobing"},
		{"Straße GROẞ", "strasse gross"},
		{"ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸ àâäçéèêëîïôöùûüÿ", "aaaceeeeiioouuuy aaaceeeeiioouuuy"},
		{"E\u0301cole", "ecole"}, // the accent apart from its letter
		{"Łódź Škoda Ñuñoa Þór İğdır Đà Nẵng Ștefan", "lodz skoda nunoa thor igdir da nang stefan"},
		{"  Villers \t\n Bocage\u00a0\u202f ", "villers bocage"},
		{"a-'b", "a b"},
		{"100%_\\", "100%_\\"}, // what LIKE reads specially stays: callers escape it
		{"-", ""},
		{"", ""},
	} {
		if got := scan[string](t, conn, `SELECT fold($1)`, row.text); got != row.want {
			t.Errorf("fold(%q) = %q, want %q", row.text, got, row.want)
		}
		if again := scan[string](t, conn, `SELECT fold(fold($1))`, row.text); again != row.want {
			t.Errorf("fold of fold(%q) = %q", row.text, again)
		}
	}
	if !scan[bool](t, conn, `SELECT fold(NULL) IS NULL`) {
		t.Error("fold(NULL) is something")
	}
	// A caller's search_path does not change what fold means.
	if _, err := conn.Exec(t.Context(), `
		CREATE SCHEMA trap; CREATE FUNCTION trap.lower(text) RETURNS text LANGUAGE sql AS 'SELECT ''trapped''';
		SET search_path = trap, public, pg_catalog`); err != nil {
		t.Fatal(err)
	}
	if got := scan[string](t, conn, `SELECT fold('Ça')`); got != "ca" {
		t.Errorf("under another search_path: %q", got)
	}
}
