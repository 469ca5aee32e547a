package persistence

import (
	"context"

	"o2r/domain"
)

var actions = support[domain.Action, domain.Action, *domain.Action]{"action", "actions", (*tx).viewActions}

func (t *tx) viewActions(found []domain.Action) ([]domain.Action, error) {
	hidden, err := t.hiddenBarriers(namedBy(found, func(a domain.Action) *string { return a.BarrierID })...)
	for i := range found {
		found[i].Unlink(hidden)
	}
	return found, err
}

// NewAction records one thing done with or for a person.
func (s *Session) NewAction(ctx context.Context, enrolmentID string, in domain.ActionInput) (domain.Action, error) {
	return actions.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.Action, error) {
		return domain.Action{AuthoredFact: fact, ActionInput: in}, t.mayAct(enrolment, in)
	})
}

func (t *tx) mayAct(enrolment domain.Enrolment, in domain.ActionInput) error {
	if err := in.Check(); err != nil {
		return err
	}
	if err := enrolment.MayRecord("done_on", in.DoneOn, t.today); err != nil {
		return err
	}
	return t.mustHave(enrolment, "enrolment_barriers", "barrier_id", "barrier", in.BarrierID)
}

// Action reads one action. The look is audited.
func (s *Session) Action(ctx context.Context, enrolmentID, id string) (domain.Action, error) {
	return actions.read(ctx, s, enrolmentID, id)
}

// Actions lists what was done with or for a person.
func (s *Session) Actions(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.Action], error) {
	return actions.list(ctx, s, enrolmentID, paging, nil)
}

// ReplaceAction corrects an action.
func (s *Session) ReplaceAction(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ActionInput) (domain.Action, error) {
	return actions.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, a *domain.Action) error {
		if err := t.mayAct(enrolment, in); err != nil {
			return err
		}
		link, err := t.keepLink(a.BarrierID, in.BarrierID)
		in.BarrierID = link
		a.ActionInput = in
		return err
	})
}

var proposals = support[domain.EnrolmentProposal, domain.EnrolmentProposal, *domain.EnrolmentProposal]{"proposal", "enrolment_proposals", asIs[domain.EnrolmentProposal]}

// NewProposal records what was proposed to a person.
func (s *Session) NewProposal(ctx context.Context, enrolmentID string, in domain.ProposalInput) (domain.EnrolmentProposal, error) {
	return proposals.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.EnrolmentProposal, error) {
		return domain.EnrolmentProposal{AuthoredFact: fact, ProposalInput: in}, t.mayPropose(enrolment, in)
	})
}

func (t *tx) mayPropose(enrolment domain.Enrolment, in domain.ProposalInput) error {
	if err := in.Check(t.today); err != nil {
		return err
	}
	return enrolment.MayRecord("proposed_on", in.ProposedOn, t.today)
}

// Proposal reads one proposal. The look is audited.
func (s *Session) Proposal(ctx context.Context, enrolmentID, id string) (domain.EnrolmentProposal, error) {
	return proposals.read(ctx, s, enrolmentID, id)
}

// Proposals lists what was proposed to a person.
func (s *Session) Proposals(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.EnrolmentProposal], error) {
	return proposals.list(ctx, s, enrolmentID, paging, nil)
}

// ReplaceProposal corrects a proposal: most often, it says what followed.
func (s *Session) ReplaceProposal(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ProposalInput) (domain.EnrolmentProposal, error) {
	return proposals.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, p *domain.EnrolmentProposal) error {
		p.ProposalInput = in
		return t.mayPropose(enrolment, in)
	})
}
