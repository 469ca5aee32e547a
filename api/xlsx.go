package api

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"o2r/domain"
)

// xlsxType is a workbook, for whoever works in a spreadsheet.
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// numbers are the columns whose cells are numbers. Any other cell is text, whatever it looks like: a territory's code
// begins with a zero in the Ain, and nothing that anybody wrote is a formula.
var numbers = []string{"value", "numerator", "denominator", "unknown", "definition_version"}

// writeXLSX writes an answer that is a table as a workbook of one sheet, and one that has several as a workbook of as many:
// the cells of the CSV under the same names, and numbers to the fifteen digits that spreadsheets hold. The same answer is
// written in the same bytes.
func writeXLSX(w io.Writer, body any) error {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	switch body := body.(type) {
	case interface{ Sheets() []domain.Sheet }:
		for i, sheet := range body.Sheets() {
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
	case interface {
		Table() (header []string, rows [][]string)
	}:
		header, rows := body.Table()
		if err := writeSheet(book, bold, domain.Sheet{Name: book.GetSheetName(0), Header: header, Rows: rows, Numbers: numbers}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%T is no table", body)
	}
	return book.Write(w)
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
			if cells[j], err = cellOf(slices.Contains(sheet.Numbers, header[j]), text); err != nil {
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
