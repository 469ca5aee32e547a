package api

import (
	"crypto/ed25519"

	"o2r/persistence"
)

// On puts the API on another store. Composing the OpenAPI document takes a second or more, so that
// one API serves all tests of a package, one after the other.
func (a *API) On(store *persistence.Store, tokens *Tokens) { a.store, a.tokens = store, tokens }

// Sign signs whatever header and claims a test makes up with this deployment's own key, so that
// a token can be wrong in one place only.
func (k *Tokens) Sign(header, claims string) string {
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	return signed + "." + encode(ed25519.Sign(k.private, []byte(signed)))
}

// KeyID and PublicKey are what the published key says.
func (k *Tokens) KeyID() string                { return k.keyID }
func (k *Tokens) PublicKey() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }
