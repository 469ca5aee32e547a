package persistence

import (
	"context"
	"slices"

	"o2r/domain"
)

var immersions = support[domain.Immersion, domain.ImmersionView, *domain.Immersion]{"immersion", "immersions",
	each(func(_ *tx, m domain.Immersion) domain.ImmersionView { return m.View() })}

// NewImmersion records the convention of an immersion, within what the law allows.
func (s *Session) NewImmersion(ctx context.Context, enrolmentID string, in domain.ImmersionInput) (domain.ImmersionView, error) {
	return immersions.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.Immersion, error) {
		made := domain.Immersion{AuthoredFact: fact, ImmersionInput: in}
		return made, t.mayImmerse(enrolment, made)
	})
}

func (t *tx) mayImmerse(enrolment domain.Enrolment, m domain.Immersion) error {
	if err := enrolment.MayPlan("starts_on", m.StartsOn); err != nil {
		return err
	}
	parties, err := t.partiesOf(m.ImmersionInput)
	if err != nil {
		return err
	}
	if err := m.Check(parties); err != nil {
		return err
	}
	others, err := t.othersOf(enrolment)
	if err != nil {
		return err
	}
	return m.Among(others)
}

// othersOf are a person's immersions. Until the transaction ends nobody records another one of hers, on whichever path: the
// limits count them together.
func (t *tx) othersOf(enrolment domain.Enrolment) ([]domain.Immersion, error) {
	if err := t.Exec(`SELECT pg_advisory_xact_lock(hashtextextended('immersions of ' || ?, 0))`, enrolment.ParticipantID).Error; err != nil {
		return nil, err
	}
	var others []domain.Immersion
	err := t.immersionsOf(enrolment.ParticipantID).Order("immersions.starts_on, immersions.id").Find(&others).Error
	return others, err
}

// partiesOf finds what the organisations are that a convention names, and refuses those that are not there.
func (t *tx) partiesOf(in domain.ImmersionInput) (domain.ImmersionParties, error) {
	named := []string{*in.HostID, *in.PrescriberID}
	if in.AgreementWithID != nil {
		named = append(named, *in.AgreementWithID)
	}
	var found []domain.Organisation
	if err := t.organisations().Where("organisations.id IN ?", named).Find(&found).Error; err != nil {
		return domain.ImmersionParties{}, err
	}
	var faults domain.Faults
	kindOf := func(field string, id *string) *domain.OrganisationKind {
		if id == nil {
			return nil
		}
		at := slices.IndexFunc(found, func(o domain.Organisation) bool { return o.ID == *id })
		if at < 0 {
			faults.Add(field, "unknown", "There is no such organisation.")
			return nil
		}
		return &found[at].Kind
	}
	parties := domain.ImmersionParties{Host: kindOf("host_id", in.HostID), Prescriber: kindOf("prescriber_id", in.PrescriberID), AgreementWith: kindOf("agreement_with_id", in.AgreementWithID)}
	return parties, faults.Err()
}

// Immersion reads one immersion. The look is audited.
func (s *Session) Immersion(ctx context.Context, enrolmentID, id string) (domain.ImmersionView, error) {
	return immersions.read(ctx, s, enrolmentID, id)
}

// Immersions lists a person's immersions on one path.
func (s *Session) Immersions(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.ImmersionView], error) {
	return immersions.list(ctx, s, enrolmentID, paging, nil)
}

// ReplaceImmersion corrects an immersion, within what the law allows. How a stay went may be noted whatever the law says of it by
// now: a merge may have put more of them together than it allows, and an organisation may have become of another kind.
func (s *Session) ReplaceImmersion(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ImmersionInput) (domain.ImmersionView, error) {
	return immersions.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, m *domain.Immersion) error {
		if err := m.MayChange(); err != nil {
			return err
		}
		if in.SameConvention(m.ImmersionInput) {
			m.Note = in.Note
			return in.MayNote()
		}
		m.ImmersionInput = in
		return t.mayImmerse(enrolment, *m)
	})
}

// CancelImmersion calls an immersion off.
func (s *Session) CancelImmersion(ctx context.Context, enrolmentID, id string, match domain.Match, why domain.Reason) (domain.ImmersionView, error) {
	return immersions.change(ctx, s, "cancelled", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, m *domain.Immersion) error {
		others, err := t.othersOf(enrolment)
		if err != nil {
			return err
		}
		return m.Cancel(why, others, t.today)
	})
}
