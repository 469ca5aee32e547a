package domain

import (
	"bytes"
	"slices"
	"testing"
)

func TestADigestTellsContentsApartAndNotTheirSpelling(t *testing.T) {
	row := func(change func(*ImportedParticipant)) ImportedParticipant {
		r := ImportedParticipant{SourceReference: SourceReference{"P-1"}, ParticipantInput: ParticipantInput{Identity: Identity{FirstName: "Zoé", LastName: "Fictive"}}}
		change(&r)
		return r
	}
	digest, says, err := ImportDigest(row(func(*ImportedParticipant) {}))
	if err != nil || len(digest) != 32 {
		t.Fatal(digest, err)
	}
	if slices.Sort(says); !slices.Equal(says, []string{"external_reference", "first_name", "last_name"}) {
		t.Errorf("it says %q", says)
	}
	again, _, _ := ImportDigest(row(func(*ImportedParticipant) {}))
	if !bytes.Equal(digest, again) {
		t.Error("the same content has two digests")
	}
	for name, change := range map[string]func(*ImportedParticipant){
		"name": func(r *ImportedParticipant) { r.LastName = "Autre" }, "known": func(r *ImportedParticipant) { r.Gender = new(GenderFemale) },
		"swapped": func(r *ImportedParticipant) { r.FirstName, r.LastName = r.LastName, r.FirstName }, "day": func(r *ImportedParticipant) { r.BirthDate = new(MustDate("1990-05-17")) },
	} {
		if other, _, _ := ImportDigest(row(change)); bytes.Equal(digest, other) {
			t.Errorf("%s: another content has the same digest", name)
		}
	}
}

func TestAPlaceIsKnownByWhatItNames(t *testing.T) {
	place := func(workshop, path string) ImportedRegistration {
		return ImportedRegistration{OfWorkshop: OfWorkshop{WorkshopReference: &workshop}, OfEnrolment: OfEnrolment{EnrolmentReference: &path}}
	}
	if one, other := place("A / 1", "D").Reference(), place("A", "1 / D").Reference(); one == other || one == "" {
		t.Errorf("two places are known as %q and %q", one, other)
	}
	if got := (ImportedRegistration{OfWorkshop: OfWorkshop{WorkshopReference: new("A")}}).Reference(); got != "" {
		t.Errorf("half a place is known as %q", got)
	}
}

func TestAFileIsOfOneProgramme(t *testing.T) {
	one, several, none := Actor{Programmes: []string{"a"}}, Actor{Programmes: []string{"a", "b"}}, Actor{}
	for _, c := range []struct {
		actor Actor
		asked string
		want  string
		code  string
	}{
		{one, "", "a", ""}, {one, "a", "a", ""}, {several, "b", "b", ""},
		{one, "b", "", "unknown"}, {several, "", "", "required"}, {several, "c", "", "unknown"}, {none, "", "", "required"}, {none, "a", "", "unknown"},
	} {
		got, err := ImportOrder{Programme: c.asked}.Into(c.actor)
		refusal, _ := err.(*Error)
		if got != c.want || (refusal != nil) != (c.code != "") || refusal != nil && (refusal.Fields[0].Code != c.code || refusal.Fields[0].Location != "query.programme") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

func TestAReportListsSoManyFaultsAndCountsAll(t *testing.T) {
	var report ImportReport
	for line := range MaxImportFaults + 5 {
		report.Fault(MaxImportFaults+10-line, []FieldError{{"body.birth_date", "format", "m"}, {"body", "columns", "m"}})
	}
	report.Order()
	if report.Faulty != MaxImportFaults+5 || report.FaultsInAll != 2*(MaxImportFaults+5) || len(report.Faults) != MaxImportFaults || !report.FaultsTruncated {
		t.Errorf("%d rows, %d faults, %d listed", report.Faulty, report.FaultsInAll, len(report.Faults))
	}
	if first := report.Faults[0]; *first.Column != "birth_date" || report.Faults[1].Column != nil || first.Line > report.Faults[2].Line {
		t.Errorf("%+v", report.Faults[:3])
	}
}
