package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type sitePut struct {
	ByID
	Matching
	Body domain.SiteInput
}

func (a *API) sites() {
	readers := Staff.And(domain.Partner, domain.Admin)
	writers := Only(domain.Coordinator, domain.Admin)
	list(a, "/v1/sites", readers,
		Doc{ID: "listSites", Tag: "Set-up", Summary: "List sites", Text: "The places where the caller's programmes receive people."},
		func(ctx context.Context, s *persistence.Session, in *persistence.SiteQuery) (domain.Page[domain.Site], error) {
			return s.Sites(ctx, *in)
		})
	read(a, "/v1/sites/{id}", readers,
		Doc{ID: "getSite", Tag: "Set-up", Summary: "Read a site", Text: "One place where people are received."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.Site, error) {
			return s.Site(ctx, in.ID)
		})
	create(a, "/v1/sites", writers,
		Doc{ID: "createSite", Tag: "Set-up", Summary: "Record a site", Text: "Records a place where a programme receives people."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.SiteInput]) (domain.Site, error) {
			return s.NewSite(ctx, in.Body)
		})
	replace(a, "/v1/sites/{id}", writers,
		Doc{ID: "putSite", Tag: "Set-up", Summary: "Rewrite a site", Text: "Writes the site whole; it stays with its programme."},
		func(in *sitePut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *sitePut, match domain.Match) (domain.Site, error) {
			return s.ReplaceSite(ctx, in.ID, match, in.Body)
		})
}
