package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type appointmentPut struct {
	ByID
	Matching
	Body domain.AppointmentChange
}

type appointmentAttendance struct {
	ByID
	Matching
	Body domain.AttendanceInput
}

func (a *API) appointments() {
	list(a, "/v1/appointments", Staff,
		Doc{ID: "listAppointments", Tag: "Meetings", Summary: "List meetings", Text: "Individual meetings of the caller's programmes, in the order they are held, each with whose it is and what may be done with it. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.AppointmentQuery) (domain.Page[domain.ListedAppointment], error) {
			return s.Appointments(ctx, *in)
		})
	read(a, "/v1/appointments/{id}", Staff,
		Doc{ID: "getAppointment", Tag: "Meetings", Summary: "Read a meeting", Text: "One individual meeting, its attendance, and each time it was moved: from when and where to when and where, by whom and why. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.AppointmentView, error) {
			return s.Appointment(ctx, in.ID)
		})
	create(a, "/v1/appointments", Staff,
		Doc{ID: "createAppointment", Tag: "Meetings", Summary: "Make a meeting", Text: "Makes an individual meeting with an enrolled participant, to come or held already. A slot of a permanence is given as often as it has places, and to one person once; beside permanences nothing is compared: two meetings at one hour, with one caseworker or one person, are both recorded. Ask GET /v1/appointments with caseworker or participant_id, from and to, before."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.AppointmentInput]) (domain.AppointmentView, error) {
			return s.Schedule(ctx, in.Body)
		})
	replace(a, "/v1/appointments/{id}", Staff,
		Doc{ID: "putAppointment", Tag: "Meetings", Summary: "Move a meeting", Text: "Writes a meeting that is still scheduled whole: another time, place or purpose. One that was called off is written with set_back, and is scheduled again. Another time, length, mode or site is a move, whose trace stays with the meeting, with move_reason where it is sent."},
		func(in *appointmentPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *appointmentPut, match domain.Match) (domain.AppointmentView, error) {
			return s.Reschedule(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/appointments/{id}/attendance", Staff,
		Doc{ID: "recordAttendance", Tag: "Meetings", Summary: "Record attendance", Text: "Says what became of a meeting, or corrects what was said: attended, no_show, excused by the person, cancelled by the service, or scheduled again. Where the slot that it had is gone meanwhile (409 slot_gone), it is set back and moved in one: see PUT /v1/appointments/{id}, set_back."},
		func(in *appointmentAttendance) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *appointmentAttendance, match domain.Match) (domain.AppointmentView, error) {
			return s.RecordAttendance(ctx, in.ID, match, in.Body)
		})
}
