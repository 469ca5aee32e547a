package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
)

func TestTheTombstoneKeyIsMadeOnceAndRefusedWhenItIsNone(t *testing.T) {
	t.Setenv("O2R_TOMBSTONE_KEY", "")
	dir := filepath.Join(t.TempDir(), "data")
	made, err := tombstoneKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := tombstoneKey(dir); err != nil || !bytes.Equal(made, again) {
		t.Error("another key the second time:", err)
	}
	if other, err := tombstoneKey(filepath.Join(t.TempDir(), "data")); err != nil || bytes.Equal(made, other) {
		t.Error("the same key elsewhere:", err)
	}
	t.Setenv("O2R_TOMBSTONE_KEY", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)))
	if got, err := tombstoneKey(dir); err != nil || string(got) != "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" {
		t.Error("the environment's key is not taken:", err)
	}
	for _, text := range []string{"short", "not base64 at all, though long enough to be a key of its own!", base64.StdEncoding.EncodeToString([]byte("thirty-one bytes are too short.")), " "} {
		t.Setenv("O2R_TOMBSTONE_KEY", text)
		if _, err := tombstoneKey(dir); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	t.Setenv("O2R_TOMBSTONE_KEY", "")
	if err := os.WriteFile(filepath.Join(dir, "tombstone.key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tombstoneKey(dir); err == nil {
		t.Error("an empty file was taken, or written over")
	}
}
