package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

const (
	all     = "coordinator caseworker partner analyst dpo admin"
	staff   = "coordinator caseworker"
	parties = "coordinator caseworker partner"
	readers = "coordinator caseworker analyst"
	sited   = "coordinator caseworker partner admin"
	setters = "coordinator admin"
)

// public are the operations that ask for no token.
var public = []string{"getKeys", "getAuthorizationServer", "issueToken", "revokeToken", "readCalendar"}

// forms are those of them that ask for a client's secret instead; see oauth_test.go.
var forms = []string{"issueToken", "revokeToken"}

// roles says who may call what. It is written by hand: an operation that nobody has thought
// about here is an operation that nobody has decided about.
var roles = map[string]string{
	"getMe":       all,
	"listClients": "admin", "getClient": "admin", "createClient": "admin", "putClient": "admin", "revokeClient": "admin",
	"createClientSecret": "admin", "revokeClientSecret": "admin", "revokeTokens": "admin",

	"listNomenclatures": all, "getNomenclature": all,
	"listTerritories": all, "getContours": all, "getTerritory": all, "getTargetedTerritories": all, "putTargetedTerritories": setters,

	"listOrganisations": all, "getOrganisation": all, "createOrganisation": staff + " admin", "putOrganisation": "admin",
	"listProgrammes": all, "getProgramme": all, "createProgramme": "admin", "putProgramme": "admin",
	"getTargets": all, "putTargets": setters, "getPartnerships": sited, "putPartnerships": setters,
	"listSites": sited, "getSite": sited, "createSite": setters, "putSite": setters,
	"listPermanences": sited, "getPermanence": sited, "createPermanence": setters, "putPermanence": "coordinator", "getClosures": sited, "putClosures": "coordinator",
	"listOccurrences": sited, "getOccurrence": sited, "cancelOccurrence": "coordinator", "moveOccurrence": "coordinator", "holdOccurrence": "coordinator", "restoreOccurrence": "coordinator",

	"listParticipants": staff, "searchParticipants": staff + " dpo", "getParticipant": staff + " dpo", "createParticipant": staff, "putParticipant": staff,
	"listTimeline": staff, "getFile": staff, "getWorklist": staff, "listCaseloads": staff, "reassignCaseload": "coordinator",
	"mergeParticipants": "coordinator", "unmergeParticipants": "coordinator",
	"listEnrolments": staff, "getEnrolment": staff, "createEnrolment": staff, "putEnrolment": staff,
	"exitEnrolment": staff, "reopenEnrolment": staff, "voidEnrolment": "coordinator",
	"listJobs": staff, "createJob": staff, "getJob": staff, "putJob": staff,
	"listFranceTravailStatuses": staff, "createFranceTravailStatus": staff,
	"listOutcomes": staff, "createOutcome": staff, "getOutcome": staff, "putOutcome": staff,
	"getFranceTravailStatus": staff, "putFranceTravailStatus": staff,

	"listDiagnostics": staff, "createDiagnostic": staff, "getDiagnostic": staff, "putDiagnostic": staff,
	"listBarriers": staff, "createBarrier": staff, "getBarrier": staff, "putBarrier": staff,
	"listStrengths": staff, "createStrength": staff, "getStrength": staff, "putStrength": staff,
	"listObjectives": staff, "createObjective": staff, "getObjective": staff, "putObjective": staff,
	"listActions": staff, "createAction": staff, "getAction": staff, "putAction": staff,
	"listProposals": staff, "createProposal": staff, "getProposal": staff, "putProposal": staff,
	"listImmersions": staff, "createImmersion": staff, "getImmersion": staff, "putImmersion": staff,
	"startBarrier": staff, "liftBarrier": staff, "setBarrierAside": staff, "reopenBarrier": staff,
	"getCharter": staff, "signCharter": staff, "putCharter": staff,
	"listCaseloadObjectives": staff, "reachObjective": staff, "abandonObjective": staff, "reopenObjective": staff, "cancelImmersion": staff,

	"sayOfFollowUp": staff, "listFollowUps": staff, "createFollowUp": staff, "getFollowUp": staff, "putFollowUp": staff, "listCheckpoints": staff,
	"listExtensions": staff, "createExtension": staff, "getExtension": staff, "putExtension": staff, "revokeExtension": staff, "listAlerts": staff,

	"listMatches": staff, "listDuplicates": staff,
	"listReferrals": parties, "getReferral": parties, "createReferral": parties, "createReferralBatch": parties, "withdrawReferral": parties,
	"listReferralEvents": parties, "getReferralFigures": "coordinator partner", "reviewReferral": staff, "acceptReferral": staff, "declineReferral": staff,

	"listEvents": parties, "listWebhooks": "partner admin", "getWebhook": "partner admin", "createWebhook": "partner", "putWebhook": "partner", "disableWebhook": "partner admin",
	"createWebhookSecret": "partner", "listDeliveries": "partner", "testWebhook": "partner", "replayWebhook": "partner",

	"listAppointments": staff, "getAppointment": staff, "createAppointment": staff, "putAppointment": staff, "recordAttendance": staff,
	"listWorkshops": staff, "getWorkshop": staff, "createWorkshop": staff, "putWorkshop": staff, "registerForWorkshop": staff, "unregisterFromWorkshop": staff, "callRoll": staff, "cancelWorkshop": staff, "reopenWorkshop": "coordinator",
	"listCalendars": staff + " admin", "getCalendar": staff + " admin", "createCalendar": staff, "revokeCalendar": staff + " admin",

	"importRecords": "coordinator", "getImportTemplate": "coordinator",

	"exportParticipant": "coordinator dpo", "listHistory": staff + " dpo", "restrictParticipant": "dpo", "eraseParticipant": "dpo", "getErasure": "dpo",
	"listRightsRequests": "dpo", "getRightsRequest": "dpo", "createRightsRequest": "dpo", "putRightsRequest": "dpo",
	"listRetentionRules": "dpo", "listRetentionDue": "dpo",
	"listAuditEvents": "coordinator dpo",

	"listIndicators": all, "getIndicator": all,
	"getFigures": readers, "getFigure": readers, "getBreakdown": readers, "getSeries": readers, "getFiguresOfEach": readers, "getEvidence": "coordinator", "getProfile": readers,
	"listSnapshots": readers, "getSnapshot": readers, "getSnapshotDocument": readers, "compareSnapshot": readers, "createSnapshot": "coordinator",
	"getReport": readers, "getMap": readers,
}

// operation is one of the document, with the request that would do it.
type operation struct {
	id, method, path string
	body             any
	declared         []string
	headers, queries []string
}

func (f *fixture) operations() []operation {
	a, _ := composed()
	document := a.Document()
	var found []operation
	for path, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head, item.Options, item.Trace} {
			if op == nil {
				continue
			}
			one := operation{id: op.OperationID, method: op.Method, path: path}
			if op.RequestBody != nil {
				one.body = map[string]any{}
			}
			for _, parameter := range op.Parameters {
				switch parameter.In {
				case "header":
					one.headers = append(one.headers, parameter.Name)
				case "query":
					one.queries = append(one.queries, parameter.Name)
				}
			}
			if declared, ok := op.Extensions["x-roles"].([]string); ok {
				one.declared = declared
			}
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b operation) int { return strings.Compare(a.id, b.id) })
	return found
}

// aimed is the operation with the path and the body that would do it, if only one might.
func (o operation) aimed(c cast, f *fixture) operation {
	for start, id := range map[string]string{
		"/v1/participants/": c.participant, "/v1/enrolments/": c.enrolment, "/v1/appointments/": c.appointment, "/v1/workshops/": c.workshop,
		"/v1/clients/": c.client, "/v1/webhooks/": c.webhook, "/v1/calendars/": c.calendar, "/v1/referrals/": c.referral, "/v1/sites/": f.site.ID, "/v1/permanences/": c.permanence, "/v1/organisations/": f.spip.ID,
	} {
		if strings.HasPrefix(o.path, start) {
			o.path = strings.ReplaceAll(o.path, "{id}", id)
		}
	}
	o.path = strings.ReplaceAll(o.path, "/snapshots/{id}", "/snapshots/"+c.snapshot)
	fact := c.job
	for kind, path := range supportPaths {
		if strings.Contains(o.path, "/"+path+"/{fact_id}") {
			fact = c.support[kind]
		}
	}
	o.path = strings.NewReplacer("{programme}", somme, "{fact_id}", fact, "{key_id}", c.secret, "{file}", c.link, "{key}", "beneficiaries", "{code}", "80253", "{name}", "barrier", "{planned_on}", aTuesday, "{kind}", "participants").Replace(o.path)
	o.path += map[string]string{"getBreakdown": "?by=gender", "getFiguresOfEach": "?programme=" + somme, "getReport": "?year=2025"}[o.id]
	if body, known := map[string]any{
		"createClient":              c.program,
		"putClient":                 object(c.program, "name", "Intrus"),
		"createClientSecret":        map[string]any{"older_valid_hours": 0},
		"createWebhook":             c.hook,
		"putWebhook":                object(c.hook, "description", "Intrus"),
		"createWebhookSecret":       map[string]any{"older_valid_hours": 0},
		"replayWebhook":             map[string]any{"since": "2025-01-01T00:00:00Z"},
		"revokeTokens":              map[string]any{"client_id": c.client},
		"createOrganisation":        map[string]any{"slug": "intrus", "name": "Intrus", "kind": "employeur"},
		"putOrganisation":           map[string]any{"slug": "spip", "name": "Intrus", "kind": "employeur"},
		"createProgramme":           map[string]any{"slug": "intrus", "name": "Intrus", "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2026-01-01"},
		"putProgramme":              map[string]any{"slug": somme, "name": "Intrus", "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2026-01-01"},
		"createSnapshot":            map[string]any{"as_of": "2025-12-31", "note": "Intrus", "small_cells_accepted": true},
		"putTargets":                map[string]any{"items": []any{}},
		"putPartnerships":           map[string]any{"items": []any{}},
		"putTargetedTerritories":    map[string]any{"items": []any{map[string]any{"territory_code": "80001"}}},
		"createSite":                map[string]any{"programme": somme, "name": "Intrus"},
		"putSite":                   map[string]any{"programme": somme, "name": "Intrus"},
		"createPermanence":          object(c.presence, "label", "Intrus"),
		"putPermanence":             object(c.presence, "label", "Intrus"),
		"putClosures":               map[string]any{"items": []any{}},
		"cancelOccurrence":          map[string]any{"reason": "Par erreur."},
		"moveOccurrence":            map[string]any{"start_time": "11:00", "reason": "Par erreur."},
		"holdOccurrence":            map[string]any{"reason": "Par erreur."},
		"restoreOccurrence":         map[string]any{"reason": "Par erreur."},
		"createParticipant":         c.identity,
		"putParticipant":            object(c.identity, "last_name", "Intrus"),
		"mergeParticipants":         map[string]any{"duplicate_id": randomID(), "reason": "Saisie en double."},
		"unmergeParticipants":       map[string]any{"duplicate_id": randomID()},
		"searchParticipants":        map[string]any{"query": "fictif"},
		"createEnrolment":           object(c.entry, "entered_on", "2026-01-05"),
		"putEnrolment":              object(c.entry, "entered_on", "2025-02-02"),
		"exitEnrolment":             map[string]any{"exited_on": "2025-08-01", "kind": "cdi"},
		"reopenEnrolment":           map[string]any{"reason": "Par erreur."},
		"voidEnrolment":             map[string]any{"reason": "Par erreur."},
		"reassignCaseload":          map[string]any{"from": nil, "to": "intruse", "new_caseworker": true},
		"createJob":                 map[string]any{"starts_on": "2025-06-02", "contract": "cdi"},
		"putJob":                    map[string]any{"starts_on": "2025-06-02", "contract": "interim"},
		"createFranceTravailStatus": map[string]any{"observed_on": "2025-06-02", "registered": true},
		"putOutcome":                map[string]any{"checkpoint": "6_months", "observed_on": "2025-12-02", "result": "neither"},
		"putFranceTravailStatus":    map[string]any{"observed_on": "2025-12-02", "registered": true},
		"createDiagnostic":          c.supporting("diagnostic"),
		"putDiagnostic":             map[string]any{"assessed_on": "2025-02-04"},
		"createBarrier":             object(c.supporting("barrier"), "barrier", "numerique"),
		"putBarrier":                object(c.supporting("barrier"), "impact", "faible"),
		"startBarrier":              map[string]any{},
		"liftBarrier":               map[string]any{},
		"setBarrierAside":           map[string]any{},
		"reopenBarrier":             map[string]any{"reason": "Par erreur."},
		"createStrength":            object(c.supporting("strength"), "strength", "autonomie"),
		"putStrength":               object(c.supporting("strength"), "detail", "Intrus"),
		"signCharter":               c.supporting("charter"),
		"putCharter":                object(c.supporting("charter"), "note", "Intrus"),
		"createObjective":           c.supporting("objective"),
		"putObjective":              object(c.supporting("objective"), "label", "Intrus"),
		"reachObjective":            map[string]any{},
		"abandonObjective":          map[string]any{"reason": "Par erreur."},
		"reopenObjective":           map[string]any{"reason": "Par erreur."},
		"createAction":              c.supporting("action"),
		"putAction":                 object(c.supporting("action"), "note", "Intrus"),
		"createProposal":            c.supporting("proposal"),
		"putProposal":               object(c.supporting("proposal"), "followed_by", "refused"),
		"createImmersion":           object(c.supporting("immersion"), "purpose", "confirmer_un_projet", "starts_on", "2025-06-10", "ends_on", "2025-06-13"),
		"putImmersion":              object(c.supporting("immersion"), "note", "Intrus"),
		"cancelImmersion":           map[string]any{"reason": "Par erreur."},
		"sayOfFollowUp":             map[string]any{"agreed": false, "said_by": "personne"},
		"createFollowUp":            map[string]any{"contacted_on": "2025-06-02", "channel": "phone", "counterpart": "personne", "situation": "neither"},
		"putFollowUp":               map[string]any{"contacted_on": "2025-06-02", "channel": "sms", "counterpart": "personne", "situation": "neither"},
		"createExtension":           c.supporting("extension"),
		"putExtension":              object(c.supporting("extension"), "reason", "Intrus"),
		"revokeExtension":           map[string]any{"reason": "Par erreur."},
		"createOutcome":             map[string]any{"checkpoint": "6_months", "observed_on": "2025-12-02", "result": "neither"},
		"createReferral":            object(c.request, "external_reference", "INTRUS"),
		"createReferralBatch":       map[string]any{"items": []any{object(c.request, "external_reference", "INTRUS-2")}},
		"declineReferral":           map[string]any{"decline_reason": "autre"},
		"createAppointment":         c.meeting,
		"putAppointment":            object(c.meeting, "duration_minutes", 30),
		"recordAttendance":          map[string]any{"status": "attended"},
		"createWorkshop":            c.session,
		"registerForWorkshop":       map[string]any{"enrolment_id": c.enrolment},
		"putWorkshop":               object(c.session, "title", "Intrus"),
		"unregisterFromWorkshop":    map[string]any{"enrolment_id": c.enrolment},
		"createCalendar":            map[string]any{"programme": somme, "kind": "caseworker"},
		"callRoll":                  map[string]any{"items": []any{}},
		"cancelWorkshop":            map[string]any{"reason": "Par erreur."},
		"reopenWorkshop":            map[string]any{"reason": "Par erreur."},
		"restrictParticipant":       map[string]any{"restricted": true, "reason": "Par erreur."},
		"eraseParticipant":          map[string]any{"reason": "Par erreur."},
		"createRightsRequest":       map[string]any{"kind": "access", "received_on": "2026-01-31", "status": "open"},
		"putRightsRequest":          map[string]any{"kind": "access", "received_on": "2026-01-31", "status": "open"},
	}[o.id]; known {
		o.body = body
	}
	return o
}

// missing is the operation on records that do not exist, with a body that says nothing: whoever
// may call it learns at most that.
func (o operation) missing() operation {
	o.path = strings.NewReplacer("{id}", randomID(), "{fact_id}", randomID(), "{key_id}", randomID(), "{programme}", somme, "{file}", "o2rcal_"+strings.Repeat("x", 43)+".ics", "{key}", "beneficiaries", "{code}", "80253", "{name}", "barrier", "{planned_on}", aTuesday, "{kind}", "participants").Replace(o.path)
	return o
}

// aTuesday is one on which the permanence of the cast is held.
const aTuesday = "2026-02-03"

func TestEveryOperationIsInTheTableOfRoles(t *testing.T) {
	f := newFixture(t)
	seen := map[string]bool{}
	for _, op := range f.operations() {
		want, listed := roles[op.id]
		switch {
		case slices.Contains(public, op.id):
			if listed || len(op.declared) > 0 {
				t.Errorf("%s is public, and lists roles", op.id)
			}
		case !listed:
			t.Errorf("%s %s (%s) has no row in the table of roles", op.method, op.path, op.id)
		case strings.Join(op.declared, " ") != want:
			t.Errorf("%s declares %q, the table says %q", op.id, op.declared, want)
		}
		if seen[op.id] {
			t.Errorf("two operations are called %s", op.id)
		}
		seen[op.id] = true
	}
	for _, id := range append(slices.Collect(keysOf(roles)), public...) {
		if !seen[id] {
			t.Errorf("the table of roles names %s, and there is no such operation", id)
		}
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

func TestOnlyTheRolesOfAnOperationCallIt(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	unknown := f.tokens.Sign(fmt.Sprintf(`{"alg":"EdDSA","typ":"at+jwt","kid":%q}`, f.tokens.KeyID()),
		claimsOf(f, "role", "superviseur", "org", f.operator.ID, "programmes", []string{somme}))
	for _, op := range f.operations() {
		t.Run(op.id, func(t *testing.T) {
			f := *f
			f.T = t
			aimed, missing := op.aimed(c, &f), op.missing()
			before := f.contents()
			if slices.Contains(forms, op.id) {
				f.send(nobody, aimed.method, aimed.path, "grant_type=client_credentials&token=x", "Content-Type", "application/x-www-form-urlencoded").is(401)
				f.unchanged(before)
				return
			}
			if slices.Contains(public, op.id) {
				f.send(nobody, aimed.method, aimed.path, aimed.body).is(200)
				return
			}
			refused := f.send(nobody, aimed.method, aimed.path, aimed.body, "If-Match", "*")
			refused.problem(401, "unauthenticated")
			if got := refused.Header.Get("WWW-Authenticate"); got != "Bearer" {
				t.Errorf("WWW-Authenticate %q", got)
			}
			f.send(nobody, aimed.method, aimed.path, aimed.body, "If-Match", "*", "Authorization", "Bearer "+unknown).problem(403, "forbidden")
			for _, role := range domain.Roles {
				if !slices.Contains(strings.Fields(roles[op.id]), string(role)) {
					f.send(f.actor(role), aimed.method, aimed.path, aimed.body, "If-Match", "*").problem(403, "forbidden")
				}
			}
			f.unchanged(before)
			for _, role := range domain.Roles {
				if !slices.Contains(strings.Fields(roles[op.id]), string(role)) {
					continue
				}
				got := f.send(f.actor(role), missing.method, missing.path, missing.body, "If-Match", "*")
				if got.Status == 401 || got.Status == 403 || got.Status >= 500 {
					t.Errorf("%s: %s", role, got.Text)
				}
			}
		})
	}
}

// What a role may call, another method on the same path does not open.
func TestNoMethodSlipsPastItsRoles(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	before := f.contents()
	for _, method := range []string{http.MethodDelete, http.MethodPatch, "PROPFIND"} {
		f.send(f.actor(domain.Analyst), method, "/v1/participants/"+c.participant, nil).problem(405, "method_not_allowed")
	}
	f.send(f.actor(domain.Analyst), http.MethodHead, "/v1/participants/"+c.participant, nil).is(403)
	f.send(nobody, http.MethodHead, "/v1/participants/"+c.participant, nil).is(401)
	f.unchanged(before)
}
