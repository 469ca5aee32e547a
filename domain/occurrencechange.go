package domain

// OccurrenceMove says to when and where one occurrence is moved: what is left out stays as it is planned.
type OccurrenceMove struct {
	MovedOn   *Date     `json:"moved_on" doc:"Another day, within the programme; the planned one when left out." example:"2026-12-09"`
	StartTime *WallTime `json:"start_time" doc:"Another hour to open at; it stays open as long as planned, with the same slots and the same break." pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" patternDescription:"an hour such as 14:00" maxLength:"5" example:"10:00"`
	SiteID    *string   `json:"site_id" doc:"Another site of the programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	Reason    string    `json:"reason" required:"true" doc:"Why, in a sentence, without anybody's name." minLength:"3" maxLength:"500" example:"Salle occupée par le conseil municipal."`
}

// ChangedOccurrence is an occurrence as it stands after somebody decided about it, with the meetings which that changed.
type ChangedOccurrence struct {
	Occurrence
	Appointments []Appointment `json:"appointments" doc:"The meetings that were cancelled, or moved, with it: as they are now." maxItems:"15000" nullable:"false"`
}

// Move says that one occurrence is held on another day, at another hour or site. One that falls on a closed day may be
// moved; one that was cancelled is restored first.
func (t Timetable) Move(planned Date, in OccurrenceMove, programme Programme, today Date) (OccurrenceChange, error) {
	o, err := t.On(planned)
	if err != nil {
		return OccurrenceChange{}, err
	}
	if err := (Reason{in.Reason}).Check(); err != nil {
		return OccurrenceChange{}, err
	}
	if o.Status == OccurrenceCancelled {
		return OccurrenceChange{}, o.refusal("moved: restore it first")
	}
	day, hour, site := dayOr(in.MovedOn, planned), t.StartTime, t.SiteID
	if in.StartTime != nil {
		hour = *in.StartTime
	}
	if in.SiteID != nil {
		site = *in.SiteID
	}
	var faults Faults
	if at := faults.hour("start_time", hour); at+t.length() >= minutesInADay {
		faults.Add("start_time", "after_midnight", "It would close after midnight.")
	}
	switch status, label := t.Closed.why(day); {
	case day.Before(programme.StartsOn) || day.After(programme.EndsOn):
		faults.Add("moved_on", "outside_programme", "The programme receives from %s to %s.", programme.StartsOn, programme.EndsOn)
	case status != OccurrenceHeld:
		faults.Add("moved_on", "closed_day", "Nobody is received on that day: %s.", label)
	case day.Before(today) && !planned.Before(today):
		faults.Add("moved_on", "in_past", "That day is over.")
	case day.Equal(planned) && hour == t.StartTime && site == t.SiteID:
		faults.Add("moved_on", "not_moved", "This is when and where it is planned: restore it, if it was moved.")
	}
	if err := faults.Err(); err != nil {
		return OccurrenceChange{}, err
	}
	return t.decide(planned, OccurrenceChange{Status: new(OccurrenceMoved), Reason: &in.Reason, MovedOn: &day, StartTime: &hour, SiteID: &site})
}

// Cancel says that one occurrence is not held.
func (t Timetable) Cancel(planned Date, why Reason) (OccurrenceChange, error) {
	return t.settle(planned, why, OccurrenceCancelled, func(o Occurrence) bool { return o.Status.Receives() })
}

// Hold says that one occurrence is held although the day is closed.
func (t Timetable) Hold(planned Date, why Reason) (OccurrenceChange, error) {
	return t.settle(planned, why, OccurrenceHeld, func(o Occurrence) bool {
		return o.Status == OccurrenceHoliday || o.Status == OccurrenceClosed
	})
}

func (t Timetable) settle(planned Date, why Reason, status OccurrenceStatus, may func(Occurrence) bool) (OccurrenceChange, error) {
	o, err := t.On(planned)
	if err == nil {
		err = why.Check()
	}
	if err == nil && !may(o) {
		err = o.refusal(map[OccurrenceStatus]string{OccurrenceCancelled: "cancelled", OccurrenceHeld: "held: it is closed days that are held all the same"}[status])
	}
	if err != nil {
		return OccurrenceChange{}, err
	}
	return t.decide(planned, OccurrenceChange{Status: &status, Reason: &why.Reason})
}

// Restore takes back what was decided about one occurrence: it is as planned again.
func (t Timetable) Restore(planned Date, why Reason) (OccurrenceChange, error) {
	o, err := t.On(planned)
	if err == nil {
		err = why.Check()
	}
	if err == nil && t.Changes[planned].Status == nil {
		err = o.refusal("restored: nothing was decided about it")
	}
	if err != nil {
		return OccurrenceChange{}, err
	}
	return t.decide(planned, OccurrenceChange{})
}

// decide refuses an occurrence at the same time as another of the permanence: nobody could tell to which a meeting belongs.
func (t Timetable) decide(planned Date, change OccurrenceChange) (OccurrenceChange, error) {
	change.PermanenceID, change.Programme, change.PlannedOn = t.ID, t.Programme, planned
	change.Version, change.CreatedAt = t.Changes[planned].Version+1, t.Changes[planned].CreatedAt
	if after := t.With(change); after.clashes(planned) {
		return change, Refused("occurrence_overlaps", "This permanence is held at that time already.")
	}
	return change, nil
}

// With is the timetable once that was decided.
func (t Timetable) With(change OccurrenceChange) Timetable {
	changes := map[Date]OccurrenceChange{change.PlannedOn: change}
	for day, other := range t.Changes {
		if !day.Equal(change.PlannedOn) {
			changes[day] = other
		}
	}
	t.Changes = changes
	return t
}

// clashes tells whether an occurrence is held at the same time as another of the permanence.
func (t Timetable) clashes(planned Date) bool {
	o := t.on(planned)
	day := DayOf(o.StartsAt)
	for _, other := range t.Between(day, day) {
		if !other.PlannedOn.Equal(planned) && other.overlaps(o) {
			return true
		}
	}
	return false
}

// instead says why an occurrence receives nobody when it was planned.
func (o Occurrence) instead() string {
	switch o.Status {
	case OccurrenceHoliday:
		return "falls on a public holiday, and nobody receives"
	case OccurrenceClosed:
		return "falls on a day on which the programme is closed"
	case OccurrenceCancelled:
		return "is cancelled"
	case OccurrenceMoved:
		return "was moved to " + DayOf(o.StartsAt).String() + ", where GET /v1/permanences/occurrences shows its slots"
	case OccurrenceHeld:
	}
	return "is not held at this time"
}

func (o Occurrence) refusal(done string) error {
	if string(o.Status) == done {
		return Refused("occurrence_"+done, "This occurrence is %s already.", done)
	}
	return Refused("occurrence_"+string(o.Status), "This occurrence is %s and cannot be %s.", o.Status, done)
}
