package persistence

import (
	"context"
	"time"

	"o2r/domain"
)

func workshopStamp(w *domain.Workshop) *domain.Stamp { return &w.Stamp }

// PlanWorkshop makes a collective session.
func (s *Session) PlanWorkshop(ctx context.Context, in domain.WorkshopInput) (domain.WorkshopView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WorkshopView, error) {
		in.StartsAt = in.StartsAt.UTC().Truncate(time.Microsecond)
		workshop := domain.Workshop{Stamp: t.stamp(), WorkshopInput: in, Status: domain.WorkshopPlanned}
		programme, err := t.programmeNamed(in.Programme)
		if err != nil {
			return domain.WorkshopView{}, err
		}
		if err := in.Check(programme); err != nil {
			return domain.WorkshopView{}, err
		}
		if err := t.Create(&workshop).Error; err != nil {
			return domain.WorkshopView{}, err
		}
		err = t.wrote(trace{action: "created", kind: "workshop", ids: []string{workshop.ID}, programme: in.Programme, fields: filledFields(in)})
		return domain.WorkshopView{Workshop: workshop, Places: workshop.Places(0), Registrations: []domain.Registration{}, Waiting: []domain.Waiting{}, Moves: []domain.WorkshopMove{}}, err
	})
}

// Workshop reads one session and who is registered. The look is audited.
func (s *Session) Workshop(ctx context.Context, id string) (domain.WorkshopView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WorkshopView, error) {
		workshop, err := one[domain.Workshop](t.workshops(), "workshop", id)
		if err != nil {
			return domain.WorkshopView{}, err
		}
		view, err := t.viewWorkshop(workshop)
		if err != nil {
			return domain.WorkshopView{}, err
		}
		return view, t.saw("workshop", workshop.Programme, append(registered(view), workshop.ID)...)
	})
}

// WorkshopQuery filters a list of workshops.
type WorkshopQuery struct {
	domain.Paging
	Programme string                `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	Status    domain.WorkshopStatus `query:"status" doc:"Only those that stand here."`
	From      domain.Date           `query:"from" doc:"Only those on or after this day in Europe/Paris: with today, those to come." example:"2026-02-01"`
	To        domain.Date           `query:"to" doc:"Only those on or before this day in Europe/Paris." example:"2026-02-28"`
	Order     domain.WorkshopOrder  `query:"order" doc:"earliest, as when left out: in the order they are held; latest: the last one first. A cursor goes with the order that it was given out for."`
}

// Workshops lists sessions in the order they are held, or the last first, without who is registered.
func (s *Session) Workshops(ctx context.Context, q WorkshopQuery) (domain.Page[domain.ListedWorkshop], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ListedWorkshop], error) {
		if err := q.check(); err != nil {
			return domain.Page[domain.ListedWorkshop]{}, err
		}
		query := where(t.workshops(), "workshops.programme", q.Programme)
		query = where(query, "workshops.status", q.Status)
		if !q.From.IsZero() {
			query = query.Where("workshops.starts_at >= ?", q.From.Start())
		}
		if !q.To.IsZero() {
			query = query.Where("workshops.starts_at < ?", q.To.End())
		}
		found, err := byStart(query, q.Paging, q.Order == domain.LatestWorkshops, func(w domain.Workshop) (time.Time, string) { return w.StartsAt, w.ID })
		if err != nil {
			return domain.Page[domain.ListedWorkshop]{}, err
		}
		taken, err := t.placesIn(keys(found.Items)...)
		if err != nil {
			return domain.Page[domain.ListedWorkshop]{}, err
		}
		return mapped(found, func(w domain.Workshop) domain.ListedWorkshop {
			return domain.ListedWorkshop{Workshop: w, Places: w.Places(taken[w.ID])}
		}), t.saw("workshop", q.Programme, keys(found.Items)...)
	})
}

func (q WorkshopQuery) check() error {
	return domain.AppointmentQuery{From: q.From, To: q.To}.Check()
}

// placesIn counts the places that are taken in workshops, by whomever.
func (t *tx) placesIn(workshopIDs ...string) (map[string]int, error) {
	var counted []struct {
		WorkshopID string
		Places     int
	}
	err := t.Table("workshop_registrations").Select("workshop_id", "count(*) AS places").Where("workshop_id = ANY (CAST(? AS uuid[]))", array(workshopIDs)).
		Where(everybody).Group("workshop_id").Find(&counted).Error
	taken := map[string]int{}
	for _, one := range counted {
		taken[one.WorkshopID] = one.Places
	}
	return taken, err
}

// CallRoll closes a workshop with the attendance of everybody registered, or corrects it. Whoever waited for a place is
// not called, and waits no more.
func (s *Session) CallRoll(ctx context.Context, id string, match domain.Match, roll domain.RollCall) (domain.WorkshopView, error) {
	return s.changeWorkshop(ctx, id, match, "closed", "", func(t *tx, w *domain.Workshop) error {
		if err := t.lapseWaiting(w.ID); err != nil {
			return err
		}
		registered, err := t.registrations(w.ID, notFrozen)
		if err != nil {
			return err
		}
		if err := w.Close(registered, roll, t.now); err != nil {
			return err
		}
		for _, entry := range roll.Items {
			err := t.Exec(`UPDATE workshop_registrations SET status = ?, justified = ? WHERE workshop_id = ? AND enrolment_id = ?`, entry.Status, entry.Justified, w.ID, entry.EnrolmentID).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ReopenWorkshop opens the roll of a closed workshop again. Why stands in the trail.
func (s *Session) ReopenWorkshop(ctx context.Context, id string, match domain.Match, why domain.Reason) (domain.WorkshopView, error) {
	return s.changeWorkshop(ctx, id, match, "reopened", why.Reason, func(_ *tx, w *domain.Workshop) error {
		if err := why.Check(); err != nil {
			return err
		}
		return w.Reopen()
	})
}

// CancelWorkshop calls a workshop off. Nobody waits for it any more. Why stands in the trail.
func (s *Session) CancelWorkshop(ctx context.Context, id string, match domain.Match, why domain.Reason) (domain.WorkshopView, error) {
	return s.changeWorkshop(ctx, id, match, "cancelled", why.Reason, func(t *tx, w *domain.Workshop) error {
		if err := why.Check(); err != nil {
			return err
		}
		if err := w.Cancel(); err != nil {
			return err
		}
		if err := t.revised(w.ID); err != nil {
			return err
		}
		return t.lapseWaiting(w.ID)
	})
}

// RewriteWorkshop writes a planned workshop whole. A move leaves its trace, and places that it adds go to those who wait.
func (s *Session) RewriteWorkshop(ctx context.Context, id string, match domain.Match, in domain.WorkshopChange) (domain.WorkshopView, error) {
	in.StartsAt = in.StartsAt.UTC().Truncate(time.Microsecond)
	return s.changePlaces(ctx, id, "", match, "updated", func(t *tx, w *domain.Workshop, _ *domain.Enrolment) (string, error) {
		registered, err := t.registrations(w.ID, everybody)
		if err != nil {
			return "", err
		}
		before := w.WorkshopInput
		if err := w.Rewrite(in, len(registered)); err != nil {
			return "", err
		}
		programme, err := t.programmeNamed(w.Programme)
		if err == nil {
			err = in.WorkshopInput.Check(programme)
		}
		if err == nil {
			err = t.mustHaveEntered(*w)
		}
		if err != nil {
			return "", err
		}
		if err := t.revised(w.ID); err != nil {
			return "", err
		}
		if move, moved := domain.MoveOfWorkshop(before, w.WorkshopInput); moved {
			move.MovedAt, move.MovedBy, move.Reason = t.now, t.actor.Subject, in.MoveReason
			err = t.Create(&workshopMoveRow{newID(), w.ID, move}).Error
		}
		return "updated", err
	})
}

// revised counts that a workshop was rewritten or called off, for the calendars that show it.
func (t *tx) revised(workshopID string) error {
	return t.Exec(`UPDATE workshops SET revision = revision + 1, revised_at = ? WHERE id = ?`, t.now, workshopID).Error
}

// mustHaveEntered refuses to hold a workshop before the entry of somebody registered for it.
func (t *tx) mustHaveEntered(w domain.Workshop) error {
	var early bool
	err := t.Raw(`SELECT EXISTS (SELECT FROM workshop_registrations r JOIN enrolments e ON e.id = r.enrolment_id
		WHERE r.workshop_id = ? AND e.voided_at IS NULL AND e.entered_on > ?)`, w.ID, domain.DayOf(w.StartsAt)).Scan(&early).Error
	if err == nil && early {
		err = domain.FieldFault("starts_at", "before_entry", "Somebody who is registered enters the programme later.")
	}
	return err
}

// workshopMoveRow is the trace of a move with the workshop that was moved.
type workshopMoveRow struct {
	ID, WorkshopID string
	domain.WorkshopMove
}

func (workshopMoveRow) TableName() string { return "workshop_moves" }

func (s *Session) changeWorkshop(ctx context.Context, id string, match domain.Match, action, reason string, rule func(*tx, *domain.Workshop) error) (domain.WorkshopView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WorkshopView, error) {
		workshop, err := change(t, t.workshops(), "workshop", id, match, workshopStamp, func(w *domain.Workshop) error { return rule(t, w) })
		if err != nil {
			return domain.WorkshopView{}, err
		}
		view, err := t.viewWorkshop(workshop)
		if err != nil {
			return domain.WorkshopView{}, err
		}
		return view, t.wrote(trace{action: action, kind: "workshop", ids: []string{workshop.ID}, whose: registered(view), programme: workshop.Programme, fields: []string{"registrations"}, reason: reason})
	})
}

// registered names the enrolments that a look at a workshop, or a change of it, is about.
func registered(view domain.WorkshopView) []string {
	ids := make([]string, 0, len(view.Registrations)+len(view.Waiting))
	for _, registration := range view.Registrations {
		ids = append(ids, registration.EnrolmentID)
	}
	for _, waiting := range view.Waiting {
		ids = append(ids, waiting.EnrolmentID)
	}
	return ids
}

func (t *tx) viewWorkshop(w domain.Workshop) (domain.WorkshopView, error) {
	view := domain.WorkshopView{Workshop: w, Waiting: []domain.Waiting{}, Moves: []domain.WorkshopMove{}}
	var err error
	if view.Registrations, err = t.registrations(w.ID, notFrozen); err != nil {
		return view, err
	}
	if w.Status == domain.WorkshopCancelled { // nobody is expected any more; what stands in the row stays
		for i := range view.Registrations {
			view.Registrations[i].Status = domain.AttendanceCancelled
		}
	}
	taken, err := t.placesIn(w.ID)
	if err != nil {
		return view, err
	}
	view.Places = w.Places(taken[w.ID])
	if err = t.Table("workshop_requests").Where("workshop_id = ?", w.ID).Where(eligible).Order("place").Find(&view.Waiting).Error; err != nil {
		return view, err
	}
	err = t.Table("workshop_moves").Where("workshop_id = ?", w.ID).Order("id").Find(&view.Moves).Error
	return view, err
}

// Whether the places of people whose file is frozen are among the registrations: they take up room,
// but nobody sees them or says whether they came. The second place of somebody who had two before her
// files were merged is none.
const (
	everybody = "NOT EXISTS (SELECT FROM enrolments WHERE enrolments.id = workshop_registrations.enrolment_id AND enrolments.folded_into IS NOT NULL)"
	notFrozen = "NOT EXISTS (SELECT FROM enrolments WHERE enrolments.id = workshop_registrations.enrolment_id AND (enrolments.frozen OR enrolments.folded_into IS NOT NULL))"
)

func (t *tx) registrations(workshopID, whose string) ([]domain.Registration, error) {
	registrations := []domain.Registration{}
	err := t.Table("workshop_registrations").Where("workshop_id = ?", workshopID).Where(whose).Order("created_at, enrolment_id").Find(&registrations).Error
	return registrations, err
}
