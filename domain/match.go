package domain

import (
	"cmp"
	"math"
	"slices"
)

// Traits are what a person is recognised by, in the form in which two people are compared. The
// telephone number, the e-mail address and the day of birth are those of the person herself: how to
// reach the professional who refers her says nothing of who she is, and stands on many referrals.
type Traits struct {
	FirstName string // folded: no accents, lower case, words apart (the database's fold())
	LastName  string // folded
	BirthDate *Date
	Gender    *Gender
	Phone     string // with its country, as E.164 writes it; "" where there is none
	Email     string // lower case; "" where there is none
}

// Likeness says how likely two records are of one person, and why.
type Likeness struct {
	Score       float64       `json:"score" doc:"How likely the two are one person, from 0 to 1." minimum:"0" maximum:"1" example:"0.997"`
	Class       MatchClass    `json:"class" doc:"The score in a word."`
	Explanation []MatchReason `json:"explanation" doc:"What speaks for it and what against it: codes of the nomenclature match_reason, which has a sentence for each." maxItems:"10" nullable:"false" example:"[\"same_first_name\",\"one_of_two_surnames\",\"same_birth_date\"]"`
}

// PossibleMatch is a record that may be of the same person. It shows nobody's identity: whoever may
// open the record reads it there, and the trail says so.
type PossibleMatch struct {
	Kind string `json:"kind" doc:"What it is: somebody's file, or a request that has led to none yet." enum:"participant,referral" maxLength:"20" example:"participant"`
	ID   string `json:"id" doc:"Identifier of that participant or referral." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Likeness
	AsksForReason bool `json:"asks_for_reason" doc:"It is a colleague's file: opening it takes an Access-Reason." example:"false"`
}

// PossibleMatches are those, the likeliest first.
type PossibleMatches struct {
	Items []PossibleMatch `json:"items" doc:"Who may be the same person, the likeliest first." maxItems:"20" nullable:"false"`
}

// MostMatches is how many are named at once.
const MostMatches = 20

// The weight of each agreement and disagreement is a number of bits, after Fellegi and Sunter: the
// logarithm, to base 2, of how much more often it is seen between two records of one person than
// between those of two people. They add up, and -prior is what two records taken at random bring
// along. They are rounded estimates for a French public, not fitted to any data; what they have to
// achieve is measured in persistence/matching_measure_test.go.
const (
	prior = -16 // one pair in some 65,000: a programme's people against one newcomer

	sameFirst   = 7   // two people share a first name about once in 150
	partOfFirst = 3.6 // Pierre for Jean-Pierre: as rare as a slip between records of one person, and Jean is common
	closeFirst  = 3.3 // a typing error; another name as near is about as common as a shared one
	otherFirst  = -18 // brothers, sisters and twins share all the rest, and nobody types Louise for Paul

	sameLast   = 8.6 // two people share a surname about once in 400
	partOfLast = 6   // one of two surnames
	closeLast  = 4
	otherLast  = -7 // the name of birth and the name in use; otherwise somebody else

	swapped = -1 // first name and surname each in the other's place: rarer than not

	sameBirth   = 12 // two people share a day of birth about once in 15,000, of which we keep some for families and slips
	firstOfYear = 7  // 1 January stands for "that year" where the day is not known
	daySwapped  = 8  // 07/05 for 05/07
	oneSlip     = 5  // about 15 days are one digit away
	sameYear    = 1  // one of the two gives 1 January
	otherBirth  = -12

	samePhone    = 8 // households share one
	sameEmail    = 9
	bothContacts = 3  // beside the other: whoever shares one shares the other
	otherContact = -1 // people change numbers
)

// The classes, in bits: probable is likelier than not, certain leaves one pair in a thousand, and
// below possible, one in twenty, nothing is said.
const (
	certainFrom  = 10
	probableFrom = 0
	possibleFrom = -4.25
)

// Compare weighs how alike two people are. They resemble each other at all only where the class is
// not empty. It does not matter which of them comes first.
func Compare(a, b Traits) Likeness {
	bits, reasons := compareNames(a, b)
	add := func(weight float64, reason MatchReason) {
		bits += weight
		reasons = append(reasons, reason)
	}
	if a.BirthDate != nil && b.BirthDate != nil {
		add(compareBirths(*a.BirthDate, *b.BirthDate))
	}
	phones, emails := a.Phone != "" && b.Phone != "", a.Email != "" && b.Email != ""
	samePhones, sameEmails := phones && a.Phone == b.Phone, emails && a.Email == b.Email
	switch {
	case samePhones && sameEmails:
		add(bothContacts, MatchSamePhone)
		add(sameEmail, MatchSameEmail)
	case samePhones:
		add(samePhone, MatchSamePhone)
	case sameEmails:
		add(sameEmail, MatchSameEmail)
	case phones || emails:
		bits += otherContact
	}
	bits += prior
	return Likeness{Score: math.Round(1000/(1+math.Exp2(-bits))) / 1000, Class: classOf(bits), Explanation: reasons}
}

func classOf(bits float64) MatchClass {
	switch {
	case bits >= certainFrom:
		return MatchCertain
	case bits >= probableFrom:
		return MatchProbable
	case bits >= possibleFrom:
		return MatchPossible
	}
	return ""
}

// Probable tells whether the two are likelier one person than not.
func (l Likeness) Probable() bool { return l.Class == MatchCertain || l.Class == MatchProbable }

// compareNames weighs the names as they stand and each in the other's place, and takes what speaks
// for more.
func compareNames(a, b Traits) (float64, []MatchReason) {
	aFirst, aLast, bFirst, bLast := nameOf(a.FirstName), nameOf(a.LastName), nameOf(b.FirstName), nameOf(b.LastName)
	first, last := aFirst.against(bFirst), aLast.against(bLast)
	if first == nameClose && a.Gender != nil && b.Gender != nil && *a.Gender != *b.Gender {
		first = nameOther // Louis and Louise
	}
	if first == nameShared { // Marie-Claire and Marie-Louise are sisters
		first = nameOther
	}
	bits := firstBits[first] + lastBits[last]
	crossedFirst, crossedLast := aFirst.against(bLast), aLast.against(bFirst)
	if min(crossedFirst, crossedLast) >= nameClose {
		crossed := swapped + max(firstBits[crossedFirst]+lastBits[crossedLast], firstBits[crossedLast]+lastBits[crossedFirst]) // which is the first name, nobody knows
		if crossed > bits {
			return crossed, append([]MatchReason{MatchNamesSwapped}, inexact(max(crossedFirst, crossedLast), min(crossedFirst, crossedLast))...)
		}
	}
	switch {
	case first == nameSame && last == nameSame:
		return bits, []MatchReason{MatchSameNames}
	case first == nameSame:
		return bits, append([]MatchReason{MatchSameFirstName}, inexact(first, last)...)
	case last == nameSame:
		return bits, append(inexact(first, last), MatchSameSurname)
	}
	return bits, inexact(first, last)
}

var (
	firstBits = map[nameLevel]float64{nameSame: sameFirst, namePart: partOfFirst, nameClose: closeFirst, nameOther: otherFirst, nameShared: partOfFirst}
	lastBits  = map[nameLevel]float64{nameSame: sameLast, namePart: partOfLast, nameShared: partOfLast - 1, nameClose: closeLast, nameOther: otherLast}
)

// inexact says how names that are not the same compare.
func inexact(first, last nameLevel) []MatchReason {
	reasons := []MatchReason{}
	if reason, known := map[nameLevel]MatchReason{namePart: MatchFirstNamePart, nameClose: MatchFirstNameClose, nameOther: MatchFirstNamesDiffer}[first]; known {
		reasons = append(reasons, reason)
	}
	if reason, known := map[nameLevel]MatchReason{namePart: MatchOneOfTwoSurnames, nameShared: MatchOneOfTwoSurnames, nameClose: MatchSurnameClose, nameOther: MatchSurnamesDiffer}[last]; known {
		reasons = append(reasons, reason)
	}
	return reasons
}

func compareBirths(a, b Date) (float64, MatchReason) {
	newYear := func(d Date) bool { return d.Month() == 1 && d.Day() == 1 }
	written, other := a.String(), b.String()
	switch {
	case a.Equal(b) && newYear(a):
		return firstOfYear, MatchSameBirthDate
	case a.Equal(b):
		return sameBirth, MatchSameBirthDate
	case a.Year() == b.Year() && int(a.Month()) == b.Day() && a.Day() == int(b.Month()):
		return daySwapped, MatchDayMonthSwapped
	case oneDigitOff(written, other):
		return oneSlip, MatchBirthDateOneDigitOff
	case twoDigitsSwapped(written, other):
		return oneSlip, MatchBirthDateDigitsSwapped
	case a.Year() == b.Year() && (newYear(a) || newYear(b)):
		return sameYear, MatchSameBirthYear
	}
	return otherBirth, MatchBirthDatesDiffer
}

func oneDigitOff(a, b string) bool { return len(differences(a, b)) == 1 }

// twoDigitsSwapped tells whether two digits side by side stand the other way round.
func twoDigitsSwapped(a, b string) bool {
	at := differences(a, b)
	return len(at) == 2 && at[1] == at[0]+1 && a[at[0]] == b[at[1]] && a[at[1]] == b[at[0]]
}

func differences(a, b string) []int {
	var at []int
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			at = append(at, i)
		}
	}
	return at
}

// ByLikelihood puts the likeliest first; of equally likely ones a file before a referral, and the
// older before the newer.
func ByLikelihood(matches []PossibleMatch) {
	slices.SortFunc(matches, func(a, b PossibleMatch) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
}
