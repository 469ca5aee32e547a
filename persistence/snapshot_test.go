package persistence_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"o2r/domain"
	"o2r/persistence"
)

// What was published is for ever: the application's role has not the right to change or to delete it, a trigger refuses
// should somebody grant one, and nothing is added. Of an item, whose it was and why may go, and nothing takes their place.
func TestWhatWasPublishedStays(t *testing.T) {
	f := newStage(t)
	id := f.published()
	before := f.contents()
	const ours = `snapshot_items SET `
	grants := []string{"", `GRANT ALL ON snapshots, snapshot_items TO PUBLIC`}
	for _, grant := range grants {
		if grant != "" {
			_, err := f.super.Exec(ctx(), grant)
			f.ok(err)
		}
		for _, actor := range []domain.Actor{f.actor(domain.Coordinator), f.actor(domain.DPO), f.actor(domain.Admin)} {
			session := f.store.As(actor)
			for _, statement := range []string{
				`UPDATE snapshots SET note = 'x'`, `UPDATE snapshots SET document = document`, `UPDATE snapshots SET published_at = now()`, `UPDATE snapshots SET supersedes = NULL`,
				`DELETE FROM snapshots`, `TRUNCATE snapshots`, `DELETE FROM snapshot_items`, `TRUNCATE snapshot_items`,
			} {
				if n, err := session.Try(ctx(), "", statement); n != 0 || !refused(err) {
					t.Errorf("%s, %q: %s changes %d rows: %v", grant, actor.Role, statement, n, err)
				}
			}
			for _, change := range []string{`bucket = 'unknown'`, `amount = amount + 1`, `key = 'x'`, `position = position + 100000`, `enrolment_id = gen_random_uuid()`, `referral_id = gen_random_uuid()`, `facts = '[]'`, `programme = 'x'`, `territory_code = '80001'`} {
				n, err := session.Try(ctx(), "", `UPDATE `+ours+change)
				if allowed := err == nil && n == 0 && !actor.Is(domain.DPO); n != 0 || !allowed && !refused(err) {
					t.Errorf("%s, %s: %s changes %d items: %v", grant, actor.Role, change, n, err)
				}
			}
		}
		for _, statement := range []string{`UPDATE snapshots SET note = 'x'`, `DELETE FROM snapshots`, `TRUNCATE snapshots`, `DELETE FROM snapshot_items`, `UPDATE snapshot_items SET bucket = 'unknown'`, `UPDATE snapshot_items SET facts = '[]'`} {
			if _, err := f.super.Exec(ctx(), statement); !refused(err) { // not even past every policy and right, but by who takes the triggers away
				t.Errorf("%s past every right: %v", statement, err)
			}
		}
	}
	if after := f.contents(); !slices.Equal(before, after) {
		t.Errorf("it was\n%v\nand is\n%v", before, after)
	}

	another := func(columns, values string) string {
		return `INSERT INTO snapshots (id, programme, as_of, "from", "to", small_cells_accepted, published_at, published_by, sha256, data_fingerprint, small_cells, document, justice, items` + columns + `)
			SELECT gen_random_uuid(), programme, as_of, "from", "to", small_cells_accepted, now(), 'x', sha256, data_fingerprint, small_cells, document, justice, items` + values + ` FROM snapshots`
	}
	for name, statement := range map[string]string{
		"an item more":                     `INSERT INTO snapshot_items (snapshot_id, position, programme, key, bucket, amount) SELECT id, items + 1, programme, 'beneficiaries', 'numerator', 1 FROM snapshots`,
		"an item of elsewhere's":           `INSERT INTO snapshot_items (snapshot_id, position, programme, key, bucket, amount) VALUES (gen_random_uuid(), 1, 'o2r-essai', 'beneficiaries', 'numerator', 1)`,
		"a document of another identifier": another("", ""),
		"another hash":                     strings.Replace(another("", ""), ", sha256, data_fingerprint, small_cells, document, justice, items FROM", ", repeat('0', 64), data_fingerprint, small_cells, document, justice, items FROM", 1),
		"small cells that nobody accepted": strings.Replace(another("", ""), "small_cells_accepted, now()", "false, now()", 1),
		"one that supersedes nobody":       another(", supersedes, note", ", gen_random_uuid(), 'x'"),
		"one without a reason":             another(", supersedes", ", id"),
	} {
		if n, err := f.store.As(f.actor(domain.Coordinator)).Try(ctx(), "", statement); n != 0 || err == nil {
			t.Errorf("%s: %d rows were added: %v", name, n, err)
		}
	}
	// One that says to have items and has none, does not outlast its transaction.
	_, err := f.super.Exec(ctx(), `INSERT INTO snapshots SELECT (jsonb_populate_record(s, jsonb_build_object('id', '0197f0a0-0000-7000-8000-0000000000aa', 'document', d, 'sha256', encode(sha256(convert_to(d, 'UTF8')), 'hex')))).*
		FROM snapshots s, LATERAL (SELECT replace(s.document, s.id::text, '0197f0a0-0000-7000-8000-0000000000aa') AS d) made WHERE s.id = $1`, id)
	if err == nil || !strings.Contains(err.Error(), "items has 0") {
		t.Errorf("without its items: %v", err)
	}
}

// Staff and analysts reach what their programmes published, coordinators alone who stood where, and publish; the officer copies
// and erases.
func TestTheDatabaseKeepsSnapshotsApart(t *testing.T) {
	store, _ := peopled(t)
	for _, programme := range []string{north, south} {
		lead := domain.Actor{Subject: "c", Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{programme}}
		if _, err := store.As(lead).Publish(t.Context(), programme, domain.SnapshotInput{AsOf: day("2025-12-31"), SmallCellsAccepted: new(true)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, actor := range actors() {
		var reads, knows []string
		for _, programme := range []string{north, south} {
			mine := slices.Contains(actor.Programmes, programme)
			if actor.Is(domain.DPO) || mine && actor.Is(domain.Coordinator, domain.Caseworker, domain.Analyst) {
				reads = append(reads, programme)
			}
			if actor.Is(domain.DPO) || mine && actor.Is(domain.Coordinator) {
				knows = append(knows, programme)
			}
		}
		session := store.As(actor)
		if got, err := session.Texts(t.Context(), "figures", `SELECT programme FROM snapshots ORDER BY 1`); err != nil || !slices.Equal(got, reads) {
			t.Errorf("%s reads what %q published, not %q: %v", name(actor), got, reads, err)
		}
		if got, err := session.Texts(t.Context(), "figures", `SELECT DISTINCT programme FROM snapshot_items ORDER BY 1`); err != nil || !slices.Equal(got, knows) {
			t.Errorf("%s reads who stood where in %q, not %q: %v", name(actor), got, knows, err)
		}
		n, err := session.Try(t.Context(), "", `UPDATE snapshot_items SET facts = NULL`)
		if err != nil || (n > 0) != actor.Is(domain.DPO) {
			t.Errorf("%s takes the facts of %d items away: %v", name(actor), n, err)
		}
	}
}

// The document is canonical (RFC 8785): whoever prints it otherwise and makes it canonical again has the same bytes, as the RFC's own example has.
func TestTheDocumentIsCanonical(t *testing.T) {
	f := newStage(t)
	made, err := f.as(domain.Coordinator).Publish(ctx(), essai, domain.SnapshotInput{AsOf: day("2025-12-31"), Note: new("« œuvre » <&> \u2028 \U0001f600"), SmallCellsAccepted: new(true)})
	f.ok(err)
	sum, document, err := f.as(domain.Analyst).PublishedDocument(ctx(), essai, made.ID)
	f.ok(err)
	if sum != made.Sha256 || !strings.HasPrefix(document, `{"as_of":"2025-12-31","data_fingerprint":`) || !strings.Contains(document, "<&> \u2028 \U0001f600") {
		t.Errorf("published %s", document)
	}
	var whole any
	f.ok(json.Unmarshal([]byte(document), &whole))
	again, err := json.MarshalIndent(whole, "", "\t")
	f.ok(err)
	canonical := jsontext.Value(again)
	f.ok(canonical.Canonicalize())
	if string(canonical) != document {
		t.Errorf("made canonical again it is\n%s\nand was\n%s", canonical, document)
	}
	example := jsontext.Value("{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\"literals\":[null,true,false]}")
	f.ok(example.Canonicalize())
	if want := `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`; string(example) != want { // RFC 8785, 3.2.3
		t.Errorf("the RFC's example is\n%s\nand not\n%s", example, want)
	}
}

// While a table is being published nobody is erased; whoever is being erased is waited for.
func TestAPublicationAndAnErasureWaitForEachOther(t *testing.T) {
	f := newStage(t)
	id := f.published()
	_, err := f.as(domain.DPO).Erase(ctx(), f.participant, domain.ErasureInput{Reason: "Demande de la personne."})
	f.ok(err)
	for _, leads := range []string{f.participant, f.enrolment, f.appointment} {
		found := column(t, f.super, `SELECT key FROM snapshot_items WHERE snapshot_items::text LIKE '%' || $1 || '%'`, leads)
		if len(found) != 0 {
			t.Errorf("erased, %s is still in %q", leads, found)
		}
	}
	if whole := column(t, f.super, `SELECT 'whole' FROM snapshots s WHERE id = $1 AND items = (SELECT count(*) FROM snapshot_items WHERE snapshot_id = s.id)`, id); len(whole) != 1 {
		t.Error("an item went")
	}
	again := f.publication()
	again.Supersedes, again.Note = &id, new("Depuis l'effacement.")
	made, err := f.as(domain.Coordinator).Publish(ctx(), essai, again)
	f.ok(err)
	if later := column(t, f.super, `SELECT key FROM snapshot_items WHERE snapshot_id = $1 AND num_nonnulls(enrolment_id, meeting_id, barrier_id) > 0`, made.ID); len(later) != 0 {
		t.Errorf("published after she was erased, she is named in %q", later)
	}
	compared, err := f.as(domain.Coordinator).CompareSnapshot(ctx(), essai, id, domain.ComparisonQuery{})
	f.ok(err)
	for _, figure := range compared.Answer.Figures {
		if figure.Changed == nil || *figure.Changed {
			t.Errorf("she counts otherwise than before: %+v", figure)
		}
	}

	lock, err := f.super.Begin(ctx())
	f.ok(err)
	_, err = lock.Exec(ctx(), `SELECT pg_advisory_xact_lock($1)`, 0x6f3273)
	f.ok(err)
	done := make(chan error)
	go func() {
		_, err := f.as(domain.Coordinator).Publish(ctx(), essai, domain.SnapshotInput{AsOf: day("2025-11-30"), SmallCellsAccepted: new(true)})
		done <- err
	}()
	f.waits(done)
	f.ok(lock.Rollback(ctx()))
	f.ok(<-done)
}

// A publication that waits for another goes by the threshold that stands when its turn has come.
func TestAPublicationGoesByWhatStandsWhenItsTurnComes(t *testing.T) {
	f := newStage(t)
	_, err := f.super.Exec(ctx(), `UPDATE programmes SET small_cell_threshold = 1 WHERE slug = $1`, essai)
	f.ok(err)
	before, err := f.super.Begin(ctx())
	f.ok(err)
	_, err = before.Exec(ctx(), `SELECT pg_advisory_xact_lock(hashtextextended('snapshots of ' || $1, 0))`, essai)
	f.ok(err)
	done := make(chan error)
	go func() {
		_, err := f.as(domain.Coordinator).Publish(ctx(), essai, domain.SnapshotInput{AsOf: day("2025-12-31")})
		done <- err
	}()
	f.waits(done)
	_, err = before.Exec(ctx(), `UPDATE programmes SET small_cell_threshold = 5, version = version + 1 WHERE slug = $1`, essai)
	f.ok(err)
	f.ok(before.Commit(ctx()))
	var refused *domain.Error
	if err := <-done; !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Code != "small_cells" {
		t.Errorf("of small cells that nobody accepted it says %v", err)
	}
}

// waits until somebody waits for an advisory lock.
func (f *stage) waits(done chan error) {
	f.Helper()
	for len(column(f.T, f.super, `SELECT 'waits' FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)) == 0 {
		select {
		case err := <-done:
			f.Fatalf("it did not wait: %v", err)
		default:
		}
	}
}

// Of several who publish the same days at once, one does; the others are told which stands.
func TestOneOfThoseWhoPublishTheSameDaysAtOnceDoes(t *testing.T) {
	f := newStage(t)
	const publishers = 4
	answers := make(chan error, publishers)
	for range publishers {
		go func() {
			_, err := f.as(domain.Coordinator).Publish(ctx(), essai, f.publication())
			answers <- err
		}()
	}
	published := 0
	for range publishers {
		switch err := <-answers; {
		case err == nil:
			published++
		case !errors.Is(err, &domain.Error{Kind: domain.Conflict, Code: "already_published"}):
			t.Errorf("refused otherwise: %v", err)
		}
	}
	if kept := column(t, f.super, `SELECT id::text FROM snapshots`); published != 1 || len(kept) != 1 {
		t.Errorf("%d published, and %q stand", published, kept)
	}
}

// How people stood with justice goes from what was published when it goes from their files.
func TestJusticeGoesFromWhatWasPublished(t *testing.T) {
	f := newStage(t)
	_, err := f.super.Exec(ctx(), `UPDATE enrolments SET justice_status = 'milieu_ouvert', exited_on = '2025-08-01', exit_kind = 'autre' WHERE id = $1`, f.enrolment)
	f.ok(err)
	f.published()
	said := func() []string {
		return column(t, f.super, `SELECT key FROM snapshot_items WHERE facts::text LIKE '%milieu_ouvert%'`)
	}
	if got := said(); !slices.Equal(got, []string{domain.IndicatorJusticeSupervised}) {
		t.Fatalf("it stands in %q", got)
	}
	_, err = f.super.Exec(ctx(), `UPDATE enrolments SET entered_on = '2019-02-03', exited_on = '2019-08-01' WHERE id = $1; `, f.enrolment)
	f.ok(err)
	report, err := persistence.Retention(ctx(), f.as(domain.DPO), false, func(domain.RetentionDue) error { return nil })
	f.ok(err)
	if got := said(); len(got) != 0 {
		t.Errorf("it still stands in %q: %+v", got, report)
	}
}

// It goes too where the path says another thing since: what was corrected is kept no longer than what was right.
func TestJusticeThatWasCorrectedGoesFromWhatWasPublished(t *testing.T) {
	f := newStage(t)
	_, err := f.super.Exec(ctx(), `UPDATE enrolments SET justice_status = 'milieu_ouvert', exited_on = '2025-08-01', exit_kind = 'autre' WHERE id = $1`, f.enrolment)
	f.ok(err)
	f.published()
	for _, corrected := range []string{`'aucune'`, `NULL`} {
		_, err = f.super.Exec(ctx(), `UPDATE enrolments SET justice_status = `+corrected+`, entered_on = '2019-02-03', exited_on = '2019-08-01' WHERE id = $1`, f.enrolment)
		f.ok(err)
		due, err := f.as(domain.DPO).RetentionDue(ctx(), domain.Paging{})
		f.ok(err)
		if !slices.ContainsFunc(due.Items, func(d domain.RetentionDue) bool { return d.RecordID == f.enrolment }) {
			t.Errorf("corrected to %s, it is not due: %+v", corrected, due.Items)
		}
	}
	before := column(t, f.super, `SELECT version::text FROM enrolments WHERE id = $1`, f.enrolment)
	report, err := persistence.Retention(ctx(), f.as(domain.DPO), false, func(domain.RetentionDue) error { return nil })
	f.ok(err)
	if got := column(t, f.super, `SELECT key FROM snapshot_items WHERE facts::text LIKE '%milieu_ouvert%'`); len(got) != 0 {
		t.Errorf("it still stands in %q: %+v", got, report)
	}
	if after := column(t, f.super, `SELECT version::text FROM enrolments WHERE id = $1`, f.enrolment); !slices.Equal(before, after) {
		t.Errorf("the path itself was written, from version %s to %s", before, after)
	}
	if again, err := f.as(domain.DPO).RetentionDue(ctx(), domain.Paging{}); err != nil || slices.ContainsFunc(again.Items, func(d domain.RetentionDue) bool { return d.RecordID == f.enrolment }) {
		t.Errorf("it is due again: %+v, %v", again.Items, err)
	}
}

// Whoever has taken every trigger and right away and made the hash fit is found by the trail, which has the hash too.
func TestWhatWasPublishedIsComparedWithTheTrail(t *testing.T) {
	f := newStage(t)
	id := f.published()
	verified := func() string {
		report, err := f.as(domain.Admin).VerifyAudit(ctx(), nil, nil)
		f.ok(err)
		return kinds(report)
	}
	if got := verified(); got != "" {
		t.Fatalf("nothing happened, and it finds %q", got)
	}
	for _, statement := range []string{
		`SET session_replication_role = replica`,
		`UPDATE snapshots SET document = made, sha256 = encode(sha256(convert_to(made, 'UTF8')), 'hex')
			FROM (SELECT id AS which, replace(document, '"display":"1"', '"display":"2"') AS made FROM snapshots) forged WHERE id = which AND made <> document`,
	} {
		tag, err := f.super.Exec(ctx(), statement)
		f.ok(err)
		if strings.HasPrefix(statement, "UPDATE") && tag.RowsAffected() != 1 {
			t.Fatal("nothing was tampered with")
		}
	}
	if got := verified(); got != "published" {
		t.Errorf("rewritten with its hash, it finds %q", got)
	}
	_, err := f.super.Exec(ctx(), `DELETE FROM snapshots WHERE id = $1`, id)
	f.ok(err)
	if got := verified(); got != "published" {
		t.Errorf("deleted, it finds %q", got)
	}
	if got, err := f.as(domain.Admin).Texts(ctx(), "figures", `SELECT programme FROM snapshots`); err != nil || len(got) != 0 {
		t.Errorf("an administrator reads %q: %v", got, err)
	}
}
