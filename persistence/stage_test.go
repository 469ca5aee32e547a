package persistence_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

// stage is a programme with one of each record, made by its coordinator.
type stage struct {
	*testing.T
	store *persistence.Store
	super *pgx.Conn

	organisation, programmeID, site, participant, enrolment, free, job, appointment, workshop, referral, snapshot string
	entry                                                                                                         domain.EnrolmentInput
	refer                                                                                                         domain.ReferralInput
}

const essai = "o2r-essai"

func (f *stage) actor(role domain.Role) domain.Actor {
	actor := domain.Actor{Subject: "essai-" + string(role), Role: role, OrganisationID: f.organisation, Programmes: []string{essai}, TokenID: "jeton", RequestID: "demande"}
	if role == domain.Admin {
		actor.Programmes = nil
	}
	return actor
}

func (f *stage) as(role domain.Role) *persistence.Session { return f.store.As(f.actor(role)) }

// keep takes the key of what was made.
func keep[T interface{ Key() string }](f *stage, made T, err error) string {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
	return made.Key()
}

var past = time.Date(2025, 3, 4, 9, 0, 0, 0, time.UTC)

func newStage(t *testing.T) *stage {
	t.Helper()
	store, superURL := storetest.WithSuper(t)
	f := &stage{T: t, store: store, super: connect(t, superURL)}
	ctx, admin := t.Context(), f.as(domain.Admin)
	organisation, err := admin.NewOrganisation(ctx, domain.OrganisationInput{Slug: "essai", OrganisationNaming: domain.OrganisationNaming{Name: "Essai", Kind: domain.OrganisationOperateur}})
	f.organisation = keep(f, organisation, err)
	made, err := admin.NewProgramme(ctx, f.programme())
	keep(f, made, err)
	f.programmeID = made.ID
	lead := f.as(domain.Coordinator)
	site, err := lead.NewSite(ctx, domain.SiteInput{Programme: essai, Name: "Site"})
	f.site = keep(f, site, err)
	person, err := lead.NewParticipant(ctx, f.person())
	f.participant = keep(f, person, err)
	waiting, err := lead.NewParticipant(ctx, domain.ParticipantInput{Identity: domain.Identity{FirstName: "Alix", LastName: "Attente"}})
	f.free = keep(f, waiting, err)
	f.entry = domain.EnrolmentInput{ParticipantID: f.participant, Programme: essai, EnteredOn: domain.MustDate("2025-02-03")}
	enrolment, err := lead.Enrol(ctx, f.entry)
	f.enrolment = keep(f, enrolment, err)
	job, err := lead.NewJob(ctx, f.enrolment, f.spell())
	f.job = keep(f, job, err)
	appointment, err := lead.Schedule(ctx, f.meeting())
	f.appointment = keep(f, appointment, err)
	workshop, err := lead.PlanWorkshop(ctx, f.session())
	f.workshop = keep(f, workshop, err)
	f.refer = domain.ReferralInput{Programme: essai, ExternalReference: new("E-1"), Identity: domain.Identity{FirstName: "Sacha", LastName: "Inventé"},
		Contact: domain.Contact{Phone: new("06 39 98 00 02")}, ConsentedOn: domain.MustDate("2025-03-01")}
	referral, _, err := f.as(domain.Partner).Refer(ctx, f.refer)
	f.referral = keep(f, referral, err)
	return f
}

func (f *stage) programme() domain.ProgrammeInput {
	return domain.ProgrammeInput{Slug: essai, Name: "Essai", OperatorID: f.organisation, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31")}
}
func (f *stage) person() domain.ParticipantInput {
	return domain.ParticipantInput{Identity: domain.Identity{FirstName: "Dominique", LastName: "Fictif"}}
}
func (f *stage) spell() domain.JobInput {
	return domain.JobInput{StartsOn: domain.MustDate("2025-06-02"), Contract: domain.ContractCDI}
}
func (f *stage) meeting() domain.AppointmentInput {
	return domain.AppointmentInput{EnrolmentID: f.enrolment, StartsAt: past, DurationMinutes: 60, Mode: domain.MeetingInPerson}
}
func (f *stage) presence() domain.PermanenceInput {
	return domain.PermanenceInput{Programme: essai, Label: "Mardi", SiteID: f.site, Weekday: domain.Mardi, StartsOn: domain.MustDate("2025-03-04"), StartTime: "10:00", EndTime: "12:00", SlotMinutes: 60, SlotCapacity: 1}
}

const permanenceID = "0197f0a0-0000-7000-8000-0000000000fe"

var aTuesday = domain.MustDate("2025-03-11")

// receiving and snowed prepare the stage: a permanence, and a Tuesday on which it is cancelled.
func (f *stage) receiving() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO permanences (id, version, created_at, updated_at, programme, label, site_id, weekday, starts_on, start_time, end_time, slot_minutes, slot_capacity)
		VALUES ($1, 1, now(), now(), $2, 'Mardi', $3, 'mardi', '2025-03-04', '10:00', '12:00', 60, 1) ON CONFLICT DO NOTHING`, permanenceID, essai, f.site)
	f.ok(err)
	return permanenceID
}
func (f *stage) snowed() domain.Date {
	_, err := f.super.Exec(ctx(), `INSERT INTO occurrence_changes (permanence_id, programme, planned_on, version, created_at, updated_at, status, reason)
		VALUES ($1, $2, $3, 1, now(), now(), 'cancelled', 'Neige.') ON CONFLICT DO NOTHING`, f.receiving(), essai, aTuesday.String())
	f.ok(err)
	return aTuesday
}
func (f *stage) session() domain.WorkshopInput {
	return domain.WorkshopInput{Programme: essai, Kind: domain.WorkshopKind(domain.WorkshopKind("").Codes()[0]), Title: "Atelier", StartsAt: past, DurationMinutes: 90}
}

var narrow = persistence.FiguresQuery{Filter: domain.Filter{Gender: domain.GenderFemale}}

func (f *stage) aPerson() string { return f.participant }
func (f *stage) hers() string    { return f.enrolment }
func (f *stage) asked() string   { return f.referral }

func (f *stage) exit() domain.Exit {
	return domain.Exit{ExitedOn: domain.MustDate("2025-08-01"), Kind: domain.ExitCDI}
}

// left is that exit, after which she agrees to be followed; unextended is the path without an extension.
func (f *stage) left() string {
	_, err := f.super.Exec(ctx(), `UPDATE enrolments SET exited_on = '2025-08-01', exit_kind = 'cdi', follow_up_agreed = true, follow_up_agreed_on = '2025-08-01', follow_up_said_by = 'personne' WHERE id = $1`, f.enrolment)
	f.ok(err)
	return f.enrolment
}
func (f *stage) contact() domain.FollowUpInput {
	return domain.FollowUpInput{ContactedOn: day("2025-09-01"), Channel: domain.ChannelPhone, Counterpart: domain.CounterpartPersonne, Situation: domain.OutcomeNeither}
}
func (f *stage) longer() domain.ExtensionInput {
	return domain.ExtensionInput{Reason: "Formation.", DecidedOn: day("2025-07-01")}
}

// exited, registered and ancient prepare the stage, where they are allowed to.
func (f *stage) exited() string {
	_, err := f.super.Exec(ctx(), `UPDATE enrolments SET exited_on = '2025-08-01', exit_kind = 'cdi' WHERE id = $1`, f.enrolment)
	f.ok(err)
	return f.enrolment
}

// calendar is a feed of hers, and linked records one, past the program.
func (f *stage) calendar() domain.CalendarInput {
	return domain.CalendarInput{Programme: essai, Kind: domain.CalendarOfParticipant, ParticipantID: &f.participant}
}

func (f *stage) linked() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO calendars (id, version, created_at, updated_at, programme, kind, participant_id, names, made_by, made_as, seen_on, expires_at, digest)
		VALUES ($1, 1, now(), now(), $2, 'participant', $3, false, 'essai-coordinator', 'coordinator', current_date, now() + interval '1 day', sha256('lien')) ON CONFLICT DO NOTHING`, factID, essai, f.participant)
	f.ok(err)
	return factID
}

// publication is of the end of a year; published has been.
func (f *stage) publication() domain.SnapshotInput {
	return domain.SnapshotInput{AsOf: day("2025-12-31"), SmallCellsAccepted: new(true)}
}
func (f *stage) published() string {
	if f.snapshot == "" {
		made, err := f.as(domain.Coordinator).Publish(ctx(), essai, f.publication())
		f.ok(err)
		f.snapshot = made.ID
	}
	return f.snapshot
}

// merged has somebody merged into the participant.
func (f *stage) merged() string {
	_, err := f.as(domain.Coordinator).Merge(ctx(), f.participant, domain.MergeInput{DuplicateID: f.free, Reason: domain.Reason{Reason: "Double."}})
	if err != nil && !strings.Contains(err.Error(), "the trail is full") { // asked again, it would read
		f.Fatal(err)
	}
	return f.participant
}
func (f *stage) registered() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO workshop_registrations SELECT $1, $2, $3, 'scheduled', now() ON CONFLICT DO NOTHING`, essai, f.workshop, f.enrolment)
	f.ok(err)
	return f.workshop
}

// closedWorkshop is that workshop once its roll was called.
func (f *stage) closedWorkshop() string {
	_, err := f.super.Exec(ctx(), `UPDATE workshops SET status = 'closed' WHERE id = $1`, f.registered())
	f.ok(err)
	return f.workshop
}

const factID = "0197f0a0-0000-7000-8000-00000000fac7"

func (f *stage) observed() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO france_travail_statuses SELECT $1, 1, now(), now(), $2, '2025-05-06', false ON CONFLICT DO NOTHING`, factID, f.enrolment)
	f.ok(err)
	return factID
}
func (f *stage) found() string {
	f.exited()
	_, err := f.super.Exec(ctx(), `INSERT INTO outcomes SELECT $1, 1, now(), now(), $2, '6_months', '2026-02-20', 'unreachable' ON CONFLICT DO NOTHING`, factID, f.enrolment)
	f.ok(err)
	return factID
}

// supported has the support of the person on stage: one of each of its records, all under factID.
func (f *stage) supported() string {
	_, err := f.super.Exec(ctx(), `WITH fact AS (SELECT '`+factID+`'::uuid AS id, 1 AS version, now() AS created_at, now() AS updated_at, '`+f.enrolment+`'::uuid AS enrolment_id, 'c' AS author),
		d AS (INSERT INTO diagnostics SELECT fact.*, '2025-02-03', NULL, '[{"barrier":"mobilite","impact":null,"priority":null}]', '{langues}', 'zzqx' FROM fact ON CONFLICT DO NOTHING),
		b AS (INSERT INTO enrolment_barriers SELECT fact.*, 'mobilite', '2025-02-03', 'fort', true, NULL, 'open' FROM fact ON CONFLICT DO NOTHING),
		s AS (INSERT INTO enrolment_strengths SELECT fact.*, 'langues', '2025-02-03', 'zzqx' FROM fact ON CONFLICT DO NOTHING),
		c AS (INSERT INTO charters SELECT fact.*, '2025-02-10', 'zzqx' FROM fact ON CONFLICT DO NOTHING),
		o AS (INSERT INTO objectives SELECT fact.*, 'zzqx', '2025-02-10', '2025-03-10', true, NULL, 'open' FROM fact ON CONFLICT DO NOTHING),
		a AS (INSERT INTO actions SELECT fact.*, 'forum', '2025-02-17', 45, NULL, NULL, 'zzqx' FROM fact ON CONFLICT DO NOTHING),
		p AS (INSERT INTO enrolment_proposals SELECT fact.*, 'emploi', '2025-02-17', NULL, NULL, NULL, 'zzqx' FROM fact ON CONFLICT DO NOTHING),
		f AS (INSERT INTO follow_ups SELECT fact.*, '2025-09-01', 'phone', 'personne', 'neither', 'zzqx' FROM fact ON CONFLICT DO NOTHING),
		x AS (INSERT INTO extensions SELECT fact.*, 'zzqx', '2025-07-01', 'c', '2025-12-01' FROM fact ON CONFLICT DO NOTHING)
		INSERT INTO immersions SELECT fact.*, 'confirmer_un_projet', NULL, '`+f.host()+`', '2025-03-03', '2025-03-14', NULL, '`+f.organisation+`', NULL, 'zzqx' FROM fact ON CONFLICT DO NOTHING`)
	f.ok(err)
	return factID
}

// settled is that support with its barrier lifted and its objective reached.
func (f *stage) settled() string {
	f.supported()
	_, err := f.super.Exec(ctx(), `UPDATE enrolment_barriers SET state = 'lifted', lifted_on = '2025-04-01'; UPDATE objectives SET state = 'reached', reached_on = '2025-03-10'`)
	f.ok(err)
	return factID
}

// host is an employer, and prescriber who prescribes.
func (f *stage) host() string { return f.party("0197f0a0-0000-7000-8000-00000000a001", "employeur") }
func (f *stage) prescriber() string {
	return f.party("0197f0a0-0000-7000-8000-00000000a002", "cap_emploi")
}
func (f *stage) party(id, kind string) string {
	_, err := f.super.Exec(ctx(), `INSERT INTO organisations VALUES ($1, 1, now(), now(), translate('partie-' || $2::text, '_', '-'), 'Partie', $2) ON CONFLICT DO NOTHING`, id, kind)
	f.ok(err)
	return id
}
func (f *stage) convention() domain.ImmersionInput {
	return domain.ImmersionInput{Purpose: domain.ImmersionInitierUnRecrutement, HostID: new(f.host()), PrescriberID: new(f.prescriber()), StartsOn: day("2025-05-05"), EndsOn: day("2025-05-16")}
}
func (f *stage) goal() domain.ObjectiveInput {
	return domain.ObjectiveInput{Label: "Permis", AgreedOn: day("2025-02-10"), InCharter: new(true)}
}

var day = domain.MustDate

func (f *stage) erased() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO erasures SELECT $1, now(), 'dpo', 'request', 'À sa demande.', 0, 0, 0 ON CONFLICT DO NOTHING`, f.free)
	f.ok(err)
	return f.free
}
func (f *stage) request() domain.RightsRequestInput {
	return domain.RightsRequestInput{Kind: domain.RightAccess, ReceivedOn: domain.MustDate("2025-05-06"), ParticipantID: new(f.participant), Status: domain.RightsOpen}
}
func (f *stage) requested() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO rights_requests (id, version, created_at, updated_at, kind, received_on, participant_id, status, due_on)
		SELECT $1, 1, now(), now(), 'rectification', '2025-05-06', $2, 'open', '2025-06-06' ON CONFLICT DO NOTHING`, factID, f.participant)
	f.ok(err)
	return factID
}
func (f *stage) program() domain.ClientInput {
	return domain.ClientInput{Name: "Logiciel", OrganisationID: f.organisation, Role: domain.Partner, Programmes: domain.Codes{essai}}
}

// client is one with a secret, made where no row of the trail says so.
func (f *stage) client() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO clients (id, version, created_at, updated_at, name, organisation_id, role, programmes, grants)
		VALUES ($1, 1, now(), now(), 'Logiciel', $2, 'partner', '{essai}', 1) ON CONFLICT DO NOTHING`, factID, f.organisation)
	f.ok(err)
	_, err = f.super.Exec(ctx(), `INSERT INTO client_secrets (client_id, slot, id, digest, created_at) VALUES ($1, 1, $1, sha256('o2r_right'), now()) ON CONFLICT DO NOTHING`, factID)
	f.ok(err)
	return factID
}

const hook = "https://hooks.example.org/o2r"

// webhook is one with a secret, made likewise, and every event has its position.
func (f *stage) webhook() string {
	_, err := f.super.Exec(ctx(), `INSERT INTO webhooks (id, version, created_at, updated_at, organisation_id, programmes, url, types, enabled)
		VALUES ($1, 1, now(), now(), $2, $3, $4, '{}', true) ON CONFLICT DO NOTHING`, factID, f.organisation, []string{essai}, hook)
	f.ok(err)
	_, err = f.super.Exec(ctx(), `INSERT INTO webhook_secrets (webhook_id, slot, id, sealed, created_at) VALUES ($1, 1, $1, 'sealed', now()) ON CONFLICT DO NOTHING`, factID)
	f.ok(err)
	_, err = f.store.PlaceEvents(ctx())
	f.ok(err)
	return factID
}

func (f *stage) forgotten() {
	_, err := f.super.Exec(ctx(), `UPDATE participants SET created_at = '2020-01-01' WHERE id = $1`, f.free)
	f.ok(err)
}
func (f *stage) ancient() {
	_, err := f.super.Exec(ctx(), `SET session_replication_role = replica; UPDATE audit_events SET at = at - interval '3 years'; SET session_replication_role = origin`)
	f.ok(err)
}
func (f *stage) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// contents are the rows of every table, counted and hashed.
func (f *stage) contents() []string {
	f.Helper()
	rows, err := f.super.Query(ctx(), `SELECT tablename::text, (xpath('/row/h/text()', query_to_xml(
			format('SELECT md5(coalesce(string_agg(t::text, ''|'' ORDER BY t::text), '''')) AS h FROM %I t', tablename), false, true, '')))[1]::text
		FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'territor%' ORDER BY 1`)
	f.ok(err)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var table, sum string
		err := row.Scan(&table, &sum)
		return table + " " + sum, err
	})
	f.ok(err)
	return all
}

func ctx() context.Context { return context.Background() }
