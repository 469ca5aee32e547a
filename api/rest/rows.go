package rest

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"o2r/domain"
)

// Rows is the body of a batch, whose items stand alone: a faulty one is told of and does not refuse
// the others. The operation says Batch, so that nothing is validated before its handler, which
// reads them with Each. What is no JSON, is no object with items, or has too few or too many of them
// is refused whole, before that.
type Rows[T any] struct {
	Items []T `json:"items" required:"true" doc:"The rows: each stands alone." minItems:"1" maxItems:"500" nullable:"false"`

	sent []jsontext.Value
}

// MaxRows is how many items a batch holds; the schema above says so too.
const MaxRows = 500

// Row is an item as it was read, or what is wrong with it.
type Row[T any] struct {
	Value  T
	Faults []domain.FieldError // located as in a body of its own; see InRow
}

// Batch makes the operation take Rows.
func Batch(op huma.Operation) huma.Operation {
	op.SkipValidateBody = true
	return op
}

type rowed interface{ read(text []byte) error }

func (r *Rows[T]) read(text []byte) error {
	var body struct {
		Items *[]jsontext.Value `json:"items"`
	}
	err := jsonv2.Unmarshal(text, &body, reading)
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntactic):
		return syntaxFault(locationOf(syntactic.JSONPointer.Parent()), err)
	case err != nil:
		return semanticFault(err)
	case strings.TrimSpace(string(text)) == "null":
		return &fault{"body", "type", "The body must not be null."}
	case body.Items == nil:
		return &fault{"body.items", "required", "Is required."}
	case len(*body.Items) == 0:
		return &fault{"body.items", "min_items", "Must have at least 1 items."}
	case len(*body.Items) > MaxRows:
		return &fault{"body.items", "max_items", "Must have at most " + strconv.Itoa(MaxRows) + " items."}
	}
	r.sent = *body.Items
	return nil
}

// MarshalJSON writes what was sent, in one form whatever its spaces and the order of its fields.
func (r Rows[T]) MarshalJSON() ([]byte, error) {
	for i := range r.sent {
		if err := r.sent[i].Canonicalize(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(map[string]any{"items": r.sent})
}

// Each reads the rows one by one, as strictly as the same item is read where it is a body of its own.
func (r *Rows[T]) Each(s *Server) []Row[T] {
	registry := s.api.OpenAPI().Components.Schemas
	schema := registry.Schema(reflect.TypeFor[T](), true, "")
	rows := make([]Row[T], len(r.sent))
	for i, text := range r.sent {
		var result huma.ValidateResult
		sent, err := parse(text)
		if err == nil {
			huma.Validate(registry, schema, huma.NewPathBuffer([]byte("body"), len("body")), huma.ModeWriteToServer, sent, &result)
			if len(result.Errors) == 0 {
				err = readJSON(text, &rows[i].Value)
			}
		}
		var own *fault
		switch {
		case errors.As(err, &own):
			rows[i].Faults = []domain.FieldError{domain.FieldError(*own)}
		case err != nil:
			rows[i].Faults = []domain.FieldError{{Location: "body", Code: "invalid", Message: "Is not valid here."}}
		default:
			rows[i].Faults = faultsIn(result.Errors)
		}
	}
	return rows
}

// InRow is where in the whole body a place in one of its rows is: body.items[3].birth_date.
func InRow(row int, location string) string {
	if rest, ok := strings.CutPrefix(location, "body"); ok {
		return "body.items[" + strconv.Itoa(row) + "]" + rest
	}
	return location
}
