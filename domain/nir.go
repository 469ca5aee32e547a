package domain

import (
	"encoding"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// A French social security number (NIR) is sex, year, month, department, commune, order and,
// often, a key. No text gives an O2R body the right to process it (loi 78-17, art. 30; décret
// 2019-341), so nothing that callers write may hold one.
const nirParts = `([1-478])~([0-9]{2})~(0[1-9]|1[0-2]|[23][0-9]|4[0-2]|[5-9][0-9])~(0[1-9]|[1-9][0-9]|2[AB])~([0-9]{3})~([0-9]{3})(?:~([0-9]{2}))?`

var (
	// spelt is a NIR in its usual groups, with anything but letters and digits between them.
	spelt = regexp.MustCompile(`(^|[^0-9])` + strings.ReplaceAll(nirParts, "~", `[^0-9\p{L}+]{0,2}`) + `(?:[^0-9]|$)`)
	// runTogether is one with nothing between, and nothing around.
	runTogether = regexp.MustCompile(`^` + strings.ReplaceAll(nirParts, "~", "") + `$`)
	// grouped is a run of digits in groups of any size, as when 15 of them are typed in threes.
	grouped = regexp.MustCompile(`[0-9]+(?:[^0-9\p{L}+]{1,2}[0-9]+)+`)
	digits  = regexp.MustCompile(`[0-9]+`)
)

// fewestDigits is how many digits a NIR has at least, one from Corsica without its key.
const fewestDigits = 12

// HoldsNIR tells whether the text holds what looks like a social security number: thirteen or
// fifteen digits in the ranges of its parts, in the usual groups or run together, in whichever
// script and whatever invisible characters stand between. A number after a plus sign is a
// telephone number unless its last two digits are the key of the rest.
//
// A number in other groups counts when its key is right, or when its groups are of one size: a day
// and a postal code side by side are no NIR.
func HoldsNIR(text string) bool {
	if countDigits(text) < fewestDigits {
		return false
	}
	plain := plainDigits(text)
	for rest := plain; ; {
		found := spelt.FindStringSubmatchIndex(rest)
		if found == nil {
			break
		}
		parts := spelt.FindStringSubmatch(rest[found[0]:])
		if parts[1] != "+" || keyIsRight(parts[2:]) {
			return true
		}
		rest = strings.TrimLeft(rest[found[4]:], "0123456789")
	}
	for _, run := range grouped.FindAllString(plain, -1) {
		groups := digits.FindAllString(run, -1)
		parts := runTogether.FindStringSubmatch(strings.Join(groups, ""))
		if parts != nil && (evenly(groups) || keyIsRight(parts[1:])) {
			return true
		}
	}
	return false
}

// keyIsRight tells whether the parts end with the key of the others: 97 less their remainder.
// Corsica's departments count as 19 and 18.
func keyIsRight(parts []string) bool {
	if parts[6] == "" {
		return false
	}
	number, err := strconv.Atoi(strings.NewReplacer("2A", "19", "2B", "18").Replace(strings.Join(parts[:6], "")))
	if err != nil {
		return false
	}
	key, err := strconv.Atoi(parts[6])
	return err == nil && key == 97-number%97
}

// evenly tells whether the groups are of one size; the last may be shorter.
func evenly(groups []string) bool {
	for i, group := range groups {
		if len(group) > len(groups[0]) || len(group) < len(groups[0]) && i < len(groups)-1 {
			return false
		}
	}
	return true
}

func countDigits(text string) (count int) {
	for _, r := range text {
		if r >= '0' && r <= '9' || r > unicode.MaxASCII && unicode.IsNumber(r) {
			count++
		}
	}
	return count
}

// plainDigits writes every digit as ASCII has it, and leaves out what nobody sees.
func plainDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'a' || r == 'b':
			return unicode.ToUpper(r)
		case r <= unicode.MaxASCII:
			return r
		case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
			return -1
		case unicode.IsDigit(r):
			return '0' + digitOf(r)
		}
		for _, run := range otherDigits {
			if r >= run.first && r <= run.first+run.last-run.digit {
				return '0' + run.digit + r - run.first
			}
		}
		switch r {
		case 'Ａ', 'ａ':
			return 'A'
		case 'Ｂ', 'ｂ':
			return 'B'
		case '＋':
			return '+'
		}
		return r
	}, text)
}

// digitOf is the value of a decimal digit of any script: each script has its ten in a row.
func digitOf(r rune) rune {
	for _, run := range unicode.Nd.R16 {
		if r >= rune(run.Lo) && r <= rune(run.Hi) {
			return (r - rune(run.Lo)) % 10
		}
	}
	for _, run := range unicode.Nd.R32 {
		if r >= rune(run.Lo) && r <= rune(run.Hi) { // #nosec G115 -- the largest rune is U+10FFFF
			return (r - rune(run.Lo)) % 10 // #nosec G115 -- the largest rune is U+10FFFF
		}
	}
	return 0
}

// otherDigits are digits that Unicode does not count as such: raised, lowered, in circles.
var otherDigits = []struct{ first, digit, last rune }{
	{'⁰', 0, 0}, {'¹', 1, 1}, {'²', 2, 3}, {'⁴', 4, 9}, {'₀', 0, 9}, {'①', 1, 9}, {'⓪', 0, 0}, {'❶', 1, 9}, {'➀', 1, 9}, {'➊', 1, 9}, {'⓵', 1, 9},
}

var plainText = reflect.TypeFor[encoding.TextUnmarshaler]()

// WithoutNIR refuses an input any of whose texts holds a social security number, and names the
// fields. The input is a request's: its parameters carry the tags path, query and header, and
// its field Body the body. Identifiers (format uuid), dates and closed lists are no texts.
func WithoutNIR(input any) error {
	var faults Faults
	faults.nirIn("", reflect.ValueOf(input))
	return faults.Err()
}

func (f *Faults) nirIn(location string, value reflect.Value) {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		if value.IsNil() {
			return
		}
		value = value.Elem()
	}
	switch value.Kind() {
	case reflect.String:
		if HoldsNIR(value.String()) {
			f.AddAt(location, "nir", "This holds what looks like a social security number (NIR), which may not be kept here.")
		}
	case reflect.Slice, reflect.Array:
		if kind := value.Type().Elem().Kind(); kind == reflect.Uint8 {
			return
		}
		for i := range value.Len() {
			f.nirIn(location+"["+itoa(i)+"]", value.Index(i))
		}
	case reflect.Map:
		for entries := value.MapRange(); entries.Next(); {
			f.nirIn(location+"."+"*", entries.Key()) // a caller's own name for a field is not repeated
			f.nirIn(location+"."+"*", entries.Value())
		}
	case reflect.Struct:
		f.nirInFields(location, value)
	}
}

func (f *Faults) nirInFields(location string, value reflect.Value) {
	if reflect.PointerTo(value.Type()).Implements(plainText) {
		return // a date or an instant, which its own reader made
	}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() || field.Tag.Get("format") == "uuid" {
			continue
		}
		at := location
		switch {
		case field.Anonymous:
		case location == "" && field.Name == "Body":
			at = "body"
		default:
			at = fieldLocation(location, field)
		}
		f.nirIn(at, value.Field(i))
	}
}

// fieldLocation is where a caller finds the field.
func fieldLocation(location string, field reflect.StructField) string {
	for _, in := range []string{"path", "query", "header", "cookie"} {
		if name, _, _ := strings.Cut(field.Tag.Get(in), ","); name != "" {
			return in + "." + name
		}
	}
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		name = field.Name
	}
	return location + "." + name
}
