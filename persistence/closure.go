package persistence

import (
	"context"

	"o2r/domain"
)

// Closures reads the closed days of a programme, in the order they were written.
func (s *Session) Closures(ctx context.Context, slug string) (domain.ClosuresOf, error) {
	return fetch(ctx, s, func(t *tx) (domain.ClosuresOf, error) {
		if _, err := t.programme(slug); err != nil {
			return domain.ClosuresOf{}, err
		}
		return t.closuresOf(slug)
	})
}

// ReplaceClosures writes the whole list of a programme's closed days. No meeting that has a place in a slot loses it.
func (s *Session) ReplaceClosures(ctx context.Context, slug string, match domain.Match, in domain.ClosureList) (domain.ClosuresOf, error) {
	return fetch(ctx, s, func(t *tx) (domain.ClosuresOf, error) {
		programme, err := t.programme(slug)
		if err != nil {
			return domain.ClosuresOf{}, err
		}
		var permanences []domain.Permanence
		if err := holding(t.permanences()).Where("permanences.programme = ?", slug).Find(&permanences).Error; err != nil {
			return domain.ClosuresOf{}, err
		}
		if _, err := one[domain.Programme](locked(t.programmes()), "programme", programme.ID); err != nil {
			return domain.ClosuresOf{}, err
		}
		before, err := t.closuresOf(slug)
		if err != nil {
			return before, err
		}
		if !match.Allows(before.Version) {
			return before, domain.Outdated("list of closed days")
		}
		if err := in.Check(); err != nil {
			return before, err
		}
		if err := t.mayClose(permanences, in); err != nil {
			return before, err
		}
		if err := t.Exec(`DELETE FROM closures WHERE programme = ?`, slug).Error; err != nil {
			return before, err
		}
		for position, item := range in.Items {
			err := t.Exec(`INSERT INTO closures (programme, position, starts_on, ends_on, label) VALUES (?, ?, ?, ?, ?)`,
				slug, position, item.StartsOn, item.EndsOn, item.Label).Error
			if err != nil {
				return before, err
			}
		}
		if err := t.Exec(`UPDATE programmes SET closures_version = closures_version + 1, closures_at = ? WHERE slug = ?`, t.now, slug).Error; err != nil {
			return before, err
		}
		after := domain.ClosuresOf{ClosureList: in, Version: before.Version + 1}
		return after, t.wrote(trace{action: "updated", kind: "closures", ids: []string{programme.ID}, programme: slug, fields: []string{"items"}})
	})
}

// mayClose refuses to close days on which somebody has a place in a slot of one of these permanences, all held.
func (t *tx) mayClose(permanences []domain.Permanence, in domain.ClosureList) error {
	timetables, err := t.timetables(permanences)
	if err != nil {
		return err
	}
	for _, timetable := range timetables {
		bookings, err := t.bookings(timetable.ID)
		if err != nil {
			return err
		}
		then := timetable
		then.Closed.Closures = in.Items
		if err := timetable.MayBecome(then, bookings, t.now); err != nil {
			return err
		}
		if err := timetable.MustCloseNoMovedDay(then, t.today); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) closuresOf(slug string) (domain.ClosuresOf, error) {
	list := domain.ClosuresOf{ClosureList: domain.ClosureList{Items: []domain.Closure{}}}
	if err := t.Table("programmes").Where("slug = ?", slug).Pluck("closures_version", &list.Version).Error; err != nil {
		return list, err
	}
	return list, t.Table("closures").Select("starts_on", "ends_on", "label").Where("programme = ?", slug).Order("position").Find(&list.Items).Error
}

// closed are the closed days of programmes.
func (t *tx) closed(programmes []string) (map[string][]domain.Closure, error) {
	var found []struct {
		Programme string
		domain.Closure
	}
	err := t.Table("closures").Where("programme = ANY (?)", array(programmes)).Order("position").Find(&found).Error
	closed := map[string][]domain.Closure{}
	for _, one := range found {
		closed[one.Programme] = append(closed[one.Programme], one.Closure)
	}
	return closed, err
}
