package persistence

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// Whatever is sent as a cursor is refused as a fault of the caller's or is a place in that very
// list, which PostgreSQL can compare; and what was given out is read again as it was.
func FuzzCursor(f *testing.F) {
	at := time.Date(2025, 4, 1, 9, 30, 0, 0, time.UTC)
	for _, c := range []cursor{
		{List: "participants", ID: "0197f0a0-0000-7000-8000-000000000001"}, {List: "territories", ID: "80253", Name: "doullens", Rank: 1},
		{List: "audit_events", ID: "7", At: &at}, {List: "participants"}, {List: "participants", ID: "x\x00"}, {List: "participants", ID: "x", Rank: -1}, {List: "participants", ID: "\xff"},
	} {
		f.Add(c.String(), "participants")
	}
	for _, text := range []string{"", "x", "null", "bnVsbA", "W10", "e30", "eyJsaXN0IjoicGFydGljaXBhbnRzIiwiaWQiOiJcdWQ4MDAifQ", "eyJsaXN0IjoicGFydGljaXBhbnRzIiwiaWQiOiJ4IiwiYXQiOiI5OTk5OS0wMS0wMVQwMDowMDowMFoifQ"} {
		f.Add(text, "participants")
	}
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"list":"participants","id":"x","ID":"y"}`)), "participants")
	f.Fuzz(func(t *testing.T, text, list string) {
		c, err := readCursor(text, list)
		var refusal *domain.Error
		if err != nil && (!errors.As(err, &refusal) || refusal.Kind != domain.Invalid) {
			t.Fatalf("%q is refused with %v", text, err)
		}
		if err != nil || c == nil {
			if err == nil && text != "" {
				t.Errorf("%q is the first page", text)
			}
			return
		}
		if c.List != list || c.ID == "" || c.Rank < 0 || c.Rank > maxRank || strings.ContainsRune(c.ID+c.Name, 0) {
			t.Errorf("%q is taken for a place in %q: %+v", text, list, c)
		}
		again, err := readCursor(c.String(), list)
		if err != nil || again.String() != c.String() {
			t.Errorf("%+v is read again as %+v, %v", c, again, err)
		}
	})
}
