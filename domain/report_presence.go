package domain

import (
	"slices"
	"strings"
)

// Where and when the programme received people, with whom, and by what means.

// presences are the programme's permanences in the period, of which nothing lies ahead.
func presences(facts ReportFacts, period Period) []Presence {
	last := EarlierOf(period.To, period.AsOf)
	all := []Presence{}
	for _, t := range facts.Timetables {
		p := Presence{Label: t.Label, Site: facts.Sites[t.SiteID].Name, Weekday: t.Weekday, EveryWeeks: t.everyDays() / 7, StartTime: t.StartTime, EndTime: t.EndTime, Days: []PresenceDay{}, permanenceID: t.ID}
		for _, o := range t.Between(period.From, last) {
			on := DayOf(o.StartsAt)
			if on.Before(period.From) || on.After(last) {
				continue // moved out of these days
			}
			start, end := wallTimeAt(o.StartsAt), wallTimeAt(o.EndsAt)
			p.Days = append(p.Days, PresenceDay{On: on, StartTime: start, EndTime: end, Site: facts.Sites[o.SiteID].Name, Status: o.Status, ClosedFor: o.ClosedFor, siteID: o.SiteID})
			switch {
			case o.Status.Receives():
				p.Held++
				p.MinutesHeld += t.openMinutes()
				if o.Status == OccurrenceMoved {
					p.Moved++
				}
			case o.Status == OccurrenceCancelled:
				p.Cancelled++
			default:
				p.ClosedDays++
			}
		}
		if len(p.Days) > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Presence) int {
		switch {
		case a.Site != b.Site:
			return strings.Compare(a.Site, b.Site)
		case a.Label != b.Label:
			return strings.Compare(a.Label, b.Label)
		}
		return strings.Compare(a.permanenceID, b.permanenceID)
	})
	return all
}

func means(presence []Presence, facts ReportFacts) ReportMeans {
	m := ReportMeans{TargetedPlaces: len(facts.List.Items), ListProvisional: facts.List.Provisional}
	sites := map[string]bool{}
	for _, p := range presence {
		if p.Held > 0 {
			m.Permanences++
		}
		m.DaysHeld += p.Held
		m.Moved += p.Moved
		m.Cancelled += p.Cancelled
		m.ClosedDays += p.ClosedDays
		m.MinutesHeld += p.MinutesHeld
		for _, day := range p.Days {
			if day.Status.Receives() {
				sites[day.siteID] = true
			}
		}
	}
	m.Sites = len(sites)
	return m
}

// partners are the organisations that had a part, and who it may be told of that: of whom it was about few, the agreement and
// the place alone are told.
func partners(presence []Presence, facts ReportFacts, silent bool) []ReportPartner {
	hosts := map[string]bool{}
	for _, p := range presence {
		for _, day := range p.Days {
			if host := facts.Sites[day.siteID].HostID; host != nil && day.Status.Receives() {
				hosts[*host] = true
			}
		}
	}
	kept := []ReportPartner{}
	for _, p := range facts.Partners {
		p.Hosts = hosts[p.ID]
		if silent {
			p.ReportPartnerCounts = ReportPartnerCounts{}
		}
		if p.Hosts || p.Agreement || p.tookPart() {
			kept = append(kept, p)
		}
	}
	return kept
}

func (p ReportPartner) tookPart() bool {
	return slices.ContainsFunc([]*int{p.Received, p.Actions, p.Proposals, p.Immersions}, func(n *int) bool { return n != nil && *n > 0 })
}

// openMinutes is how long it is open, without the break.
func (in PermanenceInput) openMinutes() int {
	open := in.length()
	if in.BreakStartTime != nil && in.BreakEndTime != nil {
		from, _ := in.BreakStartTime.minutes()
		to, _ := in.BreakEndTime.minutes()
		open -= to - from
	}
	return open
}

// totalOf adds the rows up.
func totalOf(partners []ReportPartner) ReportPartnerCounts {
	total := ReportPartnerCounts{new(0), new(0), new(0), new(0), new(0), new(0)}
	for _, p := range partners {
		for _, add := range []struct{ to, of *int }{
			{total.Received, p.Received}, {total.Accepted, p.Accepted}, {total.Declined, p.Declined}, {total.Actions, p.Actions}, {total.Proposals, p.Proposals}, {total.Immersions, p.Immersions},
		} {
			if add.of != nil {
				*add.to += *add.of
			}
		}
	}
	return total
}
