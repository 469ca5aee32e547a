// Package postgres runs a private PostgreSQL as a child process, so that `o2r serve` needs nothing but
// the PostgreSQL programs of the machine (or a pinned archive of them).
//
// What it promises:
//
//   - Data that exists is never deleted, moved or initialised again, whatever is found.
//   - No network port: the server listens on a Unix socket in a folder closed to other accounts.
//   - One process at a time holds a data folder; a second one is told who does ([HeldError]) and may
//     use the running server through [Attach].
//   - The server does not outlive its parent for long: it stops by itself on Linux, and what is left
//     after a crash of everything is ended by the next [Start].
//   - The application's role owns its database and nothing else: no superuser, no bypass of row-level
//     security.
//
// It knows nothing of tables, migrations or GORM, and nothing here runs when DATABASE_URL is set: that
// is the caller's choice to make. Package pgtest, beside it, gives each test a database.
package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// MinMajor is the oldest PostgreSQL the migrations are written for.
const MinMajor = 15

// The application's database and the role that owns it; the role for analysts' own queries, which may
// read the schema figures of migration 0008 and no person; the cluster's superuser.
const (
	AppDatabase = "o2r"
	AppRole     = "o2r"
	AnalystRole = "o2r_analyst"
	SuperRole   = "postgres"
)

// Config says where the data lives and which PostgreSQL runs it. Only Dir is needed.
type Config struct {
	// Dir is the data folder. It holds the cluster, the lock, the socket, the server's log and the
	// programs that were downloaded. It is created when missing.
	Dir string

	// BinDir names the folder of postgres and initdb. When set, nothing else is tried.
	BinDir string

	// ArchiveURL and ArchiveHash (SHA-256, hexadecimal) name a .tar.gz of PostgreSQL that is downloaded
	// when the machine has none. Both empty: the archive pinned for this platform, if there is one.
	ArchiveURL, ArchiveHash string

	// ArchiveDir is where archives are unpacked; empty means "binaries" in Dir.
	ArchiveDir string

	// Throwaway trades the data for speed: no fsync, immediate shutdown. For tests only; the zero value
	// is the durable one so that forgetting a field never loses a file.
	Throwaway bool

	// Log receives progress and the server's fatal messages; nil means slog.Default().
	Log *slog.Logger

	// candidates lists the folders searched for programs; nil means those of the machine.
	candidates func() []string
	// archive overrides the pinned archive: tests must not depend on the platform's.
	archive *archive
}

// archive is a .tar.gz of PostgreSQL and the SHA-256 it must have.
type archive struct {
	url, hash string
	major     int // 0: not known before it is unpacked
}

// FromEnv reads O2R_DATA_DIR, O2R_PG_BIN, O2R_PG_ARCHIVE_URL and O2R_PG_ARCHIVE_HASH. Without
// O2R_DATA_DIR the folder is [DefaultDir].
func FromEnv() (Config, error) {
	config := Config{
		Dir:         os.Getenv("O2R_DATA_DIR"),
		BinDir:      os.Getenv("O2R_PG_BIN"),
		ArchiveURL:  os.Getenv("O2R_PG_ARCHIVE_URL"),
		ArchiveHash: os.Getenv("O2R_PG_ARCHIVE_HASH"),
	}
	if config.Dir != "" {
		return config, nil
	}
	var err error
	config.Dir, err = DefaultDir()
	return config, err
}

// DefaultDir is /var/lib/o2r for root and o2r in the XDG data folder for everybody else.
func DefaultDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/o2r", nil
	}
	// The XDG specification says that a relative value is to be ignored.
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "o2r"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("this account has no home folder to keep data in: set O2R_DATA_DIR to a folder, or DATABASE_URL to a PostgreSQL")
	}
	return filepath.Join(home, ".local", "share", "o2r"), nil
}

// HeldError says that another live process holds the data folder.
type HeldError struct {
	Dir string
	PID int // 0 when the holder has not written it yet
	// Command is the holder's program name where the system tells.
	Command string
}

func (e *HeldError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
		if e.Command != "" {
			who += " (" + e.Command + ")"
		}
	}
	return fmt.Sprintf("%s already holds the data folder %s: stop it first, or set O2R_DATA_DIR to another folder", who, e.Dir)
}

// ErrNotRunning is what [Attach] answers when no process serves the data folder.
var ErrNotRunning = errors.New("no PostgreSQL is running on this data folder")

// VersionError says that the data was written by a major version that is not at hand.
type VersionError struct {
	Dir   string
	Major int   // of the data
	Found []int // majors of the programs found
}

func (e *VersionError) Error() string {
	found := "none was found"
	if len(e.Found) > 0 {
		found = fmt.Sprintf("only %s was found", majors(e.Found))
	}
	return fmt.Sprintf("the data in %s belongs to PostgreSQL %d and %s: install PostgreSQL %d (or name its folder in O2R_PG_BIN), "+
		"or move the data with pg_upgrade or pg_dump; nothing was changed", e.Dir, e.Major, found, e.Major)
}

func majors(list []int) string {
	text := ""
	for i, major := range list {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(major)
	}
	return text
}

// Names inside the data folder.
// Holds tells whether the folder holds a PostgreSQL, without making one. Of a folder that may not be looked into it says so too:
// who starts it is told why not.
func Holds(dir string) bool {
	_, err := os.Stat(filepath.Join(Config{Dir: dir}.cluster(), "PG_VERSION"))
	return err == nil || errors.Is(err, os.ErrPermission)
}

func (c Config) cluster() string { return filepath.Join(c.Dir, "cluster") }

// completed is the configuration with its defaults filled in and Dir absolute.
func (c Config) completed() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("the embedded PostgreSQL needs a data folder: set O2R_DATA_DIR")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("data folder %s: %w", c.Dir, err)
	}
	c.Dir = dir
	if c.ArchiveDir == "" {
		c.ArchiveDir = filepath.Join(dir, "binaries")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, nil
}

// How long each step of a shutdown may take before the next, harsher one. A fast shutdown writes a
// checkpoint, which a slow disk may need a while for; after an immediate one the server needs recovery
// at its next start, but no data is lost.
const (
	fastPatience      = 60 * time.Second
	immediatePatience = 8 * time.Second
	killPatience      = 5 * time.Second
)
