package rest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

// Every text has a pattern: a line, or a long text of lines. \x00 and not \u0000, which
// Go's regular expressions do not know.
const (
	controlFreeLine = `^[^\x00-\x1f\x7f]*$`
	controlFreeText = `^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$`

	// emailPattern is an address alone: the format's own check lets "Name <address>" pass.
	emailPattern = `^[^\s@<>(),;:"\\\x00-\x1f\x7f]+@[^\s@<>(),;:"\\\x00-\x1f\x7f]+\.[^\s@<>(),;:"\\.\x00-\x1f\x7f]+$`
)

// longText is the maxLength from which a string may have several lines.
const longText = 500

// largest is the largest whole number that every JSON reader keeps exactly.
const largest = 1<<53 - 1

// describeScalar gives a string, number or boolean its bounds, format and list of values.
func (c *schemas) describeScalar(t reflect.Type, s *huma.Schema, place string) {
	switch {
	case t.Implements(codedType) || reflect.PointerTo(t).Implements(codedType):
		c.describeCoded(t, s, place)
		return
	case t == dateType:
		s.Type, s.Format, s.MinLength, s.MaxLength = huma.TypeString, "date", ptr(10), ptr(10)
	case t == timeType && s.Format != "date-time-http":
		s.Format = "date-time"
	}
	switch s.Type {
	case huma.TypeInteger:
		low, high := float64(-largest), float64(largest)
		switch t.Kind() {
		case reflect.Int8, reflect.Int16, reflect.Uint8, reflect.Uint16, reflect.Uint32:
			c.faultf("%s", "is a small integer, which Huma overflows silently: use int, int32 or int64", place)
		case reflect.Int32:
			low, high = -1<<31, 1<<31-1
		case reflect.Uint, reflect.Uint64:
			low = 0
		}
		if s.Minimum == nil && s.ExclusiveMinimum == nil {
			s.Minimum = &low
		}
		if s.Maximum == nil && s.ExclusiveMaximum == nil {
			s.Maximum = &high
		}
	case huma.TypeString:
		c.describeString(t, s, place)
	}
	if len(s.Examples) == 0 && (s.Type == huma.TypeString || s.Type == huma.TypeNumber || s.Type == huma.TypeInteger) && s.Enum == nil && s.Const == nil && !strings.HasSuffix(place, "[]") && !strings.HasSuffix(place, ".*") {
		if usual, ok := usualExamples[s.Format]; ok {
			s.Examples = []any{usual}
		} else {
			c.faultf("%s", "has no example", place)
		}
	}
}

var usualExamples = map[string]any{
	"date":           "2025-04-01",
	"date-time":      "2025-04-01T09:30:00Z",
	"date-time-http": "Tue, 01 Apr 2025 09:30:00 GMT",
	"uuid":           "0197f0a0-0000-7000-8000-000000000001",
}

// describeString bounds a string. A format with a length of its own needs no maxLength tag.
func (c *schemas) describeString(t reflect.Type, s *huma.Schema, place string) {
	if s.ContentEncoding != "" || s.Format == "binary" || s.Enum != nil || s.Const != nil {
		return
	}
	switch s.Format {
	case "uuid":
		s.MinLength, s.MaxLength = ptr(36), ptr(36) // not the forms with urn: or braces
	case "date-time":
		bound(&s.MinLength, 20)
		bound(&s.MaxLength, 40)
	case "date-time-http":
		bound(&s.MaxLength, 40)
	case "email":
		bound(&s.MaxLength, 254)
		if s.Pattern == "" {
			s.Pattern = emailPattern
		}
	case "uri", "uri-reference":
		bound(&s.MaxLength, 2000)
	}
	if s.MaxLength == nil {
		c.faultf("%s", "has no maxLength", place)
		return
	}
	if s.Pattern == "" && (s.Format == "" || t.Kind() == reflect.String && !slices.Contains([]string{"uuid", "date", "date-time"}, s.Format)) {
		s.Pattern = controlFreeLine
		if *s.MaxLength >= longText {
			s.Pattern = controlFreeText
		}
	}
}

func bound(limit **int, value int) {
	if *limit == nil {
		*limit = &value
	}
}

// describeCoded lists a coded type's values. The value may be a pointer's; null is added in
// the document only, since validation knows it already.
func (c *schemas) describeCoded(t reflect.Type, s *huma.Schema, place string) {
	if s.Enum == nil {
		for _, code := range reflect.New(t).Interface().(coded).Codes() {
			if !slices.Contains(c.withheld.Fields, code) { // a value that names a field goes with it
				s.Enum = append(s.Enum, code)
			}
		}
	}
	s.Type, s.Format = huma.TypeString, ""
	if several, ok := reflect.New(t).Interface().(interface{ Lists() []*domain.Nomenclature }); ok {
		var names []string
		for _, list := range several.Lists() {
			c.withholdCodes(list.Name, s, place)
			names = append(names, list.Name)
		}
		if note := "A code of the nomenclatures " + strings.Join(names, " and ") + "."; !strings.Contains(s.Description, note) {
			s.Description = strings.TrimSpace(s.Description + " " + note)
		}
	}
	if nomenclature := nameOf(t); nomenclature != "" {
		c.withholdCodes(nomenclature, s, place)
		note := "A code of the nomenclature " + nomenclature + "."
		if !strings.Contains(s.Description, note) {
			s.Description = strings.TrimSpace(s.Description + " " + note)
		}
	}
}

// nameOf asks a coded type for its nomenclature's name, if it has one: a method Nomenclature
// that gives a struct, or a pointer to one, with a field Name. The type may change in the domain without
// this package hearing of it.
func nameOf(t reflect.Type) string {
	method := reflect.New(t).MethodByName("Nomenclature")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 {
		return ""
	}
	result := method.Call(nil)[0]
	for result.Kind() == reflect.Pointer {
		if result.IsNil() {
			return ""
		}
		result = result.Elem()
	}
	if result.Kind() != reflect.Struct {
		return ""
	}
	if name := result.FieldByName("Name"); name.Kind() == reflect.String {
		return name.String()
	}
	return ""
}

// needDoc asks for a sentence about every field.
func (c *schemas) needDoc(s *huma.Schema, place string) {
	if s.Description == "" && s.Ref == "" {
		c.faultf("%s", "has no doc", place)
	}
}

// describeHeader bounds an answer's header field; the usual ones explain themselves.
func (c *schemas) describeHeader(name string, header *huma.Param) {
	usual, known := usualHeaders[name]
	if header.Schema == nil {
		return
	}
	if known {
		if header.Schema.Description == "" {
			header.Schema.Description = usual.doc
		}
		bound(&header.Schema.MaxLength, usual.length)
		if len(header.Schema.Examples) == 0 {
			header.Schema.Examples = []any{usual.example}
		}
	}
	place := "answer header " + name
	if header.Schema.Type == huma.TypeString {
		c.describeString(reflect.TypeFor[string](), header.Schema, place)
	} else {
		header.Schema.MaxLength = nil
	}
	if header.Description == "" {
		header.Description = header.Schema.Description
	}
	if header.Description == "" {
		c.faultf("%s", "has no doc", place)
	}
}

type usualHeader struct {
	doc     string
	length  int
	example any
}

var usualHeaders = map[string]usualHeader{
	"ETag":                {"The thing's version, to send in If-Match when changing it.", 100, `"3"`},
	"Location":            {"Where the new thing is.", 500, "/v1/referrals/0197f0a0-0000-7000-8000-000000000001"},
	"Link":                {"Where the next page is: rel=\"next\" (RFC 8288). Absent on the last one.", 2000, `</v1/referrals?cursor=b2Zmc2V0>; rel="next"`},
	"Last-Modified":       {"When it last changed.", 40, "Tue, 01 Apr 2025 09:30:00 GMT"},
	"Cache-Control":       {"How long the answer may be kept.", 200, "no-store"},
	"Content-Disposition": {"The name of the file.", 300, `attachment; filename="report.csv"`},
	"Content-Type":        {"The media type of the body.", 100, "text/csv"},
	"Retry-After":         {"How many seconds to wait before trying again.", 10, "5"},
}
