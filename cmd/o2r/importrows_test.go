package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// imports moves people in at the command line, beside a running server whose answers get reads.
func imports(t *testing.T, dir string, get func(query string) string) {
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	const head = "external_reference;last_name;first_name;birth_date\r\n"
	faulty := write("faulty.csv", head+"C-1;Commande;Zo\xe9;17/05/1990\r\nC-2;Commande;No\xebl;31/02/1990\r\n") // Windows-1252
	for _, args := range [][]string{{"--validate"}, nil} {
		out, errs, err := finished(t, dir, append([]string{"import", "participants", faulty, "--programme", "o2r-somme"}, args...)...)
		if err == nil || !strings.Contains(out, "line 3 birth_date: ") || !strings.Contains(out, "2 rows of participants: 1 new, 0 imported before, 1 faulty") || !strings.Contains(errs, "nothing was written") || strings.Contains(out+errs, "Commande") {
			t.Errorf("%v ended with %v: %s%s", args, err, out, errs)
		}
	}
	good := write("good.csv", head+"C-1;Commande;Zo\xe9;17/05/1990\r\nC-2;Commande;No\xebl;28/02/1990\r\n")
	for _, c := range []struct{ file, want string }{
		{good, "2 rows of participants: 2 new, 0 imported before, 0 faulty; all of it is recorded"},
		{good, "2 rows of participants: 0 new, 2 imported before, 0 faulty; all of it is recorded"},
		{write("same.ndjson", `{"external_reference":"C-1","last_name":"Commande","first_name":"Zoé","birth_date":"1990-05-17"}`), "1 rows of participants: 0 new, 1 imported before"},
	} {
		out, errs, err := finished(t, dir, "import", "participants", c.file, "--programme", "o2r-somme")
		if err != nil || !strings.Contains(out, c.want) || !strings.Contains(errs, "100 % of the file") {
			t.Errorf("%s ended with %v: %s%s", c.file, err, out, errs)
		}
	}
	for _, args := range [][]string{
		{"participants", good, "--programme", "o2r-nulle-part"}, {"participants", good}, {"participants", filepath.Join(folder, "none.csv"), "--programme", "o2r-somme"}, {"licornes", good, "--programme", "o2r-somme"},
	} {
		if out, errs, err := finished(t, dir, append([]string{"import"}, args...)...); err == nil || errs == "" {
			t.Errorf("%v ended with %v: %s%s", args, err, out, errs)
		}
	}
	if trail := get("/v1/audit-events?action=imported&kind=participant"); strings.Count(trail, `"subject":"cli:`) != 1 || strings.Contains(trail, "Commande") {
		t.Error("the trail says", trail)
	}

	// Interrupted, it takes everything back, and says so.
	var many strings.Builder
	many.WriteString(head)
	for n := range 50_000 {
		fmt.Fprintf(&many, "I-%d;Interrompu;Noël;\r\n", n)
	}
	command := o2r(t, dir, "import", "participants", write("many.csv", many.String()), "--programme", "o2r-somme")
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil || !strings.Contains(said.String(), "interrupted: nothing was written") {
		t.Errorf("ended with %v: %s", err, said.String())
	}
	if trail := get("/v1/audit-events?action=imported&kind=participant"); strings.Count(trail, `"subject":"cli:`) != 1 {
		t.Error("what was taken back left", trail)
	}
}
