package api

import (
	"sync"
	"time"
)

// throttle makes whoever fails to authenticate wait longer and longer. It counts in this process:
// a secret has 256 random bits, so what it keeps down is the work and the noise of guessing,
// not its odds. It is safe for concurrent use.
//
// Failures are counted for a client at an address, for an address and for a client. A client at an
// address where it succeeded lately is held up by its own failures there only, so that nobody
// can lock it out by failing in its name from elsewhere, or beside it behind a proxy.
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
	clientAllowance  = allowance{50, time.Minute} // short: anybody can fail in a client's name
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
	until := t.failures[pair].wait // a client that is trusted here answers for its own failures only
	if now.Sub(t.good[pair]) > trustSuccess {
		until = t.failures[t.key(pair)].wait
		for _, key := range []string{"a" + address, "c" + client} {
			if other := t.failures[t.key(key)].wait; other.After(until) {
				until = other
			}
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
	t.count("c"+client, clientAllowance, now)
}

func (t *throttle) count(key string, allowed allowance, now time.Time) {
	key = t.key(key)
	seen := t.failures[key]
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
	if len(t.good) < maxThrottled {
		t.good[pairKey(client, address)] = now
	}
	delete(t.failures, pairKey(client, address))
}

// key is the key itself, or, when too many are told apart already, one that all the others share:
// whoever makes up clients uses up no memory.
func (t *throttle) key(key string) string {
	if _, known := t.failures[key]; !known && len(t.failures) >= maxThrottled {
		return key[:1]
	}
	return key
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
