package persistence

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// calendarRow is a feed with whose it is to scope, and what is kept of its link.
type calendarRow struct {
	domain.Calendar
	OrganisationID, ClientID *string
	Digest                   []byte
}

func (calendarRow) TableName() string { return "calendars" }

func calendarStamp(c *calendarRow) *domain.Stamp { return &c.Stamp }

// viewCalendar is a feed as the actor reads it: an administrator, who reaches no file, is not told whose it is.
func (t *tx) viewCalendar(c calendarRow) domain.CalendarView {
	if t.actor.Is(domain.Admin) {
		c.ParticipantID = nil
	}
	return c.View(t.now)
}

// NewCalendar makes a feed, and the token in its link, which only this answer shows: 256 random bits, of which a hash is
// kept, as of a client's secret.
func (s *Session) NewCalendar(ctx context.Context, in domain.CalendarInput) (made domain.CalendarView, token string, err error) {
	made, err = fetch(ctx, s, func(t *tx) (domain.CalendarView, error) {
		if _, err := t.programmeNamed(in.Programme); err != nil {
			return made, err
		}
		if err := in.Check(t.actor); err != nil {
			return made, err
		}
		if err := t.mayShow(in); err != nil {
			return made, err
		}
		var standing int64
		err := t.Table("calendars").Where("programme = ? AND made_by = ? AND revoked_at IS NULL AND expires_at > ?", in.Programme, t.actor.Subject, t.now).Count(&standing).Error
		if err == nil && standing >= domain.MostCalendars {
			err = domain.Refused("too_many_calendars", "You have %d links in this programme: revoke those that are of no use.", standing)
		}
		if err != nil {
			return made, err
		}
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // it never fails
		token = "o2rcal_" + base64.RawURLEncoding.EncodeToString(raw)
		row := calendarRow{domain.NewCalendarOf(t.stamp(), in, t.actor, t.now), t.organisation(), optional(t.actor.ClientID), digestOf(token)}
		if err := t.Create(&row).Error; err != nil {
			return made, err
		}
		change := trace{action: "created", kind: "calendar", ids: []string{row.ID}, programme: row.Programme, fields: filledFields(in)}
		if row.ParticipantID != nil {
			change.whose = []string{*row.ParticipantID}
		}
		return t.viewCalendar(row), t.wrote(change)
	})
	if err != nil {
		token = ""
	}
	return made, token, err
}

// mayShow refuses a feed of what is out of the actor's reach. A reason for a colleague's file opens it to one request, and
// so to no feed.
func (t *tx) mayShow(in domain.CalendarInput) error {
	plain := *t
	plain.actor.AccessReason = ""
	if in.SiteID != nil {
		_, err := one[domain.Site](t.sites().Where("sites.programme = ?", in.Programme), "site", *in.SiteID)
		if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			err = domain.FieldFault("site_id", "unknown", "The programme has no such site.")
		}
		return err
	}
	if in.ParticipantID == nil {
		return nil
	}
	survivor, err := t.survivorOf(*in.ParticipantID)
	if err != nil {
		return err
	}
	var paths int64
	err = plain.enrolments().Where("enrolments.participant_id = ? AND enrolments.programme = ? AND enrolments.voided_at IS NULL", survivor, in.Programme).Count(&paths).Error
	if err == nil && paths == 0 {
		err = domain.FieldFault("participant_id", "unknown", "There is no such participant with a path in this programme that you follow, or nobody does.")
	}
	return err
}

// Calendar reads one feed: not its link, which was shown once.
func (s *Session) Calendar(ctx context.Context, id string) (domain.CalendarView, error) {
	return fetch(ctx, s, func(t *tx) (domain.CalendarView, error) {
		row, err := one[calendarRow](t.calendars(), "calendar", id)
		if err != nil {
			return domain.CalendarView{}, err
		}
		return t.viewCalendar(row), t.saw("calendar", row.Programme, calendarIs(row)...)
	})
}

func calendarIs(row calendarRow) []string {
	ids := []string{row.ID}
	if row.ParticipantID != nil {
		ids = append(ids, *row.ParticipantID)
	}
	return ids
}

// Calendars lists feeds, the latest made first: a caseworker her own, a coordinator those of her programmes.
func (s *Session) Calendars(ctx context.Context, q domain.CalendarQuery) (domain.Page[domain.CalendarView], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.CalendarView], error) {
		query := where(t.calendars(), "calendars.programme", q.Programme)
		query = where(query, "calendars.made_by", q.MadeBy)
		found, err := newestFirst[calendarRow](query, q.Paging)
		if err != nil {
			return domain.Page[domain.CalendarView]{}, err
		}
		var ids []string
		for _, row := range found.Items {
			ids = append(ids, calendarIs(row)...)
		}
		return mapped(found, t.viewCalendar), t.saw("calendar", q.Programme, ids...)
	})
}

// RevokeCalendar ends a link for good, on every replica.
func (s *Session) RevokeCalendar(ctx context.Context, id string, match domain.Match) (domain.CalendarView, error) {
	return fetch(ctx, s, func(t *tx) (domain.CalendarView, error) {
		row, err := change(t, t.calendars(), "calendar", id, match, calendarStamp, func(c *calendarRow) error { return c.Revoke(t.now) })
		if err != nil {
			return domain.CalendarView{}, err
		}
		return t.viewCalendar(row), t.wrote(trace{action: "revoked", kind: "calendar", ids: calendarIs(row), programme: row.Programme, fields: []string{"revoked_at"}})
	})
}

// revokeCalendarsOf ends the links that a subject made, with her tokens.
func (t *tx) revokeCalendarsOf(subject string) error {
	var rows []calendarRow
	err := t.Raw(`UPDATE calendars SET revoked_at = ?, version = version + 1, updated_at = ? WHERE made_by = ? AND revoked_at IS NULL RETURNING *`, t.now, t.now, subject).Scan(&rows).Error
	for _, row := range rows {
		if err == nil {
			err = t.wrote(trace{action: "revoked", kind: "calendar", ids: calendarIs(row), programme: row.Programme, fields: []string{"revoked_at"}})
		}
	}
	return err
}

// Seen notes that the actor came with a good token today: the feeds that she made with this role, in the programmes that
// her token opens, go on.
func (s *Session) Seen(ctx context.Context) error {
	if !s.actor.Staff() {
		return nil
	}
	return s.within(ctx, func(t *tx) error {
		return t.Exec(`UPDATE calendars SET seen_on = ? WHERE made_by = ? AND made_as = ? AND programme = ANY (CAST(? AS text[])) AND seen_on < ?`,
			t.today, t.actor.Subject, t.actor.Role, domain.Codes(t.actor.Programmes), t.today).Error
	})
}

// errNoFeed is the one answer to a link that is none, was revoked, has expired, rests, or leads to what its maker may not
// see any more.
var errNoFeed = domain.Missing("calendar")

// Feed is what a link leads to, for whoever has it: the meetings that whoever made it may see today. What is shown is
// audited as her look; encode says whether it is shown at all, or the caller has it already.
func (s *Session) Feed(ctx context.Context, token string, encode func(domain.CalendarFeed) (shown bool)) error {
	return s.within(ctx, func(t *tx) error {
		digest := digestOf(token)
		if err := t.Exec(`SELECT set_config('o2r.calendar', ?, true)`, hex.EncodeToString(digest)).Error; err != nil {
			return err
		}
		var rows []calendarRow
		if err := t.Table("calendars").Where("digest = ?", digest).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].View(t.now).State != "active" {
			return errNoFeed
		}
		calendar := rows[0]
		if good, err := t.clientStands(calendar); err != nil || !good {
			return errors.Join(err, errNoFeed)
		}
		organisation := ""
		if calendar.OrganisationID != nil {
			organisation = *calendar.OrganisationID
		}
		if err := t.become(calendar.Actor(organisation)); err != nil {
			return err
		}
		feed, err := t.feed(calendar.Calendar)
		if err != nil {
			return err
		}
		if !encode(feed) {
			return nil
		}
		look := trace{action: "read", kind: "calendar", ids: calendarIs(calendar), programme: calendar.Programme, fields: []string{"location", "starts_at"}}
		if calendar.Names != nil && *calendar.Names {
			look.fields = append(look.fields, "name")
			slices.Sort(look.fields)
		}
		for _, entry := range feed.Entries {
			if entry.Whose != "" {
				look.whose = append(look.whose, entry.Whose)
			}
		}
		return t.audit(look)
	})
}

// clientStands tells whether the program that made a feed, where it was one, may still do what it might then.
func (t *tx) clientStands(calendar calendarRow) (bool, error) {
	if calendar.ClientID == nil {
		return true, nil
	}
	var stands int64
	err := t.Table("clients").Where("id = ? AND revoked_at IS NULL AND (expires_on IS NULL OR expires_on >= ?) AND role = ? AND ? = ANY (programmes)",
		*calendar.ClientID, t.today, calendar.MadeAs, calendar.Programme).Count(&stands).Error
	return stands == 1, err
}

// window are the days that a feed shows.
type window struct{ from, to time.Time }

// calendarSources are where the entries of a feed come from: each gives those of one kind of meeting, of that calendar and
// within that window, that the transaction's actor may see.
var calendarSources = []func(*tx, domain.Calendar, window) ([]domain.CalendarEntry, error){(*tx).appointmentEntries, (*tx).workshopEntries, (*tx).permanenceEntries}

// mostEntries bounds what one source gives.
const mostEntries = 5000

func (t *tx) feed(calendar domain.Calendar) (domain.CalendarFeed, error) {
	feed, where := domain.CalendarFeed{}, ""
	switch calendar.Kind {
	case domain.CalendarOfSite:
		site, err := one[domain.Site](t.sites(), "calendar", *calendar.SiteID)
		if err != nil {
			return feed, err
		}
		where = site.Name
	case domain.CalendarOfParticipant:
		survivor, err := t.survivorOf(*calendar.ParticipantID)
		if err != nil {
			return feed, err
		}
		calendar.ParticipantID = &survivor
		var paths int64
		if err := t.pathsOf(calendar).Count(&paths).Error; err != nil {
			return feed, err
		}
		if paths == 0 { // restricted, erased, or a colleague's by now
			return feed, errNoFeed
		}
	}
	feed.Title = calendar.Title(where)
	from, to := calendar.Window(t.today)
	for _, source := range calendarSources {
		entries, err := source(t, calendar, window{from, to})
		if err != nil {
			return feed, err
		}
		feed.Entries = append(feed.Entries, entries...)
	}
	slices.SortStableFunc(feed.Entries, func(a, b domain.CalendarEntry) int { return a.StartsAt.Compare(b.StartsAt) })
	return feed, nil
}

// pathsOf are the enrolments that a feed may show meetings of: those in its maker's reach that were not voided.
func (t *tx) pathsOf(calendar domain.Calendar) *gorm.DB {
	query := t.enrolments().Where("enrolments.programme = ? AND enrolments.voided_at IS NULL", calendar.Programme)
	switch calendar.Kind {
	case domain.CalendarOfCaseworker:
		query = query.Where("enrolments.caseworker_id = ?", *calendar.CaseworkerID)
	case domain.CalendarOfParticipant:
		query = query.Where("enrolments.participant_id = ?", *calendar.ParticipantID)
	}
	return query
}

// appointmentEntries are individual meetings. One that was called off is among them, as cancelled.
func (t *tx) appointmentEntries(calendar domain.Calendar, days window) ([]domain.CalendarEntry, error) {
	var rows []struct {
		domain.Appointment
		FirstName, LastName, Site string
		Host                      domain.OrganisationKind
	}
	query := t.appointments().Joins("JOIN enrolments e ON e.id = appointments.enrolment_id LEFT JOIN participants p ON p.id = e.participant_id").
		Joins("LEFT JOIN sites ON sites.id = appointments.site_id LEFT JOIN organisations host ON host.id = sites.host_id").
		Where("appointments.enrolment_id IN (?)", t.pathsOf(calendar).Select("enrolments.id")).
		Where("appointments.starts_at >= ? AND appointments.starts_at < ?", days.from, days.to)
	if calendar.Kind == domain.CalendarOfSite {
		query = query.Where("appointments.site_id = ?", *calendar.SiteID)
	}
	err := query.Select("appointments.*, coalesce(p.first_name, '') AS first_name, coalesce(p.last_name, '') AS last_name, coalesce(sites.name, '') AS site, coalesce(host.kind, '') AS host").
		Order("appointments.starts_at, appointments.id").Limit(mostEntries).Find(&rows).Error
	entries := make([]domain.CalendarEntry, 0, len(rows))
	for _, row := range rows {
		place := domain.CalendarPlace{Name: row.Site, Host: row.Host}
		entries = append(entries, domain.CalendarEntry{
			ID: row.ID, StartsAt: row.StartsAt, EndsAt: row.StartsAt.Add(time.Duration(row.DurationMinutes) * time.Minute),
			Summary: calendar.MeetingSummary(row.FirstName+" "+row.LastName, place), Location: calendar.MeetingPlace(row.Mode, place),
			Cancelled: row.Status == domain.AttendanceCancelled || row.Status == domain.AttendanceExcused,
			Sequence:  row.Version - 1, MadeAt: row.CreatedAt, RevisedAt: row.UpdatedAt, Whose: row.EnrolmentID,
		})
	}
	return entries, err
}

// workshopEntries are the programme's workshops: all of them in a caseworker's feed, those held at a site in its own, and in
// a participant's those in which she has a place, or gave it back, which reads as cancelled.
func (t *tx) workshopEntries(calendar domain.Calendar, days window) ([]domain.CalendarEntry, error) {
	var rows []struct {
		domain.Workshop
		Revision  int
		RevisedAt *time.Time
		Site      string
		Host      domain.OrganisationKind
		Placed    *time.Time // when she took her place
		Withdrawn int        // how often she gave it back
		GaveBack  *time.Time // when last
	}
	query := t.workshops().Where("workshops.programme = ? AND workshops.starts_at >= ? AND workshops.starts_at < ?", calendar.Programme, days.from, days.to).
		Joins("LEFT JOIN sites ON sites.id = workshops.site_id LEFT JOIN organisations host ON host.id = sites.host_id")
	columns, own := "workshops.*, coalesce(sites.name, '') AS site, coalesce(host.kind, '') AS host", calendar.Kind == domain.CalendarOfParticipant
	switch {
	case own:
		hers := t.pathsOf(calendar).Select("enrolments.id")
		query = query.Joins("LEFT JOIN LATERAL (SELECT max(r.created_at) AS placed FROM workshop_registrations r WHERE r.workshop_id = workshops.id AND r.enrolment_id IN (?)) held ON true", hers).
			Joins("LEFT JOIN LATERAL (SELECT count(*) AS withdrawn, max(q.settled_at) AS gave_back FROM workshop_requests q WHERE q.workshop_id = workshops.id AND q.state = 'withdrawn' AND q.enrolment_id IN (?)) given ON true", hers).
			Where("held.placed IS NOT NULL OR given.withdrawn > 0")
		columns += ", held.placed, given.withdrawn, given.gave_back"
	case calendar.Kind == domain.CalendarOfSite:
		query = query.Where("workshops.site_id = ?", *calendar.SiteID)
	}
	err := query.Select(columns).Order("workshops.starts_at, workshops.id").Limit(mostEntries).Find(&rows).Error
	entries := make([]domain.CalendarEntry, 0, len(rows))
	for _, row := range rows {
		entry := domain.CalendarEntry{
			ID: row.ID, StartsAt: row.StartsAt, EndsAt: row.StartsAt.Add(time.Duration(row.DurationMinutes) * time.Minute),
			Summary: calendar.WorkshopSummary(row.Title), Location: calendar.MeetingPlace(domain.MeetingInPerson, domain.CalendarPlace{Name: row.Site, Host: row.Host}),
			Cancelled: row.Status == domain.WorkshopCancelled, Sequence: row.Revision, MadeAt: row.CreatedAt, RevisedAt: row.CreatedAt,
		}
		for _, at := range []*time.Time{row.RevisedAt, row.Placed, row.GaveBack} {
			if at != nil && at.After(entry.RevisedAt) {
				entry.RevisedAt = *at
			}
		}
		if own {
			entry.Sequence += 2 * row.Withdrawn // each is a cancellation, and the place taken again another change
			if row.Placed == nil {
				entry.Cancelled = true
				entry.Sequence--
			}
		}
		entries = append(entries, entry)
	}
	return entries, err
}

// permanenceEntries are the occurrences of permanences: in a caseworker's feed those where she receives, in a site's those
// held there. One that was cancelled, or falls on closed days, reads as cancelled; on a public holiday there is none.
func (t *tx) permanenceEntries(calendar domain.Calendar, days window) ([]domain.CalendarEntry, error) {
	asked := domain.OccurrenceQuery{Programme: calendar.Programme, From: domain.DayOf(days.from), To: domain.DayOf(days.to.Add(-time.Second))}
	switch calendar.Kind {
	case domain.CalendarOfCaseworker:
		asked.Caseworker = *calendar.CaseworkerID
	case domain.CalendarOfSite:
		asked.SiteID = *calendar.SiteID
	default:
		return nil, nil
	}
	occurrences, err := t.occurrences(asked)
	if err != nil || len(occurrences) == 0 {
		return nil, err
	}
	var sites []domain.Site
	if err := t.sites().Where("sites.programme = ?", calendar.Programme).Find(&sites).Error; err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, site := range sites {
		names[site.ID] = site.Name
	}
	// What each has been through: the permanence, the occurrence itself, the closed days of the programme.
	var held []struct {
		ID, PlannedOn        string
		Revisions            int
		CreatedAt, UpdatedAt time.Time
	}
	err = t.Raw(`SELECT p.id, coalesce(c.planned_on::text, '') AS planned_on, p.version - 1 + coalesce(c.version, 0) + pr.closures_version AS revisions,
			p.created_at, greatest(p.updated_at, c.updated_at, pr.closures_at) AS updated_at
		FROM permanences p JOIN programmes pr ON pr.slug = p.programme
		LEFT JOIN (SELECT permanence_id, planned_on, version, updated_at FROM occurrence_changes UNION ALL SELECT id, NULL, 0, NULL FROM permanences) c ON c.permanence_id = p.id
		WHERE p.programme = ?`, calendar.Programme).Scan(&held).Error
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, row := range held {
		at[row.ID+row.PlannedOn] = i
	}
	var entries []domain.CalendarEntry
	for _, o := range occurrences {
		if o.Status == domain.OccurrenceHoliday {
			continue
		}
		i, changed := at[o.PermanenceID+o.PlannedOn.String()]
		if !changed {
			i = at[o.PermanenceID]
		}
		entries = append(entries, domain.CalendarEntry{
			ID: o.PermanenceID + "-" + o.PlannedOn.String(), StartsAt: o.StartsAt, EndsAt: o.EndsAt,
			Summary: "Permanence : " + o.Label, Location: names[o.SiteID], Cancelled: o.Status == domain.OccurrenceCancelled || o.Status == domain.OccurrenceClosed,
			Sequence: held[i].Revisions, MadeAt: held[i].CreatedAt, RevisedAt: held[i].UpdatedAt,
		})
	}
	return entries, nil
}
