package domain

import "time"

// RestrictionInput freezes a person's file, or lifts that (general data protection regulation, article 18).
type RestrictionInput struct {
	Restricted *bool  `json:"restricted" required:"true" nullable:"false" doc:"true freezes the file: only the data protection officer reads it, and nobody writes it. false lifts that. The figures go on counting the person." example:"true"`
	Reason     string `json:"reason" required:"true" doc:"Why. It is kept in the history of the file." minLength:"3" maxLength:"500" example:"Exactitude contestée par la personne."`
}

// ErasureInput is the reason for an erasure. It outlives the person's file, and so names nobody.
type ErasureInput struct {
	Reason string `json:"reason" required:"true" doc:"Why, without anybody's name: it is kept in the register and in the audit trail." minLength:"3" maxLength:"500" example:"Demande d'effacement du 2 juin 2026."`
}

// ErasureOrigin is what led to an erasure.
type ErasureOrigin string

const (
	ErasedOnRequest   ErasureOrigin = "request"
	ErasedByRetention ErasureOrigin = "retention"
)

// Codes are the values, in order.
func (ErasureOrigin) Codes() []string {
	return []string{string(ErasedOnRequest), string(ErasedByRetention)}
}

// Erasure says that a person was erased. It is all that can be read of her: her identifier is a
// pseudonym now, which only her figures and the audit trail carry.
type Erasure struct {
	ParticipantID string        `json:"participant_id" doc:"What the person's file was." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	ErasedAt      time.Time     `json:"erased_at" doc:"When." example:"2026-06-02T08:00:00Z"`
	ErasedBy      string        `json:"erased_by" doc:"Who did it: the subject of her token, or the program." maxLength:"255" example:"dpo"`
	Origin        ErasureOrigin `json:"origin" doc:"What led to it."`
	Reason        string        `json:"reason" doc:"Why." maxLength:"500" example:"Demande d'effacement du 2 juin 2026."`
	Enrolments    int           `json:"enrolments" doc:"Enrolments kept as figures, without identity." minimum:"0" maximum:"100000" example:"1"`
	Referrals     int           `json:"referrals" doc:"Referrals kept as figures, without identity." minimum:"0" maximum:"100000" example:"1"`
	Appointments  int           `json:"appointments" doc:"Meetings kept as figures, without what was written of them." minimum:"0" maximum:"1000000" example:"12"`
}

// FieldChange is one value that a field of a file had before somebody changed it.
type FieldChange struct {
	ID        string    `json:"id" doc:"Identifier of the change." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000a"`
	Kind      string    `json:"kind" doc:"participant, enrolment, or what was recorded on an enrolment." enum:"participant,enrolment,diagnostic,barrier,strength,charter,objective,action,proposal,immersion,follow_up,extension" maxLength:"20" example:"participant"`
	RecordID  string    `json:"record_id" doc:"The record that was changed." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Version   int       `json:"version" doc:"The version that the change made." minimum:"1" example:"2"`
	Field     string    `json:"field" doc:"The field." maxLength:"60" example:"phone"`
	OldValue  *string   `json:"old_value" doc:"What stood there before, as text; null where nothing was known." maxLength:"2000" example:"06 39 98 12 34"`
	Reason    *string   `json:"reason" doc:"Why, where a reason was asked for." maxLength:"500" example:"Saisie en double."`
	ChangedAt time.Time `json:"changed_at" doc:"When." example:"2025-06-02T08:00:00Z"`
	ChangedBy string    `json:"changed_by" doc:"By whom: the subject of her token." maxLength:"255" example:"c.martin"`
}

// Key is the change's identifier.
func (c FieldChange) Key() string { return c.ID }

// Check refuses an empty reason.
func (in ErasureInput) Check() error { return Reason(in).Check() }

// Restrict freezes the file, or lifts that. Asked for twice, it says why anew.
func (p *Participant) Restrict(in RestrictionInput, now time.Time) error {
	if err := (Reason{in.Reason}).Check(); err != nil {
		return err
	}
	switch {
	case !*in.Restricted:
		p.RestrictedAt, p.RestrictionReason = nil, nil
	case p.RestrictedAt == nil:
		p.RestrictedAt, p.RestrictionReason = &now, &in.Reason
	default:
		p.RestrictionReason = &in.Reason
	}
	return nil
}

// Erased is the enrolment without what says who it is about. The figures are as before: the age
// on entry is kept as a number, which is given back; the rest of what they read is no identity.
func (e *Enrolment) Erased(birth *Date) (ageKept *int) {
	e.LastNetworkContactOn, e.VoidReason = nil, nil
	if birth == nil {
		return nil
	}
	age := birth.AgeOn(e.EnteredOn)
	return &age
}

// JusticeDetails are the values that say which measure it was.
func JusticeDetails() (codes []string) {
	for _, code := range JusticeStatus("").Codes() {
		if _, goes := DropJusticeDetail(new(JusticeStatus(code))); goes {
			codes = append(codes, code)
		}
	}
	return codes
}

// DropJusticeDetail keeps of a justice status that there was one. It tells whether anything went.
func DropJusticeDetail(status *JusticeStatus) (*JusticeStatus, bool) {
	if status == nil || *status == JusticeSansPrecision || GroupOf(*status) != GroupJustice {
		return status, false
	}
	kept := JusticeSansPrecision
	return &kept, true
}
