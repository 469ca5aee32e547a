package domain

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var someClosed = ClosedDays{
	Holiday: func(day Date) string {
		if day.Month() == time.May && day.Day() == 1 {
			return "Fête du Travail"
		}
		return ""
	},
	Closures: []Closure{{StartsOn: MustDate("2026-12-24"), EndsOn: MustDate("2027-01-01"), Label: "Fin d'année"}},
}

// anyTimetable is a permanence of some years, with changes that fall on its days or beside them.
var anyTimetable = rapid.Custom(func(t *rapid.T) Timetable {
	p := Permanence{PermanenceInput: PermanenceInput{
		Programme: "o2r", Label: "Permanence", SiteID: "here", Weekday: Weekday(rapid.SampledFrom(Weekday("").Codes()).Draw(t, "weekday")),
		EveryWeeks: rapid.Ptr(rapid.IntRange(1, 4), true).Draw(t, "every"), SlotMinutes: rapid.SampledFrom([]int{5, 20, 45, 60, 95}).Draw(t, "slot"), SlotCapacity: rapid.IntRange(1, 3).Draw(t, "capacity"),
		StartsOn: MustDate("2024-01-01").AddDays(rapid.IntRange(0, 800).Draw(t, "starts")),
	}}
	p.ID = "p"
	if rapid.Bool().Draw(t, "ends") {
		p.EndsOn = new(p.StartsOn.AddDays(rapid.IntRange(0, 1500).Draw(t, "lasts")))
	}
	start := rapid.IntRange(4*60, 21*60).Draw(t, "start")
	end := rapid.IntRange(start+1, minutesInADay-1).Draw(t, "end")
	p.StartTime, p.EndTime = wallTime(start), wallTime(end)
	if rapid.Bool().Draw(t, "break") && end-start > 3 {
		from := rapid.IntRange(start+1, end-2).Draw(t, "break from")
		p.BreakStartTime, p.BreakEndTime = new(wallTime(from)), new(wallTime(rapid.IntRange(from+1, end-1).Draw(t, "break to")))
	}
	tt := Timetable{Permanence: p, ProgrammeEndsOn: MustDate("2027-12-31"), Closed: someClosed, Changes: map[Date]OccurrenceChange{}}
	for range rapid.IntRange(0, 8).Draw(t, "changes") {
		day := tt.first().AddDays(7 * rapid.IntRange(0, 20).Draw(t, "planned")) // in a week between two, too
		if rapid.IntRange(0, 9).Draw(t, "beside") == 0 {
			day = day.AddDays(1)
		}
		change := OccurrenceChange{PlannedOn: day, Version: 1, Reason: new("Essai.")}
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			change.Status, change.Reason = nil, nil
		case 1:
			change.Status = new(OccurrenceCancelled)
		case 2:
			change.Status = new(OccurrenceHeld)
		default:
			change.Status, change.SiteID = new(OccurrenceMoved), new("there")
			change.MovedOn = new(day.AddDays(rapid.IntRange(-40, 40).Draw(t, "moved by")))
			change.StartTime = new(wallTime(rapid.IntRange(4*60, minutesInADay-1-(end-start)).Draw(t, "at")))
		}
		tt.Changes[day] = change
	}
	return tt
})

// slowly computes what Between does, day by day and by the clock on the wall, from nothing it uses.
func slowly(tt Timetable, from, to Date) map[Date]Occurrence {
	found := map[Date]Occurrence{}
	names := map[time.Weekday]Weekday{time.Monday: Lundi, time.Tuesday: Mardi, time.Wednesday: Mercredi, time.Thursday: Jeudi, time.Friday: Vendredi, time.Saturday: Samedi, time.Sunday: Dimanche}
	every, nth := valueOr(tt.EveryWeeks, 1), 0
	for day := tt.StartsOn; !day.After(valueOr(tt.EndsOn, tt.ProgrammeEndsOn)) && !day.After(tt.ProgrammeEndsOn); day = day.AddDays(1) {
		if names[day.Start().Weekday()] != tt.Weekday {
			continue
		}
		nth++
		if (nth-1)%every != 0 {
			continue
		}
		on, hour, site, status := day, tt.StartTime, "here", OccurrenceHeld
		change, changed := tt.Changes[day]
		switch {
		case changed && change.Status != nil && *change.Status == OccurrenceMoved:
			on, hour, site, status = *change.MovedOn, *change.StartTime, "there", OccurrenceMoved
		case changed && change.Status != nil:
			status = *change.Status
		case day.Month() == time.May && day.Day() == 1:
			status = OccurrenceHoliday
		case day.String() >= "2026-12-24" && day.String() <= "2027-01-01":
			status = OccurrenceClosed
		}
		within := func(d Date) bool { return d.String() >= from.String() && d.String() <= to.String() }
		if !within(day) && !within(on) {
			continue
		}
		opens, err := time.ParseInLocation("2006-01-02 15:04", on.String()+" "+string(hour), Paris)
		if err != nil {
			panic(err)
		}
		found[day] = Occurrence{PlannedOn: day, StartsAt: opens, SiteID: site, Status: status}
	}
	return found
}

// Over years, leap days and every change of the clocks: the occurrences are those that a calendar on the wall shows.
func TestOccurrencesAreThoseOfTheCalendarOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tt := anyTimetable.Draw(t, "timetable")
		from := tt.StartsOn.AddDays(rapid.IntRange(-60, rapid.SampledFrom([]int{140, 1400}).Draw(t, "far")).Draw(t, "from"))
		to := from.AddDays(rapid.IntRange(0, 400).Draw(t, "to"))
		got, want := tt.Between(from, to), slowly(tt, from, to)
		if len(got) != len(want) {
			t.Fatalf("%d occurrences, not %d", len(got), len(want))
		}
		if !slices.IsSortedFunc(got, Occurrence.Compare) {
			t.Fatal("not in order")
		}
		for day := from; !day.After(to); day = day.AddDays(1) {
			if _, there := want[day]; there != tt.FallsOn(day) {
				t.Fatalf("on %s it is there: %v", day, there)
			}
		}
		for _, o := range got {
			w, there := want[o.PlannedOn]
			if !there || !o.StartsAt.Equal(w.StartsAt) || o.SiteID != w.SiteID || o.Status != w.Status {
				t.Fatalf("%+v, not %+v", o, w)
			}
			single, err := tt.On(o.PlannedOn)
			if err != nil || !single.StartsAt.Equal(o.StartsAt) || len(single.Slots) != len(o.Slots) {
				t.Fatalf("alone it is %+v: %v", single, err)
			}
			checkSlots(t, tt, o)
		}
	})
}

// checkSlots insists that slots have their length, lie within the hours and beside the break as the clock shows them, and
// that nothing more would fit between them.
func checkSlots(t *rapid.T, tt Timetable, o Occurrence) {
	if !o.Status.Receives() {
		if len(o.Slots) > 0 {
			t.Fatal("slots where nobody is received")
		}
		return
	}
	clock := func(at time.Time) int { at = at.In(Paris); return at.Hour()*60 + at.Minute() }
	shift := clock(o.StartsAt) - mustMinutes(tt.StartTime)
	taken := map[int]bool{}
	for _, slot := range o.Slots {
		if slot.EndsAt.Sub(slot.StartsAt) != time.Duration(tt.SlotMinutes)*time.Minute || slot.StartsAt.Before(o.StartsAt) || slot.EndsAt.After(o.EndsAt) || !DayOf(slot.StartsAt).Equal(DayOf(o.StartsAt)) {
			t.Fatalf("slot %+v in %+v", slot, o)
		}
		for m := clock(slot.StartsAt); m < clock(slot.StartsAt)+tt.SlotMinutes; m++ {
			if taken[m] {
				t.Fatalf("two slots at once in %+v", o)
			}
			taken[m] = true
			if tt.BreakStartTime != nil && m-shift >= mustMinutes(*tt.BreakStartTime) && m-shift < mustMinutes(*tt.BreakEndTime) {
				t.Fatalf("a slot in the break of %+v", o)
			}
		}
	}
	idle := 0 // minutes that are no break and in no slot: fewer than a slot, before the break and at the end
	for m := clock(o.StartsAt); m < clock(o.StartsAt)+tt.length(); m++ {
		inBreak := tt.BreakStartTime != nil && m-shift >= mustMinutes(*tt.BreakStartTime) && m-shift < mustMinutes(*tt.BreakEndTime)
		if taken[m] || inBreak {
			idle = 0
			continue
		}
		if idle++; idle >= tt.SlotMinutes {
			t.Fatalf("a slot more would fit in %+v", o)
		}
	}
}

func mustMinutes(w WallTime) int {
	minutes, ok := w.minutes()
	if !ok {
		panic(w)
	}
	return minutes
}

// Whatever may be booked is booked there again, and what follows an occurrence keeps its slot.
func TestAMeetingFollowsItsOccurrenceToTheSameSlot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tt := anyTimetable.Draw(t, "timetable")
		tt.Changes = map[Date]OccurrenceChange{}
		days := tt.Between(tt.StartsOn, tt.StartsOn.AddDays(400))
		if len(days) == 0 {
			t.Skip("never held")
		}
		before := rapid.SampledFrom(days).Draw(t, "occurrence")
		if len(before.Slots) == 0 {
			t.Skip("not held")
		}
		i := rapid.IntRange(0, len(before.Slots)-1).Draw(t, "slot")
		meeting := Appointment{AppointmentInput: AppointmentInput{StartsAt: before.Slots[i].StartsAt, DurationMinutes: tt.SlotMinutes}}
		if _, err := meeting.Book(tt); err != nil || *meeting.SiteID != "here" {
			t.Fatalf("a slot of its own is refused: %v", err)
		}
		hour := wallTime(rapid.IntRange(4*60, minutesInADay-1-tt.length()).Draw(t, "hour"))
		day := before.PlannedOn.AddDays(rapid.IntRange(-6, 6).Draw(t, "by"))
		change, err := tt.Move(before.PlannedOn, OccurrenceMove{MovedOn: &day, StartTime: &hour, SiteID: new("there"), Reason: "Essai."}, Programme{ProgrammeInput: ProgrammeInput{StartsOn: MustDate("2023-01-01"), EndsOn: tt.ProgrammeEndsOn}}, MustDate("2023-01-01"))
		if err != nil {
			t.Skip("refused")
		}
		then := tt.With(change)
		after, err := then.On(before.PlannedOn)
		if err != nil {
			t.Fatal(err)
		}
		if err := meeting.Follow(before, after, Enrolment{EnrolmentInput: EnrolmentInput{EnteredOn: MustDate("2023-01-01")}}, MustDate("2023-01-01")); err != nil {
			t.Fatal(err)
		}
		slot, err := meeting.Book(then)
		if err != nil || !slot.StartsAt.Equal(after.Slots[i].StartsAt) || *meeting.SiteID != "there" {
			t.Fatalf("it is not in slot %d: %+v, %v", i, slot, err)
		}
		if _, err := (&AppointmentInput{StartsAt: before.Slots[i].StartsAt, DurationMinutes: tt.SlotMinutes}).Book(then); err == nil && !slot.StartsAt.Equal(before.Slots[i].StartsAt) && !overlapping(after, before.Slots[i].StartsAt) {
			t.Fatal("the slot it left is still there")
		}
	})
}

func overlapping(o Occurrence, at time.Time) bool {
	return slices.ContainsFunc(o.Slots, func(slot Slot) bool { return slot.StartsAt.Equal(at) })
}

// The clocks change in the night before these Sundays; whoever comes at 14:00 comes at 14:00.
func TestDaylightSavingMovesNoHour(t *testing.T) {
	tt := Timetable{Permanence: Permanence{PermanenceInput: PermanenceInput{Weekday: Dimanche, StartsOn: MustDate("2026-03-22"), StartTime: "14:00", EndTime: "15:00", SlotMinutes: 30, SlotCapacity: 1}}, ProgrammeEndsOn: MustDate("2027-12-31")}
	for day, utc := range map[string]string{
		"2026-03-22": "13:00", "2026-03-29": "12:00", "2026-04-05": "12:00", "2026-10-18": "12:00", "2026-10-25": "13:00", "2026-11-01": "13:00", "2027-03-28": "12:00", "2027-10-31": "13:00",
	} {
		o, err := tt.On(MustDate(day))
		if err != nil || o.StartsAt.Format("15:04") != utc || o.Slots[1].StartsAt.Sub(o.StartsAt) != 30*time.Minute {
			t.Errorf("on %s it opens at %s UTC, not %s: %v", day, o.StartsAt.Format("15:04"), utc, err)
		}
	}
	for _, hour := range []WallTime{"00:00", "02:30", "03:59"} {
		in := tt.PermanenceInput
		in.StartTime, in.Label, in.Programme = hour, "x", "o2r"
		err := in.Check(Programme{ProgrammeInput: ProgrammeInput{StartsOn: MustDate("2024-01-01"), EndsOn: MustDate("2027-12-31")}})
		var refused *Error
		if !errors.As(err, &refused) || refused.Fields[0].Code != "too_early" {
			t.Errorf("%s: %v", hour, err)
		}
	}
	for _, hour := range []WallTime{"", "9:00", "24:00", "12:60", "12:00:00", "+2:00", "ab:cd"} {
		if _, ok := hour.minutes(); ok {
			t.Errorf("%q is an hour", hour)
		}
	}
}
