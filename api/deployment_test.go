package api_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"o2r/api"
	"o2r/domain"
)

func TestWhereARequestComesFrom(t *testing.T) {
	proxies, err := api.ParseProxies([]string{"10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"})
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		remote    string
		forwarded []string
		trusted   bool
		want      string
	}{
		"nobody in between":                     {"203.0.113.5:4000", nil, true, "203.0.113.5"},
		"a caller's own word":                   {"203.0.113.5:4000", []string{"198.51.100.1"}, true, "203.0.113.5"},
		"a caller who claims to be the proxy":   {"203.0.113.5:4000", []string{"198.51.100.1, 10.1.1.1"}, true, "203.0.113.5"},
		"through a proxy":                       {"10.1.1.1:4000", []string{"203.0.113.5"}, true, "203.0.113.5"},
		"what the caller put before":            {"10.1.1.1:4000", []string{"198.51.100.1, 203.0.113.5"}, true, "203.0.113.5"},
		"in a header of its own":                {"10.1.1.1:4000", []string{"198.51.100.1", "203.0.113.5"}, true, "203.0.113.5"},
		"through two proxies":                   {"10.1.1.1:4000", []string{"198.51.100.1, 203.0.113.5, 192.0.2.7"}, true, "203.0.113.5"},
		"a trusted address before a stranger's": {"10.1.1.1:4000", []string{"10.9.9.9, 203.0.113.5"}, true, "203.0.113.5"},
		"proxies only":                          {"10.1.1.1:4000", []string{"10.2.2.2"}, true, "10.2.2.2"},
		"a proxy that says nothing":             {"10.1.1.1:4000", nil, true, "10.1.1.1"},
		"no address":                            {"10.1.1.1:4000", []string{"198.51.100.1, unknown"}, true, "10.1.1.1"},
		"an empty one":                          {"10.1.1.1:4000", []string{"198.51.100.1,"}, true, "10.1.1.1"},
		"an address with a port":                {"10.1.1.1:4000", []string{"198.51.100.1:99"}, true, "10.1.1.1"},
		"no proxy is trusted":                   {"10.1.1.1:4000", []string{"203.0.113.5"}, false, "10.1.1.1"},
		"IPv4 written as IPv6":                  {"[::ffff:10.1.1.1]:4000", []string{"::ffff:203.0.113.5"}, true, "203.0.113.5"},
		"IPv6":                                  {"[2001:db8:2:3:4:5:6:7]:4000", nil, true, "2001:db8:2:3::/64"},
		"an IPv6 proxy":                         {"[2001:db8:1::1]:4000", []string{"2001:db8:9:8:7::1"}, true, "2001:db8:9:8::/64"},
		"with a zone":                           {"[fe80::1%eth0]:4000", nil, true, "fe80::/64"},
	} {
		r := httptest.NewRequest("GET", "/v1/me", nil)
		r.RemoteAddr = row.remote
		r.Header["X-Forwarded-For"] = row.forwarded
		r.Header.Set("X-Real-Ip", "198.51.100.9")
		r.Header.Set("Forwarded", "for=198.51.100.9")
		var deployment api.Deployment
		if row.trusted {
			deployment.TrustedProxies = proxies
		}
		if got := deployment.ClientAddress(r); got != row.want {
			t.Errorf("%s: %s, not %s", name, got, row.want)
		}
	}
	for _, wrong := range []string{"", "proxy.example.org", "10.0.0.0/33", "10.0.0", "*"} {
		if _, err := api.ParseProxies([]string{wrong}); err == nil {
			t.Errorf("%q is a proxy", wrong)
		}
	}
}

// Forging where a request comes from gives nobody another allowance.
func TestAForgedAddressIsNoNewAllowance(t *testing.T) {
	f := newFixture(t)
	f.handler = api.Deployment{RequestsPerMinute: 3}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	for i, forged := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3"} {
		if got := f.send(nobody, "GET", "/v1/me", nil, "X-Forwarded-For", forged); got.Status != 401 {
			t.Error("request", i, got.Status)
		}
	}
	f.send(nobody, "GET", "/v1/me", nil, "X-Forwarded-For", "198.51.100.4").problem(429, "too_many_requests")
	// Nor do made-up tokens, for long.
	refused := 0
	for i := range 40 {
		if f.send(nobody, "GET", "/v1/me", nil, "Authorization", "Bearer made-up-"+strings.Repeat("x", i)).Status == 429 {
			refused++
		}
	}
	if refused < 10 {
		t.Errorf("of 40 made-up tokens %d were refused", refused)
	}
}

func TestOriginsAreExact(t *testing.T) {
	for _, origin := range []string{"*", "null", "", "app.example.org", "https://app.example.org/", "https://App.example.org", "https://*.example.org/x", "https://user@app.example.org", "ftp://app.example.org", "javascript://x", "https://app.example.org?x", "https://"} {
		if err := (api.Deployment{Origins: []string{origin}}).Check(); err == nil {
			t.Errorf("%q is an origin", origin)
		}
	}
	allowed := "https://app.example.org:8443"
	if err := (api.Deployment{Origins: []string{allowed, "http://localhost:5173"}}).Check(); err != nil {
		t.Error(err)
	}
	f := newFixture(t)
	f.handler = api.Deployment{Origins: []string{allowed}}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	for origin, want := range map[string]string{allowed: allowed, "https://app.example.org": "", "https://app.example.org:8443.evil.test": "", "https://evil.test": "", "null": "", "*": "", "http://app.example.org:8443": ""} {
		got := f.send(f.actor(domain.Analyst), "GET", "/v1/me", nil, "Origin", origin)
		if got.Header.Get("Access-Control-Allow-Origin") != want || got.Header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: %v", origin, got.Header)
		}
	}
}

// What stands in a URL stands in access logs, histories and Referer headers.
func TestNoPersonalDataInURLs(t *testing.T) {
	f := newFixture(t)
	document := api.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Document()
	personal := strings.Fields("name first last nom prenom birth born naissance phone tel mobile mail address adresse street gender sex nir ssn note reason token secret password")
	// Where such a word is part of another one, and what it is instead.
	harmless := map[string]string{
		"getNomenclature path.name": "name of a list of codes",
		"getFigures query.gender":   "a group of people, not a person", "getFigure query.gender": "a group", "getEvidence query.gender": "a group", "getProfile query.gender": "a group",
		"getBreakdown query.gender": "a group", "getSeries query.gender": "a group", "getFiguresOfEach query.gender": "a group",
		"getWorklist query.reason": "a code: why something is on the list",
	}
	for _, op := range f.operations() {
		for _, p := range declared(document, op).Parameters {
			if p.In != "path" && p.In != "query" {
				continue
			}
			for word := range strings.SplitSeq(strings.ToLower(p.Name), "_") {
				if slices.Contains(personal, word) && harmless[op.id+" "+p.In+"."+p.Name] == "" {
					t.Errorf("%s takes %s in its %s", op.id, p.Name, p.In)
				}
			}
		}
	}
}

// However its header is written, and whichever of its tokens it sends, one caller has one allowance.
func TestOneTokenHasOneAllowance(t *testing.T) {
	f := newFixture(t)
	f.handler = api.Deployment{RequestsPerMinute: 3}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	token := f.token(f.actor(domain.Partner))
	good := 0
	for way := range 64 {
		scheme := []byte("bearer")
		for i := range scheme {
			if way>>i&1 == 1 {
				scheme[i] -= 'a' - 'A'
			}
		}
		for range 4 {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/me", nil)
			r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", way)
			r.Header.Set("Authorization", string(scheme)+" "+token)
			if f.serve(r).Status == 200 {
				good++
			}
		}
	}
	if good > 4 {
		t.Errorf("%d requests of one token where 3 a minute are allowed", good)
	}
}

func TestOneClientHasOneAllowance(t *testing.T) {
	f := newFixture(t)
	f.handler = api.Deployment{RequestsPerMinute: 5}.New(f.store, f.tokens, slog.New(slog.DiscardHandler)).Handler()
	client := f.program()
	good := 0
	for n := range 10 {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.id}, "client_secret": {client.secret}}
		granted := f.post("/oauth/token", fmt.Sprintf("198.51.100.%d", n/3), form)
		if granted.Status != 200 {
			t.Fatal(granted.Text)
		}
		for range 7 {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/me", nil)
			r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", n/3)
			r.Header.Set("Authorization", "Bearer "+granted.text("access_token"))
			if f.serve(r).Status == 200 {
				good++
			}
		}
	}
	if good > 5+10 { // and one for each token, of its address's allowance: nobody knows yet whose it is
		t.Errorf("%d requests of one client where 5 a minute are allowed", good)
	}
}
