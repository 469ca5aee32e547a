package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"o2r/domain"
)

// collection is a FeatureCollection as a map reads it: each feature in one line.
func (f *fixture) collection(read reply) (lines []string) {
	f.Helper()
	var text struct {
		Type     string
		Features []struct {
			Type, ID   string
			Geometry   struct{ Type string }
			Properties map[string]any
		}
	}
	f.must(json.Unmarshal([]byte(read.Text), &text))
	if got := read.Header.Get("Content-Type"); got != "application/geo+json" || text.Type != "FeatureCollection" || text.Features == nil {
		f.Fatalf("as %s: %s", got, read.Text)
	}
	for _, feature := range text.Features {
		if feature.Type != "Feature" || feature.Properties["code"] != feature.ID {
			f.Errorf("no feature: %v", feature)
		}
		delete(feature.Properties, "code")
		lines = append(lines, fmt.Sprint(feature.ID, " ", feature.Geometry.Type, " ", feature.Properties))
	}
	return lines
}

// TestWhereTerritoriesLie: whoever has a role lays the contours that an operator loaded under a map, of the territories
// that she asks for, and never only a part of them.
func TestWhereTerritoriesLie(t *testing.T) {
	f := newFixture(t)
	lead, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	const path = "/v1/territories.geojson"
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/territories", map[string]any{"items": []any{
		map[string]any{"territory_code": "80253", "sector": "Doullens"}, map[string]any{"territory_code": "80001"}, map[string]any{"territory_code": "80021"},
	}}, "If-Match", "*").is(200)

	// Before any is loaded it is a collection of nothing.
	none := f.send(analyst, "GET", path, nil).is(200)
	if got := f.collection(none); len(got) != 0 {
		t.Errorf("without contours it is %v", got)
	}
	if got := f.collection(f.send(lead, "GET", path+"?programme="+somme, nil).is(200)); len(got) != 0 {
		t.Errorf("without contours it is %v", got)
	}

	const quarter, gone = "QP080003", "80002"
	f.exec(`UPDATE territories SET valid_until = '2025-12-31', valid_from = NULL WHERE code = '` + gone + `'`)
	load := func(west float64, codes ...string) {
		var features []string
		for _, code := range codes {
			features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"code":%q},"geometry":{"type":"Polygon","coordinates":[[[%v,50.1],[%v,50.2],[2.4,50.2],[2.4,50.1],[%v,50.1]]]}}`, code, west, west, west))
		}
		contours, err := domain.ReadContours([]byte(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`))
		f.must(err)
		_, err = f.as(domain.Admin).LoadContours(t.Context(), contours, "Essai")
		f.must(err)
	}
	load(2.3, "80253", "80001", "80016", "02001", quarter, gone) // 80021 is on the list, and lies nowhere yet

	codes := func(query string) (found string) {
		for _, line := range f.collection(f.send(analyst, "GET", path+query, nil).is(200)) {
			found += line[:strings.Index(line, " ")] + " "
		}
		return strings.TrimSpace(found)
	}
	for query, want := range map[string]string{
		"":                                    "02001 80001 80016 80253 " + quarter,
		"?programme=" + somme:                 "80001 80253",
		"?department=02":                      "02001",
		"?department=80&kind=commune":         "80001 80016 80253",
		"?kind=quartier":                      quarter,
		"?code=80253&code=02001&code=80999":   "02001 80253",
		"?code=" + gone:                       "",
		"?code=80021":                         "",
		"?programme=" + somme + "&code=80016": "",
		"?programme=" + somme + "&code=80253": "80253",
		"?department=2A":                      "",
	} {
		if got := codes(query); got != want {
			t.Errorf("%s is %q, not %q", query, got, want)
		}
	}
	listed := f.collection(f.send(lead, "GET", path+"?programme="+somme, nil).is(200))
	if got, want := strings.Join(listed, "\n"), "80001 Polygon map[kind:commune name:Abbeville sector:<nil> targeted:true]\n80253 Polygon map[kind:commune name:Doullens sector:Doullens targeted:true]"; got != want {
		t.Errorf("the targeted ones are\n%s\nnot\n%s", got, want)
	}
	if got := f.collection(f.send(lead, "GET", path+"?code=80253", nil).is(200)); fmt.Sprint(got) != "[80253 Polygon map[kind:commune name:Doullens]]" {
		t.Errorf("without a programme it is %v", got)
	}
	if got := f.send(lead, "GET", path+"?code=80253", nil).is(200).Text; !strings.Contains(strings.ReplaceAll(got, " ", ""), `"geometry":{"type":"Polygon","coordinates":[[[2.3,50.1],[2.4,50.1],[2.4,50.2],[2.3,50.2],[2.3,50.1]]]}`) {
		t.Errorf("the contour is %s", got)
	}
	for _, role := range domain.Roles { // reference data: each role reads the same
		if got := f.send(f.actor(role), "GET", path, nil).is(200); len(f.collection(got)) != 5 {
			t.Errorf("%s reads %s", role, got.Text)
		}
	}

	// It is held until what is shown moves.
	held := f.send(lead, "GET", path+"?programme="+somme, nil).is(200)
	tag := held.Header.Get("ETag")
	if held.Header.Get("Cache-Control") != "private, no-cache" || len(tag) < 10 || tag == none.Header.Get("ETag") {
		t.Errorf("it is kept by %s, %q", tag, held.Header.Get("Cache-Control"))
	}
	again := func() reply {
		return f.send(lead, "GET", path+"?programme="+somme, nil, "If-None-Match", tag)
	}
	if got := again().is(304); got.Text != "" || got.Header.Get("ETag") != tag {
		t.Errorf("held, it is sent again: %s", got.Text)
	}
	load(2.1, "80016")
	again().is(304) // is not on the list
	load(2.2, "80253")
	if got := again().is(200).Header.Get("ETag"); got == tag {
		t.Error("the ETag stays though a contour moved")
	}

	// Refused.
	f.send(nobody, "GET", path, nil).problem(401, "unauthenticated")
	for _, query := range []string{"programme=" + elsewhere, "programme=there-is-none"} {
		f.send(lead, "GET", path+"?"+query, nil).problem(404, "not_found")
	}
	f.send(f.stranger(domain.Analyst), "GET", path+"?programme="+somme, nil).problem(404, "not_found")
	for _, query := range []string{"kind=ville", "department=8", "department=2C", "code=8025", "code=80253,80001", "code=" + url.QueryEscape("80253'--"), "code=", "programme=O2R", "bbox=1,2,3,4", "limit=5", "q=Doullens", "kind=commune&kind=quartier"} {
		f.send(lead, "GET", path+"?"+query, nil).problem(422, "invalid")
	}
	for _, accept := range []string{"text/html", "text/csv", "application/json"} {
		f.send(lead, "GET", path, nil, "Accept", accept).problem(406, "not_acceptable")
	}
	for _, accept := range []string{"*/*", "application/*", "application/geo+json", "application/json, text/plain, */*"} {
		f.send(lead, "GET", path, nil, "Accept", accept).is(200)
	}
}

// TestContoursAreWholeOrRefused: what is too much for one answer is refused, with what narrows it down.
func TestContoursAreWholeOrRefused(t *testing.T) {
	f := newFixture(t)
	analyst := f.actor(domain.Analyst)
	const path = "/v1/territories.geojson"
	f.exec(`INSERT INTO territory_contours (code, geometry, source, loaded_at)
		SELECT code, '{"type":"Point","coordinates":[2.3,50.1]}', 'Essai', now() FROM territories WHERE valid_until IS NULL ORDER BY department_code = '80' DESC, code LIMIT 5000`)
	if got := f.collection(f.send(analyst, "GET", path, nil).is(200)); len(got) != 5000 {
		t.Fatalf("of 5,000 it is %d", len(got))
	}
	f.exec(`INSERT INTO territory_contours (code, geometry, source, loaded_at)
		SELECT code, '{"type":"Point","coordinates":[2.3,50.1]}', 'Essai', now() FROM territories WHERE valid_until IS NULL AND code NOT IN (SELECT code FROM territory_contours) LIMIT 1`)
	refused := f.send(analyst, "GET", path, nil)
	refused.problem(422, "invalid")
	if !strings.Contains(refused.Text, "too_many_contours") || !strings.Contains(refused.Text, "by programme, department, kind or code") {
		t.Errorf("one more is refused by %s", refused.Text)
	}
	if got := f.collection(f.send(analyst, "GET", path+"?department=80", nil).is(200)); len(got) < 700 {
		t.Errorf("the Somme is %d", len(got))
	}

	// Few, and drawn too finely.
	f.exec(`UPDATE territory_contours SET geometry = jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(drawn.ring))
		FROM (SELECT jsonb_agg(jsonb_build_array(2.345678, 50.123456)) AS ring FROM generate_series(1, 500000)) drawn WHERE code IN ('80253', '80001', '80016')`)
	f.send(analyst, "GET", path+"?code=80253&code=80001&code=80016", nil).problem(422, "invalid")
	if got := f.send(analyst, "GET", path+"?code=80253", nil).is(200); len(got.Text) < 5_000_000 {
		t.Errorf("one of them is %d bytes", len(got.Text))
	}
}
