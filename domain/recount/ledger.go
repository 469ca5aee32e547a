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
	look := lookup{people: map[string]Person{}, referrals: map[string]Referral{}, folded: map[string][]Enrolment{}, places: ledger.places}
	for _, p := range b.People {
		look.people[p.ID] = p
	}
	for _, r := range b.Referrals {
		look.referrals[r.ID] = r
		if r.Programme == programme && !r.Sandbox {
			ledger.referrals = append(ledger.referrals, look.referral(r, b.Today))
		}
	}
	for _, e := range b.Enrolments {
		if e.FoldedInto != "" {
			look.folded[e.FoldedInto] = append(look.folded[e.FoldedInto], e)
		}
	}
	for _, e := range b.Enrolments {
		if e.Programme == programme && !e.Voided {
			ledger.paths = append(ledger.paths, look.path(e))
		}
	}
	return ledger
}

// lookup is where what one record says of another is found.
type lookup struct {
	people    map[string]Person
	referrals map[string]Referral
	folded    map[string][]Enrolment // by what they were folded into
	places    []Place
}

func sectorOf(territory string, places []Place) string {
	for _, place := range places {
		if territory != "" && place.Territory == territory {
			return place.Sector
		}
	}
	return ""
}

func (l lookup) referral(r Referral, today string) referral {
	one := referral{Referral: r, receivedOn: inParis(r.ReceivedAt), became: r.Status, sector: sectorOf(r.Territory, l.places)}
	if r.DecidedAt != nil {
		one.decidedOn = inParis(*r.DecidedAt)
	}
	open := r.Status == "received" || r.Status == "under_review"
	switch {
	case open && r.ExpiresOn != "" && r.ExpiresOn <= today:
		one.became, one.decidedOn = "expired", r.ExpiresOn
	case r.Status == "expired" && r.ExpiresOn != "":
		one.decidedOn = r.ExpiresOn
	}
	return one
}

func (l lookup) person(id string) Person {
	p, there := l.people[id]
	switch {
	case !there:
		panic("nobody has the file " + id)
	case p.MergedInto != "":
		return l.person(p.MergedInto)
	}
	return p
}

func (l lookup) path(e Enrolment) path {
	who := l.person(e.PersonID)
	p := path{Enrolment: e, person: who.ID, gender: who.Gender, sector: sectorOf(e.Territory, l.places), referrer: e.ReferredFrom}
	switch {
	case who.BirthDate != "":
		p.age, p.ageKnown = yearsOn(who.BirthDate, e.EnteredOn), true
	case e.AgeKept != nil:
		p.age, p.ageKnown = *e.AgeKept, true
	}
	if r, referred := l.referrals[e.ReferralID]; referred {
		p.referrer = r.OrganisationKind
	}
	for _, r := range l.ledTo(e) {
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

// ledTo are the referrals that led to the path, or to one of the same programme that was folded into it.
func (l lookup) ledTo(e Enrolment) []Referral {
	var led []Referral
	if r, referred := l.referrals[e.ReferralID]; referred && r.Programme == e.Programme && !r.Sandbox {
		led = append(led, r)
	}
	for _, folded := range l.folded[e.ID] {
		if folded.Programme == e.Programme {
			led = append(led, l.ledTo(folded)...)
		}
	}
	return led
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
