package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestWhoFailsWaitsLongerAndLonger(t *testing.T) {
	limits, now := newThrottle(), time.Now()
	tries := func(client, address string, count int) (waited time.Duration) {
		for range count {
			wait := limits.wait(client, address, now)
			now, waited = now.Add(wait), waited+wait
			limits.failed(client, address, now)
		}
		return waited
	}
	if waited := tries("a", "192.0.2.1", 5); waited != 0 {
		t.Errorf("the first failures wait %s", waited)
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16} {
		if waited := tries("a", "192.0.2.1", 1); waited != want*time.Second {
			t.Errorf("waited %s, not %d s", waited, want)
		}
	}
	if waited := tries("a", "192.0.2.1", 20); waited < 15*10*time.Minute {
		t.Errorf("twenty more failures took %s", waited)
	}
	if wait := limits.wait("b", "192.0.2.2", now); wait != 0 {
		t.Errorf("somebody else waits %s", wait)
	}
	now = now.Add(2 * forgetFailures)
	if waited := tries("a", "192.0.2.1", 5); waited != 0 {
		t.Errorf("after hours without a failure: %s", waited)
	}
}

func TestWhoeverFailsHoldsUpNobodyElsewhere(t *testing.T) {
	limits, now := newThrottle(), time.Now()
	limits.succeeded("trusted", "192.0.2.1", now)
	for i := range 60 {
		limits.failed(fmt.Sprint("client", i), "192.0.2.1", now)          // guesses at many clients
		limits.failed("target", fmt.Sprintf("198.51.100.%d", i), now)     // from many addresses
		limits.failed("target", fmt.Sprintf("2001:db8:%x::/64", i), now)  // of either family
		limits.failed("trusted", fmt.Sprintf("198.51.100.%d", i+60), now) // and at one that works
		limits.failed("target", "203.0.113.9", now)                       // from one for long
		limits.failed(fmt.Sprint("client", i), "2001:db8:a:b::/64", now)  // from one network
	}
	for _, row := range []struct {
		client, address string
		waits           bool
	}{
		{"new", "192.0.2.1", true},
		{"target", "203.0.113.9", true},
		{"new", "203.0.113.9", true},
		{"new", "2001:db8:a:b::/64", true},
		{"target", "203.0.113.1", false}, // nobody can lock it out, also where it was never before
		{"target", "2001:db8:a:c::/64", false},
		{"trusted", "203.0.113.1", false},
		{"trusted", "192.0.2.1", false},
		{"new", "203.0.113.1", false},
	} {
		if wait := limits.wait(row.client, row.address, now); (wait > 0) != row.waits || wait > 15*time.Minute {
			t.Errorf("%s at %s waits %s", row.client, row.address, wait)
		}
	}
	for range 8 { // its own failures it still waits for
		limits.failed("trusted", "192.0.2.1", now)
	}
	if wait := limits.wait("trusted", "192.0.2.1", now); wait == 0 {
		t.Error("a client that succeeded once may guess for ever")
	}
}

// Whoever makes up clients and addresses uses up no memory, and locks nobody out.
func TestTheThrottleIsBounded(t *testing.T) {
	limits, now := newThrottle(), time.Now()
	limits.succeeded("a client of ours", "192.0.2.9", now)
	for i := range maxThrottled {
		limits.failed(fmt.Sprint(i), fmt.Sprint(i), now)
		limits.succeeded(fmt.Sprint(i), "192.0.2.1", now)
	}
	if len(limits.failures) > maxThrottled || len(limits.good) > maxThrottled {
		t.Errorf("%d and %d are remembered", len(limits.failures), len(limits.good))
	}
	for _, row := range [][2]string{{"someone new", "somewhere new"}, {"a client of ours", "192.0.2.9"}} {
		if wait := limits.wait(row[0], row[1], now); wait > 0 {
			t.Errorf("made-up clients keep %s out for %s", row[0], wait)
		}
	}
	for range 60 { // full as it is, who guesses now waits
		limits.failed("target", "198.51.100.1", now)
	}
	if limits.wait("target", "198.51.100.1", now) == 0 {
		t.Error("who fills the memory may guess for ever")
	}
	limits.failed("x", "y", now.Add(2*trustSuccess))
	if len(limits.failures) > 2 {
		t.Errorf("%d are remembered after days", len(limits.failures))
	}
}

func TestTheAddressOfARequest(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:4000":             "192.0.2.1",
		"[::ffff:192.0.2.1]:4000":    "192.0.2.1",
		"[2001:db8:1:2::1]:4000":     "2001:db8:1:2::/64",
		"[2001:db8:1:2:3:4:5:6]:400": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:4000":        "fe80::/64",
		"@":                          "@",
	} {
		if got := (Deployment{}).ClientAddress(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s is %s, not %s", remote, got, want)
		}
	}
}

// Whoever owns networks and one client fills what is remembered of successes, and another is trusted all the same.
func TestOneClientFromEverywhereKeepsNobodyFromBeingTrusted(t *testing.T) {
	limits, now := newThrottle(), time.Now()
	for i := range maxThrottled { // 100 000 good requests of one client from ever other /64s
		limits.succeeded("everywhere", fmt.Sprintf("2001:db8:%x:%x::/64", i>>16, i&0xffff), now)
	}
	const proxy = "192.0.2.1"
	limits.succeeded("the SPIP", proxy, now)
	for i := range 60 { // somebody behind the same proxy guesses
		limits.failed(fmt.Sprint("guess ", i), proxy, now)
	}
	if wait := limits.wait("the SPIP", proxy, now); wait > 0 {
		t.Errorf("a client that has just succeeded there waits %s for what others failed", wait)
	}
	now = now.Add(23 * time.Hour)
	limits.succeeded("the SPIP", proxy, now)
	for i := range 60 {
		limits.failed(fmt.Sprint("guess ", i), proxy, now)
	}
	if wait := limits.wait("the SPIP", proxy, now); wait > 0 {
		t.Errorf("23 hours later too: %s", wait)
	}
}
