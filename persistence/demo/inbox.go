package demo

import (
	"context"
	"fmt"

	"o2r/domain"
	"o2r/persistence"
)

// request is a referral that led to no enrolment.
type request struct {
	name      string
	programme string
	from      string // slug
	received  string
	territory string
	reviewed  string // the day, where it was
	decided   string // the day it was declined or withdrawn, where it was
	declined  domain.DeclineReason
	note      string
}

// The inbox beside the people who were taken on: some refused, some taken back, some that wait.
var requests = []request{
	{name: "Lundi", programme: Somme, from: spip, received: "2025-06-03", territory: "80001", reviewed: "2025-06-05", decided: "2025-06-12",
		declined: domain.DeclineHorsTerritoire, note: "Réorienté vers l'opérateur de son secteur."},
	{name: "Mardi", programme: Somme, from: doullens, received: "2025-09-16", territory: "80253", reviewed: "2025-09-18", decided: "2025-10-07",
		declined: domain.DeclineInjoignable, note: "Trois appels et un courrier sans réponse."},
	{name: "Mercredi", programme: Somme, from: "mdsi-doullens", received: "2025-11-04", territory: "80071", decided: "2025-11-13"},
	{name: "Jeudi", programme: Somme, from: services, received: "2026-09-24", territory: "80318", reviewed: "2026-09-28", decided: "2026-10-05",
		declined: domain.DeclineEnEmploi, note: "A signé un contrat entre-temps."},
	{name: "Vendredi", programme: Somme, from: spip, received: "2026-11-10", territory: "QP080003", reviewed: "2026-11-12"},
	{name: "Samedi", programme: Somme, from: spip, received: "2026-11-17", territory: "80711"},
	{name: "Dimanche", programme: Somme, from: "association-exemple", received: "2026-11-19", territory: "80253"},
	{name: "Janvier", programme: IleDeFrance, from: spipIDF, received: "2026-11-18", territory: "93066"},
}

// ask tells the story of one of them.
func (s *story) ask(number int, r request) {
	referral := s.referral(r.programme, r.from, day(r.received), domain.Identity{
		FirstName: r.name, LastName: "Demande", Gender: new(domain.GenderMale),
		BirthDate: new(day("1990-03-05").AddDays(400 * number)),
	}, domain.Contact{Phone: new(fmt.Sprintf("06 39 98 03 %02d", number)), TerritoryCode: &r.territory})
	who := s.actor(domain.Coordinator, r.programme)
	var id string
	s.refer(r.from, day(r.received), referral, &id)
	if r.reviewed != "" {
		s.add(on(day(r.reviewed), "09:20"), who, "review "+r.name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.Review(ctx, id, domain.Match{})
			return err
		})
	}
	switch {
	case r.decided == "":
	case r.declined != "":
		s.add(on(day(r.decided), "11:40"), who, "decline "+r.name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.Decline(ctx, id, domain.Match{}, domain.Decline{DeclineReason: r.declined, DeclineNote: &r.note})
			return err
		})
	default:
		s.add(on(day(r.decided), "11:40"), s.partner(r.from, r.programme), "withdraw "+r.name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.Withdraw(ctx, id, domain.Match{})
			return err
		})
	}
}
