//go:build darwin || freebsd

package postgres

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing where the kernel has no such thing: there the next start ends what was
// left over.
func dieWithParent(*exec.Cmd, syscall.Signal) {}

func onLockedThread(f func()) { f() }

// commandName is the name of a process, empty if unknown.
func commandName(pid int) string {
	text, err := exec.Command("ps", "-p", strconv.Itoa(pid), "-o", "comm=").Output()
	if err != nil {
		return ""
	}
	return filepath.Base(strings.TrimSpace(string(text)))
}

// processes lists the processes of the machine that we may see, zombies left out.
func processes() []process {
	text, err := exec.Command("ps", "-axww", "-o", "pid=,stat=,command=").Output()
	if err != nil {
		return nil
	}
	var list []process
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || strings.HasPrefix(fields[1], "Z") {
			continue
		}
		if pid, err := strconv.Atoi(fields[0]); err == nil {
			list = append(list, process{pid, strings.Join(fields[2:], " ")})
		}
	}
	return list
}

// workingFolder is where a process runs, empty if it cannot be known.
func workingFolder(int) string { return "" }
