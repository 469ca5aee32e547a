// Package verify asks both counts of the figures the same questions and says where they differ: the count that the API
// answers with (package domain), and the slow one that shares nothing with it (package recount).
//
// What belongs here: putting one question to both, and what is compared. What does not: counting.
package verify

import (
	"errors"
	"iter"
	"strconv"

	"o2r/domain"
	"o2r/domain/recount"
)

// Line is one answer beside its recount.
type Line struct {
	What        string // the figure, or the breakdown, series, profile or evidence
	Answered    string // as text; "" of what has many numbers
	Recounted   string
	Compared    int // numbers and words
	Differences []recount.Difference
}

// Both are the two counts of one programme's facts, and the question. Nothing may be withheld from whoever asks it.
type Both struct {
	Question domain.Question
	Ledger   recount.Ledger
}

func (b Both) question() recount.Question {
	f, p := b.Question.Filter, b.Question.Period
	return recount.Question{
		Period: recount.Period{From: p.From.String(), To: p.To.String(), AsOf: p.AsOf.String()},
		Filter: map[string]string{
			"territory": f.Territory, "sector": f.Sector, "gender": string(f.Gender), "age_band": string(f.AgeBand), "education_level": string(f.EducationLevel),
			"justice_status": string(f.JusticeStatus), "referrer_kind": string(f.ReferrerKind), "caseworker": f.Caseworker,
		},
	}
}

func compared(what string, recounted, answer any) Line {
	line := Line{What: what}
	line.Compared, line.Differences = recount.Compare(recounted, answer)
	return line
}

// Figures compares the whole table, a line for each indicator: also that there is none more and none fewer.
func (b Both) Figures() []Line {
	answers, recounted := b.Question.FiguresOf(""), b.Ledger.Figures(b.question())
	if len(answers.Items) != len(recounted) {
		return []Line{compared("the table", recounted, answers.Items)}
	}
	lines := make([]Line, len(recounted))
	for i, mine := range recounted {
		theirs := answers.Items[i]
		lines[i] = compared(mine.Key, mine, theirs)
		lines[i].Recounted = text(mine.Display, mine.Numerator, mine.Denominator, mine.Unknown)
		lines[i].Answered = text(theirs.Display, theirs.Numerator, theirs.Denominator, theirs.Unknown)
	}
	return lines
}

// text is a figure as somebody would say it: 24 % = 6/25, 1 unknown.
func text(display string, numerator, denominator, unknown *int) string {
	number := func(n *int) string {
		if n == nil {
			return "?"
		}
		return strconv.Itoa(*n)
	}
	said := display
	if denominator != nil {
		said += " = " + number(numerator) + "/" + number(denominator)
	}
	if unknown != nil && *unknown > 0 {
		said += ", " + number(unknown) + " unknown"
	}
	return said
}

// Evidence compares how many items an indicator's evidence has in each bucket.
func (b Both) Evidence(key string) Line {
	what := "evidence of " + key
	answer, err := b.Question.Evidence(key)
	if err != nil {
		return failed(what, err)
	}
	sizes := recount.Buckets{}
	for _, item := range answer.Items {
		switch item.Bucket {
		case domain.BucketNumerator:
			sizes.Numerator++
		case domain.BucketDenominatorOnly:
			sizes.DenominatorOnly++
		case domain.BucketUnknown:
			sizes.Unknown++
		case domain.BucketExcluded:
			sizes.Excluded++
		}
	}
	return compared(what, b.Ledger.Buckets(key, b.question()), sizes)
}

// Profile compares who was supported.
func (b Both) Profile() Line {
	return compared("profile", b.Ledger.Profile(b.question()), b.Question.Profile())
}

// Breakdown compares an indicator told apart. ok is false where the API refuses to answer: the filter names a value of a
// dimension, or there would be too many rows.
func (b Both) Breakdown(key string, by ...string) (line Line, ok bool) {
	what := key + " by"
	var dimensions []domain.Dimension
	for _, one := range by {
		what += " " + one
		dimensions = append(dimensions, domain.Dimension(one))
	}
	answer, err := b.Question.Breakdown(key, dimensions)
	if err != nil {
		return failed(what, err), !refused(err)
	}
	return compared(what, b.Ledger.Breakdown(key, by, b.question()), answer), true
}

// Series compares an indicator over time; ok is false where it would have too many points.
func (b Both) Series(key, step string, cumulative bool) (line Line, ok bool) {
	what := key + " by " + step
	if cumulative {
		what += ", cumulative"
	}
	answer, err := b.Question.Series(key, domain.SeriesQuery{Step: domain.FigureStep(step), Cumulative: cumulative})
	if err != nil {
		return failed(what, err), !refused(err)
	}
	return compared(what, b.Ledger.Series(key, step, cumulative, b.question()), answer), true
}

func refused(err error) bool { return errors.Is(err, &domain.Error{Kind: domain.Invalid}) }

func failed(what string, err error) Line {
	return Line{What: what, Differences: []recount.Difference{{At: "answer", Recounted: "one", Answered: err.Error()}}}
}

// Most is how many answers Everything compares, where none is refused.
var Most = len(recount.Keys)*(2+len(recount.Dimensions)*(len(recount.Dimensions)+1)/2+6) + 1

// Everything compares all that can be asked of one period and one filter: the table, the profile, the evidence, every
// breakdown by one and two dimensions, and every series.
func (b Both) Everything() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for _, line := range append(b.Figures(), b.Profile()) {
			if !yield(line) {
				return
			}
		}
		for _, key := range recount.Keys {
			if !yield(b.Evidence(key)) || !b.everyBreakdown(key, yield) || !b.everySeries(key, yield) {
				return
			}
		}
	}
}

func (b Both) everyBreakdown(key string, yield func(Line) bool) bool {
	for i, first := range recount.Dimensions {
		if line, ok := b.Breakdown(key, first); ok && !yield(line) {
			return false
		}
		for _, second := range recount.Dimensions[i+1:] {
			if line, ok := b.Breakdown(key, first, second); ok && !yield(line) {
				return false
			}
		}
	}
	return true
}

func (b Both) everySeries(key string, yield func(Line) bool) bool {
	for _, step := range []string{"month", "quarter", "year"} {
		for _, cumulative := range []bool{false, true} {
			if line, ok := b.Series(key, step, cumulative); ok && !yield(line) {
				return false
			}
		}
	}
	return true
}
