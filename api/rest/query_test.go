package rest

import (
	"net/http/httptest"
	"strings"
	"testing"

	"o2r/domain"
)

func TestParametersThatAreRefused(t *testing.T) {
	api := newToy(t)
	for _, c := range []struct{ method, target, location, fault string }{
		{"GET", "/letters?colour=vert", "query.colour", "unknown_field"},
		{"GET", "/letters?Limit=1", "query.Limit", "unknown_field"},
		{"GET", "/letters?limit[]=1", "query", "unknown_field"},
		{"GET", "/letters?Jeanne%20Dupont=1", "query", "unknown_field"},
		{"GET", "/letters?limit=1&limit=2", "query.limit", "repeated"},
		{"GET", "/letters?inks=vert&inks=rouge", "query.inks", "repeated"},
		{"GET", "/letters?limit=", "query.limit", "empty"},
		{"GET", "/letters?limit", "query.limit", "empty"},
		{"GET", "/letters?urgent&limit=5", "query.urgent", "empty"},
		{"GET", "/letters?inks=vert,", "query.inks", "empty"},
		{"GET", "/letters?limit=0", "query.limit", "minimum"},
		{"GET", "/letters?limit=201", "query.limit", "maximum"},
		{"GET", "/letters?limit=-1", "query.limit", "minimum"},
		{"GET", "/letters?limit=ten", "query.limit", "type"},
		{"GET", "/letters?limit=1.5", "query.limit", "type"},
		{"GET", "/letters?limit=%2B5", "query.limit", "type"},
		{"GET", "/letters?limit=0x10", "query.limit", "type"},
		{"GET", "/letters?limit=99999999999999999999", "query.limit", "range"},
		{"GET", "/letters?small=4294967297", "query.small", "maximum"},
		{"GET", "/letters?weight=NaN", "query.weight", "type"},
		{"GET", "/letters?weight=Inf", "query.weight", "type"},
		{"GET", "/letters?weight=1e999", "query.weight", "range"},
		{"GET", "/letters?weight=1000.5", "query.weight", "maximum"},
		{"GET", "/letters?urgent=t", "query.urgent", "type"},
		{"GET", "/letters?urgent=1", "query.urgent", "type"},
		{"GET", "/letters?after=2025-02-29", "query.after", "format"},
		{"GET", "/letters?after=1815-06-18", "query.after", "format"},
		{"GET", "/letters?after=01/04/2025", "query.after", "format"},
		{"GET", "/letters?ink=noir", "query.ink", "enum"},
		{"GET", "/letters?inks=vert,noir", "query.inks[1]", "enum"},
		{"GET", "/letters?inks=vert,vert,vert,vert", "query.inks", "max_items"},
		{"GET", "/letters?seals=vert&seals=noir", "query.seals[1]", "enum"},
		{"GET", "/letters?seals=vert,rouge", "query.seals", "enum"},
		{"GET", "/letters?title=" + strings.Repeat("x", 41), "query.title", "max_length"},
		{"GET", "/letters?title=a%00b", "query.title", "control_character"},
		{"GET", "/letters?title=a%0Ab", "query.title", "control_character"},
		{"GET", "/letters?title=a%1bb", "query.title", "control_character"},
		{"GET", "/letters?title=a%7Fb", "query.title", "control_character"},
		{"GET", "/letters?title=%ff%fe", "query.title", "control_character"},
		{"GET", "/letters?title=%zz", "query", "syntax"},
		{"GET", "/letters?title=a;limit=1", "query", "syntax"},
		{"GET", "/letters/42", "path.id", "format"},
		{"GET", "/letters/" + id + "%00", "path.id", "control_character"},
		{"GET", "/letters/%0a" + id, "path.id", "control_character"},
		{"GET", "/letters/%ff", "path.id", "control_character"},
		{"GET", "/letters/" + id + "%2fx", "path.id", "format"},
		{"GET", "/letters/urn:uuid:" + id, "path.id", "max_length"},
		{"DELETE", "/letters/42", "path.id", "format"},
		{"DELETE", "/letters/" + id + "?force=true", "query.force", "unknown_field"},
	} {
		response, body := api.send(httptest.NewRequest(c.method, c.target, nil))
		problem := wantProblem(t, response, body, 422, "invalid")
		wantFault(t, problem, c.location, c.fault)
		for _, value := range []string{"Jeanne", "noir", "1815", "xxxxxxxx", "force=", "NaN"} {
			if strings.Contains(body, value) {
				t.Errorf("%s: the problem repeats %q: %s", c.target, value, body)
			}
		}
	}
}

func TestParametersThatAreTaken(t *testing.T) {
	api := newToy(t)
	target := "/letters?limit=20&title=d%C3%A9part%20%26+fin&after=2025-04-01&urgent=true&ink=vert&inks=vert,rouge&seals=bleu_ciel&seals=vert&weight=-1.5e1&small=-7"
	if response, body := api.send(httptest.NewRequest("GET", target, nil)); response.StatusCode != 200 {
		t.Fatal(body)
	}
	q := api.query
	if q.Limit != 20 || q.Title != "départ & fin" || q.After != domain.MustDate("2025-04-01") || !q.Urgent || q.Ink != "vert" || len(q.Inks) != 2 || len(q.Seals) != 2 || q.Weight != -15 || q.Small != -7 {
		t.Errorf("read as %+v", q)
	}
	if response, body := api.send(httptest.NewRequest("GET", "/letters", nil)); response.StatusCode != 200 || api.query.Limit != 0 {
		t.Error(body)
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	api := newToy(t)
	for _, c := range []struct {
		values []string
		fault  string
	}{
		{[]string{`"1"`, `"2"`}, "repeated"},
		{[]string{"\"1\"\x00"}, "control_character"},
		{[]string{"\"1\"\t"}, "control_character"},
		{[]string{"\xff"}, "control_character"},
		{[]string{strings.Repeat("x", 101)}, "max_length"},
	} {
		r := newRequest("PUT", "/letters/"+id, plain)
		r.Header["If-Match"] = c.values
		response, body := api.send(r)
		wantFault(t, wantProblem(t, response, body, 422, "invalid"), "header.If-Match", c.fault)
	}
}

// TestAllFaultsAreTold: a caller mends a request in one go.
func TestAllFaultsAreTold(t *testing.T) {
	api := newToy(t)
	response, body := api.send(newRequest("PUT", "/letters/42", `{"title":"R","ink":"noir","x":1}`))
	problem := wantProblem(t, response, body, 422, "invalid")
	for location, fault := range map[string]string{"path.id": "format", "body.title": "min_length", "body.ink": "enum", "body.x": "unknown_field", "body.sent_on": "required"} {
		wantFault(t, problem, location, fault)
	}
}

// TestEmbeddedParametersArrive is Huma's trap of embedded input structs, on the good side.
func TestEmbeddedParametersArrive(t *testing.T) {
	api := newToy(t)
	response, body := api.send(newRequest("PUT", "/letters/0197f0a0-0000-7000-8000-0000000000ff", plain))
	if response.StatusCode != 200 || !strings.Contains(body, `"id":"0197f0a0-0000-7000-8000-0000000000ff"`) {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

func TestABodyWhereNoneIsTaken(t *testing.T) {
	api := newToy(t)
	for body, status := range map[string]int{"": 204, "{}": 204, " {} \n": 204, `{"force":true}`: 422, "x": 422} {
		if response, answer := api.send(newRequest("DELETE", "/letters/"+id, body)); response.StatusCode != status {
			t.Errorf("%q: %d, not %d: %s", body, response.StatusCode, status, answer)
		}
	}
}

func TestAnOptionalBody(t *testing.T) {
	api := newToy(t)
	for body, status := range map[string]int{"": 204, `{"value":5}`: 204, "null": 422, "{}": 422, `{"value":0}`: 422, "x": 400} {
		api.stamp = nil
		response, answer := api.send(newRequest("POST", "/letters/"+id+"/seal", body))
		if response.StatusCode != status || (api.stamp != nil) != (body != "" && status == 204) {
			t.Errorf("%q: %d, not %d, received %v: %s", body, response.StatusCode, status, api.stamp, answer)
		}
	}
}

// What a refusal says is read by people: an example of what would be right stands in it as it is sent, and of what only
// reads nobody is told that nothing was written.
func TestWhatARefusalSays(t *testing.T) {
	api := newToy(t)
	for target, says := range map[string]string{
		"/letters?seals=vert,rouge":           "for several, repeat the parameter, as in seals=vert&seals=rouge.",
		"/letters?seals=vert,noir,rouge":      "for several, repeat the parameter, as in seals=vert&seals=rouge.",
		"/letters?seals=vert,%3Cscript%3E":    "for several, repeat the parameter.",
		"/letters?limit=x":                    "The request breaks the rules named in errors.",
		"/letters/42":                         "The request breaks the rules named in errors.",
		"/letters?seals=vert&seals=noir&ink=": "The request breaks the rules named in errors.",
	} {
		_, body := api.send(httptest.NewRequest("GET", target, nil))
		if !strings.Contains(body, says) || strings.Contains(body, `\u00`) || strings.Contains(body, "nothing was written") || strings.Contains(body, "script") {
			t.Errorf("%s: %s", target, body)
		}
	}
	if _, body := api.send(newRequest("POST", "/letters", `{}`)); !strings.Contains(body, "named in errors; nothing was written.") {
		t.Errorf("what would have written: %s", body)
	}
	if _, body := api.send(newRequest("GET", "/letters", "", "Accept", "text/html")); !strings.Contains(body, "it is application/json.") {
		t.Errorf("what can be produced: %s", body)
	}
}
