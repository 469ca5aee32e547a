package domain

import (
	"slices"
	"strings"
)

// ImmersionInput is what is written of the convention of an immersion (période de mise en situation en
// milieu professionnel, PMSMP: code du travail, L. 5135-1 and following).
type ImmersionInput struct {
	Purpose         ImmersionPurpose `json:"purpose" required:"true" doc:"Its object, one of three (L. 5135-1)."`
	Objectives      *string          `json:"objectives" doc:"What it is to show (D. 5135-2, 5°). Two conventions with one host for one object differ in it (D. 5135-3)." maxLength:"500" example:"Vérifier le goût du travail en extérieur."`
	HostID          *string          `json:"host_id" required:"true" nullable:"false" doc:"Who receives the person at work: an organisation of kind employeur, siae, association, commune, ccas, organisme_formation, chrs or autre. Those that supervise, prescribe or pay do not. A caseworker records an employer herself: POST /v1/organisations." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000e"`
	StartsOn        Date             `json:"starts_on" required:"true" doc:"First day; not before the entry. It may lie ahead." example:"2025-06-10"`
	EndsOn          Date             `json:"ends_on" required:"true" doc:"Last day: at most a month later, date to date (D. 5135-3)." example:"2025-06-20"`
	RenewalOf       *string          `json:"renewal_of" doc:"The immersion of this enrolment that it renews: once, with the same host and for the same object (D. 5135-3)." format:"uuid" example:"0197f0a0-0000-7000-8000-00000000000f"`
	PrescriberID    *string          `json:"prescriber_id" required:"true" nullable:"false" doc:"Who prescribes it: France Travail, a mission locale, Cap emploi, a département's service or a SIAE; anybody else under agreement with one of the first four (L. 5135-2)." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	AgreementWithID *string          `json:"agreement_with_id" doc:"With whom the prescriber has the agreement under which it prescribes (L. 5135-2, 5°; D. 5135-7); null where it prescribes in its own right." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	Note            *string          `json:"note" doc:"What is worth remembering, such as how it went." maxLength:"2000" example:"L'employeur propose de la revoir en septembre."`
}

// Immersion is a stay in a workplace, under a convention.
type Immersion struct {
	AuthoredFact
	ImmersionInput
	CancelledOn  *Date   `json:"cancelled_on" doc:"Day it was called off: it then counts for no limit." example:"2025-06-09"`
	CancelReason *string `json:"cancel_reason" doc:"Why it was called off." maxLength:"500" example:"L'entreprise a fermé."`
}

// ImmersionView is an immersion with what may be done with it.
type ImmersionView struct {
	Immersion
	AvailableActions []string `json:"available_actions" doc:"What the caller may do with it now." example:"[\"cancel\"]" maxItems:"10" maxLength:"40" nullable:"false"`
}

// What D. 5135-3 of the code du travail allows a person with one host.
const (
	ImmersionMonths      = 1  // a convention lasts at most, date to date; so does its renewal
	ImmersionWindow      = 12 // consecutive months, in which there are at most
	ImmersionConventions = 2  // conventions, which differ in object or objectives, and
	ImmersionDays        = 60 // days, renewals included
)

// MayHost tells whether organisations of this kind receive people at work: employers, of whatever
// statute. Who supervises, prescribes or pays is none.
func (k OrganisationKind) MayHost() bool {
	switch k {
	case OrganisationEmployeur, OrganisationSIAE, OrganisationAssociation, OrganisationCommune, OrganisationCCAS,
		OrganisationOrganismeFormation, OrganisationCHRS, OrganisationAutre:
		return true
	}
	return false
}

// MayPrescribe tells whether organisations of this kind prescribe immersions in their own right (L. 5135-2, 1° to 4° bis).
func (k OrganisationKind) MayPrescribe() bool { return k.MayLetPrescribe() || k == OrganisationSIAE }

// MayLetPrescribe tells whether they may let others prescribe, by an agreement (D. 5135-7). A
// département prescribes through its social service.
func (k OrganisationKind) MayLetPrescribe() bool {
	switch k {
	case OrganisationFranceTravail, OrganisationMissionLocale, OrganisationCapEmploi, OrganisationMDSI:
		return true
	}
	return false
}

// ImmersionParties are what the organisations that an immersion names are; nil where it names none.
type ImmersionParties struct{ Host, Prescriber, AgreementWith *OrganisationKind }

// Check refuses an immersion whose parties or length the law does not allow.
func (in ImmersionInput) Check(parties ImmersionParties) error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	faults.OptionalText("objectives", in.Objectives)
	switch last := in.StartsOn.LastDayOf(ImmersionMonths); {
	case in.EndsOn.Before(in.StartsOn):
		faults.Add("ends_on", "before_start", "An immersion ends on or after the day it starts.")
	case in.EndsOn.After(last):
		faults.Add("ends_on", "longer_than_a_month", "A convention lasts at most one month, date to date (code du travail, D. 5135-3): one that starts on %s ends on %s or before. It may be renewed once.", in.StartsOn, last)
	}
	if !parties.Host.MayHost() {
		faults.Add("host_id", "no_host", "An immersion is made in a workplace (code du travail, L. 5135-1): this kind of organisation supervises, prescribes or pays, and receives nobody at work.")
	}
	switch {
	case parties.AgreementWith != nil && !parties.AgreementWith.MayLetPrescribe():
		faults.Add("agreement_with_id", "lets_nobody_prescribe", "Only France Travail, a mission locale, Cap emploi or a département lets another body prescribe immersions (code du travail, D. 5135-7).")
	case parties.AgreementWith == nil && !parties.Prescriber.MayPrescribe():
		faults.Add("agreement_with_id", "agreement_required", "This kind of organisation prescribes immersions only under an agreement with France Travail, a mission locale, Cap emploi or a département: say with which (code du travail, L. 5135-2, 5° and D. 5135-7).")
	}
	if in.AgreementWithID != nil && *in.AgreementWithID == *in.PrescriberID {
		faults.Add("agreement_with_id", "own_agreement", "An agreement is made with another organisation.")
	}
	if *in.HostID == *in.PrescriberID {
		faults.Add("host_id", "prescribes_to_itself", "A convention has a host and a prescriber (code du travail, L. 5135-4): they are two organisations.")
	}
	return faults.Err()
}

// LastDayOf is the last day of so many months from that day on, date to date: the eve of the day of the same
// number, or the last of that month where it has no such day (code de procédure civile, article 641).
func (d Date) LastDayOf(months int) Date {
	last := d.AddMonths(months)
	if last.Day() < d.Day() {
		return last
	}
	return last.AddDays(-1)
}

// Among refuses an immersion that the others of the same person do not allow: those with the same host
// count together for twelve months, on whichever of her paths they are. Others may hold the immersion
// itself, as it was, and such as were called off.
func (m Immersion) Among(others []Immersion) error {
	others = slices.DeleteFunc(slices.Clone(others), func(o Immersion) bool { return o.ID == m.ID || o.CancelledOn != nil })
	if err := m.mayRenew(others); err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(o Immersion) bool { return !same(o.HostID, m.HostID) })
	if err := m.mayJoin(others); err != nil {
		return err
	}
	return m.withinDays(others)
}

// mayRenew refuses a renewal of what is not there, was renewed, or was something else; and to change what was renewed.
func (m Immersion) mayRenew(others []Immersion) error {
	for _, o := range others {
		if o.RenewalOf != nil && *o.RenewalOf == m.ID && (!same(o.HostID, m.HostID) || o.Purpose != m.Purpose || !o.StartsOn.After(m.EndsOn)) {
			return FieldFault("ends_on", "renewed", "This immersion was renewed from %s on: it keeps its host and its object, and ends before (code du travail, D. 5135-3).", o.StartsOn)
		}
	}
	if m.RenewalOf == nil {
		return nil
	}
	if at := slices.IndexFunc(others, func(o Immersion) bool { return o.RenewalOf != nil && *o.RenewalOf == m.ID }); at >= 0 {
		return FieldFault("renewal_of", "renewed_once", "A convention is renewed once, and this one was renewed from %s on: it cannot be a renewal itself (code du travail, D. 5135-3).", others[at].StartsOn)
	}
	at := slices.IndexFunc(others, func(o Immersion) bool { return o.ID == *m.RenewalOf && o.EnrolmentID == m.EnrolmentID })
	if at < 0 {
		return FieldFault("renewal_of", "unknown", "The enrolment has no such immersion.")
	}
	first := others[at]
	var faults Faults
	if first.RenewalOf != nil {
		faults.Add("renewal_of", "renewed_once", "A convention is renewed once, and this one is a renewal itself (code du travail, D. 5135-3).")
	}
	if slices.ContainsFunc(others, func(o Immersion) bool { return same(o.RenewalOf, m.RenewalOf) }) {
		faults.Add("renewal_of", "renewed_already", "A convention is renewed once, and this one was (code du travail, D. 5135-3).")
	}
	if !same(first.HostID, m.HostID) {
		faults.Add("host_id", "other_host", "A renewal is with the same host: with another, it is a convention of its own (code du travail, D. 5135-3).")
	}
	if first.Purpose != m.Purpose {
		faults.Add("purpose", "other_purpose", "A renewal is for the same object: for another, it is a convention of its own (code du travail, D. 5135-3).")
	}
	if !m.StartsOn.After(first.EndsOn) {
		faults.Add("starts_on", "before_end", "A renewal starts after %s, the last day of what it renews.", first.EndsOn)
	}
	return faults.Err()
}

// mayJoin refuses a third convention with one host in twelve consecutive months, and a second for what the first was for.
// A renewal is no convention of its own.
func (m Immersion) mayJoin(others []Immersion) error {
	if m.RenewalOf != nil {
		return nil
	}
	near := slices.DeleteFunc(slices.Clone(others), func(o Immersion) bool {
		return o.RenewalOf != nil || o.StartsOn.After(m.StartsOn.LastDayOf(ImmersionWindow)) || m.StartsOn.After(o.StartsOn.LastDayOf(ImmersionWindow))
	})
	for _, first := range append(near, m) {
		within := func(o Immersion) bool {
			return !o.StartsOn.Before(first.StartsOn) && !o.StartsOn.After(first.StartsOn.LastDayOf(ImmersionWindow))
		}
		count := 0
		for _, o := range append(near, m) {
			if within(o) {
				count++
			}
		}
		if count > ImmersionConventions {
			return FieldFault("host_id", "too_many_conventions", "A person makes at most %d conventions with one host in %d consecutive months (code du travail, D. 5135-3): this would be number %d of those that start from %s on.", ImmersionConventions, ImmersionWindow, count, first.StartsOn)
		}
	}
	for _, o := range near {
		if o.Purpose == m.Purpose && sameObjectives(o.Objectives, m.Objectives) {
			return FieldFault("objectives", "same_object", "Two conventions with one host in %d months differ in their object or their objectives (code du travail, D. 5135-3). %s", ImmersionWindow, m.toDiffer(o))
		}
	}
	return nil
}

// toDiffer says what to do about another convention with one host that is not said to be about something else. The record of one
// on another path is not named: that path may be a colleague's.
func (m Immersion) toDiffer(o Immersion) string {
	that := "That of " + o.StartsOn.String() + ", immersion " + o.ID
	if o.EnrolmentID != m.EnrolmentID {
		that = "That of " + o.StartsOn.String() + " on another of her paths"
	}
	switch {
	case o.Objectives == nil && m.Objectives == nil:
		return that + ", says no objectives, nor does this one: write with PUT there what it was to show, and here what this one is to; or renew that one."
	case o.Objectives == nil:
		return that + ", says no objectives: write with PUT there what it was to show, or renew it."
	case m.Objectives == nil:
		return that + ", has this object: say with objectives what this one is to show, or renew that one."
	}
	return that + ", has the same of both: renew it, or say what else this one is to show."
}

// sameObjectives tells whether two conventions are not said to be about different things.
func sameObjectives(a, b *string) bool {
	return a == nil || b == nil || strings.EqualFold(strings.Join(strings.Fields(*a), " "), strings.Join(strings.Fields(*b), " "))
}

// withinDays refuses more than sixty days with one host in twelve consecutive months, renewals included. Days are those of the
// calendar from the first to the last. Any day of an immersion may begin the fullest twelve months, and no other need be
// looked at: these are 365 days or 366, so that a window which begins a day later may end two days later.
func (m Immersion) withinDays(others []Immersion) error {
	all := append(slices.Clone(others), m)
	var most int
	var first, last Date
	for _, o := range all {
		for from := o.StartsOn; !from.After(o.EndsOn); from = from.AddDays(1) {
			to, days := from.LastDayOf(ImmersionWindow), 0
			if m.daysWithin(from, to) == 0 {
				continue
			}
			for _, other := range all {
				days += other.daysWithin(from, to)
			}
			if days > most {
				most, first, last = days, from, to
			}
		}
	}
	if most > ImmersionDays {
		return FieldFault("ends_on", "too_many_days", "A person spends at most %d days with one host in %d consecutive months, renewals included (code du travail, D. 5135-3): from %s to %s it would be %d.", ImmersionDays, ImmersionWindow, first, last, most)
	}
	return nil
}

// daysWithin counts the days of the immersion from one day to another, both included.
func (m Immersion) daysWithin(from, to Date) int {
	if m.StartsOn.After(from) {
		from = m.StartsOn
	}
	return max(0, EarlierOf(m.EndsOn, to).DaysSince(from)+1)
}

// View is the immersion as staff read it.
func (m Immersion) View() ImmersionView {
	actions := []string{}
	if m.CancelledOn == nil {
		actions = append(actions, "cancel")
	}
	return ImmersionView{Immersion: m, AvailableActions: actions}
}

// SameConvention tells whether nothing but the note differs.
func (in ImmersionInput) SameConvention(other ImmersionInput) bool {
	return in.Purpose == other.Purpose && in.StartsOn.Equal(other.StartsOn) && in.EndsOn.Equal(other.EndsOn) && same(in.Objectives, other.Objectives) &&
		same(in.HostID, other.HostID) && same(in.RenewalOf, other.RenewalOf) && same(in.PrescriberID, other.PrescriberID) && same(in.AgreementWithID, other.AgreementWithID)
}

// MayNote refuses a note that says nothing, or more than it may.
func (in ImmersionInput) MayNote() error {
	var faults Faults
	faults.OptionalText("note", in.Note)
	return faults.Err()
}

// MayChange refuses to rewrite an immersion that was called off.
func (m Immersion) MayChange() error {
	if m.CancelledOn != nil {
		return Refused("immersion_cancelled", "This immersion was called off on %s: record another.", *m.CancelledOn)
	}
	return nil
}

// Cancel calls the immersion off, with a reason. Others are the person's.
func (m *Immersion) Cancel(why Reason, others []Immersion, today Date) error {
	if err := m.MayChange(); err != nil {
		return err
	}
	if err := why.Check(); err != nil {
		return err
	}
	if slices.ContainsFunc(others, func(o Immersion) bool { return o.CancelledOn == nil && o.RenewalOf != nil && *o.RenewalOf == m.ID }) {
		return Refused("immersion_renewed", "This immersion was renewed: call its renewal off first.")
	}
	m.CancelledOn, m.CancelReason = &today, &why.Reason
	return nil
}

// MayPlan refuses what is dated before the entry, or on an enrolment that was voided. It may lie ahead.
func (e Enrolment) MayPlan(field string, day Date) error {
	if err := e.MustStand(); err != nil {
		return err
	}
	if day.Before(e.EnteredOn) {
		return FieldFault(field, "before_entry", "This day lies before the entry of %s.", e.EnteredOn)
	}
	return nil
}
