package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A caseworker works with the enrolments that name her as caseworker and with those that name
// nobody. A colleague's file in her programme opens when she says why: the reason stands in the
// audit trail, beside what she saw.

// ErrAccessReason is the refusal of a colleague's file to a caseworker who gave no reason.
var ErrAccessReason = &Error{Kind: Forbidden, Code: "access_reason_required",
	Message: "A colleague follows this person. To open the file all the same, say why in the header Access-Reason; the reason is kept in the audit trail."}

const reasonAt = "header.Access-Reason"

// Bounds on a reason, in characters.
const (
	shortestReason = 3
	longestReason  = 300
)

// Confined tells whether the actor is kept to her own and unassigned files.
func (a Actor) Confined() bool { return a.Is(Caseworker) && a.AccessReason == "" }

// Probes tells whether a filter, a choice of days, or something else that tells people apart, picks people out of
// colleagues' caseloads for an actor who is kept to her own: of few enough people, a figure is a file.
func (a Actor) Probes(filter Filter, days PeriodInput, apart ...string) bool {
	return a.Confined() && filter.Caseworker != a.Subject && (!filter.IsEmpty() || days != PeriodInput{} || len(apart) > 0)
}

// Because is the actor with the reason that she gives for opening colleagues' files. Only a
// caseworker needs one: from anybody else it would promise an effect that it has not.
func (a Actor) Because(reason string) (Actor, error) {
	reason = strings.TrimSpace(reason)
	var faults Faults
	switch length := utf8.RuneCountInString(reason); {
	case !a.Is(Caseworker):
		faults.AddAt(reasonAt, "not_needed", "Your role needs no reason: leave the header out.")
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unprintable):
		faults.AddAt(reasonAt, "characters", "The reason is one line of printable text.")
	case length < shortestReason || length > longestReason:
		faults.AddAt(reasonAt, "length", "A reason has %d to %d characters.", shortestReason, longestReason)
	case !strings.ContainsFunc(reason, unicode.IsLetter):
		faults.AddAt(reasonAt, "blank", "The reason says something in words.")
	case HoldsNIR(reason):
		faults.AddAt(reasonAt, "nir", "This holds what looks like a social security number (NIR), which may not be kept here.")
	}
	a.AccessReason = reason
	return a, faults.Err()
}

// AccessReasonFault is a refusal of the reason itself.
func AccessReasonFault(code, message string) error {
	var faults Faults
	faults.AddAt(reasonAt, code, "%s", message)
	return faults.Err()
}

func unprintable(r rune) bool { return !unicode.IsGraphic(r) }
