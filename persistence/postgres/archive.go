//go:build linux || darwin || freebsd

package postgres

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// The archives used when the machine has no PostgreSQL: builds of the theseus-rs/postgresql-binaries
// project. Trust rests on the hashes, which are those the project publishes beside its archives (the
// .sha256 files of its release 18.6.0) as several unrelated public projects have pinned them; for
// aarch64 Linux one such project was seen. A wrong hash refuses the archive; it never runs anything.
const (
	pinnedRelease = "https://github.com/theseus-rs/postgresql-binaries/releases/download/18.6.0/postgresql-18.6.0-"
	pinnedMajor   = 18
)

var pins = map[string]struct{ triple, hash string }{
	"linux/amd64":  {"x86_64-unknown-linux-gnu", "bb3d09f876b2383e25a8c9ce09e32d185a03656a23d074f5195542b1b1b3ca61"},
	"linux/arm64":  {"aarch64-unknown-linux-gnu", "5d2b5e8be9e96bfc3d7f22090057a836ec36d5d092542d8d3b93cc145cf4ee13"},
	"darwin/amd64": {"x86_64-apple-darwin", "f8918fbe747e0d79bda58ad8f8afcf23ac384b847ff3af18856f0825ba54b031"},
	"darwin/arm64": {"aarch64-apple-darwin", "a257bcdb8aa3301a13d6a5bcec48f8c9517045b7cbae71e50788b2615539e95b"},
}

var hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// pinned is the archive to fall back on; nil when there is none for this platform.
func (c Config) pinned() (*archive, error) {
	switch {
	case c.archive != nil:
		return c.archive, nil
	case c.ArchiveURL == "" && c.ArchiveHash == "":
		pin, ok := pins[runtime.GOOS+"/"+runtime.GOARCH]
		if musl, _ := filepath.Glob("/lib/ld-musl-*"); !ok || len(musl) > 0 {
			return nil, nil // those builds need the GNU C library
		}
		return &archive{pinnedRelease + pin.triple + ".tar.gz", pin.hash, pinnedMajor}, nil
	case c.ArchiveURL == "" || c.ArchiveHash == "":
		return nil, errors.New("O2R_PG_ARCHIVE_URL and O2R_PG_ARCHIVE_HASH go together: an archive is only used when its SHA-256 is known")
	}
	hash := strings.ToLower(strings.TrimPrefix(c.ArchiveHash, "sha256:"))
	if !hexHash.MatchString(hash) {
		return nil, errors.New("O2R_PG_ARCHIVE_HASH is no SHA-256: it has 64 hexadecimal digits")
	}
	return &archive{url: c.ArchiveURL, hash: hash}, nil
}

// Bounds on what is taken in: the pinned archives are about 15 MB, 60 MB unpacked.
const (
	maxDownload = 256 << 20
	maxUnpacked = 1 << 30
	maxEntries  = 50_000
	// archiveMark begins the name of each unpacked archive's folder.
	archiveMark = "postgresql-archive-"
)

// unpack gives the archive's folder of programs, downloading and unpacking it unless that was done
// before. The folder appears whole, by a rename, and only after the hash was found right.
func (a *archive) unpack(ctx context.Context, config Config) (string, error) {
	place := filepath.Join(config.ArchiveDir, archiveMark+a.hash[:16])
	if dir := programsIn(place); dir != "" {
		return dir, nil
	}
	if err := makeFolder(config.ArchiveDir); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(config.ArchiveDir, "download-")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	config.Log.Info("downloading PostgreSQL, once", "url", a.url)
	if err := a.download(ctx, config, file); err != nil {
		return "", fmt.Errorf("download %s: %w", a.url, err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(config.ArchiveDir, "unpacking-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	if err := untar(ctx, file, folder); err != nil {
		return "", fmt.Errorf("unpack %s: %w", a.url, err)
	}
	if programsIn(folder) == "" {
		return "", fmt.Errorf("%s holds no bin/postgres and bin/initdb", a.url)
	}
	if err := openFolders(folder); err != nil {
		return "", err
	}
	// Another process may have been quicker with the very same bytes.
	if err := os.Rename(folder, place); err != nil && programsIn(place) == "" {
		return "", err
	}
	config.Log.Info("PostgreSQL is unpacked", "dir", place)
	return programsIn(place), nil
}

// openFolders lets the account that PostgreSQL runs as read what was unpacked, whatever our umask.
func openFolders(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return os.Chmod(path, 0o755) // #nosec G122,G302 -- programs that another account runs, in a folder that only we write in
	})
}

// unpacked lists the programs of archives unpacked before, of whatever version.
func unpacked(config Config) (list []string) {
	entries, _ := os.ReadDir(config.ArchiveDir)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), archiveMark) {
			continue
		}
		if dir := programsIn(filepath.Join(config.ArchiveDir, entry.Name())); dir != "" {
			list = append(list, dir)
		}
	}
	return list
}

// programsIn finds the folder with postgres and initdb under an unpacked archive; empty if there is none.
func programsIn(folder string) (found string) {
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "postgres" || filepath.Base(filepath.Dir(path)) != "bin" {
			return nil
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "initdb")); err != nil {
			return nil
		}
		found = filepath.Dir(path)
		return fs.SkipAll
	})
	return found
}

// attempts is how often a download is tried, and pause the wait after the first, which then grows.
const attempts = 4

var pause = 200 * time.Millisecond // a variable for the tests' sake

// download fetches the archive into file and checks its hash. What has arrived is kept when the
// connection breaks: the next attempt asks for the rest.
func (a *archive) download(ctx context.Context, config Config, file *os.File) error {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	client := &http.Client{Transport: transport}
	defer transport.CloseIdleConnections()
	progress := &progress{file: file, sum: sha256.New(), config: config, told: time.Now()}
	for attempt := 1; ; attempt++ {
		again, err := a.fetch(ctx, client, progress)
		if err == nil {
			break
		}
		if !again || attempt == attempts || ctx.Err() != nil {
			return err
		}
		config.Log.Warn("the download broke off; going on", "error", err, "bytes", progress.size)
		select {
		case <-time.After(time.Duration(attempt*attempt) * pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if got := hex.EncodeToString(progress.sum.Sum(nil)); got != a.hash {
		return fmt.Errorf("its SHA-256 is %s and not %s: it was not unpacked", got, a.hash)
	}
	return nil
}

// fetch asks for what is missing, once; again says whether trying again may help.
func (a *archive) fetch(ctx context.Context, client *http.Client, p *progress) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return false, err
	}
	if p.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
	}
	answer, err := client.Do(request)
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusPartialContent && strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", p.size)):
	case answer.StatusCode == http.StatusOK:
		if err := p.restart(); err != nil {
			return false, err
		}
	default:
		return answer.StatusCode >= 500, fmt.Errorf("the server answered %s", answer.Status)
	}
	p.total = p.size + max(answer.ContentLength, 0)
	if _, err := io.Copy(p, io.LimitReader(answer.Body, maxDownload-p.size+1)); err != nil {
		return true, err
	}
	if p.size > maxDownload {
		return false, fmt.Errorf("it is larger than %d MB", maxDownload>>20)
	}
	return false, nil
}

// progress writes to the file and the hash, and says now and then how far it is.
type progress struct {
	file        *os.File
	sum         hash.Hash
	size, total int64
	config      Config
	told        time.Time
}

func (p *progress) restart() error {
	p.sum.Reset()
	p.size = 0
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.sum.Write(b[:n])
	p.size += int64(n)
	if time.Since(p.told) > 3*time.Second {
		p.told = time.Now()
		p.config.Log.Info("downloading PostgreSQL", "bytes", p.size, "of", p.total)
	}
	return n, err
}

// untar unpacks into folder and nowhere else: names that are not local, links that lead out and
// anything but files, folders and links are refused, and os.Root guards what names cannot show.
func untar(ctx context.Context, r io.Reader, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	reader := tar.NewReader(unzipped)
	left := int64(maxUnpacked)
	for entries := 0; ; entries++ {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if left -= header.Size; left < 0 || entries == maxEntries {
			return errors.New("it unpacks to more than is plausible")
		}
		if err := unpackEntry(root, reader, header); err != nil {
			return fmt.Errorf("%q: %w", header.Name, err)
		}
	}
}

func unpackEntry(root *os.Root, r io.Reader, header *tar.Header) error {
	name := filepath.Clean(filepath.FromSlash(header.Name))
	if !filepath.IsLocal(name) {
		return errors.New("its name leads out of the folder")
	}
	if header.Typeflag == tar.TypeXGlobalHeader || name == "." {
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		if target := filepath.FromSlash(header.Linkname); filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), target)) {
			return errors.New("its link leads out of the folder")
		}
		return root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		target := filepath.Clean(filepath.FromSlash(header.Linkname))
		if !filepath.IsLocal(target) {
			return errors.New("its link leads out of the folder")
		}
		return root.Link(target, name)
	case tar.TypeReg:
		mode := fs.FileMode(0o644)
		if header.Mode&0o111 != 0 {
			mode = 0o755
		}
		file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, r)
		return errors.Join(err, file.Chmod(mode), file.Close())
	}
	return errors.New("it is neither file, folder nor link")
}
