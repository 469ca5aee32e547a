package rest

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// What comes in is either taken or refused as a whole problem; nothing is our fault.

func FuzzBody(f *testing.F) {
	for _, body := range []string{plain, `null`, `{"title":"x","title":"y"}`, `{"stamps":[{"albums":[1,2]}]}`, "{\"text\":\"\\u0000\"}", `{"weight":1e400,"pages":-0}`, `[[[[`, `{"open_at":"2025-04-01T24:00:00Z"}`} {
		f.Add(body)
	}
	api := newToy(f)
	f.Fuzz(func(t *testing.T, body string) {
		api.log.Reset()
		response, answer := api.send(newRequest("POST", "/letters", body, "Content-Type", "application/json"))
		if !json.Valid([]byte(answer)) || response.StatusCode >= 500 || response.StatusCode != 201 && response.Header.Get("Content-Type") != problemType {
			t.Errorf("%q: %d %s", body, response.StatusCode, answer)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{"limit=5", "limit", "title=%00", "a&limit=5", "seals=vert&seals=x", "inks=,", "after=2025-02-30", "weight=1e999", "%ff=1"} {
		f.Add(query)
	}
	api := newToy(f)
	f.Fuzz(func(t *testing.T, query string) {
		api.log.Reset()
		request := httptest.NewRequest("GET", "/letters", nil)
		request.URL = &url.URL{Path: "/letters", RawQuery: strings.ToValidUTF8(query, "?")}
		response, answer := api.send(request)
		if !json.Valid([]byte(answer)) || response.StatusCode != 200 && response.StatusCode != 422 && response.StatusCode != 414 {
			t.Errorf("%q: %d %s", query, response.StatusCode, answer)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	api := newToy(b)
	b.ReportAllocs()
	for b.Loop() {
		api.log.Reset()
		api.send(newRequest("GET", "/letters/"+id, ""))
	}
}

func BenchmarkPost(b *testing.B) {
	api := newToy(b)
	b.ReportAllocs()
	for b.Loop() {
		api.log.Reset()
		api.post("/letters", plain)
	}
}
