package domain

import (
	"slices"
	"testing"
)

func TestPositiveExits(t *testing.T) {
	for kind, want := range map[ExitKind]bool{
		ExitCDI: true, ExitCDD6MoisOuPlus: true, ExitCDDMoins6Mois: true, ExitInterim: true, ExitAlternance: true,
		ExitContratAide: true, ExitFonctionPublique: true, ExitCreationActivite: true,
		ExitFormationCertifiante: true, ExitFormationQualifiante: true, ExitFormationPrequalifiante: true,
		ExitSIAE: true, ExitRelaisReseauEmploi: true,
		ExitAbandon: false, ExitSansNouvelles: false, ExitDemenagement: false, ExitIncarceration: false, ExitSante: false,
		ExitDureeMaximale: false, ExitDeces: false, ExitAutre: false,
		"": false, "CDI": false, "emploi": false, "cdd_insertion": false,
	} {
		if kind.Positive() != want {
			t.Errorf("%q is positive: %t, not %t", kind, !want, want)
		}
	}
}

func TestContractsAreTheJobsOfExitsAndTheSIAE(t *testing.T) {
	var want []string
	for _, code := range ExitKind("").Codes() {
		if GroupOf(ExitKind(code)) == GroupEmploi {
			want = append(want, code)
		}
	}
	want = append(want, string(ContractCDDInsertion))
	if got := Contract("").Codes(); !slices.Equal(got, want) {
		t.Errorf("contracts are %q, not %q", got, want)
	}
}

func TestNationalLevelOfADiploma(t *testing.T) {
	for level, want := range map[EducationLevel]int{ // 0 stands for no level
		EducationSansDiplome: 0, EducationBrevet: 0, EducationCAPBEP: 3, EducationBac: 4,
		EducationBacPlus2: 5, EducationBacPlus3Or4: 6, EducationBacPlus5: 7,
		"": 0, "BAC": 0, "bac_plus_8": 0,
	} {
		switch got := level.Level(); {
		case got == nil && want != 0:
			t.Errorf("%q has no level, not %d", level, want)
		case got != nil && *got != want:
			t.Errorf("%q is level %d, not %d", level, *got, want)
		}
	}
	for _, term := range educationLevels.Terms {
		national := 0
		for _, m := range term.Mappings {
			if m.System == SystemCadreNational {
				national = int(m.Code[0] - '0')
			}
		}
		if got := EducationLevel(term.Code).Level(); (got == nil) != (national == 0) || got != nil && *got != national {
			t.Errorf("%s is mapped to another level than it has", term.Code)
		}
	}
}

func TestAgeBandBoundaries(t *testing.T) {
	for _, c := range []struct {
		age  int
		want AgeBand
	}{
		{-1, ""}, {0, ""}, {15, ""},
		{16, AgeBand16To25}, {25, AgeBand16To25},
		{26, AgeBand26To35}, {35, AgeBand26To35},
		{36, AgeBand36To45}, {45, AgeBand36To45},
		{46, AgeBand46To55}, {55, AgeBand46To55},
		{56, AgeBand56Plus}, {99, AgeBand56Plus}, {120, AgeBand56Plus},
	} {
		if got := AgeBandOf(c.age); got != c.want {
			t.Errorf("%d years is %q, not %q", c.age, got, c.want)
		}
	}
	if Known(AgeBandOf(15)) {
		t.Error("an age below 16 has a known band")
	}
}
