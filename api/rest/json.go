package rest

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"o2r/domain"
)

// maxDepth is how deep a body may be nested; ours need four.
const maxDepth = 32

// jsonFormat reads strictly and writes predictably. encoding/json takes the last of two
// equal names, any casing and broken UTF-8; each has been a way past validation.
var jsonFormat = huma.Format{Marshal: writeJSON, Unmarshal: readJSON}

// writing: instants in UTC, lists never null, maps in order.
var writing = json.JoinOptions(
	json.Deterministic(true),
	json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, instant time.Time) error {
		return enc.WriteToken(jsontext.String(instant.UTC().Format(time.RFC3339Nano)))
	})),
)

// reading: exact names only. Instants are kept as the database keeps them, in UTC and
// microseconds, or an answer to POST and one to GET differ.
var reading = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, instant *time.Time) error {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if token.Kind() == 'n' {
			*instant = time.Time{}
			return nil
		}
		parsed, err := time.Parse(time.RFC3339Nano, token.String())
		if token.Kind() != '"' || err != nil {
			return errInstant
		}
		*instant = parsed.UTC().Truncate(time.Microsecond)
		return nil
	})),
)

var errInstant = errors.New("not an RFC 3339 date and time")

// Exact is an answer that was kept as text: it is given to the byte, so that a hash of it holds. What a deployment withholds
// was left out when the text was made.
type Exact interface{ Exact() string }

func writeJSON(w io.Writer, value any) error {
	if kept, ok := value.(Exact); ok {
		_, err := io.WriteString(w, kept.Exact())
		return err
	}
	text, err := json.Marshal(value, writing) // whole or not at all
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// atOnce writes all of an answer or nothing, so that a failure can become a problem.
func atOnce(write func(io.Writer, any) error) func(io.Writer, any) error {
	return func(w io.Writer, value any) error {
		var text bytes.Buffer
		if err := write(&text, value); err != nil {
			return err
		}
		_, err := w.Write(text.Bytes())
		return err
	}
}

// unread is how a media type that is only written refuses to be read.
func unread([]byte, any) error { return huma.ErrUnknownContentType }

// readJSON is called twice by Huma: into an any, which is validated, then into the input.
func readJSON(text []byte, into any) error {
	if free, ok := into.(*any); ok {
		value, err := parse(text)
		*free = value
		return err
	}
	if batch, ok := into.(rowed); ok {
		return batch.read(text)
	}
	err := json.Unmarshal(text, into, reading)
	if err != nil {
		return semanticFault(err)
	}
	if !bytes.Contains(text, []byte("null")) {
		return nil
	}
	sent, err := parse(text)
	if err != nil {
		return err
	}
	if no := nullList(reflect.TypeOf(into), sent, "body"); no != nil {
		return no
	}
	return nil
}

// nullList finds a null where a list belongs. Huma lets it pass wherever the field may be left out; but a list that is not
// known is left out, an empty one is empty, and a null would be taken for either.
func nullList(t reflect.Type, sent any, at string) *fault {
	switch t = value(t); sent := sent.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct || t == dateType || t == timeType {
			return nil
		}
		for _, field := range flatten(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			held, said := sent[name]
			if !said {
				continue
			}
			if held == nil && field.Type.Kind() == reflect.Slice {
				return &fault{at + "." + name, "type", "Must be a list: leave it out where it is not known."}
			}
			if no := nullList(field.Type, held, at+"."+name); no != nil {
				return no
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for i, item := range sent {
			if no := nullList(t.Elem(), item, at+"["+strconv.Itoa(i)+"]"); no != nil {
				return no
			}
		}
	}
	return nil
}

// DecodeJSON reads one JSON text as strictly as a body is read, for operations that take it
// raw; its error is a *Problem. It does not validate: fields' bounds are the caller's to check.
func DecodeJSON(text []byte, into any) error {
	_, err := parse(text)
	if err == nil {
		err = readJSON(text, into)
	}
	if err != nil {
		return refusal(400, []error{&huma.ErrorDetail{Location: "body", Message: err.Error()}})
	}
	return nil
}

// fault is a domain.FieldError on its way through Huma, which keeps nothing of an error but its text.
type fault domain.FieldError

const faultMark = "\x00"

func (f *fault) Error() string {
	return faultMark + strings.Join([]string{f.Location, f.Code, f.Message}, faultMark)
}

func decodingFault(message string) (domain.FieldError, bool) {
	parts := strings.Split(message, faultMark)
	if len(parts) != 4 || parts[0] != "" {
		return domain.FieldError{}, false
	}
	return domain.FieldError{Location: parts[1], Code: parts[2], Message: parts[3]}, true
}

// parse reads a whole JSON text into maps, slices, strings, float64s, bools and nil.
func parse(text []byte) (any, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	p := parser{dec}
	value, err := p.value("body", 0)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, &fault{"body", "type", "The body must not be null."}
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, &fault{"body", "syntax", "There is something after the end of the JSON text."}
	}
	return value, nil
}

type parser struct{ dec *jsontext.Decoder }

func (p parser) value(location string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &fault{location, "depth", "Is nested too deeply."}
	}
	token, err := p.dec.ReadToken()
	if err != nil {
		return nil, syntaxFault(location, err)
	}
	switch token.Kind() {
	case '{':
		return p.object(location, depth)
	case '[':
		return p.array(location, depth)
	case '"':
		text := token.String()
		if forbiddenControl(text) {
			return nil, &fault{location, "control_character", controlMessage}
		}
		return text, nil
	case '0':
		number, err := strconv.ParseFloat(token.String(), 64)
		if err != nil {
			return nil, &fault{location, "range", "Is too large a number."}
		}
		return number, nil
	case 't', 'f':
		return token.Bool(), nil
	}
	return nil, nil
}

func (p parser) object(location string, depth int) (any, error) {
	object := map[string]any{}
	for p.dec.PeekKind() != '}' {
		token, err := p.dec.ReadToken()
		if err != nil {
			return nil, syntaxFault(location, err)
		}
		name := token.String()
		place := location
		if plainName.MatchString(name) {
			place += "." + name
		}
		if object[name], err = p.value(place, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := p.dec.ReadToken()
	return object, err
}

func (p parser) array(location string, depth int) (any, error) {
	array := []any{}
	for p.dec.PeekKind() != ']' {
		item, err := p.value(location+"["+strconv.Itoa(len(array))+"]", depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, item)
	}
	_, err := p.dec.ReadToken()
	return array, err
}

func syntaxFault(location string, err error) error {
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		if errors.As(err, &syntactic) {
			if name := syntactic.JSONPointer.LastToken(); plainName.MatchString(name) {
				location += "." + name
			}
		}
		return &fault{location, "duplicate_name", "Is given twice."}
	case errors.As(err, &syntactic) && strings.Contains(syntactic.Err.Error(), "UTF-8"):
		return &fault{location, "encoding", "Is not UTF-8."}
	}
	return &fault{location, "syntax", "The JSON text breaks off or is malformed here."}
}

// semanticFault names the field of a value that passed validation and does not fit its type all
// the same, such as a date out of all bounds.
func semanticFault(err error) error {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return &fault{"body", "invalid", "Does not fit what this operation takes."}
	}
	location := locationOf(semantic.JSONPointer)
	switch {
	case errors.Is(err, json.ErrUnknownName):
		return &fault{location, "unknown_field", "There is no such field here; names are matched exactly."}
	case errors.Is(err, errInstant):
		return &fault{location, "format", "Must be an RFC 3339 date and time, such as 2025-04-01T09:30:00Z."}
	case semantic.GoType == dateType || semantic.GoType == reflect.PointerTo(dateType):
		return &fault{location, "range", dateMessage}
	case errors.Is(err, strconv.ErrRange):
		return &fault{location, "range", "Is out of range."}
	}
	return &fault{location, "type", "Is not of the type that the API's description gives."}
}

var dateMessage = "Must be a calendar date, written as 2025-04-01, between " + domain.OldestDate.String() + " and " + domain.LatestDate.String() + "."

func locationOf(pointer jsontext.Pointer) string {
	location := "body"
	for name := range pointer.Tokens() {
		switch index, err := strconv.Atoi(name); {
		case err == nil:
			location += "[" + strconv.Itoa(index) + "]"
		case plainName.MatchString(name):
			location += "." + name
		}
	}
	return location
}

const controlMessage = "Must not contain control characters."

// forbiddenControl finds what no text holds: C0 controls other than tab and line ends, DEL,
// and bytes that are not UTF-8. PostgreSQL refuses NUL; terminals and logs obey the others.
func forbiddenControl(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f {
			return true
		}
	}
	return !utf8.ValidString(text)
}

// controlIn finds any C0 control character: none belongs in a path, a query or a header.
func controlIn(text string) bool {
	return forbiddenControl(text) || strings.ContainsAny(text, "\t\n\r")
}
