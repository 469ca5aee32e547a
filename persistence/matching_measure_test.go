package persistence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

// populated is a store in which those people are on file and those referrals have arrived, with a
// connection that no policy holds. The keys of all of them were made as those of older records are: by Migrate.
func populated(t testing.TB, people, arrivals []somebody) (*persistence.Store, *pgx.Conn) {
	t.Helper()
	store, superURL := storetest.WithSuper(t)
	conn := connect(t, superURL)
	exec := func(sql string, args ...any) {
		if _, err := conn.Exec(context.Background(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	stamp := "1, '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'"
	exec(fmt.Sprintf("INSERT INTO organisations VALUES ('%s', %s, 'nord', 'n', 'operateur'), ('%s', %s, 'spip', 's', 'spip')", northOrg, stamp, spip, stamp))
	exec(fmt.Sprintf("INSERT INTO programmes (id, version, created_at, updated_at, slug, name, operator_id, starts_on, ends_on) VALUES ('%s', %s, '%s', 'n', '%s', '2024-11-01', '2027-12-31')", id("b0", 0), stamp, north, northOrg))
	then := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(birth *domain.Date) *time.Time {
		if birth == nil {
			return nil
		}
		midnight := time.Date(birth.Year(), birth.Month(), birth.Day(), 0, 0, 0, 0, time.UTC)
		return &midnight
	}
	put := func(table string, columns []string, all []somebody, row func(somebody) []any) {
		_, err := conn.CopyFrom(context.Background(), pgx.Identifier{table}, append([]string{"id", "version", "created_at", "updated_at", "organisation_id", "first_name", "last_name", "birth_date", "gender", "phone", "email"}, columns...),
			pgx.CopyFromSlice(len(all), func(i int) ([]any, error) { return row(all[i]), nil }))
		if err != nil {
			t.Fatal(err)
		}
	}
	gender := func(g *domain.Gender) *string { return (*string)(g) }
	put("participants", []string{"recorded_for"}, people, func(p somebody) []any {
		return []any{p.id, 1, then, then, northOrg, p.first, p.last, day(p.birth), gender(p.gender), p.phone, p.email, []string{north}}
	})
	put("referrals", []string{"programme", "consented_on", "status", "received_at", "referrer_phone"}, arrivals, func(p somebody) []any {
		return []any{p.id, 1, then, then, spip, p.first, p.last, day(p.birth), gender(p.gender), p.phone, p.email, north, then, "received", then, "03 22 00 00 00"}
	})
	if _, err := store.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	exec(`ANALYZE participants, referrals, match_index`)
	return store, conn
}

var northLead = domain.Actor{Subject: "lead", Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}

// found gives what is probably the same person as each of those, asked as a list asks.
func foundOf(t testing.TB, store *persistence.Store, kind string, all []somebody) map[string][]domain.PossibleMatch {
	t.Helper()
	found := map[string][]domain.PossibleMatch{}
	var lock sync.Mutex
	var wait sync.WaitGroup
	limit := make(chan struct{}, 3)
	for some := range slices.Chunk(all, 100) {
		wait.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			ids := make([]string, len(some))
			for i, p := range some {
				ids[i] = p.id
			}
			part, err := persistence.Alike(context.Background(), store.As(northLead), kind, ids...)
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				t.Error(err)
			}
			for id, matches := range part {
				found[id] = slices.DeleteFunc(matches, func(m domain.PossibleMatch) bool { return !m.Probable() })
			}
		})
	}
	wait.Wait()
	return found
}

// Ten thousand people are on file. Of those who are referred now, half are among them, each written
// with a slip of some kind; the other half are not, and many of these are the brothers, namesakes and
// neighbours of somebody who is. Whoever the database and the rule together call probably the same is
// counted. O2R_MATCH_SEED makes up other people.
func TestKnownPeopleAreRecognised(t *testing.T) {
	seed := uint64(20250401)
	if text := os.Getenv("O2R_MATCH_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	const size, ofEach, strangers = 10000, 220, 3080
	c := &crowdOf{Rand: rand.New(rand.NewPCG(seed, 1))}
	people := c.people(size)
	whose, slipOf, byID := map[string]string{}, map[string]int{}, map[string]somebody{}
	taken := map[string]bool{} // nobody is referred twice: then the second would be known by the first
	var arrivals []somebody
	for slip := range slips {
		for made, tries := 0, 0; made < ofEach && tries < 100*size; tries++ {
			p := pick(c, people)
			if taken[p.id] {
				continue
			}
			if twin, ok := c.again(p, slip); ok {
				taken[p.id] = true
				whose[twin.id], slipOf[twin.id] = p.id, slip
				arrivals = append(arrivals, twin)
				made++
			}
		}
	}
	known := len(arrivals)
	for range strangers {
		p := c.anybody()
		if c.chance(0.4) {
			p = c.besides(pick(c, people), pick(c, relations))
		}
		arrivals = append(arrivals, c.rewritten(p))
	}
	for _, p := range slices.Concat(people, arrivals) {
		byID[p.id] = p
	}
	store, _ := populated(t, people, arrivals)

	right, wrong, missed := 0, 0, 0
	hits, total := make([]int, len(slips)), make([]int, len(slips))
	show := func(what string, p, other somebody) {
		text := func(p somebody) string {
			birth, phone, email := "?", "-", "-"
			if p.birth != nil {
				birth = p.birth.String()
			}
			if p.phone != nil {
				phone = *p.phone
			}
			if p.email != nil {
				email = *p.email
			}
			return fmt.Sprintf("%s | %s | %s | %s | %s", p.first, p.last, birth, phone, email)
		}
		t.Logf("%s: %s  <>  %s", what, text(p), text(other))
	}
	found := foundOf(t, store, "referral", arrivals)
	for _, p := range arrivals {
		whole, isKnown := whose[p.id]
		recognised := false
		for _, match := range found[p.id] {
			switch {
			case match.ID == whole:
				recognised = true
				right++
			case match.ID < p.id: // of two referrals that are taken for one, the pair counts once
				wrong++
				if wrong <= 15 {
					show(fmt.Sprint("taken for another, ", match.Explanation), p, byID[match.ID])
				}
			}
		}
		if isKnown {
			slip := slipOf[p.id]
			total[slip]++
			if recognised {
				hits[slip]++
			} else if missed++; missed <= 25 {
				show("missed, "+slips[slip].name, p, byID[whole])
			}
		}
	}
	for id, matches := range foundOf(t, store, "participant", people) { // nobody is on file twice
		for _, match := range matches {
			if match.Kind == "participant" && match.ID < id {
				wrong++
				show(fmt.Sprint("on file, taken for another, ", match.Explanation), byID[id], byID[match.ID])
			}
		}
	}
	for slip, n := range total {
		if n < ofEach/4 {
			t.Errorf("%s: only %d people", slips[slip].name, n)
		}
		t.Logf("%-34s %4d of %4d recognised: %.1f %%", slips[slip].name, hits[slip], n, 100*float64(hits[slip])/float64(n))
	}
	recall, precision := float64(right)/float64(known), float64(right)/float64(right+wrong)
	t.Logf("seed %d: %d people on file, %d known and %d unknown arrivals: recall %.2f %%, precision %.2f %% (%d right, %d wrong, %d missed)",
		seed, size, known, strangers, 100*recall, 100*precision, right, wrong, missed)
	if recall < 0.98 || precision < 0.95 {
		t.Errorf("recall %.4f and precision %.4f, not 0.98 and 0.95", recall, precision)
	}
}
