package domain

import "time"

// Report is what a programme owes the State and its funders for a year: the table of the convention with its targets, who
// was supported, when and where the team received, with whom, and what article D. 5316-10 of the code du travail asks. Its
// figures are the answers that are given elsewhere, to the same reader. It names no participant.
type Report struct {
	About
	Year          int    `json:"year" doc:"The year that it is about." example:"2025" minimum:"1900" maximum:"2100"`
	YearOver      bool   `json:"year_over" doc:"Whether the year was over on presence_until; before that, the report is one of the year so far." example:"true"`
	ProgrammeName string `json:"programme_name" doc:"Name of the programme." maxLength:"200" example:"O2R « En route vers l'emploi » Somme"`
	OperatorName  string `json:"operator_name" doc:"Name of the organisation that runs it." maxLength:"200" example:"L'Îlot"`
	StartsOn      Date   `json:"starts_on" doc:"First day of the convention." example:"2024-11-01"`
	EndsOn        Date   `json:"ends_on" doc:"Last day of the convention." example:"2027-12-31"`
	DrawnUpOn     Date   `json:"drawn_up_on" doc:"The day in Paris on which it was drawn up: what is recorded later is not in it." example:"2026-01-15"`
	Withheld      bool   `json:"withheld" doc:"Whether what is about few people is kept back from this reader: small cells, and the lists in support, exits and partners." example:"false"`

	Published []ReportSnapshot `json:"published" doc:"The snapshots of the same days that stand: what was published of table, and of table_of_year, for whoever checks this report. Empty where nothing is published of these days, and its numbers may move." maxItems:"2" nullable:"false"`

	Table         Figures            `json:"table" doc:"Every indicator since the programme's first day: first the ten of the convention, as they are published, then those beyond it."`
	TableOfYear   Figures            `json:"table_of_year" doc:"The same of the year alone: of who entered or met in it."`
	Definitions   []ReportDefinition `json:"definitions" doc:"The definitions that the tables were worked out by." maxItems:"100" nullable:"false"`
	Profile       ProfileAnswer      `json:"profile" doc:"Who was supported since the programme's first day."`
	ProfileOfYear ProfileAnswer      `json:"profile_of_year" doc:"Who entered in the year."`
	Entries       Series             `json:"entries" doc:"People who entered, month by month."`
	EntriesToDate Series             `json:"entries_to_date" doc:"People who had entered since the programme's first day, month by month."`
	Meetings      Series             `json:"meetings" doc:"Attendance at individual appointments, month by month."`
	Sectors       Breakdown          `json:"sectors" doc:"People since the programme's first day by sector of where they lived."`
	Coverage      Breakdown          `json:"coverage" doc:"Targeted territories reached since the programme's first day, by sector."`

	Means         ReportMeans         `json:"means" doc:"With what the programme worked (D. 5316-10, 1°), as far as it is recorded here."`
	PresenceUntil Date                `json:"presence_until" doc:"Up to which day means and presence tell: they are about nobody, so for every reader up to the end of what is reported, later than as_of where that is a closing." example:"2025-12-31"`
	Presence      []Presence          `json:"presence" doc:"Where and when people were received in the year: each permanence by place and name." maxItems:"1000" nullable:"false"`
	Partners      []ReportPartner     `json:"partners" doc:"Organisations that referred people in the year, took part in their support, host a permanence, or have an agreement with the programme, by name." maxItems:"5000" nullable:"false"`
	PartnersTotal ReportPartnerCounts `json:"partners_total" doc:"The rows of partners added up. An immersion with a host and a prescriber stands in two rows, and counts twice here."`
	Support       *ReportSupport      `json:"support" doc:"What was done and proposed in the year (D. 5316-10, 3° to 5°). Null where it is withheld: no analyst reads it here."`
	Exits         *ReportExits        `json:"exits" doc:"How paths ended in the year (D. 5316-10, 6°). Null where it is withheld."`
}

// ReportSnapshot is a snapshot that stands of the days of one of the report's tables.
type ReportSnapshot struct {
	Table       string    `json:"table" doc:"Of which table." enum:"table,table_of_year" maxLength:"20" example:"table"`
	ID          string    `json:"id" doc:"Identifier of the snapshot." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000021"`
	Sha256      string    `json:"sha256" doc:"SHA-256 of its document, in hexadecimal." minLength:"64" maxLength:"64" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	PublishedAt time.Time `json:"published_at" doc:"When it was published." example:"2026-01-15T09:30:00Z"`
	From        Date      `json:"from" doc:"First day of its period." example:"2024-11-01"`
	To          Date      `json:"to" doc:"Last day of its period." example:"2025-12-31"`
	AsOf        Date      `json:"as_of" doc:"The day whose state it describes." example:"2025-12-31"`
}

// ReportDefinition is a definition in the version that was used.
type ReportDefinition struct {
	Key       string `json:"key" doc:"The indicator." maxLength:"60" example:"beneficiaries"`
	Label     string `json:"label" doc:"What it is called, in French." maxLength:"200" example:"Nombre de bénéficiaires"`
	Version   int    `json:"version" doc:"Version of the definition." minimum:"1" maximum:"1000" example:"1"`
	ValidFrom Date   `json:"valid_from" doc:"First day on which that version is used." example:"2024-11-01"`
	FormulaFR string `json:"formula_fr" doc:"How it is worked out, in French." maxLength:"1000" example:"Personnes distinctes entrées dans la période."`
	Source    string `json:"source" doc:"The published text that it comes from." maxLength:"500" example:"L'Îlot, rapport d'activité 2025"`
}

// ReportMeans are the means that leave a trace in the records. Posts and accounts are the operator's to add.
type ReportMeans struct {
	Sites           int  `json:"sites" doc:"Places in which people were received in permanences." minimum:"0" maximum:"100000" example:"2"`
	Permanences     int  `json:"permanences" doc:"Permanences that were held at least once." minimum:"0" maximum:"100000" example:"2"`
	DaysHeld        int  `json:"days_held" doc:"How often a permanence was held, moved ones included." minimum:"0" maximum:"1000000" example:"81"`
	Moved           int  `json:"moved" doc:"How many of these were moved to another day, hour or place." minimum:"0" maximum:"1000000" example:"1"`
	Cancelled       int  `json:"cancelled" doc:"How often one was called off." minimum:"0" maximum:"1000000" example:"1"`
	ClosedDays      int  `json:"closed_days" doc:"How often one fell on a public holiday, or on a day on which the programme receives nobody." minimum:"0" maximum:"1000000" example:"2"`
	MinutesHeld     int  `json:"minutes_held" doc:"How long they were open together, without breaks." minimum:"0" maximum:"1000000000" example:"24300"`
	Caseworkers     *int `json:"caseworkers" doc:"Who followed a path that went on in the year, however many paths. Null where it is withheld." minimum:"0" maximum:"100000" example:"2"`
	TargetedPlaces  int  `json:"targeted_places" doc:"Territories on the programme's list in force." minimum:"0" maximum:"100000" example:"106"`
	ListProvisional bool `json:"list_provisional" doc:"Whether that list is a reconstruction and not the convention's own annex." example:"true"`
}

// Presence is one permanence in the year.
type Presence struct {
	Label        string        `json:"label" doc:"What the permanence is called." maxLength:"200" example:"Mardi à Doullens"`
	Site         string        `json:"site" doc:"Where it is held." maxLength:"200" example:"France Travail Doullens"`
	Weekday      Weekday       `json:"weekday" doc:"On which day of the week."`
	EveryWeeks   int           `json:"every_weeks" doc:"Every how many weeks." minimum:"1" maximum:"4" example:"1"`
	StartTime    WallTime      `json:"start_time" doc:"When it opens, as clocks in Paris show it." maxLength:"5" example:"09:00"`
	EndTime      WallTime      `json:"end_time" doc:"When it closes." maxLength:"5" example:"17:00"`
	Held         int           `json:"held" doc:"How often it was held up to as_of, moved ones included." minimum:"0" maximum:"10000" example:"40"`
	Moved        int           `json:"moved" doc:"How many of these were moved to another day, hour or place." minimum:"0" maximum:"10000" example:"1"`
	Cancelled    int           `json:"cancelled" doc:"How often it was called off." minimum:"0" maximum:"10000" example:"1"`
	ClosedDays   int           `json:"closed_days" doc:"How often it fell on a public holiday, or on a day on which the programme receives nobody." minimum:"0" maximum:"10000" example:"2"`
	MinutesHeld  int           `json:"minutes_held" doc:"How long it was open in all, without breaks." minimum:"0" maximum:"10000000" example:"14400"`
	Days         []PresenceDay `json:"days" doc:"Each of its days up to as_of, in order." maxItems:"1000" nullable:"false"`
	permanenceID string
}

// PresenceDay is a permanence on one of its days. Why it was moved or called off is not said: it may be about somebody.
type PresenceDay struct {
	On        Date             `json:"on" doc:"The day; of one that was moved, the day to which it was." example:"2025-05-13"`
	StartTime WallTime         `json:"start_time" doc:"When it opened, or would have." maxLength:"5" example:"09:00"`
	EndTime   WallTime         `json:"end_time" doc:"When it closed." maxLength:"5" example:"17:00"`
	Site      string           `json:"site" doc:"Where." maxLength:"200" example:"France Travail Doullens"`
	Status    OccurrenceStatus `json:"status" doc:"Whether it was held, as planned or moved, and where it was not, why."`
	ClosedFor *string          `json:"closed_for" doc:"The public holiday, or what the programme calls the closed days." maxLength:"200" example:"Fête nationale"`
	siteID    string
}

// ReportPartner is an organisation and its part in the year.
type ReportPartner struct {
	ID        string           `json:"-"`
	Name      string           `json:"name" doc:"Name of the organisation." maxLength:"200" example:"SPIP de la Somme"`
	Kind      OrganisationKind `json:"kind" doc:"Kind of organisation."`
	Hosts     bool             `json:"hosts" doc:"Whether a permanence was held at theirs in the year." example:"false"`
	Agreement bool             `json:"agreement" doc:"Whether the programme has an agreement with it." example:"true"`
	ReportPartnerCounts
}

// ReportPartnerCounts is what was done with a partner in the year, or with all.
type ReportPartnerCounts struct {
	Received   *int `json:"received" doc:"Referrals received from it in the year. Null where withheld." minimum:"0" maximum:"1000000" example:"19"`
	Accepted   *int `json:"accepted" doc:"How many of these were accepted by as_of. Null where withheld." minimum:"0" maximum:"1000000" example:"17"`
	Declined   *int `json:"declined" doc:"How many were declined by as_of. Null where withheld." minimum:"0" maximum:"1000000" example:"1"`
	Actions    *int `json:"actions" doc:"Actions done with it for participants. Null where withheld." minimum:"0" maximum:"1000000" example:"3"`
	Proposals  *int `json:"proposals" doc:"Proposals to participants that it is to carry out. Null where withheld." minimum:"0" maximum:"1000000" example:"2"`
	Immersions *int `json:"immersions" doc:"Immersions that it hosted or prescribed. Null where withheld." minimum:"0" maximum:"1000000" example:"1"`
}

// ReportSupport is what was done with and for people in the year, and what was proposed to them.
type ReportSupport struct {
	People          int                `json:"people" doc:"Persons with at least one of the things below in the year." minimum:"0" maximum:"1000000" example:"26"`
	Minutes         int                `json:"minutes" doc:"Minutes of appointments, workshops and actions together, where known." minimum:"0" maximum:"1000000000" example:"8200"`
	MinutesUnknown  int                `json:"minutes_unknown" doc:"Actions whose duration nobody recorded: they add none." minimum:"0" maximum:"1000000" example:"2"`
	SupportDays     int                `json:"support_days" doc:"Days of support in the year, of all paths that went on in it, counted as the average duration counts them: from entry, or the eve of the year, to the exit or as_of, so that the last day adds none and years add up. Of paths that all entered in the year it is the numerator of average_support_duration." minimum:"0" maximum:"1000000000" example:"4600"`
	MinutesPerMonth *float64           `json:"minutes_per_month" doc:"Intensity: minutes for a person and a month of support (30.4375 days), not rounded. Null over nothing." minimum:"0" maximum:"100000" example:"54.2"`
	Activities      []ReportActivity   `json:"activities" doc:"Nature, object, duration and intensity of what was done (3°): appointments and workshops to which the person came, actions, immersions." maxItems:"200" nullable:"false"`
	Proposals       []ReportProposal   `json:"proposals" doc:"What was proposed in the year (4° and 5°), and what had followed by as_of: every kind, in the order of the nomenclature." maxItems:"20" nullable:"false"`
	Eligibility     []ReportEntryCount `json:"eligibility" doc:"The ground on which those who entered in the year were taken on; unknown last." maxItems:"50" nullable:"false"`
}

// ReportEntryCount is how many entries have a value.
type ReportEntryCount struct {
	Code  string `json:"code" doc:"The value, or unknown." maxLength:"60" example:"ppsmj"`
	Count int    `json:"count" doc:"How many entries." minimum:"0" maximum:"1000000" example:"24"`
}

// ReportActivity is one kind of thing done.
type ReportActivity struct {
	Nature         string `json:"nature" doc:"What it is." enum:"appointment,workshop,action,immersion" maxLength:"20" example:"action"`
	Object         string `json:"object" doc:"What it is about: the mode of an appointment, the kind of a workshop or action, the purpose of an immersion." maxLength:"60" example:"aide_administrative"`
	Count          int    `json:"count" doc:"How often; for workshops each person who came counts." minimum:"0" maximum:"1000000" example:"12"`
	People         int    `json:"people" doc:"For how many persons." minimum:"0" maximum:"1000000" example:"9"`
	Minutes        *int   `json:"minutes" doc:"How long in all, where known. Null for immersions, which last days." minimum:"0" maximum:"1000000000" example:"540"`
	MinutesUnknown *int   `json:"minutes_unknown" doc:"How many have no duration. Null for immersions." minimum:"0" maximum:"1000000" example:"0"`
	Days           *int   `json:"days" doc:"Days of immersions in the year up to as_of; null for the others." minimum:"0" maximum:"1000000" example:"10"`
}

// ReportProposal is what was proposed, and what followed.
type ReportProposal struct {
	Kind         Proposal `json:"kind" doc:"What was proposed."`
	Proposed     int      `json:"proposed" doc:"How often." minimum:"0" maximum:"1000000" example:"6"`
	Accepted     int      `json:"accepted" doc:"How many of these were taken up." minimum:"0" maximum:"1000000" example:"3"`
	Refused      int      `json:"refused" doc:"How many were refused." minimum:"0" maximum:"1000000" example:"1"`
	NoAnswer     int      `json:"no_answer" doc:"How many got no answer." minimum:"0" maximum:"1000000" example:"1"`
	NotAvailable int      `json:"not_available" doc:"How many could not be had." minimum:"0" maximum:"1000000" example:"0"`
	Open         int      `json:"open" doc:"Of how many nobody had said by as_of what followed." minimum:"0" maximum:"1000000" example:"1"`
}

// ReportExits is how paths ended in the year, whenever they began.
type ReportExits struct {
	Exits         int          `json:"exits" doc:"Paths that ended." minimum:"0" maximum:"1000000" example:"17"`
	Positive      int          `json:"positive" doc:"How many of these ended in work, training, a SIAE or with the réseau pour l'emploi." minimum:"0" maximum:"1000000" example:"8"`
	Registered    int          `json:"registered" doc:"Of how many the last observation up to the exit says registered with France Travail." minimum:"0" maximum:"1000000" example:"12"`
	NotRegistered int          `json:"not_registered" doc:"Of how many it says not registered." minimum:"0" maximum:"1000000" example:"3"`
	Unobserved    int          `json:"unobserved" doc:"Of how many there is no observation up to the exit." minimum:"0" maximum:"1000000" example:"2"`
	Kinds         []ReportExit `json:"kinds" doc:"Kinds of exit that there were, in the order of the nomenclature; unknown last." maxItems:"50" nullable:"false"`
}

// ReportExit is how often paths ended in one way.
type ReportExit struct {
	Kind  string `json:"kind" doc:"Kind of exit, or unknown." maxLength:"60" example:"interim"`
	Group string `json:"group" doc:"Its group; empty where the kind is unknown." maxLength:"60" example:"emploi"`
	Count int    `json:"count" doc:"How many." minimum:"1" maximum:"1000000" example:"3"`
}

// ReportQuery asks for the report of a year.
type ReportQuery struct {
	Year int `query:"year" required:"true" doc:"The year: one in which the programme runs, and that has begun. An analyst's has had a month that is over." minimum:"1900" maximum:"2100" example:"2025"`
}

// Days are those that the report is about: the year, as it stands on its last day or, while it goes on, today.
func (q ReportQuery) Days(programme Programme, latest Date) (PeriodInput, error) {
	days := PeriodInput{From: NewDate(q.Year, 1, 1), To: NewDate(q.Year, 12, 31)}
	days.AsOf = EarlierOf(days.To, latest)
	switch {
	case q.Year < programme.StartsOn.Year() || q.Year > programme.EndsOn.Year():
		return days, queryFault("year", "outside_programme", "The programme runs from %s to %s.", programme.StartsOn, programme.EndsOn)
	case days.AsOf.Before(days.From):
		return days, queryFault("year", "not_begun", "Nothing of this year can be reported yet.")
	}
	return days, nil
}

// ReportFacts are what a report tells beside the figures.
type ReportFacts struct {
	Today      Date
	Standing   []Snapshot // of the programme
	Operator   string
	Timetables []Timetable
	Sites      map[string]Site
	Partners   []ReportPartner
	Support    *ReportSupport
	List       TargetedList
}

// Silent tells whether lists of few people are kept back from who asks.
func (q Question) Silent() bool { return q.Restricted && q.Programme.Threshold() > 1 }

// Report answers a report of the question's period, a year.
func (q Question) Report(facts ReportFacts) (Report, error) {
	if q.Silent() && q.discreet == nil {
		q.discreet = q.discretion() // once for all that follows
	}
	asked := q.days()
	since := q
	since.Period = q.Period.wholeProgramme()
	r := Report{
		About: q.asShown().about(), DrawnUpOn: facts.Today, PresenceUntil: EarlierOf(asked.To, asked.AsOf), Year: asked.From.Year(), YearOver: !asked.AsOf.Before(asked.To), Withheld: q.Silent(),
		ProgrammeName: q.Programme.Name, OperatorName: facts.Operator, StartsOn: q.Programme.StartsOn, EndsOn: q.Programme.EndsOn,
		Table: since.FiguresOf(""), TableOfYear: q.FiguresOf(""), Profile: since.Profile(), ProfileOfYear: q.Profile(),
		Support: facts.Support,
	}
	var err error
	if r.Entries, err = q.Series(IndicatorBeneficiaries, SeriesQuery{Step: StepMonth}); err == nil {
		r.EntriesToDate, err = q.Series(IndicatorBeneficiaries, SeriesQuery{Step: StepMonth, Cumulative: true})
	}
	if err == nil {
		r.Meetings, err = q.Series(IndicatorIndividualAttendance, SeriesQuery{Step: StepMonth})
	}
	if err == nil {
		r.Sectors, err = since.Breakdown(IndicatorBeneficiaries, []Dimension{BySector})
	}
	if err == nil {
		r.Coverage, err = since.Breakdown(IndicatorTerritoryCoverage, []Dimension{BySector})
	}
	if err != nil {
		return r, err
	}
	r.Published = r.standing(facts.Standing)
	r.Definitions = r.definitions()
	r.Presence = presences(facts, asked)
	r.Means = means(r.Presence, facts)
	r.Partners = partners(r.Presence, facts, q.Silent())
	if !q.Silent() {
		r.PartnersTotal = totalOf(r.Partners)
	}
	if q.Silent() {
		r.Support = nil
		return r, nil
	}
	r.Means.Caseworkers = new(q.caseworkers())
	r.Exits = new(q.exits())
	if r.Support != nil {
		r.Support = new(r.Support.intensity(q.supportDays()))
	}
	return r, nil
}

// days are those that were asked for, of what is told of a closing too: from the beginning of the year to its end.
func (q Question) days() Period {
	p := q.Period
	p.To = NewDate(p.From.Year(), 12, 31)
	if q.asked != nil {
		p.AsOf = *q.asked
	}
	return p
}

// standing are the snapshots of exactly the days of one of the tables.
func (r Report) standing(snapshots []Snapshot) []ReportSnapshot {
	found := []ReportSnapshot{}
	for _, of := range []struct {
		table string
		days  Period
	}{{"table", r.Table.Period}, {"table_of_year", r.TableOfYear.Period}} {
		for _, s := range snapshots {
			if s.From != nil && s.To != nil && *s.From == of.days.From && *s.To == of.days.To && s.AsOf == of.days.AsOf {
				found = append(found, ReportSnapshot{of.table, s.ID, s.Sha256, s.PublishedAt, *s.From, *s.To, s.AsOf})
				break
			}
		}
	}
	return found
}

// definitions are those that the figures of the table name.
func (r Report) definitions() []ReportDefinition {
	used := []ReportDefinition{}
	for _, f := range r.Table.Items {
		if d, err := Definitions.Named(f.Key, r.Table.AsOf); err == nil {
			used = append(used, ReportDefinition{d.Key, d.LabelFR, f.DefinitionVersion, d.ValidFrom, d.FormulaFR, d.Source})
		}
	}
	return used
}

// caseworkers are those who followed a path that went on in the period.
func (q Question) caseworkers() int {
	met := map[string]bool{}
	for _, r := range q.known(q.Period.AsOf, q.Filter).Records {
		if r.CaseworkerID != nil && r.wentOn(q.Period) {
			met[*r.CaseworkerID] = true
		}
	}
	return len(met)
}

func (q Question) supportDays() int {
	days := 0
	for _, r := range q.known(q.Period.AsOf, q.Filter).Records {
		days += r.daysWithin(q.Period)
	}
	return days
}

// wentOn tells whether the path went on on a day of the period, that of entry or exit among them.
func (r *Record) wentOn(p Period) bool {
	last := EarlierOf(p.To, p.AsOf)
	return !r.EnteredOn.After(last) && (r.ExitedOn == nil || !r.ExitedOn.Before(p.From))
}

// daysWithin counts the days of support in the period as supportDays does: the last adds none. Of a path that began before it
// the period begins on its eve, so that periods after each other add up to the whole.
func (r *Record) daysWithin(p Period) int {
	last := EarlierOf(p.To, p.AsOf)
	if r.ExitedOn != nil {
		last = EarlierOf(last, *r.ExitedOn)
	}
	return max(0, last.DaysSince(laterOf(p.From.AddDays(-1), r.EnteredOn)))
}

func (s ReportSupport) intensity(days int) ReportSupport {
	s.SupportDays = days
	if days > 0 {
		s.MinutesPerMonth = new(float64(s.Minutes) * 487 / 16 / float64(days))
	}
	return s
}

// exits counts the paths that ended in the period, whenever they began.
func (q Question) exits() ReportExits {
	found := ReportExits{Kinds: []ReportExit{}}
	kinds := map[string]int{}
	for _, r := range q.known(q.Period.AsOf, q.Filter).Records {
		if r.ExitedOn == nil || !q.Period.holds(*r.ExitedOn) {
			continue
		}
		found.Exits++
		kind := UnknownCode
		if r.ExitKind != nil {
			kind = string(*r.ExitKind)
			if r.ExitKind.Positive() {
				found.Positive++
			}
		}
		kinds[kind]++
		atExit := r.asOf(*r.ExitedOn)
		switch seen := atExit.lastFranceTravail(); {
		case seen == nil:
			found.Unobserved++
		case seen.Registered:
			found.Registered++
		default:
			found.NotRegistered++
		}
	}
	for _, code := range append(ExitKind("").Codes(), UnknownCode) {
		if kinds[code] > 0 {
			found.Kinds = append(found.Kinds, ReportExit{Kind: code, Group: GroupOf(ExitKind(code)), Count: kinds[code]})
		}
	}
	return found
}
