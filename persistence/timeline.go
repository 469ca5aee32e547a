package persistence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// person is a participant with those of her paths that the actor reaches.
type person struct {
	domain.Participant
	paths []domain.Enrolment
}

func (p person) pathIDs() []string { return keys(p.paths) }

// Timeline reads what happened on a person's paths in the actor's reach, the latest first: of somebody who was merged into
// another, on that other's. It takes the same number of statements whatever there is. The look is audited, once.
func (s *Session) Timeline(ctx context.Context, id string, q domain.TimelineQuery) (domain.Page[domain.TimelineEntry], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.TimelineEntry], error) {
		if err := q.Check(); err != nil {
			return domain.Page[domain.TimelineEntry]{}, err
		}
		whose, err := t.personNamed(id)
		if err != nil {
			return domain.Page[domain.TimelineEntry]{}, err
		}
		found, err := t.timeline(whose, q.TimelineFilter, q.Cursor, q.Size())
		if err != nil {
			return found, err
		}
		return found, t.audit(trace{action: "read", kind: "timeline", ids: []string{whose.ID}, whose: whose.pathIDs(), fields: kindsOf(found.Items)})
	})
}

// personNamed reads the participant to whom an identifier leads, and those of her paths that the actor reaches.
func (t *tx) personNamed(id string) (person, error) {
	participant, err := t.participantNamed(t.participants, id)
	found := person{Participant: participant}
	if err == nil {
		err = t.enrolments().Where("enrolments.participant_id = ?", participant.ID).Order("enrolments.entered_on DESC, enrolments.id DESC").Find(&found.paths).Error
	}
	return found, err
}

// kindsOf are the kinds of what was shown: what the trail keeps of a timeline.
func kindsOf(entries []domain.TimelineEntry) []string {
	kinds := make([]string, len(entries))
	for i, entry := range entries {
		kinds[i] = string(entry.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// timelineRow is an entry with its record as it comes out of the database.
type timelineRow struct {
	ID          string
	Source      int // the place in chronicles
	Event       domain.TimelineEvent
	Moment      time.Time // or the beginning of the day, in Paris
	Timed       bool
	RecordID    string
	EnrolmentID *string
	Record      string
}

// timeline asks every kind at once for as many entries as one page takes, and keeps the latest of them all.
func (t *tx) timeline(whose person, filter domain.TimelineFilter, after string, size int) (domain.Page[domain.TimelineEntry], error) {
	var none domain.Page[domain.TimelineEntry]
	place, err := readCursor(after, "timeline")
	if err != nil {
		return none, err
	}
	if place != nil && place.At == nil {
		return none, errCursor
	}
	rows, err := page(t.chronicled(whose, filter, place, size), size, func(last timelineRow) cursor {
		return cursor{List: "timeline", ID: last.ID, At: &last.Moment, Rank: last.Source}
	})
	if err != nil {
		return none, err
	}
	entries := make([]domain.TimelineEntry, len(rows.Items))
	for i, row := range rows.Items {
		if entries[i], err = row.entry(whose); err != nil {
			return none, err
		}
	}
	hidden, err := t.hiddenBarriers(namedBy(entries, domain.TimelineEntry.BarrierID)...)
	if err != nil {
		return none, err
	}
	for i := range entries {
		if t.withoutJustice {
			entries[i].WithoutJustice(hidden)
		}
	}
	return domain.Page[domain.TimelineEntry]{Items: entries, NextCursor: rows.NextCursor}, nil
}

// chronicled is the one statement: of each event of each kind no more than a page.
func (t *tx) chronicled(whose person, filter domain.TimelineFilter, after *cursor, size int) *gorm.DB {
	var union []string
	var parts []any
	for i, c := range chronicles {
		if len(filter.Kinds) > 0 && !slices.Contains(filter.Kinds, c.kind) {
			continue
		}
		for _, event := range c.events {
			union, parts = append(union, "(?)"), append(parts, c.branch(t, i, event, whose, filter, after).Limit(size+1))
		}
	}
	return t.Table("("+strings.Join(union, " UNION ALL ")+") entries", parts...).Order("moment DESC, source DESC, id DESC")
}

// branch are the entries of one event: those after that place, the latest first. What it is told under, moment, place in
// chronicles and identifier, is never given twice, and nothing moves by being added to.
func (c chronicle) branch(t *tx, source int, event chronicled, whose person, filter domain.TimelineFilter, after *cursor) *gorm.DB {
	var query *gorm.DB
	if c.from != nil {
		query = c.from(t, whose)
	} else {
		query = t.factsOfPaths(c.table, whose.pathIDs())
	}
	moment, timed := c.column(event.at), "true"
	if event.at == "" {
		moment, timed = "(CAST("+c.column(event.day)+" AS timestamp) AT TIME ZONE 'Europe/Paris')", "false"
	}
	name, what := string(c.kind), cmp.Or(event.by, "'"+event.what+"'")
	if event.what != "" {
		name += "." + event.what
	}
	id := cmp.Or(c.id, c.table+".id")
	key := fmt.Sprintf(`concat('%s:', %s) COLLATE "C"`, name, cmp.Or(c.key, c.table+".id"))
	path := cmp.Or(c.path, c.table+".enrolment_id")
	if event.only != "" {
		query = query.Where(event.only)
	}
	query = query.Where(moment + " IS NOT NULL")
	if after != nil {
		query = query.Where(fmt.Sprintf("(%s, %d, %s) < (?, ?, ?)", moment, source, key), *after.At, after.Rank, after.ID)
	}
	if !filter.From.IsZero() {
		query = query.Where(moment+" >= ?", filter.From.Start())
	}
	if !filter.To.IsZero() {
		query = query.Where(moment+" < ?", filter.To.End())
	}
	return query.Select(fmt.Sprintf("%s AS id, %d AS source, %s AS event, %s AS moment, %s AS timed, %s AS record_id, %s AS enrolment_id, CAST(%s AS text) AS record",
		key, source, what, moment, timed, id, path, cmp.Or(c.record, "to_jsonb("+c.table+".*)"))).
		Order("moment DESC, id DESC")
}

// column is a column of the table, but for what says itself of which it is.
func (c chronicle) column(name string) string {
	if name == "" || strings.Contains(name, ".") {
		return name
	}
	return c.table + "." + name
}

func (row timelineRow) entry(whose person) (domain.TimelineEntry, error) {
	c := chronicles[row.Source]
	entry := domain.TimelineEntry{ID: row.ID, Kind: c.kind, Event: row.Event, On: domain.DayOf(row.Moment), RecordID: row.RecordID, EnrolmentID: row.EnrolmentID}
	if row.Timed {
		entry.At = &row.Moment
	}
	if err := c.into(&entry.TimelineRecord, row.Record); err != nil {
		return entry, fmt.Errorf("read a %s of a timeline: %w", c.kind, err)
	}
	for _, path := range whose.paths {
		if row.EnrolmentID != nil && path.ID == *row.EnrolmentID {
			entry.Programme = path.Programme
		}
	}
	if entry.Referral != nil {
		entry.Programme = entry.Referral.Programme
	}
	return entry, nil
}
