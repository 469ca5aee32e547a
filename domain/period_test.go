package domain

import (
	"errors"
	"strings"
	"testing"
)

// periodRow is a request, and the period or the faults it gives.
type periodRow struct {
	name           string
	from, to, asOf string
	want           string
}

func (row periodRow) input() PeriodInput {
	date := func(text string) Date {
		if text == "" {
			return Date{}
		}
		return MustDate(text)
	}
	return PeriodInput{From: date(row.from), To: date(row.to), AsOf: date(row.asOf)}
}

func (row periodRow) check(t *testing.T, period Period, err error) {
	t.Helper()
	got := period.From.String() + " " + period.To.String() + " " + period.AsOf.String()
	if err != nil {
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Kind != Invalid {
			t.Fatalf("%s: %v", row.name, err)
		}
		var faults []string
		for _, fault := range refusal.Fields {
			faults = append(faults, fault.Location+" "+fault.Code)
		}
		got = strings.Join(faults, ", ")
	}
	if got != row.want {
		t.Errorf("%s: %s, not %s", row.name, got, row.want)
	}
}

var programmeStart, thatDay = MustDate("2024-11-01"), MustDate("2026-02-10")

func TestPeriodDefaults(t *testing.T) {
	for _, row := range []periodRow{
		{"nothing asked", "", "", "", "2024-11-01 2026-02-10 2026-02-10"},
		{"as of", "", "", "2025-12-31", "2024-11-01 2025-12-31 2025-12-31"},
		{"all asked", "2025-01-01", "2025-06-30", "2025-12-31", "2025-01-01 2025-06-30 2025-12-31"},
		{"to after as_of", "", "2025-12-31", "2025-06-30", "2024-11-01 2025-12-31 2025-06-30"},
		{"one day", "2025-04-01", "2025-04-01", "", "2025-04-01 2025-04-01 2026-02-10"},
		{"a day to come", "", "", "2026-02-11", "query.as_of in_future"},
		{"before the programme", "", "", "2024-01-01", "2024-01-01 2024-01-01 2024-01-01"},
		{"as_of before the programme, to within", "", "2025-12-31", "2024-01-01", "2024-01-01 2025-12-31 2024-01-01"},
		{"a year to come", "2027-01-01", "2027-12-31", "", "2027-01-01 2027-12-31 2026-02-10"},
		{"from after to", "2025-07-01", "2025-06-30", "", "query.from after_end"},
		{"from after as_of", "2025-07-01", "", "2025-06-30", "query.from after_end"},
		{"from tomorrow", "2026-02-11", "", "", "query.from after_end"},
	} {
		period, err := row.input().Period(programmeStart, thatDay)
		row.check(t, period, err)
	}
}

func TestAnAnalystsPeriodFallsOnMonths(t *testing.T) {
	for _, row := range []periodRow{
		{"nothing asked", "", "", "", "2024-11-01 2026-01-31 2026-01-31"},
		{"whole months", "2025-02-01", "2025-02-28", "2025-12-31", "2025-02-01 2025-02-28 2025-12-31"},
		{"the last full month", "", "", "2026-01-31", "2024-11-01 2026-01-31 2026-01-31"},
		{"from inside a month", "2025-02-02", "", "", "query.from not_a_month_boundary"},
		{"to inside a month", "", "2024-02-28", "2025-12-31", "query.to not_a_month_boundary"},
		{"as_of inside a month", "", "", "2025-12-30", "query.as_of not_a_month_boundary"},
		{"today", "", "", "2026-02-10", "query.as_of not_a_month_boundary"},
		{"a month not over", "", "", "2026-02-28", "query.as_of month_not_over"},
		{"all at once", "2025-03-31", "2025-03-01", "2025-03-02", "query.from not_a_month_boundary, query.to not_a_month_boundary, query.as_of not_a_month_boundary, query.from after_end"},
	} {
		period, err := row.input().AnalystPeriod(programmeStart, thatDay)
		row.check(t, period, err)
	}
	midMonth := periodRow{"a programme that begins inside a month", "", "", "", "2024-11-15 2026-01-31 2026-01-31"}
	period, err := midMonth.input().AnalystPeriod(MustDate("2024-11-15"), thatDay)
	midMonth.check(t, period, err)
	lastDay := periodRow{"on a month's last day that month is not over", "", "", "2026-02-28", "query.as_of month_not_over"}
	period, err = lastDay.input().AnalystPeriod(programmeStart, MustDate("2026-02-28"))
	lastDay.check(t, period, err)
}
