package persistence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// clients are an administrator's affair.
func (t *tx) clients() *gorm.DB {
	if !t.actor.Is(domain.Admin) {
		return t.nobody(t.Table("clients"))
	}
	return t.Table("clients")
}

// clientSecret is a secret as it is kept.
type clientSecret struct {
	domain.ClientSecret
	ClientID string
	Slot     int
	Digest   []byte
}

// newSecret is 256 random bits and what is kept of them. A plain SHA-256 is enough: nobody can
// try out a noticeable part of 2²⁵⁶ secrets, so a slow hash would protect nothing, and would let
// anybody keep this server busy. The prefix is for programs that look for leaked secrets.
func newSecret() (secret string, digest []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	secret = "o2r_" + base64.RawURLEncoding.EncodeToString(raw)
	return secret, digestOf(secret)
}

func digestOf(secret string) []byte {
	digest := sha256.Sum256([]byte(secret))
	return digest[:]
}

// NewClient records a client and makes its first secret, which only this answer shows.
func (s *Session) NewClient(ctx context.Context, in domain.ClientInput) (domain.NewClient, error) {
	return fetch(ctx, s, func(t *tx) (domain.NewClient, error) {
		made := domain.NewClient{}
		client := domain.Client{Stamp: t.stamp(), ClientInput: in, Grants: 1}
		if err := t.checkClient(in); err != nil {
			return made, err
		}
		if err := t.Create(&client).Error; err != nil {
			return made, err
		}
		secret, err := t.addSecret(client.ID, 1)
		if err != nil {
			return made, err
		}
		if made.ClientView, err = t.clientView(client); err != nil {
			return made, err
		}
		made.Secret = secret
		return made, t.wrote(trace{action: "created", kind: "client", ids: []string{client.ID}, fields: filledFields(in)})
	})
}

func (t *tx) checkClient(in domain.ClientInput) error {
	if err := in.Check(t.today); err != nil {
		return err
	}
	for i, slug := range in.Programmes {
		_, err := t.programme(slug)
		if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			err = domain.FieldFault("programmes["+strconv.Itoa(i)+"]", "unknown", "There is no such programme.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Client reads one client.
func (s *Session) Client(ctx context.Context, id string) (domain.ClientView, error) {
	return fetch(ctx, s, func(t *tx) (domain.ClientView, error) {
		client, err := one[domain.Client](t.clients(), "client", id)
		if err != nil {
			return domain.ClientView{}, err
		}
		return t.clientView(client)
	})
}

// ClientQuery filters a list of clients.
type ClientQuery struct {
	domain.Paging
	OrganisationID string `query:"organisation_id" doc:"Only those that act for this organisation." format:"uuid" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000001"`
}

// Clients lists clients, the latest recorded first.
func (s *Session) Clients(ctx context.Context, q ClientQuery) (domain.Page[domain.ClientView], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ClientView], error) {
		found, err := newestFirst[domain.Client](where(t.clients(), "clients.organisation_id", q.OrganisationID), q.Paging)
		if err != nil {
			return domain.Page[domain.ClientView]{}, err
		}
		secrets, err := t.secretsOf(found.Items...)
		return mapped(found, func(client domain.Client) domain.ClientView {
			return domain.ClientView{Client: client, Secrets: t.good(secrets[client.ID])}
		}), err
	})
}

// ReplaceClient rewrites a client. Tokens it already has are refused from then on when they
// allow what the client no longer may.
func (s *Session) ReplaceClient(ctx context.Context, id string, match domain.Match, in domain.ClientInput) (domain.ClientView, error) {
	return fetch(ctx, s, func(t *tx) (domain.ClientView, error) {
		var before domain.ClientInput
		after, err := t.changeClient(id, match, func(client *domain.Client) error {
			before, client.ClientInput = client.ClientInput, in
			if in.Narrows(before) {
				client.Grants++
			}
			if err := in.MayReplace(before); err != nil {
				return err
			}
			return t.checkClient(in)
		})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "client", ids: []string{id}, fields: changedFields(before, in)})
	})
}

// RevokeClient shuts a client out for good: its secrets go, and the tokens it has are refused.
func (s *Session) RevokeClient(ctx context.Context, id string, match domain.Match) (domain.ClientView, error) {
	return fetch(ctx, s, func(t *tx) (domain.ClientView, error) {
		after, err := t.changeClient(id, match, func(client *domain.Client) error {
			client.RevokedAt = &t.now
			client.Grants++
			return t.Exec(`DELETE FROM client_secrets WHERE client_id = ?`, id).Error
		})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "revoked", kind: "client", ids: []string{id}, fields: []string{"revoked_at"}})
	})
}

// NewClientSecret gives a client a second secret, which only this answer shows. The older one
// stays good for a while, and at once makes room when that is no time at all.
func (s *Session) NewClientSecret(ctx context.Context, id string, match domain.Match, in domain.SecretInput) (domain.NewClient, error) {
	return fetch(ctx, s, func(t *tx) (domain.NewClient, error) {
		var made domain.NewClient
		var err error
		made.ClientView, err = t.changeClient(id, match, func(client *domain.Client) error {
			made.Secret, err = t.rotate(*client, t.now.Add(in.Grace()))
			return err
		})
		if err != nil {
			return domain.NewClient{}, err
		}
		return made, t.wrote(trace{action: "secret_made", kind: "client", ids: []string{id}, fields: []string{"secrets"}})
	})
}

func (t *tx) rotate(client domain.Client, until time.Time) (string, error) {
	kept, err := t.secretsOf(client)
	if err != nil {
		return "", err
	}
	slot := 1
	switch good := t.good(kept[client.ID]); {
	case len(good) == 2:
		return "", domain.Refused("two_secrets", "This client already has two secrets: revoke the older one first, or wait until it expires.")
	case len(good) == 1:
		if slotOf(kept[client.ID], good[0].ID) == 1 {
			slot = 2
		}
		err = t.Exec(`UPDATE client_secrets SET expires_at = ? WHERE id = ?`, until, good[0].ID).Error
	}
	if err != nil {
		return "", err
	}
	if err := t.Exec(`DELETE FROM client_secrets WHERE client_id = ? AND expires_at <= ?`, client.ID, t.now).Error; err != nil {
		return "", err
	}
	return t.addSecret(client.ID, slot)
}

func slotOf(secrets []clientSecret, id string) int {
	for _, secret := range secrets {
		if secret.ID == id {
			return secret.Slot
		}
	}
	return 0
}

// RevokeClientSecret ends one secret at once. Tokens it already gave live on until they expire
// or are revoked.
func (s *Session) RevokeClientSecret(ctx context.Context, id, secret string, match domain.Match) (domain.ClientView, error) {
	return fetch(ctx, s, func(t *tx) (domain.ClientView, error) {
		after, err := t.changeClient(id, match, func(*domain.Client) error {
			gone := t.Exec(`DELETE FROM client_secrets WHERE client_id = ? AND id = ?`, id, secret)
			if gone.Error == nil && gone.RowsAffected == 0 {
				return domain.Missing("secret")
			}
			return gone.Error
		})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "secret_revoked", kind: "client", ids: []string{id}, fields: []string{"secrets"}})
	})
}

// changeClient changes a client that is not shut out.
func (t *tx) changeClient(id string, match domain.Match, rule func(*domain.Client) error) (domain.ClientView, error) {
	after, err := change(t, t.clients(), "client", id, match, func(c *domain.Client) *domain.Stamp { return &c.Stamp }, func(c *domain.Client) error {
		if c.RevokedAt != nil {
			return domain.Refused("revoked", "This client was revoked, for good: make another.")
		}
		return rule(c)
	})
	if err != nil {
		return domain.ClientView{}, err
	}
	return t.clientView(after)
}

func (t *tx) addSecret(client string, slot int) (string, error) {
	secret, digest := newSecret()
	return secret, t.Exec(`INSERT INTO client_secrets (client_id, slot, id, digest, created_at) VALUES (?, ?, ?, ?, ?)`,
		client, slot, newID(), digest, t.now).Error
}

func (t *tx) clientView(client domain.Client) (domain.ClientView, error) {
	secrets, err := t.secretsOf(client)
	return domain.ClientView{Client: client, Secrets: t.good(secrets[client.ID])}, err
}

// secretsOf reads what is kept of those clients' secrets, the older first.
func (t *tx) secretsOf(clients ...domain.Client) (map[string][]clientSecret, error) {
	ids := make([]string, len(clients))
	for i, client := range clients {
		ids[i] = client.ID
	}
	var secrets []clientSecret
	err := t.Table("client_secrets").Where("client_id IN ?", ids).Order("created_at, id").Find(&secrets).Error
	byClient := map[string][]clientSecret{}
	for _, secret := range secrets {
		byClient[secret.ClientID] = append(byClient[secret.ClientID], secret)
	}
	return byClient, err
}

func (t *tx) good(secrets []clientSecret) []domain.ClientSecret {
	good := []domain.ClientSecret{}
	for _, secret := range secrets {
		if secret.Good(t.now) {
			good = append(good, secret.ClientSecret)
		}
	}
	return good
}
