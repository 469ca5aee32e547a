// Package recounttest invents programmes for tests: small, full of what figures are easily wrong about, and such as the
// database would take. It depends on the standard library and on what package recount calls a record.
package recounttest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"o2r/domain/recount"
)

// Slugs are the programmes of an invented book. The second is there to be left out.
var Slugs = []string{"o2r-somme", "o2r-ailleurs"}

// Codes and names that occur in it.
var (
	Territories = []string{"80253", "80021", "80001", "80003"}
	Sectors     = []string{"Doullens", "Amiens Nord", ""}
	Caseworkers = []string{"c.martin", "d.petit"}
	Kinds       = []string{"spip", "france_travail", "association"} // of organisations

	genders    = []string{"male", "female", "other"}
	educations = []string{"sans_diplome", "cap_bep", "bac"}
	justices   = []string{"milieu_ouvert", "sans_precision", "aucune"}
	origins    = []string{"spontane", "aller_vers"}
	exits      = []string{
		"cdi", "cdi", "interim", "cdd_moins_6_mois", "contrat_aide", "formation_certifiante", "formation_qualifiante", "formation_prequalifiante", "siae", "relais_reseau_emploi", "abandon", "incarceration",
	}
	results    = []string{"in_employment", "in_training", "neither", "unreachable", "refused"}
	attendance = []string{"attended", "attended", "no_show", "excused", "scheduled", "cancelled"}
	barriers   = []string{"mobilite", "logement", "problematique_judiciaire"}
)

// invention is a book in the making.
type invention struct {
	*rand.Rand
	recount.Book
	numbers int
	taken   map[string][]stay // of whom, in which programme
}

type stay struct{ id, from, until string }

// Book invents two programmes with a few people each.
func Book(r *rand.Rand) recount.Book {
	in := &invention{Rand: r, taken: map[string][]stay{}}
	in.Today = in.day()
	for _, slug := range Slugs {
		in.Programmes = append(in.Programmes, recount.Programme{Slug: slug, StartsOn: pick(in, []string{"2024-01-01", "2024-02-29", "2024-11-01"})})
		for version := range in.IntN(3) {
			in.Lists = append(in.Lists, in.list(slug, version+1))
		}
		for _, indicator := range []string{"beneficiaries", "employment_at_6_months_rate", "average_support_duration", "meetings_held", "active_enrolments", "territory_coverage"} {
			for _, period := range []string{"programme", "2024", "2025", "2027"} {
				if in.one(4) {
					in.Targets = append(in.Targets, recount.Target{Programme: slug, Indicator: indicator, Period: period, Value: float64(in.IntN(60))})
				}
			}
		}
	}
	for range 1 + in.IntN(6) {
		in.person()
	}
	for range in.IntN(6) {
		in.refer(in.slug(), in.day())
	}
	for range 1 + in.IntN(11) {
		in.enrol()
	}
	return in.Book
}

func pick[T any](in *invention, of []T) T { return of[in.IntN(len(of))] }

// one is true once in so many times.
func (in *invention) one(of int) bool { return in.IntN(of) == 0 }

func (in *invention) id() string {
	in.numbers++
	return fmt.Sprintf("0197f0a0-0000-7000-8000-%012x", in.IntN(1<<30)<<12+in.numbers)
}

func (in *invention) slug() string { return Slugs[min(1, in.IntN(6)/5)] }

// maybe is one of the codes or, once in four times, unknown.
func (in *invention) maybe(codes []string) string {
	if in.one(4) {
		return ""
	}
	return pick(in, codes)
}

func (in *invention) flag() *bool {
	if in.one(3) {
		return nil
	}
	yes := in.one(2)
	return &yes
}

func (in *invention) list(slug string, version int) recount.List {
	list := recount.List{Programme: slug, Version: version}
	for _, territory := range Territories {
		if !in.one(3) {
			list.Places = append(list.Places, recount.Place{Territory: territory, Sector: pick(in, Sectors)})
		}
	}
	return list
}

// person is somebody, or a second file of somebody who is there.
func (in *invention) person() {
	p := recount.Person{ID: in.id(), BirthDate: in.birth(), Gender: in.maybe(genders)}
	if len(in.People) > 0 && in.one(4) {
		p.MergedInto = pick(in, in.People).ID
	}
	in.People = append(in.People, p)
}

// birth is a day on which somebody is about to be 16, 26, 36 or 56 when she enters, or any day, or unknown.
func (in *invention) birth() string {
	switch {
	case in.one(5):
		return ""
	case in.one(4):
		return pick(in, []string{"1996-02-29", "2000-02-29", "1988-02-29"})
	}
	return months(in.day(), -12*pick(in, []int{15, 16, 26, 26, 26, 36, 40, 56}))
}

func (in *invention) whose(id string) string {
	for _, p := range in.People {
		if p.ID == id && p.MergedInto != "" {
			return in.whose(p.MergedInto)
		}
	}
	return id
}

func (in *invention) refer(slug, day string) string {
	r := recount.Referral{
		ID: in.id(), Programme: slug, Sandbox: in.one(8), OrganisationKind: pick(in, Kinds), ReceivedAt: in.instant(day),
		Status: pick(in, []string{"received", "under_review", "declined", "withdrawn", "expired"}), BirthDate: in.birth(),
		Gender: in.maybe(genders), Justice: in.maybe(justices), Territory: in.maybe(Territories),
	}
	if !in.one(3) {
		r.ExpiresOn = later(in, day, 40)
	}
	if r.Status != "received" && r.Status != "under_review" {
		decided := in.instant(later(in, day, 40))
		r.DecidedAt = &decided
	}
	in.Referrals = append(in.Referrals, r)
	return r.ID
}

// accepted makes a referral that led to a path.
func (in *invention) accepted(slug, entered string) string {
	id := in.refer(slug, days(entered, -in.IntN(40)))
	r := &in.Referrals[len(in.Referrals)-1]
	decided := in.instant(later(in, entered, 5))
	r.Status, r.Sandbox, r.DecidedAt = "accepted", false, &decided
	return id
}

// enrol is a path of somebody: recorded by mistake where another of hers stands, or folded into that one.
func (in *invention) enrol() {
	e := recount.Enrolment{
		ID: in.id(), Programme: in.slug(), PersonID: pick(in, in.People).ID, EnteredOn: in.day(),
		Education: in.maybe(educations), Justice: in.maybe(justices), Territory: in.maybe(Territories), Caseworker: in.maybe(Caseworkers),
		JobSeeker: in.flag(), WithoutResources: in.flag(), Disengaged: in.flag(), ReferredFrom: in.maybe(origins), Voided: in.one(8),
	}
	who := in.whose(e.PersonID)
	if birthless(in.People, who) && in.one(2) {
		age := pick(in, []int{14, 16, 25, 26, 35, 36, 56, 60})
		e.AgeKept = &age
	}
	if in.one(5) {
		e.EnteredOn = pick(in, februaries)
	}
	if e.JobSeeker != nil && *e.JobSeeker && !in.one(3) {
		e.JobSeekerSince = days(months(e.EnteredOn, -12), in.IntN(3)-1)
	}
	if !in.one(3) {
		e.ReferralID, e.ReferredFrom = in.accepted(e.Programme, e.EnteredOn), ""
	}
	if !in.one(3) {
		e.ExitedOn, e.ExitKind = later(in, e.EnteredOn, 250), pick(in, exits)
		if august := pick(in, augusts); e.EnteredOn <= august && in.one(3) {
			e.ExitedOn = august
		}
	}
	in.keepApart(&e, who)
	in.happen(&e)
	in.Enrolments = append(in.Enrolments, e)
}

func birthless(people []recount.Person, id string) bool {
	for _, p := range people {
		if p.ID == id {
			return p.BirthDate == ""
		}
	}
	return false
}

// keepApart lets nobody be twice in one programme at once.
func (in *invention) keepApart(e *recount.Enrolment, who string) {
	here := stay{id: e.ID, from: e.EnteredOn, until: e.ExitedOn}
	if here.until == "" {
		here.until = "9999"
	}
	key := who + e.Programme
	for _, other := range in.taken[key] {
		same := here.from == other.from // also where one of them is of no day
		if !e.Voided && (same || here.from < other.until && other.from < here.until) {
			e.Voided = true
			if !in.one(3) {
				e.FoldedInto = other.id
			}
		}
	}
	if !e.Voided {
		in.taken[key] = append(in.taken[key], here)
	}
}

// happen writes down what happened on the path, some of it long after, or before it was known to be one.
func (in *invention) happen(e *recount.Enrolment) {
	around := func() string {
		switch {
		case in.one(3):
			return in.day()
		case e.ExitedOn != "" && in.one(2):
			return days(e.ExitedOn, in.IntN(260)-20)
		}
		return days(e.EnteredOn, in.IntN(120)-5)
	}
	for range in.IntN(3) {
		job := recount.Job{StartsOn: around()}
		if !in.one(3) {
			job.EndsOn = later(in, job.StartsOn, 200)
		}
		e.Jobs = append(e.Jobs, job)
	}
	looked := around()
	for range in.IntN(6) {
		if in.one(3) {
			looked = around() // else on the same day again
		}
		e.FranceTravail = append(e.FranceTravail, recount.FranceTravail{ID: in.id(), ObservedOn: looked, Registered: in.one(2), RecordedAt: in.instant(around()).Truncate(24 * time.Hour)})
	}
	unheard := e.ExitedOn != "" && in.one(3) // since the exit, but for a job that ends
	if unheard {
		e.Jobs = []recount.Job{{StartsOn: e.ExitedOn, EndsOn: days(e.ExitedOn, in.IntN(170))}}
	}
	for range in.IntN(3) {
		if unheard {
			break
		}
		e.Outcomes = append(e.Outcomes, recount.Outcome{ObservedOn: around(), Result: pick(in, results)})
	}
	for range in.IntN(5) {
		e.Appointments = append(e.Appointments, recount.Appointment{StartsAt: in.instant(around()), Status: pick(in, attendance)})
	}
	for range in.IntN(3) {
		w := recount.Workshop{ID: in.id(), StartsAt: in.instant(around()), Workshop: pick(in, []string{"planned", "closed", "closed", "cancelled"}), Status: pick(in, attendance[:5])}
		e.Workshops = append(e.Workshops, w)
	}
	for _, barrier := range barriers {
		if !in.one(3) {
			continue
		}
		b := recount.Barrier{Barrier: barrier, AssessedOn: around()}
		switch in.IntN(4) {
		case 0, 1:
			b.LiftedOn = later(in, b.AssessedOn, 90)
		case 2:
			b.SetAsideOn = later(in, b.AssessedOn, 90)
		}
		e.Barriers = append(e.Barriers, b)
		if b.LiftedOn+b.SetAsideOn != "" && in.one(2) { // and found again
			e.Barriers = append(e.Barriers, recount.Barrier{Barrier: barrier, AssessedOn: later(in, b.LiftedOn+b.SetAsideOn, 60)})
		}
	}
}
