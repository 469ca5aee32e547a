package domain

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

func TestTheProfileOfThePublishedCase(t *testing.T) {
	p := ProfileOf(Basis{Records: publishedCase()}, endOf2025, Filter{})
	if *p.People != 26 || *p.MeetingsHeld != 166 || *p.ExitsToWork.Count != 5 || p.ExitsToWork.Display != "19\u00a0%" {
		t.Errorf("%d people, %d meetings, %d exits to work", *p.People, *p.MeetingsHeld, *p.ExitsToWork.Count)
	}
	if *p.Age.Min != 24 || *p.Age.Max != 56 || p.Age.Display != "35\u00a0ans" || *p.Age.Unknown != 0 {
		t.Errorf("ages %d to %d, mean %s", *p.Age.Min, *p.Age.Max, p.Age.Display)
	}
	for rows, want := range map[string]string{
		showRows(p.Gender):         "male 25 96 %, female 1 4 %, other 0 0 %, unknown 0 0 %",
		showRows(p.EducationLevel): "sans_diplome 6 23 %, brevet 4 15 %, cap_bep 16 62 %, bac 0 0 %, bac_plus_2 0 0 %, bac_plus_3_4 0 0 %, bac_plus_5 0 0 %, unknown 0 0 %",
		showRows(p.JusticeStatus):  "milieu_ouvert 26 100 %, milieu_ferme 0 0 %, amenagement_de_peine 0 0 %, sortant_de_detention 0 0 %, sans_precision 0 0 %, aucune 0 0 %, unknown 0 0 %",
	} {
		if rows != want {
			t.Errorf("got  %s\nwant %s", rows, want)
		}
	}
	empty := ProfileOf(Basis{}, endOf2025, Filter{})
	if *empty.People != 0 || empty.Age.Display != "/" || empty.Age.Mean != nil || empty.Gender[0].Percent != nil || empty.Gender[0].Display != "/" {
		t.Errorf("the profile of nobody is %+v", empty)
	}
}

func TestTheProfileCountsAPersonOnceAndTheUnknownApart(t *testing.T) {
	again := enrolment(entered("2025-09-01"), justice(JusticeAucune))
	first, other := enrolment(justice(JusticeMilieuOuvert)), enrolment()
	other.ParticipantID = "q"
	p := ProfileOf(Basis{Records: []Record{again, first, other}}, endOf2025, Filter{})
	if got := showRows(p.JusticeStatus); *p.People != 2 || !strings.HasPrefix(got, "milieu_ouvert 1 50 %") || !strings.HasSuffix(got, "aucune 0 0 %, unknown 1 50 %") {
		t.Errorf("%d people: %s", *p.People, got)
	}
	if *p.Age.Unknown != 2 || p.Age.Min != nil || p.Age.Display != "/" {
		t.Errorf("ages nobody knows are %+v", p.Age)
	}
}

func TestHiddenRowsCannotBeWorkedOut(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts []int
		want   string
	}{
		{"nothing small", []int{16, 10, 0}, "16 10 0"},
		{"one small: the next smallest too", []int{16, 4, 6, 0}, "16 s s 0"},
		{"two small", []int{16, 2, 3, 5}, "16 s s 5"},
		{"two of one each", []int{16, 1, 1, 5}, "16 s s s"},
		{"two of k−1 each", []int{16, 4, 4, 5}, "16 s s 5"},
		{"one small and one other", []int{25, 1, 0, 0}, "s s 0 0"},
		{"all of one each", []int{1, 1, 1, 1, 1, 0}, "s s s s s s"},
	} {
		total := 0
		for _, n := range c.counts {
			total += n
		}
		var rows []counts
		for _, n := range c.counts {
			rows = append(rows, counts{labelIn: n})
		}
		var got []string
		rule := cellRule{k: 5, whole: counts{labelIn: total}}
		for i, withheld := range rule.hide(rows, nil) {
			if withheld {
				got = append(got, "s")
			} else {
				got = append(got, strconv.Itoa(c.counts[i]))
			}
		}
		if shown := strings.Join(got, " "); shown != c.want {
			t.Errorf("%s: %s, not %s", c.name, shown, c.want)
		}
	}
}

func TestAnAnalystsProfile(t *testing.T) {
	profile := func(filter Filter, k int) Profile {
		return Question{Programme: Programme{ProgrammeInput: ProgrammeInput{SmallCellThreshold: &k}}, Period: endOf2025, Filter: filter, Basis: Basis{Records: publishedCase()}, Restricted: true}.Profile().Profile
	}
	p := profile(Filter{}, 5)
	if got := showRows(p.Gender); got != "male s, female s, other 0 0 %, unknown 0 0 %" {
		t.Error("gender shows", got)
	}
	if p.Age.Min != nil || p.Age.Max != nil || p.Age.Mean == nil || !p.Age.Suppressed {
		t.Errorf("the youngest and the oldest are single people: %+v", p.Age)
	}
	if p.People == nil || p.MeetingsHeld == nil || !p.ExitsToWork.Suppressed {
		t.Error("what is about enough people is shown, but of how paths end only what the convention asks")
	}
	all, _ := json.Marshal(profile(Filter{}, 27))
	few := profile(Filter{Gender: GenderFemale}, 5)
	nobody := profile(Filter{Gender: GenderOther}, 5)
	if got, _ := json.Marshal(few); !few.Suppressed || string(got) != string(all) {
		t.Errorf("a profile of few shows %s", got)
	}
	if !nobody.Suppressed || nobody.Gender[0].Count != nil {
		t.Error("a filter that nobody passes shows something")
	}
}

// showRows writes shares as code, count and display, the no-break space as a space.
func showRows(shares []Share) string {
	var rows []string
	for _, s := range shares {
		row := s.Code + " " + s.Display
		if s.Count != nil {
			row = s.Code + " " + strconv.Itoa(*s.Count) + " " + s.Display
		}
		rows = append(rows, strings.ReplaceAll(row, "\u00a0", " "))
	}
	return strings.Join(rows, ", ")
}

func TestThePrevalenceOfBarriers(t *testing.T) {
	records := publishedCase()
	for i := range 9 {
		barrier("2025-08-01", "", "")(&records[i])
	}
	barrier("2025-09-01", "2025-10-01", "")(&records[0]) // found again: she has it once
	barrier("2026-01-01", "", "")(&records[9])           // found later
	records[1].Barriers[0].Barrier = BarrierProblematiqueJudiciaire
	q := Question{Period: endOf2025, Basis: Basis{Records: records}}
	row := func(p ProfileAnswer, code Barrier) *Share {
		for _, share := range p.Barriers {
			if share.Code == string(code) {
				return &share
			}
		}
		return nil
	}
	whole := q.Profile()
	if len(whole.Barriers) != len(Barrier("").Codes()) || *row(whole, BarrierMobilite).Count != 8 || *row(whole, BarrierProblematiqueJudiciaire).Count != 1 || *row(whole, BarrierNumerique).Count != 0 {
		t.Errorf("barriers %s", showRows(whole.Barriers))
	}
	q.Restricted = true
	withheld := q.Profile()
	// All barriers found are known in all, so that the one row tells of the other.
	if !row(withheld, BarrierMobilite).Suppressed || !row(withheld, BarrierProblematiqueJudiciaire).Suppressed || row(withheld, BarrierNumerique).Suppressed {
		t.Errorf("to an analyst %s", showRows(withheld.Barriers))
	}
	records[1].Barriers[0].Barrier = BarrierMobilite
	if withheld = q.Profile(); row(withheld, BarrierMobilite).Suppressed {
		t.Errorf("nothing else hinders: to an analyst %s", showRows(withheld.Barriers))
	}
	records[1].Barriers[0].Barrier = BarrierProblematiqueJudiciaire
	for i := range records[9:24] {
		records[9+i].Barriers = records[2].Barriers
	}
	if withheld = q.Profile(); !row(withheld, BarrierMobilite).Suppressed { // 23 of 26 have it, so three have not
		t.Errorf("to an analyst %s", showRows(withheld.Barriers))
	}
	if row(q.WithoutJustice().Profile(), BarrierProblematiqueJudiciaire) != nil {
		t.Error("where the justice module is off, there is a row of it")
	}
}
