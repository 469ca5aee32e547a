package api_test

import (
	"net/http"
	"strings"
	"testing"

	"o2r/domain"
)

// Whoever works elsewhere learns nothing: the answer is the one for what does not exist, word for
// word, and nothing is written.
func TestWhatIsOfAnotherProgrammeIsNotThere(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	before := f.contents()
	coordinator := f.stranger(domain.Coordinator)
	reason, job := map[string]any{"reason": "Par erreur."}, map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}
	theirs := object(c.entry, "programme", elsewhere)
	for _, row := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/v1/participants/" + c.participant, nil},
		{"HEAD", "/v1/participants/" + c.participant, nil},
		{"PUT", "/v1/participants/" + c.participant, c.identity},
		{"GET", "/v1/enrolments/" + c.enrolment, nil},
		{"PUT", "/v1/enrolments/" + c.enrolment, c.entry},
		{"PUT", "/v1/enrolments/" + c.enrolment, theirs},
		{"POST", "/v1/enrolments/" + c.enrolment + "/exit", map[string]any{"exited_on": "2025-08-01", "kind": "cdi"}},
		{"POST", "/v1/enrolments/" + c.enrolment + "/reopen", reason},
		{"POST", "/v1/enrolments/" + c.enrolment + "/void", reason},
		{"GET", "/v1/enrolments/" + c.enrolment + "/jobs", nil},
		{"POST", "/v1/enrolments/" + c.enrolment + "/jobs", job},
		{"PUT", "/v1/enrolments/" + c.enrolment + "/jobs/" + c.job, job},
		{"GET", "/v1/enrolments/" + c.enrolment + "/france-travail-status", nil},
		{"POST", "/v1/enrolments/" + c.enrolment + "/france-travail-status", map[string]any{"observed_on": "2025-06-02", "registered": true}},
		{"GET", "/v1/enrolments/" + c.enrolment + "/outcomes", nil},
		{"POST", "/v1/enrolments/" + c.enrolment + "/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": "2025-12-02", "result": "neither"}},
		{"GET", "/v1/appointments/" + c.appointment, nil},
		{"PUT", "/v1/appointments/" + c.appointment, c.meeting},
		{"POST", "/v1/appointments/" + c.appointment + "/attendance", map[string]any{"status": "attended"}},
		{"GET", "/v1/workshops/" + c.workshop, nil},
		{"POST", "/v1/workshops/" + c.workshop + "/registrations", map[string]any{"enrolment_id": c.enrolment}},
		{"PUT", "/v1/workshops/" + c.workshop, c.session},
		{"POST", "/v1/workshops/" + c.workshop + "/unregister", map[string]any{"enrolment_id": c.enrolment}},
		{"PUT", "/v1/workshops/" + c.workshop + "/roll-call", map[string]any{"items": []any{}}},
		{"POST", "/v1/workshops/" + c.workshop + "/cancel", map[string]any{"reason": "Salle fermée."}},
		{"GET", "/v1/referrals/" + c.referral, nil},
		{"POST", "/v1/referrals/" + c.referral + "/review", nil},
		{"POST", "/v1/referrals/" + c.referral + "/accept", map[string]any{}},
		{"POST", "/v1/referrals/" + c.referral + "/decline", map[string]any{"decline_reason": "autre"}},
		{"POST", "/v1/referrals/" + c.referral + "/withdraw", nil},
		{"GET", "/v1/sites/" + f.site.ID, nil},
		{"PUT", "/v1/sites/" + f.site.ID, map[string]any{"programme": somme, "name": "Pris"}},
		{"GET", "/v1/programmes/" + somme, nil},
		{"GET", "/v1/programmes/" + somme + "/targets", nil},
		{"PUT", "/v1/programmes/" + somme + "/targets", map[string]any{"items": []any{}}},
		{"GET", "/v1/programmes/" + somme + "/territories", nil},
		{"PUT", "/v1/programmes/" + somme + "/territories", map[string]any{"items": []any{map[string]any{"territory_code": "80253"}}}},
		{"GET", "/v1/programmes/" + somme + "/indicators", nil},
		{"GET", "/v1/programmes/" + somme + "/indicators/beneficiaries", nil},
		{"GET", "/v1/programmes/" + somme + "/indicators/beneficiaries/evidence", nil},
		{"GET", "/v1/programmes/" + somme + "/indicators/beneficiaries/breakdown?by=gender", nil},
		{"GET", "/v1/programmes/" + somme + "/indicators/beneficiaries/series", nil},
		{"GET", "/v1/figures?programme=" + somme, nil},
		{"GET", "/v1/programmes/" + somme + "/profile", nil},
	} {
		t.Run(row.method+" "+strings.NewReplacer(c.participant, "P", c.enrolment, "E", c.job, "J", c.appointment, "A", c.workshop, "W", c.referral, "R", f.site.ID, "S").Replace(row.path), func(t *testing.T) {
			f := *f
			f.T = t
			unknown := strings.NewReplacer(c.participant, randomID(), c.enrolment, randomID(), c.appointment, randomID(), c.workshop, randomID(), c.referral, randomID(), f.site.ID, randomID(), somme, "o2r-nulle-part").Replace(row.path)
			for _, match := range []string{"*", `"1"`, `"99"`} { // a version may not betray it either
				got := f.send(coordinator, row.method, row.path, row.body, "If-Match", match).is(404)
				if want := f.send(coordinator, row.method, unknown, row.body, "If-Match", match); got.anonymous() != want.anonymous() {
					t.Errorf("what is hidden answers\n%s\nwhat does not exist\n%s", got.anonymous(), want.anonymous())
				}
			}
			if row.method != "HEAD" {
				f.send(coordinator, row.method, row.path, row.body, "If-Match", "*").problemAt(404, "not_found")
			}
		})
	}
	f.unchanged(before)
}

// A job is reached through its own enrolment only.
func TestAJobOfAnotherEnrolmentIsNotThere(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	other := f.enrolled("Claude", "Autre", "2025-03-03")
	f.send(f.actor(domain.Caseworker), "PUT", "/v1/enrolments/"+other.ID+"/jobs/"+c.job, map[string]any{"starts_on": "2025-06-02", "contract": "cdi"}, "If-Match", "*").problem(404, "not_found")
}

func TestListsHoldOnlyWhatTheCallerMaySee(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	unenrolled := f.person("Alix", "Attente").ID
	mdsi := f.actor(domain.Partner)
	mdsi.OrganisationID = f.mdsi.ID
	theirs := f.send(mdsi, "POST", "/v1/referrals", object(c.request, "last_name", "Autre")).is(201).text("id") // the same reference, another partner's
	colleague := f.actor(domain.Caseworker)
	colleague.OrganisationID = f.spip.ID // works in the programme, for another organisation
	strayed := f.actor(domain.Partner)
	strayed.Programmes = []string{elsewhere} // the SPIP, with a token for another programme
	closed := f.actor(domain.Caseworker)
	closed.Programmes = []string{}
	search := map[string]any{"query": "a"}
	for _, row := range []struct {
		who    string
		actor  domain.Actor
		method string
		path   string
		want   string
	}{
		{"caseworker", f.actor(domain.Caseworker), "GET", "/v1/participants", unenrolled + " " + c.participant},
		{"colleague", colleague, "GET", "/v1/participants", c.participant},
		{"stranger", f.stranger(domain.Caseworker), "GET", "/v1/participants", ""},
		{"without programmes", closed, "GET", "/v1/participants", ""},
		{"colleague", colleague, "POST", "/v1/participants/search", ""},
		{"stranger", f.stranger(domain.Caseworker), "POST", "/v1/participants/search", ""},
		{"caseworker", f.actor(domain.Caseworker), "GET", "/v1/enrolments", c.enrolment},
		{"stranger", f.stranger(domain.Caseworker), "GET", "/v1/enrolments", ""},
		{"stranger, asking", f.stranger(domain.Caseworker), "GET", "/v1/enrolments?programme=" + somme, ""},
		{"stranger, asking", f.stranger(domain.Caseworker), "GET", "/v1/enrolments?participant_id=" + c.participant, ""},
		{"without programmes", closed, "GET", "/v1/enrolments", ""},
		{"caseworker", f.actor(domain.Caseworker), "GET", "/v1/appointments", c.appointment},
		{"stranger", f.stranger(domain.Coordinator), "GET", "/v1/appointments", ""},
		{"stranger, asking", f.stranger(domain.Coordinator), "GET", "/v1/appointments?enrolment_id=" + c.enrolment, ""},
		{"stranger", f.stranger(domain.Coordinator), "GET", "/v1/workshops", ""},
		{"caseworker", f.actor(domain.Caseworker), "GET", "/v1/referrals", theirs + " " + c.referral},
		{"the SPIP", f.actor(domain.Partner), "GET", "/v1/referrals", c.referral},
		{"the MDSI", mdsi, "GET", "/v1/referrals", theirs},
		{"the MDSI, asking", mdsi, "GET", "/v1/referrals?external_reference=CAST-1", theirs},
		{"the SPIP elsewhere", strayed, "GET", "/v1/referrals", ""},
		{"stranger", f.stranger(domain.Coordinator), "GET", "/v1/referrals?programme=" + somme, ""},
		{"stranger", f.stranger(domain.Coordinator), "GET", "/v1/sites", ""},
		{"the SPIP", f.actor(domain.Partner), "GET", "/v1/sites", f.site.ID},
		{"administrator", domain.Actor{Subject: "a", Role: domain.Admin}, "GET", "/v1/sites", f.site.ID},
		{"the SPIP", f.actor(domain.Partner), "GET", "/v1/organisations", f.spip.ID + " " + f.operator.ID},
		{"the MDSI", mdsi, "GET", "/v1/organisations?kind=spip", ""},
		{"analyst", f.actor(domain.Analyst), "GET", "/v1/organisations", f.operator.ID},
	} {
		t.Run(row.who+" "+row.method+" "+row.path, func(t *testing.T) {
			f := *f
			f.T = t
			var body any
			if row.method == "POST" {
				body = object(search, "query", "attente")
			}
			var ids []string
			got := f.send(row.actor, row.method, row.path, body).is(200)
			for _, item := range got.items() {
				ids = append(ids, item["id"].(string))
			}
			if strings.Join(ids, " ") != row.want {
				t.Errorf("sees %q, not %q", ids, row.want)
			}
			if got.Fields["next_cursor"] != nil || got.Header.Get("Link") != "" {
				t.Error("another page is promised")
			}
		})
	}
	for _, one := range []struct {
		actor domain.Actor
		id    string
	}{{mdsi, c.referral}, {f.actor(domain.Partner), theirs}, {strayed, c.referral}} {
		f.send(one.actor, "GET", "/v1/referrals/"+one.id, nil).problem(404, "not_found")
		f.send(one.actor, "POST", "/v1/referrals/"+one.id+"/withdraw", nil).problem(404, "not_found")
	}
	f.send(colleague, "GET", "/v1/participants/"+unenrolled, nil).problem(404, "not_found")
	f.send(f.actor(domain.Caseworker), "GET", "/v1/participants/"+unenrolled, nil).is(200)
}

// Analysts and administrators work without seeing a person: nothing
// that these roles may read repeats a name, an identifier or a justice status.
func TestWhoWorksWithoutPeopleSeesNone(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	for _, role := range []domain.Role{domain.Analyst, domain.Admin} {
		for _, op := range f.operations() {
			if op.method != http.MethodGet || !strings.Contains(roles[op.id], string(role)) {
				continue
			}
			text := f.send(f.actor(role), op.method, op.aimed(c, f).path, nil).Text
			for _, secret := range []string{"Fictif", "Dominique", "Inventé", "06 39 98", c.participant, c.enrolment, c.referral, c.appointment} {
				if op.id == "listAuditEvents" && len(secret) == 36 {
					continue // the officer reads which record was seen, and nothing in it
				}
				if strings.Contains(text, secret) {
					t.Errorf("%s reads %q in %s", role, secret, op.path)
				}
			}
		}
	}
}

// A body that names what the caller may not see is told that there is none, as for a made-up name.
func TestBodiesNameOnlyWhatTheCallerSees(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	waiting := f.person("Alix", "Attente").ID
	theirPerson := f.send(f.stranger(domain.Caseworker), "POST", "/v1/participants", c.identity).is(201)
	if got := theirPerson.texts("possible_duplicates"); got != "" {
		t.Errorf("somebody of another programme is named as a duplicate: %s", got)
	}
	theirSite := f.send(f.stranger(domain.Coordinator), "POST", "/v1/sites", map[string]any{"programme": elsewhere, "name": "Ailleurs"}).is(201).text("id")
	theirEntry := object(c.entry, "programme", elsewhere, "participant_id", theirPerson.text("id"))
	theirs := f.send(f.stranger(domain.Caseworker), "POST", "/v1/enrolments", theirEntry).is(201).text("id")
	theirPartner := domain.Actor{Subject: "p", Role: domain.Partner, OrganisationID: f.mdsi.ID, Programmes: []string{elsewhere}}
	theirReferral := f.send(theirPartner, "POST", "/v1/referrals", object(c.request, "programme", elsewhere)).is(201).text("id")
	entry := object(c.entry, "participant_id", waiting)
	wire := f.overWire()
	before := f.contents()
	stranger, own := f.stranger(domain.Coordinator), f.actor(domain.Coordinator)
	for name, row := range map[string]struct {
		actor        domain.Actor
		method, path string
		body         map[string]any
		field        string
		hidden       string // replaced by a made-up one, the answer is the same
	}{
		"enrol somebody else's participant":    {own, "POST", "/v1/enrolments", object(c.entry, "participant_id", theirPerson.text("id")), "participant_id", theirPerson.text("id")},
		"enrol somebody waiting elsewhere":     {stranger, "POST", "/v1/enrolments", object(entry, "programme", elsewhere), "participant_id", waiting},
		"enrol in another programme":           {own, "POST", "/v1/enrolments", object(entry, "programme", elsewhere), "programme", elsewhere},
		"enrol at another programme's site":    {own, "POST", "/v1/enrolments", object(entry, "site_id", theirSite), "site_id", theirSite},
		"enrol by another's referral":          {own, "POST", "/v1/enrolments", object(entry, "referral_id", theirReferral), "referral_id", theirReferral},
		"rewrite to another's site":            {own, "PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "site_id", theirSite), "site_id", theirSite},
		"rewrite to another's referral":        {own, "PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "referral_id", theirReferral), "referral_id", theirReferral},
		"meet somebody else's participant":     {own, "POST", "/v1/appointments", object(c.meeting, "enrolment_id", theirs), "enrolment_id", theirs},
		"meet at another's site":               {own, "POST", "/v1/appointments", object(c.meeting, "site_id", theirSite), "site_id", theirSite},
		"move a meeting to another's site":     {own, "PUT", "/v1/appointments/" + c.appointment, object(c.meeting, "site_id", theirSite), "site_id", theirSite},
		"plan a workshop elsewhere":            {own, "POST", "/v1/workshops", object(c.session, "programme", elsewhere), "programme", elsewhere},
		"plan a workshop at another's site":    {own, "POST", "/v1/workshops", object(c.session, "site_id", theirSite), "site_id", theirSite},
		"register somebody else":               {own, "POST", "/v1/workshops/" + c.workshop + "/registrations", map[string]any{"enrolment_id": theirs}, "enrolment_id", theirs},
		"call the roll of somebody else":       {own, "PUT", "/v1/workshops/" + c.workshop + "/roll-call", map[string]any{"items": []any{map[string]any{"enrolment_id": theirs, "status": "attended"}}}, "items[0].enrolment_id", theirs},
		"accept as somebody else":              {own, "POST", "/v1/referrals/" + c.referral + "/accept", map[string]any{"participant_id": theirPerson.text("id")}, "participant_id", theirPerson.text("id")},
		"accept at another's site":             {own, "POST", "/v1/referrals/" + c.referral + "/accept", map[string]any{"site_id": theirSite}, "site_id", theirSite},
		"refer to another programme":           {f.actor(domain.Partner), "POST", "/v1/referrals", object(c.request, "external_reference", "X", "programme", elsewhere), "programme", elsewhere},
		"refer to another's site":              {f.actor(domain.Partner), "POST", "/v1/referrals", object(c.request, "external_reference", "X", "preferred_site_id", theirSite), "preferred_site_id", theirSite},
		"open a site elsewhere":                {own, "POST", "/v1/sites", map[string]any{"programme": elsewhere, "name": "Pris"}, "programme", elsewhere},
		"open a site hosted by nobody":         {own, "POST", "/v1/sites", map[string]any{"programme": somme, "name": "Pris", "host_id": randomID()}, "host_id", ""},
		"record a programme run by nobody":     {f.actor(domain.Admin), "POST", "/v1/programmes", map[string]any{"slug": "neuf", "name": "Neuf", "operator_id": randomID(), "starts_on": "2025-01-01", "ends_on": "2026-01-01"}, "operator_id", ""},
		"record a site of a made-up programme": {f.actor(domain.Admin), "POST", "/v1/sites", map[string]any{"programme": "nulle-part", "name": "Pris"}, "programme", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			var got, want reply
			f.send(row.actor, "GET", "/v1/me", nil) // that she was seen today is noted once
			statements := wire.during(func() { got = f.send(row.actor, row.method, row.path, row.body, "If-Match", "*") })
			got.problemAt(422, "invalid", "body."+row.field)
			if row.hidden == "" {
				return
			}
			madeUp := object(row.body)
			for key, value := range madeUp {
				switch {
				case value == row.hidden && key == "programme":
					madeUp[key] = "o2r-nulle-part"
				case value == row.hidden:
					madeUp[key] = randomID()
				}
			}
			asked := wire.during(func() { want = f.send(row.actor, row.method, row.path, madeUp, "If-Match", "*") })
			if got.anonymous() != want.anonymous() {
				t.Errorf("what is hidden answers\n%s\nwhat does not exist\n%s", got.anonymous(), want.anonymous())
			}
			if statements != asked {
				t.Errorf("what is hidden takes %d statements, what does not exist %d", statements, asked)
			}
		})
	}
	f.unchanged(before)
}

// Somebody who works in both programmes may see both, and may still not mix them up.
func TestProgrammesAreNotMixedByWhoWorksInBoth(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	both := f.actor(domain.Coordinator)
	both.Programmes = []string{somme, elsewhere}
	there := f.send(both, "POST", "/v1/sites", map[string]any{"programme": elsewhere, "name": "Ailleurs"}).is(201).text("id")
	theirs := f.send(both, "POST", "/v1/enrolments", object(c.entry, "programme", elsewhere)).is(201).text("id") // one person, in both
	person := f.person("Alix", "Attente").ID
	f.refuse(both, map[string]refusal{
		"register for a workshop there": {"POST", "/v1/workshops/" + c.workshop + "/registrations", map[string]any{"enrolment_id": theirs}, 422, "invalid", "body.enrolment_id", "unknown"},
		"meet at a site there":          {"POST", "/v1/appointments", object(c.meeting, "site_id", there), 422, "invalid", "body.site_id", "unknown"},
		"meet there at a site here":     {"POST", "/v1/appointments", object(c.meeting, "enrolment_id", theirs, "site_id", f.site.ID), 422, "invalid", "body.site_id", "unknown"},
		"hand a meeting over":           {"PUT", "/v1/appointments/" + c.appointment, object(c.meeting, "enrolment_id", theirs), 422, "invalid", "body.enrolment_id", "fixed"},
		"enrol at a site there":         {"POST", "/v1/enrolments", object(c.entry, "participant_id", person, "site_id", there), 422, "invalid", "body.site_id", "unknown"},
		"enrol there by a referral":     {"POST", "/v1/enrolments", object(c.entry, "participant_id", person, "programme", elsewhere, "referral_id", c.referral), 422, "invalid", "body.referral_id", "unknown"},
		"move a path there":             {"PUT", "/v1/enrolments/" + c.enrolment, object(c.entry, "programme", elsewhere), 422, "invalid", "body.participant_id", "fixed"},
		"accept at a site there":        {"POST", "/v1/referrals/" + c.referral + "/accept", map[string]any{"site_id": there}, 422, "invalid", "body.site_id", "unknown"},
		"hold a workshop there":         {"POST", "/v1/workshops", object(c.session, "site_id", there), 422, "invalid", "body.site_id", "unknown"},
		"move a site":                   {"PUT", "/v1/sites/" + there, map[string]any{"programme": somme, "name": "Pris"}, 422, "invalid", "body.programme", "fixed"},
	}, "If-Match", "*")
}
