package domain

// Dimension is an attribute at entry by which figures are filtered and broken down. Its name is
// the query parameter's name.
type Dimension string

const (
	ByTerritory      Dimension = "territory"
	BySector         Dimension = "sector"
	ByGender         Dimension = "gender"
	ByAgeBand        Dimension = "age_band"
	ByEducationLevel Dimension = "education_level"
	ByJusticeStatus  Dimension = "justice_status"
	ByReferrerKind   Dimension = "referrer_kind"
	ByCaseworker     Dimension = "caseworker"
)

// Dimensions are all there are.
var Dimensions = []Dimension{ByTerritory, BySector, ByGender, ByAgeBand, ByEducationLevel, ByJusticeStatus, ByReferrerKind, ByCaseworker}

// Codes are the names of the dimensions.
func (Dimension) Codes() []string { return Names(Dimensions) }

// Of is the record's value in that dimension, where it is known.
func (d Dimension) Of(r *Record) (code string, known bool) {
	switch d {
	case ByTerritory:
		return deref(r.TerritoryCode)
	case BySector:
		return deref(r.Sector)
	case ByGender:
		return deref(r.Gender)
	case ByAgeBand:
		if age, known := r.AgeAtEntry(); known {
			return ageBand(age)
		}
	case ByEducationLevel:
		return deref(r.EducationLevel)
	case ByJusticeStatus:
		return deref(r.JusticeStatus)
	case ByReferrerKind:
		return deref(r.ReferrerKind)
	case ByCaseworker:
		return deref(r.CaseworkerID)
	}
	return "", false
}

// ageBand is the band of an age; an age that has none, below 16, is as good as unknown.
func ageBand(age int) (code string, known bool) {
	band := AgeBandOf(age)
	return string(band), band != ""
}

func deref[T ~string](value *T) (string, bool) {
	if value == nil {
		return "", false
	}
	return string(*value), true
}

// ReferrerKind is who referred somebody: the kind of the organisation, or an origin where none did.
type ReferrerKind string

// Codes are the values.
func (ReferrerKind) Codes() []string {
	return append(OrganisationKind("").Codes(), ReferralOrigin("").Codes()...)
}

// Lists are those that the values are of.
func (ReferrerKind) Lists() []*Nomenclature {
	return []*Nomenclature{organisationKinds, referralOrigins}
}

// Filter narrows figures to the enrolments that have, at entry, every value named; an empty
// field asks for nothing. Somebody whose value is unknown passes no filter on it.
type Filter struct {
	Territory      string         `query:"territory" json:"territory,omitempty" doc:"Only enrolments of that territory at entry (INSEE or QPV code). Of one from which nobody came the answer is about nobody." pattern:"^[0-9A-Z]{5,8}$" patternDescription:"the INSEE code of a commune or the code of a priority quarter" example:"80253" minLength:"5" maxLength:"8"`
	Sector         string         `query:"sector" json:"sector,omitempty" doc:"Only enrolments of territories in that sector of the programme, written as in its list of territories; of a name that stands in none the answer is about nobody." example:"Doullens" maxLength:"100"`
	Gender         Gender         `query:"gender" json:"gender,omitempty" doc:"Only people of that gender." example:"female" maxLength:"40"`
	AgeBand        AgeBand        `query:"age_band" json:"age_band,omitempty" doc:"Only people in that age band at entry." example:"26_35" maxLength:"40"`
	EducationLevel EducationLevel `query:"education_level" json:"education_level,omitempty" doc:"Only people whose highest diploma at entry is that one." example:"cap_bep" maxLength:"40"`
	JusticeStatus  JusticeStatus  `query:"justice_status" json:"justice_status,omitempty" doc:"Only people of that justice status at entry." example:"milieu_ouvert" maxLength:"40"`
	ReferrerKind   ReferrerKind   `query:"referrer_kind" json:"referrer_kind,omitempty" doc:"Only people referred by that kind of organisation, or come by that origin." example:"france_travail" maxLength:"40"`
	Caseworker     string         `query:"caseworker" json:"caseworker,omitempty" doc:"Only enrolments that this caseworker follows; of a name that follows none the answer is about nobody." example:"0197f0a0-0000-7000-8000-000000000002" maxLength:"255"`
}

// With is the filter narrowed to one more value, as a breakdown does for each of its rows.
func (f Filter) With(d Dimension, code string) Filter {
	switch d {
	case ByTerritory:
		f.Territory = code
	case BySector:
		f.Sector = code
	case ByGender:
		f.Gender = Gender(code)
	case ByAgeBand:
		f.AgeBand = AgeBand(code)
	case ByEducationLevel:
		f.EducationLevel = EducationLevel(code)
	case ByJusticeStatus:
		f.JusticeStatus = JusticeStatus(code)
	case ByReferrerKind:
		f.ReferrerKind = ReferrerKind(code)
	case ByCaseworker:
		f.Caseworker = code
	}
	return f
}

// Match tells whether the record has every value that the filter names.
func (f Filter) Match(r *Record) bool { return f.matches(r) }

func (f Filter) matches(one described) bool {
	for dimension, wanted := range f.wanted {
		if wanted == "" {
			continue
		}
		if code, known, applies := one.in(dimension); applies && (!known || code != wanted) {
			return false
		}
	}
	return true
}

// names tells whether the filter asks for a value of the dimension.
func (f Filter) names(d Dimension) bool {
	for dimension, wanted := range f.wanted {
		if dimension == d {
			return wanted != ""
		}
	}
	return false
}

// IsEmpty tells whether the filter lets everybody pass.
func (f Filter) IsEmpty() bool { return f == Filter{} }

// wanted gives each dimension with the value asked for, "" where none is.
func (f Filter) wanted(yield func(Dimension, string) bool) {
	_ = yield(ByTerritory, f.Territory) && yield(BySector, f.Sector) &&
		yield(ByGender, string(f.Gender)) && yield(ByAgeBand, string(f.AgeBand)) &&
		yield(ByEducationLevel, string(f.EducationLevel)) && yield(ByJusticeStatus, string(f.JusticeStatus)) &&
		yield(ByReferrerKind, string(f.ReferrerKind)) && yield(ByCaseworker, f.Caseworker)
}
