package persistence

import (
	"context"

	"o2r/domain"
)

// NewSite records a site of one of the actor's programmes.
func (s *Session) NewSite(ctx context.Context, in domain.SiteInput) (domain.Site, error) {
	return fetch(ctx, s, func(t *tx) (domain.Site, error) {
		site := domain.Site{Stamp: t.stamp(), SiteInput: in}
		if _, err := t.programmeNamed(in.Programme); err != nil {
			return site, err
		}
		if err := in.Check(); err != nil {
			return site, err
		}
		if err := t.Create(&site).Error; err != nil {
			return site, err
		}
		return site, t.wrote(trace{action: "created", kind: "site", ids: []string{site.ID}, programme: in.Programme, fields: filledFields(in)})
	})
}

// Site reads one site.
func (s *Session) Site(ctx context.Context, id string) (domain.Site, error) {
	return fetch(ctx, s, func(t *tx) (domain.Site, error) { return one[domain.Site](t.sites(), "site", id) })
}

// SiteQuery filters a list of sites.
type SiteQuery struct {
	domain.Paging
	Programme string `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
}

// Sites lists sites, the latest recorded first.
func (s *Session) Sites(ctx context.Context, q SiteQuery) (domain.Page[domain.Site], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Site], error) {
		return newestFirst[domain.Site](where(t.sites(), "sites.programme", q.Programme), q.Paging)
	})
}

// ReplaceSite rewrites a site. It stays with its programme.
func (s *Session) ReplaceSite(ctx context.Context, id string, match domain.Match, in domain.SiteInput) (domain.Site, error) {
	return fetch(ctx, s, func(t *tx) (domain.Site, error) {
		var before domain.SiteInput
		after, err := change(t, t.sites(), "site", id, match,
			func(site *domain.Site) *domain.Stamp { return &site.Stamp },
			func(site *domain.Site) error {
				if in.Programme != site.Programme {
					return domain.FieldFault("programme", "fixed", "A site stays with its programme: record another.")
				}
				before, site.SiteInput = site.SiteInput, in
				return in.Check()
			})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "site", ids: []string{id}, programme: after.Programme, fields: changedFields(before, in)})
	})
}
