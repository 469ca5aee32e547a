package persistence

import (
	"context"

	"gorm.io/gorm"

	"o2r/domain"
)

// Unmerge takes a merge back: everything that it moved goes back to where it was. What was recorded
// since stays on the path on which it was recorded, and loses a link to what went. Merges into one file are undone in the reverse
// of their order. Asked again, it answers as the first time.
func (s *Session) Unmerge(ctx context.Context, id string, in domain.UnmergeInput) (domain.MergeView, error) {
	return fetch(ctx, s, func(t *tx) (domain.MergeView, error) {
		if err := t.mayWrite("participant", "unmerged"); err != nil {
			return domain.MergeView{}, err
		}
		survivor, err := t.participantNamed(func() *gorm.DB { return locked(t.participants()) }, id)
		if err != nil {
			return domain.MergeView{}, err
		}
		merge, duplicate, err := t.mergeOf(survivor.ID, in.DuplicateID)
		if err != nil {
			return domain.MergeView{}, err
		}
		if merge.UnmergedAt != nil {
			return t.viewMerge(merge, t.saw("merge", "", survivor.ID, duplicate.ID))
		}
		if err := merge.MayUndo(t.actor, duplicate.whose(), t.now); err != nil {
			return domain.MergeView{}, err
		}
		var later bool
		err = t.Raw(`SELECT EXISTS (SELECT FROM merges m WHERE m.unmerged_at IS NULL AND m.id <> @id
			AND (m.participant_id = @survivor AND (m.merged_at, m.id) > (@at, CAST(@id AS uuid)) OR m.duplicate_id = @survivor))`,
			map[string]any{"id": merge.ID, "survivor": merge.ParticipantID, "at": merge.MergedAt}).Scan(&later).Error
		if err == nil && later {
			err = domain.Refused("merged_since", "Another merge of this file came later: undo that one first.")
		}
		if err != nil {
			return domain.MergeView{}, err
		}
		work := merging{tx: t, merge: merge}
		if err := work.undo(); err != nil {
			return domain.MergeView{}, err
		}
		if err := t.Exec(`UPDATE participants SET merged_into = NULL WHERE id = ?`, duplicate.ID).Error; err != nil {
			return domain.MergeView{}, err
		}
		merge.Undo(t.actor, t.now)
		if err := t.Exec(`UPDATE merges SET unmerged_at = ?, unmerged_by = ? WHERE id = ?`, merge.UnmergedAt, merge.UnmergedBy, merge.ID).Error; err != nil {
			return domain.MergeView{}, err
		}
		return t.viewMerge(merge, t.wrote(trace{action: "unmerged", kind: "participant", ids: []string{survivor.ID, duplicate.ID}, fields: []string{"merged_into"}}))
	})
}

// mergeOf finds the merge of a duplicate into that participant, whether it stands or was undone, and
// holds the duplicate's own row.
func (t *tx) mergeOf(survivorID, duplicateID string) (domain.Merge, file, error) {
	into, err := t.survivorOf(duplicateID)
	if err != nil {
		return domain.Merge{}, file{}, err
	}
	var there int64
	if err := t.participants().Where("participants.id = ?", into).Count(&there).Error; err != nil {
		return domain.Merge{}, file{}, err
	}
	if there == 0 {
		return domain.Merge{}, file{}, domain.FieldFault("duplicate_id", "unknown", "There is no such participant.")
	}
	var duplicate file
	if err := locked(t.Table("participants")).Where("id = ?", duplicateID).Take(&duplicate).Error; err != nil {
		return domain.Merge{}, duplicate, err
	}
	var merges []domain.Merge
	err = t.Table("merges").Where("duplicate_id = ?", duplicateID).Order("unmerged_at IS NOT NULL, merged_at DESC, id DESC").Limit(1).Find(&merges).Error
	if err == nil && (len(merges) == 0 || merges[0].UnmergedAt == nil && into != survivorID || merges[0].UnmergedAt != nil && merges[0].ParticipantID != survivorID) {
		err = domain.Refused("not_merged", "The duplicate is not merged into this participant.")
	}
	if err != nil {
		return domain.Merge{}, duplicate, err
	}
	return merges[0], duplicate, nil
}

// undo moves everything back: first the facts, then the paths, and last those that were folded,
// which stand again once nothing stands in their place.
func (m merging) undo() error {
	var moves []domain.Move
	err := m.Table("merge_moves").Where("merge_id = ?", m.merge.ID).Order("kind, record_id, from_id").Find(&moves).Error
	if err != nil {
		return err
	}
	if _, _, err := m.holdPaths(m.merge.ParticipantID, m.merge.DuplicateID); err != nil {
		return err
	}
	of := map[domain.MoveKind][]domain.Move{}
	for _, move := range moves {
		of[move.Kind] = append(of[move.Kind], move)
	}
	if err := m.factsBack(of); err != nil {
		return err
	}
	for way, ids := range ways(of[domain.MoveAppointment]) {
		err := m.bringBack("appointment", `UPDATE appointments SET enrolment_id = @from, recorded_under = nullif(recorded_under, @from), version = version + 1, updated_at = @now
			WHERE id = ANY (CAST(@ids AS uuid[])) AND enrolment_id = @to RETURNING id`, way, ids)
		if err != nil {
			return err
		}
	}
	if err := m.placesBack(of[domain.MoveWorkshopPlace], of[domain.MoveWorkshopAttendance]); err != nil {
		return err
	}
	if err := m.requestsBack(of[domain.MoveWorkshopRequest]); err != nil {
		return err
	}
	for way, ids := range ways(of[domain.MoveReferral]) {
		if err := m.bringBack("referral", `UPDATE referrals SET participant_id = @from WHERE id = ANY (CAST(@ids AS uuid[])) AND participant_id = @to RETURNING id`, way, ids); err != nil {
			return err
		}
	}
	if err := m.pathsBack(of[domain.MoveEnrolment], of[domain.MoveFold]); err != nil {
		return err
	}
	for _, fold := range of[domain.MoveFold] {
		for _, path := range []string{fold.FromID, fold.ToID} {
			if err := m.tellPartner(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// way is from where to where something was moved.
type way struct{ from, to string }

func ways(moves []domain.Move) map[way][]string {
	found := map[way][]string{}
	for _, move := range moves {
		key := way{move.FromID, move.ToID}
		found[key] = append(found[key], move.RecordID)
	}
	return found
}

// bringBack moves records against their way, those that are still where it led.
func (m merging) bringBack(what, statement string, w way, ids []string) error {
	var back []string
	err := m.Raw(statement, map[string]any{"from": w.from, "to": w.to, "out": w.to, "into": w.from, "now": m.now, "ids": array(ids)}).Scan(&back).Error
	if err != nil || len(back) == 0 {
		return err
	}
	return m.moved(what, "", back, w.to, w.from)
}

func (m merging) placesBack(places, attendances []domain.Move) error {
	touched := map[way][]string{}
	for w, workshops := range ways(places) {
		var back []string
		err := m.Raw(`UPDATE workshop_registrations SET enrolment_id = @from WHERE workshop_id = ANY (CAST(@ids AS uuid[])) AND enrolment_id = @to RETURNING workshop_id`,
			map[string]any{"from": w.from, "to": w.to, "ids": array(workshops)}).Scan(&back).Error
		if err != nil {
			return err
		}
		touched[w] = append(touched[w], back...)
	}
	for _, move := range attendances {
		if err := m.swapAttendance(move.RecordID, move.FromID, move.ToID); err != nil {
			return err
		}
		w := way{move.FromID, move.ToID}
		touched[w] = append(touched[w], move.RecordID)
	}
	for w, workshops := range touched {
		if err := m.placesMoved(workshops, w.to, w.from, ""); err != nil {
			return err
		}
	}
	return nil
}

// pathsBack gives the duplicate's enrolments back to her, those that stand first, and lets the
// folded ones stand again.
func (m merging) pathsBack(moved, folded []domain.Move) error {
	hers, folds := map[string]bool{}, map[string]bool{}
	for _, move := range moved {
		hers[move.RecordID] = true
	}
	order := []domain.Move{}
	for _, move := range folded {
		folds[move.RecordID] = true
	}
	for _, move := range moved {
		if !folds[move.RecordID] {
			order = append(order, move)
		}
	}
	for _, move := range append(order, folded...) {
		enrolment, err := one[domain.Enrolment](locked(m.Table("enrolments")), "enrolment", move.RecordID)
		if err != nil {
			return err
		}
		action := "moved"
		if folds[enrolment.ID] {
			action = "unfolded"
		}
		err = m.rewrite(&enrolment, action, func(e *domain.Enrolment) error {
			if hers[e.ID] {
				e.ParticipantID = m.merge.DuplicateID
			}
			if folds[e.ID] {
				e.Unfold()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
