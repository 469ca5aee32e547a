//go:build linux || darwin || freebsd

package postgres

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// serverLogSize bounds postgres.log; the one before is kept as postgres.log.1.
const serverLogSize = 4 << 20

// serverLog writes what the server says to a file of bounded size, passes what is fatal on, and
// remembers the last lines for an error message. The settings keep people's data out of it.
type serverLog struct {
	path string
	log  *slog.Logger
	file *os.File
	size int64

	mu   sync.Mutex
	last []string
}

func openServerLog(path string, log *slog.Logger) (*serverLog, error) {
	s := &serverLog{path: path, log: log}
	return s, s.open()
}

func (s *serverLog) open() error {
	file, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	s.file, s.size = file, 0
	if info, err := file.Stat(); err == nil {
		s.size = info.Size()
	}
	return nil
}

// copyFrom reads to the end, whatever happens to the file: a full pipe would stop the server.
func (s *serverLog) copyFrom(r io.Reader) {
	reader := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			s.add(string(line))
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

func (s *serverLog) add(line string) {
	if s.size > serverLogSize {
		_ = s.file.Close()
		_ = os.Rename(s.path, s.path+".1")
		if err := s.open(); err != nil {
			s.log.Error("the server's log is lost", "error", err)
			s.file, s.size = nil, 0
		}
	}
	if s.file != nil {
		n, _ := s.file.WriteString(line)
		s.size += int64(n)
	}
	line = strings.TrimSpace(line)
	// While it starts and stops, the server turns clients away with FATAL; that is no news.
	if strings.Contains(line, "PANIC:") || strings.Contains(line, "FATAL:") && !strings.Contains(line, "the database system is ") && !strings.Contains(line, "terminating connection") {
		s.log.Warn("PostgreSQL: " + line)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last = append(s.last, line); len(s.last) > 12 {
		s.last = s.last[1:]
	}
}

// tail is the server's last words on one line.
func (s *serverLog) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.last) == 0 {
		return "nothing"
	}
	return strings.Join(s.last, " | ")
}

func (s *serverLog) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
