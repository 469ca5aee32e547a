package domain

// A person who leaves for work or training may agree to be followed for up to six months. She may say so on the exit or
// later, and take it back on any day: from then on nobody contacts her, and what was learnt before stays.

// FollowUpConsent is how a person stands to being followed after her exit: what she said last. What she said before stands
// in the history of her file.
type FollowUpConsent struct {
	FollowUpAgreed       *bool        `json:"follow_up_agreed" doc:"Whether the person agrees to be followed for up to six months after an exit to work or training; null while nobody has asked her." example:"true"`
	FollowUpAgreedOn     *Date        `json:"follow_up_agreed_on" doc:"Day she agreed; kept when she takes it back. Null where she never did." example:"2025-10-15"`
	FollowUpRefusedOn    *Date        `json:"follow_up_refused_on" doc:"Day she refused, or took her agreement back; null otherwise." example:"2026-01-12"`
	FollowUpSaidBy       *Counterpart `json:"follow_up_said_by" doc:"Who said so last."`
	FollowUpThirdParties *bool        `json:"follow_up_third_parties" doc:"Whether she agrees that others than herself are asked: her employer, a training body, a relative, a partner." example:"false"`
}

// FollowUpAgreementInput is what is said of the follow-up after the exit.
type FollowUpAgreementInput struct {
	Agreed       *bool       `json:"agreed" required:"true" nullable:"false" doc:"true: the person agrees to be followed; false: she does not, or does not any more." example:"false"`
	SaidOn       *Date       `json:"said_on" doc:"Day it was said; today when left out. Not before the exit, nor before what she said last." example:"2026-01-12"`
	SaidBy       Counterpart `json:"said_by" required:"true" doc:"Who said it. Only the person herself or her legal representative gives the agreement; a refusal may come by anybody."`
	ThirdParties *bool       `json:"third_parties" doc:"She agrees that others than herself are asked too: her employer, a training body, a relative, a partner. Nothing is asked of them while this is false or not known." example:"false"`
}

// begin is what she says of it on the exit itself.
func (c *FollowUpConsent) begin(agreed *bool, exitedOn Date) {
	*c = FollowUpConsent{FollowUpAgreed: agreed}
	switch {
	case agreed == nil:
		return
	case *agreed:
		c.FollowUpAgreedOn = &exitedOn
	default:
		c.FollowUpRefusedOn = &exitedOn
	}
	by := CounterpartPersonne
	c.FollowUpSaidBy = &by
}

// stands tells whether she agreed on that day, as far as what she said last tells.
func (c FollowUpConsent) stands(day Date) bool {
	return c.FollowUpAgreedOn != nil && !day.Before(*c.FollowUpAgreedOn) && (c.FollowUpRefusedOn == nil || !day.After(*c.FollowUpRefusedOn))
}

// FollowUpEndsOn is the last day on which a person is followed after her exit: six months later, the day of the six-month
// mark itself included. The zero Date where the exit is not followed up.
func (e Enrolment) FollowUpEndsOn() Date {
	if e.ExitedOn == nil || e.ExitKind == nil || !e.ExitKind.Followed() {
		return Date{}
	}
	return e.ExitedOn.AddMonths(FollowUpMonths)
}

// ContactedUntil is the last day on which she may be contacted after her exit: that on which its checkpoint closes, since
// who was not reached by the mark is sought on until then. The zero Date where the exit is not followed up.
func (e Enrolment) ContactedUntil() Date {
	if e.FollowUpEndsOn().IsZero() {
		return Date{}
	}
	return e.ExitedOn.AddMonths(CheckpointClosesMonths)
}

func (e Enrolment) mustBeFollowed() error {
	if err := e.MustStand(); err != nil {
		return err
	}
	if e.ExitedOn == nil {
		return Refused("not_exited", "A follow-up begins with the exit, and this enrolment has not ended.")
	}
	if e.FollowUpEndsOn().IsZero() {
		return Refused("no_follow_up", "Only an exit to work or training is followed up.")
	}
	return nil
}

// SayOfFollowUp keeps what was said of the follow-up after the exit. Agreeing makes no sense once the six months are over;
// to refuse it is never too late.
func (e *Enrolment) SayOfFollowUp(in FollowUpAgreementInput, today Date) error {
	if err := e.mustBeFollowed(); err != nil {
		return err
	}
	agreed, said := *in.Agreed, dayOr(in.SaidOn, today)
	var faults Faults
	switch ends := e.FollowUpEndsOn(); {
	case said.After(today):
		faults.Add("said_on", "in_future", "This lies in the future: the day is today or earlier.")
	case said.Before(*e.ExitedOn):
		faults.Add("said_on", "before_exit", "This day lies before the exit of %s.", *e.ExitedOn)
	case e.saidLast() != nil && said.Before(*e.saidLast()):
		faults.Add("said_on", "before_last_word", "What was said later, on %s, stands.", *e.saidLast())
	case agreed && said.After(ends):
		faults.Add("said_on", "after_follow_up", "The follow-up of an exit on %s ended on %s.", *e.ExitedOn, ends)
	}
	if agreed && in.SaidBy.third() {
		faults.Add("said_by", "not_hers", "Only the person herself or her legal representative agrees for her.")
	}
	if !agreed && in.ThirdParties != nil && *in.ThirdParties {
		faults.Add("third_parties", "not_agreed", "Nobody else is asked about who does not agree to be followed.")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if same(e.FollowUpAgreed, &agreed) && (!agreed || same(e.FollowUpThirdParties, in.ThirdParties)) {
		return Refused("said_already", "This is what stands already.")
	}
	before := e.FollowUpConsent
	e.FollowUpConsent = FollowUpConsent{FollowUpAgreed: &agreed, FollowUpSaidBy: &in.SaidBy}
	switch {
	case !agreed:
		e.FollowUpAgreedOn, e.FollowUpRefusedOn = before.FollowUpAgreedOn, &said
	case before.FollowUpAgreed != nil && *before.FollowUpAgreed: // only about the others is something else said
		e.FollowUpAgreedOn, e.FollowUpThirdParties = before.FollowUpAgreedOn, in.ThirdParties
	default:
		e.FollowUpAgreedOn, e.FollowUpThirdParties = &said, in.ThirdParties
	}
	return nil
}

func (c FollowUpConsent) mayAskOthers() bool {
	return c.FollowUpThirdParties != nil && *c.FollowUpThirdParties
}

func (c FollowUpConsent) saidLast() *Date {
	if c.FollowUpRefusedOn != nil {
		return c.FollowUpRefusedOn
	}
	return c.FollowUpAgreedOn
}

// FollowUpInput is one contact after the exit, or one that was tried.
type FollowUpInput struct {
	ContactedOn Date           `json:"contacted_on" required:"true" doc:"Day of the contact: from the exit to six months after it, or to the day on which its checkpoint closes, a month later, to find out what became of the person; within her agreement; not after today." example:"2026-01-08"`
	Channel     ContactChannel `json:"channel" required:"true" doc:"How it was made."`
	Counterpart Counterpart    `json:"counterpart" required:"true" doc:"With whom. Anybody but the person or her legal representative only where she agreed to that: follow_up_third_parties."`
	Situation   OutcomeResult  `json:"situation" required:"true" doc:"What was found; unreachable says that nobody was reached. It is no result of the checkpoint, which is recorded as an outcome."`
	Note        *string        `json:"note" doc:"What is worth remembering. No health detail, no offence." maxLength:"2000" example:"Mission prolongée jusqu'en mars."`
}

// FollowUp is one contact after an exit. It stays when the exit is taken back or the agreement is.
type FollowUp struct {
	AuthoredFact
	FollowUpInput
}

// FollowUpView is a contact as it is read.
type FollowUpView struct {
	FollowUp
	OfThisExit bool `json:"of_this_exit" doc:"Whether it was made after the exit as it stands now and before its checkpoint closed; false for one of an exit that was taken back or moved, which is kept all the same." example:"true"`
}

// View is the contact as it is read beside its enrolment.
func (f FollowUp) View(e Enrolment) FollowUpView {
	ends := e.ContactedUntil()
	return FollowUpView{FollowUp: f, OfThisExit: !ends.IsZero() && !f.ContactedOn.Before(*e.ExitedOn) && !f.ContactedOn.After(ends)}
}

// Check refuses a blank note.
func (in FollowUpInput) Check() error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	return faults.Err()
}

// MayFollowUp refuses a contact that was not to be made: before the exit, without the person's agreement on that day, with
// others than her against her will, or once the six months are over and the checkpoint is closed.
func (e Enrolment) MayFollowUp(in FollowUpInput, today Date) error {
	if err := e.mustBeFollowed(); err != nil {
		return err
	}
	if err := in.Check(); err != nil {
		return err
	}
	if e.FollowUpAgreedOn == nil {
		return Refused("no_agreement", "The person has not agreed to be followed after the exit: record that she does (POST /v1/enrolments/{id}/follow-up-agreement), or do not contact her.")
	}
	var faults Faults
	switch ends := e.ContactedUntil(); {
	case in.ContactedOn.After(today):
		faults.Add("contacted_on", "in_future", "This lies in the future: the day is today or earlier.")
	case in.ContactedOn.Before(*e.ExitedOn):
		faults.Add("contacted_on", "before_exit", "This day lies before the exit of %s: what was done before is an appointment or an action.", *e.ExitedOn)
	case in.ContactedOn.After(ends):
		faults.Add("contacted_on", "after_follow_up", "After an exit on %s a person is contacted until %s, when its checkpoint closes. What is found at the checkpoint is recorded as an outcome.", *e.ExitedOn, ends)
	case in.ContactedOn.Before(*e.FollowUpAgreedOn):
		faults.Add("contacted_on", "before_agreement", "The person agreed on %s.", *e.FollowUpAgreedOn)
	case !e.stands(in.ContactedOn):
		faults.Add("contacted_on", "agreement_withdrawn", "The person took her agreement back on %s.", *e.FollowUpRefusedOn)
	}
	if in.Counterpart.third() && !e.mayAskOthers() {
		faults.Add("counterpart", "no_agreement", "The person has not agreed that others than herself are asked: record it if she does (POST /v1/enrolments/{id}/follow-up-agreement with third_parties), or ask her.")
	}
	return faults.Err()
}

// Correct rewrites a contact. One that stays on its day and with whom it was is not judged again: the agreement may have
// been taken back since, or the exit.
func (f *FollowUp) Correct(e Enrolment, in FollowUpInput, today Date) error {
	moved := !in.ContactedOn.Equal(f.ContactedOn) || in.Counterpart != f.Counterpart
	f.FollowUpInput = in
	if moved {
		return e.MayFollowUp(in, today)
	}
	return in.Check()
}
