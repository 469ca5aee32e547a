package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
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
