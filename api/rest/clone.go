package rest

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// The document is a copy of what Huma validates with: it says more (null among an enum's
// values, every property of an answer is there) than validation could bear.

// copier copies schemas and keeps what is known of the originals.
type copier struct {
	from    *schemas
	omitted map[*huma.Schema]map[string]bool
}

func (c *copier) schema(s *huma.Schema) *huma.Schema {
	if s == nil {
		return nil
	}
	clone := *s
	clone.PatternDescription = "" // words for a refusal; JSON Schema knows no such keyword
	clone.Enum, clone.Required = slices.Clone(s.Enum), slices.Clone(s.Required)
	clone.Items = c.schema(s.Items)
	clone.Not = c.schema(s.Not)
	clone.OneOf, clone.AnyOf, clone.AllOf = c.list(s.OneOf), c.list(s.AnyOf), c.list(s.AllOf)
	if s.Properties != nil {
		clone.Properties = make(map[string]*huma.Schema, len(s.Properties))
		for name, property := range s.Properties {
			clone.Properties[name] = c.schema(property)
		}
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		clone.AdditionalProperties = c.schema(values)
	}
	if clone.Nullable && len(clone.Enum) > 0 && !slices.Contains(clone.Enum, nil) {
		clone.Enum = append(clone.Enum, nil)
	}
	c.omitted[&clone] = c.from.omitted[s]
	if c.from.nullable[s] {
		return &huma.Schema{Description: clone.Description, AnyOf: []*huma.Schema{{Ref: clone.Ref}, {Type: "null"}}}
	}
	return &clone
}

func (c *copier) list(list []*huma.Schema) (clones []*huma.Schema) {
	for _, s := range list {
		clones = append(clones, c.schema(s))
	}
	return clones
}

func (c *copier) content(content map[string]*huma.MediaType) map[string]*huma.MediaType {
	clone := maps.Clone(content)
	for name, media := range clone {
		copied := *media
		copied.Schema = c.schema(media.Schema)
		clone[name] = &copied
	}
	return clone
}

func (c *copier) params(params []*huma.Param) (clones []*huma.Param) {
	for _, p := range params {
		clones = append(clones, c.param(p))
	}
	return clones
}

func (c *copier) param(p *huma.Param) *huma.Param {
	copied := *p
	copied.Schema = c.schema(p.Schema)
	return &copied
}

func (c *copier) operation(op *huma.Operation) *huma.Operation {
	if op == nil {
		return nil
	}
	clone := *op
	clone.Parameters = c.params(op.Parameters)
	if op.RequestBody != nil {
		body := *op.RequestBody
		body.Content = c.content(body.Content)
		clone.RequestBody = &body
	}
	clone.Responses = maps.Clone(op.Responses)
	for status, response := range clone.Responses {
		copied := *response
		copied.Content = c.content(response.Content)
		copied.Headers = maps.Clone(response.Headers)
		for name, header := range copied.Headers {
			copied.Headers[name] = c.param(header)
		}
		clone.Responses[status] = &copied
	}
	return &clone
}

// library is the copied schemas; nothing but the document is made from it.
type library struct {
	huma.Registry
	schemas map[string]*huma.Schema
}

func (l *library) Map() map[string]*huma.Schema { return l.schemas }

func (l *library) SchemaFromRef(ref string) *huma.Schema { return l.schemas[ref[len(schemaPrefix):]] }

func (l *library) MarshalJSON() ([]byte, error) { return json.Marshal(l.schemas) }

const schemaPrefix = "#/components/schemas/"
