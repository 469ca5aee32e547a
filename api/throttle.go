package api

import (
	"sync"
	"time"
)

// throttle makes whoever fails to authenticate wait longer and longer. It counts in this process:
// a secret has 256 random bits, so what it keeps down is the work and the noise of guessing,
// not its odds. It is safe for concurrent use.
//
// Failures are counted for an address, and for a client at an address; never for a client wherever
// it is, since anybody can fail in its name. So whoever fails in a client's name from elsewhere holds
// nobody up but herself. At an address where it succeeded lately, a client is held up by the failures
// in its own name there only, not by what others fail at behind the same proxy.
type throttle struct {
	mu       sync.Mutex
	failures map[string]failures
	good     map[string]time.Time // when that client last succeeded at that address
	tidied   time.Time
}

type failures struct {
	count int
	last  time.Time
	wait  time.Time // until when nothing more is tried
}

// How many failures are free, and how long the wait after them at most. It begins with a second
// and doubles.
type allowance struct {
	free    int
	longest time.Duration
}

var (
	pairAllowance    = allowance{5, 15 * time.Minute}
	addressAllowance = allowance{50, 15 * time.Minute}
)

const (
	forgetFailures = time.Hour
	trustSuccess   = 24 * time.Hour
	maxThrottled   = 100_000
)

func newThrottle() *throttle {
	return &throttle{failures: map[string]failures{}, good: map[string]time.Time{}}
}

func pairKey(client, address string) string { return "p" + address + " " + client }

// wait is how long this client at this address has to wait before it may try.
func (t *throttle) wait(client, address string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair := pairKey(client, address)
	until := t.failures[pair].wait
	if now.Sub(t.good[pair]) > trustSuccess {
		if other := t.failures["a"+address].wait; other.After(until) {
			until = other
		}
	}
	return max(0, until.Sub(now))
}

// failed counts a failure.
func (t *throttle) failed(client, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(now)
	t.count(pairKey(client, address), pairAllowance, now)
	t.count("a"+address, addressAllowance, now)
}

func (t *throttle) count(key string, allowed allowance, now time.Time) {
	seen, known := t.failures[key]
	if !known {
		t.makeRoom()
	}
	if now.Sub(seen.last) > forgetFailures {
		seen = failures{}
	}
	seen.count, seen.last = seen.count+1, now
	if beyond := seen.count - allowed.free; beyond >= 0 {
		seen.wait = now.Add(min(allowed.longest, time.Second<<min(beyond, 20)))
	}
	t.failures[key] = seen
}

// succeeded forgets the client's failures at that address.
func (t *throttle) succeeded(client, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(now)
	pair := pairKey(client, address)
	if _, known := t.good[pair]; !known && len(t.good) >= maxThrottled {
		for other := range t.good { // any: one client that comes from everywhere keeps no other from being trusted
			delete(t.good, other)
			break
		}
	}
	t.good[pair] = now
	delete(t.failures, pair)
}

// makeRoom forgets some failure when too many are told apart already: whoever fails from ever new
// addresses uses up no memory, and makes nobody wait who comes from another.
func (t *throttle) makeRoom() {
	if len(t.failures) < maxThrottled {
		return
	}
	for key := range t.failures {
		delete(t.failures, key)
		return
	}
}

// forget tidies up now and then: doing so for each failure would be work to be had for nothing.
func (t *throttle) forget(now time.Time) {
	if now.Sub(t.tidied) < time.Minute {
		return
	}
	t.tidied = now
	for key, seen := range t.failures {
		if now.Sub(seen.last) > forgetFailures {
			delete(t.failures, key)
		}
	}
	for key, last := range t.good {
		if now.Sub(last) > trustSuccess {
			delete(t.good, key)
		}
	}
}
