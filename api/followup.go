package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type enrolmentFollowUpAgreement struct {
	ByID
	Matching
	Body domain.FollowUpAgreementInput
}

func (a *API) followUps() {
	act(a, "/v1/enrolments/{id}/follow-up-agreement", Staff,
		Doc{ID: "sayOfFollowUp", Tag: "People", Summary: "Record what is said of the follow-up", Text: "After an exit to work or training: the person agrees to be followed for up to six months, does not, or takes her agreement back; on which day, and who said it. From a refusal on nobody contacts her and her checkpoint is waived; contacts and results recorded before stay, and her exit counts in the figures as any other. To agree is possible for six months from the exit, to refuse at any time."},
		func(in *enrolmentFollowUpAgreement) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *enrolmentFollowUpAgreement, match domain.Match) (domain.EnrolmentView, error) {
			return s.SayOfFollowUp(ctx, in.ID, match, in.Body)
		})
	facts[domain.FollowUpInput, domain.FollowUpView]{
		path: "follow-ups", name: "FollowUp", plural: "FollowUps", article: "a", subject: "follow-up",
		text: "A contact after an exit to work or training, or one that was tried: on which day, how, with whom, what was found. Only where the person agreed (409 no_agreement), within six months of the exit or until its checkpoint closes, a month later, and with others than herself only where she agreed to that too. It is kept when the exit is taken back, and then is of no exit (of_this_exit), or when the agreement is.",
		list: (*persistence.Session).FollowUps, record: (*persistence.Session).NewFollowUp, read: (*persistence.Session).FollowUp, correct: (*persistence.Session).ReplaceFollowUp,
	}.register(a)
	list(a, "/v1/checkpoints", Staff,
		Doc{ID: "listCheckpoints", Tag: "People", Summary: "List the six-month checkpoints of a caseload", Text: "What is owed for each exit to work or training in the caller's reach: to find out, six months later, what became of the person. The earliest mark first. It opens five months after the exit, is due at six and overdue after seven; months are clamped to the month's end. Done with a result, also unreachable; waived while the person does not agree to be contacted, and then still counted in every figure. With state=overdue, what a caseworker has to see to first; evidence_missing says that somebody was found at work and nothing shows it. Other exits owe none, and voided enrolments are left out. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.CheckpointQuery) (domain.Page[domain.ListedCheckpoint], error) {
			return s.Checkpoints(ctx, *in)
		})
}
