package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"o2r/domain"
)

// attacker makes requests out of the published document: what it allows, what it forbids, and what
// nobody thinks of. The same seed makes the same choices.
type attacker struct {
	*rand.Rand
	publication
	targets []target
	known   map[string][]string // values that are on record, by the name of a field or by the start of a path
	cursors []string
}

// target is one operation of the document.
type target struct {
	id, method, path string
	operation        map[string]any
	sample           any // a body that would do it, where the fixture knows one
}

// shot is one request.
type shot struct {
	target target
	role   domain.Role // none: without a token
	path   string      // as it is sent, escaped, with its query
	header []string    // names and values in turn
	body   *string
}

func (s shot) String() string {
	text := fmt.Sprintf("%s %.1500s as %q, headers %.600q", s.target.method, s.path, s.role, s.header)
	if s.body != nil {
		text += fmt.Sprintf(", body %q", *s.body)
	}
	if len(text) > 3000 {
		text = fmt.Sprintf("%s… (%d bytes)", text[:3000], len(text))
	}
	return text
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (a *attacker) chance(percent int) bool { return a.IntN(100) < percent }

// shot makes the next request: a third as the document asks for, the rest with something wrong.
func (a *attacker) shot() shot {
	s := shot{target: pick(a.Rand, a.targets)}
	allowed, _ := s.target.operation["x-roles"].([]any)
	switch {
	case a.chance(4):
		s.role = ""
	case a.chance(60) && len(allowed) > 0:
		s.role = domain.Role(pick(a.Rand, allowed).(string))
	default:
		s.role = pick(a.Rand, domain.Roles)
	}
	wrong := a.chance(66)
	s.path = a.target(s.target, wrong)
	s.header = a.headers(s.target, wrong)
	if request, ok := s.target.operation["requestBody"].(map[string]any); ok {
		body, media := a.body(s.target, a.deref(request)["content"].(map[string]any), wrong)
		s.body = &body
		s.header = append(s.header, "Content-Type", media)
	} else if wrong && a.chance(10) {
		body := pick(a.Rand, []string{`{}`, `{"a":1}`, `[`, "\x00", " "})
		s.body = &body
	}
	return s
}

// target is the path and the query of a request.
func (a *attacker) target(t target, wrong bool) string {
	path, query := t.path, []string{}
	parameters, _ := t.operation["parameters"].([]any)
	for _, raw := range parameters {
		p := a.deref(raw.(map[string]any))
		name, s := p["name"].(string), a.deref(p["schema"].(map[string]any))
		switch p["in"] {
		case "path":
			value := a.placed(t, name, s)
			if wrong && a.chance(15) {
				value = strings.Trim(a.oddText(), ".")
			}
			if value == "" {
				value = "0"
			}
			path = strings.ReplaceAll(path, "{"+name+"}", strings.ReplaceAll(url.PathEscape(value), ".", "%2E"))
		case "query":
			if required, _ := p["required"].(bool); !required && !a.chance(25) {
				continue
			}
			value := fmt.Sprint(a.valid(s, name, 0))
			if wrong && a.chance(40) {
				value = a.oddText()
			}
			query = append(query, name+"="+url.QueryEscape(value))
			if wrong && a.chance(5) {
				query = append(query, name+"="+url.QueryEscape(value))
			}
		}
	}
	if wrong && a.chance(6) {
		query = append(query, pick(a.Rand, []string{"limit", "&&", "a=1;b=2", "%zz=1", "limit=%ff", "q[]=1", "unknown=' OR 1=1 --", "limit[$gt]=1", "=", "%00=%00", "as_of=2025-02-30", "limit=1e2", strings.Repeat("a=1&", 1500), "q=" + strings.Repeat("a", 9000)}))
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + strings.ReplaceAll(strings.Join(query, "&"), " ", "+")
}

// placed is a value for a parameter in the path: mostly something that is there.
func (a *attacker) placed(t target, name string, s schema) string {
	switch {
	case name == "programme" && t.id == "putProgramme":
		return "o2r-tir" // the others stay as they are, or all that follows would be refused
	case strings.Contains(t.path, "/{fact_id}") && a.chance(70): // a fact is found on its own path only
		if name == "id" {
			return a.known["enrolment of facts"][0]
		}
		start, _, _ := strings.Cut(t.path, "/{fact_id}")
		if known := a.known[start]; len(known) > 0 {
			return pick(a.Rand, known)
		}
	case name == "id" && a.chance(85):
		start, _, _ := strings.Cut(t.path, "/{id}")
		if known := a.known[start]; len(known) > 0 {
			return pick(a.Rand, known)
		}
	}
	return fmt.Sprint(a.valid(s, name, 0))
}

// valid is a value that the schema allows.
func (a *attacker) valid(raw map[string]any, name string, depth int) any {
	s := schema(a.deref(raw))
	if choices, ok := s["anyOf"].([]any); ok {
		return a.valid(choices[0].(map[string]any), name, depth)
	}
	kinds := s.types()
	if slices.Contains(kinds, "null") && a.chance(15) {
		return nil
	}
	if allowed, ok := s["enum"].([]any); ok {
		return pick(a.Rand, allowed)
	}
	switch kinds[0] {
	case "object":
		properties, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		object := map[string]any{}
		for _, property := range slices.Sorted(maps.Keys(properties)) {
			if slices.Contains(required, any(property)) || a.chance(45) {
				object[property] = a.valid(properties[property].(map[string]any), property, depth+1)
			}
		}
		return object
	case "array":
		least, most := int(s.number("minItems", 0)), int(s.number("maxItems", 3))
		list := make([]any, min(least+a.IntN(3), most))
		for i := range list {
			list[i] = a.valid(s["items"].(map[string]any), name, depth+1)
		}
		return list
	case "boolean":
		return a.chance(50)
	case "integer", "number":
		least, most := s.number("minimum", 0), s.number("maximum", 1000)
		return pick(a.Rand, []float64{least, most, float64(int64(least + a.Float64()*(min(most, least+300)-least)))})
	}
	return a.validText(s, name)
}

func (a *attacker) validText(s schema, name string) any {
	if known := a.known[name]; len(known) > 0 && a.chance(85) {
		return pick(a.Rand, known)
	}
	switch s["format"] {
	case "date":
		return fmt.Sprintf("20%02d-%02d-%02d", 24+a.IntN(4), 1+a.IntN(12), 1+a.IntN(28))
	case "date-time":
		return fmt.Sprintf("20%02d-%02d-%02dT%02d:00:00Z", 24+a.IntN(4), 1+a.IntN(12), 1+a.IntN(28), a.IntN(24))
	}
	example := "exemple"
	if examples, ok := s["examples"].([]any); ok && len(examples) > 0 {
		example, _ = examples[0].(string)
	}
	if _, patterned := s["pattern"]; patterned && a.chance(30) && s["format"] != "email" && s["format"] != "uuid" {
		if text := a.oddText(); len((schema(s)).textBreaches(text, "")) == 0 {
			return text // odd, and allowed
		}
	}
	return example
}

// oddTexts are what programs trip over.
var oddTexts = []string{
	"", " ", "\x00", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "\u202eabc", "\ufeff", "🙂", "e\u0301", "İ", "ﬃ", "null", "undefined", "NaN", "true", "0", "-1", "1e999", "9223372036854775808", "-9223372036854775809", "0x10", "1_000",
	"2025-02-30", "0000-00-00", "2025-13-01", "10000-01-01", "1899-12-31", "2100-12-31", "2101-01-01", "2025-1-1", "2025-04-01T00:00:00Z", "2025-04-01T24:00:00Z", "9999-12-31T23:59:59.999999999+14:00", "0001-01-01T00:00:00Z", "-0001-01-01", "infinity", "epoch", "now",
	"' OR 1=1 --", "'; DROP TABLE participants; --", "%' OR '%'='", "$1", `\'`, "?", "??", "@name", "@id = ?", "{{", ":id", "\\", "%", "_", "%%", "a%_b", "';SELECT pg_sleep(1)--", "1) UNION SELECT NULL--", "E'\\x'", "$$", "/*", "--",
	"../../etc/passwd", "..", "%2e%2e", "/", "//", "a/b", "a?b", "a#b", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "${jndi:ldap://x}", "\r\nX-Injected: 1", "a\nb", "a\tb", "0197f0a0-0000-7000-8000-000000000001", "00000000-0000-0000-0000-000000000000", "{0197f0a0-0000-7000-8000-000000000001}", "0197F0A0-0000-7000-8000-00000000000G", "urn:uuid:0197f0a0-0000-7000-8000-000000000001",
	"beneficiaries", "o2r-somme", "o2r-ailleurs", "80253", "QN08001M", "1 85 02 78 006 084 91", "jeanne@example.org", "a@b", "+33 6 39 98 00 01",
}

func (a *attacker) oddText() string {
	switch a.IntN(12) {
	case 0:
		return strings.Repeat(pick(a.Rand, []string{"a", "é", "🙂", "'", "%", "\\", "[", " "}), 1+a.IntN(5000))
	case 1:
		return a.oddCursor()
	case 2:
		if list := a.known[pick(a.Rand, slices.Sorted(maps.Keys(a.known)))]; len(list) > 0 {
			return pick(a.Rand, list)
		}
	}
	return pick(a.Rand, oddTexts)
}

// oddCursor is a cursor of another list, or one that its sender made up.
func (a *attacker) oddCursor() string {
	if len(a.cursors) > 0 && a.chance(40) {
		return pick(a.Rand, a.cursors)
	}
	list := pick(a.Rand, []string{"participants", "enrolments", "referrals", "territories", "organisations", "programmes", "appointments", "audit_events", "", "jobs", "objectives due", "rights_requests"})
	made, _ := json.Marshal(map[string]any{
		"list": list, "id": pick(a.Rand, append(a.known["participant_id"], oddTexts...)), "name": pick(a.Rand, append([]string{"infinity", "2025-04-01"}, oddTexts...)),
		"rank": pick(a.Rand, []any{0, 1, 2, 3, -1, 1e300, "x", nil}), "at": pick(a.Rand, []any{nil, "2025-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "x", 5}),
	})
	return base64.RawURLEncoding.EncodeToString(made)
}

// headers are those that the operation declares, and some that it does not.
func (a *attacker) headers(t target, wrong bool) (header []string) {
	parameters, _ := t.operation["parameters"].([]any)
	for _, raw := range parameters {
		p := a.deref(raw.(map[string]any))
		switch name := p["name"].(string); {
		case p["in"] != "header":
		case name == "If-Match" && wrong && a.chance(40):
			header = append(header, name, pick(a.Rand, []string{`"0"`, `W/"1"`, `"1", "2"`, `1`, `"`, `""`, `"-1"`, `"99999999999999999999"`, "**", `"1"` + strings.Repeat(`,"1"`, 2000), "é"}))
		case name == "If-Match" && a.chance(90):
			header = append(header, name, pick(a.Rand, []string{"*", `"1"`, `"2"`}))
		case name == "Access-Reason" && wrong && a.chance(10):
			header = append(header, name, pick(a.Rand, []string{"x", "%zz", "%00%00%00", "%ff%fe%fd", "%ed%a0%80abc", "' OR 1=1 --", strings.Repeat("a", 4000), "   ", "é"}))
		case name == "Access-Reason" && a.chance(15):
			header = append(header, name, "Remplacement%20d%27une%20coll%C3%A8gue")
		}
	}
	if wrong {
		for range a.IntN(3) {
			header = append(header, pick(a.Rand, [][]string{
				{"Accept", "text/csv"}, {"Accept", "text/html"}, {"Accept", "application/*;q=0.1, text/csv;q=1"}, {"Accept", ";;,"}, {"Accept", "*/*;q=nan"}, {"Accept", strings.Repeat("a/b,", 3000)},
				{"X-HTTP-Method-Override", "DELETE"}, {"X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-Host", "evil.example"}, {"Origin", "https://evil.example"}, {"X-Request-Id", "' OR 1=1 --"}, {"X-Request-Id", strings.Repeat("a", 5000)},
				{"Range", "bytes=0-0"}, {"If-None-Match", "*"}, {"If-Modified-Since", "x"}, {"Content-Encoding", "gzip"}, {"Idempotency-Key", "' OR 1=1 --"}, {"Prefer", "respond-async"}, {"Accept-Language", "fr\xff"}, {"Cookie", "role=admin"}, {"X-Big", strings.Repeat("a", 40_000)},
				{"Authorization", "Bearer"}, {"Authorization", "Bearer a.b.c"}, {"Authorization", "Basic YTpi"}, {"Accept", "application/json"},
			})...)
		}
	} else if a.chance(20) {
		header = append(header, "Accept", pick(a.Rand, []string{"application/json", "*/*", "text/csv, application/json;q=0.5", "text/html, application/json;q=0.5"}))
	}
	return header
}

// body is a request's body and its media type.
func (a *attacker) body(t target, content map[string]any, wrong bool) (text, media string) {
	if _, file := content["application/x-ndjson"]; file {
		text, media = pick(a.Rand, []string{participantsFile, enrolmentsFile, appointmentsFile, exitsFile, workshopsFile, registrationsFile}), "text/csv"
		if a.chance(20) {
			text, media = `{"external_reference":"P-9","first_name":"Zoé","last_name":"Fictive"}`+"\n", "application/x-ndjson"
		}
		if wrong {
			text = a.broken(text)
		}
		return text, media
	}
	if _, csv := content["text/csv"]; csv && a.chance(40) {
		text = "territory_code,sector\r\n80253,Doullens\r\n80001,Abbeville\r\n"
		if wrong {
			text = a.broken(text)
		}
		return text, "text/csv"
	}
	if form, ok := content["application/x-www-form-urlencoded"].(map[string]any); ok {
		fields := url.Values{}
		said, _ := a.valid(form["schema"].(map[string]any), "", 0).(map[string]any)
		for name, value := range said {
			fields.Set(name, fmt.Sprint(value))
		}
		text = fields.Encode()
		if wrong {
			text = a.broken(text)
		}
		return text, "application/x-www-form-urlencoded"
	}
	var value any
	if t.sample != nil && a.chance(50) {
		value = a.copied(t.sample)
	} else {
		value = a.valid(content["application/json"].(map[string]any)["schema"].(map[string]any), "", 0)
	}
	if wrong && a.chance(80) {
		for range 1 + a.IntN(2) {
			value = a.spoiled(value)
		}
	}
	encoded, _ := json.Marshal(value)
	text, media = string(encoded), "application/json"
	if wrong && a.chance(25) {
		text = a.broken(text)
	}
	if wrong && a.chance(6) {
		media = pick(a.Rand, []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/merge-patch+json", "text/csv", ";", "application/json, text/csv", "application/cbor"})
	}
	return text, media
}

func (a *attacker) copied(sample any) (value any) {
	encoded, _ := json.Marshal(sample)
	_ = json.Unmarshal(encoded, &value)
	return value
}

// spoiled is the value with one thing in it replaced, added or taken away.
func (a *attacker) spoiled(value any) any {
	switch value := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(value))
		if len(names) == 0 || a.chance(10) {
			value[pick(a.Rand, []string{"id", "status", "role", "__proto__", "version", "", "programme", "' OR 1=1 --", "ID", "created_at", "organisation_id"})] = a.oddValue()
		} else if name := pick(a.Rand, names); a.chance(15) {
			delete(value, name)
		} else {
			value[name] = a.spoiled(value[name])
		}
		return value
	case []any:
		if len(value) > 0 && a.chance(60) {
			i := a.IntN(len(value))
			value[i] = a.spoiled(value[i])
			return value
		}
		if len(value) > 0 && a.chance(50) {
			return slices.Repeat(value, 2+a.IntN(600))
		}
	case string:
		if a.chance(75) {
			return a.oddText()
		}
	}
	return a.oddValue()
}

func (a *attacker) oddValue() any {
	return pick(a.Rand, []any{nil, true, 0, -1, 1.5, 1e300, -1e300, 1 << 53, []any{}, []any{nil}, map[string]any{}, map[string]any{"$ne": nil}, []any{[]any{[]any{}}}, a.oddText(), a.oddText()})
}

// broken is a text that is no longer what its media type says, or says it in an odd way.
func (a *attacker) broken(text string) string {
	at := a.IntN(len(text) + 1)
	switch a.IntN(9) {
	case 0:
		return text[:at]
	case 1:
		return text[:at] + pick(a.Rand, []string{"\x00", "\xff", "\xed\xa0\x80", `\ud800`, `"`, "{", "]", ",", "\n", "\ufeff", `\`, "1e999", ";", "="}) + text[at:]
	case 2:
		return text + text
	case 3:
		return strings.Repeat("[", 20_000)
	case 4:
		return strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	case 5:
		return strings.Replace(text, "{", `{"programme":"o2r-ailleurs",`, 1) // a name twice, mostly
	case 6:
		return strings.Replace(text, `":"`, `":"\ud800`, 1)
	case 7:
		return pick(a.Rand, []string{"", "null", "[]", `""`, "0", "\ufeff" + text, " \n\t" + text + "\n", "// comment\n" + text, strings.Repeat(" ", 1<<20+1), "'" + text})
	}
	return strings.Replace(text, `"`, `"`+strings.Repeat("é", a.IntN(3000)), 1)
}
