package domain

import "time"

// AppointmentInput is what staff write of an individual meeting.
type AppointmentInput struct {
	EnrolmentID     string      `json:"enrolment_id" required:"true" doc:"Whom the meeting is with: an enrolment of the caller's programmes." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	StartsAt        time.Time   `json:"starts_at" required:"true" doc:"When it starts: not before the day of entry; after the exit too, for whoever is still met." example:"2025-04-08T12:00:00Z"`
	DurationMinutes int         `json:"duration_minutes" required:"true" doc:"How long it lasts, in minutes." minimum:"5" maximum:"600" example:"60"`
	Mode            MeetingMode `json:"mode" required:"true" doc:"How it is held."`
	SiteID          *string     `json:"site_id" doc:"Where it is held: a site of the programme. In a slot of a permanence, its site, which is filled in." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	PermanenceID    *string     `json:"permanence_id" doc:"The permanence of the programme in which it takes a place: starts_at is then when one of its slots begins (see GET /v1/permanences/occurrences), and 409 slot_taken says that the last place is gone. Null for a meeting beside any." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	Purpose         *string     `json:"purpose" doc:"What it is for." maxLength:"300" example:"Point sur les candidatures."`
}

// AttendanceInput is what is recorded of a meeting: held, missed, called off.
type AttendanceInput struct {
	Status    Attendance `json:"status" required:"true" doc:"What became of the meeting. attended and no_show only once it has started; excused: called off by the person; cancelled: by the service; scheduled takes a mistake back."`
	Justified *bool      `json:"justified" doc:"Whether an absence (no_show or excused) was justified (code du travail, D. 5316-15); null while unknown." example:"true"`
	Note      *string    `json:"note" doc:"What is worth remembering; left out, an earlier note is taken away. No health detail, no offence." maxLength:"2000" example:"A apporté son CV."`
}

// Appointment is an individual meeting with a participant.
type Appointment struct {
	Stamp
	AppointmentInput
	Status    Attendance `json:"status" doc:"What became of the meeting."`
	Justified *bool      `json:"justified" doc:"Whether an absence was justified; null while unknown or where there is none." example:"true"`
	Note      *string    `json:"note" doc:"What was worth remembering." maxLength:"2000" example:"A apporté son CV."`
}

// AppointmentQuery filters a list of meetings.
type AppointmentQuery struct {
	Paging
	EnrolmentID string     `query:"enrolment_id" doc:"Only those of this enrolment." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Programme   string     `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Permanence  string     `query:"permanence_id" doc:"Only those in slots of this permanence." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	Status      Attendance `query:"status" doc:"Only those that ended so, or are still scheduled."`
	From        Date       `query:"from" doc:"Only those on or after this day in Europe/Paris." example:"2025-04-01"`
	To          Date       `query:"to" doc:"Only those on or before this day in Europe/Paris." example:"2025-04-30"`
}

// Check refuses a period that ends before it begins.
func (q AppointmentQuery) Check() error {
	var faults Faults
	if !q.From.IsZero() && !q.To.IsZero() && q.From.After(q.To) {
		faults.AddAt("query.from", "after_end", "The period begins on or before the day it ends.")
	}
	return faults.Err()
}

// Check refuses a meeting that cannot be with that enrolment.
func (in AppointmentInput) Check(enrolment Enrolment) error {
	var faults Faults
	faults.OptionalText("purpose", in.Purpose)
	if err := faults.Err(); err != nil {
		return err
	}
	return enrolment.MayMeet("starts_at", in.StartsAt)
}

// MayMeet refuses a meeting with somebody whose enrolment was voided, or had not begun.
func (e Enrolment) MayMeet(field string, startsAt time.Time) error {
	if err := e.MustStand(); err != nil {
		return err
	}
	day := DayOf(startsAt)
	if day.Before(e.EnteredOn) {
		return FieldFault(field, "before_entry", "The meeting lies before the entry of %s.", e.EnteredOn)
	}
	if day.After(LatestDate) {
		return FieldFault(field, "too_late", "A meeting lies before %s.", LatestDate)
	}
	return nil
}

// Reschedule moves or rewrites a meeting that has not been held.
func (a *Appointment) Reschedule(in AppointmentInput) error {
	if a.Status != AttendanceScheduled {
		return Refused("appointment_"+string(a.Status), "This meeting is %s: record its attendance as scheduled before moving it.", a.Status)
	}
	if in.EnrolmentID != a.EnrolmentID {
		return FieldFault("enrolment_id", "fixed", "A meeting stays with the enrolment it was made for: cancel it and make another.")
	}
	a.AppointmentInput = in
	return nil
}

// Attend records what became of the meeting. What was recorded before may be corrected.
func (a *Appointment) Attend(in AttendanceInput, now time.Time) error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	held := in.Status == AttendanceAttended || in.Status == AttendanceNoShow
	if held && a.StartsAt.After(now) {
		faults.Add("status", "not_started", "The meeting has not started: nobody has attended or missed it yet.")
	}
	if in.Justified != nil && in.Status != AttendanceNoShow && in.Status != AttendanceExcused {
		faults.Add("justified", "no_absence", "Only an absence (no_show or excused) is justified or not.")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	a.Status, a.Justified, a.Note = in.Status, in.Justified, in.Note
	return nil
}
