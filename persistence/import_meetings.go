package persistence

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"o2r/domain"
)

// newAppointments records meetings, as Schedule and RecordAttendance do.
func (i *importing) newAppointments(rows []*importedRow) error {
	paths, err := i.paths(rows, func(record domain.ImportRecord) domain.OfEnrolment {
		return record.(domain.ImportedAppointment).OfEnrolment
	}, false)
	if err != nil {
		return err
	}
	sites, err := i.at(rows, func(record domain.ImportRecord) domain.AtSite { return record.(domain.ImportedAppointment).AtSite })
	if err != nil {
		return err
	}
	made, path := map[*importedRow]appointmentRow{}, map[*importedRow]*domain.Enrolment{}
	for n, row := range rows {
		record := row.Record.(domain.ImportedAppointment)
		enrolment := paths[n]
		if enrolment == nil {
			enrolment = &domain.Enrolment{} // with whom it was says nothing of the rest
		}
		meeting := domain.Appointment{Stamp: i.stamp(), AppointmentInput: record.Meeting(enrolment.ID, sites[n]), Status: domain.AttendanceScheduled}
		if err := row.refuse(meeting.AppointmentInput.Check(*enrolment)); err != nil {
			return err
		}
		if err := row.refuse(meeting.Attend(record.Attendance(), i.now)); err != nil {
			return err
		}
		made[row], path[row] = appointmentRow{Appointment: meeting, Programme: i.programme.Slug}, enrolment
	}
	if err := insert(i, rows, made); err != nil {
		return err
	}
	var met, whose []string
	for _, row := range sound(rows) {
		met, whose = append(met, path[row].ID), append(whose, path[row].ID, path[row].ParticipantID)
	}
	if err := i.tell(met); err != nil {
		return err
	}
	return i.imported("imported", sound(rows), whose)
}

// newWorkshops records sessions, as PlanWorkshop does.
func (i *importing) newWorkshops(rows []*importedRow) error {
	sites, err := i.at(rows, func(record domain.ImportRecord) domain.AtSite { return record.(domain.ImportedWorkshop).AtSite })
	if err != nil {
		return err
	}
	made := map[*importedRow]domain.Workshop{}
	for n, row := range rows {
		record := row.Record.(domain.ImportedWorkshop)
		workshop := domain.Workshop{Stamp: i.stamp(), WorkshopInput: record.Session(i.programme.Slug, sites[n]), Status: domain.WorkshopPlanned}
		err := workshop.WorkshopInput.Check(i.programme)
		if err == nil && record.Cancelled != nil && *record.Cancelled {
			err = workshop.Cancel()
		}
		if err := row.refuse(err); err != nil {
			return err
		}
		made[row] = workshop
	}
	if err := insert(i, rows, made); err != nil {
		return err
	}
	return i.imported("imported", sound(rows), nil)
}

// newRegistrations takes people's places in workshops, as Register does, and notes whether they came.
func (i *importing) newRegistrations(rows []*importedRow) error {
	sessions, err := i.heldSessions(rows)
	if err != nil {
		return err
	}
	paths, err := i.paths(rows, func(record domain.ImportRecord) domain.OfEnrolment {
		return record.(domain.ImportedRegistration).OfEnrolment
	}, false)
	if err != nil {
		return err
	}
	taken, had, waited, err := i.placesTaken(sessions)
	if err != nil {
		return err
	}
	place := map[*importedRow][2]string{}
	for n, row := range rows {
		record := row.Record.(domain.ImportedRegistration)
		session, path := sessions[n], paths[n]
		if session == nil || path == nil {
			continue
		}
		err := path.MayMeet("enrolment_reference", session.StartsAt)
		switch {
		case err != nil:
		case had[[2]string{session.ID, path.ID}]: // named by another row in another way: a place is taken once
			err = refusals["workshop_registrations_pkey"]
		case session.Status == domain.WorkshopClosed:
			err = domain.Refused("workshop_closed", "The roll of this workshop was called, by hand or by a file whose rows say of everybody whether she came, and is closed for good: nobody is added to it.")
		case !session.Room(taken[session.ID]) && session.Status == domain.WorkshopPlanned:
			err = domain.Refused("workshop_full", "This workshop is full: its capacity is too low for the rows that name it. Raise it (PUT /v1/workshops/{id}), or leave the row out.")
		case waited[session.ID]:
			err = domain.Refused("places_waited_for", "People wait for a place in this workshop: who gets one is decided there, not by a file.")
		default:
			err = session.Register(taken[session.ID])
		}
		if err := row.refuse(err); err != nil {
			return err
		}
		if called, says := record.Called(path.ID); says && len(row.faults) == 0 {
			rehearsed := *session // the roll of this place alone, since the others may come later in the file
			err := rehearsed.Close([]domain.Registration{{EnrolmentID: path.ID}}, domain.RollCall{Items: []domain.RollCallEntry{called}}, i.now)
			if err := row.refuse(err); err != nil {
				return err
			}
			for n := range row.faults {
				row.faults[n].Location = strings.Replace(row.faults[n].Location, "body.items[0].", "body.", 1)
			}
		}
		if len(row.faults) == 0 {
			taken[session.ID]++
			place[row] = [2]string{session.ID, path.ID}
			had[place[row]] = true
			row.recordID = path.ID
			if _, there := i.sessions[session.ID]; !there {
				i.sessions[session.ID] = row.Line
			}
		}
	}
	err = i.inPieces(sound(rows), func(some []*importedRow) error {
		var workshops, enrolments, statuses, justified column
		for _, row := range some {
			record := row.Record.(domain.ImportedRegistration)
			status := cmp.Or(valueOr(record.Status), domain.AttendanceScheduled)
			workshops, enrolments, statuses = append(workshops, place[row][0]), append(enrolments, place[row][1]), append(statuses, string(status))
			justified = append(justified, wordOf(record.Justified))
		}
		return i.Exec(`INSERT INTO workshop_registrations (programme, workshop_id, enrolment_id, status, justified, created_at)
			SELECT ?, workshop::uuid, enrolment::uuid, status, CAST(nullif(justified, '') AS boolean), ?
			FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[])) places (workshop, enrolment, status, justified)`,
			i.programme.Slug, i.now, workshops, enrolments, statuses, justified).Error
	})
	if err != nil {
		return err
	}
	done, whose := trace{action: "registered", kind: "workshop", programme: i.programme.Slug, fields: []string{"registrations"}}, []string{}
	for _, row := range sound(rows) {
		done.ids, whose = append(done.ids, place[row][0]), append(whose, place[row][1])
	}
	if done.whose = whose; len(done.ids) == 0 {
		return nil
	}
	return i.wrote(done)
}

// wordOf is true, false, or empty where it is not known.
func wordOf(value *bool) string {
	if value == nil {
		return ""
	}
	return strconv.FormatBool(*value)
}

func valueOr[T any](value *T) T {
	if value == nil {
		return *new(T)
	}
	return *value
}

// heldSessions finds, and holds, the workshops that rows name.
func (i *importing) heldSessions(rows []*importedRow) ([]*domain.Workshop, error) {
	by := naming{domain.ImportWorkshops, "workshop", "workshop", func(record domain.ImportRecord) (reference, id *string) {
		place := record.(domain.ImportedRegistration)
		return place.WorkshopReference, place.WorkshopID
	}}
	leads, err := i.lead(rows, by)
	if err != nil {
		return nil, err
	}
	var found []domain.Workshop
	err = locked(i.workshops()).Where("workshops.programme = ? AND workshops.id = ANY (CAST(? AS uuid[]))", i.programme.Slug, ids(leads)).Order("workshops.id").Find(&found).Error
	if err != nil {
		return nil, err
	}
	return eachAmong(found, leads, rows, by), nil
}

// placesTaken counts the places that are taken in workshops, and tells which paths have one, and for which workshops somebody waits.
func (i *importing) placesTaken(sessions []*domain.Workshop) (taken map[string]int, had map[[2]string]bool, waited map[string]bool, err error) {
	var all array
	for _, session := range sessions {
		if session != nil {
			all = append(all, session.ID)
		}
	}
	var places []struct {
		WorkshopID, EnrolmentID string
		Counts                  bool
	}
	err = i.Raw(`SELECT workshop_id, enrolment_id, `+everybody+` AS counts FROM workshop_registrations WHERE workshop_id = ANY (CAST(? AS uuid[]))`, all).Scan(&places).Error
	if err != nil {
		return nil, nil, nil, err
	}
	taken, had, waited = map[string]int{}, map[[2]string]bool{}, map[string]bool{}
	for _, one := range places {
		if had[[2]string{one.WorkshopID, one.EnrolmentID}] = true; one.Counts {
			taken[one.WorkshopID]++
		}
	}
	var queued []string
	err = i.Raw(`SELECT DISTINCT workshop_id FROM workshop_requests WHERE workshop_id = ANY (CAST(? AS uuid[])) AND state = ?`, all, domain.RequestWaiting).Scan(&queued).Error
	for _, id := range queued {
		waited[id] = true
	}
	return taken, had, waited, err
}

// closeSessions closes the workshops whose places all say who came, once all rows are there. One whose roll
// is called in part is refused at the first of its rows.
func (i *importing) closeSessions() error {
	for _, id := range slices.SortedFunc(maps.Keys(i.sessions), func(a, b string) int { return cmp.Compare(i.sessions[a], i.sessions[b]) }) {
		workshop, err := one[domain.Workshop](locked(i.workshops()), "workshop", id)
		if err != nil {
			return err
		}
		places, err := i.tx.registrations(id, notFrozen)
		if err != nil {
			return err
		}
		var roll domain.RollCall
		for _, place := range places {
			if place.Status != domain.AttendanceScheduled {
				roll.Items = append(roll.Items, domain.RollCallEntry{EnrolmentID: place.EnrolmentID, Status: domain.Called(place.Status), Justified: place.Justified})
			}
		}
		if len(roll.Items) > 0 {
			if err := workshop.Close(places, roll, i.now); err != nil {
				var faults domain.Faults
				faults.Add("status", "incomplete", "The roll of this workshop is called in part: say of everybody registered whether she came, or of nobody.")
				i.report.Created--
				i.report.Fault(i.sessions[id], faults)
				continue
			}
		}
		if err := i.save(&workshop, &workshop.Stamp); err != nil {
			return err
		}
		if workshop.Status == domain.WorkshopClosed {
			view := domain.WorkshopView{Workshop: workshop, Registrations: places}
			if err := i.wrote(trace{action: "closed", kind: "workshop", ids: []string{id}, whose: registered(view), programme: workshop.Programme, fields: []string{"registrations"}}); err != nil {
				return err
			}
		}
	}
	return nil
}
