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

// ByFact is the input of an operation on one dated fact of an enrolment.
type ByFact struct {
	ByID
	FactID string `path:"fact_id" doc:"Identifier of the fact." format:"uuid" minLength:"36" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000006"`
}

type factPut[B any] struct {
	ByFact
	Matching
	Body B
}

// facts are the operations on one kind of dated fact of an enrolment: they are all alike.
type facts[B any, T interface {
	revised
	Key() string
}] struct {
	path             string // under an enrolment
	tag              string
	name, plural     string // of the operation ids
	article, subject string
	text             string

	list    func(*persistence.Session, context.Context, string, domain.Paging) (domain.Page[T], error)
	record  func(*persistence.Session, context.Context, string, B) (T, error)
	read    func(*persistence.Session, context.Context, string, string) (T, error)
	correct func(*persistence.Session, context.Context, string, string, domain.Match, B) (T, error)
}

func (f facts[B, T]) register(a *API) {
	path, tag := "/v1/enrolments/{id}/"+f.path, f.tag
	if tag == "" {
		tag = "People"
	}
	if f.list != nil { // else it takes filters of its own
		list(a, path, Staff,
			Doc{ID: "list" + f.plural, Tag: tag, Summary: "List " + f.subject + "s", Text: f.text + " The latest recorded first; each look is audited.", Errors: []int{404}},
			func(ctx context.Context, s *persistence.Session, in *ofEnrolment) (domain.Page[T], error) {
				return f.list(s, ctx, in.ID, in.Paging)
			})
	}
	create(a, path, Staff,
		Doc{ID: "create" + f.name, Tag: tag, Summary: "Record " + f.article + " " + f.subject, Text: f.text},
		func(ctx context.Context, s *persistence.Session, in *onEnrolment[B]) (T, error) {
			return f.record(s, ctx, in.ID, in.Body)
		})
	read(a, path+"/{fact_id}", Staff,
		Doc{ID: "get" + f.name, Tag: tag, Summary: "Read " + f.article + " " + f.subject, Text: f.text + " The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByFact) (T, error) {
			return f.read(s, ctx, in.ID, in.FactID)
		})
	replace(a, path+"/{fact_id}", Staff,
		Doc{ID: "put" + f.name, Tag: tag, Summary: "Correct " + f.article + " " + f.subject, Text: f.text + " Writes it whole; what stood there stays in the history of the file. Nothing of this kind is deleted: what was recorded on the wrong person is recorded where it belongs, and corrected here, where it has a note with one that says so."},
		func(in *factPut[B]) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *factPut[B], match domain.Match) (T, error) {
			return f.correct(s, ctx, in.ID, in.FactID, match, in.Body)
		})
}

type factAct[B any] struct {
	ByFact
	Matching
	Body B
}

// transition takes one fact of an enrolment through a named transition.
func transition[B any, T revised](a *API, path string, doc Doc, do func(*persistence.Session, context.Context, string, string, domain.Match, B) (T, error)) {
	act(a, "/v1/enrolments/{id}/"+path, Staff, doc,
		func(in *factAct[B]) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *factAct[B], match domain.Match) (T, error) {
			return do(s, ctx, in.ID, in.FactID, match, in.Body)
		})
}

func (a *API) outcomes() {
	facts[domain.JobInput, domain.Job]{
		path: "jobs", name: "Job", plural: "Jobs", article: "an", subject: "employment spell",
		text: "A job that the participant found, during the path or after it.",
		list: (*persistence.Session).Jobs, record: (*persistence.Session).NewJob, read: (*persistence.Session).Job, correct: (*persistence.Session).ReplaceJob,
	}.register(a)
	facts[domain.FranceTravailStatusInput, domain.FranceTravailStatus]{
		path: "france-travail-status", name: "FranceTravailStatus", plural: "FranceTravailStatuses", article: "a", subject: "France Travail observation",
		text: "Whether the participant was registered, and up to date, with France Travail on a day.",
		list: (*persistence.Session).FranceTravailStatuses, record: (*persistence.Session).ObserveFranceTravail, read: (*persistence.Session).FranceTravailStatus, correct: (*persistence.Session).ReplaceFranceTravailStatus,
	}.register(a)
	facts[domain.OutcomeInput, domain.Outcome]{
		path: "outcomes", name: "Outcome", plural: "Outcomes", article: "a", subject: "checkpoint result",
		text: "What was found six months after the exit, and what shows it. Several may be recorded of one checkpoint, also such as contradict each other: the one that counts finds her at work before any other, has evidence before one without, and is the latest (outcome_id of GET /v1/checkpoints). Correct with PUT what was recorded wrongly.",
		list: (*persistence.Session).Outcomes, record: (*persistence.Session).NewOutcome, read: (*persistence.Session).Outcome, correct: (*persistence.Session).ReplaceOutcome,
	}.register(a)
}
