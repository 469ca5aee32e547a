package domain_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"o2r/domain"
	"o2r/domain/recount/recounttest"
)

// Of every indicator, of the convention and beyond it, under any filters together, evidence lists as many items in each
// bucket as the figure counts: on invented programmes with merges, voids, referrals, barriers and territories.
func TestEvidenceIsAsLargeAsTheFigureUnderEveryFilter(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	compared, filtered, counted := 0, 0, map[string]int{}
	for i := range uint64(400) {
		r := rand.New(rand.NewPCG(seed+i, 4))
		book := recounttest.Book(r)
		for range 3 {
			q := question(book, recounttest.Slugs[0], recounttest.Question(r, book))
			if !q.Filter.IsEmpty() {
				filtered++
			}
			for _, figure := range q.FiguresOf("").Items {
				evidence, err := q.Evidence(figure.Key)
				if err != nil {
					t.Fatal(err)
				}
				sizes, amount := map[domain.Bucket]int{}, 0
				for _, item := range evidence.Items {
					sizes[item.Bucket]++
					amount += item.Amount
					if item.Bucket == "" || item.Facts == nil {
						t.Fatalf("seed %d, %s: an item says nothing: %+v", seed+i, figure.Key, item)
					}
				}
				numerator := sizes[domain.BucketNumerator]
				if figure.Unit == domain.UnitMonths { // of days
					numerator = amount
				}
				if *figure.Numerator != numerator ||
					figure.Denominator != nil && *figure.Denominator != sizes[domain.BucketNumerator]+sizes[domain.BucketDenominatorOnly] ||
					figure.Unknown != nil && *figure.Unknown != sizes[domain.BucketUnknown] {
					t.Fatalf("seed %d, %+v: %s counts %d, %v, %v, its evidence %v", seed+i, q.Filter, figure.Key, *figure.Numerator, figure.Denominator, figure.Unknown, sizes)
				}
				compared++
				counted[figure.Key] += numerator
			}
		}
	}
	if filtered < 300 || len(counted) != 18 {
		t.Errorf("%d questions had a filter, %d indicators were asked for", filtered, len(counted))
	}
	for key, n := range counted {
		if n == 0 {
			t.Errorf("%s counted nothing in all that", key)
		}
	}
	t.Logf("%d figures from seed %d, %d questions with a filter", compared, seed, filtered)
}
