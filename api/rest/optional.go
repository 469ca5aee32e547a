package rest

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// checkOptional finds fields of a body that may be left out and would then hold a value that
// may not be sent: a date of the year 1, a code that is none, an empty e-mail address. Such a
// field is required, or a pointer, whose nil says that it is not known.
func (c *schemas) checkOptional(t reflect.Type, schema *huma.Schema, place string, seen map[reflect.Type]bool) {
	if schema != nil && schema.Ref != "" {
		schema = c.registry.SchemaFromRef(schema.Ref)
	}
	if schema == nil {
		return
	}
	switch t = value(t); t.Kind() {
	case reflect.Slice, reflect.Array:
		c.checkOptional(t.Elem(), schema.Items, place+"[]", seen)
		return
	case reflect.Map:
		if values, ok := schema.AdditionalProperties.(*huma.Schema); ok {
			c.checkOptional(t.Elem(), values, place+".*", seen)
		}
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[t] || t == timeType || t == dateType {
		return
	}
	seen[t] = true
	for _, field := range flatten(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil {
			continue
		}
		if field.Type.Kind() != reflect.Pointer && field.Tag.Get("required") != "true" && !c.zeroIsValid(field.Type, property) {
			c.faultf("%s.%s", "may be left out and would then hold a value that may not be sent: make it required, or a pointer", place, name)
		}
		c.checkOptional(field.Type, property, place+"."+name, seen)
	}
}

// zeroIsValid tells whether a field's zero value satisfies its own schema.
func (c *schemas) zeroIsValid(t reflect.Type, schema *huma.Schema) bool {
	var zero any
	switch t.Kind() {
	case reflect.String:
		zero = ""
	case reflect.Bool:
		zero = false
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64:
		zero = 0.0
	case reflect.Slice:
		zero = []any{}
	case reflect.Struct:
		if t != timeType && t != dateType {
			return true // its own fields are checked
		}
		return false
	default:
		return true
	}
	var result huma.ValidateResult
	huma.Validate(c.registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, zero, &result)
	return len(result.Errors) == 0
}
