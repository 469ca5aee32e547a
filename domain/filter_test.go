package domain

import "testing"

func TestFilters(t *testing.T) {
	r := enrolment(born("1990-04-02"), justice(JusticeMilieuOuvert)) // 34 at entry
	r.Gender, r.EducationLevel, r.TerritoryCode = new(GenderFemale), new(EducationBrevet), new("80253")
	r.Sector, r.ReferrerKind, r.CaseworkerID = new("Doullens"), new("spip"), new("c1")
	nobodyKnows := enrolment()
	values := map[Dimension][2]string{ // the record's, and another
		ByTerritory: {"80253", "80318"}, BySector: {"Doullens", "Flixecourt"}, ByGender: {"female", "male"},
		ByAgeBand: {"26_35", "16_25"}, ByEducationLevel: {"brevet", "bac"}, ByJusticeStatus: {"milieu_ouvert", "aucune"},
		ByReferrerKind: {"spip", "commune"}, ByCaseworker: {"c1", "c2"},
	}
	all := Filter{}
	if !all.IsEmpty() || !all.Match(&nobodyKnows) {
		t.Error("no filter lets everybody pass")
	}
	for _, dimension := range Dimensions {
		own, other := Filter{}.With(dimension, values[dimension][0]), Filter{}.With(dimension, values[dimension][1])
		if own.IsEmpty() || !own.Match(&r) || other.Match(&r) || own.Match(&nobodyKnows) {
			t.Errorf("%s is filtered wrongly", dimension)
		}
		all = all.With(dimension, values[dimension][0])
		if narrowed := all.With(dimension, values[dimension][1]); narrowed.Match(&r) {
			t.Errorf("%s is not filtered beside others", dimension)
		}
	}
	if !all.Match(&r) {
		t.Error("a record passes a filter on all its values")
	}
}
