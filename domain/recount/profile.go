package recount

import "math/big"

// Profile is who was supported.
type Profile struct {
	People         int     `json:"people"`
	Gender         []Share `json:"gender"`
	Age            Ages    `json:"age"`
	EducationLevel []Share `json:"education_level"`
	JusticeStatus  []Share `json:"justice_status"`
	ReferrerKind   []Share `json:"referrer_kind"`
	Barriers       []Share `json:"barriers"`
	ExitsToWork    Share   `json:"exits_to_work"`
	MeetingsHeld   int     `json:"meetings_held"`
	Suppressed     bool    `json:"suppressed"`
}

// Share is how many have a value.
type Share struct {
	Code       string   `json:"code"`
	Count      int      `json:"count"`
	Percent    *float64 `json:"percent"`
	Display    string   `json:"display"`
	Suppressed bool     `json:"suppressed"`
}

// Ages are those at entry.
type Ages struct {
	Mean       *float64 `json:"mean"`
	Display    string   `json:"display"`
	Min        *int     `json:"min"`
	Max        *int     `json:"max"`
	Unknown    int      `json:"unknown"`
	Suppressed bool     `json:"suppressed"`
}

func share(code string, count, of int) Share {
	exact := percent(count, of)
	return Share{Code: code, Count: count, Percent: rounded(exact), Display: display(exact, "percent")}
}

// Profile describes the people of the population, each by the first of their paths in it.
func (l *Ledger) Profile(q Question) Profile {
	persons := l.persons(q.Period, q.asked())
	shares := func(dimension string, codes []string) []Share {
		var rows []Share
		for _, code := range append(append([]string{}, codes...), "") {
			count := 0
			for _, p := range persons {
				if has, _ := p.in(dimension); has == code {
					count++
				}
			}
			if code == "" {
				code = "unknown"
			}
			rows = append(rows, share(code, count, len(persons)))
		}
		return rows
	}
	profile := Profile{
		People: len(persons), Age: agesOf(persons),
		Gender: shares("gender", genders), EducationLevel: shares("education_level", educations),
		JusticeStatus: shares("justice_status", justices), ReferrerKind: shares("referrer_kind", referrers),
		MeetingsHeld: l.count("individual_attendance_rate", q.Period, q.asked()).Numerator,
	}
	for _, barrier := range barriers {
		count := 0
		for _, p := range persons {
			found := false
			for _, b := range p.Barriers {
				found = found || b.Barrier == barrier && b.AssessedOn <= q.AsOf
			}
			if found {
				count++
			}
		}
		profile.Barriers = append(profile.Barriers, share(barrier, count, len(persons)))
	}
	population, toWork := l.population(q.Period, q.asked()), 0
	for _, p := range population {
		if p.exited(q.AsOf, work) {
			toWork++
		}
	}
	profile.ExitsToWork = share("emploi", toWork, len(population))
	return profile
}

func agesOf(persons []*path) Ages {
	ages := Ages{Display: "/"}
	years, known := 0, 0
	for _, p := range persons {
		age := p.age
		if !p.ageKnown {
			ages.Unknown++
			continue
		}
		years += age
		known++
		if ages.Min == nil || age < *ages.Min {
			ages.Min = &age
		}
		if ages.Max == nil || age > *ages.Max {
			ages.Max = &age
		}
	}
	if known > 0 {
		mean := big.NewRat(int64(years), int64(known))
		ages.Mean, ages.Display = rounded(mean), display(mean, "years")
	}
	return ages
}
