package api

import (
	"crypto/ed25519"
	"io"
	"iter"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// AtMost is how the rows of a file are bounded.
func AtMost(most int, rows iter.Seq2[domain.ImportRow, error]) iter.Seq2[domain.ImportRow, error] {
	return atMost(most, rows)
}

// WriteCSV is how a table is written.
func WriteCSV(w io.Writer, body any) error { return writeCSV(w, body) }

// WriteCalendar is how a feed is written.
func WriteCalendar(feed domain.CalendarFeed) []byte { return writeCalendar(feed) }

// On puts the API on another store. Composing the OpenAPI document takes a second or more, so that
// one API serves all tests of a package, one after the other.
func (a *API) On(store *persistence.Store, tokens *Tokens) {
	a.store, a.tokens, a.throttle = store, tokens, newThrottle()
	a.seen.forget()
}

// Sign signs whatever header and claims a test makes up with this deployment's own key, so that
// a token can be wrong in one place only.
func (k *Tokens) Sign(header, claims string) string {
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	return signed + "." + encode(ed25519.Sign(k.keys.now().private, []byte(signed)))
}

// KeyID and PublicKey are what the published key says.
func (k *Tokens) KeyID() string { return k.keys.now().id }
func (k *Tokens) PublicKey() ed25519.PublicKey {
	return k.keys.now().private.Public().(ed25519.PublicKey)
}

// SetClock lets a test move on in time.
func (k *Tokens) SetClock(now func() time.Time) { k.now = now }

// Forget makes the next request look at the keys' folder again, as time would.
func (k *Tokens) Forget() {
	k.keys.mu.Lock()
	defer k.keys.mu.Unlock()
	k.keys.loaded = time.Time{}
}
