package persistence

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
	"gorm.io/gorm"

	"o2r/domain"
)

const auditColumns = "id, at, subject, role, organisation_id, token_id, request_id, action, kind, record_ids, programme, fields, reason, chain, seq, prev_hash, hash"

// scanAudit reads one row of auditColumns.
func scanAudit(scan func(...any) error) (domain.AuditEvent, error) {
	var e domain.AuditEvent
	types := pgtype.NewMap()
	err := scan(&e.ID, &e.At, &e.Subject, &e.Role, &e.OrganisationID, &e.TokenID, &e.RequestID, &e.Action, &e.Kind,
		types.SQLScanner(&e.RecordIDs), &e.Programme, types.SQLScanner(&e.Fields), &e.Reason, &e.Chain, &e.Seq, &e.PrevHash, &e.Hash)
	return e, err
}

// auditEvents are, for the data protection officer, the whole trail; for a coordinator, what was
// done in her programmes.
func (t *tx) auditEvents() *gorm.DB {
	if t.actor.Is(domain.DPO) {
		return t.Table("audit_events")
	}
	return t.ofProgrammes("audit_events", t.actor.Is(domain.Coordinator))
}

// AuditEvents lists who did what, the latest first. The look is audited too: which filters were
// set, and which record was asked about.
func (s *Session) AuditEvents(ctx context.Context, q domain.AuditQuery) (domain.Page[domain.AuditEvent], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.AuditEvent], error) {
		found, err := t.auditPage(q)
		if err != nil {
			return found, err
		}
		looked := trace{action: "read", kind: "audit", fields: filledFields(map[string]any{
			"record_id": asked(q.RecordID), "subject": asked(q.Subject), "kind": asked(q.Kind), "action": asked(q.Action),
			"from": asked(q.From), "to": asked(q.To),
		})}
		if isID(q.RecordID) {
			looked.ids = []string{q.RecordID}
		}
		return found, t.audit(looked)
	})
}

// asked is true for a filter that is set, and nothing for one that is not.
func asked[V comparable](value V) any {
	var none V
	if value == none {
		return nil
	}
	return true
}

func (t *tx) auditPage(q domain.AuditQuery) (domain.Page[domain.AuditEvent], error) {
	var nothing domain.Page[domain.AuditEvent]
	if err := q.Check(); err != nil {
		return nothing, err
	}
	query := t.auditEvents()
	if q.RecordID != "" {
		query = query.Where("audit_events.record_ids @> ARRAY[?]::text[]", q.RecordID)
	}
	query = where(query, "audit_events.subject", q.Subject)
	query = where(query, "audit_events.kind", q.Kind)
	query = where(query, "audit_events.action", q.Action)
	if !q.From.IsZero() {
		query = query.Where("audit_events.at >= ?", q.From.Start())
	}
	if !q.To.IsZero() {
		query = query.Where("audit_events.at < ?", q.To.End())
	}
	after, err := readCursor(q.Cursor, "audit_events")
	if err != nil {
		return nothing, err
	}
	if after != nil {
		id, err := strconv.ParseInt(after.ID, 10, 64)
		if err != nil || id < 1 {
			return nothing, errCursor
		}
		query = query.Where("audit_events.id < ?", id)
	}
	rows, err := query.Select(auditColumns).Order("audit_events.id DESC").Limit(q.Size() + 1).Rows()
	if err != nil {
		return nothing, err
	}
	defer rows.Close()
	found := domain.Page[domain.AuditEvent]{Items: []domain.AuditEvent{}}
	for rows.Next() {
		event, err := scanAudit(rows.Scan)
		if err != nil {
			return nothing, err
		}
		if t.withoutJustice {
			event.Fields = domain.FieldsWithoutJustice(event.Fields)
		}
		found.Items = append(found.Items, event)
	}
	if len(found.Items) > q.Size() {
		found.Items = found.Items[:q.Size()]
		next := cursor{List: "audit_events", ID: fmt.Sprint(found.Items[q.Size()-1].ID)}.String()
		found.NextCursor = &next
	}
	return found, rows.Err()
}

// mayKeepAudit refuses everybody but those who answer for the trail.
func (s *Session) mayKeepAudit() error {
	if !s.actor.Is(domain.Admin, domain.DPO) {
		return domain.Denied("Only an administrator or the data protection officer keeps the audit trail.")
	}
	return nil
}

// forAudit is the purpose, as the policies know it, of verifying, anchoring and pruning.
const forAudit = `SELECT set_config('o2r.role', ?, true), set_config('o2r.purpose', 'audit', true)`

// AuditCheckpoint gives the state of the trail, to be signed and kept elsewhere. That it was
// taken is the last row it counts.
func (s *Session) AuditCheckpoint(ctx context.Context) (domain.Checkpoint, error) {
	return fetch(ctx, s, func(t *tx) (domain.Checkpoint, error) {
		if err := s.mayKeepAudit(); err != nil {
			return domain.Checkpoint{}, err
		}
		if err := t.audit(trace{action: "anchored", kind: "audit"}); err != nil {
			return domain.Checkpoint{}, err
		}
		if err := t.Exec(`SET CONSTRAINTS audit_events_head IMMEDIATE`).Error; err != nil { // the heads move now, not at the commit
			return domain.Checkpoint{}, err
		}
		heads, err := t.auditHeads()
		if err == nil && len(heads) != domain.AuditChains {
			err = fmt.Errorf("the audit trail has %d chains, not %d: run o2r audit verify", len(heads), domain.AuditChains)
		}
		return domain.Checkpoint{At: t.now, Heads: heads}, err
	})
}

func (t *tx) auditHeads() ([]domain.AuditHead, error) {
	var heads []domain.AuditHead
	return heads, t.Table("audit_chains").Order("chain").Find(&heads).Error
}

// PruneAudit deletes what is older than that many months from the beginning of each chain, which
// goes on verifying from the last row it lost. A row that is younger keeps all that follow it in
// its chain. A dry run only counts.
func (s *Session) PruneAudit(ctx context.Context, months int, dryRun bool) (domain.AuditPruning, error) {
	return fetch(ctx, s, func(t *tx) (domain.AuditPruning, error) {
		pruning := domain.AuditPruning{Before: t.now.AddDate(0, -months, 0), DryRun: dryRun}
		if err := s.mayKeepAudit(); err != nil {
			return pruning, err
		}
		if err := domain.CheckAuditMonths(months); err != nil {
			return pruning, err
		}
		if err := t.Exec(forAudit, t.actor.Role).Error; err != nil {
			return pruning, err
		}
		if err := t.Exec(`SELECT set_config('statement_timeout', '0', true), pg_advisory_xact_lock(hashtextextended('o2r audit prune', 0))`).Error; err != nil {
			return pruning, err
		}
		bases, err := t.prunable(pruning)
		if err != nil {
			return pruning, err
		}
		for _, base := range bases {
			pruning.Rows += base.Rows
		}
		if dryRun || pruning.Rows == 0 {
			return pruning, nil
		}
		return pruning, t.prune(months, bases)
	})
}

// prunedTo is where a chain will begin.
type prunedTo struct {
	Chain int
	Seq   int64
	Hash  []byte
	Rows  int64
}

// prunable finds in each chain the last row before the first that has to stay.
func (t *tx) prunable(pruning domain.AuditPruning) ([]prunedTo, error) {
	var bases []prunedTo
	return bases, t.Raw(`SELECT e.chain, e.seq, e.hash, e.seq - c.pruned_seq AS rows
		FROM audit_chains c
		CROSS JOIN LATERAL (SELECT coalesce(min(seq) - 1, c.seq) AS seq FROM audit_events WHERE chain = c.chain AND at >= ?) old
		JOIN audit_events e ON e.chain = c.chain AND e.seq = old.seq
		WHERE old.seq > c.pruned_seq ORDER BY e.chain`, pruning.Before).Scan(&bases).Error
}

// prune deletes, then moves the bases, so that writers wait for the heads only at the very end.
// The right to delete is the transaction's own: nobody else ever sees it granted.
func (t *tx) prune(months int, bases []prunedTo) error {
	for _, statement := range []string{`GRANT DELETE ON audit_events TO CURRENT_USER`, `SELECT set_config('o2r.audit_prune', 'on', true)`} {
		if err := t.Exec(statement).Error; err != nil {
			return err
		}
	}
	for _, base := range bases {
		result := t.Exec(`DELETE FROM audit_events WHERE chain = ? AND seq <= ?`, base.Chain, base.Seq)
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected != base.Rows {
			return errors.New("the audit trail has not the rows that its chains count: run o2r audit verify, and prune nothing before")
		}
	}
	for _, base := range bases {
		if err := t.Exec(`UPDATE audit_chains SET pruned_seq = ?, pruned_hash = ? WHERE chain = ?`, base.Seq, base.Hash, base.Chain).Error; err != nil {
			return err
		}
	}
	for _, statement := range []string{`SELECT set_config('o2r.audit_prune', '', true)`, `REVOKE DELETE ON audit_events FROM CURRENT_USER`} {
		if err := t.Exec(statement).Error; err != nil {
			return err
		}
	}
	heads, err := t.auditHeads()
	if err != nil {
		return err
	}
	row := trace{action: "pruned", kind: "audit", reason: fmt.Sprintf("Conservation : %d mois.", months)}
	for _, head := range heads {
		if head.PrunedSeq > 0 {
			row.ids = append(row.ids, head.Base())
		}
	}
	return t.audit(row)
}
