package domain

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

func itoa(n int) string { return strconv.Itoa(n) }

// nir matches a French social security number, with its key or without, however it is
// spaced (with no-break spaces too, as French is typed): sex, year, month, department, commune, order.
var nir = regexp.MustCompile(strings.ReplaceAll(
	`(?:^|[^0-9])[1-478]~[0-9]{2}~(?:0[1-9]|1[0-2]|[2-9][0-9])~(?:[0-9]{2}|2[AaBb])~[0-9]{3}~[0-9]{3}(?:~[0-9]{2})?(?:[^0-9]|$)`,
	`~`, `[\s\p{Zs}./_-]{0,2}`))

// HoldsNIR tells whether the text holds what looks like a social security number. No text
// gives an O2R body the right to process it (loi 78-17, art. 30; décret 2019-341), so a text
// that holds one is refused.
func HoldsNIR(text string) bool { return nir.MatchString(text) }

// Text notes the faults of a text that must say something.
func (f *Faults) Text(field, text string) {
	if strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) == "" {
		f.Add(field, "blank", "This must hold more than white space.")
	}
	f.freeText(field, text)
}

// OptionalText notes the faults of a text that may be left out.
func (f *Faults) OptionalText(field string, text *string) {
	if text != nil {
		f.Text(field, *text)
	}
}

func (f *Faults) freeText(field, text string) {
	if strings.ContainsFunc(text, hidden) {
		f.Add(field, "hidden_character", "This holds characters that nobody sees, or that turn the direction of writing.")
	}
	if HoldsNIR(text) {
		f.Add(field, "nir", "This holds what looks like a social security number (NIR), which may not be kept here.")
	}
}

// hidden tells whether a character is not seen where it stands: format and control characters,
// private ones, and those that are none. Two texts that differ in them look the same. Emoji and
// some scripts join letters by U+200D and U+200C, which are left alone.
func hidden(r rune) bool {
	if r == '\n' || r == '\r' || r == '\t' || r == '\u200c' || r == '\u200d' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point) || r == '\u3164' || r == '\uffa0'
}
