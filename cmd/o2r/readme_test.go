package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"o2r/api"
)

// block is one command block of the tour, with the output that the text after it promises.
type block struct{ script, promised string }

var fenced = regexp.MustCompile("(?s)```(sh|text)\n(.*?)```")

func tour(t *testing.T) (blocks []block) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(readme), "## A ten-minute tour")
	if !found {
		t.Fatal("README.md has no tour")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	for _, match := range fenced.FindAllStringSubmatch(text, -1) {
		if match[1] == "sh" {
			blocks = append(blocks, block{script: match[2]})
		} else {
			blocks[len(blocks)-1].promised = match[2]
		}
	}
	return blocks
}

// TestTheTourIsTrue runs every command of the README's tour, in order, against the README's
// first command, and compares what it prints with what is promised.
func TestTheTourIsTrue(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("the tour in README.md is run with curl, and there is none: install it (Debian: apt-get install curl)")
	}
	s := serving(t, dataDir(t), "--demo")
	blocks := tour(t)
	if len(blocks) < 8 {
		t.Fatalf("only %d blocks of commands were found", len(blocks))
	}
	const mark = "=== the next block ==="
	script := "set -e\n"
	for _, block := range blocks {
		script += strings.ReplaceAll(block.script, "http://127.0.0.1:8080", s.base) + "\necho '" + mark + "'\n"
	}
	shell := exec.Command("sh", "-c", script)
	shell.Dir = t.TempDir()
	shell.Env = os.Environ()
	for name, value := range s.exports {
		shell.Env = append(shell.Env, name+"="+value)
	}
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the tour ended with %v:\n%s", err, output)
	}
	printed := strings.Split(string(output), mark+"\n")
	for i, block := range blocks {
		if got := strings.ReplaceAll(printed[i], "\u00a0", " "); block.promised != "" && got != block.promised {
			t.Errorf("after\n%s\nthe README promises\n%s\nand this came:\n%s", block.script, block.promised, got)
		}
	}
}

// The mapping of claims that the README shows is one.
func TestTheReadmesMappingIsRead(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "```json\n")
	mapping, _, ended := strings.Cut(after, "```")
	if !found || !ended {
		t.Fatal("README.md shows no mapping")
	}
	if _, err := api.ReadMapping([]byte(mapping)); err != nil {
		t.Error(err)
	}
	if _, err := api.ReadMapping([]byte(strings.Replace(mapping, `"role"`, `"rule"`, 1))); err == nil {
		t.Error("a misspelt mapping is read too")
	}
}
