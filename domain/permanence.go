package domain

// PermanenceInput is what a coordinator or an administrator writes of a permanence.
type PermanenceInput struct {
	Programme      string    `json:"programme" required:"true" doc:"Slug of the programme that receives people there." minLength:"2" maxLength:"60" example:"o2r-somme"`
	Label          string    `json:"label" required:"true" doc:"What it is called." minLength:"1" maxLength:"200" example:"Mardi à Doullens"`
	SiteID         string    `json:"site_id" required:"true" doc:"Where it is held: a site of the programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	CaseworkerID   *string   `json:"caseworker_id" doc:"Who receives there: the subject that GET /v1/me shows her. Shown to staff." minLength:"1" maxLength:"255" example:"c.martin"`
	Weekday        Weekday   `json:"weekday" required:"true" doc:"On which day of the week."`
	EveryWeeks     *int      `json:"every_weeks" doc:"Every how many weeks, counted from the first such day on or after starts_on; every week when left out." minimum:"1" maximum:"4" example:"1"`
	StartsOn       Date      `json:"starts_on" required:"true" doc:"From which day on, within the programme." example:"2025-03-11"`
	EndsOn         *Date     `json:"ends_on" doc:"Until which day; until the programme's last when left out. A permanence is never deleted: it ends." example:"2026-12-31"`
	StartTime      WallTime  `json:"start_time" required:"true" doc:"When it opens, as clocks in Paris show it, from 04:00 on: 14:00 is 14:00 in summer and in winter." pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" patternDescription:"an hour such as 14:00" maxLength:"5" example:"09:00"`
	EndTime        WallTime  `json:"end_time" required:"true" doc:"When it closes, on the same day." pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" patternDescription:"an hour such as 14:00" maxLength:"5" example:"17:00"`
	BreakStartTime *WallTime `json:"break_start_time" doc:"When nobody is received in between: no slot lasts into the break, and they begin anew at its end." pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" patternDescription:"an hour such as 14:00" maxLength:"5" example:"12:00"`
	BreakEndTime   *WallTime `json:"break_end_time" doc:"When the break ends." pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" patternDescription:"an hour such as 14:00" maxLength:"5" example:"14:00"`
	SlotMinutes    int       `json:"slot_minutes" required:"true" doc:"How long a slot is. Slots follow each other from start_time on; what is left before the break or the end is no slot." minimum:"5" maximum:"600" example:"45"`
	SlotCapacity   int       `json:"slot_capacity" required:"true" doc:"How many people can be received at once." minimum:"1" maximum:"50" example:"2"`
}

// Permanence is a recurring presence at a site.
type Permanence struct {
	Stamp
	PermanenceInput
}

// For is the permanence as an actor reads it: who receives there is the team's.
func (p Permanence) For(a Actor) Permanence {
	if !a.Staff() {
		p.CaseworkerID = nil
	}
	return p
}

// Check refuses what no permanence of that programme can be.
func (in PermanenceInput) Check(programme Programme) error {
	var faults Faults
	faults.Text("label", in.Label)
	faults.OptionalText("caseworker_id", in.CaseworkerID)
	if in.StartsOn.Before(programme.StartsOn) || in.StartsOn.After(programme.EndsOn) {
		faults.Add("starts_on", "outside_programme", "The programme receives from %s to %s.", programme.StartsOn, programme.EndsOn)
	}
	switch {
	case in.EndsOn == nil:
	case in.EndsOn.Before(in.StartsOn):
		faults.Add("ends_on", "before_start", "A permanence ends on the day it begins or later.")
	case in.EndsOn.After(programme.EndsOn):
		faults.Add("ends_on", "outside_programme", "The programme receives from %s to %s.", programme.StartsOn, programme.EndsOn)
	}
	in.checkHours(&faults)
	return faults.Err()
}

func (in PermanenceInput) checkHours(faults *Faults) {
	start, end := faults.hour("start_time", in.StartTime), faults.hour("end_time", in.EndTime)
	if end <= start {
		faults.Add("end_time", "before_start", "A permanence closes after it opens, on the same day.")
	}
	if (in.BreakStartTime == nil) != (in.BreakEndTime == nil) {
		faults.Add("break_end_time", "half_a_break", "A break begins and ends: give both hours, or neither.")
	} else if in.BreakStartTime != nil {
		from, to := faults.hour("break_start_time", *in.BreakStartTime), faults.hour("break_end_time", *in.BreakEndTime)
		if from <= start || to <= from || end <= to {
			faults.Add("break_start_time", "outside_hours", "A break lies between opening and closing, and ends after it begins.")
		}
	}
	if len(*faults) == 0 && len(in.slotMinutes()) == 0 {
		faults.Add("slot_minutes", "no_slot", "No slot of this length fits between opening and closing.")
	}
}

// hour notes the fault of an hour at which nobody can be received.
func (f *Faults) hour(field string, hour WallTime) int {
	minutes, ok := hour.minutes()
	if !ok {
		f.Add(field, "hour", "An hour is written as on a clock: 14:00.")
	} else if hour < EarliestHour {
		f.Add(field, "too_early", "Nobody is received before %s, when clocks may be changed.", EarliestHour)
	}
	return minutes
}

// slotMinutes are when slots begin, in minutes after midnight.
func (in PermanenceInput) slotMinutes() []int {
	start, _ := in.StartTime.minutes()
	end, _ := in.EndTime.minutes()
	spans := [][2]int{{start, end}}
	if in.BreakStartTime != nil && in.BreakEndTime != nil {
		from, _ := in.BreakStartTime.minutes()
		to, _ := in.BreakEndTime.minutes()
		spans = [][2]int{{start, from}, {to, end}}
	}
	var begins []int
	for _, span := range spans {
		for at := span[0]; in.SlotMinutes > 0 && at+in.SlotMinutes <= span[1]; at += in.SlotMinutes {
			begins = append(begins, at)
		}
	}
	return begins
}

// length is how long it is open, the break included.
func (in PermanenceInput) length() int {
	start, _ := in.StartTime.minutes()
	end, _ := in.EndTime.minutes()
	return end - start
}
