package api

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"o2r/api/rest"
)

// quota counts the requests of each caller. Somebody whose token was found good has an allowance
// of her own, whichever of her tokens she sends and however its header is written; everybody else
// shares that of the address they come from. So neither a partner's runaway program nor a flood of
// made-up tokens uses up what is left to others.
type quota struct {
	tokens, addresses *rest.Limiter
	address           func(*http.Request) string // where a request comes from

	mu    sync.Mutex
	known map[[sha256.Size]byte]holder // tokens found good
}

// holder is whose a good token is, and until when that is remembered.
type holder struct {
	subject string
	until   time.Time
}

// maxKnown bounds what is remembered; beyond it a caller shares her address's allowance.
const maxKnown = 50_000

func newQuota(perMinute int, address func(*http.Request) string) *quota {
	return &quota{
		tokens:    rest.NewLimiter(perMinute, time.Minute),
		addresses: rest.NewLimiter(perMinute, time.Minute),
		address:   address,
		known:     map[[sha256.Size]byte]holder{},
	}
}

func (q *quota) take(r *http.Request) rest.Quota {
	caller, known := q.caller(r)
	if known {
		return q.tokens.Take(caller, time.Now())
	}
	return q.addresses.Take(caller, time.Now())
}

// caller tells callers apart: by whose the token is that was found good, else by the address.
func (q *quota) caller(r *http.Request) (key string, known bool) {
	token := tokenKey(r.Header.Get("Authorization"))
	q.mu.Lock()
	whose, known := q.known[token]
	q.mu.Unlock()
	if known && time.Now().Before(whose.until) {
		return whose.subject, true
	}
	return q.address(r), false
}

// found remembers that the token in that header was good, and whose it is.
func (q *quota) found(header, subject string) {
	now, token := time.Now(), tokenKey(header)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.known) >= maxKnown {
		for old, whose := range q.known {
			if now.After(whose.until) {
				delete(q.known, old)
			}
		}
	}
	if len(q.known) < maxKnown {
		q.known[token] = holder{subject, now.Add(10 * time.Minute)}
	}
}

// tokenKey stands for the token in a header, so that none is kept. The scheme may be written in many ways.
func tokenKey(header string) [sha256.Size]byte {
	_, token, _ := strings.Cut(header, " ")
	return sha256.Sum256([]byte(token))
}
