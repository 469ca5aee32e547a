package persistence_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/migrations"
	"o2r/persistence/storetest"
)

// trail is a store whose audit trail is tried, and the superuser who tries it.
type trail struct {
	*testing.T
	store *persistence.Store
	super *pgx.Conn
}

var administrator = domain.Actor{Subject: "admin", Role: domain.Admin}

// newTrail has a trail of rows of three chains at least, all of which are older than the day on
// which they are looked at by months.
func newTrail(t *testing.T) *trail {
	t.Helper()
	store, superURL := storetest.WithSuper(t)
	f := &trail{T: t, store: store, super: connect(t, superURL)}
	for i := range 24 {
		f.write(fmt.Sprintf("organisation-%d", i), time.Now())
	}
	return f
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (f *trail) write(slug string, at time.Time) {
	f.Helper()
	_, err := f.store.At(at).As(administrator).NewOrganisation(f.Context(), domain.OrganisationInput{Slug: slug, OrganisationNaming: domain.OrganisationNaming{Name: slug, Kind: domain.OrganisationAutre}})
	f.must(err)
}

func (f *trail) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// tamper does what only a superuser can: past every trigger and every right.
func (f *trail) tamper(statements ...string) {
	f.Helper()
	_, err := f.super.Exec(f.Context(), `SET session_replication_role = replica`)
	f.must(err)
	for _, statement := range statements {
		tag, err := f.super.Exec(f.Context(), statement)
		f.must(err)
		if n := tag.RowsAffected(); n == 0 && !slices.Contains([]string{"TRUNCATE", "ALTER", "DO"}, strings.Fields(statement)[0]) {
			f.Fatalf("nothing was tampered with: %s", statement)
		}
	}
}

func (f *trail) verify(checkpoint *domain.Checkpoint) domain.AuditReport {
	f.Helper()
	report, err := f.store.As(administrator).VerifyAudit(f.Context(), checkpoint, nil)
	f.must(err)
	return report
}

// kinds are the kinds of findings, each once.
func kinds(report domain.AuditReport) string {
	found := map[string]bool{}
	for _, finding := range report.Findings {
		found[string(finding.Kind)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), " ")
}

func (f *trail) checkpoint() *domain.Checkpoint {
	f.Helper()
	taken, err := f.store.As(administrator).AuditCheckpoint(f.Context())
	f.must(err)
	public, private, err := ed25519.GenerateKey(nil)
	f.must(err)
	opened, err := domain.OpenCheckpoint(taken.Sign(private), public)
	f.must(err)
	return &opened
}

// longest is the chain with the most rows, unused one without any: which they are is chance.
const (
	longest = `(SELECT chain FROM audit_chains ORDER BY seq DESC, chain LIMIT 1)`
	unused  = `(SELECT chain FROM audit_chains WHERE seq = 0 LIMIT 1)`
)

// rehash makes a row, and all that follow it in its chain, and the head, consistent again: the
// forger knows the rule as well as anybody.
const rehash = `DO $$
DECLARE r audit_events; p bytea;
BEGIN
  SELECT pruned_hash INTO p FROM audit_chains WHERE chain = ` + longest + `;
  FOR r IN SELECT * FROM audit_events WHERE chain = ` + longest + ` ORDER BY seq LOOP
    r.prev_hash := p; r.hash := audit_digest(r); p := r.hash;
    UPDATE audit_events SET prev_hash = r.prev_hash, hash = r.hash WHERE id = r.id;
  END LOOP;
  UPDATE audit_chains SET hash = p WHERE chain = ` + longest + `;
END $$`

const forged = `INSERT INTO audit_events (at, subject, role, action, kind, record_ids, chain, seq, prev_hash, hash) OVERRIDING SYSTEM VALUE
	SELECT now(), 'nobody', 'admin', 'read', 'participant', '{}', chain, %s, hash, sha256('x') FROM audit_events WHERE chain = ` + longest + ` AND seq = 5`

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	at := func(seq int) string { return fmt.Sprintf("chain = %s AND seq = %d", longest, seq) }
	last := `chain = ` + longest + ` AND seq = (SELECT seq FROM audit_chains WHERE chain = ` + longest + `)`
	for name, c := range map[string]struct {
		tamper         []string
		without, found string // by the trail alone, and against the checkpoint
	}{
		"nothing":        {nil, "", ""},
		"a subject":      {[]string{`UPDATE audit_events SET subject = 'somebody' WHERE ` + at(5)}, "edit", "edit"},
		"an instant":     {[]string{`UPDATE audit_events SET at = at + interval '1 microsecond' WHERE ` + at(5)}, "edit", "edit"},
		"a record added": {[]string{`UPDATE audit_events SET record_ids = record_ids || 'x'::text WHERE ` + at(5)}, "edit", "edit"},
		"a text moved to the next column": {[]string{`UPDATE audit_events SET action = action || left(kind, 1), kind = substr(kind, 2) WHERE ` + at(5)},
			"edit", "edit"},
		"null for an empty text":  {[]string{`UPDATE audit_events SET reason = '' WHERE ` + at(5)}, "edit", "edit"},
		"one element for two":     {[]string{`UPDATE audit_events SET fields = ARRAY[array_to_string(fields, ',')] WHERE ` + at(5)}, "edit", "edit"},
		"a number":                {[]string{`ALTER TABLE audit_events ALTER id DROP IDENTITY`, `UPDATE audit_events SET id = id + 100000 WHERE ` + at(5)}, "edit", "edit"},
		"the first row":           {[]string{`UPDATE audit_events SET subject = 'somebody' WHERE ` + at(1)}, "edit", "edit"},
		"the last row":            {[]string{`UPDATE audit_events SET subject = 'somebody' WHERE ` + last}, "edit", "edit"},
		"every row":               {[]string{`UPDATE audit_events SET subject = 'somebody'`}, "edit", "edit"},
		"a hash":                  {[]string{`UPDATE audit_events SET hash = sha256('x') WHERE ` + at(5)}, "edit", "edit"},
		"a row and its own hash":  {[]string{`UPDATE audit_events e SET subject = 'somebody' WHERE ` + at(5), `UPDATE audit_events e SET hash = audit_digest(e) WHERE ` + at(5)}, "replaced", "replaced"},
		"an impossible instant":   {[]string{`UPDATE audit_events SET at = 'infinity' WHERE ` + at(5)}, "deletion unreadable", "deletion unreadable"},
		"a row from the middle":   {[]string{`DELETE FROM audit_events WHERE ` + at(5)}, "deletion", "deletion"},
		"the first row taken":     {[]string{`DELETE FROM audit_events WHERE ` + at(1)}, "deletion", "deletion"},
		"a row, and the gap shut": {[]string{`DELETE FROM audit_events WHERE ` + at(5), `UPDATE audit_events SET seq = -seq WHERE seq > 5 AND chain = ` + longest, `UPDATE audit_events SET seq = -seq - 1 WHERE seq < 0`}, "edit reordering truncation", "edit reordering truncation"},
		"the tail":                {[]string{`DELETE FROM audit_events WHERE ` + last}, "truncation", "truncation"},
		"the tail and the head": {[]string{
			`DELETE FROM audit_events WHERE ` + last,
			`UPDATE audit_chains c SET seq = e.seq, hash = e.hash FROM audit_events e WHERE e.chain = c.chain AND e.seq = c.seq - 1 AND c.chain = ` + longest}, "", "truncation"},
		"two rows' places": {[]string{
			`UPDATE audit_events SET seq = -1 WHERE ` + at(5), `UPDATE audit_events SET seq = 5 WHERE ` + at(7), `UPDATE audit_events SET seq = 7 WHERE seq = -1`}, "reordering", "reordering"},
		"two neighbours' places": {[]string{
			`UPDATE audit_events SET seq = -1 WHERE ` + at(5), `UPDATE audit_events SET seq = 5 WHERE ` + at(6), `UPDATE audit_events SET seq = 6 WHERE seq = -1`}, "reordering", "reordering"},
		"two rows' contents": {[]string{
			`UPDATE audit_events a SET (at, record_ids, fields, subject) = (SELECT b.at, b.record_ids, b.fields, b.subject FROM audit_events b WHERE b.chain = a.chain AND b.seq = 12 - a.seq)
				WHERE chain = ` + longest + ` AND seq IN (5, 7)`}, "reordering", "reordering"},
		"a forged row after the end":    {[]string{fmt.Sprintf(forged, `(SELECT max(seq) + 1 FROM audit_events)`)}, "insertion", "insertion"},
		"a forged row before the first": {[]string{fmt.Sprintf(forged, `0`)}, "insertion", "insertion"},
		"a forged row beside another":   {[]string{`ALTER TABLE audit_events DROP CONSTRAINT audit_events_chain_seq_key`, fmt.Sprintf(forged, `5`)}, "insertion", "insertion"},
		"a forged row in a chain of its own": {[]string{
			`INSERT INTO audit_events (at, subject, role, action, kind, record_ids, chain, seq, prev_hash, hash) VALUES (now(), 'n', 'admin', 'read', 'participant', '{}', 65, 1, '', '')`}, "insertion", "insertion"},
		"a forged row for a deleted one": {[]string{
			`DELETE FROM audit_events WHERE ` + at(6), fmt.Sprintf(forged, `6`), `UPDATE audit_events e SET hash = audit_digest(e) WHERE ` + at(6)}, "replaced", "replaced"},
		"a head":                     {[]string{`UPDATE audit_chains SET hash = sha256('x') WHERE chain = ` + longest}, "head", "head"},
		"a head taken":               {[]string{`DELETE FROM audit_chains WHERE chain = ` + unused}, "head", "head"},
		"a head set back":            {[]string{`UPDATE audit_chains SET seq = seq - 1 WHERE chain = ` + longest}, "head insertion", "head insertion truncation"},
		"a base":                     {[]string{`UPDATE audit_chains SET pruned_hash = sha256('x') WHERE chain = ` + unused}, "base head", "base head"},
		"the beginning, with a base": {[]string{`UPDATE audit_chains c SET pruned_seq = e.seq, pruned_hash = e.hash FROM audit_events e WHERE e.chain = c.chain AND e.seq = 5 AND c.chain = ` + longest, `DELETE FROM audit_events WHERE seq <= 5 AND chain = ` + longest}, "base", "base"},
		"everything":                 {[]string{`TRUNCATE audit_events`}, "truncation", "truncation"},
		"everything and the heads":   {[]string{`TRUNCATE audit_events, audit_chains`}, "head", "head"},
		"everything, as if never": {[]string{`TRUNCATE audit_events`,
			`UPDATE audit_chains SET seq = 0, hash = pruned_hash`}, "", "truncation"},
		"an edit and every hash after it": {[]string{`UPDATE audit_events SET subject = 'somebody' WHERE ` + at(5), rehash}, "", "rewriting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, anchored := range []bool{false, true} { // a trail each: verifying leaves a row of its own
				f := newTrail(t)
				if honest := f.verify(nil); len(honest.Findings) > 0 || honest.Rows != 24 {
					t.Fatalf("an honest trail: %+v", honest)
				}
				checkpoint, want := f.checkpoint(), c.found
				if !anchored {
					checkpoint, want = nil, c.without
				}
				if len(c.tamper) > 0 {
					f.tamper(c.tamper...)
				}
				if got := f.verify(checkpoint); kinds(got) != want {
					t.Errorf("with a checkpoint %t, %q was found, not %q: %+v", anchored, kinds(got), want, got.Findings)
				}
			}
		})
	}
}

// The application's role owns the tables, and still may not.
func TestTheApplicationOnlyAppends(t *testing.T) {
	t.Parallel()
	store, url := storetest.WithURL(t)
	_, err := store.As(administrator).NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "a-b", OrganisationNaming: domain.OrganisationNaming{Name: "A", Kind: domain.OrganisationAutre}})
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	for _, granted := range []bool{false, true} {
		if granted { // by a mistake, or by an injection: then the triggers hold
			if _, err := conn.Exec(t.Context(), `GRANT ALL ON audit_events, audit_chains TO CURRENT_USER`); err != nil {
				t.Fatal(err)
			}
		}
		for _, statement := range []string{
			`UPDATE audit_events SET subject = 'x'`,
			`DELETE FROM audit_events`,
			`TRUNCATE audit_events`,
			`DELETE FROM audit_chains`,
			`TRUNCATE audit_chains`,
			`INSERT INTO audit_chains (chain, hash, pruned_hash) VALUES (1, '', '')`,
			`UPDATE audit_chains SET seq = 0`,
			`UPDATE audit_chains SET hash = ''`,
			`SELECT set_config('o2r.audit_prune', 'on', false); DELETE FROM audit_events`, // younger than six months
			`SELECT set_config('o2r.audit_prune', 'on', false); UPDATE audit_chains SET pruned_seq = 0`,
			`SELECT set_config('o2r.audit_prune', 'on', false); UPDATE audit_chains SET seq = seq + 5, pruned_seq = 1`,
		} {
			if _, err := conn.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("granted %t: %s: %v", granted, statement, err)
			}
			if _, err := conn.Exec(t.Context(), `RESET o2r.audit_prune`); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPruningKeepsTheChains(t *testing.T) {
	t.Parallel()
	f := newTrail(t)
	now := time.Now()
	for i := range 10 {
		f.write(fmt.Sprintf("old-%d", i), now.AddDate(-2, 0, i))
	}
	f.tamper(`UPDATE audit_events SET at = at - interval '20 months' WHERE id <= 15`, rehash) // older than the policy
	f.write("new", now)
	early := f.checkpoint()
	if got := f.verify(early); len(got.Findings) > 0 {
		t.Fatalf("before: %+v", got.Findings)
	}
	session := f.store.As(administrator)
	rows := f.verify(nil).Rows
	for _, months := range []int{-1, 0, 5, 13, 1200} {
		if _, err := session.PruneAudit(t.Context(), months, false); !errors.Is(err, &domain.Error{Kind: domain.Invalid}) {
			t.Errorf("%d months: %v", months, err)
		}
	}
	for _, role := range []domain.Role{domain.Coordinator, domain.Caseworker, domain.Partner, domain.Analyst, ""} {
		if _, err := f.store.As(domain.Actor{Subject: "x", Role: role}).PruneAudit(t.Context(), 12, false); !errors.Is(err, &domain.Error{Kind: domain.Forbidden}) {
			t.Errorf("%s prunes: %v", role, err)
		}
	}
	would, err := session.PruneAudit(t.Context(), 12, true)
	f.must(err)
	if after := f.verify(nil).Rows; after < rows || would.Rows != 15 {
		t.Errorf("a dry run of %d left %d of %d", would.Rows, after, rows)
	}
	done, err := session.PruneAudit(t.Context(), 12, false)
	f.must(err)
	if done.Rows != would.Rows {
		t.Errorf("%d rows were pruned, not the %d foretold", done.Rows, would.Rows)
	}
	late := f.checkpoint()
	for name, checkpoint := range map[string]*domain.Checkpoint{"none": nil, "from before": early, "from after": late} {
		if got := f.verify(checkpoint); len(got.Findings) > 0 {
			t.Errorf("pruned, against the checkpoint %s: %+v", name, got.Findings)
		}
	}
	var who string
	f.must(f.super.QueryRow(t.Context(), `SELECT subject FROM audit_events WHERE kind = 'audit' AND action = 'pruned'`).Scan(&who))
	if again, err := session.PruneAudit(t.Context(), 12, false); err != nil || again.Rows != 0 || who != "admin" {
		t.Errorf("again: %+v, %v, by %s", again, err, who)
	}
	// A base that no pruning left.
	f.tamper(`UPDATE audit_chains c SET pruned_seq = e.seq, pruned_hash = e.hash FROM audit_events e WHERE e.chain = c.chain AND e.seq = c.pruned_seq + 2 AND c.chain = `+longest,
		`DELETE FROM audit_events e USING audit_chains c WHERE e.chain = c.chain AND e.seq <= c.pruned_seq`)
	if got := f.verify(nil); kinds(got) != "base" {
		t.Errorf("a moved base: %+v", got.Findings)
	}
	if _, err := f.store.As(administrator).PruneAudit(t.Context(), 6, false); err != nil {
		t.Errorf("what is left can be pruned: %v", err)
	}
}

// Writers on other connections, while one transaction holds its chain open: nobody waits, and the
// chains hold.
func TestWritersDoNotQueue(t *testing.T) {
	t.Parallel()
	f := newTrail(t)
	const writers, held = 15, 150 * time.Millisecond
	var wait sync.WaitGroup
	began := time.Now()
	errs := make([]error, writers)
	for i := range writers {
		wait.Go(func() {
			errs[i] = f.store.Together(f.Context(), func(store *persistence.Store) error {
				for n := range 5 { // five rows in one transaction, held open a while
					_, err := store.As(administrator).NewOrganisation(f.Context(), domain.OrganisationInput{Slug: fmt.Sprintf("w-%d-%d", i, n), OrganisationNaming: domain.OrganisationNaming{Name: "W", Kind: domain.OrganisationAutre}})
					if err != nil {
						return err
					}
				}
				time.Sleep(held)
				return nil
			})
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > writers*held/2 {
		t.Errorf("%d writers that hold their rows for %s took %s: they queued", writers, held, took)
	}
	if got := f.verify(nil); len(got.Findings) > 0 || got.Rows != 24+writers*5 {
		t.Errorf("%+v", got)
	}
	var chains int
	f.must(f.super.QueryRow(f.Context(), `SELECT count(*) FROM (SELECT split_part(record_ids[1], '-', 1), min(chain) AS a, max(chain) AS b, xmin::text FROM audit_events GROUP BY 1, 4 HAVING count(*) = 5) t WHERE a <> b`).Scan(&chains))
	if chains > 0 {
		t.Errorf("%d transactions hold several chains", chains)
	}
}

// When every head is held, a writer waits for one, and gives up as the database tells it to.
func TestAWriterWaitsForTheLastHead(t *testing.T) {
	t.Parallel()
	f := newTrail(t)
	held, err := f.super.Begin(t.Context())
	f.must(err)
	_, err = held.Exec(t.Context(), `SELECT FROM audit_chains FOR UPDATE`)
	f.must(err)
	written := make(chan error, 1)
	go func() {
		_, err := f.store.As(administrator).NewOrganisation(context.Background(), domain.OrganisationInput{Slug: "waiting", OrganisationNaming: domain.OrganisationNaming{Name: "W", Kind: domain.OrganisationAutre}})
		written <- err
	}()
	select {
	case err := <-written:
		t.Fatalf("written while every head was held: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	f.must(held.Rollback(t.Context()))
	f.must(<-written)
	if got := f.verify(nil); len(got.Findings) > 0 {
		t.Errorf("%+v", got.Findings)
	}
}

// A trail from before it was chained is chained by the migration, and verifies.
func TestTheMigrationChainsWhatWasThere(t *testing.T) {
	t.Parallel()
	f := newTrail(t)
	down, err := migrations.Files.ReadFile("0009_audit.sql")
	f.must(err)
	up, back, _ := strings.Cut(string(down), "-- +goose Down")
	f.tamper(`ALTER TABLE audit_events DISABLE TRIGGER USER`)
	var owner string
	f.must(f.super.QueryRow(t.Context(), `SELECT tableowner FROM pg_tables WHERE tablename = 'audit_events'`).Scan(&owner))
	for _, script := range []string{`SET ROLE ` + owner, back, up, `RESET ROLE`} {
		_, err := f.super.Exec(t.Context(), script)
		f.must(err)
	}
	if got := f.verify(nil); len(got.Findings) > 0 || got.Rows != 24 {
		t.Errorf("%+v", got)
	}
	f.write("after", time.Now())
	if got := f.verify(f.checkpoint()); len(got.Findings) > 0 || got.Rows != 27 {
		t.Errorf("and on: %+v", got)
	}
	f.tamper(`UPDATE audit_events SET subject = 'somebody' WHERE id = 3`)
	if got := f.verify(nil); kinds(got) != "edit" {
		t.Errorf("%+v", got)
	}
}
