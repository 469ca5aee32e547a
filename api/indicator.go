package api

import (
	"context"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

type catalogue struct {
	Items []domain.Definition `json:"items" doc:"Every definition asked for, in the order in which figures are shown; the versions of one indicator after each other, the first one first." maxItems:"1000" nullable:"false"`
}

type catalogueQuery struct {
	Set domain.FigureSet `query:"set" doc:"Only the ten of the convention, or only those beyond it; all when left out." example:"convention"`
	InForce
	History bool `query:"history" doc:"Every version of each indicator, whenever it was in force." example:"false"`
}

type definitionQuery struct {
	IndicatorKey
	InForce
}

// InForce is the day whose definitions are asked for.
type InForce struct {
	On domain.Date `query:"on" doc:"The day on which the version is in force; today in Europe/Paris when left out. Of a day before an indicator's first valid_from it is the first version, by which figures of those days go. Figures go by their as_of." format:"date" example:"2025-12-31" maxLength:"10"`
}

func (in InForce) day() domain.Date {
	if in.On.IsZero() {
		return domain.DayOf(time.Now())
	}
	return in.On
}

// definitions serves what indicators count, which nobody's data is part of.
func (a *API) definitions() {
	definitions := domain.Definitions
	if a.withoutJustice {
		definitions = definitions.WithoutJustice()
	}
	get(a, "/v1/indicators", AnyRole,
		Doc{ID: "listIndicators", Tag: "Figures", Summary: "List the definitions of the indicators", Text: "Each indicator's key, labels, unit, formula in words, source and version: those in force, or every version that ever was (history). A version that was used is never edited."},
		func(_ context.Context, _ *persistence.Session, in *catalogueQuery) (catalogue, error) {
			if in.History {
				return catalogue{definitions.OfSet(in.Set.Wanted())}, nil
			}
			return catalogue{definitions.Of(in.Set.Wanted(), in.day())}, nil
		})
	get(a, "/v1/indicators/{key}", AnyRole,
		Doc{ID: "getIndicator", Tag: "Figures", Summary: "Read the definition of an indicator", Text: "The definition in force, and every version that ever was.", Errors: []int{404}},
		func(_ context.Context, _ *persistence.Session, in *definitionQuery) (domain.DefinitionHistory, error) {
			return definitions.History(in.Key, in.day())
		})
}
