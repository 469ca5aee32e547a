//go:build linux || darwin || freebsd

package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type entry struct {
	name, link, text string
	kind             byte
}

func pack(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buffer bytes.Buffer
	zipped, _ := gzip.NewWriterLevel(&buffer, gzip.NoCompression)
	writer := tar.NewWriter(zipped)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		header := &tar.Header{Name: e.name, Linkname: e.link, Typeflag: e.kind, Size: int64(len(e.text)), Mode: 0o755}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(writer, e.text); err != nil {
			t.Fatal(err)
		}
	}
	_ = writer.Close()
	_ = zipped.Close()
	return buffer.Bytes()
}

// good is an archive whose programs say they are version 16.
func good(t *testing.T) []byte {
	return pack(t,
		entry{name: "postgresql-16.0.0/", kind: tar.TypeDir},
		entry{name: "postgresql-16.0.0/bin/postgres", text: "#!/bin/sh\necho 'postgres (PostgreSQL) 16.0'\nexit\n# " + randomText()},
		entry{name: "postgresql-16.0.0/bin/initdb", text: "#!/bin/sh\n"},
		entry{name: "postgresql-16.0.0/lib/libpq.so", link: "libpq.so.5", kind: tar.TypeSymlink},
		entry{name: "postgresql-16.0.0/lib/libpq.so.5", text: "library"},
	)
}

// randomText does not compress, so that the archive is long enough to break off in.
func randomText() string {
	var text strings.Builder
	sum := sha256.Sum256(nil)
	for range 2000 {
		sum = sha256.Sum256(sum[:])
		text.WriteString(hex.EncodeToString(sum[:]))
	}
	return text.String()
}

// unreachable is an archive on a port where nothing listens.
func unreachable() *archive {
	return &archive{url: "http://127.0.0.1:1/pg.tar.gz", hash: strings.Repeat("0", 64), major: 15}
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func TestArchive(t *testing.T) {
	content := good(t)
	asked := 0
	breaks := func(ranges bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked++
			if asked < 3 {
				if !ranges || r.Header.Get("Range") == "" {
					w.Header().Set("Content-Length", itoa(len(content)))
					_, _ = w.Write(content[:len(content)/3])
					return
				}
			}
			if !ranges {
				r.Header.Del("Range")
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		}
	}
	whole := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { asked++; _, _ = w.Write(body) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { asked++; w.WriteHeader(code) }
	}
	for _, row := range []struct {
		name  string
		serve http.HandlerFunc
		hash  string
		says  string // the error; empty: it works
		asked int
	}{
		{"whole", whole(content), hashOf(content), "", 1},
		{"a hash as written by others", whole(content), "sha256:" + strings.ToUpper(hashOf(content)), "", 1},
		{"broken off and taken up again", breaks(true), hashOf(content), "", 2},
		{"broken off at a server without ranges", breaks(false), hashOf(content), "", 3},
		{"another hash", whole(content), hashOf([]byte("other")), "it was not unpacked", 1},
		{"one byte changed", whole(append([]byte{content[0] + 1}, content[1:]...)), hashOf(content), "it was not unpacked", 1},
		{"not there", status(404), hashOf(content), "404", 1},
		{"not now", status(503), hashOf(content), "503", attempts},
		{"no archive", whole([]byte("<html>")), hashOf([]byte("<html>")), "unpack http", 1},
		{"no programs in it", whole(pack(t, entry{name: "a/README"})), hashOf(pack(t, entry{name: "a/README"})), "holds no bin/postgres", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			asked = 0
			server := httptest.NewServer(row.serve)
			defer server.Close()
			config := quiet(folder(t))
			config.candidates = func() []string { return nil }
			config.ArchiveURL, config.ArchiveHash = server.URL+"/pg.tar.gz", row.hash
			config, _ = config.completed()
			account, err := chooseAccount(config)
			if err != nil {
				t.Fatal(err)
			}
			p, err := findPrograms(t.Context(), config, account, 0)
			if asked != row.asked {
				t.Errorf("asked %d times, want %d", asked, row.asked)
			}
			if row.says != "" {
				if err == nil || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), "install") {
					t.Errorf("got %v, want %q and what to install", err, row.says)
				}
				if left := tree(t, config.ArchiveDir); strings.Count(left, "\n") > 1 {
					t.Errorf("left behind:\n%s", left)
				}
				return
			}
			if err != nil || p.major != 16 {
				t.Fatalf("got %v, %v", p, err)
			}
			if text, err := os.ReadFile(filepath.Join(p.dir, "..", "lib", "libpq.so")); err != nil || string(text) != "library" {
				t.Errorf("the link: %s, %v", text, err)
			}
			// From now on no network is needed, by whatever version the data asks for.
			server.Close()
			config.ArchiveURL, config.ArchiveHash = "", ""
			config.archive = unreachable()
			if again, err := findPrograms(t.Context(), config, account, 16); err != nil || again.dir != p.dir {
				t.Errorf("the second time: %v, %v", again, err)
			}
		})
	}
}

func TestUntarStaysInside(t *testing.T) {
	for name, entries := range map[string][]entry{
		"a name that climbs":           {{name: "../evil", text: "x"}},
		"a name that climbs from deep": {{name: "a/b/../../../evil", text: "x"}},
		"an absolute name":             {{name: "/evil", text: "x"}},
		"a link that climbs":           {{name: "a/l", link: "../../evil", kind: tar.TypeSymlink}},
		"an absolute link":             {{name: "l", link: "/etc/passwd", kind: tar.TypeSymlink}},
		"a hard link that climbs":      {{name: "l", link: "../evil", kind: tar.TypeLink}},
		"a hard link to outside":       {{name: "l", link: "/etc/passwd", kind: tar.TypeLink}},
		"through a chain of links": {
			{name: "a/b/", kind: tar.TypeDir},
			{name: "up", link: "a/b", kind: tar.TypeSymlink},
			{name: "a/b/out", link: "../..", kind: tar.TypeSymlink},
			{name: "up/out/../../evil", text: "x"},
			{name: "up/out/l", link: "../../..", kind: tar.TypeSymlink},
		},
		"a device":       {{name: "null", kind: tar.TypeChar}},
		"a pipe":         {{name: "pipe", kind: tar.TypeFifo}},
		"the same twice": {{name: "a", text: "x"}, {name: "a", text: "y"}},
		"over a link":    {{name: "a", link: "b", kind: tar.TypeSymlink}, {name: "a", text: "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			outside := folder(t)
			inside := filepath.Join(outside, "inside", "deep")
			if err := os.MkdirAll(inside, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := untar(t.Context(), bytes.NewReader(pack(t, entries...)), inside); err == nil {
				t.Error("it was unpacked")
			}
			if _, err := os.Stat(filepath.Join(outside, "inside", "evil")); !errors.Is(err, fs.ErrNotExist) {
				t.Error("a file got out")
			}
		})
	}
}

// TestStartFromArchive packs the machine's own PostgreSQL, moved as an archive's would be, and starts it.
func TestStartFromArchive(t *testing.T) {
	const bin = "/usr/lib/postgresql/15/bin/"
	if _, err := os.Stat(bin + "postgres"); err != nil {
		t.Skip("only where Debian's PostgreSQL 15 is, whose programs find their files by where they stand")
	}
	var list []entry
	for _, pattern := range []string{
		bin + "postgres", bin + "initdb", "/usr/lib/postgresql/15/lib/plpgsql.so", "/usr/lib/postgresql/15/lib/dict_snowball.so",
		"/usr/share/postgresql/15/*", "/usr/share/postgresql/15/timezonesets/*", "/usr/share/postgresql/15/tsearch_data/*",
		"/usr/share/postgresql/15/extension/plpgsql*",
	} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			if text, err := os.ReadFile(path); err == nil { // not a folder
				list = append(list, entry{name: "postgresql-15/" + strings.TrimPrefix(path, "/usr/"), text: string(text)})
			}
		}
	}
	content := pack(t, list...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	defer server.Close()
	config := quiet(folder(t))
	config.candidates = func() []string { return nil }
	config.ArchiveURL, config.ArchiveHash = server.URL, hashOf(content)
	c := start(t, config)
	if !strings.HasPrefix(c.BinDir(), config.Dir) {
		t.Errorf("it runs from %s", c.BinDir())
	}
	one(t, connect(t, c.URL()), `SELECT to_tsvector('french', 'accompagnement')::text`)
}
