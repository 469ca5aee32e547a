package domain

import (
	"errors"
	"time"
)

// Book finds the slot of a permanence that a meeting is to take, and gives the meeting its site. Whether a place is left
// in it is another question: see Take.
func (in *AppointmentInput) Book(t Timetable) (Slot, error) {
	day := DayOf(in.StartsAt)
	for _, o := range t.Between(day, day) {
		for _, slot := range o.Slots {
			if slot.StartsAt.Equal(in.StartsAt) {
				return slot, in.fits(t, o)
			}
		}
	}
	if t.FallsOn(day) {
		for _, at := range t.slotMinutes() {
			if day.at(at).Equal(in.StartsAt) {
				return Slot{}, Refused("slot_gone", "This slot is gone: the permanence of %s %s.", day, t.on(day).instead())
			}
		}
	}
	return Slot{}, FieldFault("starts_at", "no_slot", "No slot of this permanence begins at this time: see GET /v1/permanences/occurrences.")
}

func (in *AppointmentInput) fits(t Timetable, o Occurrence) error {
	var faults Faults
	if in.DurationMinutes > t.SlotMinutes {
		faults.Add("duration_minutes", "longer_than_slot", "A slot of this permanence lasts %d minutes.", t.SlotMinutes)
	}
	if in.SiteID != nil && *in.SiteID != o.SiteID {
		faults.Add("site_id", "not_of_permanence", "This permanence is held elsewhere: leave the site out, and it is filled in.")
	}
	in.SiteID = &o.SiteID
	return faults.Err()
}

// Take refuses a place where none is left, or where that enrolment has one already. Taken are the enrolments that have.
func (s Slot) Take(enrolmentID string, taken []string) error {
	for _, other := range taken {
		if other == enrolmentID {
			return Refused("already_booked", "This enrolment has a place in this slot already: GET /v1/appointments?enrolment_id=… shows the meeting, which PUT moves.")
		}
	}
	if len(taken) >= s.Capacity {
		return ErrSlotTaken
	}
	return nil
}

// ErrSlotTaken says that the last place of a slot is gone.
var ErrSlotTaken = Refused("slot_taken", "Every place of this slot is taken: choose another.")

// HoldsPlace tells whether a meeting that stands so takes the place it has in a slot: not once it is called off.
func (a Attendance) HoldsPlace() bool { return a != AttendanceExcused && a != AttendanceCancelled }

// KeepsSlot tells whether a meeting stays in the slot that it had: the same one, no longer, at no other site.
func (a Appointment) KeepsSlot(before Appointment) bool {
	return same(a.PermanenceID, before.PermanenceID) && a.StartsAt.Equal(before.StartsAt) && a.DurationMinutes <= before.DurationMinutes &&
		(a.SiteID == nil || same(a.SiteID, before.SiteID))
}

// SlotLost says what to do where a meeting that was called off is to be scheduled again and its slot is no more: the
// occurrence that it was moved or cancelled with may be held at another time by now.
func (a Appointment) SlotLost(after Appointment, err error) error {
	var refused *Error
	if a.Status.HoldsPlace() || after.Status != AttendanceScheduled || !errors.As(err, &refused) || refused.Kind != Invalid && refused.Code != "slot_gone" {
		return err
	}
	return Refused("slot_gone", "The permanence has no slot any more at the time of this meeting: write it to another, with set_back, by PUT.")
}

// CallOff cancels a meeting that has not been held, for the service is not there.
func (a *Appointment) CallOff() { a.Status = AttendanceCancelled }

// Follow moves a meeting with the occurrence in which it has a slot, from one version of it to the next. One to come is
// never moved to a day that is over: nobody would come, and she would be noted as absent.
func (a *Appointment) Follow(before, after Occurrence, enrolment Enrolment, today Date) error {
	toCome := !DayOf(a.StartsAt).Before(today)
	for i, slot := range before.Slots {
		if slot.StartsAt.Equal(a.StartsAt) && i < len(after.Slots) {
			a.StartsAt, a.SiteID = after.Slots[i].StartsAt, &after.SiteID
			break
		}
	}
	if toCome && DayOf(a.StartsAt).Before(today) {
		return Refused("meeting_in_past", "Somebody is booked for a day to come, and that day is over: move or cancel that meeting first.")
	}
	if DayOf(a.StartsAt).Before(enrolment.EnteredOn) {
		return Refused("meeting_before_entry", "Somebody who is booked had not entered the programme by then: move or cancel that meeting first.")
	}
	return nil
}

// MayFollow refuses to take back, or move, what has been: people were received, or waited for, as it stands.
func (o Occurrence) MayFollow(booked []Appointment) error {
	for _, meeting := range booked {
		if meeting.Status != AttendanceScheduled {
			return Refused("occurrence_attended", "Attendance is recorded of meetings in this occurrence: it was held as it stands. Correct them first, if it was not.")
		}
	}
	return nil
}

const bookingsInTheWay = "bookings_in_the_way"

// MustLeaveNobody refuses that an occurrence is not held any more while meetings have a place in it, unless it is cancelled.
func MustLeaveNobody(booked int) error {
	if booked == 0 {
		return nil
	}
	return Refused(bookingsInTheWay, "%d meetings have a place in this occurrence, and nobody would be received: cancel it, or move it.", booked)
}

// Booking is a meeting that has a place in a slot.
type Booking struct {
	StartsAt        time.Time
	DurationMinutes int
	SiteID          *string
	Status          Attendance
}

// MayBecome refuses that a timetable changes under meetings that have a place in it, held or to come: none may be lost
// silently, nor said to have been where nobody was received.
func (t Timetable) MayBecome(after Timetable, bookings []Booking, now time.Time) error {
	lost, toCome := 0, 0
	before, then := t.places(bookings), after.places(bookings)
	for i := range bookings {
		if before[i] && !then[i] {
			lost++
			if bookings[i].StartsAt.After(now) {
				toCome++
			}
		}
	}
	if lost == 0 {
		return nil
	}
	return Refused(bookingsInTheWay, "%d meetings that have a place in a slot would have none (to come: %d). Move or cancel those to come first; what was held stays: end this permanence (ends_on) and record another.", lost, toCome)
}

// places tells of each meeting whether it has a slot, and a place in it.
func (t Timetable) places(bookings []Booking) []bool {
	found := make([]bool, len(bookings))
	taken := map[int64]int{}
	for i, booking := range bookings {
		in := AppointmentInput{StartsAt: booking.StartsAt, DurationMinutes: booking.DurationMinutes, SiteID: booking.SiteID}
		if slot, err := in.Book(t); err == nil {
			taken[slot.StartsAt.Unix()]++
			found[i] = taken[slot.StartsAt.Unix()] <= slot.Capacity
		}
	}
	return found
}

// MustCloseNoMovedDay refuses to close a day to come to which an occurrence was moved: it would be held all the same, on a day
// on which the programme says that nobody is received.
func (t Timetable) MustCloseNoMovedDay(after Timetable, today Date) error {
	for planned, change := range t.Changes {
		if change.MovedOn == nil || change.MovedOn.Before(today) || !t.FallsOn(planned) {
			continue
		}
		was, _ := t.Closed.why(*change.MovedOn)
		is, _ := after.Closed.why(*change.MovedOn)
		if was == OccurrenceHeld && is == OccurrenceClosed {
			return Refused("occurrence_moved_there", "The occurrence of %s was moved to %s, which would be closed: move it elsewhere, restore it or cancel it first.", planned, *change.MovedOn)
		}
	}
	return nil
}

// MustNotClash refuses hours under which one occurrence would be held at the same time as another that was moved.
func (t Timetable) MustNotClash() error {
	for planned, change := range t.Changes {
		if change.MovedOn != nil && t.FallsOn(planned) && t.clashes(planned) {
			return Refused("occurrence_overlaps", "The occurrence of %s was moved to a time at which the permanence would be held: restore it first.", planned)
		}
	}
	return nil
}
