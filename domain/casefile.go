package domain

// CaseFile is what whoever works with a person opens: who she is, where each of her paths stands and what is open on it,
// what is due, and what has happened.
type CaseFile struct {
	Participant Participant     `json:"participant" doc:"Identity and contact."`
	Paths       []PathFile      `json:"paths" doc:"Her paths in the caller's reach, the latest entry first; voided ones too." maxItems:"1000" nullable:"false"`
	Due         []WorklistItem  `json:"due" doc:"What waits of her today, the most urgent first: what a worklist says of her, whoever follows her." maxItems:"1000" nullable:"false"`
	Timeline    []TimelineEntry `json:"timeline" doc:"What happened and what is planned, the latest first: the beginning of her timeline." maxItems:"1000" nullable:"false"`
	NextCursor  *string         `json:"next_cursor" doc:"Send it as cursor to the timeline to read on; null where it is all here." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
}

// PathFile is a path with what is open on it.
type PathFile struct {
	EnrolmentView
	Charter      *Charter            `json:"charter" doc:"The charter that she signed, if she did."`
	Barriers     []BarrierView       `json:"barriers" doc:"What still stands in the way: open and in progress." maxItems:"1000" nullable:"false"`
	Strengths    []EnrolmentStrength `json:"strengths" doc:"What she can build on." maxItems:"1000" nullable:"false"`
	Objectives   []ObjectiveView     `json:"objectives" doc:"What was agreed and is open, the earliest due first." maxItems:"1000" nullable:"false"`
	Appointments []Appointment       `json:"appointments" doc:"Meetings to come, the next first." maxItems:"1000" nullable:"false"`
}

// CaseFileQuery says how much of the timeline comes with the file.
type CaseFileQuery struct {
	Limit int `query:"limit" doc:"How many entries of the timeline at most, 500 when left out: two years of weekly meetings." minimum:"1" maximum:"1000" example:"500"`
}

// Size is how many entries of the timeline are asked for.
func (q CaseFileQuery) Size() int {
	if q.Limit == 0 {
		return 500
	}
	return q.Limit
}
