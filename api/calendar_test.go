package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ical "github.com/emersion/go-ical"

	"o2r/api"
	"o2r/domain"
)

// linked makes a calendar feed, and gives its id and the path that its link leads to.
func (f *fixture) linked(actor domain.Actor, kind string, changes ...any) (id, link string) {
	f.Helper()
	made := f.send(actor, "POST", "/v1/calendars", object(map[string]any{"programme": somme, "kind": kind}, changes...)).is(201)
	url := made.text("url")
	if !strings.HasPrefix(url, "https://o2r.test/calendars/o2rcal_") || len(path.Base(url)) != len("o2rcal_")+43+len(".ics") {
		f.Errorf("the link is %s", url)
	}
	return made.text("id"), "/calendars/" + path.Base(url)
}

// events reads a link as another library understands it: by UID, summary, place, state and sequence, in order.
func (f *fixture) events(link string) []ical.Event {
	f.Helper()
	got := f.send(nobody, "GET", link, nil).is(200)
	if got.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || got.Header.Get("Cache-Control") != "private, no-cache" || got.Header.Get("ETag") == "" {
		f.Errorf("headers %v", got.Header)
	}
	f.wellFormed(got.Text)
	calendar, err := ical.NewDecoder(strings.NewReader(got.Text)).Decode()
	f.must(err)
	var again bytes.Buffer
	f.must(ical.NewEncoder(&again).Encode(calendar)) // it insists on what RFC 5545 requires of a calendar and of each component
	if zones := strings.Count(got.Text, "BEGIN:VTIMEZONE\r\n"); len(calendar.Events()) == 0 && zones != 1 || len(calendar.Events()) > 0 && zones != 0 {
		f.Errorf("%d time zones beside %d meetings", zones, len(calendar.Events()))
	}
	return calendar.Events()
}

// wellFormed insists on lines of 75 octets at most, ended by CRLF, of whole characters and without control characters.
func (f *fixture) wellFormed(text string) {
	f.Helper()
	if !strings.HasSuffix(text, "END:VCALENDAR\r\n") || strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		f.Errorf("lines do not all end with CRLF: %q", text)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			f.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
}

// told is what a feed says, a line for each event: when, what, where, how it stands.
func (f *fixture) told(link string) string {
	f.Helper()
	var lines []string
	for _, event := range f.events(link) {
		text := func(name string) string {
			value, err := event.Props.Text(name)
			f.must(err)
			return value
		}
		start, err := event.DateTimeStart(time.UTC)
		f.must(err)
		end, err := event.DateTimeEnd(time.UTC)
		f.must(err)
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s+%d %s %s %s @ %s", start.Format("02 15:04"), int(end.Sub(start).Minutes()), event.Props.Get("STATUS").Value, event.Props.Get("SEQUENCE").Value, text("SUMMARY"), text("LOCATION"))))
	}
	return strings.Join(lines, "\n")
}

func (f *fixture) tells(link, want string) {
	f.Helper()
	if got := f.told(link); got != want {
		f.Errorf("the feed tells\n%s\nnot\n%s", got, want)
	}
}

// inDays is an instant of a day to come, at that hour in UTC, and inDays(…)[8:10] its day of the month.
func inDays(days, hour int) string {
	return time.Now().In(domain.Paris).AddDate(0, 0, days).Format("2006-01-02") + fmt.Sprintf("T%02d:00:00Z", hour)
}

func dayIn(days int) string { return inDays(days, 0)[8:10] }

func TestACalendarShowsMeetingsAndNobodysName(t *testing.T) {
	f := newFixture(t)
	caseworker, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	// Hers, a colleague's, and one whom nobody follows; at a site, elsewhere, and long ago.
	her, his, free := f.enrolled("Camille", "Exemple", "2025-02-03"), f.enrolled("Dominique", "Fictif", "2025-02-03"), f.enrolled("Sacha", "Inventé", "2025-02-03")
	follow := func(entry domain.EnrolmentView, who string) {
		t.Helper()
		f.exec(`UPDATE enrolments SET caseworker_id = $2 WHERE id = $1`, entry.ID, who)
	}
	follow(her, caseworker.Subject)
	follow(his, "colleague")
	meet := func(entry domain.EnrolmentView, days, hour int, changes ...any) string {
		t.Helper()
		return f.send(lead, "POST", "/v1/appointments", object(map[string]any{"enrolment_id": entry.ID, "starts_at": inDays(days, hour), "duration_minutes": 45, "mode": "in_person",
			"site_id": f.site.ID, "purpose": "Frein santé : addiction."}, changes...)).is(201).text("id")
	}
	first := meet(her, 1, 9)
	second := meet(her, 2, 9, "mode", "phone", "site_id", nil)
	meet(his, 3, 9)
	meet(free, 4, 9)
	meet(her, -91, 9)
	meet(her, 401, 9)
	session := f.send(lead, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Préparer, un entretien; ou \\ deux", "starts_at": inDays(5, 13), "duration_minutes": 120, "site_id": f.site.ID, "capacity": 1}).is(201).text("id")

	_, hers := f.linked(caseworker, "caseworker")
	day := func(days int) string { return dayIn(days) }
	workshop := day(5) + ` 13:00+120 CONFIRMED 0 Atelier : Préparer, un entretien; ou \ deux @ Doullens`
	f.tells(hers, day(1)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Doullens\n"+day(2)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Par téléphone\n"+workshop)
	text := f.send(nobody, "GET", hers, nil).is(200).Text
	for _, secret := range []string{"Exemple", "Camille", "Fictif", "santé", "addiction", her.ID, her.ParticipantID, caseworker.Subject, somme} {
		if strings.Contains(text, secret) {
			t.Errorf("the feed tells %s", secret)
		}
	}
	if !strings.Contains(text, "X-WR-CALNAME:O2R – rendez-vous et ateliers\r\n") || !strings.Contains(text, "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n") || !strings.Contains(text, "UID:"+first+"\r\n") {
		t.Errorf("the feed is\n%s", text)
	}
	// A caseworker's feed of a site holds what she reaches there; a coordinator's all of it; with names, who.
	_, site := f.linked(caseworker, "site", "site_id", f.site.ID)
	f.tells(site, day(1)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Doullens\n"+day(4)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Doullens\n"+workshop)
	_, named := f.linked(lead, "site", "site_id", f.site.ID, "names", true)
	f.tells(named, day(1)+" 09:00+45 CONFIRMED 0 Rendez-vous : Camille Exemple @ Doullens\n"+day(3)+" 09:00+45 CONFIRMED 0 Rendez-vous : Dominique Fictif @ Doullens\n"+
		day(4)+" 09:00+45 CONFIRMED 0 Rendez-vous : Sacha Inventé @ Doullens\n"+workshop)
	if text := f.send(nobody, "GET", named, nil).is(200).Text; strings.Contains(text, "addiction") || !strings.Contains(text, "X-WR-CALNAME:O2R – Doullens\r\n") {
		t.Errorf("with names the feed tells\n%s", text)
	}
	_, colleague := f.linked(lead, "caseworker", "caseworker_id", "colleague")
	f.tells(colleague, day(3)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Doullens\n"+workshop)

	// Moved, a meeting keeps its UID; called off, it says so, under a higher number.
	at := "/v1/appointments/" + first
	f.send(caseworker, "PUT", at, map[string]any{"enrolment_id": her.ID, "starts_at": inDays(2, 15), "duration_minutes": 30, "mode": "video"}, "If-Match", "*").is(200)
	f.send(caseworker, "POST", "/v1/appointments/"+second+"/attendance", map[string]any{"status": "cancelled"}).is(200)
	f.send(lead, "PUT", "/v1/workshops/"+session, map[string]any{"programme": somme, "kind": "remobilisation", "title": "Entretien", "starts_at": inDays(6, 13), "duration_minutes": 60, "capacity": 1}, "If-Match", "*").is(200)
	f.tells(hers, day(2)+" 09:00+45 CANCELLED 1 Rendez-vous individuel @ Par téléphone\n"+day(2)+" 15:00+30 CONFIRMED 1 Rendez-vous individuel @ En visioconférence\n"+
		day(6)+" 13:00+60 CONFIRMED 1 Atelier : Entretien @")
	if moved := f.events(hers)[1]; moved.Props.Get("UID").Value != first || moved.Props.Get("DTSTAMP").Value != moved.Props.Get("LAST-MODIFIED").Value {
		t.Errorf("moved, the meeting is %v", moved.Props)
	}

	// Her own: her meetings and workshops, those that she gave back as cancelled, and nothing of the others'.
	_, own := f.linked(caseworker, "participant", "participant_id", her.ParticipantID)
	place := func(what string) {
		t.Helper()
		f.send(caseworker, "POST", "/v1/workshops/"+session+what, map[string]any{"enrolment_id": her.ID}).is(200)
	}
	meetings := day(2) + " 09:00+45 CANCELLED 1 Rendez-vous individuel @ Par téléphone\n" + day(2) + " 15:00+30 CONFIRMED 1 Rendez-vous individuel @ En visioconférence"
	f.tells(own, meetings)
	place("/registrations")
	f.tells(own, meetings+"\n"+day(6)+" 13:00+60 CONFIRMED 1 Atelier : Entretien @")
	f.send(lead, "POST", "/v1/workshops/"+session+"/registrations", map[string]any{"enrolment_id": free.ID, "waiting_list": true}).is(200)
	_, waits := f.linked(caseworker, "participant", "participant_id", free.ParticipantID)
	f.tells(waits, day(4)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Doullens") // who waits has no place yet
	place("/unregister")
	f.tells(own, meetings+"\n"+day(6)+" 13:00+60 CANCELLED 2 Atelier : Entretien @")
	f.tells(waits, day(4)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Doullens\n"+day(6)+" 13:00+60 CONFIRMED 1 Atelier : Entretien @")
	f.send(lead, "POST", "/v1/workshops/"+session+"/unregister", map[string]any{"enrolment_id": free.ID}).is(200)
	place("/registrations")
	f.tells(own, meetings+"\n"+day(6)+" 13:00+60 CONFIRMED 3 Atelier : Entretien @")
	f.send(lead, "POST", "/v1/workshops/"+session+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	f.tells(own, meetings+"\n"+day(6)+" 13:00+60 CANCELLED 4 Atelier : Entretien @")
	// A place that is a probation service's is not named to whoever keeps her calendar.
	f.exec(`UPDATE sites SET name = 'SPIP Amiens', host_id = $1`, f.spip.ID)
	f.tells(waits, day(4)+" 09:00+45 CONFIRMED 0 Rendez-vous individuel @\n"+day(6)+" 13:00+60 CANCELLED 3 Atelier : Entretien @")
	if text := f.send(nobody, "GET", waits, nil).is(200).Text; strings.Contains(text, "SPIP") || !strings.Contains(text, "X-WR-CALNAME:Mes rendez-vous\r\n") {
		t.Errorf("her own feed tells\n%s", text)
	}
}

// What a feed shows follows what its maker may see today; and what ends it is the same 404 as a link that never was.
func TestALinkEndsAndWhatItShowsFollowsItsMaker(t *testing.T) {
	f := newFixture(t)
	caseworker, lead, admin, dpo := f.actor(domain.Caseworker), f.actor(domain.Coordinator), f.actor(domain.Admin), f.actor(domain.DPO)
	caseworker.Subject = "camille.m"
	her := f.enrolled("Camille", "Exemple", "2025-02-03")
	f.exec(`UPDATE enrolments SET caseworker_id = 'camille.m'`)
	f.send(lead, "POST", "/v1/appointments", map[string]any{"enrolment_id": her.ID, "starts_at": inDays(1, 9), "duration_minutes": 45, "mode": "phone"}).is(201)
	meeting := dayIn(1) + " 09:00+45 CONFIRMED 0 Rendez-vous individuel @ Par téléphone"
	none := f.send(nobody, "GET", "/calendars/o2rcal_"+strings.Repeat("A", 43)+".ics", nil)
	none.problem(404, "not_found")
	ended := func(when, link string) {
		t.Helper()
		got := f.send(nobody, "GET", link, nil)
		got.problem(404, "not_found")
		if got.anonymous() != none.anonymous() {
			t.Errorf("%s the link answers\n%s\nand one that never was\n%s", when, got.anonymous(), none.anonymous())
		}
	}
	id, link := f.linked(caseworker, "caseworker")
	f.tells(link, meeting)
	for name, other := range map[string]string{
		"without its end": strings.TrimSuffix(link, ".ics"), "another end": strings.TrimSuffix(link, "ics") + "ICS", "in small letters": strings.ToLower(link), "its id": "/calendars/" + id + ".ics",
		"its end alone": "/calendars/.ics", "half of it": link[:30] + ".ics", "its hash": "/calendars/" + f.rows(`SELECT encode(digest, 'hex') FROM calendars`)[0][0].(string) + ".ics", "SQL": "/calendars/'%20OR%20true--.ics",
	} {
		ended(name, other)
	}

	// Whoever has no reach makes none, reads none and ends none.
	for name, r := range map[string]struct {
		actor  domain.Actor
		body   map[string]any
		status int
		at     []string
	}{
		"a partner's":                {f.actor(domain.Partner), map[string]any{"programme": somme, "kind": "caseworker"}, 403, nil},
		"an analyst's":               {f.actor(domain.Analyst), map[string]any{"programme": somme, "kind": "caseworker"}, 403, nil},
		"an administrator's":         {admin, map[string]any{"programme": somme, "kind": "caseworker"}, 403, nil},
		"another programme's":        {caseworker, map[string]any{"programme": elsewhere, "kind": "caseworker"}, 422, []string{"body.programme"}},
		"no programme":               {caseworker, map[string]any{"kind": "caseworker"}, 422, []string{"body.programme"}},
		"of no kind":                 {caseworker, map[string]any{"programme": somme, "kind": "team"}, 422, []string{"body.kind"}},
		"a colleague's":              {caseworker, map[string]any{"programme": somme, "kind": "caseworker", "caseworker_id": "colleague"}, 422, []string{"body.caseworker_id"}},
		"a site's without a site":    {caseworker, map[string]any{"programme": somme, "kind": "site"}, 422, []string{"body.site_id"}},
		"a site that is none":        {caseworker, map[string]any{"programme": somme, "kind": "site", "site_id": randomID()}, 422, []string{"body.site_id"}},
		"a site's with a person":     {caseworker, map[string]any{"programme": somme, "kind": "site", "site_id": f.site.ID, "participant_id": her.ParticipantID}, 422, []string{"body.participant_id"}},
		"nobody's":                   {caseworker, map[string]any{"programme": somme, "kind": "participant"}, 422, []string{"body.participant_id"}},
		"somebody's who is none":     {caseworker, map[string]any{"programme": somme, "kind": "participant", "participant_id": randomID()}, 422, []string{"body.participant_id"}},
		"a participant's with names": {caseworker, map[string]any{"programme": somme, "kind": "participant", "participant_id": her.ParticipantID, "names": true}, 422, []string{"body.names"}},
		"a colleague's participant":  {f.actor(domain.Caseworker), map[string]any{"programme": somme, "kind": "participant", "participant_id": her.ParticipantID}, 422, []string{"body.participant_id"}},
		"from another programme":     {f.stranger(domain.Coordinator), map[string]any{"programme": elsewhere, "kind": "participant", "participant_id": her.ParticipantID}, 422, []string{"body.participant_id"}},
		"with a link of its own":     {caseworker, map[string]any{"programme": somme, "kind": "caseworker", "url": "https://example.org"}, 422, []string{"body.url"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			got := f.send(r.actor, "POST", "/v1/calendars", r.body)
			if r.status == 403 {
				got.problem(403, "forbidden")
			} else {
				got.problemAt(422, "invalid", r.at...)
			}
		})
	}
	// A reason for a colleague's file opens it to one request, and so to no feed.
	f.send(f.actor(domain.Caseworker), "POST", "/v1/calendars", map[string]any{"programme": somme, "kind": "participant", "participant_id": her.ParticipantID}, "Access-Reason", "Remplacement.").problem(422, "invalid")
	at := "/v1/calendars/" + id
	for _, other := range []domain.Actor{f.actor(domain.Caseworker), f.stranger(domain.Coordinator)} {
		f.send(other, "GET", at, nil).problem(404, "not_found")
		f.send(other, "POST", at+"/revoke", nil).problem(404, "not_found")
		if strings.Contains(f.send(other, "GET", "/v1/calendars", nil).is(200).Text, id) {
			t.Errorf("%s lists it", other.Subject)
		}
	}
	for _, reader := range []domain.Actor{caseworker, lead, admin} {
		got := f.send(reader, "GET", at, nil).is(200)
		if got.text("state") != "active" || got.text("made_by") != "camille.m" || strings.Contains(got.Text, "o2rcal_") {
			t.Errorf("%s reads %s", reader.Subject, got.Text)
		}
		if !strings.Contains(f.send(reader, "GET", "/v1/calendars?made_by=camille.m&programme="+somme, nil).is(200).Text, id) {
			t.Errorf("%s does not list it", reader.Subject)
		}
	}
	if n := f.count(`SELECT count(*) FROM calendars`); n != 1 {
		t.Errorf("%d feeds: those that were refused are there", n)
	}

	// Reassigned, the meeting is gone from her feed, and a feed of that person ends; they come back with her.
	_, own := f.linked(caseworker, "participant", "participant_id", her.ParticipantID)
	f.tells(own, meeting)
	f.exec(`UPDATE enrolments SET caseworker_id = 'colleague'`)
	f.tells(link, "")
	ended("reassigned,", own)
	f.exec(`UPDATE enrolments SET caseworker_id = 'camille.m'`)
	f.tells(own, meeting)
	// Restricted, nothing of her is shown.
	restrict := func(restricted bool) {
		f.send(dpo, "POST", "/v1/participants/"+her.ParticipantID+"/restriction", map[string]any{"restricted": restricted, "reason": "Exactitude contestée."}).is(200)
	}
	restrict(true)
	f.tells(link, "")
	ended("restricted,", own)
	restrict(false)
	f.tells(own, meeting)

	// Its maker is not seen for 45 days: it rests, until she comes again with this role and this programme.
	sleep := func() {
		f.exec(`UPDATE calendars SET seen_on = current_date - 46`)
		ended("unseen,", link)
	}
	seenAs := func(change func(*domain.Actor)) {
		t.Helper()
		again := caseworker
		change(&again)
		f.must(f.store.As(again).Seen(t.Context()))
	}
	f.exec(`UPDATE calendars SET seen_on = current_date - 44`)
	f.tells(link, meeting)
	sleep()
	if got := f.send(lead, "GET", at, nil).is(200); got.text("state") != "resting" {
		t.Errorf("unseen, it is %s", got.text("state"))
	}
	seenAs(func(a *domain.Actor) { a.Programmes = []string{elsewhere} })
	seenAs(func(a *domain.Actor) { a.Role = domain.Coordinator })
	seenAs(func(a *domain.Actor) { a.Role = domain.Partner })
	seenAs(func(a *domain.Actor) { a.Subject = "somebody-else" })
	ended("seen without it,", link)
	seenAs(func(*domain.Actor) {})
	f.tells(link, meeting)
	sleep()
	other := caseworker // any request of hers will do, once a day for each token's programmes
	other.Programmes = []string{somme, "o2r-nulle-part"}
	f.send(other, "GET", "/v1/me", nil).is(200)
	f.tells(link, meeting)

	// Erased, a feed of hers is gone. Expired, revoked by whoever may: ended.
	f.exec(`UPDATE calendars SET expires_at = now() WHERE kind = 'participant'`)
	ended("expired,", own)
	_, own = f.linked(caseworker, "participant", "participant_id", her.ParticipantID)
	copied := f.send(dpo, "GET", "/v1/participants/"+her.ParticipantID+"/export", nil).is(200)
	if list, _ := copied.Fields["calendars"].([]any); len(list) != 2 || strings.Contains(copied.Text, "digest") {
		t.Errorf("her copy holds the feeds %v", copied.Fields["calendars"])
	}
	f.send(caseworker, "POST", at+"/revoke", nil, "If-Match", `"9"`).problem(412, "stale")
	f.tells(link, meeting)
	f.send(caseworker, "POST", at+"/revoke", nil).is(200)
	f.trail(caseworker, "revoked", "calendar", id, "revoked_at")
	ended("revoked by its maker,", link)
	f.send(caseworker, "POST", at+"/revoke", nil).problem(409, "calendar_revoked")
	for _, who := range []domain.Actor{lead, admin} {
		id, link := f.linked(caseworker, "caseworker")
		f.send(who, "POST", "/v1/calendars/"+id+"/revoke", nil).is(200)
		ended("revoked by "+who.Subject, link)
	}
	if got := f.send(admin, "GET", "/v1/calendars", nil).is(200).Text; strings.Contains(got, her.ParticipantID) {
		t.Errorf("an administrator is told whose it is: %s", got)
	}
	_, link = f.linked(caseworker, "caseworker")
	f.send(admin, "POST", "/v1/tokens/revoke", map[string]any{"subject": "camille.m"}).is(200)
	ended("with her tokens revoked,", link)
	ended("with her tokens revoked,", own)
	f.send(dpo, "POST", "/v1/participants/"+her.ParticipantID+"/erasure", map[string]any{"reason": "Demande du 2 juin 2026."}).is(200)
	if n := f.count(`SELECT count(*) FROM calendars WHERE participant_id IS NOT NULL`); n != 0 {
		t.Errorf("%d feeds of somebody who was erased", n)
	}
}

// A program's feeds end with it.
func TestAProgramsFeedEndsWithIt(t *testing.T) {
	f := newFixture(t)
	admin := f.actor(domain.Admin)
	body := map[string]any{"name": "Agenda", "organisation_id": f.operator.ID, "role": "coordinator", "programmes": []string{somme}}
	for name, end := range map[string]func(id string){
		"revoked": func(id string) { f.send(admin, "POST", "/v1/clients/"+id+"/revoke", nil).is(200) },
		"another role": func(id string) {
			f.send(admin, "PUT", "/v1/clients/"+id, object(body, "role", "analyst"), "If-Match", "*").is(200)
		},
		"another programme": func(id string) {
			f.send(admin, "PUT", "/v1/clients/"+id, object(body, "programmes", []string{elsewhere}), "If-Match", "*").is(200)
		},
		"expired": func(id string) { f.exec(`UPDATE clients SET expires_on = current_date - 1 WHERE id = $1`, id) },
	} {
		id := f.send(admin, "POST", "/v1/clients", body).is(201).text("id")
		program := domain.Actor{Subject: "client:" + id, Role: domain.Coordinator, OrganisationID: f.operator.ID, Programmes: []string{somme}, ClientID: id, Grants: 1}
		_, token, err := f.store.As(program).NewCalendar(t.Context(), domain.CalendarInput{Programme: somme, Kind: domain.CalendarOfCaseworker})
		f.must(err)
		f.tells("/calendars/"+token+".ics", "")
		end(id)
		if got := f.send(nobody, "GET", "/calendars/"+token+".ics", nil); got.Status != 404 {
			t.Errorf("%s, its feed answers %d", name, got.Status)
		}
	}
}

// A link's token is written down nowhere: in no row, no line of the log and no figure; what it shows is in the trail, as a
// look of whoever made it, and what its reader has already is not sent again.
func TestALinkIsWrittenDownNowhere(t *testing.T) {
	f := newFixture(t)
	caseworker := f.actor(domain.Caseworker)
	her := f.enrolled("Camille", "Exemple", "2025-02-03")
	f.exec(`UPDATE enrolments SET caseworker_id = $1`, caseworker.Subject)
	f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": her.ID, "starts_at": inDays(1, 9), "duration_minutes": 45, "mode": "phone"}).is(201)
	id, link := f.linked(caseworker, "caseworker", "names", true)
	token := strings.TrimSuffix(path.Base(link), ".ics")

	var log bytes.Buffer
	a := api.New(f.store, f.tokens, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	handler := a.Handler()
	ask := func(link string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "GET", link, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	got := ask(link)
	if got.Code != 200 || got.Header().Get("Ratelimit-Remaining") == "" && got.Header().Get("RateLimit") == "" {
		t.Errorf("answered %d, with %v", got.Code, got.Header())
	}
	row := f.rows(`SELECT subject, role, action, kind, programme, $1 = ANY (record_ids), $2 = ANY (record_ids), array_to_string(fields, ' ') FROM audit_events ORDER BY id DESC LIMIT 1`, id, her.ID)[0]
	if fmt.Sprint(row) != fmt.Sprint([]any{caseworker.Subject, "caseworker", "read", "calendar", somme, true, true, "location name starts_at"}) {
		t.Errorf("the trail says %v", row)
	}
	tag, looks := got.Header().Get("ETag"), f.count(`SELECT count(*) FROM audit_events`)
	for _, header := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if again := ask(link, "If-None-Match", header); again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match %s answers %d of %d octets: %v", header, again.Code, again.Body.Len(), again.Header())
		}
	}
	if n := f.count(`SELECT count(*) FROM audit_events`); n != looks {
		t.Errorf("%d rows of the trail tell of what was not shown", n-looks)
	}
	if again := ask(link, "If-None-Match", `"x"`); again.Code != 200 {
		t.Errorf("another tag answers %d", again.Code)
	}
	f.send(caseworker, "POST", "/v1/appointments", map[string]any{"enrolment_id": her.ID, "starts_at": inDays(2, 9), "duration_minutes": 45, "mode": "phone"}).is(201)
	if again := ask(link, "If-None-Match", tag); again.Code != 200 || again.Header().Get("ETag") == tag {
		t.Errorf("with another meeting it answers %d", again.Code)
	}
	for _, accept := range []string{"*/*", "text/calendar", "text/calendar,text/plain;q=0.8,*/*;q=0.5", "text/calendar, application/json;q=0.1"} {
		if again := ask(link, "Accept", accept); again.Code != 200 {
			t.Errorf("Accept %s answers %d: %s", accept, again.Code, again.Body)
		}
	}
	ask("/calendars/" + token[:40] + ".ics")
	ask(link + "?x=1")
	f.send(caseworker, "POST", "/v1/calendars/"+id+"/revoke", nil).is(200)
	ask(link)

	figures := httptest.NewRecorder()
	a.Operations("").ServeHTTP(figures, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if !strings.Contains(figures.Body.String(), "readCalendar") || !strings.Contains(log.String(), "/calendars/{file}") {
		t.Error("neither the log nor the figures tell of the requests: the test proves nothing")
	}
	places := map[string]string{"the log": log.String(), "the figures": figures.Body.String()}
	for _, table := range f.rows(`SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'territor%'`) {
		name := table[0].(string)
		text, _ := json.Marshal(f.rows(`SELECT t::text FROM ` + name + ` t`))
		places[name] = string(text)
	}
	for place, text := range places {
		if secret := token[len("o2rcal_"):]; strings.Contains(text, secret[:20]) || strings.Contains(text, secret[20:40]) {
			t.Errorf("%s holds the link", place)
		}
	}
	// Where the row of the trail cannot be written, nothing is shown.
	_, link = f.linked(caseworker, "caseworker")
	f.exec(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trail is full'; END $$;
		CREATE TRIGGER zz_broken BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION broken()`)
	if got := ask(link); got.Code != 500 || strings.Contains(got.Body.String(), "VEVENT") {
		t.Errorf("without its audit row it shows %d %s", got.Code, got.Body)
	}
}

// Whatever is written in a title, a site's name or a name, the calendar stays one, and its lines are folded between whole
// characters.
func TestNoTextBreaksACalendar(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	titles := []string{
		"Fin\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x", "a\nb\tc", "virgule, point-virgule; deux-points: \\ \\n \\, \"guillemets\" 'apostrophe' ^n",
		strings.Repeat("é", 190), strings.Repeat("€", 195), strings.Repeat("a", 199), "x" + strings.Repeat("𝄞", 150), strings.Repeat("mot à mot ", 19),
		"=2+2", "👩‍👩‍👧‍👦 famille", "ligne\u2028séparée", "BEGIN:VALARM",
	}
	var want []string
	for i, title := range titles {
		got := f.send(lead, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": title, "starts_at": inDays(1+i, 9), "duration_minutes": 60})
		if got.Status == 201 {
			want = append(want, "Atelier : "+strings.Join(strings.FieldsFunc(got.text("title"), func(r rune) bool { return r < ' ' || r == '\u2028' }), " "))
		}
	}
	if len(want) < 8 {
		t.Errorf("only %d titles were taken", len(want))
	}
	_, link := f.linked(lead, "caseworker")
	var got []string
	for _, event := range f.events(link) {
		summary, err := event.Props.Text("SUMMARY")
		f.must(err)
		got = append(got, summary)
	}
	if !slices.Equal(got, want) {
		t.Errorf("another program reads\n%q\nof\n%q", got, want)
	}
}

// The permanences of a caseworker and of a site are in their feeds, at the hour that clocks show; a day that is cancelled or
// moved says so, under its own UID.
func TestACalendarShowsPermanences(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	today := domain.DayOf(time.Now())
	day := today.AddDays(14)
	for day.Start().Weekday() != time.Tuesday {
		day = day.AddDays(1)
	}
	elsewhere := f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Flixecourt"}).is(201).text("id")
	id := f.permanence("caseworker_id", "test-caseworker", "starts_on", day.String(), "ends_on", day.AddDays(14).String())
	f.permanence("label", "Jeudi à Flixecourt", "weekday", "jeudi", "site_id", elsewhere, "starts_on", day.String(), "ends_on", day.AddDays(14).String())
	_, hers := f.linked(f.actor(domain.Caseworker), "caseworker")
	_, site := f.linked(lead, "site", "site_id", f.site.ID)
	_, other := f.linked(lead, "site", "site_id", elsewhere)
	read := func(link string) map[string]string {
		t.Helper()
		found := map[string]string{}
		for _, event := range f.events(link) {
			start, err := event.DateTimeStart(time.UTC)
			f.must(err)
			end, err := event.DateTimeEnd(time.UTC)
			f.must(err)
			found[event.Props.Get("UID").Value] = fmt.Sprint(start.In(domain.Paris).Format("2006-01-02 15:04"), end.In(domain.Paris).Format("-15:04 "), event.Props.Get("STATUS").Value, " ", event.Props.Get("SEQUENCE").Value, " ", event.Props.Get("SUMMARY").Value, " @ ", event.Props.Get("LOCATION").Value)
		}
		return found
	}
	says := func(link string, on domain.Date, want string) {
		t.Helper()
		if got := read(link)[id+"-"+on.String()]; got != want {
			t.Errorf("the feed says of %s %q, not %q", on, got, want)
		}
	}
	weeks := []domain.Date{day, day.AddDays(7), day.AddDays(14)}
	for _, on := range weeks {
		if f.occurrence(id, on.String())["status"] == "holiday" {
			says(hers, on, "")
			continue
		}
		says(hers, on, on.String()+" 10:00-15:30 CONFIRMED 0 Permanence : Mardi à Doullens @ Doullens")
		says(site, on, on.String()+" 10:00-15:30 CONFIRMED 0 Permanence : Mardi à Doullens @ Doullens")
		says(other, on, "")
	}
	if n := len(read(other)); n == 0 || n > 3 {
		t.Errorf("the other site has %d permanences", n)
	}
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/"+weeks[0].String()+"/cancel", map[string]any{"reason": "Formation de l'équipe."}).is(200)
	f.send(lead, "POST", "/v1/permanences/"+id+"/occurrences/"+weeks[1].String()+"/move", map[string]any{"reason": "Salle prise.", "moved_on": weeks[1].AddDays(1), "start_time": "11:00", "site_id": elsewhere}).is(200)
	says(hers, weeks[0], weeks[0].String()+" 10:00-15:30 CANCELLED 1 Permanence : Mardi à Doullens @ Doullens")
	says(hers, weeks[1], weeks[1].AddDays(1).String()+" 11:00-16:30 CONFIRMED 1 Permanence : Mardi à Doullens @ Flixecourt")
	says(site, weeks[1], "")
	says(other, weeks[1], weeks[1].AddDays(1).String()+" 11:00-16:30 CONFIRMED 1 Permanence : Mardi à Doullens @ Flixecourt")
	if text := f.send(nobody, "GET", hers, nil).is(200).Text; strings.Contains(text, "Formation") || strings.Contains(text, "prise") {
		t.Errorf("the feed says why: %s", text)
	}
	her := f.enrolled("Camille", "Exemple", "2025-02-03")
	_, own := f.linked(lead, "participant", "participant_id", her.ParticipantID)
	if n := len(read(own)); n != 0 {
		t.Errorf("a participant's own feed shows %d permanences", n)
	}
}

// What reaches the writer is one line of text, whatever a record holds.
func TestAControlCharacterNeverEndsALine(t *testing.T) {
	f := newFixture(t)
	at := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	nasty := "Fin\r\nEND:VEVENT\rBEGIN:VEVENT\nUID:x\x00\x7f\u2028fin"
	text := string(api.WriteCalendar(domain.CalendarFeed{Title: nasty, Entries: []domain.CalendarEntry{{ID: "a", StartsAt: at, EndsAt: at, MadeAt: at, RevisedAt: at, Summary: nasty, Location: nasty}}}))
	f.wellFormed(text)
	if strings.Count(text, "\r\nBEGIN:VEVENT\r\n") != 1 || strings.Count(text, "\r\nUID:") != 1 {
		t.Errorf("it breaks out: %q", text)
	}
}
