package rest

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Quota is what remains of a caller's allowance after a request was counted.
type Quota struct {
	Limit, Remaining int
	Reset            time.Duration // until the allowance is whole again
	Exceeded         bool          // this request is one too many
}

func (q Quota) write(header http.Header) {
	header.Set("RateLimit-Limit", strconv.Itoa(q.Limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(q.Remaining))
	header.Set("RateLimit-Reset", seconds(q.Reset))
}

// seconds rounds up: a caller who waits that long is let in.
func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

// Limiter allows each caller a number of requests per window, counted in this process.
type Limiter struct {
	limit  int
	window time.Duration

	mu    sync.Mutex
	ends  time.Time
	count map[string]int
}

// maxCallers is how many callers are told apart in one window.
const maxCallers = 100_000

// NewLimiter allows limit requests per window and caller.
func NewLimiter(limit int, window time.Duration) *Limiter {
	return &Limiter{limit: limit, window: window, count: map[string]int{}}
}

// Take counts one request of the caller known by key. The window is the same for everybody, so
// that forgetting old callers needs no timer.
func (l *Limiter) Take(key string, now time.Time) Quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.ends) {
		l.ends = now.Add(l.window)
		clear(l.count)
	}
	if _, known := l.count[key]; !known && len(l.count) >= maxCallers {
		key = "" // whoever makes up callers shares one allowance, and no memory
	}
	l.count[key]++
	used := l.count[key]
	return Quota{Limit: l.limit, Remaining: max(0, l.limit-used), Reset: l.ends.Sub(now), Exceeded: used > l.limit}
}
