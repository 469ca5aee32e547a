package domain

import "time"

// WorkshopInput is what staff write of a collective session.
type WorkshopInput struct {
	Programme       string       `json:"programme" required:"true" doc:"Slug of the programme that holds it." minLength:"2" maxLength:"60" example:"o2r-somme"`
	Kind            WorkshopKind `json:"kind" required:"true" doc:"What kind of session it is."`
	Title           string       `json:"title" required:"true" doc:"What it is called." minLength:"1" maxLength:"200" example:"Préparer un entretien"`
	StartsAt        time.Time    `json:"starts_at" required:"true" doc:"When it starts." example:"2026-02-05T13:00:00Z"`
	DurationMinutes int          `json:"duration_minutes" required:"true" doc:"How long it lasts, in minutes." minimum:"5" maximum:"1440" example:"120"`
	Capacity        *int         `json:"capacity" doc:"How many may register; no limit when left out." minimum:"1" maximum:"500" example:"8"`
	SiteID          *string      `json:"site_id" doc:"Where it is held: a site of the programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
}

// Workshop is a collective session.
type Workshop struct {
	Stamp
	WorkshopInput
	Status WorkshopStatus `json:"status" doc:"Whether it is still to come, closed with a full roll call, or cancelled."`
}

// WorkshopView is a workshop with its registrations.
type WorkshopView struct {
	Workshop
	Registrations []Registration `json:"registrations" doc:"Who is registered, in order of registration." maxItems:"500" nullable:"false"`
}

// Registration is one participant's place in a workshop.
type Registration struct {
	EnrolmentID string     `json:"enrolment_id" doc:"Who is registered." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Status      Attendance `json:"status" doc:"scheduled until the roll call says attended, no_show or excused."`
	CreatedAt   time.Time  `json:"created_at" doc:"When the place was taken." example:"2026-01-20T09:00:00Z"`
}

// RegistrationInput takes a place in a workshop.
type RegistrationInput struct {
	EnrolmentID string `json:"enrolment_id" required:"true" doc:"Whom to register: an enrolment of the workshop's programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
}

// RollCall says who was there: everybody registered, once.
type RollCall struct {
	Items []RollCallEntry `json:"items" required:"true" doc:"One entry for each registration." maxItems:"500" nullable:"false"`
}

// RollCallEntry says whether one registered participant was there.
type RollCallEntry struct {
	EnrolmentID string     `json:"enrolment_id" required:"true" doc:"Who was registered." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	Status      Attendance `json:"status" required:"true" doc:"attended, no_show or excused."`
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

// Register refuses a place where there is none. Registered is how many hold one already.
func (w Workshop) Register(registered int) error {
	if w.Status != WorkshopPlanned {
		return Refused("workshop_"+string(w.Status), "This workshop is %s: nobody can register any more.", w.Status)
	}
	if w.Capacity != nil && registered >= *w.Capacity {
		return Refused("workshop_full", "This workshop is full: %d of %d places are taken.", registered, *w.Capacity)
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
		if entry.Status != AttendanceAttended && entry.Status != AttendanceNoShow && entry.Status != AttendanceExcused {
			faults.Add(at+".status", "not_called", "A roll call says attended, no_show or excused.")
		}
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

// Cancel calls the workshop off before its roll is called.
func (w *Workshop) Cancel() error {
	if w.Status != WorkshopPlanned {
		return Refused("workshop_"+string(w.Status), "This workshop is %s and can no longer be cancelled.", w.Status)
	}
	w.Status = WorkshopCancelled
	return nil
}
