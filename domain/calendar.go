package domain

import (
	"strings"
	"time"
)

// CalendarKind is whose meetings a calendar feed shows.
type CalendarKind string

const (
	CalendarOfCaseworker  CalendarKind = "caseworker"
	CalendarOfSite        CalendarKind = "site"
	CalendarOfParticipant CalendarKind = "participant"
)

// Codes are the values.
func (CalendarKind) Codes() []string {
	return []string{string(CalendarOfCaseworker), string(CalendarOfSite), string(CalendarOfParticipant)}
}

// CalendarInput is whose meetings a feed is to show, and how.
type CalendarInput struct {
	Programme     string       `json:"programme" required:"true" doc:"Slug of the programme whose meetings it shows: one of the caller's." minLength:"2" maxLength:"60" example:"o2r-somme"`
	Kind          CalendarKind `json:"kind" required:"true" doc:"Whose meetings: a caseworker's with the programme's workshops, those held at a site, or a participant's own."`
	CaseworkerID  *string      `json:"caseworker_id" doc:"For a caseworker's: who; the caller when left out. A caseworker makes her own only." minLength:"1" maxLength:"255" example:"c.martin"`
	SiteID        *string      `json:"site_id" doc:"For a site's: which, of the programme." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	ParticipantID *string      `json:"participant_id" doc:"For a participant's: whose, with a path in the programme that the caller follows or nobody does. An administrator is not told." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Names         *bool        `json:"names" doc:"true: individual meetings name the participant, for whoever has the link, but for those at a justice service's. Left out, the feed names nobody; a participant's never does." example:"false"`
}

// Calendar is a feed of meetings behind a link. It shows what whoever made it may see today, in one programme.
type Calendar struct {
	Stamp
	CalendarInput
	MadeBy    string     `json:"made_by" doc:"Who made it: the subject of a token. It shows what she may see." maxLength:"255" example:"c.martin"`
	MadeAs    Role       `json:"made_as" doc:"In which role."`
	SeenOn    Date       `json:"seen_on" doc:"Day on which she last used the API with that role in that programme. After 45 days without, or 14 where it shows names, the feed rests until she does." example:"2026-02-05"`
	ExpiresAt time.Time  `json:"expires_at" doc:"When the link ends by itself: twelve months after it was made." example:"2027-02-05T09:00:00Z"`
	RevokedAt *time.Time `json:"revoked_at" doc:"When the link was revoked." example:"2026-06-02T08:00:00Z"`
}

// CalendarView is a feed as it is read: with how its link stands.
type CalendarView struct {
	Calendar
	State string `json:"state" doc:"active: the link is answered; resting: whoever made it was not seen for 45 days, or 14 where it shows names; expired; revoked. Only an active one is answered." enum:"active,resting,expired,revoked" maxLength:"20" example:"active"`
}

// NewCalendar is a feed that was just made, with its link.
type NewCalendar struct {
	CalendarView
	URL string `json:"url" doc:"The link, shown this once: whoever has it reads the feed without a token. Subscribe to it; do not send it around." maxLength:"500" example:"https://api.example/calendars/o2rcal_EXAMPLE-NOT-A-SECRET.ics"`
}

// ShownOnce keeps the answer from being kept for a repeated request.
func (NewCalendar) ShownOnce() {}

// CalendarQuery filters a list of feeds.
type CalendarQuery struct {
	Paging
	Programme string `query:"programme" doc:"Only those of this programme." maxLength:"60" example:"o2r-somme"`
	MadeBy    string `query:"made_by" doc:"Only those that this subject made." maxLength:"255" example:"c.martin"`
}

// How long a feed lasts, how many days it goes on while nobody sees who made it, which days it shows, and how many links
// one may have at once in a programme. With names it rests sooner: whoever left goes on reading them until then, and whoever
// is on leave finds it again when she is back.
const (
	CalendarMonths            = 12
	CalendarRestsAfter        = 45
	CalendarOfNamesRestsAfter = 14
	CalendarDaysBack          = 90
	CalendarDaysAhead         = 400
	MostCalendars             = 100
)

// Check refuses what no feed of that actor's can be.
func (in CalendarInput) Check(actor Actor) error {
	var faults Faults
	given := map[CalendarKind]bool{CalendarOfCaseworker: in.CaseworkerID != nil, CalendarOfSite: in.SiteID != nil, CalendarOfParticipant: in.ParticipantID != nil}
	for _, one := range []struct {
		kind  CalendarKind
		field string
	}{{CalendarOfCaseworker, "caseworker_id"}, {CalendarOfSite, "site_id"}, {CalendarOfParticipant, "participant_id"}} {
		switch {
		case one.kind != in.Kind && given[one.kind]:
			faults.Add(one.field, "other_kind", "This belongs to a feed of another kind: leave it out.")
		case one.kind == in.Kind && !given[one.kind] && in.Kind != CalendarOfCaseworker:
			faults.Add(one.field, "required", "A feed of this kind says whose it is.")
		}
	}
	faults.OptionalText("caseworker_id", in.CaseworkerID)
	if in.CaseworkerID != nil && actor.Is(Caseworker) && *in.CaseworkerID != actor.Subject {
		faults.Add("caseworker_id", "not_yours", "A caseworker makes a feed of her own meetings only.")
	}
	if in.Kind == CalendarOfParticipant && in.Names != nil && *in.Names {
		faults.Add("names", "own_feed", "A participant's own feed names nobody.")
	}
	return faults.Err()
}

// NewCalendarOf is the feed that the actor makes.
func NewCalendarOf(stamp Stamp, in CalendarInput, actor Actor, now time.Time) Calendar {
	if in.Kind == CalendarOfCaseworker && in.CaseworkerID == nil {
		in.CaseworkerID = &actor.Subject
	}
	if in.Names == nil {
		in.Names = new(bool)
	}
	today := DayOf(now)
	return Calendar{Stamp: stamp, CalendarInput: in, MadeBy: actor.Subject, MadeAs: actor.Role, SeenOn: today, ExpiresAt: now.AddDate(0, CalendarMonths, 0)}
}

// View is the feed as it stands at that instant.
func (c Calendar) View(now time.Time) CalendarView {
	state := "active"
	switch {
	case c.RevokedAt != nil:
		state = "revoked"
	case !now.Before(c.ExpiresAt):
		state = "expired"
	case c.SeenOn.AddDays(c.restsAfter()).Before(DayOf(now)):
		state = "resting"
	}
	return CalendarView{c, state}
}

func (c Calendar) restsAfter() int {
	if c.Names != nil && *c.Names {
		return CalendarOfNamesRestsAfter
	}
	return CalendarRestsAfter
}

// Revoke ends the link for good.
func (c *Calendar) Revoke(now time.Time) error {
	if c.RevokedAt != nil {
		return Refused("calendar_revoked", "This link was revoked already.")
	}
	c.RevokedAt = &now
	return nil
}

// Actor is whoever made the feed, as she is asked for what it shows: in its programme alone, without any reason for a
// colleague's file.
func (c Calendar) Actor(organisationID string) Actor {
	return Actor{Subject: c.MadeBy, Role: c.MadeAs, OrganisationID: organisationID, Programmes: []string{c.Programme}}
}

// Window are the days that a feed shows, so that its size is bounded.
func (c Calendar) Window(today Date) (from, to time.Time) {
	return today.AddDays(-CalendarDaysBack).Start(), today.AddDays(CalendarDaysAhead).End()
}

// Title is what calendars call the feed. Where is the name of the site whose it is.
func (c Calendar) Title(where string) string {
	switch c.Kind {
	case CalendarOfSite:
		return "O2R – " + where
	case CalendarOfParticipant:
		return "Mes rendez-vous"
	}
	return "O2R – rendez-vous et ateliers"
}

// CalendarEntry is one meeting in a feed: when and where, and neither what for nor what was noted.
type CalendarEntry struct {
	ID        string // the same for good, also when it is moved
	StartsAt  time.Time
	EndsAt    time.Time
	Summary   string
	Location  string // empty where there is none to tell
	Cancelled bool
	Sequence  int // grows with every change, so that programs take the later for the truth
	MadeAt    time.Time
	RevisedAt time.Time

	Whose string // the enrolment, for the audit trail
}

// CalendarPlace is a site as a feed knows it.
type CalendarPlace struct {
	Name string
	Host OrganisationKind // empty where nobody hosts it
}

// tellsOfJustice tells whether it is a justice service's: by its host or, since that may be left out, by its name.
func (p CalendarPlace) tellsOfJustice() bool {
	return tellsByReferrer(string(p.Host)) || WordsTellOfJustice(p.Name)
}

// MeetingSummary is what a feed calls an individual meeting at that place. Name is the participant's, where the feed shows
// names: but not beside a justice service, since the two together say how she stands with justice to whoever has the link.
func (c Calendar) MeetingSummary(name string, place CalendarPlace) string {
	if c.Kind == CalendarOfParticipant || c.Names == nil || !*c.Names || strings.TrimSpace(name) == "" || place.tellsOfJustice() {
		return "Rendez-vous individuel"
	}
	return "Rendez-vous : " + name
}

// WorkshopSummary is what a feed calls a workshop. A participant's own feed does not repeat a title that tells of justice.
func (c Calendar) WorkshopSummary(title string) string {
	if c.Kind == CalendarOfParticipant && WordsTellOfJustice(title) {
		return "Atelier"
	}
	return "Atelier : " + title
}

// MeetingPlace is where a meeting is held. A participant's own feed, which may lie with whoever keeps her calendar, does
// not name a place that is a justice service's: she knows it.
func (c Calendar) MeetingPlace(mode MeetingMode, place CalendarPlace) string {
	switch mode {
	case MeetingPhone:
		return "Par téléphone"
	case MeetingVideo:
		return "En visioconférence"
	}
	if c.Kind == CalendarOfParticipant && place.tellsOfJustice() {
		return ""
	}
	return place.Name
}

// CalendarFeed is what a link leads to.
type CalendarFeed struct {
	Title   string
	Entries []CalendarEntry
}
