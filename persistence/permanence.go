package persistence

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// NewPermanence records a recurring presence at a site of one of the actor's programmes.
func (s *Session) NewPermanence(ctx context.Context, in domain.PermanenceInput) (domain.Permanence, error) {
	return fetch(ctx, s, func(t *tx) (domain.Permanence, error) {
		permanence := domain.Permanence{Stamp: t.stamp(), PermanenceInput: in}
		programme, err := t.programmeNamed(in.Programme)
		if err == nil {
			err = in.Check(programme)
		}
		if err != nil {
			return permanence, err
		}
		if err := t.Create(&permanence).Error; err != nil {
			return permanence, err
		}
		return permanence.For(t.actor), t.wrote(trace{action: "created", kind: "permanence", ids: []string{permanence.ID}, programme: in.Programme, fields: filledFields(in)})
	})
}

// Permanence reads one permanence.
func (s *Session) Permanence(ctx context.Context, id string) (domain.Permanence, error) {
	return fetch(ctx, s, func(t *tx) (domain.Permanence, error) {
		found, err := one[domain.Permanence](t.permanences(), "permanence", id)
		return found.For(t.actor), err
	})
}

// Permanences lists permanences, the latest recorded first.
func (s *Session) Permanences(ctx context.Context, q domain.PermanenceQuery) (domain.Page[domain.Permanence], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Permanence], error) {
		query := where(where(t.permanences(), "permanences.programme", q.Programme), "permanences.site_id", q.SiteID)
		found, err := newestFirst[domain.Permanence](t.receivedBy(query, q.Caseworker), q.Paging)
		return mapped(found, func(p domain.Permanence) domain.Permanence { return p.For(t.actor) }), err
	})
}

// receivedBy narrows permanences to those of a caseworker. Who is not told whose they are finds none by it.
func (t *tx) receivedBy(query *gorm.DB, caseworker string) *gorm.DB {
	if caseworker != "" && !t.actor.Staff() {
		return query.Where("false")
	}
	return where(query, "permanences.caseworker_id", caseworker)
}

// ReplacePermanence rewrites a permanence. It stays with its programme, and no meeting that has a place in it loses it.
func (s *Session) ReplacePermanence(ctx context.Context, id string, match domain.Match, in domain.PermanenceInput) (domain.Permanence, error) {
	return fetch(ctx, s, func(t *tx) (domain.Permanence, error) {
		var before domain.PermanenceInput
		after, err := change(t, t.permanences(), "permanence", id, match,
			func(p *domain.Permanence) *domain.Stamp { return &p.Stamp },
			func(p *domain.Permanence) error {
				if in.Programme != p.Programme {
					return domain.FieldFault("programme", "fixed", "A permanence stays with its programme: record another.")
				}
				programme, err := t.programmeNamed(in.Programme)
				if err == nil {
					err = in.Check(programme)
				}
				if err != nil {
					return err
				}
				timetable, err := t.timetable(*p)
				if err != nil {
					return err
				}
				bookings, err := t.bookings(id)
				if err != nil {
					return err
				}
				then := timetable
				before, p.PermanenceInput, then.PermanenceInput = p.PermanenceInput, in, in
				if err := timetable.MayBecome(then, bookings, t.now); err != nil {
					return err
				}
				return then.MustNotClash()
			})
		if err != nil {
			return after, err
		}
		return after.For(t.actor), t.wrote(trace{action: "updated", kind: "permanence", ids: []string{id}, programme: after.Programme, fields: changedFields(before, in)})
	})
}

// holding makes a query hold the permanences it reads until the transaction ends: whoever books a slot, moves or cancels an
// occurrence, rewrites the permanence or closes days waits for whoever came first. They are held before anything else (see
// locked), in the order of their identifiers, and may be referred to meanwhile.
func holding(query *gorm.DB) *gorm.DB {
	return query.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: query.Statement.Table}}).Order("permanences.id")
}

// timetable is the permanence with all that decides when it is held.
func (t *tx) timetable(p domain.Permanence) (domain.Timetable, error) {
	found, err := t.timetables([]domain.Permanence{p})
	if err != nil {
		return domain.Timetable{}, err
	}
	return found[0], nil
}

func (t *tx) timetables(permanences []domain.Permanence) ([]domain.Timetable, error) {
	var ids, programmes []string
	for _, p := range permanences {
		ids, programmes = append(ids, p.ID), append(programmes, p.Programme)
	}
	var changes []domain.OccurrenceChange
	if err := t.Table("occurrence_changes").Where("permanence_id = ANY (CAST(? AS uuid[]))", array(ids)).Find(&changes).Error; err != nil {
		return nil, err
	}
	var ends []struct {
		Slug   string
		EndsOn domain.Date
	}
	if err := t.Table("programmes").Select("slug", "ends_on").Where("slug = ANY (?)", array(programmes)).Find(&ends).Error; err != nil {
		return nil, err
	}
	closed, err := t.closed(programmes)
	timetables := make([]domain.Timetable, len(permanences))
	for i, p := range permanences {
		timetables[i] = domain.Timetable{Permanence: p, Changes: map[domain.Date]domain.OccurrenceChange{}, Closed: domain.ClosedDays{Holiday: holiday, Closures: closed[p.Programme]}}
		for _, programme := range ends {
			if programme.Slug == p.Programme {
				timetables[i].ProgrammeEndsOn = programme.EndsOn
			}
		}
		for _, change := range changes {
			if change.PermanenceID == p.ID {
				timetables[i].Changes[change.PlannedOn] = change
			}
		}
	}
	return timetables, err
}

// bookings are the meetings that have a place in a slot of the permanence, but for those whose files are frozen: they are
// left as they are, and nobody is told of them.
func (t *tx) bookings(permanenceID string) ([]domain.Booking, error) {
	var found []domain.Booking
	err := t.places(permanenceID).Find(&found).Error
	return found, err
}

// places are the meetings that have a place in a slot, and whose files are not frozen.
func (t *tx) places(permanenceID string) *gorm.DB {
	return t.Table("appointments").Where(`appointments.permanence_id = ? AND appointments.slot_place IS NOT NULL
		AND NOT EXISTS (SELECT FROM enrolments WHERE enrolments.id = appointments.enrolment_id AND enrolments.frozen)`, permanenceID)
}
