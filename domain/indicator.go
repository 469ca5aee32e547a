package domain

import (
	"iter"
	"slices"
)

// Definition says what an indicator counts. It is data, served as it stands, beside the one
// function that applies it: a figure is the number of items that the function puts in each
// bucket, and the evidence is those items, so that the two cannot disagree.
type Definition struct {
	Key            string    `json:"key" doc:"Name of the indicator in paths and targets." example:"long_term_unemployed_share" maxLength:"60"`
	LabelFR        string    `json:"label_fr" doc:"What it is called, in French." example:"Demandeurs d'emploi de longue durée (DELD)" maxLength:"200"`
	LabelEN        string    `json:"label_en" doc:"What it is called, in English." example:"Long-term unemployed" maxLength:"200"`
	PublishedLabel string    `json:"published_label" doc:"Its row's heading in the published activity report, where the words differ a little." example:"Demandeurs d'emploi de longue durée (DELD)" maxLength:"200"`
	Unit           Unit      `json:"unit" doc:"What value is measured in: a head-count, percent from 0 to 100, or months of 30.4375 days." enum:"count,percent,months" example:"percent" maxLength:"10"`
	Direction      Direction `json:"direction" doc:"How a target is meant: to be reached, or given for information." enum:"at_least,informative" example:"at_least" maxLength:"20"`
	FormulaFR      string    `json:"formula_fr" doc:"How it is worked out, in French." example:"Inscrits depuis 12 mois ou plus à l'entrée, rapportés aux personnes dont la situation est connue." maxLength:"1000"`
	FormulaEN      string    `json:"formula_en" doc:"How it is worked out, in English." example:"Job seekers for 12 months or more at entry, over those whose situation is known." maxLength:"1000"`
	Groups         []string  `json:"groups" doc:"Groups of nomenclature values that the formula uses." example:"[\"emploi\"]" maxItems:"20" maxLength:"60" nullable:"false"`
	Source         string    `json:"source" doc:"The published text that the definition comes from." example:"L'Îlot, rapport d'activité 2025" maxLength:"500"`
	Version        int       `json:"version" doc:"Grows when the definition changes; an answer names the version it used." example:"1" minimum:"1" maximum:"1000"`
	ValidFrom      Date      `json:"valid_from" doc:"First day from which this version is used." format:"date" example:"2024-11-01" maxLength:"10"`

	items  counting                                          // what is counted, and in which bucket
	facts  func(item Item, asOf Date) []Fact                 // what decided the bucket
	states func(r *Record, asOf Date) EmploymentAtCheckpoint // where the numerator is told apart further
}

// Unit is what a value is measured in.
type Unit string

const (
	UnitCount   Unit = "count"
	UnitPercent Unit = "percent"
	UnitMonths  Unit = "months"
)

// Direction is how a target is meant.
type Direction string

const (
	AtLeast     Direction = "at_least"    // met from the target upwards
	Informative Direction = "informative" // neither met nor missed
)

// Bucket is where an item stands in a figure.
type Bucket string

const (
	BucketNumerator       Bucket = "numerator"
	BucketDenominatorOnly Bucket = "denominator_only"
	BucketUnknown         Bucket = "unknown"  // neither yes nor no: in no rate, but said
	BucketExcluded        Bucket = "excluded" // counted nowhere, listed so that nobody looks for it
)

// Item is one thing an indicator counts: an enrolment of the population, or one of its meetings.
type Item struct {
	record       *Record
	meeting      *MeetingFact
	registration *WorkshopFact
	bucket       Bucket
	amount       int // what it adds to the numerator: 1, or the days of the average duration
}

// counting walks the records (as they stood on p.AsOf, entered by then, passing the filter) and
// gives each item its bucket.
type counting func(records []Record, p Period) iter.Seq[Item]

// population gives the enrolments that entered in the period: E in the definitions.
func population(records []Record, p Period) iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		for i := range records {
			if p.holds(records[i].EnteredOn) && !yield(&records[i]) {
				return
			}
		}
	}
}

// enrolments counts the enrolments of the population, each by the rule.
func enrolments(rule func(r *Record, asOf Date) Bucket) counting {
	return func(records []Record, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for r := range population(records, p) {
				if !yield(itemOf(rule(r, p.AsOf), Item{record: r})) {
					return
				}
			}
		}
	}
}

// distinctPeople counts the persons of the population: the first enrolment of each, by day of entry;
// further enrolments of the same person are excluded.
func distinctPeople(records []Record, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		first := firstEnrolments(records, p)
		for r := range population(records, p) {
			bucket := BucketExcluded
			if first[r.ParticipantID] == r {
				bucket = BucketNumerator
			}
			if !yield(itemOf(bucket, Item{record: r})) {
				return
			}
		}
	}
}

// firstEnrolments gives each person of the population with the enrolment they count by.
func firstEnrolments(records []Record, p Period) map[string]*Record {
	first := map[string]*Record{}
	for r := range population(records, p) {
		if counted := first[r.ParticipantID]; counted == nil || r.EnteredOn.Before(counted.EnteredOn) {
			first[r.ParticipantID] = r
		}
	}
	return first
}

// durations counts the enrolments of the population, each adding its days to the numerator.
func durations(records []Record, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for r := range population(records, p) {
			if !yield(Item{record: r, bucket: BucketNumerator, amount: r.supportDays(p.AsOf)}) {
				return
			}
		}
	}
}

// appointments counts individual meetings held in the period, whenever their enrolment began.
func appointments(rule func(m *MeetingFact) Bucket) counting {
	return func(records []Record, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for i := range records {
				for m := range records[i].Meetings {
					meeting := &records[i].Meetings[m]
					if p.holds(meeting.Day) && !yield(itemOf(rule(meeting), Item{record: &records[i], meeting: meeting})) {
						return
					}
				}
			}
		}
	}
}

// registrations counts registrations for the workshops of the period, whenever their enrolment began.
func registrations(rule func(w *WorkshopFact) Bucket) counting {
	return func(records []Record, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for i := range records {
				for w := range records[i].Workshops {
					registration := &records[i].Workshops[w]
					if p.holds(registration.Day) && !yield(itemOf(rule(registration), Item{record: &records[i], registration: registration})) {
						return
					}
				}
			}
		}
	}
}

func itemOf(bucket Bucket, item Item) Item {
	item.bucket = bucket
	if bucket == BucketNumerator {
		item.amount = 1
	}
	return item
}

// recordsAsOf are the records that any figure may read: entered by that day, passing the filter,
// and without the facts that came later.
func recordsAsOf(records []Record, asOf Date, filter Filter) []Record {
	known := make([]Record, 0, len(records))
	for i := range records {
		if !records[i].EnteredOn.After(asOf) && filter.Match(&records[i]) {
			known = append(known, records[i].asOf(asOf))
		}
	}
	return known
}

// IndicatorNamed finds a definition by its key.
func IndicatorNamed(key string) (Definition, error) {
	i := slices.IndexFunc(Indicators, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, Missing("indicator")
	}
	return Indicators[i], nil
}
