package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

// How long a file may take to arrive, and to be recorded.
const (
	importArrives = 5 * time.Minute
	importTakes   = 15 * time.Minute
)

// ImportSheets read the files that a programme moves in by, one for each kind.
type ImportSheets map[domain.ImportKind]importSheet

type importSheet interface {
	Columns() []rest.SheetColumn
	rows(file io.ReadSeeker, media string) iter.Seq2[domain.ImportRow, error]
}

// NewImportSheets makes them; without what tells of justice where that module is off.
func NewImportSheets(withoutJustice bool) ImportSheets {
	var withheld rest.Withheld
	if withoutJustice {
		withheld = rest.Withheld{Fields: domain.JusticeFields, Codes: domain.JusticeCodes}
	}
	return ImportSheets{
		domain.ImportParticipants:  importedAs[domain.ImportedParticipant]{rest.NewSheet[domain.ImportedParticipant](withheld)},
		domain.ImportEnrolments:    importedAs[domain.ImportedEnrolment]{rest.NewSheet[domain.ImportedEnrolment](withheld)},
		domain.ImportAppointments:  importedAs[domain.ImportedAppointment]{rest.NewSheet[domain.ImportedAppointment](withheld)},
		domain.ImportExits:         importedAs[domain.ImportedExit]{rest.NewSheet[domain.ImportedExit](withheld)},
		domain.ImportWorkshops:     importedAs[domain.ImportedWorkshop]{rest.NewSheet[domain.ImportedWorkshop](withheld)},
		domain.ImportRegistrations: importedAs[domain.ImportedRegistration]{rest.NewSheet[domain.ImportedRegistration](withheld)},
	}
}

// Rows are those of a file of that kind, in order; they may be gone through again. Media is SheetsType for a
// JSON object a line, anything else is CSV. A file of too many rows ends with an error.
func (s ImportSheets) Rows(kind domain.ImportKind, file io.ReadSeeker, media string) iter.Seq2[domain.ImportRow, error] {
	sheet, known := s[kind]
	if !known {
		return func(yield func(domain.ImportRow, error) bool) {
			yield(domain.ImportRow{}, domain.Missing("kind of import"))
		}
	}
	return atMost(domain.MaxImportRows, sheet.rows(file, media))
}

func atMost(most int, rows iter.Seq2[domain.ImportRow, error]) iter.Seq2[domain.ImportRow, error] {
	return func(yield func(domain.ImportRow, error) bool) {
		count := 0
		for row, err := range rows {
			if err == nil && !row.Header {
				count++
			}
			if count > most {
				yield(domain.ImportRow{}, rest.NewProblem(http.StatusRequestEntityTooLarge, "too_many_rows", fmt.Sprintf("A file has at most %d rows: cut it in several, which lead to each other all the same; nothing was written.", most)))
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// importedAs is the sheet of one kind.
type importedAs[T domain.ImportRecord] struct{ *rest.Sheet[T] }

// rows reads as bodies are read: tidied, and without social security numbers.
func (s importedAs[T]) rows(file io.ReadSeeker, media string) iter.Seq2[domain.ImportRow, error] {
	return func(yield func(domain.ImportRow, error) bool) {
		for read, err := range s.Read(file, media) {
			tidy(&read.Value)
			row := domain.ImportRow{Line: read.Line, Header: read.Header, Record: read.Value, Faults: read.Faults}
			var refusal *domain.Error
			if holds := domain.WithoutNIR(With[T]{Body: read.Value}); errors.As(holds, &refusal) {
				row.Faults = append(row.Faults, refusal.Fields...)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

type importInput struct {
	Kind      domain.ImportKind `path:"kind" doc:"What the rows of the file are." example:"participants"`
	Mode      domain.ImportMode `query:"mode" required:"true" doc:"validate looks the file through and writes nothing; commit records all of it or, where a row is faulty, nothing." example:"validate"`
	Programme string            `query:"programme" doc:"Slug of the programme that the rows are of; the token's only one when left out." minLength:"2" maxLength:"60" example:"o2r-somme"`
	rest.Upload
}

type importTemplateInput struct {
	Kind domain.ImportKind `path:"kind" doc:"What the rows of the file are." example:"participants"`
}

// importTemplate is what a file of a kind may hold.
type importTemplate struct {
	Kind    domain.ImportKind  `json:"kind" doc:"What the rows are."`
	Columns []rest.SheetColumn `json:"columns" doc:"The columns, in a good order. Those that are not required may be left out." maxItems:"200" nullable:"false"`
}

// Table is a file to begin with: the names of the columns, and one made-up row.
func (t importTemplate) Table() (header []string, rows [][]string) {
	row := []string{}
	for _, column := range t.Columns {
		header, row = append(header, column.Name), append(row, sampleRows[t.Kind][column.Name])
	}
	return header, [][]string{row}
}

// Separator is what a spreadsheet in France separates columns by.
func (importTemplate) Separator() rune { return ';' }

const importText = `Records the rows of a file: participants, enrolments, appointments, exits, workshops, registrations, best in this order. The body is CSV as a spreadsheet
exports it (semicolons, commas or tabs; UTF-8, UTF-16 or Windows-1252; the first line names the columns, which are those of the template), or a JSON object a line (application/x-ndjson). Days may be written 01/04/2025 and
times 01/04/2025 14:00, as clocks in Paris show them; yes and no as oui and non; codes of a nomenclature by their labels. An empty cell is not known.

Each row has the source's own key, external_reference, by which rows of later files name it (participant_reference, enrolment_reference, workshop_reference) and by which a file may be sent again: a row that was imported with the same content is unchanged,
with other content it is faulty, since what is on file may have been corrected. Exits and registrations are known by what they name. A workshop all of whose registrations say who came is closed by that file and takes nobody more: send all its places in one. Column names that are not known fault line 1 alone, and no row is counted; a file of names alone is sound and has 0 rows. What an exit ended with is called kind in exits and exit_kind in enrolments. Checkpoint results, follow-ups, diagnostics, barriers, charters and actions are imported by no file: six-month checkpoints of exits that are imported stand as due or overdue until their results are recorded (POST /v1/enrolments/{id}/outcomes). So no Idempotency-Key is needed. Rows are held to the rules of the requests that record one of them, and a file with any faulty row is recorded not at all.

validate does all of it and takes it back: it answers 200 with every faulty row and column, what cells hold and what the rules say of them at once (only that rows collide, or one with what is on file, is found once they are sound by themselves), and never says otherwise than commit, which answers 422 with the same faults, each located by line and column: body.lines[42].birth_date. Nobody is told of what is imported but a partner
of what becomes of its own referral. Nobody is refused for resembling somebody: resemblances says which rows are likelier than not of somebody on file or of an earlier row, and GET /v1/participants/{id}/duplicates names all who may be. Meetings take no slot of a permanence. A caseworker who is not known in the programme is no fault, since on the first day none is: warnings names the first row of each. Whoever has the names, and no contrary day of birth, of somebody who was erased is refused, and so is a row of hers, while a telephone number or e-mail address of hers under other names is only reported (reached_as_erased); 409 erased_meanwhile says that she was erased while the file was being recorded. The answer comes when all is done, after some minutes for a hundred thousand rows: o2r import at the command line shows how far it is, and proxies may need more patience.
At most 200 MiB and 500,000 rows; one file at a time in a programme (409 import_running). Who hangs up takes everything back.`

func (a *API) imports() {
	coordinator := Only(domain.Coordinator)
	register(a, http.MethodPost, "/v1/imports/{kind}", coordinator,
		Doc{ID: "importRecords", Tag: "Moving in", Summary: "Import a file", Text: importText, Errors: []int{404, 409, 413},
			Limit: domain.MaxImportBytes, Time: importArrives + importTakes,
			Body: rest.TakesFile("The file.", domain.MaxImportBytes, map[string]string{
				csvType:         "external_reference;first_name;last_name;birth_date\nP-042;Camille;Exemple;17/05/1990\n",
				rest.SheetsType: `{"external_reference":"P-042","first_name":"Camille","last_name":"Exemple","birth_date":"1990-05-17"}` + "\n",
			})}, nil,
		func(ctx context.Context, in *importInput) (*plain[domain.ImportReport], error) {
			order := domain.ImportOrder{Kind: in.Kind, Mode: in.Mode, Programme: in.Programme}
			if _, err := order.Into(actorOf(ctx)); err != nil {
				return nil, err // before the file is waited for
			}
			file, err := in.Spool(importArrives)
			if err != nil {
				return nil, err
			}
			defer file.Close()
			report, err := a.session(ctx).Import(ctx, order, a.sheets.Rows(in.Kind, file, in.Media()))
			if err == nil && in.Mode == domain.ImportCommit && report.Faulty > 0 {
				err = refusedImport(report)
			}
			return &plain[domain.ImportReport]{Body: report}, err
		})
	get(a, "/v1/imports/{kind}/template", coordinator,
		Doc{ID: "getImportTemplate", Tag: "Moving in", Summary: "Read what a file may hold", Text: "The columns of a file of that kind, what each holds and which a row needs. As CSV (Accept: text/csv), a file to begin with, separated by semicolons: their names, and one made-up row that passes the import once those of the kinds before it do. It leaves empty what names a record in a second way, a site, or a caseworker.", Also: []string{csvType}},
		func(_ context.Context, _ *persistence.Session, in *importTemplateInput) (importTemplate, error) {
			return importTemplate{Kind: in.Kind, Columns: a.sheets[in.Kind].Columns()}, nil
		})
}

// refusedImport is the report of a file that was to be recorded and is faulty.
func refusedImport(report domain.ImportReport) error {
	faults := make([]domain.FieldError, len(report.Faults))
	for i, fault := range report.Faults {
		at := fmt.Sprintf("body.lines[%d]", fault.Line)
		if fault.Column != nil {
			at += "." + *fault.Column
		}
		faults[i] = domain.FieldError{Location: at, Code: fault.Code, Message: fault.Message}
	}
	detail := fmt.Sprintf("%d of the file's rows are faulty, with %d faults; nothing was written.", report.Faulty, report.FaultsInAll)
	if report.FaultsTruncated {
		detail += fmt.Sprintf(" The first %d are listed.", domain.MaxImportFaults)
	}
	return rest.NewProblem(http.StatusUnprocessableEntity, "invalid", detail, faults...)
}
