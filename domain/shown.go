package domain

// What a question shows of an answer to whoever asks. Each kind of answer goes through one of these, so that none
// reaches somebody who may not learn of a few people without it.

func (q Question) shown(figures []Figure) []Figure {
	if !q.Restricted {
		return figures
	}
	return ForAnalyst(figures, q.people(), q.Filter, q.Programme.Threshold())
}

// shownBreakdown withholds each row by itself, as the same figure is under the row's filter: primary suppression.
func (q Question) shownBreakdown(b Breakdown) Breakdown {
	if !q.Restricted {
		return b
	}
	items := make([]BreakdownRow, len(b.Items))
	for i, row := range b.Items {
		few := row.people < q.Programme.Threshold() && !(q.Filter.IsEmpty() && row.whole())
		if items[i] = row; few {
			items[i].Figure = row.Suppress()
		} else {
			items[i].Figure = row.SuppressBelow(q.Programme.Threshold())
		}
	}
	b.Items = items
	return b
}

// shownSeries withholds each point by itself, as the same figure is in the table of its days: primary suppression.
func (q Question) shownSeries(s Series) Series {
	if !q.Restricted {
		return s
	}
	items := make([]SeriesPoint, len(s.Items))
	for i, point := range s.Items {
		items[i] = point
		items[i].Figure = ForAnalyst([]Figure{point.Figure}, point.people, q.Filter, q.Programme.Threshold())[0]
	}
	s.Items = items
	return s
}
