package persistence

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// eventRow is an event as it is read: facts as they were kept.
type eventRow struct {
	Number            int64 // events.id
	Position          int64
	ID                string // events.public_id
	Type              domain.EventType
	OccurredAt        time.Time
	Programme         string
	ReferralID        string
	ExternalReference *string
	Facts             string
	Disclosure        domain.Disclosure // of its partner, where it was asked for
}

const eventColumns = `events.id AS number, events.position, events.public_id AS id, events.type, events.occurred_at, events.programme, events.referral_id,
	referrals.external_reference, CAST(events.facts AS text) AS facts`

// event is what a reader of that profile is told; nobody holds anything back from staff.
func (r eventRow) event(profile *domain.Disclosure) (domain.Event, error) {
	event := domain.Event{ID: r.ID, Type: r.Type, OccurredAt: r.OccurredAt, Programme: r.Programme, ReferralID: r.ReferralID, ExternalReference: r.ExternalReference}
	var facts domain.Facts
	if err := json.Unmarshal([]byte(r.Facts), &facts); err != nil {
		return event, err
	}
	if profile != nil {
		facts = facts.Under(*profile)
	}
	return event.Tells(facts), nil
}

// Events reads on in the feed: what happened to the referrals that the actor reaches and, of those
// that were erased, that they were. A partner is told what its profile holds today. An event is in
// the feed as soon as it has its position, which is given first. The look is audited.
func (s *Session) Events(ctx context.Context, q domain.EventQuery) (domain.EventFeed, error) {
	return s.readOn(ctx, q, "")
}

// EventsOf is the part of the feed that is about one referral. Whoever does not reach it sets nothing going.
func (s *Session) EventsOf(ctx context.Context, referral string, q domain.EventQuery) (domain.EventFeed, error) {
	err := s.within(ctx, func(t *tx) error {
		_, err := one[domain.Referral](t.referrals(), "referral", referral)
		return err
	})
	if err != nil {
		return domain.EventFeed{}, err
	}
	return s.readOn(ctx, q, referral)
}

func (s *Session) readOn(ctx context.Context, q domain.EventQuery, referral string) (domain.EventFeed, error) {
	if _, err := s.store.PlaceEvents(ctx); err != nil {
		return domain.EventFeed{}, err
	}
	from, err := s.store.positionOf(ctx, q.Cursor)
	if err != nil {
		return domain.EventFeed{}, err
	}
	return fetch(ctx, s, func(t *tx) (domain.EventFeed, error) {
		var looked []string // a referral whose events are asked for was looked at, also when nothing is told of it
		if referral != "" {
			looked = []string{referral}
		}
		profile, err := t.profiles()
		if err != nil {
			return domain.EventFeed{}, err
		}
		size := domain.Paging{Limit: q.Limit}.Size()
		var rows []eventRow
		err = where(where(t.events(), "events.type", q.Type), "events.referral_id", referral).Select(eventColumns).Where("events.position > ?", from).Order("events.position").Limit(size + 1).Find(&rows).Error
		if err != nil {
			return domain.EventFeed{}, err
		}
		feed := domain.EventFeed{Items: []domain.Event{}, NextCursor: q.Cursor, HasMore: len(rows) > size}
		if feed.NextCursor == "" {
			feed.NextCursor = feedCursor(beforeTheFirst)
		}
		for _, row := range rows[:min(size, len(rows))] {
			var held *domain.Disclosure
			if t.actor.Is(domain.Partner) {
				held = new(profile(row.Programme))
			}
			event, err := row.event(held)
			if err != nil {
				return domain.EventFeed{}, err
			}
			feed.Items, feed.NextCursor = append(feed.Items, event), feedCursor(event.ID)
			looked = append(looked, event.ReferralID)
		}
		return feed, t.saw("event", "", looked...)
	})
}

// A place in the feed is named by the event before it, not by a number: numbers would say how much
// happens to others, and a database that was restored gives the same ones to other events.
func feedCursor(event string) string { return cursor{List: "events", ID: event}.String() }

const beforeTheFirst = "first"

// positionOf finds the place that a cursor names.
func (s *Store) positionOf(ctx context.Context, text string) (position int64, err error) {
	after, err := readCursor(text, "events")
	if err != nil || after == nil || after.ID == beforeTheFirst {
		return 0, err
	}
	if !isID(after.ID) {
		return 0, errCursor
	}
	err = s.maintain(ctx, func(db *gorm.DB) error {
		found := db.Raw(`SELECT position FROM events WHERE public_id = ? AND position IS NOT NULL`, after.ID).Scan(&position)
		if found.Error == nil && found.RowsAffected == 0 {
			return errCursor
		}
		return found.Error
	})
	return position, translate(err)
}

const (
	sequencer    = 0x6f327273 // the lock of whoever gives events their positions
	placedAtOnce = 500
)

// PlaceEvents gives each event that was committed since its position in the feed, and queues it for
// the webhooks that ask for it, in one short transaction for each few hundred. One sequencer works
// at a time: while another does, this one leaves it to that. It says how many it placed.
func (s *Store) PlaceEvents(ctx context.Context) (placed int, err error) {
	for {
		n := 0
		err := s.maintain(ctx, func(db *gorm.DB) (err error) {
			n, err = s.placeEvents(db)
			return err
		})
		placed += n
		if err != nil || n < placedAtOnce {
			return placed, translate(err)
		}
	}
}

func (s *Store) placeEvents(db *gorm.DB) (int, error) {
	var mine bool
	err := db.Raw(`SELECT CASE WHEN EXISTS (SELECT FROM events WHERE position IS NULL AND referral_id IS NOT NULL) THEN pg_try_advisory_xact_lock(?) ELSE false END`, sequencer).Scan(&mine).Error
	if err != nil || !mine {
		return 0, err
	}
	// A statement of its own, that sees what the sequencer before it has done.
	var numbers []int64
	err = db.Raw(`WITH next AS MATERIALIZED (
			SELECT id, row_number() OVER (ORDER BY id) AS n
			FROM (SELECT id FROM events WHERE position IS NULL AND referral_id IS NOT NULL ORDER BY id LIMIT ?) unplaced)
		UPDATE events SET position = last.position + next.n
		FROM next, (SELECT coalesce(max(position), 0) AS position FROM events) last
		WHERE events.id = next.id RETURNING events.id`, placedAtOnce).Scan(&numbers).Error
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	now := s.clock().UTC()
	return len(numbers), db.Exec(`INSERT INTO webhook_deliveries (`+queuedColumns+`)
		SELECT `+queuedValues+`
		FROM events JOIN referrals ON referrals.id = events.referral_id JOIN webhooks ON `+wanted+`
		WHERE events.id IN @numbers AND webhooks.enabled AND `+told+` AND (referrals.erased_at IS NULL OR events.type = 'referral.erased')
		ORDER BY events.position ON CONFLICT ON CONSTRAINT webhook_deliveries_once DO NOTHING`,
		toldUnder(map[string]any{"numbers": numbers, "now": now})).Error
}

// A delivery as it is queued, out of events and webhooks.
const (
	queuedColumns = `id, webhook_id, event_id, message_id, type, organisation_id, sandbox, programme, referral_id, position, status, next_attempt_at, created_at`
	queuedValues  = `gen_random_uuid(), webhooks.id, events.id, events.public_id, events.type, events.organisation_id, events.sandbox, events.programme, events.referral_id, events.position, 'pending', @now, @now`
)

// wanted says that a webhook asks for an event. What happens in the sandbox, the webhooks made there
// are told, and no other.
const wanted = `(webhooks.organisation_id = events.organisation_id AND webhooks.sandbox = events.sandbox AND events.programme = ANY (webhooks.programmes)
	AND (webhooks.types = '{}' OR events.type = ANY (webhooks.types)))`

// told says that the partner whose referral it is may learn of an event today, by its profile.
const told = `(events.type, coalesce((SELECT agreed.disclosure FROM partnerships agreed WHERE agreed.programme = events.programme AND agreed.organisation_id = events.organisation_id), @usual))
	IN (SELECT type, profile FROM unnest(CAST(@types AS text[]), CAST(@profiles AS text[])) AS news (type, profile))`

// toldUnder adds what told asks for to the values of a statement.
func toldUnder(values map[string]any) map[string]any {
	var types, profiles domain.Codes
	for profile, known := range domain.ToldUnder() {
		for _, code := range known {
			types, profiles = append(types, string(code)), append(profiles, string(profile))
		}
	}
	values["types"], values["profiles"], values["usual"] = types, profiles, domain.DefaultDisclosure
	return values
}

// standing says that an event's referral is there to be spoken of: not restricted and, once it was
// erased, of nothing but that.
const standing = `(CASE WHEN referrals.erased_at IS NULL THEN NOT referrals.frozen ELSE events.type = 'referral.erased' END)`
