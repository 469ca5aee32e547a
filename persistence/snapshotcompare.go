package persistence

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"o2r/domain"
)

// whereabouts are what became of the paths of a programme.
func (t *tx) whereabouts(programme string) (domain.Whereabouts, error) {
	w := domain.Whereabouts{FoldedInto: map[string]string{}, Voided: map[string]bool{}, Hidden: map[string]bool{}}
	var rows []struct {
		ID         string
		FoldedInto *string
	}
	if err := t.Raw(`SELECT id, folded_into FROM enrolments WHERE programme = ? AND voided_at IS NOT NULL`, programme).Scan(&rows).Error; err != nil {
		return w, err
	}
	for _, row := range rows {
		w.Voided[row.ID] = true
		if row.FoldedInto != nil {
			w.FoldedInto[row.ID] = *row.FoldedInto
		}
	}
	unnamed, err := t.unnamedIn(programme)
	for id := range unnamed {
		w.Hidden[id] = true
	}
	return w, err
}

// CompareSnapshot says what is otherwise than it was published: figure by figure, as far as the actor is shown today's, and for
// a coordinator person by person. Whom it names is audited.
func (s *Session) CompareSnapshot(ctx context.Context, slug, id string, q domain.ComparisonQuery) (Shown[domain.Comparison], error) {
	return figuresAsked(ctx, s, func(t *tx) (Shown[domain.Comparison], error) {
		var shown Shown[domain.Comparison]
		before, err := t.published(slug, id)
		if err != nil {
			return shown, err
		}
		if err := q.Check(); err != nil {
			return shown, err
		}
		c := domain.Comparison{Programme: slug}
		was, err := before.side(&c.Before)
		if err != nil {
			return shown, err
		}
		is, err := t.otherSide(slug, before, q, &c)
		if err != nil {
			return shown, err
		}
		c.Figures = domain.CompareFigures(was.Figures, is.Figures, q.Key)
		c.Profile = []domain.NumberComparison{}
		if q.Key == "" {
			c.Profile = domain.CompareProfiles(was.Profile, is.Profile)
		}
		if is.items != nil {
			if err := t.comparePeople(before, is.items, q, &c); err != nil {
				return shown, err
			}
		}
		text, err := json.Marshal(c)
		shown.Answer, shown.Tag = c, sumOf(string(text))[:32]
		return shown, err
	})
}

// compared is what a snapshot is compared with; items, for a coordinator, gives what stands behind it.
type compared struct {
	Figures []domain.Figure
	Profile domain.Profile
	items   func() ([]domain.SnapshotItem, error)
}

// side reads what was published, and says of which days.
func (row snapshotRow) side(table *domain.ComparedTable) (compared, error) {
	var document domain.SnapshotDocument
	if err := json.Unmarshal([]byte(row.Document), &document); err != nil {
		return compared{}, err
	}
	*table = domain.ComparedTable{SnapshotID: &row.ID, From: document.From, To: document.To, AsOf: document.AsOf}
	return compared{Figures: document.Figures, Profile: document.Profile}, nil
}

// otherSide is another snapshot, or what the records say now as far as it may be shown to the actor.
func (t *tx) otherSide(slug string, before snapshotRow, q domain.ComparisonQuery, c *domain.Comparison) (compared, error) {
	if q.With != "" {
		other, err := t.published(slug, q.With)
		if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			err = otherSnapshot
		}
		if err != nil {
			return compared{}, err
		}
		c.DataChanged = new(before.DataFingerprint != other.DataFingerprint)
		is, err := other.side(&c.After)
		if t.actor.Is(domain.Coordinator) {
			is.items = func() ([]domain.SnapshotItem, error) { return t.keptItems(other.ID) }
		}
		return is, err
	}
	question, err := t.mayAsk(slug, inquiry{FiguresQuery: FiguresQuery{PeriodInput: q.Days(before.Snapshot)}})
	if err == nil {
		err = t.gatherFor(&question)
	}
	if err != nil {
		return compared{}, err
	}
	figures := question.FiguresOf("")
	c.After = domain.ComparedTable{From: figures.From, To: figures.To, AsOf: figures.AsOf}
	is := compared{Figures: figures.Items, Profile: question.Profile().Profile}
	if !question.Restricted {
		mark, err := t.fingerprint(slug)
		if err != nil {
			return is, err
		}
		c.DataChanged = new(mark != before.DataFingerprint)
	}
	if t.actor.Is(domain.Coordinator) {
		is.items = func() ([]domain.SnapshotItem, error) { return question.Items(), nil }
	}
	return is, nil
}

func (t *tx) comparePeople(before snapshotRow, after func() ([]domain.SnapshotItem, error), q domain.ComparisonQuery, c *domain.Comparison) error {
	were, err := t.keptItems(before.ID)
	if err != nil {
		return err
	}
	are, err := after()
	if err != nil {
		return err
	}
	whereabouts, err := t.whereabouts(before.Programme)
	if err != nil {
		return err
	}
	people, unnamed := domain.CompareItems(were, are, whereabouts, q.Key)
	c.Tell(q, people, unnamed)
	seen := c.Seen()
	slices.Sort(seen)
	return t.audit(trace{action: "read", kind: "comparison", programme: before.Programme, ids: append([]string{before.ID}, slices.Compact(seen)...), fields: []string{"people"}})
}

var otherSnapshot = func() error {
	var faults domain.Faults
	faults.AddAt("query.with", "unknown", "The programme has no such snapshot.")
	return faults.Err()
}()
