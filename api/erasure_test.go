package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
)

// marked is one person with a value of her own in every field that anybody can write about her.
type marked struct {
	participant, enrolment, voided, referral, declined, open, appointment, job string

	values map[string]string // what must be gone, by what it is
}

// marked makes her, as partners and staff would.
func (f *fixture) marked() marked {
	f.Helper()
	m := marked{values: map[string]string{
		"first name": "Zéphyrine", "last name": "Marqué-D'Étoile", "birth date": "1971-08-23", "phone": "06 39 98 77 61", "email": "z.marquee@example.org",
		"address": "Impasse des Mirabelles Introuvables", "postal code": "99987",
		"old address": "Ancienne Venelle du Héron", "old phone": "06 39 98 77 62",
		"external reference": "SPIP-ZXQ-000417", "reason": "Motif Quetsche", "referrer name": "Conseillère Bigarreau", "referrer email": "bigarreau@example.org", "referrer phone": "03 22 00 77 63",
		"declined reference": "SPIP-ZXQ-000418", "declined reason": "Motif Cornouille", "decline note": "Note Nèfle", "open reference": "SPIP-ZXQ-000419",
		"purpose": "Objet Griotte", "note": "Note Prunelle", "employer": "Entreprise Alkékenge",
		"diagnostic": "Bilan Pimprenelle", "old diagnostic": "Ancien Bilan Bourrache", "set aside": "Attente Mélilot", "strength": "Force Sarriette", "charter": "Charte Livèche",
		"objective": "Objectif Estragon", "abandon": "Abandon Cerfeuil", "action": "Aide Hysope", "proposal": "Offre Marjolaine",
		"immersion": "Stage Verveine", "immersion's objectives": "Essai Mélisse", "cancel": "Annulé Aneth",
		"contact": "Appel Angélique", "old contact": "Ancien Appel Armoise", "longer": "Motif Achillée", "revoked": "Retrait Anthémis",
		"void reason": "Annulé Azerole", "reopen reason": "Rouvert Sorbe", "restriction reason": "Limité Arbouse",
		"request note": "Demande Myrtille", "extension reason": "Prolongé Airelle", "network contact": "2024-09-13",
	}}
	v, staff, spip, coordinator, officer := m.values, f.actor(domain.Caseworker), f.actor(domain.Partner), f.actor(domain.Coordinator), f.actor(domain.DPO)
	refer := map[string]any{
		"programme": somme, "external_reference": v["external reference"], "first_name": v["first name"], "last_name": v["last name"], "birth_date": v["birth date"],
		"gender": "female", "phone": v["phone"], "email": v["email"], "postal_code": v["postal code"], "territory_code": "80253", "justice_status": "milieu_ferme",
		"barriers": []string{"mobilite"}, "reason": v["reason"], "consented_on": "2025-01-10", "referrer_name": v["referrer name"],
		"referrer_email": v["referrer email"], "referrer_phone": v["referrer phone"], "preferred_site_id": f.site.ID,
	}
	m.declined = f.send(spip, "POST", "/v1/referrals", object(refer, "external_reference", v["declined reference"], "reason", v["declined reason"])).is(201).text("id")
	f.send(staff, "POST", "/v1/referrals/"+m.declined+"/decline", map[string]any{"decline_reason": "autre", "decline_note": v["decline note"]}).is(200)
	// Her names the other way round, without accents: still hers.
	m.open = f.send(spip, "POST", "/v1/referrals", object(refer, "external_reference", v["open reference"], "first_name", "MARQUE D'ETOILE", "last_name", "zephyrine")).is(201).text("id")
	m.referral = f.send(spip, "POST", "/v1/referrals", refer).is(201).text("id")
	accepted := f.send(staff, "POST", "/v1/referrals/"+m.referral+"/accept", map[string]any{"entered_on": "2025-01-15", "justice_status": "milieu_ouvert", "last_network_contact_on": v["network contact"],
		"without_resources": true, "job_seeker": true, "job_seeker_since": "2023-03-01", "education_level": "cap_bep"}).is(200)
	m.participant, m.enrolment = accepted.text("participant_id"), accepted.text("enrolment_id")

	identity := map[string]any{"first_name": v["first name"], "last_name": v["last name"], "birth_date": v["birth date"], "gender": "female",
		"phone": v["old phone"], "email": v["email"], "address": v["old address"], "postal_code": v["postal code"], "territory_code": "80253"}
	f.send(staff, "PUT", "/v1/participants/"+m.participant, identity, "If-Match", "*").is(200)
	f.send(staff, "PUT", "/v1/participants/"+m.participant, object(identity, "phone", v["phone"], "address", v["address"]), "If-Match", "*").is(200)
	path := "/v1/enrolments/" + m.enrolment
	m.appointment = f.send(staff, "POST", "/v1/appointments", map[string]any{"enrolment_id": m.enrolment, "starts_at": "2025-02-04T09:00:00Z", "duration_minutes": 60, "mode": "in_person", "purpose": v["purpose"]}).is(201).text("id")
	f.send(staff, "POST", "/v1/appointments/"+m.appointment+"/attendance", map[string]any{"status": "attended", "note": v["note"]}).is(200)
	workshop := f.send(staff, "POST", "/v1/workshops", map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90}).is(201).text("id")
	f.send(staff, "POST", "/v1/workshops/"+workshop+"/registrations", map[string]any{"enrolment_id": m.enrolment}).is(200)
	f.send(staff, "PUT", "/v1/workshops/"+workshop+"/roll-call", map[string]any{"items": []any{map[string]any{"enrolment_id": m.enrolment, "status": "attended"}}}, "If-Match", "*").is(200)
	f.send(staff, "POST", path+"/france-travail-status", map[string]any{"observed_on": "2025-04-01", "registered": true}).is(201)
	m.support(f, path)
	f.send(staff, "POST", path+"/exit", map[string]any{"exited_on": "2025-06-01", "kind": "cdi"}).is(200)
	f.send(staff, "POST", path+"/reopen", map[string]any{"reason": v["reopen reason"]}).is(200)
	f.send(staff, "POST", path+"/exit", map[string]any{"exited_on": "2025-07-31", "kind": "cdi", "follow_up_agreed": true}).is(200)
	m.job = f.send(staff, "POST", path+"/jobs", map[string]any{"starts_on": "2025-08-01", "contract": "cdi", "employer": v["employer"]}).is(201).text("id")
	contact := map[string]any{"contacted_on": "2025-09-02", "channel": "phone", "counterpart": "personne", "situation": "in_employment", "note": v["old contact"]}
	called := f.send(staff, "POST", path+"/follow-ups", contact).is(201).text("id")
	f.send(staff, "PUT", path+"/follow-ups/"+called, object(contact, "note", v["contact"]), "If-Match", "*").is(200)
	f.send(staff, "POST", path+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-02-02", "result": "in_employment", "evidence": "bulletin_de_salaire"}).is(201)
	m.voided = f.send(staff, "POST", "/v1/enrolments", map[string]any{"participant_id": m.participant, "programme": somme, "entered_on": "2026-03-02"}).is(201).text("id")
	f.send(coordinator, "POST", "/v1/enrolments/"+m.voided+"/void", map[string]any{"reason": v["void reason"]}).is(200)
	f.send(officer, "POST", "/v1/participants/"+m.participant+"/restriction", map[string]any{"restricted": true, "reason": v["restriction reason"]}).is(200)
	f.send(officer, "POST", "/v1/rights-requests", map[string]any{"kind": "erasure", "received_on": domain.DayOf(f.store.Now()).String(), "participant_id": m.participant, "status": "open",
		"note": v["request note"], "extension_reason": v["extension reason"]}).is(201)
	f.send(officer, "GET", "/v1/participants/"+m.participant+"/export", nil).is(200)
	f.send(staff, "POST", "/v1/participants/search", map[string]any{"query": v["last name"]}).is(200)
	return m
}

// support is what she was supported with, a text of hers wherever one may stand.
func (m marked) support(f *fixture, path string) {
	f.Helper()
	v, staff := m.values, f.actor(domain.Caseworker)
	diagnostic := map[string]any{"assessed_on": "2025-01-15", "barriers": found("sante fort", "mobilite"), "strengths": []any{"langues"}, "note": v["old diagnostic"]}
	id := f.send(staff, "POST", path+"/diagnostics", diagnostic).is(201).text("id")
	f.send(staff, "PUT", path+"/diagnostics/"+id, object(diagnostic, "note", v["diagnostic"]), "If-Match", "*").is(200)
	barrier := f.send(staff, "POST", path+"/barriers", map[string]any{"barrier": "logement", "assessed_on": "2025-01-20"}).is(201).text("id")
	f.send(staff, "POST", path+"/barriers/"+barrier+"/set-aside", map[string]any{"set_aside_on": "2025-02-04", "reason": v["set aside"]}).is(200)
	f.send(staff, "POST", path+"/strengths", map[string]any{"strength": "autonomie", "noted_on": "2025-01-20", "detail": v["strength"]}).is(201)
	f.send(staff, "POST", path+"/charter", map[string]any{"signed_on": "2025-01-22", "note": v["charter"]}).is(201)
	objective := f.send(staff, "POST", path+"/objectives", map[string]any{"label": v["objective"], "agreed_on": "2025-01-22", "in_charter": true, "barrier_id": barrier}).is(201).text("id")
	f.send(staff, "POST", path+"/objectives/"+objective+"/abandon", map[string]any{"reason": v["abandon"]}).is(200)
	f.send(staff, "POST", path+"/actions", map[string]any{"kind": "forum", "done_on": "2025-02-04", "duration_minutes": 90, "organisation_id": f.mdsi.ID, "barrier_id": barrier, "note": v["action"]}).is(201)
	f.send(staff, "POST", path+"/proposals", map[string]any{"kind": "emploi", "proposed_on": "2025-02-04", "followed_by": "accepted", "organisation_id": f.mdsi.ID, "note": v["proposal"]}).is(201)
	for _, whose := range []string{f.party("siae"), f.party("employeur"), f.spip.ID} {
		f.send(staff, "POST", path+"/proposals", map[string]any{"kind": "orientation", "proposed_on": "2025-02-05", "organisation_id": whose}).is(201)
	}
	immersion := f.send(staff, "POST", path+"/immersions", map[string]any{"purpose": "confirmer_un_projet", "objectives": v["immersion's objectives"], "host_id": f.party("employeur"), "prescriber_id": f.party("cap_emploi"),
		"starts_on": "2025-02-10", "ends_on": "2025-02-14", "note": v["immersion"]}).is(201).text("id")
	f.send(staff, "POST", path+"/immersions/"+immersion+"/cancel", map[string]any{"reason": v["cancel"]}).is(200)
	longer := f.send(staff, "POST", path+"/extensions", map[string]any{"reason": v["longer"], "decided_on": "2025-05-20"}).is(201).text("id")
	f.send(staff, "POST", path+"/extensions/"+longer+"/revoke", map[string]any{"reason": v["revoked"]}).is(200)
}

// holding names the columns, in every table there is but the reference data that no session writes,
// where one of the values stands: however accented or spelt, in whatever type of column.
func (f *fixture) holding(values map[string]string) map[string][]string {
	f.Helper()
	var whats, sought []string
	for what, value := range values {
		whats, sought = append(whats, what), append(sought, value)
	}
	var parts []string
	for _, table := range f.rows(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('territories', 'territory_editions')`) {
		parts = append(parts, fmt.Sprintf(`SELECT '%[1]s.' || cell.key AS place, cell.value FROM "%[1]s" t, jsonb_each_text(to_jsonb(t)) cell WHERE cell.value IS NOT NULL AND cell.key NOT IN ('hash', 'prev_hash')`, table[0]))
	}
	found := map[string][]string{}
	for _, row := range f.rows(`WITH cells AS MATERIALIZED (SELECT place, fold(value) AS value, regexp_replace(value, '[^0-9]', '', 'g') AS digits FROM (`+strings.Join(parts, " UNION ALL ")+`) every),
			sought AS MATERIALIZED (SELECT what, fold(value) AS value, CASE WHEN value ~ '^0[0-9 ]+$' THEN substr(replace(value, ' ', ''), 2) END AS digits FROM unnest($1::text[], $2::text[]) AS s (what, value))
		SELECT DISTINCT what, place FROM sought JOIN cells ON strpos(cells.value, sought.value) > 0 OR strpos(cells.digits, sought.digits) > 0 ORDER BY 1, 2`, whats, sought) {
		found[row[0].(string)] = append(found[row[0].(string)], row[1].(string))
	}
	return found
}

// answers are the figures and the profile on many days and by each filter.
func (f *fixture) answers() map[string]string {
	f.Helper()
	texts := map[string]string{}
	ask := func(query string) {
		for _, what := range []string{"/indicators", "/profile"} {
			texts[what+query] = f.send(f.actor(domain.Coordinator), "GET", "/v1/programmes/"+somme+what+"?"+query, nil).is(200).Text
		}
	}
	for day := domain.MustDate("2024-11-30"); !day.After(domain.DayOf(time.Now())) && day.Year() < 2027; day = day.AddDays(29) {
		ask("as_of=" + day.String())
	}
	for _, filter := range []string{"gender=female", "gender=male", "age_band=46_55", "age_band=51_plus", "justice_status=milieu_ouvert", "territory=80253", "education_level=cap_bep", "referrer_kind=spip"} {
		if f.send(f.actor(domain.Coordinator), "GET", "/v1/programmes/"+somme+"/profile?as_of=2026-06-30&"+filter, nil).Status == 200 {
			ask("as_of=2026-06-30&" + filter)
		}
	}
	return texts
}

func TestAnErasedPersonIsNowhereAndStillCounts(t *testing.T) {
	f := newFixture(t)
	var log bytes.Buffer
	f.handler = api.New(f.store, f.tokens, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))).Handler()
	f.cast() // somebody else
	m := f.marked()
	before, there := f.answers(), f.holding(m.values)
	for what := range m.values {
		if len(there[what]) == 0 {
			t.Errorf("the test looks for the %s, and it was never there", what)
		}
	}
	if len(before) < 60 || before["/profileas_of=2024-12-29"] == before["/profileas_of=2025-01-27"] {
		t.Error("too little is compared:", len(before))
	}

	officer, erase := f.actor(domain.DPO), "/v1/participants/"+m.participant+"/erasure"
	f.send(officer, "GET", erase, nil).problem(404, "not_found")
	erased := f.send(officer, "POST", erase, map[string]any{"reason": "Demande d'effacement reçue au bureau."}).is(200)
	// What the yearly report counts is still there, and where she worked is not.
	if kept := f.rows(`SELECT (SELECT string_agg(x->>'barrier', ' ') FROM diagnostics d, jsonb_array_elements(d.barriers) x WHERE d.enrolment_id = e.id), (SELECT count(*) FROM enrolment_barriers b WHERE b.enrolment_id = e.id AND b.state = 'set_aside'),
			(SELECT sum(duration_minutes) FROM actions a WHERE a.enrolment_id = e.id), (SELECT string_agg(concat_ws('/', followed_by, o.slug), ' ' ORDER BY p.id) FROM enrolment_proposals p LEFT JOIN organisations o ON o.id = p.organisation_id WHERE p.enrolment_id = e.id), (SELECT count(host_id) FROM immersions i WHERE i.enrolment_id = e.id),
			(SELECT situation FROM follow_ups f WHERE f.enrolment_id = e.id), (SELECT until_on::text FROM extensions x WHERE x.enrolment_id = e.id)
		FROM enrolments e WHERE e.id = $1`, m.enrolment)[0]; fmt.Sprint(kept) != "[sante mobilite 1 90 accepted   spip 0 in_employment 2026-01-15]" {
		t.Errorf("of the support there are %v", kept)
	}
	if got := fmt.Sprint(erased.Fields["enrolments"], erased.Fields["referrals"], erased.Fields["appointments"], " ", erased.Fields["origin"]); got != "2 3 1 request" {
		t.Error("erased", got)
	}
	f.trail(officer, "erased", "participant", m.participant, "")
	if reason := f.rows(`SELECT reason FROM audit_events ORDER BY id DESC LIMIT 1`)[0][0]; reason != "Demande d'effacement reçue au bureau." {
		t.Error("the trail says why:", reason)
	}
	for what, columns := range f.holding(m.values) {
		t.Errorf("the %s stands in %v", what, columns)
	}
	if len(log.String()) == 0 {
		t.Error("nothing was logged: the log was not looked through")
	}
	for what, value := range m.values {
		if strings.Contains(strings.ToLower(log.String()), strings.ToLower(value)) {
			t.Errorf("the log holds the %s", what)
		}
	}
	for query, text := range f.answers() {
		if before[query] != text {
			t.Errorf("%s was\n%s\nand is\n%s", query, before[query], text)
		}
	}

	t.Run("asked again, it answers the same and writes nothing", func(t *testing.T) {
		f := *f
		f.T = t
		held := f.contents()
		if again := f.send(officer, "POST", erase, map[string]any{"reason": "Une autre fois."}).is(200); again.Text != erased.Text {
			t.Errorf("%s, then %s", erased.Text, again.Text)
		}
		f.unchanged(held)
		if read := f.send(officer, "GET", erase, nil).is(200); read.Text != erased.Text {
			t.Errorf("%s, then %s", erased.Text, read.Text)
		}
	})
	t.Run("nobody reads or writes her", func(t *testing.T) {
		f := *f
		f.T = t
		for _, path := range []string{"/v1/participants/" + m.participant, "/v1/participants/" + m.participant + "/export", "/v1/participants/" + m.participant + "/history"} {
			for _, role := range []domain.Role{domain.Coordinator, domain.DPO} {
				f.send(f.actor(role), "GET", path, nil).problem(404, "not_found")
			}
		}
		f.send(officer, "POST", "/v1/participants/"+m.participant+"/restriction", map[string]any{"restricted": true, "reason": "Trop tard."}).problem(404, "not_found")
		f.hidden(m)
	})
	t.Run("the database would not let her come back", func(t *testing.T) {
		f := *f
		f.T = t
		for _, statement := range []string{
			`UPDATE participants SET last_name = 'X' WHERE erased_at IS NOT NULL`,
			`UPDATE participants SET territory_code = '80253' WHERE erased_at IS NOT NULL`,
			`UPDATE referrals SET reason = 'X' WHERE erased_at IS NOT NULL`,
			`UPDATE referrals SET frozen = false WHERE erased_at IS NOT NULL`,
		} {
			if err := f.refused(statement); err == nil {
				t.Error("taken:", statement)
			}
		}
	})
}

// hidden insists that staff and partners reach nothing of a person whose file is frozen: what they
// read is what they would read of somebody who never was.
func (f *fixture) hidden(m marked) {
	f.Helper()
	staff, spip := f.actor(domain.Coordinator), f.actor(domain.Partner)
	reason := map[string]any{"reason": "Par erreur."}
	for _, row := range []struct {
		actor        domain.Actor
		method, path string
		body         any
	}{
		{staff, "GET", "/v1/participants/" + m.participant, nil},
		{staff, "PUT", "/v1/participants/" + m.participant, map[string]any{"first_name": "A", "last_name": "B"}},
		{staff, "GET", "/v1/participants/" + m.participant + "/history", nil},
		{staff, "GET", "/v1/participants/" + m.participant + "/export", nil},
		{staff, "GET", "/v1/enrolments/" + m.enrolment, nil},
		{staff, "POST", "/v1/enrolments/" + m.enrolment + "/reopen", reason},
		{staff, "POST", "/v1/enrolments/" + m.enrolment + "/void", reason},
		{staff, "GET", "/v1/enrolments/" + m.enrolment + "/jobs", nil},
		{staff, "PUT", "/v1/enrolments/" + m.enrolment + "/jobs/" + m.job, map[string]any{"starts_on": "2025-08-01", "contract": "cdi"}},
		{staff, "GET", "/v1/enrolments/" + m.enrolment + "/outcomes", nil},
		{staff, "POST", "/v1/enrolments/" + m.enrolment + "/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2026-02-02", "result": "neither"}},
		{staff, "GET", "/v1/appointments/" + m.appointment, nil},
		{staff, "POST", "/v1/appointments/" + m.appointment + "/attendance", map[string]any{"status": "no_show"}},
		{staff, "GET", "/v1/referrals/" + m.referral, nil},
		{spip, "GET", "/v1/referrals/" + m.referral, nil},
		{spip, "POST", "/v1/referrals/" + m.referral + "/withdraw", nil},
	} {
		unknown := strings.NewReplacer(m.participant, randomID(), m.enrolment, randomID(), m.appointment, randomID(), m.referral, randomID()).Replace(row.path)
		got, want := f.send(row.actor, row.method, row.path, row.body, "If-Match", "*"), f.send(row.actor, row.method, unknown, row.body, "If-Match", "*")
		if got.Status != 404 || got.anonymous() != want.anonymous() {
			f.Errorf("%s %s answers\n%s\nwhat does not exist\n%s", row.method, row.path, got.anonymous(), want.anonymous())
		}
	}
	for _, path := range []string{"/v1/participants", "/v1/enrolments", "/v1/appointments", "/v1/referrals", "/v1/workshops"} {
		for _, id := range []string{m.participant, m.enrolment, m.appointment, m.referral} {
			if got := f.send(staff, "GET", path, nil).is(200); strings.Contains(got.Text, id) {
				f.Errorf("%s lists %s", path, id)
			}
		}
	}
	if got := f.send(spip, "GET", "/v1/referrals", nil).is(200); strings.Contains(got.Text, m.referral) {
		f.Error("the partner's list holds her")
	}
	if got := f.send(staff, "POST", "/v1/participants/search", map[string]any{"birth_date": m.values["birth date"]}).is(200); len(got.items()) != 0 {
		f.Error("found by her day of birth:", got.Text)
	}
	f.send(staff, "POST", "/v1/enrolments", map[string]any{"participant_id": m.participant, "programme": somme, "entered_on": "2026-06-01"}).problemAt(422, "invalid", "body.participant_id")
	f.send(staff, "POST", "/v1/appointments", map[string]any{"enrolment_id": m.enrolment, "starts_at": "2026-06-01T09:00:00Z", "duration_minutes": 60, "mode": "phone"}).problemAt(422, "invalid", "body.enrolment_id")
	evidence := f.send(staff, "GET", "/v1/programmes/"+somme+"/indicators/individual_attendance_rate/evidence?as_of=2026-06-30", nil).is(200)
	if strings.Contains(evidence.Text, "Prunelle") {
		f.Error("evidence shows a note")
	}
}

func TestWhoWasErasedIsFlaggedWhenSheComesAgain(t *testing.T) {
	f := newFixture(t)
	m := f.marked()
	staff, spip, v := f.actor(domain.Caseworker), f.actor(domain.Partner), m.values
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+m.participant+"/erasure", map[string]any{"reason": "Demande."}).is(200)
	base := map[string]any{"programme": somme, "first_name": "Autre", "last_name": "Personne", "consented_on": "2026-01-10", "referrer_phone": "03 22 11 11 11"}
	for name, row := range map[string]struct {
		changes []any
		want    bool
	}{
		"the same names and day of birth":          {[]any{"first_name", v["first name"], "last_name", v["last name"], "birth_date", v["birth date"]}, true},
		"without accents, in capitals":             {[]any{"first_name", "ZEPHYRINE", "last_name", "MARQUE D ETOILE", "birth_date", v["birth date"]}, true},
		"the names the other way round":            {[]any{"first_name", "Marqué d’Étoile", "last_name", "zéphyrine", "birth_date", v["birth date"]}, true},
		"the day of birth not known":               {[]any{"first_name", "Zephyrine", "last_name", "Marque-d'Etoile"}, true},
		"her number, written otherwise":            {[]any{"phone", "+33 6.39.98.77.61"}, true},
		"her address, in capitals":                 {[]any{"email", "Z.MARQUEE@example.org"}, true},
		"a namesake born another day":              {[]any{"first_name", v["first name"], "last_name", v["last name"], "birth_date", "1971-08-24"}, false},
		"somebody else born that day":              {[]any{"birth_date", v["birth date"]}, false},
		"a part of the names":                      {[]any{"first_name", v["first name"], "last_name", "Marqué"}, false},
		"the partner's own number, not the person": {[]any{"referrer_phone", v["phone"]}, false},
		"an earlier number":                        {[]any{"phone", v["old phone"]}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			sent := f.send(spip, "POST", "/v1/referrals", object(base, row.changes...)).is(201)
			if sent.Fields["resembles_erased"] != nil || f.send(spip, "GET", "/v1/referrals/"+sent.text("id"), nil).is(200).Fields["resembles_erased"] != nil {
				t.Error("the partner learns of it:", sent.Text)
			}
			if got := f.send(staff, "GET", "/v1/referrals/"+sent.text("id"), nil).is(200); got.Fields["resembles_erased"] != row.want {
				t.Error("staff read", got.Text)
			}
			person := map[string]any{}
			for _, field := range []string{"first_name", "last_name", "birth_date", "phone", "email"} {
				if value, ok := object(base, row.changes...)[field]; ok {
					person[field] = value
				}
			}
			// With the tombstones gone it would not be flagged: it is by them, and not by the row that stays.
			made := f.send(staff, "POST", "/v1/participants", person).is(201)
			if made.Fields["resembles_erased"] != row.want {
				t.Error("recorded by staff:", made.Text)
			}
			if strings.Contains(made.Text, m.participant) {
				t.Error("the erased file is named as a duplicate")
			}
		})
	}
	again := f.send(spip, "POST", "/v1/referrals", object(base, "external_reference", v["external reference"], "first_name", v["first name"], "last_name", v["last name"], "birth_date", v["birth date"])).is(201)
	accepted := f.send(staff, "POST", "/v1/referrals/"+again.text("id")+"/accept", map[string]any{"entered_on": "2026-06-01"}).is(200)
	if accepted.text("participant_id") == m.participant {
		t.Error("attached to what was erased")
	}
	if n := f.count(`SELECT count(*) FROM tombstones`); n != 4 {
		t.Error(n, "tombstones, not of the day of birth, the names, the number and the address")
	}
}

func TestErasuresThatAreRefused(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	officer, path := f.actor(domain.DPO), "/v1/participants/"+c.participant+"/erasure"
	before := f.contents()
	for name, row := range map[string]struct {
		body     any
		location string
	}{
		"no reason":                  {map[string]any{}, "body.reason"},
		"a blank reason":             {map[string]any{"reason": "    "}, "body.reason"},
		"a reason with her name":     {map[string]any{"reason": "Demande de Mme FICTIF"}, "body.reason"},
		"her first name, accented":   {map[string]any{"reason": "Dominiqué l'a demandé."}, "body.reason"},
		"a reason with her number":   {map[string]any{"reason": "Appel du 06.39.98.00.01"}, "body.reason"},
		"a reason with a NIR":        {map[string]any{"reason": "Dossier 185057800608436"}, "body.reason"},
		"more than a reason":         {map[string]any{"reason": "Demande.", "force": true}, "body.force"},
		"a reason that is no text":   {map[string]any{"reason": 1}, "body.reason"},
		"a restriction, not a word":  {map[string]any{"reason": "X"}, "body.reason"},
		"a null where a text belong": {map[string]any{"reason": nil}, "body.reason"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			f.send(officer, "POST", path, row.body).problemAt(422, "invalid", row.location)
		})
	}
	f.send(officer, "POST", "/v1/participants/"+randomID()+"/erasure", map[string]any{"reason": "Demande."}).problem(404, "not_found")
	f.send(f.actor(domain.Coordinator), "POST", path, map[string]any{"reason": "Demande."}).problem(403, "forbidden")
	f.unchanged(before)
}
