package domain

// Closure is a period in which a programme receives nobody.
type Closure struct {
	StartsOn Date   `json:"starts_on" required:"true" doc:"First closed day." example:"2026-12-24"`
	EndsOn   Date   `json:"ends_on" required:"true" doc:"Last closed day; the same for a single one." example:"2027-01-01"`
	Label    string `json:"label" required:"true" doc:"What it is, in words that anybody may read: partners do." minLength:"1" maxLength:"200" example:"Fermeture de fin d'année"`
}

// ClosureList is the whole list of a programme's closed days.
type ClosureList struct {
	Items []Closure `json:"items" required:"true" doc:"The closed days, beside public holidays, which need not be named." maxItems:"500" nullable:"false"`
}

// ClosuresOf is a programme's list with its version.
type ClosuresOf struct {
	ClosureList
	Version int `json:"version" doc:"Version of the list, also its ETag; 0 while none was ever written." example:"1" minimum:"0"`
}

// Revision is the list's version.
func (c ClosuresOf) Revision() int { return c.Version }

// Check refuses periods that end before they begin.
func (in ClosureList) Check() error {
	var faults Faults
	for i, item := range in.Items {
		at := "items[" + itoa(i) + "]"
		faults.Text(at+".label", item.Label)
		if item.EndsOn.Before(item.StartsOn) {
			faults.Add(at+".ends_on", "before_start", "A closed period ends on the day it begins or later.")
		}
	}
	return faults.Err()
}

// ClosedDays are the days on which nobody is received, and why.
type ClosedDays struct {
	Holiday  func(Date) string // the name of a public holiday; empty for any other day
	Closures []Closure
}

// why tells whether a day is closed, and what it is. A holiday is one in a closed period too.
func (c ClosedDays) why(day Date) (OccurrenceStatus, string) {
	if c.Holiday != nil {
		if name := c.Holiday(day); name != "" {
			return OccurrenceHoliday, name
		}
	}
	for _, closure := range c.Closures {
		if !day.Before(closure.StartsOn) && !day.After(closure.EndsOn) {
			return OccurrenceClosed, closure.Label
		}
	}
	return OccurrenceHeld, ""
}
