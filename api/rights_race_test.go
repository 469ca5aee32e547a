package api_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"o2r/domain"
)

// busy has each of those requests sent over and over, one after the other, until it is told to stop or
// what it asks for is no longer there. It counts the answers by status.
func (f *fixture) busy(by domain.Actor, requests []func(n int) (method, path, body string)) (stop func() map[int]int) {
	ended, token := make(chan struct{}), "Bearer "+f.token(by)
	var working sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	for _, of := range requests {
		working.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
				}
				method, path, body := of(n)
				r := httptest.NewRequestWithContext(f.Context(), method, path, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("If-Match", "*")
				r.Header.Set("Authorization", token)
				r.RemoteAddr = f.from
				w := httptest.NewRecorder()
				f.handler.ServeHTTP(w, r)
				mu.Lock()
				counts[w.Code]++
				mu.Unlock()
				if w.Code == 404 {
					return
				}
			}
		})
	}
	return func() map[int]int {
		close(ended)
		working.Wait()
		return counts
	}
}

// path is the path of somebody new, by a referral.
func (f *fixture) path(name string) (enrolment, person string) {
	f.Helper()
	id := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": name, "email": "c@example.org", "consented_on": "2025-03-20"}).is(201).text("id")
	accepted := f.send(f.actor(domain.Caseworker), "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200)
	return accepted.text("enrolment_id"), accepted.text("participant_id")
}

// unhindered insists that writers who do not stop keep nobody from her rights: the officer is answered, and no
// writer gets a fault of the server's.
func (f *fixture) unhindered(what string, got reply, counts map[int]int) {
	f.Helper()
	if got.Status != 200 {
		f.Errorf("%s answers %d: %s", what, got.Status, got.Text)
	}
	for status, n := range counts {
		if status >= 500 {
			f.Errorf("%s: %d writers were answered %d", what, n, status)
		}
	}
	if counts[200] == 0 {
		f.Errorf("%s: nobody wrote anything: %v", what, counts)
	}
}

// Whoever holds several rows takes them in one order, so that recording attendance without end does not
// keep the officer from erasing the person.
func TestAnErasureAmidMeetings(t *testing.T) {
	f := newFixture(t)
	f.agree(domain.DiscloseExitClass)
	officer := domain.Actor{Subject: "dpo", Role: domain.DPO, Programmes: []string{}}
	for round, writers := range []int{1, 2, 4, 8} {
		enrolment, person := f.path(fmt.Sprint("Exemple ", round))
		at := map[string]any{"enrolment_id": enrolment, "starts_at": "2025-04-02T12:00:00Z", "duration_minutes": 60, "mode": "in_person"}
		var requests []func(int) (string, string, string)
		for range writers {
			meeting := "/v1/appointments/" + f.send(f.actor(domain.Caseworker), "POST", "/v1/appointments", at).is(201).text("id")
			requests = append(requests, func(n int) (string, string, string) {
				return "POST", meeting + "/attendance", fmt.Sprintf(`{"status":%q}`, []string{"attended", "no_show"}[n%2])
			})
		}
		stop := f.busy(f.actor(domain.Caseworker), requests)
		time.Sleep(50 * time.Millisecond)
		got := f.send(officer, "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "Demande."})
		f.unhindered(fmt.Sprintf("an erasure amid %d writers", writers), got, stop())
	}
}

func TestARestrictionAmidCorrections(t *testing.T) {
	f := newFixture(t)
	officer := domain.Actor{Subject: "dpo", Role: domain.DPO, Programmes: []string{}}
	for round, writers := range []int{1, 2, 4, 8} {
		enrolment, person := f.path(fmt.Sprint("Exemple ", round))
		var requests []func(int) (string, string, string)
		for range writers {
			requests = append(requests, func(n int) (string, string, string) {
				return "PUT", "/v1/enrolments/" + enrolment, fmt.Sprintf(`{"participant_id":%q,"programme":%q,"entered_on":"2025-04-0%d"}`, person, somme, 1+n%2)
			})
		}
		stop := f.busy(f.actor(domain.Caseworker), requests)
		time.Sleep(50 * time.Millisecond)
		got := f.send(officer, "POST", "/v1/participants/"+person+"/restriction", map[string]any{"restricted": true, "reason": "Demande."}, "If-Match", "*")
		f.unhindered(fmt.Sprintf("a restriction amid %d writers", writers), got, stop())
	}
}

// Everything at once on one path: afterwards the referral says what its meetings say.
func TestWhatAPartnerReadsAgreesAfterARace(t *testing.T) {
	f := newFixture(t)
	f.agree(domain.DiscloseExitClass)
	partner, caseworker, coordinator := f.actor(domain.Partner), f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	for round := range 4 {
		id := f.send(partner, "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Camille", "last_name": fmt.Sprint("Exemple ", round), "email": "c@example.org", "consented_on": "2025-03-20"}).is(201).text("id")
		enrolment := f.send(caseworker, "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
		at := func(n int) map[string]any {
			return map[string]any{"enrolment_id": enrolment, "starts_at": fmt.Sprintf("2025-04-%02dT12:00:00Z", 2+n), "duration_minutes": 60, "mode": "in_person"}
		}
		var meetings []string
		for n := range 6 {
			meetings = append(meetings, "/v1/appointments/"+f.send(caseworker, "POST", "/v1/appointments", at(n)).is(201).text("id"))
		}
		var all []request
		for n, meeting := range meetings {
			all = append(all, request{caseworker, "POST", meeting + "/attendance", map[string]any{"status": []string{"attended", "no_show", "cancelled"}[n%3]}, ""})
			all = append(all, request{caseworker, "PUT", meeting, at(n + 1), "*"})
			all = append(all, request{caseworker, "POST", "/v1/appointments", at(10 + n), ""})
			all = append(all, request{partner, "GET", "/v1/referrals/" + id, nil, ""})
		}
		all = append(all, request{caseworker, "POST", "/v1/enrolments/" + enrolment + "/exit", map[string]any{"exited_on": "2025-10-15", "kind": "cdi"}, ""})
		all = append(all, request{coordinator, "PUT", "/v1/programmes/" + somme + "/partnerships", map[string]any{"items": []any{map[string]any{"organisation_id": f.spip.ID, "disclosure": "exit_class"}}}, "*"})
		if round == 2 {
			all = append(all, request{coordinator, "POST", "/v1/enrolments/" + enrolment + "/void", map[string]any{"reason": "Par erreur."}, ""})
		}
		for _, got := range f.atOnce(all) {
			if got.Status >= 500 {
				t.Errorf("%d %s", got.Status, got.Text)
			}
		}
		want := f.rows(`SELECT CASE WHEN e.voided_at IS NULL THEN min(a.starts_at) FILTER (WHERE a.status <> 'cancelled') END,
			CASE WHEN e.voided_at IS NULL THEN count(*) FILTER (WHERE a.status = 'attended') ELSE 0 END, CASE WHEN e.voided_at IS NULL THEN count(*) FILTER (WHERE a.status = 'no_show') ELSE 0 END
			FROM enrolments e JOIN appointments a ON a.enrolment_id = e.id WHERE e.id = $1 GROUP BY e.id`, enrolment)
		got := f.rows(`SELECT first_appointment_at, meetings_attended::bigint, meetings_missed::bigint FROM referrals WHERE id = $1`, id)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("round %d: the referral says %v, the meetings %v", round, got, want)
		}
	}
}
