package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"o2r/api"
	"o2r/domain"
)

// Whatever is sent, to whichever operation, as whoever: neither the log nor the figures of
// operation hold a word of it, nor a token, a name on file or a statement of SQL.
func TestLogsAndMetricsHoldNoValues(t *testing.T) {
	const mark, name = "MARQUEUR7Q", "Zébulonfictif"
	f := newFixture(t)
	c := f.cast()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	before := slog.Default()
	slog.SetDefault(logger)
	t.Cleanup(func() { slog.SetDefault(before) })
	reached := api.New(f.store, f.tokens, logger)
	f.handler = reached.Handler()

	f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", map[string]any{"first_name": name, "last_name": name, "phone": "06 39 98 77 66", "email": "zebulon@example.org", "birth_date": "1991-02-03"}).is(201)
	f.send(f.actor(domain.Caseworker), "POST", "/v1/participants/search", map[string]any{"query": name}).is(200)
	sent := 0
	inputs := f.inputs(reached.Document())
	for _, in := range inputs {
		in.path = in.aim(c, f)
		actors := []domain.Actor{nobody, f.actor(domain.Analyst)}
		for _, role := range in.declared {
			actors = append(actors, f.actor(domain.Role(role)))
		}
		// With examples only, and with the mark in each text.
		places := append([]text{{put: func(string) {}, reset: func() {}, schema: &huma.Schema{}}}, in.texts...)
		for _, place := range places {
			place.put(place.writable(mark, mark+"@example.org"))
			for _, actor := range actors {
				f.send(actor, in.method, in.target(), in.body, "If-Match", "*", "X-Marker", mark)
				sent++
			}
			place.reset()
		}
		f.send(f.actor(domain.Coordinator), in.method, in.path, `{"`+mark+`": "`+mark, "If-Match", mark, "X-Request-Id", mark+" "+mark)
		f.send(nobody, in.method, in.path+"/"+mark+"?"+mark+"="+mark, nil, "Authorization", "Bearer "+mark)
	}
	if err := f.store.Close(); err != nil { // from here on the errors are ours
		t.Fatal(err)
	}
	for _, in := range inputs {
		for _, place := range in.texts {
			place.put(place.writable(mark, mark+"@example.org"))
		}
		if len(in.declared) > 0 {
			f.send(f.actor(domain.Role(in.declared[0])), in.method, in.path, in.body, "If-Match", "*")
		}
	}
	w := httptest.NewRecorder()
	reached.Operations("").ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	figures := w.Body.String()

	lines := strings.Count(log.String(), "\n")
	if lines < sent || !strings.Contains(figures, `o2r_requests_total{operation="createParticipant",status="201"}`) {
		t.Fatalf("%d requests left %d lines:\n%.500s", sent, lines, figures)
	}
	token := f.token(f.actor(domain.Coordinator))
	secrets := []string{mark, strings.ToLower(mark), name, "zebulon", "06 39 98", "639987766", "1991-02-03", "eyJ", token[:20], "Bearer",
		"SELECT ", "INSERT ", "UPDATE ", " FROM ", "WHERE ", "password", "postgres://", c.participant, c.enrolment, c.referral, f.spip.ID}
	for _, secret := range secrets {
		for place, text := range map[string]string{"the log": log.String(), "the metrics": figures} {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s holds %q: …%s…", place, secret, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	t.Log(fmt.Sprint(sent, " requests, ", lines, " lines"))
}
