package persistence

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// task is one reason for which something waits, and where it is found. A new reason is a row of tasks and a code in
// domain/nomenclature_file.go.
type task struct {
	reason domain.WorklistReason
	team   bool // it is about nobody's path
	find   func(agenda) *gorm.DB

	// What is shown of a row; null where it says nothing.
	record, enrolment, programme string
	at, on, label                string
	first, last                  string // of a name, where no participant has it
	order                        string // the most urgent first
}

// agenda is what is due, by which day and for whom. Its today is that day: what is due then, as the records stand now.
type agenda struct {
	tx
	query domain.WorklistQuery
	her   string // only what is of this participant, if anybody's
}

func (t *tx) agenda(q domain.WorklistQuery, participantID string) agenda {
	a := agenda{tx: *t, query: q, her: participantID}
	if !q.On.IsZero() {
		a.today = q.On
	}
	return a
}

// paths are the enrolments in the actor's reach that the agenda is about, but for voided ones.
func (a agenda) paths() *gorm.DB {
	query := where(a.enrolments().Where("enrolments.voided_at IS NULL"), "enrolments.programme", a.query.Programme)
	return where(where(query, "enrolments.caseworker_id", a.query.Caseworker), "enrolments.participant_id", a.her)
}

// going are those of the paths that go on, or are followed up.
func (a agenda) going(statuses ...domain.EnrolmentStatus) *gorm.DB {
	return a.goingOn(a.paths(), statuses...)
}

// goingOn narrows enrolments to those that stand, today, in one of those ways.
func (t *tx) goingOn(enrolments *gorm.DB, statuses ...domain.EnrolmentStatus) *gorm.DB {
	var standings []string
	for _, status := range statuses {
		standings = append(standings, "("+enrolmentStanding[status]+")")
	}
	return enrolments.Where(clause.NamedExpr{SQL: "(" + strings.Join(standings, " OR ") + ")", Vars: []any{sql.Named("today", t.today)}})
}

// of are the rows of a table that hang on one of those paths.
func (a agenda) of(table string, paths *gorm.DB) *gorm.DB {
	return a.Table(table).Where(table+".enrolment_id IN (?)", paths.Select("enrolments.id"))
}

// held tells what has begun by the agenda's day, and comes what begins on it and later than now.
func (a agenda) held(query *gorm.DB, startsAt string) *gorm.DB {
	return query.Where(startsAt+" <= ? AND "+startsAt+" < ?", a.now, a.today.End())
}

func (a agenda) comes(query *gorm.DB, startsAt string) *gorm.DB {
	return query.Where(startsAt+" > ? AND "+startsAt+" >= ? AND "+startsAt+" < ?", a.now, a.today.Start(), a.today.End())
}

// What several reasons show alike.
var (
	ofMeeting  = task{record: "appointments.id", enrolment: "appointments.enrolment_id", programme: "appointments.programme", at: "appointments.starts_at", label: "appointments.purpose", order: "at, record_id"}
	ofWorkshop = task{team: true, record: "workshops.id", programme: "workshops.programme", at: "workshops.starts_at", label: "workshops.title", order: "at, record_id"}
	ofPath     = task{record: "enrolments.id", enrolment: "enrolments.id", programme: "enrolments.programme", order: `"on", record_id`}
)

// tasks are the reasons in order of urgency.
var tasks = []task{
	ofMeeting.because(domain.DueAttendance, func(a agenda) *gorm.DB {
		return a.held(a.of("appointments", a.paths()).Where("appointments.status = ?", domain.AttendanceScheduled), "appointments.starts_at")
	}),
	ofWorkshop.because(domain.DueRollCall, func(a agenda) *gorm.DB {
		return a.held(where(a.workshops(), "workshops.programme", a.query.Programme).Where("workshops.status = ?", domain.WorkshopPlanned), "workshops.starts_at")
	}),
	{reason: domain.DueReferral, team: true, record: "referrals.id", programme: "referrals.programme", at: "referrals.received_at", on: "referrals.expires_on",
		first: "referrals.first_name", last: "referrals.last_name", order: `"on", at, record_id`,
		find: func(a agenda) *gorm.DB {
			return where(a.referrals(), "referrals.programme", a.query.Programme).Where("referrals.status IN ?", domain.OpenReferrals)
		}},
	ofPath.since(checkpointDue).because(domain.DueOverdueCheckpoint, func(a agenda) *gorm.DB { return a.checkpoints(a.paths(), domain.CheckpointOverdue) }),
	ofPath.since(supportEnds).because(domain.DueOver12, func(a agenda) *gorm.DB { return a.durations(a.paths(), domain.AlertOver12) }),
	ofPath.since(supportEnds).because(domain.DueOver9, func(a agenda) *gorm.DB { return a.durations(a.paths(), domain.AlertOver9) }),
	{reason: domain.DueObjective, record: "objectives.id", enrolment: "objectives.enrolment_id", on: "objectives.due_on", label: "objectives.label", order: `"on", record_id`,
		find: func(a agenda) *gorm.DB {
			return a.of("objectives", a.going(domain.EnrolmentActive, domain.EnrolmentFollowUp)).Where("objectives.state = ? AND objectives.due_on < ?", domain.ObjectiveOpen, a.today)
		}},
	ofMeeting.because(domain.DueMeeting, func(a agenda) *gorm.DB {
		return a.comes(a.of("appointments", a.paths()).Where("appointments.status = ?", domain.AttendanceScheduled), "appointments.starts_at")
	}),
	ofWorkshop.because(domain.DueWorkshop, func(a agenda) *gorm.DB {
		return a.comes(where(a.workshops(), "workshops.programme", a.query.Programme).Where("workshops.status = ?", domain.WorkshopPlanned), "workshops.starts_at")
	}),
	ofPath.since(checkpointDue).because(domain.DueCheckpoint, func(a agenda) *gorm.DB { return a.checkpoints(a.paths(), domain.CheckpointDue) }),
	ofPath.since(supportEnds).because(domain.DueApproaching, func(a agenda) *gorm.DB { return a.durations(a.paths(), domain.AlertApproaching) }),
	ofPath.since("enrolments.entered_on").because(domain.DueCaseworker, func(a agenda) *gorm.DB {
		return a.going(domain.EnrolmentActive, domain.EnrolmentFollowUp).Where("enrolments.caseworker_id IS NULL")
	}),
	ofPath.since("coalesce((SELECT CAST(max(met.starts_at) AT TIME ZONE 'Europe/Paris' AS date) FROM appointments met WHERE met.enrolment_id = enrolments.id AND met.status = 'attended'), enrolments.entered_on)").
		because(domain.DueNextAppointment, func(a agenda) *gorm.DB {
			return a.going(domain.EnrolmentActive).
				Where("NOT EXISTS (SELECT FROM appointments next WHERE next.enrolment_id = enrolments.id AND next.status = 'scheduled' AND next.starts_at > ? AND next.starts_at >= ?)", a.now, a.today.Start())
		}),
}

func (w task) because(reason domain.WorklistReason, find func(agenda) *gorm.DB) task {
	w.reason, w.find = reason, find
	return w
}

func (w task) since(day string) task {
	w.on = day
	return w
}

// Worklist is what waits for the actor today, or on another day: of the enrolments in her reach, and of her team. It takes the
// same number of statements however much waits. The look is audited.
func (s *Session) Worklist(ctx context.Context, q domain.WorklistQuery) (domain.Worklist, error) {
	return fetch(ctx, s, func(t *tx) (domain.Worklist, error) {
		if err := q.Check(t.today); err != nil {
			return domain.Worklist{}, err
		}
		if err := t.expireReferrals(); err != nil {
			return domain.Worklist{}, err
		}
		list, err := t.agenda(q, "").list()
		if err != nil {
			return list, err
		}
		look := trace{action: "read", kind: "worklist", programme: q.Programme}
		for _, section := range list.Sections {
			for _, item := range section.Items {
				look.ids = append(look.ids, toldOf(item)...)
			}
			if len(section.Items) > 0 {
				look.fields = append(look.fields, string(section.Reason))
			}
		}
		return list, t.audit(look)
	})
}

// worklistRow is an item as it comes out of the database, with how many there are of its reason.
type worklistRow struct {
	domain.WorklistItem
	Section, Total int
}

// list asks for every reason at once, and for as many items of each as a section holds.
func (a agenda) list() (domain.Worklist, error) {
	list := domain.Worklist{On: a.today, Limit: a.query.Size(), Sections: []domain.WorklistSection{}}
	var union []string
	var parts []any
	for _, task := range tasks {
		if a.her != "" && task.team || len(a.query.Reasons) > 0 && !slices.Contains(a.query.Reasons, task.reason) {
			continue
		}
		list.Sections = append(list.Sections, domain.WorklistSection{Reason: task.reason, Items: []domain.WorklistItem{}})
		union, parts = append(union, "(?)"), append(parts, task.rows(a, len(list.Sections)).Limit(list.Limit))
	}
	var rows []worklistRow
	err := a.Table("("+strings.Join(union, " UNION ALL ")+") items", parts...).
		Joins("LEFT JOIN enrolments whose ON whose.id = items.enrolment_id LEFT JOIN participants ON participants.id = whose.participant_id").
		Select(`items.section, items.place, items.total, items.reason, items.record_id, items.enrolment_id, items.label, items.at,
			items."on", coalesce(items.programme, whose.programme) AS programme,
			whose.participant_id, whose.caseworker_id, coalesce(participants.first_name, items.first_name) AS first_name, coalesce(participants.last_name, items.last_name) AS last_name`).
		Order("items.section, items.place").Find(&rows).Error
	if err != nil {
		return list, err
	}
	for _, row := range rows {
		section := &list.Sections[row.Section-1]
		if section.Total == 0 {
			section.Total = row.Total
			list.Total += row.Total
		}
		section.Items = append(section.Items, row.item(a.today))
	}
	return list, nil
}

// rows are the most urgent items of a reason, each with how many there are.
func (w task) rows(a agenda, section int) *gorm.DB {
	or := func(column, kind string) string {
		if column == "" {
			column = "NULL"
		}
		return "CAST(" + column + " AS " + kind + ")"
	}
	found := w.find(a).Select(fmt.Sprintf(`%d AS section, '%s' AS reason, count(*) OVER () AS total, %s AS record_id, %s AS enrolment_id, %s AS programme, %s AS at, %s AS "on", %s AS label, %s AS first_name, %s AS last_name`,
		section, w.reason, w.record, or(w.enrolment, "uuid"), or(w.programme, "text"), or(w.at, "timestamptz"), or(w.on, "date"), or(w.label, "text"), or(w.first, "text"), or(w.last, "text")))
	return a.Table("(?) found", found).Select("found.*, row_number() OVER (ORDER BY " + w.order + ") AS place").Order("place")
}

// item is what the row says, seen from that day. A meeting is of the day on which it starts.
func (row worklistRow) item(day domain.Date) domain.WorklistItem {
	item := row.WorklistItem
	if item.On == nil && item.At != nil && item.Reason != domain.DueReferral {
		held := domain.DayOf(*item.At)
		item.On = &held
	}
	if item.On != nil {
		days := day.DaysSince(*item.On)
		item.Days = &days
	}
	return item
}

// toldOf are the records of people that an item tells of.
func toldOf(item domain.WorklistItem) []string {
	ids := []string{}
	for _, id := range []*string{item.EnrolmentID, item.ParticipantID} {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	if item.Reason == domain.DueReferral {
		ids = append(ids, item.RecordID)
	}
	return ids
}
