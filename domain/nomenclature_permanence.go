package domain

import (
	"slices"
	"time"
)

// Weekday is a day of the week on which the team receives.
type Weekday string

const (
	Lundi    Weekday = "lundi"
	Mardi    Weekday = "mardi"
	Mercredi Weekday = "mercredi"
	Jeudi    Weekday = "jeudi"
	Vendredi Weekday = "vendredi"
	Samedi   Weekday = "samedi"
	Dimanche Weekday = "dimanche"
)

var weekdays = list("weekday", "Jour de la semaine", "Day of the week",
	"The day on which a permanence is held, from Monday on as ISO 8601 counts them.",
	term(Lundi, "Lundi", "Monday"),
	term(Mardi, "Mardi", "Tuesday"),
	term(Mercredi, "Mercredi", "Wednesday"),
	term(Jeudi, "Jeudi", "Thursday"),
	term(Vendredi, "Vendredi", "Friday"),
	term(Samedi, "Samedi", "Saturday"),
	term(Dimanche, "Dimanche", "Sunday"),
)

// Nomenclature is the list of every Weekday.
func (Weekday) Nomenclature() *Nomenclature { return weekdays }

// Codes are the values of the list, in order.
func (Weekday) Codes() []string { return weekdays.codes() }

// of tells whether the day is one.
func (w Weekday) of(day time.Weekday) bool {
	return slices.Index(weekdays.codes(), string(w)) == (int(day)+6)%7
}

// OccurrenceStatus is whether a permanence is held on one of its days.
type OccurrenceStatus string

const (
	OccurrenceHeld      OccurrenceStatus = "held"
	OccurrenceMoved     OccurrenceStatus = "moved"
	OccurrenceCancelled OccurrenceStatus = "cancelled"
	OccurrenceHoliday   OccurrenceStatus = "holiday"
	OccurrenceClosed    OccurrenceStatus = "closed"
)

var occurrenceStatuses = list("occurrence_status", "État d’une permanence, un jour donné", "State of one occurrence of a permanence",
	"Whether a permanence is held on one of its days: as planned, on another day or at another hour or site, or not. Public holidays are those of "+
		"the Code du travail, art. L. 3133-1; closed days are the programme’s own. Values of this API.",
	term(OccurrenceHeld, "Tenue", "Held"),
	term(OccurrenceMoved, "Déplacée", "Moved"),
	term(OccurrenceCancelled, "Annulée", "Cancelled"),
	term(OccurrenceHoliday, "Jour férié", "Public holiday"),
	term(OccurrenceClosed, "Fermeture", "Closed"),
)

// Nomenclature is the list of every OccurrenceStatus.
func (OccurrenceStatus) Nomenclature() *Nomenclature { return occurrenceStatuses }

// Codes are the values of the list, in order.
func (OccurrenceStatus) Codes() []string { return occurrenceStatuses.codes() }

// Receives tells whether people are received: as planned, or elsewhere or at another time.
func (s OccurrenceStatus) Receives() bool { return s == OccurrenceHeld || s == OccurrenceMoved }
