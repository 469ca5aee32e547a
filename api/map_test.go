package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

// TestTheMap: a coordinator sees which territories are reached, as a table and, where contours were loaded, as GeoJSON;
// an analyst no more than the breakdown tells her.
func TestTheMap(t *testing.T) {
	f := newFixture(t)
	f.caseload() // 12 people in 80253 and two in 80021, on a list with 80001, which nobody came from
	lead, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	person := f.send(lead, "POST", "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Fictif"}).is(201).text("id")
	f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-06-02", "territory_code": "80016"}).is(201)
	const path, geojson = "/v1/programmes/" + somme + "/map", "application/geo+json"

	places := func(read reply) (said string) {
		for _, item := range read.items() {
			said += fmt.Sprint(item["code"], " ", item["name"], " ", item["sector"], " ", item["targeted"], " ", item["beneficiaries"], " ", item["reached"], " ", item["suppressed"], " ", item["located"], "\n")
		}
		return said
	}
	table := f.send(lead, "GET", path+"?as_of=2025-12-31", nil).is(200)
	if got, want := places(table), "80001 Abbeville <nil> true 0 false false false\n80016 Albert <nil> false 1 true false false\n80021 Amiens Nord true 2 true false false\n80253 Doullens Doullens true 12 true false false\n"; got != want {
		t.Errorf("the map is\n%snot\n%s", got, want)
	}
	if got := places(f.send(lead, "GET", path+"?as_of=2025-04-30", nil).is(200)); !strings.Contains(got, "80021 Amiens Nord true 0 false") || strings.Contains(got, "80016") {
		t.Errorf("in April the map was\n%s", got)
	}
	rows, err := csv.NewReader(strings.NewReader(f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "Accept", "text/csv").is(200).Text)).ReadAll()
	if err != nil || len(rows) != 5 || strings.Join(rows[0], ",") != "programme,as_of,from,to,code,name,kind,sector,targeted,beneficiaries,reached,suppressed,located" || strings.Join(rows[4][4:], ",") != "80253,Doullens,commune,Doullens,true,12,true,false,false" {
		t.Errorf("as CSV it is %q: %v", rows, err)
	}

	// Without contours it is a collection all the same, of features that lie nowhere.
	before := f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "Accept", geojson).is(200)
	contours, err := domain.ReadContours([]byte(`{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"code":"80253"},"geometry":{"type":"Polygon","coordinates":[[[2.3,50.1],[2.3,50.2],[2.4,50.2],[2.4,50.1],[2.3,50.1]]]}},
		{"type":"Feature","properties":{"code":"80001"},"geometry":{"type":"Point","coordinates":[1.8,50.1]}}]}`))
	f.must(err)
	for _, role := range []domain.Role{domain.Coordinator, domain.Caseworker, domain.Partner, domain.Analyst, domain.DPO} {
		if _, err := f.as(role).LoadContours(t.Context(), contours, "Essai"); err == nil {
			t.Errorf("%s loads contours", role)
		}
	}
	admin := f.as(domain.Admin)
	if _, err := admin.LoadContours(t.Context(), append(contours[:1:1], domain.Contour{Code: "99999", Geometry: contours[0].Geometry}), "Essai"); err == nil || f.count(`SELECT count(*) FROM territory_contours`) != 0 {
		t.Errorf("a territory that is none is loaded: %v", err)
	}
	if _, err := admin.LoadContours(t.Context(), contours, " "); err == nil {
		t.Error("nobody says where they come from")
	}
	for range 2 { // again in place of the former
		if loaded, err := admin.LoadContours(t.Context(), contours, "Essai"); err != nil || loaded != 2 {
			t.Fatal(loaded, err)
		}
	}
	read := f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "Accept", geojson).is(200)
	if read.Header.Get("Content-Type") != geojson || read.Header.Get("ETag") == before.Header.Get("ETag") || read.Header.Get("ETag") == table.Header.Get("ETag") {
		t.Errorf("it is sent as %s, %s", read.Header.Get("Content-Type"), read.Header.Get("ETag"))
	}
	f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "Accept", geojson, "If-None-Match", read.Header.Get("ETag")).is(304)
	var collection struct {
		Type, Programme string
		Features        []struct {
			Type, ID   string
			Geometry   json.RawMessage
			Properties map[string]any
		}
	}
	f.must(json.Unmarshal([]byte(read.Text), &collection))
	if collection.Type != "FeatureCollection" || collection.Programme != somme || len(collection.Features) != 4 {
		t.Fatalf("as GeoJSON it is %s", read.Text)
	}
	for i, want := range []string{
		`80001 {"type":"Point","coordinates":[1.8,50.1]} 0`, `80016 null 1`, `80021 null 2`,
		`80253 {"type":"Polygon","coordinates":[[[2.3,50.1],[2.4,50.1],[2.4,50.2],[2.3,50.2],[2.3,50.1]]]} 12`,
	} {
		feature := collection.Features[i]
		if got := fmt.Sprint(feature.ID, " ", strings.ReplaceAll(string(feature.Geometry), " ", ""), " ", feature.Properties["beneficiaries"]); got != want || feature.Type != "Feature" || feature.Properties["code"] != feature.ID {
			t.Errorf("feature %d is %s, not %s", i, got, want)
		}
	}

	// A table says of which territories there is a contour: where that lies now moves the drawn map alone.
	located := f.send(lead, "GET", path+"?as_of=2025-12-31", nil).is(200)
	if got := places(located); !strings.Contains(got, "80253 Doullens Doullens true 12 true false true\n") || located.Header.Get("ETag") == table.Header.Get("ETag") {
		t.Errorf("with contours the table is\n%s", got)
	}
	f.exec(`UPDATE territory_contours SET loaded_at = clock_timestamp(), geometry = '{"type":"Point","coordinates":[2.34,50.15]}' WHERE code = '80253'`)
	f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "If-None-Match", located.Header.Get("ETag")).is(304)
	f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "Accept", geojson, "If-None-Match", read.Header.Get("ETag")).is(200)
	f.exec(`UPDATE territory_contours SET loaded_at = clock_timestamp(), geometry = jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(drawn.ring))
		FROM (SELECT jsonb_agg(jsonb_build_array(2.345678, 50.123456)) AS ring FROM generate_series(1, 1500000)) drawn WHERE code = '80253'`)
	if large := f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "Accept", geojson); !strings.Contains(large.Text, "too_many_contours") || large.Status != 422 {
		t.Errorf("too large a map answers %d: %.200s", large.Status, large.Text)
	}
	f.send(lead, "GET", path+"?as_of=2025-12-31", nil, "If-None-Match", located.Header.Get("ETag")).is(304)

	// An analyst reads the breakdown and no more: of the two in Amiens nothing, and nothing of a place that is on no list.
	seen := f.send(analyst, "GET", path+"?as_of=2025-12-31", nil).is(200)
	told := map[string]map[string]any{}
	for _, row := range f.send(analyst, "GET", "/v1/programmes/"+somme+"/indicators/beneficiaries/breakdown?by=territory&as_of=2025-12-31", nil).is(200).items() {
		if code, ok := row["values"].(map[string]any)["territory"].(string); ok {
			told[code] = row
		}
	}
	for _, item := range seen.items() {
		row := told[item["code"].(string)]
		if item["beneficiaries"] != row["numerator"] || item["suppressed"] != row["suppressed"] || (item["reached"] == nil) != (item["suppressed"] == true) {
			t.Errorf("of %v an analyst reads %v, and in the breakdown %v", item["code"], item, row)
		}
	}
	if got := places(seen); strings.Contains(got, "80016") || !strings.Contains(got, "80021 Amiens Nord true <nil> <nil> true") {
		t.Errorf("an analyst reads\n%s", got)
	}
	if got := places(f.send(f.actor(domain.Caseworker), "GET", path, nil).is(200)); strings.Contains(got, "80016") {
		t.Errorf("without a reason a caseworker reads\n%s", got)
	}
	if got := places(f.send(f.actor(domain.Caseworker), "GET", path, nil, "Access-Reason", because).is(200)); !strings.Contains(got, "80016") {
		t.Errorf("with a reason a caseworker reads\n%s", got)
	}

	// Refused.
	f.send(lead, "GET", "/v1/programmes/"+elsewhere+"/map", nil).problem(404, "not_found")
	f.send(lead, "GET", path+"?gender=male", nil).problem(422, "invalid")
	f.send(lead, "GET", path+"?from=2025-02-01&to=2025-01-01", nil).problem(422, "invalid")
	f.send(analyst, "GET", path+"?as_of=2025-12-30", nil).problem(422, "invalid")
	f.send(lead, "GET", path, nil, "Accept", "text/html").is(406)
	for _, role := range []domain.Role{domain.Partner, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", path, nil).problem(403, "forbidden")
	}
}

// Whoever shows a map names where its contours come from: the answer says it, of the contours that are in it, and moves with it.
func TestAMapSaysWhereItsContoursComeFrom(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead := f.actor(domain.Coordinator)
	const geojson = "application/geo+json"
	paths := []string{"/v1/programmes/" + somme + "/map?as_of=2025-12-31", "/v1/territories.geojson?programme=" + somme}
	said := func(path string) (string, string) {
		read := f.send(lead, "GET", path, nil, "Accept", geojson).is(200)
		var collection struct{ Sources []string }
		f.must(json.Unmarshal([]byte(read.Text), &collection))
		if collection.Sources == nil {
			t.Errorf("%s says nothing of sources: %s", path, read.Text)
		}
		return strings.Join(collection.Sources, "; "), read.Header.Get("ETag")
	}
	load := func(source, code string) {
		contours, err := domain.ReadContours([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"` + code + `"},"geometry":{"type":"Point","coordinates":[1.8,50.1]}}]}`))
		f.must(err)
		_, err = f.as(domain.Admin).LoadContours(t.Context(), contours, source)
		f.must(err)
	}
	const ign, osm = "IGN, Admin Express 2026, licence ouverte 2.0", "© les contributeurs d'OpenStreetMap, ODbL"
	for _, step := range []struct{ source, code, want string }{
		{"", "", ""}, {ign, "80253", ign}, {ign, "80001", ign}, {osm, "80001", ign + "; " + osm}, {osm, "80253", osm}, {"Ailleurs", "13001", osm},
	} {
		tags := map[string]string{}
		for _, path := range paths {
			_, tags[path] = said(path)
		}
		if step.source != "" {
			load(step.source, step.code)
		}
		for _, path := range paths {
			got, tag := said(path)
			if got != step.want || (tag == tags[path]) != (step.code == "" || step.code == "13001") {
				t.Errorf("%s, after %s of %s: %q", path, step.source, step.code, got)
			}
		}
	}
}
