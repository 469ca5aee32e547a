package domain

import "math"

// program is a linear program: numbers x ≥ 0 with a·x = b. Its rows come from answers that hold, so that it has a
// solution.
type program struct {
	tableau [][]float64 // each row a, then b; the basis's columns are unit vectors
	basis   []int
	columns int
}

const rounding = 1e-7

// newProgram finds a first vertex, as the simplex method's first phase does.
func newProgram(a [][]float64, b []float64, columns int) *program {
	p := &program{columns: columns}
	rows := len(a)
	for i := range a {
		row := make([]float64, columns+rows+1)
		copy(row, a[i])
		row[columns+i], row[columns+rows] = 1, b[i]
		p.tableau, p.basis = append(p.tableau, row), append(p.basis, columns+i)
	}
	cost := make([]float64, columns+rows)
	for i := range rows {
		cost[columns+i] = -1
	}
	p.maximise(cost)
	kept := p.tableau[:0]
	var basis []int
	for i, row := range p.tableau {
		if p.basis[i] >= columns { // stuck at nothing: bring a column in, or leave out a row that says nothing new
			for j := range columns {
				if math.Abs(row[j]) > rounding {
					p.pivot(i, j)
					break
				}
			}
		}
		if p.basis[i] < columns {
			kept, basis = append(kept, row), append(basis, p.basis[i])
		}
	}
	for i, row := range kept {
		kept[i] = append(row[:columns:columns], row[columns+rows])
	}
	p.tableau, p.basis = kept, basis
	return p
}

// maximise goes from vertex to vertex while the cost grows, and gives the last one.
func (p *program) maximise(cost []float64) []float64 {
	width := len(cost)
	reduced := append([]float64{}, cost...)
	for i, j := range p.basis {
		if c := cost[j]; c != 0 {
			for n := range width {
				reduced[n] -= c * p.tableau[i][n]
			}
		}
	}
	for step := 0; ; step++ {
		enter := -1
		for j, c := range reduced {
			if c > rounding && (enter < 0 || step < 2000 && c > reduced[enter]) { // by and by Bland's rule, which cannot cycle
				enter = j
			}
		}
		if enter < 0 {
			break
		}
		leave, least := -1, math.Inf(1)
		for i, row := range p.tableau {
			if row[enter] > rounding {
				if ratio := row[width] / row[enter]; ratio < least-rounding || ratio < least+rounding && p.basis[i] < p.basis[leave] {
					leave, least = i, ratio
				}
			}
		}
		if leave < 0 {
			panic("unbounded")
		}
		p.pivot(leave, enter)
		c := reduced[enter]
		for n := range width {
			reduced[n] -= c * p.tableau[leave][n]
		}
	}
	x := make([]float64, width)
	for i, j := range p.basis {
		x[j] = p.tableau[i][width]
	}
	return x
}

func (p *program) pivot(leave, enter int) {
	row := p.tableau[leave]
	by := row[enter]
	for n := range row {
		row[n] /= by
	}
	for i, other := range p.tableau {
		if c := other[enter]; i != leave && c != 0 {
			for n := range row {
				if row[n] != 0 {
					other[n] -= c * row[n]
				}
			}
		}
	}
	p.basis[leave] = enter
}
