package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// KeysKeptFor is how long a request may be repeated with its Idempotency-Key.
const KeysKeptFor = 48 * time.Hour

// keptAnswer is a row of idempotency_keys.
type keptAnswer struct {
	Caller    digest
	Key       string
	Operation string
	Digest    digest
	RecordID  string
	Answer    string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// callerOf tells callers apart: whoever may other things than before is another.
func callerOf(actor domain.Actor) digest {
	programmes := slices.Sorted(slices.Values(actor.Programmes))
	who, _ := json.Marshal([]any{actor.Subject, actor.Role, actor.OrganisationID, programmes, actor.AccessReason != ""}) // texts only
	sum := sha256.Sum256(who)
	return sum[:]
}

// Once does a keyed request at most once for its caller. The work, on the store that it is given,
// and the answer that it comes to, with the record it is about, are kept in one transaction or not
// at all: a request that was refused, or never finished, may be sent again. The same request again gives the answer of
// the first and replayed is true; another one under that key, and the same while it is being
// worked on, are refused.
func (s *Store) Once(ctx context.Context, actor domain.Actor, request domain.KeyedRequest, work func(*Store) (answer []byte, record string, err error)) (answer []byte, replayed bool, err error) {
	err = s.Together(ctx, func(inside *Store) error {
		session := inside.As(actor)
		earlier, err := session.answered(ctx, request)
		if err != nil {
			return err
		}
		if earlier != nil {
			answer, replayed = earlier, true
			return nil
		}
		var record string
		if answer, record, err = work(inside); err != nil {
			return err
		}
		return session.keepAnswer(ctx, request, record, answer)
	})
	if err != nil {
		return nil, false, err
	}
	return answer, replayed, nil
}

// answered gives what the request was answered before, or nothing when this is the first, which
// then holds the key until the transaction ends.
func (s *Session) answered(ctx context.Context, request domain.KeyedRequest) ([]byte, error) {
	return fetch(ctx, s, func(t *tx) ([]byte, error) {
		caller := callerOf(t.actor)
		var free bool
		err := t.Raw(`SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0)) FROM set_config('o2r.caller', ?, true)`,
			hex.EncodeToString(caller)+request.Key, hex.EncodeToString(caller)).Scan(&free).Error
		if err != nil {
			return nil, err
		}
		if !free {
			return nil, domain.ErrKeyInUse
		}
		if err := t.Exec(`DELETE FROM idempotency_keys WHERE caller = ? AND expires_at <= ?`, caller, t.now).Error; err != nil {
			return nil, err
		}
		var kept []keptAnswer
		if err := t.Table("idempotency_keys").Where("caller = ? AND key = ?", caller, request.Key).Find(&kept).Error; err != nil || len(kept) == 0 {
			return nil, err
		}
		if kept[0].Operation != request.Operation || !slices.Equal(kept[0].Digest, digest(request.Digest)) {
			return nil, domain.ErrKeyReused
		}
		return []byte(kept[0].Answer), t.audit(trace{action: "replayed", kind: "answer", ids: []string{kept[0].RecordID}})
	})
}

func (s *Session) keepAnswer(ctx context.Context, request domain.KeyedRequest, record string, answer []byte) error {
	return s.within(ctx, func(t *tx) error {
		return t.Table("idempotency_keys").Create(&keptAnswer{
			Caller: callerOf(t.actor), Key: request.Key, Operation: request.Operation, Digest: request.Digest,
			RecordID: record, Answer: string(answer), CreatedAt: t.now, ExpiresAt: t.now.Add(KeysKeptFor),
		}).Error
	})
}

// forgetAnswers takes away the kept answers that speak of any of those records.
func (t *tx) forgetAnswers(ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	patterns := make([]string, len(ids))
	for i, id := range ids {
		patterns[i] = "%" + strings.ToLower(id) + "%"
	}
	return t.Exec(`DELETE FROM idempotency_keys WHERE answer LIKE ANY (?) OR record_id = ANY (?)`, array(patterns), array(ids)).Error
}

// Forget takes away what was kept for a time that is over, whosever it was.
func (s *Store) Forget(ctx context.Context) error {
	return translate(s.maintain(ctx, func(db *gorm.DB) error {
		return db.Exec(`DELETE FROM idempotency_keys WHERE expires_at <= ?`, s.clock()).Error
	}))
}
