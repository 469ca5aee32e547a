package domain

// MatchClass is how likely two records are of one person, in a word.
type MatchClass string

const (
	MatchCertain  MatchClass = "certain"
	MatchProbable MatchClass = "probable"
	MatchPossible MatchClass = "possible"
)

var matchClasses = list("match_class", "Vraisemblance d’un rapprochement", "Likelihood of a match",
	"How likely two records are of one person. Whatever the class, people decide. Values of this API.",
	term(MatchCertain, "Certaine : plus de 99,9 %", "Certain: more than 99.9%"),
	term(MatchProbable, "Probable : plus d’une chance sur deux", "Probable: likelier than not"),
	term(MatchPossible, "Possible : une chance sur vingt au moins", "Possible: one in twenty at least"),
)

// Nomenclature is the list of every MatchClass.
func (MatchClass) Nomenclature() *Nomenclature { return matchClasses }

// Codes are the values of the list, in order.
func (MatchClass) Codes() []string { return matchClasses.codes() }

// MatchReason is something that speaks for or against two records being of one person.
type MatchReason string

// The groups of MatchReason.
const (
	GroupFor     = "for"
	GroupAgainst = "against"
)

const (
	MatchSameNames              MatchReason = "same_names"
	MatchNamesSwapped           MatchReason = "names_swapped"
	MatchSameFirstName          MatchReason = "same_first_name"
	MatchFirstNamePart          MatchReason = "first_name_part"
	MatchFirstNameClose         MatchReason = "first_name_close"
	MatchSameSurname            MatchReason = "same_surname"
	MatchOneOfTwoSurnames       MatchReason = "one_of_two_surnames"
	MatchSurnameClose           MatchReason = "surname_close"
	MatchSameBirthDate          MatchReason = "same_birth_date"
	MatchDayMonthSwapped        MatchReason = "day_month_swapped"
	MatchBirthDateOneDigitOff   MatchReason = "birth_date_one_digit_off"
	MatchBirthDateDigitsSwapped MatchReason = "birth_date_digits_swapped"
	MatchSameBirthYear          MatchReason = "same_birth_year"
	MatchSamePhone              MatchReason = "same_phone"
	MatchSameEmail              MatchReason = "same_email"
	MatchFirstNamesDiffer       MatchReason = "first_names_differ"
	MatchSurnamesDiffer         MatchReason = "surnames_differ"
	MatchBirthDatesDiffer       MatchReason = "birth_dates_differ"
)

var matchReasons = list("match_reason", "Motif d’un rapprochement", "Reason of a match",
	"What speaks for or against two records being of one person, with the sentence to show. Values of this API.",
	term(MatchSameNames, "Les prénoms et les noms sont les mêmes.", "First names and surnames are the same.").in(GroupFor),
	term(MatchNamesSwapped, "Le prénom de l’un est le nom de l’autre.", "First name and surname stand in each other’s place.").in(GroupFor),
	term(MatchSameFirstName, "Les prénoms sont les mêmes.", "The first names are the same.").in(GroupFor),
	term(MatchFirstNamePart, "L’un porte un des prénoms de l’autre.", "One has one of the other’s first names.").in(GroupFor),
	term(MatchFirstNameClose, "Les prénoms diffèrent d’une faute de frappe.", "The first names are a typing error apart.").in(GroupFor),
	term(MatchSameSurname, "Les noms sont les mêmes.", "The surnames are the same.").in(GroupFor),
	term(MatchOneOfTwoSurnames, "L’un porte un des noms de l’autre.", "One has one of the other’s surnames.").in(GroupFor),
	term(MatchSurnameClose, "Les noms diffèrent d’une faute de frappe.", "The surnames are a typing error apart.").in(GroupFor),
	term(MatchSameBirthDate, "La date de naissance est la même.", "The day of birth is the same.").in(GroupFor),
	term(MatchDayMonthSwapped, "Le jour et le mois de naissance sont inversés.", "Day and month of birth are swapped.").in(GroupFor),
	term(MatchBirthDateOneDigitOff, "Un chiffre de la date de naissance diffère.", "One digit of the day of birth differs.").in(GroupFor),
	term(MatchBirthDateDigitsSwapped, "Deux chiffres voisins de la date de naissance sont inversés.", "Two neighbouring digits of the day of birth are swapped.").in(GroupFor),
	term(MatchSameBirthYear, "L’année de naissance est la même ; l’une des dates est un 1er janvier.", "The year of birth is the same, and one of the days is 1 January.").in(GroupFor),
	term(MatchSamePhone, "Le numéro de téléphone est le même.", "The telephone number is the same.").in(GroupFor),
	term(MatchSameEmail, "L’adresse électronique est la même.", "The e-mail address is the same.").in(GroupFor),
	term(MatchFirstNamesDiffer, "Les prénoms diffèrent.", "The first names differ.").in(GroupAgainst),
	term(MatchSurnamesDiffer, "Les noms diffèrent.", "The surnames differ.").in(GroupAgainst),
	term(MatchBirthDatesDiffer, "Les dates de naissance diffèrent.", "The days of birth differ.").in(GroupAgainst),
)

// Nomenclature is the list of every MatchReason.
func (MatchReason) Nomenclature() *Nomenclature { return matchReasons }

// Codes are the values of the list, in order.
func (MatchReason) Codes() []string { return matchReasons.codes() }
