package domain

import (
	"slices"
	"strings"
)

// Sheets of an answer made of figures: the table under the names that its columns have in JSON and in CSV, and what these
// names, and the codes under them, mean in French.

// figureNumbers are the columns of figures whose cells are numbers. Any other cell is text, whatever it looks like: a
// territory's code begins with a zero in the Ain, and nothing that anybody wrote is a formula.
var figureNumbers = []string{"value", "numerator", "denominator", "unknown", "definition_version", "confirmed", "provisional", "unconfirmed"}

// Sheets are the table and its legend.
func (f Figures) Sheets() []Sheet { return sheetsOf("Indicateurs", f.Table) }

// Sheets are the tables, one programme after the other, and their legend.
func (f FiguresOfEach) Sheets() []Sheet { return sheetsOf("Indicateurs", f.Table) }

// Sheets are the indicator and its legend.
func (f FigureAnswer) Sheets() []Sheet { return sheetsOf("Indicateur", f.Table) }

// Sheets are the breakdown and its legend.
func (b Breakdown) Sheets() []Sheet { return sheetsOf("Répartition", b.Table, b.By...) }

// Sheets are the series and its legend.
func (s Series) Sheets() []Sheet { return sheetsOf("Série", s.Table) }

func sheetsOf(name string, table func() ([]string, [][]string), by ...Dimension) []Sheet {
	header, rows := table()
	sheet := Sheet{Name: name, Header: header, Rows: rows, Numbers: slices.Clone(figureNumbers)}
	legend := Sheet{Name: "Légende", Header: []string{"Colonne", "Code", "Signification"}}
	for _, column := range header {
		if strings.HasPrefix(column, "target_") && (strings.HasSuffix(column, "_value") || strings.HasSuffix(column, "_gap")) {
			sheet.Numbers = append(sheet.Numbers, column)
		}
		legend.Rows = append(legend.Rows, []string{column, "", meaningOf(column)})
	}
	for _, d := range by {
		for _, list := range d.lists() {
			for _, term := range list.Terms {
				legend.Rows = append(legend.Rows, []string{string(d), term.Code, term.LabelFR})
			}
		}
		legend.Rows = append(legend.Rows, []string{string(d), UnknownCode, "Non renseigné"}, []string{string(d), "", "Ensemble : le total de cette colonne"})
	}
	for _, code := range []struct{ column, code, meaning string }{
		{"unit", string(UnitCount), "Nombre"}, {"unit", string(UnitPercent), "Pourcentage, de 0 à 100"}, {"unit", string(UnitMonths), "Mois de 30,4375 jours"}, {"unit", string(UnitDays), "Jours (médiane)"},
		{"display", "/", "Rien à mesurer"}, {"display", "s", "Secret statistique : porterait sur trop peu de personnes, ou permettrait de le retrouver"},
	} {
		legend.Rows = append(legend.Rows, []string{code.column, code.code, code.meaning})
	}
	return []Sheet{sheet, legend}
}

// lists are the nomenclatures that a dimension's codes are of; none where it is open.
func (d Dimension) lists() []*Nomenclature {
	switch d {
	case ByGender:
		return []*Nomenclature{genders}
	case ByAgeBand:
		return []*Nomenclature{ageBands}
	case ByEducationLevel:
		return []*Nomenclature{educationLevels}
	case ByJusticeStatus:
		return []*Nomenclature{justiceStatuses}
	case ByReferrerKind:
		return ReferrerKind("").Lists()
	}
	return nil
}

var figureMeanings = map[string]string{
	"programme": "Programme", "as_of": "Jour dont la situation est décrite", "from": "Premier jour de la période", "to": "Dernier jour de la période",
	"key": "Indicateur", "label": "Libellé de l'indicateur", "unit": "Unité", "value": "Résultat, non arrondi", "numerator": "Compte (de la durée moyenne, le total des jours)",
	"denominator": "Sur combien le taux est pris", "unknown": "Inconnus : ni pour ni contre, faute de connaître le fait", "display": "Résultat tel qu'il est imprimé, arrondi à l'unité",
	"suppressed": "Vrai si le résultat n'est pas montré (secret statistique)", "definition_version": "Version de la définition",
	"confirmed": "Emploi à 6 mois : sorties confirmées à six mois", "provisional": "Emploi à 6 mois : sorties de moins de six mois, pas encore constatées", "unconfirmed": "Emploi à 6 mois : sorties de six mois ou plus, sans constat",
	"step": "Pas de la série", "cumulative": "Vrai si chaque point compte depuis le premier jour du programme",
	"territory": "Territoire à l'entrée (code INSEE ou QPV)", "sector": "Secteur du programme", "gender": "Genre", "age_band": "Tranche d'âge à l'entrée", "education_level": "Niveau de formation à l'entrée",
	"justice_status": "Situation au regard de la justice à l'entrée", "referrer_kind": "Orientée par", "caseworker": "Chargé de mission",
}

var targetMeanings = []struct{ field, meaning string }{
	{"measured_value", "ce à quoi il est comparé"}, {"measured_from", "premier jour de ce qui est comparé"}, {"measured_to", "dernier jour de ce qui est comparé"},
	{"value", "ce qui est promis"}, {"direction", "à atteindre (at_least) ou repère (informative)"}, {"met", "atteint à ce jour"}, {"gap", "écart : mesuré moins promis"},
}

// meaningOf says in French what a column holds.
func meaningOf(column string) string {
	rest, target := strings.CutPrefix(column, "target_")
	if !target {
		return figureMeanings[column]
	}
	for _, one := range targetMeanings {
		if period, found := strings.CutSuffix(rest, "_"+one.field); found {
			if period == string(WholeProgramme) {
				return "Objectif du programme : " + one.meaning
			}
			return "Objectif de " + period + " : " + one.meaning
		}
	}
	return ""
}
