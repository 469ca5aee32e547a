package persistence

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"o2r/domain"
)

func programmeStamp(p *domain.Programme) *domain.Stamp { return &p.Stamp }

// NewProgramme records a programme.
func (s *Session) NewProgramme(ctx context.Context, in domain.ProgrammeInput) (domain.Programme, error) {
	return fetch(ctx, s, func(t *tx) (domain.Programme, error) {
		programme := domain.Programme{Stamp: t.stamp(), ProgrammeInput: in}
		if err := in.Check(); err != nil {
			return programme, err
		}
		if err := t.Create(&programme).Error; err != nil {
			return programme, err
		}
		return programme, t.wrote(trace{action: "created", kind: "programme", ids: []string{programme.ID}, programme: in.Slug, fields: filledFields(in)})
	})
}

// Programme reads one programme by its slug.
func (s *Session) Programme(ctx context.Context, slug string) (domain.Programme, error) {
	return fetch(ctx, s, func(t *tx) (domain.Programme, error) { return t.programme(slug) })
}

// Programmes lists programmes, the latest recorded first.
func (s *Session) Programmes(ctx context.Context, paging domain.Paging) (domain.Page[domain.Programme], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Programme], error) {
		after, err := newestFirst[programmeRow](t.programmes(), paging)
		return mapped(after, func(row programmeRow) domain.Programme { return row.Programme }), err
	})
}

// programmeRow is ordered by its identifier, while a programme's key is its slug.
type programmeRow struct{ domain.Programme }

func (r programmeRow) Key() string { return r.ID }

// ReplaceProgramme rewrites a programme. Its slug stays: tokens and paths name it. Nobody who is expected on a day is left out
// of it: its permanences are held meanwhile, so that no slot is booked beyond its new end; see holding.
func (s *Session) ReplaceProgramme(ctx context.Context, slug string, match domain.Match, in domain.ProgrammeInput) (domain.Programme, error) {
	return fetch(ctx, s, func(t *tx) (domain.Programme, error) {
		found, err := t.programme(slug)
		if err != nil {
			return found, err
		}
		var held []string
		if err := holding(t.permanences()).Where("permanences.programme = ?", slug).Pluck("permanences.id", &held).Error; err != nil {
			return found, err
		}
		var before domain.ProgrammeInput
		after, err := change(t, t.programmes(), "programme", found.ID, match, programmeStamp, func(p *domain.Programme) error {
			if in.Slug != p.Slug {
				return domain.FieldFault("slug", "fixed", "A programme keeps its slug: tokens and paths name it.")
			}
			before, p.ProgrammeInput = p.ProgrammeInput, in
			if err := in.Check(); err != nil || !in.Shortens(before) {
				return err
			}
			var expected bool
			if err := t.Raw(`SELECT expected_outside(?, ?, ?, ?)`, slug, in.StartsOn, in.EndsOn, t.now).Scan(&expected).Error; err != nil {
				return err
			}
			return in.MustExpectNobodyOutside(expected)
		})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "programme", ids: []string{found.ID}, programme: slug, fields: changedFields(before, in)})
	})
}

// Targets reads what a programme promised, in the order it was written.
func (s *Session) Targets(ctx context.Context, slug string) (domain.TargetsOf, error) {
	return fetch(ctx, s, func(t *tx) (domain.TargetsOf, error) {
		if _, err := t.programme(slug); err != nil {
			return domain.TargetsOf{}, err
		}
		return t.targets(slug)
	})
}

// ReplaceTargets writes the whole list of a programme's targets.
func (s *Session) ReplaceTargets(ctx context.Context, slug string, match domain.Match, in domain.TargetList) (domain.TargetsOf, error) {
	return fetch(ctx, s, func(t *tx) (domain.TargetsOf, error) {
		programme, err := t.programme(slug)
		if err != nil {
			return domain.TargetsOf{}, err
		}
		if _, err := one[domain.Programme](locked(t.programmes()), "programme", programme.ID); err != nil {
			return domain.TargetsOf{}, err
		}
		before, err := t.targets(slug)
		if err != nil {
			return before, err
		}
		if !match.Allows(before.Version) {
			return before, domain.Outdated("list of targets")
		}
		if err := domain.CheckTargets(in.Items); err != nil {
			return before, err
		}
		if err := t.Exec(`DELETE FROM targets WHERE programme = ?`, slug).Error; err != nil {
			return before, err
		}
		for position, target := range in.Items {
			err := t.Exec(`INSERT INTO targets (programme, indicator, period, value, position) VALUES (?, ?, ?, ?, ?)`,
				slug, target.Indicator, target.Period, target.Value, position).Error
			if err != nil {
				return before, err
			}
		}
		if err := t.Exec(`UPDATE programmes SET targets_version = targets_version + 1 WHERE slug = ?`, slug).Error; err != nil {
			return before, err
		}
		after := domain.TargetsOf{TargetList: in, Version: before.Version + 1}
		return after, t.wrote(trace{action: "updated", kind: "targets", ids: []string{programme.ID}, programme: slug, fields: []string{"items"}})
	})
}

// programme finds a programme the actor may see.
func (t *tx) programme(slug string) (domain.Programme, error) {
	var programme domain.Programme
	err := t.programmes().Where("programmes.slug = ?", slug).Take(&programme).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return programme, domain.Missing("programme")
	}
	return programme, err
}

// programmeNamed finds the programme that a body names.
func (t *tx) programmeNamed(slug string) (domain.Programme, error) {
	programme, err := t.programme(slug)
	if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
		return programme, domain.FieldFault("programme", "unknown", "There is no such programme, or your token does not open it.")
	}
	return programme, err
}

func (t *tx) targets(slug string) (domain.TargetsOf, error) {
	list := domain.TargetsOf{TargetList: domain.TargetList{Items: []domain.Target{}}}
	if err := t.Table("programmes").Where("slug = ?", slug).Pluck("targets_version", &list.Version).Error; err != nil {
		return list, err
	}
	return list, t.Table("targets").Select("indicator", "period", "value").
		Where("programme = ?", slug).Order("position").Find(&list.Items).Error
}
