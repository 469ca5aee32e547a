package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

func (a *API) audit() {
	list(a, "/v1/audit-events", Only(domain.DPO, domain.Coordinator),
		Doc{ID: "listAuditEvents", Tag: "Audit", Summary: "List who read and changed what", Text: "The audit trail, the latest first: for the data protection officer all of it, for a coordinator what was done in her programmes. It names records and fields, never their values. Reading it is audited too."},
		func(ctx context.Context, s *persistence.Session, in *domain.AuditQuery) (domain.Page[domain.AuditEvent], error) {
			return s.AuditEvents(ctx, *in)
		})
}
