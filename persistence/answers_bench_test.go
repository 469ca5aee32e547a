package persistence_test

import (
	"fmt"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// BenchmarkAnUnchangedTable asks for the table of 2,000 paths with 40,000 appointments: computed each time, since its day is
// another each time, and asked again. It says how many times longer the first takes.
func BenchmarkAnUnchangedTable(b *testing.B) {
	store := manyMet(b, 2_000, 20)
	lead := store.As(domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}})
	day := domain.MustDate("2025-12-31")
	ask := func() {
		query := persistence.FiguresQuery{}
		query.AsOf = day
		if _, err := lead.Figures(b.Context(), north, "", query); err != nil {
			b.Fatal(err)
		}
	}
	var computed, again time.Duration
	for b.Loop() {
		day = day.AddDays(1)
		start := time.Now()
		ask()
		computed += time.Since(start)
		start = time.Now()
		ask()
		again += time.Since(start)
	}
	b.ReportMetric(float64(computed)/float64(again), "times")
	b.ReportMetric(float64(again.Microseconds())/float64(b.N)/1000, "again-ms")
	b.ReportMetric(float64(computed.Microseconds())/float64(b.N)/1000, "computed-ms")
}

// BenchmarkAnAnalystsQuestion asks for tables of 10,000 paths with 60,000 appointments, as an analyst: the first, for which the
// closings are kept and what may be told of each is worked out; others, of which each looks up what was worked out; and, as
// a floor, the same ones as a coordinator, of whom nothing is withheld.
func BenchmarkAnAnalystsQuestion(b *testing.B) {
	store := manyMet(b, 10_000, 6)
	ask := func(role domain.Role, gender domain.Gender, justice domain.JusticeStatus) time.Duration {
		query := persistence.FiguresQuery{Filter: domain.Filter{Gender: gender, JusticeStatus: justice}}
		query.AsOf = domain.MustDate("2025-12-31")
		start := time.Now()
		if _, err := store.As(domain.Actor{Role: role, OrganisationID: northOrg, Programmes: []string{north}}).Figures(b.Context(), north, "", query); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	first := ask(domain.Analyst, "", "")
	var analyst, lead time.Duration
	asked := 0
	for b.Loop() {
		for _, gender := range domain.Gender("").Codes() {
			for _, justice := range domain.JusticeStatus("").Codes() {
				analyst += ask(domain.Analyst, domain.Gender(gender), domain.JusticeStatus(justice))
				lead += ask(domain.Coordinator, domain.Gender(gender), domain.JusticeStatus(justice))
				asked++
			}
		}
	}
	b.ReportMetric(float64(first.Milliseconds()), "first-ms")
	b.ReportMetric(float64(analyst.Milliseconds())/float64(asked), "other-ms")
	b.ReportMetric(float64(analyst)/float64(lead), "times-a-coordinators")
}

// manyMet is a programme of so many paths since 2024, each with so many appointments.
func manyMet(b *testing.B, paths, meetings int) *persistence.Store {
	b.Helper()
	store, conn := peopled(b)
	if _, err := conn.Exec(b.Context(), fmt.Sprintf(`
		INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name, birth_date, gender)
			SELECT ('10000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, now(), now(), '`+northOrg+`', '{o2r-nord}', 'Essai', 'Essai', date '1960-01-01' + n, (ARRAY['male', 'male', 'female'])[1 + n %% 3] FROM generate_series(1, %[1]d) n;
		INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, job_seeker, justice_status, education_level)
			SELECT ('20000000-0000-7000-8000-' || right(p.id::text, 12))::uuid, 1, now(), now(), p.id, 'o2r-nord', date '2025-01-01' + n::int %% 600, false,
				(ARRAY['milieu_ouvert', 'aucune', 'milieu_ferme'])[1 + n %% 3], (ARRAY['cap_bep', 'brevet'])[1 + n %% 2]
			FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM participants WHERE last_name = 'Essai') p;
		INSERT INTO appointments (id, version, created_at, updated_at, programme, enrolment_id, starts_at, duration_minutes, mode, status)
			SELECT gen_random_uuid(), 1, now(), now(), 'o2r-nord', e.id, e.entered_on + time '09:00' + n * interval '10 days', 60, 'phone', (ARRAY['attended', 'attended', 'no_show'])[1 + n %% 3]
			FROM enrolments e JOIN participants p ON p.id = e.participant_id, generate_series(1, %[2]d) n WHERE p.last_name = 'Essai';
		ANALYZE`, paths, meetings)); err != nil {
		b.Fatal(err)
	}
	return store
}
