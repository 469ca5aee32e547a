package persistence

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"o2r/domain"
)

// tombstoneKey keys the hashes by which an erased person would be recognised. Without it nobody
// can be erased, and nobody is recognised.
type tombstoneKey []byte

// TombstoneKeySize is the least length of the key, in bytes.
const TombstoneKeySize = 32

var errNoTombstoneKey = errors.New("nobody can be erased without a key for tombstones: see O2R_TOMBSTONE_KEY")

var errOtherTombstoneKey = errors.New("the key for tombstones is not the one this database's were made with: give every replica, and a restored database, the same O2R_TOMBSTONE_KEY")

// UseTombstoneKey gives the store the key of its tombstones. It belongs after Migrate, before
// anybody uses the store. The database remembers which key its tombstones are made with, and once
// there are any refuses another: that one would overlook all of them without a word.
func (s *Store) UseTombstoneKey(ctx context.Context, key []byte) error {
	if len(key) < TombstoneKeySize {
		return errors.New("the key for tombstones is shorter than 32 bytes")
	}
	graves := tombstoneKey(slices.Clone(key))
	err := s.maintain(ctx, func(db *gorm.DB) error {
		err := db.Exec(`INSERT INTO tombstone_keys (digest) VALUES (?) ON CONFLICT (single) DO UPDATE SET digest = excluded.digest
			WHERE NOT EXISTS (SELECT FROM tombstones)`, graves.fingerprint()).Error
		if err != nil {
			return err
		}
		return graves.mustBeKnown(db)
	})
	if err != nil {
		return translate(err)
	}
	s.graves = graves
	return nil
}

func (k tombstoneKey) fingerprint() digest { return k.digest("key", "of this database") }

// mustBeKnown insists that the database knows this key, and keeps it from changing meanwhile.
func (k tombstoneKey) mustBeKnown(db *gorm.DB) error {
	var known int
	err := db.Raw(`SELECT count(*) FROM (SELECT FROM tombstone_keys WHERE digest = ? FOR SHARE) mine`, k.fingerprint()).Scan(&known).Error
	if err == nil && known == 0 {
		err = errOtherTombstoneKey
	}
	return err
}

// digest is a bytea column; GORM would take a plain slice apart.
type digest []byte

func (d digest) Value() (driver.Value, error) { return []byte(d), nil }

func (k tombstoneKey) digest(kind, text string) digest {
	hash := hmac.New(sha256.New, k)
	hash.Write([]byte(kind + "\x00" + text))
	return hash.Sum(nil)
}

type tombstone struct {
	kind   string
	digest digest
}

// marks are what a person is recognised by, in the form in which they are compared.
type marks struct{ Names, Phone, Email string }

func (t *tx) marks(identity domain.Identity, contact domain.Contact) (marks, error) {
	var m marks
	err := t.Raw(`SELECT fold(?) AS names, coalesce(right(regexp_replace(?::text, '[^0-9]', '', 'g'), 9), '') AS phone, coalesce(lower(btrim(?::text)), '') AS email`,
		identity.LastName+" "+identity.FirstName, contact.Phone, contact.Email).Scan(&m).Error
	m.Names = inAnyOrder(m.Names)
	return m, err
}

// inAnyOrder is the names, whichever of them stands first.
func inAnyOrder(names string) string {
	words := strings.Fields(names)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// laid are the tombstones of somebody who is erased: with her day of birth, without, and how she
// was reached. Where her day of birth was not known, her names alone recognise her.
func (k tombstoneKey) laid(m marks, birth *domain.Date) []tombstone {
	stones := k.reached(m)
	if birth == nil {
		return append(stones, tombstone{"names_alone", k.digest("names_alone", m.Names)})
	}
	return append(stones, tombstone{"birth", k.digest("birth", m.Names+"\x00"+birth.String())}, tombstone{"names", k.digest("names", m.Names)})
}

// sought are the tombstones that would recognise a person: the same names and no contrary day of
// birth, or the same telephone number or e-mail.
func (k tombstoneKey) sought(m marks, birth *domain.Date) []tombstone {
	stones := append(k.reached(m), tombstone{"names_alone", k.digest("names_alone", m.Names)})
	if birth == nil {
		return append(stones, tombstone{"names", k.digest("names", m.Names)})
	}
	return append(stones, tombstone{"birth", k.digest("birth", m.Names+"\x00"+birth.String())})
}

func (k tombstoneKey) reached(m marks) []tombstone {
	var stones []tombstone
	if m.Phone != "" {
		stones = append(stones, tombstone{"phone", k.digest("phone", m.Phone)})
	}
	if m.Email != "" {
		stones = append(stones, tombstone{"email", k.digest("email", m.Email)})
	}
	return stones
}

// bury lays the tombstones of somebody who is erased. The day is kept, not the instant, and no
// identifier: nothing ties them to the row that stays.
func (t *tx) bury(identity domain.Identity, contact domain.Contact) error {
	if t.graves == nil {
		return errNoTombstoneKey
	}
	if err := t.graves.mustBeKnown(t.DB); err != nil {
		return err
	}
	m, err := t.marks(identity, contact)
	if err != nil {
		return err
	}
	for _, stone := range t.graves.laid(m, identity.BirthDate) {
		if err := t.Exec(`INSERT INTO tombstones (kind, digest, made_on) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, stone.kind, stone.digest, t.today).Error; err != nil {
			return err
		}
	}
	return nil
}

// graveyard is the lock that keeps an erasure and the recording of somebody apart: whoever is
// recorded is either there to be erased, or finds the tombstone. Recordings do not wait for each other.
const graveyard = 0x6f3272 // "o2r"

// resemblesErased tells whether somebody like this was once erased. Until the transaction ends,
// nobody is.
func (t *tx) resemblesErased(identity domain.Identity, contact domain.Contact) (bool, error) {
	if t.graves == nil {
		return false, nil
	}
	if err := t.Exec(`SELECT pg_advisory_xact_lock_shared(?)`, graveyard).Error; err != nil {
		return false, err
	}
	m, err := t.marks(identity, contact)
	if err != nil {
		return false, err
	}
	var pairs [][]any
	for _, stone := range t.graves.sought(m, identity.BirthDate) {
		pairs = append(pairs, []any{stone.kind, stone.digest})
	}
	var found bool
	err = t.Raw(`SELECT EXISTS (SELECT FROM tombstones WHERE (kind, digest) IN ?)`, pairs).Scan(&found).Error
	return found, err
}
