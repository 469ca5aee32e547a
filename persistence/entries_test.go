package persistence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence/storetest"
)

// The schema that analysts query tells of entries what the API tells an analyst: of closings, and of no year from which
// few people follow.
func TestEntriesInTheAnalystsSchemaAreThoseOfTheLastClosing(t *testing.T) {
	store, superURL := storetest.WithSuper(t)
	conn := connect(t, superURL)
	const stamp = "1, '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'"
	sql := []string{
		fmt.Sprintf("INSERT INTO organisations VALUES ('%s', %s, 'operateur', 'Opérateur', 'association')", id("a0", 1), stamp),
		fmt.Sprintf("INSERT INTO programmes (id, version, created_at, updated_at, slug, name, operator_id, starts_on, ends_on) VALUES ('%s', %s, 'prog', 'p', '%s', '2022-09-15', '2027-12-31')", id("b0", 1), stamp, id("a0", 1)),
	}
	for n := range 40 {
		sql = append(sql, fmt.Sprintf("INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name) VALUES ('%s', %s, '%s', '{prog}', 'Camille', 'Exemple')", id("c0", n), stamp, id("a0", 1)))
	}
	if _, err := conn.Exec(t.Context(), strings.Join(sql, ";\n")); err != nil {
		t.Fatal(err)
	}
	paths := 0
	enter := func(day string, people ...int) {
		t.Helper()
		for _, n := range people {
			if _, err := conn.Exec(t.Context(), fmt.Sprintf("INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, exited_on, exit_kind) VALUES ('%s', %s, '%s', 'prog', '%s', '%s', 'abandon')", id("d0", paths), stamp, id("c0", n), day, day)); err != nil {
				t.Fatal(err)
			}
			paths++
		}
	}
	numbered := func(from, to int) (all []int) {
		for n := from; n < to; n++ {
			all = append(all, n)
		}
		return all
	}
	told := func(on string, want ...string) {
		t.Helper()
		if err := store.At(domain.MustDate(on).Start()).KeepClosings(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := column(t, conn, `SELECT e::text FROM figures.entries e`); !slices.Equal(got, want) {
			t.Errorf("on %s, told is %q, not %q", on, got, want)
		}
	}
	told("2022-11-30")
	enter("2022-09-01", 39) // before the programme began: in no figure of an analyst's
	enter("2022-10-03", numbered(0, 4)...)
	enter("2022-11-03", 4)
	told("2023-01-31")                  // the closing is kept a month after its day
	told("2023-02-01", "(prog,2022,5)") //
	enter("2022-12-05", 37, 38)         // recorded late: of a day that is told
	enter("2023-02-03", 5)
	told("2023-07-31", "(prog,2022,5)")
	told("2023-08-01", "(prog,2022,5)") // three more, whenever they came
	enter("2023-09-04", numbered(6, 9)...)
	enter("2023-09-05", 9)
	told("2024-02-01", "(prog,2022,5)") // seven more since the closing, of whom two in 2022: by year, they would be few
	enter("2022-12-06", 34, 35, 36)
	enter("2024-02-05", 0, 1, 2, 3, 10) // four come again, and one is new
	told("2024-08-01", "(prog,2022,5)") // of the years that were told at the end of 2023 together, three more
	enter("2023-12-07", 32, 33)
	enter("2024-09-06", 11, 12, 13, 14, 4)
	told("2025-02-01", "(prog,2022,10)", "(prog,2023,7)", "(prog,2024,10)") // five more
	if _, err := conn.Exec(t.Context(), `UPDATE enrolments SET voided_at = now(), void_reason = 'erreur' WHERE entered_on >= '2024-01-01'`); err != nil {
		t.Fatal(err)
	}
	told("2025-03-01", "(prog,2022,10)", "(prog,2023,7)", "(prog,2024,10)") // what was told is told
	if _, err := conn.Exec(t.Context(), `UPDATE programmes SET small_cell_threshold = 1`); err != nil {
		t.Fatal(err)
	}
	told("2025-03-01", "(prog,2022,10)", "(prog,2023,7)")
}
