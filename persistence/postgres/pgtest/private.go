//go:build linux || darwin || freebsd

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"o2r/persistence/postgres"
)

// room is what a cluster of tests may need, with its log of changes.
const room = 1 << 30

// base is the folder for clusters: memory where there is room. It must be one that every account can
// enter, as t.TempDir() is not: run as root, PostgreSQL runs as another account.
func base() string {
	var space syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &space); err == nil && uint64(space.Bavail)*uint64(space.Bsize) > room { // #nosec G115 -- a size, which is never negative
		if probe, err := os.MkdirTemp("/dev/shm", prefix()); err == nil {
			_ = os.Remove(probe)
			return "/dev/shm"
		}
	}
	return os.TempDir()
}

// prefix begins the name of our folders, which goes on with the pid of the test binary.
func prefix() string { return "o2r-pgtest-" + strconv.Itoa(os.Geteuid()) + "-" }

// cleaners are held open as long as this process lives; see clean.
var cleaners []*os.File

// startPrivate starts a server for this test binary alone. Binaries run side by side and end in any
// order, so one shared server would need an owner that outlives them; a start takes about a second.
func startPrivate(ctx context.Context) (*postgres.Cluster, error) {
	config, err := postgres.FromEnv()
	if err != nil {
		config = postgres.Config{}
	}
	folder := base()
	sweep(ctx, folder)
	dir, err := os.MkdirTemp(folder, prefix()+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, 0o711); err != nil { // #nosec G302 -- another account has to pass through this folder, and may not list it
			return nil, err
		}
	}
	cleaner, err := clean(dir)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start the process that cleans up after the tests: %w", err)
	}
	cleaners = append(cleaners, cleaner)
	// A PostgreSQL that had to be downloaded is kept where o2r serve would keep it.
	if kept, err := postgres.DefaultDir(); err == nil {
		config.ArchiveDir = filepath.Join(kept, "binaries")
	}
	config.Dir, config.Throwaway = dir, true
	config.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return postgres.Start(ctx, config)
}

// script waits for the end of its input, which comes when the test binary is gone, whatever ended it;
// then it ends the server, if that has not ended by itself, and removes the folder.
const script = `cat >/dev/null
pid=$(head -n 1 "$1/cluster/postmaster.pid" 2>/dev/null)
case "$pid" in
'' | *[!0-9]*) ;;
*)
	kill -QUIT "$pid" 2>/dev/null
	tries=0
	while [ -e "$1/cluster/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	;;
esac
for try in 1 2 3 4 5; do
	rm -rf -- "$1" 2>/dev/null && break
	sleep 0.5
done`

// clean starts the process that cleans up, in a process group of its own so that a Ctrl-C spares it,
// and with none of our output open, or `go test` would wait for it. Go has no hook for the end of a test
// binary, and none would run after a panic, a timeout or kill -9.
func clean(dir string) (*os.File, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	cmd := exec.Command("/bin/sh", "-c", script, "o2r-pgtest", dir) // #nosec G204 -- a script of our own, for tests
	cmd.Stdin = reader
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		_ = writer.Close()
		return nil, err
	}
	go func() { _ = cmd.Wait() }()
	return writer, nil
}

// sweep removes what killed test binaries of this account left, should even the cleaner have been
// killed: folders whose process is gone and whose lock is free.
func sweep(ctx context.Context, folder string) {
	left, _ := filepath.Glob(filepath.Join(folder, prefix()+"*"))
	for _, dir := range left {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix()), "-")
		pid, err := strconv.Atoi(text)
		if err != nil || pid <= 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		// Anybody may make a folder of this name in a shared place.
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) { // #nosec G115 -- an account, which is never negative where accounts have numbers
			continue
		}
		quiet := slog.New(slog.DiscardHandler)
		if err := postgres.EndLeftovers(ctx, postgres.Config{Dir: dir, Throwaway: true, Log: quiet}); err != nil {
			continue
		}
		_ = os.RemoveAll(dir)
	}
}
