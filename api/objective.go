package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type enrolmentObjectives struct {
	ByID
	domain.Paging
	domain.ObjectiveFilter
}

func (a *API) objectives() {
	facts[domain.ObjectiveInput, domain.ObjectiveView]{
		path: "objectives", tag: "Support", name: "Objective", plural: "Objectives", article: "an", subject: "objective",
		text:   "What was agreed with the person, in the charter or from one meeting to the next: due, reached, abandoned. overdue says whether it is open and its day is over.",
		record: (*persistence.Session).NewObjective, read: (*persistence.Session).Objective, correct: (*persistence.Session).ReplaceObjective,
	}.register(a)
	list(a, "/v1/enrolments/{id}/objectives", Staff,
		Doc{ID: "listObjectives", Tag: "Support", Summary: "List objectives", Text: "What was agreed with the person, the latest recorded first; with a state, those that stand there, and with overdue=true those that are overdue today. Each look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *enrolmentObjectives) (domain.Page[domain.ObjectiveView], error) {
			return s.Objectives(ctx, in.ID, in.ObjectiveFilter, in.Paging)
		})
	list(a, "/v1/objectives", Staff,
		Doc{ID: "listCaseloadObjectives", Tag: "Support", Summary: "List the objectives of a caseload", Text: "The objectives of all enrolments in the caller's reach, the earliest due first and those without a day last: with overdue=true, what a caseworker has to come back to, as her worklist has it: those of paths that go on or are followed up, unless enrolment_status asks for others. Voided enrolments are left out. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.ObjectiveQuery) (domain.Page[domain.ListedObjective], error) {
			return s.CaseloadObjectives(ctx, *in)
		})
	const one = "objectives/{fact_id}"
	transition(a, one+"/reach",
		Doc{ID: "reachObjective", Tag: "Support", Summary: "Reach an objective", Text: "Says that an open objective was reached, and when."}, (*persistence.Session).ReachObjective)
	transition(a, one+"/abandon",
		Doc{ID: "abandonObjective", Tag: "Support", Summary: "Abandon an objective", Text: "Says that an open objective is not pursued any more, since when and why."}, (*persistence.Session).AbandonObjective)
	transition(a, one+"/reopen",
		Doc{ID: "reopenObjective", Tag: "Support", Summary: "Reopen an objective", Text: "Takes back, with the reason, that an objective was reached or abandoned."}, (*persistence.Session).ReopenObjective)
}
