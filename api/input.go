package api

import (
	"reflect"
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
