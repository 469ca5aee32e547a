package rest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	maxTarget = 8 << 10  // bytes of path and query
	maxHeader = 32 << 10 // bytes of all header fields
)

type requestIDKey struct{}

// readingKey says in a request's context that it only reads.
type readingKey struct{}

// RequestID is the request's id: the caller's X-Request-Id where that is a plain token, else
// one of ours. It stands in the answer, in a problem and in every log line.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

var plainToken = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func requestID(r *http.Request) string {
	if ids := r.Header.Values("X-Request-Id"); len(ids) == 1 && plainToken.MatchString(ids[0]) {
		return ids[0]
	}
	return strings.ToLower(rand.Text())
}

// Handler serves what is registered: operations, the document and its pages, and everything
// given to Handle. Nothing may be registered afterwards.
func (s *Server) Handler() http.Handler {
	s.publish.Do(s.serveDocument)
	return http.HandlerFunc(s.serve)
}

// guards are on every answer unless it says otherwise. Their values are shared: they are
// replaced, never written into.
var guards = http.Header{
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"Referrer-Policy":              {"no-referrer"},
	"Cache-Control":                {"no-store"},
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	start, id := time.Now(), requestID(r)
	base := maps.Clone(guards)
	base["X-Request-Id"] = []string{id}
	if r.TLS != nil {
		base["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	s.allowOrigin(r, base)
	res := newResponse(w, r, base)
	r = r.WithContext(context.WithValue(context.WithValue(r.Context(), requestIDKey{}, id), readingKey{}, r.Method == http.MethodGet || r.Method == http.MethodHead))

	defer func() {
		cut := false
		if fault := recover(); fault != nil {
			if fault != http.ErrAbortHandler { //nolint:errorlint // the value itself, as net/http compares it
				s.logPanic(r.Context(), r, fault)
			}
			cut = fault == http.ErrAbortHandler || !res.replace(withID(statusProblem(http.StatusInternalServerError), id))
		}
		res.done()
		took := time.Since(start)
		s.logAccess(r, res, took)
		s.observe(r, res, took)
		if cut {
			panic(http.ErrAbortHandler) // half an answer must not look whole
		}
	}()

	switch {
	case len(r.URL.Path)+len(r.URL.RawQuery) > maxTarget:
		s.Fail(res, r, statusProblem(http.StatusRequestURITooLong))
	case headerSize(r.Header) > maxHeader:
		s.Fail(res, r, statusProblem(http.StatusRequestHeaderFieldsTooLarge))
	case r.URL.Path == "" || r.URL.Path[0] != '/' || strings.TrimSuffix(r.URL.Path, "/") != strings.TrimSuffix(path.Clean(r.URL.Path), "/"):
		s.Fail(res, r, statusProblem(http.StatusNotFound)) // the mux would redirect, in HTML
	default:
		s.mux.ServeHTTP(res, r)
	}
}

func headerSize(header http.Header) (size int) {
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size
}

// within gives the request its deadline. A handler that overruns it is answered for; its
// own answer, if it comes, is dropped.
func (s *Server) within(timeout time.Duration, w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	if timeout <= 0 {
		serve(w, r)
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, errTooSlow)
	defer cancel()
	if res, ok := w.(*response); ok {
		stop := context.AfterFunc(ctx, func() {
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				problem := withID(timeoutProblem(), RequestID(ctx))
				problem.Header.Set("Connection", "close") // the handler still holds it
				res.replace(problem)
			}
		})
		defer stop()
	}
	serve(w, r.WithContext(ctx))
}

var errTooSlow = errors.New("the request's time is over")

// allMethods is what Allow may list.
var allMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// unmatched answers what no pattern matched: another method on a known path, or nothing at all.
func (s *Server) unmatched(w http.ResponseWriter, r *http.Request) {
	r.Pattern = ""
	var allowed []string
	for _, method := range allMethods {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(probe); pattern != "/" && pattern != "" && strings.Contains(pattern, " ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		s.Fail(w, r, statusProblem(http.StatusNotFound))
		return
	}
	allow := strings.Join(append(allowed, http.MethodOptions), ", ")
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", allow)
		preflight(w, r, allowed)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.Fail(w, r, statusProblem(http.StatusMethodNotAllowed).With("Allow", allow))
}

// logAccess writes one line without values: the route's pattern, not the path with its ids.
func (s *Server) logAccess(r *http.Request, res *response, took time.Duration) {
	status, written := res.outcome()
	s.settings.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", methodName(r)),
		slog.String("route", routeName(r)),
		slog.Int("status", status),
		slog.Int("bytes", written),
		slog.Duration("took", took),
		slog.String("request_id", RequestID(r.Context())),
	)
}

func (s *Server) observe(r *http.Request, res *response, took time.Duration) {
	if s.settings.Observe == nil {
		return
	}
	status, _ := res.outcome()
	operation := res.operation
	if operation == "" {
		operation = routeName(r)
	}
	s.settings.Observe(Observation{operation, status, took})
}

// methodName and routeName keep a caller's own text out of the log.
func methodName(r *http.Request) string {
	if slices.Contains(allMethods, r.Method) || r.Method == http.MethodOptions {
		return r.Method
	}
	return "other"
}

func routeName(r *http.Request) string {
	if _, route, ok := strings.Cut(r.Pattern, " "); ok {
		return route
	}
	return "unmatched"
}

// logPanic says where it happened, and what only when the runtime says so: a panic's own
// value may be about a person.
func (s *Server) logPanic(ctx context.Context, r *http.Request, fault any) {
	what := fmt.Sprintf("%T", fault)
	if err, ok := fault.(runtime.Error); ok {
		what = err.Error()
	}
	s.settings.Log.LogAttrs(ctx, slog.LevelError, "panic",
		slog.String("method", methodName(r)),
		slog.String("route", routeName(r)),
		slog.String("panic", what),
		slog.String("stack", string(debug.Stack())),
		slog.String("request_id", RequestID(ctx)),
	)
}
