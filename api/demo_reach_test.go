package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence/demo"
	"o2r/persistence/storetest"
)

// foreign are the records of the demo's other operator, and what can only be hers of their texts.
type foreign struct {
	ids   map[string][]string // by table
	marks []string
}

// foreigners reads them past every policy.
func (f *fixture) foreigners() foreign {
	f.Helper()
	found := foreign{ids: map[string][]string{}}
	theirs := map[string]string{"participants": `enrolled_in && ARRAY['` + demo.IleDeFrance + `'] OR recorded_for && ARRAY['` + demo.IleDeFrance + `']`}
	for _, table := range []string{"enrolments", "referrals", "appointments", "workshops", "sites", "permanences"} {
		theirs[table] = `programme = '` + demo.IleDeFrance + `'`
	}
	for _, table := range []string{"jobs", "outcomes", "france_travail_statuses", "diagnostics", "enrolment_barriers", "enrolment_strengths", "charters", "objectives", "actions", "enrolment_proposals", "immersions", "follow_ups", "extensions"} {
		theirs[table] = `enrolment_id IN (SELECT id FROM enrolments WHERE programme = '` + demo.IleDeFrance + `')`
	}
	for table, whose := range theirs {
		for _, row := range f.rows(`SELECT id::text FROM ` + table + ` WHERE ` + whose) {
			found.ids[table] = append(found.ids[table], row[0].(string))
		}
		found.marks = append(found.marks, found.ids[table]...)
	}
	for _, row := range f.rows(`WITH texts AS (
			SELECT programme, unnest(ARRAY[last_name, phone, email, external_reference, referrer_name, referrer_email]) AS text FROM referrals
			UNION ALL SELECT p.enrolled_in[1], unnest(ARRAY[p.last_name, p.phone, p.email, p.address]) FROM participants p
			UNION ALL SELECT programme, caseworker_id FROM enrolments)
		SELECT text FROM texts WHERE length(text) > 5 GROUP BY text HAVING bool_and(programme = $1)`, demo.IleDeFrance) {
		found.marks = append(found.marks, row[0].(string))
	}
	return found
}

// The record that nothing of the demo's other operator was ever within reach: each caller of the Somme asks each
// operation of the document for each of its records, names its programme and its people in every filter, reads
// every list to its end, and asks the database itself. It ends with how much was tried.
func TestNothingOfTheDemosOtherOperatorIsInReach(t *testing.T) {
	store, dsn := storetest.WithURL(t)
	loaded, err := demo.Load(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	a, handler := composed()
	a.On(store, tokens)
	f := &fixture{T: t, store: store, url: dsn, tokens: tokens, handler: handler, from: address()}
	theirs := f.foreigners()
	for _, table := range []string{"participants", "enrolments", "referrals", "appointments", "sites", "permanences"} {
		if len(theirs.ids[table]) == 0 {
			t.Fatalf("the other operator has no %s: the test proves nothing", table)
		}
	}

	with := loaded.Actor(domain.Caseworker)
	with.AccessReason = because
	callers := []domain.Actor{loaded.Actor(domain.Coordinator), loaded.Actor(domain.Caseworker), with, loaded.Actor(domain.Analyst), loaded.Actor(domain.Admin)}
	for _, slug := range []string{"spip-somme", "france-travail-doullens", "mdsi-doullens"} {
		partner := loaded.Actor(domain.Partner)
		partner.Subject, partner.OrganisationID = "demo-"+slug, loaded.Organisations[slug]
		callers = append(callers, partner)
	}
	_, err = store.PlaceEvents(t.Context()) // the feed does it first
	f.must(err)
	before := f.contents()
	asked, operations := 0, f.operations()
	ask := func(by domain.Actor, o operation, listed bool) reply {
		asked++
		by.TokenID = fmt.Sprint(o.id, asked/500) // no token uses up its quota, and no address
		if asked%500 == 0 {
			f.from = address()
		}
		headers := []string{"If-Match", "*"}
		if by.AccessReason != "" && slices.Contains(o.headers, "Access-Reason") {
			headers = append(headers, "Access-Reason", by.AccessReason)
		}
		got := f.send(by, o.method, o.path, o.body, headers...)
		if (got.Status < 400) != listed && got.Status != 403 || got.Status >= 500 {
			t.Errorf("%s %s %s answers %d: %.300s", by.Subject, o.method, o.path, got.Status, got.Text)
		}
		for _, mark := range theirs.marks {
			if strings.Contains(got.Text, mark) {
				t.Errorf("%s %s %s tells of %s: %.300s", by.Subject, o.method, o.path, mark, got.Text)
			}
		}
		return got
	}
	for _, by := range callers {
		for _, o := range operations {
			setUp := strings.HasPrefix(o.path, "/v1/organisations") || strings.HasPrefix(o.path, "/v1/clients") || strings.HasPrefix(o.path, "/v1/tokens")
			if by.Role == domain.Admin { // she sets both programmes up: only people and their meetings are closed to her
				setUp = setUp || strings.HasPrefix(o.path, "/v1/programmes") || strings.HasPrefix(o.path, "/v1/sites") || strings.HasPrefix(o.path, "/v1/permanences") || o.id == "getContours"
			}
			if setUp || slices.Contains(public, o.id) {
				continue
			}
			for _, aimed := range o.atForeigners(f, theirs) {
				got := ask(by, aimed.operation, aimed.listed)
				for next := got.Fields["next_cursor"]; next != nil && got.Fields["has_more"] != false; next = got.Fields["next_cursor"] {
					page := o
					page.path += "?limit=200&cursor=" + url.QueryEscape(next.(string))
					got = ask(by, page, true)
				}
			}
		}
	}
	after := f.contents()
	for table := range after {
		if before[table] != after[table] && table != "audit_events" && table != "audit_chains" {
			t.Errorf("%s was written", table)
		}
	}
	rows := f.inDatabase(callers, theirs)
	if t.Failed() {
		return
	}
	t.Logf("%d records and %d texts of the other operator; %d requests by %d callers over %d operations, and %d questions to the database itself: none was reached",
		len(slices.Concat(slices.Collect(maps.Values(theirs.ids))...)), len(theirs.marks), asked, len(callers), len(operations), rows)
}

type aimed struct {
	operation
	listed bool // it answers, with nothing of theirs
}

// atForeigners are the requests of an operation for what is the other operator's: each of its
// records where the path names one, its programme in path and body, and every filter. Of the kinds
// of records that a path does not name, one each.
func (o operation) atForeigners(f *fixture, theirs foreign) []aimed {
	home := map[string]string{"participants": "participants", "enrolments": "enrolments", "referrals": "referrals", "appointments": "appointments", "workshops": "workshops", "sites": "sites", "permanences": "permanences"}
	at := func(table string, i int) string {
		ids := theirs.ids[table]
		if len(ids) == 0 {
			return randomID()
		}
		return ids[i%len(ids)]
	}
	ask := func(i int, id string) operation {
		elsewhere := *f
		elsewhere.site.ID, elsewhere.spip.ID, elsewhere.operator.ID = at("sites", i), randomID(), randomID()
		c := cast{participant: id, enrolment: id, appointment: id, workshop: id, referral: id, permanence: id, job: at("jobs", i), client: randomID(), secret: randomID(),
			host: randomID(), prescriber: randomID(), support: map[string]string{"diagnostic": at("diagnostics", i), "barrier": at("enrolment_barriers", i), "strength": at("enrolment_strengths", i),
				"objective": at("objectives", i), "action": at("actions", i), "proposal": at("enrolment_proposals", i), "immersion": at("immersions", i), "extension": at("extensions", i)}}
		c.identity = map[string]any{"first_name": "Dominique", "last_name": "Fictif"}
		c.entry = map[string]any{"participant_id": at("participants", i), "programme": demo.IleDeFrance, "entered_on": "2025-02-03"}
		c.meeting = map[string]any{"enrolment_id": at("enrolments", i), "starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "in_person"}
		c.session = map[string]any{"programme": demo.IleDeFrance, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90}
		c.presence = tuesdays(&elsewhere, "programme", demo.IleDeFrance)
		c.request = map[string]any{"programme": demo.IleDeFrance, "first_name": "Sacha", "last_name": "Inventé", "phone": "06 39 98 00 02", "consented_on": "2025-03-01"}
		path := o.path
		made := o.aimed(c, &elsewhere)
		made.path = strings.ReplaceAll(made.path, "/"+somme, "/"+demo.IleDeFrance)
		if strings.Contains(path, "{id}") && strings.Contains(made.path, "{id}") { // a kind that cast does not know
			made.path = strings.ReplaceAll(made.path, "{id}", id)
		}
		if body, flat := made.body.(map[string]any); flat && body["programme"] != nil {
			made.body = object(body, "programme", demo.IleDeFrance)
		}
		return made
	}
	var all []aimed
	switch {
	case strings.Contains(o.path, "{id}"):
		_, rest, _ := strings.Cut(o.path, "/v1/")
		own, _, _ := strings.Cut(rest, "/")
		for table, ids := range theirs.ids {
			if table != home[own] {
				ids = ids[:1]
			}
			for i, id := range ids {
				all = append(all, aimed{operation: ask(i, id)})
			}
		}
	case strings.Contains(o.path, "{programme}"):
		all = append(all, aimed{operation: ask(0, "")})
	case o.id == "getFiguresOfEach": // which does not answer without a programme
		for query, listed := range map[string]bool{"?programme=" + demo.IleDeFrance: false, "?programme=" + somme + "&programme=" + demo.IleDeFrance: false, "?programme=" + somme + "&caseworker=demo-caseworker-idf": true} {
			narrowed := o
			narrowed.path += query
			all = append(all, aimed{narrowed, listed})
		}
	case o.id == "getContours": // which answers 404 for a programme out of reach
		narrowed := o
		narrowed.path += "?programme=" + demo.IleDeFrance
		all = append(all, aimed{o, true}, aimed{narrowed, false})
	case o.method == "GET" && !strings.Contains(o.path, "{"):
		whole := o
		if slices.Contains(o.queries, "limit") {
			whole.path += "?limit=200"
		}
		all = append(all, aimed{whole, true})
		filters := map[string][]string{"programme": {demo.IleDeFrance}, "participant_id": theirs.ids["participants"], "enrolment_id": theirs.ids["enrolments"],
			"caseworker": {"demo-caseworker-idf"}}
		for _, name := range o.queries {
			for _, value := range filters[name] {
				narrowed := o
				narrowed.path += "?" + name + "=" + url.QueryEscape(value)
				all = append(all, aimed{narrowed, true})
			}
		}
	case o.id == "searchParticipants":
		for i, mark := range theirs.marks {
			if len(mark) < 30 && i%3 == 0 {
				looked := o
				looked.body = map[string]any{"query": mark}
				all = append(all, aimed{looked, true})
			}
		}
	case o.id == "createEnrolment" || o.id == "createAppointment" || o.id == "createReferral" || o.id == "createWorkshop" || o.id == "createSite" || o.id == "createPermanence":
		all = append(all, aimed{operation: ask(0, "")})
	}
	return all
}

// inDatabase asks each table itself for their rows, as each caller and without any scope.
func (f *fixture) inDatabase(callers []domain.Actor, theirs foreign) (asked int) {
	f.Helper()
	conn, err := pgx.Connect(f.Context(), strings.ReplaceAll(f.url, "o2r.role=system", "o2r.purpose=none"))
	f.must(err)
	defer conn.Close(f.Context())
	for _, by := range callers {
		_, err := conn.Exec(f.Context(), `SELECT set_config('o2r.role', $1, false), set_config('o2r.organisation_id', $2, false), set_config('o2r.programmes', $3, false)`,
			string(by.Role), by.OrganisationID, strings.Join(by.Programmes, ","))
		f.must(err)
		for table, ids := range theirs.ids {
			if table == "sites" || table == "permanences" {
				continue // they name nobody, and are kept apart by the program alone
			}
			var reached int
			f.must(conn.QueryRow(f.Context(), `SELECT count(*) FROM `+table+` WHERE id = ANY ($1)`, ids).Scan(&reached))
			if asked++; reached != 0 {
				f.Errorf("%s reaches %d of their %s", by.Subject, reached, table)
			}
		}
	}
	return asked
}
