package persistence

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"gorm.io/gorm"

	"o2r/domain"
)

// correction is a change of a person's file whose old values are kept.
type correction struct {
	kind                    string // participant, enrolment, or one of its facts
	participantID, recordID string
	enrolmentID             string // of one of its facts
	programme               string // of an enrolment
	version                 int    // that the change made
	reason                  string
}

// fieldChangeRow is a change with what scopes it.
type fieldChangeRow struct {
	domain.FieldChange
	ParticipantID string
	EnrolmentID   *string
	Programme     *string
}

func (fieldChangeRow) TableName() string { return "field_changes" }

// remember keeps the old value of each field that a change touched.
func (t *tx) remember(c correction, before, after any) error {
	return t.rememberAll(t.corrections(c, before, after))
}

func (t *tx) rememberAll(rows []fieldChangeRow) error {
	if len(rows) == 0 {
		return nil
	}
	return t.Create(&rows).Error
}

// corrections are the old values that a change leaves, one for each field.
func (t *tx) corrections(c correction, before, after any) []fieldChangeRow {
	var rows []fieldChangeRow
	old := fieldsOf(before)
	for _, field := range changedFields(before, after) {
		rows = append(rows, fieldChangeRow{
			FieldChange: domain.FieldChange{
				ID: newID(), Kind: c.kind, RecordID: c.recordID, Version: c.version,
				Field: field, OldValue: asText(old[field]), Reason: optional(c.reason), ChangedAt: t.now, ChangedBy: t.actor.Subject,
			},
			ParticipantID: c.participantID, EnrolmentID: optional(c.enrolmentID), Programme: optional(c.programme),
		})
	}
	return rows
}

// asText is a field's value as people read it: a text as it stands, anything else as JSON.
func asText(value any) *string {
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		return &value
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // it came out of JSON
	}
	return optional(string(encoded))
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// History lists what a person's file held before it was corrected, the latest change first. Staff
// read the history of their own programmes, and a caseworker that of the paths she reaches. The look is audited.
func (s *Session) History(ctx context.Context, participantID string, paging domain.Paging) (domain.Page[domain.FieldChange], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.FieldChange], error) {
		participant, err := t.participantNamed(t.participants, participantID)
		if err != nil {
			return domain.Page[domain.FieldChange]{}, err
		}
		query := t.Table("field_changes").Where(herHistory, sql.Named("id", participant.ID))
		if !t.actor.KeepsRights() {
			query = query.Where("(field_changes.programme IS NULL OR field_changes.programme IN ?)", t.actor.Programmes)
		}
		if t.actor.Confined() { // a person of hers may have a path that a colleague follows
			query = query.Where("(field_changes.kind = 'participant' OR coalesce(field_changes.enrolment_id, field_changes.record_id) IN (?))", t.enrolments().Select("enrolments.id"))
		}
		found, err := newestFirst[domain.FieldChange](t.shownChanges(query), paging)
		if err != nil {
			return found, err
		}
		return found, t.saw("history", "", participant.ID)
	})
}

// herHistory are the corrections of the person @id: of her identity and of those merged into it, and
// of the paths that are hers now.
const herHistory = `CASE field_changes.kind
		WHEN 'participant' THEN field_changes.participant_id IN (SELECT merged_with(@id))
		WHEN 'enrolment' THEN field_changes.record_id IN (SELECT enrolments.id FROM enrolments WHERE enrolments.participant_id = @id)
		ELSE field_changes.enrolment_id IN (SELECT enrolments.id FROM enrolments WHERE enrolments.participant_id = @id) END`

// shownChanges leaves out of a history what tells how the person stands with justice, where that
// module is off: there a field's name and its codes stand in values, out of sight of what withholds
// them from other answers. A value may be a list of codes, or lead to a barrier that is not shown.
func (t *tx) shownChanges(query *gorm.DB) *gorm.DB {
	if !t.withoutJustice {
		return query
	}
	var codes, inLists []string
	for _, of := range domain.JusticeCodes {
		for _, code := range of {
			codes, inLists = append(codes, code), append(inLists, `%"`+code+`"%`)
		}
	}
	hidden := []any{t.hidden("enrolment_barriers"), t.hidden("enrolment_strengths"), t.hidden("enrolment_barriers")}
	return query.Where("field_changes.field NOT IN ? AND (field_changes.old_value IS NULL OR field_changes.old_value NOT IN ? AND NOT field_changes.old_value LIKE ANY (?))", domain.JusticeFields, codes, array(inLists)).
		Where(`field_changes.record_id NOT IN (?) AND field_changes.record_id NOT IN (?)
			AND (field_changes.field <> 'barrier_id' OR field_changes.old_value IS NULL OR field_changes.old_value NOT IN (SELECT id::text FROM (?) hidden))`, hidden...)
}

// hidden are the facts of one coded kind that tell of justice.
func (t *tx) hidden(table string) *gorm.DB {
	of := codedFacts[table]
	return t.Table(table).Where(table+"."+of+" IN ?", domain.JusticeCodes[of]).Select(table + ".id")
}

// namesReferred tells whether a text names whom one of those referrals is about.
func (t *tx) namesReferred(ids []string, text string) (bool, error) {
	var named bool
	err := t.Raw(`SELECT EXISTS (
			SELECT FROM referrals r, regexp_split_to_table(fold(r.last_name || ' ' || r.first_name), '[^[:alnum:]]+') word
			WHERE r.id = ANY (CAST(@ids AS uuid[])) AND length(word) > 2 AND word = ANY (regexp_split_to_array(fold(@text), '[^[:alnum:]]+')))`,
		map[string]any{"ids": array(ids), "text": strings.ToValidUTF8(text, " ")}).Scan(&named).Error
	return named, err
}

// namesPerson tells whether a text that outlives a person's file names her, as any of the files that
// were merged into hers has it. Names of one or two
// letters are too common to tell.
func (t *tx) namesPerson(participantID, text string) (bool, error) {
	var named bool
	err := t.Raw(`SELECT EXISTS (
			SELECT FROM participants p, regexp_split_to_table(p.search_name, '[^[:alnum:]]+') word
			WHERE p.id IN (SELECT merged_with(@id)) AND length(word) > 2 AND word = ANY (regexp_split_to_array(fold(@text), '[^[:alnum:]]+')))
		OR EXISTS (SELECT FROM participants p WHERE p.id IN (SELECT merged_with(@id))
			AND (strpos(lower(@text), lower(p.email)) > 0 OR (length(p.search_phone) = 9 AND strpos(regexp_replace(@text, '[^0-9]', '', 'g'), p.search_phone) > 0)))`,
		map[string]any{"id": participantID, "text": strings.ToValidUTF8(text, " ")}).Scan(&named).Error
	return named, err
}

// namesAnybody tells whether a text names somebody of a programme, or who was referred to it: by two of her names, since one
// may be a word or a place (France, Petit), or by a telephone number or an e-mail address.
func (t *tx) namesAnybody(programme, text string) (bool, error) {
	var named bool
	err := t.Raw(`WITH known AS (
			SELECT p.search_name AS name, p.email, p.search_phone AS phone FROM participants p WHERE p.erased_at IS NULL AND EXISTS (SELECT FROM enrolments e WHERE e.participant_id = p.id AND e.programme = @programme)
			UNION ALL SELECT fold(r.last_name || ' ' || r.first_name), r.email, right(regexp_replace(r.phone, '[^0-9]', '', 'g'), 9)
				FROM referrals r WHERE r.programme = @programme AND r.erased_at IS NULL AND NOT r.sandbox)
		SELECT EXISTS (SELECT FROM known
			WHERE (SELECT count(DISTINCT word) FROM regexp_split_to_table(known.name, '[^[:alnum:]]+') word
					WHERE length(word) > 2 AND word = ANY (regexp_split_to_array(fold(@text), '[^[:alnum:]]+'))) > 1
				OR strpos(lower(@text), lower(known.email)) > 0
				OR length(known.phone) = 9 AND strpos(regexp_replace(@text, '[^0-9]', '', 'g'), known.phone) > 0)`,
		map[string]any{"programme": programme, "text": strings.ToValidUTF8(text, " ")}).Scan(&named).Error
	return named, err
}
