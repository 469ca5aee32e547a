package api

import (
	"o2r/domain"
	"o2r/persistence"
)

func (a *API) immersions() {
	facts[domain.ImmersionInput, domain.ImmersionView]{
		path: "immersions", tag: "Support", name: "Immersion", plural: "Immersions", article: "an", subject: "immersion",
		text: "The convention of a stay in a workplace (période de mise en situation en milieu professionnel, PMSMP), to come or past. What the law does not allow is refused, with its article (code du travail): a convention lasts at most a month, date to date, and is renewed once, with the same host for the same object; with one host a person makes at most two in twelve consecutive months, for different objects or objectives, and spends at most 60 days there, renewals included (D. 5135-3). " +
			"Days are those of the calendar, and all paths of the person in the caller's programmes count together. Who is no prescriber by law prescribes under agreement with one (L. 5135-2, D. 5135-7).",
		list: (*persistence.Session).Immersions, record: (*persistence.Session).NewImmersion, read: (*persistence.Session).Immersion, correct: (*persistence.Session).ReplaceImmersion,
	}.register(a)
	transition(a, "immersions/{fact_id}/cancel",
		Doc{ID: "cancelImmersion", Tag: "Support", Summary: "Call an immersion off", Text: "Says, with the reason, that an immersion does not take place, or was broken off before it counted: it then counts for no limit."}, (*persistence.Session).CancelImmersion)
}
