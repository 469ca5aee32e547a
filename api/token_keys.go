package api

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// keyFolder is the signing key in its file, and beside it the public halves of the keys before
// it, each until the last token that it signed has expired. Replicas of one deployment share
// the folder: what one sees changed there, all do, without a restart.
type keyFolder struct {
	file string

	mu     sync.Mutex
	ring   *keyRing
	loaded time.Time // by this process's clock
	seen   string    // how the folder looked then
}

// keyRing is what a folder held at one time. It does not change.
type keyRing struct {
	private ed25519.PrivateKey // tokens are signed with it
	id      string
	retired map[string]retiredKey // by identifier
}

type retiredKey struct {
	public ed25519.PublicKey
	until  time.Time
}

const (
	// reloadEvery is how long a replica goes without looking at the folder.
	reloadEvery = 5 * time.Second
	// signsOn is how long a replica may sign with the old key after another one was put in
	// place: until it looks again, with a margin for a slow shared folder.
	signsOn = time.Minute
	// RetiredKeyLife is how long a retired key's tokens are accepted: the longest that any lives.
	RetiredKeyLife = LongestLife + signsOn + clockSkew
)

// openKeys reads the folder; where the file is missing, it makes a key that only the owner can read.
func openKeys(file string) (*keyFolder, error) {
	f := &keyFolder{file: file}
	_, err := KeyFile(file)
	if err == nil {
		err = f.load()
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return f, nil
}

// now is the ring as it stands. A folder that cannot be read for a while leaves the keys in use.
func (f *keyFolder) now() *keyRing {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.loaded) >= reloadEvery {
		f.reload()
	}
	return f.ring
}

// find gives the public key of that name, if its tokens are accepted at that instant. A name not
// known yet is looked for in the folder, when that changed; whoever makes up names costs no reading.
func (f *keyFolder) find(id string, at time.Time) (ed25519.PublicKey, bool) {
	ring := f.now()
	if _, known := ring.public(id, at); !known {
		f.mu.Lock()
		if f.look() != f.seen {
			f.reload()
		}
		ring = f.ring
		f.mu.Unlock()
	}
	return ring.public(id, at)
}

func (r *keyRing) public(id string, at time.Time) (ed25519.PublicKey, bool) {
	if id == r.id {
		return r.private.Public().(ed25519.PublicKey), true
	}
	old, known := r.retired[id]
	return old.public, known && at.Before(old.until)
}

func (f *keyFolder) reload() {
	if err := f.load(); err != nil {
		f.loaded = time.Now() // not again for every request
		slog.Warn("the signing keys cannot be read again: those in use stay", "error", err)
	}
}

func (f *keyFolder) load() error {
	seen := f.look() // before reading: what changes meanwhile is read next time
	private, err := readKey(f.file)
	if err != nil {
		return err
	}
	ring := &keyRing{private: private, id: keyID(private.Public().(ed25519.PublicKey)), retired: map[string]retiredKey{}}
	names, err := retiredFiles(f.file)
	if err != nil {
		return err
	}
	for _, name := range names {
		old, err := readRetired(name)
		if errors.Is(err, fs.ErrNotExist) { // tidied away meanwhile
			continue
		}
		if err != nil {
			return err
		}
		ring.retired[keyID(old.public)] = old
	}
	f.ring, f.loaded, f.seen = ring, time.Now(), seen
	return nil
}

// look is what changes when a key is put in place or taken away.
func (f *keyFolder) look() string {
	seen := ""
	for _, name := range []string{f.file, filepath.Dir(f.file)} {
		if info, err := os.Stat(name); err == nil {
			seen += info.ModTime().String() + " "
		}
	}
	return seen
}

// RotateKey puts a new signing key in place of the one in that file, and gives both names. Tokens
// that the old one signed are accepted for keep longer: RetiredKeyLife lets every one of them
// expire by itself, nothing refuses them all as soon as each replica looks again, within
// seconds. Run it as the account that serves, which alone can read the key.
func RotateKey(file string, keep time.Duration) (before, after string, err error) {
	lock, err := os.OpenFile(file+".rotating", os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", "", fmt.Errorf("another rotation is under way (or one broke off: then remove the file): %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close(), os.Remove(lock.Name())) }()
	old, err := readKey(file)
	if err != nil {
		return "", "", err
	}
	public := old.Public().(ed25519.PublicKey)
	before = keyID(public)
	// The old key is kept before the new one is used: there is no moment without either.
	if keep > 0 {
		if err := writeRetired(file, retiredKey{public, time.Now().Add(keep)}); err != nil {
			return before, "", err
		}
	}
	if err := placeKey(file, os.Rename); err != nil {
		return before, "", err
	}
	if err := dropRetired(file, keep > 0); err != nil {
		return before, "", err
	}
	made, err := readKey(file)
	if err != nil {
		return before, "", err
	}
	return before, keyID(made.Public().(ed25519.PublicKey)), nil
}

// dropRetired tidies away the retired keys that no token needs any more; all of them, unless they
// are to be kept.
func dropRetired(file string, keep bool) error {
	names, err := retiredFiles(file)
	for _, name := range names {
		old, readErr := readRetired(name)
		if readErr == nil && keep && time.Now().Before(old.until) {
			continue
		}
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

const retiredMark = ".retired-"

func retiredFiles(file string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), filepath.Base(file)+retiredMark) {
			names = append(names, filepath.Join(filepath.Dir(file), entry.Name()))
		}
	}
	return names, nil
}

// acceptedUntil is in the file itself: a restored backup changes a file's times.
const acceptedUntil = "Accepted-Until"

func writeRetired(file string, old retiredKey) error {
	encoded, err := x509.MarshalPKIXPublicKey(old.public)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "PUBLIC KEY", Headers: map[string]string{acceptedUntil: old.until.UTC().Format(time.RFC3339)}, Bytes: encoded}
	return place(file+retiredMark+keyID(old.public)+".pem", pem.EncodeToMemory(block), os.Rename)
}

func readRetired(name string) (retiredKey, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return retiredKey{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return retiredKey{}, fmt.Errorf("%s holds no PEM block", name)
	}
	until, err := time.Parse(time.RFC3339, block.Headers[acceptedUntil])
	if err != nil {
		return retiredKey{}, fmt.Errorf("%s does not say until when it is accepted", name)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(ed25519.PublicKey)
	if err != nil || !ok {
		return retiredKey{}, fmt.Errorf("%s holds no Ed25519 public key", name)
	}
	return retiredKey{public, until}, nil
}

// KeyFile reads an Ed25519 key (PKCS #8, PEM), and makes one that only its owner can read where there
// is none. Of two that make one at once, both get the one that is kept.
func KeyFile(file string) (ed25519.PrivateKey, error) {
	key, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := placeKey(file, os.Link); err != nil {
		return nil, err
	}
	return readKey(file)
}

func readKey(file string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s holds no PKCS #8 key", file)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key that is not Ed25519", file)
	}
	return private, nil
}

// placeKey makes a key and puts it in place: by os.Link where there must be none yet, by
// os.Rename over the one that is there.
func placeKey(file string, put func(draft, file string) error) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	err = place(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), put)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// place writes a file whole under another name first.
func place(file string, text []byte, put func(draft, file string) error) error {
	draft, err := os.CreateTemp(filepath.Dir(file), ".signing-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return put(draft.Name(), file)
}

// keyID is a key's RFC 7638 thumbprint.
func keyID(public ed25519.PublicKey) string {
	thumbprint := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(public) + `"}`))
	return encode(thumbprint[:])
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
