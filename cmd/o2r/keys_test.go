package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRotatingKeysAndRevokingFromTheTerminal(t *testing.T) {
	dir := dataDir(t)
	if _, stderr, err := finished(t, dir, "token", "--role", "admin"); err != nil {
		t.Fatal(err, stderr)
	}
	file := filepath.Join(dir, "signing-key.pem")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args    []string
		good    bool
		says    string
		retired int
	}{
		{[]string{"keys", "rotate"}, true, "accepted until they expire", 1},
		{[]string{"keys", "rotate"}, true, "accepted until they expire", 2},
		{[]string{"keys", "rotate", "--stolen"}, true, "are refused", 0},
		{[]string{"revoke", "--jti", "abc"}, true, "Refused as of", 0},
		{[]string{"revoke", "--subject", "c.martin"}, true, "Refused as of", 0},
		{[]string{"revoke", "--client", "no-uuid"}, false, "no such client", 0},
		{[]string{"revoke"}, false, "missing flags", 0},
		{[]string{"revoke", "--jti", "a", "--subject", "b"}, false, "can't be used together", 0},
	} {
		stdout, stderr, err := finished(t, dir, row.args...)
		if (err == nil) != row.good || !strings.Contains(stdout+stderr, row.says) {
			t.Errorf("%v: %v\n%s%s", row.args, err, stdout, stderr)
		}
		if retired, _ := filepath.Glob(file + ".retired-*"); len(retired) != row.retired {
			t.Errorf("%v left %v", row.args, retired)
		}
	}
	if after, err := os.ReadFile(file); err != nil || string(after) == string(before) {
		t.Errorf("the key was not rotated: %v", err)
	}
}
