package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type organisationPut struct {
	ByID
	Matching
	Body domain.OrganisationInput
}

func (a *API) organisations() {
	list(a, "/v1/organisations", AnyRole,
		Doc{ID: "listOrganisations", Tag: "Set-up", Summary: "List organisations", Text: "Operators and partners. A partner or an analyst sees its own organisation and the operators of its programmes."},
		func(ctx context.Context, s *persistence.Session, in *persistence.OrganisationQuery) (domain.Page[domain.Organisation], error) {
			return s.Organisations(ctx, *in)
		})
	read(a, "/v1/organisations/{id}", AnyRole,
		Doc{ID: "getOrganisation", Tag: "Set-up", Summary: "Read an organisation", Text: "One operator or partner."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.Organisation, error) {
			return s.Organisation(ctx, in.ID)
		})
	create(a, "/v1/organisations", Staff.And(domain.Admin),
		Doc{ID: "createOrganisation", Tag: "Set-up", Summary: "Record an organisation", Text: "Records an operator, a partner or an employer. Coordinators and caseworkers record employers alone (kind employeur), such as the host of an immersion; any other kind answers them 403. Look first whether it is there (GET /v1/organisations?kind=employeur): what the law allows a person with one host is counted by its record."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.NewOrganisation]) (domain.Organisation, error) {
			return s.NewOrganisation(ctx, in.Body.Input())
		})
	replace(a, "/v1/organisations/{id}", Only(domain.Admin),
		Doc{ID: "putOrganisation", Tag: "Set-up", Summary: "Rewrite an organisation", Text: "Writes the organisation whole."},
		func(in *organisationPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *organisationPut, match domain.Match) (domain.Organisation, error) {
			return s.ReplaceOrganisation(ctx, in.ID, match, in.Body)
		})
}
