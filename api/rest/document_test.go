package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// quota is a setting that lets everybody in and counts, so that the document may promise it.
func withQuota(settings *Settings) {
	limiter := NewLimiter(1000, time.Minute)
	settings.Quota = func(r *http.Request) Quota { return limiter.Take(r.RemoteAddr, time.Now()) }
}

// tree reads the toy's document as the linters do.
func tree(t *testing.T, api *toy, version string) map[string]any {
	t.Helper()
	text, err := api.DocumentJSON(version)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// at follows keys, and 0 into a list.
func at(node any, keys ...string) any {
	for _, key := range keys {
		switch value := node.(type) {
		case map[string]any:
			node = value[key]
		case []any:
			if len(value) == 0 {
				return nil
			}
			node = value[0]
		default:
			return nil
		}
	}
	return node
}

func TestTheDocumentSaysWhatIsValidated(t *testing.T) {
	document := tree(t, newToy(t, withQuota), "3.1")
	input := at(document, "components", "schemas", "LetterInput", "properties")
	output := at(document, "components", "schemas", "Letter")
	line := `^[^\x00-\x1f\x7f]*$`
	for _, c := range []struct {
		what string
		got  any
		want any
	}{
		{"version", at(document, "openapi"), "3.1.0"},
		{"required of the input", at(document, "components", "schemas", "LetterInput", "required"), []any{"title", "sent_on"}},
		{"no other properties", at(document, "components", "schemas", "LetterInput", "additionalProperties"), false},
		{"date", at(input, "sent_on"), map[string]any{"type": "string", "format": "date", "minLength": 10.0, "maxLength": 10.0, "description": "The day it was sent.", "examples": []any{"2025-04-01"}}},
		{"nullable date", at(input, "read_on", "type"), []any{"string", "null"}},
		{"code", at(output, "properties", "paper"), map[string]any{"type": "string", "enum": []any{"rouge", "vert", "bleu_ciel"}, "description": "Its paper's colour. A code of the nomenclature colours.", "examples": []any{"vert"}}},
		{"nullable code", at(input, "seal", "enum"), []any{"rouge", "vert", "bleu_ciel", nil}},
		{"nullable code's type", at(input, "seal", "type"), []any{"string", "null"}},
		{"list of codes", at(input, "colours", "items", "enum"), []any{"rouge", "vert", "bleu_ciel"}},
		{"list", at(input, "colours", "type"), "array"},
		{"line", at(input, "title", "pattern"), line},
		{"text", at(input, "text", "pattern"), `^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$`},
		{"int32", []any{at(input, "pages", "minimum"), at(input, "pages", "maximum")}, []any{1.0, 2147483647.0}},
		{"nullable object", at(input, "stamp", "anyOf"), []any{map[string]any{"$ref": "#/components/schemas/Stamp"}, map[string]any{"type": "null"}}},
		{"own names are those of Go tags", at(output, "properties", "created_at", "format"), "date-time"},
		{"query code", at(document, "paths", "/letters", "get", "parameters", "0", "name") != nil, true},
		{"shared problems", at(document, "paths", "/letters/{id}", "put", "responses", "412", "$ref"), "#/components/responses/PreconditionFailed"},
		{"precondition", at(document, "paths", "/letters/{id}", "put", "responses", "428", "$ref"), "#/components/responses/PreconditionRequired"},
		{"a transition insists on no version", at(document, "paths", "/letters/{id}/seal", "post", "responses", "428"), nil},
		{"a transition honours one", at(document, "paths", "/letters/{id}/seal", "post", "responses", "412", "$ref"), "#/components/responses/PreconditionFailed"},
		{"an optional body is not null", at(document, "paths", "/letters/{id}/seal", "post", "requestBody", "content", "application/json", "schema"), map[string]any{"$ref": "#/components/schemas/Stamp"}},
		{"unauthenticated", at(document, "paths", "/letters", "get", "responses", "401", "$ref"), "#/components/responses/Unauthorized"},
		{"public: no 401", at(document, "paths", "/postcards", "post", "responses", "401"), nil},
		{"too many", at(document, "components", "responses", "TooManyRequests", "headers", "Retry-After", "schema", "type"), "integer"},
		{"Location", at(document, "paths", "/letters", "post", "responses", "201", "headers", "Location", "description"), "Where the new thing is."},
		{"no default answer", at(document, "paths", "/letters", "get", "responses", "default"), nil},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s is %v, not %v", c.what, c.got, c.want)
		}
	}
	required := at(output, "required").([]any)
	if len(required) != reflect.TypeFor[LetterInput]().NumField()+4 || !slices.Contains(required, any("stamps")) {
		t.Errorf("an answer always has all its fields, but requires %v", required)
	}
}

func TestWithoutAQuotaNoneIsPromised(t *testing.T) {
	text, err := newToy(t).DocumentJSON("3.1")
	if err != nil || strings.Contains(string(text), "RateLimit") || strings.Contains(string(text), `"429"`) {
		t.Errorf("the document promises rate limits that nobody keeps (%v)", err)
	}
}

func TestTheOlderDocumentKnowsNoNull(t *testing.T) {
	document := tree(t, newToy(t, withQuota), "3.0")
	text, _ := json.Marshal(document)
	if at(document, "openapi") != "3.0.3" || strings.Contains(string(text), `"null"`) || strings.Contains(string(text), `"examples"`) {
		t.Errorf("not an OpenAPI 3.0.3 document: %.300s", text)
	}
	want := map[string]any{"type": "object", "nullable": true, "allOf": []any{map[string]any{"$ref": "#/components/schemas/Stamp"}}, "description": "Its stamp."}
	if got := at(document, "components", "schemas", "LetterInput", "properties", "stamp"); !reflect.DeepEqual(got, want) {
		t.Errorf("a nullable object is %v, not %v", got, want)
	}
	want = map[string]any{"allOf": []any{map[string]any{"$ref": "#/components/schemas/Stamp"}}, "description": "What it was franked with."}
	if got := at(document, "components", "schemas", "Letter", "properties", "franking"); !reflect.DeepEqual(got, want) {
		t.Errorf("a described reference is %v, not %v", got, want)
	}
}

func TestComposingDoesNotChangeValidation(t *testing.T) {
	api := newToy(t)
	api.Document()
	if response, body := api.post("/letters", `{"title":"Rendez-vous","sent_on":"2025-04-01","seal":null,"stamp":{"value":1}}`); response.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

// TestWriteToy writes the toy's document for the linters: O2R_TOY=file go test -run TestWriteToy ./api/rest
func TestWriteToy(t *testing.T) {
	file := os.Getenv("O2R_TOY")
	if file == "" {
		t.Skip("O2R_TOY names no file")
	}
	api := newToy(t, withQuota)
	text, err := api.DocumentJSON("3.1")
	if strings.Contains(file, "3.0") {
		text, err = api.DocumentJSON("3.0")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheDocumentIsServedInFourForms(t *testing.T) {
	handler := newToy(t).Handler()
	for path, media := range map[string]string{
		"/openapi.json": "application/vnd.oai.openapi+json", "/openapi.yaml": "application/yaml",
		"/openapi-3.0.json": "application/vnd.oai.openapi+json", "/openapi-3.0.yaml": "application/yaml",
		"/docs": "text/html; charset=utf-8", "/docs/styles.min.css": "text/css; charset=utf-8", "/docs/web-components.min.js": "text/javascript; charset=utf-8",
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, newRequest("GET", path, ""))
		etag := recorder.Header().Get("ETag")
		if recorder.Code != 200 || recorder.Header().Get("Content-Type") != media || etag == "" || recorder.Body.Len() < 500 || recorder.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v, %d bytes", path, recorder.Code, recorder.Header(), recorder.Body.Len())
		}
		for name, c := range map[string]struct {
			request *http.Request
			status  int
		}{
			"same":    {newRequest("GET", path, "", "If-None-Match", `W/"x", `+etag), 304},
			"other":   {newRequest("GET", path, "", "If-None-Match", `"x"`), 200},
			"zipped":  {newRequest("GET", path, "", "Accept-Encoding", "gzip"), 200},
			"HEAD":    {newRequest("HEAD", path, ""), 200},
			"POST":    {newRequest("POST", path, ""), 405},
			"OPTIONS": {newRequest("OPTIONS", path, ""), 204},
		} {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, c.request)
			if recorder.Code != c.status {
				t.Errorf("%s %s: %d, not %d", name, path, recorder.Code, c.status)
			}
			if (name == "same" || name == "HEAD") && recorder.Body.Len() > 0 {
				t.Errorf("%s %s has a body", name, path)
			}
			if zipped := recorder.Header().Get("Content-Encoding") == "gzip"; zipped != (name == "zipped") {
				t.Errorf("%s %s: zipped is %v", name, path, zipped)
			}
		}
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, newRequest("GET", "/docs", ""))
	policy := recorder.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "http") || strings.Contains(recorder.Body.String(), "://") {
		t.Errorf("the page reaches elsewhere: %s", policy)
	}
}
