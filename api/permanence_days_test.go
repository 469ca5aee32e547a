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

// A programme is not shortened beneath people who are to come, in a slot, a moved one, or a workshop; an administrator, who
// reaches no meeting, learns that there is one, and not of whom.
func TestAProgrammeIsNotShortenedBeneathWhoIsToCome(t *testing.T) {
	f := newFixture(t)
	lead, admin := f.actor(domain.Coordinator), f.actor(domain.Admin)
	ending := func(on string, changes ...any) reply {
		t.Helper()
		return f.send(admin, "PUT", "/v1/programmes/"+somme, object(map[string]any{"slug": somme, "name": somme, "operator_id": f.operator.ID, "starts_on": "2024-11-01", "ends_on": on}, changes...), "If-Match", "*")
	}
	id, her := f.permanence(), f.enrolled("Camille", "Exemple", "2026-01-05")
	met := f.send(lead, "POST", "/v1/appointments", booking(her.ID, id, "2027-12-14T09:00:00Z")).is(201).text("id")
	before := f.contents()
	for _, end := range []string{"2027-12-13", "2026-12-31", "2027-01-01"} {
		ending(end).problem(409, "bookings_in_the_way")
	}
	ending("2028-12-31", "starts_on", "2027-12-15").problem(409, "bookings_in_the_way")
	f.unchanged(before)
	ending("2027-12-14").is(200)
	ending("2028-12-31").is(200)
	// Moved to an earlier day, its occurrence would be none of the permanence any more.
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/2027-12-14/move", map[string]any{"moved_on": "2027-12-01", "reason": "Salle occupée."}).is(200)
	ending("2027-12-10").problem(409, "bookings_in_the_way")
	f.send(lead, "POST", "/v1/appointments/"+met+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	w := f.send(lead, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Entretien", "starts_at": "2027-12-20T09:00:00Z", "duration_minutes": 60}).is(201).text("id")
	ending("2027-12-10").is(200) // nobody is registered
	ending("2027-12-31").is(200)
	f.send(lead, "POST", "/v1/workshops/"+w+"/registrations", map[string]any{"enrolment_id": her.ID}).is(200)
	ending("2027-12-10").problem(409, "bookings_in_the_way")
	f.send(lead, "POST", "/v1/workshops/"+w+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	ending("2027-12-10").is(200)
}

// While a programme is shortened, nobody books beyond its new end.
func TestNobodyBooksBeyondAProgrammeThatIsShortened(t *testing.T) {
	f := newFixture(t)
	lead, admin := f.actor(domain.Coordinator), f.actor(domain.Admin)
	id := f.permanence("slot_capacity", 50)
	var requests []request
	for i := range 12 {
		staff := lead
		staff.TokenID = string(rune('a' + i))
		requests = append(requests, request{staff, "POST", "/v1/appointments", booking(f.enrolled("Camille", "Exemple"+string(rune('a'+i)), "2026-01-05").ID, id, "2027-12-14T09:00:00Z"), ""})
		if i == 5 {
			requests = append(requests, request{admin, "PUT", "/v1/programmes/" + somme, map[string]any{"slug": somme, "name": somme, "operator_id": f.operator.ID, "starts_on": "2024-11-01", "ends_on": "2027-11-30"}, "*"})
		}
	}
	shortened := false
	for _, got := range f.atOnce(requests) {
		if got.Status >= 500 || got.Status == 429 {
			t.Error(got.Text)
		}
		shortened = shortened || got.Status == 200
	}
	if n := f.count(`SELECT count(*) FROM appointments`); shortened && n != 0 {
		t.Errorf("it was shortened, and %d are booked beyond its end", n)
	}
}

// A day to come to which an occurrence was moved is not closed beneath it. One that is over, or closed already, may be.
func TestADayToWhichAnOccurrenceWasMovedIsNotClosed(t *testing.T) {
	f := newFixture(t)
	lead, id := f.actor(domain.Coordinator), f.permanence("starts_on", "2024-11-05")
	move := func(planned, to string) {
		t.Helper()
		f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/"+planned+"/move", map[string]any{"moved_on": to, "reason": "Salle occupée."}).is(200)
	}
	closing := func(days ...string) reply {
		t.Helper()
		items := []any{}
		for _, day := range days {
			items = append(items, map[string]any{"starts_on": day, "ends_on": day, "label": "Fermeture"})
		}
		return f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": items}, "If-Match", "*")
	}
	move("2027-11-16", "2027-11-17")
	move("2025-03-11", "2025-03-12")
	before := f.contents()
	closing("2027-11-17").problem(409, "occurrence_moved_there")
	f.unchanged(before)
	closing("2025-03-12", "2027-11-16").is(200)
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/2027-11-16/restore", map[string]any{"reason": "Salle rendue."}).is(200)
	closing("2027-11-17").is(200)
}

// While a file is frozen, its meetings are left as they are, whatever becomes of the day: once it is not, she is not left
// waiting before a closed door.
func TestWhoWasRestrictedIsNotExpectedWhereNobodyReceives(t *testing.T) {
	f := newFixture(t)
	lead, dpo, id := f.actor(domain.Coordinator), f.actor(domain.DPO), f.permanence()
	her := f.enrolled("Camille", "Exemple", "2026-01-05")
	days := []string{"2027-01-12", "2027-01-19", "2027-01-26"}
	var met []string
	for _, day := range days {
		met = append(met, "/v1/appointments/"+f.send(lead, "POST", "/v1/appointments", booking(her.ID, id, day+"T09:00:00Z")).is(201).text("id"))
	}
	restrict := func(restricted bool) {
		t.Helper()
		f.send(dpo, "POST", "/v1/participants/"+her.ParticipantID+"/restriction", map[string]any{"restricted": restricted, "reason": "Exactitude contestée."}).is(200)
	}
	restrict(true)
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/"+days[0]+"/cancel", map[string]any{"reason": "Neige."}).is(200)
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/"+days[1]+"/move", map[string]any{"start_time": "10:15", "reason": "Le car arrive plus tard."}).is(200)
	if n := f.count(`SELECT count(*) FROM appointments WHERE status = 'scheduled' AND version = 1`); n != 3 {
		t.Errorf("a frozen file was written: %d of three meetings are as they were", n)
	}
	restrict(false)
	for i, want := range []string{"cancelled", "cancelled", "scheduled"} {
		got := f.send(lead, "GET", met[i], nil).is(200)
		if got.text("status") != want || got.text("starts_at") != days[i]+"T09:00:00Z" {
			t.Errorf("on %s it is %s", days[i], got.Text)
		}
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'appointment' AND action = 'cancelled' AND role = 'system'`); n != 2 {
		t.Errorf("%d rows of the trail tell of the two", n)
	}
	if n := f.count(`SELECT count(*) FROM appointments WHERE slot_place IS NOT NULL`); n != 1 {
		t.Errorf("%d places are taken", n)
	}
}
