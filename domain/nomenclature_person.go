package domain

// The groups of JusticeStatus.
const (
	GroupJustice = "justice"
	GroupNone    = "none"
)

// Gender is the person’s, as they give it themselves or the referring partner reports it.
type Gender string

const (
	GenderMale   Gender = "male"
	GenderFemale Gender = "female"
	GenderOther  Gender = "other"
)

var genders = list("gender", "Genre", "Gender",
	"The gender that figures are broken down by. Values of the programme’s own.",
	term(GenderMale, "Homme", "Man"),
	term(GenderFemale, "Femme", "Woman"),
	term(GenderOther, "Autre", "Other"),
)

// Nomenclature is the list of every Gender.
func (Gender) Nomenclature() *Nomenclature { return genders }

// Codes are the values of the list, in order.
func (Gender) Codes() []string { return genders.codes() }

// JusticeStatus is where the person stands with justice at entry. It never names an offence.
type JusticeStatus string

const (
	JusticeMilieuOuvert       JusticeStatus = "milieu_ouvert"
	JusticeMilieuFerme        JusticeStatus = "milieu_ferme"
	JusticeAmenagementDePeine JusticeStatus = "amenagement_de_peine"
	JusticeSortantDeDetention JusticeStatus = "sortant_de_detention"
	JusticeSansPrecision      JusticeStatus = "sans_precision"
	JusticeAucune             JusticeStatus = "aucune"
)

var justiceStatuses = list("justice_status", "Situation au regard de la justice", "Justice status",
	"How the person stands with justice at entry: the kind of measure only, never the offence nor the sentence. "+
		"Sensitive: shown to the staff of the programme alone. sans_precision is what is kept once the kind of measure may no longer be. "+
		"Source: the services of the ministère de la Justice (SPIP, milieu ouvert and milieu fermé), justice.gouv.fr.",
	term(JusticeMilieuOuvert, "Sous main de justice, milieu ouvert", "Under a judicial measure in the community").in(GroupJustice),
	term(JusticeMilieuFerme, "Sous main de justice, milieu fermé", "In custody").in(GroupJustice),
	term(JusticeAmenagementDePeine, "Sous main de justice, aménagement de peine", "Serving an adjusted sentence (day release, electronic monitoring, placement)").in(GroupJustice),
	term(JusticeSortantDeDetention, "Sortant de détention", "Released from custody").in(GroupJustice),
	term(JusticeSansPrecision, "Sous main de justice ou ancien détenu, sans précision", "Under justice supervision or released from custody, not said which").in(GroupJustice),
	term(JusticeAucune, "Aucune mesure", "No judicial measure").in(GroupNone),
)

// Nomenclature is the list of every JusticeStatus.
func (JusticeStatus) Nomenclature() *Nomenclature { return justiceStatuses }

// Codes are the values of the list, in order.
func (JusticeStatus) Codes() []string { return justiceStatuses.codes() }

// EducationLevel is the highest diploma the person holds.
type EducationLevel string

const (
	EducationSansDiplome EducationLevel = "sans_diplome"
	EducationBrevet      EducationLevel = "brevet"
	EducationCAPBEP      EducationLevel = "cap_bep"
	EducationBac         EducationLevel = "bac"
	EducationBacPlus2    EducationLevel = "bac_plus_2"
	EducationBacPlus3Or4 EducationLevel = "bac_plus_3_4"
	EducationBacPlus5    EducationLevel = "bac_plus_5"
)

var educationLevels = list("education_level", "Diplôme le plus élevé", "Highest diploma",
	"The highest diploma held; the level of the cadre national is derived from it. The brevet is a diploma but not a level. "+
		"France Travail numbers NV1 to NV5 the old way round (NV5 is CAP and BEP): never read them as levels 1 to 8. "+
		"Sources: Code du travail, art. D. 6113-19; France Travail level codes and ASP level codes as used by les emplois de l’inclusion.",
	term(EducationSansDiplome, "Aucun diplôme", "No diploma",
		mapping(SystemFranceTravailNiveau, "AFS", "Aucune formation scolaire"),
		mapping(SystemFranceTravailNiveau, "CP4", "Primaire à 4ème"),
		mapping(SystemFranceTravailNiveau, "CFG", "4ème achevée"),
		mapping(SystemASP, "01", "Jamais scolarisé"),
		mapping(SystemASP, "70", "Pas de formation au-delà de la scolarité obligatoire").but("Also holds people with the brevet."),
	),
	term(EducationBrevet, "Diplôme national du brevet", "Lower secondary certificate (brevet)",
		mapping(SystemFranceTravailNiveau, "C3A", "3ème achevée ou Brevet").but("Also holds people who finished the third year without the diploma."),
		mapping(SystemASP, "70", "Pas de formation au-delà de la scolarité obligatoire").but("Also holds people without a diploma."),
	),
	term(EducationCAPBEP, "CAP ou BEP", "Vocational certificate (CAP or BEP)",
		mapping(SystemCadreNational, "3", "Niveau 3"),
		mapping(SystemFranceTravailNiveau, "NV5", "CAP, BEP et équivalents"),
		mapping(SystemASP, "51", "Diplôme obtenu CAP ou BEP"),
	),
	term(EducationBac, "Baccalauréat", "Upper secondary diploma (baccalauréat)",
		mapping(SystemCadreNational, "4", "Niveau 4"),
		mapping(SystemFranceTravailNiveau, "NV4", "Bac ou équivalent"),
		mapping(SystemASP, "40", "Formation de niveau BAC"),
		mapping(SystemASP, "41", "Brevet de technicien ou baccalauréat professionnel").but("The vocational baccalauréat only."),
	),
	term(EducationBacPlus2, "Bac +2", "Two years of higher education",
		mapping(SystemCadreNational, "5", "Niveau 5"),
		mapping(SystemFranceTravailNiveau, "NV3", "Bac+2 ou équivalents"),
		mapping(SystemASP, "30", "Formation de niveau BTS ou DUT"),
	),
	term(EducationBacPlus3Or4, "Bac +3 ou +4", "Three or four years of higher education",
		mapping(SystemCadreNational, "6", "Niveau 6"),
		mapping(SystemFranceTravailNiveau, "NV2", "Bac+3, Bac+4 ou équivalents"),
		mapping(SystemASP, "20", "Formation de niveau licence"),
	),
	term(EducationBacPlus5, "Bac +5 et plus", "Five years of higher education or more",
		mapping(SystemCadreNational, "7", "Niveau 7").but("A doctorate is level 8, which this list does not tell apart."),
		mapping(SystemFranceTravailNiveau, "NV1", "Bac+5 et plus ou équivalents"),
		mapping(SystemASP, "10", "Troisième cycle ou école d’ingénieur"),
	),
)

// Nomenclature is the list of every EducationLevel.
func (EducationLevel) Nomenclature() *Nomenclature { return educationLevels }

// Codes are the values of the list, in order.
func (EducationLevel) Codes() []string { return educationLevels.codes() }

// Level is the level of the cadre national (1 to 8, D. 6113-19) that the diploma stands for.
// It is nil without a diploma and for the brevet, which is a diploma but no level, and for
// an unknown value.
func (l EducationLevel) Level() *int {
	switch l {
	case EducationCAPBEP:
		return new(3)
	case EducationBac:
		return new(4)
	case EducationBacPlus2:
		return new(5)
	case EducationBacPlus3Or4:
		return new(6)
	case EducationBacPlus5:
		return new(7)
	}
	return nil
}

// EligibilityGround is why the person may be supported, as found at entry.
type EligibilityGround string

const (
	GroundInvisible                   EligibilityGround = "invisible"
	GroundVulnerabilite               EligibilityGround = "vulnerabilite"
	GroundSansSolutionSurLeTerritoire EligibilityGround = "sans_solution_sur_le_territoire"
	GroundSansContactDepuis5Mois      EligibilityGround = "sans_contact_depuis_5_mois"
)

var eligibilityGrounds = list("eligibility_ground", "Motif d’éligibilité", "Ground of eligibility",
	"Why the person may be supported: first those furthest from work and not registered as job seekers, then, in second place, "+
		"registered job seekers without suited support or without regular contact. Source: arrêté du 26 juin 2024 (cahier des charges national), annexe 1.",
	term(GroundInvisible, "Personne « invisible », non inscrite comme demandeur d’emploi", "Not registered as a job seeker"),
	term(GroundVulnerabilite, "Inscrite, vulnérable et sans accompagnement adapté", "Registered, vulnerable and without suited support"),
	term(GroundSansSolutionSurLeTerritoire, "Inscrite, sans solution d’accompagnement sur le territoire", "Registered, with no support available in the area"),
	term(GroundSansContactDepuis5Mois, "Inscrite, sans contact régulier avec un référent depuis 5 mois", "Registered, without regular contact with a referent for 5 months"),
)

// Nomenclature is the list of every EligibilityGround.
func (EligibilityGround) Nomenclature() *Nomenclature { return eligibilityGrounds }

// Codes are the values of the list, in order.
func (EligibilityGround) Codes() []string { return eligibilityGrounds.codes() }

// AgeBand is the age at entry, in the bands that figures use.
type AgeBand string

const (
	AgeBand16To25 AgeBand = "16_25"
	AgeBand26To35 AgeBand = "26_35"
	AgeBand36To45 AgeBand = "36_45"
	AgeBand46To55 AgeBand = "46_55"
	AgeBand56Plus AgeBand = "56_plus"
)

var ageBands = list("age_band", "Tranche d’âge à l’entrée", "Age band at entry",
	"The person’s age in completed years on the day of entry, from 16. Bands of the programme’s own report.",
	term(AgeBand16To25, "16 à 25 ans", "16 to 25"),
	term(AgeBand26To35, "26 à 35 ans", "26 to 35"),
	term(AgeBand36To45, "36 à 45 ans", "36 to 45"),
	term(AgeBand46To55, "46 à 55 ans", "46 to 55"),
	term(AgeBand56Plus, "56 ans et plus", "56 and over"),
)

// Nomenclature is the list of every AgeBand.
func (AgeBand) Nomenclature() *Nomenclature { return ageBands }

// Codes are the values of the list, in order.
func (AgeBand) Codes() []string { return ageBands.codes() }

// AgeBandOf is the band of an age in completed years. Nobody is supported before 16: a lower
// age is a mistake in a date, has no band, and gives the empty value, which is not Known.
func AgeBandOf(age int) AgeBand {
	switch {
	case age < 16:
		return ""
	case age <= 25:
		return AgeBand16To25
	case age <= 35:
		return AgeBand26To35
	case age <= 45:
		return AgeBand36To45
	case age <= 55:
		return AgeBand46To55
	default:
		return AgeBand56Plus
	}
}
