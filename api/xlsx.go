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
	"strings"

	"github.com/xuri/excelize/v2"

	"o2r/domain"
)

// xlsxType is a workbook, for whoever works in a spreadsheet.
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// writeXLSX writes an answer as a workbook: a sheet for each of its tables. The same answer is written in the same bytes.
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
	for i, name := range header {
		widest := len(name)
		for _, row := range rows {
			widest = max(widest, len([]rune(row[i])))
		}
		column, err := excelize.ColumnNumberToName(i + 1)
		if err == nil {
			err = book.SetColWidth(sheet.Name, column, column, float64(min(widest, 60)+2))
		}
		if err == nil {
			err = book.SetCellStr(sheet.Name, column+"1", name)
		}
		if err == nil {
			err = book.SetCellStyle(sheet.Name, column+"1", column+"1", bold)
		}
		for j := 0; j < len(rows) && err == nil; j++ {
			text := rows[j][i]
			number := slices.Contains(sheet.Numbers, name) || sheet.Upright && i == 1 && plainNumber.MatchString(text)
			err = writeCell(book, sheet.Name, column+strconv.Itoa(j+2), number, text)
		}
		if err != nil {
			return err
		}
	}
	return book.SetPanes(sheet.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// writeCell writes nothing where JSON says null, and of a number every digit that JSON has: left to itself, the library cuts
// it after the fifteenth.
func writeCell(book *excelize.File, sheet, cell string, number bool, text string) error {
	if text == "" {
		return nil
	}
	if !number {
		return book.SetCellStr(sheet, cell, text)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err
	}
	_, decimals, _ := strings.Cut(strconv.FormatFloat(value, 'f', -1, 64), ".")
	return book.SetCellFloat(sheet, cell, value, len(decimals), 64)
}
