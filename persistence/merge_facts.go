package persistence

import "o2r/domain"

// fact is a kind of record that goes with a folded path.
type fact struct {
	kind  domain.MoveKind
	table string

	// unless leaves a record where it is: what the other path, @into, may have once only, and has. Nothing is lost: it is
	// read on the folded path.
	unless string
}

// carried are the dated facts that go with a folded path, in the order in which they go.
var carried = []fact{
	{kind: domain.MoveJob, table: "jobs"},
	{kind: domain.MoveFranceTravail, table: "france_travail_statuses"},
	{kind: domain.MoveOutcome, table: "outcomes"},
	{kind: domain.MoveDiagnostic, table: "diagnostics"},
	{domain.MoveBarrier, "enrolment_barriers", unsettled("gone") + ` AND EXISTS (SELECT FROM enrolment_barriers there WHERE there.enrolment_id = @into AND there.barrier = gone.barrier AND ` + unsettled("there") + `)`},
	{domain.MoveStrength, "enrolment_strengths", `EXISTS (SELECT FROM enrolment_strengths there WHERE there.enrolment_id = @into AND there.strength = gone.strength)`},
	{domain.MoveCharter, "charters", `EXISTS (SELECT FROM charters there WHERE there.enrolment_id = @into)`},
	{kind: domain.MoveObjective, table: "objectives"},
	{kind: domain.MoveAction, table: "actions"},
	{kind: domain.MoveProposal, table: "enrolment_proposals"},
	{kind: domain.MoveImmersion, table: "immersions"},
	{kind: domain.MoveFollowUp, table: "follow_ups"},
	{domain.MoveExtension, "extensions", `gone.revoked_on IS NULL AND EXISTS (SELECT FROM extensions there WHERE there.enrolment_id = @into AND there.revoked_on IS NULL)`},
}

func unsettled(row string) string { return row + `.state IN ('open', 'in_progress')` }

// going is the statement that takes records from @out to @into, and returns which went.
func (f fact) going(which string) string {
	if f.unless != "" {
		which += " AND NOT (" + f.unless + ")"
	}
	return `UPDATE ` + f.table + ` gone SET enrolment_id = @into, version = version + 1, updated_at = @now WHERE enrolment_id = @out` + which + ` RETURNING id`
}

// relinked are the records that are about a barrier, which has to be one of their path.
var relinked = []fact{{kind: domain.MoveObjectiveBarrier, table: "objectives"}, {kind: domain.MoveActionBarrier, table: "actions"}}

// carryFacts takes the facts of a folded path to the one that stands. Where both work on one barrier, what is about it
// there becomes about it here.
func (m merging) carryFacts(from, to, programme string) error {
	return m.linksDeferred(func() error {
		var twins []struct{ Here, There string }
		err := m.Raw(`SELECT gone.id AS there, here.id AS here FROM enrolment_barriers gone JOIN enrolment_barriers here ON here.barrier = gone.barrier AND here.enrolment_id = @to
			WHERE gone.enrolment_id = @from AND `+unsettled("gone")+` AND `+unsettled("here")+` ORDER BY 1`, map[string]any{"from": from, "to": to}).Scan(&twins).Error
		if err != nil {
			return err
		}
		for _, twin := range twins {
			for _, of := range relinked {
				var held []string
				err := m.Raw(`UPDATE `+of.table+` SET barrier_id = ? WHERE barrier_id = ? AND enrolment_id = ? RETURNING id`, twin.Here, twin.There, from).Scan(&held).Error
				if err == nil {
					err = m.note(of.kind, twin.There, twin.Here, held...)
				}
				if err != nil {
					return err
				}
			}
		}
		for _, f := range carried {
			if err := m.carry(string(f.kind), f.kind, f.going(""), from, to, programme, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// factsBack takes the facts that a merge moved back to their path, and looses the links that would now lead from one
// person's path to another's.
func (m merging) factsBack(of map[domain.MoveKind][]domain.Move) error {
	return m.linksDeferred(func() error {
		for _, f := range carried {
			for way, ids := range ways(of[f.kind]) {
				if err := m.bringBack(string(f.kind), f.going(` AND id = ANY (CAST(@ids AS uuid[]))`), way, ids); err != nil {
					return err
				}
			}
		}
		for _, f := range relinked {
			for _, move := range of[f.kind] {
				// Only where the barrier is of the path on which the record is again.
				err := m.Exec(`UPDATE `+f.table+` linked SET barrier_id = b.id FROM enrolment_barriers b
					WHERE linked.id = ? AND linked.barrier_id = ? AND b.id = ? AND b.enrolment_id = linked.enrolment_id`, move.RecordID, move.ToID, move.FromID).Error
				if err != nil {
					return err
				}
			}
		}
		for _, fold := range of[domain.MoveFold] {
			if err := m.loose(fold.FromID, fold.ToID); err != nil {
				return err
			}
		}
		return nil
	})
}

// linksDeferred does what leaves links between facts of different paths on the way, and none in the end.
func (m merging) linksDeferred(do func() error) error {
	if err := m.Exec(`SET CONSTRAINTS ALL DEFERRED`).Error; err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return m.Exec(`SET CONSTRAINTS ALL IMMEDIATE`).Error
}

// links are the columns by which one fact of a path names another of the same path.
var links = []struct{ kind, table, column, named string }{
	{"barrier", "enrolment_barriers", "diagnostic_id", "diagnostics"},
	{"barrier", "enrolment_barriers", "action_id", "actions"},
	{"objective", "objectives", "barrier_id", "enrolment_barriers"},
	{"action", "actions", "barrier_id", "enrolment_barriers"},
	{"immersion", "immersions", "renewal_of", "immersions"},
}

// loose takes away the links of these paths that lead to another path. What they said is in the history of the file.
func (m merging) loose(paths ...string) error {
	for _, link := range links {
		var loosened []struct {
			ID, EnrolmentID, ParticipantID, Programme, Named string
			Version                                          int
		}
		err := m.Raw(`UPDATE `+link.table+` linked SET `+link.column+` = NULL, version = linked.version + 1, updated_at = @now
			FROM `+link.named+` named, enrolments e, `+link.table+` before
			WHERE linked.enrolment_id = ANY (CAST(@paths AS uuid[])) AND named.id = linked.`+link.column+` AND named.enrolment_id <> linked.enrolment_id
				AND e.id = linked.enrolment_id AND before.id = linked.id
			RETURNING linked.id, linked.enrolment_id, linked.version, e.participant_id, e.programme, before.`+link.column+` AS named`,
			map[string]any{"now": m.now, "paths": array(paths)}).Scan(&loosened).Error
		if err != nil {
			return err
		}
		for _, one := range loosened {
			c := correction{kind: link.kind, participantID: one.ParticipantID, recordID: one.ID, enrolmentID: one.EnrolmentID, programme: one.Programme, version: one.Version}
			before, after := map[string]any{link.column: one.Named}, map[string]any{link.column: nil}
			if err := m.remember(c, before, after); err != nil {
				return err
			}
			err := m.wrote(trace{action: "updated", kind: link.kind, ids: []string{one.ID}, whose: []string{one.EnrolmentID, one.ParticipantID}, programme: one.Programme, fields: []string{link.column}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
