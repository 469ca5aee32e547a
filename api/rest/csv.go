package rest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// csvType is a body whose items are rows: RFC 4180 with a header. An operation takes it beside
// JSON when its input says so with AlsoCSV.
const csvType = "text/csv"

// AlsoCSV is the request body of an operation that takes {"items": [...]} as JSON, and the items
// alone as CSV. Columns are the items' fields, cells are text, and an empty cell is a field left
// out. Row 2 of the file is items[0].
func AlsoCSV(example string) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		csvType: {
			Schema: &huma.Schema{Type: huma.TypeString, Description: "The items, one a row, under a header of their fields.", MaxLength: ptr(defaultBodyLimit), Pattern: controlFreeText, Examples: []any{example}},
		},
	}}
}

var csvFormat = huma.Format{
	Marshal:   func(io.Writer, any) error { return errors.New("nothing is answered as CSV") },
	Unmarshal: readCSV,
}

// readCSV reads the items of a list from CSV in UTF-8, separated by commas or semicolons, with or
// without a byte order mark, as strictly as the same list is read from JSON.
func readCSV(text []byte, into any) error {
	items, err := rows(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		return err
	}
	return readJSON(encoded, into)
}

func rows(text []byte) ([]map[string]string, error) {
	if !utf8.Valid(text) {
		return nil, &fault{"body", "encoding", "The file is not UTF-8: save it as CSV UTF-8."}
	}
	header, _, _ := bytes.Cut(text, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(text))
	if bytes.ContainsRune(header, ';') {
		reader.Comma = ';'
	}
	columns, err := reader.Read()
	if err != nil {
		return nil, &fault{"body", "syntax", "The first line names the columns."}
	}
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
		if columns[i] == "" || slices.Contains(columns[:i], columns[i]) {
			return nil, &fault{"body", "syntax", "The first line names each column once."}
		}
	}
	items := []map[string]string{}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, &fault{"body.items[" + strconv.Itoa(len(items)) + "]", "syntax", "This row does not have the columns of the first line."}
		}
		item := map[string]string{}
		for i, cell := range cells {
			if cell = strings.TrimSpace(cell); cell != "" {
				item[columns[i]] = cell
			}
		}
		items = append(items, item)
	}
}

// DecodeCSV is readCSV for a file that came by another way than a request; its error is a
// *Problem with the faulty rows. It does not validate: fields' bounds are the caller's to check.
func DecodeCSV(text []byte, into any) error {
	if err := readCSV(text, into); err != nil {
		return refusal(400, []error{&huma.ErrorDetail{Location: "body", Message: err.Error()}})
	}
	return nil
}
