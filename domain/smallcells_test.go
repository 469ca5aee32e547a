package domain

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of tables of two dimensions small enough to try all that an attacker may take for the true one, what is hidden gives
// nothing away, and showing any one cell more would.
func TestNoMoreCellsAreHiddenThanNeeded(t *testing.T) {
	const k = 3
	dice := rand.New(rand.NewPCG(1, 9))
	hiddenCells, shownCells := 0, 0
	for range 3000 {
		rows, columns := 2+dice.IntN(2), 2+dice.IntN(2)
		values := make([][]int, rows)
		g := &grid{cellRule: cellRule{k: k, whole: counts{}}}
		for r := range values {
			var cells []counts
			for range columns {
				v := max(0, dice.IntN(9)-2)
				values[r] = append(values[r], v)
				cells = append(cells, counts{labelIn: v})
				g.whole[labelIn] += v
			}
			g.cells, g.forced = append(g.cells, cells), append(g.forced, make([]bool, columns))
		}
		if !totalsAreShown(values, k) { // a row or a column that one dimension hides is none of the table
			continue
		}
		g.hide()
		if givesCellsAway(values, g.hidden, k) {
			t.Fatalf("%v: hiding %v gives away", values, g.hidden)
		}
		for r := range values {
			for c := range values[r] {
				if !g.hidden[r][c] {
					shownCells++
					continue
				}
				hiddenCells++
				if g.hidden[r][c] = false; !givesCellsAway(values, g.hidden, k) {
					t.Fatalf("%v: %v is enough, without %d, %d", values, g.hidden, r, c)
				}
				g.hidden[r][c] = true
			}
		}
	}
	if hiddenCells < 1000 || shownCells < 1000 {
		t.Errorf("%d cells hidden, %d shown: little was tried", hiddenCells, shownCells)
	}
}

func totalsAreShown(values [][]int, k int) bool {
	columns := make([]int, len(values[0]))
	for _, row := range values {
		sum := 0
		for c, v := range row {
			sum, columns[c] = sum+v, columns[c]+v
		}
		if smallCell(sum, k) {
			return false
		}
	}
	for _, sum := range columns {
		if smallCell(sum, k) {
			return false
		}
	}
	return true
}

// givesCellsAway tells whether a small number follows from the shown cells and the totals: that of a cell, or of the
// hidden ones of a row or a column.
func givesCellsAway(values [][]int, hidden [][]bool, k int) bool {
	rowLeft, columnLeft := make([]int, len(values)), make([]int, len(values[0]))
	var at []position
	for r, row := range values {
		for c, v := range row {
			if hidden[r][c] {
				rowLeft[r], columnLeft[c], at = rowLeft[r]+v, columnLeft[c]+v, append(at, position{r, c})
			} else if smallCell(v, k) {
				return true
			}
		}
	}
	if len(at) == len(values)*len(values[0]) { // nothing is shown, and the totals are large
		return false
	}
	for _, left := range append(append([]int{}, rowLeft...), columnLeft...) {
		if smallCell(left, k) {
			return true
		}
	}
	can := possible(at, rowLeft, columnLeft, func(position) int { return math.MaxInt })
	for i, p := range at {
		if smallCell(values[p.r][p.c], k) && len(can[i]) == 1 {
			return true
		}
	}
	return false
}

// possible are the numbers that each hidden cell can be, with such sums of what is hidden in each row and column and no cell
// beyond its bound: all tables are tried.
func possible(at []position, rowLeft, columnLeft []int, bound func(position) int) []map[int]bool {
	can, so := make([]map[int]bool, len(at)), make([]int, len(at))
	for i := range can {
		can[i] = map[int]bool{}
	}
	var try func(i int)
	try = func(i int) {
		if i == len(at) {
			for _, left := range append(append([]int{}, rowLeft...), columnLeft...) {
				if left != 0 {
					return
				}
			}
			for j, v := range so {
				can[j][v] = true
			}
			return
		}
		r, c := at[i].r, at[i].c
		for v := 0; v <= min(bound(at[i]), rowLeft[r], columnLeft[c]); v++ {
			so[i], rowLeft[r], columnLeft[c] = v, rowLeft[r]-v, columnLeft[c]-v
			try(i + 1)
			rowLeft[r], columnLeft[c] = rowLeft[r]+v, columnLeft[c]+v
		}
	}
	try(0)
	return can
}
