package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"o2r/domain"
)

func TestBodiesThatAreNoGood(t *testing.T) {
	f := newFixture(t)
	person := func(body any, status int, code, location string) refusal {
		return refusal{"POST", "/v1/participants", body, status, code, location, ""}
	}
	f.refuse(f.actor(domain.Caseworker), map[string]refusal{
		"nothing":              person(nil, 422, "invalid", "body"),
		"empty":                person("", 422, "invalid", "body"),
		"blank":                person("   ", 400, "malformed_json", "body"),
		"null":                 person("null", 422, "invalid", "body"),
		"list":                 person("[]", 422, "invalid", "body"),
		"text":                 person(`"`+marker+`"`, 422, "invalid", "body"),
		"number":               person("12", 422, "invalid", "body"),
		"broken off":           person(`{"first_name":"`+marker, 400, "malformed_json", "body.first_name"),
		"two bodies":           person(`{"first_name":"A","last_name":"B"}{"first_name":"A"}`, 400, "malformed_json", "body"),
		"comma too many":       person(`{"first_name":"A","last_name":"B",}`, 400, "malformed_json", "body"),
		"single quotes":        person(`{'first_name':'A'}`, 400, "malformed_json", "body"),
		"comment":              person(`{/*a*/"first_name":"A","last_name":"B"}`, 400, "malformed_json", "body"),
		"field twice":          person(`{"first_name":"A","last_name":"`+marker+`","last_name":"B"}`, 400, "malformed_json", "body.last_name"),
		"field twice, escaped": person(`{"first_name":"A","last_name":"B","l\u0061st_name":"`+marker+`"}`, 400, "malformed_json", "body.last_name"),
		"invalid UTF-8":        person("{\"first_name\":\""+marker+"\xff\",\"last_name\":\"B\"}", 400, "malformed_json", "body.first_name"),
		"half a surrogate":     person(`{"first_name":"A\ud800","last_name":"B"}`, 400, "malformed_json", "body.first_name"),
		"NUL, escaped":         person(`{"first_name":"`+marker+`\u0000","last_name":"B"}`, 422, "invalid", "body.first_name"),
		"NUL, raw":             person("{\"first_name\":\"A\x00\",\"last_name\":\"B\"}", 400, "malformed_json", "body.first_name"),
		"deeply nested":        person(strings.Repeat(`{"first_name":`, 5000)+"1"+strings.Repeat("}", 5000), 400, "malformed_json", "body"+strings.Repeat(".first_name", 33)),
		"two megabytes":        person(`{"first_name":"`+strings.Repeat(marker, 200_000)+`"}`, 413, "body_too_large", "body"),
	})
	good := `{"first_name":"` + marker + `","last_name":"B"}`
	for _, media := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1", marker} {
		before := f.contents()
		got := f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", good, "Content-Type", media)
		got.problemAt(415, "unsupported_media_type")
		f.unchanged(before)
	}
	f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", good, "Accept", "text/csv").problem(406, "not_acceptable")
}

func TestTargetsAndListsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	territories := func(location, fault string, codes ...string) refusal {
		items := []any{}
		for _, code := range codes {
			items = append(items, map[string]any{"territory_code": code})
		}
		return refusal{"PUT", "/v1/programmes/" + somme + "/territories", map[string]any{"items": items}, 422, "invalid", location, fault}
	}
	targets := func(location, fault string, items ...any) refusal {
		return refusal{"PUT", "/v1/programmes/" + somme + "/targets", map[string]any{"items": items}, 422, "invalid", location, fault}
	}
	target := func(indicator, period string, value any) map[string]any {
		return map[string]any{"indicator": indicator, "period": period, "value": value}
	}
	f.refuse(f.actor(domain.Coordinator), map[string]refusal{
		"unknown communes":       territories("body.items[1].territory_code body.items[3].territory_code", "unknown_territory", "80253", "80999", "80021", "99999"),
		"commune twice":          territories("body.items[2].territory_code", "repeated", "80253", "80021", "80253"),
		"commune that is a name": territories("body.items[0].territory_code", "", marker),
		"list of nothing":        territories("body.items", "min_items"),
		"no list":                {"PUT", "/v1/programmes/" + somme + "/territories", map[string]any{}, 422, "invalid", "body.items", "required"},
		"null list":              {"PUT", "/v1/programmes/" + somme + "/territories", `{"items":null}`, 422, "invalid", "body.items", ""},
		"null entry":             {"PUT", "/v1/programmes/" + somme + "/territories", `{"items":[null]}`, 422, "invalid", "body.items[0]", ""},
		"unknown indicator":      targets("body.items[1].indicator", "unknown_indicator", target("beneficiaries", "2025", 58), target(marker, "2025", 58)),
		"target twice":           targets("body.items[1].period", "repeated", target("beneficiaries", "2025", 58), target("beneficiaries", "2025", 60)),
		"target of no period":    targets("body.items[0].period", "pattern", target("beneficiaries", marker, 58)),
		"target of 1999":         targets("body.items[0].period", "period", target("beneficiaries", "1999", 58)),
		"target of 2100":         targets("body.items[0].period", "period", target("beneficiaries", "2100", 58)),
		"target of 0000":         targets("body.items[0].period", "period", target("beneficiaries", "0000", 58)),
		"target below nothing":   targets("body.items[0].value", "minimum", target("beneficiaries", "2025", -1)),
		"target of no value":     targets("body.items[0].value", "required", map[string]any{"indicator": "beneficiaries", "period": "2025"}),
		"target that is text":    targets("body.items[0].value", "type", target("beneficiaries", "2025", "58")),
	}, "If-Match", "*")
	f.refuse(f.actor(domain.Admin), map[string]refusal{
		"slug taken":                  {"POST", "/v1/organisations", map[string]any{"slug": "spip", "name": marker, "kind": "spip"}, 409, "slug_taken", "", ""},
		"slug with blanks":            {"POST", "/v1/organisations", map[string]any{"slug": marker + " x", "name": marker, "kind": "spip"}, 422, "invalid", "body.slug", "pattern"},
		"organisation of no kind":     {"POST", "/v1/organisations", map[string]any{"slug": "neuf", "name": marker, "kind": marker}, 422, "invalid", "body.kind", "enum"},
		"programme's slug taken":      {"POST", "/v1/programmes", map[string]any{"slug": somme, "name": marker, "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2026-01-01"}, 409, "slug_taken", "", ""},
		"programme that ends before":  {"POST", "/v1/programmes", map[string]any{"slug": "neuf", "name": marker, "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2024-12-31"}, 422, "invalid", "body.ends_on", "before_start"},
		"programme given a new slug":  {"PUT", "/v1/programmes/" + somme, map[string]any{"slug": "neuf", "name": marker, "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2026-01-01"}, 422, "invalid", "body.slug", "fixed"},
		"threshold of nobody":         {"PUT", "/v1/programmes/" + somme, map[string]any{"slug": somme, "name": marker, "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2026-01-01", "small_cell_threshold": 0}, 422, "invalid", "body.small_cell_threshold", "minimum"},
		"site's name taken":           {"POST", "/v1/sites", map[string]any{"programme": somme, "name": "Doullens"}, 409, "name_taken", "", ""},
		"site in an unknown commune":  {"POST", "/v1/sites", map[string]any{"programme": somme, "name": marker, "territory_code": "80999"}, 422, "invalid", "body.territory_code", "unknown_territory"},
		"site moved to another of us": {"PUT", "/v1/sites/" + f.site.ID, map[string]any{"programme": elsewhere, "name": marker}, 422, "invalid", "body.programme", "fixed"},
	}, "If-Match", "*")
}

func TestQueriesAndPathsThatAreNoGood(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	cursor := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	f.cast2()
	next := func(path string) string {
		return f.send(f.actor(domain.Coordinator), "GET", path, nil).is(200).text("next_cursor")
	}
	get := func(path, location, fault string) refusal {
		return refusal{"GET", path, nil, 422, "invalid", location, fault}
	}
	rows := map[string]refusal{
		"unknown parameter":           get("/v1/referrals?zzz=1", "query.zzz", "unknown_field"),
		"parameter in capitals":       get("/v1/referrals?Status=received", "query.Status", "unknown_field"),
		"parameter of no good name":   get("/v1/referrals?%3C"+marker+"%3E=1", "query", "unknown_field"),
		"parameter twice":             get("/v1/referrals?status=received&status=accepted", "query.status", "repeated"),
		"empty parameter":             get("/v1/referrals?status=", "query.status", "empty"),
		"unknown status":              get("/v1/referrals?status="+marker, "query.status", "enum"),
		"limit 0":                     get("/v1/referrals?limit=0", "query.limit", "minimum"),
		"limit 201":                   get("/v1/referrals?limit=201", "query.limit", "maximum"),
		"limit -1":                    get("/v1/referrals?limit=-1", "query.limit", "minimum"),
		"limit abc":                   get("/v1/referrals?limit=abc", "query.limit", "type"),
		"limit 1e2":                   get("/v1/referrals?limit=1e2", "query.limit", "type"),
		"limit beyond all":            get("/v1/referrals?limit=99999999999999999999", "query.limit", "range"),
		"since no instant":            get("/v1/referrals?updated_since="+marker, "query.updated_since", "format"),
		"since a day":                 get("/v1/referrals?updated_since=2025-01-01", "query.updated_since", "format"),
		"NUL in the query":            get("/v1/territories?q=%00"+marker, "query.q", "control_character"),
		"invalid UTF-8 in the query":  get("/v1/territories?q=%ff"+marker, "query.q", "control_character"),
		"bad percent in the query":    get("/v1/territories?q=%zz", "query", "syntax"),
		"half a kilobyte of text":     get("/v1/territories?q="+strings.Repeat("a", 101), "query.q", "max_length"),
		"postal code of letters":      get("/v1/territories?postal_code="+marker, "query.postal_code", ""),
		"unknown kind of place":       get("/v1/territories?kind="+marker, "query.kind", "enum"),
		"enrolment that is none":      get("/v1/appointments?enrolment_id="+marker, "query.enrolment_id", "format"),
		"day that is none":            get("/v1/appointments?from=2025-02-30", "query.from", "format"),
		"meetings from after to":      get("/v1/appointments?from=2025-02-02&to=2025-02-01", "query.from", "after_end"),
		"figures from after to":       get("/v1/programmes/"+somme+"/indicators?from=2025-02-02&to=2025-02-01", "query.from", "after_end"),
		"figures of no date":          get("/v1/programmes/"+somme+"/indicators?as_of=01/04/2025", "query.as_of", "format"),
		"figures of no gender":        get("/v1/programmes/"+somme+"/indicators?gender="+marker, "query.gender", "enum"),
		"malformed identifier":        get("/v1/participants/"+marker, "path.id", ""),
		"identifier in capitals, cut": get("/v1/participants/"+strings.ToUpper(c.participant[:35]), "path.id", ""),
		"identifier with a prefix":    get("/v1/participants/urn:uuid:"+c.participant, "path.id", ""),
		"NUL in the path":             get("/v1/participants/%00", "path.id", "control_character"),
		"invalid UTF-8 in the path":   get("/v1/programmes/%ff", "path.programme", "control_character"),
		"slug of capitals":            get("/v1/programmes/O2R-Somme", "path.programme", "pattern"),
		"code of a territory":         get("/v1/territories/"+marker, "path.code", ""),
		"unknown indicator":           {"GET", "/v1/programmes/" + somme + "/indicators/" + marker, nil, 404, "not_found", "", ""},
		"unknown nomenclature":        {"GET", "/v1/nomenclatures/" + marker, nil, 404, "not_found", "", ""},
		"unknown path":                {"GET", "/v1/" + marker, nil, 404, "not_found", "", ""},
		"path in capitals":            {"GET", "/V1/me", nil, 404, "not_found", "", ""},
		"path with dots":              {"GET", "/v1/../v1/me", nil, 404, "not_found", "", ""},
		"path with two slashes":       {"GET", "//v1/me", nil, 404, "not_found", "", ""},
		"search for nothing":          {"POST", "/v1/participants/search", map[string]any{}, 422, "invalid", "body.query", "required"},
		"search for one letter":       {"POST", "/v1/participants/search", map[string]any{"query": "a"}, 422, "invalid", "body.query", "min_length"},
		"search for blanks":           {"POST", "/v1/participants/search", map[string]any{"query": "%_ \u00a0-"}, 422, "invalid", "body.query", "blank"},
		"search on from rubbish":      {"POST", "/v1/participants/search", map[string]any{"query": "aa", "cursor": marker}, 422, "invalid", "body.cursor", "cursor"},
	}
	for list, other := range map[string]string{
		"/v1/participants": "/v1/enrolments?limit=1", "/v1/enrolments": "/v1/participants?limit=1", "/v1/referrals": "/v1/organisations?limit=1",
		"/v1/appointments": "/v1/workshops?limit=1", "/v1/workshops": "/v1/appointments?limit=1", "/v1/territories": "/v1/referrals?limit=1",
		"/v1/organisations": "/v1/territories?limit=1", "/v1/programmes": "/v1/appointments?limit=1", "/v1/sites": "/v1/participants?limit=1",
		"/v1/enrolments/" + c.enrolment + "/jobs": "/v1/referrals?limit=1",
	} {
		for name, given := range map[string]string{
			"rubbish":         marker,
			"no JSON":         cursor(marker),
			"nothing":         cursor(`{}`),
			"a NUL":           cursor(`{"id":"\u0000","name":"\u0000","at":"2025-01-01T00:00:00Z"}`),
			"a NUL in a name": cursor(`{"id":"80001","name":"\u0000","rank":1,"list":"territories"}`),
			"SQL":             cursor(`{"id":"' OR true--"}`),
			"a huge rank":     cursor(`{"id":"80001","name":"a","rank":9000000000000,"list":"territories"}`),
			"another list's":  next(other),
		} {
			rows["cursor of "+name+" on "+list] = get(list+"?cursor="+given, "query.cursor", "cursor")
		}
	}
	f.refuse(f.actor(domain.Coordinator), rows)
	f.refuse(f.actor(domain.Analyst), map[string]refusal{
		"analyst asks for a day":          get("/v1/programmes/"+somme+"/indicators?as_of=2025-12-30", "query.as_of", "not_a_month_boundary"),
		"analyst begins within a month":   get("/v1/programmes/"+somme+"/indicators?from=2025-01-02", "query.from", "not_a_month_boundary"),
		"analyst ends within a month":     get("/v1/programmes/"+somme+"/profile?to=2025-01-30", "query.to", "not_a_month_boundary"),
		"analyst asks for months to come": get("/v1/programmes/"+somme+"/indicators/beneficiaries?as_of=2099-12-31", "query.as_of", "month_not_over"),
	})
}

// cast2 doubles what there is, so that lists have a second page.
func (f *fixture) cast2() {
	other := f.enrolled("Claude", "Autre", "2025-03-10")
	meeting := map[string]any{"enrolment_id": other.ID, "starts_at": "2025-03-12T09:00:00Z", "duration_minutes": 60, "mode": "phone"}
	session := map[string]any{"programme": somme, "kind": "remobilisation", "title": "Atelier", "starts_at": "2025-03-13T13:00:00Z", "duration_minutes": 90}
	request := map[string]any{"programme": somme, "first_name": "Sacha", "last_name": "Autre", "phone": "06 39 98 00 03", "consented_on": "2025-03-01"}
	f.send(f.actor(domain.Caseworker), "POST", "/v1/appointments", meeting).is(201)
	f.send(f.actor(domain.Caseworker), "POST", "/v1/workshops", session).is(201)
	f.send(f.actor(domain.Partner), "POST", "/v1/referrals", request).is(201)
}

func TestVersionsThatDoNotMatch(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	coordinator := f.actor(domain.Coordinator)
	before := f.contents()
	for _, row := range []struct {
		path, current string
		body          any
	}{
		{"/v1/participants/" + c.participant, "1", c.identity},
		{"/v1/enrolments/" + c.enrolment, "1", c.entry},
		{"/v1/enrolments/" + c.enrolment + "/jobs/" + c.job, "1", map[string]any{"starts_on": "2025-06-02", "contract": "interim"}},
		{"/v1/appointments/" + c.appointment, "1", c.meeting},
		{"/v1/workshops/" + c.workshop + "/roll-call", "1", map[string]any{"items": []any{}}},
		{"/v1/sites/" + f.site.ID, "1", map[string]any{"programme": somme, "name": "Doullens"}},
		{"/v1/programmes/" + somme + "/targets", "0", map[string]any{"items": []any{}}},
		{"/v1/programmes/" + somme + "/territories", "0", map[string]any{"items": []any{map[string]any{"territory_code": "80253"}}}},
	} {
		f.send(coordinator, http.MethodPut, row.path, row.body).problem(428, "precondition_required")
		for _, tag := range []string{`"7"`, `W/"` + row.current + `"`, row.current, `"` + marker + `"`, `"` + row.current, `""`, `"0` + row.current + `0"`, `"-1"`, `"7", "8"`, `**`} {
			got := f.send(coordinator, http.MethodPut, row.path, row.body, "If-Match", tag)
			got.problem(412, "stale")
			if t.Failed() {
				t.Fatalf("%s with If-Match %s", row.path, tag)
			}
		}
	}
	for _, row := range []struct {
		path string
		body any
	}{
		{"/v1/enrolments/" + c.enrolment + "/exit", map[string]any{"exited_on": "2025-08-01", "kind": "cdi"}},
		{"/v1/enrolments/" + c.enrolment + "/void", map[string]any{"reason": "Par erreur."}},
		{"/v1/appointments/" + c.appointment + "/attendance", map[string]any{"status": "attended"}},
		{"/v1/workshops/" + c.workshop + "/registrations", map[string]any{"enrolment_id": c.enrolment}},
		{"/v1/workshops/" + c.workshop + "/cancel", map[string]any{"reason": "Salle fermée."}},
		{"/v1/referrals/" + c.referral + "/review", nil},
		{"/v1/referrals/" + c.referral + "/accept", map[string]any{}},
		{"/v1/referrals/" + c.referral + "/decline", map[string]any{"decline_reason": "autre"}},
	} {
		f.send(coordinator, http.MethodPost, row.path, row.body, "If-Match", `"7"`).problem(412, "stale")
	}
	f.unchanged(before)
	got := f.send(coordinator, http.MethodPut, "/v1/participants/"+c.participant, c.identity, "If-Match", `"7", "1"`).is(200)
	if got.Header.Get("ETag") != `"2"` || fmt.Sprint(got.Fields["version"]) != "2" {
		t.Errorf("ETag %q of %s", got.Header.Get("ETag"), got.Text)
	}
}
