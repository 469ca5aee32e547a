package api

import (
	"encoding/csv"
	"fmt"
	"io"
)

// csvType is what an analyst's spreadsheet asks for: RFC 4180, in UTF-8, with one header.
const csvType = "text/csv"

// writeCSV writes an answer that is a table. Its cells are ours: none comes from what callers wrote.
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
	if err := lines.Write(header); err != nil {
		return err
	}
	return lines.WriteAll(rows)
}
