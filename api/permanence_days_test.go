package api_test

import (
	"testing"
	"time"

	"o2r/domain"
)

// weekdayBy is the first day of that weekday from so many days ahead on, or back to it, that is no public holiday.
func weekdayBy(days int, weekday time.Weekday) domain.Date {
	step := 1
	if days < 0 {
		step = -1
	}
	day := domain.DayOf(time.Now()).AddDays(days)
	for day.Weekday() != weekday || fixedHoliday(day) {
		day = day.AddDays(step)
	}
	return day
}

// fixedHoliday tells of those holidays that may fall on any weekday; the others fall on Mondays and Thursdays.
func fixedHoliday(day domain.Date) bool {
	switch day.String()[5:] {
	case "01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25":
		return true
	}
	return false
}

// A day that is over was moved to one to come, and people are booked there: taking that back, or moving it once more, would
// expect them last week.
func TestNobodyIsMovedToADayThatIsOver(t *testing.T) {
	f := newFixture(t)
	lead, caseworker := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	id, past, soon := f.permanence("starts_on", "2024-11-05", "ends_on", "2027-12-31"), weekdayBy(-8, time.Tuesday), weekdayBy(3, time.Wednesday)
	at := "/v1/permanences/" + id + "/occurrences/" + past.String()
	decide := func(what string, changes ...any) reply {
		t.Helper()
		return f.send(lead, "POST", at+what, object(map[string]any{"reason": "Salle occupée."}, changes...))
	}
	decide("/move", "moved_on", soon.String()).is(200)
	decide("/restore").is(200) // nobody is booked
	decide("/move", "moved_on", soon.String()).is(200)
	her := f.enrolled("Camille", "Exemple", "2025-02-03")
	opens := f.occurrence(id, past.String())["starts_at"].(string)
	met := f.send(caseworker, "POST", "/v1/appointments", booking(her.ID, id, opens)).is(201).text("id")
	before := f.contents()
	decide("/restore").problem(409, "meeting_in_past")
	decide("/move", "moved_on", past.AddDays(1).String()).problem(409, "meeting_in_past")
	f.unchanged(before)
	decide("/move", "moved_on", soon.String(), "start_time", "10:45").is(200)
	if got := f.send(caseworker, "GET", "/v1/appointments/"+met, nil).is(200).text("starts_at"); got <= opens {
		t.Errorf("the meeting did not follow: %s", got)
	}
	// Once it is called off, the day may be what it was.
	f.send(caseworker, "POST", "/v1/appointments/"+met+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	decide("/restore").is(200)
}
