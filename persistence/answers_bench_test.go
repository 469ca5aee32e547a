package persistence_test

import (
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// BenchmarkAnUnchangedTable asks for the table of 2,000 paths with 40,000 appointments: computed each time, since its day is
// another each time, and asked again. It says how many times longer the first takes.
func BenchmarkAnUnchangedTable(b *testing.B) {
	store, conn := peopled(b)
	if _, err := conn.Exec(b.Context(), `
		INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name, birth_date, gender)
			SELECT ('10000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, now(), now(), '`+northOrg+`', '{o2r-nord}', 'Essai', 'Essai', '1990-01-01', 'male' FROM generate_series(1, 2000) n;
		INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, job_seeker)
			SELECT ('20000000-0000-7000-8000-' || right(id::text, 12))::uuid, 1, now(), now(), id, 'o2r-nord', '2025-01-01', false FROM participants WHERE last_name = 'Essai';
		INSERT INTO appointments (id, version, created_at, updated_at, programme, enrolment_id, starts_at, duration_minutes, mode, status)
			SELECT gen_random_uuid(), 1, now(), now(), 'o2r-nord', e.id, timestamptz '2025-01-01T09:00:00Z' + n * interval '10 days', 60, 'phone', 'attended'
			FROM enrolments e, generate_series(1, 20) n WHERE e.entered_on = '2025-01-01';
		ANALYZE`); err != nil {
		b.Fatal(err)
	}
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
