package persistence

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

func enrolmentStamp(e *domain.Enrolment) *domain.Stamp { return &e.Stamp }

// Enrol opens a participant's path through a programme.
func (s *Session) Enrol(ctx context.Context, in domain.EnrolmentInput) (domain.EnrolmentView, error) {
	return fetch(ctx, s, func(t *tx) (domain.EnrolmentView, error) {
		if err := t.mayBeKept(in); err != nil {
			return domain.EnrolmentView{}, err
		}
		if err := t.mayFollowFrom(in.Programme, in.ReferralID); err != nil {
			return domain.EnrolmentView{}, err
		}
		enrolment, err := t.enrol(in)
		if err != nil {
			return domain.EnrolmentView{}, err
		}
		return t.viewEnrolment(enrolment)
	})
}

// mayFollowFrom refuses to enrol by hand from a referral that is still to be decided: accepting
// it enrols, and afterwards it could never be accepted. It holds the referral, as deciding does.
func (t *tx) mayFollowFrom(programme string, referralID *string) error {
	if referralID == nil {
		return nil
	}
	referral, err := one[domain.Referral](locked(t.referrals().Where("referrals.programme = ?", programme)), "referral", *referralID)
	if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
		return domain.FieldFault("referral_id", "unknown", "The programme has no such referral.")
	}
	if err != nil {
		return err
	}
	return referral.MayBeFollowed()
}

func (t *tx) enrol(in domain.EnrolmentInput) (domain.Enrolment, error) {
	enrolment := domain.Enrolment{Stamp: t.stamp(), EnrolmentInput: in}
	programme, err := t.programmeNamed(in.Programme)
	if err != nil {
		return enrolment, err
	}
	participant, err := t.enrollable(&enrolment.EnrolmentInput)
	if err != nil {
		return enrolment, err
	}
	if err := t.withTerritory(enrolment.EnrolmentInput.Check(programme, participant.BirthDate, t.today), enrolment.TerritoryCode); err != nil {
		return enrolment, err
	}
	if err := t.Create(&enrolment).Error; err != nil {
		return enrolment, err
	}
	return enrolment, t.wrote(trace{action: "created", kind: "enrolment", ids: []string{enrolment.ID}, whose: []string{enrolment.ParticipantID}, programme: in.Programme, fields: filledFields(in)})
}

// enrollable finds the participant an entry is about, and takes her territory where the entry
// says none.
func (t *tx) enrollable(in *domain.EnrolmentInput) (domain.Participant, error) {
	participant, err := t.participantNamed(func() *gorm.DB { return locked(t.participants()) }, in.ParticipantID)
	if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
		return participant, domain.FieldFault("participant_id", "unknown", "There is no such participant.")
	}
	if err != nil {
		return participant, err
	}
	in.ParticipantID = participant.ID // of somebody who was merged into another, that other
	if in.TerritoryCode == nil {
		in.TerritoryCode = participant.TerritoryCode
	}
	return participant, nil
}

// Enrolment reads one path. The look is audited.
func (s *Session) Enrolment(ctx context.Context, id string) (domain.EnrolmentView, error) {
	return fetch(ctx, s, func(t *tx) (domain.EnrolmentView, error) {
		enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", id)
		if err != nil {
			return domain.EnrolmentView{}, err
		}
		if err := t.saw("enrolment", enrolment.Programme, id, enrolment.ParticipantID); err != nil {
			return domain.EnrolmentView{}, err
		}
		return t.viewEnrolment(enrolment)
	})
}

// EnrolmentQuery filters a list of enrolments.
type EnrolmentQuery struct {
	domain.Paging
	Programme     string `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	ParticipantID string `query:"participant_id" doc:"Only those of this participant." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Caseworker    string `query:"caseworker" doc:"Only those this caseworker follows." maxLength:"255" example:"c.martin"`
	// Status is what StatusOn gives today, asked of the database.
	Status domain.EnrolmentStatus `query:"status" doc:"Only those that stand here today."`
}

// Enrolments lists paths, the latest recorded first. The looks are audited.
func (s *Session) Enrolments(ctx context.Context, q EnrolmentQuery) (domain.Page[domain.EnrolmentView], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.EnrolmentView], error) {
		query := t.enrolments()
		query = where(query, "enrolments.programme", q.Programme)
		if q.ParticipantID != "" {
			query = query.Where("enrolments.participant_id = survivor_of(?)", q.ParticipantID)
		}
		query = where(query, "enrolments.caseworker_id", q.Caseworker)
		if condition, asked := enrolmentStanding[q.Status]; asked {
			// As a named expression: from plain text without @today, GORM would still bind the value.
			query = query.Where(clause.NamedExpr{SQL: condition, Vars: []any{sql.Named("today", t.today)}})
		}
		found, err := newestFirst[domain.Enrolment](query, q.Paging)
		if err == nil {
			err = t.saw("enrolment", q.Programme, beside(found.Items, func(e domain.Enrolment) string { return e.ParticipantID })...)
		}
		if err != nil {
			return domain.Page[domain.EnrolmentView]{}, err
		}
		views, err := t.viewEnrolments(found.Items)
		return domain.Page[domain.EnrolmentView]{Items: views, NextCursor: found.NextCursor}, err
	})
}

// enrolmentStanding says Enrolment.StatusOn in SQL. PostgreSQL adds months as AddMonths does:
// clamped to the month's end.
var enrolmentStanding = map[domain.EnrolmentStatus]string{
	domain.EnrolmentVoided:   "voided_at IS NOT NULL",
	domain.EnrolmentActive:   "voided_at IS NULL AND (exited_on IS NULL OR exited_on > @today)",
	domain.EnrolmentExited:   "voided_at IS NULL AND exited_on <= @today AND follow_up_agreed IS NOT TRUE",
	domain.EnrolmentFollowUp: "voided_at IS NULL AND exited_on <= @today AND follow_up_agreed AND @today < exited_on + interval '6 months'",
	domain.EnrolmentClosed:   "voided_at IS NULL AND exited_on <= @today AND follow_up_agreed AND @today >= exited_on + interval '6 months'",
}

// ReplaceEnrolment rewrites the entry and its situation.
func (s *Session) ReplaceEnrolment(ctx context.Context, id string, match domain.Match, in domain.EnrolmentInput) (domain.EnrolmentView, error) {
	return s.changeEnrolment(ctx, id, match, "updated", "", func(t *tx, e *domain.Enrolment) error {
		var err error
		if in.ParticipantID, err = t.survivorOf(in.ParticipantID); err != nil {
			return err
		}
		if in.ParticipantID != e.ParticipantID || in.Programme != e.Programme {
			return domain.FieldFault("participant_id", "fixed", "An enrolment keeps its participant and its programme: void it and record another.")
		}
		if in.ReferralID == nil {
			in.ReferralID = e.ReferralID // how she came is not forgotten by leaving it out
		}
		if err := e.MayCiteReferral(in.ReferralID); err != nil {
			return err
		}
		if e.ReferralID == nil {
			if err := t.mayFollowFrom(in.Programme, in.ReferralID); err != nil {
				return err
			}
		}
		programme, err := t.programmeNamed(in.Programme)
		if err != nil {
			return err
		}
		participant, err := t.enrollable(&in)
		if err != nil {
			return err
		}
		if err := t.mayBeKept(in); err != nil {
			return err
		}
		e.EnrolmentInput = in
		if e.ExitedOn != nil && in.EnteredOn.After(*e.ExitedOn) {
			return domain.FieldFault("entered_on", "after_exit", "The entry lies after the exit of %s.", *e.ExitedOn)
		}
		if err := t.withTerritory(in.Check(programme, participant.BirthDate, t.today), in.TerritoryCode); err != nil {
			return err
		}
		return t.mustNotPrecede(*e)
	})
}

// mustNotPrecede refuses an entry moved behind what is recorded on the path already. What was seen
// at France Travail before the entry is passed over by the figures, and cannot be corrected.
func (t *tx) mustNotPrecede(e domain.Enrolment) error {
	var before bool
	err := t.Raw(`SELECT EXISTS (SELECT FROM jobs WHERE enrolment_id = @id AND starts_on < @day)
		OR EXISTS (SELECT FROM diagnostics WHERE enrolment_id = @id AND assessed_on < @day)
		OR EXISTS (SELECT FROM enrolment_barriers WHERE enrolment_id = @id AND assessed_on < @day)
		OR EXISTS (SELECT FROM enrolment_strengths WHERE enrolment_id = @id AND noted_on < @day)
		OR EXISTS (SELECT FROM charters WHERE enrolment_id = @id AND signed_on < @day)
		OR EXISTS (SELECT FROM objectives WHERE enrolment_id = @id AND agreed_on < @day)
		OR EXISTS (SELECT FROM actions WHERE enrolment_id = @id AND done_on < @day)
		OR EXISTS (SELECT FROM enrolment_proposals WHERE enrolment_id = @id AND proposed_on < @day)
		OR EXISTS (SELECT FROM immersions WHERE enrolment_id = @id AND starts_on < @day AND cancelled_on IS NULL)
		OR EXISTS (SELECT FROM extensions WHERE enrolment_id = @id AND decided_on < @day AND revoked_on IS NULL)
		OR EXISTS (SELECT FROM appointments WHERE enrolment_id = @id AND starts_at < @start AND status <> 'cancelled')
		OR EXISTS (SELECT FROM workshop_registrations r JOIN workshops w ON w.id = r.workshop_id
			WHERE r.enrolment_id = @id AND w.starts_at < @start AND w.status <> 'cancelled')`,
		map[string]any{"id": e.ID, "day": e.EnteredOn, "start": e.EnteredOn.Start()}).Scan(&before).Error
	if err == nil && before {
		err = domain.FieldFault("entered_on", "after_fact", "A job, a meeting or something else of the path is recorded before that day: correct it first, or enter earlier.")
	}
	return err
}

// Exit ends a path.
func (s *Session) Exit(ctx context.Context, id string, match domain.Match, exit domain.Exit) (domain.Exited, error) {
	var ended domain.Exited
	view, err := s.changeEnrolment(ctx, id, match, "exited", "", func(t *tx, e *domain.Enrolment) error {
		if err := t.mayBeKept(exit); err != nil {
			return err
		}
		if err := e.Leave(exit, t.today); err != nil {
			return err
		}
		return t.Raw(`SELECT (SELECT count(*) FROM appointments WHERE enrolment_id = @id AND status = 'scheduled' AND starts_at > @now) AS meetings_to_come,
			(SELECT count(*) FROM workshop_registrations r JOIN workshops w ON w.id = r.workshop_id WHERE r.enrolment_id = @id AND w.status = 'planned' AND w.starts_at > @now) AS workshops_to_come`,
			map[string]any{"id": id, "now": t.now}).Row().Scan(&ended.MeetingsToCome, &ended.WorkshopsToCome)
	})
	ended.EnrolmentView = view
	return ended, err
}

// Reopen takes an exit back.
func (s *Session) Reopen(ctx context.Context, id string, match domain.Match, why domain.Reason) (domain.EnrolmentView, error) {
	return s.changeEnrolment(ctx, id, match, "reopened", why.Reason, func(_ *tx, e *domain.Enrolment) error {
		if err := why.Check(); err != nil {
			return err
		}
		return e.Reopen()
	})
}

// SayOfFollowUp keeps that a person agrees, or does not, to be followed after her exit.
func (s *Session) SayOfFollowUp(ctx context.Context, id string, match domain.Match, in domain.FollowUpAgreementInput) (domain.EnrolmentView, error) {
	action := "follow_up_refused"
	if in.Agreed != nil && *in.Agreed {
		action = "follow_up_agreed"
	}
	return s.changeEnrolment(ctx, id, match, action, "", func(t *tx, e *domain.Enrolment) error { return e.SayOfFollowUp(in, t.today) })
}

// Void says that an enrolment was recorded by mistake.
func (s *Session) Void(ctx context.Context, id string, match domain.Match, why domain.Reason) (domain.EnrolmentView, error) {
	return s.changeEnrolment(ctx, id, match, "voided", why.Reason, func(t *tx, e *domain.Enrolment) error {
		if err := why.Check(); err != nil {
			return err
		}
		if err := e.Void(why.Reason, t.now); err != nil {
			return err
		}
		if err := t.leavePlaces(e.ID); err != nil {
			return err
		}
		return t.leaveWorkshops(e.ID, time.Time{}) // also those of which the roll is still to be called
	})
}

func (s *Session) changeEnrolment(ctx context.Context, id string, match domain.Match, action, reason string, rule func(*tx, *domain.Enrolment) error) (domain.EnrolmentView, error) {
	return fetch(ctx, s, func(t *tx) (domain.EnrolmentView, error) {
		held, err := one[domain.Enrolment](t.enrolments(), "enrolment", id)
		if err == nil {
			err = t.Exec(`SELECT FROM participants WHERE id = ? FOR UPDATE`, held.ParticipantID).Error // before the enrolment; see locked
		}
		if err == nil && action == "voided" {
			err = t.holdWithWaiting("id", id)
		}
		if err != nil {
			return domain.EnrolmentView{}, err
		}
		var before domain.Enrolment
		after, err := change(t, t.enrolments(), "enrolment", id, match, enrolmentStamp, func(e *domain.Enrolment) error {
			before = *e
			return rule(t, e)
		})
		if err != nil {
			return domain.EnrolmentView{}, err
		}
		err = t.remember(correction{kind: "enrolment", participantID: after.ParticipantID, recordID: id, programme: after.Programme, version: after.Version, reason: reason}, before, after)
		if err != nil {
			return domain.EnrolmentView{}, err
		}
		err = t.wrote(trace{action: action, kind: "enrolment", ids: []string{id}, whose: []string{after.ParticipantID}, programme: after.Programme, fields: changedFields(before, after)})
		if err == nil {
			err = t.tellPartner(id)
		}
		if err != nil {
			return domain.EnrolmentView{}, err
		}
		return t.viewEnrolment(after)
	})
}

func (t *tx) viewEnrolment(e domain.Enrolment) (domain.EnrolmentView, error) {
	views, err := t.viewEnrolments([]domain.Enrolment{e})
	if err != nil {
		return domain.EnrolmentView{}, err
	}
	return views[0], nil
}

func (t *tx) viewEnrolments(found []domain.Enrolment) ([]domain.EnrolmentView, error) {
	onList, err := targeted(t, found, func(e domain.Enrolment) (string, *string) { return e.Programme, e.TerritoryCode })
	if err != nil {
		return nil, err
	}
	standing, err := t.standingExtensions(keys(found))
	views := make([]domain.EnrolmentView, len(found))
	for i, e := range found {
		views[i] = e.View(t.actor, t.today, onList(e.Programme, e.TerritoryCode), standing[e.ID])
	}
	return views, err
}

// onEnrolment finds, and holds, the enrolment that a fact is recorded on.
func (t *tx) onEnrolment(id string) (domain.Enrolment, error) {
	return one[domain.Enrolment](locked(t.enrolments()), "enrolment", id)
}

// enrolmentNamed finds, and holds, the enrolment that a body names.
func (t *tx) enrolmentNamed(query *gorm.DB, field, id string) (domain.Enrolment, error) {
	enrolment, err := one[domain.Enrolment](locked(query), "enrolment", id)
	if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
		return enrolment, domain.FieldFault(field, "unknown", "There is no such enrolment.")
	}
	return enrolment, err
}
