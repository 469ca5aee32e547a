package domain

import (
	"slices"
	"sync"
	"time"
)

// What an analyst may be told of few people.
//
// She may ask one state of the records as many questions as she likes, and subtract their answers. So no figure is
// decided by itself: what may be shown is decided table by table, of the whole programme, always in the same order, and
// every answer looks up there whether its cells are shown. Whatever way a question is put (a filter, a row of a
// breakdown, a point of a series, a row of the profile, a target's gap; JSON or CSV; on whichever replica) it looks up
// the same cell, and gets the same answer. That holds as long as all of it depends on nothing but the records.
//
// 1. The table without filters, day by day. The days whose state she reads are closings: ends of half-years between
// which nobody entered, or k people or more, decided one after the other, so that none takes back what the ones before
// it told. At a closing a figure is shown when none of its buckets holds 1 to k−1, and none differs by so few from the
// same figure at another closing at which it is shown. Each closing is kept as the records lay then (Closing): what was
// recorded, corrected or voided since is one more difference to the next.
//
// 2. One dimension, of which the years of entry (or of meeting) are one; of territories, those of a sector. See
// cellRule.hide.
//
// 3. Two dimensions. See grid. A territory is asked for alone, and the years are.
//
// 4. Three or more: nothing. What follows from tables of two dimensions about a third cannot be decided for all of them
// together.
//
// Two figures are apart unless they are about one thing; then the later of them is told only as far as the cells of
// both together are not small (companions). Of how paths end, the two rates of the convention are told and no other
// figure: the more sums over the same few ends are told, the more of them follow. What else the programme says of the
// ends, it publishes.
type discretion struct {
	mu sync.Mutex // held while it is asked: it remembers what it worked out

	kept   map[Date]*Closing // what each day is told of; without, all days are told of the records as they lie
	basis  Basis
	k      int
	start  Date   // the programme's first day: who entered before is in no figure of an analyst's
	judged []Date // the ends of half-years, in the order in which they are told; once the closings are known, those

	knownOn  map[Date]Basis
	counted  map[onDay][]told
	totals   map[string]counts
	accepted map[string]map[Date]bool
	families map[string]tables
	bundled  map[string][]bundle
}

// onDay names what is worked out of a closing.
type onDay struct {
	what string
	day  Date
}

// What is told beside the indicators.
const (
	tellPeople   = "people"   // paths: the denominator of most figures
	tellPersons  = "persons"  // whoever entered, once, and how often somebody came again: the beneficiaries, and the profile's rows
	tellAge      = "age"      // whose age is known, each person once
	tellBarriers = "barriers" // people and what hinders them, each once
	tellYoung    = "young"    // who is young enough for IndicatorYouthWithoutResources: whoever knows how many are, knows how many of its rest are
)

// ofPaths are the figures about how a path goes on and ends, in the order in which they are decided: each is a sum over
// the same few ends, so that one less another is a third.
var ofPaths = []string{IndicatorEmploymentAt6Months, IndicatorCertifyingTrainingExit}

// neverTold are the figures that an analyst reads where they are published, and never asks for: sums over the same ends.
var neverTold = []string{IndicatorEmploymentMatured, IndicatorPositiveExit, IndicatorActiveEnrolments}

// toldInAll are the figures that are told of the whole programme only, since its beginning. What the two shares say of a
// group, the breakdown of people by justice status or by age says too, and not always at the same closings.
var toldInAll = []string{
	IndicatorTerritoryCoverage, IndicatorAverageSupportDuration, IndicatorDaysToFirstMeeting,
	IndicatorJusticeSupervised, IndicatorYouthWithoutResources,
}

// measureOf is the name under which an indicator is decided.
func measureOf(key string) string {
	switch key {
	case IndicatorBeneficiaries:
		return tellPersons
	case IndicatorMeetingsHeld: // the numerator of the other
		return IndicatorIndividualAttendance
	}
	return key
}

func newDiscretion() *discretion {
	return &discretion{
		knownOn: map[Date]Basis{}, counted: map[onDay][]told{}, totals: map[string]counts{}, accepted: map[string]map[Date]bool{},
		families: map[string]tables{}, bundled: map[string][]bundle{},
	}
}

// discretion is what may be shown of the records that the question is put to.
func (q Question) discretion() *discretion {
	x := newDiscretion()
	x.basis, x.k, x.start = q.Basis, q.Programme.Threshold(), q.Period.ProgrammeStart
	latest := q.Latest
	if latest.IsZero() {
		latest = lastMonthEnd(q.Period.AsOf)
	}
	if x.start.IsZero() {
		x.start = q.Period.From
	}
	x.judged = ClosingDays(x.start, latest)
	x.settle()
	return x
}

// settle leaves, of the days judged, the closings.
func (x *discretion) settle() {
	closings := x.shownOn(tellPeople)
	x.judged = slices.DeleteFunc(x.judged, func(day Date) bool { return !closings[day] })
}

// isClosing tells whether the day is one whose state is told. What is judged does not change once it is asked.
func (x *discretion) isClosing(day Date) bool { return slices.Contains(x.judged, day) }

// threshold and begins are the k and the programme's first day of a closing.
func (x *discretion) threshold(day Date) int {
	if kept := x.kept[day]; kept != nil {
		return kept.Threshold
	}
	return x.k
}

func (x *discretion) begins(day Date) Date {
	if kept := x.kept[day]; kept != nil {
		return kept.Start
	}
	return x.start
}

// known are the records as the closing is told of them.
func (x *discretion) known(day Date) Basis {
	if _, done := x.knownOn[day]; !done {
		basis := x.basis
		if kept := x.kept[day]; kept != nil {
			basis = kept.Basis
		}
		x.knownOn[day] = basis.known(day, Filter{})
	}
	return x.knownOn[day]
}

// isEarly tells whether something of the closing is dated before the programme began.
func (x *discretion) isEarly(day Date) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	start, known := x.begins(day), x.known(day)
	return slices.ContainsFunc(known.Records, func(r Record) bool { return r.isBefore(start) }) ||
		slices.ContainsFunc(known.Referrals, func(r ReferralRecord) bool { return r.ReceivedOn.Before(start) })
}

// isBefore tells whether the record has anything dated before the day.
func (r *Record) isBefore(day Date) bool {
	return r.EnteredOn.Before(day) ||
		slices.ContainsFunc(r.Meetings, func(m MeetingFact) bool { return m.Day.Before(day) }) ||
		slices.ContainsFunc(r.Workshops, func(w WorkshopFact) bool { return w.Day.Before(day) }) ||
		slices.ContainsFunc(r.Barriers, func(b BarrierFact) bool { return b.AssessedOn.Before(day) })
}

func monthEnd(day Date) Date { return NewDate(day.Year(), day.Month()+1, 0) }

// lastMonthEnd is the day itself where it ends a month, or the end of the month before.
func lastMonthEnd(day Date) Date {
	if day.endsMonth() {
		return day
	}
	return NewDate(day.Year(), day.Month(), 0)
}

// closing is the latest day up to that one whose state is read: the day itself, or one before on which somebody had
// entered.
func (x *discretion) closing(day Date) (closing Date, found bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, one := range x.judged {
		if !one.Before(closing) && (one == day || one.Before(day) && !x.total(tellPeople, one, nil).empty()) {
			closing, found = one, true
		}
	}
	return closing, found
}

// rule is what is asked of the cells of the measure's tables. Of a rate, no shown cell is without a numerator or a rest.
func (x *discretion) rule(measure string, day Date, whole counts) cellRule {
	rule := cellRule{k: x.threshold(day), whole: whole, unknowns: saysUnknown(measure), full: map[string]bool{labelPeople: true, labelIn: true}}
	rule.full[string(BucketNumerator)], rule.full[string(BucketDenominatorOnly)] = true, true
	return rule
}

// companions are the measures about the same thing that are decided before, and shown on that day.
func (x *discretion) companions(measure string, day Date, by ...axis) []string {
	var all []string
	if i := slices.Index(ofPaths, measure); i >= 0 {
		all = ofPaths[:i]
	}
	switch measure {
	case IndicatorAverageSupportDuration:
		all = ofPaths
	case IndicatorYouthWithoutResources:
		return []string{tellYoung}
	case tellPeople, tellPersons:
		if slices.Contains(by, axis(ByAgeBand)) {
			all = append(all, IndicatorYouthWithoutResources, tellAge)
		}
		if slices.Contains(by, axis(ByJusticeStatus)) {
			all = append(all, IndicatorJusticeSupervised)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool {
		if measure == tellPeople || measure == tellPersons { // what somebody was at entry, another closing tells as well
			return len(x.shownOn(one)) == 0
		}
		return !x.shownOn(one)[day]
	})
}

// shownOn are the days on which the measure's figure of the whole programme is shown.
func (x *discretion) shownOn(measure string) map[Date]bool {
	if shown, done := x.accepted[measure]; done {
		return shown
	}
	shown := map[Date]bool{}
	x.accepted[measure] = shown
	if slices.Contains(neverTold, measure) {
		return shown
	}
	if measure == IndicatorAverageSupportDuration {
		x.durations(shown)
		return shown
	}
	for _, day := range x.judged {
		fits := x.fewNowhere(measure, day, x.companions(measure, day))
		for other := range shown {
			fits = fits && x.differs(measure, day, other, everywhere, everywhere, nil)
			if x.begins(day) != x.begins(other) { // of three closings, two may be of days apart, and the third of both
				fits = fits && x.differs(measure, day, other, axisYear.of, axisYear.of, []axis{axisYear})
			}
		}
		if fits {
			shown[day] = true
		}
	}
	return shown
}

// durations finds the closings at which the average duration is told: the ends of years. The days of several closings,
// though each is told in whole months, tell how many paths have ended and how many go on; those of one do not. So it is told
// of one, and of more where that is not small in any of them, nor beside the two rates of the ends, nor between them.
func (x *discretion) durations(shown map[Date]bool) {
	const measure = IndicatorAverageSupportDuration
	large := func(day Date) bool { return x.fewNowhere(measure, day, x.companions(measure, day)) }
	for _, day := range x.judged {
		fits := day.Month() == time.December && x.shownOn(tellPeople)[day]
		for other := range shown {
			if x.total(measure, other, nil).empty() {
				continue
			}
			fits = fits && large(day) && large(other) && x.differs(measure, day, other, everywhere, everywhere, nil)
		}
		if fits {
			shown[day] = true
		}
	}
}

// saysUnknown tells whether it is said of the whole programme of how many the measure's fact is not known, however few
// they are: it is what says how much the figure is worth. Of how paths end, nothing known is something known of the end.
func saysUnknown(measure string) bool { return !slices.Contains(ofPaths, measure) }

// fewNowhere tells whether the measure's cell of the whole programme is small in nothing.
func (x *discretion) fewNowhere(measure string, day Date, companions []string) bool {
	for label, n := range x.total(measure, day, companions) {
		if smallCell(n, x.threshold(day)) && label != labelAgain && !(label == string(BucketUnknown) && saysUnknown(measure)) {
			return false
		}
	}
	return true
}
