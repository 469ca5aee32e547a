package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"o2r/domain"
)

// LoadContours keeps the contours of territories in place of those kept before, all of them or none. Others stay.
func (s *Session) LoadContours(ctx context.Context, contours []domain.Contour, source string) (int, error) {
	return fetch(ctx, s, func(t *tx) (int, error) {
		if err := domain.CheckSource(source); err != nil {
			return 0, err
		}
		if err := t.checkContours(contours); err != nil {
			return 0, err
		}
		for _, contour := range contours {
			geometry, err := json.Marshal(contour.Geometry)
			if err != nil {
				return 0, err
			}
			err = t.Exec(`INSERT INTO territory_contours (code, geometry, source, loaded_at) VALUES (?, ?, ?, ?)
				ON CONFLICT (code) DO UPDATE SET geometry = excluded.geometry, source = excluded.source, loaded_at = excluded.loaded_at`,
				contour.Code, string(geometry), source, t.now).Error
			if err != nil {
				return 0, err
			}
		}
		return len(contours), t.wrote(trace{action: "updated", kind: "contours", fields: []string{"geometry"}})
	})
}

// CheckContours says what is wrong with contours, and writes nothing.
func (s *Session) CheckContours(ctx context.Context, contours []domain.Contour) error {
	return s.within(ctx, func(t *tx) error { return t.checkContours(contours) })
}

// checkContours refuses codes that are no territory's.
func (t *tx) checkContours(contours []domain.Contour) error {
	codes := make(domain.Codes, len(contours))
	for i, contour := range contours {
		codes[i] = contour.Code
	}
	var known []string
	if err := t.Table("territories").Where("code = ANY(?::text[])", codes).Pluck("code", &known).Error; err != nil {
		return err
	}
	return domain.CheckContours(contours, known)
}

// MapQuery is of which days a map is asked for.
type MapQuery struct{ domain.PeriodInput }

// Map answers which territories a programme reaches. It is made of the breakdown by territory, and withholds what that
// withholds.
func (s *Session) Map(ctx context.Context, programme string, q MapQuery) (Shown[domain.Map], error) {
	return snapshot(ctx, s, func(t *tx) (Shown[domain.Map], error) {
		var shown Shown[domain.Map]
		question, err := t.mayAsk(programme, inquiry{FiguresQuery: FiguresQuery{PeriodInput: q.PeriodInput}, picks: []string{string(domain.ByTerritory)}})
		if err == nil {
			err = t.gatherFor(&question)
		}
		if err != nil {
			return shown, err
		}
		places, geometries, err := t.mapPlaces(question.Places())
		if err != nil {
			return shown, err
		}
		if shown.Answer, err = question.Map(places); err != nil {
			return shown, err
		}
		text, err := json.Marshal(shown.Answer)
		if err != nil {
			return shown, err
		}
		sum := sha256.Sum256(append(text, geometries...))
		shown.Tag = hex.EncodeToString(sum[:16])
		return shown, nil
	})
}

// mapPlaces are the territories of those codes, by code, with their contours, and these as one text.
func (t *tx) mapPlaces(codes []string) (places []domain.MapPlace, geometries []byte, err error) {
	var rows []struct {
		Code, Name string
		Kind       domain.TerritoryKind
		Geometry   *string
	}
	err = t.Table("territories").Select("territories.code", "territories.name", "territories.kind", "territory_contours.geometry::text AS geometry").
		Joins("LEFT JOIN territory_contours ON territory_contours.code = territories.code").
		Where("territories.code = ANY (?)", array(codes)).Order("territories.code").Find(&rows).Error
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		place := domain.MapPlace{Code: row.Code, Name: row.Name, Kind: row.Kind}
		if row.Geometry != nil {
			geometries = append(geometries, *row.Geometry...)
			place.Geometry = &domain.Geometry{}
			if err := json.Unmarshal([]byte(*row.Geometry), place.Geometry); err != nil {
				return nil, nil, err
			}
		}
		places = append(places, place)
	}
	return places, geometries, nil
}
