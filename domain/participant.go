package domain

import (
	"strings"
	"time"
	"unicode"
)

// YoungestAge is the age from which somebody can take part: schooling is compulsory until 16
// (code de l'éducation, L. 131-1). OldestAge only catches slips of the keyboard.
const (
	YoungestAge = 16
	OldestAge   = 110
)

// Contact is how a person is reached. All of it may be unknown.
type Contact struct {
	Phone         *string `json:"phone" doc:"Telephone number, as dialled in France or with its country code." pattern:"^[+0-9][0-9 .()/-]{3,29}$" patternDescription:"a telephone number, such as 06 39 98 12 34" maxLength:"30" example:"06 39 98 12 34"`
	Email         *string `json:"email" doc:"E-mail address." format:"email" maxLength:"254" example:"camille.exemple@example.org"`
	PostalCode    *string `json:"postal_code" doc:"Postal code of the address." pattern:"^[0-9]{5}$" patternDescription:"five digits" maxLength:"5" example:"80600"`
	TerritoryCode *string `json:"territory_code" doc:"Commune (INSEE code) or priority quarter the person lives in." minLength:"5" maxLength:"8" example:"80253"`
}

// Identity is who a person is.
type Identity struct {
	FirstName string  `json:"first_name" required:"true" doc:"First name or names." minLength:"1" maxLength:"100" example:"Camille"`
	LastName  string  `json:"last_name" required:"true" doc:"Family name in use." minLength:"1" maxLength:"100" example:"Exemple"`
	BirthDate *Date   `json:"birth_date" doc:"Day of birth; the person is at least 16 years old." example:"1990-05-17"`
	Gender    *Gender `json:"gender" doc:"Gender, as the person states it."`
}

// ParticipantInput is what is written of a person: identity and contact only.
type ParticipantInput struct {
	Identity
	Contact
	Address *string `json:"address" doc:"Street address." maxLength:"300" example:"3 rue des Tilleuls"`
}

// Participant is a person. What she lives through in a programme is her enrolments.
type Participant struct {
	Stamp
	OrganisationID string `json:"organisation_id" doc:"The operator that keeps the file." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	ParticipantInput
	RestrictedAt      *time.Time `json:"restricted_at" doc:"Since when the file is restricted: only the data protection officer reads it, and nobody writes it." example:"2025-06-02T08:00:00Z"`
	RestrictionReason *string    `json:"restriction_reason" doc:"Why it is restricted." maxLength:"500" example:"Exactitude contestée."`
}

// NewParticipant is a participant just recorded, with those who may be the same person.
type NewParticipant struct {
	Participant
	PossibleDuplicates []string `json:"possible_duplicates" doc:"Identifiers of participants who may be this person, the likeliest first; GET …/duplicates says why, and names referrals too. Nothing is refused for it." maxItems:"20" maxLength:"36" nullable:"false"`
	ResemblesErased    bool     `json:"resembles_erased" doc:"Somebody of these names and day of birth, or with this telephone number or e-mail address, was once erased: ask the person before going on. Nothing is attached to what was erased." example:"false"`
}

// Check refuses what no participant can be, today.
func (in ParticipantInput) Check(today Date) error {
	var faults Faults
	in.Identity.check(&faults, today)
	faults.OptionalText("address", in.Address)
	return faults.Err()
}

func (in Identity) check(faults *Faults, today Date) {
	faults.Text("first_name", in.FirstName)
	faults.Text("last_name", in.LastName)
	if in.BirthDate == nil {
		return
	}
	switch age := in.BirthDate.AgeOn(today); {
	case in.BirthDate.After(today):
		faults.Add("birth_date", "in_future", "A day of birth lies in the past.")
	case age < YoungestAge:
		faults.Add("birth_date", "too_young", "A participant is at least %d years old.", YoungestAge)
	case age > OldestAge:
		faults.Add("birth_date", "too_old", "A participant is at most %d years old.", OldestAge)
	}
}

// ParticipantSearch is what a person is looked for by. It travels in a body, so that no name
// stands in a URL or an access log.
type ParticipantSearch struct {
	Query     *string `json:"query" doc:"Names or parts of names, in any order; accents, case and hyphens do not matter." minLength:"2" maxLength:"100" example:"exemple camille"`
	BirthDate *Date   `json:"birth_date" doc:"Day of birth." example:"1990-05-17"`
	Cursor    *string `json:"cursor" doc:"next_cursor of the page before; leave out for the first page." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
	Limit     *int    `json:"limit" doc:"How many at most, 50 when left out." minimum:"1" maximum:"200" example:"50"`
}

// Check refuses a search for nothing.
func (q ParticipantSearch) Check() error {
	if q.Query == nil && q.BirthDate == nil {
		return FieldFault("query", "required", "Say a name, a day of birth, or both.")
	}
	if q.Query != nil && !strings.ContainsFunc(*q.Query, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return FieldFault("query", "blank", "Say at least a part of a name.")
	}
	return nil
}
