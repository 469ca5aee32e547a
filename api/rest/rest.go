// Package rest is HTTP as this API speaks it: how a request is read and refused, how an
// answer and a problem are written, and how the OpenAPI document comes out of both.
//
// It alone configures Huma, so that what Huma leaves open is closed once, for every
// operation. What belongs here holds for any resource; roles, tokens and resources belong
// to package api, which registers its operations with Register and serves Handler.
package rest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Settings are what one API decides about itself. Title, Version and Description are required.
type Settings struct {
	Title, Version, Description string
	Contact                     *huma.Contact
	License                     *huma.License
	Tags                        []*huma.Tag
	Servers                     []*huma.Server

	// Security names the ways to authenticate; the first by name is asked of every operation
	// that does not say otherwise. Left out, it is a bearer JWT.
	Security map[string]*huma.SecurityScheme

	// BodyLimit is the largest request body in bytes, 1 MiB unless set. One operation may
	// have its own: huma.Operation.MaxBodyBytes.
	BodyLimit int64

	// BodyTimeout is how long a request's body may take to arrive, 10 s unless set. One operation
	// may have its own: huma.Operation.BodyReadTimeout.
	BodyTimeout time.Duration

	// Timeout is how long a request may take, 15 s unless set. One operation may have its
	// own: Metadata[rest.Timeout]. Its context ends then, and a caller who has no answer yet
	// gets a 503.
	Timeout time.Duration

	// Log takes one line per request and one per error that is ours. slog.Default unless set.
	Log *slog.Logger

	// Origins are those whose pages may call from a browser: scheme, host and port, or "*". None unless set.
	Origins []string

	// Formats write answers in further media types, such as text/csv. An operation offers one by
	// Also; its handler gives the same value whatever is asked for.
	Formats map[string]func(io.Writer, any) error

	// ProblemOf says what the caller may know of an error of a handler. Where it gives nil,
	// the caller learns nothing, and the error is logged with the request's id.
	ProblemOf func(context.Context, error) *Problem

	// Quota counts a request to an operation against its caller's allowance; see Limiter.
	// Without it there is no limit, and the document promises none.
	Quota func(*http.Request) Quota

	// Enter lets a request to an operation in, or says why not; see Gate. What it gives is called
	// when the request is over.
	Enter func(*http.Request) (leave func(), problem *Problem)

	// Withheld is what this deployment neither takes nor shows. Nothing unless set.
	Withheld Withheld

	// Observe is told of every request once it is answered.
	Observe func(Observation)
}

// Observation is what figures of operation may know of a request: nothing that its caller wrote.
type Observation struct {
	Operation string // its id; the route where it is no operation, or unmatched
	Status    int
	Took      time.Duration
}

// Timeout is the key in huma.Operation.Metadata of an operation's own time.Duration.
const Timeout = "timeout"

// Public is the Security of an operation that anybody may call.
var Public = []map[string][]string{{}}

const (
	defaultBodyLimit   = 1 << 20
	defaultTimeout     = 15 * time.Second
	defaultBodyTimeout = 10 * time.Second
)

// Server is one API: operations are registered first, then Handler serves them.
type Server struct {
	settings Settings
	mux      *http.ServeMux
	api      huma.API
	schemas  *schemas
	webhooks map[string]*huma.Operation

	finish, publish sync.Once
	document        *huma.OpenAPI
}

// New makes an API without operations.
func New(settings Settings) *Server {
	if settings.Title == "" || settings.Version == "" || settings.Description == "" {
		panic("rest: an API has a title, a version and a description")
	}
	if settings.BodyLimit == 0 {
		settings.BodyLimit = defaultBodyLimit
	}
	if settings.BodyTimeout == 0 {
		settings.BodyTimeout = defaultBodyTimeout
	}
	if settings.Timeout == 0 {
		settings.Timeout = defaultTimeout
	}
	if settings.Log == nil {
		settings.Log = slog.Default()
	}
	if settings.ProblemOf == nil {
		settings.ProblemOf = func(context.Context, error) *Problem { return nil }
	}
	if settings.Security == nil {
		settings.Security = map[string]*huma.SecurityScheme{"bearer": {
			Type: "http", Scheme: "bearer", BearerFormat: "JWT",
			Description: "A JSON Web Token in the Authorization header, made and checked as RFC8725 (best current practices) and RFC9068 (access tokens) ask.",
		}}
	}

	// DefaultConfig's hook adds $schema links whose host the caller chooses; its own document
	// and pages bypass every middleware.
	config := huma.DefaultConfig(settings.Title, settings.Version)
	config.CreateHooks, config.DocsPath, config.OpenAPIPath, config.SchemasPath = nil, "", "", ""
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat, csvType: csvFormat}
	for media, write := range settings.Formats {
		format := huma.Format{Marshal: atOnce(write), Unmarshal: unread}
		if known, ok := config.Formats[media]; ok {
			format.Unmarshal = known.Unmarshal
		}
		config.Formats[media] = format
	}
	config.FieldsOptionalByDefault = true

	s := &Server{settings: settings, mux: http.NewServeMux(), webhooks: map[string]*huma.Operation{}}
	if !settings.Withheld.empty() {
		shown := huma.Format{Marshal: s.withholding(writeJSON), Unmarshal: readJSON}
		config.Formats["application/json"], config.Formats["json"] = shown, shown
	}
	s.api = huma.NewAPI(config, adapter{humago.NewAdapter(s.mux, ""), s})
	s.schemas = newSchemas(s.api.OpenAPI().Components.Schemas, settings.Withheld)
	s.mux.HandleFunc("/", s.unmatched)
	return s
}

// Huma is the API underneath, for its middlewares (UseMiddleware). Operations are registered with Register.
func (s *Server) Huma() huma.API { return s.api }

// Handle serves what is no operation of the API, such as a health check, in the same wrap.
// The pattern is http.ServeMux's and names a method.
func (s *Server) Handle(pattern string, handler http.Handler) {
	if !strings.Contains(pattern, " ") {
		panic("rest: the pattern " + pattern + " names no method")
	}
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.within(s.settings.Timeout, w, r, handler.ServeHTTP)
	})
}

// Register adds an operation. It panics when the operation, its input or its output lacks what
// every operation here has: a summary, a description, an id, tags; for each field a doc, an
// example and bounds. Embedded input structs must be exported, or Huma overlooks their parameters.
//
// The handler's error becomes a problem by Settings.ProblemOf.
func Register[I, O any](s *Server, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	name := op.Method + " " + op.Path
	faults := append(faultsOf(op), s.unknownTags(op)...)
	faults = append(faults, hiddenParameters(reflect.TypeFor[I](), "input")...)
	if len(faults) > 0 {
		panicWith(name, faults)
	}

	route := &route{limit: op.MaxBodyBytes, timeout: s.settings.Timeout}
	if route.limit == 0 {
		route.limit = s.settings.BodyLimit
	}
	if own, ok := op.Metadata[Timeout].(time.Duration); ok {
		route.timeout, route.patient = own, true
	}
	op.MaxBodyBytes = -1 // Huma's limit overlooks multipart and refuses a body of exactly the limit
	if op.BodyReadTimeout == 0 {
		op.BodyReadTimeout = s.settings.BodyTimeout
	}
	// Last of all middlewares: whoever may not come in learns nothing about the request's form.
	op.Middlewares = append(slices.Clone(op.Middlewares), s.admit(route))
	op.Metadata = cloneMetadata(op.Metadata)
	op.Metadata[routeKey] = route

	huma.Register(s.api, op, func(ctx context.Context, input *I) (*O, error) {
		output, err := handler(ctx, input)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return output, nil
	})
	if faults := s.schemas.describeOperation(route.op, reflect.TypeFor[I](), reflect.TypeFor[O]()); len(faults) > 0 {
		panicWith(name, faults)
	}
	route.prepare()
}

// Webhook documents a request that this API makes of others, whose body is a B: what it means, what it carries, and what
// answer it waits for. It panics as Register does.
func Webhook[B any](s *Server, op huma.Operation) {
	faults := append(faultsOf(op), s.unknownTags(op)...)
	registry, t := s.api.OpenAPI().Components.Schemas, reflect.TypeFor[B]()
	schema := registry.Schema(t, true, op.OperationID)
	s.schemas.faults = nil
	s.schemas.describe(t, schema, "body")
	if faults = append(faults, s.schemas.faults...); len(faults) > 0 {
		panicWith(op.OperationID, faults)
	}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{jsonType: {Schema: schema}}}
	s.webhooks[op.OperationID] = &op
}

// Also offers the operation's answer in further media types, which Settings.Formats write. A
// caller who asks for one in Accept gets it; JSON remains the usual.
func Also(op huma.Operation, media ...string) huma.Operation {
	status := op.DefaultStatus
	if status == 0 {
		status = http.StatusOK
	}
	content := map[string]*huma.MediaType{jsonType: {}}
	for _, name := range media {
		content[name] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", MaxLength: ptr(maxFile)}}
	}
	op.Responses = map[string]*huma.Response{strconv.Itoa(status): {Content: content}}
	return op
}

// maxFile is what the document says of the length of an answer that is a file.
const maxFile = 100 << 20

func panicWith(name string, faults []string) {
	panic(fmt.Sprintf("rest: %s:\n  %s", name, strings.Join(faults, "\n  ")))
}

func faultsOf(op huma.Operation) (faults []string) {
	if op.OperationID == "" {
		faults = append(faults, "has no operation id")
	}
	if op.Summary == "" {
		faults = append(faults, "has no summary")
	}
	if op.Description == "" {
		faults = append(faults, "has no description")
	}
	if len(op.Tags) == 0 {
		faults = append(faults, "has no tag")
	}
	if op.Hidden {
		faults = append(faults, "is hidden: serve it with Handle instead")
	}
	return faults
}

// unknownTags are those of the operation that the settings do not explain.
func (s *Server) unknownTags(op huma.Operation) (faults []string) {
	for _, name := range op.Tags {
		if !slices.ContainsFunc(s.settings.Tags, func(tag *huma.Tag) bool { return tag.Name == name }) {
			faults = append(faults, "uses the tag "+name+", which is not among Settings.Tags")
		}
	}
	return faults
}

func cloneMetadata(metadata map[string]any) map[string]any {
	clone := map[string]any{}
	for key, value := range metadata {
		clone[key] = value
	}
	return clone
}

// Refuse answers a request from a Huma middleware with the problem of an error.
func (s *Server) Refuse(ctx huma.Context, err error) {
	r, w := humago.Unwrap(ctx)
	s.Fail(w, r, err)
}

// Fail answers a request from a plain handler with the problem of an error.
func (s *Server) Fail(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, s.problem(r.Context(), err))
}
