package persistence

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// What an actor may see, said once. Every query on people begins with one of these; an actor
// whose role is not named sees no row. The database says it again, for the tables that hold
// personal data: migration 0008 and this file change together.

// participants are people with an enrolment in the actor's programmes, and those whom her
// organisation recorded for one of them, enrolled yet or not. A caseworker reaches those with an
// enrolment that she follows or nobody does, and those who have none.
// Whoever keeps people's rights reaches everybody, and alone those whose file is restricted.
// Who was erased is nobody, and who was merged into another is that other: see participantNamed.
func (t *tx) participants() *gorm.DB {
	query := t.Table("participants").Where("participants.erased_at IS NULL AND participants.merged_into IS NULL")
	switch {
	case t.actor.KeepsRights():
		return query
	case !t.actor.Staff():
		return t.nobody(query)
	}
	query = query.Where("participants.restricted_at IS NULL")
	programmes := domain.Codes(t.actor.Programmes)
	if !t.actor.Confined() {
		// enrolled_in says of the person's own row what her enrolments say.
		return t.only(query, `(arrayoverlap(participants.enrolled_in, ?::text[])
			OR (participants.organisation_id = ? AND arrayoverlap(participants.recorded_for, ?::text[])))`,
			programmes, t.organisation(), programmes)
	}
	// Those she follows, and those recorded for her programmes whom nobody there follows yet.
	return t.glass(t.only(query, `(EXISTS (SELECT FROM enrolments WHERE enrolments.participant_id = participants.id AND enrolments.programme IN ? AND `+ownEnrolment+`)
		OR (participants.organisation_id = ? AND arrayoverlap(participants.recorded_for, ?::text[]) AND NOT arrayoverlap(participants.enrolled_in, ?::text[])))`,
		t.actor.Programmes, t.actor.Subject, t.organisation(), programmes, programmes), (*tx).participants)
}

// ownEnrolment narrows the enrolments of a caseworker to those that name her and those that name
// nobody, unless she says why she opens a colleague's file.
const ownEnrolment = "(enrolments.caseworker_id = ? OR enrolments.caseworker_id IS NULL)"

// glass marks a query that a reason would widen, so that one can tell a colleague's file from
// none. Lists leave colleagues' files out.
func (t *tx) glass(query *gorm.DB, scope func(*tx) *gorm.DB) *gorm.DB {
	if !t.actor.Confined() {
		return query
	}
	return query.Set(behindGlass, func() *gorm.DB { return scope(t.wholeProgramme()) })
}

const behindGlass = "o2r:behind_glass"

// wholeProgramme is the transaction as it would be with a reason: for looking whether there is
// something, never for showing it.
func (t *tx) wholeProgramme() *tx {
	if !t.actor.Confined() {
		return t
	}
	wide := *t
	wide.actor.AccessReason = "-"
	return &wide
}

// closed tells why a file was not found: it is a colleague's, or there is none.
func closed(query *gorm.DB, table, what, id string) error {
	widen, glass := query.Get(behindGlass)
	if !glass {
		return domain.Missing(what)
	}
	var there int64
	if err := widen.(func() *gorm.DB)().Where(clause.Eq{Column: clause.Column{Table: table, Name: "id"}, Value: id}).Count(&there).Error; err != nil {
		return err
	}
	if there == 0 {
		return domain.Missing(what)
	}
	return &unexplained{kind: what, id: id}
}

// unexplained is a colleague's file that was asked for without a reason. It reads as
// domain.ErrAccessReason, once the transaction has left in the trail which file it was.
type unexplained struct{ kind, id string }

func (u *unexplained) Error() string { return u.kind + " behind glass" }
func (u *unexplained) Unwrap() error { return domain.ErrAccessReason }

// organisation is the actor's own, or null, which equals no organisation: her token need not say one.
func (t *tx) organisation() *string {
	if t.actor.OrganisationID == "" {
		return nil
	}
	return &t.actor.OrganisationID
}

// mustHaveOrganisation refuses to record what belongs to an organisation for an actor without one.
func (t *tx) mustHaveOrganisation() error {
	if t.organisation() == nil {
		return errNoOrganisation
	}
	return nil
}

// writers says who may write what, by kind of record or, where an action is stricter, by kind and
// action. It is asked where every write leaves its audit row, so that an operation opened to too
// many roles by mistake still writes nothing.
var writers = map[string][]domain.Role{
	"organisation":         {domain.Admin},
	"organisation.created": {domain.Admin, domain.Coordinator, domain.Caseworker}, // see Actor.MayRecord
	"programme":            {domain.Admin},
	"targets":              {domain.Coordinator, domain.Admin},
	"partnerships":         {domain.Coordinator, domain.Admin},
	"targeted_territories": {domain.Coordinator, domain.Admin},
	"snapshot":             {domain.Coordinator},
	"contours":             {domain.Admin},
	"site":                 {domain.Coordinator, domain.Admin},
	"permanence":           {domain.Coordinator},
	"permanence.created":   {domain.Coordinator, domain.Admin},
	"occurrence":           {domain.Coordinator},
	"closures":             {domain.Coordinator},

	"webhook":          {domain.Partner},
	"webhook.disabled": {domain.Partner, domain.Admin, roleSystem},

	"client": {domain.Admin},
	"token":  {domain.Admin},
	"key":    {domain.Admin},

	"import":               {domain.Coordinator},
	"participant.imported": {domain.Coordinator},
	"enrolment.imported":   {domain.Coordinator},
	"appointment.imported": {domain.Coordinator},
	"workshop.imported":    {domain.Coordinator},

	"participant":                      {domain.Coordinator, domain.Caseworker},
	"participant.restricted":           {domain.DPO},
	"participant.restriction_lifted":   {domain.DPO},
	"participant.erased":               {domain.DPO},
	"participant.merged":               {domain.Coordinator},
	"participant.unmerged":             {domain.Coordinator},
	"referral.erased":                  {domain.DPO},
	"enrolment.justice_detail_dropped": {domain.DPO},
	"rights_request":                   {domain.DPO},

	"enrolment":             {domain.Coordinator, domain.Caseworker},
	"enrolment.voided":      {domain.Coordinator},
	"enrolment.reassigned":  {domain.Coordinator},
	"enrolment.moved":       {domain.Coordinator}, // by a merge, as what follows
	"enrolment.folded":      {domain.Coordinator},
	"enrolment.unfolded":    {domain.Coordinator},
	"job":                   {domain.Coordinator, domain.Caseworker},
	"france_travail_status": {domain.Coordinator, domain.Caseworker},
	"outcome":               {domain.Coordinator, domain.Caseworker},
	"diagnostic":            {domain.Coordinator, domain.Caseworker},
	"barrier":               {domain.Coordinator, domain.Caseworker},
	"strength":              {domain.Coordinator, domain.Caseworker},
	"charter":               {domain.Coordinator, domain.Caseworker},
	"objective":             {domain.Coordinator, domain.Caseworker},
	"action":                {domain.Coordinator, domain.Caseworker},
	"proposal":              {domain.Coordinator, domain.Caseworker},
	"immersion":             {domain.Coordinator, domain.Caseworker},
	"follow_up":             {domain.Coordinator, domain.Caseworker},
	"extension":             {domain.Coordinator, domain.Caseworker},
	"appointment":           {domain.Coordinator, domain.Caseworker},
	"appointment.cancelled": {domain.Coordinator, domain.Caseworker, roleSystem}, // with its occurrence, also once a restriction is lifted
	"workshop":              {domain.Coordinator, domain.Caseworker},
	"workshop.reopened":     {domain.Coordinator},
	"workshop.place_given":  {roleSystem},
	"workshop.place_left":   {roleSystem},
	"calendar":              {domain.Coordinator, domain.Caseworker},
	"calendar.revoked":      {domain.Coordinator, domain.Caseworker, domain.Admin},

	"referral.received":  {domain.Coordinator, domain.Caseworker, domain.Partner},
	"referral.withdrawn": {domain.Coordinator, domain.Caseworker, domain.Partner, roleSystem},
	"referral.reviewed":  {domain.Coordinator, domain.Caseworker},
	"referral.accepted":  {domain.Coordinator, domain.Caseworker},
	"referral.declined":  {domain.Coordinator, domain.Caseworker},
	"referral.expired":   {roleSystem},
	"referral.moved":     {domain.Coordinator},
	"referral.expiring":  {roleSystem},
	"referral.resumed":   {roleSystem},

	"referral.appointment_scheduled": {roleSystem},
	"referral.attendance_recorded":   {roleSystem},
	"referral.exited":                {roleSystem},
}

// roleSystem is the role under which the program itself does what is due, whoever happens to ask.
const roleSystem domain.Role = "system"

// simulated are the decisions that a partner in the sandbox takes itself, on its own referrals there.
var simulated = []string{"referral.reviewed", "referral.accepted", "referral.declined"}

func (t *tx) mayWrite(kind, action string) error {
	if t.actor.Sandbox && t.actor.Is(domain.Partner) && slices.Contains(simulated, kind+"."+action) {
		return nil
	}
	roles, stricter := writers[kind+"."+action]
	if !stricter {
		roles = writers[kind]
	}
	if !t.actor.Is(roles...) {
		return domain.Denied("Your role may not do this.")
	}
	return nil
}

// enrolments are those of the actor's programmes, but for frozen ones: of people whose file is
// restricted, or who were erased. A caseworker reaches those that she follows or nobody does.
func (t *tx) enrolments() *gorm.DB {
	if t.actor.KeepsRights() {
		return t.Table("enrolments")
	}
	query := t.ofProgrammes("enrolments", t.actor.Staff()).Where("NOT enrolments.frozen")
	if !t.actor.Confined() {
		return query
	}
	return t.glass(t.only(query, ownEnrolment, t.actor.Subject), (*tx).enrolments)
}

// factsOf are the dated facts of one kind of an enrolment that the actor reaches, but for those that tell of justice
// where that module is off.
func (t *tx) factsOf(table string, enrolment domain.Enrolment) *gorm.DB {
	return t.shownFacts(table, t.Table(table).Where(table+".enrolment_id = ?", enrolment.ID))
}

// factsOfPaths is factsOf for several enrolments.
func (t *tx) factsOfPaths(table string, enrolmentIDs []string) *gorm.DB {
	return t.shownFacts(table, t.Table(table).Where(table+".enrolment_id IN ?", enrolmentIDs))
}

func (t *tx) shownFacts(table string, query *gorm.DB) *gorm.DB {
	if of, coded := codedFacts[table]; coded && t.withoutJustice {
		query = query.Where(table+"."+of+" NOT IN ?", domain.JusticeCodes[of])
	}
	return query
}

// codedFacts are the tables whose rows are each about one code, and the column and nomenclature that say which.
var codedFacts = map[string]string{"enrolment_barriers": "barrier", "enrolment_strengths": "strength"}

// objectives are those of the enrolments that the actor reaches and that are left by narrow; what was
// agreed on one that was voided is nobody's task.
func (t *tx) objectives(narrow func(*gorm.DB) *gorm.DB) *gorm.DB {
	return t.Table("objectives").Where("objectives.enrolment_id IN (?)", narrow(t.enrolments()).Where("enrolments.voided_at IS NULL").Select("enrolments.id"))
}

// immersionsOf are those of one person on whichever of her paths in the actor's programmes, a colleague's too: what
// she did with a host counts, whoever followed her. What is elsewhere stays unknown, since a refusal would tell of it.
func (t *tx) immersionsOf(participantID string) *gorm.DB {
	paths := t.wholeProgramme().enrolments().Where("enrolments.participant_id = ? AND (enrolments.voided_at IS NULL OR enrolments.folded_into IS NOT NULL)", participantID)
	return t.Table("immersions").Where("immersions.enrolment_id IN (?)", paths.Select("enrolments.id"))
}

// appointments are those of the enrolments that the actor reaches.
func (t *tx) appointments() *gorm.DB {
	if t.actor.KeepsRights() {
		return t.Table("appointments")
	}
	query := t.ofProgrammes("appointments", t.actor.Staff()).
		Where("NOT EXISTS (SELECT FROM enrolments WHERE enrolments.id = appointments.enrolment_id AND enrolments.frozen)")
	if !t.actor.Confined() {
		return query
	}
	return t.glass(t.only(query, "EXISTS (SELECT FROM enrolments WHERE enrolments.id = appointments.enrolment_id AND "+ownEnrolment+")", t.actor.Subject), (*tx).appointments)
}

// workshops are those of the actor's programmes, whoever is registered: a session is held by the
// team, and shows enrolments without a name.
func (t *tx) workshops() *gorm.DB {
	if t.actor.KeepsRights() {
		return t.Table("workshops")
	}
	return t.ofProgrammes("workshops", t.actor.Staff())
}

// ofPerson are the referrals that led to the person @id: linked when they were accepted, or cited
// by one of her enrolments.
const ofPerson = `(referrals.participant_id = @id OR referrals.id IN (SELECT referral_id FROM enrolments WHERE participant_id = @id))`

// referrals are, for staff, those to their programmes; for a partner, its own; frozen ones for
// neither. Those of the sandbox are there for their partner's programs in the sandbox, which see no others. A caseworker reaches those that led to a colleague's file as she reaches that file.
func (t *tx) referrals() *gorm.DB {
	if t.actor.KeepsRights() {
		return t.Table("referrals").Where("referrals.erased_at IS NULL")
	}
	query := t.ofProgrammes("referrals", t.actor.Staff() || t.actor.Is(domain.Partner)).Where("NOT referrals.frozen")
	if t.actor.Is(domain.Partner) {
		query = t.only(query, "referrals.organisation_id = ?", t.organisation())
	}
	query = t.only(query, "referrals.sandbox = ?", t.actor.Sandbox)
	if !t.actor.Confined() {
		return query
	}
	return t.glass(t.only(query, outOfOthersHands, t.actor.Subject), (*tx).referrals)
}

// outOfOthersHands narrows referrals to those that led to no colleague's file, also by way of a path that
// was folded into a colleague's.
const outOfOthersHands = `NOT EXISTS (SELECT FROM enrolments WHERE (enrolments.id = referrals.enrolment_id OR enrolments.referral_id = referrals.id
		OR enrolments.id IN (WITH RECURSIVE joined AS (SELECT e.folded_into AS id FROM enrolments e WHERE e.id = referrals.enrolment_id
			UNION SELECT e.folded_into FROM joined JOIN enrolments e ON e.id = joined.id) SELECT id FROM joined))
	AND NOT ` + ownEnrolment + `)`

// events are what happened to the referrals that the actor reaches, and that others of her
// programmes were erased: for staff all of it, for a partner of its own what its profile holds. The
// query has the referrals joined.
func (t *tx) events() *gorm.DB {
	query := t.only(t.ofProgrammes("events", t.actor.Staff() || t.actor.Is(domain.Partner)), "events.sandbox = ?", t.actor.Sandbox).
		Joins("JOIN referrals ON referrals.id = events.referral_id").
		Where("events.position IS NOT NULL").Where(standing)
	if t.actor.Is(domain.Partner) {
		query = t.only(query, "events.organisation_id = ?", t.organisation()).Where(told, toldUnder(map[string]any{}))
	}
	if !t.actor.Confined() {
		return query
	}
	return t.only(query, outOfOthersHands, t.actor.Subject)
}

// webhooks are a partner's own, for programmes that all are its token's: who may read less must not
// say where more is sent. An administrator sees all, to shut one off.
func (t *tx) webhooks() *gorm.DB {
	query := t.Table("webhooks")
	switch {
	case t.actor.Is(domain.Admin):
		return query
	case t.actor.Is(domain.Partner):
		return t.only(query, "(webhooks.organisation_id = ? AND webhooks.programmes <@ ?::text[] AND webhooks.sandbox = ?)", t.organisation(), domain.Codes(t.actor.Programmes), t.actor.Sandbox)
	}
	return t.nobody(query)
}

// calendars are, for a caseworker, the feeds that she made; for a coordinator, those of her programmes; an administrator sees
// all, to shut one off.
func (t *tx) calendars() *gorm.DB {
	if t.actor.Is(domain.Admin) {
		return t.Table("calendars")
	}
	query := t.ofProgrammes("calendars", t.actor.Staff())
	if t.actor.Is(domain.Caseworker) {
		query = t.only(query, "calendars.made_by = ?", t.actor.Subject)
	}
	return query
}

// snapshots are those of a programme of the actor's; none that holds what the justice module tells where that is off.
func (t *tx) snapshots(programme string) *gorm.DB {
	query := t.ofProgrammes("snapshots", t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Analyst)).Where("snapshots.programme = ?", programme)
	if t.withoutJustice {
		query = query.Where("NOT snapshots.justice")
	}
	return query
}

// programmes are the actor's own; an administrator and the data protection officer see all.
func (t *tx) programmes() *gorm.DB {
	query := t.Table("programmes")
	switch {
	case t.actor.Is(domain.Admin, domain.DPO):
		return query
	case t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Partner, domain.Analyst):
		return t.only(query, "programmes.slug IN ?", t.actor.Programmes)
	}
	return t.nobody(query)
}

// sites are those of the actor's programmes; an administrator sees all.
func (t *tx) sites() *gorm.DB {
	if t.actor.Is(domain.Admin) {
		return t.Table("sites")
	}
	return t.ofProgrammes("sites", t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Partner))
}

// permanences are those of the actor's programmes; an administrator sees all. In the sandbox, where nobody is met, there is none.
func (t *tx) permanences() *gorm.DB {
	if t.actor.Is(domain.Admin) {
		return t.Table("permanences")
	}
	return t.ofProgrammes("permanences", !t.actor.Sandbox && t.actor.Is(domain.Coordinator, domain.Caseworker, domain.Partner))
}

// organisations are, for who works with all of them, all; for others, their own and the
// operators of their programmes.
func (t *tx) organisations() *gorm.DB {
	query := t.Table("organisations")
	switch {
	case t.actor.Is(domain.Admin, domain.DPO, domain.Coordinator, domain.Caseworker):
		return query
	case t.actor.Is(domain.Partner, domain.Analyst):
		return t.only(query, "organisations.id = ? OR organisations.id IN (SELECT operator_id FROM programmes WHERE slug IN ?)",
			t.organisation(), t.actor.Programmes)
	}
	return t.nobody(query)
}

func (t *tx) ofProgrammes(table string, may bool) *gorm.DB {
	query := t.Table(table)
	if !may {
		return t.nobody(query)
	}
	return t.only(query, table+".programme IN ?", t.actor.Programmes)
}

func (t *tx) nobody(query *gorm.DB) *gorm.DB { return t.only(query, "false") }

// only is where every limit above is laid on its query.
func (t *tx) only(query *gorm.DB, condition string, values ...any) *gorm.DB {
	if t.unscoped {
		return query
	}
	return query.Where(condition, values...)
}
