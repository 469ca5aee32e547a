package domain

import "time"

// RetentionAction is what is done with a record whose time is over.
type RetentionAction string

const (
	EraseParticipant     RetentionAction = "erase_participant"
	DropTheJusticeDetail RetentionAction = "drop_justice_detail"
	EraseReferral        RetentionAction = "erase_referral"
	EraseSandboxReferral RetentionAction = "erase_sandbox_referral"
)

// Codes are the values.
func (RetentionAction) Codes() []string {
	return []string{string(EraseParticipant), string(DropTheJusticeDetail), string(EraseReferral), string(EraseSandboxReferral)}
}

// Kind is the kind of record that the action is done on.
func (a RetentionAction) Kind() string {
	switch a {
	case EraseParticipant:
		return "participant"
	case DropTheJusticeDetail:
		return "enrolment"
	}
	return "referral"
}

// RetentionRule says how long what is kept. Rules are data.
type RetentionRule struct {
	Code       string          `json:"code" doc:"Name of the rule." maxLength:"60" example:"participant"`
	What       string          `json:"what" doc:"What goes, and what remains, in French." maxLength:"300" example:"Dossier d'une personne ; restent les statistiques sans identité."`
	Months     int             `json:"months" doc:"How many months it is kept." minimum:"1" maximum:"600" example:"24"`
	CountsFrom string          `json:"counts_from" doc:"From when on: last_contact with the person, exit of the path, decision on the referral, or its reception." enum:"last_contact,exit,decision,reception" maxLength:"20" example:"last_contact"`
	Action     RetentionAction `json:"action" doc:"What is done then."`
	Source     string          `json:"source" doc:"The text it comes from." maxLength:"500" example:"CNIL, délibération 2021-028."`
	Active     bool            `json:"active" doc:"Whether it is applied." example:"true"`
}

// RetentionRules are all of them.
type RetentionRules struct {
	Items []RetentionRule `json:"items" doc:"The rules, in the order they are applied." maxItems:"50" nullable:"false"`
}

// RetentionDue is one record whose time is over.
type RetentionDue struct {
	Rule        string          `json:"rule" doc:"The rule that says so." maxLength:"60" example:"participant"`
	Action      RetentionAction `json:"action" doc:"What is to be done."`
	Kind        string          `json:"kind" doc:"Kind of the record." enum:"participant,enrolment,referral" maxLength:"20" example:"participant"`
	RecordID    string          `json:"record_id" doc:"The record." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	CountedFrom Date            `json:"counted_from" doc:"The day the time is counted from." example:"2024-05-17"`
	DueOn       Date            `json:"due_on" doc:"The day from which on it is due." example:"2026-05-17"`
}

// DueOn is the first day on which what was counted from that day is due.
func (r RetentionRule) DueOn(from Date) Date { return from.AddMonths(r.Months) }

// RetentionReport says what a run did, or would do.
type RetentionReport struct {
	AsOf   Date
	DryRun bool
	Rules  []RetentionCount
}

// RetentionCount is what a run did under one rule.
type RetentionCount struct {
	Rule RetentionRule
	Due  int
	Done int // Due less Done was no longer due when its turn came, or was not reached
}

// Contacts are the days on which a person was there, as far as the records tell.
type Contacts struct {
	RecordedAt time.Time // her file was made, or somebody last referred her
	Paths      []ContactPath
}

// ContactPath is the contacts within one path.
type ContactPath struct {
	EnteredOn      Date
	ExitedOn       *Date
	FollowUpAgreed *bool
	Attended       *time.Time // the last meeting she came to, an appointment or a workshop
	Fact           *Date      // the last job begun, registration seen, outcome found, diagnostic, agreement, help or immersion, contact with her after the exit
	Planned        *time.Time // the last meeting planned and still to come
}

// Last is the day of the last contact, from which the time to keep a file is counted: the last
// meeting attended, the last fact learnt, the exit, the end of an agreed follow-up, or else the
// entry or the day the file was made. A meeting still to come counts on its day: she is expected.
// What staff wrote without her, and meetings she did not come to, count for nothing.
func (c Contacts) Last(today Date) Date {
	last := DayOf(c.RecordedAt)
	for _, path := range c.Paths {
		last = laterOf(last, path.EnteredOn)
		if path.ExitedOn != nil {
			last = laterOf(last, *path.ExitedOn)
			if path.FollowUpAgreed != nil && *path.FollowUpAgreed {
				last = laterOf(last, path.ExitedOn.AddMonths(FollowUpMonths))
			}
		}
		if path.Attended != nil {
			last = laterOf(last, DayOf(*path.Attended))
		}
		if path.Fact != nil {
			last = laterOf(last, EarlierOf(*path.Fact, today))
		}
		if path.Planned != nil {
			last = laterOf(last, DayOf(*path.Planned))
		}
	}
	return last
}

func laterOf(a, b Date) Date {
	if b.After(a) {
		return b
	}
	return a
}
