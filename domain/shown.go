package domain

import "slices"

// What a question shows of an answer to whoever asks. Each kind of answer goes through one of these, so that none
// reaches somebody who may not learn of a few people without it.

// asShown is the question as it is answered: for somebody who may not learn of a few people, of the closing before the
// day that was asked for, with what may be told of the records. The answer names the days that it is about.
func (q Question) asShown() Question {
	if !q.Restricted || q.Programme.Threshold() <= 1 { // nothing is about too few
		return q
	}
	if q.discreet == nil {
		q.discreet = q.discretion()
	}
	return q.ofClosing(q.Period.AsOf)
}

// tooFew tells whether everything is withheld, zeros included: fewer than k people pass the filter.
func (q Question) tooFew(people int, filter Filter) bool {
	return !filter.IsEmpty() && people < q.Programme.Threshold()
}

// shows tells whether an answer about a measure may be shown, at the places that the filter and others name.
func (q Question) shows(measure string, p Period, at ...place) bool {
	return q.discreet == nil || q.discreet.shows(measure, p, append(q.Filter.places(), at...))
}

// places are the values that the filter names.
func (f Filter) places() []place {
	var at []place
	for dimension, code := range f.wanted {
		if code != "" {
			at = append(at, place{axis(dimension), code})
		}
	}
	return at
}

// shownFigure is the figure of a period as it may be shown, at the places that the filter and others name, where so
// many people are.
func (q Question) shownFigure(f Figure, p Period, people int, at ...place) Figure {
	switch {
	case !q.Restricted, q.Programme.Threshold() <= 1:
		return f
	case q.tooFew(people, q.Filter), !q.shows(measureOf(f.Key), p, at...):
		return f.Suppress()
	}
	k := q.Programme.Threshold()
	f = f.SuppressBelow(k).rounded()
	if f.Unit == UnitDays && smallCount(f.Numerator, 2*k) { // with fewer on a side, the median is of few
		f = f.Suppress()
	}
	f.EmploymentCounts = EmploymentCounts{} // sums over the same ends as the rates: see discretion
	f.Targets = slices.Clone(f.Targets)
	for i, target := range f.Targets {
		if !q.showsTarget(f, target, p, at...) {
			f.Targets[i] = target.withheld()
		}
	}
	return f
}

// showsTarget tells whether what a target is compared with may be shown; see Definition.answer.
func (q Question) showsTarget(f Figure, target TargetAnswer, p Period, at ...place) bool {
	if target.measured == nil || q.discreet == nil {
		return true
	}
	if year, yearly := target.Period.Year(); yearly {
		return !q.discreet.isEarly(p.AsOf) && q.shows(measureOf(f.Key), p.year(year), at...)
	}
	return f.Unit != UnitCount || q.shows(measureOf(f.Key), p.wholeProgramme(), at...)
}

func (q Question) shown(figures []Figure) []Figure {
	if !q.Restricted {
		return figures
	}
	people := q.people()
	shown := make([]Figure, len(figures))
	for i, f := range figures {
		shown[i] = q.shownFigure(f, q.Period, people)
	}
	return shown
}

func (q Question) shownBreakdown(b Breakdown) Breakdown {
	if !q.Restricted {
		return b
	}
	people := q.people()
	items := make([]BreakdownRow, len(b.Items))
	for i, row := range b.Items {
		var at []place
		for axisAt, dimension := range b.By {
			if value := row.cell[axisAt]; !value.sum {
				code := value.code
				if !value.known {
					code = codeUnknown
				}
				at = append(at, place{axis(dimension), code})
			}
		}
		items[i] = row
		items[i].Figure = q.shownFigure(row.Figure, q.Period, people, at...)
	}
	b.Items = items
	return b
}

func (q Question) shownSeries(s Series) Series {
	if !q.Restricted {
		return s
	}
	items := make([]SeriesPoint, len(s.Items))
	for i, point := range s.Items {
		items[i] = point
		items[i].Figure = q.shownFigure(point.Figure, point.Period, point.people)
	}
	s.Items = items
	return s
}

func (q Question) shownProfile(p Profile) Profile {
	k := q.Programme.Threshold()
	if !q.Restricted || k <= 1 {
		return p
	}
	if p.People == nil || q.tooFew(*p.People, q.Filter) || smallCell(*p.People, k) || !q.shows(tellPersons, q.Period) {
		return p.Suppress()
	}
	p.Gender = q.shownRows(p.Gender, ByGender)
	p.EducationLevel = q.shownRows(p.EducationLevel, ByEducationLevel)
	p.JusticeStatus = q.shownRows(p.JusticeStatus, ByJusticeStatus)
	p.ReferrerKind = q.shownRows(p.ReferrerKind, ByReferrerKind)
	p.Age = p.Age.suppressBelow(k)
	if !q.shows(tellAge, q.Period) {
		p.Age = AgeSpan{Display: "s", Suppressed: true}
	}
	p.ExitsToWork = p.ExitsToWork.suppress() // as EmploymentCounts
	p.Barriers = slices.Clone(p.Barriers)
	for i, row := range p.Barriers {
		if !q.shows(tellBarriers, q.Period, place{axisBarrier, row.Code}) || !q.Filter.IsEmpty() {
			p.Barriers[i] = row.suppress()
		}
	}
	if p.meetings.small(k) || !q.shows(IndicatorIndividualAttendance, q.Period) {
		p.MeetingsHeld = nil
	}
	return p
}

// shownRows withholds the rows of a dimension that a breakdown by it withholds.
func (q Question) shownRows(rows []Share, by Dimension) []Share {
	shown := slices.Clone(rows)
	for i, row := range rows {
		at := place{axis(by), row.Code}
		if row.Code == UnknownCode {
			at.code = codeUnknown
		}
		if !q.Filter.names(by) && !q.shows(tellPersons, q.Period, at) { // of a dimension that it names, the filter says all
			shown[i] = row.suppress()
		}
	}
	return shown
}
