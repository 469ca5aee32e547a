package domain

// Series is one indicator over time. Each point is what the indicator answers for the days of the point, as they stood
// on the last of them.
type Series struct {
	About
	Key               string        `json:"key" doc:"The indicator." example:"meetings_held" maxLength:"60"`
	Label             string        `json:"label" doc:"What the indicator is called, in French." example:"Nombre de rendez-vous individuels honorés" maxLength:"200"`
	Unit              Unit          `json:"unit" doc:"What values are measured in." enum:"count,percent,months,days" example:"count" maxLength:"10"`
	DefinitionVersion int           `json:"definition_version" doc:"Version of the definition used, at every point: that of as_of." example:"1" minimum:"1" maximum:"1000"`
	Step              FigureStep    `json:"step" doc:"How long each point is." example:"month"`
	Cumulative        bool          `json:"cumulative" doc:"Whether each point counts from the programme's first day." example:"false"`
	Items             []SeriesPoint `json:"items" doc:"The calendar months, quarters or years between from and the earlier of to and as_of, the first and the last cut where they go beyond; none where the period has not begun by as_of." maxItems:"120" nullable:"false"`
}

// SeriesPoint is the indicator for some days: of who entered or met in them (or, cumulative, since the programme's
// first day), as it stood when the last of them ended.
type SeriesPoint struct {
	Period
	Figure

	people int // of the population in the point: see Population
}

// SeriesQuery is how a series is cut.
type SeriesQuery struct {
	Step       FigureStep `query:"step" doc:"How long each point is; a month when left out." example:"month"`
	Cumulative bool       `query:"cumulative" doc:"Whether each point counts from the programme's first day, not from the point's own." example:"false"`
}

// Series answers one indicator over time.
func (q Question) Series(key string, asked SeriesQuery) (Series, error) {
	q = q.asShown()
	d, err := q.definition(key)
	if err != nil {
		return Series{}, err
	}
	if asked.Step == "" {
		asked.Step = StepMonth
	}
	periods, err := q.periods(asked)
	if err != nil {
		return Series{}, err
	}
	answer := Series{About: q.about(), Key: d.Key, Label: d.LabelFR, Unit: d.Unit, DefinitionVersion: d.Version, Step: asked.Step, Cumulative: asked.Cumulative, Items: []SeriesPoint{}}
	for _, period := range periods {
		known := q.basisOf(period.AsOf).known(period.AsOf, q.Filter)
		answer.Items = append(answer.Items, SeriesPoint{
			Period: period, Figure: d.figure(known, period, q.Filter, nil), people: len(firstEnrolments(known.Records, period)),
		})
	}
	return q.shownSeries(answer), nil
}

// periods are those of the points: each ends with its step, and is seen from there.
func (q Question) periods(asked SeriesQuery) ([]Period, error) {
	whole := Span{q.Period.From, EarlierOf(q.Period.To, q.Period.AsOf)}
	if whole.From.After(whole.To) {
		return nil, nil
	}
	cut := whole.cut(asked.Step)
	if len(cut) > MaxPeriods {
		return nil, queryFault("step", "too_many_periods", "That makes more than %d points: ask for fewer days, or for a longer step.", MaxPeriods)
	}
	periods := make([]Period, len(cut))
	for i, days := range cut {
		began := q.began(days.To)
		periods[i] = Period{From: days.From, To: days.To, AsOf: days.To, ProgrammeStart: began}
		if asked.Cumulative {
			periods[i].From = EarlierOf(began, days.From)
		}
		if q.told != nil { // who entered before is in no figure of an analyst's
			periods[i].From = laterOf(began, periods[i].From)
		}
	}
	return periods, nil
}
