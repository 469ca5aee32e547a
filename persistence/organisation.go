package persistence

import (
	"context"

	"o2r/domain"
)

// NewOrganisation records an organisation. An empty slug is made of its name.
func (s *Session) NewOrganisation(ctx context.Context, in domain.OrganisationInput) (domain.Organisation, error) {
	return fetch(ctx, s, func(t *tx) (domain.Organisation, error) {
		organisation := domain.Organisation{Stamp: t.stamp(), OrganisationInput: in}
		if err := t.actor.MayRecord(in.Kind); err != nil {
			return domain.Organisation{}, err
		}
		if err := t.mayBeKept(in); err != nil {
			return domain.Organisation{}, err
		}
		if err := in.Check(); err != nil {
			return organisation, err
		}
		if in.Slug == "" {
			var err error
			if organisation.Slug, err = t.slugOf(in.Name); err != nil {
				return organisation, err
			}
		}
		if err := t.Create(&organisation).Error; err != nil {
			return organisation, err
		}
		return organisation, t.wrote(trace{action: "created", kind: "organisation", ids: []string{organisation.ID}, fields: filledFields(in)})
	})
}

// slugOf makes a slug of a name: one that no other organisation has, unless it is taken at this moment.
func (t *tx) slugOf(name string) (slug string, err error) {
	err = t.Raw(`WITH named AS (SELECT coalesce(nullif(trim(BOTH '-' FROM left(regexp_replace(fold(?), '[^a-z0-9]+', '-', 'g'), 50)), ''), 'organisation') AS base)
		SELECT slug FROM named, LATERAL (SELECT CASE WHEN n = 1 AND length(base) > 1 THEN base ELSE base || '-' || n END AS slug FROM generate_series(1, 10000) n) tried
		WHERE NOT EXISTS (SELECT FROM organisations WHERE organisations.slug = tried.slug) LIMIT 1`, name).Scan(&slug).Error
	return slug, err
}

// Organisation reads one organisation, by identifier or by slug.
func (s *Session) Organisation(ctx context.Context, id string) (domain.Organisation, error) {
	return fetch(ctx, s, func(t *tx) (domain.Organisation, error) {
		return one[domain.Organisation](t.organisations(), "organisation", id)
	})
}

// OrganisationQuery filters a list of organisations.
type OrganisationQuery struct {
	domain.Paging
	Slug string                  `query:"slug" doc:"Only the one with this slug." maxLength:"60" example:"spip-somme"`
	Kind domain.OrganisationKind `query:"kind" doc:"Only those of this kind."`
}

// Organisations lists organisations, the latest recorded first.
func (s *Session) Organisations(ctx context.Context, q OrganisationQuery) (domain.Page[domain.Organisation], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Organisation], error) {
		query := t.organisations()
		query = where(query, "organisations.slug", q.Slug)
		query = where(query, "organisations.kind", q.Kind)
		return newestFirst[domain.Organisation](query, q.Paging)
	})
}

// ReplaceOrganisation rewrites an organisation.
func (s *Session) ReplaceOrganisation(ctx context.Context, id string, match domain.Match, in domain.OrganisationInput) (domain.Organisation, error) {
	return fetch(ctx, s, func(t *tx) (domain.Organisation, error) {
		var before domain.OrganisationInput
		after, err := change(t, t.organisations(), "organisation", id, match,
			func(o *domain.Organisation) *domain.Stamp { return &o.Stamp },
			func(o *domain.Organisation) error {
				before, o.OrganisationInput = o.OrganisationInput, in
				if err := t.mayBeKept(in); err != nil {
					return err
				}
				return in.Check()
			})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "organisation", ids: []string{id}, fields: changedFields(before, in)})
	})
}
