package api

import (
	"o2r/domain"
	"o2r/persistence"
)

func (a *API) actions() {
	facts[domain.ActionInput, domain.Action]{
		path: "actions", tag: "Support", name: "Action", plural: "Actions", article: "an", subject: "action",
		text: "One thing done with or for the person, social or professional: how long it took, with which partner, and which barrier was worked on. The yearly report gives their nature, duration and intensity (code du travail, D. 5316-10, 3°).",
		list: (*persistence.Session).Actions, record: (*persistence.Session).NewAction, read: (*persistence.Session).Action, correct: (*persistence.Session).ReplaceAction,
	}.register(a)
	facts[domain.ProposalInput, domain.EnrolmentProposal]{
		path: "proposals", tag: "Support", name: "Proposal", plural: "Proposals", article: "a", subject: "proposal",
		text: "What was proposed to the person, and what followed, which the yearly report has to say (code du travail, D. 5316-10, 4° and 5°).",
		list: (*persistence.Session).Proposals, record: (*persistence.Session).NewProposal, read: (*persistence.Session).Proposal, correct: (*persistence.Session).ReplaceProposal,
	}.register(a)
}
