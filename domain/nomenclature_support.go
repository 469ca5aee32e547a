package domain

// The groups of ActionKind.
const (
	GroupSocial        = "social"
	GroupProfessionnel = "professionnel"
)

// Strength (force) is what the person can build on.
type Strength string

const (
	StrengthExperienceProfessionnelle Strength = "experience_professionnelle"
	StrengthExperienceDetention       Strength = "experience_detention"
	StrengthExperienceEtranger        Strength = "experience_etranger"
	StrengthExperienceNonDeclaree     Strength = "experience_non_declaree"
	StrengthBenevolatSport            Strength = "benevolat_sport"
	StrengthAdaptation                Strength = "adaptation"
	StrengthTravailEnEquipe           Strength = "travail_en_equipe"
	StrengthAutonomie                 Strength = "autonomie"
	StrengthLangues                   Strength = "langues"
	StrengthPermisVehicule            Strength = "permis_vehicule"
	StrengthEntourage                 Strength = "entourage"
)

var strengths = list("strength", "Force", "Strength",
	"What the person can build on, found in the diagnostic. Values of the programme’s own diagnostic.",
	term(StrengthExperienceProfessionnelle, "Expérience professionnelle", "Work experience"),
	term(StrengthExperienceDetention, "Expérience acquise en détention", "Experience gained in custody"),
	term(StrengthExperienceEtranger, "Expérience acquise à l’étranger", "Experience gained abroad"),
	term(StrengthExperienceNonDeclaree, "Expérience non déclarée", "Undeclared work experience"),
	term(StrengthBenevolatSport, "Bénévolat, sport", "Volunteering, sport"),
	term(StrengthAdaptation, "Capacité d’adaptation", "Adaptability"),
	term(StrengthTravailEnEquipe, "Travail en équipe", "Teamwork"),
	term(StrengthAutonomie, "Autonomie", "Self-reliance"),
	term(StrengthLangues, "Langues", "Languages"),
	term(StrengthPermisVehicule, "Permis de conduire, véhicule", "Driving licence, vehicle"),
	term(StrengthEntourage, "Entourage", "Family and friends"),
)

// Nomenclature is the list of every Strength.
func (Strength) Nomenclature() *Nomenclature { return strengths }

// Codes are the values of the list, in order.
func (Strength) Codes() []string { return strengths.codes() }

// ActionKind is one kind of thing done with or for the person.
type ActionKind string

const (
	ActionDomiciliation              ActionKind = "domiciliation"
	ActionOuvertureDeDroits          ActionKind = "ouverture_de_droits"
	ActionAideAdministrative         ActionKind = "aide_administrative"
	ActionMiseEnRelationSante        ActionKind = "mise_en_relation_sante"
	ActionMiseEnRelationLogement     ActionKind = "mise_en_relation_logement"
	ActionMobilite                   ActionKind = "mobilite"
	ActionAnalyseDeParcours          ActionKind = "analyse_de_parcours"
	ActionValorisationDesCompetences ActionKind = "valorisation_des_competences"
	ActionPresentationDeSecteur      ActionKind = "presentation_de_secteur"
	ActionVisiteEntreprise           ActionKind = "visite_entreprise"
	ActionForum                      ActionKind = "forum"
	ActionCandidature                ActionKind = "candidature"
	ActionPreparationEntretien       ActionKind = "preparation_entretien"
	ActionInscriptionFormation       ActionKind = "inscription_formation"
	ActionInscriptionFranceTravail   ActionKind = "inscription_france_travail"
)

var actionKinds = list("action", "Action", "Action",
	"What was done with or for the person, social or professional. The yearly report gives nature, object, duration and intensity of actions "+
		"(Code du travail, art. D. 5316-10). Values of the programme’s own.",
	term(ActionDomiciliation, "Domiciliation", "Administrative address").in(GroupSocial),
	term(ActionOuvertureDeDroits, "Ouverture de droits", "Rights opened").in(GroupSocial),
	term(ActionAideAdministrative, "Aide administrative", "Administrative help").in(GroupSocial),
	term(ActionMiseEnRelationSante, "Mise en relation, santé", "Put in touch with health services").in(GroupSocial),
	term(ActionMiseEnRelationLogement, "Mise en relation, logement", "Put in touch with housing services").in(GroupSocial),
	term(ActionMobilite, "Aide à la mobilité", "Help with mobility").in(GroupSocial),
	term(ActionAnalyseDeParcours, "Analyse du parcours", "Review of the person’s path").in(GroupProfessionnel),
	term(ActionValorisationDesCompetences, "Valorisation des compétences", "Naming and showing skills").in(GroupProfessionnel),
	term(ActionPresentationDeSecteur, "Présentation d’un secteur", "Presentation of a trade sector").in(GroupProfessionnel),
	term(ActionVisiteEntreprise, "Visite d’entreprise", "Company visit").in(GroupProfessionnel),
	term(ActionForum, "Forum de l’emploi", "Job fair").in(GroupProfessionnel),
	term(ActionCandidature, "Candidature", "Job application").in(GroupProfessionnel),
	term(ActionPreparationEntretien, "Préparation à l’entretien", "Interview preparation").in(GroupProfessionnel),
	term(ActionInscriptionFormation, "Inscription en formation", "Enrolment in training").in(GroupProfessionnel),
	term(ActionInscriptionFranceTravail, "Inscription à France Travail", "Registration with France Travail").in(GroupProfessionnel),
)

// Nomenclature is the list of every ActionKind.
func (ActionKind) Nomenclature() *Nomenclature { return actionKinds }

// Codes are the values of the list, in order.
func (ActionKind) Codes() []string { return actionKinds.codes() }

// Proposal is what was proposed to the person; what followed is FollowedBy.
type Proposal string

const (
	ProposalOrientation             Proposal = "orientation"
	ProposalFormationPrequalifiante Proposal = "formation_prequalifiante"
	ProposalFormationQualifiante    Proposal = "formation_qualifiante"
	ProposalEmploi                  Proposal = "emploi"
	ProposalRelaisReseauEmploi      Proposal = "relais_reseau_emploi"
)

var proposals = list("proposal", "Proposition", "Proposal",
	"What was proposed to the person, for the yearly report: orientation, pre-qualifying or qualifying training, a job, or support by a member of the réseau pour l’emploi. "+
		"Source: Code du travail, art. D. 5316-10, 4° and 5°.",
	term(ProposalOrientation, "Orientation", "Guidance"),
	term(ProposalFormationPrequalifiante, "Formation préqualifiante", "Pre-qualifying training"),
	term(ProposalFormationQualifiante, "Formation qualifiante", "Qualifying training"),
	term(ProposalEmploi, "Emploi", "Job"),
	term(ProposalRelaisReseauEmploi, "Relais vers le réseau pour l’emploi", "Handover to the réseau pour l’emploi"),
)

// Nomenclature is the list of every Proposal.
func (Proposal) Nomenclature() *Nomenclature { return proposals }

// Codes are the values of the list, in order.
func (Proposal) Codes() []string { return proposals.codes() }

// FollowedBy is what became of a proposal.
type FollowedBy string

const (
	FollowedByAccepted     FollowedBy = "accepted"
	FollowedByRefused      FollowedBy = "refused"
	FollowedByNoAnswer     FollowedBy = "no_answer"
	FollowedByNotAvailable FollowedBy = "not_available"
)

var followUps = list("followed_by", "Suite donnée", "What followed",
	"What became of a proposal, which the yearly report has to say. Source: Code du travail, art. D. 5316-10, 4° and 5°.",
	term(FollowedByAccepted, "Acceptée", "Accepted"),
	term(FollowedByRefused, "Refusée", "Refused"),
	term(FollowedByNoAnswer, "Sans réponse", "No answer"),
	term(FollowedByNotAvailable, "Non disponible", "Not available"),
)

// Nomenclature is the list of every FollowedBy.
func (FollowedBy) Nomenclature() *Nomenclature { return followUps }

// Codes are the values of the list, in order.
func (FollowedBy) Codes() []string { return followUps.codes() }

// ObjectiveState is what has become of an objective of the charter: open, then reached or abandoned.
type ObjectiveState string

const (
	ObjectiveOpen      ObjectiveState = "open"
	ObjectiveReached   ObjectiveState = "reached"
	ObjectiveAbandoned ObjectiveState = "abandoned"
)

var objectiveStates = list("objective_state", "État de l’objectif", "State of an objective",
	"What has become of an objective agreed in the charter. Values of this API.",
	term(ObjectiveOpen, "En cours", "Open"),
	term(ObjectiveReached, "Atteint", "Reached"),
	term(ObjectiveAbandoned, "Abandonné", "Abandoned"),
)

// Nomenclature is the list of every ObjectiveState.
func (ObjectiveState) Nomenclature() *Nomenclature { return objectiveStates }

// Codes are the values of the list, in order.
func (ObjectiveState) Codes() []string { return objectiveStates.codes() }

// ImmersionPurpose is why an immersion (PMSMP) is made: one of the three objects the law knows.
type ImmersionPurpose string

const (
	ImmersionDecouvrirUnMetier    ImmersionPurpose = "decouvrir_un_metier"
	ImmersionConfirmerUnProjet    ImmersionPurpose = "confirmer_un_projet"
	ImmersionInitierUnRecrutement ImmersionPurpose = "initier_un_recrutement"
)

var immersionPurposes = list("immersion_purpose", "Objet de l’immersion", "Purpose of an immersion",
	"Why a « période de mise en situation en milieu professionnel » (PMSMP) is made. Source: Code du travail, art. L. 5135-1 and following.",
	term(ImmersionDecouvrirUnMetier, "Découvrir un métier ou un secteur d’activité", "Discover a trade or a sector"),
	term(ImmersionConfirmerUnProjet, "Confirmer un projet professionnel", "Confirm a career plan"),
	term(ImmersionInitierUnRecrutement, "Initier une démarche de recrutement", "Start a recruitment"),
)

// Nomenclature is the list of every ImmersionPurpose.
func (ImmersionPurpose) Nomenclature() *Nomenclature { return immersionPurposes }

// Codes are the values of the list, in order.
func (ImmersionPurpose) Codes() []string { return immersionPurposes.codes() }
