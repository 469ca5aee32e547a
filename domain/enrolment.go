package domain

import "time"

// Situation is what is known of a person on the day she enters. Any of it may be unknown,
// which is not the same as no.
type Situation struct {
	JusticeStatus        *JusticeStatus     `json:"justice_status" doc:"Under which justice supervision the person is, or was; never the offence. Sensitive: shown to the staff of the programme only."`
	EducationLevel       *EducationLevel    `json:"education_level" doc:"Highest diploma obtained."`
	JobSeeker            *bool              `json:"job_seeker" doc:"Registered with France Travail on entry." example:"true"`
	JobSeekerSince       *Date              `json:"job_seeker_since" doc:"Since when registered without a break; only for a job seeker, on or before the entry." example:"2024-02-01"`
	WithoutResources     *bool              `json:"without_resources" doc:"Has no income at all." example:"false"`
	Disengaged           *bool              `json:"disengaged" doc:"In rupture: neither in work, training nor in contact with the employment service for five months." example:"false"`
	EligibilityGround    *EligibilityGround `json:"eligibility_ground" doc:"Why the person may be taken on (arrêté of 26 June 2024, annex 1)."`
	LastNetworkContactOn *Date              `json:"last_network_contact_on" doc:"Last contact with a referent of the réseau pour l'emploi." example:"2024-09-15"`
	ReferralOrigin       *ReferralOrigin    `json:"referral_origin" doc:"How the person came, when no partner referred her."`
}

// EnrolmentInput is what staff write when a person enters a programme.
type EnrolmentInput struct {
	ParticipantID string  `json:"participant_id" required:"true" doc:"The person who enters." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Programme     string  `json:"programme" required:"true" doc:"Slug of the programme she enters." minLength:"2" maxLength:"60" example:"o2r-somme"`
	EnteredOn     Date    `json:"entered_on" required:"true" doc:"Day of entry: the first diagnostic, or the charter's signature." example:"2025-04-01"`
	TerritoryCode *string `json:"territory_code" doc:"Commune or priority quarter where she lives on entry; her own when left out." minLength:"5" maxLength:"8" example:"80253"`
	CaseworkerID  *string `json:"caseworker_id" doc:"The caseworker who follows her: the subject that GET /v1/me shows her." minLength:"1" maxLength:"255" example:"c.martin"`
	SiteID        *string `json:"site_id" doc:"The site where she is received." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	ReferralID    *string `json:"referral_id" doc:"The referral she came by, of the same programme and decided already: accepting one enrols by itself. Once set, it stays." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000003"`
	Situation
}

// Exit is how a path ended.
type Exit struct {
	ExitedOn       Date     `json:"exited_on" required:"true" doc:"Day the path ended; not before the entry, not after today." example:"2025-10-15"`
	Kind           ExitKind `json:"kind" required:"true" doc:"What the path ended with."`
	FollowUpAgreed *bool    `json:"follow_up_agreed" doc:"After an exit to work or training: the person agreed to be followed for up to six months." example:"true"`
}

// Reason says why something unusual was done. It is kept in the history of the person's file,
// and goes with it; the audit trail, which nobody can erase from, holds no such text.
type Reason struct {
	Reason string `json:"reason" required:"true" doc:"Why, in a sentence, without anybody's name." minLength:"3" maxLength:"500" example:"Saisie en double."`
}

// Check refuses an empty reason.
func (r Reason) Check() error {
	var faults Faults
	faults.Text("reason", r.Reason)
	return faults.Err()
}

// Enrolment is one participant's path through one programme.
type Enrolment struct {
	Stamp
	EnrolmentInput
	ExitedOn *Date     `json:"exited_on" doc:"Day the path ended; null while it goes on." example:"2025-10-15"`
	ExitKind *ExitKind `json:"exit_kind" doc:"What the path ended with; null while it goes on."`
	FollowUpConsent
	VoidedAt   *time.Time `json:"voided_at" doc:"When it was found to have been recorded by mistake: it then counts nowhere." example:"2025-10-15T08:00:00Z"`
	VoidReason *string    `json:"void_reason" doc:"Why it was voided." maxLength:"500" example:"Saisie en double."`
	FoldedInto *string    `json:"folded_into" doc:"The enrolment that stands for this one since the person's two files were merged: what was recorded here is there. Null otherwise." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
}

// EnrolmentView is an enrolment as it is read: with what follows from it today.
type EnrolmentView struct {
	Enrolment
	Status              EnrolmentStatus `json:"status" doc:"Where the path stands today. closed says that nothing of it goes on; its six-month checkpoint may still be due (GET /v1/checkpoints)."`
	ExitGroup           *ExitClass      `json:"exit_group" doc:"The group of the exit's kind, as in the nomenclatures exit_kind and exit_class: work, training, SIAE… Every group but autre is a positive exit. Null while the path goes on."`
	SupportEndsOn       Date            `json:"support_ends_on" doc:"Day by which support has to end: nine months after the entry, or as it was extended, at most twelve (code du travail, D. 5316-13). Whoever leaves on that day is within it." example:"2026-01-01"`
	Alerts              []Alert         `json:"alerts" doc:"What the length of a path that goes on asks attention for today." maxItems:"5" nullable:"false"`
	InTargetedTerritory *bool           `json:"in_targeted_territory" doc:"Whether the territory at entry is on the programme's targeted list; null where no territory is known. Somebody from outside is flagged, never refused." example:"true"`
	AvailableActions    []string        `json:"available_actions" doc:"What the caller may do with it now, each by a POST to …/ and its name; but extend by …/extensions and record-follow-up by …/follow-ups." example:"[\"exit\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// Exited is a path that has just ended, with what is still to come on it: nothing of it is called off by the exit.
type Exited struct {
	EnrolmentView
	MeetingsToCome  int `json:"meetings_to_come" doc:"How many meetings are still scheduled, with their places in slots: cancel those that will not be held." minimum:"0" maximum:"100000" example:"1"`
	WorkshopsToCome int `json:"workshops_to_come" doc:"In how many workshops to come the person still has a place: give back those that she will not use." minimum:"0" maximum:"100000" example:"0"`
}

// FollowUpMonths is how long after an exit to work or training a person who agreed is followed.
const FollowUpMonths = 6

// Check refuses an entry that cannot be, seen from today.
func (in EnrolmentInput) Check(programme Programme, birth *Date, today Date) error {
	var faults Faults
	faults.OptionalText("caseworker_id", in.CaseworkerID)
	in.Situation.check(&faults, in.EnteredOn)
	if in.EnteredOn.After(today) {
		faults.Add("entered_on", "in_future", "This lies in the future: an entry is recorded once it has happened, today or earlier.")
	}
	if in.EnteredOn.Before(programme.StartsOn) || in.EnteredOn.After(programme.EndsOn) {
		faults.Add("entered_on", "outside_programme", "The programme takes people on from %s to %s.", programme.StartsOn, programme.EndsOn)
	}
	if birth != nil && birth.AgeOn(in.EnteredOn) < YoungestAge {
		faults.Add("entered_on", "too_young", "The participant is younger than %d on that day.", YoungestAge)
	}
	return faults.Err()
}

func (s Situation) check(faults *Faults, enteredOn Date) {
	if s.JobSeekerSince != nil {
		if s.JobSeeker == nil || !*s.JobSeeker {
			faults.Add("job_seeker_since", "not_job_seeker", "Only somebody whose job_seeker is true has such a date.")
		}
		if s.JobSeekerSince.After(enteredOn) {
			faults.Add("job_seeker_since", "after_entry", "The situation is that of the entry: this day lies after entered_on.")
		}
	}
	if s.LastNetworkContactOn != nil && s.LastNetworkContactOn.After(enteredOn) {
		faults.Add("last_network_contact_on", "after_entry", "The situation is that of the entry: this day lies after entered_on.")
	}
}

// StatusOn tells where the path stands on that day. After an exit to work or training a person
// who agreed is followed up for six months; then the path is closed.
func (e Enrolment) StatusOn(day Date) EnrolmentStatus {
	switch {
	case e.VoidedAt != nil:
		return EnrolmentVoided
	case e.ExitedOn == nil || e.ExitedOn.After(day):
		return EnrolmentActive
	case e.FollowUpAgreed == nil || !*e.FollowUpAgreed:
		return EnrolmentExited
	case day.Before(e.ExitedOn.AddMonths(FollowUpMonths)):
		return EnrolmentFollowUp
	}
	return EnrolmentClosed
}

// View is the enrolment as that actor reads it on that day, with the extension of it that stands.
func (e Enrolment) View(actor Actor, day Date, targeted *bool, extension *Extension) EnrolmentView {
	view := EnrolmentView{Enrolment: e, Status: e.StatusOn(day), SupportEndsOn: e.SupportEndsOn(extension, day), Alerts: []Alert{}, InTargetedTerritory: targeted, AvailableActions: []string{}}
	if alert := e.AlertOn(extension, day); alert != nil {
		view.Alerts = append(view.Alerts, *alert)
	}
	if e.ExitKind != nil {
		view.ExitGroup = new(ClassOf(*e.ExitKind))
	}
	may := func(action string, when bool) {
		if when {
			view.AvailableActions = append(view.AvailableActions, action)
		}
	}
	if actor.Staff() && e.VoidedAt == nil {
		ended := e.ExitedOn != nil
		may("exit", !ended)
		may("extend", !ended && extension == nil)
		may("reopen", ended)
		followed := !e.FollowUpEndsOn().IsZero() && !day.After(e.FollowUpEndsOn())
		may("follow-up-agreement", followed)
		may("record-follow-up", !e.ContactedUntil().IsZero() && !day.After(e.ContactedUntil()) && e.FollowUpAgreed != nil && *e.FollowUpAgreed)
	}
	if actor.Is(Coordinator) && e.VoidedAt == nil {
		view.AvailableActions = append(view.AvailableActions, "void")
	}
	return view
}

// Leave ends the path.
func (e *Enrolment) Leave(exit Exit, today Date) error {
	if err := e.MustStand(); err != nil {
		return err
	}
	if e.ExitedOn != nil {
		return Refused("already_exited", "This enrolment has already ended: reopen it to correct the exit.")
	}
	var faults Faults
	if exit.ExitedOn.Before(e.EnteredOn) {
		faults.Add("exited_on", "before_entry", "The exit lies before the entry of %s.", e.EnteredOn)
	}
	if exit.ExitedOn.After(today) {
		faults.Add("exited_on", "in_future", "This lies in the future: an exit is recorded once it has happened, today or earlier.")
	}
	if exit.FollowUpAgreed != nil && *exit.FollowUpAgreed && !exit.Kind.Followed() {
		faults.Add("follow_up_agreed", "no_follow_up", "Only an exit to work or training is followed up.")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	e.ExitedOn, e.ExitKind = &exit.ExitedOn, &exit.Kind
	e.FollowUpConsent.begin(exit.FollowUpAgreed, exit.ExitedOn)
	return nil
}

// Followed tells whether an exit of this kind is followed up: to work, or to training.
func (k ExitKind) Followed() bool {
	switch GroupOf(k) {
	case GroupEmploi, GroupFormationCertifianteOuQualifiante, GroupFormationAutre:
		return true
	}
	return false
}

// Reopen takes an exit back, and what was said of the follow-up with it. Contacts made since are kept.
func (e *Enrolment) Reopen() error {
	if err := e.MustStand(); err != nil {
		return err
	}
	if e.ExitedOn == nil {
		return Refused("not_exited", "This enrolment has not ended.")
	}
	e.ExitedOn, e.ExitKind, e.FollowUpConsent = nil, nil, FollowUpConsent{}
	return nil
}

// Void says that the enrolment was recorded by mistake: it counts nowhere from now on.
func (e *Enrolment) Void(reason string, now time.Time) error {
	if err := e.MustStand(); err != nil {
		return err
	}
	e.VoidedAt, e.VoidReason = &now, &reason
	return nil
}

// MayCiteReferral refuses to give a path another referral than the one it was opened by.
func (e Enrolment) MayCiteReferral(referralID *string) error {
	if e.ReferralID != nil && (referralID == nil || *referralID != *e.ReferralID) {
		return FieldFault("referral_id", "fixed", "An enrolment keeps the referral it was opened by.")
	}
	return nil
}

// MustStand refuses to record anything on an enrolment that was voided.
func (e Enrolment) MustStand() error {
	if e.VoidedAt != nil {
		return Refused("voided", "This enrolment was voided: nothing can be recorded on it.")
	}
	return nil
}

// MayRecord refuses facts on an enrolment that was voided, and facts dated before the entry
// or after today.
func (e Enrolment) MayRecord(field string, day, today Date) error {
	if err := e.MustStand(); err != nil {
		return err
	}
	if day.Before(e.EnteredOn) {
		return FieldFault(field, "before_entry", "This day lies before the entry of %s.", e.EnteredOn)
	}
	if day.After(today) {
		return FieldFault(field, "in_future", "This lies in the future: the day is today or earlier.")
	}
	return nil
}
