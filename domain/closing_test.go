package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhenClosingsAreKept(t *testing.T) {
	for today, want := range map[string]string{
		"2025-07-31": "2025-05-31", "2025-08-01": "2025-06-30", "2026-01-31": "2025-11-30", "2026-02-01": "2025-12-31", "2024-03-31": "2024-01-31",
	} {
		if got := LatestClosing(MustDate(today)); got != MustDate(want) {
			t.Errorf("on %s, the latest day is %s, not %s", today, got, want)
		}
	}
	if got := fmt.Sprint(ClosingDays(MustDate("2024-11-01"), MustDate("2025-12-31"))); got != "[2024-12-31 2025-06-30 2025-12-31]" {
		t.Errorf("closings are of %s", got)
	}
	if got := ClosingDays(MustDate("2024-11-01"), MustDate("2024-12-30")); len(got) != 0 {
		t.Errorf("closings are of %v", got)
	}
}

// What is kept gives the same figures as the records do of that day, and neither a birth date nor anything that came later.
func TestWhatIsKeptGivesTheSameFigures(t *testing.T) {
	programme := Programme{ProgrammeInput: ProgrammeInput{Slug: "p", SmallCellThreshold: new(1), StartsOn: MustDate("2024-01-01")}}
	rapid.Check(t, func(t *rapid.T) {
		records, period, filter := anyCase(t)
		basis := Basis{Records: records}
		for i := range rapid.IntRange(0, 5).Draw(t, "referrals") {
			basis.Referrals = append(basis.Referrals, ReferralRecord{
				ReferralID: fmt.Sprint("r", i), ReceivedOn: period.AsOf.AddDays(i - 3), Status: ReferralAccepted, DecidedOn: new(period.AsOf.AddDays(2*i - 4)),
				BirthDate: new(period.AsOf.AddMonths(-300).AddDays(i - 4)),
			})
		}
		day := period.AsOf
		said := func(basis Basis) string {
			q := Question{Programme: programme, Basis: basis, Period: period, Filter: filter}
			text := asJSON(t, q.FiguresOf("")) + asJSON(t, q.Profile())
			rows, err := q.Breakdown(IndicatorReferralAcceptance, []Dimension{ByAgeBand})
			return text + asJSON(t, rows) + fmt.Sprint(err)
		}
		kept := basis.Keep(programme, day).Basis
		if live, told := said(basis), said(kept); told != live {
			t.Fatalf("of %s, the records give\n%s\nand what is kept\n%s", day, live, told)
		}
		text := asJSON(t, kept)
		var back Basis
		if err := json.Unmarshal([]byte(text), &back); err != nil || asJSON(t, back) != text {
			t.Fatalf("written and read again it is another: %v", err)
		}
		if strings.Contains(strings.ReplaceAll(text, `"BirthDate":null`, ""), "BirthDate") {
			t.Fatalf("a birth date is kept: %s", text)
		}
		if strings.Contains(text, `ID":"e`) || strings.Contains(text, `ID":"p`) || strings.Contains(text, `ID":"r`) {
			t.Fatalf("an identifier is kept: %s", text)
		}
		kept.each(func(one described) {
			at := reflect.ValueOf(one).Elem()
			for i := range at.NumField() {
				if on, is := at.Field(i).Interface().(*Date); is && on != nil && on.After(day) && at.Type().Field(i).Name != "JobSeekerSince" { // of which no rule says that it is before the entry
					t.Fatalf("of %s is kept that %s is %s", day, at.Type().Field(i).Name, on)
				}
			}
		})
	})
}

// A programme's first day may be moved. What a closing tells is counted from the day that was the first when it was kept:
// asked again it tells the same, a series tells nobody more at it, and no closing tells of few beside two of other days.
func TestAClosingIsCountedFromTheFirstDayOfThen(t *testing.T) {
	programme := func(start string) Programme {
		return Programme{ProgrammeInput: ProgrammeInput{Slug: "p", SmallCellThreshold: new(5), StartsOn: MustDate(start)}}
	}
	var records []Record
	enter := func(people int, day string) {
		for range people {
			records = append(records, Record{EnrolmentID: fmt.Sprint("e", len(records)), ParticipantID: fmt.Sprint("p", len(records)), EnteredOn: MustDate(day)})
		}
	}
	asked := func(p Programme, asOf string, closings ...Closing) Question {
		day := MustDate(asOf)
		period, err := PeriodInput{AsOf: day}.AnalystPeriod(p.StartsOn, day.AddDays(1))
		if err != nil {
			t.Fatal(err)
		}
		return Question{Programme: p, Restricted: true, Period: period, SinceStart: true}.At(ToldOf(closings, false))
	}
	enter(1, "2024-09-02")
	enter(14, "2025-01-06")
	was := programme("2025-01-01")
	first := Basis{Records: records}.Keep(was, MustDate("2025-06-30"))
	table := func(q Question) string {
		text, err := json.Marshal(q.FiguresOf(""))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := table(asked(was, "2025-07-31", first))
	if !strings.Contains(before, `"display":"14"`) {
		t.Fatalf("told is %s", before)
	}
	for _, start := range []string{"2024-06-01", "2025-02-01", "2025-07-15", "2025-09-01"} {
		if again := table(asked(programme(start), "2025-07-31", first)); again != before {
			t.Errorf("of a programme that begins on %s, it tells\n%s\nand told\n%s", start, again, before)
		}
	}

	told := func(q Question) map[string]string {
		series, err := q.Series(IndicatorBeneficiaries, SeriesQuery{Step: StepQuarter, Cumulative: true})
		if err != nil {
			t.Fatal(err)
		}
		points := map[string]string{}
		for _, point := range series.Items {
			points[point.To.String()] = point.Display
		}
		return points
	}
	earlier := programme("2024-06-01")
	enter(8, "2024-09-02")
	enter(12, "2025-09-01")
	second := Basis{Records: records}.Keep(earlier, MustDate("2025-12-31"))
	if points := told(asked(earlier, "2025-12-31", first, second)); points["2025-06-30"] != "14" || points["2025-12-31"] != "35" {
		t.Errorf("in a series it tells %v", points)
	}

	// Fourteen, and nine before: with two more, that there are two more would be told.
	records = slices.DeleteFunc(records, func(r Record) bool { return r.EnteredOn == MustDate("2025-09-01") })
	for _, more := range []struct {
		people int
		told   string
	}{{2, "2025-06-30 14"}, {4, "2025-12-31 29"}} { // two, and six
		enter(more.people, "2025-09-01")
		of := Basis{Records: records}
		closings := []Closing{first, of.Keep(earlier, MustDate("2024-12-31")), of.Keep(earlier, MustDate("2025-12-31"))}
		for asOf, want := range map[string]string{"2024-12-31": "2024-12-31 9", "2025-06-30": "2025-06-30 14", "2025-12-31": more.told} {
			figure, err := asked(earlier, asOf, closings...).Figure(IndicatorBeneficiaries)
			if said := figure.AsOf.String() + " " + figure.Display; err != nil || said != want {
				t.Errorf("asked of %s beside the others, it tells %s, not %s: %v", asOf, said, want, err)
			}
		}
	}
}

// As many things as the threshold may be one person's: her barriers lifted, her meetings told of late, or under another sex.
func TestThingsOfOnePersonThatMoveBetweenClosings(t *testing.T) {
	programme := Programme{ProgrammeInput: ProgrammeInput{Slug: "p", SmallCellThreshold: new(5), StartsOn: MustDate("2025-01-01")}}
	barriers := Barrier("").Codes()[:8]
	crowd := func() (records []Record) {
		for i := range 60 {
			r := Record{EnrolmentID: fmt.Sprint("e", i), ParticipantID: fmt.Sprint("p", i), EnteredOn: MustDate("2025-02-03"), Gender: new([]Gender{GenderFemale, GenderMale}[i%2])}
			for j, barrier := range barriers {
				found := BarrierFact{ID: fmt.Sprint("b", i, j), Barrier: Barrier(barrier), AssessedOn: r.EnteredOn}
				if j < 2 {
					found.LiftedOn = new(MustDate("2025-03-03"))
				}
				r.Barriers = append(r.Barriers, found)
				status := AttendanceAttended
				if j%2 == 0 {
					status = AttendanceNoShow
				}
				r.Meetings = append(r.Meetings, MeetingFact{ID: fmt.Sprint("m", i, j), Day: MustDate("2025-03-03"), Status: status})
			}
			records = append(records, r)
		}
		return records
	}
	for name, test := range map[string]struct {
		change func(records []Record, of int) // what moved of each
		people int
		key    string
		by     []Dimension
	}{
		"six barriers of one, lifted": {key: IndicatorBarriersLifted, people: 1, change: func(records []Record, of int) {
			for j := range records[of].Barriers[2:] {
				records[of].Barriers[2+j].LiftedOn = new(MustDate("2025-09-01"))
			}
		}},
		"eight meetings of one, told of late": {key: IndicatorIndividualAttendance, people: 1, change: func(records []Record, of int) {
			for j := range 8 {
				for _, status := range []Attendance{AttendanceAttended, AttendanceNoShow} {
					records[of].Meetings = append(records[of].Meetings, MeetingFact{ID: fmt.Sprint("late", of, j, status), Day: MustDate("2025-04-01"), Status: status})
				}
			}
		}},
		"eight meetings of one, taken back": {key: IndicatorIndividualAttendance, people: 1, change: func(records []Record, of int) {
			for range 1 {
				records[of].Meetings = nil
				records[of+2].Meetings = records[of+2].Meetings[:6]
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for people, told := range map[int]bool{test.people: false, 12: true} {
				first := crowd()
				closings := []Closing{Basis{Records: first}.Keep(programme, MustDate("2025-06-30"))}
				second := crowd()
				for i := range people {
					test.change(second, i)
				}
				closings = append(closings, Basis{Records: second}.Keep(programme, MustDate("2025-12-31")))
				q := Question{Programme: programme, Restricted: true, Period: Period{From: programme.StartsOn, To: MustDate("2025-12-31"), AsOf: MustDate("2025-12-31"), ProgrammeStart: programme.StartsOn}}
				figure, err := q.At(ToldOf(closings, false)).Figure(test.key)
				if err != nil || figure.AsOf != MustDate("2025-12-31") || figure.Suppressed == told {
					t.Errorf("of %d people, it is told as %s, of %s: %v", people, figure.Display, figure.AsOf, err)
				}
			}
		})
	}
}
