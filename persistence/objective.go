package persistence

import (
	"context"

	"gorm.io/gorm"

	"o2r/domain"
)

var objectives = support[domain.Objective, domain.ObjectiveView, *domain.Objective]{"objective", "objectives", (*tx).viewObjectives}

func (t *tx) viewObjectives(found []domain.Objective) ([]domain.ObjectiveView, error) {
	hidden, err := t.hiddenBarriers(namedBy(found, func(o domain.Objective) *string { return o.BarrierID })...)
	views := make([]domain.ObjectiveView, len(found))
	for i, objective := range found {
		objective.Unlink(hidden)
		views[i] = objective.View(t.today)
	}
	return views, err
}

// NewObjective records what was agreed with a person.
func (s *Session) NewObjective(ctx context.Context, enrolmentID string, in domain.ObjectiveInput) (domain.ObjectiveView, error) {
	return objectives.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.Objective, error) {
		made := domain.Objective{AuthoredFact: fact, ObjectiveInput: in, State: domain.ObjectiveOpen}
		if err := in.Check(); err != nil {
			return made, err
		}
		return made, t.mayAgree(enrolment, in)
	})
}

func (t *tx) mayAgree(enrolment domain.Enrolment, in domain.ObjectiveInput) error {
	if err := enrolment.MayRecord("agreed_on", in.AgreedOn, t.today); err != nil {
		return err
	}
	return t.mustHave(enrolment, "enrolment_barriers", "barrier_id", "barrier", in.BarrierID)
}

// Objective reads one objective. The look is audited.
func (s *Session) Objective(ctx context.Context, enrolmentID, id string) (domain.ObjectiveView, error) {
	return objectives.read(ctx, s, enrolmentID, id)
}

// Objectives lists what was agreed with a person, the latest recorded first.
func (s *Session) Objectives(ctx context.Context, enrolmentID string, filter domain.ObjectiveFilter, paging domain.Paging) (domain.Page[domain.ObjectiveView], error) {
	return objectives.list(ctx, s, enrolmentID, paging, func(t *tx, query *gorm.DB) *gorm.DB { return t.standing(query, filter) })
}

// standing narrows objectives to those that stand as asked for. Overdue is Objective.Overdue, asked of the database.
func (t *tx) standing(query *gorm.DB, filter domain.ObjectiveFilter) *gorm.DB {
	query = where(query, "objectives.state", filter.State)
	if filter.Overdue {
		query = query.Where("objectives.state = ? AND objectives.due_on < ?", domain.ObjectiveOpen, t.today)
	}
	return query
}

// CaseloadObjectives lists the objectives of all enrolments in the actor's reach, the earliest due first and those without
// a day last. The looks are audited.
func (s *Session) CaseloadObjectives(ctx context.Context, q domain.ObjectiveQuery) (domain.Page[domain.ListedObjective], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ListedObjective], error) {
		query := t.standing(t.objectives(func(enrolments *gorm.DB) *gorm.DB {
			enrolments = where(where(enrolments, "enrolments.programme", q.Programme), "enrolments.caseworker_id", q.Caseworker)
			switch {
			case q.EnrolmentStatus != "":
				enrolments = t.goingOn(enrolments, q.EnrolmentStatus)
			case q.Overdue: // as on the worklist: nobody comes back to what was agreed on a path that has ended
				enrolments = t.goingOn(enrolments, domain.EnrolmentActive, domain.EnrolmentFollowUp)
			}
			return enrolments
		}), q.ObjectiveFilter)
		found, err := soonestFirst(query, q.Paging, "objectives due", "objectives.due_on", "objectives.id", func(o domain.Objective) (*domain.Date, string) { return o.DueOn, o.ID })
		var paths map[string]listedPath
		if err == nil {
			paths, err = t.whose(namedBy(found.Items, func(o domain.Objective) string { return o.EnrolmentID }))
		}
		if err == nil {
			err = t.lookedAt("objective", q.Programme, beside(found.Items, func(o domain.Objective) string { return o.EnrolmentID }), paths)
		}
		if err != nil {
			return domain.Page[domain.ListedObjective]{}, err
		}
		views, err := t.viewObjectives(found.Items)
		return mapped(domain.Page[domain.ObjectiveView]{Items: views, NextCursor: found.NextCursor}, func(o domain.ObjectiveView) domain.ListedObjective {
			return domain.ListedObjective{ObjectiveView: o, Whose: paths[o.EnrolmentID].Whose}
		}), err
	})
}

// soonestFirst reads one page of a list by a day of each record, those without one last. Names are those of the list, of the
// expression of the day and of the column that tells two of a day apart.
func soonestFirst[T any](query *gorm.DB, paging domain.Paging, list, day, id string, place func(T) (*domain.Date, string)) (domain.Page[T], error) {
	after, err := readCursor(paging.Cursor, list)
	if err != nil {
		return domain.Page[T]{}, err
	}
	day = "coalesce(" + day + ", 'infinity')"
	if after != nil {
		if _, err := domain.ParseDate(after.Name); after.Name != "infinity" && err != nil || !isID(after.ID) {
			return domain.Page[T]{}, errCursor
		}
		query = query.Where("("+day+", "+id+") > (CAST(? AS date), ?)", after.Name, after.ID)
	}
	return page(query.Order(day+", "+id), paging.Size(), func(last T) cursor {
		on, key := place(last)
		c := cursor{List: list, ID: key, Name: "infinity"}
		if on != nil {
			c.Name = on.String()
		}
		return c
	})
}

// ReplaceObjective corrects what was agreed.
func (s *Session) ReplaceObjective(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ObjectiveInput) (domain.ObjectiveView, error) {
	return objectives.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, o *domain.Objective) error {
		if err := t.mayAgree(enrolment, in); err != nil {
			return err
		}
		link, err := t.keepLink(o.BarrierID, in.BarrierID)
		if err != nil {
			return err
		}
		in.BarrierID = link
		return o.Correct(in)
	})
}

// ReachObjective says that an objective was reached.
func (s *Session) ReachObjective(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ObjectiveReach) (domain.ObjectiveView, error) {
	return objectives.change(ctx, s, "reached", "", enrolmentID, id, match, func(t *tx, _ domain.Enrolment, o *domain.Objective) error { return o.Reach(in, t.today) })
}

// AbandonObjective says that an objective is not pursued any more.
func (s *Session) AbandonObjective(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ObjectiveAbandon) (domain.ObjectiveView, error) {
	return objectives.change(ctx, s, "abandoned", "", enrolmentID, id, match, func(t *tx, _ domain.Enrolment, o *domain.Objective) error { return o.Abandon(in, t.today) })
}

// ReopenObjective takes back that an objective ended.
func (s *Session) ReopenObjective(ctx context.Context, enrolmentID, id string, match domain.Match, why domain.Reason) (domain.ObjectiveView, error) {
	return objectives.change(ctx, s, "reopened", why.Reason, enrolmentID, id, match, func(_ *tx, _ domain.Enrolment, o *domain.Objective) error {
		if err := why.Check(); err != nil {
			return err
		}
		return o.Reopen()
	})
}
