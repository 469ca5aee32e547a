package domain

import (
	"slices"
	"time"
)

// Caseload is what one caseworker has in hand in a programme.
type Caseload struct {
	CaseworkerID      *string    `json:"caseworker_id" doc:"The subject that GET /v1/me shows her; null for the enrolments that nobody follows." maxLength:"255" example:"c.martin"`
	Active            int        `json:"active" doc:"How many paths go on today." minimum:"0" maximum:"1000000" example:"24"`
	FollowUp          int        `json:"follow_up" doc:"How many are followed up after an exit to work or training." minimum:"0" maximum:"1000000" example:"6"`
	CheckpointsDue    int        `json:"checkpoints_due" doc:"Of how many the six-month checkpoint is due or overdue today." minimum:"0" maximum:"1000000" example:"2"`
	ObjectivesOverdue int        `json:"objectives_overdue" doc:"How many open objectives of those that go on or are followed up are overdue today." minimum:"0" maximum:"1000000" example:"3"`
	Unrecorded        int        `json:"attendance_missing" doc:"Of how many meetings that have begun nothing is recorded." minimum:"0" maximum:"1000000" example:"1"`
	MeetingsLast30    int        `json:"meetings_last_30_days" doc:"How many meetings of the last 30 days the persons attended." minimum:"0" maximum:"1000000" example:"41"`
	MeetingsNext30    int        `json:"meetings_next_30_days" doc:"How many meetings are planned in the next 30 days." minimum:"0" maximum:"1000000" example:"18"`
	WithoutMeeting    int        `json:"appointment_missing" doc:"How many paths that go on have no meeting to come." minimum:"0" maximum:"1000000" example:"4"`
	LastMeetingAt     *time.Time `json:"last_meeting_at" doc:"When the last of the meetings that were attended started; null where there was none." example:"2025-05-05T12:00:00Z"`
}

// Caseloads are those of a programme, nobody's last.
type Caseloads struct {
	Items []Caseload `json:"items" doc:"One for each caseworker with a path that goes on, is followed up or whose six-month checkpoint is due, by name; what nobody follows stands last." maxItems:"1000" nullable:"false"`
}

// Reassignment is what a coordinator writes to hand paths over.
type Reassignment struct {
	From          *string  `json:"from" required:"true" doc:"Who follows them now; null for those that nobody follows." minLength:"1" maxLength:"255" example:"c.martin"`
	To            string   `json:"to" required:"true" doc:"Who is to follow them: the subject that GET /v1/me shows her. One who is not known in the programme, having followed nobody, received at no permanence and never called for it, is refused (unknown_caseworker) unless new_caseworker says that she is new." minLength:"1" maxLength:"255" example:"a.durand"`
	NewCaseworker *bool    `json:"new_caseworker" doc:"true: whoever is named in to is new and not known here yet, and the name was checked for its spelling." example:"false"`
	EnrolmentIDs  []string `json:"enrolment_ids" doc:"Which of them, ended ones too; all that go on, are followed up, still owe their six-month checkpoint or have a meeting to hold or to record when left out, with her permanences, and never by an empty list." maxItems:"1000" format:"uuid" maxLength:"36" example:"[\"0197f0a0-0000-7000-8000-000000000004\"]"`
	Reason        *string  `json:"reason" doc:"Why, in a sentence, without anybody's name. It is kept in the history of each file." minLength:"3" maxLength:"500" example:"Départ de la conseillère."`
}

// Reassigned is what was handed over.
type Reassigned struct {
	Programme    string   `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	From         *string  `json:"from" doc:"Who followed them; null where nobody did." maxLength:"255" example:"c.martin"`
	To           string   `json:"to" doc:"Who follows them now." maxLength:"255" example:"a.durand"`
	ToIsKnown    bool     `json:"to_is_known" doc:"Whether she was known in the programme before: followed somebody, received at a permanence, or called this API for it. false only where new_caseworker said so." example:"true"`
	Moved        int      `json:"moved" doc:"How many paths were handed over." minimum:"0" maximum:"1000000" example:"24"`
	EnrolmentIDs []string `json:"enrolment_ids" doc:"Which." maxItems:"1000000" format:"uuid" maxLength:"36" nullable:"false" example:"[\"0197f0a0-0000-7000-8000-000000000004\"]"`
	Appointments int      `json:"appointments" doc:"How many meetings to come are hers with them: a meeting belongs to the path, and needs no handing over." minimum:"0" maximum:"1000000" example:"18"`

	PermanenceIDs    []string `json:"permanence_ids" doc:"At which permanences, of those that have not ended, she receives now in the other's place; none where single enrolments were named." maxItems:"10000" format:"uuid" maxLength:"36" nullable:"false" example:"[\"0197f0a0-0000-7000-8000-000000000003\"]"`
	PermanencesLeft  int      `json:"permanences_left" doc:"At how many permanences that have not ended the one who followed them receives still: not none where single enrolments were named." minimum:"0" maximum:"10000" example:"0"`
	AppointmentsLeft int      `json:"appointments_left" doc:"How many meetings to come stay with the one who followed them: not none where single enrolments were named. Those of frozen files are not counted." minimum:"0" maximum:"1000000" example:"0"`
}

// Check refuses to hand over to nobody, to who has it already, or to a name that means nobody: known tells whether she is
// known in the programme. A slip of the keyboard would take a whole caseload out of everybody's sight.
func (r Reassignment) Check(known bool) error {
	var faults Faults
	faults.Text("to", r.To)
	if len(faults) == 0 && !known && (r.NewCaseworker == nil || !*r.NewCaseworker) {
		faults.Add("to", "unknown_caseworker", "Nobody called so has followed anybody in this programme, received at a permanence or called this API for it: check the spelling, which GET /v1/me shows her, or send \"new_caseworker\": true if she is new.")
	}
	faults.OptionalText("from", r.From)
	faults.OptionalText("reason", r.Reason)
	if r.From != nil && *r.From == r.To {
		faults.Add("to", "same", "She follows them already.")
	}
	if r.EnrolmentIDs != nil && len(r.EnrolmentIDs) == 0 { // a front end in which nothing was ticked does not mean everything
		faults.Add("enrolment_ids", "empty", "Name at least one enrolment, or leave the list out for all.")
	}
	for i, id := range r.EnrolmentIDs {
		if slices.Contains(r.EnrolmentIDs[:i], id) {
			faults.Add("enrolment_ids["+itoa(i)+"]", "repeated", "This enrolment is already in the list.")
		}
	}
	return faults.Err()
}
