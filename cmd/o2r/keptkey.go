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
)

// keptKeySize is how long a key is, in bytes, at least.
const keptKeySize = 32

// keptKey is a key of the deployment's: the environment's variable, else the file in the data folder,
// made when missing. It is no flag, since flags stand in ps.
func keptKey(dir, variable, name string) ([]byte, error) {
	if text := os.Getenv(variable); text != "" {
		return decodeKey(text, variable)
	}
	file := filepath.Join(dir, name)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(file); err != nil {
			return nil, err
		}
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	return decodeKey(string(text), file)
}

// makeKey writes a new key, whole or not at all. Of two programs that make one at once, the first
// made it for both.
func makeKey(file string) error {
	key := make([]byte, keptKeySize)
	_, _ = rand.Read(key)                                          // it never fails
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { // #nosec G301 -- the account that PostgreSQL runs as has to pass through; the files in it are 0600
		return err
	}
	made, err := os.CreateTemp(filepath.Dir(file), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(made.Name())
	_, err = made.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, made.Sync(), made.Close()); err != nil {
		return err
	}
	if err := os.Link(made.Name(), file); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func decodeKey(text, where string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) < keptKeySize {
		return nil, fmt.Errorf("%s is no key: it is at least 32 random bytes in base64, as openssl rand -base64 32 prints them", where)
	}
	return key, nil
}
