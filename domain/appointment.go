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

// AppointmentChange writes a meeting whole and, where that moves it, may say why.
type AppointmentChange struct {
	AppointmentInput
	MoveReason *string `json:"move_reason" doc:"Why it is moved, in a sentence: kept with the trace of the move. Only with another time, length, mode or site." minLength:"1" maxLength:"500" example:"Le bus du matin est supprimé."`
	SetBack    *bool   `json:"set_back" doc:"true: a meeting that was called off (excused or cancelled) is scheduled again, as it is written here. Only of such a meeting." example:"true"`
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

// AppointmentView is a meeting with the trace of its moves.
type AppointmentView struct {
	Appointment
	Moves []AppointmentMove `json:"moves" doc:"Each time it was moved, the first move first." maxItems:"1000" nullable:"false"`
}

// AppointmentMove is the trace of one time that a meeting was moved: from when and where to when and where.
type AppointmentMove struct {
	MovedAt             time.Time   `json:"moved_at" doc:"When the move was recorded." example:"2025-04-02T09:30:00Z"`
	MovedBy             string      `json:"moved_by" doc:"Who moved it: the subject of a token." maxLength:"255" example:"c.martin"`
	Reason              *string     `json:"reason" doc:"Why, where that was said." maxLength:"500" example:"Le bus du matin est supprimé."`
	FromStartsAt        time.Time   `json:"from_starts_at" doc:"When it was to start." example:"2025-04-08T12:00:00Z"`
	FromDurationMinutes int         `json:"from_duration_minutes" doc:"How long it was to last." minimum:"5" maximum:"600" example:"60"`
	FromMode            MeetingMode `json:"from_mode" doc:"How it was to be held."`
	FromSiteID          *string     `json:"from_site_id" doc:"Where it was to be held." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	ToStartsAt          time.Time   `json:"to_starts_at" doc:"When it started from then on." example:"2025-04-09T12:00:00Z"`
	ToDurationMinutes   int         `json:"to_duration_minutes" doc:"How long it lasted from then on." minimum:"5" maximum:"600" example:"60"`
	ToMode              MeetingMode `json:"to_mode" doc:"How it was held from then on."`
	ToSiteID            *string     `json:"to_site_id" doc:"Where it was held from then on." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
}

// AppointmentQuery filters a list of meetings.
type AppointmentQuery struct {
	Paging
	EnrolmentID string     `query:"enrolment_id" doc:"Only those of this enrolment." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Programme   string     `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Permanence  string     `query:"permanence_id" doc:"Only those in slots of this permanence." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	Participant string     `query:"participant_id" doc:"Only those with this participant, on whichever path." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Caseworker  string     `query:"caseworker" doc:"Only those of enrolments that this caseworker follows." maxLength:"255" example:"c.martin"`
	Status      Attendance `query:"status" doc:"Only those that ended so, or are still scheduled."`
	From        Date       `query:"from" doc:"Only those on or after this day in Europe/Paris." example:"2025-04-01"`
	To          Date       `query:"to" doc:"Only those on or before this day in Europe/Paris." example:"2025-04-30"`
}

// Listed is the meeting with whose it is; nothing is done any more with one of a path that was voided.
func (a Appointment) Listed(whose Whose, voided bool) ListedAppointment {
	actions := []string{"attendance"}
	switch {
	case voided:
		actions = []string{}
	case a.Status == AttendanceScheduled || !a.Status.HoldsPlace():
		actions = append(actions, "move")
	}
	return ListedAppointment{Appointment: a, Whose: whose, AvailableActions: actions}
}

// Check refuses a period that ends before it begins.
func (q AppointmentQuery) Check() error {
	return endsAfterItBegins(q.From, q.To)
}

// Check refuses a meeting that cannot be with that enrolment.
func (in AppointmentInput) Check(enrolment Enrolment) error {
	var faults Faults
	faults.OptionalText("purpose", in.Purpose)
	if err := faults.Take(enrolment.MayMeet("starts_at", in.StartsAt)); err != nil {
		return err
	}
	return faults.Err()
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

// Reschedule moves or rewrites a meeting that has not been held. One that was called off is set back in the same step, where
// that is said: the slot that it had may be gone by then.
func (a *Appointment) Reschedule(in AppointmentInput, setBack bool) error {
	switch calledOff := !a.Status.HoldsPlace(); {
	case setBack && a.Status == AttendanceScheduled:
		return FieldFault("set_back", "not_called_off", "This meeting is scheduled: there is nothing to set back.")
	case calledOff && !setBack:
		return Refused("appointment_"+string(a.Status), "This meeting is %s: with set_back it is scheduled again, as you write it.", a.Status)
	case calledOff:
		a.Status, a.Justified = AttendanceScheduled, nil
	case a.Status != AttendanceScheduled:
		return Refused("appointment_"+string(a.Status), "This meeting is %s: record its attendance as scheduled before moving it.", a.Status)
	}
	if in.EnrolmentID != a.EnrolmentID {
		return FieldFault("enrolment_id", "fixed", "A meeting stays with the enrolment it was made for: cancel it and make another.")
	}
	a.AppointmentInput = in
	return nil
}

// MoveOf is the trace that one version of a meeting leaves when another takes its place, and whether that is a move at
// all: another time, length, mode or site. Another purpose is none.
func MoveOf(before, after AppointmentInput) (AppointmentMove, bool) {
	move := AppointmentMove{
		FromStartsAt: before.StartsAt, FromDurationMinutes: before.DurationMinutes, FromMode: before.Mode, FromSiteID: before.SiteID,
		ToStartsAt: after.StartsAt, ToDurationMinutes: after.DurationMinutes, ToMode: after.Mode, ToSiteID: after.SiteID,
	}
	return move, !before.StartsAt.Equal(after.StartsAt) || before.DurationMinutes != after.DurationMinutes || before.Mode != after.Mode || !same(before.SiteID, after.SiteID)
}

// Check refuses a blank reason, and one for a move that is none.
func (in AppointmentChange) Check(before AppointmentInput) error {
	var faults Faults
	faults.OptionalText("move_reason", in.MoveReason)
	if _, moved := MoveOf(before, in.AppointmentInput); !moved && in.MoveReason != nil {
		faults.Add("move_reason", "not_moved", "The meeting keeps its time, length, mode and site: there is no move to give a reason for.")
	}
	return faults.Err()
}

// Attend records what became of the meeting. What was recorded before may be corrected.
func (a *Appointment) Attend(in AttendanceInput, now time.Time) error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	held := in.Status == AttendanceAttended || in.Status == AttendanceNoShow
	if held && a.StartsAt.After(now) {
		faults.Add("status", "not_started", "The meeting has not started: nobody has attended or missed it yet.")
	}
	faults.justified("justified", in.Justified, in.Status)
	if err := faults.Err(); err != nil {
		return err
	}
	a.Status, a.Justified, a.Note = in.Status, in.Justified, in.Note
	return nil
}

// justified refuses to justify what is no absence.
func (f *Faults) justified(field string, justified *bool, status Attendance) {
	if justified != nil && status != AttendanceNoShow && status != AttendanceExcused {
		f.Add(field, "no_absence", "Only an absence (no_show or excused) is justified or not.")
	}
}
