package domain

import (
	"slices"
	"time"
)

// WorkshopInput is what staff write of a collective session.
type WorkshopInput struct {
	Programme       string       `json:"programme" required:"true" doc:"Slug of the programme that holds it." minLength:"2" maxLength:"60" example:"o2r-somme"`
	Kind            WorkshopKind `json:"kind" required:"true" doc:"What kind of session it is."`
	Title           string       `json:"title" required:"true" doc:"What it is called." minLength:"1" maxLength:"200" example:"Préparer un entretien"`
	StartsAt        time.Time    `json:"starts_at" required:"true" doc:"When it starts." example:"2026-02-05T13:00:00Z"`
	DurationMinutes int          `json:"duration_minutes" required:"true" doc:"How long it lasts, in minutes." minimum:"5" maximum:"1440" example:"120"`
	Capacity        *int         `json:"capacity" doc:"How many may register; 500 when left out." minimum:"1" maximum:"500" example:"8"`
	SiteID          *string      `json:"site_id" doc:"Where it is held: a site of the programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
}

// Workshop is a collective session.
type Workshop struct {
	Stamp
	WorkshopInput
	Status WorkshopStatus `json:"status" doc:"Whether it is still to come, closed with a full roll call, or cancelled."`
}

// WorkshopChange writes a workshop whole and, where that moves it, may say why.
type WorkshopChange struct {
	WorkshopInput
	MoveReason *string `json:"move_reason" doc:"Why it is moved, in a sentence: kept with the trace of the move. Only with another time, length or site." minLength:"1" maxLength:"500" example:"La salle est prise."`
}

// Places are how many a workshop has.
type Places struct {
	PlacesTaken int `json:"places_taken" doc:"How many are registered, whoever they are: also who is not shown since her file is restricted." minimum:"0" maximum:"1000" example:"6"`
	PlacesFree  int `json:"places_free" doc:"How many may still register; none once it is closed or cancelled." minimum:"0" maximum:"500" example:"2"`
}

// Places counts them. Registered is how many hold one.
func (w Workshop) Places(registered int) Places {
	free := 0
	if w.Status == WorkshopPlanned {
		free = max(0, w.places()-registered)
	}
	return Places{registered, free}
}

// ListedWorkshop is a workshop in a list.
type ListedWorkshop struct {
	Workshop
	Places
}

// WorkshopOrder is in which order workshops are listed.
type WorkshopOrder string

// Codes are the orders: the earliest first, or the latest.
func (WorkshopOrder) Codes() []string { return []string{"earliest", string(LatestWorkshops)} }

// LatestWorkshops lists the one that is held last before the others.
const LatestWorkshops WorkshopOrder = "latest"

// WorkshopView is a workshop with its registrations, who waits for a place, and the trace of its moves.
type WorkshopView struct {
	Workshop
	Places
	Registrations []Registration `json:"registrations" doc:"Who is registered, in order of registration." maxItems:"500" nullable:"false"`
	Waiting       []Waiting      `json:"waiting" doc:"Who waits for a place, in the order in which they get one." maxItems:"500" nullable:"false"`
	Moves         []WorkshopMove `json:"moves" doc:"Each time it was moved, the first move first." maxItems:"1000" nullable:"false"`
}

// WorkshopMove is the trace of one time that a workshop was moved.
type WorkshopMove struct {
	MovedAt             time.Time `json:"moved_at" doc:"When the move was recorded." example:"2026-01-22T09:30:00Z"`
	MovedBy             string    `json:"moved_by" doc:"Who moved it: the subject of a token." maxLength:"255" example:"c.martin"`
	Reason              *string   `json:"reason" doc:"Why, where that was said." maxLength:"500" example:"La salle est prise."`
	FromStartsAt        time.Time `json:"from_starts_at" doc:"When it was to start." example:"2026-02-05T13:00:00Z"`
	FromDurationMinutes int       `json:"from_duration_minutes" doc:"How long it was to last." minimum:"5" maximum:"1440" example:"120"`
	FromSiteID          *string   `json:"from_site_id" doc:"Where it was to be held." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	ToStartsAt          time.Time `json:"to_starts_at" doc:"When it started from then on." example:"2026-02-06T13:00:00Z"`
	ToDurationMinutes   int       `json:"to_duration_minutes" doc:"How long it lasted from then on." minimum:"5" maximum:"1440" example:"120"`
	ToSiteID            *string   `json:"to_site_id" doc:"Where it was held from then on." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
}

// Waiting is one participant who waits for a place. The roll is not called for her, and no figure counts her.
type Waiting struct {
	EnrolmentID string    `json:"enrolment_id" doc:"Who waits." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	RequestedAt time.Time `json:"requested_at" doc:"Since when." example:"2026-01-20T09:00:00Z"`
}

// Registration is one participant's place in a workshop.
type Registration struct {
	EnrolmentID string     `json:"enrolment_id" doc:"Who is registered." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Status      Attendance `json:"status" doc:"scheduled until the roll call says attended, no_show or excused; cancelled where the workshop was."`
	Justified   *bool      `json:"justified" doc:"Whether an absence was justified; null while unknown or where there is none." example:"true"`
	CreatedAt   time.Time  `json:"created_at" doc:"When the place was taken." example:"2026-01-20T09:00:00Z"`
}

// RegistrationInput takes a place in a workshop.
type RegistrationInput struct {
	EnrolmentID string `json:"enrolment_id" required:"true" doc:"Whom to register: an enrolment of the workshop's programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	WaitingList *bool  `json:"waiting_list" doc:"true: where the workshop is full, she waits for a place instead of being refused." example:"true"`
}

// UnregistrationInput gives a place in a workshop back, or one on its waiting list.
type UnregistrationInput struct {
	EnrolmentID string `json:"enrolment_id" required:"true" doc:"Whose place: an enrolment that is registered, or waits." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
}

// RollCall says who was there: everybody registered, once.
type RollCall struct {
	Items []RollCallEntry `json:"items" required:"true" doc:"One entry for each registration." maxItems:"500" nullable:"false"`
}

// RollCallEntry says whether one registered participant was there.
type RollCallEntry struct {
	EnrolmentID string `json:"enrolment_id" required:"true" doc:"Who was registered." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Status      Called `json:"status" required:"true" doc:"Whether she came; excused: she called it off."`
	Justified   *bool  `json:"justified" doc:"Whether an absence (no_show or excused) was justified (code du travail, D. 5316-15); null while unknown." example:"true"`
}

// Check refuses what no workshop of that programme can be.
func (in WorkshopInput) Check(programme Programme) error {
	var faults Faults
	faults.Text("title", in.Title)
	if day := DayOf(in.StartsAt); day.Before(programme.StartsOn) || day.After(programme.EndsOn) {
		faults.Add("starts_at", "outside_programme", "The programme holds its workshops from %s to %s.", programme.StartsOn, programme.EndsOn)
	}
	return faults.Err()
}

// MoveOfWorkshop is the trace that one version of a workshop leaves when another takes its place, and whether that is a
// move at all: another time, length or site.
func MoveOfWorkshop(before, after WorkshopInput) (WorkshopMove, bool) {
	move := WorkshopMove{
		FromStartsAt: before.StartsAt, FromDurationMinutes: before.DurationMinutes, FromSiteID: before.SiteID,
		ToStartsAt: after.StartsAt, ToDurationMinutes: after.DurationMinutes, ToSiteID: after.SiteID,
	}
	return move, !before.StartsAt.Equal(after.StartsAt) || before.DurationMinutes != after.DurationMinutes || !same(before.SiteID, after.SiteID)
}

// Rewrite writes a planned workshop anew. Registered is how many hold a place: it never has fewer.
func (w *Workshop) Rewrite(in WorkshopChange, registered int) error {
	if w.Status != WorkshopPlanned {
		return Refused("workshop_"+string(w.Status), "This workshop is %s: it is not rewritten any more.", w.Status)
	}
	var faults Faults
	faults.OptionalText("move_reason", in.MoveReason)
	if in.Programme != w.Programme {
		faults.Add("programme", "fixed", "A workshop stays in its programme: cancel it and plan another.")
	}
	// Undoing a merge may leave more than there is room for: what is not lowered stays as it is.
	if in.Capacity != nil && *in.Capacity < registered && *in.Capacity < w.places() {
		faults.Add("capacity", "below_registered", "More than that are registered: give places back first.")
	}
	if _, moved := MoveOfWorkshop(w.WorkshopInput, in.WorkshopInput); !moved && in.MoveReason != nil {
		faults.Add("move_reason", "not_moved", "The workshop keeps its time, length and site: there is no move to give a reason for.")
	}
	w.WorkshopInput = in.WorkshopInput
	return faults.Err()
}

// MustBePlanned refuses to give or take places once the roll was called or the session called off.
func (w Workshop) MustBePlanned() error {
	if w.Status != WorkshopPlanned {
		return Refused("workshop_"+string(w.Status), "This workshop is %s: nobody can register any more, and nobody gives a place back, unless a coordinator reopens one that is closed.", w.Status)
	}
	return nil
}

// Register refuses a place where there is none. Registered is how many hold one already.
func (w Workshop) Register(registered int) error {
	if err := w.MustBePlanned(); err != nil {
		return err
	}
	if !w.Room(registered) {
		return Refused("workshop_full", "This workshop is full: %d of %d places are taken. With waiting_list she waits for one.", registered, w.places())
	}
	return nil
}

// MostRegistered is how many a workshop without a capacity takes: its roll is called in one request.
const MostRegistered = 500

func (w Workshop) places() int {
	if w.Capacity == nil {
		return MostRegistered
	}
	return *w.Capacity
}

// Room tells whether there is a place left.
func (w Workshop) Room(registered int) bool { return registered < w.places() }

// GivesPlaces tells whether a place that becomes free goes to who waits: not once the workshop has begun, since she would be
// missed at one to which nobody called her.
func (w Workshop) GivesPlaces(now time.Time) bool {
	return w.Status == WorkshopPlanned && w.StartsAt.After(now)
}

// MostWaiting is how many wait for one workshop at most.
const MostWaiting = 500

// Wait refuses a place on the waiting list where that is full too.
func (w Workshop) Wait(waiting int) error {
	if err := w.MustBePlanned(); err != nil {
		return err
	}
	if waiting >= MostWaiting {
		return Refused("waiting_list_full", "%d wait for this workshop already: plan another.", waiting)
	}
	return nil
}

// Close calls the roll: everybody registered is attended, no_show or excused, and nobody else is.
// A closed workshop's roll may be called again, to correct it.
func (w *Workshop) Close(registered []Registration, roll RollCall, now time.Time) error {
	if w.Status == WorkshopCancelled {
		return Refused("workshop_cancelled", "This workshop was cancelled: there is no roll to call.")
	}
	if w.StartsAt.After(now) {
		return Refused("not_started", "The workshop has not started: nobody has attended or missed it yet.")
	}
	var faults Faults
	called := map[string]bool{}
	expected := map[string]bool{}
	for _, registration := range registered {
		expected[registration.EnrolmentID] = true
	}
	for i, entry := range roll.Items {
		at := "items[" + itoa(i) + "]"
		switch {
		case !expected[entry.EnrolmentID]:
			faults.Add(at+".enrolment_id", "not_registered", "Nobody is registered under this enrolment.")
		case called[entry.EnrolmentID]:
			faults.Add(at+".enrolment_id", "repeated", "This enrolment is already in the roll call.")
		}
		called[entry.EnrolmentID] = true
		if !slices.Contains(Called.Codes(""), string(entry.Status)) {
			faults.Add(at+".status", "not_called", "A roll call says attended, no_show or excused.")
		}
		faults.justified(at+".justified", entry.Justified, Attendance(entry.Status))
	}
	if missing := len(expected) - len(called); len(faults) == 0 && missing > 0 {
		faults.Add("items", "incomplete", "%d registered are missing: the roll is called for everybody.", missing)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	w.Status = WorkshopClosed
	return nil
}

// Reopen opens the roll of a closed workshop again, for whoever came without a place. What the roll said stays until it is
// called anew.
func (w *Workshop) Reopen() error {
	if w.Status != WorkshopClosed {
		return Refused("workshop_"+string(w.Status), "This workshop is %s: only one that is closed is reopened.", w.Status)
	}
	w.Status = WorkshopPlanned
	return nil
}

// Cancel calls the workshop off before its roll is called.
func (w *Workshop) Cancel() error {
	if w.Status != WorkshopPlanned {
		return Refused("workshop_"+string(w.Status), "This workshop is %s and can no longer be cancelled.", w.Status)
	}
	w.Status = WorkshopCancelled
	return nil
}
