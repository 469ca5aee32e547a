package persistence

import (
	"context"
	"slices"

	"o2r/domain"
)

var diagnostics = support[domain.Diagnostic, domain.DiagnosticView, *domain.Diagnostic]{"diagnostic", "diagnostics", (*tx).compare}

// compare shows diagnostics of one enrolment with what each says otherwise than the one before it. A merge that took them along
// since they were read makes all of it be read again.
func (t *tx) compare(found []domain.Diagnostic) ([]domain.DiagnosticView, error) {
	views := make([]domain.DiagnosticView, len(found))
	if len(found) == 0 {
		return views, nil
	}
	var all []domain.Diagnostic
	if err := t.Table("diagnostics").Where("enrolment_id = ?", found[0].EnrolmentID).Order("assessed_on, id").Find(&all).Error; err != nil {
		return nil, err
	}
	if t.withoutJustice {
		for i := range all {
			all[i].DiagnosticInput = all[i].WithoutJustice()
		}
	}
	for i := range found {
		at := slices.IndexFunc(all, func(d domain.Diagnostic) bool { return d.ID == found[i].ID })
		if at < 0 {
			return nil, errMeanwhile
		}
		var before *domain.Diagnostic
		if at > 0 {
			before = &all[at-1]
		}
		views[i] = all[at].Since(before)
	}
	return views, nil
}

// NewDiagnostic records an assessment, and opens the barriers that it finds and that are not on record yet. Those that it
// does not find any more stay as they are: somebody lifts them.
func (s *Session) NewDiagnostic(ctx context.Context, enrolmentID string, in domain.DiagnosticInput) (domain.DiagnosticView, error) {
	return fetch(ctx, s, func(t *tx) (domain.DiagnosticView, error) {
		fact, enrolment, err := t.authored(enrolmentID)
		if err == nil {
			err = t.mayBeKept(in)
		}
		if err == nil {
			err = t.mayDiagnose(enrolment, in)
		}
		if err != nil {
			return domain.DiagnosticView{}, err
		}
		made, err := record(t, "diagnostic", enrolment, in, &domain.Diagnostic{AuthoredFact: fact, DiagnosticInput: in.Plain()})
		if err == nil {
			err = t.find(enrolment, made, made.Barriers, made.Strengths)
		}
		return diagnostics.view(t, made, err)
	})
}

func (t *tx) mayDiagnose(enrolment domain.Enrolment, in domain.DiagnosticInput) error {
	if err := in.Check(); err != nil {
		return err
	}
	if err := enrolment.MayRecord("assessed_on", in.AssessedOn, t.today); err != nil {
		return err
	}
	return t.mustReceiveAt(enrolment, in.SiteID)
}

// find opens the barriers among these that nobody knew of on the diagnostic's day, and notes the strengths that are not there yet.
func (t *tx) find(enrolment domain.Enrolment, d domain.Diagnostic, barriers domain.Findings, strengths domain.Strengths) error {
	var known []domain.EnrolmentBarrier
	if err := t.Table("enrolment_barriers").Where("enrolment_id = ?", enrolment.ID).Find(&known).Error; err != nil {
		return err
	}
	var noted []domain.EnrolmentStrength
	if err := t.Table("enrolment_strengths").Where("enrolment_id = ?", enrolment.ID).Find(&noted).Error; err != nil {
		return err
	}
	fact := func() domain.AuthoredFact {
		return domain.AuthoredFact{EnrolmentFact: domain.EnrolmentFact{Stamp: t.stamp(), EnrolmentID: enrolment.ID}, Author: t.actor.Subject}
	}
	var opened []domain.EnrolmentBarrier
	for _, found := range barriers {
		if !slices.ContainsFunc(known, func(b domain.EnrolmentBarrier) bool { return b.Barrier == found.Barrier && b.KnownOn(d.AssessedOn) }) {
			opened = append(opened, domain.OpenBarrier(fact(), domain.BarrierInput{Barrier: found.Barrier, AssessedOn: d.AssessedOn, Weight: found.Weight}, &d.ID))
		}
	}
	var added []domain.EnrolmentStrength
	for _, strength := range strengths {
		if !slices.ContainsFunc(noted, func(s domain.EnrolmentStrength) bool { return s.Strength == strength }) {
			added = append(added, domain.EnrolmentStrength{AuthoredFact: fact(), StrengthInput: domain.StrengthInput{Strength: strength, NotedOn: d.AssessedOn}})
		}
	}
	if err := recordAll(t, "barrier", enrolment, opened, fieldNames(domain.BarrierInput{})); err != nil {
		return err
	}
	return recordAll(t, "strength", enrolment, added, fieldNames(domain.StrengthInput{}))
}

// recordAll is record for several at once.
func recordAll[T interface{ Key() string }](t *tx, kind string, enrolment domain.Enrolment, made []T, fields []string) error {
	if len(made) == 0 {
		return nil
	}
	if err := t.Create(&made).Error; err != nil {
		return err
	}
	return t.wrote(trace{action: "created", kind: kind, ids: keys(made), whose: []string{enrolment.ID, enrolment.ParticipantID}, programme: enrolment.Programme, fields: fields})
}

// Diagnostic reads one assessment. The look is audited.
func (s *Session) Diagnostic(ctx context.Context, enrolmentID, id string) (domain.DiagnosticView, error) {
	return diagnostics.read(ctx, s, enrolmentID, id)
}

// ReplaceDiagnostic corrects an assessment. A barrier that it finds only now is opened, if it is not on record yet.
func (s *Session) ReplaceDiagnostic(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.DiagnosticInput) (domain.DiagnosticView, error) {
	return diagnostics.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, d *domain.Diagnostic) error {
		if err := t.mayBeKept(in); err != nil {
			return err
		}
		if err := t.mayDiagnose(enrolment, in); err != nil {
			return err
		}
		before := d.DiagnosticInput
		d.DiagnosticInput = in.Plain()
		if t.withoutJustice {
			d.DiagnosticInput = d.KeepingJustice(before)
		}
		return t.find(enrolment, *d, d.Barriers.Beyond(before.Barriers), d.Strengths.Beyond(before.Strengths))
	})
}

// Diagnostics lists assessments, the latest recorded first.
func (s *Session) Diagnostics(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.DiagnosticView], error) {
	return diagnostics.list(ctx, s, enrolmentID, paging, nil)
}

var strengths = support[domain.EnrolmentStrength, domain.EnrolmentStrength, *domain.EnrolmentStrength]{"strength", "enrolment_strengths", asIs[domain.EnrolmentStrength]}

// NewStrength notes something that a person can build on.
func (s *Session) NewStrength(ctx context.Context, enrolmentID string, in domain.StrengthInput) (domain.EnrolmentStrength, error) {
	return strengths.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.EnrolmentStrength, error) {
		return domain.EnrolmentStrength{AuthoredFact: fact, StrengthInput: in}, t.mayNote(enrolment, in)
	})
}

func (t *tx) mayNote(enrolment domain.Enrolment, in domain.StrengthInput) error {
	if err := in.Check(); err != nil {
		return err
	}
	return enrolment.MayRecord("noted_on", in.NotedOn, t.today)
}

// Strength reads one strength. The look is audited.
func (s *Session) Strength(ctx context.Context, enrolmentID, id string) (domain.EnrolmentStrength, error) {
	return strengths.read(ctx, s, enrolmentID, id)
}

// ReplaceStrength corrects a strength: most often, its detail.
func (s *Session) ReplaceStrength(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.StrengthInput) (domain.EnrolmentStrength, error) {
	return strengths.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, strength *domain.EnrolmentStrength) error {
		if err := t.mayBeKept(in); err != nil {
			return err
		}
		strength.StrengthInput = in
		return t.mayNote(enrolment, in)
	})
}

// Strengths lists what a person can build on.
func (s *Session) Strengths(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.EnrolmentStrength], error) {
	return strengths.list(ctx, s, enrolmentID, paging, nil)
}
