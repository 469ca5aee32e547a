package rest

import (
	"net/http"
	"strings"
	"testing"
)

const plain = `{"title":"Rendez-vous","sent_on":"2025-04-01"}`

func TestBodiesThatAreRefused(t *testing.T) {
	api := newToy(t)
	with := func(field string) string { return strings.TrimSuffix(plain, "}") + "," + field + "}" }
	nested := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for _, c := range []struct {
		name, body      string
		status          int
		code            string
		location, fault string
	}{
		{"empty", ``, 422, "invalid", "body", "required"},
		{"null", `null`, 422, "invalid", "body", "type"},
		{"an array", `[]`, 422, "invalid", "body", "type"},
		{"a string", `"x"`, 422, "invalid", "body", "type"},
		{"broken off", `{"title":"Ren`, 400, "malformed_json", "body.title", "syntax"},
		{"no JSON", `title=x`, 400, "malformed_json", "body", "syntax"},
		{"a trailing comma", `{"title":"Rendez-vous",}`, 400, "malformed_json", "body", "syntax"},
		{"something after it", plain + `{}`, 400, "malformed_json", "body", "syntax"},
		{"garbage after it", plain + `x`, 400, "malformed_json", "body", "syntax"},
		{"a name twice", with(`"title":"Other"`), 400, "malformed_json", "body.title", "duplicate_name"},
		{"a name twice, escaped", with(`"t\u0069tle":"Other"`), 400, "malformed_json", "body.title", "duplicate_name"},
		{"a nested name twice", with(`"stamp":{"value":1,"value":2}`), 400, "malformed_json", "body.stamp.value", "duplicate_name"},
		{"another casing beside it", with(`"TITLE":"hacker"`), 422, "invalid", "body.TITLE", "unknown_field"},
		{"another casing alone", `{"Title":"Rendez-vous","sent_on":"2025-04-01"}`, 422, "invalid", "body.Title", "unknown_field"},
		{"an unknown field", with(`"status":"accepted"`), 422, "invalid", "body.status", "unknown_field"},
		{"a field that we write", with(`"id":"0197f0a0-0000-7000-8000-000000000001"`), 422, "invalid", "body.id", "unknown_field"},
		{"an unknown nested field", with(`"stamp":{"value":1,"x":2}`), 422, "invalid", "body.stamp.x", "unknown_field"},
		{"an unknown field in a list", with(`"stamps":[{"value":1},{"value":1,"x":2}]`), 422, "invalid", "body.stamps[1].x", "unknown_field"},
		{"an unknown field with an odd name", with(`"Jeanne Dupont":1`), 422, "invalid", "body", "unknown_field"},
		{"invalid UTF-8", with(`"text":"` + "\xff\xfe" + `"`), 400, "malformed_json", "body.text", "encoding"},
		{"a lone surrogate", with(`"text":"\ud800"`), 400, "malformed_json", "body.text", "syntax"},
		{"NUL", with(`"text":"a\u0000b"`), 422, "invalid", "body.text", "control_character"},
		{"escape", with(`"text":"a\u001b[31m"`), 422, "invalid", "body.text", "control_character"},
		{"DEL", with(`"text":"a\u007fb"`), 422, "invalid", "body.text", "control_character"},
		{"NUL in a list", with(`"tags":["a","b\u0000"]`), 422, "invalid", "body.tags[1]", "control_character"},
		{"a line end in a line", `{"title":"Rendez\nvous","sent_on":"2025-04-01"}`, 422, "invalid", "body.title", "control_character"},
		{"a raw line end in a string", "{\"title\":\"Rendez\nvous\",\"sent_on\":\"2025-04-01\"}", 400, "malformed_json", "body.title", "syntax"},
		{"too deep", with(`"text":` + nested), 400, "malformed_json", "body.text" + strings.Repeat("[0]", 32), "depth"},
		{"required and missing", `{"title":"Rendez-vous"}`, 422, "invalid", "body.sent_on", "required"},
		{"required in a nested object", with(`"stamp":{}`), 422, "invalid", "body.stamp.value", "required"},
		{"required and null", `{"title":null,"sent_on":"2025-04-01"}`, 422, "invalid", "body.title", "type"},
		{"a required date and null", `{"title":"Rendez-vous","sent_on":null}`, 422, "invalid", "body.sent_on", "type"},
		{"too short", `{"title":"R","sent_on":"2025-04-01"}`, 422, "invalid", "body.title", "min_length"},
		{"too long", `{"title":"` + strings.Repeat("é", 41) + `","sent_on":"2025-04-01"}`, 422, "invalid", "body.title", "max_length"},
		{"a number for a string", `{"title":1,"sent_on":"2025-04-01"}`, 422, "invalid", "body.title", "type"},
		{"a string for a number", with(`"pages":"2"`), 422, "invalid", "body.pages", "type"},
		{"a fraction for a whole number", with(`"pages":1.5`), 422, "invalid", "body.pages", "type"},
		{"too small", with(`"pages":0`), 422, "invalid", "body.pages", "minimum"},
		{"more than an int32", with(`"pages":4294967297`), 422, "invalid", "body.pages", "maximum"},
		{"more than a float64", with(`"weight":1e400`), 422, "invalid", "body.weight", "range"},
		{"too heavy", with(`"weight":1000.5`), 422, "invalid", "body.weight", "maximum"},
		{"a string for a boolean", with(`"urgent":"true"`), 422, "invalid", "body.urgent", "type"},
		{"no date", with(`"read_on":"01/04/2025"`), 422, "invalid", "body.read_on", "format"},
		{"no day of the calendar", with(`"read_on":"2025-02-29"`), 422, "invalid", "body.read_on", "format"},
		{"a date with a time", with(`"read_on":"2025-04-01T00:00:00Z"`), 422, "invalid", "body.read_on", "format"},
		{"a date out of all bounds", with(`"read_on":"1815-06-18"`), 422, "invalid", "body.read_on", "range"},
		{"no instant", with(`"open_at":"2025-04-01 09:30"`), 422, "invalid", "body.open_at", "format"},
		{"an instant without a zone", with(`"open_at":"2025-04-01T09:30:00"`), 422, "invalid", "body.open_at", "format"},
		{"an unknown code", with(`"ink":"noir"`), 422, "invalid", "body.ink", "enum"},
		{"an empty code", with(`"ink":""`), 422, "invalid", "body.ink", "enum"},
		{"a code in another casing", with(`"seal":"Rouge"`), 422, "invalid", "body.seal", "enum"},
		{"an unknown code in a list", with(`"colours":["vert","noir"]`), 422, "invalid", "body.colours[1]", "enum"},
		{"a code twice", with(`"colours":["vert","vert"]`), 422, "invalid", "body.colours", "unique_items"},
		{"too many", with(`"tags":["a","b","c","d","e"]`), 422, "invalid", "body.tags", "max_items"},
		{"a list item too long", with(`"tags":["aaaaaaaaaaaaaaaaaaaaaa"]`), 422, "invalid", "body.tags[0]", "max_length"},
		{"null for a list", with(`"tags":null`), 422, "invalid", "body.tags", "type"},
		{"null for a list in a list", with(`"stamps":[{"value":1,"albums":[]},{"value":1,"albums":null}]`), 422, "invalid", "body.stamps[1].albums", "type"},
		{"null in a list", with(`"tags":[null]`), 422, "invalid", "body.tags[0]", "type"},
		{"no e-mail address", with(`"from":"nobody"`), 422, "invalid", "body.from", "format"},
		{"a name with the address", with(`"from":"Bob <bob@example.org>"`), 422, "invalid", "body.from", "format"},
		{"no UUID", with(`"sender_id":"42"`), 422, "invalid", "body.sender_id", "format"},
		{"a UUID in braces", with(`"sender_id":"{0197f0a0-0000-7000-8000-000000000001}"`), 422, "invalid", "body.sender_id", "max_length"},
		{"a string for an object", with(`"stamp":"x"`), 422, "invalid", "body.stamp", "type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			api.received = nil
			response, body := api.send(newRequest("POST", "/letters", c.body, "Content-Type", "application/json"))
			problem := wantProblem(t, response, body, c.status, c.code)
			wantFault(t, problem, c.location, c.fault)
			for _, value := range []string{"Rendez", "hacker", "Jeanne", "noir", "Bob", "1815", "secret", "jsontext", "huma"} {
				if strings.Contains(body, value) {
					t.Errorf("the problem repeats %q: %s", value, body)
				}
			}
			if api.received != nil {
				t.Error("the handler ran")
			}
		})
	}
}

func TestBodiesThatAreTaken(t *testing.T) {
	api := newToy(t)
	with := func(field string) string { return strings.TrimSuffix(plain, "}") + "," + field + "}" }
	for _, body := range []string{
		plain,
		" \n" + plain + "\n",
		with(`"text":"Bonjour,\n\tà mardi.\r\n"`),
		with(`"text":"\ud83d\udc4b\ufffd"`),
		with(`"pages":null,"weight":null,"urgent":null,"read_on":null,"open_at":null,"seal":null,"sender_id":null,"stamp":null`),
		with(`"pages":2,"weight":1e2,"urgent":false,"read_on":"2025-04-02","open_at":"2025-04-01T11:30:00.123456789+02:00","seal":"rouge","stamp":{"value":139}`),
		with(`"colours":[],"tags":["a"],"stamps":[{"value":1,"albums":[1]}],"from":"a.b+c@example.org"`),
	} {
		response, answer := api.post("/letters", body)
		if response.StatusCode != http.StatusCreated {
			t.Errorf("%s: %d %s", body, response.StatusCode, answer)
		}
	}
	if at := api.received; at == nil {
		t.Fatal("nothing was received")
	}
}

func TestInstantsAreReadInUTCAndMicroseconds(t *testing.T) {
	api := newToy(t)
	response, body := api.post("/letters", strings.TrimSuffix(plain, "}")+`,"open_at":"2025-04-01T11:30:00.123456789+02:00"}`)
	if response.StatusCode != http.StatusCreated {
		t.Fatal(body)
	}
	for _, want := range []string{`"open_at":"2025-04-01T09:30:00.123456Z"`, `"created_at":"2025-04-01T09:30:00Z"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

func TestAnswersAreWholeJSON(t *testing.T) {
	api := newToy(t)
	response, body := api.post("/letters", plain)
	want := `{"id":"0197f0a0-0000-7000-8000-000000000001","franking":{"value":0,"albums":[]},"created_at":"2025-04-01T09:30:00Z","paper":"vert","title":"Rendez-vous","text":"","pages":null,"weight":null,"urgent":null,"sent_on":"2025-04-01","read_on":null,"open_at":null,"ink":null,"seal":null,"colours":[],"tags":[],"from":null,"sender_id":null,"stamp":null,"stamps":[]}` + "\n"
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Etag": `"1"`, "Location": "/letters/0197f0a0-0000-7000-8000-000000000001", "Link": ""} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if strings.Contains(body, "$schema") {
		t.Error("the answer has a $schema link")
	}
}
