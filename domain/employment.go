package domain

import "slices"

// EmploymentAtCheckpoint is where an exit to work stands six months on, by the published method.
type EmploymentAtCheckpoint string

const (
	NoExitToWork          EmploymentAtCheckpoint = "no_exit_to_work"
	EmploymentConfirmed   EmploymentAtCheckpoint = "confirmed"   // a checkpoint result says in_employment
	EmploymentProvisional EmploymentAtCheckpoint = "provisional" // too early for a result, and nothing says the job ended
	EmploymentUnconfirmed EmploymentAtCheckpoint = "unconfirmed" // six months have passed without a result
	EmploymentContrary    EmploymentAtCheckpoint = "contrary"    // a result says otherwise, or was sought in vain
	EmploymentEnded       EmploymentAtCheckpoint = "ended"       // too early for a result, but the jobs recorded do not cover as_of
)

// employmentAt6Months places an enrolment as it stood on asOf.
//
// One result that says in_employment confirms, whatever other results say and whenever they were
// observed: somebody found at work six months on was. A result of any other kind, also
// unreachable and refused, is a result: the exit is then neither provisional nor unconfirmed. On
// the very day of the mark, six months have passed. What was observed before the exit belongs to an
// exit that was taken back, and is no result of this one.
func employmentAt6Months(r *Record, asOf Date) EmploymentAtCheckpoint {
	outcomes := slices.DeleteFunc(slices.Clone(r.Outcomes), func(o OutcomeObservation) bool {
		return r.ExitedOn != nil && o.ObservedOn.Before(*r.ExitedOn)
	})
	inEmployment := func(o OutcomeObservation) bool { return o.Result == OutcomeInEmployment }
	goesOn := func(j JobSpell) bool { return j.covers(asOf) }
	switch {
	case r.exitGroup() != GroupEmploi:
		return NoExitToWork
	case slices.ContainsFunc(outcomes, inEmployment):
		return EmploymentConfirmed
	case len(outcomes) > 0:
		return EmploymentContrary
	case !asOf.Before(r.ExitedOn.AddMonths(checkpointMonths)):
		return EmploymentUnconfirmed
	case len(r.Jobs) == 0 || slices.ContainsFunc(r.Jobs, goesOn):
		return EmploymentProvisional
	}
	return EmploymentEnded
}
