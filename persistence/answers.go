package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"o2r/domain"
)

// Shown is an answer made of figures, with a tag that is the same wherever and whenever the same answer is given, and
// moves only when what is shown moves. The answer may be shared with other requests: nobody changes it.
type Shown[T any] struct {
	Answer T
	Tag    string
}

// answers keeps what was answered, until what figures are made of moves: asked again, it is not computed again. It is
// known by the fingerprint of the data, the question, and how much its asker may be shown, and by nothing of who she is.
// Each replica keeps its own.
type answers struct {
	kept     *lru.Cache[[sha256.Size]byte, any]
	computed atomic.Int64 // how many were, for who measures
}

// Bounds on what is kept: together 32 MiB at most, as JSON.
const (
	keptAnswers   = 256
	largestAnswer = 128 << 10
)

func newAnswers() *answers {
	kept, err := lru.New[[sha256.Size]byte, any](keptAnswers)
	if err != nil {
		panic(err) // only of a size that is none
	}
	return &answers{kept: kept}
}

// answered answers a question about programmes that the actor may ask, from what was answered before where nothing moved
// since. All of it is read in one snapshot.
func answered[T any](ctx context.Context, s *Session, q inquiry, answer func([]domain.Question) (T, error)) (Shown[T], error) {
	return figuresAsked(ctx, s, func(t *tx) (Shown[T], error) {
		if q.key != "" && !domain.Definitions.Has(q.key) {
			return Shown[T]{}, domain.Missing("indicator")
		}
		questions := make([]domain.Question, len(q.programmes))
		marks := make([]string, len(q.programmes))
		for i, slug := range q.programmes {
			var err error
			if questions[i], err = t.mayAsk(slug, q); err != nil {
				return Shown[T]{}, err
			}
		}
		for i := range questions {
			var err error
			if marks[i], err = t.markOfFigures(questions[i]); err != nil {
				return Shown[T]{}, err
			}
		}
		key, err := t.keyOf(q, questions, marks)
		if err != nil {
			return Shown[T]{}, err
		}
		if kept, ok := s.store.answers.kept.Get(key); ok {
			return kept.(Shown[T]), nil
		}
		for i := range questions {
			if err := t.gatherFor(&questions[i]); err != nil {
				return Shown[T]{}, err
			}
		}
		given := Shown[T]{}
		if given.Answer, err = answer(questions); err != nil {
			return given, err
		}
		s.store.answers.computed.Add(1)
		text, err := json.Marshal(given.Answer)
		if err != nil {
			return given, err
		}
		sum := sha256.Sum256(text)
		given.Tag = hex.EncodeToString(sum[:16])
		if len(text) <= largestAnswer {
			s.store.answers.kept.Add(key, given)
		}
		return given, nil
	})
}

// keyOf is all that decides an answer: today too, on which referrals expire.
func (t *tx) keyOf(q inquiry, questions []domain.Question, marks []string) ([sha256.Size]byte, error) {
	type about struct {
		Slug, Mark, Start string
		Threshold         int
		Period            domain.Period
		Restricted, Since bool
	}
	all := struct {
		What, Key      string
		How            any
		Today          domain.Date
		Filter         domain.Filter
		WithoutJustice bool
		About          []about
	}{What: q.what, Key: q.key, How: q.how, Today: t.today, Filter: q.Filter, WithoutJustice: t.withoutJustice}
	for i, question := range questions {
		all.About = append(all.About, about{question.Programme.Slug, marks[i], question.Programme.StartsOn.String(), question.Programme.Threshold(), question.Period, question.Restricted, question.SinceStart})
	}
	text, err := json.Marshal(all)
	return sha256.Sum256(text), err
}
