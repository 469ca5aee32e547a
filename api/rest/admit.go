package rest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"o2r/domain"
)

// parameter is one declared parameter of an operation, outside its body.
type parameter struct {
	in, name string
	schema   *huma.Schema
	explode  bool
	required bool
}

// prepare reads off the finished operation what admit compares a request with.
func (r *route) prepare() {
	r.query = map[string]parameter{}
	for _, declared := range r.op.Parameters {
		p := parameter{in: declared.In, name: declared.Name, schema: declared.Schema, explode: declared.Explode != nil && *declared.Explode, required: declared.Required}
		if p.in == "query" {
			r.query[p.name] = p
		} else if p.in == "path" || p.in == "header" {
			r.others = append(r.others, p)
		}
	}
	if body := r.op.RequestBody; body != nil {
		r.consumes = map[string]bool{}
		for media := range body.Content {
			r.consumes[media] = true
		}
	}
	for status, response := range r.op.Responses {
		if strings.HasPrefix(status, "2") {
			for media := range response.Content {
				if !slices.Contains(r.produces, media) {
					r.produces = append(r.produces, media)
				}
			}
		}
	}
	sort.Slice(r.produces, func(i, j int) bool {
		a, b := r.produces[i], r.produces[j]
		if (a == jsonType) != (b == jsonType) {
			return a == jsonType
		}
		return a < b
	})
}

const jsonType = "application/json"

// admit refuses what Huma would let pass: media types, unknown and repeated parameters,
// control characters, and Go's own ideas of numbers and booleans.
func (s *Server) admit(route *route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		if problem := route.check(w.Header(), r); problem != nil {
			s.Fail(w, r, problem)
			return
		}
		next(ctx)
	}
}

func (r *route) check(answer http.Header, request *http.Request) *Problem {
	if len(r.produces) > 0 {
		if len(r.produces) > 1 {
			answer.Add("Vary", "Accept")
		}
		media := agree(request.Header.Values("Accept"), r.produces)
		if media == "" {
			return NewProblem(http.StatusNotAcceptable, "", "None of the media types in Accept can be produced here: it is "+strings.Join(r.produces, ", ")+".")
		}
		// An operation with several media types reads the one agreed on from its Accept field.
		request.Header["Accept"] = []string{media}
	}
	if r.consumes != nil {
		if problem := r.checkBody(request); problem != nil {
			return problem
		}
	}
	faults := append(r.checkQuery(request.URL), r.missing(request.URL)...)
	if r.consumes == nil && unexpectedBody(request) {
		faults = append(faults, domain.FieldError{Location: "body", Code: "unknown_field", Message: "This operation takes no body."})
	}
	for _, p := range r.others {
		if p.in == "path" {
			faults = append(faults, p.check(request.PathValue(p.name))...)
			continue
		}
		values := request.Header.Values(p.name)
		if len(values) > 1 && http.CanonicalHeaderKey(p.name) != "Accept" {
			faults = append(faults, p.fault("repeated", "Is given more than once."))
		}
		for _, value := range values {
			faults = append(faults, p.check(value)...)
		}
	}
	if len(faults) > 0 {
		return invalid(faults...)
	}
	return nil
}

// checkBody compares the body's length and media type with what the operation takes.
func (r *route) checkBody(request *http.Request) *Problem {
	if r.limit > 0 && request.ContentLength > r.limit {
		return tooLargeProblem(r.limit)
	}
	types := request.Header.Values("Content-Type")
	if len(types) == 0 && request.ContentLength == 0 {
		return nil // no body; Huma says whether there must be one
	}
	unsupported := NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Say in Content-Type what the body is: "+strings.Join(slices.Sorted(maps.Keys(r.consumes)), " or ")+".")
	if len(types) != 1 {
		return unsupported
	}
	media, parameters, err := mime.ParseMediaType(types[0])
	if err != nil {
		return unsupported
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") && (r.consumes[jsonType] || !sheetCharsets[strings.ToLower(charset)]) {
		return unsupported
	}
	if !r.consumes[media] && r.consumes[jsonType] && strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json") {
		media = jsonType
	}
	if !r.consumes[media] {
		return unsupported
	}
	if media == jsonType {
		request.Header["Content-Type"] = []string{media}
	}
	return nil
}

// sheetCharsets are what a file may say that it is written in; what it is written in is seen by itself.
var sheetCharsets = map[string]bool{"us-ascii": true, "utf-16": true, "windows-1252": true, "iso-8859-1": true}

// unexpectedBody finds a body where none is taken: its sender believes that it counts. Many
// clients send {} for nothing.
func unexpectedBody(request *http.Request) bool {
	if request.ContentLength == 0 || request.Method == http.MethodGet || request.Method == http.MethodHead {
		return false
	}
	start, err := io.ReadAll(io.LimitReader(request.Body, 16))
	text := string(bytes.TrimSpace(start))
	return err != nil || text != "" && text != "{}"
}

// checkQuery refuses what is unknown, repeated or empty: a filter that is silently
// ignored answers another question than the one that was asked.
func (r *route) checkQuery(target *url.URL) (faults []domain.FieldError) {
	if target.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return []domain.FieldError{{Location: "query", Code: "syntax", Message: "Is not a query string of names and percent-encoded values."}}
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		p, known := r.query[name]
		if !known {
			location := "query"
			if plainName.MatchString(name) {
				location += "." + name
			}
			faults = append(faults, domain.FieldError{Location: location, Code: "unknown_field", Message: "There is no such query parameter here."})
			continue
		}
		if len(query[name]) > 1 && !p.explode {
			faults = append(faults, p.fault("repeated", "Is given more than once."))
			continue
		}
		for _, value := range query[name] {
			if value == "" {
				faults = append(faults, p.fault("empty", "Is empty: leave the parameter out, or give it a value."))
				continue
			}
			if p.explode && p.schema.Items != nil && len(p.schema.Items.Enum) > 0 && strings.Contains(value, ",") {
				faults = append(faults, p.fault("enum", "Holds one code: for several, repeat the parameter"+p.repeated(value)+"."))
				continue
			}
			faults = append(faults, p.check(value)...)
		}
	}
	target.RawQuery = query.Encode() // Huma's own reader trips over a name without "="
	return faults
}

// missing names the required parameters that a query leaves out, and the codes that one of them may hold.
func (r *route) missing(target *url.URL) (faults []domain.FieldError) {
	query := target.Query()
	for _, name := range slices.Sorted(maps.Keys(r.query)) {
		if p := r.query[name]; p.required && len(query[name]) == 0 && len(p.schema.Enum) > 0 {
			codes := make([]string, len(p.schema.Enum))
			for i, code := range p.schema.Enum {
				codes[i] = fmt.Sprint(code)
			}
			faults = append(faults, p.fault("required", "Is required: one of "+strings.Join(codes, ", ")+"."))
		}
	}
	return faults
}

func (p parameter) fault(code, message string) domain.FieldError {
	return domain.FieldError{Location: p.in + "." + p.name, Code: code, Message: message}
}

var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	anyNumber   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// check compares one value with its schema where Huma's reading is laxer than the document:
// it takes "t" for true and NaN for a number, and shows the parser's error.
func (p parameter) check(value string) []domain.FieldError {
	if controlIn(value) {
		return []domain.FieldError{p.fault("control_character", controlMessage)}
	}
	if p.schema == nil || value == "" {
		return nil
	}
	if p.schema.Type == huma.TypeArray {
		if p.explode {
			return item(p, value)
		}
		for _, one := range strings.Split(value, ",") {
			if faults := item(p, one); faults != nil {
				return faults
			}
		}
		return nil
	}
	return p.checkScalar(p.schema, value)
}

func item(p parameter, value string) []domain.FieldError {
	if value == "" {
		return []domain.FieldError{p.fault("empty", "Has an empty item.")}
	}
	return p.checkScalar(p.schema.Items, value)
}

func (p parameter) checkScalar(schema *huma.Schema, value string) []domain.FieldError {
	switch schema.Type {
	case huma.TypeBoolean:
		if value != "true" && value != "false" {
			return []domain.FieldError{p.fault("type", "Must be true or false.")}
		}
	case huma.TypeInteger:
		if !wholeNumber.MatchString(value) {
			return []domain.FieldError{p.fault("type", "Must be a whole number.")}
		}
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return []domain.FieldError{p.fault("range", "Is out of range.")}
		}
	case huma.TypeNumber:
		if !anyNumber.MatchString(value) {
			return []domain.FieldError{p.fault("type", "Must be a number.")}
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return []domain.FieldError{p.fault("range", "Is out of range.")}
		}
	case huma.TypeString:
		if schema.Format == "date" {
			if _, err := domain.ParseDate(value); err != nil {
				return []domain.FieldError{p.fault("format", dateMessage)}
			}
		}
	}
	return nil
}

// agree picks the media type of the answer: the one the caller prefers, ours first among
// equals; none when nothing fits. Whoever asks for problems only still gets the answer itself.
func agree(accept []string, produced []string) string {
	ranges := strings.Join(accept, ",")
	if strings.TrimSpace(ranges) == "" {
		return produced[0]
	}
	best, bestQuality := "", 0.0
	for _, media := range produced {
		if quality := preference(ranges, media); quality > bestQuality {
			best, bestQuality = media, quality
		}
	}
	return best
}

// preference is the quality of the most specific range that matches the media type (RFC 9110, 12.5.1).
func preference(ranges, media string) float64 {
	kind, _, _ := strings.Cut(media, "/")
	quality, specific := 0.0, 0
	for _, one := range strings.Split(ranges, ",") {
		name, rest, _ := strings.Cut(one, ";")
		match := 0
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case media, problemType:
			match = 3
		case kind + "/*":
			match = 2
		case "*/*":
			match = 1
		}
		if match == 0 || match < specific {
			continue
		}
		q := 1.0
		for _, parameter := range strings.Split(rest, ";") {
			if text, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q="); ok {
				q, _ = strconv.ParseFloat(text, 64)
			}
		}
		if match > specific || q > quality {
			quality, specific = q, match
		}
	}
	return quality
}

// repeated shows how the codes of a value that names several are sent: those of them that the parameter takes.
func (p parameter) repeated(value string) string {
	var pairs []string
	for code := range strings.SplitSeq(value, ",") {
		if slices.Contains(p.schema.Items.Enum, any(code)) {
			pairs = append(pairs, p.name+"="+code)
		}
	}
	if len(pairs) < 2 {
		return ""
	}
	return ", as in " + strings.Join(pairs, "&")
}
