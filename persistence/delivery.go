package persistence

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"o2r/domain"
)

// deliveryColumns are what is shown of a delivery.
const deliveryColumns = `webhook_deliveries.id, webhook_deliveries.message_id AS event_id, webhook_deliveries.type, webhook_deliveries.programme, webhook_deliveries.referral_id,
	webhook_deliveries.status, webhook_deliveries.attempts, webhook_deliveries.last_attempt_at, webhook_deliveries.last_status, webhook_deliveries.last_error,
	webhook_deliveries.last_duration, webhook_deliveries.next_attempt_at, webhook_deliveries.created_at, webhook_deliveries.settled_at`

// Deliveries lists what was sent, or is to be sent, to a webhook, the latest queued first: of what
// the partner may learn of today, as in the feed. The look is audited.
func (s *Session) Deliveries(ctx context.Context, id string, q domain.DeliveryQuery) (domain.Page[domain.Delivery], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Delivery], error) {
		webhook, err := one[domain.Webhook](t.webhooks(), "webhook", id)
		if err != nil {
			return domain.Page[domain.Delivery]{}, err
		}
		const list = "webhook_deliveries"
		after, err := readCursor(q.Cursor, list)
		if err != nil {
			return domain.Page[domain.Delivery]{}, err
		}
		query := where(t.deliveries(webhook.ID), "webhook_deliveries.status", q.Status)
		if after != nil {
			if !isID(after.ID) {
				return domain.Page[domain.Delivery]{}, errCursor
			}
			query = query.Where("webhook_deliveries.serial < (SELECT serial FROM webhook_deliveries before WHERE before.id = ?)", after.ID)
		}
		found, err := page(query.Select(deliveryColumns).Order("webhook_deliveries.serial DESC"), q.Size(), func(last domain.Delivery) cursor { return cursor{List: list, ID: last.ID} })
		if err != nil {
			return domain.Page[domain.Delivery]{}, err
		}
		ids := []string{webhook.ID}
		for _, delivery := range found.Items {
			if delivery.ReferralID != nil {
				ids = append(ids, *delivery.ReferralID)
			}
		}
		return found, t.saw("delivery", "", ids...)
	})
}

// deliveries are those of a webhook that the actor reaches, less those of events that it may not
// learn of, or not any more.
func (t *tx) deliveries(webhook string) *gorm.DB {
	return t.Table("webhook_deliveries").Where("webhook_deliveries.webhook_id = ?", webhook).
		Where("(webhook_deliveries.event_id IS NULL OR EXISTS (?))", t.events().Select("1").Where("events.id = webhook_deliveries.event_id"))
}

// TestWebhook queues a message that says nothing, to be sent once.
func (s *Session) TestWebhook(ctx context.Context, id string) (domain.Delivery, error) {
	return fetch(ctx, s, func(t *tx) (domain.Delivery, error) {
		webhook, err := t.enabledWebhook(id)
		if err != nil {
			return domain.Delivery{}, err
		}
		var waiting int64
		if err := t.Table("webhook_deliveries").Where("webhook_id = ? AND type = ? AND status = ?", id, domain.TestType, domain.DeliveryPending).Count(&waiting).Error; err != nil {
			return domain.Delivery{}, err
		}
		if waiting > 0 {
			return domain.Delivery{}, domain.Refused("test_pending", "A test is about to be sent: wait until it is settled.")
		}
		test := domain.Delivery{ID: newID(), EventID: newID(), Type: domain.TestType, Status: domain.DeliveryPending, NextAttemptAt: &t.now, CreatedAt: t.now}
		err = t.Exec(`INSERT INTO webhook_deliveries (id, webhook_id, message_id, type, organisation_id, sandbox, status, next_attempt_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			test.ID, id, test.EventID, test.Type, webhook.OrganisationID, webhook.Sandbox, test.Status, t.now, t.now).Error
		if err != nil {
			return domain.Delivery{}, err
		}
		return test, t.noted(trace{action: "tested", kind: "webhook", ids: []string{id}})
	})
}

// enabledWebhook holds a webhook that sends.
func (t *tx) enabledWebhook(id string) (domain.Webhook, error) {
	webhook, err := one[domain.Webhook](locked(t.webhooks()), "webhook", id)
	if err == nil && !*webhook.Enabled {
		err = domain.Refused("disabled", "This webhook is disabled: enable it first.")
	}
	return webhook, err
}

// Replay queues events for a webhook again, each under the webhook-id it has always had: of those
// that it asks for and may learn of today. What waits anyway is left as it is.
func (s *Session) Replay(ctx context.Context, id string, in domain.ReplayInput) (domain.Replay, error) {
	var from int64
	if in.Cursor != nil {
		var err error
		if from, err = s.store.positionOf(ctx, *in.Cursor); err != nil {
			if errors.Is(err, errCursor) {
				err = domain.FieldFault("cursor", "cursor", "This is no next_cursor of the feed or of a replay.")
			}
			return domain.Replay{}, s.unlessHidden(ctx, id, err)
		}
	}
	return fetch(ctx, s, func(t *tx) (domain.Replay, error) {
		if _, err := t.enabledWebhook(id); err != nil {
			return domain.Replay{}, err
		}
		if err := in.Check(); err != nil {
			return domain.Replay{}, err
		}
		query := t.events().Joins("JOIN webhooks ON webhooks.id = ? AND "+wanted, id).Order("events.position").Limit(domain.MostReplayed + 1)
		switch {
		case in.Cursor != nil:
			query = query.Where("events.position > ?", from)
		case in.Since != nil:
			query = query.Where("events.occurred_at >= ?", *in.Since)
		default:
			if err := t.mustBeDeliveries(id, in.DeliveryIDs); err != nil {
				return domain.Replay{}, err
			}
			query = query.Where("events.id IN (SELECT event_id FROM webhook_deliveries WHERE webhook_id = ? AND id = ANY (CAST(? AS uuid[])))", id, array(canonical(in.DeliveryIDs)))
		}
		var rows []eventRow
		if err := query.Select(eventColumns).Find(&rows).Error; err != nil {
			return domain.Replay{}, err
		}
		var replay domain.Replay
		if len(rows) > domain.MostReplayed {
			rows = rows[:domain.MostReplayed]
			replay.NextCursor = new(feedCursor(rows[len(rows)-1].ID))
		}
		if len(rows) > 0 {
			numbers := make([]int64, len(rows))
			for i, row := range rows {
				numbers[i] = row.Number
			}
			queued := t.Exec(`INSERT INTO webhook_deliveries AS queued (`+queuedColumns+`)
				SELECT `+queuedValues+` FROM events JOIN webhooks ON webhooks.id = @webhook WHERE events.id IN @numbers ORDER BY events.position
				ON CONFLICT ON CONSTRAINT webhook_deliveries_once DO UPDATE SET status = 'pending', attempts = 0, next_attempt_at = @now, created_at = @now, settled_at = NULL,
					last_attempt_at = NULL, last_status = NULL, last_error = NULL, last_duration = NULL WHERE queued.status <> 'pending'`,
				map[string]any{"webhook": id, "numbers": numbers, "now": t.now})
			if queued.Error != nil {
				return domain.Replay{}, queued.Error
			}
			replay.Deliveries = int(queued.RowsAffected)
		}
		return replay, t.noted(trace{action: "replayed", kind: "webhook", ids: []string{id}})
	})
}

// mustBeDeliveries names each delivery that the webhook has not, as far as the actor may know.
func (t *tx) mustBeDeliveries(webhook string, ids []string) error {
	var known []string
	if err := t.deliveries(webhook).Where("webhook_deliveries.id = ANY (CAST(? AS uuid[]))", array(canonical(ids))).Pluck("CAST(webhook_deliveries.id AS text)", &known).Error; err != nil {
		return err
	}
	var faults domain.Faults
	for i, id := range canonical(ids) {
		if !slices.Contains(known, id) {
			faults.Add("delivery_ids["+strconv.Itoa(i)+"]", "unknown", "This webhook has no such delivery.")
		}
	}
	return faults.Err()
}

// unlessHidden gives a refusal of the content to whoever reaches the webhook.
func (s *Session) unlessHidden(ctx context.Context, id string, refusal error) error {
	return s.within(ctx, func(t *tx) error { return t.unlessHidden(id, domain.Match{}, refusal) })
}
