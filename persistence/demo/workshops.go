package demo

import (
	"context"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// workshops are the sessions of the Somme's programme in 2026, invented: who asks for a place, in order, by number in the
// table; whoever comes after the last place waits. The report of 2025 counts none.
var workshops = []struct {
	title    string
	kind     domain.WorkshopKind
	on, hour string
	capacity int
	asked    []int
	back     []int        // who gives the place back a day later
	moved    string       // the hour it is moved to, three days before
	roll     map[int]byte // by the letters of the table; those who are not named came
}{
	{"Préparer un entretien d'embauche", domain.WorkshopRemobilisation, "2026-06-11", "09:30", 4, []int{2, 5, 8, 11, 14, 17}, []int{5}, "", map[int]byte{11: 'A', 14: 'E'}},
	{"Visite d'une plateforme logistique", domain.WorkshopVisiteEntreprise, "2026-09-24", "09:00", 3, []int{3, 8, 19}, nil, "10:00", map[int]byte{19: 'A'}},
	{"Les métiers de la mosaïque verte", domain.WorkshopRencontreProfessionnelle, "2026-12-10", "14:00", 3, []int{2, 6, 9, 12, 15, 18}, []int{6}, "", nil},
}

// convene tells the workshops: planned four weeks before, asked for from the day after, closed in the evening.
func (s *story) convene() {
	caseworker := s.actor(domain.Caseworker, Somme)
	for _, w := range workshops {
		held := day(w.on)
		in := domain.WorkshopInput{Programme: Somme, Kind: w.kind, Title: w.title, StartsAt: on(held, w.hour), DurationMinutes: 120, Capacity: &w.capacity}
		var id string
		s.add(on(held.AddDays(-28), "09:00"), s.actor(domain.Coordinator, Somme), "plan "+w.title, func(ctx context.Context, session *persistence.Session) error {
			planned, err := session.PlanWorkshop(ctx, in)
			id = planned.ID
			return err
		})
		for i, number := range w.asked {
			s.add(on(held.AddDays(-27), "10:00").Add(time.Duration(i)*time.Minute), caseworker, "a place in "+w.title, func(ctx context.Context, session *persistence.Session) error {
				_, err := session.Register(ctx, id, domain.Match{}, domain.RegistrationInput{EnrolmentID: s.numbered[number].enrolmentID, WaitingList: new(true)})
				return err
			})
		}
		for _, number := range w.back {
			s.add(on(held.AddDays(-26), "11:00"), caseworker, "a place given back in "+w.title, func(ctx context.Context, session *persistence.Session) error {
				_, err := session.Unregister(ctx, id, domain.Match{}, domain.UnregistrationInput{EnrolmentID: s.numbered[number].enrolmentID})
				return err
			})
		}
		if w.moved != "" {
			s.add(on(held.AddDays(-3), "16:00"), s.actor(domain.Coordinator, Somme), "move "+w.title, func(ctx context.Context, session *persistence.Session) error {
				change := domain.WorkshopChange{WorkshopInput: in, MoveReason: new("L'entreprise reçoit une heure plus tard.")}
				change.StartsAt = on(held, w.moved)
				_, err := session.RewriteWorkshop(ctx, id, domain.Match{}, change)
				return err
			})
		}
		if held.After(present) {
			continue
		}
		s.add(on(held, "17:30"), caseworker, "roll of "+w.title, func(ctx context.Context, session *persistence.Session) error {
			view, err := session.Workshop(ctx, id)
			if err != nil {
				return err
			}
			roll := domain.RollCall{}
			for _, place := range view.Registrations {
				entry := domain.RollCallEntry{EnrolmentID: place.EnrolmentID, Status: domain.Called(domain.AttendanceAttended)}
				for number, letter := range w.roll {
					if s.numbered[number].enrolmentID == place.EnrolmentID {
						entry.Status, entry.Justified = domain.Called(letters[letter].Status), letters[letter].Justified
					}
				}
				roll.Items = append(roll.Items, entry)
			}
			_, err = session.CallRoll(ctx, id, domain.Match{}, roll)
			return err
		})
	}
}
