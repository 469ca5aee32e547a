package api_test

import (
	"fmt"
	"maps"
	"testing"

	"o2r/domain"
)

// record is what a cell of the matrix addresses: somebody's file, a programme with its site, or
// an organisation, with all that decides who reaches it.
type record struct {
	relation                                     string // to who works in o2r-somme for its operator, or for the SPIP
	organisation, partner, programme, caseworker string
	unenrolled, restricted, erased               bool
	also                                         string            // another programme that the person is followed in
	person                                       string            // whose path it is, where her file is another record
	ids                                          map[string]string // by kind

	nothing map[string]string // what stands in their place to ask for what is not there, if not anything
}

// mark is a text, or an identifier, that stands in one record alone.
type mark struct {
	text, kind string
	id         bool
	of         *record
}

// world holds one record of each relation, each marked.
type world struct {
	*fixture
	*wire
	records []*record
	marks   []mark
	bodies  cast // of requests; it names nothing that is there
}

const followed = "test-caseworker" // the subject of the caseworker who asks

func newWorld(t *testing.T) *world {
	w := &world{fixture: newFixture(t)}
	own, other := record{organisation: w.operator.ID, partner: w.spip.ID}, record{organisation: w.other.ID, partner: w.mdsi.ID}
	in := func(r record, programme, caseworker, relation string) *record {
		r.programme, r.caseworker, r.relation, r.ids = programme, caseworker, relation, map[string]string{}
		w.records = append(w.records, &r)
		return &r
	}
	hers := w.file(in(own, somme, followed, "own organisation, own programme, assigned"))
	free := w.file(in(own, somme, "", "own organisation, own programme, unassigned"))
	colleagues := w.file(in(own, somme, "colleague", "own organisation, own programme, a colleague's"))
	w.file(in(own, elsewhere, followed, "own organisation, other programme, assigned"))
	w.file(in(other, somme, "", "other organisation, own programme, unassigned"))
	w.file(in(other, somme, followed, "other organisation, own programme, assigned"))
	w.file(in(other, elsewhere, "", "other organisation, other programme"))
	restricted := w.file(in(own, somme, followed, "own organisation, own programme, restricted"))
	erased := w.file(in(own, somme, followed, "own organisation, own programme, erased"))
	w.again(in(own, somme, "colleague", "own programme, a colleague's path of her own person"), hers, "2025-06-02")
	w.again(in(own, elsewhere, followed, "other programme, a path of her own person"), hers, "2025-06-02")
	w.unenrolled(in(own, somme, "", "own organisation, own programme, not enrolled"))
	w.unenrolled(in(other, somme, "", "other organisation, own programme, not enrolled"))
	for _, programme := range []string{somme, elsewhere} {
		w.setting(in(record{}, programme, "", programme))
	}
	for _, organisation := range []domain.Organisation{w.operator, w.other, w.spip, w.mdsi} {
		r := in(record{organisation: organisation.ID}, "", "", organisation.Slug)
		r.programme = map[string]string{w.operator.ID: somme, w.other.ID: elsewhere}[organisation.ID] // which it runs
		w.identify(r, "organisation", organisation.ID)
	}
	for _, party := range w.rows(`SELECT id::text, slug FROM organisations WHERE slug LIKE 'partie-%'`) { // of immersions
		w.identify(in(record{organisation: party[0].(string)}, "", "", party[1].(string)), "organisation", party[0].(string))
	}
	// Also registered beside her: a colleague's person, and two whose files nobody sees.
	for _, one := range []*record{colleagues, restricted, erased} {
		w.send(w.lead(one), "POST", "/v1/workshops/"+hers.ids["workshop"]+"/registrations", map[string]any{"enrolment_id": one.ids["enrolment"]}).is(200)
	}
	dpo := w.actor(domain.DPO)
	w.send(dpo, "POST", "/v1/participants/"+restricted.ids["participant"]+"/restriction", map[string]any{"restricted": true, "reason": w.mark(restricted, "rights_request", "motif")}).is(200)
	w.send(dpo, "POST", "/v1/participants/"+erased.ids["participant"]+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	restricted.restricted, erased.erased = true, true
	delete(erased.ids, "erasable") // asked again, it answers as the first time: see TestAnErasedPersonIsNowhereAndStillCounts
	// A fact is reached through its own path only.
	crossed := in(record{}, "", "", "a fact of another path")
	crossed.ids, crossed.nothing = maps.Clone(free.ids), maps.Clone(free.ids)
	for _, kind := range []string{"participant", "referral", "appointment", "workshop", "erasure", "rights_request"} {
		delete(crossed.ids, kind)
	}
	for _, kind := range facts {
		crossed.ids[kind], crossed.nothing[kind] = hers.ids[kind], randomID()
	}
	w.phrase()
	w.wire = w.overWire()
	return w
}

// facts are the kinds of dated facts: an enrolment's parts.
var facts = []string{"job", "france_travail_status", "outcome", "diagnostic", "barrier", "strength", "charter", "objective", "action", "proposal", "immersion", "follow_up", "extension"}

// lead is who sets a record up.
func (w *world) lead(r *record) domain.Actor {
	return domain.Actor{Subject: "lead", Role: domain.Coordinator, OrganisationID: r.organisation, Programmes: []string{r.programme}}
}

// mark makes a text that stands nowhere but in that record.
func (w *world) mark(r *record, kind, text string) string {
	text = fmt.Sprintf("%s%03dq", text, len(w.marks))
	w.marks = append(w.marks, mark{text: text, kind: kind, of: r})
	return text
}

// telephone and day mark as mark does, in their own form.
func (w *world) telephone(r *record, kind string) string {
	n := len(w.marks)
	text := fmt.Sprintf("06 39 98 %02d %02d", n/100, n%100)
	w.marks = append(w.marks, mark{text: text, kind: kind, of: r})
	return text
}

func (w *world) day(r *record, kind string) string {
	n := len(w.marks)
	text := fmt.Sprintf("19%02d-%02d-%02d", 60+n/300, 1+n/28%12, 1+n%28)
	w.marks = append(w.marks, mark{text: text, kind: kind, of: r})
	return text
}

func (w *world) identify(r *record, kind, id string) string {
	r.ids[kind] = id
	w.marks = append(w.marks, mark{text: id, kind: kind, of: r, id: true})
	return id
}

func (w *world) made(r *record, kind string, by domain.Actor, path string, body map[string]any) string {
	w.Helper()
	return w.identify(r, kind, w.send(by, "POST", path, body).is(201).text("id"))
}

// person is what a participant is recorded with.
func (w *world) person(r *record) map[string]any {
	return map[string]any{
		"first_name": "Fictif", "last_name": w.mark(r, "participant", "Nom"), "birth_date": w.day(r, "participant"), "phone": w.telephone(r, "participant"),
		"email": w.mark(r, "participant", "adresse") + "@example.org", "address": w.mark(r, "participant", "rue"),
	}
}

// file is a person whom a partner referred, accepted, with everything that hangs on her path.
func (w *world) file(r *record) *record {
	w.Helper()
	sender, lead := domain.Actor{Subject: "sender", Role: domain.Partner, OrganisationID: r.partner, Programmes: []string{r.programme}}, w.lead(r)
	referral := w.made(r, "referral", sender, "/v1/referrals", map[string]any{
		"programme": r.programme, "external_reference": w.mark(r, "referral", "REF"), "first_name": "Fictif", "last_name": w.mark(r, "identity", "Adresse"),
		"birth_date": w.day(r, "identity"), "phone": w.telephone(r, "identity"), "email": w.mark(r, "identity", "joindre") + "@example.org",
		"consented_on": "2025-01-15", "territory_code": "80253", "justice_status": "milieu_ouvert", "barriers": []any{"sante"}, "reason": w.mark(r, "referral", "besoin"),
		"referrer_name": w.mark(r, "referral", "Conseil"), "referrer_email": w.mark(r, "referral", "conseil") + "@example.org", "referrer_phone": w.telephone(r, "referral"),
	})
	acceptance := map[string]any{"entered_on": "2025-02-03"}
	if r.caseworker != "" {
		acceptance["caseworker_id"] = r.caseworker
	}
	accepted := w.send(lead, "POST", "/v1/referrals/"+referral+"/accept", acceptance).is(200)
	participant := w.identify(r, "participant", accepted.text("participant_id"))
	w.identify(r, "enrolment", accepted.text("enrolment_id"))
	r.ids["erasure"], r.ids["erasable"] = participant, participant
	w.send(lead, "PUT", "/v1/participants/"+participant, w.person(r), "If-Match", "*").is(200) // a partner knows the names of its referral, not these
	w.made(r, "rights_request", w.actor(domain.DPO), "/v1/rights-requests", map[string]any{"kind": "access", "received_on": "2026-01-31", "status": "open", "participant_id": participant, "note": w.mark(r, "rights_request", "demande")})
	w.path(r, lead, "2025-02-03")
	return r
}

// path records what happens on an enrolment, from a first meeting to what was found afterwards.
func (w *world) path(r *record, lead domain.Actor, enteredOn string) {
	w.Helper()
	after := func(days int) string { return domain.MustDate(enteredOn).AddDays(days).String() }
	enrolment := "/v1/enrolments/" + r.ids["enrolment"]
	w.made(r, "job", lead, enrolment+"/jobs", map[string]any{"starts_on": after(10), "contract": "cdi", "employer": w.mark(r, "job", "Employeur")})
	w.supported(r, lead, after)
	w.made(r, "france_travail_status", lead, enrolment+"/france-travail-status", map[string]any{"observed_on": after(10), "registered": true})
	appointment := w.made(r, "appointment", lead, "/v1/appointments", map[string]any{"enrolment_id": r.ids["enrolment"], "starts_at": after(20) + "T09:00:00Z", "duration_minutes": 60, "mode": "phone", "purpose": w.mark(r, "appointment", "objet")})
	w.send(lead, "POST", "/v1/appointments/"+appointment+"/attendance", map[string]any{"status": "attended", "note": w.mark(r, "appointment", "note")}).is(200)
	workshop := w.made(r, "workshop", lead, "/v1/workshops", map[string]any{"programme": r.programme, "kind": "remobilisation", "title": w.mark(r, "workshop", "Atelier"), "starts_at": after(30) + "T13:00:00Z", "duration_minutes": 90})
	w.send(lead, "POST", "/v1/workshops/"+workshop+"/registrations", map[string]any{"enrolment_id": r.ids["enrolment"]}).is(200)
	w.send(lead, "POST", enrolment+"/exit", map[string]any{"exited_on": after(60), "kind": "cdi", "follow_up_agreed": true}).is(200)
	w.made(r, "follow_up", lead, enrolment+"/follow-ups", map[string]any{"contacted_on": after(90), "channel": "phone", "counterpart": "personne", "situation": "in_employment", "note": w.mark(r, "follow_up", "appel")})
	w.made(r, "outcome", lead, enrolment+"/outcomes", map[string]any{"checkpoint": "6_months", "observed_on": after(250), "result": "neither"})
}

// supported records one of each of what a person is supported with.
func (w *world) supported(r *record, lead domain.Actor, after func(int) string) {
	w.Helper()
	enrolment := "/v1/enrolments/" + r.ids["enrolment"]
	w.made(r, "diagnostic", lead, enrolment+"/diagnostics", map[string]any{"assessed_on": after(0), "barriers": []any{map[string]any{"barrier": "sante", "impact": "fort"}}, "strengths": []any{"langues"}, "note": w.mark(r, "diagnostic", "bilan")})
	barrier := w.made(r, "barrier", lead, enrolment+"/barriers", map[string]any{"barrier": "logement", "assessed_on": after(0)})
	w.made(r, "strength", lead, enrolment+"/strengths", map[string]any{"strength": "entourage", "noted_on": after(0), "detail": w.mark(r, "strength", "appui")})
	w.made(r, "charter", lead, enrolment+"/charter", map[string]any{"signed_on": after(5), "note": w.mark(r, "charter", "charte")})
	w.made(r, "objective", lead, enrolment+"/objectives", map[string]any{"label": w.mark(r, "objective", "but"), "agreed_on": after(5), "due_on": after(25), "in_charter": true, "barrier_id": barrier})
	w.made(r, "action", lead, enrolment+"/actions", map[string]any{"kind": "mise_en_relation_logement", "done_on": after(8), "barrier_id": barrier, "note": w.mark(r, "action", "aide")})
	w.made(r, "proposal", lead, enrolment+"/proposals", map[string]any{"kind": "formation_qualifiante", "proposed_on": after(9), "note": w.mark(r, "proposal", "offre")})
	w.made(r, "immersion", lead, enrolment+"/immersions", map[string]any{"purpose": "decouvrir_un_metier", "host_id": w.party([]string{"employeur", "siae", "commune", "ccas", "autre"}[len(w.records)%5]), "prescriber_id": w.party("cap_emploi"),
		"starts_on": after(12), "ends_on": after(14), "objectives": w.mark(r, "immersion", "essai"), "note": w.mark(r, "immersion", "stage")})
	w.made(r, "extension", lead, enrolment+"/extensions", map[string]any{"reason": w.mark(r, "extension", "motif"), "decided_on": after(20)})
	w.send(lead, "POST", enrolment+"/barriers/"+barrier+"/set-aside", map[string]any{"set_aside_on": after(10), "reason": w.mark(r, "barrier", "attente")}).is(200)
}

// again is another path of a person who has one: followed by another, or in another programme.
// It is corrected once, so that the person's history holds what stood there.
func (w *world) again(r, person *record, enteredOn string) {
	w.Helper()
	lead := w.lead(r)
	lead.Programmes = []string{somme, elsewhere} // whoever enrols her sees her
	entry := map[string]any{"participant_id": person.ids["participant"], "programme": r.programme, "entered_on": enteredOn, "caseworker_id": w.mark(r, "enrolment", "suivi")}
	r.person = person.ids["participant"]
	if r.programme != person.programme {
		person.also = r.programme
	}
	enrolment := w.made(r, "enrolment", lead, "/v1/enrolments", entry)
	w.send(lead, "PUT", "/v1/enrolments/"+enrolment, object(entry, "caseworker_id", r.caseworker), "If-Match", "*").is(200)
	w.path(r, lead, enteredOn)
}

func (w *world) unenrolled(r *record) {
	w.Helper()
	r.unenrolled = true
	r.ids["erasure"] = w.made(r, "participant", w.lead(r), "/v1/participants", w.person(r))
	r.ids["erasable"] = r.ids["participant"]
}

// setting is a programme with a site, a list of its own and a workshop that is called off.
func (w *world) setting(r *record) {
	w.Helper()
	admin, lead := w.actor(domain.Admin), w.lead(r)
	lead.OrganisationID = w.operator.ID
	w.identify(r, "programme", r.programme)
	w.made(r, "site", admin, "/v1/sites", map[string]any{"programme": r.programme, "name": w.mark(r, "site", "Lieu")})
	w.made(r, "permanence", admin, "/v1/permanences", tuesdays(w.fixture, "programme", r.programme, "site_id", r.ids["site"], "label", w.mark(r, "permanence", "Mardi")))
	w.send(lead, "PUT", "/v1/programmes/"+r.programme+"/closures", map[string]any{"items": []any{map[string]any{"starts_on": "2026-08-03", "ends_on": "2026-08-14", "label": w.mark(r, "programme", "Congés")}}}, "If-Match", "*").is(200)
	w.send(admin, "PUT", "/v1/programmes/"+r.programme+"/territories", map[string]any{"source": w.mark(r, "programme", "liste"), "items": []any{map[string]any{"territory_code": "80253"}}}, "If-Match", "*").is(200)
	workshop := w.made(r, "workshop", lead, "/v1/workshops", map[string]any{"programme": r.programme, "kind": "remobilisation", "title": "Annulé", "starts_at": "2026-02-04T13:00:00Z", "duration_minutes": 90})
	w.send(lead, "POST", "/v1/workshops/"+workshop+"/cancel", map[string]any{"reason": "Salle fermée."}).is(200)
	w.made(r, "snapshot", lead, "/v1/programmes/"+r.programme+"/snapshots", map[string]any{"as_of": "2025-12-31", "note": w.mark(r, "snapshot", "remis"), "small_cells_accepted": true})
	w.made(r, "calendar", lead, "/v1/calendars", map[string]any{"programme": r.programme, "kind": "site", "site_id": r.ids["site"]})
	w.made(r, "client", admin, "/v1/clients", map[string]any{"name": w.mark(r, "client", "Logiciel"), "organisation_id": w.spip.ID, "role": "partner", "programmes": []string{r.programme}})
	r.partner = w.spip.ID
	sender := domain.Actor{Subject: "sender", Role: domain.Partner, OrganisationID: r.partner, Programmes: []string{r.programme}}
	w.made(r, "webhook", sender, "/v1/webhooks", map[string]any{"url": "https://hooks.example.org/" + w.mark(r, "webhook", "adresse"), "description": w.mark(r, "webhook", "Suivi")})
	if r.programme == somme { // the fixture's own, beside it
		w.records = append(w.records, &record{relation: "its other site", programme: somme, ids: map[string]string{"site": w.site.ID}})
	}
}

// phrase writes the bodies of requests that the schemas allow.
func (w *world) phrase() {
	c := cast{host: w.party("employeur"), prescriber: w.party("cap_emploi"), participant: randomID(), enrolment: randomID(), job: randomID(), appointment: randomID(), workshop: randomID(), referral: randomID()}
	c.identity = map[string]any{"first_name": "Intrus", "last_name": "Intrus"}
	c.entry = map[string]any{"participant_id": c.participant, "programme": somme, "entered_on": "2025-02-03"}
	c.meeting = map[string]any{"enrolment_id": c.enrolment, "starts_at": "2025-03-04T09:00:00Z", "duration_minutes": 60, "mode": "in_person"}
	c.session = map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-06T13:00:00Z", "duration_minutes": 90}
	c.request = map[string]any{"programme": somme, "first_name": "Intrus", "last_name": "Intrus", "phone": "06 39 98 99 99", "consented_on": "2025-03-01"}
	c.client, c.program = randomID(), map[string]any{"name": "Intrus", "organisation_id": w.spip.ID, "role": "partner", "programmes": []string{somme}}
	c.permanence, c.presence = randomID(), tuesdays(w.fixture)
	c.hook = map[string]any{"url": "https://hooks.example.org/intrus"}
	w.bodies = c
}
