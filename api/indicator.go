package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type catalogue struct {
	Items []domain.Definition `json:"items" doc:"Every indicator's definition, in the order of the published table." maxItems:"100" nullable:"false"`
}

type ofProgramme struct {
	BySlug
	persistence.FiguresQuery
}

type byIndicator struct {
	BySlug
	Key string `path:"key" doc:"Key of the indicator." pattern:"^[a-z0-9_]+$" patternDescription:"lower-case words joined by underscores" maxLength:"60" example:"beneficiaries"`
	persistence.FiguresQuery
}

func (a *API) indicators() {
	readers := Staff.And(domain.Analyst)
	get(a, "/v1/indicators", AnyRole,
		Doc{ID: "listIndicators", Tag: "Figures", Summary: "List the definitions of the indicators", Text: "Each indicator's key, labels, unit, formula in words, source and version."},
		func(context.Context, *persistence.Session, *Nothing) (catalogue, error) {
			definitions := domain.Definitions
			if a.withoutJustice {
				definitions = definitions.WithoutJustice()
			}
			return catalogue{definitions}, nil
		})
	get(a, "/v1/programmes/{programme}/indicators", readers,
		Doc{ID: "getFigures", Tag: "Figures", Summary: "Read a programme's table of indicators", Text: "The ten indicators of the convention, computed from the records as they stand on as_of, with numerator, denominator, unknown and targets. For an analyst, dates fall on month boundaries and figures about fewer people than the programme's threshold are suppressed. So they are for a caseworker who filters or chooses days, but for her own enrolments (caseworker), unless she gives an Access-Reason.", Also: []string{csvType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ofProgramme) (domain.Figures, error) {
			return s.Figures(ctx, in.Programme, in.FiguresQuery)
		})
	get(a, "/v1/programmes/{programme}/indicators/{key}", readers,
		Doc{ID: "getFigure", Tag: "Figures", Summary: "Read one indicator of a programme", Text: "One row of the table, with the same figures suppressed: for an analyst those about few people, for a caseworker too when her filter is not for her own enrolments (caseworker), unless she gives an Access-Reason.", Also: []string{csvType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *byIndicator) (domain.FigureAnswer, error) {
			return s.Figure(ctx, in.Programme, in.Key, in.FiguresQuery)
		})
	get(a, "/v1/programmes/{programme}/indicators/{key}/evidence", Only(domain.Coordinator),
		Doc{ID: "getEvidence", Tag: "Figures", Summary: "Read the evidence behind an indicator", Text: "Each enrolment or meeting with its bucket and the facts that decided it; the buckets' sizes are the figure's. Somebody whose file is restricted counts, last and without a name. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *byIndicator) (domain.EvidenceAnswer, error) {
			return s.Evidence(ctx, in.Programme, in.Key, in.FiguresQuery)
		})
	get(a, "/v1/programmes/{programme}/profile", readers,
		Doc{ID: "getProfile", Tag: "Figures", Summary: "Read who a programme supported", Text: "Gender, age on entry, education, justice status and referrers of the people who entered in the period. For an analyst, small cells are suppressed. So they are for a caseworker who filters or chooses days, but for her own enrolments (caseworker), unless she gives an Access-Reason.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ofProgramme) (domain.ProfileAnswer, error) {
			return s.Profile(ctx, in.Programme, in.FiguresQuery)
		})
}
