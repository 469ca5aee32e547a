package domain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Checkpoint is the state of the audit trail at an instant, signed and kept elsewhere: what a
// superuser of the database cannot rewrite. It is a text of lines, and a signature over them:
//
//	o2r audit checkpoint 1
//	at 2026-11-23T08:00:00.000000Z
//	rows 12345
//	chain 1 seq 193 HASH pruned 0 HASH
//	… one line a chain
//	signature KEY SIGNATURE
type Checkpoint struct {
	At    time.Time
	Heads []AuditHead // of every chain, in order
}

const (
	checkpointTitle  = "o2r audit checkpoint 1"
	checkpointLayout = "2006-01-02T15:04:05.000000Z"
	signatureWord    = "signature "
)

var errCheckpoint = errors.New("this is no checkpoint of an audit trail, or it is damaged")

// Rows is how many rows the trail kept.
func (c Checkpoint) Rows() (rows int64) {
	for _, head := range c.Heads {
		rows += head.Rows()
	}
	return rows
}

func (c Checkpoint) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nat %s\nrows %d\n", checkpointTitle, c.At.UTC().Format(checkpointLayout), c.Rows())
	for _, head := range c.Heads {
		fmt.Fprintf(&b, "chain %d seq %d %x pruned %d %x\n", head.Chain, head.Seq, head.Hash, head.PrunedSeq, head.PrunedHash)
	}
	return b.Bytes()
}

// Sign gives the file.
func (c Checkpoint) Sign(key ed25519.PrivateKey) []byte {
	text := c.text()
	return fmt.Appendf(text, "%s%s %s\n", signatureWord, keyName(key.Public().(ed25519.PublicKey)), base64.StdEncoding.EncodeToString(ed25519.Sign(key, text)))
}

// OpenCheckpoint reads a file that this key signed.
func OpenCheckpoint(file []byte, key ed25519.PublicKey) (Checkpoint, error) {
	at := bytes.LastIndex(file, []byte("\n"+signatureWord))
	if at < 0 {
		return Checkpoint{}, errCheckpoint
	}
	text, last := file[:at+1], strings.Fields(string(file[at+1:]))
	if len(last) != 3 {
		return Checkpoint{}, errCheckpoint
	}
	if last[1] != keyName(key) {
		return Checkpoint{}, fmt.Errorf("the checkpoint was signed with the key %.20q, and this one is %q", last[1], keyName(key))
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(last[2])
	if err != nil || !ed25519.Verify(key, text, signature) {
		return Checkpoint{}, errors.New("the checkpoint's signature does not hold: the file was changed")
	}
	return readCheckpoint(text)
}

func readCheckpoint(text []byte) (Checkpoint, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) != AuditChains+4 || lines[0] != checkpointTitle {
		return Checkpoint{}, errCheckpoint
	}
	instant, err := time.Parse("at "+checkpointLayout, lines[1])
	if err != nil {
		return Checkpoint{}, errCheckpoint
	}
	c := Checkpoint{At: instant}
	for _, line := range lines[3 : AuditChains+3] {
		var head AuditHead
		var hash, pruned string
		if _, err := fmt.Sscanf(line, "chain %d seq %d %s pruned %d %s", &head.Chain, &head.Seq, &hash, &head.PrunedSeq, &pruned); err != nil {
			return Checkpoint{}, errCheckpoint
		}
		head.Hash, _ = hex.DecodeString(hash)
		head.PrunedHash, _ = hex.DecodeString(pruned)
		c.Heads = append(c.Heads, head)
	}
	if !bytes.Equal(c.text(), text) { // one way only to write each
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

// keyName tells keys apart; it is the beginning of the public key's hash.
func keyName(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
