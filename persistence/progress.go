package persistence

import (
	"database/sql"
	"time"

	"o2r/domain"
)

// tellPartner brings the referral that opened an enrolment up to date with what became of the
// person, and leaves an event for each thing that is new. It belongs after every change of an
// enrolment or of one of its appointments, in the same transaction. An enrolment that no referral
// opened tells nobody. Whoever referred her to a path that was folded into this one, however often, learns
// what came since, and of its own meetings.
func (t *tx) tellPartner(enrolmentID string) error {
	var referrals []domain.Referral
	err := locked(t.Table("referrals")).Where(`referrals.erased_at IS NULL AND referrals.enrolment_id IN (
		WITH RECURSIVE joined AS (SELECT CAST(@id AS uuid) AS id UNION SELECT e.id FROM joined JOIN enrolments e ON e.folded_into = joined.id)
		SELECT id FROM joined)`, sql.Named("id", enrolmentID)).Order("referrals.id").Find(&referrals).Error
	if err != nil {
		return err
	}
	for _, referral := range referrals {
		progress, err := t.progress(*referral.EnrolmentID)
		if err == nil {
			err = t.tell(referral, progress)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) tell(referral domain.Referral, progress domain.Progress) error {
	before := referral.Progress
	referral.Progress = progress
	news := referral.Progress.Since(before)
	if len(news) == 0 {
		return nil
	}
	// Neither version nor updated_at: who may not know what is new would see that something is.
	err := t.Table("referrals").Where("id = ?", referral.ID).UpdateColumns(map[string]any{
		"first_appointment_at": referral.FirstAppointmentAt, "meetings_attended": referral.MeetingsAttended,
		"meetings_missed": referral.MeetingsMissed, "exit_class": referral.ExitClass,
	}).Error
	if err != nil {
		return err
	}
	system, facts := t.bySystem(), referral.Facts()
	for _, action := range news {
		err := system.wrote(trace{action: action, kind: "referral", ids: []string{referral.ID}, whose: ledTo(referral), programme: referral.Programme,
			fields: changedFields(before, referral.Progress), partner: referral.OrganisationID, facts: &facts})
		if err != nil {
			return err
		}
	}
	return nil
}

// progress reads what became of the person on that path, or on the one into which it was folded. Of a
// voided one, nothing did. What the other path had before the two were joined is not told: that
// somebody else had referred her, and since when she came, is nothing of this partner's.
func (t *tx) progress(own string) (domain.Progress, error) {
	var found struct {
		FirstAppointmentAt *time.Time
		Attended, Missed   int
		ExitKind           *domain.ExitKind
		VoidedAt           *time.Time
	}
	err := t.Raw(`WITH RECURSIVE chain AS (
			SELECT e.id, e.folded_into, e.voided_at, e.exit_kind FROM enrolments e WHERE e.id = @own
			UNION ALL SELECT e.id, e.folded_into, e.voided_at, e.exit_kind FROM chain JOIN enrolments e ON e.id = chain.folded_into),
		stands AS MATERIALIZED (SELECT id, voided_at, exit_kind FROM chain WHERE folded_into IS NULL),
		met AS (SELECT starts_at, status FROM appointments a
			WHERE a.recorded_under = @own OR (a.enrolment_id = @own AND a.recorded_under IS NULL)
				OR (a.enrolment_id = (SELECT id FROM stands) AND a.recorded_under IS NULL AND a.created_at >= (SELECT max(voided_at) FROM chain WHERE folded_into IS NOT NULL)))
		SELECT stands.exit_kind, stands.voided_at,
			(SELECT min(starts_at) FROM met WHERE status <> 'cancelled') AS first_appointment_at,
			(SELECT count(*) FROM met WHERE status = 'attended') AS attended, (SELECT count(*) FROM met WHERE status = 'no_show') AS missed
		FROM stands`, sql.Named("own", own)).Scan(&found).Error
	if err != nil {
		return domain.Progress{}, err
	}
	if found.VoidedAt != nil {
		return domain.Progress{MeetingsAttended: new(int), MeetingsMissed: new(int)}, nil
	}
	progress := domain.Progress{FirstAppointmentAt: found.FirstAppointmentAt, MeetingsAttended: &found.Attended, MeetingsMissed: &found.Missed}
	if found.ExitKind != nil {
		class := domain.ClassOf(*found.ExitKind)
		progress.ExitClass = &class
	}
	return progress, nil
}
