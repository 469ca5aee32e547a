package domain

import "testing"

// A duration that was published with its days and is told in whole months now is compared in whole months: 5.8 and 6 are the same there.
func TestARoundedDurationIsComparedInWholeMonths(t *testing.T) {
	duration := func(days, people int) Figure {
		f := tally{unit: UnitMonths, numerator: days, denominator: people}
		over, under := f.fraction()
		months := float64(over) / float64(under)
		return Figure{Key: IndicatorAverageSupportDuration, Unit: UnitMonths, Value: &months, Numerator: &days, Denominator: &people, Unknown: new(0), DefinitionVersion: 1}
	}
	for name, c := range map[string]struct {
		before, after Figure
		changed       bool
		value         float64
	}{
		"nothing happened":                {duration(1770, 10), duration(1770, 10).rounded(), false, 0},
		"a day more, the same month":      {duration(1770, 10), duration(1771, 10).rounded(), false, 0},
		"a month more":                    {duration(1770, 10), duration(2130, 10).rounded(), true, 1},
		"the same month, of other people": {duration(1770, 10), duration(1947, 11).rounded(), true, 0},
		"a day more, told with its days":  {duration(1770, 10), duration(1771, 10), true, *duration(1771, 10).Value - *duration(1770, 10).Value},
	} {
		got := CompareFigures([]Figure{c.before}, []Figure{c.after}, "")[0]
		if got.Changed == nil || *got.Changed != c.changed || got.Withheld || got.Difference == nil || *got.Difference.Value != c.value {
			t.Errorf("%s: changed %v, by %v", name, *got.Changed, *got.Difference.Value)
		}
		if *got.Before.Value != *c.before.Value || got.Before.Numerator == nil {
			t.Errorf("%s: what was published reads %+v", name, got.Before)
		}
	}
}

// Whom a figure counted nowhere, before and after, did not enter it nor leave it, named or not; of who is counted on one side it is told.
func TestWhoIsCountedNowhereIsNoDifference(t *testing.T) {
	none := Bucket("")
	for _, c := range []struct {
		before, after Bucket
		told          Change // nothing where it is left out
	}{
		{none, BucketExcluded, ""}, {BucketExcluded, none, ""}, {BucketExcluded, BucketExcluded, ""},
		{none, BucketUnknown, Entered}, {none, BucketNumerator, Entered}, {BucketDenominatorOnly, none, Left},
		{BucketExcluded, BucketNumerator, Changed}, {BucketUnknown, BucketExcluded, Changed},
	} {
		side := func(bucket Bucket, id *string) []SnapshotItem {
			if bucket == none {
				return nil
			}
			return []SnapshotItem{{Key: IndicatorBeneficiaries, EvidenceItem: EvidenceItem{EnrolmentID: id, Bucket: bucket}}}
		}
		people, _ := CompareItems(side(c.before, new("a")), side(c.after, new("a")), Whereabouts{}, "")
		if left := c.told == ""; left != (len(people) == 0) || !left && people[0].Items[0].Change != c.told {
			t.Errorf("from %q to %q: %+v", c.before, c.after, people)
		}
		_, unnamed := CompareItems(side(c.before, nil), side(c.after, nil), Whereabouts{}, "")
		if left := c.told == ""; left != (len(unnamed) == 0) {
			t.Errorf("from %q to %q, unnamed: %+v", c.before, c.after, unnamed)
		}
	}
}
