package domain

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
)

// Finding is one barrier as a diagnostic found it.
type Finding struct {
	Barrier Barrier `json:"barrier" required:"true" doc:"What stands between the person and work: a coded need, never a diagnosis nor an offence."`
	Weight
}

// Weight is how much a barrier matters.
type Weight struct {
	Impact   *Impact `json:"impact" doc:"How much it weighs; null while not assessed."`
	Priority *bool   `json:"priority" doc:"Whether it is to be dealt with first (estPrioritaire in France Travail's diagnostic); null while not said." example:"true"`
}

// Findings are the barriers of one diagnostic, kept as a jsonb column.
type Findings []Finding

// Value and Scan make the list a jsonb column.
func (f Findings) Value() (driver.Value, error) {
	if f == nil {
		f = Findings{}
	}
	text, err := json.Marshal(f)
	return string(text), err
}

func (f *Findings) Scan(column any) error {
	switch stored := column.(type) {
	case []byte:
		return json.Unmarshal(stored, f)
	case string:
		return json.Unmarshal([]byte(stored), f)
	}
	return fmt.Errorf("a jsonb column holds %T", column)
}

// of finds a barrier in the list.
func (f Findings) of(barrier Barrier) (Finding, bool) {
	i := slices.IndexFunc(f, func(found Finding) bool { return found.Barrier == barrier })
	if i < 0 {
		return Finding{}, false
	}
	return f[i], true
}

// Beyond are the findings of barriers that an earlier list does not hold.
func (f Findings) Beyond(earlier Findings) Findings {
	var added Findings
	for _, found := range f {
		if _, there := earlier.of(found.Barrier); !there {
			added = append(added, found)
		}
	}
	return added
}

// Strengths is a list of coded strengths, kept as a text[] column.
type Strengths []Strength

// Value and Scan make the list an array column.
func (s Strengths) Value() (driver.Value, error) {
	codes := make(Codes, len(s))
	for i, strength := range s {
		codes[i] = string(strength)
	}
	return codes.Value()
}

func (s *Strengths) Scan(column any) error {
	var codes Codes
	if err := codes.Scan(column); err != nil {
		return err
	}
	*s = make(Strengths, len(codes))
	for i, code := range codes {
		(*s)[i] = Strength(code)
	}
	return nil
}

// Beyond are the strengths that an earlier list does not hold.
func (s Strengths) Beyond(earlier Strengths) Strengths {
	return slices.DeleteFunc(slices.Clone(s), func(strength Strength) bool { return slices.Contains(earlier, strength) })
}

// DiagnosticInput is what a caseworker writes of a person's situation on a day.
type DiagnosticInput struct {
	AssessedOn Date      `json:"assessed_on" required:"true" doc:"Day of the assessment; not before the entry, not after today." example:"2025-04-01"`
	SiteID     *string   `json:"site_id" doc:"Where it was made: a site of the programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	Barriers   Findings  `json:"barriers" doc:"Every barrier found that day, also those known already: what is left out was not found." maxItems:"16" nullable:"false"`
	Strengths  Strengths `json:"strengths" doc:"Every strength found that day." maxItems:"11" nullable:"false"`
	Note       *string   `json:"note" doc:"What is worth remembering. No health detail, no offence." maxLength:"2000" example:"Souhaite d'abord régler ses papiers."`
}

// Diagnostic is one dated assessment of a person's situation. A later one does not overwrite it.
type Diagnostic struct {
	AuthoredFact
	DiagnosticInput
}

// DiagnosticView is a diagnostic with what it says otherwise than the one before it.
type DiagnosticView struct {
	Diagnostic
	Difference
}

// Difference is what changed from one diagnostic to the next.
type Difference struct {
	PreviousID      *string     `json:"previous_id" doc:"The diagnostic before this one, by assessed_on; null for the first, of which everything is new." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000b"`
	BarriersAdded   Barriers    `json:"barriers_added" doc:"Barriers that the one before did not find." maxItems:"16" nullable:"false"`
	BarriersGone    Barriers    `json:"barriers_gone" doc:"Barriers that only the one before found. They are not lifted by that: see the enrolment's barriers." maxItems:"16" nullable:"false"`
	BarriersChanged []Reweighed `json:"barriers_changed" doc:"Barriers that both found, with another impact or priority." maxItems:"16" nullable:"false"`
	StrengthsAdded  Strengths   `json:"strengths_added" doc:"Strengths that the one before did not find." maxItems:"11" nullable:"false"`
	StrengthsGone   Strengths   `json:"strengths_gone" doc:"Strengths that only the one before found." maxItems:"11" nullable:"false"`
}

// Reweighed is a barrier that matters more or less than it did.
type Reweighed struct {
	Finding
	ImpactBefore   *Impact `json:"impact_before" doc:"How much it weighed before."`
	PriorityBefore *bool   `json:"priority_before" doc:"Whether it was to be dealt with first, before." example:"false"`
}

// Check refuses a finding, or a strength, that stands twice.
func (in DiagnosticInput) Check() error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	for i, found := range in.Barriers {
		if _, twice := in.Barriers[:i].of(found.Barrier); twice {
			faults.Add("barriers["+itoa(i)+"].barrier", "repeated", "This barrier is already in the list.")
		}
	}
	for i, strength := range in.Strengths {
		if slices.Contains(in.Strengths[:i], strength) {
			faults.Add("strengths["+itoa(i)+"]", "repeated", "This strength is already in the list.")
		}
	}
	return faults.Err()
}

// Plain has lists where the body left them out.
func (in DiagnosticInput) Plain() DiagnosticInput {
	if in.Barriers == nil {
		in.Barriers = Findings{}
	}
	if in.Strengths == nil {
		in.Strengths = Strengths{}
	}
	return in
}

// Since is the diagnostic with what it says otherwise than the one before it, if there is one.
func (d Diagnostic) Since(before *Diagnostic) DiagnosticView {
	d.DiagnosticInput = d.Plain()
	view := DiagnosticView{Diagnostic: d, Difference: Difference{
		BarriersAdded: Barriers{}, BarriersGone: Barriers{}, BarriersChanged: []Reweighed{}, StrengthsAdded: Strengths{}, StrengthsGone: Strengths{},
	}}
	var earlier DiagnosticInput
	if before != nil {
		view.PreviousID, earlier = &before.ID, before.DiagnosticInput
	}
	for _, found := range d.Barriers {
		old, there := earlier.Barriers.of(found.Barrier)
		switch {
		case !there:
			view.BarriersAdded = append(view.BarriersAdded, found.Barrier)
		case !same(found.Impact, old.Impact) || !same(found.Priority, old.Priority):
			view.BarriersChanged = append(view.BarriersChanged, Reweighed{Finding: found, ImpactBefore: old.Impact, PriorityBefore: old.Priority})
		}
	}
	for _, gone := range earlier.Barriers.Beyond(d.Barriers) {
		view.BarriersGone = append(view.BarriersGone, gone.Barrier)
	}
	view.StrengthsAdded = append(view.StrengthsAdded, d.Strengths.Beyond(earlier.Strengths)...)
	view.StrengthsGone = append(view.StrengthsGone, earlier.Strengths.Beyond(d.Strengths)...)
	return view
}

// Before tells whether a diagnostic comes before another: by its day and, on one day, by when it was recorded.
func (d Diagnostic) Before(other Diagnostic) bool {
	return d.AssessedOn.Before(other.AssessedOn) || d.AssessedOn.Equal(other.AssessedOn) && d.ID < other.ID
}

// StrengthInput is what a caseworker writes of something the person can build on.
type StrengthInput struct {
	Strength Strength `json:"strength" required:"true" doc:"What she can build on; once for each enrolment."`
	NotedOn  Date     `json:"noted_on" required:"true" doc:"Day it was noted; not before the entry, not after today." example:"2025-04-01"`
	Detail   *string  `json:"detail" doc:"What it consists of: an experience abroad, one that was not declared, which licence." maxLength:"500" example:"Trois saisons en maraîchage, non déclarées."`
}

// EnrolmentStrength is something that a person can build on.
type EnrolmentStrength struct {
	AuthoredFact
	StrengthInput
}

// Check refuses a blank detail.
func (in StrengthInput) Check() error {
	var faults Faults
	faults.OptionalText("detail", in.Detail)
	return faults.Err()
}
