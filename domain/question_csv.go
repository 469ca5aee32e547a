package domain

import (
	"slices"
	"strconv"
)

// figureColumns are the fields of a figure that have one value each, under the names they have
// in JSON. Targets are a list, and are read by themselves.
var figureColumns = []string{"programme", "as_of", "from", "to", "key", "label", "unit", "value", "numerator", "denominator", "unknown", "display", "suppressed", "definition_version"}

// Table is the answer as a header and rows of text: nothing where JSON says null.
func (f Figures) Table() (header []string, rows [][]string) {
	for _, figure := range f.Items {
		rows = append(rows, f.row(figure))
	}
	return figureColumns, rows
}

// Table is the answer as a header and rows of text, one programme after the other.
func (f FiguresOfEach) Table() (header []string, rows [][]string) {
	for _, of := range f.Items {
		_, table := of.Table()
		rows = append(rows, table...)
	}
	return figureColumns, rows
}

// Table is the answer as a header and one row of text: nothing where JSON says null.
func (f FigureAnswer) Table() (header []string, rows [][]string) {
	return figureColumns, [][]string{f.row(f.Figure)}
}

func (a About) row(f Figure) []string {
	return []string{
		a.Programme, a.AsOf.String(), a.From.String(), a.To.String(), f.Key, f.Label, string(f.Unit),
		measured(f.Value), whole(f.Numerator), whole(f.Denominator), whole(f.Unknown), f.Display,
		strconv.FormatBool(f.Suppressed), strconv.Itoa(f.DefinitionVersion),
	}
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
		point := About{s.Programme, item.Period}
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
