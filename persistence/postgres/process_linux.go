package postgres

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// dieWithParent has the kernel send the signal to the child when the thread that forked it ends; see
// onLockedThread.
func dieWithParent(cmd *exec.Cmd, signal syscall.Signal) { cmd.SysProcAttr.Pdeathsig = signal }

// onLockedThread runs f on a thread that no other goroutine uses and that therefore lives as long as
// f: the parent-death signal belongs to the forking thread, and Go may end an idle one.
func onLockedThread(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f()
}

// commandName is the name of a process, empty if unknown.
func commandName(pid int) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(text))
}

// processes lists the processes of the machine that we may see, zombies left out: a zombie has no
// command line, runs nothing and holds nothing, but answers to kill(pid, 0).
func processes() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var list []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// The command line can be read by everybody, unlike cwd, which root in a container without
		// CAP_SYS_PTRACE cannot read of another account's process.
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil || len(line) == 0 {
			continue
		}
		list = append(list, process{pid, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))})
	}
	return list
}

// workingFolder is where a process runs, empty if it cannot be known.
func workingFolder(pid int) string {
	folder, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	return folder
}
