package domain

import "slices"

// Six months after an exit to work or training somebody finds out what became of the person. It is owed for every such
// exit: the one to work enters the rate of employment at six months, whose numerator loses it on the day of the mark
// unless a result confirms it; the one to training is followed alike. Other exits owe none, though a result may be recorded.

// CheckpointClosesMonths is how long after the exit a result is in time: a month after its mark, as it opens a month
// before. From then on it is overdue.
const CheckpointClosesMonths = 7

// ExitCheckpoint is the six-month checkpoint of one exit as the records have it, without what follows on a day.
type ExitCheckpoint struct {
	EnrolmentID    string         `json:"enrolment_id" doc:"The path that ended." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	ParticipantID  string         `json:"participant_id" doc:"Whose it is." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Programme      string         `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	CaseworkerID   *string        `json:"caseworker_id" doc:"Who follows her." maxLength:"255" example:"c.martin"`
	ExitedOn       Date           `json:"exited_on" doc:"Day of the exit, which it counts from." example:"2025-10-15"`
	ExitKind       ExitKind       `json:"exit_kind" doc:"What the path ended with."`
	FollowUpAgreed *bool          `json:"follow_up_agreed" doc:"Whether she agrees to be contacted; null while nobody has asked her." example:"true"`
	OutcomeID      *string        `json:"outcome_id" doc:"The result that counts: one that finds her at work before any other, with evidence before one without, then the latest; null while there is none. One observed before the checkpoint opened counts for an exit that was taken back." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000006"`
	ObservedOn     *Date          `json:"observed_on" doc:"Day it was found out." example:"2026-04-20"`
	Result         *OutcomeResult `json:"result" doc:"What was found. Unreachable is a result."`
	Evidence       *Evidence      `json:"evidence" doc:"What shows it."`
	Contacts       int            `json:"contacts" doc:"How many contacts were made or tried since the exit." minimum:"0" maximum:"100000" example:"2"`
	LastContactOn  *Date          `json:"last_contact_on" doc:"The last of them." example:"2026-03-30"`
}

// ExitCheckpointView is a checkpoint as it is read: with what follows from it today.
type ExitCheckpointView struct {
	ExitCheckpoint
	Checkpoint       string          `json:"checkpoint" doc:"Which one: 6_months after the exit." enum:"6_months" maxLength:"20" example:"6_months"`
	ExitGroup        ExitClass       `json:"exit_group" doc:"The group of the exit's kind. Only those of emploi enter the rate of employment at six months."`
	OpensOn          Date            `json:"opens_on" doc:"First day on which a result can be recorded: five months after the exit." example:"2026-03-15"`
	DueOn            Date            `json:"due_on" doc:"The six-month mark." example:"2026-04-15"`
	ClosesOn         Date            `json:"closes_on" doc:"Last day on which a result is in time, seven months after the exit; then it is overdue, and can still be recorded." example:"2026-05-15"`
	State            CheckpointState `json:"state" doc:"Where it stands today, in Europe/Paris."`
	EvidenceMissing  bool            `json:"evidence_missing" doc:"Whether she was found at work and nothing shows it: evidence is asked for (code du travail, D. 5316-11)." example:"false"`
	AvailableActions []string        `json:"available_actions" doc:"What the caller may do about it now, under /v1/enrolments/{id}: record-outcome (POST …/outcomes), add-evidence (PUT …/outcomes/{outcome_id}), record-follow-up (POST …/follow-ups), follow-up-agreement (ask her, POST …/follow-up-agreement)." example:"[\"record-outcome\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// Opens, Due and Closes are the days of the checkpoint's window.
func (c ExitCheckpoint) Opens() Date  { return c.ExitedOn.AddMonths(CheckpointOpensMonths) }
func (c ExitCheckpoint) Due() Date    { return c.ExitedOn.AddMonths(checkpointMonths) }
func (c ExitCheckpoint) Closes() Date { return c.ExitedOn.AddMonths(CheckpointClosesMonths) }

// StateOn tells where the obligation stands on that day. It is never kept. Who does not agree to be contacted is not sought;
// her exit counts in the figures as any other, and a result that is learnt otherwise is recorded.
func (c ExitCheckpoint) StateOn(day Date) CheckpointState {
	switch {
	case c.OutcomeID != nil:
		return CheckpointDone
	case c.FollowUpAgreed != nil && !*c.FollowUpAgreed:
		return CheckpointWaived
	case day.Before(c.Opens()):
		return CheckpointUpcoming
	case !day.After(c.Closes()):
		return CheckpointDue
	}
	return CheckpointOverdue
}

// View is the checkpoint as staff read it on that day.
func (c ExitCheckpoint) View(day Date) ExitCheckpointView {
	view := ExitCheckpointView{
		ExitCheckpoint: c, Checkpoint: "6_months", ExitGroup: ClassOf(c.ExitKind), OpensOn: c.Opens(), DueOn: c.Due(), ClosesOn: c.Closes(),
		State: c.StateOn(day), EvidenceMissing: c.Result != nil && *c.Result == OutcomeInEmployment && c.Evidence == nil, AvailableActions: []string{},
	}
	followed := !day.After(c.ExitedOn.AddMonths(FollowUpMonths))
	may := func(action string, when bool) {
		if when {
			view.AvailableActions = append(view.AvailableActions, action)
		}
	}
	open := view.State != CheckpointDone
	may("record-outcome", open && !day.Before(view.OpensOn))
	may("add-evidence", view.EvidenceMissing)
	may("record-follow-up", open && !day.After(view.ClosesOn) && c.FollowUpAgreed != nil && *c.FollowUpAgreed)
	may("follow-up-agreement", open && followed && c.FollowUpAgreed == nil)
	return view
}

// FollowedKinds are the kinds of exit that are followed up, and owe a checkpoint.
func FollowedKinds() []ExitKind {
	var kinds []ExitKind
	for _, code := range exitKinds.codes() {
		if kind := ExitKind(code); kind.Followed() {
			kinds = append(kinds, kind)
		}
	}
	return slices.Clip(kinds)
}

// CheckpointQuery filters the checkpoints of several enrolments.
type CheckpointQuery struct {
	Paging
	State      CheckpointState `query:"state" doc:"Only those that stand here today."`
	Programme  string          `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Caseworker string          `query:"caseworker" doc:"Only those of enrolments that this caseworker follows." maxLength:"255" example:"c.martin"`
	From       Date            `query:"from" doc:"Only those whose six-month mark is this day or later." example:"2026-04-01"`
	To         Date            `query:"to" doc:"Only those whose six-month mark is this day or earlier." example:"2026-06-30"`
}

// Check refuses a period that ends before it begins.
func (q CheckpointQuery) Check() error {
	return endsAfterItBegins(q.From, q.To)
}
