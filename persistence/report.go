package persistence

import (
	"context"
	"slices"
	"strconv"

	"o2r/domain"
)

// Report answers what a programme owes for a year. All of it is read in one snapshot: the figures by the way on which figures are
// answered, so that the same reader is shown the same; what stands beside them without anything that is about few people,
// where she may not learn of it. That she read it is in the trail.
func (s *Session) Report(ctx context.Context, programme string, q domain.ReportQuery) (Shown[domain.Report], error) {
	ask := inquiry{programmes: []string{programme}, what: "report", how: q, days: func(t *tx, of domain.Programme) (domain.PeriodInput, error) {
		latest := t.today
		if t.actor.Is(domain.Analyst) {
			latest = domain.LastFullMonth(t.today)
		}
		return q.Days(of, latest)
	}}
	return answeredOf(ctx, s, ask, source[domain.Report]{
		mark: (*tx).markOfReport,
		answer: func(t *tx, questions []domain.Question) (report domain.Report, _ []byte, err error) {
			facts, err := t.reportFacts(questions[0])
			if err == nil {
				report, err = questions[0].Report(facts)
			}
			return report, nil, err
		},
		looked: func(t *tx, questions []domain.Question, _ domain.Report) error {
			of := questions[0].Programme
			return t.audit(trace{action: "read", kind: "report", programme: of.Slug, ids: []string{of.ID}, fields: []string{strconv.Itoa(q.Year)}})
		},
	})
}

// markOfReport moves whenever something moves that a report tells beside the figures: every row is hashed of every table
// that reportFacts reads, as far as the actor may read it.
func (t *tx) markOfReport(q domain.Question) (mark string, err error) {
	const ofPaths = `enrolment_id IN (SELECT id FROM enrolments WHERE programme = @programme AND voided_at IS NULL)`
	read := [][2]string{
		{"organisations", "true"}, {"sites", "programme = @programme"}, {"permanences", "programme = @programme"}, {"occurrence_changes", "programme = @programme"},
		{"closures", "programme = @programme"}, {"programmes", "slug = @programme"}, {"partnerships", "programme = @programme"},
		{"territory_lists", "programme = @programme"}, {"snapshots", "programme = @programme"},
	}
	if t.actor.Staff() {
		read = append(read, [][2]string{{"enrolments", "programme = @programme"}, {"referrals", "programme = @programme"}, {"appointments", ofPaths}, {"workshops", "programme = @programme"},
			{"workshop_registrations", ofPaths}, {"actions", ofPaths}, {"enrolment_proposals", ofPaths}, {"immersions", ofPaths}}...)
	}
	query := "SELECT concat_ws(', '"
	for _, rows := range read {
		query += ", (SELECT concat('" + rows[0] + " ', count(*), ' ', sum(hash_record_extended(r, 0))) FROM " + rows[0] + " r WHERE " + rows[1] + ")"
	}
	return mark, t.Raw(query+")", map[string]any{"programme": q.Programme.Slug}).Scan(&mark).Error
}

// reportFacts gathers what a report tells beside the figures. Places, permanences and organisations are about nobody, and
// any reader of the report may know of them; what was done for people is gathered for those alone who may learn of few.
func (t *tx) reportFacts(q domain.Question) (domain.ReportFacts, error) {
	programme := q.Programme.Slug
	facts := domain.ReportFacts{Today: t.today, Sites: map[string]domain.Site{}, Partners: []domain.ReportPartner{}}
	if err := t.Table("organisations").Where("id = ?", q.Programme.OperatorID).Pluck("name", &facts.Operator).Error; err != nil {
		return facts, err
	}
	if err := t.snapshots(programme).Select(snapshotColumns).Where("NOT " + superseded).Order("snapshots.id DESC").Find(&facts.Standing).Error; err != nil {
		return facts, err
	}
	var sites []domain.Site
	if err := t.Table("sites").Where("programme = ?", programme).Find(&sites).Error; err != nil {
		return facts, err
	}
	for _, site := range sites {
		facts.Sites[site.ID] = site
	}
	var permanences []domain.Permanence
	if err := t.Table("permanences").Where("programme = ?", programme).Order("id").Find(&permanences).Error; err != nil {
		return facts, err
	}
	var err error
	if facts.Timetables, err = t.timetables(permanences); err != nil {
		return facts, err
	}
	if facts.List, err = t.targetedList(programme); err != nil {
		return facts, err
	}
	if !t.actor.Staff() || q.Silent() {
		err = t.Raw(`SELECT o.id, o.name, o.kind, p.organisation_id IS NOT NULL AS agreement
			FROM organisations o LEFT JOIN partnerships p ON p.organisation_id = o.id AND p.programme = @programme
			WHERE o.id <> @operator AND (p.organisation_id IS NOT NULL OR EXISTS (SELECT FROM sites s WHERE s.programme = @programme AND s.host_id = o.id)) ORDER BY o.name, o.id`,
			map[string]any{"programme": programme, "operator": q.Programme.OperatorID}).Scan(&facts.Partners).Error
	} else {
		facts.Partners, err = t.reportPartners(q)
		if err == nil {
			facts.Support, err = t.reportSupport(q)
		}
	}
	if t.withoutJustice {
		facts.Partners = slices.DeleteFunc(facts.Partners, func(p domain.ReportPartner) bool { return domain.TellsOfJustice(p.Kind) })
	}
	return facts, err
}

// spanOf are the days that a report is about, up to as_of.
func spanOf(q domain.Question) map[string]any {
	return map[string]any{
		"programme": q.Programme.Slug, "operator": q.Programme.OperatorID,
		"from": q.Period.From, "to": domain.EarlierOf(q.Period.To, q.Period.AsOf), "as_of": q.Period.AsOf,
	}
}

// reportPartners are the organisations that had a part in the programme's year. A day is one in Paris.
func (t *tx) reportPartners(q domain.Question) ([]domain.ReportPartner, error) {
	partners := []domain.ReportPartner{}
	return partners, t.Raw(`
		WITH paths AS MATERIALIZED (SELECT id FROM enrolments WHERE programme = @programme AND voided_at IS NULL),
		sent AS (
			SELECT organisation_id AS id, count(*) AS received,
				count(*) FILTER (WHERE status = 'accepted' AND (decided_at AT TIME ZONE 'Europe/Paris')::date <= @as_of) AS accepted,
				count(*) FILTER (WHERE status = 'declined' AND (decided_at AT TIME ZONE 'Europe/Paris')::date <= @as_of) AS declined
			FROM referrals WHERE programme = @programme AND NOT sandbox AND (received_at AT TIME ZONE 'Europe/Paris')::date BETWEEN @from AND @to
			GROUP BY organisation_id),
		acted AS (SELECT a.organisation_id AS id, count(*) AS actions FROM actions a JOIN paths ON paths.id = a.enrolment_id WHERE a.done_on BETWEEN @from AND @to GROUP BY 1),
		proposed AS (SELECT p.organisation_id AS id, count(*) AS proposals FROM enrolment_proposals p JOIN paths ON paths.id = p.enrolment_id WHERE p.proposed_on BETWEEN @from AND @to GROUP BY 1),
		stayed AS (
			SELECT part.id, count(*) AS immersions FROM immersions i JOIN paths ON paths.id = i.enrolment_id
			CROSS JOIN LATERAL (SELECT i.host_id AS id UNION SELECT i.prescriber_id) part
			WHERE i.starts_on <= @to AND i.ends_on >= @from AND (i.cancelled_on IS NULL OR i.cancelled_on > @as_of) GROUP BY 1)
		SELECT o.id, o.name, o.kind, p.organisation_id IS NOT NULL AS agreement,
			coalesce(sent.received, 0) AS received, coalesce(sent.accepted, 0) AS accepted, coalesce(sent.declined, 0) AS declined,
			coalesce(acted.actions, 0) AS actions, coalesce(proposed.proposals, 0) AS proposals, coalesce(stayed.immersions, 0) AS immersions
		FROM organisations o
		LEFT JOIN partnerships p ON p.organisation_id = o.id AND p.programme = @programme
		LEFT JOIN sent ON sent.id = o.id LEFT JOIN acted ON acted.id = o.id LEFT JOIN proposed ON proposed.id = o.id LEFT JOIN stayed ON stayed.id = o.id
		WHERE (o.id <> @operator OR sent.received > 0) AND (p.organisation_id IS NOT NULL OR EXISTS (SELECT FROM sites s WHERE s.programme = @programme AND s.host_id = o.id)
			OR num_nonnulls(sent.id, acted.id, proposed.id, stayed.id) > 0)
		ORDER BY o.name, o.id`, spanOf(q)).Scan(&partners).Error
}

// reportSupport counts what was done with and for people, and what was proposed to them. Who was erased stays counted.
func (t *tx) reportSupport(q domain.Question) (*domain.ReportSupport, error) {
	support := &domain.ReportSupport{Activities: []domain.ReportActivity{}, Proposals: []domain.ReportProposal{}, Eligibility: []domain.ReportEntryCount{}}
	var rows []struct {
		domain.ReportActivity
		Whole bool
	}
	err := t.Raw(`
		WITH paths AS MATERIALIZED (SELECT id, participant_id FROM enrolments WHERE programme = @programme AND voided_at IS NULL),
		things AS (
			SELECT 'appointment' AS nature, a.mode AS object, paths.participant_id, a.duration_minutes AS minutes, NULL::integer AS days
			FROM appointments a JOIN paths ON paths.id = a.enrolment_id
			WHERE a.status = 'attended' AND (a.starts_at AT TIME ZONE 'Europe/Paris')::date BETWEEN @from AND @to
			UNION ALL
			SELECT 'workshop', w.kind, paths.participant_id, w.duration_minutes, NULL
			FROM workshop_registrations r JOIN workshops w ON w.id = r.workshop_id JOIN paths ON paths.id = r.enrolment_id
			WHERE w.status = 'closed' AND r.status = 'attended' AND (w.starts_at AT TIME ZONE 'Europe/Paris')::date BETWEEN @from AND @to
			UNION ALL
			SELECT 'action', a.kind, paths.participant_id, a.duration_minutes, NULL
			FROM actions a JOIN paths ON paths.id = a.enrolment_id WHERE a.done_on BETWEEN @from AND @to
			UNION ALL
			SELECT 'immersion', i.purpose, paths.participant_id, NULL, LEAST(i.ends_on, CAST(@to AS date)) - GREATEST(i.starts_on, CAST(@from AS date)) + 1
			FROM immersions i JOIN paths ON paths.id = i.enrolment_id
			WHERE i.starts_on <= @to AND i.ends_on >= @from AND (i.cancelled_on IS NULL OR i.cancelled_on > @as_of))
		SELECT coalesce(nature, '') AS nature, coalesce(object, '') AS object, grouping(nature) = 1 AS whole,
			count(*) FILTER (WHERE nature IS NOT NULL) AS count, count(DISTINCT participant_id) AS people,
			CASE WHEN nature = 'immersion' THEN NULL ELSE coalesce(sum(minutes), 0) END AS minutes,
			CASE WHEN nature = 'immersion' THEN NULL ELSE count(*) FILTER (WHERE nature <> 'immersion' AND minutes IS NULL) END AS minutes_unknown, sum(days) AS days
		FROM things GROUP BY GROUPING SETS ((nature, object), ())
		ORDER BY array_position(ARRAY['appointment', 'workshop', 'action', 'immersion'], nature), object`, spanOf(q)).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if !row.Whole {
			support.Activities = append(support.Activities, row.ReportActivity)
			if row.Minutes != nil {
				support.Minutes += *row.Minutes
				support.MinutesUnknown += *row.MinutesUnknown
			}
			continue
		}
		support.People = row.People
	}
	var proposals []domain.ReportProposal
	err = t.Raw(`
		SELECT kind, count(*) AS proposed, count(*) FILTER (WHERE followed = 'accepted') AS accepted, count(*) FILTER (WHERE followed = 'refused') AS refused,
			count(*) FILTER (WHERE followed = 'no_answer') AS no_answer, count(*) FILTER (WHERE followed = 'not_available') AS not_available, count(*) FILTER (WHERE followed IS NULL) AS open
		FROM (SELECT p.kind, CASE WHEN p.followed_on IS NULL OR p.followed_on <= @as_of THEN p.followed_by END AS followed
			FROM enrolment_proposals p JOIN enrolments e ON e.id = p.enrolment_id
			WHERE e.programme = @programme AND e.voided_at IS NULL AND p.proposed_on BETWEEN @from AND @to) known GROUP BY kind`, spanOf(q)).Scan(&proposals).Error
	if err != nil {
		return nil, err
	}
	for _, code := range domain.Proposal("").Codes() {
		at := slices.IndexFunc(proposals, func(p domain.ReportProposal) bool { return string(p.Kind) == code })
		if at < 0 {
			support.Proposals = append(support.Proposals, domain.ReportProposal{Kind: domain.Proposal(code)})
			continue
		}
		support.Proposals = append(support.Proposals, proposals[at])
	}
	var grounds []domain.ReportEntryCount
	span := spanOf(q)
	span["unknown"] = domain.UnknownCode
	err = t.Raw(`SELECT coalesce(eligibility_ground, @unknown) AS code, count(*) AS count FROM enrolments
		WHERE programme = @programme AND voided_at IS NULL AND entered_on BETWEEN @from AND @to GROUP BY 1`,
		span).Scan(&grounds).Error
	for _, code := range append(domain.EligibilityGround("").Codes(), domain.UnknownCode) {
		count := 0
		for _, ground := range grounds {
			if ground.Code == code {
				count = ground.Count
			}
		}
		support.Eligibility = append(support.Eligibility, domain.ReportEntryCount{Code: code, Count: count})
	}
	return support, err
}
