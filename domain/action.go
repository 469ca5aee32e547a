package domain

// ActionInput is what a caseworker writes of one thing done with or for the person.
type ActionInput struct {
	Kind            ActionKind `json:"kind" required:"true" doc:"What was done; the list's group says whether it is social or professional."`
	DoneOn          Date       `json:"done_on" required:"true" doc:"Day it was done; not before the entry, not after today." example:"2025-05-13"`
	DurationMinutes *int       `json:"duration_minutes" doc:"How long it took, in minutes: the yearly report says how long and how intense the help was (code du travail, D. 5316-10, 3°); null while unknown." minimum:"1" maximum:"1440" example:"45"`
	OrganisationID  *string    `json:"organisation_id" doc:"The partner with whom it was done." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	BarrierID       *string    `json:"barrier_id" doc:"The barrier of this enrolment that was worked on." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000d"`
	Note            *string    `json:"note" doc:"What is worth remembering. No health detail, no offence." maxLength:"2000" example:"Dossier déposé en mairie."`
}

// Action is one thing done with or for a person.
type Action struct {
	AuthoredFact
	ActionInput
}

// Check refuses a blank note.
func (in ActionInput) Check() error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	return faults.Err()
}

// ProposalInput is what was proposed to the person, and what followed.
type ProposalInput struct {
	Kind           Proposal    `json:"kind" required:"true" doc:"What was proposed."`
	ProposedOn     Date        `json:"proposed_on" required:"true" doc:"Day it was proposed; not before the entry, not after today." example:"2025-06-03"`
	OrganisationID *string     `json:"organisation_id" doc:"Who would take the person on: a training body, an employer, a member of the réseau pour l'emploi." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	FollowedBy     *FollowedBy `json:"followed_by" doc:"What became of it (code du travail, D. 5316-10, 4° and 5°); null while not known."`
	FollowedOn     *Date       `json:"followed_on" doc:"Day that was known; only with followed_by." example:"2025-06-17"`
	Note           *string     `json:"note" doc:"What is worth remembering." maxLength:"2000" example:"Réunion d'information le 17 juin."`
}

// EnrolmentProposal is something that was proposed to a person.
type EnrolmentProposal struct {
	AuthoredFact
	ProposalInput
}

// Check refuses a day on which nothing followed, or that lies before the proposal or after today.
func (in ProposalInput) Check(today Date) error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	if day := in.FollowedOn; day != nil {
		if in.FollowedBy == nil {
			faults.Add("followed_on", "nothing_followed", "Say with followed_by what became of the proposal that day.")
		}
		if day.Before(in.ProposedOn) {
			faults.Add("followed_on", "before_proposal", "What followed came on the day of the proposal or later.")
		}
		if day.After(today) {
			faults.Add("followed_on", "in_future", "This lies in the future: the day is today or earlier.")
		}
	}
	return faults.Err()
}
