package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// traits reads "first|last|birth|phone|email|gender", as the database folds them; what is left out is unknown.
func traits(text string) Traits {
	parts := append(strings.Split(text, "|"), "", "", "", "", "")
	t := Traits{FirstName: parts[0], LastName: parts[1], Phone: parts[3], Email: parts[4]}
	if parts[2] != "" {
		birth := MustDate(parts[2])
		t.BirthDate = &birth
	}
	if parts[5] != "" {
		gender := Gender(parts[5])
		t.Gender = &gender
	}
	return t
}

func TestWhoIsTheSamePerson(t *testing.T) {
	const phone, email = "+33639981234", "c@example.org"
	for name, row := range map[string]struct {
		a, b  string
		class MatchClass
		why   string
	}{
		"all the same":                     {"camille|martin|1990-05-17", "camille|martin|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"names swapped":                    {"camille|martin|1990-05-17", "martin|camille|1990-05-17", MatchCertain, "names_swapped same_birth_date"},
		"compound, its words swapped":      {"jean pierre|martin|1990-05-17", "pierre jean|martin|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"compound, written together":       {"jean pierre|martin|1990-05-17", "jeanpierre|martin|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"one of two first names":           {"jean pierre|martin|1990-05-17", "pierre|martin|1990-05-17", MatchProbable, "first_name_part same_surname same_birth_date"},
		"one of two surnames, the second":  {"camille|martin durand|1990-05-17", "camille|durand|1990-05-17", MatchProbable, "same_first_name one_of_two_surnames same_birth_date"},
		"one of two surnames, the first":   {"camille|martin durand|1990-05-17", "camille|martin|1990-05-17", MatchProbable, "same_first_name one_of_two_surnames same_birth_date"},
		"two surnames share one":           {"camille|martin durand|1990-05-17", "camille|durand petit|1990-05-17", MatchProbable, "same_first_name one_of_two_surnames same_birth_date"},
		"one of two of each":               {"jean pierre|martin durand|1990-05-17", "pierre|durand|1990-05-17", MatchProbable, "first_name_part one_of_two_surnames same_birth_date"},
		"swapped, one of two surnames":     {"camille|martin durand|1990-05-17", "durand|camille|1990-05-17", MatchProbable, "names_swapped one_of_two_surnames same_birth_date"},
		"a particle more":                  {"camille|de la fontaine|1990-05-17", "camille|fontaine|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"a particle written together":      {"camille|le grand|1990-05-17", "camille|legrand|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"an elided particle":               {"camille|l hermitte|1990-05-17", "camille|lhermitte|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"nothing but a particle":           {"camille|le|1990-05-17", "camille|le|1990-05-17", MatchCertain, "same_names same_birth_date"},
		"one digit off":                    {"camille|martin|1990-05-17", "camille|martin|1991-05-17", MatchProbable, "same_names birth_date_one_digit_off"},
		"two digits swapped":               {"camille|martin|1987-05-17", "camille|martin|1978-05-17", MatchProbable, "same_names birth_date_digits_swapped"},
		"day and month swapped":            {"camille|martin|1990-05-07", "camille|martin|1990-07-05", MatchProbable, "same_names day_month_swapped"},
		"1 January for that year":          {"camille|martin|1990-01-01", "camille|martin|1990-07-05", MatchProbable, "same_names same_birth_year"},
		"a letter exchanged":               {"camille|martin|1990-05-17", "camylle|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"a letter too few":                 {"camille|martin|1990-05-17", "camile|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"two letters swapped":              {"camille|martin|1990-05-17", "camlile|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"three letters, two swapped":       {"zoe|martin|1990-05-17", "zeo|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"two errors in a long name":        {"alexandre|martin|1990-05-17", "alexxandrre|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"an error in one of two names":     {"jean pierre|martin|1990-05-17", "jean piere|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"an error and one of two names":    {"jean pierre|martin|1990-05-17", "piere|martin|1990-05-17", MatchProbable, "first_name_close same_surname same_birth_date"},
		"an error in the surname":          {"camille|lefebvre|1990-05-17", "camille|lefevre|1990-05-17", MatchProbable, "same_first_name surname_close same_birth_date"},
		"an error in each":                 {"camille|lefebvre|1990-05-17", "camile|lefevre|1990-05-17", MatchProbable, "first_name_close surname_close same_birth_date"},
		"an error and a digit":             {"camille|martin|1990-05-17", "camile|martin|1990-05-27", MatchProbable, "first_name_close same_surname birth_date_one_digit_off"},
		"a name of birth, same phone":      {"camille|martin|1990-05-17|" + phone, "camille|petit|1990-05-17|" + phone, MatchProbable, "same_first_name surnames_differ same_birth_date same_phone"},
		"a name of birth, same e-mail":     {"camille|martin|1990-05-17||" + email, "camille|petit|1990-05-17||" + email, MatchProbable, "same_first_name surnames_differ same_birth_date same_email"},
		"a name of birth, another phone":   {"camille|martin|1990-05-17|+331|" + email, "camille|petit|1990-05-17|" + phone + "|" + email, MatchProbable, "same_first_name surnames_differ same_birth_date same_email"},
		"no day of birth, same phone":      {"camille|martin||" + phone, "camille|martin|1990-05-17|" + phone, MatchProbable, "same_names same_phone"},
		"a typing error, same phone":       {"camille|martin||" + phone, "camile|martin||" + phone, MatchProbable, "first_name_close same_surname same_phone"},
		"another number meanwhile":         {"camille|martin|1990-05-17|" + phone, "camille|martin|1990-05-17|+33639989999", MatchCertain, "same_names same_birth_date"},
		"an error, the same gender":        {"louis|martin|1990-05-17|||male", "louise|martin|1990-05-17|||male", MatchProbable, "first_name_close same_surname same_birth_date"},
		"the gender corrected":             {"camille|martin|1990-05-17|||male", "camille|martin|1990-05-17|||female", MatchCertain, "same_names same_birth_date"},
		"names alone":                      {"camille|martin", "camille|martin|1990-05-17", MatchPossible, "same_names"},
		"names alone, another number":      {"camille|martin||" + phone, "camille|martin||+33639989999", MatchPossible, "same_names"},
		"the day and the first name alone": {"camille|martin|1990-05-17", "camille|petit|1990-05-17", MatchPossible, "same_first_name surnames_differ same_birth_date"},
		"twins, with all else in common":   {"paul|martin|1990-05-17|" + phone + "|" + email, "louis|martin|1990-05-17|" + phone + "|" + email, MatchPossible, "first_names_differ same_surname same_birth_date same_phone same_email"},

		"twins of one telephone":               {"paul|martin|1990-05-17|" + phone, "louis|martin|1990-05-17|" + phone, "", ""},
		"twins, Louis and Louise":              {"louis|martin|1990-05-17|" + phone + "||male", "louise|martin|1990-05-17|" + phone + "||female", "", ""},
		"twins, Léo and Léa":                   {"leo|martin|1990-05-17|" + phone, "lea|martin|1990-05-17|" + phone, "", ""},
		"twins, Marie-Claire and Marie-Louise": {"marie claire|martin|1990-05-17|" + phone, "marie louise|martin|1990-05-17|" + phone, "", ""},
		"twins without anything else":          {"paul|martin|1990-05-17", "louis|martin|1990-05-17", "", ""},
		"brothers of one household":            {"paul|martin|1990-05-17|" + phone, "louis|martin|1993-11-02|" + phone, "", ""},
		"brothers, one mail for the family":    {"paul|martin|1990-05-17|" + phone + "|" + email, "louis|martin|1993-11-02|" + phone + "|" + email, "", ""},
		"father and son of one name":           {"paul|martin|1961-03-12|" + phone, "paul|martin|1990-05-17|" + phone, "", ""},
		"a namesake":                           {"marie|martin|1961-03-12", "marie|martin|1990-05-17", "", ""},
		"a namesake born on such a day":        {"marie|martin|1961-05-17", "marie|martin|1990-05-17", "", ""},
		"a namesake, names swapped":            {"pierre|martin|1961-03-12", "martin|pierre|1990-05-17", "", ""},
		"strangers born the same day":          {"paul|martin|1990-05-17", "louis|petit|1990-05-17", "", ""},
		"strangers born on 1 January":          {"paul|martin|1990-01-01", "paul|petit|1990-01-01", "", ""},
		"strangers in one hostel":              {"paul|martin|1990-05-17|" + phone, "ahmed|petit|1985-02-03|" + phone, "", ""},
		"strangers in one hostel, no days":     {"paul|martin||" + phone, "ahmed|petit||" + phone, "", ""},
		"a couple":                             {"paul|martin|1990-05-17|" + phone, "sophie|martin|1991-09-20|" + phone, "", ""},
		"one of two surnames, another day":     {"camille|martin durand|1990-05-17", "camille|durand|1982-11-02", "", ""},
		"one of two first names, another day":  {"jean pierre|martin|1990-05-17", "pierre|martin|1982-11-02", "", ""},
		"the first name only":                  {"camille|martin", "camille|petit", "", ""},
		"nothing at all":                       {"|", "|", MatchPossible, "same_names"}, // no record is like that: a name is required
		"no telephone in either":               {"paul|martin", "louis|petit", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pair := range [][2]string{{row.a, row.b}, {row.b, row.a}} {
				got := Compare(traits(pair[0]), traits(pair[1]))
				if got.Class != row.class {
					t.Errorf("%s: %q, not %q: %v %v", pair, got.Class, row.class, got.Score, got.Explanation)
				}
				var why []string
				for _, reason := range got.Explanation {
					why = append(why, string(reason))
				}
				if got.Class != "" && strings.Join(why, " ") != row.why {
					t.Errorf("%s: because %s, not %s", pair, strings.Join(why, " "), row.why)
				}
			}
		})
	}
}

// Whoever matches for these reasons is found to be compared at all.
func TestWhoMayBeTheSameHasAKeyInCommon(t *testing.T) {
	for name, pair := range map[string][2]string{
		"names swapped, no day":       {"camille|martin", "martin|camille"},
		"one digit of the year":       {"camille|martin|1990-05-17", "camille|martin|1980-05-17"},
		"one digit of the day":        {"camille|martin|1990-05-17", "camille|martin|1990-05-27"},
		"day and month, other names":  {"camille|martin|1990-05-07", "kamil|martain|1990-07-05"},
		"another surname, a digit":    {"camille|martin|1990-05-17|+331", "camille|petit|1990-05-18|+331"},
		"one of two of each, a digit": {"jean pierre|martin durand|1990-05-17", "pierre|durand|1980-05-17"},
		"written together, a digit":   {"jean pierre|le grand|1990-05-17", "jeanpierre|legrand|1980-05-17"},
		"an error and a digit":        {"philippe|martin|1990-05-17", "filipe|martin|1990-05-18"},
		"e-mail":                      {"a|b|||c@example.org", "d|e|||c@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			mine := traits(pair[0]).Keys()
			if !slices.ContainsFunc(traits(pair[1]).Keys(), func(key string) bool { return slices.Contains(mine, key) }) {
				t.Errorf("%q\n%q", mine, traits(pair[1]).Keys())
			}
		})
	}
	if got := fmt.Sprintf("%q", traits("camille|martin|1990-05-17|+331|c@example.org").Keys()); got !=
		`["birth 1990 5 17" "email c@example.org" "names kml mrtn" "names kml mrtn 05-17" "names kml mrtn 1990" "phone +331"]` {
		t.Error(got)
	}
	if n := len(traits(strings.Repeat("a b c d e f g h ", 6) + "|" + strings.Repeat("i j k l m n ", 8) + "|1990-05-17").Keys()); n > 80 {
		t.Error(n, "keys of a text that is no name")
	}
}

// Whatever the two are, it does not matter which comes first, a person is herself, and no score
// leaves its bounds.
func TestComparingIsFair(t *testing.T) {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"jean", "pierre", "piere", "marie", "de", "la", "martin", "durand", "le", "x", "léa", "", "alexandre"}), 0, 4)
	person := rapid.Custom(func(r *rapid.T) Traits {
		made := Traits{FirstName: strings.Join(words.Draw(r, "first"), " "), LastName: strings.Join(words.Draw(r, "last"), " "), Phone: rapid.SampledFrom([]string{"", "+331", "+332"}).Draw(r, "phone"), Email: rapid.SampledFrom([]string{"", "a", "b"}).Draw(r, "email")}
		if rapid.Bool().Draw(r, "known") {
			birth := OldestDate.AddDays(rapid.IntRange(0, 40000).Draw(r, "day"))
			made.BirthDate = &birth
		}
		return made
	})
	rapid.Check(t, func(r *rapid.T) {
		a, b := person.Draw(r, "a"), person.Draw(r, "b")
		there, back := Compare(a, b), Compare(b, a)
		if there.Score != back.Score || there.Class != back.Class {
			r.Fatalf("%+v and %+v", there, back)
		}
		if there.Score < 0 || there.Score > 1 || len(there.Explanation) > 10 {
			r.Fatalf("%+v", there)
		}
		if self := Compare(a, a); self.Class == "" || self.Score < there.Score && a.BirthDate != nil {
			r.Fatalf("she is not herself: %+v, and another is %+v", self, there)
		}
	})
}

func FuzzNames(f *testing.F) {
	f.Add("jean pierre", "piere")
	f.Add("\xff", "é")
	f.Add(strings.Repeat("a", 10000), strings.Repeat("b", 10000))
	f.Fuzz(func(t *testing.T, a, b string) {
		if nameOf(a).against(nameOf(b)) != nameOf(b).against(nameOf(a)) {
			t.Errorf("%q and %q", a, b)
		}
		Traits{FirstName: a, LastName: b}.Keys()
	})
}
