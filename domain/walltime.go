package domain

import (
	"fmt"
	"time"
)

// WallTime is an hour as the clocks in Paris show it, written 14:00: summer or winter, it is 14:00. Fields of this type
// have names that end in _time.
type WallTime string

// EarliestHour is the first at which somebody may be received. Clocks are changed before it, so that from then on every
// day has each hour once, and two hours are as far apart as they read.
const EarliestHour WallTime = "04:00"

// minutes since midnight, as the clock shows them; false for what is no hour.
func (w WallTime) minutes() (int, bool) {
	clock, err := time.Parse("15:04", string(w))
	if err != nil || len(w) != len("15:04") {
		return 0, false
	}
	return clock.Hour()*60 + clock.Minute(), true
}

const minutesInADay = 24 * 60

func wallTime(minutes int) WallTime {
	return WallTime(fmt.Sprintf("%02d:%02d", minutes/60, minutes%60))
}

// at is the instant at which clocks in Paris show so many minutes after midnight.
func (d Date) at(minutes int) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), minutes/60, minutes%60, 0, 0, Paris).UTC()
}

// wallTimeAt is what clocks in Paris show at the instant.
func wallTimeAt(instant time.Time) WallTime { return WallTime(instant.In(Paris).Format("15:04")) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.midnight.Weekday() }
