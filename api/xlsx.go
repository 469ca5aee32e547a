package api

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"o2r/domain"
)

// xlsxType is a workbook, for whoever works in a spreadsheet.
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// writeXLSX writes an answer as a workbook: a sheet for each of its tables, and numbers to the fifteen digits that spreadsheets
// hold. The same answer is written in the same bytes.
func writeXLSX(w io.Writer, body any) error {
	answer, ok := body.(interface{ Sheets() []domain.Sheet })
	if !ok {
		return fmt.Errorf("%T is no workbook", body)
	}
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	book.SetZipWriter(func(w io.Writer) excelize.ZipWriter {
		return &orderedZip{under: zip.NewWriter(w), parts: map[string]*bytes.Buffer{}}
	})
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	for i, sheet := range answer.Sheets() {
		if i == 0 {
			err = book.SetSheetName(book.GetSheetName(0), sheet.Name)
		} else {
			_, err = book.NewSheet(sheet.Name)
		}
		if err == nil {
			err = writeSheet(book, bold, sheet)
		}
		if err != nil {
			return err
		}
	}
	return book.Write(w)
}

// plainNumber is a cell that is a number and no code, hash or day.
var plainNumber = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]+)?$`)

// orderedZip writes the parts of a workbook by name: the library takes its sheets in another order each time, and the tag of an
// answer is of its bytes.
type orderedZip struct {
	under *zip.Writer
	parts map[string]*bytes.Buffer
}

func (z *orderedZip) Create(name string) (io.Writer, error) {
	z.parts[name] = &bytes.Buffer{}
	return z.parts[name], nil
}

func (z *orderedZip) AddFS(fs.FS) error { return errors.ErrUnsupported }

func (z *orderedZip) Close() error {
	for _, name := range slices.Sorted(maps.Keys(z.parts)) {
		part, err := z.under.Create(name)
		if err == nil {
			_, err = part.Write(z.parts[name].Bytes())
		}
		if err != nil {
			return err
		}
	}
	return z.under.Close()
}

// writeSheet writes a table, its header in bold and in sight.
func writeSheet(book *excelize.File, bold int, sheet domain.Sheet) error {
	header, rows := sheet.Header, sheet.Rows
	stream, err := book.NewStreamWriter(sheet.Name)
	if err != nil {
		return err
	}
	for i, name := range header {
		widest := len(name)
		for _, row := range rows {
			widest = max(widest, len([]rune(row[i])))
		}
		if err := stream.SetColWidth(i+1, i+1, float64(min(widest, 60)+2)); err != nil {
			return err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	first := make([]any, len(header))
	for i, name := range header {
		first[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	if err := stream.SetRow("A1", first); err != nil {
		return err
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, text := range row {
			if cells[j], err = cellOf(slices.Contains(sheet.Numbers, header[j]) || sheet.Upright && j == 1 && plainNumber.MatchString(text), text); err != nil {
				return err
			}
		}
		if err := stream.SetRow("A"+strconv.Itoa(i+2), cells); err != nil {
			return err
		}
	}
	return stream.Flush()
}

// cellOf is nothing where JSON says null.
func cellOf(number bool, text string) (any, error) {
	switch {
	case text == "":
		return nil, nil
	case number:
		return strconv.ParseFloat(text, 64)
	}
	return text, nil
}
