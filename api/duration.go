package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

func (a *API) durations() {
	facts[domain.ExtensionInput, domain.ExtensionView]{
		path: "extensions", tag: "Support", name: "Extension", plural: "Extensions", article: "an", subject: "extension",
		text: "Why, by whose decision and until when a path lasts longer than nine months: at most twelve in all (code du travail, D. 5316-13). One stands at a time (409 extended_already); one that was revoked is kept. It can be recorded late, and decided late: where the twelve months are over and no reason was given, decided_on is the day on which it is given, and until_on is left out.",
		list: (*persistence.Session).Extensions, record: (*persistence.Session).Extend, read: (*persistence.Session).Extension, correct: (*persistence.Session).ReplaceExtension,
	}.register(a)
	transition(a, "extensions/{fact_id}/revoke",
		Doc{ID: "revokeExtension", Tag: "Support", Summary: "Revoke an extension", Text: "Takes an extension back, with the reason: the path has nine months again, and another extension may be recorded."}, (*persistence.Session).RevokeExtension)
	list(a, "/v1/alerts", Staff,
		Doc{ID: "listAlerts", Tag: "Support", Summary: "List the duration alerts of a caseload", Text: "The paths in the caller's reach whose length asks attention today, those whose support ends first before the others. approaching_9_months from 30 days before nine months are over; over_9_months from the day they are, when no extension stands or it has run out: the reason is asked for; extended while one stands; over_12_months from the day twelve months are over. Nothing is refused for it, and an exit is recorded whenever it was. Each look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.AlertQuery) (domain.Page[domain.ListedAlert], error) {
			return s.Alerts(ctx, *in)
		})
}
