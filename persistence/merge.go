package persistence

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// Every identifier of a person goes on leading to her: survivor_of (migration 0022) gives the file
// into which another was merged, merged_with all that a file holds.

// survivorOf is to whom an identifier leads, as far as the actor sees: itself, most often.
func (t *tx) survivorOf(id string) (string, error) {
	var survivor string
	err := t.Raw(`SELECT survivor_of(?)`, id).Scan(&survivor).Error
	return survivor, err
}

// participantNamed reads the participant to whom an identifier leads out of a scoped query.
func (t *tx) participantNamed(scoped func() *gorm.DB, id string) (domain.Participant, error) {
	found, missing := one[domain.Participant](scoped(), "participant", id)
	if !errors.Is(missing, &domain.Error{Kind: domain.NotFound}) {
		return found, missing
	}
	survivor, err := t.survivorOf(id)
	if err != nil {
		return found, err
	}
	if survivor == id {
		return found, missing
	}
	return one[domain.Participant](scoped(), "participant", survivor)
}

// mustNotBeMerged refuses to write under an identifier that leads elsewhere.
func (t *tx) mustNotBeMerged(id string) error {
	survivor, err := t.survivorOf(id)
	if err != nil || survivor == id {
		return err
	}
	if _, err := one[domain.Participant](t.participants(), "participant", survivor); err != nil {
		return err
	}
	return domain.Refused("merged", "This participant was merged into another: read her again, and write the one that you find there.")
}

// file is a participant with what scopes her.
type file struct {
	domain.Participant
	RecordedFor, EnrolledIn domain.Codes
	MergedInto              *string
}

func (file) TableName() string { return "participants" }

func (f file) whose() domain.File {
	return domain.File{Participant: f.Participant, RecordedFor: f.RecordedFor, EnrolledIn: f.EnrolledIn}
}

// Merge makes the duplicate part of another participant's file. What is merged already is answered
// as the first time. Two who merge at once do it one after the other.
func (s *Session) Merge(ctx context.Context, id string, in domain.MergeInput) (domain.MergeView, error) {
	return fetch(ctx, s, func(t *tx) (domain.MergeView, error) {
		if err := t.mayWrite("participant", "merged"); err != nil {
			return domain.MergeView{}, err
		}
		survivor, duplicate, done, err := t.holdBoth(id, in.DuplicateID)
		if err != nil {
			return domain.MergeView{}, err
		}
		if done != nil {
			return t.viewMerge(*done, t.saw("merge", "", done.ParticipantID, done.DuplicateID))
		}
		merge, err := domain.NewMerge(newID(), t.actor, survivor.whose(), duplicate.whose(), in, t.now)
		if err != nil {
			return domain.MergeView{}, err
		}
		hers, duplicates, err := t.holdPaths(survivor.ID, duplicate.ID)
		if err != nil {
			return domain.MergeView{}, err
		}
		folds, err := domain.Folds(survivor.Participant, hers, duplicates)
		if err != nil {
			return domain.MergeView{}, err
		}
		if err := t.Create(&mergeRow{merge, survivor.RecordedFor}).Error; err != nil {
			return domain.MergeView{}, err
		}
		if err := t.Exec(`UPDATE participants SET merged_into = ? WHERE id = ?`, survivor.ID, duplicate.ID).Error; err != nil {
			return domain.MergeView{}, err
		}
		work := merging{tx: t, merge: merge}
		if err := work.do(folds, duplicates); err != nil {
			return domain.MergeView{}, err
		}
		return t.viewMerge(merge, t.wrote(trace{action: "merged", kind: "participant", ids: []string{survivor.ID, duplicate.ID}, fields: []string{"merged_into"}}))
	})
}

type mergeRow struct {
	domain.Merge
	RecordedFor domain.Codes
}

func (mergeRow) TableName() string { return "merges" }

// holdBoth finds and holds the two participants of a merge; or the merge, where they are one
// already. Files are held in one order, so that nobody who merges waits for another in a circle.
func (t *tx) holdBoth(id, duplicateID string) (survivor, duplicate file, done *domain.Merge, err error) {
	for range 3 { // merged meanwhile by somebody else: then it is looked at again
		var into, other string
		if into, err = t.survivorOf(id); err != nil {
			return
		}
		if other, err = t.survivorOf(duplicateID); err != nil {
			return
		}
		var held []file
		query := locked(t.participants()).Where(clause.IN{Column: clause.Column{Table: "participants", Name: "id"}, Values: []any{into, other}})
		if err = query.Order("participants.id").Find(&held).Error; err != nil {
			return
		}
		at := func(id string) int { return slices.IndexFunc(held, func(f file) bool { return f.ID == id }) }
		switch {
		case at(into) < 0:
			err = domain.Missing("participant")
		case at(other) < 0:
			err = domain.FieldFault("duplicate_id", "unknown", "There is no such participant.")
		case into == other && other == duplicateID:
			err = domain.FieldFault("duplicate_id", "same", "This is the participant of the path, or she was merged into this one: name another.")
		case into == other:
			if done, err = t.standingMerge(duplicateID); err == nil && done == nil { // it was undone while the survivor was waited for
				err = errMeanwhile
			}
		case other != duplicateID:
			err = domain.Refused("merged_elsewhere", "This duplicate was merged into another file already: merge that file, or undo that merge first.")
		default:
			survivor, duplicate = held[at(into)], held[at(other)]
		}
		if err == nil || !t.mergedMeanwhile(id, into, duplicateID, other) {
			return
		}
	}
	return
}

// mergedMeanwhile tells whether either of two identifiers leads elsewhere than a moment ago.
func (t *tx) mergedMeanwhile(id, into, duplicateID, other string) bool {
	now, err := t.survivorOf(id)
	then, failed := t.survivorOf(duplicateID)
	return err == nil && failed == nil && (now != into || then != other)
}

func (t *tx) standingMerge(duplicateID string) (*domain.Merge, error) {
	var found []domain.Merge
	err := t.Table("merges").Where("duplicate_id = ? AND unmerged_at IS NULL", duplicateID).Find(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (t *tx) viewMerge(m domain.Merge, err error) (domain.MergeView, error) {
	view := domain.MergeView{Merge: m, Moves: []domain.Move{}}
	if err == nil {
		err = t.shownMoves(t.Table("merge_moves").Where("merge_id = ?", m.ID)).Order("kind, record_id, from_id").Find(&view.Moves).Error
	}
	return view, err
}

// shownMoves leaves out of a merge what leads to facts that tell of justice, where that module is off: an identifier
// that nothing else shows would say that there is one.
func (t *tx) shownMoves(query *gorm.DB) *gorm.DB {
	if !t.withoutJustice {
		return query
	}
	return query.Where("record_id NOT IN (?) AND record_id NOT IN (?) AND from_id NOT IN (?)", t.hidden("enrolment_barriers"), t.hidden("enrolment_strengths"), t.hidden("enrolment_barriers"))
}

// holdPaths finds and holds all enrolments of the two, and the workshops in which they have a
// place, or wait for one: a roll that is being called waits, or is called of what is moved.
func (t *tx) holdPaths(survivorID, duplicateID string) (hers, duplicates []domain.Enrolment, err error) {
	var all []domain.Enrolment
	err = locked(t.Table("enrolments")).Where("participant_id IN ?", []string{survivorID, duplicateID}).Order("id").Find(&all).Error
	if err != nil {
		return nil, nil, err
	}
	for _, e := range all {
		if e.ParticipantID == survivorID {
			hers = append(hers, e)
		} else {
			duplicates = append(duplicates, e)
		}
	}
	return hers, duplicates, t.Exec(`SELECT FROM workshops WHERE id IN (SELECT workshop_id FROM workshop_registrations WHERE enrolment_id = ANY (CAST(@ids AS uuid[]))
		UNION SELECT workshop_id FROM workshop_requests WHERE enrolment_id = ANY (CAST(@ids AS uuid[]))) ORDER BY id FOR UPDATE`, map[string]any{"ids": array(keys(all))}).Error
}

// merging is the work of one merge.
type merging struct {
	*tx
	merge domain.Merge
}

func (m merging) do(folds []domain.Fold, duplicates []domain.Enrolment) error {
	moved := map[string]bool{}
	// The survivor's own give way before what stands for them arrives.
	slices.SortStableFunc(folds, func(a, b domain.Fold) int {
		if (a.Folded.ParticipantID == m.merge.ParticipantID) == (b.Folded.ParticipantID == m.merge.ParticipantID) {
			return 0
		}
		if a.Folded.ParticipantID == m.merge.ParticipantID {
			return -1
		}
		return 1
	})
	for _, fold := range folds {
		if err := m.facts(fold); err != nil {
			return err
		}
		folded := fold.Folded
		err := m.rewrite(&folded, "folded", func(e *domain.Enrolment) error {
			if e.ParticipantID == m.merge.DuplicateID {
				e.ParticipantID, moved[e.ID] = m.merge.ParticipantID, true
				if err := m.note(domain.MoveEnrolment, m.merge.DuplicateID, m.merge.ParticipantID, e.ID); err != nil {
					return err
				}
			}
			return e.Fold(fold.Stands.ID, m.now)
		})
		if err == nil {
			err = m.note(domain.MoveFold, folded.ID, fold.Stands.ID, folded.ID)
		}
		if err != nil {
			return err
		}
	}
	for _, enrolment := range duplicates {
		if moved[enrolment.ID] {
			continue
		}
		err := m.rewrite(&enrolment, "moved", func(e *domain.Enrolment) error {
			e.ParticipantID = m.merge.ParticipantID
			return m.note(domain.MoveEnrolment, m.merge.DuplicateID, m.merge.ParticipantID, e.ID)
		})
		if err != nil {
			return err
		}
	}
	err := m.carry("referral", domain.MoveReferral, `UPDATE referrals SET participant_id = @to WHERE participant_id = @from RETURNING id`,
		m.merge.DuplicateID, m.merge.ParticipantID, "", nil)
	for _, fold := range folds {
		if err == nil {
			err = m.placesFreed(fold.Folded.ID)
		}
		if err == nil {
			err = m.tellPartner(fold.Stands.ID)
		}
	}
	return err
}

// rewrite changes an enrolment that is held, and keeps its history and its trail.
func (m merging) rewrite(e *domain.Enrolment, action string, change func(*domain.Enrolment) error) error {
	before := *e
	if err := change(e); err != nil {
		return err
	}
	if err := m.save(e, &e.Stamp); err != nil {
		return err
	}
	// Without the reason, which may speak of both: undone, the history of one must not tell of the other.
	err := m.remember(correction{kind: "enrolment", participantID: e.ParticipantID, recordID: e.ID, programme: e.Programme, version: e.Version}, before, *e)
	if err != nil {
		return err
	}
	return m.wrote(trace{action: action, kind: "enrolment", ids: []string{e.ID}, whose: []string{m.merge.ParticipantID, m.merge.DuplicateID}, programme: e.Programme, fields: changedFields(before, *e)})
}

// note keeps what a move was, so that it can be made undone.
func (m merging) note(kind domain.MoveKind, from, to string, records ...string) error {
	for _, record := range records {
		err := m.Exec(`INSERT INTO merge_moves (merge_id, kind, record_id, from_id, to_id) VALUES (?, ?, ?, ?, ?)`, m.merge.ID, kind, record, from, to).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// carry moves records by a statement that returns which, and leaves their trail.
func (m merging) carry(what string, kind domain.MoveKind, statement, from, to, programme string, ids []string) error {
	var moved []string
	err := m.Raw(statement, map[string]any{"from": from, "to": to, "out": from, "into": to, "now": m.now, "ids": array(ids)}).Scan(&moved).Error
	if err != nil || len(moved) == 0 {
		return err
	}
	if err := m.note(kind, from, to, moved...); err != nil {
		return err
	}
	return m.moved(what, programme, moved, from, to)
}

// moved leaves the trail of records that went from one path to another, and takes their history after them.
func (t *tx) moved(what, programme string, ids []string, from, to string) error {
	field := "enrolment_id"
	if what == "referral" {
		field = "participant_id"
	} else if err := t.Exec(`UPDATE field_changes SET enrolment_id = ? WHERE enrolment_id = ? AND kind = ? AND record_id = ANY (CAST(? AS uuid[]))`, to, from, what, array(ids)).Error; err != nil {
		return err
	}
	return t.wrote(trace{action: "moved", kind: what, ids: ids, whose: []string{from, to}, programme: programme, fields: []string{field}})
}

// facts gives to the path that stands what was recorded on the folded one. None of it lies before
// the entry: the path that was entered first stands.
func (m merging) facts(fold domain.Fold) error {
	from, to, programme := fold.Folded.ID, fold.Stands.ID, fold.Stands.Programme
	if err := m.carryFacts(from, to, programme); err != nil {
		return err
	}
	stands, err := m.meetings(to)
	if err != nil {
		return err
	}
	folded, err := m.meetings(from)
	if err != nil {
		return err
	}
	move, giveBack := domain.Redistribute(stands, folded)
	const meetings = `UPDATE appointments SET enrolment_id = @to, recorded_under = coalesce(recorded_under, enrolment_id), version = version + 1, updated_at = @now WHERE id = ANY (CAST(@ids AS uuid[])) AND enrolment_id = @from RETURNING id`
	if err := m.carry("appointment", domain.MoveAppointment, meetings, from, to, programme, move); err != nil {
		return err
	}
	if err := m.carry("appointment", domain.MoveAppointment, meetings, to, from, programme, giveBack); err != nil {
		return err
	}
	if err := m.requests(from, to, programme); err != nil {
		return err
	}
	return m.places(from, to, programme)
}

func (t *tx) meetings(enrolmentID string) ([]domain.Appointment, error) {
	var found []domain.Appointment
	err := locked(t.Table("appointments")).Where("enrolment_id = ?", enrolmentID).Order("id").Find(&found).Error
	return found, err
}

// places moves the places in workshops. Where both had one, each keeps it, the folded path's unseen
// (see registrations), and what says more of the attendance goes to the path that stands.
func (m merging) places(from, to, programme string) error {
	var both []struct {
		WorkshopID     string
		Stands, Folded domain.Attendance
		Known, Knows   bool // whether the absence was justified: on the path that stands, and on the folded one
	}
	err := m.Raw(`SELECT s.workshop_id, s.status AS stands, f.status AS folded, s.justified IS NOT NULL AS known, f.justified IS NOT NULL AS knows FROM workshop_registrations s JOIN workshop_registrations f USING (workshop_id)
		WHERE s.enrolment_id = ? AND f.enrolment_id = ? ORDER BY s.workshop_id`, to, from).Scan(&both).Error
	if err != nil {
		return err
	}
	touched := []string{}
	for _, w := range both {
		if touched = append(touched, w.WorkshopID); !w.Folded.SaysMoreThan(w.Stands) && (w.Folded != w.Stands || w.Known || !w.Knows) {
			continue
		}
		if err := m.note(domain.MoveWorkshopAttendance, from, to, w.WorkshopID); err != nil {
			return err
		}
		if err := m.swapAttendance(w.WorkshopID, from, to); err != nil {
			return err
		}
	}
	var moved []string
	err = m.Raw(`UPDATE workshop_registrations f SET enrolment_id = @to WHERE enrolment_id = @from
		AND NOT EXISTS (SELECT FROM workshop_registrations s WHERE s.workshop_id = f.workshop_id AND s.enrolment_id = @to) RETURNING workshop_id`,
		map[string]any{"from": from, "to": to}).Scan(&moved).Error
	if err == nil {
		err = m.note(domain.MoveWorkshopPlace, from, to, moved...)
	}
	if err != nil {
		return err
	}
	return m.placesMoved(slices.Concat(touched, moved), from, to, programme)
}

// placesMoved gives the workshops a next version, since who is registered is part of them.
func (t *tx) placesMoved(workshops []string, from, to, programme string) error {
	if len(workshops) == 0 {
		return nil
	}
	err := t.Exec(`UPDATE workshops SET version = version + 1, updated_at = ? WHERE id = ANY (CAST(? AS uuid[]))`, t.now, array(workshops)).Error
	if err != nil {
		return err
	}
	return t.wrote(trace{action: "moved", kind: "workshop", ids: workshops, whose: []string{from, to}, programme: programme, fields: []string{"registrations"}})
}

// swapAttendance exchanges what two places in one workshop say.
func (t *tx) swapAttendance(workshopID, one, other string) error {
	return t.Exec(`UPDATE workshop_registrations mine SET status = theirs.status, justified = theirs.justified FROM workshop_registrations theirs
		WHERE mine.workshop_id = @workshop AND theirs.workshop_id = @workshop
			AND (mine.enrolment_id, theirs.enrolment_id) IN ((CAST(@one AS uuid), CAST(@other AS uuid)), (CAST(@other AS uuid), CAST(@one AS uuid)))`,
		map[string]any{"workshop": workshopID, "one": one, "other": other}).Error
}
