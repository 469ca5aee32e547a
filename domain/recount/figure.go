package recount

import (
	"math/big"
	"sort"
	"strconv"
)

// Question is which days and which people a figure is asked of.
type Question struct {
	Period
	Filter map[string]string // the code wanted in a dimension
}

func (q Question) asked() []wanted {
	var asked []wanted
	for _, dimension := range Dimensions {
		if code := q.Filter[dimension]; code != "" {
			asked = append(asked, wanted{dimension, code})
		}
	}
	return asked
}

// Figure is an indicator's answer, under the names that the wire gives it.
type Figure struct {
	Key         string   `json:"key"`
	Unit        string   `json:"unit"`
	Value       *float64 `json:"value"`
	Numerator   *int     `json:"numerator"`
	Denominator *int     `json:"denominator"`
	Unknown     *int     `json:"unknown"`
	Display     string   `json:"display"`
	Suppressed  bool     `json:"suppressed"`
	Confirmed   *int     `json:"confirmed"`
	Provisional *int     `json:"provisional"`
	Unconfirmed *int     `json:"unconfirmed"`
	Targets     []Gap    `json:"targets"`
	Version     int      `json:"definition_version"`
}

// Gap is a target beside what was measured.
type Gap struct {
	Period    string   `json:"period"`
	Value     float64  `json:"value"`
	Direction string   `json:"direction"`
	Measured  *float64 `json:"measured_value"`
	From      *string  `json:"measured_from"`
	To        *string  `json:"measured_to"`
	Met       *bool    `json:"met"`
	Gap       *float64 `json:"gap"`
}

// version is that of the definitions which are counted here; an answer by a later one is a difference.
const version = 1

// Figures answers every indicator.
func (l *Ledger) Figures(q Question) []Figure {
	var figures []Figure
	for _, key := range Keys {
		figures = append(figures, l.Figure(key, q))
	}
	return figures
}

// Figure answers one indicator, with its targets.
func (l *Ledger) Figure(key string, q Question) Figure {
	c := l.count(key, q.Period, q.asked())
	figure := c.figure(key)
	for _, target := range l.targets {
		if target.Indicator == key {
			figure.Targets = append(figure.Targets, l.gap(target, c, q))
		}
	}
	return figure
}

// Buckets are the sizes of the evidence behind an indicator.
func (l *Ledger) Buckets(key string, q Question) Buckets {
	return l.count(key, q.Period, q.asked()).Buckets
}

func (c counted) figure(key string) Figure {
	exact := c.exact(key)
	figure := Figure{Key: key, Unit: unit(key), Value: rounded(exact), Display: display(exact, unit(key)), Targets: []Gap{}, Version: version}
	numerator := c.Numerator
	if key == "average_support_duration" {
		numerator = total(c.days)
	}
	figure.Numerator = &numerator
	if unit(key) != "count" {
		denominator := c.Numerator + c.DenominatorOnly
		figure.Denominator = &denominator
	}
	if unit(key) != "count" || key == "meetings_held" {
		figure.Unknown = &c.Unknown
	}
	if key == "employment_at_6_months_rate" {
		figure.Confirmed, figure.Provisional, figure.Unconfirmed = &c.confirmed, &c.provisional, &c.unconfirmed
	}
	return figure
}

func total(days []int) int {
	sum := 0
	for _, d := range days {
		sum += d
	}
	return sum
}

// exact is the value as a fraction; nil over nothing.
func (c counted) exact(key string) *big.Rat {
	over := c.Numerator + c.DenominatorOnly
	switch {
	case unit(key) == "count":
		return big.NewRat(int64(c.Numerator), 1)
	case over == 0:
		return nil
	case key == "average_support_duration":
		mean := big.NewRat(int64(total(c.days)), int64(len(c.days)))
		return mean.Quo(mean, big.NewRat(304375, 10000)) // days of a month
	case key == "days_from_referral_to_first_meeting":
		return median(c.days)
	}
	return percent(c.Numerator, over)
}

func percent(count, of int) *big.Rat {
	if of == 0 {
		return nil
	}
	return big.NewRat(int64(count)*100, int64(of))
}

// median is the day in the middle, or between the two that are.
func median(days []int) *big.Rat {
	sorted := append([]int{}, days...)
	sort.Ints(sorted)
	for len(sorted) > 2 {
		sorted = sorted[1 : len(sorted)-1]
	}
	return big.NewRat(int64(total(sorted)), int64(len(sorted)))
}

func rounded(exact *big.Rat) *float64 {
	if exact == nil {
		return nil
	}
	value, _ := exact.Float64()
	return &value
}

// half is the whole number nearest to a fraction, the greater one of two that are as near.
func half(exact *big.Rat) int64 {
	up := new(big.Rat).Add(exact, big.NewRat(1, 2))
	return new(big.Int).Div(up.Num(), up.Denom()).Int64()
}

const noBreakSpace = "\u00a0"

func display(exact *big.Rat, unit string) string {
	if exact == nil {
		return "/"
	}
	number := half(exact)
	text := strconv.FormatInt(number, 10)
	switch {
	case unit == "percent":
		return text + noBreakSpace + "%"
	case unit == "months":
		return text + noBreakSpace + "mois"
	case unit == "years":
		return text + noBreakSpace + "ans"
	case unit == "days" && number < 2: // French has the singular up to 2
		return text + noBreakSpace + "jour"
	case unit == "days":
		return text + noBreakSpace + "jours"
	}
	return text
}

// gap compares a target with what it is about: a year with who entered in it, whatever period was asked; the whole
// programme, of a count, with everybody since its first day and, of anything else, with the figure itself. What is
// promised of everybody is not compared with a part of them, nor a year with nothing before it begins.
func (l *Ledger) gap(target Target, c counted, q Question) Gap {
	gap := Gap{Period: target.Period, Value: target.Value, Direction: "at_least"}
	if informative(target.Indicator) {
		gap.Direction = "informative"
	}
	isCount := unit(target.Indicator) == "count"
	over := q.Period
	switch {
	case isCount && len(q.asked()) > 0:
		return gap
	case target.Period != "programme" && q.AsOf < target.Period+"-01-01":
		return gap
	case target.Period != "programme":
		over = Period{target.Period + "-01-01", target.Period + "-12-31", q.AsOf}
		c = l.count(target.Indicator, over, q.asked())
	case isCount:
		over = Period{l.startsOn, q.AsOf, q.AsOf}
		c = l.count(target.Indicator, over, q.asked())
	}
	value := rounded(c.exact(target.Indicator))
	if value == nil {
		return gap
	}
	last := over.To
	if q.AsOf < last {
		last = q.AsOf
	}
	gap.Measured, gap.From, gap.To = value, &over.From, &last
	missing := *value - target.Value
	gap.Gap = &missing
	if !informative(target.Indicator) {
		met := *value >= target.Value
		gap.Met = &met
	}
	return gap
}
