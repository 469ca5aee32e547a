package domain

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The attacker is an analyst who asks every question that there is of one state of the records, keeps every number that
// she is shown, and knows what a record can hold. She looks for the numbers that she is not shown: each is some sum over
// kinds of people, of whom there are nobody or more. What she was shown are equations between such sums; the least and
// the greatest that a hidden number can then be, linear programming tells her. She has found it where both round to it.

// numbers are the whole numbers in answers, by what they are; shown or not.
type numbers map[string]float64

// kinds are the records that people of a world can have. To an attacker all else about them is the same. In some worlds
// the first dimension is the gender, in others the age.
func kinds(sectors int, ages bool) []Record {
	var all []Record
	first := []Record{{Gender: new(GenderFemale)}, {Gender: new(GenderMale)}}
	statuses := []*JusticeStatus{new(JusticeMilieuOuvert), new(JusticeAucune), nil}
	if ages {
		first = []Record{
			{BirthDate: new(MustDate("1984-01-01"))}, {BirthDate: new(MustDate("2003-01-01")), WithoutResources: new(true)},
			{BirthDate: new(MustDate("2003-01-01")), WithoutResources: new(false), Disengaged: new(false)},
		}
		statuses = statuses[2:]
	} else {
		statuses = statuses[sectors-2:2]
	}
	for _, r := range first {
		for s := range sectors {
			for _, day := range []string{"2025-02-03", "2025-02-25", "2025-08-04", "2025-08-27", "2026-02-02", "2026-02-24", "2026-05-05", "2026-05-26"} {
				for _, status := range statuses {
					for _, exit := range exitsOf {
						r.EnteredOn, r.Sector, r.JusticeStatus = MustDate(day), new(string(rune('A'+s))), status
						if r.ExitKind, r.ExitedOn = nil, nil; exit.kind != "" {
							r.ExitKind, r.ExitedOn = new(exit.kind), new(r.EnteredOn.AddMonths(exit.months).AddDays(exit.days))
						}
						all = append(all, r)
					}
				}
			}
		}
	}
	for i := range all {
		all[i].EnrolmentID, all[i].ParticipantID = fmt.Sprint("e", i), fmt.Sprint("p", i)
	}
	return all
}

// exitsOf are the ways in which a path of a world can end, and how long after its beginning.
var exitsOf = []struct {
	kind         ExitKind
	months, days int
}{
	{"", 0, 0}, {ExitInterim, 1, 0}, {ExitInterim, 4, 0}, {ExitInterim, 9, 4},
	{ExitFormationCertifiante, 1, 6}, {ExitFormationCertifiante, 5, 0}, {ExitAbandon, 4, 21},
}

// asked are the questions of an attacker: every quarter's end, filter and period, in all the ways that there are.
func asked(sectors int, ages bool) []Question {
	start := MustDate("2025-01-01")
	filters := []Filter{}
	first := []Filter{{}, {Gender: GenderFemale}, {Gender: GenderMale}}
	if ages {
		first = []Filter{{}, {AgeBand: AgeBand16To25}, {AgeBand: AgeBand36To45}}
	}
	for _, f := range first {
		for s := -1; s < sectors; s++ {
			f.Sector = ""
			if s >= 0 {
				f.Sector = string(rune('A' + s))
			}
			filters = append(filters, f)
		}
	}
	var all []Question
	for end := start.AddMonths(3).AddDays(-1); end.Year() < 2027; end = monthEnd(end.AddDays(1).AddMonths(2)) {
		for _, days := range []Span{{start, end}, {start, MustDate("2025-12-31")}, {MustDate("2026-01-01"), end}, {MustDate("2025-07-01"), end}, {MustDate("2026-01-01"), MustDate("2026-03-31")}} {
			if days.From.After(days.To) || days.To.After(end) {
				continue
			}
			for _, f := range filters {
				all = append(all, Question{
					Period: Period{From: days.From, To: days.To, AsOf: end, ProgrammeStart: start}, Filter: f,
					Targets: []Target{{IndicatorBeneficiaries, WholeProgramme, 0}, {IndicatorBeneficiaries, "2025", 0}}, Latest: MustDate("2026-12-31"),
				})
			}
		}
	}
	return all
}

// of puts the numbers of a figure under its name; what a figure withholds is left out.
func (n numbers) of(name string, f Figure) {
	keep := func(what string, count *int) {
		if count != nil {
			n[name+" "+f.Key+" "+what] = float64(*count)
		}
	}
	if f.Unit == UnitDays || f.Key == IndicatorTerritoryCoverage {
		return
	}
	switch {
	case f.Unit != UnitMonths:
		keep("numerator", f.Numerator)
	case f.Numerator != nil:
		keep("days", f.Numerator)
	case f.Value != nil: // the analyst reads months, rounded: the days lie between two bounds
		days := float64(*f.Denominator) * 487 / 16
		n[name+" "+f.Key+" days from"], n[name+" "+f.Key+" days to"] = (*f.Value-0.5)*days, (*f.Value+0.5)*days
	}
	keep("denominator", f.Denominator)
	keep("unknown", f.Unknown)
	if f.Denominator != nil && f.Unit == UnitPercent {
		keep("rest", new(*f.Denominator-*f.Numerator))
	}
	keep("confirmed", f.Confirmed)
	keep("provisional", f.Provisional)
	keep("unconfirmed", f.Unconfirmed)
	for _, target := range f.Targets {
		if target.Gap != nil {
			n[name+" "+f.Key+" target "+string(target.Period)] = *target.Gap
		}
	}
}

// answers asks in all the ways that there are. Numbers are named by what was answered, so that a day that was put back
// to another is that other.
func answers(q Question) (numbers, Period) {
	n := numbers{}
	figures := q.FiguresOf("")
	for _, f := range figures.Items {
		n.of("table", f)
	}
	profile := q.Profile()
	for list, rows := range map[string][]Share{"gender": profile.Gender, "education": profile.EducationLevel, "justice": profile.JusticeStatus, "exits": {profile.ExitsToWork}} {
		for _, row := range rows {
			if row.Count != nil {
				n["profile "+list+" "+row.Code] = float64(*row.Count)
			}
		}
	}
	if profile.Age.Unknown != nil {
		n["profile age unknown"] = float64(*profile.Age.Unknown)
	}
	if profile.People != nil {
		n["profile people"] = float64(*profile.People)
	}
	return n, figures.Period
}

func TestNobodyWorksOutASmallNumber(t *testing.T) {
	for seed := range uint64(attacks) {
		attack(t, seed)
	}
}

var attacks = 1

var debugWhy bool

// attack lets an analyst loose on a random programme.
func attack(t *testing.T, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 6))
	sectors, k := 2+dice.IntN(2), 3+dice.IntN(3)
	ages := dice.IntN(3) == 0
	all := kinds(sectors, ages)
	// Some programmes have people of few kinds, and attributes that go together; others have all sorts.
	favoured := all
	if seed%3 > 0 {
		favoured = nil
		for range 3 + dice.IntN(9) {
			favoured = append(favoured, all[dice.IntN(len(all))])
		}
	}
	var records []Record
	truth := map[string]float64{} // how many there are of each kind
	for i := range 10 + dice.IntN(80) {
		r := favoured[dice.IntN(len(favoured))]
		if dice.IntN(12) == 0 {
			r = all[dice.IntN(len(all))]
		}
		truth[r.EnrolmentID]++
		r.EnrolmentID, r.ParticipantID = fmt.Sprint("enrolment ", i), fmt.Sprint("participant ", i)
		records = append(records, r)
	}

	shown, hidden := map[string]float64{}, map[string]float64{} // by name; hidden with what they are
	between := map[string][2]float64{}
	w := worldOf(all, sectors, ages)
	var discreet *discretion // it depends on the records alone
	for _, q := range asked(sectors, ages) {
		q.Programme = Programme{ProgrammeInput: ProgrammeInput{Slug: "p", SmallCellThreshold: new(k)}}
		q.Basis, q.Restricted = Basis{Records: records}, true
		if discreet == nil {
			discreet = q.discretion()
		}
		q.discreet = discreet
		seen, period := answers(q)
		q.Restricted, q.Period, q.discreet = false, period, nil
		is, _ := answers(q)
		name := askedAs(period, q.Filter)
		w.learn(name, q)
		for what, n := range is {
			if v, told := seen[what]; told {
				if v != n {
					t.Fatalf("seed %d: %s %s is told as %v and is %v", seed, name, what, v, n)
				}
				shown[name+" "+what] = n
			} else if from, told := seen[what+" from"]; told {
				if between[name+" "+what] = [2]float64{from, seen[what+" to"]}; n < from || n > seen[what+" to"] {
					t.Fatalf("seed %d: %s %s is told as %v and is %v", seed, name, what, between[name+" "+what], n)
				}
			} else if n > 0 && n < float64(k) && !(q.Filter.IsEmpty() && saidOfAll(what)) {
				hidden[name+" "+what] = n
			}
		}
	}
	found := worksOut(shown, between, hidden, w.terms, len(all))
	for n, what := range found {
		if n > 0 {
			break
		}
		t.Errorf("seed %d, k %d, %d people: %s is %v", seed, k, len(records), what, hidden[what])
		if debugWhy {
			for key := range shown {
				if shown[key] == float64(len(records)) && (bounded == "" || key < bounded) {
					bounded = key
				}
			}
			s := why(shown, between, hidden, w.terms, len(all), what)
			for _, key := range slices.Sorted(maps.Keys(s)) {
				t.Log("      ", key, s[key])
			}
			debugWhy = false
		}
	}
	t.Logf("seed %d, k %d, %d people, %d kinds: %d shown, %d hidden, %d found", seed, k, len(records), len(all), len(shown), len(hidden), len(found))
}

// saidOfAll tells of the numbers that are no secret of the whole programme, day by day: of how many something is not known.
func saidOfAll(what string) bool {
	return strings.HasSuffix(what, " unknown") && !strings.Contains(what, IndicatorEmploymentMatured) || what == "profile exits unknown"
}

// world is what everybody knows: what a person of each kind adds to each number. It is the number asked of her alone.
type world struct {
	kinds []Record
	terms map[string][]float64
	asked map[string]bool
}

var worlds = map[string]*world{}

func worldOf(kinds []Record, sectors int, ages bool) *world {
	shape := fmt.Sprint(sectors, ages)
	if worlds[shape] == nil {
		worlds[shape] = &world{kinds, map[string][]float64{}, map[string]bool{}}
	}
	return worlds[shape]
}

// learn asks of each kind of person what is asked of all.
func (w *world) learn(name string, q Question) {
	if w.asked[name] {
		return
	}
	w.asked[name] = true
	for i, kind := range w.kinds {
		q.Basis = Basis{Records: []Record{kind}}
		adds, _ := answers(q)
		for what, n := range adds {
			if w.terms[name+" "+what] == nil {
				w.terms[name+" "+what] = make([]float64, len(w.kinds))
			}
			w.terms[name+" "+what][i] = n
		}
	}
}

func askedAs(p Period, f Filter) string {
	return fmt.Sprint(p.From, p.To, p.AsOf, f.Gender, f.AgeBand, " ", f.Sector)
}

// worksOut is the attack: which of the hidden numbers can be but one.
func worksOut(shown map[string]float64, between map[string][2]float64, hidden map[string]float64, terms map[string][]float64, kinds int) []string {
	// Of whom there is nobody for sure, she takes no account.
	gone := make([]bool, kinds)
	for what, n := range shown {
		if n == 0 {
			for i, c := range terms[what] {
				gone[i] = gone[i] || c > 0
			}
		}
	}
	var left []int
	for i := range kinds {
		if !gone[i] {
			left = append(left, i)
		}
	}
	var a [][]float64
	var b []float64
	said := map[string]bool{}
	for _, what := range slices.Sorted(maps.Keys(shown)) {
		row := make([]float64, len(left))
		for i, kind := range left {
			row[i] = terms[what][kind]
		}
		if text := fmt.Sprint(row); !said[text] {
			said[text] = true
			a, b = append(a, row), append(b, shown[what])
		}
	}
	columns := len(left)
	for _, what := range slices.Sorted(maps.Keys(between)) {
		for _, bound := range between[what] {
			row := make([]float64, len(left))
			for i, kind := range left {
				row[i] = terms[what][kind]
			}
			a, b = append(a, row), append(b, bound)
			columns++
		}
	}
	for i, row := range a { // what lies between two bounds is more than the one and less than the other
		a[i] = append(row, make([]float64, columns-len(row))...)
		if n := i - (len(a) - (columns - len(left))); n >= 0 {
			a[i][len(left)+n] = []float64{-1, 1}[n%2]
		}
		if b[i] < 0 {
			b[i] = -b[i]
			for j := range a[i] {
				a[i][j] = -a[i][j]
			}
		}
	}
	p := newProgram(a, b, columns)
	value := func(what string, x []float64) float64 {
		sum := 0.0
		for i, kind := range left {
			sum += terms[what][kind] * x[i]
		}
		return sum
	}
	open := map[string]bool{}
	for what := range hidden {
		open[what] = true
	}
	note := func(x []float64) {
		for what := range open {
			if math.Abs(value(what, x)-hidden[what]) > 1-1e-6 {
				delete(open, what)
			}
		}
	}
	for _, what := range slices.Sorted(maps.Keys(hidden)) {
		for _, sign := range []float64{1, -1} {
			if !open[what] {
				continue
			}
			cost := make([]float64, columns)
			for i, kind := range left {
				cost[i] = sign * terms[what][kind]
			}
			note(p.maximise(cost))
		}
	}
	return slices.Sorted(maps.Keys(open))
}
