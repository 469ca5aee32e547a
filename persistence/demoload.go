package persistence

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// DemoState is what the synthetic programme has to know of a database before it moves in.
type DemoState struct {
	LoadedAt *time.Time // when it was loaded; nil when it never was

	Participants, Enrolments, Referrals, Appointments int // of everybody, real or not
}

// DemoState reads that. It belongs inside Together, first: until that transaction ends no other
// load gets past this line, and while the synthetic programme is not there nobody records a
// person beside it.
func (s *Store) DemoState(ctx context.Context) (DemoState, error) {
	var state DemoState
	err := s.maintain(ctx, func(db *gorm.DB) error { return state.read(db) })
	return state, translate(err)
}

func (state *DemoState) read(db *gorm.DB) error {
	for _, statement := range []string{
		// Another load is worth waiting for: it takes longer than a request ever does.
		`SELECT set_config('lock_timeout', '10min', true), set_config('statement_timeout', '10min', true)`,
		`SELECT pg_advisory_xact_lock(hashtextextended('demo load', 0))`,
	} {
		if err := db.Exec(statement).Error; err != nil {
			return fmt.Errorf("wait for another load: %w", err)
		}
	}
	var loaded bool
	if err := db.Raw(`SELECT EXISTS (SELECT FROM demo_loads)`).Scan(&loaded).Error; err != nil {
		return fmt.Errorf("read whether the demonstration is loaded: %w", err)
	}
	if !loaded {
		if err := db.Exec(`LOCK TABLE participants, referrals IN SHARE ROW EXCLUSIVE MODE`).Error; err != nil {
			return fmt.Errorf("keep others from recording people: %w", err)
		}
	}
	err := db.Raw(`SELECT (SELECT min(loaded_at) FROM demo_loads) AS loaded_at,
		(SELECT count(*) FROM participants) AS participants, (SELECT count(*) FROM enrolments) AS enrolments,
		(SELECT count(*) FROM referrals) AS referrals, (SELECT count(*) FROM appointments) AS appointments`).Scan(state).Error
	if err != nil {
		return fmt.Errorf("count who is there: %w", err)
	}
	return nil
}

// MarkDemoLoaded writes down that everybody in this database so far is synthetic.
func (s *Store) MarkDemoLoaded(ctx context.Context) error {
	if err := s.db.WithContext(ctx).Exec(`INSERT INTO demo_loads (loaded_at) VALUES (?)`, s.Now()).Error; err != nil {
		return translate(fmt.Errorf("mark the demonstration as loaded: %w", err))
	}
	return nil
}

// Now is the store's clock, as precise as PostgreSQL keeps it.
func (s *Store) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
