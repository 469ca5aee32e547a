package persistence

import (
	"context"
	"crypto/subtle"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"o2r/domain"
)

// Accepted tells whether the token that the session's actor came with is still good: neither it,
// nor its subject's tokens, nor its client was revoked. It asks the database every time, in one
// statement on unique indexes, so that what was revoked anywhere is refused everywhere from
// then on. Who cannot be asked about is not let in.
func (s *Session) Accepted(ctx context.Context) (bool, error) {
	const revoked = `SELECT EXISTS (SELECT FROM revoked_tokens WHERE token_id = $1)
		OR EXISTS (SELECT FROM revoked_subjects WHERE subject = $2 AND issued_before >= $3)
		OR ($4 <> '' AND NOT EXISTS (SELECT FROM clients WHERE id = nullif($4, '')::uuid AND grants = $5
			AND revoked_at IS NULL AND (expires_on IS NULL OR expires_on >= $6::date)))`
	var refused bool
	err := s.store.pool.QueryRowContext(ctx, revoked, s.actor.TokenID, s.actor.Subject, s.actor.IssuedAt,
		s.actor.ClientID, s.actor.Grants, domain.DayOf(s.store.clock()).String()).Scan(&refused)
	return err == nil && !refused, translate(err)
}

// AuthenticateClient gives the client that has this secret, and leaves in the audit trail that
// it came, and which token it is issued, or that somebody failed to. A client that is not there,
// one that may no longer act and a wrong secret take the same statements and give the same
// answer: false.
func (s *Session) AuthenticateClient(ctx context.Context, id, secret, action, issues string) (client domain.Client, known bool, err error) {
	err = s.within(ctx, func(t *tx) error {
		client, known, err = t.clientWith(id, secret)
		if err != nil {
			return err
		}
		row := trace{action: "refused", kind: "token"} // an unknown id is not kept: it may be a secret in the wrong field
		if client.ID != "" {
			row.ids = []string{client.ID}
		}
		if !known {
			return t.audit(row)
		}
		row.action = action
		actor := client.Actor()
		actor.TokenID = issues
		if err := t.become(actor); err != nil {
			return err
		}
		return t.audit(row)
	})
	if err != nil || !known {
		return domain.Client{}, false, err
	}
	return client, true, nil
}

func (t *tx) clientWith(id, secret string) (domain.Client, bool, error) {
	if !isID(id) {
		id = uuid.Nil.String() // nobody's
	}
	var client domain.Client
	err := t.Table("clients").Where("id = ?", id).Take(&client).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return client, false, err
	}
	var kept []clientSecret
	if err := t.Table("client_secrets").Where("client_id = ?", id).Order("slot").Find(&kept).Error; err != nil {
		return client, false, err
	}
	digest, equal := digestOf(secret), 0
	for slot := range 2 { // always two comparisons, whatever is kept
		against, good := make([]byte, len(digest)), 0
		if slot < len(kept) {
			against = kept[slot].Digest
			if kept[slot].Good(t.now) {
				good = 1
			}
		}
		equal |= subtle.ConstantTimeCompare(digest, against) & good
	}
	return client, equal == 1 && client.MayAct(t.today), nil
}

// rememberFor is how long a revocation is kept: longer than any token lives, whatever the clocks.
const rememberFor = domain.LongestTokenLife + time.Hour

// clockSkew is by how much the clock of whoever issued a token may be ahead of ours.
const clockSkew = 30 * time.Second

// RevokeTokens makes every replica refuse the tokens named from now on. What has expired
// meanwhile is forgotten.
func (s *Session) RevokeTokens(ctx context.Context, in domain.RevocationInput) (domain.Revocation, error) {
	return fetch(ctx, s, func(t *tx) (domain.Revocation, error) {
		revocation := domain.Revocation{RevocationInput: in, RevokedAt: t.now}
		err := t.mayWrite("token", "revoked")
		if err == nil {
			err = in.Check()
		}
		if err == nil {
			err = t.forgetRevocations()
		}
		row := trace{action: "revoked", kind: "token"}
		switch {
		case err != nil:
		case in.TokenID != nil:
			row.reason = "jti " + strconv.Quote(*in.TokenID)
			err = t.revokeToken(*in.TokenID)
		case in.Subject != nil:
			row.reason = "subject " + strconv.Quote(*in.Subject)
			err = t.Exec(`INSERT INTO revoked_subjects (subject, issued_before, revoked_at, expires_at) VALUES (?, ?, ?, ?)
				ON CONFLICT (subject) DO UPDATE SET issued_before = greatest(revoked_subjects.issued_before, excluded.issued_before),
					revoked_at = excluded.revoked_at, expires_at = greatest(revoked_subjects.expires_at, excluded.expires_at)`,
				*in.Subject, t.now.Add(clockSkew), t.now, t.now.Add(rememberFor)).Error
			if err == nil {
				err = t.revokeCalendarsOf(*in.Subject)
			}
		default:
			row.ids = []string{*in.ClientID}
			err = t.revokeGrants(*in.ClientID)
		}
		if err != nil {
			return domain.Revocation{}, err
		}
		return revocation, t.audit(row)
	})
}

// RevokeOwnToken refuses one token from now on, at the request of the client it was issued to.
func (s *Session) RevokeOwnToken(ctx context.Context, id string) error {
	return s.within(ctx, func(t *tx) error {
		if err := t.forgetRevocations(); err != nil {
			return err
		}
		if err := t.revokeToken(id); err != nil {
			return err
		}
		return t.audit(trace{action: "revoked", kind: "token", ids: []string{t.actor.ClientID}, reason: "jti " + strconv.Quote(id)})
	})
}

func (t *tx) revokeToken(id string) error {
	return t.Exec(`INSERT INTO revoked_tokens (token_id, revoked_at, expires_at) VALUES (?, ?, ?) ON CONFLICT (token_id) DO NOTHING`,
		id, t.now, t.now.Add(rememberFor)).Error
}

func (t *tx) revokeGrants(client string) error {
	if !isID(client) {
		return domain.FieldFault("client_id", "unknown", "There is no such client.")
	}
	moved := t.clients().Where("id = ?", client).UpdateColumn("grants", gorm.Expr("grants + 1"))
	if moved.Error == nil && moved.RowsAffected == 0 {
		return domain.FieldFault("client_id", "unknown", "There is no such client.")
	}
	return moved.Error
}

func (t *tx) forgetRevocations() error {
	for _, table := range []string{"revoked_tokens", "revoked_subjects"} {
		if err := t.Exec(`DELETE FROM `+table+` WHERE expires_at < ?`, t.now).Error; err != nil {
			return err
		}
	}
	return nil
}
