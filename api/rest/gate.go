package rest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Gate bounds how many requests are worked on at once: each caller's, so that one cannot keep the
// others out, and all together, so that work is refused here rather than piled up in front of the
// database. A request over the bound waits a little, and is refused when too many wait already.
type Gate struct {
	perCaller int
	patience  time.Duration
	all       chan struct{}

	mu      sync.Mutex
	waiting int // for a place among all
	callers map[string]*places
}

type places struct {
	taken chan struct{}
	users int // at work, and waiting
}

// queue is how many times as many as are at work may wait.
const queue = 4

// NewGate lets perCaller requests of one caller and total of all through at once, and others wait
// for patience.
func NewGate(perCaller, total int, patience time.Duration) *Gate {
	return &Gate{perCaller: perCaller, patience: patience, all: make(chan struct{}, total), callers: map[string]*places{}}
}

// Enter waits for a place. Leave gives it back, and is called once. A caller with too many
// requests gets a 429, and anybody a 503 when there are too many in all.
func (g *Gate) Enter(ctx context.Context, caller string) (leave func(), problem *Problem) {
	own := g.join(caller)
	if own == nil {
		return nil, crowded(http.StatusTooManyRequests, "too_many_at_once", "You have too many requests under way at once: wait for their answers.")
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	if !take(ctx, own.taken) {
		g.quit(caller, own)
		return nil, crowded(http.StatusTooManyRequests, "too_many_at_once", "You have too many requests under way at once: wait for their answers.")
	}
	if !g.enterAll(ctx) {
		<-own.taken
		g.quit(caller, own)
		return nil, crowded(http.StatusServiceUnavailable, "busy", "The service has more requests than it can work on: try again after the time in Retry-After.")
	}
	return func() {
		<-g.all
		<-own.taken
		g.quit(caller, own)
	}, nil
}

func (g *Gate) join(caller string) *places {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := g.callers[caller]
	if own == nil {
		own = &places{taken: make(chan struct{}, g.perCaller)}
		g.callers[caller] = own
	}
	if own.users >= (1+queue)*g.perCaller {
		return nil
	}
	own.users++
	return own
}

func (g *Gate) quit(caller string, own *places) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(g.callers, caller)
	}
}

func (g *Gate) enterAll(ctx context.Context) bool {
	select {
	case g.all <- struct{}{}:
		return true
	default:
	}
	g.mu.Lock()
	full := g.waiting >= queue*cap(g.all)
	if !full {
		g.waiting++
	}
	g.mu.Unlock()
	if full {
		return false
	}
	defer func() {
		g.mu.Lock()
		g.waiting--
		g.mu.Unlock()
	}()
	return take(ctx, g.all)
}

func take(ctx context.Context, places chan<- struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func crowded(status int, code, detail string) *Problem {
	return NewProblem(status, code, detail).With("Retry-After", "1")
}
