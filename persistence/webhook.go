package persistence

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"o2r/domain"
)

func webhookStamp(w *domain.Webhook) *domain.Stamp { return &w.Stamp }

// mostWebhooks is how many one organisation may have: every event is queued for each.
const mostWebhooks = 20

// noted leaves the audit row of a change of which nobody else is told.
func (t *tx) noted(change trace) error {
	if err := t.mayWrite(change.kind, change.action); err != nil {
		return err
	}
	return t.audit(change)
}

// Webhooks lists those of the actor's organisation, the latest recorded first; for an
// administrator, all.
func (s *Session) Webhooks(ctx context.Context, q domain.WebhookQuery) (domain.Page[domain.WebhookView], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.WebhookView], error) {
		found, err := newestFirst[domain.Webhook](where(t.webhooks(), "webhooks.organisation_id", q.OrganisationID), q.Paging)
		if err != nil {
			return domain.Page[domain.WebhookView]{}, err
		}
		views := domain.Page[domain.WebhookView]{Items: []domain.WebhookView{}, NextCursor: found.NextCursor}
		for _, webhook := range found.Items {
			view, err := t.viewWebhook(webhook)
			if err != nil {
				return domain.Page[domain.WebhookView]{}, err
			}
			views.Items = append(views.Items, view)
		}
		return views, nil
	})
}

// Webhook reads one.
func (s *Session) Webhook(ctx context.Context, id string) (domain.WebhookView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WebhookView, error) {
		webhook, err := one[domain.Webhook](t.webhooks(), "webhook", id)
		if err != nil {
			return domain.WebhookView{}, err
		}
		return t.viewWebhook(webhook)
	})
}

func (t *tx) viewWebhook(webhook domain.Webhook) (domain.WebhookView, error) {
	view := domain.WebhookView{Webhook: webhook, Secrets: []domain.WebhookSecret{}}
	secrets, err := t.webhookSecrets(webhook.ID)
	if err != nil {
		return domain.WebhookView{}, err
	}
	for _, secret := range secrets {
		if secret.Good(t.now) {
			view.Secrets = append(view.Secrets, secret.WebhookSecret)
		}
	}
	var until []time.Time
	err = t.Table("webhooks").Where("id = ? AND resting_until > ?", webhook.ID, t.now).Pluck("resting_until", &until).Error
	if len(until) > 0 {
		view.RestingUntil = &until[0]
	}
	return view, err
}

// webhookSecrets are what is kept of a webhook's secrets, the older first.
func (t *tx) webhookSecrets(webhook string) ([]webhookSecret, error) {
	var secrets []webhookSecret
	return secrets, t.Table("webhook_secrets").Where("webhook_id = ?", webhook).Order("created_at, id").Find(&secrets).Error
}

// NewWebhook records a webhook of the actor's organisation and makes its first secret, which only
// this answer shows.
func (s *Session) NewWebhook(ctx context.Context, in domain.WebhookInput) (domain.NewWebhook, error) {
	return fetch(ctx, s, func(t *tx) (domain.NewWebhook, error) {
		var made domain.NewWebhook
		if err := t.mustHaveOrganisation(); err != nil {
			return made, err
		}
		in, err := in.Of(t.actor, t.networks)
		if err != nil {
			return made, err
		}
		var there int64
		if err := t.Table("webhooks").Where("organisation_id = ?", t.actor.OrganisationID).Count(&there).Error; err != nil {
			return made, err
		}
		if there >= mostWebhooks {
			return made, domain.Refused("too_many_webhooks", "Your organisation has %d webhooks, which is as many as there may be: rewrite one that is no longer used.", there)
		}
		webhook := domain.Webhook{Stamp: t.stamp(), OrganisationID: t.actor.OrganisationID, Sandbox: t.actor.Sandbox}
		webhook.Write(in, domain.DisabledByPartner, t.now)
		if err := t.Create(&webhook).Error; err != nil {
			return made, err
		}
		secret, err := t.addWebhookSecret(webhook.ID, 1)
		if err != nil {
			return made, err
		}
		view, err := t.viewWebhook(webhook)
		if err != nil {
			return made, err
		}
		return domain.NewWebhook{WebhookView: view, Secret: secret}, t.noted(trace{action: "created", kind: "webhook", ids: []string{webhook.ID}, fields: filledFields(in)})
	})
}

// ReplaceWebhook rewrites a webhook. What still waited to be sent is sent by what stands there
// then, or called off.
func (s *Session) ReplaceWebhook(ctx context.Context, id string, match domain.Match, in domain.WebhookInput) (domain.WebhookView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WebhookView, error) {
		in, err := in.Of(t.actor, t.networks)
		if err != nil {
			return domain.WebhookView{}, t.unlessHidden(id, match, err)
		}
		var before domain.WebhookInput
		return t.changeWebhook(id, match, func(w *domain.Webhook) trace {
			before = w.WebhookInput
			w.Write(in, domain.DisabledByPartner, t.now)
			return trace{action: "updated", fields: changedFields(before, in)}
		})
	})
}

// unlessHidden gives a refusal of the content to whoever reaches the record, in that version.
func (t *tx) unlessHidden(id string, match domain.Match, refusal error) error {
	webhook, err := one[domain.Webhook](t.webhooks(), "webhook", id)
	switch {
	case err != nil:
		return err
	case !match.Allows(webhook.Version):
		return domain.Outdated("webhook")
	}
	return refusal
}

// DisableWebhook stops sending, at once: what waited is called off. The partner starts it again by
// rewriting it, and replays what it missed; one that an administrator stopped too.
func (s *Session) DisableWebhook(ctx context.Context, id string, match domain.Match) (domain.WebhookView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WebhookView, error) {
		by := domain.DisabledByPartner
		if t.actor.Is(domain.Admin) {
			by = domain.DisabledByAdmin
		}
		return t.changeWebhook(id, match, func(w *domain.Webhook) trace {
			w.Enable(false, by, t.now)
			return trace{action: "disabled", fields: []string{"disabled_at", "disabled_by", "enabled"}}
		})
	})
}

func (t *tx) changeWebhook(id string, match domain.Match, rule func(*domain.Webhook) trace) (domain.WebhookView, error) {
	var change_ trace
	after, err := change(t, t.webhooks(), "webhook", id, match, webhookStamp, func(w *domain.Webhook) error {
		change_ = rule(w)
		return nil
	})
	if err != nil {
		return domain.WebhookView{}, err
	}
	if *after.Enabled {
		err = t.Exec(`UPDATE webhooks SET failures = 0, resting_until = NULL WHERE id = ?`, id).Error // it is tried afresh
	} else if t.actor.Is(domain.Partner) { // who else stops it reaches no delivery: TidyDeliveries calls them off
		err = callOff(t.DB, t.now, "webhook_id = ?", id)
	}
	if err != nil {
		return domain.WebhookView{}, err
	}
	change_.kind, change_.ids = "webhook", []string{id}
	if err := t.noted(change_); err != nil {
		return domain.WebhookView{}, err
	}
	return t.viewWebhook(after)
}

// NewWebhookSecret gives a webhook a second secret, which only this answer shows. Messages are
// signed with both for a while, or with the new one alone when that is no time at all.
func (s *Session) NewWebhookSecret(ctx context.Context, id string, match domain.Match, in domain.WebhookSecretInput) (domain.NewWebhook, error) {
	return fetch(ctx, s, func(t *tx) (domain.NewWebhook, error) {
		var secret string
		after, err := change(t, t.webhooks(), "webhook", id, match, webhookStamp, func(*domain.Webhook) (err error) {
			secret, err = t.rotateWebhookSecret(id, in.Grace())
			return err
		})
		if err != nil {
			return domain.NewWebhook{}, err
		}
		view, err := t.viewWebhook(after)
		if err != nil {
			return domain.NewWebhook{}, err
		}
		return domain.NewWebhook{WebhookView: view, Secret: secret}, t.noted(trace{action: "secret_made", kind: "webhook", ids: []string{id}, fields: []string{"secrets"}})
	})
}

func (t *tx) rotateWebhookSecret(id string, grace time.Duration) (string, error) {
	secrets, err := t.webhookSecrets(id)
	if err != nil {
		return "", err
	}
	good, slot := 0, 1
	for _, secret := range secrets {
		if secret.Good(t.now) {
			good++
			slot = 3 - secret.Slot
		}
	}
	if good == 2 && grace > 0 {
		return "", domain.Refused("two_secrets", "Messages are signed with two secrets already: wait until the older one expires, or end both now with older_valid_hours 0.")
	}
	if err := t.Exec(`UPDATE webhook_secrets SET expires_at = ? WHERE webhook_id = ? AND (expires_at IS NULL OR expires_at > ?)`, t.now.Add(grace), id, t.now).Error; err != nil {
		return "", err
	}
	if err := t.Exec(`DELETE FROM webhook_secrets WHERE webhook_id = ? AND expires_at <= ?`, id, t.now).Error; err != nil {
		return "", err
	}
	return t.addWebhookSecret(id, slot)
}

// addWebhookSecret makes a secret of 256 random bits, in the form that Standard Webhooks gives one,
// and keeps it sealed.
func (t *tx) addWebhookSecret(webhook string, slot int) (string, error) {
	if t.seal == nil {
		return "", errNoWebhookKey
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	secret := webhookSecret{WebhookSecret: domain.WebhookSecret{ID: newID(), CreatedAt: t.now}, WebhookID: webhook, Slot: slot}
	sealed := t.seal.Seal(nil, nil, raw, secret.place())
	return "whsec_" + base64.StdEncoding.EncodeToString(raw), t.Exec(`INSERT INTO webhook_secrets (webhook_id, slot, id, sealed, created_at) VALUES (?, ?, ?, ?, ?)`,
		webhook, slot, secret.ID, digest(sealed), t.now).Error
}
