package persistence

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"o2r/domain"
)

// cursor is the place in a list after which the next page begins. It names a record by what
// the list is ordered by, so records added meanwhile move nothing.
type cursor struct {
	List string     `json:"list"` // the list it was given out for
	ID   string     `json:"id"`
	At   *time.Time `json:"at,omitempty"`
	Name string     `json:"name,omitempty"`
	Rank int        `json:"rank,omitempty"`
}

func (c cursor) String() string {
	encoded, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and instants always encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// maxRank bounds the ranks of every list.
const maxRank = 100

// readCursor reads a cursor that was given out for that list; nil for the first page. Callers can
// make up any: what PostgreSQL could not compare is refused here.
func readCursor(text, list string) (*cursor, error) {
	if text == "" {
		return nil, nil
	}
	var c cursor
	encoded, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(encoded, &c)
	}
	if err != nil || c.List != list || c.ID == "" || c.Rank < 0 || c.Rank > maxRank || strings.ContainsRune(c.ID+c.Name, 0) {
		return nil, errCursor
	}
	return &c, nil
}

const noCursor = "This is no next_cursor of this list: leave it out to start again."

var errCursor = func() error {
	var faults domain.Faults
	faults.AddAt("query.cursor", "cursor", noCursor)
	return faults.Err()
}()

// newestFirst reads one page of a scoped query, the latest recorded first.
func newestFirst[T interface{ Key() string }](query *gorm.DB, paging domain.Paging) (domain.Page[T], error) {
	list := query.Statement.Table
	after, err := readCursor(paging.Cursor, list)
	if err != nil {
		return domain.Page[T]{}, err
	}
	id := list + ".id"
	if after != nil {
		if !isID(after.ID) {
			return domain.Page[T]{}, errCursor
		}
		query = query.Where(id+" < ?", after.ID)
	}
	return page(query.Order(id+" DESC"), paging.Size(), func(last T) cursor { return cursor{List: list, ID: last.Key()} })
}

// page reads one record more than asked for, to know whether another page follows.
func page[T any](query *gorm.DB, size int, place func(T) cursor) (domain.Page[T], error) {
	items := []T{}
	if err := query.Limit(size + 1).Find(&items).Error; err != nil {
		return domain.Page[T]{}, err
	}
	result := domain.Page[T]{Items: items}
	if len(items) > size {
		result.Items = items[:size]
		next := place(items[size-1]).String()
		result.NextCursor = &next
	}
	return result, nil
}

// mapped gives the page with every item seen through view.
func mapped[T, V any](from domain.Page[T], view func(T) V) domain.Page[V] {
	items := make([]V, len(from.Items))
	for i, item := range from.Items {
		items[i] = view(item)
	}
	return domain.Page[V]{Items: items, NextCursor: from.NextCursor}
}

// where narrows a query to a column's value, unless none is asked for.
func where[V comparable](query *gorm.DB, column string, value V) *gorm.DB {
	var none V
	if value == none {
		return query
	}
	return query.Where(column+" = ?", value)
}

func isID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }
