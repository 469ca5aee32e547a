//go:build linux || darwin || freebsd

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// programs is a folder with a postgres and an initdb that run here, as the account given.
type programs struct {
	dir   string
	major int
}

// findPrograms looks for PostgreSQL: O2R_PG_BIN alone when set, else the machine's, else the pinned
// archive. With data of a major version (0: none yet) only that major will do.
func findPrograms(ctx context.Context, config Config, account *account, major int) (programs, error) {
	if config.BinDir != "" {
		p, err := probe(ctx, config, account, config.BinDir)
		if err != nil {
			return p, fmt.Errorf("O2R_PG_BIN is %s, but PostgreSQL does not run from there: %w", config.BinDir, err)
		}
		if p.major < MinMajor {
			return p, fmt.Errorf("O2R_PG_BIN is %s, which holds PostgreSQL %d: version %d or newer is needed", config.BinDir, p.major, MinMajor)
		}
		if major != 0 && p.major != major {
			return p, &VersionError{Dir: config.cluster(), Major: major, Found: []int{p.major}}
		}
		return p, nil
	}
	candidates := systemCandidates
	if config.candidates != nil {
		candidates = config.candidates
	}
	var found []int
	var closed error
	for _, dir := range append(candidates(), unpacked(config)...) {
		p, err := probe(ctx, config, account, dir)
		if err != nil {
			if !errors.Is(err, os.ErrNotExist) && closed == nil {
				closed = err
			}
			continue
		}
		if p.major == major || major == 0 && p.major >= MinMajor {
			return p, nil
		}
		if !slices.Contains(found, p.major) {
			found = append(found, p.major)
		}
	}
	return fetchPrograms(ctx, config, account, major, found, closed)
}

// fetchPrograms falls back on the archive, and when there is none says what to install.
func fetchPrograms(ctx context.Context, config Config, account *account, major int, found []int, closed error) (p programs, err error) {
	pinned, err := config.pinned()
	if err != nil {
		return p, err
	}
	if pinned != nil && (major == 0 || pinned.major == 0 || pinned.major == major) {
		var dir string
		if dir, err = pinned.unpack(ctx, config); err == nil {
			p, err = probe(ctx, config, account, dir)
		}
		switch {
		case err == nil && major != 0 && p.major != major:
			found = append(found, p.major)
		case err == nil && p.major < MinMajor:
			return p, fmt.Errorf("the archive %s holds PostgreSQL %d: version %d or newer is needed", pinned.url, p.major, MinMajor)
		case err == nil:
			return p, nil
		}
	}
	if major != 0 {
		return p, errors.Join(&VersionError{Dir: config.cluster(), Major: major, Found: found}, err)
	}
	text := fmt.Sprintf("no PostgreSQL %d or newer was found", MinMajor)
	if len(found) > 0 {
		text += " (only " + majors(found) + ")"
	}
	if closed != nil {
		text += fmt.Sprintf(" (one was, but does not run: %v)", closed)
	}
	text += ": " + installHint(runtime.GOOS) + ", or set O2R_PG_BIN to the folder of postgres and initdb, or DATABASE_URL to a running server"
	if err != nil {
		return p, fmt.Errorf("%s; the archive could not be used either: %w", text, err)
	}
	return p, errors.New(text)
}

func installHint(goos string) string {
	switch goos {
	case "darwin":
		return "install it with `brew install postgresql@18`"
	case "freebsd":
		return "install it with `pkg install postgresql18-server postgresql18-contrib`"
	}
	return "install it (Debian, Ubuntu: `apt install postgresql`; Fedora: `dnf install postgresql-server postgresql-contrib`; Alpine: `apk add postgresql postgresql-contrib`)"
}

// systemCandidates lists the folders where PostgreSQL may be, best first. They need not exist.
func systemCandidates() (list []string) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		// The link's target: distributions link single programs, without their neighbours.
		if target, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")); err == nil {
			list = append(list, filepath.Dir(target))
		}
	}
	if config, err := exec.LookPath("pg_config"); err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if dir, err := exec.CommandContext(ctx, config, "--bindir").Output(); err == nil { // #nosec G204 -- pg_config as found on the machine
			list = append(list, string(bytes.TrimSpace(dir)))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                            // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                     // PGDG on Fedora and Red Hat
		"/usr/libexec/postgresql*", "/usr/lib/postgresql*/bin", // Alpine
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/usr/local/bin", "/usr/local/pgsql/bin", // FreeBSD, built from source
	} {
		list = append(list, newestFirst(pattern)...)
	}
	return list
}

// newestFirst orders the folders of a pattern by the last number in their path, highest first.
func newestFirst(pattern string) []string {
	list, _ := filepath.Glob(pattern)
	slices.SortStableFunc(list, func(a, b string) int { return lastNumber(b) - lastNumber(a) })
	return list
}

var numbers = regexp.MustCompile(`[0-9]+`)

func lastNumber(path string) int {
	all := numbers.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1])
	return n
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ([0-9]+)`)

// probe runs `postgres --version` as the account, from the data folder: whether it is there, whether it
// is ours to run and whether its libraries are present all show in that.
func probe(ctx context.Context, config Config, account *account, dir string) (programs, error) {
	p := programs{dir: dir}
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return p, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	output, err := p.run(ctx, account, config.Dir, "postgres", "--version")
	if err != nil {
		if text := said(output); text != "" {
			return p, fmt.Errorf("%s/postgres: %w: %s", dir, err, text)
		}
		return p, err
	}
	match := versionLine.FindSubmatch(output)
	if match == nil {
		return p, fmt.Errorf("%s/postgres --version says %q", dir, said(output))
	}
	p.major, _ = strconv.Atoi(string(match[1]))
	return p, nil
}

// command prepares a program to run as the account in a folder it can enter.
func (p programs) command(account *account, folder, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.dir, name), args...) // #nosec G204 -- programs of PostgreSQL in the folder that was found or given; a request reaches none
	cmd.Dir = folder
	cmd.Env = p.environment()
	cmd.SysProcAttr = account.attributes()
	return cmd
}

// environment is what a child sees of ours: nothing that steers PostgreSQL (PGDATA, locales) and
// nothing that is secret (another account can read it).
func (p programs) environment() []string {
	// English messages, and on macOS a locale that does not make the server multithreaded.
	list := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "DYLD_FALLBACK_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	// An unpacked archive has its libraries beside its programs.
	libraries := os.Getenv("LD_LIBRARY_PATH")
	if beside := filepath.Join(filepath.Dir(p.dir), "lib"); strings.Contains(p.dir, archiveMark) {
		libraries = strings.TrimSuffix(beside+":"+libraries, ":")
	}
	if libraries != "" {
		list = append(list, "LD_LIBRARY_PATH="+libraries)
	}
	return list
}

// run runs a program to its end. It does not outlive us or ctx.
func (p programs) run(ctx context.Context, account *account, folder, name string, args ...string) ([]byte, error) {
	cmd := p.command(account, folder, name, args...)
	dieWithParent(cmd, syscall.SIGKILL)
	cmd.SysProcAttr.Setpgid = true
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = time.Second
	var err error
	onLockedThread(func() {
		if err = cmd.Start(); err != nil {
			return
		}
		// initdb runs postgres in turn: end the whole group.
		ended := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		err = cmd.Wait()
		ended()
	})
	if ctx.Err() != nil && err != nil {
		err = context.Cause(ctx)
	}
	return output.Bytes(), err
}

// said is a program's output as an error message can bear it.
func said(output []byte) string {
	const most = 1000
	text := strings.Join(strings.Fields(string(output)), " ")
	if len(text) > most {
		text = "… " + strings.ToValidUTF8(text[len(text)-most:], "")
	}
	return text
}
