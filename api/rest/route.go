package rest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// routeKey finds the route in an operation's metadata.
const routeKey = "rest.route"

// route is what a request to one operation is measured by.
type route struct {
	op      *huma.Operation
	limit   int64
	timeout time.Duration
	patient bool // the timeout is its own: the connection waits as long

	query    map[string]parameter // what the query may hold
	others   []parameter          // path and header parameters
	consumes map[string]bool      // media types of the body; nil when there is none
	produces []string             // media types of a successful answer, the preferred first
}

// adapter is humago's, with each operation served in its route's bounds.
type adapter struct {
	huma.Adapter
	s *Server
}

func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	route := op.Metadata[routeKey].(*route)
	route.op = op
	a.s.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		if res, ok := w.(*response); ok {
			res.operation = op.OperationID
		}
		if !a.s.admitQuota(w, r) {
			a.s.Fail(w, r, statusProblem(http.StatusTooManyRequests))
			return
		}
		if a.s.settings.Enter != nil {
			leave, problem := a.s.settings.Enter(r)
			if problem != nil {
				a.s.Fail(w, r, problem)
				return
			}
			defer leave()
		}
		if route.patient {
			_ = http.NewResponseController(bare(w)).SetWriteDeadline(time.Now().Add(route.timeout + afterTimeout))
		}
		if route.limit > 0 {
			r.Body = http.MaxBytesReader(bare(w), r.Body, route.limit)
		}
		if r.Body != nil {
			r.Body = body{r.Body}
		}
		a.s.within(route.timeout, w, r, func(w http.ResponseWriter, r *http.Request) {
			handler(humago.NewContext(op, r, w))
		})
	})
}

// afterTimeout is how long the answer to a request may take that overran its own time.
const afterTimeout = 10 * time.Second

// errBody says that the request's body did not arrive as it was announced: chunks that are none, a
// connection that ended.
var errBody = errors.New("the request's body is broken")

// body tells faults of the request from ours, which look alike to whoever reads it.
type body struct{ io.ReadCloser }

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var tooLarge *http.MaxBytesError
	var slow net.Error
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &tooLarge) || errors.As(err, &slow) && slow.Timeout() {
		return n, err
	}
	return n, errBody
}
