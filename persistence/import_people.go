package persistence

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"o2r/domain"
)

// newParticipants records people, as NewParticipant does. Whoever resembles somebody who was erased is refused;
// see domain.ResemblesErased.
func (i *importing) newParticipants(rows []*importedRow) error {
	if err := i.checkTerritories(rows, func(record domain.ImportRecord) *string { return record.(domain.ImportedParticipant).TerritoryCode }); err != nil {
		return err
	}
	made := map[*importedRow]participantRow{}
	for _, row := range rows {
		in := row.Record.(domain.ImportedParticipant).ParticipantInput
		if err := row.refuse(in.Check(i.today)); err != nil {
			return err
		}
		made[row] = participantRow{Participant: domain.Participant{Stamp: i.stamp(), OrganisationID: i.actor.OrganisationID, ParticipantInput: in}, RecordedFor: domain.Codes{i.programme.Slug}}
	}
	if err := i.compare(rows, made); err != nil {
		return err
	}
	if err := insert(i, rows, made); err != nil {
		return err
	}
	return i.imported("imported", sound(rows), nil)
}

// compare gives people what they are looked for by, and refuses those who resemble somebody who was erased.
// Until the transaction ends, nobody is; see resemblesErased.
func (i *importing) compare(rows []*importedRow, made map[*importedRow]participantRow) error {
	if i.graves != nil {
		if err := i.Exec(`SELECT pg_advisory_xact_lock_shared(?)`, graveyard).Error; err != nil {
			return err
		}
	}
	var first, last, phones, mails column
	for _, row := range rows {
		person := made[row]
		first, last = append(first, person.FirstName), append(last, person.LastName)
		phones, mails = append(phones, textOf(person.Phone)), append(mails, textOf(person.Email))
	}
	var folded []struct{ First, Last, Names, Phone, Email string }
	err := i.Raw(`SELECT fold(first) AS first, fold(last) AS last, fold(last || ' ' || first) AS names,
			right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) AS phone, lower(btrim(email)) AS email
		FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[])) WITH ORDINALITY people (first, last, phone, email, n) ORDER BY n`,
		first, last, phones, mails).Scan(&folded).Error
	if err != nil {
		return err
	}
	var stones []digest
	of := map[string][]*importedRow{}
	for n, row := range rows {
		person, form := made[row], folded[n]
		sought := recognised{FoldFirst: form.First, FoldLast: form.Last, BirthDate: person.BirthDate, Phone: person.Phone, Email: person.Email}
		person.MatchKeys = keysOf(sought.traits())
		made[row] = person
		if i.graves == nil {
			continue
		}
		for _, stone := range i.graves.sought(marks{inAnyOrder(form.Names), form.Phone, form.Email}, person.BirthDate) {
			stones = append(stones, stone.digest)
			of[hex.EncodeToString(stone.digest)] = append(of[hex.EncodeToString(stone.digest)], row)
		}
	}
	found, err := i.stonesAmong(stones)
	resembling := map[*importedRow]bool{}
	for stone := range found {
		for _, row := range of[stone] {
			if !resembling[row] {
				resembling[row] = true
				row.faults = append(row.faults, domain.ResemblesErased)
			}
		}
	}
	return err
}

// newEnrolments opens people's paths, as Enrol does, and ends those that say how they ended.
func (i *importing) newEnrolments(rows []*importedRow) error {
	people, err := i.people(rows)
	if err != nil {
		return err
	}
	sites, err := i.at(rows, func(record domain.ImportRecord) domain.AtSite { return record.(domain.ImportedEnrolment).AtSite })
	if err != nil {
		return err
	}
	if err := i.checkTerritories(rows, func(record domain.ImportRecord) *string { return record.(domain.ImportedEnrolment).TerritoryCode }); err != nil {
		return err
	}
	made, whose := map[*importedRow]domain.Enrolment{}, map[*importedRow]string{}
	for n, row := range rows {
		record, person := row.Record.(domain.ImportedEnrolment), people[n]
		if person == nil {
			person = &domain.Participant{} // who she is says nothing of the rest
		}
		path := domain.Enrolment{Stamp: i.stamp(), EnrolmentInput: record.Entry(i.programme.Slug, person.ID, sites[n])}
		if path.TerritoryCode == nil {
			path.TerritoryCode = person.TerritoryCode
		}
		if err := row.refuse(path.EnrolmentInput.Check(i.programme, person.BirthDate, i.today)); err != nil {
			return err
		}
		exit, err := record.Exit()
		if err == nil && exit != nil {
			if err = path.Leave(*exit, i.today); err == nil {
				err = i.mayBeKept(*exit)
			}
		}
		if err := row.refuse(err); err != nil {
			return err
		}
		made[row], whose[row] = path, person.ID
	}
	if err := insert(i, rows, made); err != nil {
		return err
	}
	var hers []string
	for _, row := range sound(rows) {
		hers = append(hers, whose[row])
	}
	return i.imported("imported", sound(rows), hers)
}

// newExits ends paths, as Exit does.
func (i *importing) newExits(rows []*importedRow) error {
	paths, err := i.paths(rows, func(record domain.ImportRecord) domain.OfEnrolment { return record.(domain.ImportedExit).OfEnrolment }, true)
	if err != nil {
		return err
	}
	var ended, whose []string
	var after []domain.Enrolment
	var history []fieldChangeRow
	changed := map[string]bool{}
	for n, row := range rows {
		path := paths[n]
		if path == nil {
			continue
		}
		before := *path
		if err := row.refuse(path.Leave(row.Record.(domain.ImportedExit).Exit, i.today)); err != nil {
			return err
		}
		if len(row.faults) > 0 {
			continue
		}
		path.Version, path.UpdatedAt, row.recordID = path.Version+1, i.now, path.ID
		ended, whose, after = append(ended, path.ID), append(whose, path.ParticipantID), append(after, *path)
		for _, field := range changedFields(before, *path) {
			changed[field] = true
		}
		history = append(history, i.corrections(correction{kind: "enrolment", participantID: path.ParticipantID, recordID: path.ID, programme: path.Programme, version: path.Version}, before, *path)...)
	}
	if len(ended) == 0 {
		return nil
	}
	if err := i.saveAll("enrolments", sortedKeys(changed), after); err != nil {
		return err
	}
	if err := i.rememberAll(history); err != nil {
		return err
	}
	if err := i.tell(ended); err != nil {
		return err
	}
	return i.imported("exited", sound(rows), whose)
}

// saveAll is save for many records that the transaction holds locked: it writes those columns, which are called
// as the fields are in JSON.
func (t *tx) saveAll(table string, columns []string, records []domain.Enrolment) error {
	encoded, err := json.Marshal(records)
	if err != nil {
		return err
	}
	set := make([]string, 0, len(columns)+2)
	for _, column := range append(columns, "version", "updated_at") {
		set = append(set, column+" = v."+column)
	}
	result := t.Exec(`UPDATE `+table+` SET `+strings.Join(set, ", ")+` FROM jsonb_populate_recordset(NULL::`+table+`, CAST(? AS jsonb)) v
		WHERE `+table+`.id = v.id AND `+table+`.version = v.version - 1`, string(encoded))
	if result.Error == nil && int(result.RowsAffected) != len(records) {
		return fmt.Errorf("of %d locked records, %d were written", len(records), result.RowsAffected)
	}
	return result.Error
}
