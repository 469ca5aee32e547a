package domain

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Days lie close together, around month ends and one 29 February, so that boundaries are met often.
var anyDay = rapid.Custom(func(t *rapid.T) Date {
	if rapid.Bool().Draw(t, "near the end of a month") {
		month := rapid.IntRange(1, 24).Draw(t, "month")
		return NewDate(2024, time.Month(month+1), rapid.IntRange(-1, 1).Draw(t, "offset"))
	}
	return NewDate(2024, time.January, 1).AddDays(rapid.IntRange(0, 730).Draw(t, "day"))
})

var anyRecord = rapid.Custom(func(t *rapid.T) Record {
	flag := rapid.Ptr(rapid.Bool(), true)
	r := Record{
		EnrolmentID: fmt.Sprint("e", rapid.Uint32().Draw(t, "enrolment")), ParticipantID: fmt.Sprint("p", rapid.IntRange(0, 9).Draw(t, "person")),
		EnteredOn: anyDay.Draw(t, "entered"),
		JobSeeker: flag.Draw(t, "job seeker"), WithoutResources: flag.Draw(t, "without resources"), Disengaged: flag.Draw(t, "disengaged"),
		JobSeekerSince: rapid.Ptr(rapid.Custom(func(t *rapid.T) Date { return anyDay.Draw(t, "since").AddMonths(-12) }), true).Draw(t, "since"),
		BirthDate:      rapid.Ptr(rapid.Custom(func(t *rapid.T) Date { return anyDay.Draw(t, "born").AddMonths(-12 * 26) }), true).Draw(t, "birth date"),
		Gender:         drawCode[Gender](t), EducationLevel: drawCode[EducationLevel](t), JusticeStatus: drawCode[JusticeStatus](t),
		Jobs: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) JobSpell {
			spell := JobSpell{StartsOn: anyDay.Draw(t, "starts")}
			if rapid.Bool().Draw(t, "ends") {
				spell.EndsOn = new(spell.StartsOn.AddDays(rapid.IntRange(0, 200).Draw(t, "days")))
			}
			return spell
		}), 0, 2).Draw(t, "jobs"),
		FranceTravail: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) FranceTravailObservation {
			return FranceTravailObservation{anyDay.Draw(t, "observed"), rapid.Bool().Draw(t, "registered")}
		}), 0, 4).Draw(t, "france travail"),
		Outcomes: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) OutcomeObservation {
			return OutcomeObservation{anyDay.Draw(t, "observed"), OutcomeResult(rapid.SampledFrom(OutcomeResult("").Codes()).Draw(t, "result"))}
		}), 0, 2).Draw(t, "outcomes"),
		Meetings: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) MeetingFact {
			return MeetingFact{"m", anyDay.Draw(t, "day"), *drawStatus(t)}
		}), 0, 4).Draw(t, "meetings"),
		Workshops: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) WorkshopFact {
			return WorkshopFact{"w", anyDay.Draw(t, "day"), rapid.Bool().Draw(t, "closed"), rapid.Bool().Draw(t, "cancelled"), *drawStatus(t)}
		}), 0, 3).Draw(t, "workshops"),
	}
	if rapid.Bool().Draw(t, "left") {
		r.ExitedOn = new(r.EnteredOn.AddDays(rapid.IntRange(0, 250).Draw(t, "after")))
		r.ExitKind = new(rapid.SampledFrom([]ExitKind{ExitCDI, ExitInterim, ExitFormationCertifiante, ExitFormationPrequalifiante, ExitAbandon}).Draw(t, "kind"))
	}
	return r
})

func drawCode[C Coded](t *rapid.T) *C {
	var code C
	return rapid.Ptr(rapid.Custom(func(t *rapid.T) C { return C(rapid.SampledFrom(code.Codes()).Draw(t, "code")) }), true).Draw(t, code.Nomenclature().Name)
}

func drawStatus(t *rapid.T) *Attendance {
	return new(Attendance(rapid.SampledFrom(Attendance("").Codes()).Draw(t, "status")))
}

// anyCase is a caseload, a period and perhaps a filter.
func anyCase(t *rapid.T) ([]Record, Period, Filter) {
	records := rapid.SliceOfN(anyRecord, 0, 12).Draw(t, "records")
	period := Period{From: anyDay.Draw(t, "from"), To: anyDay.Draw(t, "to"), AsOf: anyDay.Draw(t, "as of"), ProgrammeStart: MustDate("2024-01-01")}
	if period.From.After(period.To) {
		period.From, period.To = period.To, period.From
	}
	filter := Filter{}
	if rapid.Bool().Draw(t, "filtered") {
		filter.Gender = GenderFemale
	}
	return records, period, filter
}

func TestEvidenceAddsUpToTheFigures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, period, filter := anyCase(t)
		for _, f := range Compute(Basis{Records: records}, period, filter, conventionTargets) {
			items, err := EvidenceOf(f.Key, Basis{Records: records}, period, filter)
			if err != nil {
				t.Fatal(err)
			}
			sizes, amount := map[Bucket]int{}, 0
			for _, item := range items {
				sizes[item.Bucket]++
				amount += item.Amount
			}
			if *f.Numerator != amount || f.Unit != UnitMonths && *f.Numerator != sizes[BucketNumerator] {
				t.Fatalf("%s: numerator %d, evidence %v", f.Key, *f.Numerator, sizes)
			}
			if f.Denominator != nil && (*f.Denominator != sizes[BucketNumerator]+sizes[BucketDenominatorOnly] || *f.Unknown != sizes[BucketUnknown]) {
				t.Fatalf("%s: denominator %d, unknown %d, evidence %v", f.Key, *f.Denominator, *f.Unknown, sizes)
			}
			if f.Unit == UnitPercent && f.Value != nil && (*f.Value < 0 || *f.Value > 100) {
				t.Fatalf("%s is %v %%", f.Key, *f.Value)
			}
			one, _ := ComputeOne(f.Key, Basis{Records: records}, period, filter, conventionTargets)
			if asJSON(t, one) != asJSON(t, f) {
				t.Fatalf("%s alone is %+v", f.Key, one)
			}
		}
	})
}

// afterwards adds to the records all that may happen after the day: more facts, exits and people.
func afterwards(t *rapid.T, records []Record, day Date) []Record {
	later := func() Date { return day.AddDays(rapid.IntRange(1, 300).Draw(t, "later")) }
	changed := slices.Clone(records)
	for i, r := range changed {
		if r.ExitedOn == nil || r.ExitedOn.After(day) {
			r.ExitedOn, r.ExitKind = new(later()), new(ExitCDI)
		}
		r.Jobs = append(slices.Clone(r.Jobs), JobSpell{StartsOn: later()})
		r.FranceTravail = append(slices.Clone(r.FranceTravail), FranceTravailObservation{later(), true})
		r.Outcomes = append(slices.Clone(r.Outcomes), OutcomeObservation{later(), OutcomeInEmployment})
		r.Meetings = append(slices.Clone(r.Meetings), MeetingFact{"later", later(), AttendanceAttended})
		r.Workshops = append(slices.Clone(r.Workshops), WorkshopFact{"later", later(), true, false, AttendanceAttended})
		changed[i] = r
	}
	newcomer := anyRecord.Draw(t, "newcomer")
	newcomer.EnteredOn = later()
	return append(changed, newcomer)
}

func TestWhatComesAfterAsOfChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, period, filter := anyCase(t)
		before := asJSON(t, records)
		figures := asJSON(t, Compute(Basis{Records: records}, period, filter, conventionTargets))
		profile := asJSON(t, ProfileOf(Basis{Records: records}, period, filter))
		changed := afterwards(t, records, period.AsOf)
		if now := asJSON(t, Compute(Basis{Records: changed}, period, filter, conventionTargets)); now != figures {
			t.Fatalf("figures were %s\nand are   %s", figures, now)
		}
		if now := asJSON(t, ProfileOf(Basis{Records: changed}, period, filter)); now != profile {
			t.Fatalf("the profile was %s\nand is   %s", profile, now)
		}
		for _, d := range Indicators {
			was, _ := EvidenceOf(d.Key, Basis{Records: records}, period, filter)
			is, _ := EvidenceOf(d.Key, Basis{Records: changed}, period, filter)
			if asJSON(t, was) != asJSON(t, is) {
				t.Fatalf("evidence of %s was %s\nand is %s", d.Key, asJSON(t, was), asJSON(t, is))
			}
		}
		if asJSON(t, records) != before {
			t.Fatal("the records themselves were changed")
		}
	})
}

// TestTheRulesAgreeWithAnotherReading counts again the indicators that are easiest to get wrong,
// straight from the wording of the definitions and with none of the rules' own code.
func TestTheRulesAgreeWithAnotherReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, p, _ := anyCase(t)
		end := min(p.To.String(), p.AsOf.String())
		asOf := p.AsOf.String()
		var young, long, work, registered, present [3]int // numerator, denominator, unknown
		for _, r := range records {
			for _, m := range r.Meetings {
				if r.EnteredOn.String() <= asOf && p.From.String() <= m.Day.String() && m.Day.String() <= end {
					switch m.Status {
					case "attended":
						present[0]++
						present[1]++
					case "no_show", "excused":
						present[1]++
					case "scheduled":
						present[2]++
					}
				}
			}
			entry := r.EnteredOn.String()
			if entry < p.From.String() || entry > end {
				continue
			}

			// A person turns 26 on the day whose year is 26 later, and on 1 March where that is no date.
			decided, yes := false, false
			if r.BirthDate != nil {
				birthday := fmt.Sprintf("%04d%s", r.BirthDate.Year()+26, r.BirthDate.String()[4:])
				if _, err := ParseDate(birthday); err != nil {
					birthday = birthday[:4] + "-03-01"
				}
				either := r.WithoutResources != nil && *r.WithoutResources || r.Disengaged != nil && *r.Disengaged
				neither := r.WithoutResources != nil && !*r.WithoutResources && r.Disengaged != nil && !*r.Disengaged
				yes = entry < birthday && either
				decided = entry >= birthday || either || neither
			}
			count(&young, yes, decided)

			yes, decided = false, r.JobSeeker != nil && (!*r.JobSeeker || r.JobSeekerSince != nil)
			if decided && *r.JobSeeker {
				yes = monthsLater(*r.JobSeekerSince, 12) <= entry
			}
			count(&long, yes, decided)

			yes = false
			if r.ExitedOn != nil && r.ExitedOn.String() <= asOf && (*r.ExitKind == "cdi" || *r.ExitKind == "interim") {
				results, employed, spells, covering := 0, 0, 0, 0
				for _, o := range r.Outcomes {
					if o.ObservedOn.String() <= asOf && o.ObservedOn.String() >= r.ExitedOn.String() {
						results++
						if o.Result == "in_employment" {
							employed++
						}
					}
				}
				for _, j := range r.Jobs {
					if j.StartsOn.String() <= asOf {
						spells++
						if j.EndsOn == nil || j.EndsOn.String() >= asOf {
							covering++
						}
					}
				}
				confirmed := employed > 0
				provisional := results == 0 && asOf < monthsLater(*r.ExitedOn, 6) && (spells == 0 || covering > 0)
				yes = confirmed || provisional
			}
			count(&work, yes, true)

			latest, yes := "", false
			for _, o := range r.FranceTravail {
				if on := o.ObservedOn.String(); on >= entry && on <= asOf && on >= latest {
					latest, yes = on, o.Registered
				}
			}
			count(&registered, yes, latest != "")
		}
		for key, want := range map[string][3]int{
			IndicatorYouthWithoutResources: young, IndicatorLongTermUnemployed: long, IndicatorEmploymentAt6Months: work,
			IndicatorFranceTravailRegistration: registered, IndicatorIndividualAttendance: present,
		} {
			f, _ := ComputeOne(key, Basis{Records: records}, p, Filter{}, nil)
			if got := [3]int{*f.Numerator, *f.Denominator, *f.Unknown}; got != want {
				t.Fatalf("%s: %v, and read another way %v", key, got, want)
			}
		}
	})
}

func count(into *[3]int, yes, decided bool) {
	switch {
	case !decided:
		into[2]++
	case yes:
		into[0]++
		into[1]++
	default:
		into[1]++
	}
}

// monthsLater steps back from the 31st to the last day that the month has.
func monthsLater(from Date, months int) string {
	years, month := from.Year()+(int(from.Month())-1+months)/12, (int(from.Month())-1+months)%12+1
	for day := from.Day(); ; day-- {
		text := fmt.Sprintf("%04d-%02d-%02d", years, month, day)
		if _, err := ParseDate(text); err == nil {
			return text
		}
	}
}

func asJSON(t *rapid.T, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
