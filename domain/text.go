package domain

import (
	"strconv"
	"strings"
	"unicode"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Text notes the faults of a text that must say something. What no text may hold is refused of
// every input before any rule; see WithoutNIR.
func (f *Faults) Text(field, text string) {
	if strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) == "" {
		f.Add(field, "blank", "This must hold more than white space.")
	}
	if strings.ContainsFunc(text, hidden) {
		f.Add(field, "hidden_character", "This holds characters that nobody sees, or that turn the direction of writing.")
	}
}

// OptionalText notes the faults of a text that may be left out.
func (f *Faults) OptionalText(field string, text *string) {
	if text != nil {
		f.Text(field, *text)
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
