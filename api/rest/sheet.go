package rest

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"o2r/domain"
)

// Sheet reads files whose rows are each a T: CSV as spreadsheets write it, or a JSON object a line. A column
// is a field of T by its JSON name, and a row is validated as the body of a request would be. It is made once
// and is safe for concurrent use.
type Sheet[T any] struct {
	registry huma.Registry
	schema   *huma.Schema
	columns  map[string]column
	order    []string
}

// SheetRow is a row as it was read, or what is wrong with it: then Value holds the cells that are not at fault.
type SheetRow[T any] struct {
	Line   int
	Header bool // it is not a row, but the names of the columns
	Value  T
	Faults []domain.FieldError // located in body.COLUMN
}

// SheetColumn is a column for people who fill it in.
type SheetColumn struct {
	Name        string `json:"name" doc:"Name of the column." maxLength:"60" example:"birth_date"`
	Required    bool   `json:"required" doc:"Whether every row has to say it." example:"false"`
	Description string `json:"description" doc:"What it holds." maxLength:"1000" example:"Day of birth; the person is at least 16 years old."`
	Example     string `json:"example" doc:"A cell, as a spreadsheet would write it." maxLength:"200" example:"17/05/1990"`
}

// SheetsType is the media type of rows that are each a JSON object on a line of its own.
const SheetsType = "application/x-ndjson"

const (
	longestRow  = 1 << 20 // bytes
	mostColumns = 200
)

// NewSheet panics when a field of T lacks what the schema of a body needs.
func NewSheet[T any](withheld Withheld) *Sheet[T] {
	config := huma.DefaultConfig("rows", "1")
	config.CreateHooks, config.DocsPath, config.OpenAPIPath, config.SchemasPath = nil, "", "", ""
	config.FieldsOptionalByDefault = true // as New has it; a registry by itself cannot be told
	registry := huma.NewAPI(config, humago.NewAdapter(http.NewServeMux(), "")).OpenAPI().Components.Schemas
	described, t := newSchemas(registry, withheld), reflect.TypeFor[T]()
	reference := registry.Schema(t, true, t.Name())
	described.faults = nil
	described.describe(t, reference, t.Name())
	schema := registry.SchemaFromRef(reference.Ref)
	described.checkOptional(t, schema, t.Name(), map[reflect.Type]bool{})
	if len(described.faults) > 0 {
		panicWith(t.Name(), described.faults)
	}
	schema.PrecomputeMessages()
	s := &Sheet[T]{registry: registry, schema: schema, columns: map[string]column{}}
	for _, field := range flatten(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if schema.Properties[name] == nil {
			continue // withheld
		}
		of := value(field.Type)
		s.columns[name] = column{name: name, of: of, labels: labelsOf(of)}
		s.order = append(s.order, name)
	}
	// What identifies a row and what it names come first; the rest as a body has it.
	slices.SortStableFunc(s.order, func(a, b string) int { return rank(a) - rank(b) })
	return s
}

func rank(name string) int {
	switch {
	case name == "external_reference":
		return 0
	case strings.HasSuffix(name, "_reference"):
		return 1
	case strings.HasSuffix(name, "_id") && name != "caseworker_id" && name != "site_id":
		return 2
	}
	return 3
}

// Columns are what a file may have, in a good order.
func (s *Sheet[T]) Columns() []SheetColumn {
	columns := make([]SheetColumn, len(s.order))
	for i, name := range s.order {
		schema := s.schema.Properties[name]
		columns[i] = SheetColumn{Name: name, Required: slices.Contains(s.schema.Required, name), Description: schema.Description, Example: s.example(name, schema)}
	}
	return columns
}

// example is a cell as a spreadsheet in France writes it.
func (s *Sheet[T]) example(name string, schema *huma.Schema) string {
	text := ""
	switch {
	case len(schema.Examples) > 0:
		text = strings.Trim(strings.TrimSpace(string(must(json.Marshal(schema.Examples[0])))), `"`)
	case len(schema.Enum) > 0:
		text, _ = schema.Enum[0].(string)
	}
	switch of := s.columns[name].of; {
	case of == dateType:
		if day, err := domain.ParseDate(text); err == nil {
			text = strings.Join([]string{text[8:], text[5:7], strconv.Itoa(day.Year())}, "/")
		}
	case of == timeType:
		text = "08/04/2025 14:00"
	case of.Kind() == reflect.Bool:
		text = map[string]string{"true": "oui", "false": "non"}[text]
	}
	return text
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Read gives the rows of a file in order; it may be read again. An error ends it: a *Problem where the file
// can be read in no way. What is wrong with the names of the columns ends it too, with a row that says so.
func (s *Sheet[T]) Read(file io.ReadSeeker, media string) iter.Seq2[SheetRow[T], error] {
	return func(yield func(SheetRow[T], error) bool) {
		text, err := plainText(file)
		switch {
		case err != nil:
			yield(SheetRow[T]{}, err)
		case strings.HasPrefix(media, SheetsType):
			s.readLines(text, yield)
		default:
			s.readTable(text, yield)
		}
	}
}

// readLines reads a JSON object a line.
func (s *Sheet[T]) readLines(text io.Reader, yield func(SheetRow[T], error) bool) {
	lines, line := bufio.NewScanner(text), 0
	lines.Buffer(make([]byte, 0, 64<<10), longestRow)
	for lines.Scan() {
		line++
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if !yield(s.object(line, lines.Bytes()), nil) {
			return
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		yield(SheetRow[T]{Line: line + 1, Faults: []domain.FieldError{tooLong}}, nil)
	case err != nil:
		yield(SheetRow[T]{}, err)
	}
}

var tooLong = domain.FieldError{Location: "body", Code: "row_too_long", Message: "The row that begins here is longer than a million characters, and nothing after it was read: a quotation mark may be opened and never closed."}

// take reads a cell into the object that a row becomes, or notes what is wrong with it.
func (r *SheetRow[T]) take(object map[string]any, name string, of column, cell string) {
	read, wrong := of.read(cell)
	if wrong != nil {
		r.Faults = append(r.Faults, domain.FieldError(*wrong))
		return
	}
	object[name] = read
}

func (s *Sheet[T]) object(line int, text []byte) SheetRow[T] {
	row := SheetRow[T]{Line: line}
	sent, err := parse(text)
	object, ok := sent.(map[string]any)
	var own *fault
	switch {
	case errors.As(err, &own):
		row.Faults = []domain.FieldError{domain.FieldError(*own)}
		return row
	case err != nil || !ok:
		row.Faults = []domain.FieldError{{Location: "body", Code: "type", Message: "Must be a JSON object."}}
		return row
	}
	for name, value := range object {
		column, known := s.columns[name]
		cell, isText := value.(string)
		if !known || !isText || cell == "" {
			continue
		}
		row.take(object, name, column, strings.TrimSpace(cell))
	}
	s.fill(&row, object)
	return row
}

// readTable reads CSV.
func (s *Sheet[T]) readTable(text io.Reader, yield func(SheetRow[T], error) bool) {
	leash := &leash{from: text, left: longestRow}
	lines := bufio.NewReaderSize(leash, 64<<10)
	above, delimiter := s.delimiter(lines)
	table := csv.NewReader(lines)
	table.Comma, table.FieldsPerRecord, table.ReuseRecord = delimiter, -1, true
	var header []string
	last := 0 // line of the row before
	for {
		leash.left = longestRow
		cells, err := table.Read()
		var malformed *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if header == nil {
				yield(SheetRow[T]{}, unreadable("empty", "The file is empty: its first line names the columns."))
			}
			return
		case errors.Is(err, errTooLong):
			yield(SheetRow[T]{Line: last + 1, Header: header == nil, Faults: []domain.FieldError{tooLong}}, nil)
			return
		case errors.As(err, &malformed):
			if !yield(SheetRow[T]{Line: malformed.StartLine + above, Header: header == nil, Faults: []domain.FieldError{{Location: "body", Code: "quotes",
				Message: "A quotation mark stands where none may: a cell that holds one is put between quotation marks, and the mark in it is doubled."}}}, nil) || header == nil {
				return
			}
			continue
		case err != nil:
			yield(SheetRow[T]{}, err)
			return
		}
		line, _ := table.FieldPos(0)
		line += above
		last = line
		trim(cells)
		switch {
		case header == nil:
			if faults := s.checkHeader(cells); len(faults) > 0 {
				yield(SheetRow[T]{Line: line, Header: true, Faults: faults}, nil)
				return
			}
			header = slices.Clone(named(cells))
		case !slices.ContainsFunc(cells, func(cell string) bool { return cell != "" }):
			// a row that somebody emptied
		default:
			if !yield(s.cells(line, header, cells), nil) {
				return
			}
		}
	}
}

// trim takes away what nobody sees around a cell.
func trim(cells []string) {
	for i, cell := range cells {
		cells[i] = strings.TrimFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
	}
}

// delimiter finds what the columns are separated by: what makes of the first line the most known names.
// Above is how many lines come before that one.
func (s *Sheet[T]) delimiter(lines *bufio.Reader) (above int, delimiter rune) {
	for {
		start, _ := lines.Peek(64 << 10)
		first, _, whole := strings.Cut(string(start), "\n")
		if told, ok := strings.CutPrefix(strings.TrimSpace(first), "sep="); ok && whole && len([]rune(told)) <= 1 {
			_, _ = lines.Discard(len(first) + 1) // a hint to spreadsheets, which the names below confirm
			above++
			continue
		}
		best := -1
		for _, candidate := range ";,\t" {
			table := csv.NewReader(strings.NewReader(first))
			table.Comma, table.LazyQuotes = candidate, true
			names, _ := table.Read()
			trim(names)
			score := len(names)
			for _, name := range names {
				if _, known := s.columns[name]; known {
					score += mostColumns
				}
			}
			if score > best {
				best, delimiter = score, candidate
			}
		}
		return above, delimiter
	}
}

// checkHeader refuses columns that mean nothing or two things. Where no name is known, the first line is
// likely no header but somebody's row, and nothing of it is repeated.
func (s *Sheet[T]) checkHeader(names []string) (faults []domain.FieldError) {
	add := func(at, code, message string) {
		faults = append(faults, domain.FieldError{Location: at, Code: code, Message: message})
	}
	names = named(names)
	known := slices.ContainsFunc(names, func(name string) bool { _, known := s.columns[name]; return known })
	if !known || len(names) > mostColumns {
		add("body", "no_header", "The first line names the columns, and none of these is known here: see GET /v1/imports/{kind}/template.")
		return faults
	}
	for i, name := range names {
		at := "body.column " + strconv.Itoa(i+1)
		if shown := strings.TrimSpace(name); shown != "" && len(shown) <= 60 && !strings.ContainsFunc(shown, oddInName) {
			at = "body." + shown
		}
		_, is := s.columns[name]
		switch {
		case name == "":
			add(at, "unnamed_column", "This column has no name.")
		case slices.Contains(names[:i], name):
			add(at, "doubled_column", "This column stands twice.")
		case !is:
			add(at, "unknown_column", "There is no such column here; names are matched exactly: see GET /v1/imports/{kind}/template.")
		}
	}
	for _, name := range s.schema.Required {
		if !slices.Contains(names, name) {
			add("body."+name, "missing_column", "Every row needs this column.")
		}
	}
	return faults
}

// named leaves out the empty cells with which spreadsheets end lines.
func named(names []string) []string {
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	return names
}

func oddInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-'’.()/", r)
}

// cells makes a row of the cells under the header.
func (s *Sheet[T]) cells(line int, header, cells []string) SheetRow[T] {
	row, object := SheetRow[T]{Line: line}, map[string]any{}
	if len(cells) < len(header) || slices.ContainsFunc(cells[len(header):], func(cell string) bool { return cell != "" }) {
		row.Faults = []domain.FieldError{{Location: "body", Code: "columns", Message: "This row has more or fewer cells than there are columns: a separator in a cell is put between quotation marks."}}
		return row
	}
	for i, name := range header {
		if name == "" || cells[i] == "" {
			continue // not known
		}
		if strings.ContainsRune(cells[i], unicode.ReplacementChar) {
			row.Faults = append(row.Faults, domain.FieldError{Location: "body." + name, Code: "broken_letter", Message: "A letter of this cell was lost before the file came here: write it anew, and save the file as CSV UTF-8."})
			continue
		}
		if forbiddenControl(cells[i]) {
			row.Faults = append(row.Faults, domain.FieldError{Location: "body." + name, Code: "control_character", Message: controlMessage})
			continue
		}
		row.take(object, name, s.columns[name], strings.Clone(cells[i]))
	}
	s.fill(&row, object)
	return row
}

// fill validates the row as a body, and reads what of it is good.
func (s *Sheet[T]) fill(row *SheetRow[T], object map[string]any) {
	faulty := map[string]bool{}
	for _, fault := range row.Faults {
		name := strings.TrimPrefix(fault.Location, "body.")
		faulty[name] = true
		delete(object, name)
	}
	var result huma.ValidateResult
	huma.Validate(s.registry, s.schema, huma.NewPathBuffer([]byte("body"), len("body")), huma.ModeWriteToServer, object, &result)
	for _, fault := range faultsIn(result.Errors) {
		name, _, _ := strings.Cut(strings.TrimPrefix(fault.Location, "body."), ".")
		if faulty[name] {
			continue // it was said already
		}
		if fault.Code == "enum" && s.columns[name].labels != nil && len(fault.Message) < 400 {
			fault.Message += " Or what these are called in French, as GET /v1/nomenclatures has it."
		}
		row.Faults = append(row.Faults, fault)
		delete(object, name)
	}
	if len(row.Faults) > 0 { // what is left may still break bounds in a way that names no field
		for name := range object {
			if s.schema.Properties[name] == nil {
				delete(object, name)
			}
		}
	}
	text, err := json.Marshal(object)
	if err == nil {
		err = readJSON(text, &row.Value)
	}
	if err == nil || len(row.Faults) > 0 {
		return
	}
	var own *fault
	if !errors.As(err, &own) {
		own = &fault{"body", "invalid", "Is not valid here."}
	}
	row.Faults = []domain.FieldError{domain.FieldError(*own)}
}

// leash ends a read that would take a whole file for one row.
type leash struct {
	from io.Reader
	left int
}

var errTooLong = errors.New("a row is too long")

func (l *leash) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLong
	}
	n, err := l.from.Read(p)
	l.left -= n
	return n, err
}
