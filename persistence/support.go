package persistence

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"o2r/domain"
)

// support is one kind of what is recorded while a person is supported: a fact of an enrolment that has an author, whose
// corrections are remembered, and that is read as a view of itself.
type support[T interface{ Key() string }, V any, P interface {
	*T
	Held() *domain.Stamp
}] struct {
	kind, table string

	// seen are the facts as the actor reads them, in the same order.
	seen func(*tx, []T) ([]V, error)
}

// authored begins a fact that the actor records on an enrolment that she may reach, and holds that enrolment.
func (t *tx) authored(enrolmentID string) (domain.AuthoredFact, domain.Enrolment, error) {
	fact, enrolment, err := t.fact(enrolmentID)
	return domain.AuthoredFact{EnrolmentFact: fact, Author: t.actor.Subject}, enrolment, err
}

func (k support[T, V, P]) view(t *tx, fact T, err error) (V, error) {
	var nothing V
	if err != nil {
		return nothing, err
	}
	views, err := k.seen(t, []T{fact})
	if err != nil {
		return nothing, err
	}
	return views[0], nil
}

// begin records a fact that make gives for an enrolment, by the rules it knows.
func (k support[T, V, P]) begin(ctx context.Context, s *Session, enrolmentID string, in any, make func(*tx, domain.AuthoredFact, domain.Enrolment) (T, error)) (V, error) {
	return fetch(ctx, s, func(t *tx) (V, error) {
		var nothing V
		fact, enrolment, err := t.authored(enrolmentID)
		if err == nil {
			err = t.mayBeKept(in)
		}
		if err != nil {
			return nothing, err
		}
		made, err := make(t, fact, enrolment)
		if err != nil {
			return nothing, err
		}
		if err := t.Create(&made).Error; err != nil {
			return nothing, err
		}
		err = t.wrote(trace{action: "created", kind: k.kind, ids: []string{made.Key()}, whose: []string{enrolment.ID, enrolment.ParticipantID}, programme: enrolment.Programme, fields: filledFields(in)})
		return k.view(t, made, err)
	})
}

func (k support[T, V, P]) read(ctx context.Context, s *Session, enrolmentID, id string) (V, error) {
	return fetch(ctx, s, func(t *tx) (V, error) {
		found, err := oneFact[T](t, k.kind, k.table, enrolmentID, id)
		return k.view(t, found, err)
	})
}

func (k support[T, V, P]) list(ctx context.Context, s *Session, enrolmentID string, paging domain.Paging, narrow func(*tx, *gorm.DB) *gorm.DB) (domain.Page[V], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[V], error) {
		page, err := pageOfFacts[T](t, k.kind, k.table, enrolmentID, paging, func(query *gorm.DB) *gorm.DB {
			if narrow == nil {
				return query
			}
			return narrow(t, query)
		})
		if err != nil {
			return domain.Page[V]{}, err
		}
		views, err := k.seen(t, page.Items)
		return domain.Page[V]{Items: views, NextCursor: page.NextCursor}, err
	})
}

// change lets a rule work on one fact, which is then written back. What stood there is remembered, with the reason where one
// is asked for.
func (k support[T, V, P]) change(ctx context.Context, s *Session, action, reason, enrolmentID, id string, match domain.Match, rule func(*tx, domain.Enrolment, P) error) (V, error) {
	return fetch(ctx, s, func(t *tx) (V, error) { return k.alter(t, action, reason, enrolmentID, id, match, rule) })
}

func (k support[T, V, P]) alter(t *tx, action, reason, enrolmentID, id string, match domain.Match, rule func(*tx, domain.Enrolment, P) error) (V, error) {
	after, err := alter(t, deed{action: action, kind: k.kind, table: k.table, remembered: true, reason: reason}, enrolmentID, id, match,
		func(fact *T) *domain.Stamp { return P(fact).Held() },
		func(t *tx, enrolment domain.Enrolment, fact *T) error {
			if err := enrolment.MustStand(); err != nil {
				return err
			}
			return rule(t, enrolment, fact)
		})
	return k.view(t, after, err)
}

// asIs shows facts as they are kept.
func asIs[T any](_ *tx, facts []T) ([]T, error) { return facts, nil }

// each shows facts one by one.
func each[T, V any](view func(*tx, T) V) func(*tx, []T) ([]V, error) {
	return func(t *tx, facts []T) ([]V, error) {
		views := make([]V, len(facts))
		for i, fact := range facts {
			views[i] = view(t, fact)
		}
		return views, nil
	}
}

// mustHave refuses a record of the enrolment that is not there.
func (t *tx) mustHave(enrolment domain.Enrolment, table, field, what string, id *string) error {
	if id == nil {
		return nil
	}
	var there int64
	err := t.factsOf(table, enrolment).Where(table+".id = ?", *id).Count(&there).Error
	if err == nil && there == 0 {
		err = domain.FieldFault(field, "unknown", "The enrolment has no such %s.", what)
	}
	return err
}

// namedBy are the identifiers that facts name, each where it stands.
func namedBy[T, ID any](found []T, of func(T) ID) []ID {
	ids := make([]ID, len(found))
	for i, fact := range found {
		ids[i] = of(fact)
	}
	return ids
}

// hiddenBarriers are those among these barriers that are not shown because they tell of justice, whichever path they are on now.
func (t *tx) hiddenBarriers(ids ...*string) (map[string]bool, error) {
	hidden := map[string]bool{}
	named := []string{}
	for _, id := range ids {
		if id != nil {
			named = append(named, *id)
		}
	}
	if !t.withoutJustice || len(named) == 0 {
		return hidden, nil
	}
	var found []string
	err := t.hidden("enrolment_barriers").Where("enrolment_barriers.id IN ?", named).Scan(&found).Error
	for _, id := range found {
		hidden[id] = true
	}
	return hidden, err
}

// keepLink leaves a fact linked to the barrier that it was about where its writer was not shown that barrier, and so
// could not name it.
func (t *tx) keepLink(held, written *string) (*string, error) {
	if written != nil || held == nil || !t.withoutJustice {
		return written, nil
	}
	hidden, err := t.hiddenBarriers(held)
	if err != nil || !hidden[*held] {
		return written, err
	}
	return held, nil
}

// mustReceiveAt refuses a site that is not one of the enrolment's programme.
func (t *tx) mustReceiveAt(enrolment domain.Enrolment, siteID *string) error {
	if siteID == nil {
		return nil
	}
	_, err := one[domain.Site](t.sites().Where("sites.programme = ?", enrolment.Programme), "site", *siteID)
	if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
		return domain.FieldFault("site_id", "unknown", "The programme has no such site.")
	}
	return err
}
