package domain_test

import (
	"testing"

	"o2r/domain"
)

func TestATextMustSaySomethingToBeSeen(t *testing.T) {
	for text, want := range map[string]string{
		"Camille":                "",
		"Ann\u200d":              "", // joins letters in some scripts
		"deux\nlignes":           "",
		"":                       "blank",
		" \u00a0\t":              "blank",
		"Cam\u200bille":          "hidden_character",
		"\u202eelliemaC":         "hidden_character",
		"Cam\u00adille":          "hidden_character",
		"Camille\ue000":          "hidden_character",
		"Camille\u3164":          "hidden_character",
		"Camille\U000e0041":      "hidden_character",
		"Cam\ufeffille\nExemple": "hidden_character",
	} {
		var faults domain.Faults
		faults.Text("name", text)
		got := ""
		if len(faults) > 0 {
			got = faults[0].Code
		}
		if got != want || len(faults) > 1 {
			t.Errorf("%q: %v, not %q", text, faults, want)
		}
	}
}
