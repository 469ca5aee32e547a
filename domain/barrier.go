package domain

import "slices"

// BarrierInput is what a caseworker writes of a barrier that she works on with the person.
type BarrierInput struct {
	Barrier    Barrier `json:"barrier" required:"true" doc:"What stands between the person and work; at most one of a code is unsettled (open or in_progress) on an enrolment."`
	AssessedOn Date    `json:"assessed_on" required:"true" doc:"Day it was found; not before the entry, not after today." example:"2025-04-01"`
	Weight
}

// EnrolmentBarrier is a barrier of a person, from the day it was found until it is lifted or set aside.
type EnrolmentBarrier struct {
	AuthoredFact
	BarrierInput
	DiagnosticID   *string      `json:"diagnostic_id" doc:"The diagnostic that opened it; null where it was recorded by itself." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000b"`
	State          BarrierState `json:"state" doc:"How far it has been dealt with."`
	StartedOn      *Date        `json:"started_on" doc:"Since when it is worked on." example:"2025-04-15"`
	LiftedOn       *Date        `json:"lifted_on" doc:"Day it was lifted." example:"2025-06-10"`
	ActionID       *string      `json:"action_id" doc:"The action of this enrolment that lifted it." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000c"`
	OrganisationID *string      `json:"organisation_id" doc:"The partner that lifted it." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	SetAsideOn     *Date        `json:"set_aside_on" doc:"Day it was agreed not to work on it." example:"2025-06-10"`
	SetAsideReason *string      `json:"set_aside_reason" doc:"Why it was set aside." maxLength:"500" example:"La personne préfère attendre le printemps."`
}

// BarrierView is a barrier with what may be done with it.
type BarrierView struct {
	EnrolmentBarrier
	AvailableActions []string `json:"available_actions" doc:"What the caller may do with it now." example:"[\"start\",\"lift\",\"set-aside\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// BarrierStart says since when a barrier is worked on.
type BarrierStart struct {
	StartedOn *Date `json:"started_on" doc:"Since when; today when left out." example:"2025-04-15"`
}

// BarrierLift says when, and by what, a barrier was lifted.
type BarrierLift struct {
	LiftedOn       *Date   `json:"lifted_on" doc:"Day it was lifted; today when left out." example:"2025-06-10"`
	ActionID       *string `json:"action_id" doc:"The action of this enrolment that lifted it, where one did." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000c"`
	OrganisationID *string `json:"organisation_id" doc:"The partner that lifted it, where one did." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
}

// SettingAside says when, and why, it was agreed not to work on a barrier.
type SettingAside struct {
	SetAsideOn *Date   `json:"set_aside_on" doc:"Day it was agreed; today when left out." example:"2025-06-10"`
	Reason     *string `json:"reason" doc:"Why, in a sentence." maxLength:"500" example:"La personne préfère attendre le printemps."`
}

// OpenBarrier is a barrier as it is found. A diagnostic may have found it.
func OpenBarrier(fact AuthoredFact, in BarrierInput, diagnosticID *string) EnrolmentBarrier {
	return EnrolmentBarrier{AuthoredFact: fact, BarrierInput: in, DiagnosticID: diagnosticID, State: BarrierOpen}
}

// Unsettled tells whether the barrier is still to be dealt with.
func (b EnrolmentBarrier) Unsettled() bool {
	return b.State == BarrierOpen || b.State == BarrierInProgress
}

// KnownOn tells whether, seen from an assessment of that day, the barrier is on record: it is to be
// dealt with, or was settled on that day or later.
func (b EnrolmentBarrier) KnownOn(day Date) bool {
	switch {
	case b.LiftedOn != nil:
		return !b.LiftedOn.Before(day)
	case b.SetAsideOn != nil:
		return !b.SetAsideOn.Before(day)
	}
	return true
}

// View is the barrier as staff read it.
func (b EnrolmentBarrier) View() BarrierView {
	actions := map[BarrierState][]string{
		BarrierOpen: {"start", "lift", "set-aside"}, BarrierInProgress: {"lift", "set-aside"}, BarrierLifted: {"reopen"}, BarrierSetAside: {"reopen"},
	}[b.State]
	return BarrierView{EnrolmentBarrier: b, AvailableActions: slices.Clone(actions)}
}

// Correct rewrites what was found, when and how much it matters.
func (b *EnrolmentBarrier) Correct(in BarrierInput) error {
	b.BarrierInput = in
	for _, later := range []*Date{b.StartedOn, b.LiftedOn, b.SetAsideOn} {
		if later != nil && later.Before(in.AssessedOn) {
			return FieldFault("assessed_on", "after_change", "The barrier was already dealt with on %s: it was found on that day or before.", *later)
		}
	}
	return nil
}

// Start begins to work on an open barrier.
func (b *EnrolmentBarrier) Start(in BarrierStart, today Date) error {
	if b.State != BarrierOpen {
		return b.refusal("started")
	}
	day := dayOr(in.StartedOn, today)
	b.State, b.StartedOn = BarrierInProgress, &day
	return b.onDay("started_on", day, today)
}

// Lift says that the barrier stands in the way no more.
func (b *EnrolmentBarrier) Lift(in BarrierLift, today Date) error {
	if !b.Unsettled() {
		return b.refusal("lifted")
	}
	day := dayOr(in.LiftedOn, today)
	b.State, b.LiftedOn, b.ActionID, b.OrganisationID = BarrierLifted, &day, in.ActionID, in.OrganisationID
	return b.onDay("lifted_on", day, today)
}

// SetAside says that the person and the caseworker agreed not to work on the barrier.
func (b *EnrolmentBarrier) SetAside(in SettingAside, today Date) error {
	if !b.Unsettled() {
		return b.refusal("set aside")
	}
	var faults Faults
	faults.OptionalText("reason", in.Reason)
	if err := faults.Err(); err != nil {
		return err
	}
	day := dayOr(in.SetAsideOn, today)
	b.State, b.SetAsideOn, b.SetAsideReason = BarrierSetAside, &day, in.Reason
	return b.onDay("set_aside_on", day, today)
}

// Reopen takes back that the barrier was settled.
func (b *EnrolmentBarrier) Reopen() error {
	if b.Unsettled() {
		return b.refusal("reopened")
	}
	b.State, b.StartedOn, b.LiftedOn, b.ActionID, b.OrganisationID, b.SetAsideOn, b.SetAsideReason = BarrierOpen, nil, nil, nil, nil, nil, nil
	return nil
}

// onDay refuses a day before the one on which the barrier was found, or begun to be worked on.
func (b EnrolmentBarrier) onDay(field string, day, today Date) error {
	switch {
	case day.After(today):
		return FieldFault(field, "in_future", "This lies in the future: the day is today or earlier.")
	case day.Before(b.AssessedOn):
		return FieldFault(field, "before_assessment", "The barrier was found on %s: it is dealt with on that day or later.", b.AssessedOn)
	case b.StartedOn != nil && day.Before(*b.StartedOn):
		return FieldFault(field, "before_start", "The barrier is worked on since %s: it is settled on that day or later.", *b.StartedOn)
	}
	return nil
}

func (b EnrolmentBarrier) refusal(done string) error {
	if string(b.State) == done {
		return Refused("barrier_"+done, "This barrier is %s already.", done)
	}
	return Refused("barrier_"+string(b.State), "This barrier is %s and cannot be %s.", b.State, done)
}
