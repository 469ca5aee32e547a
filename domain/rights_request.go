package domain

// RightsKind is what somebody asks for under the general data protection regulation.
type RightsKind string

// The articles of the regulation that give each right.
const (
	RightAccess        RightsKind = "access"        // 15
	RightRectification RightsKind = "rectification" // 16
	RightErasure       RightsKind = "erasure"       // 17
	RightRestriction   RightsKind = "restriction"   // 18
	RightPortability   RightsKind = "portability"   // 20
	RightObjection     RightsKind = "objection"     // 21
)

// Codes are the values, in the order of the articles.
func (RightsKind) Codes() []string {
	return []string{string(RightAccess), string(RightRectification), string(RightErasure), string(RightRestriction), string(RightPortability), string(RightObjection)}
}

// RightsStatus is where a request stands.
type RightsStatus string

const (
	RightsOpen     RightsStatus = "open"
	RightsAnswered RightsStatus = "answered"
	RightsRefused  RightsStatus = "refused"
)

// Codes are the values, in order.
func (RightsStatus) Codes() []string {
	return []string{string(RightsOpen), string(RightsAnswered), string(RightsRefused)}
}

// RightsRequestInput is what the data protection officer writes of a request.
type RightsRequestInput struct {
	Kind            RightsKind   `json:"kind" required:"true" doc:"What is asked for."`
	ReceivedOn      Date         `json:"received_on" required:"true" doc:"Day it was received; not after today." example:"2026-01-31"`
	ParticipantID   *string      `json:"participant_id" doc:"Whose file it is about, once that is known." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	ExtensionReason *string      `json:"extension_reason" doc:"Why the answer takes up to two months longer. The person is told within the first month; giving it extends due_on." minLength:"3" maxLength:"500" example:"Dossier partagé entre deux opérateurs."`
	Status          RightsStatus `json:"status" required:"true" doc:"Where it stands. A refusal says why in note."`
	AnsweredOn      *Date        `json:"answered_on" doc:"Day it was answered or refused; null while it is open." example:"2026-02-20"`
	Note            *string      `json:"note" doc:"What is worth remembering: how the person's identity was checked, what was answered." minLength:"1" maxLength:"2000" example:"Identité vérifiée sur place; copie remise en main propre."`
}

// RightsRequest is one request in the register.
type RightsRequest struct {
	Stamp
	RightsRequestInput
	DueOn Date `json:"due_on" doc:"Last day for the answer: one month after it was received, three where it was extended." example:"2026-02-28"`
}

// The time for an answer, in months (article 12.3).
const (
	AnswerMonths    = 1
	ExtensionMonths = 2
)

// DueOn is the last day for the answer.
func (in RightsRequestInput) DueOn() Date {
	if in.ExtensionReason != nil {
		return in.ReceivedOn.AddMonths(AnswerMonths + ExtensionMonths)
	}
	return in.ReceivedOn.AddMonths(AnswerMonths)
}

// Check refuses a request that cannot be, seen from today. Extended says that it was before.
func (in RightsRequestInput) Check(today Date, extended bool) error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	faults.OptionalText("extension_reason", in.ExtensionReason)
	if in.ReceivedOn.After(today) {
		faults.Add("received_on", "in_future", "This lies in the future: a request is recorded once it is there, today or earlier.")
	}
	if in.ExtensionReason != nil && !extended && today.After(in.ReceivedOn.AddMonths(AnswerMonths)) {
		faults.Add("extension_reason", "too_late", "The person is told of an extension within a month of her request: that time is over.")
	}
	switch {
	case in.Status == RightsOpen && in.AnsweredOn != nil:
		faults.Add("answered_on", "still_open", "An open request has no such day.")
	case in.Status == RightsOpen:
	case in.AnsweredOn == nil:
		faults.Add("answered_on", "required", "Say on which day it was answered.")
	case in.AnsweredOn.Before(in.ReceivedOn):
		faults.Add("answered_on", "before_received", "This day lies before the request.")
	case in.AnsweredOn.After(today):
		faults.Add("answered_on", "in_future", "This lies in the future: the day is today or earlier.")
	}
	if in.Status == RightsRefused && in.Note == nil {
		faults.Add("note", "required", "Say why it is refused: the person has a right to know.")
	}
	return faults.Err()
}

// RightsRequestQuery filters the register.
type RightsRequestQuery struct {
	Paging
	Status        RightsStatus `query:"status" doc:"Only those that stand here."`
	Kind          RightsKind   `query:"kind" doc:"Only those for this."`
	ParticipantID string       `query:"participant_id" doc:"Only those about this person." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Overdue       bool         `query:"overdue" doc:"Only open ones whose last day is over." example:"true"`
}
