package persistence_test

import (
	"fmt"
	"slices"
	"testing"

	"o2r/domain"
)

// A merge, and what it moved, is there for the coordinator who reaches both files and for the data
// protection officer; nobody else reads or writes one, whatever the program asks.
func TestTheDatabaseAloneKeepsMergesApart(t *testing.T) {
	store, conn := peopled(t)
	pairs := [][2]int{{1, 7}, {2, 8}, {1, 3}, {4, 1}}
	for n, pair := range pairs {
		_, err := conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO merges (id, participant_id, duplicate_id, merged_at, merged_by, reason, reversible_until, recorded_for, unmerged_at, unmerged_by)
			VALUES ('%[1]s', '%[2]s', '%[3]s', now(), 's', 'Saisie en double.', now(), '{o2r-nord}', now(), 's');
			INSERT INTO merge_moves VALUES ('%[1]s', 'enrolment', '%[2]s', '%[2]s', '%[3]s')`, id("a9", n), id("c0", pair[0]), id("c0", pair[1])))
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for _, actor := range actors() {
		session := store.As(actor)
		var want []string
		for n, pair := range pairs {
			reached := readable(t, conn, "participants", "id", personal[0].readable, actor)
			both := slices.Contains(reached, id("c0", pair[0])) && slices.Contains(reached, id("c0", pair[1]))
			if both && actor.Is(domain.Coordinator, domain.DPO) {
				want = append(want, id("a9", n))
			}
		}
		seen += len(want)
		for table, key := range map[string]string{"merges": "id", "merge_moves": "merge_id"} {
			got, err := session.Texts(t.Context(), "", `SELECT `+key+`::text FROM `+table+` ORDER BY 1`)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s reads of %s %q, not %q: %v", name(actor), table, got, want, err)
			}
			gone, err := session.Try(t.Context(), "", `DELETE FROM merge_moves`)
			if err != nil || int(gone) != map[bool]int{true: len(want)}[actor.Is(domain.DPO)] {
				t.Errorf("%s deletes %d moves: %v", name(actor), gone, err)
			}
		}
		if n, err := session.Try(t.Context(), "", `UPDATE merges SET merged_by = merged_by`); err != nil || int(n) != len(want) {
			t.Errorf("%s writes %d merges, not %d: %v", name(actor), n, len(want), err)
		}
	}
	if seen == 0 {
		t.Error("nobody saw anything")
	}
}

// Who merges is a coordinator, of two whom she reaches; what was merged is nobody's to enrol, and
// whose file it is nobody's to say.
func TestNobodyMergesAmongAnothersPeople(t *testing.T) {
	store, _ := peopled(t)
	coordinator := domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	caseworker, officer, system := coordinator, coordinator, coordinator
	caseworker.Role, officer.Role, system.Role = domain.Caseworker, domain.DPO, "system"
	into := func(duplicate, survivor int) string {
		return fmt.Sprintf(`UPDATE participants SET merged_into = '%s' WHERE id = '%s'`, id("c0", survivor), id("c0", duplicate))
	}
	merges := func(survivor, duplicate int) string {
		return fmt.Sprintf(`INSERT INTO merges (id, participant_id, duplicate_id, merged_at, merged_by, reason, reversible_until, recorded_for) VALUES (gen_random_uuid(), '%s', '%s', now(), 's', 'Double.', now(), '{%s}')`,
			id("c0", survivor), id("c0", duplicate), north)
	}
	for i, row := range []struct {
		actor     domain.Actor
		statement string
		may       bool
	}{
		{coordinator, into(7, 1), true},
		{caseworker, into(7, 1), false},
		{officer, into(7, 1), false},
		{coordinator, merges(1, 7), true},
		{coordinator, merges(1, 2), false},
		{coordinator, merges(2, 1), false},
		{caseworker, merges(1, 7), false},
		{system, merges(1, 7), false},
		// A person's programmes follow from a merge alone.
		{coordinator, `UPDATE participants SET recorded_for = recorded_for || '{` + north + `}' WHERE id = '` + id("c0", 1) + `'`, false},
	} {
		n, err := store.As(row.actor).Try(t.Context(), "", row.statement)
		if may := err == nil && n == 1; may != row.may || !may && n == 0 && err != nil && !refused(err) {
			t.Errorf("%d: %s of %s: %d rows, %v", i, row.statement, name(row.actor), n, err)
		}
	}
	if n, err := store.As(coordinator).Try(t.Context(), "", into(2, 1)); n != 0 || err != nil { // she finds no such row
		t.Errorf("merges somebody of the south: %d rows, %v", n, err)
	}
}

// Nobody is enrolled under an identifier that leads elsewhere, and nobody is merged into herself.
func TestTheDatabaseKeepsMergedFilesEmpty(t *testing.T) {
	store, conn := peopled(t)
	coordinator := domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	if _, err := conn.Exec(t.Context(), `SET o2r.role = 'system'; UPDATE participants SET merged_into = '`+id("c0", 1)+`' WHERE id = '`+id("c0", 4)+`'`); err != nil {
		t.Fatal(err)
	}
	enrol := `INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on) VALUES (gen_random_uuid(), 1, now(), now(), '` + id("c0", 4) + `', '` + north + `', '2026-02-03')`
	if n, err := store.As(coordinator).Try(t.Context(), "", enrol); !refused(err) {
		t.Errorf("enrolled: %d rows, %v", n, err)
	}
	if _, err := store.As(coordinator).Try(t.Context(), "", `UPDATE participants SET merged_into = id WHERE id = '`+id("c0", 1)+`'`); err == nil {
		t.Error("merged into herself")
	}
	for _, chain := range []string{id("c0", 4), id("c0", 1)} {
		if got := column(t, conn, `SELECT survivor_of($1::uuid)::text`, chain); got[0] != id("c0", 1) {
			t.Errorf("%s leads to %s", chain, got)
		}
	}
}

// What a file held before it was corrected goes with its record when a coordinator merges, and is rewritten by nobody.
func TestNobodyRewritesWhatIsRemembered(t *testing.T) {
	store, conn := peopled(t)
	paths := column(t, conn, `SELECT id::text FROM enrolments WHERE programme = $1 ORDER BY id`, north)
	if _, err := conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO field_changes (id, participant_id, kind, record_id, enrolment_id, programme, version, field, old_value, changed_at, changed_by)
		VALUES ('%[1]s', '%[2]s', 'objective', '%[1]s', '%[3]s', '%[4]s', 2, 'label', 'Avant', now(), 's')`, id("a8", 1), id("c0", 1), paths[0], north)); err != nil {
		t.Fatal(err)
	}
	north, south := domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}, domain.Actor{Role: domain.Coordinator, OrganisationID: southOrg, Programmes: []string{south}}
	caseworker, officer := north, north
	caseworker.Role, officer.Role = domain.Caseworker, domain.DPO
	elsewhere := column(t, conn, `SELECT id::text FROM enrolments WHERE programme = $1 ORDER BY id`, south.Programmes[0])
	move := `UPDATE field_changes SET enrolment_id = '%s' WHERE id = '` + id("a8", 1) + `'`
	rewrite := `UPDATE field_changes SET old_value = 'Autre' WHERE id = '` + id("a8", 1) + `'`
	for _, row := range []struct {
		actor     domain.Actor
		statement string
		want      int64
		refused   bool
	}{
		{north, fmt.Sprintf(move, paths[1]), 1, false},
		{north, fmt.Sprintf(move, elsewhere[0]), 0, true},
		{north, rewrite, 0, true},
		{officer, rewrite, 0, true},
		{caseworker, fmt.Sprintf(move, paths[0]), 0, false},
		{caseworker, rewrite, 0, false},
		{south, fmt.Sprintf(move, elsewhere[0]), 0, false},
	} {
		if n, err := store.As(row.actor).Try(t.Context(), "", row.statement); n != row.want || refused(err) != row.refused || err != nil && !row.refused {
			t.Errorf("%s of %s: %d rows, %v", row.statement, name(row.actor), n, err)
		}
	}
}
