package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type charterPut struct {
	ByID
	Matching
	Body domain.CharterInput
}

func (a *API) charters() {
	const path = "/v1/enrolments/{id}/charter"
	read(a, path, Staff,
		Doc{ID: "getCharter", Tag: "Support", Summary: "Read the charter", Text: "The commitment that the person signed; 404 while she has not. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.Charter, error) {
			return s.Charter(ctx, in.ID)
		})
	create(a, path, Staff,
		Doc{ID: "signCharter", Tag: "Support", Summary: "Record the signed charter", Text: "Records that the person signed the charter (charte d'engagement): once for each enrolment (409).", only: true},
		func(ctx context.Context, s *persistence.Session, in *onEnrolment[domain.CharterInput]) (domain.Charter, error) {
			return s.SignCharter(ctx, in.ID, in.Body)
		})
	replace(a, path, Staff,
		Doc{ID: "putCharter", Tag: "Support", Summary: "Correct the charter", Text: "Writes the day on which the charter was signed, and its note, whole."},
		func(in *charterPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *charterPut, match domain.Match) (domain.Charter, error) {
			return s.ReplaceCharter(ctx, in.ID, match, in.Body)
		})
}
