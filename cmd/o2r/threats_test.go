package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	named    = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)`")
	declares = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)\(\w+ \*testing\.[TFB]\)`)
)

// The threat model promises by tests: each one that it names is there, and a threat that names none
// says that nothing holds it.
func TestEveryThreatNamesATestThatThereIs(t *testing.T) {
	there := map[string]bool{}
	for _, room := range []string{"cmd", "api", "domain", "persistence", "openapi"} {
		err := filepath.WalkDir(filepath.Join("..", "..", room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range declares.FindAllStringSubmatch(string(text), -1) {
				there[match[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile("../../deploy/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	threats := 0
	for line := range strings.Lines(string(page)) {
		names := named.FindAllStringSubmatch(line, -1)
		for _, match := range names {
			if !there[match[1]] {
				t.Errorf("the threat model names %s, and there is no such test", match[1])
			}
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| |") || strings.HasPrefix(line, "| ---") {
			continue
		}
		threats++
		if len(names) == 0 && !strings.Contains(line, "**") {
			t.Errorf("nothing holds, and nothing says so: %s", line)
		}
	}
	if threats < 40 {
		t.Errorf("only %d threats were read", threats)
	}
}
