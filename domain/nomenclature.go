package domain

import "slices"

// Nomenclature is one closed list of values, with the words people read for them and what
// other systems call the same thing. All of them are read-only once the program runs:
// they are shared between callers, and nobody changes one.
type Nomenclature struct {
	Name        string `json:"name" doc:"Name of the list, as in /v1/nomenclatures/{name}." example:"barrier" maxLength:"60"`
	LabelFR     string `json:"label_fr" doc:"What the list is called, in French." example:"Frein" maxLength:"200"`
	LabelEN     string `json:"label_en" doc:"What the list is called, in English." example:"Barrier" maxLength:"200"`
	Description string `json:"description" doc:"What the list is for, and the public source of its values and correspondences." example:"What stands between the person and work." maxLength:"2000"`
	Terms       []Term `json:"terms" doc:"The values, in the order they are shown in." maxItems:"100" nullable:"false"`
}

// Term is one value of a list.
type Term struct {
	Code     string    `json:"code" doc:"The value as it stands in requests, answers, files and tables." example:"papiers_identite" maxLength:"60"`
	LabelFR  string    `json:"label_fr" doc:"What it is called, in French." example:"Papiers d’identité" maxLength:"200"`
	LabelEN  string    `json:"label_en" doc:"What it is called, in English." example:"Identity papers" maxLength:"200"`
	Group    *string   `json:"group" doc:"The group that figures add it up under; null where the list has no groups." example:"emploi" maxLength:"60"`
	Mappings []Mapping `json:"mappings" doc:"What other systems call it; empty where none has a published word for it." maxItems:"20" nullable:"false"`
}

// Mapping is the word of another system for a term. It is a correspondence for exchanges,
// not an equality: what gets lost or widened on the way stands in Note.
type Mapping struct {
	System string  `json:"system" doc:"The other system, and where it has several series of codes, which of them." example:"france_travail_contrainte" maxLength:"60"`
	Code   string  `json:"code" doc:"The code there." example:"29" maxLength:"120"`
	Label  string  `json:"label" doc:"What the code means there, in French." example:"Difficultés administratives ou juridiques" maxLength:"200"`
	Note   *string `json:"note" doc:"What is lost or widened between the two; null where they mean the same." example:"Also covers administrative steps in general." maxLength:"500"`
}

// The systems that terms are mapped to. The diagnostic of France Travail numbers its
// contraintes, situations, objectifs and besoins apart, so that each is a system here.
const (
	SystemFranceTravailContrainte = "france_travail_contrainte"
	SystemFranceTravailSituation  = "france_travail_situation"
	SystemFranceTravailObjectif   = "france_travail_objectif"
	SystemFranceTravailBesoin     = "france_travail_besoin"
	SystemFranceTravailImpact     = "france_travail_impact"
	SystemFranceTravailNiveau     = "france_travail_niveau"
	SystemFranceTravailStatut     = "france_travail_statut"
	SystemFranceTravailModalite   = "france_travail_modalite"
	SystemDataInclusion           = "data_inclusion"
	SystemLesEmplois              = "les_emplois"
	SystemASP                     = "asp"
	SystemCadreNational           = "cadre_national"
	SystemRDVInsertion            = "rdv_insertion"
	SystemIAE                     = "iae_sortie"
)

// Coded is a string type whose values are the codes of one list. The methods say which, and
// never look at the receiver: the zero value answers as well as any other.
type Coded interface {
	~string
	Nomenclature() *Nomenclature
	Codes() []string
}

// Nomenclatures are all lists, in the order they are served in.
var Nomenclatures = []*Nomenclature{
	genders, justiceStatuses, educationLevels, eligibilityGrounds,
	barriers, strengths, actionKinds, proposals, followUps,
	attendances, meetingModes, workshopKinds, immersionPurposes,
	exitKinds, contracts, outcomeResults, evidences,
	organisationKinds, referralOrigins, declineReasons, ageBands,
	referralStatuses, workshopStatuses, requestStates, enrolmentStatuses, barrierStates, objectiveStates,
	territoryKinds, disclosures, exitClasses, matchClasses, matchReasons, impacts,
	weekdays, occurrenceStatuses,
	contactChannels, counterparts, checkpointStates, durationAlerts,
	timelineKinds, timelineEvents, worklistReasons,
}

// NomenclatureNamed finds a list by its name.
func NomenclatureNamed(name string) (*Nomenclature, error) {
	for _, n := range Nomenclatures {
		if n.Name == name {
			return n, nil
		}
	}
	return nil, Missing("nomenclature")
}

// Known tells whether the code is one of its list. The empty code never is: a fact that
// nobody knows is null, not "".
func Known[C Coded](code C) bool {
	_, found := code.Nomenclature().term(string(code))
	return found
}

// GroupOf is the group of the code: "" where its list has none, or does not know the code.
func GroupOf[C Coded](code C) string {
	term, _ := code.Nomenclature().term(string(code))
	if term.Group == nil {
		return ""
	}
	return *term.Group
}

// term finds a value of the list by its code.
func (n *Nomenclature) term(code string) (Term, bool) {
	i := slices.IndexFunc(n.Terms, func(t Term) bool { return t.Code == code })
	if i < 0 {
		return Term{}, false
	}
	return n.Terms[i], true
}

// codes are the values in order, in a slice of the caller's own.
func (n *Nomenclature) codes() []string {
	codes := make([]string, len(n.Terms))
	for i, t := range n.Terms {
		codes[i] = t.Code
	}
	return codes
}

func list(name, labelFR, labelEN, description string, terms ...Term) *Nomenclature {
	return &Nomenclature{name, labelFR, labelEN, description, terms}
}

func term[C ~string](code C, labelFR, labelEN string, mappings ...Mapping) Term {
	if mappings == nil {
		mappings = []Mapping{} // an empty list on the wire, never null
	}
	return Term{Code: string(code), LabelFR: labelFR, LabelEN: labelEN, Mappings: mappings}
}

// in puts a term in a group.
func (t Term) in(group string) Term {
	t.Group = &group
	return t
}

func mapping(system, code, label string) Mapping {
	return Mapping{System: system, Code: code, Label: label}
}

// but says what the correspondence loses.
func (m Mapping) but(note string) Mapping {
	m.Note = &note
	return m
}
