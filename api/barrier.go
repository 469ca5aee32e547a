package api

import (
	"o2r/domain"
	"o2r/persistence"
)

func (a *API) barriers() {
	facts[domain.BarrierInput, domain.BarrierView]{
		path: "barriers", tag: "Support", name: "Barrier", plural: "Barriers", article: "a", subject: "barrier",
		text: "What stands between the person and work, from the day it was found until it is lifted or set aside. At most one of a code is to be dealt with at a time (409); once settled, it may be found again.",
		list: (*persistence.Session).Barriers, record: (*persistence.Session).NewBarrier, read: (*persistence.Session).Barrier, correct: (*persistence.Session).ReplaceBarrier,
	}.register(a)
	const one = "barriers/{fact_id}"
	transition(a, one+"/start",
		Doc{ID: "startBarrier", Tag: "Support", Summary: "Start to work on a barrier", Text: "Says since when an open barrier is worked on."}, (*persistence.Session).StartBarrier)
	transition(a, one+"/lift",
		Doc{ID: "liftBarrier", Tag: "Support", Summary: "Lift a barrier", Text: "Says that an unsettled barrier stands in the way no more, since when, and which action of the enrolment or which partner lifted it."}, (*persistence.Session).LiftBarrier)
	transition(a, one+"/set-aside",
		Doc{ID: "setBarrierAside", Tag: "Support", Summary: "Set a barrier aside", Text: "Says that the person and the caseworker agreed not to work on an unsettled barrier."}, (*persistence.Session).SetBarrierAside)
	transition(a, one+"/reopen",
		Doc{ID: "reopenBarrier", Tag: "Support", Summary: "Reopen a barrier", Text: "Takes back, with the reason, that a barrier was lifted or set aside by mistake: it is open again. One that came back is recorded anew instead."}, (*persistence.Session).ReopenBarrier)
}
