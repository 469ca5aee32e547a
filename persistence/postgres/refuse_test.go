//go:build linux || darwin || freebsd

package postgres

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made is a data folder with data in it.
func made(t *testing.T) string {
	t.Helper()
	dir := folder(t)
	stop(t, start(t, quiet(dir)))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(filepath.Dir(path), 0o755)
	_ = os.Chmod(path, 0o755)
}

// rewrite changes a file's content and nothing else about it.
func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRefused: each start is refused with a sentence that says what to do, and nothing is touched.
func TestRefused(t *testing.T) {
	data := made(t)
	version := filepath.Join(data, "cluster", "PG_VERSION")
	right, _ := os.ReadFile(version)
	nothing := func() []string { return nil }
	for _, row := range []struct {
		name string
		dir  string // empty: a new one
		with func(t *testing.T, config *Config)
		says []string
	}{
		{name: "data of another major version", dir: data, with: func(t *testing.T, config *Config) {
			rewrite(t, version, "14\n")
		}, says: []string{data, "PostgreSQL 14", "install PostgreSQL 14", "nothing was changed"}},
		{name: "data of another major version, programs named", dir: data, with: func(t *testing.T, config *Config) {
			rewrite(t, version, "16\n")
			config.BinDir = fake(t, "17.1")
		}, says: []string{"PostgreSQL 16", "only 17 was found"}},
		{name: "data of no version", dir: data, with: func(t *testing.T, _ *Config) { rewrite(t, version, "x\n") }, says: []string{"which is no version"}},
		{name: "other files where the data goes", with: func(t *testing.T, config *Config) {
			write(t, filepath.Join(config.cluster(), "thesis.txt"), "years of work")
		}, says: []string{"no PostgreSQL data", "move it away"}},
		{name: "a file", with: func(t *testing.T, config *Config) {
			config.Dir = filepath.Join(config.Dir, "file")
			write(t, config.Dir, "")
		}, says: []string{"is a file"}},
		{name: "a file on the way", with: func(t *testing.T, config *Config) {
			write(t, filepath.Join(config.Dir, "file"), "")
			config.Dir = filepath.Join(config.Dir, "file", "data")
		}, says: []string{"O2R_DATA_DIR"}},
		{name: "no folder", with: func(_ *testing.T, config *Config) { config.Dir = "" }, says: []string{"O2R_DATA_DIR"}},
		{name: "no PostgreSQL", with: func(_ *testing.T, config *Config) { config.candidates = nothing; config.archive = unreachable() },
			says: []string{"no PostgreSQL 15 or newer was found", "install", "O2R_PG_BIN", "DATABASE_URL", "127.0.0.1:1"}},
		{name: "an old PostgreSQL", with: func(t *testing.T, config *Config) {
			old := fake(t, "13.4")
			config.candidates = func() []string { return []string{old} }
			config.archive = unreachable()
		}, says: []string{"only 13"}},
		{name: "a PostgreSQL that does not run", with: func(t *testing.T, config *Config) {
			broken := fake(t, "15.1")
			write(t, filepath.Join(broken, "postgres"), "#!/bin/sh\necho libmissing.so: cannot open >&2; exit 127\n")
			config.candidates = func() []string { return []string{broken} }
			config.archive = unreachable()
		}, says: []string{"does not run", "libmissing.so"}},
		{name: "programs named where none are", with: func(_ *testing.T, config *Config) { config.BinDir = config.Dir }, says: []string{"O2R_PG_BIN"}},
		{name: "old programs named", with: func(t *testing.T, config *Config) { config.BinDir = fake(t, "12.2") }, says: []string{"O2R_PG_BIN", "12", "15 or newer"}},
		{name: "an archive without its hash", with: func(_ *testing.T, config *Config) {
			config.candidates, config.ArchiveURL = nothing, "http://127.0.0.1:1/x"
		}, says: []string{"O2R_PG_ARCHIVE_HASH"}},
		{name: "a hash that is none", with: func(_ *testing.T, config *Config) {
			config.candidates, config.ArchiveURL, config.ArchiveHash = nothing, "http://127.0.0.1:1/x", "abc"
		}, says: []string{"64 hexadecimal digits"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := quiet(row.dir)
			if row.dir == "" {
				config.Dir = folder(t)
			}
			root := config.Dir
			row.with(t, &config)
			if row.dir != "" && config.BinDir == "" {
				config.archive = unreachable()
			}
			before := tree(t, root)
			c, err := Start(t.Context(), config)
			if err == nil {
				_ = c.Stop(t.Context())
				t.Fatal("it started")
			}
			for _, word := range row.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			if after := tree(t, root); before != after && !strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("touched:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
	// After all of that the data is as good as it was.
	rewrite(t, version, string(right))
	one(t, connect(t, start(t, quiet(data)).URL()), `SELECT 'up'`)
}

// TestClosedFolder: as root, PostgreSQL runs as an account that may not be able to enter.
func TestClosedFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		dir := folder(t)
		_ = os.Chmod(dir, 0o500)
		if _, err := Start(t.Context(), quiet(filepath.Join(dir, "data"))); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "O2R_DATA_DIR") {
			t.Errorf("a folder we cannot write to: %v", err)
		}
		return
	}
	home := filepath.Join(folder(t), "home of others")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), quiet(filepath.Join(home, "data")))
	if err == nil || !strings.Contains(err.Error(), "cannot enter "+home+":") || !strings.Contains(err.Error(), "chmod o+x '"+home+"'") {
		t.Fatalf("got %v", err)
	}
	// The remedy it names is one.
	if err := os.Chmod(home, 0o701); err != nil {
		t.Fatal(err)
	}
	one(t, connect(t, start(t, quiet(filepath.Join(home, "data"))).URL()), `SELECT 'up'`)
}

func TestRootsAccount(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root chooses an account; the rest of the suite runs as this one")
	}
	superuser := lookupName("postgres")
	nobody := lookupName("nobody")
	if nobody == nil {
		t.Skip("no account nobody")
	}
	dir := folder(t)
	owned := func(uid int) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "cluster", "PG_VERSION"), "15\n")
			if err := os.Chown(filepath.Join(dir, "cluster"), uid, uid); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := "nobody"
	if superuser != nil {
		first = "postgres"
	}
	for i, row := range []struct {
		name, sudo string
		with       func(*testing.T, string)
		want, says string
	}{
		{name: "a new cluster", want: first},
		{name: "sudo", sudo: "nobody", want: "nobody"},
		{name: "sudo by root", sudo: "root", want: first},
		{name: "sudo by somebody unknown", sudo: "no such account", want: first},
		{name: "data keeps its owner", with: owned(int(nobody.uid)), want: "nobody"},
		{name: "data of root", with: owned(0), says: "belongs to root"},
		{name: "data of nobody known", with: owned(54321), says: "no account of this machine"},
		{name: "a stranger's data where all may write", with: func(t *testing.T, dir string) {
			owned(2)(t, dir)
			_ = os.Chmod(dir, 0o1777)
		}, says: "anybody can write"},
		{name: "sudo by who cannot enter, others can", sudo: "nobody", with: func(t *testing.T, dir string) {
			if superuser == nil {
				t.Skip("no account postgres")
			}
			_ = os.Chown(dir, 0, int(superuser.gid))
			_ = os.Chmod(dir, 0o710)
		}, want: "postgres"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("SUDO_USER", row.sudo)
			config := quiet(filepath.Join(dir, itoa(i)))
			if err := makeFolder(config.Dir); err != nil {
				t.Fatal(err)
			}
			if row.with != nil {
				row.with(t, config.Dir)
			}
			a, err := chooseAccount(config)
			switch {
			case row.says != "" && (err == nil || !strings.Contains(err.Error(), row.says)):
				t.Errorf("got %v, want %q", err, row.says)
			case row.says == "" && (err != nil || a.name != row.want):
				t.Errorf("got %v, %v, want %s", a, err, row.want)
			}
		})
	}
}
