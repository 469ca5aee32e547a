//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type process struct {
	pid     int
	command string
}

// tag is the cluster_name our servers run under. PostgreSQL shows it in the title of each backend and
// it is on the server's own command line, so every process of this data folder, and no other's, can be
// recognised without privileges, even when the server itself is gone.
func tag(cluster string) string {
	sum := sha256.Sum256([]byte(cluster))
	return "o2r-" + hex.EncodeToString(sum[:6])
}

func (p process) server(tag string) bool {
	return strings.Contains(p.command, "/postgres -D ") && strings.Contains(p.command, "cluster_name="+tag)
}

// tagged lists the live processes of a cluster, the server itself first.
func tagged(tag string) (list []process) {
	for _, p := range processes() {
		switch {
		case p.server(tag):
			list = append([]process{p}, list...)
		case strings.HasPrefix(p.command, "postgres: "+tag+":"):
			list = append(list, p)
		}
	}
	return list
}

// waitNone waits until no process of the cluster lives.
func waitNone(ctx context.Context, tag string, patience time.Duration) bool {
	for deadline := time.Now().Add(patience); ; {
		if len(tagged(tag)) == 0 {
			return true
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// endLeftovers ends the server that a killed process of ours left behind, then removes the marks that
// would make PostgreSQL refuse to start. The caller holds the folder's lock, so nobody else wants it.
func endLeftovers(ctx context.Context, config Config) error {
	name := tag(config.cluster())
	left := tagged(name)
	if len(left) > 0 {
		config.Log.Warn("ending the PostgreSQL that an earlier process left behind", "dir", config.Dir, "pid", left[0].pid)
		steps := []struct {
			signal   syscall.Signal
			patience time.Duration
		}{{syscall.SIGINT, fastPatience}, {syscall.SIGQUIT, immediatePatience}, {syscall.SIGKILL, killPatience}}
		if config.Throwaway {
			steps = steps[1:]
		}
		for _, step := range steps {
			signalAll(tagged(name), name, step.signal)
			if waitNone(ctx, name, step.patience) {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("waiting for the PostgreSQL left behind in %s: %w", config.Dir, context.Cause(ctx))
			}
		}
		if left = tagged(name); len(left) > 0 {
			return fmt.Errorf("the PostgreSQL left behind in %s (process %d) does not end: end it first", config.Dir, left[0].pid)
		}
	}
	removeStale(config, filepath.Join(config.cluster(), "postmaster.pid"))
	removeStale(config, filepath.Join(config.Dir, "socket", ".s.PGSQL."+port+".lock"))
	return nil
}

// signalAll signals the server, which passes it on, or the backends when they are alone. To a backend
// SIGINT only means to cancel its query; what ends its session is SIGTERM.
func signalAll(list []process, tag string, signal syscall.Signal) {
	if len(list) > 0 && list[0].server(tag) && signal != syscall.SIGKILL {
		list = list[:1]
	} else if signal == syscall.SIGINT {
		signal = syscall.SIGTERM
	}
	for _, p := range list {
		_ = syscall.Kill(p.pid, signal)
	}
}

// removeStale removes a lock file of PostgreSQL's whose process is gone. PostgreSQL does so itself
// unless the pid answers, as a zombie or a stranger who got the same number does. A live postgres that
// may be working in this folder is never overruled: PostgreSQL then refuses to start, and says why.
func removeStale(config Config, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid < 0 {
		return // a standalone backend's, or not understood: PostgreSQL judges
	}
	for _, p := range processes() {
		if p.pid != pid {
			continue
		}
		program, _, _ := strings.Cut(p.command, " ")
		if !strings.Contains(filepath.Base(program), "postgres") && !strings.Contains(p.command, "/postgres") {
			break
		}
		if folder := workingFolder(pid); folder != "" && folder != config.cluster() {
			break
		}
		return
	}
	config.Log.Info("removing a lock that a killed PostgreSQL left behind", "file", path)
	_ = os.Remove(path)
}

// EndLeftovers ends a server that was left behind in dir, as Start would, without starting another. A
// folder held by a live process gives a *HeldError and is left alone.
func EndLeftovers(ctx context.Context, config Config) error {
	config, err := config.completed()
	if err != nil {
		return err
	}
	if config.Dir, err = filepath.EvalSymlinks(config.Dir); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockFolder(config.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := endLeftovers(ctx, config); err != nil {
		return err
	}
	sweepSocketFolder(config.Dir)
	return nil
}

// pidfile is what postmaster.pid says: line 1 the pid, line 5 the socket folder, line 8 the state.
type pidfile struct {
	pid            int
	socket, status string
}

func readPidfile(cluster string) (p pidfile) {
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return p
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 8 {
		return p
	}
	p.pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	p.socket = lines[4]
	p.status = strings.TrimSpace(lines[7])
	return p
}
