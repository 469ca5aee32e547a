package persistence_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// follow reads on from a cursor until nothing more is there.
func follow(t testing.TB, session *persistence.Session, cursor string, limit int) (events []domain.Event, next string) {
	t.Helper()
	for {
		feed, err := session.Events(ctx(), domain.EventQuery{Cursor: cursor, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		events, cursor = append(events, feed.Items...), feed.NextCursor
		if cursor == "" {
			t.Fatal("no cursor to go on from")
		}
		if !feed.HasMore {
			return events, cursor
		}
	}
}

// While 32 write at once, and transactions that took their ids early commit late, whoever follows
// the cursor meets each event exactly once, and those of one referral in order.
func TestWhoFollowsTheCursorMeetsEachEventOnce(t *testing.T) {
	f := newStage(t)
	const writers, each = 32, 3
	f.store.PoolOf(writers + 8) // so that the reader is not kept waiting
	reader := f.as(domain.Partner)
	_, cursor := follow(t, reader, "", 50)

	var writing sync.WaitGroup
	var done atomic.Bool
	for i := range writers {
		writing.Go(func() {
			for n := range each {
				in := f.refer
				in.ExternalReference = new(fmt.Sprintf("W-%d-%d", i, n))
				referral, _, err := f.as(domain.Partner).Refer(ctx(), in)
				if err != nil {
					t.Error(err)
					return
				}
				// Each of three steps in a transaction of its own; every third is held open a while after its event took its id.
				late := func(work func(*persistence.Session) error) {
					err := f.store.Together(ctx(), func(inside *persistence.Store) error {
						err := work(inside.As(f.actor(domain.Coordinator)))
						if i%3 == 0 {
							time.Sleep(30 * time.Millisecond)
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
				late(func(s *persistence.Session) error { return second(s.Review(ctx(), referral.ID, any_)) })
				late(func(s *persistence.Session) error {
					return second(s.Decline(ctx(), referral.ID, any_, domain.Decline{DeclineReason: domain.DeclineInjoignable}))
				})
			}
		})
	}
	go func() { writing.Wait(); done.Store(true) }()
	var sequencing sync.WaitGroup // replicas beside the reader
	for range 3 {
		sequencing.Go(func() {
			for !done.Load() {
				if _, err := f.store.PlaceEvents(ctx()); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	var met []domain.Event
	rounds := 0
	for end := false; !end; rounds++ {
		end = done.Load() // before the read: then it sees all
		if end {
			sequencing.Wait()
		}
		var events []domain.Event
		events, cursor = follow(t, reader, cursor, 40)
		met = append(met, events...)
	}
	writing.Wait()

	seen := map[string]int{}
	of := map[string][]domain.EventType{}
	for _, event := range met {
		seen[event.ID]++
		of[event.ReferralID] = append(of[event.ReferralID], event.Type)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s was met %d times", id, times)
		}
	}
	want := []domain.EventType{"referral.received", "referral.reviewed", "referral.declined"}
	for referral, types := range of {
		if !slices.Equal(types, want) {
			t.Errorf("of %s were met %q", referral, types)
		}
	}
	if len(met) != writers*each*3 || len(of) != writers*each {
		t.Errorf("%d events of %d referrals were met, not %d of %d", len(met), len(of), writers*each*3, writers*each)
	}
	var disordered int // the test proves something only where ids did not commit in their order
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM (SELECT position - lag(position) OVER (ORDER BY id) AS step FROM events WHERE position IS NOT NULL) s WHERE step < 0`).Scan(&disordered))
	if disordered == 0 {
		t.Error("every event committed in the order of its id: nothing was proved")
	}
	t.Logf("%d events in %d rounds of the reader, %d out of the order of their ids", len(met), rounds, disordered)
	if again, _ := follow(t, reader, "", 50); len(again) != len(met)+1 {
		t.Errorf("from the first on, %d events, not %d", len(again), len(met)+1)
	}
}

func second[T any](_ T, err error) error { return err }

// What a partner reads of an event is what its profile holds on the day it reads, and what it may
// not know of is not there at all; staff read all.
func TestTheFeedIsUnderTodaysProfile(t *testing.T) {
	f := newStage(t)
	lead, partner := f.as(domain.Coordinator), f.as(domain.Partner)
	accepted, err := lead.Accept(ctx(), f.referral, any_, domain.Acceptance{EnteredOn: new(domain.MustDate("2025-03-03"))})
	f.ok(err)
	meeting, err := lead.Schedule(ctx(), domain.AppointmentInput{EnrolmentID: *accepted.EnrolmentID, StartsAt: past, DurationMinutes: 60, Mode: domain.MeetingInPerson})
	f.ok(err)
	_, err = lead.RecordAttendance(ctx(), meeting.ID, any_, domain.AttendanceInput{Status: domain.AttendanceAttended})
	f.ok(err)
	_, err = lead.Exit(ctx(), *accepted.EnrolmentID, any_, f.exit())
	f.ok(err)
	in := f.refer
	in.ExternalReference = new("E-9")
	other, _, err := partner.Refer(ctx(), in)
	f.ok(err)
	_, err = lead.Decline(ctx(), other.ID, any_, domain.Decline{DeclineReason: domain.DeclineInjoignable, DeclineNote: new("Trois appels.")})
	f.ok(err)

	// type and, of each event, which facts are there
	read := func(s *persistence.Session) (lines []string) {
		events, _ := follow(t, s, "", 50)
		for _, e := range events {
			line := string(e.Type)
			for name, there := range map[string]bool{"": true, " reason": e.DeclineReason != nil, " note": e.DeclineNote != nil, " first": e.FirstAppointmentAt != nil,
				" attended": e.MeetingsAttended != nil && *e.MeetingsAttended > 0, " class": e.ExitClass != nil} {
				if there {
					line += name
				}
			}
			words := slices.Sorted(strings.FieldsSeq(line))
			lines = append(lines, fmt.Sprint(words))
			if e.Status == nil || e.Programme != essai || e.ExternalReference == nil {
				t.Errorf("an event that says too little: %+v", e)
			}
		}
		return lines
	}
	status := []string{"[referral.received]", "[referral.accepted]", "[referral.received]", "[referral.declined]"}
	reason := []string{"[referral.received]", "[referral.accepted]", "[referral.received]", "[note reason referral.declined]"}
	first := []string{"[referral.received]", "[referral.accepted]", "[first referral.appointment_scheduled]", "[referral.received]", "[note reason referral.declined]"}
	first4 := []string{"[referral.received]", "[referral.accepted]", "[first referral.appointment_scheduled]", "[attended first referral.attendance_recorded]", "[referral.received]", "[note reason referral.declined]"}
	all := slices.Insert(slices.Clone(first4), 4, "[attended class first referral.exited]")
	for _, row := range []struct {
		profile domain.Disclosure
		want    []string
	}{
		{domain.DiscloseExitClass, all}, {domain.DiscloseStatus, status}, {domain.DiscloseDeclineReason, reason}, {domain.DiscloseFirstAppointment, first}, {domain.DiscloseAttendance, first4}, {"", reason},
	} {
		list := domain.PartnershipList{Items: []domain.Partnership{}}
		if row.profile != "" {
			list.Items = append(list.Items, domain.Partnership{OrganisationID: f.organisation, Disclosure: row.profile})
		}
		_, err := lead.ReplacePartnerships(ctx(), essai, any_, list)
		f.ok(err)
		if got := read(partner); !slices.Equal(got, row.want) {
			t.Errorf("under %q a partner reads\n%q, not\n%q", row.profile, got, row.want)
		}
		if got := read(lead); !slices.Equal(got, all) {
			t.Errorf("under %q staff read\n%q, not\n%q", row.profile, got, all)
		}
	}
}

// Of who was erased only that is left, to the partner too; of a restricted file nothing while it is.
func TestTheFeedOfWhoIsRestrictedOrErased(t *testing.T) {
	f := newStage(t)
	lead, partner, officer := f.as(domain.Coordinator), f.as(domain.Partner), f.as(domain.DPO)
	accepted, err := lead.Accept(ctx(), f.referral, any_, domain.Acceptance{})
	f.ok(err)
	types := func(s *persistence.Session) (got []string) {
		events, _ := follow(t, s, "", 50)
		for _, e := range events {
			got = append(got, string(e.Type))
			if e.Type == "referral.erased" && (e.ExternalReference != nil || e.DeclineReason != nil || e.FirstAppointmentAt != nil || e.ReferralID != f.referral) {
				t.Errorf("it says more than that she was erased: %+v", e)
			}
		}
		return got
	}
	both := []string{"referral.received", "referral.accepted"}
	_, cursor := follow(t, partner, "", 50)
	for _, row := range []struct {
		restricted bool
		want       []string
	}{{true, nil}, {false, append(slices.Clone(both), "referral.resumed")}} {
		_, err := officer.Restrict(ctx(), *accepted.ParticipantID, any_, domain.RestrictionInput{Restricted: &row.restricted, Reason: "Contestée."})
		f.ok(err)
		for _, s := range []*persistence.Session{lead, partner} {
			if got := types(s); !slices.Equal(got, row.want) {
				t.Errorf("restricted %v: %q", row.restricted, got)
			}
		}
	}
	_, err = officer.Erase(ctx(), *accepted.ParticipantID, domain.ErasureInput{Reason: "À sa demande."})
	f.ok(err)
	for _, s := range []*persistence.Session{lead, partner} {
		if got := types(s); !slices.Equal(got, []string{"referral.erased"}) {
			t.Errorf("once she was erased: %q", got)
		}
	}
	if events, _ := follow(t, partner, cursor, 50); len(events) != 1 || events[0].Type != "referral.erased" {
		t.Errorf("who had read of her learns %+v", events)
	}
}

func TestCursorsOfTheFeed(t *testing.T) {
	f := newStage(t)
	partner := f.as(domain.Partner)
	_, cursor := follow(t, partner, "", 50)
	if feed, err := partner.Events(ctx(), domain.EventQuery{Cursor: cursor}); err != nil || len(feed.Items) != 0 || feed.HasMore || feed.NextCursor != cursor {
		t.Errorf("at the end, %+v: %v", feed, err)
	}
	// Another organisation's events move nobody's cursor.
	stranger := f.actor(domain.Partner)
	stranger.OrganisationID = ""
	empty, err := f.store.As(stranger).Events(ctx(), domain.EventQuery{})
	if err != nil || len(empty.Items) != 0 || empty.NextCursor == "" {
		t.Errorf("with nothing to read, %+v: %v", empty, err)
	}
	if feed, err := partner.Events(ctx(), domain.EventQuery{Cursor: empty.NextCursor}); err != nil || len(feed.Items) != 1 {
		t.Errorf("from before the first on, %+v: %v", feed, err)
	}
	for _, made := range []string{"x", "AAAA", "eyJsaXN0IjoicmVmZXJyYWxzIiwiaWQiOiIwMTk3ZjBhMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEifQ",
		"eyJsaXN0IjoiZXZlbnRzIiwiaWQiOiIwMTk3ZjBhMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEifQ", // of the feed, naming no event
		"eyJsaXN0IjoiZXZlbnRzIiwiaWQiOiInIn0"} {
		if _, err := partner.Events(ctx(), domain.EventQuery{Cursor: made}); err == nil {
			t.Errorf("%q was taken", made)
		}
	}
	for _, role := range []domain.Role{domain.Analyst, domain.DPO, domain.Admin, "ghost"} {
		if feed, err := f.as(role).Events(ctx(), domain.EventQuery{}); err == nil && len(feed.Items) > 0 {
			t.Errorf("a %s reads %+v", role, feed)
		}
	}
}
