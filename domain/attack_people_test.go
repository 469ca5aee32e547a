package domain

import "fmt"

// person is the paths of somebody, in their order. One that was voided is in no records, and two files that were merged
// are one person's.
type person []Record

// named are the paths, with names that nobody else has.
func (p person) named(number int) []Record {
	paths := make([]Record, len(p))
	for i, r := range p {
		r.EnrolmentID, r.ParticipantID = fmt.Sprint("enrolment ", number, " ", i), fmt.Sprint("participant ", number)
		paths[i] = r
	}
	return paths
}

// passing are the paths that pass the filter.
func (p person) passing(f Filter) (passing person) {
	for i := range p {
		if f.Match(&p[i]) {
			passing = append(passing, p[i])
		}
	}
	return passing
}

// like are the number of the kind of whoever has these paths and no other.
func (w *world) like(paths person) int {
	if w.numbers == nil {
		w.numbers = map[string]int{}
		for i, kind := range w.kinds {
			w.numbers[asJSONText(kind)] = i
		}
	}
	number, found := w.numbers[asJSONText(paths)]
	if !found {
		panic("of somebody's paths, there is nobody who has but these")
	}
	return number
}

// peopleTwice are those who come once, or again some time later: after a path that has ended, or beside one that goes on,
// as where two files were merged. One may come twice in a half-year, or on one day, and a third time: nobody can count on
// anything less.
func peopleTwice() (people []person) {
	days := []string{"2025-02-03", "2025-05-25", "2025-09-15", "2025-11-27", "2026-02-02", "2026-06-05"}
	// How paths end is what other worlds are about: with few ends to choose from she would know too much of when they came.
	ends := []struct{ months, days int }{{}, {4, 21}}
	path := func(gender Gender, sector string, day string, exit int) Record {
		r := Record{Gender: &gender, Sector: &sector, EnteredOn: MustDate(day)}
		if how := ends[exit]; how.months > 0 {
			r.ExitKind, r.ExitedOn = new(ExitAbandon), new(r.EnteredOn.AddMonths(how.months).AddDays(how.days))
		}
		return r
	}
	sectors := []string{"A", "B"}
	for _, gender := range []Gender{GenderFemale, GenderMale} {
		for i, day := range days {
			for _, sector := range sectors {
				for exit := range ends {
					people = append(people, person{path(gender, sector, day, exit)})
				}
			}
			for _, later := range days[i:] {
				for _, sector := range []string{"AA", "AB", "BA", "BB"} {
					for one := range ends {
						for other := range ends {
							people = append(people, person{path(gender, sector[:1], day, one), path(gender, sector[1:], later, other)})
						}
					}
				}
				for _, sector := range []string{"AAA", "ABA", "BAB", "BBB"} {
					people = append(people, person{path(gender, sector[:1], day, 0), path(gender, sector[1:2], later, 0), path(gender, sector[2:], later, 0)})
				}
			}
		}
	}
	return people
}
