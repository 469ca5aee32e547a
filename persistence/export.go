package persistence

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"o2r/domain"
)

// Export copies everything kept about one person: for the data protection officer all of it, for a
// coordinator what her own programmes hold. The copy is audited.
func (s *Session) Export(ctx context.Context, id string) (domain.PersonFile, error) {
	return fetch(ctx, s, func(t *tx) (domain.PersonFile, error) {
		file := domain.PersonFile{
			MadeAt: t.now, Covers: "own_programmes", Enrolments: []domain.EnrolmentFile{}, Referrals: []domain.Referral{},
			Imports: []domain.ImportOrigin{}, Merged: []domain.MergedIdentity{}, Merges: []domain.Merge{}, Calendars: []domain.CalendarView{}, Published: []domain.PublishedItem{}, History: []domain.FieldChange{}, Requests: []domain.RightsRequest{}, Accesses: []domain.FileAccess{},
		}
		var err error
		if file.Participant, err = t.participantNamed(t.participants, id); err != nil {
			return file, err
		}
		id := file.Participant.ID
		if err := t.Table("participants").Where("id <> @id AND id IN (SELECT merged_with(@id))", sql.Named("id", id)).Order("id").Find(&file.Merged).Error; err != nil {
			return file, err
		}
		if err := t.Table("merges").Where("participant_id IN (SELECT merged_with(@id)) OR duplicate_id = @id", sql.Named("id", id)).Order("id").Find(&file.Merges).Error; err != nil {
			return file, err
		}
		var enrolments []domain.Enrolment
		if err := t.enrolments().Where("enrolments.participant_id = ?", id).Order("entered_on, id").Find(&enrolments).Error; err != nil {
			return file, err
		}
		for _, enrolment := range enrolments {
			path, err := t.exportPath(enrolment)
			if err != nil {
				return file, err
			}
			file.Enrolments = append(file.Enrolments, path)
		}
		if err := t.referrals().Where(ofPerson, map[string]any{"id": id}).Order("received_at, id").Find(&file.Referrals).Error; err != nil {
			return file, err
		}
		if err := t.exportCalendars(&file); err != nil {
			return file, err
		}
		if err := t.exportPublished(&file); err != nil {
			return file, err
		}
		if err := t.Table("import_records").Select("kind, replace(external_reference, chr(31), ' / ') AS external_reference, record_id, imported_at").Where(fromRows, sql.Named("id", id)).Order("imported_at, kind, external_reference").Find(&file.Imports).Error; err != nil {
			return file, err
		}
		history := t.Table("field_changes").Where(herHistory, sql.Named("id", id))
		if t.actor.KeepsRights() {
			file.Covers = "everything"
			if err := t.rightsRequests().Where("participant_id IN (SELECT merged_with(?))", id).Order("id").Find(&file.Requests).Error; err != nil {
				return file, err
			}
			if file.Accesses, err = t.accesses(file); err != nil {
				return file, err
			}
		} else {
			history = history.Where("programme IS NULL OR programme IN ?", t.actor.Programmes)
		}
		if err := t.shownChanges(history).Order("id").Find(&file.History).Error; err != nil {
			return file, err
		}
		if t.withoutJustice {
			file = file.WithoutJustice()
		}
		return file, t.audit(trace{action: "exported", kind: "participant", ids: []string{id}})
	})
}

func (t *tx) exportPath(enrolment domain.Enrolment) (domain.EnrolmentFile, error) {
	file := domain.EnrolmentFile{
		Enrolment: enrolment, Jobs: []domain.Job{}, FranceTravail: []domain.FranceTravailStatus{}, Outcomes: []domain.Outcome{},
		Diagnostics: []domain.Diagnostic{}, Barriers: []domain.EnrolmentBarrier{}, Strengths: []domain.EnrolmentStrength{}, Objectives: []domain.Objective{},
		Actions: []domain.Action{}, Proposals: []domain.EnrolmentProposal{}, Immersions: []domain.Immersion{},
		Appointments: []domain.AppointmentView{}, Workshops: []domain.WorkshopPlace{}, Requests: []domain.WorkshopRequest{},
		FollowUps: []domain.FollowUp{}, Extensions: []domain.Extension{},
	}
	of := func(table string) *gorm.DB { return t.Table(table).Where(table+".enrolment_id = ?", enrolment.ID) }
	err := of("jobs").Order("starts_on, id").Find(&file.Jobs).Error
	if err == nil {
		err = of("france_travail_statuses").Order("observed_on, id").Find(&file.FranceTravail).Error
	}
	if err == nil {
		err = of("outcomes").Order("observed_on, id").Find(&file.Outcomes).Error
	}
	var charters []domain.Charter
	for _, part := range []struct {
		table, order string
		into         any
	}{
		{"diagnostics", "assessed_on, id", &file.Diagnostics}, {"enrolment_barriers", "assessed_on, id", &file.Barriers},
		{"enrolment_strengths", "noted_on, id", &file.Strengths}, {"charters", "id", &charters}, {"objectives", "agreed_on, id", &file.Objectives},
		{"actions", "done_on, id", &file.Actions}, {"enrolment_proposals", "proposed_on, id", &file.Proposals}, {"immersions", "starts_on, id", &file.Immersions},
		{"follow_ups", "contacted_on, id", &file.FollowUps}, {"extensions", "decided_on, id", &file.Extensions},
	} {
		if err == nil {
			err = of(part.table).Order(part.order).Find(part.into).Error
		}
	}
	if len(charters) > 0 {
		file.Charter = &charters[0]
	}
	if err == nil {
		file.Appointments, err = t.exportAppointments(of("appointments").Order("starts_at, id"))
	}
	if err == nil {
		err = of("workshop_registrations").Joins("JOIN workshops w ON w.id = workshop_registrations.workshop_id").
			Select("w.id AS workshop_id, w.kind, w.title, w.starts_at, CASE w.status WHEN 'cancelled' THEN 'cancelled' ELSE workshop_registrations.status END AS status, workshop_registrations.justified, workshop_registrations.created_at AS registered_at").
			Order("w.starts_at, w.id").Find(&file.Workshops).Error
	}
	if err == nil {
		err = of("workshop_requests").Joins("JOIN workshops w ON w.id = workshop_requests.workshop_id").
			Select("w.id AS workshop_id, w.kind, w.title, w.starts_at, workshop_requests.state, workshop_requests.requested_at, workshop_requests.settled_at").
			Order("w.starts_at, workshop_requests.place").Find(&file.Requests).Error
	}
	return file, err
}

// exportCalendars are the feeds of her meetings, of the actor's programmes where she does not keep everybody's rights.
func (t *tx) exportCalendars(file *domain.PersonFile) error {
	query := t.Table("calendars").Where("participant_id IN (SELECT merged_with(?))", file.Participant.ID)
	if !t.actor.KeepsRights() {
		query = query.Where("programme IN ?", t.actor.Programmes)
	}
	var rows []calendarRow
	err := query.Order("id").Find(&rows).Error
	for _, row := range rows {
		file.Calendars = append(file.Calendars, row.View(t.now))
	}
	return err
}

// exportAppointments are the meetings of a path, each with its moves.
func (t *tx) exportAppointments(query *gorm.DB) ([]domain.AppointmentView, error) {
	views := []domain.AppointmentView{}
	var held []domain.Appointment
	if err := query.Find(&held).Error; err != nil || len(held) == 0 {
		return views, err
	}
	var moves []appointmentMoveRow
	if err := t.Table("appointment_moves").Where("appointment_id = ANY (CAST(? AS uuid[]))", array(keys(held))).Order("id").Find(&moves).Error; err != nil {
		return views, err
	}
	of := map[string][]domain.AppointmentMove{}
	for _, move := range moves {
		of[move.AppointmentID] = append(of[move.AppointmentID], move.AppointmentMove)
	}
	for _, a := range held {
		views = append(views, domain.AppointmentView{Appointment: a, Moves: append([]domain.AppointmentMove{}, of[a.ID]...)})
	}
	return views, nil
}

// accesses are the rows of the trail about any record of the file.
func (t *tx) accesses(file domain.PersonFile) ([]domain.FileAccess, error) {
	ids := domain.Codes{file.Participant.ID}
	for _, merged := range file.Merged {
		ids = append(ids, merged.ID)
	}
	ids = append(ids, keys(file.Referrals)...)
	ids = append(ids, keys(file.Requests)...)
	ids = append(ids, keys(file.Calendars)...)
	for _, path := range file.Enrolments {
		ids = append(ids, path.ID)
		ids = append(ids, keys(path.Jobs)...)
		ids = append(ids, keys(path.FranceTravail)...)
		ids = append(ids, keys(path.Outcomes)...)
		ids = append(ids, keys(path.Appointments)...)
		ids = append(ids, keys(path.Diagnostics)...)
		ids = append(ids, keys(path.Barriers)...)
		ids = append(ids, keys(path.Strengths)...)
		ids = append(ids, keys(path.Objectives)...)
		ids = append(ids, keys(path.Actions)...)
		ids = append(ids, keys(path.Proposals)...)
		ids = append(ids, keys(path.Immersions)...)
		ids = append(ids, keys(path.FollowUps)...)
		ids = append(ids, keys(path.Extensions)...)
		if path.Charter != nil {
			ids = append(ids, path.Charter.ID)
		}
		for _, place := range path.Workshops {
			ids = append(ids, place.WorkshopID)
		}
		for _, request := range path.Requests {
			ids = append(ids, request.WorkshopID)
		}
	}
	accesses := []domain.FileAccess{}
	err := t.Table("audit_events").Select("at, subject, role, organisation_id, action, kind, fields").
		Where("record_ids && ?::text[]", ids).Order("id").Find(&accesses).Error
	return accesses, err
}
