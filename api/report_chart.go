package api

import (
	"math"
	"strconv"

	"o2r/domain"
)

// What the charts of a report are drawn from: places on a grid, and the values of the report that stand there. The drawing is
// in report_charts.html. Values are written out, and what fills a shape is a pattern, so that nobody needs its colour.

func px(at float64) string { return strconv.FormatFloat(at, 'f', 1, 64) }

// The grid of a chart by month.
const (
	chartTop, chartBottom = 40.0, 190.0
	chartLeft, chartRight = 8.0, 712.0
)

// monthBar is a month of a chart.
type monthBar struct {
	Name           string
	X, Width       float64
	Middle         float64
	Whole, Part    float64 // heights
	WholeY, PartY  float64
	Value, OfWhole printed
	Suppressed     bool
}

// EntryBars are the people who entered, by month.
func (v reportView) EntryBars() []monthBar {
	return monthBars("entries", v.Entries, func(f domain.Figure) (whole, part *int) { return f.Numerator, f.Numerator })
}

// MeetingBars are the appointments of each month: all, and those to which the person came.
func (v reportView) MeetingBars() []monthBar {
	return monthBars("meetings", v.Meetings, func(f domain.Figure) (whole, part *int) { return f.Denominator, f.Numerator })
}

func monthBars(series string, s domain.Series, of func(domain.Figure) (whole, part *int)) []monthBar {
	highest := 1
	for _, item := range s.Items {
		if whole, _ := of(item.Figure); whole != nil {
			highest = max(highest, *whole)
		}
	}
	step := (chartRight - chartLeft) / float64(max(len(s.Items), 6))
	var bars []monthBar
	for i, item := range s.Items {
		whole, part := of(item.Figure)
		bar := monthBar{Name: shortMonths[item.From.Month()-1], X: chartLeft + step*(float64(i)+0.2), Width: step * 0.6, Middle: chartLeft + step*(float64(i)+0.5), Suppressed: item.Suppressed}
		height := func(n *int) float64 {
			if n == nil {
				return 0
			}
			return (chartBottom - chartTop) * float64(*n) / float64(highest)
		}
		bar.Whole, bar.Part = height(whole), height(part)
		bar.WholeY, bar.PartY = chartBottom-bar.Whole, chartBottom-bar.Part
		bar.Value = cellAt(series, "items", i, "numerator", part)
		bar.OfWhole = cellAt(series, "items", i, "denominator", whole)
		bars = append(bars, bar)
	}
	return bars
}

var shortMonths = []string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}

// targetBar is a rate beside what the convention promises.
type targetBar struct {
	Label          string
	Y              float64
	Width          float64
	Target         *float64 // where it stands
	Value, Promise printed
	Suppressed     bool
}

// The grid of the chart of targets.
const (
	rateLeft, rateWidth = 8.0, 500.0
	rateStep            = 46.0
)

// TargetBars are the convention's rates, each with the target of the whole programme.
func (v reportView) TargetBars() []targetBar {
	var bars []targetBar
	for _, row := range v.Ten() {
		if row.Since.Unit != domain.UnitPercent {
			continue
		}
		bar := targetBar{Label: row.Since.Label, Y: float64(len(bars)) * rateStep, Suppressed: row.Since.Suppressed, Value: shownAt("table", "items", row.I, "display", row.Since.Display)}
		if row.Since.Value != nil {
			bar.Width = rateWidth * math.Min(*row.Since.Value, 100) / 100
		}
		for t, target := range row.Since.Targets {
			if target.Period == domain.WholeProgramme {
				bar.Target = new(rateLeft + rateWidth*math.Min(target.Value, 100)/100)
				bar.Promise = cellAt("table", "items", row.I, "targets", t, "value", target.Value)
			}
		}
		bars = append(bars, bar)
	}
	return bars
}

// TargetsHeight is the height of their chart.
func (v reportView) TargetsHeight() float64 { return float64(len(v.TargetBars()))*rateStep + 4 }
