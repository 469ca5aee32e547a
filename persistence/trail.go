package persistence

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"o2r/domain"
)

// trace is one row of the audit trail and, for a change, one outgoing event.
type trace struct {
	action    string // created, updated, accepted, read, listed…
	kind      string // participant, enrolment, referral…
	ids       []string
	programme string
	fields    []string // names only
	reason    string
	partner   string // organisation that is to learn of the change, if any
}

// wrote leaves the audit row and the event of a change, in its own transaction: without them
// the change is not kept either.
func (t *tx) wrote(change trace) error {
	if err := t.mayWrite(change.kind, change.action); err != nil {
		return err
	}
	if err := t.audit(change); err != nil {
		return err
	}
	for _, id := range canonical(change.ids) {
		err := t.Exec(`INSERT INTO events (occurred_at, type, kind, record_id, programme, organisation_id) VALUES (?, ?, ?, ?, nullif(?, ''), nullif(?, '')::uuid)`,
			t.now, change.kind+"."+change.action, change.kind, id, change.programme, change.partner).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// saw leaves the audit row of a look into personal files. What cannot be written down is not
// shown.
func (t *tx) saw(kind, programme string, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	return t.audit(trace{action: "read", kind: kind, programme: programme, ids: ids})
}

func (t *tx) audit(row trace) error {
	return t.Exec(`INSERT INTO audit_events (at, subject, role, organisation_id, token_id, request_id, action, kind, record_ids, programme, fields, reason)
		VALUES (?, ?, ?, nullif(?, '')::uuid, nullif(?, ''), nullif(?, ''), ?, ?, ?, nullif(?, ''), ?, nullif(?, ''))`,
		t.now, t.actor.Subject, t.actor.Role, t.actor.OrganisationID, t.actor.TokenID, t.actor.RequestID,
		row.action, row.kind, domain.Codes(canonical(row.ids)), row.programme, domain.Codes(row.fields), row.reason).Error
}

// canonical writes identifiers as the database does: whoever types one in capitals is found under
// the same name in the trail.
func canonical(ids []string) []string {
	same := make([]string, len(ids))
	for i, id := range ids {
		same[i] = id
		if isID(id) {
			same[i] = strings.ToLower(id)
		}
	}
	return same
}

// changedFields names the fields in which two versions of a record differ.
func changedFields(before, after any) []string {
	old, new := fieldsOf(before), fieldsOf(after)
	var changed []string
	for name, value := range new {
		if name != "version" && name != "updated_at" && !reflect.DeepEqual(old[name], value) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}

// filledFields names the fields of a new record that hold something.
func filledFields(record any) []string {
	var filled []string
	for name, value := range fieldsOf(record) {
		if value != nil && name != "id" && name != "version" && name != "created_at" && name != "updated_at" {
			filled = append(filled, name)
		}
	}
	slices.Sort(filled)
	return filled
}

func fieldsOf(record any) map[string]any {
	encoded, err := json.Marshal(record)
	if err != nil {
		panic(err) // our own records always encode
	}
	var fields map[string]any
	if err := json.Unmarshal(encoded, &fields); err != nil {
		panic(err)
	}
	return fields
}

// TokenIssued leaves in the audit trail that a token was issued for somebody.
func (s *Session) TokenIssued(ctx context.Context, holder domain.Actor) error {
	return s.within(ctx, func(t *tx) error {
		if !t.actor.Is(domain.Admin) {
			return domain.Denied("Only an administrator issues tokens for others.")
		}
		return t.audit(trace{action: "issued", kind: "token", ids: []string{holder.Subject}, reason: string(holder.Role)})
	})
}
