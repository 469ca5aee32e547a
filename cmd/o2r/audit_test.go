package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheAuditTrailFromTheCommandLine(t *testing.T) {
	dir, elsewhere := dataDir(t), t.TempDir()
	file, public := filepath.Join(elsewhere, "checkpoint"), filepath.Join(elsewhere, "public.pem")
	do := func(want string, args ...string) string {
		t.Helper()
		out, errs, err := finished(t, dir, append([]string{"audit"}, args...)...)
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("%v ended with %v, without %q: %s%s", args, err, want, out, errs)
		}
		return out
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if out, errs, err := finished(t, dir, append([]string{"audit"}, args...)...); err == nil || !strings.Contains(out+errs, want) {
			t.Errorf("%v ended with %v, without %q: %s%s", args, err, want, out, errs)
		}
	}
	s := serving(t, dir, "--demo") // the commands work beside it
	do("rows; keep", "checkpoint", "--output", file)
	key := do("BEGIN PUBLIC KEY", "public-key")
	if err := os.WriteFile(public, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	do("0 findings, against no checkpoint", "verify")
	do("0 findings, against the checkpoint of 20", "verify", "--checkpoint", file, "--public-key-file", public)
	do("0 findings", "verify", "--checkpoint", file)
	refused("exist", "checkpoint", "--output", file)
	refused("6 to 12 months", "prune", "--older-than-months", "5")
	refused("6 to 12 months", "prune", "--older-than-months", "36")
	if info, err := os.Stat(filepath.Join(dir, "audit-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the audit key: %v, %v", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	forged := filepath.Join(elsewhere, "forged")
	if err := os.WriteFile(forged, []byte(strings.Replace(string(text), "seq ", "seq 9", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("signature does not hold", "verify", "--checkpoint", forged)
	refused("no checkpoint", "verify", "--checkpoint", public)
	refused("no Ed25519 public key", "verify", "--checkpoint", file, "--public-key-file", filepath.Join(dir, "audit-key.pem"))
	_ = s
	// Another deployment's trail is not the one that was anchored.
	other := dataDir(t)
	out, errs, err := finished(t, other, "audit", "verify", "--checkpoint", file, "--public-key-file", public)
	if err == nil || !strings.Contains(out, "truncation") {
		t.Errorf("an empty trail against the checkpoint ended with %v: %s%s", err, out, errs)
	}
}
