package domain

// Barrier (frein) is what stands between the person and work: a coded need, never a diagnosis nor an offence.
type Barrier string

const (
	BarrierMobilite                Barrier = "mobilite"
	BarrierSante                   Barrier = "sante"
	BarrierSanteMentale            Barrier = "sante_mentale"
	BarrierAddictions              Barrier = "addictions"
	BarrierLogement                Barrier = "logement"
	BarrierPapiersIdentite         Barrier = "papiers_identite"
	BarrierAccesAuxDroits          Barrier = "acces_aux_droits"
	BarrierCouvertureSociale       Barrier = "couverture_sociale"
	BarrierFinances                Barrier = "finances"
	BarrierNumerique               Barrier = "numerique"
	BarrierLectureEcritureCalcul   Barrier = "lecture_ecriture_calcul"
	BarrierFamille                 Barrier = "famille"
	BarrierQualification           Barrier = "qualification"
	BarrierIsolement               Barrier = "isolement"
	BarrierProblematiqueJudiciaire Barrier = "problematique_judiciaire"
	BarrierAdministratif           Barrier = "administratif"
)

var barriers = list("barrier", "Frein", "Barrier",
	"What stands between the person and work, as a coded need: never a diagnosis, never an offence. Health and justice values are sensitive. "+
		"France Travail codes are those of the shared « diagnostic argumenté » (theme 7, contraintes 22 to 29), whose contraintes, situations, objectifs and besoins are numbered apart; "+
		"data_inclusion codes are those of the data·inclusion schema v1: a thématique (with --) or, where the barrier is as wide, its category. "+
		"Sources: gip-inclusion/les-emplois, gip-inclusion/data-inclusion-schema.",
	term(BarrierMobilite, "Mobilité", "Mobility",
		mapping(SystemFranceTravailContrainte, "23", "Développer sa mobilité"),
		mapping(SystemDataInclusion, "mobilite", "Mobilité"),
	),
	term(BarrierSante, "Santé", "Health",
		mapping(SystemFranceTravailContrainte, "25", "Prendre en compte son état de santé"),
		mapping(SystemDataInclusion, "sante--acces-aux-soins", "Accès aux soins").but("Care only, not what health allows at work."),
	),
	term(BarrierSanteMentale, "Santé mentale", "Mental health",
		mapping(SystemFranceTravailContrainte, "25", "Prendre en compte son état de santé").but("The contrainte as a whole; it does not tell this barrier apart."),
		mapping(SystemDataInclusion, "sante--sante-mentale", "Santé mentale"),
	),
	term(BarrierAddictions, "Addictions", "Addictions",
		mapping(SystemFranceTravailContrainte, "25", "Prendre en compte son état de santé").but("Addictions have no situation of their own there, only an objective."),
		mapping(SystemFranceTravailObjectif, "33", "Comportements de santé (dépendances…)").but("An objective, not a finding: the only place where dependencies are named."),
		mapping(SystemDataInclusion, "sante--addictions", "Addictions"),
	),
	term(BarrierLogement, "Logement et hébergement", "Housing",
		mapping(SystemFranceTravailContrainte, "27", "Logement"),
		mapping(SystemDataInclusion, "logement-hebergement", "Logement et hébergement"),
	),
	term(BarrierPapiersIdentite, "Papiers d’identité", "Identity papers",
		mapping(SystemFranceTravailContrainte, "29", "Difficultés administratives ou juridiques").but("The contrainte as a whole; it does not tell this barrier apart."),
		mapping(SystemFranceTravailSituation, "38", "Justificatif d’identité"),
		mapping(SystemDataInclusion, "difficultes-administratives-ou-juridiques--accompagnement-aux-demarches-administratives", "Accompagnement aux démarches administratives").but("Administrative steps in general."),
	),
	term(BarrierAccesAuxDroits, "Accès aux droits", "Access to rights",
		mapping(SystemFranceTravailContrainte, "29", "Difficultés administratives ou juridiques").but("The contrainte as a whole; it does not tell this barrier apart."),
		mapping(SystemFranceTravailSituation, "36", "Accès aux droits"),
		mapping(SystemFranceTravailObjectif, "28", "Accès aux droits"),
		mapping(SystemDataInclusion, "difficultes-administratives-ou-juridiques--accompagnement-pour-lacces-aux-droits", "Accompagnement pour l’accès aux droits"),
	),
	term(BarrierCouvertureSociale, "Couverture sociale et mutuelle", "Health insurance",
		mapping(SystemFranceTravailContrainte, "25", "Prendre en compte son état de santé").but("The contrainte as a whole; it does not tell this barrier apart."),
		mapping(SystemFranceTravailSituation, "16", "Couverture sociale/mutuelle à jour").but("Worded the other way round there: that the cover is up to date."),
		mapping(SystemFranceTravailObjectif, "13", "Accès droits et soins"),
		mapping(SystemDataInclusion, "sante--acces-aux-soins", "Accès aux soins").but("Access to care in general."),
	),
	term(BarrierFinances, "Difficultés financières", "Money",
		mapping(SystemFranceTravailContrainte, "28", "Difficultés financières"),
		mapping(SystemDataInclusion, "difficultes-financieres", "Difficultés financières"),
	),
	term(BarrierNumerique, "Numérique", "Digital access and skills",
		mapping(SystemFranceTravailContrainte, "22", "Accéder au numérique et en maîtriser les fondamentaux"),
		mapping(SystemDataInclusion, "numerique", "Numérique"),
	),
	term(BarrierLectureEcritureCalcul, "Lecture, écriture et calcul", "Reading, writing and arithmetic",
		mapping(SystemFranceTravailContrainte, "26", "Lecture, écriture, calcul"),
		mapping(SystemDataInclusion, "lecture-ecriture-calcul", "Lecture, écriture et calcul"),
	),
	term(BarrierFamille, "Contraintes familiales", "Family constraints",
		mapping(SystemFranceTravailContrainte, "24", "Surmonter ses contraintes familiales"),
		mapping(SystemDataInclusion, "famille", "Famille"),
	),
	term(BarrierQualification, "Qualification et formation", "Qualification",
		mapping(SystemFranceTravailBesoin, "5", "Trouver formation").but("A professional need there, not a contrainte."),
		mapping(SystemFranceTravailBesoin, "6", "Monter dossier").but("A professional need there, not a contrainte."),
		mapping(SystemDataInclusion, "se-former", "Se former"),
	),
	term(BarrierIsolement, "Isolement", "Isolation",
		mapping(SystemFranceTravailObjectif, "32", "Rompre l’isolement").but("An objective of contrainte 24 (family), not a finding."),
		mapping(SystemDataInclusion, "remobilisation--lien-social", "Lien social"),
	),
	term(BarrierProblematiqueJudiciaire, "Problématique judiciaire", "Judicial matters",
		mapping(SystemFranceTravailContrainte, "29", "Difficultés administratives ou juridiques").but("The contrainte as a whole; it does not tell this barrier apart."),
		mapping(SystemFranceTravailObjectif, "26", "Problématique judiciaire").but("An objective, not a finding: the only place where it is named."),
		mapping(SystemDataInclusion, "difficultes-administratives-ou-juridiques--prendre-en-compte-une-problematique-judiciaire", "Prendre en compte une problématique judiciaire"),
	),
	term(BarrierAdministratif, "Démarches administratives", "Administrative steps",
		mapping(SystemFranceTravailContrainte, "29", "Difficultés administratives ou juridiques").but("The contrainte as a whole; it does not tell this barrier apart."),
		mapping(SystemFranceTravailSituation, "35", "Démarche administrative"),
		mapping(SystemFranceTravailObjectif, "27", "Appui démarches"),
		mapping(SystemDataInclusion, "difficultes-administratives-ou-juridiques--accompagnement-aux-demarches-administratives", "Accompagnement aux démarches administratives"),
	),
)

// Nomenclature is the list of every Barrier.
func (Barrier) Nomenclature() *Nomenclature { return barriers }

// Codes are the values of the list, in order.
func (Barrier) Codes() []string { return barriers.codes() }

// BarrierState is how far a barrier has been dealt with: open, then in progress, then lifted or set aside.
type BarrierState string

const (
	BarrierOpen       BarrierState = "open"
	BarrierInProgress BarrierState = "in_progress"
	BarrierLifted     BarrierState = "lifted"
	BarrierSetAside   BarrierState = "set_aside"
)

var barrierStates = list("barrier_state", "État du frein", "State of a barrier",
	"How far a barrier has been dealt with. A barrier set aside is one the person and the caseworker agreed not to work on. Values of this API.",
	term(BarrierOpen, "À traiter", "Open"),
	term(BarrierInProgress, "En cours", "In progress"),
	term(BarrierLifted, "Levé", "Lifted"),
	term(BarrierSetAside, "Mis de côté", "Set aside"),
)

// Nomenclature is the list of every BarrierState.
func (BarrierState) Nomenclature() *Nomenclature { return barrierStates }

// Codes are the values of the list, in order.
func (BarrierState) Codes() []string { return barrierStates.codes() }

// Impact is how much a barrier weighs on the person's way to work.
type Impact string

const (
	ImpactFort   Impact = "fort"
	ImpactMoyen  Impact = "moyen"
	ImpactFaible Impact = "faible"
)

var impacts = list("impact", "Impact du frein", "Impact of a barrier",
	"How much a barrier weighs on the person’s way to work, as assessed. Source: France Travail’s « diagnostic argumenté », which says the same of each contrainte.",
	term(ImpactFort, "Fort", "Strong", mapping(SystemFranceTravailImpact, "FORT", "Fort")),
	term(ImpactMoyen, "Moyen", "Medium", mapping(SystemFranceTravailImpact, "MOYEN", "Moyen")),
	term(ImpactFaible, "Faible", "Weak", mapping(SystemFranceTravailImpact, "FAIBLE", "Faible")),
)

// Nomenclature is the list of every Impact.
func (Impact) Nomenclature() *Nomenclature { return impacts }

// Codes are the values of the list, in order.
func (Impact) Codes() []string { return impacts.codes() }
