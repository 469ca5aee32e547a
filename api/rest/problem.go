package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

// Problem is what a caller is told when a request fails: an RFC 9457 problem. It never
// repeats what was sent. As an error, its text is for us and its fields are for the caller.
type Problem struct {
	Type      string              `json:"type" doc:"A URI for the kind of problem; about:blank says that status and code are all there is to know." format:"uri-reference" example:"about:blank" maxLength:"200"`
	Title     string              `json:"title" doc:"What the status means, in a few words." example:"Unprocessable Entity" maxLength:"100"`
	Status    int                 `json:"status" doc:"The HTTP status, once more." example:"422" minimum:"400" maximum:"599"`
	Code      string              `json:"code" doc:"Stable code of the problem, for programs to compare." example:"invalid" maxLength:"60"`
	Detail    string              `json:"detail" doc:"What went wrong and what would be right, in a sentence." example:"The request breaks the rules named in errors; nothing was written." maxLength:"1000"`
	Errors    []domain.FieldError `json:"errors" doc:"The faulty fields; empty when no single field is at fault." maxItems:"1000"`
	RequestID string              `json:"request_id" doc:"The request's id, to quote when asking for help." example:"0197f0a0-0000-7000-8000-000000000001" maxLength:"64"`

	Header http.Header `json:"-"` // further fields of the answer's header: Retry-After, WWW-Authenticate, ETag…
}

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.HeadersError      = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus, GetHeaders and ContentType are how Huma writes a problem.
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.Header }
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// With adds a field to the answer's header.
func (p *Problem) With(name, value string) *Problem {
	if p.Header == nil {
		p.Header = http.Header{}
	}
	p.Header.Set(name, value)
	return p
}

// NewProblem is a problem with the status, a stable code and a sentence for the caller; an
// empty code or detail means the status's own.
func NewProblem(status int, code, detail string, faults ...domain.FieldError) *Problem {
	usual := statusWords[status]
	if code == "" {
		code = usual.code
	}
	if detail == "" {
		detail = usual.detail
	}
	if code == "" {
		code = strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
	}
	if detail == "" {
		detail = http.StatusText(status) + "."
	}
	if faults == nil {
		faults = []domain.FieldError{}
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, Errors: faults, Header: http.Header{}}
}

func statusProblem(status int) *Problem { return NewProblem(status, "", "") }

func invalid(faults ...domain.FieldError) *Problem {
	return NewProblem(http.StatusUnprocessableEntity, "", "", faults...)
}

// words are what a status says when nothing more is known.
type words struct{ code, detail string }

var statusWords = map[int]words{
	400: {"bad_request", "The request could not be read."},
	401: {"unauthenticated", "Send a valid access token in the Authorization header."},
	403: {"forbidden", "Your role may not do this."},
	404: {"not_found", "There is nothing here, or nothing that you may see. /docs has the documentation."},
	405: {"method_not_allowed", "This path does not know this method; Allow lists those it knows."},
	406: {"not_acceptable", "None of the media types in Accept can be produced here."},
	408: {"request_timeout", "The request's body took too long to arrive: send it again."},
	409: {"conflict", "The request collides with what is already there."},
	412: {"stale", "The thing changed since you read it: read it again, and send its new ETag in If-Match."},
	413: {"body_too_large", "The request's body is larger than this operation takes."},
	414: {"uri_too_long", "The path and the query are longer than this server takes."},
	415: {"unsupported_media_type", "This operation takes other media types than the request's Content-Type; its description lists them."},
	422: {"invalid", "The request breaks the rules named in errors; nothing was written."},
	428: {"precondition_required", "Send the ETag of what you read in If-Match."},
	429: {"too_many_requests", "You have used up your requests for now: wait as long as Retry-After says."},
	431: {"headers_too_large", "The request's header fields are larger than this server takes."},
	500: {"internal", "Something went wrong on our side; it has been noted. Quote request_id when asking about it."},
	501: {"not_implemented", "This server cannot do this."},
	503: {"unavailable", "The service cannot answer right now: try again after the time in Retry-After."},
}

func timeoutProblem() *Problem {
	return NewProblem(http.StatusServiceUnavailable, "timeout", "The answer took too long. Try again after the time in Retry-After; what was asked may or may not have been done.").With("Retry-After", "5")
}

// Unavailable is the problem of a service that cannot be reached for now, such as the database.
func Unavailable() *Problem {
	return statusProblem(http.StatusServiceUnavailable).With("Retry-After", "5")
}

func withID(p *Problem, id string) *Problem {
	p.RequestID = id
	return p
}

// problem turns any error into what the caller may know of it.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	problem := s.settings.ProblemOf(ctx, err)
	var known *Problem
	switch {
	case problem != nil:
	case errors.As(err, &known):
		problem = known
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		problem = timeoutProblem()
		s.logError(ctx, slog.LevelWarn, "the request's time ran out", err)
	case errors.Is(ctx.Err(), context.Canceled):
		problem = Unavailable() // nobody is left to read it
	default:
		problem = statusProblem(http.StatusInternalServerError)
		s.logError(ctx, slog.LevelError, "a request failed", err)
	}
	copied := *problem // it may be shared; the request's id is not
	copied.RequestID = RequestID(ctx)
	if copied.Status < 400 || copied.Status > 599 {
		copied.Status = http.StatusInternalServerError
	}
	if copied.Type == "" {
		copied.Type = "about:blank"
	}
	if copied.Title == "" {
		copied.Title = http.StatusText(copied.Status)
	}
	if usual := statusWords[copied.Status]; copied.Code == "" {
		copied.Code = usual.code
	}
	if usual := statusWords[copied.Status]; copied.Detail == "" {
		copied.Detail = usual.detail
	}
	if copied.Errors == nil {
		copied.Errors = []domain.FieldError{}
	}
	copied.ofReading(ctx)
	return &copied
}

// nothingWritten ends what a refusal says of a request that would have written.
const nothingWritten = "; nothing was written."

// ofReading leaves out that nothing was written where nothing would have been.
func (p *Problem) ofReading(ctx context.Context) {
	if reading, _ := ctx.Value(readingKey{}).(bool); reading {
		if said, found := strings.CutSuffix(p.Detail, nothingWritten); found {
			p.Detail = said + "."
		}
	}
}

// logError is the one place where an error of ours is written down.
func (s *Server) logError(ctx context.Context, level slog.Level, what string, err error) {
	s.settings.Log.LogAttrs(ctx, level, what, slog.String("error", err.Error()), slog.String("request_id", RequestID(ctx)))
}

// encode writes the problem without the encoder that may have just failed.
func (p *Problem) encode() []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)              // it is no HTML, and people read it: by=gender&by=age_band
	if err := encoder.Encode(p); err != nil { // it holds strings and numbers only
		return []byte(`{"status":500,"code":"internal"}`)
	}
	return text.Bytes()
}

func (p *Problem) copyHeader(header http.Header) {
	for name, values := range p.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	header.Set("Content-Type", problemType)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	p.copyHeader(w.Header())
	w.WriteHeader(p.Status)
	_, _ = w.Write(p.encode())
}
