//go:build linux || darwin || freebsd

package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// makeFolder creates dir and its missing parents. A folder made by root must let the account that
// PostgreSQL runs as pass, without letting it look: 0711, whatever the umask.
func makeFolder(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("the data folder %s is a file: set O2R_DATA_DIR to a folder", dir)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the data folder cannot be reached: %w; set O2R_DATA_DIR to another", err)
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the data folder cannot be made: %w; set O2R_DATA_DIR to another", err)
	}
	return os.Chmod(dir, mode)
}

const lockFile = "lock"

// lockFolder takes the folder for this process. The lock is the kernel's, so it is gone with the
// process however that ends; the pid inside is only there to say who.
func lockFolder(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644) // #nosec G302 -- a lock that says nothing
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	// folderHeld takes the lock for an instant; and a holder writes its pid just after it has the lock.
	for attempt := 0; ; attempt++ {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = file.Close()
			return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
		}
		if attempt == 20 {
			text := make([]byte, 32)
			n, _ := file.ReadAt(text, 0)
			_ = file.Close()
			pid, _ := strconv.Atoi(string(bytes.TrimSpace(text[:n])))
			return nil, &HeldError{Dir: dir, PID: pid, Command: commandName(pid)}
		}
		time.Sleep(10 * time.Millisecond)
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
	}
	return file, nil
}

// folderHeld reports whether a process holds the folder.
func folderHeld(dir string) (bool, error) {
	file, err := os.Open(filepath.Join(dir, lockFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the data folder: %w", err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK), nil
}

// socketRecord notes a socket folder outside the data folder, so that a start after a crash removes it.
const (
	socketRecord = "socket-folder"
	socketPrefix = "o2r-socket-"
)

// socketFolder gives the folder of the server's socket, closed to every account but the server's own
// (and root). It lies in dir unless the path is too long for a Unix socket or has a comma, which clients
// read as a list of hosts; then it is a fresh folder of unguessable name, and private names it too.
func socketFolder(dir string, account *account) (folder, private string, err error) {
	sweepSocketFolder(dir)
	folder = filepath.Join(dir, "socket")
	if len(folder)+len("/.s.PGSQL."+port) <= maxSocketPath() && !strings.Contains(folder, ",") {
		if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return "", "", fmt.Errorf("make the socket folder: %w", err)
		}
		// A folder found there may have been given away or be a link to elsewhere.
		info, err := os.Lstat(folder)
		if err != nil || !info.IsDir() {
			return "", "", fmt.Errorf("%s should be a folder for the server's socket: remove it", folder)
		}
		if err := os.Chmod(folder, 0o700); err != nil { // #nosec G302 -- a folder, which its owner has to enter
			return "", "", fmt.Errorf("close the socket folder: %w", err)
		}
		return folder, "", account.own(folder)
	}
	for _, base := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		// The runtime folder of root's session is closed to the account the server runs as.
		if base == "" || strings.Contains(base, ",") || len(base) > maxSocketPath()-40 || account != nil && account.blocked(base) != "" {
			continue
		}
		if private, err = os.MkdirTemp(base, socketPrefix); err == nil {
			break
		}
	}
	if private == "" {
		return "", "", fmt.Errorf("the path of %s is too long for a Unix socket and no temporary folder could be made instead: set O2R_DATA_DIR to a shorter path", dir)
	}
	if err := errors.Join(account.own(private), os.WriteFile(filepath.Join(dir, socketRecord), []byte(private), 0o600)); err != nil {
		_ = os.RemoveAll(private)
		return "", "", fmt.Errorf("make the socket folder: %w", err)
	}
	return private, private, nil
}

// sweepSocketFolder removes the private socket folder of a server that was killed. The record is ours
// alone to write; the name is checked all the same before anything is removed.
func sweepSocketFolder(dir string) {
	text, err := os.ReadFile(filepath.Join(dir, socketRecord))
	if err != nil {
		return
	}
	if folder := string(text); filepath.IsAbs(folder) && strings.HasPrefix(filepath.Base(folder), socketPrefix) {
		_ = os.RemoveAll(folder)
	}
	_ = os.Remove(filepath.Join(dir, socketRecord))
}

// maxSocketPath is the length of sun_path less its closing zero.
func maxSocketPath() int {
	if runtime.GOOS == "linux" {
		return 107
	}
	return 103
}
