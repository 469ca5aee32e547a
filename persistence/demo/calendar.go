package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

var (
	day = domain.MustDate

	published = day("2025-12-31") // the day whose figures the report prints
	present   = day("2026-11-20") // where the story ends: later meetings are planned only
)

// at is an hour of a day in Paris.
func at(date, hour string) time.Time { return on(day(date), hour) }

func on(day domain.Date, hour string) time.Time {
	clock, err := time.Parse("15:04", hour)
	if err != nil {
		panic(err) // hours are written in this package
	}
	return time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, domain.Paris)
}

// Nobody is received on a public holiday; these are the ones that fall on a day of permanence.
var holidays = map[domain.Date]bool{
	day("2025-04-21"): true, day("2025-05-01"): true, day("2025-05-08"): true, day("2025-05-29"): true,
	day("2025-06-09"): true, day("2025-07-14"): true, day("2025-11-11"): true, day("2025-12-25"): true,
	day("2026-01-01"): true, day("2026-04-06"): true, day("2026-05-14"): true, day("2026-05-25"): true,
	day("2026-07-14"): true, day("2026-11-11"): true,
}

// days are those on which the site receives, both bounds included.
func (p permanence) days(from, to domain.Date) []domain.Date {
	var days []domain.Date
	for d := from; !d.After(to); d = d.AddDays(1) {
		if d.Start().Weekday() == p.weekday && !holidays[d] {
			days = append(days, d)
		}
	}
	return days
}

// spread takes n of the days, the first among them, as evenly as they come.
func spread(days []domain.Date, n int) ([]domain.Date, error) {
	if n > len(days) {
		return nil, fmt.Errorf("%d meetings in %d days of permanence", n, len(days))
	}
	taken := make([]domain.Date, n)
	for i := range taken {
		taken[i] = days[i*len(days)/n]
	}
	return taken, nil
}

// meeting is one letter of the table, on its day.
type meeting struct {
	letter byte
	starts time.Time
}

// meetings lays a person's letters out over the days of permanence, from entry to exit. The next
// hour of the day goes to the next person; two people receive, so each hour serves twice.
func (s *story) meetings(r row, exited domain.Date) ([]meeting, error) {
	i := slices.IndexFunc(permanences, func(p permanence) bool { return p.key == r.site })
	if i < 0 {
		return nil, fmt.Errorf("%s is received at %q, which is no permanence", r.name, r.site)
	}
	p := permanences[i]
	var letters string
	var days []domain.Date
	place := func(more string, from, to domain.Date) error {
		taken, err := spread(p.days(from, domain.EarlierOf(to, exited)), len(more))
		letters, days = letters+more, append(days, taken...)
		return err
	}
	past := len(r.in2026)
	for past > 0 && r.in2026[past-1] == '.' {
		past--
	}
	later := day("2026-01-02")
	if later.Before(r.entered) {
		later = r.entered
	}
	err := place(r.in2025, r.entered, published)
	if err == nil {
		err = place(r.in2026[:past], later, present)
	}
	if err == nil && past < len(r.in2026) {
		planned := p.days(present.AddDays(1), present.AddDays(42))
		letters, days = letters+r.in2026[past:], append(days, planned[:len(r.in2026)-past]...)
	}
	if err != nil {
		return nil, fmt.Errorf("meetings of %s: %w", r.name, err)
	}
	meetings := make([]meeting, len(days))
	for i, d := range days {
		hour := p.hours[s.seats[p.key+d.String()]%len(p.hours)]
		s.seats[p.key+d.String()]++
		meetings[i] = meeting{letters[i], on(d, hour)}
	}
	if len(days) == 0 || days[0] != r.entered || letters[0] != 'P' {
		return nil, fmt.Errorf("%s enters on a day without a first meeting", r.name)
	}
	return meetings, nil
}

// exceptions tells what is decided about single days of permanence: the end of the year, when nobody is received, a Monday
// that is cancelled, and a Thursday that begins later, with those who are booked.
func (s *story) exceptions() {
	lead := s.actor(domain.Coordinator, Somme)
	decided := on(present, "17:30")
	s.add(decided, lead, "close", func(ctx context.Context, session *persistence.Session) error {
		_, err := session.ReplaceClosures(ctx, Somme, domain.Match{}, domain.ClosureList{Items: []domain.Closure{{StartsOn: day("2026-12-24"), EndsOn: day("2027-01-01"), Label: "Fermeture de fin d'année"}}})
		return err
	})
	s.add(decided, lead, "cancel", func(ctx context.Context, session *persistence.Session) error {
		_, err := session.CancelOccurrence(ctx, s.permanences["A"], day("2026-12-21"), domain.Match{}, domain.Reason{Reason: "Salle indisponible ce jour-là."})
		return err
	})
	s.add(decided, lead, "move", func(ctx context.Context, session *persistence.Session) error {
		_, err := session.MoveOccurrence(ctx, s.permanences["F"], day("2026-11-26"), domain.Match{}, domain.OccurrenceMove{StartTime: new(domain.WallTime("14:45")), Reason: "La salle n'est libre qu'à partir de 14:45."})
		return err
	})
}
