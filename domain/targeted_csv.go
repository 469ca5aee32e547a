package domain

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// ReadTargeted reads a targeted list from CSV (RFC 4180) with a header: territory_code and,
// where there are any, sector. Commas or semicolons separate; a byte order mark is passed over.
// Faults name the line of the file.
func ReadTargeted(text []byte) ([]TargetedInput, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var faults Faults
	if !utf8.Valid(text) {
		faults.AddAt("body", "encoding", "The file is not UTF-8: save it as CSV UTF-8.")
		return nil, faults.Err()
	}
	header, _, _ := bytes.Cut(text, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(text))
	if bytes.ContainsRune(header, ';') {
		reader.Comma = ';'
	}
	columns, err := reader.Read()
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	codeAt, sectorAt := slices.Index(columns, "territory_code"), slices.Index(columns, "sector")
	for i := range columns {
		if i != codeAt && i != sectorAt {
			faults.AddAt("body.header", "unknown_column", "The columns are territory_code and sector, each once.")
		}
	}
	if err != nil || codeAt < 0 {
		faults.AddAt("body.header", "required", "The first line names the columns: territory_code and, where there are any, sector.")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	items := []TargetedInput{}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := reader.FieldPos(0)
		if err != nil {
			faults.AddAt("body.line "+itoa(line), "csv", "This line does not have the header's columns.")
			continue
		}
		item := TargetedInput{TerritoryCode: strings.TrimSpace(record[codeAt])}
		if sectorAt >= 0 {
			if sector := strings.TrimSpace(record[sectorAt]); sector != "" {
				item.Sector = &sector
			}
		}
		if item.TerritoryCode == "" {
			faults.AddAt("body.line "+itoa(line), "required", "This line names no territory.")
		}
		items = append(items, item)
	}
	if len(items) == 0 && len(faults) == 0 {
		faults.AddAt("body", "required", "The file names no territory.")
	}
	return items, faults.Err()
}
