package domain

// CharterInput is what is written of the charter that the person signs.
type CharterInput struct {
	SignedOn Date    `json:"signed_on" required:"true" doc:"Day it was signed; not before the entry, not after today." example:"2025-04-08"`
	Note     *string `json:"note" doc:"What is worth remembering of it." maxLength:"2000" example:"Rythme convenu : un rendez-vous par semaine."`
}

// Charter is the commitment (charte d'engagement) of a person and the programme: one for each enrolment.
type Charter struct {
	AuthoredFact
	CharterInput
}

// Check refuses a blank note.
func (in CharterInput) Check() error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	return faults.Err()
}
