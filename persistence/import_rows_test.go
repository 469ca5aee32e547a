package persistence_test

import (
	"fmt"
	"testing"

	"o2r/domain"
)

// Which row of a file made a record is read and written by the coordinators of the programme, copied and taken away
// by the data protection officer, and changed by nobody.
func TestTheDatabaseKeepsImportsApart(t *testing.T) {
	store, conn := peopled(t)
	row := func(programme, reference string) string {
		return `INSERT INTO import_records (programme, kind, external_reference, record_id, content, import_id, imported_at)
			VALUES ('` + programme + `', 'participants', '` + reference + `', gen_random_uuid(), sha256(''), gen_random_uuid(), now())`
	}
	for _, programme := range []string{north, south} {
		if _, err := conn.Exec(t.Context(), row(programme, "P-1")); err != nil {
			t.Fatal(err)
		}
	}
	reached := 0
	for _, actor := range actors() {
		session, hers := store.As(actor), 0
		for _, programme := range []string{north, south} {
			may := actor.Is(domain.Coordinator) && actor.In(programme)
			if may || actor.Is(domain.DPO) {
				hers++
			}
			n, err := session.Try(t.Context(), "", row(programme, "P-2"))
			if may != (n == 1) || !may && !refused(err) {
				t.Errorf("%s adds %d rows to %s: %v", name(actor), n, programme, err)
			}
		}
		got, err := session.Texts(t.Context(), "", `SELECT external_reference FROM import_records`)
		if err != nil || len(got) != hers {
			t.Errorf("%s reads %d rows, not %d: %v", name(actor), len(got), hers, err)
		}
		reached += len(got)
		if n, err := session.Try(t.Context(), "", `UPDATE import_records SET imported_at = imported_at`); n != 0 || err != nil {
			t.Errorf("%s changes %d rows: %v", name(actor), n, err)
		}
		deleted := 0
		if actor.Is(domain.DPO) {
			deleted = 2
		}
		if n, err := session.Try(t.Context(), "", `DELETE FROM import_records`); int(n) != deleted || err != nil {
			t.Errorf("%s deletes %d rows, not %d: %v", name(actor), n, deleted, err)
		}
	}
	if reached == 0 {
		t.Error("nobody read anything: the test proves nothing")
	}
	if left := fmt.Sprint(column(t, conn, `SELECT programme FROM import_records ORDER BY 1`)); left != fmt.Sprintf("[%s %s]", north, south) {
		t.Errorf("there is left: %s", left)
	}
}
