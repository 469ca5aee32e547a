package rest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// Foreign is an operation whose request is a form and whose answers another standard fixes, such
// as OAuth's: its refusals are no problems, and it reads its request itself. It is in the
// document, in the quota and within the deadline like any other; it asks for no token.
type Foreign struct {
	huma.Operation
	Form    any            // a struct, whose fields are the form's by their json names
	Answers map[int]Answer // besides the problems of a service in trouble, 500 and 503
	Serve   http.HandlerFunc
	TooMany http.HandlerFunc // answers a request beyond the quota; Retry-After is set
}

// Answer is one answer of a Foreign operation. Without a Body it has none.
type Answer struct {
	Doc     string
	Body    any // a struct
	Example any
}

const (
	formType = "application/x-www-form-urlencoded"
	foreign  = "rest.foreign"
)

// RegisterForeign adds it. Like Register, it panics when something lacks what the document needs.
func RegisterForeign(s *Server, f Foreign) {
	name, op := f.Method+" "+f.Path, f.Operation
	faults := faultsOf(op)
	s.schemas.faults = nil
	op.Security = Public
	op.Metadata = cloneMetadata(op.Metadata)
	op.Metadata[foreign] = true
	form := reflect.TypeOf(f.Form)
	op.RequestBody = &huma.RequestBody{
		Description: "The form.", Required: true,
		Content: map[string]*huma.MediaType{formType: {Schema: s.foreignSchema(form)}},
	}
	op.Responses = map[string]*huma.Response{}
	for status, answer := range f.Answers {
		response := &huma.Response{Description: answer.Doc, Headers: map[string]*huma.Param{}}
		if answer.Body != nil {
			response.Content = map[string]*huma.MediaType{jsonType: {Schema: s.foreignSchema(reflect.TypeOf(answer.Body)), Example: answer.Example}}
		}
		maps.Copy(response.Headers, statusHeaders(status))
		op.Responses[strconv.Itoa(status)] = response
	}
	if faults = append(faults, s.schemas.faults...); len(faults) > 0 {
		panicWith(name, faults)
	}
	s.api.OpenAPI().AddOperation(&op)

	s.mux.HandleFunc(name, func(w http.ResponseWriter, r *http.Request) {
		if !s.admitQuota(w, r) {
			f.TooMany(w, r)
			return
		}
		limit := op.MaxBodyBytes
		if limit == 0 {
			limit = s.settings.BodyLimit
		}
		r.Body = http.MaxBytesReader(bare(w), r.Body, limit)
		s.within(s.settings.Timeout, w, r, f.Serve)
	})
}

func (s *Server) foreignSchema(t reflect.Type) *huma.Schema {
	schema := s.api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
	s.schemas.describe(t, schema, t.Name())
	return schema
}

// admitQuota counts the request, and says in the answer's header what is left. It is false for
// one too many.
func (s *Server) admitQuota(w http.ResponseWriter, r *http.Request) bool {
	if s.settings.Quota == nil {
		return true
	}
	quota := s.settings.Quota(r)
	quota.write(w.Header())
	if res, ok := w.(*response); ok {
		quota.write(res.base) // for a problem that replaces the answer
	}
	if quota.Exceeded {
		w.Header().Set("Retry-After", seconds(quota.Reset))
	}
	return !quota.Exceeded
}

// foreignAnswers completes the answers that the operation declared, and adds the problems.
func (c *composer) foreignAnswers(op *huma.Operation) {
	for _, response := range op.Responses {
		for name := range c.document.Components.Headers {
			response.Headers[name] = &huma.Param{Ref: "#/components/headers/" + name}
		}
	}
	for _, status := range slices.DeleteFunc([]int{414, 431, 500, 503}, func(status int) bool { return op.Responses[strconv.Itoa(status)] != nil }) {
		op.Responses[strconv.Itoa(status)] = c.response(status)
	}
}
