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

// source is what an answer is made of.
type source[T any] struct {
	mark   func(t *tx, q domain.Question) (string, error)           // moves with what is read beside the figures; nothing where that is all
	answer func(t *tx, q []domain.Question) (T, []byte, error)      // and what is shown with it that its JSON does not say
	looked func(t *tx, q []domain.Question, answered T) (err error) // leaves the look in the trail, where it is one
}

// answered answers a question about programmes that the actor may ask, of which figures are all that it is made of.
func answered[T any](ctx context.Context, s *Session, q inquiry, answer func([]domain.Question) (T, error)) (Shown[T], error) {
	return answeredOf(ctx, s, q, source[T]{answer: func(_ *tx, q []domain.Question) (T, []byte, error) {
		given, err := answer(q)
		return given, nil, err
	}})
}

// answeredOf answers a question about programmes that the actor may ask, from what was answered before where nothing moved
// since. All of it is read in one snapshot.
func answeredOf[T any](ctx context.Context, s *Session, q inquiry, from source[T]) (Shown[T], error) {
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
			if from.mark != nil {
				beside, err := from.mark(t, questions[i])
				if err != nil {
					return Shown[T]{}, err
				}
				marks[i] += "; " + beside
			}
		}
		key, err := t.keyOf(q, questions, marks)
		if err != nil {
			return Shown[T]{}, err
		}
		if kept, ok := s.store.answers.kept.Get(key); ok {
			given := kept.(Shown[T])
			return given, from.seen(t, questions, given.Answer)
		}
		for i := range questions {
			if err := t.gatherFor(&questions[i]); err != nil {
				return Shown[T]{}, err
			}
		}
		given := Shown[T]{}
		var beside []byte
		if given.Answer, beside, err = from.answer(t, questions); err != nil {
			return given, err
		}
		s.store.answers.computed.Add(1)
		text, err := json.Marshal(given.Answer)
		if err != nil {
			return given, err
		}
		text = append(text, beside...)
		sum := sha256.Sum256(text)
		given.Tag = hex.EncodeToString(sum[:16])
		if len(text) <= largestAnswer {
			s.store.answers.kept.Add(key, given)
		}
		return given, from.seen(t, questions, given.Answer)
	})
}

func (from source[T]) seen(t *tx, q []domain.Question, answered T) error {
	if from.looked == nil {
		return nil
	}
	return from.looked(t, q, answered)
}

// keyOf is all that decides an answer: today too, on which referrals expire.
func (t *tx) keyOf(q inquiry, questions []domain.Question, marks []string) ([sha256.Size]byte, error) {
	type about struct {
		Slug, Mark, Start string
		Threshold         int
		Period            domain.Period
		Restricted        bool
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
		all.About = append(all.About, about{question.Programme.Slug, marks[i], question.Programme.StartsOn.String(), question.Programme.Threshold(), question.Period, question.Restricted})
	}
	text, err := json.Marshal(all)
	return sha256.Sum256(text), err
}
