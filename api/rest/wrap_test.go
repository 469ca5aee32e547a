package rest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

const id = "0197f0a0-0000-7000-8000-000000000001"

func TestRequestsThatAreRefused(t *testing.T) {
	api := newToy(t)
	long := strings.Repeat("x", 9<<10)
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
	}{
		{"no such path", newRequest("GET", "/nothing", ""), 404, "not_found"},
		{"the root", newRequest("GET", "/", ""), 404, "not_found"},
		{"a slash too many", newRequest("GET", "/letters/", ""), 404, "not_found"},
		{"two slashes", newRequest("GET", "//letters", ""), 404, "not_found"},
		{"dots", newRequest("GET", "/x/../letters", ""), 404, "not_found"},
		{"encoded dots", newRequest("GET", "/x/%2e%2e/letters", ""), 404, "not_found"},
		{"another casing", newRequest("GET", "/Letters", ""), 404, "not_found"},
		{"another method", newRequest("PATCH", "/letters", "{}"), 405, "method_not_allowed"},
		{"a made-up method", newRequest("BREW", "/letters", ""), 405, "method_not_allowed"},
		{"TRACE", newRequest("TRACE", "/letters", ""), 405, "method_not_allowed"},
		{"OPTIONS on nothing", newRequest("OPTIONS", "/nothing", ""), 404, "not_found"},
		{"another method outside Huma", newRequest("POST", "/livez", ""), 405, "method_not_allowed"},
		{"text for JSON", newRequest("POST", "/letters", plain, "Content-Type", "text/plain"), 415, "unsupported_media_type"},
		{"a form for JSON", newRequest("POST", "/letters", "title=x", "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"},
		{"several parts for JSON", newRequest("POST", "/letters", plain, "Content-Type", "multipart/form-data; boundary=x"), 415, "unsupported_media_type"},
		{"no type", newRequest("POST", "/letters", plain, "Content-Type", ""), 415, "unsupported_media_type"},
		{"another charset", newRequest("POST", "/letters", plain, "Content-Type", "application/json; charset=latin1"), 415, "unsupported_media_type"},
		{"a broken type", newRequest("POST", "/letters", plain, "Content-Type", "application/json; ="), 415, "unsupported_media_type"},
		{"a plus after the semicolon", newRequest("POST", "/letters", plain, "Content-Type", "text/plain; x=+json"), 415, "unsupported_media_type"},
		{"CBOR", newRequest("POST", "/letters", plain, "Content-Type", "application/cbor"), 415, "unsupported_media_type"},
		{"HTML only", newRequest("GET", "/letters", "", "Accept", "text/html"), 406, "not_acceptable"},
		{"JSON refused", newRequest("GET", "/letters", "", "Accept", "application/json;q=0"), 406, "not_acceptable"},
		{"JSON refused among all", newRequest("GET", "/letters", "", "Accept", "*/*, application/json;q=0"), 406, "not_acceptable"},
		{"no media type", newRequest("GET", "/letters", "", "Accept", "json"), 406, "not_acceptable"},
		{"YAML", newRequest("POST", "/letters", plain, "Accept", "application/yaml"), 406, "not_acceptable"},
		{"a long query", newRequest("GET", "/letters?title="+long, ""), 414, "uri_too_long"},
		{"a long path", newRequest("GET", "/letters/"+long, ""), 414, "uri_too_long"},
		{"a long header", newRequest("GET", "/letters", "", "X-Any", strings.Repeat("x", 40<<10)), 431, "headers_too_large"},
		{"a large body", newRequest("POST", "/letters", `{"title":"`+strings.Repeat("x", 2<<20)+`"}`), 413, "body_too_large"},
		{"more than this operation takes", newRequest("POST", "/postcards", `{"value":1,"albums":[`+strings.Repeat(" ", 100)+`]}`), 413, "body_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			api.received = nil
			response, body := api.send(c.r)
			wantProblem(t, response, body, c.status, c.code)
			if allow := response.Header.Get("Allow"); (c.status == 405) != (allow != "") {
				t.Errorf("Allow is %q", allow)
			}
			if api.received != nil {
				t.Error("the handler ran")
			}
		})
	}
}

func TestRequestsThatAreTaken(t *testing.T) {
	api := newToy(t)
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		media  string
	}{
		{"no Accept", newRequest("GET", "/letters", ""), 200, "application/json"},
		{"anything", newRequest("GET", "/letters", "", "Accept", "*/*"), 200, "application/json"},
		{"JSON", newRequest("GET", "/letters", "", "Accept", "application/json"), 200, "application/json"},
		{"any application", newRequest("GET", "/letters", "", "Accept", "application/*;q=0.1"), 200, "application/json"},
		{"problems only", newRequest("GET", "/letters", "", "Accept", "application/problem+json"), 200, "application/json"},
		{"a browser", newRequest("GET", "/letters", "", "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), 200, "application/json"},
		{"a charset", newRequest("POST", "/letters", plain, "Content-Type", "Application/JSON; charset=UTF-8"), 201, "application/json"},
		{"a suffix", newRequest("POST", "/letters", plain, "Content-Type", "application/merge-patch+json"), 201, "application/json"},
		{"an allowed size", newRequest("POST", "/postcards", `{"value":1}`+strings.Repeat(" ", 89)), 200, "application/json"},
		{"HEAD", newRequest("HEAD", "/letters", ""), 200, "application/json"},
		{"no content", newRequest("DELETE", "/letters/"+id, "", "Accept", "text/html"), 204, ""},
		{"OPTIONS", newRequest("OPTIONS", "/letters", ""), 204, ""},
		{"outside Huma", newRequest("GET", "/livez", ""), 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			response, body := api.send(c.r)
			if response.StatusCode != c.status || response.Header.Get("Content-Type") != c.media {
				t.Errorf("%d %s, not %d %s: %s", response.StatusCode, response.Header.Get("Content-Type"), c.status, c.media, body)
			}
			if c.r.Method == "HEAD" && (body != "" || response.Header.Get("Content-Length") == "0") {
				t.Errorf("HEAD answers with %q of length %s", body, response.Header.Get("Content-Length"))
			}
			if allow := response.Header.Get("Allow"); c.r.Method == "OPTIONS" && allow != "GET, HEAD, POST, OPTIONS" {
				t.Errorf("Allow is %q", allow)
			}
		})
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	api := newToy(t)
	for _, r := range []*http.Request{
		newRequest("GET", "/letters", ""), newRequest("GET", "/nothing", ""), newRequest("POST", "/letters", "{"), newRequest("GET", "/livez", ""), newRequest("OPTIONS", "/letters", ""),
	} {
		response, _ := api.send(r)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY",
		} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, not %q", r.Method, r.URL.Path, name, got, want)
			}
		}
	}
}

func TestRequestIDs(t *testing.T) {
	api := newToy(t)
	var seen string
	api.fail = func(ctx context.Context) error { seen = RequestID(ctx); return errNoted }
	for sent, kept := range map[string]bool{
		"abc-DEF_1.2": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\nb": false, "<script>": false, "é": false,
	} {
		response, body := api.send(newRequest("GET", "/letters/"+id, "", "X-Request-Id", sent))
		problem := wantProblem(t, response, body, 500, "internal")
		if (problem.RequestID == sent) != kept || problem.RequestID != seen {
			t.Errorf("%q became %q, and %q for the handler", sent, problem.RequestID, seen)
		}
		if !strings.Contains(api.log.String(), `"request_id":"`+problem.RequestID+`"`) {
			t.Errorf("%q is not in the log", problem.RequestID)
		}
		api.log.Reset()
	}
}

func TestErrorsOfHandlers(t *testing.T) {
	api := newToy(t)
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
		logged bool
	}{
		{"an unknown one", errNoted, 500, "internal", true},
		{"a wrapped unknown one", fmt.Errorf("reading: %w", errNoted), 500, "internal", true},
		{"one that ProblemOf knows", domain.Refused("taken", "It is taken."), 409, "taken", false},
		{"a wrapped one that ProblemOf knows", fmt.Errorf("writing: %w", domain.Refused("taken", "It is taken.")), 409, "taken", false},
		{"a problem", NewProblem(401, "", "").With("WWW-Authenticate", "Bearer"), 401, "unauthenticated", false},
		{"Huma's 404", huma.Error404NotFound("There is no such letter."), 404, "not_found", false},
		{"Huma's 500", huma.Error500InternalServerError("secret_table", errNoted), 500, "internal", false},
		{"Huma's with an error in it", huma.Error400BadRequest("Bad.", errNoted), 400, "bad_request", false},
		{"an incomplete problem", &Problem{Status: 503}, 503, "unavailable", false},
		{"a problem without a status", &Problem{}, 500, "internal", false},
		{"its time is over", fmt.Errorf("querying: %w", context.DeadlineExceeded), 503, "timeout", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			api.log.Reset()
			api.fail = func(context.Context) error { return c.err }
			response, body := api.send(newRequest("GET", "/letters/"+id, ""))
			wantProblem(t, response, body, c.status, c.code)
			if strings.Contains(body, "secret") || strings.Contains(body, "pq:") {
				t.Errorf("the error leaks: %s", body)
			}
			if got := strings.Count(api.log.String(), `"error":`); got > 1 || (got == 1) != c.logged {
				t.Errorf("logged %d times: %s", got, api.log)
			}
			if c.status == 401 && response.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("the problem's header is lost")
			}
			if c.code == "timeout" && response.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
}

func TestASharedProblemKeepsNoRequestID(t *testing.T) {
	api, shared := newToy(t), NewProblem(409, "", "")
	api.fail = func(context.Context) error { return shared }
	api.send(newRequest("GET", "/letters/"+id, "", "X-Request-Id", "mine"))
	if shared.RequestID != "" {
		t.Error("one caller's request id stays in a problem that others get")
	}
}

func TestPanicsBecomeProblems(t *testing.T) {
	api := newToy(t)
	for name, fault := range map[string]any{"a string": "Jeanne Dupont", "an error": errors.New("Jeanne Dupont"), "a struct": struct{ Name string }{"Jeanne Dupont"}} {
		api.log.Reset()
		api.fail = func(context.Context) error { panic(fault) }
		response, body := api.send(newRequest("GET", "/letters/"+id, ""))
		wantProblem(t, response, body, 500, "internal")
		if log := api.log.String(); strings.Contains(body+log, "Jeanne") || !strings.Contains(log, "wrap_test.go") || !strings.Contains(log, `"route":"/letters/{id}"`) || strings.Contains(log, id) {
			t.Errorf("%s: %s", name, log)
		}
	}
	api.log.Reset()
	api.fail = func(context.Context) error { var none []int; _ = none[len(api.log.String())]; return nil }
	response, body := api.send(newRequest("GET", "/letters/"+id, ""))
	wantProblem(t, response, body, 500, "internal")
	if !strings.Contains(api.log.String(), "index out of range") {
		t.Errorf("the runtime's own error is not in the log: %s", api.log)
	}
}

// TestAHalfWrittenAnswerIsCut: once an answer streams, a panic must not look like its end.
func TestAHalfWrittenAnswerIsCut(t *testing.T) {
	api := newToy(t)
	api.Handle("GET /stream", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, held+1))
		panic("half way")
	}))
	server := httptest.NewServer(api.Handler0())
	defer server.Close()
	response, err := http.Get(server.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("the answer looks whole")
	}
}

type failing struct {
	Text string `json:"text" doc:"A text." example:"x" maxLength:"10"`
}

func (failing) MarshalJSON() ([]byte, error) { return nil, errNoted }

func TestAnAnswerThatCannotBeWrittenIsAProblem(t *testing.T) {
	api := newToy(t)
	Register(api.Server, huma.Operation{OperationID: "fail", Method: "GET", Path: "/fail", Summary: "Fail", Description: "Fails.", Tags: []string{"Letters"}},
		func(context.Context, *struct{}) (*bodyOf[failing], error) { return &bodyOf[failing]{}, nil })
	response, body := api.send(newRequest("GET", "/fail", ""))
	wantProblem(t, response, body, 500, "internal")
	if strings.Contains(body+api.log.String(), "secret_table") {
		t.Errorf("the error leaks: %s %s", body, api.log)
	}
}

func TestDeadlines(t *testing.T) {
	api := newToy(t, func(s *Settings) { s.Timeout = 30 * time.Millisecond })
	patient := huma.Operation{OperationID: "wait", Method: "GET", Path: "/wait", Summary: "Wait", Description: "Waits.", Tags: []string{"Letters"}, Metadata: map[string]any{Timeout: time.Minute}}
	Register(api.Server, patient, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		time.Sleep(60 * time.Millisecond)
		return nil, ctx.Err()
	})
	var over atomic.Bool
	release := make(chan struct{})
	for name, fail := range map[string]func(context.Context) error{
		"heeds its context": func(ctx context.Context) error { <-ctx.Done(); return fmt.Errorf("querying: %w", ctx.Err()) },
		"is stuck":          func(context.Context) error { <-release; over.Store(true); return errNoted },
	} {
		t.Run("a handler that "+name, func(t *testing.T) {
			api.fail = fail
			server := httptest.NewServer(api.Handler0())
			response, err := http.Get(server.URL + "/letters/" + id)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			wantProblem(t, response, string(body), 503, "timeout")
			if response.Header.Get("Retry-After") == "" || name == "is stuck" && over.Load() {
				t.Error("no Retry-After, or the answer came only after the handler")
			}
			if name == "is stuck" {
				close(release)
			}
			server.Close()
		})
	}
	if response, body := api.send(newRequest("GET", "/wait", "")); response.StatusCode != 204 {
		t.Errorf("an operation's own deadline is not heeded: %d %s", response.StatusCode, body)
	}
}

// TestBodiesOnTheWire sends what httptest cannot: chunks, and bodies that stop coming.
func TestBodiesOnTheWire(t *testing.T) {
	api := newToy(t)
	slow := huma.Operation{OperationID: "slow", Method: "POST", Path: "/slow", Summary: "Slow", Description: "Slow.", Tags: []string{"Letters"}, BodyReadTimeout: 50 * time.Millisecond}
	Register(api.Server, slow, func(context.Context, *bodyOf[Stamp]) (*struct{}, error) { return nil, nil })
	server := httptest.NewServer(api.Handler0())
	defer server.Close()
	chunk := strings.Repeat(" ", 1000)
	for _, c := range []struct {
		name, path, headers, body string
		hangUp                    bool
		status                    int
		code                      string
	}{
		{"chunks, too many", "/postcards", "Transfer-Encoding: chunked\r\n", "3e8\r\n" + chunk + "\r\n0\r\n\r\n", false, 413, "body_too_large"},
		{"chunks", "/postcards", "Transfer-Encoding: chunked\r\n", "b\r\n{\"value\":1}\r\n0\r\n\r\n", false, 200, ""},
		{"a length too large", "/letters", "Content-Length: 2000000\r\n", "", false, 413, "body_too_large"},
		{"a body that stops", "/slow", "Content-Length: 20\r\n", `{"value"`, false, 408, "request_timeout"},
		{"a body cut off", "/letters", "Content-Length: 20\r\n", `{"title"`, true, 400, "bad_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: toy\r\nContent-Type: application/json\r\n%s\r\n%s", c.path, c.headers, c.body)
			if c.hangUp {
				_ = connection.(*net.TCPConn).CloseWrite()
			}
			_ = connection.SetReadDeadline(time.Now().Add(5 * time.Second))
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			if c.code != "" {
				wantProblem(t, response, string(body), c.status, c.code)
			} else if response.StatusCode != c.status {
				t.Errorf("%d %s", response.StatusCode, body)
			}
		})
	}
}

func TestTheAccessLogHoldsNoValues(t *testing.T) {
	api := newToy(t)
	for _, r := range []*http.Request{
		newRequest("GET", "/letters?title=Dupont", ""), newRequest("GET", "/letters/"+id, ""), newRequest("POST", "/letters", plain),
		newRequest("GET", "/Dupont", ""), newRequest("DUPONT", "/letters", ""), newRequest("POST", "/letters", `{"Dupont":1}`),
	} {
		api.log.Reset()
		api.send(r)
		var line map[string]any
		if err := json.Unmarshal(api.log.Bytes(), &line); err != nil {
			t.Fatalf("not one line: %s", api.log)
		}
		for _, value := range []string{"Dupont", "DUPONT", id, "Rendez"} {
			if strings.Contains(api.log.String(), value) {
				t.Errorf("%s is in the log: %s", value, api.log)
			}
		}
		for _, key := range []string{"method", "route", "status", "bytes", "took", "request_id"} {
			if line[key] == nil {
				t.Errorf("no %s in %s", key, api.log)
			}
		}
	}
}
