package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type ofEnrolment struct {
	ByID
	domain.Paging
}

type onEnrolment[B any] struct {
	ByID
	Body B
}

type jobPut struct {
	ByID
	JobID string `path:"job_id" doc:"Identifier of the employment spell." format:"uuid" minLength:"36" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000006"`
	Matching
	Body domain.JobInput
}

func (a *API) outcomes() {
	list(a, "/v1/enrolments/{id}/jobs", Staff,
		Doc{ID: "listJobs", Tag: "People", Summary: "List employment spells", Text: "The jobs a participant found, the latest recorded first.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ofEnrolment) (domain.Page[domain.Job], error) {
			return s.Jobs(ctx, in.ID, in.Paging)
		})
	create(a, "/v1/enrolments/{id}/jobs", Staff,
		Doc{ID: "createJob", Tag: "People", Summary: "Record an employment spell", Text: "Records a job, during the path or after it."},
		func(ctx context.Context, s *persistence.Session, in *onEnrolment[domain.JobInput]) (domain.Job, error) {
			return s.NewJob(ctx, in.ID, in.Body)
		})
	replace(a, "/v1/enrolments/{id}/jobs/{job_id}", Staff,
		Doc{ID: "putJob", Tag: "People", Summary: "Rewrite an employment spell", Text: "Writes the spell whole: most often to add its end."},
		func(in *jobPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *jobPut, match domain.Match) (domain.Job, error) {
			return s.ReplaceJob(ctx, in.ID, in.JobID, match, in.Body)
		})
	list(a, "/v1/enrolments/{id}/france-travail-status", Staff,
		Doc{ID: "listFranceTravailStatuses", Tag: "People", Summary: "List France Travail observations", Text: "When the participant was seen to be registered with France Travail, or not; the latest recorded first.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ofEnrolment) (domain.Page[domain.FranceTravailStatus], error) {
			return s.FranceTravailStatuses(ctx, in.ID, in.Paging)
		})
	create(a, "/v1/enrolments/{id}/france-travail-status", Staff,
		Doc{ID: "createFranceTravailStatus", Tag: "People", Summary: "Record a France Travail observation", Text: "Records whether the participant was registered, and up to date, on a day."},
		func(ctx context.Context, s *persistence.Session, in *onEnrolment[domain.FranceTravailStatusInput]) (domain.FranceTravailStatus, error) {
			return s.ObserveFranceTravail(ctx, in.ID, in.Body)
		})
	list(a, "/v1/enrolments/{id}/outcomes", Staff,
		Doc{ID: "listOutcomes", Tag: "People", Summary: "List checkpoint results", Text: "What was found at checkpoints after the exit, the latest recorded first.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ofEnrolment) (domain.Page[domain.Outcome], error) {
			return s.Outcomes(ctx, in.ID, in.Paging)
		})
	create(a, "/v1/enrolments/{id}/outcomes", Staff,
		Doc{ID: "createOutcome", Tag: "People", Summary: "Record a checkpoint result", Text: "Records what was found six months after the exit, and what shows it."},
		func(ctx context.Context, s *persistence.Session, in *onEnrolment[domain.OutcomeInput]) (domain.Outcome, error) {
			return s.NewOutcome(ctx, in.ID, in.Body)
		})
}
