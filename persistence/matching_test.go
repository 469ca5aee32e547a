package persistence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
)

func TestANumberIsComparedHoweverItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"06 39 98 12 34": "+33639981234", "0639981234": "+33639981234", "06.39.98.12.34": "+33639981234", "06-39-98-12-34": "+33639981234",
		"+33 6 39 98 12 34": "+33639981234", "+33 (0)6 39 98 12 34": "+33639981234", "0033639981234": "+33639981234", "33639981234": "+33639981234",
		"+44 20 7946 0958": "+442079460958", "00 32 470 12 34 56": "+32470123456", "+212 612 345 678": "+212612345678",
		"+44 639 981234": "+44639981234", "": "", "1234": "", "112": "", "06 39": "", "n'en a pas": "", "0000000000": "", "06 00 00 00 00": "", "06 66 66 66 66": "",
	} {
		if got := persistence.Dialled(written); got != want {
			t.Errorf("%q is %q, not %q", written, got, want)
		}
	}
}

// Records from before there were keys get those that they would have got on arrival, and so does
// whatever was left when the work was cut off.
func TestOlderRecordsGetTheirKeys(t *testing.T) {
	c := &crowdOf{Rand: rand.New(rand.NewPCG(3, 3))}
	store, super := populated(t, nil, nil)
	lead, partner := store.As(northLead), store.As(domain.Actor{Subject: "p", Role: domain.Partner, OrganisationID: spip, Programmes: []string{north}})
	for _, p := range c.people(40) {
		identity, reached := domain.Identity{FirstName: p.first, LastName: p.last, BirthDate: p.birth, Gender: p.gender}, domain.Contact{Phone: p.phone, Email: p.email}
		if _, err := lead.NewParticipant(t.Context(), domain.ParticipantInput{Identity: identity, Contact: reached}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := partner.Refer(t.Context(), domain.ReferralInput{Programme: north, Identity: identity, Contact: reached, ReferrerPhone: new("03 22 00 00 00"), ConsentedOn: domain.MustDate("2025-03-01")}); err != nil {
			t.Fatal(err)
		}
	}
	exec := func(statement string) {
		if _, err := super.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	indexed := func() string {
		return strings.Join(column(t, super, `SELECT match_index::text FROM match_index ORDER BY 1`), "\n")
	}
	arrived := indexed()
	if n := strings.Count(arrived, "\n"); n < 300 {
		t.Fatal(n, "keys of 80 records")
	}
	for _, cutOff := range []string{
		`UPDATE participants SET match_keys = NULL; UPDATE referrals SET match_keys = NULL`,
		`UPDATE participants SET match_keys = NULL WHERE id IN (SELECT id FROM participants ORDER BY id DESC LIMIT 7)`,
	} {
		exec(cutOff)
		if indexed() == arrived {
			t.Error("without keys they are still in the index")
		}
		if _, err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if indexed() != arrived {
			t.Error("they get other keys than on arrival")
		}
	}
}

// Somebody who posts one name over and over hides no file, and makes asking no dearer than a hundred comparisons.
func TestAFloodOfOneNameHidesNobody(t *testing.T) {
	c := &crowdOf{Rand: rand.New(rand.NewPCG(4, 4))}
	people := c.people(200)
	victim := people[17]
	flood := make([]somebody, 1000)
	for i := range flood {
		flood[i] = victim
		flood[i].id = c.id()
	}
	store, super := populated(t, people, flood)
	found, err := store.As(northLead).Matches(t.Context(), flood[900].id)
	if err != nil || len(found.Items) != domain.MostMatches || found.Items[0].ID != victim.id || found.Items[0].Class != domain.MatchCertain {
		t.Errorf("%+v: %v", found, err)
	}
	var candidates int
	err = super.QueryRow(t.Context(), `SELECT count(*) FROM referrals r, match_candidates(ARRAY[r.programme], r.match_keys) WHERE r.id = $1`, flood[900].id).Scan(&candidates)
	if err != nil || candidates != 100 {
		t.Error(candidates, "candidates", err)
	}
	listed, err := store.As(northLead).Referrals(t.Context(), domain.ReferralQuery{})
	if err != nil || *listed.Items[0].ProbableMatches < 90 {
		t.Error(*listed.Items[0].ProbableMatches, err)
	}
}

// The index is read by the staff of its programme, and written by nobody but the program.
func TestTheIndexOfKeysIsKeptApart(t *testing.T) {
	store, conn := peopled(t)
	if _, err := store.Migrate(t.Context()); err != nil { // which makes the keys
		t.Fatal(err)
	}
	all, seen := column(t, conn, `SELECT programme || ' ' || match_index::text FROM match_index ORDER BY 1`), map[domain.Role]int{}
	for _, actor := range actors() {
		want := slices.DeleteFunc(slices.Clone(all), func(row string) bool {
			programme, _, _ := strings.Cut(row, " ")
			return !actor.Is(domain.Coordinator, domain.Caseworker) || !slices.Contains(actor.Programmes, programme)
		})
		got, err := store.As(actor).Texts(t.Context(), "figures", `SELECT programme || ' ' || match_index::text FROM match_index ORDER BY 1`)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s reads %d keys, not %d: %v", name(actor), len(got), len(want), err)
		}
		seen[actor.Role] += len(got)
		for _, statement := range []string{`DELETE FROM match_index`, `UPDATE match_index SET programme = programme`} {
			if n, err := store.As(actor).Try(t.Context(), "", statement); n != 0 || err != nil && !refused(err) {
				t.Errorf("%s: %s: %d rows, %v", name(actor), statement, n, err)
			}
		}
		if _, err := store.As(actor).Try(t.Context(), "", `INSERT INTO match_index VALUES ('`+north+`', 'participant', 1, '`+id("c0", 1)+`')`); !refused(err) {
			t.Errorf("%s adds a key: %v", name(actor), err)
		}
	}
	if seen[domain.Caseworker] == 0 || seen[domain.Coordinator] == 0 {
		t.Error("nobody saw anything")
	}
}

// Writing the index as the program itself leaves the transaction who it was.
func TestTheRoleIsTheCallersAgain(t *testing.T) {
	_, super := peopled(t)
	var role, owner string
	if err := super.QueryRow(t.Context(), `SELECT tableowner FROM pg_tables WHERE tablename = 'referrals'`).Scan(&owner); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), super, func(tx pgx.Tx) error {
		for _, statement := range []string{
			`SET LOCAL ROLE "` + owner + `"`,
			fmt.Sprintf(`SET LOCAL o2r.role = 'partner'; SET LOCAL o2r.organisation_id = '%s'; SET LOCAL o2r.programmes = '%s'`, spip, north),
			`INSERT INTO referrals (id, version, created_at, updated_at, organisation_id, programme, first_name, last_name, email, consented_on, status, received_at, match_keys) VALUES
				(gen_random_uuid(), 1, now(), now(), '` + spip + `', '` + north + `', 'a', 'b', 'c', '2025-01-01', 'received', now(), '{1,2}')`,
		} {
			if _, err := tx.Exec(context.Background(), statement); err != nil {
				return err
			}
		}
		return tx.QueryRow(context.Background(), `SELECT current_setting('o2r.role') || ' ' || (SELECT count(*) FROM match_index)`).Scan(&role)
	})
	if err != nil || role != "partner 0" {
		t.Errorf("%q: %v", role, err)
	}
	if keys := column(t, super, `SELECT key::text FROM match_index WHERE kind = 'referral' AND key IN (1, 2) ORDER BY 1`); len(keys) != 2 {
		t.Errorf("%q were indexed", keys)
	}
}
