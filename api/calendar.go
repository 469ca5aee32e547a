package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/danielgtaylor/huma/v2"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

type calendarAct struct {
	ByID
	Matching
}

// calendarLink is a request for what a link leads to.
type calendarLink struct {
	File string `path:"file" doc:"The link's last part: its token, then .ics." maxLength:"200" example:"o2rcal_EXAMPLE-NOT-A-SECRET.ics"`
	Known
}

// calendarFile is a feed as calendars read it.
type calendarFile struct {
	Status       int
	ContentType  string `header:"Content-Type" doc:"text/calendar, in UTF-8." maxLength:"100" example:"text/calendar; charset=utf-8"`
	ETag         string `header:"ETag" doc:"Stands for what the feed shows; changes with it." maxLength:"100" example:"\"mJbR2vW0cF8=\""`
	CacheControl string `header:"Cache-Control" doc:"Nobody shared keeps it, and whoever has it asks whether it is still true." maxLength:"100" example:"private, no-cache"`
	Robots       string `header:"X-Robots-Tag" doc:"Not for search engines." maxLength:"100" example:"noindex"`
	Body         []byte
}

const calendarType = "text/calendar"

func (a *API) calendars() {
	readers := Staff.And(domain.Admin)
	list(a, "/v1/calendars", readers,
		Doc{ID: "listCalendars", Tag: "Meetings", Summary: "List calendar feeds", Text: "Links behind which meetings are read as a calendar, the latest made first: a caseworker's own, those of a coordinator's programmes, and for an administrator all. seen_on says who has not come for long. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *domain.CalendarQuery) (domain.Page[domain.CalendarView], error) {
			return s.Calendars(ctx, *in)
		})
	read(a, "/v1/calendars/{id}", readers,
		Doc{ID: "getCalendar", Tag: "Meetings", Summary: "Read a calendar feed", Text: "Whose meetings it shows, who made it, and how its link stands; not the link, which was shown once. The look is audited."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.CalendarView, error) {
			return s.Calendar(ctx, in.ID)
		})
	create(a, "/v1/calendars", Staff,
		Doc{ID: "createCalendar", Tag: "Meetings", Summary: "Make a calendar feed", Text: "Makes a link that this answer alone shows, to subscribe to in any calendar program: a caseworker's meetings and the programme's workshops, those at a site, or a participant's own. Whoever has it reads it without a token, so it names nobody unless names is true, nobody who is met at a justice service's, and never says what a meeting is for. It shows what its maker may see on the day it is read, 90 days back and 400 ahead, rests when she has not used the API for 45 days (14 with names), and ends after twelve months or when it is revoked. A participant's own is answered as long as its maker follows her, or nobody does: whoever takes her over makes another."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.CalendarInput]) (domain.NewCalendar, error) {
			made, token, err := s.NewCalendar(ctx, in.Body)
			return domain.NewCalendar{CalendarView: made, URL: a.tokens.calendarURL(token)}, err
		})
	act(a, "/v1/calendars/{id}/revoke", readers,
		Doc{ID: "revokeCalendar", Tag: "Meetings", Summary: "Revoke a calendar feed", Text: "Ends a link for good and at once, on every replica: a caseworker's own, a coordinator any of her programmes, an administrator any."},
		func(in *calendarAct) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *calendarAct, match domain.Match) (domain.CalendarView, error) {
			return s.RevokeCalendar(ctx, in.ID, match)
		})

	longest := 10 << 20
	rest.Register(a.server, huma.Operation{
		OperationID: "readCalendar", Method: http.MethodGet, Path: "/calendars/{file}", Tags: []string{"Meetings"}, Security: rest.Public,
		Summary:     "Read what a link leads to",
		Description: "The meetings of a feed as iCalendar (RFC 5545), for whoever has the link. Meetings that are moved keep their UID; those that are called off read STATUS:CANCELLED, with a higher SEQUENCE. A link that is none, was revoked, has expired or rests answers the same 404. What is shown is audited as a look of whoever made it.",
		Errors:      []int{404},
		Responses: map[string]*huma.Response{
			"200": {Description: "The calendar.", Content: map[string]*huma.MediaType{calendarType: {Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^BEGIN:VCALENDAR", Description: "An iCalendar object.", MaxLength: &longest, Examples: []any{"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"}}}}},
			"304": {Description: "What the caller has is still true."},
		},
	}, a.readCalendar)
}

// readCalendar answers a link. The token is in no log: lines and figures name the route, and the trail the feed.
func (a *API) readCalendar(ctx context.Context, in *calendarLink) (*calendarFile, error) {
	token, named := strings.CutSuffix(in.File, ".ics")
	if !named {
		token = ""
	}
	anybody := domain.Actor{Subject: "calendar:unknown", Role: domain.Anonymous, RequestID: rest.RequestID(ctx)}
	file := &calendarFile{Status: http.StatusOK, ContentType: calendarType + "; charset=utf-8", CacheControl: "private, no-cache", Robots: "noindex"}
	err := a.store.As(anybody).Feed(ctx, token, func(feed domain.CalendarFeed) bool {
		file.Body = writeCalendar(feed)
		digest := sha256.Sum256(file.Body)
		file.ETag = `"` + base64.RawURLEncoding.EncodeToString(digest[:12]) + `"`
		if in.holds(file.ETag) {
			file.Status, file.Body, file.ContentType = http.StatusNotModified, nil, ""
		}
		return file.Body != nil
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// calendarURL is the link with that token, where the deployment is reached.
func (k *Tokens) calendarURL(token string) string {
	return strings.TrimSuffix(cmp.Or(k.links, k.issuer), "/") + "/calendars/" + token + ".ics"
}

// LinkTo says where links lead that are handed out, before the first request: to the issuer when nothing is said.
func (k *Tokens) LinkTo(base string) { k.links = base }

// writeCalendar writes a feed as RFC 5545 has it. Instants are in UTC, so that no program needs to know when clocks change
// here; nothing in it depends on when it is read but what it shows. It has no METHOD, so that DTSTAMP is when a meeting was
// last revised.
func writeCalendar(feed domain.CalendarFeed) []byte {
	calendar := ics.NewCalendar()
	calendar.SetProductId("-//O2R//Calendrier//FR")
	calendar.SetCalscale("GREGORIAN")
	calendar.SetXWRCalName(plainLine(feed.Title))
	calendar.SetRefreshInterval("PT1H")
	calendar.SetXPublishedTTL("PT1H")
	for _, entry := range feed.Entries {
		event := calendar.AddEvent(entry.ID)
		event.SetCreatedTime(entry.MadeAt)
		event.SetDtStampTime(entry.RevisedAt)
		event.SetModifiedAt(entry.RevisedAt)
		event.SetSequence(entry.Sequence)
		event.SetStartAt(entry.StartsAt)
		event.SetEndAt(entry.EndsAt)
		event.SetSummary(plainLine(entry.Summary))
		if entry.Location != "" {
			event.SetLocation(plainLine(entry.Location))
		}
		event.SetClass(ics.ClassificationPrivate)
		if entry.Cancelled {
			event.SetStatus(ics.ObjectStatusCancelled)
			event.SetTimeTransparency(ics.TransparencyTransparent)
		} else {
			event.SetStatus(ics.ObjectStatusConfirmed)
			event.SetTimeTransparency(ics.TransparencyOpaque)
		}
	}
	if len(feed.Entries) == 0 { // RFC 5545, 3.4: there is at least one component, and strict programs refuse a calendar without
		utc := calendar.AddTimezone("UTC").AddStandard()
		utc.AddProperty(ics.ComponentPropertyDtStart, "19700101T000000")
		utc.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), "+0000")
		utc.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), "+0000")
	}
	return []byte(calendar.Serialize(ics.WithNewLineWindows)) // its default is the system's own line end
}

// plainLine makes one line of a text: the library escapes a line feed, and lets a carriage return and other control
// characters through, which would end a line.
func plainLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
}

// sightings remembers who was seen today, so that the database is told once a day by each replica.
type sightings struct {
	mu   sync.Mutex
	day  domain.Date
	seen map[string]bool
}

// first tells whether the actor is seen with this role and these programmes for the first time that day.
func (s *sightings) first(actor domain.Actor, now time.Time) bool {
	who := strings.Join(append([]string{string(actor.Role), actor.Subject}, actor.Programmes...), "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	if today := domain.DayOf(now); s.seen == nil || !s.day.Equal(today) || len(s.seen) >= maxKnown {
		s.day, s.seen = today, map[string]bool{}
	}
	if s.seen[who] {
		return false
	}
	s.seen[who] = true
	return true
}

// noteSeen keeps the feeds of whoever came with a good token going. That it cannot be noted is no reason to turn her away:
// it is tried again with her next request.
func (a *API) noteSeen(ctx context.Context, actor domain.Actor) {
	if !actor.Staff() || !a.seen.first(actor, time.Now()) {
		return
	}
	if err := a.store.As(actor).Seen(ctx); err != nil {
		a.seen.forget()
	}
}

func (s *sightings) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = nil
}
