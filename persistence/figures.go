package persistence

import (
	"context"
	"slices"
	"time"

	"o2r/domain"
)

// FiguresQuery is which day, which period and which people figures are asked for.
type FiguresQuery struct {
	domain.PeriodInput
	domain.Filter
}

// Figures answers the indicators of a programme. An analyst gets the small cells suppressed, and so
// does a caseworker whose filter or days are about colleagues' people, unless she says why she asks.
func (s *Session) Figures(ctx context.Context, programme string, q FiguresQuery) (domain.Figures, error) {
	return snapshot(ctx, s, func(t *tx) (domain.Figures, error) {
		asked, err := t.ask(programme, q)
		if err != nil {
			return domain.Figures{}, err
		}
		return asked.Figures(), nil
	})
}

// Figure answers one indicator of a programme.
func (s *Session) Figure(ctx context.Context, programme, key string, q FiguresQuery) (domain.FigureAnswer, error) {
	return snapshot(ctx, s, func(t *tx) (domain.FigureAnswer, error) {
		if !domain.Definitions.Has(key) {
			return domain.FigureAnswer{}, domain.Missing("indicator")
		}
		asked, err := t.ask(programme, q)
		if err != nil {
			return domain.FigureAnswer{}, err
		}
		return asked.Figure(key)
	})
}

// Profile says who was supported.
func (s *Session) Profile(ctx context.Context, programme string, q FiguresQuery) (domain.ProfileAnswer, error) {
	return snapshot(ctx, s, func(t *tx) (domain.ProfileAnswer, error) {
		asked, err := t.ask(programme, q)
		if err != nil {
			return domain.ProfileAnswer{}, err
		}
		return asked.Profile(), nil
	})
}

// Evidence lists who is inside a figure, and why. The look is audited.
func (s *Session) Evidence(ctx context.Context, programme, key string, q FiguresQuery) (domain.EvidenceAnswer, error) {
	return snapshot(ctx, s, func(t *tx) (domain.EvidenceAnswer, error) {
		if !t.actor.Is(domain.Coordinator) {
			return domain.EvidenceAnswer{}, domain.Denied("Only a coordinator reads the evidence behind a figure.")
		}
		if !domain.Definitions.Has(key) {
			return domain.EvidenceAnswer{}, domain.Missing("indicator")
		}
		asked, err := t.ask(programme, q)
		if err != nil {
			return domain.EvidenceAnswer{}, err
		}
		evidence, err := asked.Evidence(key)
		if err != nil {
			return evidence, err
		}
		if evidence.Items, err = t.withhold(programme, evidence.Items); err != nil {
			return domain.EvidenceAnswer{}, err
		}
		people := []string{}
		for _, item := range evidence.Items {
			if item.EnrolmentID != nil { // who was not shown is not among those seen, where her coordinator reads
				people = append(people, *item.EnrolmentID)
			}
		}
		slices.Sort(people)
		return evidence, t.audit(trace{action: "read", kind: "evidence", programme: programme, ids: slices.Compact(people), fields: []string{key}})
	})
}

// ask gathers what the figures of a programme are computed from, for an actor who may read them.
func (t *tx) ask(slug string, q FiguresQuery) (domain.Question, error) {
	programme, err := t.programme(slug)
	if err != nil {
		return domain.Question{}, err
	}
	if !t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Analyst) {
		return domain.Question{}, domain.Missing("programme")
	}
	analyst := t.actor.Is(domain.Analyst)
	question := domain.Question{Programme: programme, Filter: q.Filter, Restricted: analyst || t.actor.Probes(q.Filter, q.PeriodInput)}
	if analyst {
		question.Period, err = q.AnalystPeriod(programme.StartsOn, t.today)
	} else {
		question.Period, err = q.Period(programme.StartsOn, t.today)
	}
	if err != nil {
		return question, err
	}
	targets, err := t.targets(slug)
	if err != nil {
		return question, err
	}
	question.Targets = targets.Items
	if analyst {
		// The only door through which an analyst reaches what figures are made of.
		if err := t.Exec(`SELECT set_config('o2r.purpose', ?, true)`, forFigures).Error; err != nil {
			return question, err
		}
	}
	if !q.IsEmpty() || t.actor.Probes(q.Filter, q.PeriodInput) { // a filter may single a person out: which were set is kept, not to what
		if err := t.audit(trace{action: "read", kind: "figures", programme: slug, ids: []string{programme.ID}, fields: filledFields(q.Filter)}); err != nil {
			return question, err
		}
	}
	question.Records, err = t.records(slug)
	if t.withoutJustice {
		question = question.WithoutJustice()
	}
	return question, err
}

// records gathers the facts of every enrolment of a programme that was not voided. They name
// nobody. Facts of one kind stand in the order in which they were recorded.
func (t *tx) records(programme string) ([]domain.Record, error) {
	var records []domain.Record
	rows, err := t.Raw(`
		SELECT e.id, e.participant_id, e.entered_on, e.exited_on, e.exit_kind,
		       people.birth_date, e.age_kept, people.gender, e.education_level, e.justice_status, e.territory_code, items.sector,
		       people.referrer_kind, e.caseworker_id,
		       e.job_seeker, e.job_seeker_since, e.without_resources, e.disengaged
		FROM enrolments e
		JOIN people_of_figures(?) people ON people.enrolment_id = e.id
		LEFT JOIN `+inForce+` lists ON lists.programme = e.programme
		LEFT JOIN territory_list_items items ON items.list_id = lists.id AND items.territory_code = e.territory_code
		WHERE e.programme = ? AND e.voided_at IS NULL
		ORDER BY e.entered_on, e.id`, programme, programme).Rows() // GORM knows no struct with lists in it
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r domain.Record
		err := rows.Scan(&r.EnrolmentID, &r.ParticipantID, &r.EnteredOn, &r.ExitedOn, &r.ExitKind,
			&r.BirthDate, &r.AgeKept, &r.Gender, &r.EducationLevel, &r.JusticeStatus, &r.TerritoryCode, &r.Sector,
			&r.ReferrerKind, &r.CaseworkerID,
			&r.JobSeeker, &r.JobSeekerSince, &r.WithoutResources, &r.Disengaged)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	byID := make(map[string]*domain.Record, len(records))
	for i := range records {
		byID[records[i].EnrolmentID] = &records[i]
	}

	err = gather(t, programme, byID, `SELECT f.enrolment_id, f.starts_on, f.ends_on FROM jobs f`, `f.created_at, f.id`,
		func(r *domain.Record, f domain.JobSpell) { r.Jobs = append(r.Jobs, f) })
	if err == nil {
		err = gather(t, programme, byID, `SELECT f.enrolment_id, f.observed_on, f.registered FROM france_travail_statuses f`, `f.created_at, f.id`,
			func(r *domain.Record, f domain.FranceTravailObservation) {
				r.FranceTravail = append(r.FranceTravail, f)
			})
	}
	if err == nil {
		err = gather(t, programme, byID, `SELECT f.enrolment_id, f.observed_on, f.result FROM outcomes f`, `f.created_at, f.id`,
			func(r *domain.Record, f domain.OutcomeObservation) { r.Outcomes = append(r.Outcomes, f) })
	}
	if err == nil {
		err = gather(t, programme, byID, `SELECT f.enrolment_id, f.id, f.starts_at, f.status FROM appointments f`, `f.starts_at, f.id`,
			func(r *domain.Record, f meeting) {
				r.Meetings = append(r.Meetings, domain.MeetingFact{ID: f.ID, Day: domain.DayOf(f.StartsAt), Status: f.Status})
			})
	}
	if err == nil {
		err = gather(t, programme, byID, `SELECT f.enrolment_id, w.id, w.starts_at, f.status, w.status AS workshop FROM workshop_registrations f JOIN workshops w ON w.id = f.workshop_id`, `w.starts_at, w.id`,
			func(r *domain.Record, f meeting) {
				r.Workshops = append(r.Workshops, domain.WorkshopFact{
					ID: f.ID, Day: domain.DayOf(f.StartsAt), Status: f.Status,
					Closed: f.Workshop == domain.WorkshopClosed, Cancelled: f.Workshop == domain.WorkshopCancelled,
				})
			})
	}
	return records, err
}

type meeting struct {
	ID       string
	StartsAt time.Time
	Status   domain.Attendance
	Workshop domain.WorkshopStatus
}

// gather reads the facts of one kind of a whole programme in one statement, and gives each to
// its enrolment's record.
func gather[F any](t *tx, programme string, byID map[string]*domain.Record, statement, order string, add func(*domain.Record, F)) error {
	var rows []struct {
		EnrolmentID string
		Fact        F `gorm:"embedded"`
	}
	err := t.Raw(statement+` JOIN enrolments e ON e.id = f.enrolment_id WHERE e.programme = ? AND e.voided_at IS NULL ORDER BY `+order, programme).Scan(&rows).Error
	for _, row := range rows {
		add(byID[row.EnrolmentID], row.Fact)
	}
	return err
}
