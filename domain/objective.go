package domain

// ObjectiveInput is what was agreed with the person, and by when.
type ObjectiveInput struct {
	Label     string  `json:"label" required:"true" doc:"What is to be reached, in the person's words or the caseworker's." minLength:"1" maxLength:"300" example:"Refaire sa carte d'identité"`
	AgreedOn  Date    `json:"agreed_on" required:"true" doc:"Day it was agreed; not before the entry, not after today." example:"2025-04-08"`
	DueOn     *Date   `json:"due_on" doc:"By when; null where no day was agreed, and then it is never overdue." example:"2025-05-06"`
	InCharter *bool   `json:"in_charter" required:"true" nullable:"false" doc:"Whether it is one of the charter's; false for what is agreed from one meeting to the next." example:"true"`
	BarrierID *string `json:"barrier_id" doc:"The barrier of this enrolment that it is about." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000d"`
}

// Objective is something that a person agreed to reach.
type Objective struct {
	AuthoredFact
	ObjectiveInput
	State         ObjectiveState `json:"state" doc:"What has become of it."`
	ReachedOn     *Date          `json:"reached_on" doc:"Day it was reached." example:"2025-05-05"`
	AbandonedOn   *Date          `json:"abandoned_on" doc:"Day it was abandoned." example:"2025-05-05"`
	AbandonReason *string        `json:"abandon_reason" doc:"Why it was abandoned." maxLength:"500" example:"Le projet a changé."`
}

// ObjectiveView is an objective as it is read: with what follows from it today.
type ObjectiveView struct {
	Objective
	Overdue          bool     `json:"overdue" doc:"Whether it is open and its day is over, today in Europe/Paris." example:"false"`
	AvailableActions []string `json:"available_actions" doc:"What the caller may do with it now." example:"[\"reach\",\"abandon\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// ObjectiveFilter narrows a list of objectives.
type ObjectiveFilter struct {
	State   ObjectiveState `query:"state" doc:"Only those that stand here."`
	Overdue bool           `query:"overdue" doc:"true: only those that are overdue today; of a whole caseload, those of paths that go on or are followed up." example:"true"`
}

// ObjectiveQuery filters the objectives of several enrolments.
type ObjectiveQuery struct {
	Paging
	ObjectiveFilter
	Programme  string `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Caseworker string `query:"caseworker" doc:"Only those of enrolments that this caseworker follows." maxLength:"255" example:"c.martin"`

	EnrolmentStatus EnrolmentStatus `query:"enrolment_status" doc:"Only those of enrolments that stand here today; with overdue=true, active and followed up ones when left out."`
}

// ObjectiveReach says when an objective was reached.
type ObjectiveReach struct {
	ReachedOn *Date `json:"reached_on" doc:"Day it was reached; today when left out." example:"2025-05-05"`
}

// ObjectiveAbandon says when, and why, an objective was abandoned.
type ObjectiveAbandon struct {
	AbandonedOn *Date  `json:"abandoned_on" doc:"Day it was abandoned; today when left out." example:"2025-05-05"`
	Reason      string `json:"reason" required:"true" doc:"Why, in a sentence." minLength:"3" maxLength:"500" example:"Le projet a changé."`
}

// Check refuses an objective that is due before it was agreed.
func (in ObjectiveInput) Check() error {
	var faults Faults
	faults.Text("label", in.Label)
	if in.DueOn != nil && in.DueOn.Before(in.AgreedOn) {
		faults.Add("due_on", "before_agreement", "An objective is due on the day it is agreed or later.")
	}
	return faults.Err()
}

// Overdue tells whether the objective is open and its day is over. It is never kept: it is true of a day.
func (o Objective) Overdue(today Date) bool {
	return o.State == ObjectiveOpen && o.DueOn != nil && o.DueOn.Before(today)
}

// View is the objective as staff read it on that day.
func (o Objective) View(today Date) ObjectiveView {
	actions := []string{"reopen"}
	if o.State == ObjectiveOpen {
		actions = []string{"reach", "abandon"}
	}
	return ObjectiveView{Objective: o, Overdue: o.Overdue(today), AvailableActions: actions}
}

// Correct rewrites what was agreed.
func (o *Objective) Correct(in ObjectiveInput) error {
	o.ObjectiveInput = in
	for _, ended := range []*Date{o.ReachedOn, o.AbandonedOn} {
		if ended != nil && ended.Before(in.AgreedOn) {
			return FieldFault("agreed_on", "after_end", "The objective ended on %s: it was agreed on that day or before.", *ended)
		}
	}
	return in.Check()
}

// Reach says that the objective was reached.
func (o *Objective) Reach(in ObjectiveReach, today Date) error {
	if o.State != ObjectiveOpen {
		return o.refusal("reached")
	}
	day := dayOr(in.ReachedOn, today)
	o.State, o.ReachedOn = ObjectiveReached, &day
	return o.endedOn("reached_on", day, today)
}

// Abandon says that the objective is not pursued any more.
func (o *Objective) Abandon(in ObjectiveAbandon, today Date) error {
	if o.State != ObjectiveOpen {
		return o.refusal("abandoned")
	}
	if err := (Reason{in.Reason}).Check(); err != nil {
		return err
	}
	day := dayOr(in.AbandonedOn, today)
	o.State, o.AbandonedOn, o.AbandonReason = ObjectiveAbandoned, &day, &in.Reason
	return o.endedOn("abandoned_on", day, today)
}

// Reopen takes back that the objective ended.
func (o *Objective) Reopen() error {
	if o.State == ObjectiveOpen {
		return o.refusal("reopened")
	}
	o.State, o.ReachedOn, o.AbandonedOn, o.AbandonReason = ObjectiveOpen, nil, nil, nil
	return nil
}

func (o Objective) endedOn(field string, day, today Date) error {
	switch {
	case day.After(today):
		return FieldFault(field, "in_future", "This lies in the future: the day is today or earlier.")
	case day.Before(o.AgreedOn):
		return FieldFault(field, "before_agreement", "The objective was agreed on %s: it ends on that day or later.", o.AgreedOn)
	}
	return nil
}

func (o Objective) refusal(done string) error {
	if string(o.State) == done {
		return Refused("objective_"+done, "This objective is %s already.", done)
	}
	return Refused("objective_"+string(o.State), "This objective is %s and cannot be %s.", o.State, done)
}
