package domain

import (
	"fmt"
	"strings"
)

// What is counted at a closing, and how far it is told apart.

// told is one thing counted, as far as it is told apart.
type told struct {
	id, person string
	of         described
	day        Date // of entry, of the meeting
	bucket     string
	barrier    Barrier // where it is one of a person's
	entered    Date    // the day of entry of whose it is
}

// again is what a thing is known again by at another closing.
func (one told) again() thing { return thing{one.entered, one.day, one.barrier} }

type thing struct {
	entered, day Date
	barrier      Barrier
}

// on gives what a measure counts from the programme's first day up to the closing, as it stood then.
func (x *discretion) on(measure string, day Date) []told {
	at := onDay{measure, day}
	if _, done := x.counted[at]; !done {
		x.counted[at] = x.count(measure, day)
	}
	return x.counted[at]
}

func (x *discretion) count(measure string, day Date) []told {
	known, start := x.known(day), x.begins(day)
	period := Period{From: start, To: day, AsOf: day, ProgrammeStart: start}
	var all []told
	byRule := func(bucket func(*Record) string) []told {
		for r := range population(known.Records, period) {
			all = append(all, told{id: r.EnrolmentID, person: r.ParticipantID, of: r, day: r.EnteredOn, bucket: bucket(r)})
		}
		return all
	}
	switch measure {
	case tellPeople:
		return byRule(func(*Record) string { return labelIn })
	case IndicatorAverageSupportDuration:
		return byRule(func(r *Record) string {
			return map[bool]string{true: labelEnded, false: labelGoesOn}[r.ExitedOn != nil]
		})
	case tellPersons:
		first := firstEnrolments(known.Records, period)
		return byRule(func(r *Record) string {
			return map[bool]string{true: labelIn, false: labelAgain}[first[r.ParticipantID] == r]
		})
	case tellAge:
		first := firstEnrolments(known.Records, period)
		return byRule(func(r *Record) string {
			_, known := r.AgeAtEntry()
			return map[bool]string{true: labelIn, false: string(BucketExcluded)}[known && first[r.ParticipantID] == r]
		})
	case tellYoung:
		return byRule(func(r *Record) string {
			age, known := r.AgeAtEntry()
			return fmt.Sprint(known && age < youthEndsAt)
		})
	case tellBarriers:
		first := firstEnrolments(known.Records, period)
		for r := range population(known.Records, period) {
			if first[r.ParticipantID] != r {
				continue
			}
			met := map[Barrier]bool{}
			for _, b := range r.Barriers {
				if !met[b.Barrier] {
					met[b.Barrier] = true
					all = append(all, told{r.EnrolmentID + " " + string(b.Barrier), r.ParticipantID, r, r.EnteredOn, labelIn, b.Barrier, r.EnteredOn})
				}
			}
		}
		return all
	}
	d, err := Definitions.Named(measure, day)
	if err != nil {
		return nil
	}
	for item := range d.items(known, period) {
		one := told{bucket: string(item.bucket)}
		switch {
		case item.referral != nil:
			one.id, one.person, one.of, one.day = item.referral.ReferralID, item.referral.ReferralID, item.referral, item.referral.ReceivedOn
		case item.place != nil:
			one.id, one.person, one.of, one.day = item.place.TerritoryCode, item.place.TerritoryCode, item.place, start
		default:
			one.id, one.person, one.of, one.day = item.record.EnrolmentID, item.record.ParticipantID, item.record, item.record.EnteredOn
			one.entered = one.day
		}
		switch {
		case item.meeting != nil:
			one.id, one.day = one.id+" "+item.meeting.ID, item.meeting.Day
		case item.registration != nil:
			one.id, one.day = one.id+" "+item.registration.ID, item.registration.Day
		case item.barrier != nil:
			one.id, one.day, one.barrier = one.id+" "+item.barrier.ID, item.barrier.AssessedOn, item.barrier.Barrier
		}
		if item.bucket != BucketExcluded || d.Counts == ItemEnrolments { // of other things nobody learns how many there are
			all = append(all, one)
		}
	}
	return all
}

// ofEnrolments tells whether the measure counts the people who entered, each in some bucket.
func ofEnrolments(measure string) bool {
	switch measure {
	case tellPeople, tellPersons, tellAge, tellYoung:
		return true
	}
	d, err := Definitions.Named(measure, LatestDate)
	return err == nil && d.Counts == ItemEnrolments
}

// isOwn tells whether the label is a bucket, and not something set against it.
func isOwn(label string) bool {
	return label != labelPeople && label != labelMoved && !strings.Contains(label, "&")
}

// apart sums what a measure counts on a day by where it stands, and beside the buckets by those of the companions.
func (x *discretion) apart(measure string, day Date, companions []string, place func(told) string) map[string]counts {
	beside := map[string]string{}
	for _, companion := range companions {
		for _, one := range x.on(companion, day) {
			beside[one.id] += "&" + companion + "=" + one.bucket
		}
	}
	sums, people := map[string]counts{}, map[string]map[string]bool{}
	for _, one := range x.on(measure, day) {
		at := place(one)
		if sums[at] == nil {
			sums[at], people[at] = counts{}, map[string]bool{}
		}
		sums[at][one.bucket]++
		if with := beside[one.id]; with != "" {
			sums[at][one.bucket+with]++
		}
		if one.bucket != string(BucketExcluded) && one.bucket != string(BucketUnknown) {
			people[at][one.person] = true
		}
	}
	for at, persons := range people {
		sums[at][labelPeople] = len(persons)
		if measure == tellPersons {
			sums[at][labelMoved] = len(persons) - sums[at][labelIn]
		}
	}
	return sums
}

// total is the measure's cell of the whole programme on the day.
func (x *discretion) total(measure string, day Date, companions []string) counts {
	key := measure + " " + day.String() + " " + strings.Join(companions, " ")
	if _, done := x.totals[key]; !done {
		sum := x.apart(measure, day, companions, func(told) string { return "" })[""]
		if sum == nil {
			sum = counts{}
		}
		x.totals[key] = sum
	}
	return x.totals[key]
}
