package domain

// Comparison says what is otherwise than it was published.
type Comparison struct {
	Programme   string               `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	Before      ComparedTable        `json:"before" doc:"The snapshot."`
	After       ComparedTable        `json:"after" doc:"What it is compared with: another snapshot, or what the records say now."`
	DataChanged *bool                `json:"data_changed" doc:"Whether anything that the figures of the programme are made of was recorded, changed or erased in between, whether it moves a figure or not: all the programme's records are looked at, those about days after as_of too, so that it may be true where figures, profile and people show nothing. Null for whoever is shown no small figures: it would tell of one person." example:"true"`
	Figures     []FigureComparison   `json:"figures" doc:"Each indicator, as it was and as it is." maxItems:"100" nullable:"false"`
	Profile     []NumberComparison   `json:"profile" doc:"The numbers of the profile that are otherwise." maxItems:"1000" nullable:"false"`
	PeopleInAll *int                 `json:"people_in_all" doc:"For a coordinator: how many people would list without limit and offset; null for others." minimum:"0" maximum:"1000000" example:"3"`
	People      *[]ItemsComparison   `json:"people" doc:"For a coordinator, limit of them from offset on: each enrolment, referral or territory that stands elsewhere than it did in any of the figures that counted it before or count it now; null for others." maxItems:"1000" nullable:"true"`
	Unnamed     *[]BucketsComparison `json:"unnamed" doc:"For a coordinator: what differs among those of whom nobody is told who they are, because they were erased or their file is restricted; null for others." maxItems:"100" nullable:"true"`
}

// ComparedTable is one side of a comparison.
type ComparedTable struct {
	SnapshotID *string `json:"snapshot_id" doc:"The snapshot; null for what the records say now." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000021"`
	From       Date    `json:"from" doc:"First day of the period." format:"date" example:"2024-11-01" maxLength:"10"`
	To         Date    `json:"to" doc:"Last day of the period." format:"date" example:"2025-12-31" maxLength:"10"`
	AsOf       Date    `json:"as_of" doc:"The day whose state it describes." format:"date" example:"2025-12-31" maxLength:"10"`
}

// FigureComparison is one indicator as it was and as it is.
type FigureComparison struct {
	Key               string            `json:"key" doc:"The indicator." maxLength:"60" example:"long_term_unemployed_share"`
	Label             string            `json:"label" doc:"What it is called, in French." maxLength:"200" example:"Demandeurs d'emploi de longue durée (DELD)"`
	Unit              Unit              `json:"unit" doc:"What value is measured in." enum:"count,percent,months,days" maxLength:"10" example:"percent"`
	Before            *ComparedFigure   `json:"before" doc:"As it was published; null where it was not."`
	After             *ComparedFigure   `json:"after" doc:"As it is; null where it is no more."`
	Difference        *FigureDifference `json:"difference" doc:"After minus before; null where either is missing or withheld."`
	Withheld          bool              `json:"withheld" doc:"Whether either side is withheld from the caller, so that it is not said whether they differ." example:"false"`
	Changed           *bool             `json:"changed" doc:"Whether anything of it differs. Null where withheld, unless the definition is another: a duration that she is told in whole months alone is compared in whole months." example:"true"`
	DefinitionChanged bool              `json:"definition_changed" doc:"Whether the two were worked out by different versions of the definition." example:"false"`
}

// ComparedFigure is one side of it.
type ComparedFigure struct {
	Value             *float64 `json:"value" doc:"The figure, not rounded; of what the records say now, an average duration in whole months for whoever is not told its days." example:"24" minimum:"0" maximum:"1000000000"`
	Numerator         *int     `json:"numerator" doc:"How many are counted." example:"6" minimum:"0" maximum:"1000000000"`
	Denominator       *int     `json:"denominator" doc:"Over how many." example:"25" minimum:"0" maximum:"1000000000"`
	Unknown           *int     `json:"unknown" doc:"How many are in neither." example:"1" minimum:"0" maximum:"1000000000"`
	Display           string   `json:"display" doc:"As printed in French." maxLength:"40" example:"24 %"`
	Suppressed        bool     `json:"suppressed" doc:"Whether it is withheld: of a snapshot never." example:"false"`
	DefinitionVersion int      `json:"definition_version" doc:"Version of the definition used." example:"1" minimum:"1" maximum:"1000"`
}

// FigureDifference is one side less the other.
type FigureDifference struct {
	Value       *float64 `json:"value" doc:"Of the values; of whole months where one is told so. Null where either is null." example:"-0.5" minimum:"-1000000000" maximum:"1000000000"`
	Numerator   *int     `json:"numerator" doc:"Of the numerators." example:"-1" minimum:"-1000000000" maximum:"1000000000"`
	Denominator *int     `json:"denominator" doc:"Of the denominators; null for a count." example:"0" minimum:"-1000000000" maximum:"1000000000"`
	Unknown     *int     `json:"unknown" doc:"Of those unknown; null for a head-count." example:"1" minimum:"-1000000000" maximum:"1000000000"`
}

// NumberComparison is one number of the profile.
type NumberComparison struct {
	Field  string   `json:"field" doc:"What it is about, as in the profile." maxLength:"60" example:"education_level"`
	Code   string   `json:"code" doc:"The value; empty for what is one number." maxLength:"60" example:"cap_bep"`
	Before *float64 `json:"before" doc:"As it was published; null where it was not." example:"16" minimum:"0" maximum:"1000000000"`
	After  *float64 `json:"after" doc:"As it is; null where it is withheld, or no more." example:"17" minimum:"0" maximum:"1000000000"`

	Withheld bool `json:"withheld" doc:"Whether what it is now is withheld from the caller, so that it is not said whether it differs." example:"false"`
}

// Change is what became of an item's place in a figure.
type Change string

const (
	Entered Change = "entered" // stands there, and did not
	Left    Change = "left"    // does not any more
	Changed Change = "changed" // stands in another bucket, or adds another amount
)

// ItemsComparison is one enrolment, referral or territory with all that it changed.
type ItemsComparison struct {
	EnrolmentID   *string          `json:"enrolment_id" doc:"The enrolment; of one that was folded into another since, that other. Null for a referral or a territory." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000003"`
	ReferralID    *string          `json:"referral_id" doc:"The referral, for referral_acceptance_rate." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	TerritoryCode *string          `json:"territory_code" doc:"The territory, for territory_coverage." maxLength:"10" example:"80253"`
	Change        Change           `json:"change" doc:"entered: it stands in the figures now, and in none before; left: the other way round; changed: somewhere else." enum:"entered,left,changed" maxLength:"10" example:"changed"`
	Items         []ItemComparison `json:"items" doc:"What it changed, indicator by indicator." maxItems:"10000" nullable:"false"`
}

// ItemComparison is one item as it was and as it is.
type ItemComparison struct {
	Key          string           `json:"key" doc:"The indicator." maxLength:"60" example:"long_term_unemployed_share"`
	MeetingID    *string          `json:"meeting_id" doc:"The appointment or workshop, for what counts meetings." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	BarrierID    *string          `json:"barrier_id" doc:"The barrier, for barriers_lifted_share." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000d"`
	Change       Change           `json:"change" doc:"Whether it entered the figure, left it, or stands there otherwise." enum:"entered,left,changed" maxLength:"10" example:"changed"`
	Because      *string          `json:"because" doc:"merged: the enrolment was folded into another, and counts by that one. voided: it was recorded by mistake. Null otherwise: the facts say it." enum:"merged,voided" maxLength:"10" example:"voided"`
	BucketBefore *Bucket          `json:"bucket_before" doc:"Where it stood; null where it entered." enum:"numerator,denominator_only,unknown,excluded" maxLength:"20" example:"numerator"`
	BucketAfter  *Bucket          `json:"bucket_after" doc:"Where it stands; null where it left." enum:"numerator,denominator_only,unknown,excluded" maxLength:"20" example:"unknown"`
	AmountBefore int              `json:"amount_before" doc:"What it added to the numerator." example:"1" minimum:"0" maximum:"1000000000"`
	AmountAfter  int              `json:"amount_after" doc:"What it adds." example:"0" minimum:"0" maximum:"1000000000"`
	Facts        []FactComparison `json:"facts" doc:"The facts that differ; of what entered or left, all that decided. Empty where the former are not kept." maxItems:"40" nullable:"false"`
}

// FactComparison is one fact as it was and as it is.
type FactComparison struct {
	Name   string  `json:"name" doc:"Name of the fact." maxLength:"60" example:"job_seeker_since"`
	Before *string `json:"before" doc:"What was recorded; null where it was not known, or nothing stood there." maxLength:"200" example:"2024-02-29"`
	After  *string `json:"after" doc:"What is recorded; null where it is not known, or nothing stands there." maxLength:"200" example:"2025-02-28"`
}

// BucketsComparison is how many of an indicator's items stood where, of those whose they are is not told.
type BucketsComparison struct {
	Key    string  `json:"key" doc:"The indicator." maxLength:"60" example:"beneficiaries"`
	Before Buckets `json:"before" doc:"As they were."`
	After  Buckets `json:"after" doc:"As they are."`
}

// Buckets are how many items stand in each.
type Buckets struct {
	Numerator       int `json:"numerator" doc:"How many are counted." example:"1" minimum:"0" maximum:"1000000000"`
	DenominatorOnly int `json:"denominator_only" doc:"How many are among those over whom it is counted." example:"0" minimum:"0" maximum:"1000000000"`
	Unknown         int `json:"unknown" doc:"How many are in neither." example:"0" minimum:"0" maximum:"1000000000"`
	Excluded        int `json:"excluded" doc:"How many are counted nowhere." example:"0" minimum:"0" maximum:"1000000000"`
	Amount          int `json:"amount" doc:"What they add to the numerator." example:"1" minimum:"0" maximum:"1000000000"`
}
