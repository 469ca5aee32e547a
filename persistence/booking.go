package persistence

import "o2r/domain"

// held are permanences that the transaction holds, by identifier.
type held map[string]domain.Permanence

// has tells whether a meeting's permanence, if it has one, is held.
func (h held) has(id *string) bool {
	if id == nil {
		return true
	}
	_, there := h[*id]
	return there
}

// holdPermanences holds those permanences that the actor reaches, in one order; what she does not reach is not there.
func (t *tx) holdPermanences(ids ...*string) (held, error) {
	var named []string
	for _, id := range ids {
		if id != nil {
			named = append(named, *id)
		}
	}
	if len(named) == 0 {
		return nil, nil
	}
	var permanences []domain.Permanence
	err := holding(t.permanences()).Where("permanences.id = ANY (CAST(? AS uuid[]))", array(named)).Find(&permanences).Error
	if err != nil {
		return nil, err
	}
	found := held{}
	for _, permanence := range permanences {
		found[permanence.ID] = permanence
	}
	return found, nil
}

// seat gives a meeting its place in the slot that it asks for, and takes it away where it needs none. The permanence is held,
// so that nobody takes the place meanwhile; a unique index refuses that two ever have the same.
func (t *tx) seat(row *appointmentRow, before domain.Appointment, permanences held) error {
	if row.PermanenceID == nil || !row.Status.HoldsPlace() {
		row.SlotPlace = nil
		return nil
	}
	permanence, there := permanences[*row.PermanenceID]
	if !there || permanence.Programme != row.Programme {
		return unknownPermanence
	}
	if row.SlotPlace != nil && row.KeepsSlot(before) {
		row.SiteID = before.SiteID
		return nil
	}
	timetable, err := t.timetable(permanence)
	if err != nil {
		return err
	}
	// What has happened is written down as it was, also where the place had been given to somebody else.
	happened := row.Status != domain.AttendanceScheduled
	slot, err := row.Book(timetable)
	if err != nil && !happened {
		return err
	}
	var taken []struct {
		SlotPlace   int
		EnrolmentID string
	}
	err = t.Table("appointments").Select("slot_place", "enrolment_id").
		Where("permanence_id = ? AND starts_at = ? AND slot_place IS NOT NULL AND id <> ?", *row.PermanenceID, row.StartsAt, row.ID).Find(&taken).Error
	if err != nil {
		return err
	}
	places, enrolments := map[int]bool{}, make([]string, len(taken))
	for i, other := range taken {
		places[other.SlotPlace], enrolments[i] = true, other.EnrolmentID
	}
	if !happened {
		if err := slot.Take(row.EnrolmentID, enrolments); err != nil {
			return err
		}
	}
	place := 1
	for places[place] {
		place++
	}
	row.SlotPlace = &place
	return nil
}

// follow brings the meetings that have a place in an occurrence along with what was decided about it: they are cancelled with
// it, or moved with it and leave their trace. The permanence is held. Meetings of somebody whose file is frozen are left as
// they are.
func (t *tx) follow(before, after domain.Occurrence, reason string) ([]domain.Appointment, error) {
	followed := []domain.Appointment{}
	if !before.Status.Receives() || after.Status.Receives() && before.SamePlaceAndTime(after) {
		return followed, nil
	}
	rows, enrolments, err := t.holdBooked(before)
	if err != nil {
		return nil, err
	}
	booked := make([]domain.Appointment, len(rows))
	for i, row := range rows {
		booked[i] = row.Appointment
	}
	if err := before.MayFollow(booked); err != nil {
		return nil, err
	}
	if after.Status != domain.OccurrenceCancelled && !after.Status.Receives() {
		return nil, domain.MustLeaveNobody(len(rows))
	}
	// All leave their places before any takes its next one, which may have been another's.
	for _, row := range rows {
		if err := t.Exec(`UPDATE appointments SET slot_place = NULL WHERE id = ?`, row.ID).Error; err != nil {
			return nil, err
		}
	}
	for i := range rows {
		if err := t.followOne(&rows[i], before, after, enrolments[rows[i].EnrolmentID], reason); err != nil {
			return nil, err
		}
		followed = append(followed, rows[i].Appointment)
	}
	return followed, nil
}

func (t *tx) followOne(row *appointmentRow, before, after domain.Occurrence, enrolment domain.Enrolment, reason string) error {
	was, action := row.Appointment, "moved"
	row.SlotPlace = nil
	if after.Status == domain.OccurrenceCancelled {
		action = "cancelled"
		row.CallOff()
	} else {
		if err := row.Follow(before, after, enrolment, t.today); err != nil {
			return err
		}
		err := t.Raw(`SELECT min(place) FROM generate_series(1, 1000) place WHERE place NOT IN
			(SELECT slot_place FROM appointments WHERE permanence_id = ? AND starts_at = ? AND slot_place IS NOT NULL)`, *row.PermanenceID, row.StartsAt).Scan(&row.SlotPlace).Error
		if err != nil {
			return err
		}
	}
	if err := t.save(row, &row.Stamp); err != nil {
		return err
	}
	return t.appointmentChanged(action, was, *row, &reason)
}

// holdBooked holds the meetings that have a place in an occurrence, after the enrolments that they are of; see locked.
func (t *tx) holdBooked(o domain.Occurrence) ([]appointmentRow, map[string]domain.Enrolment, error) {
	within := []any{o.StartsAt, o.EndsAt}
	var ids []string
	err := t.places(o.PermanenceID).Where("appointments.starts_at >= ? AND appointments.starts_at < ?", within...).Distinct().Pluck("appointments.enrolment_id", &ids).Error
	if err != nil {
		return nil, nil, err
	}
	var enrolments []domain.Enrolment
	if err := locked(t.Table("enrolments")).Where("enrolments.id = ANY (CAST(? AS uuid[]))", array(ids)).Order("enrolments.id").Find(&enrolments).Error; err != nil {
		return nil, nil, err
	}
	byID := map[string]domain.Enrolment{}
	for _, enrolment := range enrolments {
		byID[enrolment.ID] = enrolment
	}
	var rows []appointmentRow
	err = locked(t.places(o.PermanenceID)).Where("appointments.starts_at >= ? AND appointments.starts_at < ?", within...).Order("appointments.id").Find(&rows).Error
	for _, row := range rows {
		if _, there := byID[row.EnrolmentID]; !there {
			return nil, nil, errMeanwhile // merged into another path
		}
	}
	return rows, byID, err
}

// leavePlaces frees the places of meetings to come on a path on which nobody will come any more.
func (t *tx) leavePlaces(enrolmentID string) error {
	return t.Exec(`UPDATE appointments SET slot_place = NULL WHERE enrolment_id = ? AND slot_place IS NOT NULL AND status = ? AND starts_at > ?`,
		enrolmentID, domain.AttendanceScheduled, t.now).Error
}
