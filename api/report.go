package api

import (
	"context"
	"net/http"

	"o2r/domain"
)

type reportOf struct {
	BySlug
	Known
	domain.ReportQuery
}

// reportAnswer is a report, which as a page has a style of its own.
type reportAnswer struct {
	Status             int
	ETag               string `header:"ETag" doc:"Moves only with what is shown, and is the same on every server; send it back in If-None-Match." example:"\"5f1c0e2b9a7d4c3e8f6a1b2c3d4e5f60\""`
	CacheControl       string `header:"Cache-Control" doc:"The answer may be kept by whoever asked, and is asked for again with its ETag before it is used." example:"private, no-cache"`
	ContentDisposition string `header:"Content-Disposition" doc:"The name of the file: to keep, of a workbook; to be shown, and saved under that name, of a page." maxLength:"300" example:"attachment; filename=\"o2r-somme-rapport-2025-au-2025-12-31.xlsx\""`
	Policy             string `header:"Content-Security-Policy" doc:"What the page may load: nothing but its own style." maxLength:"300" example:"default-src 'none'"`
	Body               domain.Report
}

// reports serves what a programme owes each year.
func (a *API) reports() {
	const path = "/v1/programmes/{programme}/report"
	register(a, http.MethodGet, path, Staff.And(domain.Analyst),
		Doc{ID: "getReport", Tag: "Figures", Summary: "Read the report of a year", Text: "What the programme owes the State for a year: the table with its targets, who was supported, the calendar of presence, the partners, and what article D. 5316-10 of the code du travail asks. As JSON; as a workbook; or, with Accept: text/html, as a page in French to print and to send. All three hold the same numbers, and none of them a name of a participant. A year that goes on is reported as it stands today." + restricts + " Of what was done, proposed and how paths ended an analyst reads where that is published. Reading it is audited. The ETag moves only with what is shown.", Also: []string{htmlType, xlsxType}},
		[]int{404},
		func(ctx context.Context, in *reportOf) (*reportAnswer, error) {
			shown, err := a.session(ctx).Report(ctx, in.Programme, in.ReportQuery)
			if err != nil {
				return nil, err
			}
			answer := &reportAnswer{Status: http.StatusOK, CacheControl: "private, no-cache", Body: shown.Answer, ETag: `"` + shown.Tag + `"`}
			switch media := mediaOf(ctx); media {
			case htmlType:
				answer.ETag, answer.Policy = `"`+shown.Tag+`-html"`, reportPolicy
				answer.ContentDisposition = `inline; filename="` + shown.Answer.FileName() + `.html"`
			case xlsxType:
				answer.ETag = `"` + shown.Tag + `-xlsx"`
				answer.ContentDisposition = asFile(ctx, shown.Answer)
			}
			if in.holds(answer.ETag) {
				answer.Status, answer.ContentDisposition, answer.Policy = http.StatusNotModified, "", ""
			}
			return answer, nil
		})
	a.alsoHeld(path)
}
