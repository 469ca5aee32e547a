package domain

import (
	"fmt"
	"testing"
)

// atClosing is what an analyst asks of a programme that began in 2025, at the end of a half-year.
func atClosing(records []Record, day string) Question {
	q := askedBy(records)
	q.Period = Period{From: MustDate("2025-01-01"), To: MustDate(day), AsOf: MustDate(day), ProgrammeStart: MustDate("2025-01-01")}
	q.Latest = MustDate("2026-06-30")
	return q
}

// All seven who came in autumn are of one kind, so that people by kind are not told of the end of that year; but the
// share is. Of the next closing it is the other way round, and two of the 39 who came since are of that kind.
func TestPeopleByKindAreNotToldBesideTheShareOfAnotherClosing(t *testing.T) {
	for _, c := range []struct {
		share     string
		by        Dimension
		row       string
		of, other Record
	}{
		{IndicatorJusticeSupervised, ByJusticeStatus, "milieu_ouvert ", Record{JusticeStatus: new(JusticeMilieuOuvert)}, Record{JusticeStatus: new(JusticeAucune)}},
		{
			IndicatorYouthWithoutResources, ByAgeBand, "16_25 ",
			Record{BirthDate: new(MustDate("2003-01-01")), WithoutResources: new(true)}, Record{BirthDate: new(MustDate("1984-01-01"))},
		},
	} {
		var records []Record
		for _, came := range []struct {
			day        string
			of, others int
		}{{"2025-02-03", 23, 20}, {"2025-09-15", 7, 0}, {"2026-02-02", 2, 37}} {
			for n := range came.of + came.others {
				r := c.of
				if n >= came.of {
					r = c.other
				}
				r.EnrolmentID, r.EnteredOn = fmt.Sprint(came.day, n), MustDate(came.day)
				r.ParticipantID = r.EnrolmentID
				records = append(records, r)
			}
		}
		var told []int
		for _, day := range []string{"2025-06-30", "2025-12-31", "2026-06-30"} {
			q := atClosing(records, day)
			for _, people := range []map[string]int{toldBy(t, q, c.share, ByGender), toldBy(t, q, IndicatorBeneficiaries, c.by)} {
				for _, row := range []string{"", c.row} {
					if n, found := people[row]; found && n < 40 {
						told = append(told, n)
					}
				}
			}
		}
		if got := fmt.Sprint(told); got != "[23 23 30]" {
			t.Errorf("by %s: %s are told of", c.by, got)
		}
	}
}
