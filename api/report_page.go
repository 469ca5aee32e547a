package api

import (
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"o2r/domain"
)

//go:embed report.html
var reportSource string

//go:embed report_charts.html
var reportCharts string

var reportPolicy = policyOf(reportSource)

var reportPage = template.Must(template.Must(template.New("report").Funcs(template.FuncMap{
	"day": frenchDay, "dayof": func(at time.Time) string { return frenchDay(domain.DayOf(at)) }, "label": labelIn, "cell": cellAt, "shown": shownAt, "hours": hoursAt, "date": dateAt, "px": px, "policy": func() string { return strings.TrimSuffix(reportPolicy, "; frame-ancestors 'none'") },
	"figure": figureAt, "hidden": isHidden,
	"met":   func(met *bool) string { return map[bool]string{true: "atteint", false: "non atteint"}[*met] },
	"month": func(p domain.Period) string { return months[p.From.Month()-1] },
}).Parse(reportSource)).Parse(reportCharts))

// reportView is a report with what its page is drawn from. It adds no number: whatever is printed is a value of the report,
// and says where it stands in it (data-of), so that a test can hold it to that.
type reportView struct{ domain.Report }

// printed is a value of the report as the page prints it.
type printed struct {
	Of   string // where it stands in the JSON
	As   string // how it is written, where not as a number
	Text string
}

// cellAt prints a number: parts of its place, then the value.
func cellAt(parts ...any) printed {
	value := parts[len(parts)-1]
	return printed{Of: placeOf(parts[:len(parts)-1]), Text: frenchNumber(value)}
}

// shownAt prints a text that is a value of the report by itself, such as the display of a figure.
func shownAt(parts ...any) printed {
	return printed{Of: placeOf(parts[:len(parts)-1]), As: "text", Text: fmt.Sprint(parts[len(parts)-1])}
}

// figureAt prints a figure as it is displayed, a count with its thousands apart.
func figureAt(parts ...any) printed {
	f, place := parts[len(parts)-1].(domain.Figure), parts[:len(parts)-1]
	if f.Unit == domain.UnitCount && !f.Suppressed {
		return printed{Of: placeOf(place) + ".numerator", Text: frenchNumber(f.Numerator)}
	}
	return printed{Of: placeOf(place) + ".display", As: "text", Text: f.Display}
}

// isHidden tells whether every point of a series is withheld.
func isHidden(s domain.Series) bool {
	return !slices.ContainsFunc(s.Items, func(p domain.SeriesPoint) bool { return !p.Suppressed })
}

// hoursAt prints minutes as hours.
func hoursAt(parts ...any) printed {
	cell := printed{Of: placeOf(parts[:len(parts)-1]), As: "hours", Text: frenchNumber(nil)}
	switch value := parts[len(parts)-1].(type) {
	case int:
		cell.Text = frenchHours(value)
	case *int:
		if value != nil {
			cell.Text = frenchHours(*value)
		}
	}
	return cell
}

// dateAt prints a day as people write it in a table.
func dateAt(parts ...any) printed {
	date := parts[len(parts)-1].(domain.Date)
	return printed{Of: placeOf(parts[:len(parts)-1]), As: "date", Text: fmt.Sprintf("%02d/%02d", date.Day(), date.Month())}
}

func placeOf(parts []any) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprint(part)
	}
	return strings.Join(texts, ".")
}

func frenchHours(minutes int) string {
	return fmt.Sprintf("%s h %02d", grouped(minutes/60), minutes%60)
}

// frenchNumber writes a number as in French, to one decimal at most; a dash where there is none.
func frenchNumber(value any) string {
	switch value := value.(type) {
	case int:
		return grouped(value)
	case *int:
		if value != nil {
			return grouped(*value)
		}
	case float64:
		text := strconv.FormatFloat(value, 'f', 1, 64)
		whole, tenth, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
		n, err := strconv.Atoi(whole)
		if err != nil {
			return text
		}
		if whole = grouped(n); tenth != "0" {
			whole += "," + tenth
		}
		if value < 0 && whole != "0" {
			whole = "−" + whole
		}
		return whole
	case *float64:
		if value != nil {
			return frenchNumber(*value)
		}
	}
	return "–"
}

// grouped writes thousands apart, by a space at which no line is broken.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

// labelIn is what a code is called in the first of the lists that has it.
func labelIn(code any, lists ...string) string {
	text := fmt.Sprint(code)
	if text == domain.UnknownCode {
		return "Non renseigné"
	}
	for _, name := range lists {
		list, err := domain.NomenclatureNamed(name)
		if err != nil {
			continue
		}
		for _, term := range list.Terms {
			if term.Code == text {
				return term.LabelFR
			}
		}
	}
	return text
}

// figureRow is an indicator since the beginning and in the year.
type figureRow struct {
	I           int
	Since, Year domain.Figure
	Definition  domain.Definition
}

// Ten are the indicators of the convention; Beyond those kept beside them.
func (v reportView) Ten() []figureRow    { return v.rows(domain.SetConvention) }
func (v reportView) Beyond() []figureRow { return v.rows(domain.SetBeyond) }

func (v reportView) rows(set domain.IndicatorSet) []figureRow {
	var rows []figureRow
	for i, since := range v.Table.Items {
		definition, err := domain.Definitions.Named(since.Key, v.Table.AsOf)
		if err == nil && definition.Set == set {
			rows = append(rows, figureRow{i, since, v.TableOfYear.Items[i], definition})
		}
	}
	return rows
}

// Figure is the row of an indicator; nil of one that the deployment has not.
func (v reportView) Figure(key string) *figureRow {
	for _, row := range append(v.Ten(), v.Beyond()...) {
		if row.Since.Key == key {
			return &row
		}
	}
	return nil
}

// shareRow is one value of the profile since the beginning and in the year.
type shareRow struct {
	Field       string
	I           int
	Label       string
	Since, Year domain.Share
	Width       string // of its bar
}

// shareTable is the profile by one field.
type shareTable struct {
	Title, Caption string
	Rows           []shareRow
	Hidden         bool // every row is withheld
}

// barWidth is how long the bar of everybody is.
const barWidth = 150.0

// Shares are the profile's tables: of each, the values that somebody has.
func (v reportView) Shares() []shareTable {
	tables := []shareTable{
		{Title: "Genre", Rows: v.shares("gender", v.Profile.Gender, v.ProfileOfYear.Gender, "gender")},
		{Title: "Niveau de formation", Rows: v.shares("education_level", v.Profile.EducationLevel, v.ProfileOfYear.EducationLevel, "education_level")},
		{Title: "Situation au regard de la justice", Rows: v.shares("justice_status", v.Profile.JusticeStatus, v.ProfileOfYear.JusticeStatus, "justice_status")},
		{Title: "Orientées par", Rows: v.shares("referrer_kind", v.Profile.ReferrerKind, v.ProfileOfYear.ReferrerKind, "organisation_kind", "referral_origin")},
		{Title: "Freins repérés", Caption: " (une personne peut en avoir plusieurs)", Rows: v.shares("barriers", v.Profile.Barriers, v.ProfileOfYear.Barriers, "barrier")},
	}
	kept := tables[:0]
	for _, table := range tables {
		if len(table.Rows) == 0 {
			continue
		}
		table.Hidden = true
		for _, row := range table.Rows {
			table.Hidden = table.Hidden && row.Since.Suppressed && row.Year.Suppressed
		}
		kept = append(kept, table)
	}
	return kept
}

func (v reportView) shares(field string, since, year []domain.Share, lists ...string) []shareRow {
	var rows []shareRow
	for i, share := range since {
		if i >= len(year) || isNobody(share) && (isNobody(year[i]) || year[i].Suppressed) {
			continue
		}
		row := shareRow{Field: field, I: i, Label: labelIn(share.Code, lists...), Since: share, Year: year[i]}
		if share.Percent != nil {
			row.Width = px(*share.Percent / 100 * barWidth)
		}
		rows = append(rows, row)
	}
	return rows
}

func isNobody(s domain.Share) bool { return s.Count != nil && *s.Count == 0 }

// sectorRow is a sector's people and targeted territories.
type sectorRow struct {
	Name            string
	People, Reached *domain.Figure
	PeopleI, ReachI int
}

// SectorRows are the sectors of either breakdown, and the totals last.
func (v reportView) SectorRows() []sectorRow {
	var rows []sectorRow
	at := map[string]int{}
	name := func(value *string) string {
		switch {
		case value == nil:
			return "Ensemble"
		case *value == domain.UnknownCode:
			return "Hors des secteurs ciblés, ou non renseigné"
		}
		return *value
	}
	for i, item := range v.Sectors.Items {
		label := name(item.Values.Sector)
		at[label] = len(rows)
		rows = append(rows, sectorRow{Name: label, People: &v.Sectors.Items[i].Figure, PeopleI: i})
	}
	for i, item := range v.Coverage.Items {
		label := name(item.Values.Sector)
		if _, found := at[label]; !found {
			continue // both have the sectors met in the programme
		}
		rows[at[label]].Reached, rows[at[label]].ReachI = &v.Coverage.Items[i].Figure, i
	}
	return rows
}

// calendarRow is a month of a permanence, with its days.
type calendarRow struct {
	Month string
	Days  []calendarDay
}

type calendarDay struct {
	At   printed
	Mark string // for a day on which nobody was received, and for one that was moved
	Why  string
}

// Calendar is a permanence's days by month.
func (v reportView) Calendar(i int) []calendarRow {
	var rows []calendarRow
	for d, day := range v.Presence[i].Days {
		month := months[day.On.Month()-1]
		if len(rows) == 0 || rows[len(rows)-1].Month != month {
			rows = append(rows, calendarRow{Month: month})
		}
		one := calendarDay{At: printed{Of: placeOf([]any{"presence", i, "days", d, "on"}), As: "day", Text: strconv.Itoa(day.On.Day())}}
		switch {
		case day.Status == domain.OccurrenceMoved:
			one.Mark, one.Why = "m", "déplacée"
			if day.Site != v.Presence[i].Site {
				one.Why = "déplacée à " + day.Site
			}
		case day.Status == domain.OccurrenceCancelled:
			one.Mark, one.Why = "x", "annulée"
		case !day.Status.Receives():
			one.Mark, one.Why = "x", "fermée"
			if day.ClosedFor != nil {
				one.Why = *day.ClosedFor
			}
		}
		rows[len(rows)-1].Days = append(rows[len(rows)-1].Days, one)
	}
	return rows
}

// ActivityLabel says in words what was done.
func (v reportView) ActivityLabel(a domain.ReportActivity) string {
	switch a.Nature {
	case "appointment":
		return "Rendez-vous individuel : " + strings.ToLower(labelIn(a.Object, "meeting_mode"))
	case "workshop":
		return "Atelier collectif : " + strings.ToLower(labelIn(a.Object, "workshop_kind"))
	case "immersion":
		return "Immersion : " + strings.ToLower(labelIn(a.Object, "immersion_purpose"))
	}
	return labelIn(a.Object, "action")
}

// Counted tells whether what was done with partners may be shown.
func (v reportView) Counted() bool {
	for _, p := range v.Partners {
		if p.Received != nil {
			return true
		}
	}
	return false
}

// GroupLabel is what a group of exits is called.
func (v reportView) GroupLabel(group string) string {
	return map[string]string{
		domain.GroupEmploi: "Emploi", domain.GroupFormationCertifianteOuQualifiante: "Formation certifiante ou qualifiante", domain.GroupFormationAutre: "Autre formation",
		domain.GroupSIAE: "SIAE", domain.GroupDroitCommun: "Réseau pour l’emploi", domain.GroupAutre: "Autre",
	}[group]
}
