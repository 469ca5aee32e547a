package persistence

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
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
	for _, row := range sound(rows) {
		if row.reachedErased {
			i.report.ReachesErased(row.Line)
		}
	}
	if err := i.resemble(sound(rows), made); err != nil {
		return err
	}
	return i.imported("imported", sound(rows), nil)
}

// compare gives people what they are looked for by, and refuses those who resemble somebody who was erased.
func (i *importing) compare(rows []*importedRow, made map[*importedRow]participantRow) error {
	people := make([]participantRow, len(rows))
	for n, row := range rows {
		people[n] = made[row]
	}
	named, reached, err := i.keyed(people)
	if err != nil {
		return err
	}
	for n, row := range rows {
		made[row], row.reachedErased = people[n], reached[n]
		if named[n] {
			row.faults = append(row.faults, domain.ResemblesErased)
		}
	}
	return nil
}

// keyed gives people what they are looked for by, and tells of each whether somebody of her names was once erased, and
// whether somebody who was reached as she is.
func (i *importing) keyed(people []participantRow) (named, reached []bool, err error) {
	if err := i.countStones(); err != nil {
		return nil, nil, err
	}
	var first, last, phones, mails column
	for _, person := range people {
		first, last = append(first, person.FirstName), append(last, person.LastName)
		phones, mails = append(phones, textOf(person.Phone)), append(mails, textOf(person.Email))
	}
	var folded []struct{ First, Last, Names, Phone, Email string }
	err = i.Raw(`SELECT fold(first) AS first, fold(last) AS last, fold(last || ' ' || first) AS names,
			right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) AS phone, lower(btrim(email)) AS email
		FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[])) WITH ORDINALITY people (first, last, phone, email, n) ORDER BY n`,
		first, last, phones, mails).Scan(&folded).Error
	if err != nil {
		return nil, nil, err
	}
	var stones []digest
	of, byNames := map[string][]int{}, map[string]bool{}
	for n, form := range folded {
		person := &people[n]
		sought := recognised{FoldFirst: form.First, FoldLast: form.Last, BirthDate: person.BirthDate, Phone: person.Phone, Email: person.Email}
		traits := sought.traits()
		person.MatchKeys, person.strong = keysOf(traits), hashedKeys(traits.StrongKeys())
		if i.graves == nil {
			continue
		}
		for _, stone := range i.graves.sought(marks{inAnyOrder(form.Names), form.Phone, form.Email}, person.BirthDate) {
			stones = append(stones, stone.digest)
			written := hex.EncodeToString(stone.digest)
			of[written], byNames[written] = append(of[written], n), stone.kind != "phone" && stone.kind != "email"
		}
	}
	named, reached = make([]bool, len(people)), make([]bool, len(people))
	found, err := i.stonesAmong(stones)
	for stone := range found {
		for _, n := range of[stone] {
			named[n], reached[n] = named[n] || byNames[stone], reached[n] || !byNames[stone]
		}
	}
	return named, reached, err
}

func (i *importing) countStones() error {
	if i.graves == nil || i.stones != nil {
		return nil
	}
	i.stones = new(int64)
	return i.Table("tombstones").Count(i.stones).Error
}

// nobodyErasedMeanwhile holds the graveyard's lock at the very end, as whoever records somebody by hand does throughout: an
// erasure does not wait for minutes, nor does everybody who records somebody wait behind it. Where tombstones came since the first row
// was compared with them, all rows are compared once more.
func (i *importing) nobodyErasedMeanwhile() error {
	if i.stones == nil {
		return nil // nobody was recorded, or nobody is recognised
	}
	if err := i.Exec(`SELECT pg_advisory_xact_lock_shared(?)`, graveyard).Error; err != nil {
		return err
	}
	var now int64
	if err := i.Table("tombstones").Count(&now).Error; err != nil || now == *i.stones {
		return err
	}
	for last := ""; ; {
		var some []struct {
			domain.Participant
			ExternalReference string
		}
		err := i.Raw(`SELECT r.external_reference, p.* FROM import_records r JOIN participants p ON p.id = r.record_id
			WHERE r.programme = ? AND r.kind = ? AND r.external_reference > ? AND r.import_id = ? ORDER BY r.external_reference LIMIT ?`,
			i.programme.Slug, i.kind, last, i.id, importBatch).Scan(&some).Error
		if err != nil || len(some) == 0 {
			return err
		}
		people := make([]participantRow, len(some))
		for n, one := range some {
			people[n].Participant = one.Participant
		}
		named, _, err := i.keyed(people)
		if err == nil && slices.Contains(named, true) {
			err = domain.ErasedMeanwhile
		}
		if err != nil {
			return err
		}
		last = some[len(some)-1].ExternalReference
	}
}

// resemble reports which of the people just recorded are likelier than not somebody who is on file already, or is in an
// earlier row. Only those are looked at who share more than a name or a day of birth: among thousands of rows, what is merely
// possible is nobody's to read, and duplicates still names it of each.
func (i *importing) resemble(rows []*importedRow, made map[*importedRow]participantRow) error {
	of, here := map[string]*importedRow{}, map[string]bool{}
	var subjects, wanted column
	var recorded []string
	for _, row := range rows {
		of[row.recordID], here[row.recordID] = row, true
		recorded = append(recorded, row.recordID)
		for _, key := range made[row].strong {
			subjects, wanted = append(subjects, row.recordID), append(wanted, strconv.FormatInt(key, 10))
		}
	}
	var pairs []pair
	err := i.Raw(`SELECT DISTINCT subject, 'participant' AS kind, m.record_id FROM unnest(CAST(? AS text[]), CAST(? AS text[])) asked (subject, key), unnest(CAST(? AS text[])) slugs (slug),
			LATERAL (SELECT record_id FROM match_index WHERE programme = slug AND kind = 'participant' AND match_index.key = CAST(asked.key AS bigint) AND record_id <> CAST(subject AS uuid) ORDER BY record_id LIMIT 10) m`,
		subjects, wanted, domain.Codes(i.actor.Programmes)).Scan(&pairs).Error
	if err != nil || len(pairs) == 0 {
		return err
	}
	var before []string // rows of this file that were recorded with those before
	var others array
	for _, one := range pairs {
		others = append(others, one.RecordID)
	}
	if err := i.Raw(`SELECT record_id FROM import_records WHERE record_id = ANY (CAST(? AS uuid[])) AND import_id = ?`, others, i.id).Scan(&before).Error; err != nil {
		return err
	}
	for _, id := range before {
		here[id] = true
	}
	found, err := i.weighed("participant", recorded, pairs)
	if err != nil {
		return err
	}
	for _, id := range recorded {
		onFile, again := []string{}, false
		for _, match := range found[id] {
			switch {
			case !match.Probable():
			case !here[match.ID]:
				onFile = append(onFile, match.ID)
			default: // of two rows of one batch, the later is the one that comes again
				again = again || of[match.ID] == nil || of[match.ID].Line < of[id].Line
			}
		}
		if again || len(onFile) > 0 {
			i.report.Resembles(of[id].Line, onFile)
		}
	}
	return nil
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
	if err := i.warnOfCaseworkers(rows); err != nil {
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

// warnOfCaseworkers reports whom the rows name to follow people, and nobody knows: a slip there hides a path from its caseworker.
func (i *importing) warnOfCaseworkers(rows []*importedRow) error {
	first := map[string]int{}
	var asked []string
	for _, row := range rows {
		named := row.Record.(domain.ImportedEnrolment).CaseworkerID
		if named == nil {
			continue
		}
		if _, looked := i.caseworkers[*named]; looked || first[*named] > 0 {
			continue
		}
		first[*named], asked = row.Line, append(asked, *named)
	}
	if len(asked) == 0 {
		return nil
	}
	known, err := i.knownCaseworkers(i.programme.Slug, asked)
	for _, name := range asked {
		if i.caseworkers[name] = known[name]; !known[name] {
			i.report.UnknownCaseworker(first[name])
		}
	}
	return err
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
