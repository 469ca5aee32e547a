package rest

import (
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
		if a.s.settings.Quota != nil {
			quota := a.s.settings.Quota(r)
			quota.write(w.Header())
			if res, ok := w.(*response); ok {
				quota.write(res.base) // for a problem that replaces the answer
			}
			if quota.Exceeded {
				a.s.Fail(w, r, quota.problem())
				return
			}
		}
		if route.limit > 0 {
			r.Body = http.MaxBytesReader(bare(w), r.Body, route.limit)
		}
		a.s.within(route.timeout, w, r, func(w http.ResponseWriter, r *http.Request) {
			handler(humago.NewContext(op, r, w))
		})
	})
}
