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
	kind                    string // participant, or enrolment
	participantID, recordID string
	programme               string // of an enrolment
	version                 int    // that the change made
	reason                  string
}

// fieldChangeRow is a change with what scopes it.
type fieldChangeRow struct {
	domain.FieldChange
	ParticipantID string
	Programme     *string
}

func (fieldChangeRow) TableName() string { return "field_changes" }

// remember keeps the old value of each field that a change touched.
func (t *tx) remember(c correction, before, after any) error {
	old := fieldsOf(before)
	for _, field := range changedFields(before, after) {
		row := fieldChangeRow{
			FieldChange: domain.FieldChange{
				ID: newID(), Kind: c.kind, RecordID: c.recordID, Version: c.version,
				Field: field, OldValue: asText(old[field]), Reason: optional(c.reason), ChangedAt: t.now, ChangedBy: t.actor.Subject,
			},
			ParticipantID: c.participantID, Programme: optional(c.programme),
		}
		if err := t.Create(&row).Error; err != nil {
			return err
		}
	}
	return nil
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
			query = query.Where("(field_changes.kind <> 'enrolment' OR field_changes.record_id IN (?))", t.enrolments().Select("enrolments.id"))
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
const herHistory = `CASE WHEN field_changes.kind = 'enrolment' THEN field_changes.record_id IN (SELECT enrolments.id FROM enrolments WHERE enrolments.participant_id = @id)
	ELSE field_changes.participant_id IN (SELECT merged_with(@id)) END`

// shownChanges leaves out of a history what tells how the person stands with justice, where that
// module is off: there a field's name and its codes stand in values, out of sight of what withholds
// them from other answers.
func (t *tx) shownChanges(query *gorm.DB) *gorm.DB {
	if !t.withoutJustice {
		return query
	}
	var codes []string
	for _, of := range domain.JusticeCodes {
		codes = append(codes, of...)
	}
	return query.Where("field_changes.field NOT IN ? AND (field_changes.old_value IS NULL OR field_changes.old_value NOT IN ?)", domain.JusticeFields, codes)
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
