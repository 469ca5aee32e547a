package persistence

import (
	"encoding/hex"

	"o2r/domain"
)

// What rows name: the records of other rows, and what only the database knows.

// recordsOf finds the records that rows of another kind made, by their references.
func (i *importing) recordsOf(kind domain.ImportKind, references []string) (map[string]string, error) {
	var found []struct{ ExternalReference, RecordID string }
	err := i.Raw(`SELECT r.external_reference, r.record_id `+rowsAsked, array(references), i.programme.Slug, kind).Scan(&found).Error
	records := make(map[string]string, len(found))
	for _, record := range found {
		records[record.ExternalReference] = record.RecordID
	}
	return records, err
}

// naming is how rows name records of one kind, and what became of them.
type naming struct {
	kind   domain.ImportKind
	column string // that holds the identifier; the reference's is beside it
	what   string
	name   func(domain.ImportRecord) (reference, id *string)
}

// lead gives the identifier that each row leads to; "" where it leads nowhere, and the row is refused.
func (i *importing) lead(rows []*importedRow, by naming) ([]string, error) {
	var references []string
	for _, row := range rows {
		if reference, _ := by.name(row.Record); reference != nil {
			references = append(references, *reference)
		}
	}
	records, err := i.recordsOf(by.kind, references)
	if err != nil {
		return nil, err
	}
	erased, err := i.erasedRows(by.kind, references)
	if err != nil {
		return nil, err
	}
	leads := make([]string, len(rows))
	for n, row := range rows {
		reference, id := by.name(row.Record)
		switch {
		case id != nil:
			leads[n] = *id
		case reference == nil: // refused already
		case records[*reference] != "":
			leads[n] = records[*reference]
		case erased[*reference]:
			row.faults.Add(by.column+"_reference", "erased", "The person of this row was erased here: take her out of the file.")
		default:
			row.faults.Add(by.column+"_reference", "unknown", "No row of %s with this reference was imported into the programme: import those first.", by.kind)
		}
	}
	return leads, nil
}

// missed refuses a row whose record is not there, or not within reach.
func (by naming) missed(row *importedRow) {
	field := by.column + "_reference"
	if _, id := by.name(row.Record); id != nil {
		field = by.column + "_id"
	}
	row.faults.Add(field, "unknown", "There is no such %s.", by.what)
}

// eachAmong gives each row what it leads to among the records that were found; rows that lead to nothing there are told so.
func eachAmong[T interface{ Key() string }](found []T, leads []string, rows []*importedRow, by naming) []*T {
	each, within := make([]*T, len(rows)), map[string]*T{}
	for n := range found {
		within[found[n].Key()] = &found[n]
	}
	for n, row := range rows {
		if leads[n] == "" {
			continue
		}
		if each[n] = within[leads[n]]; each[n] == nil {
			by.missed(row)
		}
	}
	return each
}

// people finds, and holds, whom rows name. Of somebody who was merged into another, it is that other.
func (i *importing) people(rows []*importedRow) ([]*domain.Participant, error) {
	by := naming{domain.ImportParticipants, "participant", "participant", func(record domain.ImportRecord) (reference, id *string) {
		path := record.(domain.ImportedEnrolment)
		return path.ParticipantReference, path.ParticipantID
	}}
	leads, err := i.lead(rows, by)
	if err != nil {
		return nil, err
	}
	var merged []struct{ ID, Survivor string }
	if err := i.Raw(`SELECT id, survivor_of(id) AS survivor FROM unnest(CAST(? AS uuid[])) id`, ids(leads)).Scan(&merged).Error; err != nil {
		return nil, err
	}
	survivor := map[string]string{}
	var all array
	for _, one := range merged {
		survivor[one.ID] = one.Survivor
		all = append(all, one.Survivor)
	}
	var found []domain.Participant
	if err := locked(i.participants()).Where("participants.id = ANY (CAST(? AS uuid[]))", all).Order("participants.id").Find(&found).Error; err != nil {
		return nil, err
	}
	for n, lead := range leads {
		leads[n] = survivor[lead]
	}
	return eachAmong(found, leads, rows, by), nil
}

// standing gives the paths that stand for these: themselves, but for those that were folded into another since.
func (i *importing) standing(paths []string) (map[string]string, error) {
	var found []struct{ Named, Stands string }
	err := i.Raw(`WITH RECURSIVE chain AS (SELECT id AS named, id FROM unnest(CAST(? AS uuid[])) id
			UNION SELECT chain.named, e.folded_into FROM chain JOIN enrolments e ON e.id = chain.id WHERE e.folded_into IS NOT NULL)
		SELECT named, chain.id AS stands FROM chain WHERE NOT EXISTS (SELECT FROM enrolments e WHERE e.id = chain.id AND e.folded_into IS NOT NULL)`, ids(paths)).Scan(&found).Error
	stands := make(map[string]string, len(found))
	for _, one := range found {
		stands[one.Named] = one.Stands
	}
	return stands, err
}

// paths finds, and holds, the enrolments that rows name; of one that was folded into another, that other. Rows that name
// the same one share it.
func (i *importing) paths(rows []*importedRow, of func(domain.ImportRecord) domain.OfEnrolment, people bool) ([]*domain.Enrolment, error) {
	by := naming{domain.ImportEnrolments, "enrolment", "enrolment", func(record domain.ImportRecord) (reference, id *string) {
		path := of(record)
		return path.EnrolmentReference, path.EnrolmentID
	}}
	leads, err := i.lead(rows, by)
	if err != nil {
		return nil, err
	}
	stands, err := i.standing(leads)
	if err != nil {
		return nil, err
	}
	for n, lead := range leads {
		leads[n] = stands[lead]
	}
	if people { // before their enrolments; see locked
		err := i.Exec(`SELECT FROM participants WHERE id IN (SELECT participant_id FROM enrolments WHERE id = ANY (CAST(? AS uuid[]))) ORDER BY id FOR UPDATE`, ids(leads)).Error
		if err != nil {
			return nil, err
		}
	}
	var found []domain.Enrolment
	err = locked(i.enrolments()).Where("enrolments.programme = ? AND enrolments.id = ANY (CAST(? AS uuid[]))", i.programme.Slug, ids(leads)).Order("enrolments.id").Find(&found).Error
	if err != nil {
		return nil, err
	}
	return eachAmong(found, leads, rows, by), nil
}

// ids are the identifiers that there are, each once.
func ids(leads []string) array {
	var all array
	for _, id := range leads {
		if id != "" {
			all = append(all, id)
		}
	}
	return all
}

// tell notes which of these enrolments a partner referred: it learns at the end what is new.
func (i *importing) tell(enrolments []string) error {
	var referred []string
	err := i.Raw(`WITH RECURSIVE joined AS (
			SELECT id AS stands, id FROM unnest(CAST(? AS uuid[])) id UNION SELECT joined.stands, e.id FROM joined JOIN enrolments e ON e.folded_into = joined.id)
		SELECT DISTINCT joined.stands FROM joined JOIN referrals r ON r.enrolment_id = joined.id`, array(enrolments)).Scan(&referred).Error
	for _, id := range referred {
		i.referred[id] = true
	}
	return err
}

// checkTerritories refuses what is no commune or priority quarter.
func (i *importing) checkTerritories(rows []*importedRow, of func(domain.ImportRecord) *string) error {
	var codes array
	for _, row := range rows {
		if code := of(row.Record); code != nil {
			codes = append(codes, *code)
		}
	}
	var found []string
	if err := i.Raw(`SELECT code FROM territories WHERE code = ANY (CAST(? AS text[]))`, codes).Scan(&found).Error; err != nil {
		return err
	}
	known := map[string]bool{}
	for _, code := range found {
		known[code] = true
	}
	for _, row := range rows {
		if code := of(row.Record); code != nil && !known[*code] {
			if err := row.refuse(unknownTerritory); err != nil {
				return err
			}
		}
	}
	return nil
}

// at finds the sites that rows name.
func (i *importing) at(rows []*importedRow, of func(domain.ImportRecord) domain.AtSite) ([]*string, error) {
	var names, identifiers array
	for _, row := range rows {
		site := of(row.Record)
		if site.SiteName != nil {
			names = append(names, *site.SiteName)
		}
		if site.SiteID != nil {
			identifiers = append(identifiers, *site.SiteID)
		}
	}
	var found []struct{ Name, ID string }
	if len(names)+len(identifiers) > 0 {
		err := i.Raw(`SELECT asked AS name, s.id FROM unnest(CAST(@names AS text[])) asked JOIN sites s ON s.programme = @programme AND fold(s.name) = fold(asked)
			UNION ALL SELECT s.id::text, s.id FROM sites s WHERE s.programme = @programme AND s.id = ANY (CAST(@ids AS uuid[]))`,
			map[string]any{"programme": i.programme.Slug, "names": names, "ids": identifiers}).Scan(&found).Error
		if err != nil {
			return nil, err
		}
	}
	known, times := map[string]string{}, map[string]int{}
	for _, site := range found {
		known[site.Name] = site.ID
		times[site.Name]++
	}
	sites := make([]*string, len(rows))
	for n, row := range rows {
		site, field := of(row.Record), "site_id"
		named := site.SiteID
		if named == nil {
			named, field = site.SiteName, "site_name"
		}
		switch {
		case named == nil:
		case times[*named] == 1:
			sites[n] = new(known[*named])
		case times[*named] > 1:
			row.faults.Add(field, "ambiguous", "Two sites of the programme are called so: say site_id.")
		default:
			row.faults.Add(field, "unknown", "The programme has no such site.")
		}
	}
	return sites, nil
}

// erasedRows tells which references are those of somebody who was erased.
func (i *importing) erasedRows(kind domain.ImportKind, references []string) (map[string]bool, error) {
	if i.graves == nil || len(references) == 0 {
		return nil, nil
	}
	of := map[string]string{}
	var stones []digest
	for _, reference := range references {
		stone := i.graves.row(i.programme.Slug, kind, reference)
		of[hex.EncodeToString(stone)] = reference
		stones = append(stones, stone)
	}
	found, err := i.stonesAmong(stones)
	erased := map[string]bool{}
	for stone := range found {
		erased[of[stone]] = true
	}
	return erased, err
}

// stonesAmong tells which of these tombstones there are, by their digests in hexadecimal.
func (t *tx) stonesAmong(stones []digest) (map[string]bool, error) {
	written := make(array, len(stones))
	for n, stone := range stones {
		written[n] = `\x` + hex.EncodeToString(stone)
	}
	var found []string
	err := t.Raw(`SELECT encode(digest, 'hex') FROM tombstones WHERE kind IN ('birth', 'names', 'names_alone', 'phone', 'email', 'row') AND digest = ANY (CAST(? AS bytea[]))`, written).Scan(&found).Error
	there := make(map[string]bool, len(found))
	for _, stone := range found {
		there[stone] = true
	}
	return there, err
}

// row is the tombstone by which the row of somebody who was erased is recognised.
func (k tombstoneKey) row(programme string, kind domain.ImportKind, reference string) digest {
	return k.digest("row", programme+"\x00"+string(kind)+"\x00"+reference)
}

// fromRows are the rows that made the records of the person @id.
const fromRows = `record_id IN (SELECT merged_with(@id) UNION SELECT id FROM enrolments WHERE participant_id = @id
	UNION SELECT a.id FROM appointments a JOIN enrolments e ON e.id = a.enrolment_id WHERE e.participant_id = @id)`

// buryRows lays the tombstones of the rows that made a person's records, and forgets the rows: their
// references are the source's, and may tell of her.
func (t *tx) buryRows(participantID string) error {
	named := map[string]any{"id": participantID}
	var rows []struct {
		Programme, ExternalReference string
		Kind                         domain.ImportKind
	}
	if err := t.Raw(`SELECT programme, kind, external_reference FROM import_records WHERE `+fromRows, named).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return err
	}
	stones := make(array, len(rows))
	for n, row := range rows {
		stones[n] = hex.EncodeToString(t.graves.row(row.Programme, row.Kind, row.ExternalReference))
	}
	err := t.Exec(`INSERT INTO tombstones (kind, digest, made_on) SELECT 'row', decode(stone, 'hex'), ? FROM unnest(CAST(? AS text[])) stone ON CONFLICT DO NOTHING`, t.today, stones).Error
	if err != nil {
		return err
	}
	return t.Exec(`DELETE FROM import_records WHERE `+fromRows, named).Error
}
