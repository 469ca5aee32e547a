package api_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"o2r/api"
)

type table [][]string

func (t table) Table() (header []string, rows [][]string) { return []string{"cell", "after"}, t }

func TestNoCellOfAnAnswerIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1":                       "'=1+1",
		`=HYPERLINK("http://x","y")`: `'=HYPERLINK("http://x","y")`,
		"=cmd|' /C calc'!A0":         "'=cmd|' /C calc'!A0",
		"+cmd":                       "'+cmd",
		"-2+3":                       "'-2+3",
		"-1-1":                       "'-1-1",
		"@SUM(A1)":                   "'@SUM(A1)",
		"\t=1":                       "'\t=1",
		"\r=1":                       "'\r=1",
		"\n=1":                       "'\n=1",
		" =1":                        "' =1",
		"\u00a0=1":                   "'\u00a0=1",
		"＝1+1":                       "'＝1+1",
		"-":                          "'-",
		"+33 6 39 98 12 34":          "'+33 6 39 98 12 34",

		"":            "",
		" ":           " ",
		"26":          "26",
		"-3":          "-3",
		"+3":          "+3",
		"-3.5":        "-3.5",
		"-1e-05":      "-1e-05",
		"61,5":        "61,5",
		"62\u00a0%":   "62\u00a0%",
		"/":           "/",
		"Doullens":    "Doullens",
		"a=b":         "a=b",
		"Jean-Pierre": "Jean-Pierre",
		"2025-04-01":  "2025-04-01",
	} {
		var text strings.Builder
		if err := api.WriteCSV(&text, table{{cell, "after"}}); err != nil {
			t.Fatal(err)
		}
		reader := csv.NewReader(strings.NewReader(text.String()))
		rows, err := reader.ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 2 {
			t.Fatalf("%q: %v %q", cell, err, text.String())
		}
		// A carriage return by itself has no place in RFC 4180, and is not written.
		if got := rows[1][0]; got != strings.ReplaceAll(want, "\r", "") {
			t.Errorf("%q was written as %q, not %q", cell, got, want)
		}
	}
}
