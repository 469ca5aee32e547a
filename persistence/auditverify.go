package persistence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"o2r/domain"
)

// VerifyAudit recomputes the whole trail outside the database, in constant memory, from one
// snapshot of it: writers go on meanwhile. With a checkpoint, it also finds what is consistent
// in itself. Progress, if given, is called now and then with how many rows of how many are done.
//
// That it was verified is audited afterwards: a trail that no row can be added to is still told
// of.
func (s *Session) VerifyAudit(ctx context.Context, checkpoint *domain.Checkpoint, progress func(done, of int64)) (domain.AuditReport, error) {
	if err := s.mayKeepAudit(); err != nil {
		return domain.AuditReport{}, err
	}
	report, err := s.verifyAudit(ctx, checkpoint, progress)
	if err != nil {
		return report, translate(fmt.Errorf("verify the audit trail: %w", err))
	}
	err = s.within(ctx, func(t *tx) error {
		return t.audit(trace{action: "verified", kind: "audit", reason: fmt.Sprintf("%d rows, %d findings", report.Rows, len(report.Findings)+report.Omitted)})
	})
	if err != nil && len(report.Findings) == 0 {
		return domain.AuditReport{}, err
	}
	return report, nil // why no row could be added is told by what was found
}

const progressEvery = 10_000

func (s *Session) verifyAudit(ctx context.Context, checkpoint *domain.Checkpoint, progress func(done, of int64)) (report domain.AuditReport, err error) {
	conn, err := s.store.pool.Conn(ctx)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Written out, because the snapshot has to be asked for before anything else is.
	if _, err := conn.ExecContext(ctx, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`); err != nil {
		return report, err
	}
	defer func() {
		_, ended := conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		err = errors.Join(err, ended)
	}()
	if _, err := conn.ExecContext(ctx, `SELECT set_config('statement_timeout', '0', true), set_config('o2r.role', $1, true), set_config('o2r.purpose', 'audit', true)`, string(s.actor.Role)); err != nil {
		return report, err
	}
	heads, total, err := readHeads(ctx, conn)
	if err != nil {
		return report, err
	}
	check := domain.NewAuditCheck(heads, checkpoint, s.store.Now())
	rows, err := conn.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit_events ORDER BY chain, seq, id`)
	if err != nil {
		return report, err
	}
	defer rows.Close()
	for done := int64(1); rows.Next(); done++ {
		if event, err := scanAudit(rows.Scan); err != nil {
			check.Unreadable()
		} else {
			check.Row(event)
		}
		if progress != nil && done%progressEvery == 0 {
			progress(done, total)
		}
	}
	if err := rows.Err(); err != nil {
		return report, err
	}
	published, err := conn.QueryContext(ctx, `SELECT id, encode(sha256(convert_to(document, 'UTF8')), 'hex') FROM snapshots`)
	if err != nil {
		return report, err
	}
	defer published.Close()
	for published.Next() {
		var id, hash string
		if err := published.Scan(&id, &hash); err != nil {
			return report, err
		}
		check.Published(id, hash)
	}
	return check.Finish(), published.Err()
}

func readHeads(ctx context.Context, conn *sql.Conn) (heads []domain.AuditHead, total int64, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT chain, seq, hash, pruned_seq, pruned_hash FROM audit_chains ORDER BY chain`)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var head domain.AuditHead
		if err := rows.Scan(&head.Chain, &head.Seq, &head.Hash, &head.PrunedSeq, &head.PrunedHash); err != nil {
			return nil, 0, err
		}
		heads, total = append(heads, head), total+head.Rows()
	}
	return heads, total, rows.Err()
}
