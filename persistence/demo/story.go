package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// story is what happens, and when. It is told person by person and played in the order of time.
type story struct {
	events        []event
	organisations map[string]string // identifiers, by slug
	sites         map[string]string // by the permanence's key, once open
	permanences   map[string]string // the same
	seats         map[string]int    // how many are received on one day at one site
	people        map[string]*path  // the first path of each, by name
	numbered      map[int]*path     // the paths of the Somme's first table, by number
	references    int
}

// event is one thing that one actor records at one instant.
type event struct {
	at   time.Time
	who  domain.Actor
	what string
	do   func(context.Context, *persistence.Session) error
}

// path is one enrolment as far as the story has been played.
type path struct {
	programme                  string
	identity                   domain.Identity
	contact                    domain.Contact
	participantID, enrolmentID string
}

func newStory() *story {
	return &story{organisations: map[string]string{}, sites: map[string]string{}, permanences: map[string]string{}, seats: map[string]int{}, people: map[string]*path{}, numbered: map[int]*path{}}
}

func (s *story) add(at time.Time, who domain.Actor, what string, do func(context.Context, *persistence.Session) error) {
	s.events = append(s.events, event{at, who, what, do})
}

func (s *story) actor(role domain.Role, programme string) domain.Actor {
	return actor(s.organisations, role, programme)
}

func (s *story) partner(slug, programme string) domain.Actor {
	return partner(s.organisations, slug, programme)
}

// tell tells everybody's story.
func (s *story) tell() error {
	for _, told := range []struct{ table, family, programme string }{
		{somme, "Exemple", Somme}, {sommeAgain, "Exemple", Somme}, {ileDeFrance, "Spécimen", IleDeFrance},
	} {
		rows, err := read(told.table, told.family)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := s.support(told.programme, r); err != nil {
				return err
			}
		}
	}
	s.convene()
	for i, r := range requests {
		s.ask(i+1, r)
	}
	return nil
}

// play records everything up to that instant. Of two things at one instant, the one told first
// comes first.
func (s *story) play(ctx context.Context, store *persistence.Store, until time.Time) error {
	slices.SortStableFunc(s.events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range s.events {
		if e.at.After(until) {
			return nil
		}
		if err := e.do(ctx, store.At(e.at).As(e.who)); err != nil {
			return fmt.Errorf("%s on %s: %w", e.what, domain.DayOf(e.at), err)
		}
	}
	return nil
}

// support tells one row of the tables: referral, entry, meetings, exit. Somebody told before
// comes back.
func (s *story) support(programme string, r row) error {
	before, back := s.people[r.name]
	p := &path{programme: programme, identity: r.identity(), contact: r.contact(programme)}
	exited := day("2026-12-31")
	if back {
		p.identity, p.contact = before.identity, before.contact
		if age := p.identity.BirthDate.AgeOn(r.entered); age != r.age {
			return fmt.Errorf("%s is %d on coming back, not %d", r.name, age, r.age)
		}
	} else {
		s.people[r.name] = p
		if programme == Somme {
			s.numbered[r.number] = p
		}
		if i := slices.IndexFunc(endings, func(e ending) bool { return e.name == r.name }); i >= 0 {
			exited = day(endings[i].on)
			s.exit(p, endings[i])
			s.after(p, r.name)
		}
		s.prolong(p, r.name)
	}
	meetings, err := s.meetings(r, exited)
	if err != nil {
		return err
	}
	s.enter(p, before, r)
	s.meet(p, r, meetings)
	s.journey(p, r, meetings)
	return nil
}

// enter tells how the person came: referred a fortnight before, looked into within a week,
// taken on the day of the first meeting.
func (s *story) enter(p, before *path, r row) {
	lead, caseworker := s.actor(domain.Coordinator, p.programme), s.actor(domain.Caseworker, p.programme)
	referral := s.referral(p.programme, r.referrer, r.entered.AddDays(-13), p.identity, p.contact)
	if r.referrer == spip || r.referrer == spipIDF { // the others do not know, or may not say
		referral.JusticeStatus = r.situation.JusticeStatus
	}
	var id string
	s.refer(r.referrer, r.entered.AddDays(-13), referral, &id)
	s.add(on(r.entered.AddDays(-7), "09:10"), lead, "review "+r.name, func(ctx context.Context, session *persistence.Session) error {
		_, err := session.Review(ctx, id, domain.Match{})
		return err
	})
	s.add(on(r.entered, "08:30"), lead, "accept "+r.name, func(ctx context.Context, session *persistence.Session) error {
		acceptance := domain.Acceptance{CaseworkerID: &caseworker.Subject, SiteID: new(s.sites[r.site]), Situation: r.situation}
		if before != nil {
			acceptance.ParticipantID = &before.participantID
		}
		accepted, err := session.Accept(ctx, id, domain.Match{}, acceptance)
		if err == nil {
			p.participantID, p.enrolmentID = *accepted.ParticipantID, *accepted.EnrolmentID
		}
		return err
	})
	if before == nil {
		s.add(on(r.entered, "08:40"), caseworker, "complete "+r.name, func(ctx context.Context, session *persistence.Session) error {
			file := referral.Participant()
			file.Address = new(fmt.Sprintf("%d rue de l'Exemple", r.number))
			territory, err := session.Territory(ctx, r.territory)
			if err != nil {
				return err
			}
			if len(territory.PostalCodes) > 0 {
				file.PostalCode = &territory.PostalCodes[0]
			}
			_, err = session.ReplaceParticipant(ctx, p.participantID, domain.Match{}, file)
			return err
		})
	}
}

// referral is what a partner writes of a person.
func (s *story) referral(programme, from string, sent domain.Date, who domain.Identity, contact domain.Contact) domain.ReferralInput {
	s.references++
	return domain.ReferralInput{
		Programme:         programme,
		ExternalReference: new(fmt.Sprintf("DEMO-%d-%03d", sent.Year(), s.references)),
		Identity:          who,
		Contact:           contact,
		Barriers:          barriers[s.references%len(barriers)],
		Reason:            new(reasons[s.references%len(reasons)]),
		ConsentedOn:       sent.AddDays(-1),
		ReferrerName:      new("Référent d'exemple"),
		ReferrerEmail:     new("referent." + from + "@example.org"),
		ReferrerPhone:     new("03 53 01 00 00"),
	}
}

var barriers = []domain.Barriers{
	{domain.BarrierMobilite, domain.BarrierQualification},
	{domain.BarrierLogement, domain.BarrierAccesAuxDroits},
	{domain.BarrierMobilite, domain.BarrierNumerique, domain.BarrierAdministratif},
	{domain.BarrierFinances},
	{domain.BarrierLectureEcritureCalcul, domain.BarrierIsolement},
	{domain.BarrierMobilite, domain.BarrierPapiersIdentite},
	{domain.BarrierCouvertureSociale, domain.BarrierFamille},
}

var reasons = []string{
	"Souhaite reprendre une activité et accepte un accompagnement.",
	"Cherche du travail dans le bâtiment ou les espaces verts, sans moyen de transport.",
	"Loin de l'emploi depuis longtemps, demande de l'aide pour ses démarches.",
	"Envisage une formation et voudrait d'abord découvrir des métiers.",
	"A déjà travaillé en intérim et voudrait un emploi plus stable.",
}

func (s *story) refer(from string, sent domain.Date, referral domain.ReferralInput, id *string) {
	s.add(on(sent, "10:10"), s.partner(from, referral.Programme), "refer "+referral.FirstName, func(ctx context.Context, session *persistence.Session) error {
		made, _, err := session.Refer(ctx, referral)
		*id = made.ID
		return err
	})
}
