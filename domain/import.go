package domain

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"
)

// A programme that kept its people in a spreadsheet moves in by files: one for each kind of record, a
// row for each record. The source's own key of a row, its reference, ties the rows of one file to those
// of another, and makes it safe to send a file twice.

// ImportKind is what the rows of a file are.
type ImportKind string

const (
	ImportParticipants  ImportKind = "participants"
	ImportEnrolments    ImportKind = "enrolments"
	ImportAppointments  ImportKind = "appointments"
	ImportExits         ImportKind = "exits"
	ImportWorkshops     ImportKind = "workshops"
	ImportRegistrations ImportKind = "registrations"
)

// ImportKinds are all of them, in the order in which a programme moves in.
var ImportKinds = []ImportKind{ImportParticipants, ImportEnrolments, ImportAppointments, ImportExits, ImportWorkshops, ImportRegistrations}

// Codes are the values.
func (ImportKind) Codes() []string {
	codes := make([]string, len(ImportKinds))
	for i, kind := range ImportKinds {
		codes[i] = string(kind)
	}
	return codes
}

// ImportMode is whether a file is only looked through, or its rows are recorded.
type ImportMode string

const (
	ImportValidate ImportMode = "validate"
	ImportCommit   ImportMode = "commit"
)

// Codes are the values.
func (ImportMode) Codes() []string { return []string{string(ImportValidate), string(ImportCommit)} }

// Bounds of one file. Whoever has more sends several.
const (
	MaxImportBytes  = 200 << 20
	MaxImportRows   = 500_000
	MaxImportFaults = 1000 // that are listed; all are counted

	MaxImportResemblances = 1000 // that are listed; all are counted
)

// ImportOrder says what is imported, and into which programme.
type ImportOrder struct {
	Kind      ImportKind
	Mode      ImportMode
	Programme string // the actor's only one when empty
}

// Into is the programme that the file is for.
func (o ImportOrder) Into(actor Actor) (string, error) {
	var faults Faults
	switch {
	case o.Programme != "" && actor.In(o.Programme):
		return o.Programme, nil
	case o.Programme != "":
		faults.AddAt("query.programme", "unknown", "There is no such programme.")
	case len(actor.Programmes) == 1:
		return actor.Programmes[0], nil
	default:
		faults.AddAt("query.programme", "required", "Your token opens several programmes, or none: say which one the file is for.")
	}
	return "", faults.Err()
}

// ImportFault is one thing that is wrong with a file. It never repeats what a cell holds.
type ImportFault struct {
	Line    int     `json:"line" doc:"Line of the file, counted from 1; that of the names of the columns is 1, and a row that holds line breaks stands where it begins." minimum:"1" maximum:"1000000000" example:"42"`
	Column  *string `json:"column" doc:"The column at fault; null where it is the row as a whole." maxLength:"200" example:"birth_date"`
	Code    string  `json:"code" doc:"Stable code of the fault." maxLength:"60" example:"too_young"`
	Message string  `json:"message" doc:"What is wrong and what would be right, in a sentence without the value." maxLength:"500" example:"A participant is at least 16 years old."`
}

// ImportReport is what became of a file, or would.
type ImportReport struct {
	Kind            ImportKind    `json:"kind" doc:"What the rows are."`
	Mode            ImportMode    `json:"mode" doc:"validate: nothing was written; commit: the rows are recorded."`
	Programme       string        `json:"programme" doc:"Slug of the programme that the rows are of." maxLength:"60" example:"o2r-somme"`
	Rows            int           `json:"rows" doc:"How many rows the file has, without the names of the columns and empty rows." minimum:"0" maximum:"500000" example:"26"`
	Created         int           `json:"created" doc:"How many rows make something, a record or the exit of one: when validating, how many would if no other were faulty." minimum:"0" maximum:"500000" example:"24"`
	Unchanged       int           `json:"unchanged" doc:"How many rows were imported before with the same content: nothing is done for them." minimum:"0" maximum:"500000" example:"2"`
	Faulty          int           `json:"faulty" doc:"How many rows have faults; a file with any is imported not at all." minimum:"0" maximum:"500001" example:"0"`
	FaultsInAll     int           `json:"faults_in_all" doc:"How many faults there are." minimum:"0" maximum:"1000000000" example:"0"`
	Faults          []ImportFault `json:"faults" doc:"The faults by line, the first thousand of them." maxItems:"1000" nullable:"false"`
	FaultsTruncated bool          `json:"faults_truncated" doc:"Whether there are more than are listed." example:"false"`

	Warnings []ImportFault `json:"warnings" doc:"What refuses nothing and is worth a look before commit: unknown_caseworker where a row of enrolments names a caseworker who is not known in the programme yet. Each stands once, at the first row that says so; the first thousand of them." maxItems:"1000" nullable:"false"`

	PossibleDuplicates int                 `json:"possible_duplicates" doc:"Of participants: how many of the rows that are created are likelier than not of somebody who is on file already, or in an earlier row. Nobody is refused for it; see resemblances." minimum:"0" maximum:"500000" example:"1"`
	Resemblances       []ImportResemblance `json:"resemblances" doc:"Which rows those are, and whom they resemble, the first thousand of them." maxItems:"1000" nullable:"false"`

	ReachedAsErased      int   `json:"reached_as_erased" doc:"Of participants: how many of the rows that are created have the telephone number or the e-mail address, under other names, of somebody who was once erased. Households and hostels share them, so nobody is refused for it: make sure that it is not she." minimum:"0" maximum:"500000" example:"0"`
	ReachedAsErasedLines []int `json:"reached_as_erased_lines" doc:"The lines of those rows, the first thousand of them." maxItems:"1000" nullable:"false" example:"[42]"`
}

// ReachesErased notes that the person of a row is reached as somebody was who was erased.
func (r *ImportReport) ReachesErased(line int) {
	r.ReachedAsErased++
	if len(r.ReachedAsErasedLines) < MaxImportResemblances {
		r.ReachedAsErasedLines = append(r.ReachedAsErasedLines, line)
	}
}

// ImportResemblance is a row that is likelier than not of somebody who is known already. It shows nobody's identity.
type ImportResemblance struct {
	Line           int      `json:"line" doc:"Line of the file." minimum:"1" maximum:"1000000000" example:"42"`
	ParticipantIDs []string `json:"participant_ids" doc:"Whom on file, the likeliest first; empty where it is only another row of this file." maxItems:"20" format:"uuid" maxLength:"36" nullable:"false" example:"[\"0197f0a0-0000-7000-8000-000000000001\"]"`
}

// Resembles notes whom on file the person of a row may be; nobody, where it is another row alone.
func (r *ImportReport) Resembles(line int, participantIDs []string) {
	r.PossibleDuplicates++
	if len(r.Resemblances) < MaxImportResemblances {
		r.Resemblances = append(r.Resemblances, ImportResemblance{line, participantIDs[:min(len(participantIDs), MostMatches)]})
	}
}

// UnknownCaseworker warns of a row that names a caseworker whom nobody has heard of. It is no fault: on the day on which a programme
// moves in, none of its caseworkers has called yet.
func (r *ImportReport) UnknownCaseworker(line int) {
	if len(r.Warnings) < MaxImportFaults {
		column := "caseworker_id"
		r.Warnings = append(r.Warnings, ImportFault{line, &column, "unknown_caseworker", "Nobody called so has followed anybody in this programme, received at a permanence or called this API for it yet: check the spelling, which GET /v1/me shows her. Where she is new, all is well."})
	}
}

// Fault notes what is wrong with one row. Locations in a body are columns.
func (r *ImportReport) Fault(line int, faults []FieldError) {
	r.Faulty++
	for _, fault := range faults {
		r.FaultsInAll++
		if len(r.Faults) == MaxImportFaults {
			r.FaultsTruncated = true
			continue
		}
		r.Faults = append(r.Faults, ImportFault{Line: line, Column: columnOf(fault.Location), Code: fault.Code, Message: fault.Message})
	}
}

// Order puts the faults in the order of their lines.
func (r *ImportReport) Order() {
	slices.SortStableFunc(r.Faults, func(a, b ImportFault) int { return a.Line - b.Line })
}

func columnOf(location string) *string {
	const body = "body."
	if len(location) <= len(body) || location[:len(body)] != body {
		return nil
	}
	column := location[len(body):]
	return &column
}

// ImportRow is one row as it was read.
type ImportRow struct {
	Line   int
	Header bool         // it is not a row, but the names of the columns
	Record ImportRecord // where there are faults, of the cells that have none
	Faults []FieldError
}

// ImportRecord is what a row says.
type ImportRecord interface {
	// Reference identifies the row among those of its kind, whichever file it comes in; "" where it does not say.
	Reference() string
	// Key is where the row says so, as faults are located.
	Key() string
	// CheckNames refuses what names another record in no way or in two.
	CheckNames(*Faults)
}

// ImportDigest tells two contents of a row apart, however they are spelt, and names the columns that say
// something. What is not known is no part of it, so that a field that is added to a record later changes no digest.
func ImportDigest(record ImportRecord) (digest []byte, says []string, err error) {
	encoded, err := json.Marshal(record)
	if err != nil {
		return nil, nil, err
	}
	var known map[string]any
	if err := json.Unmarshal(encoded, &known); err != nil {
		return nil, nil, err
	}
	for name, value := range known {
		if value == nil {
			delete(known, name)
			continue
		}
		says = append(says, name)
	}
	if encoded, err = json.Marshal(known); err != nil { // in the order of the names
		return nil, nil, err
	}
	sum := sha256.Sum256(encoded)
	return sum[:], says, nil
}

// ImportOrigin is the row of a file that a record came from.
type ImportOrigin struct {
	Kind              ImportKind `json:"kind" doc:"What the rows of the file were."`
	ExternalReference string     `json:"external_reference" doc:"The row's reference in the source." maxLength:"300" example:"D-2025-042"`
	RecordID          string     `json:"record_id" doc:"The record that it made, or added to." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	ImportedAt        time.Time  `json:"imported_at" doc:"When." example:"2026-06-02T08:00:00Z"`
}

// ImportFaults are what is wrong with the cells of a row, before any rule is asked about it.
type ImportFaults []FieldError

// Whole tells whether the row as such cannot be read, so that nothing can be said of its cells.
func (f ImportFaults) Whole() bool {
	return slices.ContainsFunc(f, func(fault FieldError) bool { return columnOf(fault.Location) == nil })
}

// judgedWith names, for a column, those whose faulty cells make what a rule says of it worth nothing: it was held against
// a cell that could not be read.
var judgedWith = map[string][]string{
	"participant_reference":   {"participant_id"},
	"enrolment_reference":     {"enrolment_id"},
	"workshop_reference":      {"workshop_id"},
	"job_seeker_since":        {"job_seeker", "entered_on"},
	"last_network_contact_on": {"entered_on"},
	"exited_on":               {"entered_on"},
	"exit_kind":               {"exited_on"},
	"follow_up_agreed":        {"exit_kind", "kind"},
	"status":                  {"starts_at"},
	"justified":               {"status"},
}

// With are these and, among all the faults of the row, those that the rules find in other cells: a cell is said to be faulty
// for what it holds, and no cell for what another does not say.
func (f ImportFaults) With(all Faults) Faults {
	unread := func(column string) bool {
		return slices.ContainsFunc(f, func(fault FieldError) bool { return fault.Location == "body."+column })
	}
	return slices.DeleteFunc(all, func(fault FieldError) bool {
		if slices.Contains(f, fault) {
			return false
		}
		column := columnOf(fault.Location)
		return column != nil && (unread(*column) || slices.ContainsFunc(judgedWith[*column], unread))
	})
}

// Faults of a row that only other rows and the records on file make. Each stands at what identifies the row.

// RowRepeated says that the file has a row twice.
func RowRepeated(record ImportRecord) FieldError {
	return FieldError{record.Key(), "repeated", "This row stands twice in the file: each is known by its reference."}
}

// RowChanged says that the row was something else.
func RowChanged(record ImportRecord) FieldError {
	return FieldError{record.Key(), "changed", "This row was imported before with other content. What is on file may have been corrected since, so it is not overwritten: change the record itself, or give the row the content it had."}
}

// RowErased says that the row is of somebody who is to be forgotten.
func RowErased(record ImportRecord) FieldError {
	return FieldError{record.Key(), "erased", "The person of this row was erased here: take her out of the file."}
}

// ErasedMeanwhile refuses a file while which somebody of it was erased.
var ErasedMeanwhile = Refused("erased_meanwhile", "Somebody whom a row of this file resembles was erased while it was being recorded, so nothing was written: send it again, and the answer says which row it is.")

// ResemblesErased is a person whom a file would bring back. By hand she is recorded and the answer says so to
// whoever asked; nobody reads what is said of one row among thousands, so the row is refused.
var ResemblesErased = FieldError{"body", "resembles_erased", "Somebody of these names and no contrary day of birth was once erased. Take the row out of the file; if it is somebody else, or she comes again, record her by hand."}
