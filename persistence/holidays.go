package persistence

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/fr"

	"o2r/domain"
)

var publicHolidays = func() *cal.BusinessCalendar {
	calendar := cal.NewBusinessCalendar()
	calendar.AddHoliday(fr.Holidays...)
	return calendar
}()

// holiday is the name of the public holiday that falls on the day (code du travail, L. 3133-1), if one does. Those of
// Alsace and Moselle and of overseas are not among them.
func holiday(day domain.Date) string {
	noon := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, time.UTC)
	if that, _, found := publicHolidays.IsHoliday(noon); that {
		return found.Name
	}
	return ""
}
