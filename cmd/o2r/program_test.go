package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the built program, made once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "o2r-program-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "o2r")
	output, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", &exec.ExitError{Stderr: output}
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// dataDir is a folder that the embedded PostgreSQL's account can enter, which t.TempDir is not for root.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "o2r data-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// o2r prepares a run of the program on a data folder.
func o2r(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal("build the program:", err)
	}
	command := exec.Command(file, args...)
	command.Env = append(os.Environ(), "O2R_DATA_DIR="+dir, "O2R_ADDR=127.0.0.1:0", "DATABASE_URL=")
	return command
}

// finished runs a command to its end and gives what it printed.
func finished(t *testing.T, dir string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	command := o2r(t, dir, args...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

// server is a running o2r serve.
type server struct {
	command *exec.Cmd
	base    string            // http://127.0.0.1:PORT
	exports map[string]string // the tokens that --demo printed
	log     *bytes.Buffer     // read it after stop
	ended   chan error
}

// serving starts a server and waits until it says where it listens.
func serving(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	return servingWith(t, nil, dir, args...)
}

// servingWith is serving with more in the environment.
func servingWith(t *testing.T, env []string, dir string, args ...string) *server {
	t.Helper()
	s := &server{command: o2r(t, dir, append([]string{"serve"}, args...)...), exports: map[string]string{}, log: &bytes.Buffer{}, ended: make(chan error, 1)}
	s.command.Env = append(s.command.Env, env...)
	s.command.Stderr = s.log
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t, syscall.SIGTERM) })

	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			line := lines.Text()
			if assignment, ok := strings.CutPrefix(line, "export "); ok {
				name, value, _ := strings.Cut(assignment, "=")
				s.exports[name] = value
			}
			if rest, ok := strings.CutPrefix(line, "O2R API on "); ok {
				s.base, _, _ = strings.Cut(rest, " ")
				ready <- true
			}
		}
		s.ended <- s.command.Wait()
		close(ready)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	select {
	case listening := <-ready:
		if !listening {
			t.Fatal("the server ended:", s.log)
		}
	case <-ctx.Done():
		t.Fatal("the server did not start")
	}
	return s
}

// stop ends the server and gives how it ended; later calls do nothing.
func (s *server) stop(t *testing.T, signal syscall.Signal) error {
	t.Helper()
	_ = s.command.Process.Signal(signal)
	select {
	case err, open := <-s.ended:
		if open {
			close(s.ended)
		}
		return err
	case <-time.After(30 * time.Second):
		_ = s.command.Process.Kill()
		t.Error("the server did not stop")
		return <-s.ended
	}
}
