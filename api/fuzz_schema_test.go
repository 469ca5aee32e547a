package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"o2r/api"
)

// schema is one of the document's JSON Schemas, as a client reads it. What breaks it is judged here
// and not by the validator that the API itself is built on: that one would share its blind spots.
type schema map[string]any

// publication is the OpenAPI document as it is served.
type publication struct{ document map[string]any }

func published() (publication, error) {
	text, err := api.Document("3.1", "json")
	if err != nil {
		return publication{}, err
	}
	var p publication
	return p, json.Unmarshal(text, &p.document)
}

// deref follows references to where the thing itself stands.
func (p publication) deref(thing map[string]any) map[string]any {
	for {
		ref, ok := thing["$ref"].(string)
		if !ok {
			return thing
		}
		at := p.document
		for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			at = at[step].(map[string]any)
		}
		thing = at
	}
}

// types are those that the schema allows.
func (s schema) types() []string {
	switch kind := s["type"].(type) {
	case string:
		return []string{kind}
	case []any:
		var all []string
		for _, one := range kind {
			all = append(all, one.(string))
		}
		return all
	}
	return nil
}

func (s schema) number(keyword string, otherwise float64) float64 {
	if value, ok := s[keyword].(float64); ok {
		return value
	}
	return otherwise
}

// breaches are where the value is not what the schema says.
func (p publication) breaches(raw map[string]any, value any, at string) (found []string) {
	say := func(format string, args ...any) { found = append(found, at+" "+fmt.Sprintf(format, args...)) }
	s := schema(p.deref(raw))
	if choices, ok := s["anyOf"].([]any); ok {
		for _, choice := range choices {
			breaches := p.breaches(choice.(map[string]any), value, at)
			if len(breaches) == 0 {
				return nil
			}
			found = append(found, breaches...)
		}
		return found
	}
	if kinds := s.types(); !slices.ContainsFunc(kinds, func(kind string) bool { return isType(kind, value) }) {
		say("is a %T, not %v", value, kinds)
		return found
	}
	if allowed, ok := s["enum"].([]any); ok && !slices.Contains(allowed, value) {
		say("is none of the enum")
	}
	switch value := value.(type) {
	case string:
		return append(found, s.textBreaches(value, at)...)
	case float64:
		if value < s.number("minimum", math.Inf(-1)) || value > s.number("maximum", math.Inf(1)) {
			say("is %v, out of range", value)
		}
	case []any:
		if n := float64(len(value)); n < s.number("minItems", 0) || n > s.number("maxItems", math.Inf(1)) {
			say("has %v items", n)
		}
		for i, item := range value {
			found = append(found, p.breaches(s["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if property, known := properties[name].(map[string]any); known {
				found = append(found, p.breaches(property, value[name], at+"."+name)...)
			} else if more, ok := s["additionalProperties"].(map[string]any); ok {
				found = append(found, p.breaches(more, value[name], at+"."+name)...)
			} else {
				say("has a field %q", name)
			}
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, there := value[name.(string)]; !there {
				say("has no field %q", name)
			}
		}
	}
	return found
}

func isType(kind string, value any) bool {
	switch value := value.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && value == math.Trunc(value)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

func (s schema) textBreaches(value, at string) (found []string) {
	if n := float64(utf8.RuneCountInString(value)); n < s.number("minLength", 0) || n > s.number("maxLength", math.Inf(1)) {
		found = append(found, fmt.Sprintf("%s has %v characters", at, n))
	}
	if pattern, ok := s["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(value) {
		found = append(found, fmt.Sprintf("%s is %q, which does not match %s", at, value, pattern))
	}
	var err error
	switch s["format"] {
	case "date":
		_, err = time.Parse(time.DateOnly, value)
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, value)
	case "uuid":
		err = uuid.Validate(value)
	case "uri-reference":
		_, err = url.Parse(value)
	}
	if err != nil {
		found = append(found, fmt.Sprintf("%s is %q, no %s", at, value, s["format"]))
	}
	return found
}
