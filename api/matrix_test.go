package api_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// row says what an operation addresses. All else follows: who may call it from the table of
// roles, who reaches which record from reaches, what it takes from the document.
type row struct {
	op  string
	of  string         // the kind of record it addresses or, of a list, lists; none where it is about nobody's
	in  string         // the field of the body that names the record, where the path does not
	but map[string]any // what makes of the body one that no rule allows: whoever reaches the record is told so, and nothing is written

	query string // what the operation asks of the query, where it asks for something there; {programme} is the record

	refused int // what that refusal is, where it is not 422

	// Identifiers, and nothing else, of people whose files stay closed: figures count everybody, and
	// the trail says what was done to whom.
	names bool

	tells string // a field of the veiled that is about nobody here
}

// matrix has at least one row for each operation of the document, and none for any other.
var matrix = []row{
	{op: "getKeys"}, {op: "getMe"}, {op: "listIndicators"}, {op: "getIndicator"},
	{op: "listNomenclatures"}, {op: "getNomenclature"}, {op: "listTerritories"}, {op: "getTerritory"},
	{op: "getContours", of: "programme", query: "programme={programme}"},
	{op: "getTargetedTerritories", of: "programme"}, {op: "putTargetedTerritories", of: "programme"},

	{op: "listOrganisations", of: "organisation"}, {op: "getOrganisation", of: "organisation"},
	{op: "createOrganisation", but: fields{"name": "  "}}, {op: "putOrganisation", of: "organisation"},
	{op: "getAuthorizationServer"}, {op: "issueToken", refused: 400}, {op: "revokeToken", refused: 400}, // see oauth_test.go
	{op: "listClients", of: "client"}, {op: "getClient", of: "client"},
	{op: "createClient", but: fields{"name": "  "}}, {op: "putClient", of: "client"}, {op: "revokeClient", of: "client"},
	{op: "createClientSecret", of: "client"}, {op: "revokeClientSecret", of: "client"}, {op: "revokeTokens", but: fields{"subject": "two at once"}},
	{op: "listProgrammes", of: "programme"}, {op: "getProgramme", of: "programme"},
	{op: "createProgramme", but: fields{"name": "  "}}, {op: "putProgramme", of: "programme"},
	{op: "getTargets", of: "programme"}, {op: "putTargets", of: "programme"},
	{op: "getPartnerships", of: "programme"}, {op: "putPartnerships", of: "programme"},
	{op: "listSites", of: "site"}, {op: "getSite", of: "site"},
	{op: "createSite", of: "programme", in: "programme", but: fields{"name": "  "}}, {op: "putSite", of: "site"},
	{op: "listPermanences", of: "permanence"}, {op: "getPermanence", of: "permanence"},
	{op: "createPermanence", of: "programme", in: "programme", but: fields{"label": "  "}}, {op: "putPermanence", of: "permanence"},
	{op: "getClosures", of: "programme"}, {op: "putClosures", of: "programme"},
	{op: "listOccurrences"}, {op: "getOccurrence", of: "permanence"}, // see permanence_test.go
	{op: "cancelOccurrence", of: "permanence"}, {op: "moveOccurrence", of: "permanence"}, {op: "holdOccurrence", of: "permanence"}, {op: "restoreOccurrence", of: "permanence"},

	{op: "listParticipants", of: "participant"}, {op: "searchParticipants", of: "participant"}, {op: "getParticipant", of: "participant"},
	{op: "createParticipant", but: fields{"birth_date": "2090-01-01"}}, {op: "putParticipant", of: "participant"},
	{op: "mergeParticipants", of: "participant", but: fields{"reason": "    "}}, {op: "mergeParticipants", of: "participant", in: "duplicate_id", but: fields{"reason": "    "}},
	{op: "unmergeParticipants", of: "participant", but: fields{"duplicate_id": "0197f0a0-0000-7000-8000-0000000000ff"}}, {op: "unmergeParticipants", of: "participant", in: "duplicate_id", refused: 409},
	{op: "listTimeline", of: "participant"}, {op: "getFile", of: "participant"}, {op: "getWorklist"}, // see worklist_test.go
	{op: "listCaseloads", of: "programme"}, {op: "reassignCaseload", of: "programme", but: fields{"to": "    "}},
	{op: "listEnrolments", of: "enrolment"}, {op: "getEnrolment", of: "enrolment"},
	{op: "createEnrolment", of: "participant", in: "participant_id", but: fields{"entered_on": "2020-01-01"}}, {op: "putEnrolment", of: "enrolment"},
	{op: "exitEnrolment", of: "enrolment"}, {op: "reopenEnrolment", of: "enrolment"}, {op: "voidEnrolment", of: "enrolment"},
	{op: "listJobs", of: "enrolment"}, {op: "createJob", of: "enrolment", but: fields{"starts_on": "2020-01-01"}},
	{op: "getJob", of: "job"}, {op: "putJob", of: "job"},
	{op: "listFranceTravailStatuses", of: "enrolment"}, {op: "createFranceTravailStatus", of: "enrolment", but: fields{"observed_on": "2020-01-01"}},
	{op: "getFranceTravailStatus", of: "france_travail_status"}, {op: "putFranceTravailStatus", of: "france_travail_status"},
	{op: "listOutcomes", of: "enrolment"}, {op: "createOutcome", of: "enrolment", but: fields{"observed_on": "2020-01-01"}},
	{op: "getOutcome", of: "outcome"}, {op: "putOutcome", of: "outcome"},

	{op: "sayOfFollowUp", of: "enrolment"}, {op: "listFollowUps", of: "enrolment"}, {op: "createFollowUp", of: "enrolment", but: fields{"contacted_on": "2020-01-01"}},
	{op: "getFollowUp", of: "follow_up"}, {op: "putFollowUp", of: "follow_up"}, {op: "listCheckpoints", of: "enrolment"},
	{op: "listExtensions", of: "enrolment"}, {op: "createExtension", of: "enrolment", but: fields{"decided_on": "2020-01-01"}},
	{op: "getExtension", of: "extension"}, {op: "putExtension", of: "extension"}, {op: "revokeExtension", of: "extension"},
	{op: "listAlerts"}, // of paths that go on, and these have ended: see duration_test.go

	{op: "listDiagnostics", of: "enrolment"}, {op: "createDiagnostic", of: "enrolment", but: fields{"assessed_on": "2020-01-01"}},
	{op: "getDiagnostic", of: "diagnostic"}, {op: "putDiagnostic", of: "diagnostic"},
	{op: "listBarriers", of: "enrolment"}, {op: "createBarrier", of: "enrolment", but: fields{"assessed_on": "2020-01-01"}},
	{op: "getBarrier", of: "barrier"}, {op: "putBarrier", of: "barrier"},
	{op: "startBarrier", of: "barrier"}, {op: "liftBarrier", of: "barrier"}, {op: "setBarrierAside", of: "barrier"}, {op: "reopenBarrier", of: "barrier"},
	{op: "listStrengths", of: "enrolment"}, {op: "createStrength", of: "enrolment", but: fields{"noted_on": "2020-01-01"}},
	{op: "getStrength", of: "strength"}, {op: "putStrength", of: "strength"},
	{op: "getCharter", of: "enrolment"}, {op: "signCharter", of: "enrolment", but: fields{"signed_on": "2020-01-01"}}, {op: "putCharter", of: "enrolment"},
	{op: "listObjectives", of: "enrolment"}, {op: "createObjective", of: "enrolment", but: fields{"agreed_on": "2020-01-01"}},
	{op: "getObjective", of: "objective"}, {op: "putObjective", of: "objective"}, {op: "listCaseloadObjectives", of: "objective"},
	{op: "reachObjective", of: "objective"}, {op: "abandonObjective", of: "objective"}, {op: "reopenObjective", of: "objective"},
	{op: "listActions", of: "enrolment"}, {op: "createAction", of: "enrolment", but: fields{"done_on": "2020-01-01"}},
	{op: "getAction", of: "action"}, {op: "putAction", of: "action"},
	{op: "listProposals", of: "enrolment"}, {op: "createProposal", of: "enrolment", but: fields{"proposed_on": "2020-01-01"}},
	{op: "getProposal", of: "proposal"}, {op: "putProposal", of: "proposal"},
	{op: "listImmersions", of: "enrolment"}, {op: "createImmersion", of: "enrolment", but: fields{"starts_on": "2020-01-01", "ends_on": "2020-01-10"}},
	{op: "getImmersion", of: "immersion"}, {op: "putImmersion", of: "immersion"}, {op: "cancelImmersion", of: "immersion"},

	{op: "listReferrals", of: "referral"}, {op: "getReferral", of: "referral"}, {op: "listReferralEvents", of: "referral", names: true}, {op: "listMatches", of: "referral"}, {op: "listDuplicates", of: "participant"},
	{op: "createReferral", of: "programme", in: "programme", but: fields{"consented_on": "2090-01-01"}},
	{op: "createReferralBatch", but: fields{"items": []any{}}}, // see referral_batch_test.go
	{op: "reviewReferral", of: "referral"}, {op: "acceptReferral", of: "referral"}, {op: "declineReferral", of: "referral"}, {op: "withdrawReferral", of: "referral"},

	{op: "listEvents", names: true}, // see event_test.go
	{op: "listWebhooks", of: "webhook"}, {op: "getWebhook", of: "webhook"}, {op: "createWebhook", but: fields{"url": "https://127.0.0.1/"}}, {op: "putWebhook", of: "webhook"}, {op: "disableWebhook", of: "webhook"},
	{op: "createWebhookSecret", of: "webhook"}, {op: "listDeliveries", of: "webhook", names: true}, {op: "testWebhook", of: "webhook"}, {op: "replayWebhook", of: "webhook", but: fields{"cursor": "x"}},

	{op: "listAppointments", of: "appointment"}, {op: "getAppointment", of: "appointment"},
	{op: "createAppointment", of: "enrolment", in: "enrolment_id", but: fields{"starts_at": "2020-01-01T09:00:00Z"}},
	{op: "putAppointment", of: "appointment"}, {op: "recordAttendance", of: "appointment"},
	{op: "listWorkshops", of: "workshop"}, {op: "getWorkshop", of: "workshop"},
	{op: "createWorkshop", of: "programme", in: "programme", but: fields{"title": "  "}},
	{op: "registerForWorkshop", of: "workshop"}, {op: "registerForWorkshop", of: "enrolment", in: "enrolment_id", refused: 409},
	{op: "putWorkshop", of: "workshop"}, {op: "unregisterFromWorkshop", of: "workshop"}, {op: "unregisterFromWorkshop", of: "enrolment", in: "enrolment_id", refused: 409},
	{op: "callRoll", of: "workshop"}, {op: "cancelWorkshop", of: "workshop"}, {op: "reopenWorkshop", of: "workshop"},

	{op: "listCalendars", of: "calendar"}, {op: "getCalendar", of: "calendar"}, {op: "revokeCalendar", of: "calendar"},
	{op: "createCalendar", of: "programme", in: "programme", but: fields{"kind": "site"}}, {op: "readCalendar", refused: 404}, // see calendar_test.go

	{op: "importRecords", refused: 415}, {op: "getImportTemplate"}, // see import_test.go

	{op: "exportParticipant", of: "participant"}, {op: "listHistory", of: "participant"},
	{op: "restrictParticipant", of: "participant"}, {op: "eraseParticipant", of: "erasable", but: fields{"reason": "    "}}, {op: "getErasure", of: "erasure"},
	{op: "listRightsRequests", of: "rights_request"}, {op: "getRightsRequest", of: "rights_request"},
	{op: "createRightsRequest", but: fields{"received_on": "2090-01-01"}}, {op: "putRightsRequest", of: "rights_request"},
	{op: "listRetentionRules"}, {op: "listRetentionDue"},
	{op: "listAuditEvents", names: true},

	{op: "getFigures", of: "programme"}, {op: "getFigure", of: "programme"}, {op: "getProfile", of: "programme"},
	{op: "getFiguresOfEach", of: "programme", query: "programme={programme}"},
	{op: "getBreakdown", of: "programme", query: "by=sector&by=gender"}, {op: "getSeries", of: "programme", query: "step=year"},
	{op: "getReport", of: "programme", query: "year=2025"}, {op: "getMap", of: "programme"},
	{op: "getReferralFigures"}, // see referral_figures_test.go
	{op: "getEvidence", of: "programme", names: true},
	{op: "listSnapshots", of: "programme", tells: "note"}, {op: "createSnapshot", of: "programme", but: fields{"as_of": "2090-01-01"}},
	{op: "getSnapshot", of: "snapshot", tells: "note"}, {op: "getSnapshotDocument", of: "snapshot", tells: "note"}, {op: "compareSnapshot", of: "snapshot", names: true},
}

type fields map[string]any

type reach int

const (
	hidden reach = iota
	asks         // for a reason
	open
)

// reaches is who sees which record: the rules of persistence/scope.go and of the policies in the
// database, said a third time and for one record at a time.
func reaches(a domain.Actor, kind string, r *record) reach {
	can := false
	switch kind {
	case "identity": // what a partner wrote of her stands in her file's history too
		return max(reaches(a, "participant", r), reaches(a, "referral", r))
	case "participant", "erasable", "enrolment", "appointment", "job", "france_travail_status", "outcome",
		"diagnostic", "barrier", "strength", "charter", "objective", "action", "proposal", "immersion", "follow_up", "extension":
		switch {
		case a.Role == domain.DPO:
			can = !r.erased
		case r.unenrolled: // her organisation waits for her, and nobody follows her yet
			can = a.Staff() && a.In(r.programme) && a.OrganisationID == r.organisation
		case a.Staff() && (a.In(r.programme) || kind == "participant" && a.In(r.also)) && !r.restricted && !r.erased:
			if a.Role == domain.Caseworker && a.AccessReason == "" && r.caseworker != "" && r.caseworker != a.Subject {
				return asks
			}
			can = true
		}
	case "referral":
		can = a.In(r.programme) && !r.restricted && (a.Staff() || a.Role == domain.Partner && a.OrganisationID == r.partner) || a.Role == domain.DPO
		can = can && !r.erased
		if can && a.Role == domain.Caseworker && a.AccessReason == "" && r.caseworker != "" && r.caseworker != a.Subject {
			return asks
		}
	case "workshop":
		can = a.Staff() && a.In(r.programme) || a.Role == domain.DPO
	case "calendar": // made by a coordinator: a caseworker reads her own
		can = a.Is(domain.Coordinator) && a.In(r.programme) || a.Is(domain.Admin)
	case "programme":
		can = a.In(r.programme) || a.Is(domain.DPO, domain.Admin)
	case "snapshot":
		can = (a.Staff() || a.Role == domain.Analyst) && a.In(r.programme)
	case "site", "permanence":
		can = (a.Staff() || a.Role == domain.Partner) && a.In(r.programme) || a.Role == domain.Admin
	case "organisation":
		can = a.Staff() || a.Is(domain.DPO, domain.Admin) || a.OrganisationID == r.organisation || a.In(r.programme)
	case "webhook":
		can = a.Role == domain.Partner && a.OrganisationID == r.partner && a.In(r.programme) || a.Role == domain.Admin
	case "client":
		can = a.Role == domain.Admin
	case "rights_request":
		can = a.Role == domain.DPO
	case "erasure":
		can = a.Role == domain.DPO && r.erased
	}
	if can && cmp.Or(r.programme, r.organisation) != "" { // else there is no such record
		return open
	}
	return hidden
}

// asker is who asks, and how.
type asker struct {
	domain.Actor
	name  string
	token string // beside the tokens that are issued
}

func (w *world) askers() []asker {
	all := []asker{{name: "nobody"}}
	unknown := w.tokens.Sign(fmt.Sprintf(`{"alg":"EdDSA","typ":"at+jwt","kid":%q}`, w.tokens.KeyID()), claimsOf(w.fixture, "role", "superviseur", "org", w.operator.ID, "programmes", []string{somme}))
	all = append(all, asker{name: "superviseur", token: unknown})
	for _, role := range domain.Roles {
		all = append(all, asker{Actor: w.actor(role), name: string(role)})
	}
	with := w.actor(domain.Caseworker)
	with.AccessReason = because
	mdsi := w.actor(domain.Partner)
	mdsi.OrganisationID = w.mdsi.ID
	return append(all, asker{Actor: with, name: "caseworker with a reason"}, asker{Actor: mdsi, name: "another partner"},
		asker{Actor: w.stranger(domain.Coordinator), name: "coordinator elsewhere"})
}

// cell is one request and what is to come of it.
type cell struct {
	asker
	request  operation
	record   *record // that it addresses, if any
	reach    reach
	refused  bool // to the role, whatever is addressed
	status   int
	baseline *operation // the same for what is not there
	listed   []string   // the records that a list holds
}

func (c cell) String() string {
	name := c.name + ": " + c.request.method + " " + c.request.path
	if c.record != nil {
		name += ", " + c.record.relation
	}
	return name
}

func TestTheMatrix(t *testing.T) {
	w := newWorld(t)
	cells, contents := 0, map[string]string(nil)
	documented := map[string]operation{}
	for _, op := range w.operations() {
		documented[op.id] = op
		if !slices.ContainsFunc(matrix, func(r row) bool { return r.op == op.id }) {
			t.Errorf("%s %s (%s) has no row in the matrix", op.method, op.path, op.id)
		}
	}
	for _, row := range matrix {
		op, known := documented[row.op]
		if !known {
			t.Errorf("the matrix names %s, and there is no such operation", row.op)
			continue
		}
		t.Run(strings.TrimSuffix(row.op+" "+row.in, " "), func(t *testing.T) {
			f := *w.fixture
			f.T, f.from = t, address()
			one := *w
			one.fixture = &f
			asked := one.cells(row, op)
			contents = one.ask(row, asked, contents)
			cells += len(asked)
		})
	}
	t.Logf("%d cells", cells)
}

// ask asks for every cell of a row: first those in which nothing may be written, not even to the
// trail. It is given what the tables hold, if that is known, and gives it on.
func (w *world) ask(row row, cells []cell, before map[string]string) (after map[string]string) {
	if len(cells) == 0 {
		w.Errorf("there is no %s", row.of)
	}
	slices.SortStableFunc(cells, func(a, b cell) int { return cmp.Compare(a.traces(), b.traces()) })
	if before == nil {
		before = w.contents()
	}
	left := nothing
	for _, c := range cells {
		if now := c.traces(); now != left {
			before = w.kept(before, left)
			left = now
		}
		got, statements := w.sent(c.asker, c.request)
		w.check(row, c, got)
		if c.baseline == nil {
			continue
		}
		none, asked := w.sent(c.asker, *c.baseline)
		if got.anonymous() != none.anonymous() {
			w.Errorf("%s: what is hidden answers\n%s\nwhat does not exist\n%s", c, got.anonymous(), none.anonymous())
		}
		if statements != asked {
			w.Errorf("%s: what is hidden takes %d statements, what does not exist %d", c, statements, asked)
		}
	}
	if before = w.kept(before, left); w.Failed() {
		return nil
	}
	return before
}

// traces is what a cell may leave in the tables.
type traces int

const (
	nothing traces = iota
	inTrail        // that somebody was asked for a reason
	records        // what it does
)

func (c cell) traces() traces {
	switch {
	case c.status == 200:
		return records
	case c.reach == asks && !c.refused:
		return inTrail
	}
	return nothing
}

// kept insists that the tables hold what they held, and gives what they hold now, if that is known.
func (w *world) kept(before map[string]string, left traces) map[string]string {
	w.Helper()
	switch left {
	case nothing:
		w.unchanged(before)
		return before
	case inTrail:
		after := w.contents()
		for table := range after {
			if before[table] != after[table] && table != "audit_events" && table != "audit_chains" {
				w.Errorf("%s was written", table)
			}
		}
		return after
	}
	return nil
}

func (w *world) sent(by asker, o operation) (got reply, statements int64) {
	actor := by.Actor
	actor.TokenID = o.id // a token for each operation, so that none uses up its quota
	headers := []string{}
	if o.method == "PUT" || slices.Contains(o.headers, "If-Match") {
		headers = append(headers, "If-Match", `"99"`)
	}
	if by.token != "" {
		headers = append(headers, "Authorization", "Bearer "+by.token)
	}
	if actor.AccessReason != "" && slices.Contains(o.headers, "Access-Reason") {
		headers = append(headers, "Access-Reason", actor.AccessReason)
	}
	statements = w.during(func() { got = w.send(actor, o.method, o.path, o.body, headers...) })
	return got, statements
}

// check compares an answer with what its cell says, and looks in it for what it may not hold.
func (w *world) check(row row, c cell, got reply) {
	if got.Status != c.status {
		w.Errorf("%s: answered %d, not %d: %s", c, got.Status, c.status, got.Text)
		return
	}
	switch {
	case c.status == 401:
		got.problem(401, "unauthenticated")
	case c.status == 403 && c.reach == asks && !c.refused:
		got.problem(403, "access_reason_required")
	case c.status == 403:
		got.problem(403, "forbidden")
	case c.status == 404:
		got.problemAt(404, "not_found")
	case c.status == 422:
		unknown := slices.ContainsFunc(got.problem(422, "invalid"), func(f fault) bool { return f.Location == "body."+row.in && f.Code == "unknown" })
		if unknown != (c.record != nil && c.reach == hidden) {
			w.Errorf("%s: that the record is not there is said, or not: %s", c, got.Text)
		}
	}
	if c.listed != nil {
		found := []string{}
		for _, item := range got.items() {
			id := item["id"]
			if row.of == "programme" {
				id = item["slug"]
			}
			if id == nil { // what is owed for an enrolment goes by it
				id = item["enrolment_id"]
			}
			found = append(found, id.(string))
		}
		slices.Sort(found)
		if !slices.Equal(found, c.listed) {
			w.Errorf("%s: lists\n%q\nand not\n%q", c, found, c.listed)
		}
	}
	whole := fmt.Sprint(got.Header, got.Text)
	for _, m := range w.marks {
		if strings.Contains(whole, m.text) && !m.shown(c.Actor, row) {
			w.Errorf("%s: shows %s, of a %s: %s", c, m.text, m.kind, m.of.relation)
		}
	}
	var body any
	_ = json.Unmarshal([]byte(got.Text), &body)
	if row.of == "" {
		return // the words that records are written in, and nobody's record
	}
	for _, name := range untold(body, veiled[c.Role], nil) {
		if name != row.tells {
			w.Errorf("%s: says %s: %s", c, name, got.Text)
		}
	}
}

// shown tells whether that actor may read the mark there.
func (m mark) shown(a domain.Actor, row row) bool {
	switch reaches(a, m.kind, m.of) {
	case open:
		return true
	case asks: // a colleague's file has a number in the team's workshops and referrals, and nothing else
		return m.id
	}
	return m.id && (a.Role == domain.DPO || row.names && a.In(m.of.programme))
}

// veiled are the fields that a role reads in no answer, whoever they are about.
var veiled = func() map[domain.Role][]string {
	file := []string{"participant_id", "enrolment_id", "caseworker_id", "resembles_erased", "probable_matches", "restricted_at", "restriction_reason", "address", "employer", "note", "purpose", "education_level", "record_ids"}
	person := append([]string{"first_name", "last_name", "birth_date", "phone", "email", "postal_code", "external_reference", "referrer_name", "referrer_email", "referrer_phone", "justice_status", "barriers", "reason"}, file...)
	return map[domain.Role][]string{domain.Partner: file, domain.Analyst: person, domain.Admin: person, "": person}
}()

// untold collects the fields of those names that hold something. A list of counts is about nobody.
func untold(value any, names, found []string) []string {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			found = untold(item, names, found)
		}
	case map[string]any:
		for name, held := range value {
			if held != nil && slices.Contains(names, name) && !isListOfObjects(held) {
				found = append(found, name)
			}
			found = untold(held, names, found)
		}
	}
	return found
}

func isListOfObjects(value any) bool {
	list, _ := value.([]any)
	return len(list) > 0 && !slices.ContainsFunc(list, func(item any) bool { _, object := item.(map[string]any); return !object })
}
