package domain

import (
	"fmt"
	"testing"
)

// endOf2025 is the period of the published table.
var endOf2025 = Period{From: MustDate("2024-11-01"), To: MustDate("2025-12-31"), AsOf: MustDate("2025-12-31"), ProgrammeStart: MustDate("2024-11-01")}

// enrolment is a record that entered on 1 April 2025, of which nothing else is known.
func enrolment(facts ...func(*Record)) Record {
	r := Record{EnrolmentID: "e", ParticipantID: "p", EnteredOn: MustDate("2025-04-01")}
	for _, fact := range facts {
		fact(&r)
	}
	return r
}

func entered(on string) func(*Record) { return func(r *Record) { r.EnteredOn = MustDate(on) } }
func born(on string) func(*Record)    { return func(r *Record) { r.BirthDate = new(MustDate(on)) } }
func justice(status JusticeStatus) func(*Record) {
	return func(r *Record) { r.JusticeStatus = &status }
}
func resourceless(yes bool) func(*Record) { return func(r *Record) { r.WithoutResources = &yes } }
func disengaged(yes bool) func(*Record)   { return func(r *Record) { r.Disengaged = &yes } }
func seeker(yes bool) func(*Record)       { return func(r *Record) { r.JobSeeker = &yes } }
func seekerSince(on string) func(*Record) {
	return func(r *Record) { r.JobSeeker, r.JobSeekerSince = new(true), new(MustDate(on)) }
}
func exited(on string, kind ExitKind) func(*Record) {
	return func(r *Record) { r.ExitedOn, r.ExitKind = new(MustDate(on)), &kind }
}
func found(on string, result OutcomeResult) func(*Record) {
	return func(r *Record) { r.Outcomes = append(r.Outcomes, OutcomeObservation{MustDate(on), result}) }
}
func job(from, until string) func(*Record) {
	return func(r *Record) {
		spell := JobSpell{StartsOn: MustDate(from)}
		if until != "" {
			spell.EndsOn = new(MustDate(until))
		}
		r.Jobs = append(r.Jobs, spell)
	}
}
func seenAtFranceTravail(on string, registered bool) func(*Record) {
	return func(r *Record) {
		r.FranceTravail = append(r.FranceTravail, FranceTravailObservation{MustDate(on), registered})
	}
}
func met(on string, status Attendance) func(*Record) {
	return func(r *Record) {
		r.Meetings = append(r.Meetings, MeetingFact{fmt.Sprint("m", len(r.Meetings)), MustDate(on), status})
	}
}
func workshop(fact WorkshopFact) func(*Record) {
	return func(r *Record) { r.Workshops = append(r.Workshops, fact) }
}

// bucketTests say in which bucket one enrolment, or its one meeting, stands; "" where it is not listed.
type bucketTests []struct {
	name   string
	record Record
	want   Bucket
}

func (tests bucketTests) run(t *testing.T, key string, period Period) {
	t.Helper()
	for _, c := range tests {
		items, err := EvidenceOf(key, Basis{Records: []Record{c.record}}, period, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var got Bucket
		if len(items) > 0 {
			got = items[0].Bucket
		}
		if got != c.want || len(items) > 1 {
			t.Errorf("%s: in bucket %q of %d, not %q", c.name, got, len(items), c.want)
		}
	}
}

func TestThePopulationEnteredInThePeriod(t *testing.T) {
	bucketTests{
		{"on the first day", enrolment(entered("2024-11-01")), BucketNumerator},
		{"the day before", enrolment(entered("2024-10-31")), ""},
		{"on the last day", enrolment(entered("2025-12-31")), BucketNumerator},
		{"the day after", enrolment(entered("2026-01-01")), ""},
	}.run(t, IndicatorBeneficiaries, endOf2025)
	laterTo := endOf2025
	laterTo.To = MustDate("2026-12-31")
	bucketTests{
		{"within to, after as_of", enrolment(entered("2026-01-01")), ""},
		{"within to and as_of", enrolment(entered("2025-12-31")), BucketNumerator},
	}.run(t, IndicatorBeneficiaries, laterTo)
}

func TestAPersonCountsOnceByTheFirstEntry(t *testing.T) {
	again := enrolment(entered("2025-09-01"))
	first := enrolment(entered("2025-04-01"))
	sameDay := enrolment(entered("2025-04-01"))
	again.EnrolmentID, first.EnrolmentID, sameDay.EnrolmentID = "again", "first", "same day"
	records := []Record{again, first, sameDay}
	items, _ := EvidenceOf(IndicatorBeneficiaries, Basis{Records: records}, endOf2025, Filter{})
	for i, want := range []Bucket{BucketExcluded, BucketNumerator, BucketExcluded} {
		if items[i].Bucket != want {
			t.Errorf("%s is %s, not %s", *items[i].EnrolmentID, items[i].Bucket, want)
		}
	}
	figure, _ := ComputeOne(IndicatorBeneficiaries, Basis{Records: records}, endOf2025, Filter{}, nil)
	if *figure.Numerator != 1 || figure.Denominator != nil || figure.Unknown != nil || figure.Display != "1" {
		t.Errorf("one person entered three times counts %+v", figure)
	}
	rate, _ := ComputeOne(IndicatorCertifyingTrainingExit, Basis{Records: records}, endOf2025, Filter{}, nil)
	if *rate.Denominator != 3 {
		t.Errorf("rates are over enrolments: 3, not %d", *rate.Denominator)
	}
}

func TestJusticeSupervised(t *testing.T) {
	bucketTests{
		{"milieu ouvert", enrolment(justice(JusticeMilieuOuvert)), BucketNumerator},
		{"milieu fermé", enrolment(justice(JusticeMilieuFerme)), BucketNumerator},
		{"aménagement de peine", enrolment(justice(JusticeAmenagementDePeine)), BucketNumerator},
		{"sortant de détention", enrolment(justice(JusticeSortantDeDetention)), BucketNumerator},
		{"aucune", enrolment(justice(JusticeAucune)), BucketDenominatorOnly},
		{"not known", enrolment(), BucketUnknown},
	}.run(t, IndicatorJusticeSupervised, endOf2025)
}

func TestYouthWithoutResources(t *testing.T) {
	young, old := born("2000-01-01"), born("1999-04-01") // 25, and 26 on the day of entry
	kept := func(r *Record) { r.AgeKept = new(25) }
	leap := []func(*Record){born("2000-02-29"), resourceless(true)}
	bucketTests{
		{"26 that day", enrolment(old, resourceless(true)), BucketDenominatorOnly},
		{"26 tomorrow", enrolment(born("1999-04-02"), resourceless(true)), BucketNumerator},
		{"26, nothing else known", enrolment(old), BucketDenominatorOnly},
		{"no birth date", enrolment(resourceless(true), disengaged(true)), BucketUnknown},
		{"without resources", enrolment(young, resourceless(true)), BucketNumerator},
		{"disengaged", enrolment(young, disengaged(true)), BucketNumerator},
		{"one true, one false", enrolment(young, resourceless(false), disengaged(true)), BucketNumerator},
		{"both false", enrolment(young, resourceless(false), disengaged(false)), BucketDenominatorOnly},
		{"one false, one unknown", enrolment(young, resourceless(false)), BucketUnknown},
		{"one unknown, one false", enrolment(young, disengaged(false)), BucketUnknown},
		{"both unknown", enrolment(young), BucketUnknown},
		{"erased, age kept", enrolment(kept, resourceless(true)), BucketNumerator},
		{"born 29 February, on 28 February", enrolment(append(leap, entered("2026-02-28"))...), BucketNumerator},
		{"born 29 February, on 1 March", enrolment(append(leap, entered("2026-03-01"))...), BucketDenominatorOnly},
	}.run(t, IndicatorYouthWithoutResources, Period{From: MustDate("2024-11-01"), To: MustDate("2026-12-31"), AsOf: MustDate("2026-12-31")})
}

func TestLongTermUnemployed(t *testing.T) {
	bucketTests{
		{"a year that day", enrolment(seekerSince("2024-04-01")), BucketNumerator},
		{"a year tomorrow", enrolment(seekerSince("2024-04-02")), BucketDenominatorOnly},
		{"since 29 February, on 28 February", enrolment(seekerSince("2024-02-29"), entered("2025-02-28")), BucketNumerator},
		{"since 29 February, on 27 February", enrolment(seekerSince("2024-02-29"), entered("2025-02-27")), BucketDenominatorOnly},
		{"no job seeker", enrolment(seeker(false)), BucketDenominatorOnly},
		{"no job seeker, with a stray date", enrolment(seekerSince("2020-01-01"), seeker(false)), BucketDenominatorOnly},
		{"job seeker since nobody knows", enrolment(seeker(true)), BucketUnknown},
		{"not known", enrolment(), BucketUnknown},
		{"not known, with a stray date", enrolment(seekerSince("2020-01-01"), func(r *Record) { r.JobSeeker = nil }), BucketUnknown},
	}.run(t, IndicatorLongTermUnemployed, endOf2025)
}

func TestEmploymentAt6Months(t *testing.T) {
	recent, passed := exited("2025-08-31", ExitInterim), exited("2025-06-30", ExitCDI)
	for _, c := range []struct {
		name   string
		record Record
		want   EmploymentAtCheckpoint
	}{
		{"still supported", enrolment(), NoExitToWork},
		{"left for training", enrolment(exited("2025-08-31", ExitFormationCertifiante)), NoExitToWork},
		{"left for a SIAE", enrolment(exited("2025-08-31", ExitSIAE)), NoExitToWork},
		{"left without a kind", enrolment(func(r *Record) { r.ExitedOn = new(MustDate("2025-08-31")) }), NoExitToWork},
		{"leaves after as_of", enrolment(exited("2026-01-01", ExitCDI)), NoExitToWork},
		{"left on as_of", enrolment(exited("2025-12-31", ExitCDI)), EmploymentProvisional},
		{"no job recorded", enrolment(recent), EmploymentProvisional},
		{"a job without an end", enrolment(recent, job("2025-09-01", "")), EmploymentProvisional},
		{"a job until as_of", enrolment(recent, job("2025-09-01", "2025-12-31")), EmploymentProvisional},
		{"a job from as_of", enrolment(recent, job("2025-12-31", "2026-01-31")), EmploymentProvisional},
		{"a job until the day before", enrolment(recent, job("2025-09-01", "2025-12-30")), EmploymentEnded},
		{"one ended, one goes on", enrolment(recent, job("2025-09-01", "2025-09-30"), job("2025-10-15", "")), EmploymentProvisional},
		{"a job that starts after as_of", enrolment(recent, job("2026-01-01", "")), EmploymentProvisional},
		{"one ended, one starts after as_of", enrolment(recent, job("2025-09-01", "2025-09-30"), job("2026-01-01", "")), EmploymentEnded},
		{"found in employment before the mark", enrolment(recent, found("2025-12-31", OutcomeInEmployment)), EmploymentConfirmed},
		{"found in employment, the job ended since", enrolment(recent, job("2025-09-01", "2025-12-30"), found("2025-12-15", OutcomeInEmployment)), EmploymentConfirmed},
		{"found after as_of, mark to come", enrolment(recent, found("2026-01-01", OutcomeInEmployment)), EmploymentProvisional},
		{"found neither, mark to come", enrolment(recent, found("2025-12-01", OutcomeNeither)), EmploymentContrary},
		{"unreachable, mark to come", enrolment(recent, found("2025-12-01", OutcomeUnreachable)), EmploymentContrary},
		{"found neither, though a job goes on", enrolment(recent, job("2025-09-01", ""), found("2025-12-01", OutcomeNeither)), EmploymentContrary},
		{"mark passed", enrolment(passed), EmploymentUnconfirmed},
		{"mark passed, job goes on", enrolment(passed, job("2025-07-01", "")), EmploymentUnconfirmed},
		{"mark passed, found after as_of", enrolment(passed, found("2026-01-02", OutcomeInEmployment)), EmploymentUnconfirmed},
		{"mark passed, found in employment", enrolment(passed, found("2025-12-31", OutcomeInEmployment)), EmploymentConfirmed},
		{"mark passed, in training", enrolment(passed, found("2025-12-31", OutcomeInTraining)), EmploymentContrary},
		{"mark passed, refused", enrolment(passed, found("2025-12-31", OutcomeRefused)), EmploymentContrary},
		{"unreachable, then in employment", enrolment(passed, found("2025-12-30", OutcomeUnreachable), found("2025-12-31", OutcomeInEmployment)), EmploymentConfirmed},
		{"in employment, then neither", enrolment(passed, found("2025-12-30", OutcomeInEmployment), found("2025-12-31", OutcomeNeither)), EmploymentConfirmed},
		{"mark on as_of", enrolment(exited("2025-06-30", ExitCDI)), EmploymentUnconfirmed}, // 30 December
		{"mark the day after as_of", enrolment(exited("2025-07-01", ExitCDI)), EmploymentProvisional},
	} {
		record := c.record.asOf(endOf2025.AsOf)
		if got := employmentAt6Months(&record, endOf2025.AsOf); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
		figure, _ := ComputeOne(IndicatorEmploymentAt6Months, Basis{Records: []Record{c.record}}, endOf2025, Filter{}, nil)
		counted := c.want == EmploymentConfirmed || c.want == EmploymentProvisional
		if (*figure.Numerator == 1) != counted || *figure.Denominator != 1 || *figure.Unknown != 0 || *figure.Confirmed+*figure.Provisional != *figure.Numerator {
			t.Errorf("%s: %s counts %d of %d", c.name, c.want, *figure.Numerator, *figure.Denominator)
		}
		if (*figure.Unconfirmed == 1) != (c.want == EmploymentUnconfirmed) {
			t.Errorf("%s: %d unconfirmed", c.name, *figure.Unconfirmed)
		}
	}
}

func TestTheSixMonthMarkClampsAndFallsOnItsDay(t *testing.T) {
	record := enrolment(exited("2025-08-31", ExitCDI))
	for asOf, want := range map[string]EmploymentAtCheckpoint{
		"2026-02-27": EmploymentProvisional,
		"2026-02-28": EmploymentUnconfirmed, // 31 August plus six months, and not 3 March
		"2026-03-03": EmploymentUnconfirmed,
	} {
		if got := employmentAt6Months(&record, MustDate(asOf)); got != want {
			t.Errorf("on %s: %s, not %s", asOf, got, want)
		}
	}
}

func TestCertifyingTrainingExit(t *testing.T) {
	bucketTests{
		{"certifiante", enrolment(exited("2025-12-31", ExitFormationCertifiante)), BucketNumerator},
		{"qualifiante", enrolment(exited("2025-12-31", ExitFormationQualifiante)), BucketNumerator},
		{"préqualifiante", enrolment(exited("2025-12-31", ExitFormationPrequalifiante)), BucketDenominatorOnly},
		{"a job", enrolment(exited("2025-12-31", ExitCDI)), BucketDenominatorOnly},
		{"after as_of", enrolment(exited("2026-01-01", ExitFormationCertifiante)), BucketDenominatorOnly},
		{"still supported", enrolment(), BucketDenominatorOnly},
	}.run(t, IndicatorCertifyingTrainingExit, endOf2025)
}

func TestFranceTravailRegistration(t *testing.T) {
	yes := func(on string) func(*Record) { return seenAtFranceTravail(on, true) }
	no := func(on string) func(*Record) { return seenAtFranceTravail(on, false) }
	bucketTests{
		{"never observed", enrolment(), BucketUnknown},
		{"on the day of entry", enrolment(yes("2025-04-01")), BucketNumerator},
		{"before entry only", enrolment(yes("2025-03-31")), BucketUnknown},
		{"on as_of", enrolment(no("2025-05-01"), yes("2025-12-31")), BucketNumerator},
		{"after as_of", enrolment(no("2025-05-01"), yes("2026-01-01")), BucketDenominatorOnly},
		{"after as_of only", enrolment(yes("2026-01-01")), BucketUnknown},
		{"latest day recorded first", enrolment(no("2025-12-01"), yes("2025-05-01")), BucketDenominatorOnly},
		{"same day, recorded last: yes", enrolment(no("2025-12-01"), yes("2025-12-01")), BucketNumerator},
		{"same day, recorded last: no", enrolment(yes("2025-12-01"), no("2025-12-01"), yes("2025-11-30")), BucketDenominatorOnly},
		{"after the exit", enrolment(exited("2025-08-01", ExitCDI), yes("2025-05-01"), no("2025-09-01")), BucketDenominatorOnly},
	}.run(t, IndicatorFranceTravailRegistration, endOf2025)
}

func TestAverageSupportDuration(t *testing.T) {
	for _, c := range []struct {
		name   string
		record Record
		days   int
	}{
		{"goes on", enrolment(), 274},
		{"entered on as_of", enrolment(entered("2025-12-31")), 0},
		{"left the same day", enrolment(exited("2025-04-01", ExitAbandon)), 0},
		{"left", enrolment(exited("2025-05-01", ExitCDI)), 30},
		{"leaves after as_of", enrolment(exited("2026-05-01", ExitCDI)), 274},
	} {
		figure, _ := ComputeOne(IndicatorAverageSupportDuration, Basis{Records: []Record{c.record}}, endOf2025, Filter{}, nil)
		if *figure.Numerator != c.days || *figure.Denominator != 1 || *figure.Unknown != 0 {
			t.Errorf("%s: %d days over %d, not %d", c.name, *figure.Numerator, *figure.Denominator, c.days)
		}
		if want := float64(c.days) / 30.4375; *figure.Value != want {
			t.Errorf("%s: %v months, not %v", c.name, *figure.Value, want)
		}
	}
}

func TestIndividualAttendance(t *testing.T) {
	bucketTests{
		{"attended", enrolment(met("2025-05-01", AttendanceAttended)), BucketNumerator},
		{"did not come", enrolment(met("2025-05-01", AttendanceNoShow)), BucketDenominatorOnly},
		{"excused", enrolment(met("2025-05-01", AttendanceExcused)), BucketDenominatorOnly},
		{"cancelled by the service", enrolment(met("2025-05-01", AttendanceCancelled)), BucketExcluded},
		{"past, still scheduled", enrolment(met("2025-12-30", AttendanceScheduled)), BucketUnknown},
		{"on as_of, still scheduled", enrolment(met("2025-12-31", AttendanceScheduled)), BucketUnknown},
		{"after as_of", enrolment(met("2026-01-01", AttendanceScheduled)), ""},
		{"after as_of, attended", enrolment(met("2026-01-01", AttendanceAttended)), ""},
		{"before entry", enrolment(met("2025-03-20", AttendanceAttended)), BucketNumerator},
		{"entered after as_of", enrolment(entered("2026-01-05"), met("2025-12-20", AttendanceAttended)), ""},
	}.run(t, IndicatorIndividualAttendance, endOf2025)
	december := Period{From: MustDate("2025-12-01"), To: MustDate("2025-12-15"), AsOf: MustDate("2025-12-31")}
	bucketTests{
		{"entered before the period", enrolment(met("2025-12-01", AttendanceAttended)), BucketNumerator},
		{"entered after to, by as_of", enrolment(entered("2025-12-20"), met("2025-12-15", AttendanceAttended)), BucketNumerator},
		{"before from", enrolment(met("2025-11-30", AttendanceAttended)), ""},
		{"after to", enrolment(met("2025-12-16", AttendanceAttended)), ""},
	}.run(t, IndicatorIndividualAttendance, december)
}

func TestWorkshopAttendance(t *testing.T) {
	day := MustDate("2025-12-31")
	closed := func(status Attendance) Record {
		return enrolment(workshop(WorkshopFact{ID: "w", Day: day, Closed: true, Status: status}))
	}
	open := func(status Attendance) Record {
		return enrolment(workshop(WorkshopFact{ID: "w", Day: day, Status: status}))
	}
	bucketTests{
		{"attended", closed(AttendanceAttended), BucketNumerator},
		{"did not come", closed(AttendanceNoShow), BucketDenominatorOnly},
		{"excused", closed(AttendanceExcused), BucketDenominatorOnly},
		{"registration cancelled", closed(AttendanceCancelled), BucketExcluded},
		{"closed with no roll call for this person", closed(AttendanceScheduled), BucketUnknown},
		{"not closed", open(AttendanceScheduled), BucketUnknown},
		{"not closed, ticked already", open(AttendanceAttended), BucketUnknown},
		{"not closed, registration cancelled", open(AttendanceCancelled), BucketExcluded},
		{"workshop cancelled", enrolment(workshop(WorkshopFact{ID: "w", Day: day, Cancelled: true, Status: AttendanceScheduled})), BucketExcluded},
		{"after as_of", enrolment(workshop(WorkshopFact{ID: "w", Day: day.AddDays(1), Closed: true, Status: AttendanceAttended})), ""},
	}.run(t, IndicatorWorkshopAttendance, endOf2025)
}
