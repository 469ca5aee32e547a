package api_test

import (
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

func TestMeetingsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	staff := f.actor(domain.Caseworker)
	made := func(path string, body map[string]any) string {
		return f.send(staff, "POST", path, body).is(201).text("id")
	}
	future := made("/v1/appointments", object(c.meeting, "starts_at", inAMonth()))
	held := made("/v1/appointments", object(c.meeting, "starts_at", "2025-04-01T09:00:00Z"))
	f.send(staff, "POST", "/v1/appointments/"+held+"/attendance", map[string]any{"status": "attended"}).is(200)
	full := made("/v1/workshops", object(c.session, "capacity", 1))
	f.send(staff, "POST", "/v1/workshops/"+full+"/registrations", map[string]any{"enrolment_id": c.enrolment}).is(200)
	cancelled := made("/v1/workshops", c.session)
	f.send(staff, "POST", "/v1/workshops/"+cancelled+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	later := made("/v1/workshops", object(c.session, "starts_at", inAMonth()))
	other := f.enrolled("Claude", "Autre", "2025-03-10")
	early := f.enrolled("Claude", "Tôt", "2025-01-06")
	voided := f.enrolled("Claude", "Annulé", "2025-01-06")
	f.send(f.actor(domain.Coordinator), "POST", "/v1/enrolments/"+voided.ID+"/void", map[string]any{"reason": "Par erreur."}).is(200)

	meet := func(status int, code, location, fault string, changes ...any) refusal {
		return refusal{"POST", "/v1/appointments", object(c.meeting, changes...), status, code, location, fault}
	}
	attend := func(id string, location, fault string, body any) refusal {
		return refusal{"POST", "/v1/appointments/" + id + "/attendance", body, 422, "invalid", location, fault}
	}
	plan := func(location, fault string, changes ...any) refusal {
		return refusal{"POST", "/v1/workshops", object(c.session, changes...), 422, "invalid", location, fault}
	}
	roll := func(id string, status int, code, location, fault string, entries ...any) refusal {
		items := []any{}
		for i := 0; i+1 < len(entries); i += 2 {
			items = append(items, map[string]any{"enrolment_id": entries[i], "status": entries[i+1]})
		}
		return refusal{"PUT", "/v1/workshops/" + id + "/roll-call", map[string]any{"items": items}, status, code, location, fault}
	}
	register := func(id, enrolment string, status int, code, location, fault string) refusal {
		return refusal{"POST", "/v1/workshops/" + id + "/registrations", map[string]any{"enrolment_id": enrolment}, status, code, location, fault}
	}
	status := func(value string) map[string]any { return map[string]any{"status": value} }
	f.refuse(staff, map[string]refusal{
		"meeting of an unknown enrolment":  meet(422, "invalid", "body.enrolment_id", "unknown", "enrolment_id", randomID()),
		"meeting of a voided enrolment":    meet(409, "voided", "", "", "enrolment_id", voided.ID),
		"meeting before the entry":         meet(422, "invalid", "body.starts_at", "before_entry", "starts_at", "2025-02-02T22:59:59Z"), // 2 February in Paris too
		"meeting centuries ahead":          meet(422, "invalid", "body.starts_at", "too_late", "starts_at", "2345-01-01T00:00:00Z"),
		"meeting in the year 0":            meet(422, "invalid", "body.starts_at", "", "starts_at", "0000-01-01T00:00:00Z"),
		"meeting without a zone":           meet(422, "invalid", "body.starts_at", "", "starts_at", "2025-03-04T09:00:00"),
		"meeting on a day":                 meet(422, "invalid", "body.starts_at", "", "starts_at", "2025-03-04"),
		"meeting at no time":               meet(422, "invalid", "body.starts_at", "required", "starts_at", nil),
		"meeting at a null time":           {"POST", "/v1/appointments", raw(`{"enrolment_id":%q,"starts_at":null,"duration_minutes":60,"mode":"phone"}`, c.enrolment), 422, "invalid", "body.starts_at", ""},
		"meeting of 4 minutes":             meet(422, "invalid", "body.duration_minutes", "minimum", "duration_minutes", 4),
		"meeting of half a minute":         meet(422, "invalid", "body.duration_minutes", "type", "duration_minutes", 30.5),
		"meeting of endless minutes":       {"POST", "/v1/appointments", raw(`{"enrolment_id":%q,"starts_at":"2025-03-04T09:00:00Z","duration_minutes":1e400,"mode":"phone"}`, c.enrolment), 422, "invalid", "body.duration_minutes", "range"},
		"meeting by carrier pigeon":        meet(422, "invalid", "body.mode", "enum", "mode", marker),
		"meeting with a NIR":               meet(422, "invalid", "body.purpose", "nir", "purpose", "Carte Vitale 1 85 05 78 006 084"),
		"attended before it began":         attend(future, "body.status", "not_started", status("attended")),
		"missed before it began":           attend(future, "body.status", "not_started", status("no_show")),
		"attended and justified":           attend(held, "body.justified", "no_absence", map[string]any{"status": "attended", "justified": true}),
		"attendance of no kind":            attend(held, "body.status", "required", map[string]any{}),
		"attendance of an unknown kind":    attend(held, "body.status", "enum", status(marker)),
		"note with a NIR":                  attend(held, "body.note", "nir", map[string]any{"status": "attended", "note": "185057800608436"}),
		"move what was held":               {"PUT", "/v1/appointments/" + held, c.meeting, 409, "appointment_attended", "", ""},
		"give a meeting to somebody else":  {"PUT", "/v1/appointments/" + c.appointment, object(c.meeting, "enrolment_id", other.ID), 422, "invalid", "body.enrolment_id", "fixed"},
		"move before the entry":            {"PUT", "/v1/appointments/" + c.appointment, object(c.meeting, "starts_at", "2025-02-01T09:00:00Z"), 422, "invalid", "body.starts_at", "before_entry"},
		"workshop of an unknown kind":      plan("body.kind", "enum", "kind", marker),
		"workshop of a blank title":        plan("body.title", "blank", "title", "  "),
		"workshop for nobody":              plan("body.capacity", "minimum", "capacity", 0),
		"workshop of a day and more":       plan("body.duration_minutes", "maximum", "duration_minutes", 1441),
		"workshop in the year 0":           plan("body.starts_at", "outside_programme", "starts_at", "0000-01-01T00:00:00Z"),
		"workshop after the programme":     plan("body.starts_at", "outside_programme", "starts_at", "2027-12-31T23:00:00Z"), // 1 January in Paris
		"workshop in an unknown programme": plan("body.programme", "unknown", "programme", marker),
		"workshop is full":                 register(full, early.ID, 409, "workshop_full", "", ""),
		"registered already":               register(full, c.enrolment, 409, "already_registered", "", ""),
		"registered before the entry":      register(c.workshop, other.ID, 422, "invalid", "body.enrolment_id", "before_entry"),
		"registered though voided":         register(c.workshop, voided.ID, 409, "voided", "", ""),
		"registered for what is cancelled": register(cancelled, c.enrolment, 409, "workshop_cancelled", "", ""),
		"roll of what has not begun":       roll(later, 409, "not_started", "", ""),
		"roll of what was cancelled":       roll(cancelled, 409, "workshop_cancelled", "", ""),
		"roll without everybody":           roll(full, 422, "invalid", "body.items", "incomplete"),
		"roll with somebody twice":         roll(full, 422, "invalid", "body.items[1].enrolment_id", "repeated", c.enrolment, "attended", c.enrolment, "no_show"),
		"roll with somebody else":          roll(full, 422, "invalid", "body.items[0].enrolment_id", "not_registered", other.ID, "attended"),
		"roll that leaves one scheduled":   roll(full, 422, "invalid", "body.items[0].status", "enum", c.enrolment, "scheduled"),
		"roll that cancels one":            roll(full, 422, "invalid", "body.items[0].status", "enum", c.enrolment, "cancelled"),
		"cancel what was cancelled":        {"POST", "/v1/workshops/" + cancelled + "/cancel", map[string]any{"reason": "Salle fermée."}, 409, "workshop_cancelled", "", ""},
	}, "If-Match", "*")
	f.send(staff, "POST", "/v1/appointments", object(c.meeting, "starts_at", "2025-02-02T23:00:00Z")).is(201) // midnight in Paris: the day of entry
}

func TestReferralsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	request := object(c.request, "external_reference", "NEW", "reason", marker)
	tomorrow := domain.DayOf(time.Now()).AddDays(1).String()
	refer := func(location, fault string, changes ...any) refusal {
		return refusal{"POST", "/v1/referrals", object(request, changes...), 422, "invalid", location, fault}
	}
	f.refuse(f.actor(domain.Partner), map[string]refusal{
		"nobody consented":              refer("body.consented_on", "required", "consented_on", nil),
		"consent tomorrow":              refer("body.consented_on", "in_future", "consented_on", tomorrow),
		"nobody can be reached":         refer("body.phone", "unreachable", "phone", nil),
		"barrier twice":                 refer("body.barriers[1]", "repeated", "barriers", []string{"mobilite", "mobilite"}),
		"unknown barrier":               refer("body.barriers[1]", "enum", "barriers", []string{"mobilite", marker}),
		"barriers that are text":        refer("body.barriers", "type", "barriers", "mobilite"),
		"status of its own":             refer("body.status", "unknown_field", "status", "accepted"),
		"organisation of its own":       refer("body.organisation_id", "unknown_field", "organisation_id", f.mdsi.ID),
		"blank reference":               refer("body.external_reference", "blank", "external_reference", " "),
		"endless reference":             refer("body.external_reference", "max_length", "external_reference", strings.Repeat("x", 101)),
		"reason with a NIR":             refer("body.reason", "nir", "reason", "Suivi 1.85.05.78.006.084.36 "+marker),
		"a child":                       refer("body.birth_date", "too_young", "birth_date", "2020-01-01"),
		"unknown commune":               refer("body.territory_code", "unknown_territory", "territory_code", "99999"),
		"unknown programme":             refer("body.programme", "unknown", "programme", "o2r-"+marker),
		"same reference, other content": {"POST", "/v1/referrals", object(c.request, "last_name", marker), 409, "external_reference_used", "", ""},
	})
	staff := f.actor(domain.Caseworker)
	decide := func(action string, status int, code, location, fault string, body any) refusal {
		return refusal{"POST", "/v1/referrals/" + c.referral + "/" + action, body, status, code, location, fault}
	}
	f.refuse(staff, map[string]refusal{
		"decline without a reason":       decide("decline", 422, "invalid", "body.decline_reason", "required", map[string]any{}),
		"decline for no known reason":    decide("decline", 422, "invalid", "body.decline_reason", "enum", map[string]any{"decline_reason": marker}),
		"decline with a NIR":             decide("decline", 422, "invalid", "body.decline_note", "nir", map[string]any{"decline_reason": "autre", "decline_note": "185057800608436"}),
		"accept tomorrow":                decide("accept", 422, "invalid", "body.entered_on", "in_future", map[string]any{"entered_on": tomorrow}),
		"accept before the programme":    decide("accept", 422, "invalid", "body.entered_on", "outside_programme", map[string]any{"entered_on": "2024-10-31"}),
		"accept somebody who is in":      decide("accept", 409, "already_enrolled", "", "", map[string]any{"participant_id": c.participant}),
		"accept at an unknown site":      decide("accept", 422, "invalid", "body.site_id", "unknown", map[string]any{"site_id": randomID()}),
		"accept with a job seeker's day": decide("accept", 422, "invalid", "body.job_seeker_since", "not_job_seeker", map[string]any{"job_seeker_since": "2024-01-01"}),
		"accept with a status":           decide("accept", 422, "invalid", "body.status", "unknown_field", map[string]any{"status": "declined"}),
		"accept without a body":          decide("accept", 422, "invalid", "body", "required", nil),
		"withdraw another's":             decide("withdraw", 403, "forbidden", "", "", nil),
	})
}
