package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type participantPut struct {
	ByID
	Matching
	Body domain.ParticipantInput
}

func (a *API) participants() {
	list(a, "/v1/participants", Staff,
		Doc{ID: "listParticipants", Tag: "People", Summary: "List participants", Text: "People enrolled in the caller's programmes, and those the caller's organisation recorded who are not enrolled yet; the latest recorded first. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.Paging) (domain.Page[domain.Participant], error) {
			return s.Participants(ctx, *in)
		})
	search(a, "/v1/participants/search", Staff.And(domain.DPO),
		Doc{ID: "searchParticipants", Tag: "People", Summary: "Search participants", Text: "By names or parts of names, in any order and however accented, and by day of birth. What is looked for travels in the body, so that no name stands in a URL or an access log."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.ParticipantSearch]) (domain.Page[domain.Participant], error) {
			return s.SearchParticipants(ctx, in.Body)
		})
	get(a, "/v1/participants/{id}/duplicates", Staff,
		Doc{ID: "listDuplicates", Tag: "People", Summary: "Ask whether a person is on file twice", Text: "The other files, and the referrals that have led to none, that may be of the same person: scored and explained, the likeliest first, as the records stand now, in the caller's programmes. A caseworker reads of a colleague's file that there is one; opening it takes an Access-Reason. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.PossibleMatches, error) {
			return s.Duplicates(ctx, in.ID)
		})
	create(a, "/v1/participants", Staff,
		Doc{ID: "createParticipant", Tag: "People", Summary: "Record a participant", Text: "Records a person. Resembling somebody is never refused: possible_duplicates names those who may be the same."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.ParticipantInput]) (domain.NewParticipant, error) {
			return s.NewParticipant(ctx, in.Body)
		})
	replace(a, "/v1/participants/{id}", Staff,
		Doc{ID: "putParticipant", Tag: "People", Summary: "Rewrite a participant", Text: "Writes identity and contact whole: what is left out becomes unknown. Somebody who was merged into another is not written (409 merged): read her again."},
		func(in *participantPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *participantPut, match domain.Match) (domain.Participant, error) {
			return s.ReplaceParticipant(ctx, in.ID, match, in.Body)
		})
}
