package domain

// PersonNames are those of whom a row of a list is about, so that a list is read without a request for each row.
type PersonNames struct {
	FirstName *string `json:"first_name" doc:"Given name of whom it is about; null once the person was erased." maxLength:"100" example:"Camille"`
	LastName  *string `json:"last_name" doc:"Family name of whom it is about; null once the person was erased." maxLength:"100" example:"Exemple"`
}

// Whose says of which path, and of whom, a row of a list is that names the enrolment alone.
type Whose struct {
	Programme     string  `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	ParticipantID string  `json:"participant_id" doc:"Whose it is." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	CaseworkerID  *string `json:"caseworker_id" doc:"Who follows her; null where nobody does." maxLength:"255" example:"c.martin"`
	PersonNames
}

// ListedAppointment is a meeting in a list.
type ListedAppointment struct {
	Appointment
	Whose
	AvailableActions []string `json:"available_actions" doc:"What the caller may do with it now: attendance (say what became of it), move (PUT; with set_back where it was called off)." example:"[\"attendance\",\"move\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// ListedObjective is an objective in the list of a caseload.
type ListedObjective struct {
	ObjectiveView
	Whose
}

// ListedAlert is an alert in the list of a caseload.
type ListedAlert struct {
	AlertView
	PersonNames
}

// ListedCheckpoint is a checkpoint in the list of a caseload.
type ListedCheckpoint struct {
	ExitCheckpointView
	PersonNames
}
