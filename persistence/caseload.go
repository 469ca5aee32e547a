package persistence

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// Caseloads are how much each caseworker of a programme has in hand: for a caseworker, she herself, and what nobody follows. They
// name nobody who is followed; that they were asked for is in the trail.
func (s *Session) Caseloads(ctx context.Context, programme string) (domain.Caseloads, error) {
	return fetch(ctx, s, func(t *tx) (domain.Caseloads, error) {
		found := domain.Caseloads{Items: []domain.Caseload{}}
		if _, err := t.programme(programme); err != nil {
			return found, err
		}
		paths := t.enrolments().Where("enrolments.programme = ? AND enrolments.voided_at IS NULL", programme).
			Select("enrolments.id, enrolments.caseworker_id, ("+enrolmentStanding[domain.EnrolmentActive]+") AS active, ("+enrolmentStanding[domain.EnrolmentFollowUp]+") AS follow_up", sql.Named("today", t.today))
		due := t.checkpoints(t.enrolments().Where("enrolments.programme = ?", programme), domain.CheckpointDue, domain.CheckpointOverdue)
		err := t.Raw(`WITH paths AS MATERIALIZED (?), owed AS MATERIALIZED (SELECT enrolment_id FROM (?) due),
			goals AS (SELECT enrolment_id, count(*) AS overdue FROM objectives
				WHERE enrolment_id IN (SELECT id FROM paths WHERE active OR follow_up) AND state = ? AND due_on < ? GROUP BY enrolment_id),
			met AS (SELECT enrolment_id, count(*) FILTER (WHERE status = 'attended' AND starts_at > ?) AS lately, max(starts_at) FILTER (WHERE status = 'attended') AS last,
					count(*) FILTER (WHERE status = 'scheduled' AND starts_at <= ?) AS unrecorded,
					count(*) FILTER (WHERE status = 'scheduled' AND starts_at > ?) AS ahead, count(*) FILTER (WHERE status = 'scheduled' AND starts_at > ? AND starts_at <= ?) AS soon
				FROM appointments WHERE enrolment_id IN (SELECT id FROM paths) GROUP BY enrolment_id)
			SELECT paths.caseworker_id, count(*) FILTER (WHERE active) AS active, count(*) FILTER (WHERE follow_up) AS follow_up, count(owed.enrolment_id) AS checkpoints_due,
				coalesce(sum(goals.overdue), 0) AS objectives_overdue, coalesce(sum(met.unrecorded), 0) AS unrecorded,
				coalesce(sum(met.lately), 0) AS meetings_last30, coalesce(sum(met.soon), 0) AS meetings_next30,
				count(*) FILTER (WHERE active AND coalesce(met.ahead, 0) = 0) AS without_meeting, max(met.last) AS last_meeting_at
			FROM paths LEFT JOIN goals ON goals.enrolment_id = paths.id LEFT JOIN met ON met.enrolment_id = paths.id LEFT JOIN owed ON owed.enrolment_id = paths.id
			GROUP BY paths.caseworker_id HAVING bool_or(active OR follow_up OR owed.enrolment_id IS NOT NULL) ORDER BY paths.caseworker_id NULLS LAST LIMIT 1000`,
			paths, due, domain.ObjectiveOpen, t.today, t.now.AddDate(0, 0, -30), t.now, t.now, t.now, t.now.AddDate(0, 0, 30)).Scan(&found.Items).Error
		if err != nil {
			return found, err
		}
		return found, t.audit(trace{action: "read", kind: "caseload", programme: programme})
	})
}

// Reassign hands the paths of one caseworker over to another, all of them or none. Whoever was enrolled, merged or left meanwhile
// is handed over as the records stand once hers are held; a frozen file is nobody's to hand over. The meetings to come belong
// to the paths, and go with them.
func (s *Session) Reassign(ctx context.Context, programme string, in domain.Reassignment) (domain.Reassigned, error) {
	return fetch(ctx, s, func(t *tx) (domain.Reassigned, error) {
		done := domain.Reassigned{Programme: programme, From: in.From, To: in.To, EnrolmentIDs: []string{}, PermanenceIDs: []string{}}
		if err := t.mayWrite("enrolment", "reassigned"); err != nil {
			return done, err
		}
		if _, err := t.programme(programme); err != nil {
			return done, err
		}
		for i, id := range in.EnrolmentIDs {
			in.EnrolmentIDs[i] = strings.ToLower(id)
		}
		known, err := t.knownCaseworkers(programme, []string{in.To})
		if err != nil {
			return done, err
		}
		done.ToIsKnown = known[in.To]
		if err := in.Check(done.ToIsKnown); err != nil {
			return done, err
		}
		if done.PermanenceIDs, err = t.handPermanencesOver(programme, in); err != nil { // held before anything else; see holding
			return done, err
		}
		held, err := t.holdCaseload(programme, in)
		if err != nil {
			return done, err
		}
		if done.Moved, done.EnrolmentIDs = len(held), keys(held); len(held) > 0 {
			if err := t.handOver(programme, in, held); err != nil {
				return done, err
			}
		}
		return done, t.countHandedOver(programme, in, &done)
	})
}

// countHandedOver counts the meetings to come that went over with their paths, and what stays with the one who followed them.
func (t *tx) countHandedOver(programme string, in domain.Reassignment, done *domain.Reassigned) error {
	var counted struct{ Appointments, AppointmentsLeft, PermanencesLeft int }
	err := t.Raw(`WITH ahead AS (SELECT appointments.enrolment_id FROM appointments WHERE appointments.status = @scheduled AND appointments.starts_at > @now)
		SELECT (SELECT count(*) FROM ahead WHERE enrolment_id = ANY (CAST(@moved AS uuid[]))) AS appointments,
			(SELECT count(*) FROM ahead WHERE enrolment_id IN (@left)) AS appointments_left,
			(SELECT count(*) FROM (@permanences) receiving) AS permanences_left`,
		map[string]any{
			"scheduled": domain.AttendanceScheduled, "now": t.now, "moved": array(done.EnrolmentIDs), "permanences": t.receiving(programme, in.From).Select("permanences.id"),
			"left": t.enrolments().Where("enrolments.programme = ? AND enrolments.voided_at IS NULL AND enrolments.caseworker_id IS NOT DISTINCT FROM ?", programme, in.From).Select("enrolments.id"),
		}).Scan(&counted).Error
	done.Appointments, done.AppointmentsLeft, done.PermanencesLeft = counted.Appointments, counted.AppointmentsLeft, counted.PermanencesLeft
	return err
}

// receiving are the permanences of a programme that have not ended, and at which that caseworker receives; none of nobody's.
func (t *tx) receiving(programme string, caseworker *string) *gorm.DB {
	return t.permanences().Where("permanences.programme = ? AND permanences.caseworker_id = ? AND (permanences.ends_on IS NULL OR permanences.ends_on >= ?)", programme, caseworker, t.today)
}

// handPermanencesOver gives over the permanences of who hands everything over; of one who keeps some, none.
func (t *tx) handPermanencesOver(programme string, in domain.Reassignment) ([]string, error) {
	if in.From == nil || len(in.EnrolmentIDs) > 0 {
		return []string{}, nil
	}
	var held []domain.Permanence
	if err := holding(t.receiving(programme, in.From)).Find(&held).Error; err != nil || len(held) == 0 {
		return []string{}, err
	}
	ids := keys(held)
	if err := t.Exec(`UPDATE permanences SET caseworker_id = ?, version = version + 1, updated_at = ? WHERE id = ANY (CAST(? AS uuid[]))`, in.To, t.now, array(ids)).Error; err != nil {
		return ids, err
	}
	return ids, t.wrote(trace{action: "reassigned", kind: "permanence", ids: ids, programme: programme, fields: []string{"caseworker_id"}})
}

// caseload are the paths that are asked to be handed over.
func (t *tx) caseload(programme string, in domain.Reassignment) *gorm.DB {
	query := t.enrolments().Where("enrolments.programme = ? AND enrolments.voided_at IS NULL AND enrolments.caseworker_id IS NOT DISTINCT FROM ?", programme, in.From)
	if len(in.EnrolmentIDs) > 0 {
		return query.Where("enrolments.id IN ?", in.EnrolmentIDs)
	}
	going := clause.NamedExpr{SQL: "(" + enrolmentStanding[domain.EnrolmentActive] + ") OR (" + enrolmentStanding[domain.EnrolmentFollowUp] + ")", Vars: []any{sql.Named("today", t.today)}}
	return query.Where(t.Where(going).Or("enrolments.id IN (?)", t.owed().Select("enrolments.id")).
		Or("EXISTS (SELECT FROM appointments WHERE appointments.enrolment_id = enrolments.id AND appointments.status = ?)", domain.AttendanceScheduled))
}

// owed are the paths whose six-month checkpoint somebody still has to see to, now or later.
func (t *tx) owed() *gorm.DB {
	return t.checkpoints(t.enrolments(), domain.CheckpointUpcoming, domain.CheckpointDue, domain.CheckpointOverdue)
}

// holdCaseload finds and holds those paths, after the participants whose they are; see locked.
func (t *tx) holdCaseload(programme string, in domain.Reassignment) ([]domain.Enrolment, error) {
	var people []string
	for range 3 { // whose a path is may change by a merge, as long as neither is held
		var hers []string
		if err := t.caseload(programme, in).Distinct("enrolments.participant_id").Pluck("enrolments.participant_id", &hers).Error; err != nil {
			return nil, err
		}
		if len(people) > 0 && !slices.ContainsFunc(hers, func(id string) bool { return !slices.Contains(people, id) }) {
			break
		}
		people = slices.Compact(slices.Sorted(slices.Values(append(people, hers...))))
		if err := t.Exec(`SELECT FROM participants WHERE id = ANY (CAST(? AS uuid[])) ORDER BY id FOR UPDATE`, array(people)).Error; err != nil {
			return nil, err
		}
	}
	var held []domain.Enrolment
	err := locked(t.caseload(programme, in)).Where("enrolments.participant_id IN ?", people).Order("enrolments.id").Find(&held).Error
	if err != nil || len(in.EnrolmentIDs) == 0 || len(held) == len(in.EnrolmentIDs) {
		return held, err
	}
	return held, t.notInHand(programme, in, keys(held))
}

// notInHand says of each path that was named, and is not to be handed over, why.
func (t *tx) notInHand(programme string, in domain.Reassignment, held []string) error {
	var there []string
	err := t.enrolments().Where("enrolments.programme = ? AND enrolments.id IN ?", programme, in.EnrolmentIDs).Pluck("enrolments.id", &there).Error
	if err != nil {
		return err
	}
	var faults domain.Faults
	for i, id := range in.EnrolmentIDs {
		switch at := "enrolment_ids[" + strconv.Itoa(i) + "]"; {
		case slices.Contains(held, id):
		case slices.Contains(there, id):
			faults.Add(at, "not_in_caseload", "This enrolment is voided, or followed by another than from says.")
		default:
			faults.Add(at, "unknown", "There is no such enrolment.")
		}
	}
	return faults.Err()
}

// handOver writes who follows those paths, which are held, and keeps the history of each. What a partner is told of a path
// says nothing of who follows it.
func (t *tx) handOver(programme string, in domain.Reassignment, held []domain.Enrolment) error {
	ids := keys(held)
	err := t.Exec(`UPDATE enrolments SET caseworker_id = ?, version = version + 1, updated_at = ? WHERE id = ANY (CAST(? AS uuid[]))`, in.To, t.now, array(ids)).Error
	if err != nil {
		return err
	}
	var people []string
	for _, before := range held {
		after := before
		after.CaseworkerID, after.Version = &in.To, before.Version+1
		c := correction{kind: "enrolment", participantID: before.ParticipantID, recordID: before.ID, programme: programme, version: after.Version}
		if in.Reason != nil {
			c.reason = *in.Reason
		}
		if err := t.remember(c, before, after); err != nil {
			return err
		}
		people = append(people, before.ParticipantID)
	}
	return t.wrote(trace{action: "reassigned", kind: "enrolment", ids: ids, whose: people, programme: programme, fields: []string{"caseworker_id"}})
}

// knownCaseworkers tells which of these subjects followed anybody in the programme, receive at a permanence of it, or have called
// for it. There is no table of those who may: a subject is whatever a token says.
func (t *tx) knownCaseworkers(programme string, subjects []string) (map[string]bool, error) {
	var found []string
	err := t.Raw(`SELECT asked.subject FROM unnest(CAST(@subjects AS text[])) asked (subject)
		WHERE EXISTS (SELECT FROM enrolments WHERE caseworker_id = asked.subject AND programme = @programme)
		OR EXISTS (SELECT FROM permanences WHERE caseworker_id = asked.subject AND programme = @programme)
		OR EXISTS (SELECT FROM audit_events WHERE audit_events.subject = asked.subject AND programme = @programme AND role IN ('caseworker', 'coordinator'))`,
		map[string]any{"subjects": array(subjects), "programme": programme}).Scan(&found).Error
	known := make(map[string]bool, len(found))
	for _, subject := range found {
		known[subject] = true
	}
	return known, err
}
