package domain

import (
	"maps"
	"slices"
)

// Breakdown is one indicator told apart by one or two dimensions: a row for each combination of values, for each value
// of either dimension summed over the other, and for everybody. Each row is what the indicator answers under the filter
// that the row names, so a row and the filtered figure are one number.
type Breakdown struct {
	About
	Key               string         `json:"key" doc:"The indicator." example:"long_term_unemployed_share" maxLength:"60"`
	Label             string         `json:"label" doc:"What the indicator is called, in French." example:"Demandeurs d'emploi de longue durée (DELD)" maxLength:"200"`
	Unit              Unit           `json:"unit" doc:"What values are measured in." enum:"count,percent,months,days" example:"percent" maxLength:"10"`
	DefinitionVersion int            `json:"definition_version" doc:"Version of the definition used." example:"1" minimum:"1" maximum:"1000"`
	By                []Dimension    `json:"by" doc:"The dimensions, in the order asked for." maxItems:"2" example:"[\"gender\"]" nullable:"false"`
	Additive          bool           `json:"additive" doc:"Whether numerators, denominators and unknown of the rows add up to those of the totals. False for distinct people, of whom one with two paths may stand in two rows, and for territories told apart by who came from there." example:"true"`
	Items             []BreakdownRow `json:"items" doc:"Cells, in the order of the values; then, of two dimensions, the totals of each value of the first and of each value of the second; then the total. Every value of a closed list has its row, also one of nobody; of territories those on the programme's list or met in it, of caseworkers and sectors those met in it (for an analyst before the first closing, those on the list alone); last, unknown." maxItems:"12000" nullable:"false"`
}

// BreakdownRow is a cell or a total.
type BreakdownRow struct {
	Values Values `json:"values" doc:"The value in each dimension; unknown for those whose value is not known. A total leaves out the dimension that it sums over."`
	Figure

	cell   cell
	people int // of the population in the row: see Population
}

// Values are where a row stands in the dimensions of a breakdown; nil in one that it sums over or that was not asked for.
type Values struct {
	Territory      *string `json:"territory,omitempty" doc:"INSEE or QPV code at entry, or unknown." maxLength:"10" example:"80253"`
	Sector         *string `json:"sector,omitempty" doc:"The programme's sector, or unknown." maxLength:"100" example:"Doullens"`
	Gender         *string `json:"gender,omitempty" doc:"Gender, or unknown." maxLength:"40" example:"female"`
	AgeBand        *string `json:"age_band,omitempty" doc:"Age band at entry, or unknown." maxLength:"40" example:"26_35"`
	EducationLevel *string `json:"education_level,omitempty" doc:"Highest diploma at entry, or unknown." maxLength:"40" example:"cap_bep"`
	JusticeStatus  *string `json:"justice_status,omitempty" doc:"Justice status at entry, or unknown." maxLength:"40" example:"milieu_ouvert"`
	ReferrerKind   *string `json:"referrer_kind,omitempty" doc:"Kind of the organisation that referred, or an origin, or unknown." maxLength:"40" example:"france_travail"`
	Caseworker     *string `json:"caseworker,omitempty" doc:"Who follows the enrolment, or unknown." maxLength:"255" example:"c.martin"`
}

// Of is the value in a dimension.
func (v *Values) Of(d Dimension) *string { return *v.in(d) }

func (v *Values) in(d Dimension) **string {
	return map[Dimension]**string{
		ByTerritory: &v.Territory, BySector: &v.Sector, ByGender: &v.Gender, ByAgeBand: &v.AgeBand,
		ByEducationLevel: &v.EducationLevel, ByJusticeStatus: &v.JusticeStatus, ByReferrerKind: &v.ReferrerKind, ByCaseworker: &v.Caseworker,
	}[d]
}

// Names are the dimensions' names.
func Names(by []Dimension) []string {
	names := make([]string, len(by))
	for i, d := range by {
		names[i] = string(d)
	}
	return names
}

// MaxCells is how many rows a breakdown has at most.
const MaxCells = 10000

// coordinate is a value in one dimension: known, not known, or summed over.
type coordinate struct {
	code       string
	known, sum bool
}

var (
	summed  = coordinate{sum: true}
	unknown = coordinate{}
)

// cell is where an item stands in a breakdown; of one dimension the second is summed over.
type cell [2]coordinate

func (r BreakdownRow) whole() bool { return r.cell == cell{summed, summed} }

// text is the coordinate as it is answered.
func (c coordinate) text() *string {
	switch {
	case c.sum:
		return nil
	case c.known:
		return &c.code
	}
	return new(UnknownCode)
}

// AddsUp tells whether the rows of a breakdown add up to its totals, by what the indicator counts.
func (d Definition) AddsUp(by ...Dimension) bool {
	switch d.Key {
	case IndicatorBeneficiaries:
		return false
	case IndicatorTerritoryCoverage:
		return !slices.ContainsFunc(by, func(one Dimension) bool { return one != ByTerritory && one != BySector })
	}
	return true
}

// CheckBy refuses what nothing can be broken down by.
func (q Question) CheckBy(by []Dimension) error {
	var faults Faults
	for i, d := range by {
		at := "query.by[" + itoa(i) + "]"
		switch {
		case !slices.Contains(Dimensions, d):
			faults.AddAt(at, "unknown_dimension", "A figure is broken down by a dimension that it can be filtered by.")
		case q.withoutJustice && slices.Contains(JusticeFields, string(d)):
			faults.AddAt(at, "justice_module_off", "Nothing about justice is told here: the justice module is off.")
		case slices.Contains(by[:i], d):
			faults.AddAt(at, "repeated", "This dimension is already named.")
		case q.Filter.names(d):
			faults.AddAt(at, "filtered", "The filter names one value of this dimension: leave the filter on it out, or the dimension.")
		}
	}
	if len(by) < 1 || len(by) > 2 {
		faults.AddAt("query.by", "how_many", "A figure is broken down by one or two dimensions.")
	}
	return faults.Err()
}

// Breakdown answers one indicator, broken down.
func (q Question) Breakdown(key string, by []Dimension) (Breakdown, error) {
	q = q.asShown()
	d, err := q.definition(key)
	if err == nil {
		err = q.CheckBy(by)
	}
	if err != nil {
		return Breakdown{}, err
	}
	cells, err := q.cells(by)
	if err != nil {
		return Breakdown{}, err
	}
	answer := Breakdown{About: q.about(), Key: d.Key, Label: d.LabelFR, Unit: d.Unit, DefinitionVersion: d.Version, By: by, Additive: d.AddsUp(by...), Items: []BreakdownRow{}}
	parts := q.known(q.Period.AsOf, q.Filter).apart(by)
	for _, at := range cells {
		part := parts(at)
		row := BreakdownRow{Figure: d.figure(part, q.Period, q.Filter, nil), cell: at, people: len(firstEnrolments(part.Records, q.Period))}
		for i, dimension := range by {
			*row.Values.in(dimension) = at[i].text()
		}
		answer.Items = append(answer.Items, row)
	}
	return q.shownBreakdown(answer), nil
}

// cells are the rows of a breakdown, in their order.
func (q Question) cells(by []Dimension) ([]cell, error) {
	values := [2][]coordinate{{summed}, {summed}}
	count := 1
	for i, d := range by {
		values[i] = q.values(d)
		count *= len(values[i]) + 1
	}
	if count > MaxCells {
		return nil, queryFault("by", "too_many_cells", "That makes more than %d rows: break down by one dimension, or by others.", MaxCells)
	}
	var cells []cell
	for _, first := range values[0] {
		for _, second := range values[1] {
			cells = append(cells, cell{first, second})
		}
	}
	if len(by) == 2 {
		for _, first := range values[0] {
			cells = append(cells, cell{first, summed})
		}
		for _, second := range values[1] {
			cells = append(cells, cell{summed, second})
		}
	}
	return append(cells, cell{summed, summed}), nil
}

// values are those of a dimension, unknown last. Of an open dimension they are those met in the whole programme by
// as_of, whatever the filter and the period: that a row is there says nothing of who passes the filter.
func (q Question) values(d Dimension) []coordinate {
	codes := d.closed()
	if codes == nil {
		met := map[string]bool{}
		whole := q.known(q.Period.AsOf, Filter{})
		if q.discreet != nil && !q.discreet.isClosing(q.Period.AsOf) { // no closing: that a row is there would tell who came
			whole = Basis{Places: whole.Places}
		}
		whole.each(func(one described) {
			if code, known, applies := one.in(d); known && applies {
				met[code] = true
			}
		})
		codes = slices.Sorted(maps.Keys(met))
	}
	var values []coordinate
	for _, code := range codes {
		if !q.withoutJustice || d != ByReferrerKind || !tellsByReferrer(code) {
			values = append(values, coordinate{code: code, known: true})
		}
	}
	return append(values, unknown)
}

// closed are the values of a dimension that is a closed list; nil of one that is not.
func (d Dimension) closed() []string {
	switch d {
	case ByGender:
		return Gender("").Codes()
	case ByAgeBand:
		return AgeBand("").Codes()
	case ByEducationLevel:
		return EducationLevel("").Codes()
	case ByJusticeStatus:
		return JusticeStatus("").Codes()
	case ByReferrerKind:
		return ReferrerKind("").Codes()
	}
	return nil
}

// each shows everything that figures count.
func (b Basis) each(show func(described)) {
	for i := range b.Records {
		show(&b.Records[i])
	}
	for i := range b.Referrals {
		show(&b.Referrals[i])
	}
	for i := range b.Places {
		show(&b.Places[i])
	}
}

// apart gives the part of the basis that belongs to a cell. Everything is put in its place once, however many cells
// are asked for. A territory stands in every value of a dimension that does not apply to it.
func (b Basis) apart(by []Dimension) func(cell) Basis {
	records := spread(b.Records, by, func(r *Record) described { return r })
	referrals := spread(b.Referrals, by, func(r *ReferralRecord) described { return r })
	places := spread(b.Places, by, func(p *TargetedPlace) described { return p })
	return func(at cell) Basis {
		return Basis{Records: records[at], Referrals: referrals[at], Places: places[placed(at, by)]}
	}
}

// placed is the cell in which the territories of a cell stand.
func placed(at cell, by []Dimension) cell {
	for i, dimension := range by {
		if dimension != ByTerritory && dimension != BySector {
			at[i] = summed
		}
	}
	return at
}

// spread puts each into its cell and into the totals that the cell belongs to, in the order in which they come.
func spread[T any](all []T, by []Dimension, as func(*T) described) map[cell][]T {
	in := map[cell][]T{}
	for i := range all {
		var at cell
		for axis := range at {
			at[axis] = summed
			if axis < len(by) {
				if code, known, applies := as(&all[i]).in(by[axis]); applies {
					at[axis] = coordinate{code: code, known: known}
				}
			}
		}
		for _, one := range at.totals() {
			in[one] = append(in[one], all[i])
		}
	}
	return in
}

// totals are the cell and what it adds to.
func (c cell) totals() []cell {
	totals := []cell{c}
	for axis := range c {
		if c[axis] == summed {
			continue
		}
		for _, one := range totals[:len(totals):len(totals)] {
			one[axis] = summed
			totals = append(totals, one)
		}
	}
	return totals
}
