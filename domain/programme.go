package domain

// DefaultSmallCellThreshold is k where a programme sets none: an analyst sees no figure
// about 1 to k-1 people.
const DefaultSmallCellThreshold = 5

// ProgrammeInput is what an administrator writes of a programme.
type ProgrammeInput struct {
	Slug               string `json:"slug" required:"true" doc:"Short name that stands in paths and tokens; lower-case words joined by hyphens, unique." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minLength:"2" maxLength:"60" example:"o2r-somme"`
	Name               string `json:"name" required:"true" doc:"Name of the programme." minLength:"1" maxLength:"200" example:"O2R « En route vers l'emploi » Somme"`
	OperatorID         string `json:"operator_id" required:"true" doc:"The organisation that runs it and keeps its participants' files." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	StartsOn           Date   `json:"starts_on" required:"true" doc:"First day of the convention." example:"2024-11-01"`
	EndsOn             Date   `json:"ends_on" required:"true" doc:"Last day of the convention." example:"2027-12-31"`
	SmallCellThreshold *int   `json:"small_cell_threshold" doc:"An analyst sees no figure about 1 to this number minus 1 people; 5 when left out, 1 hides nothing." minimum:"1" maximum:"100" example:"5"`
	ReferralExpiryDays *int   `json:"referral_expiry_days" doc:"Days after which a referral without a decision expires; never when left out." minimum:"1" maximum:"730" example:"60"`

	ReferralReminderDays *int `json:"referral_reminder_days" doc:"Days before a referral expires on which its team is reminded of it, once (the event referral.expiring); fewer than referral_expiry_days. Nobody is when left out." minimum:"1" maximum:"729" example:"14"`
}

// Programme is one O2R convention: operator, dates, targeted territories, targets.
type Programme struct {
	Stamp
	ProgrammeInput
}

// Key is what the programme is called by in paths.
func (p Programme) Key() string { return p.Slug }

// Threshold is the programme's k for small cells.
func (p Programme) Threshold() int {
	if p.SmallCellThreshold == nil {
		return DefaultSmallCellThreshold
	}
	return *p.SmallCellThreshold
}

// Check refuses what no programme can be.
func (in ProgrammeInput) Check() error {
	var faults Faults
	faults.Text("name", in.Name)
	if in.EndsOn.Before(in.StartsOn) {
		faults.Add("ends_on", "before_start", "A programme ends on or after the day it starts.")
	}
	if in.ReferralReminderDays != nil && (in.ReferralExpiryDays == nil || *in.ReferralReminderDays >= *in.ReferralExpiryDays) {
		faults.Add("referral_reminder_days", "not_before_expiry", "The team is reminded fewer days before than referral_expiry_days says a referral has.")
	}
	return faults.Err()
}

// Shortens tells whether days of the programme are none of it any more.
func (in ProgrammeInput) Shortens(before ProgrammeInput) bool {
	return in.StartsOn.After(before.StartsOn) || in.EndsOn.Before(before.EndsOn)
}

// MustExpectNobodyOutside refuses that a programme is shortened beneath people who are to come.
func (in ProgrammeInput) MustExpectNobodyOutside(expected bool) error {
	if expected {
		return Refused(bookingsInTheWay, "People have a place in a permanence or a workshop to come outside %s to %s: the team moves or cancels these first.", in.StartsOn, in.EndsOn)
	}
	return nil
}

// TargetList is what a programme promised its funders.
type TargetList struct {
	Items []Target `json:"items" required:"true" doc:"Every target of the programme; writing replaces the whole list." maxItems:"500" nullable:"false"`
}

// TargetsOf is the list as it is read. Targets are replaced whole, so the list has one version.
type TargetsOf struct {
	TargetList
	Version int `json:"version" doc:"Version of the list, also its ETag; 0 while none was ever written." example:"1" minimum:"0"`
}

// Revision is the version of the list.
func (t TargetsOf) Revision() int { return t.Version }

// CheckTargets refuses targets of unknown figures, of no period, or given twice.
func CheckTargets(targets []Target) error {
	var faults Faults
	seen := map[[2]string]bool{}
	for i, target := range targets {
		at := "items[" + itoa(i) + "]"
		if !Definitions.Has(target.Indicator) {
			faults.Add(at+".indicator", "unknown_indicator", "There is no such indicator: see GET /v1/indicators.")
		}
		if year, yearly := target.Period.Year(); (!yearly || year < 2000 || year > 2099) && target.Period != WholeProgramme {
			faults.Add(at+".period", "period", "A period is a year of this century such as 2025, or the word programme.")
		}
		key := [2]string{target.Indicator, string(target.Period)}
		if seen[key] {
			faults.Add(at+".period", "repeated", "This indicator already has a target for this period in the list.")
		}
		seen[key] = true
	}
	return faults.Err()
}
