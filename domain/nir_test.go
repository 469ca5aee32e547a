package domain_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"o2r/domain"
)

func TestSocialSecurityNumbersAreFound(t *testing.T) {
	for name, text := range map[string]string{
		"as on the card":               "1 85 05 78 006 084 91",
		"without the key":              "1 85 05 78 006 084",
		"run together":                 "185057800608491",
		"run together, without key":    "1850578006084",
		"a mistyped key":               "185057800608437",
		"in a sentence":                "Sa carte porte le 1.85.05.78.006.084.91, dit-il.",
		"glued to a word":              "NIR:185057800608491",
		"glued to letters":             "nss185057800608491x",
		"an e-mail address":            "185057800608491@example.org",
		"the key apart":                "1850578006084 91",
		"the key after a slash":        "1850578006084 / 36",
		"no-break spaces":              "1\u00a085\u00a005\u00a078\u00a0006\u00a0084\u00a036",
		"narrow no-break spaces":       "1\u202f85\u202f05\u202f78\u202f006\u202f084\u202f91",
		"dashes of any length":         "1–85–05–78–006–084–91",
		"commas and spaces":            "1, 85, 05, 78, 006, 084, 91",
		"apostrophes":                  "1'85'05'78'006'084",
		"several lines":                "1 85\n05 78\n006 084",
		"zero-width spaces":            "185\u200b0578\u200b006\u200b084\u200b91",
		"zero-width joiners at each":   "1\u200d8\u200d5\u200d0\u200d5\u200d7\u200d8\u200d0\u200d0\u200d6\u200d0\u200d8\u200d4",
		"a soft hyphen":                "1850578\u00ad006084",
		"combining accents":            "1\u03018\u03015\u030105\u030178006084",
		"full-width digits":            "１８５０５７８００６０８４３６",
		"Arabic-Indic digits":          "١٨٥٠٥٧٨٠٠٦٠٨٤",
		"Persian digits":               "۱۸۵۰۵۷۸۰۰۶۰۸۴",
		"Devanagari digits":            "१८५०५७८००६०८४",
		"mathematical bold digits":     "𝟏𝟖𝟓𝟎𝟓𝟕𝟖𝟎𝟎𝟔𝟎𝟖𝟒",
		"keycaps":                      "1\ufe0f\u20e38\ufe0f\u20e35\ufe0f\u20e305 78 006 084",
		"raised digits":                "¹⁸⁵⁰⁵⁷⁸⁰⁰⁶⁰⁸⁴",
		"digits in circles":            "①⑧⑤⓪⑤⑦⑧⓪⓪⑥⓪⑧④",
		"digits of two scripts":        "185٠٥78006084",
		"one digit at a time":          "1 8 5 0 5 7 8 0 0 6 0 8 4",
		"one digit at a time, dashed":  "1-8-5-0-5-7-8-0-0-6-0-8-4-9-1",
		"in threes":                    "185 057 800 608 491",
		"in fours":                     "1850 5780 0608 491",
		"in odd groups, the key right": "18 505780 0608491",
		"Corsica":                      "2 85 05 2A 006 084",
		"Corsica, small letters":       "285052b006084",
		"Corsica, full-width letter":   "28505２Ａ006084",
		"born abroad":                  "1 85 05 99 351 084",
		"overseas":                     "2 85 05 97 411 084",
		"temporary":                    "7 85 05 78 006 084",
		"month not known":              "1 85 20 78 006 084",
		"after a plus, the key right":  "+185057800608491",
		"after a telephone number":     "+33 6 39 98 12 34 ou 185057800608491",
		"after a foreign number":       "+4915123456789, 2 69 05 49 588 157 80",
	} {
		if !domain.HoldsNIR(text) {
			t.Errorf("%s: %q was let pass", name, text)
		}
	}
}

func TestOtherNumbersAreNoSocialSecurityNumbers(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                     "",
		"words":                       "Souhaite reprendre un emploi dans le bâtiment.",
		"French mobile":               "06 39 98 12 34",
		"French mobile, run together": "0639981234",
		"with its country code":       "+33 6 39 98 12 34",
		"country code, run together":  "+33639981234",
		"with 00":                     "0033 6 39 98 12 34",
		"with (0)":                    "+33 (0)6 39 98 12 34",
		"two numbers":                 "06 39 98 12 34 / 03 22 00 00 00",
		"two numbers, run together":   "0639981234 0322000000",
		"a German mobile":             "+4915123456789",
		"a full-width plus":           "＋4915123456789",
		"an Italian mobile":           "+39 347 123 4567",
		"a Moroccan mobile":           "+212 6 12 34 56 78",
		"overseas":                    "+262 692 12 34 56",
		"SIRET":                       "73282932000074",
		"SIRET, spaced":               "732 829 320 00074",
		"SIREN":                       "732 829 320",
		"IBAN":                        "FR76 3000 6000 0112 3456 7890 189",
		"IBAN, run together":          "FR7630006000011234567890189",
		"bank card":                   "4970 1012 3456 7890",
		"two days":                    "du 12/04/2025 au 15/10/2025",
		"two days, run together":      "20250412 20251015",
		"day and postal code":         "12 04 2025 80600",
		"day and hours":               "le 08/04/2025 de 12h00 à 13h30",
		"an instant":                  "2025-04-08T12:00:00Z",
		"instant, run together":       "20250408120000",
		"years":                       "2019, 2020, 2021, 2022, 2023, 2024",
		"identifier":                  "0197f0a0-0000-7000-8000-000000000001",
		"France Travail identifier":   "1234567A",
		"file number":                 "SPIP80-2025-0042",
		"fourteen digits":             "18505780060843",
		"sixteen digits":              "1850578006084911",
		"twelve digits":               "185057800608",
		"sex 5":                       "5 85 05 78 006 084",
		"sex 9":                       "9850578006084",
		"month 13":                    "1 85 13 78 006 084",
		"month 00":                    "1 85 00 78 006 084",
		"month 45":                    "1 85 45 78 006 084",
		"department 00":               "1 85 05 00 006 084",
		"letters between":             "1a85b05c78d006e084",
		"far apart":                   "1 ... 85 ... 05 ... 78 ... 006 ... 084",
		"odd groups, the key wrong":   "18 505780 0608437",
		"roman numerals":              "ⅠⅧⅤⅩⅤⅦⅧⅩⅩⅥⅩⅧⅣ",
	} {
		if domain.HoldsNIR(text) {
			t.Errorf("%s: %q was taken for a NIR", name, text)
		}
	}
}

// How often what people do write is refused by mistake. Numbers of thirteen digits by themselves
// (barcodes) are the price: there is no telling them from a NIR without its key.
func TestFewNumbersAreTakenForSocialSecurityNumbers(t *testing.T) {
	const tries = 20_000
	random := rand.New(rand.NewPCG(3, 6))
	n := func(digits int) string {
		text := ""
		for range digits {
			text += fmt.Sprint(random.IntN(10))
		}
		return text
	}
	for _, row := range []struct {
		name   string
		atMost int // of tries
		make   func() string
	}{
		{"French telephone number", 0, func() string { return "0" + n(1) + " " + n(2) + " " + n(2) + " " + n(2) + " " + n(2) }},
		{"international number", 0, func() string { return fmt.Sprintf("+%d%s", 1+random.IntN(999), n(7+random.IntN(5))) }},
		{"international number, spaced", 40, func() string {
			return fmt.Sprintf("+%d %s %s %s %s", 1+random.IntN(99), n(1+random.IntN(3)), n(3), n(2), n(2+random.IntN(2)))
		}},
		{"two telephone numbers", 0, func() string {
			return "0" + n(1) + " " + n(2) + " " + n(2) + " " + n(2) + " " + n(2) + ", 0" + n(9)
		}},
		{"SIRET", 0, func() string { return n(14) }},
		{"SIRET, spaced", 0, func() string { return n(3) + " " + n(3) + " " + n(3) + " " + n(5) }},
		{"IBAN", 0, func() string {
			return "FR" + n(2) + " " + n(4) + " " + n(4) + " " + n(4) + " " + n(4) + " " + n(4) + " " + n(3)
		}},
		{"bank card", 0, func() string { return n(4) + " " + n(4) + " " + n(4) + " " + n(4) }},
		{"day and postal code", 0, func() string {
			return fmt.Sprintf("%02d/%02d/20%s %s", 1+random.IntN(28), 1+random.IntN(12), n(2), n(5))
		}},
		{"two days", 0, func() string {
			return fmt.Sprintf("%02d.%02d.20%s %02d.%02d.20%s", 1+random.IntN(28), 1+random.IntN(12), n(2), 1+random.IntN(28), 1+random.IntN(12), n(2))
		}},
		{"day, hour and telephone", 0, func() string {
			return fmt.Sprintf("%02d/%02d/20%s %02d:%02d 0%s", 1+random.IntN(28), 1+random.IntN(12), n(2), random.IntN(24), random.IntN(60), n(9))
		}},
	} {
		wrong := ""
		count := 0
		for range tries {
			if text := row.make(); domain.HoldsNIR(text) {
				count, wrong = count+1, text
			}
		}
		t.Logf("%s: %d of %d", row.name, count, tries)
		if count > row.atMost {
			t.Errorf("%s: %d of %d were taken for a NIR, such as %q", row.name, count, tries, wrong)
		}
	}
}

func TestAnInputIsSearchedWhole(t *testing.T) {
	const nir = "1 85 05 78 006 084 91"
	type inner struct {
		Note *string `json:"note"`
	}
	type Embedded struct {
		Query string `query:"q"`
	}
	type input struct {
		Embedded
		Header string `header:"X-Reason"`
		ID     string `path:"id" format:"uuid"`
		Body   struct {
			inner
			Name  string            `json:"name"`
			List  []inner           `json:"list"`
			Words []string          `json:"words"`
			Free  map[string]string `json:"free"`
			Any   any               `json:"any"`
			On    domain.Date       `json:"on"`
			Code  string            `json:"code" format:"uuid"`
			Bytes []byte            `json:"bytes"`
		}
	}
	note := nir
	for location, fill := range map[string]func(*input){
		"query.q":           func(in *input) { in.Query = nir },
		"header.X-Reason":   func(in *input) { in.Header = nir },
		"body.name":         func(in *input) { in.Body.Name = nir },
		"body.list[1].note": func(in *input) { in.Body.List = []inner{{}, {&note}} },
		"body.words[0]":     func(in *input) { in.Body.Words = []string{nir} },
		"body.free.*":       func(in *input) { in.Body.Free = map[string]string{"a": nir} },
		"body.any":          func(in *input) { in.Body.Any = nir },
		"":                  func(in *input) { in.ID, in.Body.Code, in.Body.Bytes = nir, nir, []byte(nir) },
	} {
		var in input
		fill(&in)
		err := domain.WithoutNIR(&in)
		refusal, refused := err.(*domain.Error)
		switch {
		case location == "" && err != nil:
			t.Errorf("identifiers were searched: %v", refusal.Fields)
		case location != "" && (!refused || len(refusal.Fields) != 1 || refusal.Fields[0].Location != location || refusal.Fields[0].Code != "nir"):
			t.Errorf("%s: %+v", location, err)
		}
	}
}

func BenchmarkHoldsNIR(b *testing.B) {
	for name, text := range map[string]string{
		"no digits":   "Souhaite reprendre un emploi dans le bâtiment, près de Doullens si possible, à temps plein.",
		"many digits": "Joint le 12/04/2025 au 06 39 98 12 34 puis au 03 22 00 00 00 : rappeler le 15/04/2025 à 14:30.",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				domain.HoldsNIR(text)
			}
		})
	}
}
