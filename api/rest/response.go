package rest

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
)

// held is how much of an answer is kept back before it goes out. Until then a panic, a
// deadline or a failed encoding can still become a problem; after it, only a cut connection.
const held = 64 << 10

// response holds an answer back until it is whole or grows large, so that a caller gets
// either the answer or a problem, never the beginning of one and the rest of the other.
type response struct {
	under http.ResponseWriter
	base  http.Header // what every answer carries
	head  bool        // the request was HEAD: no body

	operation string // id of the operation asked for, if it is one

	mu        sync.Mutex // the deadline answers from a goroutine of its own
	header    http.Header
	body      []byte
	status    int
	committed bool // the header went out
	closed    bool // no more is taken: the deadline answered, or the request is over
	written   int
}

func newResponse(w http.ResponseWriter, r *http.Request, base http.Header) *response {
	return &response{under: w, base: base, header: maps.Clone(base), head: r.Method == http.MethodHead}
}

// bare is the writer underneath ours, which http.MaxBytesReader must have to close the connection.
func bare(w http.ResponseWriter) http.ResponseWriter {
	if res, ok := w.(*response); ok {
		return res.under
	}
	return w
}

func (r *response) Header() http.Header { return r.header }

func (r *response) WriteHeader(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status == 0 && status >= 200 {
		r.status = status
	}
}

func (r *response) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, http.ErrHandlerTimeout
	}
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if !r.committed && len(r.body)+len(p) <= held {
		r.body = append(r.body, p...)
		return len(p), nil
	}
	r.commit(r.header)
	return r.send(p)
}

// FlushError sends what is held back; from then on the answer streams.
func (r *response) FlushError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return http.ErrHandlerTimeout
	}
	r.commit(r.header)
	return http.NewResponseController(r.under).Flush()
}

// Flush makes the answer an http.Flusher.
func (r *response) Flush() { _ = r.FlushError() }

// Unwrap lets http.ResponseController set deadlines on the connection.
func (r *response) Unwrap() http.ResponseWriter { return r.under }

// typesAsSent are media types with what their readers need to know of an answer: of CSV that its first row is a header (RFC 4180), of
// text in which characters it is.
var typesAsSent = map[string][]string{
	csvType:     {"text/csv; charset=utf-8; header=present"},
	"text/html": {"text/html; charset=utf-8"},
}

func (r *response) commit(header http.Header) {
	if r.committed {
		return
	}
	r.committed = true
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if sent, known := typesAsSent[header.Get("Content-Type")]; known {
		header["Content-Type"] = sent
	}
	if r.status == http.StatusNotModified {
		header.Del("Content-Type") // RFC 9110, 15.4.5: there is no content
	}
	out := r.under.Header()
	for name, values := range header {
		out[name] = values
	}
	r.under.WriteHeader(r.status)
	if len(r.body) > 0 {
		_, _ = r.send(r.body)
	}
	r.body = nil
}

func (r *response) send(p []byte) (int, error) {
	if r.head {
		return len(p), nil
	}
	n, err := r.under.Write(p)
	r.written += n
	return n, err
}

// done sends a whole answer with its length, and takes no more.
func (r *response) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if !r.committed && r.status != http.StatusNoContent && r.status != http.StatusNotModified && r.header.Get("Content-Length") == "" {
		r.header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	r.commit(r.header)
	r.closed = true
}

// replace answers with a problem instead of whatever was held back. It is false when the
// answer is already on its way.
func (r *response) replace(problem *Problem) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.committed || r.closed {
		return false
	}
	// The handler may still be writing to its own header: it is left alone.
	header := maps.Clone(r.base)
	problem.copyHeader(header)
	r.body, r.status = problem.encode(), problem.Status
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	r.commit(header)
	r.closed = true
	_ = http.NewResponseController(r.under).Flush()
	return true
}

// outcome is what the access log says of the answer.
func (r *response) outcome() (status, written int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status, r.written
}
