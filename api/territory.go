package api

import (
	"context"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

type byCode struct {
	Code string `path:"code" doc:"INSEE code of a commune or code of a priority quarter." pattern:"^[0-9A-Z]{5,8}$" patternDescription:"the INSEE code of a commune or the code of a priority quarter" minLength:"5" maxLength:"8" example:"80253"`
}

type targetedPut struct {
	BySlug
	Matching
	Body domain.TargetedListInput
}

func (a *API) territories() {
	list(a, "/v1/territories", AnyRole,
		Doc{ID: "listTerritories", Tag: "Reference", Summary: "Look territories up", Text: "Communes of France by INSEE code (COG 2026, with municipal arrondissements) and the priority quarters in use. With programme or sector, only those on a targeted list."},
		func(ctx context.Context, s *persistence.Session, in *domain.TerritoryQuery) (domain.Page[domain.Territory], error) {
			return s.Territories(ctx, *in)
		})
	get(a, "/v1/territories/{code}", AnyRole,
		Doc{ID: "getTerritory", Tag: "Reference", Summary: "Read a territory", Text: "One commune or priority quarter, also when it exists no more.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *byCode) (domain.Territory, error) {
			return s.Territory(ctx, in.Code)
		})
	read(a, "/v1/programmes/{programme}/territories", AnyRole,
		Doc{ID: "getTargetedTerritories", Tag: "Reference", Summary: "Read a programme's targeted territories", Text: "The list in force, whether it is provisional and how it was made."},
		func(ctx context.Context, s *persistence.Session, in *BySlug) (domain.TargetedList, error) {
			return s.TargetedTerritories(ctx, in.Programme)
		})
	replace(a, "/v1/programmes/{programme}/territories", Only(domain.Coordinator, domain.Admin),
		Doc{ID: "putTargetedTerritories", Tag: "Reference", Summary: "Replace a programme's targeted territories", Text: "Writes the whole list; unknown codes are refused line by line. Earlier lists are kept. As CSV (text/csv, UTF-8): a header with the columns territory_code and sector, separated by commas or semicolons; row 2 of the file is items[0].", Body: rest.AlsoCSV("territory_code,sector\n80253,Doullens\n80318,Flixecourt\n")},
		func(in *targetedPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *targetedPut, match domain.Match) (domain.TargetedList, error) {
			return s.ReplaceTargetedTerritories(ctx, in.Programme, match, in.Body)
		})
}
