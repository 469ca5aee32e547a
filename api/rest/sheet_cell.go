package rest

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"o2r/domain"
)

// column is one of a sheet: what its cells hold.
type column struct {
	name   string
	of     reflect.Type
	labels map[string]string // of a code: by how people write it, folded
}

// read makes of a cell's text the value that a JSON body would hold. What it does not understand it leaves
// to the schema, which refuses it with the words that a body is refused with.
func (c column) read(cell string) (any, *fault) {
	at := "body." + c.name
	switch kind := c.of.Kind(); {
	case c.of == dateType:
		day, ok := readDay(cell)
		if !ok {
			return nil, &fault{at, "format", "Must be a day, such as 01/04/2025 or 2025-04-01, with the year in four digits."}
		}
		return day, nil
	case c.of == timeType:
		return readInstant(at, cell)
	case kind == reflect.Bool:
		yes, known := yesOrNo[folded(cell)]
		if !known {
			return nil, &fault{at, "type", "Must be oui or non, vrai or faux, true or false, 1 or 0; empty where it is not known."}
		}
		return yes, nil
	case kind == reflect.Int || kind == reflect.Int64 || kind == reflect.Int32:
		found := wholeCell.FindStringSubmatch(cell)
		if found == nil {
			return nil, &fault{at, "type", "Must be a whole number."}
		}
		number, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			return nil, &fault{at, "range", "Is out of range."}
		}
		return number, nil
	case c.labels != nil:
		if code, known := c.labels[folded(cell)]; known {
			return code, nil
		}
	}
	return cell, nil
}

// yesOrNo are the words for both, as spreadsheets write them.
var yesOrNo = map[string]bool{
	"oui": true, "vrai": true, "true": true, "yes": true, "o": true, "1": true,
	"non": false, "faux": false, "false": false, "no": false, "n": false, "0": false,
}

// wholeCell also takes 60,00: a column of numbers is often shown with decimals.
var wholeCell = regexp.MustCompile(`^([+-]?[0-9]{1,15})(?:[.,]0{1,6})?$`)

var (
	frenchDay = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})$`)
	isoDay    = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)
	midnight  = regexp.MustCompile(`[ T]0?0:00(:00)?$`)
	wallClock = regexp.MustCompile(`^(\S+?)(?:[ T]|\s+à\s+)([0-9]{1,2}) ?[:hH] ?(?:([0-9]{2})(?::([0-9]{2}))?)?$`)
)

// readDay reads a day as people in France write it, or as programs do, and writes it as programs do.
func readDay(cell string) (string, bool) {
	year, month, day, ok := dayOf(midnight.ReplaceAllString(cell, ""))
	if !ok {
		return "", false
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), true
}

func dayOf(text string) (year int, month time.Month, day int, ok bool) {
	var parts []string
	if found := frenchDay.FindStringSubmatch(text); found != nil {
		parts = []string{found[3], found[2], found[1]}
	} else if found := isoDay.FindStringSubmatch(text); found != nil {
		parts = found[1:]
	} else {
		return 0, 0, 0, false
	}
	y, _ := strconv.Atoi(parts[0])
	m, _ := strconv.Atoi(parts[1])
	d, _ := strconv.Atoi(parts[2])
	made := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return y, time.Month(m), d, made.Year() == y && int(made.Month()) == m && made.Day() == d
}

// readInstant reads an instant with its offset, or the time on a clock in Paris. An hour that the clocks
// leave out or show twice is refused: there is nobody to ask which one was meant.
func readInstant(at, cell string) (any, *fault) {
	if instant, err := time.Parse(time.RFC3339, cell); err == nil {
		return instant.UTC().Format(time.RFC3339), nil
	}
	malformed := &fault{at, "format", "Must be a day and a time in Paris, such as 01/04/2025 14:00, or an RFC 3339 instant such as 2025-04-01T12:00:00Z."}
	found := wallClock.FindStringSubmatch(cell)
	if found == nil {
		return nil, malformed
	}
	year, month, day, ok := dayOf(found[1])
	hour, _ := strconv.Atoi(found[2])
	minute, _ := strconv.Atoi(found[3]) // none is zero
	second, _ := strconv.Atoi(found[4])
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return nil, malformed
	}
	wall := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	var instants []time.Time
	near := time.Date(year, month, day, hour, minute, second, 0, domain.Paris)
	for _, instant := range []time.Time{near.Add(-time.Hour), near, near.Add(time.Hour)} {
		if _, offset := instant.Zone(); instant.UTC().Add(time.Duration(offset) * time.Second).Equal(wall) {
			instants = append(instants, instant)
		}
	}
	switch len(instants) {
	case 0:
		return nil, &fault{at, "no_such_hour", "There was no such hour in Paris that day: the clocks went forward over it."}
	case 1:
		return instants[0].UTC().Format(time.RFC3339), nil
	}
	return nil, &fault{at, "ambiguous_hour", "This hour came twice in Paris that day, as the clocks went back: write it with its offset, such as 2025-10-26T02:30:00+02:00."}
}

// alsoWritten are ways to write codes that spreadsheets have and nomenclatures do not, by nomenclature; they are folded.
var alsoWritten = map[string]map[string]string{
	"gender":       {"f": "female", "feminin": "female", "mme": "female", "h": "male", "m": "male", "masculin": "male"},
	"meeting_mode": {"presentiel": "in_person", "sur place": "in_person", "telephone": "phone", "tel": "phone", "visio": "video", "visioconference": "video"},
	"attendance":   {"presente": "attended", "venu": "attended", "venue": "attended", "absente": "no_show", "excuse": "excused", "excusee": "excused", "annule": "cancelled", "prevue": "scheduled"},
}

// labelsOf are the ways to write the codes of a nomenclature: the code, and what it is called in French and
// in English, without regard to accents and case. What would mean two codes means none.
func labelsOf(t reflect.Type) map[string]string {
	nomenclature, ok := reflect.New(t).Elem().Interface().(interface{ Nomenclature() *domain.Nomenclature })
	if !ok {
		return nil
	}
	labels, twice := map[string]string{}, map[string]bool{}
	for _, term := range nomenclature.Nomenclature().Terms {
		for _, label := range []string{term.Code, term.LabelFR, term.LabelEN} {
			way := folded(label)
			if other, taken := labels[way]; taken && other != term.Code {
				twice[way] = true
			}
			labels[way] = term.Code
		}
	}
	for way, code := range alsoWritten[nomenclature.Nomenclature().Name] {
		labels[way] = code
	}
	for _, term := range nomenclature.Nomenclature().Terms {
		labels[folded(term.Code)] = term.Code // a code is one, whatever else is called so
		delete(twice, folded(term.Code))
	}
	for way := range twice {
		delete(labels, way)
	}
	return labels
}

// folded is a word as it is compared: without accents, case, and kinds of apostrophes, hyphens and spaces.
func folded(text string) string {
	var plain strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == '’' || r == 'ʼ' || r == '‘':
			plain.WriteRune('\'')
		case r == '_' || r == '-' || r == '‑' || r == '–' || unicode.IsSpace(r):
			plain.WriteRune(' ')
		case r == 'œ' || r == 'Œ':
			plain.WriteString("oe")
		default:
			plain.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Join(strings.Fields(plain.String()), " ")
}
