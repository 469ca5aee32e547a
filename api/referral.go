package api

import (
	"context"
	"net/http"

	"o2r/domain"
	"o2r/persistence"
)

type referralChange struct {
	ByID
	Matching
}

type referralDecline struct {
	ByID
	Matching
	Body domain.Decline
}

type referralAccept struct {
	ByID
	Matching
	Body domain.Acceptance
}

func (a *API) referrals() {
	parties := Staff.And(domain.Partner)
	list(a, "/v1/referrals", parties,
		Doc{ID: "listReferrals", Tag: "Referrals", Summary: "List referrals", Text: "For a partner, its own; for staff, those to their programmes; the latest received first. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.ReferralQuery) (domain.Page[domain.ReferralView], error) {
			return s.Referrals(ctx, *in)
		})
	read(a, "/v1/referrals/{id}", parties,
		Doc{ID: "getReferral", Tag: "Referrals", Summary: "Read a referral", Text: "One referral, where it stands and what the caller may do with it. A partner learns what became of its request, not which file it led to. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.ReferralView, error) {
			return s.Referral(ctx, in.ID)
		})
	get(a, "/v1/referrals/{id}/matches", Staff,
		Doc{ID: "listMatches", Tag: "Referrals", Summary: "Ask whether a referral's person is known", Text: "The files of the programme, and the other referrals to it, that may be of the same person: scored and explained, the likeliest first, as the records stand now. Names are compared without accents, case, hyphens and particles, in either order and in part; days of birth with a digit or day and month astray; telephone numbers and e-mail addresses however they are written. Nothing is linked by it, and the partner learns none of it. A caseworker reads of a colleague's file that there is one; opening it takes an Access-Reason. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.PossibleMatches, error) {
			return s.Matches(ctx, in.ID)
		})
	makes(a, "/v1/referrals", parties,
		Doc{ID: "createReferral", Tag: "Referrals", Summary: "Refer a person", Text: "Asks that a person be taken on. One of phone, email, referrer_phone and referrer_email has to be there. The same external_reference with the same content answers 200 with the referral already there; with other content, 409. Staff may record referrals of their own organisation."},
		[]int{409},
		func(ctx context.Context, s *persistence.Session, in *With[domain.ReferralInput]) (domain.ReferralView, int, error) {
			referral, isNew, err := s.Refer(ctx, in.Body)
			if !isNew {
				return referral, http.StatusOK, err
			}
			return referral, http.StatusCreated, err
		})
	a.referralBatch(parties)
	getFile(a, "/v1/referrals/figures", Only(domain.Partner, domain.Coordinator),
		Doc{ID: "getReferralFigures", Tag: "Figures", Summary: "Read what became of referrals", Text: "How many were received, period by period, what became of them, how long the team took to answer, and why it declined. A partner reads of its own organisation: it knows these referrals one by one, so no figure is suppressed. A coordinator reads of every organisation that refers to her programmes. Those of the sandbox count nowhere; those that were erased stay counted.", Also: []string{csvType}},
		func(ctx context.Context, s *persistence.Session, in *domain.ReferralFiguresQuery) (domain.ReferralFigures, error) {
			return s.ReferralFigures(ctx, *in)
		})
	responses := a.server.Huma().OpenAPI().Paths["/v1/referrals"].Post.Responses
	again := *responses["201"]
	again.Description = "The same content was sent before: this is the referral already there."
	responses["200"] = &again
	act(a, "/v1/referrals/{id}/review", Staff.AndSandbox(),
		Doc{ID: "reviewReferral", Tag: "Referrals", Summary: "Begin to look into a referral", Text: "Takes a received referral under review."},
		func(in *referralChange) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *referralChange, match domain.Match) (domain.ReferralView, error) {
			return s.Review(ctx, in.ID, match)
		})
	act(a, "/v1/referrals/{id}/accept", Staff.AndSandbox(),
		Doc{ID: "acceptReferral", Tag: "Referrals", Summary: "Accept a referral", Text: "Takes the person on: links the participant named, or records a new one, and opens the enrolment, all at once or not at all. Of two who decide at once, one wins; the other gets 409, or 412 with If-Match."},
		func(in *referralAccept) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *referralAccept, match domain.Match) (domain.ReferralView, error) {
			return s.Accept(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/referrals/{id}/decline", Staff.AndSandbox(),
		Doc{ID: "declineReferral", Tag: "Referrals", Summary: "Decline a referral", Text: "Refuses the person, with a reason, which the partner reads where its disclosure profile holds decline_reason."},
		func(in *referralDecline) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *referralDecline, match domain.Match) (domain.ReferralView, error) {
			return s.Decline(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/referrals/{id}/withdraw", parties,
		Doc{ID: "withdrawReferral", Tag: "Referrals", Summary: "Withdraw a referral", Text: "Takes a referral of the caller's own organisation back, before a decision."},
		func(in *referralChange) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *referralChange, match domain.Match) (domain.ReferralView, error) {
			return s.Withdraw(ctx, in.ID, match)
		})
}
