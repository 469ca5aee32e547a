package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type nomenclatureList struct {
	Items []*domain.Nomenclature `json:"items" doc:"Every nomenclature, with all its values." maxItems:"100" nullable:"false"`
}

type byName struct {
	Name string `path:"name" doc:"Name of the nomenclature." pattern:"^[a-z_]+$" patternDescription:"lower-case words joined by underscores" maxLength:"60" example:"barrier"`
}

func (a *API) nomenclatures() {
	get(a, "/v1/nomenclatures", AnyRole,
		Doc{ID: "listNomenclatures", Tag: "Reference", Summary: "List the nomenclatures", Text: "Every closed list of values, with French and English labels, groups, and correspondences with the field's own codes."},
		func(context.Context, *persistence.Session, *Nothing) (nomenclatureList, error) {
			return nomenclatureList{domain.Nomenclatures}, nil
		})
	get(a, "/v1/nomenclatures/{name}", AnyRole,
		Doc{ID: "getNomenclature", Tag: "Reference", Summary: "Read a nomenclature", Text: "One closed list of values.", Errors: []int{404}},
		func(_ context.Context, _ *persistence.Session, in *byName) (domain.Nomenclature, error) {
			found, err := domain.NomenclatureNamed(in.Name)
			if err != nil {
				return domain.Nomenclature{}, err
			}
			return *found, nil
		})
}
