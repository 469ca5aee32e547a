package api_test

import (
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// That somebody is met at the probation service, or goes to a workshop for people who leave prison, says how she stands with
// justice: with a name beside it to whoever has the link, and in her own feed to whoever looks at her calendar.
func TestNoFeedSaysHowSomebodyStandsWithJustice(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	her := f.enrolled("Camille", "Exemple", "2025-02-03")
	town := f.send(lead, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Flixecourt"}).is(201).text("id")
	for i, changes := range [][]any{{}, {"site_id", town}, {"mode", "phone"}} {
		f.send(lead, "POST", "/v1/appointments", object(map[string]any{"enrolment_id": her.ID, "starts_at": inDays(1, 9+i), "duration_minutes": 45, "mode": "in_person", "site_id": f.site.ID}, changes...)).is(201)
	}
	for i, title := range []string{"Après la prison", "Préparer un entretien"} {
		made := f.send(lead, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": title, "starts_at": inDays(2, 9+i), "duration_minutes": 60, "site_id": f.site.ID}).is(201).text("id")
		f.send(lead, "POST", "/v1/workshops/"+made+"/registrations", map[string]any{"enrolment_id": her.ID}).is(200)
	}
	f.exec(`UPDATE enrolments SET caseworker_id = 'c.martin'`)
	_, site := f.linked(lead, "site", "site_id", f.site.ID, "names", true)
	_, hers := f.linked(lead, "caseworker", "caseworker_id", "c.martin", "names", true)
	_, own := f.linked(lead, "participant", "participant_id", her.ParticipantID)
	day, next := dayIn(1), dayIn(2)
	// Whether the site says who its host is, or only its name does.
	for name, place := range map[string]struct {
		site string
		host *string
	}{"by its host": {"Amiens, 2e étage", &f.spip.ID}, "by its name": {"Antenne du S.P.I.P.", nil}, "by its name in words": {"Service pénitentiaire d’insertion", nil}} {
		f.exec(`UPDATE sites SET name = $2, host_id = $3 WHERE id = $1`, f.site.ID, place.site, place.host)
		named := func(hour, where string) string {
			return day + " " + hour + ":00+45 CONFIRMED 0 Rendez-vous individuel @ " + where + "\n"
		}
		f.tells(site, named("09", place.site)+named("11", "Par téléphone")+
			next+" 09:00+60 CONFIRMED 0 Atelier : Après la prison @ "+place.site+"\n"+next+" 10:00+60 CONFIRMED 0 Atelier : Préparer un entretien @ "+place.site)
		f.tells(hers, named("09", place.site)+day+" 10:00+45 CONFIRMED 0 Rendez-vous : Camille Exemple @ Flixecourt\n"+named("11", "Par téléphone")+
			next+" 09:00+60 CONFIRMED 0 Atelier : Après la prison @ "+place.site+"\n"+next+" 10:00+60 CONFIRMED 0 Atelier : Préparer un entretien @ "+place.site)
		f.tells(own, strings.TrimSuffix(named("09", ""), " \n")+"\n"+named("10", "Flixecourt")+named("11", "Par téléphone")+
			next+" 09:00+60 CONFIRMED 0 Atelier @\n"+next+" 10:00+60 CONFIRMED 0 Atelier : Préparer un entretien @")
		if text := f.send(nobody, "GET", site, nil).is(200).Text + f.send(nobody, "GET", own, nil).is(200).Text; strings.Contains(text, "Exemple") {
			t.Errorf("%s: a feed of that place names her", name)
		}
	}
}

// A feed with names rests sooner when its maker does not come: she may have left.
func TestAFeedOfNamesRestsSooner(t *testing.T) {
	f := newFixture(t)
	caseworker := f.actor(domain.Caseworker)
	_, named := f.linked(caseworker, "caseworker", "names", true)
	_, plain := f.linked(caseworker, "caseworker")
	f.exec(`UPDATE calendars SET seen_on = current_date - 13`)
	f.send(nobody, "GET", named, nil).is(200)
	f.exec(`UPDATE calendars SET seen_on = current_date - 16`)
	f.send(nobody, "GET", named, nil).problem(404, "not_found")
	f.send(nobody, "GET", plain, nil).is(200)
	f.must(f.store.As(caseworker).Seen(t.Context()))
	f.send(nobody, "GET", named, nil).is(200)
}

// Closed days are a change of every occurrence that they close: programs that keep the later of two by its number or by when
// it was revised take the cancellation.
func TestClosedDaysAreARevisionInACalendar(t *testing.T) {
	f := newFixture(t)
	lead, day := f.actor(domain.Coordinator), weekdayBy(14, time.Tuesday)
	id := f.permanence("caseworker_id", "test-caseworker", "starts_on", day.String(), "ends_on", day.String())
	_, hers := f.linked(f.actor(domain.Caseworker), "caseworker")
	read := func() (status, sequence, stamp string) {
		t.Helper()
		for _, event := range f.events(hers) {
			if event.Props.Get("UID").Value == id+"-"+day.String() {
				return event.Props.Get("STATUS").Value, event.Props.Get("SEQUENCE").Value, event.Props.Get("DTSTAMP").Value
			}
		}
		t.Fatal("the occurrence is not there")
		return
	}
	f.exec(`UPDATE permanences SET updated_at = now() - interval '1 day'`)
	status, sequence, stamp := read()
	if status != "CONFIRMED" || sequence != "0" {
		t.Errorf("it is %s %s", status, sequence)
	}
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/closures", map[string]any{"items": []any{map[string]any{"starts_on": day.String(), "ends_on": day.String(), "label": "Fermeture"}}}, "If-Match", "*").is(200)
	if status, again, later := read(); status != "CANCELLED" || again != "1" || later <= stamp {
		t.Errorf("closed, it is %s %s, revised %s after %s", status, again, later, stamp)
	}
}
