package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type caseFileOf struct {
	ByID
	domain.CaseFileQuery
}

type timelineOf struct {
	ByID
	domain.TimelineQuery
}

func (a *API) files() {
	list(a, "/v1/participants/{id}/timeline", Staff,
		Doc{ID: "listTimeline", Tag: "File", Summary: "Read a person's timeline", Text: "What happened on the person's paths in the caller's reach, and what is planned, the latest first: one entry for each thing that happened to a record, with the record as it stands today under the name of its kind. " +
			"kind and event are codes: the nomenclatures timeline_kind and timeline_event have their words. An identifier that was merged into another leads to that other's. A person whom the caller reaches by one path is shown with that path; of a colleague's path it takes an Access-Reason. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *timelineOf) (domain.Page[domain.TimelineEntry], error) {
			return s.Timeline(ctx, in.ID, in.TimelineQuery)
		})
	get(a, "/v1/participants/{id}/file", Staff,
		Doc{ID: "getFile", Tag: "File", Summary: "Open a person's file", Text: "The whole file in one request: identity, each path in the caller's reach with what is open on it and the meetings to come, what is due, and the timeline. " +
			"An identifier that was merged into another leads to that other's. Of a colleague's path it takes an Access-Reason. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *caseFileOf) (domain.CaseFile, error) {
			return s.CaseFile(ctx, in.ID, in.CaseFileQuery)
		})
	get(a, "/v1/me/worklist", Staff,
		Doc{ID: "getWorklist", Tag: "File", Summary: "Read my worklist", Text: "What waits, by reason, the most urgent first: meetings and workshops that were held and of which nothing is recorded, referrals to decide, six-month checkpoints, paths that last nine months or more, objectives overdue of those who have not left, the day's meetings, and paths without a caseworker or a next meeting. Each section says how many there are, and holds the most urgent. " +
			"A caseworker's is about the enrolments that she follows and those that nobody does; a coordinator's about all of her programmes. Referrals and workshops are the team's. reason is a code of the nomenclature worklist_reason. Whom it names is audited as looks are."},
		func(ctx context.Context, s *persistence.Session, in *domain.WorklistQuery) (domain.Worklist, error) {
			return s.Worklist(ctx, *in)
		})
}
