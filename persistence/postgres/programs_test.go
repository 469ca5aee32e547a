//go:build linux || darwin || freebsd

package postgres

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func lookupName(name string) *account { return lookup(user.Lookup, name) }

// fake is a folder of programs that only say their version.
func fake(t *testing.T, version string) string {
	t.Helper()
	dir := filepath.Join(folder(t), "bin")
	for _, name := range []string{"postgres", "initdb"} {
		write(t, filepath.Join(dir, name), "#!/bin/sh\necho '"+name+" (PostgreSQL) "+version+"'\n")
	}
	return dir
}

func TestFindPrograms(t *testing.T) {
	old, fifteen, seventeen := fake(t, "14.2 (Debian)"), fake(t, "15.1"), fake(t, "17beta1")
	half := filepath.Join(folder(t), "bin")
	write(t, filepath.Join(half, "postgres"), "#!/bin/sh\necho 'postgres (PostgreSQL) 16.1'\n")
	closed := fake(t, "16.1")
	if err := os.Chmod(filepath.Join(closed, "postgres"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name       string
		candidates []string
		bin        string
		major      int
		want       string
	}{
		{"the first that will do", []string{"/nowhere", half, closed, old, seventeen, fifteen}, "", 0, seventeen},
		{"the one the data needs", []string{seventeen, old, fifteen}, "", 15, fifteen},
		{"data may be older than new data would be", []string{seventeen, old}, "", 14, old},
		{"named ones before all", []string{seventeen}, fifteen, 0, fifteen},
	} {
		config, _ := quiet(folder(t)).completed()
		config.candidates = func() []string { return row.candidates }
		config.BinDir = row.bin
		account, err := chooseAccount(config)
		if err != nil {
			t.Fatal(err)
		}
		got, err := findPrograms(t.Context(), config, account, row.major)
		if err != nil || got.dir != row.want {
			t.Errorf("%s: %v, %v, want %s", row.name, got, err, row.want)
		}
	}
}

func TestSystemCandidates(t *testing.T) {
	real := fake(t, "15.1")
	links := folder(t)
	if err := os.Symlink(filepath.Join(real, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	other := fake(t, "16.1")
	write(t, filepath.Join(links, "pg_config"), "#!/bin/sh\necho '"+other+"'\n")
	t.Setenv("PATH", "relative:"+links)
	list := systemCandidates()
	if len(list) < 2 || list[0] != real || list[1] != other {
		t.Errorf("a link in PATH and what pg_config says come first, not %v", list)
	}
	base := folder(t)
	for _, name := range []string{"9.6", "15", "18", "16"} {
		write(t, filepath.Join(base, name, "bin", "postgres"), "")
	}
	list = newestFirst(filepath.Join(escapeGlob(base), "*", "bin"))
	for i := range list {
		list[i] = filepath.Base(filepath.Dir(list[i]))
	}
	if !slices.Equal(list, []string{"18", "16", "15", "9.6"}) {
		t.Errorf("order: %v", list)
	}
}

func TestInstallHint(t *testing.T) {
	for goos, words := range map[string][]string{
		"linux": {"apt install postgresql", "dnf install", "apk add"}, "darwin": {"brew install"}, "freebsd": {"pkg install"},
	} {
		for _, word := range words {
			if !strings.Contains(installHint(goos), word) {
				t.Errorf("%s: no %q", goos, word)
			}
		}
	}
}

func TestFromEnv(t *testing.T) {
	for _, name := range []string{"O2R_DATA_DIR", "O2R_PG_BIN", "O2R_PG_ARCHIVE_URL", "O2R_PG_ARCHIVE_HASH"} {
		t.Setenv(name, "/"+name)
	}
	got, err := FromEnv()
	if err != nil || got.Dir != "/O2R_DATA_DIR" || got.BinDir != "/O2R_PG_BIN" || got.ArchiveURL != "/O2R_PG_ARCHIVE_URL" || got.ArchiveHash != "/O2R_PG_ARCHIVE_HASH" || got.Throwaway {
		t.Errorf("%+v, %v", got, err)
	}
	t.Setenv("O2R_DATA_DIR", "")
	for _, row := range []struct{ xdg, home, want string }{
		{"/xdg", "/home/a", "/xdg/o2r"},
		{"", "/home/a", "/home/a/.local/share/o2r"},
		{"relative", "/home/a", "/home/a/.local/share/o2r"},
	} {
		t.Setenv("XDG_DATA_HOME", row.xdg)
		t.Setenv("HOME", row.home)
		if os.Geteuid() == 0 {
			row.want = "/var/lib/o2r"
		}
		if got, err := FromEnv(); err != nil || got.Dir != row.want {
			t.Errorf("%+v: %s, %v", row, got.Dir, err)
		}
	}
}

func TestWithDatabase(t *testing.T) {
	for _, row := range [][3]string{
		{"postgres://a:b%20c@h:1/x?sslmode=require&options=-c%20a%3D1", "y", "postgres://a:b%20c@h:1/y?sslmode=require&options=-c%20a%3D1"},
		{socketURL("/a b/s+t", "o2r", "x"), "y", "postgres://o2r@/y?host=%2Fa%20b%2Fs%2Bt&port=5432&sslmode=disable"},
	} {
		if got := WithDatabase(row[0], row[1]); got != row[2] {
			t.Errorf("%s, want %s", got, row[2])
		}
	}
}

// The log of a server that says the same thing all night stays bounded.
func TestServerLogIsBounded(t *testing.T) {
	path := filepath.Join(folder(t), "postgres.log")
	s, err := openServerLog(path, quiet("").Log)
	if err != nil {
		t.Fatal(err)
	}
	s.copyFrom(strings.NewReader(strings.Repeat(strings.Repeat("x", 199)+"\n", 3*serverLogSize/200)))
	s.close()
	for _, name := range []string{path, path + ".1"} {
		if info, err := os.Stat(name); err != nil || info.Size() > serverLogSize+1000 {
			t.Errorf("%s: %v, %v", name, info.Size(), err)
		}
	}
}
