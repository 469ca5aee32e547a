package persistence_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

// Two programmes of two operators, two partners, and a person in each position that a rule
// speaks of. The identifiers tell them apart: the last digits of a participant's come back in
// those of everything recorded of her.
const (
	north, south         = "o2r-nord", "o2r-sud"
	northOrg, southOrg   = "00000000-0000-7000-8000-00000000a001", "00000000-0000-7000-8000-00000000a002"
	spip, mdsi, stranger = "00000000-0000-7000-8000-00000000a003", "00000000-0000-7000-8000-00000000a004", "00000000-0000-7000-8000-00000000a005"
)

var people = []struct {
	number      int
	recordedBy  string
	recordedFor string
	enrolledIn  []string
	voided      bool
	referredBy  string
}{
	{1, northOrg, north, []string{north}, false, spip},
	{2, southOrg, south, []string{south}, false, spip},
	{3, northOrg, north, []string{north, south}, false, mdsi},
	{4, northOrg, north, nil, false, ""},             // waits at the north's operator
	{5, southOrg, south, nil, false, ""},             // waits at the south's
	{6, southOrg, north, []string{south}, false, ""}, // recorded by the south's operator for the north, enrolled in the south
	{7, northOrg, north, []string{north}, true, ""},  // enrolled by mistake
	{8, southOrg, north + "," + south, []string{south}, true, mdsi},
	{9, northOrg, south, nil, false, ""}, // waits at the north's operator, for the south
}

func id(kind string, number int) string {
	return fmt.Sprintf("00000000-0000-7000-8000-0000000%s%03d", kind, number)
}

// peopled is a store with everybody in it, and a connection that no policy holds.
func peopled(t testing.TB) (*persistence.Store, *pgx.Conn) {
	t.Helper()
	store, superURL := storetest.WithSuper(t)
	conn := connect(t, superURL)
	var sql strings.Builder
	stamp := "1, '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'"
	for slug, org := range map[string]string{"nord": northOrg, "sud": southOrg, "spip": spip, "mdsi": mdsi, "autre": stranger} {
		fmt.Fprintf(&sql, "INSERT INTO organisations VALUES ('%s', %s, '%s', '%s', 'association');\n", org, stamp, slug, slug)
	}
	for number, slug := range []string{north, south} {
		fmt.Fprintf(&sql, "INSERT INTO programmes (id, version, created_at, updated_at, slug, name, operator_id, starts_on, ends_on) VALUES ('%s', %s, '%s', 'n', '%s', '2024-11-01', '2027-12-31');\n",
			id("b0", number), stamp, slug, []string{northOrg, southOrg}[number])
		fmt.Fprintf(&sql, "INSERT INTO workshops VALUES ('%s', %s, '%s', 'remobilisation', 'Atelier clos', '2025-03-06T13:00:00Z', 90, NULL, NULL, 'closed');\n", id("f1", number), stamp, slug)
		fmt.Fprintf(&sql, "INSERT INTO workshop_moves VALUES ('%s', '%s', '2025-02-20T09:00:00Z', 'c', NULL, '2025-03-03T09:00:00Z', 60, NULL, '2025-03-04T09:00:00Z', 60, NULL);\n", id("52", number), id("f1", number))
		fmt.Fprintf(&sql, "INSERT INTO workshops VALUES ('%s', %s, '%s', 'remobilisation', 'Atelier', '2025-03-06T13:00:00Z', 90, NULL, NULL, 'planned');\n", id("f0", number), stamp, slug)
	}
	for _, p := range people {
		fmt.Fprintf(&sql, "INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name, birth_date, gender, email) VALUES ('%s', %s, '%s', '{%s}', 'Prénom', 'Secret%d', '1990-01-0%d', 'female', 'p%d@example.org');\n",
			id("c0", p.number), stamp, p.recordedBy, p.recordedFor, p.number, p.number, p.number)
		for i, programme := range p.enrolledIn {
			n := p.number*10 + i
			voided := "NULL, NULL"
			if p.voided {
				voided = "'2025-02-04T00:00:00Z', 'erreur'"
			}
			referral := "NULL"
			if p.referredBy != "" {
				referral = "'" + id("e0", n) + "'"
				fmt.Fprintf(&sql, "INSERT INTO referrals (id, version, created_at, updated_at, organisation_id, programme, external_reference, first_name, last_name, email, consented_on, status, received_at) VALUES (%s, %s, '%s', '%s', 'R%d', 'Prénom', 'Secret%d', 'p@example.org', '2025-01-01', 'received', '2025-01-01T00:00:00Z');\n",
					referral, stamp, p.referredBy, programme, n, p.number)
			}
			fmt.Fprintf(&sql, "INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, referral_id, voided_at, void_reason) VALUES ('%s', %s, '%s', '%s', '2025-02-03', %s, %s);\n",
				id("d0", n), stamp, id("c0", p.number), programme, referral, voided)
			fmt.Fprintf(&sql, "INSERT INTO jobs VALUES ('%s', %s, '%s', '2025-06-02', NULL, 'cdi', 'Employeur');\n", id("10", n), stamp, id("d0", n))
			fmt.Fprintf(&sql, "INSERT INTO france_travail_statuses VALUES ('%s', %s, '%s', '2025-06-02', true);\n", id("20", n), stamp, id("d0", n))
			fmt.Fprintf(&sql, "INSERT INTO outcomes VALUES ('%s', %s, '%s', '6_months', '2025-12-02', 'neither', NULL);\n", id("30", n), stamp, id("d0", n))
			supported := func(table, kind, columns, values string) {
				fmt.Fprintf(&sql, "INSERT INTO %s (id, version, created_at, updated_at, enrolment_id, author, %s) VALUES ('%s', %s, '%s', 'c', %s);\n", table, columns, id(kind, n), stamp, id("d0", n), values)
			}
			supported("diagnostics", "50", "assessed_on, barriers, strengths, note", "'2025-02-03', '[]', '{}', 'Secret'")
			supported("enrolment_barriers", "60", "barrier, assessed_on, diagnostic_id, state", "'mobilite', '2025-02-03', '"+id("50", n)+"', 'open'")
			supported("enrolment_strengths", "70", "strength, noted_on, detail", "'langues', '2025-02-03', 'Secret'")
			supported("charters", "80", "signed_on, note", "'2025-02-10', 'Secret'")
			supported("objectives", "90", "label, agreed_on, due_on, in_charter, barrier_id, state", "'Secret', '2025-02-10', '2025-03-10', true, '"+id("60", n)+"', 'open'")
			supported("actions", "11", "kind, done_on, barrier_id, note", "'domiciliation', '2025-02-17', '"+id("60", n)+"', 'Secret'")
			supported("enrolment_proposals", "21", "kind, proposed_on, note", "'emploi', '2025-02-17', 'Secret'")
			supported("immersions", "31", "purpose, host_id, starts_on, ends_on, prescriber_id, note", "'decouvrir_un_metier', '"+stranger+"', '2025-03-03', '2025-03-14', '"+mdsi+"', 'Secret'")
			supported("follow_ups", "41", "contacted_on, channel, counterpart, situation, note", "'2025-08-04', 'phone', 'personne', 'neither', 'Secret'")
			supported("extensions", "51", "reason, decided_on, decided_by, until_on", "'Secret', '2025-10-01', 'c', '2026-01-05'")
			fmt.Fprintf(&sql, "INSERT INTO appointments VALUES ('%s', %s, '%s', '%s', '2025-03-04T09:00:00Z', 60, 'in_person', NULL, NULL, 'scheduled', NULL, 'Secret');\n", id("40", n), stamp, programme, id("d0", n))
			fmt.Fprintf(&sql, "INSERT INTO appointment_moves VALUES ('%s', '%s', '2025-02-20T09:00:00Z', 'c', 'Secret', '2025-03-03T09:00:00Z', 60, 'phone', NULL, '2025-03-04T09:00:00Z', 60, 'in_person', NULL);\n", id("41", n), id("40", n))
			workshop := map[string]int{north: 0, south: 1}[programme]
			fmt.Fprintf(&sql, "INSERT INTO workshop_registrations VALUES ('%s', '%s', '%s', 'scheduled', '2025-01-01T00:00:00Z');\n", programme, id("f0", workshop), id("d0", n))
			fmt.Fprintf(&sql, "INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state) VALUES ('%s', '%s', '%s', '%s', '2025-01-01T00:00:00Z', 'waiting');\n", id("51", n), programme, id("f0", workshop), id("d0", n))
		}
	}
	for i, trial := range []struct{ organisation, programme string }{{spip, north}, {mdsi, north}, {spip, south}} { // in the sandbox
		fmt.Fprintf(&sql, "INSERT INTO referrals (id, version, created_at, updated_at, organisation_id, programme, external_reference, first_name, last_name, email, consented_on, status, received_at, sandbox) VALUES ('%s', %s, '%s', '%s', 'R1%d', 'Prénom', 'Secret', 'p@example.org', '2025-01-01', 'received', '2025-01-01T00:00:00Z', true);\n",
			id("e9", i), stamp, trial.organisation, trial.programme, i)
	}
	for _, programme := range []string{"'" + north + "'", "'" + south + "'", "NULL"} {
		fmt.Fprintf(&sql, "INSERT INTO audit_events (at, subject, role, action, kind, record_ids, programme) VALUES ('2025-01-01T00:00:00Z', 's', 'coordinator', 'read', 'participant', '{}', %s);\n", programme)
		fmt.Fprintf(&sql, "INSERT INTO events (occurred_at, type, kind, record_id, programme, organisation_id) VALUES ('2025-01-01T00:00:00Z', 't', 'k', 'r', %s, '%s');\n", programme, spip)
	}
	// What happened to each referral has its place in the feed, or has it not yet; two webhooks, to which it was sent.
	sql.WriteString(`INSERT INTO events (occurred_at, type, kind, record_id, programme, organisation_id, position) SELECT received_at, 'referral.received', 'referral', id::text, programme, organisation_id, row_number() OVER (ORDER BY id) FROM referrals;
		INSERT INTO events (occurred_at, type, kind, record_id, programme, organisation_id) SELECT received_at, 'referral.reviewed', 'referral', id::text, programme, organisation_id FROM referrals;`)
	for number, org := range []string{spip, mdsi} {
		fmt.Fprintf(&sql, `INSERT INTO webhooks (id, version, created_at, updated_at, organisation_id, programmes, url, types, enabled) VALUES ('%[1]s', %[2]s, '%[3]s', '{%[4]s,%[5]s}', 'https://hooks.example.org', '{}', true);
			INSERT INTO webhook_secrets (webhook_id, slot, id, sealed, created_at) VALUES ('%[1]s', 1, '%[1]s', 'sealed', now());
			INSERT INTO webhook_deliveries (id, webhook_id, event_id, message_id, type, organisation_id, programme, referral_id, position, status, next_attempt_at, created_at)
				SELECT gen_random_uuid(), '%[1]s', id, public_id, type, organisation_id, programme, referral_id, position, 'pending', now(), now() FROM events WHERE position IS NOT NULL AND organisation_id = '%[3]s';
			INSERT INTO webhook_deliveries (id, webhook_id, message_id, type, organisation_id, status, next_attempt_at, created_at) VALUES (gen_random_uuid(), '%[1]s', gen_random_uuid(), 'webhook.test', '%[3]s', 'pending', now(), now());
			`, id("50", number), stamp, org, north, south)
	}
	if _, err := conn.Exec(t.Context(), sql.String()); err != nil {
		t.Fatal(err)
	}
	return store, conn
}

// column reads one column, past every policy.
func column(t testing.TB, conn *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	return found
}

// personal are the tables that hold personal data, each with what identifies its rows and with
// who may read one, said anew: from the enrolments themselves, in terms of an actor a.
var personal = []struct{ table, key, readable string }{
	{"participants", "id", `a.role = 'dpo' OR (a.staff AND (EXISTS (SELECT FROM enrolments e WHERE e.participant_id = r.id AND e.programme = ANY (a.programmes))
		OR r.organisation_id = a.organisation AND r.recorded_for && a.programmes))`},
	{"enrolments", "id", `a.role = 'dpo' OR (a.staff AND r.programme = ANY (a.programmes))`},
	{"jobs", "id", ofEnrolment},
	{"france_travail_statuses", "id", ofEnrolment},
	{"outcomes", "id", ofEnrolment},
	{"diagnostics", "id", ofEnrolment},
	{"enrolment_barriers", "id", ofEnrolment},
	{"enrolment_strengths", "id", ofEnrolment},
	{"charters", "id", ofEnrolment},
	{"objectives", "id", ofEnrolment},
	{"actions", "id", ofEnrolment},
	{"enrolment_proposals", "id", ofEnrolment},
	{"immersions", "id", ofEnrolment},
	{"follow_ups", "id", ofEnrolment},
	{"extensions", "id", ofEnrolment},
	{"referrals", "id", `a.role = 'dpo' OR (r.programme = ANY (a.programmes) AND (a.staff OR a.role = 'partner' AND r.organisation_id = a.organisation) AND r.sandbox = (a.sandbox AND a.role = 'partner'))`},
	{"appointment_moves", "id", `a.role = 'dpo' OR (a.staff AND EXISTS (SELECT FROM appointments m WHERE m.id = r.appointment_id AND m.programme = ANY (a.programmes)))`},
	{"appointments", "id", `a.role = 'dpo' OR (a.staff AND r.programme = ANY (a.programmes))`},
	{"workshops", "id", `a.role = 'dpo' OR (a.staff AND r.programme = ANY (a.programmes))`},
	{"workshop_moves", "id", `a.role = 'dpo' OR (a.staff AND EXISTS (SELECT FROM workshops w WHERE w.id = r.workshop_id AND w.programme = ANY (a.programmes)))`},
	{"workshop_requests", "id", `a.role = 'dpo' OR (a.staff AND r.programme = ANY (a.programmes))`},
	{"workshop_registrations", "enrolment_id", `a.role = 'dpo' OR (a.staff AND r.programme = ANY (a.programmes))`},
	{"audit_events", "id", `a.role = 'dpo' OR (a.role = 'coordinator' AND r.programme = ANY (a.programmes))`},
	{"events", "id", `a.role = 'dpo' OR (r.position IS NOT NULL AND r.kind = 'referral' AND r.programme = ANY (a.programmes) AND (a.staff OR a.role = 'partner' AND r.organisation_id = a.organisation) AND r.sandbox = (a.sandbox AND a.role = 'partner'))`},
	{"webhook_deliveries", "id", `a.role = 'dpo' OR (a.role = 'partner' AND r.organisation_id = a.organisation AND r.sandbox = a.sandbox AND (r.programme IS NULL OR r.programme = ANY (a.programmes)))`},
}

const ofEnrolment = `a.role = 'dpo' OR (a.staff AND EXISTS (SELECT FROM enrolments e WHERE e.id = r.enrolment_id AND e.programme = ANY (a.programmes)))`

// supporting are those that no analyst reads, whatever for: they hold texts about people beside the codes.
var supporting = []string{"diagnostics", "enrolment_barriers", "enrolment_strengths", "charters", "objectives", "actions", "enrolment_proposals", "immersions", "follow_ups", "extensions"}

// erasable are the tables in which the data protection officer takes away what says who somebody is.
var erasable = append([]string{"participants", "enrolments", "jobs", "referrals", "appointments", "appointment_moves", "workshop_moves", "workshop_requests", "events", "webhook_deliveries"}, supporting...)

// unwritten are those that staff read and add to, and that nobody but the officer rewrites.
var unwritten = []string{"appointment_moves", "workshop_moves"}

// actors are every role, of every organisation, with every set of programmes; and those who are
// nobody: without a role, of a made-up one, and of names that would be more if they were believed.
func actors() []domain.Actor {
	all := []domain.Actor{
		{Role: "system", OrganisationID: northOrg, Programmes: []string{north, south}},
		{Role: "Coordinator", OrganisationID: northOrg, Programmes: []string{north, south}},
		{Role: "coordinator',true),set_config('o2r.role','system", OrganisationID: northOrg, Programmes: []string{north}},
		{Role: domain.Coordinator, OrganisationID: "x',true),set_config('o2r.role','system", Programmes: []string{}},
		{Role: domain.Coordinator, OrganisationID: stranger, Programmes: []string{"a','b'); SELECT set_config('o2r.role','system',true); --"}},
		{Role: domain.Coordinator, OrganisationID: stranger, Programmes: []string{"autre," + north, "%", "", "{" + north + "}", "NULL", "O2R-NORD"}},
	}
	for _, role := range append([]domain.Role{"", "ghost"}, domain.Roles...) {
		for _, organisation := range []string{"", northOrg, southOrg, spip, mdsi, stranger} {
			for _, programmes := range [][]string{nil, {north}, {south}, {north, south}, {"o2r-nulle-part"}} {
				for _, sandbox := range []bool{false, true} {
					if !sandbox || role == domain.Partner || organisation == northOrg {
						all = append(all, domain.Actor{Subject: "s", Role: role, OrganisationID: organisation, Programmes: programmes, Sandbox: sandbox})
					}
				}
			}
		}
	}
	return all
}

func name(actor domain.Actor) string {
	return fmt.Sprintf("%.30s of %.30s in %.60q, sandbox %t", actor.Role, actor.OrganisationID, actor.Programmes, actor.Sandbox)
}

// readable are the rows of a table that the actor may read, by the rules said above.
func readable(t testing.TB, conn *pgx.Conn, table, key, rule string, actor domain.Actor) []string {
	t.Helper()
	organisation := actor.OrganisationID
	if len(organisation) != 36 {
		organisation = ""
	}
	return column(t, conn, `WITH a AS (SELECT $1::text AS role, $1::text IN ('coordinator', 'caseworker') AS staff, nullif($2::text, '')::uuid AS organisation, $3::text[] AS programmes, $4::boolean AS sandbox)
		SELECT r.`+key+`::text FROM a, `+table+` r WHERE `+rule+` ORDER BY 1`, string(actor.Role), organisation, actor.Programmes, actor.Sandbox)
}

func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501"
}

// kept tells whether a statement that would write or delete rows of others left all as it was: of
// the trail because the application's role has not the right at all, of other tables because it
// found no row.
func kept(table string, rows int64, err error) bool {
	if table == "audit_events" {
		return rows == 0 && refused(err)
	}
	return rows == 0 && err == nil
}

// rewriting writes every row of a table, and changes nothing.
func rewriting(table string) string {
	if strings.HasSuffix(table, "events") {
		return `UPDATE ` + table + ` SET kind = kind`
	}
	if strings.HasSuffix(table, "_moves") {
		return `UPDATE ` + table + ` SET reason = reason`
	}
	if table == "workshop_requests" {
		return `UPDATE workshop_requests SET state = state`
	}
	return `UPDATE ` + table + ` SET created_at = created_at`
}
