package domain

import "time"

// PersonFile is everything kept about one person: the copy that article 15 of the general data
// protection regulation gives her a right to.
type PersonFile struct {
	MadeAt      time.Time        `json:"made_at" doc:"When the copy was made." example:"2026-06-02T08:00:00Z"`
	Covers      string           `json:"covers" doc:"everything; or own_programmes: what the caller's programmes hold." enum:"everything,own_programmes" maxLength:"20" example:"everything"`
	Participant Participant      `json:"participant" doc:"Identity and contact."`
	Merged      []MergedIdentity `json:"merged_identities" doc:"What files held that were merged into hers." maxItems:"1000" nullable:"false"`
	Merges      []Merge          `json:"merges" doc:"Which files were merged into hers, by whom and why, also where that was undone." maxItems:"1000" nullable:"false"`
	Enrolments  []EnrolmentFile  `json:"enrolments" doc:"Each path, with its facts." maxItems:"10000" nullable:"false"`
	Referrals   []Referral       `json:"referrals" doc:"Each referral that led to a path." maxItems:"10000" nullable:"false"`
	Calendars   []CalendarView   `json:"calendars" doc:"Links behind which her meetings can be read as a calendar." maxItems:"10000" nullable:"false"`
	Published   []PublishedItem  `json:"published" doc:"Where she stood in figures that were published, and why; in a published table itself nobody is named." maxItems:"1000000" nullable:"false"`
	Imports     []ImportOrigin   `json:"imports" doc:"Which rows of imported files made her records." maxItems:"1000000" nullable:"false"`
	History     []FieldChange    `json:"history" doc:"What was corrected, the oldest first." maxItems:"100000" nullable:"false"`
	Requests    []RightsRequest  `json:"requests" doc:"What the person asked for under her rights." maxItems:"10000" nullable:"false"`
	Accesses    []FileAccess     `json:"accesses" doc:"Who read or wrote the file, the oldest first, as far as the audit trail reaches back." maxItems:"1000000" nullable:"false"`
}

// EnrolmentFile is one path with everything recorded on it.
type EnrolmentFile struct {
	Enrolment
	Jobs          []Job                 `json:"jobs" doc:"Employment spells." maxItems:"10000" nullable:"false"`
	FranceTravail []FranceTravailStatus `json:"france_travail_statuses" doc:"Observations of the registration with France Travail." maxItems:"10000" nullable:"false"`
	Outcomes      []Outcome             `json:"outcomes" doc:"What was found at checkpoints." maxItems:"10000" nullable:"false"`
	Diagnostics   []Diagnostic          `json:"diagnostics" doc:"Assessments of the situation." maxItems:"10000" nullable:"false"`
	Barriers      []EnrolmentBarrier    `json:"barriers" doc:"What stood between the person and work, and what became of it." maxItems:"10000" nullable:"false"`
	Strengths     []EnrolmentStrength   `json:"strengths" doc:"What the person could build on." maxItems:"10000" nullable:"false"`
	Charter       *Charter              `json:"charter" doc:"The charter that the person signed, if she did."`
	Objectives    []Objective           `json:"objectives" doc:"What was agreed, and what became of it." maxItems:"10000" nullable:"false"`
	Actions       []Action              `json:"actions" doc:"What was done with or for the person." maxItems:"10000" nullable:"false"`
	Proposals     []EnrolmentProposal   `json:"proposals" doc:"What was proposed, and what followed." maxItems:"10000" nullable:"false"`
	Immersions    []Immersion           `json:"immersions" doc:"Stays in workplaces." maxItems:"10000" nullable:"false"`
	Appointments  []AppointmentView     `json:"appointments" doc:"Individual meetings, and when they were moved." maxItems:"100000" nullable:"false"`
	FollowUps     []FollowUp            `json:"follow_ups" doc:"Contacts after the exit." maxItems:"10000" nullable:"false"`
	Extensions    []Extension           `json:"extensions" doc:"Why the support went on beyond nine months." maxItems:"10000" nullable:"false"`
	Workshops     []WorkshopPlace       `json:"workshops" doc:"Collective sessions the person was registered for." maxItems:"100000" nullable:"false"`
	Requests      []WorkshopRequest     `json:"workshop_requests" doc:"Places in such sessions for which the person waited, or that she gave back." maxItems:"100000" nullable:"false"`
}

// PublishedItem is where an enrolment, meeting, barrier or referral stood in a figure that was published.
type PublishedItem struct {
	SnapshotID  string    `json:"snapshot_id" doc:"What was published." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000021"`
	PublishedAt time.Time `json:"published_at" doc:"When." example:"2026-01-15T09:30:00Z"`
	AsOf        Date      `json:"as_of" doc:"The day whose state it describes." example:"2025-12-31"`
	Key         string    `json:"key" doc:"The indicator." maxLength:"60" example:"long_term_unemployed_share"`
	EnrolmentID *string   `json:"enrolment_id" doc:"The path." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000003"`
	MeetingID   *string   `json:"meeting_id" doc:"The appointment or workshop." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	BarrierID   *string   `json:"barrier_id" doc:"The barrier." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000d"`
	ReferralID  *string   `json:"referral_id" doc:"The referral." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Bucket      Bucket    `json:"bucket" doc:"Where it stood." enum:"numerator,denominator_only,unknown,excluded" maxLength:"20" example:"numerator"`
	Amount      int       `json:"amount" doc:"What it added to the numerator." example:"1" minimum:"0" maximum:"1000000000"`
	Facts       []Fact    `json:"facts" doc:"The facts that decided; none where they are not kept." maxItems:"20" nullable:"false"`
}

// WorkshopPlace is a person's place in a workshop. It says nothing of the others.
type WorkshopPlace struct {
	WorkshopID   string       `json:"workshop_id" doc:"The workshop." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000009"`
	Kind         WorkshopKind `json:"kind" doc:"What kind of session it was."`
	Title        string       `json:"title" doc:"What it was called." maxLength:"200" example:"Préparer un entretien"`
	StartsAt     time.Time    `json:"starts_at" doc:"When it started." example:"2026-02-05T13:00:00Z"`
	Status       Attendance   `json:"status" doc:"Whether the person came; cancelled where the workshop was."`
	Justified    *bool        `json:"justified" doc:"Whether an absence was justified; null while unknown or where there is none." example:"true"`
	RegisteredAt time.Time    `json:"registered_at" doc:"When the place was taken." example:"2026-01-20T09:00:00Z"`
}

// WorkshopRequest is a place in a workshop for which a person waited, or that she gave back, and what became of it.
type WorkshopRequest struct {
	WorkshopID  string       `json:"workshop_id" doc:"The workshop." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000009"`
	Kind        WorkshopKind `json:"kind" doc:"What kind of session it was."`
	Title       string       `json:"title" doc:"What it was called." maxLength:"200" example:"Préparer un entretien"`
	StartsAt    time.Time    `json:"starts_at" doc:"When it started." example:"2026-02-05T13:00:00Z"`
	State       RequestState `json:"state" doc:"What became of it."`
	RequestedAt time.Time    `json:"requested_at" doc:"When the place was asked for, or taken that was given back." example:"2026-01-20T09:00:00Z"`
	SettledAt   *time.Time   `json:"settled_at" doc:"When that ended; null while she waits." example:"2026-01-27T09:00:00Z"`
}

// FileAccess is one row of the audit trail about a person's file.
type FileAccess struct {
	At             time.Time `json:"at" doc:"When." example:"2025-06-02T08:00:00Z"`
	Subject        string    `json:"subject" doc:"Who: the subject of a token, or the program." maxLength:"255" example:"c.martin"`
	Role           string    `json:"role" doc:"In which role." maxLength:"20" example:"caseworker"`
	OrganisationID *string   `json:"organisation_id" doc:"Of which organisation." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Action         string    `json:"action" doc:"What was done." maxLength:"60" example:"read"`
	Kind           string    `json:"kind" doc:"With which kind of record." maxLength:"60" example:"participant"`
	Fields         Codes     `json:"fields" doc:"Which fields were written." maxItems:"200" maxLength:"60" nullable:"false" example:"[\"phone\"]"`
}
