package persistence

import (
	"encoding/json"

	"gorm.io/gorm"

	"o2r/domain"
)

// chronicle is a kind of record of a person's paths, and what its rows say happened to her. A new kind is a row of
// chronicles, a code in domain/nomenclature_file.go and a field of domain.TimelineRecord; nothing else knows
// which kinds there are.
type chronicle struct {
	kind   domain.TimelineKind
	table  string
	events []chronicled
	into   func(*domain.TimelineRecord, string) error

	// Where it is not the rows of her paths, or not the row that is shown:
	from   func(*tx, person) *gorm.DB
	id     string // of the record
	key    string // what tells two entries of one event apart
	path   string // the enrolment's id
	record string // as JSON
}

// chronicled is one thing that a row may say happened, on a day or at an instant. It did where that is not null.
type chronicled struct {
	what    string // its code
	by      string // or the SQL that gives the code; what then only keeps it apart from others
	day, at string // a column of the table, or SQL
	only    string // of those rows
}

// shownAs reads a record out of its JSON into its place.
func shownAs[T any](place func(*domain.TimelineRecord) **T) func(*domain.TimelineRecord, string) error {
	return func(r *domain.TimelineRecord, text string) error {
		record := new(T)
		*place(r) = record
		return json.Unmarshal([]byte(text), record)
	}
}

// handedOn is the version of a path that handed it over next.
const handedOn = `(SELECT min(later.version) FROM field_changes later WHERE later.kind = 'enrolment' AND later.record_id = path.id AND later.field = 'caseworker_id' AND later.version > field_changes.version)`

// asChanged reads a path out of its JSON, with what a change of it says.
func asChanged(r *domain.TimelineRecord, text string) error { return json.Unmarshal([]byte(text), r) }

// In the order in which what is of one moment is told: whoever enters comes first.
var chronicles = []chronicle{
	{kind: domain.EntryReferral, table: "referrals", path: "CAST(NULL AS uuid)",
		into: shownAs(func(r *domain.TimelineRecord) **domain.TimelineReferral { return &r.Referral }),
		from: func(t *tx, p person) *gorm.DB { return t.referrals().Where(toHer, map[string]any{"id": p.ID}) },
		record: `jsonb_build_object('programme', referrals.programme, 'organisation_id', referrals.organisation_id, 'status', referrals.status, 'received_at', referrals.received_at,
			'decided_at', referrals.decided_at, 'decline_reason', referrals.decline_reason)`,
		events: []chronicled{{what: "received", at: "received_at"}, {what: "decided", by: "referrals.status", at: "decided_at"}}},
	{kind: domain.EntryEnrolment, table: "enrolments", path: "enrolments.id",
		into:   shownAs(func(r *domain.TimelineRecord) **domain.Enrolment { return &r.Enrolment }),
		from:   func(t *tx, p person) *gorm.DB { return t.Table("enrolments").Where("enrolments.id IN ?", p.pathIDs()) },
		events: []chronicled{{what: "entered", day: "entered_on"}}},
	{kind: domain.EntryDiagnostic, table: "diagnostics", into: shownAs(func(r *domain.TimelineRecord) **domain.Diagnostic { return &r.Diagnostic }),
		events: []chronicled{{what: "assessed", day: "assessed_on"}}},
	{kind: domain.EntryBarrier, table: "enrolment_barriers", into: shownAs(func(r *domain.TimelineRecord) **domain.EnrolmentBarrier { return &r.Barrier }),
		events: []chronicled{{what: "assessed", day: "assessed_on"}, {what: "started", day: "started_on"}, {what: "lifted", day: "lifted_on"}, {what: "set_aside", day: "set_aside_on"}}},
	{kind: domain.EntryStrength, table: "enrolment_strengths", into: shownAs(func(r *domain.TimelineRecord) **domain.EnrolmentStrength { return &r.Strength }),
		events: []chronicled{{what: "noted", day: "noted_on"}}},
	{kind: domain.EntryCharter, table: "charters", into: shownAs(func(r *domain.TimelineRecord) **domain.Charter { return &r.Charter }),
		events: []chronicled{{what: "signed", day: "signed_on"}}},
	{kind: domain.EntryAppointment, table: "appointments", into: shownAs(func(r *domain.TimelineRecord) **domain.Appointment { return &r.Appointment }),
		events: []chronicled{{by: "appointments.status", at: "starts_at"}}},
	{kind: domain.EntryAppointmentMove, table: "appointment_moves", id: "held.id", path: "held.enrolment_id",
		into: shownAs(func(r *domain.TimelineRecord) **domain.AppointmentMove { return &r.AppointmentMove }),
		from: func(t *tx, p person) *gorm.DB {
			return t.Table("appointment_moves").Joins("JOIN appointments held ON held.id = appointment_moves.appointment_id").Where("held.enrolment_id IN ?", p.pathIDs())
		},
		events: []chronicled{{what: "moved", at: "moved_at"}}},
	{kind: domain.EntryWorkshopRequest, table: "workshop_requests", id: "workshop.id",
		into: shownAs(func(r *domain.TimelineRecord) **domain.WorkshopRequest { return &r.WorkshopRequest }),
		from: func(t *tx, p person) *gorm.DB {
			return t.factsOfPaths("workshop_requests", p.pathIDs()).Joins("JOIN workshops workshop ON workshop.id = workshop_requests.workshop_id")
		},
		record: `jsonb_build_object('workshop_id', workshop.id, 'kind', workshop.kind, 'title', workshop.title, 'starts_at', workshop.starts_at,
			'state', workshop_requests.state, 'requested_at', workshop_requests.requested_at, 'settled_at', workshop_requests.settled_at)`,
		events: []chronicled{{what: "requested", at: "requested_at"}, {what: "settled", by: "workshop_requests.state", at: "settled_at"}}},
	{kind: domain.EntryWorkshop, table: "workshop_registrations", id: "workshop.id", key: "concat_ws('.', workshop.id, workshop_registrations.enrolment_id)",
		into: shownAs(func(r *domain.TimelineRecord) **domain.WorkshopPlace { return &r.Workshop }),
		from: func(t *tx, p person) *gorm.DB {
			return t.Table("workshop_registrations").Joins("JOIN workshops workshop ON workshop.id = workshop_registrations.workshop_id").
				Where("workshop_registrations.enrolment_id IN ?", p.pathIDs()).Where(notFrozen) // the second place of one who had two is none
		},
		record: `jsonb_build_object('workshop_id', workshop.id, 'kind', workshop.kind, 'title', workshop.title, 'starts_at', workshop.starts_at,
			'status', CASE workshop.status WHEN 'cancelled' THEN 'cancelled' ELSE workshop_registrations.status END, 'justified', workshop_registrations.justified, 'registered_at', workshop_registrations.created_at)`,
		events: []chronicled{{by: "CASE workshop.status WHEN 'cancelled' THEN 'cancelled' ELSE workshop_registrations.status END", at: "workshop.starts_at"}}},
	{kind: domain.EntryObjective, table: "objectives", into: shownAs(func(r *domain.TimelineRecord) **domain.Objective { return &r.Objective }),
		events: []chronicled{{what: "agreed", day: "agreed_on"}, {what: "reached", day: "reached_on"}, {what: "abandoned", day: "abandoned_on"}}},
	{kind: domain.EntryAction, table: "actions", into: shownAs(func(r *domain.TimelineRecord) **domain.Action { return &r.Action }),
		events: []chronicled{{what: "done", day: "done_on"}}},
	{kind: domain.EntryProposal, table: "enrolment_proposals", into: shownAs(func(r *domain.TimelineRecord) **domain.EnrolmentProposal { return &r.Proposal }),
		events: []chronicled{{what: "proposed", day: "proposed_on"}, {what: "followed", day: "followed_on"}}},
	{kind: domain.EntryImmersion, table: "immersions", into: shownAs(func(r *domain.TimelineRecord) **domain.Immersion { return &r.Immersion }),
		events: []chronicled{{what: "started", day: "starts_on", only: "immersions.cancelled_on IS NULL"}, {what: "cancelled", day: "cancelled_on"}}},
	{kind: domain.EntryJob, table: "jobs", into: shownAs(func(r *domain.TimelineRecord) **domain.Job { return &r.Job }),
		events: []chronicled{{what: "started", day: "starts_on"}, {what: "ended", day: "ends_on"}}},
	{kind: domain.EntryFranceTravailStatus, table: "france_travail_statuses", into: shownAs(func(r *domain.TimelineRecord) **domain.FranceTravailStatus { return &r.FranceTravailStatus }),
		events: []chronicled{{what: "observed", day: "observed_on"}}},
	{kind: domain.EntryEnrolment, table: "enrolments", path: "enrolments.id",
		into: shownAs(func(r *domain.TimelineRecord) **domain.Enrolment { return &r.Enrolment }),
		from: func(t *tx, p person) *gorm.DB { return t.Table("enrolments").Where("enrolments.id IN ?", p.pathIDs()) },
		events: []chronicled{{what: "exited", day: "exited_on"}, {what: "follow_up_agreed", day: "follow_up_agreed_on"}, {what: "follow_up_refused", day: "follow_up_refused_on"},
			{what: "voided", by: "CASE WHEN enrolments.folded_into IS NULL THEN 'voided' ELSE 'folded' END", at: "voided_at"}}},
	// Who followed her before, and that an exit was taken back, stands in the history of the file alone.
	{kind: domain.EntryEnrolment, table: "field_changes", id: "field_changes.record_id", path: "field_changes.record_id", into: asChanged,
		record: `jsonb_build_object('enrolment', to_jsonb(path.*)) || CASE field_changes.field
			WHEN 'caseworker_id' THEN jsonb_build_object('handover', jsonb_build_object('from', field_changes.old_value, 'to', CASE WHEN ` + handedOn + ` IS NULL THEN path.caseworker_id
				ELSE (SELECT later.old_value FROM field_changes later WHERE later.kind = 'enrolment' AND later.record_id = path.id AND later.field = 'caseworker_id' AND later.version = ` + handedOn + `) END))
			ELSE jsonb_build_object('withdrawn_exit', jsonb_build_object('exited_on', field_changes.old_value, 'exit_kind',
				(SELECT beside.old_value FROM field_changes beside WHERE beside.kind = 'enrolment' AND beside.record_id = path.id AND beside.field = 'exit_kind' AND beside.version = field_changes.version))) END`,
		from: func(t *tx, p person) *gorm.DB {
			return t.Table("field_changes").Joins("JOIN enrolments path ON path.id = field_changes.record_id").Where("field_changes.kind = 'enrolment' AND field_changes.record_id IN ?", p.pathIDs())
		},
		events: []chronicled{{what: "handed_over", at: "changed_at", only: "field_changes.field = 'caseworker_id'"},
			{what: "reopened", at: "changed_at", only: "field_changes.field = 'exited_on' AND field_changes.old_value IS NOT NULL"}}},
	{kind: domain.EntryFollowUp, table: "follow_ups", into: shownAs(func(r *domain.TimelineRecord) **domain.FollowUp { return &r.FollowUp }),
		events: []chronicled{{what: "contacted", day: "contacted_on"}}},
	{kind: domain.EntryExtension, table: "extensions", into: shownAs(func(r *domain.TimelineRecord) **domain.Extension { return &r.Extension }),
		events: []chronicled{{what: "decided", day: "decided_on"}, {what: "revoked", day: "revoked_on"}}},
	{kind: domain.EntryOutcome, table: "outcomes", into: shownAs(func(r *domain.TimelineRecord) **domain.Outcome { return &r.Outcome }),
		events: []chronicled{{what: "observed", day: "observed_on"}}},
}

// toHer is ofPerson, asked so that each half of it is looked up by its index.
const toHer = `referrals.id IN (SELECT r.id FROM referrals r WHERE r.participant_id = @id
	UNION SELECT e.referral_id FROM enrolments e WHERE e.participant_id = @id AND e.referral_id IS NOT NULL)`
