package domain

import (
	"slices"
	"strings"
	"unicode"
)

// name is a first name or a surname taken apart.
type name struct {
	words []string // without particles, unless it has nothing else
	whole string   // all of it written together: Legrand is Le Grand
}

// particles stand before a surname or do not, as whoever writes it pleases.
var particles = map[string]bool{
	"d": true, "de": true, "du": true, "des": true, "l": true, "la": true, "le": true, "les": true,
	"van": true, "von": true, "den": true, "der": true, "di": true, "da": true, "do": true, "dos": true, "del": true, "della": true,
	"el": true, "al": true,
}

// mostWords bounds what of a text is taken for a name: comparing takes the square of it.
const mostWords = 20

// nameOf takes a folded name apart.
func nameOf(folded string) name {
	all := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	all = all[:min(len(all), mostWords)]
	words := slices.DeleteFunc(slices.Clone(all), func(word string) bool { return particles[word] })
	if len(words) == 0 {
		words = all
	}
	return name{words, strings.Join(all, "")}
}

// nameLevel is how two names compare, the likest last.
type nameLevel int

const (
	nameOther  nameLevel = iota
	nameShared           // each has a word that the other has not, beside one that both have
	nameClose            // a typing error apart
	namePart             // one is a part of the other
	nameSame
)

// against compares two names, in whichever order their words stand.
func (n name) against(other name) nameLevel {
	few, many := n.words, other.words
	if len(few) > len(many) {
		few, many = many, few
	}
	if n.whole == other.whole {
		return nameSame
	}
	if len(few) == 0 {
		return nameOther
	}
	rest := slices.Clone(many)
	var unmatched []string
	for _, word := range few {
		if at := slices.Index(rest, word); at >= 0 {
			rest = slices.Delete(rest, at, at+1)
		} else {
			unmatched = append(unmatched, word)
		}
	}
	switch {
	case len(unmatched) == 0 && len(rest) == 0:
		return nameSame
	case len(unmatched) == 0:
		return namePart
	case closeWords(n.whole, other.whole) || allClose(unmatched, rest):
		return nameClose
	case len(unmatched) < len(few):
		return nameShared
	}
	return nameOther
}

// allClose tells whether each of the words is a typing error away from one of the others, another each time.
func allClose(words, others []string) bool {
	rest := slices.Clone(others)
	for _, word := range words {
		at := slices.IndexFunc(rest, func(other string) bool { return closeWords(word, other) })
		if at < 0 {
			return false
		}
		rest = slices.Delete(rest, at, at+1)
	}
	return true
}

// closeWords tells whether two words are a typing error apart: a letter too many, too few, another
// or two of them swapped; two errors where both are long. Of three letters no one may be another,
// since that makes Léo of Léa. What is longer than any name is compared with nothing: it takes the
// square of its length.
func closeWords(a, b string) bool {
	x, y := []rune(a), []rune(b)
	shorter, longer := min(len(x), len(y)), max(len(x), len(y))
	allowed := 1
	if shorter >= 8 {
		allowed = 2
	}
	if shorter < 3 || longer > longestWord || longer-shorter > allowed {
		return false
	}
	if longer == 3 {
		slices.Sort(x)
		slices.Sort(y)
		return slices.Equal(x, y) && slipsBetween([]rune(a), []rune(b)) == 1
	}
	return slipsBetween(x, y) <= allowed
}

const longestWord = 60

// slipsBetween counts the letters to add, leave out, exchange or swap with the next (Damerau and
// Levenshtein's distance, each letter touched once).
func slipsBetween(a, b []rune) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	var earlier []int
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		earlier, before, row = before, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], earlier[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// sound writes a word so that most typing errors, and most ways to spell a name, make no difference:
// what begins it and its consonants, one for each that sounds alike.
func sound(word string) string {
	var code strings.Builder
	var last rune
	for i, r := range strings.ReplaceAll(word, "ph", "f") {
		switch r {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			if i > 0 {
				continue
			}
			r = 'a'
		case 'h':
			continue
		case 'c', 'q':
			r = 'k'
		case 'z', 'x':
			r = 's'
		case 'j':
			r = 'g'
		case 'w':
			r = 'v'
		}
		if r != last {
			code.WriteRune(r)
		}
		last = r
	}
	return code.String()
}

// mostForms bounds the words of a name that somebody is looked for by: nobody has more names than
// that, and a text of a hundred words would else make some thousands of keys.
const mostForms = 4

// sounds are the ways in which a name is looked for: each of its words, and all of it.
func (n name) sounds() []string {
	forms := slices.Clone(n.words[:min(len(n.words), mostForms)])
	forms = append(forms, n.whole)
	for i := range forms {
		forms[i] = sound(forms[i])
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// Keys are what a person is looked for by: two people who may be one have at least one in common,
// and few others have. One is the telephone number, one the e-mail address, one the day of birth
// (its day and month in either order); the others are a first name with a surname by their sound, in
// either order, alone, with the year, and with the day and month.
func (t Traits) Keys() []string {
	keys := t.StrongKeys()
	if t.BirthDate != nil {
		one, two := int(t.BirthDate.Month()), t.BirthDate.Day()
		keys = append(keys, "birth "+t.BirthDate.String()[:4]+" "+itoa(min(one, two))+" "+itoa(max(one, two)))
	}
	for _, pair := range t.soundPairs() {
		keys = append(keys, "names "+pair)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// StrongKeys are those of them that hardly anybody shares but the same person: without the day of birth, and names, alone.
func (t Traits) StrongKeys() []string {
	var keys []string
	if t.Phone != "" {
		keys = append(keys, "phone "+t.Phone)
	}
	if t.Email != "" {
		keys = append(keys, "email "+t.Email)
	}
	if t.BirthDate != nil {
		year, day := t.BirthDate.String()[:4], t.BirthDate.String()[5:]
		for _, pair := range t.soundPairs() {
			keys = append(keys, "names "+pair+" "+year, "names "+pair+" "+day)
		}
	}
	return keys
}

func (t Traits) soundPairs() (pairs []string) {
	for _, first := range nameOf(t.FirstName).sounds() {
		for _, last := range nameOf(t.LastName).sounds() {
			pairs = append(pairs, min(first, last)+" "+max(first, last))
		}
	}
	return pairs
}
