package domain

import "time"

// SourceReference identifies a row in the source.
type SourceReference struct {
	ExternalReference string `json:"external_reference" required:"true" doc:"The source's own key of the row: its number, or a code. It names one row of this kind in the programme, also in later files." minLength:"1" maxLength:"100" example:"D-2025-042"`
}

// Reference is the key itself.
func (r SourceReference) Reference() string { return r.ExternalReference }

// Key is its column.
func (SourceReference) Key() string { return "body.external_reference" }

func (r SourceReference) check(faults *Faults) {
	faults.Text("external_reference", r.ExternalReference)
}

// OfParticipant names a person by her row, or by her identifier here.
type OfParticipant struct {
	ParticipantReference *string `json:"participant_reference" doc:"external_reference of the person's row among the participants." minLength:"1" maxLength:"100" example:"P-042"`
	ParticipantID        *string `json:"participant_id" doc:"The person, where she was recorded here." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
}

// OfEnrolment names a path by its row, or by its identifier here.
type OfEnrolment struct {
	EnrolmentReference *string `json:"enrolment_reference" doc:"external_reference of the path's row among the enrolments." minLength:"1" maxLength:"100" example:"D-2025-042"`
	EnrolmentID        *string `json:"enrolment_id" doc:"The path, where it was recorded here." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
}

func (o OfEnrolment) reference() string { return namedBy(o.EnrolmentReference, o.EnrolmentID) }

// OfWorkshop names a workshop by its row, or by its identifier here.
type OfWorkshop struct {
	WorkshopReference *string `json:"workshop_reference" doc:"external_reference of the workshop's row." minLength:"1" maxLength:"100" example:"A-12"`
	WorkshopID        *string `json:"workshop_id" doc:"The workshop, where it was recorded here." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000009"`
}

// AtSite names a site by what people call it, or by its identifier.
type AtSite struct {
	SiteName *string `json:"site_name" doc:"Name of a site of the programme, as GET /v1/sites lists it; accents and case do not matter." minLength:"1" maxLength:"200" example:"France Travail Doullens"`
	SiteID   *string `json:"site_id" doc:"The site's identifier." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
}

func (a AtSite) check(faults *Faults) {
	if a.SiteName != nil && a.SiteID != nil {
		faults.Add("site_name", "twice", "Say site_name or site_id, not both.")
	}
}

func namedBy(reference, id *string) string {
	if named := firstOf(reference, id); named != nil {
		return *named
	}
	return ""
}

// eitherOr refuses a row that names a record in no way or in two.
func (f *Faults) eitherOr(reference string, byReference *string, id string, byID *string) {
	switch {
	case byReference == nil && byID == nil:
		f.Add(reference, "required", "Say %s or %s.", reference, id)
	case byReference != nil && byID != nil:
		f.Add(reference, "twice", "Say %s or %s, not both.", reference, id)
	}
}

// ImportedParticipant is a row of participants.
type ImportedParticipant struct {
	SourceReference
	ParticipantInput
}

// CheckNames has nothing to refuse beside the reference: a person names nobody else.
func (r ImportedParticipant) CheckNames(faults *Faults) { r.check(faults) }

// ImportedEnrolment is a row of enrolments. A path that has ended may say so in the same row; or its exit comes
// in a file of exits.
type ImportedEnrolment struct {
	SourceReference
	OfParticipant
	EnteredOn     Date    `json:"entered_on" required:"true" doc:"Day of entry: the first diagnostic, or the charter's signature." example:"2025-04-01"`
	TerritoryCode *string `json:"territory_code" doc:"Commune or priority quarter where she lived on entry; her own when left out." minLength:"5" maxLength:"8" example:"80253"`
	CaseworkerID  *string `json:"caseworker_id" doc:"The caseworker who follows her: the subject that GET /v1/me shows her." minLength:"1" maxLength:"255" example:"c.martin"`
	AtSite
	Situation
	ExitedOn       *Date     `json:"exited_on" doc:"Day the path ended, with exit_kind; not before the entry, not after today." example:"2025-10-15"`
	ExitKind       *ExitKind `json:"exit_kind" doc:"What the path ended with, with exited_on."`
	FollowUpAgreed *bool     `json:"follow_up_agreed" doc:"After an exit to work or training: the person agreed to be followed for up to six months." example:"true"`
}

// CheckNames refuses a path of nobody, or of two people.
func (r ImportedEnrolment) CheckNames(faults *Faults) {
	r.SourceReference.check(faults)
	faults.eitherOr("participant_reference", r.ParticipantReference, "participant_id", r.ParticipantID)
	r.AtSite.check(faults)
}

// Entry is what the row says of the entry into that programme.
func (r ImportedEnrolment) Entry(programme, participantID string, siteID *string) EnrolmentInput {
	return EnrolmentInput{ParticipantID: participantID, Programme: programme, EnteredOn: r.EnteredOn, TerritoryCode: r.TerritoryCode,
		CaseworkerID: r.CaseworkerID, SiteID: siteID, Situation: r.Situation}
}

// Exit is how the row says that the path ended; nothing for one that goes on.
func (r ImportedEnrolment) Exit() (*Exit, error) {
	var faults Faults
	switch {
	case r.ExitedOn == nil && r.ExitKind == nil && r.FollowUpAgreed == nil:
		return nil, nil
	case r.ExitedOn == nil:
		faults.Add("exited_on", "required", "An exit has a day.")
	case r.ExitKind == nil:
		faults.Add("exit_kind", "required", "An exit has a kind.")
	default:
		return &Exit{ExitedOn: *r.ExitedOn, Kind: *r.ExitKind, FollowUpAgreed: r.FollowUpAgreed}, nil
	}
	return nil, faults.Err()
}

// ImportedAppointment is a row of appointments, held ones with what became of them.
type ImportedAppointment struct {
	SourceReference
	OfEnrolment
	StartsAt        time.Time   `json:"starts_at" required:"true" doc:"When it starts; in a spreadsheet 08/04/2025 14:00, the time in Paris." example:"2025-04-08T12:00:00Z"`
	DurationMinutes int         `json:"duration_minutes" required:"true" doc:"How long it lasts, in minutes." minimum:"5" maximum:"600" example:"60"`
	Mode            MeetingMode `json:"mode" required:"true" doc:"How it is held."`
	AtSite
	Purpose   *string     `json:"purpose" doc:"What it is for." maxLength:"300" example:"Point sur les candidatures."`
	Status    *Attendance `json:"status" doc:"What became of the meeting; scheduled when left out."`
	Justified *bool       `json:"justified" doc:"Whether an absence (no_show or excused) was justified." example:"true"`
	Note      *string     `json:"note" doc:"What is worth remembering. No health detail, no offence." maxLength:"2000" example:"A apporté son CV."`
}

// CheckNames refuses a meeting with nobody, or with two.
func (r ImportedAppointment) CheckNames(faults *Faults) {
	r.SourceReference.check(faults)
	faults.eitherOr("enrolment_reference", r.EnrolmentReference, "enrolment_id", r.EnrolmentID)
	r.AtSite.check(faults)
}

// Meeting is what the row says of the meeting, with that enrolment.
func (r ImportedAppointment) Meeting(enrolmentID string, siteID *string) AppointmentInput {
	return AppointmentInput{EnrolmentID: enrolmentID, StartsAt: r.StartsAt.UTC().Truncate(time.Microsecond), DurationMinutes: r.DurationMinutes,
		Mode: r.Mode, SiteID: siteID, Purpose: r.Purpose}
}

// Attendance is what the row says became of it.
func (r ImportedAppointment) Attendance() AttendanceInput {
	in := AttendanceInput{Status: AttendanceScheduled, Justified: r.Justified, Note: r.Note}
	if r.Status != nil {
		in.Status = *r.Status
	}
	return in
}

// ImportedExit is a row of exits: it names the path that ended, which has no two.
type ImportedExit struct {
	OfEnrolment
	Exit
}

// Reference is that of the path.
func (r ImportedExit) Reference() string { return r.reference() }

// Key is the column that names the path.
func (r ImportedExit) Key() string {
	if r.EnrolmentReference == nil && r.EnrolmentID != nil {
		return "body.enrolment_id"
	}
	return "body.enrolment_reference"
}

// CheckNames refuses an exit of no path, or of two.
func (r ImportedExit) CheckNames(faults *Faults) {
	faults.eitherOr("enrolment_reference", r.EnrolmentReference, "enrolment_id", r.EnrolmentID)
}

// ImportedWorkshop is a row of workshops. Who was there comes in a file of registrations, which closes them.
type ImportedWorkshop struct {
	SourceReference
	Kind            WorkshopKind `json:"kind" required:"true" doc:"What kind of session it is."`
	Title           string       `json:"title" required:"true" doc:"What it is called." minLength:"1" maxLength:"200" example:"Préparer un entretien"`
	StartsAt        time.Time    `json:"starts_at" required:"true" doc:"When it starts; in a spreadsheet 05/02/2026 14:00, the time in Paris." example:"2026-02-05T13:00:00Z"`
	DurationMinutes int          `json:"duration_minutes" required:"true" doc:"How long it lasts, in minutes." minimum:"5" maximum:"1440" example:"120"`
	Capacity        *int         `json:"capacity" doc:"How many may register; no limit when left out." minimum:"1" maximum:"500" example:"8"`
	AtSite
	Cancelled *bool `json:"cancelled" doc:"Whether it was called off." example:"false"`
}

// CheckNames refuses a workshop at two sites.
func (r ImportedWorkshop) CheckNames(faults *Faults) {
	r.SourceReference.check(faults)
	r.AtSite.check(faults)
}

// Session is what the row says of the workshop.
func (r ImportedWorkshop) Session(programme string, siteID *string) WorkshopInput {
	return WorkshopInput{Programme: programme, Kind: r.Kind, Title: r.Title, StartsAt: r.StartsAt.UTC().Truncate(time.Microsecond),
		DurationMinutes: r.DurationMinutes, Capacity: r.Capacity, SiteID: siteID}
}

// ImportedRegistration is a row of registrations: a person's place in a workshop, and whether she came.
type ImportedRegistration struct {
	OfWorkshop
	OfEnrolment
	Status    *Attendance `json:"status" doc:"Whether she came: attended, no_show or excused. A workshop whose places all say so is closed by the file, and takes nobody more: send all its places in one file. One whose roll is called in part is refused."`
	Justified *bool       `json:"justified" doc:"Whether an absence (no_show or excused) was justified." example:"true"`
}

// Reference is that of the workshop and of the path: there is one place for both.
func (r ImportedRegistration) Reference() string {
	workshop, path := namedBy(r.WorkshopReference, r.WorkshopID), r.reference()
	if workshop == "" || path == "" {
		return ""
	}
	return workshop + "\x1f" + path // which no reference holds, so that no two pairs read alike
}

// Key is no column, but several.
func (ImportedRegistration) Key() string { return "body" }

// CheckNames refuses a place in no workshop, or of nobody.
func (r ImportedRegistration) CheckNames(faults *Faults) {
	faults.eitherOr("workshop_reference", r.WorkshopReference, "workshop_id", r.WorkshopID)
	faults.eitherOr("enrolment_reference", r.EnrolmentReference, "enrolment_id", r.EnrolmentID)
	if entry, says := r.Called(""); !says {
		faults.justified("justified", entry.Justified, AttendanceScheduled)
	}
}

// Called is what the row says of her in the roll call, where it says anything.
func (r ImportedRegistration) Called(enrolmentID string) (RollCallEntry, bool) {
	entry := RollCallEntry{EnrolmentID: enrolmentID, Justified: r.Justified}
	if r.Status == nil || *r.Status == AttendanceScheduled {
		return entry, false
	}
	entry.Status = Called(*r.Status)
	return entry, true
}
