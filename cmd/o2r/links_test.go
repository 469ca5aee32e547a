package main

import (
	"net"
	"testing"
)

// A calendar link that leads to a port on which nobody listens is of no use.
func TestLinksLeadToWhereTheServerIsReached(t *testing.T) {
	for _, c := range []struct{ issuer, scheme, listening, want string }{
		{"", "http", "127.0.0.1:8391", "http://127.0.0.1:8391"},
		{"", "https", "192.0.2.7:443", "https://192.0.2.7:443"},
		{"", "http", "[::1]:8080", "http://[::1]:8080"},
		{"", "http", "0.0.0.0:8391", "http://127.0.0.1:8391"},
		{"", "http", "[::]:8391", "http://127.0.0.1:8391"},
		{"https://o2r.example", "http", "127.0.0.1:8391", "https://o2r.example"},
		{"http://127.0.0.1:8080", "http", "127.0.0.1:8391", "http://127.0.0.1:8080"},
	} {
		address, err := net.ResolveTCPAddr("tcp", c.listening)
		if err != nil {
			t.Fatal(err)
		}
		if got := (tokenSettings{Issuer: c.issuer}).reachedAt(c.scheme, address); got != c.want {
			t.Errorf("issued by %q, listening on %s, links lead to %s, not %s", c.issuer, c.listening, got, c.want)
		}
	}
}
