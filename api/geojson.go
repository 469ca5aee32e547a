package api

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

// geoJSONType is a map (RFC 7946).
const geoJSONType = "application/geo+json"

type feature[P any] struct {
	Type       string    `json:"type" doc:"What it is." enum:"Feature" maxLength:"7" example:"Feature"`
	ID         string    `json:"id" doc:"Code of the territory." maxLength:"8" example:"80253"`
	Geometry   *geometry `json:"geometry" doc:"Where it lies; null where no contour was loaded."`
	Properties P         `json:"properties" doc:"What is known of it."`
}

type geometry struct {
	Type        string    `json:"type" doc:"Kind of geometry." enum:"Polygon,MultiPolygon,Point" maxLength:"12" example:"Point"`
	Coordinates positions `json:"coordinates" doc:"Longitude and latitude in WGS 84, as deep as the kind of geometry has them (RFC 7946, 3.1)."`
}

// positions are coordinates as they were loaded.
type positions struct{ json.RawMessage }

// Schema says what the type does not: numbers, in lists as deep as the geometry has them.
func (positions) Schema(huma.Registry) *huma.Schema {
	most, least, greatest := 1_000_000, -180.0, 180.0
	return &huma.Schema{
		Type: huma.TypeArray, MaxItems: &most, Description: "Longitude and latitude in WGS 84, as deep as the kind of geometry has them (RFC 7946, 3.1).",
		Items: &huma.Schema{AnyOf: []*huma.Schema{
			{Type: huma.TypeNumber, Minimum: &least, Maximum: &greatest},
			{Type: huma.TypeArray, MaxItems: &most, Items: &huma.Schema{}},
		}},
		Examples: []any{[]any{2.34, 50.15}},
	}
}

func featureOf[P any](place domain.Place, properties P) feature[P] {
	one := feature[P]{Type: "Feature", ID: place.Code, Properties: properties}
	if place.Geometry != nil {
		one.Geometry = &geometry{place.Geometry.Type, positions{place.Geometry.Coordinates}}
	}
	return one
}

// territoryContours is where territories lie: JSON of a type of its own, and of no other.
type territoryContours struct {
	Type     string                     `json:"type" doc:"What it is." enum:"FeatureCollection" maxLength:"17" example:"FeatureCollection"`
	Sources  []string                   `json:"sources" doc:"Where the contours in it come from, with their licence, in the words of whoever loaded them (o2r import contours --source): to be named wherever the map is shown. A foreign member (RFC 7946, 6.1)." maxItems:"5000" maxLength:"500" nullable:"false" example:"[\"IGN, Admin Express 2026, licence ouverte 2.0\"]"`
	Features []feature[territoryOnList] `json:"features" doc:"Each territory, by code." maxItems:"5000" nullable:"false"`
}

type territoryOnList struct {
	Code     string               `json:"code" doc:"INSEE code of the commune, or code of the priority quarter." maxLength:"8" example:"80253"`
	Name     string               `json:"name" doc:"Official name." maxLength:"200" example:"Doullens"`
	Kind     domain.TerritoryKind `json:"kind" doc:"Commune or priority quarter."`
	Sector   **string             `json:"sector,omitempty" doc:"The programme's own grouping. Only where a programme is asked for." maxLength:"100" example:"Doullens"`
	Targeted *bool                `json:"targeted,omitempty" doc:"Whether it is on the list in force of the programme that is asked for." example:"true"`
}

// ContentType is what it is sent as.
func (territoryContours) ContentType(string) string { return geoJSONType }

func contoursOf(located []domain.LocatedTerritory) territoryContours {
	collection := territoryContours{Type: "FeatureCollection", Features: []feature[territoryOnList]{}}
	places := make([]domain.Place, len(located))
	for i, one := range located {
		places[i] = one.Place
		properties := territoryOnList{Code: one.Code, Name: one.Name, Kind: one.Kind}
		if one.OnList != nil {
			properties.Sector, properties.Targeted = &one.Sector, &one.Targeted
		}
		collection.Features = append(collection.Features, featureOf(one.Place, properties))
	}
	collection.Sources = domain.Sources(places...)
	return collection
}

// writeGeoJSON writes a FeatureCollection. The days that a map is about, and where its contours come from, are members beside the
// features.
func writeGeoJSON(w io.Writer, body any) error {
	switch answer := body.(type) {
	case territoryContours:
		return json.NewEncoder(w).Encode(answer)
	case domain.Map:
		collection := struct {
			Type string `json:"type"`
			domain.About
			Sources  []string                   `json:"sources"`
			Features []feature[domain.MapPlace] `json:"features"`
		}{Type: "FeatureCollection", About: answer.About, Features: []feature[domain.MapPlace]{}}
		var places []domain.Place
		for _, place := range answer.Items {
			places = append(places, place.Place)
			collection.Features = append(collection.Features, featureOf(place.Place, place))
		}
		collection.Sources = domain.Sources(places...)
		return json.NewEncoder(w).Encode(collection)
	}
	return fmt.Errorf("%T is no map", body)
}
