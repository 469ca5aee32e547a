package domain

import "time"

// WorklistQuery says whose worklist is asked for, and of which day.
type WorklistQuery struct {
	Programme  string           `query:"programme" doc:"Only what is of this programme." maxLength:"60" example:"o2r-somme"`
	Caseworker string           `query:"caseworker" doc:"Only the enrolments that this caseworker follows; referrals and workshops are the team's and stay." maxLength:"255" example:"c.martin"`
	On         Date             `query:"on" doc:"The day it is for, today when left out, and none before: its meetings, and what is due by then, as the records stand now." example:"2025-05-06"`
	Reasons    []WorklistReason `query:"reason,explode" doc:"Only these reasons; repeat the parameter for several." maxItems:"30" example:"attendance_missing"`
	Limit      int              `query:"limit" doc:"How many items each section holds at most, 20 when left out." minimum:"1" maximum:"200" example:"20"`
}

// Check refuses a day that is over: what waited then is not what the records say now.
func (q WorklistQuery) Check(today Date) error {
	var faults Faults
	if !q.On.IsZero() && q.On.Before(today) {
		faults.AddAt("query.on", "in_past", "A worklist is of today or of a day to come.")
	}
	return faults.Err()
}

// Size is how many items a section holds at most.
func (q WorklistQuery) Size() int {
	if q.Limit == 0 {
		return 20
	}
	return q.Limit
}

// Worklist is what waits for a member of staff, by reason, the most urgent first.
type Worklist struct {
	On       Date              `json:"on" doc:"The day it is for." example:"2025-05-06"`
	Limit    int               `json:"limit" doc:"How many items each section holds at most." minimum:"1" maximum:"200" example:"20"`
	Total    int               `json:"total" doc:"How many items there are in all sections." minimum:"0" maximum:"100000000" example:"17"`
	Sections []WorklistSection `json:"sections" doc:"One for each reason asked for, in order of urgency, also where nothing waits." maxItems:"30" nullable:"false"`
}

// WorklistSection is what waits for one reason.
type WorklistSection struct {
	Reason WorklistReason `json:"reason" doc:"Why it waits."`
	Total  int            `json:"total" doc:"How many there are, of which items holds the most urgent." minimum:"0" maximum:"10000000" example:"3"`
	Items  []WorklistItem `json:"items" doc:"The most urgent first." maxItems:"200" nullable:"false"`
}

// WorklistItem is one thing that waits.
type WorklistItem struct {
	Reason        WorklistReason `json:"reason" doc:"Why it waits."`
	RecordID      string         `json:"record_id" doc:"What waits: the appointment, workshop, referral or objective; the enrolment where something of it is missing." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	Programme     string         `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	EnrolmentID   *string        `json:"enrolment_id" doc:"Whose path it is of; null for a referral and for a workshop." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	ParticipantID *string        `json:"participant_id" doc:"Whose it is; null for a referral and for a workshop." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	FirstName     *string        `json:"first_name" doc:"Given name of whom it is about; null for a workshop." maxLength:"100" example:"Camille"`
	LastName      *string        `json:"last_name" doc:"Family name of whom it is about; null for a workshop." maxLength:"100" example:"Exemple"`
	CaseworkerID  *string        `json:"caseworker_id" doc:"Who follows the person; null where nobody does." maxLength:"255" example:"c.martin"`
	Label         *string        `json:"label" doc:"What the meeting is for, what the workshop is called, what was agreed; null where nothing was written." maxLength:"500" example:"Refaire sa carte d'identité"`
	On            *Date          `json:"on" doc:"The day it was, is or becomes due: of a meeting or workshop its day; of a referral the first on which it is expired, null where it never is; of an enrolment that misses something, the day of entry or the last one the person came." example:"2025-05-05"`
	At            *time.Time     `json:"at" doc:"When the meeting or workshop starts, or when the referral was received; null otherwise." example:"2025-05-05T12:00:00Z"`
	Days          *int           `json:"days" doc:"How many days ago on was, counted to the worklist's day; negative where it is still to come, null where there is none." minimum:"-100000" maximum:"100000" example:"1"`
}
