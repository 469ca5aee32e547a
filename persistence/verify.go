package persistence

import (
	"context"

	"o2r/domain"
	"o2r/domain/recount"
	"o2r/domain/verify"
)

// VerifyFigures gathers the facts of a programme twice, from one snapshot of the database: as figures do, and as they lie
// in the tables, for both counts. What lies there is read past the policies that guard rows, so that a fact that a policy
// kept from the figures is found missing. Only a coordinator asks for it, whom nothing is withheld from.
func (s *Session) VerifyFigures(ctx context.Context, programme string, q FiguresQuery) (verify.Both, error) {
	return snapshot(ctx, s, func(t *tx) (verify.Both, error) {
		if !t.actor.Is(domain.Coordinator) {
			return verify.Both{}, domain.Denied("Only a coordinator verifies figures.")
		}
		t.withoutJustice = false // what is not shown is counted too
		question, err := t.mayAsk(programme, inquiry{FiguresQuery: q})
		if err == nil {
			err = t.gatherFor(&question)
		}
		if err == nil {
			err = t.audit(trace{action: "verified", kind: "figures", programme: programme})
		}
		if err != nil {
			return verify.Both{}, err
		}
		book, err := t.book(programme)
		return verify.Both{Question: question, Ledger: book.Of(programme)}, err
	})
}

// book copies what lies in the tables about a programme, in the plainest of statements. Nothing of package domain or of
// basis.go has a hand in it.
func (t *tx) book(programme string) (book recount.Book, err error) {
	if err := t.Exec(`SELECT set_config('o2r.role', ?, true)`, asSystem.role).Error; err != nil {
		return book, err
	}
	defer func() {
		if err == nil {
			err = t.Exec(`SELECT set_config('o2r.role', ?, true)`, settingsOf(t.actor).role).Error
		}
	}()
	for _, table := range []struct {
		rows      any
		statement string
	}{
		{&book.Programmes, `SELECT slug, to_char(starts_on, 'YYYY-MM-DD') AS starts_on FROM programmes WHERE slug = ?`},
		// Whoever a path is of, and whoever somebody was merged into.
		{&book.People, `SELECT id, coalesce(merged_into::text, '') AS merged_into, coalesce(to_char(birth_date, 'YYYY-MM-DD'), '') AS birth_date, coalesce(gender, '') AS gender FROM participants
			WHERE id IN (SELECT participant_id FROM enrolments WHERE programme = ?) OR id IN (SELECT merged_into FROM participants)`},
		{&book.Referrals, `SELECT r.id, r.programme, r.sandbox, o.kind AS organisation_kind, r.received_at, r.status, r.decided_at, coalesce(to_char(r.expires_on, 'YYYY-MM-DD'), '') AS expires_on,
				coalesce(to_char(r.birth_date, 'YYYY-MM-DD'), '') AS birth_date, coalesce(r.gender, '') AS gender, coalesce(r.justice_status, '') AS justice, coalesce(r.territory_code, '') AS territory
			FROM referrals r JOIN organisations o ON o.id = r.organisation_id WHERE r.programme = ?`},
		{&book.Targets, `SELECT programme, indicator, period, value FROM targets WHERE programme = ? ORDER BY position`},
	} {
		if err := t.Raw(table.statement, programme).Scan(table.rows).Error; err != nil {
			return book, err
		}
	}
	book.Today = t.now.In(domain.Paris).Format("2006-01-02")
	if err := t.lists(programme, &book); err != nil {
		return book, err
	}
	return book, t.paths(programme, &book)
}

func (t *tx) lists(programme string, book *recount.Book) error {
	var rows []struct {
		Version           int
		Territory, Sector string
	}
	if err := t.Raw(`SELECT l.version, coalesce(i.territory_code, '') AS territory, coalesce(i.sector, '') AS sector FROM territory_lists l
		LEFT JOIN territory_list_items i ON i.list_id = l.id WHERE l.programme = ? ORDER BY l.version`, programme).Scan(&rows).Error; err != nil {
		return err
	}
	for _, row := range rows {
		if n := len(book.Lists); n == 0 || book.Lists[n-1].Version != row.Version {
			book.Lists = append(book.Lists, recount.List{Programme: programme, Version: row.Version})
		}
		if list := &book.Lists[len(book.Lists)-1]; row.Territory != "" {
			list.Places = append(list.Places, recount.Place{Territory: row.Territory, Sector: row.Sector})
		}
	}
	return nil
}

func (t *tx) paths(programme string, book *recount.Book) error {
	rows, err := t.Raw(`SELECT id, programme, participant_id, voided_at IS NOT NULL, coalesce(folded_into::text, ''), to_char(entered_on, 'YYYY-MM-DD'), coalesce(to_char(exited_on, 'YYYY-MM-DD'), ''), coalesce(exit_kind, ''),
			age_kept, coalesce(education_level, ''), coalesce(justice_status, ''), coalesce(territory_code, ''), coalesce(caseworker_id, ''), job_seeker, coalesce(to_char(job_seeker_since, 'YYYY-MM-DD'), ''),
			without_resources, disengaged, coalesce(referral_id::text, ''), coalesce(referral_origin, '')
		FROM enrolments WHERE programme = ?`, programme).Rows() // GORM knows no struct with lists in it
	if err != nil {
		return err
	}
	defer rows.Close()
	at := map[string]int{}
	for rows.Next() {
		var e recount.Enrolment
		if err := rows.Scan(&e.ID, &e.Programme, &e.PersonID, &e.Voided, &e.FoldedInto, &e.EnteredOn, &e.ExitedOn, &e.ExitKind,
			&e.AgeKept, &e.Education, &e.Justice, &e.Territory, &e.Caseworker, &e.JobSeeker, &e.JobSeekerSince,
			&e.WithoutResources, &e.Disengaged, &e.ReferralID, &e.ReferredFrom); err != nil {
			return err
		}
		at[e.ID] = len(book.Enrolments)
		book.Enrolments = append(book.Enrolments, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	of := func(enrolmentID string) *recount.Enrolment { return &book.Enrolments[at[enrolmentID]] }
	return firstError(
		copied(t, programme, `to_char(f.starts_on, 'YYYY-MM-DD') AS starts_on, coalesce(to_char(f.ends_on, 'YYYY-MM-DD'), '') AS ends_on FROM jobs f`,
			func(id string, f recount.Job) { of(id).Jobs = append(of(id).Jobs, f) }),
		copied(t, programme, `f.id, to_char(f.observed_on, 'YYYY-MM-DD') AS observed_on, f.registered, f.created_at AS recorded_at FROM france_travail_statuses f`,
			func(id string, f recount.FranceTravail) { of(id).FranceTravail = append(of(id).FranceTravail, f) }),
		copied(t, programme, `to_char(f.observed_on, 'YYYY-MM-DD') AS observed_on, f.result FROM outcomes f`,
			func(id string, f recount.Outcome) { of(id).Outcomes = append(of(id).Outcomes, f) }),
		copied(t, programme, `f.starts_at, f.status FROM appointments f`,
			func(id string, f recount.Appointment) { of(id).Appointments = append(of(id).Appointments, f) }),
		copied(t, programme, `w.id, w.starts_at, w.status AS workshop, f.status FROM workshop_registrations f JOIN workshops w ON w.id = f.workshop_id`,
			func(id string, f recount.Workshop) { of(id).Workshops = append(of(id).Workshops, f) }),
		copied(t, programme, `f.barrier, to_char(f.assessed_on, 'YYYY-MM-DD') AS assessed_on, coalesce(to_char(f.lifted_on, 'YYYY-MM-DD'), '') AS lifted_on, coalesce(to_char(f.set_aside_on, 'YYYY-MM-DD'), '') AS set_aside_on FROM enrolment_barriers f`,
			func(id string, f recount.Barrier) { of(id).Barriers = append(of(id).Barriers, f) }),
	)
}

// copied copies what happened on a programme's paths, one kind of it.
func copied[F any](t *tx, programme, columns string, add func(enrolmentID string, fact F)) func() error {
	return func() error {
		var rows []struct {
			EnrolmentID string
			Fact        F `gorm:"embedded"`
		}
		err := t.Raw(`SELECT f.enrolment_id, `+columns+` JOIN enrolments e ON e.id = f.enrolment_id WHERE e.programme = ?`, programme).Scan(&rows).Error
		for _, row := range rows {
			add(row.EnrolmentID, row.Fact)
		}
		return err
	}
}

func firstError(each ...func() error) error {
	for _, do := range each {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
