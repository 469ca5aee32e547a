package domain

import (
	"strings"
	"testing"
)

func TestIdempotencyKeysAreRead(t *testing.T) {
	for header, want := range map[string]string{
		`"8e03978e-40d5-43e8-bc93-6894a57f9324"`: "8e03978e-40d5-43e8-bc93-6894a57f9324",
		`8e03978e-40d5-43e8-bc93-6894a57f9324`:   "8e03978e-40d5-43e8-bc93-6894a57f9324",
		` "a b" `:                                "a b",
		`"a\"b\\c"`:                              `a"b\c`,
		`"` + strings.Repeat("x", 255) + `"`:     strings.Repeat("x", 255),
		// What is none.
		``: "", `""`: "", `"`: "", `"a`: "", `a"`: "", `"a"b"`: "", `"a\n"`: "", `"a\"`: "", `"a";p=1`: "", `"a", "b"`: "", `a,b`: "", `a b`: "",
		`"é"`: "", "\"a\x00\"": "", strings.Repeat("x", 256): "",
	} {
		got, err := IdempotencyKey(header)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q, %v", header, got, err)
		}
	}
}

func FuzzIdempotencyKey(f *testing.F) {
	f.Add(`"a\"b\\c"`)
	f.Add("bare")
	f.Fuzz(func(t *testing.T, header string) {
		key, err := IdempotencyKey(header)
		if err != nil {
			return
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if again, err := IdempotencyKey(quoted); err != nil || again != key {
			t.Errorf("%q, written %q, is read as %q, %v", key, quoted, again, err)
		}
	})
}
