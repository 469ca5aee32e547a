package domain

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// What is hidden together may be told by subtraction, and a cell is told for itself.
func TestWhatACellMayTell(t *testing.T) {
	const numerator, rest, unknown = string(BucketNumerator), string(BucketDenominatorOnly), string(BucketUnknown)
	full := map[string]bool{labelPeople: true, labelIn: true, numerator: true, rest: true}
	for _, c := range []struct {
		name        string
		cell, whole counts
		silent      bool // of how many it is not known is not said
		small, weak bool
	}{
		{"enough of each", counts{numerator: 5, rest: 6}, counts{numerator: 20, rest: 20}, false, false, false},
		{"few", counts{numerator: 4, rest: 6}, counts{numerator: 20, rest: 20}, false, true, true},
		{"nobody is so", counts{numerator: 0, rest: 6}, counts{numerator: 20, rest: 20}, false, true, true},
		{"everybody is so", counts{numerator: 6, rest: 0}, counts{numerator: 20, rest: 20}, false, true, true},
		{"nobody is so anywhere", counts{rest: 6}, counts{numerator: 0, rest: 20}, false, false, false},
		{"few are not known, and no others", counts{numerator: 5, rest: 6, unknown: 2}, counts{numerator: 20, rest: 20, unknown: 2}, false, true, false},
		{"few are not known, of more", counts{numerator: 5, rest: 6, unknown: 2}, counts{numerator: 20, rest: 20, unknown: 9}, false, true, true},
		{"few are not known, of an end", counts{numerator: 5, rest: 6, unknown: 2}, counts{numerator: 20, rest: 20, unknown: 2}, true, true, true},
		{"few came again, and no others", counts{labelIn: 9, labelAgain: 1}, counts{labelIn: 30, labelAgain: 1}, false, true, false},
		{"few came again, of more", counts{labelIn: 9, labelAgain: 1}, counts{labelIn: 30, labelAgain: 9}, false, true, true},
		{"few came again, and stood elsewhere", counts{labelIn: 9, labelMoved: 1}, counts{labelIn: 30, labelMoved: 2}, false, true, false},
	} {
		rule := cellRule{k: 5, whole: c.whole, unknowns: !c.silent, full: full}
		if small, weak := rule.small(c.cell), rule.weak(c.cell); small != c.small || weak != c.weak {
			t.Errorf("%s: small %v, weak %v", c.name, small, weak)
		}
	}
}

// Of tables of a rate, small enough to try all that an attacker may take for the true one who knows how many are in each
// cell, what is hidden gives nothing away.
func TestCellsOfARateAreNotGivenAway(t *testing.T) {
	const k = 3
	dice := rand.New(rand.NewPCG(2, 9))
	tried, pinned := 0, 0
	for range 6000 {
		rows, columns := 2, 2+dice.IntN(2)
		size, yes := make([][]int, rows), make([][]int, rows)
		g := &grid{cellRule: cellRule{k: k, whole: counts{}}}
		for r := range size {
			var cells []counts
			for range columns {
				n := 3 + dice.IntN(4)
				y := dice.IntN(n + 1)
				size[r], yes[r] = append(size[r], n), append(yes[r], y)
				cells = append(cells, counts{string(BucketNumerator): y, string(BucketDenominatorOnly): n - y})
				g.whole.add(cells[len(cells)-1])
			}
			g.cells, g.forced = append(g.cells, cells), append(g.forced, make([]bool, columns))
		}
		rest := make([][]int, rows)
		for r := range size {
			for c := range size[r] {
				rest[r] = append(rest[r], size[r][c]-yes[r][c])
			}
		}
		if !totalsAreShown(yes, k) || !totalsAreShown(rest, k) {
			continue
		}
		tried++
		g.hide()
		if given := rateGivenAway(size, yes, g.hidden, k); given != "" {
			t.Fatalf("%v of %v: hiding %v gives away %s", yes, size, g.hidden, given)
		}
		for r := range size {
			for c := range size[r] {
				if g.hidden[r][c] && !g.forced[r][c] {
					pinned++
				}
			}
		}
	}
	if tried < 500 || pinned < 500 {
		t.Errorf("%d tables, %d cells hidden beside small ones: little was tried", tried, pinned)
	}
}

// rateGivenAway says which small number follows from the shown cells, the totals and the sizes of all cells.
func rateGivenAway(size, yes [][]int, hidden [][]bool, k int) string {
	rowLeft, columnLeft := make([]int, len(yes)), make([]int, len(yes[0]))
	var at []position
	for r := range yes {
		for c, y := range yes[r] {
			switch {
			case hidden[r][c]:
				rowLeft[r], columnLeft[c], at = rowLeft[r]+y, columnLeft[c]+y, append(at, position{r, c})
			case smallCell(y, k) || smallCell(size[r][c]-y, k):
				return fmt.Sprint("a shown cell ", r, c)
			}
		}
	}
	if len(at) == len(yes)*len(yes[0]) { // nothing is shown
		return ""
	}
	can := possible(at, rowLeft, columnLeft, func(p position) int { return size[p.r][p.c] })
	for i, p := range at {
		if y := yes[p.r][p.c]; len(can[i]) == 1 && (smallCell(y, k) || smallCell(size[p.r][p.c]-y, k)) {
			return fmt.Sprint("the cell ", p.r, p.c)
		}
	}
	return ""
}
