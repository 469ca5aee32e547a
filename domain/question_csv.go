package domain

import "strconv"

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

func whole(count *int) string {
	if count == nil {
		return ""
	}
	return strconv.Itoa(*count)
}
