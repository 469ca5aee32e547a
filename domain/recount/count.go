package recount

// Period is the days that a figure is about, as they stood when as_of ended.
type Period struct {
	From string `json:"from"`
	To   string `json:"to"`
	AsOf string `json:"as_of"`
}

func (p Period) last() string { return earlier(p.To, p.AsOf) }

func (p Period) holds(day string) bool { return p.From <= day && day <= p.last() }

// Buckets are how many enrolments, meetings, barriers, referrals or territories are where.
type Buckets struct {
	Numerator       int `json:"numerator"`
	DenominatorOnly int `json:"denominator_only"`
	Unknown         int `json:"unknown"`
	Excluded        int `json:"excluded"`
}

// counted is what a figure comes from.
type counted struct {
	Buckets
	days                                []int // of an average or a median, one for each in the numerator
	confirmed, provisional, unconfirmed int
}

func (c *counted) yesOrNo(yes bool) {
	if yes {
		c.Numerator++
	} else {
		c.DenominatorOnly++
	}
}

// known are the paths that had begun by as_of and are as asked.
func (l *Ledger) known(asOf string, asked []wanted) []*path {
	var known []*path
	for i := range l.paths {
		if p := &l.paths[i]; p.EnteredOn <= asOf && answers(asked, p.in) {
			known = append(known, p)
		}
	}
	return known
}

// population is E: of the known, who entered in the period.
func (l *Ledger) population(period Period, asked []wanted) []*path {
	var population []*path
	for _, p := range l.known(period.AsOf, asked) {
		if period.holds(p.EnteredOn) {
			population = append(population, p)
		}
	}
	return population
}

// exited tells whether somebody had left by then, for one of these kinds of exit.
func (p *path) exited(asOf string, kinds []string) bool {
	return p.hasLeft(asOf) && among(p.ExitKind, kinds)
}

func (p *path) hasLeft(asOf string) bool { return p.ExitedOn != "" && p.ExitedOn <= asOf }

// count counts one indicator.
func (l *Ledger) count(key string, period Period, asked []wanted) counted {
	var c counted
	asOf := period.AsOf
	switch key {
	case "beneficiaries":
		c.Numerator = len(l.persons(period, asked))
		c.Excluded = len(l.population(period, asked)) - c.Numerator
	case "individual_attendance_rate", "meetings_held":
		for _, p := range l.known(asOf, asked) {
			for _, m := range p.met {
				if period.holds(m.day) {
					c.appointment(key, m.status)
				}
			}
		}
	case "workshop_attendance_rate":
		for _, p := range l.known(asOf, asked) {
			for _, m := range p.worked {
				if period.holds(m.day) {
					c.workshop(m)
				}
			}
		}
	case "active_enrolments":
		for _, p := range l.known(asOf, asked) {
			switch {
			case p.EnteredOn > period.last():
			case p.hasLeft(asOf):
				c.Excluded++
			default:
				c.Numerator++
			}
		}
	case "referral_acceptance_rate":
		for i := range l.referrals {
			if r := &l.referrals[i]; period.holds(r.receivedOn) && answers(asked, r.in) {
				c.referral(r, asOf)
			}
		}
	case "barriers_lifted_share":
		for _, p := range l.known(asOf, asked) {
			for _, b := range p.Barriers {
				if period.holds(b.AssessedOn) {
					c.yesOrNo(b.LiftedOn != "" && b.LiftedOn <= asOf)
				}
			}
		}
	case "territory_coverage":
		for _, place := range l.places {
			if answers(asked, place.in) {
				somebody := false
				for _, p := range l.population(period, asked) {
					somebody = somebody || p.Territory == place.Territory
				}
				c.yesOrNo(somebody)
			}
		}
	default:
		for _, p := range l.population(period, asked) {
			c.path(key, p, asOf)
		}
	}
	return c
}

func (c *counted) appointment(key, status string) {
	switch status {
	case "attended":
		c.Numerator++
	case "no_show", "excused":
		if key == "meetings_held" { // a count has no denominator
			c.Excluded++
		} else {
			c.DenominatorOnly++
		}
	case "scheduled":
		c.Unknown++
	case "cancelled":
		c.Excluded++
	default:
		panic("no attendance: " + status)
	}
}

func (c *counted) workshop(m meeting) {
	switch {
	case m.workshop == "cancelled" || m.status == "cancelled":
		c.Excluded++
	case m.workshop != "closed" || m.status == "scheduled":
		c.Unknown++
	case m.status == "attended":
		c.Numerator++
	case m.status == "no_show" || m.status == "excused":
		c.DenominatorOnly++
	default:
		panic("no attendance: " + m.status)
	}
}

// referral is one that was received: by as_of it was decided, or it was open still.
func (c *counted) referral(r *referral, asOf string) {
	switch open := r.decidedOn > asOf; {
	case !open && r.became == "accepted":
		c.Numerator++
	case !open && r.became == "declined":
		c.DenominatorOnly++
	case !open && (r.became == "withdrawn" || r.became == "expired"):
		c.Excluded++
	default:
		c.Unknown++
	}
}

// persons are the people of the population, each once, by the first path of theirs.
func (l *Ledger) persons(period Period, asked []wanted) []*path {
	population := l.population(period, asked)
	var persons []*path
	for _, p := range population {
		first := true
		for _, other := range population {
			before := other.EnteredOn < p.EnteredOn || other.EnteredOn == p.EnteredOn && other.ID < p.ID
			if other.person == p.person && before {
				first = false
			}
		}
		if first {
			persons = append(persons, p)
		}
	}
	return persons
}
