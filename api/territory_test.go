package api_test

import (
	"net/http"
	"strings"
	"testing"

	"o2r/domain"
)

func TestATargetedListIsReplacedWhole(t *testing.T) {
	f := newFixture(t)
	coordinator, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	const path = "/v1/programmes/" + somme + "/territories"
	if empty := f.send(analyst, http.MethodGet, path, nil).is(200); empty.Header.Get("ETag") != `"0"` {
		t.Error("before any list was written the ETag is", empty.Header.Get("ETag"))
	}
	csv := func(text, etag string) reply {
		return f.send(coordinator, http.MethodPut, path, text, "Content-Type", "text/csv", "If-Match", etag)
	}
	csv("\ufeffterritory_code;sector\r\n80253;Doullens\r\n80318;Flixecourt\r\n80001;\r\n", `"0"`).is(200)
	read := f.send(analyst, http.MethodGet, path, nil).is(200)
	for _, want := range []string{`"code":"80253"`, `"sector":"Doullens"`, `"code":"80001"`, `"sector":null`, `"provisional":false`, `"version":1`} {
		if !strings.Contains(read.Text, want) {
			t.Errorf("%s is not in %s", want, read.Text)
		}
	}
	f.send(coordinator, http.MethodPut, path, map[string]any{"items": []any{map[string]any{"territory_code": "QP080003", "sector": "Amiens Nord"}}, "provisional": true}, "If-Match", `"1"`).is(200)
	csv("territory_code\n80253\n", `"1"`).is(412)

	for _, c := range []struct{ name, body, location string }{
		{"an unknown code", "territory_code\n80253\n99999\n", "body.items[1].territory_code"},
		{"a code twice", "territory_code\n80253\n80253\n", "body.items[1].territory_code"},
		{"an unknown column", "territory_code,colour\n80253,blue\n", "body.items[0].colour"},
		{"no code column", "sector\nDoullens\n", "body.items[0].territory_code"},
		{"a row of another length", "territory_code,sector\n80253\n", "body.items[0]"},
		{"no row", "territory_code\n", "body.items"},
		{"no header", "", "body"},
		{"not UTF-8", "territory_code,sector\n80253,Doull\xe9ns\n", "body"},
		{"a column twice", "territory_code,territory_code\n80253,80318\n", "body"},
		{"too long a sector", "territory_code,sector\n80253," + strings.Repeat("x", 101) + "\n", "body.items[0].sector"},
		{"a control character", "territory_code,sector\n80253,Doul\x00lens\n", "body.items[0].sector"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := csv(c.body, `"2"`)
			if got.Status/100 != 4 || !strings.Contains(got.Text, `"location":"`+c.location+`"`) {
				t.Errorf("answered %d: %s", got.Status, got.Text)
			}
		})
	}
	if read := f.send(analyst, http.MethodGet, path, nil).is(200); read.Header.Get("ETag") != `"2"` {
		t.Error("a refused list was written:", read.Text)
	}
}
