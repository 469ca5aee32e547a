package domain

import (
	"slices"
	"time"
)

// Occurrence is a permanence on one of its days. It is computed, by Timetable, and never kept.
type Occurrence struct {
	PermanenceID string           `json:"permanence_id" doc:"The permanence." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	PlannedOn    Date             `json:"planned_on" doc:"The day on which the permanence falls by itself: with permanence_id, the occurrence's name, also once it is moved." example:"2026-12-08"`
	Programme    string           `json:"programme" doc:"Slug of the programme." minLength:"2" maxLength:"60" example:"o2r-somme"`
	Label        string           `json:"label" doc:"What the permanence is called." maxLength:"200" example:"Mardi à Doullens"`
	Version      int              `json:"version" doc:"Number of the occurrence's current version, also its ETag." example:"1" minimum:"1"`
	Status       OccurrenceStatus `json:"status" doc:"Whether it is held, as planned or moved, and where it is not, why. Only held and moved receive anybody."`
	ClosedFor    *string          `json:"closed_for" doc:"The public holiday, or what the programme calls the closed days; null where the day is open or somebody decided otherwise." maxLength:"200" example:"Armistice de 1918"`
	Reason       *string          `json:"reason" doc:"Why it was moved, cancelled or held all the same. Shown to staff." maxLength:"500" example:"Formation de l'équipe."`
	StartsAt     time.Time        `json:"starts_at" doc:"When it opens, where it is moved to; for one that is not held, when it would have." example:"2026-12-08T08:00:00Z"`
	EndsAt       time.Time        `json:"ends_at" doc:"When it closes." example:"2026-12-08T16:00:00Z"`
	SiteID       string           `json:"site_id" doc:"Where it is held." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	CaseworkerID *string          `json:"caseworker_id" doc:"Who receives there. Shown to staff." minLength:"1" maxLength:"255" example:"c.martin"`
	Slots        []Slot           `json:"-"` // as computed; Shown is what the reader sees of them
	Shown        *[]Slot          `json:"slots" doc:"Its slots, the first first; none where nobody is received; null for who is not staff, to whom they are not shown." maxItems:"300" nullable:"true"`
}

// Slot is a time at which so many people can be received.
type Slot struct {
	StartsAt time.Time `json:"starts_at" doc:"When it begins." example:"2026-12-08T08:00:00Z"`
	EndsAt   time.Time `json:"ends_at" doc:"When it ends." example:"2026-12-08T08:45:00Z"`
	Capacity int       `json:"capacity" doc:"How many people can be received." minimum:"1" maximum:"50" example:"2"`
	Booked   int       `json:"booked" doc:"How many places are taken, by whomever: also by somebody whose file is restricted, so that it is not booked over." minimum:"0" maximum:"1000" example:"1"`
	Free     int       `json:"free" doc:"How many places are left." minimum:"0" maximum:"50" example:"1"`
}

// Key names the occurrence: its permanence and its day.
func (o Occurrence) Key() string { return o.PermanenceID + "/" + o.PlannedOn.String() }

// Revision is the occurrence's version.
func (o Occurrence) Revision() int { return o.Version }

// Seated is the occurrence with the places that are taken, by the instant at which their slots begin.
func (o Occurrence) Seated(taken map[int64]int) Occurrence {
	o.Slots = slices.Clone(o.Slots)
	for i := range o.Slots {
		slot := &o.Slots[i]
		slot.Booked = taken[slot.StartsAt.Unix()]
		slot.Free = max(0, slot.Capacity-slot.Booked)
	}
	o.Shown = &o.Slots
	return o
}

// WithFree is the occurrence with those of its slots that can still be booked, and whether there is one.
func (o Occurrence) WithFree(now time.Time) (Occurrence, bool) {
	o.Slots = slices.DeleteFunc(slices.Clone(o.Slots), func(slot Slot) bool { return slot.Free == 0 || !slot.StartsAt.After(now) })
	o.Shown = &o.Slots
	return o, len(o.Slots) > 0
}

// For is the occurrence as an actor reads it: a partner learns when and where people are received, not how many are
// expected, by whom, nor why the team is not there.
func (o Occurrence) For(a Actor) Occurrence {
	if !a.Staff() {
		o.Slots, o.Shown, o.Reason, o.CaseworkerID = nil, nil, nil, nil
	}
	return o
}

// overlaps tells whether two occurrences receive at the same time.
func (o Occurrence) overlaps(other Occurrence) bool {
	return o.Status.Receives() && other.Status.Receives() && o.StartsAt.Before(other.EndsAt) && other.StartsAt.Before(o.EndsAt)
}

// SamePlaceAndTime tells whether whoever is booked for one finds the other as it was said.
func (o Occurrence) SamePlaceAndTime(other Occurrence) bool {
	return o.StartsAt.Equal(other.StartsAt) && o.EndsAt.Equal(other.EndsAt) && o.SiteID == other.SiteID
}

// OccurrenceChange is what somebody decided about one occurrence.
type OccurrenceChange struct {
	PermanenceID string
	Programme    string
	PlannedOn    Date
	Version      int
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Status       *OccurrenceStatus // held, moved or cancelled; null once it is as planned again
	Reason       *string
	MovedOn      *Date // these three together, of one that is moved
	StartTime    *WallTime
	SiteID       *string
}

// Timetable is a permanence with all that decides when it is held.
type Timetable struct {
	Permanence
	ProgrammeEndsOn Date
	Changes         map[Date]OccurrenceChange // by planned day; those of days on which it does not fall say nothing
	Closed          ClosedDays
}

// first is the first day on which it falls.
func (t Timetable) first() Date {
	day := t.StartsOn
	for range 7 {
		if t.Weekday.of(day.Weekday()) {
			break
		}
		day = day.AddDays(1)
	}
	return day
}

func (t Timetable) everyDays() int {
	if t.EveryWeeks == nil {
		return 7
	}
	return 7 * *t.EveryWeeks
}

func (t Timetable) last() Date {
	if t.EndsOn == nil {
		return t.ProgrammeEndsOn
	}
	return EarlierOf(*t.EndsOn, t.ProgrammeEndsOn)
}

// FallsOn tells whether the day is one of the permanence's, held or not.
func (t Timetable) FallsOn(day Date) bool {
	since := day.DaysSince(t.first())
	return since >= 0 && since%t.everyDays() == 0 && !day.After(t.last())
}

// Between are the occurrences that fall on those days, or were moved there, by the time they open.
func (t Timetable) Between(from, to Date) []Occurrence {
	var found []Occurrence
	first, step := t.first(), t.everyDays()
	if behind := from.DaysSince(first); behind > 0 {
		first = first.AddDays((behind + step - 1) / step * step)
	}
	for day := first; !day.After(EarlierOf(to, t.last())); day = day.AddDays(step) {
		found = append(found, t.on(day))
	}
	for planned, change := range t.Changes {
		moved := change.MovedOn != nil && !change.MovedOn.Before(from) && !change.MovedOn.After(to)
		if moved && (planned.Before(from) || planned.After(to)) && t.FallsOn(planned) {
			found = append(found, t.on(planned))
		}
	}
	slices.SortFunc(found, Occurrence.Compare)
	return found
}

// Compare orders occurrences by when they open.
func (o Occurrence) Compare(other Occurrence) int {
	if order := o.StartsAt.Compare(other.StartsAt); order != 0 {
		return order
	}
	if o.PermanenceID != other.PermanenceID {
		if o.PermanenceID < other.PermanenceID {
			return -1
		}
		return 1
	}
	return o.PlannedOn.Compare(other.PlannedOn)
}

// On is the occurrence that falls on that day, moved or not.
func (t Timetable) On(planned Date) (Occurrence, error) {
	if !t.FallsOn(planned) {
		return Occurrence{}, Missing("occurrence")
	}
	return t.on(planned), nil
}

func (t Timetable) on(planned Date) Occurrence {
	change := t.Changes[planned]
	o := Occurrence{
		PermanenceID: t.ID, PlannedOn: planned, Programme: t.Programme, Label: t.Label, Version: change.Version + 1,
		Status: OccurrenceHeld, SiteID: t.SiteID, CaseworkerID: t.CaseworkerID, Slots: []Slot{},
	}
	day := planned
	start, _ := t.StartTime.minutes()
	shift := 0
	if change.Status == nil {
		status, label := t.Closed.why(planned)
		o.Status = status
		if label != "" {
			o.ClosedFor = &label
		}
	} else {
		o.Status, o.Reason = *change.Status, change.Reason
		if o.Status == OccurrenceMoved {
			at, _ := change.StartTime.minutes()
			day, shift, o.SiteID = *change.MovedOn, at-start, *change.SiteID
		}
	}
	o.StartsAt, o.EndsAt = day.at(start+shift), day.at(start+shift+t.length())
	if o.Status.Receives() {
		for _, at := range t.slotMinutes() {
			o.Slots = append(o.Slots, Slot{StartsAt: day.at(at + shift), EndsAt: day.at(at + shift + t.SlotMinutes), Capacity: t.SlotCapacity, Free: t.SlotCapacity})
		}
	}
	return o
}

// PermanenceQuery filters a list of permanences.
type PermanenceQuery struct {
	Paging
	Programme  string `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	SiteID     string `query:"site_id" doc:"Only those at this site." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	Caseworker string `query:"caseworker" doc:"Only those where this caseworker receives; of no use to who is not staff." maxLength:"255" example:"c.martin"`
}

// OccurrenceQuery asks for the occurrences of a period.
type OccurrenceQuery struct {
	Paging
	From       Date   `query:"from" doc:"First day in Europe/Paris; today when left out." example:"2026-12-01"`
	To         Date   `query:"to" doc:"Last day in Europe/Paris, at most a year after the first; four weeks after it when left out." example:"2026-12-31"`
	Programme  string `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Permanence string `query:"permanence_id" doc:"Only those of this permanence." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	Free       bool   `query:"free" doc:"true: only slots that are still to begin and have a place left, and only occurrences that have one. Without effect for who is not staff, to whom slots are not shown." example:"true"`
	SiteID     string `query:"site_id" doc:"Only those at this site, moved there or not." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	Caseworker string `query:"caseworker" doc:"Only those where this caseworker receives; of no use to who is not staff." maxLength:"255" example:"c.martin"`
}

// On applies the defaults: the four weeks to come.
func (q OccurrenceQuery) On(today Date) OccurrenceQuery {
	if q.From.IsZero() {
		q.From = today
	}
	if q.To.IsZero() {
		q.To = q.From.AddDays(28)
	}
	return q
}

// Check refuses a period that ends before it begins, and one that is too long.
func (q OccurrenceQuery) Check() error {
	if q.To.After(q.From.AddMonths(12)) {
		return queryFault("to", "too_long", "Ask for a year at most, from the first day to the same day of the next year, and then for the next.")
	}
	return endsAfterItBegins(q.From, q.To)
}
