package persistence

import (
	"context"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// appointmentRow is a meeting with the programme that its place and its enrolment share.
type appointmentRow struct {
	domain.Appointment
	Programme string
}

func (appointmentRow) TableName() string { return "appointments" }

func appointmentStamp(a *appointmentRow) *domain.Stamp { return &a.Stamp }

// Schedule makes a meeting with a participant.
func (s *Session) Schedule(ctx context.Context, in domain.AppointmentInput) (domain.Appointment, error) {
	return fetch(ctx, s, func(t *tx) (domain.Appointment, error) {
		enrolment, err := t.enrolmentNamed(t.enrolments(), "enrolment_id", in.EnrolmentID)
		if err != nil {
			return domain.Appointment{}, err
		}
		in.StartsAt = in.StartsAt.UTC().Truncate(time.Microsecond)
		if err := in.Check(enrolment); err != nil {
			return domain.Appointment{}, err
		}
		row := appointmentRow{domain.Appointment{Stamp: t.stamp(), AppointmentInput: in, Status: domain.AttendanceScheduled}, enrolment.Programme}
		if err := t.Create(&row).Error; err != nil {
			return row.Appointment, err
		}
		err = t.wrote(trace{action: "created", kind: "appointment", ids: []string{row.ID}, whose: []string{enrolment.ID, enrolment.ParticipantID}, programme: enrolment.Programme, fields: filledFields(in)})
		if err != nil {
			return row.Appointment, err
		}
		return row.Appointment, t.tellPartner(enrolment.ID)
	})
}

// Appointment reads one meeting. The look is audited.
func (s *Session) Appointment(ctx context.Context, id string) (domain.Appointment, error) {
	return fetch(ctx, s, func(t *tx) (domain.Appointment, error) {
		row, err := one[appointmentRow](t.appointments(), "appointment", id)
		if err != nil {
			return domain.Appointment{}, err
		}
		return row.Appointment, t.saw("appointment", row.Programme, id, row.EnrolmentID)
	})
}

// Appointments lists meetings in the order they are held, the earliest first.
func (s *Session) Appointments(ctx context.Context, q domain.AppointmentQuery) (domain.Page[domain.Appointment], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Appointment], error) {
		if err := q.Check(); err != nil {
			return domain.Page[domain.Appointment]{}, err
		}
		query := t.appointments()
		query = where(query, "appointments.enrolment_id", q.EnrolmentID)
		query = where(query, "appointments.programme", q.Programme)
		query = where(query, "appointments.status", q.Status)
		if !q.From.IsZero() {
			query = query.Where("appointments.starts_at >= ?", q.From.Start())
		}
		if !q.To.IsZero() {
			query = query.Where("appointments.starts_at < ?", q.To.End())
		}
		found, err := earliestFirst(query, q.Paging, func(row appointmentRow) (time.Time, string) { return row.StartsAt, row.ID })
		if err != nil {
			return domain.Page[domain.Appointment]{}, err
		}
		return mapped(found, func(row appointmentRow) domain.Appointment { return row.Appointment }), t.saw("appointment", q.Programme, beside(found.Items, func(row appointmentRow) string { return row.EnrolmentID })...)
	})
}

// Reschedule moves or rewrites a meeting that has not been held.
func (s *Session) Reschedule(ctx context.Context, id string, match domain.Match, in domain.AppointmentInput) (domain.Appointment, error) {
	in.StartsAt = in.StartsAt.UTC().Truncate(time.Microsecond)
	return s.changeAppointment(ctx, id, match, "updated", func(t *tx, a *domain.Appointment) error {
		enrolment, err := t.onEnrolment(a.EnrolmentID)
		if err != nil {
			return err
		}
		if err := a.Reschedule(in); err != nil {
			return err
		}
		return in.Check(enrolment)
	})
}

// RecordAttendance says what became of a meeting, or corrects what was said.
func (s *Session) RecordAttendance(ctx context.Context, id string, match domain.Match, in domain.AttendanceInput) (domain.Appointment, error) {
	return s.changeAppointment(ctx, id, match, "attendance_recorded", func(t *tx, a *domain.Appointment) error {
		enrolment, err := t.onEnrolment(a.EnrolmentID)
		if err != nil {
			return err
		}
		if err := enrolment.MustStand(); err != nil {
			return err
		}
		return a.Attend(in, t.now)
	})
}

func (s *Session) changeAppointment(ctx context.Context, id string, match domain.Match, action string, rule func(*tx, *domain.Appointment) error) (domain.Appointment, error) {
	return fetch(ctx, s, func(t *tx) (domain.Appointment, error) {
		held, err := one[appointmentRow](t.appointments(), "appointment", id)
		if err == nil {
			_, err = t.onEnrolment(held.EnrolmentID) // before the meeting; see locked
		}
		if err != nil {
			return domain.Appointment{}, err
		}
		var before domain.Appointment
		after, err := change(t, t.appointments(), "appointment", id, match, appointmentStamp, func(row *appointmentRow) error {
			before = row.Appointment
			return rule(t, &row.Appointment)
		})
		if err != nil {
			return after.Appointment, err
		}
		err = t.wrote(trace{action: action, kind: "appointment", ids: []string{id}, whose: []string{after.EnrolmentID}, programme: after.Programme, fields: changedFields(before, after.Appointment)})
		if err != nil {
			return after.Appointment, err
		}
		return after.Appointment, t.tellPartner(after.EnrolmentID)
	})
}

// earliestFirst reads one page of a scoped query in the order things happen.
func earliestFirst[T any](query *gorm.DB, paging domain.Paging, place func(T) (time.Time, string)) (domain.Page[T], error) {
	table := query.Statement.Table
	after, err := readCursor(paging.Cursor, table)
	if err != nil {
		return domain.Page[T]{}, err
	}
	if after != nil {
		if after.At == nil || !isID(after.ID) {
			return domain.Page[T]{}, errCursor
		}
		query = query.Where("("+table+".starts_at, "+table+".id) > (?, ?)", *after.At, after.ID)
	}
	return page(query.Order(table+".starts_at, "+table+".id"), paging.Size(), func(last T) cursor {
		at, id := place(last)
		return cursor{List: table, ID: id, At: &at}
	})
}
