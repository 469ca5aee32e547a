package domain

import (
	"slices"
	"strconv"
)

// Profile is who was supported: the people of a population as they were at entry, each counted
// once, by their first enrolment in it; and what came of it.
type Profile struct {
	People         *int    `json:"people" doc:"Distinct people who entered. Null when suppressed." example:"26" minimum:"0" maximum:"1000000000"`
	Gender         []Share `json:"gender" doc:"People by gender." maxItems:"20" nullable:"false"`
	Age            AgeSpan `json:"age" doc:"Ages at entry."`
	EducationLevel []Share `json:"education_level" doc:"People by highest diploma." maxItems:"20" nullable:"false"`
	JusticeStatus  []Share `json:"justice_status" doc:"People by justice status." maxItems:"20" nullable:"false"`
	ReferrerKind   []Share `json:"referrer_kind" doc:"People by the kind of organisation that referred them, or the origin of those whom none referred." maxItems:"50" nullable:"false"`
	Barriers       []Share `json:"barriers" doc:"People for whom that barrier was found by as_of, on the path they are counted by; one may have several, so that the rows do not add up to all people." maxItems:"50" nullable:"false"`
	ExitsToWork    Share   `json:"exits_to_work" doc:"Enrolments that ended in work by as_of, over all enrolments of the population."`
	MeetingsHeld   *int    `json:"meetings_held" doc:"Individual appointments attended in the period: the numerator of individual_attendance_rate. Null when suppressed." example:"166" minimum:"0" maximum:"1000000000"`
	Suppressed     bool    `json:"suppressed" doc:"Whether all of it is withheld because it would be about too few people." example:"false"`

	meetings tally // attended and missed, which together decide whether meetings_held may be shown
}

// Share is how many people have a value, and what part of all people they are.
type Share struct {
	Code       string   `json:"code" doc:"The value, or unknown for those whose value is not known: they are a row of their own, so that the rows add up to all people." example:"cap_bep" maxLength:"60"`
	Count      *int     `json:"count" doc:"How many. Null when suppressed." example:"16" minimum:"0" maximum:"1000000000"`
	Percent    *float64 `json:"percent" doc:"Count over all people, not rounded. Null over nobody and when suppressed." example:"61.53846153846154" minimum:"0" maximum:"100"`
	Display    string   `json:"display" doc:"Percent as printed in French: rounded half up, a no-break space before %, / over nobody, s when suppressed." example:"62 %" maxLength:"40"`
	Suppressed bool     `json:"suppressed" doc:"Whether the row is withheld: itself about too few people, or telling about one that is." example:"false"`

	total int // what the count is a part of
}

// AgeSpan says how old people were at entry, in completed years.
type AgeSpan struct {
	Mean       *float64 `json:"mean" doc:"Mean age, not rounded, of those whose age is known. Null over nobody and when suppressed." example:"35.2" minimum:"0" maximum:"150"`
	Display    string   `json:"display" doc:"Mean as printed in French: rounded half up, / over nobody, s when suppressed." example:"35 ans" maxLength:"40"`
	Min        *int     `json:"min" doc:"Age of the youngest. Null over nobody and when suppressed." example:"24" minimum:"0" maximum:"150"`
	Max        *int     `json:"max" doc:"Age of the oldest. Null over nobody and when suppressed." example:"56" minimum:"0" maximum:"150"`
	Unknown    *int     `json:"unknown" doc:"How many people's age is not known. Null when suppressed." example:"0" minimum:"0" maximum:"1000000000"`
	Suppressed bool     `json:"suppressed" doc:"Whether anything here is withheld because it would be about too few people." example:"false"`

	known, youngest, oldest int // how many people: with a known age, of the lowest, of the highest
}

// UnknownCode is the row of those whose value is not known.
const UnknownCode = "unknown"

// ProfileOf describes the population of the period that passes the filter.
func ProfileOf(basis Basis, period Period, filter Filter) Profile {
	known := basis.known(period.AsOf, filter)
	first := firstEnrolments(known.Records, period)
	var persons []*Record // in the order of the records
	toWork, enrolled := 0, 0
	for r := range population(known.Records, period) {
		if first[r.ParticipantID] == r {
			persons = append(persons, r)
		}
		if enrolled++; r.exitGroup() == GroupEmploi {
			toWork++
		}
	}
	attendance := tally{unit: UnitPercent}
	if d, err := Definitions.Named(IndicatorIndividualAttendance, period.AsOf); err == nil {
		attendance = d.tally(known, period)
	}
	return Profile{
		People:         new(len(persons)),
		Gender:         sharesBy(ByGender, Gender("").Codes(), persons),
		Age:            ageSpan(persons),
		EducationLevel: sharesBy(ByEducationLevel, EducationLevel("").Codes(), persons),
		JusticeStatus:  sharesBy(ByJusticeStatus, JusticeStatus("").Codes(), persons),
		ReferrerKind:   sharesBy(ByReferrerKind, ReferrerKind("").Codes(), persons),
		Barriers:       prevalence(persons),
		ExitsToWork:    shareOf("emploi", toWork, enrolled),
		MeetingsHeld:   &attendance.numerator,
		meetings:       attendance,
	}
}

// sharesBy counts people by value, every value of the list in its order, then the unknown.
func sharesBy(dimension Dimension, codes []string, persons []*Record) []Share {
	counts := map[string]int{}
	for _, r := range persons {
		code, known := dimension.Of(r)
		if !known {
			code = UnknownCode
		}
		counts[code]++
	}
	shares := []Share{}
	for _, code := range append(codes, UnknownCode) {
		shares = append(shares, shareOf(code, counts[code], len(persons)))
	}
	return shares
}

// prevalence counts the people for whom each barrier was found.
func prevalence(persons []*Record) []Share {
	counts := map[Barrier]int{}
	for _, r := range persons {
		found := map[Barrier]bool{}
		for _, b := range r.Barriers {
			if !found[b.Barrier] {
				found[b.Barrier] = true
				counts[b.Barrier]++
			}
		}
	}
	shares := []Share{}
	for _, code := range Barrier("").Codes() {
		shares = append(shares, shareOf(code, counts[Barrier(code)], len(persons)))
	}
	return shares
}

func shareOf(code string, count, total int) Share {
	t := tally{unit: UnitPercent, numerator: count, denominator: total}
	return Share{Code: code, Count: &count, Percent: t.value(), Display: t.display(), total: total}
}

func ageSpan(persons []*Record) AgeSpan {
	var ages []int
	years := 0
	for _, r := range persons {
		if age, known := r.AgeAtEntry(); known {
			ages = append(ages, age)
			years += age
		}
	}
	span := AgeSpan{Display: "/", Unknown: new(len(persons) - len(ages)), known: len(ages)}
	if len(ages) == 0 {
		return span
	}
	slices.Sort(ages)
	youngest, oldest := ages[0], ages[len(ages)-1]
	span.Min, span.Max = &youngest, &oldest
	span.youngest, _ = slices.BinarySearch(ages, youngest+1)
	firstOldest, _ := slices.BinarySearch(ages, oldest)
	span.oldest = len(ages) - firstOldest
	span.Mean = new(float64(years) / float64(len(ages)))
	span.Display = strconv.Itoa(roundHalfUp(years, len(ages))) + "\u00a0ans"
	return span
}
