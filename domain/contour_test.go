package domain

import (
	"errors"
	"strings"
	"testing"
)

func TestReadContours(t *testing.T) {
	const square = `[[2.3,50.1],[2.3,50.2],[2.4,50.2],[2.4,50.1],[2.3,50.1]]` // clockwise
	collection := func(features ...string) string {
		return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
	}
	feature := func(properties, geometry string) string {
		return `{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}`
	}
	read, err := ReadContours([]byte(collection(
		feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[`+square+`]}`),
		feature(`{"insee":"80318","nom":"Flixecourt"}`, `{"type":"MultiPolygon","coordinates":[[`+square+`]]}`),
		feature(`{"code_qp":"QP080003"}`, `{"type":"Point","coordinates":[2.3,49.9,31.5]}`),
	)))
	if err != nil || len(read) != 3 {
		t.Fatal(read, err)
	}
	for i, want := range []string{
		`80253 Polygon [[[2.3,50.1],[2.4,50.1],[2.4,50.2],[2.3,50.2],[2.3,50.1]]]`, // turned, as RFC 7946 has the outer ring
		`80318 MultiPolygon [[[[2.3,50.1],[2.4,50.1],[2.4,50.2],[2.3,50.2],[2.3,50.1]]]]`,
		`QP080003 Point [2.3,49.9]`,
	} {
		if got := read[i].Code + " " + read[i].Geometry.Type + " " + string(read[i].Geometry.Coordinates); got != want {
			t.Errorf("read %s, not %s", got, want)
		}
	}
	again, err := ReadContours([]byte(collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":`+string(read[0].Geometry.Coordinates)+`}`))))
	if err != nil || string(again[0].Geometry.Coordinates) != string(read[0].Geometry.Coordinates) {
		t.Errorf("what was turned once is turned again: %s, %v", again, err)
	}
	for text, code := range map[string]string{
		``:                   "no_geojson",
		`[]`:                 "no_geojson",
		`{"type":"Feature"}`: "no_geojson",
		collection():         "required",
		collection(feature(`{"nom":"X"}`, `null`)):                                                                                                             "required",
		collection(feature(`{"code":80253}`, `null`)):                                                                                                          "required",
		collection(feature(`{"code":"80253"}`, `null`)):                                                                                                        "required",
		collection(feature(`{"code":"80253"}`, `{"type":"LineString","coordinates":[[2,50],[3,50]]}`)):                                                         "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[]}`)):                                                                         "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[[2,50],[3,50],[2,50]]]}`)):                                                   "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[[2,50],[3,50],[3,51],[2,51]]]}`)):                                            "geometry", // open
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[[652000,7000000],[652001,7000000],[652001,7000001],[652000,7000000]]]}`)):    "geometry", // metres
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[[50.1,2.3],[50.2,2.3],[50.2,2.4],[50.1,2.3]]]}`)):                            "geometry", // latitude first
		collection(feature(`{"code":"QP080003"}`, `{"type":"Point","coordinates":[0,0]}`)):                                                                     "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Point","coordinates":[null,50]}`)):                                                                    "geometry", // which Go reads as 0
		collection(feature(`{"code":"97209"}`, `{"type":"Polygon","coordinates":[[[null,null],[1,0],[1,1],[null,null]]]}`)):                                    "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[[2,50],[2,50],[2,50],[2,50]]]}`)):                                            "geometry", // of no extent
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[[2,50],[3,51],[3,50],[2,51],[2,50]]]}`)):                                     "geometry", // a bow tie
		collection(feature(`{"code":"80253"}`, `{"type":"Polygon","coordinates":[[`+strings.Repeat(`[2,50],[3,50],[3,51],`, 33_334)+`[2,50]]]}`)):              "geometry", // too fine
		collection(feature(`{"code":"80253"}`, `{"type":"GeometryCollection","geometries":[]}`)):                                                               "geometry",
		collection(strings.Replace(feature(`{"code":"80253"}`, `{"type":"Point","coordinates":[2,50]}`), `"Feature"`, `"Autre"`, 1)):                           "no_geojson",
		collection(feature(`{"code":"80\u001b[31m3"}`, `{"type":"Point","coordinates":[2,50]}`)):                                                               "unknown_territory",
		collection(feature(`{"code":"80253"}`, `{"type":"Point","coordinates":[2]}`)):                                                                          "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Point","coordinates":"2,50"}`)):                                                                       "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"MultiPolygon","coordinates":[]}`)):                                                                    "geometry",
		collection(feature(`{"code":"80253"}`, `{"type":"Point","coordinates":[2,50]}`), feature(`{"code":"80253"}`, `{"type":"Point","coordinates":[2,50]}`)): "repeated",
	} {
		var refused *Error
		if _, err := ReadContours([]byte(text)); !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Code != code {
			t.Errorf("%.200s is refused by %v, not for %s", text, err, code)
		} else if strings.Contains(refused.Fields[0].Message, "\x1b") {
			t.Errorf("what was read is written to a terminal: %q", refused.Fields[0].Message)
		}
	}
	if _, err := ReadContours([]byte(collection(feature(`{"code":"97209"}`, `{"type":"Point","coordinates":[-61.06,14.61]}`), feature(`{"code":"2A004"}`, `{"type":"Point","coordinates":[8.73,41.92]}`)))); err != nil {
		t.Errorf("Fort-de-France and Ajaccio: %v", err)
	}
	if err := CheckContours(read, []string{"80253", "QP080003"}); err == nil || !strings.Contains(err.(*Error).Fields[0].Location, "features[1]") {
		t.Errorf("a code that is no territory's: %v", err)
	}
}
