package domain

import (
	"maps"
	"slices"
)

// counts are what falls in a cell of a table, by what is told apart there: the buckets of a figure, and beside them
// whatever an analyst could set against them.
type counts map[string]int

const (
	labelIn     = "in"     // somebody is there
	labelEnded  = "ended"  // a path that has ended
	labelGoesOn = "on"     // one that goes on
	labelPeople = "people" // how many different persons there are
	labelAgain  = "again"  // somebody is there who came before
	labelMoved  = "moved"  // how many of the persons there came before, and stood elsewhere
)

func (c counts) add(other counts) {
	for label, n := range other {
		c[label] += n
	}
}

func (c counts) empty() bool {
	for _, n := range c {
		if n != 0 {
			return false
		}
	}
	return true
}

// cellRule is what the cells of a table have to hold to be shown, when its total is shown.
type cellRule struct {
	k     int
	whole counts // the table's total

	unknowns bool // of how many the fact is not known is said with the total

	// full are the labels of which no shown cell is without, if the total has any. That nobody in a row, or
	// everybody, is so tells of each of them; and it takes cells out of other tables, from which others follow.
	full map[string]bool
}

// small tells whether a cell may not be shown for itself.
func (rule cellRule) small(cell counts) bool {
	if rule.nobody(cell) {
		return true
	}
	for label, total := range rule.whole {
		if n := cell[label]; smallCell(n, rule.k) || n == 0 && total > 0 && rule.full[label] {
			return true
		}
	}
	return false
}

// nobody tells whether a cell without anything says so, where all that is known of anybody is that nothing is: of whom there
// is nobody at one closing there was nobody before.
func (rule cellRule) nobody(cell counts) bool {
	return len(rule.full) > 0 && cell.size() == 0 && rule.whole.size() > 0
}

// weak tells whether what is hidden together, which whoever subtracts knows, tells of few. Where
// few are not known in all, and the total says so, that all of them are among the hidden tells nothing more.
func (rule cellRule) weak(hidden counts) bool {
	if rule.nobody(hidden) {
		return true
	}
	for label, total := range rule.whole {
		switch n := hidden[label]; {
		case label == string(BucketUnknown) && n == total && rule.unknowns:
		case label == labelAgain && n == total: // how many paths more than people there are, the table says
		case label == labelMoved: // rows of persons do not add up
		case smallCell(n, rule.k), n == 0 && total > 0 && rule.full[label]:
			return true
		}
	}
	return false
}

// hide decides which rows of a table of one dimension are withheld: those that are small, those that must be, and of
// the others the smallest, until what is hidden is of two rows or more, together as large as any shown row has to be,
// and no single row follows from the sum. Rows of nobody stay, unless hiding all others is not enough.
//
// Rows are taken in the order given, so that whoever asks the same gets the same.
func (rule cellRule) hide(rows []counts, must []bool) []bool {
	hidden := make([]bool, len(rows))
	forced := make([]bool, len(rows))
	for i, row := range rows {
		forced[i] = !row.empty() && (rule.small(row) || must != nil && must[i])
		hidden[i] = forced[i]
	}
	for rule.open(rows, hidden) {
		next := -1
		for i, row := range rows {
			if !hidden[i] && !row.empty() && (next < 0 || row.size() < rows[next].size()) {
				next = i
			}
		}
		if next < 0 {
			if rule.onesOnly(rows, hidden) {
				for i := range hidden {
					hidden[i] = true
				}
			}
			return hidden
		}
		hidden[next] = true
	}
	// One hidden early may not be needed beside one hidden later.
	for _, i := range largestFirst(rows) {
		if hidden[i] && !forced[i] {
			if hidden[i] = false; rule.open(rows, hidden) {
				hidden[i] = true
			}
		}
	}
	return hidden
}

// open tells whether the hidden rows give something away.
func (rule cellRule) open(rows []counts, hidden []bool) bool {
	sum, n := counts{}, 0
	for i, row := range rows {
		if hidden[i] && !row.empty() {
			sum.add(row)
			n++
		}
	}
	return n == 1 || n > 1 && (rule.weak(sum) || rule.onesOnly(rows, hidden))
}

// onesOnly tells whether the hidden rows of somebody are as many as the people in them: one each, then.
func (rule cellRule) onesOnly(rows []counts, hidden []bool) bool {
	n, people := 0, 0
	for i, row := range rows {
		if hidden[i] && !row.empty() {
			n, people = n+1, people+row.size()
		}
	}
	return n > 0 && n == people && !slices.Contains(shownEmpty(rows, hidden), false)
}

// shownEmpty are, of the empty rows, whether each is shown; hidden among the others, one could be any of them.
func shownEmpty(rows []counts, hidden []bool) []bool {
	var shown []bool
	for i, row := range rows {
		if row.empty() {
			shown = append(shown, !hidden[i])
		}
	}
	return shown
}

// size is how many there are in a cell: the buckets are apart from each other, the other labels say them again.
func (c counts) size() int {
	n := 0
	for label, count := range c {
		if isOwn(label) {
			n += count
		}
	}
	return n
}

func largestFirst(rows []counts) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rows[b].size() - rows[a].size() })
	return order
}

// grid is a table of two dimensions whose rows and columns have totals that are shown. The cells of rows and of columns
// that one dimension alone hides are summed into one more row and one more column: nobody asks for those, and they are
// always hidden.
type grid struct {
	cellRule
	cells  [][]counts
	forced [][]bool // hidden whatever else is
	hidden [][]bool
}

// hide decides which cells are withheld: the small ones, and of the others the smallest of a row or column, until what
// is hidden in each row and in each column is together large enough, and until no small cell has one possible number.
func (g *grid) hide() {
	g.hidden = make([][]bool, len(g.cells))
	for r, row := range g.cells {
		g.hidden[r] = make([]bool, len(row))
		for c, cell := range row {
			g.forced[r][c] = g.forced[r][c] || g.small(cell)
			g.hidden[r][c] = g.forced[r][c]
		}
	}
	for {
		lines, open := g.open()
		if !open {
			break
		}
		next, found := g.smallestShown(lines)
		if !found {
			if next, found = g.smallestShown(g.lines()); !found {
				return // all of it is hidden
			}
		}
		g.hidden[next.r][next.c] = true
	}
	for _, at := range g.largestFirst() {
		if g.hidden[at.r][at.c] && !g.forced[at.r][at.c] {
			g.hidden[at.r][at.c] = false
			if _, open := g.open(); open {
				g.hidden[at.r][at.c] = true
			}
		}
	}
}

type position struct{ r, c int }

// line is a row or a column: its cells.
type line []position

func (g *grid) row(r int) line {
	var cells line
	for c := range g.cells[r] {
		cells = append(cells, position{r, c})
	}
	return cells
}

func (g *grid) column(c int) line {
	var cells line
	for r := range g.cells {
		cells = append(cells, position{r, c})
	}
	return cells
}

func (g *grid) lines() []line {
	var lines []line
	for r := range g.cells {
		lines = append(lines, g.row(r))
	}
	for c := range g.cells[0] {
		lines = append(lines, g.column(c))
	}
	return lines
}

// open gives the lines in which more has to be hidden, where anything is given away.
func (g *grid) open() ([]line, bool) {
	for _, cells := range g.lines() {
		sum, n, all := counts{}, 0, true
		for _, at := range cells {
			if g.hidden[at.r][at.c] {
				sum.add(g.cells[at.r][at.c])
				n++
			} else {
				all = false
			}
		}
		if n > 0 && !all && g.weak(sum) {
			return []line{cells}, true
		}
	}
	for r, row := range g.cells {
		for c, cell := range row {
			if g.hidden[r][c] && g.small(cell) && g.pinned(r, c) {
				return []line{g.row(r), g.column(c)}, true
			}
		}
	}
	return nil, false
}

func (g *grid) smallestShown(lines []line) (next position, found bool) {
	for _, line := range lines {
		for _, at := range line {
			if !g.hidden[at.r][at.c] && (!found || g.cells[at.r][at.c].size() < g.cells[next.r][next.c].size()) {
				next, found = at, true
			}
		}
	}
	return next, found
}

func (g *grid) largestFirst() []position {
	var all []position
	for r := range g.cells {
		all = append(all, g.row(r)...)
	}
	slices.SortStableFunc(all, func(a, b position) int { return g.cells[b.r][b.c].size() - g.cells[a.r][a.c].size() })
	return all
}

// pinned tells whether any number of a hidden cell is the only one that fits what is shown: its totals, the shown cells
// and, where the buckets are told apart, how many are in each cell in all.
//
// That another number fits is shown by one more in the cell and one fewer in another of its row, one more in the column
// of that one, and so on round until all totals are as they were: if a table that fits differs there, a round does.
func (g *grid) pinned(r, c int) bool {
	labels := slices.Sorted(maps.Keys(g.whole))
	labels = slices.DeleteFunc(labels, func(label string) bool { return !isOwn(label) || g.whole[label] == 0 })
	for i, label := range labels {
		if len(labels) == 1 {
			return !g.round(position{r, c}, label, "") && !g.roundDown(position{r, c}, label)
		}
		free := false
		for j, other := range labels {
			if i != j && (g.round(position{r, c}, label, other) || g.round(position{r, c}, other, label)) {
				free = true
			}
		}
		if !free {
			return true
		}
	}
	return false
}

// round tells whether one more of the label, instead of one of the other where there is another, could be in the cell.
func (g *grid) round(from position, label, other string) bool {
	more := func(at position) bool { return other == "" || g.cells[at.r][at.c][other] > 0 }
	fewer := func(at position) bool { return g.cells[at.r][at.c][label] > 0 }
	return g.cycle(from, more, fewer)
}

// roundDown tells whether one fewer could be in the cell.
func (g *grid) roundDown(from position, label string) bool {
	some := func(at position) bool { return g.cells[at.r][at.c][label] > 0 }
	return g.cycle(from, some, func(position) bool { return true })
}

// cycle looks for a way from the cell back to its row over hidden cells, in turn of the first kind and of the second.
func (g *grid) cycle(from position, first, second func(position) bool) bool {
	if !first(from) {
		return false
	}
	seen := map[int]bool{from.c: true}
	queue := []int{from.c}
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		for r := range g.cells {
			at := position{r, c}
			if at == from || !g.hidden[r][c] || !second(at) {
				continue
			}
			if r == from.r {
				return true
			}
			for next := range g.cells[r] {
				if g.hidden[r][next] && !seen[next] && first(position{r, next}) {
					seen[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
	return false
}
