package recounttest

import (
	"math/rand/v2"
	"time"

	"o2r/domain/recount"
)

// Days on which counting goes wrong: ends of months, of a leap February, of a year.
var traps = []string{
	"2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01", "2024-08-29", "2024-08-30", "2024-08-31", "2024-09-01", "2024-10-31",
	"2024-12-31", "2025-01-01", "2025-03-30", "2025-03-31", "2025-06-30", "2025-08-31", "2025-10-26", "2025-12-30", "2025-12-31", "2026-01-01", "2026-02-28",
}

// Days of entry after which an age or a year as a job seeker is easily counted wrong, and days of exit six months before
// the end of a February.
var (
	februaries = []string{"2024-02-29", "2025-02-28", "2025-03-01", "2026-02-28"}
	augusts    = []string{"2024-08-29", "2024-08-30", "2024-08-31", "2025-08-29", "2025-08-31"}
)

const layout = "2006-01-02"

func at(day string) time.Time {
	midnight, err := time.Parse(layout, day)
	if err != nil {
		panic(err)
	}
	return midnight
}

func days(day string, more int) string { return at(day).AddDate(0, 0, more).Format(layout) }

// months goes on by months, and a day or three too far where the month is too short: also a day to be wrong about.
func months(day string, more int) string { return at(day).AddDate(0, more, 0).Format(layout) }

func (in *invention) day() string {
	switch in.IntN(3) {
	case 0:
		return pick(in, traps)
	case 1:
		return days(months("2024-01-01", in.IntN(27)), in.IntN(3)-1)
	}
	return days("2023-12-01", in.IntN(820))
}

// later is the same day, a day about half a year on, or some days on.
func later(in *invention, day string, within int) string {
	switch in.IntN(4) {
	case 0:
		return day
	case 1:
		return max(day, days(months(day, 6), in.IntN(5)-2))
	}
	return days(day, in.IntN(within+1))
}

// instant is an hour of the day in UTC, often one about midnight in Paris.
func (in *invention) instant(day string) time.Time {
	minutes := pick(in, []int{0, 9 * 60, 13*60 + 30, 21*60 + 59, 22 * 60, 22*60 + 30, 22*60 + 59, 23 * 60, 23*60 + 30, 23*60 + 59})
	return at(day).Add(time.Duration(minutes) * time.Minute)
}

// Question invents which days and which people are asked about: often the very days on which something happened.
func Question(r *rand.Rand, book recount.Book) recount.Question {
	in := &invention{Rand: r}
	q := recount.Question{Period: recount.Period{From: in.day(), To: in.day(), AsOf: in.day()}, Filter: map[string]string{}}
	var happened []string
	for _, e := range book.Enrolments {
		happened = append(happened, e.EnteredOn)
		if e.ExitedOn != "" {
			happened = append(happened, e.ExitedOn, clamped(e.ExitedOn, 6))
		}
		for _, o := range e.Outcomes {
			happened = append(happened, o.ObservedOn)
		}
		for _, a := range e.Appointments {
			happened = append(happened, a.StartsAt.Format(layout))
		}
		for _, j := range e.Jobs {
			if j.EndsOn != "" {
				happened = append(happened, j.EndsOn)
			}
		}
		for _, b := range e.Barriers {
			if b.LiftedOn != "" {
				happened = append(happened, b.LiftedOn)
			}
		}
	}
	for _, r := range book.Referrals {
		if r.DecidedAt != nil {
			happened = append(happened, r.DecidedAt.Format(layout))
		}
	}
	if len(happened) > 0 && !in.one(3) {
		q.AsOf = days(pick(in, happened), in.IntN(3)-1)
	}
	if in.one(2) {
		q.From, q.To = "2024-01-01", "2026-12-31"
	}
	if in.one(3) {
		q.AsOf = max(q.AsOf, "2025-12-31")
	}
	q.From, q.To = min(q.From, q.To), max(q.From, q.To)
	if in.one(2) {
		for _, dimension := range recount.Dimensions {
			if in.one(7) {
				q.Filter[dimension] = pick(in, codes(dimension))
			}
		}
	}
	return q
}

func codes(dimension string) []string {
	return map[string][]string{
		"territory": Territories, "sector": Sectors[:2], "gender": genders, "age_band": {"16_25", "26_35", "36_45", "56_plus"}, "education_level": educations,
		"justice_status": justices, "referrer_kind": {"spip", "france_travail", "spontane"}, "caseworker": Caseworkers,
	}[dimension]
}

func clamped(day string, more int) string {
	there := at(months(day, more))
	for there.Day() < 4 && at(day).Day() > 27 {
		there = there.AddDate(0, 0, -1)
	}
	return there.Format(layout)
}
