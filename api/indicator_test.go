package api_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"o2r/domain"
)

// A caseload of 14, two of them referred by the SPIP and met, with a barrier each; twelve men and two women.
func (f *fixture) caseload() {
	f.Helper()
	staff, partner := f.actor(domain.Caseworker), f.actor(domain.Partner)
	for i := range 12 {
		person := f.send(staff, "POST", "/v1/participants", map[string]any{"first_name": "Camille", "last_name": fmt.Sprint("Exemple ", i), "birth_date": "1990-05-17", "gender": "male"}).is(201).text("id")
		id := f.send(staff, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": fmt.Sprintf("2025-%02d-10", 3+i%3), "territory_code": "80253", "justice_status": "milieu_ouvert"}).is(201).text("id")
		f.send(staff, "POST", "/v1/enrolments/"+id+"/barriers", map[string]any{"barrier": "mobilite", "assessed_on": fmt.Sprintf("2025-%02d-11", 3+i%3)}).is(201)
	}
	for i := range 2 {
		referral := f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "external_reference": fmt.Sprint("F-", i), "first_name": "Dominique", "last_name": fmt.Sprint("Modèle ", i), "birth_date": "1985-01-02", "gender": "female", "phone": "06 39 98 00 01", "territory_code": "80021", "consented_on": "2025-05-01"}).is(201).text("id")
		path := f.send(staff, "POST", "/v1/referrals/"+referral+"/accept", map[string]any{"entered_on": "2025-05-12"}).is(200).text("enrolment_id")
		barrier := f.send(staff, "POST", "/v1/enrolments/"+path+"/barriers", map[string]any{"barrier": "numerique", "assessed_on": "2025-05-13"}).is(201).text("id")
		f.send(staff, "POST", "/v1/enrolments/"+path+"/barriers/"+barrier+"/lift", map[string]any{"lifted_on": "2025-06-02"}).is(200)
		meeting := f.send(staff, "POST", "/v1/appointments", map[string]any{"enrolment_id": path, "starts_at": "2025-05-20T09:00:00Z", "duration_minutes": 60, "mode": "phone"}).is(201).text("id")
		f.send(staff, "POST", "/v1/appointments/"+meeting+"/attendance", map[string]any{"status": "attended"}).is(200)
	}
	f.send(f.actor(domain.Admin), "PUT", "/v1/programmes/"+somme+"/territories", map[string]any{"items": []any{}}, "If-Match", "*").is(422)
	f.send(f.actor(domain.Coordinator), "PUT", "/v1/programmes/"+somme+"/territories", map[string]any{"items": []any{
		map[string]any{"territory_code": "80253", "sector": "Doullens"}, map[string]any{"territory_code": "80021", "sector": "Nord"}, map[string]any{"territory_code": "80001"},
	}}, "If-Match", "*").is(200)
}

func TestTheCatalogue(t *testing.T) {
	f := newFixture(t)
	analyst := f.actor(domain.Analyst)
	keys := func(query string) (keys []string) {
		for _, item := range f.send(analyst, "GET", "/v1/indicators"+query, nil).is(200).items() {
			keys = append(keys, item["key"].(string))
		}
		return keys
	}
	if all, convention, beyond := keys(""), keys("?set=convention"), keys("?set=beyond"); len(all) != 18 || len(convention) != 10 || !slices.Equal(all, append(convention, beyond...)) {
		t.Errorf("all are %v, of the convention %v, beyond %v", all, convention, beyond)
	}
	if len(keys("?history=true")) != 18 || len(keys("?on=2020-01-01")) != 18 {
		t.Error("each has one version so far")
	}
	one := f.send(analyst, "GET", "/v1/indicators/barriers_lifted_share", nil).is(200)
	if one.text("set") != "beyond" || one.text("counts") != "barriers" || len(one.Fields["versions"].([]any)) != 1 || one.Fields["version"] != 1.0 {
		t.Errorf("one is %s", one.Text)
	}
	f.send(analyst, "GET", "/v1/indicators/no_such", nil).problem(404, "not_found")
	f.send(analyst, "GET", "/v1/indicators?set=other", nil).problem(422, "invalid")
	f.send(analyst, "GET", "/v1/indicators?on=2025", nil).problem(422, "invalid")
	f.send(analyst, "GET", "/v1/indicators?version=1", nil).problem(422, "invalid")
}

func TestFiguresBeyondTheConvention(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead := f.actor(domain.Coordinator)
	const table = "/v1/programmes/" + somme + "/indicators"
	got := map[string]string{}
	for _, figure := range f.send(lead, "GET", table+"?set=beyond", nil).is(200).items() {
		got[figure["key"].(string)] = fmt.Sprint(figure["numerator"], " of ", figure["denominator"], ", ", figure["unknown"], " unknown: ", strings.ReplaceAll(figure["display"].(string), "\u00a0", " "))
	}
	for key, want := range map[string]string{
		domain.IndicatorEmploymentMatured:  "0 of 0, 0 unknown: /",
		domain.IndicatorPositiveExit:       "0 of 0, 0 unknown: /",
		domain.IndicatorMeetingsHeld:       "2 of <nil>, 0 unknown: 2",
		domain.IndicatorActiveEnrolments:   "14 of <nil>, <nil> unknown: 14",
		domain.IndicatorReferralAcceptance: "2 of 2, 0 unknown: 100 %",
		domain.IndicatorDaysToFirstMeeting: "2 of 2, 0 unknown: 0 jour", // met before the referrals were received, today
		domain.IndicatorBarriersLifted:     "2 of 14, 0 unknown: 14 %",
		domain.IndicatorTerritoryCoverage:  "2 of 3, 0 unknown: 67 %",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, not %q", key, got[key], want)
		}
	}
	for key := range got {
		figure := f.send(lead, "GET", table+"/"+key+"", nil).is(200)
		buckets := map[any]int{}
		for _, item := range f.send(lead, "GET", table+"/"+key+"/evidence", nil).is(200).items() {
			buckets[item["bucket"]]++
		}
		if buckets["numerator"] != int(number(figure.Fields["numerator"])) || figure.Fields["denominator"] != nil && buckets["numerator"]+buckets["denominator_only"] != int(number(figure.Fields["denominator"])) {
			t.Errorf("%s is %s, its evidence %v", key, figure.Text, buckets)
		}
	}
	if all := f.send(lead, "GET", table+"?set=all", nil).is(200).items(); len(all) != 18 || all[0]["key"] != "beneficiaries" {
		t.Errorf("all are %d", len(all))
	}
	// An analyst reads the same as of the last closing, when the referrals were not there yet, but for what is about few, and
	// of how paths end what the convention asks.
	for _, figure := range f.send(f.actor(domain.Analyst), "GET", table+"?set=beyond", nil).is(200).items() {
		key := figure["key"].(string)
		if few := slices.Contains([]string{domain.IndicatorMeetingsHeld, domain.IndicatorBarriersLifted, domain.IndicatorTerritoryCoverage,
			domain.IndicatorEmploymentMatured, domain.IndicatorPositiveExit, domain.IndicatorActiveEnrolments}, key); figure["suppressed"] != few {
			t.Errorf("an analyst reads %v", figure)
		}
	}
}

// Whoever is restricted, merged into another or erased stays counted as she was, and evidence names nobody who is not to be named.
func TestFiguresBeyondTheConventionOfWhoIsHeldApart(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, dpo := f.actor(domain.Coordinator), f.actor(domain.DPO)
	const table = "/v1/programmes/" + somme + "/indicators"
	figures := func() string {
		var said []string
		for _, figure := range f.send(lead, "GET", table+"?set=beyond", nil).is(200).items() {
			said = append(said, fmt.Sprint(figure["key"], " ", figure["numerator"], " of ", figure["denominator"]))
		}
		return strings.Join(said, "\n")
	}
	before := figures()
	var referred []string
	kept := ""
	for _, e := range f.send(lead, "GET", "/v1/enrolments?limit=200", nil).is(200).items() {
		if e["territory_code"] == "80021" {
			referred = append(referred, e["participant_id"].(string))
		} else {
			kept = e["participant_id"].(string)
		}
	}

	f.send(dpo, "POST", "/v1/participants/"+referred[0]+"/restriction", map[string]any{"restricted": true, "reason": "Exactitude contestée."}).is(200)
	for key, field := range map[string]string{domain.IndicatorReferralAcceptance: "referral_id", domain.IndicatorBarriersLifted: "barrier_id", domain.IndicatorDaysToFirstMeeting: "enrolment_id"} {
		items := f.send(lead, "GET", table+"/"+key+"/evidence", nil).is(200).items()
		withheld := slices.DeleteFunc(slices.Clone(items), func(item map[string]any) bool { return item[field] != nil })
		if len(withheld) != 1 || len(withheld[0]["facts"].([]any)) != 0 || withheld[0]["bucket"] != "numerator" {
			t.Errorf("%s: of whom the file is restricted evidence says %v", key, withheld)
		}
	}
	if got := figures(); got != before {
		t.Errorf("restricted, they were\n%s\nand are\n%s", before, got)
	}

	// The path by which she came is folded into another of hers: it came by that referral then.
	f.send(lead, "POST", "/v1/participants/"+kept+"/merge", map[string]any{"duplicate_id": referred[1], "reason": "Saisie en double."}).is(200)
	merged := strings.Replace(before, "active_enrolments 14", "active_enrolments 13", 1)
	if got := figures(); got != merged {
		t.Errorf("merged, they were\n%s\nand are\n%s", before, got)
	}
	f.send(dpo, "POST", "/v1/participants/"+referred[0]+"/erasure", map[string]any{"reason": "Demande de la personne."}).is(200)
	if got := figures(); got != merged {
		t.Errorf("erased, they were\n%s\nand are\n%s", merged, got)
	}
}

func TestABreakdownAndASeries(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, analyst, her := f.actor(domain.Coordinator), f.actor(domain.Analyst), f.actor(domain.Caseworker)
	const one = "/v1/programmes/" + somme + "/indicators/beneficiaries"
	rows := func(actor domain.Actor, path string) (rows []string) {
		for _, item := range f.send(actor, "GET", path, nil).is(200).items() {
			rows = append(rows, strings.TrimSpace(fmt.Sprint(item["values"], " ", item["display"])))
		}
		return rows
	}
	const lastYear = "&as_of=2025-12-31"
	if got := rows(lead, one+"/breakdown?by=gender"+lastYear); !slices.Equal(got, []string{"map[gender:male] 12", "map[gender:female] 2", "map[gender:other] 0", "map[gender:unknown] 0", "map[] 14"}) {
		t.Errorf("by gender %q", got)
	}
	both := rows(lead, one+"/breakdown?by=sector&by=gender"+lastYear)
	if len(both) != 3*4+3+4+1 || both[0] != "map[gender:male sector:Doullens] 12" || both[12] != "map[sector:Doullens] 12" || both[15] != "map[gender:male] 12" || both[19] != "map[] 14" {
		t.Errorf("by sector and gender %q", both)
	}
	if got := rows(analyst, one+"/breakdown?by=gender"+lastYear); got[0] != "map[gender:male] s" || got[1] != "map[gender:female] s" || got[4] != "map[] 14" { // fourteen less twelve are two
		t.Errorf("an analyst reads by gender %q", got)
	}
	if got := rows(her, one+"/breakdown?by=gender"+lastYear); got[1] != "map[gender:female] s" {
		t.Errorf("a caseworker tells colleagues' people apart: %q", got)
	}

	points := f.send(lead, "GET", one+"/series?from=2025-03-01&to=2025-05-31&as_of=2025-12-31", nil).is(200).items()
	var counted []any
	for _, point := range points {
		counted = append(counted, point["from"], point["to"], point["as_of"], point["value"])
	}
	if want := "[2025-03-01 2025-03-31 2025-03-31 4 2025-04-01 2025-04-30 2025-04-30 4 2025-05-01 2025-05-31 2025-05-31 6]"; fmt.Sprint(counted) != want {
		t.Errorf("month by month %v", counted)
	}
	points = f.send(lead, "GET", one+"/series?step=quarter&cumulative=true&from=2025-04-01&to=2025-09-30&as_of=2025-12-31", nil).is(200).items()
	if len(points) != 2 || points[0]["value"] != 14.0 || points[0]["from"] != "2024-11-01" || points[1]["value"] != 14.0 {
		t.Errorf("cumulative %v", points)
	}
	points = f.send(her, "GET", one+"/series?step=month&from=2025-03-01&to=2025-05-31&as_of=2025-12-31", nil).is(200).items()
	if points[0]["suppressed"] != true {
		t.Errorf("a caseworker reads who entered in a month: %v", points[0])
	}
	if points = f.send(her, "GET", one+"/series", nil).is(200).items(); !slices.ContainsFunc(points, func(p map[string]any) bool { return p["suppressed"] == true }) {
		t.Error("a caseworker reads months without asking for one")
	}

	for name, row := range map[string]struct {
		actor    domain.Actor
		path, at string
		code     string
	}{
		"by nothing":               {lead, one + "/breakdown", "query.by", "required"},
		"by what there is not":     {lead, one + "/breakdown?by=birth_date", "query.by[0]", "enum"},
		"by three":                 {lead, one + "/breakdown?by=gender&by=sector&by=age_band", "query.by", "max_items"},
		"by one twice":             {lead, one + "/breakdown?by=gender&by=gender", "query.by[1]", "repeated"},
		"by what is filtered":      {lead, one + "/breakdown?by=gender&gender=female", "query.by[0]", "filtered"},
		"a step that there is not": {lead, one + "/series?step=day", "query.step", "enum"},
		"too many steps":           {lead, one + "/series?from=2010-01-01&step=month", "query.step", "too_many_periods"},
		"a day to come":            {lead, "/v1/programmes/" + somme + "/indicators?as_of=2099-12-30", "query.as_of", "in_future"},
		"one indicator of one":     {lead, one + "?as_of=2099-12-30", "query.as_of", "in_future"},
		"a breakdown of one":       {her, one + "/breakdown?by=gender&as_of=2099-12-30", "query.as_of", "in_future"},
		"a series to one":          {lead, one + "/series?step=year&as_of=2099-12-30", "query.as_of", "in_future"},
		"evidence of one":          {lead, one + "/evidence?as_of=2099-12-30", "query.as_of", "in_future"},
		"a profile of one":         {lead, "/v1/programmes/" + somme + "/profile?as_of=2099-12-30", "query.as_of", "in_future"},
		"a map of one":             {lead, "/v1/programmes/" + somme + "/map?as_of=2099-12-30", "query.as_of", "in_future"},
		"several programmes':":     {lead, "/v1/figures?programme=" + somme + "&as_of=2099-12-30", "query.as_of", "in_future"},
		"an analyst's day":         {analyst, one + "/series?from=2025-01-02", "query.from", "not_a_month_boundary"},
		"an analyst's month":       {analyst, one + "/breakdown?by=gender&as_of=2099-12-31", "query.as_of", "month_not_over"},
		"the end before the start": {lead, one + "/series?from=2025-02-02&to=2025-02-01", "query.from", "after_end"},
	} {
		got := f.send(row.actor, "GET", row.path, nil)
		if fmt.Sprint(got.Fields["errors"]) == "" || got.Status != 422 || !strings.Contains(got.Text, `"location":"`+row.at+`"`) || !strings.Contains(got.Text, `"code":"`+row.code+`"`) {
			t.Errorf("%s: %d %s", name, got.Status, got.Text)
		}
	}
	f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators/no_such/breakdown?by=gender", nil).problem(404, "not_found")
	f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators/no_such/series", nil).problem(404, "not_found")
	for _, role := range []domain.Role{domain.Partner, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", one+"/breakdown?by=gender", nil).problem(403, "forbidden")
	}
}

func TestSeveralProgrammesAtOnce(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead := f.actor(domain.Coordinator)
	lead.Programmes = append(slices.Clone(lead.Programmes), elsewhere)
	answer := f.send(lead, "GET", "/v1/figures?programme="+elsewhere+"&programme="+somme+"&as_of=2025-12-31", nil).is(200)
	tables := answer.items()
	if len(tables) != 2 || tables[0]["programme"] != elsewhere || tables[1]["programme"] != somme {
		t.Fatalf("side by side %s", answer.Text)
	}
	alone := f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators?as_of=2025-12-31", nil).is(200)
	if fmt.Sprint(tables[1]["items"]) != fmt.Sprint(alone.Fields["items"]) {
		t.Errorf("beside another %v\nalone %v", tables[1]["items"], alone.Fields["items"])
	}
	if rows := strings.Split(f.send(lead, "GET", "/v1/figures?programme="+elsewhere+"&programme="+somme, nil, "Accept", "text/csv").is(200).Text, "\r\n"); len(rows) != 22 || !strings.HasPrefix(rows[1], elsewhere) || !strings.HasPrefix(rows[11], somme) {
		t.Errorf("as CSV %q", rows)
	}
	hers := f.actor(domain.Coordinator)
	f.send(hers, "GET", "/v1/figures?programme="+somme+"&programme="+elsewhere, nil).problem(404, "not_found")
	f.send(hers, "GET", "/v1/figures?programme="+somme+"&programme=o2r-nulle-part", nil).problem(404, "not_found")
	f.send(hers, "GET", "/v1/figures", nil).problem(422, "invalid")
	f.send(hers, "GET", "/v1/figures?programme="+somme+"&programme="+somme, nil).problem(422, "invalid")
	f.send(hers, "GET", "/v1/figures?programme="+strings.Repeat(somme+"&programme=", 20)+somme, nil).problem(422, "invalid")
	f.send(f.actor(domain.DPO), "GET", "/v1/figures?programme="+somme, nil).problem(403, "forbidden")
	f.send(f.actor(domain.Analyst), "GET", "/v1/figures?programme="+somme+"&as_of=2025-12-30", nil).problem(422, "invalid")
}

// TestThreeFormatsSayTheSame compares each number in JSON, CSV and XLSX, column by column.
func TestThreeFormatsSayTheSame(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	const programme = "/v1/programmes/" + somme
	f.send(f.actor(domain.Coordinator), "PUT", programme+"/targets", map[string]any{"items": []any{
		map[string]any{"indicator": "beneficiaries", "period": "2026", "value": 60}, map[string]any{"indicator": "beneficiaries", "period": "2025", "value": 58},
		map[string]any{"indicator": "beneficiaries", "period": "programme", "value": 179}, map[string]any{"indicator": "justice_supervised_share", "period": "programme", "value": 60},
	}}, "If-Match", `"0"`).is(200)
	compared := 0
	for _, actor := range []domain.Actor{f.actor(domain.Coordinator), f.actor(domain.Analyst)} {
		for path, file := range map[string][2]string{ // the sheet, and the name of the file
			programme + "/indicators?set=all&as_of=2025-12-31":                                                   {"Indicateurs", somme + "-indicators"},
			programme + "/indicators/beneficiaries?as_of=2025-12-31":                                             {"Indicateur", somme + "-beneficiaries"},
			programme + "/indicators/territory_coverage?as_of=2025-12-31":                                        {"Indicateur", somme + "-territory_coverage"},
			programme + "/indicators/justice_supervised_share/breakdown?by=territory&by=gender&as_of=2025-12-31": {"Répartition", somme + "-justice_supervised_share-by-territory-gender"},
			programme + "/indicators/individual_attendance_rate/series?as_of=2025-12-31":                         {"Série", somme + "-individual_attendance_rate-by-month"},
			"/v1/figures?programme=" + somme + "&as_of=2025-12-31":                                               {"Indicateurs", somme + "-indicators"},
			programme + "/profile?as_of=2025-12-31":                                                              {"", somme + "-profile"},
			programme + "/map?as_of=2025-12-31":                                                                  {"", somme + "-map"},
		} {
			asJSON := f.send(actor, "GET", path, nil).is(200)
			if named := asJSON.Header.Get("Content-Disposition"); named != "" {
				t.Errorf("%s: JSON is kept as %s", path, named)
			}
			asCSV := f.send(actor, "GET", path, nil, "Accept", "text/csv").is(200)
			name := file[1] + "-" + fmt.Sprint(at(t, asJSON.Fields, map[bool]string{true: "items.0.as_of", false: "as_of"}[strings.HasPrefix(path, "/v1/figures")]))
			if got := asCSV.Header.Get("Content-Disposition"); got != `attachment; filename="`+name+`.csv"` {
				t.Errorf("%s is kept as %s", path, got)
			}
			if got := asCSV.Header.Get("Content-Type"); got != "text/csv; charset=utf-8; header=present" {
				t.Errorf("%s is sent as %s", path, got)
			}
			text := asCSV.Text
			if !strings.HasSuffix(text, "\r\n") || strings.HasPrefix(text, "\ufeff") {
				t.Errorf("%s is no CSV as RFC 4180 has it", path)
			}
			table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil {
				t.Fatal(path, err)
			}
			if file[0] == "" {
				f.send(actor, "GET", path, nil, "Accept", xlsx).is(406)
				continue
			}
			book := f.send(actor, "GET", path, nil, "Accept", xlsx).is(200)
			if again := f.send(actor, "GET", path, nil, "Accept", xlsx); again.Text != book.Text || book.Header.Get("Content-Disposition") != `attachment; filename="`+name+`.xlsx"` {
				t.Errorf("%s is written in other bytes each time, or kept as %s", path, book.Header.Get("Content-Disposition"))
			}
			workbook, err := excelize.OpenReader(bytes.NewReader([]byte(book.Text)))
			if err != nil {
				t.Fatal(path, err)
			}
			cells, err := workbook.GetRows(workbook.GetSheetName(0), excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(path, err)
			}
			if sheets := workbook.GetSheetList(); !slices.Equal(sheets, []string{file[0], "Légende"}) {
				t.Errorf("%s has the sheets %q", path, sheets)
			}
			panes, err := workbook.GetPanes(file[0])
			style, _ := workbook.GetCellStyle(file[0], "A1")
			if look, _ := workbook.GetStyle(style); err != nil || !panes.Freeze || panes.YSplit != 1 || look.Font == nil || !look.Font.Bold {
				t.Errorf("%s: the header is not in sight: %+v, %v", path, panes, err)
			}
			if width, _ := workbook.GetColWidth(file[0], "D"); width < 12 {
				t.Errorf("%s: a column is %v wide", path, width)
			}
			legend, _ := workbook.GetRows("Légende")
			for _, column := range table[0] {
				if !slices.ContainsFunc(legend, func(row []string) bool { return row[0] == column && row[1] == "" && row[2] != "" }) {
					t.Errorf("%s: the legend says nothing of %s", path, column)
				}
			}
			figures := []map[string]any{asJSON.Fields}
			if asJSON.Fields["items"] != nil {
				figures = asJSON.items()
			}
			if strings.HasPrefix(path, "/v1/figures") {
				list := figures[0]["items"].([]any)
				figures = nil
				for _, figure := range list {
					figures = append(figures, figure.(map[string]any))
				}
			}
			if len(table) != len(figures)+1 || len(cells) != len(table) {
				t.Fatalf("%s: %d figures, %d rows of CSV, %d of XLSX", path, len(figures), len(table), len(cells))
			}
			for i, figure := range figures {
				for j, column := range table[0] {
					inSheet := ""
					if j < len(cells[i+1]) {
						inSheet = cells[i+1][j]
					}
					want, there := figure[column]
					if values, ok := figure["values"].(map[string]any); ok && slices.Contains(domain.Dimension("").Codes(), column) {
						want, there = values[column], true
					}
					for _, target := range list(figure["targets"]) {
						if field, its := strings.CutPrefix(column, "target_"+target["period"].(string)+"_"); its {
							want, there = target[field]
							compared++
						}
					}
					if !there && strings.HasPrefix(column, "target_") {
						there = true // nothing is promised of it for that period
					}
					if !there && !slices.Contains([]string{"programme", "as_of", "from", "to", "step", "cumulative"}, column) && len(list(asJSON.Fields["items"])) > 0 && asJSON.Fields["key"] == nil {
						t.Errorf("%s: %s is not in the JSON", path, column)
					}
					if !there {
						continue
					}
					said := ""
					switch value := want.(type) {
					case float64:
						said = strconv.FormatFloat(value, 'g', -1, 64)
						if kind, _ := workbook.GetCellType(workbook.GetSheetName(0), cellName(j+1, i+2)); kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
							t.Errorf("%s: %s is text in the workbook", path, column)
						}
						// A workbook holds fifteen digits, which is all that a spreadsheet shows.
						if number, err := strconv.ParseFloat(inSheet, 64); err == nil && (number == value || (strings.HasSuffix(column, "value") || strings.HasSuffix(column, "gap")) && math.Abs(number-value) < 1e-13*math.Abs(value)) {
							inSheet = said
						}
					case nil:
					default:
						said = fmt.Sprint(value)
					}
					if table[i+1][j] != said || inSheet != said {
						t.Errorf("%s, row %d, %s: %q in JSON, %q in CSV, %q in XLSX", path, i, column, said, table[i+1][j], inSheet)
					}
				}
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d cells of targets", compared)
	}
}

// list is a list of objects; none where there is none.
func list(of any) (items []map[string]any) {
	all, _ := of.([]any)
	for _, item := range all {
		items = append(items, item.(map[string]any))
	}
	return items
}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func cellName(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column, row)
	return name
}

// TestWhatDidNotMoveIsNotSentAgain tells the ETag: the same wherever it is asked, another in another format, moved by what
// is shown and by nothing else.
func TestWhatDidNotMoveIsNotSentAgain(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	const table = "/v1/programmes/" + somme + "/indicators?as_of=2025-12-31"
	enrolments := f.send(lead, "GET", "/v1/enrolments?limit=200", nil).is(200).items()
	observe := func(i int) {
		f.send(lead, "POST", "/v1/enrolments/"+enrolments[i]["id"].(string)+"/france-travail-status", map[string]any{"observed_on": "2025-06-02", "registered": true}).is(201)
	}
	observe(1)
	first := f.send(lead, "GET", table, nil).is(200)
	tag := first.Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || first.Header.Get("Cache-Control") != "private, no-cache" || !strings.Contains(strings.Join(first.Header.Values("Vary"), ","), "Accept") {
		t.Fatalf("ETag %s, %v", tag, first.Header)
	}
	for sent, status := range map[string]int{
		tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304,
		`"x"`: 200, strings.Trim(tag, `"`): 200, strings.TrimSuffix(tag, `"`) + `-csv"`: 200,
	} {
		got := f.send(lead, "GET", table, nil, "If-None-Match", sent).is(status)
		if typed := got.Header.Get("Content-Type") != ""; typed != (status == 200) || got.Header.Get("Cache-Control") != "private, no-cache" || got.Header.Get("Vary") == "" {
			t.Errorf("for %s: %d with %v", sent, got.Status, got.Header)
		}
		if got.Header.Get("ETag") != tag || status == 304 && got.Text != "" || status == 200 && got.Text != first.Text {
			t.Errorf("for %s: %d %s", sent, got.Status, got.Header.Get("ETag"))
		}
	}
	asCSV := f.send(lead, "GET", table, nil, "Accept", "text/csv").is(200).Header.Get("ETag")
	if asCSV == tag || f.send(lead, "GET", table, nil, "Accept", "text/csv", "If-None-Match", asCSV).is(304).Text != "" || f.send(lead, "GET", table, nil, "Accept", "text/csv", "If-None-Match", tag).is(200).Text == "" {
		t.Error("another format is another thing to hold")
	}
	if other := f.send(f.actor(domain.Coordinator), "GET", table, nil).Header.Get("ETag"); other != tag {
		t.Errorf("to somebody who reads the same it is %s", other)
	}

	read := f.send(analyst, "GET", table, nil).is(200)
	shown := read.Header.Get("ETag")
	// A job moves nothing that anybody is shown in this table.
	f.send(lead, "POST", "/v1/enrolments/"+enrolments[0]["id"].(string)+"/jobs", map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}).is(201)
	f.send(lead, "GET", table, nil, "If-None-Match", tag).is(304)
	f.send(analyst, "GET", table, nil, "If-None-Match", shown).is(304)
	// Two of fourteen are observed after one: the coordinator's table moves; the analyst is shown neither, and her tag does not tell.
	observe(0)
	f.send(lead, "GET", table, nil, "If-None-Match", tag).is(200)
	f.send(analyst, "GET", table, nil, "If-None-Match", shown).is(304)
	if again := f.send(analyst, "GET", table, nil).is(200); again.Header.Get("ETag") != shown || again.Text != read.Text {
		t.Errorf("of what an analyst is not shown she is told by %s, and had %s:\n%s\n%s", again.Header.Get("ETag"), shown, again.Text, read.Text)
	}
	// Once nothing is about too few, she is shown what the coordinator is, and holds another thing.
	f.exec(`UPDATE programmes SET small_cell_threshold = 1`)
	all := f.send(analyst, "GET", table, nil, "If-None-Match", shown).is(200)
	if whole := f.send(lead, "GET", table, nil).is(200); all.Text != whole.Text || all.Header.Get("ETag") != whole.Header.Get("ETag") {
		t.Errorf("shown everything, an analyst reads\n%s\nand not\n%s", all.Text, whole.Text)
	}
	f.send(lead, "GET", "/v1/programmes/"+somme+"/indicators/beneficiaries/evidence", nil, "If-None-Match", "*").is(200)
	f.send(f.actor(domain.Partner), "GET", table, nil, "If-None-Match", "*").problem(403, "forbidden")
	f.send(f.stranger(domain.Coordinator), "GET", table, nil, "If-None-Match", "*").problem(404, "not_found")
	f.send(lead, "GET", table+"&gender=nobody", nil, "If-None-Match", "*").problem(422, "invalid")
}
