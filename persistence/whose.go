package persistence

import "o2r/domain"

// listedPath is of whom a row of a list is, by the enrolment that it names.
type listedPath struct {
	ID     string
	Voided bool
	domain.Whose
}

// whose are the paths that rows of a list name, which the actor reaches: one statement.
func (t *tx) whose(enrolmentIDs []string) (map[string]listedPath, error) {
	byID := map[string]listedPath{}
	if len(enrolmentIDs) == 0 {
		return byID, nil
	}
	var found []listedPath
	err := t.Table("enrolments").Joins("LEFT JOIN participants ON participants.id = enrolments.participant_id").
		Select("enrolments.id, enrolments.programme, enrolments.participant_id, enrolments.caseworker_id, enrolments.voided_at IS NOT NULL AS voided, participants.first_name, participants.last_name").
		Where("enrolments.id = ANY (CAST(? AS uuid[]))", array(enrolmentIDs)).Find(&found).Error
	for _, one := range found {
		byID[one.ID] = one
	}
	return byID, err
}

// lookedAt notes in the trail that rows of a list were read, and of whom they are.
func (t *tx) lookedAt(kind, programme string, ids []string, paths map[string]listedPath) error {
	for _, one := range paths {
		ids = append(ids, one.ParticipantID)
	}
	return t.saw(kind, programme, ids...)
}
