package domain

// SiteInput is what an administrator or a coordinator writes of a site.
type SiteInput struct {
	Programme     string  `json:"programme" required:"true" doc:"Slug of the programme that receives people there." minLength:"2" maxLength:"60" example:"o2r-somme"`
	Name          string  `json:"name" required:"true" doc:"Name of the place." minLength:"1" maxLength:"200" example:"France Travail Doullens"`
	HostID        *string `json:"host_id" doc:"The organisation whose place it is." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Address       *string `json:"address" doc:"Street address." maxLength:"300" example:"12 place du Général-de-Gaulle"`
	PostalCode    *string `json:"postal_code" doc:"Postal code." pattern:"^[0-9]{5}$" patternDescription:"five digits" maxLength:"5" example:"80600"`
	TerritoryCode *string `json:"territory_code" doc:"Commune (INSEE code) or priority quarter the place is in." minLength:"5" maxLength:"8" example:"80253"`
}

// Site is a place where the team receives people.
type Site struct {
	Stamp
	SiteInput
}

// Check refuses what no site can be.
func (in SiteInput) Check() error {
	var faults Faults
	faults.Text("name", in.Name)
	faults.OptionalText("address", in.Address)
	return faults.Err()
}
