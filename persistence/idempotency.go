package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// KeysKeptFor is how long a request may be repeated with its Idempotency-Key.
const KeysKeptFor = 48 * time.Hour

// CalendarsKeptFor is how long one may read that there was a calendar's link after it has ended.
const CalendarsKeptFor = 90 * 24 * time.Hour

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
	said := []any{actor.Subject, actor.Role, actor.OrganisationID, programmes, actor.AccessReason != ""}
	if actor.Sandbox {
		said = append(said, "sandbox")
	}
	who, _ := json.Marshal(said) // texts only
	sum := sha256.Sum256(who)
	return sum[:]
}

// Once does a keyed request at most once for its caller. The work, on the store that it is given,
// and the answer that it comes to, with the record it is about, are kept in one transaction or not
// at all: a request that was refused, or never finished, may be sent again. The same request again
// gives the answer of the first and replayed is true, as long as the caller still reaches what it is
// about; another one under that key, and the same while it is being worked on, are refused.
func (s *Store) Once(ctx context.Context, actor domain.Actor, request domain.KeyedRequest, work func(*Store) (answer []byte, record string, err error)) (answer []byte, replayed bool, err error) {
	const tries = 3
	for try := 1; try <= tries; try++ {
		answer, replayed, err = s.once(ctx, actor, request, work)
		if !retriable(err) {
			break
		}
	}
	var refused *unexplained
	if errors.As(err, &refused) { // what was undone took its row of the trail along
		err = s.As(actor).refuse(ctx, refused)
	}
	if err != nil {
		return nil, false, translate(err)
	}
	return answer, replayed, nil
}

func (s *Store) once(ctx context.Context, actor domain.Actor, request domain.KeyedRequest, work func(*Store) ([]byte, string, error)) (answer []byte, replayed bool, err error) {
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
	return answer, replayed, err
}

// answered gives what the request was answered before, or nothing when this is the first, which
// then holds the key until the transaction ends.
func (s *Session) answered(ctx context.Context, request domain.KeyedRequest) ([]byte, error) {
	return fetch(ctx, s, func(t *tx) ([]byte, error) {
		caller := callerOf(t.actor)
		var free bool
		err := t.Raw(`SELECT pg_try_advisory_xact_lock(?, hashtext(?)) FROM set_config('o2r.caller', ?, true)`,
			graveyard, hex.EncodeToString(caller)+request.Key, hex.EncodeToString(caller)).Scan(&free).Error
		if err != nil {
			return nil, err
		}
		if !free {
			return nil, domain.ErrKeyInUse
		}
		var kept []keptAnswer
		if err := t.Table("idempotency_keys").Where("caller = ? AND key = ? AND expires_at > ?", caller, request.Key, t.now).Find(&kept).Error; err != nil || len(kept) == 0 {
			return nil, err
		}
		if kept[0].Answer == "" {
			return nil, domain.ErrAnswerGone
		}
		if kept[0].Operation != request.Operation || !slices.Equal(kept[0].Digest, digest(request.Digest)) {
			return nil, domain.ErrKeyReused
		}
		whose, err := t.mayStillRead(kept[0])
		if err != nil {
			return nil, err
		}
		answer, err := t.forgetTold([]byte(kept[0].Answer))
		if err != nil {
			return nil, err
		}
		return answer, t.audit(trace{action: "replayed", kind: "answer", ids: []string{kept[0].RecordID}, whose: whose})
	})
}

// mayStillRead answers as a read of the record would, where the caller no longer reaches it: the file may be
// a colleague's by now, restricted or gone. It gives whose the record is.
func (t *tx) mayStillRead(kept keptAnswer) (whose []string, err error) {
	var said struct {
		Body struct {
			EnrolmentID   *string `json:"enrolment_id"`
			ParticipantID *string `json:"participant_id"`
			Items         []struct {
				Referral *struct {
					ID string `json:"id"`
				} `json:"referral"`
			} `json:"items"`
		}
	}
	if err := json.Unmarshal([]byte(kept.Answer), &said); err != nil {
		return nil, err
	}
	for _, id := range []*string{said.Body.EnrolmentID, said.Body.ParticipantID} {
		if id != nil {
			whose = append(whose, *id)
		}
	}
	switch kept.Operation {
	case "createParticipant":
		_, err = t.participantNamed(t.participants, kept.RecordID)
	case "createEnrolment":
		_, err = one[domain.Enrolment](t.enrolments(), "enrolment", kept.RecordID)
	case "createReferral":
		_, err = one[domain.Referral](t.referrals(), "referral", kept.RecordID)
	case "createReferralBatch":
		for _, row := range said.Body.Items {
			if row.Referral != nil {
				whose = append(whose, row.Referral.ID)
			}
		}
		slices.Sort(whose)
		whose = slices.Compact(whose)
		var there int64
		if err = t.referrals().Where("referrals.id IN ?", whose).Count(&there).Error; err == nil && there != int64(len(whose)) {
			err = domain.Missing("referral")
		}
	case "createAppointment", "createJob", "createFranceTravailStatus", "createOutcome",
		"createDiagnostic", "createBarrier", "createStrength", "signCharter", "createObjective", "createAction", "createProposal", "createImmersion",
		"createFollowUp", "createExtension":
		if said.Body.EnrolmentID == nil {
			return nil, fmt.Errorf("the kept answer of %s names no enrolment", kept.Operation)
		}
		_, err = one[domain.Enrolment](t.enrolments(), "enrolment", *said.Body.EnrolmentID)
	case "createRightsRequest", "createWorkshop", "createSite", "createPermanence", "createProgramme", "createOrganisation", "createSnapshot", "reassignCaseload": // of the caller's role and programmes, which are part of the key
	default:
		err = fmt.Errorf("nobody has said who may be answered again what %s made", kept.Operation)
	}
	return whose, err
}

// keepAnswer keeps it, in the place of one whose time is over.
func (s *Session) keepAnswer(ctx context.Context, request domain.KeyedRequest, record string, answer []byte) error {
	return s.within(ctx, func(t *tx) error {
		return t.Table("idempotency_keys").Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "caller"}, {Name: "key"}}, UpdateAll: true}).Create(&keptAnswer{
			Caller: callerOf(t.actor), Key: request.Key, Operation: request.Operation, Digest: request.Digest,
			RecordID: record, Answer: string(answer), CreatedAt: t.now, ExpiresAt: t.now.Add(KeysKeptFor),
		}).Error
	})
}

// forgetAnswers takes away the kept answers that speak of any of those records, and what was asked. Their
// keys stay: the request is not done a second time, which would bring back whom it spoke of.
func (t *tx) forgetAnswers(ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	patterns := make([]string, len(ids))
	for i, id := range ids {
		patterns[i] = "%" + strings.ToLower(id) + "%"
	}
	return t.Exec(`UPDATE idempotency_keys SET answer = '', record_id = '', digest = decode(repeat('00', 32), 'hex') WHERE answer LIKE ANY (?) OR record_id = ANY (?)`, array(patterns), array(ids)).Error
}

// Forget takes away what was kept for a time that is over, whosever it was.
func (s *Store) Forget(ctx context.Context) error {
	return translate(s.maintain(ctx, func(db *gorm.DB) error {
		if err := db.Exec(`DELETE FROM idempotency_keys WHERE expires_at <= ?`, s.clock()).Error; err != nil {
			return err
		}
		if err := db.Exec(`DELETE FROM calendars WHERE least(revoked_at, expires_at) <= ?`, s.clock().Add(-CalendarsKeptFor)).Error; err != nil {
			return err
		}
		return db.Exec(`DELETE FROM webhook_deliveries WHERE settled_at <= ?`, s.clock().Add(-DeliveriesKeptFor)).Error
	}))
}
