package recount

import "sort"

// Values are where a row stands: unknown for who is not known there, nil in a dimension that the row sums over.
type Values struct {
	Territory      *string `json:"territory"`
	Sector         *string `json:"sector"`
	Gender         *string `json:"gender"`
	AgeBand        *string `json:"age_band"`
	EducationLevel *string `json:"education_level"`
	JusticeStatus  *string `json:"justice_status"`
	ReferrerKind   *string `json:"referrer_kind"`
	Caseworker     *string `json:"caseworker"`
}

func (v *Values) set(dimension, code string) {
	if code == "" {
		code = "unknown"
	}
	*map[string]**string{
		"territory": &v.Territory, "sector": &v.Sector, "gender": &v.Gender, "age_band": &v.AgeBand, "education_level": &v.EducationLevel,
		"justice_status": &v.JusticeStatus, "referrer_kind": &v.ReferrerKind, "caseworker": &v.Caseworker,
	}[dimension] = &code
}

// Row is a cell or a total of a breakdown.
type Row struct {
	Values Values `json:"values"`
	Figure
}

// Breakdown is an indicator told apart by one or two dimensions: cells, the totals of each, the total of all.
type Breakdown struct {
	Items []Row `json:"items"`
}

// Breakdown asks of each row what the indicator answers about who is in it, from the beginning.
func (l *Ledger) Breakdown(key string, by []string, q Question) Breakdown {
	var rows []Row
	row := func(more ...wanted) {
		one := Row{Figure: l.count(key, q.Period, append(q.asked(), more...)).figure(key)}
		for _, w := range more {
			one.Values.set(w.dimension, w.code)
		}
		rows = append(rows, one)
	}
	if len(by) == 2 {
		for _, first := range l.codes(by[0], q.AsOf) {
			for _, second := range l.codes(by[1], q.AsOf) {
				row(wanted{by[0], first}, wanted{by[1], second})
			}
		}
	}
	for _, dimension := range by {
		for _, code := range l.codes(dimension, q.AsOf) {
			row(wanted{dimension, code})
		}
	}
	row()
	return Breakdown{rows}
}

// codes are the rows of a dimension: every value of a closed list, those of an open one that occur in the programme by
// as_of whatever else is asked, and "" for who is not known.
func (l *Ledger) codes(dimension, asOf string) []string {
	closed := map[string][]string{
		"gender": genders, "age_band": ages, "education_level": educations, "justice_status": justices, "referrer_kind": referrers,
	}
	if list, is := closed[dimension]; is {
		return append(append([]string{}, list...), "")
	}
	var met []string
	meet := func(code string, applies bool) {
		if applies && code != "" && !among(code, met) {
			met = append(met, code)
		}
	}
	for i := range l.paths {
		if p := &l.paths[i]; p.EnteredOn <= asOf {
			meet(p.in(dimension))
		}
	}
	for i := range l.referrals {
		if r := &l.referrals[i]; r.receivedOn <= asOf {
			meet(r.in(dimension))
		}
	}
	for _, place := range l.places {
		meet(place.in(dimension))
	}
	sort.Strings(met)
	return append(met, "")
}

// Point is an indicator over some days.
type Point struct {
	Period
	Figure
}

// Series is an indicator over time.
type Series struct {
	Items []Point `json:"items"`
}

// Series asks the indicator of each step of the period that had begun by as_of, seen from the step's last day.
func (l *Ledger) Series(key, step string, cumulative bool, q Question) Series {
	points := []Point{}
	for from := q.From; from <= q.last(); from = nextDay(stepEnd(step, from)) {
		to := earlier(stepEnd(step, from), q.last())
		days := Period{From: from, To: to, AsOf: to}
		if cumulative {
			days.From = earlier(l.startsOn, from)
		}
		points = append(points, Point{days, l.count(key, days, q.asked()).figure(key)})
	}
	return Series{points}
}
