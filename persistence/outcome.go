package persistence

import (
	"context"

	"o2r/domain"
)

// NewJob records an employment spell of a participant, during her path or after it.
func (s *Session) NewJob(ctx context.Context, enrolmentID string, in domain.JobInput) (domain.Job, error) {
	return fetch(ctx, s, func(t *tx) (domain.Job, error) {
		fact, enrolment, err := t.fact(enrolmentID)
		if err != nil {
			return domain.Job{}, err
		}
		if err := in.Check(); err != nil {
			return domain.Job{}, err
		}
		if err := enrolment.MayRecord("starts_on", in.StartsOn, t.today); err != nil {
			return domain.Job{}, err
		}
		return record(t, "job", enrolment, in, &domain.Job{EnrolmentFact: fact, JobInput: in})
	})
}

// ReplaceJob corrects an employment spell: most often, its end.
func (s *Session) ReplaceJob(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.JobInput) (domain.Job, error) {
	return fetch(ctx, s, func(t *tx) (domain.Job, error) {
		enrolment, err := t.onEnrolment(enrolmentID)
		if err != nil {
			return domain.Job{}, err
		}
		var before domain.JobInput
		after, err := change(t, t.Table("jobs").Where("jobs.enrolment_id = ?", enrolment.ID), "job", id, match,
			func(j *domain.Job) *domain.Stamp { return &j.Stamp },
			func(j *domain.Job) error {
				before, j.JobInput = j.JobInput, in
				if err := in.Check(); err != nil {
					return err
				}
				return enrolment.MayRecord("starts_on", in.StartsOn, t.today)
			})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "job", ids: []string{id}, programme: enrolment.Programme, fields: changedFields(before, in)})
	})
}

// Jobs lists a participant's employment spells.
func (s *Session) Jobs(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.Job], error) {
	return facts[domain.Job](ctx, s, "job", "jobs", enrolmentID, paging)
}

// ObserveFranceTravail records whether a participant is registered with France Travail.
func (s *Session) ObserveFranceTravail(ctx context.Context, enrolmentID string, in domain.FranceTravailStatusInput) (domain.FranceTravailStatus, error) {
	return fetch(ctx, s, func(t *tx) (domain.FranceTravailStatus, error) {
		fact, enrolment, err := t.fact(enrolmentID)
		if err != nil {
			return domain.FranceTravailStatus{}, err
		}
		if err := enrolment.MayRecord("observed_on", in.ObservedOn, t.today); err != nil {
			return domain.FranceTravailStatus{}, err
		}
		return record(t, "france_travail_status", enrolment, in, &domain.FranceTravailStatus{EnrolmentFact: fact, FranceTravailStatusInput: in})
	})
}

// FranceTravailStatuses lists what was observed of a participant's registration.
func (s *Session) FranceTravailStatuses(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.FranceTravailStatus], error) {
	return facts[domain.FranceTravailStatus](ctx, s, "france_travail_status", "france_travail_statuses", enrolmentID, paging)
}

// NewOutcome records what was found at a checkpoint after an exit.
func (s *Session) NewOutcome(ctx context.Context, enrolmentID string, in domain.OutcomeInput) (domain.Outcome, error) {
	return fetch(ctx, s, func(t *tx) (domain.Outcome, error) {
		fact, enrolment, err := t.fact(enrolmentID)
		if err != nil {
			return domain.Outcome{}, err
		}
		if err := enrolment.MayConclude(in, t.today); err != nil {
			return domain.Outcome{}, err
		}
		return record(t, "outcome", enrolment, in, &domain.Outcome{EnrolmentFact: fact, OutcomeInput: in})
	})
}

// Outcomes lists what was found at checkpoints.
func (s *Session) Outcomes(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.Outcome], error) {
	return facts[domain.Outcome](ctx, s, "outcome", "outcomes", enrolmentID, paging)
}

// fact begins a dated fact of an enrolment that the actor may reach, and holds that enrolment.
func (t *tx) fact(enrolmentID string) (domain.EnrolmentFact, domain.Enrolment, error) {
	enrolment, err := t.onEnrolment(enrolmentID)
	return domain.EnrolmentFact{Stamp: t.stamp(), EnrolmentID: enrolmentID}, enrolment, err
}

func record[T interface{ Key() string }](t *tx, kind string, enrolment domain.Enrolment, in any, fact *T) (T, error) {
	if err := t.Create(fact).Error; err != nil {
		return *fact, err
	}
	return *fact, t.wrote(trace{action: "created", kind: kind, ids: []string{(*fact).Key()}, programme: enrolment.Programme, fields: filledFields(in)})
}

func facts[T interface{ Key() string }](ctx context.Context, s *Session, kind, table, enrolmentID string, paging domain.Paging) (domain.Page[T], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[T], error) {
		enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", enrolmentID)
		if err != nil {
			return domain.Page[T]{}, err
		}
		found, err := newestFirst[T](t.Table(table).Where(table+".enrolment_id = ?", enrolment.ID), paging)
		if err != nil {
			return found, err
		}
		return found, t.saw(kind, enrolment.Programme, keys(found.Items)...)
	})
}
