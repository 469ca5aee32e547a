package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"o2r/domain"
)

// parcel is a row with a column of each kind.
type parcel struct {
	ExternalReference string              `json:"external_reference" required:"true" doc:"Its number." minLength:"1" maxLength:"20" example:"P-1"`
	Name              *string             `json:"name" doc:"Whose it is." maxLength:"40" example:"Zoé"`
	SentOn            *domain.Date        `json:"sent_on" doc:"When it was sent." example:"2025-04-01"`
	DueAt             *time.Time          `json:"due_at" doc:"When it is due." example:"2025-04-01T12:00:00Z"`
	Grams             *int                `json:"grams" doc:"Its weight." minimum:"1" maximum:"9000" example:"60"`
	Fragile           *bool               `json:"fragile" doc:"Whether it is." example:"true"`
	Mode              *domain.MeetingMode `json:"mode" doc:"How it is handed over."`
}

var parcels = NewSheet[parcel](Withheld{})

// table reads a text, and says of each row its line and what it holds, or what is wrong with it.
func table(t *testing.T, text []byte, media string) []string {
	t.Helper()
	var found []string
	for row, err := range parcels.Read(bytes.NewReader(text), media) {
		if err != nil {
			problem, ok := err.(*Problem)
			if !ok {
				t.Fatal(err)
			}
			return append(found, "unreadable: "+problem.Errors[0].Code)
		}
		said := ""
		if len(row.Faults) == 0 {
			held, err := json.Marshal(row.Value)
			if err != nil {
				t.Fatal(err)
			}
			var known map[string]any
			_ = json.Unmarshal(held, &known)
			for name, value := range known {
				if value == nil {
					delete(known, name)
				}
			}
			held, _ = json.Marshal(known)
			said = string(held)
		}
		for _, fault := range row.Faults {
			said += strings.TrimPrefix(fault.Location, "body.") + ": " + fault.Code + "; "
		}
		found = append(found, fmt.Sprintf("%d %s", row.Line, strings.TrimSuffix(said, "; ")))
	}
	return found
}

func TestASheetIsReadHoweverItIsWritten(t *testing.T) {
	const plain = "external_reference;name;grams\nP-1;Zoé d’Œuvre;60\n"
	const read = `2 {"external_reference":"P-1","grams":60,"name":"Zoé d’Œuvre"}`
	windows, err := charmap.Windows1252.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	little, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	big, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8": plain, "byte order mark": "\ufeff" + plain, "Windows-1252": windows, "UTF-16 little": little, "UTF-16 big": big,
		"commas": strings.ReplaceAll(plain, ";", ","), "tabs": strings.ReplaceAll(plain, ";", "\t"),
		"CRLF": strings.ReplaceAll(plain, "\n", "\r\n"), "CR": strings.ReplaceAll(plain, "\n", "\r"),
		"no last line end": strings.TrimSuffix(plain, "\n"), "trailing separators": strings.ReplaceAll(plain, "\n", ";;\n"),
		"spaces": strings.ReplaceAll(plain, ";", "\u00a0; "), "quotes": strings.ReplaceAll(plain, "P-1", `"P-1"`), "emptied rows": plain + ";;\n\n;;\n",
		"decimals": strings.ReplaceAll(plain, ";60", ";60,00"),
	} {
		if got := table(t, []byte(text), "text/csv"); len(got) != 1 || got[0] != read {
			t.Errorf("%s: read as %q", name, got)
		}
	}
	if got := table(t, []byte("sep=,\r\n"+strings.ReplaceAll(plain, ";", ",")), "text/csv"); len(got) != 1 || got[0] != "3"+read[1:] {
		t.Errorf("with a hint: read as %q", got)
	}
	if got := table(t, []byte(`{"external_reference":"P-1","name":"Zoé d’Œuvre","grams":60}`+"\r\n\r\n"+`{"external_reference":"P-2","grams":"61","sent_on":"01/04/2025","fragile":"oui"}`), "application/x-ndjson; charset=utf-8"); len(got) != 2 ||
		got[0] != "1"+read[1:] || got[1] != `3 {"external_reference":"P-2","fragile":true,"grams":61,"sent_on":"2025-04-01"}` {
		t.Errorf("as JSON: read as %q", got)
	}
}

func TestCells(t *testing.T) {
	for _, c := range []struct{ column, cell, want string }{
		{"sent_on", "01/04/2025", `"2025-04-01"`}, {"sent_on", "1/4/2025", `"2025-04-01"`}, {"sent_on", "01.04.2025", `"2025-04-01"`},
		{"sent_on", "2025-04-01", `"2025-04-01"`}, {"sent_on", "01/04/2025 00:00:00", `"2025-04-01"`}, {"sent_on", "29/02/2024", `"2024-02-29"`},
		{"sent_on", "29/02/2025", "format"}, {"sent_on", "04/25/2025", "format"}, {"sent_on", "01/04/25", "format"}, {"sent_on", "45748", "format"},
		{"sent_on", "01/04/2025 14:00", "format"}, {"sent_on", "01/04/1899", "range"}, {"sent_on", "hier", "format"},
		{"due_at", "01/04/2025 14:00", `"2025-04-01T12:00:00Z"`}, {"due_at", "01/01/2025 14h30", `"2025-01-01T13:30:00Z"`}, {"due_at", "01/01/2025 à 9h", `"2025-01-01T08:00:00Z"`},
		{"due_at", "2025-04-01T14:00:00+05:00", `"2025-04-01T09:00:00Z"`}, {"due_at", "2025-04-01 14:00:30", `"2025-04-01T12:00:30Z"`},
		{"due_at", "30/03/2025 02:30", "no_such_hour"}, {"due_at", "30/03/2025 01:59", `"2025-03-30T00:59:00Z"`}, {"due_at", "30/03/2025 03:00", `"2025-03-30T01:00:00Z"`},
		{"due_at", "26/10/2025 02:30", "ambiguous_hour"}, {"due_at", "26/10/2025 03:00", `"2025-10-26T02:00:00Z"`}, {"due_at", "26/10/2025 01:59", `"2025-10-25T23:59:00Z"`},
		{"due_at", "2025-10-26T02:30:00+02:00", `"2025-10-26T00:30:00Z"`}, {"due_at", "01/04/2025", "format"}, {"due_at", "01/04/2025 25:00", "format"}, {"due_at", "31/04/2025 14:00", "format"},
		{"grams", "60", "60"}, {"grams", "60.0", "60"}, {"grams", "+60", "60"}, {"grams", "60,5", "type"}, {"grams", "1e3", "type"}, {"grams", "0", "minimum"}, {"grams", "-3", "minimum"}, {"grams", "9999999", "maximum"}, {"grams", "soixante", "type"},
		{"fragile", "Oui", "true"}, {"fragile", "VRAI", "true"}, {"fragile", "1", "true"}, {"fragile", "non", "false"}, {"fragile", "faux", "false"}, {"fragile", "0", "false"}, {"fragile", "peut-être", "type"}, {"fragile", "2", "type"},
		{"mode", "in_person", `"in_person"`}, {"mode", "En présence", `"in_person"`}, {"mode", "EN PRESENCE", `"in_person"`}, {"mode", "In person", `"in_person"`}, {"mode", "Présentiel", `"in_person"`}, {"mode", "téléphone", `"phone"`}, {"mode", "Visio", `"video"`}, {"mode", "pigeon", "enum"},
		{"name", "=1+1", `"=1+1"`}, {"name", "@SUM(A1)", `"@SUM(A1)"`}, {"name", "a\x07b", "control_character"}, {"name", strings.Repeat("é", 41), "max_length"},
	} {
		got := table(t, []byte("external_reference;"+c.column+"\nP-1;"+c.cell+"\n"), "text/csv")
		want := "2 " + c.column + ": " + c.want
		if strings.ContainsAny(c.want[:1], `"0123456789`) || c.want == "true" || c.want == "false" {
			var sorted map[string]any
			_ = json.Unmarshal([]byte(`{"external_reference":"P-1","`+c.column+`":`+c.want+`}`), &sorted)
			text, _ := json.Marshal(sorted)
			want = "2 " + string(text)
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s %q: read as %q, not %q", c.column, c.cell, got, want)
		}
	}
}

// utf16le is a text in UTF-16, without its mark.
func utf16le(text string) string {
	encoded, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	return encoded
}

func TestWhatIsNoSheetIsRefused(t *testing.T) {
	const header = "external_reference;name\n"
	mixed := header + "P-1;Zoé\nP-2;Noé\nP-3;L\xe9a\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":           {"", "unreadable: empty"},
		"only line ends":    {"\n\n", "unreadable: empty"},
		"a workbook":        {"PK\x03\x04\x14\x00", "unreadable: not_text"},
		"bytes":             {header + "P-1;\x00\x01", "unreadable: not_text"},
		"two encodings":     {mixed, "unreadable: encoding"},
		"as much of each":   {header + "P-1;Zo\xe9\nP-2;Zoé\n", "unreadable: encoding"},
		"mostly the other":  {header + strings.Repeat("P-1;No\xebl et Zo\xe9\n", 99) + "P-2;Zoé\n", "unreadable: encoding"},
		"a lost letter":     {header + "P-1;Zo\ufffd\nP-2;Noé\n", `2 name: broken_letter|3 {"external_reference":"P-2","name":"Noé"}`},
		"half a letter":     {"\xff\xfe" + utf16le(header+"P-1;Zoé") + "\x00\xd8\n\x00", "2 name: broken_letter"},
		"no letter":         {header + "P-1;Zo\x81\xe9\n", "2 name: broken_letter"},
		"a mark that lies":  {"\ufeff" + header + "P-1;L\xe9a\n", "unreadable: encoding"},
		"no header":         {"Camille;Exemple\nDominique;Fictif\n", "1 body: no_header"},
		"unknown column":    {"external_reference;Prénom\nP-1;Zoé\n", "1 Prénom: unknown_column"},
		"unknown, odd":      {"external_reference;<script>\nP-1;Zoé\n", "1 column 2: unknown_column"},
		"casing":            {"external_reference;Name\nP-1;Zoé\n", "1 Name: unknown_column"},
		"doubled column":    {"external_reference;name;name\nP-1;Zoé;Zoé\n", "1 name: doubled_column"},
		"unnamed column":    {"external_reference;;name\nP-1;Zoé;Zoé\n", "1 column 2: unnamed_column"},
		"missing column":    {"name\nZoé\n", "1 external_reference: missing_column"},
		"several at once":   {"name;Prénom;name\nZoé;x;y\n", "1 Prénom: unknown_column; name: doubled_column; external_reference: missing_column"},
		"empty and needed":  {header + ";Zoé\n", "2 external_reference: required"},
		"too few cells":     {header + "P-1\n", "2 body: columns"},
		"too many cells":    {header + "P-1;Zoé;encore\n", "2 body: columns"},
		"a stray quote":     {header + "P-1;Z\"oé\nP-2;Noé\n", `2 body: quotes|3 {"external_reference":"P-2","name":"Noé"}`},
		"an open quote":     {header + "P-1;\"Zoé\nP-2;Noé\n" + strings.Repeat("x;y\n", 1<<19), "2 body: row_too_long"},
		"open to the end":   {header + "P-1;\"Zoé\n", "2 body: quotes"},
		"lines in a cell":   {header + "P-1;\"Zoé\nDomo\"\nP-2;\n", `2 name: control_character|4 {"external_reference":"P-2"}`},
		"every fault a row": {"external_reference;name;grams;sent_on;fragile\n;" + strings.Repeat("x", 41) + ";many;hier;bof\n", "2 grams: type; sent_on: format; fragile: type; external_reference: required; name: max_length"},
	} {
		got := table(t, []byte(c.text), "text/csv")
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	for text, want := range map[string]string{
		`{"external_reference":"P-1","SENT_ON":"2025-04-01"}`: "1 SENT_ON: unknown_field",
		`{"external_reference":"P-1","name":"a","name":"b"}`:  "1 name: duplicate_name",
		`[1]`: "1 body: type", `{`: "1 body: syntax", `"x"`: "1 body: type", `null`: "1 body: type",
		`{"external_reference":"P-1","grams":"dix"}`:                "1 grams: type",
		`{"external_reference":"P-1","sent_on":20250401}`:           "1 sent_on: type",
		strings.Repeat(" ", 10) + strings.Repeat("x", longestRow+1): "1 body: row_too_long",
	} {
		if got := table(t, []byte(text), SheetsType); strings.Join(got, "|") != want {
			t.Errorf("%.60s: %q, not %q", text, got, want)
		}
	}
}

// What a cell holds is about a person: no fault repeats it.
func TestNoFaultRepeatsACell(t *testing.T) {
	const secret = "Zoé-Confidentielle"
	for column := range parcels.columns {
		for _, cell := range []string{secret, strings.Repeat(secret, 10), secret + `"`, "\x01" + secret} {
			other := "name"
			if column == other {
				other = "grams"
			}
			for row, err := range parcels.Read(strings.NewReader(other+";external_reference;"+column+"\n;P;"+cell+"\n"), "text/csv") {
				if said := fmt.Sprint(row.Faults, err); strings.Contains(said, secret) {
					t.Errorf("%s: %s", column, said)
				}
			}
		}
	}
	for row, err := range parcels.Read(strings.NewReader(secret+";1990-05-17\n"+secret+";x\n"), "text/csv") {
		if said := fmt.Sprint(row.Faults, err); strings.Contains(said, secret) || strings.Contains(said, "1990") {
			t.Errorf("a row taken for the header is repeated: %s", said)
		}
	}
}

func FuzzSheet(f *testing.F) {
	for _, seed := range []string{
		"external_reference;name;sent_on;due_at;grams;fragile;mode\nP-1;Zoé;01/04/2025;01/04/2025 14:00;60;oui;En présence\n",
		"\ufeffexternal_reference,name\r\n\"P-1\",\"a\"\"b\"\r\n", "sep=;\nexternal_reference;name\nP-1;L\xe9a\n", "external_reference\tname\rP-1\tx\r",
		"\xff\xfee\x00x\x00", "external_reference;due_at\nP;26/10/2025 02:30\n", "external_reference;name\n\"P;\n", ";;;\n\n",
	} {
		f.Add([]byte(seed), false)
	}
	f.Add([]byte(`{"external_reference":"P-1","sent_on":"01/04/2025"}`+"\n[]\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, lines bool) {
		media := "text/csv"
		if lines {
			media = SheetsType
		}
		last := 0
		for row, err := range parcels.Read(bytes.NewReader(text), media) {
			if err != nil {
				if _, ok := err.(*Problem); !ok {
					t.Fatalf("an error of ours: %v", err)
				}
				return
			}
			if row.Line <= last {
				t.Fatalf("line %d follows line %d", row.Line, last)
			}
			last = row.Line
			for _, fault := range row.Faults {
				if fault.Code == "" || fault.Message == "" || fault.Location == "" {
					t.Fatalf("a fault says nothing: %+v", fault)
				}
			}
			if len(row.Faults) > 0 {
				continue
			}
			// What was read may be written and read again.
			again, err := json.Marshal(row.Value)
			if err != nil {
				t.Fatal(err)
			}
			for back, err := range parcels.Read(bytes.NewReader(again), SheetsType) {
				if err != nil || len(back.Faults) > 0 {
					t.Fatalf("%s reads back as %+v, %v", again, back, err)
				}
			}
		}
	})
}

// However long a file is, a row of it stands in memory.
func TestASheetIsReadInBoundedMemory(t *testing.T) {
	peak := func(rows int) (most uint64) {
		file, err := Spool(io.MultiReader(strings.NewReader("external_reference;name;sent_on;due_at;grams\n"),
			io.LimitReader(endless("P-1;Zoé d'Exemple;01/04/2025;01/04/2025 14:00;60\n"), int64(rows)*int64(len("P-1;Zoé d'Exemple;01/04/2025;01/04/2025 14:00;60\n")))))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		read := 0
		for row, err := range parcels.Read(file, "text/csv") {
			if err != nil || len(row.Faults) > 0 {
				t.Fatal(row, err)
			}
			if read++; read%1000 == 0 {
				runtime.GC()
				var heap runtime.MemStats
				runtime.ReadMemStats(&heap)
				most = max(most, heap.HeapAlloc)
			}
		}
		if read != rows {
			t.Fatalf("%d rows, not %d", read, rows)
		}
		return most
	}
	few, many := peak(2_000), peak(40_000)
	t.Logf("2,000 rows: %d KiB; 40,000: %d", few>>10, many>>10)
	if float64(many) > 1.5*float64(few) {
		t.Errorf("40,000 rows take %d bytes, 2,000 take %d", many, few)
	}
}

// repeating says a text over and over.
type repeating struct {
	text string
	at   int
}

func endless(text string) io.Reader { return &repeating{text: text} }

func (r *repeating) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// Every code of a file can be written by its labels: no two of one list read alike.
func TestLabelsLeadToTheirCodes(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[domain.Gender](), reflect.TypeFor[domain.JusticeStatus](), reflect.TypeFor[domain.EducationLevel](), reflect.TypeFor[domain.EligibilityGround](), reflect.TypeFor[domain.ReferralOrigin](),
		reflect.TypeFor[domain.ExitKind](), reflect.TypeFor[domain.MeetingMode](), reflect.TypeFor[domain.Attendance](), reflect.TypeFor[domain.WorkshopKind](),
	} {
		labels := labelsOf(of)
		for _, term := range reflect.New(of).Elem().Interface().(interface{ Nomenclature() *domain.Nomenclature }).Nomenclature().Terms {
			for _, way := range []string{term.Code, term.LabelFR, strings.ToUpper(term.LabelFR), term.LabelEN} {
				if got := labels[folded(way)]; got != term.Code {
					t.Errorf("%s: %q leads to %q, not to %s", of, way, got, term.Code)
				}
			}
		}
	}
}
