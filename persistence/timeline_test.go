package persistence_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

// followed gives everybody in the crowd two years of what is recorded: a meeting a week, and some of each other kind.
func followed(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	const stamp = "gen_random_uuid(), 1, now(), now(), e::uuid"
	for _, row := range []string{
		`INSERT INTO appointments (id, version, created_at, updated_at, programme, enrolment_id, starts_at, duration_minutes, mode, status)
			SELECT gen_random_uuid(), 1, now(), now(), CASE WHEN north THEN 'o2r-nord' ELSE 'o2r-sud' END, e::uuid, timestamptz '2025-02-03 09:00Z' + week * interval '1 week', 60, 'phone', 'attended' FROM crowd, generate_series(1, 10) week`,
		`INSERT INTO diagnostics (id, version, created_at, updated_at, enrolment_id, author, assessed_on, barriers, strengths) SELECT ` + stamp + `, 'c', '2025-02-03', '[]', '{}' FROM crowd`,
		`INSERT INTO enrolment_barriers (id, version, created_at, updated_at, enrolment_id, author, barrier, assessed_on, state) SELECT ` + stamp + `, 'c', code, '2025-02-03', 'open' FROM crowd, unnest('{mobilite,logement}'::text[]) code`,
		`INSERT INTO enrolment_strengths (id, version, created_at, updated_at, enrolment_id, author, strength, noted_on) SELECT ` + stamp + `, 'c', 'langues', '2025-02-03' FROM crowd`,
		`INSERT INTO charters (id, version, created_at, updated_at, enrolment_id, author, signed_on) SELECT ` + stamp + `, 'c', '2025-02-10' FROM crowd`,
		`INSERT INTO objectives (id, version, created_at, updated_at, enrolment_id, author, label, agreed_on, in_charter, state) SELECT ` + stamp + `, 'c', 'o', '2025-02-10', true, 'open' FROM crowd, generate_series(1, 3)`,
		`INSERT INTO actions (id, version, created_at, updated_at, enrolment_id, author, kind, done_on) SELECT ` + stamp + `, 'c', 'mobilite', '2025-02-10' FROM crowd, generate_series(1, 3)`,
		`INSERT INTO enrolment_proposals (id, version, created_at, updated_at, enrolment_id, author, kind, proposed_on) SELECT ` + stamp + `, 'c', 'emploi', '2025-02-10' FROM crowd`,
		`INSERT INTO immersions (id, version, created_at, updated_at, enrolment_id, author, purpose, starts_on, ends_on, prescriber_id) SELECT ` + stamp + `, 'c', 'decouvrir_un_metier', '2025-02-10', '2025-02-14', '` + spip + `' FROM crowd`,
		`INSERT INTO jobs (id, version, created_at, updated_at, enrolment_id, starts_on, contract) SELECT ` + stamp + `, '2025-02-10', 'cdi' FROM crowd`,
		`INSERT INTO france_travail_statuses (id, version, created_at, updated_at, enrolment_id, observed_on, registered) SELECT ` + stamp + `, '2025-02-10', true FROM crowd, generate_series(1, 3)`,
		`INSERT INTO outcomes (id, version, created_at, updated_at, enrolment_id, checkpoint, observed_on, result) SELECT ` + stamp + `, '6_months', '2025-02-10', 'neither' FROM crowd`,
		`INSERT INTO follow_ups (id, version, created_at, updated_at, enrolment_id, author, contacted_on, channel, counterpart, situation) SELECT ` + stamp + `, 'c', '2025-02-10', 'phone', 'personne', 'neither' FROM crowd`,
		`INSERT INTO extensions (id, version, created_at, updated_at, enrolment_id, author, reason, decided_on, decided_by, until_on) SELECT ` + stamp + `, 'c', 'Motif', '2025-02-10', 'c', '2026-01-01' FROM crowd`,
		`INSERT INTO field_changes (id, participant_id, kind, record_id, programme, version, field, changed_at, changed_by) SELECT gen_random_uuid(), p::uuid, 'enrolment', e::uuid, CASE WHEN north THEN 'o2r-nord' ELSE 'o2r-sud' END, 2, 'caseworker_id', now(), 'c' FROM crowd`,
		`WITH held AS (INSERT INTO workshops (id, version, created_at, updated_at, programme, kind, title, starts_at, duration_minutes, status)
				SELECT gen_random_uuid(), 1, now(), now(), 'o2r-nord', 'remobilisation', 'Atelier', timestamptz '2025-02-03 09:00Z' + day * interval '1 day', 60, 'planned' FROM generate_series(1, 1000) day RETURNING id)
			INSERT INTO workshop_registrations SELECT 'o2r-nord', held.id, crowd.e::uuid, 'scheduled', now() FROM held, crowd WHERE north AND crowd.n % 40 = 0 AND (abs(hashtext(held.id::text)) + crowd.n / 40) % 50 = 0`,
		`INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state, settled_at) SELECT gen_random_uuid(), programme, workshop_id, enrolment_id, now(), 'withdrawn', now() FROM workshop_registrations`,
		`INSERT INTO appointment_moves (id, appointment_id, moved_at, moved_by, from_starts_at, from_duration_minutes, from_mode, to_starts_at, to_duration_minutes, to_mode)
			SELECT gen_random_uuid(), id, now(), 'c', starts_at - interval '1 day', 60, 'phone', starts_at, 60, 'phone' FROM appointments WHERE starts_at < '2025-03-01'`,
	} {
		if _, err := conn.Exec(t.Context(), row); err != nil {
			t.Fatal(row, err)
		}
	}
	if _, err := conn.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
}

// One person's timeline is looked up by index in every table, of however many others it tells.
func TestATimelineIsFoundByIndex(t *testing.T) {
	store, superURL := storetest.WithSuper(t)
	conn := connect(t, superURL)
	fill(t, conn)
	followed(t, conn)
	for _, role := range []domain.Role{domain.Coordinator, domain.Caseworker} {
		actor := domain.Actor{Subject: "b", Role: role, OrganisationID: northOrg, Programmes: []string{north}}
		plan, err := persistence.TimelinePlan(t.Context(), store.As(actor), crowdID("c", 80))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range plan {
			if strings.Contains(line, "Seq Scan") {
				t.Errorf("%s: %s", role, line)
			}
		}
		if !slices.ContainsFunc(plan, func(line string) bool { return strings.Contains(line, "appointments_enrolment_id_idx") }) || t.Failed() {
			t.Errorf("the plan:\n%s", strings.Join(plan, "\n"))
		}
	}
}
