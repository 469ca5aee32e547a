package domain

// OrganisationKind is what an organisation is: an operator, a partner, or an employer.
type OrganisationKind string

const (
	OrganisationSPIP               OrganisationKind = "spip"
	OrganisationPJJ                OrganisationKind = "pjj"
	OrganisationFranceTravail      OrganisationKind = "france_travail"
	OrganisationMissionLocale      OrganisationKind = "mission_locale"
	OrganisationCapEmploi          OrganisationKind = "cap_emploi"
	OrganisationMDSI               OrganisationKind = "mdsi"
	OrganisationCommune            OrganisationKind = "commune"
	OrganisationCCAS               OrganisationKind = "ccas"
	OrganisationFranceServices     OrganisationKind = "france_services"
	OrganisationAssociation        OrganisationKind = "association"
	OrganisationSIAE               OrganisationKind = "siae"
	OrganisationOrganismeFormation OrganisationKind = "organisme_formation"
	OrganisationEmployeur          OrganisationKind = "employeur"
	OrganisationCHRS               OrganisationKind = "chrs"
	OrganisationCSAPA              OrganisationKind = "csapa"
	OrganisationOperateur          OrganisationKind = "operateur"
	OrganisationFinanceur          OrganisationKind = "financeur"
	OrganisationAutre              OrganisationKind = "autre"
)

var organisationKinds = list("organisation_kind", "Type d’organisation", "Kind of organisation",
	"What an organisation is. That a SPIP, the PJJ or a CSAPA referred somebody tells of justice or health by itself: treat the referrer as sensitive. "+
		"Source of les_emplois codes: the kinds of prescribers of les emplois de l’inclusion, gip-inclusion/les-emplois.",
	term(OrganisationSPIP, "Service pénitentiaire d’insertion et de probation (SPIP)", "Prison and probation service (SPIP)",
		mapping(SystemLesEmplois, "SPIP", "SPIP - Service pénitentiaire d’insertion et de probation").but("Sensitive: les emplois sends « Autre » in its place to France Travail."),
	),
	term(OrganisationPJJ, "Protection judiciaire de la jeunesse (PJJ)", "Youth justice service (PJJ)",
		mapping(SystemLesEmplois, "PJJ", "PJJ - Protection judiciaire de la jeunesse").but("Sensitive: les emplois sends « Autre » in its place to France Travail."),
	),
	term(OrganisationFranceTravail, "France Travail", "France Travail (public employment service)",
		mapping(SystemLesEmplois, "FT", "France Travail"),
	),
	term(OrganisationMissionLocale, "Mission locale", "Mission locale (youth employment service)",
		mapping(SystemLesEmplois, "ML", "Mission locale"),
	),
	term(OrganisationCapEmploi, "Cap emploi", "Cap emploi (disability employment service)",
		mapping(SystemLesEmplois, "CAP_EMPLOI", "Cap emploi"),
	),
	term(OrganisationMDSI, "Maison départementale des solidarités et de l’insertion (MDSI)", "Social services of the département (MDSI)",
		mapping(SystemLesEmplois, "DEPT", "Service social du conseil départemental"),
	),
	term(OrganisationCommune, "Commune", "Municipality"),
	term(OrganisationCCAS, "Centre communal d’action sociale (CCAS)", "Municipal social services (CCAS)",
		mapping(SystemLesEmplois, "CCAS", "CCAS - Centre communal d’action sociale ou centre intercommunal d’action sociale"),
	),
	term(OrganisationFranceServices, "France services", "France services (public service desk)"),
	term(OrganisationAssociation, "Association", "Non-profit association"),
	term(OrganisationSIAE, "Structure d’insertion par l’activité économique (SIAE)", "Work integration structure (SIAE)"),
	term(OrganisationOrganismeFormation, "Organisme de formation", "Training body"),
	term(OrganisationEmployeur, "Employeur", "Employer"),
	term(OrganisationCHRS, "Centre d’hébergement et de réinsertion sociale (CHRS)", "Social rehabilitation hostel (CHRS)",
		mapping(SystemLesEmplois, "CHRS", "CHRS - Centre d’hébergement et de réinsertion sociale"),
	),
	term(OrganisationCSAPA, "Centre de soins, d’accompagnement et de prévention en addictologie (CSAPA)", "Addiction care centre (CSAPA)",
		mapping(SystemLesEmplois, "CSAPA", "CSAPA - Centre de soins, d’accompagnement et de prévention en addictologie").but("Sensitive: les emplois sends « Autre » in its place to France Travail."),
	),
	term(OrganisationOperateur, "Opérateur du programme", "Operator of a programme"),
	term(OrganisationFinanceur, "Financeur", "Funder"),
	term(OrganisationAutre, "Autre", "Other kind",
		mapping(SystemLesEmplois, "Autre", "Autre"),
	),
)

// Nomenclature is the list of every OrganisationKind.
func (OrganisationKind) Nomenclature() *Nomenclature { return organisationKinds }

// Codes are the values of the list, in order.
func (OrganisationKind) Codes() []string { return organisationKinds.codes() }

// ReferralOrigin is how a person came without a partner.
type ReferralOrigin string

const (
	OriginSpontane  ReferralOrigin = "spontane"
	OriginAllerVers ReferralOrigin = "aller_vers"
)

var referralOrigins = list("referral_origin", "Origine sans partenaire", "Origin without a partner",
	"How a person came to the programme when no partner referred them. Values of the programme’s own.",
	term(OriginSpontane, "Venue spontanée", "Came of their own accord"),
	term(OriginAllerVers, "Aller-vers", "Met by outreach"),
)

// Nomenclature is the list of every ReferralOrigin.
func (ReferralOrigin) Nomenclature() *Nomenclature { return referralOrigins }

// Codes are the values of the list, in order.
func (ReferralOrigin) Codes() []string { return referralOrigins.codes() }

// DeclineReason is why a referral was declined.
type DeclineReason string

const (
	DeclineInjoignable     DeclineReason = "injoignable"
	DeclineAbsentEntretien DeclineReason = "absent_entretien"
	DeclineEnEmploi        DeclineReason = "en_emploi"
	DeclineEnFormation     DeclineReason = "en_formation"
	DeclineNonEligible     DeclineReason = "non_eligible"
	DeclineHorsTerritoire  DeclineReason = "hors_territoire"
	DeclineNonInteresse    DeclineReason = "non_interesse"
	DeclineIncompatible    DeclineReason = "incompatible"
	DeclineComplet         DeclineReason = "complet"
	DeclineDoublon         DeclineReason = "doublon"
	DeclineAutre           DeclineReason = "autre"
)

var declineReasons = list("decline_reason", "Motif de refus", "Reason for declining",
	"Why a referral was not taken on. Values of the programme’s own.",
	term(DeclineInjoignable, "Injoignable", "Could not be reached"),
	term(DeclineAbsentEntretien, "Absent à l’entretien", "Did not come to the interview"),
	term(DeclineEnEmploi, "Déjà en emploi", "Already in work"),
	term(DeclineEnFormation, "Déjà en formation", "Already in training"),
	term(DeclineNonEligible, "Non éligible", "Not eligible"),
	term(DeclineHorsTerritoire, "Hors territoire", "Outside the area"),
	term(DeclineNonInteresse, "Non intéressé", "Not interested"),
	term(DeclineIncompatible, "Situation incompatible avec l’accompagnement", "Situation not compatible with support"),
	term(DeclineComplet, "Programme complet", "Programme full"),
	term(DeclineDoublon, "Doublon", "Duplicate"),
	term(DeclineAutre, "Autre", "Other reason"),
)

// Nomenclature is the list of every DeclineReason.
func (DeclineReason) Nomenclature() *Nomenclature { return declineReasons }

// Codes are the values of the list, in order.
func (DeclineReason) Codes() []string { return declineReasons.codes() }

// ReferralStatus is how far a referral has come: received, under review, then accepted or declined; or withdrawn, or expired.
type ReferralStatus string

const (
	ReferralReceived    ReferralStatus = "received"
	ReferralUnderReview ReferralStatus = "under_review"
	ReferralAccepted    ReferralStatus = "accepted"
	ReferralDeclined    ReferralStatus = "declined"
	ReferralWithdrawn   ReferralStatus = "withdrawn"
	ReferralExpired     ReferralStatus = "expired"
)

var referralStatuses = list("referral_status", "État de l’orientation", "State of a referral",
	"How far a referral has come. A partner may withdraw it before the decision; it expires when none is taken in the programme’s delay. Values of this API.",
	term(ReferralReceived, "Reçue", "Received"),
	term(ReferralUnderReview, "À l’étude", "Under review"),
	term(ReferralAccepted, "Acceptée", "Accepted"),
	term(ReferralDeclined, "Refusée", "Declined"),
	term(ReferralWithdrawn, "Retirée par le partenaire", "Withdrawn by the partner"),
	term(ReferralExpired, "Expirée", "Expired"),
)

// Nomenclature is the list of every ReferralStatus.
func (ReferralStatus) Nomenclature() *Nomenclature { return referralStatuses }

// Codes are the values of the list, in order.
func (ReferralStatus) Codes() []string { return referralStatuses.codes() }

// TerritoryKind is what a territory is.
type TerritoryKind string

const (
	TerritoryCommune  TerritoryKind = "commune"
	TerritoryQuartier TerritoryKind = "quartier"
)

var territoryKinds = list("territory_kind", "Type de territoire", "Kind of territory",
	"What a territory is. A commune has its INSEE code; a quartier is a priority quarter (quartier prioritaire de la politique de la ville, QPV) and has its QPV code. Sources: Code officiel géographique (INSEE); list of the QPV.",
	term(TerritoryCommune, "Commune", "Municipality"),
	term(TerritoryQuartier, "Quartier prioritaire (QPV)", "Priority quarter (QPV)"),
)

// Nomenclature is the list of every TerritoryKind.
func (TerritoryKind) Nomenclature() *Nomenclature { return territoryKinds }

// Codes are the values of the list, in order.
func (TerritoryKind) Codes() []string { return territoryKinds.codes() }
