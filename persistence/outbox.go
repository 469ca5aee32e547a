package persistence

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// What the program does to deliver events, as itself. Posting them is package hooks's.

// Message is a delivery that was taken up, with all it takes to post it.
type Message struct {
	WebhookID, DeliveryID, Claim string

	URL     string
	Secrets [][]byte // to sign with; none where they could not be opened

	ID        string // webhook-id
	Type      string
	Timestamp time.Time
	Event     *domain.Event // nothing of a test
}

// MostAtOnce is how many messages are on their way to one endpoint, from all replicas together.
const MostAtOnce = 2

// endpoint is a webhook as who delivers knows it.
type endpoint struct {
	domain.Webhook
	Failures     int
	RestingUntil *time.Time
}

func (endpoint) TableName() string { return "webhooks" }

// room is how many messages may be on their way to it.
func (e endpoint) room() int {
	if e.Failures >= domain.FailuresInARow {
		return 1
	}
	return MostAtOnce
}

// queued is a delivery as who delivers knows it.
type queued struct {
	domain.Delivery
	EventNumber *int64
	Claim       *string
}

// ClaimDeliveries takes up so many messages that are due, for as long as the lease: whoever does
// not say by then what came of one leaves it to others. What is sent is decided here, by what
// stands now: today's profile, the webhook as it is, the referral as it is; and it is written in
// the trail before it is sent. Of one referral, an endpoint is sent one event after another.
func (s *Store) ClaimDeliveries(ctx context.Context, most int, lease time.Duration) ([]Message, error) {
	var messages []Message
	err := s.maintain(ctx, func(db *gorm.DB) error {
		now := s.clock().UTC().Truncate(time.Microsecond)
		var ready []string
		err := db.Raw(`SELECT w.id FROM webhooks w WHERE w.enabled AND (w.resting_until IS NULL OR w.resting_until <= @now)
				AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.next_attempt_at <= @now AND (d.claimed_until IS NULL OR d.claimed_until <= @now))
				AND (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.claimed_until > @now) < CASE WHEN w.failures >= @tripped THEN 1 ELSE @most_at_once END
			ORDER BY random() LIMIT @most FOR NO KEY UPDATE OF w SKIP LOCKED`,
			map[string]any{"now": now, "most": most, "tripped": domain.FailuresInARow, "most_at_once": MostAtOnce}).Scan(&ready).Error
		if err != nil {
			return err
		}
		for _, id := range ready {
			if len(messages) >= most {
				break
			}
			taken, err := s.claimFor(db, id, most-len(messages), now, now.Add(lease))
			if err != nil {
				return err
			}
			messages = append(messages, taken...)
		}
		return nil
	})
	if err != nil {
		return nil, translate(err)
	}
	return messages, nil
}

// claimFor takes up what is due for one webhook, whose row the transaction holds, so that nobody
// else counts what is on its way to it meanwhile.
func (s *Store) claimFor(db *gorm.DB, id string, most int, now, until time.Time) ([]Message, error) {
	var to endpoint
	if err := db.Where("id = ?", id).Take(&to).Error; err != nil {
		return nil, err
	}
	var taken []queued
	err := db.Raw(`WITH due AS MATERIALIZED (
			SELECT d.id FROM webhook_deliveries d LEFT JOIN referrals r ON r.id = d.referral_id
			WHERE d.webhook_id = @id AND d.status = 'pending' AND d.next_attempt_at <= @now AND (d.claimed_until IS NULL OR d.claimed_until <= @now)
				AND NOT EXISTS (SELECT FROM webhook_deliveries earlier WHERE earlier.webhook_id = d.webhook_id AND earlier.referral_id = d.referral_id
					AND earlier.status = 'pending' AND earlier.position < d.position)
				AND (d.referral_id IS NULL OR NOT r.frozen OR r.erased_at IS NOT NULL) -- of a restricted file nothing is told while it is
			ORDER BY d.position NULLS FIRST
			LIMIT greatest(0, least(@most, @room - (SELECT count(*) FROM webhook_deliveries b WHERE b.webhook_id = @id AND b.status = 'pending' AND b.claimed_until > @now)))
			FOR NO KEY UPDATE OF d SKIP LOCKED)
		UPDATE webhook_deliveries SET claim = gen_random_uuid(), claimed_until = @until WHERE id IN (SELECT id FROM due)
		RETURNING `+deliveryColumns+`, claim, webhook_deliveries.event_id AS event_number`,
		map[string]any{"id": id, "now": now, "until": until, "most": most, "room": to.room()}).Scan(&taken).Error
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	secrets, err := s.secretsToSignWith(db, id, now)
	if err != nil {
		return nil, err
	}
	var messages []Message
	for _, delivery := range taken {
		message := Message{WebhookID: id, DeliveryID: delivery.ID, Claim: *delivery.Claim, URL: to.URL, Secrets: secrets, ID: delivery.EventID, Type: delivery.Type, Timestamp: delivery.CreatedAt}
		if delivery.EventNumber != nil {
			if message.Event, err = s.toldOf(db, id, *delivery.EventNumber); err != nil {
				return nil, err
			}
			if message.Event == nil {
				if err := callOff(db, now, "id = ?", delivery.ID); err != nil {
					return nil, err
				}
				continue
			}
			message.Timestamp = message.Event.OccurredAt
			if err := s.sends(db, to, *message.Event); err != nil {
				return nil, err
			}
		}
		messages = append(messages, message)
	}
	return messages, nil
}

// secretsToSignWith opens a webhook's good secrets, the newest first.
func (s *Store) secretsToSignWith(db *gorm.DB, webhook string, now time.Time) ([][]byte, error) {
	var kept []webhookSecret
	if err := db.Table("webhook_secrets").Where("webhook_id = ? AND (expires_at IS NULL OR expires_at > ?)", webhook, now).Order("created_at DESC, id DESC").Find(&kept).Error; err != nil || s.seal == nil {
		return nil, err
	}
	var secrets [][]byte
	for _, secret := range kept {
		opened, err := secret.open(s.seal)
		if err != nil {
			return nil, nil // a message signed with some of them only would not say what is wrong
		}
		secrets = append(secrets, opened)
	}
	return secrets, nil
}

// toldOf is the event as the webhook's organisation is told of it today, or nothing where it is not.
func (s *Store) toldOf(db *gorm.DB, webhook string, number int64) (*domain.Event, error) {
	var rows []eventRow
	err := db.Raw(`SELECT `+eventColumns+`, coalesce((SELECT agreed.disclosure FROM partnerships agreed WHERE agreed.programme = events.programme AND agreed.organisation_id = events.organisation_id), @usual) AS disclosure
		FROM events JOIN referrals ON referrals.id = events.referral_id JOIN webhooks ON webhooks.id = @webhook AND `+wanted+`
		WHERE events.id = @number AND `+standing+` AND `+told, toldUnder(map[string]any{"webhook": webhook, "number": number})).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	event, err := rows[0].event(&rows[0].Disclosure)
	return &event, err
}

// sends leaves in the trail that an organisation is about to be told of a referral.
func (s *Store) sends(db *gorm.DB, to endpoint, event domain.Event) error {
	sender := Session{store: s, actor: domain.Actor{Subject: "webhook:" + to.ID, Role: roleSystem, OrganisationID: to.OrganisationID}}
	return sender.begin(db).audit(trace{action: "sent", kind: "event", ids: []string{event.ReferralID}, programme: event.Programme, fields: filledFields(event)})
}

// callOff takes back deliveries that wait.
func callOff(db *gorm.DB, now time.Time, which string, values ...any) error {
	return db.Table("webhook_deliveries").Where("status = 'pending'").Where(which, values...).
		UpdateColumns(map[string]any{"status": domain.DeliveryCancelled, "settled_at": now, "next_attempt_at": nil, "claim": nil, "claimed_until": nil}).Error
}

// SettleDelivery writes down what came of posting a message: delivered, to be tried again, or
// parked. An endpoint that fails several times in a row rests, and is then tried with one message
// at a time; what waited for it goes as soon as it takes one. One that says it is gone is disabled.
// Random is in [0, 1).
func (s *Store) SettleDelivery(ctx context.Context, message Message, attempt domain.Attempt, backoff domain.Backoff, random float64) error {
	return translate(s.maintain(ctx, func(db *gorm.DB) error {
		now := s.clock().UTC().Truncate(time.Microsecond)
		var to endpoint
		if err := db.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", message.WebhookID).Take(&to).Error; err != nil {
			return err
		}
		var rows []queued
		err := db.Raw(`SELECT `+deliveryColumns+`, claim FROM webhook_deliveries WHERE id = ? AND status = 'pending' FOR NO KEY UPDATE`, message.DeliveryID).Scan(&rows).Error
		if err != nil {
			return err
		}
		mine := len(rows) > 0 && rows[0].Claim != nil && *rows[0].Claim == message.Claim
		if len(rows) > 0 && (mine || attempt.Delivered()) { // that it arrived counts, whoever else has it in hand by now
			delivery := rows[0].Delivery
			if attempt.Delivered() {
				delivery.Took(attempt, now)
			} else {
				delivery.Failed(attempt, backoff, random, now)
			}
			err := db.Table("webhook_deliveries").Where("id = ?", delivery.ID).UpdateColumns(map[string]any{
				"status": delivery.Status, "attempts": delivery.Attempts, "next_attempt_at": delivery.NextAttemptAt, "claim": nil, "claimed_until": nil,
				"last_attempt_at": delivery.LastAttemptAt, "last_status": delivery.LastStatus, "last_error": delivery.LastError, "last_duration": delivery.LastDuration,
				"settled_at": delivery.SettledAt,
			}).Error
			if err != nil {
				return err
			}
		}
		return s.noteHealth(db, to, attempt, backoff, random, now)
	}))
}

// MostRest is the longest that an endpoint is left alone before it is tried again.
const MostRest = 15 * time.Minute

func (s *Store) noteHealth(db *gorm.DB, to endpoint, attempt domain.Attempt, backoff domain.Backoff, random float64, now time.Time) error {
	switch {
	case attempt.Delivered() && to.Failures == 0 && to.RestingUntil == nil:
		return nil
	case attempt.Delivered():
		if err := db.Exec(`UPDATE webhooks SET failures = 0, resting_until = NULL WHERE id = ?`, to.ID).Error; err != nil || to.Failures < domain.FailuresInARow {
			return err
		}
		return db.Exec(`UPDATE webhook_deliveries SET next_attempt_at = ? WHERE webhook_id = ? AND status = 'pending' AND next_attempt_at > ?`, now, to.ID, now).Error
	case attempt.Gone() && *to.Enabled:
		err := db.Exec(`UPDATE webhooks SET enabled = false, disabled_at = ?, disabled_by = ?, version = version + 1, updated_at = ? WHERE id = ?`, now, domain.DisabledByEndpoint, now, to.ID).Error
		if err == nil {
			err = callOff(db, now, "webhook_id = ?", to.ID)
		}
		if err != nil {
			return err
		}
		program := Session{store: s, actor: domain.Actor{Subject: "o2r", Role: roleSystem, OrganisationID: to.OrganisationID}}
		return program.begin(db).noted(trace{action: "disabled", kind: "webhook", ids: []string{to.ID}, fields: []string{"disabled_at", "disabled_by", "enabled"}})
	}
	rest := min(attempt.RetryAfter, domain.MostRetryAfter)
	if to.Failures >= domain.FailuresInARow && to.RestingUntil != nil && to.RestingUntil.After(now.Add(rest)) {
		return nil // it rests already: this one was on its way beside the one that showed it
	}
	if over := to.Failures + 1 - domain.FailuresInARow; over >= 0 {
		wait, _ := backoff.After(min(over+1, len(backoff)), random)
		rest = max(rest, min(wait, MostRest))
	}
	var until *time.Time
	if rest > 0 {
		until = new(now.Add(rest))
	}
	return db.Exec(`UPDATE webhooks SET failures = failures + 1, resting_until = ? WHERE id = ?`, until, to.ID).Error
}

// TidyDeliveries parks what has waited for as long as anything waits, at endpoints that were down
// all the while, and calls off what waits for webhooks that are disabled.
func (s *Store) TidyDeliveries(ctx context.Context, backoff domain.Backoff) error {
	return translate(s.maintain(ctx, func(db *gorm.DB) error {
		now := s.clock().UTC().Truncate(time.Microsecond)
		err := db.Exec(`UPDATE webhook_deliveries d SET status = 'parked', settled_at = @now, next_attempt_at = NULL, claim = NULL, claimed_until = NULL, last_error = @late
			FROM webhooks w, referrals r WHERE w.id = d.webhook_id AND r.id = d.referral_id AND d.status = 'pending' AND d.created_at < @before AND w.failures >= @tripped
				AND NOT r.frozen AND (d.claimed_until IS NULL OR d.claimed_until <= @now)`,
			map[string]any{"now": now, "before": now.Add(-backoff.Whole()), "late": domain.DeliveryTooLate, "tripped": domain.FailuresInARow}).Error
		if err != nil {
			return err
		}
		return callOff(db, now, "webhook_id IN (SELECT id FROM webhooks WHERE NOT enabled)")
	}))
}

// DeliveriesKeptFor is how long the log of deliveries goes back. The events themselves stay, and
// can be replayed.
const DeliveriesKeptFor = 30 * 24 * time.Hour

// Waiting are figures of the deliveries that are not through.
type Waiting struct {
	Pending, Parked int
	Oldest          time.Duration // how long the oldest pending one has waited
}

// Waiting counts the deliveries that wait, of all webhooks together.
func (s *Store) Waiting(ctx context.Context) (Waiting, error) {
	var counted struct {
		Pending, Parked int
		Oldest          *time.Time
	}
	err := s.maintain(ctx, func(db *gorm.DB) error {
		return db.Raw(`SELECT (SELECT count(*) FROM webhook_deliveries WHERE status = 'pending') AS pending, (SELECT min(created_at) FROM webhook_deliveries WHERE status = 'pending') AS oldest,
			(SELECT count(*) FROM webhook_deliveries WHERE status = 'parked') AS parked`).Scan(&counted).Error
	})
	waiting := Waiting{Pending: counted.Pending, Parked: counted.Parked}
	if counted.Oldest != nil {
		waiting.Oldest = s.clock().Sub(*counted.Oldest)
	}
	return waiting, translate(err)
}
