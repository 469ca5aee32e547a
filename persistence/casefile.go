package persistence

import (
	"context"

	"o2r/domain"
)

// mostOpen bounds what of one kind is shown as open on somebody's paths. Nobody has as much.
const mostOpen = 1000

// CaseFile reads a person's file whole: of somebody who was merged into another, that other's. It takes the same number of
// statements however long she has been followed. The look is audited.
func (s *Session) CaseFile(ctx context.Context, id string, q domain.CaseFileQuery) (domain.CaseFile, error) {
	return fetch(ctx, s, func(t *tx) (domain.CaseFile, error) {
		whose, err := t.personNamed(id)
		if err != nil {
			return domain.CaseFile{}, err
		}
		file := domain.CaseFile{Participant: whose.Participant, Due: []domain.WorklistItem{}}
		if file.Paths, err = t.pathFiles(whose); err != nil {
			return file, err
		}
		due, err := t.agenda(domain.WorklistQuery{Limit: 70}, whose.ID).list() // of each reason
		if err != nil {
			return file, err
		}
		for _, section := range due.Sections {
			file.Due = append(file.Due, section.Items...)
		}
		entries, err := t.timeline(whose, domain.TimelineFilter{}, "", q.Size())
		if err != nil {
			return file, err
		}
		file.Timeline, file.NextCursor = entries.Items, entries.NextCursor
		return file, t.audit(trace{action: "read", kind: "file", ids: []string{whose.ID}, whose: whose.pathIDs(), fields: shown["file"]})
	})
}

// pathFiles are her paths with what is open on each.
func (t *tx) pathFiles(whose person) ([]domain.PathFile, error) {
	views, err := t.viewEnrolments(whose.paths)
	if err != nil {
		return nil, err
	}
	var charters []domain.Charter
	var barriers []domain.EnrolmentBarrier
	var strengths []domain.EnrolmentStrength
	var objectives []domain.Objective
	var appointments []domain.Appointment
	for _, open := range []struct {
		table, only, order string
		into               any
	}{
		{"charters", "true", "charters.id", &charters},
		{"enrolment_barriers", "enrolment_barriers.state IN ('open', 'in_progress')", "enrolment_barriers.assessed_on, enrolment_barriers.id", &barriers},
		{"enrolment_strengths", "true", "enrolment_strengths.noted_on, enrolment_strengths.id", &strengths},
		{"objectives", "objectives.state = 'open'", "objectives.due_on, objectives.id", &objectives},
		{"appointments", "appointments.status = 'scheduled'", "appointments.starts_at, appointments.id", &appointments},
	} {
		query := t.factsOfPaths(open.table, whose.pathIDs()).Where(open.only)
		if open.table == "appointments" {
			query = query.Where("appointments.starts_at > ?", t.now)
		}
		if err := query.Order(open.order).Limit(mostOpen).Find(open.into).Error; err != nil {
			return nil, err
		}
	}
	agreed, err := t.viewObjectives(objectives)
	if err != nil {
		return nil, err
	}
	files := make([]domain.PathFile, len(whose.paths))
	at := map[string]*domain.PathFile{}
	for i, e := range whose.paths {
		files[i] = domain.PathFile{EnrolmentView: views[i],
			Barriers: []domain.BarrierView{}, Strengths: []domain.EnrolmentStrength{}, Objectives: []domain.ObjectiveView{}, Appointments: []domain.Appointment{}}
		at[e.ID] = &files[i]
	}
	for i, charter := range charters {
		at[charter.EnrolmentID].Charter = &charters[i]
	}
	for _, barrier := range barriers {
		at[barrier.EnrolmentID].Barriers = append(at[barrier.EnrolmentID].Barriers, barrier.View())
	}
	for _, strength := range strengths {
		at[strength.EnrolmentID].Strengths = append(at[strength.EnrolmentID].Strengths, strength)
	}
	for _, objective := range agreed {
		at[objective.EnrolmentID].Objectives = append(at[objective.EnrolmentID].Objectives, objective)
	}
	for _, meeting := range appointments {
		at[meeting.EnrolmentID].Appointments = append(at[meeting.EnrolmentID].Appointments, meeting)
	}
	return files, nil
}
