package domain

import "slices"

// What is otherwise than it was published, and why. A figure is the items in its buckets, so the difference of two figures is
// the items that stand elsewhere: who entered, who left, and whose bucket changed, each with the facts that did.

// ComparisonQuery is with what a snapshot is compared.
type ComparisonQuery struct {
	With string `query:"with" doc:"Another snapshot of the programme; what the records say now when left out." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000022"`
	Key  string `query:"key" doc:"Only this indicator." pattern:"^[a-z0-9_]+$" patternDescription:"lower-case words joined by underscores" maxLength:"60" example:"long_term_unemployed_share"`
	From Date   `query:"from" doc:"First day of the period that the records are asked about; the snapshot's when left out." format:"date" example:"2025-01-01" maxLength:"10"`
	To   Date   `query:"to" doc:"Last day of that period; the snapshot's when left out, or as_of where that is given." format:"date" example:"2025-12-31" maxLength:"10"`
	AsOf Date   `query:"as_of" doc:"The day whose state the records are asked about; the snapshot's when left out, so that what differs was recorded or corrected since." format:"date" example:"2026-03-31" maxLength:"10"`

	Limit  int `query:"limit" doc:"How many of people are named, 1,000 when left out. Figures and profile are whole, and so is people_in_all." minimum:"1" maximum:"1000" example:"1000"`
	Offset int `query:"offset" doc:"How many of people are left out before. Their order is that of the records while nothing moves, which the ETag of the first page would tell." minimum:"0" maximum:"1000000" example:"0"`
}

// MaxCompared is how many enrolments, referrals and territories one comparison names.
const MaxCompared = 1000

// of is the part of the list that was asked for.
func (q ComparisonQuery) of(people []ItemsComparison) []ItemsComparison {
	limit := q.Limit
	if limit == 0 {
		limit = MaxCompared
	}
	from := min(q.Offset, len(people))
	return people[from:min(from+limit, len(people))]
}

// Tell puts the people who were asked for into the comparison, and says how many there are.
func (c *Comparison) Tell(q ComparisonQuery, people []ItemsComparison, unnamed []BucketsComparison) {
	c.PeopleInAll, c.People, c.Unnamed = new(len(people)), new(q.of(people)), &unnamed
}

// Check refuses days beside another snapshot, which has its own.
func (q ComparisonQuery) Check() error {
	var faults Faults
	for _, day := range []struct {
		name string
		Date
	}{{"from", q.From}, {"to", q.To}, {"as_of", q.AsOf}} {
		if q.With != "" && !day.IsZero() {
			faults.AddAt("query."+day.name, "not_with", "A snapshot is of its own days: leave this out, or with.")
		}
	}
	if q.Key != "" && !Definitions.Has(q.Key) {
		faults.AddAt("query.key", "unknown", "There is no such indicator: see GET /v1/indicators.")
	}
	return faults.Err()
}

// Days are those that the records are asked about: the snapshot's, but for those that are given.
func (q ComparisonQuery) Days(s Snapshot) PeriodInput {
	in := PeriodInput{From: q.From, To: q.To, AsOf: q.AsOf}
	if in.AsOf.IsZero() {
		in.AsOf = s.AsOf
		if in.To.IsZero() && s.To != nil {
			in.To = *s.To
		}
	}
	if in.From.IsZero() && s.From != nil {
		in.From = *s.From
	}
	return in
}

func (b *Buckets) add(item SnapshotItem) {
	b.Amount += item.Amount
	switch item.Bucket {
	case BucketNumerator:
		b.Numerator++
	case BucketDenominatorOnly:
		b.DenominatorOnly++
	case BucketUnknown:
		b.Unknown++
	case BucketExcluded:
		b.Excluded++
	}
}

// counted are those that the figure counts.
func (b Buckets) counted() Buckets {
	b.Excluded = 0
	return b
}

// CompareFigures sets figures beside each other, those before first.
func CompareFigures(before, after []Figure, key string) []FigureComparison {
	compared := []FigureComparison{}
	for _, figures := range [][]Figure{before, after} {
		for _, f := range figures {
			known := slices.ContainsFunc(compared, func(c FigureComparison) bool { return c.Key == f.Key })
			if !known && (key == "" || key == f.Key) {
				compared = append(compared, compareFigure(f, figureNamed(before, f.Key), figureNamed(after, f.Key)))
			}
		}
	}
	return compared
}

func figureNamed(figures []Figure, key string) *Figure {
	if i := slices.IndexFunc(figures, func(f Figure) bool { return f.Key == key }); i >= 0 {
		return &figures[i]
	}
	return nil
}

// beside is the figure as it stands in a comparison.
func (f *Figure) beside() *ComparedFigure {
	if f == nil {
		return nil
	}
	return &ComparedFigure{f.Value, f.Numerator, f.Denominator, f.Unknown, f.Display, f.Suppressed, f.DefinitionVersion}
}

func compareFigure(any Figure, before, after *Figure) FigureComparison {
	c := FigureComparison{Key: any.Key, Label: any.Label, Unit: any.Unit, Before: before.beside(), After: after.beside()}
	if before == nil || after == nil {
		c.Changed = new(true)
		return c
	}
	c.DefinitionChanged = before.DefinitionVersion != after.DefinitionVersion
	if after.Suppressed || before.Suppressed {
		if c.Withheld = true; c.DefinitionChanged {
			c.Changed = new(true)
		}
		return c
	}
	was := *before
	if after.isRounded() { // what was published with its days differs from whole months where nothing happened
		was = was.rounded()
	}
	c.Difference = &FigureDifference{
		Value: less(after.Value, was.Value), Numerator: less(after.Numerator, was.Numerator),
		Denominator: less(after.Denominator, was.Denominator), Unknown: less(after.Unknown, was.Unknown),
	}
	unchanged := same(was.Value, after.Value) && same(was.Numerator, after.Numerator) && same(was.Denominator, after.Denominator) && same(was.Unknown, after.Unknown)
	c.Changed = new(c.DefinitionChanged || !unchanged)
	return c
}

// isRounded is whether it is an average duration that is told without its days: see rounded.
func (f Figure) isRounded() bool { return f.Unit == UnitMonths && f.Value != nil && f.Numerator == nil }

func less[N int | float64](a, b *N) *N {
	if a == nil || b == nil {
		return nil
	}
	return new(*a - *b)
}

// CompareProfiles gives the numbers that are otherwise.
func CompareProfiles(before, after Profile) []NumberComparison {
	were, are := before.numbers(), after.numbers()
	differ := []NumberComparison{}
	for _, was := range were {
		i := slices.IndexFunc(are, was.isOf)
		if i < 0 {
			differ = append(differ, was)
		} else if !same(was.Before, are[i].Before) {
			was.After, was.Withheld = are[i].Before, are[i].Withheld
			differ = append(differ, was)
		}
	}
	for _, is := range are {
		if !slices.ContainsFunc(were, is.isOf) {
			is.Before, is.After = nil, is.Before
			differ = append(differ, is)
		}
	}
	return differ
}

func (n NumberComparison) isOf(other NumberComparison) bool {
	return n.Field == other.Field && n.Code == other.Code
}

// numbers are those of the profile, as they were.
func (p Profile) numbers() []NumberComparison {
	var all []NumberComparison
	add := func(field, code string, number *int) {
		n := NumberComparison{Field: field, Code: code, Withheld: number == nil && (field != "age" || p.Age.Suppressed)}
		if number != nil {
			n.Before = new(float64(*number))
		}
		all = append(all, n)
	}
	add("people", "", p.People)
	for _, list := range []struct {
		field  string
		shares []Share
	}{{"gender", p.Gender}, {"education_level", p.EducationLevel}, {"justice_status", p.JusticeStatus}, {"referrer_kind", p.ReferrerKind}, {"barriers", p.Barriers}, {"exits_to_work", []Share{p.ExitsToWork}}} {
		for _, share := range list.shares {
			add(list.field, share.Code, share.Count)
		}
	}
	all = append(all, NumberComparison{Field: "age", Code: "mean", Before: p.Age.Mean, Withheld: p.Age.Mean == nil && p.Age.Suppressed})
	add("age", "min", p.Age.Min)
	add("age", "max", p.Age.Max)
	add("age", UnknownCode, p.Age.Unknown)
	add("meetings_held", "", p.MeetingsHeld)
	return all
}

// Whereabouts are what has become of enrolments since an item was written down.
type Whereabouts struct {
	FoldedInto map[string]string // of an enrolment that a merge folded into another
	Voided     map[string]bool
	Hidden     map[string]bool // enrolments and referrals of whom nobody is told whose they are
}

func (w Whereabouts) stands(enrolmentID string) string {
	for range len(w.FoldedInto) {
		into, folded := w.FoldedInto[enrolmentID]
		if !folded {
			break
		}
		enrolmentID = into
	}
	return enrolmentID
}

// subject is what an item is about: an enrolment as it stands today, a referral or a territory; nothing where nobody is told.
func (w Whereabouts) subject(item SnapshotItem) (string, bool) {
	switch {
	case item.EnrolmentID != nil:
		stands := w.stands(*item.EnrolmentID)
		return "e" + stands, !w.Hidden[stands] && !w.Hidden[*item.EnrolmentID]
	case item.ReferralID != nil:
		return "r" + *item.ReferralID, !w.Hidden[*item.ReferralID]
	case item.TerritoryCode != nil:
		return "t" + *item.TerritoryCode, true
	}
	return "", false
}

func (w Whereabouts) folded(item SnapshotItem) bool {
	return item.EnrolmentID != nil && w.stands(*item.EnrolmentID) != *item.EnrolmentID
}

// CompareItems says which items stand elsewhere, whose they are and why; and of those whose they are is not told, how many.
// Added up, the items say what the figures differ by; what a figure counted nowhere, before and after, is left out.
func CompareItems(before, after []SnapshotItem, w Whereabouts, key string) ([]ItemsComparison, []BucketsComparison) {
	type place struct{ key, subject, meeting, barrier string }
	type sides struct{ before, after []SnapshotItem }
	places, order := map[place]*sides{}, []place{}
	unnamed, keys := map[string]*BucketsComparison{}, []string{}
	both := map[string]*[2]bool{} // whether the subject stood in any figure, and whether it stands
	sort := func(items []SnapshotItem, side int) {
		for _, item := range items {
			if key != "" && item.Key != key {
				continue
			}
			subject, told := w.subject(item)
			if !told {
				if unnamed[item.Key] == nil {
					unnamed[item.Key], keys = &BucketsComparison{Key: item.Key}, append(keys, item.Key)
				}
				if side == 0 {
					unnamed[item.Key].Before.add(item)
				} else {
					unnamed[item.Key].After.add(item)
				}
				continue
			}
			at := place{item.Key, subject, textOf(item.MeetingID), textOf(item.BarrierID)}
			if places[at] == nil {
				places[at], order = &sides{}, append(order, at)
			}
			if both[subject] == nil {
				both[subject] = &[2]bool{}
			}
			both[subject][side] = true
			if side == 0 {
				places[at].before = append(places[at].before, item)
			} else {
				places[at].after = append(places[at].after, item)
			}
		}
	}
	sort(before, 0)
	sort(after, 1)

	people, whose := []ItemsComparison{}, map[string]int{}
	for _, at := range order {
		s := places[at]
		slices.SortStableFunc(s.before, func(a, b SnapshotItem) int { // what stands for itself first
			return map[bool]int{true: 1}[w.folded(a)] - map[bool]int{true: 1}[w.folded(b)]
		})
		for i := range max(len(s.before), len(s.after)) {
			item, differs := w.compare(s.before, s.after, i)
			if !differs {
				continue
			}
			if _, known := whose[at.subject]; !known {
				whose[at.subject] = len(people)
				people = append(people, subjectOf(at.subject, *both[at.subject]))
			}
			person := &people[whose[at.subject]]
			person.Items = append(person.Items, item)
		}
	}
	differ := []BucketsComparison{}
	for _, one := range keys {
		if unnamed[one].Before.counted() != unnamed[one].After.counted() {
			differ = append(differ, *unnamed[one])
		}
	}
	return people, differ
}

func subjectOf(subject string, stood [2]bool) ItemsComparison {
	c := ItemsComparison{Change: Changed, Items: []ItemComparison{}}
	switch id := subject[1:]; subject[0] {
	case 'e':
		c.EnrolmentID = &id
	case 'r':
		c.ReferralID = &id
	default:
		c.TerritoryCode = &id
	}
	switch {
	case !stood[0]:
		c.Change = Entered
	case !stood[1]:
		c.Change = Left
	}
	return c
}

// counts is whether the figure counts the item anywhere; what is no item, it does not.
func (i SnapshotItem) counts() bool { return i.Key != "" && i.Bucket != BucketExcluded }

// compare sets the items of one place beside each other, of which there are several only where paths were folded.
func (w Whereabouts) compare(before, after []SnapshotItem, i int) (ItemComparison, bool) {
	var was, is SnapshotItem
	c := ItemComparison{Change: Changed}
	switch {
	case i >= len(after):
		was, c.Change = before[i], Left
		switch {
		case w.folded(was):
			c.Because = new("merged")
		case was.EnrolmentID != nil && w.Voided[*was.EnrolmentID]:
			c.Because = new("voided")
		}
	case i >= len(before):
		is, c.Change = after[i], Entered
	default:
		was, is = before[i], after[i]
		if was.Bucket == is.Bucket && was.Amount == is.Amount {
			return c, false
		}
	}
	if !was.counts() && !is.counts() {
		return c, false
	}
	for _, side := range []SnapshotItem{was, is} {
		if side.Key != "" {
			c.Key, c.MeetingID, c.BarrierID = side.Key, side.MeetingID, side.BarrierID
		}
	}
	if c.Change != Entered {
		c.BucketBefore, c.AmountBefore = &was.Bucket, was.Amount
	}
	if c.Change != Left {
		c.BucketAfter, c.AmountAfter = &is.Bucket, is.Amount
	}
	c.Facts = []FactComparison{}
	if !was.FactsGone && !is.FactsGone {
		c.Facts = compareFacts(was.Facts, is.Facts)
	}
	return c, true
}

func compareFacts(before, after []Fact) []FactComparison {
	differ := []FactComparison{}
	at := func(facts []Fact, name string) int {
		return slices.IndexFunc(facts, func(f Fact) bool { return f.Name == name })
	}
	for _, was := range before {
		switch i := at(after, was.Name); {
		case i < 0:
			differ = append(differ, FactComparison{Name: was.Name, Before: was.Value})
		case !same(was.Value, after[i].Value):
			differ = append(differ, FactComparison{was.Name, was.Value, after[i].Value})
		}
	}
	for _, is := range after {
		if at(before, is.Name) < 0 {
			differ = append(differ, FactComparison{Name: is.Name, After: is.Value})
		}
	}
	return differ
}

// Seen are the enrolments and referrals that a comparison names.
func (c Comparison) Seen() []string {
	seen := []string{}
	if c.People == nil {
		return seen
	}
	for _, person := range *c.People {
		for _, id := range []*string{person.EnrolmentID, person.ReferralID} {
			if id != nil {
				seen = append(seen, *id)
			}
		}
	}
	return seen
}
