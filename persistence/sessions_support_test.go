package persistence_test

import (
	"maps"

	"o2r/domain"
	"o2r/persistence"
)

func init() { maps.Copy(calls, supportCalls) }

// supportCalls are those of calls that are about the support of a person.
var supportCalls = map[string]call{
	"NewDiagnostic": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewDiagnostic(ctx(), f.enrolment, domain.DiagnosticInput{AssessedOn: day("2025-02-10"), Barriers: domain.Findings{{Barrier: domain.BarrierLogement}}}))
	}, "created", "diagnostic", (*stage).hers},
	"Diagnostic": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Diagnostic(ctx(), f.enrolment, f.supported()))
	}, "read", "diagnostic", (*stage).hers},
	"Diagnostics": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Diagnostics(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "diagnostic", (*stage).hers},
	"ReplaceDiagnostic": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceDiagnostic(ctx(), f.enrolment, f.supported(), any_, domain.DiagnosticInput{AssessedOn: day("2025-02-10")}))
	}, "updated", "diagnostic", (*stage).hers},
	"NewBarrier": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewBarrier(ctx(), f.enrolment, domain.BarrierInput{Barrier: domain.BarrierLogement, AssessedOn: day("2025-02-10")}))
	}, "created", "barrier", (*stage).hers},
	"Barrier": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Barrier(ctx(), f.enrolment, f.supported()))
	}, "read", "barrier", (*stage).hers},
	"Barriers": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Barriers(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "barrier", (*stage).hers},
	"ReplaceBarrier": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceBarrier(ctx(), f.enrolment, f.supported(), any_, domain.BarrierInput{Barrier: domain.BarrierMobilite, AssessedOn: day("2025-02-10")}))
	}, "updated", "barrier", (*stage).hers},
	"StartBarrier": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.StartBarrier(ctx(), f.enrolment, f.supported(), any_, domain.BarrierStart{}))
	}, "started", "barrier", (*stage).hers},
	"LiftBarrier": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.LiftBarrier(ctx(), f.enrolment, f.supported(), any_, domain.BarrierLift{}))
	}, "lifted", "barrier", (*stage).hers},
	"SetBarrierAside": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.SetBarrierAside(ctx(), f.enrolment, f.supported(), any_, domain.SettingAside{}))
	}, "set_aside", "barrier", (*stage).hers},
	"ReopenBarrier": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReopenBarrier(ctx(), f.enrolment, f.settled(), any_, domain.Reason{Reason: "Par erreur."}))
	}, "reopened", "barrier", (*stage).hers},
	"NewStrength": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewStrength(ctx(), f.enrolment, domain.StrengthInput{Strength: domain.StrengthAutonomie, NotedOn: day("2025-02-10")}))
	}, "created", "strength", (*stage).hers},
	"Strength": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Strength(ctx(), f.enrolment, f.supported()))
	}, "read", "strength", (*stage).hers},
	"Strengths": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Strengths(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "strength", (*stage).hers},
	"ReplaceStrength": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceStrength(ctx(), f.enrolment, f.supported(), any_, domain.StrengthInput{Strength: domain.StrengthLangues, NotedOn: day("2025-02-10")}))
	}, "updated", "strength", (*stage).hers},
	"SignCharter": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.SignCharter(ctx(), f.enrolment, domain.CharterInput{SignedOn: day("2025-02-10")}))
	}, "created", "charter", (*stage).hers},
	"Charter": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Charter(ctx(), f.enrolment))
	}, "read", "charter", (*stage).hers},
	"ReplaceCharter": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceCharter(ctx(), f.enrolment, any_, domain.CharterInput{SignedOn: day("2025-02-11")}))
	}, "updated", "charter", (*stage).hers},
	"NewObjective": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewObjective(ctx(), f.enrolment, f.goal()))
	}, "created", "objective", (*stage).hers},
	"Objective": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Objective(ctx(), f.enrolment, f.supported()))
	}, "read", "objective", (*stage).hers},
	"Objectives": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Objectives(ctx(), f.enrolment, domain.ObjectiveFilter{}, domain.Paging{}))
	}, "read", "objective", (*stage).hers},
	"CaseloadObjectives": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CaseloadObjectives(ctx(), domain.ObjectiveQuery{}))
	}, "read", "objective", (*stage).hers},
	"ReplaceObjective": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceObjective(ctx(), f.enrolment, f.supported(), any_, f.goal()))
	}, "updated", "objective", (*stage).hers},
	"ReachObjective": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReachObjective(ctx(), f.enrolment, f.supported(), any_, domain.ObjectiveReach{}))
	}, "reached", "objective", (*stage).hers},
	"AbandonObjective": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.AbandonObjective(ctx(), f.enrolment, f.supported(), any_, domain.ObjectiveAbandon{Reason: "Par choix."}))
	}, "abandoned", "objective", (*stage).hers},
	"ReopenObjective": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReopenObjective(ctx(), f.enrolment, f.settled(), any_, domain.Reason{Reason: "Par erreur."}))
	}, "reopened", "objective", (*stage).hers},
	"NewAction": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewAction(ctx(), f.enrolment, domain.ActionInput{Kind: domain.ActionForum, DoneOn: day("2025-02-10")}))
	}, "created", "action", (*stage).hers},
	"Action": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Action(ctx(), f.enrolment, f.supported()))
	}, "read", "action", (*stage).hers},
	"Actions": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Actions(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "action", (*stage).hers},
	"ReplaceAction": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceAction(ctx(), f.enrolment, f.supported(), any_, domain.ActionInput{Kind: domain.ActionForum, DoneOn: day("2025-02-10")}))
	}, "updated", "action", (*stage).hers},
	"NewProposal": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewProposal(ctx(), f.enrolment, domain.ProposalInput{Kind: domain.ProposalEmploi, ProposedOn: day("2025-02-10")}))
	}, "created", "proposal", (*stage).hers},
	"Proposal": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Proposal(ctx(), f.enrolment, f.supported()))
	}, "read", "proposal", (*stage).hers},
	"Proposals": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Proposals(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "proposal", (*stage).hers},
	"ReplaceProposal": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceProposal(ctx(), f.enrolment, f.supported(), any_, domain.ProposalInput{Kind: domain.ProposalEmploi, ProposedOn: day("2025-02-10"), FollowedBy: new(domain.FollowedByRefused)}))
	}, "updated", "proposal", (*stage).hers},
	"SayOfFollowUp": {lead, func(f *stage, s *persistence.Session) (any, error) {
		f.left()
		return of(s.SayOfFollowUp(ctx(), f.enrolment, any_, domain.FollowUpAgreementInput{Agreed: new(false), SaidBy: domain.CounterpartPersonne}))
	}, "follow_up_refused", "enrolment", (*stage).hers},
	"NewFollowUp": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewFollowUp(ctx(), f.enrolment, f.contact()))
	}, "created", "follow_up", (*stage).hers},
	"FollowUp": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.FollowUp(ctx(), f.enrolment, f.supported()))
	}, "read", "follow_up", (*stage).hers},
	"FollowUps": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.FollowUps(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "follow_up", (*stage).hers},
	"ReplaceFollowUp": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceFollowUp(ctx(), f.enrolment, f.supported(), any_, f.contact()))
	}, "updated", "follow_up", (*stage).hers},
	"Checkpoints": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Checkpoints(ctx(), domain.CheckpointQuery{}))
	}, "read", "checkpoint", (*stage).hers},
	"Extend": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Extend(ctx(), f.enrolment, f.longer()))
	}, "created", "extension", (*stage).hers},
	"Extension": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Extension(ctx(), f.enrolment, f.supported()))
	}, "read", "extension", (*stage).hers},
	"Extensions": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Extensions(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "extension", (*stage).hers},
	"ReplaceExtension": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceExtension(ctx(), f.enrolment, f.supported(), any_, f.longer()))
	}, "updated", "extension", (*stage).hers},
	"RevokeExtension": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RevokeExtension(ctx(), f.enrolment, f.supported(), any_, domain.ExtensionRevocation{Reason: "Par erreur."}))
	}, "revoked", "extension", (*stage).hers},
	"Alerts": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Alerts(ctx(), domain.AlertQuery{}))
	}, "read", "alert", (*stage).hers},
	"NewImmersion": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewImmersion(ctx(), f.enrolment, f.convention()))
	}, "created", "immersion", (*stage).hers},
	"Immersion": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Immersion(ctx(), f.enrolment, f.supported()))
	}, "read", "immersion", (*stage).hers},
	"Immersions": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Immersions(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "immersion", (*stage).hers},
	"ReplaceImmersion": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceImmersion(ctx(), f.enrolment, f.supported(), any_, f.convention()))
	}, "updated", "immersion", (*stage).hers},
	"CancelImmersion": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CancelImmersion(ctx(), f.enrolment, f.supported(), any_, domain.Reason{Reason: "Par erreur."}))
	}, "cancelled", "immersion", (*stage).hers},
}

// table is where records of the call's kind stand, if they belong to the support of a person.
func (c call) table() string {
	return map[string]string{"diagnostic": "diagnostics", "barrier": "enrolment_barriers", "strength": "enrolment_strengths", "charter": "charters", "objective": "objectives",
		"action": "actions", "proposal": "enrolment_proposals", "immersion": "immersions", "follow_up": "follow_ups", "extension": "extensions"}[c.kind]
}
