package persistence_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/postgres"
)

// An analyst reads dated facts for the purpose of figures and no other, of her programmes, and
// never a row of persons or referrals.
func TestAnAnalystReadsFactsForFiguresOnly(t *testing.T) {
	store, conn := peopled(t)
	analyst := domain.Actor{Role: domain.Analyst, OrganisationID: northOrg, Programmes: []string{north}}
	admin := domain.Actor{Role: domain.Admin, OrganisationID: northOrg, Programmes: []string{north}}
	staff := analyst
	staff.Role = domain.Coordinator
	for _, p := range personal {
		all := `SELECT ` + p.key + `::text FROM ` + p.table + ` ORDER BY 1`
		var want []string
		switch {
		case slices.Contains([]string{"participants", "referrals", "audit_events", "events", "webhooks", "webhook_secrets", "webhook_deliveries", "appointment_moves", "workshop_moves", "workshop_requests"}, p.table), slices.Contains(supporting, p.table):
		default:
			want = readable(t, conn, p.table, p.key, p.readable, staff)
			if len(want) == 0 {
				t.Errorf("%s: there is nothing to see", p.table)
			}
		}
		for purpose, want := range map[string][]string{"figures": want, "": nil, "Figures": nil, "figures,": nil, "people_of_figures": nil} {
			if got, err := store.As(analyst).Texts(t.Context(), purpose, all); err != nil || !slices.Equal(got, want) {
				t.Errorf("for %q an analyst reads of %s %q, not %q: %v", purpose, p.table, got, want, err)
			}
		}
		for _, other := range []domain.Actor{admin, {Role: domain.Partner, OrganisationID: stranger, Programmes: analyst.Programmes}, {Role: domain.Anonymous, OrganisationID: northOrg, Programmes: analyst.Programmes}, {}} {
			if got, err := store.As(other).Texts(t.Context(), "figures", all); err != nil || len(got) > 0 {
				t.Errorf("for figures, %s reads of %s %q: %v", name(other), p.table, got, err)
			}
		}
	}

	const known = `SELECT enrolment_id::text FROM people_of_figures('o2r-nord') ORDER BY 1`
	for _, row := range []struct {
		actor   domain.Actor
		purpose string
		want    []string
	}{
		{analyst, "figures", []string{id("d0", 10), id("d0", 30)}},
		{staff, "", []string{id("d0", 10), id("d0", 30)}},
		{analyst, "", nil}, {admin, "figures", nil}, {domain.Actor{}, "figures", nil},
		{domain.Actor{Role: domain.Analyst, Programmes: []string{south}}, "figures", nil},
	} {
		if got, err := store.As(row.actor).Texts(t.Context(), row.purpose, known); err != nil || !slices.Equal(got, row.want) {
			t.Errorf("for %q, %s knows %q, not %q: %v", row.purpose, name(row.actor), got, row.want, err)
		}
	}
	const after = `SELECT id::text FROM participants, (SELECT count(*) FROM people_of_figures('o2r-nord')) known`
	if got, err := store.As(analyst).Texts(t.Context(), "figures", `WITH known AS MATERIALIZED (SELECT count(*) AS n FROM people_of_figures('o2r-nord')) SELECT p.id::text FROM known LEFT JOIN participants p ON known.n > 0 WHERE p.id IS NOT NULL`); err != nil || len(got) > 0 {
		t.Errorf("beside people_of_figures an analyst reads persons %q: %v", got, err)
	}
	if got, err := store.As(analyst).Texts(t.Context(), "figures", after); err != nil || len(got) > 0 {
		t.Errorf("beside people_of_figures an analyst reads persons %q: %v", got, err)
	}
	if got := column(t, conn, `SELECT unnest(proargnames) FROM pg_proc WHERE proname = 'people_of_figures'`); !slices.Equal(got, []string{"of_programme", "enrolment_id", "birth_date", "gender", "referrer_kind"}) {
		t.Errorf("people_of_figures lets out %q", got)
	}
	for function, columns := range map[string]string{
		"barriers_of_figures":  "enrolment_id barrier_id barrier assessed_on lifted_on set_aside_on",
		"referrals_of_figures": "referral_id received_at status decided_at expires_on birth_date gender justice_status territory_code referrer_kind enrolment_id",
	} {
		if got := column(t, conn, `SELECT unnest(proargnames) FROM pg_proc WHERE proname = '`+function+`'`); strings.Join(got, " ") != "of_programme "+columns {
			t.Errorf("%s lets out %q", function, got)
		}
		for _, row := range []struct {
			actor   domain.Actor
			purpose string
			want    string
		}{
			{analyst, "figures", "2"}, {staff, "", "2"}, {analyst, "", "0"}, {admin, "figures", "0"}, {domain.Actor{}, "figures", "0"},
			{domain.Actor{Role: domain.Analyst, Programmes: []string{south}}, "figures", "0"}, {domain.Actor{Role: domain.Partner, OrganisationID: stranger, Programmes: []string{north}}, "figures", "0"},
		} {
			if got, err := store.As(row.actor).Texts(t.Context(), row.purpose, `SELECT count(*)::text FROM `+function+`('o2r-nord')`); err != nil || !slices.Equal(got, []string{row.want}) {
				t.Errorf("for %q, %s finds in %s %q, not %s: %v", row.purpose, name(row.actor), function, got, row.want, err)
			}
		}
	}
}

// An analyst's figures are those of the coordinator, whoever referred and whatever their age.
func TestFiguresAreTheSameForAnAnalyst(t *testing.T) {
	store, conn := peopled(t)
	if _, err := conn.Exec(t.Context(), `UPDATE programmes SET small_cell_threshold = 1; UPDATE organisations SET kind = 'spip' WHERE slug = 'spip'`); err != nil {
		t.Fatal(err)
	}
	asOf := domain.MustDate("2025-12-31")
	query := persistence.FiguresQuery{}
	query.AsOf = asOf
	for _, filter := range []domain.Filter{{}, {Gender: "female"}, {ReferrerKind: "spip"}, {ReferrerKind: "association"}} {
		query.Filter = filter
		var answers []string
		for _, role := range []domain.Role{domain.Coordinator, domain.Analyst} {
			figures, err := store.As(domain.Actor{Role: role, OrganisationID: northOrg, Programmes: []string{north}}).Figures(t.Context(), north, domain.AllFigures, query)
			if err != nil {
				t.Fatal(err)
			}
			var plain []any
			for _, item := range figures.Answer.Items {
				plain = append(plain, []any{item.Key, item.Value, item.Numerator, item.Denominator})
			}
			text, _ := json.Marshal(plain)
			answers = append(answers, string(text))
		}
		if answers[0] != answers[1] || !strings.Contains(answers[0], "1") {
			t.Errorf("with %+v a coordinator reads\n%s\nan analyst\n%s", filter, answers[0], answers[1])
		}
	}
}

// The database role for analysts' own queries reads the schema figures and nothing else,
// whatever it sets.
func TestTheAnalystsDatabaseRoleSeesNoPersonalTable(t *testing.T) {
	store, conn := peopled(t)
	ctx := t.Context()
	if len(column(t, conn, `SELECT rolname FROM pg_roles WHERE rolname = $1`, postgres.AnalystRole)) == 0 { // on a server of somebody's own
		if _, err := conn.Exec(ctx, `CREATE ROLE `+postgres.AnalystRole+` LOGIN NOSUPERUSER NOBYPASSRLS`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Migrate(ctx); err != nil { // grants, now that the role is there
		t.Fatal(err)
	}
	tables := column(t, conn, `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`)
	views := column(t, conn, `SELECT format('%I.%I', schemaname, viewname) FROM pg_views WHERE schemaname = 'figures' ORDER BY 1`)
	if len(tables) < len(personal) || len(views) < 3 {
		t.Fatalf("%d tables, %d views", len(tables), len(views))
	}
	if _, err := conn.Exec(ctx, `UPDATE programmes SET small_cell_threshold = 3 WHERE slug = 'o2r-sud'`); err != nil {
		t.Fatal(err)
	}
	if err := store.KeepClosings(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `SET SESSION AUTHORIZATION `+postgres.AnalystRole); err != nil {
		t.Fatal(err)
	}
	if got := column(t, conn, `SELECT current_setting('is_superuser')`); got[0] != "off" {
		t.Fatal("the test looks as a superuser")
	}
	for _, role := range []string{"", "system", "coordinator", "analyst"} {
		if _, err := conn.Exec(ctx, `SELECT set_config('o2r.role', $1, false), set_config('o2r.purpose', 'figures', false), set_config('o2r.inside', 'people_of_figures', false), set_config('o2r.programmes', 'o2r-nord,o2r-sud', false)`, role); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			`SELECT * FROM people_of_figures('o2r-nord')`, `SELECT * FROM barriers_of_figures('o2r-nord')`, `SELECT * FROM referrals_of_figures('o2r-nord')`, `SELECT fingerprint_of_figures('o2r-nord')`, `CREATE TABLE public.mine (a int)`, `CREATE TABLE figures.mine (a int)`, `SET ROLE ` + postgres.AppRole, `SELECT lo_import('/etc/passwd')`,
		} {
			if _, err := conn.Exec(ctx, statement); !refused(err) {
				t.Errorf("as %q: %s: %v", role, statement, err)
			}
		}
		for _, table := range tables {
			for _, statement := range []string{`SELECT FROM ` + table, `SELECT count(*) FROM ` + table, `DELETE FROM ` + table, `COPY ` + table + ` TO STDOUT`} {
				if _, err := conn.Exec(ctx, statement); !refused(err) {
					t.Errorf("as %q: %s: %v", role, statement, err)
				}
			}
		}
		for _, view := range views {
			text := strings.Join(column(t, conn, `SELECT v::text FROM `+view+` v LIMIT 1000`), "\n")
			if view != "figures.territories" && (strings.Contains(text, "Secret") || strings.Contains(text, "00000000-0000")) {
				t.Errorf("%s shows %s", view, text)
			}
		}
		// Five entered in the south, one of them by mistake, so four people; in the north two, under the usual threshold.
		if got := column(t, conn, `SELECT e::text FROM figures.entries e`); !slices.Equal(got, []string{"(o2r-sud,2025,3)"}) {
			t.Errorf("entries are %q", got)
		}
		if got := column(t, conn, `SELECT current_setting('o2r.role')`); got[0] != role {
			t.Errorf("the count left the role %q", got[0])
		}
	}
}

// Every table of the database is either reference data, by name, or held by policies that also
// hold its owner.
func TestEveryTableWithPersonalDataIsHeld(t *testing.T) {
	_, conn := peopled(t)
	const unheld = `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_t%'
			AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))
		ORDER BY 1`
	// Public facts, settings, and who may sign in: nothing here is about a person who is helped.
	reference := []string{
		"audit_chains", "client_secrets", "clients", "closures", "demo_loads", "goose_db_version", "occurrence_changes", "organisations", "partnerships", "permanences", "programmes", "retention_rules", "revoked_subjects", "revoked_tokens", "sites", "targets", "territories",
		"territory_contours", "territory_editions", "territory_list_items", "territory_lists", "tombstone_keys",
	}
	if got := column(t, conn, unheld); !slices.Equal(got, reference) {
		t.Errorf("without row-level security, or no longer there: %q; expected exactly %q. A table with personal data needs policies, ENABLE and FORCE; one without is named here.", got, reference)
	}
	for _, added := range []string{
		`CREATE TABLE forgotten (name text)`,
		`CREATE TABLE forgotten (name text); ALTER TABLE forgotten ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON forgotten USING (true)`,
		`CREATE TABLE forgotten (name text); ALTER TABLE forgotten ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
		`CREATE MATERIALIZED VIEW forgotten AS SELECT last_name FROM participants`,
	} {
		tx, err := conn.Begin(t.Context())
		if err == nil {
			_, err = tx.Exec(t.Context(), added)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := column(t, conn, unheld); !slices.Contains(got, "forgotten") {
			t.Errorf("not found: %s", added)
		}
		if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if got := column(t, conn, `SELECT DISTINCT tablename FROM pg_policies WHERE 'public' <> ALL (roles)`); len(got) > 0 {
		t.Errorf("policies of %q leave roles out", got)
	}
}
