package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// marker stands in submitted values that no answer may repeat.
const marker = "zqxmarqueur"

// raw is a body sent as it stands.
func raw(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// refusal is a request that breaks one rule.
type refusal struct {
	method, path string
	body         any
	status       int
	code         string
	location     string // of the one fault; "" for none
	fault        string // its code; "" for any
}

// refuse sends each request as that actor, insists on its problem, and on nothing having been written.
func (f *fixture) refuse(actor domain.Actor, rows map[string]refusal, headers ...string) {
	before := f.contents()
	for name, row := range rows {
		f.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			got := f.send(actor, row.method, row.path, row.body, headers...)
			locations := strings.Fields(row.location)
			faults := got.problemAt(row.status, row.code, locations...)
			if row.fault != "" && !slices.ContainsFunc(faults, func(found fault) bool { return found.Code == row.fault }) {
				t.Errorf("the fault is not %q: %s", row.fault, got.Text)
			}
			if strings.Contains(strings.ToLower(got.Text), marker) || strings.Contains(fmt.Sprint(got.Header), marker) {
				t.Errorf("what was sent is repeated: %s", got.Text)
			}
		})
	}
	f.unchanged(before)
}

func TestPeopleThatCannotBe(t *testing.T) {
	f := newFixture(t)
	person := map[string]any{"first_name": marker, "last_name": marker}
	today := domain.DayOf(time.Now())
	post := func(location, fault string, changes ...any) refusal {
		return refusal{"POST", "/v1/participants", object(person, changes...), 422, "invalid", location, fault}
	}
	born := func(value any, fault string) refusal { return post("body.birth_date", fault, "birth_date", value) }
	f.refuse(f.actor(domain.Caseworker), map[string]refusal{
		"young, from nowhere":          post("body.birth_date body.territory_code", "too_young", "birth_date", today, "territory_code", "99999"),
		"unknown field":                post("body.nickname", "unknown_field", "nickname", marker),
		"field with a made-up name":    post("body", "unknown_field", marker+" \"", 1),
		"field we write":               post("body.organisation_id", "unknown_field", "organisation_id", f.other.ID),
		"version":                      post("body.version", "unknown_field", "version", 7),
		"field in the wrong case":      post("body.Gender", "unknown_field", "Gender", "male"),
		"no last name":                 post("body.last_name", "required", "last_name", nil),
		"blank first name":             post("body.first_name", "blank", "first_name", "   "),
		"invisible first name":         post("body.first_name", "blank", "first_name", "\u200b\u2060"),
		"empty first name":             post("body.first_name", "min_length", "first_name", ""),
		"endless first name":           post("body.first_name", "max_length", "first_name", strings.Repeat(marker, 10)),
		"name that is a number":        post("body.first_name", "type", "first_name", 7),
		"two lines in a name":          post("body.first_name", "control_character", "first_name", marker+"\n"+marker),
		"escape sequence in a name":    post("body.first_name", "control_character", "first_name", "\x1b[31m"+marker),
		"NUL in a name":                post("body.first_name", "control_character", "first_name", marker+"\x00"),
		"unknown gender":               post("body.gender", "enum", "gender", marker),
		"gender in the wrong case":     post("body.gender", "enum", "gender", "Female"),
		"empty gender":                 post("body.gender", "enum", "gender", ""),
		"no e-mail address":            post("body.email", "", "email", marker),
		"e-mail address with a name":   post("body.email", "", "email", "M <"+marker+"@example.org>"),
		"no telephone number":          post("body.phone", "pattern", "phone", marker),
		"postal code of four digits":   post("body.postal_code", "", "postal_code", "8060"),
		"unknown commune":              post("body.territory_code", "unknown_territory", "territory_code", "80999"),
		"commune that is a name":       post("body.territory_code", "", "territory_code", marker),
		"date that is none":            born(marker, ""),
		"date as in France":            born("01/04/1985", ""),
		"30 February":                  born("1985-02-30", ""),
		"29 February of a common year": born("1985-02-29", ""),
		"month without a zero":         born("1985-4-01", ""),
		"instant instead of a date":    born("1985-04-01T00:00:00Z", ""),
		"date that is a number":        born(19850401, "type"),
		"year 0":                       born("0000-01-01", ""),
		"year 10000":                   born("10000-01-01", ""),
		"before any date":              born("1899-12-31", ""),
		"four years old":               born(today.AddMonths(-48).String(), "too_young"),
		"16 tomorrow":                  born(today.AddDays(1).AddMonths(-16*12).String(), "too_young"),
		"born tomorrow":                born(today.AddDays(1).String(), "in_future"),
		"111 years old":                born(today.AddMonths(-111*12).String(), "too_old"),
		"NIR in an address":            post("body.address", "nir", "address", "1 85 05 78 006 084 36"),
		"NIR without blanks":           post("body.address", "nir", "address", "NIR:185057800608436"),
		"NIR with no-break spaces":     post("body.address", "nir", "address", "1\u00a085\u00a005\u00a078\u00a0006\u00a0084\u00a036"),
		"NIR in an e-mail's name":      post("body.first_name", "nir", "first_name", "2 69 05 49 588 157 80"),
		"Corsican NIR":                 post("body.address", "nir", "address", "2 85 05 2A 006 084"),
		"two faults":                   post("body.first_name body.last_name", "blank", "first_name", " ", "last_name", " "),
	})
	f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", object(person, "birth_date", today.AddMonths(-16*12).String())).is(201) // 16 today
	f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", object(person, "birth_date", nil)).is(201)
}

func TestEntriesAndExitsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	ended := f.enrolled("Charlie", "Sorti", "2025-01-06")
	staff, tomorrow := f.actor(domain.Caseworker), domain.DayOf(time.Now()).AddDays(1).String()
	f.send(staff, "POST", "/v1/enrolments/"+ended.ID+"/exit", map[string]any{"exited_on": "2025-06-30", "kind": "cdi"}).is(200)
	voided := f.enrolled("Charlie", "Annulé", "2025-01-06")
	f.send(f.actor(domain.Coordinator), "POST", "/v1/enrolments/"+voided.ID+"/void", map[string]any{"reason": "Par erreur."}).is(200)
	waiting := f.person("Alix", "Attente").ID
	child := f.send(staff, "POST", "/v1/participants", object(c.identity, "birth_date", "2009-06-01")).is(201).text("id")
	enrol := func(location, fault string, changes ...any) refusal {
		return refusal{"POST", "/v1/enrolments", object(object(c.entry, "participant_id", waiting), changes...), 422, "invalid", location, fault}
	}
	on := func(id, path string, status int, code, location, fault string, body any) refusal {
		return refusal{"POST", "/v1/enrolments/" + id + path, body, status, code, location, fault}
	}
	exit := map[string]any{"exited_on": "2025-06-30", "kind": "cdi"}
	job := map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}
	outcome := map[string]any{"checkpoint": "6_months", "observed_on": "2025-12-30", "result": "in_employment"}
	registered := map[string]any{"observed_on": "2025-06-02", "registered": true}
	f.refuse(f.actor(domain.Coordinator), map[string]refusal{
		"entry tomorrow":                      enrol("body.entered_on", "in_future", "entered_on", tomorrow),
		"entry before the programme":          enrol("body.entered_on", "outside_programme", "entered_on", "2024-10-31"),
		"entry on no date":                    enrol("body.entered_on", "", "entered_on", marker),
		"no entry":                            enrol("body.entered_on", "required", "entered_on", nil),
		"entry that is null":                  {"POST", "/v1/enrolments", raw(`{"participant_id":%q,"programme":%q,"entered_on":null}`, waiting, somme), 422, "invalid", "body.entered_on", ""},
		"too young on entry":                  enrol("body.entered_on", "too_young", "participant_id", child),
		"unknown programme":                   enrol("body.programme", "unknown", "programme", "o2r-"+marker),
		"unknown participant":                 enrol("body.participant_id", "unknown", "participant_id", randomID()),
		"participant that is no identifier":   enrol("body.participant_id", "", "participant_id", marker),
		"participant in braces":               enrol("body.participant_id", "", "participant_id", "{"+waiting+"}"),
		"unknown commune":                     enrol("body.territory_code", "unknown_territory", "territory_code", "80999"),
		"unknown justice status":              enrol("body.justice_status", "enum", "justice_status", marker),
		"unknown education level":             enrol("body.education_level", "enum", "education_level", marker),
		"job seeker since, of no job seeker":  enrol("body.job_seeker_since", "not_job_seeker", "job_seeker_since", "2024-02-01", "job_seeker", false),
		"job seeker since, not known whether": enrol("body.job_seeker_since", "not_job_seeker", "job_seeker_since", "2024-02-01"),
		"job seeker from after the entry":     enrol("body.job_seeker_since", "after_entry", "job_seeker_since", "2025-02-04", "job_seeker", true),
		"contact after the entry":             enrol("body.last_network_contact_on", "after_entry", "last_network_contact_on", "2025-02-04"),
		"job seeker that is text":             enrol("body.job_seeker", "type", "job_seeker", "true"),
		"enrolled already":                    {"POST", "/v1/enrolments", c.entry, 409, "already_enrolled", "", ""},
		"entered in an earlier stay":          {"POST", "/v1/enrolments", map[string]any{"participant_id": ended.ParticipantID, "programme": somme, "entered_on": "2025-06-29"}, 409, "already_enrolled", "", ""},
		"rewritten for another person":        {"PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "participant_id", waiting), 422, "invalid", "body.participant_id", "fixed"},
		"entry moved behind the exit":         {"PUT", "/v1/enrolments/" + ended.ID, map[string]any{"participant_id": ended.ParticipantID, "programme": somme, "entered_on": "2025-07-01"}, 422, "invalid", "body.entered_on", "after_exit"},
		"entry moved behind a job":            {"PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "entered_on", "2025-06-03"), 422, "invalid", "body.entered_on", "after_fact"},
		"entry moved behind a meeting":        {"PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "entered_on", "2025-03-05"), 422, "invalid", "body.entered_on", "after_fact"},

		"exit before the entry":         on(c.enrolment, "/exit", 422, "invalid", "body.exited_on", "before_entry", object(exit, "exited_on", "2025-02-02")),
		"exit tomorrow":                 on(c.enrolment, "/exit", 422, "invalid", "body.exited_on", "in_future", object(exit, "exited_on", tomorrow)),
		"exit of no kind":               on(c.enrolment, "/exit", 422, "invalid", "body.kind", "required", object(exit, "kind", nil)),
		"exit of an unknown kind":       on(c.enrolment, "/exit", 422, "invalid", "body.kind", "enum", object(exit, "kind", marker)),
		"followed up after moving":      on(c.enrolment, "/exit", 422, "invalid", "body.follow_up_agreed", "no_follow_up", object(exit, "kind", "demenagement", "follow_up_agreed", true)),
		"second exit":                   on(ended.ID, "/exit", 409, "already_exited", "", "", exit),
		"exit of a voided enrolment":    on(voided.ID, "/exit", 409, "voided", "", "", exit),
		"void without a reason":         on(c.enrolment, "/void", 422, "invalid", "body.reason", "required", map[string]any{}),
		"void for a blank reason":       on(c.enrolment, "/void", 422, "invalid", "body.reason", "blank", map[string]any{"reason": "    "}),
		"void with a NIR":               on(c.enrolment, "/void", 422, "invalid", "body.reason", "nir", map[string]any{"reason": "Doublon de 185057800608436"}),
		"void twice":                    on(voided.ID, "/void", 409, "voided", "", "", map[string]any{"reason": "Par erreur."}),
		"reopen what goes on":           on(c.enrolment, "/reopen", 409, "not_exited", "", "", map[string]any{"reason": "Par erreur."}),
		"reopen what was voided":        on(voided.ID, "/reopen", 409, "voided", "", "", map[string]any{"reason": "Par erreur."}),
		"job before the entry":          on(c.enrolment, "/jobs", 422, "invalid", "body.starts_on", "before_entry", object(job, "starts_on", "2025-02-02")),
		"job tomorrow":                  on(c.enrolment, "/jobs", 422, "invalid", "body.starts_on", "in_future", object(job, "starts_on", tomorrow)),
		"job that ends before":          on(c.enrolment, "/jobs", 422, "invalid", "body.ends_on", "before_start", object(job, "ends_on", "2025-06-01")),
		"job under no contract":         on(c.enrolment, "/jobs", 422, "invalid", "body.contract", "required", object(job, "contract", nil)),
		"job with a NIR":                on(c.enrolment, "/jobs", 422, "invalid", "body.employer", "nir", object(job, "employer", "n° 185057800608436")),
		"job on a voided enrolment":     on(voided.ID, "/jobs", 409, "voided", "", "", job),
		"registration tomorrow":         on(c.enrolment, "/france-travail-status", 422, "invalid", "body.observed_on", "in_future", object(registered, "observed_on", tomorrow)),
		"registration before entry":     on(c.enrolment, "/france-travail-status", 422, "invalid", "body.observed_on", "before_entry", object(registered, "observed_on", "2025-02-02")),
		"registration not said":         on(c.enrolment, "/france-travail-status", 422, "invalid", "body.registered", "required", object(registered, "registered", nil)),
		"registration that is null":     on(c.enrolment, "/france-travail-status", 422, "invalid", "body.registered", "", raw(`{"observed_on":"2025-06-02","registered":null}`)),
		"outcome of what goes on":       on(c.enrolment, "/outcomes", 409, "not_exited", "", "", outcome),
		"outcome before the exit":       on(ended.ID, "/outcomes", 422, "invalid", "body.observed_on", "before_exit", object(outcome, "observed_on", "2025-06-29")),
		"outcome tomorrow":              on(ended.ID, "/outcomes", 422, "invalid", "body.observed_on", "in_future", object(outcome, "observed_on", tomorrow)),
		"outcome at no checkpoint":      on(ended.ID, "/outcomes", 422, "invalid", "body.checkpoint", "enum", object(outcome, "checkpoint", marker)),
		"outcome that is none":          on(ended.ID, "/outcomes", 422, "invalid", "body.result", "enum", object(outcome, "result", marker)),
		"outcome shown by nothing real": on(ended.ID, "/outcomes", 422, "invalid", "body.evidence", "enum", object(outcome, "evidence", marker)),
	}, "If-Match", "*")
	f.send(staff, "POST", "/v1/enrolments", map[string]any{"participant_id": ended.ParticipantID, "programme": somme, "entered_on": "2025-06-30"}).is(201) // again, later
	f.send(f.actor(domain.Coordinator), "POST", "/v1/enrolments/"+ended.ID+"/reopen", map[string]any{"reason": "Par erreur."}).problem(409, "already_enrolled")
	met := f.enrolled("Alix", "Rencontrée", "2025-02-03")
	f.send(staff, "POST", "/v1/appointments", object(c.meeting, "enrolment_id", met.ID)).is(201)
	f.send(staff, "PUT", "/v1/enrolments/"+met.ID, map[string]any{"participant_id": met.ParticipantID, "programme": somme, "entered_on": "2025-03-04"}, "If-Match", "*").is(200) // the day of the first meeting
}
