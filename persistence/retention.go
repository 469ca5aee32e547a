package persistence

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// RetentionRules reads how long what is kept.
func (s *Session) RetentionRules(ctx context.Context) (domain.RetentionRules, error) {
	return fetch(ctx, s, func(t *tx) (domain.RetentionRules, error) {
		rules, err := t.retentionRules()
		return domain.RetentionRules{Items: rules}, err
	})
}

func (t *tx) retentionRules() ([]domain.RetentionRule, error) {
	rules := []domain.RetentionRule{}
	err := t.Table("retention_rules").Order("position").Find(&rules).Error
	return rules, err
}

// RetentionDue lists the records whose time is over today, the longest overdue first. The look is
// audited.
func (s *Session) RetentionDue(ctx context.Context, paging domain.Paging) (domain.Page[domain.RetentionDue], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.RetentionDue], error) {
		due, err := t.allDue()
		if err != nil {
			return domain.Page[domain.RetentionDue]{}, err
		}
		found, err := pageOfDue(due, paging)
		if err != nil {
			return found, err
		}
		var ids []string
		for _, item := range found.Items {
			ids = append(ids, item.RecordID)
		}
		return found, t.saw("retention", "", ids...)
	})
}

// pageOfDue is one page of a list that is computed whole: by day, then by record.
func pageOfDue(due []domain.RetentionDue, paging domain.Paging) (domain.Page[domain.RetentionDue], error) {
	const list = "retention_due"
	slices.SortFunc(due, func(a, b domain.RetentionDue) int { return cmp.Compare(placeOf(a), placeOf(b)) })
	after, err := readCursor(paging.Cursor, list)
	if err != nil {
		return domain.Page[domain.RetentionDue]{}, err
	}
	if after != nil {
		due = slices.DeleteFunc(due, func(item domain.RetentionDue) bool { return placeOf(item) <= after.ID })
	}
	result := domain.Page[domain.RetentionDue]{Items: due}
	if size := paging.Size(); len(due) > size {
		result.Items = due[:size]
		next := cursor{List: list, ID: placeOf(due[size-1])}.String()
		result.NextCursor = &next
	}
	return result, nil
}

func placeOf(due domain.RetentionDue) string {
	return due.DueOn.String() + " " + due.RecordID + " " + due.Rule
}

func (t *tx) allDue() ([]domain.RetentionDue, error) {
	rules, err := t.retentionRules()
	due := []domain.RetentionDue{}
	for _, rule := range rules {
		if err == nil && rule.Active {
			var found []domain.RetentionDue
			found, err = t.due(rule, "")
			due = append(due, found...)
		}
	}
	return due, err
}

// due finds what a rule says is over today: one record of that identifier, or all. People whose
// file is restricted are left alone, and those who asked for something that is not answered yet.
func (t *tx) due(rule domain.RetentionRule, id string) ([]domain.RetentionDue, error) {
	if !t.actor.KeepsRights() {
		return nil, nil
	}
	var counted []countedFrom
	var err error
	switch rule.Action {
	case domain.EraseParticipant:
		counted, err = t.lastContacts(rule, id)
	case domain.DropTheJusticeDetail:
		counted, err = t.endedMeasures(id)
	case domain.EraseReferral:
		counted, err = t.decidedReferrals(id)
	case domain.EraseSandboxReferral:
		counted, err = t.sandboxReferrals(id)
	}
	var due []domain.RetentionDue
	for _, record := range counted {
		if on := rule.DueOn(record.Day); !on.After(t.today) {
			due = append(due, domain.RetentionDue{
				Rule: rule.Code, Action: rule.Action, Kind: rule.Action.Kind(), RecordID: record.ID, CountedFrom: record.Day, DueOn: on,
			})
		}
	}
	return due, err
}

type countedFrom struct {
	ID  string
	Day domain.Date
}

// notHeld leaves out the people whose file has to stay as it is for now.
const notHeld = `p.erased_at IS NULL AND p.restricted_at IS NULL
	AND NOT EXISTS (SELECT FROM rights_requests q WHERE survivor_of(q.participant_id) = p.id AND q.status = 'open')`

// referredAs is when somebody last referred a person of these names and this day of birth who is not
// known yet to be she.
func referredAs(she string) string {
	return strings.ReplaceAll(`(SELECT max(r.received_at) FROM referrals r WHERE r.birth_date = p.birth_date AND r.participant_id IS NULL AND NOT r.sandbox
					AND fold(r.last_name || ' ' || r.first_name) IN (fold(p.last_name || ' ' || p.first_name), fold(p.first_name || ' ' || p.last_name)))`, "p.", she+".")
}

// lastContacts gives each person's last contact: that somebody refers her is one, under whichever name of hers, also while nobody
// has said yet that it is she. Those who have plainly been there since are not
// even gathered.
func (t *tx) lastContacts(rule domain.RetentionRule, id string) ([]countedFrom, error) {
	var rows []struct {
		ParticipantID string
		CreatedAt     time.Time
		EnrolmentID   *string
		EnteredOn     *domain.Date
		ExitedOn      *domain.Date
		Agreed        *bool
		Attended      *time.Time
		Fact          *domain.Date
		Planned       *time.Time
	}
	err := t.Raw(`
		SELECT p.id AS participant_id, greatest(p.created_at, merged.contact,
				(SELECT max(r.received_at) FROM referrals r WHERE r.participant_id = p.id),
				(SELECT max(r.received_at) FROM referrals r JOIN enrolments x ON x.referral_id = r.id WHERE x.participant_id = p.id),
				`+referredAs("p")+`) AS created_at, e.id AS enrolment_id, e.entered_on, e.exited_on, e.follow_up_agreed AS agreed,
			greatest((SELECT max(a.starts_at) FROM appointments a WHERE a.enrolment_id = e.id AND a.status = 'attended'),
				(SELECT max(w.starts_at) FROM workshop_registrations r JOIN workshops w ON w.id = r.workshop_id
					WHERE r.enrolment_id = e.id AND r.status = 'attended')) AS attended,
			greatest((SELECT max(f.observed_on) FROM france_travail_statuses f WHERE f.enrolment_id = e.id),
				(SELECT max(o.observed_on) FROM outcomes o WHERE o.enrolment_id = e.id AND o.result <> 'unreachable'),
				(SELECT max(j.starts_on) FROM jobs j WHERE j.enrolment_id = e.id),
				(SELECT max(d.assessed_on) FROM diagnostics d WHERE d.enrolment_id = e.id),
				(SELECT max(c.signed_on) FROM charters c WHERE c.enrolment_id = e.id),
				(SELECT max(o.agreed_on) FROM objectives o WHERE o.enrolment_id = e.id),
				(SELECT max(a.done_on) FROM actions a WHERE a.enrolment_id = e.id),
				(SELECT max(q.proposed_on) FROM enrolment_proposals q WHERE q.enrolment_id = e.id),
				(SELECT max(i.ends_on) FROM immersions i WHERE i.enrolment_id = e.id AND i.cancelled_on IS NULL),
				(SELECT max(f.contacted_on) FROM follow_ups f WHERE f.enrolment_id = e.id AND f.counterpart = 'personne' AND f.situation <> 'unreachable'),
				CASE WHEN e.follow_up_said_by = 'personne' THEN greatest(e.follow_up_agreed_on, e.follow_up_refused_on) END) AS fact,
			greatest((SELECT max(a.starts_at) FROM appointments a WHERE a.enrolment_id = e.id AND a.status = 'scheduled' AND a.starts_at > @now),
				(SELECT max(w.starts_at) FROM workshop_registrations r JOIN workshops w ON w.id = r.workshop_id
					WHERE r.enrolment_id = e.id AND w.status = 'planned' AND w.starts_at > @now),
				(SELECT max(w.starts_at) FROM workshop_requests q JOIN workshops w ON w.id = q.workshop_id
					WHERE q.enrolment_id = e.id AND q.state = 'waiting' AND w.starts_at > @now)) AS planned
		FROM participants p LEFT JOIN enrolments e ON e.participant_id = p.id AND e.voided_at IS NULL
			LEFT JOIN (SELECT survivor_of(m.id) AS id, max(greatest(m.created_at, `+referredAs("m")+`)) AS contact FROM participants m WHERE m.merged_into IS NOT NULL GROUP BY 1) merged ON merged.id = p.id
		WHERE p.merged_into IS NULL AND `+notHeld+` AND (@id = '' OR p.id::text = @id) AND p.created_at < @before
			AND NOT EXISTS (SELECT FROM enrolments recent WHERE recent.participant_id = p.id AND recent.voided_at IS NULL
				AND greatest(recent.entered_on, recent.exited_on) > @since)
		ORDER BY p.id`,
		map[string]any{"now": t.now, "id": id, "since": t.today.AddMonths(-rule.Months).AddDays(3), "before": t.today.AddMonths(-rule.Months).AddDays(3).End()}).Scan(&rows).Error
	var counted []countedFrom
	var contacts domain.Contacts
	for i, row := range rows {
		if i == 0 || rows[i-1].ParticipantID != row.ParticipantID {
			contacts = domain.Contacts{RecordedAt: row.CreatedAt}
		}
		if row.EnrolmentID != nil {
			contacts.Paths = append(contacts.Paths, domain.ContactPath{
				EnteredOn: *row.EnteredOn, ExitedOn: row.ExitedOn, FollowUpAgreed: row.Agreed, Attended: row.Attended, Fact: row.Fact, Planned: row.Planned,
			})
		}
		if i == len(rows)-1 || rows[i+1].ParticipantID != row.ParticipantID {
			counted = append(counted, countedFrom{row.ParticipantID, contacts.Last(t.today)})
		}
	}
	return counted, err
}

// endedMeasures are the paths that ended, were voided or lost their person to an erasure, and of which it is still kept which
// measure of justice she was under: on the path, in its history where it was corrected, or behind what was published.
func (t *tx) endedMeasures(id string) ([]countedFrom, error) {
	var rows []struct {
		ID  string
		Day domain.Date
	}
	err := t.Raw(`SELECT e.id, least(e.exited_on, (e.voided_at AT TIME ZONE 'Europe/Paris')::date, (p.erased_at AT TIME ZONE 'Europe/Paris')::date) AS day
		FROM enrolments e JOIN participants p ON p.id = e.participant_id
		WHERE num_nonnulls(e.exited_on, e.voided_at, p.erased_at) > 0 AND (p.erased_at IS NOT NULL OR `+notHeld+`) AND (@id = '' OR e.id::text = @id)
			AND (e.justice_status = ANY (@detailed)
				OR EXISTS (SELECT FROM field_changes c WHERE c.record_id = e.id AND c.field = 'justice_status' AND c.old_value = ANY (@detailed))
				OR EXISTS (SELECT FROM snapshot_items i, jsonb_array_elements(i.facts) fact WHERE i.enrolment_id = e.id AND i.key = @indicator AND fact ->> 'value' = ANY (@detailed)))
		ORDER BY e.id`, map[string]any{"id": id, "detailed": array(domain.JusticeDetails()), "indicator": domain.IndicatorJusticeSupervised}).Scan(&rows).Error
	counted := make([]countedFrom, len(rows))
	for i, row := range rows {
		counted[i] = countedFrom{row.ID, row.Day}
	}
	return counted, err
}

// decidedReferrals are those that led nowhere, and those that nobody has touched for as long.
func (t *tx) decidedReferrals(id string) ([]countedFrom, error) {
	var rows []struct {
		ID        string
		DecidedAt time.Time
	}
	err := t.Raw(`SELECT r.id, coalesce(r.decided_at, r.updated_at) AS decided_at FROM referrals r
		WHERE r.status <> 'accepted' AND NOT EXISTS (SELECT FROM enrolments e WHERE e.referral_id = r.id) AND r.erased_at IS NULL AND NOT r.frozen AND NOT r.sandbox AND (@id = '' OR r.id::text = @id)
		ORDER BY r.id`, map[string]any{"id": id}).Scan(&rows).Error
	var counted []countedFrom
	for _, row := range rows {
		counted = append(counted, countedFrom{row.ID, domain.DayOf(row.DecidedAt)})
	}
	return counted, err
}

// sandboxReferrals are all there are, whatever was decided.
func (t *tx) sandboxReferrals(id string) ([]countedFrom, error) {
	var rows []struct {
		ID         string
		ReceivedAt time.Time
	}
	err := t.Raw(`SELECT r.id, r.received_at FROM referrals r WHERE r.sandbox AND r.erased_at IS NULL AND (@id = '' OR r.id::text = @id) ORDER BY r.id`,
		map[string]any{"id": id}).Scan(&rows).Error
	var counted []countedFrom
	for _, row := range rows {
		counted = append(counted, countedFrom{row.ID, domain.DayOf(row.ReceivedAt)})
	}
	return counted, err
}

// Retain does to one record what a rule asks, if it is still due. It tells whether it was.
func (s *Session) Retain(ctx context.Context, item domain.RetentionDue) (bool, error) {
	return fetch(ctx, s, func(t *tx) (bool, error) {
		var rule domain.RetentionRule
		err := t.Table("retention_rules").Where("code = ? AND active", item.Rule).Take(&rule).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if err := t.hold(rule.Action, item.RecordID); err != nil {
			return false, err
		}
		due, err := t.due(rule, item.RecordID)
		if err != nil || len(due) == 0 {
			return false, err
		}
		return true, t.retain(rule, due[0])
	})
}

// hold locks the record, so that what is asked of it next stays true: a contact recorded meanwhile
// waits, or makes this wait and then find that nothing is due.
func (t *tx) hold(action domain.RetentionAction, id string) error {
	switch action {
	case domain.EraseParticipant:
		if err := t.Exec(`SELECT FROM participants WHERE id = ? FOR UPDATE`, id).Error; err != nil {
			return err
		}
		return t.holdWithWaiting("participant_id", id)
	case domain.DropTheJusticeDetail:
		return t.Exec(`SELECT FROM enrolments WHERE id = ? FOR UPDATE`, id).Error
	}
	return t.Exec(`SELECT FROM referrals WHERE id = ? FOR UPDATE`, id).Error
}

func (t *tx) retain(rule domain.RetentionRule, due domain.RetentionDue) error {
	switch rule.Action {
	case domain.EraseParticipant:
		participant, err := one[domain.Participant](t.participants(), "participant", due.RecordID)
		if err != nil {
			return err
		}
		_, err = t.erase(participant, domain.ErasedByRetention, rule.Code)
		return err
	case domain.EraseReferral, domain.EraseSandboxReferral:
		referral, err := one[domain.Referral](t.referrals(), "referral", due.RecordID)
		if err != nil {
			return err
		}
		return t.eraseReferral(referral)
	}
	return t.dropJusticeDetail(due.RecordID, rule)
}

// dropJusticeDetail keeps that there was a measure, on the path, on the referral that led to it,
// and nowhere in the history of corrections nor behind what was published.
func (t *tx) dropJusticeDetail(enrolmentID string, rule domain.RetentionRule) error {
	enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", enrolmentID)
	if err != nil {
		return err
	}
	said := []string{enrolmentID}
	if enrolment.ReferralID != nil {
		said = append(said, *enrolment.ReferralID)
	}
	if err := t.forgetAnswers(said...); err != nil {
		return err
	}
	status, goes := domain.DropJusticeDetail(enrolment.JusticeStatus)
	if enrolment.JusticeStatus = status; goes { // else it was corrected, and stands in what was before
		if err := t.save(&enrolment, &enrolment.Stamp); err != nil {
			return err
		}
	}
	if enrolment.ReferralID != nil {
		referral, err := one[domain.Referral](locked(t.referrals()), "referral", *enrolment.ReferralID)
		if err != nil && !errors.Is(err, &domain.Error{Kind: domain.NotFound}) { // it may be erased
			return err
		}
		if status, goes := domain.DropJusticeDetail(referral.JusticeStatus); err == nil && goes {
			// Neither version nor updated_at: its partner would see on which day the path ended. See domain.Referral.View.
			if err := t.Exec(`UPDATE referrals SET justice_status = ? WHERE id = ?`, status, referral.ID).Error; err != nil {
				return err
			}
		}
	}
	if err := t.forgetPublishedJustice(enrolmentID); err != nil {
		return err
	}
	if err := t.Exec(`DELETE FROM field_changes WHERE record_id = ? AND field = 'justice_status'`, enrolmentID).Error; err != nil {
		return err
	}
	return t.wrote(trace{action: "justice_detail_dropped", kind: "enrolment", ids: []string{enrolmentID}, programme: enrolment.Programme, fields: []string{"justice_status"}, reason: rule.Code})
}

// Retention does everything that is due, one record a transaction, and calls each before it is
// done; a dry run only counts. Ended in between, by the context or by each, it has kept what was
// done: run again, it goes on. The report is true also beside an error.
func Retention(ctx context.Context, s *Session, dryRun bool, each func(domain.RetentionDue) error) (domain.RetentionReport, error) {
	report := domain.RetentionReport{DryRun: dryRun}
	due, err := fetch(ctx, s, func(t *tx) ([]domain.RetentionDue, error) {
		report.AsOf, report.Rules = t.today, nil
		rules, err := t.retentionRules()
		for _, rule := range rules {
			report.Rules = append(report.Rules, domain.RetentionCount{Rule: rule})
		}
		if err != nil {
			return nil, err
		}
		return t.allDue()
	})
	if err != nil {
		return report, err
	}
	counts := map[string]*domain.RetentionCount{}
	for i := range report.Rules {
		counts[report.Rules[i].Rule.Code] = &report.Rules[i]
	}
	for _, item := range due {
		counts[item.Rule].Due++
	}
	if dryRun {
		return report, nil
	}
	for _, item := range due {
		if err := each(item); err != nil {
			return report, err
		}
		if err := ctx.Err(); err != nil {
			return report, err
		}
		done, err := s.Retain(ctx, item)
		if err != nil {
			return report, err
		}
		if done {
			counts[item.Rule].Done++
		}
	}
	return report, nil
}
