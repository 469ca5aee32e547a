package domain

import (
	"slices"
	"strings"
	"time"
)

// Disclosure is how much of what became of a referral its partner may know, by the agreement
// between the programme and that organisation. Each profile holds those before it.
type Disclosure string

const (
	DiscloseStatus           Disclosure = "status"
	DiscloseDeclineReason    Disclosure = "decline_reason"
	DiscloseFirstAppointment Disclosure = "first_appointment"
	DiscloseAttendance       Disclosure = "attendance"
	DiscloseExitClass        Disclosure = "exit_class"
)

// DefaultDisclosure holds where no partnership says otherwise.
const DefaultDisclosure = DiscloseDeclineReason

var disclosures = list("disclosure", "Niveau de partage", "Disclosure profile",
	"What a partner may know of the referrals that it made. Each profile holds those before it. Values of this API.",
	term(DiscloseStatus, "L’état de l’orientation", "Where the referral stands"),
	term(DiscloseDeclineReason, "… et le motif d’un refus", "… and why it was declined"),
	term(DiscloseFirstAppointment, "… et la date du premier rendez-vous", "… and when the first appointment is"),
	term(DiscloseAttendance, "… et la présence aux rendez-vous", "… and how often the person came"),
	term(DiscloseExitClass, "… et la catégorie de sortie", "… and the class of the exit"),
)

// Nomenclature is the list of every Disclosure.
func (Disclosure) Nomenclature() *Nomenclature { return disclosures }

// Codes are the values of the list, in order.
func (Disclosure) Codes() []string { return disclosures.codes() }

// Holds tells whether this profile shows what the other one is named after. One that is not of the
// list holds nothing.
func (d Disclosure) Holds(other Disclosure) bool {
	known := disclosures.codes()
	own, asked := slices.Index(known, string(d)), slices.Index(known, string(other))
	return asked >= 0 && own >= asked
}

// ExitClass is the group of an exit's kind, without the kind.
type ExitClass string

var exitClasses = list("exit_class", "Catégorie de sortie", "Class of exit",
	"The groups of exit_kind, with their names: exit_group of an enrolment, and what a partner may know of an exit. Every group but autre is a positive exit.",
	term(ExitClass(GroupEmploi), "Emploi", "Work"),
	term(ExitClass(GroupFormationCertifianteOuQualifiante), "Formation certifiante ou qualifiante", "Certifying or qualifying training"),
	term(ExitClass(GroupFormationAutre), "Autre formation", "Other training"),
	term(ExitClass(GroupSIAE), "Structure de l’insertion par l’activité économique", "Social enterprise (SIAE)"),
	term(ExitClass(GroupDroitCommun), "Relais vers le droit commun", "Handed over to mainstream services"),
	term(ExitClass(GroupAutre), "Autre sortie", "Other exit"),
)

// Nomenclature is the list of every ExitClass.
func (ExitClass) Nomenclature() *Nomenclature { return exitClasses }

// Codes are the values of the list, in order.
func (ExitClass) Codes() []string { return exitClasses.codes() }

// ClassOf is the class of that kind of exit.
func ClassOf(kind ExitKind) ExitClass { return ExitClass(GroupOf(kind)) }

// Progress is what became of the person after her referral was accepted, as far as anybody outside
// the programme's staff may ever know it: nothing that was said, no place, no kind of exit.
type Progress struct {
	FirstAppointmentAt *time.Time `json:"first_appointment_at" doc:"Start of the first appointment that was not cancelled; null while there is none. A partner reads it where its disclosure profile holds first_appointment." example:"2025-04-08T12:00:00Z"`
	MeetingsAttended   *int       `json:"meetings_attended" doc:"Appointments that the person came to; null before the referral is accepted. A partner reads it where its disclosure profile holds attendance." minimum:"0" example:"3"`
	MeetingsMissed     *int       `json:"meetings_missed" doc:"Appointments that the person did not come to, without calling them off; null before the referral is accepted. A partner reads it where its disclosure profile holds attendance." minimum:"0" example:"1"`
	ExitClass          *ExitClass `json:"exit_class" doc:"Class of the exit; null while there is none. A partner reads it where its disclosure profile holds exit_class."`
}

// Decision is why a referral was declined.
type Decision struct {
	DeclineReason *DeclineReason `json:"decline_reason" doc:"Why it was declined. A partner reads it where its disclosure profile holds decline_reason."`
	DeclineNote   *string        `json:"decline_note" doc:"What the team adds to the reason; the partner reads it with the reason." maxLength:"500" example:"Trois appels sans réponse."`
}

// Under is the decision as a partner of that profile reads it.
func (d Decision) Under(profile Disclosure) Decision {
	if !profile.Holds(DiscloseDeclineReason) {
		return Decision{}
	}
	return d
}

// Under is the progress as a partner of that profile reads it.
func (p Progress) Under(profile Disclosure) Progress {
	if !profile.Holds(DiscloseFirstAppointment) {
		p.FirstAppointmentAt = nil
	}
	if !profile.Holds(DiscloseAttendance) {
		p.MeetingsAttended, p.MeetingsMissed = nil, nil
	}
	if !profile.Holds(DiscloseExitClass) {
		p.ExitClass = nil
	}
	return p
}

// WithheldUnder names the fields of a referral that a partner of that profile never reads. The
// tests hold it against Under.
func WithheldUnder(profile Disclosure) []string {
	withheld := []string{"participant_id", "enrolment_id", "resembles_erased"}
	for _, field := range []struct {
		name string
		held Disclosure
	}{
		{"decline_reason", DiscloseDeclineReason}, {"decline_note", DiscloseDeclineReason}, {"first_appointment_at", DiscloseFirstAppointment},
		{"meetings_attended", DiscloseAttendance}, {"meetings_missed", DiscloseAttendance}, {"exit_class", DiscloseExitClass},
	} {
		if !profile.Holds(field.held) {
			withheld = append(withheld, field.name)
		}
	}
	return withheld
}

// Facts are what an event tells of its referral, as it stood then. Every fact is kept; what a
// partner reads of them is Under its profile on the day it reads.
type Facts struct {
	Status ReferralStatus `json:"status" doc:"Where the referral stood."`
	Decision
	Progress
}

// Facts are what an event about the referral tells now.
func (r Referral) Facts() Facts {
	return Facts{Status: r.Status, Decision: r.Decision, Progress: r.Progress}
}

// Under are the facts as a partner of that profile reads them.
func (f Facts) Under(profile Disclosure) Facts {
	return Facts{Status: f.Status, Decision: f.Decision.Under(profile), Progress: f.Progress.Under(profile)}
}

// News are what happens to a referral, by the action that the trail and the type of the event
// (referral.<action>) call it by, each with the profile from which on a partner learns of it: a
// partner without that profile is not even told that something happened.
var News = map[string]Disclosure{
	"received": DiscloseStatus, "reviewed": DiscloseStatus, "accepted": DiscloseStatus, "declined": DiscloseStatus,
	"withdrawn": DiscloseStatus, "expired": DiscloseStatus, "erased": DiscloseStatus,
	// After a time in which nothing was told of it: where it stands now.
	"resumed":               DiscloseStatus,
	"appointment_scheduled": DiscloseFirstAppointment,
	"attendance_recorded":   DiscloseAttendance,
	"exited":                DiscloseExitClass,
}

// Since names what happened to the referral between two states of its progress.
func (p Progress) Since(before Progress) []string {
	var news []string
	if !sameTime(p.FirstAppointmentAt, before.FirstAppointmentAt) {
		news = append(news, "appointment_scheduled")
	}
	if valueOr(p.MeetingsAttended, 0) != valueOr(before.MeetingsAttended, 0) || valueOr(p.MeetingsMissed, 0) != valueOr(before.MeetingsMissed, 0) {
		news = append(news, "attendance_recorded")
	}
	if valueOr(p.ExitClass, "") != valueOr(before.ExitClass, "") {
		news = append(news, "exited")
	}
	return news
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

// Partnership is what a programme agreed with an organisation that refers to it.
type Partnership struct {
	OrganisationID string     `json:"organisation_id" required:"true" doc:"The organisation that refers." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	Disclosure     Disclosure `json:"disclosure" required:"true" doc:"What it may know of its referrals."`
}

// PartnershipList is what a programme agreed with whom.
type PartnershipList struct {
	Items []Partnership `json:"items" required:"true" doc:"Every agreement of the programme; writing replaces the whole list. An organisation that is not in it reads the status of its referrals and why one was declined." maxItems:"500" nullable:"false"`
}

// PartnershipsOf is the list as it is read; it is replaced whole, so it has one version.
type PartnershipsOf struct {
	PartnershipList
	Version int `json:"version" doc:"Version of the list, also its ETag; 0 while none was ever written, and for a partner, who does not learn that another's agreement changed." example:"1" minimum:"0"`
}

// Revision is the version of the list.
func (p PartnershipsOf) Revision() int { return p.Version }

// CheckKnown refuses an organisation that is not among those recorded.
func CheckKnown(items []Partnership, recorded []string) error {
	var faults Faults
	for i, item := range items {
		if !slices.Contains(recorded, strings.ToLower(item.OrganisationID)) {
			faults.Add("items["+itoa(i)+"].organisation_id", "unknown", "There is no such organisation.")
		}
	}
	return faults.Err()
}

// CheckPartnerships refuses an organisation that is named twice.
func CheckPartnerships(items []Partnership) error {
	var faults Faults
	seen := map[string]bool{}
	for i, item := range items {
		id := strings.ToLower(item.OrganisationID)
		if seen[id] {
			faults.Add("items["+itoa(i)+"].organisation_id", "repeated", "This organisation is already in the list.")
		}
		seen[id] = true
	}
	return faults.Err()
}
