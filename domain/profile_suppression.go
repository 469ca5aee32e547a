package domain

// Suppress withholds every number of the profile.
func (p Profile) Suppress() Profile {
	p.People, p.MeetingsHeld, p.Suppressed = nil, nil, true
	p.Gender, p.EducationLevel = suppressAll(p.Gender), suppressAll(p.EducationLevel)
	p.JusticeStatus, p.ReferrerKind = suppressAll(p.JusticeStatus), suppressAll(p.ReferrerKind)
	p.Barriers = suppressAll(p.Barriers)
	p.ExitsToWork, p.Age = p.ExitsToWork.suppress(), AgeSpan{Display: "s", Suppressed: true}
	p.meetings = tally{}
	return p
}

func (s Share) suppress() Share { return Share{Code: s.Code, Display: "s", Suppressed: true} }

func suppressAll(rows []Share) []Share {
	withheld := make([]Share, len(rows))
	for i, row := range rows {
		withheld[i] = row.suppress()
	}
	return withheld
}

func (a AgeSpan) suppressBelow(k int) AgeSpan {
	if smallCell(a.known, k) || smallCount(a.Unknown, k) {
		// Each tells the other, people being known; an exact mean tells both.
		return AgeSpan{Display: "s", Suppressed: true}
	}
	if smallCell(a.youngest, k) {
		a.Min, a.Suppressed = nil, true
	}
	if smallCell(a.oldest, k) {
		a.Max, a.Suppressed = nil, true
	}
	return a
}
