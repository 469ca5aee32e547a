package domain

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestDisplayRoundsTheFractionHalfUp(t *testing.T) {
	for _, c := range []struct {
		tally tally
		want  string
	}{
		{tally{UnitPercent, 6, 25, 1, 0}, "24\u00a0%"},
		{tally{UnitPercent, 1, 40, 0, 0}, "3\u00a0%"}, // 2.5
		{tally{UnitPercent, 3, 200, 0, 0}, "2\u00a0%"},
		{tally{UnitPercent, 149, 10000, 0, 0}, "1\u00a0%"},
		{tally{UnitPercent, 23, 200, 0, 0}, "12\u00a0%"}, // 11.5
		{tally{UnitPercent, 57, 200, 0, 0}, "29\u00a0%"}, // 28.5, and 28.499999999999996 as 0.285 times 100
		{tally{UnitPercent, 16, 26, 0, 0}, "62\u00a0%"},
		{tally{UnitPercent, 0, 26, 0, 0}, "0\u00a0%"},
		{tally{UnitPercent, 26, 26, 0, 0}, "100\u00a0%"},
		{tally{UnitPercent, 0, 0, 3, 0}, "/"},
		{tally{UnitMonths, 0, 0, 0, 0}, "/"},
		{tally{UnitMonths, 0, 4, 0, 0}, "0\u00a0mois"},
		{tally{UnitMonths, 487, 32, 0, 0}, "1\u00a0mois"}, // exactly half a month each
		{tally{UnitMonths, 486, 32, 0, 0}, "0\u00a0mois"},
		{tally{UnitCount, 0, 0, 0, 0}, "0"},
		{tally{UnitCount, 26, 0, 0, 0}, "26"},
	} {
		if got := c.tally.display(); got != c.want {
			t.Errorf("%+v prints as %q, not %q", c.tally, got, c.want)
		}
	}
}

func TestOverNobodyARateIsNullAndAHeadCountZero(t *testing.T) {
	for _, f := range Compute(Basis{}, endOf2025, Filter{}, nil) {
		switch {
		case f.Unit == UnitCount && (*f.Value != 0 || f.Display != "0"):
			t.Errorf("%s over nobody is %v, %q", f.Key, *f.Value, f.Display)
		case f.Unit != UnitCount && (f.Value != nil || f.Display != "/" || *f.Numerator != 0 || *f.Denominator != 0 || *f.Unknown != 0):
			t.Errorf("%s over nobody is %+v", f.Key, f)
		}
	}
}

// publishedCase is the programme of the report: 26 people, of whom one person's situation with
// France Travail is not known, and 244 appointments of which 166 were held.
func publishedCase() []Record {
	records := make([]Record, 26)
	for i := range records {
		r := enrolment(entered("2025-07-02"), born("1990-01-01"), justice(JusticeMilieuOuvert))
		r.EnrolmentID, r.ParticipantID = fmt.Sprint("enrolment ", i), fmt.Sprint("participant ", i)
		r.Gender, r.EducationLevel = new(GenderMale), new(EducationCAPBEP)
		r.ReferrerKind, r.Sector = new(string(OrganisationSPIP)), new("Doullens")
		switch {
		case i < 6:
			seekerSince("2024-01-15")(&r)
		case i < 25:
			seeker(false)(&r)
		}
		if i < 25 {
			seenAtFranceTravail("2025-12-01", i < 20)(&r)
		}
		if i >= 16 && i < 22 {
			r.EducationLevel = new(EducationSansDiplome)
		} else if i >= 22 {
			r.EducationLevel = new(EducationBrevet)
		}
		records[i] = r
	}
	for i := range 5 {
		exited("2025-12-01", ExitInterim)(&records[i])
	}
	exited("2025-12-01", ExitFormationCertifiante)(&records[5])
	records[6].BirthDate, records[6].WithoutResources = new(MustDate("2001-01-01")), new(true)
	records[7].BirthDate, records[8].Gender = new(MustDate("1969-01-01")), new(GenderFemale)
	for i := range 244 {
		status := AttendanceAttended
		if i >= 166 {
			status = []Attendance{AttendanceNoShow, AttendanceExcused}[i%2]
		}
		met("2025-10-01", status)(&records[i%26])
	}
	met("2025-10-01", AttendanceCancelled)(&records[0])
	return records
}

// conventionTargets are what the convention promises.
var conventionTargets = []Target{
	{IndicatorBeneficiaries, WholeProgramme, 179}, {IndicatorBeneficiaries, "2025", 58},
	{IndicatorJusticeSupervised, WholeProgramme, 60}, {IndicatorYouthWithoutResources, WholeProgramme, 20},
	{IndicatorLongTermUnemployed, WholeProgramme, 20}, {IndicatorEmploymentAt6Months, WholeProgramme, 50},
	{IndicatorCertifyingTrainingExit, WholeProgramme, 25}, {IndicatorFranceTravailRegistration, WholeProgramme, 85},
	{IndicatorAverageSupportDuration, WholeProgramme, 9}, {IndicatorIndividualAttendance, WholeProgramme, 75},
	{IndicatorWorkshopAttendance, WholeProgramme, 55},
}

func TestThePublishedTable(t *testing.T) {
	type row struct {
		key, display                    string
		numerator, denominator, unknown int // -1 for null
	}
	want := []row{
		{"beneficiaries", "26", 26, -1, -1},
		{"justice_supervised_share", "100\u00a0%", 26, 26, 0},
		{"youth_without_resources_share", "4\u00a0%", 1, 26, 0},
		{"long_term_unemployed_share", "24\u00a0%", 6, 25, 1},
		{"employment_at_6_months_rate", "19\u00a0%", 5, 26, 0},
		{"certifying_training_exit_rate", "4\u00a0%", 1, 26, 0},
		{"france_travail_registration_rate", "80\u00a0%", 20, 25, 1},
		{"average_support_duration", "6\u00a0mois", 20*182 + 6*152, 26, 0},
		{"individual_attendance_rate", "68\u00a0%", 166, 244, 0},
		{"workshop_attendance_rate", "/", 0, 0, 0},
	}
	number := func(n *int) int {
		if n == nil {
			return -1
		}
		return *n
	}
	for i, f := range Compute(Basis{Records: publishedCase()}, endOf2025, Filter{}, conventionTargets) {
		got := row{f.Key, f.Display, number(f.Numerator), number(f.Denominator), number(f.Unknown)}
		if got != want[i] {
			t.Errorf("got %+v, not %+v", got, want[i])
		}
		if counts := f.EmploymentCounts; f.Key == IndicatorEmploymentAt6Months {
			if *counts.Confirmed != 0 || *counts.Provisional != 5 || *counts.Unconfirmed != 0 {
				t.Errorf("employment counts %d, %d, %d", *counts.Confirmed, *counts.Provisional, *counts.Unconfirmed)
			}
		} else if counts != (EmploymentCounts{}) {
			t.Errorf("%s has employment counts", f.Key)
		}
	}
}

func TestAnAnswerHasTheFieldsOfTheContract(t *testing.T) {
	answer, err := json.Marshal(Compute(Basis{Records: publishedCase()}, endOf2025, Filter{}, conventionTargets)[3])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"key":"long_term_unemployed_share","label":"Demandeurs d'emploi de longue durée (DELD)","unit":"percent","value":24,` +
		`"numerator":6,"denominator":25,"unknown":1,"display":"24` + "\u00a0" + `%","suppressed":false,` +
		`"confirmed":null,"provisional":null,"unconfirmed":null,` +
		`"targets":[{"period":"programme","value":20,"direction":"at_least","measured_value":24,"measured_from":"2024-11-01","measured_to":"2025-12-31","met":true,"gap":4}],"definition_version":1}`
	if string(answer) != want {
		t.Errorf("got  %s\nwant %s", answer, want)
	}
}

func TestTargets(t *testing.T) {
	early := publishedCase()
	for i := range 3 {
		early[i].EnteredOn = MustDate("2024-12-01")
	}
	autumn, later := endOf2025, endOf2025
	autumn.From = MustDate("2025-10-01")
	later.To, later.AsOf = MustDate("2026-06-30"), MustDate("2026-06-30")
	inSector, employed := Filter{Sector: "Doullens"}, 100*5.0
	employed /= 26
	for _, c := range []struct {
		name    string
		records []Record
		period  Period
		filter  Filter
		target  Target
		met     *bool
		gap     *float64
		over    string // the days that are measured
	}{
		{"26 of 58 in the year", publishedCase(), endOf2025, Filter{}, Target{IndicatorBeneficiaries, "2025", 58}, new(false), new(-32.0), "2025-01-01 2025-12-31"},
		{"26 of 179 in all", publishedCase(), endOf2025, Filter{}, Target{IndicatorBeneficiaries, WholeProgramme, 179}, new(false), new(-153.0), "2024-11-01 2025-12-31"},
		{"entries of the year before are not of the year", early, endOf2025, Filter{}, Target{IndicatorBeneficiaries, "2025", 23}, new(true), new(0.0), "2025-01-01 2025-12-31"},
		{"but of the programme", early, endOf2025, Filter{}, Target{IndicatorBeneficiaries, WholeProgramme, 26}, new(true), new(0.0), "2024-11-01 2025-12-31"},
		{"whatever period is asked for", publishedCase(), autumn, Filter{}, Target{IndicatorBeneficiaries, WholeProgramme, 26}, new(true), new(0.0), "2024-11-01 2025-12-31"},
		{"a year over is still the year", publishedCase(), later, Filter{}, Target{IndicatorBeneficiaries, "2025", 20}, new(true), new(6.0), "2025-01-01 2025-12-31"},
		{"a year begun and empty is measured", publishedCase(), later, Filter{}, Target{IndicatorBeneficiaries, "2026", 60}, new(false), new(-60.0), "2026-01-01 2026-06-30"},
		{"a year to come is not", publishedCase(), endOf2025, Filter{}, Target{IndicatorBeneficiaries, "2026", 60}, nil, nil, ""},
		{"a filtered head-count is not", publishedCase(), endOf2025, inSector, Target{IndicatorBeneficiaries, "2025", 58}, nil, nil, ""},
		{"a filtered rate is", publishedCase(), endOf2025, inSector, Target{IndicatorFranceTravailRegistration, WholeProgramme, 85}, new(false), new(-5.0), "2024-11-01 2025-12-31"},
		{"met exactly", publishedCase(), endOf2025, Filter{}, Target{IndicatorFranceTravailRegistration, WholeProgramme, 80}, new(true), new(0.0), "2024-11-01 2025-12-31"},
		{"missed, though both print as 19 %", publishedCase(), endOf2025, Filter{}, Target{IndicatorEmploymentAt6Months, WholeProgramme, 19.25}, new(false), new(employed - 19.25), "2024-11-01 2025-12-31"},
		{"a duration informs", publishedCase(), endOf2025, Filter{}, Target{IndicatorAverageSupportDuration, WholeProgramme, 9}, nil, new(float64(16*4552)/float64(487*26) - 9), "2024-11-01 2025-12-31"},
		{"nothing measured", publishedCase(), endOf2025, Filter{}, Target{IndicatorWorkshopAttendance, WholeProgramme, 55}, nil, nil, ""},
		{"a period nobody understands", publishedCase(), endOf2025, Filter{}, Target{IndicatorBeneficiaries, "soon", 55}, nil, nil, ""},
	} {
		others := []Target{{"another_indicator", WholeProgramme, 1}, c.target}
		f, _ := ComputeOne(c.target.Indicator, Basis{Records: c.records}, c.period, c.filter, others)
		if len(f.Targets) != 1 {
			t.Fatalf("%s: %d targets answered", c.name, len(f.Targets))
		}
		got, _ := json.Marshal(f.Targets[0])
		d, _ := Definitions.Named(c.target.Indicator, c.period.AsOf)
		answer := TargetAnswer{Period: c.target.Period, Value: c.target.Value, Direction: d.Direction, Met: c.met, Gap: c.gap}
		if from, to, measured := strings.Cut(c.over, " "); measured {
			value := f.Targets[0].MeasuredValue
			if value == nil || math.Abs(*value-c.target.Value-*c.gap) > 1e-9 {
				t.Errorf("%s: the gap of %v is not that of %v", c.name, *c.gap, value)
			}
			answer.MeasuredValue, answer.MeasuredFrom, answer.MeasuredTo = value, new(MustDate(from)), new(MustDate(to))
		}
		want, _ := json.Marshal(answer)
		if string(got) != string(want) {
			t.Errorf("%s: %s, not %s", c.name, got, want)
		}
	}
}

func TestDefinitionsAreComplete(t *testing.T) {
	keys := map[string]bool{}
	for _, d := range Indicators {
		if keys[d.Key] || d.LabelFR == "" || d.LabelEN == "" || d.PublishedLabel == "" || d.FormulaFR == "" || d.FormulaEN == "" ||
			d.Groups == nil || d.Source == "" || d.Version != 1 || d.ValidFrom.IsZero() || d.items == nil || d.facts == nil {
			t.Errorf("%s lacks something, or is there twice", d.Key)
		}
		if !strings.HasPrefix(d.PublishedLabel, d.LabelFR) {
			t.Errorf("%s is published as %q", d.LabelFR, d.PublishedLabel)
		}
		keys[d.Key] = true
	}
	if len(keys) != 10 {
		t.Errorf("%d indicators, not ten", len(keys))
	}
	_, errOne := ComputeOne("no_such", Basis{}, endOf2025, Filter{}, nil)
	_, errEvidence := EvidenceOf("no_such", Basis{}, endOf2025, Filter{})
	for _, err := range []error{errOne, errEvidence} {
		if !errors.Is(err, &Error{Kind: NotFound}) {
			t.Errorf("an indicator that is none gives %v", err)
		}
	}
}

func TestEvidenceNamesTheDecidingFacts(t *testing.T) {
	r := enrolment(exited("2025-08-31", ExitInterim), job("2025-09-01", "2025-12-30"), found("2025-12-01", OutcomeUnreachable), found("2025-12-15", OutcomeInEmployment), found("2026-02-01", OutcomeNeither))
	items, _ := EvidenceOf(IndicatorEmploymentAt6Months, Basis{Records: []Record{r}}, endOf2025, Filter{})
	var got []string
	for _, fact := range items[0].Facts {
		value := "null"
		if fact.Value != nil {
			value = *fact.Value
		}
		got = append(got, fact.Name+" "+value)
	}
	want := []string{"state confirmed", "exited_on 2025-08-31", "exit_kind interim", "six_months_on 2026-02-28",
		"outcome in_employment", "outcome_observed_on 2025-12-15", "jobs_recorded 1", "jobs_on_as_of 0"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	r = enrolment(met("2025-05-01", AttendanceAttended))
	items, _ = EvidenceOf(IndicatorIndividualAttendance, Basis{Records: []Record{r}}, endOf2025, Filter{})
	if items[0].MeetingID == nil || *items[0].MeetingID != "m0" || *items[0].EnrolmentID != "e" {
		t.Errorf("a meeting is listed as %+v", items[0])
	}
	items, _ = EvidenceOf(IndicatorFranceTravailRegistration, Basis{Records: []Record{r}}, endOf2025, Filter{})
	if fact := items[0].Facts[1]; fact.Name != "registered" || fact.Value != nil {
		t.Errorf("what is not known is listed as %+v", fact)
	}
}
