package domain

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var (
	anyTerritory = rapid.SampledFrom([]string{"80001", "80021", "80253", "80318"})
	sectorOf     = map[string]*string{"80001": new("Nord"), "80021": new("Nord"), "80253": new("Sud"), "80318": nil}
)

// anyBasis is a caseload with all that figures are made of: places, barriers, referrals and who referred.
var anyBasis = rapid.Custom(func(t *rapid.T) Basis {
	var basis Basis
	for i, r := range rapid.SliceOfN(anyRecord, 0, 12).Draw(t, "records") {
		r.EnrolmentID = fmt.Sprint("e", i)
		if r.TerritoryCode = rapid.Ptr(anyTerritory, true).Draw(t, "territory"); r.TerritoryCode != nil {
			r.Sector = sectorOf[*r.TerritoryCode]
		}
		r.CaseworkerID = rapid.Ptr(rapid.SampledFrom([]string{"c.martin", "unknown"}), true).Draw(t, "caseworker")
		r.ReferredOn = rapid.Ptr(anyDay, true).Draw(t, "referred")
		for j := range rapid.IntRange(0, 3).Draw(t, "barriers") {
			b := BarrierFact{ID: fmt.Sprint("b", j), Barrier: Barrier(rapid.SampledFrom(Barrier("").Codes()).Draw(t, "barrier")), AssessedOn: anyDay.Draw(t, "assessed")}
			switch after := b.AssessedOn.AddDays(rapid.IntRange(0, 200).Draw(t, "days")); rapid.IntRange(0, 2).Draw(t, "settled") {
			case 1:
				b.LiftedOn = &after
			case 2:
				b.SetAsideOn = &after
			}
			r.Barriers = append(r.Barriers, b)
		}
		basis.Records = append(basis.Records, r)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "referrals") {
		r := ReferralRecord{ReferralID: fmt.Sprint("r", i), ReceivedOn: anyDay.Draw(t, "received"), Gender: drawCode[Gender](t), JusticeStatus: drawCode[JusticeStatus](t)}
		if r.Status = ReferralStatus(rapid.SampledFrom(ReferralStatus("").Codes()).Draw(t, "status")); !slices.Contains(OpenReferrals, r.Status) {
			r.DecidedOn = new(r.ReceivedOn.AddDays(rapid.IntRange(0, 90).Draw(t, "until decided")))
		}
		if r.TerritoryCode = rapid.Ptr(anyTerritory, true).Draw(t, "territory"); r.TerritoryCode != nil {
			r.Sector = sectorOf[*r.TerritoryCode]
		}
		r.ReferrerKind = rapid.Ptr(rapid.SampledFrom([]string{string(OrganisationSPIP), string(OrganisationMDSI)}), true).Draw(t, "referrer")
		basis.Referrals = append(basis.Referrals, r)
	}
	for _, code := range []string{"80001", "80021", "80253"} {
		if rapid.Bool().Draw(t, "targeted") {
			basis.Places = append(basis.Places, TargetedPlace{code, sectorOf[code]})
		}
	}
	return basis
})

// anyQuestion is asked by somebody who may learn everything.
func anyQuestion(t *rapid.T) Question {
	_, period, _ := anyCase(t)
	return Question{Programme: Programme{ProgrammeInput: ProgrammeInput{Slug: "o2r-test"}}, Period: period, Basis: anyBasis.Draw(t, "basis")}
}

func drawBy(t *rapid.T) []Dimension {
	return rapid.Permutation(Dimensions).Draw(t, "by")[:rapid.IntRange(1, 2).Draw(t, "dimensions")]
}

// TestEachRowIsTheFigureUnderItsFilter asks each cell and each margin again by the filter that names it.
func TestEachRowIsTheFigureUnderItsFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, by := anyQuestion(t), drawBy(t)
		if rapid.Bool().Draw(t, "filtered") && !slices.Contains(by, ByGender) {
			q.Filter.Gender = GenderFemale
		}
		for _, d := range Definitions {
			breakdown, err := q.Breakdown(d.Key, by)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, row := range breakdown.Items {
				filter, told := q.Filter, true
				for i, dimension := range by {
					switch at := row.cell[i]; {
					case at == unknown:
						told = false
					case !at.sum:
						filter = filter.With(dimension, at.code)
					}
				}
				if key := fmt.Sprint(row.cell); seen[key] {
					t.Fatalf("%s by %v: %s stands twice", d.Key, by, key)
				} else {
					seen[key] = true
				}
				if !told {
					continue
				}
				want, _ := ComputeOne(d.Key, q.Basis, q.Period, filter, nil)
				if got := asJSON(t, row.Figure); got != asJSON(t, want) {
					t.Fatalf("%s by %v, %s: %s, and filtered %s", d.Key, by, asJSON(t, row.Values), got, asJSON(t, want))
				}
				if people := Population(q.Basis, q.Period, filter); row.people != people {
					t.Fatalf("%s by %v: %d people in the row, not %d", d.Key, by, row.people, people)
				}
			}
		}
	})
}

// TestRowsAddUp holds that nobody is lost between the cells and the totals, and that where people are counted once
// each, a total lies between its largest row and the sum of its rows.
func TestRowsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, by := anyQuestion(t), drawBy(t)
		for _, d := range Definitions {
			breakdown, err := q.Breakdown(d.Key, by)
			if err != nil {
				t.Fatal(err)
			}
			counts := func(f Figure) [3]int {
				counts := [3]int{*f.Numerator}
				if f.Denominator != nil {
					counts[1] = *f.Denominator
				}
				if f.Unknown != nil {
					counts[2] = *f.Unknown
				}
				return counts
			}
			sums, largest := map[cell][3]int{}, map[cell][3]int{}
			for _, row := range breakdown.Items {
				for axis := range by {
					if row.cell[axis] == summed {
						continue
					}
					total := row.cell
					total[axis] = summed
					sum, most := sums[total], largest[total]
					for i, n := range counts(row.Figure) {
						if axis == 0 || len(by) == 1 || total[1-axis] != summed { // the grand total is reached from two sides: once is enough
							sum[i] += n
						}
						most[i] = max(most[i], n)
					}
					sums[total], largest[total] = sum, most
				}
			}
			totals := 0
			for _, row := range breakdown.Items {
				sum, isTotal := sums[row.cell]
				if !isTotal {
					continue
				}
				totals++
				switch got := counts(row.Figure); {
				case breakdown.Additive && got != sum:
					t.Fatalf("%s by %v, %s: %v, and its rows add up to %v", d.Key, by, asJSON(t, row.Values), got, sum)
				case d.Key == IndicatorBeneficiaries && (got[0] > sum[0] || got[0] < largest[row.cell][0]):
					t.Fatalf("%s by %v, %s: %v, its rows add up to %v and the largest is %v", d.Key, by, asJSON(t, row.Values), got, sum, largest[row.cell])
				}
			}
			if totals != len(sums) || totals == 0 {
				t.Fatalf("%s by %v: %d totals of %d", d.Key, by, totals, len(sums))
			}
			whole := breakdown.Items[len(breakdown.Items)-1]
			want, _ := ComputeOne(d.Key, q.Basis, q.Period, q.Filter, nil)
			if !whole.whole() || asJSON(t, whole.Figure) != asJSON(t, want) {
				t.Fatalf("%s by %v: the last row is %s, and the figure %s", d.Key, by, asJSON(t, whole), asJSON(t, want))
			}
		}
	})
}

func TestTheRowsOfABreakdown(t *testing.T) {
	q := Question{Period: endOf2025, Basis: Basis{Records: publishedCase(), Places: []TargetedPlace{{"80253", new("Doullens")}, {"80021", new("Nord")}}}}
	q.Records[0].Sector, q.Records[1].CaseworkerID = nil, new("c.martin")
	show := func(b Breakdown) (rows string) {
		for _, row := range b.Items {
			for _, d := range b.By {
				if code := row.Values.Of(d); code == nil {
					rows += "* "
				} else {
					rows += *code + " "
				}
			}
			rows += row.Display + "\n"
		}
		return rows
	}
	one, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByGender})
	if want := "male 25\nfemale 1\nother 0\nunknown 0\n* 26\n"; err != nil || show(one) != want {
		t.Errorf("by gender: %v\n%s", err, show(one))
	}
	open, _ := q.Breakdown(IndicatorBeneficiaries, []Dimension{BySector}) // one that is listed only has its row of nobody
	if want := "Doullens 25\nNord 0\nunknown 1\n* 26\n"; show(open) != want {
		t.Errorf("by sector:\n%s", show(open))
	}
	both, _ := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByCaseworker, ByGender})
	if want := "c.martin male 1\nc.martin female 0\nc.martin other 0\nc.martin unknown 0\n" +
		"unknown male 24\nunknown female 1\nunknown other 0\nunknown unknown 0\n" +
		"c.martin * 1\nunknown * 25\n* male 25\n* female 1\n* other 0\n* unknown 0\n* * 26\n"; show(both) != want {
		t.Errorf("by caseworker and gender:\n%s", show(both))
	}
	// That a row is there says nothing of who passes the filter, or entered in the period.
	q.Filter.Gender = GenderOther
	if filtered, _ := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByCaseworker}); len(filtered.Items) != 3 {
		t.Errorf("under a filter that nobody passes: %+v", filtered.Items)
	}
	if header, rows := both.Table(); len(header) != len(rows[0]) || rows[len(rows)-1][4] != "" || rows[0][4] != "c.martin" || rows[0][5] != "male" || header[4] != "caseworker" {
		t.Errorf("as a table %v, %v", header, rows[0])
	}
}

func TestWhatNothingIsBrokenDownBy(t *testing.T) {
	q := Question{Period: endOf2025, Filter: Filter{Gender: GenderFemale}}
	for _, c := range []struct {
		name, key string
		by        []Dimension
		code      string
	}{
		{"no dimension", IndicatorBeneficiaries, nil, "how_many"},
		{"three", IndicatorBeneficiaries, []Dimension{BySector, ByAgeBand, ByCaseworker}, "how_many"},
		{"one twice", IndicatorBeneficiaries, []Dimension{BySector, BySector}, "repeated"},
		{"one that is filtered", IndicatorBeneficiaries, []Dimension{BySector, ByGender}, "filtered"},
		{"one that there is not", IndicatorBeneficiaries, []Dimension{"birth_date"}, "unknown_dimension"},
		{"an indicator that there is not", "no_such", []Dimension{BySector}, ""},
	} {
		_, err := q.Breakdown(c.key, c.by)
		var refusal *Error
		if !errors.As(err, &refusal) || (c.code == "" && refusal.Kind != NotFound) || c.code != "" && (len(refusal.Fields) != 1 || refusal.Fields[0].Code != c.code) {
			t.Errorf("%s: %v", c.name, err)
		}
	}

	off := q.WithoutJustice()
	if _, err := off.Breakdown(IndicatorBeneficiaries, []Dimension{ByJusticeStatus}); err == nil {
		t.Error("where the justice module is off, figures are told apart by it")
	}
	if _, err := off.Breakdown(IndicatorJusticeSupervised, []Dimension{BySector}); !errors.Is(err, &Error{Kind: NotFound}) {
		t.Errorf("where the justice module is off, its indicator is told apart: %v", err)
	}
	rows, _ := off.Breakdown(IndicatorBeneficiaries, []Dimension{ByReferrerKind})
	for _, row := range rows.Items {
		if code := row.Values.ReferrerKind; code != nil && *code == string(OrganisationSPIP) {
			t.Error("where the justice module is off, there is a row of the SPIP")
		}
	}

	for i := range 200 {
		r := enrolment()
		r.TerritoryCode, r.CaseworkerID = new(fmt.Sprint(80000+i)), new(fmt.Sprint("c", i))
		q.Records = append(q.Records, r)
	}
	if _, err := q.Breakdown(IndicatorBeneficiaries, []Dimension{ByTerritory, ByCaseworker}); err == nil {
		t.Error("forty thousand rows were answered")
	}
}

// TestLaterReferralsAndBarriersChangeNothing is TestWhatComesAfterAsOfChangesNothing for what is beyond the convention.
func TestLaterReferralsAndBarriersChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuestion(t)
		day := q.Period.AsOf
		later := func() Date { return day.AddDays(rapid.IntRange(1, 300).Draw(t, "later")) }
		changed := q
		changed.Records, changed.Referrals = afterwards(t, q.Records, day), slices.Clone(q.Referrals)
		for i, r := range changed.Records {
			changed.Records[i].Barriers = append(slices.Clone(r.Barriers), BarrierFact{ID: "later", AssessedOn: later()})
			if r.ReferredOn == nil {
				changed.Records[i].ReferredOn = new(later())
			}
			for j, b := range r.Barriers {
				if b.LiftedOn == nil && b.SetAsideOn == nil {
					changed.Records[i].Barriers[j].LiftedOn = new(EarlierOf(later(), LatestDate))
				}
			}
		}
		for i, r := range changed.Referrals {
			if r.DecidedOn == nil {
				changed.Referrals[i].Status, changed.Referrals[i].DecidedOn = ReferralAccepted, new(later())
			}
		}
		changed.Referrals = append(changed.Referrals, ReferralRecord{ReferralID: "later", ReceivedOn: later(), Status: ReferralReceived})
		for _, d := range Definitions {
			was, _ := q.Evidence(d.Key)
			is, _ := changed.Evidence(d.Key)
			if asJSON(t, is) != asJSON(t, was) {
				t.Fatalf("evidence of %s was %s\nand is %s", d.Key, asJSON(t, was), asJSON(t, is))
			}
			before, _ := q.Figure(d.Key)
			after, _ := changed.Figure(d.Key)
			if asJSON(t, before) != asJSON(t, after) {
				t.Fatalf("%s was %s\nand is %s", d.Key, asJSON(t, before), asJSON(t, after))
			}
		}
	})
}

// An age that no band holds is a slip in a date: whoever has it stands in the row of the unknown, and passes no filter on age.
func TestWhoIsInNoBandIsNotLost(t *testing.T) {
	born := MustDate("2012-06-01")
	q := Question{Period: endOf2025, Basis: Basis{
		Records:   []Record{{EnrolmentID: "e", ParticipantID: "p", EnteredOn: MustDate("2025-03-03"), BirthDate: &born}},
		Referrals: []ReferralRecord{{ReferralID: "r", ReceivedOn: MustDate("2025-03-03"), Status: ReferralAccepted, DecidedOn: new(MustDate("2025-03-04")), BirthDate: &born}},
	}}
	for _, key := range []string{IndicatorBeneficiaries, IndicatorReferralAcceptance} {
		breakdown, err := q.Breakdown(key, []Dimension{ByAgeBand})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range breakdown.Items {
			want := 0
			if row.Values.AgeBand == nil || *row.Values.AgeBand == UnknownCode {
				want = 1
			}
			if *row.Numerator != want {
				t.Errorf("%s of %s: %d, not %d", key, asJSONText(row.Values), *row.Numerator, want)
			}
		}
	}
}
