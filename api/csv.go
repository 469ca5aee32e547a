package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// csvType is what an analyst's spreadsheet asks for: RFC 4180, in UTF-8, with one header.
const csvType = "text/csv"

// number is a cell that a spreadsheet reads as a number, whatever its sign.
var number = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$`)

// defused is a cell that no spreadsheet takes for a formula (OWASP, CSV injection): one that begins
// like a formula begins with an apostrophe instead. Numbers stay numbers. In UTF-8 the full-width
// signs count too, since spreadsheets in some languages read them as the plain ones.
func defused(cell string) string {
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", firstRune(cell)) && !number.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// firstRune is the first one that a spreadsheet does not trim; a space is as good as none.
func firstRune(cell string) rune {
	trimmed := strings.TrimLeft(cell, " \u00a0\ufeff")
	if trimmed == "" {
		return ' '
	}
	first, _ := utf8.DecodeRuneInString(trimmed)
	return first
}

// writeCSV writes an answer that is a table. Whoever wrote its cells, none is a formula.
func writeCSV(w io.Writer, body any) error {
	table, ok := body.(interface {
		Table() (header []string, rows [][]string)
	})
	if !ok {
		return fmt.Errorf("%T is no table", body)
	}
	header, rows := table.Table()
	lines := csv.NewWriter(w)
	lines.UseCRLF = true
	if own, has := body.(interface{ Separator() rune }); has {
		lines.Comma = own.Separator()
	}
	if err := lines.Write(header); err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = defused(cell)
		}
		if err := lines.Write(cells); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}
