package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type workshopRegistration struct {
	ByID
	Matching
	Body domain.RegistrationInput
}

type workshopUnregistration struct {
	ByID
	Matching
	Body domain.UnregistrationInput
}

type workshopPut struct {
	ByID
	Matching
	Body domain.WorkshopChange
}

type workshopRollCall struct {
	ByID
	Matching
	Body domain.RollCall
}

// workshopDecision is the input of a transition that takes a reason.
type workshopDecision struct {
	ByID
	Matching
	Body domain.Reason
}

func (a *API) workshops() {
	list(a, "/v1/workshops", Staff,
		Doc{ID: "listWorkshops", Tag: "Meetings", Summary: "List workshops", Text: "Collective sessions of the caller's programmes, in the order they are held or the last first, with how many places are left, without who is registered."},
		func(ctx context.Context, s *persistence.Session, in *persistence.WorkshopQuery) (domain.Page[domain.ListedWorkshop], error) {
			return s.Workshops(ctx, *in)
		})
	read(a, "/v1/workshops/{id}", Staff,
		Doc{ID: "getWorkshop", Tag: "Meetings", Summary: "Read a workshop", Text: "One collective session: who is registered, who waits for a place, and each time it was moved. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.WorkshopView, error) {
			return s.Workshop(ctx, in.ID)
		})
	create(a, "/v1/workshops", Staff,
		Doc{ID: "createWorkshop", Tag: "Meetings", Summary: "Plan a workshop", Text: "Plans a collective session."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.WorkshopInput]) (domain.WorkshopView, error) {
			return s.PlanWorkshop(ctx, in.Body)
		})
	replace(a, "/v1/workshops/{id}", Staff,
		Doc{ID: "putWorkshop", Tag: "Meetings", Summary: "Rewrite a workshop", Text: "Writes a planned workshop whole: another time, place, title or capacity. Its capacity is never below those registered; places that are added go at once to those who wait, in their order. Another time, length or site is a move, whose trace stays, with move_reason where it is sent."},
		func(in *workshopPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopPut, match domain.Match) (domain.WorkshopView, error) {
			return s.RewriteWorkshop(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/workshops/{id}/registrations", Staff,
		Doc{ID: "registerForWorkshop", Tag: "Meetings", Summary: "Register for a workshop", Text: "Takes a place for an enrolled participant. The capacity holds, however many register at once. Where it is full, waiting_list puts her at the end of the list of those who wait: a place that becomes free goes to who waits first."},
		func(in *workshopRegistration) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopRegistration, match domain.Match) (domain.WorkshopView, error) {
			return s.Register(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/workshops/{id}/unregister", Staff,
		Doc{ID: "unregisterFromWorkshop", Tag: "Meetings", Summary: "Give a place back", Text: "Gives back a place in a planned workshop, or a turn on its waiting list. The place goes at once to who waits first. Whoever gave hers back is not called in the roll, and counts in no figure."},
		func(in *workshopUnregistration) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopUnregistration, match domain.Match) (domain.WorkshopView, error) {
			return s.Unregister(ctx, in.ID, match, in.Body)
		})
	replace(a, "/v1/workshops/{id}/roll-call", Staff,
		Doc{ID: "callRoll", Tag: "Meetings", Summary: "Call the roll", Text: "Closes a workshop with everybody registered attended, no_show or excused; called again, corrects it. Whoever waits for a place is not called, and waits no more. Whoever came without a place is registered before, while there is one; once it is closed, a coordinator reopens it (…/reopen)."},
		func(in *workshopRollCall) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopRollCall, match domain.Match) (domain.WorkshopView, error) {
			return s.CallRoll(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/workshops/{id}/reopen", Only(domain.Coordinator),
		Doc{ID: "reopenWorkshop", Tag: "Meetings", Summary: "Reopen a roll", Text: "Opens a closed workshop again, with a reason, which stands in the trail: whoever came without a place is registered while there is one, or the capacity is raised, and the roll is called again for everybody. Until then what it said stays, and the figures count this workshop as one whose roll is still to be called."},
		func(in *workshopDecision) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopDecision, match domain.Match) (domain.WorkshopView, error) {
			return s.ReopenWorkshop(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/workshops/{id}/cancel", Staff,
		Doc{ID: "cancelWorkshop", Tag: "Meetings", Summary: "Cancel a workshop", Text: "Calls a planned workshop off, with a reason, which stands in the trail. Whoever was registered reads cancelled, and whoever waited for a place waits no more. Nobody is told by this API: call them."},
		func(in *workshopDecision) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopDecision, match domain.Match) (domain.WorkshopView, error) {
			return s.CancelWorkshop(ctx, in.ID, match, in.Body)
		})
}
