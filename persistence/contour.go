package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"gorm.io/gorm"

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

// MapQuery is of which days a map is asked for, and whether it is drawn: with contours, or as a table that says of which
// territories there is one.
type MapQuery struct {
	domain.PeriodInput
	Drawn bool
}

// Map answers which territories a programme reaches. It is made of the breakdown by territory, and withholds what that
// withholds.
func (s *Session) Map(ctx context.Context, programme string, q MapQuery) (Shown[domain.Map], error) {
	ask := inquiry{programmes: []string{programme}, what: "map", how: q.Drawn, FiguresQuery: FiguresQuery{PeriodInput: q.PeriodInput}, picks: []string{string(domain.ByTerritory)}}
	return answeredOf(ctx, s, ask, source[domain.Map]{
		mark: func(t *tx, _ domain.Question) (mark string, err error) { // each load says when
			return mark, t.Raw(`SELECT concat(count(*), ' ', max(loaded_at), ' ', sum(extract(epoch FROM loaded_at)), ' ', (SELECT max(loaded_at) FROM territory_editions)) FROM territory_contours`).Scan(&mark).Error
		},
		answer: func(t *tx, questions []domain.Question) (answer domain.Map, geometries []byte, err error) {
			query := t.Table("territories").
				Joins("LEFT JOIN territory_contours contours ON contours.code = territories.code").
				Where("territories.code = ANY (?)", array(questions[0].Places())).Session(&gorm.Session{})
			if q.Drawn {
				err = checkSize(query, "read the map as a table (application/json or text/csv)")
			}
			var places []domain.Place
			if err == nil {
				places, geometries, err = placesOf(query, q.Drawn)
			}
			if err == nil {
				answer, err = questions[0].Map(places)
			}
			return answer, geometries, err
		},
	})
}

// Contours answers where territories lie, of those whose contour is loaded: all that are asked for, or none. Whoever has a
// role may read them, as the territories themselves.
func (s *Session) Contours(ctx context.Context, q domain.ContourQuery) (Shown[[]domain.LocatedTerritory], error) {
	return snapshot(ctx, s, func(t *tx) (Shown[[]domain.LocatedTerritory], error) {
		shown := Shown[[]domain.LocatedTerritory]{Answer: []domain.LocatedTerritory{}}
		query := t.Table("territories").Where("territories.valid_until IS NULL")
		query = where(where(query, "territories.kind", q.Kind), "territories.department_code", q.Department)
		if len(q.Codes) > 0 {
			query = query.Where("territories.code = ANY (?)", array(q.Codes))
		}
		sectors := map[string]*string{}
		if q.Programme != "" {
			if _, err := t.programme(q.Programme); err != nil {
				return shown, err
			}
			list, err := t.targetedList(q.Programme)
			if err != nil {
				return shown, err
			}
			codes := make([]string, len(list.Items))
			for i, item := range list.Items {
				codes[i], sectors[item.Code] = item.Code, item.Sector
			}
			query = query.Where("territories.code = ANY (?)", array(codes))
		}
		query = query.Joins("JOIN territory_contours contours ON contours.code = territories.code").Session(&gorm.Session{})
		if err := checkSize(query, "narrow it down by programme, department, kind or code"); err != nil {
			return shown, err
		}
		places, geometries, err := placesOf(query, true)
		if err != nil {
			return shown, err
		}
		for _, place := range places {
			located := domain.LocatedTerritory{Place: place}
			if q.Programme != "" {
				located.OnList = &domain.OnList{Sector: sectors[place.Code], Targeted: true}
			}
			shown.Answer = append(shown.Answer, located)
		}
		shown.Tag, err = tagOf(shown.Answer, geometries)
		return shown, err
	})
}

// tagOf is of what is shown: the text of an answer and the geometries in it.
func tagOf(answer any, geometries []byte) (string, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(text, geometries...))
	return hex.EncodeToString(sum[:16]), nil
}

// checkSize refuses to draw the contours that a query of territories joins where they are too much for one answer.
func checkSize(query *gorm.DB, instead string) error {
	var size struct{ Count, Bytes int }
	if err := query.Select("count(contours.code) AS count, coalesce(sum(octet_length(contours.geometry::text)), 0) AS bytes").Scan(&size).Error; err != nil {
		return err
	}
	return domain.CheckContourSize(size.Count, size.Bytes, instead)
}

// placesOf are the territories of a query that joins their contours, by code, and these with their sources as one text where they are drawn.
func placesOf(query *gorm.DB, drawn bool) (places []domain.Place, geometries []byte, err error) {
	var rows []struct {
		Code, Name string
		Kind       domain.TerritoryKind
		Located    bool
		Geometry   *string
		Source     string
	}
	columns := []string{"territories.code", "territories.name", "territories.kind", "contours.code IS NOT NULL AS located"}
	if drawn {
		columns = append(columns, "contours.geometry::text AS geometry", "coalesce(contours.source, '') AS source")
	}
	err = query.Select(columns).Order("territories.code").Find(&rows).Error
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		place := domain.Place{Code: row.Code, Name: row.Name, Kind: row.Kind, Located: row.Located}
		if row.Geometry != nil {
			geometries = append(append(geometries, *row.Geometry...), row.Source...)
			place.Geometry, place.Source = &domain.Geometry{}, row.Source
			if err := json.Unmarshal([]byte(*row.Geometry), place.Geometry); err != nil {
				return nil, nil, err
			}
		}
		places = append(places, place)
	}
	return places, geometries, nil
}
