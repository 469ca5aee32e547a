package api

import (
	"encoding/json"
	"fmt"
	"io"

	"o2r/domain"
)

// geoJSONType is a map (RFC 7946).
const geoJSONType = "application/geo+json"

type feature struct {
	Type       string           `json:"type"`
	ID         string           `json:"id"`
	Geometry   *domain.Geometry `json:"geometry"` // null where no contour was loaded
	Properties domain.MapPlace  `json:"properties"`
}

// writeGeoJSON writes a map as a FeatureCollection. The days that it is about are members beside the features.
func writeGeoJSON(w io.Writer, body any) error {
	answer, ok := body.(domain.Map)
	if !ok {
		return fmt.Errorf("%T is no map", body)
	}
	collection := struct {
		Type string `json:"type"`
		domain.About
		Features []feature `json:"features"`
	}{"FeatureCollection", answer.About, []feature{}}
	for _, place := range answer.Items {
		collection.Features = append(collection.Features, feature{"Feature", place.Code, place.Geometry, place})
	}
	return json.NewEncoder(w).Encode(collection)
}
