package persistence

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"gorm.io/gorm"

	"o2r/domain"
)

// matchKeys are what somebody is looked for by: hashes of domain's keys, so that no name or number
// is written down once more. The database copies them to its match_index (migration 0019).
type matchKeys []int64

// Value writes them as a bigint[] column.
func (k matchKeys) Value() (driver.Value, error) {
	numbers := make([]string, len(k))
	for i, number := range k {
		numbers[i] = strconv.FormatInt(number, 10)
	}
	return "{" + strings.Join(numbers, ",") + "}", nil
}

func keysOf(traits domain.Traits) matchKeys { return hashedKeys(traits.Keys()) }

func hashedKeys(keys []string) matchKeys {
	hashed := make(matchKeys, len(keys))
	for i, key := range keys {
		sum := sha256.Sum256([]byte(key))
		hashed[i] = int64(binary.BigEndian.Uint64(sum[:])) // #nosec G115 -- 64 bits of a hash, whatever their sign
	}
	return hashed
}

// recognised is a row with what its person is recognised by.
type recognised struct {
	ID            string
	ParticipantID *string // of a referral that led to one
	FoldFirst     string
	FoldLast      string
	BirthDate     *domain.Date
	Gender        *domain.Gender
	Phone, Email  *string
}

func (c recognised) traits() domain.Traits {
	return domain.Traits{FirstName: c.FoldFirst, LastName: c.FoldLast, BirthDate: c.BirthDate, Gender: c.Gender, Phone: dialled(c.Phone), Email: mailed(c.Email)}
}

// dialled is a telephone number as the whole world dials it (E.164), however it was written; one
// without a country is French. "" is no number at all; nor is one of so few digits that it only fills
// a field, 06 00 00 00 00: people who have nothing else in common would share it.
func dialled(written *string) string {
	if written == nil {
		return ""
	}
	number, err := phonenumbers.Parse(*written, "FR")
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return ""
	}
	distinct := map[rune]bool{}
	for _, digit := range strconv.FormatUint(number.GetNationalNumber(), 10) {
		distinct[digit] = true
	}
	if len(distinct) < 3 {
		return ""
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}

func mailed(written *string) string {
	if written == nil {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(*written))
}

// soughtBy gives the keys of a person who is about to be recorded. It asks nothing about anybody, so
// that recording takes the same whoever is known.
func (t *tx) soughtBy(identity domain.Identity, contact domain.Contact) (matchKeys, error) {
	var folded struct{ First, Last string }
	err := t.Raw(`SELECT fold(?) AS first, fold(?) AS last`, identity.FirstName, identity.LastName).Scan(&folded).Error
	person := recognised{FoldFirst: folded.First, FoldLast: folded.Last, BirthDate: identity.BirthDate, Phone: contact.Phone, Email: contact.Email}
	return keysOf(person.traits()), err
}

// seekAnew keeps a person's keys in step with her corrected file.
func (t *tx) seekAnew(participantID string, in domain.ParticipantInput) error {
	sought, err := t.soughtBy(in.Identity, in.Contact)
	if err != nil {
		return err
	}
	return t.Exec(`UPDATE participants SET match_keys = ? WHERE id = ?`, sought, participantID).Error
}

// keyMatches computes the keys of the records that have none yet: those from before migration 0019,
// and whatever a replica of an older program recorded meanwhile. It works in pieces, each kept when
// it is done, and begins where it was cut off; two replicas at it at once take different rows.
func (s *Store) keyMatches(ctx context.Context) error {
	for _, table := range []string{"participants", "referrals"} {
		for done := false; !done; {
			err := s.maintain(ctx, func(db *gorm.DB) error {
				n, err := keySome(db, table)
				done = n == 0
				return err
			})
			if err != nil {
				return fmt.Errorf("make the keys of %s: %w", table, err)
			}
		}
	}
	return nil
}

// keySome does it for a few rows of a table, and says of how many.
func keySome(db *gorm.DB, table string) (int, error) {
	var rows []recognised
	err := db.Raw(`SELECT id, fold_first, fold_last, birth_date, phone, email FROM ` + table + `
		WHERE match_keys IS NULL AND erased_at IS NULL ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED`).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	sought := make(array, len(rows))
	for i, row := range rows {
		keys, err := keysOf(row.traits()).Value()
		if err != nil {
			return 0, err
		}
		sought[i] = row.ID + " " + keys.(string) // array keeps each text once, and two people may have the same keys
	}
	err = db.Exec(`UPDATE `+table+` SET match_keys = split_part(keyed, ' ', 2)::bigint[] FROM unnest(CAST(? AS text[])) keyed WHERE id = split_part(keyed, ' ', 1)::uuid`, sought).Error
	return len(rows), err
}
