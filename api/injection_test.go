package api_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// What ends a literal, begins a comment, widens a pattern, stands for a parameter of PostgreSQL or
// of GORM (? and @name), or is a template's.
var injections = []string{
	"' OR 1=1 --", "'; DROP TABLE participants; --", "%' OR '%'='", "$1", `\'`, "?", "@name", "{{", ":id",
	"1; DELETE FROM audit_events", "? OR 1=1", "_%",
}

// tables are those of the database with the number of their rows.
func (f *fixture) tables() map[string]int64 {
	f.Helper()
	var parts []string
	for _, table := range f.rows(`SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'territor%' ORDER BY 1`) {
		parts = append(parts, fmt.Sprintf(`SELECT '%s' AS name, count(*) FROM %s`, table[0], table[0]))
	}
	counts := map[string]int64{}
	for _, row := range f.rows(strings.Join(parts, " UNION ALL ")) {
		counts[row[0].(string)] = row[1].(int64)
	}
	return counts
}

// Every text that any operation takes, in its body, its query, its path or a header, is only text:
// no table goes or shrinks, nobody else's row changes, and no list grows by it.
func TestNoTextIsReadAsSQL(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	document, err := published()
	f.must(err)
	bystander := f.send(f.stranger(domain.Caseworker), http.MethodPost, "/v1/participants", object(c.identity, "last_name", "Témoin")).is(201).text("id")
	witness := func() string {
		return fmt.Sprint(f.rows(`SELECT md5(string_agg(p::text, '|' ORDER BY p::text)) FROM participants p WHERE id = $1`, bystander),
			f.rows(`SELECT md5(string_agg(column_name || data_type, '|' ORDER BY table_name, column_name)) FROM information_schema.columns WHERE table_schema = 'public'`),
			f.rows(`SELECT md5(string_agg(p::text, '|' ORDER BY p::text)) FROM programmes p WHERE slug = $1`, elsewhere))
	}
	before, rows := witness(), f.tables()
	a := &attacker{Rand: rand.New(rand.NewPCG(1, 1)), publication: document}
	server, _ := composed()
	inputs, sent := f.inputs(server.Document()), 0
	slices.SortStableFunc(inputs, func(a, b *input) int { return strings.Compare(a.method, b.method) }) // lists before anything is written that they would find
	for _, in := range inputs {
		in.path = in.aim(c, f)
		described := document.document["paths"].(map[string]any)[in.pattern].(map[string]any)[strings.ToLower(in.method)].(map[string]any)
		role := domain.Coordinator
		if len(in.declared) > 0 && !slices.Contains(in.declared, string(role)) {
			role = domain.Role(in.declared[0])
		}
		sample := in.aimed(c, f).body
		for n, injection := range injections {
			actor := f.actor(role)
			actor.Subject = fmt.Sprintf("tir-%d-%d", sent, n) // each with an allowance of its own
			fire := func(path string, body any, headers ...string) reply {
				f.from = address()
				sent++
				got := f.send(actor, in.method, path, body, append([]string{"If-Match", "*"}, headers...)...)
				if got.Status >= 500 || got.Status == http.StatusTooManyRequests {
					t.Errorf("%s %s %v %q: %d %s", in.method, path, body, headers, got.Status, got.Text)
				}
				return got
			}
			for _, body := range spoiledEach(sample, in.body, injection) {
				fire(in.path, body)
			}
			for _, raw := range parametersOf(described) {
				switch p := a.deref(raw); p["in"] {
				case "query":
					wanted := fmt.Sprint(p["name"])
					harmless := fire(in.path+"?"+wanted+"=zzzz", nil)
					got := fire(in.path+"?"+wanted+"="+url.QueryEscape(injection), nil)
					if list, ok := got.Fields["items"].([]any); ok && harmless.Status == http.StatusOK {
						if plain := harmless.Fields["items"].([]any); len(list) > len(plain) {
							t.Errorf("%s by %s: %d records for %q, %d for a word that nobody has", in.id, wanted, len(list), injection, len(plain))
						}
					}
				case "path":
					fire(strings.Replace(in.pattern, "{"+fmt.Sprint(p["name"])+"}", url.PathEscape(injection), 1), sample)
				case "header":
					fire(in.path, sample, fmt.Sprint(p["name"]), url.PathEscape(injection))
				}
			}
			fire(in.path, sample, "X-Request-Id", injection, "Idempotency-Key", injection)
		}
		after := f.tables()
		if !slices.Equal(slices.Sorted(maps.Keys(rows)), slices.Sorted(maps.Keys(after))) {
			t.Fatalf("after %s there are the tables %v", in.id, slices.Sorted(maps.Keys(after)))
		}
		for table, count := range after {
			if count < rows[table] && !slices.Contains(takesAway[in.id], table) {
				t.Errorf("after %s, %s has %d rows, not %d", in.id, table, count, rows[table])
			}
		}
		rows = after
		if now := witness(); now != before {
			t.Errorf("%s changed what it was not asked about", in.id)
			before = now
		}
	}
	t.Logf("%d requests", sent)
	if sent < 3000 {
		t.Error("few texts were tried")
	}
}

// takesAway are the rows that an operation deletes because that is what it is for.
var takesAway = map[string][]string{
	"createWebhookSecret": {"webhook_secrets"},
	"eraseParticipant":    {"idempotency_keys", "match_index", "field_changes"}, "restrictParticipant": {"idempotency_keys", "match_index"},
	"putParticipant": {"match_index"}, "acceptReferral": {"match_index"},
	"createClientSecret": {"client_secrets"}, "revokeClientSecret": {"client_secrets"}, "revokeClient": {"client_secrets"},
}

func parametersOf(described map[string]any) (found []map[string]any) {
	parameters, _ := described["parameters"].([]any)
	for _, p := range parameters {
		found = append(found, p.(map[string]any))
	}
	return found
}

// spoiledEach is the body once for each field that the operation takes, with that text in it.
func spoiledEach(sample, whole any, injection string) (bodies []any) {
	takes, ok := whole.(map[string]any)
	if !ok {
		return nil
	}
	fields, _ := sample.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(takes)) {
		list, isList := takes[name].([]any)
		if !isList || len(list) == 0 {
			bodies = append(bodies, object(fields, name, injection))
			continue
		}
		bodies = append(bodies, object(fields, name, []any{injection}))
		given, _ := fields[name].([]any)
		for _, item := range spoiledEach(append(given, list[0])[0], list[0], injection) {
			bodies = append(bodies, object(fields, name, []any{item}))
		}
	}
	return bodies
}

// A text that looks like SQL is kept and found again as it was written.
func TestTextsAreKeptAsWritten(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	for _, text := range injections {
		made := f.send(staff, http.MethodPost, "/v1/participants", map[string]any{"first_name": text, "last_name": text, "address": text}).is(201)
		got := f.send(staff, http.MethodGet, "/v1/participants/"+made.text("id"), nil).is(200)
		if got.text("first_name") != text || got.text("last_name") != text || got.text("address") != text {
			t.Errorf("%q became %s", text, got.Text)
		}
	}
	anybody := f.send(staff, http.MethodGet, "/v1/participants?limit=200", nil).is(200)
	if got := len(anybody.items()); got != len(injections) {
		t.Errorf("%d people, not %d", got, len(injections))
	}
	// A search for a pattern is for the text: it finds no more than a name would.
	for _, text := range []string{"%", "_%", "%' OR '%'='", "' OR 1=1 --", "?"} {
		found := f.send(staff, http.MethodPost, "/v1/participants/search", map[string]any{"query": text})
		if found.Status == http.StatusOK && len(found.items()) == len(injections) {
			t.Errorf("a search for %q finds everybody", text)
		}
	}
}
