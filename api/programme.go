package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type programmePut struct {
	BySlug
	Matching
	Body domain.ProgrammeInput
}

type partnershipsPut struct {
	BySlug
	Matching
	Body domain.PartnershipList
}

type targetsPut struct {
	BySlug
	Matching
	Body domain.TargetList
}

func (a *API) programmes() {
	list(a, "/v1/programmes", AnyRole,
		Doc{ID: "listProgrammes", Tag: "Set-up", Summary: "List programmes", Text: "The programmes that the caller's token opens; all of them for an administrator or a data protection officer."},
		func(ctx context.Context, s *persistence.Session, in *domain.Paging) (domain.Page[domain.Programme], error) {
			return s.Programmes(ctx, *in)
		})
	read(a, "/v1/programmes/{programme}", AnyRole,
		Doc{ID: "getProgramme", Tag: "Set-up", Summary: "Read a programme", Text: "One programme: operator, dates, thresholds."},
		func(ctx context.Context, s *persistence.Session, in *BySlug) (domain.Programme, error) {
			return s.Programme(ctx, in.Programme)
		})
	create(a, "/v1/programmes", Only(domain.Admin),
		Doc{ID: "createProgramme", Tag: "Set-up", Summary: "Record a programme", Text: "Records a convention: who runs it, from when to when."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.ProgrammeInput]) (domain.Programme, error) {
			return s.NewProgramme(ctx, in.Body)
		})
	replace(a, "/v1/programmes/{programme}", Only(domain.Admin),
		Doc{ID: "putProgramme", Tag: "Set-up", Summary: "Rewrite a programme", Text: "Writes the programme whole; its slug stays. Where it is shortened and people have a place in a permanence or a workshop to come beyond it, nothing is written (409 bookings_in_the_way)."},
		func(in *programmePut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *programmePut, match domain.Match) (domain.Programme, error) {
			return s.ReplaceProgramme(ctx, in.Programme, match, in.Body)
		})
	read(a, "/v1/programmes/{programme}/targets", AnyRole,
		Doc{ID: "getTargets", Tag: "Set-up", Summary: "Read a programme's targets", Text: "What the programme promised its funders, by indicator and period."},
		func(ctx context.Context, s *persistence.Session, in *BySlug) (domain.TargetsOf, error) {
			return s.Targets(ctx, in.Programme)
		})
	replace(a, "/v1/programmes/{programme}/targets", Only(domain.Coordinator, domain.Admin),
		Doc{ID: "putTargets", Tag: "Set-up", Summary: "Replace a programme's targets", Text: "Writes the whole list of targets."},
		func(in *targetsPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *targetsPut, match domain.Match) (domain.TargetsOf, error) {
			return s.ReplaceTargets(ctx, in.Programme, match, in.Body)
		})
	read(a, "/v1/programmes/{programme}/partnerships", Staff.And(domain.Partner, domain.Admin),
		Doc{ID: "getPartnerships", Tag: "Set-up", Summary: "Read a programme's partnerships", Text: "What was agreed with each organisation that refers: how much of what becomes of its referrals it may know. A partner reads its own agreement."},
		func(ctx context.Context, s *persistence.Session, in *BySlug) (domain.PartnershipsOf, error) {
			return s.Partnerships(ctx, in.Programme)
		})
	replace(a, "/v1/programmes/{programme}/partnerships", Only(domain.Coordinator, domain.Admin),
		Doc{ID: "putPartnerships", Tag: "Set-up", Summary: "Replace a programme's partnerships", Text: "Writes the whole list. What a partner may no longer know it does not read from then on, in a referral, the event feed or a webhook, also of what happened before. An organisation outside the list reads the status of its referrals and why one was declined."},
		func(in *partnershipsPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *partnershipsPut, match domain.Match) (domain.PartnershipsOf, error) {
			return s.ReplacePartnerships(ctx, in.Programme, match, in.Body)
		})
}
