package persistence

import (
	"context"

	"gorm.io/gorm"

	"o2r/domain"
)

var followUps = support[domain.FollowUp, domain.FollowUpView, *domain.FollowUp]{"follow_up", "follow_ups", (*tx).viewFollowUps}

// viewFollowUps shows contacts beside the exit that their enrolment has now.
func (t *tx) viewFollowUps(found []domain.FollowUp) ([]domain.FollowUpView, error) {
	var enrolments []domain.Enrolment
	err := t.enrolments().Where("enrolments.id IN ?", namedBy(found, func(f domain.FollowUp) string { return f.EnrolmentID })).Find(&enrolments).Error
	of := map[string]domain.Enrolment{}
	for _, e := range enrolments {
		of[e.ID] = e
	}
	views := make([]domain.FollowUpView, len(found))
	for i, followUp := range found {
		views[i] = followUp.View(of[followUp.EnrolmentID])
	}
	return views, err
}

// NewFollowUp records a contact after an exit, or that one was tried.
func (s *Session) NewFollowUp(ctx context.Context, enrolmentID string, in domain.FollowUpInput) (domain.FollowUpView, error) {
	return followUps.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.FollowUp, error) {
		return domain.FollowUp{AuthoredFact: fact, FollowUpInput: in}, enrolment.MayFollowUp(in, t.today)
	})
}

// FollowUp reads one contact. The look is audited.
func (s *Session) FollowUp(ctx context.Context, enrolmentID, id string) (domain.FollowUpView, error) {
	return followUps.read(ctx, s, enrolmentID, id)
}

// FollowUps lists the contacts after an exit, the latest recorded first.
func (s *Session) FollowUps(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.FollowUpView], error) {
	return followUps.list(ctx, s, enrolmentID, paging, nil)
}

// ReplaceFollowUp corrects a contact.
func (s *Session) ReplaceFollowUp(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.FollowUpInput) (domain.FollowUpView, error) {
	return followUps.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, f *domain.FollowUp) error {
		return f.Correct(enrolment, in, t.today)
	})
}

// checkpoints is one statement: the six-month checkpoints that a set of enrolments owes, those that stand in one of the
// states today, where any is given. It selects columns of domain.ExitCheckpoint; order it by checkpointDue. The enrolments
// are a scoped query of that table, narrowed at will.
func (t *tx) checkpoints(enrolments *gorm.DB, states ...domain.CheckpointState) *gorm.DB {
	query := enrolments.
		Where("enrolments.voided_at IS NULL AND enrolments.exited_on <= ? AND enrolments.exit_kind IN ?", t.today, domain.FollowedKinds()).
		Joins(`LEFT JOIN LATERAL (SELECT o.id, o.observed_on, o.result, o.evidence FROM outcomes o
			WHERE o.enrolment_id = enrolments.id AND o.checkpoint = '6_months' AND o.observed_on >= enrolments.exited_on + interval '5 months'
			ORDER BY o.result = 'in_employment' DESC, o.evidence IS NOT NULL DESC, o.observed_on DESC, o.id DESC LIMIT 1) found ON true`).
		Joins(`LEFT JOIN LATERAL (SELECT count(*) AS contacts, max(f.contacted_on) AS last_contact_on FROM follow_ups f
			WHERE f.enrolment_id = enrolments.id AND f.contacted_on >= enrolments.exited_on) contacted ON true`).
		Select(`enrolments.id AS enrolment_id, enrolments.participant_id, enrolments.programme, enrolments.caseworker_id, enrolments.exited_on, enrolments.exit_kind,
			enrolments.follow_up_agreed, found.id AS outcome_id, found.observed_on, found.result, found.evidence, contacted.contacts, contacted.last_contact_on`)
	if len(states) > 0 {
		query = query.Where(`CASE WHEN found.id IS NOT NULL THEN 'done' WHEN enrolments.follow_up_agreed IS FALSE THEN 'waived'
			WHEN CAST(? AS date) < enrolments.exited_on + interval '5 months' THEN 'upcoming'
			WHEN CAST(? AS date) <= enrolments.exited_on + interval '7 months' THEN 'due' ELSE 'overdue' END IN ?`, t.today, t.today, states)
	}
	return query
}

// checkpointDue is the day of the six-month mark. PostgreSQL adds months as AddMonths does: clamped to the month's end.
const checkpointDue = "CAST(enrolments.exited_on + interval '6 months' AS date)"

// Checkpoints lists the six-month checkpoints of all enrolments in the actor's reach, the earliest mark first. The looks
// are audited.
func (s *Session) Checkpoints(ctx context.Context, q domain.CheckpointQuery) (domain.Page[domain.ListedCheckpoint], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ListedCheckpoint], error) {
		if err := q.Check(); err != nil {
			return domain.Page[domain.ListedCheckpoint]{}, err
		}
		enrolments := where(where(t.enrolments(), "enrolments.programme", q.Programme), "enrolments.caseworker_id", q.Caseworker)
		if !q.From.IsZero() {
			enrolments = enrolments.Where(checkpointDue+" >= ?", q.From)
		}
		if !q.To.IsZero() {
			enrolments = enrolments.Where(checkpointDue+" <= ?", q.To)
		}
		var states []domain.CheckpointState
		if q.State != "" {
			states = append(states, q.State)
		}
		found, err := soonestFirst(t.checkpoints(enrolments, states...), q.Paging, "checkpoints due", checkpointDue, "enrolments.id",
			func(c domain.ExitCheckpoint) (*domain.Date, string) { return new(c.Due()), c.EnrolmentID })
		var paths map[string]listedPath
		if err == nil {
			paths, err = t.whose(namedBy(found.Items, func(c domain.ExitCheckpoint) string { return c.EnrolmentID }))
		}
		if err != nil {
			return domain.Page[domain.ListedCheckpoint]{}, err
		}
		whose := []string{}
		for _, c := range found.Items {
			whose = append(whose, c.EnrolmentID, c.ParticipantID)
		}
		return mapped(found, func(c domain.ExitCheckpoint) domain.ListedCheckpoint {
			return domain.ListedCheckpoint{ExitCheckpointView: c.View(t.today), PersonNames: paths[c.EnrolmentID].PersonNames}
		}), t.saw("checkpoint", q.Programme, whose...)
	})
}
