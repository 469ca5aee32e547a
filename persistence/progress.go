package persistence

import (
	"errors"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// tellPartner brings the referral that opened an enrolment up to date with what became of the
// person, and leaves an event for each thing that is new. It belongs after every change of an
// enrolment or of one of its appointments, in the same transaction. An enrolment that no referral
// opened tells nobody.
func (t *tx) tellPartner(enrolmentID string) error {
	var referral domain.Referral
	err := locked(t.Table("referrals")).Where("referrals.enrolment_id = ? AND referrals.erased_at IS NULL", enrolmentID).Take(&referral).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before := referral.Progress
	if referral.Progress, err = t.progress(enrolmentID); err != nil {
		return err
	}
	news := referral.Progress.Since(before)
	if len(news) == 0 {
		return nil
	}
	// Neither version nor updated_at: who may not know what is new would see that something is.
	err = t.Table("referrals").Where("id = ?", referral.ID).UpdateColumns(map[string]any{
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

// progress reads what became of the person on that path. Of a voided one, nothing did.
func (t *tx) progress(enrolmentID string) (domain.Progress, error) {
	var found struct {
		FirstAppointmentAt *time.Time
		Attended, Missed   int
		ExitKind           *domain.ExitKind
		VoidedAt           *time.Time
	}
	err := t.Raw(`SELECT e.exit_kind, e.voided_at,
			min(a.starts_at) FILTER (WHERE a.status <> 'cancelled') AS first_appointment_at,
			count(*) FILTER (WHERE a.status = 'attended') AS attended, count(*) FILTER (WHERE a.status = 'no_show') AS missed
		FROM enrolments e LEFT JOIN appointments a ON a.enrolment_id = e.id
		WHERE e.id = ? GROUP BY e.id`, enrolmentID).Scan(&found).Error
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
