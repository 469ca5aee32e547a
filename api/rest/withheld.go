package rest

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// Withheld is what a deployment neither takes, shows nor documents. A field or parameter is
// refused as unknown and left out of answers; a code is refused as no value of its list, and in answers left out of
// arrays and replaced elsewhere by the code autre where the list has it, else by null.
type Withheld struct {
	Fields []string            // of objects and queries, by name
	Codes  map[string][]string // by nomenclature
}

func (w Withheld) empty() bool { return len(w.Fields) == 0 && len(w.Codes) == 0 }

// withholdField takes a property out of an object's schema; it is false where it stays.
func (c *schemas) withholdField(schema *huma.Schema, property string) bool {
	if !slices.Contains(c.withheld.Fields, property) {
		return false
	}
	delete(schema.Properties, property)
	schema.Required = slices.DeleteFunc(slices.Clone(schema.Required), func(name string) bool { return name == property })
	return true
}

// withholdCodes takes codes out of a list, and keeps in mind under which names they would be shown.
func (c *schemas) withholdCodes(nomenclature string, s *huma.Schema, place string) {
	withheld := c.withheld.Codes[nomenclature]
	if len(withheld) == 0 {
		return
	}
	s.Enum = slices.DeleteFunc(slices.Clone(s.Enum), func(code any) bool { return slices.Contains(withheld, code.(string)) })
	s.Examples = slices.DeleteFunc(slices.Clone(s.Examples), func(code any) bool {
		text, ok := code.(string)
		return ok && slices.Contains(withheld, text)
	})
	instead := jsontext.Null
	if slices.Contains(s.Enum, any("autre")) {
		instead = jsontext.String("autre")
	}
	name := strings.TrimSuffix(place[strings.LastIndex(place, ".")+1:], "[]")
	if c.instead[name] == nil {
		c.instead[name] = map[string]jsontext.Token{}
	}
	for _, code := range withheld {
		c.instead[name][code] = instead
	}
}

// withholding writes answers without what is withheld. What was recorded while it was not stays
// where it is, and is not shown.
func (s *Server) withholding(write func(io.Writer, any) error) func(io.Writer, any) error {
	return func(w io.Writer, value any) error {
		if _, kept := value.(Exact); kept {
			return write(w, value)
		}
		var whole, shown bytes.Buffer
		if err := write(&whole, value); err != nil {
			return err
		}
		in, out := jsontext.NewDecoder(&whole), jsontext.NewEncoder(&shown)
		if err := s.schemas.copyShown(in, out, "", false); err != nil {
			return err
		}
		_, err := w.Write(shown.Bytes())
		return err
	}
}

func (c *schemas) copyShown(in *jsontext.Decoder, out *jsontext.Encoder, name string, inArray bool) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case '{', '[':
		object := token.Kind() == '{'
		if err := out.WriteToken(token); err != nil {
			return err
		}
		for in.PeekKind() != '}' && in.PeekKind() != ']' {
			if !object {
				if err := c.copyShown(in, out, name, true); err != nil {
					return err
				}
				continue
			}
			member, err := in.ReadToken()
			if err != nil {
				return err
			}
			property := member.String()
			if slices.Contains(c.withheld.Fields, property) {
				if err := in.SkipValue(); err != nil {
					return err
				}
				continue
			}
			if err := out.WriteToken(jsontext.String(property)); err != nil {
				return err
			}
			if err := c.copyShown(in, out, property, false); err != nil {
				return err
			}
		}
		if token, err = in.ReadToken(); err != nil {
			return err
		}
	case '"':
		if instead, withheld := c.instead[name][token.String()]; withheld {
			if inArray {
				return nil
			}
			token = instead
		}
	}
	return out.WriteToken(token)
}
