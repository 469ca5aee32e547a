package domain

import (
	"reflect"
	"slices"
	"strings"
)

// The words of the report's workbook: what its columns are called in French, and what its codes are.

// reportHeadings are what a field of the report is called; a sheet's own comes first.
var reportHeadings = map[string]string{
	"table": "Période", "series": "Série", "breakdown": "Tableau", "permanence": "Permanence",
	"as_of": "Situation au", "from": "Du", "to": "Au", "label": "Indicateur", "unit": "Unité", "value": "Valeur exacte", "numerator": "Compte", "denominator": "Sur", "unknown": "Inconnus", "display": "Résultat",
	"suppressed": "Secret statistique", "definition_version": "Version de la définition", "confirmed": "Emploi confirmé à 6 mois", "provisional": "Emploi de moins de 6 mois", "unconfirmed": "Emploi sans constat",
	"sector": "Secteur", "field": "Rubrique", "code": "Valeur", "count": "Nombre", "percent": "Part (%)",
	"Objectifs.period": "Objectif de", "Objectifs.value": "Promis", "direction": "Sens", "measured_value": "Mesuré", "measured_from": "Mesuré du", "measured_to": "Mesuré au", "met": "Atteint", "gap": "Écart",
	"Profil.value": "Âge ou nombre",
	"sites":        "Lieux de permanence", "permanences": "Permanences", "days_held": "Permanences tenues (jours)", "moved": "dont déplacées", "cancelled": "Annulées", "closed_days": "Fermées (jours fériés, fermetures)",
	"minutes_held": "Accueil (minutes)", "caseworkers": "Chargés de mission", "targeted_places": "Territoires ciblés", "list_provisional": "Liste provisoire des territoires",
	"Permanences.label": "Permanence", "site": "Lieu", "weekday": "Jour", "every_weeks": "Toutes les (semaines)", "start_time": "Ouverture", "end_time": "Fermeture", "held": "Tenues",
	"on": "Le", "status": "État", "closed_for": "Fermée pour",
	"name": "Organisme", "kind": "Nature", "hosts": "Accueille une permanence", "agreement": "Accord avec le programme", "received": "Orientations reçues", "accepted": "acceptées", "declined": "refusées",
	"actions": "Actions menées avec lui", "proposals": "Propositions", "immersions": "Immersions",
	"people": "Personnes", "minutes": "Durée (minutes)", "minutes_unknown": "Sans durée saisie", "support_days": "Jours d'accompagnement (comptés comme la durée moyenne : le dernier jour n'en ajoute pas)",
	"minutes_per_month": "Minutes par personne et par mois d'accompagnement", "nature": "Nature", "object": "Objet", "days": "Jours",
	"Propositions.kind": "Proposition", "proposed": "Faites", "refused": "refusées", "no_answer": "sans réponse", "not_available": "non disponibles", "open": "sans suite connue",
	"Motifs d'entrée.code": "Motif d'éligibilité", "Motifs d'entrée.count": "Entrées",
	"exits": "Parcours terminés", "positive": "dont sorties positives", "registered": "Inscrits à France Travail à la sortie", "not_registered": "Non inscrits", "unobserved": "Inscription inconnue",
	"Motifs de sortie.kind": "Motif", "group": "Groupe", "Motifs de sortie.count": "Parcours",
	"year": "Rapport d'activité", "year_over": "Année terminée", "programme_name": "Programme", "operator_name": "Opérateur", "starts_on": "Convention du", "ends_on": "Convention au", "drawn_up_on": "Document établi le",
	"asked_as_of": "Jour demandé", "presence_until": "Permanences jusqu'au", "withheld": "Secret statistique appliqué",
	"version": "Version", "valid_from": "En vigueur depuis", "formula_fr": "Formule", "source": "Source",
}

// reportCodes are those of no nomenclature.
var reportCodes = map[string]string{
	"table": "Depuis le début", "table_of_year": "Dans l'année", "entries": "Personnes entrées", "entries_to_date": "Personnes entrées depuis le début", "meetings": "Présence aux rendez-vous individuels",
	"sectors": "Personnes", "coverage": "Territoires atteints", "count": "nombre", "percent": "%", "months": "mois", "days": "jours", "at_least": "à atteindre", "informative": "repère",
	"programme": "tout le programme", "month": "mois", "true": "oui", "false": "non",
	"appointment": "Rendez-vous individuel", "workshop": "Atelier collectif", "action": "Action", "immersion": "Immersion",
	"people": "Personnes", "gender": "Genre", "education_level": "Niveau de formation", "justice_status": "Situation au regard de la justice", "referrer_kind": "Orientée par", "barriers": "Freins repérés",
	"exits_to_work": "Parcours terminés par un emploi", "age": "Âge à l'entrée", "meetings_held": "Rendez-vous individuels honorés", "mean": "moyen", "min": "de la plus jeune", "max": "de la plus âgée",
	GroupEmploi: "Emploi", GroupFormationCertifianteOuQualifiante: "Formation certifiante ou qualifiante", GroupFormationAutre: "Autre formation", GroupSIAE: "SIAE", GroupDroitCommun: "Réseau pour l'emploi", GroupAutre: "Autre",
	UnknownCode: "Non renseigné",
}

// codedColumns are those whose cells are codes, and of which lists; of none where reportCodes has them.
var codedColumns = map[string][]*Nomenclature{
	"table": nil, "series": nil, "breakdown": nil, "unit": nil, "direction": nil, "period": nil, "nature": nil, "group": nil, "step": nil, "sector": nil, "field": nil,
	"suppressed": nil, "met": nil, "hosts": nil, "agreement": nil, "list_provisional": nil, "year_over": nil, "withheld": nil,
	"weekday": {weekdays}, "status": {occurrenceStatuses}, "kind": {exitKinds, proposals, organisationKinds},
	"object": {meetingModes, workshopKinds, actionKinds, immersionPurposes}, "code": {genders, educationLevels, justiceStatuses, barriers, eligibilityGrounds, organisationKinds, referralOrigins},
}

// listsOf are the lists of a sheet's column, where its name alone would not tell.
func listsOf(sheet, column string) []*Nomenclature {
	switch sheet + "." + column {
	case "Partenaires.kind":
		return []*Nomenclature{organisationKinds}
	case "Propositions.kind":
		return []*Nomenclature{proposals}
	case "Motifs de sortie.kind":
		return []*Nomenclature{exitKinds}
	case "Motifs d'entrée.code":
		return []*Nomenclature{eligibilityGrounds}
	}
	return codedColumns[column]
}

// reportCode is what a cell of a coded column says in French.
func reportCode(sheet, column, code string, of ...*Nomenclature) string {
	for _, list := range append(of, listsOf(sheet, column)...) {
		if term, found := list.term(code); found {
			return term.LabelFR
		}
	}
	if words, known := reportCodes[code]; known {
		return words
	}
	return code
}

func heading(sheet, column string) string {
	if own, has := reportHeadings[sheet+"."+column]; has {
		return own
	}
	return reportHeadings[column]
}

// frenchDate is a day as people write it; any other text as it is.
func frenchDate(text string) string {
	day, err := ParseDate(text)
	if err != nil {
		return text
	}
	return text[8:10] + "/" + text[5:7] + "/" + itoa(day.Year())
}

// listed is the sheet in French, without what tells it from others alone: the programme's slug and keys.
func (s Sheet) listed() Sheet {
	in := Sheet{Name: s.Name, Rows: [][]string{}}
	var kept []int
	for i, column := range s.Header {
		if slices.Contains([]string{"programme", "key", "step", "cumulative"}, column) || s.Name == "Définitions" && column == "definition_version" {
			continue
		}
		kept = append(kept, i)
		title := heading(s.Name, column)
		in.Header = append(in.Header, title)
		if slices.Contains(s.Numbers, column) {
			in.Numbers = append(in.Numbers, title)
		}
	}
	field, nature := slices.Index(s.Header, "field"), slices.Index(s.Header, "nature")
	for _, row := range s.Rows {
		cells := make([]string, len(kept))
		for to, from := range kept {
			column, cell := s.Header[from], row[from]
			_, coded := codedColumns[column]
			switch {
			case cell == "":
			case coded && field >= 0 && column == "code":
				cell = reportCode(s.Name, column, cell, fieldLists[row[field]]...)
			case coded && nature >= 0 && column == "object":
				cell = reportCode(s.Name, column, cell, natureLists[row[nature]])
			case coded:
				cell = reportCode(s.Name, column, cell)
			default:
				cell = frenchDate(cell)
			}
			cells[to] = cell
		}
		in.Rows = append(in.Rows, cells)
	}
	return in
}

// fieldLists are the lists of the profile's fields.
var fieldLists = map[string][]*Nomenclature{
	"gender": {genders}, "education_level": {educationLevels}, "justice_status": {justiceStatuses}, "referrer_kind": {organisationKinds, referralOrigins}, "barriers": {barriers},
}

// natureLists is what an activity of each nature is about.
var natureLists = map[string]*Nomenclature{"appointment": meetingModes, "workshop": workshopKinds, "action": actionKinds, "immersion": immersionPurposes}

// upright is one thing as a sheet: a row for each of its fields, but for what is withheld.
func upright(name string, of any) Sheet {
	sheet := Sheet{Name: name, Header: []string{"Élément", "Valeur"}, Rows: [][]string{}, Upright: true}
	cells := cellsOf(of)
	i := 0
	for field := range columnsOf(reflect.TypeOf(of)) {
		cell := cells[i]
		i++
		switch _, coded := codedColumns[field.name]; {
		case cell == "" && strings.HasPrefix(field.name, "asked"):
			continue
		case coded:
			cell = reportCode(name, field.name, cell)
		default:
			cell = frenchDate(cell)
		}
		sheet.Rows = append(sheet.Rows, []string{heading(name, field.name), cell})
	}
	return sheet
}
