package recount

import "time"

// Book is what was recorded, as it lies in the tables: also what was voided, merged, folded or tried in the sandbox, and
// what belongs to other programmes. Days are texts, 2025-04-01, and "" is a fact that is not known.
type Book struct {
	Today      string // in Paris: on it a referral that nobody decided expires
	Programmes []Programme
	People     []Person
	Enrolments []Enrolment
	Referrals  []Referral
	Lists      []List
	Targets    []Target
}

// Programme is one convention.
type Programme struct{ Slug, StartsOn string }

// Person is somebody's file. One merged into another is that other person.
type Person struct{ ID, MergedInto, BirthDate, Gender string }

// Enrolment is a path through a programme, with what happened on it. One folded into another is voided.
type Enrolment struct {
	ID, Programme, PersonID  string
	Voided                   bool
	FoldedInto               string
	EnteredOn                string
	ExitedOn, ExitKind       string
	AgeKept                  *int // of a person who was erased
	Education, Justice       string
	Territory, Caseworker    string
	JobSeeker                *bool
	JobSeekerSince           string
	WithoutResources         *bool
	Disengaged               *bool
	ReferralID, ReferredFrom string // the origin of somebody whom no partner referred

	Jobs          []Job
	FranceTravail []FranceTravail
	Outcomes      []Outcome
	Appointments  []Appointment
	Workshops     []Workshop
	Barriers      []Barrier
}

// Job is a stretch of work.
type Job struct{ StartsOn, EndsOn string }

// FranceTravail is what was seen of somebody's registration on a day, and when that was written down.
type FranceTravail struct {
	ID         string
	ObservedOn string
	Registered bool
	RecordedAt time.Time
}

// Outcome is what was found at the checkpoint.
type Outcome struct{ ObservedOn, Result string }

// Appointment is an individual meeting.
type Appointment struct {
	StartsAt time.Time
	Status   string
}

// Workshop is somebody's place in a workshop: Workshop is the state of the whole of it, Status what the roll call says.
type Workshop struct {
	ID       string
	StartsAt time.Time
	Workshop string
	Status   string
}

// Barrier is what stood in somebody's way.
type Barrier struct{ Barrier, AssessedOn, LiftedOn, SetAsideOn string }

// Referral is what a partner sent.
type Referral struct {
	ID, Programme      string
	Sandbox            bool
	OrganisationKind   string
	ReceivedAt         time.Time
	Status             string
	DecidedAt          *time.Time
	ExpiresOn          string
	BirthDate, Gender  string
	Justice, Territory string
}

// List is one version of a programme's targeted territories.
type List struct {
	Programme string
	Version   int
	Places    []Place
}

// Place is a territory on a list.
type Place struct{ Territory, Sector string }

// Target is what a convention promises: for the word programme, or for a year.
type Target struct {
	Programme, Indicator, Period string
	Value                        float64
}
