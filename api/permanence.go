package api

import (
	"context"

	"o2r/domain"
	"o2r/persistence"
)

type permanencePut struct {
	ByID
	Matching
	Body domain.PermanenceInput
}

type closuresPut struct {
	BySlug
	Matching
	Body domain.ClosureList
}

// ByOccurrence is the input of an operation on one occurrence.
type ByOccurrence struct {
	ByID
	PlannedOn domain.Date `path:"planned_on" doc:"The day on which it is planned, moved or not." example:"2026-12-08"`
}

// occurrenceDecision is the input of a decision about one occurrence.
type occurrenceDecision[B any] struct {
	ByOccurrence
	Matching
	Body B
}

func (a *API) permanences() {
	readers := Staff.And(domain.Partner, domain.Admin)
	list(a, "/v1/permanences", readers,
		Doc{ID: "listPermanences", Tag: "Set-up", Summary: "List permanences", Text: "The team's recurring presence at sites of the caller's programmes: on which day of the week, at which hours, in which slots."},
		func(ctx context.Context, s *persistence.Session, in *domain.PermanenceQuery) (domain.Page[domain.Permanence], error) {
			return s.Permanences(ctx, *in)
		})
	read(a, "/v1/permanences/{id}", readers,
		Doc{ID: "getPermanence", Tag: "Set-up", Summary: "Read a permanence", Text: "One recurring presence at a site."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.Permanence, error) {
			return s.Permanence(ctx, in.ID)
		})
	create(a, "/v1/permanences", Only(domain.Coordinator, domain.Admin),
		Doc{ID: "createPermanence", Tag: "Set-up", Summary: "Record a permanence", Text: "Records that the team receives at a site on one day of the week. Its occurrences follow from it, but for public holidays and the programme's closed days; see GET /v1/permanences/occurrences. Two permanences at the same site and hours are two: nothing compares them."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.PermanenceInput]) (domain.Permanence, error) {
			return s.NewPermanence(ctx, in.Body)
		})
	replace(a, "/v1/permanences/{id}", Only(domain.Coordinator),
		Doc{ID: "putPermanence", Tag: "Set-up", Summary: "Rewrite a permanence", Text: "Writes the permanence whole; it stays with its programme. Where meetings that have a place in one of its slots, held or to come, would have none, nothing is written and 409 bookings_in_the_way says how many they are: move or cancel those to come, or end this permanence (ends_on) and record another. A permanence is never deleted. An administrator, who reaches no meeting, records permanences and rewrites none."},
		func(in *permanencePut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *permanencePut, match domain.Match) (domain.Permanence, error) {
			return s.ReplacePermanence(ctx, in.ID, match, in.Body)
		})
	read(a, "/v1/programmes/{programme}/closures", readers,
		Doc{ID: "getClosures", Tag: "Set-up", Summary: "Read a programme's closed days", Text: "The days on which the programme receives nobody, beside public holidays (Code du travail, art. L. 3133-1), which are known."},
		func(ctx context.Context, s *persistence.Session, in *BySlug) (domain.ClosuresOf, error) {
			return s.Closures(ctx, in.Programme)
		})
	replace(a, "/v1/programmes/{programme}/closures", Only(domain.Coordinator),
		Doc{ID: "putClosures", Tag: "Set-up", Summary: "Replace a programme's closed days", Text: "Writes the whole list. Where meetings have a place in a slot on a day that would be closed, nothing is written and 409 bookings_in_the_way says how many they are: move or cancel these occurrences first. So it is refused (409 occurrence_moved_there) to close a day to come to which an occurrence was moved."},
		func(in *closuresPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *closuresPut, match domain.Match) (domain.ClosuresOf, error) {
			return s.ReplaceClosures(ctx, in.Programme, match, in.Body)
		})
	a.occurrences(readers)
}

func (a *API) occurrences(readers Access) {
	list(a, "/v1/permanences/occurrences", readers,
		Doc{ID: "listOccurrences", Tag: "Meetings", Summary: "List the occurrences of permanences", Text: "When and where people are received in a period of a year at most, by the time it opens. Hours are those of the clocks in Paris: 14:00 is 14:00 in summer and in winter. An occurrence on a public holiday or a closed day is there too, and says so; one that was moved stands where it is held. Staff read its slots and how many places of each are taken, a partner neither those nor who receives."},
		func(ctx context.Context, s *persistence.Session, in *domain.OccurrenceQuery) (domain.Page[domain.Occurrence], error) {
			return s.Occurrences(ctx, *in)
		})
	const one = "/v1/permanences/{id}/occurrences/{planned_on}"
	read(a, one, readers,
		Doc{ID: "getOccurrence", Tag: "Meetings", Summary: "Read an occurrence", Text: "One occurrence of a permanence, by the day on which it is planned."},
		func(ctx context.Context, s *persistence.Session, in *ByOccurrence) (domain.Occurrence, error) {
			return s.Occurrence(ctx, in.ID, in.PlannedOn)
		})
	decide(a, one+"/cancel",
		Doc{ID: "cancelOccurrence", Tag: "Meetings", Summary: "Cancel an occurrence", Text: "Says that a permanence is not held on one of its days. The meetings that have a place in it are cancelled with it, and named in the answer. Refused (409) where attendance is recorded of one of them. What has been may be cancelled too: the team was not there."},
		(*persistence.Session).CancelOccurrence)
	decide(a, one+"/move",
		Doc{ID: "moveOccurrence", Tag: "Meetings", Summary: "Move an occurrence", Text: "Says that a permanence is held on another day, at another hour or site than planned, for as long and with the same slots. The meetings that have a place in it move with it, each to its slot, leave the trace of the move, and are named in the answer. Refused on a public holiday or a closed day, and (409) at a time at which the permanence is held already, or where somebody is booked to come and that day is over."},
		(*persistence.Session).MoveOccurrence)
	decide(a, one+"/hold",
		Doc{ID: "holdOccurrence", Tag: "Meetings", Summary: "Hold an occurrence all the same", Text: "Says that a permanence is held although the day is a public holiday or closed."},
		(*persistence.Session).HoldOccurrence)
	decide(a, one+"/restore",
		Doc{ID: "restoreOccurrence", Tag: "Meetings", Summary: "Restore an occurrence", Text: "Takes back, with the reason, that an occurrence was cancelled, moved or held all the same. Meetings that were moved with it come back, unless its day is over and they are to come (409); those that were cancelled stay so, since people may have been told: set them back one by one (PUT /v1/appointments/{id} with set_back, which moves them too). An occurrence that was moved and then cancelled is held again where it was planned, not where it had been moved."},
		(*persistence.Session).RestoreOccurrence)
}

// decide takes one occurrence through a named transition.
func decide[B any](a *API, path string, doc Doc, do func(*persistence.Session, context.Context, string, domain.Date, domain.Match, B) (domain.ChangedOccurrence, error)) {
	act(a, path, Only(domain.Coordinator), doc,
		func(in *occurrenceDecision[B]) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *occurrenceDecision[B], match domain.Match) (domain.ChangedOccurrence, error) {
			return do(s, ctx, in.ID, in.PlannedOn, match, in.Body)
		})
}
