package persistence

import (
	"context"

	"gorm.io/gorm"

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

// Job reads one employment spell. The look is audited.
func (s *Session) Job(ctx context.Context, enrolmentID, id string) (domain.Job, error) {
	return aFact[domain.Job](ctx, s, "job", "jobs", enrolmentID, id)
}

// ReplaceJob corrects an employment spell: most often, its end.
func (s *Session) ReplaceJob(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.JobInput) (domain.Job, error) {
	return correct(ctx, s, "job", "jobs", enrolmentID, id, match,
		func(j *domain.Job) *domain.Stamp { return &j.Stamp },
		func(t *tx, enrolment domain.Enrolment, j *domain.Job) error {
			j.JobInput = in
			if err := in.Check(); err != nil {
				return err
			}
			return enrolment.MayRecord("starts_on", in.StartsOn, t.today)
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

// FranceTravailStatus reads one observation. The look is audited.
func (s *Session) FranceTravailStatus(ctx context.Context, enrolmentID, id string) (domain.FranceTravailStatus, error) {
	return aFact[domain.FranceTravailStatus](ctx, s, "france_travail_status", "france_travail_statuses", enrolmentID, id)
}

// ReplaceFranceTravailStatus corrects an observation.
func (s *Session) ReplaceFranceTravailStatus(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.FranceTravailStatusInput) (domain.FranceTravailStatus, error) {
	return correct(ctx, s, "france_travail_status", "france_travail_statuses", enrolmentID, id, match,
		func(f *domain.FranceTravailStatus) *domain.Stamp { return &f.Stamp },
		func(t *tx, enrolment domain.Enrolment, f *domain.FranceTravailStatus) error {
			f.FranceTravailStatusInput = in
			return enrolment.MayRecord("observed_on", in.ObservedOn, t.today)
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

// Outcome reads one checkpoint result. The look is audited.
func (s *Session) Outcome(ctx context.Context, enrolmentID, id string) (domain.Outcome, error) {
	return aFact[domain.Outcome](ctx, s, "outcome", "outcomes", enrolmentID, id)
}

// ReplaceOutcome corrects a checkpoint result.
func (s *Session) ReplaceOutcome(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.OutcomeInput) (domain.Outcome, error) {
	return correct(ctx, s, "outcome", "outcomes", enrolmentID, id, match,
		func(o *domain.Outcome) *domain.Stamp { return &o.Stamp },
		func(t *tx, enrolment domain.Enrolment, o *domain.Outcome) error {
			o.OutcomeInput = in
			return enrolment.MayConclude(in, t.today)
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
	return *fact, t.wrote(trace{action: "created", kind: kind, ids: []string{(*fact).Key()}, whose: []string{enrolment.ID, enrolment.ParticipantID}, programme: enrolment.Programme, fields: filledFields(in)})
}

func facts[T interface{ Key() string }](ctx context.Context, s *Session, kind, table, enrolmentID string, paging domain.Paging) (domain.Page[T], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[T], error) { return pageOfFacts[T](t, kind, table, enrolmentID, paging, nil) })
}

// pageOfFacts reads facts of an enrolment that the actor may reach, the latest recorded first, those that
// narrow leaves where it is given.
func pageOfFacts[T interface{ Key() string }](t *tx, kind, table, enrolmentID string, paging domain.Paging, narrow func(*gorm.DB) *gorm.DB) (domain.Page[T], error) {
	enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", enrolmentID)
	if err != nil {
		return domain.Page[T]{}, err
	}
	query := t.factsOf(table, enrolment)
	if narrow != nil {
		query = narrow(query)
	}
	found, err := newestFirst[T](query, paging)
	if err != nil {
		return found, err
	}
	return found, t.saw(kind, enrolment.Programme, append(keys(found.Items), enrolment.ID, enrolment.ParticipantID)...) // an empty list is an answer too
}

// aFact reads one fact of an enrolment that the actor may reach.
func aFact[T interface{ Key() string }](ctx context.Context, s *Session, kind, table, enrolmentID, id string) (T, error) {
	return fetch(ctx, s, func(t *tx) (T, error) { return oneFact[T](t, kind, table, enrolmentID, id) })
}

func oneFact[T interface{ Key() string }](t *tx, kind, table, enrolmentID, id string) (T, error) {
	var nothing T
	enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", enrolmentID)
	if err != nil {
		return nothing, err
	}
	found, err := one[T](t.factsOf(table, enrolment), kind, id)
	if err != nil {
		return nothing, err
	}
	return found, t.saw(kind, enrolment.Programme, found.Key(), enrolment.ID, enrolment.ParticipantID)
}

// correct rewrites one fact of an enrolment, which it holds meanwhile.
func correct[T any](ctx context.Context, s *Session, kind, table, enrolmentID, id string, match domain.Match, stamp func(*T) *domain.Stamp, rule func(*tx, domain.Enrolment, *T) error) (T, error) {
	return fetch(ctx, s, func(t *tx) (T, error) {
		return alter(t, deed{action: "updated", kind: kind, table: table}, enrolmentID, id, match, stamp, rule)
	})
}

// deed is a change of one fact of an enrolment, as the trail tells of it.
type deed struct {
	action, kind, table string

	remembered bool   // what stood there before goes into the history of the file
	reason     string // with this reason, where one is asked for
}

func alter[T any](t *tx, d deed, enrolmentID, id string, match domain.Match, stamp func(*T) *domain.Stamp, rule func(*tx, domain.Enrolment, *T) error) (T, error) {
	var before, nothing T
	if d.remembered { // the history's row leads to her: hold her before her enrolment, as whoever merges, restricts or erases does; see locked
		err := t.Exec(`SELECT FROM participants WHERE id = (SELECT participant_id FROM enrolments WHERE id = ?) FOR KEY SHARE`, enrolmentID).Error
		if err != nil {
			return nothing, err
		}
	}
	enrolment, err := t.onEnrolment(enrolmentID)
	if err != nil {
		return nothing, err
	}
	after, err := change(t, t.factsOf(d.table, enrolment), d.kind, id, match, stamp, func(fact *T) error {
		before = *fact
		return rule(t, enrolment, fact)
	})
	if err != nil {
		return nothing, err
	}
	held := stamp(&after)
	if d.remembered {
		c := correction{kind: d.kind, participantID: enrolment.ParticipantID, recordID: held.ID, enrolmentID: enrolment.ID, programme: enrolment.Programme, version: held.Version, reason: d.reason}
		if err := t.remember(c, before, after); err != nil {
			return nothing, err
		}
	}
	return after, t.wrote(trace{action: d.action, kind: d.kind, ids: []string{held.ID}, whose: []string{enrolment.ID, enrolment.ParticipantID}, programme: enrolment.Programme, fields: changedFields(before, after)})
}
