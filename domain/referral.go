package domain

import (
	"reflect"
	"slices"
	"time"
)

// ReferralInput is what a partner writes: a request that a person be taken on. A person is
// accepted with little: names, consent, and one way to reach her.
type ReferralInput struct {
	Programme         string  `json:"programme" required:"true" doc:"Slug of the programme the person is referred to." minLength:"2" maxLength:"60" example:"o2r-somme"`
	ExternalReference *string `json:"external_reference" doc:"The partner's own reference, unique among its referrals: the same content sent again answers 200 with the referral already there, other content 409." minLength:"1" maxLength:"100" example:"SPIP80-2025-0042"`
	Identity
	Contact
	JusticeStatus   *JusticeStatus `json:"justice_status" doc:"Under which justice supervision the person is; never the offence. Sensitive."`
	Barriers        Barriers       `json:"barriers" doc:"What stands between the person and work, as far as the partner knows. Coded needs only, no diagnosis." maxItems:"16" nullable:"false"`
	Reason          *string        `json:"reason" doc:"Why the person is referred. No offence, no diagnosis, no social security number." maxLength:"2000" example:"Souhaite reprendre un emploi dans le bâtiment."`
	ConsentedOn     Date           `json:"consented_on" required:"true" doc:"Day the person agreed to be referred; not after today." example:"2025-03-20"`
	ReferrerName    *string        `json:"referrer_name" doc:"The professional who refers." maxLength:"200" example:"M. Conseiller"`
	ReferrerEmail   *string        `json:"referrer_email" doc:"How to reach that professional." format:"email" maxLength:"254" example:"conseiller@example.org"`
	ReferrerPhone   *string        `json:"referrer_phone" doc:"How to reach that professional." pattern:"^[+0-9][0-9 .()/-]{3,29}$" patternDescription:"a telephone number, such as 06 39 98 12 34" maxLength:"30" example:"03 22 00 00 00"`
	PreferredSiteID *string        `json:"preferred_site_id" doc:"The site the person would rather come to." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
}

// Referral is a partner's request that a person be taken on.
type Referral struct {
	Stamp
	OrganisationID string `json:"organisation_id" doc:"The partner that refers." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	ReferralInput
	Status     ReferralStatus `json:"status" doc:"Where the referral stands."`
	Sandbox    bool           `json:"sandbox" doc:"Whether it is of the sandbox: it counts nowhere, only the partner's programs in the sandbox see it, and decisions on it are simulated. Erased a month later." example:"false"`
	ReceivedAt time.Time      `json:"received_at" doc:"When it was received." example:"2025-03-21T10:00:00Z"`
	ReviewedAt *time.Time     `json:"reviewed_at" doc:"When somebody began to look into it." example:"2025-03-24T09:00:00Z"`
	DecidedAt  *time.Time     `json:"decided_at" doc:"When it was accepted, declined, withdrawn, or expired." example:"2025-03-28T14:00:00Z"`
	ExpiresOn  *Date          `json:"expires_on" doc:"First day on which it is expired if nobody has decided; null where the programme sets no delay." example:"2025-05-20"`
	Decision
	Progress
	ParticipantID *string    `json:"participant_id" doc:"The participant it led to. Shown to the programme's staff only." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	EnrolmentID   *string    `json:"enrolment_id" doc:"The enrolment it opened. Shown to the programme's staff only." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	RemindedAt    *time.Time `json:"reminded_at" doc:"When its team was reminded that it is about to expire. Shown to the programme's staff only, null for others." example:"2025-05-06T00:10:00Z"`
	// Somebody like this was erased before. It is found when the referral arrives.
	ResemblesErased *bool `json:"resembles_erased" doc:"Somebody of these names and day of birth, or with this telephone number or e-mail address, was once erased: ask the person before going on. Shown to the programme's staff only, null for others." example:"false"`
}

// ReferralView is a referral as that caller reads it.
type ReferralView struct {
	Referral
	InTargetedTerritory *bool    `json:"in_targeted_territory" doc:"Whether the territory is on the programme's targeted list; null where none is known. Somebody from outside is flagged, never refused." example:"true"`
	ProbableMatches     *int     `json:"probable_matches" doc:"How many files of the programme and other referrals to it are likelier than not of this person, today; GET …/matches says which and why. Shown to the programme's staff only and until it is decided; null otherwise." minimum:"0" maximum:"100" example:"1"`
	AvailableActions    []string `json:"available_actions" doc:"What the caller may do with it now." example:"[\"review\",\"accept\",\"decline\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// ReferralQuery filters a list of referrals.
type ReferralQuery struct {
	Paging
	Programme         string         `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Status            ReferralStatus `query:"status" doc:"Only those that stand here."`
	ExternalReference string         `query:"external_reference" doc:"Only the one with this reference of the partner." maxLength:"100" example:"SPIP80-2025-0042"`
	ExpiringBy        Date           `query:"expiring_by" doc:"Only those still to be decided that expire on or before this day." example:"2025-05-20"`
	UpdatedSince      time.Time      `query:"updated_since" doc:"Only those changed at or after this instant." example:"2025-03-21T10:00:00Z"`
}

// Decline is a refusal, with its reason.
type Decline struct {
	DeclineReason DeclineReason `json:"decline_reason" required:"true" doc:"Why the person is not taken on."`
	DeclineNote   *string       `json:"decline_note" doc:"What to tell the partner beside it." maxLength:"500" example:"Trois appels sans réponse."`
}

// Acceptance says whom a referral led to and how she enters. What is left out is taken from
// the referral: a new participant with its identity, its territory, its justice status.
type Acceptance struct {
	ParticipantID *string `json:"participant_id" doc:"The participant this person already is; a new one is recorded when left out." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	EnteredOn     *Date   `json:"entered_on" doc:"Day of entry; today when left out." example:"2025-04-01"`
	TerritoryCode *string `json:"territory_code" doc:"Commune or priority quarter on entry; the referral's when left out." minLength:"5" maxLength:"8" example:"80253"`
	CaseworkerID  *string `json:"caseworker_id" doc:"The caseworker who will follow her: the subject that GET /v1/me shows her." minLength:"1" maxLength:"255" example:"c.martin"`
	SiteID        *string `json:"site_id" doc:"The site where she will be received; the preferred one when left out." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	Situation
}

// Check refuses a referral that cannot be, seen from today.
func (in ReferralInput) Check(today Date) error {
	var faults Faults
	in.Identity.check(&faults, today)
	faults.OptionalText("external_reference", in.ExternalReference)
	faults.OptionalText("reason", in.Reason)
	faults.OptionalText("referrer_name", in.ReferrerName)
	if in.ConsentedOn.After(today) {
		faults.Add("consented_on", "in_future", "The person agrees before she is referred.")
	}
	if in.BirthDate != nil && in.ConsentedOn.Before(*in.BirthDate) {
		faults.Add("consented_on", "before_birth", "The person agrees after she is born.")
	}
	if in.Phone == nil && in.Email == nil && in.ReferrerPhone == nil && in.ReferrerEmail == nil {
		faults.Add("phone", "unreachable", "Give one way to reach the person: phone, email, or the referrer_phone or referrer_email of who refers her.")
	}
	for i, barrier := range in.Barriers {
		if slices.Contains(in.Barriers[:i], barrier) {
			faults.Add("barriers["+itoa(i)+"]", "repeated", "This barrier is already in the list.")
		}
	}
	return faults.Err()
}

// SentAgainAs tells whether a partner sent the same content again. Of a referral that is decided, the
// detail of the justice status may be kept no more, and does not tell two apart.
func (r Referral) SentAgainAs(in ReferralInput) bool {
	before := r.ReferralInput
	if !r.Open() {
		before.JusticeStatus, _ = DropJusticeDetail(before.JusticeStatus)
		in.JusticeStatus, _ = DropJusticeDetail(in.JusticeStatus)
	}
	return reflect.DeepEqual(before.plain(), in.plain())
}

func (in ReferralInput) plain() ReferralInput {
	if len(in.Barriers) == 0 {
		in.Barriers = nil
	}
	return in
}

// OpenReferrals are where a referral stands that nobody has decided yet.
var OpenReferrals = []ReferralStatus{ReferralReceived, ReferralUnderReview}

// Open tells whether nobody has decided yet.
func (r Referral) Open() bool {
	return slices.Contains(OpenReferrals, r.Status)
}

// MayBeFollowed refuses to enrol somebody beside a referral that is still to be decided.
func (r Referral) MayBeFollowed() error {
	if r.Open() {
		return Refused("referral_open", "This referral is still to be decided: accept it, which enrols the person.")
	}
	return nil
}

// Review says that somebody is looking into it.
func (r *Referral) Review(now time.Time) error {
	if r.Status != ReferralReceived {
		return r.refusal("reviewed")
	}
	r.Status, r.ReviewedAt = ReferralUnderReview, &now
	return nil
}

// Accept takes the person on.
func (r *Referral) Accept(participantID, enrolmentID string, now time.Time) error {
	if !r.Open() {
		return r.refusal("accepted")
	}
	r.Status, r.DecidedAt, r.ParticipantID, r.EnrolmentID = ReferralAccepted, &now, &participantID, &enrolmentID
	r.MeetingsAttended, r.MeetingsMissed = new(int), new(int)
	return nil
}

// AcceptInSandbox is the answer that a partner would get; nobody is taken on.
func (r *Referral) AcceptInSandbox(acceptance Acceptance, now time.Time) error {
	if acceptance.ParticipantID != nil {
		return FieldFault("participant_id", "sandbox", "A referral of the sandbox leads to nobody: leave participant_id out.")
	}
	r.Status, r.DecidedAt = ReferralAccepted, &now
	r.MeetingsAttended, r.MeetingsMissed = new(int), new(int)
	return nil
}

// Decline refuses the person, with a reason.
func (r *Referral) Decline(decline Decline, now time.Time) error {
	if !r.Open() {
		return r.refusal("declined")
	}
	var faults Faults
	faults.OptionalText("decline_note", decline.DeclineNote)
	if err := faults.Err(); err != nil {
		return err
	}
	r.Status, r.DecidedAt, r.DeclineReason, r.DeclineNote = ReferralDeclined, &now, &decline.DeclineReason, decline.DeclineNote
	return nil
}

// Withdraw takes the request back, before a decision.
func (r *Referral) Withdraw(now time.Time) error {
	if !r.Open() {
		return r.refusal("withdrawn")
	}
	r.Status, r.DecidedAt = ReferralWithdrawn, &now
	return nil
}

func (r Referral) refusal(done string) error {
	return Refused("referral_"+string(r.Status), "This referral is %s and can no longer be %s.", r.Status, done)
}

// AvailableTo lists what that actor may do with the referral now.
func (r Referral) AvailableTo(actor Actor) []string {
	actions := []string{}
	if !r.Open() {
		return actions
	}
	if actor.Staff() && actor.In(r.Programme) || actor.Sandbox && r.Sandbox && actor.OrganisationID == r.OrganisationID {
		if r.Status == ReferralReceived {
			actions = append(actions, "review")
		}
		actions = append(actions, "accept", "decline")
	}
	if actor.OrganisationID == r.OrganisationID {
		actions = append(actions, "withdraw")
	}
	return actions
}

// View is the referral as that actor reads it. A partner learns what became of its request, as far
// as its profile goes, and not which file it led to, nor whether anybody knows the person already.
func (r Referral) View(actor Actor, profile Disclosure, targeted *bool, matches *int) ReferralView {
	if !actor.Staff() {
		r.ParticipantID, r.EnrolmentID, r.ResemblesErased, r.RemindedAt, matches = nil, nil, nil, nil, nil
		r.Decision, r.Progress = r.Decision.Under(profile), r.Progress.Under(profile)
		if !r.Open() { // the detail goes some months after the exit: seen to go, it would tell of that day
			r.JusticeStatus, _ = DropJusticeDetail(r.JusticeStatus)
		}
	}
	return ReferralView{Referral: r, InTargetedTerritory: targeted, ProbableMatches: matches, AvailableActions: r.AvailableTo(actor)}
}

// Participant is the person the referral speaks of.
func (in ReferralInput) Participant() ParticipantInput {
	return ParticipantInput{Identity: in.Identity, Contact: in.Contact}
}

// Enrolment is the entry that accepting the referral opens.
func (r Referral) Enrolment(participantID string, acceptance Acceptance, today Date) EnrolmentInput {
	in := EnrolmentInput{
		ParticipantID: participantID,
		Programme:     r.Programme,
		EnteredOn:     today,
		TerritoryCode: firstOf(acceptance.TerritoryCode, r.TerritoryCode),
		CaseworkerID:  acceptance.CaseworkerID,
		SiteID:        firstOf(acceptance.SiteID, r.PreferredSiteID),
		ReferralID:    &r.ID,
		Situation:     acceptance.Situation,
	}
	if acceptance.EnteredOn != nil {
		in.EnteredOn = *acceptance.EnteredOn
	}
	in.JusticeStatus = firstOf(in.JusticeStatus, r.JusticeStatus)
	return in
}

func firstOf[T any](choices ...*T) *T {
	for _, choice := range choices {
		if choice != nil {
			return choice
		}
	}
	return nil
}
