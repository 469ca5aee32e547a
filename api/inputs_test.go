package api_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// input is a request made from the document's own examples, and the texts that it takes.
type input struct {
	operation
	pattern string // its path as the document has it
	query   map[string]string
	texts   []text
}

// text is a place where a caller may write what she likes.
type text struct {
	location string // as a problem names it
	schema   *huma.Schema
	put      func(value string) // writes it into the request
	reset    func()             // makes the request what it was
}

// inputs are the requests of all operations, each valid by its schema.
func (f *fixture) inputs(document *huma.OpenAPI) []*input {
	var found []*input
	for _, op := range f.operations() {
		one := &input{operation: op.missing(), pattern: op.path, query: map[string]string{}}
		declared := declared(document, op)
		for _, p := range declared.Parameters {
			schema := resolved(document, p.Schema)
			if p.In == "query" && p.Required { // without which nothing else is looked at
				one.query[p.Name] = map[string]string{"by": "gender", "programme": somme}[p.Name]
			}
			if p.In == "query" && free(schema) {
				one.texts = append(one.texts, text{"query." + p.Name, schema, func(value string) { one.query[p.Name] = value }, func() { delete(one.query, p.Name) }})
			}
		}
		if declared.RequestBody != nil {
			if media := declared.RequestBody.Content["application/json"]; media != nil {
				one.body = one.sample(document, media.Schema, "body", func(any) {})
			}
		}
		found = append(found, one)
	}
	return found
}

// declared is what the document says of the operation.
func declared(document *huma.OpenAPI, op operation) *huma.Operation {
	item := document.Paths[op.path]
	return map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete, "PATCH": item.Patch}[op.method]
}

// sample builds a value that the schema allows, and notes the texts in it.
func (in *input) sample(document *huma.OpenAPI, schema *huma.Schema, location string, put func(any)) any {
	schema = resolved(document, schema)
	switch schemaType(schema) {
	case "object":
		object := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			object[name] = in.sample(document, schema.Properties[name], location+"."+name, func(value any) { object[name] = value })
		}
		return object
	case "array":
		list, items := make([]any, 1), resolved(document, schema.Items)
		if len(items.Examples) == 0 && len(schema.Examples) > 0 {
			one := *items
			one.Examples = []any{reflect.ValueOf(schema.Examples[0]).Index(0).Interface()}
			items = &one
		}
		list[0] = in.sample(document, items, location+"[0]", func(value any) { list[0] = value })
		return list
	case "string":
		if free(schema) {
			in.texts = append(in.texts, text{location, schema, func(value string) { put(value) }, func() { put(schema.Examples[0]) }})
		}
		if len(schema.Enum) > 0 {
			return schema.Enum[0]
		}
	case "boolean":
		return true
	}
	if len(schema.Examples) > 0 {
		return schema.Examples[0]
	}
	panic(location + " has no example")
}

// aim is the path with records that are there.
func (in *input) aim(c cast, f *fixture) string {
	one := in.operation
	one.path = in.pattern
	return one.aimed(c, f).path
}

// target is the path with the query.
func (in *input) target() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(in.query)) {
		parts = append(parts, name+"="+strings.NewReplacer("%", "%25", " ", "%20", "+", "%2B", "&", "%26", "#", "%23").Replace(in.query[name]))
	}
	if len(parts) == 0 {
		return in.path
	}
	return in.path + "?" + strings.Join(parts, "&")
}

// resolved follows references, and the anyOf by which the document says that a thing may be null.
func resolved(document *huma.OpenAPI, schema *huma.Schema) *huma.Schema {
	for {
		switch {
		case schema.Ref != "":
			schema = document.Components.Schemas.Map()[schema.Ref[strings.LastIndex(schema.Ref, "/")+1:]]
		case len(schema.AnyOf) > 0:
			schema = schema.AnyOf[0]
		default:
			return schema
		}
	}
}

func schemaType(schema *huma.Schema) string {
	if schema.Type == "" {
		if kinds, ok := schema.Extensions["type"].([]string); ok {
			return kinds[0]
		}
	}
	return fmt.Sprint(schema.Type)
}

// free tells whether a caller may write what she likes there, long enough to be a sentence or a number.
func free(schema *huma.Schema) bool {
	return schemaType(schema) == "string" && len(schema.Enum) == 0 && !slices.Contains([]string{"uuid", "date", "date-time"}, schema.Format) &&
		(schema.MaxLength == nil || *schema.MaxLength >= 13)
}

// writable fits a value to the pattern and the format of a place, if it can.
func (t text) writable(plain, email string) string {
	switch {
	case t.schema.Format == "email" || strings.Contains(t.schema.Pattern, "@"):
		return email
	case t.schema.MinLength != nil && len(plain) < *t.schema.MinLength:
		return plain + strings.Repeat(" ", *t.schema.MinLength)
	}
	return plain
}
