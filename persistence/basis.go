package persistence

import (
	"slices"
	"time"

	"o2r/domain"
)

// basis gathers all that the figures of a programme are made of, in so many statements whatever its size.
func (t *tx) basis(programme string) (domain.Basis, error) {
	var basis domain.Basis
	var err error
	if basis.Records, err = t.records(programme); err != nil {
		return basis, err
	}
	byID := recordsByID(basis.Records)

	var barriers []struct {
		EnrolmentID, BarrierID string
		Barrier                domain.Barrier
		AssessedOn             domain.Date
		LiftedOn, SetAsideOn   *domain.Date
	}
	if err := t.Raw(`SELECT * FROM barriers_of_figures(?)`, programme).Scan(&barriers).Error; err != nil {
		return basis, err
	}
	for _, row := range barriers {
		r := byID[row.EnrolmentID]
		r.Barriers = append(r.Barriers, domain.BarrierFact{ID: row.BarrierID, Barrier: row.Barrier, AssessedOn: row.AssessedOn, LiftedOn: row.LiftedOn, SetAsideOn: row.SetAsideOn})
	}

	if basis.Places, err = t.targetedPlaces(programme); err != nil {
		return basis, err
	}
	sectors := map[string]*string{}
	for _, place := range basis.Places {
		sectors[place.TerritoryCode] = place.Sector
	}
	basis.Referrals, err = t.referralRecords(programme, sectors, byID)
	return basis, err
}

// placesInForce are the territories of a programme's targeted list in force.
const placesInForce = `SELECT items.territory_code, items.sector FROM ` + inForce + ` lists JOIN territory_list_items items ON items.list_id = lists.id
	WHERE lists.programme = @programme`

func (t *tx) targetedPlaces(programme string) (places []domain.TargetedPlace, err error) {
	return places, t.Raw(placesInForce+` ORDER BY items.territory_code`, map[string]any{"programme": programme}).Scan(&places).Error
}

// referralRecords gathers the referrals to a programme, and says of the paths that they led to when they came. One
// whose day has passed without a decision expired on that day, whether anybody has settled it yet or not.
func (t *tx) referralRecords(programme string, sectors map[string]*string, byID map[string]*domain.Record) ([]domain.ReferralRecord, error) {
	var rows []struct {
		ReferralID                               string
		ReceivedAt                               time.Time
		Status                                   domain.ReferralStatus
		DecidedAt                                *time.Time
		ExpiresOn, BirthDate                     *domain.Date
		Gender                                   *domain.Gender
		JusticeStatus                            *domain.JusticeStatus
		TerritoryCode, ReferrerKind, EnrolmentID *string
	}
	if err := t.Raw(`SELECT * FROM referrals_of_figures(?)`, programme).Scan(&rows).Error; err != nil {
		return nil, err
	}
	referrals := make([]domain.ReferralRecord, len(rows))
	for i, row := range rows {
		referral := domain.ReferralRecord{
			ReferralID: row.ReferralID, ReceivedOn: domain.DayOf(row.ReceivedAt), Status: row.Status, BirthDate: row.BirthDate,
			Gender: row.Gender, JusticeStatus: row.JusticeStatus, TerritoryCode: row.TerritoryCode, ReferrerKind: row.ReferrerKind,
		}
		if row.DecidedAt != nil {
			referral.DecidedOn = new(domain.DayOf(*row.DecidedAt))
		}
		if row.ExpiresOn != nil && (row.Status == domain.ReferralExpired || slices.Contains(domain.OpenReferrals, row.Status) && !row.ExpiresOn.After(t.today)) {
			referral.Status, referral.DecidedOn = domain.ReferralExpired, row.ExpiresOn
		}
		if row.TerritoryCode != nil {
			referral.Sector = sectors[*row.TerritoryCode]
		}
		if row.EnrolmentID != nil {
			if record := byID[*row.EnrolmentID]; record.ReferredOn == nil { // they come in the order in which they were received
				record.ReferredOn = &referral.ReceivedOn
			}
		}
		referrals[i] = referral
	}
	return referrals, nil
}

func recordsByID(records []domain.Record) map[string]*domain.Record {
	byID := make(map[string]*domain.Record, len(records))
	for i := range records {
		byID[records[i].EnrolmentID] = &records[i]
	}
	return byID
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
	byID := recordsByID(records)
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
