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

type contoursAsked struct {
	Known
	domain.ContourQuery
}

func (a *API) territories() {
	list(a, "/v1/territories", AnyRole,
		Doc{ID: "listTerritories", Tag: "Reference", Summary: "Look territories up", Text: "Communes of France by INSEE code (COG 2026, with municipal arrondissements) and the priority quarters in use. With programme or sector, only those on a targeted list."},
		func(ctx context.Context, s *persistence.Session, in *domain.TerritoryQuery) (domain.Page[domain.Territory], error) {
			return s.Territories(ctx, *in)
		})
	measure(a, "/v1/territories.geojson", AnyRole,
		Doc{ID: "getContours", Tag: "Reference", Summary: "Read where territories lie", Text: "The territories that exist and whose contours were loaded (o2r import contours), as a FeatureCollection (RFC 7946, application/geo+json) to lay under a map; an empty one where none were, for none come with the program. With programme, those on its targeted list. It is whole or refused, since a page of it would look like a map with holes: of more than 5,000 contours, or 32 MB of them, 422 says to narrow it down. The ETag moves only with what is shown.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *contoursAsked) (persistence.Shown[territoryContours], error) {
			shown, err := s.Contours(ctx, in.ContourQuery)
			return persistence.Shown[territoryContours]{Answer: contoursOf(shown.Answer), Tag: shown.Tag}, err
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
