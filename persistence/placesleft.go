package persistence

import (
	"time"

	"o2r/domain"
)

// Nobody comes any more on a path that was voided, or whose person was erased: what it holds of workshops goes to others. And
// somebody whose file was frozen may have a place where nobody is received by now.

// holdWithWaiting holds the enrolments of a person, or the one, with those that may get the places which they leave, in one
// order; see locked.
func (t *tx) holdWithWaiting(of, id string) error {
	return t.Exec(`WITH hers AS (SELECT id FROM enrolments WHERE `+of+` = @id)
		SELECT FROM enrolments WHERE id IN (SELECT id FROM hers) OR id IN (SELECT q.enrolment_id FROM workshop_requests q
			WHERE q.state = 'waiting' AND q.workshop_id IN (SELECT workshop_id FROM workshop_registrations WHERE enrolment_id IN (SELECT id FROM hers)))
		ORDER BY id FOR UPDATE`, map[string]any{"id": id}).Error
}

// leaveWorkshops takes the places of a path in the planned workshops that begin after that instant, and gives them to who
// waits. That there was a place stays, as one that lapsed. The path is held, and so are those who wait.
func (t *tx) leaveWorkshops(enrolmentID string, after time.Time) error {
	err := t.Exec(`UPDATE workshop_requests SET state = ?, settled_at = ? WHERE enrolment_id = ? AND state = ?`, domain.RequestLapsed, t.now, enrolmentID, domain.RequestWaiting).Error
	if err != nil {
		return err
	}
	var workshops []domain.Workshop
	err = locked(t.Table("workshops")).Where("workshops.status = ? AND workshops.starts_at > ? AND workshops.id IN (SELECT workshop_id FROM workshop_registrations WHERE enrolment_id = ?)",
		domain.WorkshopPlanned, after, enrolmentID).Order("workshops.id").Find(&workshops).Error
	for _, workshop := range workshops {
		if err == nil {
			err = t.leaveWorkshop(workshop, enrolmentID)
		}
	}
	return err
}

func (t *tx) leaveWorkshop(w domain.Workshop, enrolmentID string) error {
	var taken []time.Time
	err := t.Raw(`DELETE FROM workshop_registrations WHERE workshop_id = ? AND enrolment_id = ? RETURNING created_at`, w.ID, enrolmentID).Scan(&taken).Error
	if err != nil || len(taken) == 0 {
		return err
	}
	for _, statement := range []string{
		`INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state, settled_at) VALUES (@new, @programme, @workshop, @enrolment, @taken, 'lapsed', @now)`,
		`UPDATE workshops SET version = version + 1, updated_at = @now WHERE id = @workshop`,
	} {
		err := t.Exec(statement, map[string]any{"new": newID(), "programme": w.Programme, "workshop": w.ID, "enrolment": enrolmentID, "taken": taken[0], "now": t.now}).Error
		if err != nil {
			return err
		}
	}
	err = t.bySystem().wrote(trace{action: "place_left", kind: "workshop", ids: []string{w.ID}, whose: []string{enrolmentID}, programme: w.Programme, fields: []string{"registrations"}})
	if err == nil {
		_, err = t.givePlaces(w)
	}
	return err
}

// seatedToCome are the meetings to come of a person that have a place in a slot.
const seatedToCome = `appointments.enrolment_id IN (SELECT id FROM enrolments WHERE participant_id = @id AND voided_at IS NULL)
	AND appointments.slot_place IS NOT NULL AND appointments.status = 'scheduled' AND appointments.starts_at > @now`

// holdHerPermanences holds the permanences in which a person is to come, whoever asks.
func (t *tx) holdHerPermanences(participantID string) error {
	var held []string
	return holding(t.Table("permanences")).Where(`permanences.id IN (SELECT appointments.permanence_id FROM appointments WHERE `+seatedToCome+`)`,
		map[string]any{"id": participantID, "now": t.now}).Pluck("permanences.id", &held).Error
}

// callOffWithoutSlot calls off the meetings to come of somebody whose restriction was lifted where the permanence is not held
// then and there any more: while her file was frozen, what was decided about it passed her meetings over, and she would come
// to a closed door. The permanences are held.
func (t *tx) callOffWithoutSlot(participantID string) error {
	var rows []appointmentRow
	err := locked(t.Table("appointments")).Where(seatedToCome, map[string]any{"id": participantID, "now": t.now}).Order("appointments.id").Find(&rows).Error
	for _, row := range rows {
		var permanence domain.Permanence
		if err == nil {
			permanence, err = one[domain.Permanence](t.Table("permanences"), "permanence", *row.PermanenceID)
		}
		var timetable domain.Timetable
		if err == nil {
			timetable, err = t.timetable(permanence)
		}
		if err != nil {
			return err
		}
		asked := row.AppointmentInput
		if _, gone := asked.Book(timetable); gone == nil {
			continue
		}
		was := row.Appointment
		row.SlotPlace = nil
		row.CallOff()
		if err = t.save(&row, &row.Stamp); err == nil {
			err = t.bySystem().appointmentChanged("cancelled", was, row, nil)
		}
	}
	return err
}

// eraseReasonsThatName takes away why workshops and occurrences in which a person had to do were moved or called off, where
// that names her: the reason is of the session, and others read it. What an occurrence's said stands at each meeting that
// followed it, too. She still has her names.
func (t *tx) eraseReasonsThatName(participantID string) error {
	const permanences = `SELECT a.permanence_id FROM appointments a JOIN enrolments e ON e.id = a.enrolment_id WHERE e.participant_id = @id AND a.permanence_id IS NOT NULL`
	for _, kept := range []struct{ table, among, emptied string }{
		{"workshop_moves", `workshop_id IN (SELECT x.workshop_id FROM workshop_registrations x JOIN enrolments e ON e.id = x.enrolment_id WHERE e.participant_id = @id
			UNION SELECT x.workshop_id FROM workshop_requests x JOIN enrolments e ON e.id = x.enrolment_id WHERE e.participant_id = @id)`, "NULL"},
		{"occurrence_changes", `permanence_id IN (` + permanences + `)`, "'Motif effacé.'"}, // one that was decided has a reason
		{"appointment_moves", `appointment_id IN (SELECT a.id FROM appointments a WHERE a.permanence_id IN (` + permanences + `))`, "NULL"},
	} {
		var reasons []string
		err := t.Raw(`SELECT DISTINCT reason FROM `+kept.table+` WHERE reason IS NOT NULL AND `+kept.among, map[string]any{"id": participantID}).Scan(&reasons).Error
		for _, reason := range reasons {
			var named bool
			if err == nil {
				named, err = t.namesPerson(participantID, reason)
			}
			if err == nil && named {
				err = t.Exec(`UPDATE `+kept.table+` SET reason = `+kept.emptied+` WHERE reason = @reason AND `+kept.among, map[string]any{"id": participantID, "reason": reason}).Error
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
