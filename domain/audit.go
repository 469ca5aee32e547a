package domain

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// AuditEvent is one row of the audit trail: who did what to which records, and why. It names
// fields, never their values, and nobody but the one who acted.
type AuditEvent struct {
	ID             int64     `json:"id" doc:"Number of the row; later rows have larger numbers." minimum:"1" example:"1024"`
	At             time.Time `json:"at" doc:"When it was done." example:"2025-04-01T09:30:00Z"`
	Subject        string    `json:"subject" doc:"Who did it: the subject of the token, or the account at the command line." maxLength:"255" example:"c.martin"`
	Role           string    `json:"role" doc:"In which role; system for what the program does by itself." maxLength:"40" example:"caseworker"`
	OrganisationID *string   `json:"organisation_id" doc:"The organisation that the token named." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	TokenID        *string   `json:"token_id" doc:"Which token it was (its jti claim)." maxLength:"255" example:"0197f0a0-0000-7000-8000-000000000009"`
	RequestID      *string   `json:"request_id" doc:"Which request it was: X-Request-Id of its answer." maxLength:"64" example:"0197f0a0-0000-7000-8000-00000000000a"`
	Action         string    `json:"action" doc:"What was done: read, searched, refused (a colleague's file, without a reason), created, updated, accepted…" maxLength:"40" example:"read"`
	Kind           string    `json:"kind" doc:"To what kind of record." maxLength:"40" example:"participant"`
	RecordIDs      []string  `json:"record_ids" doc:"To which records; with the enrolment or person whose they are." maxItems:"10000" maxLength:"255" nullable:"false" example:"[\"0197f0a0-0000-7000-8000-000000000001\"]"`
	Programme      *string   `json:"programme" doc:"In which programme; null where it is none's, or several's." maxLength:"60" example:"o2r-somme"`
	Fields         []string  `json:"fields" doc:"Names of the fields that were shown, written or searched by; never their values." maxItems:"200" maxLength:"100" nullable:"false" example:"[\"first_name\",\"last_name\"]"`
	Reason         *string   `json:"reason" doc:"Why, where a reason was given: the Access-Reason of a caseworker, or the reason of the change." maxLength:"1000" example:"Remplacement d'une collègue en congé."`
	Chain          int       `json:"chain" doc:"Which of the 64 chains the row stands in." minimum:"1" maximum:"64" example:"17"`
	Seq            int64     `json:"seq" doc:"Its place in that chain." minimum:"1" example:"16"`
	PrevHash       []byte    `json:"-"`
	Hash           []byte    `json:"-"`
}

// Digest is the hash that a row with these columns has: SHA-256 over each of them in turn,
// its length before it, so that no two rows read alike. It is the second writing of a rule
// that the database applies (audit_digest in migration 0009), and shares nothing with it.
func (e AuditEvent) Digest() []byte {
	var b digest
	b.text("o2r audit 1")
	b = binary.BigEndian.AppendUint32(b, uint32(e.Chain)) // #nosec G115 -- the same 32 bits that PostgreSQL sends, whatever their sign
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))   // #nosec G115 -- the same 64 bits that PostgreSQL sends, whatever their sign
	b.bytes(e.PrevHash)
	b = binary.BigEndian.AppendUint64(b, uint64(e.ID)) // #nosec G115 -- the same 64 bits that PostgreSQL sends, whatever their sign
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	b.text(e.Subject)
	b.text(e.Role)
	b.optional(e.OrganisationID)
	b.optional(e.TokenID)
	b.optional(e.RequestID)
	b.text(e.Action)
	b.text(e.Kind)
	b.list(e.RecordIDs)
	b.optional(e.Programme)
	b.list(e.Fields)
	b.optional(e.Reason)
	sum := sha256.Sum256(b)
	return sum[:]
}

type digest []byte

func (b *digest) bytes(value []byte) {
	*b = append(binary.BigEndian.AppendUint32(*b, uint32(len(value))), value...) // #nosec G115 -- PostgreSQL keeps no text of 4 GiB
}

func (b *digest) text(value string) { b.bytes([]byte(value)) }

func (b *digest) optional(value *string) {
	if value == nil {
		*b = binary.BigEndian.AppendUint32(*b, ^uint32(0))
		return
	}
	b.text(*value)
}

// list is an array as PostgreSQL sends it: dimensions, whether any element is null, the type of
// the elements; for its one dimension how many there are and that they count from 1; then each.
func (b *digest) list(values []string) {
	const textType = 25
	header := []uint32{0, 0, textType}
	if len(values) > 0 {
		header = []uint32{1, 0, textType, uint32(len(values)), 1} // #nosec G115 -- PostgreSQL keeps no array of so many elements
	}
	var sent digest
	for _, word := range header {
		sent = binary.BigEndian.AppendUint32(sent, word)
	}
	for _, value := range values {
		sent.text(value)
	}
	b.bytes(sent)
}

// AuditChains is how many chains the trail is dealt to.
const AuditChains = 64

// AuditHead is where a chain ends and, where rows were pruned, what it now begins after.
type AuditHead struct {
	Chain      int
	Seq        int64 // of its last row, 0 for none
	Hash       []byte
	PrunedSeq  int64 // of the last row that was pruned, 0 for none
	PrunedHash []byte
}

// Rows is how many rows the chain keeps.
func (h AuditHead) Rows() int64 { return h.Seq - h.PrunedSeq }

// genesis is what the first row of a chain follows.
func genesis(chain int) []byte {
	sum := sha256.Sum256([]byte("o2r audit chain " + strconv.Itoa(chain)))
	return sum[:]
}

// AuditQuery filters the audit trail.
type AuditQuery struct {
	Paging
	RecordID string `query:"record_id" doc:"Only what was done to this record: a participant, an enrolment, a referral…" maxLength:"255" example:"0197f0a0-0000-7000-8000-000000000001"`
	Subject  string `query:"subject" doc:"Only what this subject did." maxLength:"255" example:"c.martin"`
	Kind     string `query:"kind" doc:"Only what was done to this kind of record." maxLength:"40" example:"participant"`
	Action   string `query:"action" doc:"Only this action." maxLength:"40" example:"read"`
	From     Date   `query:"from" doc:"Only on or after this day in Europe/Paris." example:"2025-04-01"`
	To       Date   `query:"to" doc:"Only on or before this day in Europe/Paris." example:"2025-04-30"`
}

// Check refuses a period that ends before it begins.
func (q AuditQuery) Check() error {
	return endsAfterItBegins(q.From, q.To)
}

// Bounds on how long the trail is kept, in months (CNIL, délibération 2021-122).
const (
	ShortestAuditMonths = 6
	LongestAuditMonths  = 12
)

// CheckAuditMonths refuses a policy that the law does not allow.
func CheckAuditMonths(months int) error {
	if months < ShortestAuditMonths || months > LongestAuditMonths {
		return FieldFault("older_than_months", "range", "The audit trail is kept for %d to %d months (CNIL, délibération 2021-122).", ShortestAuditMonths, LongestAuditMonths)
	}
	return nil
}

// AuditPruning is what pruning took, or would take.
type AuditPruning struct {
	Before time.Time // everything older, as far as the chains are unbroken
	Rows   int64
	DryRun bool
}
