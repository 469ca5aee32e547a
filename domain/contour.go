package domain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Contour is where a territory lies, as a geometry of RFC 7946: longitude and latitude in WGS 84.
type Contour struct {
	Code     string
	Geometry Geometry
}

// MaxPositions is how many positions a contour has at most: more than the finest drawing of any commune, and few enough
// that one contour always fits an answer.
const MaxPositions = 100_000

var territoryCode = regexp.MustCompile(`^[0-9A-Z]{5,8}$`)

// Geometry is a polygon, several, or a point where no contour is known.
type Geometry struct {
	Type        string          `json:"type" doc:"Kind of geometry." enum:"Polygon,MultiPolygon,Point" maxLength:"20" example:"Point"`
	Coordinates json.RawMessage `json:"coordinates"`
}

type lonLat [2]float64

// ReadContours reads a FeatureCollection whose features name their territory in the property code (or insee, code_insee,
// code_qp), and refuses it whole, feature by feature, for what is no territory's contour. Rings are turned as RFC 7946 has
// them, the outer one counterclockwise; heights are left out.
func ReadContours(text []byte) ([]Contour, error) {
	var file struct {
		Type     string `json:"type"`
		Features []struct {
			Type       string         `json:"type"`
			Properties map[string]any `json:"properties"`
			Geometry   *Geometry      `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(text, &file); err != nil || file.Type != "FeatureCollection" {
		return nil, FieldFault("type", "no_geojson", "The file is no GeoJSON FeatureCollection (RFC 7946).")
	}
	var faults Faults
	var contours []Contour
	seen := map[string]bool{}
	for i, feature := range file.Features {
		at := "features[" + itoa(i) + "]"
		code := ""
		for _, name := range []string{"code", "insee", "code_insee", "code_qp"} {
			if text, ok := feature.Properties[name].(string); ok && code == "" {
				code = text
			}
		}
		switch {
		case feature.Type != "Feature":
			faults.Add(at+".type", "no_geojson", "This is no Feature (RFC 7946).")
			continue
		case code == "":
			faults.Add(at+".properties.code", "required", "A feature names its territory: the INSEE code of a commune or the code of a priority quarter.")
			continue
		case !territoryCode.MatchString(code): // and not repeated: it may be anything
			faults.Add(at+".properties.code", "unknown_territory", "This is neither the INSEE code of a commune nor the code of a priority quarter.")
			continue
		case seen[code]:
			faults.Add(at+".properties.code", "repeated", "The territory %s is already in the file.", code)
			continue
		case feature.Geometry == nil:
			faults.Add(at+".geometry", "required", "The territory %s has no geometry here.", code)
			continue
		}
		seen[code] = true
		geometry, err := feature.Geometry.checked(inMainland(code))
		if err != nil {
			faults.Add(at+".geometry", "geometry", "The territory %s: %s.", code, err)
			continue
		}
		contours = append(contours, Contour{code, geometry})
	}
	if len(file.Features) == 0 {
		faults.Add("features", "required", "The file has no feature.")
	}
	return contours, faults.Err()
}

// inMainland tells of a territory's code whether it lies in mainland France or Corsica.
func inMainland(code string) bool {
	department := strings.TrimPrefix(code, "QP")
	return !strings.HasPrefix(department, "97") && !strings.HasPrefix(department, "98")
}

// checked is the geometry with two coordinates a position and its rings turned.
func (g Geometry) checked(mainland bool) (Geometry, error) {
	if bytes.Contains(g.Coordinates, []byte("null")) { // which Go reads as zero
		return g, fmt.Errorf("coordinates are numbers, and none is null")
	}
	switch g.Type {
	case "Point":
		var at []float64
		if err := json.Unmarshal(g.Coordinates, &at); err != nil {
			return g, fmt.Errorf("a point has one position")
		}
		point, err := positionOf(at, mainland)
		return g.with(point), err
	case "Polygon":
		var rings [][][]float64
		if err := json.Unmarshal(g.Coordinates, &rings); err != nil {
			return g, fmt.Errorf("a polygon is a list of rings")
		}
		left := MaxPositions
		polygon, err := polygonOf(rings, mainland, &left)
		return g.with(polygon), err
	case "MultiPolygon":
		var parts [][][][]float64
		if err := json.Unmarshal(g.Coordinates, &parts); err != nil || len(parts) == 0 {
			return g, fmt.Errorf("several polygons are a list of lists of rings")
		}
		polygons, left := make([][][]lonLat, len(parts)), MaxPositions
		for i, rings := range parts {
			var err error
			if polygons[i], err = polygonOf(rings, mainland, &left); err != nil {
				return g, err
			}
		}
		return g.with(polygons), nil
	}
	return g, fmt.Errorf("a territory is a Polygon, a MultiPolygon or a Point")
}

func (g Geometry) with(coordinates any) Geometry {
	text, err := json.Marshal(coordinates)
	if err != nil {
		panic(err) // of numbers that were read
	}
	return Geometry{g.Type, text}
}

// polygonOf takes its positions off those that are left to the contour.
func polygonOf(rings [][][]float64, mainland bool, left *int) ([][]lonLat, error) {
	if len(rings) == 0 {
		return nil, fmt.Errorf("a polygon has an outer ring")
	}
	polygon := make([][]lonLat, len(rings))
	for i, ring := range rings {
		if *left -= len(ring); *left < 0 {
			return nil, fmt.Errorf("a contour has at most %d positions: load a simpler one", MaxPositions)
		}
		for _, at := range ring {
			one, err := positionOf(at, mainland)
			if err != nil {
				return nil, err
			}
			polygon[i] = append(polygon[i], one)
		}
		if len(ring) < 4 || polygon[i][0] != polygon[i][len(ring)-1] {
			return nil, fmt.Errorf("a ring has four positions or more, and ends where it begins")
		}
		enclosed := area(polygon[i])
		if enclosed == 0 {
			return nil, fmt.Errorf("a ring encloses nothing, or crosses itself")
		}
		if counterclockwise := enclosed > 0; counterclockwise != (i == 0) {
			slices.Reverse(polygon[i])
		}
	}
	return polygon, nil
}

func positionOf(at []float64, mainland bool) (lonLat, error) {
	switch {
	case len(at) < 2 || len(at) > 3 || at[0] < -180 || at[0] > 180 || at[1] < -90 || at[1] > 90:
		return lonLat{}, fmt.Errorf("a position is a longitude and a latitude in degrees (WGS 84)")
	case mainland && (at[0] < -6 || at[0] > 10 || at[1] < 41 || at[1] > 52):
		return lonLat{}, fmt.Errorf("%v, %v lies outside of mainland France: the longitude comes first, then the latitude", at[0], at[1])
	}
	return lonLat{at[0], at[1]}, nil
}

// area is twice that of the ring, positive where it runs counterclockwise.
func area(ring []lonLat) (sum float64) {
	for i := 1; i < len(ring); i++ {
		sum += ring[i-1][0]*ring[i][1] - ring[i][0]*ring[i-1][1]
	}
	return sum
}

// CheckSource refuses contours of which nobody says where they come from.
func CheckSource(source string) error {
	var faults Faults
	faults.Text("source", source)
	if len(source) > 500 {
		faults.Add("source", "too_long", "At most 500 characters.")
	}
	return faults.Err()
}

// CheckContours refuses, feature by feature, codes that are no territory's.
func CheckContours(contours []Contour, known []string) error {
	exists := map[string]bool{}
	for _, code := range known {
		exists[code] = true
	}
	var faults Faults
	for i, contour := range contours {
		if !exists[contour.Code] {
			faults.Add("features["+itoa(i)+"].properties.code", "unknown_territory", "There is no commune or priority quarter %s.", contour.Code)
		}
	}
	return faults.Err()
}

// Map says which territories a programme reaches: those of its targeted list and, for who may know, others that people
// came from. Contours are where they were loaded.
type Map struct {
	About
	Items []MapPlace `json:"items" doc:"Each territory, by code." maxItems:"5000" nullable:"false"`
}

// Place is a territory and where it lies.
type Place struct {
	Code string        `json:"code" doc:"INSEE code of the commune, or code of the priority quarter." maxLength:"8" example:"80253"`
	Name string        `json:"name" doc:"Official name." maxLength:"200" example:"Doullens"`
	Kind TerritoryKind `json:"kind" doc:"Commune or priority quarter."`

	Geometry *Geometry `json:"-"` // where it is drawn
	Located  bool      `json:"-"` // whether its contour is loaded, drawn or not
	Source   string    `json:"-"` // of the geometry, and its licence, as whoever loaded it says
}

// Sources are those of the geometries of places, each once.
func Sources(places ...Place) []string {
	said := map[string]bool{}
	for _, place := range places {
		if place.Geometry != nil {
			said[place.Source] = true
		}
	}
	sources := slices.Sorted(maps.Keys(said))
	if sources == nil {
		return []string{}
	}
	return sources
}

// MapPlace is one territory of the map.
type MapPlace struct {
	Place
	Sector        *string `json:"sector" doc:"The programme's own grouping." maxLength:"100" example:"Doullens"`
	Targeted      bool    `json:"targeted" doc:"Whether it is on the programme's list in force." example:"true"`
	Beneficiaries *int    `json:"beneficiaries" doc:"Distinct people who entered from there: the indicator beneficiaries under that filter. Null when suppressed." minimum:"0" maximum:"1000000" example:"6"`
	Reached       *bool   `json:"reached" doc:"Whether anybody came from there. Null when suppressed." example:"true"`
	Suppressed    bool    `json:"suppressed" doc:"Whether both are withheld because they would be about too few people." example:"false"`
	Located       bool    `json:"located" doc:"Whether its contour is loaded: with Accept: application/geo+json it is in the answer." example:"false"`
}

// Places are the codes that a map of the question is about.
func (q Question) Places() []string {
	codes := map[string]bool{}
	for _, place := range q.Basis.Places {
		codes[place.TerritoryCode] = true
	}
	if !q.Silent() {
		for _, r := range q.known(q.Period.AsOf, q.Filter).Records {
			if r.TerritoryCode != nil && q.Period.holds(r.EnteredOn) {
				codes[*r.TerritoryCode] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

// Map answers which territories are reached. Of each, it says what the breakdown by territory says; a place of which nothing
// may be said looks like every other such place, reached or not.
func (q Question) Map(territories []Place) (Map, error) {
	people, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByTerritory})
	if err != nil {
		return Map{}, err
	}
	figures := map[string]Figure{}
	for _, row := range people.Items {
		if code := row.Values.Territory; code != nil {
			figures[*code] = row.Figure
		}
	}
	answer := Map{About: people.About, Items: []MapPlace{}}
	for _, territory := range territories {
		place := MapPlace{Place: territory}
		at := slices.IndexFunc(q.Basis.Places, func(p TargetedPlace) bool { return p.TerritoryCode == place.Code })
		if place.Targeted = at >= 0; place.Targeted {
			place.Sector = q.Basis.Places[at].Sector
		}
		figure, found := figures[place.Code]
		if place.Suppressed = !found || figure.Suppressed || figure.Numerator == nil; !place.Suppressed {
			place.Beneficiaries, place.Reached = figure.Numerator, new(*figure.Numerator > 0)
		}
		place.Located = territory.Located
		answer.Items = append(answer.Items, place)
	}
	return answer, nil
}

// Table is the map as a header and a row for each territory.
func (m Map) Table() (header []string, rows [][]string) {
	sheet := sheetOf("", m.Items)
	about := []string{m.Programme, m.AsOf.String(), m.From.String(), m.To.String()}
	for _, row := range sheet.Rows {
		rows = append(rows, append(slices.Clone(about), row...))
	}
	return append([]string{"programme", "as_of", "from", "to"}, sheet.Header...), rows
}
