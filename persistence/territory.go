package persistence

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"o2r/domain"
)

// inForce are the lines of each programme's latest targeted list.
const inForce = `(SELECT DISTINCT ON (programme) id, programme FROM territory_lists ORDER BY programme, version DESC)`

// Territory reads one territory by its code. Territories are public data: whoever has a role
// may read them.
func (s *Session) Territory(ctx context.Context, code string) (domain.Territory, error) {
	return fetch(ctx, s, func(t *tx) (domain.Territory, error) {
		var territory domain.Territory
		err := t.Table("territories").Where("code = ?", code).Take(&territory).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return territory, domain.Missing("territory")
		}
		return territory, err
	})
}

// withTerritory adds to what the rules refuse of an input that its territory is not there: otherwise only the database would
// say so, once all the rest is mended. Where they refuse nothing, it is left to the database.
func (t *tx) withTerritory(refused error, code *string) error {
	var refusal *domain.Error
	if code == nil || !errors.As(refused, &refusal) || len(refusal.Fields) == 0 {
		return refused
	}
	var known bool
	if err := t.Raw(`SELECT EXISTS (SELECT FROM territories WHERE code = ?)`, *code).Scan(&known).Error; err != nil {
		return err
	}
	if known {
		return refused
	}
	faults := slices.Clone(domain.Faults(refusal.Fields))
	if err := faults.Take(unknownTerritory); err != nil {
		return err
	}
	return faults.Err()
}

type territoryRow struct {
	domain.Territory
	Rank       int
	SearchName string
}

// Territories looks territories up: names that begin with what is asked for come first, then
// those that contain it, each by name.
func (s *Session) Territories(ctx context.Context, q domain.TerritoryQuery) (domain.Page[domain.Territory], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.Territory], error) {
		query := t.Table("territories").Select("territories.*, 0 AS rank").Where("valid_until IS NULL")
		if q.Q != "" {
			query = query.Select("territories.*, CASE WHEN search_name = fold(?) THEN 0 WHEN starts_with(search_name, fold(?)) THEN 1 ELSE 2 END AS rank", q.Q, q.Q).
				Where("strpos(search_name, fold(?)) > 0", q.Q)
		}
		query = where(query, "kind", q.Kind)
		if q.PostalCode != "" {
			query = query.Where("postal_codes @> ARRAY[?]::text[]", q.PostalCode)
		}
		if q.Programme != "" || q.Sector != "" {
			onList := t.Table("territory_list_items items").Select("items.territory_code").
				Joins("JOIN "+inForce+" lists ON lists.id = items.list_id").
				Where("lists.programme IN (?)", t.programmes().Select("slug"))
			onList = where(where(onList, "lists.programme", q.Programme), "items.sector", q.Sector)
			query = query.Where("code IN (?)", onList)
		}
		after, err := readCursor(q.Cursor, "territories")
		if err != nil {
			return domain.Page[domain.Territory]{}, err
		}
		ranked := t.Table("(?) AS territories", query)
		if after != nil {
			ranked = ranked.Where("(rank, search_name, code) > (?, ?, ?)", after.Rank, after.Name, after.ID)
		}
		found, err := page(ranked.Order("rank, search_name, code"), q.Size(), func(last territoryRow) cursor {
			return cursor{List: "territories", ID: last.Code, Name: last.SearchName, Rank: last.Rank}
		})
		return mapped(found, func(row territoryRow) domain.Territory { return row.Territory }), err
	})
}

// TargetedTerritories reads the list in force of a programme.
func (s *Session) TargetedTerritories(ctx context.Context, programme string) (domain.TargetedList, error) {
	return fetch(ctx, s, func(t *tx) (domain.TargetedList, error) {
		if _, err := t.programme(programme); err != nil {
			return domain.TargetedList{}, err
		}
		return t.targetedList(programme)
	})
}

// ReplaceTargetedTerritories writes a programme's whole list. The lists before it are kept.
func (s *Session) ReplaceTargetedTerritories(ctx context.Context, programme string, match domain.Match, in domain.TargetedListInput) (domain.TargetedList, error) {
	return fetch(ctx, s, func(t *tx) (domain.TargetedList, error) {
		found, err := t.programme(programme)
		if err != nil {
			return domain.TargetedList{}, err
		}
		if _, err := one[domain.Programme](locked(t.programmes()), "programme", found.ID); err != nil {
			return domain.TargetedList{}, err
		}
		before, err := t.targetedList(programme)
		if err != nil {
			return before, err
		}
		if !match.Allows(before.Version) {
			return before, domain.Outdated("list")
		}
		if err := t.checkTargeted(in); err != nil {
			return before, err
		}
		if err := t.writeTargeted(programme, before.Version+1, in); err != nil {
			return before, err
		}
		err = t.wrote(trace{action: "updated", kind: "targeted_territories", ids: []string{found.ID}, programme: programme, fields: filledFields(in)})
		if err != nil {
			return before, err
		}
		return t.targetedList(programme)
	})
}

// checkTargeted refuses, line by line, codes that are no territory.
func (t *tx) checkTargeted(in domain.TargetedListInput) error {
	codes := make(domain.Codes, len(in.Items))
	for i, item := range in.Items {
		codes[i] = item.TerritoryCode
	}
	var known []string
	if err := t.Table("territories").Where("code = ANY(?::text[])", codes).Pluck("code", &known).Error; err != nil {
		return err
	}
	return in.Check(known)
}

func (t *tx) writeTargeted(programme string, version int, in domain.TargetedListInput) error {
	id := newID()
	err := t.Exec(`INSERT INTO territory_lists (id, programme, version, provisional, method, source, recorded_at, recorded_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		id, programme, version, in.Provisional != nil && *in.Provisional, in.Method, in.Source, t.now, t.actor.Subject).Error
	if err != nil {
		return err
	}
	rows := make([]map[string]any, len(in.Items))
	for i, item := range in.Items {
		rows[i] = map[string]any{"list_id": id, "territory_code": item.TerritoryCode, "sector": item.Sector}
	}
	return t.Table("territory_list_items").CreateInBatches(rows, 500).Error
}

func (t *tx) targetedList(programme string) (domain.TargetedList, error) {
	list := domain.TargetedList{Programme: programme, Items: []domain.TargetedTerritory{}}
	var head struct {
		Version        int
		Provisional    bool
		Method, Source *string
		RecordedAt     *time.Time
	}
	err := t.Table("territory_lists").Where("programme = ?", programme).Order("version DESC").Limit(1).Take(&head).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return list, nil // none was ever written: version 0
	}
	if err != nil {
		return list, err
	}
	list.Version, list.Provisional, list.Method, list.Source, list.RecordedAt = head.Version, head.Provisional, head.Method, head.Source, head.RecordedAt
	return list, t.Table("territory_list_items items").Select("territories.*", "items.sector").
		Joins("JOIN "+inForce+" lists ON lists.id = items.list_id").
		Joins("JOIN territories ON territories.code = items.territory_code").
		Where("lists.programme = ?", programme).Order("territories.code").Find(&list.Items).Error
}

// targeted looks up, in one statement for a whole page, which records' territories are on their
// programme's list in force. It answers nil where no territory is known.
func targeted[T any](t *tx, records []T, place func(T) (programme string, code *string)) (func(programme string, code *string) *bool, error) {
	type spot struct{ Programme, TerritoryCode string }
	var pairs [][]any
	for _, record := range records {
		if programme, code := place(record); code != nil {
			pairs = append(pairs, []any{programme, *code})
		}
	}
	onList := map[spot]bool{}
	if len(pairs) > 0 {
		var spots []spot
		err := t.Table("territory_list_items items").Select("lists.programme", "items.territory_code").
			Joins("JOIN "+inForce+" lists ON lists.id = items.list_id").
			Where("(lists.programme, items.territory_code) IN ?", pairs).Find(&spots).Error
		if err != nil {
			return nil, err
		}
		for _, found := range spots {
			onList[found] = true
		}
	}
	return func(programme string, code *string) *bool {
		if code == nil {
			return nil
		}
		on := onList[spot{programme, *code}]
		return &on
	}, nil
}

// CheckTargetedTerritories says what is wrong with a list, and writes nothing.
func (s *Session) CheckTargetedTerritories(ctx context.Context, programme string, in domain.TargetedListInput) error {
	return s.within(ctx, func(t *tx) error {
		if _, err := t.programme(programme); err != nil {
			return err
		}
		return t.checkTargeted(in)
	})
}
