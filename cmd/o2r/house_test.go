package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The house: what may stand at the top, and who may know whom.
var (
	rooms = []string{"cmd", "api", "domain", "persistence", "openapi", "deploy", "go.mod", "go.sum", "README.md", "LICENSE"}

	mayImport = map[string][]string{
		"cmd":         {"cmd", "api", "persistence", "domain"},
		"api":         {"api", "persistence", "domain"},
		"persistence": {"persistence", "domain"},
		"domain":      {"domain"},
		"openapi":     {"openapi"},
	}

	// Libraries that only one room knows.
	keptIn = map[string]string{
		"gorm.io/":                       "persistence",
		"github.com/jackc/":              "persistence",
		"github.com/pressly/goose":       "persistence",
		"github.com/danielgtaylor/huma/": "api",
		"github.com/golang-jwt/":         "api",
		"github.com/prometheus/":         "api",
		"github.com/MicahParks/":         "api",
		"github.com/standard-webhooks/":  "api",
		"github.com/alecthomas/kong":     "cmd",
	}
)

func TestTheHouseIsInOrder(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(rooms, name) {
			t.Errorf("%s stands at the top, beside the rooms of the house", name)
		}
	}
}

func TestWhoKnowsWhom(t *testing.T) {
	const format = `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`
	list := exec.Command("go", "list", "-f", format, "./...")
	list.Dir = filepath.Join("..", "..")
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		room := roomOf(words[0])
		seen[room] = true
		for _, imported := range words[1:] {
			checkImport(t, words[0], room, imported)
		}
	}
	for room := range mayImport {
		if !seen[room] {
			t.Errorf("there is no package in %s: is the list whole?", room)
		}
	}
}

func checkImport(t *testing.T, from, room, imported string) {
	if strings.HasPrefix(imported, "o2r/") && !slices.Contains(mayImport[room], roomOf(imported)) {
		t.Errorf("%s imports %s: %s knows only %v", from, imported, room, mayImport[room])
	}
	if room == "domain" && strings.Contains(imported, ".") {
		t.Errorf("%s imports %s: domain is the standard library only", from, imported)
	}
	for library, owner := range keptIn {
		if strings.HasPrefix(imported, library) && room != owner {
			t.Errorf("%s imports %s, which only %s knows", from, imported, owner)
		}
	}
	if strings.HasPrefix(imported, "database/sql") && room != "persistence" && imported != "database/sql/driver" {
		t.Errorf("%s imports %s: SQL is kept in persistence", from, imported)
	}
}

func roomOf(path string) string {
	room, _, _ := strings.Cut(strings.TrimPrefix(path, "o2r/"), "/")
	return room
}
