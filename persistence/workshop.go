package persistence

import (
	"context"
	"slices"
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
		return domain.WorkshopView{Workshop: workshop, Registrations: []domain.Registration{}}, err
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
}

// Workshops lists sessions in the order they are held, without who is registered.
func (s *Session) Workshops(ctx context.Context, q WorkshopQuery) (domain.Page[domain.Workshop], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Workshop], error) {
		query := where(t.workshops(), "workshops.programme", q.Programme)
		query = where(query, "workshops.status", q.Status)
		found, err := earliestFirst(query, q.Paging, func(w domain.Workshop) (time.Time, string) { return w.StartsAt, w.ID })
		if err != nil {
			return found, err
		}
		return found, t.saw("workshop", q.Programme, keys(found.Items)...)
	})
}

// Register takes a place in a workshop. The workshop is held meanwhile, so that its capacity
// is never passed.
func (s *Session) Register(ctx context.Context, id string, match domain.Match, in domain.RegistrationInput) (domain.WorkshopView, error) {
	return s.changeWorkshop(ctx, id, match, "registered", func(t *tx, w *domain.Workshop) error {
		enrolment, err := t.enrolmentNamed(t.enrolments().Where("enrolments.programme = ?", w.Programme), "enrolment_id", in.EnrolmentID)
		if err != nil {
			return err
		}
		if err := enrolment.MayMeet("enrolment_id", w.StartsAt); err != nil {
			return err
		}
		registered, err := t.registrations(w.ID, everybody)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(registered, func(r domain.Registration) bool { return r.EnrolmentID == enrolment.ID }) {
			return refusals["workshop_registrations_pkey"] // also where the last place is her own
		}
		if err := w.Register(len(registered)); err != nil {
			return err
		}
		return t.Exec(`INSERT INTO workshop_registrations (programme, workshop_id, enrolment_id, status, created_at) VALUES (?, ?, ?, ?, ?)`,
			w.Programme, w.ID, enrolment.ID, domain.AttendanceScheduled, t.now).Error
	})
}

// CallRoll closes a workshop with the attendance of everybody registered, or corrects it.
func (s *Session) CallRoll(ctx context.Context, id string, match domain.Match, roll domain.RollCall) (domain.WorkshopView, error) {
	return s.changeWorkshop(ctx, id, match, "closed", func(t *tx, w *domain.Workshop) error {
		registered, err := t.registrations(w.ID, notFrozen)
		if err != nil {
			return err
		}
		if err := w.Close(registered, roll, t.now); err != nil {
			return err
		}
		for _, entry := range roll.Items {
			err := t.Exec(`UPDATE workshop_registrations SET status = ? WHERE workshop_id = ? AND enrolment_id = ?`, entry.Status, w.ID, entry.EnrolmentID).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// CancelWorkshop calls a workshop off.
func (s *Session) CancelWorkshop(ctx context.Context, id string, match domain.Match) (domain.WorkshopView, error) {
	return s.changeWorkshop(ctx, id, match, "cancelled", func(_ *tx, w *domain.Workshop) error { return w.Cancel() })
}

func (s *Session) changeWorkshop(ctx context.Context, id string, match domain.Match, action string, rule func(*tx, *domain.Workshop) error) (domain.WorkshopView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WorkshopView, error) {
		workshop, err := change(t, t.workshops(), "workshop", id, match, workshopStamp, func(w *domain.Workshop) error { return rule(t, w) })
		if err != nil {
			return domain.WorkshopView{}, err
		}
		view, err := t.viewWorkshop(workshop)
		if err != nil {
			return domain.WorkshopView{}, err
		}
		return view, t.wrote(trace{action: action, kind: "workshop", ids: []string{workshop.ID}, whose: registered(view), programme: workshop.Programme, fields: []string{"registrations"}})
	})
}

// registered names the enrolments that a look at a workshop, or a change of it, is about.
func registered(view domain.WorkshopView) []string {
	ids := make([]string, len(view.Registrations))
	for i, registration := range view.Registrations {
		ids[i] = registration.EnrolmentID
	}
	return ids
}

func (t *tx) viewWorkshop(w domain.Workshop) (domain.WorkshopView, error) {
	registrations, err := t.registrations(w.ID, notFrozen)
	return domain.WorkshopView{Workshop: w, Registrations: registrations}, err
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
