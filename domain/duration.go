package domain

// The law allows nine months of intensive support, and for some people twelve in all (code du travail, art. D. 5316-13).
// A reason is recorded for who goes on beyond nine. Nothing is refused for its length: a path that lasts longer is the
// truth, and is flagged.
const (
	SupportMonths         = 9
	ExtendedSupportMonths = 12
)

// AlertDays is how long before the nine months are over one is told.
const AlertDays = 30

// ExtensionInput is why, and until when, somebody is supported for longer than nine months.
type ExtensionInput struct {
	Reason    string  `json:"reason" required:"true" doc:"Why the support goes on beyond nine months (code du travail, D. 5316-13), in a sentence, without anybody's name. The law names no list of reasons." minLength:"3" maxLength:"500" example:"Entrée en formation prévue en février, logement à stabiliser avant."`
	DecidedOn Date    `json:"decided_on" required:"true" doc:"Day it was decided; not before the entry, not after the exit, not after today. Where nobody decided in time, it is the day on which the reason is given, also when the twelve months are over." example:"2025-12-16"`
	DecidedBy *string `json:"decided_by" doc:"Who decided: the subject that GET /v1/me shows her; whoever records it, when left out." minLength:"1" maxLength:"255" example:"a.leroy"`
	UntilOn   *Date   `json:"until_on" doc:"Day by which the support ends instead: after nine months and at most twelve months after the entry, which it is when left out." example:"2026-03-01"`
}

// Extension is one decision that a path lasts longer than nine months. One stands at a time; one that was revoked is kept.
type Extension struct {
	AuthoredFact
	ExtensionInput
	RevokedOn    *Date   `json:"revoked_on" doc:"Day it was revoked; null while it stands." example:"2026-01-20"`
	RevokeReason *string `json:"revoke_reason" doc:"Why it was revoked." maxLength:"500" example:"Parcours terminé avant les neuf mois."`
}

// ExtensionView is an extension as it is read.
type ExtensionView struct {
	Extension
	AvailableActions []string `json:"available_actions" doc:"What the caller may do with it now." example:"[\"revoke\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// View is the extension as staff read it.
func (x Extension) View() ExtensionView {
	actions := []string{}
	if x.RevokedOn == nil {
		actions = append(actions, "revoke")
	}
	return ExtensionView{Extension: x, AvailableActions: actions}
}

// NewExtension is that decision on that path, or why it cannot be. It can be recorded late, also once the path
// has ended; and decided late: a reason that nobody gave in time is given when its absence is found, and bears that day.
func NewExtension(fact AuthoredFact, e Enrolment, in ExtensionInput, today Date) (Extension, error) {
	x := Extension{AuthoredFact: fact}
	return x, x.write(e, in, today)
}

// Correct rewrites an extension that stands.
func (x *Extension) Correct(e Enrolment, in ExtensionInput, today Date) error {
	if x.RevokedOn != nil {
		return Refused("extension_revoked", "This extension was revoked and is not changed any more: record another.")
	}
	return x.write(e, in, today)
}

func (x *Extension) write(e Enrolment, in ExtensionInput, today Date) error {
	if err := e.MayRecord("decided_on", in.DecidedOn, today); err != nil {
		return err
	}
	var faults Faults
	faults.Text("reason", in.Reason)
	faults.OptionalText("decided_by", in.DecidedBy)
	if e.ExitedOn != nil && in.DecidedOn.After(*e.ExitedOn) {
		faults.Add("decided_on", "after_exit", "The path ended on %s: it was extended on that day or before.", *e.ExitedOn)
	}
	nine, twelve := e.EnteredOn.AddMonths(SupportMonths), e.EnteredOn.AddMonths(ExtendedSupportMonths)
	until := dayOr(in.UntilOn, twelve)
	switch {
	case !until.After(nine):
		faults.Add("until_on", "within_9_months", "Up to %s, nine months after the entry, no extension is needed.", nine)
	case until.After(twelve):
		faults.Add("until_on", "beyond_12_months", "Support lasts at most twelve months in all, here until %s (code du travail, D. 5316-13).", twelve)
	case in.DecidedOn.After(until) && until.Before(twelve):
		faults.Add("decided_on", "after_end", "On that day it had ended already, on %s: say until when it was decided then, or leave until_on out for the whole twelve months.", until)
	}
	in.UntilOn = &until
	if in.DecidedBy == nil {
		in.DecidedBy = &x.Author
	}
	x.ExtensionInput = in
	return faults.Err()
}

// ExtensionRevocation says when, and why, an extension was revoked.
type ExtensionRevocation struct {
	RevokedOn *Date  `json:"revoked_on" doc:"Day it was revoked; today when left out. Not before it was decided." example:"2026-01-20"`
	Reason    string `json:"reason" required:"true" doc:"Why, in a sentence, without anybody's name." minLength:"3" maxLength:"500" example:"Parcours terminé avant les neuf mois."`
}

// Revoke takes an extension back: the path has nine months again, and another extension may be recorded.
func (x *Extension) Revoke(in ExtensionRevocation, today Date) error {
	if x.RevokedOn != nil {
		return Refused("extension_revoked", "This extension was revoked already.")
	}
	if err := (Reason{in.Reason}).Check(); err != nil {
		return err
	}
	day := dayOr(in.RevokedOn, today)
	x.RevokedOn, x.RevokeReason = &day, &in.Reason
	switch {
	case day.After(today):
		return FieldFault("revoked_on", "in_future", "This lies in the future: the day is today or earlier.")
	case day.Before(x.DecidedOn):
		return FieldFault("revoked_on", "before_decision", "The extension was decided on %s: it is revoked on that day or later.", x.DecidedOn)
	}
	return nil
}

// Alert is what the length of a path asks attention for on a day.
type Alert struct {
	Kind    DurationAlert `json:"kind" doc:"What for."`
	SinceOn Date          `json:"since_on" doc:"Since which day." example:"2025-12-02"`
}

// SupportEndsOn is the day by which support has to end, as it stands on that day: nine months after the entry, or until
// when the extension that stands has it, never more than twelve. Whoever leaves on that day is within it.
func (e Enrolment) SupportEndsOn(x *Extension, day Date) Date {
	ends := e.EnteredOn.AddMonths(SupportMonths)
	if x == nil || x.RevokedOn != nil || x.UntilOn == nil || x.DecidedOn.After(day) {
		return ends
	}
	// The entry may have been corrected since it was decided.
	return laterOf(ends, EarlierOf(*x.UntilOn, e.EnteredOn.AddMonths(ExtendedSupportMonths)))
}

// AlertOn is what the length of a path asks attention for on that day; nil for nothing. On the very day of a mark, the
// months have passed. A path that has ended asks for nothing.
func (e Enrolment) AlertOn(x *Extension, day Date) *Alert {
	if e.StatusOn(day) != EnrolmentActive {
		return nil
	}
	nine, twelve, ends := e.EnteredOn.AddMonths(SupportMonths), e.EnteredOn.AddMonths(ExtendedSupportMonths), e.SupportEndsOn(x, day)
	switch {
	case !day.Before(twelve):
		return &Alert{AlertOver12, twelve}
	case !day.Before(ends):
		return &Alert{AlertOver9, ends}
	case ends.After(nine):
		return &Alert{AlertExtended, x.DecidedOn}
	case !day.Before(nine.AddDays(-AlertDays)):
		return &Alert{AlertApproaching, nine.AddDays(-AlertDays)}
	}
	return nil
}

// AlertView is an alert with the path that it is about.
type AlertView struct {
	Alert
	EnrolmentID      string   `json:"enrolment_id" doc:"The path." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	ParticipantID    string   `json:"participant_id" doc:"Whose it is." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Programme        string   `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	CaseworkerID     *string  `json:"caseworker_id" doc:"Who follows her." maxLength:"255" example:"c.martin"`
	EnteredOn        Date     `json:"entered_on" doc:"Day of entry." example:"2025-04-01"`
	SupportEndsOn    Date     `json:"support_ends_on" doc:"Day by which the support has to end." example:"2026-01-01"`
	ExtensionID      *string  `json:"extension_id" doc:"The extension that stands, if any." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000016"`
	ReasonAsked      bool     `json:"reason_asked" doc:"Whether the reason to go on is still to be recorded." example:"true"`
	AvailableActions []string `json:"available_actions" doc:"What the caller may do about it now, under /v1/enrolments/{id}: extend (POST …/extensions), correct-extension (PUT …/extensions/{extension_id}: it ran out before the twelve months), exit (POST …/exit)." example:"[\"extend\",\"exit\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// AlertView is the alert of that path on that day, for a list; nil for none.
func (e Enrolment) AlertView(x *Extension, day Date) *AlertView {
	alert := e.AlertOn(x, day)
	if alert == nil {
		return nil
	}
	view := AlertView{
		Alert: *alert, EnrolmentID: e.ID, ParticipantID: e.ParticipantID, Programme: e.Programme, CaseworkerID: e.CaseworkerID, EnteredOn: e.EnteredOn,
		SupportEndsOn: e.SupportEndsOn(x, day), ReasonAsked: alert.Kind == AlertOver9 || alert.Kind == AlertOver12 && x == nil, AvailableActions: []string{"exit"},
	}
	if x == nil {
		view.AvailableActions = []string{"extend", "exit"}
	} else if view.ExtensionID = &x.ID; alert.Kind == AlertOver9 {
		view.AvailableActions = []string{"correct-extension", "exit"} // it has run out
	}
	return &view
}

// AlertQuery filters the alerts of several enrolments.
type AlertQuery struct {
	Paging
	Kind       DurationAlert `query:"kind" doc:"Only these."`
	Programme  string        `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Caseworker string        `query:"caseworker" doc:"Only those of enrolments that this caseworker follows." maxLength:"255" example:"c.martin"`
}
