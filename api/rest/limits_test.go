package rest

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestQuotas(t *testing.T) {
	limiter := NewLimiter(2, time.Minute)
	now := time.Date(2025, 4, 1, 9, 0, 0, 0, time.UTC)
	api := newToy(t, func(s *Settings) {
		s.Quota = func(r *http.Request) Quota { return limiter.Take(r.Header.Get("Authorization"), now) }
	})
	for i, c := range []struct {
		who, remaining string
		status         int
	}{{"a", "1", 200}, {"a", "0", 200}, {"a", "0", 429}, {"b", "1", 200}, {"a", "0", 429}} {
		response, body := api.send(newRequest("GET", "/letters", "", "Authorization", c.who))
		if response.StatusCode != c.status || response.Header.Get("RateLimit-Limit") != "2" || response.Header.Get("RateLimit-Remaining") != c.remaining || response.Header.Get("RateLimit-Reset") != "60" {
			t.Errorf("request %d: %d %v", i, response.StatusCode, response.Header)
		}
		if c.status == 429 {
			wantProblem(t, response, body, 429, "too_many_requests")
			if response.Header.Get("Retry-After") != "60" {
				t.Errorf("Retry-After is %q", response.Header.Get("Retry-After"))
			}
		}
	}
	now = now.Add(time.Minute)
	if response, _ := api.send(newRequest("GET", "/letters", "", "Authorization", "a")); response.StatusCode != 200 {
		t.Error("the allowance never comes back")
	}
	if response, _ := api.send(newRequest("GET", "/livez", "")); response.Header.Get("RateLimit-Limit") != "" {
		t.Error("a health check is counted")
	}
}

func TestPagesOfOtherOrigins(t *testing.T) {
	for _, c := range []struct {
		origins       []string
		origin, allow string
	}{
		{nil, "https://app.example", ""},
		{[]string{"https://app.example"}, "https://app.example", "https://app.example"},
		{[]string{"https://app.example"}, "https://evil.example", ""},
		{[]string{"https://app.example"}, "https://app.example.evil.example", ""},
		{[]string{"https://app.example"}, "null", ""},
		{[]string{"https://app.example"}, "", ""},
		{[]string{"*"}, "https://any.example", "*"},
	} {
		api := newToy(t, func(s *Settings) { s.Origins = c.origins })
		for _, r := range []*http.Request{
			newRequest("GET", "/letters", "", "Origin", c.origin),
			newRequest("GET", "/nothing", "", "Origin", c.origin),
			newRequest("OPTIONS", "/letters", "", "Origin", c.origin, "Access-Control-Request-Method", "POST"),
		} {
			response, _ := api.send(r)
			if got := response.Header.Get("Access-Control-Allow-Origin"); got != c.allow {
				t.Errorf("%v, %q: %q is allowed, not %q", c.origins, c.origin, got, c.allow)
			}
			if methods := response.Header.Get("Access-Control-Allow-Methods"); r.Method == "OPTIONS" && (methods != "") != (c.allow != "") {
				t.Errorf("%v, %q: the methods are %q", c.origins, c.origin, methods)
			}
			if response.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
		}
	}
}

func TestMadeUpCallersShareAnAllowance(t *testing.T) {
	limiter, now := NewLimiter(2, time.Minute), time.Now()
	for i := range maxCallers {
		limiter.Take(strconv.Itoa(i), now)
	}
	if limiter.Take("a", now).Exceeded || limiter.Take("b", now).Exceeded || !limiter.Take("c", now).Exceeded {
		t.Error("each made-up caller has an allowance of its own")
	}
	if limiter.Take("7", now).Exceeded || len(limiter.count) > maxCallers+1 {
		t.Error("a known caller pays for them, or they fill the memory")
	}
}
