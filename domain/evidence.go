package domain

import "strconv"

// EvidenceItem is one enrolment, meeting, barrier, referral or territory behind a figure: its bucket, and the facts that
// decided. The items in bucket numerator are as many as the figure's numerator, those in numerator and
// denominator_only as its denominator, those in unknown as its unknown. Only the numerator of the
// average duration is no number of items but the sum of their amounts, in days.
type EvidenceItem struct {
	EnrolmentID   *string `json:"enrolment_id" doc:"The enrolment counted, or whose meeting or barrier is counted; null for a referral or a territory, and where the person's file is restricted: she counts, and nobody reads who she is." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000003" maxLength:"36"`
	MeetingID     *string `json:"meeting_id" doc:"The appointment or workshop, for what counts meetings; null for the others, and where the file is restricted." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004" maxLength:"36"`
	BarrierID     *string `json:"barrier_id" doc:"The barrier, for barriers_lifted_share; null for the others, and where the file is restricted." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000d" maxLength:"36"`
	ReferralID    *string `json:"referral_id" doc:"The referral, for referral_acceptance_rate; null for the others, and where the file is restricted." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001" maxLength:"36"`
	TerritoryCode *string `json:"territory_code" doc:"The targeted territory, for territory_coverage; null for the others." example:"80253" maxLength:"10"`
	Bucket        Bucket  `json:"bucket" doc:"numerator: counted. denominator_only: among those over whom it is counted. unknown: what decides is not known. excluded: counted nowhere." enum:"numerator,denominator_only,unknown,excluded" example:"numerator" maxLength:"20"`
	Amount        int     `json:"amount" doc:"What it adds to the numerator: 1, or the days of the average duration. Of a median, its days. 0 outside the numerator." example:"1" minimum:"0" maximum:"1000000000"`
	Facts         []Fact  `json:"facts" doc:"The facts that decided." maxItems:"20" nullable:"false"`
}

// Fact is one thing known, or known to be missing, about an item.
type Fact struct {
	Name  string  `json:"name" doc:"Name of the fact." example:"job_seeker_since" maxLength:"60"`
	Value *string `json:"value" doc:"What is recorded; null when it is not known." example:"2024-02-29" maxLength:"200"`
}

// Withheld is the item of somebody whose file is restricted: it counts, and names nobody.
func (i EvidenceItem) Withheld() EvidenceItem {
	i.EnrolmentID, i.MeetingID, i.BarrierID, i.ReferralID, i.Facts = nil, nil, nil, nil, []Fact{}
	return i
}

// EvidenceOf lists what an indicator counted, item by item, in the order of the records.
func EvidenceOf(key string, basis Basis, period Period, filter Filter) ([]EvidenceItem, error) {
	d, err := Definitions.Named(key, period.AsOf)
	if err != nil {
		return nil, err
	}
	return d.evidence(basis.known(period.AsOf, filter), period), nil
}

func (d Definition) evidence(known Basis, period Period) []EvidenceItem {
	evidence := []EvidenceItem{}
	for item := range d.items(known, period) {
		line := EvidenceItem{Bucket: item.bucket, Amount: item.amount, Facts: d.facts(item, period.AsOf)}
		if item.record != nil {
			line.EnrolmentID = &item.record.EnrolmentID
		}
		switch {
		case item.meeting != nil:
			line.MeetingID = &item.meeting.ID
		case item.registration != nil:
			line.MeetingID = &item.registration.ID
		case item.barrier != nil:
			line.BarrierID = &item.barrier.ID
		case item.referral != nil:
			line.ReferralID = &item.referral.ReferralID
		case item.place != nil:
			line.TerritoryCode = &item.place.TerritoryCode
		}
		evidence = append(evidence, line)
	}
	return evidence
}

func personFacts(item Item, _ Date) []Fact {
	return []Fact{dayFact("entered_on", &item.record.EnteredOn), textFact("participant_id", &item.record.ParticipantID)}
}

func justiceFacts(item Item, _ Date) []Fact {
	return []Fact{textFact("justice_status", item.record.JusticeStatus)}
}

func youthFacts(item Item, _ Date) []Fact {
	age := Fact{Name: "age_at_entry"}
	if years, known := item.record.AgeAtEntry(); known {
		age = numberFact("age_at_entry", years)
	}
	return []Fact{age, flagFact("without_resources", item.record.WithoutResources), flagFact("disengaged", item.record.Disengaged)}
}

func jobSeekerFacts(item Item, _ Date) []Fact {
	r := item.record
	return []Fact{flagFact("job_seeker", r.JobSeeker), dayFact("job_seeker_since", r.JobSeekerSince), dayFact("entered_on", &r.EnteredOn)}
}

func exitFacts(item Item, _ Date) []Fact {
	return []Fact{dayFact("exited_on", item.record.ExitedOn), textFact("exit_kind", item.record.ExitKind)}
}

func employmentFacts(item Item, asOf Date) []Fact {
	r, state := item.record, employmentAt6Months(item.record, asOf)
	facts := append([]Fact{textFact("state", &state)}, exitFacts(item, asOf)...)
	if state == NoExitToWork {
		return facts
	}
	mark := r.ExitedOn.AddMonths(checkpointMonths)
	facts = append(facts, dayFact("six_months_on", &mark))
	deciding := Fact{Name: "outcome"}
	observed := Fact{Name: "outcome_observed_on"}
	for _, o := range r.Outcomes {
		if deciding.Value == nil || o.Result == OutcomeInEmployment {
			deciding, observed = textFact("outcome", &o.Result), dayFact("outcome_observed_on", &o.ObservedOn)
		}
	}
	working := 0
	for _, job := range r.Jobs {
		if job.covers(asOf) {
			working++
		}
	}
	return append(facts, deciding, observed, numberFact("jobs_recorded", len(r.Jobs)), numberFact("jobs_on_as_of", working))
}

func franceTravailFacts(item Item, _ Date) []Fact {
	if last := item.record.lastFranceTravail(); last != nil {
		return []Fact{dayFact("observed_on", &last.ObservedOn), flagFact("registered", &last.Registered)}
	}
	return []Fact{dayFact("observed_on", nil), flagFact("registered", nil)}
}

func durationFacts(item Item, asOf Date) []Fact {
	r := item.record
	return []Fact{dayFact("entered_on", &r.EnteredOn), dayFact("exited_on", r.ExitedOn), numberFact("days", r.supportDays(asOf))}
}

func appointmentFacts(item Item, _ Date) []Fact {
	return []Fact{dayFact("day", &item.meeting.Day), textFact("status", &item.meeting.Status)}
}

func workshopFacts(item Item, _ Date) []Fact {
	w := item.registration
	return []Fact{dayFact("day", &w.Day), textFact("status", &w.Status), flagFact("workshop_closed", &w.Closed), flagFact("workshop_cancelled", &w.Cancelled)}
}

func textFact[T ~string](name string, value *T) Fact {
	if value == nil {
		return Fact{Name: name}
	}
	return Fact{name, new(string(*value))}
}

func dayFact(name string, date *Date) Fact {
	if date == nil {
		return Fact{Name: name}
	}
	return Fact{name, new(date.String())}
}

func flagFact(name string, value *bool) Fact {
	if value == nil {
		return Fact{Name: name}
	}
	return Fact{name, new(strconv.FormatBool(*value))}
}

func numberFact(name string, value int) Fact { return Fact{name, new(strconv.Itoa(value))} }
