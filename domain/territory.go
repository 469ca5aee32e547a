package domain

import "time"

// Territory is a commune, by its INSEE code, or a priority quarter (QPV).
type Territory struct {
	Code           string        `json:"code" doc:"INSEE code of the commune, or code of the priority quarter." minLength:"5" maxLength:"8" example:"80253"`
	Kind           TerritoryKind `json:"kind" doc:"Commune or priority quarter."`
	Name           string        `json:"name" doc:"Official name." maxLength:"200" example:"Doullens"`
	DepartmentCode *string       `json:"department_code" doc:"Code of the department." maxLength:"3" example:"80"`
	DepartmentName *string       `json:"department_name" doc:"Name of the department." maxLength:"100" example:"Somme"`
	RegionCode     *string       `json:"region_code" doc:"Code of the region." maxLength:"3" example:"32"`
	RegionName     *string       `json:"region_name" doc:"Name of the region." maxLength:"100" example:"Hauts-de-France"`
	EPCICode       *string       `json:"epci_code" doc:"SIREN of the intercommunality." maxLength:"9" example:"200070951"`
	EPCIName       *string       `json:"epci_name" doc:"Name of the intercommunality." maxLength:"200" example:"CC du Territoire Nord Picardie"`
	CantonCode     *string       `json:"canton_code" doc:"Code of the canton, where known." maxLength:"5" example:"8014"`
	CantonName     *string       `json:"canton_name" doc:"Name of the canton, where known." maxLength:"100" example:"Doullens"`
	ParentCode     *string       `json:"parent_code" doc:"The commune a quarter or a municipal district lies in." maxLength:"5" example:"80021"`
	PostalCodes    Codes         `json:"postal_codes" doc:"Postal codes in use there." maxItems:"100" maxLength:"5" nullable:"false" example:"[\"80600\"]"`
	Population     *int          `json:"population" doc:"Legal population, in persons." minimum:"0" maximum:"100000000" example:"5854"`
	Note           *string       `json:"note" doc:"What to know before relying on the row, in French." maxLength:"500" example:"Code 2015, attesté ; code 2024 probable, non vérifié."`
	ValidUntil     *Date         `json:"valid_until" doc:"Last day it existed; null while it does." example:"2025-12-31"`
}

// TargetedTerritory is one line of a programme's targeted list.
type TargetedTerritory struct {
	Territory
	Sector *string `json:"sector" doc:"The programme's own grouping." maxLength:"100" example:"Doullens"`
}

// TargetedInput is one line of a list to be written.
type TargetedInput struct {
	TerritoryCode string  `json:"territory_code" required:"true" doc:"INSEE code of a commune or code of a priority quarter." minLength:"5" maxLength:"8" example:"80253"`
	Sector        *string `json:"sector" doc:"The programme's own grouping." minLength:"1" maxLength:"100" example:"Doullens"`
}

// TargetedListInput is a programme's targeted list, written whole.
type TargetedListInput struct {
	Provisional *bool           `json:"provisional" doc:"True while the list is a reconstruction and not the convention's own annex; false when left out." example:"true"`
	Method      *string         `json:"method" doc:"How the list was made, for those who read it." maxLength:"4000" example:"Annexe « Territoires ciblés » de la convention."`
	Source      *string         `json:"source" doc:"Where it comes from." maxLength:"2000" example:"DREETS Hauts-de-France"`
	Items       []TargetedInput `json:"items" required:"true" doc:"Every territory of the list, each once." minItems:"1" maxItems:"5000" nullable:"false"`
}

// TargetedList is the list in force. Earlier versions are kept.
type TargetedList struct {
	Programme   string              `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	Version     int                 `json:"version" doc:"Number of this version of the list, also its ETag; 0 while none was ever written." minimum:"0" example:"1"`
	Provisional bool                `json:"provisional" doc:"True while the list is a reconstruction and not the convention's own annex." example:"true"`
	Method      *string             `json:"method" doc:"How the list was made." maxLength:"4000" example:"Annexe « Territoires ciblés » de la convention."`
	Source      *string             `json:"source" doc:"Where it comes from." maxLength:"2000" example:"DREETS Hauts-de-France"`
	RecordedAt  *time.Time          `json:"recorded_at" doc:"When this version was recorded." example:"2025-04-01T09:30:00Z"`
	Items       []TargetedTerritory `json:"items" doc:"Every territory of the list, by code." maxItems:"5000" nullable:"false"`
}

// Revision is the version of the list.
func (l TargetedList) Revision() int { return l.Version }

// TerritoryQuery looks territories up.
type TerritoryQuery struct {
	Paging
	Q          string        `query:"q" doc:"Name or part of it; accents, case, hyphens and St for Saint do not matter. Names that begin so come first." maxLength:"100" example:"saint ouen"`
	Kind       TerritoryKind `query:"kind" doc:"Communes or priority quarters only."`
	PostalCode string        `query:"postal_code" doc:"Only those with this postal code." pattern:"^[0-9]{5}$" patternDescription:"five digits" maxLength:"5" example:"80600"`
	Programme  string        `query:"programme" doc:"Only those on this programme's targeted list." maxLength:"60" example:"o2r-somme"`
	Sector     string        `query:"sector" doc:"Only those of this sector of a programme's targeted list." maxLength:"100" example:"Doullens"`
}

// Check refuses, line by line, a list that names a territory twice, or one that is not among the
// known codes.
func (in TargetedListInput) Check(known []string) error {
	exists, seen := map[string]bool{}, map[string]bool{}
	for _, code := range known {
		exists[code] = true
	}
	var faults Faults
	for i, item := range in.Items {
		at := "items[" + itoa(i) + "]"
		switch {
		case !exists[item.TerritoryCode]:
			faults.Add(at+".territory_code", "unknown_territory", "There is no commune or priority quarter with this code.")
		case seen[item.TerritoryCode]:
			faults.Add(at+".territory_code", "repeated", "This territory is already in the list.")
		}
		seen[item.TerritoryCode] = true
		faults.OptionalText(at+".sector", item.Sector)
	}
	faults.OptionalText("method", in.Method)
	faults.OptionalText("source", in.Source)
	return faults.Err()
}
