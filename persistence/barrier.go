package persistence

import (
	"context"
	"errors"

	"o2r/domain"
)

var barriers = support[domain.EnrolmentBarrier, domain.BarrierView, *domain.EnrolmentBarrier]{"barrier", "enrolment_barriers",
	each(func(_ *tx, b domain.EnrolmentBarrier) domain.BarrierView { return b.View() })}

// NewBarrier records a barrier beside those that diagnostics found.
func (s *Session) NewBarrier(ctx context.Context, enrolmentID string, in domain.BarrierInput) (domain.BarrierView, error) {
	return barriers.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.EnrolmentBarrier, error) {
		return domain.OpenBarrier(fact, in, nil), enrolment.MayRecord("assessed_on", in.AssessedOn, t.today)
	})
}

// Barrier reads one barrier. The look is audited.
func (s *Session) Barrier(ctx context.Context, enrolmentID, id string) (domain.BarrierView, error) {
	return barriers.read(ctx, s, enrolmentID, id)
}

// Barriers lists the barriers of an enrolment, settled ones too.
func (s *Session) Barriers(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.BarrierView], error) {
	return barriers.list(ctx, s, enrolmentID, paging, nil)
}

// ReplaceBarrier corrects what was found, when, and how much it matters.
func (s *Session) ReplaceBarrier(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.BarrierInput) (domain.BarrierView, error) {
	return barriers.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, b *domain.EnrolmentBarrier) error {
		if err := t.mayBeKept(in); err != nil {
			return err
		}
		if err := enrolment.MayRecord("assessed_on", in.AssessedOn, t.today); err != nil {
			return err
		}
		return b.Correct(in)
	})
}

// StartBarrier begins to work on a barrier.
func (s *Session) StartBarrier(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.BarrierStart) (domain.BarrierView, error) {
	return barriers.change(ctx, s, "started", "", enrolmentID, id, match, func(t *tx, _ domain.Enrolment, b *domain.EnrolmentBarrier) error { return b.Start(in, t.today) })
}

// LiftBarrier says that a barrier stands in the way no more, and what lifted it.
func (s *Session) LiftBarrier(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.BarrierLift) (domain.BarrierView, error) {
	return barriers.change(ctx, s, "lifted", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, b *domain.EnrolmentBarrier) error {
		if err := b.Lift(in, t.today); err != nil {
			return err
		}
		return t.liftedBy(enrolment, in.ActionID, *b.LiftedOn)
	})
}

// liftedBy refuses an action that is none of the enrolment's, or that was done after the barrier was gone.
func (t *tx) liftedBy(enrolment domain.Enrolment, actionID *string, liftedOn domain.Date) error {
	if actionID == nil {
		return nil
	}
	action, err := one[domain.Action](t.factsOf("actions", enrolment), "action", *actionID)
	switch {
	case errors.Is(err, &domain.Error{Kind: domain.NotFound}):
		return domain.FieldFault("action_id", "unknown", "The enrolment has no such action.")
	case err == nil && action.DoneOn.After(liftedOn):
		return domain.FieldFault("action_id", "after_lift", "This action was done on %s, after the barrier was lifted.", action.DoneOn)
	}
	return err
}

// SetBarrierAside says that a barrier will not be worked on.
func (s *Session) SetBarrierAside(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.SettingAside) (domain.BarrierView, error) {
	return barriers.change(ctx, s, "set_aside", "", enrolmentID, id, match, func(t *tx, _ domain.Enrolment, b *domain.EnrolmentBarrier) error { return b.SetAside(in, t.today) })
}

// ReopenBarrier takes back that a barrier was settled.
func (s *Session) ReopenBarrier(ctx context.Context, enrolmentID, id string, match domain.Match, why domain.Reason) (domain.BarrierView, error) {
	return barriers.change(ctx, s, "reopened", why.Reason, enrolmentID, id, match, func(_ *tx, _ domain.Enrolment, b *domain.EnrolmentBarrier) error {
		if err := why.Check(); err != nil {
			return err
		}
		return b.Reopen()
	})
}
