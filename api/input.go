package api

import (
	"reflect"
	"slices"
	"strings"

	"o2r/domain"
)

// tidy writes an input as the records will have it: text without white space around it, so that
// the same name typed twice is the same name, and identifiers in lower case, so that the audit
// trail and the database call a record by one name. Input is a pointer to a struct.
func tidy(input any) { tidyValue(reflect.ValueOf(input).Elem(), "") }

var dateType = reflect.TypeFor[domain.Date]()

func tidyValue(value reflect.Value, format string) {
	switch value.Kind() {
	case reflect.String:
		text := strings.TrimSpace(value.String())
		if format == "uuid" {
			text = strings.ToLower(text)
		}
		value.SetString(text)
	case reflect.Pointer:
		if !value.IsNil() {
			tidyValue(value.Elem(), format)
		}
	case reflect.Slice:
		for i := range value.Len() {
			tidyValue(value.Index(i), format)
		}
	case reflect.Struct:
		if value.Type() == dateType {
			return
		}
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				tidyValue(value.Field(i), field.Tag.Get("format"))
			}
		}
	}
}

// Known is what the caller holds already.
type Known struct {
	IfNoneMatch string `header:"If-None-Match" doc:"ETags of answers that the caller holds, in double quotes; * for any. Where this is one of them, 304 says so instead of sending it again." maxLength:"2000" example:"\"5f1c0e2b9a7d4c3e8f6a1b2c3d4e5f60\""`
}

// holds tells whether the caller holds the answer of that tag (RFC 9110, 13.1.2: weakly compared).
func (k Known) holds(tag string) bool {
	return slices.ContainsFunc(strings.Split(k.IfNoneMatch, ","), func(one string) bool {
		one = strings.TrimSpace(one)
		return one == "*" || strings.TrimPrefix(one, "W/") == tag
	})
}
