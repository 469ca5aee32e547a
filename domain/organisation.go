package domain

// OrganisationInput is what an administrator writes of an organisation.
type OrganisationInput struct {
	Slug string           `json:"slug" required:"true" doc:"Short name used in commands and tokens; lower-case words joined by hyphens, unique." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minLength:"2" maxLength:"60" example:"spip-somme"`
	Name string           `json:"name" required:"true" doc:"Name as the organisation writes it." minLength:"1" maxLength:"200" example:"SPIP de la Somme"`
	Kind OrganisationKind `json:"kind" required:"true" doc:"What the organisation is."`
}

// Organisation is an operator of programmes or a partner: who refers people, hosts a
// permanence, pays, employs.
type Organisation struct {
	Stamp
	OrganisationInput
}

// Check refuses what no organisation can be.
func (in OrganisationInput) Check() error {
	var faults Faults
	faults.Text("name", in.Name)
	return faults.Err()
}
