package api

import (
	"context"
	"net/http"

	"o2r/domain"
	"o2r/persistence"
)

type reassignment struct {
	BySlug
	Body domain.Reassignment
}

// reassigned is the answer to a handing over.
type reassigned struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true where the request had been answered before and this is that answer again." maxLength:"4" example:"true"`
	Body     domain.Reassigned
}

func (a *API) caseloads() {
	get(a, "/v1/programmes/{programme}/caseloads", Staff,
		Doc{ID: "listCaseloads", Tag: "File", Summary: "Read the caseloads", Text: "How much each caseworker of the programme has in hand, by name; what nobody follows stands last. A caseworker reads her own and nobody's; an Access-Reason shows her the others.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *BySlug) (domain.Caseloads, error) {
			return s.Caseloads(ctx, in.Programme)
		})
	doc := Doc{ID: "reassignCaseload", Tag: "File", Summary: "Hand a caseload over",
		Text: "Hands over what one caseworker follows to another, or what nobody follows: all paths that go on, are followed up, still owe their six-month checkpoint or have a meeting to hold or to record, or those that are named; all of them or, where one cannot be, none. Each path has a next version, and its history says who followed before. The meetings to come go with their path. " +
			"With everything go the permanences at which she receives and that have not ended; they stay where single paths are named, and the answer counts what stays. Frozen files stay where they are. This API has no table of caseworkers: to is refused (422, unknown_caseworker) where nobody called so has followed somebody here, received at a permanence or called, unless new_caseworker says that she is new. An Idempotency-Key makes the request safe to repeat.",
		Errors: []int{404}, keyed: true}
	register(a, http.MethodPost, "/v1/programmes/{programme}/caseloads/reassign", Only(domain.Coordinator), doc, []int{409}, func(ctx context.Context, in *reassignment) (*reassigned, error) {
		return keptOnce(ctx, a, doc.ID, in,
			func(ctx context.Context) (*reassigned, error) {
				done, err := a.session(ctx).Reassign(ctx, in.Programme, in.Body)
				return &reassigned{Body: done}, err
			},
			func(*reassigned) string { return "caseload" },
			func(answer *reassigned) { answer.Replayed = "true" })
	})
}
