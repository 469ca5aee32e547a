package api

import (
	"context"
	"net/http"

	"o2r/domain"
	"o2r/persistence"
)

// What people may ask of those who keep their files, and how long these are kept: the data
// protection officer's part of the API.

type history struct {
	ByID
	domain.Paging
}

type restriction struct {
	ByID
	Matching
	Body domain.RestrictionInput
}

type erasure struct {
	ByID
	Body domain.ErasureInput
}

type rightsRequestPut struct {
	ByID
	Matching
	Body domain.RightsRequestInput
}

// personFile is a copy of a file, with what lets the page it may be shown as have a style.
type personFile struct {
	Policy string `header:"Content-Security-Policy" doc:"What the page may load: nothing but its own style." maxLength:"300" example:"default-src 'none'"`
	Body   domain.PersonFile
}

func (a *API) rights() {
	officer := Only(domain.DPO)
	register(a, http.MethodGet, "/v1/participants/{id}/export", Only(domain.Coordinator, domain.DPO),
		Doc{ID: "exportParticipant", Tag: "Rights", Summary: "Copy everything about one person", Text: "The copy that a person has a right to (general data protection regulation, article 15): identity, paths with all their facts, referrals, corrections, requests, and who read or wrote the file. As JSON, or as a page to print with Accept: text/html. A coordinator's copy holds what her own programmes hold, without the trail. Making it is audited.", Also: []string{htmlType}},
		[]int{404},
		func(ctx context.Context, in *ByID) (*personFile, error) {
			file, err := a.session(ctx).Export(ctx, in.ID)
			return &personFile{Policy: pagePolicy, Body: file}, err
		})
	list(a, "/v1/participants/{id}/history", Staff.And(domain.DPO),
		Doc{ID: "listHistory", Tag: "Rights", Summary: "List what a file held before", Text: "The values that the fields of a participant and of her enrolments had before they were changed, by whom and when; the latest first. Staff read the history of their own programmes, a caseworker without a colleague's paths unless she says why. It goes when the person is erased. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *history) (domain.Page[domain.FieldChange], error) {
			return s.History(ctx, in.ID, in.Paging)
		})
	act(a, "/v1/participants/{id}/restriction", officer,
		Doc{ID: "restrictParticipant", Tag: "Rights", Summary: "Freeze a file, or lift that", Text: "A restricted file (article 18) is out of reach for everybody but the data protection officer, who reads it: for others it is not there. It is not erased when its time is over, and the figures go on counting it. In workshops the person keeps her place, unseen."},
		func(in *restriction) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *restriction, match domain.Match) (domain.Participant, error) {
			return s.Restrict(ctx, in.ID, match, in.Body)
		})
	perform(a, "/v1/participants/{id}/erasure", officer,
		Doc{ID: "eraseParticipant", Tag: "Rights", Summary: "Erase a person", Text: "Takes the person's identity away for good (article 17): names, contact, day of birth, referrals and what partners wrote in them, notes, corrections. Her figures stay as they were, without identity. Whoever refers or records the same person later is flagged to staff. It cannot be undone; asked again, it answers as the first time. Record the exit first where a path still goes on: nobody can afterwards.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *erasure) (domain.Erasure, error) {
			return s.Erase(ctx, in.ID, in.Body)
		})
	get(a, "/v1/participants/{id}/erasure", officer,
		Doc{ID: "getErasure", Tag: "Rights", Summary: "Read that a person was erased", Text: "When, by whom and why: all there is left to read of her.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.Erasure, error) {
			return s.Erasure(ctx, in.ID)
		})

	list(a, "/v1/rights-requests", officer,
		Doc{ID: "listRightsRequests", Tag: "Rights", Summary: "List the register of requests", Text: "What people asked for under their rights, the latest entered first; with overdue=true, the open ones whose last day is over."},
		func(ctx context.Context, s *persistence.Session, in *domain.RightsRequestQuery) (domain.Page[domain.RightsRequest], error) {
			return s.RightsRequests(ctx, *in)
		})
	read(a, "/v1/rights-requests/{id}", officer,
		Doc{ID: "getRightsRequest", Tag: "Rights", Summary: "Read a request", Text: "One request of the register."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.RightsRequest, error) {
			return s.RightsRequest(ctx, in.ID)
		})
	create(a, "/v1/rights-requests", officer,
		Doc{ID: "createRightsRequest", Tag: "Rights", Summary: "Enter a request", Text: "Enters a request in the register. It is due one month after it was received, clamped to the month's end; three where an extension_reason is given within that month (article 12.3)."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.RightsRequestInput]) (domain.RightsRequest, error) {
			return s.NewRightsRequest(ctx, in.Body)
		})
	replace(a, "/v1/rights-requests/{id}", officer,
		Doc{ID: "putRightsRequest", Tag: "Rights", Summary: "Rewrite a request", Text: "Writes what became of a request: its answer, its refusal with the reason, its extension."},
		func(in *rightsRequestPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *rightsRequestPut, match domain.Match) (domain.RightsRequest, error) {
			return s.ReplaceRightsRequest(ctx, in.ID, match, in.Body)
		})

	get(a, "/v1/retention/rules", officer,
		Doc{ID: "listRetentionRules", Tag: "Rights", Summary: "List how long what is kept", Text: "Each rule: what goes, after how many months, counted from what, and the text it comes from."},
		func(ctx context.Context, s *persistence.Session, _ *Nothing) (domain.RetentionRules, error) {
			return s.RetentionRules(ctx)
		})
	list(a, "/v1/retention/due", officer,
		Doc{ID: "listRetentionDue", Tag: "Rights", Summary: "List what has been kept long enough", Text: "The records whose time is over today, the longest overdue first. The command o2r retention run does what they are due for. People whose file is restricted, or who asked for something that is not answered yet, are left alone."},
		func(ctx context.Context, s *persistence.Session, in *domain.Paging) (domain.Page[domain.RetentionDue], error) {
			return s.RetentionDue(ctx, *in)
		})
}
