package domain

import (
	"fmt"
	"testing"
)

// womenAndMen came on one day; of each sex so many are of each kind.
func womenAndMen(kinds []Record, women, men []int) []Record {
	var records []Record
	for gender, many := range map[Gender][]int{GenderFemale: women, GenderMale: men} {
		for i, kind := range kinds {
			for n := range many[i] {
				r := kind
				r.EnrolmentID, r.EnteredOn, r.Gender = fmt.Sprint(gender, i, n), MustDate("2025-02-03"), &gender
				r.ParticipantID = r.EnrolmentID
				records = append(records, r)
			}
		}
	}
	return records
}

// toldBy are the counts that an analyst is told of an indicator, by the codes of the row.
func toldBy(t *testing.T, q Question, key string, by ...Dimension) map[string]int {
	t.Helper()
	answer, err := q.Breakdown(key, by)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, row := range answer.Items {
		name := ""
		for _, one := range by {
			if code := row.Values.Of(one); code != nil {
				name += *code + " "
			}
		}
		if !row.Suppressed {
			told[name] = *row.Numerator
		}
	}
	return told
}

// Two women are of a kind that is withheld, and so are the seven of the last. Either share, told of women, would say how
// many the seven are, and so the two, though it is of nobody few: the six are all of their kind less the men.
var (
	women = []int{9, 2, 6, 7}
	men   = []int{30, 8, 20, 10}
)

func TestTheShareUnderJusticeIsToldOfNoSex(t *testing.T) {
	var kinds []Record
	for _, status := range []JusticeStatus{JusticeMilieuOuvert, JusticeMilieuFerme, JusticeAmenagementDePeine, JusticeAucune} {
		kinds = append(kinds, Record{JusticeStatus: &status})
	}
	q := askedBy(womenAndMen(kinds, women, men))
	people := toldBy(t, q, IndicatorBeneficiaries, ByGender, ByJusticeStatus)
	if _, told := people["female milieu_ferme "]; told || people["female milieu_ouvert "] != women[0] {
		t.Fatalf("of women are told %v", people)
	}
	third := people["amenagement_de_peine "] - people["male amenagement_de_peine "]
	share := toldBy(t, q, IndicatorJusticeSupervised, ByGender)
	if share[""] != 75 || third != women[2] {
		t.Errorf("of all are told %d, of women %d of a kind", share[""], third)
	}
	if under, told := share["female "]; told {
		t.Errorf("of %d women under supervision all but %d are known", under, under-third-people["female milieu_ouvert "])
	}
}

// The young are all without resources: of how many women that is said, so many women are young.
func TestTheShareOfTheYoungIsToldOfNoSex(t *testing.T) {
	var kinds []Record
	for _, born := range []string{"1974-01-01", "1984-01-01", "1995-01-01", "2003-01-01"} {
		kinds = append(kinds, Record{BirthDate: new(MustDate(born)), WithoutResources: new(born == "2003-01-01"), Disengaged: new(false)})
	}
	q := askedBy(womenAndMen(kinds, women, men))
	people := toldBy(t, q, IndicatorBeneficiaries, ByGender, ByAgeBand)
	if _, told := people["female 36_45 "]; told || people["female 46_55 "] != women[0] {
		t.Fatalf("of women are told %v", people)
	}
	third := people["26_35 "] - people["male 26_35 "]
	share := toldBy(t, q, IndicatorYouthWithoutResources, ByGender)
	if share[""] != people["16_25 "] || third != women[2] {
		t.Errorf("%d of %d young are without resources, %d women are of an age", share[""], people["16_25 "], third)
	}
	if young, told := share["female "]; told {
		t.Errorf("of the women %d are of the age that is withheld", people["female "]-young-third-people["female 46_55 "])
	}
}
