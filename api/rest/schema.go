package rest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"o2r/domain"
)

// coded is a string type with a fixed list of values, such as a nomenclature's codes. The
// domain's types have this method and need not know of any schema.
type coded interface{ Codes() []string }

var (
	codedType   = reflect.TypeFor[coded]()
	dateType    = reflect.TypeFor[domain.Date]()
	timeType    = reflect.TypeFor[time.Time]()
	wrapperType = reflect.TypeFor[huma.ParamWrapper]()
)

// schemas completes what Huma makes of our types, in place: what it adds is validated and
// documented. What only the document says is added to a copy; see document.go.
type schemas struct {
	registry huma.Registry
	seen     map[*huma.Schema]bool

	omitted  map[*huma.Schema]map[string]bool // properties that an answer may leave out
	nullable map[*huma.Schema]bool            // references that may be null

	withheld Withheld
	instead  map[string]map[string]jsontext.Token // by property and withheld code

	faults []string
}

func newSchemas(registry huma.Registry, withheld Withheld) *schemas {
	c := &schemas{registry: registry, withheld: withheld, instead: map[string]map[string]jsontext.Token{}, seen: map[*huma.Schema]bool{}, omitted: map[*huma.Schema]map[string]bool{}, nullable: map[*huma.Schema]bool{}}
	problem := reflect.TypeFor[Problem]()
	c.describe(problem, registry.Schema(problem, true, "Problem"), "Problem")
	if len(c.faults) > 0 {
		panicWith("Problem", c.faults)
	}
	return c
}

// describeOperation completes every schema of an operation and says what is missing.
func (c *schemas) describeOperation(op *huma.Operation, input, output reflect.Type) []string {
	c.faults = nil
	inPath := map[string]bool{}
	c.describeParameters(op, input, inPath)
	for _, part := range strings.Split(op.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
			if name != "$" && !inPath[name] {
				c.faultf("path.%s", "is not a field of the input", name)
			}
			delete(inPath, name)
		}
	}
	for name := range inPath {
		c.faultf("path.%s", "is not in the path", name)
	}
	if body, ok := input.FieldByName("Body"); ok && op.RequestBody != nil {
		if media := op.RequestBody.Content[jsonType]; media != nil && media.Schema != nil {
			c.describe(value(body.Type), media.Schema, "body")
			media.Schema.PrecomputeMessages()
			c.checkOptional(value(body.Type), media.Schema, "body", map[reflect.Type]bool{})
		}
	}
	for _, response := range op.Responses {
		if body, ok := output.FieldByName("Body"); ok && body.Type.Kind() != reflect.Func {
			for name, media := range response.Content { // a body may be of a JSON type of its own
				if media.Schema != nil && (name == jsonType || name != problemType && media.Schema.Ref != "") {
					c.describe(value(body.Type), media.Schema, "answer")
				}
			}
		}
		for name, header := range response.Headers {
			c.describeHeader(name, header)
		}
	}
	return c.faults
}

func (c *schemas) faultf(place, fault string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(place, args...)+" "+fault)
}

// describeParameters walks the input as Huma does: embedded structs are part of it.
func (c *schemas) describeParameters(op *huma.Operation, t reflect.Type, inPath map[string]bool) {
	t = value(t)
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			c.describeParameters(op, field.Type, inPath)
			continue
		}
		for _, in := range []string{"path", "query", "header", "cookie"} {
			name, _, _ := strings.Cut(field.Tag.Get(in), ",")
			if name == "" {
				continue
			}
			if in == "path" {
				inPath[name] = true
			}
			if in == "query" && slices.Contains(c.withheld.Fields, name) {
				op.Parameters = slices.DeleteFunc(op.Parameters, func(p *huma.Param) bool { return p.In == in && p.Name == name })
				continue
			}
			at := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.In == in && p.Name == name })
			if at < 0 {
				c.faultf("%s.%s", "is hidden", in, name)
				continue
			}
			p, place := op.Parameters[at], in+"."+name
			fieldType := field.Type
			if reflect.PointerTo(fieldType).Implements(wrapperType) {
				fieldType = reflect.New(fieldType).Interface().(huma.ParamWrapper).Receiver().Type()
			}
			if _, ok := field.Tag.Lookup("default"); ok && (in != "query" || op.RequestBody != nil) {
				c.faultf("%s", "has a default, which Huma also puts over an explicit zero value", place)
			}
			c.describe(fieldType, p.Schema, place)
			c.needDoc(p.Schema, place)
			if in == "query" && p.Schema.Type == huma.TypeString && p.Schema.MinLength == nil && p.Schema.Enum == nil {
				p.Schema.MinLength = ptr(1) // an empty parameter is refused
			}
			p.Description = p.Schema.Description
			p.Schema.PrecomputeMessages()
		}
	}
}

// describe completes the schema of a type, and of all that is in it.
func (c *schemas) describe(t reflect.Type, schema *huma.Schema, place string) {
	pointer := t.Kind() == reflect.Pointer
	t = value(t)
	if schema == nil {
		return
	}
	if schema.Ref != "" {
		if pointer {
			c.nullable[schema] = true
		}
		if target := c.registry.SchemaFromRef(schema.Ref); target != nil && !c.seen[target] {
			c.seen[target] = true
			c.describeStruct(t, target, schema.Ref[strings.LastIndex(schema.Ref, "/")+1:])
			target.PrecomputeMessages()
		}
		return
	}
	switch {
	case schema.Type == huma.TypeArray && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		boundItems(schema)
		c.describe(t.Elem(), schema.Items, place+"[]")
		if schema.MaxItems == nil {
			c.faultf("%s", "has no maxItems", place)
		}
	case t.Kind() == reflect.Map:
		if items, ok := schema.AdditionalProperties.(*huma.Schema); ok {
			c.describe(t.Elem(), items, place+".*")
			items.PrecomputeMessages()
		}
		if schema.MaxProperties == nil {
			c.faultf("%s", "has no maxProperties", place)
		}
	default:
		c.describeScalar(t, schema, place)
	}
}

// boundItems gives a list's items what its tags say of strings: a list has no such bounds itself.
func boundItems(list *huma.Schema) {
	if list.Items == nil || list.Items.Type != huma.TypeString {
		return
	}
	if list.MaxLength != nil {
		list.Items.MaxLength, list.MaxLength = list.MaxLength, nil
	}
	if list.Pattern != "" {
		list.Items.Pattern, list.Pattern = list.Pattern, ""
	}
	if list.Format != "" {
		list.Items.Format, list.Format = list.Format, ""
	}
}

// describeStruct completes each property. Fields of embedded structs are the object's own.
func (c *schemas) describeStruct(t reflect.Type, schema *huma.Schema, name string) {
	if t.Kind() != reflect.Struct {
		return
	}
	c.faults = append(c.faults, hiddenParameters(t, name)...)
	for _, field := range flatten(t) {
		property, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if property == "" {
			property = field.Name
		}
		s, ok := schema.Properties[property]
		if !ok {
			continue
		}
		if c.withholdField(schema, property) {
			continue
		}
		place := name + "." + property
		if options := field.Tag.Get("json"); strings.Contains(options, ",omitempty") || strings.Contains(options, ",omitzero") {
			if c.omitted[schema] == nil {
				c.omitted[schema] = map[string]bool{}
			}
			c.omitted[schema][property] = true
		}
		for tag, why := range map[string]string{
			"default":  "has a default, which Huma also puts over an explicit false or zero: use a pointer",
			"readOnly": "is readOnly, which nobody enforces: leave the field out of the input",
			"hidden":   "is hidden, which is no protection: leave the field out",
		} {
			if _, has := field.Tag.Lookup(tag); has {
				c.faultf("%s", why, place)
			}
		}
		c.describe(field.Type, s, place)
		if s.Ref == "" || s.Description == "" {
			c.needDoc(s, place)
		}
		s.PrecomputeMessages()
	}
}

// flatten lists the fields of a struct as JSON sees them, an outer one before an embedded one of the same name.
func flatten(t reflect.Type) (fields []reflect.StructField) {
	var embedded []reflect.Type
	taken := map[string]bool{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := value(field.Type)
		if field.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			embedded = append(embedded, inner)
		} else if field.IsExported() && name != "-" {
			fields, taken[field.Name] = append(fields, field), true
		}
	}
	for _, inner := range embedded {
		for _, field := range flatten(inner) {
			if !taken[field.Name] {
				fields, taken[field.Name] = append(fields, field), true
			}
		}
	}
	return fields
}

// hiddenParameters finds embedded structs that are not exported: JSON sees their fields, Huma does
// not, so their parameters would be lost without a word.
func hiddenParameters(t reflect.Type, name string) (faults []string) {
	t = value(t)
	if t.Kind() != reflect.Struct || t == timeType || t == dateType {
		return nil
	}
	for i := range t.NumField() {
		if field := t.Field(i); field.Anonymous {
			if !field.IsExported() {
				faults = append(faults, fmt.Sprintf("%s embeds %s, which is not exported: its fields would be overlooked", name, field.Name))
			}
			faults = append(faults, hiddenParameters(field.Type, name)...)
		}
	}
	return faults
}

// value is the type that a pointer leads to: an optional body is no nullable one.
func value(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func ptr[T any](value T) *T { return &value }
