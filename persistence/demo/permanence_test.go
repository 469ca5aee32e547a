package demo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence/demo"
)

// The permanences of the Somme are those that the report names, from their first day to the end of the programme: whoever is
// met at a site has a place in a slot there, and the days that are moved, cancelled or closed say so.
func (s synthetic) testPermanences(t *testing.T) {
	session := s.store.As(s.result.Actor(domain.Coordinator))
	found, err := session.Permanences(t.Context(), domain.PermanenceQuery{Programme: demo.Somme})
	if err != nil {
		t.Fatal(err)
	}
	var held []string
	for _, p := range found.Items {
		held = append(held, fmt.Sprint(p.Label, " from ", p.StartsOn))
	}
	slices.Sort(held)
	if want := []string{"Jeudi après-midi à Flixecourt from 2025-03-10", "Lundi au SPIP d'Amiens from 2026-01-05", "Mardi à Doullens from 2025-03-10"}; !slices.Equal(held, want) {
		t.Errorf("held are %q", held)
	}
	booked, counts := 0, map[domain.OccurrenceStatus]int{}
	for from := domain.MustDate("2025-03-10"); from.Before(domain.MustDate("2027-03-10")); from = from.AddMonths(12).AddDays(1) {
		query := domain.OccurrenceQuery{From: from, To: from.AddMonths(12), Paging: domain.Paging{Limit: 200}}
		for {
			page, err := session.Occurrences(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Items {
				counts[o.Status]++
				for _, slot := range o.Slots {
					booked += slot.Booked
					if o.Status == domain.OccurrenceMoved && o.StartsAt.In(domain.Paris).Format("15:04") != "14:45" {
						t.Errorf("moved to %s", o.StartsAt)
					}
				}
			}
			if page.NextCursor == nil {
				break
			}
			query.Cursor = *page.NextCursor
		}
	}
	if counts[domain.OccurrenceMoved] != 1 || counts[domain.OccurrenceCancelled] != 1 || counts[domain.OccurrenceClosed] == 0 || counts[domain.OccurrenceHoliday] < 10 {
		t.Errorf("of the occurrences are %v", counts)
	}
	of := func(condition string) int {
		return count(t, s.conn, `SELECT count(*) FROM appointments WHERE programme = '`+demo.Somme+`' AND `+condition)
	}
	if places := of(`slot_place IS NOT NULL`); booked != places || places == 0 {
		t.Errorf("%d places in slots, and %d meetings that have one", booked, places)
	}
	if n := of(`site_id IS NOT NULL AND (permanence_id IS NULL OR slot_place IS NULL AND status NOT IN ('excused', 'cancelled'))`); n != 0 {
		t.Errorf("%d meetings at a site have no slot there", n)
	}
	if n := count(t, s.conn, `SELECT count(*) FROM appointments WHERE slot_place IS NOT NULL AND status = 'scheduled' AND starts_at > $1`, now.Add(24*time.Hour)); n == 0 {
		t.Error("nobody is booked for the days to come")
	}
	if n := count(t, s.conn, `SELECT count(*) FROM appointment_moves`); n == 0 {
		t.Error("the moved afternoon moved nobody")
	}
}
