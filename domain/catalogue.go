package domain

import "slices"

// IndicatorSet says who wants an indicator.
type IndicatorSet string

const (
	SetConvention IndicatorSet = "convention" // the ten owed to the funders
	SetBeyond     IndicatorSet = "beyond"     // what the programme keeps beside them
)

// Codes are the values.
func (IndicatorSet) Codes() []string { return []string{string(SetConvention), string(SetBeyond)} }

// Catalogue is every definition that was ever used, in the order in which figures are shown; the versions of one
// indicator stand in the order of their valid_from. A version that was used is never edited: what was computed by it
// can be computed again.
type Catalogue []Definition

// Definitions is the catalogue.
var Definitions = Catalogue(slices.Concat(Indicators, indicatorsBeyond))

// On gives each indicator in the version that is in force on the day: the latest that is valid by then or, for days
// before there was any, the first. An answer goes by its as_of.
func (c Catalogue) On(day Date) []Definition {
	at := map[string]int{}
	inForce := []Definition{}
	for _, d := range c {
		i, seen := at[d.Key]
		switch {
		case !seen:
			at[d.Key] = len(inForce)
			inForce = append(inForce, d)
		case !d.ValidFrom.After(day):
			inForce[i] = d
		}
	}
	return inForce
}

// Of gives each indicator of a set, or of both where none is named, in the version in force on the day.
func (c Catalogue) Of(set IndicatorSet, day Date) []Definition {
	return slices.DeleteFunc(c.On(day), func(d Definition) bool { return set != "" && d.Set != set })
}

// OfSet is the part of the catalogue that belongs to a set, or all of it where none is named, in every version.
func (c Catalogue) OfSet(set IndicatorSet) Catalogue {
	return slices.DeleteFunc(slices.Clone(c), func(d Definition) bool { return set != "" && d.Set != set })
}

// Named gives an indicator in the version in force on the day.
func (c Catalogue) Named(key string, day Date) (Definition, error) {
	versions := c.Versions(key)
	if len(versions) == 0 {
		return Definition{}, Missing("indicator")
	}
	return versions.On(day)[0], nil
}

// Versions are all there were of an indicator, the first version first; none of one that there is not.
func (c Catalogue) Versions(key string) Catalogue {
	versions := Catalogue{}
	for _, d := range c {
		if d.Key == key {
			versions = append(versions, d)
		}
	}
	return versions
}

// Has tells whether there is such an indicator.
func (c Catalogue) Has(key string) bool { return len(c.Versions(key)) > 0 }

// WithoutJustice is the catalogue of a deployment whose justice module is off.
func (c Catalogue) WithoutJustice() Catalogue {
	return slices.DeleteFunc(slices.Clone(c), func(d Definition) bool { return d.Key == IndicatorJusticeSupervised })
}

// DefinitionHistory is an indicator as it is defined now, and as it was.
type DefinitionHistory struct {
	Definition
	Versions []Definition `json:"versions" doc:"Every version, the first one first. Answers for a day before a change go on using the version of that day." maxItems:"100" nullable:"false"`
}

// History is an indicator as it is defined on the day, with all its versions.
func (c Catalogue) History(key string, day Date) (DefinitionHistory, error) {
	d, err := c.Named(key, day)
	return DefinitionHistory{Definition: d, Versions: c.Versions(key)}, err
}
