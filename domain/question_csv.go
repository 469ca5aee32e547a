package domain

import (
	"slices"
	"strconv"
	"strings"
)

// figureColumns are the fields of a figure that have one value each, under the names they have in JSON.
var figureColumns = []string{"programme", "as_of", "from", "to", "key", "label", "unit", "value", "numerator", "denominator", "unknown", "display", "suppressed", "definition_version", "confirmed", "provisional", "unconfirmed"}

// Table is the answer as a header and rows of text: nothing where JSON says null.
func (f Figures) Table() (header []string, rows [][]string) {
	return FiguresOfEach{[]Figures{f}}.Table()
}

// Table is the answer as a header and rows of text, one programme after the other. What is promised for the programme and for
// each year stands in columns of its own, under target_, the period and the field's name: target_2025_gap.
func (f FiguresOfEach) Table() (header []string, rows [][]string) {
	var promised targetPeriods
	for _, of := range f.Items {
		promised.of(of.Items...)
	}
	for _, of := range f.Items {
		for _, figure := range of.Items {
			rows = append(rows, append(of.row(figure), promised.row(figure)...))
		}
	}
	return append(slices.Clone(figureColumns), promised.columns()...), rows
}

// Table is the answer as a header and one row of text: nothing where JSON says null.
func (f FigureAnswer) Table() (header []string, rows [][]string) {
	return Figures{About: f.About, Items: []Figure{f.Figure}}.Table()
}

func (a About) row(f Figure) []string {
	return []string{
		a.Programme, a.AsOf.String(), a.From.String(), a.To.String(), f.Key, f.Label, string(f.Unit),
		measured(f.Value), whole(f.Numerator), whole(f.Denominator), whole(f.Unknown), f.Display,
		strconv.FormatBool(f.Suppressed), strconv.Itoa(f.DefinitionVersion), whole(f.Confirmed), whole(f.Provisional), whole(f.Unconfirmed),
	}
}

// rows are the figures without what is promised.
func (f Figures) rows() (rows [][]string) {
	for _, figure := range f.Items {
		rows = append(rows, f.row(figure))
	}
	return rows
}

// targetPeriods are those that figures have targets for: the programme, then the years.
type targetPeriods []TargetPeriod

func (p *targetPeriods) of(figures ...Figure) {
	for _, figure := range figures {
		for _, target := range figure.Targets {
			if !slices.Contains(*p, target.Period) {
				*p = append(*p, target.Period)
			}
		}
	}
	slices.SortFunc(*p, func(a, b TargetPeriod) int {
		if a == WholeProgramme || b == WholeProgramme {
			return map[bool]int{true: 1}[b == WholeProgramme] - map[bool]int{true: 1}[a == WholeProgramme]
		}
		return strings.Compare(string(a), string(b))
	})
}

func (p targetPeriods) columns() (columns []string) {
	for _, period := range p {
		for _, field := range sheetOf[TargetAnswer]("", nil).Header[1:] { // the first is the period itself
			columns = append(columns, "target_"+string(period)+"_"+field)
		}
	}
	return columns
}

func (p targetPeriods) row(f Figure) (cells []string) {
	for _, period := range p {
		var found TargetAnswer
		for _, target := range f.Targets {
			if target.Period == period {
				found = target
			}
		}
		if found.Period == "" {
			cells = append(cells, make([]string, len(cellsOf(found))-1)...)
			continue
		}
		cells = append(cells, cellsOf(found)[1:]...)
	}
	return cells
}

// Table is the breakdown as a header and rows of text: a column for each dimension, and nothing in one that is summed over.
func (b Breakdown) Table() (header []string, rows [][]string) {
	for _, item := range b.Items {
		var values []string
		for _, d := range b.By {
			values = append(values, textOf(item.Values.Of(d)))
		}
		rows = append(rows, slices.Insert(b.row(item.Figure), columnsBefore, values...))
	}
	return slices.Insert(slices.Clone(figureColumns), columnsBefore, Names(b.By)...), rows
}

// Table is the series as a header and a row for each point, whose days stand in as_of, from and to.
func (s Series) Table() (header []string, rows [][]string) {
	for _, item := range s.Items {
		point := About{Programme: s.Programme, Period: item.Period}
		rows = append(rows, append(point.row(item.Figure), string(s.Step), strconv.FormatBool(s.Cumulative)))
	}
	return append(slices.Clone(figureColumns), "step", "cumulative"), rows
}

// columnsBefore are those that say what a figure is about.
const columnsBefore = 4

func textOf(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func whole(count *int) string {
	if count == nil {
		return ""
	}
	return strconv.Itoa(*count)
}

// Table is the profile as a header and a row for each number: what it is about in field and code.
func (p ProfileAnswer) Table() (header []string, rows [][]string) {
	header = []string{"programme", "as_of", "from", "to", "field", "code", "count", "percent", "value", "display", "suppressed"}
	add := func(field, code string, count *int, percent, value *float64, display string, suppressed bool) {
		rows = append(rows, []string{p.Programme, p.AsOf.String(), p.From.String(), p.To.String(), field, code, whole(count), measured(percent), measured(value), display, strconv.FormatBool(suppressed)})
	}
	number := func(n *int) string {
		if n == nil {
			return "s"
		}
		return strconv.Itoa(*n)
	}
	age := func(n *int) string {
		if n == nil && !p.Age.Suppressed {
			return "/" // of nobody
		}
		return number(n)
	}
	add("people", "", p.People, nil, nil, number(p.People), p.People == nil)
	for _, list := range []struct {
		field  string
		shares []Share
	}{{"gender", p.Gender}, {"education_level", p.EducationLevel}, {"justice_status", p.JusticeStatus}, {"referrer_kind", p.ReferrerKind}, {"barriers", p.Barriers}, {"exits_to_work", []Share{p.ExitsToWork}}} {
		for _, share := range list.shares {
			add(list.field, share.Code, share.Count, share.Percent, nil, share.Display, share.Suppressed)
		}
	}
	asFloat := func(n *int) *float64 {
		if n == nil {
			return nil
		}
		return new(float64(*n))
	}
	add("age", "mean", nil, nil, p.Age.Mean, p.Age.Display, p.Age.Mean == nil && p.Age.Suppressed)
	add("age", "min", nil, nil, asFloat(p.Age.Min), age(p.Age.Min), p.Age.Min == nil && p.Age.Suppressed)
	add("age", "max", nil, nil, asFloat(p.Age.Max), age(p.Age.Max), p.Age.Max == nil && p.Age.Suppressed)
	add("age", UnknownCode, p.Age.Unknown, nil, nil, number(p.Age.Unknown), p.Age.Unknown == nil)
	add("meetings_held", "", p.MeetingsHeld, nil, nil, number(p.MeetingsHeld), p.MeetingsHeld == nil)
	return header, rows
}

// Table is the evidence as a header and a row for each item; its facts stand in one cell, as name=value, each after a
// semicolon, and what is not known as name alone.
func (e EvidenceAnswer) Table() (header []string, rows [][]string) {
	header = []string{"programme", "as_of", "from", "to", "key", "definition_version", "bucket", "amount", "enrolment_id", "meeting_id", "barrier_id", "referral_id", "territory_code", "facts"}
	for _, item := range e.Items {
		facts := make([]string, len(item.Facts))
		for i, fact := range item.Facts {
			if facts[i] = fact.Name; fact.Value != nil {
				facts[i] += "=" + *fact.Value
			}
		}
		rows = append(rows, []string{
			e.Programme, e.AsOf.String(), e.From.String(), e.To.String(), e.Key, strconv.Itoa(e.DefinitionVersion), string(item.Bucket), strconv.Itoa(item.Amount),
			textOf(item.EnrolmentID), textOf(item.MeetingID), textOf(item.BarrierID), textOf(item.ReferralID), textOf(item.TerritoryCode), strings.Join(facts, "; "),
		})
	}
	return header, rows
}
