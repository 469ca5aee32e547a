package domain

import "slices"

// What a table of one closing tells of a closing before it, of which no table is told but the total.

// comeAndGo are the measures into whose buckets things come while others leave them.
var comeAndGo = []string{IndicatorEmploymentAt6Months, IndicatorFranceTravailRegistration}

// leaveTheRest are those into whose numerator things come out of the rest.
var leaveTheRest = []string{IndicatorCertifyingTrainingExit, IndicatorBarriersLifted}

// datedForGood are those of things that stay from their day on in the bucket that they are in. So what is told of a year that is over, at
// any closing since, was so at those before. (The years of paths are told where those of people are, and their ends are
// closings or tell of few.)
var datedForGood = []string{IndicatorIndividualAttendance, IndicatorWorkshopAttendance}

// tellsOfBefore tells whether parts of a table of the day say of a closing before what is small there. Of a bucket into
// which nothing came since in all, nothing came in any part, so that each held as many, of as many people as were there.
// Of years, what is told of those that were over is what it was, and what is left of the total is of that closing's year.
func (x *discretion) tellsOfBefore(measure string, day, before Date, parts part, by []axis) bool {
	if !before.Before(day) || slices.Contains(comeAndGo, measure) {
		return false
	}
	now, then := x.total(measure, day, nil), x.total(measure, before, nil)
	same := func(bucket Bucket) bool { return now[string(bucket)] == then[string(bucket)] }
	years := slices.Contains(by, axisYear)
	each := years && slices.Contains(datedForGood, measure) || same(BucketNumerator) || same(BucketDenominatorOnly) && !slices.Contains(leaveTheRest, measure)
	found := years && measure == IndicatorBarriersLifted
	if !each && !found {
		return false
	}
	k := x.threshold(before)
	for _, cell := range x.apart(measure, before, nil, parts) {
		numerator, rest := cell[string(BucketNumerator)], cell[string(BucketDenominatorOnly)]
		if each && (smallCell(numerator, k) || smallCell(rest, k)) || found && smallCell(numerator+rest, k) {
			return true
		}
	}
	return false
}
