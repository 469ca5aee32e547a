package domain

import (
	"reflect"
	"strconv"
	"strings"
)

// Sheet is one table of an answer that has several: a header and rows of text, nothing where JSON says null. Columns have
// the names that their fields have in JSON.
type Sheet struct {
	Name    string
	Header  []string
	Rows    [][]string
	Numbers []string // columns whose cells are numbers
}

// Sheets are the report's tables, in its order.
func (r Report) Sheets() []Sheet {
	figures := Sheet{Name: "Indicateurs", Numbers: []string{"value", "numerator", "denominator", "unknown", "definition_version"}}
	targets := Sheet{Name: "Objectifs", Header: []string{"table", "key", "period", "value", "direction", "measured_value", "measured_from", "measured_to", "met", "gap"}, Numbers: []string{"value", "measured_value", "gap"}}
	profile := Sheet{Name: "Profil", Numbers: []string{"count", "percent", "value"}}
	for _, of := range []struct {
		name    string
		figures Figures
		profile ProfileAnswer
	}{{"table", r.Table, r.Profile}, {"table_of_year", r.TableOfYear, r.ProfileOfYear}} {
		figures.add("table", of.name, figureColumns, of.figures.rows())
		for _, figure := range of.figures.Items {
			for _, target := range figure.Targets {
				targets.Rows = append(targets.Rows, append([]string{of.name, figure.Key}, cellsOf(target)...))
			}
		}
		header, rows := of.profile.Table()
		profile.add("table", map[string]string{"table": "profile", "table_of_year": "profile_of_year"}[of.name], header, rows)
	}
	months := Sheet{Name: "Mois", Numbers: figures.Numbers}
	header, rows := r.Entries.Table()
	months.add("series", "entries", header, rows)
	header, rows = r.EntriesToDate.Table()
	months.add("series", "entries_to_date", header, rows)
	header, rows = r.Meetings.Table()
	months.add("series", "meetings", header, rows)
	sectors := Sheet{Name: "Secteurs", Numbers: figures.Numbers}
	header, rows = r.Sectors.Table()
	sectors.add("breakdown", "sectors", header, rows)
	header, rows = r.Coverage.Table()
	sectors.add("breakdown", "coverage", header, rows)

	head := sheetOf("Rapport", []struct {
		About
		Year          int    `json:"year"`
		YearOver      bool   `json:"year_over"`
		ProgrammeName string `json:"programme_name"`
		OperatorName  string `json:"operator_name"`
		StartsOn      Date   `json:"starts_on"`
		EndsOn        Date   `json:"ends_on"`
		Withheld      bool   `json:"withheld"`
	}{{r.About, r.Year, r.YearOver, r.ProgrammeName, r.OperatorName, r.StartsOn, r.EndsOn, r.Withheld}})
	presence, days := sheetOf("Permanences", r.Presence), Sheet{Name: "Jours"}
	for _, p := range r.Presence {
		of := sheetOf("", p.Days)
		days.add("permanence", p.Label, of.Header, of.Rows)
	}
	sheets := []Sheet{head, figures, targets, profile, months, sectors, sheetOf("Moyens", []ReportMeans{r.Means}), presence, days, sheetOf("Partenaires", r.Partners)}
	if r.Support != nil {
		sheets = append(sheets, sheetOf("Accompagnement", []ReportSupport{*r.Support}), sheetOf("Actions", r.Support.Activities), sheetOf("Propositions", r.Support.Proposals), sheetOf("Motifs", r.Support.Eligibility))
	}
	if r.Exits != nil {
		sheets = append(sheets, sheetOf("Sorties", []ReportExits{*r.Exits}), sheetOf("Motifs de sortie", r.Exits.Kinds))
	}
	return sheets
}

// add puts rows of a part under a first column that says which part they are of.
func (s *Sheet) add(column, part string, header []string, rows [][]string) {
	if s.Header == nil {
		s.Header = append([]string{column}, header...)
	}
	for _, row := range rows {
		s.Rows = append(s.Rows, append([]string{part}, row...))
	}
}

// sheetOf is a list as a sheet: a row an item, a column a field that has one value.
func sheetOf[T any](name string, items []T) Sheet {
	sheet := Sheet{Name: name, Rows: [][]string{}}
	for field := range columnsOf(reflect.TypeFor[T]()) {
		sheet.Header = append(sheet.Header, field.name)
		if field.number {
			sheet.Numbers = append(sheet.Numbers, field.name)
		}
	}
	for _, item := range items {
		sheet.Rows = append(sheet.Rows, cellsOf(item))
	}
	return sheet
}

func cellsOf(item any) []string {
	var cells []string
	value := reflect.ValueOf(item)
	for field := range columnsOf(value.Type()) {
		cells = append(cells, cellText(value.FieldByIndex(field.index)))
	}
	return cells
}

type column struct {
	name   string
	index  []int
	number bool
}

// columnsOf yields the fields of a struct that have one value each, embedded ones in their place.
func columnsOf(t reflect.Type) func(yield func(column) bool) {
	return func(yield func(column) bool) {
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			one := field.Type
			if one.Kind() == reflect.Pointer {
				one = one.Elem()
			}
			if name == "" || name == "-" || one.Kind() == reflect.Slice || one.Kind() == reflect.Struct && one != reflect.TypeFor[Date]() {
				continue
			}
			number := one.Kind() == reflect.Int || one.Kind() == reflect.Float64
			if !yield(column{name, field.Index, number}) {
				return
			}
		}
	}
}

func cellText(value reflect.Value) string {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return ""
		}
		value = value.Elem()
	}
	switch one := value.Interface().(type) {
	case Date:
		return one.String()
	case float64:
		return measured(&one)
	case int:
		return strconv.Itoa(one)
	case bool:
		return strconv.FormatBool(one)
	}
	return value.String()
}
