package domain

import "iter"

// Definition says what an indicator counts. It is data, served as it stands, beside the one
// function that applies it: a figure is the number of items that the function puts in each
// bucket, and the evidence is those items, so that the two cannot disagree.
type Definition struct {
	Key            string       `json:"key" doc:"Name of the indicator in paths and targets." example:"long_term_unemployed_share" maxLength:"60"`
	Set            IndicatorSet `json:"set" doc:"convention: one of the ten that the convention owes its funders. beyond: kept beside them." enum:"convention,beyond" example:"convention" maxLength:"20"`
	LabelFR        string       `json:"label_fr" doc:"What it is called, in French." example:"Demandeurs d'emploi de longue durée (DELD)" maxLength:"200"`
	LabelEN        string       `json:"label_en" doc:"What it is called, in English." example:"Long-term unemployed" maxLength:"200"`
	PublishedLabel string       `json:"published_label" doc:"Its row's heading in the published activity report, where the words differ a little; the French label where it is not published." example:"Demandeurs d'emploi de longue durée (DELD)" maxLength:"200"`
	Unit           Unit         `json:"unit" doc:"What value is measured in: a count, percent from 0 to 100, months of 30.4375 days, or days." enum:"count,percent,months,days" example:"percent" maxLength:"10"`
	Counts         ItemKind     `json:"counts" doc:"What its evidence lists, one item each." enum:"enrolments,meetings,barriers,referrals,territories" example:"enrolments" maxLength:"20"`
	Direction      Direction    `json:"direction" doc:"How a target is meant: to be reached, or given for information." enum:"at_least,informative" example:"at_least" maxLength:"20"`
	FormulaFR      string       `json:"formula_fr" doc:"How it is worked out, in French." example:"Inscrits depuis 12 mois ou plus à l'entrée, rapportés aux personnes dont la situation est connue." maxLength:"1000"`
	FormulaEN      string       `json:"formula_en" doc:"How it is worked out, in English." example:"Job seekers for 12 months or more at entry, over those whose situation is known." maxLength:"1000"`
	Groups         []string     `json:"groups" doc:"Groups of nomenclature values that the formula uses." example:"[\"emploi\"]" maxItems:"20" maxLength:"60" nullable:"false"`
	Source         string       `json:"source" doc:"The published text that the definition comes from." example:"L'Îlot, rapport d'activité 2025" maxLength:"500"`
	Version        int          `json:"version" doc:"Grows when the definition changes; an answer names the version it used." example:"1" minimum:"1" maximum:"1000"`
	ValidFrom      Date         `json:"valid_from" doc:"First day from which this version is used: an answer uses the one in force on its as_of, and the first version for days before that." format:"date" example:"2024-11-01" maxLength:"10"`

	items    counting                                          // what is counted, and in which bucket
	facts    func(item Item, asOf Date) []Fact                 // what decided the bucket
	states   func(r *Record, asOf Date) EmploymentAtCheckpoint // where the numerator is told apart further
	unknowns bool                                              // a count that leaves out what is not known, and says how much
}

// Unit is what a value is measured in.
type Unit string

const (
	UnitCount   Unit = "count"
	UnitPercent Unit = "percent"
	UnitMonths  Unit = "months"
	UnitDays    Unit = "days" // the median of the items' days
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

// ItemKind is what the items of an indicator are.
type ItemKind string

const (
	ItemEnrolments  ItemKind = "enrolments"
	ItemMeetings    ItemKind = "meetings" // appointments, or registrations for workshops
	ItemBarriers    ItemKind = "barriers"
	ItemReferrals   ItemKind = "referrals"
	ItemTerritories ItemKind = "territories"
)

// Item is one thing an indicator counts: an enrolment of the population, one of its meetings or
// barriers, a referral, or a targeted territory.
type Item struct {
	record       *Record // of an enrolment, its meetings and its barriers
	meeting      *MeetingFact
	registration *WorkshopFact
	barrier      *BarrierFact
	referral     *ReferralRecord
	place        *TargetedPlace
	people       int // beneficiaries of the place
	bucket       Bucket
	amount       int // what it adds to the numerator: 1, or the days of a duration
}

// counting walks the facts (as they stood on p.AsOf, known by then, passing the filter) and
// gives each item its bucket.
type counting func(known Basis, p Period) iter.Seq[Item]

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
	return func(known Basis, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for r := range population(known.Records, p) {
				if !yield(itemOf(rule(r, p.AsOf), Item{record: r})) {
					return
				}
			}
		}
	}
}

// distinctPeople counts the persons of the population: the first enrolment of each, by day of entry;
// further enrolments of the same person are excluded.
func distinctPeople(known Basis, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		first := firstEnrolments(known.Records, p)
		for r := range population(known.Records, p) {
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
func durations(known Basis, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for r := range population(known.Records, p) {
			if !yield(Item{record: r, bucket: BucketNumerator, amount: r.supportDays(p.AsOf)}) {
				return
			}
		}
	}
}

// appointments counts individual meetings held in the period, whenever their enrolment began.
func appointments(rule func(m *MeetingFact) Bucket) counting {
	return func(known Basis, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for i := range known.Records {
				for m := range known.Records[i].Meetings {
					meeting := &known.Records[i].Meetings[m]
					if p.holds(meeting.Day) && !yield(itemOf(rule(meeting), Item{record: &known.Records[i], meeting: meeting})) {
						return
					}
				}
			}
		}
	}
}

// registrations counts registrations for the workshops of the period, whenever their enrolment began.
func registrations(rule func(w *WorkshopFact) Bucket) counting {
	return func(known Basis, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for i := range known.Records {
				for w := range known.Records[i].Workshops {
					registration := &known.Records[i].Workshops[w]
					if p.holds(registration.Day) && !yield(itemOf(rule(registration), Item{record: &known.Records[i], registration: registration})) {
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
