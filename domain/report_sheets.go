package domain

import (
	"reflect"
	"strconv"
	"strings"
)

// Sheet is one table of an answer: a header and rows of text, nothing where JSON says null.
type Sheet struct {
	Name    string
	Header  []string
	Rows    [][]string
	Numbers []string // columns whose cells are numbers
	Upright bool     // a row for each field: its name, and its value, a number where it can be
}

// Sheets are the report's tables, in its order and in French: people read them. What each column is in JSON stands in report_words.go.
func (r Report) Sheets() []Sheet {
	figures := Sheet{Name: "Indicateurs", Numbers: figureNumbers}
	targets := Sheet{Name: "Objectifs", Header: append([]string{"table", "label"}, sheetOf[TargetAnswer]("", nil).Header...), Numbers: []string{"value", "measured_value", "gap"}}
	profile := Sheet{Name: "Profil", Numbers: []string{"count", "percent", "value"}}
	for _, of := range []struct {
		name    string
		figures Figures
		profile ProfileAnswer
	}{{"table", r.Table, r.Profile}, {"table_of_year", r.TableOfYear, r.ProfileOfYear}} {
		figures.add("table", of.name, figureColumns, of.figures.rows())
		for _, figure := range of.figures.Items {
			for _, target := range figure.Targets {
				targets.Rows = append(targets.Rows, append([]string{of.name, figure.Label}, cellsOf(target)...))
			}
		}
		header, rows := of.profile.Table()
		profile.add("table", of.name, header, rows)
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
	for i, row := range sectors.Rows {
		if at := 1 + columnsBefore; row[at] == "" {
			sectors.Rows[i][at] = "Ensemble"
		}
	}

	presence, days := sheetOf("Permanences", r.Presence), Sheet{Name: "Jours"}
	for _, p := range r.Presence {
		of := sheetOf("", p.Days)
		days.add("permanence", p.Label, of.Header, of.Rows)
	}
	if days.Header == nil {
		days.Header = append([]string{"permanence"}, sheetOf[PresenceDay]("", nil).Header...)
	}
	partners := sheetOf("Partenaires", r.Partners)
	if len(r.Partners) > 0 && r.PartnersTotal.Received != nil {
		partners.Rows = append(partners.Rows, append([]string{"Ensemble", "", "", ""}, cellsOf(r.PartnersTotal)...))
	}
	sheets := []Sheet{figures.listed(), targets.listed(), profile.listed(), months.listed(), sectors.listed(), upright("Moyens", r.Means), presence.listed(), days.listed(), partners.listed()}
	if r.Support != nil {
		sheets = append(sheets, upright("Accompagnement", *r.Support), sheetOf("Actions", r.Support.Activities).listed(), sheetOf("Propositions", r.Support.Proposals).listed(), sheetOf("Motifs d'entrée", r.Support.Eligibility).listed())
	}
	if r.Exits != nil {
		sheets = append(sheets, upright("Sorties", *r.Exits), sheetOf("Motifs de sortie", r.Exits.Kinds).listed())
	}
	return append(append([]Sheet{r.cover()}, sheets...), sheetOf("Définitions", r.Definitions).listed(), Sheet{Name: "Légende", Header: []string{"Signe", "Sens"}, Rows: [][]string{
		{"/", "Rien à mesurer."},
		{"s", "Secret statistique : porterait sur trop peu de personnes, ou permettrait de le retrouver."},
		{"(vide)", "Sans objet, ou non montré."},
		{"Inconnus", "Personnes pour lesquelles le fait n'est pas connu, qui ne comptent ni pour ni contre."},
	}})
}

// cover says what the workbook is, of which days, and against what it can be checked.
func (r Report) cover() Sheet {
	about := upright("Rapport", struct {
		Year          int    `json:"year"`
		ProgrammeName string `json:"programme_name"`
		OperatorName  string `json:"operator_name"`
		StartsOn      Date   `json:"starts_on"`
		EndsOn        Date   `json:"ends_on"`
		AsOf          Date   `json:"as_of"`
		AskedAsOf     *Date  `json:"asked_as_of"`
		PresenceUntil Date   `json:"presence_until"`
		YearOver      bool   `json:"year_over"`
		DrawnUpOn     Date   `json:"drawn_up_on"`
		Withheld      bool   `json:"withheld"`
	}{r.Year, r.ProgrammeName, r.OperatorName, r.StartsOn, r.EndsOn, r.AsOf, r.AskedAsOf, r.PresenceUntil, r.YearOver, r.DrawnUpOn, r.Withheld})
	for _, s := range r.Published {
		about.Rows = append(about.Rows, []string{"Instantané publié (" + strings.ToLower(reportCode("Rapport", "table", s.Table)) + ")", s.ID},
			[]string{"publié le", frenchDate(DayOf(s.PublishedAt).String())}, []string{"empreinte SHA-256", s.Sha256})
	}
	if len(r.Published) == 0 {
		about.Rows = append(about.Rows, []string{"Instantané publié", "aucun pour ces jours : ces chiffres peuvent encore changer"})
	}
	return about
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
