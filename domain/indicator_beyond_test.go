package domain

import "testing"

func referred(on string) func(*Record) { return func(r *Record) { r.ReferredOn = new(MustDate(on)) } }
func barrier(found, lifted, setAside string) func(*Record) {
	return func(r *Record) {
		fact := BarrierFact{ID: "b", Barrier: BarrierMobilite, AssessedOn: MustDate(found)}
		if lifted != "" {
			fact.LiftedOn = new(MustDate(lifted))
		}
		if setAside != "" {
			fact.SetAsideOn = new(MustDate(setAside))
		}
		r.Barriers = append(r.Barriers, fact)
	}
}

func TestEmploymentOfThoseWhoseSixMonthsHavePassed(t *testing.T) {
	bucketTests{
		{"goes on", enrolment(), BucketExcluded},
		{"left for training", enrolment(exited("2025-05-01", ExitFormationCertifiante)), BucketExcluded},
		{"left for work a day less than six months ago", enrolment(exited("2025-07-01", ExitCDI), found("2025-12-01", OutcomeInEmployment)), BucketExcluded},
		{"the mark was yesterday, no result", enrolment(exited("2025-06-30", ExitCDI)), BucketUnknown},
		{"found on as_of", enrolment(entered("2024-12-01"), exited("2025-06-30", ExitInterim), found("2025-12-31", OutcomeInEmployment)), BucketNumerator},
		{"in training", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeInTraining)), BucketDenominatorOnly},
		{"neither", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeNeither)), BucketDenominatorOnly},
		{"unreachable", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeUnreachable)), BucketUnknown},
		{"refused", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeRefused)), BucketUnknown},
		{"unreachable, then neither", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeUnreachable), found("2025-11-09", OutcomeNeither)), BucketDenominatorOnly},
		{"neither, then unreachable", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeNeither), found("2025-11-09", OutcomeUnreachable)), BucketDenominatorOnly},
		{"neither, and in employment", enrolment(exited("2025-05-01", ExitCDI), found("2025-11-01", OutcomeNeither), found("2025-10-09", OutcomeInEmployment)), BucketNumerator},
		{"found before this exit", enrolment(exited("2025-05-01", ExitCDI), found("2025-04-30", OutcomeInEmployment)), BucketUnknown},
		{"found after as_of", enrolment(exited("2025-05-01", ExitCDI), found("2026-01-01", OutcomeInEmployment)), BucketUnknown},
		{"entered before the period", enrolment(entered("2024-10-31"), exited("2025-05-01", ExitCDI)), ""},
	}.run(t, IndicatorEmploymentMatured, endOf2025)
}

func TestPositiveExitRate(t *testing.T) {
	bucketTests{
		{"goes on", enrolment(), BucketExcluded},
		{"leaves after as_of", enrolment(exited("2026-01-01", ExitCDI)), BucketExcluded},
		{"on as_of", enrolment(exited("2025-12-31", ExitCDI)), BucketNumerator},
		{"to pre-qualifying training", enrolment(exited("2025-12-01", ExitFormationPrequalifiante)), BucketNumerator},
		{"to the réseau pour l'emploi", enrolment(exited("2025-12-01", ExitRelaisReseauEmploi)), BucketNumerator},
		{"gave up", enrolment(exited("2025-12-01", ExitAbandon)), BucketDenominatorOnly},
		{"at the longest duration", enrolment(exited("2025-12-01", ExitDureeMaximale)), BucketDenominatorOnly},
		{"entered after the period", enrolment(entered("2026-01-01")), ""},
	}.run(t, IndicatorPositiveExit, endOf2025)
}

func TestMeetingsHeldAndWhoIsUnderWay(t *testing.T) {
	bucketTests{
		{"attended", enrolment(met("2025-10-01", AttendanceAttended)), BucketNumerator},
		{"missed", enrolment(met("2025-10-01", AttendanceNoShow)), BucketExcluded},
		{"called off", enrolment(met("2025-10-01", AttendanceExcused)), BucketExcluded},
		{"cancelled", enrolment(met("2025-10-01", AttendanceCancelled)), BucketExcluded},
		{"past and not said", enrolment(met("2025-10-01", AttendanceScheduled)), BucketUnknown},
		{"to come", enrolment(met("2026-01-01", AttendanceScheduled)), ""},
		{"before the period", enrolment(entered("2024-01-01"), met("2024-10-31", AttendanceAttended)), ""},
		{"of who entered before the period", enrolment(entered("2024-01-01"), met("2024-11-01", AttendanceAttended)), BucketNumerator},
	}.run(t, IndicatorMeetingsHeld, endOf2025)
	figure, _ := ComputeOne(IndicatorMeetingsHeld, Basis{Records: []Record{enrolment(met("2025-10-01", AttendanceScheduled))}}, endOf2025, Filter{}, nil)
	if *figure.Value != 0 || figure.Denominator != nil || *figure.Unknown != 1 {
		t.Errorf("a meeting of which nobody said what became: %+v", figure)
	}

	bucketTests{
		{"goes on", enrolment(), BucketNumerator},
		{"entered long before the period", enrolment(entered("2020-01-01")), BucketNumerator},
		{"left on as_of", enrolment(exited("2025-12-31", ExitCDI)), BucketExcluded},
		{"leaves after it", enrolment(exited("2026-01-01", ExitCDI)), BucketNumerator},
		{"enters after it", enrolment(entered("2026-01-01")), ""},
	}.run(t, IndicatorActiveEnrolments, endOf2025)
	earlier := endOf2025
	earlier.To = MustDate("2025-03-31")
	bucketTests{{"entered after to", enrolment(), ""}}.run(t, IndicatorActiveEnrolments, earlier)
}

func TestDaysToTheFirstMeeting(t *testing.T) {
	bucketTests{
		{"came without a referral", enrolment(met("2025-10-01", AttendanceAttended)), BucketExcluded},
		{"not met yet", enrolment(referred("2025-03-01")), BucketUnknown},
		{"did not come yet", enrolment(referred("2025-03-01"), met("2025-10-01", AttendanceNoShow)), BucketUnknown},
		{"met", enrolment(referred("2025-03-01"), met("2025-10-01", AttendanceAttended)), BucketNumerator},
		{"met after as_of", enrolment(referred("2025-03-01"), met("2026-01-01", AttendanceAttended)), BucketUnknown},
		{"referred after as_of", enrolment(referred("2026-03-01"), met("2025-10-01", AttendanceAttended)), BucketExcluded},
		{"entered before the period", enrolment(entered("2024-01-01"), referred("2025-03-01")), ""},
	}.run(t, IndicatorDaysToFirstMeeting, endOf2025)

	waited := func(days ...int) (records []Record) {
		for _, n := range days {
			day := MustDate("2025-05-01").AddDays(n)
			records = append(records, enrolment(referred("2025-05-01"), met(day.AddDays(9).String(), AttendanceAttended), met(day.String(), AttendanceAttended)))
		}
		return append(records, enrolment(referred("2025-05-01")))
	}
	for _, c := range []struct {
		days    []int
		value   float64
		display string
	}{
		{[]int{5}, 5, "5\u00a0jours"},
		{[]int{0}, 0, "0\u00a0jour"},
		{[]int{1, 1}, 1, "1\u00a0jour"},
		{[]int{1, 2}, 1.5, "2\u00a0jours"},
		{[]int{30, 2, 7}, 7, "7\u00a0jours"},
		{[]int{30, 2, 8, 7}, 7.5, "8\u00a0jours"},
		{[]int{-3, -5}, 0, "0\u00a0jour"}, // met before the referral came
	} {
		figure, _ := ComputeOne(IndicatorDaysToFirstMeeting, Basis{Records: waited(c.days...)}, endOf2025, Filter{}, nil)
		if *figure.Value != c.value || *figure.Numerator != len(c.days) || *figure.Denominator != len(c.days) || *figure.Unknown != 1 {
			t.Errorf("of %v the median is %v: %d of %d, %d unknown", c.days, *figure.Value, *figure.Numerator, *figure.Denominator, *figure.Unknown)
		}
		if figure.Display != c.display {
			t.Errorf("%v days print as %q, not %q", c.value, figure.Display, c.display)
		}
	}
	nobody, _ := ComputeOne(IndicatorDaysToFirstMeeting, Basis{Records: waited()}, endOf2025, Filter{}, nil)
	if nobody.Value != nil || nobody.Display != "/" || *nobody.Unknown != 1 {
		t.Errorf("over nobody: %+v", nobody)
	}
}

func TestBarriersLifted(t *testing.T) {
	bucketTests{
		{"none", enrolment(), ""},
		{"open", enrolment(barrier("2025-05-01", "", "")), BucketDenominatorOnly},
		{"lifted on as_of", enrolment(barrier("2025-05-01", "2025-12-31", "")), BucketNumerator},
		{"lifted after it", enrolment(barrier("2025-05-01", "2026-01-01", "")), BucketDenominatorOnly},
		{"set aside", enrolment(barrier("2025-05-01", "", "2025-06-01")), BucketDenominatorOnly},
		{"found after as_of", enrolment(barrier("2026-01-01", "", "")), ""},
		{"found before the period", enrolment(entered("2024-01-01"), barrier("2024-10-31", "2025-01-01", "")), ""},
		{"found in it by who entered before", enrolment(entered("2024-01-01"), barrier("2024-11-01", "", "")), BucketDenominatorOnly},
	}.run(t, IndicatorBarriersLifted, endOf2025)

	// A fact that came later is not in the evidence either, and the record itself is left as it was.
	r := enrolment(barrier("2025-05-01", "2026-01-01", ""))
	items, _ := EvidenceOf(IndicatorBarriersLifted, Basis{Records: []Record{r}}, endOf2025, Filter{})
	if *items[0].BarrierID != "b" || *items[0].EnrolmentID != "e" || items[0].Facts[2].Name != "lifted_on" || items[0].Facts[2].Value != nil || r.Barriers[0].LiftedOn == nil {
		t.Errorf("evidence %+v of %+v", items[0], r.Barriers[0])
	}
}

func TestReferralsAccepted(t *testing.T) {
	received := func(status ReferralStatus, on, decided string) ReferralRecord {
		r := ReferralRecord{ReferralID: "r", ReceivedOn: MustDate(on), Status: status, Gender: new(GenderFemale), BirthDate: new(MustDate("2000-04-02")), ReferrerKind: new(string(OrganisationSPIP))}
		if decided != "" {
			r.DecidedOn = new(MustDate(decided))
		}
		return r
	}
	for _, c := range []struct {
		name     string
		referral ReferralRecord
		want     Bucket
	}{
		{"received", received(ReferralReceived, "2025-04-01", ""), BucketUnknown},
		{"under review", received(ReferralUnderReview, "2025-04-01", ""), BucketUnknown},
		{"accepted on as_of", received(ReferralAccepted, "2025-04-01", "2025-12-31"), BucketNumerator},
		{"accepted after it", received(ReferralAccepted, "2025-04-01", "2026-01-01"), BucketUnknown},
		{"declined", received(ReferralDeclined, "2025-04-01", "2025-04-02"), BucketDenominatorOnly},
		{"declined after as_of", received(ReferralDeclined, "2025-04-01", "2026-04-02"), BucketUnknown},
		{"withdrawn", received(ReferralWithdrawn, "2025-04-01", "2025-04-02"), BucketExcluded},
		{"expired", received(ReferralExpired, "2025-04-01", "2025-06-02"), BucketExcluded},
		{"received after as_of", received(ReferralReceived, "2026-01-01", ""), ""},
		{"received before the period", received(ReferralAccepted, "2024-10-31", "2024-11-02"), ""},
	} {
		items, _ := EvidenceOf(IndicatorReferralAcceptance, Basis{Referrals: []ReferralRecord{c.referral}}, endOf2025, Filter{})
		var got Bucket
		if len(items) > 0 {
			got = items[0].Bucket
			if items[0].EnrolmentID != nil || *items[0].ReferralID != "r" {
				t.Errorf("%s is %+v", c.name, items[0])
			}
		}
		if got != c.want {
			t.Errorf("%s: in bucket %q, not %q", c.name, got, c.want)
		}
	}

	one := Basis{Referrals: []ReferralRecord{received(ReferralAccepted, "2026-04-01", "2026-04-02")}} // the eve of 26
	for _, c := range []struct {
		filter Filter
		passes bool
	}{
		{Filter{}, true},
		{Filter{Gender: GenderFemale}, true},
		{Filter{Gender: GenderMale}, false},
		{Filter{AgeBand: AgeBandOf(25)}, true},
		{Filter{AgeBand: AgeBandOf(26)}, false},
		{Filter{ReferrerKind: ReferrerKind(OrganisationSPIP)}, true},
		{Filter{Territory: "80253"}, false},
		{Filter{JusticeStatus: JusticeMilieuOuvert}, false},
		{Filter{EducationLevel: EducationCAPBEP}, false}, // a referral has none
		{Filter{Caseworker: "c"}, false},
	} {
		figure, _ := ComputeOne(IndicatorReferralAcceptance, one, Period{From: MustDate("2026-01-01"), To: MustDate("2026-12-31"), AsOf: MustDate("2026-12-31")}, c.filter, nil)
		if (*figure.Denominator == 1) != c.passes {
			t.Errorf("%+v lets %d through", c.filter, *figure.Denominator)
		}
	}
	hidden := one.Referrals[0].WithoutJustice()
	if hidden.ReferrerKind != nil || one.Referrals[0].ReferrerKind == nil {
		t.Error("where the justice module is off, who referred tells of it")
	}
}

func TestTargetedTerritoriesReached(t *testing.T) {
	from := func(code, person, sector string) Record {
		r := enrolment()
		r.ParticipantID, r.TerritoryCode, r.Sector = person, &code, &sector
		return r
	}
	north, south := "Nord", "Sud"
	basis := Basis{
		Records: []Record{from("80253", "p", north), from("80253", "q", north), from("80021", "p", north), from("99999", "r", ""), enrolment()},
		Places:  []TargetedPlace{{"80021", &north}, {"80253", &north}, {"80318", &south}, {"80001", nil}},
	}
	basis.Records[1].Gender = new(GenderFemale)
	for _, c := range []struct {
		filter                 Filter
		numerator, denominator int
	}{
		{Filter{}, 2, 4},
		{Filter{Sector: north}, 2, 2},
		{Filter{Sector: south}, 0, 1},
		{Filter{Territory: "80253"}, 1, 1},
		{Filter{Territory: "80318"}, 0, 1},
		{Filter{Territory: "99999"}, 0, 0}, // people came from there, and it is on no list
		{Filter{Gender: GenderFemale}, 1, 4},
		{Filter{Gender: GenderMale}, 0, 4},
		{Filter{Gender: GenderFemale, Sector: south}, 0, 1},
	} {
		figure, _ := ComputeOne(IndicatorTerritoryCoverage, basis, endOf2025, c.filter, nil)
		if *figure.Numerator != c.numerator || *figure.Denominator != c.denominator || *figure.Unknown != 0 {
			t.Errorf("%+v: %d of %d, %d unknown", c.filter, *figure.Numerator, *figure.Denominator, *figure.Unknown)
		}
	}
	before := endOf2025
	before.From = MustDate("2025-04-02")
	if figure, _ := ComputeOne(IndicatorTerritoryCoverage, basis, before, Filter{}, nil); *figure.Numerator != 0 {
		t.Error("who entered before the period reaches no territory in it")
	}
	items, _ := EvidenceOf(IndicatorTerritoryCoverage, basis, endOf2025, Filter{})
	if len(items) != 4 || *items[1].TerritoryCode != "80253" || items[1].EnrolmentID != nil || *items[1].Facts[1].Value != "2" || items[2].Bucket != BucketDenominatorOnly {
		t.Errorf("evidence %+v", items)
	}
}
