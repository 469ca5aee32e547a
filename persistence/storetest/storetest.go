// Package storetest gives a test a store of its own, on a real PostgreSQL, migrated and with
// the reference data in it.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"strings"
	"testing"

	"o2r/persistence"
	"o2r/persistence/migrations"
	"o2r/persistence/postgres/pgtest"
	"o2r/persistence/territories"
)

// New gives a store on a database that ends with the test.
func New(t testing.TB) *persistence.Store {
	t.Helper()
	store, _ := WithURL(t)
	return store
}

// WithURL gives the store and the URL of its database, for a test that looks past the store:
// connections of that URL are the program's own, which row-level security lets see everybody.
func WithURL(t testing.TB) (*persistence.Store, string) {
	t.Helper()
	url := pgtest.New(t, template(t))
	return open(t, url), url + separator(url) + "o2r.role=system"
}

// WithSuper gives the store and the URL of a superuser of its database, for a test of what the
// application's role may not do.
func WithSuper(t testing.TB) (*persistence.Store, string) {
	t.Helper()
	url, superURL := pgtest.NewWithSuper(t, template(t))
	return open(t, url), superURL
}

func open(t testing.TB, url string) *persistence.Store {
	t.Helper()
	store, err := persistence.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.UseTombstoneKey(t.Context(), []byte("a key of thirty-two bytes or more")); err != nil {
		t.Fatal(err)
	}
	if err := store.UseWebhooks(t.Context(), []byte("another key of thirty-two bytes or more"), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func separator(url string) string {
	if strings.Contains(url, "?") {
		return "&"
	}
	return "?"
}

func template(t testing.TB) pgtest.Template {
	t.Helper()
	return pgtest.Template{Hash: hash(t), Prepare: prepare}
}

func prepare(ctx context.Context, url string) error {
	store, err := persistence.Open(ctx, url)
	if err != nil {
		return err
	}
	defer store.Close()
	_, err = store.Migrate(ctx)
	return err
}

// hash names what the template is made from: a template of another schema is not reused.
func hash(t testing.TB) string {
	digest := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := migrations.Files.ReadFile(path)
		digest.Write([]byte(path))
		digest.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	digest.Write([]byte(territories.SHA256()))
	return hex.EncodeToString(digest.Sum(nil))[:16]
}
