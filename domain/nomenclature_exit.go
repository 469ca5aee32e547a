package domain

// The groups of ExitKind. Every group but autre is a positive exit.
const (
	GroupEmploi                            = "emploi"
	GroupFormationCertifianteOuQualifiante = "formation_certifiante_ou_qualifiante"
	GroupFormationAutre                    = "formation_autre"
	GroupSIAE                              = "siae"
	GroupDroitCommun                       = "droit_commun"
	GroupAutre                             = "autre"
)

// ExitKind is how the path ended.
type ExitKind string

const (
	ExitCDI                     ExitKind = "cdi"
	ExitCDD6MoisOuPlus          ExitKind = "cdd_6_mois_ou_plus"
	ExitCDDMoins6Mois           ExitKind = "cdd_moins_6_mois"
	ExitInterim                 ExitKind = "interim"
	ExitAlternance              ExitKind = "alternance"
	ExitContratAide             ExitKind = "contrat_aide"
	ExitFonctionPublique        ExitKind = "fonction_publique"
	ExitCreationActivite        ExitKind = "creation_activite"
	ExitFormationCertifiante    ExitKind = "formation_certifiante"
	ExitFormationQualifiante    ExitKind = "formation_qualifiante"
	ExitFormationPrequalifiante ExitKind = "formation_prequalifiante"
	ExitSIAE                    ExitKind = "siae"
	ExitRelaisReseauEmploi      ExitKind = "relais_reseau_emploi"
	ExitAbandon                 ExitKind = "abandon"
	ExitSansNouvelles           ExitKind = "sans_nouvelles"
	ExitDemenagement            ExitKind = "demenagement"
	ExitIncarceration           ExitKind = "incarceration"
	ExitSante                   ExitKind = "sante"
	ExitDureeMaximale           ExitKind = "duree_maximale"
	ExitDeces                   ExitKind = "deces"
	ExitAutre                   ExitKind = "autre"
)

var exitKinds = list("exit_kind", "Motif de sortie", "Kind of exit",
	"How the path ended. An exit is positive in every group but autre. A contract of exactly 6 months counts among 6 months or more. "+
		"iae_sortie names the classes of exits of the insertion par l’activité économique (emploi durable, emploi de transition, sortie positive, autres sorties); it publishes words, not codes, "+
		"and values it does not class have no correspondence. Sources: communaute.inclusion.beta.gouv.fr; Code du travail, art. D. 5316-10, 6°.",
	term(ExitCDI, "CDI", "Permanent contract",
		mapping(SystemIAE, "emploi_durable", "Emploi durable"),
	).in(GroupEmploi),
	term(ExitCDD6MoisOuPlus, "CDD de 6 mois ou plus", "Fixed-term contract of 6 months or more",
		mapping(SystemIAE, "emploi_durable", "Emploi durable").but("More than 6 months there; exactly 6 months is classed by neither side of its rule."),
	).in(GroupEmploi),
	term(ExitCDDMoins6Mois, "CDD de moins de 6 mois", "Fixed-term contract of less than 6 months",
		mapping(SystemIAE, "emploi_de_transition", "Emploi de transition"),
	).in(GroupEmploi),
	term(ExitInterim, "Intérim", "Temporary agency work",
		mapping(SystemIAE, "emploi_durable", "Emploi durable").but("Where the assignment is longer than 6 months."),
		mapping(SystemIAE, "emploi_de_transition", "Emploi de transition").but("Where the assignment is shorter than 6 months."),
	).in(GroupEmploi),
	term(ExitAlternance, "Alternance (apprentissage ou professionnalisation)", "Work-study contract").in(GroupEmploi),
	term(ExitContratAide, "Contrat aidé", "Subsidised contract",
		mapping(SystemIAE, "emploi_de_transition", "Emploi de transition").but("With an ordinary employer."),
	).in(GroupEmploi),
	term(ExitFonctionPublique, "Fonction publique", "Public service",
		mapping(SystemIAE, "emploi_durable", "Emploi durable"),
	).in(GroupEmploi),
	term(ExitCreationActivite, "Création d’activité", "Own business",
		mapping(SystemIAE, "emploi_durable", "Emploi durable"),
	).in(GroupEmploi),
	term(ExitFormationCertifiante, "Formation certifiante", "Certifying training").in(GroupFormationCertifianteOuQualifiante),
	term(ExitFormationQualifiante, "Formation qualifiante", "Qualifying training",
		mapping(SystemIAE, "sortie_positive", "Sortie positive").but("One of three classes there: what is positive here is called dynamique there."),
	).in(GroupFormationCertifianteOuQualifiante),
	term(ExitFormationPrequalifiante, "Formation préqualifiante", "Pre-qualifying training",
		mapping(SystemIAE, "sortie_positive", "Sortie positive").but("One of three classes there: what is positive here is called dynamique there."),
	).in(GroupFormationAutre),
	term(ExitSIAE, "Embauche dans une SIAE", "Hired by a work integration structure (SIAE)",
		mapping(SystemIAE, "sortie_positive", "Sortie positive").but("There, hiring by another SIAE than the one left. One of three classes there: what is positive here is called dynamique there."),
	).in(GroupSIAE),
	term(ExitRelaisReseauEmploi, "Relais vers le réseau pour l’emploi (France Travail, mission locale, Cap emploi)", "Handed over to the réseau pour l’emploi (France Travail, mission locale, Cap emploi)").in(GroupDroitCommun),
	term(ExitAbandon, "Abandon", "Gave up").in(GroupAutre),
	term(ExitSansNouvelles, "Sans nouvelles", "Lost contact",
		mapping(SystemIAE, "autre_sortie", "Autres sorties"),
	).in(GroupAutre),
	term(ExitDemenagement, "Déménagement", "Moved away").in(GroupAutre),
	term(ExitIncarceration, "Incarcération", "Imprisoned").in(GroupAutre),
	term(ExitSante, "Raison de santé", "Health reason").in(GroupAutre),
	term(ExitDureeMaximale, "Durée maximale atteinte", "Longest duration reached").in(GroupAutre),
	term(ExitDeces, "Décès", "Death").in(GroupAutre),
	term(ExitAutre, "Autre", "Other reason").in(GroupAutre),
)

// Nomenclature is the list of every ExitKind.
func (ExitKind) Nomenclature() *Nomenclature { return exitKinds }

// Codes are the values of the list, in order.
func (ExitKind) Codes() []string { return exitKinds.codes() }

// Positive tells whether the exit counts as a positive one: a job, training, a SIAE or the
// réseau pour l’emploi. An unknown kind is not positive.
func (k ExitKind) Positive() bool { return Known(k) && GroupOf(k) != GroupAutre }

// Contract is what a job is held under: the jobs of ExitKind, and the contract of a SIAE.
type Contract string

const (
	ContractCDI              Contract = "cdi"
	ContractCDD6MoisOuPlus   Contract = "cdd_6_mois_ou_plus"
	ContractCDDMoins6Mois    Contract = "cdd_moins_6_mois"
	ContractInterim          Contract = "interim"
	ContractAlternance       Contract = "alternance"
	ContractContratAide      Contract = "contrat_aide"
	ContractFonctionPublique Contract = "fonction_publique"
	ContractCreationActivite Contract = "creation_activite"
	ContractCDDInsertion     Contract = "cdd_insertion"
)

var contracts = list("contract", "Contrat", "Contract",
	"What a job is held under: the jobs of exit_kind under the same codes, and the CDD d’insertion (CDDI) of a SIAE. Correspondences with the classes of exits are given in exit_kind.",
	term(ContractCDI, "CDI", "Permanent contract"),
	term(ContractCDD6MoisOuPlus, "CDD de 6 mois ou plus", "Fixed-term contract of 6 months or more"),
	term(ContractCDDMoins6Mois, "CDD de moins de 6 mois", "Fixed-term contract of less than 6 months"),
	term(ContractInterim, "Intérim", "Temporary agency work"),
	term(ContractAlternance, "Alternance (apprentissage ou professionnalisation)", "Work-study contract"),
	term(ContractContratAide, "Contrat aidé", "Subsidised contract"),
	term(ContractFonctionPublique, "Fonction publique", "Public service"),
	term(ContractCreationActivite, "Création d’activité", "Own business"),
	term(ContractCDDInsertion, "CDD d’insertion (CDDI)", "Work integration contract (CDDI)"),
)

// Nomenclature is the list of every Contract.
func (Contract) Nomenclature() *Nomenclature { return contracts }

// Codes are the values of the list, in order.
func (Contract) Codes() []string { return contracts.codes() }

// OutcomeResult is what was found at a checkpoint, six months after the exit.
type OutcomeResult string

const (
	OutcomeInEmployment OutcomeResult = "in_employment"
	OutcomeInTraining   OutcomeResult = "in_training"
	OutcomeNeither      OutcomeResult = "neither"
	OutcomeUnreachable  OutcomeResult = "unreachable"
	OutcomeRefused      OutcomeResult = "refused"
)

var outcomeResults = list("outcome", "Situation à l’échéance", "Outcome at a checkpoint",
	"What was found six months after the exit. Unreachable and refused say that the situation is not known, which is not the same as neither. Values of this API.",
	term(OutcomeInEmployment, "En emploi", "In employment"),
	term(OutcomeInTraining, "En formation", "In training"),
	term(OutcomeNeither, "Ni en emploi ni en formation", "Neither in work nor in training"),
	term(OutcomeUnreachable, "Injoignable", "Could not be reached"),
	term(OutcomeRefused, "A refusé de répondre", "Refused to answer"),
)

// Nomenclature is the list of every OutcomeResult.
func (OutcomeResult) Nomenclature() *Nomenclature { return outcomeResults }

// Codes are the values of the list, in order.
func (OutcomeResult) Codes() []string { return outcomeResults.codes() }

// Evidence is what a job or an outcome is known from.
type Evidence string

const (
	EvidenceContrat              Evidence = "contrat"
	EvidenceBulletinDeSalaire    Evidence = "bulletin_de_salaire"
	EvidenceAttestationEmployeur Evidence = "attestation_employeur"
	EvidenceFranceTravail        Evidence = "france_travail"
	EvidenceDeclaration          Evidence = "declaration"
)

var evidences = list("evidence", "Justificatif", "Evidence",
	"What a job or an outcome is known from: the préfet may ask for anything that proves actions and results. Source: Code du travail, art. D. 5316-11.",
	term(EvidenceContrat, "Contrat de travail", "Employment contract"),
	term(EvidenceBulletinDeSalaire, "Bulletin de salaire", "Payslip"),
	term(EvidenceAttestationEmployeur, "Attestation de l’employeur", "Employer’s statement"),
	term(EvidenceFranceTravail, "Information de France Travail", "Information from France Travail"),
	term(EvidenceDeclaration, "Déclaration de la personne", "The person’s own word"),
)

// Nomenclature is the list of every Evidence.
func (Evidence) Nomenclature() *Nomenclature { return evidences }

// Codes are the values of the list, in order.
func (Evidence) Codes() []string { return evidences.codes() }

// EnrolmentStatus is how far an enrolment has come.
type EnrolmentStatus string

const (
	EnrolmentActive   EnrolmentStatus = "active"
	EnrolmentFollowUp EnrolmentStatus = "follow_up"
	EnrolmentExited   EnrolmentStatus = "exited"
	EnrolmentClosed   EnrolmentStatus = "closed"
	EnrolmentVoided   EnrolmentStatus = "voided"
)

var enrolmentStatuses = list("enrolment_status", "État du parcours", "State of an enrolment",
	"How far a path through a programme has come: active until the exit; after it, in follow-up for up to six months where the person agreed; then closed. Voided is one opened by mistake, which counts nowhere. Values of this API.",
	term(EnrolmentActive, "En cours", "Active"),
	term(EnrolmentFollowUp, "Suivi après la sortie", "Follow-up after the exit"),
	term(EnrolmentExited, "Sorti", "Exited"),
	term(EnrolmentClosed, "Clos", "Closed"),
	term(EnrolmentVoided, "Annulé, ouvert par erreur", "Voided, opened by mistake"),
)

// Nomenclature is the list of every EnrolmentStatus.
func (EnrolmentStatus) Nomenclature() *Nomenclature { return enrolmentStatuses }

// Codes are the values of the list, in order.
func (EnrolmentStatus) Codes() []string { return enrolmentStatuses.codes() }
