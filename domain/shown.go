package domain

// What a question shows of an answer to whoever asks. Each kind of answer goes through one of these, so that none
// reaches somebody who may not learn of a few people without it.

func (q Question) shown(figures []Figure) []Figure {
	if !q.Restricted {
		return figures
	}
	shown := ForAnalyst(figures, q.people(), q.Filter, q.Programme.Threshold())
	if !q.Filter.IsEmpty() {
		for i, f := range shown {
			shown[i] = q.tells(f.Key)(Values{}, f)
		}
	}
	return shown
}

// shownBreakdown withholds each row that is about few people, and then whole levels, so that nothing is worked out by
// subtracting: where one row of a level is withheld, all of that level are, and all of the finer ones, whose sums would
// give it away. The total alone stands by itself. Under a filter a row is what it is in the breakdown by the filter's
// dimensions too, so that it matters to nobody how a number is asked for; of three dimensions and more none is told.
func (q Question) shownBreakdown(b Breakdown) Breakdown {
	if !q.Restricted {
		return b
	}
	items := make([]BreakdownRow, len(b.Items))
	if !q.Filter.IsEmpty() {
		tells := q.tells(b.Key, b.By...)
		for i, row := range b.Items {
			items[i] = row
			items[i].Figure = tells(row.Values, row.Figure)
		}
		b.Items = items
		return b
	}
	var hidden, hiddenCounts [3]bool // by how many dimensions a level tells apart
	for i, row := range b.Items {
		few := row.people < q.Programme.Threshold() && !row.whole()
		if items[i] = row; few {
			items[i].Figure = row.Suppress()
		} else {
			items[i].Figure = row.SuppressBelow(q.Programme.Threshold())
		}
		for level := row.cell.level(); level < len(hidden); level++ {
			withheld := items[i].Suppressed && !row.empty() // of nobody, the others add up to the total, and tell of nobody
			hidden[level] = hidden[level] || withheld
			hiddenCounts[level] = hiddenCounts[level] || withheld || row.Confirmed != nil && items[i].Confirmed == nil && !items[i].Suppressed
		}
	}
	for i, row := range items {
		switch level := row.cell.level(); {
		case level == 0:
		case hidden[level]:
			items[i].Figure = row.Suppress()
		case hiddenCounts[level]:
			items[i].EmploymentCounts = EmploymentCounts{}
		}
	}
	b.Items = items
	return b
}

// empty tells whether the row is about nothing at all.
func (r BreakdownRow) empty() bool {
	return r.people == 0 && *r.Numerator == 0 && (r.Denominator == nil || *r.Denominator == 0) && (r.Unknown == nil || *r.Unknown == 0)
}

// level is how many dimensions the cell is told apart by: none for the total.
func (c cell) level() (level int) {
	for _, at := range c {
		if !at.sum {
			level++
		}
	}
	return level
}

// tells gives what of a figure may be told, under the question's filter and in those further values, as the breakdown by
// all of these dimensions tells it.
func (q Question) tells(key string, by ...Dimension) func(Values, Figure) Figure {
	nothing := func(_ Values, f Figure) Figure { return f.Suppress() }
	if q.Programme.Threshold() <= 1 { // nothing is too few
		return func(_ Values, f Figure) Figure { return f }
	}
	everybody := q
	everybody.Filter = Filter{}
	var within Values
	for dimension, wanted := range q.Filter.wanted {
		if wanted != "" {
			by = append(by, dimension)
			*within.in(dimension) = &wanted
		}
	}
	if len(by) > 2 {
		return nothing
	}
	all, err := everybody.Breakdown(key, by)
	if err != nil { // more cells than are told apart
		return nothing
	}
	return func(at Values, f Figure) Figure {
		for _, row := range all.Items {
			if !row.Values.are(within, at, by) {
				continue
			}
			if f = f.withoutTargets(); row.Suppressed {
				return f.Suppress()
			}
			if row.Confirmed == nil {
				f.EmploymentCounts = EmploymentCounts{}
			}
			return f
		}
		return f.Suppress()
	}
}

// are tells whether these are the values of both, and of neither where neither has one.
func (v *Values) are(within, at Values, by []Dimension) bool {
	for _, d := range by {
		wanted := at.Of(d)
		if wanted == nil {
			wanted = within.Of(d)
		}
		if got := v.Of(d); (got == nil) != (wanted == nil) || got != nil && *got != *wanted {
			return false
		}
	}
	return true
}

// withoutTargets says of no target whether it is met: its own period is looked at for nobody.
func (f Figure) withoutTargets() Figure {
	targets := make([]TargetAnswer, len(f.Targets))
	for i, target := range f.Targets {
		targets[i] = target.withheld()
	}
	f.Targets = targets
	return f
}

// shownSeries withholds each point that is about few people, and then all of them where one is withheld or where two
// that follow each other, cumulated, differ by few people: points add up to what the table says of all the days.
func (q Question) shownSeries(s Series) Series {
	if !q.Restricted {
		return s
	}
	k := q.Programme.Threshold()
	items := make([]SeriesPoint, len(s.Items))
	hidden := false
	for i, point := range s.Items {
		items[i] = point
		if items[i].Figure = ForAnalyst([]Figure{point.Figure}, point.people, q.Filter, k)[0]; !q.Filter.IsEmpty() {
			items[i].Figure = q.tells(s.Key)(Values{}, items[i].Figure)
		}
		items[i].EmploymentCounts = EmploymentCounts{} // between two points one of them may be one person
		hidden = hidden || items[i].Suppressed || s.Cumulative && i > 0 && s.Items[i-1].few(point, k)
	}
	for i := range items {
		if hidden {
			items[i].Figure = items[i].Suppress()
		}
	}
	s.Items = items
	return s
}

// few tells whether the next point's counts differ from this one's by fewer than k, and by somebody.
func (p SeriesPoint) few(next SeriesPoint, k int) bool {
	here, there := p.cells(), next.cells()
	differ := func(a, b int) bool { return smallCell(a-b, k) || smallCell(b-a, k) }
	if here.unit == UnitMonths {
		return differ(here.denominator, there.denominator)
	}
	return differ(here.numerator, there.numerator) || differ(here.denominator-here.numerator, there.denominator-there.numerator) || differ(here.denominator, there.denominator)
}
