package domain

import (
	"slices"
	"time"
)

// A person who came by two doors has two files, and each counts as somebody. Merging makes one of
// them: what hangs on the duplicate hangs on the survivor from then on, every identifier goes on
// leading to her, and for some weeks all of it can be taken back.

// DaysToUnmerge is how long a merge can be undone.
const DaysToUnmerge = 30

// FoldedReason is what a folded enrolment is voided with.
const FoldedReason = "Fusion de deux dossiers d'une même personne."

// MergeInput names the duplicate of a file.
type MergeInput struct {
	DuplicateID string `json:"duplicate_id" required:"true" doc:"The participant who is merged into the one of the path." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000a"`
	Reason
}

// UnmergeInput names the duplicate that a file is to be freed of.
type UnmergeInput struct {
	DuplicateID string `json:"duplicate_id" required:"true" doc:"The participant who was merged into the one of the path." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000a"`
}

// Merge is that two files were made one.
type Merge struct {
	ID              string     `json:"id" doc:"Identifier of the merge." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000b"`
	ParticipantID   string     `json:"participant_id" doc:"The survivor: whose file holds both." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	DuplicateID     string     `json:"duplicate_id" doc:"Who was merged into her; this identifier goes on leading to the survivor." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000a"`
	MergedAt        time.Time  `json:"merged_at" doc:"When." example:"2026-06-02T08:00:00Z"`
	MergedBy        string     `json:"merged_by" doc:"Who did it: the subject of her token." maxLength:"255" example:"a.leroy"`
	Reason          *string    `json:"reason" doc:"Why. It goes when the person is erased." maxLength:"500" example:"Saisie en double."`
	ReversibleUntil time.Time  `json:"reversible_until" doc:"Until when it can be undone: 30 days." example:"2026-07-02T08:00:00Z"`
	UnmergedAt      *time.Time `json:"unmerged_at" doc:"When it was undone; null while it stands." example:"2026-06-03T08:00:00Z"`
	UnmergedBy      *string    `json:"unmerged_by" doc:"Who undid it." maxLength:"255" example:"a.leroy"`
}

// MergeView is a merge with what it moved.
type MergeView struct {
	Merge
	Moves []Move `json:"moves" doc:"Which records it moved, from where to where. Undoing it moves them back." maxItems:"100000" nullable:"false"`
}

// MoveKind is what a merge moves.
type MoveKind string

const (
	MoveEnrolment          MoveKind = "enrolment" // to the survivor
	MoveFold               MoveKind = "fold"      // an enrolment that is voided, since another of that time stands
	MoveReferral           MoveKind = "referral"  // to the survivor
	MoveJob                MoveKind = "job"       // and what follows, to the enrolment that stands
	MoveFranceTravail      MoveKind = "france_travail_status"
	MoveOutcome            MoveKind = "outcome"
	MoveAppointment        MoveKind = "appointment"
	MoveWorkshopPlace      MoveKind = "workshop_place"
	MoveWorkshopAttendance MoveKind = "workshop_attendance" // both had a place: what each says of the attendance was exchanged
	MoveWorkshopRequest    MoveKind = "workshop_request"    // she waits for a place; where both did, the two were exchanged
	MoveDiagnostic         MoveKind = "diagnostic"
	MoveBarrier            MoveKind = "barrier"
	MoveStrength           MoveKind = "strength"
	MoveCharter            MoveKind = "charter"
	MoveObjective          MoveKind = "objective"
	MoveAction             MoveKind = "action"
	MoveProposal           MoveKind = "proposal"
	MoveImmersion          MoveKind = "immersion"
	MoveFollowUp           MoveKind = "follow_up"
	MoveExtension          MoveKind = "extension"
	MoveObjectiveBarrier   MoveKind = "objective_barrier" // the objective is about the barrier of that code on the path that stands
	MoveActionBarrier      MoveKind = "action_barrier"
)

// Codes are the values.
func (MoveKind) Codes() []string {
	return []string{string(MoveEnrolment), string(MoveFold), string(MoveReferral), string(MoveJob), string(MoveFranceTravail), string(MoveOutcome),
		string(MoveAppointment), string(MoveWorkshopPlace), string(MoveWorkshopAttendance), string(MoveWorkshopRequest),
		string(MoveDiagnostic), string(MoveBarrier), string(MoveStrength), string(MoveCharter), string(MoveObjective), string(MoveAction),
		string(MoveProposal), string(MoveImmersion), string(MoveFollowUp), string(MoveExtension), string(MoveObjectiveBarrier), string(MoveActionBarrier)}
}

// Move is one record that a merge moved.
type Move struct {
	Kind     MoveKind `json:"kind" doc:"What was moved: an enrolment or a referral, to the survivor; a fact of an enrolment, to the one that stands; or fold, an enrolment that was voided because another of the same programme and time stands. Of objective_barrier and action_barrier, the objective or action, and from which barrier to which it was linked."`
	RecordID string   `json:"record_id" doc:"The record; of a place in a workshop and its attendance, the workshop." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000004"`
	FromID   string   `json:"from_id" doc:"Whose it was: a participant or an enrolment; of a link, the barrier." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000a"`
	ToID     string   `json:"to_id" doc:"Whose it is; of a link, the barrier." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
}

// MergedIdentity is what the file of a duplicate held, in the copy of the file that holds both.
type MergedIdentity struct {
	Stamp
	OrganisationID string `json:"organisation_id" doc:"The operator that recorded her." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	ParticipantInput
}

// File is a participant as far as merging asks: whose she is.
type File struct {
	Participant
	RecordedFor, EnrolledIn Codes
}

// NewMerge is the merge of the two by that actor, or the reason why she may not.
func NewMerge(id string, actor Actor, survivor, duplicate File, in MergeInput, now time.Time) (Merge, error) {
	merge := Merge{
		ID: id, ParticipantID: survivor.ID, DuplicateID: duplicate.ID, MergedAt: now, MergedBy: actor.Subject, Reason: &in.Reason.Reason,
		ReversibleUntil: now.AddDate(0, 0, DaysToUnmerge),
	}
	if err := in.Check(); err != nil {
		return merge, err
	}
	for _, programme := range slices.Concat(survivor.EnrolledIn, duplicate.EnrolledIn) {
		if !actor.In(programme) {
			return merge, otherProgramme
		}
	}
	// Who waits for the duplicate has to find the survivor.
	for _, programme := range duplicate.RecordedFor {
		followed := slices.Contains(survivor.EnrolledIn, programme) || slices.Contains(duplicate.EnrolledIn, programme)
		if !followed && survivor.OrganisationID != duplicate.OrganisationID {
			return merge, Refused("awaited_elsewhere", "Another organisation recorded the duplicate and has not enrolled her everywhere yet: enrol her first, or merge the other way round.")
		}
	}
	return merge, nil
}

var otherProgramme = Refused("other_programme", "One of the two is also followed where your token does not reach: ask somebody whose token opens all of her programmes.")

// MayUndo refuses to take the merge back when it is too late, or by whom it is not to be.
func (m Merge) MayUndo(actor Actor, duplicate File, now time.Time) error {
	for _, programme := range duplicate.EnrolledIn {
		if !actor.In(programme) {
			return otherProgramme
		}
	}
	if now.After(m.ReversibleUntil) {
		return Refused("too_late", "A merge can be undone for %d days, and these are over: record the other person anew.", DaysToUnmerge)
	}
	return nil
}

// Undo takes the merge back.
func (m *Merge) Undo(actor Actor, now time.Time) {
	m.UnmergedAt, m.UnmergedBy = &now, &actor.Subject
}

// Fold is an enrolment that gives way to another of the same programme and time.
type Fold struct{ Stands, Folded Enrolment }

// Folds are the enrolments that cannot all stand once the two files are one. The one that was
// entered first stands, for that is when her support began; of two on the same day, the
// survivor's. What contradicts itself is for people to decide, before.
func Folds(survivor Participant, hers, duplicates []Enrolment) ([]Fold, error) {
	for _, e := range duplicates {
		if e.VoidedAt == nil && survivor.BirthDate != nil && survivor.BirthDate.AgeOn(e.EnteredOn) < YoungestAge {
			return nil, Refused("too_young", "By the survivor's day of birth the duplicate was enrolled before the age of %d: correct one of them first.", YoungestAge)
		}
	}
	var folds []Fold
	for _, one := range hers {
		for _, other := range duplicates {
			if one.VoidedAt != nil || other.VoidedAt != nil || one.Programme != other.Programme || !one.overlaps(other) {
				continue
			}
			if !one.endsLike(other) {
				return nil, Refused("exits_differ", "Both are enrolled in %s at the same time, and the two paths do not end alike: record the same exit and the same follow-up agreement on both, or reopen the one that has ended, or void one, and merge then.", one.Programme)
			}
			if other.EnteredOn.Before(one.EnteredOn) {
				folds = append(folds, Fold{Stands: other, Folded: one})
			} else {
				folds = append(folds, Fold{Stands: one, Folded: other})
			}
		}
	}
	return folds, nil
}

// overlaps tells whether the two stand on a same day; the day of the exit is no longer of the path.
func (e Enrolment) overlaps(other Enrolment) bool {
	for _, path := range []Enrolment{e, other} {
		if path.ExitedOn != nil && path.ExitedOn.Equal(path.EnteredOn) {
			return false
		}
	}
	return (e.ExitedOn == nil || other.EnteredOn.Before(*e.ExitedOn)) && (other.ExitedOn == nil || e.EnteredOn.Before(*other.ExitedOn))
}

func (e Enrolment) endsLike(other Enrolment) bool {
	sameDay := (e.ExitedOn == nil) == (other.ExitedOn == nil) && (e.ExitedOn == nil || e.ExitedOn.Equal(*other.ExitedOn))
	return sameDay && same(e.ExitKind, other.ExitKind) && same(e.FollowUpAgreed, other.FollowUpAgreed) &&
		e.mayAskOthers() == other.mayAskOthers() // or the word of one of them would be lost, and others asked against it
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Fold voids the enrolment, since another stands for it.
func (e *Enrolment) Fold(into string, now time.Time) error {
	if err := e.Void(FoldedReason, now); err != nil {
		return err
	}
	e.FoldedInto = &into
	return nil
}

// Unfold lets the enrolment stand again.
func (e *Enrolment) Unfold() { e.VoidedAt, e.VoidReason, e.FoldedInto = nil, nil, nil }

// Redistribute tells which meetings of a folded path go to the one that stands, and which of that
// one's come back for them. A meeting recorded on both was one meeting: the record that says more
// of it stands, and the other is left on the folded path, where nothing counts.
func Redistribute(stands, folded []Appointment) (move, giveBack []string) {
	at := map[time.Time][]Appointment{}
	for _, a := range stands {
		at[a.StartsAt.UTC()] = append(at[a.StartsAt.UTC()], a)
	}
	for _, a := range folded {
		twins := slices.DeleteFunc(slices.Clone(at[a.StartsAt.UTC()]), func(twin Appointment) bool {
			return twin.Status == AttendanceCancelled || slices.Contains(giveBack, twin.ID)
		})
		switch {
		case a.Status == AttendanceCancelled || len(twins) == 0:
			move = append(move, a.ID)
		case !slices.ContainsFunc(twins, func(twin Appointment) bool { return !a.Status.SaysMoreThan(twin.Status) }):
			move = append(move, a.ID)
			for _, twin := range twins {
				giveBack = append(giveBack, twin.ID)
			}
		}
	}
	return move, giveBack
}

// SaysMoreThan orders what two records say of one meeting: that she came is what somebody saw; that
// she excused herself is what somebody heard; that she was missed may be for want of the other name.
func (a Attendance) SaysMoreThan(other Attendance) bool {
	order := []Attendance{AttendanceCancelled, AttendanceScheduled, AttendanceNoShow, AttendanceExcused, AttendanceAttended}
	return slices.Index(order, a) > slices.Index(order, other)
}
