package domain

// ForAnalyst withholds from a profile what would be about fewer than k people: all of it when the
// population is that small (zero included, under a filter), else the rows that are, with as many
// others as it takes that none can be worked out from the total.
//
// The lowest and the highest age are somebody's own, so each is shown only when k people share it.
func (p Profile) ForAnalyst(filter Filter, k int) Profile {
	if p.Suppressed || p.People == nil {
		return p.Suppress()
	}
	if smallCell(*p.People, k) || !filter.IsEmpty() && *p.People < k {
		return p.Suppress()
	}
	p.Gender = withhold(p.Gender, k)
	p.EducationLevel = withhold(p.EducationLevel, k)
	p.JusticeStatus = withhold(p.JusticeStatus, k)
	p.ReferrerKind = withhold(p.ReferrerKind, k)
	p.Barriers = withholdEach(p.Barriers, k)
	p.Age = p.Age.suppressBelow(k)
	if count := p.ExitsToWork.Count; smallCount(count, k) || count != nil && smallCell(p.ExitsToWork.total-*count, k) {
		p.ExitsToWork = p.ExitsToWork.suppress()
	}
	if p.meetings.small(k) {
		p.MeetingsHeld = nil
	}
	return p
}

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

// withhold hides the rows of 1 to k−1 people and then, smallest first, other rows that hold
// somebody, until the hidden rows cannot be told from their sum, which the total gives away.
// Rows of nobody stay, unless hiding all others is not enough: then every row is hidden.
func withhold(rows []Share, k int) []Share {
	withheld := make([]Share, len(rows))
	hidden, sum := 0, 0
	hide := func(i int) {
		withheld[i] = rows[i].suppress()
		hidden, sum = hidden+1, sum+*rows[i].Count
	}
	for i, row := range rows {
		if withheld[i] = row; smallCount(row.Count, k) {
			hide(i)
		}
	}
	for recoverable(hidden, sum, k) {
		next := -1
		for i, row := range withheld {
			if !row.Suppressed && *row.Count > 0 && (next < 0 || *row.Count < *rows[next].Count) {
				next = i
			}
		}
		if next < 0 {
			return suppressAll(rows)
		}
		hide(next)
	}
	return withheld
}

// withholdEach hides the rows of which few people are, or few are not. They overlap, and so have no sum to be worked out from.
func withholdEach(rows []Share, k int) []Share {
	withheld := make([]Share, len(rows))
	for i, row := range rows {
		if withheld[i] = row; smallCount(row.Count, k) || row.Count != nil && smallCell(row.total-*row.Count, k) {
			withheld[i] = row.suppress()
		}
	}
	return withheld
}

// recoverable tells whether hidden rows that add up to sum can only hold one thing: there is but
// one of them, or all hold the least (1) or the most (k−1) that a small row can.
func recoverable(hidden, sum, k int) bool {
	return hidden > 0 && (hidden == 1 || sum == hidden || sum == hidden*(k-1))
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
