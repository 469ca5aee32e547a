package domain

import "testing"

// Nobody left for training in the spring. Those of the year's end are by sex whom the summer is told of: of six men, five,
// which is all but one.
func TestWhatDidNotMoveIsNotToldOfTheClosingBefore(t *testing.T) {
	for later, want := range map[int]bool{0: false, 5: true} {
		records := each(
			of(5, func(r *Record) { r.ExitKind, r.ExitedOn = new(ExitFormationCertifiante), new(MustDate("2025-11-03")) }),
			of(1, func(*Record) {}),
			of(6, func(r *Record) {
				r.Gender, r.ExitKind, r.ExitedOn = new(GenderFemale), new(ExitFormationCertifiante), new(MustDate("2025-11-03"))
			}),
			of(12, func(r *Record) { r.Gender = new(GenderFemale) }),
			of(10+later, func(r *Record) { r.EnteredOn = MustDate("2026-02-03") }),
			of(15, func(r *Record) { r.EnteredOn, r.Gender = MustDate("2026-02-03"), new(GenderFemale) }),
		)
		for i := range later { // some did, of who came since
			r := &records[24+i]
			r.ExitKind, r.ExitedOn = new(ExitFormationCertifiante), new(MustDate("2026-05-04"))
		}
		if people := toldBy(t, atClosing(records, "2025-12-31"), IndicatorBeneficiaries, ByGender); people["male "] != 6 {
			t.Fatalf("are told %v", people)
		}
		if all := toldBy(t, atClosing(records, "2025-12-31"), IndicatorCertifyingTrainingExit, ByGender); all[""] != 11 || len(all) > 3 {
			t.Fatalf("are told %v", all)
		}
		rows := toldBy(t, atClosing(records, "2026-06-30"), IndicatorCertifyingTrainingExit, ByGender)
		if _, told := rows["male "]; told != want || rows[""] != 11+later {
			t.Errorf("with %d more are told %v", later, rows)
		}
	}
}
