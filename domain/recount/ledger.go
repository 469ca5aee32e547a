package recount

// Ledger is one programme's part of a book, with what has to be looked up beside each path and referral.
type Ledger struct {
	startsOn  string
	paths     []path
	referrals []referral
	places    []Place
	targets   []Target
}

// path is an enrolment that counts.
type path struct {
	Enrolment
	person     string // whoever it is, after all merges
	gender     string
	age        int // at entry
	ageKnown   bool
	sector     string
	referrer   string
	referredOn string
	met        []meeting
	worked     []meeting // in workshops
}

// meeting is an appointment or a place in a workshop on its day in Paris.
type meeting struct{ day, workshop, status string }

// referral is one that counts, with what became of it and when.
type referral struct {
	Referral
	receivedOn, decidedOn, became string
	sector                        string
}

// Of is the programme's ledger.
func (b Book) Of(programme string) Ledger {
	var ledger Ledger
	for _, p := range b.Programmes {
		if p.Slug == programme {
			ledger.startsOn = p.StartsOn
		}
	}
	version := 0
	for _, list := range b.Lists {
		if list.Programme == programme && list.Version > version {
			version, ledger.places = list.Version, list.Places
		}
	}
	for _, target := range b.Targets {
		if target.Programme == programme {
			ledger.targets = append(ledger.targets, target)
		}
	}
	for _, r := range b.Referrals {
		if r.Programme == programme && !r.Sandbox {
			ledger.referrals = append(ledger.referrals, b.became(r, ledger.places))
		}
	}
	for _, e := range b.Enrolments {
		if e.Programme == programme && !e.Voided {
			ledger.paths = append(ledger.paths, b.lookUp(e, ledger.places))
		}
	}
	return ledger
}

func sectorOf(territory string, places []Place) string {
	for _, place := range places {
		if territory != "" && place.Territory == territory {
			return place.Sector
		}
	}
	return ""
}

func (b Book) became(r Referral, places []Place) referral {
	one := referral{Referral: r, receivedOn: inParis(r.ReceivedAt), became: r.Status, sector: sectorOf(r.Territory, places)}
	if r.DecidedAt != nil {
		one.decidedOn = inParis(*r.DecidedAt)
	}
	open := r.Status == "received" || r.Status == "under_review"
	switch {
	case open && r.ExpiresOn != "" && r.ExpiresOn <= b.Today:
		one.became, one.decidedOn = "expired", r.ExpiresOn
	case r.Status == "expired" && r.ExpiresOn != "":
		one.decidedOn = r.ExpiresOn
	}
	return one
}

func (b Book) person(id string) Person {
	for _, p := range b.People {
		if p.ID == id && p.MergedInto != "" {
			return b.person(p.MergedInto)
		}
		if p.ID == id {
			return p
		}
	}
	panic("nobody has the file " + id)
}

func (b Book) lookUp(e Enrolment, places []Place) path {
	who := b.person(e.PersonID)
	p := path{Enrolment: e, person: who.ID, gender: who.Gender, sector: sectorOf(e.Territory, places), referrer: e.ReferredFrom}
	switch {
	case who.BirthDate != "":
		p.age, p.ageKnown = yearsOn(who.BirthDate, e.EnteredOn), true
	case e.AgeKept != nil:
		p.age, p.ageKnown = *e.AgeKept, true
	}
	for _, r := range b.Referrals {
		if r.ID == e.ReferralID {
			p.referrer = r.OrganisationKind
		}
		if r.Programme != e.Programme || r.Sandbox || !b.leadTo(e, r.ID) {
			continue
		}
		if day := inParis(r.ReceivedAt); p.referredOn == "" || day < p.referredOn {
			p.referredOn = day
		}
	}
	for _, a := range e.Appointments {
		p.met = append(p.met, meeting{day: inParis(a.StartsAt), status: a.Status})
	}
	for _, w := range e.Workshops {
		p.worked = append(p.worked, meeting{day: inParis(w.StartsAt), workshop: w.Workshop, status: w.Status})
	}
	return p
}

// leadTo tells whether a referral led to the path, or to one that was folded into it.
func (b Book) leadTo(e Enrolment, referralID string) bool {
	if e.ReferralID == referralID {
		return true
	}
	for _, folded := range b.Enrolments {
		if folded.FoldedInto == e.ID && b.leadTo(folded, referralID) {
			return true
		}
	}
	return false
}

// wanted is one thing asked of who is counted: to have the code in the dimension or, with none, that it is not known.
type wanted struct{ dimension, code string }

// answers tells whether everything asked is so. What a dimension does not apply to passes whatever is asked of it.
func answers(asked []wanted, in func(dimension string) (code string, applies bool)) bool {
	for _, one := range asked {
		if code, applies := in(one.dimension); applies && code != one.code {
			return false
		}
	}
	return true
}

func (p *path) in(dimension string) (code string, applies bool) {
	switch dimension {
	case "territory":
		return p.Territory, true
	case "sector":
		return p.sector, true
	case "gender":
		return p.gender, true
	case "age_band":
		if !p.ageKnown {
			return "", true
		}
		return bandOf(p.age), true
	case "education_level":
		return p.Education, true
	case "justice_status":
		return p.Justice, true
	case "referrer_kind":
		return p.referrer, true
	case "caseworker":
		return p.Caseworker, true
	}
	panic("no dimension: " + dimension)
}

// in of a referral is what it was sent with; it says nothing of a diploma, nor who will follow the person.
func (r *referral) in(dimension string) (code string, applies bool) {
	switch dimension {
	case "territory":
		return r.Territory, true
	case "sector":
		return r.sector, true
	case "gender":
		return r.Gender, true
	case "age_band":
		if r.BirthDate == "" {
			return "", true
		}
		return bandOf(yearsOn(r.BirthDate, r.receivedOn)), true
	case "justice_status":
		return r.Justice, true
	case "referrer_kind":
		return r.OrganisationKind, true
	}
	return "", true
}

func (p Place) in(dimension string) (code string, applies bool) {
	switch dimension {
	case "territory":
		return p.Territory, true
	case "sector":
		return p.Sector, true
	}
	return "", false
}
