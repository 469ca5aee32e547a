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

type workshopRollCall struct {
	ByID
	Matching
	Body domain.RollCall
}

type workshopChange struct {
	ByID
	Matching
}

func (a *API) workshops() {
	list(a, "/v1/workshops", Staff,
		Doc{ID: "listWorkshops", Tag: "Meetings", Summary: "List workshops", Text: "Collective sessions of the caller's programmes, in the order they are held, without who is registered."},
		func(ctx context.Context, s *persistence.Session, in *persistence.WorkshopQuery) (domain.Page[domain.Workshop], error) {
			return s.Workshops(ctx, *in)
		})
	read(a, "/v1/workshops/{id}", Staff,
		Doc{ID: "getWorkshop", Tag: "Meetings", Summary: "Read a workshop", Text: "One collective session and who is registered. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.WorkshopView, error) {
			return s.Workshop(ctx, in.ID)
		})
	create(a, "/v1/workshops", Staff,
		Doc{ID: "createWorkshop", Tag: "Meetings", Summary: "Plan a workshop", Text: "Plans a collective session."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.WorkshopInput]) (domain.WorkshopView, error) {
			return s.PlanWorkshop(ctx, in.Body)
		})
	act(a, "/v1/workshops/{id}/registrations", Staff,
		Doc{ID: "registerForWorkshop", Tag: "Meetings", Summary: "Register for a workshop", Text: "Takes a place for an enrolled participant. The capacity holds, however many register at once."},
		func(in *workshopRegistration) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopRegistration, match domain.Match) (domain.WorkshopView, error) {
			return s.Register(ctx, in.ID, match, in.Body)
		})
	replace(a, "/v1/workshops/{id}/roll-call", Staff,
		Doc{ID: "callRoll", Tag: "Meetings", Summary: "Call the roll", Text: "Closes a workshop with everybody registered attended, no_show or excused; called again, corrects it."},
		func(in *workshopRollCall) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopRollCall, match domain.Match) (domain.WorkshopView, error) {
			return s.CallRoll(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/workshops/{id}/cancel", Staff,
		Doc{ID: "cancelWorkshop", Tag: "Meetings", Summary: "Cancel a workshop", Text: "Calls a planned workshop off."},
		func(in *workshopChange) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *workshopChange, match domain.Match) (domain.WorkshopView, error) {
			return s.CancelWorkshop(ctx, in.ID, match)
		})
}
