package persistence

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// appointmentRow is a meeting with the programme that its site and its enrolment share, and the place it takes in a slot of
// its permanence.
type appointmentRow struct {
	domain.Appointment
	Programme string
	SlotPlace *int
}

func (appointmentRow) TableName() string { return "appointments" }

func appointmentStamp(a *appointmentRow) *domain.Stamp { return &a.Stamp }

// Schedule makes a meeting with a participant.
func (s *Session) Schedule(ctx context.Context, in domain.AppointmentInput) (domain.AppointmentView, error) {
	return fetch(ctx, s, func(t *tx) (domain.AppointmentView, error) {
		permanences, err := t.holdPermanences(in.PermanenceID)
		if err != nil {
			return domain.AppointmentView{}, err
		}
		enrolment, err := t.enrolmentNamed(t.enrolments(), "enrolment_id", in.EnrolmentID)
		if err != nil {
			return domain.AppointmentView{}, err
		}
		in.StartsAt = in.StartsAt.UTC().Truncate(time.Microsecond)
		if err := in.Check(enrolment); err != nil {
			return domain.AppointmentView{}, err
		}
		row := appointmentRow{Appointment: domain.Appointment{Stamp: t.stamp(), AppointmentInput: in, Status: domain.AttendanceScheduled}, Programme: enrolment.Programme}
		if err := t.seat(&row, domain.Appointment{}, permanences); err != nil {
			return domain.AppointmentView{}, err
		}
		made := domain.AppointmentView{Appointment: row.Appointment, Moves: []domain.AppointmentMove{}}
		if err := t.Create(&row).Error; err != nil {
			return made, err
		}
		err = t.wrote(trace{action: "created", kind: "appointment", ids: []string{row.ID}, whose: []string{enrolment.ID, enrolment.ParticipantID}, programme: enrolment.Programme, fields: filledFields(row.AppointmentInput)})
		if err != nil {
			return made, err
		}
		return made, t.tellPartner(enrolment.ID)
	})
}

// Appointment reads one meeting, with the trace of its moves. The look is audited.
func (s *Session) Appointment(ctx context.Context, id string) (domain.AppointmentView, error) {
	return fetch(ctx, s, func(t *tx) (domain.AppointmentView, error) {
		row, err := one[appointmentRow](t.appointments(), "appointment", id)
		if err != nil {
			return domain.AppointmentView{}, err
		}
		view, err := t.viewAppointment(row.Appointment)
		if err != nil {
			return view, err
		}
		return view, t.saw("appointment", row.Programme, id, row.EnrolmentID)
	})
}

func (t *tx) viewAppointment(a domain.Appointment) (domain.AppointmentView, error) {
	view := domain.AppointmentView{Appointment: a, Moves: []domain.AppointmentMove{}}
	err := t.Table("appointment_moves").Where("appointment_id = ?", a.ID).Order("id").Find(&view.Moves).Error
	return view, err
}

// Appointments lists meetings in the order they are held, the earliest first.
func (s *Session) Appointments(ctx context.Context, q domain.AppointmentQuery) (domain.Page[domain.ListedAppointment], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ListedAppointment], error) {
		if err := q.Check(); err != nil {
			return domain.Page[domain.ListedAppointment]{}, err
		}
		query := t.appointments()
		query = where(query, "appointments.enrolment_id", q.EnrolmentID)
		query = where(query, "appointments.programme", q.Programme)
		query = where(query, "appointments.permanence_id", q.Permanence)
		query = where(query, "appointments.status", q.Status)
		if q.Participant != "" {
			query = query.Where("appointments.enrolment_id IN (?)", t.Table("enrolments").Select("id").Where("enrolments.participant_id = survivor_of(?)", q.Participant))
		}
		if q.Caseworker != "" {
			query = query.Where("appointments.enrolment_id IN (?)", t.Table("enrolments").Select("id").Where("enrolments.caseworker_id = ?", q.Caseworker))
		}
		if !q.From.IsZero() {
			query = query.Where("appointments.starts_at >= ?", q.From.Start())
		}
		if !q.To.IsZero() {
			query = query.Where("appointments.starts_at < ?", q.To.End())
		}
		found, err := earliestFirst(query, q.Paging, func(row appointmentRow) (time.Time, string) { return row.StartsAt, row.ID })
		if err != nil {
			return domain.Page[domain.ListedAppointment]{}, err
		}
		paths, err := t.whose(namedBy(found.Items, func(row appointmentRow) string { return row.EnrolmentID }))
		if err != nil {
			return domain.Page[domain.ListedAppointment]{}, err
		}
		return mapped(found, func(row appointmentRow) domain.ListedAppointment {
			return row.Listed(paths[row.EnrolmentID].Whose, paths[row.EnrolmentID].Voided)
		}), t.lookedAt("appointment", q.Programme, beside(found.Items, func(row appointmentRow) string { return row.EnrolmentID }), paths)
	})
}

// Reschedule moves or rewrites a meeting that has not been held. A move leaves its trace; a slot that it leaves is free, and
// one that it is moved to has to be.
func (s *Session) Reschedule(ctx context.Context, id string, match domain.Match, in domain.AppointmentChange) (domain.AppointmentView, error) {
	in.StartsAt = in.StartsAt.UTC().Truncate(time.Microsecond)
	change := meetingChange{action: "updated", reason: in.MoveReason, permanenceID: in.PermanenceID}
	return s.changeAppointment(ctx, id, match, change, func(t *tx, row *appointmentRow, permanences held) error {
		enrolment, err := t.onEnrolment(row.EnrolmentID)
		if err != nil {
			return err
		}
		before := row.Appointment
		if err := row.Reschedule(in.AppointmentInput, in.SetBack != nil && *in.SetBack); err != nil {
			return err
		}
		if err := in.AppointmentInput.Check(enrolment); err != nil {
			return err
		}
		if err := t.seat(row, before, permanences); err != nil {
			return err
		}
		return domain.AppointmentChange{AppointmentInput: row.AppointmentInput, MoveReason: in.MoveReason}.Check(before.AppointmentInput)
	})
}

// RecordAttendance says what became of a meeting, or corrects what was said. Called off, it leaves its slot; scheduled again,
// it needs a place.
func (s *Session) RecordAttendance(ctx context.Context, id string, match domain.Match, in domain.AttendanceInput) (domain.AppointmentView, error) {
	return s.changeAppointment(ctx, id, match, meetingChange{action: "attendance_recorded"}, func(t *tx, row *appointmentRow, permanences held) error {
		enrolment, err := t.onEnrolment(row.EnrolmentID)
		if err != nil {
			return err
		}
		if err := enrolment.MustStand(); err != nil {
			return err
		}
		before := row.Appointment
		if err := row.Attend(in, t.now); err != nil {
			return err
		}
		return before.SlotLost(row.Appointment, t.seat(row, before, permanences))
	})
}

// meetingChange is what is done to a meeting, and the permanence in which it is to take a place.
type meetingChange struct {
	action       string
	reason       *string
	permanenceID *string
}

func (s *Session) changeAppointment(ctx context.Context, id string, match domain.Match, to meetingChange, rule func(*tx, *appointmentRow, held) error) (domain.AppointmentView, error) {
	return fetch(ctx, s, func(t *tx) (domain.AppointmentView, error) {
		found, err := one[appointmentRow](t.appointments(), "appointment", id)
		var permanences held
		if err == nil {
			permanences, err = t.holdPermanences(found.PermanenceID, to.permanenceID) // before the enrolment; see holding
		}
		if err == nil {
			_, err = t.onEnrolment(found.EnrolmentID) // before the meeting; see locked
		}
		if err != nil {
			return domain.AppointmentView{}, err
		}
		var before domain.Appointment
		after, err := change(t, t.appointments(), "appointment", id, match, appointmentStamp, func(row *appointmentRow) error {
			if !permanences.has(row.PermanenceID) {
				return errMeanwhile
			}
			before = row.Appointment
			return rule(t, row, permanences)
		})
		if err == nil {
			err = t.appointmentChanged(to.action, before, after, to.reason)
		}
		if err != nil {
			return domain.AppointmentView{}, err
		}
		return t.viewAppointment(after.Appointment)
	})
}

// appointmentChanged leaves what follows of every change of a meeting that is held and written: the trace of a move, its
// audit row, and what the partner learns.
func (t *tx) appointmentChanged(action string, before domain.Appointment, after appointmentRow, reason *string) error {
	moved, err := t.noteMove(before, after.Appointment, reason)
	if err != nil {
		return err
	}
	fields := changedFields(before, after.Appointment)
	if moved && reason != nil {
		fields = append(fields, "move_reason")
		slices.Sort(fields)
	}
	err = t.wrote(trace{action: action, kind: "appointment", ids: []string{after.ID}, whose: []string{after.EnrolmentID}, programme: after.Programme, fields: fields})
	if err != nil {
		return err
	}
	return t.tellPartner(after.EnrolmentID)
}

// appointmentMoveRow is the trace of a move with the meeting that was moved.
type appointmentMoveRow struct {
	ID, AppointmentID string
	domain.AppointmentMove
}

func (appointmentMoveRow) TableName() string { return "appointment_moves" }

// noteMove leaves the trace of a meeting's move, and tells whether there was one: nothing is left where neither time,
// length, mode nor site changed. Whatever writes a meeting anew calls it, with what stood there before, in the same
// transaction; appointmentChanged does.
func (t *tx) noteMove(before, after domain.Appointment, reason *string) (moved bool, err error) {
	move, moved := domain.MoveOf(before.AppointmentInput, after.AppointmentInput)
	if !moved {
		return false, nil
	}
	move.MovedAt, move.MovedBy, move.Reason = t.now, t.actor.Subject, reason
	return true, t.Create(&appointmentMoveRow{newID(), after.ID, move}).Error
}

// earliestFirst reads one page of a scoped query in the order things happen.
func earliestFirst[T any](query *gorm.DB, paging domain.Paging, place func(T) (time.Time, string)) (domain.Page[T], error) {
	return byStart(query, paging, false, place)
}

// byStart reads one page in the order things happen, or in the other, which is another list.
func byStart[T any](query *gorm.DB, paging domain.Paging, latest bool, place func(T) (time.Time, string)) (domain.Page[T], error) {
	table := query.Statement.Table
	list, follows, direction := table, ">", ""
	if latest {
		list, follows, direction = table+", latest", "<", " DESC"
	}
	after, err := readCursor(paging.Cursor, list)
	if err != nil {
		return domain.Page[T]{}, err
	}
	if after != nil {
		if after.At == nil || !isID(after.ID) {
			return domain.Page[T]{}, errCursor
		}
		query = query.Where("("+table+".starts_at, "+table+".id) "+follows+" (?, ?)", *after.At, after.ID)
	}
	return page(query.Order(table+".starts_at"+direction+", "+table+".id"+direction), paging.Size(), func(last T) cursor {
		at, id := place(last)
		return cursor{List: list, ID: id, At: &at}
	})
}
