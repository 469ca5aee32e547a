package recount

// path counts somebody of the population, in an indicator of paths.
func (c *counted) path(key string, p *path, asOf string) {
	switch key {
	case "justice_supervised_share":
		if p.Justice == "" {
			c.Unknown++
		} else {
			c.yesOrNo(p.Justice != "aucune")
		}
	case "youth_without_resources_share":
		c.youth(p)
	case "long_term_unemployed_share":
		switch {
		case p.JobSeeker != nil && !*p.JobSeeker:
			c.DenominatorOnly++
		case p.JobSeeker != nil && p.JobSeekerSince != "":
			c.yesOrNo(monthsLater(p.JobSeekerSince, 12) <= p.EnteredOn)
		default:
			c.Unknown++
		}
	case "employment_at_6_months_rate":
		state := p.atSixMonths(asOf)
		switch state {
		case "confirmed":
			c.confirmed++
		case "provisional":
			c.provisional++
		case "unconfirmed":
			c.unconfirmed++
		}
		c.yesOrNo(state == "confirmed" || state == "provisional")
	case "certifying_training_exit_rate":
		c.yesOrNo(p.exited(asOf, training))
	case "france_travail_registration_rate":
		c.franceTravail(p, asOf)
	case "average_support_duration":
		until := asOf
		if p.hasLeft(asOf) {
			until = p.ExitedOn
		}
		c.Numerator++
		c.days = append(c.days, daysBetween(p.EnteredOn, until))
	case "employment_at_6_months_matured_rate":
		c.matured(p, asOf)
	case "positive_exit_rate":
		if !p.hasLeft(asOf) {
			c.Excluded++
		} else {
			c.yesOrNo(among(p.ExitKind, positive))
		}
	case "days_from_referral_to_first_meeting":
		c.wait(p, asOf)
	default:
		panic("no indicator: " + key)
	}
}

func (c *counted) youth(p *path) {
	either := p.WithoutResources != nil && *p.WithoutResources || p.Disengaged != nil && *p.Disengaged
	neither := p.WithoutResources != nil && !*p.WithoutResources && p.Disengaged != nil && !*p.Disengaged
	switch {
	case p.ageKnown && (p.age >= 26 || neither):
		c.DenominatorOnly++
	case p.ageKnown && either:
		c.Numerator++
	default:
		c.Unknown++
	}
}

// found tells whether a checkpoint since the exit found one of these results by as_of.
func (p *path) found(asOf string, results ...string) bool {
	for _, o := range p.Outcomes {
		if p.ExitedOn <= o.ObservedOn && o.ObservedOn <= asOf && among(o.Result, results) {
			return true
		}
	}
	return false
}

// atSixMonths is the published method.
func (p *path) atSixMonths(asOf string) string {
	if !p.exited(asOf, work) {
		return "no exit to work"
	}
	jobs, goesOn := 0, false
	for _, j := range p.Jobs {
		if j.StartsOn <= asOf {
			jobs++
			goesOn = goesOn || j.EndsOn == "" || j.EndsOn >= asOf
		}
	}
	observed := p.found(asOf, "in_employment", "in_training", "neither", "unreachable", "refused")
	early := asOf < monthsLater(p.ExitedOn, 6)
	switch {
	case p.found(asOf, "in_employment"):
		return "confirmed"
	case !observed && early && (jobs == 0 || goesOn):
		return "provisional"
	case !observed && !early:
		return "unconfirmed"
	}
	return "neither"
}

func (c *counted) matured(p *path, asOf string) {
	switch {
	case !p.exited(asOf, work) || asOf < monthsLater(p.ExitedOn, 6):
		c.Excluded++
	case p.found(asOf, "in_employment"):
		c.Numerator++
	case p.found(asOf, "in_training", "neither"):
		c.DenominatorOnly++
	default:
		c.Unknown++
	}
}

// franceTravail goes by the latest day on which somebody looked, and on one day by what was written down last.
func (c *counted) franceTravail(p *path, asOf string) {
	var last *FranceTravail
	for i := range p.FranceTravail {
		seen := &p.FranceTravail[i]
		if seen.ObservedOn < p.EnteredOn || seen.ObservedOn > asOf {
			continue
		}
		switch {
		case last == nil || seen.ObservedOn > last.ObservedOn:
			last = seen
		case seen.ObservedOn < last.ObservedOn:
		case seen.RecordedAt.After(last.RecordedAt) || seen.RecordedAt.Equal(last.RecordedAt) && seen.ID > last.ID:
			last = seen
		}
	}
	if last == nil {
		c.Unknown++
	} else {
		c.yesOrNo(last.Registered)
	}
}

func (c *counted) wait(p *path, asOf string) {
	if p.referredOn == "" || p.referredOn > asOf {
		c.Excluded++
		return
	}
	first := ""
	for _, m := range p.met {
		if m.status == "attended" && m.day <= asOf && (first == "" || m.day < first) {
			first = m.day
		}
	}
	if first == "" {
		c.Unknown++
		return
	}
	c.Numerator++
	c.days = append(c.days, max(0, daysBetween(p.referredOn, first)))
}
