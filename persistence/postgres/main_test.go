//go:build linux || darwin || freebsd

package postgres

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test binary be the process that holds a cluster, to be killed: with O2R_TEST_HOLD
// set it starts the cluster there, says the server's pid and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("O2R_TEST_HOLD"); dir != "" {
		c, err := Start(context.Background(), Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(c.PID())
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone too
		_ = c.Stop(context.Background())
		os.Exit(0)
	}
	pause = time.Millisecond
	os.Exit(m.Run())
}

// folder is a place for a data folder that the account PostgreSQL runs as can enter, which t.TempDir()
// is not when the tests run as root.
func folder(t *testing.T) string {
	t.Helper()
	base := ""
	if _, err := os.Stat("/dev/shm"); err == nil {
		base = "/dev/shm"
	}
	dir, err := os.MkdirTemp(base, "o2r-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() == 0 {
		_ = os.Chmod(dir, 0o711)
	}
	return dir
}

func quiet(dir string) Config {
	return Config{Dir: dir, Throwaway: true, Log: slog.New(slog.DiscardHandler)}
}

func start(t *testing.T, config Config) *Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := Start(ctx, config)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = c.Stop(context.Background()) })
	return c
}

func stop(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Stop(context.Background()); err != nil {
		t.Fatalf("stop: %v", err)
	}
	if err := c.Err(); err != nil {
		t.Fatalf("a server that was stopped has an error: %v", err)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// one is the first column of the first row, as text.
func one(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	var text string
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// holder is another process that holds a cluster.
type holder struct {
	cmd    *exec.Cmd
	server int
}

func hold(t *testing.T, dir string) holder {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "O2R_TEST_HOLD="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, _ := bufio.NewReader(output).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the holder says %q", line)
	}
	return holder{cmd, pid}
}

func (h holder) kill(t *testing.T) {
	t.Helper()
	if err := h.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = h.cmd.Wait()
}

// tree lists every file below dir with its size, to see that nothing was touched.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	_ = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && filepath.Base(path) != lockFile {
			fmt.Fprint(&list, path, " ", info.Mode())
			if !info.IsDir() {
				fmt.Fprint(&list, " ", info.Size(), " ", info.ModTime())
			}
			fmt.Fprintln(&list)
		}
		return nil
	})
	return list.String()
}

// eventually waits for what another process brings about.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 15 s: %s", what)
		}
	}
}
