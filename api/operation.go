package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

// Doc is what the OpenAPI document says of an operation, for people.
type Doc struct {
	ID      string // operationId: the name generated clients give the call
	Tag     string
	Summary string
	Text    string
	Body    *huma.RequestBody // where it takes more than JSON
	Status  int               // of a success, where it is not 200
	Also    []string          // media types it answers in, beside JSON
	Errors  []int             // besides those that every operation of its kind may answer

	Limit int64         // of its body in bytes, where it is not the usual
	Time  time.Duration // that it may take, where it is not the usual
	Batch bool          // its body is rest.Rows

	only  bool // what it makes is the only one at its path
	keyed bool // it may be repeated with an Idempotency-Key
}

// ByID is the input of an operation on one record.
type ByID struct {
	ID string `path:"id" doc:"Identifier of the record." format:"uuid" minLength:"36" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000001"`
}

// BySlug is the input of an operation on one programme.
type BySlug struct {
	Programme string `path:"programme" doc:"Slug of the programme." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minLength:"2" maxLength:"60" example:"o2r-somme"`
}

// With is the input of an operation that takes a body.
type With[B any] struct {
	Body B
}

// Matching is the input of an operation on a known version of a record.
type Matching struct {
	IfMatch string `header:"If-Match" doc:"ETag of the version that was read, in double quotes; * for any." maxLength:"200" example:"\"1\""`
}

// Nothing is the input of an operation that takes none.
type Nothing struct{}

// call is what a handler is: one statement on the caller's session.
type call[I, T any] func(ctx context.Context, s *persistence.Session, in *I) (T, error)

// answer is a record with its version.
type answer[T any] struct {
	ETag string `header:"ETag" doc:"Version of the record; send it back in If-Match when changing it." example:"\"1\""`
	Body T
}

// created is a record that was just made.
type created[T any] struct {
	Status   int
	Location string `header:"Location" doc:"Where the record is." example:"/v1/referrals/0197f0a0-0000-7000-8000-000000000001"`
	ETag     string `header:"ETag" doc:"Version of the record; send it back in If-Match when changing it." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true where the request had been answered before and this is that answer again." maxLength:"4" example:"true"`
	Body     T
}

// paged is one page of a list.
type paged[T any] struct {
	Link string `header:"Link" doc:"The next page (RFC 8288), where there is one." example:"</v1/referrals?cursor=eyJpZCI6IjAxOTdmMGEwIn0>; rel=\"next\""`
	Body domain.Page[T]
}

type plain[T any] struct{ Body T }

type revised interface{ Revision() int }

// read serves one record, or a list that has a version.
func read[I any, T revised](a *API, path string, access Access, doc Doc, do call[I, T]) {
	register(a, http.MethodGet, path, access, doc, []int{404}, func(ctx context.Context, in *I) (*answer[T], error) {
		record, err := do(ctx, a.session(ctx), in)
		return &answer[T]{ETag: etag(record), Body: record}, err
	})
}

// get serves something that has no version.
func get[I, T any](a *API, path string, access Access, doc Doc, do call[I, T]) {
	register(a, http.MethodGet, path, access, doc, nil, func(ctx context.Context, in *I) (*plain[T], error) {
		body, err := do(ctx, a.session(ctx), in)
		return &plain[T]{Body: body}, err
	})
}

// list serves one page of records.
func list[I, T any](a *API, path string, access Access, doc Doc, do call[I, domain.Page[T]]) {
	register(a, http.MethodGet, path, access, doc, nil, func(ctx context.Context, in *I) (*paged[T], error) {
		page, err := do(ctx, a.session(ctx), in)
		return &paged[T]{Link: nextLink(ctx, page.NextCursor), Body: page}, err
	})
}

// search serves one page of records, asked for in a body.
func search[I, T any](a *API, path string, access Access, doc Doc, do call[I, domain.Page[T]]) {
	register(a, http.MethodPost, path, access, doc, nil, func(ctx context.Context, in *I) (*plain[domain.Page[T]], error) {
		page, err := do(ctx, a.session(ctx), in)
		return &plain[domain.Page[T]]{Body: page}, err
	})
}

// location is where a record is that was posted: under its key or, where there is only one, there.
func (d Doc) location(ctx context.Context, key string) string {
	if d.only {
		return requestPath(ctx)
	}
	return requestPath(ctx) + "/" + key
}

// create makes a record and says where it is: at the path it was posted to, under its key unless there is only one.
func create[I any, T interface {
	revised
	Key() string
}](a *API, path string, access Access, doc Doc, do call[I, T]) {
	makes[I](a, path, access, doc, []int{404, 409}, func(ctx context.Context, s *persistence.Session, in *I) (T, int, error) {
		record, err := do(ctx, s, in)
		return record, http.StatusCreated, err
	})
}

// makes is create for what may also answer that the record was there already.
func makes[I any, T interface {
	revised
	Key() string
}](a *API, path string, access Access, doc Doc, errors []int, do func(context.Context, *persistence.Session, *I) (T, int, error)) {
	doc.Status = http.StatusCreated
	_, secret := any(*new(T)).(interface{ ShownOnce() })
	doc.keyed = !secret
	register(a, http.MethodPost, path, access, doc, errors, func(ctx context.Context, in *I) (*created[T], error) {
		return once(ctx, a, doc.ID, in, func(ctx context.Context) (*created[T], error) {
			record, status, err := do(ctx, a.session(ctx), in)
			return &created[T]{Status: status, Location: doc.location(ctx, record.Key()), ETag: etag(record), Body: record}, err
		})
	})
	if secret { // it is shown once, and never again
		delete(a.server.Huma().OpenAPI().Paths[path].Post.Responses["201"].Headers, "Idempotency-Replayed")
	}
}

// replace writes a record whole. It insists on If-Match.
func replace[I any, T revised](a *API, path string, access Access, doc Doc, match func(*I) string, do func(context.Context, *persistence.Session, *I, domain.Match) (T, error)) {
	register(a, http.MethodPut, path, access, doc, []int{404, 409, 412, 428}, func(ctx context.Context, in *I) (*answer[T], error) {
		known := matchOf(match(in))
		if !known.Sent {
			return nil, &domain.Error{Kind: domain.Precondition, Code: "precondition_required", Message: "Read the record first, and send its ETag in If-Match."}
		}
		record, err := do(ctx, a.session(ctx), in, known)
		return &answer[T]{ETag: etag(record), Body: record}, err
	})
}

// act takes a record through a named transition. It honours If-Match when it is sent.
func act[I any, T revised](a *API, path string, access Access, doc Doc, match func(*I) string, do func(context.Context, *persistence.Session, *I, domain.Match) (T, error)) {
	register(a, http.MethodPost, path, access, doc, []int{404, 409, 412}, func(ctx context.Context, in *I) (*answer[T], error) {
		record, err := do(ctx, a.session(ctx), in, matchOf(match(in)))
		return &answer[T]{ETag: etag(record), Body: record}, err
	})
}

// perform does something to a record that ends with an answer of its own, not a version of it.
func perform[I, T any](a *API, path string, access Access, doc Doc, do call[I, T]) {
	register(a, http.MethodPost, path, access, doc, nil, func(ctx context.Context, in *I) (*plain[T], error) {
		body, err := do(ctx, a.session(ctx), in)
		return &plain[T]{Body: body}, err
	})
}

// register adds an operation with its declared access. An operation that declares none panics
// at start.
func register[I, O any](a *API, method, path string, access Access, doc Doc, errors []int, handle func(context.Context, *I) (*O, error)) {
	if !access.declared {
		panic(fmt.Sprintf("%s %s declares no roles", method, path))
	}
	op := huma.Operation{
		OperationID: doc.ID, Method: method, Path: path,
		Tags: []string{doc.Tag}, Summary: doc.Summary, Description: doc.Text,
		RequestBody: doc.Body, DefaultStatus: doc.Status, MaxBodyBytes: doc.Limit,
		Errors:     append(append([]int{}, errors...), doc.Errors...),
		Extensions: map[string]any{"x-roles": access.names()},
	}
	if access.public {
		op.Security = rest.Public
	} else {
		op.Description += "\n\nRoles: " + strings.Join(access.names(), ", ") + "."
		if access.sandbox {
			op.Description += " In the sandbox also a partner's client, on its own referrals there: the decision is simulated."
			op.Extensions["x-sandbox"] = true
		}
		op.Errors = append(op.Errors, 401, 403)
		op.Middlewares = huma.Middlewares{a.guard(access)}
	}
	if doc.keyed {
		op.Parameters = append(op.Parameters, idempotencyKeyParameter())
		op.Middlewares = append(op.Middlewares, a.keyed)
	}
	if access.glass() {
		op.Parameters = append(op.Parameters, accessReasonParameter())
	}
	if strings.Contains(path, "{") && access.public {
		op.Errors = append(op.Errors, 404)
	}
	if doc.Time > 0 {
		op.Metadata, op.BodyReadTimeout = map[string]any{rest.Timeout: doc.Time}, doc.Time
	}
	if doc.Batch {
		op = rest.Batch(op)
	}
	if len(doc.Also) > 0 {
		op = rest.Also(op, doc.Also...)
	}
	rest.Register(a.server, op, func(ctx context.Context, in *I) (*O, error) {
		tidy(in)
		if err := domain.WithoutNIR(in); err != nil { // of every text of every input, before any rule
			return nil, err
		}
		return handle(ctx, in)
	})
	item := a.server.Huma().OpenAPI().Paths[path]
	for _, shown := range []*huma.Operation{item.Post, item.Put} {
		if shown != nil && shown.OperationID == doc.ID {
			var withheld []string
			if a.withoutJustice {
				withheld = domain.JusticeFields
			}
			showExample(shown, withheld)
		}
	}
}

func (a Access) names() []string {
	names := []string{}
	for _, role := range domain.Roles { // always in the same order
		for _, own := range a.roles {
			if own == role {
				names = append(names, string(role))
			}
		}
	}
	return names
}

// session is the caller's; inside once, on the transaction that keeps the answer too.
func (a *API) session(ctx context.Context) *persistence.Session {
	if inside, ok := ctx.Value(storeKey{}).(*persistence.Store); ok {
		return inside.As(actorOf(ctx))
	}
	return a.store.As(actorOf(ctx))
}

func requestURL(ctx context.Context) url.URL {
	asked, ok := ctx.Value(urlKey{}).(*url.URL)
	if !ok {
		return url.URL{}
	}
	return *asked
}

func requestPath(ctx context.Context) string {
	asked := requestURL(ctx)
	return asked.EscapedPath()
}

// nextLink is the URL of the next page, relative to the host whatever a proxy calls it.
func nextLink(ctx context.Context, next *string) string {
	if next == nil {
		return ""
	}
	asked := requestURL(ctx)
	query := asked.Query()
	query.Set("cursor", *next)
	return "<" + asked.EscapedPath() + "?" + query.Encode() + `>; rel="next"`
}

func etag(record revised) string { return `"` + strconv.Itoa(record.Revision()) + `"` }

var strongTag = regexp.MustCompile(`^"(0|[1-9][0-9]{0,8})"$`)

// matchOf reads an If-Match header. A tag that is none of ours, a weak one included, matches
// no version (RFC 9110, 13.1.1).
func matchOf(header string) domain.Match {
	match := domain.Match{Sent: header != "", Any: strings.TrimSpace(header) == "*"}
	for tag := range strings.SplitSeq(header, ",") {
		if found := strongTag.FindStringSubmatch(strings.TrimSpace(tag)); found != nil {
			version, err := strconv.Atoi(found[1])
			if err == nil {
				match.Versions = append(match.Versions, version)
			}
		}
	}
	return match
}
