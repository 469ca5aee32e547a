package domain

import (
	"maps"
	"slices"
	"strconv"
)

// axis is what a table has its rows by: a dimension, the year of entry (of meeting, of finding), or the barrier.
type axis string

const (
	axisYear    axis = "year"
	axisBarrier axis = "barrier"
)

// place is a row of a table.
type place struct {
	by   axis
	code string
}

// Codes that are no value.
const (
	codeUnknown = "?" // in the row of those whose value is not known
	codeHidden  = "*" // in what is hidden together
)

func (by axis) of(one told) string {
	switch by {
	case axisYear:
		return strconv.Itoa(one.day.Year())
	case axisBarrier:
		return string(one.barrier)
	}
	if code, known, _ := one.of.in(Dimension(by)); known {
		return code
	}
	return codeUnknown
}

// part names what is told together that a thing stands in: a shown row or cell, or the hidden ones beside it.
type part func(told) string

// shownParts are the ways in which a table tells things apart, of a closing at which more than its total is shown. A
// table of one dimension has one; of two dimensions it is told by its rows and by its columns.
type shownParts struct {
	parts  []part
	hidden map[[2]string]bool // of one dimension by the axis and the code, of two by the codes
}

// parts are those of the table if it is shown on that day, or else those of its total.
func (tables tables) parts(day Date) []part {
	if one, shown := tables[day]; shown {
		return one.parts
	}
	return []part{everywhere}
}

type tables map[Date]shownParts

// fits tells whether tables told apart in these ways may be shown on the day, beside all that is shown on the others.
func (x *discretion) fits(measure string, day Date, by []axis, parts []part, others func(Date) []part) bool {
	for other := range x.shownOn(measure) {
		if other == day {
			continue
		}
		for _, one := range parts {
			if x.tellsOfBefore(measure, day, other, one, by) {
				return false
			}
			for _, beside := range others(other) {
				if !x.differs(measure, day, other, one, beside, by) {
					return false
				}
			}
		}
	}
	return true
}

// rows decides the rows of a table of one dimension, group by group, and whether it may be shown at all: not where the
// hidden rows of a group are as many as what they hold. Rows of nobody are shown, so that each of those holds one.
func (x *discretion) rows(measure string, day Date, by axis, group func(told) (string, bool), must func(code string) bool) (hidden map[[2]string]bool, shown bool) {
	companions := x.companions(measure, day, by)
	inGroup := map[string]map[string]bool{}
	sums := x.apart(measure, day, companions, func(one told) string {
		name, shown := group(one)
		if !shown {
			name = codeHidden
		}
		if inGroup[name] == nil {
			inGroup[name] = map[string]bool{}
		}
		code := by.of(one)
		inGroup[name][code] = true
		return name + "\n" + code
	})
	hidden, shown = map[[2]string]bool{}, true
	rule := x.rule(measure, day, x.total(measure, day, companions))
	if by == axisYear && rule.unknowns { // each closing says it of all days before
		rule.whole = maps.Clone(rule.whole)
		delete(rule.whole, string(BucketUnknown))
	}
	for name, codes := range inGroup {
		order := slices.Sorted(maps.Keys(codes))
		var rows []counts
		var musts []bool
		for _, code := range order {
			rows = append(rows, sums[name+"\n"+code])
			musts = append(musts, name == codeHidden || must(code))
		}
		decided := rule.hide(rows, musts)
		shown = shown && !rule.onesOnly(rows, decided)
		for i, withheld := range decided {
			if withheld {
				hidden[[2]string{string(by), order[i]}] = true
			}
		}
	}
	return hidden, shown
}

// byOne is the table of one dimension, on the days on which it is shown.
func (x *discretion) byOne(measure string, by axis) tables {
	key := measure + " " + string(by)
	if done, found := x.families[key]; found {
		return done
	}
	decided := tables{}
	x.families[key] = decided
	for _, day := range x.judged {
		if !x.shownOn(measure)[day] {
			continue
		}
		must := func(string) bool { return false }
		switch {
		case by == axisBarrier:
			must = x.manyHave(day)
		case measure != tellPeople && (by != axisYear || ofEnrolments(measure)):
			people, shown := x.byOne(tellPeople, by)[day]
			if !shown {
				continue
			}
			must = func(code string) bool { return people.hidden[[2]string{string(by), code}] }
		}
		along := []axis{by}
		group := func(told) (string, bool) { return "", true }
		if by == axis(ByTerritory) { // the territories of a sector add up to it, on this day and on others
			sectors, shown := x.byOne(measure, axis(BySector))[day]
			if !shown {
				continue
			}
			along = append(along, axis(BySector))
			group = func(one told) (string, bool) {
				sector := axis(BySector).of(one)
				return sector, !sectors.hidden[[2]string{string(BySector), sector}]
			}
		}
		hidden, may := x.rows(measure, day, by, group, must)
		if !may {
			continue
		}
		parts := []part{func(one told) string {
			if code := by.of(one); !hidden[[2]string{string(by), code}] {
				return code
			}
			name, shown := group(one)
			if !shown {
				name = ""
			}
			return name + codeHidden
		}}
		if x.fits(measure, day, along, parts, decided.parts) && x.fitsShare(measure, day, by, parts[0]) {
			decided[day] = shownParts{parts: parts, hidden: hidden}
		}
	}
	return decided
}

// fitsShare tells whether people by justice status, or by age, may be told on the day beside the share that counts them
// on the closings told before, whether or not they were told by status themselves there. Of the young the share tells how
// many there are where none of them has resources.
func (x *discretion) fitsShare(measure string, day Date, by axis, table part) bool {
	share, counts := "", ""
	switch by {
	case axis(ByJusticeStatus):
		share, counts = IndicatorJusticeSupervised, IndicatorJusticeSupervised
	case axis(ByAgeBand):
		share, counts = IndicatorYouthWithoutResources, tellYoung
	}
	if share == "" || measure != tellPeople && measure != tellPersons {
		return true
	}
	for _, other := range x.judged[:slices.Index(x.judged, day)] {
		if x.shownOn(share)[other] && !x.differs(counts, day, other, table, func(one told) string { return one.bucket }, []axis{by}) {
			return false
		}
	}
	return true
}

// manyHave tells of a barrier whether it hinders nearly everybody: all but few.
func (x *discretion) manyHave(day Date) func(code string) bool {
	have := map[string]int{}
	for _, one := range x.on(tellBarriers, day) {
		have[string(one.barrier)]++
	}
	people := x.total(tellPeople, day, nil)[labelPeople]
	return func(code string) bool { return smallCell(people-have[code], x.threshold(day)) }
}

// byBoth is the table of two dimensions, on the days on which it is shown.
func (x *discretion) byBoth(measure string, first, second axis) tables {
	key := measure + " " + string(first) + " " + string(second)
	if done, found := x.families[key]; found {
		return done
	}
	decided := tables{}
	x.families[key] = decided
	for _, day := range x.judged {
		rows, rowsShown := x.byOne(measure, first)[day]
		columns, columnsShown := x.byOne(measure, second)[day]
		if !rowsShown || !columnsShown {
			continue
		}
		must := func(told) bool { return false }
		if measure != tellPeople {
			people, shown := x.byBoth(tellPeople, first, second)[day]
			if !shown {
				continue
			}
			must = func(one told) bool { return people.hidden[[2]string{first.of(one), second.of(one)}] }
		}
		hidden := x.cells(measure, day, first, second, rows.hidden, columns.hidden, must)
		told := func(own bool) part {
			return func(one told) string {
				row, column := first.of(one), second.of(one)
				switch {
				case !hidden[[2]string{row, column}]:
					return row + "\n" + column
				case own && !rows.hidden[[2]string{string(first), row}]:
					return row + "\n" + codeHidden
				case !own && !columns.hidden[[2]string{string(second), column}]:
					return codeHidden + "\n" + column
				}
				return codeHidden + "\n" + codeHidden
			}
		}
		parts := []part{told(true), told(false)}
		others := func(other Date) []part {
			if one, shown := decided[other]; shown {
				return one.parts
			}
			return append(x.byOne(measure, first).parts(other), x.byOne(measure, second).parts(other)...)
		}
		if x.fits(measure, day, []axis{first, second}, parts, others) {
			decided[day] = shownParts{parts: parts, hidden: hidden}
		}
	}
	return decided
}

// cells decides the cells of a table of two dimensions.
func (x *discretion) cells(measure string, day Date, first, second axis, hiddenRows, hiddenColumns map[[2]string]bool, must func(told) bool) map[[2]string]bool {
	companions := x.companions(measure, day, first, second)
	code := func(by axis, one told, hidden map[[2]string]bool) string {
		if at := by.of(one); !hidden[[2]string{string(by), at}] {
			return at
		}
		return codeHidden
	}
	forced, rowCodes, columnCodes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	sums := x.apart(measure, day, companions, func(one told) string {
		row, column := code(first, one, hiddenRows), code(second, one, hiddenColumns)
		rowCodes[row], columnCodes[column] = true, true
		if must(one) {
			forced[row+"\n"+column] = true
		}
		return row + "\n" + column
	})
	hidden := map[[2]string]bool{}
	for _, one := range x.on(measure, day) { // of rows and columns that are hidden, every cell is
		if code(first, one, hiddenRows) == codeHidden || code(second, one, hiddenColumns) == codeHidden {
			hidden[[2]string{first.of(one), second.of(one)}] = true
		}
	}
	if len(rowCodes) == 0 {
		return hidden
	}
	order, across := slices.Sorted(maps.Keys(rowCodes)), slices.Sorted(maps.Keys(columnCodes))
	g := &grid{cellRule: x.rule(measure, day, x.total(measure, day, companions))}
	for _, row := range order {
		var cells []counts
		var must []bool
		for _, column := range across {
			cell := sums[row+"\n"+column]
			if cell == nil {
				cell = counts{}
			}
			cells = append(cells, cell)
			must = append(must, forced[row+"\n"+column] || row == codeHidden || column == codeHidden)
		}
		g.cells, g.forced = append(g.cells, cells), append(g.forced, must)
	}
	g.hide()
	for r, row := range order {
		for c, column := range across {
			if g.hidden[r][c] {
				hidden[[2]string{row, column}] = true
			}
		}
	}
	return hidden
}

// shows tells whether an answer about a measure may be shown: of the period, at the places that a filter and a row name.
func (x *discretion) shows(measure string, p Period, at []place) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.isClosing(p.AsOf) || !x.shownOn(measure)[p.AsOf] {
		return false
	}
	days, always := x.daysOf(p)
	switch {
	case always && len(at) == 0:
		return true
	case slices.Contains(toldInAll, measure): // of other days too, where everybody entered in them
		return len(at) == 0 && x.showsDays(tellPeople, p.AsOf, days) && !slices.ContainsFunc(x.on(tellPeople, p.AsOf), func(one told) bool {
			return one.day.Before(days.From) || one.day.After(days.To)
		})
	case len(at) == 0:
		return x.showsDays(measure, p.AsOf, days)
	case len(at) == 1 && always:
		return x.showsRow(measure, p.AsOf, at[0])
	case len(at) == 2 && always:
		return x.showsCell(measure, p.AsOf, at[0], at[1])
	}
	return false
}

// daysOf are the days of a period in which things are counted, and whether they are all since the programme began.
func (x *discretion) daysOf(p Period) (days Span, always bool) {
	start := x.begins(p.AsOf)
	days = Span{From: laterOf(p.From, start), To: EarlierOf(p.To, p.AsOf)}
	return days, days.From == start && days.To == p.AsOf
}

func (x *discretion) showsRow(measure string, day Date, at place) bool {
	table, shown := x.byOne(measure, at.by)[day]
	return shown && !table.hidden[[2]string{string(at.by), at.code}]
}

func (x *discretion) showsCell(measure string, day Date, one, other place) bool {
	if one.by > other.by {
		one, other = other, one
	}
	if one.by == axis(ByTerritory) || other.by == axis(ByTerritory) {
		return false
	}
	table, shown := x.byBoth(measure, one.by, other.by)[day]
	return shown && x.showsRow(measure, day, one) && x.showsRow(measure, day, other) && !table.hidden[[2]string{one.code, other.code}]
}

// showsDays tells whether the days are a sum of such as are told together.
func (x *discretion) showsDays(measure string, day Date, days Span) bool {
	table, shown := x.byOne(measure, axisYear)[day]
	if !shown || days.From.After(days.To) || days.From.Day() != 1 && days.From != x.begins(day) || !days.To.endsMonth() {
		return false
	}
	inside, outside := map[string]bool{}, map[string]bool{}
	for _, one := range x.on(measure, day) {
		if one.day.Before(days.From) || one.day.After(days.To) {
			outside[table.parts[0](one)] = true
		} else {
			inside[table.parts[0](one)] = true
		}
	}
	for name := range inside {
		if outside[name] {
			return false
		}
	}
	return true
}
