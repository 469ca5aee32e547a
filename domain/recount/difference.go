package recount

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Difference is one number or word on which the two counts do not agree.
type Difference struct{ At, Recounted, Answered string }

func (d Difference) String() string {
	return fmt.Sprintf("%s: recounted %s, answered %s", d.At, d.Recounted, d.Answered)
}

// Compare looks for everything that was recounted in the answer, under the same names, and says where they differ and how
// many numbers and words were compared. What the answer says beside (labels, formulas) is no figure.
func Compare(recounted, answer any) (compared int, differences []Difference) {
	var c comparison
	c.values("", reflect.ValueOf(recounted), reflect.ValueOf(answer))
	return c.compared, c.differences
}

// titled is a row that says which it is, to whoever reads where the counts differ.
type titled interface{ title() string }

func (f Figure) title() string { return f.Key }
func (s Share) title() string  { return s.Code }
func (g Gap) title() string    { return g.Period }
func (p Point) title() string  { return p.From + " to " + p.To }

func (r Row) title() string {
	title := "total"
	values := reflect.ValueOf(r.Values)
	for i := range values.NumField() {
		if code := pointed(values.Field(i)); code.IsValid() {
			title += " of " + code.String()
		}
	}
	return strings.TrimPrefix(title, "total of ")
}

type comparison struct {
	compared    int
	differences []Difference
}

func (c *comparison) differ(at string, recounted, answered any) {
	c.differences = append(c.differences, Difference{strings.TrimPrefix(at, "."), fmt.Sprint(recounted), fmt.Sprint(answered)})
}

func (c *comparison) values(at string, mine, theirs reflect.Value) {
	mine, theirs = pointed(mine), pointed(theirs)
	switch {
	case mine.IsValid() && mine.Kind() == reflect.Struct && theirs.IsValid() && theirs.Kind() == reflect.Struct:
		c.fields(at, mine, theirs)
	case mine.IsValid() && mine.Kind() == reflect.Slice && theirs.IsValid() && theirs.Kind() == reflect.Slice:
		if mine.Len() != theirs.Len() {
			c.differ(at, strconv.Itoa(mine.Len())+" rows", strconv.Itoa(theirs.Len())+" rows")
			return
		}
		for i := range mine.Len() {
			title := strconv.Itoa(i)
			if one, is := mine.Index(i).Interface().(titled); is {
				title = one.title()
			}
			c.values(at+"["+title+"]", mine.Index(i), theirs.Index(i))
		}
	default:
		c.compared++
		if a, b := plain(mine), plain(theirs); a != b {
			c.differ(at, shown(a), shown(b))
		}
	}
}

func (c *comparison) fields(at string, mine, theirs reflect.Value) {
	for _, one := range named(mine.Type()) {
		there := slices.IndexFunc(named(theirs.Type()), func(f field) bool { return f.name == one.name })
		if there < 0 {
			c.differ(at+"."+one.name, "a field", "none")
			continue
		}
		c.values(at+"."+one.name, mine.FieldByIndex(one.index), theirs.FieldByIndex(named(theirs.Type())[there].index))
	}
}

// field is one of a type, as JSON names it.
type field struct {
	name  string
	index []int
}

var fieldsOf sync.Map // of each type, also those of what it embeds

func named(t reflect.Type) []field {
	if known, ok := fieldsOf.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, one := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(one.Tag.Get("json"), ","); one.IsExported() && name != "" && name != "-" {
			fields = append(fields, field{name, one.Index})
		}
	}
	fieldsOf.Store(t, fields)
	return fields
}

func pointed(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	return v
}

func shown(value any) any {
	if value == nil {
		return "null"
	}
	return value
}

// plain is a value without its type: nil, a number, a text, true or false.
func plain(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if text, is := v.Interface().(encoding.TextMarshaler); is {
		written, err := text.MarshalText()
		if err != nil {
			panic(err)
		}
		return string(written)
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int:
		return v.Int()
	case reflect.Float64:
		return v.Float()
	case reflect.Bool:
		return v.Bool()
	}
	panic("nothing to compare by: " + v.Type().String())
}
