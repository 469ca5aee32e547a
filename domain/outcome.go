package domain

// EnrolmentFact is what every dated fact of an enrolment carries.
type EnrolmentFact struct {
	Stamp
	EnrolmentID string `json:"enrolment_id" doc:"The enrolment it belongs to." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
}

// AuthoredFact is a fact of an enrolment with who recorded it. Whoever corrects it later stands in the
// history and in the trail.
type AuthoredFact struct {
	EnrolmentFact
	Author string `json:"author" doc:"Who recorded it: the subject that GET /v1/me shows her." maxLength:"255" example:"c.martin"`
}

// dayOr is the day that a body gives, or today where it gives none.
func dayOr(day *Date, today Date) Date {
	if day == nil {
		return today
	}
	return *day
}

// JobInput is what is written of an employment spell.
type JobInput struct {
	StartsOn Date     `json:"starts_on" required:"true" doc:"First day of the contract." example:"2025-10-15"`
	EndsOn   *Date    `json:"ends_on" doc:"Last day of the contract; null while open-ended or unknown." example:"2026-01-14"`
	Contract Contract `json:"contract" required:"true" doc:"Kind of contract."`
	Employer *string  `json:"employer" doc:"Who employs; an organisation, not a person." maxLength:"200" example:"Conserverie de l'Exemple"`
}

// Job is one employment spell of a participant.
type Job struct {
	EnrolmentFact
	JobInput
}

// Check refuses a spell that ends before it starts.
func (in JobInput) Check() error {
	var faults Faults
	faults.OptionalText("employer", in.Employer)
	if in.EndsOn != nil && in.EndsOn.Before(in.StartsOn) {
		faults.Add("ends_on", "before_start", "A contract ends on or after the day it starts.")
	}
	return faults.Err()
}

// FranceTravailStatusInput is what was seen of a registration.
type FranceTravailStatusInput struct {
	ObservedOn Date  `json:"observed_on" required:"true" doc:"Day it was observed; not before the entry, not after today." example:"2025-11-20"`
	Registered *bool `json:"registered" required:"true" nullable:"false" doc:"Whether the person was registered and up to date with France Travail that day." example:"true"`
}

// FranceTravailStatus is one observation of whether a person is registered, and up to date,
// with France Travail.
type FranceTravailStatus struct {
	EnrolmentFact
	FranceTravailStatusInput
}

// OutcomeInput is what was found at a checkpoint after an exit.
type OutcomeInput struct {
	Checkpoint string        `json:"checkpoint" required:"true" doc:"Which checkpoint: 6_months after the exit." enum:"6_months" maxLength:"20" example:"6_months"`
	ObservedOn Date          `json:"observed_on" required:"true" doc:"Day it was found out; at the earliest five months after the exit, not after today." example:"2026-04-20"`
	Result     OutcomeResult `json:"result" required:"true" doc:"What was found."`
	Evidence   *Evidence     `json:"evidence" doc:"What shows it."`
}

// Outcome is what was found at a checkpoint.
type Outcome struct {
	EnrolmentFact
	OutcomeInput
}

// CheckpointOpensMonths is how long after the exit the six-month checkpoint opens: a month before
// its mark, so that somebody who is met then need not be sought again.
const CheckpointOpensMonths = 5

// MayConclude refuses an outcome of a path that has not ended, and one found out before its
// checkpoint opens: what is true some days after the exit is no result at six months.
func (e Enrolment) MayConclude(in OutcomeInput, today Date) error {
	if err := e.MustStand(); err != nil {
		return err
	}
	if e.ExitedOn == nil {
		return Refused("not_exited", "A checkpoint counts from the exit, and this enrolment has not ended.")
	}
	if in.ObservedOn.Before(*e.ExitedOn) {
		return FieldFault("observed_on", "before_exit", "This day lies before the exit of %s.", *e.ExitedOn)
	}
	if opens := e.ExitedOn.AddMonths(CheckpointOpensMonths); in.ObservedOn.Before(opens) {
		return FieldFault("observed_on", "too_early", "The checkpoint of an exit on %s opens on %s.", *e.ExitedOn, opens)
	}
	if in.ObservedOn.After(today) {
		return FieldFault("observed_on", "in_future", "This lies in the future: the day is today or earlier.")
	}
	return nil
}
