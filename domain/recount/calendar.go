package recount

import (
	"fmt"
	"strconv"
	"time"
)

// Days are compared as texts: 2025-04-01 comes before 2025-04-02.

func parts(day string) (year, month, of int) {
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic("no day: " + day)
		}
		return n
	}
	if len(day) != len("2025-04-01") {
		panic("no day: " + day)
	}
	return number(day[:4]), number(day[5:7]), number(day[8:])
}

func written(year, month, of int) string { return fmt.Sprintf("%04d-%02d-%02d", year, month, of) }

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// monthsLater goes on by months, and no further than the end of the month it comes to.
func monthsLater(day string, months int) string {
	year, month, of := parts(day)
	for range months {
		month++
		if month == 13 {
			year, month = year+1, 1
		}
	}
	return written(year, month, min(of, daysIn(year, month)))
}

func nextDay(day string) string {
	year, month, of := parts(day)
	switch {
	case of < daysIn(year, month):
		return written(year, month, of+1)
	case month < 12:
		return written(year, month+1, 1)
	}
	return written(year+1, 1, 1)
}

// sinceMonday counts the days since Monday 1 January 1900.
func sinceMonday(day string) int {
	year, month, of := parts(day)
	days := of - 1
	for y := 1900; y < year; y++ {
		days += 365
		if leap(y) {
			days++
		}
	}
	for m := 1; m < month; m++ {
		days += daysIn(year, m)
	}
	return days
}

func daysBetween(from, to string) int { return sinceMonday(to) - sinceMonday(from) }

// yearsOn is an age in completed years. Born on 29 February, somebody completes a year on 1 March where there is no 29th:
// 02-28 comes before 02-29, and 03-01 after it.
func yearsOn(birth, day string) int {
	born, _, _ := parts(birth)
	now, _, _ := parts(day)
	if day[len("2025"):] < birth[len("2025"):] {
		return now - born - 1
	}
	return now - born
}

// lastSunday is the day of the month.
func lastSunday(year, month int) string {
	for of := daysIn(year, month); ; of-- {
		if day := written(year, month, of); sinceMonday(day)%7 == 6 {
			return day
		}
	}
}

// inParis is the day of an instant in Paris: an hour ahead of UTC, and two from the last Sunday of March to the last
// Sunday of October, changing at 1 o'clock UTC. It has been so since 1996, before any record.
func inParis(instant time.Time) string {
	utc := instant.UTC()
	const hour = "2006-01-02T15"
	ahead := time.Hour
	if now := utc.Format(hour); lastSunday(utc.Year(), 3)+"T01" <= now && now < lastSunday(utc.Year(), 10)+"T01" {
		ahead = 2 * time.Hour
	}
	return utc.Add(ahead).Format("2006-01-02")
}

func earlier(a, b string) string {
	if b < a {
		return b
	}
	return a
}

// stepEnd is the last day of the calendar month, quarter or year that the day is in.
func stepEnd(step, day string) string {
	year, month, _ := parts(day)
	switch step {
	case "month":
	case "quarter":
		for month%3 != 0 {
			month++
		}
	case "year":
		month = 12
	default:
		panic("no step: " + step)
	}
	return written(year, month, daysIn(year, month))
}
