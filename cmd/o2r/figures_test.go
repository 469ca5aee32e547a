package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/domain/recount"
	"o2r/domain/verify"
)

func TestFiguresAreVerifiedFromTheCommandLine(t *testing.T) {
	dir := dataDir(t)
	s := serving(t, dir, "--demo") // the command works beside it
	out, errs, err := finished(t, dir, "figures", "verify", "--programme", "o2r-somme", "--as-of", "2025-12-31")
	if err != nil {
		t.Fatalf("ended with %v: %s%s", err, out, errs)
	}
	for _, want := range [][]string{
		{"beneficiaries", "26", "26"},
		{"long_term_unemployed_share", "24\u00a0% = 6/25, 1 unknown", "24\u00a0% = 6/25, 1 unknown"},
		{"average_support_duration", "6\u00a0mois = 4604/26", "6\u00a0mois = 4604/26"},
		{"workshop_attendance_rate", "/ = 0/0", "/ = 0/0"},
		{"territory_coverage", "/106", "/106"},
		{"793 answers", " 0 differences"},
	} {
		_, line, _ := strings.Cut(out, want[0])
		line, _, _ = strings.Cut(line, "\n")
		for _, text := range want[1:] {
			var found bool
			if _, line, found = strings.Cut(line, text); !found {
				t.Errorf("%s is not printed as %q in\n%s", want[0], want[1:], out)
			}
		}
	}
	if out, errs, err := finished(t, dir, "figures", "verify", "--programme", "o2r-ile-de-france"); err != nil || !strings.Contains(out, " 0 differences") {
		t.Errorf("the other programme, today: %v, %s%s", err, out, errs)
	}
	empty := t.TempDir()
	for want, args := range map[string][]string{
		"there is no database in": {"--programme", "o2r-somme", "--data-dir", empty},
		"no such programme":       {"--programme", "o2r-nulle-part"},
		"not a calendar date":     {"--programme", "o2r-somme", "--as-of", "2025-02-30"},
		"missing flags":           {},
		"must be one of":          {"--programme", "o2r-somme", "--justice-module", "maybe"},
		"unexpected argument":     {"--programme", "o2r-somme", "again"},
		"unknown flag --filter":   {"--programme", "o2r-somme", "--filter", "x"},
	} {
		out, errs, err := finished(t, dir, append([]string{"figures", "verify"}, args...)...)
		var ended *exec.ExitError
		if !errors.As(err, &ended) || ended.ExitCode() != 2 || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("%v ended with %v, without %q alone: %s%s", args, err, want, out, errs)
		}
	}
	if made, err := os.ReadDir(empty); err != nil || len(made) > 0 {
		t.Errorf("it made %v in a folder without a database: %v", made, err)
	}
	if out, errs, err := finished(t, dir, "figures", "verify", "--programme", "o2r-somme", "--justice-module", "off"); err != nil || strings.Contains(out, "justice") {
		t.Errorf("where the justice module is off: %v, %s%s", err, out, errs)
	}
	_ = s
}

// Where somebody counts in one way and not in the other, both are said and the command fails.
func TestADifferenceBetweenTheCountsIsSaid(t *testing.T) {
	entered := domain.MustDate("2025-03-03")
	both := verify.Both{
		Question: domain.Question{
			Period: domain.Period{From: domain.MustDate("2025-01-01"), To: domain.MustDate("2025-12-31"), AsOf: domain.MustDate("2025-12-31"), ProgrammeStart: domain.MustDate("2025-01-01")},
			Basis:  domain.Basis{Records: []domain.Record{{EnrolmentID: "e", ParticipantID: "p", EnteredOn: entered}}},
		},
		Ledger: recount.Book{Programmes: []recount.Programme{{Slug: "essai", StartsOn: "2025-01-01"}}}.Of("essai"),
	}
	var out, progress bytes.Buffer
	c := figuresVerify{Programme: "essai"}
	if err := c.compare(t.Context(), both, &out, &progress); !errors.Is(err, errDiffers) {
		t.Errorf("ended with %v", err)
	}
	for _, want := range []string{"differs", "beneficiaries: numerator: recounted 0, answered 1", "profile: people: recounted 0, answered 1", "and ", " more\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), " 0 differences") {
		t.Error(out.String())
	}
}
