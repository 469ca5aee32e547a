package api

import (
	"crypto/ed25519"
	"io"
)

// WriteCSV is how a table is written.
func WriteCSV(w io.Writer, body any) error { return writeCSV(w, body) }

// Sign signs whatever header and claims a test makes up with this deployment's own key, so that
// a token can be wrong in one place only.
func (k *Tokens) Sign(header, claims string) string {
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	return signed + "." + encode(ed25519.Sign(k.private, []byte(signed)))
}

// KeyID and PublicKey are what the published key says.
func (k *Tokens) KeyID() string                { return k.keyID }
func (k *Tokens) PublicKey() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }
