package rest

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"testing"
	"unicode/utf8"
)

// A file is refused with a place and a sentence, or its rows have only cells that say something,
// under columns that its header names; written again with commas, they are read as the same.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"", "\n", "code\n", "code,sector\r\n80253,Doullens\r\n", "\ufeffcode;sector\n80253;\n", "a,a\n1,2\n", "a,\n1,2\n", "a,b\n1\n", "a,b\n\"1\n,2\",3\n", "a\n\"", "a\xff\n1\n", "a;b,c\n1;2\n", "=a\n=1+1\n", "a\n\x00\n", " a , b \n 1 , \u00a0 \n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		items, err := rows(text)
		if err != nil {
			if refused, ok := err.(*fault); !ok || len(refused.Error()) < 10 || !utf8.ValidString(refused.Error()) {
				t.Errorf("%q is refused with %v", text, err)
			}
			return
		}
		columns := map[string]int{}
		header := []string{}
		for _, item := range items {
			for name, cell := range item {
				if name == "" || cell == "" || !utf8.ValidString(name+cell) {
					t.Errorf("%q has the cell %q: %q", text, name, cell)
				}
				if _, known := columns[name]; !known {
					columns[name] = len(header)
					header = append(header, name)
				}
			}
		}
		if len(header) == 0 || bytes.ContainsAny([]byte(join(header)), ";\r\n\ufeff") {
			return
		}
		var written bytes.Buffer
		lines := csv.NewWriter(&written)
		_ = lines.Write(append(header, "last of all columns"))
		for _, item := range items {
			cells := make([]string, len(header)+1)
			for name, cell := range item {
				cells[columns[name]] = cell
			}
			_ = lines.Write(cells)
		}
		lines.Flush()
		again, err := rows(written.Bytes())
		if err != nil || !reflect.DeepEqual(again, items) && !bytes.Contains(text, []byte("last of all columns")) {
			t.Errorf("%q is read as %q, and that again as %q, %v", text, items, again, err)
		}
	})
}

func join(words []string) (all string) {
	for _, word := range words {
		all += word
	}
	return all
}
