package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"o2r/persistence"
)

// tombstoneKey is the key by which people who were erased are recognised when they come again. It is
// O2R_TOMBSTONE_KEY, else the file tombstone.key in the data folder, made when missing. Whoever has the
// key and the database can tell whether somebody was once erased: it is kept apart from both.
func tombstoneKey(dir string) ([]byte, error) {
	if text := os.Getenv("O2R_TOMBSTONE_KEY"); text != "" { // no flag: flags stand in ps
		return decodeTombstoneKey(text, "O2R_TOMBSTONE_KEY")
	}
	file := filepath.Join(dir, "tombstone.key")
	text, err := os.ReadFile(file)
	if err == nil {
		return decodeTombstoneKey(string(text), file)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := make([]byte, persistence.TombstoneKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { // #nosec G301 -- the account that PostgreSQL runs as has to pass through; the files in it are 0600
		return nil, err
	}
	return key, keepTombstoneKey(file, key)
}

// keepTombstoneKey writes the key whole or not at all. Of two programs that make one at once, the
// database takes the key of the first and refuses the other.
func keepTombstoneKey(file string, key []byte) error {
	made, err := os.CreateTemp(filepath.Dir(file), ".tombstone-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(made.Name())
	_, err = made.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, made.Sync(), made.Close()); err != nil {
		return err
	}
	return os.Link(made.Name(), file)
}

func decodeTombstoneKey(text, where string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) < persistence.TombstoneKeySize {
		return nil, fmt.Errorf("%s is no key: it is at least 32 random bytes in base64, as openssl rand -base64 32 prints them", where)
	}
	return key, nil
}
