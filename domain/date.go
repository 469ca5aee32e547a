package domain

import (
	"database/sql/driver"
	"fmt"
	"time"
	_ "time/tzdata" // a minimal container has no zone files, and a day here is a day in Paris
)

// Paris is the zone in which a programme's days begin and end.
var Paris = func() *time.Location {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err) // the zone is compiled in
	}
	return paris
}()

// Date is a civil date, written 2025-04-01, with no hour and no zone. Fields of
// this type have names that end in _on, and birth_date. The zero Date is no date
// at all; a date that may be unknown is a *Date.
type Date struct{ midnight time.Time }

// OldestDate and LatestDate bound what may be written down: beyond them a date
// is a slip of the keyboard.
var (
	OldestDate = NewDate(1900, time.January, 1)
	LatestDate = NewDate(2100, time.December, 31)
)

// NewDate gives the date of that year, month and day, normalised as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DayOf gives the day that the instant belongs to in Europe/Paris.
func DayOf(instant time.Time) Date {
	return NewDate(instant.In(Paris).Date())
}

// ParseDate reads an ISO 8601 calendar date (2025-04-01) between OldestDate and LatestDate.
func ParseDate(text string) (Date, error) {
	midnight, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("not a calendar date written YYYY-MM-DD")
	}
	date := Date{midnight}
	if date.Before(OldestDate) || date.After(LatestDate) {
		return Date{}, fmt.Errorf("a date lies between %s and %s", OldestDate, LatestDate)
	}
	return date, nil
}

// MustDate is ParseDate for dates written in the program itself.
func MustDate(text string) Date {
	date, err := ParseDate(text)
	if err != nil {
		panic(fmt.Sprintf("%q: %v", text, err))
	}
	return date
}

// IsZero tells whether this is no date at all.
func (d Date) IsZero() bool { return d.midnight.IsZero() }

// Before tells whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.midnight.Before(other.midnight) }

// After tells whether d is a later day than other.
func (d Date) After(other Date) bool { return d.midnight.After(other.midnight) }

// Equal tells whether both are the same day.
func (d Date) Equal(other Date) bool { return d.midnight.Equal(other.midnight) }

// Compare orders dates: -1, 0 or 1.
func (d Date) Compare(other Date) int { return d.midnight.Compare(other.midnight) }

// Year, Month and Day are the parts of the date.
func (d Date) Year() int         { return d.midnight.Year() }
func (d Date) Month() time.Month { return d.midnight.Month() }
func (d Date) Day() int          { return d.midnight.Day() }

// AddDays moves by whole days.
func (d Date) AddDays(days int) Date { return Date{d.midnight.AddDate(0, 0, days)} }

// AddMonths moves by whole months and clamps to the month's end: 31 August plus six
// months is the last day of February. (time.AddDate would run on into March.)
func (d Date) AddMonths(months int) Date {
	year, month, day := d.midnight.Date()
	last := NewDate(year, month+time.Month(months)+1, 0)
	if day > last.Day() {
		return last
	}
	return NewDate(last.Year(), last.Month(), day)
}

// DaysSince counts the days from earlier to d; negative when d comes first.
func (d Date) DaysSince(earlier Date) int {
	return int(d.midnight.Sub(earlier.midnight).Hours() / 24)
}

// AgeOn is the number of completed years on that day of somebody born on d. Somebody born
// on 29 February completes a year on 1 March of a common year.
func (d Date) AgeOn(day Date) int {
	age := day.Year() - d.Year()
	if NewDate(day.Year(), d.Month(), d.Day()).After(day) { // 29 February runs on to 1 March
		age--
	}
	return age
}

// EarlierOf gives the earlier of two dates.
func EarlierOf(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

// Start and End are the instants at which the day begins and ends in Europe/Paris.
func (d Date) Start() time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, Paris)
}
func (d Date) End() time.Time { return d.AddDays(1).Start() }

func (d Date) String() string { return d.midnight.Format(time.DateOnly) }

// MarshalText and UnmarshalText make the date a string in JSON, CSV and URLs.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Date) UnmarshalText(text []byte) error {
	date, err := ParseDate(string(text))
	if err == nil {
		*d = date
	}
	return err
}

// Value and Scan make the date a date column.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

func (d *Date) Scan(column any) error {
	switch stored := column.(type) {
	case time.Time:
		*d = NewDate(stored.Date())
		return nil
	case string:
		return d.UnmarshalText([]byte(stored))
	}
	return fmt.Errorf("a date column holds %T", column)
}
