package domain

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
)

// why reduces the equations to a few from which the hidden number follows.
func why(shown map[string]float64, between map[string][2]float64, hidden map[string]float64, terms map[string][]float64, kinds int, what string) map[string]float64 {
	if b := map[string][2]float64{}; len(worksOut(shown, b, map[string]float64{what: hidden[what]}, terms, kinds)) > 0 {
		between = b
	} else {
		println("needs days")
	}
	one := map[string]float64{what: hidden[what]}
	follows := func(s map[string]float64) bool {
		// keep bounded: total people
		return len(worksOut(s, between, one, terms, kinds)) > 0
	}
	left := maps.Clone(shown)
	keys := slices.Sorted(maps.Keys(left))
	for size := len(keys) / 4; size >= 1; size /= 2 {
		for i := 0; i < len(keys); i += size {
			try := maps.Clone(left)
			for _, key := range keys[i:min(i+size, len(keys))] {
				if key == bounded {
					continue
				}
				delete(try, key)
			}
			if len(try) < len(left) && follows(try) {
				left = try
			}
		}
		keys = slices.Sorted(maps.Keys(left))
	}
	return left
}

var bounded = ""

func TestZZ(t *testing.T) {
	from, _ := strconv.Atoi(os.Getenv("FROM"))
	to, _ := strconv.Atoi(os.Getenv("TO"))
	debugWhy = os.Getenv("WHY") != ""
	for seed := from; seed < to; seed++ {
		attack(t, uint64(seed))
	}
}
