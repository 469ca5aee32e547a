package rest

import (
	"net/http"
	"slices"
	"strings"
)

// Pages of other origins may read answers only where Settings.Origins says so. Tokens travel in
// a header that no browser adds by itself, so there are no cookies to guard.
const (
	corsRequestHeaders  = "Accept, Access-Reason, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id"
	corsResponseHeaders = "Content-Disposition, ETag, Link, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate, X-Request-Id"
)

// allowOrigin lets the page that asks read the answer, if its origin is allowed.
func (s *Server) allowOrigin(r *http.Request, base http.Header) {
	if len(s.settings.Origins) == 0 {
		return
	}
	base.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	if slices.Contains(s.settings.Origins, "*") {
		origin = "*"
	} else if !slices.Contains(s.settings.Origins, origin) {
		return
	}
	base.Set("Access-Control-Allow-Origin", origin)
	base.Set("Access-Control-Expose-Headers", corsResponseHeaders)
}

// preflight answers a browser's question before a request from an allowed origin.
func preflight(w http.ResponseWriter, r *http.Request, allowed []string) {
	if w.Header().Get("Access-Control-Allow-Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	w.Header().Set("Access-Control-Allow-Methods", strings.Join(allowed, ", "))
	w.Header().Set("Access-Control-Allow-Headers", corsRequestHeaders)
	w.Header().Set("Access-Control-Max-Age", "600")
}
