package persistence

import (
	"context"
	"strings"

	"o2r/domain"
)

func participantStamp(p *domain.Participant) *domain.Stamp { return &p.Stamp }

// NewParticipant records a person. Nobody is refused for resembling somebody: the answer names
// those who may be the same, in the actor's programmes.
func (s *Session) NewParticipant(ctx context.Context, in domain.ParticipantInput) (domain.NewParticipant, error) {
	return fetch(ctx, s, func(t *tx) (domain.NewParticipant, error) {
		erased, err := t.resemblesErased(in.Identity, in.Contact)
		if err != nil {
			return domain.NewParticipant{}, err
		}
		participant, err := t.newParticipant(in, t.actor.Programmes)
		if err != nil {
			return domain.NewParticipant{}, err
		}
		resembling, err := t.resembling(participant.ID)
		if err == nil && len(resembling) > 0 {
			err = t.audit(trace{action: "matched", kind: "participant", ids: resembling, whose: []string{participant.ID}})
		}
		return domain.NewParticipant{Participant: participant, PossibleDuplicates: resembling, ResemblesErased: erased}, err
	})
}

// participantRow is a participant with the programmes she was recorded for, and what she is looked for by.
type participantRow struct {
	domain.Participant
	RecordedFor domain.Codes
	MatchKeys   matchKeys
	strong      matchKeys // of those; see domain.StrongKeys
}

func (participantRow) TableName() string { return "participants" }

func (t *tx) newParticipant(in domain.ParticipantInput, programmes []string) (domain.Participant, error) {
	participant := domain.Participant{Stamp: t.stamp(), OrganisationID: t.actor.OrganisationID, ParticipantInput: in}
	if err := t.mustHaveOrganisation(); err != nil {
		return participant, err
	}
	if err := t.withTerritory(in.Check(t.today), in.TerritoryCode); err != nil {
		return participant, err
	}
	if len(programmes) == 0 {
		return participant, domain.Denied("Your token opens no programme to record somebody for.")
	}
	sought, err := t.soughtBy(in.Identity, in.Contact)
	if err != nil {
		return participant, err
	}
	if err := t.Create(&participantRow{Participant: participant, RecordedFor: domain.Codes(programmes), MatchKeys: sought}).Error; err != nil {
		return participant, err
	}
	return participant, t.wrote(trace{action: "created", kind: "participant", ids: []string{participant.ID}, fields: filledFields(in)})
}

// Participant reads one person: of somebody who was merged into another, that other. The look is audited.
func (s *Session) Participant(ctx context.Context, id string) (domain.Participant, error) {
	return fetch(ctx, s, func(t *tx) (domain.Participant, error) {
		participant, err := t.participantNamed(t.participants, id)
		if err != nil {
			return participant, err
		}
		return participant, t.saw("participant", "", participant.ID)
	})
}

// Participants lists the people the actor may see, the latest recorded first.
func (s *Session) Participants(ctx context.Context, paging domain.Paging) (domain.Page[domain.Participant], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Participant], error) {
		found, err := newestFirst[domain.Participant](t.participants(), paging)
		if err != nil {
			return found, err
		}
		return found, t.saw("participant", "", keys(found.Items)...)
	})
}

// SearchParticipants looks people up by names, in any order and however accented, and day of birth.
func (s *Session) SearchParticipants(ctx context.Context, q domain.ParticipantSearch) (domain.Page[domain.Participant], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Participant], error) {
		if err := q.Check(); err != nil {
			return domain.Page[domain.Participant]{}, err
		}
		query := t.participants()
		if q.Query != nil {
			for word := range strings.FieldsSeq(*q.Query) {
				query = query.Where(`strpos(participants.search_name, (SELECT fold(?))) > 0`, word) // not LIKE: folding makes wildcards of ％ and ＿
			}
		}
		if q.BirthDate != nil {
			query = query.Where("participants.birth_date = ?", *q.BirthDate)
		}
		var paging domain.Paging
		if q.Cursor != nil {
			paging.Cursor = *q.Cursor
		}
		if q.Limit != nil {
			paging.Limit = *q.Limit
		}
		found, err := newestFirst[domain.Participant](query, paging)
		if err == errCursor {
			err = domain.FieldFault("cursor", "cursor", noCursor) // here it stands in the body
		}
		if err != nil {
			return found, err
		}
		// Also when nobody was found: that is an answer. What was looked for is not kept.
		return found, t.audit(trace{action: "searched", kind: "participant", ids: keys(found.Items), fields: filledFields(domain.ParticipantSearch{Query: q.Query, BirthDate: q.BirthDate})})
	})
}

// ReplaceParticipant rewrites a person's identity and contact. Who was merged into another is not
// rewritten: what the caller read under that identifier may be the duplicate's.
func (s *Session) ReplaceParticipant(ctx context.Context, id string, match domain.Match, in domain.ParticipantInput) (domain.Participant, error) {
	return fetch(ctx, s, func(t *tx) (domain.Participant, error) {
		if err := t.mustNotBeMerged(id); err != nil {
			return domain.Participant{}, err
		}
		var before domain.ParticipantInput
		after, err := change(t, t.participants(), "participant", id, match, participantStamp, func(p *domain.Participant) error {
			before, p.ParticipantInput = p.ParticipantInput, in
			if err := t.withTerritory(in.Check(t.today), in.TerritoryCode); err != nil {
				return err
			}
			return t.oldEnough(id, in.BirthDate)
		})
		if err != nil {
			return after, err
		}
		if err := t.seekAnew(id, in); err != nil {
			return after, err
		}
		if err := t.remember(correction{kind: "participant", participantID: id, recordID: id, version: after.Version}, before, in); err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "participant", ids: []string{id}, fields: changedFields(before, in)})
	})
}

func keys[T interface{ Key() string }](records []T) []string {
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i] = record.Key()
	}
	return ids
}

// oldEnough refuses a day of birth that makes somebody too young for a path she is on already.
func (t *tx) oldEnough(participantID string, birth *domain.Date) error {
	var entries []domain.Date
	err := t.Table("enrolments").Where("participant_id = ? AND voided_at IS NULL", participantID).Pluck("entered_on", &entries).Error
	if err != nil || birth == nil {
		return err
	}
	for _, entered := range entries {
		if birth.AgeOn(entered) < domain.YoungestAge {
			return domain.FieldFault("birth_date", "too_young", "The person was enrolled before the age of %d then: correct that first.", domain.YoungestAge)
		}
	}
	return nil
}
