package api

import (
	"crypto/sha256"
	"net"
	"net/http"
	"sync"
	"time"

	"o2r/api/rest"
)

// RequestsPerMinute is how many requests one caller may make in a minute, on each replica.
const RequestsPerMinute = 1200

// quota counts the requests of each caller. Somebody whose token was found good has an allowance
// of her own; everybody else shares that of the address they come from. So neither a partner's
// runaway program nor a flood of made-up tokens uses up what is left to others.
type quota struct {
	tokens, addresses *rest.Limiter

	mu    sync.Mutex
	known map[[sha256.Size]byte]time.Time // tokens found good, until when they are remembered
}

// maxKnown bounds what is remembered; beyond it a caller shares her address's allowance.
const maxKnown = 50_000

func newQuota() *quota {
	return &quota{
		tokens:    rest.NewLimiter(RequestsPerMinute, time.Minute),
		addresses: rest.NewLimiter(RequestsPerMinute, time.Minute),
		known:     map[[sha256.Size]byte]time.Time{},
	}
}

func (q *quota) take(r *http.Request) rest.Quota {
	now, token := time.Now(), tokenKey(r.Header.Get("Authorization"))
	q.mu.Lock()
	until, known := q.known[token]
	q.mu.Unlock()
	if known && now.Before(until) {
		return q.tokens.Take(string(token[:]), now)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return q.addresses.Take(host, now)
}

// found remembers that the token in that header was good.
func (q *quota) found(header string) {
	now, token := time.Now(), tokenKey(header)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.known) >= maxKnown {
		for old, until := range q.known {
			if now.After(until) {
				delete(q.known, old)
			}
		}
	}
	if len(q.known) < maxKnown {
		q.known[token] = now.Add(10 * time.Minute)
	}
}

// tokenKey stands for a token, so that none is kept.
func tokenKey(header string) [sha256.Size]byte { return sha256.Sum256([]byte(header)) }
