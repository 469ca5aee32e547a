package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type enrolmentPut struct {
	ByID
	Matching
	Body domain.EnrolmentInput
}

type enrolmentExit struct {
	ByID
	Matching
	Body domain.Exit
}

type enrolmentReason struct {
	ByID
	Matching
	Body domain.Reason
}

func (a *API) enrolments() {
	list(a, "/v1/enrolments", Staff,
		Doc{ID: "listEnrolments", Tag: "People", Summary: "List enrolments", Text: "Paths through the caller's programmes, the latest recorded first. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *persistence.EnrolmentQuery) (domain.Page[domain.EnrolmentView], error) {
			return s.Enrolments(ctx, *in)
		})
	read(a, "/v1/enrolments/{id}", Staff,
		Doc{ID: "getEnrolment", Tag: "People", Summary: "Read an enrolment", Text: "One path: the situation on entry, the exit, and what may be done now. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.EnrolmentView, error) {
			return s.Enrolment(ctx, in.ID)
		})
	create(a, "/v1/enrolments", Staff,
		Doc{ID: "createEnrolment", Tag: "People", Summary: "Enrol a participant", Text: "Opens a path through a programme. Of somebody who was merged into another, the path is that other's, whose id stands in the answer. A participant can be enrolled again later, never twice at once in one programme (409). Somebody from outside the targeted territories is flagged, not refused."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.EnrolmentInput]) (domain.EnrolmentView, error) {
			return s.Enrol(ctx, in.Body)
		})
	replace(a, "/v1/enrolments/{id}", Staff,
		Doc{ID: "putEnrolment", Tag: "People", Summary: "Rewrite an entry", Text: "Writes the entry and its situation whole: what is left out becomes unknown. The exit is not touched."},
		func(in *enrolmentPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *enrolmentPut, match domain.Match) (domain.EnrolmentView, error) {
			return s.ReplaceEnrolment(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/enrolments/{id}/exit", Staff,
		Doc{ID: "exitEnrolment", Tag: "People", Summary: "End a path", Text: "Records the exit of a path that goes on, whenever it was: also one that lasted longer than the law has it. An exit to work or training owes a checkpoint six months later (see listCheckpoints), and is followed until then if the person agrees. Meetings and places in workshops that are to come stay, since whoever left may still be met: the answer says how many."},
		func(in *enrolmentExit) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *enrolmentExit, match domain.Match) (domain.Exited, error) {
			return s.Exit(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/enrolments/{id}/reopen", Staff,
		Doc{ID: "reopenEnrolment", Tag: "People", Summary: "Take an exit back", Text: "Takes back an exit that was recorded by mistake, with the reason, and with it what was said of the follow-up, which stays in the history. Contacts and results recorded since are kept; those before a later exit count for none."},
		func(in *enrolmentReason) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *enrolmentReason, match domain.Match) (domain.EnrolmentView, error) {
			return s.Reopen(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/enrolments/{id}/void", Only(domain.Coordinator),
		Doc{ID: "voidEnrolment", Tag: "People", Summary: "Void an enrolment", Text: "Says that the enrolment was recorded by mistake: it is kept, and counts nowhere."},
		func(in *enrolmentReason) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *enrolmentReason, match domain.Match) (domain.EnrolmentView, error) {
			return s.Void(ctx, in.ID, match, in.Body)
		})
}
