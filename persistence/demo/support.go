package demo

import (
	"context"
	"strings"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// letters say what became of a meeting.
var letters = map[byte]domain.AttendanceInput{
	'P': {Status: domain.AttendanceAttended},
	'A': {Status: domain.AttendanceNoShow, Justified: new(false)},
	'J': {Status: domain.AttendanceNoShow, Justified: new(true)},
	'E': {Status: domain.AttendanceExcused, Justified: new(true)},
	'C': {Status: domain.AttendanceCancelled},
}

const minutes = 45 // a meeting lasts

// meet tells a person's meetings, each made at the end of the one before, and what was seen on
// the way of the registration with France Travail.
func (s *story) meet(p *path, r row, meetings []meeting) {
	caseworker := s.actor(domain.Caseworker, p.programme)
	made := on(r.entered, "08:45")
	for i, m := range meetings {
		in := domain.AppointmentInput{StartsAt: m.starts, DurationMinutes: minutes, Mode: domain.MeetingInPerson, Purpose: new(purpose(i))}
		byPhone := i%6 == 5
		if byPhone {
			in.Mode = domain.MeetingPhone
		}
		moved := i%6 == 4 && r.number%4 == 0 // made for the day before, by phone, and moved to a day of permanence
		var id string
		s.add(made, caseworker, "schedule "+r.name, func(ctx context.Context, session *persistence.Session) error {
			in.EnrolmentID = p.enrolmentID
			first := in
			switch {
			case moved:
				first.StartsAt, first.Mode = on(domain.DayOf(m.starts).AddDays(-1), "16:00"), domain.MeetingPhone
			case !byPhone:
				first.PermanenceID = new(s.permanences[r.site]) // and its site follows
			}
			scheduled, err := session.Schedule(ctx, first)
			id = scheduled.ID
			return err
		})
		if moved {
			s.add(on(domain.DayOf(m.starts).AddDays(-3), "15:00"), caseworker, "move "+r.name, func(ctx context.Context, session *persistence.Session) error {
				in.PermanenceID = new(s.permanences[r.site])
				_, err := session.Reschedule(ctx, id, domain.Match{}, domain.AppointmentChange{AppointmentInput: in, MoveReason: new("Préfère venir sur place.")})
				return err
			})
		}
		ends := m.starts.Add(minutes * time.Minute)
		if m.letter == '.' {
			continue // and the next is made on the same occasion
		}
		said := ends
		switch m.letter {
		case 'E':
			said = on(domain.DayOf(m.starts).AddDays(-1), "17:05")
		case 'C':
			said = on(domain.DayOf(m.starts).AddDays(-2), "11:00")
		}
		s.add(said, caseworker, "attendance of "+r.name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.RecordAttendance(ctx, id, domain.Match{}, letters[m.letter])
			return err
		})
		made = ends.Add(5 * time.Minute)
	}
	if r.registered == nil {
		return
	}
	s.observe(p, r, meetings[0], *r.situation.JobSeeker)
	if last := strings.LastIndexByte(r.in2025, 'P'); last > 0 {
		s.observe(p, r, meetings[last], *r.registered)
	}
}

// observe tells what a meeting showed of the registration with France Travail.
func (s *story) observe(p *path, r row, m meeting, registered bool) {
	s.add(m.starts.Add(minutes*time.Minute), s.actor(domain.Caseworker, p.programme), "France Travail for "+r.name, func(ctx context.Context, session *persistence.Session) error {
		_, err := session.ObserveFranceTravail(ctx, p.enrolmentID, domain.FranceTravailStatusInput{ObservedOn: domain.DayOf(m.starts), Registered: &registered})
		return err
	})
}

var purposes = []string{
	"Signature de la charte d'engagement", "Point sur les démarches en cours", "CV et candidatures", "Mobilité et permis",
	"Accès aux droits", "Projet professionnel", "Préparation d'un entretien d'embauche", "Visite d'entreprise : préparation",
}

func purpose(i int) string {
	if i == 0 {
		return "Premier entretien : diagnostic"
	}
	return purposes[(i-1)%len(purposes)]
}

// exit tells how a path ended and what came of it. A contract is written down on its first day.
func (s *story) exit(p *path, e ending) {
	caseworker := s.actor(domain.Caseworker, p.programme)
	s.add(on(day(e.on), "18:00"), caseworker, "exit of "+e.name, func(ctx context.Context, session *persistence.Session) error {
		exit := domain.Exit{ExitedOn: day(e.on), Kind: e.kind}
		if e.kind.Followed() {
			exit.FollowUpAgreed = new(true)
		}
		_, err := session.Exit(ctx, p.enrolmentID, domain.Match{}, exit)
		return err
	})
	for _, in := range e.jobs {
		s.add(on(in.StartsOn, "18:10"), caseworker, "job of "+e.name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.NewJob(ctx, p.enrolmentID, in)
			return err
		})
	}
	if e.result != nil {
		s.add(on(e.result.ObservedOn, "10:00"), caseworker, "outcome of "+e.name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.NewOutcome(ctx, p.enrolmentID, *e.result)
			return err
		})
	}
}

// after tells who called the person after her exit, and when she had enough of it.
func (s *story) after(p *path, name string) {
	caseworker := s.actor(domain.Caseworker, p.programme)
	for _, c := range calls {
		if c.name != name {
			continue
		}
		s.add(on(day(c.on), "16:30"), caseworker, "call on "+name, func(ctx context.Context, session *persistence.Session) error {
			in := domain.FollowUpInput{ContactedOn: day(c.on), Channel: c.channel, Counterpart: domain.CounterpartPersonne, Situation: c.situation}
			if c.note != "" {
				in.Note = &c.note
			}
			_, err := session.NewFollowUp(ctx, p.enrolmentID, in)
			return err
		})
	}
	if date, withdrew := withdrawals[name]; withdrew {
		s.add(on(day(date), "16:40"), caseworker, "withdrawal of "+name, func(ctx context.Context, session *persistence.Session) error {
			_, err := session.SayOfFollowUp(ctx, p.enrolmentID, domain.Match{}, domain.FollowUpAgreementInput{Agreed: new(false), SaidOn: new(day(date)), SaidBy: domain.CounterpartPersonne})
			return err
		})
	}
}

// prolong tells why a path goes on beyond nine months.
func (s *story) prolong(p *path, name string) {
	decided, goesOn := prolonged[name]
	if !goesOn {
		return
	}
	lead := s.actor(domain.Coordinator, p.programme)
	s.add(on(day(decided.on), "17:15"), lead, "extension of "+name, func(ctx context.Context, session *persistence.Session) error {
		_, err := session.Extend(ctx, p.enrolmentID, domain.ExtensionInput{Reason: decided.why, DecidedOn: day(decided.on), UntilOn: new(day(decided.until))})
		return err
	})
}
