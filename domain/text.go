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
}

// OptionalText notes the faults of a text that may be left out.
func (f *Faults) OptionalText(field string, text *string) {
	if text != nil {
		f.Text(field, *text)
	}
}
