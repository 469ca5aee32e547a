package domain

import "time"

// TimelineEntry is one thing that happened on a person's paths, with the record that says so. The record
// stands under the name of its kind, as it is today; of an entry there is one.
type TimelineEntry struct {
	ID          string        `json:"id" doc:"Identifier of the entry: one of this timeline, the same whenever it is read." maxLength:"120" example:"objective.reached:0197f0a0-0000-7000-8000-00000000000f"`
	Kind        TimelineKind  `json:"kind" doc:"Of which kind the record is, and under which name it stands here."`
	Event       TimelineEvent `json:"event" doc:"What happened to it; of a meeting, what became of it."`
	On          Date          `json:"on" doc:"Day in Europe/Paris on which it happened, or will." example:"2025-05-05"`
	At          *time.Time    `json:"at" doc:"The instant, where the record has one; null where it has a day." example:"2025-05-05T12:00:00Z"`
	RecordID    string        `json:"record_id" doc:"Identifier of the record: of a workshop she has a place in, the workshop's." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	EnrolmentID *string       `json:"enrolment_id" doc:"The path it is of; null for a referral." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Programme   string        `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	TimelineRecord
}

// TimelineRecord is the record of an entry: one of these.
type TimelineRecord struct {
	Referral            *TimelineReferral    `json:"referral,omitempty" doc:"Of a referral: when it came, from whom, what was decided."`
	Enrolment           *Enrolment           `json:"enrolment,omitempty" doc:"Of an enrolment: the path as it stands today."`
	Handover            *Handover            `json:"handover,omitempty" doc:"Of an enrolment that was handed_over: from whom to whom."`
	WithdrawnExit       *WithdrawnExit       `json:"withdrawn_exit,omitempty" doc:"Of an enrolment that was reopened: the exit that was taken back."`
	Appointment         *Appointment         `json:"appointment,omitempty" doc:"Of an individual meeting."`
	AppointmentMove     *AppointmentMove     `json:"appointment_move,omitempty" doc:"Of a move of a meeting: from when and where to when and where."`
	WorkshopRequest     *WorkshopRequest     `json:"workshop_request,omitempty" doc:"Of a place in a workshop that she waited for, or gave back."`
	Workshop            *WorkshopPlace       `json:"workshop,omitempty" doc:"Of a workshop: her place in it."`
	Diagnostic          *Diagnostic          `json:"diagnostic,omitempty" doc:"Of a diagnostic."`
	Barrier             *EnrolmentBarrier    `json:"barrier,omitempty" doc:"Of a barrier."`
	Strength            *EnrolmentStrength   `json:"strength,omitempty" doc:"Of a strength."`
	Charter             *Charter             `json:"charter,omitempty" doc:"Of the charter."`
	Objective           *Objective           `json:"objective,omitempty" doc:"Of an objective."`
	Action              *Action              `json:"action,omitempty" doc:"Of an action."`
	Proposal            *EnrolmentProposal   `json:"proposal,omitempty" doc:"Of a proposal, with what followed."`
	Immersion           *Immersion           `json:"immersion,omitempty" doc:"Of an immersion."`
	Job                 *Job                 `json:"job,omitempty" doc:"Of a job."`
	FranceTravailStatus *FranceTravailStatus `json:"france_travail_status,omitempty" doc:"Of an observation of the registration with France Travail."`
	FollowUp            *FollowUp            `json:"follow_up,omitempty" doc:"Of a contact after the exit."`
	Extension           *Extension           `json:"extension,omitempty" doc:"Of a decision that the path lasts longer than nine months."`
	Outcome             *Outcome             `json:"outcome,omitempty" doc:"Of what was found at a checkpoint."`
}

// TimelineReferral is what the timeline says of a referral. Who refers, and what was written of the person, is
// read in the referral itself.
type TimelineReferral struct {
	Programme      string         `json:"programme" doc:"The programme she was referred to." maxLength:"60" example:"o2r-somme"`
	OrganisationID string         `json:"organisation_id" doc:"The partner that referred her." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	Status         ReferralStatus `json:"status" doc:"Where the referral stands."`
	ReceivedAt     time.Time      `json:"received_at" doc:"When it was received." example:"2025-03-21T10:00:00Z"`
	DecidedAt      *time.Time     `json:"decided_at" doc:"When it was accepted, declined, withdrawn, or expired." example:"2025-03-28T14:00:00Z"`
	DeclineReason  *DeclineReason `json:"decline_reason" doc:"Why the person was not taken on."`
}

// Handover is a change of who follows a path.
type Handover struct {
	From *string `json:"from" doc:"Who followed it until then; null where nobody did." maxLength:"255" example:"c.martin"`
	To   *string `json:"to" doc:"Who followed it from then on; null where nobody did." maxLength:"255" example:"a.durand"`
}

// WithdrawnExit is an exit that was taken back.
type WithdrawnExit struct {
	ExitedOn *Date     `json:"exited_on" doc:"The day that it named." example:"2025-10-15"`
	ExitKind *ExitKind `json:"exit_kind" doc:"What it said the path ended with."`
}

// TimelineQuery says which part of a timeline is asked for.
type TimelineQuery struct {
	Paging
	TimelineFilter
}

// TimelineFilter narrows a timeline.
type TimelineFilter struct {
	Kinds []TimelineKind `query:"kind,explode" doc:"Only entries of these kinds; repeat the parameter for several." maxItems:"30" example:"appointment"`
	From  Date           `query:"from" doc:"Only what happened on or after this day in Europe/Paris." example:"2025-04-01"`
	To    Date           `query:"to" doc:"Only what happened on or before this day in Europe/Paris: today leaves out what is still to come." example:"2025-12-31"`
}

// Check refuses a period that ends before it begins.
func (f TimelineFilter) Check() error {
	return endsAfterItBegins(f.From, f.To)
}

// Key is the identifier that an entry goes by.
func (e TimelineEntry) Key() string { return e.ID }

// BarrierID is the barrier that an entry's record is about, where it is about one.
func (e TimelineEntry) BarrierID() *string {
	switch {
	case e.Objective != nil:
		return e.Objective.BarrierID
	case e.Action != nil:
		return e.Action.BarrierID
	}
	return nil
}

// WithoutJustice takes out of an entry what tells of justice within its record, and that it is about one of
// those barriers, which are not shown. Entries that are about nothing else are not asked for.
func (r *TimelineRecord) WithoutJustice(barriers map[string]bool) {
	switch {
	case r.Diagnostic != nil:
		r.Diagnostic.DiagnosticInput = r.Diagnostic.WithoutJustice()
	case r.Objective != nil:
		r.Objective.Unlink(barriers)
	case r.Action != nil:
		r.Action.Unlink(barriers)
	}
}
