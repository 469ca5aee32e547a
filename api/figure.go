package api

import (
	"context"
	"maps"
	"net/http"

	"o2r/domain"
	"o2r/persistence"
)

type ofProgramme struct {
	BySlug
	Known
	persistence.FiguresQuery
}

type tableOfProgramme struct {
	BySlug
	Known
	persistence.FiguresQuery
	Set domain.FigureSet `query:"set" doc:"Which indicators: convention, the ten owed to the funders, which is what you get when it is left out; beyond, those kept beside them; all, both." example:"convention"`
}

type tablesOfProgrammes struct {
	Known
	Programmes []string `query:"programme,explode" required:"true" doc:"Slugs of the programmes, in the order in which they are answered; repeat the parameter." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minItems:"1" maxItems:"20" minLength:"2" maxLength:"60" example:"[\"o2r-somme\"]"`
	persistence.FiguresQuery
	Set domain.FigureSet `query:"set" doc:"Which indicators: convention, which is what you get when it is left out; beyond; all." example:"convention"`
}

// IndicatorKey is the input of an operation on one indicator.
type IndicatorKey struct {
	Key string `path:"key" doc:"Key of the indicator." pattern:"^[a-z0-9_]+$" patternDescription:"lower-case words joined by underscores" maxLength:"60" example:"beneficiaries"`
}

type breakdownOf struct {
	ByIndicator
	By []domain.Dimension `query:"by,explode" required:"true" doc:"By what: one dimension or two, each a value to filter by; repeat the parameter. No filter on it may be set." minItems:"1" maxItems:"2" example:"[\"gender\"]"`
}

// ByIndicator is the input of an operation on one indicator of a programme.
type ByIndicator struct {
	BySlug
	IndicatorKey
	Known
	persistence.FiguresQuery
}

type seriesOf struct {
	ByIndicator
	domain.SeriesQuery
}

const (
	restricts = " For an analyst, dates fall on month boundaries, and the state is that of the programme's last closing up to as_of (the end of a half-year since which nobody entered, or enough people), which the answer names. A closing is kept as the records lay a month after its day: what is recorded or corrected later counts from the next one. What is about fewer people than the programme's threshold is suppressed, and what would let one work it out: three dimensions together, part of a year, exits told apart beyond the convention's two rates. So it is for a caseworker who filters, chooses days or tells people apart, but for her own enrolments (caseworker), unless she gives an Access-Reason."
	repeats   = " The ETag moves only with what is shown: send it back in If-None-Match, and what did not move answers 304 without being computed again."
)

// figures serves what programmes are measured by.
func (a *API) figures() {
	readers := Staff.And(domain.Analyst)
	measure(a, "/v1/figures", readers,
		Doc{ID: "getFiguresOfEach", Tag: "Figures", Summary: "Read the tables of several programmes", Text: "The indicators of each programme named, side by side: each from the programme's first day unless a period is given. One that the caller's token does not open answers 404." + restricts + repeats, Also: []string{csvType, xlsxType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *tablesOfProgrammes) (persistence.Shown[domain.FiguresOfEach], error) {
			return s.FiguresOfEach(ctx, in.Programmes, in.Set, in.FiguresQuery)
		})
	measure(a, "/v1/programmes/{programme}/indicators", readers,
		Doc{ID: "getFigures", Tag: "Figures", Summary: "Read a programme's table of indicators", Text: "The ten indicators of the convention (or, by set, those beyond it), computed from the records as they stand on as_of, with numerator, denominator, unknown and targets." + restricts + repeats, Also: []string{csvType, xlsxType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *tableOfProgramme) (persistence.Shown[domain.Figures], error) {
			return s.Figures(ctx, in.Programme, in.Set, in.FiguresQuery)
		})
	measure(a, "/v1/programmes/{programme}/indicators/{key}", readers,
		Doc{ID: "getFigure", Tag: "Figures", Summary: "Read one indicator of a programme", Text: "One row of the table, or an indicator beyond the convention." + restricts + repeats, Also: []string{csvType, xlsxType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ByIndicator) (persistence.Shown[domain.FigureAnswer], error) {
			return s.Figure(ctx, in.Programme, in.Key, in.FiguresQuery)
		})
	measure(a, "/v1/programmes/{programme}/indicators/{key}/breakdown", readers,
		Doc{ID: "getBreakdown", Tag: "Figures", Summary: "Read one indicator, broken down", Text: "The indicator told apart by one or two dimensions, with totals: each row is the figure under the filter that the row names, and unknown has a row of its own. At most 10,000 rows." + restricts + repeats, Also: []string{csvType, xlsxType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *breakdownOf) (persistence.Shown[domain.Breakdown], error) {
			return s.Breakdown(ctx, in.Programme, in.Key, in.By, in.FiguresQuery)
		})
	measure(a, "/v1/programmes/{programme}/indicators/{key}/series", readers,
		Doc{ID: "getSeries", Tag: "Figures", Summary: "Read one indicator over time", Text: "The indicator for each month, quarter or year between from and the earlier of to and as_of, each of who entered or met in it, as it stood on its last day. At most 120 points." + restricts + repeats, Also: []string{csvType, xlsxType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *seriesOf) (persistence.Shown[domain.Series], error) {
			return s.Series(ctx, in.Programme, in.Key, in.SeriesQuery, in.FiguresQuery)
		})
	getFile(a, "/v1/programmes/{programme}/indicators/{key}/evidence", Only(domain.Coordinator),
		Doc{ID: "getEvidence", Tag: "Figures", Summary: "Read the evidence behind an indicator", Text: "Each enrolment, meeting, barrier, referral or territory with its bucket and the facts that decided it; the buckets' sizes are the figure's. Somebody whose file is restricted counts, last and without a name. The look is audited.", Also: []string{csvType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *evidenceOf) (domain.EvidenceAnswer, error) {
			return s.Evidence(ctx, in.Programme, in.Key, in.FiguresQuery)
		})
	measure(a, "/v1/programmes/{programme}/profile", readers,
		Doc{ID: "getProfile", Tag: "Figures", Summary: "Read who a programme supported", Text: "Gender, age on entry, education, justice status, referrers and barriers of the people who entered in the period." + restricts + repeats, Also: []string{csvType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ofProgramme) (persistence.Shown[domain.ProfileAnswer], error) {
			return s.Profile(ctx, in.Programme, in.FiguresQuery)
		})
	measure(a, "/v1/programmes/{programme}/map", readers,
		Doc{ID: "getMap", Tag: "Figures", Summary: "Read which territories a programme reaches", Text: "Each targeted territory with the people who came from it, and for staff others that people came from: the breakdown of beneficiaries by territory. As a table; or, with Accept: application/geo+json, as a FeatureCollection (RFC 7946) with the contours that were loaded (o2r import contours), and a null geometry where none was; its member sources names where these come from, with their licence, to be named wherever the map is shown; 422 where these are too much for one answer." + restricts + " The ETag moves only with what is shown.", Also: []string{csvType, geoJSONType}, Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *mapOf) (persistence.Shown[domain.Map], error) {
			in.Drawn = mediaOf(ctx) == geoJSONType
			return s.Map(ctx, in.Programme, in.MapQuery)
		})
}

type mapOf struct {
	BySlug
	Known
	persistence.MapQuery
}

type evidenceOf struct {
	BySlug
	IndicatorKey
	persistence.FiguresQuery
}

// measured is an answer made of figures.
type measured[T any] struct {
	Status             int
	ETag               string `header:"ETag" doc:"Moves only with what is shown, and is the same on every server; send it back in If-None-Match." example:"\"5f1c0e2b9a7d4c3e8f6a1b2c3d4e5f60\""`
	CacheControl       string `header:"Cache-Control" doc:"The answer may be kept by whoever asked, and is asked for again with its ETag before it is used." example:"private, no-cache"`
	ContentDisposition string `header:"Content-Disposition" doc:"The name of the file, of one to open in a spreadsheet: programme, what it is, and the day that it is of." maxLength:"300" example:"attachment; filename=\"o2r-somme-indicators-2025-12-31.xlsx\""`
	Body               T
}

// filed is an answer without a tag that is also a file, to open in a spreadsheet.
type filed[T any] struct {
	ContentDisposition string `header:"Content-Disposition" doc:"The name of the file, of one to open in a spreadsheet: programme, what it is, and the day that it is of." maxLength:"300" example:"attachment; filename=\"o2r-somme-beneficiaries-evidence-2025-12-31.csv\""`
	Body               T
}

// getFile serves something that has no version, and that is also a file.
func getFile[I any, T named](a *API, path string, access Access, doc Doc, do call[I, T]) {
	register(a, http.MethodGet, path, access, doc, nil, func(ctx context.Context, in *I) (*filed[T], error) {
		body, err := do(ctx, a.session(ctx), in)
		if err != nil {
			return nil, err
		}
		return &filed[T]{ContentDisposition: asFile(ctx, body), Body: body}, nil
	})
}

// named is what has a name as a file.
type named interface{ FileName() string }

// asFile is what a spreadsheet saves the answer as: nothing, where it is not answered as a file.
func asFile(ctx context.Context, body any) string {
	one, has := body.(named)
	extension := map[string]string{csvType: ".csv", xlsxType: ".xlsx"}[mediaOf(ctx)]
	if !has || extension == "" {
		return ""
	}
	return `attachment; filename="` + one.FileName() + extension + `"`
}

// measure serves an answer made of figures, or says that the caller holds it.
func measure[I any, T any](a *API, path string, access Access, doc Doc, do call[I, persistence.Shown[T]]) {
	register(a, http.MethodGet, path, access, doc, nil, func(ctx context.Context, in *I) (*measured[T], error) {
		shown, err := do(ctx, a.session(ctx), in)
		if err != nil {
			return nil, err
		}
		answer := &measured[T]{Status: http.StatusOK, CacheControl: "private, no-cache", Body: shown.Answer, ContentDisposition: asFile(ctx, shown.Answer)}
		switch media := mediaOf(ctx); media { // what is written otherwise is another thing to hold
		case geoJSONType:
			answer.ETag = `"` + shown.Tag + `-geojson"`
		case csvType:
			answer.ETag = `"` + shown.Tag + `-csv"`
		case xlsxType:
			answer.ETag = `"` + shown.Tag + `-xlsx"`
		default:
			answer.ETag = `"` + shown.Tag + `"`
		}
		if any(in).(interface{ holds(string) bool }).holds(answer.ETag) {
			answer.Status, answer.ContentDisposition = http.StatusNotModified, ""
		}
		return answer, nil
	})
	a.alsoHeld(path)
}

// alsoHeld documents that the operation answers 304 to who holds the answer.
func (a *API) alsoHeld(path string) {
	responses := a.server.Huma().OpenAPI().Paths[path].Get.Responses
	held := *responses["200"]
	held.Description, held.Content = "The caller holds it: the ETag is one of those sent in If-None-Match.", nil
	held.Headers = maps.Clone(held.Headers)
	delete(held.Headers, "Content-Disposition")
	delete(held.Headers, "Content-Security-Policy")
	responses["304"] = &held
}
