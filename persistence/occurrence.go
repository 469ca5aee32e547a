package persistence

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"o2r/domain"
)

// Occurrences lists the occurrences of a period by the time they open: those that fall in it, and those that were moved there.
func (s *Session) Occurrences(ctx context.Context, q domain.OccurrenceQuery) (domain.Page[domain.Occurrence], error) {
	return snapshot(ctx, s, func(t *tx) (domain.Page[domain.Occurrence], error) {
		nothing := domain.Page[domain.Occurrence]{Items: []domain.Occurrence{}}
		q := q.On(t.today)
		if err := q.Check(); err != nil {
			return nothing, err
		}
		after, err := t.occurrenceCursor(q.Cursor)
		if err != nil {
			return nothing, err
		}
		found, err := t.occurrences(q)
		if err != nil {
			return nothing, err
		}
		if after != nil {
			found = slices.DeleteFunc(found, func(o domain.Occurrence) bool { return o.Compare(*after) <= 0 })
		}
		bookable := q.Free && t.actor.Staff()
		if bookable {
			if found, err = t.withFree(found); err != nil {
				return nothing, err
			}
		}
		page := domain.Page[domain.Occurrence]{Items: found}
		if size := q.Size(); len(found) > size {
			page.Items = found[:size]
			last := found[size-1]
			page.NextCursor = new(cursor{List: occurrenceList, ID: last.PermanenceID, At: &last.StartsAt, Name: last.PlannedOn.String()}.String())
		}
		if !bookable { // whose places are counted already
			page.Items, err = t.seated(page.Items...)
		}
		return page, err
	})
}

// withFree are those that have a place left, with the slots that do.
func (t *tx) withFree(found []domain.Occurrence) ([]domain.Occurrence, error) {
	seen, err := t.seated(found...)
	bookable := []domain.Occurrence{}
	for _, o := range seen {
		if o, any := o.WithFree(t.now); any {
			bookable = append(bookable, o)
		}
	}
	return bookable, err
}

const occurrenceList = "occurrences"

func (t *tx) occurrenceCursor(text string) (*domain.Occurrence, error) {
	after, err := readCursor(text, occurrenceList)
	if err != nil || after == nil {
		return nil, err
	}
	planned, err := domain.ParseDate(after.Name)
	if err != nil || after.At == nil || !isID(after.ID) {
		return nil, errCursor
	}
	return &domain.Occurrence{PermanenceID: after.ID, PlannedOn: planned, StartsAt: *after.At}, nil
}

// occurrences are all of the period, in order, with no place counted yet.
func (t *tx) occurrences(q domain.OccurrenceQuery) ([]domain.Occurrence, error) {
	var permanences []domain.Permanence
	query := t.receivedBy(where(where(t.permanences(), "permanences.programme", q.Programme), "permanences.id", q.Permanence), q.Caseworker)
	err := query.Where(`((permanences.starts_on <= @to AND coalesce(permanences.ends_on, 'infinity') >= @from)
		OR EXISTS (SELECT FROM occurrence_changes c WHERE c.permanence_id = permanences.id AND c.moved_on BETWEEN @from AND @to))`,
		map[string]any{"from": q.From, "to": q.To}).Find(&permanences).Error
	if err != nil {
		return nil, err
	}
	timetables, err := t.timetables(permanences)
	found := []domain.Occurrence{}
	for _, timetable := range timetables {
		for _, o := range timetable.Between(q.From, q.To) {
			if q.SiteID == "" || o.SiteID == q.SiteID {
				found = append(found, o)
			}
		}
	}
	slices.SortFunc(found, domain.Occurrence.Compare)
	return found, err
}

// Occurrence reads one occurrence, by the day on which it is planned.
func (s *Session) Occurrence(ctx context.Context, permanenceID string, planned domain.Date) (domain.Occurrence, error) {
	return fetch(ctx, s, func(t *tx) (domain.Occurrence, error) {
		permanence, err := one[domain.Permanence](t.permanences(), "permanence", permanenceID)
		if err != nil {
			return domain.Occurrence{}, err
		}
		timetable, err := t.timetable(permanence)
		if err != nil {
			return domain.Occurrence{}, err
		}
		o, err := timetable.On(planned)
		if err != nil {
			return o, err
		}
		return t.seatedOne(o)
	})
}

// seated are occurrences as the actor reads them: for staff, with the places that are taken, by whomever.
func (t *tx) seated(occurrences ...domain.Occurrence) ([]domain.Occurrence, error) {
	seen := make([]domain.Occurrence, len(occurrences))
	for i, o := range occurrences {
		seen[i] = o.For(t.actor)
	}
	if len(occurrences) == 0 || !t.actor.Staff() {
		return seen, nil
	}
	var ids []string
	opens, closes := occurrences[0].StartsAt, occurrences[0].EndsAt
	for _, o := range occurrences {
		ids = append(ids, o.PermanenceID)
		if o.EndsAt.After(closes) {
			closes = o.EndsAt
		}
	}
	var taken []struct {
		PermanenceID string
		StartsAt     time.Time
		Places       int
	}
	err := t.Table("appointments").Select("permanence_id", "starts_at", "count(*) AS places").
		Where("slot_place IS NOT NULL AND permanence_id = ANY (CAST(? AS uuid[])) AND starts_at BETWEEN ? AND ?", array(ids), opens, closes).
		Group("permanence_id, starts_at").Find(&taken).Error
	places := map[string]map[int64]int{}
	for _, slot := range taken {
		if places[slot.PermanenceID] == nil {
			places[slot.PermanenceID] = map[int64]int{}
		}
		places[slot.PermanenceID][slot.StartsAt.Unix()] = slot.Places
	}
	for i, o := range seen {
		seen[i] = o.Seated(places[o.PermanenceID])
	}
	return seen, err
}

func (t *tx) seatedOne(o domain.Occurrence) (domain.Occurrence, error) {
	seen, err := t.seated(o)
	if err != nil {
		return domain.Occurrence{}, err
	}
	return seen[0], nil
}

// CancelOccurrence says that a permanence is not held on one of its days. The meetings that had a place there are cancelled.
func (s *Session) CancelOccurrence(ctx context.Context, permanenceID string, planned domain.Date, match domain.Match, why domain.Reason) (domain.ChangedOccurrence, error) {
	return s.decideOccurrence(ctx, "cancelled", why.Reason, permanenceID, planned, match, func(_ *tx, timetable domain.Timetable) (domain.OccurrenceChange, error) {
		return timetable.Cancel(planned, why)
	})
}

// MoveOccurrence says that a permanence is held on another day, at another hour or site than planned. The meetings that have a
// place there are moved with it.
func (s *Session) MoveOccurrence(ctx context.Context, permanenceID string, planned domain.Date, match domain.Match, in domain.OccurrenceMove) (domain.ChangedOccurrence, error) {
	return s.decideOccurrence(ctx, "moved", in.Reason, permanenceID, planned, match, func(t *tx, timetable domain.Timetable) (domain.OccurrenceChange, error) {
		programme, err := t.programme(timetable.Programme)
		if err != nil {
			return domain.OccurrenceChange{}, err
		}
		if in.SiteID != nil {
			_, err := one[domain.Site](t.sites().Where("sites.programme = ?", timetable.Programme), "site", *in.SiteID)
			if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
				err = refusals["occurrence_changes_site_id_fkey"]
			}
			if err != nil {
				return domain.OccurrenceChange{}, err
			}
		}
		return timetable.Move(planned, in, programme, t.today)
	})
}

// HoldOccurrence says that a permanence is held although the day is a holiday or closed.
func (s *Session) HoldOccurrence(ctx context.Context, permanenceID string, planned domain.Date, match domain.Match, why domain.Reason) (domain.ChangedOccurrence, error) {
	return s.decideOccurrence(ctx, "held", why.Reason, permanenceID, planned, match, func(_ *tx, timetable domain.Timetable) (domain.OccurrenceChange, error) {
		return timetable.Hold(planned, why)
	})
}

// RestoreOccurrence takes back what was decided about an occurrence. Meetings that were moved with it come back; those that
// were cancelled stay so, since the people may have been told.
func (s *Session) RestoreOccurrence(ctx context.Context, permanenceID string, planned domain.Date, match domain.Match, why domain.Reason) (domain.ChangedOccurrence, error) {
	return s.decideOccurrence(ctx, "restored", why.Reason, permanenceID, planned, match, func(_ *tx, timetable domain.Timetable) (domain.OccurrenceChange, error) {
		return timetable.Restore(planned, why)
	})
}

// decideOccurrence lets a rule decide about one occurrence, with the permanence held: nobody books, moves or cancels there meanwhile.
func (s *Session) decideOccurrence(ctx context.Context, action, reason, permanenceID string, planned domain.Date, match domain.Match, rule func(*tx, domain.Timetable) (domain.OccurrenceChange, error)) (domain.ChangedOccurrence, error) {
	return fetch(ctx, s, func(t *tx) (domain.ChangedOccurrence, error) {
		var nothing domain.ChangedOccurrence
		permanence, err := one[domain.Permanence](holding(t.permanences()), "permanence", permanenceID)
		if err != nil {
			return nothing, err
		}
		timetable, err := t.timetable(permanence)
		if err != nil {
			return nothing, err
		}
		before, err := timetable.On(planned)
		if err != nil {
			return nothing, err
		}
		if !match.Allows(before.Version) {
			return nothing, domain.Outdated("occurrence")
		}
		change, err := rule(t, timetable)
		if err != nil {
			return nothing, err
		}
		if err := t.keepDecision(&change); err != nil {
			return nothing, err
		}
		after, err := timetable.With(change).On(planned)
		if err != nil {
			return nothing, err
		}
		meetings, err := t.follow(before, after, reason)
		if err != nil {
			return nothing, err
		}
		err = t.wrote(trace{action: action, kind: "occurrence", ids: []string{before.Key()}, whose: []string{permanenceID}, programme: permanence.Programme, fields: changedFields(before, after), reason: reason})
		if err != nil {
			return nothing, err
		}
		seen, err := t.seatedOne(after)
		return domain.ChangedOccurrence{Occurrence: seen, Appointments: meetings}, err
	})
}

func (t *tx) keepDecision(change *domain.OccurrenceChange) error {
	change.UpdatedAt = t.now
	if change.CreatedAt.IsZero() {
		change.CreatedAt = t.now
	}
	return t.Table("occurrence_changes").Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "permanence_id"}, {Name: "planned_on"}}, UpdateAll: true}).Create(change).Error
}
