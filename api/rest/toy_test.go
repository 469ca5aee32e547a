package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

// The toy API of these tests: letters, with one field of each kind.

type Colour string

type nomenclature struct{ Name string }

func (Colour) Codes() []string             { return []string{"rouge", "vert", "bleu_ciel"} }
func (Colour) Nomenclature() *nomenclature { return &nomenclature{Name: "colours"} }

type Stamp struct {
	Value  int   `json:"value" doc:"Its value in cents." example:"139" minimum:"1" maximum:"10000" required:"true"`
	Albums []int `json:"albums" doc:"Albums it is in." maxItems:"5"`
}

type LetterInput struct {
	Title    string       `json:"title" doc:"What it is about." example:"Rendez-vous" minLength:"2" maxLength:"40" required:"true"`
	Text     string       `json:"text" doc:"What it says." example:"Bonjour" maxLength:"2000"`
	Pages    *int32       `json:"pages" doc:"How many pages." example:"2" minimum:"1"`
	Weight   *float64     `json:"weight" doc:"In grams." example:"20.5" maximum:"1000"`
	Urgent   *bool        `json:"urgent" doc:"Whether it is urgent."`
	SentOn   domain.Date  `json:"sent_on" doc:"The day it was sent." required:"true"`
	ReadOn   *domain.Date `json:"read_on" doc:"The day it was read."`
	OpenAt   *time.Time   `json:"open_at" doc:"When it may be opened."`
	Ink      *Colour      `json:"ink" doc:"Its colour." example:"vert"`
	Seal     *Colour      `json:"seal" doc:"The seal's colour."`
	Colours  []Colour     `json:"colours" doc:"All its colours." maxItems:"3" uniqueItems:"true"`
	Tags     []string     `json:"tags" doc:"Words about it." maxItems:"4" maxLength:"10" example:"[\"a\"]"`
	From     *string      `json:"from" doc:"Who sent it." format:"email" example:"a@example.org"`
	SenderID *string      `json:"sender_id" doc:"The sender." format:"uuid"`
	Stamp    *Stamp       `json:"stamp" doc:"Its stamp."`
	Stamps   []Stamp      `json:"stamps" doc:"More stamps." maxItems:"3"`
}

type Letter struct {
	ID        string    `json:"id" doc:"Its id." format:"uuid"`
	Franking  Stamp     `json:"franking" doc:"What it was franked with."`
	CreatedAt time.Time `json:"created_at" doc:"When it was recorded."`
	Paper     Colour    `json:"paper" doc:"Its paper's colour." example:"vert"`
	LetterInput
}

type ByID struct {
	ID string `path:"id" doc:"The letter's id." format:"uuid"`
}

type LetterOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Letter
}

type LetterList struct {
	Items      []Letter `json:"items" doc:"The letters." maxItems:"200"`
	NextCursor *string  `json:"next_cursor" doc:"Where the next page begins." example:"b2Zmc2V0" maxLength:"200"`
}

type searchInput struct {
	Limit  int         `query:"limit" doc:"How many at most." example:"50" minimum:"1" maximum:"200"`
	Title  string      `query:"title" doc:"Words of the title." example:"rendez-vous" maxLength:"40"`
	After  domain.Date `query:"after" doc:"Sent after that day."`
	Urgent bool        `query:"urgent" doc:"Only the urgent ones."`
	Ink    Colour      `query:"ink" doc:"Its colour."`
	Inks   []Colour    `query:"inks" doc:"Any of these colours." maxItems:"3"`
	Seals  []Colour    `query:"seals,explode" doc:"Any of these seals." maxItems:"3"`
	Weight float64     `query:"weight" doc:"In grams." example:"20.5" maximum:"1000"`
	Small  int32       `query:"small" doc:"A small number." example:"1"`
}

type putInput struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The version read." example:"\"3\"" maxLength:"100"`
	Body    LetterInput
}

type sealInput struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The version read." example:"\"3\"" maxLength:"100"`
	Body    *Stamp
}

type bodyOf[T any] struct{ Body T }

var toyTags = []*huma.Tag{{Name: "Letters", Description: "Letters, to try things on."}}

type toy struct {
	*Server
	log      *bytes.Buffer
	received *LetterInput
	stamp    *Stamp
	query    *searchInput
	fail     func(context.Context) error
}

var errNoted = errors.New("pq: relation \"secret_table\" does not exist")

// newToy makes the toy API; adjust changes its settings.
func newToy(t testing.TB, adjust ...func(*Settings)) *toy {
	t.Helper()
	log := &bytes.Buffer{}
	settings := Settings{
		Title: "Toy", Version: "1.0.0", Description: "Letters to try things on.", Tags: toyTags,
		Contact: &huma.Contact{Name: "The toy's makers", URL: "https://toy.example", Email: "toy@toy.example"},
		License: &huma.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"},
		Log:     slog.New(slog.NewJSONHandler(log, nil)),
		ProblemOf: func(_ context.Context, err error) *Problem {
			var refused *domain.Error
			if errors.As(err, &refused) {
				return NewProblem(http.StatusConflict, refused.Code, refused.Message, refused.Fields...)
			}
			return nil
		},
	}
	for _, change := range adjust {
		change(&settings)
	}
	api := &toy{Server: New(settings), log: log}
	op := func(method, path, id, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: summary + ", as its name says.", Tags: []string{"Letters"}}
	}
	letter := func(input LetterInput) *LetterOutput {
		return &LetterOutput{ETag: `"1"`, Location: "/letters/0197f0a0-0000-7000-8000-000000000001", Body: Letter{
			ID: "0197f0a0-0000-7000-8000-000000000001", CreatedAt: time.Date(2025, 4, 1, 11, 30, 0, 0, domain.Paris), Paper: "vert", LetterInput: input,
		}}
	}
	create := op("POST", "/letters", "create-letter", "Write a letter")
	create.DefaultStatus = http.StatusCreated
	Register(api.Server, create, func(_ context.Context, in *bodyOf[LetterInput]) (*LetterOutput, error) {
		api.received = &in.Body
		return letter(in.Body), nil
	})
	Register(api.Server, op("GET", "/letters", "list-letters", "List letters"), func(_ context.Context, in *searchInput) (*bodyOf[LetterList], error) {
		api.query = in
		return &bodyOf[LetterList]{}, nil
	})
	Register(api.Server, op("GET", "/letters/{id}", "get-letter", "Read a letter"), func(ctx context.Context, _ *ByID) (*LetterOutput, error) {
		if api.fail != nil {
			return nil, api.fail(ctx)
		}
		return letter(LetterInput{SentOn: domain.MustDate("2025-04-01")}), nil
	})
	Register(api.Server, op("PUT", "/letters/{id}", "put-letter", "Rewrite a letter"), func(_ context.Context, in *putInput) (*LetterOutput, error) {
		api.received = &in.Body
		out := letter(in.Body)
		out.Body.ID = in.ID
		return out, nil
	})
	Register(api.Server, op("DELETE", "/letters/{id}", "delete-letter", "Burn a letter"), func(context.Context, *ByID) (*struct{}, error) {
		return nil, nil
	})
	Register(api.Server, op("POST", "/letters/{id}/seal", "seal-letter", "Seal a letter"), func(_ context.Context, in *sealInput) (*struct{}, error) {
		api.stamp = in.Body
		return nil, nil
	})
	small := op("POST", "/postcards", "create-postcard", "Write a postcard")
	small.MaxBodyBytes = 100
	small.Security = Public
	Register(api.Server, small, func(_ context.Context, in *bodyOf[Stamp]) (*bodyOf[Stamp], error) {
		return &bodyOf[Stamp]{in.Body}, nil
	})
	api.Handle("GET /livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }))
	return api
}

// send asks the toy and gives the answer with its body read.
func (api *toy) send(request *http.Request) (*http.Response, string) {
	recorder := httptest.NewRecorder()
	api.Handler0().ServeHTTP(recorder, request)
	response := recorder.Result()
	body, _ := io.ReadAll(response.Body)
	return response, string(body)
}

// Handler0 serves without the document, which most tests need not compose.
func (api *toy) Handler0() http.Handler { return http.HandlerFunc(api.serve) }

func (api *toy) post(path, body string) (*http.Response, string) {
	return api.send(newRequest("POST", path, body))
}

func newRequest(method, target, body string, header ...string) *http.Request {
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return request
}

// wantProblem checks that the answer is a whole problem with the status and code, and gives it.
func wantProblem(t *testing.T, response *http.Response, body string, status int, code string) Problem {
	t.Helper()
	var problem Problem
	if response.StatusCode != status || response.Header.Get("Content-Type") != problemType {
		t.Errorf("answered %d %s, not %d %s: %s", response.StatusCode, response.Header.Get("Content-Type"), status, problemType, body)
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil {
		t.Fatalf("the problem is no JSON: %v: %s", err, body)
	}
	if problem.Code != code || problem.Status != status || problem.Type == "" || problem.Title == "" || problem.Detail == "" || problem.Errors == nil {
		t.Errorf("the problem is %s, not a whole one of code %s", body, code)
	}
	if problem.RequestID == "" || problem.RequestID != response.Header.Get("X-Request-Id") {
		t.Errorf("the problem's request id is %q, the header's %q", problem.RequestID, response.Header.Get("X-Request-Id"))
	}
	return problem
}

// wantFault checks that the problem names the place with the code.
func wantFault(t *testing.T, problem Problem, location, code string) {
	t.Helper()
	for _, fault := range problem.Errors {
		if fault.Location == location && fault.Code == code && fault.Message != "" {
			return
		}
	}
	t.Errorf("no fault %s at %s among %+v", code, location, problem.Errors)
}
