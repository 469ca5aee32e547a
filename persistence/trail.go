package persistence

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"o2r/domain"
)

// trace is one row of the audit trail and, for a change, one outgoing event.
type trace struct {
	action    string // created, updated, accepted, read, searched…
	kind      string // participant, enrolment, referral…
	ids       []string
	whose     []string // beside the records, the person's or the enrolments whose they are
	programme string
	fields    []string // names only: written, shown or searched by
	reason    string
	sandbox   bool   // of the sandbox: filed under no programme, since its staff are shown nothing of it
	partner   string // organisation that is to learn of the change, if any

	facts *domain.Facts // of a referral: what its event tells
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
	facts := []byte("{}")
	if change.facts != nil {
		encoded, err := json.Marshal(change.facts)
		if err != nil {
			return err
		}
		facts = encoded
	}
	return t.Exec(`INSERT INTO events (occurred_at, type, kind, record_id, programme, organisation_id, sandbox, facts)
		SELECT ?, ?, ?, id, nullif(?, ''), nullif(?, '')::uuid, ?, CAST(? AS jsonb) FROM unnest(CAST(? AS text[])) WITH ORDINALITY ids (id, n) ORDER BY n`,
		t.now, change.kind+"."+change.action, change.kind, change.programme, change.partner, change.sandbox, string(facts), array(canonical(change.ids))).Error
}

// programSubject is what the trail calls the program itself.
const programSubject = "o2r"

// bySystem is the same transaction for what follows of itself, whoever happened to act.
func (t *tx) bySystem() *tx {
	system := *t
	system.actor = domain.Actor{Subject: programSubject, Role: roleSystem, RequestID: t.actor.RequestID}
	return &system
}

// saw leaves the audit row of a look into personal files: which, and which fields were shown.
// What cannot be written down is not shown. That nobody is there is an answer too.
func (t *tx) saw(kind, programme string, ids ...string) error {
	look := trace{action: "read", kind: kind, programme: programme, ids: ids}
	if len(ids) > 0 {
		look.fields = shown[kind]
		if kind == "referral" && t.actor.Is(domain.Partner) {
			withheld, err := t.withheldFromPartner()
			if err != nil {
				return err
			}
			look.fields = slices.DeleteFunc(slices.Clone(look.fields), func(field string) bool { return slices.Contains(withheld, field) })
		}
	}
	return t.audit(look)
}

// shown names the fields in which each kind of record tells of a person.
var shown = map[string][]string{
	"participant":           fieldNames(domain.ParticipantInput{}),
	"enrolment":             fieldNames(domain.EnrolmentView{}),
	"job":                   fieldNames(domain.JobInput{}),
	"france_travail_status": fieldNames(domain.FranceTravailStatusInput{}),
	"outcome":               fieldNames(domain.OutcomeInput{}),
	"diagnostic":            fieldNames(domain.DiagnosticView{}),
	"barrier":               fieldNames(domain.BarrierView{}),
	"strength":              fieldNames(domain.EnrolmentStrength{}),
	"charter":               fieldNames(domain.Charter{}),
	"objective":             fieldNames(domain.ObjectiveView{}),
	"action":                fieldNames(domain.Action{}),
	"proposal":              fieldNames(domain.EnrolmentProposal{}),
	"immersion":             fieldNames(domain.ImmersionView{}),
	"appointment":           fieldNames(domain.AppointmentView{}),
	"follow_up":             fieldNames(domain.FollowUpView{}),
	"checkpoint":            fieldNames(domain.ExitCheckpointView{}),
	"extension":             fieldNames(domain.ExtensionView{}),
	"alert":                 fieldNames(domain.AlertView{}),
	"workshop":              fieldNames(domain.WorkshopView{}),
	"calendar":              fieldNames(domain.CalendarView{}),
	"referral":              fieldNames(domain.ReferralView{}),
	"event":                 fieldNames(domain.Event{}),
	"delivery":              fieldNames(domain.Delivery{}),
	"file":                  fieldNames(domain.CaseFile{}),
}

// audit leaves a row of the trail, or one for each programme in which it was done.
func (t *tx) audit(row trace) error {
	if err := t.mustNameNobody(row); err != nil {
		return err
	}
	if row.sandbox || t.actor.Sandbox {
		row.programme = ""
		return t.file(row)
	}
	rows, err := t.perProgramme(row)
	for _, row := range rows {
		if err == nil {
			err = t.file(row)
		}
	}
	return err
}

// perProgramme files a row that names no programme under those of its records that are the actor's: a
// coordinator reads what was done in her programmes, whoever works in others too. The officer and an
// administrator reach beyond the programmes of their tokens, so their rows stay without one.
func (t *tx) perProgramme(row trace) ([]trace, error) {
	if row.programme != "" || len(t.actor.Programmes) == 0 || !t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Partner, domain.Analyst) {
		return []trace{row}, nil
	}
	if len(t.actor.Programmes) == 1 {
		row.programme = t.actor.Programmes[0] // all that she may reach
		return []trace{row}, nil
	}
	all := canonical(slices.Concat(row.ids, row.whose))
	records := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !isID(id) })
	if len(records) == 0 {
		return []trace{row}, nil
	}
	var found []struct{ Programme, ID string }
	err := t.Raw(`SELECT programme, id FROM (
			SELECT DISTINCT unnest(enrolled_in || recorded_for) AS programme, id FROM participants WHERE id = ANY (CAST(@ids AS uuid[]))
			UNION ALL SELECT programme, id FROM enrolments WHERE id = ANY (CAST(@ids AS uuid[]))
			UNION ALL SELECT programme, id FROM appointments WHERE id = ANY (CAST(@ids AS uuid[]))
			UNION ALL SELECT e.programme, o.id FROM objectives o JOIN enrolments e ON e.id = o.enrolment_id WHERE o.id = ANY (CAST(@ids AS uuid[]))
			UNION ALL SELECT programme, id FROM workshops WHERE id = ANY (CAST(@ids AS uuid[]))
			UNION ALL SELECT programme, id FROM referrals WHERE id = ANY (CAST(@ids AS uuid[]))) records
		WHERE programme = ANY (CAST(@programmes AS text[])) ORDER BY programme`,
		map[string]any{"ids": array(records), "programmes": domain.Codes(t.actor.Programmes)}).Scan(&found).Error
	if err != nil {
		return nil, err
	}
	of, filed := map[string][]string{}, map[string]bool{}
	for _, record := range found {
		of[record.Programme] = append(of[record.Programme], record.ID)
		filed[record.ID] = true
	}
	rest := row
	rest.whose, rest.ids = nil, slices.DeleteFunc(all, func(id string) bool { return filed[id] })
	var rows []trace
	if len(rest.ids) > 0 || len(of) == 0 {
		rows = append(rows, rest)
	}
	for _, programme := range slices.Sorted(maps.Keys(of)) {
		part := row
		part.programme, part.ids, part.whose = programme, of[programme], nil
		rows = append(rows, part)
	}
	return rows, nil
}

// file writes the row. The database gives it its place and its hash, and refuses it rather than
// leave a gap; see migration 0009.
func (t *tx) file(row trace) error {
	return t.Exec(`INSERT INTO audit_events (at, subject, role, organisation_id, token_id, request_id, action, kind, record_ids, programme, fields, reason)
		VALUES (?, ?, ?, nullif(?, '')::uuid, nullif(?, ''), nullif(?, ''), ?, ?, ?, nullif(?, ''), ?, nullif(?, ''))`,
		t.now, t.actor.Subject, t.actor.Role, t.actor.OrganisationID, t.actor.TokenID, t.actor.RequestID,
		row.action, row.kind, array(canonical(slices.Concat(row.ids, row.whose))), row.programme, array(row.fields), because(t.actor.AccessReason, row.reason)).Error
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

// mustNameNobody refuses a reason that names the person whose file it opens: the trail outlives
// the file, and cannot be changed. What opens several files is a list, and its reason is about none.
func (t *tx) mustNameNobody(row trace) error {
	if t.actor.AccessReason == "" {
		return nil
	}
	ids := slices.DeleteFunc(canonical(slices.Concat(row.ids, row.whose)), func(id string) bool { return !isID(id) })
	var people []string
	err := t.Raw(`SELECT id FROM participants WHERE id = ANY (CAST(@ids AS uuid[]))
		UNION SELECT participant_id FROM enrolments WHERE id = ANY (CAST(@ids AS uuid[]))
		UNION SELECT participant_id FROM referrals WHERE id = ANY (CAST(@ids AS uuid[])) AND participant_id IS NOT NULL
		UNION SELECT e.participant_id FROM objectives o JOIN enrolments e ON e.id = o.enrolment_id WHERE o.id = ANY (CAST(@ids AS uuid[]))
		UNION SELECT e.participant_id FROM appointments a JOIN enrolments e ON e.id = a.enrolment_id WHERE a.id = ANY (CAST(@ids AS uuid[])) LIMIT 2`,
		map[string]any{"ids": array(ids)}).Scan(&people).Error
	if err != nil || len(people) > 1 {
		return err
	}
	named := false
	if len(people) == 1 {
		named, err = t.namesPerson(people[0], t.actor.AccessReason)
	}
	if err == nil && !named && len(ids) > 0 && len(ids) <= 3 { // a record and whose it is; more are a list
		named, err = t.namesReferred(ids, t.actor.AccessReason)
	}
	if err == nil && named {
		err = domain.AccessReasonFault("named", "This names the person, or says how to reach her: the reason is kept when her file is no more.")
	}
	return err
}

// because joins why somebody opened a colleague's file and why she changed it.
func because(access, change string) string {
	if access != "" && change != "" {
		return access + " — " + change
	}
	return access + change
}

// array is a text[] column of any texts, each once.
type array []string

// Value quotes each element; GORM would make a list of parameters of a plain slice.
func (a array) Value() (driver.Value, error) {
	once := make(column, 0, len(a))
	seen := make(map[string]bool, len(a))
	for _, text := range a {
		if !seen[text] {
			seen[text] = true
			once = append(once, text)
		}
	}
	return once.Value()
}

// column is a text[] column of any texts, as often as they come: beside others, a table for unnest.
type column []string

var inArray = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Value quotes each element.
func (c column) Value() (driver.Value, error) {
	quoted := make([]string, len(c))
	for i, text := range c {
		quoted[i] = `"` + inArray.Replace(text) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}", nil
}

// fieldNames are the names of a record's own fields, without those that every record has.
func fieldNames(record any) []string {
	var names []string
	for name := range fieldsOf(record) {
		if !everywhere[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// everywhere are the fields of any record.
var everywhere = map[string]bool{"id": true, "version": true, "created_at": true, "updated_at": true}

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
		if value != nil && !everywhere[name] {
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

// beside are the records of a page, each followed by whose it is.
func beside[T interface{ Key() string }](records []T, whose func(T) string) []string {
	ids := make([]string, 0, 2*len(records))
	for _, record := range records {
		ids = append(ids, record.Key(), whose(record))
	}
	return ids
}

// KeyRotated leaves in the audit trail that the signing key is about to be rotated.
func (s *Session) KeyRotated(ctx context.Context) error {
	return s.within(ctx, func(t *tx) error {
		if err := t.mayWrite("key", "rotated"); err != nil {
			return err
		}
		return t.audit(trace{action: "rotated", kind: "key"})
	})
}
