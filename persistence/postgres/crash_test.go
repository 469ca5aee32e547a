//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestKilled kills the holder, its server or both, as kill -9 and the kernel do, with a client in the
// middle of a statement. What was committed is there afterwards and nothing old is alive.
func TestKilled(t *testing.T) {
	dir := folder(t)
	config := quiet(dir)
	// As the holder's: a server only clears away what a killed one of its own settings left in memory.
	config.Throwaway = false
	for _, row := range []struct {
		name string
		kill func(*testing.T, holder)
	}{
		{"the holder", func(t *testing.T, h holder) {
			h.kill(t)
			if runtime.GOOS == "linux" { // elsewhere the next start ends it
				eventually(t, "the server ends with its parent", func() bool { return len(tagged(tag(config.cluster()))) == 0 })
			}
		}},
		{"the holder, started again at once", func(t *testing.T, h holder) { h.kill(t) }},
		{"the holder and the server", func(t *testing.T, h holder) {
			_ = syscall.Kill(h.server, syscall.SIGSTOP) // or the parent-death signal would win
			h.kill(t)
			_ = syscall.Kill(h.server, syscall.SIGKILL)
		}},
		{"everything", func(t *testing.T, h holder) {
			left := tagged(tag(config.cluster()))
			_ = syscall.Kill(h.server, syscall.SIGSTOP)
			h.kill(t)
			for _, p := range left {
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := hold(t, dir)
			attached, err := Attach(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			conn := connect(t, attached.URL())
			exec1(t, conn, `CREATE TABLE IF NOT EXISTS kept (note text)`)
			exec1(t, conn, `INSERT INTO kept VALUES ('`+row.name+`')`)
			exec1(t, conn, `BEGIN; INSERT INTO kept VALUES ('lost')`)
			busy := make(chan struct{})
			go func() {
				defer close(busy)
				_, _ = conn.Exec(context.Background(), `SELECT pg_sleep(60)`)
			}()
			time.Sleep(50 * time.Millisecond)
			row.kill(t, h)
			c := start(t, config)
			<-busy
			for _, p := range tagged(tag(config.cluster())) {
				if p.pid == h.server {
					t.Errorf("the old server %d lives", p.pid)
				}
			}
			again := connect(t, c.URL())
			if got := one(t, again, `SELECT concat(count(*) FILTER (WHERE note = '`+row.name+`'), count(*) FILTER (WHERE note = 'lost')) FROM kept`); got != "10" {
				t.Errorf("kept and lost rows: %s, want 10", got)
			}
			stop(t, c)
		})
	}
}

// TestLeftServer is a server that no signal reached: the next start ends it.
func TestLeftServer(t *testing.T) {
	dir := folder(t)
	config := quiet(dir)
	c := start(t, config)
	bin := c.BinDir()
	stop(t, c)

	config, _ = config.completed()
	account, err := chooseAccount(config)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-D", config.cluster()}
	for _, setting := range settings(config, filepath.Join(dir, "socket")) {
		args = append(args, "-c", setting)
	}
	cmd := programs{dir: bin}.command(account, dir, "postgres", args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "the other server is ready", func() bool { return readPidfile(config.cluster()).status == "ready" })
	// It ends without being waited for: its zombie still answers to its pid.
	c = start(t, config)
	if state := processState(t, cmd.Process.Pid); state != "" && state != "Z" {
		t.Errorf("the other server is in state %s", state)
	}
	one(t, connect(t, c.URL()), `SELECT 'up'`)
}

// processState is the kernel's letter for a process, empty if it is gone.
func processState(t *testing.T, pid int) string {
	t.Helper()
	text, err := exec.Command("ps", "-o", "stat=", "-p", itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))[:1]
}

// TestStaleLocks starts over the lock files of a killed PostgreSQL whose pid answers all the same.
func TestStaleLocks(t *testing.T) {
	dir := folder(t)
	config := quiet(dir)
	c := start(t, config)
	stop(t, c)
	account, err := chooseAccount(config)
	if err != nil {
		t.Fatal(err)
	}
	child := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir = "/"
		cmd.SysProcAttr = account.attributes() // the account of the server, whom kill(pid, 0) would answer
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	zombie := child("true")
	eventually(t, "a zombie", func() bool { return processState(t, zombie.Process.Pid) == "Z" })
	stranger := child("sleep", "60")
	for name, pid := range map[string]int{"a zombie": zombie.Process.Pid, "a stranger": stranger.Process.Pid, "nobody": 1<<22 - 1} {
		t.Run(name, func(t *testing.T) {
			text := itoa(pid) + "\n" + config.cluster() + "\n1700000000\n5432\n" + filepath.Join(dir, "socket") + "\n\n  123456   99999\nready   \n"
			for _, path := range []string{filepath.Join(config.cluster(), "postmaster.pid"), filepath.Join(dir, "socket", ".s.PGSQL.5432.lock")} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := account.own(path); err != nil {
					t.Fatal(err)
				}
			}
			c := start(t, config)
			one(t, connect(t, c.URL()), `SELECT 'up'`)
			stop(t, c)
		})
	}
	if processState(t, stranger.Process.Pid) == "" {
		t.Error("the stranger was ended")
	}
}
