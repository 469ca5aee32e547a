package rest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRequestsAtOnceAreBounded(t *testing.T) {
	gate := NewGate(2, 3, 30*time.Millisecond)
	enter := func(caller string) (func(), int) {
		leave, problem := gate.Enter(t.Context(), caller)
		if problem != nil {
			if problem.Header.Get("Retry-After") == "" {
				t.Error("a refusal does not say when to come back")
			}
			return nil, problem.Status
		}
		return leave, 200
	}
	first, _ := enter("a")
	second, status := enter("a")
	if status != 200 {
		t.Fatal(status)
	}
	if _, status := enter("a"); status != http.StatusTooManyRequests {
		t.Error("a third request of one caller got", status)
	}
	third, status := enter("b")
	if status != 200 {
		t.Error("another caller got", status)
	}
	if _, status := enter("c"); status != http.StatusServiceUnavailable {
		t.Error("a fourth request in all got", status)
	}
	time.AfterFunc(5*time.Millisecond, first)
	if leave, status := enter("c"); status != 200 {
		t.Error("a place was given back, and whoever waited got", status)
	} else {
		leave()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, problem := gate.Enter(ctx, "a"); problem != nil && problem.Status == 500 {
		t.Error("whoever hung up got", problem.Status)
	}
	second()
	third()
}

// Whatever comes in at once: never more at work than there are places, every place comes back, and
// nothing is remembered of callers who left.
func TestTheGateForgetsWhoLeft(t *testing.T) {
	gate := NewGate(3, 8, time.Second)
	var mu sync.Mutex
	at, most, refused := 0, 0, 0
	var group sync.WaitGroup
	for i := range 400 {
		group.Go(func() {
			leave, problem := gate.Enter(t.Context(), fmt.Sprint(i%20))
			mu.Lock()
			if problem != nil {
				refused++
				mu.Unlock()
				return
			}
			at++
			most = max(most, at)
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			at--
			mu.Unlock()
			leave()
		})
	}
	group.Wait()
	if most > 8 || most < 4 {
		t.Errorf("%d at work at once, of 8", most)
	}
	if refused == 0 {
		t.Error("400 at once, and all were let wait")
	}
	if len(gate.callers) != 0 || len(gate.all) != 0 || gate.waiting != 0 {
		t.Errorf("left over: %d callers, %d places, %d waiting", len(gate.callers), len(gate.all), gate.waiting)
	}
}

func TestARefusedRequestIsAnsweredAndObserved(t *testing.T) {
	var seen []string
	busy, inside := true, 0
	api := newToy(t, func(s *Settings) {
		s.Enter = func(*http.Request) (func(), *Problem) {
			if busy {
				return nil, crowded(http.StatusServiceUnavailable, "busy", "The service is busy.")
			}
			inside++
			return func() { inside-- }, nil
		}
		s.Observe = func(o Observation) { seen = append(seen, fmt.Sprint(o.Operation, " ", o.Status)) }
	})
	response, body := api.send(newRequest("GET", "/letters", ""))
	wantProblem(t, response, body, 503, "busy")
	if response, _ := api.send(newRequest("GET", "/livez", "")); response.StatusCode != 200 {
		t.Error("a health check waits in the queue:", response.StatusCode)
	}
	busy = false
	if response, _ := api.send(newRequest("GET", "/letters", "")); response.StatusCode != 200 || inside != 0 {
		t.Errorf("%d, and %d places not given back", response.StatusCode, inside)
	}
	_, _ = api.send(newRequest("GET", "/Camille-Exemple?q=secret", ""))
	if got := strings.Join(seen, ", "); strings.Contains(got, "Camille") || !strings.HasSuffix(got, "503, /livez 200, "+strings.Fields(seen[0])[0]+" 200, unmatched 404") {
		t.Error("observed: " + got)
	}
}
