package persistence

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"iter"
	"slices"

	"github.com/google/uuid"

	"o2r/domain"
)

// importBatch is how many rows are worked on at once: as many records stand in memory, however long a file is.
const importBatch = 500

// Import records the rows of a file, all or none, or says what it would do. What it says is the same, because
// it does the same: to validate is to take all of it back. A file is read again from its beginning where the
// transaction is tried again. While one is under way, no other is let into the programme.
func (s *Session) Import(ctx context.Context, order domain.ImportOrder, rows iter.Seq2[domain.ImportRow, error]) (domain.ImportReport, error) {
	return fetch(ctx, s, func(t *tx) (domain.ImportReport, error) {
		report := domain.ImportReport{Kind: order.Kind, Mode: order.Mode, Faults: []domain.ImportFault{}, Warnings: []domain.ImportFault{}, Resemblances: []domain.ImportResemblance{}, ReachedAsErasedLines: []int{}}
		work, err := t.importInto(order, &report)
		if err != nil {
			return report, err
		}
		if err := t.Exec(`SAVEPOINT import`).Error; err != nil {
			return report, err
		}
		if err := work.take(rows); err != nil {
			return report, err
		}
		if order.Mode == domain.ImportCommit && report.Faulty == 0 {
			if err := work.nobodyErasedMeanwhile(); err != nil {
				return report, err
			}
		}
		report.Order()
		done := trace{action: "import_committed", kind: work.of, programme: report.Programme}
		switch {
		case order.Mode == domain.ImportValidate:
			done.action = "import_validated"
		case report.Faulty > 0:
			done.action = "import_refused"
		default:
			return report, work.told(done)
		}
		if err := t.Exec(`ROLLBACK TO SAVEPOINT import`).Error; err != nil {
			return report, err
		}
		return report, work.told(done)
	})
}

// told leaves in the trail what became of the file, and which files of people the report leads to.
func (i *importing) told(done trace) error {
	var shown []string
	for _, one := range i.report.Resemblances {
		shown = append(shown, one.ParticipantIDs...)
	}
	slices.Sort(shown)
	if shown = slices.Compact(shown); len(shown) > 0 {
		if err := i.audit(trace{action: "matched", kind: "participant", ids: shown, programme: i.programme.Slug}); err != nil {
			return err
		}
	}
	return i.audit(done)
}

// importInto lets an import into its programme, alone.
func (t *tx) importInto(order domain.ImportOrder, report *domain.ImportReport) (*importing, error) {
	if err := t.mayWrite("import", string(order.Mode)); err != nil {
		return nil, err
	}
	if err := t.mustHaveOrganisation(); err != nil {
		return nil, err
	}
	slug, err := order.Into(t.actor)
	if err != nil {
		return nil, err
	}
	programme, err := t.programme(slug)
	if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
		var faults domain.Faults
		faults.AddAt("query.programme", "unknown", "There is no such programme.")
		return nil, faults.Err()
	}
	if err != nil {
		return nil, err
	}
	var alone bool
	if err := t.Raw(`SELECT pg_try_advisory_xact_lock(hashtextextended('o2r import ' || ?, 0))`, slug).Scan(&alone).Error; err != nil {
		return nil, err
	}
	if !alone {
		return nil, domain.Refused("import_running", "Another file is being imported into this programme: send this one when that is done.")
	}
	report.Programme = slug
	work := &importing{tx: t, id: newID(), kind: order.Kind, programme: programme, report: report, referred: map[string]bool{}, sessions: map[string]int{}, caseworkers: map[string]bool{}}
	work.of, work.record = work.recorder()
	return work, nil
}

// importing is one file on its way into one programme.
type importing struct {
	*tx
	id        string
	kind      domain.ImportKind
	programme domain.Programme
	report    *domain.ImportReport

	of     string                     // what the trail calls the records
	record func([]*importedRow) error // records rows that are new, or notes their faults

	referred map[string]bool // enrolments whose partner is to learn what is new
	sessions map[string]int  // workshops that somebody was registered for, and the line of the first

	caseworkers map[string]bool // whom rows name, and whether they were known before the file

	stones *int64 // how many tombstones there were before the first row was compared with them
}

// importedRow is a row on its way.
type importedRow struct {
	domain.ImportRow
	reference string
	digest    []byte
	says      []string // the columns that it fills
	known     bool     // it was imported before
	erased    bool     // it is of somebody who was: nothing more is asked of it
	faults    domain.Faults
	cells     domain.ImportFaults // what was wrong with its cells
	recordID  string

	reachedErased bool // somebody with her telephone number or e-mail address was once erased
}

// refuse notes why a row cannot be recorded. An error that is no refusal is given back.
func (row *importedRow) refuse(err error) error {
	var refusal *domain.Error
	switch {
	case err == nil:
	case !errors.As(err, &refusal):
		return err
	case len(refusal.Fields) > 0:
		row.faults = append(row.faults, refusal.Fields...)
	default:
		row.faults = append(row.faults, domain.FieldError{Location: "body", Code: refusal.Code, Message: refusal.Message})
	}
	return nil
}

func (i *importing) recorder() (of string, record func([]*importedRow) error) {
	switch i.kind {
	case domain.ImportParticipants:
		return "participant", i.newParticipants
	case domain.ImportEnrolments:
		return "enrolment", i.newEnrolments
	case domain.ImportExits:
		return "enrolment", i.newExits
	case domain.ImportAppointments:
		return "appointment", i.newAppointments
	case domain.ImportWorkshops:
		return "workshop", i.newWorkshops
	case domain.ImportRegistrations:
		return "workshop", i.newRegistrations
	}
	return "import", func([]*importedRow) error { return domain.Missing("kind of import") }
}

// take works through the rows.
func (i *importing) take(rows iter.Seq2[domain.ImportRow, error]) error {
	batch := make([]*importedRow, 0, importBatch)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row.Header {
			i.report.Fault(row.Line, row.Faults)
			continue
		}
		i.report.Rows++
		if batch = append(batch, &importedRow{ImportRow: row}); len(batch) == importBatch {
			if err := i.batch(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := i.batch(batch); err != nil {
		return err
	}
	if err := i.closeSessions(); err != nil {
		return err
	}
	for _, id := range sortedKeys(i.referred) {
		if err := i.tellPartner(id); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// batch records the rows that are new, and counts what became of each.
func (i *importing) batch(batch []*importedRow) error {
	if len(batch) == 0 {
		return nil
	}
	if err := i.recognise(batch); err != nil {
		return err
	}
	var fresh []*importedRow // those with a faulty cell too: the rules tell what is wrong with the others
	for _, row := range batch {
		if !row.known && !row.erased && row.Record != nil && !row.cells.Whole() {
			fresh = append(fresh, row)
		}
	}
	if len(fresh) > 0 {
		if err := i.record(fresh); err != nil {
			return err
		}
	}
	for _, row := range fresh {
		row.faults = row.cells.With(row.faults)
	}
	if err := i.keep(batch); err != nil {
		return err
	}
	for _, row := range batch {
		switch {
		case len(row.faults) > 0:
			i.report.Fault(row.Line, row.faults)
		case row.known:
			i.report.Unchanged++
		default:
			i.report.Created++
		}
	}
	return nil
}

// rowsAsked finds rows by their references one by one: they are looked up in the index however large the table
// has grown since the statement was planned.
const rowsAsked = `FROM unnest(CAST(? AS text[])) asked, LATERAL (
	SELECT * FROM import_records WHERE programme = ? AND kind = ? AND external_reference = asked OFFSET 0) r`

// recognise tells which rows were imported before, and refuses those that stand twice in the file, that
// say something else than they did, or whose person was erased.
func (i *importing) recognise(batch []*importedRow) error {
	var references []string
	for _, row := range batch {
		row.cells, row.faults = row.Faults, slices.Clone(row.Faults)
		if row.Record == nil {
			continue
		}
		row.reference = row.Record.Reference()
		if !row.cells.Whole() {
			row.Record.CheckNames(&row.faults)
			var err error
			if len(row.cells) == 0 {
				if row.digest, row.says, err = domain.ImportDigest(row.Record); err != nil {
					return err
				}
			}
			if err := row.refuse(i.mayBeKept(row.Record)); err != nil {
				return err
			}
		}
		if row.reference != "" {
			references = append(references, row.reference)
		}
	}
	var found []struct {
		ExternalReference, ImportID string
		Content                     []byte
	}
	err := i.Raw(`SELECT r.external_reference, r.import_id, r.content `+rowsAsked, array(references), i.programme.Slug, i.kind).Scan(&found).Error
	if err != nil {
		return err
	}
	before := map[string][]byte{} // nil for one of this file
	for _, record := range found {
		before[record.ExternalReference] = record.Content
		if record.ImportID == i.id {
			before[record.ExternalReference] = nil
		}
	}
	erased, err := i.erasedRows(i.kind, references)
	if err != nil {
		return err
	}
	for _, row := range batch {
		if row.reference == "" {
			continue
		}
		content, there := before[row.reference]
		switch {
		case there && content == nil:
			row.known, row.faults = true, append(row.faults, domain.RowRepeated(row.Record))
		case there && row.digest != nil && !bytes.Equal(content, row.digest):
			row.known, row.faults = true, append(row.faults, domain.RowChanged(row.Record))
		case there:
			row.known = true
		case erased[row.reference]:
			row.erased, row.faults = true, append(row.faults, domain.RowErased(row.Record))
		}
		before[row.reference] = nil
	}
	return nil
}

// keep notes which row made which record. Faulty rows are noted too, so that their like is found further down
// the file: where there is one, nothing of the file stays.
func (i *importing) keep(batch []*importedRow) error {
	var references, records, contents column
	for _, row := range batch {
		if row.reference == "" || row.known {
			continue
		}
		content, record := row.digest, row.recordID
		if content == nil {
			content = make([]byte, 32)
		}
		if record == "" {
			record = uuid.Nil.String()
		}
		references, records, contents = append(references, row.reference), append(records, record), append(contents, hex.EncodeToString(content))
	}
	if len(references) == 0 {
		return nil
	}
	return i.Exec(`INSERT INTO import_records (programme, kind, external_reference, record_id, content, import_id, imported_at)
		SELECT ?, ?, reference, record::uuid, decode(content, 'hex'), ?, ? FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[])) rows (reference, record, content)`,
		i.programme.Slug, i.kind, i.id, i.now, references, records, contents).Error
}

// insert writes the records that were made of sound rows.
func insert[T interface{ Key() string }](i *importing, rows []*importedRow, made map[*importedRow]T) error {
	return i.inPieces(sound(rows), func(some []*importedRow) error {
		batch := make([]T, len(some))
		for n, row := range some {
			batch[n], row.recordID = made[row], made[row].Key()
		}
		return i.Create(&batch).Error
	})
}

// inPieces writes rows at once. What only the database can refuse is found by halves, so that each row is
// refused for itself and the others are written.
func (i *importing) inPieces(rows []*importedRow, write func([]*importedRow) error) error {
	if len(rows) == 0 {
		return nil
	}
	if err := i.Exec(`SAVEPOINT piece`).Error; err != nil {
		return err
	}
	err := write(rows)
	if err == nil {
		return i.Exec(`RELEASE SAVEPOINT piece`).Error
	}
	refused := translate(err)
	if !errors.As(refused, new(*domain.Error)) || refused == errNoOrganisation {
		return err
	}
	if err := i.Exec(`ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece`).Error; err != nil {
		return err
	}
	if len(rows) == 1 {
		return rows[0].refuse(refused)
	}
	half := len(rows) / 2
	if err := i.inPieces(rows[:half], write); err != nil {
		return err
	}
	return i.inPieces(rows[half:], write)
}

// sound are the rows without a fault.
func sound(rows []*importedRow) []*importedRow {
	return slices.DeleteFunc(slices.Clone(rows), func(row *importedRow) bool { return len(row.faults) > 0 })
}

// imported leaves the trail of rows that were recorded, in one row of it.
func (i *importing) imported(action string, rows []*importedRow, whose []string) error {
	if len(rows) == 0 {
		return nil
	}
	done := trace{action: action, kind: i.of, programme: i.programme.Slug, whose: whose}
	filled := map[string]bool{}
	for _, row := range rows {
		done.ids = append(done.ids, row.recordID)
		for _, column := range row.says {
			filled[column] = true
		}
	}
	done.fields = sortedKeys(filled)
	return i.wrote(done)
}
