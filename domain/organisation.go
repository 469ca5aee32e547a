package domain

// OrganisationInput is what an administrator writes of an organisation.
type OrganisationInput struct {
	Slug string `json:"slug" required:"true" doc:"Short name used in commands and tokens; lower-case words joined by hyphens, unique." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minLength:"2" maxLength:"60" example:"spip-somme"`
	OrganisationNaming
}

// NewOrganisation is what is written of an organisation to record it.
type NewOrganisation struct {
	Slug *string `json:"slug" doc:"Short name used in commands and tokens; lower-case words joined by hyphens, unique. Made of the name when left out." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minLength:"2" maxLength:"60" example:"pepiniere-exemple"`
	OrganisationNaming
}

// OrganisationNaming is what an organisation is, and is called.
type OrganisationNaming struct {
	Name string           `json:"name" required:"true" doc:"Name as the organisation writes it." minLength:"1" maxLength:"200" example:"SPIP de la Somme"`
	Kind OrganisationKind `json:"kind" required:"true" doc:"What the organisation is."`
}

// Organisation is an operator of programmes or a partner: who refers people, hosts a
// permanence, pays, employs.
type Organisation struct {
	Stamp
	OrganisationInput
}

// Input is all that is written of it. The slug is empty where it is still to be made.
func (n NewOrganisation) Input() OrganisationInput {
	in := OrganisationInput{OrganisationNaming: n.OrganisationNaming}
	if n.Slug != nil {
		in.Slug = *n.Slug
	}
	return in
}

// MayRecord tells whether that actor may record organisations of that kind. An employer is met in the field, by whoever looks for
// an immersion with it: it refers nobody, reads nothing and has no client. All others are an administrator's.
func (a Actor) MayRecord(kind OrganisationKind) error {
	if a.Is(Admin) || a.Staff() && kind == OrganisationEmployeur {
		return nil
	}
	return Denied("Coordinators and caseworkers record employers (kind employeur): of any other kind, ask an administrator.")
}

// Check refuses what no organisation can be.
func (in OrganisationInput) Check() error {
	var faults Faults
	faults.Text("name", in.Name)
	return faults.Err()
}
