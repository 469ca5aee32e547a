package domain

import (
	"fmt"
	"testing"
	"time"
)

// askedBy is what an analyst asks of a programme of 2025, at its end.
func askedBy(records []Record) Question {
	return Question{Period: endOf2025, Basis: Basis{Records: records}, Restricted: true}
}

func path(person, day string, status JusticeStatus) Record {
	return Record{EnrolmentID: person + day, ParticipantID: person, EnteredOn: MustDate(day), JusticeStatus: &status, Gender: new(GenderMale)}
}

// The profile tells of each person once, by her first path: of whom a row may be full of paths and hold one person.
func TestARowOfPathsIsNoRowOfPeople(t *testing.T) {
	var records []Record
	for i := range 20 {
		records = append(records, path(fmt.Sprint("a", i), "2025-02-03", JusticeAucune), path(fmt.Sprint("b", i), "2025-03-03", JusticeMilieuOuvert))
	}
	for i := range 6 {
		records = append(records, path(fmt.Sprint("a", i), "2025-05-03", JusticeMilieuFerme)) // again
	}
	records = append(records, path("c", "2025-05-04", JusticeMilieuFerme)) // for the first time
	shown := 0
	for _, row := range askedBy(records).Profile().JusticeStatus {
		switch {
		case row.Count != nil && *row.Count >= 20:
			shown++
		case row.Count != nil && *row.Count > 0:
			t.Errorf("%s: %d", row.Code, *row.Count)
		}
	}
	if shown != 1 { // the other would tell by subtraction
		t.Errorf("%d rows are shown", shown)
	}
}

// Who came again is told of all, as paths less people; of which sex, or in what situation, is not.
func TestWhatSomebodyWhoCameAgainIsLikeIsNotTold(t *testing.T) {
	var records []Record
	for i := range 30 {
		records = append(records, path(fmt.Sprint("a", i), "2025-02-03", JusticeAucune))
		records[i].FranceTravail = []FranceTravailObservation{{MustDate("2025-06-02"), i%2 == 0}}
		if i%3 == 0 {
			records[i].Gender = new(GenderFemale)
		}
	}
	again := records[3]
	again.EnrolmentID, again.EnteredOn = "again", MustDate("2025-03-03")
	q := askedBy(append(records, again))
	people, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByGender})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range people.Items[:2] {
		if !row.Suppressed || !q.Profile().Gender[i].Suppressed {
			t.Errorf("%s: %s people are told beside paths", asJSONText(row.Values), row.Display)
		}
	}
	if total := people.Items[len(people.Items)-1]; total.Display != "30" {
		t.Errorf("%s people", total.Display)
	}
	paths, err := q.Breakdown(IndicatorFranceTravailRegistration, []Dimension{ByGender})
	if err != nil || paths.Items[0].Suppressed || *paths.Items[1].Denominator != 11 {
		t.Errorf("of paths less is told than can be: %v %+v", err, paths.Items)
	}
}

// Four who come again and one who is new are five paths more, and one person more.
func TestClosingsBetweenWhichOneIsNewAreNotBothTold(t *testing.T) {
	var records []Record
	for i := range 30 {
		records = append(records, path(fmt.Sprint("a", i), "2025-02-03", JusticeAucune))
	}
	for i := range 4 {
		records = append(records, path(fmt.Sprint("a", i), "2025-10-03", JusticeAucune))
	}
	records = append(records, path("new", "2025-10-04", JusticeAucune))
	for i := range records {
		records[i].BirthDate = new(MustDate("1984-01-01"))
	}
	var told []string
	for _, day := range []string{"2025-06-30", "2025-12-31"} {
		q := askedBy(records)
		q.Period.From, q.Period.ProgrammeStart = MustDate("2025-01-01"), MustDate("2025-01-01")
		q.Period.To, q.Period.AsOf, q.Latest = MustDate(day), MustDate(day), MustDate("2025-12-31")
		f, err := q.Figure(IndicatorBeneficiaries)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, f.AsOf.String(), f.Display, q.Profile().Age.Display)
	}
	if got := fmt.Sprint(told); got != "[2025-06-30 30 41\u00a0ans 2025-12-31 s s]" {
		t.Error(got)
	}
}

// Each of six came from another commune, and rows of nobody are shown: what is withheld would be one each.
func TestRowsOfOneEachAreNotToldByRowsOfNobody(t *testing.T) {
	q := askedBy(nil)
	for i := range 6 {
		r := path(fmt.Sprint("p", i), "2025-02-03", JusticeAucune)
		r.TerritoryCode = new(fmt.Sprint("8000", i))
		q.Records = append(q.Records, r)
	}
	for i := range 10 {
		q.Basis.Places = append(q.Basis.Places, TargetedPlace{TerritoryCode: fmt.Sprint("8000", i)})
	}
	answer, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByTerritory})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range answer.Items[:len(answer.Items)-1] {
		if !row.Suppressed {
			t.Errorf("%s: %s", asJSONText(row.Values), row.Display)
		}
	}
	if total := answer.Items[len(answer.Items)-1]; total.Display != "6" {
		t.Errorf("the total is %s", total.Display)
	}
	q.Records = append(q.Records, path("p7", "2025-02-03", JusticeAucune))
	q.Records[6].TerritoryCode = new("80000")
	if answer, err = q.Breakdown(IndicatorBeneficiaries, []Dimension{ByTerritory}); err != nil || answer.Items[7].Display != "0" || !answer.Items[0].Suppressed {
		t.Errorf("two came from one: %v %+v", err, answer.Items[7])
	}
}

// What hinders people is gone through once, however many they are: of a large programme whoever asks first would wait in vain.
func TestBarriersAreCountedInOneGo(t *testing.T) {
	day := MustDate("2025-12-31")
	x := newDiscretion()
	for i := range 5_000 {
		r := Record{EnrolmentID: fmt.Sprint("e", i), ParticipantID: fmt.Sprint("p", i), EnteredOn: MustDate("2025-02-03")}
		for j, barrier := range Barrier("").Codes()[:8] {
			r.Barriers = append(r.Barriers, BarrierFact{ID: fmt.Sprint("b", j), Barrier: Barrier(barrier), AssessedOn: r.EnteredOn})
			r.Meetings = append(r.Meetings, MeetingFact{ID: fmt.Sprint("m", j), Day: r.EnteredOn, Status: AttendanceAttended})
		}
		x.basis.Records = append(x.basis.Records, r)
	}
	x.start = MustDate("2025-01-01")
	x.known(day)
	took := func(measure string) time.Duration {
		start := time.Now()
		if n := len(x.count(measure, day)); n != 40_000 {
			t.Fatalf("of %s there are %d", measure, n)
		}
		return time.Since(start)
	}
	meetings := min(took(IndicatorIndividualAttendance), took(IndicatorIndividualAttendance))
	if barriers := took(tellBarriers); barriers > 10*meetings {
		t.Errorf("barriers took %s, and as many meetings %s", barriers, meetings)
	}
}
