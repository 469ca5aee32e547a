package rest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

type byID struct {
	ID string `path:"id" doc:"An id." format:"uuid"`
}

// sample is an operation that lacks nothing.
func sample(change func(*huma.Operation)) huma.Operation {
	op := huma.Operation{OperationID: "x", Method: "POST", Path: "/x", Summary: "X", Description: "X.", Tags: []string{"Letters"}}
	if change != nil {
		change(&op)
	}
	return op
}

func register[I, O any](op huma.Operation) func(*Server) {
	return func(s *Server) {
		Register(s, op, func(context.Context, *I) (*O, error) { return nil, nil })
	}
}

func TestOperationsThatCannotBeRegistered(t *testing.T) {
	type none = struct{}
	at := func(path string) huma.Operation {
		return sample(func(op *huma.Operation) { op.Path = path })
	}
	for _, c := range []struct {
		want     string
		register func(*Server)
	}{
		{"has no summary", register[none, none](sample(func(op *huma.Operation) { op.Summary = "" }))},
		{"has no description", register[none, none](sample(func(op *huma.Operation) { op.Description = "" }))},
		{"has no operation id", register[none, none](sample(func(op *huma.Operation) { op.OperationID = "" }))},
		{"has no tag", register[none, none](sample(func(op *huma.Operation) { op.Tags = nil }))},
		{"is hidden", register[none, none](sample(func(op *huma.Operation) { op.Hidden = true }))},
		{"embeds byID, which is not exported", register[struct{ byID }, none](at("/x/{id}"))},
		{"path.id is not a field of the input", register[none, none](at("/x/{id}"))},
		{"path.id is not in the path", register[ByID, none](at("/x"))},
		{"query.q has no doc", register[struct {
			Q string `query:"q" maxLength:"5" example:"x"`
		}, none](sample(nil))},
		{"query.q has no maxLength", register[struct {
			Q string `query:"q" doc:"Q." example:"x"`
		}, none](sample(nil))},
		{"query.q has no example", register[struct {
			Q string `query:"q" doc:"Q." maxLength:"5"`
		}, none](sample(nil))},
		{"query.q is hidden", register[struct {
			Q string `query:"q" doc:"Q." maxLength:"5" example:"x" hidden:"true"`
		}, none](sample(nil))},
		{"query.q is a small integer", register[struct {
			Q int8 `query:"q" doc:"Q." example:"1"`
		}, none](sample(nil))},
		{"query.q has no maxItems", register[struct {
			Q []Colour `query:"q" doc:"Q."`
		}, none](sample(nil))},
		{"header.X has a default", register[struct {
			X string `header:"X" doc:"X." maxLength:"5" default:"a" example:"a"`
		}, none](sample(nil))},
		{"answer header X-Other has no doc", register[none, struct {
			Other string `header:"X-Other" maxLength:"5"`
		}](sample(nil))},
		{"has no maxLength", register[bodyOf[struct {
			A string `json:"a" doc:"A." example:"x"`
		}], none](sample(nil))},
		{"has no maxItems", register[none, bodyOf[struct {
			A []int `json:"a" doc:"A."`
		}]](sample(nil))},
		{"has no maxProperties", register[none, bodyOf[struct {
			A map[string]int `json:"a" doc:"A."`
		}]](sample(nil))},
		{"has no doc", register[none, bodyOf[struct {
			A bool `json:"a"`
		}]](sample(nil))},
		{"has a default", register[bodyOf[struct {
			A bool `json:"a" doc:"A." default:"true"`
		}], none](sample(nil))},
		{"is readOnly", register[bodyOf[struct {
			A bool `json:"a" doc:"A." readOnly:"true"`
		}], none](sample(nil))},
		{"is hidden, which is no protection", register[bodyOf[struct {
			A bool `json:"a" doc:"A." hidden:"true"`
		}], none](sample(nil))},
		{"embeds byID, which is not exported", register[bodyOf[struct {
			byID
			A bool `json:"a" doc:"A."`
		}], none](sample(nil))},
		{"body.a may be left out", register[bodyOf[struct {
			A domain.Date `json:"a" doc:"A."`
		}], none](sample(nil))},
		{"body.a may be left out", register[bodyOf[struct {
			A Colour `json:"a" doc:"A."`
		}], none](sample(nil))},
		{"body.a may be left out", register[bodyOf[struct {
			A int `json:"a" doc:"A." minimum:"1" example:"1"`
		}], none](sample(nil))},
		{"body.a[].b may be left out", register[bodyOf[struct {
			A []struct {
				B string `json:"b" doc:"B." format:"email" example:"a@example.org"`
			} `json:"a" doc:"A." maxItems:"2"`
		}], none](sample(nil))},
	} {
		t.Run(c.want, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, c.want) {
					t.Errorf("panics with %q", got)
				}
			}()
			c.register(New(Settings{Title: "X", Version: "1", Description: "X.", Tags: toyTags}))
		})
	}
}

func TestAnUndeclaredTagIsFound(t *testing.T) {
	s := New(Settings{Title: "X", Version: "1", Description: "X."})
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "the tag Letters") {
			t.Errorf("panics with %q", got)
		}
	}()
	register[struct{}, struct{}](sample(nil))(s)
}

// TestMediaTypesAreAgreedOn: a handler gives one value, and the caller says in what form.
func TestMediaTypesAreAgreedOn(t *testing.T) {
	api := newToy(t, func(s *Settings) {
		s.Formats = map[string]func(io.Writer, any) error{"text/csv": func(w io.Writer, value any) error {
			_, err := fmt.Fprintf(w, "value\n%d\n", value.(Stamp).Value)
			return err
		}}
	})
	fail := false
	op := Also(sample(func(op *huma.Operation) { op.Method = "GET" }), "text/csv")
	Register(api.Server, op, func(context.Context, *struct{}) (*bodyOf[Stamp], error) {
		if fail {
			return nil, errNoted
		}
		return &bodyOf[Stamp]{Stamp{Value: 5}}, nil
	})
	for accept, want := range map[string]string{
		"": "application/json", "*/*": "application/json", "text/csv": "text/csv", "text/*": "text/csv",
		"text/csv;q=0.5, application/json;q=0.4": "text/csv", "text/csv;q=0.5, */*;q=0.6": "application/json",
		"text/csv; charset=utf-8; q=0.9, */*;q=0.1": "text/csv", "application/json;q=0, */*": "text/csv",
		"image/png": problemType,
	} {
		response, body := api.send(newRequest("GET", "/x", "", "Accept", accept))
		sent := map[string]string{"text/csv": "text/csv; charset=utf-8; header=present"}[want]
		if sent == "" {
			sent = want
		}
		if got := response.Header.Get("Content-Type"); got != sent || response.Header.Get("Vary") != "Accept" || (want == "text/csv") != (body == "value\n5\n") {
			t.Errorf("%q gives %s (Vary %q), not %s: %s", accept, got, response.Header.Get("Vary"), want, body)
		}
	}
	if response, body := api.send(newRequest("GET", "/letters", "", "Accept", "text/csv")); response.StatusCode != 406 {
		t.Errorf("an operation without CSV answers %d %s", response.StatusCode, body)
	}
	fail = true
	response, body := api.send(newRequest("GET", "/x", "", "Accept", "text/csv"))
	wantProblem(t, response, body, 500, "internal")
}

// TestWhoMayNotComeInLearnsNothing: authentication is asked before the request's form is judged.
func TestWhoMayNotComeInLearnsNothing(t *testing.T) {
	api := New(Settings{Title: "X", Version: "1", Description: "X.", Tags: toyTags, Log: slog.New(slog.DiscardHandler)})
	api.Huma().UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		if ctx.Header("Authorization") == "" {
			api.Refuse(ctx, NewProblem(http.StatusUnauthorized, "", "").With("WWW-Authenticate", "Bearer"))
			return
		}
		next(huma.WithValue(ctx, requestIDKey{}, RequestID(ctx.Context())))
	})
	register[bodyOf[Stamp], struct{}](sample(nil))(api)
	toy := &toy{Server: api}
	for _, r := range []*http.Request{
		newRequest("POST", "/x", `{"value":1}`), newRequest("POST", "/x?a=b", `{"value":1}`), newRequest("POST", "/x", `{`),
		newRequest("POST", "/x", `x`, "Content-Type", "text/plain"), newRequest("POST", "/x", strings.Repeat("x", 2<<20)),
	} {
		response, body := toy.send(r)
		wantProblem(t, response, body, 401, "unauthenticated")
		if response.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Error("no WWW-Authenticate")
		}
	}
	response, body := toy.send(newRequest("POST", "/x?a=b", `{"value":1}`, "Authorization", "Bearer x"))
	wantFault(t, wantProblem(t, response, body, 422, "invalid"), "query.a", "unknown_field")
	if response, body := toy.send(newRequest("POST", "/x", `{"value":1}`, "Authorization", "Bearer x")); response.StatusCode != 204 {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

func TestDecodeJSONIsAsStrict(t *testing.T) {
	var stamp Stamp
	if err := DecodeJSON([]byte(`{"value":5,"albums":[1]}`), &stamp); err != nil || stamp.Value != 5 {
		t.Errorf("%v, %+v", err, stamp)
	}
	for text, want := range map[string]string{
		`{"value":5,"value":6}`: "malformed_json", `{"VALUE":5}`: "invalid", `{"value":"x"}`: "invalid", `{"value":5}{}`: "malformed_json",
		"{\"value\":5,\"x\":\"\\u0000\"}": "invalid", `null`: "invalid", ``: "malformed_json",
	} {
		err := DecodeJSON([]byte(text), &stamp)
		if problem, ok := err.(*Problem); !ok || problem.Code != want || len(problem.Errors) != 1 {
			t.Errorf("%s: %v", text, err)
		}
	}
	var at struct {
		At time.Time `json:"at"`
	}
	if err := DecodeJSON([]byte(`{"at":5}`), &at); err == nil {
		t.Error("a number is no instant")
	}
}
