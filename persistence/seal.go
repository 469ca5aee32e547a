package persistence

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"o2r/domain"
)

// WebhookKeySize is the least length of the key that webhooks' secrets are sealed with, in bytes.
const WebhookKeySize = 32

var (
	errNoWebhookKey    = errors.New("no webhook can be recorded without a key to seal its secret with: see O2R_WEBHOOK_KEY")
	errOtherWebhookKey = errors.New("the key for webhooks is not the one that their secrets in this database were sealed with: give every replica, and a restored database, the same O2R_WEBHOOK_KEY; where it is lost for good, run TRUNCATE webhook_secrets, and have partners make new secrets (POST /v1/webhooks/{id}/secrets)")
)

// UseWebhooks gives the store the key that webhooks' secrets are sealed with, and the networks that
// webhooks may reach beside the internet. It belongs after Migrate, before anybody uses the store.
// A key that does not open the last secret made is refused: messages would go out unsigned.
func (s *Store) UseWebhooks(ctx context.Context, key []byte, networks domain.Networks) error {
	if len(key) < WebhookKeySize {
		return errors.New("the key for webhooks is shorter than 32 bytes")
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "o2r webhook secrets 1", 32)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	err = s.maintain(ctx, func(db *gorm.DB) error {
		var last []webhookSecret
		if err := db.Table("webhook_secrets").Order("created_at DESC").Limit(1).Find(&last).Error; err != nil {
			return err
		}
		for _, secret := range last {
			if _, err := secret.open(seal); err != nil {
				return errOtherWebhookKey
			}
		}
		return nil
	})
	if err != nil {
		return translate(err)
	}
	s.seal, s.networks = seal, networks
	return nil
}

// webhookSecret is a secret as it is kept.
type webhookSecret struct {
	domain.WebhookSecret
	WebhookID string
	Slot      int
	Sealed    []byte
}

// place is where a sealed secret belongs: copied to another webhook, it does not open.
func (s webhookSecret) place() []byte { return []byte(s.WebhookID + " " + s.ID) }

func (s webhookSecret) open(seal cipher.AEAD) ([]byte, error) {
	secret, err := seal.Open(nil, nil, s.Sealed, s.place())
	if err != nil {
		return nil, fmt.Errorf("the secret %s of webhook %s does not open", s.ID, s.WebhookID)
	}
	return secret, nil
}
