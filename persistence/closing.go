package persistence

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"o2r/domain"
)

// closing is a row of figure_closings, without what was kept.
type closing struct {
	ClosesOn domain.Date
	KeptAt   time.Time
	Paths    int
}

// closingFormat is how a basis is written: as the JSON of domain.Basis, compressed with gzip. What was kept is read for as
// long as the programme is asked about: a change of what is in it is another format, and the former stays readable.
const closingFormat = 1

// closingsDue says that closings of a programme are to be kept before an analyst is answered.
type closingsDue struct{ programme string }

func (due *closingsDue) Error() string { return "closings are due in " + due.programme }

// closings are those kept of a programme, in the order in which they were; closingsDue where there are more to keep.
func (t *tx) closings(programme domain.Programme) ([]closing, error) {
	var kept []closing
	if err := t.Raw(`SELECT closes_on, kept_at, paths FROM figure_closings WHERE programme = ? ORDER BY kept_at, closes_on`, programme.Slug).Scan(&kept).Error; err != nil {
		return nil, err
	}
	due, err := t.closingDaysDue(programme, kept)
	if err == nil && len(due) > 0 {
		err = &closingsDue{programme.Slug}
	}
	return kept, err
}

// closingDaysDue are the days of which no closing was kept yet, on which somebody had entered.
func (t *tx) closingDaysDue(programme domain.Programme, kept []closing) ([]domain.Date, error) {
	days := slices.DeleteFunc(domain.ClosingDays(programme.StartsOn, domain.LatestClosing(t.today)), func(day domain.Date) bool {
		return slices.ContainsFunc(kept, func(c closing) bool { return c.ClosesOn == day })
	})
	if len(days) == 0 {
		return nil, nil
	}
	var first []domain.Date
	err := t.Raw(`SELECT entered_on FROM enrolments WHERE programme = ? AND voided_at IS NULL ORDER BY entered_on LIMIT 1`, programme.Slug).Scan(&first).Error
	return slices.DeleteFunc(days, func(day domain.Date) bool { return len(first) == 0 || day.Before(first[0]) }), err
}

// KeepClosings keeps, of every programme, the closings that are due. Any number of replicas may do it at once.
func (s *Store) KeepClosings(ctx context.Context) error {
	var programmes []string
	err := s.maintain(ctx, func(db *gorm.DB) error {
		return db.Raw(`SELECT slug FROM programmes WHERE coalesce(small_cell_threshold, ?) > 1 ORDER BY slug`, domain.DefaultSmallCellThreshold).Scan(&programmes).Error
	})
	for _, slug := range programmes {
		err = errors.Join(err, s.keepClosings(ctx, slug))
	}
	return err
}

// keepClosings keeps the closings of a programme that are due, all of them as the records lie at one instant.
func (s *Store) keepClosings(ctx context.Context, slug string) error {
	const tries = 5
	for try := 1; ; try++ {
		err := s.transaction(ctx, asSystem, func(db *gorm.DB) error {
			return s.As(domain.Actor{Subject: programSubject, Role: roleSystem}).begin(db).keepClosings(slug)
		}, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		if err == nil || !retriable(err) || try == tries { // another may have kept them meanwhile
			return translate(err)
		}
	}
}

func (t *tx) keepClosings(slug string) error {
	var programme domain.Programme
	if err := t.Table("programmes").Where("slug = ?", slug).Take(&programme).Error; err != nil || programme.Threshold() <= 1 {
		return err
	}
	kept, err := t.closings(programme)
	if due := (*closingsDue)(nil); err == nil || !errors.As(err, &due) {
		return err
	}
	days, err := t.closingDaysDue(programme, kept)
	if err != nil {
		return err
	}
	// First, and not after what takes a while: of a chain of the trail that moved since the records were read, the database
	// knows no order to theirs.
	if err := t.audit(trace{action: "kept", kind: "closing", ids: []string{programme.ID}, programme: slug}); err != nil {
		return err
	}
	keptAt := t.now
	if last := len(kept) - 1; last >= 0 && !keptAt.After(kept[last].KeptAt) { // another replica's clock is ahead
		keptAt = kept[last].KeptAt.Add(time.Microsecond)
	}
	basis, err := t.basis(slug)
	if err != nil {
		return err
	}
	all, err := t.readClosings(programme, kept)
	if err != nil {
		return err
	}
	for _, day := range days {
		all = append(all, basis.Keep(programme, day))
	}
	told := domain.ToldOf(all, false)
	for _, one := range all[len(kept):] {
		text, err := packed(one.Basis)
		if err != nil {
			return err
		}
		entries, err := json.Marshal(told.Entries(programme, one.Day))
		if err != nil {
			return err
		}
		err = t.Exec(`INSERT INTO figure_closings (programme, closes_on, kept_at, starts_on, small_cell_threshold, paths, format, basis, entries)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb) ON CONFLICT DO NOTHING`,
			slug, one.Day, keptAt, one.Start, one.Threshold, len(one.Records), closingFormat, text, string(entries)).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// readClosings reads what was kept, in that order.
func (t *tx) readClosings(programme domain.Programme, kept []closing) ([]domain.Closing, error) {
	var rows []struct {
		ClosesOn, StartsOn         domain.Date
		SmallCellThreshold, Format int
		Basis                      []byte
	}
	if len(kept) == 0 {
		return nil, nil
	}
	err := t.Raw(`SELECT closes_on, starts_on, small_cell_threshold, format, basis FROM figure_closings WHERE programme = ? ORDER BY kept_at, closes_on`, programme.Slug).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	closings := make([]domain.Closing, len(rows))
	for i, row := range rows {
		closings[i] = domain.Closing{Day: row.ClosesOn, Start: row.StartsOn, Threshold: row.SmallCellThreshold}
		if row.Format != closingFormat {
			return nil, fmt.Errorf("the closing of %s on %s is kept in format %d, and this program reads %d", programme.Slug, row.ClosesOn, row.Format, closingFormat)
		}
		if closings[i].Basis, err = unpacked(row.Basis); err != nil {
			return nil, fmt.Errorf("what was kept of %s on %s cannot be read: %w", programme.Slug, row.ClosesOn, err)
		}
	}
	return closings, nil
}

func packed(basis domain.Basis) ([]byte, error) {
	var text bytes.Buffer
	zip := gzip.NewWriter(&text)
	err := errors.Join(json.NewEncoder(zip).Encode(basis), zip.Close())
	return text.Bytes(), err
}

func unpacked(text []byte) (basis domain.Basis, err error) {
	zip, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return basis, err
	}
	plain, err := io.ReadAll(zip) // to its end, where it says whether it is whole
	if err != nil {
		return basis, err
	}
	reader := json.NewDecoder(bytes.NewReader(plain))
	reader.DisallowUnknownFields() // what another version kept, and this one would drop
	if err := reader.Decode(&basis); err != nil {
		return basis, err
	}
	if _, err := reader.Token(); err != io.EOF {
		return basis, errors.New("it goes on after its end")
	}
	return basis, nil
}

// keptTold is how many programmes' closings stay in memory, as they were worked out; largestTold is of how many paths, at
// most, each.
const (
	keptTold    = 8
	largestTold = 30_000
)

// toldBefore are what analysts are told, by the closings that it is made of: neither moves once it is kept.
type toldBefore = lru.Cache[string, *domain.Told]

func newToldBefore() *toldBefore {
	kept, err := lru.New[string, *domain.Told](keptTold)
	if err != nil {
		panic(err) // only of a size that is none
	}
	return kept
}

// told is what the analysts of a programme are told.
func (t *tx) told(programme domain.Programme) (*domain.Told, error) {
	kept, err := t.closings(programme)
	if err != nil {
		return nil, err
	}
	mark := fmt.Sprint(programme.Slug, t.withoutJustice, markOf(kept))
	if told, ok := t.toldBefore.Get(mark); ok {
		return told, nil
	}
	closings, err := t.readClosings(programme, kept)
	if err != nil {
		return nil, err
	}
	told := domain.ToldOf(closings, t.withoutJustice)
	paths := 0
	for _, one := range kept {
		paths += one.Paths
	}
	if paths <= largestTold {
		t.toldBefore.Add(mark, told)
	}
	return told, nil
}

// markOf names closings: it moves when one more is kept.
func markOf(kept []closing) string {
	mark := ""
	for _, one := range kept {
		mark += fmt.Sprint(one.ClosesOn, " ", one.KeptAt.UnixMicro(), " ")
	}
	return mark
}

// figuresAsked is snapshot for what is made of figures: closings that are due are kept before an analyst is told of them.
func figuresAsked[T any](ctx context.Context, s *Session, work func(*tx) (T, error)) (T, error) {
	const tries = 3 // more than one, for when a half-year is over meanwhile, or somebody is the first to have entered
	kept := map[string]int{}
	for {
		answer, err := snapshot(ctx, s, work)
		var due *closingsDue
		if !errors.As(err, &due) || kept[due.programme] == tries {
			return answer, err
		}
		if err := s.store.keepClosings(ctx, due.programme); err != nil {
			return answer, err
		}
		kept[due.programme]++
	}
}
