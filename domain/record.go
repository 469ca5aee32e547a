package domain

import "slices"

// Record is what the figures know of one enrolment: who it is for, the situation at entry, and
// the dated facts that followed. It names nobody.
//
// An enrolment voided as recorded by mistake has no record. The enrolments of one person carry
// one ParticipantID, also after files were merged and after the person was erased, so that a
// person counts once. Facts of one kind stand in the order in which they were recorded.
type Record struct {
	EnrolmentID   string
	ParticipantID string

	EnteredOn Date
	ExitedOn  *Date
	ExitKind  *ExitKind

	BirthDate        *Date
	AgeKept          *int // age at entry of a person whose birth date was erased
	Gender           *Gender
	EducationLevel   *EducationLevel
	JusticeStatus    *JusticeStatus
	TerritoryCode    *string
	Sector           *string // the programme's sector that the territory lies in
	ReferrerKind     *string // an organisation kind, or a referral origin where no partner referred
	CaseworkerID     *string
	JobSeeker        *bool
	JobSeekerSince   *Date
	WithoutResources *bool
	Disengaged       *bool
	ReferredOn       *Date // day in Paris on which the referral that led here was received

	Jobs          []JobSpell
	FranceTravail []FranceTravailObservation
	Outcomes      []OutcomeObservation
	Meetings      []MeetingFact
	Workshops     []WorkshopFact
	Barriers      []BarrierFact
}

// BarrierFact is what stands between the person and work, and what became of it.
type BarrierFact struct {
	ID         string
	Barrier    Barrier
	AssessedOn Date
	LiftedOn   *Date
	SetAsideOn *Date
}

// JobSpell is a stretch of work, both ends included; without an end it goes on.
type JobSpell struct {
	StartsOn Date
	EndsOn   *Date
}

// FranceTravailObservation is what was seen on a day: registered (and renewed) or not.
type FranceTravailObservation struct {
	ObservedOn Date
	Registered bool
}

// OutcomeObservation is what was found at the six-month checkpoint.
type OutcomeObservation struct {
	ObservedOn Date
	Result     OutcomeResult
}

// MeetingFact is one individual appointment; Day is its day in Paris.
type MeetingFact struct {
	ID     string
	Day    Date
	Status Attendance
}

// WorkshopFact is one person's registration for a workshop, and what the roll call says of it.
type WorkshopFact struct {
	ID        string
	Day       Date
	Closed    bool
	Cancelled bool // the whole workshop
	Status    Attendance
}

// AgeAtEntry is the person's completed years on the day of entry, where that is known.
func (r *Record) AgeAtEntry() (age int, known bool) {
	switch {
	case r.BirthDate != nil:
		return r.BirthDate.AgeOn(r.EnteredOn), true
	case r.AgeKept != nil:
		return *r.AgeKept, true
	}
	return 0, false
}

// asOf is the record as it stood when that day ended. Every rule reads such a record, so that
// none can see a fact dated later: an exit to come is no exit yet, and so on.
func (r Record) asOf(day Date) Record {
	if r.ExitedOn != nil && r.ExitedOn.After(day) {
		r.ExitedOn, r.ExitKind = nil, nil
	}
	r.Jobs = until(r.Jobs, day)
	r.FranceTravail = until(r.FranceTravail, day)
	r.Outcomes = until(r.Outcomes, day)
	r.Meetings = until(r.Meetings, day)
	r.Workshops = until(r.Workshops, day)
	r.Barriers = until(r.Barriers, day)
	settledLater := func(b BarrierFact) bool { return isAfter(b.LiftedOn, day) || isAfter(b.SetAsideOn, day) }
	if slices.ContainsFunc(r.Barriers, settledLater) {
		r.Barriers = slices.Clone(r.Barriers)
		for i, b := range r.Barriers {
			if settledLater(b) {
				r.Barriers[i].LiftedOn, r.Barriers[i].SetAsideOn = nil, nil
			}
		}
	}
	if isAfter(r.ReferredOn, day) {
		r.ReferredOn = nil
	}
	return r
}

func isAfter(on *Date, day Date) bool { return on != nil && on.After(day) }

func (j JobSpell) on() Date                 { return j.StartsOn }
func (o FranceTravailObservation) on() Date { return o.ObservedOn }
func (o OutcomeObservation) on() Date       { return o.ObservedOn }
func (m MeetingFact) on() Date              { return m.Day }
func (w WorkshopFact) on() Date             { return w.Day }
func (b BarrierFact) on() Date              { return b.AssessedOn }

// until leaves out the facts dated after the day; the caller's slice is never touched.
func until[F interface{ on() Date }](facts []F, day Date) []F {
	later := func(fact F) bool { return fact.on().After(day) }
	if !slices.ContainsFunc(facts, later) {
		return facts
	}
	return slices.DeleteFunc(slices.Clone(facts), later)
}

// exitGroup is the group of the kind of exit, or nothing for somebody who has not left.
func (r *Record) exitGroup() string {
	if r.ExitedOn == nil || r.ExitKind == nil {
		return ""
	}
	return GroupOf(*r.ExitKind)
}

// covers tells whether the spell includes the day.
func (j JobSpell) covers(day Date) bool {
	return !j.StartsOn.After(day) && (j.EndsOn == nil || !j.EndsOn.Before(day))
}

// lastFranceTravail is the latest observation since entry. Of two on one day, the one recorded
// last counts: it corrects the other.
func (r *Record) lastFranceTravail() *FranceTravailObservation {
	var last *FranceTravailObservation
	for i := range r.FranceTravail {
		seen := &r.FranceTravail[i]
		if !seen.ObservedOn.Before(r.EnteredOn) && (last == nil || !seen.ObservedOn.Before(last.ObservedOn)) {
			last = seen
		}
	}
	return last
}

// supportDays counts from entry to the exit, or to as_of for a path that goes on.
func (r *Record) supportDays(asOf Date) int {
	if r.ExitedOn != nil {
		return r.ExitedOn.DaysSince(r.EnteredOn)
	}
	return asOf.DaysSince(r.EnteredOn)
}
