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

// world is what everybody knows: the paths that people of it can have, and what each of them adds to each number. To an
// attacker all else about them is the same.
type world struct {
	kinds   []person
	numbers map[string]int // of the kinds, by their paths
	about   string         // what else than sex and sector tells people apart
	terms   map[string][]float64
	asked   map[string][]string // the numbers by how they were asked for
}

const (
	aboutJustice = "justice" // and how paths end
	aboutAge     = "age"     // and resources, and how paths end
	aboutMeeting = "meeting" // one or two each, or none
	aboutBarrier = "barrier" // and whether it is lifted
	aboutTwice   = "twice"   // who comes again, perhaps from elsewhere
)

var worlds = map[string]*world{}

func worldOf(sectors int, about string) *world {
	shape := fmt.Sprint(sectors, about)
	if worlds[shape] == nil {
		people := peopleTwice()
		if about != aboutTwice {
			people = nil
			for _, r := range kinds(sectors, about) {
				people = append(people, person{r})
			}
		}
		worlds[shape] = &world{kinds: people, about: about, terms: map[string][]float64{}, asked: map[string][]string{}}
	}
	return worlds[shape]
}

// kinds are the records that people of a world can have.
func kinds(sectors int, about string) []Record {
	first := []Record{{Gender: new(GenderFemale)}, {Gender: new(GenderMale)}}
	if about == aboutAge {
		first = []Record{
			{BirthDate: new(MustDate("1984-01-01"))}, {BirthDate: new(MustDate("2003-01-01")), WithoutResources: new(true)},
			{BirthDate: new(MustDate("2003-01-01")), WithoutResources: new(false), Disengaged: new(false)},
		}
	}
	var all []Record
	for _, r := range first {
		for s := range sectors {
			r.Sector = new(string(rune('A' + s)))
			for _, day := range []string{"2025-02-03", "2025-03-17", "2025-05-25", "2025-07-04", "2025-09-15", "2025-11-27", "2026-02-02", "2026-04-20", "2026-06-05", "2026-08-26"} {
				r.EnteredOn = MustDate(day)
				all = append(all, kindsBy(r, sectors, about)...)
			}
		}
	}
	return all
}

// kindsBy are those who came on one day, told apart by what a world is about.
func kindsBy(r Record, sectors int, about string) (all []Record) {
	switch about {
	case aboutMeeting:
		all = append(all, r)
		for _, months := range []int{0, 2, 5, 9} {
			for _, status := range []Attendance{AttendanceAttended, AttendanceNoShow, AttendanceScheduled} {
				r.Meetings = []MeetingFact{{ID: "m", Day: r.EnteredOn.AddMonths(months), Status: status}}
				all = append(all, r)
			}
		}
		for _, first := range []Attendance{AttendanceAttended, AttendanceNoShow} { // nobody can count on one each at most
			for _, second := range []Attendance{AttendanceAttended, AttendanceNoShow} {
				r.Meetings = []MeetingFact{{ID: "m", Day: r.EnteredOn, Status: first}, {ID: "n", Day: r.EnteredOn.AddMonths(5), Status: second}}
				all = append(all, r)
			}
		}
	case aboutBarrier:
		all = append(all, r)
		for _, barriers := range [][]Barrier{{"mobilite"}, {"logement"}, {"mobilite", "logement"}} {
			for _, months := range []int{0, 1, 3, 8} {
				r.Barriers = nil
				for _, one := range barriers {
					found := BarrierFact{Barrier: one, AssessedOn: r.EnteredOn}
					if months > 0 {
						found.LiftedOn = new(r.EnteredOn.AddMonths(months))
					}
					r.Barriers = append(r.Barriers, found)
				}
				all = append(all, r)
			}
		}
	default:
		statuses := []*JusticeStatus{new(JusticeMilieuOuvert), new(JusticeAucune), nil}[sectors-2 : 2]
		if about == aboutAge {
			statuses = []*JusticeStatus{nil}
		}
		for _, status := range statuses {
			r.JusticeStatus = status
			for _, exit := range exitsOf {
				if r.ExitKind, r.ExitedOn = nil, nil; exit.kind != "" {
					r.ExitKind, r.ExitedOn = new(exit.kind), new(r.EnteredOn.AddMonths(exit.months).AddDays(exit.days))
				}
				all = append(all, r)
			}
		}
	}
	return all
}

// exitsOf are the ways in which a path of a world can end, and how long after its beginning.
var exitsOf = []struct {
	kind         ExitKind
	months, days int
}{
	{"", 0, 0}, {ExitInterim, 0, 20}, {ExitInterim, 2, 3}, {ExitInterim, 5, 0}, {ExitInterim, 8, 11},
	{ExitFormationCertifiante, 0, 25}, {ExitFormationCertifiante, 3, 6}, {ExitFormationCertifiante, 6, 15}, {ExitFormationCertifiante, 11, 0},
	{ExitAbandon, 1, 2}, {ExitAbandon, 4, 21}, {ExitAbandon, 9, 0},
}

// asked are the questions of an attacker: every quarter's end, filter and period, in all the ways that there are.
func asked(sectors int, about string) []Question {
	start := MustDate("2025-01-01")
	filters := []Filter{}
	first := []Filter{{}, {Gender: GenderFemale}, {Gender: GenderMale}}
	if about == aboutAge {
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

// Whatever an analyst is shown of a programme, and however she puts it together, she works out no number that she is not
// shown. Seeds are programmes: go test -fuzz Attacker tries more of them.
func FuzzAttacker(f *testing.F) {
	for seed := range uint64(12) {
		f.Add(seed)
	}
	f.Add(uint64(438))  // a share told of one closing, and people by what it counts of the next
	f.Add(uint64(1380)) // a rate by sex at a closing, and the same total at the one before
	f.Add(uint64(1995)) // barriers by year, and the total of a closing after the year
	f.Fuzz(func(t *testing.T, seed uint64) { attack(t, seed) })
}

// attack lets an analyst loose on a random programme, and says how many numbers she was shown, and how many small ones not.
func attack(t *testing.T, seed uint64) (toldOf, untold int) {
	dice := rand.New(rand.NewPCG(seed, 6))
	sectors, k, about := 2, 3+dice.IntN(3), []string{aboutJustice, aboutAge, aboutMeeting, aboutBarrier, aboutTwice, aboutAge}[seed%6]
	if about == aboutJustice {
		sectors += dice.IntN(2)
	}
	w := worldOf(sectors, about)
	all := w.kinds
	// Some programmes have people of few kinds, and attributes that go together; others have all sorts.
	favoured := all
	if seed/6%3 > 0 {
		favoured = nil
		for range 3 + dice.IntN(9) {
			favoured = append(favoured, all[dice.IntN(len(all))])
		}
	}
	var records []Record
	for i := range 10 + dice.IntN(80) {
		one := favoured[dice.IntN(len(favoured))]
		if dice.IntN(12) == 0 {
			one = all[dice.IntN(len(all))]
		}
		records = append(records, one.named(i)...)
	}

	shown, hidden := map[string]float64{}, map[string]float64{} // by name; hidden with what they are
	between := map[string][2]float64{}
	var discreet *discretion // it depends on the records alone
	for _, q := range asked(sectors, w.about) {
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
			} else if n > 0 && n < float64(k) && !noSecret(what, q.Filter) {
				hidden[name+" "+what] = n
			}
		}
	}
	found := worksOut(shown, between, hidden, w.terms, len(all))
	for _, what := range found {
		t.Errorf("seed %d, about %s, k %d, %d paths: %s is %v", seed, w.about, k, len(records), what, hidden[what])
	}
	t.Logf("seed %d, about %s, k %d, %d paths of people of %d kinds: %d shown, %d hidden, %d found", seed, w.about, k, len(records), len(all), len(shown), len(hidden), len(found))
	return len(shown), len(hidden)
}

// noSecret tells of the numbers that are no small cell: of how many a fact is not known says how much a figure is worth.
// Of how many the age is not known is said of all.
func noSecret(what string, f Filter) bool {
	return strings.HasSuffix(what, " unknown") && (strings.HasPrefix(what, "table ") || f.IsEmpty())
}

// learn asks of each kind of person what is asked of all. Under a filter she adds what those of her paths do that pass it.
func (w *world) learn(name string, q Question) {
	if w.asked[name] != nil {
		return
	}
	all := askedAs(q.Period, Filter{})
	if name != all {
		filter := q.Filter
		q.Filter = Filter{}
		w.learn(all, q)
		w.asked[name] = w.asked[all]
		for _, what := range w.asked[all] {
			w.terms[name+" "+what] = make([]float64, len(w.kinds))
		}
		for i, one := range w.kinds {
			passing := one.passing(filter)
			if len(passing) == 0 {
				continue
			}
			like := i
			if len(passing) < len(one) {
				like = w.like(passing)
			}
			for _, what := range w.asked[all] {
				w.terms[name+" "+what][i] = w.terms[all+" "+what][like]
			}
		}
		return
	}
	for i, kind := range w.kinds {
		q.Basis = Basis{Records: kind.named(0)}
		adds, _ := answers(q)
		for what, n := range adds {
			if w.terms[name+" "+what] == nil {
				w.terms[name+" "+what] = make([]float64, len(w.kinds))
				w.asked[name] = append(w.asked[name], what)
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
