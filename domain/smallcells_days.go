package domain

import (
	"fmt"
	"slices"
	"strings"
)

// What of two closings may be told beside each other.

// bundle is the things of a day that stand in one place, whatever the parts.
type bundle struct {
	one told // any of them
	counts
}

// bundles are what a measure counts on a day by the places that parts are made of.
func (x *discretion) bundles(measure string, day Date, companions []string, by []axis) []bundle {
	key := measure + " " + day.String() + " " + strings.Join(companions, " ") + fmt.Sprint(by)
	done, found := x.bundled[key]
	if found {
		return done
	}
	any := map[string]told{}
	sums := x.apart(measure, day, companions, func(one told) string {
		at := ""
		for _, axis := range by {
			at += axis.of(one) + "\n"
		}
		any[at] = one
		return at
	})
	for at, sum := range sums {
		done = append(done, bundle{any[at], sum})
	}
	x.bundled[key] = done
	return done
}

// differs tells whether the measure's sums of two days may both be shown: nothing that can be subtracted from one
// another differs by 1 to k−1. Each day's sums are told by the part that a thing stands in, by the axes; parts of the two
// days that share something are put together until both tell of the same.
func (x *discretion) differs(measure string, day, other Date, part, otherPart part, by []axis) bool {
	if day.Before(other) {
		day, other, part, otherPart = other, day, otherPart, part
	}
	companions := slices.DeleteFunc(x.companions(measure, day), func(one string) bool {
		return measure != tellPeople && measure != tellPersons && one != tellYoung && !x.shownOn(one)[other]
	})
	now, then := x.bundles(measure, day, companions, by), x.bundles(measure, other, companions, by)
	together := joined{}
	for _, b := range then {
		together.join("now "+part(b.one), "then "+otherPart(b.one))
	}
	at := func(one told) string { return together.of("now " + part(one)) }
	changes := map[string]counts{}
	unknown := 0
	add := func(bundles []bundle, sign int) {
		for _, b := range bundles {
			to := changes[at(b.one)]
			if to == nil {
				to = counts{}
				changes[at(b.one)] = to
			}
			for label, n := range b.counts {
				to[label] += sign * n
			}
			unknown += sign * b.counts[string(BucketUnknown)]
		}
	}
	add(now, 1)
	add(then, -1)
	came := x.total(measure, day, nil)[labelIn] - x.total(measure, other, nil)[labelIn]
	timeless := !slices.Contains(by, axisYear)
	k := max(x.threshold(day), x.threshold(other))
	for _, change := range changes {
		if known := change[string(BucketNumerator)] + change[string(BucketDenominatorOnly)]; !ofEnrolments(measure) && smallCell(abs(known), k) {
			return false
		}
		if measure == IndicatorAverageSupportDuration && change.size() == 0 {
			return false // of the same people, the days of two closings less each other tell how many paths went on
		}
		if change[labelIn] == 0 && came > 0 && timeless {
			return false // nobody there of those who came
		}
		for label, n := range change {
			if label == labelPeople || label == string(BucketUnknown) && n == unknown && saysUnknown(measure) { // which the whole table says
				continue
			}
			if label == labelAgain && len(by) == 0 { // so does it of those who came again
				continue
			}
			if smallCell(abs(n), k) {
				return false
			}
		}
	}
	if ofEnrolments(measure) {
		return true
	}
	moved := x.moved(measure, day, other, at, func(one told) string { return together.of("then " + otherPart(one)) })
	return !slices.ContainsFunc(moved, func(people int) bool { return smallCell(people, k) })
}

// moved counts, part by part, the people of whom things came, of whom they went, and of whom they were found to stand
// elsewhere between two closings: of one person there may be many, so that as many things as that may be hers alone. A thing
// is known again by its days, since what is kept of a closing names nobody.
func (x *discretion) moved(measure string, day, other Date, at, thenAt func(told) string) (people []int) {
	type kept struct{ at, bucket, person string }
	before, after := map[thing][]kept{}, map[thing][]kept{}
	for _, one := range x.on(measure, other) {
		before[one.again()] = append(before[one.again()], kept{thenAt(one), one.bucket, one.person})
	}
	for _, one := range x.on(measure, day) {
		again, now := one.again(), kept{at(one), one.bucket, one.person}
		same := slices.IndexFunc(before[again], func(then kept) bool { return then.at == now.at && then.bucket == now.bucket })
		if same < 0 {
			after[again] = append(after[again], now)
			continue
		}
		before[again] = slices.Delete(before[again], same, same+1)
	}
	persons := map[[2]string]map[string]bool{}
	count := func(how string, all []kept) {
		for _, one := range all {
			if one.bucket == string(BucketUnknown) {
				continue
			}
			at := [2]string{how, one.at}
			if persons[at] == nil {
				persons[at] = map[string]bool{}
			}
			persons[at][one.person] = true
		}
	}
	for again, now := range after {
		then := before[again]
		delete(before, again)
		both := min(len(now), len(then))
		count("stands elsewhere", now[:both])
		count("stood elsewhere", then[:both])
		count("came", now[both:])
		count("went", then[both:])
	}
	for _, then := range before {
		count("went", then)
	}
	for _, part := range persons {
		people = append(people, len(part))
	}
	return people
}

func everywhere(told) string { return "" }

func abs(n int) int { return max(n, -n) }

// joined puts names together.
type joined map[string]string

func (j joined) of(name string) string {
	for j[name] != "" {
		name = j[name]
	}
	return name
}

func (j joined) join(a, b string) {
	if a, b = j.of(a), j.of(b); a != b {
		j[b] = a
	}
}
